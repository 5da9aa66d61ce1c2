"""Targets that cannot be met: the smallest set that conflicts, and the nearest that can.

Once a search has proved that no design keeps all conditions (the targets, and the budget where there is one), fewer of
them are asked for, sharing all simulations: sets in the order of their size where there are few conditions, otherwise a
deletion filter (Chinneck and Dravnieks, *ORSA Journal on Computing* 3, 1991), whose set cannot be made smaller but need
not be the smallest. Then it is found how far each limit of the set would have to give way alone, and how far all of
them together.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

from simgov.optimize.goals import Evaluation
from simgov.optimize.objective import Question, best_of, cheapest
from simgov.optimize.search import Incumbent
from simgov.optimize.solver import Solved, Solver

BUDGET = -1
"""The place of the budget among the conditions; those of the targets are 0, 1, ..."""

FIRST_LIMIT = -2
"""The place of the first limit on posts; the next are -3, -4, ..."""

FEW = 6
"""Of so many conditions every set is tried, the smallest first."""

PRECISION = 0.005
FIRST_WIDENING = 0.08
MOST_WIDENING = 64.0


@dataclass(frozen=True)
class Reachable:
    """How far one limit has to give way while all other conditions are kept.

    ``value`` is the best that a design was found to reach there (minor units for the budget), ``bound`` what none is
    better than; ``incumbent`` is None where no design keeps the others (``proved``) or none was found in time.
    """

    place: int
    value: float
    bound: float | None
    proved: bool
    incumbent: Incumbent | None


@dataclass(frozen=True)
class Widening:
    """All limits of the set widened by the same share: enough is ``share``, too little is ``too_little``."""

    share: float
    too_little: float
    incumbent: Incumbent


@dataclass(frozen=True)
class Conflict:
    """``places``: conditions that no design keeps together (BUDGET for the budget, FIRST_LIMIT and below for limits on
    posts; how far these would have to give way is not told, alone or together).

    ``minimal``: each set with one less can be kept; ``smallest``: no set of fewer conditions conflicts.
    """

    places: tuple[int, ...]
    minimal: bool
    smallest: bool
    reachable: tuple[Reachable, ...] = ()
    widening: Widening | None = None


def conflict(solver: Solver, targets: Sequence[int], most_cost: int | None) -> Conflict:
    """Why no design keeps the ``targets`` (places) within ``most_cost``, which a search has proved.

    Where the solver is stopped on the way, what was not found out yet is left out.
    """
    limits = [FIRST_LIMIT - number for number in range(len(solver.space.limits))]
    conditions = [*targets, *([BUDGET] if most_cost is not None else []), *limits]
    found = _smallest(solver, conditions, most_cost) if len(conditions) <= FEW else None
    places, smallest = (found, True) if found is not None else (_filtered(solver, conditions, most_cost), False)
    minimal = smallest or not solver.stopped
    if solver.stopped:
        return Conflict(places, minimal, smallest and found is not None)
    movable = [place for place in places if place > FIRST_LIMIT]
    reachable = tuple(_reachable(solver, place, targets, most_cost) for place in movable if not solver.stopped)
    alike = len(movable) == len(places) and not solver.stopped
    widening = _widening(solver, places, targets, most_cost) if alike else None
    return Conflict(places, minimal, smallest, reachable, widening)


def _together(solver: Solver, places: Sequence[int], most_cost: int | None) -> Solved:
    """Whether some design keeps these conditions."""
    left_out = tuple(place for place in range(len(solver.goals)) if place not in places)
    return solver.solve(
        leave_out=left_out,
        most_cost=most_cost if BUDGET in places else None,
        any_will_do=True,
        without_limits=[n for n in range(len(solver.space.limits)) if FIRST_LIMIT - n not in places],
    )


def _smallest(solver: Solver, conditions: Sequence[int], most_cost: int | None) -> tuple[int, ...] | None:
    """The first conflicting set in the order of size; None where the solver was stopped before."""
    for size in range(1, len(conditions) + 1):
        for places in itertools.combinations(conditions, size):
            solved = _together(solver, places, most_cost)
            if solver.stopped:
                return None
            if not solved.feasible:
                return places
    raise ValueError("some design keeps all conditions")


def _filtered(solver: Solver, conditions: Sequence[int], most_cost: int | None) -> tuple[int, ...]:
    """Conditions left when each has been dropped without which the others still conflict."""
    left = list(conditions)
    for place in conditions:
        fewer = [other for other in left if other != place]
        solved = _together(solver, fewer, most_cost)
        if solver.stopped:
            break
        if not solved.feasible:
            left = fewer
    return tuple(left)


def _reachable(solver: Solver, place: int, targets: Sequence[int], most_cost: int | None) -> Reachable:
    unasked = tuple(other for other in range(len(solver.goals)) if other not in targets)
    if place == BUDGET:
        best = cheapest(solver, Question(leave_out=unasked))
    else:
        best = best_of(solver, place, Question(leave_out=unasked, most_cost=most_cost))
    return Reachable(place, best.value, best.bound, best.proved, best.incumbent)


def _widening(solver: Solver, places: Sequence[int], targets: Sequence[int], most_cost: int | None) -> Widening | None:
    """The smallest share by which all limits of the set give way together, to within half a percent."""
    unasked = tuple(other for other in range(len(solver.goals)) if other not in targets)
    too_little, trial = 0.0, FIRST_WIDENING
    widest: Widening | None = None
    while trial <= MOST_WIDENING and (widest is None or widest.share - too_little > PRECISION):
        limits = {place: _widened(solver, place, trial) for place in places if place != BUDGET}
        budget = math.floor(most_cost * (1.0 + trial)) if most_cost is not None and BUDGET in places else most_cost
        solved = solver.solve(limits=limits, leave_out=unasked, most_cost=budget, any_will_do=True)
        if solver.stopped:
            break
        if solved.incumbent is None:
            too_little = trial
        else:
            widest = Widening(min(trial, _needed(solver, places, solved.incumbent, most_cost)), 0.0, solved.incumbent)
        trial = 2.0 * trial if widest is None else (too_little + widest.share) / 2.0
    return None if widest is None else replace(widest, too_little=too_little)


def _widened(solver: Solver, place: int, share: float) -> float:
    goal = solver.goals[place]
    return goal.limit + (share if goal.at_most else -share) * goal.scale


def _needed(solver: Solver, places: Sequence[int], found: Incumbent, most_cost: int | None) -> float:
    """By how much a design misses the conditions of the set, the worst of them."""
    whole: Evaluation = solver.memory[found.design]
    excess = [solver.goals[place].excess(whole.values[place]) for place in places if place != BUDGET]
    if most_cost is not None and BUDGET in places:
        excess.append(found.total / most_cost - 1.0)
    return max(0.0, *excess)
