"""Room and speed as decisions: what they mean, where they are wrong, and the best line against enumeration."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

from simgov.errors import InputError, StoreError
from simgov.optimize import Plan, load, optimize
from simgov.optimize.equipment import Equipment, change_words, count_words
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.objective import Question, best_of
from simgov.optimize.problem import Problem, build
from simgov.optimize.solver import solver_of
from simgov.optimize.taken import plan_scenario, plan_under
from simgov.optimize.verify import verify
from simgov.scenario.value import Text
from simgov.study import Study
from simgov.study import load as load_study

LINE = """simgov: 1
calendar: always
pools:
  first: {kind: department, count: 1, name: {zh: 一号台, en: First}}
  second: {kind: department, count: 1}
  third: {kind: department, count: 1}
services:
  part:
    arrivals: {poisson: {rate: 2.1 /min}}
    backlog: [{step: one, cases: 100}]
    steps:
      one:   {at: first, time: {exponential: {mean: 1 min}}}
      two:   {at: second, time: {exponential: {mean: 1 min}}, room: 2}
      three: {at: third, time: {exponential: {mean: 1 min}}, room: 2}
run: {period: 400 min, warm_up: 50 min, cap: 1 min, replications: 4, seed: 3}
targets: [{kpi: part.throughput, at_least: 2000 /workday}]
optimize:
  room:  {second: 1..3, third: 1..3}
  speed: {first: 1..4, second: 1..4, third: 1..4}
  limits:
    - {of: [speed.first, speed.second, speed.third], exactly: 6}
    - {of: [room.second, room.third], exactly: 4}
"""


def study_of(folder: Path, text: str = LINE) -> Study:
    path = folder / "line.yaml"
    path.write_text(text, encoding="utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return study_of(tmp_path_factory.mktemp("line"))


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    return optimize(study, workers=1)


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


# What they mean -------------------------------------------------------------------------------------------------------


def test_a_room_and_a_speed_change_the_steps_of_their_pool_alone(study: Study) -> None:
    changed = Equipment(room=(("second", 7),), speed=(("third", 4),)).applied(study.baseline)
    one, two, three = changed.service("part").steps
    before = study.baseline.service("part").steps
    assert one == before[0]
    assert (two.room, two.slowdown) == (7, before[1].slowdown)
    assert (three.room, three.slowdown) == (before[2].room, before[2].slowdown / 4)


def test_a_design_is_posts_then_rooms_then_speeds(study: Study) -> None:
    problem = problem_of(study)
    assert problem.space.pools == ("room.second", "room.third", "speed.first", "speed.second", "speed.third")
    assert problem.space.size == 3 * 10


def test_every_room_and_speed_touches_the_throughput_for_good_alone(study: Study) -> None:
    problem = problem_of(study)
    assert problem.terms[0][0][0].effects == (1, 1, 1, 1, 1)


def test_words_for_people() -> None:
    pool = Text("First", "一号台")
    assert count_words("room.a", pool, 4) == Text("4 places to wait before First", "一号台候办席位 4 个")
    assert count_words("speed.a", pool, 2) == Text("First 2 times as fast as today", "一号台办理速度为现在的 2 倍")
    assert change_words("room.a", pool, -1) == Text("one place fewer to wait before First", "一号台候办席位减少 1 个")
    assert change_words("a", pool, 2) == Text("2 more at First", "一号台增加 2 人")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("second: 1..3, third", "sekond: 1..3, third", "optimize.room.sekond: there is no po"),
        ("room:  {second: 1..3", "room:  {first: 1..3", "no step at 'first' has limited room"),
        ("room:  {second: 1..3", "room:  {second: 0..3", "room of 'second' begins at 0"),
        ("speed: {first: 1..4", "speed: {first: 0..4", "speed of 'first' begins at 0"),
        ("[room.second, room.third]", "[room.second, room.first]", "there is no pool 'room.first'"),
        ("room:  {second: 1..3, third: 1..3}", "room:  {second: 1..3}", "room of 'third' is not decided"),
        ("exactly: 6", "exactly: 60", "the most posts add up to 12 only"),
        ("three: {at: third,", "three: {at: {together: [third, first]},", "so it has no speed of its own"),
    ],
)
def test_what_is_wrong_is_told_where_it_stands(tmp_path: Path, old: str, new: str, message: str) -> None:
    assert old in LINE
    with pytest.raises(InputError) as caught:
        study_of(tmp_path, LINE.replace(old, new))
    lines = [str(problem) for problem in caught.value.problems]
    assert any(message in line for line in lines), lines
    assert all("line.yaml:" in line for line in lines)


# The best -------------------------------------------------------------------------------------------------------------


def test_the_best_line_is_that_of_enumeration(study: Study) -> None:
    problem = problem_of(study)
    with closing(Simulator(problem, 4, 3, Stopper(), workers=1)) as simulator:
        found = best_of(solver_of(problem, simulator, band=1e-6), 0, Question())
        values = {design: simulator(design).values[0] for design in problem.space.designs()}
    assert len(values) == 30
    assert found.proved
    assert found.incumbent is not None
    assert found.value == values[found.incumbent.design] == max(values.values())
    assert found.search.made < len(values)


def test_the_plan_says_room_and_speed_and_keeps_the_limits(study: Study, plan: Plan, tmp_path: Path) -> None:
    assert plan.feasible
    assert plan.staff == {}
    assert sum(plan.room.values()) == 4
    assert sum(plan.speed.values()) == 6
    assert plan.ranges["speed.first"] == (1, 4)
    data = json.loads(json.dumps(plan.to_json()))
    assert (data["room"], data["speed"]) == (plan.room, plan.speed)
    plan.save(tmp_path)
    kept = load(tmp_path)
    assert (kept.room, kept.speed) == (plan.room, plan.speed)
    scenario = plan_scenario(study, kept)
    assert scenario is not None
    steps = scenario.service("part").steps
    assert [step.room for step in steps[1:]] == [plan.room["second"], plan.room["third"]]
    assert [1 / step.slowdown for step in steps] == list(plan.speed.values())


def test_its_certificate_stands(study: Study, plan: Plan, tmp_path: Path) -> None:
    plan.save(tmp_path)
    assert verify(tmp_path, study, sample=3, workers=1).passed


def test_a_stress_of_such_a_plan_is_refused(study: Study, plan: Plan) -> None:
    with pytest.raises(StoreError, match="room or speed"):
        plan_under(study, plan, "any")
