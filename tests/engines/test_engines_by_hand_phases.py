"""A scenario that changes from a date, followed by hand: routes by date of application, pools by the clock."""

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
from simgov.scenario.value import (
    Backlog,
    Phase,
    PoissonArrivals,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
    staffed,
)
from simgov.units import Duration, Money, Rate

DAY, NINE, FIVE = 1440.0, 540.0, 1020.0
MONDAY = datetime.date(2026, 1, 5)
STRAIGHT: tuple[Span, ...] = ((540, 1020),)
MORNING: tuple[Span, ...] = ((540, 720),)
both = pytest.mark.parametrize("engine", ["reference", "compiled"])


def week(day: tuple[Span, ...]) -> tuple[tuple[Span, ...], ...]:
    return (day,) * 5 + ((), ())


def text(name: str) -> Text:
    return Text(name, name)


def desk(count: int = 1, day: tuple[Span, ...] = STRAIGHT, **changes: object) -> Pool:
    return replace(Pool("desk", text("desk"), "department", (Shift(count, week(day)),)), **changes)  # type: ignore[arg-type]


def service(minutes: float, cases: int, **changes: object) -> Service:
    only = Step("only", text("only"), "matter.only", at="desk", time=Constant(minutes), decision=True)
    made = Service("matter", text("matter"), (only,), backlog=(Backlog("only", cases),))
    return replace(made, **changes)  # type: ignore[arg-type]


def scenario(pool: Pool, matter: Service, later: Pool | None = None, from_day: int = 1) -> Scenario:
    first = Scenario(
        name=text("by hand"),
        calendar=Calendar(week=week(STRAIGHT)),
        pools=(pool,),
        services=(matter,),
        run=RunSettings(start=MONDAY, period=Duration(5.0, "workday"), cap=Duration(9 * DAY)),
    )
    if later is None:
        return first
    return replace(first, phases=(Phase(MONDAY + datetime.timedelta(days=from_day), (later,), (matter,)),))


def run(changing: Scenario, engine: str) -> EventTable:
    return simulate(compile_network(changing), 1, 0, engine=engine)


@both
def test_a_second_officer_comes_on_the_date(engine: str) -> None:
    table = run(scenario(desk(), service(240.0, 4), desk(2)), engine)
    # Monday: one officer, at 9:00 and at 13:00. Tuesday: two.
    assert list(table.start) == [NINE, NINE + 240, DAY + NINE, DAY + NINE]
    assert list(table.server) == [0, 0, 0, 1]


@both
def test_hours_change_on_the_date(engine: str) -> None:
    table = run(scenario(desk(), service(180.0, 4), desk(day=MORNING)), engine)
    # Monday 9:00, 12:00 and 15:00 (into overtime); from Tuesday on only until noon.
    assert list(table.start) == [NINE, NINE + 180, NINE + 360, DAY + NINE]
    table = run(scenario(desk(), service(180.0, 5), desk(day=MORNING)), engine)
    assert table.start[4] == 2 * DAY + NINE


@both
def test_who_leaves_for_good_finishes_in_overtime_though_the_pool_pauses(engine: str) -> None:
    pool = desk(2, at_closing="pause")
    table = run(scenario(pool, service(600.0, 3), staffed(pool, 1)), engine)
    # Each has done 480 of 600 minutes on Monday. The first goes on on Tuesday, the second has to finish on Monday.
    assert list(table.start) == [NINE, NINE, DAY + NINE + 120]
    assert list(table.finish[:2]) == [DAY + NINE + 120, FIVE + 120]


@both
def test_work_pauses_into_the_hours_of_the_next_phase(engine: str) -> None:
    pool = desk(at_closing="pause")
    table = run(scenario(pool, service(700.0, 1), desk(day=MORNING, at_closing="pause")), engine)
    # 480 minutes on Monday, 180 on Tuesday morning, 40 on Wednesday.
    assert table.finish[0] == 2 * DAY + NINE + 40


@both
def test_a_pool_that_never_closes_goes_on_over_midnight_with_the_officers_it_keeps(engine: str) -> None:
    pool = desk(2, always=True)
    table = run(scenario(pool, service(1000.0, 5), staffed(pool, 1)), engine)
    # Two from 0:00 to 16:40 on Monday, two more to 9:20 on Tuesday; the second officer left at midnight, having work.
    assert list(table.start) == [0.0, 0.0, 1000.0, 1000.0, 2000.0]
    assert list(table.server) == [0, 1, 0, 1, 0]
    assert list(table.finish[2:4]) == [2000.0, 2000.0]


@both
def test_a_promise_is_that_of_the_date_of_application(engine: str) -> None:
    slow = service(1.0, 0, promise=5, backlog=(), arrivals=PoissonArrivals(Rate(0.02)))
    changing = scenario(desk(), slow)
    quick = Phase(MONDAY + datetime.timedelta(days=2), changing.pools, (replace(slow, promise=1),))
    table = run(replace(changing, phases=(quick,)), engine)
    monday, wednesday = table.applied < 2 * DAY, (table.applied >= 2 * DAY) & (table.applied < 3 * DAY)
    assert monday.sum() > 5
    assert wednesday.sum() > 3
    # Accepted as they apply, on Monday or Tuesday: due on the next Monday or Tuesday. From Wednesday on: the next day.
    due_day = table.promise_due[monday] // DAY
    assert set(due_day.tolist()) == {7.0, 8.0}
    assert set((table.promise_due[wednesday] // DAY).tolist()) == {3.0}


def test_utilisation_counts_the_posts_of_each_phase() -> None:
    changing = scenario(desk(), service(240.0, 6), desk(2))
    network = compile_network(changing)
    found = measure(network, simulate(network, 1, 0), ("desk.utilisation",))
    # Work: 6 x 240 minutes. Duty in the five days: 480 minutes on Monday, 960 on each of four days.
    assert found.values[0] == pytest.approx(6 * 240 / (480 + 4 * 960))


def test_costs_follow_the_clock() -> None:
    paid = desk(cost=Money(1000, "CNY", "h"))
    changing = replace(scenario(paid, service(1.0, 1), staffed(paid, 3), from_day=4), horizon=Duration(14 * DAY))
    # Two weeks from Monday: 4 days with 1 post, then 6 workdays with 3, 8 hours each at 10.00.
    assert plan_cost(changing) == (4 * 1 + 6 * 3) * 8 * 1000
    last = replace(changing.phases[0], set_up=50_000, running=36_500)
    with_reforms = replace(changing, set_up=20_000, running=0, phases=(last,))
    # Set-up costs are totals; the running costs of 365.00 a year are paid for ten of the fourteen days.
    assert plan_cost(with_reforms) == plan_cost(changing) + 50_000 + 1000
