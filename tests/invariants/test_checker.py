"""Each rule of the checker can fail: a sound table keeps all, one changed entry breaks the rule that it is about."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import fields, replace
from typing import Any

import numpy as np
import pytest

from simgov.calendars import Calendar
from simgov.distributions import Constant, Exponential
from simgov.engines import simulate
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.network import compile_network
from simgov.scenario.value import (
    Appointments,
    Backlog,
    PoissonArrivals,
    Pool,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Rate
from simgov.workload import sample
from tests.invariants.checker import RULES, violations
from tests.invariants.table import Task, run_of
from tests.invariants.test_invariants import Counted

WEEK = (((540, 720), (780, 1020)),) * 5 + ((), ())
PER_CASE = ("case_service", "case_index", "case_group", "case_channel", "applied", "accepted", "decided", "left",
            "promise_due", "stopped_days", "case_outcome", "measured")  # fmt: skip


def named(name: str) -> Text:
    return Text(name, name)


def office() -> Scenario:
    """A busy counter that sends people home, a back office that pauses, returns, post, patience and a backlog."""
    counter = Step("counter", named("counter"), "permit/counter", at="hall", time=Exponential(14.0), in_person=True)
    review = Step(
        "review",
        named("review"),
        "permit/review",
        at="files",
        time=Exponential(35.0),
        after=("counter",),
        returns=Returns(0.3, "counter", Constant(1.0, "workday")),
    )
    post = Step("post", named("post"), "permit/post", time=Exponential(200.0), after=("review",))
    urgent = Step("urgent", named("urgent"), "call/urgent", at="files", time=Exponential(20.0))
    return Scenario(
        name=named("office"),
        calendar=Calendar(week=WEEK),
        pools=(
            Pool("hall", named("hall"), "window", (Shift(2, WEEK),), waiting_at_closing="send_home", sent_home="lost"),
            Pool("files", named("files"), "department", (Shift(4, WEEK),), at_closing="pause"),
        ),
        services=(
            Service(
                "permit",
                named("permit"),
                (counter, review, post),
                PoissonArrivals(Rate(0.11)),
                patience=Exponential(60.0),
                backlog=(Backlog("review", 3, Constant(600.0)),),
                appointments=Appointments(every=60, places=1, week=WEEK, no_shows=0.3, priority=2),
            ),
            Service("call", named("call"), (urgent,), PoissonArrivals(Rate(0.04)), priority=1),
        ),
        run=RunSettings(period=Duration(5.0, "workday"), warm_up=Duration(1.0, "workday")),
    )


OFFICE = office()
NETWORK = compile_network(OFFICE)
EVENTS = simulate(NETWORK, 5, 0)
DRAWN = sample(NETWORK, 5, 0, NETWORK.cap)
SOUND = run_of(NETWORK, DRAWN, EVENTS)


def broken(events: EventTable) -> set[str]:
    """The rules that a table breaks."""
    return {violation.split(":")[0] for violation in violations(NETWORK, DRAWN, events)}


def changed(row: int, **values: Any) -> EventTable:
    """The sound table with some entries of one row changed."""
    columns = {}
    for name, value in values.items():
        columns[name] = getattr(EVENTS, name).copy()
        columns[name][row] = value
    return replace(EVENTS, **columns)


def first(condition: Callable[[Task], bool]) -> Task:
    """The first task of which it holds."""
    return next(task for task in SOUND.tasks if condition(task))


def case_that(outcome: str) -> int:
    """The first case that ended so."""
    return SOUND.case_outcomes.index(outcome)


def lose_a_case() -> EventTable:
    return replace(EVENTS, **{name: np.delete(getattr(EVENTS, name), 4) for name in PER_CASE})


def lose_the_last_case() -> EventTable:
    return replace(EVENTS, **{name: getattr(EVENTS, name)[:-1] for name in PER_CASE})


def double_a_case() -> EventTable:
    return changed(5, case_index=EVENTS.case_index[np.flatnonzero(EVENTS.case_service == EVENTS.case_service[5])[-1]])


def unknown_outcome() -> EventTable:
    return changed(0, outcome=-1)


def a_finished_case_never_left() -> EventTable:
    return changed(case_that("finished"), left=np.nan)


def a_finished_case_has_an_open_task() -> EventTable:
    task = first(lambda task: task.outcome == "done" and SOUND.case_outcomes[task.case] == "finished")
    return changed(task.row, outcome=TASK_OUTCOMES.index("open"))


def who_reneged_left_later() -> EventTable:
    case = case_that("reneged")
    return changed(case, left=EVENTS.left[case] + 1.0)


def who_reneged_is_finished() -> EventTable:
    return changed(case_that("reneged"), case_outcome=CASE_OUTCOMES.index("finished"))


def who_stays_away_is_finished() -> EventTable:
    return changed(case_that("no_show"), case_outcome=CASE_OUTCOMES.index("finished"))


def who_stays_away_left_later() -> EventTable:
    case = case_that("no_show")
    return changed(case, left=EVENTS.left[case] + 5.0)


def a_backlog_case_is_measured() -> EventTable:
    return changed(0, measured=True)


def the_run_stops_inside_its_window() -> EventTable:
    return replace(EVENTS, window_end=EVENTS.stopped_at + 1.0)


def finished_before_begun() -> EventTable:
    task = first(lambda task: task.begun and task.work > 1)
    return changed(task.row, finish=task.start - 1.0)


def joined_before_the_row_above() -> EventTable:
    task = first(lambda task: task.row > 10 and task.ready > SOUND.tasks[task.row - 1].ready)
    return changed(task.row, ready=SOUND.tasks[task.row - 1].ready - 1e-6)


def decided_before_accepted() -> EventTable:
    case = case_that("finished")
    return changed(case, accepted=EVENTS.decided[case] + 1.0)


def a_second_visit_called_the_first() -> EventTable:
    def again(task: Task) -> bool:
        return task.visit == 1 and any(o.visit == 0 and o.step is task.step for o in SOUND.of_case[task.case])

    return changed(first(again).row, visit=0)


def reviewed_before_the_counter_is_done() -> EventTable:
    review = first(lambda task: task.step.id == "review" and task.visit == 0 and task.case >= 3)
    counter = first(lambda task: task.step.id == "counter" and task.case == review.case)
    return changed(counter.row, outcome=TASK_OUTCOMES.index("cancelled"))


def two_things_at_once() -> EventTable:
    task = first(lambda task: task.pool == "hall" and task.server == 0 and task.work > 5)
    meanwhile = first(lambda o: o.pool == "hall" and o.server == 1 and task.start < o.start < task.finish)
    return changed(meanwhile.row, server=0)


def an_officer_who_does_not_exist() -> EventTable:
    return changed(first(lambda task: task.pool == "hall" and task.begun).row, server=7)


def two_at_once_of_one_step() -> EventTable:
    """Another of the step in the place of the next one that the officer does."""
    task = first(lambda task: task.pool == "hall" and task.server == 0 and task.work > 5)
    after = first(lambda o: o.pool == "hall" and o.server == 0 and o.start >= task.finish)
    return changed(after.row, start=task.start, finish=task.finish, work=task.work)


def work_at_lunch() -> EventTable:
    task = first(lambda task: task.pool == "hall" and task.begun and task.start % 1440 < 700)
    noon = task.start // 1440 * 1440 + 725.0
    return changed(task.row, start=noon, finish=noon + task.work)


def work_cut_short() -> EventTable:
    task = first(lambda task: task.pool == "hall" and task.begun and task.work > 5)
    return changed(task.row, finish=task.finish - 1.0)


def paused_work_that_goes_on_overnight() -> EventTable:
    task = first(lambda t: t.pool == "files" and t.outcome == "done" and t.finish // 1440 > t.start // 1440)
    return changed(task.row, finish=task.start + task.work)


def a_delay_cut_short() -> EventTable:
    task = first(lambda task: task.step.id == "post" and task.outcome == "done")
    return changed(task.row, finish=task.finish - 1e-9 * task.finish)


def an_idle_officer() -> EventTable:
    task = first(lambda task: task.pool == "hall" and task.begun and task.start > task.ready)
    return changed(task.row, start=task.start + 0.01, finish=task.start + 0.01 + task.work)


def taken_out_of_order() -> EventTable:
    """Two of a class who both waited, each in the other's place."""
    for task in SOUND.tasks:
        for after in SOUND.at_pool[task.pool] if task.pool == "hall" and task.begun else ():
            if task.row < after.row and after.begun and task.ready < after.ready < task.start < after.start:
                columns = {name: getattr(EVENTS, name).copy() for name in ("server", "start", "finish", "work")}
                for column in columns.values():
                    column[[task.row, after.row]] = column[[after.row, task.row]]
                return replace(EVENTS, **columns)
    raise AssertionError("nobody waited behind anybody")


def the_less_urgent_first() -> EventTable:
    """An urgent call taken after a permit that it should have overtaken."""
    for urgent in SOUND.at_pool["files"]:
        for review in SOUND.at_pool["files"]:
            if urgent.step.id == "urgent" and review.step.id == "review" and urgent.ready < urgent.start < review.start:
                columns = {name: getattr(EVENTS, name).copy() for name in ("server", "start", "finish", "work")}
                for column in columns.values():
                    column[[urgent.row, review.row]] = column[[review.row, urgent.row]]
                if review.ready < urgent.start:
                    return replace(EVENTS, **columns)
    raise AssertionError("no urgent call waited with a permit")


def came_in_the_night() -> EventTable:
    task = first(lambda task: task.pool == "hall" and task.row > 50 and task.ready % 1440 > 600)
    return changed(task.row, ready=task.ready // 1440 * 1440 + 120.0)


def sent_home_early() -> EventTable:
    task = first(lambda task: task.outcome == "sent_home")
    return changed(task.row, finish=task.finish - 1.0)


def waits_past_closing() -> EventTable:
    task = first(lambda task: task.outcome == "sent_home")
    return changed(task.row, finish=task.finish + 60.0)


def a_file_that_reneges() -> EventTable:
    task = first(lambda task: task.pool == "files" and task.begun)
    return changed(task.row, outcome=TASK_OUTCOMES.index("reneged"), start=np.nan, work=np.nan)


def done_without_work() -> EventTable:
    return changed(first(lambda task: task.outcome == "done").row, start=np.nan, work=np.nan)


BREAKS: dict[str, tuple[Callable[[], EventTable], ...]] = {
    "no_case_is_lost_or_doubled": (lose_a_case, lose_the_last_case, double_a_case),
    "every_outcome_is_in_the_vocabulary": (unknown_outcome,),
    "a_case_is_over_when_its_tasks_are": (a_finished_case_never_left, a_finished_case_has_an_open_task),
    "who_leaves_unserved_ends_the_case": (who_reneged_left_later, who_reneged_is_finished),
    "who_does_not_come_has_no_task": (who_stays_away_is_finished, who_stays_away_left_later),
    "measured_are_who_applied_in_the_window": (a_backlog_case_is_measured, the_run_stops_inside_its_window),
    "time_never_goes_back": (finished_before_begun, joined_before_the_row_above, decided_before_accepted),
    "a_visit_follows_the_one_before": (a_second_visit_called_the_first, reviewed_before_the_counter_is_done),
    "no_officer_does_two_things_at_once": (two_things_at_once, an_officer_who_does_not_exist),
    "no_batch_is_too_large": (two_at_once_of_one_step,),
    "work_is_done_in_hours": (work_at_lunch, work_cut_short, paused_work_that_goes_on_overnight),
    "delays_take_their_time": (a_delay_cut_short,),
    "nobody_is_idle_while_a_task_waits": (an_idle_officer,),
    "the_order_is_kept": (taken_out_of_order, the_less_urgent_first),
    "people_come_when_the_doors_are_open": (came_in_the_night,),
    "people_are_sent_home_at_closing": (sent_home_early, waits_past_closing),
    "patience_is_kept": (a_file_that_reneges, done_without_work),
}


def test_the_sound_table_breaks_no_rule() -> None:
    assert broken(EVENTS) == set()
    assert {"done", "returned", "reneged", "sent_home"} <= {task.outcome for task in SOUND.tasks}


def test_every_rule_is_broken_by_some_change() -> None:
    assert BREAKS.keys() | {"no_more_wait_than_there_is_room_for"} == RULES.keys()
    assert set(PER_CASE) < {field.name for field in fields(EventTable)}


@pytest.mark.parametrize(
    ("rule", "change"),
    [(rule, change) for rule, changes in BREAKS.items() for change in changes],
    ids=lambda value: getattr(value, "__name__", ""),
)
def test_the_rule_finds_what_breaks_it(rule: str, change: Callable[[], EventTable]) -> None:
    assert rule in broken(change())


def test_more_who_wait_than_there_is_room_for_are_found() -> None:
    """Each case is cut in 10 minutes and painted in 30, with room for one before the booth; then one is said to come
    20 minutes before it was let in."""
    cut = Step("cut", named("cut"), "wood/cut", at="saw", time=Constant(10.0))
    paint = Step("paint", named("paint"), "wood/paint", at="booth", time=Constant(30.0), after=("cut",), room=1)
    service = Service("wood", named("wood"), (cut, paint), backlog=(Backlog("cut", 5),))
    pools = tuple(Pool(name, named(name), "department", (Shift(1, WEEK),)) for name in ("saw", "booth"))
    run = RunSettings(period=Duration(2.0, "workday"))
    network = compile_network(Scenario(named("shop"), Calendar(week=WEEK), pools, (service,), run))
    drawn, events = sample(network, 1, 0, network.cap), simulate(network, 1, 0)
    assert violations(network, drawn, events) == []
    held = np.flatnonzero(events.step == 1)[3]
    ready = events.ready.copy()
    ready[held] -= 20.0
    found = violations(network, drawn, replace(events, ready=ready))
    assert any(one.startswith("no_more_wait_than_there_is_room_for") for one in found)


def test_the_count_of_the_queue_is_by_hand() -> None:
    """Three files wait from midnight; two officers begin at 9:00 and take an hour each: 2 × 540 + 600 minutes."""
    review = Step("review", named("review"), "permit/review", at="files", time=Constant(60.0))
    service = Service("permit", named("permit"), (review,), backlog=(Backlog("review", 3),))
    pool = Pool("files", named("files"), "department", (Shift(2, WEEK),))
    run = RunSettings(period=Duration(1.0, "workday"))
    network = compile_network(Scenario(named("files"), Calendar(week=WEEK), (pool,), (service,), run))
    assert Counted(network, sample(network, 1, 0, network.cap)).waiting == [2 * 540.0 + 600.0]
