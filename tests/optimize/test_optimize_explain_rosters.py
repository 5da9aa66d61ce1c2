"""Plans with rosters, room and speed explained: their own questions, against enumeration where there is a truth."""

from __future__ import annotations

import itertools
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.optimize import optimize
from simgov.optimize.chosen import Chosen
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.explain import explain, worth
from simgov.optimize.explain.again import Budget, Office
from simgov.optimize.explain.words import Teller
from simgov.optimize.problem import Problem, build
from simgov.optimize.rosters import pattern_names
from simgov.optimize.solver import solver_of
from simgov.optimize.space import Design
from simgov.optimize.taken import chosen_of, design_of
from simgov.scenario.value import Scenario
from simgov.study import Study
from simgov.study import load as load_study
from tests.optimize.test_optimize_equipment import study_of

HALL = Path(__file__).parent / "files" / "roster.yaml"


@pytest.fixture(scope="module")
def hall() -> Study:
    """Three patterns with two posts each at most, so that every roster can be simulated."""
    study = load_study(HALL)
    assert study.decisions is not None
    roster = study.decisions.rosters["hall"]
    few = replace(roster, patterns=tuple(replace(pattern, high=2) for pattern in roster.patterns[:3]))
    return replace(study, decisions=replace(study.decisions, rosters={"hall": few}))


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


def every_roster(problem: Problem) -> list[tuple[int, Design]]:
    """Posts in all and the design, of every roster within the bounds."""
    roster = problem.rosters[0]
    found = []
    for counts in itertools.product(range(3), repeat=3):
        on_duty = roster.on_duty(counts)
        if all(low <= n <= high for n, (low, high) in zip(on_duty, roster.bounds, strict=True)):
            found.append((sum(counts), Design(on_duty, ())))
    return found


def test_a_post_more_or_fewer_in_a_roster_costs_what_going_through_every_roster_says(hall: Study) -> None:
    problem = problem_of(hall)
    with closing(Simulator(problem, 4, 4, Stopper(), 1)) as simulator:
        kept = sorted(
            (problem.space.cost(design) + found.extra_cost, posts)
            for posts, design in every_roster(problem)
            if (found := simulator(design)).feasible
        )
        least = {posts: cost for cost, posts in reversed(kept)}
        office = Office(solver_of(problem, simulator), Budget(), Stopper(), 10_000)
        best = office.cheapest()
        assert best.cost == kept[0][0]
        plan = next(design for posts, design in every_roster(problem) if (best.cost, posts) == kept[0])
        own = sum(problem.staff(plan).values())
        answers = {change: answer for _, change, answer in worth.posts(office, plan, [("hall", own)])}
        assert set(answers) == {-1, 1}
        for change, answer in answers.items():
            assert answer.proved
            assert answer.cost == least.get(own + change)


def test_what_a_plan_chose_is_its_design_and_back(hall: Study) -> None:
    problem = problem_of(hall)
    chosen = Chosen({"hall": 3}, (), {"hall": {"full": 2, "early": 0, "late": 1}})
    design = design_of(problem, chosen)
    assert design.staff == problem.rosters[0].on_duty((2, 0, 1))
    assert chosen_of(problem, design) == chosen
    assert chosen.counts == {"hall.full": 2, "hall.early": 0, "hall.late": 1}
    assert Chosen.from_json(chosen.to_json()) == chosen


def test_a_plan_with_a_roster_is_explained_by_patterns(hall: Study) -> None:
    plan = optimize(hall, workers=1, replications=4)
    explanation = explain(hall, plan, each=6, workers=1)
    assert {worth.name for worth in explanation.posts} == {"hall"}
    told = [text.zh for _, sentences in explanation.sentences() for text in sentences]
    assert any("大厅（晚班）" in text or "大厅（全日）" in text or "大厅（早班）" in text for text in told)
    assert not any("hall." in text for text in told)
    assert explanation.demand


def test_room_and_speed_are_explained(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    assert study.decisions is not None
    limits = study.decisions.limits[:1]  # with the places to wait fixed too, none of them could be one more
    free = replace(study, decisions=replace(study.decisions, limits=limits))
    plan = optimize(free, workers=1)
    explanation = explain(free, plan, each=3, simulations=16, workers=1)
    names = {worth.name for worth in explanation.posts}
    assert names >= {"room.second", "speed.first"}
    words = next(worth.words for worth in explanation.posts if worth.name == "speed.first")
    assert "一号台办理速度" in words.zh
    assert "倍）时" in words.zh


def test_changes_are_told_by_the_names_of_patterns(hall: Study) -> None:
    problem = problem_of(hall)
    scenario: Scenario = problem.baseline
    own = Chosen({"hall": 3}, (), {"hall": {"full": 2, "early": 0, "late": 1}})
    other = Chosen({"hall": 3}, (), {"hall": {"full": 1, "early": 1, "late": 1}})
    teller = Teller(scenario, "CNY", scenario.horizon, 100_00, own, pattern_names(scenario, problem.rosters))
    assert (
        teller.near(other, 101_00, None).zh
        == "大厅（全日）减少 1 人、大厅（早班）增加 1 人：成本高 1.0%（每年多 1 元）。"
    )
