"""Measures with their dates taken away, for an office in which they have settled, or set anew, for one in which they
begin on a day."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from simgov.chance import Changed
from simgov.optimize.roadmap.demand import further
from simgov.reforms.measure import Measure
from simgov.reforms.risk import NO_RISK
from simgov.scenario.value import Chance, Learning, Pool, Posts, RunSettings, Scenario, staffed

YEAR_DAYS = 365
LONG_AGO = datetime.timedelta(days=40 * 365)


def settled(measures: Iterable[Measure]) -> tuple[Measure, ...]:
    """Each as it is in the end: for as many cases as it ever reaches, from the first day, begun without delay."""
    return tuple(
        replace(
            measure,
            since=None,
            phase_in=(),
            uptake=measure.phase_in[-1][1] if measure.phase_in else measure.uptake,
            risk=replace(measure.risk, delay=None, surge=None) if measure.risk != NO_RISK else NO_RISK,
        )
        for measure in measures
    )


def begun_on(measures: Sequence[Measure], date: datetime.date) -> tuple[Measure, ...]:
    """The measures of one reform as they are where the reform begins on ``date``.

    Their own dates keep their distances: the earliest of them becomes ``date``. A measure without a date begins then.
    """
    own = [day for measure in measures for day in measure.dates]
    shift = date - min(own, default=date)
    return tuple(
        replace(
            measure,
            since=None if measure.phase_in else measure.since + shift if measure.since is not None else date,
            phase_in=tuple((day + shift, share) for day, share in measure.phase_in),
        )
        for measure in measures
    )


def learnt(scenario: Scenario, before: Scenario) -> Scenario:
    """The scenario in which whoever has to learn something that was not there ``before`` has learnt it, whatever else
    is left to chance."""
    known = {pool.id: pool.learning for pool in before.pools}
    pools = tuple(
        replace(pool, learning=_long_ago(pool.learning))
        if pool.learning is not None and pool.learning != known.get(pool.id)
        else pool
        for pool in scenario.pools
    )
    chance = None if scenario.chance is None else Changed(scenario.chance, _Learnt(before))
    return replace(scenario, pools=pools, chance=chance)


@dataclass(frozen=True)
class _Learnt:
    """``learnt`` since ``before``, equal where that is equal."""

    before: Scenario

    def __call__(self, scenario: Scenario) -> Scenario:
        return learnt(scenario, self.before)


def _long_ago(learning: Learning) -> Learning:
    besides = tuple(_long_ago(other) for other in learning.besides)
    return replace(learning, start=learning.start - LONG_AGO, besides=besides)


@dataclass(frozen=True)
class Dates:
    """The posts of each year, by pool, the first until the first of ``new_years``; and the ``run``, which may begin
    when some phases of the office have begun already."""

    new_years: tuple[datetime.date, ...]
    years: tuple[tuple[tuple[str, Posts], ...], ...]
    run: RunSettings

    def of(self, scenario: Scenario) -> Scenario:
        """The scenario with these posts, as it is from the first day of the run on."""
        for date in self.new_years:
            scenario = scenario.with_phase_from(date)
        phases = tuple(
            replace(phase, pools=self._posted(phase.pools, sum(date <= phase.start for date in self.new_years)))
            for phase in scenario.phases
        )
        scenario = replace(scenario, pools=self._posted(scenario.pools, 0), phases=phases)
        later = tuple(phase for phase in phases if phase.start > self.run.start)
        begun = replace(scenario.version_on(self.run.start), phases=later, run=self.run)
        return further(begun, (self.run.start - scenario.run.start).days / YEAR_DAYS)

    def _posted(self, pools: tuple[Pool, ...], year: int) -> tuple[Pool, ...]:
        posts = dict(self.years[year])
        return tuple(staffed(pool, posts[pool.id]) if pool.id in posts else pool for pool in pools)


@dataclass(frozen=True)
class DatedChance:
    """What differs from replication to replication, in an office with these dates."""

    chance: Chance
    dates: Dates

    def drawn(self, seed: int, replication: int) -> Scenario:
        """The scenario of one replication."""
        return self.dates.of(self.chance.drawn(seed, replication))

    def with_staff(self, posts: Mapping[str, Posts]) -> DatedChance:
        """The same with so many posts all along."""
        years = tuple(tuple(({**dict(year), **posts}).items()) for year in self.dates.years)
        return replace(self, dates=replace(self.dates, years=years))
