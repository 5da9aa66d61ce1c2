"""Demand scenarios: the same office with fewer or more applicants, in which a plan has to keep its targets too.

Rates and profiles of arrivals are multiplied. Places to be booked stay as they are, of which a larger or smaller share
is taken, at most all. What waits already when a run starts is the same in every demand scenario, and so is the cost of
a plan: overtime is that of the usual demand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

from simgov.errors import PathPart, Problem
from simgov.scenario.fields import unknown
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

SCALE, OTHERS = "scale", "others"
"""Keys of a demand scenario that stand for all services and for those not named."""


@dataclass(frozen=True)
class Demand:
    """Arrivals of each of ``services`` times its factor, and of all other services times ``others``."""

    name: str = ""
    others: float = 1.0
    services: tuple[tuple[str, float], ...] = ()

    @property
    def usual(self) -> bool:
        """Whether as many come as the file says."""
        return self.others == 1.0 and all(factor == 1.0 for _, factor in self.services)

    def applied(self, scenario: Scenario) -> Scenario:
        """The scenario with so many applicants, from the first day on and in every phase."""
        if self.usual:
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

DemandSpec = Mapping[str, float | Mapping[str, float]]
"""By name, one factor for all services, or a factor by service, with ``others`` for the rest."""


def resolve_demand(
    spec: DemandSpec,
    hold: int | None,
    scenario: Scenario,
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> tuple[tuple[Demand, ...], int]:
    """The demand scenarios that a file means, and in how many of them the targets must hold; ``problems`` are added.

    Where ``hold`` is None they must hold in all.
    """
    demands = tuple(_demand(name, said, scenario, (*path, "demand", name), problems) for name, said in spec.items())
    return demands, _hold(hold, len(demands), path, problems)


def _demand(
    name: str,
    said: float | Mapping[str, float],
    scenario: Scenario,
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> Demand:
    if not isinstance(said, Mapping):
        said = {SCALE: said}
    if not said:
        problems.append(
            Problem(path, f"demand {name!r} says nothing", "write 125 %, or {permit: 130 %, others: 100 %}")
        )
    known = {service.id: service for service in scenario.services}
    for key in said:
        if key not in (SCALE, OTHERS, *known):
            problems.append(Problem((*path, key), *unknown("service", key, [*known, SCALE, OTHERS]), on_key=True))
        elif key == SCALE and len(said) > 1:
            message = "scale is for all services, so nothing can stand beside it"
            problems.append(Problem((*path, key), message, "write others for the services not named", on_key=True))
    for key, factor in said.items():
        if factor <= 0.0:
            place = path if set(said) == {SCALE} else (*path, key)
            problems.append(Problem(place, "nobody would come", "write a share above 0 %"))
    factors = {key: factor for key, factor in said.items() if key in known}
    others = said.get(SCALE, said.get(OTHERS, 1.0))
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
