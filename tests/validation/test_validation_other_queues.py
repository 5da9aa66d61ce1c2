"""GI/M/1, M/D/c and the repair shop of a fixed number of machines."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from simgov.arrays import Floats
from simgov.distributions import Constant, Distribution, Exponential, Gamma
from simgov.engines.compiled import run_compiled
from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.scenario.value import Returns, RunSettings, Scenario
from simgov.units import Duration
from simgov.workload import sample
from tests.validation.closed_forms import gim1_wait, machine_repair, mdc_wait, mg1_wait, relaxation_customers
from tests.validation.estimation import Observe, Run, assert_start_is_forgotten, estimate, lindley, work_of_cases
from tests.validation.queues import station, stream, system

# GI/M/1 ---------------------------------------------------------------------------------------------------------------

GAPS: list[tuple[str, Distribution, Callable[[float], float]]] = [
    ("constant", Constant(1.25), lambda s: math.exp(-1.25 * s)),
    ("regular", Gamma(1.25, 0.5), lambda s: (1.0 + 1.25 * 0.25 * s) ** -4.0),
    ("bursty", Gamma(1.25, 1.5), lambda s: (1.0 + 1.25 * 2.25 * s) ** (-1.0 / 2.25)),
]
"""Times between arrivals of mean 1.25 and their transforms: of a gamma of mean m and cv c, (1 + m c² s)^(-1 / c²)."""


def renewal(gap: Distribution) -> Run:
    """The drawn workload, with the exponential gaps between its arrivals bent to those of ``gap``."""

    def run(network: Network, seed: int, replication: int) -> EventTable:
        wanted = network.measured_cases[1]
        drawn = sample(network, seed, replication, (wanted + 8 * math.sqrt(wanted)) * gap.mean)
        exponential = np.diff(drawn.applied, prepend=0.0) / gap.mean
        gaps: Floats = gap.quantile(-np.expm1(-exponential))
        arrivals = replace(drawn, applied=np.cumsum(gaps), horizon=network.cap)
        return run_compiled(network, arrivals, np.zeros(1, np.int64))

    return run


def one_server(customers: int) -> Scenario:
    """A load of 0.8; the warm-up is long enough for the burstiest arrivals."""
    only = stream(1 / 1.25, [station("counter", Exponential(1.0))])
    return system({"counter": 1}, [only], warm_up=16 * math.ceil(relaxation_customers(0.8)), customers=customers)


def observed_renewal(transform: Callable[[float], float], share: float) -> Observe:
    """The mean wait; as control that of the same customers with ``share`` of the work, which is GI/M/1 too."""
    known = gim1_wait(transform, 1.0 / share)

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        measured = np.flatnonzero(events.measured)
        cases = int(measured[-1]) + 1
        quicker = lindley(events.applied[:cases], work_of_cases(events, 0, cases) * share)
        waits = (events.start - events.ready)[events.measured[events.case]]
        return [float(waits.mean())], [float(quicker[measured].mean()) - known]

    return observe


@pytest.mark.parametrize(("gap", "transform"), [gap[1:] for gap in GAPS], ids=[gap[0] for gap in GAPS])
def test_gim1_waits_as_the_root_of_kendall_says(gap: Distribution, transform: Callable[[float], float]) -> None:
    found = estimate(one_server(40_000), observed_renewal(transform, 0.95), 100, renewal(gap))
    found[0].agrees_with(gim1_wait(transform, 1.0))


# M/D/c ----------------------------------------------------------------------------------------------------------------

MDC = [(2, 0.9, 20_000), (4, 0.8, 40_000), (10, 0.95, 60_000)]
"""Servers, load, and customers measured in each replication; service takes 4 minutes."""


def constant_service(servers: int, load: float, customers: int, waiting: int = 0) -> Scenario:
    """The warm-up is 8 relaxation times of the queue with exponential service, which forgets more slowly."""
    warm_up = math.ceil(8 * relaxation_customers(load))
    backlog = [("counter", waiting)] if waiting else []
    only = stream(servers * load / 4.0, [station("counter", Constant(4.0))], backlog=backlog)
    return system({"counter": servers}, [only], warm_up=warm_up, customers=customers)


def observed_constant(servers: int, load: float) -> Observe:
    """The mean wait; as control that at one server as fast as all together."""
    known = mg1_wait(servers * load / 4.0, 4.0 / servers, 0.0)

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        measured = np.flatnonzero(events.measured)
        cases = int(measured[-1]) + 1
        alone = lindley(events.applied[:cases], np.full(cases, 4.0 / servers))
        waits = (events.start - events.ready)[events.measured[events.case]]
        return [float(waits.mean())], [float(alone[measured].mean()) - known]

    return observe


@pytest.mark.parametrize(("servers", "load", "customers"), MDC)
def test_mdc_waits_as_crommelin_says(servers: int, load: float, customers: int) -> None:
    found = estimate(constant_service(servers, load, customers), observed_constant(servers, load), replications=100)
    found[0].agrees_with(mdc_wait(servers, servers * load / 4.0, 4.0))


@pytest.mark.parametrize(("servers", "load", "customers"), MDC)
def test_mdc_has_forgotten_its_start(servers: int, load: float, customers: int) -> None:
    crowd = servers + math.ceil(5 * load / (1 - load))
    empty = constant_service(servers, load, customers)
    crowded = constant_service(servers, load, customers, crowd)
    assert_start_is_forgotten(empty, crowded, observed_constant(servers, load))


# Machine repair -------------------------------------------------------------------------------------------------------

MACHINES, REPAIRERS, RUNS_FOR, REPAIR = 10, 2, 16.0, 8.0
ROUNDS = 1200


def repair_shop(rounds: int) -> Scenario:
    """Machines run, break down and are repaired again and again: every repair sends the machine back to run."""
    steps = [
        replace(station("runs", Exponential(RUNS_FOR)), at=None),
        station("repair", Exponential(REPAIR), after=("runs",), returns=Returns(1.0, "runs", limit=rounds)),
    ]
    closed = replace(stream(1.0, steps, backlog=[("runs", MACHINES)]), arrivals=None)
    by_cases = system({"repair": REPAIRERS}, [closed], warm_up=0, customers=1)
    run = RunSettings(period=Duration(rounds * (RUNS_FOR + REPAIR)), warm_up=Duration(20 * RUNS_FOR))
    return replace(by_cases, run=run)


def observe_repairs(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
    """Machines waiting on average, and the share of the repairers' time; cut at the window."""
    start, end = events.window_start, events.window_end
    assert not np.any(events.case_outcome == 0), "a machine has run out of rounds"
    repairs = events.pool >= 0
    ready, begun, done = (column[repairs] for column in (events.ready, events.start, events.finish))
    queueing = np.fmin(np.where(np.isnan(begun), end, begun), end) - np.maximum(ready, start)
    working = np.fmin(done, end) - np.maximum(begun, start)
    waiting = float(np.maximum(queueing, 0.0).sum()) / (end - start)
    busy = float(np.nansum(np.maximum(working, 0.0))) / (end - start) / REPAIRERS
    return [waiting, busy], []


def test_machines_wait_for_repair_as_palm_says() -> None:
    found = estimate(repair_shop(ROUNDS), observe_repairs, replications=60)
    for quantity, exact in zip(found, machine_repair(MACHINES, REPAIRERS, 1 / RUNS_FOR, 1 / REPAIR), strict=True):
        quantity.agrees_with(exact)
