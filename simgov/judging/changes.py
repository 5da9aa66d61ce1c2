"""Scenarios changed as a whole: all services alike, in every way that cases go, in every phase and whatever happens.

The changes are values, so that scenarios that are changed alike are equal and have one hash.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from simgov.chance import Changed
from simgov.scenario.value import Others, PoissonArrivals, ProfileArrivals, Scenario, Service
from simgov.units import Rate


@dataclass(frozen=True)
class OnServices:
    """``change`` made to each service of a scenario."""

    change: Callable[[Service], Service]

    def __call__(self, scenario: Scenario) -> Scenario:
        """The changed scenario."""
        phases = tuple(
            replace(phase, services=self._all(phase.services), others=self._going(phase.others))
            for phase in scenario.phases
        )
        return replace(
            scenario,
            services=self._all(scenario.services),
            others=self._going(scenario.others),
            phases=phases,
            chance=scenario.chance and Changed(scenario.chance, self),
        )

    def _all(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        return tuple(self.change(service) for service in services)

    def _going(self, others: tuple[Others, ...]) -> tuple[Others, ...]:
        return tuple(replace(other, services=self._all(other.services)) for other in others)


@dataclass(frozen=True)
class Promising:
    """A service promises ``days`` workdays."""

    service_id: str
    days: int

    def __call__(self, service: Service) -> Service:
        """The service, where it is the one."""
        return replace(service, promise=self.days) if service.id == self.service_id else service


@dataclass(frozen=True)
class Demanding:
    """``factor`` times as many applicants come, to one service or (None) to each."""

    factor: float
    service_id: str | None = None

    def __call__(self, service: Service) -> Service:
        """The service, where it is meant."""
        coming = service.arrivals
        if self.service_id not in (None, service.id):
            return service
        if isinstance(coming, PoissonArrivals):
            rate = Rate(coming.rate.amount * self.factor, coming.rate.base)
            return replace(service, arrivals=replace(coming, rate=rate))
        if isinstance(coming, ProfileArrivals):
            return replace(service, arrivals=replace(coming, scale=coming.scale * self.factor))
        return service


def with_promise(scenario: Scenario, service_id: str, days: int) -> Scenario:
    """The scenario in which a service promises ``days`` workdays."""
    return OnServices(Promising(service_id, days))(scenario)


def with_demand(scenario: Scenario, factor: float, service_id: str | None = None) -> Scenario:
    """The scenario with ``factor`` times as many applicants, of one service or (None) of all.

    Recorded applicants and booked slots stay as they are.
    """
    return scenario if factor == 1.0 else OnServices(Demanding(factor, service_id))(scenario)
