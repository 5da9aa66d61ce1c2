"""A large space cluster by cluster: what each way to staff a cluster costs, and which ways are left.

Goals that share neither pools nor measures which only help form clusters (see composing.py). Of everything that may be
branched over, a cluster feels little: its *kinds* are the different ways in which the settings treat it. For each kind
every way to staff the cluster's own pools, a *part*, is written down with its cost. What simulations exclude for a goal
excludes parts, and a design costs what its parts do and what its setting adds. So the least that any design left can
cost is a sum of minima, found without an integer programme; it is exact where no limit ties the clusters together.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.composing import Cluster
from simgov.optimize.goals import Evaluation, Term
from simgov.optimize.ledger import Cut, Ledger, left_out
from simgov.optimize.space import Design, Space

MOST_PARTS = 300_000
"""A kind of more parts is not written down."""

MOST_PARTS_OF_ALL = 30_000_000
MOST_RANKED = 256
"""So many of the cheapest parts of a kind are put together in turn, where the cheapest design may not be the answer."""

NONE_LEFT = 1 << 60
"""What a part costs where there is none: more than any sum of money, and no overflow when some are added up."""


@dataclass
class Kind:
    """The parts of one cluster in the settings that treat it alike, of which ``setting`` is one.

    ``parts`` int16[parts, columns of the cluster] in lexicographic order, ``shape`` how many values each column has;
    ``costs`` in minor units; ``left``: not excluded yet. ``best`` is the cheapest part known to keep the cluster's
    goals, with its cost.
    """

    setting: int
    parts: Integers
    shape: tuple[int, ...]
    costs: Integers
    left: Booleans
    best: tuple[int, tuple[int, ...]] | None = None
    cheapest: tuple[int, int] = field(default=(0, 0))
    _ranked: Integers | None = None

    def __post_init__(self) -> None:
        self.look_again()

    def look_again(self) -> None:
        """Find the cheapest part left: its cost and its place (``NONE_LEFT`` where none is)."""
        costs = np.where(self.left, self.costs, NONE_LEFT)
        place = int(np.argmin(costs))
        self.cheapest = int(costs[place]), place
        self._ranked = None

    def ranked(self) -> Integers:
        """Places of the cheapest parts left, ``MOST_RANKED`` at most, from cheap to dear."""
        if self._ranked is None:
            places = np.flatnonzero(self.left)
            if len(places) > MOST_RANKED:
                dearest = np.partition(self.costs[places], MOST_RANKED - 1)[MOST_RANKED - 1]
                places = places[self.costs[places] <= dearest]
            self._ranked = places[np.argsort(self.costs[places], kind="stable")][:MOST_RANKED]
        return self._ranked

    def place(self, part: Integers) -> int:
        """Where a part stands in ``parts``."""
        return int(np.ravel_multi_index(tuple(part - self.parts[0]), self.shape))

    def maximal(self, below: int, held: Booleans) -> Integers:
        """Places of the parts left that cost less than ``below`` and that one more of anything takes beyond it.

        What is ``held`` (bool[columns]) does not count as anything.
        """
        cheap = (self.costs < below) & self.left
        grid = cheap.reshape(self.shape)
        maximal = grid.copy()
        for axis in np.flatnonzero(~held):
            upper = [slice(None)] * len(self.shape)
            lower = list(upper)
            upper[axis], lower[axis] = slice(1, None), slice(None, -1)
            maximal[tuple(lower)] &= ~grid[tuple(upper)]
        return np.flatnonzero(maximal.ravel())


class Parts:
    """All parts of all kinds of a space, kept up with what a ledger has learnt."""

    def __init__(
        self, space: Space, terms: Sequence[Sequence[Sequence[Term]]], ledger: Ledger, clusters: Sequence[Cluster]
    ) -> None:
        self._space, self._terms, self._ledger = space, terms, ledger
        self.clusters = clusters
        self.columns = [np.flatnonzero(cluster.columns) for cluster in clusters]
        self.kinds: list[list[Kind]] = []
        self.kind_of = np.zeros((len(space.settings), len(clusters)), np.int64)
        for place, cluster in enumerate(clusters):
            self._sort_into_kinds(place, cluster)
        self._fixed = np.array([self._rest(setting) for setting in range(len(space.settings))], np.int64)
        self._cuts: list[Cut] = []
        self._evaluated = 0
        self._impossible = 0

    @classmethod
    def of(
        cls, space: Space, terms: Sequence[Sequence[Sequence[Term]]], ledger: Ledger, clusters: Sequence[Cluster]
    ) -> Parts | None:
        """The parts of a space; None where they do not add up, or are too many to write down."""
        if not _adds_up(space):
            return None
        sizes = [_most_parts(space, cluster) for cluster in clusters]
        if max(sizes, default=0) > MOST_PARTS:
            return None
        parts = cls(space, terms, ledger, clusters)
        return parts if sum(len(kind.parts) for own in parts.kinds for kind in own) <= MOST_PARTS_OF_ALL else None

    # What is known ----------------------------------------------------------------------------------------------------

    def refresh(self) -> None:
        """Take over what the ledger has learnt since the last time."""
        cuts = self._ledger.cuts
        if self._cuts != cuts[: len(self._cuts)]:  # the band was widened, and all cuts made anew
            for kind in (kind for own in self.kinds for kind in own):
                kind.left[:] = True
            self._cuts = []
        fresh = cuts[len(self._cuts) :]
        for place, cluster in enumerate(self.clusters):
            own = [cut for cut in fresh if cut.goal in cluster.goals and self._ledger.is_of_a_goal(cut)]
            for kind in self.kinds[place] if own or not self._cuts else ():
                for cut in own:
                    self._exclude(place, kind, cut)
                kind.look_again()
        self._cuts = list(cuts)
        for design, evaluation in list(self._ledger.evaluations.items())[self._evaluated :]:
            self._keep(design, evaluation)
        self._evaluated = len(self._ledger.evaluations)
        for design in self._ledger.impossible[self._impossible :]:
            self._fixed[self._space.setting_of(design)] = NONE_LEFT
        self._impossible = len(self._ledger.impossible)

    def _exclude(self, place: int, kind: Kind, cut: Cut) -> None:
        term = self._terms[cut.setting][cut.goal][0]
        if term.key != self._terms[kind.setting][cut.goal][0].key:
            return
        columns = self.columns[place]
        own = Term(tuple(np.array(term.effects)[columns].tolist()), None)
        kind.left &= ~left_out(cut, own, self._space.vector(cut.design)[columns], kind.parts)

    def _keep(self, design: Design, evaluation: Evaluation) -> None:
        setting, vector = self._space.setting_of(design), self._space.vector(design)
        for place, cluster in enumerate(self.clusters):
            if not all(evaluation.kept[goal] for goal in cluster.goals):
                continue
            kind = self.kinds[place][self.kind_of[setting, place]]
            part = vector[self.columns[place]]
            steps = part - kind.parts[0]
            if (steps < 0).any() or (steps >= kind.shape).any():  # from a search within other bounds
                continue
            found = int(kind.costs[kind.place(part)]), tuple(part.tolist())
            if kind.best is None or found < kind.best:
                kind.best = found

    # What designs cost ------------------------------------------------------------------------------------------------

    def totals(self, of_parts: Sequence[Sequence[int]]) -> Integers:
        """What each setting costs with parts at these costs: ``of_parts[cluster][kind]``."""
        total = self._fixed.copy()
        for place, costs in enumerate(of_parts):
            total += np.array(costs, np.int64)[self.kind_of[:, place]]
        return total

    def least(self) -> Integers:
        """The least that a design left can cost in each setting, minor units (``NONE_LEFT`` or more: none is left)."""
        return self.totals([[kind.cheapest[0] for kind in own] for own in self.kinds])

    def cheapest_first(self) -> Iterator[tuple[int, Design]]:
        """The designs left with their costs, from cheap to dear, limits apart; it ends where the ranks of a kind do."""
        least = self.least()
        settings = np.argsort(least, kind="stable")
        settings = settings[least[settings] < NONE_LEFT]
        waiting: list[tuple[int, int, tuple[int, ...], int]] = []
        following = 0
        while following < len(settings) or waiting:
            while following < len(settings) and (not waiting or least[settings[following]] <= waiting[0][0]):
                setting = int(settings[following])
                heapq.heappush(waiting, (int(least[setting]), setting, (0,) * len(self.clusters), 0))
                following += 1
            total, setting, ranks, first = heapq.heappop(waiting)
            kinds = [self.kind(setting, place) for place in range(len(self.clusters))]
            yield total, self.design(setting, [k.parts[k.ranked()[rank]] for k, rank in zip(kinds, ranks, strict=True)])
            # Each way to raise ranks is come to once: from left to right.
            for place in range(first, len(ranks)):
                ranked, rank = kinds[place].ranked(), ranks[place]
                if rank + 1 == MOST_RANKED:
                    return
                if rank + 1 < len(ranked):
                    more = int(kinds[place].costs[ranked[rank + 1]] - kinds[place].costs[ranked[rank]])
                    raised = (*ranks[:place], rank + 1, *ranks[place + 1 :])
                    heapq.heappush(waiting, (total + more, setting, raised, place))

    def design(self, setting: int, parts: Sequence[Integers | Sequence[int]]) -> Design:
        """The design of a setting with one part for each cluster, and the least of everything else."""
        return self._space.design(setting, self.vector(setting, parts))

    def vector(self, setting: int, parts: Sequence[Integers | Sequence[int]]) -> Integers:
        """The vector of ``design``."""
        vector = self._space.lowest(setting)
        for columns, part in zip(self.columns, parts, strict=True):
            vector[columns] = part
        return vector

    def kind(self, setting: int, place: int) -> Kind:
        """How a setting treats a cluster."""
        return self.kinds[place][int(self.kind_of[setting, place])]

    # Writing them down ------------------------------------------------------------------------------------------------

    def _sort_into_kinds(self, place: int, cluster: Cluster) -> None:
        numbers: dict[Hashable, int] = {}
        kinds: list[Kind] = []
        columns = self.columns[place]
        for setting in range(len(self._space.settings)):
            prices = self._prices(setting, columns)
            keys = tuple(self._terms[setting][goal][0].key for goal in cluster.goals)
            treated = (keys, prices)
            if treated not in numbers:
                numbers[treated] = len(kinds)
                kinds.append(_kind(setting, prices))
            self.kind_of[setting, place] = numbers[treated]
        self.kinds.append(kinds)

    def _prices(self, setting: int, columns: Integers) -> tuple[tuple[int, tuple[int, ...]], ...]:
        """For each column its least value, and the cost of each value from there on."""
        own, low, high = self._space.settings[setting], self._space.lowest(setting), self._space.highest(setting)
        found = []
        for column in columns:
            least, most = int(low[column]), int(high[column])
            if column < len(self._space.pools):
                first = own.low[column]
                found.append((least, own.post_costs[column][least - first : most - first + 1]))
            else:
                option = self._space.monotone[column - len(self._space.pools)]
                taken = sum(charge.amount for charge in self._space.charges if charge.options == (option,))
                found.append((least, tuple(taken * value for value in range(least, most + 1))))
        return tuple(found)

    def _rest(self, setting: int) -> int:
        """What a setting costs without its parts; ``NONE_LEFT`` where there is no such office."""
        lowest = self._space.lowest(setting)
        if not self._space.simulable(setting, lowest[None, :])[0]:
            return NONE_LEFT
        total = int(self._space.costs(setting, lowest[None, :])[0])
        return total - sum(int(self.kind(setting, place).costs[0]) for place in range(len(self.clusters)))


def _kind(setting: int, prices: Sequence[tuple[int, tuple[int, ...]]]) -> Kind:
    shape = tuple(len(costs) for _, costs in prices)
    first = np.array([least for least, _ in prices], np.int64)
    parts = (np.indices(shape).reshape(len(shape), -1).T + first).astype(np.int16)
    costs = np.zeros(shape, np.int64)
    for axis, (_, own) in enumerate(prices):
        costs += np.array(own, np.int64).reshape([-1 if a == axis else 1 for a in range(len(shape))])
    return Kind(setting, np.ascontiguousarray(parts), shape, costs.ravel(), np.ones(len(parts), np.bool_))


def _adds_up(space: Space) -> bool:
    """Whether a design costs the sum of its columns: no roster, and nothing that several of the columns bring about."""
    monotone = set(space.monotone)
    shared = [charge for charge in space.charges if len(charge.options) > 1 and monotone & set(charge.options)]
    ruled = [clause for clause in space.clauses if len(clause) > 1 and any(place in monotone for place, _ in clause)]
    return not (shared or ruled or space.rosters)


def _most_parts(space: Space, cluster: Cluster) -> int:
    low = np.min([space.lowest(setting) for setting in range(len(space.settings))], axis=0)
    high = np.max([space.highest(setting) for setting in range(len(space.settings))], axis=0)
    return math.prod(int(side) for side in (high - low + 1)[cluster.columns])
