"""Statistics of KPI values: order statistics with censored values, pooled quantiles, means with their intervals.

A censored value is the age of a case still open: the true one is larger. Whatever could change if it were known is a
lower bound, and says so.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgov.arrays import Booleans, Floats, Integers

MOST_GROUPS = 32

LEAST_BINNED = 1 << 14
"""From so many values on, order statistics are found by a histogram, which then takes a fifth of the time."""


@dataclass(frozen=True, eq=False)
class Sample:
    """The values behind one KPI in one replication; ``censored`` bool[n] marks ages of what is still open.

    Where ``counts`` int64[n] is given, value i stands for so many values, and values are in ascending order. That is
    exact for values that repeat. For the histogram of a long run a value is the mean of its bin, and ``total`` the
    exact sum.
    """

    values: Floats
    censored: Booleans
    counts: Integers | None = None
    total: float | None = None

    @property
    def size(self) -> int:
        """How many values there are."""
        return len(self.values) if self.counts is None else int(self.counts.sum())

    @property
    def sum(self) -> float:
        """The sum of all values."""
        if self.total is not None:
            return self.total
        return float(self.values.sum() if self.counts is None else (self.values * self.counts).sum())

    @cached_property
    def any_censored(self) -> bool:
        """Whether any value is only an age."""
        return self.censored.strides != (0,) and bool(self.censored.any())

    @property
    def least_censored(self) -> float:
        """The smallest age of what is still open; inf where there is none."""
        return float(self.values[self.censored].min()) if self.any_censored else math.inf

    def beyond(self, limit: float) -> int:
        """How many values are above ``limit``; what is still open counts as above."""
        above = self.values > limit
        if self.any_censored:
            above |= self.censored
        return int(np.count_nonzero(above) if self.counts is None else self.counts[above].sum())


_NONE_CENSORED = np.broadcast_to(np.False_, 1 << 48)


def none_censored(count: int) -> Booleans:
    """bool[count], all False, that takes no memory."""
    return _NONE_CENSORED[:count]


def joined(parts: Sequence[Sample]) -> Sample:
    """Samples together, in order; in ascending order where one of them counts."""
    if len(parts) == 1:
        return parts[0]
    values = np.concatenate([part.values for part in parts]) if parts else np.empty(0)
    censored = none_censored(len(values))
    if any(part.any_censored for part in parts):
        censored = np.concatenate([part.censored for part in parts])
    if all(part.counts is None for part in parts):
        return Sample(values, censored)
    counts = np.concatenate([_counts(part) for part in parts])
    order = np.lexsort((censored, values))
    values, censored, counts = values[order], censored[order], counts[order]
    first = np.flatnonzero(np.append(True, (np.diff(values) > 0.0) | (np.diff(censored.astype(np.int8)) != 0)))
    total = math.fsum(part.sum for part in parts)
    return Sample(values[first], censored[first], np.add.reduceat(counts, first), total)


def counted(values: Floats) -> Sample:
    """A sample of whole numbers, none of them censored, each kept once with its count."""
    from simgov.kpi.passes import count_whole, whole_range

    least, most = whole_range(values)
    counts = np.zeros(int(most - least) + 1, np.int64)
    count_whole(values, least, counts)
    found = np.flatnonzero(counts)
    return Sample(np.asarray(least + found, np.float64), none_censored(len(found)), counts[found])


def _counts(sample: Sample) -> Integers:
    return np.ones(len(sample.values), np.int64) if sample.counts is None else sample.counts


@dataclass(frozen=True)
class Estimate:
    """A KPI over all replications: its value, the half-width of its interval (nan where there is none), and whether the
    true value may be larger."""

    value: float
    half_width: float = math.nan
    lower_bound: bool = False


def rank(percent: int, count: int) -> int:
    """ceil(percent / 100 x count), in integers: the rank of the quantile among ``count`` values, from 1."""
    return -(-percent * count // 100)


def quantile(sample: Sample, percent: int) -> tuple[float, bool]:
    """The order statistic of that rank, and whether it is a bound: at or above the smallest censored value."""
    return quantiles(sample, (percent,))[0]


def quantiles(sample: Sample, percents: Sequence[int]) -> list[tuple[float, bool]]:
    """``quantile`` of several percents, for the price of little more than one."""
    count = sample.size
    if not count or not percents:
        return [(math.nan, False)] * len(percents)
    places = [rank(percent, count) - 1 for percent in percents]
    if sample.counts is None:
        found = _order_statistics(sample.values, places)
    else:
        found = sample.values[np.searchsorted(np.cumsum(sample.counts), places, side="right")]
    least = sample.least_censored
    return [(value, value >= least) for value in found.tolist()]


def _order_statistics(values: Floats, places: Sequence[int]) -> Floats:
    """The values at these places (from 0, ascending) of the sorted ``values``."""
    if len(values) < LEAST_BINNED:
        ordered: Floats = np.partition(values, places)[places]
        return ordered
    from simgov.kpi.passes import BINS, order_statistics

    whole, found = np.ascontiguousarray(values), np.empty(len(places))
    order_statistics(
        whole, whole.view(np.int64), np.array(places, np.int64), np.zeros(BINS, np.int64), np.empty(len(whole)), found
    )
    return found


def mean(sample: Sample) -> tuple[float, bool]:
    """The mean, and whether any value in it is censored; (nan, False) of no values."""
    if not len(sample.values):
        return math.nan, False
    if sample.counts is not None:
        return sample.sum / sample.size, sample.any_censored
    return float(sample.values.mean(dtype=np.float64)), sample.any_censored


def gini(sample: Sample) -> tuple[float, bool]:
    """The Gini coefficient of the values, from 0 (all alike) to nearly 1, and whether any of them is censored.

    Of values in ascending order, sum of (2 i - n - 1) x_i over n times their sum: Gini's mean difference over twice the
    mean (*Variabilita e mutabilita*, 1912). nan of no values; 0 where all are 0.
    """
    if not len(sample.values):
        return math.nan, False
    from simgov.kpi.passes import gini_of_ordered

    if sample.counts is None:
        return gini_of_ordered(np.sort(sample.values)), sample.any_censored
    values, counts, count = sample.values, sample.counts, sample.size
    total = float((values * counts).sum())
    if total <= 0.0:
        return 0.0, sample.any_censored
    # The ranks i of c equal values that end at rank u add up to c (2 u - c + 1) / 2.
    weights = counts * (2.0 * np.cumsum(counts) - counts - count)
    return float((weights * values).sum()) / (count * total), sample.any_censored


def mean_estimate(values: Floats, lower_bounds: Booleans, confidence: float) -> Estimate:
    """The mean over replications with its t interval; replications where the KPI is undefined (nan) are left out."""
    known = values[~np.isnan(values)]
    bound = bool(lower_bounds.any())
    if not len(known):
        return Estimate(math.nan, math.nan, bound)
    if len(known) == 1:
        return Estimate(float(known[0]), math.nan, bound)
    error = float(known.std(ddof=1)) / math.sqrt(len(known))
    return Estimate(float(known.mean()), t_quantile(confidence, len(known) - 1) * error, bound)


FEWEST_BEYOND_CONTROLS = 10
"""So many replications more than controls there must be before controls are used."""


def controlled_estimate(values: Floats, lower_bounds: Booleans, controls: Floats, confidence: float) -> Estimate:
    """``mean_estimate`` with what ``controls`` (float64[R, C], each of mean zero) explain taken off.

    The intercept of the regression of the values on the controls, with its t interval of R - C - 1 degrees of freedom:
    Lavenberg and Welch, *Management Science* 27 (1981) 322-335. With too few replications, or where no control varies,
    the plain mean.
    """
    known = ~np.isnan(values)
    columns = controls[known]
    columns = columns[:, columns.std(axis=0) > 0.0] if known.any() else columns
    count, used = columns.shape
    if not used or count < used + FEWEST_BEYOND_CONTROLS:
        return mean_estimate(values, lower_bounds, confidence)
    design = np.column_stack((np.ones(count), columns))
    orthogonal, triangle = np.linalg.qr(design)
    if np.min(np.abs(np.diagonal(triangle))) <= 1e-10 * np.max(np.abs(triangle)):
        return mean_estimate(values, lower_bounds, confidence)
    inverse = np.linalg.inv(triangle)
    coefficients = inverse @ (orthogonal.T @ values[known])
    residuals = values[known] - design @ coefficients
    freedom = count - used - 1
    error = math.sqrt(float(residuals @ residuals) / freedom * float(inverse[0] @ inverse[0]))
    return Estimate(float(coefficients[0]), t_quantile(confidence, freedom) * error, bool(lower_bounds.any()))


def t_quantile(confidence: float, freedom: int) -> float:
    """The two-sided quantile of Student's t with ``freedom`` degrees of freedom."""
    from scipy.special import stdtrit

    return float(stdtrit(freedom, 0.5 + confidence / 2.0))


def t_quantiles(confidence: float, freedom: Integers) -> Floats:
    """The same for many degrees of freedom at once."""
    from scipy.special import stdtrit

    return np.asarray(stdtrit(freedom, 0.5 + confidence / 2.0), np.float64)


def group_count(replications: int) -> int:
    """How many groups of nearly equal size the jackknife forms: at most ``MOST_GROUPS``, each of whole replications."""
    return replications // max(1, math.ceil(replications / MOST_GROUPS)) if replications else 0


def groups(replications: int) -> Integers:
    """int32[replications]: the group of each replication, in order."""
    count = group_count(replications)
    return (np.arange(replications) * count // max(1, replications)).astype(np.int32)


@dataclass(frozen=True, eq=False)
class Pooled:
    """A quantile over the values of all replications together: ``value``, and ``without`` float64[G], the same with
    each group of replications left out."""

    value: float
    without: Floats
    lower_bound: bool

    def estimate(self, confidence: float) -> Estimate:
        """With the interval of the delete-a-group jackknife."""
        return Estimate(self.value, jackknife_half_width(self.without, confidence), self.lower_bound)


def jackknife_half_width(without: Floats, confidence: float) -> float:
    """Half-width of the t interval from the estimates with each of G groups left out; nan with fewer than two.

    variance = (G - 1) / G x sum of squares about their mean: Shao and Wu, Ann. Statist. 17 (1989) 1176, who show that
    for quantiles whole groups must be left out, not single values.
    """
    known = without[~np.isnan(without)]
    count = len(known)
    if count < 2:
        return math.nan
    variance = (count - 1) / count * float(((known - known.mean()) ** 2).sum())
    return t_quantile(confidence, count - 1) * math.sqrt(variance)


def pooled_quantile(samples: Sequence[Sample], percent: int) -> Pooled:
    """The quantile of all values of ``samples`` (one per replication, in order) together.

    Without its group, the quantile of rank m lies among the full sample's ranks m to m + n (n the group's values): only
    that stretch is sorted.
    """
    if any(sample.counts is not None for sample in samples):
        return _pooled_counts(samples, percent)
    sizes = np.array([len(sample.values) for sample in samples], np.int64)
    total, group_of = int(sizes.sum()), groups(len(samples))
    parts = group_count(len(samples))
    if not total:
        return Pooled(math.nan, np.full(parts, np.nan), False)
    values = np.concatenate([sample.values for sample in samples])
    labels = np.repeat(group_of, sizes)
    group_sizes = np.bincount(labels, minlength=parts)
    ranks = np.array([rank(percent, total - int(size)) for size in group_sizes], np.int64)
    low = int(min(rank(percent, total), ranks.min() if parts else total)) - 1
    low = max(low, 0)
    high = min(int((ranks + group_sizes).max(initial=rank(percent, total))), total) - 1
    order = np.argpartition(values, (low, high))
    stretch = order[low : high + 1]
    stretch = stretch[np.argsort(values[stretch], kind="stable")]
    value = float(values[stretch[rank(percent, total) - 1 - low]])
    without = np.array(
        [
            _without(values[stretch], labels[stretch] != group, int(ranks[group] - before))
            if group_sizes[group] < total
            else np.nan
            for group, before in enumerate(low - np.bincount(labels[order[:low]], minlength=parts))
        ]
    )
    return Pooled(value, without, value >= min(sample.least_censored for sample in samples))


def _pooled_counts(samples: Sequence[Sample], percent: int) -> Pooled:
    """``pooled_quantile`` where values stand with their counts."""
    values = np.concatenate([sample.values for sample in samples])
    labels = np.repeat(groups(len(samples)), [len(sample.values) for sample in samples])
    order = np.argsort(values, kind="stable")
    values, labels = values[order], labels[order]
    counts = np.concatenate([_counts(sample) for sample in samples])[order]

    def among(kept: Integers) -> float:
        upto = np.cumsum(kept)
        if not len(upto) or not upto[-1]:
            return math.nan
        return float(values[np.searchsorted(upto, rank(percent, int(upto[-1])), side="left")])

    value = among(counts)
    without = np.array([among(np.where(labels == g, 0, counts)) for g in range(group_count(len(samples)))])
    return Pooled(value, without, value >= min(sample.least_censored for sample in samples))


def _without(values: Floats, kept: Booleans, place: int) -> float:
    """The value at rank ``place`` (from 1) among the kept ones of a sorted stretch."""
    return float(values[kept][place - 1])
