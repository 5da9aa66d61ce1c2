"""KPIs where pools share work: a task counts once, and an officer's time once. Every number was worked out by hand.

One working day from nine to five, 480 minutes, with a backlog that waits from midnight.
"""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from simgov.calendars import Calendar
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.kpi import measure
from simgov.kpi.shared_rows import let_go_at, one_row_a_task
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
)
from simgov.units import Duration

DAY = (((540, 1020),),) * 5 + ((), ())
NINE = 540.0


def text(name: str) -> Text:
    return Text(name, name)


def pool(name: str, count: int = 1) -> Pool:
    return Pool(name, text(name), "department", (Shift(count, DAY),))


def step(name: str, at: str | None, minutes: float, after: tuple[str, ...] = (), **given: object) -> Step:
    return replace(Step(name, text(name), name, at=at, time=Constant(minutes), after=after), **given)  # type: ignore[arg-type]


def run(pools: tuple[Pool, ...], steps: tuple[Step, ...], cases: int, **given: object) -> tuple[Network, EventTable]:
    service = Service("matter", text("matter"), steps, backlog=(Backlog(steps[0].id, cases),))
    scenario = Scenario(
        name=text("by hand"),
        calendar=Calendar(week=DAY),
        pools=pools,
        services=(replace(service, **given),),  # type: ignore[arg-type]
        run=RunSettings(start=datetime.date(2026, 1, 5), period=Duration(1.0, "workday")),
    )
    network = compile_network(scenario)
    return network, simulate(network, 1, 0)


def kpi(network: Network, events: EventTable, name: str) -> float:
    return float(measure(network, events, [name]).values[0])


def test_a_batch_takes_an_officers_time_once() -> None:
    made = run((pool("desk"),), (step("file", "desk", 20.0, batch=3),), 5)
    assert kpi(*made, "desk.utilisation") == pytest.approx(40.0 / 480.0)
    assert kpi(*made, "desk.queue.mean") == pytest.approx(2 * 20.0 / 480.0)


def test_work_done_together_takes_time_of_every_pool_and_is_one_task() -> None:
    network, events = run((pool("left"), pool("right", 2)), (step("visit", "left", 30.0, together=("right",)),), 3)
    assert len(events.case) == 6
    assert one_row_a_task(network, events).case.tolist() == [0, 1, 2]
    assert kpi(network, events, "left.utilisation") == pytest.approx(90.0 / 480.0)
    assert kpi(network, events, "right.utilisation") == pytest.approx(90.0 / 960.0)
    assert kpi(network, events, "right.queue.mean") == pytest.approx((30.0 + 60.0) / 480.0)


def test_a_task_waits_at_its_first_pool_and_is_the_work_of_whoever_does_it() -> None:
    steps = (step("review", "police", 30.0, alternatives=(Alternative("general", 1.5),)),)
    made = run((pool("general"), pool("police")), steps, 4)
    # Police works from 9:00 to 10:00, general from 9:00 to 10:30; case 2 waits 30 minutes and case 3 45.
    assert kpi(*made, "police.utilisation") == pytest.approx(60.0 / 480.0)
    assert kpi(*made, "general.utilisation") == pytest.approx(90.0 / 480.0)
    assert kpi(*made, "police.queue.mean") == pytest.approx(75.0 / 480.0)
    assert kpi(*made, "general.queue.mean") == 0.0


def test_who_holds_on_to_a_case_is_busy() -> None:
    steps = (step("cut", "saw", 10.0), step("paint", "booth", 30.0, ("cut",), room=1))
    network, events = run((pool("saw"), pool("booth")), steps, 5)
    # Cut by 9:10, 9:20, 9:30, 9:50 and 10:20; the last three are held until 9:40, 10:10 and 10:40.
    let_go = let_go_at(network, events)[events.step == 0] - NINE
    assert let_go.tolist() == [10.0, 20.0, 40.0, 70.0, 100.0]
    assert kpi(network, events, "saw.utilisation") == pytest.approx(100.0 / 480.0)
    assert kpi(network, events, "booth.utilisation") == pytest.approx(150.0 / 480.0)


def test_a_case_is_held_until_it_ends_or_the_run_does() -> None:
    steps = (
        step("open", None, 0.0),
        step("cut", "saw", 10.0, ("open",)),
        step("paint", "booth", 2000.0, ("cut",), room=1),
        step("ask", "counter", 30.0, ("open",), in_person=True),
    )
    pools = (pool("saw"), pool("booth"), replace(pool("counter"), before_opening="come_later"))
    network, events = run(pools, steps, 3, patience=Constant(41.0))
    # Case 2, cut by 9:30, leaves the counter at 9:41.
    cut = events.step == 1
    assert (let_go_at(network, events)[cut] - NINE).tolist() == [10.0, 20.0, 41.0]
    network, events = run(pools, steps, 3)
    # With patience for everything it is held until the booth is free, at 18:29 of the day after (2,000 minutes).
    assert kpi(network, events, "saw.utilisation") == pytest.approx((480.0 - 0.0) / 480.0)


def test_rules_of_a_pool_without_work_change_no_table() -> None:
    network, events = run((replace(pool("desk"), order="earliest_due"),), (step("post", None, 30.0),), 2)
    assert not network.dispatch.simple
    assert one_row_a_task(network, events).case.tolist() == [0, 1]
    assert kpi(network, events, "desk.utilisation") == 0.0
