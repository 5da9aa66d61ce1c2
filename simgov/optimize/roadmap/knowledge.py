"""What simulations of states and of years said, and what follows from it for every programme.

A state that misses a milestone's limit by more than the guard band excludes a *box*: no quarter in which that limit
holds may have a state with no more of anything that the KPI depends on. One that misses it within the band excludes
the *point*. One simulation of a state is held against every milestone. What was learnt stays true when milestones or
budgets are left away, so that conflicts can be searched for without simulating anything twice.
"""

from __future__ import annotations

import math
from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field

import numpy as np

from simgov.kpi.statistics import Estimate
from simgov.optimize.goals import Others
from simgov.optimize.guarding import GUARD_BANDS
from simgov.optimize.ledger import ABOVE_WORST
from simgov.optimize.roadmap.programme import Programme, Schedule, State
from simgov.optimize.roadmap.subjects import Subjects

GUARD_BAND = GUARD_BANDS[Others.NONE]


@dataclass(frozen=True)
class Seen:
    """What a simulated state said about one goal."""

    goal: int
    state: State
    estimate: Estimate
    kept: bool


@dataclass(frozen=True)
class StateCut:
    """``state`` misses ``goal`` by ``excess`` of its limit; ``box``: so does every state with no more of anything."""

    goal: int
    state: State
    excess: float
    box: bool


@dataclass(frozen=True)
class YearCut:
    """In the year ``year``, up to the quarter ``last``, ``schedule`` misses ``goal`` by ``excess`` of its limit;
    ``box``: so does every schedule with no more posts up to then and no measure that only helps begun earlier."""

    goal: int
    year: int
    last: int
    schedule: Schedule
    excess: float
    box: bool


@dataclass
class Knowledge:
    """Everything simulated so far. ``version`` counts how often the guard band was widened, and the cuts made anew."""

    programme: Programme
    subjects: Subjects
    band: float = GUARD_BAND
    worst_violation: float = 0.0
    version: int = 0
    states: dict[State, tuple[Estimate, ...]] = field(default_factory=dict)
    cuts: list[StateCut | YearCut] = field(default_factory=list)
    impossible: list[State] = field(default_factory=list)
    undatable: list[Schedule] = field(default_factory=list)
    year_misses: list[YearCut] = field(default_factory=list)
    _seen: dict[tuple[Hashable, ...], Seen] = field(default_factory=dict)

    def seen(self, goal: int, state: State) -> Seen | None:
        """What is known of a goal in a state, from any simulation that says it."""
        return self._seen.get(self.subjects.local(goal, state))

    def record(self, state: State, estimates: Sequence[Estimate]) -> None:
        """Keep what a simulated state said, and draw the consequences."""
        self.states[state] = tuple(estimates)
        fresh = [
            Seen(goal, state, estimate, self.programme.targets[goal].met(estimate))
            for goal, estimate in enumerate(estimates)
            if self.seen(goal, state) is None
        ]
        for seen in fresh:
            self.worst_violation = max(self.worst_violation, self._violation(seen))
            self._seen[self.subjects.local(seen.goal, state)] = seen
            self._teach(seen)
        if self.worst_violation > self.band:
            self.band = math.ceil(ABOVE_WORST * self.worst_violation * 1000) / 1000
            self._start_again()
        else:
            for seen in fresh:
                self._cut(seen)

    def miss(self, goal: int, year: int, last: int, schedule: Schedule, estimate: Estimate) -> YearCut:
        """A schedule turned out to miss a goal in the simulated year."""
        excess = self.excess(goal, estimate)
        cut = YearCut(goal, year, last, schedule, excess, self._beyond(goal, excess))
        self.year_misses.append(cut)
        self.cuts.append(cut)
        return cut

    def excess(self, goal: int, estimate: Estimate) -> float:
        """How far an estimate misses the goal, relative to its limit; inf where it is a lower bound."""
        if math.isnan(estimate.value) or (estimate.lower_bound and self.programme.goals[goal].at_most):
            return math.inf
        return self.programme.goals[goal].excess(estimate.value)

    def _beyond(self, goal: int, excess: float) -> bool:
        return self.programme.goals[goal].direction != 0 and excess > self.band

    def _cut(self, seen: Seen) -> None:
        if not seen.kept:
            excess = self.excess(seen.goal, seen.estimate)
            box = self._beyond(seen.goal, excess) and not math.isnan(seen.estimate.value)
            self.cuts.append(StateCut(seen.goal, seen.state, excess, box))

    def _start_again(self) -> None:
        self.version += 1
        self.cuts = []
        for seen in self._seen.values():
            self._cut(seen)
        misses, self.year_misses = self.year_misses, []
        for old in misses:
            cut = YearCut(old.goal, old.year, old.last, old.schedule, old.excess, self._beyond(old.goal, old.excess))
            self.year_misses.append(cut)
            self.cuts.append(cut)

    def _teach(self, seen: Seen) -> None:
        if not seen.estimate.lower_bound and math.isfinite(seen.estimate.value):
            stress = self.programme.goals[seen.goal].stress(seen.estimate.value)
            subjects = self.subjects
            setting, vector = subjects.setting(seen.state), subjects.vector(seen.state)
            subjects.guides[seen.goal].learn(setting, vector[None, :], [0], np.array([[stress]]))

    def _violation(self, seen: Seen) -> float:
        """By how much this and an earlier state contradict that more of anything does not hurt the goal."""
        subjects, goal = self.subjects, self.programme.goals[seen.goal]
        if goal.direction == 0 or seen.estimate.lower_bound or not math.isfinite(seen.estimate.value):
            return 0.0
        term = subjects.term(seen.goal, subjects.branch(seen.state.design.options))
        vector, worst = subjects.vector(seen.state), 0.0
        for other in self._seen.values():
            if other.goal != seen.goal or other.state.era != seen.state.era or other.estimate.lower_bound:
                continue
            twin = subjects.term(other.goal, subjects.branch(other.state.design.options))
            theirs = subjects.vector(other.state)
            if twin.key != term.key or not math.isfinite(other.estimate.value):
                continue
            if term.covers(theirs, vector[None, :], goal.direction)[0]:
                less, more = seen.estimate.value, other.estimate.value
            elif term.covers(vector, theirs[None, :], goal.direction)[0]:
                less, more = other.estimate.value, seen.estimate.value
            else:
                continue
            sign = 1.0 if goal.at_most else -1.0
            worst = max(worst, sign * (more - less) / max(goal.scale, abs(less)))
        return worst
