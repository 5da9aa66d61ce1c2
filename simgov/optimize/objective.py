"""The best that a KPI can be under the targets and a budget, and several objectives one after the other.

A KPI to be made as good as possible is a goal whose limit tightens: with every better design found the question becomes
"is there one that is better still, by more than the guard band?" When every design within the budget has no more of
anything than one that was simulated and is no better, there is none, and the best found is the best by up to the band.

To find good designs fast, the one of which the forecast expects most is simulated first. More of anything helps, so it
is among the *maximal* designs, those to which the budget allows nothing to be added.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial

import numpy as np

from simgov.optimize.frontier import Frontier
from simgov.optimize.goals import Evaluation, Goal
from simgov.optimize.search import Halt, Incumbent, Search
from simgov.optimize.solver import Solver
from simgov.optimize.solving import SolverStopped
from simgov.optimize.space import Design

NO_DESIGN = Design((), ())
COST = "cost"


@dataclass(frozen=True)
class Question:
    """What is asked beside the objective: other limits, goals left out and the most that a design may cost."""

    limits: Mapping[int, float] = field(default_factory=dict)
    leave_out: tuple[int, ...] = ()
    most_cost: int | None = None


@dataclass(frozen=True)
class Best:
    """The best design found for one objective, ``value`` in its unit (minor units for the cost).

    ``proved``: no design is better than ``bound``, which is off by the guard band from ``value``; for the cost it is
    the value itself. Without a proof ``bound`` is None. ``incumbent`` is None where no design keeps the goals.
    ``search`` is the one that the proof rests on.
    """

    incumbent: Incumbent | None
    value: float
    bound: float | None
    proved: bool
    search: Search


@dataclass(frozen=True)
class Objective:
    """One thing to be made as good as possible: the goal at ``place`` of the solver, or the cost (``place`` None).

    ``within``: how much worse it may become, relatively, for the sake of the objectives after it.
    """

    place: int | None
    within: float = 0.0


def one_after_the_other(solver: Solver, objectives: Sequence[Objective], question: Question) -> list[Best]:
    """Each objective at its best, given that those before it are kept within what they allow.

    Ends with the first that has no design or no proof. Goals of objectives still to come are not asked for.
    """
    answers: list[Best] = []
    for number, objective in enumerate(objectives):
        later = tuple(one.place for one in objectives[number + 1 :] if one.place is not None)
        now = replace(question, leave_out=(*question.leave_out, *later))
        best = cheapest(solver, now) if objective.place is None else best_of(solver, objective.place, now)
        answers.append(best)
        if best.incumbent is None or not best.proved:
            break
        question = _kept(solver, objective, best, question)
    return answers


def _kept(solver: Solver, objective: Objective, best: Best, question: Question) -> Question:
    """The question with an objective as one more condition."""
    if objective.place is None:
        return replace(question, most_cost=math.floor(best.value * (1.0 + objective.within)))
    room = objective.within * (1.0 if solver.goals[objective.place].at_most else -1.0)
    return replace(question, limits={**question.limits, objective.place: best.value * (1.0 + room)})


def cheapest(solver: Solver, question: Question) -> Best:
    """The cost as the objective."""
    solved = solver.solve(limits=question.limits, leave_out=question.leave_out, most_cost=question.most_cost)
    value = math.nan if solved.incumbent is None else float(solved.incumbent.total)
    return Best(solved.incumbent, value, solved.bound, solved.proved, solved.search)


def best_of(solver: Solver, place: int, question: Question) -> Best:
    """The design whose goal at ``place`` is best; its own limit does not count.

    Of designs that are equally good the cheapest that was simulated is taken, and of those the smallest.
    """
    return _Improving(solver, place, question).best()


class _Improving:
    """A sequence of searches, each for a design better than the best so far by more than the guard band.

    One that is better by less ends its search too: measured from there, its own box is excluded.
    """

    def __init__(self, solver: Solver, place: int, question: Question) -> None:
        self.solver, self.place, self.question = solver, place, question
        self.band = solver.band

    def best(self) -> Best:
        while True:
            search = self._search()
            found = self._found()
            try:
                better = self._improve(search)
            except (Halt, SolverStopped):
                self.solver.stopped = True
                found = self._found()
                return Best(found, self._value(found), None, False, search)
            if not better:
                return Best(found, self._value(found), self._bound(found), search.proved, search)
            if self._found() == found and search.incumbent is not None:  # it has no value of the objective
                self.solver.reject(search.incumbent.design)

    def _search(self) -> Search:
        """The search for something better than the best known, or for anything at all."""
        while True:
            found = self._found()
            limits, leave_out = dict(self.question.limits), self.question.leave_out
            if found is None:
                leave_out = (*leave_out, self.place)
            else:
                limits[self.place] = self._tightened(self._value(found))
            search = self.solver.search(
                limits=limits,
                leave_out=leave_out,
                most_cost=self.question.most_cost,
                any_will_do=True,
                enough=partial(self._beats, found),
            )
            if search.ledger.band <= self.band:
                return search
            self.band = search.ledger.band  # wider than thought: so is what "better" means

    def _beats(self, found: Incumbent | None, _: Design) -> bool:
        """Whether the design simulated last is better than the best before it."""
        return self._found() != found

    def _tightened(self, value: float) -> float:
        """The limit that ``value`` misses by exactly the band."""
        return value / (1.0 + self.band) if self._goal.at_most else value / (1.0 - self.band)

    def _bound(self, found: Incumbent | None) -> float | None:
        return None if found is None else self._tightened(self._value(found))

    @property
    def _goal(self) -> Goal:
        return self.solver.goals[self.place]

    def _improve(self, search: Search) -> bool:
        """Look for a better design until there is one, or none is left. Raises ``Halt``."""
        promising = _Promising.of(search, self._number(search), self.question.most_cost)
        while promising is not None and (design := promising.next()) is not None:
            search.simulate(design)
            if search.satisfied:
                return True
        search.run()
        return search.satisfied

    def _number(self, search: Search) -> int | None:
        """Where the objective stands among the goals of a search."""
        asked = [p for p in range(len(self.solver.goals)) if p not in self.question.leave_out]
        return asked.index(self.place) if len(asked) == len(search.goals) else None

    def _value(self, found: Incumbent | None) -> float:
        return math.nan if found is None else self.solver.memory[found.design].values[self.place]

    def _found(self) -> Incumbent | None:
        """The best design simulated so far that keeps the other goals and the budget."""
        best: tuple[float, int, Design] | None = None
        others = (*self.question.leave_out, self.place)
        for design, evaluation in self.solver.known(self.question.limits, others):
            value = self.solver.memory[design].values[self.place]
            total = self.solver.space.cost(design) + evaluation.extra_cost
            if not self._counts(design, evaluation, total):
                continue
            key = (value if self._goal.at_most else -value, total, design)
            if best is None or key < best:
                best = key
        return None if best is None else Incumbent(best[2], best[1], self.solver.memory[best[2]])

    def _counts(self, design: Design, evaluation: Evaluation, total: int) -> bool:
        whole = self.solver.memory[design]
        unknown = math.isnan(whole.values[self.place]) or (whole.lower_bounds[self.place] and self._goal.at_most)
        dear = self.question.most_cost is not None and total > self.question.most_cost
        return evaluation.feasible and not unknown and not dear and self.solver.space.allows(design)


class _Promising:
    """The designs of which the forecast expects that they keep all goals of a search, the best objective first."""

    def __init__(self, search: Search, number: int | None, frontier: Frontier) -> None:
        self._search, self._number, self._frontier = search, number, frontier

    @classmethod
    def of(cls, search: Search, number: int | None, most_cost: int | None) -> _Promising | None:
        """None where more of something may hurt a goal, so that the best design need not be a maximal one."""
        if any(goal.direction != 1 for goal in search.goals) or search.several or search.ledger.priced:
            return None
        rival = None if most_cost is None else (most_cost + 1, NO_DESIGN)
        held = [search.held(setting) for setting in range(len(search.space.settings))]
        return cls(search, number, Frontier(search.space, rival, search.ledger.left, held, search.seed))

    def next(self) -> Design | None:
        """The most promising design not excluded yet; None where the forecast expects of none that it is one."""
        self._frontier.drop_excluded()
        best: tuple[float, int, tuple[int, ...]] | None = None
        for setting in range(len(self._search.space.settings)):
            rows = self._frontier.rows(setting)
            if not len(rows):
                continue
            stress = self._search.guide.forecast(setting, rows).mean
            worst = stress.max(axis=1) if stress.shape[1] else np.zeros(len(rows))
            wish = worst if self._number is None else stress[:, self._number]
            for row in np.flatnonzero((worst <= 0.0) & (wish == wish[worst <= 0.0].min(initial=math.inf))):
                key = (float(wish[row]), setting, tuple(int(v) for v in rows[row]))
                if best is None or key < best:
                    best = key
        if best is None:
            return None
        design = self._search.space.design(best[1], np.array(best[2], np.int64))
        return None if design in self._search.ledger.evaluations else design
