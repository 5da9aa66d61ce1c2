"""One window in place of several: queues that are M/M/1 each become M/M/c by the measure ``pool_windows``."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgov.distributions import Exponential
from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.reforms.measures.pool_windows import PoolWindows
from simgov.scenario.value import Scenario
from tests.validation.closed_forms import mg1_wait, mmc_wait, relaxation_customers
from tests.validation.estimation import Observe, assert_start_is_forgotten, estimate, lindley
from tests.validation.queues import station, stream, system


def separate(windows: int, load: float, customers: int, waiting: int = 0) -> Scenario:
    """As many M/M/1 queues as windows, each of a service of its own, with a mean service time of 1 minute."""
    names = [f"window{number}" for number in range(windows)]
    services = [
        stream(
            load, [station(name, Exponential(1.0), service=name)], name=name, backlog=[(name, waiting)] * (waiting > 0)
        )
        for name in names
    ]
    warm_up = windows * math.ceil(8 * relaxation_customers(load))
    return system(dict.fromkeys(names, 1), services, warm_up=warm_up, customers=customers)


def pooled(scenario: Scenario, slowdown: float = 0.0) -> Scenario:
    """All windows in the first."""
    first, *others = (pool.id for pool in scenario.pools)
    return PoolWindows(into=first, sources=tuple(others), slowdown=slowdown).apply(scenario)


def observed(windows: int, load: float, one_queue: bool, share: float = 1.0, mean: float = 1.0) -> Observe:
    """The mean wait; as control that at one server as fast as all of a queue, who has ``share`` of the work to do."""
    speed = windows if one_queue else 1
    known = mg1_wait(speed * load, share * mean / speed, 1.0)

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        cases = int(np.flatnonzero(events.measured)[-1]) + 1
        tasks = np.flatnonzero((events.case < cases) & ~np.isnan(events.work))
        work = np.bincount(events.case[tasks], weights=events.work[tasks], minlength=cases) * share
        queue = np.zeros(cases, np.int64) if one_queue else events.case_service[:cases]
        alone = np.zeros(cases)
        for number in np.unique(queue):
            of_queue = np.flatnonzero(queue == number)
            alone[of_queue] = lindley(events.applied[of_queue], work[of_queue] / speed)
        waits = (events.start - events.ready)[events.measured[events.case]]
        return [float(waits.mean())], [float(alone[events.measured[:cases]].mean()) - known]

    return observe


POOLS = [(2, 0.7, 20_000), (4, 0.8, 30_000)]
"""Windows, load, and customers measured in each replication."""


@pytest.mark.parametrize(("windows", "load", "customers"), POOLS)
def test_separate_windows_wait_as_mm1(windows: int, load: float, customers: int) -> None:
    found = estimate(separate(windows, load, customers), observed(windows, load, False, 0.99), replications=100)
    found[0].agrees_with(mmc_wait(1, load, 1.0))


@pytest.mark.parametrize(("windows", "load", "customers"), POOLS)
def test_pooled_windows_wait_as_erlang_c_says(windows: int, load: float, customers: int) -> None:
    found = estimate(pooled(separate(windows, load, customers)), observed(windows, load, True), replications=100)
    found[0].agrees_with(mmc_wait(windows, windows * load, 1.0))


def test_slower_generalists_wait_as_erlang_c_says() -> None:
    """With a slowdown of a fifth four windows are loaded by 0.6 times 1.2."""
    found = estimate(pooled(separate(4, 0.6, 30_000), slowdown=0.2), observed(4, 0.6, True, mean=1.2), replications=100)
    found[0].agrees_with(mmc_wait(4, 4 * 0.6, 1 / 1.2))


@pytest.mark.parametrize(("windows", "load", "customers"), POOLS)
def test_pooled_windows_have_forgotten_their_start(windows: int, load: float, customers: int) -> None:
    crowd = math.ceil(5 * load / (1 - load) / windows) + 1
    empty, crowded = (pooled(separate(windows, load, customers, waiting)) for waiting in (0, crowd))
    assert_start_is_forgotten(empty, crowded, observed(windows, load, True))
