"""What is left to exclude before a plan is proved: designs that cost less and have as much as that cost allows.

Excluding a design by a box excludes all with less, so only these *maximal* ones need it. Where a space is small they
are all listed, otherwise sampled; the master programme, not this list, decides when the proof is complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.space import Design, Space

LARGEST_LIST = 400_000
SAMPLE = 2_000
LEAST_SAMPLE = 64


class Frontier:
    """Maximal designs below a cost, by setting; ``cheaper_than`` is the cost and design to beat.

    ``left(setting, vectors)`` tells which designs no cut excludes yet. ``held[setting]`` are the coordinates in which
    a box holds one value only: designs that differ there are maximal side by side.
    """

    def __init__(
        self,
        space: Space,
        cheaper_than: tuple[int, Design] | None,
        left: Callable[[int, Integers], Booleans],
        held: Sequence[Booleans],
        seed: int,
    ) -> None:
        self._space = space
        self._rival = cheaper_than
        self._left = left
        self._held = held
        self._random = np.random.default_rng([seed, 0x5F])
        settings = range(len(space.settings))
        self._rows: list[Integers] = [
            self._listed(setting) if space.grid <= LARGEST_LIST else self._sampled(setting) for setting in settings
        ]

    @property
    def empty(self) -> bool:
        """Whether nothing is listed any more."""
        return not any(len(rows) for rows in self._rows)

    def rows(self, setting: int) -> Integers:
        """The listed vectors of one setting."""
        return self._rows[setting]

    def drop_excluded(self) -> None:
        """Forget what cuts exclude by now; below a design excluded alone, its lower neighbours take its place."""
        for setting, rows in enumerate(self._rows):
            if len(rows):
                self._rows[setting] = rows[self._left(setting, rows)]

    def add(self, setting: int, vectors: Integers) -> None:
        """List more designs of a setting, those that are left and cheap enough."""
        vectors = vectors[self._cheap(setting, vectors)]
        if len(vectors):
            vectors = vectors[self._left(setting, vectors)]
        self._rows[setting] = np.unique(np.vstack((self._rows[setting], vectors)), axis=0)

    def below(self, setting: int, vector: Integers) -> Integers:
        """The designs with one step less of one thing than ``vector``."""
        low = self._space.lowest(setting)
        steps = np.eye(len(vector), dtype=np.int64)[vector > low]
        return np.asarray(vector - steps, np.int64)

    def around(self, setting: int, vector: Integers, count: int = SAMPLE) -> Integers:
        """Maximal designs that have no less of anything than ``vector``, by random ways up.

        The ways may lead through what falls short of a limit.
        """
        rows = np.repeat(vector[None, :], count, axis=0)
        high = self._space.highest(setting)
        active = np.ones(count, np.bool_)
        while active.any():
            places = np.flatnonzero(active)
            wish = self._random.random((len(places), len(high)))
            wish[rows[places] >= high] = -1.0
            wish[:, self._held[setting]] = -1.0
            # Try the coordinates of each row in random order; a row that none fits is maximal.
            moved = np.zeros(len(places), np.bool_)
            for _ in range(len(high)):
                column = wish.argmax(axis=1)
                open_rows = ~moved & (wish[np.arange(len(places)), column] >= 0.0)
                if not open_rows.any():
                    break
                trial = rows[places].copy()
                trial[np.arange(len(places)), column] += 1
                fits = np.zeros(len(places), np.bool_)
                fits[open_rows] = self._cheap(setting, trial[open_rows], self._space.growing)
                rows[places[fits]] = trial[fits]
                moved |= fits
                wish[np.arange(len(places)), column] = -1.0
            active[places[~moved]] = False
        rows = np.unique(rows, axis=0)
        return rows[self._space.allowed(setting, rows)]

    def _listed(self, setting: int) -> Integers:
        """Every maximal design of a setting that is left."""
        low, high = self._space.lowest(setting), self._space.highest(setting)
        sides = tuple(int(side) for side in high - low + 1)
        every = np.indices(sides).reshape(len(sides), math.prod(sides)).T + low  # without pools: the one empty design
        cheap = self._cheap(setting, every)
        rows, grid = every[cheap], cheap.reshape(sides)
        maximal = np.ones(len(rows), np.bool_)
        for column in np.flatnonzero(~self._held[setting]):
            above = rows.copy()
            above[:, column] = np.minimum(above[:, column] + 1, high[column])
            larger = rows[:, column] < high[column]
            maximal &= ~(larger & grid[tuple((above - low).T)])
        rows = rows[maximal]
        return rows[self._left(setting, rows)] if len(rows) else rows

    def _sampled(self, setting: int) -> Integers:
        """Some maximal designs of a setting that are left."""
        low = self._space.lowest(setting)
        if not self._cheap(setting, low[None, :], self._space.growing)[0]:
            return np.empty((0, len(low)), np.int64)
        rows = self.around(setting, low, max(LEAST_SAMPLE, SAMPLE // len(self._space.settings)))
        return rows[self._left(setting, rows)]

    def _cheap(
        self, setting: int, vectors: Integers, allowing: Callable[[int, Integers], Booleans] | None = None
    ) -> Booleans:
        """Whether each is a design (or what else is ``allowing``) and costs less than the rival, or the same and comes
        before it.
        """
        allowed = (allowing or self._space.allowed)(setting, vectors)
        if self._rival is None:
            return allowed
        cost, design = self._rival
        costs = self._space.costs(setting, vectors)
        cheap = costs < cost
        for row in np.flatnonzero(costs == cost):
            cheap[row] = self._space.design(setting, vectors[row]) < design
        return np.asarray(cheap & allowed)


def covered(rows: Integers, boxes: Integers, held: Booleans) -> Booleans:
    """Bool[boxes, rows]: whether a row has no more of anything than a box, and the same of what is ``held``."""
    within = (rows[None, :, ~held] <= boxes[:, None, ~held]).all(axis=2)
    return np.asarray(within & (rows[None, :, held] == boxes[:, None, held]).all(axis=2))


def lift(
    vectors: Integers,
    high: Integers,
    orders: Integers,
    infeasible: Callable[[Integers, Floats], Booleans],
    caution: Floats,
) -> Integers:
    """Each vector raised as far as ``infeasible(vectors, caution)`` still holds, coordinate by coordinate in its order.

    A bisection on each coordinate, for all vectors at once; vectors for which it does not hold stay as they are.
    """
    rows = vectors.copy()
    start = infeasible(rows, caution)
    every = np.arange(len(rows))
    for place in range(orders.shape[1]):
        column = orders[:, place]
        good, bad = rows[every, column].copy(), high[column] + 1
        while (active := start & (bad - good > 1)).any():
            middle = (good + bad) // 2
            trial = rows[active].copy()
            trial[np.arange(len(trial)), column[active]] = middle[active]
            holds = infeasible(trial, caution[active])
            good[np.flatnonzero(active)[holds]] = middle[active][holds]
            bad[np.flatnonzero(active)[~holds]] = middle[active][~holds]
        rows[every, column] = np.where(start, good, rows[every, column])
    return rows
