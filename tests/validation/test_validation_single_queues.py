"""M/M/c and M/G/1: mean waits against Erlang C and Pollaczek-Khinchine."""

from __future__ import annotations

import math

import numpy as np
import pytest

import simgov
from simgov.distributions import Constant, Distribution, Exponential, Gamma, Lognormal
from simgov.engines.events import EventTable
from simgov.kpi.statistics import t_quantile
from simgov.network import Network
from simgov.scenario.value import Scenario
from tests.validation.closed_forms import mg1_wait, mmc_wait, relaxation_customers
from tests.validation.estimation import (
    RELATIVE_ERROR,
    Observe,
    assert_start_is_forgotten,
    estimate,
    lindley,
    work_of_cases,
)
from tests.validation.queues import station, stream, system


def queue(servers: int, load: float, time: Distribution, customers: int, waiting: int = 0) -> Scenario:
    """One queue; the warm-up is 8 relaxation times, longer where the service varies more."""
    variability = max(1.0, (1.0 + time.cv**2) / 2.0)
    warm_up = math.ceil(8 * variability * relaxation_customers(load))
    backlog = [("counter", waiting)] if waiting else []
    only = stream(servers * load / time.mean, [station("counter", time)], backlog=backlog)
    return system({"counter": servers}, [only], warm_up=warm_up, customers=customers)


def observed(servers: int, load: float, time: Distribution, share: float) -> Observe:
    """The mean wait, and as control that at one server as fast as all together, who has ``share`` of the work to do."""
    arrival, mean = servers * load / time.mean, time.mean * share / servers

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        measured = np.flatnonzero(events.measured)
        cases = int(measured[-1]) + 1
        work = work_of_cases(events, 0, cases)
        alone = lindley(events.applied[:cases], work * (share / servers))
        waits = (events.start - events.ready)[events.measured[events.case]]
        return [float(waits.mean())], [float(alone[measured].mean()) - mg1_wait(arrival, mean, time.cv)]

    return observe


MMC = [
    (1, 0.5, 10_000), (1, 0.8, 15_000), (1, 0.95, 110_000), (2, 0.9, 15_000), (5, 0.7, 30_000), (5, 0.9, 20_000),
    (20, 0.95, 50_000),
]  # fmt: skip
"""Servers, load, and customers measured in each replication."""


@pytest.mark.parametrize(("servers", "load", "customers"), MMC)
def test_mmc_waits_as_erlang_c_says(servers: int, load: float, customers: int) -> None:
    time, share = Exponential(1.0), 0.99 if servers == 1 else 1.0
    found = estimate(queue(servers, load, time, customers), observed(servers, load, time, share), replications=100)
    found[0].agrees_with(mmc_wait(servers, servers * load, 1.0))


@pytest.mark.parametrize(("servers", "load", "customers"), MMC)
def test_mmc_has_forgotten_its_start(servers: int, load: float, customers: int) -> None:
    time = Exponential(1.0)
    crowd = servers + math.ceil(5 * load / (1 - load))
    empty, crowded = queue(servers, load, time, customers), queue(servers, load, time, customers, crowd)
    assert_start_is_forgotten(empty, crowded, observed(servers, load, time, 1.0))


MG1 = [
    (0.8, Lognormal(3.0, 1.2), 15_000), (0.9, Lognormal(1.0, 0.5), 25_000), (0.8, Gamma(1.0, 2.0), 20_000),
    (0.9, Gamma(12.0, 0.6), 25_000), (0.6, Constant(1.0), 10_000), (0.9, Constant(5.0), 25_000),
]  # fmt: skip
"""Load, service, and customers measured in each replication."""


@pytest.mark.parametrize(("load", "time", "customers"), MG1)
def test_mg1_waits_as_pollaczek_and_khinchine_say(load: float, time: Distribution, customers: int) -> None:
    found = estimate(queue(1, load, time, customers), observed(1, load, time, 0.98), replications=100)
    found[0].agrees_with(mg1_wait(load / time.mean, time.mean, time.cv))


@pytest.mark.parametrize(("load", "time", "customers"), MG1)
def test_mg1_has_forgotten_its_start(load: float, time: Distribution, customers: int) -> None:
    crowd = math.ceil(5 * load / (1 - load) * (1 + time.cv**2) / 2)
    empty, crowded = queue(1, load, time, customers), queue(1, load, time, customers, crowd)
    assert_start_is_forgotten(empty, crowded, observed(1, load, time, 1.0))


def test_mmc_through_the_kpis() -> None:
    """The same by the public face: replications, KPIs and their intervals."""
    scenario = queue(5, 0.7, Exponential(1.0), 50_000)
    runs = simgov.run(scenario, replications=60, seed=11, kpis=["queue.time.mean", "counter.utilisation"])
    wait = mmc_wait(5, 3.5, 1.0)
    for kpi, exact in (("queue.time.mean", wait + 1.0), ("counter.utilisation", 0.7)):
        found = runs.estimate("baseline", kpi)
        error = found.half_width / t_quantile(runs.confidence, 59)
        assert error <= RELATIVE_ERROR * exact
        assert abs(found.value - exact) <= 4 * error
        assert not found.lower_bound
