"""On random scenarios: who is away begins nothing, and while a system is down nobody does who needs it."""

from __future__ import annotations

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.arrays import Booleans, Floats
from simgov.capacity import drawn_capacity, outages
from simgov.engines import simulate
from simgov.network import compile_network
from simgov.scenario.value import Scenario
from tests.equivalence.random_networks import scenarios

random_scenarios = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def inside(instants: Floats, opens: Floats, closes: Floats) -> Booleans:
    """Whether each instant lies in one of the intervals."""
    return ((instants[:, None] >= opens[None, :]) & (instants[:, None] < closes[None, :])).any(axis=1)


@given(scenario=scenarios(), seed=st.integers(0, 2**31))
@random_scenarios
def test_nobody_begins_work_who_is_away_or_whose_system_is_down(scenario: Scenario, seed: int) -> None:
    network = drawn_capacity(compile_network(scenario), seed, 0)
    events = simulate(network, seed, 0)
    begun = (events.pool >= 0) & ~np.isnan(events.start)
    for system in scenario.systems:
        here = begun & np.isin(events.pool, [network.pools.index(name) for name in system.pools])
        assert not inside(events.start[here], *outages(network, system, seed, 0)).any()
    for pool, value in enumerate(network.pool_values):
        groups = network.duty(pool)
        group_of = np.repeat(np.arange(len(groups)), [officers for officers, _, _ in groups])
        closings = network.change_time[(network.change_kind == 2) & (network.change_of == pool)]
        for number, (_, opens, closes) in enumerate(groups):
            own = begun & (events.pool == pool)
            own[own] = group_of[events.server[own]] == number
            starts = events.start[own]
            late = (
                np.isin(closes, closings)
                if value.waiting_at_closing in (None, "serve")
                else np.zeros(len(closes), bool)
            )
            after_closing = inside(starts, closes[late], np.append(closes[late][1:], np.inf)) if late.any() else False
            assert (inside(starts, opens, closes) | after_closing).all()
