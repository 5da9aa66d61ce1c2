"""The best KPI under a budget and objectives one after the other, against enumeration."""

from __future__ import annotations

import pytest

from simgov.optimize.objective import Objective, Question, best_of, one_after_the_other
from simgov.optimize.solver import Solver
from simgov.optimize.space import Design
from tests.optimize.tandem_oracle import Tandem, generated

MEAN, P90 = 0, 1


def row(seed: int, most: int = 5) -> Tandem:
    return generated(seed, stations=3, most=most, replications=6, removable=1)


def every(tandem: Tandem) -> list[tuple[int, Design, tuple[float, ...]]]:
    space = tandem.space()
    return [(space.cost(design), design, tandem.values(design)) for design in space.designs()]


def middle_budget(designs: list[tuple[int, Design, tuple[float, ...]]], limit: float) -> int:
    """Some way above the cheapest design that keeps the P90."""
    costs = sorted(cost for cost, _, values in designs if values[P90] <= limit)
    return costs[len(costs) // 3]


@pytest.mark.parametrize("seed", range(5))
def test_the_best_mean_within_a_budget_is_within_the_band_of_the_truth(seed: int) -> None:
    tandem = row(seed)
    designs, limit = every(tandem), tandem.targets[P90][1]
    budget = middle_budget(designs, limit)
    truth = min(values[MEAN] for cost, _, values in designs if cost <= budget and values[P90] <= limit)
    solver = tandem.solver()
    best = best_of(solver, MEAN, Question(most_cost=budget))
    assert best.proved
    assert best.incumbent is not None
    assert best.incumbent.total <= budget
    assert tandem.values(best.incumbent.design) == (best.value, pytest.approx(best.incumbent.evaluation.values[P90]))
    assert best.bound is not None
    assert best.bound <= truth <= best.value
    assert best.bound == pytest.approx(best.value, rel=2 * solver.band)
    assert solver.made < len(designs) / 10


def test_a_budget_that_is_too_small_has_no_best_and_says_so() -> None:
    tandem = row(2)
    designs, limit = every(tandem), tandem.targets[P90][1]
    least = min(cost for cost, _, values in designs if values[P90] <= limit)
    best = best_of(tandem.solver(), MEAN, Question(most_cost=least - 1))
    assert (best.incumbent, best.proved, best.bound) == (None, True, None)


def test_without_a_budget_the_best_is_that_of_all_posts() -> None:
    tandem = row(1)
    best = best_of(tandem.solver(), MEAN, Question())
    assert best.proved
    truth = min(values[MEAN] for _, _, values in every(tandem))
    assert best.value <= truth * 1.01


@pytest.mark.parametrize("seed", range(3))
def test_the_cheapest_of_the_best_and_the_best_of_the_cheapest(seed: int) -> None:
    tandem = row(seed)
    designs, limit = every(tandem), tandem.targets[P90][1]
    budget = middle_budget(designs, limit)
    solver = tandem.solver()
    question = Question(most_cost=budget)
    mean, cost = one_after_the_other(solver, [Objective(MEAN, within=0.02), Objective(None)], question)
    kept = [one for one in designs if one[0] <= budget and one[2][P90] <= limit]
    assert cost.incumbent is not None
    assert cost.value == min(one[0] for one in kept if one[2][MEAN] <= mean.value * 1.02)
    assert mean.incumbent is not None
    assert cost.value <= mean.incumbent.total
    first, second = one_after_the_other(solver, [Objective(None), Objective(MEAN)], question)
    assert first.value == min(one[0] for one in kept)
    assert second.incumbent is not None
    assert second.incumbent.total == first.value
    truth = min(one[2][MEAN] for one in kept if one[0] <= first.value)
    assert truth <= second.value <= truth * 1.0101


def test_a_search_that_is_stopped_gives_the_best_so_far() -> None:
    tandem = row(3)
    budget = middle_budget(every(tandem), tandem.targets[P90][1])
    full: Solver = tandem.solver()
    best_of(full, MEAN, Question(most_cost=budget))
    solver: Solver = tandem.solver(simulations=max(1, full.made - 1))
    best = best_of(solver, MEAN, Question(most_cost=budget))
    assert (best.proved, best.bound, solver.stopped) == (False, None, True)


def test_a_design_given_up_is_never_the_answer() -> None:
    tandem = row(4)
    budget = middle_budget(every(tandem), tandem.targets[P90][1])
    solver = tandem.solver()
    first = best_of(solver, MEAN, Question(most_cost=budget))
    assert first.incumbent is not None
    solver.reject(first.incumbent.design)
    second = best_of(solver, MEAN, Question(most_cost=budget))
    assert second.incumbent is not None
    assert second.incumbent.design != first.incumbent.design
    assert second.value >= first.value
