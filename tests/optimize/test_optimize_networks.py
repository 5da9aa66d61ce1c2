"""The benchmark's random offices, and how it measures what the guard band would have to cover."""

from __future__ import annotations

import pytest

from benchmarks.optimiser.networks import _needed, _rise, largest
from benchmarks.optimiser.random_networks import FEWEST, MOST, random_network
from simgov.optimize.goals import Evaluation, ValueTally
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design


@pytest.fixture(scope="module")
def problem() -> Problem:
    study = random_network(3).study
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


def table(problem: Problem, planted: dict[Design, float]) -> dict[Design, Evaluation]:
    """One target, whose figure falls with every post and is half its limit with the most, but for what is planted."""
    (goal,) = problem.goals
    designs = list(problem.space.designs())
    most = max(sum(d.staff) + sum(d.options) for d in designs)
    found = {}
    for design in designs:
        value = planted.get(design, goal.limit * (0.5 + 0.1 * (most - sum(design.staff) - sum(design.options))))
        tallies = ((ValueTally(goal, value),),)
        found[design] = Evaluation((value,), (0.0,), (False,), (value <= goal.limit,), tallies)
    return found


def test_an_office_is_small_enough_and_the_same_each_time(problem: Problem) -> None:
    assert FEWEST <= problem.space.size <= MOST
    assert random_network(3).study.baseline == random_network(3).study.baseline


def test_the_band_needed_is_what_the_larger_design_misses_its_target_by(problem: Problem) -> None:
    (goal,) = problem.goals
    assert largest(problem, table(problem, {}), _needed) == 0.0
    assert largest(problem, table(problem, {}), _rise) <= 0.0
    smallest = min(problem.space.designs(), key=lambda d: (sum(d.staff), d.options))
    flooded = table(problem, {smallest: goal.limit})
    misses = max(goal.excess(one.values[0]) for design, one in flooded.items() if design != smallest)
    assert largest(problem, flooded, _needed) == pytest.approx(misses)
    almost = table(problem, {smallest: 1.01 * goal.limit})
    assert largest(problem, almost, _needed) == 0.0, "no plan is hidden there"
    assert largest(problem, almost, _rise) > 0.5
