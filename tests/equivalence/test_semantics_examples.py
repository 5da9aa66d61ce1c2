"""The examples of docs/semantics.md, run by both engines."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pytest
from ruamel.yaml import YAML

from simgov.applications import BOOKED, NO_SHOW, WALK_IN, routes_taken
from simgov.arrays import Integers
from simgov.capacity import drawn_capacity
from simgov.engines.compiled import run_compiled
from simgov.engines.events import TASK_OUTCOMES, EventTable
from simgov.engines.reference import run_reference
from simgov.network import Network, compile_network
from simgov.study import load
from simgov.workload import Workload, sample

PAGE = Path(__file__).parents[2] / "docs" / "semantics.md"
DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
AROUND = {
    "simgov": 1,
    "name": "Example",
    "calendar": {"hours": ["09:00-12:00", "13:00-17:00"]},
    "run": {"start": "2026-01-05", "period": "10 workdays", "cap": "30 days"},
}
ARRIVALS = {"poisson": {"rate": "60 /h", "hours": "always"}}
"""Enough that there are draws for everyone who comes; the instants are exchanged for those of the page."""

BOOKINGS = {"": WALK_IN, "booked": BOOKED, "absent": NO_SHOW}

Row = dict[str, str]
Engine = Callable[[Network, Workload, Integers], EventTable]


@dataclass(frozen=True)
class Example:
    """A block of the page: who applies when (service, minute), the scenario, and the tables that follow it."""

    line: int
    applies: tuple[tuple[str, float, str], ...]
    scenario: str
    tasks: list[Row]
    cases: list[Row]


def examples() -> list[Example]:
    text = PAGE.read_text(encoding="utf-8")
    found = []
    for block in re.finditer(r"```yaml example\napplies: ([^\n]*)\n(.*?)```\n(.*?)(?=\n#|\n```|\Z)", text, re.DOTALL):
        applies = YAML(typ="safe").load(block[1])
        comers = sorted((comer(when), name) for name, instants in applies.items() for when in instants)
        tables = {next(iter(rows[0].keys() - {"case"} & {"start", "decided"})): rows for rows in tables_of(block[3])}
        line = text[: block.start()].count("\n") + 1
        by_instant = tuple((name, when, booking) for (when, booking), name in comers)
        found.append(Example(line, by_instant, block[2], tables["start"], tables.get("decided", [])))
    return found


def tables_of(text: str) -> list[list[Row]]:
    """Every Markdown table, a row by its column names."""
    tables = []
    for table in re.findall(r"(?:^\|.*\|\n?)+", text, re.MULTILINE):
        lines = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.strip().split("\n")]
        tables.append([dict(zip(lines[0], line, strict=True)) for line in lines[2:]])
    return tables


def comer(text: str) -> tuple[float, str]:
    """``mon 09:10`` and how somebody comes then: ``""``, ``booked``, or ``absent`` (booked, and does not come)."""
    day, clock, *booking = text.split()
    return minute(f"{day} {clock}"), booking[0] if booking else ""


def minute(text: str) -> float:
    """``mon 09:10`` as a minute since Monday, 00:00; nan where there is none."""
    if not text:
        return float("nan")
    day, clock = text.split()
    hours, minutes = clock.split(":")
    return DAYS.index(day) * 1440.0 + int(hours) * 60 + int(minutes)


def written(instant: float) -> str:
    """The other way round."""
    if np.isnan(instant):
        return ""
    day, rest = divmod(instant, 1440.0)
    return f"{DAYS[int(day)]} {int(rest) // 60:02}:{int(rest) % 60:02}"


@pytest.mark.parametrize("example", examples(), ids=lambda example: f"line {example.line}")
@pytest.mark.parametrize("engine", [run_reference, run_compiled])
def test_the_example_is_what_happens(example: Example, engine: Engine, tmp_path: Path) -> None:
    network = network_of(example, tmp_path)
    events = engine(network, workload_of(network, example), np.zeros(1, np.int64))
    assert tasks_of(network, events) == in_order(example.tasks)
    if example.cases:
        assert cases_of(events) == example.cases


def test_the_page_has_examples() -> None:
    assert len(examples()) == PAGE.read_text(encoding="utf-8").count("```yaml example") >= 9
    assert all(example.tasks for example in examples())
    assert sum(bool(example.cases) for example in examples()) >= 2


def network_of(example: Example, folder: Path) -> Network:
    data = AROUND | YAML(typ="safe").load(example.scenario)
    for service in data["services"].values():
        service["arrivals"] = ARRIVALS
    file = folder / "example.yaml"
    file.write_text(json.dumps(data, default=str), encoding="utf-8")
    return drawn_capacity(compile_network(load(file).baseline), 1, 0)


def workload_of(network: Network, example: Example) -> Workload:
    """A drawn workload whose applicants come when the page says, and nobody else does."""
    drawn = sample(network, 1, 0, 4 * 1440.0)
    service = np.array([network.services.index(name) for name, *_ in example.applies], np.int32)
    applied = np.array([when for _, when, _ in example.applies])
    order = np.array([np.count_nonzero(service[:k] == service[k]) for k in range(len(service))])
    route = np.empty(len(service), np.int32)
    for s in range(len(network.services)):
        own = service == s
        route[own] = routes_taken(network, s, applied[own], order[own], 1, 0)
    slot = np.array([np.count_nonzero(route[:k] == route[k]) for k in range(len(route))])
    none = np.full(len(service), -1)
    return replace(
        drawn,
        horizon=network.cap,
        case_service=service,
        case_route=route,
        case_index=order,
        case_slot=slot,
        case_group=none.astype(np.int16),
        case_channel=none.astype(np.int16),
        case_backlog_step=none.astype(np.int32),
        case_booking=np.array([BOOKINGS[booking] for *_, booking in example.applies], np.int8),
        applied=applied,
    )


def tasks_of(network: Network, events: EventTable) -> list[Row]:
    """The rows of the event table as the page writes them."""
    columns = zip(events.case, events.step, events.ready, events.start, events.finish, events.outcome, strict=True)
    return in_order(
        [
            {
                "case": str(case),
                "step": network.steps[step][1],
                "ready": written(ready),
                "start": written(start),
                "finish": written(finish),
                "outcome": TASK_OUTCOMES[outcome],
            }
            for case, step, ready, start, finish, outcome in columns
        ]
    )


def in_order(rows: list[Row]) -> list[Row]:
    """By case, and each case's tasks as they became ready."""
    return sorted(rows, key=lambda row: (int(row["case"]), minute(row["ready"]), minute(row["finish"]), row["step"]))


def cases_of(events: EventTable) -> list[Row]:
    columns = zip(events.accepted, events.decided, events.stopped_days, events.promise_due, strict=True)
    return [
        {
            "case": str(case),
            "accepted": written(accepted),
            "decided": written(decided),
            "stopped days": str(stopped),
            "promise due": written(due),
        }
        for case, (accepted, decided, stopped, due) in enumerate(columns)
    ]
