"""Measures as tables that fit on a screen: a row per service and per pool, a column per quantity.

All measures are in ``--json``, in the run's folder and in the report; here stand those one looks at first. A column
that is undefined or zero all over is left out.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simgov.cli.quantities import in_words
from simgov.cli.terminal import Terminal
from simgov.kpi import Estimate

if TYPE_CHECKING:
    from simgov.scenario.value import Scenario

Measures = Sequence[Mapping[str, Any]]
"""Rows of ``run --json`` or of ``compare --json``."""

OF_SERVICES = (
    "throughput",
    "time.mean",
    "time.p90",
    "days.mean",
    "days.p90",
    "on_time",
    "wait.mean",
    "wait.p90",
    "corrections",
    "returns",
    "reneged",
    "no_shows",
    "open",
    "satisfaction",
    "complaints",
    "applicant_cost",
)
OF_POOLS = ("utilisation", "queue.mean", "overtime")
OF_ALL = (
    "hall.wait.mean",
    "hall.wait.p90",
    "satisfaction",
    "complaints",
    "applicant_cost",
    "burden",
    "cost",
    "cost_per_case",
)


def estimate(row: Mapping[str, Any] | None) -> Estimate:
    """A row as the estimate it is; nan where it is missing or undefined."""
    if row is None or row["mean"] is None:
        return Estimate(math.nan)
    half_width = row["half_width"]
    return Estimate(row["mean"], math.nan if half_width is None else half_width, bool(row.get("lower_bound")))


def print_measures(
    terminal: Terminal, measures: Measures, scenario: Scenario | None = None, *, signed: bool = False
) -> None:
    """Services, pools, and the whole; ``signed`` for differences. ``scenario`` has the names that people know."""
    if terminal.json:
        return
    labels = list(dict.fromkeys(row["scenario"] for row in measures))
    found = {(row["scenario"], row["kpi"]): row for row in measures}
    spoken = {} if scenario is None or terminal.words.lang == "en" else names_of(scenario)
    for kind, quantities in (("service", OF_SERVICES), ("pool", OF_POOLS)):
        heads, rows = table(terminal, kind, quantities, labels, found, spoken, signed)
        if len(heads) > 1 + (len(labels) > 1):
            terminal.lines(heads, rows, numbers=range(1 + (len(labels) > 1), len(heads)))
            terminal.show()
    rows = []
    for kpi in OF_ALL:
        present = [found.get((label, kpi)) for label in labels]
        if not all(says_nothing(row) for row in present):
            rows.append([head(kpi, terminal), *cells(present, terminal, signed)])
    if rows:
        terminal.lines([terminal.words("measure"), *labels], rows, numbers=range(1, 1 + len(labels)))


def table(
    terminal: Terminal,
    kind: str,
    quantities: Sequence[str],
    labels: Sequence[str],
    found: Mapping[tuple[str, str], Mapping[str, Any]],
    spoken: Mapping[str, str],
    signed: bool,
) -> tuple[list[str], list[list[str]]]:
    """Heads and rows of one table: a row per service (or pool) and scenario, a column per quantity."""
    owners = list(dict.fromkeys(owner for _, kpi in found for owner in owned(kpi, quantities)))
    if signed:
        owners = [owner for owner in owners if differs(owner, quantities, labels, found)]
    places = [(owner, label) for owner in owners for label in labels]
    heads = [terminal.words("service") if kind == "service" else terminal.words("pool")]
    columns = [[spoken.get(owner, owner) for owner, _ in places]]
    if len(labels) > 1:
        heads.append(terminal.words("scenario"))
        columns.append([label for _, label in places])
    for quantity in quantities:
        present = [found.get((label, f"{owner}.{quantity}")) for owner, label in places]
        if not all(says_nothing(row) for row in present):
            heads.append(head(quantity, terminal))
            # In one unit per service: a column of minutes and hours reads better than 0.02 h.
            grouped = [present[first : first + len(labels)] for first in range(0, len(present), len(labels))]
            columns.append([cell for group in grouped for cell in cells(group, terminal, signed)])
    return heads, [list(row) for row in zip(*columns, strict=True)]


def differs(
    owner: str,
    quantities: Sequence[str],
    labels: Sequence[str],
    found: Mapping[tuple[str, str], Mapping[str, Any]],
) -> bool:
    """Whether any of an owner's quantities differs in any scenario."""
    rows = (found.get((label, f"{owner}.{quantity}")) for label in labels for quantity in quantities)
    return not all(says_nothing(row) for row in rows)


def owned(kpi: str, quantities: Sequence[str]) -> list[str]:
    """Whose measure it is, if it is one of ``quantities``."""
    return [
        owner for quantity in quantities for owner in [kpi.removesuffix(f".{quantity}")] if owner not in (kpi, "hall")
    ]


def names_of(scenario: Scenario) -> dict[str, str]:
    """The Chinese names of services and pools, by id."""
    return {pool.id: pool.name.zh for pool in scenario.pools} | {one.id: one.name.zh for one in scenario.services}


def cells(rows: Sequence[Mapping[str, Any] | None], terminal: Terminal, signed: bool) -> list[str]:
    """Estimates of one quantity in one unit."""
    unit = next((row["unit"] for row in rows if row is not None), "")
    return in_words(unit, [estimate(row) for row in rows], terminal.words, signed=signed)


def says_nothing(row: Mapping[str, Any] | None) -> bool:
    """Whether the value is undefined, or zero without doubt."""
    value = estimate(row)
    return math.isnan(value.value) or (value.value == 0 and not value.half_width > 0)


def spoken_kpi(kpi: str, scenario: Scenario, terminal: Terminal) -> str:
    """The name of a measure as targets write it, or its whole Chinese label."""
    if terminal.words.lang == "en":
        return kpi
    from simgov.kpi import find

    return find(scenario, kpi).label.zh


def head(kpi: str, terminal: Terminal) -> str:
    """The end of the measure's name, as targets write it, or its Chinese label."""
    if terminal.words.lang == "en":
        return kpi
    from simgov.kpi.table import DEFINITIONS, STATISTICS

    for definition in DEFINITIONS:
        quantity = f"hall.{definition.quantity}" if definition.scope == "hall" else definition.quantity
        whole = "全大厅" if definition.scope == "hall" else ""
        if quantity == kpi:
            return whole + definition.label.zh
        if kpi.startswith(f"{quantity}.") and kpi.removeprefix(f"{quantity}.") in definition.statistics:
            return f"{whole}{definition.label.zh}（{STATISTICS[kpi.removeprefix(f'{quantity}.')].zh}）"
    return kpi
