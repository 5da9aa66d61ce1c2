"""How far two simulated designs contradict what the cuts rest on: with more of everything no target gets worse.

A cut at a design that misses a target leaves out all designs with no more of anything. It is wrong exactly where one of
these keeps every target, and then the guard band needed is what the cut's own design misses its target by. So a pair
of designs counts by how far the larger misses a target *at limits that the smaller just keeps*: at the true limits
where it keeps them, and at limits moved with it while it comes near to keeping them. What happens among designs that
miss a target by much says nothing about cuts at the limit: an overloaded office may be a few times worse with one more
officer, since he sends its flood on, and no plan is hidden there.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simgov.optimize.goals import AdditiveTally, Evaluation, Goal, Term
from simgov.optimize.space import Design, Space

NEAR = 0.25
"""A design counts while limits moved by so much, relative, would be those that it just keeps."""


@dataclass(frozen=True)
class Comparison:
    """Pairs of simulated designs of one ``space``, by the goals and terms of a search."""

    space: Space
    goals: Sequence[Goal]
    terms: Sequence[Sequence[Sequence[Term]]]
    several: Sequence[int]

    def worst(self, first: Design, one: Evaluation, second: Design, two: Evaluation) -> float:
        """How much worse the one with no less of anything does, relative; 0.0 where neither has, or it does not."""
        return max(
            self._of_overtime(first, one, second, two),
            *self._of_goals(first, one, second, two),
            0.0,
        )

    def _of_overtime(self, first: Design, one: Evaluation, second: Design, two: Evaluation) -> float:
        """How much more overtime costs with more of everything, relative."""
        if self.space.comparable(second, first):
            first, one, second, two = second, two, first, one
        elif not self.space.comparable(first, second):
            return 0.0
        most = max(one.extra_cost, two.extra_cost)
        return (two.extra_cost - one.extra_cost) / most if two.extra_cost > one.extra_cost else 0.0

    def _of_goals(self, first: Design, one: Evaluation, second: Design, two: Evaluation) -> Iterator[float]:
        """For each goal term comparable between two designs, in what it depends on, how much worse more does."""
        setting = self.space.setting_of(first)
        if self.space.setting_of(second) != setting:
            return
        a, b = self.space.vector(first), self.space.vector(second)
        for place, goal in enumerate(self.goals):
            if goal.direction == 0:
                continue
            for number, term in enumerate(self.terms[setting][place]):
                if term.covers(b, a[None, :], 1)[0]:
                    less, more = one, two
                elif term.covers(a, b[None, :], 1)[0]:
                    less, more = two, one
                else:
                    continue
                if goal.direction < 0:
                    less, more = more, less
                if place in self.several:
                    yield _of_term(less, more, place, number)
                else:
                    yield self._of_goal(less, more, place)

    def _of_goal(self, less: Evaluation, more: Evaluation, place: int) -> float:
        """How far ``more`` misses a goal at limits that ``less`` just keeps."""
        missed = self.miss(less)
        excess = self.goals[place].excess(more.values[place])
        if missed > NEAR or not math.isfinite(excess):
            return 0.0
        return excess - missed if missed >= -NEAR else excess

    def miss(self, evaluation: Evaluation) -> float:
        """How far all limits would have to move, relative, to be just kept: 0 or less where they are; inf unknown."""
        misses = [
            math.inf if not kept and (bound or math.isnan(value)) else goal.excess(value)
            for goal, value, kept, bound in zip(
                self.goals, evaluation.values, evaluation.kept, evaluation.lower_bounds, strict=True
            )
            if not (kept and math.isnan(value))
        ]
        return max(misses, default=-math.inf)


def _of_term(less: Evaluation, more: Evaluation, place: int, number: int) -> float:
    """How much worse one of several terms of a goal is with more: there a cut bounds the term, wherever that is."""
    small, large = less.tallies[place][number], more.tallies[place][number]
    assert isinstance(small, AdditiveTally)
    assert isinstance(large, AdditiveTally)
    change = large.level - small.level
    return change / max(small.allowance, 1e-9, abs(small.level)) if math.isfinite(change) else 0.0
