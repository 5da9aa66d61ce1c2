"""A pilot before a roll-out: where a reform may be tried, and how many weeks it takes to tell its effect from noise.

A pilot of n weeks gives one number: the KPI over those who apply in them. It is held against as many weeks without the
reform, of an office beside it or of an earlier time alike, whose chance has nothing to do with that of the pilot. How
far such numbers scatter is taken from independent simulations of n weeks each, so that what one week has to do with the
next is in it. What the formula gives is then tried out on fresh simulations, with the reform and without.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.engines import Stopped
from simgov.errors import ReformError
from simgov.experiment import run
from simgov.kpi import find
from simgov.kpi.statistics import t_quantile
from simgov.optimize.roadmap.dating import learnt, settled
from simgov.reforms import Reform
from simgov.reforms.measure import Measure
from simgov.scenario.value import Scenario
from simgov.units import Duration

LEVEL = 0.05
"""How often at most an effect is seen where there is none."""
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

    ``without``, ``reformed`` and ``effect`` are over pilots as long as may be. ``weeks`` is None where these are too
    short to tell the effect. ``spread_without`` and ``spread_reformed`` are standard deviations of the KPI over pilots
    of ``weeks`` (else of the longest). ``detected`` and ``false_alarms`` are the shares of fresh pilots in which an
    effect is seen, with the reform and without, ``detected_error`` and ``false_alarms_error`` their standard errors.
    """

    place: str
    kpi: str
    unit: str
    without: float
    reformed: float
    effect: float
    weeks: int | None
    spread_without: float
    spread_reformed: float
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
                {name: None if isinstance(value, float) and math.isnan(value) else value for name, value in one.items()}
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


@dataclass(frozen=True)
class Noise:
    """What pilots of some length scatter: the standard deviations of the KPI without the reform and with it, and the
    ``limit`` that the difference of two pilots, both without the reform, exceeds by chance in ``LEVEL`` of all."""

    without: float
    reformed: float
    limit: float


def noise(without: Floats, reformed: Floats) -> Noise:
    """The noise of pilots that were simulated, float64[R] each.

    The limit is that of Student's t for two samples of the same variance, or, where the KPI is far from normal (a
    quantile of whole days, say), the larger one that no more than ``LEVEL`` of all pairs of ``without`` exceed.
    """
    spread = float(np.std(without, ddof=1))
    student = t_quantile(1.0 - LEVEL, len(without) - 1) * math.sqrt(2.0) * spread
    one, other = np.triu_indices(len(without), 1)
    pairs = float(np.quantile(np.abs(without[one] - without[other]), 1.0 - LEVEL, method="higher"))
    return Noise(spread, float(np.std(reformed, ddof=1)), max(student, pairs))


def enough(effect: float, noise: Noise, power: float, replications: int) -> bool:
    """Whether an effect is seen with the probability ``power``.

    That of two independent samples with variances that differ (Chow, Shao, Wang and Lokhnygina, Sample Size
    Calculations in Clinical Research, section 3.2): what is left of the effect above the limit has to be the quantile
    of ``power`` times the standard deviation of the difference. Student's t stands for the normal distribution, since
    both standard deviations are estimated, from ``replications`` pilots each.
    """
    quantile = math.copysign(t_quantile(abs(2.0 * power - 1.0), replications - 1), power - 0.5)
    return effect != 0.0 and abs(effect) >= noise.limit + quantile * math.hypot(noise.without, noise.reformed)


def fewest_weeks(
    effect: float, noise_of: Callable[[int], Noise], most: int, power: float, replications: int
) -> int | None:
    """The fewest weeks that are enough, by bisection: longer pilots scatter less. None where ``most`` are not enough.

    ``noise_of`` gives the noise of pilots of so many weeks.
    """
    if not enough(effect, noise_of(most), power, replications):
        return None
    few, many = 0, most
    while many - few > 1:
        middle = (few + many) // 2
        if enough(effect, noise_of(middle), power, replications):
            many = middle
        else:
            few = middle
    return many


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
    """One KPI at one place: the weeks by the formula, and what fresh pilots say to them."""
    count = offices.replications
    office = offices.baseline

    def samples(weeks: int) -> tuple[Floats, Floats]:
        return offices.values(office, kpi, weeks, 0), offices.values(reformed, kpi, weeks, 1)

    def noise_of(weeks: int) -> Noise:
        return noise(*samples(weeks))

    without, with_it = (float(np.mean(values)) for values in samples(most))
    effect = with_it - without
    weeks = fewest_weeks(effect, noise_of, most, power, count)
    around = noise_of(weeks or most)
    unit = find(office, kpi).unit
    found = Trial(place, kpi, unit, without, with_it, effect, weeks, around.without, around.reformed)
    if weeks is None:
        return found
    beside, other, tried = (
        offices.values(scenario, kpi, weeks, block) for scenario, block in ((office, 2), (office, 3), (reformed, 4))
    )
    detected, false_alarms = (float(np.mean(np.abs(after - beside) > around.limit)) for after in (tried, other))
    return replace(
        found,
        detected=detected,
        detected_error=_error(detected, count),
        false_alarms=false_alarms,
        false_alarms_error=_error(false_alarms, count),
    )


def _error(share: float, count: int) -> float:
    return math.sqrt(share * (1.0 - share) / count)


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
