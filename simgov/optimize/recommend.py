"""``optimize``: from a study to a plan. The search, validation on fresh replications, and what planners ask next."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from typing import TYPE_CHECKING, Any

from simgov.arrays import Integers
from simgov.errors import InputError
from simgov.errors import Problem as Fault
from simgov.experiment.store import scenario_hash
from simgov.kpi.cost import plan_cost
from simgov.kpi.statistics import Estimate
from simgov.kpi.targets import Target
from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.binding import limits_used
from simgov.optimize.certify import certificate
from simgov.optimize.challenge import withstands
from simgov.optimize.chosen import Chosen
from simgov.optimize.conflict import conflict
from simgov.optimize.conflict_found import ConflictFound
from simgov.optimize.conflict_words import found
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.findings import findings
from simgov.optimize.goals import Evaluation
from simgov.optimize.limits import LimitUsed
from simgov.optimize.master import Master
from simgov.optimize.neighbours import neighbouring
from simgov.optimize.plan import Neighbour, Plan, Proof, Rejected, TargetResult, Today
from simgov.optimize.problem import Problem, build
from simgov.optimize.search import Halt, ImpossibleOptions, Progress, Search
from simgov.optimize.solver import solver_of
from simgov.optimize.solving import SolverStopped
from simgov.optimize.space import Design, Space
from simgov.optimize.taken import chosen_of
from simgov.optimize.validation import Validation
from simgov.optimize.wishes import wished
from simgov.units import Duration, Money

if TYPE_CHECKING:
    from simgov.study import Study

MOST_NEIGHBOURS = 20


def optimize(
    study: Study,
    *,
    seed: int | None = None,
    max_cost: Money | int | None = None,
    simulations: int | None = None,
    time: Duration | float | None = None,
    workers: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    stop: Integers | None = None,
    replications: int | None = None,
    guard_band: float | None = None,
) -> Plan:
    """The cheapest staff and reforms that keep the targets of ``study``, or the proof that nothing within bounds does.

    ``max_cost`` is the most to spend over the horizon (Money, or minor units). ``simulations`` (designs), ``time`` (a
    Duration, or seconds) and ``stop`` (int64[1], non-zero), as well as Ctrl-C, end the search with the best so far and
    its bound; validation is counted apart. ``seed`` and ``replications`` are the file's unless given. The same
    arguments give the same plan and certificate for any number of ``workers``, unless time or the user ended the
    search. ``progress`` is told after each simulation. Raises ``InputError`` for a study without targets or decisions.
    """
    if study.decisions is None:
        fault = Fault((), "there is nothing to decide", "give the file an optimize: section", str(study.path), 1, 1)
        raise InputError((fault,))
    wishes = wished(study.decisions.objectives, study.baseline)
    if not study.targets and not wishes:
        fault = Fault((), "there is no target to meet", "give the file a targets: section", str(study.path), 1, 1)
        raise InputError((fault,))
    from simgov.optimize.recommend_best import BestRecommendation

    seconds = time.amount * 60.0 if isinstance(time, Duration) else time
    run = study.baseline.run
    kind = BestRecommendation if wishes else Recommendation
    targets = [*study.targets, *wishes]
    problem = build(study.baseline, study.reforms, targets, study.decisions, _minor(study, max_cost))
    recommendation = kind(
        study,
        problem,
        run.seed if seed is None else seed,
        run.replications if replications is None else replications,
        Stopper(stop, None if seconds is None else clock.monotonic() + seconds),
        workers,
        simulations,
        progress,
        problem.guard_band if guard_band is None else guard_band,
    )
    return recommendation.plan()


def _minor(study: Study, max_cost: Money | int | None) -> int | None:
    if not isinstance(max_cost, Money):
        return max_cost
    currency = study.baseline.currency
    if max_cost.currency != currency:
        text = f"the budget is in {max_cost.currency}, the scenario in {currency or 'no currency'}"
        raise InputError((Fault((), text, f"write it in {currency}" if currency else "give pools a cost"),))
    if max_cost.per != "once":
        raise InputError((Fault((), f"the budget is per {max_cost.per}", "write the amount for the whole horizon"),))
    return max_cost.minor


@dataclass
class Recommendation:
    """One search for a plan, with validation and what planners ask next."""

    study: Study
    problem: Problem
    seed: int
    replications: int
    stopper: Stopper
    workers: int | None
    simulations: int | None
    progress: Callable[[Progress], None] | None
    band: float

    def __post_init__(self) -> None:
        self.confidence = self.study.baseline.run.confidence
        self.simulator = Simulator(
            self.problem, self.replications, self.seed, self.stopper, self.workers, self.confidence
        )
        self.search = self._search(self.problem.space, self.simulations)
        self.stopped: Any = ""
        self.rejected: list[tuple[Design, Evaluation]] = []
        self.validated: Evaluation | None = None
        self.fresh_design: Design | None = None
        self.validation = Validation(self.problem.goals, self.simulator.evaluate, self.confidence)
        self.further = 0

    def _search(
        self, space: Space, simulations: int | None, known: Mapping[Design, Evaluation] | None = None
    ) -> Search:
        problem = self.problem
        approximation = ScenarioApproximation(
            space,
            problem.goals,
            problem.terms,
            problem.equipped,
            problem.term_services,
            problem.rosters,
            problem.demands,
        )
        return Search(
            space,
            problem.goals,
            problem.terms,
            self.simulator,
            approximation,
            band=self.band,
            most_cost=problem.most_cost,
            simulations=simulations,
            stopping=self.stopper,
            progress=self.progress,
            seed=self.seed,
            known=known or {},
            together=problem.together,
        )

    def plan(self) -> Plan:
        """Search, validate, explain."""
        try:
            self._find()
            neighbours, today = self._explain()
            limits = self._limits()
            clash = self._conflict()
        finally:
            self.simulator.close()
        return replace(self._described(neighbours, today, limits), conflict=clash)

    # Search and validation --------------------------------------------------------------------------------------------

    def _find(self) -> None:
        """The cheapest design that keeps the targets in the search's sample and on fresh replications.

        Its proof is challenged; where that overturns it, the search goes on.
        """
        while True:
            self._run_search()
            plan = self.search.incumbent
            if plan is not None and plan.design != self.fresh_design:
                self.validated = None
                if self.stopper.reason:
                    return
                if not self._validate(plan.design):
                    continue
            if self._withstands():
                return

    def _run_search(self) -> None:
        if self.stopped:
            return
        try:
            self.search.run()
        except (Halt, SolverStopped):
            self.stopped = self.stopper.reason or "simulations"
        except KeyboardInterrupt:
            self.stopped = self.stopper.reason = "interrupted"

    def _withstands(self) -> bool:
        """Whether the proof, where there is one, stands when designs that it left out unseen are simulated."""
        if self.stopped or self.search.ledger.enumerates:
            return True
        try:
            return withstands(self.search)
        except Halt:
            self.stopped = self.stopper.reason
        except KeyboardInterrupt:
            self.stopped = self.stopper.reason = "interrupted"
        return True

    def _validate(self, design: Design) -> bool:
        """Whether a design keeps the targets on replications that nothing has seen; if not, it is excluded."""
        try:
            fresh = self.validation.judge(design)
        except (Halt, KeyboardInterrupt) as stop:
            if isinstance(stop, KeyboardInterrupt):
                self.stopper.reason = "interrupted"
            self.stopped = self.stopper.reason
            return True
        if self.keeps(fresh):
            self.validated, self.fresh_design = fresh, design
            return True
        self.rejected.append((design, fresh))
        self.give_up(design)
        return False

    def give_up(self, design: Design) -> None:
        """Exclude a plan that failed on fresh replications."""
        self.search.reject_incumbent()

    @property
    def asked(self) -> tuple[Target, ...]:
        """The targets of the file."""
        return self.problem.targets

    def keeps(self, evaluation: Evaluation) -> bool:
        """Whether a design keeps the targets of the file."""
        return evaluation.feasible

    def simulated(self, design: Design) -> Evaluation:
        """What a design does on the sample of the search, for the goals of ``problem``."""
        return self.simulator(design)

    # What planners ask next -------------------------------------------------------------------------------------------

    def _explain(self) -> tuple[tuple[Neighbour, ...], Today | None]:
        """One post more or less in each pool, and the baseline; left out where the search was cut short."""
        if self.stopper.reason:
            return (), None
        try:
            today = self._today()
            return self._neighbours(), today
        except (Halt, KeyboardInterrupt):
            return (), None

    def _today(self) -> Today:
        """The baseline on the sample that the plan's own values come from."""
        baseline = self.problem.baseline
        sample, times = (self.validation.sample, self.validation.times) if self.validated else (0, 1)
        self.further += 1
        estimates = self.simulator.estimates(baseline, sample, times=times)
        kept = tuple(t.met(e) for t, e in zip(self.asked, estimates, strict=False))
        return Today(plan_cost(baseline), self._results(estimates, kept))

    def _neighbours(self) -> tuple[Neighbour, ...]:
        if self.search.incumbent is None:
            return ()
        space, plan = self.problem.space, self.search.incumbent.design
        neighbours = []
        for name, change, design in islice(neighbouring(self.problem, plan), MOST_NEIGHBOURS):
            evaluation = self.search.ledger.evaluations.get(design)
            if evaluation is None:
                self.further += 1
                evaluation = self.simulated(design)
            cost = space.cost(design) + evaluation.extra_cost
            targets = self._results(_estimates(evaluation), evaluation.kept)
            kept, reached = self.keeps(evaluation), evaluation.values[len(self.asked) :]
            neighbours.append(Neighbour(name, change, cost, kept, targets, space.allows(design), reached))
        return tuple(neighbours)

    def _limits(self) -> tuple[LimitUsed, ...]:
        """How the plan uses each limit; which of them bind is not told where the search was cut short."""
        if self.stopper.reason:
            return ()
        searches: list[Search] = []

        def without(space: Space, simulations: int) -> Search:
            searches.append(self._search(space, simulations, self.search.ledger.evaluations))
            searches[-1].progress = None
            return searches[-1]

        try:
            return limits_used(self.problem, self.search, without)
        except (Halt, SolverStopped, KeyboardInterrupt):
            return ()
        finally:
            self.further += sum(search.made for search in searches)

    def _conflict(self) -> ConflictFound | None:
        """Why there is no plan, where that is proved: as far as the simulations and the time left allow."""
        if self.search.incumbent is not None or not self.search.proved or self.stopped:
            return None
        left = None if self.simulations is None else self.simulations - self.search.made
        solver = solver_of(self.problem, self.simulator, band=self.band, simulations=left)
        solver.memory.update(self.search.ledger.evaluations)
        solver.rejected.update(self.search.ledger.rejected)
        asked = [place for place, target in enumerate(self.problem.targets) if target.kpi != "cost"]
        try:
            return found(conflict(solver, asked, self.problem.most_cost), self.problem)
        except KeyboardInterrupt:
            self.stopped = self.stopper.reason = "interrupted"
            return None
        finally:
            self.further += solver.made

    # The plan ---------------------------------------------------------------------------------------------------------

    def _described(self, neighbours: tuple[Neighbour, ...], today: Today | None, limits: tuple[LimitUsed, ...]) -> Plan:
        search, space = self.search, self.problem.space
        ledger, incumbent = search.ledger, search.incumbent
        design = incumbent.design if incumbent else None
        best, shown = self._shown()
        missed = tuple(t.kpi for t, kept in zip(self.asked, shown.kept, strict=False) if not kept) if shown else ()
        missed = tuple(dict.fromkeys(missed))
        proof: Proof = "none" if not search.proved else "enumerated" if ledger.enumerates else "guarded"
        targets = self._results(_estimates(shown), shown.kept) if shown else self._results([], ())
        chosen = chosen_of(self.problem, best) if best else Chosen()
        decisions = self.study.decisions
        return Plan(
            scenario=str(self.study.path),
            feasible=incumbent is not None,
            staff=chosen.staff,
            reforms=chosen.reforms,
            rosters=chosen.rosters,
            room=chosen.room,
            speed=chosen.speed,
            cost=incumbent.total if incumbent else None,
            unit=self.problem.baseline.currency,
            proof=proof,
            guard_band=ledger.band,
            worst_violation=ledger.worst_violation,
            bound=incumbent.total if incumbent and search.proved else self._bound(),
            simulations=search.made,
            targets=self.binding(targets, neighbours, incumbent.total) if incumbent else targets,
            seed=self.seed,
            replications=self.replications,
            confidence=self.validation.interval(self.validation.candidates) if self.validated else self.confidence,
            validated=self.validated is not None,
            validations=self.validation.candidates,
            fresh_first=self.validation.sample * self.replications if self.validated else 0,
            fresh_replications=self.validation.times * self.replications if self.validated else 0,
            further_simulations=self.further,
            challenges=search.challenges,
            overturned=search.overturned,
            others=self.problem.others.name.lower() if self.problem.others else "",
            obstacles=missed if incumbent is None else (),
            cuts=findings(self.problem, ledger, design),
            neighbours=neighbours,
            today=today,
            rejected=tuple(self._rejection(design, fresh) for design, fresh in self.rejected),
            considered=tuple(option.name for option in space.options),
            ranges={**decisions.posts, **decisions.equipment} if decisions else {},
            demands=tuple(demand.name for demand in self.problem.demands if demand.name),
            hold=self.problem.hold if any(demand.name for demand in self.problem.demands) else 0,
            designs=space.size,
            stopped=self.stopped,
            limits=limits,
            evidence=certificate(
                space,
                self.problem.goals,
                self.problem.terms,
                ledger,
                design,
                {
                    "scenario": str(self.study.path),
                    "scenario_hash": scenario_hash(self.problem.baseline),
                    "seed": self.seed,
                    "replications": self.replications,
                    "proof": proof,
                    "total": incumbent.total if incumbent else None,
                    "refused": [one.to_json() for one in self.problem.refused],
                },
            ),
        )

    def binding(
        self, targets: tuple[TargetResult, ...], neighbours: Sequence[Neighbour], cost: int
    ) -> tuple[TargetResult, ...]:
        """The targets with those that bind marked."""
        return binding(targets, neighbours, cost)

    def _shown(self) -> tuple[Design | None, Evaluation | None]:
        """The plan with its values; where there is none, the best that the bounds allow, which shows the obstacle."""
        search = self.search
        if search.incumbent is not None:
            return search.incumbent.design, self.validated or search.incumbent.evaluation
        space, rejected = self.problem.space, search.ledger.rejected
        tried = [(d, e) for d, e in search.ledger.evaluations.items() if d not in rejected and space.allows(d)]
        if search.proved and not self.stopper.reason and self.problem.most_cost is None:
            for design in self._fullest():
                if design in search.ledger.evaluations:
                    continue
                try:
                    tried.append((design, self.simulated(design)))
                    self.further += 1
                except (Halt, ImpossibleOptions, KeyboardInterrupt):
                    break
        if not tried:
            return None, None
        goals = self.problem.goals

        def farthest(one: tuple[Design, Evaluation]) -> tuple[float, Design]:
            design, evaluation = one
            excesses = [
                math.inf if not kept and (bound or math.isnan(value)) else goal.excess(value) if not kept else 0.0
                for goal, value, kept, bound in zip(
                    goals, evaluation.values, evaluation.kept, evaluation.lower_bounds, strict=True
                )
            ]
            return max(excesses, default=0.0), design

        return min(tried, key=farthest)

    def _fullest(self) -> list[Design]:
        """The designs with the most of everything: of each setting, or where limits forbid these, of all."""
        space = self.problem.space
        fullest = [space.design(setting, space.fullest(setting)) for setting in range(len(space.settings))]
        allowed = [design for design in fullest if space.allows(design)]
        if not allowed and space.limits and (most := Master(space, self.problem.terms).fullest()) is not None:
            allowed.append(most)
        return allowed

    def _bound(self) -> int | None:
        """The least that anything not excluded costs."""
        if self.search.proved:
            return None
        return self.search.lower_bound() if not self.stopper.reason else self.search.bound

    def _results(self, estimates: Sequence[Estimate], kept: Sequence[bool]) -> tuple[TargetResult, ...]:
        count = len(self.asked)
        unknown = [Estimate(math.nan)] * count
        return tuple(
            TargetResult(t.kpi, t.sense, t.limit, t.unit, e.value, e.half_width, k, e.lower_bound, demand=goal.demand)
            for t, e, k, goal in zip(
                self.asked,
                list(estimates or unknown)[:count],
                list(kept or [False] * count)[:count],
                self.problem.goals[:count],
                strict=True,
            )
        )

    def _rejection(self, design: Design, fresh: Evaluation) -> Rejected:
        targets = self._results(_estimates(fresh), fresh.kept)
        cost = self.problem.space.cost(design) + fresh.extra_cost
        return Rejected(chosen_of(self.problem, design), cost, targets)


def _estimates(evaluation: Evaluation) -> list[Estimate]:
    return [
        Estimate(*one) for one in zip(evaluation.values, evaluation.half_widths, evaluation.lower_bounds, strict=True)
    ]


def binding(
    targets: tuple[TargetResult, ...], neighbours: Sequence[Neighbour], cost: int, *, guess: bool = True
) -> tuple[TargetResult, ...]:
    """Mark the targets kept that alone keep a neighbour cheaper than ``cost`` from being the plan.

    Where every cheaper neighbour misses several at once, these; where none is known, as a ``guess``, the target nearest
    its limit.
    """
    kept = [target for target in targets if target.met]
    own = {_asked(target) for target in kept}
    misses = [own & {_asked(t) for t in n.targets if not t.met} for n in neighbours if n.cost < cost and not n.feasible]
    alone = [kpis for kpis in misses if len(kpis) == 1]
    missed = set[tuple[str, str]]().union(*(alone or misses))
    if not missed and guess:
        known = [t for t in kept if math.isfinite(t.value)]
        nearest = min(known, key=lambda t: abs(t.value - t.limit) / (abs(t.limit) or 1.0), default=None)
        missed = {_asked(nearest)} if nearest else set()
    return tuple(replace(target, binds=_asked(target) in missed) for target in targets)


def _asked(target: TargetResult) -> tuple[str, str]:
    """What a target asks for: its KPI, in its demand scenario."""
    return target.kpi, target.demand
