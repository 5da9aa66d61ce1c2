"""The language of ``case.yaml``, and a case as a value: the question apart from the published answer.

What calibrates and predicts is given a ``Question``, which holds nothing of what was published after.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any, Literal, TypeVar

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from benchmarks.casebook.office import (
    BASELINE,
    Knob,
    NoPlace,
    Office,
    Place,
    Quantity,
    Unit,
    places,
    quantity,
    value_at,
)
from simgov.errors import InputError, PathPart, Problem, ReformError
from simgov.kpi import find
from simgov.kpi.table import Kpi, UnknownKpi
from simgov.kpi.targets import parse_limit
from simgov.scenario.fields import Id, NameField, NameSpec, fault, kind_tag, text_of, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.validate import validate
from simgov.scenario.value import Text
from simgov.study.document import Document, read_document
from simgov.study.reading import Study, read
from simgov.units import UnitError

VERSION = 1
MOST_MEASURES = 6
CASE, SCENARIO = "case.yaml", "scenario.yaml"
Kind = Literal["prediction", "goal", "input", "scale", "risk", "outcome", "doubtful"]
Sense = Literal["is", "at_most", "at_least"]
ValueT = TypeVar("ValueT")


# As it is written ---------------------------------------------------------------------------------------------------


def _quantity(value: Any) -> Any:
    try:
        quantity(value)
    except ValueError:
        raise fault("this should be a number with its unit", "write it as 12 min, 15 %, 4 or 0.8") from None
    return value


QuantityField = Annotated[Any, AfterValidator(_quantity)]
PathsField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]
KpisField = Annotated[
    Annotated[str, Field(min_length=1), Tag("<text>")] | Annotated[list[str], Field(min_length=2), Tag("<list>")],
    Discriminator(kind_tag),
]
AfterField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]


TakesField = Annotated[
    Annotated[list[Id], Field(max_length=MOST_MEASURES), Tag("<list>")]
    | Annotated[dict[Id, NameField], Field(max_length=MOST_MEASURES), Tag("<mapping>")],
    Discriminator(kind_tag),
]


class RangeSpec(Section):
    """Between what a number lies."""

    low: QuantityField = Field(description="The least it can be, e.g. 8 min")
    high: QuantityField = Field(description="The most it can be")

    @model_validator(mode="after")
    def is_a_range(self) -> RangeSpec:
        """In one unit, and not backwards."""
        (low, unit), (high, other) = quantity(self.low), quantity(self.high)
        if unit != other:
            raise fault(f"low is {self.low}, high is {self.high}", "write both in one unit")
        if not low < high:
            raise fault(f"from {self.low} to {self.high} there is nothing between", "write the smaller one as low")
        return self


class CalibrateSpec(RangeSpec):
    """The one number that is found so that the simulated figure is the published one before."""

    name: NameField = Field(description="What it is, in both languages")
    path: PathsField = Field(description="Its place in scenario.yaml, or a list of places; * stands for any key")
    times: bool = Field(False, description="It multiplies what is written there: low and high are in %")


class LevelSpec(RangeSpec):
    """A number with a range: where it comes from must be said."""

    default: QuantityField = Field(description="What it is taken to be where one number is needed")
    source: NameField | None = Field(None, description="Where the range comes from")
    assumption: NameField | None = Field(None, description="Or why it is assumed so")

    @model_validator(mode="after")
    def is_owned_up_to(self) -> LevelSpec:
        """A source, or an assumption with a reason; the default inside the range."""
        if (self.source is None) == (self.assumption is None):
            raise fault("a number has either a source or is an assumption", "write source: or assumption: with why")
        (low, unit), (high, _), (default, other) = quantity(self.low), quantity(self.high), quantity(self.default)
        if other != unit or not low <= default <= high:
            raise fault(f"the default {self.default} is not between {self.low} and {self.high}")
        return self


class AssumptionSpec(LevelSpec):
    """A number that is not known for sure: its place, its range, and where that comes from."""

    name: NameField = Field(description="What it is, in both languages")
    path: PathsField = Field(description="Its place in scenario.yaml, or a list of places; * stands for any key")
    times: bool = Field(False, description="It multiplies what is written there: low, high and default are in %")


class FigureSpec(Section):
    """One published figure: the KPI that stands for it, before and after."""

    name: NameField | None = Field(None, description="What it is; default: the name of the KPI")
    kpi: KpisField = Field(description="The KPI that stands for it, e.g. hall.wait.mean; or a list for a spread")
    taken_as: Literal["kpi", "complement", "spread"] = Field(
        "kpi", description="complement: 1 - the KPI; spread: (highest - lowest) / mean of a list of KPIs"
    )
    kpi_after: str | None = Field(None, description="The KPI after the reform, where the service has another name then")
    before: str | None = Field(None, description="As published: 42 min, or 100 % where only the change is known")
    level: LevelSpec | None = Field(None, description="With before: 100 %, what that was in the unit of the KPI")
    calibrate: CalibrateSpec | None = Field(None, description="The one number found from before")
    after: AfterField | None = Field(
        None, description="As published: 15 min, at most 1 workdays, efficiency +85 %; or a list of such readings"
    )
    extrapolated: str | None = Field(
        None, description="The share of the work that is simulated, e.g. 1 %: counts are multiplied up"
    )
    published: NameField | None = Field(
        None, description="The published figure in words, where it is no before or after"
    )

    @model_validator(mode="after")
    def hangs_together(self) -> FigureSpec:
        """Calibration needs something to hit; a spread needs several KPIs, everything else one."""
        if isinstance(self.kpi, list) != (self.taken_as == "spread"):
            raise fault("a spread is of a list of KPIs, anything else of one", "write kpi: [...] with taken_as: spread")
        if self.kpi_after is not None and isinstance(self.kpi, list):
            raise fault("a spread is of the same KPIs before and after", "leave out kpi_after:")
        if self.calibrate is not None and self.before is None:
            raise fault("there is no before to calibrate to", "give before:, or leave out calibrate:")
        index = self.before is not None and self.before.replace(" ", "") == "100%"
        if index and self.calibrate is not None and self.level is None:
            raise fault("100 % says nothing of the level", "give level: with a range and where it comes from")
        if self.level is not None and not (index and self.calibrate is not None):
            raise fault("a level belongs to before: 100 % and a calibrate:", "leave it out")
        return self


class CaseSpec(Section):
    """A published case."""

    case: int = Field(description="Version of the language of cases: 1")
    id: Id = Field(description="The row it stands for; the name of its folder")
    name: NameField = Field(description="What it is, in both languages")
    kind: Kind = Field(description="prediction, goal, input, scale, risk, outcome or doubtful")
    source: NameField = Field(description="Where it was published")
    reading: NameField = Field(description="How the published figures were read")
    measure: NameField = Field(description="The measures that were taken, in words")
    figures: list[FigureSpec] = Field(description="The published figures, calibrated in this order", min_length=1)
    assumptions: list[AssumptionSpec] = Field(default_factory=list, description="Numbers that are not known for sure")
    reform: str | None = Field(
        None,
        description="The reform of scenario.yaml that stands for the measures; REFORM+STRESS or baseline+STRESS: "
        "before is the reform as planned, or the baseline, and after is the same under the stress",
        min_length=1,
    )
    takes: TakesField = Field(
        default_factory=list,
        description="At most six reforms of scenario.yaml, best each with its name: what may be tried if need be",
    )
    doubt: NameField | None = Field(None, description="What is doubtful about the published figures")


# As a value ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Assumption:
    """A number that is drawn. ``assumed``: there is no source but the reason in ``why``. A level has no places."""

    name: Text
    knob: Knob
    default: float
    why: Text
    assumed: bool


@dataclass(frozen=True)
class Calibration:
    """The one number that is found from what was published before."""

    name: Text
    knob: Knob


@dataclass(frozen=True)
class Figure:
    """What is asked of one published figure. ``before`` is in the unit of the KPI; nan where only the level's
    assumption, number ``level`` of the case's, says it. ``relative``: shown as a share of before."""

    name: Text
    quantity: Quantity
    quantity_after: Quantity
    unit: str
    before: float | None
    relative: bool
    level: int | None
    calibration: Calibration | None
    share: float = 1.0

    @property
    def shown_in(self) -> str:
        """The unit in which before and after are shown."""
        return "share" if self.relative else self.unit


@dataclass(frozen=True)
class Question:
    """All that calibrating and predicting is given: nothing of what was published after."""

    id: str
    office: Office
    figures: tuple[Figure, ...]
    assumptions: tuple[Assumption, ...]
    reform: str | None
    seed: int
    replications: int


@dataclass(frozen=True)
class Claim:
    """One reading of what was published after, in the unit it is shown in."""

    text: Text
    sense: Sense
    value: float


@dataclass(frozen=True)
class Published:
    """What was published of one figure: before and after as written, and the readings of after."""

    before: Text | None
    after: Text | None
    claims: tuple[Claim, ...]


@dataclass(frozen=True)
class Case:
    """A case: the question, and apart from it what was published. ``takes``: reforms that may be tried, with names."""

    question: Question
    kind: Kind
    name: Text
    source: Text
    reading: Text
    measure: Text
    doubt: Text | None
    published: tuple[Published, ...]
    takes: tuple[tuple[str, Text], ...]


def load(folder: Path) -> Case:
    """The case in a folder. Raises ``InputError`` with every fault of its files, each located."""
    file, scenario_file = folder / CASE, folder / SCENARIO
    document = read_document(file, str(file))
    problems = list(document.problems)
    office, study, faults = read(scenario_file)
    problems += [problem for problem in faults if not problem.warning]
    result = None
    if document.data is not None and document.data.get("case") != VERSION:
        problems.append(Problem(("case",), "the file does not say that it is a case", f"begin it with case: {VERSION}"))
    elif document.data is not None:
        validated = validate(CaseSpec, document.data)
        problems += validated.problems
        if validated.spec is not None and study is not None and not problems:
            planned, _, stress = (validated.spec.reform or "").partition("+")
            office_of = Office(scenario_file, office.data, planned if stress else None)
            reader = _Reader(office_of, study)
            result = reader.case(validated.spec, folder.name)
            problems += reader.problems
    if result is None or problems:
        raise InputError(_in_order(document, problems))
    return result


def _in_order(document: Document, problems: Sequence[Problem]) -> tuple[Problem, ...]:
    located = dict.fromkeys(document.located(problem) for problem in problems)
    return tuple(sorted(located, key=lambda problem: (problem.file, problem.line, problem.column)))


class _Reader:
    """Reads the parts of a case against its scenario, and notes what is wrong with them."""

    def __init__(self, office: Office, study: Study) -> None:
        self.office, self.study, self.baseline = office, study, study.baseline
        self.problems: list[Problem] = []

    def case(self, spec: CaseSpec, folder: str) -> Case | None:
        """The case, or None where something is wrong."""
        if spec.id != folder:
            self.note(("id",), f"the id is {spec.id}, the folder is {folder}", "give both the same name")
        reform, plus, stress = (spec.reform or "").partition("+")
        named = [] if spec.reform is None or (plus and reform == BASELINE) else [(("reform",), reform)]
        for path, name in [*named, *((("takes", name), name) for name in spec.takes)]:
            if name not in self.study.reforms:
                self.note(path, *unknown("reform", name, self.study.reforms))
        if plus and stress not in self.study.stresses:
            self.note(("reform",), *unknown("stress", stress, self.study.stresses))
        elif plus and not self.problems:
            try:
                self.study.scenario(spec.reform or "")
            except ReformError as error:
                self.note(("reform",), str(error))
        assumptions = [self.assumption(one, ("assumptions", i)) for i, one in enumerate(spec.assumptions)]
        kpis = [self.kpi(one, ("figures", i)) for i, one in enumerate(spec.figures)]
        if self.problems:
            return None
        drawn = [one for one in assumptions if one is not None]
        figures, published = [], []
        for i, (one, kpi) in enumerate(zip(spec.figures, kpis, strict=True)):
            assert kpi is not None
            if one.level is not None:
                drawn.append(self.level(one.level, kpi, ("figures", i, "level")))
            level = len(drawn) - 1 if one.level is not None else None
            figures.append(self.figure(one, kpi, level, ("figures", i)))
            published.append(self.published(one, kpi, ("figures", i)))
        self.check_apart(figures, drawn)
        run = self.baseline.run
        question = Question(spec.id, self.office, tuple(figures), tuple(drawn), spec.reform, run.seed, run.replications)
        names = spec.takes if isinstance(spec.takes, dict) else dict.fromkeys(spec.takes)
        takes = tuple((name, text_of(called, name)) for name, called in names.items())
        return Case(
            question=question,
            kind=spec.kind,
            name=text_of(spec.name, spec.id),
            source=text_of(spec.source, spec.id),
            reading=text_of(spec.reading, spec.id),
            measure=text_of(spec.measure, spec.id),
            doubt=None if spec.doubt is None else text_of(spec.doubt, spec.id),
            published=tuple(published),
            takes=takes,
        )

    def note(self, path: tuple[PathPart, ...], message: str, hint: str = "") -> None:
        """Add a problem."""
        self.problems.append(Problem(path, message, hint))

    def kpi(self, spec: FigureSpec, path: tuple[PathPart, ...]) -> Kpi | None:
        """The KPI that a figure names, as a share where it is reckoned from KPIs."""
        names = [spec.kpi] if isinstance(spec.kpi, str) else spec.kpi
        try:
            found = [find(self.baseline, name) for name in names]
        except UnknownKpi as error:
            self.note((*path, "kpi"), error.message, error.hint)
            return None
        return found[0] if spec.taken_as == "kpi" else replace(found[0], unit="share")

    def assumption(self, spec: AssumptionSpec, path: tuple[PathPart, ...]) -> Assumption | None:
        """A number that is drawn."""
        knob = self.knob(spec, path)
        return None if knob is None else _assumption(text_of(spec.name, ""), spec, knob)

    def level(self, spec: LevelSpec, kpi: Kpi, path: tuple[PathPart, ...]) -> Assumption:
        """What 100 % was."""
        low, high, default = (
            self.read(lambda text: parse_limit(kpi, str(text)), getattr(spec, key), (*path, key))
            for key in ("low", "high", "default")
        )
        unit = Unit(whole=False)
        knob = Knob(f"level of {kpi.name}", (), low or 0.0, high or 0.0, unit)
        name = Text(f"Level before: {kpi.label.en}", f"改革前水平：{kpi.label.zh}")
        made = _assumption(name, spec, knob)
        return Assumption(made.name, knob, default or 0.0, made.why, made.assumed)

    def knob(self, spec: CalibrateSpec | AssumptionSpec, path: tuple[PathPart, ...]) -> Knob | None:
        """The places that a number is set at, and its range."""
        paths = [spec.path] if isinstance(spec.path, str) else spec.path
        found: list[Place] = []
        for one in paths:
            try:
                found += places(self.office.data, one)
            except NoPlace as error:
                self.note((*path, "path"), error.message, error.hint)
                return None
        low, unit = quantity(spec.low)
        high, _ = quantity(spec.high)
        for place in found:
            self.check_unit(spec, place, unit, path)
        return Knob("; ".join(paths), tuple(found), low, high, unit, spec.times)

    def check_unit(
        self, spec: CalibrateSpec | AssumptionSpec, place: Place, unit: Unit, path: tuple[PathPart, ...]
    ) -> None:
        """What is written at a place is a number; a factor is in percent."""
        present = value_at(self.office.data, place)
        try:
            quantity(present)
        except ValueError:
            where = ".".join(str(part) for part in place)
            self.note((*path, "path"), f"at {where} there is no number but {str(present)[:40]!r}")
        if spec.times and unit.text != "%":
            self.note((*path, "low"), "with times: low and high are in percent of what is written", "write 80 %")

    def figure(self, spec: FigureSpec, kpi: Kpi, level: int | None, path: tuple[PathPart, ...]) -> Figure:
        """What is asked of a figure."""
        relative = spec.before is not None and spec.before.replace(" ", "") == "100%"
        before = None
        if spec.before is not None and not relative:
            before = self.read(lambda text: parse_limit(kpi, text), spec.before, (*path, "before"))
        calibration = None
        if spec.calibrate is not None:
            knob = self.knob(spec.calibrate, (*path, "calibrate"))
            calibration = None if knob is None else Calibration(text_of(spec.calibrate.name, ""), knob)
        name = kpi.label if spec.name is None else text_of(spec.name, "")
        share = 1.0
        if spec.extrapolated is not None:
            share = self.read(_percent, spec.extrapolated, (*path, "extrapolated")) or 1.0
        kpis = (spec.kpi,) if isinstance(spec.kpi, str) else tuple(spec.kpi)
        first = Quantity(kpis, spec.taken_as)
        after = first if spec.kpi_after is None else Quantity((spec.kpi_after,), spec.taken_as)
        return Figure(name, first, after, kpi.unit, before, relative, level, calibration, share)

    def published(self, spec: FigureSpec, kpi: Kpi, path: tuple[PathPart, ...]) -> Published:
        """What was published of a figure."""
        relative = spec.before is not None and spec.before.replace(" ", "") == "100%"
        texts = [] if spec.after is None else [spec.after] if isinstance(spec.after, str) else spec.after
        claims: list[Claim] = []
        for position, text in enumerate(texts):
            where = (*path, "after", position) if isinstance(spec.after, list) else (*path, "after")
            claims += self.read(lambda written: _claims(written, kpi, relative), text, where) or ()
        words = None if spec.published is None else text_of(spec.published, "")
        before = None if spec.before is None else as_text(spec.before)
        after = Text("; ".join(c.text.en for c in claims), "；".join(c.text.zh for c in claims)) if claims else words
        return Published(before, after, tuple(claims))

    def read(self, parse: Callable[[Any], ValueT], text: Any, path: tuple[PathPart, ...]) -> ValueT | None:
        """What a text means; a fault is noted at its place."""
        try:
            return parse(text)
        except UnitError as error:
            self.note(path, error.message, error.hint)
            return None

    def check_apart(self, figures: Sequence[Figure], drawn: Sequence[Assumption]) -> None:
        """No number is set twice, which would make one of them idle; factors multiply."""
        calibrated = [(f.calibration.knob, ("figures", i)) for i, f in enumerate(figures) if f.calibration]
        seen: set[Place] = set()
        for knob, path in [*calibrated, *((one.knob, ("assumptions", i)) for i, one in enumerate(drawn))]:
            for place in () if knob.times else knob.places:
                if place in seen:
                    where = ".".join(str(part) for part in place)
                    self.note((*path, "path"), f"{where} is set by something else too", "one number, one range")
                seen.add(place)


def _assumption(name: Text, spec: LevelSpec, knob: Knob) -> Assumption:
    why: str | NameSpec | None = spec.assumption if spec.source is None else spec.source
    return Assumption(name, knob, quantity(spec.default)[0], text_of(why, ""), spec.source is None)


def _percent(text: str) -> float:
    match = re.fullmatch(r"\s*\+?([0-9]+(?:\.[0-9]+)?)\s*%\s*", text)
    if match is None:
        raise UnitError(f"{text!r} is not a percentage", "write it as 85 %")
    return float(match[1]) / 100.0


def _claims(text: str, kpi: Kpi, relative: bool) -> tuple[Claim, ...]:
    """The readings of one published figure: an efficiency has two, everything else one."""
    words = text.strip()
    if words.startswith("efficiency"):
        if not relative:
            raise UnitError("an efficiency says how much better, not how good", "give it before: 100 %")
        rest = words.removeprefix("efficiency").strip()
        sense: Sense = "at_most" if rest.endswith("or more") else "is"
        gain = _percent(rest.removesuffix("or more"))
        return tuple(_efficiency(gain, sense))
    sense, rest = "is", words
    for prefix, meant in (("at most ", "at_most"), ("at least ", "at_least")):
        if words.startswith(prefix):
            sense, rest = meant, words.removeprefix(prefix)  # type: ignore[assignment]
    value = _percent(rest) if relative else parse_limit(kpi, rest)
    signs = {"is": ("", ""), "at_most": ("≤ ", "≤ "), "at_least": ("≥ ", "≥ ")}
    written = as_text(rest)
    return (Claim(Text(signs[sense][0] + written.en, signs[sense][1] + written.zh), sense, value),)


def _efficiency(gain: float, sense: Sense) -> list[Claim]:
    """Time −x, and speed +x, which is time −x/(1+x)."""
    percent, slower = f"{100 * gain:.3g} %", gain / (1.0 + gain)
    less = f"{100 * slower:.3g} %"
    more, above = (" or more", "以上") if sense == "at_most" else ("", "")
    time = Text(f"read as time −{percent}{more}", f"按用时减少{percent}{above}解读".replace(" ", ""))
    speed = Text(
        f"read as speed +{percent}{more} (time −{less})",
        f"按速度提高{percent}{above}（用时减少{less}）解读".replace(" ", ""),
    )
    return [Claim(time, sense, 1.0 - gain), Claim(speed, sense, 1.0 - slower)]


CHINESE_UNITS = {
    "min": "分钟", "h": "小时", "s": "秒", "day": "天", "days": "天", "workday": "个工作日", "workdays": "个工作日",
    "week": "周", "weeks": "周", "year": "年", "years": "年", "step": "个环节", "steps": "个环节",
    "document": "份材料", "documents": "份材料", "visit": "次", "visits": "次", "times": "次", "time": "次",
    "cases": "件", "cases/workday": "件/工作日", "h/workday": "小时/工作日", "points": "分",
    "/h": "件/小时", "/min": "件/分钟",
    "/workday": "件/工作日", "%/year": "%/年",
}  # fmt: skip


def as_text(written: str) -> Text:
    """A quantity as written, in both languages."""
    number, _, unit = written.strip().partition(" ")
    chinese = CHINESE_UNITS.get(unit.strip(), unit.strip())
    return Text(written.strip(), f"{number}%" if chinese == "%" else f"{number} {chinese}".strip())
