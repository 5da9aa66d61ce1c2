"""Benchmarking (标杆管理): the gap to a leader, and which reform of the study closes most of it."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from simgov.experiment.runs import ScenarioRuns
from simgov.judging.schema import Benchmark
from simgov.judging.table import lower_is_better
from simgov.judging.values import Value, combined, holm, known_value, one_sided_p
from simgov.kpi.statistics import Estimate


@dataclass(frozen=True)
class Gap:
    """One KPI against the leader's value.

    ``gap`` is own less leader's; ``behind`` says that it is for the worse. ``closed`` is the share of it that each
    reform closes (1 reaches the leader), empty where there is nothing to close. ``best`` closes most; ``ties`` cannot
    be told from it.
    """

    kpi: str
    unit: str
    own: Estimate
    leader: float
    gap: Estimate
    behind: bool
    closed: dict[str, Estimate]
    best: str | None = None
    ties: tuple[str, ...] = ()


def gaps(
    baseline: ScenarioRuns, reforms: Sequence[ScenarioRuns], benchmark: Benchmark, confidence: float
) -> tuple[Gap, ...]:
    """The gap of each KPI of the benchmark that the run has."""
    found = []
    for kpi, leader in benchmark.values.items():
        own = known_value(baseline, kpi)
        if own is not None:
            found.append(_gap(kpi, benchmark.units[kpi], leader, own, reforms, confidence))
    return tuple(found)


def _gap(kpi: str, unit: str, leader: float, own: Value, reforms: Sequence[ScenarioRuns], confidence: float) -> Gap:
    lower = lower_is_better(kpi) is not False
    behind = own.value > leader if lower else own.value < leader
    shown = combined(lambda value: value - leader, own, lower_bound=own.lower_bound).estimate(confidence)
    if not behind:
        return Gap(kpi, unit, own.estimate(confidence), leader, shown, False, {})
    known = {reform.label: value for reform in reforms if (value := known_value(reform, kpi)) is not None}
    closed = {
        label: combined(
            lambda before, after: share_closed(before, after, leader),
            own,
            value,
            lower_bound=own.lower_bound or value.lower_bound,
        )
        for label, value in known.items()
    }
    # Of an overloaded reform only a lower bound is known: it may look quick just because its slow cases are not over.
    known = {label: value for label, value in known.items() if not (lower and value.lower_bound)}
    best = max(known, key=lambda label: closed[label].value, default=None)
    shares = {label: share.estimate(confidence) for label, share in closed.items()}
    if best is None or not closed[best].value > 0:
        return Gap(kpi, unit, own.estimate(confidence), leader, shown, True, shares)
    ties = not_told_from(best, known, lower, confidence)
    return Gap(kpi, unit, own.estimate(confidence), leader, shown, True, shares, best, ties)


def share_closed(before: float, after: float, leader: float) -> float:
    """(before - after) / (before - leader): 1 where ``after`` reaches the leader, below 0 where it moves away."""
    return (before - after) / (before - leader) if before != leader else math.nan


def not_told_from(best: str, values: dict[str, Value], lower: bool, confidence: float) -> tuple[str, ...]:
    """The others whose paired difference to ``best`` may be nothing, by Holm's method over all of them."""
    others = [label for label in values if label != best]
    worse = [
        combined(lambda one, top: (one - top) if lower else (top - one), values[label], values[best])
        for label in others
    ]
    p_values = np.array([one_sided_p(one.value, one.error, one.freedom) for one in worse], np.float64)
    rejected = holm(p_values, 1.0 - confidence)
    return tuple(label for label, surely_worse in zip(others, rejected, strict=True) if not surely_worse)
