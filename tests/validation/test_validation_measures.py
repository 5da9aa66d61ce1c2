"""Closed forms that appear only once a measure is applied: waiting for sessions, and sequential queues side by side."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest

from simgov.distributions import Constant, Exponential
from simgov.engines.events import PASSED, EventTable
from simgov.network import Network
from simgov.reforms.measures.joint_review import JointReview
from simgov.reforms.measures.parallel import Parallel
from simgov.scenario.value import Gate, Scenario
from simgov.units import Duration
from tests.validation.closed_forms import fork_join_time, relaxation_customers
from tests.validation.estimation import estimate
from tests.validation.queues import station, stream, system
from tests.validation.test_validation_networks import observed_fork_join

WEEK = 7 * 1440.0


def one_after_the_other(load: float, customers: int) -> Scenario:
    """Two single servers in a row, each with this load."""
    steps = [station("left", Exponential(1.0)), station("right", Exponential(1.0), after=("left",))]
    warm_up = math.ceil(10 * relaxation_customers(load))
    return system({"left": 1, "right": 1}, [stream(load, steps)], warm_up=warm_up, customers=customers)


@pytest.mark.parametrize(("load", "customers"), [(0.3, 10_000), (0.7, 20_000)])
def test_parallel_approval_takes_as_long_as_flatto_and_hahn_say(load: float, customers: int) -> None:
    """Two M/M/1 queues that a case joins at once: (12 - rho) / 8 / (mu - lambda) (SIAM J. Appl. Math. 44 (1984))."""
    parallel = Parallel(steps=("queue.left", "queue.right")).apply(one_after_the_other(load, customers))
    found = estimate(parallel, observed_fork_join(load), replications=100)
    found[0].agrees_with(fork_join_time(load, 1.0))


def test_one_after_the_other_takes_longer_than_that() -> None:
    """Two M/M/1 queues in a row, each 1 / (mu - lambda): the closed form above is not met without the measure."""

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        return [float((events.decided - events.applied)[events.measured].mean())], []

    found = estimate(one_after_the_other(0.3, 10_000), observe, replications=20)
    found[0].agrees_with(2.0 / 0.7, relative_error=0.01)
    assert found[0].value > 1.2 * fork_join_time(0.3, 1.0)


SESSIONS = [
    pytest.param(Gate(every=60.0), 30.0, id="every hour"),
    pytest.param(Gate(sessions=tuple((weekday, 600) for weekday in range(7))), 720.0, id="every day"),
    pytest.param(Gate(sessions=((1, 840),)), 5040.0, id="every week"),
    # gaps of 2, 3 and 2 days: E[P^2] / 2 E[P]
    pytest.param(Gate(sessions=((0, 540), (2, 540), (5, 540))), 1440.0 * (4 + 9 + 4) / 14, id="thrice a week"),
]


@pytest.mark.parametrize(("sessions", "exact"), SESSIONS)
def test_joint_review_waits_half_the_period(sessions: Gate, exact: float) -> None:
    """Poisson arrivals see a session at a uniform time of its period; of unequal ones, of the longer ones more often.

    Measured are whole weeks, and so whole periods.
    """
    hearing = station("hearing", Constant(0.001))
    scenario = system({"hearing": 50}, [stream(0.02, [hearing])], warm_up=0, customers=1)
    weeks = replace(scenario.run, cases=None, warm_up_cases=0, period=Duration(20 * WEEK), warm_up=Duration(WEEK))
    reviewed = JointReview(steps=("queue.hearing",), sessions=sessions).apply(replace(scenario, run=weeks))

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        at_gate = (events.outcome == PASSED) & events.measured[events.case]
        assert np.count_nonzero(at_gate) == np.count_nonzero(events.measured)
        return [float((events.finish - events.ready)[at_gate].mean())], []

    estimate(reviewed, observe, replications=100)[0].agrees_with(exact)
