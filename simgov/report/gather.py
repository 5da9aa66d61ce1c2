"""From runs to ``Results``: which scenarios a report shows, under which names, and every KPI with its interval."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from simgov.kpi import DEFINITIONS, Estimate, Kpi, names
from simgov.kpi.table import STATISTICS
from simgov.report.results import KpiInfo, Results, Series
from simgov.report.words import plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    import pandas

    from simgov.kpi.targets import Target


class Summarised(Protocol):
    """What a report asks of runs."""

    @property
    def replications(self) -> int:
        """How many replications of each scenario were run."""

    def summary(self) -> pandas.DataFrame:
        """scenario, kpi, unit, mean, half_width, confidence, lower_bound."""


class Paired(Protocol):
    """What a report asks of a comparison."""

    @property
    def differences(self) -> pandas.DataFrame:
        """scenario, baseline, kpi, unit, mean, half_width."""


def results(
    runs: Summarised,
    scenarios: Sequence[Scenario],
    comparison: Paired | None,
    targets: Sequence[Target],
    called: Mapping[str, Text] | None = None,
) -> Results:
    """Everything that ``runs`` of ``scenarios`` say, the baseline first; ``called`` gives labels another name."""
    summary = runs.summary()
    labels = {scenarios[0].label: say("baseline"), **(called or {})}
    return Results(
        series=tuple(Series(one.label, labels.get(one.label, plain(one.label)), one) for one in scenarios),
        kpis=tuple(_known_kpis(scenarios)),
        values={(str(row["scenario"]), str(row["kpi"])): _estimate(row) for row in summary.to_dict("records")},
        differences=_differences(comparison),
        targets=tuple(targets),
        confidence=float(summary["confidence"].iloc[0]),
        replications=runs.replications,
    )


def _known_kpis(scenarios: Sequence[Scenario]) -> list[KpiInfo]:
    """The KPIs of all scenarios, each once: a pool that only one of them has still has its own."""
    found: dict[str, Kpi] = {}
    for scenario in scenarios:
        for kpi in names(scenario):
            found.setdefault(kpi.name, kpi)
    order = [definition.pattern for definition in DEFINITIONS]
    listed = sorted(found.values(), key=lambda kpi: order.index(kpi.definition.pattern))
    return [KpiInfo(kpi.name, kpi.label, kpi.unit, kpi.direction, _short(kpi), kpi.owner) for kpi in listed]


def _short(kpi: Kpi) -> Text:
    """The label without the service or pool it belongs to."""
    label = kpi.definition.label
    if not kpi.statistic:
        return Text(label.en[0].upper() + label.en[1:], label.zh)
    statistic = STATISTICS[kpi.statistic]
    return Text(f"{label.en[0].upper()}{label.en[1:]}, {statistic.en}", f"{label.zh}（{statistic.zh}）")


def _differences(comparison: Paired | None) -> dict[tuple[str, str], Estimate]:
    if comparison is None:
        return {}
    rows = comparison.differences.to_dict("records")
    return {(str(row["scenario"]), str(row["kpi"])): _estimate(row) for row in rows}


def _estimate(row: Mapping[Any, Any]) -> Estimate:
    half_width = row["half_width"]
    return Estimate(
        _number(row["mean"]), _number(half_width), bool(row["lower_bound"]) if "lower_bound" in row else False
    )


def _number(value: Any) -> float:
    """A float; nan for what a table holds in its place (None, NA)."""
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan
