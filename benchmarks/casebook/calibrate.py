"""Calibrating a baseline: the one number at which the simulated figure is what was published before.

Every value of the number meets the same replications, so that the figure is a function of it; its root is found by
Alefeld, Potra and Shi's algorithm 748 (*ACM Trans. Math. Softw.* 21, 1995), as scipy has it.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass

from scipy.optimize import toms748

TOLERANCE = 0.002
"""How far the simulated figure may be from the published one, as a share of it: less than any figure is printed to."""

WIDER = 3.0
"""By how much the search grows outwards from a guess that was not near enough."""


@dataclass(frozen=True)
class Guess:
    """Where the root is looked for first, and how far around it."""

    at: float
    width: float


class OutOfReach(Exception):
    """Between ``low`` and ``high`` the figure only goes from ``at_low`` to ``at_high``: it never is ``wanted``."""

    def __init__(self, wanted: float, at_low: float, at_high: float) -> None:
        super().__init__(f"the figure goes from {at_low:.4g} to {at_high:.4g} and never is {wanted:.4g}")
        self.wanted, self.at_low, self.at_high = wanted, at_low, at_high


def calibrated(
    simulated: Callable[[float], float], wanted: float, low: float, high: float, guess: Guess | None = None
) -> tuple[float, float]:
    """The number between ``low`` and ``high`` at which ``simulated`` is ``wanted``, and what it is there.

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

    first, last = _bracket(excess, low, high, guess)
    if excess(first) * excess(last) > 0.0:
        raise OutOfReach(wanted, known[first], known[last])
    for end in (first, last):
        if excess(end) == 0.0:
            return end, known[end]
    root = float(toms748(excess, first, last, xtol=1e-12 * max(abs(first), abs(last)), rtol=1e-9, k=1, maxiter=200))
    excess(root)
    best = min(known, key=lambda number: (abs(known[number] - wanted), abs(number - root)))
    return best, known[best]


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
