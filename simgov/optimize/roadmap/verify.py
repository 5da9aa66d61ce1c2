"""Checking a roadmap by its certificate: a path of its own that shares no code with the search.

It reads the scenario anew and checks that the file is the one that the roadmap was made for, that the roadmap says what
its certificate says, that every state and every year simulated again gives the same figures, that each cut follows from
what was simulated, that what is said to be impossible is, that nothing cheaper is left (nothing below the bound; for a
conflict nothing at all, and that because of the rules named), and that states that cuts leave out unseen really miss
their milestone.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.arrays import Integers
from simgov.errors import ReformError, StoreError
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.roadmap.certify import decided, touching, touching_until
from simgov.optimize.roadmap.coverage import Undecided, a_cheaper_schedule
from simgov.optimize.roadmap.plan import ConflictRule, RoadmapPlan, load
from simgov.optimize.roadmap.programme import Programme, Schedule, State, build
from simgov.optimize.roadmap.schema import Roadmap
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.roadmap.years import YearValue, simulated
from simgov.optimize.space import Design
from simgov.optimize.verify import Check, Verdict
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from numpy.random import Generator

    from simgov.study import Study

Evidence = Mapping[str, Any]


def verify(
    folder: str | Path,
    study: Study,
    *,
    sample: int = 20,
    workers: int | None = None,
    progress: Callable[[int, int], None] | None = None,
    stop: Integers | None = None,
) -> Verdict:
    """Check the roadmap kept in a folder against ``study``. ``sample`` states left out unseen are simulated.

    Raises ``StoreError`` where it cannot be read, ``Halt`` when stopped.
    """
    plan = load(folder)
    if not plan.evidence:
        raise StoreError(f"the roadmap in {folder} has no certificate beside it")
    if study.roadmap is None:
        raise StoreError(f"{study.path} has no roadmap any more, so it is not what this one is for")
    return _Verification(plan, study, study.roadmap, sample, workers, progress, stop).verdict()


class _Verification:
    def __init__(
        self,
        plan: RoadmapPlan,
        study: Study,
        roadmap: Roadmap,
        sample: int,
        workers: int | None,
        progress: Callable[[int, int], None] | None,
        stop: Integers | None,
    ) -> None:
        self.plan, self.evidence, self.wanted = plan, plan.evidence, sample
        self.progress, self.done = progress, 0
        history = self.evidence["history"]
        self.programme: Programme = build(
            study, _as_planned(roadmap, self.evidence), 0 if history is None else history["today"]
        )
        self.subjects = Subjects(self.programme)
        problem = self.subjects.problem((False,) * len(self.programme.options))
        self.simulator = Simulator(problem, plan.replications, plan.seed, Stopper(stop), workers)
        self.yearly = Simulator(problem, plan.replications_a_year, plan.seed, Stopper(stop), workers)
        self.values: dict[State, list[float]] = {}
        self.bounds: dict[State, list[bool]] = {}

    def verdict(self) -> Verdict:
        try:
            same = self.same_file()
            if not same.passed:
                return Verdict((same,), 0, 0, None)
            checks = [same, self.said(), self.states(), self.cuts(), self.refusals(), self.coverage(), self.years()]
            checks += [self.conflict()] if self.plan.conflict else []
            sampled, feasible = self.sample()
        finally:
            self.simulator.close()
            self.yearly.close()
        words = Text(
            "{n} states left out unseen were simulated, {m} of them keep the milestone after all",
            "抽查 {n} 个未经模拟即被排除的状态，其中 {m} 个达到目标",
        )
        return Verdict(
            (*checks, Check("sample", not feasible, _filled(words, n=sampled, m=feasible))), sampled, feasible, None
        )

    def same_file(self) -> Check:
        now = decided(self.programme)
        same = all(self.evidence[key] == value for key, value in now.items())
        return _check(
            "scenario",
            same,
            Text("the scenario file is the one that the roadmap was made for", "路线图所依据的情景文件未变"),
            Text("the scenario file has changed since: plan again", "情景文件已修改，请重新规划"),
        )

    def said(self) -> Check:
        """What the roadmap says to its reader is what its certificate is about."""
        plan, schedule = self.plan, self.evidence["plan"]
        same = (plan.cost is None) == (schedule is None)
        if same and schedule is not None:
            same = self._says(_schedule(schedule))
        limits = [(one.kpi, one.limit) for one in plan.milestones]
        same = same and limits == [(target.kpi, target.limit) for target in self.programme.targets]
        if plan.proof != "none" and schedule is not None:
            same = same and plan.bound == plan.cost
        return _check(
            "plan",
            same,
            Text("the roadmap says what its certificate says", "路线图内容与证明文件一致"),
            Text("the roadmap says something else than its certificate", "路线图内容与证明文件不一致"),
        )

    def _says(self, schedule: Schedule) -> bool:
        """Whether measures, posts and money of the roadmap are those of a schedule."""
        plan, programme = self.plan, self.programme
        calendar, names = programme.roadmap.calendar, [option.name for option in programme.options]
        begins = [None if begin >= programme.quarters else str(calendar[begin]) for begin in schedule.begins]
        posts = [dict(zip(programme.pools, year, strict=True)) for year in schedule.staff]
        costs, spent = programme.costs(schedule), programme.spent(schedule)
        return (
            [(one.name, one.begins) for one in plan.measures] == list(zip(names, begins, strict=True))
            and [dict(year.staff) for year in plan.years] == posts
            and [(year.year, round(year.cost * 100), round(year.spent * 100)) for year in plan.years]
            == list(zip(programme.roadmap.years, costs, spent, strict=True))
            and plan.cost == sum(costs) / 100
        )

    def states(self) -> Check:
        wrong = 0
        for said in self.evidence["simulated"]:
            state = _state(said)
            self._simulate(state)
            found = [value if math.isfinite(value) else None for value in self.values[state]]
            wrong += found != said["values"] or self.bounds[state] != said["lower_bounds"]
        total = len(self.evidence["simulated"])
        return _check(
            "simulations",
            not wrong,
            Text(f"{total} states simulated again give the same figures", f"重新模拟 {total} 个状态，结果完全一致"),
            Text(f"{wrong} of {total} states give other figures", f"重新模拟 {total} 个状态，{wrong} 个结果不一致"),
        )

    def cuts(self) -> Check:
        wrong = sum(not self._follows(cut) for cut in self.evidence["cuts"])
        total = len(self.evidence["cuts"])
        return _check(
            "cuts",
            not wrong,
            Text(f"{total} cuts follow from what was simulated", f"{total} 条排除结论均有模拟结果支持"),
            Text(f"{wrong} of {total} cuts do not follow", f"{total} 条排除结论中有 {wrong} 条得不到支持"),
        )

    def _follows(self, cut: Evidence) -> bool:
        goal, target = self.programme.goals[cut["goal"]], self.programme.targets[cut["goal"]]
        if cut["kind"] == "state":
            state = _state(self.evidence["simulated"][cut["simulated"]])
            value, bound = self.values[state][cut["goal"]], self.bounds[state][cut["goal"]]
            rightly = touching(self.subjects, cut["goal"], state) == cut["effects"]
        else:
            schedule = _schedule(cut)
            found = [one for one in self._year(schedule, cut["year"]) if one.goal == cut["goal"]]
            value, bound = found[0].estimate.value, found[0].estimate.lower_bound
            last = found[0].last
            touched = touching_until(self.subjects, cut["goal"], schedule, last)
            rightly = cut["last"] == last and touched == cut["effects"]
        missed = bound or math.isnan(value) or (value > target.limit if goal.at_most else value < target.limit)
        beyond = bound or (not math.isnan(value) and goal.excess(value) > self.evidence["guard_band"])
        allowed = cut["direction"] == 0 or (cut["direction"] == goal.direction and beyond)
        return bool(missed and allowed and rightly)

    def coverage(self) -> Check:
        if self.plan.proof != "none":
            right = Text("every cheaper programme is excluded", "所有成本更低的方案均已排除")
            return self._nothing_left("coverage", self.evidence, right)
        if self.plan.bound is None:
            words = Text("the roadmap claims no bound", "路线图未声称成本下限，无需核对")
            return Check("coverage", True, words)
        right = Text("every programme below the bound is excluded", "成本低于所称下限的方案均已排除")
        return self._nothing_left("coverage", {**self.evidence, "cost": round(self.plan.bound * 100)}, right)

    def conflict(self) -> Check:
        """The rules that are said to conflict leave nothing, without any other rule."""
        if self.plan.proof == "none":
            return Check("conflict", True, Text("the conflict is not claimed", "路线图未声称存在冲突，无需核对"))
        right = Text("the rules named cannot all be kept", "所列要求确实无法同时满足")
        return self._nothing_left("conflict", only(self.evidence, self.plan.conflict), right)

    def _nothing_left(self, key: str, evidence: Evidence, right: Text) -> Check:
        try:
            left = a_cheaper_schedule(evidence)
        except Undecided:
            return Check(key, False, Text("not decided in 5 minutes", "5 分钟内未能核对完毕"))
        wrong = Text(f"this programme is not excluded: {left}", f"以下方案未被排除：{left}")
        return _check(key, left is None, right, wrong)

    def refusals(self) -> Check:
        """What is left out because measures cannot be at work together, or cannot begin so, is refused again."""
        together = [_state(said) for said in self.evidence["impossible"]]
        begun = [_schedule(said) for said in self.evidence["undatable"]]
        wrong = sum(not self._refuses_state(state) for state in together)
        wrong += sum(not self._refuses_dates(schedule) for schedule in begun)
        total = len(together) + len(begun)
        if not total:
            return Check("refusals", True, Text("nothing was left out as impossible", "没有因无法实施而被排除的组合"))
        return _check(
            "refusals",
            not wrong,
            Text(f"{total} combinations left out cannot be applied", f"{total} 项被排除的组合确实不能实施"),
            Text(f"{wrong} of {total} combinations left out can be applied", f"{total} 项组合中有 {wrong} 项可以实施"),
        )

    def _refuses_state(self, state: State) -> bool:
        try:
            self.programme.with_options(state.design.options, state.era)
        except ReformError:
            return True
        return False

    def _refuses_dates(self, schedule: Schedule) -> bool:
        try:
            for year in range(len(self.programme.roadmap.years)):
                self._year(schedule, year)
        except ReformError:
            return True
        return False

    def years(self) -> Check:
        """The years of the plan, simulated again, keep every milestone with the figures that are said."""
        if self.evidence["plan"] is None:
            return Check("years", True, Text("there is no plan to check", "没有可行方案，无需核对"))
        schedule, wrong = _schedule(self.evidence["plan"]), 0
        said = {
            (place, year.year, year.first): year.value
            for place, milestone in enumerate(self.plan.milestones)
            for year in milestone.years
        }
        calendar = self.programme.roadmap.calendar
        cost = sum(self.programme.costs(schedule))
        for place, year in enumerate(self.programme.roadmap.years):
            for value in self._year(schedule, place):
                key = value.goal, year, str(calendar[value.first])
                wrong += not value.kept or said.get(key) != value.estimate.value
        right = not wrong and cost == self.evidence["cost"]
        return _check(
            "years",
            right,
            Text(
                "each year simulated again keeps its milestones, at that cost",
                "重新模拟各年度，均实现目标，成本相符",
            ),
            Text("years simulated again miss a milestone or differ", "重新模拟的年度未实现阶段目标或结果不符"),
        )

    def sample(self) -> tuple[int, int]:
        """How many states that cuts leave out unseen were simulated, and how many of them keep the milestone."""
        sampled = feasible = 0
        for goal, state in self._left_out():
            try:
                self._simulate(state)
            except ReformError:
                continue
            sampled += 1
            value, bound = self.values[state][goal], self.bounds[state][goal]
            at_most, limit = self.programme.goals[goal].at_most, self.programme.targets[goal].limit
            feasible += not bound and (value <= limit if at_most else value >= limit)
        return sampled, feasible

    def _left_out(self) -> Iterator[tuple[int, State]]:
        """States with one post less, or one helping measure less, than one that was simulated and cut."""
        random = np.random.default_rng([self.plan.seed, 0x5E])
        boxes = [cut for cut in self.evidence["cuts"] if cut["kind"] == "state" and cut["direction"] > 0]
        seen = set(self.values)
        for _ in range(20 * self.wanted if boxes else 0):
            if len(seen) >= len(self.evidence["simulated"]) + self.wanted:
                return
            cut = boxes[int(random.integers(len(boxes)))]
            state = _state(self.evidence["simulated"][cut["simulated"]])
            trial = _lowered(state, cut["effects"], self.programme.fewest, random)
            if trial not in seen:
                seen.add(trial)
                yield cut["goal"], trial

    def _simulate(self, state: State) -> None:
        if state not in self.values:
            found = self.simulator.estimates(self.programme.scenario(state), 0)
            self.values[state] = [estimate.value for estimate in found]
            self.bounds[state] = [estimate.lower_bound for estimate in found]
            self.done += 1
            if self.progress is not None:
                expected = len(self.evidence["simulated"]) + self.wanted
                self.progress(min(self.done, expected), expected)

    def _year(self, schedule: Schedule, year: int) -> list[YearValue]:
        return list(simulated(self.programme, schedule, year, lambda one: self.yearly.estimates(one, 0)))


def _as_planned(roadmap: Roadmap, evidence: Evidence) -> Roadmap:
    """The roadmap of the file with what an earlier plan was planned anew under: windows and budgets."""
    if evidence["history"] is None:
        return roadmap
    said = {one["name"]: one for one in evidence["measures"]}
    windows = {
        name: replace(window, first=said[name]["first"], last=said[name]["last"]) if name in said else window
        for name, window in roadmap.measures.items()
    }
    budgets = {int(year): amount for year, amount in evidence["budgets"].items()}
    return replace(roadmap, measures=windows, budgets=budgets)


def only(evidence: Evidence, rules: Sequence[ConflictRule]) -> Evidence:
    """The certificate with no rules but these, and what measures need and exclude."""
    of = {
        kind: {one.what[0] for one in rules if one.kind == kind and one.what}
        for kind in ("milestone", "budget", "must")
    }
    kinds = {one.kind for one in rules}
    return {
        **evidence,
        "cuts": [cut for cut in evidence["cuts"] if str(cut["goal"]) in of["milestone"]],
        "budgets": {year: amount for year, amount in evidence["budgets"].items() if year in of["budget"]},
        "at_once": evidence["at_once"] if "at_once" in kinds else None,
        "most_change": evidence["most_change"] if "most_change" in kinds else None,
        "measures": [{**one, "must": one["must"] and one["name"] in of["must"]} for one in evidence["measures"]],
    }


def _lowered(state: State, effects: Mapping[str, Sequence[int]], fewest: Sequence[int], random: Generator) -> State:
    """One or two posts, or measures that only help, less than in a state."""
    staff, options = list(state.design.staff), list(state.design.options)
    posts = [("post", p) for p, effect in enumerate(effects["pools"]) if effect == 1 and staff[p] > fewest[p]]
    helps = [("measure", m) for m, effect in enumerate(effects["options"]) if effect == 1 and options[m]]
    there = [*posts, *helps]
    for chosen in random.permutation(len(there))[: int(random.integers(1, 3))]:
        kind, place = there[int(chosen)]
        if kind == "post":
            staff[place] -= 1
        else:
            options[place] = False
    return State(Design(tuple(staff), tuple(options)), state.era)


def _state(said: Evidence) -> State:
    return State(Design(tuple(said["staff"]), tuple(bool(taken) for taken in said["options"])), said["era"])


def _schedule(said: Evidence) -> Schedule:
    return Schedule(tuple(said["begins"]), tuple(tuple(year) for year in said["staff"]))


def _check(key: str, passed: bool, right: Text, wrong: Text) -> Check:
    return Check(key, passed, right if passed else wrong)


def _filled(words: Text, **values: object) -> Text:
    return Text(words.en.format(**values), words.zh.format(**values))
