"""Erlang-A: who leaves the queue, and how long all wait, where patience is exponential."""

from __future__ import annotations

import numpy as np
import pytest

import simgov
from simgov.distributions import Exponential
from simgov.engines.events import RENEGED, EventTable
from simgov.kpi.statistics import t_quantile
from simgov.network import Network
from simgov.scenario.value import Scenario
from tests.validation.closed_forms import erlang_a
from tests.validation.estimation import RELATIVE_ERROR, Observe, assert_start_is_forgotten, estimate
from tests.validation.queues import station, stream, system

SYSTEMS = [(10, 1.1, 0.5, 25_000), (5, 0.9, 0.25, 30_000), (2, 1.5, 1.0, 15_000)]
"""Servers, load, rate of impatience, and customers measured in each replication; service takes a minute on average."""


def impatient(servers: int, load: float, impatience: float, customers: int, waiting: int = 0) -> Scenario:
    """The warm-up is 50 mean patiences: whoever was there at the start is long gone."""
    only = stream(
        servers * load,
        [station("counter", Exponential(1.0), in_person=True)],
        patience=Exponential(1.0 / impatience),
        backlog=[("counter", waiting)] if waiting else [],
    )
    warm_up = int(50 * servers * load / impatience)
    return system({"counter": servers}, [only], warm_up=warm_up, customers=customers)


def observed(servers: int, load: float) -> Observe:
    """The share that reneges and the mean wait of all; as controls the gaps between arrivals and the work done.

    Nobody's own work decides whether they are served, so its mean is that of the distribution.
    """

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        tasks = events.measured[events.case]
        reneged = events.outcome[tasks] == RENEGED
        left_queue = np.where(reneged, events.finish[tasks], events.start[tasks])
        gap = float(np.diff(events.applied[events.measured]).mean())
        work = float(events.work[tasks][~reneged].mean())
        quantities = [float(reneged.mean()), float((left_queue - events.ready[tasks]).mean())]
        return quantities, [gap - 1.0 / (servers * load), work - 1.0]

    return observe


@pytest.mark.parametrize(("servers", "load", "impatience", "customers"), SYSTEMS)
def test_as_many_renege_and_all_wait_as_long_as_erlang_a_says(
    servers: int, load: float, impatience: float, customers: int
) -> None:
    found = estimate(impatient(servers, load, impatience, customers), observed(servers, load), replications=100)
    for quantity, exact in zip(found, erlang_a(servers, servers * load, 1.0, impatience), strict=True):
        quantity.agrees_with(exact)


@pytest.mark.parametrize(("servers", "load", "impatience", "customers"), SYSTEMS)
def test_the_start_is_forgotten(servers: int, load: float, impatience: float, customers: int) -> None:
    empty = impatient(servers, load, impatience, customers)
    crowded = impatient(servers, load, impatience, customers, waiting=10 * servers)
    assert_start_is_forgotten(empty, crowded, observed(servers, load))


def test_reneging_through_the_kpis() -> None:
    """The same by the public face: the KPIs of those who left and of all who waited."""
    scenario = impatient(2, 1.5, 1.0, 30_000)
    runs = simgov.run(scenario, replications=50, seed=12, kpis=["queue.reneged", "queue.wait.mean"])
    for kpi, exact in zip(("queue.reneged", "queue.wait.mean"), erlang_a(2, 3.0, 1.0, 1.0), strict=True):
        found = runs.estimate("baseline", kpi)
        error = found.half_width / t_quantile(runs.confidence, 49)
        assert error <= RELATIVE_ERROR * exact
        assert abs(found.value - exact) <= 4 * error
