"""Designs next to a plan: one post more or less in a pool, or on a pattern of a roster."""

from __future__ import annotations

from collections.abc import Iterator

from simgov.optimize.problem import Problem
from simgov.optimize.space import Design


def neighbouring(problem: Problem, plan: Design) -> Iterator[tuple[str, int, Design]]:
    """Each with the pool (``pool.pattern`` for a roster) and the change, as far as the bounds allow, in their order."""
    space = problem.space
    setting = space.setting_of(plan)
    choice = space.choice(setting, space.vector(plan))
    if choice is None:
        choice = space.vector(plan)
    patterns = [f"{roster.pool}.{pattern.id}" for roster in problem.rosters for pattern in roster.patterns]
    for place, name in enumerate([*(space.pools[column] for column in space.plain), *patterns]):
        for change in (-1, 1):
            moved = choice.copy()
            moved[place] += change
            vector = space.laid_out(moved[None, :])[0]
            bounds = space.fewest(setting)[place] <= moved[place] <= space.most(setting)[place]
            if bounds and (space.lowest(setting) <= vector).all() and (vector <= space.highest(setting)).all():
                yield name, change, space.design(setting, vector)
