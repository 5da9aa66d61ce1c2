"""``compare``: how each scenario differs from the baseline, replication by replication.

Replication k of two scenarios has the same applicants with the same work, so the noise they share cancels: a reform
that changes nothing gives a difference of exactly 0.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from simgov.experiment.runs import Runs, ScenarioRuns
from simgov.kpi.statistics import Estimate, jackknife_half_width, mean_estimate
from simgov.scenario.value import Scenario

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True, eq=False)
class Comparison:
    """Differences to ``baseline``.

    ``differences``: a row per other scenario and KPI: scenario, baseline, kpi, unit, mean (scenario less baseline),
    half_width, confidence, lower_bound (whether either side is only a lower bound, so that the difference says little).
    """

    baseline: str
    differences: pandas.DataFrame


def compare(runs: Runs, baseline: Scenario | str | None = None) -> Comparison:
    """Differences of all other scenarios of ``runs`` to ``baseline`` (the first unless said), paired by replication.

    A mean is compared by the t interval of its paired differences; a pooled quantile by the jackknife that leaves the
    same replications out of both. ValueError where ``runs`` has no such baseline.
    """
    import pandas as pd

    label = baseline.label if isinstance(baseline, Scenario) else baseline or runs.scenarios[0]
    if label not in runs.scenarios:
        raise ValueError(f"there is no scenario {label!r} in this run; it has {', '.join(runs.scenarios)}")
    before = runs.result(label)
    rows = []
    for after in runs.results:
        if after.label == label:
            continue
        for column in after.columns:
            if column.name in before.place:
                moved = difference(before, after, column.name, runs.confidence)
                rows.append(
                    (
                        after.label, label, column.name, column.unit, moved.value, moved.half_width, runs.confidence,
                        moved.lower_bound,
                    )
                )  # fmt: skip
    columns = ["scenario", "baseline", "kpi", "unit", "mean", "half_width", "confidence", "lower_bound"]
    return Comparison(label, pd.DataFrame(rows, columns=columns))


def difference(before: ScenarioRuns, after: ScenarioRuns, kpi: str, confidence: float) -> Estimate:
    """``after`` less ``before`` for one KPI, from the replications that both have."""
    k, b = after.place[kpi], before.place[kpi]
    common, rows, base_rows = np.intersect1d(after.replications, before.replications, return_indices=True)
    bounds = after.lower_bound[rows, k] | before.lower_bound[base_rows, b]
    if not after.columns[k].quantile:
        return mean_estimate(after.values[rows, k] - before.values[base_rows, b], bounds, confidence)
    if kpi not in after.pooled or kpi not in before.pooled:
        return Estimate(math.nan)
    one, other = after.pooled[kpi], before.pooled[kpi]
    paired = len(common) == len(after.replications) == len(before.replications)
    half_width = jackknife_half_width(one.without - other.without, confidence) if paired else math.nan
    return Estimate(one.value - other.value, half_width, one.lower_bound or other.lower_bound)


def joined(runs: Mapping[str, Runs]) -> Runs:
    """Several runs as one, to compare what was simulated apart; each is known by its name.

    Where two runs hold the same scenario with the same results it is kept once; other labels that occur twice get the
    run's name in front. ValueError unless all have the same seed, since nothing pairs them otherwise.
    """
    every = list(runs.values())
    if not every:
        raise ValueError("there is no run to compare")
    if len({one.seed for one in every}) > 1:
        seeds = ", ".join(f"{name} {one.seed}" for name, one in runs.items())
        raise ValueError(f"runs with different seeds cannot be paired ({seeds}); run them with one --seed")
    labels = [label for one in every for label in one.scenarios]
    results: list[ScenarioRuns] = []
    for name, one in runs.items():
        for result in one.results:
            if any(_same(result, kept) for kept in results):
                continue
            twice = labels.count(result.label) > 1 and any(kept.label == result.label for kept in results)
            results.append(replace(result, label=f"{name}/{result.label}") if twice else result)
    first = every[0]
    return replace(
        first,
        results=tuple(results),
        planned=max(one.planned for one in every),
        interrupted=any(one.interrupted for one in every),
        failures=tuple(failure for one in every for failure in one.failures),
        warnings=tuple(dict.fromkeys(warning for one in every for warning in one.warnings)),
    )


def _same(one: ScenarioRuns, other: ScenarioRuns) -> bool:
    return (
        one.scenario_hash == other.scenario_hash
        and one.label == other.label
        and one.columns == other.columns
        and np.array_equal(one.replications, other.replications)
        and np.array_equal(one.values, other.values, equal_nan=True)
    )
