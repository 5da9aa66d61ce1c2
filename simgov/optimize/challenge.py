"""A proof put to the test by those who made it: designs that cuts left out unseen are simulated all the same.

Chosen are the plan with one post less in each pool, and then the cheaper designs that the forecast finds most likely to
keep the targets. One that does, or that is so much better than a larger one that the guard band was too narrow,
widens the band; the cuts are made anew and the search goes on.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.frontier import Frontier
from simgov.optimize.goals import AdditiveTally, added_up
from simgov.optimize.search import Search
from simgov.optimize.space import Design

LEAST, MOST, SHARE = 2, 12, 0.1
"""So many likely designs are simulated: a share of the search's simulations, at least and at most."""

MOST_NEIGHBOURS = 10
LARGEST_LIST = 20_000
MOST_SETTINGS = 64
SUM_DEVIATION = 0.1
"""How far, relative to what is allowed, the forecast of a sum of several terms may be off."""


def withstands(search: Search) -> bool:
    """Whether the proof of a search stands when it is challenged. Raises what ``evaluate`` raises."""
    for design in _one_less(search):
        if not search.challenge(design):
            return False
    candidates = _Candidates(search)
    for _ in range(max(LEAST, min(MOST, round(SHARE * search.made)))):
        likely = candidates.likeliest()
        if likely is None:
            return True
        if not search.challenge(likely):
            return False
    return True


def _one_less(search: Search) -> Iterator[Design]:
    """The plan with one post less in a pool, where nobody has seen that."""
    if search.incumbent is None:
        return
    plan, space = search.incumbent.design, search.space
    low = space.settings[space.setting_of(plan)].low
    for pool in range(min(len(space.pools), MOST_NEIGHBOURS)):
        if plan.staff[pool] > low[pool]:
            design = replace(plan, staff=(*plan.staff[:pool], plan.staff[pool] - 1, *plan.staff[pool + 1 :]))
            if design not in search.ledger.evaluations:
                yield design


def _settings(search: Search) -> list[int]:
    """The settings whose designs are looked at: where there are many, those simulated most often."""
    every = range(len(search.space.settings))
    if len(every) <= MOST_SETTINGS:
        return list(every)
    simulated = Counter(search.space.setting_of(design) for design in search.ledger.evaluations)
    return sorted(setting for setting, _ in simulated.most_common(MOST_SETTINGS))


class _Candidates:
    """Designs that would be chosen before the plan, had a cut not left them out.

    Those with as much as that cost allows, and those just inside a cut.
    """

    def __init__(self, search: Search) -> None:
        self._search = search
        several = added_up(search.terms)
        self._single = [goal for goal in range(len(search.goals)) if goal not in several]
        self._several = sorted(several)
        settings = _settings(search)
        held = [self._held(setting) for setting in range(len(search.space.settings))]
        rival = None if search.most_cost is None else (search.most_cost + 1, Design((), ()))
        if search.incumbent is not None:
            rival = (search.incumbent.total, search.incumbent.design)
        frontier = Frontier(
            search.space, rival, lambda _, rows: np.ones(len(rows), np.bool_), held, search.seed, settings
        )
        for cut in search.ledger.cuts:
            if cut.kind == "box" and cut.setting in settings:
                frontier.add(cut.setting, frontier.below(cut.setting, search.space.vector(cut.design)))
        self._rows = {setting: frontier.rows(setting)[:LARGEST_LIST] for setting in settings}

    def likeliest(self) -> Design | None:
        """The design most likely to keep every target of those that nobody has seen; None where there is none."""
        best: tuple[float, Design] | None = None
        for setting, rows in self._rows.items():
            if not len(rows):
                continue
            misses = self._misses(setting, rows)
            for row in np.argsort(misses, kind="stable"):
                design = self._search.space.design(setting, rows[row])
                if design in self._search.ledger.evaluations:
                    continue
                if math.isfinite(misses[row]) and (best is None or (float(misses[row]), design) < best):
                    best = float(misses[row]), design
                break
        return None if best is None else best[1]

    def _misses(self, setting: int, rows: Integers) -> Floats:
        """How sure the forecast is, in standard deviations, that each design misses the target it does worst at."""
        misses = np.full(len(rows), -math.inf if self._several else math.inf)
        if self._single:
            forecast = self._search.guide.forecast(setting, rows, self._single)
            misses = (forecast.mean / forecast.deviation).max(axis=1)
        for goal in self._several:
            misses = np.maximum(misses, self._missing_sum(setting, goal, rows))
        return misses

    def _missing_sum(self, setting: int, goal: int, rows: Integers) -> Floats:
        """The same for a goal of several terms; inf where nothing is known of its terms in this setting."""
        known = [
            evaluation.tallies[goal]
            for design, evaluation in self._search.ledger.evaluations.items()
            if self._search.space.setting_of(design) == setting
        ]
        if not known:
            return np.full(len(rows), math.inf)
        lacking, allowed = np.zeros(len(rows)), 0.0
        for term, tally in enumerate(known[0]):
            assert isinstance(tally, AdditiveTally)
            level = self._search.guide.term_level(setting, goal, term, rows)
            lacking += (level - tally.allowance) * tally.weight
            allowed += tally.allowance * tally.weight
        return np.asarray(lacking / max(allowed, 1e-9) / SUM_DEVIATION)

    def _held(self, setting: int) -> Booleans:
        held = [term.held for goal in self._search.terms[setting] for term in goal]
        return np.any(held, axis=0) if held else np.zeros(self._search.space.dimensions, np.bool_)
