"""Many questions about one office, with the simulations shared.

What a design did in the sample does not depend on what is asked: its KPIs say whether it keeps a target at any limit. A
``Solver`` remembers every design that it has simulated and starts each search with what all of them teach. So the same
problem at another limit, with an option held, without a target, within other bounds or under another budget costs only
the simulations that nothing before has made good::

    solver = solver_of(problem, simulator)
    best = solver.solve()
    without = solver.solve(forced={"lean": False})
    looser = solver.solve(limits={0: 6.0}, leave_out=(2,), most_cost=1_000_000, bounds={"review": (2, 5)})
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.goals import Evaluation, Goal, Others, Term, Together, added_up
from simgov.optimize.guarding import GUARD_BANDS
from simgov.optimize.guide import Approximation
from simgov.optimize.ledger import ENUMERABLE
from simgov.optimize.search import Evaluate, Halt, ImpossibleOptions, Incumbent, Progress, Search
from simgov.optimize.solving import SolverStopped, Stopping
from simgov.optimize.space import Design, Limit, Space

if TYPE_CHECKING:
    from simgov.optimize.evaluation import Simulator
    from simgov.optimize.problem import Problem

Terms = Sequence[Sequence[Sequence[Term]]]


@dataclass(frozen=True)
class Asked:
    """The goals at some places of the solver's own, at the limits of a question, with what they depend on."""

    places: tuple[int, ...]
    goals: tuple[Goal, ...]
    terms: Terms
    approximation: Approximation


Ask = Callable[[tuple[int, ...], tuple[Goal, ...], tuple[int, ...]], Asked]
"""``(places, goals, whole)``: the question for these goals, those at the places ``whole`` not taken apart."""


@dataclass(frozen=True)
class Solved:
    """The answer to one question, with the search that found it.

    ``incumbent`` is the cheapest design that keeps the goals asked for, None where there is none (``proved``) or none
    was found. ``bound``: nothing costs less, in minor units; None where no design is left. ``made`` simulations were
    new. ``evaluation`` of the incumbent speaks of the goals asked for; ``Solver.memory`` has that of all.
    """

    incumbent: Incumbent | None
    proved: bool
    bound: int | None
    made: int
    search: Search

    @property
    def feasible(self) -> bool:
        """Whether there is a design."""
        return self.incumbent is not None


@dataclass
class Solver:
    """Answers questions about the designs of ``space`` and remembers their simulations.

    ``evaluate`` says what a design does for all ``goals``; ``ask`` gives what some of them depend on. ``simulations``
    is the most to make in all questions together; ``stopping`` is polled. When either ends a search, its answer is the
    best so far, not proved, and ``stopped`` is True from then on. ``together`` says which goals have to be kept.
    """

    space: Space
    goals: tuple[Goal, ...]
    evaluate: Evaluate
    ask: Ask
    band: float = GUARD_BANDS[Others.NONE]
    seed: int = 0
    simulations: int | None = None
    stopping: Stopping | None = None
    progress: Callable[[Progress], None] | None = None
    together: Together | None = None

    memory: dict[Design, Evaluation] = field(default_factory=dict, init=False)
    impossible: dict[tuple[bool, ...], Design] = field(default_factory=dict, init=False)
    rejected: set[Design] = field(default_factory=set, init=False)
    made: int = field(default=0, init=False)
    stopped: bool = field(default=False, init=False)

    def __post_init__(self) -> None:
        self._asked: dict[tuple[tuple[int, ...], tuple[Goal, ...]], Asked] = {}
        self._own = self._at_own_limits()

    def solve(
        self,
        *,
        limits: Mapping[int, float] | None = None,
        forced: Mapping[str, bool] | None = None,
        leave_out: Sequence[int] = (),
        bounds: Mapping[str, tuple[int, int]] | None = None,
        most_cost: int | None = None,
        any_will_do: bool = False,
        without_limits: Sequence[int] = (),
    ) -> Solved:
        """The cheapest design for one question. See ``search`` for what may be asked."""
        search = self.search(
            limits=limits,
            forced=forced,
            leave_out=leave_out,
            bounds=bounds,
            most_cost=most_cost,
            any_will_do=any_will_do,
            without_limits=without_limits,
        )
        try:
            search.run()
        except (Halt, SolverStopped):
            self.stopped = True
        return Solved(search.incumbent, search.proved, search.bound, search.made, search)

    def search(
        self,
        *,
        limits: Mapping[int, float] | None = None,
        forced: Mapping[str, bool] | None = None,
        leave_out: Sequence[int] = (),
        bounds: Mapping[str, tuple[int, int]] | None = None,
        most_cost: int | None = None,
        any_will_do: bool = False,
        enough: Callable[[Design], bool] | None = None,
        without_limits: Sequence[int] = (),
        further_limits: Sequence[Limit] = (),
    ) -> Search:
        """A search that knows all that is remembered, not yet run.

        ``limits``: goals (places) at other limits; ``leave_out``: goals not asked for; ``forced``: options by name,
        taken or left; ``bounds``: pools by id within closer bounds (fewest, most) than those of the space;
        ``most_cost`` in minor units; ``any_will_do``: stop at the first feasible design;
        ``enough``: or at the first simulated of which this holds. ``without_limits``: limits on posts (places in the
        space) not asked for; ``further_limits``: on posts, beside those of the space.
        """
        asked = self._question(dict(limits or {}), leave_out)
        space = narrowed(self.space, forced or {}, bounds or {})
        if without_limits or further_limits:
            kept = tuple(limit for place, limit in enumerate(space.limits) if place not in without_limits)
            space = replace(space, limits=(*kept, *further_limits))
        search = Search(
            space,
            asked.goals,
            asked.terms,
            lambda design: self._judged(self._remembered(design), asked),
            asked.approximation,
            band=self.band,
            most_cost=most_cost,
            simulations=None if self.simulations is None else max(0, self.simulations - self.made),
            stopping=self.stopping,
            progress=self.progress,
            seed=self.seed,
            known={design: self._judged(evaluation, asked) for design, evaluation in self.memory.items()},
            rejected=tuple(self.rejected),
            any_will_do=any_will_do,
            enough=enough,
            enumerates=self.space.size <= ENUMERABLE,
            together=None if self.together is None else self.together.among(asked.places),
        )
        for design in self.impossible.values():
            search.ledger.forbid_options(design)
        return search

    def known(
        self, limits: Mapping[int, float] | None = None, leave_out: Sequence[int] = ()
    ) -> Iterator[tuple[Design, Evaluation]]:
        """Every design simulated and not given up, judged by the goals of a question."""
        asked = self._question(dict(limits or {}), leave_out)
        for design, evaluation in self.memory.items():
            if design not in self.rejected:
                yield design, self._judged(evaluation, asked)

    def reject(self, design: Design) -> None:
        """Give a design up, which turned out not to keep the goals after all: no answer will be it any more."""
        self.rejected.add(design)

    def _question(self, limits: Mapping[int, float], leave_out: Sequence[int]) -> Asked:
        places = tuple(place for place in range(len(self.goals)) if place not in leave_out)
        goals = tuple(self.goals[p].at(limits.get(p, self.goals[p].limit)) for p in places)
        if (places, goals) not in self._asked:
            whole = tuple(p for p, goal in zip(places, goals, strict=True) if goal != self.goals[p] and p in self._own)
            self._asked[places, goals] = self.ask(places, goals, whole)
        return self._asked[places, goals]

    def _at_own_limits(self) -> frozenset[int]:
        """The goals that are added up from terms."""
        every = tuple(range(len(self.goals)))
        return added_up(self.ask(every, self.goals, ()).terms)

    def _judged(self, evaluation: Evaluation, asked: Asked) -> Evaluation:
        return evaluation.judged(asked.places, asked.goals, self.goals)

    def _remembered(self, design: Design) -> Evaluation:
        """What a design does for all goals; simulated where no question has asked before."""
        if design not in self.memory:
            try:
                self.memory[design] = self.evaluate(design)
            except ImpossibleOptions:
                self.impossible[design.options] = design
                raise
            self.made += 1
        return self.memory[design]


def solver_of(
    problem: Problem,
    simulator: Simulator,
    *,
    band: float | None = None,
    simulations: int | None = None,
    stopping: Stopping | None = None,
    progress: Callable[[Progress], None] | None = None,
) -> Solver:
    """A solver for the problem of a study; its places are those of the problem's targets."""
    first = ScenarioApproximation(
        problem.space,
        problem.goals,
        problem.terms,
        problem.equipped,
        problem.term_services,
        problem.rosters,
        problem.demands,
    )

    def ask(places: tuple[int, ...], goals: tuple[Goal, ...], whole: tuple[int, ...]) -> Asked:
        terms, services = problem.asking(places, whole)
        return Asked(
            places, goals, terms, first.asking(goals, terms, lambda setting, goal, term: services[setting][goal][term])
        )

    return Solver(
        problem.space,
        problem.goals,
        simulator,
        ask,
        band=problem.guard_band if band is None else band,
        seed=simulator.seed,
        simulations=simulations,
        stopping=stopping if stopping is not None else simulator.stopper,
        progress=progress,
        together=problem.together,
    )


def narrowed(space: Space, forced: Mapping[str, bool], bounds: Mapping[str, tuple[int, int]]) -> Space:
    """The designs of ``space`` with some options held and some pools within closer bounds.

    Settings and price lists stay as they are, so that all that is known of the space holds here too.
    """
    place = {option.name: number for number, option in enumerate(space.options)}
    clauses = (*space.clauses, *(((place[name], taken),) for name, taken in forced.items()))
    for pool, (least, most) in bounds.items():
        number = space.pools.index(pool)
        if not any(least <= most and least <= s.high[number] and most >= s.low[number] for s in space.settings):
            raise ValueError(f"{least}..{most} posts of {pool} lie outside the space")
    closer = (*space.closer, *((space.pools.index(pool), least, most) for pool, (least, most) in bounds.items()))
    return replace(space, clauses=tuple(dict.fromkeys(clauses)), closer=closer)
