"""``explain``: one question after the other about a plan, within one budget, kept as far as they are answered."""

from __future__ import annotations

import time as clock
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

from simgov.arrays import Integers
from simgov.errors import ReformError, StoreError
from simgov.experiment.store import scenario_hash
from simgov.kpi.targets import Target
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.explain import law, worth
from simgov.optimize.explain.again import Budget, Office, remember
from simgov.optimize.explain.demand import LEVELS, TODAY, OverDemand, Unscalable, at_demand
from simgov.optimize.explain.explanation import Answer, AtDemand, Explanation, NearPlan, Stays, Worth
from simgov.optimize.explain.kept import Trial
from simgov.optimize.explain.near import alternatives
from simgov.optimize.explain.words import Teller
from simgov.optimize.option_words import reform_words
from simgov.optimize.plan import Plan
from simgov.optimize.problem import Problem, build
from simgov.optimize.rosters import pattern_names
from simgov.optimize.search import Halt, ImpossibleOptions
from simgov.optimize.solver import solver_of
from simgov.optimize.solving import SolverStopped
from simgov.optimize.space import Design
from simgov.optimize.taken import chosen_of, design_of
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.scenario.value import Text
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure
    from simgov.scenario.value import Scenario
    from simgov.study import Study

EACH = 40
"""So many simulations may one question take, unless said otherwise."""

LISTS = ("posts", "options", "steps", "near", "demand", "changes", "budgets", "notes")
PARTS = ("options", "posts", "near", "demand", "steps")
"""The questions in the order in which they are asked."""

TRIED = Text(
    "Every plan told of here was tried on the fresh replications on which the plan was tried, and keeps the targets "
    "there unless something else is said. Up to which demand the plan holds is read off the search's sample.",
    "以上所列方案均已在检验本方案所用的新抽样本上再次模拟，除另有说明外均能达标；需求变化的适用范围以搜索样本为准。",
)
LEAST_EACH = 3
RANGE_AND_NEAR = 4
"""So many further searches, about, give the range of demand and the near plans."""


@dataclass(frozen=True)
class Explaining:
    """Where an explanation stands: the part under way (a list of ``Explanation``) and the simulations made."""

    part: str
    simulations: int


def explain(
    study: Study,
    plan: Plan,
    *,
    each: int | None = None,
    simulations: int | None = None,
    time: Duration | float | None = None,
    workers: int | None = None,
    progress: Callable[[Explaining], None] | None = None,
    stop: Integers | None = None,
) -> Explanation:
    """What ``plan``, which keeps the targets of ``study``, is made of: see ``Explanation``.

    All questions take ``simulations`` (designs) at most, one of them ``each``: by default an even share of them, and
    ``EACH`` at most. ``time`` (a Duration, or
    seconds), ``stop`` (int64[1], non-zero) and Ctrl-C end it with what is explained so far. The same plan and arguments
    give the same explanation for any number of ``workers``, unless time or the user ended it. Raises ``StoreError``
    where there is no plan to explain, or the study is not the one that it was made for.
    """
    if not plan.feasible or plan.cost is None:
        raise StoreError("no design met the targets, so there is no plan to explain")
    assert study.decisions is not None
    if each is None:
        each = EACH if simulations is None else max(LEAST_EACH, min(EACH, simulations // _questions(study)))
    seconds = time.amount * 60.0 if isinstance(time, Duration) else time
    ends = None if seconds is None else clock.monotonic() + seconds
    stopper = Stopper(stop, ends)
    kind = Explainer
    if plan.objectives:
        from simgov.optimize.explain.best import BestExplainer

        kind = BestExplainer
    return kind(
        study, plan, each, Budget(simulations, ends, _questions(study)), stopper, workers, progress
    ).explanation()


def _questions(study: Study) -> int:
    """How many searches an explanation takes, about."""
    assert study.decisions is not None
    options = len(study.decisions.reforms) + len(study.decisions.remove)
    posts = 2 * min(len(study.decisions.numbers) + len(study.decisions.rosters), worth.MOST_POOLS)
    steps = min(len(law.subjects(study.baseline, tuple(study.decisions.remove))), law.MOST_STEPS)
    return options + posts + steps + len(LEVELS) + RANGE_AND_NEAR


@dataclass
class Explainer:
    """Asks what is asked of a plan of least cost."""

    study: Study
    plan: Plan
    each: int
    budget: Budget
    stopper: Stopper
    workers: int | None
    progress: Callable[[Explaining], None] | None
    parts: tuple[str, ...] = field(default=PARTS, init=False)

    @property
    def asked(self) -> list[Target]:
        """What the goals of the problem are about."""
        return list(self.study.targets)

    def __post_init__(self) -> None:
        study, plan = self.study, self.plan
        self.problem = self._build(study.baseline)
        if plan.evidence and plan.evidence.get("scenario_hash") != scenario_hash(self.problem.baseline):
            raise StoreError(f"{study.path} is not the scenario that the plan was made for: optimize it again")
        self.simulators: list[Simulator] = []
        baseline = self.problem.baseline
        patterns = pattern_names(baseline, self.problem.rosters)
        contents = {
            option.name: reform_words(baseline, own)
            for option, own in zip(self.problem.space.options, self.problem.measures, strict=True)
            if option.kind == "reform"
        }
        self.teller = Teller(baseline, plan.unit, baseline.horizon, plan.cost or 0, plan.chosen, patterns, contents)
        self.validations = 0
        self.told: dict[str, Any] = {name: [] for name in LISTS}
        self.told["stays"] = None
        self.unanswered = list(self.parts)

    def explanation(self) -> Explanation:
        """Everything asked, or as much of it as there was time for."""
        stopped: Any = ""
        try:
            self._ask()
        except (Halt, SolverStopped):
            stopped = self.stopper.reason or "simulations"
        except KeyboardInterrupt:
            stopped = "interrupted"
        finally:
            for simulator in self.simulators:
                simulator.close()
        if self.validations:
            self.told["notes"].append(TRIED)
        lists = {name: tuple(told) for name, told in self.told.items() if name != "stays"}
        return Explanation(
            scenario=self.plan.scenario,
            unit=self.plan.unit,
            cost=self.plan.cost or 0,
            stays=self.told["stays"],
            simulations=self.budget.made,
            validations=self.validations,
            stopped=stopped,
            unanswered=tuple(self.unanswered) if stopped else (),
            **lists,
        )

    def _ask(self) -> None:
        office = self._office(self.problem)
        self._begin("options")
        remember(office, self.problem, self.plan.evidence)
        office.rejected += [design_of(self.problem, one.chosen) for one in self.plan.rejected]
        design = design_of(self.problem, self.plan.chosen)
        for name, taken, answer in worth.options(office, design):
            words = self.teller.option(name, taken, answer)
            self.told["options"].append(Worth("option", name, 1 if taken else -1, "", answer, words))
        self._begin("posts")
        rostered = [(roster.pool, self.plan.staff[roster.pool]) for roster in self.problem.rosters]
        for pool, change, answer in worth.posts(office, design, rostered):
            words = self.teller.post(pool, change, answer)
            self.told["posts"].append(Worth("post", pool, change, "", answer, words))
        self._begin("near")
        for one in alternatives(office, design):
            chosen, fresh = office.chosen(one.design), office.fresh(one.design)
            dearer = (one.total - self.teller.cost) / self.teller.cost if self.teller.cost else 0.0
            words = self.teller.near(chosen, one.total, fresh)
            self.told["near"].append(NearPlan(chosen, one.total, dearer, fresh, words))
        self._begin("demand")
        self._demand(office, design)
        self._begin("steps")
        for worth_of_step in self._steps():
            self.told["steps"].append(worth_of_step)

    # Demand -----------------------------------------------------------------------------------------------------------

    def _demand(self, today: Office, design: Design) -> None:
        try:
            at_demand(self.problem.baseline, LEVELS[0])
        except Unscalable as error:
            name = self.problem.baseline.service(str(error)).name
            self.told["notes"].append(
                Text(
                    f"Who comes to {name.en} is recorded, so the plan is not explained for another demand.",
                    f"“{name.zh}”的申请取自实际记录，因此不作需求变化的说明。",
                )
            )
            return
        demand = OverDemand(lambda percent: today if percent == TODAY else self._office_at(percent), design)
        answers: dict[int, tuple[Answer, bool]] = {}
        for percent in LEVELS:
            answer = demand.cheapest(percent)
            same = demand.same(answer, percent)
            answers[percent] = answer, same
            self.told["demand"].append(AtDemand(percent, answer, same, self.teller.demand(percent, same, answer)))
        cheaper = [
            percent for percent, (answer, same) in answers.items() if percent < TODAY and not same and answer.cost
        ]
        most, open_above = demand.most()
        least, proved, open_below = demand.least(max(cheaper, default=None))
        words = self.teller.stays(least, most, proved=proved, open_below=open_below, open_above=open_above)
        self.told["stays"] = Stays(least, most, proved, open_below, open_above, words)

    def _office_at(self, percent: int) -> Office:
        """The same decisions, prices and targets with other applicants: only the baseline differs."""
        baseline = at_demand(self.problem.baseline, percent)
        return self._office(replace(self.problem, baseline=baseline, _scenarios={}))

    # The law ----------------------------------------------------------------------------------------------------------

    def _steps(self) -> Iterator[Worth]:
        offered = (*(option.name for option in self.problem.space.options), *law.removed_by(self.problem.measures))
        subjects = law.subjects(self.problem.baseline, offered)
        asked, whole, bound = 0, list[law.Subject](), list[law.Subject]()
        for subject in subjects:
            if asked == law.MOST_STEPS:
                self.told["notes"].append(self.teller.more_steps(len(subjects), law.MOST_STEPS))
                break
            try:
                problem = self._build(law.without(self.study.baseline, subject))
            except ReformError:
                whole += [subject] if subject.basis else []
                continue
            if self._takes_more_away(subject, problem):
                bound.append(subject)
                continue
            asked += 1
            answer = self._without_step(problem)
            yield Worth("step", subject.name, -1, subject.basis, answer, self.teller.step(subject, answer))
        if whole:
            self.told["notes"].append(self.teller.all_there_is(whole))
        if bound:
            self.told["notes"].append(self.teller.needed_by_measures(len(bound)))

    def _takes_more_away(self, subject: law.Subject, without: Problem) -> bool:
        """Whether the plan takes an option, impossible without the subject, that does more than remove its step."""
        left = {option.name for option in without.space.options}
        gone = [
            measures
            for option, measures in zip(self.problem.space.options, self.problem.measures, strict=True)
            if option.name in self.plan.reforms and option.name not in left
        ]
        return any(not law.within(subject, measure) for measures in gone for measure in measures)

    def _without_step(self, problem: Problem) -> Answer:
        office = self._office(problem)
        try:
            return office.cheapest(first=(design_of(problem, self.plan.chosen),))
        except ImpossibleOptions:
            return office.cheapest()

    # Problems ---------------------------------------------------------------------------------------------------------

    def _build(self, baseline: Scenario) -> Problem:
        """The problem of the study in another office: what cannot be done there any more is not decided about."""
        study = self.study
        assert study.decisions is not None
        decisions = study.decisions
        if baseline is not study.baseline:
            there = {
                name: cost for name, cost in decisions.remove.items() if _applies([RemoveStep(step=name)], baseline)
            }
            reforms = tuple(name for name in decisions.reforms if _applies(study.reforms[name].measures, baseline))
            decisions = replace(decisions, remove=there, reforms=reforms)
        return build(baseline, study.reforms, self.asked, decisions, self.plan.evidence.get("most_cost"))

    def _office(self, problem: Problem) -> Office:
        plan = self.plan
        simulator = Simulator(problem, plan.replications, plan.seed, self.stopper, self.workers)
        self.simulators.append(simulator)
        solver = solver_of(problem, simulator, band=plan.guard_band)
        return Office(
            solver,
            self.budget,
            self.stopper,
            self.each,
            problem.most_cost,
            chosen=lambda design: chosen_of(problem, design),
            trial=self._trial(problem, simulator) if plan.validated else None,
        )

    def _trial(self, problem: Problem, simulator: Simulator) -> Trial:
        """On the replications on which the plan was tried."""
        first, times = (
            count // self.plan.replications for count in (self.plan.fresh_first, self.plan.fresh_replications)
        )
        return Trial(problem, simulator, first, times, self.plan.confidence, self._tried)

    def _tried(self) -> None:
        self.validations += 1

    def _begin(self, part: str) -> None:
        if self.stopper():
            raise Halt
        self.unanswered = list(self.parts[self.parts.index(part) :])
        if self.progress is not None:
            progress = self.progress
            progress(Explaining(part, self.budget.made))
            self.budget.progress = lambda made: progress(Explaining(part, made))


def _applies(measures: Sequence[Measure], scenario: Scenario) -> bool:
    """Whether these measures can be taken, one after the other."""
    try:
        for measure in measures:
            scenario = measure.apply(scenario)
    except ReformError:
        return False
    return True
