"""The values of a long run in little memory: exact while they are few, then a histogram over the bits of floats.

A bin is a 1024th of an octave, so that all its values lie within 0.1 % of each other, and a value read off it (the mean
of what fell into it) within 0.1 % of the true order statistic. Where equal values repeat (whole minutes, workdays), the
mean of a bin is that value and the quantile exact. The mean of the sample is always exact. The same idea, with bins by
a logarithm, is DDSketch (Masson, Rim and Lee, PVLDB 12 (2019) 2195); here the exponent and the upper bits of the
fraction are the bin.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.kpi.passes import fold
from simgov.kpi.statistics import Sample, joined, none_censored

BITS_DROPPED = 42
BINS_AN_OCTAVE = 1 << (52 - BITS_DROPPED)
RELATIVE_ERROR = 1.0 / BINS_AN_OCTAVE
SMALLEST = 2.0**-20
"""Minutes. What is smaller, 0 included, shares the first bin."""


@dataclass(eq=False)
class Sketch:
    """One sample as it grows: ``parts`` as they came, and the histogram of what was folded before.

    ``counts`` and ``sums`` [1 + bins] are of the values in each bin, bin 0 for those below ``SMALLEST``; bin 1 begins
    at ``lowest`` (an upper part of the bits of a float64).
    """

    parts: list[Sample] = field(default_factory=list)
    lowest: int = 0
    counts: Integers = field(default_factory=lambda: np.zeros(1, np.int64))
    sums: Floats = field(default_factory=lambda: np.zeros(1))
    total: float = 0.0

    @property
    def held(self) -> int:
        """Values kept one by one, those of repeated values apart."""
        return sum(len(part.values) for part in self.parts if part.counts is None)

    def sample(self) -> Sample:
        """All values so far."""
        if not self.counts.any():
            return joined(self.parts)
        filled = np.flatnonzero(self.counts)
        counts = self.counts[filled]
        folded = Sample(self.sums[filled] / counts, none_censored(len(filled)), counts, self.total)
        return joined([folded, *self.parts])

    def fold(self) -> None:
        """Put what is held into the histogram; ages of open cases stay, since each may be a bound."""
        kept = []
        for part in self.parts:
            if part.counts is not None or part.any_censored:
                kept.append(part)
            elif len(part.values):
                self._fold(np.ascontiguousarray(part.values))
        self.parts = [joined(kept)] if kept else []

    def _fold(self, values: Floats) -> None:
        self._make_room(float(values.min()), float(values.max()))
        fold(values, values.view(np.int64), BITS_DROPPED, SMALLEST, self.lowest, self.counts, self.sums)
        self.total += float(values.sum())

    def _make_room(self, least: float, most: float) -> None:
        """Whole octaves from the smallest value that has a bin of its own up to the largest."""
        if most < SMALLEST:
            return
        low, high = _octave(max(least, SMALLEST)), _octave(most) + BINS_AN_OCTAVE
        if len(self.counts) > 1:
            low = min(low, self.lowest)
            high = max(high, self.lowest + len(self.counts) - 1)
        bins = 1 + high - low
        if bins == len(self.counts):
            return
        counts, sums = np.zeros(bins, np.int64), np.zeros(bins)
        counts[0], sums[0] = self.counts[0], self.sums[0]
        if len(self.counts) > 1:
            span = slice(1 + self.lowest - low, self.lowest - low + len(self.counts))
            counts[span], sums[span] = self.counts[1:], self.sums[1:]
        self.lowest, self.counts, self.sums = low, counts, sums


def _octave(value: float) -> int:
    """The first bin of the octave of a positive value."""
    if not 0.0 < value < math.inf:
        raise ValueError(f"a time must be finite and not negative, not {value!r}")
    return (int(np.float64(value).view(np.int64)) >> 52) << (52 - BITS_DROPPED)
