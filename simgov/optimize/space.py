"""The designs to choose from, as whole numbers: posts of each pool and options taken or left, with their exact costs.

An *option* is a reform, or a step or part to remove. With more posts or more *monotone* options taken, targets are kept
more easily; the other options change the process, so they are branched over: each combination of them is a *setting*.
A ``Design`` is a point of the space. Nothing here knows scenarios, simulation or the solver.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.manning import posts_on_patterns

MOST_COUNTED = 16
"""Of so many monotone options every combination is gone through to count the designs."""

MOST_ROSTERS = 400_000
"""Of so many rosters of a pool each is looked at to count those that keep every bound."""

MOST_SUMS = 200_000
"""So many different sums of the limits are told apart to count the designs."""


@dataclass(frozen=True, order=True)
class Design:
    """Posts of each pool and options taken, both in the order of the space; designs sort in that order."""

    staff: tuple[int, ...]
    options: tuple[bool, ...]


@dataclass(frozen=True)
class Option:
    """A reform or a removal by name. ``monotone``: taking it never makes a target harder to keep."""

    name: str
    kind: str
    monotone: bool


@dataclass(frozen=True)
class Charge:
    """``amount`` minor units, due once when any of ``options`` (places in the space) is taken."""

    amount: int
    options: tuple[int, ...]


Clause = tuple[tuple[int, bool], ...]
"""A rule on options: at least one of these (place in the space, taken or not) holds."""


Closer = tuple[int, int, int]
"""A pool (place in the space) with the fewest and the most posts that it may have."""


@dataclass(frozen=True)
class Roster:
    """Patterns of hours in a pool, ``low`` to ``high`` posts on each.

    Its rows are the columns from ``first`` on; ``covers[pattern][row]`` is 1 where the pattern is on duty, else 0.
    """

    first: int
    covers: tuple[tuple[int, ...], ...]
    low: tuple[int, ...]
    high: tuple[int, ...]

    @property
    def columns(self) -> range:
        """The columns of its rows."""
        return range(self.first, self.first + len(self.covers[0]))


@dataclass(frozen=True)
class Limit:
    """The posts of the pools, each times its weight (0 or more), add up to ``least`` or more and ``most`` or fewer.

    ``weights`` are by column, 0 for the rows of a roster, whose posts count by ``of_rosters``.
    """

    weights: tuple[int, ...]
    least: int | None = None
    most: int | None = None
    of_rosters: tuple[int, ...] = ()

    def used(self, posts: Iterable[int], rostered: Iterable[int] = ()) -> int:
        """What the posts of a design add up to, with so many posts in each roster."""
        own = sum(weight * count for weight, count in zip(self.weights, posts, strict=True))
        return own + sum(weight * count for weight, count in zip(self.of_rosters, rostered, strict=True))

    def allows(self, used: int) -> bool:
        """Whether a sum is within the limit."""
        return (self.least is None or used >= self.least) and (self.most is None or used <= self.most)


@dataclass(frozen=True)
class Setting:
    """One combination of the options that are not monotone.

    ``taken`` holds one flag for each option of the space (False for monotone ones). ``low`` and ``high`` bound the
    posts of each pool; a pool that the setting does away with has 0 of both. ``post_costs[p][k]`` are the minor units
    of ``low[p] + k`` posts, ``base_cost`` what everything else costs, charges apart.
    """

    taken: tuple[bool, ...]
    low: tuple[int, ...]
    high: tuple[int, ...]
    base_cost: int
    post_costs: tuple[tuple[int, ...], ...]

    @property
    def sides(self) -> tuple[int, ...]:
        """How many numbers of posts each pool may have."""
        return tuple(high - low + 1 for low, high in zip(self.low, self.high, strict=True))


@dataclass(frozen=True)
class Space:
    """All designs that the ``clauses`` and ``limits`` allow: pools by id, options, settings and charges.

    A pool with a roster is there once for each row. Designs and their vectors speak of rows; a *choice* says instead
    how many posts are on each pattern: the posts of the other pools, then the patterns of each roster, then the
    monotone options. Without rosters choices and vectors are the same. What keeps every clause can be simulated; what
    keeps the limits too may be recommended. A clause of one option alone holds it: taken, or left. With the fewest of
    the monotone options that this allows, a setting keeps every clause. ``closer`` are bounds within those of the
    settings; a setting that does away with the pool ignores them.
    """

    pools: tuple[str, ...]
    options: tuple[Option, ...]
    settings: tuple[Setting, ...]
    charges: tuple[Charge, ...] = ()
    clauses: tuple[Clause, ...] = ()
    closer: tuple[Closer, ...] = ()
    limits: tuple[Limit, ...] = ()
    rosters: tuple[Roster, ...] = ()

    @cached_property
    def monotone(self) -> tuple[int, ...]:
        """Places of the monotone options."""
        return tuple(place for place, option in enumerate(self.options) if option.monotone)

    @cached_property
    def dimensions(self) -> int:
        """Length of a design's vector: its posts, then its monotone options."""
        return len(self.pools) + len(self.monotone)

    def setting_of(self, design: Design) -> int:
        """Place of the setting that ``design`` belongs to."""
        return self._setting_by_taken[tuple(design.options[place] for place in self._branching)]

    @cached_property
    def _branching(self) -> tuple[int, ...]:
        return tuple(place for place, option in enumerate(self.options) if not option.monotone)

    @cached_property
    def _setting_by_taken(self) -> dict[tuple[bool, ...], int]:
        return {tuple(s.taken[place] for place in self._branching): i for i, s in enumerate(self.settings)}

    def vector(self, design: Design) -> Integers:
        """Posts, then monotone options as 0 and 1: in a setting, more of anything is a larger vector."""
        return np.array([*design.staff, *(design.options[place] for place in self.monotone)], np.int64)

    def design(self, setting: int, vector: Integers) -> Design:
        """The design of a setting with that vector."""
        options = list(self.settings[setting].taken)
        for place, value in zip(self.monotone, vector[len(self.pools) :], strict=True):
            options[place] = bool(value)
        return Design(tuple(int(n) for n in vector[: len(self.pools)]), tuple(options))

    def ranges(self, setting: int) -> list[tuple[int, int]]:
        """The fewest and the most posts of each pool in a setting."""
        own = self.settings[setting]
        ranges = list(zip(own.low, own.high, strict=True))
        for pool, least, most in self.closer:
            if own.high[pool] > 0:
                ranges[pool] = max(least, ranges[pool][0]), min(most, ranges[pool][1])
        return ranges

    def lowest(self, setting: int) -> Integers:
        """The vector with the least of everything."""
        held = [int((((place, True),)) in self.clauses) for place in self.monotone]
        return np.array([*(low for low, _ in self.ranges(setting)), *held], np.int64)

    def highest(self, setting: int) -> Integers:
        """The vector with the most of everything."""
        held = [int((((place, False),)) not in self.clauses) for place in self.monotone]
        return np.array([*(high for _, high in self.ranges(setting)), *held], np.int64)

    # Choices ----------------------------------------------------------------------------------------------------------

    @cached_property
    def plain(self) -> tuple[int, ...]:
        """The columns that belong to no roster."""
        rows = {column for roster in self.rosters for column in roster.columns}
        return tuple(column for column in range(len(self.pools)) if column not in rows)

    def fewest(self, setting: int) -> Integers:
        """The choice with the least of everything."""
        return self._choice_bound(setting, 0)

    def most(self, setting: int) -> Integers:
        """The choice with the most of everything."""
        return self._choice_bound(setting, 1)

    def _choice_bound(self, setting: int, end: int) -> Integers:
        own, ranges = self.settings[setting], self.ranges(setting)
        bound = [ranges[column][end] for column in self.plain]
        for roster in self.rosters:
            there = any(own.high[column] for column in roster.columns)
            bound += [count if there else 0 for count in (roster.low, roster.high)[end]]
        held = (self.lowest, self.highest)[end](setting)[len(self.pools) :]
        return np.array([*bound, *held], np.int64)

    def laid_out(self, choices: Integers) -> Integers:
        """The vectors of rows of choices."""
        if not self.rosters:
            return choices
        vectors = np.empty((len(choices), self.dimensions), np.int64)
        vectors[:, list(self.plain)] = choices[:, : len(self.plain)]
        place = len(self.plain)
        for roster in self.rosters:
            patterns = len(roster.covers)
            vectors[:, list(roster.columns)] = choices[:, place : place + patterns] @ np.array(roster.covers, np.int64)
            place += patterns
        vectors[:, len(self.pools) :] = choices[:, place:]
        return vectors

    def choice(self, setting: int, vector: Integers) -> Integers | None:
        """The choice that makes a vector; None where none does."""
        made = self.made(self.design(setting, vector))
        if made is None:
            return None
        patterns = [count for counts in made for count in counts]
        return np.array([*vector[list(self.plain)], *patterns, *vector[len(self.pools) :]], np.int64)

    def made(self, design: Design) -> tuple[tuple[int, ...], ...] | None:
        """For each roster the posts on each pattern that make the rows of a design within the limits.

        The fewest posts in all, and of these the lexicographically smallest; None where no roster makes the rows.
        """
        if not self.rosters:
            return () if all(limit.allows(limit.used(design.staff)) for limit in self.limits) else None
        if design.staff not in self._made:
            self._made[design.staff] = posts_on_patterns(self.rosters, self.limits, design.staff)
        return self._made[design.staff]

    @cached_property
    def _made(self) -> dict[tuple[int, ...], tuple[tuple[int, ...], ...] | None]:
        return {}

    def allowed(self, setting: int, choices: Integers) -> Booleans:
        """Which rows of choices in a setting are designs: they keep every clause, limit and bound. bool[rows]."""
        kept = self.growing(setting, choices)
        for limit, used in self._used(choices):
            if limit.least is not None:
                kept &= used >= limit.least
        if self.rosters or self.closer:
            kept &= (self.laid_out(choices) >= self.lowest(setting)).all(axis=1)
        return kept

    def growing(self, setting: int, choices: Integers) -> Booleans:
        """Which rows of choices keep every clause and exceed nothing: with more posts they may become designs."""
        vectors = self.laid_out(choices)
        kept = self.simulable(setting, vectors)
        for limit, used in self._used(choices):
            if limit.most is not None:
                kept &= used <= limit.most
        if self.rosters or self.closer:
            kept &= (vectors <= self.highest(setting)).all(axis=1)
        return kept

    def _used(self, choices: Integers) -> Iterator[tuple[Limit, Integers]]:
        for limit in self.limits:
            weights = [limit.weights[column] for column in self.plain]
            for roster, weight in zip(self.rosters, limit.of_rosters, strict=False):
                weights += [weight] * len(roster.covers)
            yield limit, choices[:, : len(weights)] @ np.array(weights, np.int64)

    def held_choices(self, held: Booleans) -> Booleans:
        """Which coordinates of a choice touch one of the coordinates of vectors that are ``held``."""
        flags = [bool(held[column]) for column in self.plain]
        for roster in self.rosters:
            rows = held[list(roster.columns)]
            flags += [bool(rows[np.array(covers) > 0].any()) for covers in roster.covers]
        return np.array([*flags, *held[len(self.pools) :]], np.bool_)

    # Vectors ----------------------------------------------------------------------------------------------------------

    def simulable(self, setting: int, vectors: Integers) -> Booleans:
        """Which rows of a setting keep every clause, so that there is such an office: bool[rows]."""
        taken = self.settings[setting].taken
        column = {place: len(self.pools) + number for number, place in enumerate(self.monotone)}
        kept = np.ones(len(vectors), np.bool_)
        for clause in self.clauses:
            if any(taken[place] == wanted for place, wanted in clause if place not in column):
                continue
            own = [vectors[:, column[place]] == int(wanted) for place, wanted in clause if place in column]
            kept &= np.any(own, axis=0) if own else False
        return kept

    def allows(self, design: Design) -> bool:
        """Whether a design keeps every clause, limit and bound, and rosters make its rows."""
        ranges = self.ranges(self.setting_of(design)) if self.closer or self.rosters else ()
        if not all(low <= posts <= high for posts, (low, high) in zip(design.staff, ranges, strict=False)):
            return False
        clauses = all(any(design.options[place] == wanted for place, wanted in clause) for clause in self.clauses)
        return clauses and self.made(design) is not None

    def fullest(self, setting: int) -> Integers:
        """A vector with the most posts and as many monotone options as the clauses allow, those that come first.

        It may break limits.
        """
        vector = self.highest(setting)
        first = len(self.pools)
        vector[first:] = self.lowest(setting)[first:]
        grown = True
        while grown:
            grown = False
            for column in range(first, len(vector)):
                trial = vector.copy()
                trial[column] = 1
                if not vector[column] and self.simulable(setting, trial[None, :])[0]:
                    vector, grown = trial, True
        return vector

    def cost(self, design: Design) -> int:
        """Minor units that ``design`` costs, overtime apart."""
        setting = self.settings[self.setting_of(design)]
        posts = sum(
            costs[count - low] for costs, count, low in zip(setting.post_costs, design.staff, setting.low, strict=True)
        )
        charges = sum(c.amount for c in self.charges if any(design.options[place] for place in c.options))
        return setting.base_cost + posts + charges

    def costs(self, setting: int, vectors: Integers) -> Integers:
        """``cost`` of each row of ``vectors``; beyond the bounds as at them."""
        chosen = self.settings[setting]
        total = np.full(len(vectors), chosen.base_cost, np.int64)
        for pool, (costs, low) in enumerate(zip(chosen.post_costs, chosen.low, strict=True)):
            total += np.array(costs, np.int64)[np.clip(vectors[:, pool] - low, 0, len(costs) - 1)]
        for charge in self.charges:
            total += charge.amount * self._due(charge, chosen, vectors)
        return total

    def _due(self, charge: Charge, setting: Setting, vectors: Integers) -> Booleans:
        due = np.full(len(vectors), any(setting.taken[place] for place in charge.options))
        for column, place in enumerate(self.monotone, start=len(self.pools)):
            if place in charge.options:
                due |= vectors[:, column] == 1
        return due

    @cached_property
    def size(self) -> int:
        """How many choices there are; where limits are too many to count with, or options or rosters are, at most."""
        asked = {place for clause in self.clauses for place, _ in clause}
        alike: dict[tuple[object, ...], list[int]] = {}
        for number, setting in enumerate(self.settings):
            taken = tuple(taken for place, taken in enumerate(setting.taken) if place in asked)
            alike.setdefault((tuple(self.ranges(number)), setting.low, setting.high, taken), []).append(number)
        return sum(self._staffings(own[0]) * self._choices(own[0]) * len(own) for own in alike.values())

    def _staffings(self, setting: int) -> int:
        """In how many ways the posts of a setting may be chosen, by the sums that they come to in each limit."""
        ranges = self.ranges(setting)
        parts = [
            (Counter(range(ranges[pool][0], ranges[pool][1] + 1)), [limit.weights[pool] for limit in self.limits])
            for pool in self.plain
        ]
        for place in range(len(self.rosters)):
            parts.append((self._rosters_by_posts(setting, place), [limit.of_rosters[place] for limit in self.limits]))
        ways: Counter[tuple[int, ...]] = Counter({(0,) * len(self.limits): 1})
        for posts_of, weights in parts:
            further: Counter[tuple[int, ...]] = Counter()
            for sums, count in ways.items():
                for posts, times in posts_of.items():
                    further[tuple(s + w * posts for s, w in zip(sums, weights, strict=True))] += count * times
            if len(further) > MOST_SUMS:
                return math.prod(posts_of.total() for posts_of, _ in parts)
            ways = further
        return sum(
            count
            for sums, count in ways.items()
            if all(limit.allows(used) for limit, used in zip(self.limits, sums, strict=True))
        )

    def _rosters_by_posts(self, setting: int, place: int) -> Counter[int]:
        """How many rosters of one pool there are with so many posts in all."""
        roster, own = self.rosters[place], self.settings[setting]
        columns = list(roster.columns)
        if not any(own.high[column] for column in columns):
            return Counter({0: 1})
        low = np.array(roster.low, np.int64)
        sides = tuple(high - least + 1 for least, high in zip(roster.low, roster.high, strict=True))
        if math.prod(sides) > MOST_ROSTERS:
            return Counter({int(low.sum()): math.prod(sides)})
        counts = np.indices(sides).reshape(len(sides), -1).T + low
        rows = counts @ np.array(roster.covers, np.int64)
        fits = ((rows >= np.array(own.low)[columns]) & (rows <= np.array(own.high)[columns])).all(axis=1)
        return Counter(counts[fits].sum(axis=1).tolist())

    @cached_property
    def grid(self) -> int:
        """How many choices there would be without clauses and limits."""
        return sum(
            math.prod(int(side) for side in self.most(setting) - self.fewest(setting) + 1)
            for setting in range(len(self.settings))
        )

    def _choices(self, setting: int) -> int:
        """In how many ways the monotone options may be taken; where there are too many to count, at most."""
        count = len(self.monotone)
        if not self.clauses or count > MOST_COUNTED:
            return 1 << count
        vectors = np.tile(self.lowest(setting), (1 << count, 1))
        vectors[:, len(self.pools) :] = np.arange(1 << count)[:, None] >> np.arange(count) & 1
        return int(self.simulable(setting, vectors).sum())

    def designs(self) -> Iterator[Design]:
        """Every design, setting by setting, in lexicographic order of choices; rosters with the same rows are one."""
        for place in range(len(self.settings)):
            low, high = self.fewest(place), self.most(place)
            seen: set[Design] = set()
            for offset in np.ndindex(*(high - low + 1)):
                choice = (low + np.array(offset, np.int64))[None, :]
                if self.allowed(place, choice)[0]:
                    design = self.design(place, self.laid_out(choice)[0])
                    if not self.rosters or design not in seen:
                        seen.add(design)
                        yield design

    def comparable(self, first: Design, second: Design) -> bool:
        """Whether ``second`` has no less of anything than ``first``, in the same setting."""
        return self.setting_of(first) == self.setting_of(second) and bool(
            np.all(self.vector(first) <= self.vector(second))
        )
