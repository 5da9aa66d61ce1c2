"""The example office with a reform written as a file would write it: what the tests of measures are made of."""

from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import simgov
from simgov.errors import InputError, Problem
from simgov.scenario.value import Scenario
from simgov.study import Study, load

OFFICE = Path(simgov.__file__).parent / "reforms" / "office.yaml"


def study(*measures: str, extra: str = "", replaced: tuple[tuple[str, str], ...] = ()) -> Study:
    """The office with the reform ``changed`` of these measures (``remove_step: permit.recheck``, ...).

    ``extra`` is more of the file; ``replaced`` are pieces of the office's own text and what stands there instead.
    """
    text = OFFICE.read_text(encoding="utf-8")
    for old, new in replaced:
        assert old in text, old
        text = text.replace(old, new)
    if measures:
        items = "\n".join(f"    - {{{measure}}}" for measure in measures)
        text += f"\nreforms:\n  changed:\n{items}\n"
    with tempfile.TemporaryDirectory() as folder:
        place = Path(folder) / "scenario.yaml"
        place.write_text(text + extra, encoding="utf-8")
        return load(place)


def pair(*measures: str, **how: object) -> tuple[Scenario, Scenario]:
    """The office before and after these measures; both labelled alike, so that they can be compared by ``==``."""
    found = study(*measures, **how)  # type: ignore[arg-type]
    return found.baseline, replace(found.reform("changed"), label=found.baseline.label)


def problems(*measures: str, **how: object) -> tuple[Problem, ...]:
    """What is wrong with these measures, located; () where nothing is."""
    try:
        study(*measures, **how)  # type: ignore[arg-type]
    except InputError as error:
        return error.problems
    return ()


def refusal(measure: str, **how: object) -> tuple[str, str]:
    """Where below the measure's key the first fault is, and what is said there, advice included; "" for none."""
    found = problems(measure, **how)
    if not found:
        return "", ""
    return ".".join(map(str, found[0].path[4:])), f"{found[0].message}; {found[0].hint}"


def means(scenarios: tuple[Scenario, ...], *kpis: str, replications: int = 10) -> list[list[float]]:
    """The means of KPIs (columns) in scenarios (rows), which meet the same applicants with the same work."""
    labelled = [replace(scenario, label=str(place)) for place, scenario in enumerate(scenarios)]
    frame = simgov.run(labelled, replications=replications, seed=7, kpis=list(kpis)).kpis
    table = frame.groupby(["scenario", "kpi"])["value"].mean()
    return [[float(table[scenario.label, kpi]) for kpi in kpis] for scenario in labelled]
