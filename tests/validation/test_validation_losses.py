"""M/M/c/K: customers who find the room full turn away; with no room to wait it is Erlang's loss formula."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.distributions import Exponential
from simgov.engines.events import TASK_OUTCOMES, EventTable
from simgov.network import Network
from simgov.scenario.value import Scenario
from tests.validation.closed_forms import erlang_b, mmck
from tests.validation.estimation import Observe, estimate
from tests.validation.queues import station, stream, system

BALKED = TASK_OUTCOMES.index("balked")

FINITE = [(5, 0.8, 5, 60_000), (1, 0.9, 6, 60_000), (3, 1.2, 10, 40_000), (10, 1.1, 10, 60_000)]
"""Servers, load, most customers inside, and customers measured in each replication; service takes a minute."""


def finite(servers: int, load: float, most: int, customers: int) -> Scenario:
    """Whoever finds as many waiting as there is room for turns away. So few inside soon forget the start."""
    only = stream(servers * load, [station("counter", Exponential(1.0), in_person=True)])
    scenario = system({"counter": servers}, [only], warm_up=1_000, customers=customers)
    return replace(scenario, pools=(replace(scenario.pools[0], balks_at=most - servers),))


def observed_finite(servers: int, load: float) -> Observe:
    """The share that turns away and the mean wait of the others; controls: gaps between arrivals, work done."""

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        tasks = events.measured[events.case]
        balked = events.outcome[tasks] == BALKED
        waits = (events.start - events.ready)[tasks][~balked]
        gap = float(np.diff(events.applied[events.measured]).mean())
        work = float(events.work[tasks][~balked].mean())
        return [float(balked.mean()), float(waits.mean())], [gap - 1.0 / (servers * load), work - 1.0]

    return observe


@pytest.mark.parametrize(("servers", "load", "most", "customers"), FINITE)
def test_as_many_turn_away_and_the_others_wait_as_mmck_says(
    servers: int, load: float, most: int, customers: int
) -> None:
    lost, wait = mmck(servers, servers * load, 1.0, most)
    turned_away, waited = estimate(finite(servers, load, most, customers), observed_finite(servers, load), 100)
    turned_away.agrees_with(lost)
    if most == servers:
        turned_away.agrees_with(erlang_b(servers, servers * load))
        assert (waited.value, wait) == (0.0, 0.0)
    else:
        waited.agrees_with(wait)
