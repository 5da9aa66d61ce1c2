"""Phases: dates from which reforms hold in the scenario itself, whatever other reforms are compared with it."""

from __future__ import annotations

import itertools
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Annotated

from pydantic import Discriminator, Field, Tag

from simgov.errors import PathPart, Problem
from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.reform import Reform, refused
from simgov.scenario.fields import DateField, Id, kind_tag, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario

ReformNames = Annotated[
    Annotated[Id, Tag("<text>")] | Annotated[list[Id], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]


class PhaseSpec(Section):
    """From a date on, a reform of this file holds: later applicants take its routes, pools follow the clock."""

    from_: DateField = Field(alias="from", description="The first day, from 00:00 on; after the first day of the run")
    reform: ReformNames = Field(description="The reform, or a list of reforms; those of earlier phases go on")


Place = tuple[PathPart, ...]


def resolve(
    specs: Sequence[PhaseSpec],
    reforms: Mapping[str, Reform],
    known: Sequence[str],
    baseline: Scenario,
    untried: frozenset[str] = frozenset(),
) -> tuple[Scenario, list[Problem]]:
    """The baseline with its phases, and what is wrong with them.

    ``known`` are the names of reforms in the file, those that could not be read too; measures of an ``untried`` kind
    are left out, and reforms that may not be applied even to the first day, which is said where they stand.
    """
    problems: list[Problem] = []
    first = baseline
    ordered = sorted(enumerate(specs), key=lambda numbered: numbered[1].from_)
    for (_, before), (position, spec) in itertools.pairwise(ordered):
        if before.from_ == spec.from_:
            hint = "write the reforms of both in one list"
            problems.append(Problem(("phases", position, "from"), f"another phase begins on {spec.from_} too", hint))
    for position, spec in ordered:
        here: Place = ("phases", position)
        if spec.from_ <= baseline.run.start:
            message = f"{spec.from_} is not after the first day of the run, {baseline.run.start}"
            problems.append(Problem((*here, "from"), message, "what holds all along is no phase"))
            continue
        for place, name in _names(spec, (*here, "reform")):
            if name not in known:
                problems.append(Problem(place, *unknown("reform", name, known)))
            elif name in reforms and not refused(reforms[name], first):
                measures = [measure for measure in reforms[name].measures if measure.kind not in untried]
                baseline, found = _applied(measures, spec, baseline, place)
                problems += found
    return baseline, problems


def _names(spec: PhaseSpec, place: Place) -> list[tuple[Place, str]]:
    """The reforms of a phase, each with its place in the file."""
    if isinstance(spec.reform, str):
        return [(place, spec.reform)]
    return [((*place, position), name) for position, name in enumerate(spec.reform)]


def _applied(
    measures: Sequence[Measure], spec: PhaseSpec, scenario: Scenario, place: Place
) -> tuple[Scenario, list[Problem]]:
    """The scenario after the measures of one reform, which hold from the date of the phase, or from their own."""
    for measure in measures:
        since = spec.from_ if measure.since is None else max(spec.from_, measure.since)
        try:
            scenario = replace(measure, since=since).apply(scenario)
        except Refusal as refusal:
            return scenario, [Problem(place, f"{measure.kind}: {refusal.message}", refusal.hint)]
    return scenario, []
