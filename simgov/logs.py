"""One replication as an event log, XES or CSV, for process mining tools and for replaying it in another scenario.

XES (IEEE 1849-2016) has a trace for each case and, for each task, the events of the standard lifecycle: ``start`` and
``complete``, or ``withdraw`` for who left unserved; what was under way at the end has its ``start``, or ``schedule``
while it still waited. CSV has a row for each task, named as pm4py names them, with all of its instants.

Instants are dates from the first day of the run on, in nanoseconds where a second is not enough; ``work`` is minutes,
with every digit. The offset +00:00 in XES only says that there is no daylight saving.
"""

from __future__ import annotations

import csv
import gzip
import io
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, TextIO
from xml.sax.saxutils import quoteattr

import numpy as np

from simgov.arrays import Floats
from simgov.engines.events import TASK_OUTCOMES, EventTable
from simgov.errors import InputError, Problem
from simgov.parquet import SUFFIX, write_parquet

if TYPE_CHECKING:
    from simgov.network import Network
    from simgov.scenario.value import Scenario, Text

SUFFIXES = (".xes", ".xes.gz", ".csv", ".csv.gz", SUFFIX)
NANOSECONDS = 60_000_000_000
NANOSECONDS_A_DAY = 1440 * NANOSECONDS

CASE_COLUMNS = ("case:concept:name", "case:service", "case:channel", "case:group", "case:applied", "case:outcome")
TASK_COLUMNS = (
    "concept:name", "lifecycle:transition", "enabled_timestamp", "start_timestamp", "time:timestamp",
    "org:resource", "org:group", "step", "visit", "work", "outcome",
)  # fmt: skip
"""The columns of a CSV. ``time:timestamp`` is the end of the work, or the last that is known."""

XES_HEAD = """<?xml version="1.0" encoding="UTF-8"?>
<log xes.version="1849-2016" xes.features="" xmlns="http://www.xes-standard.org/">
  <extension name="Concept" prefix="concept" uri="http://www.xes-standard.org/concept.xesext"/>
  <extension name="Lifecycle" prefix="lifecycle" uri="http://www.xes-standard.org/lifecycle.xesext"/>
  <extension name="Organizational" prefix="org" uri="http://www.xes-standard.org/org.xesext"/>
  <extension name="Time" prefix="time" uri="http://www.xes-standard.org/time.xesext"/>
  <global scope="trace">
    <string key="concept:name" value="name"/>
  </global>
  <global scope="event">
    <string key="concept:name" value="name"/>
    <string key="lifecycle:transition" value="complete"/>
    <date key="time:timestamp" value="1970-01-01T00:00:00+00:00"/>
  </global>
  <classifier name="Activity" keys="concept:name"/>
  <classifier name="Activity and lifecycle" keys="concept:name lifecycle:transition"/>
"""


@dataclass(frozen=True)
class Written:
    """What a log holds: the file, cases, and tasks."""

    file: Path
    cases: int
    tasks: int


def log(
    scenario: Scenario,
    file: str | Path,
    *,
    seed: int | None = None,
    replication: int = 0,
    engine: str = "compiled",
    lang: str = "en",
) -> Written:
    """Simulate one replication and write it as an event log to ``file``: .xes, .csv, or either with .gz; or .parquet.

    Activities and pools go by their names in ``lang`` (``en`` or ``zh``). Parquet has the columns of ``simgov.events``,
    and those of ``simgov.cases`` in a file beside it. A long run is written slice by slice. Raises ``InputError`` for
    another suffix.
    """
    from simgov.chance import drawn_network
    from simgov.engines import is_long, simulate, slices
    from simgov.network import compile_network

    check_suffix(Path(file))
    chosen = scenario.run.seed if seed is None else seed
    network = drawn_network(compile_network(scenario), chosen, replication)
    which = (network, chosen, replication, engine)
    return write_log(network, slices(*which) if is_long(network) else (simulate(*which),), Path(file), lang)


def check_suffix(file: Path) -> None:
    """Raise ``InputError`` for a file that is neither XES, CSV nor Parquet by its name."""
    if not file.name.lower().endswith(SUFFIXES):
        message = f"{file.name} is neither XES, CSV nor Parquet"
        raise InputError((Problem((), message, "write a name that ends in " + ", ".join(SUFFIXES)),))


def write_log(network: Network, tables: Iterable[EventTable], file: Path, lang: str = "en") -> Written:
    """Write a run, whole or in slices (every case in one of them, with all its tasks), as an event log."""
    check_suffix(file)
    if file.name.lower().endswith(SUFFIX):
        return Written(file, *write_parquet(network, tables, file))
    cases = tasks = 0
    words = _Words(network, lang)
    with _opened(file) as out:
        writer = _Csv(out) if ".csv" in file.name.lower() else _Xes(out, words.name(network.scenario.name))
        for table in tables:
            writer.write(_Log(words, table, first=cases))
            cases, tasks = cases + len(table.applied), tasks + len(table.case)
        writer.end()
    return Written(file, cases, tasks)


@contextmanager
def _opened(file: Path) -> Iterator[TextIO]:
    """A text file to write, packed where its name ends in .gz (the same content gives the same bytes)."""
    file.parent.mkdir(parents=True, exist_ok=True)
    with file.open("wb") as raw:
        packed = gzip.GzipFile("", "wb", 6, raw, mtime=0) if file.name.lower().endswith(".gz") else None
        with io.TextIOWrapper(packed or raw, encoding="utf-8", newline="") as text:
            yield text


class _Words:
    """What services, steps and pools are called in a language."""

    def __init__(self, network: Network, lang: str) -> None:
        self.network, self.lang = network, lang
        scenario = network.scenario
        named = {pool.id: self.name(pool.name) for version in scenario.versions for pool in version.pools}
        self.activities = np.array([self.name(step.name) for route in network.routes for step in route.steps], object)
        self.step_ids = np.array([step for _, step in network.steps], object)
        self.services = np.array(network.services, object)
        self.pools = np.array([*(named[pool] for pool in network.pools), ""], object)
        self.pool_ids = np.array([*network.pools, ""], object)

    def name(self, text: Text) -> str:
        """The text in the language."""
        return text.zh if self.lang == "zh" else text.en


class _Log:
    """An event table as columns of texts, a case's tasks together; ``first`` is the number of its first case."""

    def __init__(self, words: _Words, table: EventTable, first: int) -> None:
        network = words.network
        self.table, self.start_day = table, np.datetime64(network.scenario.run.start.isoformat(), "ns")
        order = np.argsort(table.case, kind="stable")
        self.case, self.step = table.case[order], table.step[order]
        self.ready, self.start, self.finish = table.ready[order], table.start[order], table.finish[order]
        self.span = np.searchsorted(self.case, np.arange(len(table.applied) + 1))
        cases = table.cases_frame(network)
        numbers = (first + np.arange(len(table.applied))).astype(str).astype(object)
        self.names = (cases["service"].to_numpy() + "-" + numbers).tolist()
        self.services, self.outcomes = cases["service"].tolist(), cases["outcome"].tolist()
        self.channels, self.groups = cases["channel"].tolist(), cases["group"].tolist()
        self.activities = words.activities[self.step].tolist()
        self.step_ids = words.step_ids[self.step].tolist()
        pool, server = table.pool[order], table.server[order]
        served = server >= 0
        officer = words.pool_ids[pool] + "-" + (server + 1).astype(str).astype(object)
        self.resources = np.where(served, officer, "").tolist()
        self.pools = words.pools[pool].tolist()
        self.visits = table.visit[order].tolist()
        self.work = [repr(minutes) if minutes == minutes else "" for minutes in table.work[order].tolist()]
        self.task_outcomes = np.array(TASK_OUTCOMES, object)[table.outcome[order]].tolist()

    def dates(self, minutes: Floats) -> list[str]:
        """Instants as dates, "" for those not reached."""
        known = np.isfinite(minutes)
        whole = np.where(known, minutes, 0.0)
        day = np.floor(whole / 1440.0)
        within = np.rint((whole - day * 1440.0) * NANOSECONDS).astype(np.int64)
        instants = self.start_day + (day.astype(np.int64) * NANOSECONDS_A_DAY + within).astype("timedelta64[ns]")
        seconds = bool((within % (NANOSECONDS // 60) == 0).all())
        texts = np.datetime_as_string(instants, unit="s" if seconds else "ns").astype(object)
        return np.where(known, texts, "").tolist()  # type: ignore[no-any-return]

    def transitions(self) -> list[str]:
        """How far each task came, in the words of the standard lifecycle."""
        begun, over = np.isfinite(self.start), np.isfinite(self.finish)
        words = np.array(["schedule", "start", "withdraw", "complete"], object)
        return words[begun + 2 * over].tolist()  # type: ignore[no-any-return]

    def last_known(self) -> Floats:
        """The last known instant of each task."""
        return np.where(
            np.isfinite(self.finish), self.finish, np.where(np.isfinite(self.start), self.start, self.ready)
        )


class _Csv:
    """Writes a row for each task."""

    def __init__(self, out: TextIO) -> None:
        self.rows = csv.writer(out, lineterminator="\n")
        self.rows.writerow((*CASE_COLUMNS, *TASK_COLUMNS))

    def write(self, log: _Log) -> None:
        """The rows of an event table, case by case."""
        applied = log.dates(log.table.applied)
        of_cases = list(zip(log.names, log.services, log.channels, log.groups, applied, log.outcomes, strict=True))
        tasks = zip(
            log.activities, log.transitions(), log.dates(log.ready), log.dates(log.start), log.dates(log.last_known()),
            log.resources, log.pools, log.step_ids, log.visits, log.work, log.task_outcomes, strict=True,
        )  # fmt: skip
        self.rows.writerows((*of_cases[case], *task) for case, task in zip(log.case.tolist(), tasks, strict=True))

    def end(self) -> None:
        """Nothing follows the last row."""


class _Xes:
    """Writes a trace for each case, its events in order of time."""

    def __init__(self, out: TextIO, name: str) -> None:
        self.out = out
        out.write(XES_HEAD)
        out.write("  " + _text("concept:name", name))

    def write(self, log: _Log) -> None:
        """The traces of an event table."""
        table = log.table
        milestones = [
            (key, log.dates(instants))
            for key, instants in (
                ("applied", table.applied),
                ("accepted", table.accepted),
                ("decided", table.decided),
                ("left", table.left),
                ("promise_due", table.promise_due),
            )
        ]
        events = self._events(log)
        for case, name in enumerate(log.names):
            trace = [_text("concept:name", name), _text("service", log.services[case])]
            trace += [_text("channel", log.channels[case])] if log.channels[case] else []
            trace += [_text("group", log.groups[case])] if log.groups[case] else []
            trace += [_text("outcome", log.outcomes[case])]
            trace += [_date(key, dates[case]) for key, dates in milestones if dates[case]]
            self.out.write("  <trace>\n    " + "    ".join(trace))
            for task in events[case]:
                self.out.write(task)
            self.out.write("  </trace>\n")

    def _events(self, log: _Log) -> list[list[str]]:
        """The events of each case, in order of time, a start before the end at the same instant."""
        transitions = log.transitions()
        starts, ends = log.dates(log.start), log.dates(log.last_known())
        enabled, last = log.dates(log.ready), log.last_known()
        found: list[list[str]] = []
        for first, end in zip(log.span[:-1].tolist(), log.span[1:].tolist(), strict=True):
            events: list[tuple[float, int, str]] = []
            for k in range(first, end):
                about = self._about(log, k, enabled[k])
                if transitions[k] == "complete":
                    events.append((float(log.start[k]), 2 * k, _event("start", starts[k], about)))
                events.append((float(last[k]), 2 * k + 1, _event(transitions[k], ends[k], about)))
            found.append([text for *_, text in sorted(events)])
        return found

    def _about(self, log: _Log, k: int, enabled: str) -> str:
        """What all events of a task say."""
        lines = [_text("concept:name", log.activities[k])]
        lines += [_text("org:resource", log.resources[k])] if log.resources[k] else []
        lines += [_text("org:group", log.pools[k])] if log.pools[k] else []
        lines += [_text("step", log.step_ids[k]), f'<int key="visit" value="{log.visits[k]}"/>\n']
        lines += [f'<float key="work" value="{log.work[k]}"/>\n'] if log.work[k] else []
        lines += [_text("outcome", log.task_outcomes[k]), _date("enabled_timestamp", enabled)]
        return "      " + "      ".join(lines)

    def end(self) -> None:
        """Close the log."""
        self.out.write("</log>\n")


def _text(key: str, value: str) -> str:
    return f'<string key="{key}" value={quoteattr(value)}/>\n'


def _date(key: str, date: str) -> str:
    return f'<date key="{key}" value="{date}+00:00"/>\n'


def _event(transition: str, date: str, about: str) -> str:
    return (
        f"    <event>\n      {_date('time:timestamp', date)}      {_text('lifecycle:transition', transition)}"
        f"{about}    </event>\n"
    )
