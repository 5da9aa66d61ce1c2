"""Results of runs made by hand: one column per KPI, one row per replication."""

from collections.abc import Mapping, Sequence

import numpy as np

from simgov.experiment.runs import Column, Runs, ScenarioRuns
from simgov.kpi.statistics import Pooled, Sample, none_censored, pooled_quantile


def result(
    label: str,
    kpis: Mapping[str, Sequence[float]],
    quantiles: Mapping[str, Sequence[Sequence[float]]] | None = None,
    bounds: Sequence[str] = (),
) -> ScenarioRuns:
    """A scenario with these means by replication, and P90s of these values by replication."""
    pooled: dict[str, Pooled] = {}
    values = dict(kpis)
    for name, samples in (quantiles or {}).items():
        parts = [Sample(np.array(sample, np.float64), none_censored(len(sample))) for sample in samples]
        pooled[name] = pooled_quantile(parts, 90)
        values[name] = [float(np.max(sample)) for sample in samples]
    table = np.array(list(values.values()), np.float64).T
    lower = np.zeros(table.shape, np.bool_)
    for name in bounds:
        lower[:, list(values).index(name)] = True
    return ScenarioRuns(
        label=label,
        columns=tuple(Column(name, "min", name in pooled) for name in values),
        replications=np.arange(len(table)),
        values=table,
        lower_bound=lower,
        pooled=pooled,
    )


def runs(*results: ScenarioRuns, start: str = "2026-01-05") -> Runs:
    """A run of these scenarios."""
    return Runs(results, 1, len(results[0].replications), "compiled", 0.95, settings={"start": start, "source": ""})
