"""Odd days, followed by hand: eves of holidays, make-up days, changed hours, nights, officers who learn."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from simgov.calendars import Calendar, Span
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.kpi import measure, plan_cost
from simgov.network import compile_network
from simgov.scenario.value import Backlog, Learning, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money

DAY, NINE = 1440.0, 540.0
MONDAY, TUESDAY, FRIDAY = (datetime.date(2026, 1, day) for day in (5, 6, 9))
STRAIGHT: tuple[Span, ...] = ((540, 1020),)
both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def week(day: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return (day,) * 5 + ((), ())


CALENDAR = Calendar(week(STRAIGHT))


def text(name: str) -> Text:
    return Text(name, name)


def scenario(
    minutes: float,
    cases: int,
    *,
    calendar: Calendar = CALENDAR,
    own: tuple[tuple[Span, ...], ...] | None = None,
    start: datetime.date = MONDAY,
    count: int = 1,
    **pool: object,
) -> Scenario:
    """``cases`` files of ``minutes`` each, which wait from midnight of the first day on."""
    made = Pool("desk", text("desk"), "department", (Shift(count, own or calendar.week),))
    only = Step("only", text("only"), "matter.only", at="desk", time=Constant(minutes), decision=True)
    return Scenario(
        name=text("by hand"),
        calendar=calendar,
        pools=(replace(made, **pool),),  # type: ignore[arg-type]
        services=(Service("matter", text("matter"), (only,), promise=1, backlog=(Backlog("only", cases),)),),
        run=RunSettings(start=start, period=Duration(5.0, "workday"), cap=Duration(9 * DAY)),
    )


def run(described: Scenario, engine: str) -> EventTable:
    return simulate(compile_network(described), 1, 0, engine=engine)


@both
def test_work_laid_down_on_the_eve_of_a_holiday_goes_on_after_it(engine: str) -> None:
    calendar = replace(CALENDAR, closed=(datetime.date(2026, 1, 7),))
    table = run(scenario(600.0, 1, calendar=calendar, start=TUESDAY, at_closing="pause"), engine)
    # 480 minutes on Tuesday, Wednesday is closed, 120 on Thursday.
    assert table.finish[0] == 2 * DAY + NINE + 120


@both
def test_a_make_up_saturday_works_the_hours_of_the_day_it_stands_for(engine: str) -> None:
    short_monday = (((540, 720),), *week(STRAIGHT)[1:])
    calendar = Calendar(short_monday, extra=((datetime.date(2026, 1, 10), 0),))
    table = run(scenario(700.0, 1, calendar=calendar, start=FRIDAY, at_closing="pause"), engine)
    # 480 minutes on Friday, 180 on Saturday, whose hours are Monday's, and 40 on Monday.
    assert table.finish[0] == 3 * DAY + NINE + 40


@both
def test_paused_work_goes_on_in_changed_hours(engine: str) -> None:
    calendar = replace(CALENDAR, changed=((TUESDAY, ((780, 900),)),))
    table = run(scenario(600.0, 1, calendar=calendar, at_closing="pause"), engine)
    assert table.finish[0] == DAY + 900  # 480 minutes on Monday, 120 on Tuesday from 13:00 to 15:00
    assert table.promise_due[0] == DAY + 900  # accepted when they applied, at 0:00 on Monday


@both
def test_hours_of_their_own_are_cut_to_the_changed_ones(engine: str) -> None:
    calendar = replace(CALENDAR, changed=((TUESDAY, ((780, 900),)),))
    table = run(scenario(400.0, 1, calendar=calendar, own=week(((600, 840),)), at_closing="pause"), engine)
    # 240 minutes on Monday from 10:00 to 14:00, 60 on Tuesday from 13:00 to 14:00, 100 on Wednesday.
    assert table.finish[0] == 2 * DAY + 700


@both
def test_a_promise_ends_at_the_closing_of_a_changed_day(engine: str) -> None:
    calendar = replace(CALENDAR, changed=((TUESDAY, ((780, 900),)),))
    described = scenario(30.0, 1, calendar=calendar)
    matter = described.services[0]
    accepting = replace(matter, steps=(replace(matter.steps[0], accepted=True, decision=False),))
    table = run(replace(described, services=(accepting,)), engine)
    assert table.accepted[0] == NINE + 30
    assert table.promise_due[0] == DAY + 900


@both
def test_a_night_shift_works_through_midnight(engine: str) -> None:
    calendar = Calendar(week(((0, 1440),)))
    night = week(((0, 360), (1320, 1440)))
    table = run(scenario(400.0, 2, calendar=calendar, own=night, at_closing="pause"), engine)
    # Monday 0:00 to 6:00, then from 22:00; the second from 22:40 on, through midnight.
    assert list(table.start) == [0.0, 1360.0]
    assert list(table.finish) == [1360.0, DAY + 320]


@both
def test_work_finished_past_midnight_is_overtime(engine: str) -> None:
    calendar = Calendar(week(((0, 1440),)))
    described = scenario(200.0, 3, calendar=calendar, own=week(((1080, 1380),)))
    table = run(described, engine)
    # 18:00 to 21:20, then to 0:40; the third on Tuesday at 18:00.
    assert list(table.start) == [1080.0, 1280.0, DAY + 1080]
    assert table.finish[1] == DAY + 40
    network = compile_network(described)
    found = measure(network, run(described, engine), ("desk.overtime", "desk.utilisation"))
    assert found.values[0] == pytest.approx(100 / 60 / 5)  # 23:00 to 0:40, in five workdays
    assert found.values[1] == pytest.approx(500 / (5 * 300))


@both
def test_work_takes_longer_while_officers_learn(engine: str) -> None:
    learning = Learning(TUESDAY, 2.0, Duration(1.0, "workday"))
    table = run(scenario(300.0, 4, learning=learning), engine)
    # Monday 9:00 and 14:00, 300 minutes each; Tuesday 600; Wednesday 450, since half of the excess is left.
    assert list(table.start) == [NINE, NINE + 300, DAY + NINE, 2 * DAY + NINE]
    assert list(table.work) == [300.0, 300.0, 600.0, 450.0]
    in_days = Learning(datetime.date(2026, 1, 3), 1.4, Duration(2 * DAY))
    table = run(scenario(300.0, 1, learning=in_days), engine)
    assert table.work[0] == 300.0 * (1.0 + 0.4 * 0.5)  # on Monday two days have passed since Saturday


def test_posts_are_paid_for_the_hours_of_a_changed_day() -> None:
    calendar = replace(CALENDAR, changed=((TUESDAY, ((780, 900),)),))
    paid = replace(
        scenario(1.0, 1, calendar=calendar, count=2, cost=Money(1000, "CNY", "h")), horizon=Duration(7 * DAY)
    )
    assert plan_cost(paid) == 2 * (4 * 8 + 2) * 1000
