"""A plan that makes a KPI as good as possible, explained: what one post or measure more or less does to the KPI, all
else as in the plan, and what more or less money would buy, all else chosen anew.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Literal

from simgov.kpi.targets import Target
from simgov.optimize.evaluation import Simulator
from simgov.optimize.explain.again import MOST_GIVEN_UP, Office
from simgov.optimize.explain.best_words import BestTeller
from simgov.optimize.explain.explaining import Explainer
from simgov.optimize.explain.improvement import AtBudget, Change, Reached
from simgov.optimize.goals import Evaluation
from simgov.optimize.neighbours import neighbouring
from simgov.optimize.objective import Best, Question, one_after_the_other
from simgov.optimize.recommend_best import objectives_of
from simgov.optimize.search import Halt, ImpossibleOptions
from simgov.optimize.solver import solver_of
from simgov.optimize.space import Design
from simgov.optimize.taken import chosen_of, design_of
from simgov.optimize.wishes import wished
from simgov.scenario.value import Text

BUDGETS = (90, 95, 105, 110)
"""Per cent of the budget at which the best plan is asked for."""


@dataclass
class BestExplainer(Explainer):
    """Asks what is asked of a plan with objectives: their KPIs come after the targets among the goals."""

    parts: tuple[str, ...] = field(default=("changes", "budgets"), init=False)

    @property
    def asked(self) -> list[Target]:
        """The targets, then the KPIs to be made as good as possible."""
        assert self.study.decisions is not None
        return [*self.study.targets, *wished(self.study.decisions.objectives, self.study.baseline)]

    def _ask(self) -> None:
        office = self._counting_office()
        design = design_of(self.problem, self.plan.chosen)
        self._begin("changes")
        own = self._values(office, self._tried_again(office, design))
        teller = BestTeller(**vars(self.teller), reached=own)
        for kind, name, change, other in self._changed(design):
            try:
                found = self._tried_again(office, other)
            except ImpossibleOptions:
                continue
            self.told["changes"].append(self._change(office, teller, kind, name, change, other, found))
        self._begin("budgets")
        self.budget.questions = len(BUDGETS)
        if self.problem.most_cost is None:
            self.told["notes"].append(NO_BUDGET)
            return
        for percent in BUDGETS:
            self.told["budgets"].append(self._at_budget(office, teller, percent, self.problem.most_cost))

    def _counting_office(self) -> Office:
        simulator = Simulator(self.problem, self.plan.replications, self.plan.seed, self.stopper, self.workers)
        self.simulators.append(simulator)
        self.simulator = simulator
        solver = solver_of(self.problem, simulator, band=self.plan.guard_band)
        for one in self.plan.rejected:
            solver.reject(design_of(self.problem, one.chosen))
        return Office(solver, self.budget, self.stopper, self.each)

    # One thing otherwise ----------------------------------------------------------------------------------------------

    def _changed(self, plan: Design) -> Iterator[tuple[Literal["post", "option"], str, int, Design]]:
        """The plan with one option taken or left, then with one post more or fewer, as far as the bounds allow."""
        space = self.problem.space
        for place, option in enumerate(space.options):
            options = tuple(taken != (other == place) for other, taken in enumerate(plan.options))
            try:
                ranges = space.ranges(space.setting_of(Design(plan.staff, options)))
            except KeyError:  # the options do not go together
                continue
            staff = tuple(min(max(n, low), high) for n, (low, high) in zip(plan.staff, ranges, strict=True))
            yield "option", option.name, 1 if options[place] else -1, Design(staff, options)
        for name, change, design in neighbouring(self.problem, plan):
            yield "post", name, change, design

    def _change(
        self,
        office: Office,
        teller: BestTeller,
        kind: Literal["post", "option"],
        name: str,
        change: int,
        design: Design,
        found: Evaluation,
    ) -> Change:
        cost = office.space.cost(design) + found.extra_cost
        values = self._values(office, found)
        kept = found.kept[: len(self.study.targets)]
        missed = tuple(target.kpi for target, met in zip(self.study.targets, kept, strict=True) if not met)
        within = self.problem.most_cost is None or cost <= self.problem.most_cost
        words = teller.changed(kind, name, change, cost, values, missed, within)
        return Change(kind, name, change, cost, values, missed, within, words)

    def _tried_again(self, office: Office, design: Design) -> Evaluation:
        """What a design does on the replications that the plan's values come from. Raises ``Halt``."""
        plan = self.plan
        first, times = 0, 1
        if plan.validated:
            first, times = (count // plan.replications for count in (plan.fresh_first, plan.fresh_replications))
        office.budget.spend()
        return self.simulator.evaluate(design, first, plan.confidence, times)

    def _values(self, office: Office, found: Evaluation) -> tuple[Reached, ...]:
        """The KPIs to be made as good as possible."""
        first = len(self.study.targets)
        goals = office.solver.goals[first:]
        parts = zip(goals, found.values[first:], found.half_widths[first:], strict=True)
        return tuple(Reached(goal.kpi, goal.unit, value, width) for goal, value, width in parts)

    # More or less money -----------------------------------------------------------------------------------------------

    def _at_budget(self, office: Office, teller: BestTeller, percent: int, today: int) -> AtBudget:
        most, before = today * percent // 100, self.budget.made
        best, fresh = self._best(office, most)
        first = next((one for one in best if not math.isnan(one.value)), best[0])
        design = best[-1].incumbent.design if best[-1].incumbent is not None else None
        chosen = None if design is None else chosen_of(self.problem, design)
        cost = None if best[-1].incumbent is None else best[-1].incumbent.total
        value, bound = math.nan, first.bound if first.proved else None
        if design is not None:
            value = office.solver.memory[design].values[len(self.study.targets)]
        values = () if fresh is None else self._values(office, fresh)
        proved = all(one.proved for one in best)
        words = teller.at_budget(percent, most, chosen, value, bound, values)
        return AtBudget(most, chosen, cost, value, bound, proved, values, self.budget.made - before, words)

    def _best(self, office: Office, most: int) -> tuple[list[Best], Evaluation | None]:
        """Each objective at its best within a budget, by a plan that keeps the targets on fresh replications too."""
        solver = office.solver
        assert self.study.decisions is not None
        objectives = objectives_of(self.study.decisions.objectives, len(self.study.targets))
        for _ in range(MOST_GIVEN_UP + 1):
            left = None if self.budget.simulations is None else self.budget.simulations - self.budget.made
            solver.simulations = solver.made + (self.each if left is None else min(self.each, left))
            solver.stopped = False
            solver.stopping = self.budget.stopping(self.stopper)
            best = one_after_the_other(solver, objectives, Question(most_cost=most))
            if self.stopper.reason or self.budget.spent:
                raise Halt
            if best[-1].incumbent is None:
                return best, None
            fresh = self._tried_again(office, best[-1].incumbent.design)
            if all(fresh.kept[: len(self.study.targets)]):
                break
            solver.reject(best[-1].incumbent.design)
        return best, fresh


NO_BUDGET = Text(
    "The file sets no budget, so what more or less money would buy is not asked.",
    "情景文件未设预算，因此不作预算增减的说明。",
)
