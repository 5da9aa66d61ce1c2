"""What is expected of states that no simulation has seen, and how far a state that is expected to miss a milestone can
be raised so that it still does."""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence

import numpy as np
from scipy.special import ndtr

from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize.frontier import lift
from simgov.optimize.roadmap.knowledge import Knowledge
from simgov.optimize.roadmap.programme import State

Asked = tuple[int, State]
"""A goal, and a state in which it has to be kept."""

CAUTIONS = (0.0, 0.3, 0.8)
ORDERS = 4


class Expectations:
    """Forecasts of states, kept until the next simulation teaches something."""

    def __init__(self, knowledge: Knowledge, seed: int) -> None:
        self._knowledge, self._subjects = knowledge, knowledge.subjects
        self._random = np.random.default_rng([seed, 0x0A])
        self._known: dict[tuple[Hashable, ...], tuple[float, float]] = {}
        self.strain = [0.0] * len(knowledge.programme.goals)

    def forget(self) -> None:
        """Something was learnt."""
        self._known.clear()

    def stress(self, asked: Iterable[Asked]) -> dict[Asked, float]:
        """How far each goal is seen, or forecast, to be missed (0 or less: kept), with what years added so far."""
        asked = list(asked)
        self._forecast([one for one in asked if self._knowledge.seen(*one) is None])
        return {one: self._stress(*one) + self.strain[one[0]] for one in asked}

    def _stress(self, goal: int, state: State) -> float:
        seen = self._knowledge.seen(goal, state)
        if seen is None:
            return self._known[self._subjects.local(goal, state)][0]
        if not seen.kept:
            return 1.0
        return self._knowledge.programme.goals[goal].stress(seen.estimate.value)

    def likely_missed(self, asked: Asked) -> float:
        """How likely a goal is missed by more than the guard band in a state not seen."""
        self._forecast([asked])
        mean, deviation = self._known[self._subjects.local(*asked)]
        return float(ndtr((mean - self._guard(asked[0])) / deviation))

    def _forecast(self, asked: Sequence[Asked]) -> None:
        groups: dict[tuple[int, int], dict[tuple[Hashable, ...], Integers]] = {}
        for goal, state in asked:
            key = self._subjects.local(goal, state)
            if key not in self._known:
                own = groups.setdefault((goal, self._subjects.setting(state)), {})
                own[key] = self._subjects.vector(state)
        for (goal, setting), rows in groups.items():
            forecast = self._subjects.guides[goal].forecast(setting, np.array(list(rows.values())))
            means, deviations = forecast.mean[:, 0], forecast.deviation[:, 0]
            for key, mean, deviation in zip(rows, means, deviations, strict=True):
                self._known[key] = float(mean), float(deviation)

    def _guard(self, goal: int) -> float:
        return self._knowledge.programme.goals[goal].guard(self._knowledge.band)

    def lifted(self, goal: int, state: State, guarded: bool) -> list[tuple[float, State]]:
        """States raised as far as ``goal`` is forecast to be missed in them, with how much each would exclude times how
        likely; ``guarded``: missed by more than the guard band."""
        direction = self._knowledge.programme.goals[goal].direction
        if direction == 0:
            return [(self.likely_missed((goal, state)), state)]
        setting, vector = self._subjects.setting(state), self._subjects.vector(state)
        cautions = CAUTIONS if guarded else CAUTIONS[:1]
        caution = np.repeat(np.array(cautions), ORDERS)
        rows = self._raised(goal, setting, np.repeat(vector[None, :], len(caution), axis=0), caution, guarded)
        rows = np.unique(np.vstack((rows, vector[None, :])), axis=0)
        forecast = self._subjects.guides[goal].forecast(setting, rows)
        guard = self._guard(goal) if guarded else 0.0
        chance = ndtr((forecast.mean[:, 0] - guard) / forecast.deviation[:, 0])
        gain = 1.0 + np.log1p(np.abs(rows - vector)).sum(axis=1)
        return [
            (float(score), self._subjects.state(setting, row)) for score, row in zip(chance * gain, rows, strict=True)
        ]

    def _raised(self, goal: int, setting: int, rows: Integers, caution: Floats, guarded: bool) -> Integers:
        subjects, programme = self._subjects, self._knowledge.programme
        direction = programme.goals[goal].direction
        branch = subjects.settings[setting][0]
        low, high = subjects.bounds()
        guard = self._guard(goal) if guarded else 0.0
        space = subjects.problem(branch).space

        def turned(vectors: Integers) -> Integers:
            return vectors if direction > 0 else low + high - vectors

        def infeasible(vectors: Integers, cautions: Floats) -> Booleans:
            forecast = subjects.guides[goal].forecast(setting, turned(vectors))
            margin = forecast.mean[:, 0] - guard - cautions * forecast.deviation[:, 0]
            return np.asarray((margin > 0.0) & space.allowed(0, turned(vectors)))

        free = np.flatnonzero(np.array(subjects.term(goal, branch).effects) == 1)
        orders = self._random.permuted(np.tile(free, (len(rows), 1)), axis=1)
        return turned(lift(turned(rows), high, orders, infeasible, caution))
