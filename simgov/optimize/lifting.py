"""Designs raised as far as the forecast still says that they miss a goal: so that one simulation excludes much."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.frontier import lift
from simgov.optimize.goals import Goal, Term
from simgov.optimize.guide import Guide
from simgov.optimize.ledger import Ledger
from simgov.optimize.space import Space

CAUTIONS = (0.2, 0.6, 1.3)
"""So many standard deviations better than forecast a lifted design may turn out, and still miss its goal."""


@dataclass(frozen=True)
class Lifting:
    """What the forecast says of boxes: how far they reach and how likely they are. ``ledger`` has the guard band."""

    space: Space
    goals: Sequence[Goal]
    terms: Sequence[Sequence[Sequence[Term]]]
    ledger: Ledger
    guide: Guide
    random: np.random.Generator

    def held(self, setting: int, goals: Sequence[int]) -> Booleans:
        """The coordinates that touch one of ``goals`` either way; they are not lifted."""
        held = [term.held for goal in goals for term in self.terms[setting][goal]]
        return np.any(held, axis=0) if held else np.zeros(self.space.dimensions, np.bool_)

    def probability(self, setting: int, boxes: Integers, goals: Sequence[int]) -> Floats:
        """How likely each box's corner misses one of ``goals`` by more than the band."""
        forecast = self.guide.forecast(setting, boxes, goals)
        guards = np.array([self.goals[goal].guard(self.ledger.band) for goal in goals])
        likely = ndtr((forecast.mean - guards) / forecast.deviation)
        return self.ledger.together.decisive(likely, goals)

    def several(
        self, setting: int, rows: Integers, goals: Sequence[int], columns: Booleans | None = None
    ) -> tuple[Integers, Floats]:
        """The different boxes that ``rows`` are lifted to with more and with less caution, and themselves, each with
        how likely it is."""
        base, caution = np.repeat(rows, len(CAUTIONS), axis=0), np.tile(np.array(CAUTIONS), len(rows))
        lifted = self.lifted(setting, base, caution, goals, self.ledger.band, columns)
        boxes = np.unique(np.vstack((lifted, rows)), axis=0)
        return boxes, self.probability(setting, boxes, goals)

    def lifted(
        self,
        setting: int,
        rows: Integers,
        caution: Floats,
        goals: Sequence[int],
        band: float,
        columns: Booleans | None = None,
    ) -> Integers:
        """Rows raised as far as the forecast says, with caution, that one of ``goals`` is missed by more than ``band``.

        Each in a random order of the coordinates; only in some ``columns`` where these are given. Goals that more
        staff hurts are lifted the other way: all ``goals`` must share one direction.
        """
        direction = self.goals[goals[0]].direction
        low, high = self.space.lowest(setting), self.space.highest(setting)
        guards = np.array([self.goals[goal].guard(band) if band else 0.0 for goal in goals])

        def turned(vectors: Integers) -> Integers:
            return vectors if direction > 0 else low + high - vectors

        def infeasible(vectors: Integers, cautions: Floats) -> Booleans:
            forecast = self.guide.forecast(setting, turned(vectors), goals)
            margin = forecast.mean - guards - cautions[:, None] * forecast.deviation
            missed = margin[:, 0] if len(goals) == 1 else self.ledger.together.decisive(margin, goals)
            return np.asarray((missed > 0.0) & self.space.simulable(setting, turned(vectors)))

        free = np.flatnonzero(~self.held(setting, goals) & (True if columns is None else columns))
        orders = self.random.permuted(np.tile(free, (len(rows), 1)), axis=1)
        return turned(lift(turned(rows), high, orders, infeasible, caution))
