"""Demand that grows from year to year: an office some years after the first day of its programme."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from simgov.scenario.value import PoissonArrivals, ProfileArrivals, Scenario, Service
from simgov.units import Rate


def grows(scenario: Scenario) -> bool:
    """Whether the demand for some service changes from year to year."""
    return any(_growth(service) != 0.0 for service in scenario.services)


def grown(scenario: Scenario, years: float) -> Scenario:
    """The office so many years later, for a run too short for demand to grow in it."""
    if years == 0.0 or not grows(scenario):
        return scenario
    return replace(scenario, services=tuple(_later(service, years) for service in scenario.services))


def further(scenario: Scenario, years: float) -> Scenario:
    """The office so many years later, from where on demand goes on growing."""
    if years <= 0.0:
        return scenario

    def later(services: tuple[Service, ...]) -> tuple[Service, ...]:
        return tuple(
            replace(_later(service, years), arrivals=_growing(_later(service, years), _growth(service)))
            for service in services
        )

    phases = tuple(replace(phase, services=later(phase.services)) for phase in scenario.phases)
    return replace(scenario, services=later(scenario.services), phases=phases)


def _growing(service: Service, growth: float) -> Any:
    arrivals = service.arrivals
    if isinstance(arrivals, PoissonArrivals | ProfileArrivals):
        return replace(arrivals, trend=replace(arrivals.trend, growth=growth))
    return arrivals


def _growth(service: Service) -> float:
    arrivals = service.arrivals
    return arrivals.trend.growth if isinstance(arrivals, PoissonArrivals | ProfileArrivals) else 0.0


def _later(service: Service, years: float) -> Service:
    arrivals, times = service.arrivals, (1.0 + _growth(service)) ** years
    if isinstance(arrivals, PoissonArrivals):
        rate = Rate(arrivals.rate.amount * times, arrivals.rate.base)
        return replace(service, arrivals=replace(arrivals, rate=rate, trend=replace(arrivals.trend, growth=0.0)))
    if isinstance(arrivals, ProfileArrivals):
        scale = arrivals.scale * times
        return replace(service, arrivals=replace(arrivals, scale=scale, trend=replace(arrivals.trend, growth=0.0)))
    return service
