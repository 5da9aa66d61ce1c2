"""Scenarios with all their services changed alike: in every way that cases go, and in every phase."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simgov.chance import Changed
from simgov.scenario.value import Others, PoissonArrivals, ProfileArrivals, Scenario, Service
from simgov.units import Rate


def with_services(scenario: Scenario, change: Callable[[Service], Service]) -> Scenario:
    """The scenario with ``change`` made to each service."""

    def changed(services: tuple[Service, ...]) -> tuple[Service, ...]:
        return tuple(change(service) for service in services)

    def going(others: tuple[Others, ...]) -> tuple[Others, ...]:
        return tuple(replace(other, services=changed(other.services)) for other in others)

    phases = tuple(
        replace(phase, services=changed(phase.services), others=going(phase.others)) for phase in scenario.phases
    )
    chance = scenario.chance and Changed(scenario.chance, lambda drawn: with_services(drawn, change))
    return replace(
        scenario, services=changed(scenario.services), others=going(scenario.others), phases=phases, chance=chance
    )


def with_promise(scenario: Scenario, service_id: str, days: int) -> Scenario:
    """The scenario in which a service promises ``days`` workdays."""
    return with_services(scenario, lambda one: replace(one, promise=days) if one.id == service_id else one)


def with_demand(scenario: Scenario, factor: float) -> Scenario:
    """The scenario with ``factor`` times as many applicants; recorded ones and booked slots stay as they are."""
    if factor == 1.0:
        return scenario

    def scaled(service: Service) -> Service:
        coming = service.arrivals
        if isinstance(coming, PoissonArrivals):
            rate = Rate(coming.rate.amount * factor, coming.rate.base)
            return replace(service, arrivals=replace(coming, rate=rate))
        if isinstance(coming, ProfileArrivals):
            return replace(service, arrivals=replace(coming, scale=coming.scale * factor))
        return service

    return with_services(scenario, scaled)
