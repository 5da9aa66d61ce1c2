"""``optimize`` where the file asks for a KPI, and not only the cost, to be as good as possible."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from simgov.kpi.targets import Target
from simgov.optimize.conflict import conflict
from simgov.optimize.conflict_found import ConflictFound
from simgov.optimize.conflict_words import found
from simgov.optimize.goals import Evaluation
from simgov.optimize.limits import LimitUsed
from simgov.optimize.objective import Best, Objective, Question, one_after_the_other
from simgov.optimize.plan import Neighbour, ObjectiveReached, Plan, TargetResult
from simgov.optimize.recommend import Recommendation, binding
from simgov.optimize.search import Halt
from simgov.optimize.solver import Solver, solver_of
from simgov.optimize.space import Design
from simgov.optimize.wishes import COST, Wish


class BestRecommendation(Recommendation):
    """The objectives of a study one after the other; their KPIs come after the targets among the goals of ``problem``.

    A plan has to keep the targets on fresh replications too. The objectives do not: there they take other values.
    """

    def __post_init__(self) -> None:
        super().__post_init__()
        assert self.study.decisions is not None
        self.wishes: tuple[Wish, ...] = self.study.decisions.objectives
        self.whole = self.problem
        self.validation.goals = self.whole.goals[: len(self.study.targets)]
        self.solver: Solver = solver_of(
            self.whole, self.simulator, band=self.band, simulations=self.simulations, progress=self.progress
        )
        self.places = tuple(range(len(self.whole.targets)))
        self.answers: list[Best] = []

    def plan(self) -> Plan:
        """Search, validate, explain."""
        plan = super().plan()
        last = self.wishes[len(self.answers) - 1] if self.answers else self.wishes[0]
        evidence: dict[str, Any] = {**plan.evidence, "asked": len(self.places)}
        if last.kpi != COST:
            evidence |= {"plan": None, "total": None, "best": plan.evidence["plan"]}
        return replace(
            plan,
            bound=plan.bound if last.kpi == COST else None,
            objectives=tuple(self._reached(wish, n) for n, wish in enumerate(self.wishes[: len(self.answers)])),
            evidence=evidence,
        )

    # What differs from the cheapest plan ------------------------------------------------------------------------------

    @property
    def asked(self) -> tuple[Target, ...]:
        """The targets of the file."""
        return self.whole.targets[: len(self.study.targets)]

    def keeps(self, evaluation: Evaluation) -> bool:
        """Whether a design keeps the targets of the file."""
        return all(evaluation.kept[: len(self.asked)])

    def simulated(self, design: Design) -> Evaluation:
        """What a design does on the sample of the search, for the goals of ``problem``."""
        return self.simulator(design).judged(self.places, self.problem.goals, self.whole.goals)

    def give_up(self, design: Design) -> None:
        """Exclude a plan that failed on fresh replications."""
        self.solver.reject(design)

    def _find(self) -> None:
        """The best design in the search's sample that keeps the targets on fresh replications too."""
        objectives = objectives_of(self.wishes, len(self.study.targets))
        while True:
            try:
                self.answers = one_after_the_other(self.solver, objectives, Question(most_cost=self.whole.most_cost))
            except KeyboardInterrupt:
                self.stopped = self.stopper.reason = "interrupted"
                return
            self._take(self.answers[-1], objectives)
            plan = self.search.incumbent
            if self.solver.stopped:
                self.stopped = self.stopper.reason or "simulations"
            if plan is None or self.stopper.reason or self._validate(plan.design):
                return

    def _take(self, last: Best, objectives: list[Objective]) -> None:
        """Make the last answer's search the one that the plan speaks of."""
        search = last.search
        # Goals are asked for in their order: the targets, then the objectives up to the one that it was about.
        self.places = tuple(range(len(search.goals)))
        self.problem = self.whole.at(self.places, {place: goal.limit for place, goal in enumerate(search.goals)})
        search.incumbent = last.incumbent
        search.proved = last.proved and (last.incumbent is None or len(self.answers) == len(objectives))
        search.made = self.solver.made
        self.search = search

    def binding(
        self, targets: tuple[TargetResult, ...], neighbours: Sequence[Neighbour], cost: int
    ) -> tuple[TargetResult, ...]:
        """Only targets that a cheaper neighbour misses: a plan for a KPI need not be near the limit of any other."""
        return binding(targets, neighbours, cost, guess=False)

    def _limits(self) -> tuple[LimitUsed, ...]:
        """Which limits on posts bind is a question of cost."""
        return ()

    def _conflict(self) -> ConflictFound | None:
        """Why no design keeps the targets within the budget, where that is proved."""
        if self.search.incumbent is not None or not self.search.proved or self.stopped:
            return None
        before = self.solver.made
        asked = [place for place, target in enumerate(self.asked) if target.kpi != COST]
        try:
            return found(conflict(self.solver, asked, self.whole.most_cost), self.whole)
        except (Halt, KeyboardInterrupt):
            return None
        finally:
            self.further += self.solver.made - before

    def _reached(self, wish: Wish, number: int) -> ObjectiveReached:
        """An objective as the plan keeps it; earlier ones may have given something up for later ones."""
        answer, plan = self.answers[number], self.search.incumbent
        if wish.kpi == COST:
            unit, scale = self.whole.baseline.currency, 0.01
            value = math.nan if plan is None else plan.total * scale
            bound = None if answer.bound is None or not answer.proved else answer.bound * scale
            return ObjectiveReached(COST, "minimize", unit, value, bound, value, 0.0, wish.within)
        place = len(self.study.targets) + sum(one.kpi != COST for one in self.wishes[:number])
        value = math.nan if plan is None else self.solver.memory[plan.design].values[place]
        fresh = width = math.nan
        if self.validated is not None:
            fresh, width = self.validated.values[place], self.validated.half_widths[place]
        sense = "minimize" if wish.at_most else "maximize"
        unit = self.whole.targets[place].unit
        bound = answer.bound if answer.proved else None
        return ObjectiveReached(wish.kpi, sense, unit, value, bound, fresh, width, wish.within)  # type: ignore[arg-type]


def objectives_of(wishes: Sequence[Wish], first: int) -> list[Objective]:
    """The objectives that ``wishes`` mean, their KPIs at the places from ``first`` on."""
    objectives, place = [], first
    for wish in wishes:
        objectives.append(Objective(None if wish.kpi == COST else place, wish.within))
        place += wish.kpi != COST
    return objectives
