"""The single-server example of Law's textbook, with his random numbers: its four published figures.

Law, *Simulation Modeling and Analysis*, 5th ed. (2015), section 1.4: arrivals a minute apart on average, half a minute
of service, from empty, until a thousand customers have begun service. Published are the mean delay in queue, the mean
number in queue, the utilisation and the instant at which the run ended.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import pytest

from simgov.arrays import Floats
from simgov.distributions import Exponential
from simgov.engines.compiled import run_compiled
from simgov.engines.events import EventTable
from simgov.engines.reference import run_reference
from simgov.network import compile_network
from simgov.workload import WORK, sample
from tests.validation.queues import station, stream, system

DELAYS = 1000
PUBLISHED = {"delay": 0.430, "queue": 0.418, "utilisation": 0.460, "ended": 1027.915}


def lcgrand() -> Iterator[float]:
    """Stream 1 of Law's generator: Z = 630360016 Z mod (2^31 - 1), Marse and Roberts (1983), from his seed.

    He returns the upper bits: (Z >> 7 | 1) / 2^24.
    """
    z = 1973272912
    while True:
        z = z * 630360016 % 2147483647
        yield (z >> 7 | 1) / 16777216.0


def drawn_in_his_order() -> tuple[Floats, Floats]:
    """When customers arrive and how long each is served, drawn as his program draws: in the order of its events.

    On an arrival the next arrival is drawn first, then the service of a customer who begins at once.
    """
    uniform = lcgrand()

    def exponential(mean: float) -> float:
        return -mean * math.log(next(uniform))

    arrivals, services = [exponential(1.0)], []
    arrival, departure, waiting = arrivals[0], math.inf, 0
    while len(services) < DELAYS:
        if arrival <= departure:
            now, arrival = arrival, arrival + exponential(1.0)
            arrivals.append(arrival)
            if departure == math.inf:
                departure = now + exponential(0.5)
                services.append(departure - now)
            else:
                waiting += 1
        elif waiting:
            waiting -= 1
            now, departure = departure, departure + exponential(0.5)
            services.append(departure - now)
        else:
            departure = math.inf
    return np.array(arrivals), np.array(services)


@pytest.mark.parametrize("engine", [run_reference, run_compiled])
def test_laws_single_server_has_his_four_figures(engine: object) -> None:
    arrivals, services = drawn_in_his_order()
    only = stream(1.0, [station("server", Exponential(0.5))])
    network = compile_network(system({"server": 1}, [only], warm_up=0, customers=DELAYS))
    workload = sample(network, 1, 0, 2000.0)
    slots = np.flatnonzero(workload.column_start[0] >= 0)
    assert slots.tolist() == [WORK]
    cases = len(arrivals)
    columns = ("case_service", "case_index", "case_slot", "case_group", "case_channel", "case_backlog_step")
    draws = np.zeros(len(workload.draws))
    draws[workload.column_start[0, WORK] :][:DELAYS] = services
    his = replace(
        workload,
        **{name: getattr(workload, name)[:cases] for name in columns},
        applied=arrivals,
        draws=draws,
        horizon=network.cap,
    )
    events = engine(network, his, np.zeros(1, np.int64))  # type: ignore[operator]
    assert {name: round(value, 3) for name, value in figures(events).items()} == PUBLISHED


def figures(events: EventTable) -> dict[str, float]:
    """His four figures, up to the instant at which the thousandth customer begins service."""
    ended = float(events.start[DELAYS - 1])
    waited = np.fmin(events.start, ended) - events.ready
    served = np.fmin(events.finish, ended) - events.start
    return {
        "delay": float((events.start - events.ready)[:DELAYS].mean()),
        "queue": float(np.maximum(waited, 0.0).sum()) / ended,
        "utilisation": float(np.maximum(served, 0.0).sum()) / ended,
        "ended": ended,
    }
