"""Non-preemptive priorities: Cobham's waits of each class, at one server and at several."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from simgov.distributions import Distribution, Exponential, Gamma, Lognormal
from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.scenario.value import Scenario
from tests.validation.closed_forms import priority_waits, priority_waits_many_servers, relaxation_customers
from tests.validation.estimation import Observe, assert_start_is_forgotten, estimate, lindley, work_of_cases
from tests.validation.queues import station, stream, system

CLASSES = ((0.20, Lognormal(1.0, 0.8)), (0.15, Gamma(2.0, 1.2)), (0.05, Exponential(6.0)))
"""Arrival rate and service of the classes at one server, the first served first; a load of 0.8."""

EQUAL = ((1.6, Exponential(1.0)), (1.1, Exponential(1.0)))
"""The same for three servers, a load of 0.9."""


def classes(servers: int, kinds: Sequence[tuple[float, Distribution]], customers: int, waiting: int = 0) -> Scenario:
    """One queue for services of falling priority."""
    services = [
        stream(
            rate,
            [station("counter", time, service=f"class{place}")],
            name=f"class{place}",
            priority=place + 1,
            backlog=[("counter", waiting)] if waiting else [],
        )
        for place, (rate, time) in enumerate(kinds)
    ]
    load = sum(rate * time.mean for rate, time in kinds) / servers
    warm_up = math.ceil(16 * relaxation_customers(load))
    return system({"counter": servers}, services, warm_up=warm_up, customers=customers)


def observed(servers: int, kinds: Sequence[tuple[float, Distribution]]) -> Observe:
    """The mean wait of each class.

    Controls: for each k, how long the first k classes alone would wait at one server as fast as all together, first
    come first served.
    """
    exact = [_wait_of_first(kinds[: k + 1], servers) for k in range(len(kinds))]

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        waits, of_class = events.start - events.ready, network.step_service[events.step]
        counted = events.measured[events.case]
        quantities = [float(waits[counted & (of_class == k)].mean()) for k in range(len(kinds))]
        cases = int(np.flatnonzero(events.measured)[-1]) + 1
        work = sum(work_of_cases(events, k, cases) for k in range(len(kinds))) / servers
        controls = []
        for k, known in enumerate(exact):
            first = np.flatnonzero(events.case_service[:cases] <= k)
            alone = lindley(events.applied[first], work[first])
            controls.append(float(alone[events.measured[first]].mean()) - known)
        return quantities, controls

    return observe


def _wait_of_first(kinds: Sequence[tuple[float, Distribution]], servers: int) -> float:
    """Pollaczek-Khinchine for the classes mixed: λ E[S²] / (2 (1 - ρ)) with the sums over classes."""
    second = sum(rate * (time.mean / servers) ** 2 * (1.0 + time.cv**2) for rate, time in kinds)
    return second / 2.0 / (1.0 - sum(rate * time.mean for rate, time in kinds) / servers)


def test_each_class_waits_as_cobham_says() -> None:
    found = estimate(classes(1, CLASSES, 50_000), observed(1, CLASSES), replications=100)
    rates, times = [rate for rate, _ in CLASSES], [time for _, time in CLASSES]
    exact = priority_waits(rates, [time.mean for time in times], [time.cv for time in times])
    for quantity, wait in zip(found, exact, strict=True):
        quantity.agrees_with(wait)


def test_each_class_waits_as_cobham_says_at_three_servers() -> None:
    found = estimate(classes(3, EQUAL, 40_000), observed(3, EQUAL), replications=100)
    for quantity, wait in zip(found, priority_waits_many_servers(3, [rate for rate, _ in EQUAL], 1.0), strict=True):
        quantity.agrees_with(wait)


def test_the_start_is_forgotten() -> None:
    for servers, kinds in ((1, CLASSES), (3, EQUAL)):
        empty, crowded = classes(servers, kinds, 50_000), classes(servers, kinds, 50_000, waiting=12)
        assert_start_is_forgotten(empty, crowded, observed(servers, kinds))
