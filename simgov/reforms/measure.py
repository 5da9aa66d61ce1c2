"""What a measure is: a small pure function from scenario to scenario, with what it costs.

A new measure is one file in this folder, with a ``Measure``, the ``Spec`` of what the file writes behind its key and a
row in ``registry.MEASURES``.
"""

from __future__ import annotations

import datetime
from abc import ABC, abstractmethod
from dataclasses import dataclass, replace
from typing import ClassVar

from simgov.distributions import Distribution
from simgov.errors import PathPart, ReformError
from simgov.scenario.checks import find_step, scenario_problems
from simgov.scenario.fields import unknown
from simgov.scenario.value import Phase, Scenario, Service, Step
from simgov.units import shown

Place = tuple[PathPart, ...]


class Refusal(ReformError):
    """A measure may not be applied: what is wrong, what to do instead, and ``at`` which of its keys.

    ``of_costs``: the fault is in the costs that stand beside the measure.
    """

    def __init__(self, message: str, hint: str = "", at: Place = (), of_costs: bool = False) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.at, self.of_costs = message, hint, at, of_costs


@dataclass(frozen=True, kw_only=True)
class Measure(ABC):
    """One change of a scenario. ``set_up`` (once) and ``running`` (a year) are in minor units of ``currency``.

    ``since`` is the date from which it holds; None: from the first day of the run.

    ``kind`` is the measure's key in the file. ``monotone``: no applicant ever waits longer for it, in any scenario.
    """

    kind: ClassVar[str]
    monotone: ClassVar[bool] = False

    set_up: int = 0
    running: int = 0
    currency: str = ""
    since: datetime.date | None = None

    @abstractmethod
    def change(self, scenario: Scenario) -> Scenario:
        """The changed scenario, without the costs. Raises ``Refusal``."""

    def apply(self, scenario: Scenario) -> Scenario:
        """The scenario after this measure, its costs included. Raises ``Refusal``, which is a ``ReformError``.

        It changes every phase that begins no earlier than its own date, but for those that it brought about already.
        """
        cut = scenario if self.since is None else scenario.with_phase_from(self.since)
        first = replace(cut, phases=())
        if self.since is None or self.since <= scenario.run.start:
            first = self.applied(first)
        phases = tuple(self.in_phase(cut, phase) for phase in cut.phases)
        after = replace(first, phases=phases, currency=first.currency or (self.currency if phases else ""))
        refuse_closed_pools(after)
        return after

    def in_phase(self, scenario: Scenario, phase: Phase) -> Phase:
        """One phase of the scenario after this measure."""
        undated = replace(self, since=None)
        if (self.since is not None and phase.start < self.since) or undated in phase.measures:
            return phase
        try:
            changed = self.applied(scenario.in_phase(phase))
        except Refusal as refusal:
            message = f"from {phase.start} on: {refusal.message}"
            raise Refusal(message, refusal.hint, refusal.at, refusal.of_costs) from None
        return Phase(
            start=phase.start,
            pools=changed.pools,
            services=changed.services,
            set_up=changed.set_up,
            running=changed.running,
            measures=(*phase.measures, undated),
        )

    def applied(self, scenario: Scenario) -> Scenario:
        """A scenario without phases after this measure, its costs included."""
        return self.charged(self.allowed(scenario, self.change(scenario)))

    def allowed(self, scenario: Scenario, changed: Scenario) -> Scenario:
        """``changed``, unless its process is at fault where it was not before: a measure leaves one that runs."""
        before = set(scenario_problems(scenario))
        faults = (problem for problem in scenario_problems(changed) if not problem.warning)
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
            raise Refusal(message, "use one currency", ("set_up" if self.set_up else "running",), of_costs=True)
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
        needed |= {step.at for service in version.services for step in service.steps if step.at and not step.removed}
        gone = [] if phase is None else sorted(needed - {pool.id for pool in phase.pools})
        if phase is not None and gone:
            message = f"{gone[0]} would be gone from {phase.start} on, and cases that applied before still need it"
            raise Refusal(message, "keep the pool, with fewer posts")


def the_step(scenario: Scenario, name: str, at: Place = ()) -> tuple[Service, Step]:
    """The service and step that ``service.step`` names. Raises ``Refusal`` with the nearest name."""
    service, step = find_step(scenario, name)
    if isinstance(service, Service) and isinstance(step, Step):
        return service, step
    raise Refusal(str(service), str(step), at)


def need_pool(scenario: Scenario, name: str, at: Place = ()) -> None:
    """Refuse a pool that is not there."""
    known = [pool.id for pool in scenario.pools]
    if name not in known:
        raise Refusal(*unknown("pool", name, known), at)


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


TIME_FIELDS = ("value", "values", "mean", "low", "mode", "high")
"""The parameters of distributions that are times; the others have no unit."""


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """The distribution of ``factor`` times the time: the same cv, and for one uniform ``factor`` times the draw."""
    if factor == 1.0:
        return distribution
    given = [name for name, field in type(distribution).__dataclass_fields__.items() if field.init]  # type: ignore[attr-defined]
    times = {name: getattr(distribution, name) for name in given if name in TIME_FIELDS}
    changed = {
        name: tuple(v * factor for v in time) if isinstance(time, tuple) else time * factor
        for name, time in times.items()
    }
    return replace(distribution, **changed)  # type: ignore[type-var]
