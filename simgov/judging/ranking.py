"""Ranking of offices with what is known of it: intervals of ranks that all hold at once, so that ties show as ties.

For each ordered pair the hypothesis that the first is not better than the second is tested; Holm's method keeps the
chance of any false rejection at 1 - confidence. An office's rank is then between 1 + the number of those that are
better beyond doubt and the number of all less those that are worse beyond doubt: Mogstad, Romano, Shaikh and Wilhelm,
*Review of Economic Studies* 91 (2024) 476; Klein, Wright and Wieczorek, *J. R. Stat. Soc. C* 69 (2020) 589.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgov.judging.values import Value, combined, holm, one_sided_p
from simgov.kpi.statistics import Estimate


@dataclass(frozen=True)
class Measured:
    """An office with its value. Offices of the same ``draws`` met the same applicants, and their differences are
    paired; of different ones they are independent. ``error`` and ``freedom`` where the value has no groups."""

    office: str
    value: Value
    draws: str = ""
    error: float = math.nan
    freedom: float = math.nan

    @property
    def own_error(self) -> tuple[float, float]:
        """Its standard error and degrees of freedom."""
        if math.isnan(self.error):
            return self.value.error, float(self.value.freedom)
        return self.error, self.freedom


@dataclass(frozen=True)
class Ranked:
    """The rank of one office: ``best`` to ``worst`` possible, and where its value stands (``place``, from 1)."""

    office: str
    estimate: Estimate
    place: int
    best: int
    worst: int


def ranked(offices: Sequence[Measured], lower: bool, confidence: float) -> tuple[Ranked, ...]:
    """The offices from the best value on, each with its interval of ranks; ``lower``: less is better."""
    count = len(offices)
    pairs = list(itertools.permutations(range(count), 2))
    p_values = np.array([_p_better(offices[i], offices[j], lower) for i, j in pairs], np.float64)
    rejected = holm(p_values, 1.0 - confidence)
    better = np.zeros((count, count), np.bool_)
    for (i, j), beyond_doubt in zip(pairs, rejected, strict=True):
        better[i, j] = beyond_doubt
    order = sorted(range(count), key=lambda i: (offices[i].value.value * (1 if lower else -1), i))
    values = [offices[i].value.value for i in order]
    return tuple(
        Ranked(
            offices[i].office,
            _estimate(offices[i], confidence),
            1 + values.index(offices[i].value.value),
            1 + int(better[:, i].sum()),
            count - int(better[i].sum()),
        )
        for i in order
    )


def _estimate(office: Measured, confidence: float) -> Estimate:
    from simgov.judging.values import t_value

    if math.isnan(office.error):
        return office.value.estimate(confidence)
    half_width = 0.0 if office.error == 0.0 else t_value(confidence, office.freedom) * office.error
    return Estimate(office.value.value, half_width)


def _p_better(one: Measured, other: Measured, lower: bool) -> float:
    """The p-value of ``one`` being no better than ``other``. What is only a lower bound is better than nothing."""
    if (one if lower else other).value.lower_bound:
        return math.nan
    sign = 1.0 if lower else -1.0
    if one.draws and one.draws == other.draws:
        ahead = combined(lambda mine, theirs: sign * (theirs - mine), one.value, other.value)
        return one_sided_p(ahead.value, ahead.error, ahead.freedom)
    (own, own_freedom), (its, its_freedom) = one.own_error, other.own_error
    error = math.hypot(own, its)
    ahead_by = sign * (other.value.value - one.value.value)
    return one_sided_p(ahead_by, error, _welch(own, own_freedom, its, its_freedom))


def _welch(own: float, own_freedom: float, its: float, its_freedom: float) -> float:
    """Degrees of freedom of the difference of two independent means: Welch and Satterthwaite."""
    if math.isnan(own) or math.isnan(its):
        return math.nan
    below = sum(error**4 / freedom for error, freedom in ((own, own_freedom), (its, its_freedom)) if error > 0)
    return math.hypot(own, its) ** 4 / below if below > 0 else math.inf
