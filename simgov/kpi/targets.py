"""The ``targets:`` section of a scenario file: limits that KPIs have to keep.

``Spec`` is one entry as written, ``resolve`` checks the entries against the scenario they belong to::

    targets:
      - {kpi: passport.days.p90, at_most: 4 workdays}
      - {kpi: passport.on_time, at_least: 95 %}
      - {kpi: hall.wait.mean, at_most: 15 min}
      - {kpi: counter.utilisation, at_least: 60 %, at_most: 85 %}
"""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, Literal, Protocol

from pydantic import AfterValidator, Field, WithJsonSchema

from simgov.errors import PathPart, Problem
from simgov.kpi.selection import is_selection
from simgov.kpi.table import Kpi, UnknownKpi, find
from simgov.scenario.fields import Spec as Section
from simgov.scenario.fields import fault
from simgov.scenario.value import Scenario
from simgov.units import Duration, UnitError, format_duration, parse_duration, parse_money, parse_share, plain, shown


def _text(value: Any) -> str:
    """A limit as written; a bare number has no unit."""
    if isinstance(value, int | float) and not isinstance(value, bool):
        number = plain(value)
        raise fault(f"{number} has no unit", f"write {number} with the unit of the KPI, e.g. 15 min or 2 visits")
    if not isinstance(value, str):
        raise fault("this should be a limit with its unit", "write it as 4 workdays, 15 min or 95 %")
    return value


LimitField = Annotated[
    Any,
    AfterValidator(_text),
    WithJsonSchema({"type": "string", "examples": ["4 workdays", "15 min", "95 %"]}),
]


class Spec(Section):
    """A limit that a KPI has to keep in every plan: at most, at least, or both."""

    kpi: str = Field(description="Name of the KPI, e.g. passport.days.p90", min_length=1)
    at_most: LimitField | None = Field(None, description="The KPI must not exceed this, e.g. 4 workdays")
    at_least: LimitField | None = Field(None, description="The KPI must reach this, e.g. 95 %")


class Estimated(Protocol):
    """A value that may be only a lower bound."""

    @property
    def value(self) -> float:
        """In the KPI's unit."""

    @property
    def lower_bound(self) -> bool:
        """Whether the true value may be larger."""


@dataclass(frozen=True)
class Target:
    """``kpi`` must be at most, or at least, a limit; both are in ``unit``, the KPI's own."""

    kpi: str
    at_most: float | None = None
    at_least: float | None = None
    unit: str = ""

    @property
    def sense(self) -> Literal["at_most", "at_least"]:
        """Which of the two it is."""
        return "at_least" if self.at_most is None else "at_most"

    @property
    def limit(self) -> float:
        """The limit, in ``unit``."""
        limit = self.at_least if self.at_most is None else self.at_most
        assert limit is not None
        return limit

    def at(self, limit: float) -> Target:
        """The same KPI at another limit."""
        if self.at_most is None:
            return replace(self, at_least=limit)
        return replace(self, at_most=limit)

    def met(self, estimate: Estimated) -> bool:
        """Whether the estimate keeps the limit. What is undefined keeps none; a lower bound is at most nothing."""
        if math.isnan(estimate.value):
            return False
        if self.sense == "at_least":
            return estimate.value >= self.limit
        return estimate.value <= self.limit and not estimate.lower_bound


def resolve(
    specs: Sequence[Spec], scenario: Scenario, path: tuple[PathPart, ...] = ("targets",)
) -> tuple[tuple[Target, ...], tuple[Problem, ...]]:
    """The targets that ``specs`` mean for ``scenario``, and everything wrong with them, located below ``path``."""
    targets: list[Target] = []
    problems: list[Problem] = []
    for place, spec in enumerate(specs):
        try:
            targets += _targets(spec, scenario)
        except _Refused as refused:
            here = (*path, place, refused.key) if refused.key else (*path, place)
            problems.append(Problem(here, refused.message, refused.hint))
    return tuple(targets), tuple(problems)


def watched(targets: Sequence[Target]) -> tuple[str, ...]:
    """The KPIs of targets that a scenario does not have unasked: of several services, or of a group of applicants."""
    return tuple(dict.fromkeys(one.kpi for one in targets if is_selection(one.kpi.partition(".")[0])))


class _Refused(Exception):
    """An entry means no target; ``key`` is where in it the fault lies."""

    def __init__(self, key: str, message: str, hint: str = "") -> None:
        super().__init__(message)
        self.key, self.message, self.hint = key, message, hint


def _targets(spec: Spec, scenario: Scenario) -> list[Target]:
    """One target, or two where a KPI is to stay between two limits."""
    try:
        kpi = find(scenario, spec.kpi)
    except UnknownKpi as error:
        raise _Refused("kpi", error.message, error.hint) from None
    keys = [key for key in ("at_least", "at_most") if getattr(spec, key) is not None]
    if not keys:
        raise _Refused("", "this target has no limit", f"write at_{_usual(kpi)}: …, or both at_least and at_most")
    found = []
    for key in keys:
        try:
            found.append(Target(kpi.name, unit=kpi.unit, **{key: parse_limit(kpi, getattr(spec, key))}))
        except UnitError as error:
            raise _Refused(key, error.message, error.hint) from None
    if len(found) == 2 and found[0].limit > found[1].limit:
        raise _Refused("at_most", "nothing is at least the one limit and at most the other", "let at_most be larger")
    return found


def _usual(kpi: Kpi) -> str:
    return "least" if kpi.direction == "higher" else "most"


def parse_limit(kpi: Kpi, text: str) -> float:
    """The limit that ``text`` writes, in the unit of ``kpi``. Raises ``UnitError``."""
    if kpi.unit == "min":
        return _minutes(kpi, parse_duration(text))
    if kpi.unit == "workdays":
        return _workdays(kpi, parse_duration(text))
    if kpi.unit == "share":
        return parse_share(text)
    if kpi.definition.unit == "money":
        return _money(kpi, text)
    return _counted(kpi, text)


def _minutes(kpi: Kpi, limit: Duration) -> float:
    if limit.base == "workday":
        days = kpi.name.replace(".time.", ".days.")
        if kpi.definition.quantity != "time":
            raise UnitError(f"{kpi.name} is wall-clock time, not workdays", "write the limit in min, h or days")
        raise UnitError(
            f"{kpi.name} is wall-clock time, nights and holidays included, not workdays",
            f"for a limit in workdays from acceptance to decision use the KPI {days}",
        )
    return limit.amount


def _workdays(kpi: Kpi, limit: Duration) -> float:
    if limit.base != "workday":
        time = kpi.name.replace(".days.", ".time.")
        raise UnitError(
            f"{kpi.name} counts workdays, not {format_duration(limit)}",
            f"write workdays, or use the KPI {time} for wall-clock time",
        )
    return limit.amount


def _money(kpi: Kpi, text: str) -> float:
    money = parse_money(text)
    if money.per != "once":
        raise UnitError(
            f"{shown(text)} is per {money.per}; {kpi.name} is for the whole horizon", f"write {kpi.unit} alone"
        )
    if money.currency != kpi.unit:
        raise UnitError(f"{shown(text)} is in {money.currency}; the scenario is in {kpi.unit}")
    return money.minor / 100.0


_UNITS: dict[str, tuple[str, ...]] = {
    "visits": ("visits", "visit", "次"),
    "documents": ("documents", "document", "份"),
    "steps": ("steps", "step", "次"),
    "times": ("times", "time", "次"),
    "cases": ("cases", "case", "件", "人"),
    "cases/workday": ("cases/workday", "case/workday", "/workday", "件/工作日"),
    "h/workday": ("h/workday", "小时/工作日"),
    "points": ("points", "point", "分"),
    "per 100 cases": ("per100cases", "/100cases", "件/百件"),
}
"""What may be written for a unit that is counted."""


def _counted(kpi: Kpi, text: str) -> float:
    written = _UNITS.get(kpi.unit, (kpi.unit, kpi.unit.replace("/case", "/件")))
    match = re.fullmatch(r"\s*([0-9]+(?:\.[0-9]*)?)\s*(.*?)\s*", text)
    if match is None:
        raise UnitError(f"{shown(text)} is not a limit of {kpi.name}", f"write it as 2 {kpi.unit}")
    if re.sub(r"\s", "", match[2]) not in written:
        found = f"has the unit {match[2]!r}" if match[2] else "has no unit"
        raise UnitError(f"{shown(text)} {found}; {kpi.name} is in {kpi.unit}", f"write {match[1]} {kpi.unit}")
    return float(match[1])
