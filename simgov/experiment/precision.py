"""How many replications are enough: until the intervals are as narrow as asked for, and stay so.

After each replication the half-width of a mean is held against the share of the mean that was asked for. Being narrow
once may be luck, so it must stay narrow for some replications more: the confidence interval method with look-ahead of
Hoad, Robinson and Davies, *Journal of the Operational Research Society* 61 (2010) 1632-1644. The answer depends on the
replications in their order alone, not on how many are done at a time.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Booleans, Floats
from simgov.experiment.batch import Finished, Replication
from simgov.kpi import Kpi
from simgov.kpi.statistics import MOST_GROUPS, Estimate, Pooled, mean_estimate, pooled_quantile, t_quantiles
from simgov.kpi.table import PERCENT

FEWEST = 10
"""Replications before the rule is asked: the spread of fewer values is itself too uncertain."""

MOST = 20_000
"""Replications after which it is given up, unless said otherwise."""

LOOK_AHEAD = 5
"""Replications, or of more than 100 the percentage of them, for which the intervals must stay narrow."""

GROWTH = 1.2
"""A pooled quantile is looked at each time the replications have grown by this factor."""


@dataclass(frozen=True)
class Precision:
    """What is asked for: for each KPI, the half-width as a share of the estimate; between how many replications."""

    half_widths: Mapping[str, float]
    fewest: int = FEWEST
    most: int = MOST

    def __post_init__(self) -> None:
        for kpi, share in self.half_widths.items():
            if not 0.0 < share < 1.0:
                raise ValueError(f"a precision of {share} was asked for {kpi}; it is a share, as in 0.02 for 2 %")
        if not self.half_widths:
            raise ValueError("a precision needs a KPI, as in {'hall.wait.mean': 0.02}")
        if not 2 <= self.fewest <= self.most:
            raise ValueError(f"between {self.fewest} and {self.most} replications there are none to stop at")


def looked_ahead(count: int) -> int:
    """For how many replications after ``count`` the intervals must stay narrow."""
    return LOOK_AHEAD if count <= 100 else LOOK_AHEAD * count // 100


def stopping_point(narrow: Booleans, fewest: int) -> int | None:
    """How many replications are enough, look-ahead included; None where there are not enough yet.

    ``narrow`` bool[R]: whether after so many replications (1, 2, ..., R) every interval was narrow enough.
    """
    wide = np.flatnonzero(~narrow) + 1
    for count in range(fewest, len(narrow) + 1):
        last = count + looked_ahead(count)
        if last > len(narrow):
            return None
        place = int(np.searchsorted(wide, count))
        if place == len(wide) or wide[place] > last:
            return last
    return None


def narrow_means(values: Floats, share: float, confidence: float) -> Booleans:
    """After each replication, whether the t interval of the mean so far is within ``share`` of it: bool[R].

    Replications in which the KPI is undefined (nan) add nothing. Fewer than two known values are never enough.
    """
    known = ~np.isnan(values)
    count = np.cumsum(known)
    origin = values[known][0] if known.any() else 0.0  # near the mean, so that squares lose no digits
    moved = np.where(known, values - origin, 0.0)
    total, squares = np.cumsum(moved), np.cumsum(moved**2)
    enough = count >= 2
    n = np.where(enough, count, 2)
    mean = origin + total / n
    variance = np.maximum(squares - total**2 / n, 0.0) / (n - 1)
    half_width = t_quantiles(confidence, n - 1) * np.sqrt(variance / n)
    narrow: Booleans = enough & (half_width <= share * np.abs(mean))
    return narrow


def looks(fewest: int, count: int) -> list[int]:
    """The numbers of replications, up to ``count``, after which a pooled quantile is looked at."""
    look, found = max(fewest, MOST_GROUPS), []
    while look <= count:
        found.append(look)
        look = math.ceil(look * GROWTH)
    return found


def narrow_quantile(at_looks: Sequence[tuple[int, Pooled]], share: float, confidence: float, count: int) -> Booleans:
    """The same for a pooled quantile, known at some numbers of replications: what it was at the last look holds."""
    narrow = np.zeros(count, np.bool_)
    for look, pooled in at_looks:
        estimate = pooled.estimate(confidence)
        narrow[look - 1 :] = estimate.half_width <= share * abs(estimate.value)
    return narrow


def next_target(done: int, width: float, precision: Precision) -> int:
    """How many replications to have next, where the widest interval is ``width`` times what was asked for.

    The half-width falls with the root of the number; never more than fourfold at a time, as the guess may be bad.
    """
    guess = done * max(width, 1.0) ** 2 * 1.05 if math.isfinite(width) else done * 2.0
    wanted = math.ceil(min(guess, done * 4.0))
    return min(max(wanted + looked_ahead(wanted) + 1, done + 2 * LOOK_AHEAD), precision.most)


class Watch:
    """Looks at replications of all scenarios as they come: whether they are enough, and how far they are from it."""

    def __init__(self, precision: Precision, kpis: Sequence[Sequence[Kpi]], confidence: float) -> None:
        self.precision, self.confidence = precision, confidence
        self.asked = [
            (scenario, place, kpi, precision.half_widths[kpi.name])
            for scenario, own in enumerate(kpis)
            for place, kpi in enumerate(own)
            if kpi.name in precision.half_widths
        ]
        self.at_looks: dict[tuple[int, str], list[tuple[int, Pooled]]] = {}

    def enough(self, finished: Sequence[Finished]) -> int | None:
        """How many of the replications, in their order, are enough; None where all of them are too few."""
        narrow = np.ones(len(finished), np.bool_)
        for scenario, place, kpi, share in self.asked:
            narrow &= self._narrow(finished, scenario, place, kpi, share)
        return stopping_point(narrow, self.precision.fewest)

    def width(self, finished: Sequence[Finished]) -> float:
        """The widest interval at present, as a multiple of what was asked for; inf where one is undefined."""
        widest = 0.0
        for scenario, place, kpi, share in self.asked:
            estimate = self._estimate(finished, scenario, place, kpi)
            allowed = share * abs(estimate.value)
            if not estimate.half_width <= allowed:
                widest = max(widest, estimate.half_width / allowed if allowed > 0.0 else math.inf)
            if math.isnan(estimate.half_width):
                return math.inf
        return widest

    def _narrow(self, finished: Sequence[Finished], scenario: int, place: int, kpi: Kpi, share: float) -> Booleans:
        if kpi.kind != "quantile":
            return narrow_means(_values(finished, scenario, place), share, self.confidence)
        known = self.at_looks.setdefault((scenario, kpi.name), [])
        for look in looks(self.precision.fewest, len(finished))[len(known) :]:
            known.append((look, _pooled(finished[:look], scenario, kpi)))
        return narrow_quantile(known, share, self.confidence, len(finished))

    def _estimate(self, finished: Sequence[Finished], scenario: int, place: int, kpi: Kpi) -> Estimate:
        if kpi.kind == "quantile":
            return _pooled(finished, scenario, kpi).estimate(self.confidence)
        values = _values(finished, scenario, place)
        return mean_estimate(values, np.zeros(len(values), np.bool_), self.confidence)


def _values(finished: Sequence[Finished], scenario: int, place: int) -> Floats:
    """A KPI in each replication; nan where that failed."""
    results = (one.results[scenario] for one in finished)
    return np.array([result.values[place] if isinstance(result, Replication) else np.nan for result in results])


def _pooled(finished: Sequence[Finished], scenario: int, kpi: Kpi) -> Pooled:
    results = (one.results[scenario] for one in finished)
    samples = [result.samples[kpi.quantity] for result in results if isinstance(result, Replication)]
    return pooled_quantile(samples, PERCENT[kpi.statistic])
