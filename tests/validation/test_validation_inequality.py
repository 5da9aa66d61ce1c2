"""The Gini coefficient of M/M/1: 1/2 of times in the system, which are exponential; 1 - load/2 of waits.

Waits are 0, or exponential for a share of ``load``. Of values that are 0 but for a share p with the coefficient g, it
is 1 - p (1 - g), and the exponential distribution has g = 1/2 (Yitzhaki and Schechtman, *The Gini Methodology*, 2013).
"""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgov.distributions import Exponential
from simgov.engines.events import EventTable
from simgov.kpi import measure
from simgov.network import Network
from tests.validation.closed_forms import relaxation_customers
from tests.validation.estimation import estimate
from tests.validation.queues import station, stream, system


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_times_and_waits_of_mm1_are_as_unequal_as_the_exponential(load: float) -> None:
    warm_up = math.ceil(8 * relaxation_customers(load))
    only = stream(load / 10.0, [station("counter", Exponential(10.0), in_person=True)])
    scenario = system({"counter": 1}, [only], warm_up=warm_up, customers=20_000)

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        found = measure(network, events, ("queue.time.gini", "queue.wait.gini")).values
        work = np.sort(events.work[events.measured[events.case]])  # its own coefficient is known too
        ranks = np.arange(1, len(work) + 1)
        of_work = float(((2 * ranks - len(work) - 1) * work).sum() / (len(work) * work.sum()))
        return found.tolist(), [of_work - 0.5]

    times, waits = estimate(scenario, observe, 90)
    times.agrees_with(0.5, 0.004)
    waits.agrees_with(1.0 - load / 2.0, 0.004)
