"""Who works which pattern: the posts that make the rows of a design, by a small integer programme."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from simgov.optimize.solving import solved

if TYPE_CHECKING:
    from simgov.optimize.space import Limit, Roster


def posts_on_patterns(
    rosters: Sequence[Roster], limits: Sequence[Limit], staff: Sequence[int]
) -> tuple[tuple[int, ...], ...] | None:
    """For each roster the posts on each pattern that make the rows of ``staff``, its columns, within the limits.

    The fewest posts in all, and of these the lexicographically smallest; None where there are none.
    """
    from ortools.sat.python import cp_model

    model = cp_model.CpModel()
    posts: list[list[Any]] = []
    for roster in rosters:
        there = any(staff[column] for column in roster.columns)
        own = [
            model.new_int_var(low if there else 0, high if there else 0, "posts")
            for low, high in zip(roster.low, roster.high, strict=True)
        ]
        for row, column in enumerate(roster.columns):
            model.add(sum(n for n, covers in zip(own, roster.covers, strict=True) if covers[row]) == staff[column])
        posts.append(own)
    for limit in limits:
        used = limit.used(staff, [0] * len(rosters)) + sum(
            weight * sum(own) for weight, own in zip(limit.of_rosters, posts, strict=True)
        )
        if limit.least is not None:
            model.add(used >= limit.least)
        if limit.most is not None:
            model.add(used <= limit.most)
    every = [n for own in posts for n in own]
    for aim in [sum(every), *every]:
        model.minimize(aim)
        solver = solved(model)
        if solver is None:
            return None
        model.add(aim == round(solver.objective_value))
        found = tuple(tuple(int(solver.value(n)) for n in own) for own in posts)
    return found
