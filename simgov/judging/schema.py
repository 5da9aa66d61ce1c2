"""The ``judging:`` section of a scenario file: by what the office is judged.

``Spec`` is the section as written, ``resolve`` checks it against the scenario and reads the files beside it,
``Judging`` is the result::

    judging:
      scorecard: {results: 60 %, process: 40 %}
      benchmark: {leader: {zh: 先进地区, en: Leading region}, values: {permit.days.mean: 8.7 workdays}}
      lights:
        - {kpi: permit.days.mean, schedule: {2026-01-05: 15 workdays, 2026-12-31: 6 workdays}}
"""

from __future__ import annotations

import datetime
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Annotated, Literal, TypeVar

from pydantic import Field, model_validator

from simgov.errors import InputError, PathPart, Problem
from simgov.judging.ratings import KINDS, Kind, Ratings, read_ratings
from simgov.judging.series import Series, read_series
from simgov.judging.table import DIMENSIONS, LIGHT_BAND, RESULTS_WEIGHT, Dimension
from simgov.kpi.table import Kpi, UnknownKpi, find
from simgov.kpi.targets import LimitField, Target, parse_limit
from simgov.scenario.fields import DateField, Id, NameField, ShareField, fault, text_of, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.profiles import TableError
from simgov.scenario.value import Scenario, Text
from simgov.units import UnitError, format_share

Place = tuple[PathPart, ...]
Weight = Annotated[float, Field(ge=0, le=1000)]
KpiName = Annotated[str, Field(min_length=1)]


class FourEsSpec(Section):
    """Which KPIs stand for each E; what is not named keeps its KPIs of the table."""

    economy: list[KpiName] | None = Field(None, description="KPIs of what goes in, e.g. [cost]")
    efficiency: list[KpiName] | None = Field(None, description="KPIs of what comes out for it, e.g. [cost_per_case]")
    effectiveness: list[KpiName] | None = Field(None, description="KPIs of what is meant, e.g. [permit.on_time]")
    equity: list[KpiName] | None = Field(None, description="KPIs of how alike people fare, e.g. [permit.wait.gini]")


class ScaleSpec(Section):
    """How one KPI, or a figure measured outside the simulation, is scored from 0 to 100."""

    kpi: KpiName | None = Field(None, description="The KPI that is scored")
    recorded: NameField | None = Field(None, description="What is scored instead: a figure that is not simulated")
    value: float | None = Field(None, description="The recorded figure")
    full: LimitField | float = Field(description="From here on it has 100 points, e.g. 3 workdays")
    none: LimitField | float = Field(description="Here it has 0 points, e.g. 10 workdays")
    dimension: Dimension | None = Field(None, description="resources, public, process or learning; else the table's")
    weight: Weight = Field(1.0, description="Its weight within the dimension; default 1")

    @model_validator(mode="after")
    def one_of_both(self) -> ScaleSpec:
        """Either a KPI or a recorded figure with its value and dimension."""
        if (self.kpi is None) == (self.recorded is None):
            raise fault("needs exactly one of kpi and recorded")
        if self.recorded is not None and (self.value is None or self.dimension is None):
            raise fault("a recorded figure needs its value and its dimension", "write value: 68, dimension: learning")
        if self.kpi is not None and self.value is not None:
            raise fault("the value of a KPI is simulated", "delete value, or write recorded instead of kpi")
        return self


class DimensionsSpec(Section):
    """The weights of the dimensions within their half."""

    resources: Weight = Field(1.0, description="Within results")
    public: Weight = Field(1.0, description="Within results")
    process: Weight = Field(1.0, description="Within process")
    learning: Weight = Field(1.0, description="Within process")


class ScorecardSpec(Section):
    """The balanced scorecard: weights and scales. Without scales the targets of the file are scored."""

    results: ShareField | None = Field(None, description="Weight of results; default 60 %")
    process: ShareField | None = Field(None, description="Weight of process; the rest")
    dimensions: DimensionsSpec | None = Field(None, description="Weights within each half")
    scales: list[ScaleSpec] = Field(default_factory=list, description="How each KPI is scored")

    @model_validator(mode="after")
    def whole(self) -> ScorecardSpec:
        """Both halves together are 100 %."""
        if self.results is not None and self.process is not None and abs(self.results + self.process - 1) > 1e-9:
            raise fault(f"results and process add up to {format_share(self.results + self.process)}, not to 100 %")
        return self

    @property
    def results_weight(self) -> float:
        """The weight of results."""
        if self.results is not None:
            return self.results
        return RESULTS_WEIGHT if self.process is None else 1.0 - self.process


class BenchmarkSpec(Section):
    """The values of a leading region or office (标杆) that the own ones are held against."""

    leader: NameField = Field(description="Who leads")
    values: dict[KpiName, LimitField] = Field(description="By KPI, e.g. {permit.days.mean: 8.7 workdays}", min_length=1)
    source: str = Field("", description="Where the values come from")


class LightSpec(Section):
    """A KPI against a schedule: red behind, yellow on schedule, green ahead."""

    kpi: KpiName = Field(description="The KPI")
    schedule: dict[DateField, LimitField] = Field(description="Milestones: by date, the value then", min_length=1)
    ahead: ShareField = Field(LIGHT_BAND, description="Green from so much better on; default 5 %")
    behind: ShareField = Field(LIGHT_BAND, description="Red from so much worse on; default 5 %")
    series: str | None = Field(None, description="CSV file of what was measured: date,value", min_length=1)


class RankingSpec(Section):
    """Services that are ranked by the same quantity, or the scenarios of a run by a KPI."""

    quantity: str | None = Field(None, description="What services are ranked by, e.g. days.mean", min_length=1)
    services: list[Id] | None = Field(None, description="The services, two or more", min_length=2)
    kpi: KpiName | None = Field(None, description="What scenarios are ranked by instead, e.g. hall.wait.mean")

    @model_validator(mode="after")
    def one_kind(self) -> RankingSpec:
        """Services by a quantity, or scenarios by a KPI."""
        if (self.kpi is None) == (self.quantity is None) or (self.quantity is None) != (self.services is None):
            raise fault("needs quantity and services, or kpi alone", "write {quantity: days.mean, services: [a, b]}")
        return self


class WeightsSpec(Section):
    """Weights of the kinds of raters."""

    superior: Weight = Field(1.0, description="Superior authorities (上级)")
    peer: Weight = Field(1.0, description="Offices of the same rank (同级)")
    staff: Weight = Field(1.0, description="The staff (下属)")
    public: Weight = Field(1.0, description="The public (公众)")


class RatingsSpec(Section):
    """360 degree ratings of offices, from a file."""

    file: str = Field(description="CSV file with the columns office,rater,score", min_length=1)
    weights: WeightsSpec | None = Field(None, description="By kind of rater; alike unless given")
    lowest: float = Field(0.0, description="The lowest score there is; default 0")
    highest: float = Field(100.0, description="The highest score there is; default 100")

    @model_validator(mode="after")
    def ordered(self) -> RatingsSpec:
        """The scale has two ends."""
        if self.lowest >= self.highest:
            raise fault("the lowest score is not below the highest")
        return self


RunLength = Annotated[float, Field(ge=10, le=1e6)]
ChartSpec = TypeVar("ChartSpec", bound=Section)


def only_one(spec: ChartSpec) -> ChartSpec:
    """A chart with a limit, or with the run length that its limit is for."""
    if getattr(spec, "limit", None) is not None and getattr(spec, "run_length", None) is not None:
        raise fault("the limit decides the run length", "keep limit or run_length")
    return spec


class EwmaSpec(Section):
    """An EWMA chart."""

    lambda_: float = Field(0.2, alias="lambda", description="Weight of the newest value; default 0.2", ge=0.01, le=1)
    limit: float | None = Field(None, description="L, in standard deviations of what is charted; default 2.962", gt=0)
    run_length: RunLength | None = Field(None, description="Instead: values between two false signals, e.g. 370")

    @model_validator(mode="after")
    def one_of_both(self) -> EwmaSpec:
        """The limit, or what it is for."""
        return only_one(self)


class CusumSpec(Section):
    """A CUSUM chart."""

    slack: float = Field(0.5, description="k: what is ignored, in spreads; default 0.5", ge=0, le=5)
    limit: float | None = Field(None, description="h: the sum that is a signal, in spreads; default 5", gt=0, le=100)
    run_length: RunLength | None = Field(None, description="Instead: values between two false signals, e.g. 370")

    @model_validator(mode="after")
    def one_of_both(self) -> CusumSpec:
        """The limit, or what it is for."""
        return only_one(self)


class ControlSpec(Section):
    """A KPI that is watched against a standard."""

    kpi: KpiName = Field(description="The KPI that is watched")
    standard: LimitField | None = Field(None, description="What it should be; else the mean of the first values")
    spread: LimitField | None = Field(None, description="Standard deviation of one value; else that of the first")
    series: str | None = Field(None, description="CSV file of what was measured: date,value", min_length=1)
    first: int = Field(12, description="How many first values stand for the normal state; default 12", ge=5, le=1000)
    ewma: EwmaSpec | None = Field(None, description="An EWMA chart; the default")
    cusum: CusumSpec | None = Field(None, description="A CUSUM chart instead")

    @model_validator(mode="after")
    def one_chart(self) -> ControlSpec:
        """One chart, so that its run length is what is stated."""
        if self.ewma is not None and self.cusum is not None:
            raise fault("two charts at once give more false signals than either", "keep ewma or cusum")
        return self


class Spec(Section):
    """By what the office is judged."""

    four_es: FourEsSpec | None = Field(None, description="KPIs of the four Es")
    scorecard: ScorecardSpec | None = Field(None, description="Balanced scorecard")
    benchmark: BenchmarkSpec | None = Field(None, description="A leading region (标杆)")
    lights: list[LightSpec] = Field(default_factory=list, description="Schedules with red, yellow and green lights")
    rankings: list[RankingSpec] = Field(default_factory=list, description="Services ranked by one quantity")
    ratings: RatingsSpec | None = Field(None, description="360 degree ratings of offices")
    control: list[ControlSpec] = Field(default_factory=list, description="KPIs watched against a standard")
    promised: ShareField = Field(0.95, description="The share of cases that a promise has to cover; default 95 %")


@dataclass(frozen=True)
class Scale:
    """0 points at ``none``, 100 at ``full``; of a KPI, or of a ``recorded`` figure (then ``value`` is known)."""

    kpi: str
    full: float
    none: float
    dimension: Dimension | None = None
    weight: float = 1.0
    unit: str = ""
    recorded: Text | None = None
    value: float | None = None


@dataclass(frozen=True)
class Scorecard:
    """Weights and scales; ``dimensions`` are weights within each half."""

    results: float = RESULTS_WEIGHT
    dimensions: Mapping[Dimension, float] = field(default_factory=lambda: dict.fromkeys(DIMENSIONS, 1.0))
    scales: tuple[Scale, ...] = ()


@dataclass(frozen=True)
class Benchmark:
    """A leader and its values by KPI, in the KPIs' units."""

    leader: Text
    values: Mapping[str, float]
    units: Mapping[str, str]
    source: str = ""


@dataclass(frozen=True)
class Schedule:
    """Milestones (date, value) of a KPI in order, and how far off them is still on schedule (relative)."""

    kpi: str
    unit: str
    milestones: tuple[tuple[datetime.date, float], ...]
    ahead: float = LIGHT_BAND
    behind: float = LIGHT_BAND
    series: Series | None = None


@dataclass(frozen=True)
class Ranking:
    """What offices are ranked ``by``: ``kpis`` by the service that each is of, or () where scenarios are ranked."""

    by: str
    kpis: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True)
class Chart:
    """An EWMA chart (``weight`` lambda) or a CUSUM chart (``weight`` k), with its ``limit`` (L or h) in spreads."""

    kind: Literal["ewma", "cusum"] = "ewma"
    weight: float = 0.2
    limit: float = 2.962


@dataclass(frozen=True)
class Control:
    """A KPI that is watched; a ``standard`` or ``spread`` of None is estimated from the ``first`` values. ``series`` is
    what was measured, where the file names it.
    """

    kpi: str
    unit: str
    standard: float | None = None
    spread: float | None = None
    first: int = 12
    chart: Chart = Chart()
    series: Series | None = None


@dataclass(frozen=True)
class Judging:
    """The section as it is meant. ``four_es`` names the KPIs of the Es that the file sets itself."""

    four_es: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    scorecard: Scorecard = field(default_factory=Scorecard)
    benchmark: Benchmark | None = None
    lights: tuple[Schedule, ...] = ()
    rankings: tuple[Ranking, ...] = ()
    ratings: Ratings | None = None
    control: tuple[Control, ...] = ()
    promised: float = 0.95


def resolve(
    spec: Spec, scenario: Scenario, folder: Path, path: Place = ("judging",)
) -> tuple[Judging, tuple[Problem, ...]]:
    """What ``spec`` means for ``scenario``, and everything wrong with it, located below ``path``.

    Files are read from ``folder``. What is wrong is left out.
    """
    reader = _Reader(scenario, folder, [])
    judging = Judging(
        {} if spec.four_es is None else reader.four_es(spec.four_es, (*path, "four_es")),
        Scorecard() if spec.scorecard is None else reader.scorecard(spec.scorecard, (*path, "scorecard")),
        None if spec.benchmark is None else reader.benchmark(spec.benchmark, (*path, "benchmark")),
        tuple(reader.lights(spec.lights, (*path, "lights"))),
        tuple(reader.rankings(spec.rankings, (*path, "rankings"))),
        None if spec.ratings is None else reader.ratings(spec.ratings, (*path, "ratings")),
        tuple(reader.control(spec.control, (*path, "control"))),
        spec.promised,
    )
    return judging, tuple(reader.problems)


def watchable(scenario: Scenario, name: str) -> Kpi:
    """The KPI of that name, which must be better one way. Raises ``InputError``."""
    reader = _Reader(scenario, Path(), [])
    kpi = reader.better_one_way(name, ())
    if kpi is None:
        raise InputError(tuple(reader.problems))
    return kpi


def limit_of(kpi: Kpi, text: str, option: str) -> float:
    """The value that an option writes in the KPI's unit. Raises ``InputError``."""
    try:
        return parse_limit(kpi, text)
    except UnitError as error:
        raise InputError((Problem((), f"{option}: {error.message}", error.hint),)) from None


def scales_of_targets(targets: Sequence[Target]) -> tuple[Scale, ...]:
    """The scale of each target: 100 points at its limit, and as many percent less as it is missed by."""
    found = []
    for target in targets:
        # At least 0 is kept by every value, and no percentages can be reckoned from it.
        none = 2.0 * target.limit if target.sense == "at_most" else 0.0 if target.limit else -1.0
        found.append(Scale(target.kpi, target.limit, none, unit=target.unit))
    return tuple(found)


@dataclass
class _Reader:
    """Reads entries of the section against a scenario; what is wrong goes to ``problems``."""

    scenario: Scenario
    folder: Path
    problems: list[Problem]

    def kpi(self, name: str, place: Place, on_key: bool = False) -> Kpi | None:
        """The KPI of that name."""
        try:
            return find(self.scenario, name)
        except UnknownKpi as error:
            self.problems.append(Problem(place, error.message, error.hint, on_key=on_key))
            return None

    def four_es(self, spec: FourEsSpec, place: Place) -> dict[str, tuple[str, ...]]:
        """The KPIs of the Es that the file sets."""
        return {e: self.kpis(names, (*place, e)) for e, names in spec if names is not None}

    def scorecard(self, spec: ScorecardSpec, place: Place) -> Scorecard:
        """Weights and scales."""
        weights = spec.dimensions
        dimensions = {d: 1.0 if weights is None else float(getattr(weights, d)) for d in DIMENSIONS}
        if not any(dimensions.values()):
            self.problems.append(Problem((*place, "dimensions"), "no dimension has any weight"))
        scales = self.scales(spec.scales, (*place, "scales"))
        return Scorecard(spec.results_weight, dimensions, tuple(scales))

    def kpis(self, names: Sequence[str], place: Place) -> tuple[str, ...]:
        """Those of the names that are KPIs which are better one way."""
        found = []
        for position, name in enumerate(names):
            kpi = self.better_one_way(name, (*place, position))
            found += [] if kpi is None else [kpi.name]
        return tuple(found)

    def better_one_way(self, name: str, place: Place, on_key: bool = False) -> Kpi | None:
        """The KPI, which must be better when lower or when higher."""
        kpi = self.kpi(name, place, on_key)
        if kpi is not None and kpi.direction == "neither":
            self.problems.append(Problem(place, f"{name} is neither better nor worse when it is higher", on_key=on_key))
            return None
        return kpi

    def limit(self, kpi: Kpi, text: object, place: Place) -> float | None:
        """The value that ``text`` writes in the KPI's unit."""
        if not isinstance(text, str):
            self.problems.append(Problem(place, "the value of a KPI has a unit", f"write it in {kpi.unit}"))
            return None
        try:
            return parse_limit(kpi, text)
        except UnitError as error:
            self.problems.append(Problem(place, error.message, error.hint))
            return None

    def scales(self, specs: Sequence[ScaleSpec], place: Place) -> list[Scale]:
        """The scales that can be read."""
        found: list[Scale] = []
        for position, spec in enumerate(specs):
            here = (*place, position)
            scale = self.recorded_scale(spec, here) if spec.kpi is None else self.kpi_scale(spec, spec.kpi, here)
            if scale is not None and any(scale.kpi == other.kpi for other in found):
                self.problems.append(Problem((*here, "kpi"), f"{scale.kpi} is scored twice", "keep one scale of it"))
            elif scale is not None and scale.full == scale.none:
                self.problems.append(Problem((*here, "none"), "0 and 100 points are at the same value"))
            elif scale is not None:
                found.append(scale)
        return found

    def kpi_scale(self, spec: ScaleSpec, name: str, place: Place) -> Scale | None:
        """A scale in the unit of its KPI."""
        kpi = self.kpi(name, (*place, "kpi"))
        if kpi is None:
            return None
        full, none = (self.limit(kpi, getattr(spec, key), (*place, key)) for key in ("full", "none"))
        if full is None or none is None:
            return None
        return Scale(kpi.name, full, none, spec.dimension, spec.weight, kpi.unit)

    def recorded_scale(self, spec: ScaleSpec, place: Place) -> Scale | None:
        """The scale of a figure that is not simulated; its numbers have no unit."""
        ends = (spec.full, spec.none)
        for key, end in zip(("full", "none"), ends, strict=True):
            if not isinstance(end, int | float):
                self.problems.append(Problem((*place, key), "a recorded figure is a number without unit"))
        if not all(isinstance(end, int | float) for end in ends):
            return None
        name = text_of(spec.recorded, "")
        full, none = (float(end) for end in ends)
        return Scale(name.en, full, none, spec.dimension, spec.weight, "", name, spec.value)

    def benchmark(self, spec: BenchmarkSpec, place: Place) -> Benchmark:
        """The leader's values that can be read."""
        values, units = {}, {}
        for name, text in spec.values.items():
            here = (*place, "values", name)
            kpi = self.better_one_way(name, here, on_key=True)
            value = None if kpi is None else self.limit(kpi, text, here)
            if kpi is not None and value is not None:
                values[kpi.name], units[kpi.name] = value, kpi.unit
        return Benchmark(text_of(spec.leader, ""), values, units, spec.source)

    def lights(self, specs: Sequence[LightSpec], place: Place) -> list[Schedule]:
        """The schedules that can be read."""
        found = []
        for position, spec in enumerate(specs):
            here = (*place, position)
            kpi = self.better_one_way(spec.kpi, (*here, "kpi"))
            if kpi is None:
                continue
            read = [
                (date, self.limit(kpi, text, (*here, "schedule", str(date)))) for date, text in spec.schedule.items()
            ]
            milestones = tuple(sorted((date, value) for date, value in read if value is not None))
            series = None if spec.series is None else self.series(spec.series, kpi, (*here, "series"))
            if len(milestones) == len(read):
                found.append(Schedule(kpi.name, kpi.unit, milestones, spec.ahead, spec.behind, series))
        return found

    def series(self, file: str, kpi: Kpi, place: Place) -> Series | None:
        """What was measured of a KPI, from a file."""
        try:
            return read_series(self.folder, file, kpi, place)
        except TableError as error:
            self.problems += error.problems
            return None

    def rankings(self, specs: Sequence[RankingSpec], place: Place) -> list[Ranking]:
        """The rankings that can be read."""
        found: list[Ranking] = []
        for position, spec in enumerate(specs):
            here = (*place, position)
            if spec.kpi is not None:
                kpi = self.better_one_way(spec.kpi, (*here, "kpi"))
                found += [] if kpi is None else [Ranking(kpi.name)]
            elif spec.services is not None and spec.quantity is not None:
                kpis = self.of_services(spec.quantity, spec.services, (*here, "services"))
                found += [Ranking(spec.quantity, kpis)] if len(kpis) == len(spec.services) else []
        return found

    def of_services(self, quantity: str, services: Sequence[str], place: Place) -> tuple[tuple[str, str], ...]:
        """The KPI of each service that has the quantity."""
        known = [service.id for service in self.scenario.services]
        kpis = []
        for where, service in enumerate(services):
            if service not in known:
                self.problems.append(Problem((*place, where), *unknown("service", service, known)))
            elif service in services[:where]:
                self.problems.append(Problem((*place, where), f"{service!r} is listed twice", "write it once"))
            else:
                kpi = self.better_one_way(f"{service}.{quantity}", (*place, where))
                kpis += [] if kpi is None else [(service, kpi.name)]
        return tuple(kpis)

    def ratings(self, spec: RatingsSpec, place: Place) -> Ratings | None:
        """The ratings in the file."""
        given = spec.weights
        weights: dict[Kind, float] = {kind: 1.0 if given is None else float(getattr(given, kind)) for kind in KINDS}
        if not any(weights.values()):
            self.problems.append(Problem((*place, "weights"), "no kind of rater has any weight"))
        try:
            return read_ratings(self.folder, spec.file, (*place, "file"), weights, (spec.lowest, spec.highest))
        except TableError as error:
            self.problems += error.problems
            return None

    def control(self, specs: Sequence[ControlSpec], place: Place) -> list[Control]:
        """What is watched."""
        found = []
        for position, spec in enumerate(specs):
            here = (*place, position)
            kpi = self.better_one_way(spec.kpi, (*here, "kpi"))
            if kpi is None:
                continue
            limits: dict[str, float | None] = {}
            for key in ("standard", "spread"):
                text = getattr(spec, key)
                limits[key] = None if text is None else self.limit(kpi, text, (*here, key))
            if spec.spread is not None and limits["spread"] == 0.0:
                self.problems.append(Problem((*here, "spread"), "the spread is 0, so any value would be a signal"))
            try:
                chart = chart_of(spec)
            except ValueError as error:
                self.problems.append(Problem((*here, "cusum", "run_length"), str(error)))
                continue
            series = None if spec.series is None else self.series(spec.series, kpi, (*here, "series"))
            found.append(Control(kpi.name, kpi.unit, limits["standard"], limits["spread"], spec.first, chart, series))
        return found


def chart_of(spec: ControlSpec) -> Chart:
    """The chart that is asked for, by default EWMA."""
    if spec.cusum is not None:
        return designed(Chart("cusum", spec.cusum.slack, spec.cusum.limit or 5.0), spec.cusum.run_length)
    if spec.ewma is not None:
        return designed(Chart("ewma", spec.ewma.lambda_, spec.ewma.limit or 2.962), spec.ewma.run_length)
    return Chart()


def designed(chart: Chart, run_length: float | None) -> Chart:
    """The chart, with the limit for a run length where one is asked for. ValueError where there is no such limit."""
    if run_length is None:
        return chart
    from simgov.judging.run_length import limit_for

    return replace(chart, limit=limit_for(chart.kind, chart.weight, run_length))
