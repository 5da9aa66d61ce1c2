"""How many come when: the expected arrivals of each service, and the slots that people book.

Arrivals are curves of expected numbers over minutes since the first day, linear between knots; nothing here is random.
"""

from __future__ import annotations

import datetime
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.calendars import Calendar, DayTable
from simgov.distributions import Distribution, Gamma
from simgov.duty import MINUTES_PER_DAY, week_intervals
from simgov.scenario.value import (
    STEADY,
    YEAR,
    Appointments,
    PoissonArrivals,
    ProfileArrivals,
    Recorded,
    RunSettings,
    Scenario,
    Service,
    Sizes,
    Trend,
    mean_size,
)


@dataclass(frozen=True, eq=False)
class SizeTable:
    """Whole numbers to be drawn: size k where the uniform is below ``bounds[k]`` and not below the one before."""

    size: Integers
    bounds: Floats
    mean: float

    @staticmethod
    def of(sizes: Sizes) -> SizeTable:
        """The table of sizes with their shares."""
        return SizeTable(
            np.array([size for size, _ in sizes], np.int64),
            np.cumsum(np.array([share for _, share in sizes][:-1], np.float64)),
            mean_size(sizes),
        )

    def drawn(self, uniforms: Floats) -> Integers:
        """The size that each uniform draws."""
        return self.size[np.searchsorted(self.bounds, uniforms, side="right")]


@dataclass(frozen=True, eq=False)
class Hours:
    """How many come by the minute of an ordinary day if all did so in the hours, and if all did so round the clock.

    ``rate`` holds from ``opens`` to ``closes`` (minutes since the first day), slot by slot; ``always`` at any time.
    """

    opens: Floats
    closes: Floats
    rate: Floats
    always: float

    def at(self, when: Floats) -> Floats:
        """The rate of those who come in the hours, at some instants."""
        slot = np.searchsorted(self.opens, when, side="right") - 1
        inside = (slot >= 0) & (when < self.closes[slot])
        return np.where(inside, self.rate[slot], 0.0)

    def shares_at(self, when: Floats, service: Service) -> Floats:
        """The shares of the service's channels among those who come at some instants: float64[instants, channels]."""
        shares = np.array([share for _, share in service.channels])
        always = np.array([channel in service.round_the_clock for channel, _ in service.channels])
        rates = shares * np.where(always, self.always, self.at(when)[:, None])
        total = rates.sum(axis=1, keepdims=True)
        return np.where(total > 0.0, rates / np.where(total > 0.0, total, 1.0), shares)


@dataclass(frozen=True, eq=False)
class Arrivals:
    """The expected number of arrivals up to each instant: linear between knots (``time`` in minutes, ``cases``).

    Without knots the rate ``per_minute`` holds round the clock. Between knots 2k and 2k + 1 lies slot k, on one day;
    where days vary, ``daily`` is the factor of a day, and the curve of a replication is made from ``slot_cases``.
    Where applicants of some channels come round the clock and others do not, ``hours`` are the rates behind both.
    """

    time: Floats
    cases: Floats
    per_minute: float = 0.0
    slot_cases: Floats | None = None
    daily: Distribution | None = None
    sizes: SizeTable | None = None  # how many come together
    recorded: Floats | None = None  # when they come, where a file says so
    hours: Hours | None = None

    def slot_days(self) -> Integers:
        """The day of each slot."""
        return (self.time[::2] // MINUTES_PER_DAY).astype(np.int64)

    def varied(self, factors: Floats) -> Arrivals:
        """The curve where the cases of each slot are multiplied: float64[slots]."""
        assert self.slot_cases is not None
        curve = _knots(self.time[::2], self.time[1::2], self.slot_cases * factors)
        return replace(curve, sizes=self.sizes)

    def upto(self, instant: float) -> float:
        """Expected arrivals up to an instant."""
        if not len(self.time):
            return self.per_minute * instant
        return float(np.interp(instant, self.time, self.cases))

    def when(self, cases: Floats) -> Floats:
        """The instants at which so many arrivals are expected; of what is never reached, the end of the curve."""
        if not len(self.time):
            return cases / self.per_minute
        return np.interp(cases, self.cases, self.time)


@dataclass(frozen=True, eq=False)
class ArrivalsFrom:
    """How applicants come from ``start`` (minutes) on; None: nobody does."""

    start: float
    curve: Arrivals | None

    @property
    def mean_size(self) -> float:
        """How many come together on average."""
        return 1.0 if self.curve is None or self.curve.sizes is None else self.curve.sizes.mean

    def between(self, start: float, end: float) -> float:
        """Expected arrivals between two instants from the start on."""
        return 0.0 if self.curve is None or end <= start else self.curve.upto(end) - self.curve.upto(start)


@dataclass(frozen=True, eq=False)
class AppointmentsFrom:
    """The slots of a service in one version of the scenario: when they begin, in order, and the rules for them."""

    begins: Floats
    rules: Appointments

    def between(self, start: float, end: float) -> float:
        """How many are expected to come to slots that begin from ``start`` to ``end``."""
        slots = int(np.count_nonzero((self.begins >= start) & (self.begins < end)))
        return slots * self.rules.places * self.rules.taken * (1.0 - self.rules.no_shows)


def expected_cases_per_workday(service: Service, minutes: float, settings: RunSettings) -> float:
    """Expected arrivals of one service on a working day of ``minutes`` (for a profile: the mean over its weekdays)."""
    arrivals, booked = service.arrivals, service.appointments
    by_appointment = 0.0
    if booked is not None:
        by_appointment = booked.expected_a_week / max(1, sum(1 for day in range(7) if booked.begins(day)))
    if arrivals is None:
        return by_appointment
    if isinstance(arrivals, Recorded):
        return by_appointment + arrivals.expected_a_day * 7.0 / 5.0
    factor = mean_factor(arrivals.trend, settings)
    if isinstance(arrivals, PoissonArrivals):
        if arrivals.rate.base == "workday":
            return by_appointment + factor * arrivals.rate.amount
        return by_appointment + factor * arrivals.rate.amount * (MINUTES_PER_DAY if arrivals.always else minutes)
    weekdays = {row[0] for row in arrivals.rows}
    return by_appointment + factor * arrivals.scale * sum(row[3] for row in arrivals.rows) / max(1, len(weekdays))


def arrivals_in_turn(
    scenario: Scenario, service_id: str, starts: Sequence[float], table: DayTable, minutes: float
) -> tuple[ArrivalsFrom, ...]:
    """How a service's applicants come: in each version of the scenario; those that follow alike are one."""
    found: list[ArrivalsFrom] = []
    last: object = found
    for version, start in zip(scenario.versions, starts, strict=True):
        service = next((s for s in version.services if s.id == service_id), None)
        clock = () if service is None or not service.round_the_clock else (service.round_the_clock, service.channels)
        value = None if service is None else (service.arrivals, clock)
        if value != last:
            curve = None if service is None else _arrivals(service, scenario.calendar, table, minutes)
            found.append(ArrivalsFrom(start, curve))
        last = value
    return tuple(found)


def _arrivals(service: Service, calendar: Calendar, table: DayTable, minutes: float) -> Arrivals | None:
    arrivals = service.arrivals
    if arrivals is None:
        return None
    if isinstance(arrivals, Recorded):
        return Arrivals(arrivals.comes, np.arange(1.0, len(arrivals.comes) + 1), recorded=arrivals.comes)
    if isinstance(arrivals, PoissonArrivals):
        steady = _poisson(arrivals, calendar, table, minutes)
    else:
        steady = _profile(arrivals, table)
    share = sum(share for channel, share in service.channels if channel in service.round_the_clock)
    if not share or not len(steady.time):
        return _in_groups(_bent(steady, arrivals.trend, table), arrivals.groups_of)
    hours = _hours(steady, ordinary_week(arrivals, calendar, minutes))
    mixed = _partly_round_the_clock(hours, share, table)
    return replace(_in_groups(_bent(mixed, arrivals.trend, table), arrivals.groups_of), hours=hours)


def ordinary_week(arrivals: PoissonArrivals | ProfileArrivals, calendar: Calendar, minutes: float) -> float:
    """Expected cases of a week without holidays and without a trend; a workday has ``minutes``."""
    if isinstance(arrivals, ProfileArrivals):
        return arrivals.scale * sum(row[3] for row in arrivals.rows)
    per_minute = arrivals.rate.amount / (minutes if arrivals.rate.base == "workday" else 1.0)
    if arrivals.always or calendar.always:
        return per_minute * 7.0 * MINUTES_PER_DAY
    return per_minute * sum(close - opening for day in calendar.week for opening, close in day)


def _hours(steady: Arrivals, a_week: float) -> Hours:
    """The rates in the slots of a curve, and the same cases of an ordinary week spread over all its minutes."""
    assert steady.slot_cases is not None
    opens, closes = steady.time[::2], steady.time[1::2]
    return Hours(opens, closes, steady.slot_cases / (closes - opens), a_week / (7.0 * MINUTES_PER_DAY))


def _partly_round_the_clock(hours: Hours, share: float, table: DayTable) -> Arrivals:
    """The arrivals of which a share comes round the clock and the rest in the hours: both processes at once."""
    cuts = np.unique(np.concatenate(([0.0, table.days * MINUTES_PER_DAY], hours.opens, hours.closes)))
    opens, closes = cuts[:-1], cuts[1:]
    return _knots(opens, closes, (closes - opens) * ((1.0 - share) * hours.at(opens) + share * hours.always))


def _poisson(arrivals: PoissonArrivals, calendar: Calendar, table: DayTable, minutes: float) -> Arrivals:
    per_minute = arrivals.rate.amount / (minutes if arrivals.rate.base == "workday" else 1.0)
    if arrivals.always or calendar.always:
        return Arrivals(np.empty(0), np.empty(0), per_minute)
    opens, closes = week_intervals(calendar.week, calendar, table, False)
    return _knots(opens, closes, (closes - opens) * per_minute)


def _bent(steady: Arrivals, trend: Trend, table: DayTable) -> Arrivals:
    """The arrivals with the factors of their days; the very same where all are 1."""
    factors = day_factors(trend, table.ordinals)
    if trend.cv == 0.0 and bool(np.all(factors == 1.0)):
        return steady
    opens, closes, cases = _slots_within_days(steady, table)
    bent = _knots(opens, closes, cases * factors[(opens // MINUTES_PER_DAY).astype(np.int64)])
    return bent if trend.cv == 0.0 else replace(bent, daily=Gamma(1.0, trend.cv))


def day_factors(trend: Trend, days: Integers) -> Floats:
    """How many come on each of ``days`` (ordinals, from the first day on), of those on an ordinary one.

    The factor that each replication draws for a day has mean 1 and is left out.
    """
    factors: Floats = np.power(1.0 + trend.growth, np.arange(len(days)) / 365.0)
    if trend.season:
        month = np.array([datetime.date.fromordinal(day).month for day in days.tolist()])
        for number, times in trend.season:
            factors[month == number] *= times
    for surge in trend.surges:
        factors[(days >= surge.first.toordinal()) & (days <= surge.last.toordinal())] *= surge.times
    return factors


def mean_factor(trend: Trend, settings: RunSettings) -> float:
    """The mean factor of the days of a run; of a year where it ends by cases."""
    if trend == STEADY:
        return 1.0
    period = settings.warm_up.minutes(1.4 * MINUTES_PER_DAY) + (settings.period or YEAR).minutes(1.4 * MINUTES_PER_DAY)
    days = settings.start.toordinal() + np.arange(max(1, int(period / MINUTES_PER_DAY)))
    return float(day_factors(trend, days).mean())


def _slots_within_days(steady: Arrivals, table: DayTable) -> tuple[Floats, Floats, Floats]:
    """The slots of a curve, cut at midnight: opening, closing and expected cases of each."""
    midnights = np.arange(table.days + 1, dtype=np.float64) * MINUTES_PER_DAY
    if not len(steady.time):
        return midnights[:-1], midnights[1:], np.full(table.days, steady.per_minute * MINUTES_PER_DAY)
    assert steady.slot_cases is not None
    opens, closes = steady.time[::2], steady.time[1::2]
    if bool(np.all((np.floor(opens / MINUTES_PER_DAY) + 1.0) * MINUTES_PER_DAY >= closes)):
        return opens, closes, steady.slot_cases
    inside = [midnights[(midnights > o) & (midnights < c)] for o, c in zip(opens, closes, strict=True)]
    pieces = np.array([len(cuts) + 1 for cuts in inside])
    starts: Floats = np.concatenate([np.append(o, cuts) for o, cuts in zip(opens, inside, strict=True)])
    ends: Floats = np.concatenate([np.append(cuts, c) for c, cuts in zip(closes, inside, strict=True)])
    whole = np.repeat(closes - opens, pieces)
    cases: Floats = np.repeat(steady.slot_cases, pieces) * ((ends - starts) / whole)
    return starts, ends, cases


def appointments_in_turn(
    scenario: Scenario, service_id: str, starts: Sequence[float], table: DayTable
) -> tuple[AppointmentsFrom, ...]:
    """The slots of a service in each version of the scenario that has any, by the rules that hold on their days."""
    found = []
    for version, start, end in zip(scenario.versions, starts, [*starts[1:], np.inf], strict=True):
        service = next((s for s in version.services if s.id == service_id), None)
        if service is not None and service.appointments is not None:
            begins = _slots(service.appointments, table)
            found.append(AppointmentsFrom(begins[(begins >= start) & (begins < end)], service.appointments))
    return tuple(found)


@lru_cache(maxsize=256)
def _slots(appointments: Appointments, table: DayTable) -> Floats:
    """When slots begin, in order: on every workday, those of its weekday."""
    begins: list[Floats] = [np.empty(0)]
    for weekday in range(7):
        midnight: Floats = np.flatnonzero(table.weekday == weekday).astype(np.float64) * MINUTES_PER_DAY
        begins += [np.add(midnight, float(minute)) for minute in appointments.begins(weekday)]
    return np.sort(np.concatenate(begins))


def _in_groups(arrivals: Arrivals, groups_of: Sizes) -> Arrivals:
    """The arrivals as the instants of groups, with the table of their sizes."""
    return replace(arrivals, sizes=SizeTable.of(groups_of)) if groups_of else arrivals


@lru_cache(maxsize=256)
def _profile(arrivals: ProfileArrivals, table: DayTable) -> Arrivals:
    by_weekday: dict[int, list[tuple[int, int, float]]] = {}
    for weekday, start, end, cases in sorted(arrivals.rows):
        by_weekday.setdefault(weekday, []).append((start, end, cases * arrivals.scale))
    opens, closes, cases_in = [], [], []
    for day, weekday in enumerate(table.weekday):
        for start, end, cases in by_weekday.get(int(weekday), ()):
            opens.append(day * MINUTES_PER_DAY + start)
            closes.append(day * MINUTES_PER_DAY + end)
            cases_in.append(cases)
    return _knots(np.array(opens), np.array(closes), np.array(cases_in))


def _knots(opens: Floats, closes: Floats, cases: Floats) -> Arrivals:
    """Knots at both ends of each slot; slots without arrivals are left out, so that the curve can be inverted."""
    kept = cases > 0
    upto = np.cumsum(cases[kept])
    time = np.column_stack((opens[kept], closes[kept])).ravel()
    before = np.concatenate(([0.0], upto))[:-1]
    return Arrivals(time, np.column_stack((before, upto)).ravel(), slot_cases=cases[kept])
