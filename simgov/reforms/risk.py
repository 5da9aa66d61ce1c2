"""What may go wrong with a measure: it begins late, fewer take it up, a system fails, more people come at first.

What is drawn is drawn once for each replication, from streams of the measure's own
(``risk/<reform>/<kind>/<number>/...``), so that a run shows the spread of outcomes that a plan has to bear.
Outages are drawn by the engines.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from pydantic import Field

from simgov.distributions import Distribution
from simgov.reforms.days import MINUTES_PER_DAY, day_after
from simgov.reforms.fields import Guess, GuessField, TimeField, guess_of, time_of
from simgov.reforms.refusal import Refusal
from simgov.scenario.fields import DurationField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import PoissonArrivals, Posts, ProfileArrivals, Scenario, Service, Surge, System, Text
from simgov.streams import uniforms
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure


@dataclass(frozen=True)
class MoreCome:
    """For ``lasts`` from the first day of the measure, ``times`` as many come to ``services``."""

    services: tuple[str, ...]
    times: Guess
    lasts: Duration


@dataclass(frozen=True)
class Risk:
    """What may go wrong. ``delay`` comes to pass in the share ``delayed`` of replications, in whole days; ``uptake`` is
    a factor on the uptake that is planned; ``outages`` are systems that the measure brings and that fail.
    """

    delay: Distribution | None = None
    delayed: float = 1.0
    uptake: Guess = (1.0, 1.0, 1.0)
    surge: MoreCome | None = None
    outages: tuple[System, ...] = ()

    @property
    def brings_harm(self) -> bool:
        """Whether it brings what would not be there without the measure; a delay or a low uptake does not."""
        return self.surge is not None or bool(self.outages)

    def with_outages(self, scenario: Scenario) -> Scenario:
        """The scenario with the systems that the measure brings."""
        return replace(scenario, systems=(*scenario.systems, *self.outages)) if self.outages else scenario

    def with_surge(self, scenario: Scenario, begins: datetime.date) -> Scenario:
        """The scenario with as many more applicants as are most likely, from ``begins`` on."""
        if self.surge is None:
            return scenario
        over = day_after(scenario.calendar, begins, self.surge.lasts)
        surge = Surge(begins, max(begins, over - datetime.timedelta(days=1)), self.surge.times[1])
        known = [service.id for service in scenario.services]
        for position, name in enumerate(self.surge.services):
            if name not in known:
                raise Refusal(f"there is no service {name!r}", "", ("risk", "surge", "services", position), beside=True)
        names = self.surge.services

        def more(services: tuple[Service, ...]) -> tuple[Service, ...]:
            return tuple(with_surge(service, surge) if service.id in names else service for service in services)

        phases = tuple(replace(phase, services=more(phase.services)) for phase in scenario.phases)
        return replace(scenario, services=more(scenario.services), phases=phases)

    def drawn(self, measure: Measure, begins: datetime.date, uniform: Callable[[str], float]) -> Measure:
        """The measure as it comes out in one replication; it then holds no chance any more but outages."""
        late = self._days_late(uniform)
        factor = triangular(self.uptake, uniform("uptake"))
        surge = self.surge
        if surge is not None:
            surge = replace(surge, times=(triangular(surge.times, uniform("surge")),) * 3)
        shift = datetime.timedelta(days=late)
        return replace(
            measure,
            since=begins + shift if late and not measure.phase_in else measure.since,
            phase_in=tuple((date + shift, min(1.0, share * factor)) for date, share in measure.phase_in),
            uptake=min(1.0, measure.uptake * factor),
            risk=Risk(surge=surge, outages=self.outages),
        )

    def _days_late(self, uniform: Callable[[str], float]) -> int:
        if self.delay is None or uniform("delayed") >= self.delayed:
            return 0
        late = float(self.delay.quantile(np.array([uniform("delay")]))[0])
        return round(late / MINUTES_PER_DAY if self.delay.base == "min" else late * 7 / 5)


NO_RISK = Risk()


def with_surge(service: Service, surge: Surge) -> Service:
    """The service to which ``times`` as many come for a while. Raises ``Refusal`` where a record says who comes."""
    arrivals = service.arrivals
    if not isinstance(arrivals, PoissonArrivals | ProfileArrivals):
        message = f"who comes to {service.id} does not follow a rate"
        raise Refusal(message, "a surge needs arrivals by rate or profile", ("risk", "surge"), beside=True)
    trend = replace(arrivals.trend, surges=(*arrivals.trend.surges, surge))
    return replace(service, arrivals=replace(arrivals, trend=trend))


def triangular(guess: Guess, uniform: float) -> float:
    """The quantile of a triangular distribution (Johnson, Kotz, Balakrishnan 1995, 26.9); its value where it is one."""
    low, mode, high = guess
    if high <= low:
        return mode
    turning = (mode - low) / (high - low)
    if uniform < turning:
        return low + math.sqrt((high - low) * (mode - low) * uniform)
    return high - math.sqrt((high - low) * (high - mode) * (1.0 - uniform))


@dataclass(frozen=True)
class Chances:
    """A scenario that measures make of ``base``, some of which may go wrong; ``posts`` are set afterwards."""

    base: Scenario
    measures: tuple[Measure, ...] = ()
    posts: tuple[tuple[str, Posts], ...] = ()

    @staticmethod
    def of(scenario: Scenario) -> Chances:
        """The chances that a scenario has so far: none where it came about without risk."""
        chance = scenario.chance
        return chance if isinstance(chance, Chances) else Chances(scenario)

    def then(self, measure: Measure) -> Chances:
        """One measure more."""
        return replace(self, measures=(*self.measures, measure))

    def with_staff(self, posts: Mapping[str, Posts]) -> Chances:
        """The same with these posts in these pools."""
        return replace(self, posts=tuple(sorted({**dict(self.posts), **posts}.items())))

    def drawn(self, seed: int, replication: int) -> Scenario:
        """The scenario of one replication.

        A measure that can only follow one that is late is late with it.
        """
        scenario, latest = self.base, self.base.run.start
        for measure, name in zip(self.measures, self._names(), strict=True):

            def uniform(what: str, name: str = name) -> float:
                return float(uniforms(seed, replication, f"risk/{name}/{what}", np.array([0]))[0])

            own = measure.drawn(scenario, uniform)
            try:
                scenario = own.as_planned(scenario)
            except Refusal:
                scenario = replace(own, since=max(latest, own.begins(scenario))).as_planned(scenario)
            latest = max(latest, own.begins(scenario))
        return scenario.with_staff(dict(self.posts)) if self.posts else scenario

    def _names(self) -> list[str]:
        """A name for each measure: its reform, its kind, and which of them it is."""
        stems = [f"{measure.of}/{measure.kind}" for measure in self.measures]
        return [f"{stem}/{stems[:place].count(stem)}" for place, stem in enumerate(stems)]


# As the file writes it ------------------------------------------------------------------------------------------------


class SurgeSpec(Section):
    """More people come at first."""

    services: list[Id] = Field(description="To which services", min_length=1)
    times: GuessField = Field(description="How many times as many: 147 %, or [120 %, 147 %, 180 %]")
    lasts: DurationField = Field(description="For how long from the first day of the measure, e.g. 90 days")


class OutageSpec(Section):
    """A system that the measure brings, and that fails."""

    pools: list[Id] = Field(description="The pools that take no work while it is down", min_length=1)
    every: TimeField = Field(description="Time from the end of an outage to the next")
    lasts: TimeField = Field(description="How long an outage lasts")


class RiskSpec(Section):
    """What may go wrong with a measure, drawn once for each replication."""

    delay: TimeField | None = Field(None, description="How much later it begins, e.g. {triangular: ...}")
    delayed: ShareField = Field(1.0, description="How likely a delay is; default 100 %")
    uptake: GuessField | None = Field(None, description="What comes of the planned uptake: [40 %, 60 %, 90 %] of it")
    surge: SurgeSpec | None = Field(None, description="More people come at first")
    outage: OutageSpec | None = Field(None, description="A system that the measure brings, and that fails")


def read_risk(spec: RiskSpec | None, system: str) -> Risk:
    """The risk that the file writes; ``system`` is what a system that fails is called."""
    if spec is None:
        return NO_RISK
    surge = None
    if spec.surge is not None:
        surge = MoreCome(tuple(spec.surge.services), guess_of(spec.surge.times), spec.surge.lasts)
    delay = None if spec.delay is None else time_of(spec.delay)
    return Risk(delay, spec.delayed, guess_of(spec.uptake), surge, _outages(spec.outage, system))


def _outages(spec: OutageSpec | None, system: str) -> tuple[System, ...]:
    if spec is None:
        return ()
    return (System(system, Text(system, system), tuple(spec.pools), time_of(spec.every), time_of(spec.lasts)),)
