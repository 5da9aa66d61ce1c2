"""Scenarios under stress: every stress by name, those that a file sets up, and what a stress makes of a reform."""

from __future__ import annotations

import contextlib
import datetime
import importlib
import math
import pkgutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from pydantic import Field, create_model, model_validator

from simgov.errors import InputError, Problem, ReformError
from simgov.reforms import stresses
from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.reform import Reform
from simgov.reforms.registry import MEASURES
from simgov.reforms.stress import Stress, StressKind
from simgov.scenario.differences import differences
from simgov.scenario.fields import Id, fault, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Posts, Scenario, Text
from simgov.units import format_share

HOLIDAYS = 15
"""Days off in a row that are allowed for, beside a tenth more than weekends take."""


def _found() -> dict[str, StressKind]:
    names = sorted(module.name for module in pkgutil.iter_modules(stresses.__path__))
    kinds = [importlib.import_module(f"{stresses.__name__}.{name}").KIND for name in names]
    return {kind.key: kind for kind in kinds}


STRESSES: Mapping[str, StressKind] = _found()
"""By key, in alphabetical order."""


# As the file writes it ------------------------------------------------------------------------------------------------


class OneStress(Section):
    """One kind of stress with the parameters that are to differ from its own."""

    @model_validator(mode="after")
    def is_one_stress(self) -> OneStress:
        """Exactly one kind."""
        kinds = sorted(self.model_fields_set)
        if len(kinds) != 1:
            what = "names no stress" if not kinds else "names more than one stress: " + ", ".join(kinds)
            raise fault(what, "one of " + ", ".join(STRESSES) if not kinds else "give each a name of its own")
        return self

    def stress(self, name: str) -> Stress:
        """The stress that this writes."""
        (key,) = self.model_fields_set
        return Stress(name, STRESSES[key], getattr(self, key))


StressSpec: type[OneStress] = create_model(
    "StressSpec",
    __base__=OneStress,
    __doc__=OneStress.__doc__,
    **{key: (kind.spec | None, Field(None, description=kind.meaning)) for key, kind in STRESSES.items()},  # type: ignore[call-overload]
)

StressField = dict[Id, StressSpec]  # type: ignore[valid-type]
"""The section ``stress:``: by name, a kind of stress with its parameters."""


def unknown_names(spec: Mapping[str, OneStress], baseline: Scenario, reforms: Mapping[str, Reform]) -> list[Problem]:
    """What stresses of a file name that there is not: kinds of measure, and pools and services that neither the
    baseline nor any reform has.
    """
    if not spec:
        return []
    known = {"kinds": list(MEASURES), **_there(baseline, reforms)}
    problems = []
    for name, one in spec.items():
        (key,) = one.model_fields_set
        for field, what in (("pools", "pool"), ("services", "service"), ("kinds", "kind of measure")):
            for place, said in enumerate(getattr(getattr(one, key), field, None) or ()):
                if said not in known[field]:
                    path = ("stress", name, key, field, place)
                    problems.append(Problem(path, *unknown(what, said, known[field])))
    return problems


def _there(baseline: Scenario, reforms: Mapping[str, Reform]) -> dict[str, list[str]]:
    """The pools and services of the baseline and of what each reform makes of it, where that may be applied."""
    scenarios = [baseline]
    for reform in reforms.values():
        with contextlib.suppress(ReformError):
            scenarios.append(reform.apply(baseline))
    versions = [version for scenario in scenarios for version in scenario.versions]
    return {
        "pools": list(dict.fromkeys(pool.id for version in versions for pool in version.pools)),
        "services": list(dict.fromkeys(service.id for version in versions for service in version.services)),
    }


def built_in() -> dict[str, Stress]:
    """Every kind with its own parameters, under its key."""
    return {key: Stress(key, kind, kind.spec()) for key, kind in STRESSES.items()}


def resolve(spec: Mapping[str, OneStress]) -> dict[str, Stress]:
    """The stresses that can be asked for: those of the file, and every kind whose key the file does not use."""
    return built_in() | {name: one.stress(name) for name, one in spec.items()}


def called(known: Mapping[str, Stress], name: str) -> Stress:
    """The stress of that name. Raises ``InputError`` with the nearest."""
    if name not in known:
        raise InputError((Problem((), *unknown("stress", name, known)),))
    return known[name]


# What a stress makes of a scenario ------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Stressed:
    """A scenario under a stress, labelled ``NAME+STRESS``; ``touched`` says what the stress acted on, line by line."""

    scenario: Scenario
    touched: tuple[Text, ...]


def under(
    stress: Stress,
    baseline: Scenario,
    measures: Sequence[Measure] = (),
    posts: Mapping[str, Posts] | None = None,
    label: str = "baseline",
) -> Stressed:
    """The scenario that ``measures`` and then ``posts`` make of the baseline, under a stress.

    Raises ``Refusal`` where the stress finds nothing to act on, and ``ReformError`` where a measure that comes late
    may not be applied any more.
    """
    strained = [stress.kind.on_measure(stress.spec, measure, baseline) for measure in measures]
    pairs = list(zip(measures, strained, strict=True))
    touched = [line for before, after in pairs if before != after for line in moved(before, after, baseline)]
    try:
        made, left_out = _made(baseline, strained)
        made = made.with_staff(posts) if posts else made
        scenario = stress.kind.on_scenario(stress.spec, baseline, made)
    except Refusal as refusal:
        raise ReformError(f"{label} cannot be put under {stress.name}: {refusal}") from None
    touched += [never_begun(measure) for measure in left_out]
    if not touched and scenario == made:
        acts_on = stress.kind.acts_on.en
        raise Refusal(f"{stress.name} finds nothing to act on in {label}", f"it acts on {acts_on}")
    touched += [Text(one.text("en"), one.text("zh")) for one in differences(made, scenario)]
    return Stressed(replace(scenario, label=f"{label}+{stress.name}"), tuple(touched))


def begun_under(stress: Stress, baseline: Scenario, measures: Sequence[Measure]) -> Scenario:
    """What measures make of the baseline as they begin under a stress, before it acts on the office that they make.

    Raises ``ReformError`` where a measure that comes late may not be applied any more.
    """
    return _made(baseline, [stress.kind.on_measure(stress.spec, measure, baseline) for measure in measures])[0]


def _made(baseline: Scenario, measures: Sequence[Measure]) -> tuple[Scenario, list[Measure]]:
    """The scenario after the measures, and those that do not begin any more within the run.

    A measure that can only follow one that is late is late with it.
    """
    scenario, latest, left_out = baseline, baseline.run.start, list[Measure]()
    for measure in measures:
        begins = measure.begins(baseline)
        try:
            scenario = measure.apply(scenario)
        except Refusal:
            if latest > begins:
                measure = replace(measure, since=latest)
            try:
                scenario = measure.apply(scenario)
            except Refusal:
                if max(latest, begins) <= last_day(baseline):
                    raise
                left_out.append(measure)
        latest = max(latest, measure.begins(baseline))
    return scenario, left_out


def last_day(scenario: Scenario) -> datetime.date:
    """A day by which the measured period is over for sure; the end of time where the run counts cases."""
    if scenario.run.period is None:
        return datetime.date.max
    a_workday = 1.1 * 7.0 / max(1, sum(bool(hours) for hours in scenario.calendar.week))
    days = HOLIDAYS
    for span in (scenario.run.warm_up, scenario.run.period):
        days += math.ceil(span.amount * a_workday if span.base == "workday" else span.amount / 1440.0)
    return scenario.run.start + datetime.timedelta(days=days)


def moved(before: Measure, after: Measure, baseline: Scenario) -> list[Text]:
    """What became of a measure: when it begins, and how many it reaches."""
    who = f"{before.of}: {before.kind}" if before.of else before.kind
    lines = []
    was, now = before.begins(baseline), after.begins(baseline)
    if was != now:
        lines.append(Text(f"{who}: begins {was} → {now}", f"{who}：开始日期 {was} → {now}"))
    shares = [_uptakes(measure) for measure in (before, after)]
    if shares[0] != shares[1]:
        lines.append(Text(f"{who}: uptake {shares[0]} → {shares[1]}", f"{who}：惠及比例 {shares[0]} → {shares[1]}"))
    return lines


def _uptakes(measure: Measure) -> str:
    shares = [share for _, share in measure.phase_in] or [measure.uptake]
    return ", ".join(format_share(round(share, 12)) for share in shares)


def never_begun(measure: Measure) -> Text:
    """That a measure does not begin within the run."""
    who = f"{measure.of}: {measure.kind}" if measure.of else measure.kind
    return Text(f"{who}: does not begin within the run", f"{who}：在模拟期内未能实施")


def as_data(kind: StressKind) -> dict[str, Any]:
    """A kind of stress for machines."""
    return {
        "key": kind.key,
        "name": {"en": kind.name.en, "zh": kind.name.zh},
        "effect": {"en": kind.effect.en, "zh": kind.effect.zh},
        "acts_on": {"en": kind.acts_on.en, "zh": kind.acts_on.zh},
        "parameters": [
            {
                "key": parameter.key,
                "meaning": {"en": parameter.meaning.en, "zh": parameter.meaning.zh},
                "unit": parameter.unit,
                "default": parameter.default,
                "source": parameter.source,
            }
            for parameter in kind.parameters
        ],
    }
