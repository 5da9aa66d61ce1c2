"""The smallest conflicting set of conditions and the nearest that can be kept, against enumeration."""

from __future__ import annotations

import itertools
import math

import pytest

from simgov.optimize.conflict import BUDGET, conflict
from simgov.optimize.solver import Solver
from tests.optimize.tandem_oracle import Tandem, generated

LOOSE = 1e4


def row(seed: int, mean: float, p90: float, most: int = 4) -> Tandem:
    """A short row of stations whose limits are those of the instance times these factors."""
    tandem = generated(seed, stations=3, most=most, replications=6, removable=1)
    (_, first), (_, second) = tandem.targets
    tandem.targets = (("mean", first * mean), ("p90", second * p90))
    return tandem


def rows(tandem: Tandem) -> list[tuple[int, tuple[float, ...]]]:
    space = tandem.space()
    return [(space.cost(design), tandem.values(design)) for design in space.designs()]


def keeps(tandem: Tandem, cost: int, values: tuple[float, ...], places: tuple[int, ...], budget: int) -> bool:
    limits = [limit for _, limit in tandem.targets]
    return all(cost <= budget if place == BUDGET else values[place] <= limits[place] for place in places)


def smallest_sets(tandem: Tandem, budget: int) -> list[tuple[int, ...]]:
    designs = rows(tandem)
    for size in (1, 2, 3):
        sets = [
            places
            for places in itertools.combinations((0, 1, BUDGET), size)
            if not any(keeps(tandem, cost, values, places, budget) for cost, values in designs)
        ]
        if sets:
            return sets
    return []


CASES = [(1, 0.1, 1.0, math.inf), (2, 1.1, 0.05, math.inf), (1, 1.0, 5.0, 0.7), (2, 5.0, 1.0, 0.6), (4, 1.1, 1.1, 0.5)]


@pytest.mark.parametrize(("seed", "mean", "p90", "share"), CASES)
def test_the_smallest_set_and_how_far_each_limit_gives_way(seed: int, mean: float, p90: float, share: float) -> None:
    tandem = row(seed, mean, p90)
    designs, limits = rows(tandem), [limit for _, limit in tandem.targets]
    most = max(cost for cost, _ in designs)
    budget = most if math.isinf(share) else round(share * min(c for c, v in designs if v[1] <= limits[1] * 1.4))
    solver: Solver = tandem.solver()
    assert not solver.solve(most_cost=budget).feasible
    found = conflict(solver, (0, 1), budget)
    assert found.minimal
    assert found.smallest
    assert found.places == smallest_sets(tandem, budget)[0]
    for reachable in found.reachable:
        others = tuple(place for place in (0, 1, BUDGET) if place != reachable.place)
        kept = [(cost, values) for cost, values in designs if keeps(tandem, cost, values, others, budget)]
        best = min(
            (cost if reachable.place == BUDGET else values[reachable.place] for cost, values in kept), default=None
        )
        assert reachable.proved
        if best is None:
            assert reachable.incumbent is None
        else:
            assert best <= reachable.value <= best * 1.0101
    needed = [
        max(cost / budget - 1.0 if place == BUDGET else values[place] / limits[place] - 1.0 for place in found.places)
        for cost, values in designs
        if keeps(tandem, cost, values, tuple(p for p in (0, 1, BUDGET) if p not in found.places), budget)
    ]
    if needed:
        assert found.widening is not None
        assert found.widening.too_little <= min(needed) + 1e-9
        assert min(needed) - 1e-9 <= found.widening.share <= min(needed) + 0.02
    assert solver.made < len(designs) / 2


def test_stopped_on_the_way_it_gives_what_is_known() -> None:
    tandem = row(1, 0.5, 1.0)
    solver: Solver = tandem.solver()
    solver.solve()
    needed = solver.made
    solver = tandem.solver(simulations=needed)
    assert solver.solve().proved
    found = conflict(solver, (0, 1), None)
    assert set(found.places) <= {0, 1}
    assert found.widening is None or found.widening.share > 0
