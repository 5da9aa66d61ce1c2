"""From a study to a space: exact costs, options and settings, and goals that depend on their own part of the office."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgov.experiment import estimate
from simgov.kpi import plan_cost
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.problem import Problem, build, parts
from simgov.optimize.schema import Decisions
from simgov.optimize.space import Design
from simgov.study import Study, load

HERE = Path(__file__).parent
SCENARIOS = HERE.parents[1] / "scenarios"
FILES = [HERE / "files" / "office.yaml", *(SCENARIOS / f"{n}/scenario.yaml" for n in ("tandem", "district_hall"))]


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


def some(problem: Problem, count: int) -> Iterator[Design]:
    """Random designs of every setting."""
    random = np.random.default_rng(3)
    for number in range(count):
        setting = number % len(problem.space.settings)
        low, high = problem.space.lowest(setting), problem.space.highest(setting)
        yield problem.space.design(setting, random.integers(low, high + 1))


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.parent.name)
def test_the_space_costs_what_the_scenario_costs(path: Path) -> None:
    problem = problem_of(load(path))
    for design in some(problem, 40):
        scenario = problem.scenario(design)
        assert problem.space.cost(design) == plan_cost(scenario)
        setting = problem.space.setting_of(design)
        row = problem.space.vector(design)[None, :]
        assert problem.space.costs(setting, row).tolist() == [problem.space.cost(design)]
        assert problem.space.design(setting, row[0]) == design


def test_options_settings_and_pools_that_a_reform_does_away_with() -> None:
    problem = problem_of(load(FILES[0]))
    space = problem.space
    assert [(o.name, o.kind, o.monotone) for o in space.options] == [
        ("one_desk", "reform", False),
        ("lean", "reform", True),
        ("permit.review.copy", "removal", True),
    ]
    assert [setting.taken for setting in space.settings] == [(False, False, False), (True, False, False)]
    assert [setting.high for setting in space.settings] == [(4, 4, 2), (4, 4, 0)]
    assert space.size == 4 * 3 * 2 * 4 + 4 * 3 * 4
    pooled = problem.scenario(Design((3, 2, 0), (True, True, False)))
    assert [pool.id for pool in pooled.pools] == ["counter", "review", "seal"]
    assert pooled.service("permit").step("recheck").removed
    assert [pool.count for pool in pooled.pools] == [3, 2, 1]
    assert [setting.low for setting in space.settings] == [(1, 2, 1), (1, 2, 0)]


def test_a_measure_shared_by_two_options_is_applied_and_paid_once() -> None:
    study = load(FILES[0])
    both = replace(
        study.reforms["one_desk"],
        name="both",
        measures=(*study.reforms["one_desk"].measures, *study.reforms["lean"].measures),
    )
    decisions = Decisions(staff={"review": (2, 3)}, reforms=("both", "lean"))
    problem = build(study.baseline, {**study.reforms, "both": both}, study.targets, decisions)
    shared, alone = Design((2,), (True, True)), Design((2,), (True, False))
    assert problem.scenario(shared) == problem.scenario(alone)
    assert problem.space.cost(shared) == problem.space.cost(alone) == plan_cost(problem.scenario(shared))


def test_goals_depend_on_their_part_of_the_office() -> None:
    problem = problem_of(load(FILES[0]))
    apart, together = problem.terms
    # Coordinates: counter, review, desk, lean, permit.review.copy.
    assert [term.effects for term in apart[0]] == [(1, 1, 0, 1, 1)]
    hall = [(1, 0, 0, 1, 1), (0, 0, 1, 0, 0)]
    assert [[term.effects for term in goal] for goal in apart[1:]] == [hall, hall]
    assert [len(goal) for goal in together] == [1, 1, 1]
    assert [part.pools for part in parts(problem.baseline)] == [("counter", "review", "seal"), ("desk",)]
    keys = [term.key for goal in apart + together for term in goal]
    assert len(set(keys)) == len(keys)


def test_what_happens_in_one_part_is_the_same_bits_whatever_the_other_has() -> None:
    study = load(FILES[0])
    problem = problem_of(study)
    simulator = Simulator(problem, 6, 5, Stopper(), 1)
    one = simulator(Design((2, 3, 1), (False, False, False)))
    other = simulator(Design((2, 3, 2), (False, False, False)))
    simulator.close()
    assert one.values[0] == other.values[0]
    for goal in (1, 2):
        assert one.tallies[goal][0] == other.tallies[goal][0]
        assert one.tallies[goal][1] != other.tallies[goal][1]


@pytest.mark.parametrize("design", [Design((2, 2, 1), (False, True, False)), Design((3, 2, 0), (True, False, True))])
def test_an_evaluation_is_the_experiments_estimate_and_its_tallies_add_up(design: Design) -> None:
    study = load(FILES[0])
    problem = problem_of(study)
    simulator = Simulator(problem, 12, 5, Stopper(), 2)
    evaluation = simulator(design)
    fresh = simulator.evaluate(design, 1)
    simulator.close()
    kpis = [target.kpi for target in study.targets]
    whole = estimate(problem.scenario(design), kpis, 12, 5)
    assert evaluation.values == tuple(whole[kpi].value for kpi in kpis)
    assert evaluation.half_widths == tuple(whole[kpi].half_width for kpi in kpis)
    later = estimate(problem.scenario(design), kpis, 12, 5, first_replication=12)
    assert fresh.values == tuple(later[kpi].value for kpi in kpis)
    for goal, target in enumerate(study.targets):
        assert evaluation.kept[goal] == target.met(whole[target.kpi]) == (evaluation.slack(goal) >= 0)
    if len(evaluation.tallies[1]) > 1:
        mean = study.targets[1].limit - evaluation.slack(1) / 12
        assert mean == pytest.approx(whole["hall.wait.mean"].value, rel=1e-12)


def test_a_kpi_of_a_pool_that_is_gone_asks_nothing() -> None:
    study = load(FILES[0])
    desk = replace(study.targets[0], kpi="desk.utilisation", at_most=0.0, unit="share")
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, (desk,), study.decisions)
    simulator = Simulator(problem, 2, 5, Stopper(), 1)
    gone, there = (
        simulator(Design((3, 2, 0), (True, False, False))),
        simulator(Design((3, 2, 1), (False, False, False))),
    )
    simulator.close()
    assert (gone.kept, there.kept) == ((True,), (False,))
