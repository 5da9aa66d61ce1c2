"""The frontier of cost against limits, each point against enumeration."""

from __future__ import annotations

import pytest

from simgov.optimize.tradeoff import Plateau, Point, plateaus, trade_off
from tests.optimize.tandem_oracle import Tandem, generated

MEAN, P90 = 0, 1
FACTORS = (0.8, 0.9, 0.95, 1.0, 1.1, 1.3)


def row(seed: int) -> Tandem:
    return generated(seed, stations=3, most=5, replications=6, removable=1)


def cheapest(tandem: Tandem, mean: float, p90: float) -> tuple[int, object] | None:
    space = tandem.space()
    kept = []
    for design in space.designs():
        values = tandem.values(design)
        if values[MEAN] <= mean and values[P90] <= p90:
            kept.append((space.cost(design), design))
    return min(kept, default=None)


@pytest.mark.parametrize("seed", range(3))
def test_each_point_costs_what_enumeration_finds(seed: int) -> None:
    tandem = row(seed)
    limits = [tandem.targets[MEAN][1] * factor for factor in FACTORS]
    solver = tandem.solver()
    points = trade_off(solver, (MEAN,), (limits,))
    assert [point.limits[0] for point in points] == sorted(limits, reverse=True)
    assert all(point.proved for point in points)
    for point in points:
        found = None if point.incumbent is None else (point.incumbent.total, point.incumbent.design)
        assert found == cheapest(tandem, point.limits[0], tandem.targets[P90][1])
    assert sum(point.made for point in points) == solver.made
    costs = [point.incumbent.total for point in points if point.incumbent is not None]
    assert costs == sorted(costs)


def test_two_targets_make_a_grid() -> None:
    tandem = row(1)
    means = [tandem.targets[MEAN][1] * factor for factor in (0.9, 1.1)]
    p90s = [tandem.targets[P90][1] * factor for factor in (0.85, 1.0)]
    points = trade_off(tandem.solver(), (MEAN, P90), (means, p90s))
    assert len(points) == 4
    for point in points:
        found = None if point.incumbent is None else (point.incumbent.total, point.incumbent.design)
        assert found == cheapest(tandem, *point.limits)


def test_a_plateau_is_named_by_its_ends_and_costs_no_simulation() -> None:
    tandem = row(2)
    limit = tandem.targets[MEAN][1]
    told: list[Point] = []
    points = trade_off(tandem.solver(), (MEAN,), ([limit * 5, limit * 4, limit * 3],), done=told.append)
    assert told == points
    assert [point.made for point in points[1:]] == [0, 0]
    assert points[0].incumbent is not None
    assert plateaus(points) == [Plateau(limit * 5, limit * 3, points[0].incumbent)]


def test_no_design_at_one_limit_is_none_at_a_tighter_one() -> None:
    tandem = row(0)
    points = trade_off(tandem.solver(), (MEAN,), ([1.0, 0.5, 0.1],))
    assert [(point.incumbent, point.proved) for point in points] == [(None, True)] * 3
    assert [point.made for point in points[1:]] == [0, 0]
    assert plateaus(points) == []


def test_a_budget_of_simulations_keeps_the_points_that_are_done() -> None:
    tandem = row(1)
    limits = [tandem.targets[MEAN][1] * factor for factor in FACTORS]
    full = trade_off(tandem.solver(), (MEAN,), (limits,))
    needed = full[0].made
    points = trade_off(tandem.solver(simulations=needed), (MEAN,), (limits,))
    assert points[0] == full[0] or points[0].incumbent == full[0].incumbent
    assert points[0].proved
    assert not points[-1].proved
