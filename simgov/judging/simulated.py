"""A KPI week by week (month, quarter) of one simulated office, and what a model says of one such interval.

The same replication is simulated again for each interval, with the measuring window there: draws belong to cases, so
that every window looks at the same course of events.
"""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Literal

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.engines import Stopped
from simgov.errors import ReplicationError
from simgov.experiment.batch import Replication, network_of, run_batch
from simgov.scenario.value import Scenario
from simgov.units import Duration

Every = Literal["week", "month", "quarter"]
DAY = 1440.0
THE_OFFICE = 1_000_000
"""The replication that plays the real office: none that a plan is made from."""


def boundaries(first: datetime.date, every: Every, count: int) -> tuple[datetime.date, ...]:
    """The first days of ``count`` intervals from ``first`` on, and the day after the last.

    Weeks are counted from ``first``; months and quarters begin with the calendar's, the first one not before ``first``.
    """
    if every == "week":
        return tuple(first + datetime.timedelta(days=7 * week) for week in range(count + 1))
    step = 1 if every == "month" else 3
    month = first.year * 12 + first.month - 1 + (1 if first.day > 1 else 0)
    month = -(-month // step) * step
    return tuple(datetime.date(m // 12, m % 12 + 1, 1) for m in range(month, month + step * (count + 1), step))


def measured_from(scenario: Scenario) -> datetime.date:
    """The first whole day after the warm-up."""
    network = network_of(scenario)
    start = network.window[0]
    days = 0 if math.isnan(start) else math.ceil(start / DAY)
    return scenario.run.start + datetime.timedelta(days=days)


def windowed(scenario: Scenario, first: datetime.date, end: datetime.date) -> Scenario:
    """The scenario measured from ``first`` to the day before ``end``."""
    run = scenario.run
    warm_up, period = Duration((first - run.start).days * DAY), Duration((end - first).days * DAY)
    return replace(scenario, run=replace(run, warm_up=warm_up, period=period, cases=None, warm_up_cases=0))


def simulated_values(
    scenario: Scenario,
    kpi: str,
    days: Sequence[datetime.date],
    seed: int,
    *,
    replication: int = THE_OFFICE,
    workers: int | None = None,
    stop: Integers | None = None,
) -> tuple[float, ...]:
    """The KPI between each of ``days`` and the next, of one replication; nan where it is undefined.

    Raises ``ReplicationError``, and ``engines.Stopped`` when ``stop`` becomes non-zero.
    """
    scenarios = [windowed(scenario, first, end) for first, end in itertools.pairwise(days)]
    with ThreadPoolExecutor(workers) as pool:
        found = pool.map(lambda one: replicated(one, (kpi,), seed, [replication], stop)[0], scenarios)
        return tuple(float(result.values[0]) for result in found)


def interval_values(
    scenario: Scenario,
    kpi: str,
    first: datetime.date,
    end: datetime.date,
    seed: int,
    replications: int,
    stop: Integers | None = None,
) -> Floats:
    """float64[replications]: the KPI of one interval, replication by replication; undefined ones left out."""
    results = replicated(windowed(scenario, first, end), (kpi,), seed, range(replications), stop)
    values = np.array([float(result.values[0]) for result in results], np.float64)
    return values[~np.isnan(values)]


def replicated(
    scenario: Scenario, names: tuple[str, ...], seed: int, replications: Sequence[int], stop: Integers | None
) -> list[Replication]:
    """These replications, run here. Raises ``ReplicationError`` and ``engines.Stopped``."""
    batch = run_batch([scenario], seed, replications, "compiled", names, stop)
    if len(batch.finished) < len(replications):
        raise Stopped
    found = []
    for finished in batch.finished:
        result = finished.results[0]
        if not isinstance(result, Replication):
            raise ReplicationError(f"a replication failed: {result}")
        found.append(result)
    return found
