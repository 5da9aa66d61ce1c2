"""A forecast of what a simulation would say: a queueing approximation, corrected by the simulations made so far.

The correction is Gaussian process regression of the approximation's error (Rasmussen and Williams, *Gaussian Processes
for Machine Learning*, 2006, ch. 2): an error common to all designs plus one that neighbouring designs share. A wrong
forecast costs simulations and never makes a wrong plan, because only simulated designs are believed.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np

from simgov.arrays import Booleans, Floats, Integers

COMMON_VARIANCE = 0.3**2
LOCAL_VARIANCE = 0.05**2
SWITCH_VARIANCE = 0.06**2
SWITCH_LENGTH = 2.0
NOISE_VARIANCE = 0.007**2
SCALES = (0.5, 1.0, 2.0, 4.0, 8.0)
"""How many times more than usual an approximation may err; the errors seen tell which."""

FEW_ERRORS = 4
LARGEST_ERROR = 1.5


class Approximation(Protocol):
    """What queueing theory says about designs of one setting, given as rows of their vectors."""

    def stresses(self, setting: int, vectors: Integers, goals: Sequence[int]) -> Floats:
        """Float64[designs, goals]: the ``Goal.stress`` to expect of these goals."""
        ...

    def features(self, setting: int, vectors: Integers) -> Floats:
        """Float64[designs, features]: coordinates in which designs that lie together err alike, by about 1.

        The last ``switches`` of them are 0 or 1, and each may have an error of its own.
        """
        ...

    @property
    def switches(self) -> int:
        """How many of the features are switches."""
        ...

    def term_levels(self, setting: int, goal: int, term: int, vectors: Integers) -> Floats:
        """Float64[designs]: the level (mean, or share above the limit) of one term of a goal of several."""
        ...


class Correction:
    """The error of one forecast figure: what was seen minus what was approximated."""

    def __init__(self, features: int, switches: int) -> None:
        self._points, self._errors = np.empty((0, features)), np.empty(0)
        self._switches = switches
        self._scale = 1.0
        self._solved: tuple[Floats, Floats] | None = None

    def learn(self, point: Floats, error: float) -> None:
        """One more error, at ``point`` in the space of features."""
        if math.isfinite(error):
            self._points = np.vstack((self._points, point))
            self._errors = np.append(self._errors, np.clip(error, -LARGEST_ERROR, LARGEST_ERROR))
            self._solved = None

    def predict(self, points: Floats) -> tuple[Floats, Floats]:
        """Mean and standard deviation of the error at each row of ``points``."""
        if not len(self._errors):
            return np.zeros(len(points)), np.sqrt(self._prior(points))
        if self._solved is None:
            self._solved = self._solve()
        inverse, weights = self._solved
        across = self._covariance(points, self._points, self._scale)
        variance = self._prior(points) - ((across @ inverse) * across).sum(axis=1)
        return across @ weights, np.sqrt(np.maximum(variance, NOISE_VARIANCE))

    def _solve(self) -> tuple[Floats, Floats]:
        """The inverse covariance of the errors seen and the weights that follow, at the likeliest scale."""
        if len(self._errors) >= FEW_ERRORS:
            self._scale = max(SCALES, key=self._likelihood)
        inverse: Floats = np.asarray(np.linalg.inv(self._seen(self._scale)), np.float64)
        return inverse, inverse @ self._errors

    def _seen(self, scale: float) -> Floats:
        return self._covariance(self._points, self._points, scale) + NOISE_VARIANCE * np.eye(len(self._errors))

    def _likelihood(self, scale: float) -> float:
        """Logarithm of the density of the errors seen, less a constant."""
        covariance = self._seen(scale)
        explained = float(self._errors @ np.linalg.solve(covariance, self._errors))
        return -0.5 * (explained + float(np.linalg.slogdet(covariance)[1]))

    def _prior(self, points: Floats) -> Floats:
        switched = (points[:, points.shape[1] - self._switches :] ** 2).sum(axis=1)
        return np.asarray(COMMON_VARIANCE + self._scale**2 * (LOCAL_VARIANCE + SWITCH_VARIANCE * switched))

    def _covariance(self, first: Floats, second: Floats, size: float) -> Floats:
        """An error of all designs, one of each switch, and one that designs near each other share."""
        split = first.shape[1] - self._switches
        common = COMMON_VARIANCE + size**2 * SWITCH_VARIANCE * first[:, split:] @ second[:, split:].T
        scale = np.ones(first.shape[1])
        scale[split:] = 1.0 / SWITCH_LENGTH
        a, b = first * scale, second * scale
        squares = (a**2).sum(axis=1)[:, None] + (b**2).sum(axis=1)[None, :] - 2.0 * a @ b.T
        return np.asarray(common + size**2 * LOCAL_VARIANCE * np.exp(-0.5 * np.maximum(squares, 0.0)))


@dataclass(frozen=True)
class Forecast:
    """``mean`` and ``deviation`` float64[designs, goals] of the stress to expect."""

    mean: Floats
    deviation: Floats

    def worst(self, caution: float) -> Floats:
        """Float64[designs]: the largest stress over the goals, each lowered by ``caution`` standard deviations."""
        if not self.mean.shape[1]:
            return np.full(len(self.mean), -np.inf)
        return np.asarray((self.mean - caution * self.deviation).max(axis=1))


class Guide:
    """Forecasts for every design, better with each one simulated."""

    def __init__(
        self, approximation: Approximation, goals: int, features: Mapping[int, Booleans] | None = None
    ) -> None:
        """``features``: of each goal, which of the features it can err in; all where that is not given."""
        self._approximation = approximation
        self._features = features or {}
        self._goals = goals
        self._corrections: dict[object, Correction] = {}

    def forecast(self, setting: int, vectors: Integers, only: Sequence[int] | None = None) -> Forecast:
        """The stress of every goal (or of ``only`` some) for rows of vectors of one setting."""
        goals = range(self._goals) if only is None else only
        raw = self._approximation.stresses(setting, vectors, goals)
        points = self._approximation.features(setting, vectors)
        errors = [self._correction(goal, points).predict(self._own(goal, points)) for goal in goals]
        means = [raw[:, place] + error[0] for place, error in enumerate(errors)]
        shape = (len(vectors), 0)
        return Forecast(
            np.column_stack(means) if means else np.empty(shape),
            np.column_stack([error[1] for error in errors]) if errors else np.empty(shape),
        )

    def term_level(self, setting: int, goal: int, term: int, vectors: Integers) -> Floats:
        """The level to expect of one term of a goal of several."""
        raw = self._approximation.term_levels(setting, goal, term, vectors)
        points = self._approximation.features(setting, vectors)
        return raw * np.exp(self._correction((goal, term), points).predict(points)[0])

    def learn(self, setting: int, vectors: Integers, goals: Sequence[int], stresses: Floats) -> None:
        """Simulations of designs of one setting (rows) found ``stresses``, float64[designs, goals]; nan is unknown."""
        points = self._approximation.features(setting, vectors)
        errors = stresses - self._approximation.stresses(setting, vectors, goals)
        for column, goal in enumerate(goals):
            correction = self._correction(goal, points)
            for point, error in zip(self._own(goal, points), errors[:, column], strict=True):
                correction.learn(point, float(error))

    def learn_level(self, setting: int, vector: Integers, goal: int, term: int, level: float) -> None:
        """A simulation found this level of a term."""
        row = vector[None, :]
        point = self._approximation.features(setting, row)
        raw = float(self._approximation.term_levels(setting, goal, term, row)[0])
        if level > 0 and raw > 0:
            self._correction((goal, term), point).learn(point, math.log(level / raw))

    def _correction(self, of: object, points: Floats) -> Correction:
        if of not in self._corrections:
            switches = self._approximation.switches
            is_switch = np.arange(points.shape[1]) >= points.shape[1] - switches
            own, of_them = self._own(of, points[:1]).shape[1], int(self._own(of, is_switch[None, :]).sum())
            self._corrections[of] = Correction(own, of_them)
        return self._corrections[of]

    def _own(self, of: object, points: Any) -> Any:
        """The features in which a figure can err."""
        mask = self._features.get(of) if isinstance(of, int) else None
        return points if mask is None or len(mask) != points.shape[1] else points[:, mask]
