"""The cheapest plan of one problem, found again under a condition, with what was simulated before shared.

An ``Office`` is a problem with its solver, which remembers every simulation; all offices of an explanation share one
``Budget``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from simgov.optimize.evaluation import Stopper
from simgov.optimize.explain.explanation import Answer
from simgov.optimize.goals import Evaluation, ValueTally
from simgov.optimize.problem import Problem
from simgov.optimize.search import Halt, ImpossibleOptions, Search
from simgov.optimize.solver import Solver
from simgov.optimize.solving import SolverStopped
from simgov.optimize.space import Design, Space

MOST_TOPS = 2
MOST_REFUSED = 100
"""After so many designs whose options exclude each other an office is asked no more: it is not for these options."""


@dataclass
class Budget:
    """How many simulations may be made in all (None: any number), and how many were."""

    simulations: int | None = None
    made: int = 0
    progress: Callable[[int], None] | None = None

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
    """

    def __init__(
        self, solver: Solver, budget: Budget, stopper: Stopper, each: int, most_cost: int | None = None
    ) -> None:
        self.solver, self.budget, self.stopper, self.each, self.most_cost = solver, budget, stopper, each, most_cost
        self.rejected: list[Design] = []  # they failed validation, so none of them is a plan
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

    def search(self, forced: Mapping[str, bool] | None = None, posts: Mapping[str, int] | None = None) -> Search:
        """A search that knows all that was simulated, not yet run.

        ``forced``: options by name, taken or left out; ``posts``: pools with so many posts, no more and no fewer.
        """
        bounds = {pool: (count, count) for pool, count in (posts or {}).items()}
        search = self.solver.search(forced=forced, bounds=bounds, most_cost=self.most_cost)
        search.simulations = self.each
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
    ) -> Answer:
        """The cheapest plan under a condition; ``first`` designs are tried before. Raises ``Halt`` as ``run`` does."""
        before = self.budget.made
        search = self.search(forced, posts)
        self.run(search, first)
        return self.answer(search, self.budget.made - before)

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
            return Answer({}, (), None, bound, search.proved, simulations)
        return Answer(*self.named(found.design), found.total, bound, search.proved, simulations)

    def named(self, design: Design) -> tuple[dict[str, int], tuple[str, ...]]:
        """The posts by pool and the options taken by name."""
        space = self.space
        taken = tuple(option.name for option, there in zip(space.options, design.options, strict=True) if there)
        return dict(zip(space.pools, design.staff, strict=True)), taken

    def design(self, staff: Mapping[str, int], reforms: Sequence[str]) -> Design:
        """The design of these names."""
        space = self.space
        return Design(
            tuple(staff[pool] for pool in space.pools), tuple(option.name in reforms for option in space.options)
        )

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
