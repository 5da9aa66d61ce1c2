"""``simgov run --precision`` and ``--control-variates``: what was asked for, and what came of it."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from simgov.cli.measure_tables import Measures, spoken_kpi
from simgov.cli.quantities import percent
from simgov.cli.terminal import Terminal

if TYPE_CHECKING:
    from simgov.experiment import Runs
    from simgov.scenario.value import Scenario
    from simgov.study import Study


def precisions(study: Study, asked: Sequence[tuple[str, float]]) -> dict[str, float] | None:
    """What was asked for by KPI; a share alone is for those of the targets, or the mean time of each service."""
    from simgov.kpi import UnknownKpi, find

    if not asked:
        return None
    usual = [target.kpi for target in study.targets]
    usual = usual or [f"{service.id}.time.mean" for service in study.baseline.services]
    wanted = {name: share for kpi, share in asked for name in ([kpi] if kpi else usual)}
    for kpi in wanted:
        try:
            find(study.baseline, kpi)
        except UnknownKpi as error:
            raise click.BadParameter(str(error), param_hint="--precision") from error
    return wanted


def precision_reached(runs: Runs, asked: Mapping[str, float]) -> list[dict[str, Any]]:
    """For each scenario and KPI: the share asked for, the one reached (None where undefined), and whether it is met."""
    rows = []
    for label in runs.scenarios:
        for kpi, share in asked.items():
            estimate = runs.estimate(label, kpi)
            narrow = estimate.half_width <= share * abs(estimate.value)
            reached = estimate.half_width / abs(estimate.value) if estimate.value else 0.0 if narrow else math.nan
            rows.append(
                {
                    "scenario": label,
                    "kpi": kpi,
                    "asked": share,
                    "reached": defined_number(reached),
                    "met": bool(narrow),
                }
            )
    return rows


def print_precision(terminal: Terminal, scenario: Scenario, runs: Runs, reached: Sequence[Mapping[str, Any]]) -> None:
    """After how many replications the intervals were narrow enough, or which were not."""
    terminal.show()
    wide = [spoken_kpi(row["kpi"], scenario, terminal) for row in reached if not row["met"]]
    if wide:
        kpis = ", ".join(dict.fromkeys(wide))
        terminal.headline("Not precise enough after {count} replications: {kpis}.", count=runs.replications, kpis=kpis)
    else:
        terminal.headline("Precise enough after {count} replications.", count=runs.replications)


def print_variance_ratios(terminal: Terminal, scenario: Scenario, measures: Measures) -> None:
    """For mean times and waits: how much variance the control variates have left."""
    if terminal.json:
        return
    rows = [
        [row["scenario"], spoken_kpi(row["kpi"], scenario, terminal), percent(row["variance_ratio"])]
        for row in measures
        if row["kpi"].endswith((".time.mean", ".wait.mean")) and row["variance_ratio"] is not None
    ]
    terminal.show()
    terminal.table(["scenario", "measure", "variance left"], rows, numbers=(2,))


def defined_number(value: float) -> float | None:
    """The number; None where it is undefined, as JSON has it."""
    return value if math.isfinite(value) else None
