"""Event logs, CSV or XES, plain or packed, read into columns: a row for each piece of work, with what is known of it.

Columns go by their usual names (pm4py's, XES's, Chinese ones) or by those that the scenario gives. Where a log has an
event for the start and one for the end of each work, the two become one row. What is wrong is located by line and
column. A log may have millions of events, so nothing is kept but numbers and each different text once.
"""

from __future__ import annotations

import csv
import gzip
import io
import itertools
import zlib
from array import array
from collections import defaultdict, deque
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import lru_cache
from pathlib import Path
from typing import Any, BinaryIO
from xml.parsers import expat

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.errors import PathPart, Problem
from simgov.scenario.fields import nearest
from simgov.scenario.instants import Instants, read_instants
from simgov.scenario.profiles import MOST_PROBLEMS, TableError, file_name, files_like
from simgov.units import shown

Place = tuple[PathPart, ...]

ROLES: Mapping[str, tuple[str, ...]] = {
    "case": ("case:concept:name", "case_id", "caseid", "case id", "case", "办件编号", "案件编号", "办件号"),
    "activity": ("concept:name", "activity", "task", "环节", "环节名称", "活动"),
    "start": ("start_timestamp", "start_time", "time:start", "start", "开始时间"),
    "end": ("time:timestamp", "end_timestamp", "end_time", "complete_time", "end", "timestamp", "结束时间", "完成时间"),
    "enabled": ("enabled_timestamp", "enabled_time", "enabled"),
    "lifecycle": ("lifecycle:transition", "lifecycle"),
    "service": ("case:service", "service"),
    "channel": ("case:channel", "channel", "渠道"),
    "group": ("case:group", "group"),
    "applied": ("case:applied", "applied", "申请时间"),
    "step": ("step",),
    "visit": ("visit",),
    "work": ("work",),
    "outcome": ("outcome",),
    "ending": ("case:outcome",),
}
"""What a column may be, and the names by which it is known, first come first taken."""

APPLICATIONS: Mapping[str, tuple[str, ...]] = {
    "applied": ("time", "applied", "instant", "case:applied", "时间", "申请时间"),
    "service": ROLES["service"],
    "channel": ROLES["channel"],
    "group": ROLES["group"],
}
"""The columns of a file that says when cases applied."""

NEEDED = ("case", "activity", "end")
TIMES = ("start", "end", "enabled", "applied")
NUMBERS = ("visit", "work")
TEXTS = ("case", "activity", "lifecycle", "step", "service", "channel", "group", "outcome", "ending")
UNSERVED = {"withdraw", "ate_abort", "pi_abort"}
PIECE = 100_000


@dataclass(eq=False)
class Texts:
    """A column of texts as numbers of the different ones; "" has the number of the text that is empty."""

    different: dict[str, int] = field(default_factory=dict)
    numbers: array[int] = field(default_factory=lambda: array("i"))

    def extend(self, texts: Sequence[str]) -> None:
        """Some more rows."""
        for text in dict.fromkeys(texts):
            self.different.setdefault(text, len(self.different))
        self.numbers.extend(map(self.different.__getitem__, texts))

    def column(self) -> tuple[Integers, list[str]]:
        """The number of each row's text, and the texts by number."""
        return np.array(self.numbers, np.int64), list(self.different)


@dataclass(frozen=True, eq=False)
class EventLog:
    """E pieces of work in the order of the file. Instants are NaT, numbers nan or -1, texts "" where not given.

    ``served`` is False for who left its queue without being served; ``begun`` for what has only a start.
    """

    file: str
    path: Place
    case: Integers  # [E] number of the case, in order of first mention
    cases: list[str]
    texts: Mapping[str, tuple[Integers, list[str]]]  # activity, step, service, channel, group, outcome, ending
    start: Instants
    end: Instants
    enabled: Instants
    applied: Instants
    visit: Integers
    work: Floats
    served: Integers
    line: Integers
    column: Integers

    def __len__(self) -> int:
        return len(self.case)

    def text(self, role: str, row: int) -> str:
        """The text of a row in a column."""
        numbers, different = self.texts[role]
        return different[int(numbers[row])]

    def problem(self, row: int, message: str, hint: str = "") -> Problem:
        """A problem at a row."""
        return Problem(self.path, message, hint, self.file, int(self.line[row]), int(self.column[row]))


@dataclass(eq=False)
class _Gathering:
    """Rows as they are read: texts by number, times in pieces that are read as one."""

    file: str
    path: Place
    texts: dict[str, Texts] = field(default_factory=lambda: defaultdict(Texts))
    times: dict[str, list[Instants]] = field(default_factory=lambda: defaultdict(list))
    numbers: dict[str, list[Floats]] = field(default_factory=lambda: defaultdict(list))
    line: array[int] = field(default_factory=lambda: array("q"))
    at: array[int] = field(default_factory=lambda: array("q"))
    problems: list[Problem] = field(default_factory=list)
    needed: tuple[str, ...] = NEEDED
    rows: int = 0

    def add(self, columns: Mapping[str, Sequence[str]], lines: Sequence[int], at: Sequence[int]) -> None:
        """Some more rows: by role their texts, "" where nothing is written, and their places in the file."""
        nothing = ("",) * len(lines)
        for role in TEXTS:
            self.texts[role].extend(columns.get(role, nothing))
        for role in TIMES:
            instants, wrong = read_instants(columns.get(role, nothing))
            self.times[role].append(instants)
            for row in wrong[:MOST_PROBLEMS]:
                message = f"{role}: {shown(columns[role][row])} is not a date and time"
                self.note(lines[row], at[row], message, "write 2026-01-05T09:30:00")
        for role in NUMBERS:
            self.numbers[role].append(self.read_numbers(role, columns.get(role, nothing), lines, at))
        for role in self.needed:
            for row in self.missing(role, columns)[:MOST_PROBLEMS]:
                self.note(lines[row], at[row], f"there is no {role} here")
        self.line.extend(lines)
        self.at.extend(at)
        self.rows += len(lines)

    def missing(self, role: str, columns: Mapping[str, Sequence[str]]) -> list[int]:
        """The rows that lack what is needed; work that has only begun needs no end."""
        texts = columns.get(role, ())
        if "" not in texts:
            return []
        starts = columns.get("start", ("",) * len(texts))
        return [row for row, text in enumerate(texts) if not text and not (role == "end" and starts[row])]

    def read_numbers(self, role: str, texts: Sequence[str], lines: Sequence[int], at: Sequence[int]) -> Floats:
        """Numbers of at least 0, nan for nothing."""
        found = np.full(len(texts), np.nan)
        if not any(texts):
            return found
        for row, text in enumerate(texts):
            if text:
                try:
                    found[row] = float(text)
                except ValueError:
                    found[row] = -1.0
        for row in np.flatnonzero(found < 0.0)[:MOST_PROBLEMS].tolist():
            self.note(lines[row], at[row], f"{role}: {shown(texts[row])} is not a number of at least 0")
        return found

    def note(self, line: int, column: int, message: str, hint: str = "") -> None:
        """Add a problem; a file read wrongly is wrong in every line, so the first ones are enough."""
        if len(self.problems) < MOST_PROBLEMS:
            self.problems.append(Problem(self.path, message, hint, self.file, line, column))

    def log(self) -> EventLog:
        """All rows, starts and ends of the same work put together. Raises ``TableError``."""
        if not self.rows and not self.problems:
            self.note(1, 1, "the log has no events")
        if self.problems:
            raise TableError(*self.problems)
        case, cases = self.texts["case"].column()
        times = {role: np.concatenate(pieces) for role, pieces in self.times.items()}
        visit = np.concatenate(self.numbers["visit"])
        log = EventLog(
            file=self.file,
            path=self.path,
            case=case,
            cases=cases,
            texts={role: column.column() for role, column in self.texts.items() if role not in ("case", "lifecycle")},
            **times,
            visit=np.where(np.isnan(visit), -1, visit).astype(np.int64),
            work=np.concatenate(self.numbers["work"]),
            served=np.ones(self.rows, np.bool_),
            line=np.array(self.line),
            column=np.array(self.at),
        )
        return put_together(log, *self.texts["lifecycle"].column())


def read_eventlog(folder: Path, name: str, path: Place, columns: Mapping[str, str]) -> EventLog:
    """The event log ``name`` beside the scenario. ``columns`` names columns by their role, for those called otherwise.

    ``path`` is where the scenario names the file. Raises ``TableError``.
    """
    known = {role: (columns[role],) if role in columns else names for role, names in ROLES.items()}
    return _read(folder, name, path, known, NEEDED)


def read_applications(folder: Path, name: str, path: Place) -> EventLog:
    """The instants at which cases applied, in the column ``applied``, with their labels. Raises ``TableError``."""
    return _read(folder, name, path, APPLICATIONS, ("applied",))


def _read(
    folder: Path, name: str, path: Place, known: Mapping[str, tuple[str, ...]], needed: tuple[str, ...]
) -> EventLog:
    try:
        stamp = (folder / name).stat().st_mtime_ns
        return replace(_read_once(folder, name, tuple(known.items()), needed, stamp), path=path)
    except TableError as error:
        raise TableError(*(replace(problem, path=path) for problem in error.problems)) from None
    except (FileNotFoundError, NotADirectoryError):
        raise TableError(Problem(path, f"there is no file {shown(name)}", files_like(folder, name))) from None
    except (gzip.BadGzipFile, EOFError, zlib.error) as error:
        raise TableError(Problem(path, f"the file {shown(name)} is not a whole gzip file: {error}")) from None
    except (OSError, ValueError) as error:
        reason = getattr(error, "strerror", None) or str(error) or "not a file name"
        raise TableError(Problem(path, f"the file {shown(name)} cannot be read: {reason}")) from None


@lru_cache(maxsize=1)
def _read_once(
    folder: Path, name: str, known: tuple[tuple[str, tuple[str, ...]], ...], needed: tuple[str, ...], stamp: int
) -> EventLog:
    """The log in a file of that time; the last one is kept, since one log often has the cases of several services."""
    place = folder / name
    for encoding in ("utf-8-sig", "gb18030"):
        gathering = _Gathering(file_name(folder, name), (), needed=needed)
        try:
            with opened(place) as content:
                if ".xes" in place.name.lower():
                    read_xes(content, gathering, dict(known))
                else:
                    read_csv(io.TextIOWrapper(content, encoding, newline=""), gathering, dict(known))
            return gathering.log()
        except UnicodeDecodeError:
            continue
    raise TableError(Problem((), "the file is neither UTF-8 nor GBK", "save it as CSV UTF-8", str(place), 1, 1))


def opened(place: Path) -> BinaryIO:
    """The content of a file, unpacked where its name ends in .gz."""
    return gzip.open(place, "rb") if place.name.lower().endswith(".gz") else place.open("rb")  # type: ignore[return-value]


# CSV ------------------------------------------------------------------------------------------------------------------


def read_csv(text: io.TextIOWrapper, gathering: _Gathering, known: Mapping[str, tuple[str, ...]]) -> None:
    """Gather the rows of a CSV; commas, semicolons or tabs between its columns."""
    head = text.readline()
    separator = max(",;\t", key=head.count)
    header = [cell.strip() for cell in next(csv.reader([head], delimiter=separator), [])]
    position = positions(header, separator, gathering, known)
    if gathering.problems:
        return
    rows = csv.reader(text, delimiter=separator)
    try:
        while add_piece(rows, gathering, position, len(header)):
            pass
    except csv.Error as error:
        gathering.note(rows.line_num + 1, 1, f"cannot be read as CSV: {error}")


def add_piece(rows: Any, gathering: _Gathering, position: Mapping[str, int], width: int) -> bool:
    """Gather the next rows of a CSV reader; whether there may be more."""
    last = max(position.values())
    fields, lines, read = [], [], 0
    for row in itertools.islice(rows, PIECE):
        read += 1
        if len(row) > last:
            fields.append(row)
            lines.append(rows.line_num + 1)
        elif any(cell.strip() for cell in row):
            gathering.note(rows.line_num + 1, 1, f"this line has {len(row)} columns, the header has {width}")
    columns = {role: [row[at].strip() for row in fields] for role, at in position.items()}
    gathering.add(columns, lines, [1] * len(lines))
    return read == PIECE


def positions(
    header: list[str], separator: str, gathering: _Gathering, known: Mapping[str, tuple[str, ...]]
) -> dict[str, int]:
    """Where each column is; a needed one that is missing, or one that the scenario names, is a problem."""
    found: dict[str, int] = {}
    lower = [cell.lower() for cell in header]
    for role, names in known.items():
        at = next((lower.index(name.lower()) for name in names if name.lower() in lower), None)
        if at is not None:
            found[role] = at
        elif len(names) == 1 and names != ROLES[role]:  # a name that the scenario gives
            gathering.note(1, 1, f"there is no column {shown(names[0])}", nearest(names[0], header))
        elif role in gathering.needed:
            near = next((cell for cell in header if nearest(cell.lower(), names)), None)
            place = 1 + len(separator.join(header[: header.index(near)])) + 1 if near and header[0] != near else 1
            hint = f"is {shown(near)} meant? say so with columns: {{{role}: {near}}}" if near else (
                f"say which it is with columns: {{{role}: NAME}}; the file has " + ", ".join(header[:12])
            )  # fmt: skip
            gathering.note(1, place, f"there is no column for the {role}", hint)
    return found


# XES ------------------------------------------------------------------------------------------------------------------


def read_xes(content: BinaryIO, gathering: _Gathering, known: Mapping[str, tuple[str, ...]]) -> None:
    """Gather the events of an XES document, element by element."""
    reader = _XesReader(gathering, known)
    try:
        reader.parser.ParseFile(content)
        reader.hand_over()
    except expat.ExpatError as error:
        message = expat.ErrorString(error.code)
        gathering.note(error.lineno, error.offset + 1, f"this is not valid XML: {message}")


class _XesReader:
    """Follows the elements of an XES document. An attribute of a trace counts for all of its events."""

    def __init__(self, gathering: _Gathering, known: Mapping[str, tuple[str, ...]]) -> None:
        self.gathering = gathering
        self.of_event = {name: role for role, names in known.items() for name in reversed(names)}
        self.of_trace = {
            name.removeprefix("case:"): role
            for role in ("case", "service", "channel", "group", "applied", "ending")
            for name in reversed(known[role])
        }
        self.parser = expat.ParserCreate()
        self.parser.StartElementHandler = self.start
        self.parser.EndElementHandler = self.end
        self.depth = 0
        self.traces = 0
        self.inside = ""
        self.trace: dict[str, str] = {}
        self.event: dict[str, str] = {}
        self.place = (1, 1)
        self.events: list[tuple[dict[str, str], int, int]] = []

    def hand_over(self) -> None:
        """Gather the events read so far."""
        columns = {role: [row.get(role, "") for row, *_ in self.events] for role in ROLES}
        self.gathering.add(columns, [line for _, line, _ in self.events], [at for *_, at in self.events])
        self.events = []

    def start(self, tag: str, attributes: Mapping[str, str]) -> None:
        """An element begins."""
        self.depth += 1
        if self.depth == 2 and tag == "trace":
            self.inside, self.trace = "trace", {}
            self.traces += 1
        elif self.depth == 3 and tag == "event" and self.inside == "trace":
            self.inside, self.event = "event", {}
            self.place = (self.parser.CurrentLineNumber, self.parser.CurrentColumnNumber + 1)
        elif self.depth == 3 and self.inside == "trace":
            self.note_attribute(self.of_trace, self.trace, attributes)
        elif self.depth == 4 and self.inside == "event":
            self.note_attribute(self.of_event, self.event, attributes)

    def note_attribute(self, roles: Mapping[str, str], row: dict[str, str], attributes: Mapping[str, str]) -> None:
        """Keep an attribute that means something here."""
        role = roles.get(attributes.get("key", ""))
        if role is not None:
            row.setdefault(role, attributes.get("value", "").strip())

    def end(self, tag: str) -> None:
        """An element ends."""
        if self.inside == "event" and self.depth == 3:
            self.inside = "trace"
            row = {**self.event, **{role: text for role, text in self.trace.items() if text}}
            row.setdefault("case", f"trace {self.traces}")
            self.events.append((row, *self.place))
            if len(self.events) == PIECE:
                self.hand_over()
        elif self.inside == "trace" and self.depth == 2:
            self.inside = ""
        self.depth -= 1


# Starts and ends ------------------------------------------------------------------------------------------------------


def put_together(log: EventLog, transition: Integers, words: list[str]) -> EventLog:
    """One row for each piece of work: a ``start`` joins the next end of the same activity in its case.

    Other transitions (``assign``, ``suspend``, ...) say nothing of work and are left out.
    """
    kind = np.array([_kind(word) for word in words], np.int8)[transition]
    if not (kind != _END).any() and not len({word.lower() for word in words} & UNSERVED):
        return log
    start, end = log.start.copy(), log.end.copy()
    own_interval = ~np.isnat(log.start)
    kept = (kind == _END) | (kind == _UNSERVED)
    open_starts: dict[tuple[int, int], deque[int]] = defaultdict(deque)
    activity = log.texts["activity"][0]
    for row in np.flatnonzero(((kind == _START) | (kind == _END)) & ~own_interval).tolist():
        place = (int(log.case[row]), int(activity[row]))
        if kind[row] == _START:
            open_starts[place].append(row)
        elif open_starts[place]:
            start[row] = log.end[open_starts[place].popleft()]
    for row in itertools.chain.from_iterable(open_starts.values()):
        start[row], end[row], kept[row] = log.end[row], np.datetime64("NaT"), True
    only_started = (kind == _START) & own_interval
    end[only_started], kept[only_started] = np.datetime64("NaT"), True
    waits = kind == _SCHEDULE
    enabled = np.where(np.isnat(log.enabled) & waits, log.end, log.enabled)
    end[waits], kept[waits] = np.datetime64("NaT"), waits[waits] & (log.visit[waits] >= 0)
    chosen = np.flatnonzero(kept)
    return EventLog(
        file=log.file,
        path=log.path,
        case=log.case[chosen],
        cases=log.cases,
        texts={role: (numbers[chosen], different) for role, (numbers, different) in log.texts.items()},
        start=start[chosen],
        end=end[chosen],
        enabled=enabled[chosen],
        applied=log.applied[chosen],
        visit=log.visit[chosen],
        work=log.work[chosen],
        served=(kind != _UNSERVED)[chosen],
        line=log.line[chosen],
        column=log.column[chosen],
    )


_START, _END, _UNSERVED, _SCHEDULE, _OTHER = range(5)


def _kind(word: str) -> int:
    """What a transition of the lifecycle says; a log without any has ends alone."""
    word = word.lower()
    if word in UNSERVED:
        return _UNSERVED
    return {"start": _START, "complete": _END, "": _END, "schedule": _SCHEDULE}.get(word, _OTHER)
