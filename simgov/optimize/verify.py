"""``verify``: a plan checked again from its files, by a path of its own that knows nothing of the search.

The scenario is read anew and every claim of the certificate is put to the test: what each design costs, what each
simulated design does in the sample, whether each cut follows from that, whether the cuts leave out everything cheaper
than the plan, and, since a cut rests on more staff never hurting by more than the guard band, whether designs that were
left out without having been simulated really miss a target: a random sample of them is simulated.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.arrays import Integers
from simgov.errors import StoreError
from simgov.experiment.store import scenario_hash
from simgov.kpi.cost import plan_cost
from simgov.optimize.certify import limits_of, rosters_of, uncovered
from simgov.optimize.coverage import Undecided, an_uncovered
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.goals import Evaluation
from simgov.optimize.negative_list import Judge
from simgov.optimize.plan import Plan, load
from simgov.optimize.problem import Problem, build
from simgov.optimize.search import ImpossibleOptions
from simgov.optimize.space import Design
from simgov.optimize.wishes import wished
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from simgov.study import Study

MOST_TO_GO_THROUGH = 5_000_000
ROUNDING = 1e-9


@dataclass(frozen=True)
class Check:
    """One claim: whether it holds, and what was found, in both languages."""

    key: str
    passed: bool
    found: Text


@dataclass(frozen=True)
class Verdict:
    """What came of checking a plan. ``sampled`` designs that were left out unseen were simulated; ``feasible`` of them
    kept every target after all, the cheapest at ``cheapest_feasible`` minor units.
    """

    checks: tuple[Check, ...]
    sampled: int
    feasible: int
    cheapest_feasible: int | None

    @property
    def passed(self) -> bool:
        """Whether every claim holds."""
        return all(check.passed for check in self.checks)

    @property
    def most_feasible(self) -> float:
        """With 95 % confidence, no more than this share of the designs left out unseen keeps every target.

        The exact bound of Clopper and Pearson (*Biometrika* 26, 1934); nan where none was simulated.
        """
        from scipy.stats import beta

        if not self.sampled:
            return math.nan
        if self.feasible == self.sampled:
            return 1.0
        return float(beta.ppf(0.95, self.feasible + 1, self.sampled - self.feasible))

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov verify --json`` prints it."""
        share = self.most_feasible
        return {
            "verified": self.passed,
            "checks": [
                {"check": c.key, "passed": c.passed, "found": {"zh": c.found.zh, "en": c.found.en}} for c in self.checks
            ],
            "sampled": self.sampled,
            "sampled_feasible": self.feasible,
            "most_feasible_share": None if math.isnan(share) else share,
            "cheapest_feasible": None if self.cheapest_feasible is None else self.cheapest_feasible / 100,
        }


def verify(
    plan: str | Path,
    study: Study,
    *,
    sample: int = 50,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Integers | None = None,
) -> Verdict:
    """Check the plan kept in a folder against ``study``, the scenario file that it is for.

    ``sample`` designs that the cuts leave out unseen are simulated, drawn by the plan's seed. ``progress`` is told how
    many simulations are done, of how many; ``stop`` is an int64[1] flag. Raises ``StoreError`` where the plan or its
    certificate cannot be read, ``Halt`` when stopped.
    """
    kept = load(plan)
    if not kept.evidence:
        raise StoreError(f"the plan in {plan} has no certificate beside it")
    return _Verification(kept, study, sample, workers, progress, stop).verdict()


class _Verification:
    def __init__(
        self,
        plan: Plan,
        study: Study,
        sample: int,
        workers: int | None,
        progress: Callable[[int, int], None] | None,
        stop: Integers | None,
    ) -> None:
        self.plan, self.study, self.evidence = plan, study, plan.evidence
        self.wanted, self.progress, self.done = sample, progress, 0
        wishes = wished(study.decisions.objectives, study.baseline) if study.decisions is not None else []
        if study.decisions is None or not (study.targets or wishes):
            raise StoreError(f"{study.path} has no targets and decisions any more, so it is not what the plan is for")
        self.problem: Problem = build(study.baseline, study.reforms, [*study.targets, *wishes], study.decisions)
        self.targets = len(self.problem.targets) - len(wishes)
        if wishes:
            self.problem = self.problem.at(*self.objectives())
        self.simulator = Simulator(self.problem, plan.replications, plan.seed, Stopper(stop), workers, 0.95)

    def objectives(self) -> tuple[range, dict[int, float]]:
        """The goals that the certificate is about, and the limits of those that are objectives."""
        asked = range(min(int(self.evidence.get("asked", self.targets)), len(self.problem.targets)))
        limits = {place: goal["limit"] for place, goal in enumerate(self.evidence["goals"]) if place >= self.targets}
        return asked, limits

    def verdict(self) -> Verdict:
        try:
            first = self.same_scenario()
            if not first.passed:  # nothing else would mean anything
                return Verdict((first,), 0, 0, None)
            checks = [first, self.costs(), self.simulations(), self.cuts(), self.coverage(), self.own_targets()]
            checks += self.negative_list()
            sampled, feasible = self.sample()
        finally:
            self.simulator.close()
        cheapest = min((cost for cost, _ in feasible), default=None)
        return Verdict((*checks, _sampled(sampled, len(feasible), cheapest)), sampled, len(feasible), cheapest)

    # The claims -------------------------------------------------------------------------------------------------------

    def same_scenario(self) -> Check:
        """The file is the one that the plan was made for."""
        same = scenario_hash(self.problem.baseline) == self.evidence["scenario_hash"] and self.same_space()
        return Check(
            "scenario",
            same,
            Text("the scenario file is the one that the plan was made for", "方案所依据的情景文件未变")
            if same
            else Text(
                "the scenario file has changed since the plan was made: optimise again",
                "情景文件在方案生成后已修改，请重新优化",
            ),
        )

    def same_space(self) -> bool:
        space = self.problem.space
        goals = [(goal.kpi, goal.limit, goal.at_most, goal.demand) for goal in self.problem.goals]
        together = self.problem.together
        return (
            list(space.pools) == self.evidence["pools"]
            and [option.name for option in space.options] == [option["name"] for option in self.evidence["options"]]
            and [[[p, int(taken)] for p, taken in clause] for clause in space.clauses]
            == self.evidence.get("clauses", [])
            and [list(s.taken) for s in space.settings] == [s["taken"] for s in self.evidence["settings"]]
            and limits_of(space) == self.evidence.get("limits", [])
            and rosters_of(space) == self.evidence.get("rosters", [])
            and goals == [(g["kpi"], g["limit"], g["at_most"], g.get("demand", "")) for g in self.evidence["goals"]]
            and [list(own) for own in together.groups] == self.evidence["together"]["groups"]
            and together.least == self.evidence["together"]["least"]
        )

    def costs(self) -> Check:
        """The price lists of the certificate give what each scenario costs."""
        wrong = [place for place, _, design in self.simulated() if self.listed_cost(design) != self.true_cost(design)]
        return _counted(
            "costs",
            wrong,
            len(self.evidence["simulated"]),
            Text("{n} designs cost what the price lists say", "{n} 个方案的成本与价目一致"),
            Text(
                "{m} of {n} designs cost something else than the price lists say", "{n} 个方案中有 {m} 个成本与价目不符"
            ),
        )

    def simulations(self) -> Check:
        """Each design simulated again gives the same figures to the last bit."""
        wrong = []
        for place, said, design in self.simulated():
            evaluation = self.evaluated(design)
            values = [value if math.isfinite(value) else None for value in evaluation.values]
            if values != said["values"] or list(evaluation.kept) != said["kept"]:
                wrong.append(place)
        return _counted(
            "simulations",
            wrong,
            len(self.evidence["simulated"]),
            Text("{n} designs simulated again give the same figures", "重新模拟 {n} 个方案，结果完全一致"),
            Text("{m} of {n} designs simulated again give other figures", "重新模拟 {n} 个方案，有 {m} 个结果不一致"),
        )

    def cuts(self) -> Check:
        """Each cut follows from the simulation that it names, at the guard band."""
        wrong = [place for place, cut in enumerate(self.evidence["cuts"]) if not self.follows(cut)]
        return _counted(
            "cuts",
            wrong,
            len(self.evidence["cuts"]),
            Text("{n} cuts follow from what was simulated", "{n} 条排除结论均有模拟结果支持"),
            Text(
                "{m} of {n} cuts do not follow from what was simulated", "{n} 条排除结论中有 {m} 条得不到模拟结果支持"
            ),
        )

    def follows(self, cut: Mapping[str, Any]) -> bool:
        said = self.evidence["simulated"][cut["simulated"]]
        evaluation = self.evaluated(_design(said))
        if cut["kind"] == "settled":
            return evaluation.feasible or cut["goal"] < 0
        if cut["kind"] == "point":
            of_one = cut["goal"] >= 0 and cut["goal"] not in self.problem.several and not self.evidence["enumerates"]
            return not (evaluation.kept[cut["goal"]] if of_one else evaluation.feasible)
        goal = self.problem.goals[cut["goal"]]
        tally = evaluation.tallies[cut["goal"]][0]
        beyond = tally.slack(self.evidence["guard_band"]) < 0.0
        return not evaluation.kept[cut["goal"]] and beyond and cut["direction"] == goal.direction

    def coverage(self) -> Check:
        """Nothing cheaper than the plan is left."""
        if self.plan.proof == "none":
            return Check(
                "coverage",
                True,
                Text("the plan does not claim to be the cheapest", "方案未声称为成本最低，无需核对"),
            )
        try:
            left = self.left()
        except Undecided:
            return Check("coverage", False, Text("not decided in 5 minutes", "5 分钟内未能核对完毕"))
        words = (
            Text("every cheaper one of {n} designs is excluded", "{n} 个方案中，所有成本更低的均已排除")
            if left is None
            else Text("a cheaper design is not excluded: {left}", "存在未被排除且成本更低的方案：{left}")
        )
        return Check("coverage", left is None, _filled(words, n=f"{self.problem.space.size:,}", left=left))

    def left(self) -> str | None:
        """A cheaper design that no cut excludes, in words."""
        if self.problem.space.grid <= MOST_TO_GO_THROUGH:
            found = uncovered(self.evidence)
            return str(found[0][1:]) if found else None
        design = an_uncovered(self.evidence)
        return None if design is None else str((design.staff, design.options))

    def own_targets(self) -> Check:
        """The plan keeps the targets in the sample in which it was found."""
        plan = self.evidence["plan"] or self.evidence.get("best")
        if plan is None:
            return Check("plan", True, Text("there is no plan to check", "没有可行方案，无需核对"))
        evaluation = self.evaluated(_design(plan))
        # The limit of an objective is what nothing reaches: the plan misses it by no more than the guard band.
        band = self.evidence["guard_band"] + ROUNDING
        reached = all(evaluation.slack(place, band) >= 0.0 for place in range(self.targets, len(evaluation.kept)))
        others = self.targets < len(evaluation.kept)
        kept = all(evaluation.kept[: self.targets]) and reached if others else evaluation.feasible
        words = (
            Text("the plan keeps every target in the sample of the search", "方案在搜索样本中达到全部目标")
            if kept
            else Text("the plan misses a target in the sample of the search", "方案在搜索样本中未达到全部目标")
        )
        return Check("plan", kept, words)

    def negative_list(self) -> list[Check]:
        """The office that the plan makes, steps removed included, keeps the negative list; nothing without one."""
        plan = self.evidence["plan"] or self.evidence.get("best")
        rules = self.study.decisions.negative_list if self.study.decisions is not None else ()
        if plan is None or not rules:
            return []
        fault = Judge(rules, self.problem.baseline).fault(self.problem.scenario(_design(plan)))
        words = fault or Text("the plan keeps the negative list", "方案未触及负面清单")
        return [Check("negative_list", fault is None, words)]

    def sample(self) -> tuple[int, list[tuple[int, Design]]]:
        """How many designs left out unseen were simulated, and those among them that keep every target."""
        feasible, sampled = [], 0
        for design in self.left_out_unseen():
            try:
                evaluation = self.evaluated(design)
            except ImpossibleOptions:
                continue
            sampled += 1
            if evaluation.feasible:
                feasible.append((self.listed_cost(design) + evaluation.extra_cost, design))
        return sampled, feasible

    # Designs ----------------------------------------------------------------------------------------------------------

    def simulated(self) -> Iterator[tuple[int, Mapping[str, Any], Design]]:
        for place, said in enumerate(self.evidence["simulated"]):
            yield place, said, _design(said)

    def evaluated(self, design: Design) -> Evaluation:
        evaluation = self.simulator.evaluate(design, 0)
        self.done += 1
        if self.progress is not None:
            self.progress(min(self.done, self.expected), self.expected)
        return evaluation

    @property
    def expected(self) -> int:
        """How often a design is asked for in all."""
        return len(self.evidence["simulated"]) + len(self.evidence["cuts"]) + self.wanted + 1

    def listed_cost(self, design: Design) -> int:
        return self.problem.space.cost(design)

    def true_cost(self, design: Design) -> int:
        """The cost of the scenario itself, up to the minor units by which the lists round running costs down."""
        cost = plan_cost(self.problem.scenario(design))
        rounded = len(self.problem.space.charges)
        pennies = sum(design.staff[column] for roster in self.problem.space.rosters for column in roster.columns)
        if abs(cost - self.listed_cost(design)) <= pennies:  # rows are rounded one by one, windows as a whole
            return self.listed_cost(design)
        return self.listed_cost(design) if 0 <= cost - self.listed_cost(design) <= rounded else cost

    def left_out_unseen(self) -> Iterator[Design]:
        """Random designs cheaper than the plan that no simulation has seen: half anywhere, half close below the plan.

        Near the plan a cut is most likely to be wrong.
        """
        plan, total = self.evidence["plan"], self.evidence["total"]
        seen = {design for _, _, design in self.simulated()}
        random = np.random.default_rng([self.plan.seed, 0x5EE])
        for attempt in range(200 * self.wanted):
            if not self.wanted or len(seen) - len(self.evidence["simulated"]) >= self.wanted:
                return
            near = plan is not None and attempt % 2 == 0
            design = self.near(_design(plan), random) if near else self.anywhere(random)
            if design is None or design in seen or not self.problem.space.allows(design):
                continue
            if total is not None and self.listed_cost(design) >= total:
                continue
            if self.evidence["most_cost"] is not None and self.listed_cost(design) > self.evidence["most_cost"]:
                continue
            seen.add(design)
            yield design

    def anywhere(self, random: np.random.Generator) -> Design:
        space = self.problem.space
        setting = int(random.integers(len(space.settings)))
        choice = random.integers(space.fewest(setting), space.most(setting) + 1)
        return space.design(setting, space.laid_out(choice[None, :])[0])

    def near(self, plan: Design, random: np.random.Generator) -> Design | None:
        """The plan with one or two posts less in a pool and some more or less in others."""
        space = self.problem.space
        setting = space.setting_of(plan)
        choice = space.choice(setting, space.vector(plan))
        if choice is None:
            return None
        moved = np.clip(choice + random.integers(-2, 2, len(choice)), space.fewest(setting), space.most(setting))
        return space.design(setting, space.laid_out(moved[None, :])[0])


def _design(said: Mapping[str, Any]) -> Design:
    return Design(tuple(int(n) for n in said["staff"]), tuple(bool(taken) for taken in said["options"]))


def _counted(key: str, wrong: Sequence[int], total: int, right: Text, faulty: Text) -> Check:
    return Check(key, not wrong, _filled(faulty if wrong else right, n=total, m=len(wrong)))


def _filled(words: Text, **values: object) -> Text:
    return Text(words.en.format(**values), words.zh.format(**values))


def _sampled(sampled: int, feasible: int, cheapest: int | None) -> Check:
    """Whether designs left out unseen miss a target, as the cuts say."""
    if not sampled:
        words = Text("no cheaper design was left out unseen", "没有未经模拟即被排除的低成本方案")
    elif not feasible:
        words = Text(
            "{n} cheaper designs left out unseen were simulated: all miss a target",
            "抽查 {n} 个未经模拟即被排除的低成本方案，均达不到目标",
        )
    else:
        words = Text(
            "{m} of {n} cheaper designs left out unseen keep every target, the cheapest at {cost:,.2f}",
            "抽查 {n} 个未经模拟即被排除的低成本方案，有 {m} 个达到全部目标，其中成本最低为 {cost:,.2f}",
        )
    cost = 0.0 if cheapest is None else cheapest / 100
    return Check("sample", feasible == 0, _filled(words, n=sampled, m=feasible, cost=cost))
