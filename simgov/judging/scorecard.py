"""The balanced scorecard (平衡计分卡): points of each KPI, of each dimension, of results and process, and in all."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from simgov.experiment.runs import ScenarioRuns
from simgov.judging.schema import Scale, Scorecard
from simgov.judging.table import DIMENSIONS, HALF_OF, Dimension, Half, lower_is_better, stands_for
from simgov.judging.values import Value, combined, known_value
from simgov.kpi.statistics import Estimate


@dataclass(frozen=True)
class Scored:
    """One KPI (or recorded figure) with its points; ``at_most`` says that the points are an upper bound."""

    scale: Scale
    dimension: Dimension
    value: Estimate
    points: Estimate
    at_most: bool = False


@dataclass(frozen=True)
class Card:
    """The scorecard of one scenario. ``dimensions`` and ``halves`` have the points of those that have any.

    ``weights`` are those of the dimensions in the total, which they make up; ``missing`` are scales without a value,
    ``empty`` dimensions that have a weight and nothing to score.
    """

    scenario: str
    scored: tuple[Scored, ...]
    dimensions: Mapping[Dimension, Estimate]
    halves: Mapping[Half, Estimate]
    total: Estimate
    weights: Mapping[Dimension, float]
    missing: tuple[str, ...] = ()
    empty: tuple[Dimension, ...] = ()


def points(value: float, full: float, none: float) -> float:
    """0 to 100, linear from ``none`` (0) to ``full`` (100); nan of nan."""
    if full == none:
        # A limit of 0, from which no percentages can be reckoned: kept or not.
        return math.nan if math.isnan(value) else 100.0 if value <= full else 0.0
    return min(1.0, max(0.0, (value - none) / (full - none))) * 100.0 if not math.isnan(value) else math.nan


def card(result: ScenarioRuns, scorecard: Scorecard, scales: Sequence[Scale], confidence: float) -> Card:
    """The scorecard of one scenario by these scales; every figure with its jackknife interval."""
    scored: list[Scored] = []
    parts: dict[Dimension, list[tuple[float, Value]]] = {}
    missing = []
    for scale in scales:
        value = _value(result, scale)
        if value is None:
            missing.append(scale.kpi)
            continue
        dimension = scale.dimension or stands_for(scale.kpi)[1]
        own = combined(lambda x, scale=scale: points(x, scale.full, scale.none), value)
        lower = scale.full < scale.none if scale.full != scale.none else lower_is_better(scale.kpi) is not False
        scored.append(
            Scored(scale, dimension, value.estimate(confidence), own.estimate(confidence), value.lower_bound and lower)
        )
        if scale.weight > 0:
            parts.setdefault(dimension, []).append((scale.weight, own))
    of_dimension = {d: _weighted(parts[d]) for d in DIMENSIONS if d in parts}
    weights = dimension_weights(scorecard, of_dimension)
    of_half: dict[Half, Value] = {}
    for half in ("results", "process"):
        own_parts = [(weights[d], of_dimension[d]) for d in of_dimension if HALF_OF[d] == half and weights[d] > 0]
        if own_parts:
            of_half[half] = _weighted(own_parts)
    rest = [(weights[d], of_dimension[d]) for d in of_dimension if weights[d] > 0]
    return Card(
        result.label,
        tuple(scored),
        {d: value.estimate(confidence) for d, value in of_dimension.items()},
        {half: value.estimate(confidence) for half, value in of_half.items()},
        _weighted(rest).estimate(confidence) if rest else Estimate(math.nan),
        weights,
        tuple(missing),
        tuple(d for d in DIMENSIONS if d not in of_dimension and scorecard.dimensions[d] > 0),
    )


def dimension_weights(scorecard: Scorecard, present: Mapping[Dimension, object]) -> dict[Dimension, float]:
    """The weight of each dimension in the total, adding up to 1 over those ``present`` that have any.

    What a missing dimension would weigh goes to the rest of its half, what a missing half would, to the other.
    """
    whole: dict[Half, float] = {"results": scorecard.results, "process": 1.0 - scorecard.results}
    weights = dict.fromkeys(DIMENSIONS, 0.0)
    for half, weight in whole.items():
        own = {d: scorecard.dimensions[d] for d in DIMENSIONS if HALF_OF[d] == half and d in present}
        total = math.fsum(own.values())
        weights.update({d: weight * each / total for d, each in own.items() if total > 0})
    total = math.fsum(weights.values())
    return {d: weight / total if total > 0 else 0.0 for d, weight in weights.items()}


def _value(result: ScenarioRuns, scale: Scale) -> Value | None:
    """The simulated value, or the recorded one, which is the same whatever is left out."""
    if scale.value is None:
        return known_value(result, scale.kpi)
    count = max((len(pooled.without) for pooled in result.pooled.values()), default=0)
    size = count or len(_any_mean(result))
    return Value(scale.value, np.full(size, scale.value))


def _any_mean(result: ScenarioRuns) -> Sequence[float]:
    """A vector as long as the jackknife has groups."""
    from simgov.kpi.statistics import group_count

    return [0.0] * group_count(len(result.replications))


def _weighted(parts: Sequence[tuple[float, Value]]) -> Value:
    total = math.fsum(weight for weight, _ in parts)

    def mean(*values: float) -> float:
        return math.fsum(weight * value for (weight, _), value in zip(parts, values, strict=True)) / total

    return combined(mean, *(value for _, value in parts))
