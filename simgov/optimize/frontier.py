"""What is left to exclude before a plan is proved: designs that cost less and have as much as that cost allows.

Excluding a design by a box excludes all with less, so only these *maximal* ones need it. Where a space is small they
are all listed, otherwise sampled; the master programme, not this list, decides when the proof is complete.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection, Sequence

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.space import Design, Space

LARGEST_LIST = 400_000
SAMPLE = 2_000
FEW = 500
"""Of a sample, once fewer rows are left, more are looked for around them."""

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
        only: Collection[int] | None = None,
    ) -> None:
        """``only``: list designs of these settings alone."""
        self._space = space
        self._rival = cheaper_than
        self._left = left
        self._held = held
        self._random = np.random.default_rng([seed, 0x5F])
        settings = range(len(space.settings))
        nothing = np.empty((0, space.dimensions), np.int64)
        listed = self._listed if space.grid <= LARGEST_LIST else self._sampled
        self._rows: list[Integers] = [
            listed(setting) if only is None or setting in only else nothing for setting in settings
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
        vectors = vectors[self._cheaper(setting, vectors)]
        if len(vectors):
            vectors = vectors[self._left(setting, vectors)]
        self._rows[setting] = np.unique(np.vstack((self._rows[setting], vectors)), axis=0)

    def below(self, setting: int, vector: Integers) -> Integers:
        """The designs with one step less of one thing than ``vector``."""
        choice = self._space.choice(setting, vector)
        if choice is None:
            return np.empty((0, len(vector)), np.int64)
        steps = choice - np.eye(len(choice), dtype=np.int64)[choice > self._space.fewest(setting)]
        return self._space.laid_out(steps[self._space.allowed(setting, steps)])

    def around(self, setting: int, vector: Integers, count: int = SAMPLE) -> Integers:
        """Maximal designs that have no less of anything than the design ``vector``, by random ways up."""
        choice = self._space.choice(setting, vector)
        return vector[None, :] if choice is None else self._ways_up(setting, np.repeat(choice[None, :], count, axis=0))

    def replenish(self) -> None:
        """Where only a sample is listed and few of it are left, list more: what lies around them is likely left too."""
        if self._space.grid <= LARGEST_LIST or self._space.rosters:
            return
        for setting, rows in enumerate(self._rows):
            if 0 < len(rows) < FEW:
                low, held = self._space.fewest(setting), self._space.held_choices(self._held[setting])
                starts = rows[self._random.integers(0, len(rows), SAMPLE)]
                down = self._random.integers(0, 3, starts.shape) * (self._random.random(starts.shape) < 0.3)
                starts = np.where(held, starts, np.maximum(starts - down, low))
                self.add(setting, self._ways_up(setting, starts))

    def _ways_up(self, setting: int, starts: Integers) -> Integers:
        """A maximal design above each of these choices, by random ways.

        The ways may lead through what falls short of a limit or bound.
        """
        rows = starts.copy()
        high, held = self._space.most(setting), self._space.held_choices(self._held[setting])
        active = np.ones(len(rows), np.bool_)
        while active.any():
            places = np.flatnonzero(active)
            wish = self._random.random((len(places), len(high)))
            wish[rows[places] >= high] = -1.0
            wish[:, held] = -1.0
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
        return np.unique(self._space.laid_out(rows[self._space.allowed(setting, rows)]), axis=0)

    def _listed(self, setting: int) -> Integers:
        """Every maximal design of a setting that is left."""
        low, high = self._space.fewest(setting), self._space.most(setting)
        sides = tuple(int(side) for side in high - low + 1)
        every = np.indices(sides).reshape(len(sides), math.prod(sides)).T + low  # without pools: the one empty design
        cheap = self._cheap(setting, every, self._space.allowed)
        rows, grid = every[cheap], cheap.reshape(sides)
        maximal = np.ones(len(rows), np.bool_)
        for column in np.flatnonzero(~self._space.held_choices(self._held[setting])):
            above = rows.copy()
            above[:, column] = np.minimum(above[:, column] + 1, high[column])
            larger = rows[:, column] < high[column]
            maximal &= ~(larger & grid[tuple((above - low).T)])
        rows = np.unique(self._space.laid_out(rows[maximal]), axis=0)
        return rows[self._left(setting, rows)] if len(rows) else rows

    def _sampled(self, setting: int) -> Integers:
        """Some maximal designs of a setting that are left."""
        low = self._space.fewest(setting)
        if not self._cheap(setting, low[None, :], self._space.growing)[0]:
            return np.empty((0, self._space.dimensions), np.int64)
        count = max(LEAST_SAMPLE, SAMPLE // len(self._space.settings))
        rows = self._ways_up(setting, np.repeat(low[None, :], count, axis=0))
        return rows[self._left(setting, rows)]

    def _cheap(self, setting: int, choices: Integers, allowing: Callable[[int, Integers], Booleans]) -> Booleans:
        """Whether each choice is ``allowing`` and costs less than the rival, or the same and comes before it."""
        allowed = allowing(setting, choices)
        return np.asarray(allowed & self._cheaper(setting, self._space.laid_out(choices)))

    def _cheaper(self, setting: int, vectors: Integers) -> Booleans:
        if self._rival is None:
            return np.ones(len(vectors), np.bool_)
        cost, design = self._rival
        costs = self._space.costs(setting, vectors)
        cheap = costs < cost
        for row in np.flatnonzero(costs == cost):
            cheap[row] = self._space.design(setting, vectors[row]) < design
        return np.asarray(cheap)


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
