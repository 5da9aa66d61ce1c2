"""Who may do it, and who is next: a handful of cases whose every instant was worked out by hand.

Pools work from nine to five on weekdays. Backlog cases wait from midnight, and join in the order of their numbers.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from simgov.calendars import Calendar, Span
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.network import Network, compile_network
from simgov.scenario.value import (
    Alternative,
    Backlog,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
    Tide,
)
from simgov.units import Duration

NINE = 540.0
DAY = 1440.0
STRAIGHT: tuple[Span, ...] = ((540, 1020),)

both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def text(name: str) -> Text:
    return Text(name, name)


def week(day: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return (day,) * 5 + ((), ())


def pool(name: str, count: int = 1, day: tuple[Span, ...] = STRAIGHT, **changes: object) -> Pool:
    return replace(Pool(name, text(name), "department", (Shift(count, week(day)),)), **changes)  # type: ignore[arg-type]


def step(name: str, at: str | None, minutes: float = 30.0, after: tuple[str, ...] = (), **changes: object) -> Step:
    made = Step(name, text(name), f"{name}", at=at, time=Constant(minutes), after=after)
    return replace(made, **changes)  # type: ignore[arg-type]


def delayed(name: str, until: float, **changes: object) -> tuple[Step, Step]:
    """A delay outside, and a step that is ready so many minutes after midnight."""
    return step(f"{name}_later", None, until), step(name, after=(f"{name}_later",), **changes)  # type: ignore[arg-type]


def service(name: str, steps: tuple[Step, ...], cases: int, **changes: object) -> Service:
    return replace(Service(name, text(name), steps, backlog=(Backlog(steps[0].id, cases),)), **changes)  # type: ignore[arg-type]


def run(pools: tuple[Pool, ...], services: tuple[Service, ...], engine: str) -> tuple[Network, EventTable]:
    """From midnight of Monday 5 January 2026, with the backlog and nobody else."""
    scenario = Scenario(
        name=text("by hand"),
        calendar=Calendar(week=week(STRAIGHT)),
        pools=pools,
        services=services,
        run=RunSettings(start=datetime.date(2026, 1, 5), period=Duration(14 * DAY), cap=Duration(DAY)),
    )
    network = compile_network(scenario)
    return network, simulate(network, 1, 0, engine=engine)


def rows(network: Network, table: EventTable, *steps: str) -> list[tuple[str, int, str, float, float]]:
    """(step, case, pool and officer, start, finish after nine) of the tasks at the steps, as they began."""
    found = [
        (network.steps[j][1], case, f"{network.pools[p]}{server}", start - NINE, finish - NINE)
        for j, case, p, server, start, finish in zip(
            table.step.tolist(),
            table.case.tolist(),
            table.pool.tolist(),
            table.server.tolist(),
            table.start.tolist(),
            table.finish.tolist(),
            strict=True,
        )
        if network.steps[j][1] in steps
    ]
    return sorted(found, key=lambda row: (row[3], row[1], row[2]))


# Several pools --------------------------------------------------------------------------------------------------------


@both
def test_the_second_pool_takes_what_the_first_has_no_time_for_and_is_slower(engine: str) -> None:
    review = step("review", "police", alternatives=(Alternative("general", 1.5),))
    found = run((pool("general"), pool("police")), (service("permit", (review,), 4),), engine)
    # At nine police takes case 0 and general, which comes first in the file but second in preference, case 1.
    # At 9:30 police takes case 2; at 9:45 general takes case 3.
    assert rows(*found, "review") == [
        ("review", 0, "police0", 0.0, 30.0),
        ("review", 1, "general0", 0.0, 45.0),
        ("review", 2, "police0", 30.0, 60.0),
        ("review", 3, "general0", 45.0, 90.0),
    ]


@both
def test_a_pool_takes_the_steps_that_it_prefers_first(engine: str) -> None:
    pools = (pool("desk", prefers=("b.late", "a.early")),)
    services = (service("a", (step("early", "desk"),), 2), service("b", (step("late", "desk"),), 2))
    found = run(pools, services, engine)
    assert [(name, case) for name, case, *_ in rows(*found, "early", "late")] == [
        ("late", 2), ("late", 3), ("early", 0), ("early", 1),
    ]  # fmt: skip


@both
def test_preference_stands_above_priority_class(engine: str) -> None:
    pools = (pool("desk", prefers=("b.late",)),)
    services = (service("a", (step("early", "desk", priority=1),), 1), service("b", (step("late", "desk"),), 1))
    found = run(pools, services, engine)
    assert [name for name, *_ in rows(*found, "early", "late")] == ["late", "early"]


@both
def test_a_stand_in_works_only_while_nobody_is_on_duty_in_the_first_pool(engine: str) -> None:
    review = step("review", "first", alternatives=(Alternative("deputy", stand_in=True),))
    morning: tuple[Span, ...] = ((540, 600), (660, 1020))  # away from ten to eleven
    found = run((pool("deputy"), pool("first", day=morning)), (service("permit", (review,), 5),), engine)
    # The first works until 10:00; then the deputy takes cases until the first is back at 11:00.
    assert rows(*found, "review") == [
        ("review", 0, "first0", 0.0, 30.0),
        ("review", 1, "first0", 30.0, 60.0),
        ("review", 2, "deputy0", 60.0, 90.0),
        ("review", 3, "deputy0", 90.0, 120.0),
        ("review", 4, "first0", 120.0, 150.0),
    ]


@both
def test_a_third_pool_does_not_wait_for_a_stand_in_who_may_not_act(engine: str) -> None:
    alternatives = (Alternative("deputy", stand_in=True), Alternative("other"))
    review = step("review", "first", alternatives=alternatives)
    found = run((pool("first"), pool("deputy"), pool("other")), (service("permit", (review,), 2),), engine)
    assert [row[2] for row in rows(*found, "review")] == ["first0", "other0"]


# Order ----------------------------------------------------------------------------------------------------------------


@both
def test_who_is_due_first_goes_first_and_who_is_never_due_last(engine: str) -> None:
    pools = (pool("desk", order="earliest_due"),)
    services = (
        service("never", (step("n", "desk"),), 1),
        service("slow", (step("s", "desk"),), 2, promise=5),
        service("fast", (step("f", "desk"),), 2, promise=1),
    )
    found = run(pools, services, engine)
    assert [(name, case) for name, case, *_ in rows(*found, "n", "s", "f")] == [
        ("f", 3), ("f", 4), ("s", 1), ("s", 2), ("n", 0),
    ]  # fmt: skip


@both
def test_an_old_case_that_joins_late_overtakes_within_its_step_when_the_order_is_by_due_time(engine: str) -> None:
    steps = (
        step("open", None, 0.0, accepted=True),
        step("review", "desk", after=("open",)),
    )
    old = replace(service("old", steps, 1, promise=3), backlog=(Backlog("open", 1, Constant(2 * DAY)),))
    # Accepted on joining: both are accepted on Monday at midnight, so both are due alike and case 0 is first;
    # a promise of 3 workdays is due before one of 4.
    young = service("young", steps, 1, promise=4)
    found = run((pool("desk", order="earliest_due"),), (young, old), engine)
    assert [case for _, case, *_ in rows(*found, "review")] == [1, 0]


@both
def test_ageing_makes_a_class_better_for_every_half_hour(engine: str) -> None:
    # Cases 0 and 1 of class 3 wait from midnight; case 2 of class 2 comes at 9:10, case 3 of class 1 at 9:20.
    common = step("common", "desk", priority=3)
    urgent = delayed("urgent", NINE + 10, at="desk", priority=2)
    first = delayed("first", NINE + 20, at="desk", priority=1)
    services = (service("a", (common,), 2), service("b", urgent, 1), service("c", first, 1))
    plain = run((pool("desk"),), services, engine)
    assert [case for _, case, *_ in rows(*plain, "common", "urgent", "first")] == [0, 3, 2, 1]
    # At 9:30 case 1 has waited 570 minutes: with 600 minutes a class it is in class 3 still; with 285 in class 1,
    # where it joined first. Case 2 has waited 20 minutes at 9:30 and 50 at 10:00: with 25 it is in class 2 - 2 = 1 (at
    # best) at 10:00, but then case 3 has been taken before.
    never = run((pool("desk", ageing=Duration(600.0)),), services, engine)
    assert [case for _, case, *_ in rows(*never, "common", "urgent", "first")] == [0, 3, 1, 2]  # class 2 at 10:00
    soon = run((pool("desk", ageing=Duration(285.0)),), services, engine)
    assert [case for _, case, *_ in rows(*soon, "common", "urgent", "first")] == [0, 1, 3, 2]


@both
def test_who_is_due_soon_goes_before_all_others(engine: str) -> None:
    # The slow ones are due on Tuesday at five (1 workday after Monday), the urgent class is due never.
    slow = service("slow", (step("s", "desk", 60.0),), 3, promise=1)
    urgent = service("urgent", (step("u", "desk", 60.0),), 9, priority=1)
    late = run((pool("desk", escalate=Duration(30 * 60.0)),), (slow, urgent), engine)
    # 30 hours before Tuesday 17:00 is Monday 11:00: until then two urgent ones go first, then the three slow ones.
    assert [name for name, *_ in rows(*late, "s", "u")] == ["u", "u", "s", "s", "s"] + ["u"] * 7
    by_days = run((pool("desk", escalate=Duration(1.0, "workday")),), (slow, urgent), engine)
    # One workday before the close of Tuesday is the close of Monday, 17:00: eight urgent ones, then the slow ones.
    assert [name for name, *_ in rows(*by_days, "s", "u")] == ["u"] * 8 + ["s", "s", "s", "u"]


# Batches --------------------------------------------------------------------------------------------------------------


@both
def test_one_officer_takes_a_batch_that_lasts_as_long_as_its_longest_task(engine: str) -> None:
    first = service("a", (step("files", "desk", 20.0, batch=3),), 5)
    found = run((pool("desk"),), (first,), engine)
    assert rows(*found, "files") == [
        ("files", 0, "desk0", 0.0, 20.0),
        ("files", 1, "desk0", 0.0, 20.0),
        ("files", 2, "desk0", 0.0, 20.0),
        ("files", 3, "desk0", 20.0, 40.0),
        ("files", 4, "desk0", 20.0, 40.0),
    ]


@both
def test_a_batch_is_of_one_step_and_nobody_waits_until_it_is_full(engine: str) -> None:
    files = service("a", (step("files", "desk", 20.0, batch=9),), 2)
    letters = service("b", (step("letters", "desk", 10.0),), 1)
    more = service("c", delayed("later", NINE + 5, at="desk", minutes=5.0, batch=2), 1)
    found = run((pool("desk"),), (files, letters, more), engine)
    assert rows(*found, "files", "letters", "later") == [
        ("files", 0, "desk0", 0.0, 20.0),
        ("files", 1, "desk0", 0.0, 20.0),
        ("letters", 2, "desk0", 20.0, 30.0),
        ("later", 3, "desk0", 30.0, 35.0),
    ]


# Limited room ---------------------------------------------------------------------------------------------------------


@both
def test_who_is_done_before_a_full_step_keeps_his_officer(engine: str) -> None:
    steps = (step("cut", "saw", 10.0), step("paint", "booth", 30.0, after=("cut",), room=1))
    network, table = run((pool("saw"), pool("booth")), (service("a", steps, 5),), engine)
    # The booth takes case 0 at 9:10; case 1 waits in its one place from 9:20; case 2, cut at 9:30, is held at the saw
    # until 9:40, when the booth takes case 1; case 3 is cut from 9:40 to 9:50 and held until 10:10.
    assert rows(network, table, "cut") == [
        ("cut", 0, "saw0", 0.0, 10.0),
        ("cut", 1, "saw0", 10.0, 20.0),
        ("cut", 2, "saw0", 20.0, 30.0),
        ("cut", 3, "saw0", 40.0, 50.0),
        ("cut", 4, "saw0", 70.0, 80.0),
    ]
    ready = [r - NINE for r, j in zip(table.ready.tolist(), table.step.tolist(), strict=True) if j == 1]
    assert ready == [10.0, 20.0, 40.0, 70.0, 100.0]
    assert [row[3] for row in rows(network, table, "paint")] == [10.0, 40.0, 70.0, 100.0, 130.0]


@both
def test_held_cases_move_on_in_the_order_in_which_they_were_done(engine: str) -> None:
    steps = (
        step("cut", "saw", 10.0, parts=(), share=1.0),
        step("paint", "booth", 100.0, after=("cut",), room=1),
    )
    network, table = run((pool("saw", count=3), pool("booth")), (service("a", steps, 5),), engine)
    # Cases 0 to 2 are cut at 9:10: 0 finds room, and is taken at once, so that 1, the first of those held, joins; 2 is
    # held. The saws of 0 and 1 cut cases 3 and 4 from 9:10 to 9:20, which are then held behind 2.
    ready = {
        c: r - NINE for r, c, j in zip(table.ready.tolist(), table.case.tolist(), table.step.tolist(), strict=True) if j
    }
    assert ready == {0: 10.0, 1: 10.0, 2: 110.0, 3: 210.0, 4: 310.0}
    assert [row[1] for row in rows(network, table, "paint")] == [0, 1, 2, 3, 4]


@both
def test_a_held_case_that_ends_frees_its_officer(engine: str) -> None:
    steps = (
        step("open", None, 0.0),
        step("cut", "saw", 10.0, after=("open",)),
        step("paint", "booth", 600.0, after=("cut",), room=1),
        step("hall", "counter", 30.0, after=("open",), in_person=True),
    )
    pools = (pool("saw"), pool("booth"), pool("counter", before_opening="come_later"))
    network, table = run(pools, (replace(service("a", steps, 4), patience=Constant(41.0)),), engine)
    # The four people come to the counter at nine; the third and the fourth leave it at 9:41. Case 2, cut from 9:20 to
    # 9:30 and held since, ends, and the saw, free again, cuts case 3 no more.
    assert [CASE_OUTCOMES[k] for k in table.case_outcome] == ["finished", "finished", "reneged", "reneged"]
    told = {
        (network.steps[j][1], case): TASK_OUTCOMES[k]
        for j, case, k in zip(table.step.tolist(), table.case.tolist(), table.outcome.tolist(), strict=True)
    }
    assert told[("cut", 2)] == "done"
    assert told[("cut", 3)] == "cancelled"
    assert ("paint", 2) not in told


# Together -------------------------------------------------------------------------------------------------------------


@both
def test_a_joint_task_begins_when_every_pool_has_an_officer(engine: str) -> None:
    visit = service("v", delayed("visit", NINE + 5, at="planning", minutes=30.0, together=("fire",)), 1)
    plans = service("p", (step("plan", "planning", 20.0),), 2)
    fires = service("f", (step("fire", "fire", 50.0),), 2)
    network, table = run((pool("planning"), pool("fire")), (plans, fires, visit), engine)
    # Planning is free at 9:20 and takes the plan that joined before the visit; free again at 9:40, its officer is
    # booked for the visit. Fire is free at 9:50, but there another fire joined before; so the visit begins at 10:40.
    assert rows(network, table, "plan", "fire", "visit") == [
        ("plan", 0, "planning0", 0.0, 20.0),
        ("fire", 2, "fire0", 0.0, 50.0),
        ("plan", 1, "planning0", 20.0, 40.0),
        ("fire", 3, "fire0", 50.0, 100.0),
        ("visit", 4, "fire0", 100.0, 130.0),
        ("visit", 4, "planning0", 100.0, 130.0),
    ]


@both
def test_those_behind_a_joint_task_go_on_with_the_other_officers(engine: str) -> None:
    visit = service("v", (step("visit", "planning", 30.0, together=("fire",)),), 1)
    fires = service("f", (step("fire", "fire", 50.0),), 1, priority=1)
    plans = service("p", (step("plan", "planning", 20.0),), 3)
    network, table = run((pool("planning", count=2), pool("fire")), (visit, fires, plans), engine)
    # One of the two planners is booked until fire is free at 9:50; the other does plans.
    assert rows(network, table, "plan", "visit") == [
        ("plan", 2, "planning0", 0.0, 20.0),
        ("plan", 3, "planning0", 20.0, 40.0),
        ("plan", 4, "planning0", 40.0, 60.0),
        ("visit", 0, "fire0", 50.0, 80.0),
        ("visit", 0, "planning1", 50.0, 80.0),
    ]


@both
def test_two_steps_that_name_the_pools_in_opposite_order_do_not_lock_each_other(engine: str) -> None:
    one = service("a", (step("one", "left", 10.0, together=("right",)),), 3)
    other = service("b", (step("other", "right", 10.0, together=("left",)),), 3)
    _, table = run((pool("left"), pool("right")), (one, other), engine)
    started = sorted(
        {(start - NINE, case) for start, case in zip(table.start.tolist(), table.case.tolist(), strict=True)}
    )
    assert started == [(0.0, 0), (10.0, 1), (20.0, 2), (30.0, 3), (40.0, 4), (50.0, 5)]


@both
def test_nobody_is_booked_while_a_pool_has_nobody_on_duty(engine: str) -> None:
    visit = service("v", (step("visit", "planning", 30.0, together=("fire",)),), 1)
    plans = service("p", (step("plan", "planning", 20.0),), 2)
    late: tuple[Span, ...] = ((570, 1020),)  # fire comes at 9:30
    network, table = run((pool("planning"), pool("fire", day=late)), (visit, plans), engine)
    assert rows(network, table, "plan", "visit") == [
        ("plan", 1, "planning0", 0.0, 20.0),
        ("plan", 2, "planning0", 20.0, 40.0),
        ("visit", 0, "fire0", 40.0, 70.0),
        ("visit", 0, "planning0", 40.0, 70.0),
    ]


# Tides ----------------------------------------------------------------------------------------------------------------


@both
def test_officers_help_while_many_wait_and_come_back_when_few_do(engine: str) -> None:
    front = service("f", (step("ask", "front", 10.0),), 6)
    back = service("b", (step("file", "back", 25.0),), 4)
    tide = Tide(to="front", officers=1, above=3, below=3)
    network, table = run((pool("back", count=2, tide=tide), pool("front")), (front, back), engine)
    # Six wait from midnight, more than 3: the second officer of back helps from nine on, once front has nobody free. At
    # 9:10 both take the next; two wait, fewer than 3, and at 9:20 he is back.
    assert rows(network, table, "ask") == [
        ("ask", 0, "front0", 0.0, 10.0),
        ("ask", 1, "back1", 0.0, 10.0),
        ("ask", 2, "front0", 10.0, 20.0),
        ("ask", 3, "back1", 10.0, 20.0),
        ("ask", 4, "front0", 20.0, 30.0),
        ("ask", 5, "front0", 30.0, 40.0),
    ]
    assert rows(network, table, "file") == [
        ("file", 6, "back0", 0.0, 25.0),
        ("file", 7, "back1", 20.0, 45.0),
        ("file", 8, "back0", 25.0, 50.0),
        ("file", 9, "back1", 45.0, 70.0),
    ]
