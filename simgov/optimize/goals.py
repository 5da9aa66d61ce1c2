"""What a plan must keep, and what one simulation says about it.

A ``Goal`` is a target as the search needs it. Where a KPI is made up of parts of the office that share neither
officers nor applicants, each part is a ``Term`` and depends on few decisions; a KPI of one part has one term. A
``Tally`` is what the sample says about one term: its ``slack``, summed over the terms, is 0 or more where the goal is
met.

The guard band widens a limit: draws belong to cases, so more staff may make a KPI worse by a little, and only a goal
missed by more than the band speaks for designs with less of everything (see docs/optimiser.md).
"""

from __future__ import annotations

import bisect
import math
from abc import ABC, abstractmethod
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Protocol

import numpy as np

from simgov.arrays import Booleans, Floats, Integers


@dataclass(frozen=True)
class Goal:
    """``kpi`` at most, or at least, ``limit`` in ``unit``.

    ``direction`` says what more posts and options do to it: 1 helps, -1 hurts, 0 is not known. ``share`` marks a KPI
    between 0 and 1. ``demand`` is the demand scenario in which it is judged.
    """

    kpi: str
    limit: float
    at_most: bool
    unit: str = ""
    direction: int = 1
    share: bool = False
    demand: str = ""

    @property
    def scale(self) -> float:
        """What a relative violation is relative to."""
        return abs(self.limit) or 1.0

    def at(self, limit: float) -> Goal:
        """The same KPI at another limit."""
        return replace(self, limit=limit)

    def keeps(self, value: float, lower_bound: bool = False) -> bool:
        """Whether ``value`` keeps the limit; what is undefined keeps none, a lower bound is at most nothing."""
        if math.isnan(value):
            return False
        return value <= self.limit and not lower_bound if self.at_most else value >= self.limit

    def excess(self, value: float) -> float:
        """How far ``value`` misses the limit, relative to it; 0 or less where the goal is met."""
        return (value - self.limit if self.at_most else self.limit - value) / self.scale

    def stress(self, value: float) -> float:
        """``excess`` on a scale on which approximations err evenly: logarithms of times, of shares that fall short."""
        if self.share and not self.at_most:
            return math.log(max(1.0 - value, 1e-4) / max(1.0 - self.limit, 1e-4))
        ratio = max(value, 1e-6 * self.scale) / self.scale if self.limit else 1.0 + value
        return math.log(ratio) if self.at_most else -math.log(ratio)

    def guard(self, band: float) -> float:
        """The ``stress`` of a value that misses the limit by exactly ``band``."""
        return self.stress(self.limit + (band if self.at_most else -band) * self.scale)


class Tally(Protocol):
    """What the sample says about one term of a goal."""

    def slack(self, band: float) -> float:
        """0 or more, summed over the goal's terms, where the goal is met with its limit widened by ``band``."""
        ...


@dataclass(frozen=True)
class ValueTally:
    """The KPI itself, for a goal of one term. ``censored``: only a lower bound is known, and the goal is missed."""

    goal: Goal
    value: float
    censored: bool = False

    def slack(self, band: float) -> float:
        """Distance to the widened limit, relative; -inf for a censored value, nan counts as missed at band 0 only."""
        if self.censored and self.goal.at_most:
            return -math.inf
        if math.isnan(self.value):
            return -1.0 if band == 0.0 else 0.0
        return band - self.goal.excess(self.value)


class AdditiveTally(ABC):
    """The tally of one of several terms: ``weight`` values at a ``level``; ``allowance`` is the level allowed."""

    @abstractmethod
    def slack(self, band: float) -> float:
        """See ``Tally``."""

    @property
    @abstractmethod
    def weight(self) -> float:
        """How many values, in the unit of the slack per level."""

    @property
    @abstractmethod
    def level(self) -> float:
        """The mean of these values, or the share of them above the limit."""

    @property
    @abstractmethod
    def allowance(self) -> float:
        """The level at which the slack is 0."""


@dataclass(frozen=True)
class MeanTally(AdditiveTally):
    """A mean over replications at most ``limit``: this term's part of the sum of the replications' means.

    ``total`` is its values and ``count`` its number of values, each over the number of all terms' values in the
    replication, added up over replications. Both are exact only while that number does not depend on the design.
    """

    limit: float
    total: float
    count: float

    def slack(self, band: float) -> float:
        """What the values could still grow by in all."""
        return self.limit * (1.0 + band) * self.count - self.total

    @property
    def weight(self) -> float:
        """See ``AdditiveTally``."""
        return self.count

    @property
    def level(self) -> float:
        """See ``AdditiveTally``."""
        return self.total / self.count if self.count else 0.0

    @property
    def allowance(self) -> float:
        """See ``AdditiveTally``."""
        return self.limit


@dataclass(frozen=True)
class QuantileTally(AdditiveTally):
    """A percentile at most ``limit``: of ``count`` values, ``above[i]`` exceed the limit widened by ``bands[i]``.

    The quantile is the order statistic ceil(percent / 100 x count), so it keeps the limit exactly when no more than
    ``(1 - percent / 100) x count`` values exceed it.
    """

    percent: int
    bands: tuple[float, ...]
    above: tuple[int, ...]
    count: int

    def slack(self, band: float) -> float:
        """How many more values could exceed the widened limit; a band between two of ``bands`` counts as the higher."""
        place = min(bisect.bisect_left(self.bands, band * (1.0 - 1e-12)), len(self.bands) - 1)
        return (100 - self.percent) * self.count / 100 - self.above[place]

    @property
    def weight(self) -> float:
        """See ``AdditiveTally``."""
        return float(self.count)

    @property
    def level(self) -> float:
        """See ``AdditiveTally``."""
        return self.above[0] / self.count if self.count else 0.0

    @property
    def allowance(self) -> float:
        """See ``AdditiveTally``."""
        return 1.0 - self.percent / 100


class Others(IntEnum):
    """Whom more of what helps a term sends on besides: nobody, those who share its queues, or those of other queues."""

    NONE = 0
    SHARING = 1
    ELSEWHERE = 2


@dataclass(frozen=True)
class Term:
    """What one term of a goal depends on, in one setting.

    ``effects[i]`` says what more of coordinate i of a design's vector does: 0 nothing at all, 1 what the goal's
    ``direction`` says, 2 either way, so that a cut holds only where that coordinate is the same. Terms with equal
    ``key`` give equal tallies for equal coordinates, even in different settings. ``others`` says whether more of a
    coordinate of effect 1 sends other cases on to where those of the term wait.
    """

    effects: tuple[int, ...]
    key: Hashable
    others: Others = Others.NONE

    @property
    def depends(self) -> Booleans:
        """Bool[coordinates]: whether it matters."""
        return np.array(self.effects) > 0

    @property
    def held(self) -> Booleans:
        """Bool[coordinates]: whether a cut holds only where it is the same."""
        return np.array(self.effects) > 1

    def covers(self, corner: Integers, vectors: Integers, direction: int) -> Booleans:
        """Which rows have no more (for direction -1: no less) than ``corner`` of all that matters."""
        free, held = np.array(self.effects) == 1, self.held
        same = (vectors[:, held] == corner[held]).all(axis=1)
        return np.asarray(same & (direction * vectors[:, free] <= direction * corner[free]).all(axis=1))


def added_up(terms: Sequence[Sequence[Sequence[Term]]]) -> frozenset[int]:
    """The goals that are added up from terms: those with several in some setting. Their tallies are all additive."""
    return frozenset(goal for setting in terms for goal, own in enumerate(setting) if len(own) > 1)


@dataclass(frozen=True)
class Together:
    """Groups of goals, those of one demand scenario each; in ``least`` of the groups all goals have to be kept."""

    groups: tuple[tuple[int, ...], ...]
    least: int

    @classmethod
    def of(cls, goals: Sequence[Goal], least: int) -> Together:
        """The goals by demand scenario; one group where all have to be kept, since then nothing tells them apart."""
        names = list(dict.fromkeys(goal.demand for goal in goals))
        groups = tuple(tuple(n for n, goal in enumerate(goals) if goal.demand == name) for name in names)
        return cls(groups, least) if least < len(groups) else cls.all(len(goals))

    @classmethod
    def all(cls, goals: int) -> Together:
        """So many goals, all of which have to be kept."""
        return cls((tuple(range(goals)),), 1)

    def among(self, places: Sequence[int]) -> Together:
        """The same of the goals at these places, which are numbered anew; a group without any is always kept."""
        number = {place: n for n, place in enumerate(places)}
        groups = [tuple(number[goal] for goal in own if goal in number) for own in self.groups]
        return Together(tuple(own for own in groups if own), self.least - sum(not own for own in groups))

    @property
    def spare(self) -> int:
        """In how many groups a goal may be missed."""
        return len(self.groups) - max(self.least, 0)

    def group(self, goal: int) -> int:
        """The group of a goal."""
        return next(place for place, own in enumerate(self.groups) if goal in own)

    def missed(self, kept: Sequence[bool]) -> list[int]:
        """The groups in which a goal is missed."""
        return [place for place, own in enumerate(self.groups) if not all(kept[goal] for goal in own)]

    def suffices(self, kept: Sequence[bool]) -> bool:
        """Whether enough groups are kept."""
        return len(self.missed(kept)) <= self.spare

    def decisive(self, stresses: Floats, goals: Sequence[int]) -> Floats:
        """Float64[designs]: how far each design misses what has to be kept.

        ``stresses`` are float64[designs, goals], above 0 where a goal is missed. Of the groups' worst, it is the
        (spare + 1)-th worst: with all goals in one group, simply the worst.
        """
        column = {goal: place for place, goal in enumerate(goals)}
        worst = [
            stresses[:, [column[goal] for goal in own if goal in column]].max(axis=1, initial=-math.inf)
            for own in self.groups
        ]
        if self.spare >= len(worst):
            return np.full(len(stresses), -math.inf)
        return np.asarray(np.sort(np.column_stack(worst), axis=1)[:, -1 - self.spare])


@dataclass(frozen=True)
class Evaluation:
    """One design over all its replications: per goal its value, half-width, whether it is only a lower bound, whether
    it is kept, and its tallies term by term; ``extra_cost`` is what the sample adds to the design's cost (overtime).
    ``together`` says which goals have to be kept (None: all)."""

    values: tuple[float, ...]
    half_widths: tuple[float, ...]
    lower_bounds: tuple[bool, ...]
    kept: tuple[bool, ...]
    tallies: tuple[tuple[Tally, ...], ...]
    extra_cost: int = 0
    together: Together | None = None

    def slack(self, goal: int, band: float = 0.0) -> float:
        """Summed over the terms of the goal."""
        return math.fsum(tally.slack(band) for tally in self.tallies[goal])

    @property
    def feasible(self) -> bool:
        """Whether the goals are kept in this sample, in as many demand scenarios as they have to be."""
        return all(self.kept) if self.together is None else self.together.suffices(self.kept)

    def judged(self, places: Sequence[int], goals: Sequence[Goal], before: Sequence[Goal]) -> Evaluation:
        """The same simulation held against ``goals``: those at ``places`` of the goals ``before``, at their own limits.

        A goal of several terms whose limit is another one is judged by its KPI alone, as a goal of one term.
        """
        kept, tallies = [], []
        for place, goal in zip(places, goals, strict=True):
            value, bound = self.values[place], self.lower_bounds[place]
            if goal == before[place]:
                kept.append(self.kept[place])
                tallies.append(self.tallies[place])
                continue
            absent = self.kept[place] and math.isnan(value)  # a KPI that the design does not have asks nothing
            kept.append(absent or goal.keeps(value, bound))
            tallies.append((ValueTally(goal, goal.limit if absent else value, bound),))
        return Evaluation(
            tuple(self.values[place] for place in places),
            tuple(self.half_widths[place] for place in places),
            tuple(self.lower_bounds[place] for place in places),
            tuple(kept),
            tuple(tallies),
            self.extra_cost,
            None if self.together is None else self.together.among(places),
        )
