"""What to simulate next in a large space: a part for each cluster of goals, so that one simulation serves all of them.

Two designs alternate. A *proposal* has the cheapest part of each cluster that is forecast to keep its goals, or that is
known to; the setting is the one in which they come cheapest. A *proof* takes the setting in which the cheapest design
left lies, and in each cluster the part whose exclusion is likely and would take most of what is too cheap with it. A
cluster that has nothing to propose proves, and one that has nothing to prove proposes.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.composing import best_part
from simgov.optimize.lifting import Lifting
from simgov.optimize.parts import NONE_LEFT, Kind, Parts
from simgov.optimize.space import Design

ROWS = 200
LIFTED = 24
LOOKED_AT = 64
DISBELIEVED = 8
WORTH_A_TRY = 0.1
"""A proposal must promise to close this share of the gap; otherwise it is the turn of a proof."""

MOST_TRIED = 2_000
"""So many of the cheapest designs are looked through for one that limits allow and that is new."""

STALE = 12
"""After so many simulations every hope is looked at anew."""


@dataclass
class Hope:
    """The cheapest part of a kind that is forecast to keep its goals, or known to; ``made`` simulations ago or less.

    ``beliefs`` are the boxes, as corners, that the forecast takes to miss a goal.
    """

    cost: int
    part: tuple[int, ...] | None
    known: bool
    made: int
    beliefs: Integers


class Assembly:
    """Assembles designs of ``parts``.

    A proposal may have to turn out better than forecast by ``boldness`` deviations.
    """

    def __init__(self, parts: Parts, lifting: Lifting, boldness: Callable[[], float]) -> None:
        self._parts, self._lifting, self._boldness = parts, lifting, boldness
        self._hopes: list[list[Hope | None]] = [[None] * len(kinds) for kinds in parts.kinds]
        self._looked = 0
        self._held = [
            [lifting.held(kind.setting, cluster.goals) for kind in kinds]
            for cluster, kinds in zip(parts.clusters, parts.kinds, strict=True)
        ]

    # Where it stands --------------------------------------------------------------------------------------------------

    def cheapest(self, rival: int | None, may_be: Callable[[Design], bool]) -> tuple[int, Design] | None:
        """A cheapest design left that ``may_be`` the answer, with its cost; None where that is not found out here.

        Where even the cheapest of all costs ``rival`` or more it is that one.
        """
        self._parts.refresh()
        for cost, design in itertools.islice(self._parts.cheapest_first(), MOST_TRIED):
            if (rival is not None and cost >= rival) or may_be(design):
                return cost, design
        return None

    def smallest(self, cost: int, may_be: Callable[[Design], bool]) -> tuple[Design | None] | None:
        """The lexicographically smallest design left at this cost that ``may_be`` the answer, if there is one.

        None where too many designs would have to be looked through.
        """
        smallest: Design | None = None
        for tried, (least, design) in enumerate(self._parts.cheapest_first()):
            if least > cost:
                return (smallest,)
            if tried == MOST_TRIED:
                return None
            if least == cost and may_be(design) and (smallest is None or design < smallest):
                smallest = design
        return None

    # What next --------------------------------------------------------------------------------------------------------

    def proposal(self, rival: int | None, bound: int) -> Design | None:
        """A design that may be cheaper than ``rival``; None where too little is hoped for to come before a proof."""
        setting, total = self._most_hopeful(len(self._lifting.ledger.evaluations))
        if total >= NONE_LEFT or (rival is not None and rival - total <= WORTH_A_TRY * (rival - bound)):
            return None
        hopes = [self._hope(setting, place) for place in range(len(self._parts.clusters))]
        whole = rival is None or all(hope.known for hope in hopes)
        room = NONE_LEFT if rival is None else rival - int(self._parts.least()[setting])
        parts = [
            hope.part
            if hope.part is not None and (whole or not hope.known)
            else self._proof(setting, place, hope, room)
            for place, hope in enumerate(hopes)
        ]
        return self._parts.design(setting, parts)

    def proof(self, rival: int | None, left: Design) -> Design:
        """A design whose simulation is expected to raise the bound most; ``left`` is the cheapest design left."""
        setting, vector = self._lifting.space.setting_of(left), self._lifting.space.vector(left)
        room = NONE_LEFT if rival is None else rival - self._lifting.space.cost(left)
        parts = [
            self._proof(setting, place, self._hope(setting, place), room, vector[columns])
            for place, columns in enumerate(self._parts.columns)
        ]
        return self._parts.design(setting, parts)

    def _proof(
        self, setting: int, place: int, hope: Hope, room: int, own: Integers | None = None
    ) -> Integers | tuple[int, ...]:
        """The part of a cluster that is worth most to exclude; what is hoped for where nothing too cheap is left.

        ``own`` is the part that the cheapest design left has there: by itself the cheapest one.
        """
        cluster, columns = self._parts.clusters[place], self._parts.columns[place]
        kind = self._parts.kind(setting, place)
        cost, cheapest = kind.cheapest
        below = min(hope.cost, cost + room)
        if cost >= below:
            return hope.part if hope.part is not None else kind.parts[cheapest]
        held = self._held[place][self._parts.kind_of[setting, place]]
        maximal = kind.maximal(below, held[columns])
        rows = self._vectors(kind, place, np.unique([cheapest, *self._sample(maximal, ROWS)]))
        lowest = self._vectors(kind, place, np.array([cheapest]))[0]
        if own is not None and kind.left[kind.place(own)]:
            lowest[columns] = own
        some = rows[self._sample(np.arange(len(rows)), LIFTED)]
        boxes, likely = self._lifting.several(
            kind.setting, np.vstack((lowest[None, :], some)), cluster.goals, cluster.columns
        )
        part = best_part(cluster, lowest, rows, boxes, likely, held)
        return (lowest if part is None else part)[columns]

    def _sample(self, places: Integers, most: int) -> Integers:
        return places if len(places) <= most else self._lifting.random.permutation(places)[:most]

    def _vectors(self, kind: Kind, place: int, rows: Integers) -> Integers:
        vectors = np.repeat(self._lifting.space.lowest(kind.setting)[None, :], len(rows), axis=0)
        vectors[:, self._parts.columns[place]] = kind.parts[rows]
        return vectors

    # Hopes ------------------------------------------------------------------------------------------------------------

    def _most_hopeful(self, made: int) -> tuple[int, int]:
        """The setting in which the hopes of all clusters come cheapest, and what they cost there."""
        stale = made - self._looked >= STALE
        if stale:
            self._looked = made
        for place, hopes in enumerate(self._hopes):
            for number, hope in enumerate(hopes):
                if stale or hope is None:
                    self._look(place, number, made)
        while True:
            totals = self._parts.totals([[hope.cost if hope else 0 for hope in own] for own in self._hopes])
            setting = int(np.argmin(totals))
            fresh = [self._look(place, int(number), made) for place, number in enumerate(self._parts.kind_of[setting])]
            if not any(fresh):
                return setting, int(totals[setting])

    def _hope(self, setting: int, place: int) -> Hope:
        number = int(self._parts.kind_of[setting, place])
        self._look(place, number, len(self._lifting.ledger.evaluations))
        hope = self._hopes[place][number]
        assert hope is not None
        return hope

    def _look(self, place: int, number: int, made: int) -> bool:
        """Bring one hope up to date; whether it was not."""
        before = self._hopes[place][number]
        if before is not None and before.made == made:
            return False
        kind = self._parts.kinds[place][number]
        beliefs = np.empty((0, self._lifting.space.dimensions), np.int64) if before is None else before.beliefs
        found, beliefs = self._believed(kind, place, number, beliefs)
        best = kind.best
        if found is not None and (best is None or int(kind.costs[found]) < best[0]):
            part = tuple(kind.parts[found].tolist())
            hope = Hope(int(kind.costs[found]), part, False, made, beliefs)
        elif best is not None:
            hope = Hope(best[0], best[1], True, made, beliefs)
        else:
            hope = Hope(NONE_LEFT, None, False, made, beliefs)
        self._hopes[place][number] = hope
        return True

    def _stress(self, setting: int, vectors: Integers, goals: Sequence[int]) -> Floats:
        """The worst stress of each row that a proposal reckons with."""
        return self._lifting.guide.forecast(setting, vectors, goals).worst(self._boldness())

    def _believed(self, kind: Kind, place: int, number: int, beliefs: Integers) -> tuple[int | None, Integers]:
        """The place of the cheapest part left that is forecast to keep the goals, and the beliefs held on the way."""
        cluster, columns = self._parts.clusters[place], self._parts.columns[place]
        held = self._held[place][number]
        if len(beliefs):
            beliefs = beliefs[self._stress(kind.setting, beliefs, cluster.goals) > 0.0]
        open_ = kind.left & (kind.costs < kind.best[0]) if kind.best is not None else kind.left.copy()
        for corner in beliefs:
            open_ &= ~_covered(kind.parts, corner[columns], held[columns])
        while open_.any():
            places = np.flatnonzero(open_)
            if len(places) > LOOKED_AT:
                places = places[np.argpartition(kind.costs[places], LOOKED_AT)[:LOOKED_AT]]
            places = places[np.argsort(kind.costs[places], kind="stable")]
            rows = self._vectors(kind, place, places)
            stress = self._stress(kind.setting, rows, cluster.goals)
            keeping = np.flatnonzero(stress <= 0.0)
            if len(keeping) and keeping[0] == 0:
                return int(places[0]), beliefs
            missing = rows[: keeping[0] if len(keeping) else len(rows)]
            some = missing[:: max(1, len(missing) // DISBELIEVED)]
            caution = np.full(len(some), self._boldness())
            lifted = self._lifting.lifted(kind.setting, some, caution, cluster.goals, 0.0, cluster.columns)
            boxes = np.unique(np.vstack((lifted, missing[:1])), axis=0)
            beliefs = np.vstack((beliefs, boxes))
            for corner in boxes:
                open_ &= ~_covered(kind.parts, corner[columns], held[columns])
        return None, beliefs


def _covered(parts: Integers, corner: Integers, held: Booleans) -> Booleans:
    """Which parts have no more of anything than ``corner``, and the same of what is ``held``."""
    covered = np.ones(len(parts), np.bool_)
    for column in range(parts.shape[1]):
        own = parts[:, column]
        covered &= own == corner[column] if held[column] else own <= corner[column]
    return covered
