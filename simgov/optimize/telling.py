"""When an effect can be told from noise: how far two trials may differ by chance, how often an effect then shows, and
how long trials have to be, with how sure that is.

Everything is taken from simulated trials of the length in question, never from a formula for weeks that have nothing to
do with each other: a queue of one week is still there in the next. A *pair* is two trials; R trials of each kind make
R (R - 1) / 2 pairs, or R² of one kind and the other, which together say more than R pairs of trials used once. How sure
that is follows from the theory of U-statistics (Hoeffding 1948; Lehmann 1999, Elements of Large-Sample Theory, 6.1):
the variance of a share of pairs is about that of each trial's own share, times (2 kinds added up, or 4 for one kind)
over R.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from simgov.arrays import Floats, Integers

LEVEL = 0.05
"""How often at most an effect is seen where there is none."""
SURE = 2.0
"""So many standard errors of its own the limit of chance allows for, so that it holds ``LEVEL`` in 95 % of all cases:
1.645 would do for a measure that is normal, not for one that is far from it (``benchmarks/optimiser/pilots.py``)."""
RESAMPLES = 200
"""How often the trials are drawn anew from themselves for the interval of the weeks."""
CONFIDENCE = 0.95

Trials = Callable[[int], tuple[Floats, Floats]]
"""Trials of so many weeks without a reform and with it, float64[R] each; the same places, the same replications."""


def chance_limit(without: Floats, level: float = LEVEL, sure: float = SURE) -> float:
    """What two trials of the same kind differ by in no more than ``level`` of all pairs.

    The share of pairs beyond it is ``sure`` of its standard errors smaller than ``level``: a limit from few trials is
    larger. Trials in which there was nothing to measure (nan) differ from none.
    """
    known = np.sort(without[np.isfinite(without)])
    if len(known) < 2:
        return math.inf
    gaps = _gaps(known)
    error = 2.0 * float(np.std(_shares(known, known, _quantile(gaps, level), 0.0))) / math.sqrt(len(known))
    return _quantile(gaps, level - sure * error)


def share_seen(without: Floats, reformed: Floats, limit: float, sign: float = 0.0) -> tuple[float, float]:
    """The share of all pairs, of one kind and the other, that differ by more than ``limit``, and its standard error.

    With a ``sign`` only pairs count whose difference has it: those in which the effect is seen, not its contrary.
    """
    known = np.sort(without[np.isfinite(without)])
    if not len(known):
        return 0.0, 0.0
    of_reformed = _shares(known, reformed, limit, sign) * (len(known) / len(without))
    of_without = _shares(np.sort(reformed[np.isfinite(reformed)]), without, limit, -sign)
    spread = float(np.var(of_reformed)) / len(reformed) + float(np.var(of_without)) / len(without)
    return float(np.mean(of_reformed)), math.sqrt(spread)


@dataclass(frozen=True)
class Weeks:
    """The fewest weeks that are enough, and the interval in which those lie that are truly needed, with a probability
    of ``CONFIDENCE``; None is more than the longest trials have."""

    fewest: int | None
    low: int | None
    high: int | None


def weeks_needed(trials: Trials, most: int, power: float, seed: int) -> Weeks:
    """How long trials have to be for the effect to be seen with the probability ``power``.

    The effect has the sign that it has over the longest trials. The interval is that of the bootstrap (Efron and
    Tibshirani 1993): replications are drawn anew, all that is known of one with it. It begins at what a limit of chance
    without allowance would need, since that is what is truly needed; it ends at what one with its allowance needs.
    """
    count = len(trials(most)[0])
    random = np.random.default_rng([seed, 0x9107])
    exact, allowing = (_fewest(trials, most, power, sure) for sure in (0.0, SURE))
    again: list[tuple[int, int]] = []
    for _ in range(RESAMPLES):
        own, other = random.integers(count, size=(2, count))

        def resampled(weeks: int, own: Integers = own, other: Integers = other) -> tuple[Floats, Floats]:
            without, reformed = trials(weeks)
            return without[own], reformed[other]

        again.append((_fewest(resampled, most, power, 0.0), _fewest(resampled, most, power, SURE)))
    of_exact, of_allowing = np.array(again, np.int64).T
    tail = (1.0 - CONFIDENCE) / 2.0
    low = min(_end(of_exact, exact, tail), exact)
    high = max(_end(of_allowing, allowing, 1.0 - tail), allowing)
    return Weeks(*(weeks if weeks <= most else None for weeks in (allowing, low, high)))


def _end(again: Integers, found: int, share: float) -> int:
    """One end of the bias-corrected percentile interval (Efron and Tibshirani 1993, 14.3): what is drawn anew from few
    trials lacks their extremes, so weeks found anew are fewer on the whole."""
    below = float(np.mean(again < found)) + 0.5 * float(np.mean(again == found))
    few = 0.5 / len(again)
    moved = float(ndtr(2.0 * ndtri(min(max(below, few), 1.0 - few)) + ndtri(share)))
    return int(np.quantile(again, moved, method="nearest"))


def _fewest(trials: Trials, most: int, power: float, sure: float) -> int:
    """The fewest weeks that are enough, by bisection, since longer trials scatter less; ``most`` + 1 where ``most`` are
    too few."""
    without, reformed = trials(most)
    effect = mean_of(reformed) - mean_of(without)

    def enough(weeks: int) -> bool:
        before, after = trials(weeks)
        return share_seen(before, after, chance_limit(before, sure=sure), effect)[0] >= power

    if not effect or math.isnan(effect) or not enough(most):
        return most + 1
    few, many = 0, most
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many


def mean_of(values: Floats) -> float:
    """The mean over trials that had something to measure; nan where none had."""
    known = values[np.isfinite(values)]
    return float(np.mean(known)) if len(known) else math.nan


def _gaps(known: Floats) -> Floats:
    """What each pair of trials differs by."""
    one, other = np.triu_indices(len(known), 1)
    return np.asarray(known[other] - known[one])


def _quantile(gaps: Floats, level: float) -> float:
    """The smallest of the gaps that no more than ``level`` of them exceed; the largest where ``level`` is 0 or less."""
    place = len(gaps) - 1 - math.floor(max(level, 0.0) * len(gaps))
    return float(np.partition(gaps, place)[place])


def _shares(ordered: Floats, values: Floats, limit: float, sign: float) -> Floats:
    """For each of the values, the share of ``ordered`` that is further away than ``limit``: below it (``sign`` > 0),
    above it (``sign`` < 0) or either (0). Nothing is further away from nan."""
    known = np.isfinite(values)
    if not len(ordered):
        return np.zeros(len(values))
    below = np.searchsorted(ordered, values - limit, side="left") * (sign >= 0)
    above = (len(ordered) - np.searchsorted(ordered, values + limit, side="right")) * (sign <= 0)
    return np.where(known, (below + above) / len(ordered), 0.0)
