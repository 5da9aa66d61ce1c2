"""What replications gave: every KPI of every replication, pooled quantiles, and what went wrong.

``Runs`` is a value. Its tables are in the order of scenarios, replications and KPIs, whatever order the work was done
in, so that the same seed gives the same bytes for any number of workers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.errors import ReplicationError
from simgov.kpi.statistics import Estimate, Pooled, controlled_estimate, mean_estimate

if TYPE_CHECKING:
    import pandas


@dataclass(frozen=True)
class Column:
    """One KPI of a scenario: its name, its unit, whether it is a quantile (and so pooled over replications), and which
    controls may explain it."""

    name: str
    unit: str
    quantile: bool = False
    controls: tuple[int, ...] = ()


@dataclass(frozen=True)
class Failure:
    """A replication that could not be run."""

    scenario: str
    replication: int
    message: str

    def __str__(self) -> str:
        return f"{self.scenario}, replication {self.replication}: {self.message}"


@dataclass(frozen=True, eq=False)
class ScenarioRuns:
    """One scenario's results: R finished replications, K KPIs.

    ``replications`` int[R] ascending; ``values`` float64[R, K], nan where undefined; ``lower_bound`` bool[R, K];
    ``pooled`` by KPI name for the quantiles. ``controls`` float64[R, P] where control variates were asked for.
    """

    label: str
    columns: tuple[Column, ...]
    replications: Integers
    values: Floats
    lower_bound: Booleans
    pooled: Mapping[str, Pooled]
    scenario_hash: str = ""
    names: Mapping[str, str] = field(default_factory=dict)
    controls: Floats | None = None

    @cached_property
    def place(self) -> Mapping[str, int]:
        """The column of each KPI."""
        return {column.name: k for k, column in enumerate(self.columns)}

    def estimate(self, kpi: str, confidence: float) -> Estimate:
        """The KPI over all replications: a mean with its t interval, or a pooled quantile with its jackknife one.

        A run that was cut short before its quantiles were pooled has none: then the estimate is undefined.
        """
        k = self.place[kpi]
        if not self.columns[k].quantile:
            return self._mean(k, confidence)
        pooled = self.pooled.get(kpi)
        return Estimate(float("nan")) if pooled is None else pooled.estimate(confidence)

    def variance_ratio(self, kpi: str) -> float:
        """The variance of the estimate with control variates over that without: 0.25 halves the interval.

        1 where there are no controls; nan where either has no variance.
        """
        k = self.place[kpi]
        plain = mean_estimate(self.values[:, k], self.lower_bound[:, k], 0.5).half_width
        return (self._mean(k, 0.5).half_width / plain) ** 2 if plain > 0.0 else float("nan")

    def _mean(self, k: int, confidence: float) -> Estimate:
        values, bounds, behind = self.values[:, k], self.lower_bound[:, k], list(self.columns[k].controls)
        if self.controls is None or not behind:
            return mean_estimate(values, bounds, confidence)
        return controlled_estimate(values, bounds, self.controls[:, behind], confidence)


@dataclass(frozen=True, eq=False)
class Runs:
    """All scenarios of one run, paired by replication.

    ``planned`` is the number of replications asked for, ``interrupted`` says that fewer were finished because of
    Ctrl-C, a stop or the time limit. ``warnings`` are what looked odd before the run (pools that cannot keep up).
    """

    results: tuple[ScenarioRuns, ...]
    seed: int
    planned: int
    engine: str
    confidence: float
    interrupted: bool = False
    failures: tuple[Failure, ...] = ()
    warnings: tuple[str, ...] = ()
    settings: Mapping[str, Any] = field(default_factory=dict)

    @property
    def scenarios(self) -> tuple[str, ...]:
        """The labels: ``baseline`` and the reforms' names."""
        return tuple(result.label for result in self.results)

    @property
    def replications(self) -> int:
        """Replications that were finished by every scenario."""
        return min((len(result.replications) for result in self.results), default=0)

    def result(self, label: str) -> ScenarioRuns:
        """The results of one scenario; KeyError for another label."""
        for result in self.results:
            if result.label == label:
                return result
        raise KeyError(label)

    def estimate(self, scenario: str, kpi: str) -> Estimate:
        """One KPI of one scenario over all replications; KeyError where there is none."""
        return self.result(scenario).estimate(kpi, self.confidence)

    @cached_property
    def kpis(self) -> pandas.DataFrame:
        """A row per scenario, replication and KPI: scenario, replication, kpi, unit, value (nan where undefined)."""
        return self.table[["scenario", "replication", "kpi", "unit", "value"]]

    @cached_property
    def table(self) -> pandas.DataFrame:
        """``kpis`` and, beside each value, whether it is only a lower bound."""
        import pandas as pd

        return pd.DataFrame(self.columns)

    @cached_property
    def columns(self) -> dict[str, Integers]:
        """The columns of ``table`` as arrays; pandas takes longer to import than a small run takes."""
        parts = [_long(result) for result in self.results]
        return {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}

    def summary(self) -> pandas.DataFrame:
        """A row per scenario and KPI: scenario, kpi, unit, mean, half_width, confidence, lower_bound.

        ``mean`` is the mean over replications, or for a quantile that of the values of all replications together.
        """
        import pandas as pd

        return pd.DataFrame(self.summary_rows())

    def summary_rows(self) -> list[dict[str, Any]]:
        """The rows of ``summary``."""
        rows = []
        for result in self.results:
            for column in result.columns:
                estimate = result.estimate(column.name, self.confidence)
                rows.append(
                    {
                        "scenario": result.label,
                        "kpi": column.name,
                        "unit": column.unit,
                        "mean": estimate.value,
                        "half_width": estimate.half_width,
                        "confidence": self.confidence,
                        "lower_bound": estimate.lower_bound,
                    }
                )
        return rows


class FailedReplications(ReplicationError):
    """Replications failed; the finished ones are in ``runs`` (and stored, where a folder was given)."""

    def __init__(self, runs: Runs) -> None:
        count, first = len(runs.failures), runs.failures[0]
        kept = f"{runs.replications} of {runs.planned} are finished and kept"
        super().__init__(f"{count} replication{'s' if count > 1 else ''} failed; {kept}. First: {first}")
        self.runs = runs


class Interrupted(KeyboardInterrupt):
    """Ctrl-C; the finished replications are in ``runs`` (and stored, where a folder was given)."""

    def __init__(self, runs: Runs) -> None:
        super().__init__(f"interrupted after {runs.replications} of {runs.planned} replications")
        self.runs = runs


def _long(result: ScenarioRuns) -> dict[str, Integers]:
    count, width = result.values.shape
    names = np.array([column.name for column in result.columns], object)
    units = np.array([column.unit for column in result.columns], object)
    return {
        "scenario": np.full(count * width, result.label, object),
        "replication": np.repeat(result.replications.astype(np.int64), width),
        "kpi": np.tile(names, count),
        "unit": np.tile(units, count),
        "value": result.values.reshape(-1),
        "lower_bound": result.lower_bound.reshape(-1),
    }
