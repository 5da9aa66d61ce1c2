"""What both engines do with a handful of cases whose every instant was worked out by hand."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from simgov.calendars import Calendar, Span
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.network import compile_network
from simgov.scenario.value import Backlog, Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration

NINE, NOON, ONE, FIVE = 540.0, 720.0, 780.0, 1020.0
DAY = 1440.0
OFFICE: tuple[Span, ...] = ((540, 720), (780, 1020))
STRAIGHT: tuple[Span, ...] = ((540, 1020),)


def text(name: str) -> Text:
    return Text(name, name)


def week(day: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return (day,) * 5 + ((), ())


def pool(name: str = "desk", count: int = 1, day: tuple[Span, ...] = STRAIGHT, **changes: object) -> Pool:
    return replace(Pool(name, text(name), "window", (Shift(count, week(day)),)), **changes)  # type: ignore[arg-type]


def step(
    name: str, at: str | None = "desk", minutes: float = 30.0, after: tuple[str, ...] = (), **changes: object
) -> Step:
    made = Step(name, text(name), f"matter/{name}", at=at, time=Constant(minutes), after=after)
    return replace(made, **changes)  # type: ignore[arg-type]


def run(
    steps: tuple[Step, ...],
    pools: tuple[Pool, ...],
    engine: str,
    *,
    at: str,
    cases: int,
    day: tuple[Span, ...] = STRAIGHT,
    **service: object,
) -> EventTable:
    """A backlog of ``cases`` at step ``at``, from midnight of Monday 5 January 2026, and nobody else."""
    matter = Service("matter", text("matter"), steps, backlog=(Backlog(at, cases),))
    scenario = Scenario(
        name=text("by hand"),
        calendar=Calendar(week=week(day)),
        pools=pools,
        services=(replace(matter, **service),),  # type: ignore[arg-type]
        run=RunSettings(start=datetime.date(2026, 1, 5), period=Duration(14 * DAY), cap=Duration(DAY)),
    )
    return simulate(compile_network(scenario), 1, 0, engine=engine)


both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def outcomes(table: EventTable) -> list[str]:
    return [TASK_OUTCOMES[k] for k in table.outcome]


@both
def test_two_officers_serve_five_files_first_come_first_served(engine: str) -> None:
    table = run((step("only"),), (pool(count=2),), engine, at="only", cases=5)
    assert list(table.start) == [NINE, NINE, NINE + 30, NINE + 30, NINE + 60]
    assert list(table.finish) == [NINE + 30, NINE + 30, NINE + 60, NINE + 60, NINE + 90]
    assert list(table.server) == [0, 1, 0, 1, 0]
    assert list(table.left) == list(table.finish)


@both
def test_work_pauses_over_lunch_and_over_night(engine: str) -> None:
    steps = (step("only", minutes=300.0),)
    table = run(steps, (pool(day=OFFICE, at_closing="pause"),), engine, at="only", cases=2, day=OFFICE)
    # 180 minutes before lunch and 120 after it; then 120 to closing and 180 next morning, to noon.
    assert list(table.start) == [NINE, ONE + 120]
    assert list(table.finish) == [ONE + 120, DAY + NOON]


@both
def test_work_under_way_is_finished_past_closing_and_files_wait_for_the_morning(engine: str) -> None:
    table = run((step("only", minutes=300.0),), (pool(),), engine, at="only", cases=3)
    assert list(table.start) == [NINE, NINE + 300, DAY + NINE]
    assert list(table.finish) == [NINE + 300, NINE + 600, DAY + NINE + 300]


@both
def test_people_still_waiting_at_closing_are_served_unless_sent_home(engine: str) -> None:
    steps = (step("only", minutes=300.0, in_person=True),)
    served = run(steps, (pool(),), engine, at="only", cases=3)
    assert list(served.start) == [NINE, NINE + 300, NINE + 600]
    back = run(steps, (pool(waiting_at_closing="send_home"),), engine, at="only", cases=3)
    assert outcomes(back) == ["done", "done", "sent_home", "done"]
    assert back.finish[2] == FIVE
    assert back.ready[3] == back.start[3] == DAY + NINE
    lost = run(steps, (pool(waiting_at_closing="send_home", sent_home="lost"),), engine, at="only", cases=3)
    assert outcomes(lost) == ["done", "done", "sent_home"]
    assert CASE_OUTCOMES[lost.case_outcome[2]] == "reneged"
    assert lost.left[2] == FIVE


@both
def test_a_join_waits_for_both_branches(engine: str) -> None:
    steps = (
        step("open", at=None, minutes=0.0),
        step("long", at=None, minutes=90.0, after=("open",)),
        step("short", at=None, minutes=20.0, after=("open",)),
        step("close", at=None, minutes=5.0, after=("long", "short")),
    )
    table = run(steps, (pool(),), engine, at="open", cases=1)
    assert dict(zip(table.step.tolist(), table.finish.tolist(), strict=True)) == {0: 0.0, 1: 90.0, 2: 20.0, 3: 95.0}


@both
def test_a_skipped_step_passes_its_predecessor_and_its_milestone_on(engine: str) -> None:
    steps = (
        step("first", at=None, minutes=10.0),
        step("sign", at=None, minutes=99.0, after=("first",), share=0.0, decision=True),
        step("post", at=None, minutes=7.0, after=("sign",)),
    )
    table = run(steps, (pool(),), engine, at="first", cases=1)
    assert table.step.tolist() == [0, 2]
    assert (table.decided[0], table.left[0]) == (10.0, 17.0)


@both
def test_the_clock_stands_still_while_a_matter_sent_back_is_with_the_applicant(engine: str) -> None:
    steps = (
        step("accept", at=None, minutes=0.0, accepted=True),
        step(
            "review",
            after=("accept",),
            decision=True,
            returns=Returns(1.0, "review", Constant(2.0, "workday"), limit=1),
        ),
    )
    table = run(steps, (pool(),), engine, at="accept", cases=1, promise=1)
    # Accepted Monday 00:00; reviewed 9:00-9:30; back after 2 workdays of 480 minutes, Wednesday 9:30; decided 10:00.
    assert outcomes(table)[1:] == ["returned", "done"]
    assert table.ready[2] == 2 * DAY + NINE + 30
    assert table.decided[0] == 2 * DAY + NINE + 60
    assert table.stopped_days[0] == 2
    assert table.promise_due[0] == 3 * DAY + FIVE  # one workday, and two on which the clock stood still


@both
def test_patience_ends_a_wait_and_the_case(engine: str) -> None:
    steps = (step("only", minutes=60.0, in_person=True),)
    table = run(steps, (pool(before_opening="come_later"),), engine, at="only", cases=3, patience=Constant(90.0))
    # Doors open at nine; the first is served, the second after 60 minutes, the third has left after 90.
    assert outcomes(table) == ["done", "done", "reneged"]
    assert list(table.ready) == [NINE] * 3
    assert list(table.start[:2]) == [NINE, NINE + 60]
    assert table.finish[2] == NINE + 90
    assert np.isnan(table.start[2])


@both
def test_the_urgent_class_goes_first_but_interrupts_nobody(engine: str) -> None:
    steps = (
        step("open", at=None, minutes=540.0),
        step("slow", after=("open",), priority=9),
        step("urgent", after=("open",), priority=1),
    )
    table = run(steps, (pool(),), engine, at="open", cases=2)
    started = [(step, start) for step, start in zip(table.step.tolist(), table.start.tolist(), strict=True) if step]
    assert sorted(started, key=lambda pair: pair[1]) == [(2, NINE), (2, NINE + 30), (1, NINE + 60), (1, NINE + 90)]


@both
def test_a_public_holiday_and_a_weekend_are_not_worked(engine: str) -> None:
    matter = Service("matter", text("matter"), (step("only", minutes=30.0),), backlog=(Backlog("only", 1),))
    scenario = Scenario(
        name=text("National Day"),
        calendar=Calendar(week=week(STRAIGHT), country="CN"),
        pools=(pool(),),
        services=(matter,),
        run=RunSettings(start=datetime.date(2025, 10, 1), period=Duration(14 * DAY), cap=Duration(DAY)),
    )
    table = simulate(compile_network(scenario), 1, 0, engine=engine)
    assert table.start[0] == 8 * DAY + NINE  # 1 to 8 October 2025 are holidays, Thursday the 9th is worked
