"""What a stress is: something that goes wrong, which any scenario, reform or plan can be put under to see what holds.

A stress acts on the measures of a reform that begin (they come late, or fewer take them up), on the scenario that comes
of them (a system fails, more complain), or on both. It is assumed to happen; what may happen with some probability is
the ``risk`` of a measure.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from simgov.reforms.kind import Parameter, parameters_told
from simgov.reforms.measure import Measure, Refusal, the_service
from simgov.scenario.value import PoissonArrivals, ProfileArrivals, Scenario, Service, Text

OnMeasure = Callable[[Any, Measure, Scenario], Measure]
OnScenario = Callable[[Any, Scenario, Scenario], Scenario]


def unchanged_measure(spec: Any, measure: Measure, baseline: Scenario) -> Measure:
    """A stress that leaves measures alone."""
    return measure


def unchanged_scenario(spec: Any, before: Scenario, after: Scenario) -> Scenario:
    """A stress that leaves the scenario alone."""
    return after


@dataclass(frozen=True, kw_only=True)
class StressKind:
    """A kind of stress, called ``key``.

    ``spec`` are its parameters, each with a default. ``on_measure(spec, measure, baseline)`` is what becomes of a
    measure, ``on_scenario(spec, before, after)`` what becomes of the scenario ``after`` that measures made of
    ``before``; each gives back what it was given where it finds nothing to act on. ``acts_on`` says what it needs.
    """

    key: str
    name: Text
    effect: Text
    acts_on: Text
    spec: Any
    on_measure: OnMeasure = unchanged_measure
    on_scenario: OnScenario = unchanged_scenario

    @property
    def meaning(self) -> str:
        """For editors."""
        return f"{self.name.en[:1].upper()}{self.name.en[1:]} ({self.name.zh}): {self.effect.en}"

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """Every parameter, in the order of the file."""
        return parameters_told(self.spec)


@dataclass(frozen=True)
class Stress:
    """A kind of stress with its parameters, under the name by which it is asked for."""

    name: str
    kind: StressKind
    spec: Any


# What stresses are made of --------------------------------------------------------------------------------------------


def months_later(date: datetime.date, months: int) -> datetime.date:
    """The same day so many months later; the last of the month where there is no such day."""
    first = datetime.date(date.year + (date.month - 1 + months) // 12, (date.month - 1 + months) % 12 + 1, 1)
    following = datetime.date(first.year + first.month // 12, first.month % 12 + 1, 1)
    return min(first + datetime.timedelta(days=date.day - 1), following - datetime.timedelta(days=1))


def later(measure: Measure, months: int, baseline: Scenario) -> Measure:
    """The measure so many months late, with everything that it phases in."""
    if months == 0:
        return measure
    if measure.phase_in:
        shares = tuple((months_later(date, months), share) for date, share in measure.phase_in)
        return replace(measure, phase_in=shares)
    return replace(measure, since=months_later(measure.begins(baseline), months))


def taken_up_less(measure: Measure, factor: float) -> Measure:
    """The measure with that share of the uptake planned; whole where it can only be taken up as a whole."""
    if not measure.by_case:
        try:
            measure.weaker(factor)
        except Refusal:
            return measure
    phase_in = tuple((date, share * factor) for date, share in measure.phase_in)
    return replace(measure, uptake=measure.uptake * factor, phase_in=phase_in)


def begins_when(scenario: Scenario, holds: Callable[[Scenario, datetime.date], bool]) -> datetime.date | None:
    """The first day from which something holds of a scenario, looked at version by version; None: never."""
    dates = (scenario.run.start, *(phase.start for phase in scenario.phases))
    for version, date in zip(scenario.versions, dates, strict=True):
        if holds(version, date):
            return date
    return None


def named_or_called(scenario: Scenario, named: Sequence[str] | None, words: Iterable[str]) -> tuple[str, ...]:
    """The services that somebody named, or those whose id or name has one of ``words`` in it and that come by rate.

    Raises ``Refusal`` at ``services`` where a name is unknown.
    """
    if named is not None:
        return tuple(the_service(scenario, name, ("services", place)).id for place, name in enumerate(named))
    found = []
    for service in scenario.services:
        said = f"{service.id} {service.name.en} {service.name.zh}".lower()
        if any(word in said for word in words) and isinstance(service.arrivals, PoissonArrivals | ProfileArrivals):
            found.append(service.id)
    return tuple(found)


def services_of_every_way(scenario: Scenario) -> Iterator[Service]:
    """The services whichever way cases go, in every phase."""
    for version in scenario.versions:
        for _, services in version.ways:
            yield from services
