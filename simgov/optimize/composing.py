"""Several proofs with one simulation: where goals depend on different pools, a design is composed of a part for each.

Goals that share pools or measures which only help form a *cluster*. What is left to exclude is looked at cluster by
cluster, with everything else as the cheapest design left has it: of the cluster's own sub-designs that would still be
cheap enough, the one whose exclusion is likely and would take most others with it becomes a part of the design to
simulate. That the parts do not touch each other makes it as good as one simulation for each of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.aspects import Aspects
from simgov.optimize.goals import Term
from simgov.optimize.space import Space

ROWS = 200
OF_THE_CHEAPEST = 0.2
"""To exclude the cheapest design left is worth this share of all rows: only then does the bound rise."""

LEAST_SCORE = 0.05


@dataclass(frozen=True)
class Cluster:
    """Goals, and bool[coordinates]: what any of them depends on in some setting."""

    goals: tuple[int, ...]
    columns: Booleans


class Footprints:
    """What each goal depends on in any of the settings, and which goals belong together."""

    def __init__(self, space: Space, terms: Sequence[Sequence[Sequence[Term]]], goals: Sequence[int]) -> None:
        self._space, self._terms, self._goals = space, terms, goals

    @cached_property
    def columns(self) -> Mapping[int, Booleans]:
        """For each goal bool[coordinates]."""
        found = {}
        for goal in self._goals:
            effects = {term.effects for setting in self._terms for term in setting[goal]}
            found[goal] = np.any([np.array(own) > 0 for own in effects], axis=0)
        return found

    @cached_property
    def features(self) -> Mapping[int, Booleans]:
        """For each goal bool[coordinates + options to branch over]: what its forecast may err in."""
        aspects, branching = Aspects(self._space), [not option.monotone for option in self._space.options]
        places = np.flatnonzero(branching)
        known: dict[tuple[int, ...], Booleans] = {}
        found = {}
        for goal in self._goals:
            keys = [tuple(term.key for term in setting[goal]) for setting in self._terms]
            numbers: dict[object, int] = {}
            pattern = tuple(numbers.setdefault(key, len(numbers)) for key in keys)
            if pattern not in known:
                known[pattern] = np.isin(places, aspects.of(pattern)[0].options)
            found[goal] = np.concatenate((self.columns[goal], known[pattern]))
        return found

    @cached_property
    def clusters(self) -> tuple[Cluster, ...]:
        """The goals by what they share."""
        clusters: list[Cluster] = []
        for goal, columns in self.columns.items():
            joined = [cluster for cluster in clusters if (cluster.columns & columns).any()]
            goals = sorted([goal, *(other for cluster in joined for other in cluster.goals)])
            every = np.any([columns, *(cluster.columns for cluster in joined)], axis=0)
            clusters = [cluster for cluster in clusters if cluster not in joined] + [Cluster(tuple(goals), every)]
        return tuple(clusters)


def climbed(
    space: Space,
    setting: int,
    vector: Integers,
    columns: Booleans,
    cheaper_than: int,
    random: np.random.Generator,
) -> Integers:
    """Designs that differ from ``vector`` in some columns and have as much there as the cost allows, by random ways up.

    Also from below ``vector``: less of one thing buys more of another.
    """
    low, high = space.lowest(setting), space.highest(setting)
    rows = np.repeat(vector[None, :], ROWS, axis=0)
    places = np.flatnonzero(columns)
    down = random.integers(0, 3, (ROWS, len(places)))
    rows[:, places] = np.maximum(rows[:, places] - down, low[places])
    order = random.permuted(np.tile(places, (ROWS, 1)), axis=1)
    every = np.arange(ROWS)
    moved = True
    while moved:
        moved = False
        for column in order.T:
            trial = rows.copy()
            trial[every, column] += 1
            fits = (trial[every, column] <= high[column]) & space.growing(setting, np.minimum(trial, high))
            fits[fits] = space.costs(setting, trial[fits]) < cheaper_than
            rows[fits] = trial[fits]
            moved = moved or bool(fits.any())
    return np.unique(rows, axis=0)


def best_part(
    cluster: Cluster,
    vector: Integers,
    rows: Integers,
    boxes: Integers,
    likely: Floats,
    held: Booleans,
) -> Integers | None:
    """Of the ``boxes``, the one worth most: how ``likely`` it is times the rows that it covers; None where none is.

    ``held`` coordinates must be the same for a box to cover a row.
    """
    free, same = cluster.columns & ~held, cluster.columns & held
    within = (rows[None, :, free] <= boxes[:, None, free]).all(axis=2)
    covers = within & (rows[None, :, same] == boxes[:, None, same]).all(axis=2)
    cheapest = (vector[free] <= boxes[:, free]).all(axis=1) & (vector[same] == boxes[:, same]).all(axis=1)
    worth = likely * (covers.sum(axis=1) + OF_THE_CHEAPEST * len(rows) * cheapest)
    if not len(boxes) or worth.max() < LEAST_SCORE:
        return None
    # Of equal ones the least: it is the likeliest to be infeasible in truth.
    best = min(np.flatnonzero(worth == worth.max()), key=lambda row: tuple(boxes[row]))
    return np.asarray(boxes[best])
