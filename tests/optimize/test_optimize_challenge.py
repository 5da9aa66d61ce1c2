"""Proofs that are challenged: a planted exception to the rule is found, and the plan becomes right."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace
from pathlib import Path

import numpy as np
import pytest

from simgov.optimize import optimize
from simgov.optimize.certify import certificate, uncovered
from simgov.optimize.challenge import MOST, withstands
from simgov.optimize.goals import Evaluation, Goal, Term, ValueTally
from simgov.optimize.search import Search
from simgov.optimize.space import Design, Setting, Space
from simgov.optimize.violation import NEAR, Comparison
from simgov.study import load

LIMIT = 10.0
PRICES = (5, 7, 4)
MOST_POSTS = 5
GOAL = Goal("kpi", LIMIT, True)


def space() -> Space:
    costs = tuple(tuple(price * n for n in range(MOST_POSTS + 1)) for price in PRICES)
    return Space(("a", "b", "c"), (), (Setting((), (0, 0, 0), (MOST_POSTS,) * 3, 0, costs),))


def evaluation(value: float, lower_bound: bool = False) -> Evaluation:
    tallies = ((ValueTally(GOAL, value, lower_bound),),)
    return Evaluation((value,), (0.0,), (lower_bound,), (value <= LIMIT and not lower_bound,), tallies)


@dataclass
class Planted:
    """An office whose one KPI falls with every post, but for designs ``planted`` in the midst of what is infeasible."""

    planted: dict[Design, float] = field(default_factory=dict)
    asked: list[Design] = field(default_factory=list)
    switches: int = 0

    def smooth(self, staff: tuple[int, ...]) -> float:
        return sum(weight / (1 + n) for weight, n in zip((12.0, 9.0, 10.0), staff, strict=True)) + 1.0

    def value(self, design: Design) -> float:
        return self.planted.get(design, self.smooth(design.staff))

    def stresses(self, setting: int, vectors: np.ndarray, goals: object) -> np.ndarray:
        return np.array([[math.log(self.smooth(tuple(row)) / LIMIT)] for row in vectors]).reshape(-1, 1)

    def features(self, setting: int, vectors: np.ndarray) -> np.ndarray:
        return vectors.astype(float)

    def term_levels(self, setting: int, goal: int, term: int, vectors: np.ndarray) -> np.ndarray:
        raise NotImplementedError

    def evaluate(self, design: Design) -> Evaluation:
        self.asked.append(design)
        return evaluation(self.value(design))

    def search(self) -> Search:
        return Search(space(), (GOAL,), [[[Term((1, 1, 1), 0)]]], self.evaluate, self)

    def truth(self) -> tuple[int, Design]:
        return min((space().cost(d), d) for d in space().designs() if self.value(d) <= LIMIT)


def found(search: Search) -> tuple[int, Design]:
    assert search.proved
    assert search.incumbent is not None
    return search.incumbent.total, search.incumbent.design


def challenged(search: Search) -> int:
    """Search and challenge until a proof stands; how often it did not."""
    search.run()
    fell = 0
    while not withstands(search):
        search.run()
        fell += 1
    return fell


def test_an_honest_proof_stands_after_a_few_challenges() -> None:
    office = Planted()
    search = office.search()
    assert challenged(search) == 0
    assert found(search) == office.truth()
    assert search.challenges == len(office.asked) - search.made
    assert 2 <= search.challenges <= MOST + 3
    assert len(set(office.asked)) == len(office.asked), "nothing is simulated twice"
    total, plan = found(search)
    assert all((space().cost(d), d) < (total, plan) for d in office.asked[search.made :])


@pytest.mark.parametrize("pool", [0, 1, 2])
@pytest.mark.parametrize("value", [9.8, 4.0])
def test_a_design_that_a_cut_hid_is_found_and_the_plan_is_right(pool: int, value: float) -> None:
    """One post less than the plan keeps the target, though a design with more of everything misses it by far."""
    first = Planted().search()
    first.run()
    _, plan = found(first)
    hidden = replace(plan, staff=tuple(n - (place == pool) for place, n in enumerate(plan.staff)))
    office = Planted({hidden: value})
    search = office.search()
    search.run()
    if hidden in search.ledger.evaluations:
        pytest.skip("the search came by it")
    assert found(search) != office.truth(), "the cuts alone are wrong"
    band = search.ledger.band
    while not withstands(search):
        search.run()
    assert found(search) == office.truth() == (space().cost(hidden), hidden)
    assert search.overturned >= 1
    assert search.ledger.band > band
    evidence = certificate(
        space(), (GOAL,), (((Term((1, 1, 1), 0),),),), search.ledger, hidden, {"total": space().cost(hidden)}
    )
    assert uncovered(evidence) == [], "and the new proof leaves nothing out"


def test_at_most_one_planted_case_was_found_by_the_search_itself() -> None:
    first = Planted().search()
    first.run()
    _, plan = found(first)
    seen = [
        replace(plan, staff=tuple(n - (place == pool) for place, n in enumerate(plan.staff)))
        in first.ledger.evaluations
        for pool in range(3)
    ]
    assert sum(seen) <= 1


def test_challenges_are_the_same_each_time() -> None:
    one, two = Planted(), Planted()
    challenged(one.search())
    challenged(two.search())
    assert one.asked == two.asked


# What counts as a violation -------------------------------------------------------------------------------------------


def worst(less: float, more: float, lower_bound: bool = False) -> float:
    """Of a design with one post in each pool and one with two."""
    comparison = Comparison(space(), (GOAL,), [[[Term((1, 1, 1), 0)]]], ())
    small, large = Design((1, 1, 1), ()), Design((2, 2, 2), ())
    forth = comparison.worst(small, evaluation(less, lower_bound), large, evaluation(more))
    assert comparison.worst(large, evaluation(more), small, evaluation(less, lower_bound)) == forth
    return forth


@pytest.mark.parametrize(
    ("less", "more", "expected"),
    [
        (9.0, 8.0, 0.0),  # as it should be
        (10.0, 10.7, 0.07),  # at the limit: the band that a cut at the larger would have needed
        (10.5, 10.7, 0.02),  # near it
        (9.5, 10.2, 0.07),
        (2.0, 10.7, 0.07),  # far within the limit: what the larger misses it by
        (2.0, 6.0, 0.0),  # no cut follows from either
        (60.0, 90.0, 0.0),  # far beyond: no plan is hidden there
        (LIMIT * (1.0 + NEAR) + 0.1, 90.0, 0.0),
    ],
)
def test_a_pair_counts_by_what_the_larger_misses_limits_by_that_the_smaller_keeps(
    less: float, more: float, expected: float
) -> None:
    assert worst(less, more) == pytest.approx(expected, abs=1e-12)


def test_a_lower_bound_keeps_no_limit() -> None:
    assert worst(9.9, 10.7, lower_bound=True) == 0.0


def test_a_smaller_design_that_misses_another_target_hides_no_plan() -> None:
    other = Goal("other", 1.0, True)
    comparison = Comparison(space(), (GOAL, other), [[[Term((1, 1, 1), 0)], [Term((1, 1, 1), 1)]]], ())

    def both(value: float, second: float) -> Evaluation:
        tallies = ((ValueTally(GOAL, value),), (ValueTally(other, second),))
        return Evaluation((value, second), (0.0,) * 2, (False,) * 2, (value <= LIMIT, second <= 1.0), tallies)

    small, large = Design((1, 1, 1), ()), Design((2, 2, 2), ())
    assert comparison.worst(small, both(9.0, 3.0), large, both(20.0, 0.5)) == 0.0
    assert comparison.worst(small, both(9.0, 0.9), large, both(20.0, 0.5)) == pytest.approx(1.1)


# In a plan ------------------------------------------------------------------------------------------------------------


def test_a_plan_says_how_often_it_was_challenged() -> None:
    study = load(Path(__file__).parents[2] / "scenarios" / "tandem" / "scenario.yaml")
    plan = optimize(study, replications=20)
    assert plan.proof == "guarded"
    assert plan.challenges >= 2
    assert plan.challenges <= MOST + 4
    assert plan.overturned <= plan.challenges
    assert type(plan).from_json(plan.to_json()) == replace(plan, evidence={})
    assert len(plan.evidence["simulated"]) == plan.simulations + plan.challenges
