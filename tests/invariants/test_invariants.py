"""The invariants on random scenarios: the rules of ``checker`` and Little's law, pool by pool and for the whole."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.engines import simulate
from simgov.engines.reference import Run as ReferenceRun
from simgov.engines.replication import NeedsMore
from simgov.network import Network, compile_network
from simgov.scenario.value import Absences, Pool, Scenario
from simgov.workload import Workload, sample
from tests.equivalence.random_networks import scenarios as scenarios_with_absences
from tests.invariants.checker import violations
from tests.invariants.table import run_of


def scenarios() -> st.SearchStrategy[Scenario]:
    """Random scenarios in which everybody is there; ``test_absences`` has the others."""
    return scenarios_with_absences().map(everybody_there)


def everybody_there(scenario: Scenario) -> Scenario:
    """The scenario without absences and outages, in none of its phases."""

    def present(pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
        return tuple(replace(pool, absences=Absences()) for pool in pools)

    phases = tuple(replace(phase, pools=present(phase.pools)) for phase in scenario.phases)
    return replace(scenario, pools=present(scenario.pools), phases=phases, systems=())


random_scenarios = settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))


def drawn(network: Network, seed: int) -> Workload:
    """Everybody who could apply up to the latest end of the run."""
    return sample(network, seed, 0, network.cap)


@given(scenario=scenarios(), seed=st.integers(0, 2**31))
@random_scenarios
def test_no_rule_is_broken(scenario: Scenario, seed: int) -> None:
    network = compile_network(scenario)
    events = simulate(network, seed, 0)
    assert violations(network, drawn(network, seed), events) == []


class Counted:
    """A run of the reference engine that adds up, between events, how many wait at each pool and are in the office.

    Counted are the queues themselves, not the table; only time inside the window counts.
    """

    def __init__(self, network: Network, workload: Workload) -> None:
        self.run = ReferenceRun(network, workload, np.zeros(1, np.int64))
        self.window = (self.run.measured.start, self.run.measured.end)
        self.waiting = [0.0] * len(network.pools)
        self.inside = 0.0
        self.measure(self.run.environment)
        self.events = self.run.table()

    def measure(self, environment: object) -> None:
        """Count before every event what lasts until then."""
        step, peek = environment.step, environment.peek  # type: ignore[attr-defined]

        def counted_step() -> None:
            self.add(self.run.now, peek())
            step()

        environment.step = counted_step  # type: ignore[attr-defined]

    def add(self, now: float, following: float) -> None:
        """What the stretch up to the next event adds to the integrals."""
        minutes = min(following, self.window[1]) - max(now, self.window[0])
        if minutes > 0:
            for number, pool in enumerate(self.run.pools):
                self.waiting[number] += minutes * sum(1 for _ in pool.waiting())


@given(scenario=scenarios(), seed=st.integers(0, 2**31))
@random_scenarios
def test_littles_law_holds_at_every_pool(scenario: Scenario, seed: int) -> None:
    """The integral of the queue's length is the sum of all waits, both cut at the window.

    Little, *Operations Research* 9 (1961) 383-387; on the path: Stidham, *Operations Research* 22 (1974) 417-421.
    """
    network = compile_network(scenario)
    try:
        counted = Counted(network, drawn(network, seed))
    except NeedsMore:
        pytest.fail("all arrivals up to the cap are drawn")
    start, end = counted.window[0], min(counted.window[1], counted.events.stopped_at)
    run = run_of(network, drawn(network, seed), counted.events)
    for number, pool in enumerate(network.pools):
        # What several pools do together has a row in each; it waits once.
        waits = {
            (task.case, task.step.id, task.visit, task.ready): min(task.left, end) - max(task.ready, start)
            for task in run.first_at[pool]
        }
        sum_of_waits = math.fsum(max(0.0, wait) for wait in waits.values())
        assert math.isclose(sum_of_waits, counted.waiting[number], rel_tol=1e-9, abs_tol=1e-9)
