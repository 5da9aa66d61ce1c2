"""What a measure is: a small pure function from scenario to scenario, with when, for whom, and at what cost it holds.

A new measure is one file in ``measures/``, with a ``Measure``, the ``Spec`` of what the file writes behind its key and
a ``KIND``. A measure says in ``change`` what becomes of a scenario that it reaches as a whole. The rest is here: that
it begins on a date, is phased in by month, reaches some cases only, costs money, and may go wrong.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from collections.abc import Callable, Collection, Iterator
from dataclasses import dataclass, field, replace
from typing import ClassVar, Self

from simgov.reforms.partly import on_every_way, partly, refuse_unserved
from simgov.reforms.refusal import Place, Refusal
from simgov.reforms.risk import NO_RISK, Chances, Risk
from simgov.reforms.shaping import without_lost_preferences
from simgov.scenario.checks import find_step, scenario_problems
from simgov.scenario.fields import unknown
from simgov.scenario.value import Phase, Reach, Scenario, Service, Step
from simgov.units import shown


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """One change of a scenario. ``set_up`` (once) and ``running`` (a year) are in minor units of ``currency``.

    ``since`` is the date from which it holds; None: from the first day of the run. ``uptake`` is the share of cases
    that it reaches, ``groups`` the groups of cases that it may reach (None: all), ``phase_in`` the uptake from each of
    these dates on (none before the first). ``needs`` and ``excludes`` name reforms or kinds of measure that have to be
    there before it, or may not be there at all. ``of`` is the reform in which it is written.

    ``kind`` is the measure's key in the file. A measure that is not ``by_case`` changes officers, or who comes: it
    cannot reach one case and not the next, and a partial uptake makes it ``weaker`` instead.
    """

    kind: ClassVar[str]
    by_case: ClassVar[bool] = True

    set_up: int = 0
    running: int = 0
    currency: str = ""
    since: datetime.date | None = None
    uptake: float = 1.0
    groups: tuple[str, ...] | None = None
    phase_in: tuple[tuple[datetime.date, float], ...] = ()
    needs: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    risk: Risk = NO_RISK
    of: str = field(default="", compare=False)

    @abstractmethod
    def change(self, scenario: Scenario) -> Scenario:
        """The changed scenario, without the costs, where the measure reaches every case. Raises ``Refusal``."""

    @property
    def monotone(self) -> bool:
        """Whether no applicant ever waits longer for it, in any scenario."""
        return False

    def weaker(self, share: float) -> Self:
        """The measure at a share of its strength, for one that is not ``by_case``. Raises ``Refusal``."""
        raise Refusal(f"{self.kind} is taken up as a whole", "give it a date instead (from)", ("uptake",), beside=True)

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario after this measure, its costs included. Raises ``Refusal``, which is a ``ReformError``.

        It changes every phase that begins no earlier than its own date, but for those that it brought about already.
        """
        after = self.as_planned(scenario)
        if not self.chancy and scenario.chance is None:
            return after
        return replace(after, chance=Chances.of(scenario).then(self))

    @property
    def chancy(self) -> bool:
        """Whether it differs from replication to replication."""
        return self.risk != NO_RISK

    def drawn(self, scenario: Scenario, uniform: Callable[[str], float]) -> Measure:
        """The measure as it comes out in one replication; ``uniform`` draws what a name stands for."""
        return self.risk.drawn(self, self.begins(scenario), uniform)

    def as_planned(self, scenario: Scenario) -> Scenario:
        """The scenario after this measure where nothing goes wrong."""
        cut = replace(scenario, chance=None)
        for date in self.dates:
            cut = cut.with_phase_from(date)
        first = self.applied(replace(cut, phases=()), self.uptake_on(scenario.run.start))
        phases = tuple(self.in_phase(cut, phase) for phase in cut.phases)
        after = replace(first, phases=phases, currency=first.currency or (self.currency if phases else ""))
        refuse_closed_pools(after)
        return self.risk.with_outages(self.risk.with_surge(after, self.begins(scenario)))

    @property
    def dates(self) -> tuple[datetime.date, ...]:
        """The dates on which something changes."""
        own = () if self.since is None else (self.since,)
        return (*own, *(date for date, _ in self.phase_in))

    def begins(self, scenario: Scenario) -> datetime.date:
        """The first day on which it holds."""
        return max(scenario.run.start, min(self.dates, default=scenario.run.start))

    def uptake_on(self, date: datetime.date) -> float:
        """The share of the cases that apply on ``date`` which it reaches."""
        if self.since is not None and date < self.since:
            return 0.0
        begun = [share for first, share in self.phase_in if first <= date]
        return begun[-1] if begun else 0.0 if self.phase_in else self.uptake

    def in_phase(self, scenario: Scenario, phase: Phase) -> Phase:
        """One phase of the scenario after this measure."""
        undated = replace(self, since=None, phase_in=(), risk=NO_RISK)
        share = self.uptake_on(phase.start)
        if share <= 0.0 or undated in phase.measures:
            return phase
        try:
            changed = self.applied(scenario.in_phase(phase), share)
        except Refusal as refusal:
            message = f"from {phase.start} on: {refusal.message}"
            raise Refusal(message, refusal.hint, refusal.at, refusal.beside) from None
        return Phase(
            start=phase.start,
            pools=changed.pools,
            services=changed.services,
            set_up=changed.set_up,
            running=changed.running,
            measures=(*phase.measures, undated),
            reach=changed.reach,
            others=changed.others,
        )

    def applied(self, scenario: Scenario, share: float) -> Scenario:
        """A scenario without phases after this measure has reached a share of it, its costs included."""
        reach = Reach(share, self.groups)
        if reach.nobody:
            return scenario
        self.check_groups(scenario)
        return self.finished(scenario, self.reached(scenario, reach))

    def reached(self, scenario: Scenario, reach: Reach) -> Scenario:
        """The scenario in which the cases of ``reach`` meet the measure, without its costs. Raises ``Refusal``."""
        if reach.everybody:
            return on_every_way(scenario, self.change)
        if self.by_case:
            return partly(scenario, reach, self.change)
        if self.groups is not None:
            raise Refusal(f"{self.kind} cannot be for some groups of applicants only", "", ("groups",), beside=True)
        return on_every_way(scenario, self.weaker(reach.upto).change)

    def finished(self, scenario: Scenario, changed: Scenario) -> Scenario:
        """``changed`` with the costs of the measure, once it is known to be sound."""
        changed = without_lost_preferences(scenario, changed)
        refuse_unserved(changed)
        return self.charged(self.allowed(scenario, changed))

    def check_groups(self, scenario: Scenario) -> None:
        """Refuse groups that no service has."""
        known = list(dict.fromkeys(group for service in scenario.services for group, _ in service.groups))
        for position, group in enumerate(self.groups or ()):
            if group not in known:
                raise Refusal(*unknown("group", group, known), ("groups", position), beside=True)

    def allowed(self, scenario: Scenario, changed: Scenario) -> Scenario:
        """``changed``, unless its process is at fault where it was not before: a measure leaves one that runs."""
        faults = [problem for problem in scenario_problems(changed) if not problem.warning]
        before = set(scenario_problems(scenario)) if faults else ()
        wrong = next((problem for problem in faults if problem not in before), None)
        if wrong is not None:
            raise Refusal(f"afterwards {wrong.dotted} would be wrong: {wrong.message}")
        return changed

    def charged(self, scenario: Scenario) -> Scenario:
        """The scenario with this measure's costs added to what reforms cost so far."""
        if not self.set_up and not self.running:
            return scenario
        if scenario.currency and self.currency != scenario.currency:
            message = f"this is in {self.currency}, the rest of the file in {scenario.currency}"
            raise Refusal(message, "use one currency", ("set_up" if self.set_up else "running",), beside=True)
        return replace(
            scenario,
            set_up=scenario.set_up + self.set_up,
            running=scenario.running + self.running,
            currency=self.currency,
        )


def refuse_closed_pools(scenario: Scenario) -> None:
    """Refuse a phase that does away with a pool at which cases that applied before it still have steps."""
    needed: set[str] = set()
    for version, phase in zip(scenario.versions, (*scenario.phases, None), strict=True):
        needed |= set(pools_in_use(version))
        gone = [] if phase is None else sorted(needed - {pool.id for pool in phase.pools})
        if phase is not None and gone:
            message = f"{gone[0]} would be gone from {phase.start} on, and cases that applied before still need it"
            raise Refusal(message, "keep the pool, with fewer posts")


def pools_in_use(scenario: Scenario) -> Iterator[str]:
    """The pool of each step that is done, whichever way cases go."""
    for _, services in scenario.ways:
        for service in services:
            yield from (step.at for step in service.steps if step.at and not step.removed)


def the_step(scenario: Scenario, name: str, at: Place = ()) -> tuple[Service, Step]:
    """The service and step that ``service.step`` names. Raises ``Refusal`` with the nearest name."""
    service, step = find_step(scenario, name)
    if isinstance(service, Service) and isinstance(step, Step):
        return service, step
    raise Refusal(str(service), str(step), at)


def step_of(scenario: Scenario, service: str, name: str, at: Place = ()) -> Step:
    """The step of a service that ``name`` says, short or as ``service.step``. Raises ``Refusal``."""
    found, step = the_step(scenario, name if "." in name else f"{service}.{name}", at)
    if found.id != service:
        raise Refusal(f"{shown(name)} is not a step of {service}", "", at)
    return step


def need_in_use(where: str, step: Step, at: Place = ()) -> None:
    """Refuse a step that nobody does any more."""
    if step.removed:
        raise Refusal(f"{where} is removed", "leave it out", at)


def need_no_dependent(service: Service, step: Step, but: Collection[str] = (), at: Place = ()) -> None:
    """Refuse to do without a step that is a legal precondition (前置条件) of one that stays, of all but ``but``."""
    for other in service.steps:
        if step.id in other.needs and not other.removed and other.id not in but:
            where = f"{service.id}.{step.id}"
            raise Refusal(f"{where} is a legal precondition (前置条件) of {other.id} and cannot be removed", "", at)


def the_service(scenario: Scenario, name: str, at: Place = ()) -> Service:
    """The service of that id. Raises ``Refusal`` with the nearest name."""
    known = [service.id for service in scenario.services]
    if name not in known:
        raise Refusal(*unknown("service", name, known), at)
    return scenario.service(name)


def need_pool(scenario: Scenario, name: str, at: Place = ()) -> None:
    """Refuse a pool that is not there."""
    known = [pool.id for pool in scenario.pools]
    if name not in known:
        raise Refusal(*unknown("pool", name, known), at)


def need_no_basis(where: str, step: Step, at: Place = ()) -> None:
    """Refuse to do away with a step that the law wants, or that has a part which it wants."""
    if step.basis:
        raise Refusal(f"{where} rests on the law and cannot be removed ({step.basis})", "", at)
    statutory = next((part for part in step.parts if part.basis and part.kept), None)
    if statutory is not None:
        hint = "remove its other parts"
        raise Refusal(f"{where} has a part, {statutory.id}, that rests on the law ({statutory.basis})", hint, at)


def steps_of_one_service(
    scenario: Scenario, names: tuple[str, ...], service: str | None, at: Place
) -> tuple[Service, list[Step]]:
    """The steps that a measure names, ``service.step`` or short where ``service`` says of which; two at least."""
    if len(names) < 2:
        raise Refusal("names fewer than two steps", "", at)
    found = [
        the_step(scenario, name if service is None else f"{service}.{name}", (*at, i)) for i, name in enumerate(names)
    ]
    for position, (other, step) in enumerate(found):
        if other.id != found[0][0].id:
            raise Refusal(f"{shown(names[position])} is of another service than {shown(names[0])}", "", (*at, position))
        if step.id in [earlier.id for _, earlier in found[:position]]:
            raise Refusal(f"{step.id} is named twice", "", (*at, position))
    return found[0][0], [step for _, step in found]


__all__ = [
    "Measure",
    "Place",
    "Refusal",
    "need_in_use",
    "need_no_basis",
    "need_no_dependent",
    "need_pool",
    "pools_in_use",
    "refuse_closed_pools",
    "step_of",
    "steps_of_one_service",
    "the_service",
    "the_step",
]
