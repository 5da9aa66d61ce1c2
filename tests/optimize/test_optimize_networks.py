"""The benchmark's random offices, and how it measures what the guard band would have to cover."""

from __future__ import annotations

import pytest

from benchmarks.optimiser.asked import NEAR, answer, just_kept, needed, needed_at
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


def covered_by_a_larger(problem: Problem, design: Design) -> list[Design]:
    """The designs whose cut, if they miss the target, would leave this one out."""
    setting = problem.space.setting_of(design)
    ((term,),) = problem.terms[setting]
    vector = problem.space.vector(design)
    others = [other for other in problem.space.designs() if problem.space.setting_of(other) == setting]
    return [other for other in others if term.covers(problem.space.vector(other), vector[None, :], 1)[0]]


def test_an_office_is_small_enough_and_the_same_each_time(problem: Problem) -> None:
    assert FEWEST <= problem.space.size <= MOST
    assert random_network(3).study.baseline == random_network(3).study.baseline


def test_the_band_needed_is_what_the_larger_design_misses_its_target_by(problem: Problem) -> None:
    (goal,) = problem.goals
    assert needed_at(problem, table(problem, {})) == 0.0
    smallest = min(problem.space.designs(), key=lambda d: (sum(d.staff), d.options))
    flooded = table(problem, {smallest: goal.limit})
    hiding = [one for one in covered_by_a_larger(problem, smallest) if one != smallest]
    assert hiding
    misses = max(goal.excess(flooded[one].values[0]) for one in hiding)
    assert needed_at(problem, flooded) == pytest.approx(misses)
    almost = table(problem, {smallest: 1.01 * goal.limit})
    assert needed_at(problem, almost) == 0.0, "no plan is hidden there"
    assert needed(problem, almost, smallest) > 0.0, "at its own limits one is"


def test_limits_are_those_that_a_design_just_keeps(problem: Problem) -> None:
    plain = table(problem, {})
    best = min(one.values[0] for one in plain.values())
    near = just_kept(problem, plain)
    assert {design for design in plain if plain[design].values[0] <= NEAR * best} == set(near)
    assert 1 < len(near) < len(plain)
    assert needed(problem, plain, near[0]) == 0.0


def test_an_answer_is_held_against_all_designs(problem: Problem) -> None:
    """Where a hidden design is the cheapest, and the band is too narrow to see it, the answer is told to be wrong."""
    (goal,) = problem.goals
    plain = table(problem, {})
    limits = just_kept(problem, plain)[0]
    found = answer(problem, plain, limits)
    assert found.cheapest
    assert found.band == problem.guard_band
    assert 0 < found.simulations < len(plain)
    cheapest = min(problem.space.designs(), key=lambda design: (problem.space.cost(design), design))
    hidden = table(problem, {cheapest: 0.5 * goal.limit})
    assert not answer(problem, hidden, cheapest, band=0.001).cheapest
    assert answer(problem, hidden, cheapest, band=1e6).cheapest
