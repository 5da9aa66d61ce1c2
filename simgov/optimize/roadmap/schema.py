"""The ``roadmap:`` section of a scenario file: what may begin in which quarter, what each year may cost, and what has
to be reached by when.

``Spec`` is the section as written, ``resolve`` checks it against the scenario, ``Roadmap`` is the result::

    roadmap:
      start: 2027-01-01
      quarters: 12
      budgets: {2027: 3000000 CNY}
      at_once: 2
      settle: 1 quarter
      measures: {one_window: {}, lean: {from: 2027-Q2, until: 2028-Q4, settle: 2 quarters}}
      staff: {counter: 4..12}
      most_change: 3
      milestones:
        - {by: 2027-Q4, kpi: permit.days.mean, at_most: 10 workdays}
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Literal

from pydantic import Field

from simgov.errors import PathPart, Problem, ReformError
from simgov.kpi import targets
from simgov.kpi.targets import Target
from simgov.optimize.ranges import RangeField
from simgov.optimize.roadmap.quarters import Quarter, parse_quarter, parse_quarters, parse_year, quarter_of
from simgov.scenario.fields import DateField, Id, OnceField, reads, text_schema, unknown
from simgov.scenario.fields import Spec as Section

if TYPE_CHECKING:
    from simgov.reforms.reform import Reform
    from simgov.scenario.value import Scenario

MOST_QUARTERS = 40

QuarterField = Annotated[Quarter, reads(parse_quarter), text_schema(r"^\s*[0-9]{4}-?[Qq][1-4]\s*$", "2027-Q4")]
QuartersField = Annotated[int, reads(parse_quarters), text_schema(r"^\s*[0-9]{1,2}\s*quarters?\s*$", "2 quarters")]
YearKey = Annotated[int, reads(parse_year), text_schema(r"^[0-9]{4}$", "2027")]


class MeasureSpec(Section):
    """When a reform may begin, and how long it takes until it counts as fully at work."""

    from_: QuarterField | None = Field(None, alias="from", description="Not before this quarter, e.g. 2027-Q2")
    until: QuarterField | None = Field(None, description="If at all, it begins in this quarter at the latest")
    settle: QuartersField | None = Field(None, description="Time until it counts as at work; default: settle above")
    must: bool = Field(False, description="Whether it has to begin")


class MilestoneSpec(targets.Spec):
    """A limit that a KPI keeps from a quarter on, until a later milestone of the same KPI takes its place."""

    by: QuarterField = Field(description="The first quarter in which it is kept, e.g. 2027-Q4")


class Spec(Section):
    """Which reforms begin in which quarter, under yearly budgets, so that milestones are kept."""

    start: DateField = Field(description="The first day: that of a quarter, e.g. 2027-01-01")
    quarters: int = Field(description="How many quarters", ge=1, le=MOST_QUARTERS)
    budgets: dict[YearKey, OnceField] = Field(
        default_factory=dict, description="The most that each calendar year may cost: {2027: 3000000 CNY}"
    )
    covers: Literal["all", "measures"] = Field(
        "all", description="What counts against the budgets: posts and measures (all), or measures alone"
    )
    at_once: int | None = Field(None, description="How many reforms may begin in one quarter", ge=1)
    settle: QuartersField = Field(1, description="Time until a reform counts as at work; default 1 quarter")
    measures: dict[Id, MeasureSpec] = Field(
        default_factory=dict, description="Reforms of this file that may begin: {one_window: {}, lean: {from: 2027-Q2}}"
    )
    staff: dict[Id, RangeField] = Field(
        default_factory=dict, description="Posts of each pool that may change on 1 January, e.g. {general: 4..12}"
    )
    most_change: int | None = Field(
        None, description="By how many posts a pool may change from one year to the next", ge=0
    )
    milestones: list[MilestoneSpec] = Field(description="What is to be reached by when", min_length=1)


@dataclass(frozen=True)
class Window:
    """A reform may begin in the quarters ``first`` to ``last`` of the programme, counted from 0; it is at work
    ``settle`` quarters later. ``must``: it has to begin."""

    first: int
    last: int
    settle: int
    must: bool = False


@dataclass(frozen=True)
class Milestone:
    """``target`` is kept from the quarter ``by`` (counted from 0) on."""

    by: int
    target: Target


@dataclass(frozen=True)
class Roadmap:
    """What may be decided over ``quarters`` quarters from ``start`` on. ``budgets``: year to minor units."""

    start: Quarter
    quarters: int
    measures: Mapping[str, Window]
    milestones: tuple[Milestone, ...]
    staff: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    budgets: Mapping[int, int] = field(default_factory=dict)
    covers: Literal["all", "measures"] = "all"
    at_once: int | None = None
    most_change: int | None = None

    @property
    def calendar(self) -> tuple[Quarter, ...]:
        """The quarters in order."""
        return tuple(self.start.later(q) for q in range(self.quarters))

    @property
    def years(self) -> tuple[int, ...]:
        """The calendar years that the quarters lie in."""
        return tuple(dict.fromkeys(quarter.year for quarter in self.calendar))


Path = tuple[PathPart, ...]


def resolve(
    spec: Spec, scenario: Scenario, reforms: Mapping[str, Reform], path: Path = ("roadmap",)
) -> tuple[Roadmap | None, tuple[Problem, ...]]:
    """The roadmap that ``spec`` means for ``scenario``, and everything wrong with it, located below ``path``."""
    problems: list[Problem] = []
    start = quarter_of(spec.start)
    if spec.start != start.start:
        message = f"{spec.start} is not the first day of a quarter"
        problems.append(Problem((*path, "start"), message, f"write {start.start} or {start.end}"))
    if scenario.phases:
        hint = "leave phases away: the roadmap sets the dates"
        problems.append(Problem((*path,), "the file has phases, which a roadmap cannot date anew", hint, on_key=True))
    staff = _staff(spec, scenario, path, problems)
    measures = _measures(spec, start, scenario, reforms, path, problems)
    milestones = _milestones(spec, start, scenario, path, problems)
    budgets = _budgets(spec, start, scenario, path, problems)
    if not spec.measures and not spec.staff:
        problems.append(Problem(path, "nothing may be changed", "give measures or staff", on_key=True))
    roadmap = Roadmap(
        start,
        spec.quarters,
        measures,
        milestones,
        staff,
        budgets,
        spec.covers,
        spec.at_once,
        spec.most_change,
    )
    return (None if problems else roadmap), tuple(problems)


def _staff(spec: Spec, scenario: Scenario, path: Path, problems: list[Problem]) -> dict[str, tuple[int, int]]:
    known = [pool.id for pool in scenario.pools]
    for name, (low, high) in spec.staff.items():
        where = (*path, "staff", name)
        if name not in known:
            problems.append(Problem(where, *unknown("pool", name, known), on_key=True))
        elif scenario.pool(name).cost is None and low < high:
            message = f"pool {name!r} has no cost, so its posts are free"
            problems.append(Problem(where, message, f"give pools.{name}.cost, e.g. 35 CNY/h", on_key=True))
    return {name: spec.staff[name] for name in known if name in spec.staff}


def _measures(
    spec: Spec, start: Quarter, scenario: Scenario, reforms: Mapping[str, Reform], path: Path, problems: list[Problem]
) -> dict[str, Window]:
    windows: dict[str, Window] = {}
    last = spec.quarters - 1
    for name, own in spec.measures.items():
        where = (*path, "measures", name)
        if name not in reforms:
            problems.append(Problem(where, *unknown("reform", name, reforms), on_key=True))
            continue
        settle = spec.settle if own.settle is None else own.settle
        first = 0 if own.from_ is None else own.from_.since(start)
        until = last if own.until is None else own.until.since(start)
        for key, quarter in (("from", own.from_), ("until", own.until)):
            if quarter is not None and not 0 <= quarter.since(start) <= last:
                problems.append(_outside((*where, key), quarter, start, last))
        if first > until:
            problems.append(Problem(where, f"{name} could not begin before it is too late", "write from before until"))
        windows[name] = Window(first, until, settle, own.must)
        for need in _missing(reforms[name], spec, scenario, reforms):
            message = f"{name} needs {need} first, and no measure of the roadmap brings it"
            problems.append(Problem(where, message, f"add it to measures: {need}: {{}}", on_key=True))
        for pool in _repriced(reforms[name], reforms, scenario, spec.staff):
            message = f"{name} changes what a post of {pool} costs, and how many there are is decided too"
            problems.append(Problem(where, message, f"leave {pool} out of staff, or {name} out", on_key=True))
        refused = _cannot_be_dated(reforms[name], reforms, scenario, start.later(1).start)
        if refused is not None:
            message = f"{name} cannot begin on a date while the office is at work: {refused}"
            problems.append(Problem(where, message, "put it into the baseline, or leave it out", on_key=True))
    return windows


def _missing(reform: Reform, spec: Spec, scenario: Scenario, reforms: Mapping[str, Reform]) -> list[str]:
    """What the reform needs and neither the scenario nor another measure of the roadmap brings."""
    from simgov.optimize.company import needs_of
    from simgov.reforms.reform import before, is_called

    others = [
        one for name in spec.measures if name in reforms and name != reform.name for one in reforms[name].measures
    ]
    there = [*before(scenario), *others]
    return [need for need in needs_of(reform.measures) if not any(is_called(measure, need) for measure in there)]


def _repriced(
    reform: Reform, reforms: Mapping[str, Reform], scenario: Scenario, staff: Mapping[str, tuple[int, int]]
) -> list[str]:
    """The pools of ``staff`` of which a reform changes what a post costs, so that there is no price list for both."""
    from simgov.optimize.roadmap.dating import settled
    from simgov.reforms.reform import after, needed_by

    office = after(settled(needed_by(reform, reforms)), scenario)
    changed = after(settled(reform.measures), office)
    return [name for name, bounds in staff.items() if _prices(office, name, bounds) != _prices(changed, name, bounds)]


def _prices(office: Scenario, pool: str, bounds: tuple[int, int]) -> list[int]:
    """What the fewest and the most posts of a pool cost; none where it is gone."""
    from simgov.kpi.cost import posts_cost
    from simgov.scenario.value import staffed

    return [posts_cost(office, staffed(one, n)) for one in office.pools if one.id == pool for n in bounds]


def _cannot_be_dated(
    reform: Reform, reforms: Mapping[str, Reform], scenario: Scenario, date: datetime.date
) -> str | None:
    """Why a reform cannot begin while cases are under way; None where it can, or where it is refused at all times."""
    from simgov.optimize.roadmap.dating import begun_on
    from simgov.reforms.reform import after, needed_by, refused

    earlier = needed_by(reform, reforms)
    if refused(reform, scenario, earlier):
        return None
    try:
        changed = after(earlier, scenario)
        for measure in begun_on(reform.measures, max(date, scenario.run.start + datetime.timedelta(days=1))):
            changed = measure.apply(changed)
    except ReformError as error:
        return str(error)
    return None


def _outside(where: Path, quarter: Quarter, start: Quarter, last: int) -> Problem:
    message = f"{quarter} is outside the roadmap"
    return Problem(where, message, f"write a quarter from {start} to {start.later(last)}")


def _milestones(
    spec: Spec, start: Quarter, scenario: Scenario, path: Path, problems: list[Problem]
) -> tuple[Milestone, ...]:
    found, faults = targets.resolve(spec.milestones, scenario, (*path, "milestones"))
    problems += faults
    seen: dict[tuple[str, bool, Quarter], int] = {}
    for place, own in enumerate(spec.milestones):
        where = (*path, "milestones", place)
        if not 0 <= own.by.since(start) < spec.quarters:
            problems.append(_outside((*where, "by"), own.by, start, spec.quarters - 1))
        if own.kpi == "cost":
            problems.append(Problem((*where, "kpi"), "money is limited by budgets", "write budgets: {2027: …}"))
        key = own.kpi, own.at_most is not None, own.by
        if seen.setdefault(key, place) != place:
            problems.append(Problem(where, f"{own.kpi} has another milestone in {own.by}", "write it once"))
    if faults:
        return ()
    return tuple(Milestone(own.by.since(start), target) for own, target in zip(spec.milestones, found, strict=True))


def _budgets(spec: Spec, start: Quarter, scenario: Scenario, path: Path, problems: list[Problem]) -> dict[int, int]:
    years = [start.later(q).year for q in range(spec.quarters)]
    for year, money in spec.budgets.items():
        where = (*path, "budgets", str(year))
        if year not in years:
            problems.append(Problem(where, f"{year} is outside the roadmap", f"{years[0]} to {years[-1]}", on_key=True))
        if money.currency != scenario.currency and scenario.currency:
            problems.append(Problem(where, f"this is in {money.currency}; the scenario is in {scenario.currency}"))
    return {year: money.minor for year, money in spec.budgets.items()}
