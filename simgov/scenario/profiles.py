"""CSV files beside a scenario: arrival profiles and observed times, in UTF-8 or (as Chinese spreadsheets write) GBK.

What is wrong in a file is located in that file, by line and column.
"""

from __future__ import annotations

import csv
import io
import itertools
from dataclasses import dataclass
from pathlib import Path

from simgov.errors import PathPart, Problem
from simgov.scenario.fields import nearest, parse_weekdays
from simgov.units import UnitError, format_time_of_day, parse_time_of_day, shown

LARGEST_FILE = 20_000_000
MOST_PROBLEMS = 20

WEEKDAY, FROM, TO, CASES = "weekday", "from", "to", "cases"
COLUMNS = {
    "weekday": WEEKDAY, "星期": WEEKDAY,
    "from": FROM, "开始": FROM, "起": FROM,
    "to": TO, "结束": TO, "止": TO,
    "cases": CASES, "件数": CASES, "办件量": CASES,
}  # fmt: skip
TIME_COLUMNS = {"value": "value", "时长": "value", "weight": "weight", "权重": "weight"}

ProfileRow = tuple[int, int, int, float]


class TableError(Exception):
    """A CSV file is wrong; ``problems`` are located in it."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(str(problem) for problem in problems))
        self.problems = problems


@dataclass(frozen=True)
class Cell:
    """One field of a table and its place in the file, from 1."""

    text: str
    line: int
    column: int


@dataclass(frozen=True)
class Table:
    """A CSV file: the names of its columns and its rows, empty lines left out."""

    file: str
    path: tuple[PathPart, ...]
    header: tuple[Cell, ...]
    rows: tuple[tuple[Cell, ...], ...]

    def problem(self, cell: Cell, message: str, hint: str = "") -> Problem:
        """A problem at a cell."""
        return Problem(self.path, message, hint, self.file, cell.line, cell.column)


def read_profile(folder: Path, name: str, path: tuple[PathPart, ...]) -> tuple[ProfileRow, ...]:
    """The rows (weekday from 0, first minute, last minute, expected cases) of an arrival profile, in order.

    ``path`` is where the scenario names the file. Raises ``TableError``.
    """
    table = read_table(folder, name, path)
    columns = columns_of(table, COLUMNS, needed=(WEEKDAY, FROM, TO, CASES))
    rows: list[tuple[ProfileRow, Cell]] = []
    problems: list[Problem] = []
    for cells in table.rows:
        try:
            rows += [(row, cells[0]) for row in profile_rows(table, cells, columns)]
        except TableError as error:
            problems += error.problems
    if not problems:
        problems = overlaps(table, sorted(rows, key=lambda row: row[0][:3]))
    if not problems and not any(row[3] > 0 for row, _ in rows):
        problems = [table.problem(table.header[0], "no cases ever arrive: every row has 0")]
    if problems:
        raise TableError(*some_of(problems, table))
    return tuple(sorted(row for row, _ in rows))


def profile_rows(table: Table, cells: tuple[Cell, ...], columns: dict[str, int]) -> list[ProfileRow]:
    """What one line of a profile says, for each weekday that it names."""
    problems: list[Problem] = []
    values: dict[str, object] = {}
    for column, read in (
        (WEEKDAY, parse_weekdays),
        (FROM, parse_time_of_day),
        (TO, parse_time_of_day),
        (CASES, amount),
    ):
        cell = cell_of(table, cells, columns[column], problems)
        try:
            values[column] = read(cell.text) if cell else None
        except UnitError as error:
            assert cell is not None
            problems.append(table.problem(cell, f"{column}: {error.message}", error.hint))
    if not problems and values[FROM] >= values[TO]:  # type: ignore[operator]
        problems.append(table.problem(cells[columns[TO]], "to is not after from"))
    if problems:
        raise TableError(*problems)
    first, last, cases = values[FROM], values[TO], values[CASES]
    return [(weekday, first, last, cases) for weekday in values[WEEKDAY]]  # type: ignore[attr-defined,misc]


def overlaps(table: Table, rows: list[tuple[ProfileRow, Cell]]) -> list[Problem]:
    """Rows of one weekday that cover the same minutes."""
    problems = []
    for (before, _), (after, cell) in itertools.pairwise(rows):
        if before[0] == after[0] and after[1] < before[2]:
            span = f"{format_time_of_day(before[1])}-{format_time_of_day(before[2])}"
            problems.append(table.problem(cell, f"this row overlaps the row {span} of the same weekday"))
    return problems


def read_times(folder: Path, name: str, path: tuple[PathPart, ...]) -> tuple[tuple[float, ...], tuple[float, ...]]:
    """Observed values and their weights (() where the file has none). Raises ``TableError``."""
    table = read_table(folder, name, path)
    columns = {"value": 0} if len(table.header) == 1 else columns_of(table, TIME_COLUMNS, needed=("value", "weight"))
    problems: list[Problem] = []
    found: dict[str, list[float]] = {column: [] for column in columns}
    for cells in table.rows:
        for column, position in columns.items():
            cell = cell_of(table, cells, position, problems)
            try:
                found[column].append(amount(cell.text) if cell else 0.0)
            except UnitError as error:
                assert cell is not None
                problems.append(table.problem(cell, f"{column}: {error.message}", error.hint))
    if problems:
        raise TableError(*some_of(problems, table))
    return tuple(found["value"]), tuple(found.get("weight", ()))


def amount(text: str) -> float:
    """A number of at least 0. Raises ``UnitError``."""
    try:
        value = float(text)
    except ValueError:
        raise UnitError(f"{shown(text)} is not a number") from None
    if not 0 <= value < 1e12:
        raise UnitError(f"{shown(text)} is not a number of at least 0")
    return value


def cell_of(table: Table, cells: tuple[Cell, ...], position: int, problems: list[Problem]) -> Cell | None:
    """The cell of a column; a problem where the line is too short."""
    if position < len(cells):
        return cells[position]
    problems.append(table.problem(cells[-1], f"this line has {len(cells)} columns, the header has {len(table.header)}"))
    return None


def some_of(problems: list[Problem], table: Table) -> list[Problem]:
    """The first problems of a file and how many more there are: a file read wrongly is wrong in every line."""
    unique = list(dict.fromkeys(problems))
    if len(unique) <= MOST_PROBLEMS:
        return unique
    more = Problem(
        table.path, f"{len(unique) - MOST_PROBLEMS} more problems in this file", "", table.file, unique[-1].line, 1
    )
    return [*unique[:MOST_PROBLEMS], more]


def columns_of(table: Table, known: dict[str, str], needed: tuple[str, ...]) -> dict[str, int]:
    """The position of each column that is needed. Raises ``TableError`` where one is missing."""
    found: dict[str, int] = {}
    problems = []
    for position, cell in enumerate(table.header):
        column = known.get(cell.text.strip().lower())
        if column in found:
            problems.append(table.problem(cell, f"the column {column} is there twice"))
        elif column is not None:
            found[column] = position
    strange = [cell for cell in table.header if cell.text.strip().lower() not in known]
    for column in needed:
        if column not in found:
            meant = [cell for cell in strange if nearest(cell.text.strip().lower(), [column])]
            place = meant[0] if meant else table.header[0]
            hint = f"is {shown(place.text)} meant?" if meant else "the header should read " + ",".join(needed)
            problems.append(table.problem(place, f"there is no column {column}", hint))
    if problems:
        raise TableError(*problems)
    return found


def read_table(folder: Path, name: str, path: tuple[PathPart, ...]) -> Table:
    """The CSV file ``name`` beside the scenario; commas, semicolons or tabs between columns. Raises ``TableError``."""
    text = read_text(folder, name, path)
    file = file_name(folder, name)
    first = text.split("\n", 1)[0]
    separator = max(",;\t", key=first.count)
    try:
        lines = list(numbered_lines(text, separator))
    except csv.Error as error:
        raise TableError(Problem(path, f"cannot be read as CSV: {error}", "", file, 1, 1)) from None
    if len(lines) < 2:
        what = "has no rows below its header" if lines else "is empty"
        raise TableError(Problem(path, f"the file {what}", "", file, 1, 1))
    return Table(file, path, lines[0], tuple(lines[1:]))


def numbered_lines(text: str, separator: str) -> list[tuple[Cell, ...]]:
    """The lines of a CSV that hold something, as cells with their places (a quoted cell is placed by its content)."""
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator)
    lines = []
    for fields in reader:
        if any(field.strip() for field in fields):
            column, cells = 1, []
            for field in fields:
                cells.append(Cell(field.strip(), reader.line_num, column))
                column += len(field) + 1
            lines.append(tuple(cells))
    return lines


def read_text(folder: Path, name: str, path: tuple[PathPart, ...]) -> str:
    """The text of a file beside the scenario, in UTF-8 (byte order mark or not) or GBK. Raises ``TableError``."""
    place = folder / name
    try:
        if place.stat().st_size > LARGEST_FILE:
            raise TableError(Problem(path, f"the file {shown(name)} is larger than {LARGEST_FILE // 1_000_000} MB"))
        content = place.read_bytes()
    except (FileNotFoundError, NotADirectoryError):
        raise TableError(Problem(path, f"there is no file {shown(name)}", files_like(folder, name))) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or "not a file name"
        raise TableError(Problem(path, f"the file {shown(name)} cannot be read: {reason}")) from None
    for encoding in ("utf-8-sig", "gb18030"):
        try:
            return content.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise TableError(
        Problem(path, "the file is neither UTF-8 nor GBK", "save it as CSV UTF-8", file_name(folder, name), 1, 1)
    )


def file_name(folder: Path, name: str) -> str:
    """How messages name a file beside the scenario: as the path that leads there from here."""
    return str(folder / name)


def files_like(folder: Path, name: str) -> str:
    """The nearest name of a CSV file that is there; paths count from the scenario's folder."""
    try:
        there = sorted(str(found.relative_to(folder)) for found in folder.glob("**/*.csv"))[:500]
    except (OSError, ValueError):
        there = []
    return nearest(name, there, 0.75) or "paths count from the folder of the scenario file"
