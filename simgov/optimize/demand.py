"""Demand scenarios: the same office with fewer or more applicants, in which a plan has to keep its targets too.

Rates and profiles of arrivals are multiplied. Places to be booked stay as they are, of which a larger or smaller share
is taken, at most all. What waits already when a run starts is the same in every demand scenario, and so is the cost of
a plan: overtime is that of the usual demand. A demand scenario may be under a stress of the file besides: measures then
come late or reach fewer, a system fails, posts are cut.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator, WithJsonSchema

from simgov.errors import PathPart, Problem, ReformError
from simgov.reforms.stressing import begun_under, under
from simgov.scenario.fields import check_id, fault, unknown
from simgov.scenario.value import (
    Chance,
    Others,
    Phase,
    PoissonArrivals,
    Posts,
    ProfileArrivals,
    Recorded,
    Scenario,
    Service,
)
from simgov.units import UnitError, parse_factor

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure
    from simgov.reforms.reform import Reform
    from simgov.reforms.stress import Stress

SCALE, OTHERS, STRESS = "scale", "others", "stress"
"""Keys of a demand scenario that stand for all services, for those not named, and for what the office is under."""


@dataclass(frozen=True)
class Demand:
    """Arrivals of each of ``services`` times its factor, and of all other services times ``others``, under a stress."""

    name: str = ""
    others: float = 1.0
    services: tuple[tuple[str, float], ...] = ()
    stress: Stress | None = None

    @property
    def usual(self) -> bool:
        """Whether it is the office of the file, to which as many come as that says."""
        return self._as_many and self.stress is None

    @property
    def _as_many(self) -> bool:
        return self.others == 1.0 and all(factor == 1.0 for _, factor in self.services)

    def begun(self, baseline: Scenario, measures: Sequence[Measure], planned: Scenario) -> Scenario:
        """What measures make of the baseline where they begin as they do under the stress; ``planned`` without one.

        Raises ``ReformError`` where a measure that comes late may not be applied any more.
        """
        return planned if self.stress is None else begun_under(self.stress, baseline, measures)

    def applied(self, scenario: Scenario, baseline: Scenario | None = None) -> Scenario:
        """The scenario with so many applicants, from the first day on and in every phase, under the stress.

        ``baseline`` is what measures have made it of. Raises ``ReformError`` where the stress may not act on it.
        """
        if self.stress is not None:
            scenario = self.stress.kind.on_scenario(self.stress.spec, baseline or scenario, scenario)
        if self._as_many:
            return scenario
        phases = tuple(self._phase(phase) for phase in scenario.phases)
        chance = None if scenario.chance is None else UnderDemand(scenario.chance, self)
        services, others = self._scaled(scenario.services), self._others(scenario.others)
        return replace(scenario, services=services, others=others, phases=phases, chance=chance)

    def _phase(self, phase: Phase) -> Phase:
        return replace(phase, services=self._scaled(phase.services), others=self._others(phase.others))

    def _others(self, others: tuple[Others, ...]) -> tuple[Others, ...]:
        return tuple(replace(other, services=self._scaled(other.services)) for other in others)

    def _scaled(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        factors = dict(self.services)
        return tuple(scaled(service, factors.get(service.id, self.others)) for service in services)


USUAL = Demand()


@dataclass(frozen=True)
class UnderDemand:
    """What differs from replication to replication, with so many applicants."""

    chance: Chance
    demand: Demand

    def drawn(self, seed: int, replication: int) -> Scenario:
        """See ``Chance``."""
        return self.demand.applied(self.chance.drawn(seed, replication))

    def with_staff(self, posts: Mapping[str, Posts]) -> UnderDemand:
        """See ``Chance``."""
        return replace(self, chance=self.chance.with_staff(posts))


def scaled(service: Service, factor: float) -> Service:
    """The service with ``factor`` times as many applicants; those of a record stay who they are."""
    if factor == 1.0:
        return service
    arrivals, booked = service.arrivals, service.appointments
    if isinstance(arrivals, PoissonArrivals):
        arrivals = replace(arrivals, rate=replace(arrivals.rate, amount=arrivals.rate.amount * factor))
    elif isinstance(arrivals, ProfileArrivals):
        arrivals = replace(arrivals, scale=arrivals.scale * factor)
    if booked is not None:
        booked = replace(booked, taken=min(1.0, booked.taken * factor))
    return replace(service, arrivals=arrivals, appointments=booked)


# As the file writes it ------------------------------------------------------------------------------------------------

DemandSpec = Mapping[str, float | Mapping[str, float | str]]
"""By name, one factor for all services, or a factor by service, with ``others`` for the rest, and a ``stress``."""


def parse_said(value: object) -> float | str:
    """What a demand scenario says behind a key: a share, or the name of a stress."""
    if isinstance(value, str) and value[:1].isalpha():
        return check_id(value)
    if not isinstance(value, str):
        raise fault(f"{value} has no unit", f"write {value} %")
    try:
        return parse_factor(value)
    except UnitError as error:
        raise fault(error.message, error.hint) from None


SaidField = Annotated[
    float | str,
    PlainValidator(parse_said),
    WithJsonSchema({"type": "string", "examples": ["130 %", "outage"]}),
]


def resolve_demand(
    spec: DemandSpec,
    hold: int | None,
    scenario: Scenario,
    stresses: Mapping[str, Stress],
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> tuple[tuple[Demand, ...], int]:
    """The demand scenarios that a file means, and in how many of them the targets must hold; ``problems`` are added.

    Where ``hold`` is None they must hold in all. ``stresses`` are those that there are, by name.
    """
    found = []
    for name, said in spec.items():
        here = (*path, "demand", name)
        factors: dict[str, float | str] = dict(said) if isinstance(said, Mapping) else {SCALE: said}
        stress = _stress(factors.pop(STRESS, None), stresses, (*here, STRESS), problems)
        demand = _demand(name, factors, scenario, here, problems) if factors or said == {} else Demand(name)
        found.append(replace(demand, stress=stress))
    if found and all(one.stress for one in found):
        message = "every demand scenario is under a stress, so nothing says what a plan usually costs"
        problems.append(Problem((*path, "demand"), message, "add one without, e.g. usual: 100 %", on_key=True))
    return tuple(found), _hold(hold, len(found), path, problems)


def _stress(
    said: float | str | None, stresses: Mapping[str, Stress], path: tuple[PathPart, ...], problems: list[Problem]
) -> Stress | None:
    if said is None or said in stresses:
        return stresses[str(said)] if said is not None else None
    problems.append(Problem(path, *unknown("stress", str(said), stresses)))
    return None


def idle_stresses(demands: Iterable[Demand], baseline: Scenario, reforms: Iterable[Reform]) -> list[Problem]:
    """Stresses that find nothing to act on, neither in the baseline nor in any reform that may be taken."""
    nothing: tuple[Measure, ...] = ()
    offered = [(baseline.label, nothing), *((reform.name, reform.measures) for reform in reforms)]
    problems = []
    for demand in demands:
        if demand.stress is None:
            continue
        refusals = []
        for label, measures in offered:
            try:
                under(demand.stress, baseline, measures, label=label)
            except ReformError as error:
                refusals.append(str(error))
        if len(refusals) == len(offered):
            path = ("optimize", "demand", demand.name, STRESS)
            problems.append(Problem(path, refusals[0], "leave it out, or offer a reform that it acts on"))
    return problems


def _demand(
    name: str,
    said: Mapping[str, float | str],
    scenario: Scenario,
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> Demand:
    if not said:
        problems.append(
            Problem(path, f"demand {name!r} says nothing", "write 125 %, or {permit: 130 %, others: 100 %}")
        )
    known = {service.id: service for service in scenario.services}
    for key, text in said.items():
        if isinstance(text, str):
            problems.append(Problem((*path, key), f"{text!r} is no share", "write 130 %, or stress: NAME"))
    for key in said:
        if key not in (SCALE, OTHERS, *known):
            choices = [*known, SCALE, OTHERS, STRESS]
            problems.append(Problem((*path, key), *unknown("service", key, choices), on_key=True))
        elif key == SCALE and len(said) > 1:
            message = "scale is for all services, so nothing can stand beside it"
            problems.append(Problem((*path, key), message, "write others for the services not named", on_key=True))
    factors = {key: factor for key, factor in said.items() if not isinstance(factor, str)}
    for key, factor in factors.items():
        if factor <= 0.0:
            place = path if set(said) == {SCALE} else (*path, key)
            problems.append(Problem(place, "nobody would come", "write a share above 0 %"))
    others = factors.get(SCALE, factors.get(OTHERS, 1.0))
    factors = {key: factor for key, factor in factors.items() if key in known}
    demand = Demand(name, others, tuple(factors.items()))
    for service in scenario.services:
        recorded = isinstance(service.arrivals, Recorded)
        if recorded and factors.get(service.id, others) != 1.0:
            message = f"who comes to {service.id} is recorded, so that it cannot be {name}"
            problems.append(Problem(path, message, f"write {service.id}: 100 % beside the others"))
    return demand


def _hold(hold: int | None, count: int, path: tuple[PathPart, ...], problems: list[Problem]) -> int:
    if hold is None:
        return count
    if not count:
        problems.append(
            Problem((*path, "hold"), "there are no demand scenarios to hold in", "give demand", on_key=True)
        )
        return 0
    if not 1 <= hold <= count:
        message = f"{hold} of {count} demand scenarios is not possible"
        problems.append(Problem((*path, "hold"), message, f"write 1 to {count}, or all"))
        return count
    return hold
