"""Plans to targets of the applicant's side: the cheapest of all designs, whether a target is monotone or not."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgov.experiment import estimate
from simgov.kpi.targets import Target
from simgov.optimize import optimize
from simgov.optimize.problem import Problem, build
from simgov.optimize.schema import Decisions
from simgov.scenario.applicants import Complaints, Satisfaction
from simgov.study import Study, load
from simgov.units import Duration, Money

OFFICE = Path(__file__).parent / "files" / "office.yaml"


@pytest.fixture(scope="module")
def judged() -> Study:
    """The small office, its applicants' time and their satisfaction; few designs."""
    study = load(OFFICE)
    services = tuple(
        replace(one, travel=Duration(30.0), time_value=Money(3000, "CNY", "h"), promise=1)
        for one in study.baseline.services
    )
    baseline = replace(study.baseline, services=services, satisfaction=Satisfaction(wait=60.0), complaints=Complaints())
    decisions = Decisions(staff={"counter": (1, 3), "review": (2, 4), "desk": (1, 2)})
    return replace(study, baseline=baseline, decisions=decisions)


def problem_of(study: Study, *targets: Target) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, targets, study.decisions)


@pytest.mark.parametrize(
    "targets",
    [
        (Target("satisfaction", at_least=88.0, unit="points"),),
        (Target("permit.complaints", at_most=2.0, unit="per 100 cases"), Target("hall.wait.mean", at_most=10.0)),
        (Target("applicant_cost", at_most=23.0, unit="CNY/case"), Target("hall.wait.service_gap", at_most=6.0)),
        (Target("permit.wait.gini", at_most=0.75, unit="share"),),
    ],
    ids=lambda targets: targets[0].kpi,
)
def test_the_plan_is_the_cheapest_of_all_designs(judged: Study, targets: tuple[Target, ...]) -> None:
    study = replace(judged, targets=targets)
    problem = problem_of(study, *targets)
    plan = optimize(study, workers=2)
    kpis = [target.kpi for target in targets]
    met = {}
    for design in problem.space.designs():
        found = estimate(problem.scenario(design), kpis, plan.replications, plan.seed)
        met[design] = all(target.met(found[target.kpi]) for target in targets)
    assert any(met.values())
    assert not all(met.values())
    assert plan.cost == min(problem.space.cost(design) for design, fine in met.items() if fine)


def test_what_more_posts_do_is_claimed_only_where_it_is_known(judged: Study) -> None:
    targets = (
        Target("permit.satisfaction", at_least=80.0, unit="points"),
        Target("permit.complaints", at_most=5.0, unit="per 100 cases"),
        Target("permit.travel", at_most=40.0, unit="min"),
        Target("permit.applicant_cost", at_most=50.0, unit="CNY/case"),
        Target("permit.time.gini", at_most=0.5, unit="share"),
        Target("permit.wait.gini", at_most=0.5, unit="share"),
        Target("hall.wait.gini", at_most=0.5, unit="share"),
        Target("hall.wait.service_gap", at_most=5.0, unit="min"),
        Target("satisfaction.service_gap", at_most=5.0, unit="points"),
        Target("burden", at_most=1e6, unit="CNY"),
    )
    goals = {goal.kpi: goal.direction for goal in problem_of(judged, *targets).goals}
    known = {"permit.satisfaction", "permit.complaints", "permit.travel"}
    assert goals == {target.kpi: int(target.kpi in known) for target in targets}


def test_a_spread_over_all_waits_is_not_taken_apart(judged: Study) -> None:
    problem = problem_of(
        judged, Target("hall.wait.gini", at_most=0.5, unit="share"), Target("hall.wait.mean", at_most=9.0)
    )
    assert [len(terms) for terms in problem.terms[0]] == [1, 2]
