"""Calibrating a baseline: the one number at which the simulated figure is what was published before.

Every value of the number meets the same replications, so that the figure is a function of it; its root is found by
Alefeld, Potra and Shi's algorithm 748 (*ACM Trans. Math. Softw.* 21, 1995), as scipy has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from scipy.optimize import toms748

TOLERANCE = 0.005
"""How far the simulated figure may be from the published one, as a share of it."""

WIDER = 3.0
"""By how much the search grows outwards from a guess that was not near enough."""


MOST_SECANTS = 5
"""Steps along the slope from a guess, before the root is enclosed instead."""


@dataclass(frozen=True)
class Root:
    """The number that was found, the figure there, and by how much the figure changes with the number nearby."""

    number: float
    value: float
    slope: float


@dataclass(frozen=True)
class Guess:
    """Where the root is looked for first, how far around it, and the slope there (nan where it is not known)."""

    at: float
    width: float
    slope: float = math.nan


class OutOfReach(Exception):
    """Between ``low`` and ``high`` the figure only goes from ``at_low`` to ``at_high``: it never is ``wanted``."""

    def __init__(self, wanted: float, at_low: float, at_high: float) -> None:
        super().__init__(f"the figure goes from {at_low:.4g} to {at_high:.4g} and never is {wanted:.4g}")
        self.wanted, self.at_low, self.at_high = wanted, at_low, at_high


def calibrated(
    simulated: Callable[[float], float], wanted: float, low: float, high: float, guess: Guess | None = None
) -> Root:
    """The number between ``low`` and ``high`` at which ``simulated`` is ``wanted``.

    Within ``TOLERANCE`` where the figure is continuous; where it jumps over ``wanted``, the number at the jump. Raises
    ``OutOfReach`` where it is larger, or smaller, at both ends.
    """
    known: dict[float, float] = {}
    allowed = TOLERANCE * abs(wanted)

    def excess(number: float) -> float:
        if number not in known:
            value = simulated(number)
            known[number] = math.inf if math.isnan(value) else value
        difference = known[number] - wanted
        return 0.0 if abs(difference) <= allowed else min(max(difference, -1e150), 1e150)

    if guess is not None and math.isfinite(guess.slope) and guess.slope != 0.0:
        _along_the_slope(excess, low, high, guess)
    if not any(excess(number) == 0.0 for number in list(known)):
        first, last = _enclosed(excess, sorted(known)) or _bracket(excess, low, high, guess)
        if excess(first) * excess(last) > 0.0:
            raise OutOfReach(wanted, known[first], known[last])
        if excess(first) * excess(last) < 0.0:
            tolerance = 1e-12 * max(abs(first), abs(last))
            toms748(excess, first, last, xtol=tolerance, rtol=1e-9, k=1, maxiter=200)
    # The dictionary is in the order of the search, so that of equally good numbers the last one is at the jump.
    best = min(reversed(list(known)), key=lambda number: abs(known[number] - wanted))
    return Root(best, known[best], _slope(known, best, 0.003 * (high - low)))


def _along_the_slope(excess: Callable[[float], float], low: float, high: float, guess: Guess) -> None:
    """Secant steps from the guess, as long as they come nearer."""
    slope, at = guess.slope, min(max(guess.at, low), high)
    value = excess(at)
    for _ in range(MOST_SECANTS):
        if value == 0.0:
            return
        following = min(max(at - value / slope, low), high)
        if following == at:
            return
        there = excess(following)
        if abs(there) > abs(value):
            return
        change = (there - value) / (following - at)
        slope, at, value = change if change * guess.slope > 0.0 else guess.slope, following, there


def _slope(known: dict[float, float], best: float, apart: float) -> float:
    """Between the best number and the nearest other one that was tried, of those far enough ``apart`` to tell."""
    others = [number for number in known if abs(number - best) >= apart and math.isfinite(known[number])]
    if not others or not math.isfinite(known[best]):
        return math.nan
    nearest = min(others, key=lambda number: (abs(number - best), number))
    return (known[nearest] - known[best]) / (nearest - best)


def _enclosed(excess: Callable[[float], float], known: Sequence[float]) -> tuple[float, float] | None:
    """The nearest neighbours among the numbers tried between which the sign changes; None where it does nowhere."""
    pairs = [pair for pair in pairwise(known) if excess(pair[0]) * excess(pair[1]) < 0.0]
    return min(pairs, key=lambda pair: pair[1] - pair[0], default=None)


def _bracket(excess: Callable[[float], float], low: float, high: float, guess: Guess | None) -> tuple[float, float]:
    """Two numbers between which the sign changes, near the guess where there is one; otherwise both ends."""

    def between(first: float, last: float) -> bool:
        return excess(first) * excess(last) <= 0.0

    if guess is None:
        return low, high
    at, width = min(max(guess.at, low), high), max(guess.width, 1e-9 * (high - low))
    first, last = max(at - width, low), min(at + width, high)
    while not between(first, last):
        if first == low and last == high:
            break
        width *= WIDER
        below, above = (max(first - width, low), first), (last, min(last + width, high))
        nearer = (below, above) if abs(excess(first)) < abs(excess(last)) else (above, below)
        for pair in nearer:
            if pair[0] < pair[1] and between(*pair):
                return pair
        first, last = below[0], above[1]
    return first, last
