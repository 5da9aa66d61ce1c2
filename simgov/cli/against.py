"""Compare measures with those of an earlier ``simgov run --json``, so that CI notices what moved."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from simgov.errors import InputError, Problem


@dataclass(frozen=True)
class Moved:
    """A measure that is not what the file says: ``before`` and ``now`` are None where it is undefined or missing."""

    scenario: str
    kpi: str
    unit: str
    before: float | None
    now: float | None


def earlier_measures(path: Path) -> list[Mapping[str, Any]]:
    """The ``kpis`` of a file that ``simgov run --json`` wrote. Raises ``InputError``."""
    wanted = "write it with: simgov run SCENARIO --json > " + path.name
    try:
        found = json.loads(path.read_text(encoding="utf-8-sig"))
    except json.JSONDecodeError as error:
        problem = Problem((), f"not JSON: {error.msg}", wanted, str(path), error.lineno, error.colno)
        raise InputError((problem,)) from error
    except UnicodeDecodeError as error:
        raise InputError((Problem((), "not a text file in UTF-8", wanted, str(path), 1, 1),)) from error
    kpis = found.get("kpis") if isinstance(found, dict) else None
    if not isinstance(kpis, list) or not all(is_measure(row) for row in kpis):
        raise InputError((Problem(("kpis",), "no list of measures", wanted, str(path), 1, 1),))
    return kpis


def is_measure(row: object) -> bool:
    """Whether ``row`` names a measure and gives a number, or null where it was undefined."""
    if not isinstance(row, dict):
        return False
    named = all(isinstance(row.get(key), str) for key in ("scenario", "kpi", "unit"))
    mean = row.get("mean")
    return named and (mean is None or (isinstance(mean, int | float) and not isinstance(mean, bool)))


def moved(before: Sequence[Mapping[str, Any]], now: Sequence[Mapping[str, Any]], tolerance: float) -> list[Moved]:
    """The measures of ``before`` that are gone, or further off than ``tolerance`` times their earlier value."""
    found = {(row["scenario"], row["kpi"], row["unit"]): row["mean"] for row in now}
    out = []
    for row in before:
        key = (row["scenario"], row["kpi"], row["unit"])
        old, new = row["mean"], found.get(key)
        if key not in found or not near(old, new, tolerance):
            out.append(Moved(*key, old, new))
    return out


def near(old: float | None, new: float | None, tolerance: float) -> bool:
    """Whether ``new`` lies within ``tolerance`` (a share of ``old``) of ``old``; undefined is near undefined only."""
    if old is None or new is None:
        return old is None and new is None
    return abs(new - old) <= tolerance * abs(old)
