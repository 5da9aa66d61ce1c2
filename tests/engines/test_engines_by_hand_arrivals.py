"""Appointments and several matters: every instant worked out by hand, with both engines."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from simgov.applications import APPOINTMENT_NUMBER, PLACES
from simgov.calendars import Calendar
from simgov.distributions import Constant, Exponential
from simgov.engines import simulate
from simgov.engines.events import CASE_OUTCOMES, EventTable
from simgov.kpi import measure
from simgov.network import compile_network
from simgov.scenario.value import Appointments, Backlog, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.streams import uniforms
from simgov.units import Duration
from simgov.workload import sample

NINE, DAY = 540.0, 1440.0
NAME = Text("x", "x")
WEEK = (((540, 720),),) * 5 + ((), ())
DESK = Pool("desk", NAME, "window", (Shift(1, WEEK),))

both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def scenario(minutes: float = 10.0, **service: object) -> Scenario:
    steps = (Step("only", NAME, "matter/only", at="desk", time=Constant(minutes), in_person=True),)
    return Scenario(
        name=NAME,
        calendar=Calendar(week=WEEK),
        pools=(DESK,),
        services=(replace(Service("matter", NAME, steps), **service),),  # type: ignore[arg-type]
        run=RunSettings(start=datetime.date(2026, 1, 5), period=Duration(DAY), cap=Duration(DAY)),
    )


def run(case: Scenario, engine: str, seed: int = 1) -> EventTable:
    return simulate(compile_network(case), seed, 0, engine=engine)


def of_the_first_day(table: EventTable) -> np.ndarray:
    return table.start[table.start < DAY]


@both
def test_slots_fill_the_hours_and_people_come_on_time(engine: str) -> None:
    table = run(scenario(appointments=Appointments(every=50, places=2, week=WEEK)), engine)
    # 180 minutes hold slots at 9:00, 9:50 and 10:40; one at 11:30 would end after noon. Two people each, 10 minutes.
    begins = [NINE, NINE, NINE + 50, NINE + 50, NINE + 100, NINE + 100]
    assert table.applied[:6].tolist() == begins
    assert of_the_first_day(table).tolist() == [begin + 10 * (k % 2) for k, begin in enumerate(begins)]


@both
def test_those_who_come_early_wait_outside_and_are_served_when_it_opens(engine: str) -> None:
    early = Appointments(every=60, places=1, week=WEEK, lateness=(-15.0, 0.0))
    table = run(scenario(appointments=early), engine)
    assert table.applied[:3].tolist() == [NINE - 15, NINE + 45, NINE + 105]
    assert of_the_first_day(table).tolist() == [NINE, NINE + 45, NINE + 105]


@both
def test_who_does_not_come_is_a_case_without_a_task(engine: str) -> None:
    booked = Appointments(every=30, places=4, week=WEEK, no_shows=0.5)
    case = scenario(minutes=1.0, appointments=booked)
    table = run(case, engine)
    keys = APPOINTMENT_NUMBER + (np.repeat(np.arange(6) * 30 + 540, 4)) * PLACES + np.tile(np.arange(4), 6)
    away = uniforms(1, 0, "matter/no_show", keys) < 0.5
    first = table.applied < DAY
    assert [CASE_OUTCOMES[k] for k in table.case_outcome[first]] == ["no_show" if a else "finished" for a in away]
    assert np.array_equal(table.left[first][away], table.applied[first][away])
    assert not np.isin(table.case, np.flatnonzero(first)[away]).any()
    measured = measure(compile_network(case), table, ["matter.no_shows"])
    assert measured.values[0] == away.mean()


@both
def test_people_with_an_appointment_go_before_those_who_wait(engine: str) -> None:
    booked = Appointments(every=180, places=1, week=WEEK, lateness=(5.0, 0.0), priority=1)
    table = run(scenario(appointments=booked, backlog=(Backlog("only", 3),)), engine)
    # Three wait from the start; the fourth comes at 9:05 and takes the desk when the first is done.
    assert table.start[:4].tolist() == [NINE, NINE + 20, NINE + 30, NINE + 10]
    asked = run(scenario(appointments=replace(booked, priority=None), backlog=(Backlog("only", 3),)), engine)
    assert asked.start[:4].tolist() == [NINE, NINE + 10, NINE + 20, NINE + 30]


@both
def test_several_matters_take_as_long_as_all_of_them(engine: str) -> None:
    table = run(scenario(matters=((1, 0.5), (3, 0.5)), backlog=(Backlog("only", 4),)), engine)
    drawn = uniforms(1, 0, "matter/matters", (1 << 60) + np.arange(4))
    minutes = [10.0 if u < 0.5 else 30.0 for u in drawn]
    assert set(minutes) == {10.0, 30.0}
    assert table.work.tolist() == minutes
    assert table.start.tolist() == [NINE + sum(minutes[:k]) for k in range(4)]


def test_each_matter_has_a_draw_of_its_own_and_files_are_not_concerned() -> None:
    time = Exponential(8.0)
    steps = (
        Step("front", NAME, "matter/front", at="desk", time=time, in_person=True),
        Step("back", NAME, "matter/back", at="desk", time=time, after=("front",)),
    )
    case = scenario(matters=((1, 0.2), (2, 0.8)), backlog=(Backlog("front", 40),), steps=steps)
    load = sample(compile_network(case), 9, 0, DAY)
    numbers = (1 << 60) + np.arange(40)
    several = uniforms(9, 0, "matter/matters", numbers) >= 0.2
    front = time.quantile(uniforms(9, 0, "matter/front/work", numbers))
    front[several] += time.quantile(uniforms(9, 0, "matter/front/work/2", numbers[several]))
    slots = load.case_slot[:40]
    assert np.array_equal(load.draws[load.column_start[0, 0] + slots], front)
    assert np.array_equal(
        load.draws[load.column_start[1, 0] + slots], time.quantile(uniforms(9, 0, "matter/back/work", numbers))
    )


def test_lateness_is_normal_and_more_places_move_nobody() -> None:
    late = Appointments(every=10, places=50, week=WEEK, lateness=(-5.0, 8.0), taken=0.9)
    few = sample(compile_network(scenario(appointments=late)), 3, 0, 4 * DAY)
    many = sample(compile_network(scenario(appointments=replace(late, places=60, every=5))), 3, 0, 4 * DAY)
    begins = (few.case_index - APPOINTMENT_NUMBER) // PLACES
    lateness = few.applied - begins
    assert len(lateness) > 3000
    assert abs(lateness.mean() + 5.0) < 4 * 8.0 / np.sqrt(len(lateness))
    assert abs(lateness.std() / 8.0 - 1.0) < 0.05
    assert abs(len(few.applied) / (4 * 18 * 50) - 0.9) < 0.02
    before = dict(zip(few.case_index.tolist(), few.applied.tolist(), strict=True))
    after = dict(zip(many.case_index.tolist(), many.applied.tolist(), strict=True))
    assert before.items() <= after.items()
