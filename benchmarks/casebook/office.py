"""The office of a case: its ``scenario.yaml`` as plain data, in which numbers are set before it is read."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from simgov.errors import InputError
from simgov.experiment.estimating import estimate
from simgov.reforms.phases import resolve as read_phases
from simgov.reforms.reform import resolve as read_reforms
from simgov.reforms.stressing import resolve as read_stresses
from simgov.scenario.fields import unknown
from simgov.scenario.resolve import Names, resolve
from simgov.scenario.validate import validate
from simgov.scenario.value import Scenario
from simgov.study.reading import Study
from simgov.study.schema import StudySpec

Place = tuple[str | int, ...]
NUMBER = re.compile(r"\s*([-+]?[0-9]+(?:\.[0-9]*)?(?:[eE][-+]?[0-9]+)?)\s*(.*?)\s*")
MONEY = re.compile(r"[A-Z]{3}\b")
BASELINE = "baseline"


@dataclass(frozen=True)
class Unit:
    """How a number is written in the file: with a text behind it, as a whole number, or bare."""

    text: str = ""
    whole: bool = False

    def written(self, number: float) -> int | float | str:
        """What stands in the file for ``number``."""
        if self.whole:
            return round(number)
        if not self.text:
            return float(number)
        return f"{number:.2f} {self.text}" if MONEY.match(self.text) else f"{number:.12g} {self.text}"


def quantity(value: Any) -> tuple[float, Unit]:
    """The number and the unit of a value of the file: ``12 min``, ``15 %``, ``4`` or ``0.8``. Raises ``ValueError``."""
    if isinstance(value, int) and not isinstance(value, bool):
        return float(value), Unit(whole=True)
    if isinstance(value, float):
        return value, Unit()
    match = NUMBER.fullmatch(value) if isinstance(value, str) else None
    if match is None or not match[2]:
        raise ValueError(f"{value!r} is not a number with its unit")
    text = match[2] + "s" if match[2] in ("day", "workday", "week", "year") else match[2]
    return float(match[1]), Unit(text)


@dataclass(frozen=True)
class Knob:
    """A number of the file that is set: ``places`` in it, ``low`` to ``high`` in ``unit``.

    With ``times`` it multiplies what is written there, by so many percent.
    """

    key: str
    places: tuple[Place, ...]
    low: float
    high: float
    unit: Unit
    times: bool = False

    def at(self, share: float) -> float:
        """The number at a share, from 0 to 1, of the range; every whole number has the same share."""
        if self.unit.whole:
            return min(self.low + int(share * (self.high - self.low + 1)), self.high)
        return self.low + share * (self.high - self.low)


Settings = Sequence[tuple[Knob, float]]


class NoPlace(ValueError):
    """A path leads nowhere in the file: what is wrong, and what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.message, self.hint = message, hint


def places(data: Any, path: str) -> tuple[Place, ...]:
    """The places in ``data`` that a dotted path names; ``*`` stands for every key or item that leads on."""
    found = tuple(_places(data, tuple(path.split(".")), ()))
    if not found:
        raise NoPlace(f"nothing in scenario.yaml is at {path}", "write the value there, so that it can be set")
    return found


def _places(data: Any, parts: tuple[str, ...], before: Place) -> Iterator[Place]:
    if not parts:
        yield before
        return
    head, rest = parts[0], parts[1:]
    if head == "*":
        for key, value in data.items() if isinstance(data, dict) else enumerate(data) if isinstance(data, list) else ():
            try:
                yield from _places(value, rest, (*before, key))
            except NoPlace:
                continue
    elif isinstance(data, list) and head.isdigit() and int(head) < len(data):
        yield from _places(data[int(head)], rest, (*before, int(head)))
    elif isinstance(data, dict) and head in data:
        yield from _places(data[head], rest, (*before, head))
    else:
        where = ".".join(str(part) for part in before) or "scenario.yaml"
        message, hint = unknown("key", head, data if isinstance(data, dict) else ())
        raise NoPlace(f"{message} in {where}", hint)


def value_at(data: Any, place: Place) -> Any:
    """What stands at a place."""
    for part in place:
        data = data[part]
    return data


def with_value(data: Any, place: Place, value: Any) -> Any:
    """``data`` with ``value`` at a place; nothing else is copied but what leads there."""
    if not place:
        return value
    changed: Any = list(data) if isinstance(data, list) else dict(data)
    changed[place[0]] = with_value(data[place[0]], place[1:], value)
    return changed


@dataclass(frozen=True)
class Office:
    """A scenario file as data. Targets and decisions are no part of it: they would tell what came after.

    ``planned`` is the reform that holds before already, where what comes after is that reform under a stress.
    """

    path: Path
    data: Mapping[str, Any]
    planned: str | None = None

    def study(self, settings: Settings, reforms: Sequence[str]) -> Study:
        """The study with these numbers set and these reforms, and what they name. Raises ``InputError``."""
        data: Any = {key: value for key, value in self.data.items() if key not in ("targets", "optimize")}
        if "phases" not in data:
            data["reforms"] = {name: data["reforms"][name] for name in self._named(reforms)}
            if not data["reforms"]:
                del data["reforms"]
        for knob, number in sorted(settings, key=lambda setting: setting[0].times):
            for place in knob.places:
                if place[0] in data and (place[0] != "reforms" or place[1] in data["reforms"]):
                    data = with_value(data, place, _written(knob, number, value_at(data, place)))
        return self._read(data)

    def _read(self, data: dict[str, Any]) -> Study:
        """The study that the data mean; reforms are not tried, as the file was checked when the case was loaded."""
        validated = validate(StudySpec, data)
        if validated.spec is None or validated.problems:
            raise InputError(validated.problems)
        baseline, problems = resolve(validated.spec, Names.of(data, ()), self.path.parent)
        listed = list(data.get("reforms", {}))
        reforms, faults = read_reforms(validated.spec.reforms, listed)
        if not faults and validated.spec.phases:
            baseline, faults = read_phases(validated.spec.phases, reforms, listed, baseline)
        errors = tuple(problem for problem in (*problems, *faults) if not problem.warning)
        if errors:
            raise InputError(errors)
        return Study(self.path, baseline, reforms, stresses=read_stresses(validated.spec.stress))

    def _named(self, reforms: Sequence[str]) -> list[str]:
        """These reforms and all that they name, in the order of the file."""
        written: Mapping[str, Any] = self.data.get("reforms", {})
        wanted, waiting = set[str](), list(reforms)
        while waiting:
            name = waiting.pop()
            if name in written and name not in wanted:
                wanted.add(name)
                waiting += [item for item in written[name] if isinstance(item, str)]
        return [name for name in written if name in wanted]

    def scenario(self, settings: Settings, label: str | None = None) -> Scenario:
        """The scenario with these numbers set: of a label (a reform, or a reform or the baseline under a stress, as in
        ``lean+outage``), or without one as it is before."""
        label = label or self.planned or BASELINE
        reform = label.partition("+")[0]
        return self.study(settings, () if reform == BASELINE else (reform,)).scenario(label)

    def only_after(self, knob: Knob) -> bool:
        """Whether a number changes nothing of what is before."""
        sections = ("stress",) if self.planned is not None else ("reforms", "stress")
        return all(place[0] in sections for place in knob.places)


def _written(knob: Knob, number: float, present: Any) -> int | float | str:
    if not knob.times:
        return knob.unit.written(number)
    value, unit = quantity(present)
    return unit.written(value * number / 100.0)


@dataclass(frozen=True)
class Draws:
    """Which replications are simulated: ``count`` of them from ``first`` on, of a seed."""

    seed: int
    count: int
    first: int = 0


@dataclass(frozen=True)
class Quantity:
    """What a figure is: a KPI, or what is reckoned from KPIs.

    ``complement`` is 1 less the KPI; ``spread`` is how far the highest of several lies above the lowest, as a share of
    their mean.
    """

    kpis: tuple[str, ...]
    taken_as: Literal["kpi", "complement", "spread"] = "kpi"

    @property
    def name(self) -> str:
        """How it is written in the table."""
        if self.taken_as == "spread":
            return f"(max - min) / mean of {', '.join(self.kpis)}"
        return f"1 - {self.kpis[0]}" if self.taken_as == "complement" else self.kpis[0]

    def of(self, values: Mapping[str, float]) -> float:
        """What it is, with the KPIs by name."""
        found = [values[name] for name in self.kpis]
        if self.taken_as == "spread":
            return (max(found) - min(found)) / statistics.fmean(found)
        return 1.0 - found[0] if self.taken_as == "complement" else found[0]


def measured(scenario: Scenario, quantities: Sequence[Quantity], draws: Draws) -> tuple[float, ...]:
    """Quantities of a scenario on some replications, KPIs each in its own unit."""
    names = list(dict.fromkeys(name for quantity in quantities for name in quantity.kpis))
    estimates = estimate(scenario, names, draws.count, draws.seed, draws.first)
    values = {name: one.value for name, one in estimates.items()}
    return tuple(quantity.of(values) for quantity in quantities)


def bounded(scenario: Scenario, quantities: Sequence[Quantity], draws: Draws) -> tuple[bool, ...]:
    """Whether each quantity could still change, because cases are open when the run ends."""
    names = list(dict.fromkeys(name for quantity in quantities for name in quantity.kpis))
    estimates = estimate(scenario, names, draws.count, draws.seed, draws.first)
    return tuple(any(estimates[name].lower_bound for name in quantity.kpis) for quantity in quantities)
