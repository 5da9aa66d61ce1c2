"""A line of three stations with limited room, which hold one another up."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.distributions import Exponential
from simgov.engines.events import EventTable
from simgov.network import Network
from simgov.scenario.value import RunSettings, Scenario
from simgov.units import Duration
from tests.validation.closed_forms import three_station_throughput
from tests.validation.estimation import estimate
from tests.validation.queues import station, stream, system

RATES, PLACES = (6.0, 7.0, 7.0), (12, 8)
"""The best way to share out 20 of each: services a minute, and places at the second and third station."""

PUBLISHED = 5.776
MINUTES = 8_000.0


def line() -> Scenario:
    """More come to the first station than it can do. Of the places at a station one is for who is served there."""
    steps = [
        station("first", Exponential(1 / RATES[0])),
        replace(station("second", Exponential(1 / RATES[1]), after=("first",)), room=PLACES[0] - 1),
        replace(station("third", Exponential(1 / RATES[2]), after=("second",)), room=PLACES[1] - 1),
    ]
    only = stream(6.3, steps, backlog=[("first", 200)])
    by_cases = system({"first": 1, "second": 1, "third": 1}, [only], warm_up=0, customers=1)
    run = RunSettings(period=Duration(MINUTES), warm_up=Duration(200.0), cap=Duration(1.0))
    return replace(by_cases, run=run)


def observe_throughput(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
    """Cases a minute that leave the last station inside the window."""
    finish = events.finish[events.step == 2]
    return [float(np.count_nonzero((finish >= events.window_start) & (finish < events.window_end))) / MINUTES], []


def test_a_line_of_three_stations_has_the_published_throughput() -> None:
    exact = three_station_throughput(RATES, PLACES)
    assert exact == pytest.approx(PUBLISHED, abs=5e-4)
    estimate(line(), observe_throughput, 16)[0].agrees_with(exact)
