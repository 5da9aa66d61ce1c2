"""What one section of the optimiser's benchmark measured: a table with a title and notes, kept as one file."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

Say = Callable[[str], None]
"""Told how far a section has come."""


@dataclass(frozen=True)
class Section:
    """A table: ``heads`` over ``rows`` of cells as they are shown, ``notes`` as sentences below it."""

    title: str
    heads: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for row in self.rows:
            if len(row) != len(self.heads):
                raise ValueError(f"{self.title}: a row of {len(row)} cells under {len(self.heads)} heads: {row}")


@dataclass(frozen=True)
class Measured:
    """A section with what it was measured on; ``seconds`` is the wall clock of the whole section."""

    section: Section
    seconds: float
    machine: dict[str, Any]
    versions: dict[str, str]


def write(measured: Measured, path: Path) -> None:
    """Keep a measured section."""
    section = measured.section
    record = {
        "title": section.title,
        "heads": section.heads,
        "rows": section.rows,
        "notes": section.notes,
        "seconds": round(measured.seconds, 1),
        "machine": measured.machine,
        "versions": measured.versions,
    }
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(record, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def read(path: Path) -> Measured:
    """A section that was kept."""
    record = json.loads(path.read_text(encoding="utf-8"))
    rows = tuple(tuple(row) for row in record["rows"])
    section = Section(record["title"], tuple(record["heads"]), rows, tuple(record["notes"]))
    return Measured(section, record["seconds"], record["machine"], record["versions"])


def page(sections: Sequence[Measured]) -> str:
    """``results/optimise.md``: all sections, each with what it was measured on."""
    lines = [
        "# The optimiser, measured",
        "",
        "Written by `make bench-optimize`, one file a section in `optimise/`; a section not run again keeps its last",
        "result. Counts of simulations are the same on every machine, times are not.",
    ]
    for measured in sections:
        lines += ["", f"## {measured.section.title}", "", *_table(measured.section), ""]
        lines += [f"- {note}" for note in measured.section.notes]
        lines += ["", f"*{_circumstances(measured)}*"]
    return "\n".join(lines) + "\n"


def _table(section: Section) -> list[str]:
    def line(cells: Sequence[str]) -> str:
        return "| " + " | ".join(cells) + " |"

    return [line(section.heads), "|" + "---|" * len(section.heads), *(line(row) for row in section.rows)]


def _circumstances(measured: Measured) -> str:
    machine = measured.machine
    libraries = ", ".join(f"{name} {number}" for name, number in measured.versions.items())
    minutes = measured.seconds / 60.0
    return (
        f"Took {minutes:.1f} minutes while {machine['others']:.1f} other processes wanted a core of "
        f"{machine['processor']}, {machine['cores']} cores, {machine['system']}; {libraries}."
    )
