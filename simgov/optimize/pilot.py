"""A pilot before a roll-out: where a reform may be tried, and how many weeks it takes to tell its effect from noise.

A pilot of n weeks gives one number: the KPI over those who apply in them. It is held against as many weeks without the
reform, of an office beside it or of an earlier time alike, whose chance has nothing to do with that of the pilot. How
far such numbers scatter is taken from independent simulations of n weeks each, so that what one week has to do with the
next is in it (``telling`` has the statistics). What is found is then tried out on fresh simulations, with the reform
and without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from typing import Any

from simgov.arrays import Floats, Integers
from simgov.engines import Stopped
from simgov.errors import ReformError
from simgov.experiment import run
from simgov.kpi import find
from simgov.optimize.roadmap.dating import learnt, settled
from simgov.optimize.telling import LEVEL, chance_limit, mean_of, share_seen, weeks_needed
from simgov.reforms import Reform
from simgov.reforms.measure import Measure
from simgov.scenario.value import Scenario
from simgov.units import Duration

POWER = 0.8
WEEKS_MOST = 52
REPLICATIONS = 200
WEEK = 7 * 1440.0
SETTLING_WEEKS = 8
"""The warm-up where the file measures by cases and has none in time."""


@dataclass(frozen=True)
class Place:
    """Where a reform may be tried: a service, or the whole office (""), with the measures that are tried there."""

    service: str
    measures: tuple[Measure, ...]


@dataclass(frozen=True)
class Trial:
    """One KPI at one place, in the KPI's unit.

    ``without``, ``reformed`` and ``effect`` are over pilots as long as may be. ``weeks`` is how many are enough,
    ``weeks_low`` to ``weeks_high`` the interval of 95 % for what is truly needed; None is more than the longest have.
    An effect is seen where two pilots of ``weeks`` (else of the longest) differ by more than ``limit``. ``detected``
    and ``false_alarms`` are the shares of fresh pairs in which it is, with the reform (the right way) and without (any
    way), ``detected_error`` and ``false_alarms_error`` their standard errors.
    """

    place: str
    kpi: str
    unit: str
    without: float
    reformed: float
    effect: float
    limit: float
    weeks: int | None
    weeks_low: int | None
    weeks_high: int | None
    detected: float | None = None
    detected_error: float | None = None
    false_alarms: float | None = None
    false_alarms_error: float | None = None


@dataclass(frozen=True)
class Pilot:
    """The trials of a reform, place by place, and how they were found."""

    reform: str
    trials: tuple[Trial, ...]
    power: float
    weeks_most: int
    replications: int
    seed: int

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov pilot --json`` prints it."""
        return {
            "reform": self.reform,
            "power": self.power,
            "level": LEVEL,
            "weeks_most": self.weeks_most,
            "replications": self.replications,
            "seed": self.seed,
            "trials": [
                {
                    name: None if isinstance(value, float) and not math.isfinite(value) else value
                    for name, value in one.items()
                }
                for one in map(vars, self.trials)
            ],
        }


def places(baseline: Scenario, reform: Reform) -> tuple[Place, ...]:
    """Each service that the reform changes, where each of its measures changes one service and nothing else, and the
    whole office where that is several; otherwise the whole office alone. Raises ``ReformError``."""
    whole = Place("", reform.measures)
    own: dict[str, tuple[Measure, ...]] = {}
    before = baseline
    for position, measure in enumerate(reform.measures):
        after = Reform(reform.name, (measure,)).apply_after(reform.measures[:position], before)
        service = _only_service(before, after)
        if service is None:
            return (whole,)
        own[service] = (*own.get(service, ()), measure)
        before = after
    if len(own) == 1:
        return (Place(next(iter(own)), reform.measures),)
    try:
        for measures in own.values():
            Reform(reform.name, measures).apply(baseline)
    except ReformError:
        return (whole,)
    return (*(Place(service, measures) for service, measures in own.items()), whole)


def pilot(
    baseline: Scenario,
    reform: Reform,
    kpis: Sequence[str],
    *,
    power: float = POWER,
    weeks_most: int = WEEKS_MOST,
    replications: int = REPLICATIONS,
    seed: int | None = None,
    workers: int | None = None,
    progress: Callable[[int], None] | None = None,
    stop: Integers | None = None,
) -> Pilot:
    """How long the reform has to be tried, KPI by KPI, at each of its places.

    The reform is as it is once it has settled: for as many cases as it ever reaches, and learnt. ``progress`` is told
    of how many weeks the pilots are that are simulated now. Raises ``ReformError`` where the reform may not be applied,
    ``UnknownKpi``, and ``engines.Stopped`` when ``stop`` becomes non-zero.
    """
    lasting = Reform(reform.name, settled(reform.measures))
    lasting.apply(baseline)
    chosen = baseline.run.seed if seed is None else seed
    trials: list[Trial] = []
    offices = _Offices(baseline, tuple(kpis), replications, chosen, workers, progress, stop)
    for place in places(baseline, lasting):
        reformed = learnt(Reform(reform.name, place.measures).apply(baseline), baseline)
        own = [kpi for kpi in kpis if _looked_at(baseline, kpi, place)]
        trials += [_trial(offices, reformed, place.service, kpi, power, weeks_most) for kpi in own]
    return Pilot(reform.name, tuple(trials), power, weeks_most, replications, chosen)


def _only_service(before: Scenario, after: Scenario) -> str | None:
    """The service that alone has changed; None where it is none or several, or officers and the like changed too."""
    if (before.pools, before.systems, before.calendar, before.hall_room) != (
        after.pools,
        after.systems,
        after.calendar,
        after.hall_room,
    ):
        return None
    known = {service.id: service for service in before.services}
    changed = [service.id for service in after.services if known.get(service.id) != service]
    return changed[0] if len(changed) == 1 and len(after.services) == len(before.services) else None


def _looked_at(baseline: Scenario, kpi: str, place: Place) -> bool:
    """Whether a KPI is of the service in which the reform is tried, or of more than one service."""
    found = find(baseline, kpi)
    return not place.service or found.definition.scope != "service" or found.owner == place.service


def _trial(offices: _Offices, reformed: Scenario, place: str, kpi: str, power: float, most: int) -> Trial:
    """One KPI at one place: how long its pilots have to be, and what fresh ones say to that."""
    office = offices.baseline

    @cache
    def trials(weeks: int) -> tuple[Floats, Floats]:
        return offices.values(office, kpi, weeks, 0), offices.values(reformed, kpi, weeks, 1)

    without, with_it = (mean_of(values) for values in trials(most))
    needed = weeks_needed(trials, most, power, offices.seed)
    limit = chance_limit(trials(needed.fewest or most)[0])
    found = Trial(
        place,
        kpi,
        find(office, kpi).unit,
        without,
        with_it,
        with_it - without,
        limit,
        needed.fewest,
        needed.low,
        needed.high,
    )
    if needed.fewest is None:
        return found
    beside, other, tried = (
        offices.values(scenario, kpi, needed.fewest, block)
        for scenario, block in ((office, 2), (office, 3), (reformed, 4))
    )
    detected, detected_error = share_seen(beside, tried, limit, found.effect)
    false_alarms, false_alarms_error = share_seen(beside, other, limit)
    return replace(
        found,
        detected=detected,
        detected_error=detected_error,
        false_alarms=false_alarms,
        false_alarms_error=false_alarms_error,
    )


@dataclass(frozen=True, eq=False)
class _Offices:
    """Simulated pilots, each block of them on replications of its own, so that no two have anything in common."""

    baseline: Scenario
    kpis: tuple[str, ...]
    replications: int
    seed: int
    workers: int | None
    progress: Callable[[int], None] | None
    stop: Integers | None
    _known: dict[tuple[Scenario, int, int], dict[str, Floats]] = field(default_factory=dict)

    def values(self, scenario: Scenario, kpi: str, weeks: int, block: int) -> Floats:
        """float64[replications]: the KPI in pilots of so many weeks; nan where nobody applied."""
        asked = (scenario, weeks, block)
        if asked not in self._known:
            self._known[asked] = self._simulated(*asked)
        return self._known[asked][kpi]

    def _simulated(self, scenario: Scenario, weeks: int, block: int) -> dict[str, Floats]:
        if self.progress is not None:
            self.progress(weeks)
        runs = run(
            lasting_weeks(scenario, weeks),
            replications=self.replications,
            seed=self.seed,
            first_replication=block * self.replications,
            workers=self.workers,
            stop=self.stop,
            kpis=self.kpis,
        )
        if runs.interrupted:
            raise Stopped
        result = runs.results[0]
        return {kpi: result.values[:, result.place[kpi]] for kpi in self.kpis}


def lasting_weeks(scenario: Scenario, weeks: int) -> Scenario:
    """The scenario measured for so many weeks after its warm-up."""
    settings = scenario.run
    warm_up = settings.warm_up if settings.cases is None else Duration(SETTLING_WEEKS * WEEK)
    return replace(
        scenario,
        run=replace(settings, period=Duration(weeks * WEEK), warm_up=warm_up, cases=None, warm_up_cases=0),
    )
