"""The cheapest plan of one problem, found again under a condition, with what was simulated before shared.

An ``Office`` is a problem with its solver, which remembers every simulation; all offices of an explanation share one
``Budget``.
"""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simgov.optimize.chosen import Chosen
from simgov.optimize.evaluation import Stopper
from simgov.optimize.explain.explanation import Answer, Fresh
from simgov.optimize.goals import Evaluation, ValueTally
from simgov.optimize.problem import Problem
from simgov.optimize.search import Halt, ImpossibleOptions, Search
from simgov.optimize.solver import Solver
from simgov.optimize.solving import SolverStopped, Stopping
from simgov.optimize.space import Design, Limit, Space

MOST_TOPS = 2
MOST_GIVEN_UP = 3
"""So many plans of one question are given up for missing a target on fresh replications; the next is told as it is."""

MOST_REFUSED = 100
"""After so many designs whose options exclude each other an office is asked no more: it is not for these options."""


SHARES = 2
"""So many times its even share of the time left may one question take."""


@dataclass
class Budget:
    """How many simulations may be made in all (None: any number), and how many were; ``ends`` is when the time is up.

    ``questions`` is how many are to be asked, about: where there is an end, none may take more than ``SHARES`` times
    its share of what is left, so that all are reached.
    """

    simulations: int | None = None
    ends: float | None = None
    questions: int = 1
    made: int = 0
    asked: int = 0
    progress: Callable[[int], None] | None = None

    def stopping(self, stopper: Stopper) -> Stopping:
        """When to stop the next question."""
        self.asked += 1
        if self.ends is None:
            return stopper
        now = clock.monotonic()
        until = now + SHARES * (self.ends - now) / max(1, self.questions - self.asked + 1)
        return lambda: stopper() or clock.monotonic() > until

    @property
    def spent(self) -> bool:
        """Whether none is left."""
        return self.simulations is not None and self.made >= self.simulations

    def spend(self) -> None:
        """Count one. Raises ``Halt`` where none is left."""
        if self.spent:
            raise Halt
        self.made += 1
        if self.progress is not None:
            self.progress(self.made)


class Office:
    """A problem whose cheapest plan is asked for under several conditions.

    ``each`` is the most simulations that one question may take; ``most_cost`` (minor units) bounds every plan.
    ``chosen`` says what a design stands for, ``trial`` what it does on fresh replications: without it none is tried.
    """

    def __init__(
        self,
        solver: Solver,
        budget: Budget,
        stopper: Stopper,
        each: int,
        most_cost: int | None = None,
        *,
        chosen: Callable[[Design], Chosen] | None = None,
        trial: Callable[[Design], Fresh] | None = None,
    ) -> None:
        self.solver, self.budget, self.stopper, self.each, self.most_cost = solver, budget, stopper, each, most_cost
        self.rejected: list[Design] = []  # they missed a target on fresh replications, so none of them is a plan
        self.chosen = chosen or self._named
        self.trial = trial
        self._simulate = solver.evaluate
        self._refused = 0
        solver.evaluate = self._counted

    @property
    def space(self) -> Space:
        """The designs to choose from."""
        return self.solver.space

    def evaluate(self, design: Design) -> Evaluation:
        """What a design does; simulated and counted where it is not known. Raises ``Halt`` and as a simulator does."""
        if design not in self.solver.memory:
            self.solver.memory[design] = self._counted(design)
        return self.solver.memory[design]

    def total(self, design: Design) -> int:
        """Minor units of a design with its overtime; simulated where it is not known."""
        return self.space.cost(design) + self.evaluate(design).extra_cost

    def keeps(self, design: Design) -> bool:
        """Whether a design keeps the targets, and did not turn out to miss one on fresh replications."""
        return design not in self.rejected and self.evaluate(design).feasible

    def search(
        self,
        forced: Mapping[str, bool] | None = None,
        posts: Mapping[str, int] | None = None,
        limits: Sequence[Limit] = (),
    ) -> Search:
        """A search that knows all that was simulated, not yet run.

        ``forced``: options by name, taken or left out; ``posts``: pools with so many posts, no more and no fewer;
        ``limits`` on posts beside those of the space.
        """
        bounds = {pool: (count, count) for pool, count in (posts or {}).items()}
        search = self.solver.search(forced=forced, bounds=bounds, most_cost=self.most_cost, further_limits=limits)
        search.simulations = self.each
        search.stopping = self.budget.stopping(self.stopper)
        for design in self.rejected:
            search.ledger.reject(design)
        if search.incumbent is not None and search.incumbent.design in search.ledger.rejected:
            search.reject_incumbent()
        return search

    def cheapest(
        self,
        forced: Mapping[str, bool] | None = None,
        posts: Mapping[str, int] | None = None,
        first: Sequence[Design] = (),
        limits: Sequence[Limit] = (),
    ) -> Answer:
        """The cheapest plan under a condition; ``first`` designs are tried before. Raises ``Halt`` as ``run`` does.

        One that misses a target on fresh replications is given up for the next, for all questions.
        """
        before = self.budget.made
        search = self.search(forced, posts, limits)
        self.run(search, first)
        for _ in range(MOST_GIVEN_UP):
            if search.incumbent is None or self.confirmed(search.incumbent.design):
                break
            search.reject_incumbent()
            self.run(search)
        return self.answer(search, self.budget.made - before)

    def confirmed(self, design: Design) -> bool:
        """Whether a design keeps the targets on fresh replications too, where it is tried; if not, it is rejected."""
        if self.trial is None or self.trial(design).kept:
            return True
        self.rejected.append(design)
        return False

    def fresh(self, design: Design) -> Fresh | None:
        """What a design does on fresh replications, where it is tried."""
        return None if self.trial is None else self.trial(design)

    def run(self, search: Search, first: Sequence[Design] = ()) -> None:
        """Search as far as its own simulations go, the ``first`` designs before others.

        Where nothing known is feasible, the most of everything comes first: often it tells that nothing is. Raises
        ``Halt`` where the user, the time or the whole budget ends it.
        """
        try:
            for design in first:
                if design not in search.ledger.evaluations and search.space.allows(design):
                    search.simulate(design)
            if search.incumbent is None:
                for top in _tops(search):
                    search.simulate(top)
            search.run()
        except (Halt, SolverStopped):
            if self.stopper.reason or self.budget.spent:
                raise Halt from None

    def answer(self, search: Search, simulations: int) -> Answer:
        """What a search that ended has found."""
        found = search.incumbent
        bound = found.total if found and search.proved else None if search.proved else search.lower_bound()
        if found is None:
            return Answer(Chosen(), None, bound, search.proved, simulations)
        fresh = self.fresh(found.design)
        return Answer(self.chosen(found.design), found.total, bound, search.proved, simulations, fresh)

    def _named(self, design: Design) -> Chosen:
        """The posts by column and the options taken by name."""
        space = self.space
        taken = tuple(option.name for option, there in zip(space.options, design.options, strict=True) if there)
        return Chosen(dict(zip(space.pools, design.staff, strict=True)), taken)

    def _counted(self, design: Design) -> Evaluation:
        if self.budget.spent:
            raise Halt
        try:
            evaluation = self._simulate(design)
        except ImpossibleOptions:
            self._refused += 1
            if self._refused > MOST_REFUSED:
                raise Halt from None
            raise
        self.budget.spend()
        return evaluation


def _tops(search: Search) -> list[Design]:
    """The designs with the most of everything, in the settings with most options taken, that nothing excludes yet."""
    space = search.space
    tops: list[Design] = []
    for setting in sorted(range(len(space.settings)), key=lambda place: (-sum(space.settings[place].taken), place)):
        vector = space.fullest(setting)
        if len(tops) < MOST_TOPS and search.ledger.left(setting, vector[None, :])[0]:
            tops.append(space.design(setting, vector))
    return tops


def remember(office: Office, problem: Problem, evidence: Mapping[str, Any]) -> None:
    """Let ``office`` know what the certificate of a plan holds.

    Of goals that are added up from parts of the office a certificate does not hold enough: these designs are simulated
    again. Raises ``Halt`` as ``Office.evaluate`` does.
    """
    for one in evidence.get("simulated", ()):
        design = Design(tuple(one["staff"]), tuple(bool(taken) for taken in one["options"]))
        if problem.several:
            office.evaluate(design)
        else:
            office.solver.memory[design] = _recorded(problem, one)


def _recorded(problem: Problem, one: Mapping[str, Any]) -> Evaluation:
    """What a certificate says of one design, where each goal is of one part."""
    values = tuple(float("nan") if value is None else float(value) for value in one["values"])
    censored = tuple(own[0][0] is None for own in one["slacks"])
    tallies = tuple(
        (ValueTally(goal, value, bound),) for goal, value, bound in zip(problem.goals, values, censored, strict=True)
    )
    unknown = (float("nan"),) * len(values)
    return Evaluation(values, unknown, censored, tuple(one["kept"]), tallies, one["extra_cost"])
