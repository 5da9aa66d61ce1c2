"""What an enumerated office answers at other limits: the cheapest plan that a search proves, and the truth.

Any design's figures may be taken for the limits of the targets, so that this design just keeps them. The search is then
given the enumerated figures in the place of simulations, and its plan held against the cheapest of all designs.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Booleans, Floats
from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.challenge import withstands
from simgov.optimize.goals import Evaluation
from simgov.optimize.problem import Problem
from simgov.optimize.search import Search
from simgov.optimize.space import Design

NEAR = 2.0
"""Limits are looked at up to so many times the best that any design does."""


@dataclass(frozen=True)
class Answer:
    """A proved plan: its simulations, its guard band in the end, and whether nothing cheaper keeps the limits."""

    simulations: int
    band: float
    cheapest: bool


def just_kept(problem: Problem, table: Mapping[Design, Evaluation]) -> list[Design]:
    """The designs whose figures may be taken for limits: all known, none more than ``NEAR`` times the best."""
    values = np.array([evaluation.values for evaluation in table.values()])
    bounds = np.array([evaluation.lower_bounds for evaluation in table.values()])
    best = np.nanmin(values, axis=0)
    near = (values <= NEAR * best).all(axis=1) & ~bounds.any(axis=1)
    return [design for design, taken in zip(table, near, strict=True) if taken]


def answer(problem: Problem, table: Mapping[Design, Evaluation], limits: Design, band: float | None = None) -> Answer:
    """The plan that a search proves at the limits which this design just keeps."""
    asked = _at(problem, table, limits)
    places = range(len(problem.goals))
    judged = {design: one.judged(places, asked.goals, problem.goals) for design, one in table.items()}
    approximation = ScenarioApproximation(
        asked.space, asked.goals, asked.terms, asked.equipped, asked.term_services, asked.rosters, asked.demands
    )
    first = asked.guard_band if band is None else band
    search = Search(asked.space, asked.goals, asked.terms, judged.__getitem__, approximation, band=first)
    search.run()
    while not withstands(search):
        search.run()
    costs = [asked.space.cost(design) + one.extra_cost for design, one in judged.items() if one.feasible]
    found = search.incumbent
    return Answer(search.made, search.ledger.band, found is not None and found.total == min(costs))


def _at(problem: Problem, table: Mapping[Design, Evaluation], limits: Design) -> Problem:
    values = table[limits].values
    return problem.at(tuple(range(len(values))), dict(enumerate(values)))


def needed(problem: Problem, table: Mapping[Design, Evaluation], limits: Design) -> float:
    """The band needed at the limits which a design just keeps."""
    return needed_at(_at(problem, table, limits), table)


def needed_at(asked: Problem, table: Mapping[Design, Evaluation]) -> float:
    """The band needed at the limits of a problem.

    That is what a design misses a target by, where one with no more of anything that the target depends on keeps all.
    """
    worst = 0.0
    for setting in range(len(asked.space.settings)):
        designs = [design for design in table if asked.space.setting_of(design) == setting]
        vectors = np.array([asked.space.vector(design) for design in designs])
        kept, excess = _judged([table[design] for design in designs], asked)
        for goal, (term,) in enumerate(asked.terms[setting]):
            for row in np.flatnonzero(kept.all(axis=1)):
                hiding = term.covers(vectors[row], vectors, -1) & ~kept[:, goal]
                worst = max(worst, float(excess[hiding, goal].max(initial=0.0)))
    return worst


def _judged(evaluations: Sequence[Evaluation], asked: Problem) -> tuple[Booleans, Floats]:
    """Bool[designs, goals], which limits are kept, and float64 of the same shape, how far each is missed."""
    kept = np.empty((len(evaluations), len(asked.goals)), np.bool_)
    excess = np.empty(kept.shape)
    for row, one in enumerate(evaluations):
        for place, goal in enumerate(asked.goals):
            kept[row, place] = goal.keeps(one.values[place], one.lower_bounds[place])
            unknown = one.lower_bounds[place] or math.isnan(one.values[place])
            excess[row, place] = math.inf if unknown else goal.excess(one.values[place])
    return kept, excess
