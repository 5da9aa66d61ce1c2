"""A reform: measures one after the other under a name, and how reforms compose by naming each other."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Annotated

from pydantic import Discriminator, Field, Tag, create_model, model_validator

from simgov.errors import PathPart, Problem, ReformError
from simgov.reforms.fields import PhaseInField
from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.registry import MEASURES
from simgov.reforms.risk import RiskSpec, read_risk
from simgov.scenario.fields import DateField, Id, OnceField, RunningField, ShareField, fault, kind_tag, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario
from simgov.units import Money


@dataclass(frozen=True)
class Reform:
    """Measures that turn a scenario into another, labelled with the reform's name."""

    name: str
    measures: tuple[Measure, ...]

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario after all measures, in order. Raises ``ReformError`` where one may not be applied."""
        return self.apply_after((), scenario)

    def apply_after(self, earlier: Sequence[Measure], scenario: Scenario) -> Scenario:
        """The same where the measures ``earlier`` have made ``scenario`` what it is."""
        for place, measure in enumerate(self.measures):
            try:
                check_company(measure, [*before(scenario), *earlier, *self.measures[:place]])
                scenario = measure.apply(scenario)
            except Refusal as refusal:
                raise ReformError(f"reform {self.name}: {measure.kind}: {refusal}") from None
        return replace(scenario, label=self.name)

    @property
    def monotone(self) -> bool:
        """Whether no applicant ever waits longer for it, whatever goes wrong with it."""
        return all(measure.monotone and not measure.risk.brings_harm for measure in self.measures)


def before(scenario: Scenario) -> list[Measure]:
    """The measures that the phases of a scenario have brought about."""
    return [measure for phase in scenario.phases for measure in phase.measures if isinstance(measure, Measure)]


def check_company(measure: Measure, earlier: Sequence[Measure]) -> None:
    """Refuse a measure without those that it needs before it, or beside one that either of them excludes."""
    for position, need in enumerate(measure.needs):
        if not any(is_called(other, need) for other in earlier):
            raise Refusal(
                f"{measure.kind} needs {need} first", f"put {need} before it", ("needs", position), beside=True
            )
    for other in earlier:
        shut_out = next((name for name in measure.excludes if is_called(other, name)), None)
        if shut_out is None and any(is_called(measure, name) for name in other.excludes):
            shut_out = other.of or other.kind
        if shut_out is not None:
            raise Refusal(f"{measure.kind} and {shut_out} exclude each other", "leave one of them out")


def is_called(measure: Measure, name: str) -> bool:
    """Whether a measure is of that kind, or is written in the reform of that name."""
    return name in (measure.kind, measure.of)


BESIDE = frozenset(("set_up", "running", "since", "uptake", "phase_in", "groups", "needs", "excludes", "risk"))
"""What may stand beside the key of a measure."""


class OneMeasure(Section):
    """One measure: its key with what it needs, what it costs, and from when on it holds."""

    set_up: OnceField | None = Field(None, description="What it costs once, e.g. 20000 CNY")
    running: RunningField | None = Field(None, description="What it costs a year, e.g. 100 CNY/year")
    since: DateField | None = Field(
        None, alias="from", description="The date from which it holds, e.g. 2026-04-01; default: the first day"
    )
    uptake: ShareField | None = Field(None, description="The share of cases that it reaches; default 100 %")
    phase_in: PhaseInField | None = Field(
        None, description="The share of cases that it reaches from each month on: {2026-01: 20 %, 2026-04: 60 %}"
    )
    groups: list[Id] | None = Field(None, description="The groups of applicants that it is for; default: all")
    needs: list[Id] = Field(default_factory=list, description="Reforms or kinds of measure that must come before it")
    excludes: list[Id] = Field(default_factory=list, description="Reforms or kinds of measure that rule it out")
    risk: RiskSpec | None = Field(None, description="What may go wrong with it, drawn for each replication")

    @model_validator(mode="after")
    def is_one_measure(self) -> OneMeasure:
        """Exactly one kind."""
        kinds = sorted(self.model_fields_set - BESIDE)
        if len(kinds) != 1:
            what = "names no measure" if not kinds else "names more than one measure: " + ", ".join(kinds)
            raise fault(what, "one of " + ", ".join(MEASURES) if not kinds else "write each as an item of the list")
        if self.set_up and self.running and self.set_up.currency != self.running.currency:
            raise fault(f"set_up is in {self.set_up.currency}, running in {self.running.currency}", "use one currency")
        if self.phase_in is not None and (self.since is not None or self.uptake is not None):
            raise fault("phase_in says when and for how many it holds", "leave from and uptake away")
        return self

    @property
    def kind(self) -> str:
        """The measure's key."""
        return next(iter(self.model_fields_set - BESIDE))

    def measure(self, reform: str) -> Measure:
        """The measure that this item of a reform writes."""
        once, yearly = self.set_up or Money(0, ""), self.running or Money(0, "", "year")
        return MEASURES[self.kind].read(
            getattr(self, self.kind),
            set_up=once.minor,
            running=yearly.minor,
            currency=once.currency or yearly.currency,
            since=self.since,
            uptake=1.0 if self.uptake is None else self.uptake,
            phase_in=tuple((self.phase_in or {}).items()),
            groups=None if self.groups is None else tuple(self.groups),
            needs=tuple(self.needs),
            excludes=tuple(self.excludes),
            risk=read_risk(self.risk, f"{reform}_{self.kind}"),
            of=reform,
        )


MeasureSpec: type[OneMeasure] = create_model(
    "MeasureSpec",
    __base__=OneMeasure,
    __doc__=OneMeasure.__doc__,
    **{key: (kind.spec | None, Field(None, description=kind.meaning)) for key, kind in MEASURES.items()},  # type: ignore[call-overload]
)

ItemField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[MeasureSpec, Tag("<mapping>")],  # type: ignore[valid-type]
    Discriminator(kind_tag),
]
ReformsField = dict[Id, Annotated[list[ItemField], Field(min_length=1)]]
"""The section ``reforms:``: by name, a list of measures and of names of other reforms."""

Items = Mapping[str, Sequence[str | OneMeasure]]
ROOT: tuple[PathPart, ...] = ("reforms",)
MOST_MEASURES = 1000


def resolve(spec: Items, known: Sequence[str]) -> tuple[dict[str, Reform], list[Problem]]:
    """The reforms of a file by name, and those among their items that name no reform or go in a circle.

    ``known`` are the names in the file, those that could not be read too.
    """
    problems: list[Problem] = []
    if "baseline" in spec:
        message = "baseline is the scenario without reforms"
        problems.append(Problem((*ROOT, "baseline"), message, "choose another name", on_key=True))
    circular: set[str] = set()
    for name, items in spec.items():
        for position, item in enumerate(items):
            if isinstance(item, str) and item not in known:
                problems.append(Problem((*ROOT, name, position), *unknown("reform", item, known)))
            elif isinstance(item, str) and name not in circular and reaches(spec, item, name):
                circular |= {other for other in spec if reaches(spec, name, other) and reaches(spec, other, name)}
                message = f"{name} names itself" if item == name else f"{name} and {item} name each other"
                problems.append(Problem((*ROOT, name, position), message, "a reform ends in measures"))
        problems += unknown_company(name, items, known)
    reforms: dict[str, Reform] = {}
    for name in spec:
        reforms[name] = Reform(name, measures_of(spec, name, circular, reforms))
        if len(reforms[name].measures) > MOST_MEASURES:
            problems.append(Problem((*ROOT, name), f"this comes to more than {MOST_MEASURES} measures", on_key=True))
            reforms[name] = Reform(name, ())
    return reforms, problems


def unknown_company(name: str, items: Sequence[str | OneMeasure], known: Sequence[str]) -> list[Problem]:
    """What the measures of a reform need or exclude that is neither a reform nor a kind of measure."""
    return [
        Problem((*ROOT, name, position, key, place), *unknown("reform or kind of measure", other, [*known, *MEASURES]))
        for position, item in enumerate(items)
        if isinstance(item, OneMeasure)
        for key, named in (("needs", item.needs), ("excludes", item.excludes))
        for place, other in enumerate(named)
        if other not in known and other not in MEASURES
    ]


def reaches(spec: Items, start: str, wanted: str) -> bool:
    """Whether ``start`` is ``wanted`` or names it, directly or not."""
    seen: set[str] = set()
    waiting = [start]
    while waiting:
        name = waiting.pop()
        if name == wanted:
            return True
        if name not in seen:
            seen.add(name)
            waiting += [item for item in spec.get(name, ()) if isinstance(item, str)]
    return False


def measures_of(spec: Items, name: str, circular: set[str], known: Mapping[str, Reform]) -> tuple[Measure, ...]:
    """All measures of a reform, those of the reforms it names in their place (at most a few more than allowed)."""
    measures: tuple[Measure, ...] = ()
    for item in spec.get(name, ()):
        if isinstance(item, OneMeasure):
            measures += (item.measure(name),)
        elif item in known:
            measures += known[item].measures
        elif item not in circular and item != name:
            measures += measures_of(spec, item, circular, known)
        if len(measures) > MOST_MEASURES:
            break
    return measures


def refusals(
    spec: Items, reforms: Mapping[str, Reform], baseline: Scenario, untried: Collection[str] = ()
) -> list[Problem]:
    """What goes wrong when each reform is applied to the baseline, located at the measure.

    A reform named by another reports its own faults once, where it is written; there only what it cannot do after what
    stands before it. A reform is tried up to its first measure of an ``untried`` kind, and none where the calendar is
    never open: that is reported where the calendar is written.
    """
    if baseline.calendar.never_open:
        return []
    problems: list[Problem] = []
    tried = {name: r for name, r in reforms.items() if not any(measure.kind in untried for measure in r.measures)}
    alone = {name for name, reform in tried.items() if not refused(reform, baseline, needed_by(reform, reforms))}
    for name, items in spec.items():
        earlier = list(needed_by(reforms[name], reforms))
        scenario = after(earlier, baseline)
        for position, item in enumerate(items):
            here: tuple[PathPart, ...] = (*ROOT, name, position)
            measures = measures_of_item(item, name, reforms)
            if any(measure.kind in untried for measure in measures):
                break
            try:
                for measure in measures:
                    check_company(measure, [*before(baseline), *earlier])
                    scenario = measure.apply(scenario)
                    earlier.append(measure)
            except Refusal as refusal:
                if isinstance(item, OneMeasure):
                    where = refusal.at if refusal.beside else (item.kind, *refusal.at)
                    problems.append(Problem((*here, *where), refusal.message, refusal.hint))
                elif item in alone:
                    message = f"{item} cannot be applied after what stands before it: {refusal.message}"
                    problems.append(Problem(here, message, refusal.hint))
    return problems


def needed_by(
    reform: Reform, reforms: Mapping[str, Reform], asking: frozenset[str] = frozenset()
) -> tuple[Measure, ...]:
    """The measures of other reforms of the file that those of this reform need and do not find in it."""
    found: list[Measure] = []
    for need in dict.fromkeys(need for measure in reform.measures for need in measure.needs):
        if need in asking or any(is_called(other, need) for other in (*reform.measures, *found)):
            continue
        named = reforms.get(need) or next((other for other in reforms.values() if has_kind(other, need)), None)
        if named is not None and not set(named.measures) & set(reform.measures):
            found += [*needed_by(named, reforms, asking | {reform.name, need}), *named.measures]
    return tuple(dict.fromkeys(found))


def has_kind(reform: Reform, kind: str) -> bool:
    """Whether a reform has a measure of that kind."""
    return any(measure.kind == kind for measure in reform.measures)


def after(measures: Iterable[Measure], scenario: Scenario) -> Scenario:
    """The scenario after measures, up to the first that is refused: that is said where it is written."""
    for measure in measures:
        try:
            scenario = measure.apply(scenario)
        except ReformError:
            break
    return scenario


def measures_of_item(item: str | OneMeasure, reform: str, reforms: Mapping[str, Reform]) -> tuple[Measure, ...]:
    """What one item of ``reform`` stands for: a measure, or all of another reform."""
    if isinstance(item, OneMeasure):
        return (item.measure(reform),)
    return reforms[item].measures if item in reforms else ()


def refused(reform: Reform, baseline: Scenario, earlier: Sequence[Measure] = ()) -> bool:
    """Whether the reform may not be applied, after the measures ``earlier``."""
    try:
        reform.apply_after(earlier, after(earlier, baseline))
    except ReformError:
        return True
    return False


__all__ = ["Items", "Reform", "ReformsField", "refusals", "resolve"]
