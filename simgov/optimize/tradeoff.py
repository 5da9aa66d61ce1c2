"""The frontier of cost against one target, or two: the cheapest design at each of several limits.

All limits share their simulations. They are taken from loose to tight: the cheapest design at one limit that keeps the
next one too is the cheapest there as well, and where no design keeps a limit, none keeps a tighter one.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from simgov.optimize.search import Incumbent
from simgov.optimize.solver import Solver


@dataclass(frozen=True)
class Point:
    """The cheapest design at ``limits`` (one for each target varied). ``bound``: nothing costs less, in minor units.

    ``incumbent`` is None where no design keeps the limits (``proved``) or none was found in time. ``made`` simulations
    were new here.
    """

    limits: tuple[float, ...]
    incumbent: Incumbent | None
    proved: bool
    bound: int | None
    made: int


def trade_off(
    solver: Solver,
    places: Sequence[int],
    limits: Sequence[Sequence[float]],
    most_cost: int | None = None,
    done: Callable[[Point], None] | None = None,
) -> list[Point]:
    """The frontier over all combinations of the ``limits`` of the goals at ``places``, from loose to tight.

    ``done`` is told of each point. Ends early, with the points so far, where the solver is stopped.
    """
    points: list[Point] = []
    for combination in _from_loose_to_tight(solver, places, limits):
        point = _inherited(solver, places, combination, points) or _solved(solver, places, combination, most_cost)
        points.append(point)
        if done is not None:
            done(point)
        if solver.stopped:
            break
    return points


def _from_loose_to_tight(
    solver: Solver, places: Sequence[int], limits: Sequence[Sequence[float]]
) -> Iterator[tuple[float, ...]]:
    ordered = [sorted(set(own), reverse=solver.goals[place].at_most) for place, own in zip(places, limits, strict=True)]
    return itertools.product(*ordered)


def _solved(solver: Solver, places: Sequence[int], limits: tuple[float, ...], most_cost: int | None) -> Point:
    solved = solver.solve(limits=dict(zip(places, limits, strict=True)), most_cost=most_cost)
    return Point(limits, solved.incumbent, solved.proved, solved.bound, solved.made)


def _inherited(
    solver: Solver, places: Sequence[int], limits: tuple[float, ...], points: Sequence[Point]
) -> Point | None:
    """What a looser point says of these limits: nothing is left, or its design is still the cheapest."""
    for point in reversed(points):
        if not point.proved or not _looser(solver, places, point.limits, limits):
            continue
        if point.incumbent is None:
            return Point(limits, None, True, None, 0)
        whole = solver.memory[point.incumbent.design]
        asked = [solver.goals[place].at(limit) for place, limit in zip(places, limits, strict=True)]
        if all(
            whole.judged((place,), (goal,), solver.goals).feasible for place, goal in zip(places, asked, strict=True)
        ):
            return Point(limits, point.incumbent, True, point.bound, 0)
    return None


def _looser(solver: Solver, places: Sequence[int], loose: Sequence[float], tight: Sequence[float]) -> bool:
    """Whether each limit of ``loose`` asks no more than that of ``tight``."""
    return all(
        a >= b if solver.goals[place].at_most else a <= b for place, a, b in zip(places, loose, tight, strict=True)
    )


@dataclass(frozen=True)
class Plateau:
    """Limits in a row, from loose to tight, at which the same design is the cheapest."""

    loosest: float
    tightest: float
    incumbent: Incumbent


def plateaus(points: Sequence[Point]) -> list[Plateau]:
    """The stretches of a frontier of one target over which nothing changes: two limits or more."""
    found: list[Plateau] = []
    for design, group in itertools.groupby(points, key=lambda p: None if p.incumbent is None else p.incumbent.design):
        own = list(group)
        if design is not None and len(own) > 1 and own[0].incumbent is not None:
            found.append(Plateau(own[0].limits[0], own[-1].limits[0], own[0].incumbent))
    return found
