"""Milestones that cannot be kept: the smallest set of rules that conflict, and the nearest that can be kept.

A deletion filter: each rule is left away in turn, and left away for good where what remains cannot be kept even so.
What remains conflicts, and nothing of it may be left away. (The solver's own list of assumptions is not used: it is not
smallest.) For each rule of the set the nearest that goes with the others is looked for.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Protocol

from simgov.kpi.targets import Target
from simgov.optimize.roadmap.master import Rule, rules_of
from simgov.optimize.roadmap.programme import Programme
from simgov.optimize.roadmap.schema import Milestone, Roadmap
from simgov.optimize.roadmap.search import Incumbent, Search

STEPS = (1.02, 1.05, 1.1, 1.2, 1.35, 1.5, 1.75, 2.0, 3.0, 5.0)


@dataclass(frozen=True)
class Nearest:
    """What goes with the other rules of a conflict instead of ``rule``.

    ``quarter`` is a milestone's date, ``value`` its limit, in the KPI's unit, ``amount`` a budget in minor units or how
    many at once. None where nothing was found.
    """

    rule: Rule
    quarter: int | None = None
    value: float | None = None
    amount: int | None = None


@dataclass(frozen=True)
class Conflict:
    """Rules that cannot all be kept; ``smallest`` unless the search was stopped on the way."""

    rules: tuple[Rule, ...]
    smallest: bool
    nearest: tuple[Nearest, ...] = ()


class Searching(Protocol):
    """Starts a search of a roadmap without some rules: for any schedule, or for the ``cheapest_year``."""

    def __call__(
        self, roadmap: Roadmap, without: frozenset[Rule], *, cheapest_year: int | None = None, years: bool = False
    ) -> Search:
        """``years``: only schedules whose years keep the milestones count."""
        ...


def conflict(programme: Programme, searching: Searching, settle: Callable[[Search], bool]) -> Conflict:
    """Why no schedule keeps every rule. ``settle`` runs a search to any answer and says whether it was not stopped."""
    roadmap = programme.roadmap
    without: frozenset[Rule] = frozenset()
    kept: list[Rule] = []
    for rule in rules_of(programme):
        search = searching(roadmap, without | {rule})
        if not settle(search):
            return Conflict(tuple(r for r in rules_of(programme) if r not in without), False)
        if search.incumbent is None:
            without |= {rule}
        else:
            kept.append(rule)
    nearest = tuple(
        found for rule in kept if (found := _nearest(programme, rule, without, searching, settle)) is not None
    )
    return Conflict(tuple(kept), True, nearest)


def _nearest(
    programme: Programme,
    rule: Rule,
    without: frozenset[Rule],
    searching: Searching,
    settle: Callable[[Search], bool],
) -> Nearest | None:
    """What goes with all other rules; where another conflict remains, with the others of this one."""
    roadmap = programme.roadmap
    alone = searching(roadmap, frozenset({rule}))
    if settle(alone) and alone.incumbent is not None:
        without = frozenset()

    def first(roadmaps: Iterator[Roadmap]) -> tuple[int, Search, Incumbent] | None:
        for place, trial in enumerate(roadmaps):
            search = searching(trial, without, years=True)
            if not settle(search):
                return None
            if search.incumbent is not None:
                return place, search, search.incumbent
        return None

    if rule.kind == "milestone":
        milestone = roadmap.milestones[rule.place]
        later = list(range(milestone.by + 1, roadmap.quarters))
        date = first(_with_milestone(roadmap, rule.place, replace(milestone, by=quarter)) for quarter in later)
        looser = [_looser(milestone.target, step) for step in STEPS]
        limit = first(_with_milestone(roadmap, rule.place, replace(milestone, target=target)) for target in looser)
        quarter = None if date is None else later[date[0]]
        value = None if limit is None else _reached(limit[1], limit[2], rule.place)
        return Nearest(rule, quarter=quarter, value=value)
    if rule.kind == "budget":
        search = searching(roadmap, without | {rule}, cheapest_year=rule.place)
        if settle(search) and search.incumbent is not None:
            least, year = search.incumbent.cost, roadmap.years[rule.place]
            amounts = [least, *(math.ceil(least * step) for step in STEPS)]
            enough = first(replace(roadmap, budgets={**roadmap.budgets, year: amount}) for amount in amounts)
            return Nearest(rule, amount=None if enough is None else amounts[enough[0]])
    if rule.kind == "at_once" and roadmap.at_once is not None:
        more = range(roadmap.at_once + 1, len(roadmap.measures) + 1)
        found = first(replace(roadmap, at_once=count) for count in more)
        return Nearest(rule, amount=None if found is None else more[found[0]])
    if rule.kind == "most_change" and roadmap.most_change is not None:
        wider = range(roadmap.most_change + 1, max((high for _, high in roadmap.staff.values()), default=0) + 1)
        found = first(replace(roadmap, most_change=count) for count in wider)
        return Nearest(rule, amount=None if found is None else wider[found[0]])
    return Nearest(rule)


def _with_milestone(roadmap: Roadmap, place: int, milestone: Milestone) -> Roadmap:
    milestones = list(roadmap.milestones)
    milestones[place] = milestone
    return replace(roadmap, milestones=tuple(milestones))


def _looser(target: Target, step: float) -> Target:
    """A target whose limit is further away by that factor (for at least: what is missing to 1 for shares)."""
    if target.at_most is not None:
        return replace(target, at_most=target.at_most * step)
    assert target.at_least is not None
    if target.unit == "share":
        return replace(target, at_least=max(0.0, 1.0 - (1.0 - target.at_least) * step))
    return replace(target, at_least=target.at_least / step)


def _reached(search: Search, found: Incumbent, goal: int) -> float | None:
    """The worst value of a goal in the states of a schedule."""
    values = [
        seen.estimate.value
        for one, state in search.asked(found.schedule)
        if one == goal and (seen := search.knowledge.seen(one, state)) is not None
    ]
    at_most = search.programme.goals[goal].at_most
    return (max(values) if at_most else min(values)) if values else None
