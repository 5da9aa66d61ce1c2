"""What is done where more staff brings other cases sooner to where those of a target wait.

That hurts the target a little, so a cut that takes it to help is wrong by a little. Either the staff is branched over
value by value, or the guard band has to cover it. Enumerated offices (benchmarks/optimiser/networks.py) needed up to
7 % where neither was done; where it was, those who share the queues of a target's cases needed up to 2.2 % and all
others less than 1 %.
"""

from __future__ import annotations

import math

from simgov.optimize.goals import Others
from simgov.optimize.influence import EITHER, HELPS, SOONER

MOST_HELD = 128
"""What only brings others sooner is branched over while there are no more combinations of values."""

GUARD_BANDS = {Others.NONE: 0.01, Others.SHARING: 0.025, Others.ELSEWHERE: 0.05}
"""Relative to the limit of a target, by whom more staff sends on besides the cases that the target is about."""


def held_back(effects: tuple[int, ...], sides: tuple[int, ...]) -> tuple[tuple[int, ...], Others]:
    """The effects with what only brings others sooner taken either way, or where that is too much, for a help.

    ``sides``: how many values each coordinate has.
    """
    ways = math.prod(side for effect, side in zip(effects, sides, strict=True) if effect == SOONER)
    taken_for, others = (EITHER, Others.NONE) if ways <= MOST_HELD else (HELPS, Others.ELSEWHERE)
    return tuple(taken_for if effect == SOONER else effect for effect in effects), others
