"""Options that need or exclude others: the plan is the cheapest of the designs that may be taken, found by hand."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache
from pathlib import Path

import pytest

from simgov.errors import ReformError
from simgov.experiment import estimate
from simgov.kpi.cost import plan_cost
from simgov.kpi.targets import Target
from simgov.optimize import Plan, optimize
from simgov.optimize.certify import uncovered
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.problem import Problem, build
from simgov.optimize.schema import Decisions
from simgov.optimize.space import Design
from simgov.optimize.verify import verify
from simgov.reforms.registry import MEASURES
from simgov.scenario.value import Scenario
from simgov.study import Study, load
from simgov.study.example import REFORM, example_of

NAMES = ("check", "second", "third", "fast", "beside")
TAKES = {
    "check": "remove_step: permit.check",
    "second": "remove_step: permit.second",
    "third": "remove_step: permit.third",
    "fast": "automate: {step: permit.review, share: 40 %}",
    "beside": "parallel: [permit.copy, permit.notify]",
}
SET_UP = {"check": 22000, "second": 20000, "third": 18000, "fast": 26000, "beside": 3000}
OFFICE = """\
simgov: 1
calendar: {hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  counter: {kind: window, count: 2, cost: 30 CNY/h}
  review:  {kind: department, count: 3, cost: 50 CNY/h}
  desk:    {kind: window, count: 1}
services:
  permit:
    arrivals: {poisson: {rate: 9 /h}}
    steps:
      hand_in: {at: counter, time: {lognormal: {mean: 7 min, cv: 0.6}}, in_person: true, accepted: true}
      check:   {at: review, time: {gamma: {mean: 4 min, cv: 0.7}}}
      second:  {at: review, time: {gamma: {mean: 3 min, cv: 0.7}}}
      third:   {at: review, time: {gamma: {mean: 2 min, cv: 0.7}}}
      review:  {at: review, time: {gamma: {mean: 6 min, cv: 0.7}}}
      copy:    {at: review, time: {constant: 1 min}}
      notify:  {time: {constant: 20 min}, decision: true}
  enquiry:
    arrivals: {poisson: {rate: 6 /h}}
    steps:
      ask: {at: desk, time: {exponential: {mean: 5 min}}, in_person: true, decision: true}
targets:
  - {kpi: permit.time.mean, at_most: 100 min}
  - {kpi: hall.wait.mean, at_most: 9 min}
optimize: {minimize: cost, staff: {counter: 1..2, review: 1..3}, reforms: [check, second, third, fast, beside]}
run: {period: 2 workdays, replications: 5, seed: 5}
"""

Taken = dict[str, bool]
Options = tuple[bool, ...]
Posts = tuple[int, int]
CASES: dict[str, tuple[dict[str, str], Callable[[Taken], bool]]] = {
    "free": ({}, lambda t: True),
    "a removal needs another": ({"third": "needs: [check]"}, lambda t: t["check"] or not t["third"]),
    "two removals exclude each other": ({"third": "excludes: [second]"}, lambda t: not (t["third"] and t["second"])),
    "three removals in a chain": (
        {"third": "needs: [second]", "second": "needs: [check]"},
        lambda t: (t["second"] or not t["third"]) and (t["check"] or not t["second"]),
    ),
    "a branch needs a branch": ({"fast": "needs: [beside]"}, lambda t: t["beside"] or not t["fast"]),
    "branches exclude each other": ({"fast": "excludes: [beside]"}, lambda t: not (t["fast"] and t["beside"])),
    "a branch needs a removal": ({"beside": "needs: [check]"}, lambda t: t["check"] or not t["beside"]),
    "a removal needs a branch": ({"third": "needs: [fast]"}, lambda t: t["fast"] or not t["third"]),
    "a removal excludes a branch": ({"third": "excludes: [parallel]"}, lambda t: not (t["third"] and t["beside"])),
    "any of a kind will do": (
        {"beside": "needs: [remove_step]"},
        lambda t: t["check"] or t["second"] or t["third"] or not t["beside"],
    ),
    "nobody brings it": ({"third": "needs: [merge_steps]"}, lambda t: not t["third"]),
    "a circle": (
        {"third": "needs: [second]", "second": "needs: [third]"},
        lambda t: not (t["third"] or t["second"]),
    ),
}


def study(tmp_path: Path, beside: dict[str, str]) -> Study:
    """The office whose reforms have these keys beside their measures; ``merged`` may not be taken by the optimiser."""
    items = [
        f"  {name}: [{{{', '.join(filter(None, [TAKES[name], f'set_up: {SET_UP[name]} CNY', beside.get(name, '')]))}}}]"
        for name in NAMES
    ]
    path = tmp_path / "office.yaml"
    items.append("  merged: [{merge_steps: {service: permit, steps: [review, copy], into: done}}]")
    path.write_text(OFFICE + "reforms:\n" + "\n".join(items) + "\n", encoding="utf-8")
    return load(path)


def named(taken: Options) -> Taken:
    return dict(zip(NAMES, taken, strict=True))


def options_of(names: tuple[str, ...]) -> Options:
    return tuple(name in names for name in NAMES)


def problem_of(found: Study) -> Problem:
    assert found.decisions is not None
    return build(found.baseline, found.reforms, found.targets, found.decisions)


@dataclass(frozen=True, eq=False)
class ByHand:
    """Designs of the office without the optimiser. Company changes neither their costs nor their figures."""

    study: Study

    def scenario(self, taken: Options, staff: Posts) -> Scenario:
        scenario = self.study.baseline
        for name, there in zip(NAMES, taken, strict=True):
            for measure in self.study.reforms[name].measures if there else ():
                scenario = measure.apply(scenario)
        return scenario.with_staff({"counter": staff[0], "review": staff[1]})

    @cache  # noqa: B019 - one office for the whole module
    def cost(self, taken: Options, staff: Posts) -> int:
        return plan_cost(self.scenario(taken, staff))

    @cache  # noqa: B019 - one office for the whole module
    def feasible(self, taken: Options, staff: Posts) -> bool:
        run, targets = self.study.baseline.run, self.study.targets
        values = estimate(self.scenario(taken, staff), [t.kpi for t in targets], run.replications, run.seed)
        return all(target.met(values[target.kpi]) for target in targets)


@pytest.fixture(scope="module")
def by_hand(tmp_path_factory: pytest.TempPathFactory) -> ByHand:
    return ByHand(study(tmp_path_factory.mktemp("free"), {}))


@pytest.mark.parametrize("case", list(CASES))
def test_the_plan_is_the_cheapest_that_may_be_taken(case: str, tmp_path: Path, by_hand: ByHand) -> None:
    beside, may_be_taken = CASES[case]
    ways = [w for w in itertools.product((False, True), repeat=len(NAMES)) if may_be_taken(named(w))]
    posts = list(itertools.product(range(1, 3), range(1, 4)))
    designs = sorted((by_hand.cost(taken, staff), staff, taken) for taken in ways for staff in posts)
    plan = optimize(study(tmp_path, beside), workers=1)
    # What failed on fresh replications is left out of both.
    failed = {(tuple(one.chosen.staff.values()), options_of(one.chosen.reforms)) for one in plan.rejected}
    left = ((cost, staff, taken) for cost, staff, taken in designs if (staff, taken) not in failed)
    cost, staff, taken = next((c, s, t) for c, s, t in left if by_hand.feasible(t, s))
    assert (plan.cost, tuple(plan.staff.values()), options_of(plan.reforms)) == (cost, staff, taken)
    assert plan.designs == len(designs)
    assert uncovered(plan.evidence) == []
    assert an_uncovered(plan.evidence) is None
    simulated = [named(tuple(map(bool, one["options"]))) for one in plan.evidence["simulated"]]
    assert all(may_be_taken(taken) for taken in simulated), "a simulation was wasted"
    assert plan.evidence["impossible"] == [], "what the rules say needs no trying"


def test_the_rules_decide_something(tmp_path: Path) -> None:
    """In some of the cases the cheapest plan without company may not be taken."""
    free = optimize(study(tmp_path, {}), workers=1)
    taken = named(options_of(free.reforms))
    assert free.reforms
    assert sum(not may_be_taken(taken) for _, may_be_taken in CASES.values()) >= 3


def test_an_option_comes_after_what_it_needs(tmp_path: Path) -> None:
    found = study(tmp_path, {"check": "needs: [fast]", "fast": "needs: [beside]"})
    problem = problem_of(found)
    measures = problem.measures_of((True, True, False, True, True))
    assert [measure.of for measure in measures] == ["second", "beside", "fast", "check"]
    scenario = problem.scenario(Design((2, 3), (True, True, False, True, True)))
    assert scenario.service("permit").step("check").removed
    with pytest.raises(ReformError, match="remove_step needs fast first"):
        problem.scenario(Design((2, 3), (True, False, False, False, False)))


def test_what_cannot_be_taken_is_told(tmp_path: Path) -> None:
    beside = {"third": "needs: [merge_steps]", "second": "excludes: [check]", "fast": "needs: [beside]"}
    plan: Plan = optimize(study(tmp_path, beside), workers=1, simulations=1)
    said = [(words.en, words.zh) for words in plan.impossible]
    assert said == [
        (
            "third cannot be taken: remove_step needs merge_steps first; put merge_steps before it",
            "third 不能采用：remove_step needs merge_steps first; put merge_steps before it",
        ),
        (
            "fast only with beside: automate needs beside first; put beside before it",
            "fast 须与 beside 一并采用：automate needs beside first; put beside before it",
        ),
        (
            "check + second cannot be taken together: remove_step and check exclude each other; leave one of them out",
            "check + second 不能同时采用：remove_step and check exclude each other; leave one of them out",
        ),
    ]
    assert "impossible" not in plan.to_json()


def test_what_only_shows_when_it_is_applied_is_told_too(tmp_path: Path) -> None:
    """Two reforms that merge the same steps; larger combinations with both are not told again."""
    found = study(tmp_path, {})
    text = found.path.read_text(encoding="utf-8").replace("fast, beside]", "fast, beside, one, two]")
    merged = "merge_steps: {{service: permit, steps: [check, second], into: {}}}"
    text += f"  one: [{{{merged.format('seen')}}}]\n  two: [{{{merged.format('looked')}}}]\n"
    found.path.write_text(text, encoding="utf-8")
    told = problem_of(load(found.path)).refused
    assert [(one.options, one.only_with) for one in told] == [(("one", "two"), ())]
    assert "there is no step" in told[0].message


def test_many_branches_are_few_when_they_exclude_each_other(tmp_path: Path) -> None:
    """Twelve reforms of which one may be taken are thirteen settings, not 4096."""
    found = study(tmp_path, {})
    names = [f"share_{n}" for n in range(12)]
    text = found.path.read_text(encoding="utf-8").replace("fast, beside]", f"{', '.join(names)}]")
    text += "".join(
        f"  {name}: [{{automate: {{step: permit.review, share: {5 + 5 * n} %}}, excludes: [automate]}}]\n"
        for n, name in enumerate(names)
    )
    found.path.write_text(text, encoding="utf-8")
    space = problem_of(load(found.path)).space
    assert len(space.settings) == 13
    assert space.size == 13 * 6 * 8


def test_a_removal_that_brings_a_system_is_not_monotone(tmp_path: Path) -> None:
    outage = "risk: {outage: {pools: [review], every: {constant: 1 day}, lasts: {constant: 1 h}}}"
    late = "risk: {delay: {constant: 5 days}}"
    options = {o.name: o.monotone for o in problem_of(study(tmp_path, {"check": outage, "second": late})).space.options}
    assert options == {"check": False, "second": True, "third": True, "fast": False, "beside": False}


def test_a_plan_of_measures_with_risk_is_simulated_with_it(tmp_path: Path) -> None:
    """A removal that may come late: its plan is the one whose values hold over the replications as drawn."""
    late = {"check": "risk: {delay: {constant: 3 days}, delayed: 50 %}"}
    found = study(tmp_path, late)
    problem = problem_of(found)
    design = Design((2, 3), (True, False, False, False, False))
    scenario = problem.scenario(design)
    assert scenario.chance is not None
    plain = problem_of(study(tmp_path, {})).scenario(design)
    kpis = [target.kpi for target in found.targets]
    risky, sure = (estimate(one, kpis, 20, 5) for one in (scenario, plain))
    assert risky["permit.time.mean"].value > sure["permit.time.mean"].value
    plan = optimize(found, workers=1)
    again = problem.scenario(Design(tuple(plan.staff.values()), tuple(n in plan.reforms for n in NAMES)))
    fresh = estimate(again, kpis, plan.fresh_replications, plan.seed, plan.fresh_first)
    assert [t.value for t in plan.targets] == [fresh[kpi].value for kpi in kpis]


def test_a_certificate_is_of_these_rules(tmp_path: Path) -> None:
    found = study(tmp_path, {"third": "needs: [check]"})
    optimize(found, workers=1).save(tmp_path / "plan")
    assert verify(tmp_path / "plan", found, sample=5).passed
    other = study(tmp_path, {"third": "excludes: [check]"})
    verdict = verify(tmp_path / "plan", other, sample=5)
    assert [check.key for check in verdict.checks if not check.passed] == ["scenario"]


@pytest.mark.parametrize("kind", list(MEASURES))
def test_every_kind_of_measure_can_be_decided(kind: str) -> None:
    """On the example office: with the option taken, a design is what the reform makes with its posts."""
    found = example_of(MEASURES[kind])
    target = Target("permit.days.mean", at_most=8.0, unit="workdays")
    decisions = Decisions(staff={"police": (3, 6)}, reforms=(REFORM,))
    problem = build(found.baseline, found.reforms, [target], decisions)
    (option,) = problem.space.options
    assert len(problem.space.settings) == 2 - option.monotone
    assert problem.refused == ()
    reform = found.reform(REFORM).with_staff({"police": 4})
    assert replace(problem.scenario(Design((4,), (True,))), label=REFORM) == reform
    assert problem.scenario(Design((5,), (False,))).pool("police").count == 5
    design = Design((4,), (True,))
    assert abs(problem.space.cost(design) - problem.cost(design)) <= len(problem.space.charges)


def test_what_begins_later_costs_less(tmp_path: Path) -> None:
    """Posts by their dates, and running costs from them on: the price lists say what the scenario costs."""
    later = {
        "check": "from: 2026-01-07, running: 36500 CNY/year",
        "fast": "phase_in: {2026-01-06: 0 %, 2026-01-08: 50 %}, running: 7300 CNY/year",
    }
    found = study(tmp_path, later)
    text = found.path.read_text(encoding="utf-8").replace("fast, beside]", "fast, beside, posts, follows]")
    text += "  posts: [{staff: {desk: 2, review: 1}, from: 2026-01-07}]\n"
    text += (
        "  follows: [beside, {remove_step: permit.copy, from: 2026-01-09, running: 3650 CNY/year, needs: [parallel]}]\n"
    )
    found.path.write_text(text.replace("desk:    {kind: window, count: 1}", DESK), encoding="utf-8")
    problem = problem_of(load(found.path))
    for design in problem.space.designs():
        assert 0 <= problem.cost(design) - problem.space.cost(design) <= len(problem.space.charges), design


DESK = "desk:    {kind: window, count: 1, cost: 20 CNY/h}"
