"""What was measured of a KPI over time: a CSV file beside the scenario (``date,value``, and ``cases`` if counted)."""

from __future__ import annotations

import datetime
import math
from dataclasses import dataclass
from pathlib import Path

from simgov.errors import PathPart, Problem
from simgov.kpi.table import Kpi
from simgov.kpi.targets import parse_limit
from simgov.scenario.profiles import Cell, Table, TableError, cell_of, columns_of, read_table, some_of
from simgov.units import UnitError, shown

COLUMNS = {
    "date": "date", "日期": "date",
    "value": "value", "数值": "value", "指标值": "value",
    "cases": "cases", "件数": "cases", "办件量": "cases",
}  # fmt: skip


@dataclass(frozen=True)
class Series:
    """Values of ``kpi`` in its ``unit`` by date, in order: each is of the time from its date to the next one's.

    ``cases`` are the cases that applied in that time, where the file counts them (() where it does not).
    """

    kpi: str
    unit: str
    dates: tuple[datetime.date, ...]
    values: tuple[float, ...]
    cases: tuple[float, ...] = ()
    source: str = ""


def read_series(folder: Path, name: str, kpi: Kpi, path: tuple[PathPart, ...]) -> Series:
    """The series of ``kpi`` in the file ``name``. Raises ``TableError`` with everything wrong in it."""
    table = read_table(folder, name, path)
    columns = columns_of(table, COLUMNS, needed=("date", "value"))
    problems: list[Problem] = []
    read: dict[str, list[float]] = {"value": [], "cases": []}
    dates: list[datetime.date] = []
    for cells in table.rows:
        date = _date(table, cell_of(table, cells, columns["date"], problems), problems)
        if date is not None and dates and date <= dates[-1]:
            problems.append(table.problem(cells[columns["date"]], f"{date} does not come after {dates[-1]}"))
        dates += [] if date is None else [date]
        value = _value(table, kpi, cell_of(table, cells, columns["value"], problems), problems)
        read["value"].append(math.nan if value is None else value)
        if "cases" in columns:
            count = _count(table, cell_of(table, cells, columns["cases"], problems), problems)
            read["cases"].append(math.nan if count is None else count)
    if problems:
        raise TableError(*some_of(problems, table))
    return Series(kpi.name, kpi.unit, tuple(dates), tuple(read["value"]), tuple(read["cases"]), table.file)


def _date(table: Table, cell: Cell | None, problems: list[Problem]) -> datetime.date | None:
    try:
        return None if cell is None else datetime.date.fromisoformat(cell.text.replace("/", "-"))
    except ValueError:
        assert cell is not None
        problems.append(table.problem(cell, f"{shown(cell.text)} is not a date", "write it as 2026-03-02"))
        return None


def _value(table: Table, kpi: Kpi, cell: Cell | None, problems: list[Problem]) -> float | None:
    """A number in the KPI's own unit, or one with a unit: ``15 min``, ``92 %``."""
    if cell is None:
        return None
    try:
        value = float(cell.text)
    except ValueError:
        try:
            return parse_limit(kpi, cell.text)
        except UnitError as error:
            problems.append(table.problem(cell, error.message, error.hint))
            return None
    if not math.isfinite(value) or value < 0 or (kpi.unit == "share" and value > 1):
        hint = "write 92 %, or 0.92" if kpi.unit == "share" else f"write it in {kpi.unit}"
        problems.append(table.problem(cell, f"{shown(cell.text)} is no value of {kpi.name}", hint))
        return None
    return value


def _count(table: Table, cell: Cell | None, problems: list[Problem]) -> float | None:
    try:
        count = math.nan if cell is None else float(cell.text)
    except ValueError:
        count = math.nan
    if cell is not None and not 0 <= count < 1e12:
        problems.append(table.problem(cell, f"{shown(cell.text)} is not a number of cases"))
        return None
    return count
