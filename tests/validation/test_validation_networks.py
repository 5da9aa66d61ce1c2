"""Networks of queues: Jackson's with feedback, and two queues that a case joins at once (fork-join)."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgov.distributions import Exponential
from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.scenario.value import Returns, Scenario
from tests.validation.closed_forms import fork_join_time, jackson_waits, mmc_wait, relaxation_customers
from tests.validation.estimation import Observe, assert_start_is_forgotten, estimate, lindley, work_of_cases
from tests.validation.queues import station, stream, system

RATE, SENT_BACK, BRIEF = 0.5, 0.25, 0.6
SERVERS = {"intake": 2, "review": 1, "brief": 1, "full": 1}
MEANS = (2.1, 1.1, 2.0, 3.0)
"""Intake, then review, which sends a quarter back to intake; what passes goes to ``brief`` (60 %) or ``full``."""

ROUTING = (
    (0.0, 1.0, 0.0, 0.0),
    (SENT_BACK, 0.0, (1 - SENT_BACK) * BRIEF, (1 - SENT_BACK) * (1 - BRIEF)),
    (0.0, 0.0, 0.0, 0.0),
    (0.0, 0.0, 0.0, 0.0),
)

CASES = (RATE, RATE, RATE * BRIEF, RATE * (1 - BRIEF))
VISITS = (1 / (1 - SENT_BACK), 1 / (1 - SENT_BACK), 1.0, 1.0)
"""Cases a minute that go to each station, and how often each of them does on average."""


def jackson(customers: int, waiting: int = 0) -> Scenario:
    """The network; loads of 0.70, 0.73, 0.6 and 0.6."""
    times = dict(zip(SERVERS, (Exponential(mean) for mean in MEANS), strict=True))
    steps = [
        station("intake", times["intake"]),
        station(
            "review",
            times["review"],
            after=("intake",),
            choose=(("brief", BRIEF), ("full", 1 - BRIEF)),
            returns=Returns(SENT_BACK, "intake", limit=1000),
        ),
        station("brief", times["brief"], after=("review",)),
        station("full", times["full"], after=("review",)),
    ]
    backlog = [(name, waiting) for name in SERVERS] if waiting else []
    warm_up = math.ceil(16 * relaxation_customers(0.75))
    return system(SERVERS, [stream(RATE, steps, backlog=backlog)], warm_up=warm_up, customers=customers)


def observe_jackson(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
    """The mean time of a case and the mean wait of a visit to each station.

    Controls: at each station, one server as fast as all together, whom the cases that go there reach when they apply
    and with the work of all their visits at once. That is a geometric number of exponential times, so exponential: an
    M/M/1 queue.
    """
    measured = np.flatnonzero(events.measured)
    cases = int(measured[-1]) + 1
    tasks = np.flatnonzero(events.measured[events.case])
    waits, at = (events.start - events.ready)[tasks], events.step[tasks]
    quantities = [float((events.decided - events.applied)[measured].mean())]
    quantities += [float(waits[at == step].mean()) for step in range(len(SERVERS))]
    controls = []
    for step, (servers, rate, visits) in enumerate(zip(SERVERS.values(), CASES, VISITS, strict=True)):
        work = work_of_cases(events, step, cases)
        going = np.flatnonzero(work)
        alone = lindley(events.applied[going], work[going] / servers)
        known = mmc_wait(1, rate, servers / (MEANS[step] * visits))
        controls.append(float(alone[events.measured[going]].mean()) - known)
    return quantities, controls


def test_jackson_network_with_feedback_is_a_product_of_mmc_queues() -> None:
    found = estimate(jackson(50_000), observe_jackson, replications=100)
    external = (RATE, 0.0, 0.0, 0.0)
    rates, waits = jackson_waits(external, ROUTING, tuple(SERVERS.values()), [1.0 / mean for mean in MEANS])
    in_system = sum(rate * (wait + mean) for rate, wait, mean in zip(rates, waits, MEANS, strict=True))
    for quantity, exact in zip(found, [in_system / RATE, *waits], strict=True):
        quantity.agrees_with(exact)


def test_jackson_network_has_forgotten_its_start() -> None:
    assert_start_is_forgotten(jackson(50_000), jackson(50_000, waiting=15), observe_jackson)


def fork_join(load: float, customers: int, waiting: int = 0) -> Scenario:
    """Each case goes to two single servers at once and is finished when both are done."""
    steps = [station("left", Exponential(1.0)), station("right", Exponential(1.0))]
    backlog = [("left", waiting), ("right", waiting)] if waiting else []
    warm_up = math.ceil(10 * relaxation_customers(load))
    only = stream(load, steps, backlog=backlog)
    return system({"left": 1, "right": 1}, [only], warm_up=warm_up, customers=customers)


def observed_fork_join(load: float) -> Observe:
    """The mean time until both halves are done; as control the mean time of a half, known from M/M/1."""

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        measured = np.flatnonzero(events.measured)
        cases = int(measured[-1]) + 1
        work = [work_of_cases(events, half, cases) for half in (0, 1)]
        halves = [lindley(events.applied[:cases], done) + done for done in work]
        mean = float(np.mean([half[measured].mean() for half in halves]))
        return [float((events.decided - events.applied)[measured].mean())], [mean - 1.0 / (1.0 - load)]

    return observe


@pytest.mark.parametrize(("load", "customers"), [(0.3, 10_000), (0.7, 10_000), (0.9, 30_000)])
def test_fork_join_takes_as_long_as_flatto_and_hahn_say(load: float, customers: int) -> None:
    found = estimate(fork_join(load, customers), observed_fork_join(load), replications=100)
    found[0].agrees_with(fork_join_time(load, 1.0))


@pytest.mark.parametrize("load", [0.3, 0.7, 0.9])
def test_fork_join_has_forgotten_its_start(load: float) -> None:
    crowd = math.ceil(5 * load / (1 - load))
    assert_start_is_forgotten(fork_join(load, 25_000), fork_join(load, 25_000, waiting=crowd), observed_fork_join(load))
