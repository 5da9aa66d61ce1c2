"""Stresses as demand scenarios, and measures that begin within the run: plans against all designs."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgov.errors import InputError, ReformError
from simgov.experiment import estimate
from simgov.optimize import optimize
from simgov.optimize.influence import NONE
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design
from simgov.optimize.verify import verify
from simgov.optimize.whole import whole_office
from simgov.reforms.stressing import under
from simgov.scenario.value import Scenario
from simgov.study import Study, load

OFFICE = """\
simgov: 1
calendar: {{hours: ["09:00-12:00", "13:00-17:00"]}}
pools:
  counter: {{kind: window, count: 2, cost: 30 CNY/h}}
  review:  {{kind: department, count: 3, cost: 50 CNY/h}}
  back:    {{kind: department, count: 1, cost: 40 CNY/h}}
services:
  permit:
    arrivals: {{poisson: {{rate: 9 /h}}}}
    steps:
      hand_in: {{at: counter, time: {{lognormal: {{mean: 8 min, cv: 0.6}}}}, in_person: true, accepted: true}}
      check:   {{at: review, time: {{gamma: {{mean: 3 min, cv: 0.7}}}}}}
      review:  {{at: review, time: {{gamma: {{mean: 10 min, cv: 0.7}}}}, decision: true}}
targets: [{{kpi: permit.time.mean, at_most: {limit}}}]
optimize: {{staff: {{counter: 1..3, review: 1..4}}, {decided}}}
reforms: {{{reforms}}}
stress:
  weak: {{outage: {{every: 8 h, lasts: 90 min, pools: [review]}}}}
  poor: {{budget_cut: {{months: 12, posts: 40 %}}}}
run: {{period: 2 workdays, replications: 4, seed: 5}}
"""
AUTOMATE = "fast: [{automate: {step: permit.review, share: 60 %}, set_up: 9000 CNY}]"
KPI = "permit.time.mean"


def study(tmp_path: Path, decided: str, limit: str = "75 min", reforms: str = AUTOMATE) -> Study:
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE.format(decided=decided, limit=limit, reforms=reforms), encoding="utf-8")
    return load(path)


def problem_of(found: Study) -> Problem:
    assert found.decisions is not None
    return build(found.baseline, found.reforms, found.targets, found.decisions)


def by_hand(found: Study, problem: Problem, design: Design, name: str) -> Scenario:
    """The office of a design in a demand scenario, by the way that ``run --stress`` goes."""
    demand = next(one for one in problem.demands if one.name == name)
    planned = problem.scenario(design)
    if demand.stress is None:
        return demand.applied(planned)
    try:
        measures, posts = problem.measures_of(design.options), problem.posts_of(design)
        return under(demand.stress, found.baseline, measures, posts, "plan").scenario
    except ReformError:  # it finds nothing to act on
        return planned


Figures = dict[Design, dict[str, float]]


def figures(found: Study) -> Figures:
    """What each design does in each demand scenario, in the sample of the search."""
    problem, run = problem_of(found), found.baseline.run
    return {
        design: {
            one.name: estimate(by_hand(found, problem, design, one.name), [KPI], run.replications, run.seed)[KPI].value
            for one in problem.demands
        }
        for design in problem.space.designs()
    }


def worst(figures: dict[str, float], hold: int) -> float:
    """The limit that is just kept in so many demand scenarios."""
    return sorted(figures.values())[hold - 1]


def check(tmp_path: Path, decided: str, hold: int, reforms: str = AUTOMATE) -> tuple[Figures, float]:
    """The plan at a limit that a third of the designs keep is the cheapest; the figures and that limit."""
    table = figures(study(tmp_path, decided, reforms=reforms))
    limit = round(float(np.quantile([worst(own, hold) for own in table.values()], 0.35)), 3)
    found = study(tmp_path, decided, f"{limit} min", reforms)
    problem, plan = problem_of(found), optimize(found, workers=1)
    failed = {(tuple(one.chosen.staff.values()), len(one.chosen.reforms)) for one in plan.rejected}
    met = [
        problem.space.cost(design)
        for design, own in table.items()
        if worst(own, hold) <= limit and (design.staff, sum(design.options)) not in failed
    ]
    assert 0 < len(met) < len(table)
    assert plan.cost == min(met)
    return table, limit


@pytest.mark.parametrize(
    ("demand", "hold"),
    [
        ("{usual: 100 %, down: {stress: weak}}", 2),
        ("{usual: 100 %, cut: {stress: poor}}", 2),
        ("{usual: 100 %, cut: {stress: poor, scale: 90 %}, down: {stress: weak}}", 2),
        ("{down: {stress: outage}, quiet: 80 %}", 2),
    ],
)
def test_the_plan_is_the_cheapest_that_holds_under_stress_too(tmp_path: Path, demand: str, hold: int) -> None:
    table, limit = check(tmp_path, f"reforms: [fast], demand: {demand}, hold: {hold}", hold)
    assert any(own[name] <= limit < worst(own, hold) for own in table.values() for name in own), "it decides something"


def test_the_certificate_is_of_the_stress(tmp_path: Path) -> None:
    found = study(tmp_path, "reforms: [fast], demand: {usual: 100 %, down: {stress: weak}}")
    optimize(found, workers=1).save(tmp_path / "plan")
    assert verify(tmp_path / "plan", found, sample=4).passed
    text = found.path.read_text(encoding="utf-8").replace("lasts: 90 min", "lasts: 30 min")
    found.path.write_text(text, encoding="utf-8")
    failed = [check.key for check in verify(tmp_path / "plan", load(found.path), sample=0).checks if not check.passed]
    assert "simulations" in failed


def test_a_combination_that_may_not_come_late_is_left_out(tmp_path: Path) -> None:
    """Under the stress the counter would go while cases that applied before still need it."""
    reforms = "one: [{pool_windows: {into: back, from: [counter], slowdown: 5 %}, set_up: 1 CNY}]"
    path = study(tmp_path, "reforms: [one], demand: {usual: 100 %, late: {stress: poor}}", reforms=reforms).path
    text = path.read_text(encoding="utf-8").replace("months: 12", "months: 1")
    path.write_text(text.replace("period: 2 workdays", "period: 30 workdays"), encoding="utf-8")
    problem = problem_of(load(path))
    (refused,) = problem.refused
    assert refused.options == ("one",)
    assert "cases that applied before still need it" in refused.message
    assert len(problem.space.settings) == 1


@pytest.mark.parametrize(
    ("demand", "message", "hint"),
    [
        ("{usual: 100 %, down: {stress: outrage}}", "there is no stress 'outrage'", "outage"),
        (
            "{usual: 100 %, down: {stress: failed_online}}",
            "failed_online finds nothing to act on in baseline",
            "offer a reform",
        ),
        ("{down: {stress: outage}}", "every demand scenario is under a stress", "usual: 100 %"),
        ("{usual: 100 %, busy: {scale: outage}}", "'outage' is no share", "stress: NAME"),
        ("{usual: 100 %, busy: {stress: 130 %}}", "there is no stress", ""),
    ],
)
def test_what_cannot_be_a_demand_scenario_is_told(tmp_path: Path, demand: str, message: str, hint: str) -> None:
    with pytest.raises(InputError) as caught:
        study(tmp_path, f"reforms: [fast], demand: {demand}")
    problem = caught.value.problems[0]
    assert message in problem.message
    assert hint in problem.hint
    assert problem.line == 15
    assert problem.column > 60


@pytest.mark.parametrize(
    "reforms",
    [
        "one: [{automate: {step: permit.review, share: 95 %}, phase_in: {2026-01-06: 50 %}}]",
        "one: [{remove_step: permit.check, from: 2026-01-06, set_up: 100 CNY}]",
        "one: [{automate: {step: permit.review, share: 60 %}, risk: {delay: {constant: 1 day}, delayed: 50 %}}]",
    ],
)
def test_what_begins_within_the_run_is_judged_for_itself(tmp_path: Path, reforms: str) -> None:
    """Though it is the same office on the first day."""
    check(tmp_path, "reforms: [one]", 1, reforms)


def test_the_whole_of_an_office_goes_every_way_that_it_ever_goes(tmp_path: Path) -> None:
    """A pool that takes part from a date on can touch a target."""
    moves = "centralised_approval: {service: permit, steps: [review], into: back, posts: {review: 1}}"
    reforms = f"moved: [{{{moves}, from: 2026-01-06}}]"
    found = study(tmp_path, "reforms: [moved]", reforms=reforms)
    text = found.path.read_text(encoding="utf-8").replace("review: 1..4", "review: 1..4, back: 1..2")
    found.path.write_text(text, encoding="utf-8")
    found = load(found.path)
    office = found.reform("moved")
    together = whole_office([office])
    assert together.phases == ()
    doing = {pool for one in together.every_variant for step in one.steps for pool in step.pools if step.id == "review"}
    assert doing == {"review", "back"}
    assert whole_office([found.baseline]) is found.baseline
    problem = problem_of(found)
    place = problem.space.pools.index("back")
    assert [terms[0][0].effects[place] != NONE for terms in problem.terms] == [False, True]
