"""Targets on any KPI: the plan is the cheapest of all designs, by enumeration, whatever more posts do to the KPI."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgov.experiment import estimate
from simgov.kpi import Estimate, find
from simgov.kpi.targets import Target
from simgov.optimize import optimize
from simgov.optimize.effects import MORE_POSTS_LOWER, MORE_POSTS_RAISE
from simgov.optimize.influence import EITHER, HELPS, NONE
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design
from simgov.optimize.verify import verify
from simgov.study import Study, load

OFFICE = """\
simgov: 1
calendar: {hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  counter: {name: {zh: 窗口, en: Counter}, kind: window, count: 2, cost: 30 CNY/h}
  review:  {kind: department, count: 2, cost: 50 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 9 /h}}
    promise: 1 workdays
    groups: {citizen: 60 %, elderly: 40 %}
    patience: {exponential: {mean: 30 min}}
    steps:
      hand_in: {at: counter, time: {lognormal: {mean: 8 min, cv: 0.6}}, in_person: true, accepted: true, documents: 3}
      check:   {at: review, time: {gamma: {mean: 3 min, cv: 0.7}}}
      review:  {at: review, time: {gamma: {mean: 13 min, cv: 0.7}}, decision: true}
      collect: {at: counter, time: {gamma: {mean: 2 min, cv: 0.7}}, in_person: true, collected: true}
  licence:
    arrivals: {poisson: {rate: 3 /h}}
    promise: 1 workdays
    groups: {elderly: 30 %, firm: 70 %}
    steps:
      apply:  {at: counter, time: {lognormal: {mean: 5 min, cv: 0.6}}, in_person: true, accepted: true, documents: 5}
      decide: {at: review, time: {gamma: {mean: 14 min, cv: 0.7}}, decision: true}
targets: [{kpi: permit.time.mean, at_most: 4 h}]
optimize: {staff: {counter: 1..4, review: 2..5}, remove: {permit.check: 20000 CNY}}
run: {period: 2 workdays, replications: 4, seed: 5}
"""

ASKED = {
    "all.time.mean": "at_most",
    "permit+licence.time.p90": "at_most",
    "permit/elderly.wait.mean": "at_most",
    "all/elderly.on_time": "at_least",
    "all.throughput": "at_least",
    "permit.one_visit": "at_least",
    "permit.visits": "at_most",
    "permit.reneged": "at_most",
    "permit.time.group_gap": "at_most",
    "hall.wait.service_gap": "at_most",
    "permit.time.gini": "at_most",
    "counter.utilisation": "at_least",
    "review.queue.mean": "at_most",
}
"""KPIs of every kind with the way in which they are limited."""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = tmp_path_factory.mktemp("targets") / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return load(path)


@pytest.fixture(scope="module")
def table(study: Study) -> dict[Design, dict[str, Estimate]]:
    """Every design with its figures in the sample of the search."""
    problem = problem_of(study)
    names, run = (*ASKED, "review.utilisation"), study.baseline.run
    return {
        design: estimate(problem.scenario(design), names, run.replications, run.seed)
        for design in problem.space.designs()
    }


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


def target(study: Study, kpi: str, sense: str, limit: float) -> Target:
    return Target(kpi, unit=find(study.baseline, kpi).unit, **{sense: limit})


def cheapest(study: Study, table: dict[Design, dict[str, Estimate]]) -> tuple[int | None, int | None, int]:
    """What the optimiser's plan costs and what the cheapest design does; None where there is none; and how many meet.

    What failed on fresh replications is left out of both.
    """
    plan = optimize(study, workers=1)
    space = problem_of(study).space
    failed = {(tuple(one.chosen.staff.values()), len(one.chosen.reforms)) for one in plan.rejected}
    met = [
        space.cost(design)
        for design, found in table.items()
        if all(one.met(found[one.kpi]) for one in study.targets) and (design.staff, sum(design.options)) not in failed
    ]
    return plan.cost if plan.feasible else None, min(met, default=None), len(met)


@pytest.mark.parametrize("kpi", list(ASKED))
def test_the_plan_is_the_cheapest_of_all_designs(
    study: Study, table: dict[Design, dict[str, Estimate]], kpi: str
) -> None:
    """At a limit that about a third of the designs keep."""
    sense = ASKED[kpi]
    values = [found[kpi].value for found in table.values()]
    limit = float(np.quantile(values, 0.35 if sense == "at_most" else 0.65))
    asked = replace(study, targets=(target(study, kpi, sense, limit),))
    cost, least, met = cheapest(asked, table)
    assert met < len(table)
    assert cost == least
    assert least is not None or kpi == "all.throughput", "as many as come need not come again"


@pytest.mark.parametrize("band", [(0.55, 0.8), (0.3, 0.45), (0.86, 0.87)])
def test_a_band_of_utilisation(
    study: Study, table: dict[Design, dict[str, Estimate]], band: tuple[float, float], tmp_path: Path
) -> None:
    """Too many officers are as bad as too few, and a step removed may be one too many."""
    targets = [
        target(study, "review.utilisation", way, limit)
        for way, limit in zip(("at_least", "at_most"), band, strict=True)
    ]
    asked = replace(study, targets=(*targets, target(study, "permit.one_visit", "at_least", 0.3)))
    cost, least, met = cheapest(asked, table)
    assert cost == least
    assert met < len(table)
    if met:
        text = OFFICE.replace(
            "{kpi: permit.time.mean, at_most: 4 h}",
            f"{{kpi: review.utilisation, at_least: {band[0] * 100:g} %, at_most: {band[1] * 100:g} %}}",
        )
        (tmp_path / "office.yaml").write_text(text, encoding="utf-8")
        found = load(tmp_path / "office.yaml")
        optimize(found, workers=1).save(tmp_path / "plan")
        assert verify(tmp_path / "plan", found, sample=4).passed


def effects(study: Study, *targets: Target) -> list[tuple[int, ...]]:
    problem = problem_of(replace(study, targets=targets))
    return [terms[0].effects for terms in problem.terms[0]]


def test_where_it_is_not_known_what_more_posts_do(study: Study) -> None:
    """The order is counter, review, and the step that may be removed."""
    queue = target(study, "review.queue.mean", "at_most", 3.0)
    visits = target(study, "permit.visits", "at_most", 1.5)
    wait = target(study, "permit.wait.mean", "at_most", 9.0)
    of_queue, of_visits = effects(study, queue, visits, wait)[:2]
    assert of_queue == (EITHER, HELPS, HELPS), "more at the counter send more to review"
    assert of_visits == (EITHER, EITHER, EITHER), "who does not give up comes again to collect"
    permit = replace(study.baseline.service("permit"), patience=None)
    patient = replace(study, baseline=study.baseline.with_service(permit))
    time = target(study, "all.time.mean", "at_most", 240.0)
    assert effects(patient, visits, wait, time)[0] == (HELPS, HELPS, HELPS)


def test_a_target_on_all_covers_the_services_that_a_reform_makes(tmp_path: Path) -> None:
    """A life event is a service more, with a pool of its own."""
    text = OFFICE.replace("services:", "  extra: {kind: window, count: 1, cost: 20 CNY/h}\nservices:", 1)
    text = text.replace("remove: {permit.check: 20000 CNY}", "reforms: [together]").replace(
        "4, review", "4, extra: 1..2, review"
    )
    text = text.replace("permit.time.mean, at_most: 4 h", "all.time.mean, at_most: 4 h")
    text += "reforms: {together: [{life_event: {services: [permit, licence], into: both, share: 50 %, at: extra}}]}\n"
    (tmp_path / "office.yaml").write_text(text, encoding="utf-8")
    found = load(tmp_path / "office.yaml")
    problem = problem_of(found)
    place = problem.space.pools.index("extra")
    by_setting = {
        setting.taken: terms[0][0].effects[place]
        for setting, terms in zip(problem.space.settings, problem.terms, strict=True)
    }
    assert by_setting[(False,)] == NONE
    assert by_setting[(True,)] != NONE


def test_claims_are_about_quantities_that_there_are(study: Study) -> None:
    from simgov.kpi.table import DEFINITIONS

    known = {row.quantity.removesuffix(".mean") for row in DEFINITIONS}
    assert known >= MORE_POSTS_LOWER | MORE_POSTS_RAISE
    assert not MORE_POSTS_LOWER & MORE_POSTS_RAISE
