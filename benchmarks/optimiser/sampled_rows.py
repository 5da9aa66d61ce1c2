"""Rows of stations on many replications: drawn in blocks, simulated by ``tandem``'s recursion, with intervals.

A *block* is some replications of one seed; larger samples are several blocks together. Work belongs to the applicant,
so designs share their random numbers. Values are the mean and the pooled P90 of the time in the row, in minutes.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from benchmarks.optimiser.tandem import _station
from simgov.arrays import Floats
from simgov.kpi.statistics import mean_estimate, t_quantile
from simgov.optimize.goals import Evaluation, ValueTally
from simgov.optimize.space import Design
from tests.optimize.tandem_oracle import Tandem

MOST_KEPT = 6
"""How many beginnings of a row each block remembers: 7 MB each for 1,500 replications of 600 applicants."""

Choice = tuple[int, bool]


class Block:
    """What is drawn for some replications of a row, and what designs do with it."""

    def __init__(self, row: Tandem, seed: Sequence[int], replications: int) -> None:
        random = np.random.default_rng(seed)
        shape = (replications, row.customers)
        self.row = row
        self._arrive: Floats = np.cumsum(random.exponential(1.0 / row.rate, shape), axis=1)
        self._work: list[dict[bool, Floats]] = []
        for place, (mean, cv) in enumerate(zip(row.means, row.cvs, strict=True)):
            sigma = np.sqrt(np.log1p(cv * cv))
            work = mean * np.exp(sigma * random.standard_normal(shape) - 0.5 * sigma * sigma)
            self._work.append({False: work})
            if place in row.removable:
                self._work[-1][True] = (1.0 - row.removable[place][0]) * work
        self._leaving: OrderedDict[tuple[Choice, ...], Floats] = OrderedDict()

    def times(self, design: Design) -> Floats:
        """Minutes in the row, float64[replications, applicants measured]."""
        gone = dict(zip(sorted(self.row.removable), design.options, strict=True))
        choices = tuple((servers, gone.get(place, False)) for place, servers in enumerate(design.staff))
        return np.asarray((self._leave(choices) - self._arrive)[:, self.row.warm_up :])

    def _leave(self, choices: tuple[Choice, ...]) -> Floats:
        """When applicants leave the last of these stations; what stations in front share is worked out once."""
        if not choices:
            return self._arrive
        if choices in self._leaving:
            self._leaving.move_to_end(choices)
            return self._leaving[choices]
        servers, gone = choices[-1]
        left: Floats = _station(self._leave(choices[:-1]), self._work[len(choices) - 1][gone], servers)
        if len(choices) < self.row.stations:
            self._leaving[choices] = left
            while len(self._leaving) > MOST_KEPT:
                self._leaving.popitem(last=False)
        return left


@dataclass(frozen=True)
class Values:
    """Mean and pooled P90 with the half-widths of their intervals."""

    values: tuple[float, float]
    half_widths: tuple[float, float]

    def judged(self, row: Tandem, limits: Sequence[float]) -> Evaluation:
        """What they say of limits."""
        goals = tuple(goal.at(limit) for goal, limit in zip(row.goals(), limits, strict=True))
        kept = tuple(value <= limit for value, limit in zip(self.values, limits, strict=True))
        tallies = tuple((ValueTally(goal, value),) for goal, value in zip(goals, self.values, strict=True))
        return Evaluation(self.values, self.half_widths, (False, False), kept, tallies)


def measured(blocks: Sequence[Floats], confidence: float) -> Values:
    """Mean and pooled P90 of some blocks of times (each float64[replications, applicants]) as one sample.

    The interval of the P90 is that of the share of times above it, over their density there (Bahadur): the jackknife
    that simgov takes says the same (``tests/optimize/test_optimize_oracle.py``) and costs ten times as much.
    """
    times = np.concatenate(blocks)
    count = times.size
    lower, place, upper = (-(-count * share // 200) - 1 for share in (179, 180, 181))
    ordered = np.partition(times.ravel(), (lower, place, upper))
    p90 = float(ordered[place])
    density = 0.01 / float(ordered[upper] - ordered[lower])
    above = (times > p90).mean(axis=1)
    mean = mean_estimate(times.mean(axis=1), np.zeros(len(times), np.bool_), confidence)
    error = float(above.std(ddof=1)) / len(times) ** 0.5 / density
    return Values((mean.value, p90), (mean.half_width, t_quantile(confidence, len(times) - 1) * error))
