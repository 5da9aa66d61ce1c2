"""A plan that makes a KPI as good as possible, explained: changes against simulation, budgets against enumeration."""

from __future__ import annotations

import json
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.kpi.targets import Target
from simgov.optimize import Plan, optimize
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.explain import Explanation, explain, load
from simgov.optimize.option_words import reform_words
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design
from simgov.optimize.taken import chosen_of
from simgov.optimize.wishes import wished
from simgov.study import Study
from simgov.study import load as load_study

SMALL = Path(__file__).parent / "files" / "small.yaml"
OFFICE = Path(__file__).parent / "files" / "office.yaml"


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    text = SMALL.read_text("utf-8").replace("period: 20 workdays", "period: 6 workdays")
    text = text.replace("counter: 1..5, review: 1..6", "counter: 2..4, review: 2..4")
    text = text.replace("optimize:", "optimize:\n  minimize: permit.time.mean\n  budget: 420000 CNY")
    path = tmp_path_factory.mktemp("best") / "small.yaml"
    path.write_text(text.replace("  - {kpi: permit.time.mean, at_most: 8 h}\n", ""), "utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    return optimize(study, workers=1, replications=4)


@pytest.fixture(scope="module")
def explanation(study: Study, plan: Plan) -> Explanation:
    return explain(study, plan, workers=1)


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    targets: list[Target] = [*study.targets, *wished(study.decisions.objectives, study.baseline)]
    return build(study.baseline, study.reforms, targets, study.decisions)


def test_each_change_is_what_simulation_says(study: Study, plan: Plan, explanation: Explanation) -> None:
    problem = problem_of(study)
    assert {(one.kind, one.name) for one in explanation.changes} == {
        ("option", "permit.check"), ("post", "counter"), ("post", "review"),
    }  # fmt: skip
    first, times = plan.fresh_first // plan.replications, plan.fresh_replications // plan.replications
    with closing(Simulator(problem, plan.replications, plan.seed, Stopper(), 1)) as simulator:
        for one in explanation.changes:
            staff = dict(plan.staff)
            taken = "permit.check" in plan.reforms
            if one.kind == "post":
                staff[one.name] += one.change
            else:
                taken = one.change > 0
                assert taken != ("permit.check" in plan.reforms)
            design = Design(tuple(staff[pool] for pool in problem.space.pools), (taken,))
            found = simulator.evaluate(design, first, plan.confidence, times)
            assert one.cost == problem.space.cost(design) + found.extra_cost
            assert one.values[0].value == found.values[-1]
            assert one.missed == (() if found.kept[0] else ("permit.time.p90",))
            assert one.within_budget == (one.cost <= 420_000_00)


def test_the_plan_tells_the_kpi_of_its_neighbours(study: Study, plan: Plan) -> None:
    problem = problem_of(study)
    assert plan.neighbours
    with closing(Simulator(problem, plan.replications, plan.seed, Stopper(), 1)) as simulator:
        for one in plan.neighbours:
            staff = {**plan.staff, one.pool: plan.staff[one.pool] + one.change}
            design = Design(tuple(staff[pool] for pool in problem.space.pools), ("permit.check" in plan.reforms,))
            assert one.reached == simulator(design).values[-1:]
    assert Plan.from_json(plan.to_json()).neighbours == plan.neighbours


def test_another_budget_buys_what_enumeration_says(study: Study, plan: Plan, explanation: Explanation) -> None:
    problem = problem_of(study)
    assert [one.budget for one in explanation.budgets] == [378_000_00, 399_000_00, 441_000_00, 462_000_00]
    with closing(Simulator(problem, plan.replications, plan.seed, Stopper(), 1)) as simulator:
        known = [(problem.space.cost(design), simulator(design), design) for design in problem.space.designs()]
    for point in explanation.budgets:
        best = min(
            (found.values[-1] for cost, found, _ in known if cost <= point.budget and all(found.kept[:-1])),
            default=None,
        )
        assert (point.chosen is None) == (best is None)
        if best is not None:
            assert point.proved
            assert point.bound is not None
            assert point.bound <= best <= point.value <= best * 1.0101
            own = next(found for cost, found, design in known if chosen_of(problem, design) == point.chosen)
            assert own.values[-1] == point.value


def test_the_sentences_tell_the_kpi_beside_the_plan(explanation: Explanation) -> None:
    sections = dict(explanation.sentences())
    assert set(sections) == {"changes", "budgets"}
    assert all("（本方案 " in text.zh for text in sections["changes"])
    assert any("每年多花" in text.zh for text in sections["changes"])
    assert any(text.zh.startswith("保留“") or text.zh.startswith("取消“") for text in sections["changes"])
    assert all(text.zh.startswith("预算为现在的 ") for text in sections["budgets"])


def test_it_is_kept_and_read_and_stops_where_it_is_told(
    study: Study, plan: Plan, explanation: Explanation, tmp_path: Path
) -> None:
    explanation.save(tmp_path)
    assert load(tmp_path) == explanation
    assert json.loads((tmp_path / "explanation.json").read_text("utf-8"))["budgets"]
    short = explain(study, plan, simulations=3, workers=1)
    assert (short.stopped, short.simulations) == ("simulations", 3)
    assert short.changes == explanation.changes[:2]
    assert short.unanswered == ("changes", "budgets")


def test_without_a_budget_nothing_is_said_of_one(study: Study, plan: Plan) -> None:
    assert study.decisions is not None
    free = replace(study, decisions=replace(study.decisions, budget=None))
    explanation = explain(free, replace(plan, evidence={}), workers=1)
    assert explanation.changes
    assert not explanation.budgets
    assert any("未设预算" in note.zh for note in explanation.notes)


def test_a_reform_is_called_by_what_it_does() -> None:
    office = load_study(OFFICE)
    words = reform_words(office.baseline, office.reforms["lean"].measures)
    assert (words.en, words.zh) == ("drop “Second review”", "取消“复核”")
    many = [*office.reforms["lean"].measures, *office.reforms["one_desk"].measures]
    assert reform_words(office.baseline, many * 3).zh.startswith("取消“复核”、")
