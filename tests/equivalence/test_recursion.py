"""Services of a single visit by the recursion, by the event loop and by the reference: the same table."""

from __future__ import annotations

import datetime
from functools import partial

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.calendars import ALWAYS
from simgov.distributions import Constant, Exponential, Lognormal
from simgov.engines import simulate
from simgov.engines.compiled import run_compiled
from simgov.engines.events import CASE_OPEN, EventTable, same
from simgov.engines.recursion import run_recursion, single_visits
from simgov.engines.replication import measured_cases, replicated
from simgov.network import Network, compile_network
from simgov.scenario.value import Backlog, PoissonArrivals, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Rate
from simgov.workload import sample

TIMES = (Constant(5.0), Constant(30.0), Exponential(12.0), Lognormal(9.0, 1.0))


def named(text: str) -> Text:
    return Text(text, text)


def hall(services: tuple[Service, ...], counts: tuple[tuple[int, ...], ...], run: RunSettings) -> Scenario:
    pools = tuple(
        Pool(f"p{i}", named("p"), "window", tuple(Shift(count, ALWAYS.week) for count in own), always=True)
        for i, own in enumerate(counts)
    )
    return Scenario(named("hall"), ALWAYS, pools, services, run)


@st.composite
def halls(draw: st.DrawFn) -> Scenario:
    """Pools round the clock, services of one visit each; people come in groups, so that instants tie."""
    counts = tuple(
        tuple(draw(st.lists(st.integers(1, 3), min_size=1, max_size=2))) for _ in range(draw(st.integers(1, 3)))
    )
    by_cases = draw(st.booleans())
    run = RunSettings(
        start=datetime.date(2026, 1, 5),
        period=None if by_cases else Duration(draw(st.sampled_from((300.0, 1440.0)))),
        warm_up=Duration(draw(st.sampled_from((0.0, 100.0)))),
        cases=draw(st.integers(5, 60)) if by_cases else None,
        warm_up_cases=2 if by_cases else 0,
        cap=Duration(draw(st.sampled_from((30.0, 4000.0)))),
    )
    services = tuple(
        Service(
            f"s{i}",
            named("s"),
            (
                Step(
                    "visit", named("v"), f"s{i}/visit", at=f"p{draw(st.integers(0, len(counts) - 1))}",
                    time=draw(st.sampled_from(TIMES)), accepted=draw(st.booleans()), decision=draw(st.booleans()),
                    collected=draw(st.booleans()),
                ),
            ),
            PoissonArrivals(
                Rate(draw(st.sampled_from((0.02, 0.1, 0.3)))),
                groups_of=draw(st.sampled_from(((), ((2, 0.5), (5, 0.5))))),
            ),
            promise=draw(st.sampled_from((None, 1))),
        )
        for i in range(draw(st.integers(1, 3)))
    )  # fmt: skip
    return hall(services, counts, run)


@given(scenario=halls(), seed=st.integers(0, 2**31))
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_recursion_gives_the_table_of_both_engines(scenario: Scenario, seed: int) -> None:
    network = compile_network(scenario)
    by_recursion = replicated(recursion, network, seed, 0, np.zeros(1, np.int64))
    by_loop = replicated(partial(run_compiled, features=0), network, seed, 0, np.zeros(1, np.int64))
    assert same(by_recursion, by_loop) == []
    assert same(by_recursion, simulate(network, seed, 0, engine="reference")) == []


def recursion(network: Network, workload: object, stop: object) -> EventTable:
    assert single_visits(network)
    table = run_recursion(network, workload, measured_cases(network, workload), stop)  # type: ignore[arg-type]
    assert table is not None
    return table


def single(time: Constant, backlog: tuple[Backlog, ...] = ()) -> Network:
    step = Step("visit", named("v"), "s/visit", at="p0", time=time)
    service = Service("s", named("s"), (step,), PoissonArrivals(Rate(0.1)), backlog=backlog)
    return compile_network(hall((service,), ((1,),), RunSettings(period=Duration(500.0), cap=Duration(100.0))))


def test_what_takes_no_time_and_what_waits_from_before_go_through_the_loop() -> None:
    for network in (single(Constant(0.0)), single(Constant(5.0), (Backlog("visit", 3),))):
        workload = sample(network, 1, 0, 600.0)
        stop = np.zeros(1, np.int64)
        assert run_recursion(network, workload, measured_cases(network, workload), stop) is None
        assert same(simulate(network, 1, 0), simulate(network, 1, 0, engine="reference")) == []


def test_who_is_served_when_by_whom() -> None:
    """One officer, 30 minutes each, until 100 minutes after the window of 500: who comes at t is served at the later of
    t and the end of the one before; the last ones are still open when the run is capped."""
    events = simulate(single(Constant(30.0)), 3, 0)
    free, stopped_at = 0.0, 600.0
    assert events.stopped_at == stopped_at
    for comes, start, finish, outcome in zip(
        events.applied, events.start, events.finish, events.case_outcome, strict=True
    ):
        begins = max(comes, free)
        free = begins + 30.0
        assert start == begins or (np.isnan(start) and begins > stopped_at)
        assert finish == free or (np.isnan(finish) and free > stopped_at)
        assert (outcome == CASE_OPEN) == (free > stopped_at)
    assert (events.case_outcome == CASE_OPEN).sum() > 5
