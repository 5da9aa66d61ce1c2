"""Officers who are away and systems that fail, followed by hand; and how often officers are ill."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from simgov.calendars import Calendar, Span
from simgov.capacity import days_of_illness, drawn_capacity, outages
from simgov.distributions import Constant, Exponential, Lognormal
from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.kpi import measure, plan_cost
from simgov.network import Network, compile_network
from simgov.scenario.value import (
    Absences,
    Away,
    Backlog,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Sickness,
    Step,
    System,
    Text,
    staffed,
)
from simgov.units import Duration, Money

DAY, NINE, FIVE = 1440.0, 540.0, 1020.0
MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (datetime.date(2026, 1, day) for day in (5, 6, 7, 8))
STRAIGHT: tuple[Span, ...] = ((540, 1020),)
both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def week(day: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return (day,) * 5 + ((), ())


def text(name: str) -> Text:
    return Text(name, name)


def desk(count: int = 1, **changes: object) -> Pool:
    return replace(Pool("desk", text("desk"), "department", (Shift(count, week(STRAIGHT)),)), **changes)  # type: ignore[arg-type]


def scenario(
    pool: Pool, minutes: float, cases: int, *systems: System, in_person: bool = False, **changes: object
) -> Scenario:
    """``cases`` of ``minutes`` each, which wait from midnight of Monday on."""
    only = Step("only", text("only"), "m.only", at="desk", time=Constant(minutes), decision=True, in_person=in_person)
    made = Scenario(
        name=text("by hand"),
        calendar=Calendar(week(STRAIGHT)),
        pools=(pool,),
        services=(Service("m", text("m"), (only,), backlog=(Backlog("only", cases),)),),
        run=RunSettings(start=MONDAY, period=Duration(5.0, "workday"), cap=Duration(9 * DAY)),
        systems=systems,
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def run(described: Scenario, engine: str) -> EventTable:
    return simulate(compile_network(described), 1, 0, engine=engine)


def platform(every: float, lasts: float, **changes: object) -> System:
    made = System("platform", text("platform"), ("desk",), Constant(every), Constant(lasts))
    return replace(made, **changes)  # type: ignore[arg-type]


# Planned absences -----------------------------------------------------------------------------------------------------


@both
def test_one_of_two_is_on_leave(engine: str) -> None:
    pool = desk(2, absences=Absences(leave=(Away(1, TUESDAY, WEDNESDAY),)))
    table = run(scenario(pool, 480.0, 6), engine)
    assert list(table.start // DAY) == [0, 0, 1, 2, 3, 3]
    assert list(table.server) == [0, 1, 0, 0, 0, 1]


@both
def test_leaves_that_overlap_are_of_different_officers(engine: str) -> None:
    leave = (Away(1, TUESDAY, WEDNESDAY), Away(1, WEDNESDAY, THURSDAY))
    table = run(scenario(desk(3, absences=Absences(leave=leave)), 480.0, 11), engine)
    # Three on Monday, two on Tuesday, one on Wednesday, two on Thursday, three on Friday.
    assert list(table.start // DAY) == [0, 0, 0, 1, 1, 2, 3, 3, 4, 4, 4]


@both
def test_training_takes_hours_of_those_who_are_on_duty_then(engine: str) -> None:
    pool = desk(2, absences=Absences(training=(Away(1, MONDAY, MONDAY, (600, 960)),)))
    table = run(scenario(pool, 60.0, 8), engine)
    assert list(table.start) == [540, 540, 600, 660, 720, 780, 840, 900]
    afternoon, morning = Shift(1, week(((780, 1020),))), Shift(1, week(((540, 720),)))
    shifts = replace(
        desk(), shifts=(afternoon, morning), absences=Absences(training=(Away(1, MONDAY, MONDAY, (780, 840)),))
    )
    table = run(scenario(shifts, 60.0, 4), engine)
    # The morning's officer works from 9:00 to 12:00, the afternoon's not before 14:00.
    assert list(table.start) == [540, 600, 660, 840]


@both
def test_an_officer_whose_post_is_cut_for_good_first_finishes(engine: str) -> None:
    pool = desk(2, at_closing="pause", absences=Absences(cuts=(Away(1, TUESDAY),)))
    table = run(scenario(pool, 600.0, 3), engine)
    assert list(table.finish[:2]) == [DAY + NINE + 120, FIVE + 120]
    assert table.start[2] == DAY + NINE + 120


@both
def test_work_laid_down_before_a_leave_waits_for_its_officer(engine: str) -> None:
    pool = desk(1, at_closing="pause", absences=Absences(leave=(Away(1, TUESDAY, WEDNESDAY),)))
    table = run(scenario(pool, 600.0, 1), engine)
    assert table.finish[0] == 3 * DAY + NINE + 120


def test_posts_that_are_cut_are_not_paid_and_leave_is() -> None:
    paid = desk(2, cost=Money(1000, "CNY", "h"))
    away = {"leave": (Away(2, MONDAY, TUESDAY),), "training": (Away(1, MONDAY, MONDAY, (540, 720)),)}
    two_weeks = {"horizon": Duration(14 * DAY)}
    assert plan_cost(scenario(replace(paid, absences=Absences(**away)), 1.0, 1, **two_weeks)) == 2 * 10 * 8 * 1000
    cuts = (Away(1, TUESDAY, WEDNESDAY), Away(1, datetime.date(2026, 1, 15)))
    # Two days of one post, and Thursday and Friday of the second week of another.
    assert plan_cost(scenario(replace(paid, absences=Absences(cuts=cuts)), 1.0, 1, **two_weeks)) == 16 * 8 * 1000


def test_utilisation_counts_those_who_are_there() -> None:
    network = compile_network(scenario(desk(2, absences=Absences(leave=(Away(1, TUESDAY, WEDNESDAY),))), 240.0, 4))
    found = measure(network, simulate(network, 1, 0), ("desk.utilisation",))
    assert found.values[0] == pytest.approx(4 * 240 / (8 * 480))


# Illness --------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("lasts", [Lognormal(3.0, 1.0, base="workday"), Constant(0.4, base="workday")])
def test_officers_are_ill_on_that_share_of_workdays_from_the_first_on(lasts: Lognormal | Constant) -> None:
    sickness, officers, days = Sickness(0.08, lasts), 3000, 250
    ill = np.array([days_of_illness(sickness, days, f"desk/1.{k}", 5, 0) for k in range(officers)])
    shares = ill.mean(axis=1)
    assert abs(shares.mean() - 0.08) < 4 * shares.std() / np.sqrt(officers)
    for day in (0, 1, days - 1):
        assert abs(ill[:, day].mean() - 0.08) < 4 * np.sqrt(0.08 * 0.92 / officers)


def test_one_officer_more_changes_nobody_elses_illness() -> None:
    pool = desk(3, absences=Absences(sickness=Sickness(0.3, Exponential(2.0, base="workday"))))
    one, other = (presence(compile_network(scenario(p, 1.0, 1))) for p in (pool, staffed(pool, 5)))
    assert one == other[:3]
    assert len({tuple(closes) for _, closes in other}) > 1


def presence(network: Network) -> list[tuple[list[float], list[float]]]:
    return [(opens.tolist(), closes.tolist()) for _, opens, closes in drawn_capacity(network, 9, 0).duty(0)]


@both
def test_who_is_ill_takes_no_work_and_counts_neither_as_busy_nor_as_idle(engine: str) -> None:
    pool = desk(1, absences=Absences(sickness=Sickness(0.5, Constant(1.0, base="workday"))))
    network = compile_network(scenario(pool, 30.0, 60))
    table = simulate(network, 3, 0, engine=engine)
    assert table.capacity is not None
    ((_, opens, closes),) = table.capacity.duty(0)
    days = set((opens // DAY).tolist())
    assert 0 < len([day for day in days if day < 5]) < 5  # ill on some days of this week and not on others
    assert set((table.start[~np.isnan(table.start)] // DAY).tolist()) <= days
    found = measure(network, table, ("desk.utilisation",))
    inside = closes <= 5 * DAY
    there = float((closes - opens)[inside].sum())
    busy = float((table.finish - table.start)[table.finish < 5 * DAY].sum())
    assert found.values[0] == pytest.approx(busy / there)


# Outages --------------------------------------------------------------------------------------------------------------


@both
@pytest.mark.parametrize(("under_way", "finish"), [("pause", [585, 690, 735]), ("finish", [585, 630, 705])])
def test_nobody_takes_work_while_the_system_is_down(engine: str, under_way: str, finish: list[float]) -> None:
    # Down from 10:00 to 11:00. The second, begun at 9:45, pauses and goes on at 11:00, or is finished without it.
    table = run(scenario(desk(), 45.0, 3, platform(600.0, 60.0, under_way=under_way)), engine)
    assert list(table.finish) == finish


@both
def test_an_outage_that_ends_at_night_stops_work_until_the_morning(engine: str) -> None:
    # Down from 16:00 on Monday to 3:30: 30 of 450 minutes are left for Tuesday at 9:00, and nobody stays for the other.
    described = scenario(desk(), 450.0, 2, platform(960.0, 690.0), in_person=True)
    table = run(described, engine)
    assert list(table.start) == [NINE, DAY + NINE + 30]
    assert list(table.finish) == [DAY + NINE + 30, DAY + FIVE]
    found = measure(compile_network(described), table, ("desk.overtime", "desk.utilisation"))
    assert list(found.values) == pytest.approx([0.0, 900 / (5 * 480)])


@both
def test_two_systems_that_are_down_at_once(engine: str) -> None:
    other = platform(630.0, 60.0, under_way="pause")
    systems = (platform(600.0, 60.0), replace(other, id="network"))
    table = run(scenario(desk(), 45.0, 3, *systems), engine)
    # Down from 10:00 to 11:00 and from 10:30 to 11:30.
    assert list(table.finish) == [585, 720, 765]


def test_outages_in_workdays_pass_in_working_time() -> None:
    up, down = Constant(1.5, base="workday"), Constant(0.75, base="workday")
    system = replace(platform(1.0, 1.0), every=up, lasts=down)
    network = compile_network(scenario(desk(), 1.0, 1, system))
    starts, ends = outages(network, network.scenario.systems[0], 1, 0)
    # Up for 1.5 workdays of 480 minutes, to Tuesday 13:00; down for 360 minutes, to Wednesday 11:00.
    assert (starts[0], ends[0]) == (DAY + 780, 2 * DAY + 660)
