"""Working time: weeks of opening hours, public holidays with make-up working days, and minutes since the first day.

A ``Calendar`` says which dates are worked and which hours are open; ``DayTable`` is the same for a span of dates, as
arrays. Time is float64 minutes of wall clock since 00:00 of the first day and never jumps: no daylight saving.

Public holidays come from the holidays library. Days off that are swapped for a weekend day (CN, HU, RU, TW, ...) are
known only for the years a government has announced them; for later years the library gives the statutory holidays by
rule and no make-up days. ``announced_until`` names the last announced year, so that a check can warn.
"""

from __future__ import annotations

import datetime
import difflib
import re
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any, TypeVar

import numpy as np
from numpy.typing import NDArray

from simgov.arrays import Floats, Integers

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

Span = tuple[int, int]
"""Opening and closing minute of a day, 0 to 1440: ``(540, 720)`` is 09:00-12:00."""

Week = tuple[tuple[Span, ...], ...]
"""Seven days from Monday, each its spans in order, without overlap; an empty day is closed."""

DAY = 1440.0
"""Minutes of a day."""

PAST_DAYS = 3653
"""How far a ``DayTable`` reaches back before its first day: a backlog was accepted before the run."""

CLOSED = -1
"""In place of a weekday: a day without work."""

_Kind = TypeVar("_Kind", bound=np.generic)


class CalendarError(ValueError):
    """A calendar cannot be made; ``message`` says what is wrong and ``hint`` what to write instead."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


@dataclass(frozen=True)
class Calendar:
    """Which days are worked, and when.

    ``country`` is a code of the holidays library (``CN``, ``PL``, ``DE-BY``) or None for no public holidays.
    ``closed`` and ``extra`` are dates that the file overrides; an extra (make-up) day works the hours of the weekday it
    names (0 = Monday). ``changed`` are working days with hours of their own. ``always`` has no closing: every day is a
    workday of 1,440 minutes.
    """

    week: Week
    country: str | None = None
    closed: tuple[datetime.date, ...] = ()
    extra: tuple[tuple[datetime.date, int], ...] = ()
    always: bool = False
    changed: tuple[tuple[datetime.date, tuple[Span, ...]], ...] = ()

    @property
    def never_open(self) -> bool:
        """Whether no weekday has hours."""
        return not self.always and not any(self.week)


ALWAYS = Calendar(week=(((0, 1440),),) * 7, always=True)


@dataclass(frozen=True, eq=False)
class DayTable:
    """The days of a calendar as arrays; day 0 is ``start`` and day ``d`` begins at minute ``1440 d``.

    ``ordinals`` int64[days]: ``date.toordinal`` of each day. ``weekday`` int8[days]: the weekday whose hours hold, -1
    where the day is closed. ``workdays_before`` int32[days+1]: workdays among days 0 to d-1. ``close`` float64[days]:
    the minute at which the calendar closes that day, nan on a closed day. ``past_before`` int32[PAST_DAYS+1] continues
    ``workdays_before`` to the days before the start (zero or negative, entry k is for day ``k - PAST_DAYS``).
    ``workday_close`` float64[]: the closing minutes of all workdays, the ``past_workdays`` ones before day 0 first.
    ``changed`` are the workdays with hours of their own, by day; ``week`` are the calendar's hours on all others.
    """

    start: datetime.date
    ordinals: NDArray[np.int64]
    weekday: NDArray[np.int8]
    workdays_before: NDArray[np.int32]
    close: Floats
    past_before: NDArray[np.int32]
    workday_close: Floats
    past_workdays: int
    week: Week
    changed: Mapping[int, tuple[Span, ...]]

    @property
    def days(self) -> int:
        """Days that the table covers from ``start`` on."""
        return len(self.weekday)

    def date(self, minute: float) -> datetime.date:
        """The date on which ``minute`` falls."""
        return self.start + datetime.timedelta(days=int(minute // DAY))

    def hours(self, week: Week, day: int) -> tuple[Span, ...]:
        """The hours of ``week`` on a day: who keeps the calendar's hours follows a change of them, others are cut."""
        weekday = int(self.weekday[day])
        if weekday == CLOSED:
            return ()
        if day not in self.changed:
            return week[weekday]
        return self.changed[day] if week == self.week else overlap(week[weekday], self.changed[day])


@lru_cache(maxsize=256)
def day_table(calendar: Calendar, start: datetime.date, days: int) -> DayTable:
    """``days`` days of ``calendar`` from ``start`` on, as read-only arrays; made once for each question."""
    first = start - datetime.timedelta(days=PAST_DAYS)
    weekday = _weekdays(calendar, first, PAST_DAYS + days)
    worked = weekday != CLOSED
    before = np.concatenate(([0], np.cumsum(worked)))
    past_workdays = int(before[PAST_DAYS])
    before = (before - past_workdays).astype(np.int32)
    day = np.arange(-PAST_DAYS, days, dtype=np.float64)
    last_close = np.array([(spans[-1][1] if spans else 0.0) for spans in calendar.week])
    closing = np.full(len(weekday), DAY) if calendar.always else last_close[weekday]
    close = np.where(worked, day * DAY + closing, np.nan)
    changed = {(date - start).days: spans for date, spans in calendar.changed}
    changed = {day: spans for day, spans in changed.items() if -PAST_DAYS <= day < days and worked[day + PAST_DAYS]}
    for number, spans in changed.items():
        close[number + PAST_DAYS] = number * DAY + spans[-1][1]
    return DayTable(
        start=start,
        ordinals=_frozen(np.arange(days, dtype=np.int64) + start.toordinal()),
        weekday=_frozen(weekday[PAST_DAYS:]),
        workdays_before=_frozen(before[PAST_DAYS:]),
        close=_frozen(close[PAST_DAYS:]),
        past_before=_frozen(before[: PAST_DAYS + 1]),
        workday_close=_frozen(close[worked]),
        past_workdays=past_workdays,
        week=calendar.week,
        changed={day: spans for day, spans in changed.items() if day >= 0},
    )


def open_intervals(week: Week, table: DayTable, always: bool) -> tuple[Floats, Floats]:
    """When ``week`` is open on the workdays of ``table``: (open, close) minutes, ascending, adjacent ones merged.

    ``always`` gives one interval over the whole table, whatever the week.
    """
    if always:
        return np.array([0.0]), np.array([table.days * DAY])
    opens: list[Floats] = [np.empty(0)]
    closes: list[Floats] = [np.empty(0)]
    for weekday, spans in enumerate(week):
        usual = np.setdiff1d(np.flatnonzero(table.weekday == weekday), list(table.changed))
        midnight: Floats = (usual * DAY).astype(np.float64)
        for opening, closing in spans:
            opens.append(np.add(midnight, opening))
            closes.append(np.add(midnight, closing))
    for day in table.changed:
        for opening, closing in table.hours(week, day):
            opens.append(np.array([day * DAY + opening]))
            closes.append(np.array([day * DAY + closing]))
    opened, closed = np.sort(np.concatenate(opens)), np.sort(np.concatenate(closes))
    if not len(opened):
        return opened, closed
    apart = closed[:-1] < opened[1:]
    return opened[np.concatenate(([True], apart))], closed[np.concatenate((apart, [True]))]


def overlap(spans: tuple[Span, ...], others: tuple[Span, ...]) -> tuple[Span, ...]:
    """What of ``spans`` lies in ``others``."""
    both = ((max(opening, other[0]), min(closing, other[1])) for opening, closing in spans for other in others)
    return tuple((opening, closing) for opening, closing in both if opening < closing)


def workday_minutes(calendar: Calendar) -> float:
    """Mean working minutes of a workday: the mean over the weekdays that are open; 1440 for ``always``.

    Days of changed hours do not count: a workday of delay is as long as ever.
    """
    if calendar.always:
        return DAY
    lengths = [sum(closing - opening for opening, closing in spans) for spans in calendar.week if spans]
    if calendar.never_open:
        raise CalendarError("the calendar is never open", "give the hours of at least one weekday")
    return sum(lengths) / len(lengths)


def day_of(minute: Floats) -> Integers:
    """The day on which each (finite) minute falls: ``minute // 1440`` to the last bit, in fewer nanoseconds."""
    day: Integers = np.floor(minute / DAY).astype(np.int64)
    day -= day * DAY > minute  # the quotient of the last instant before midnight may round up
    return day


def workdays_until(table: DayTable, minute: Floats) -> Integers:
    """Workdays up to and with the day of each ``minute``, counted from day 0 (negative before it).

    Minutes must be finite and before the table's end; days more than ``PAST_DAYS`` before the start are not counted.
    """
    after = day_of(minute) + 1
    until: Integers = table.workdays_before[np.maximum(after, 0)].astype(np.int64)
    if after.size and after.min() < 0:
        until = np.where(after < 0, table.past_before[np.clip(after + PAST_DAYS, 0, PAST_DAYS)], until)
    return until


def workday_count(table: DayTable, from_minute: Floats, to_minute: Floats) -> Integers:
    """Workdays d with day(from) < d <= day(to), elementwise: the legal count, which leaves out the day of acceptance.

    Limits are in workdays by art. 82 of the Administrative Licensing Law of the PRC.
    """
    return workdays_until(table, to_minute) - workdays_until(table, from_minute)


def promise_due(table: DayTable, accepted: Floats, workdays: int, stopped_days: Integers | int = 0) -> Floats:
    """Minute at which a promise of ``workdays`` ends: the closing of that workday after the day of acceptance.

    Each of the ``stopped_days`` (workdays on which the clock stood still) moves the end one workday on. nan where
    ``accepted`` is nan, inf where the end lies beyond the table.
    """
    known = np.isfinite(accepted)
    nth = workdays_until(table, np.where(known, accepted, 0.0)) + workdays + stopped_days - 1 + table.past_workdays
    ends = np.append(table.workday_close, np.inf)
    due = ends[np.clip(nth, 0, len(table.workday_close))]
    return np.where(known, due, np.nan)


def check_country(code: str) -> None:
    """Raise ``CalendarError`` unless the holidays library knows ``code``, a country or ``COUNTRY-SUBDIVISION``."""
    country, _, subdivision = code.partition("-")
    if country not in _countries():
        raise CalendarError(f"no public holidays are known for {code!r}", _nearest_country(code))
    known = _countries()[country]
    if "-" in code and subdivision not in known:
        exact = subdivision.upper() in known
        listed = f" or one of {', '.join(f'{country}-{one}' for one in known[:20])}" if known else ""
        hint = f"did you mean {country}-{subdivision.upper()}?" if exact else f"write {country}{listed}"
        raise CalendarError(f"{country} has no subdivision {subdivision!r}", hint)


@lru_cache(maxsize=64)
def announced_until(code: str) -> int | None:
    """Last year whose make-up working days are announced; None for a country without make-up days."""
    return max((day.year for day in _library(code, tuple(range(2000, 2051))).weekend_workdays), default=None)


def public_holidays(code: str, years: Collection[int]) -> dict[datetime.date, str]:
    """Names of the public holidays of a country in ``years`` by date, swapped days off included."""
    return {day: name for day, name in _library(code, tuple(years)).items() if day.year in years}


def make_up_days(code: str, years: Collection[int]) -> dict[datetime.date, int]:
    """Weekend days that are worked in ``years``, each with the weekday (0 = Monday) of the day off it was swapped for.

    Monday where the library does not tell what it was swapped for.
    """
    years = tuple(years)
    library = _library(code, tuple(sorted({near for year in years for near in (year - 1, year, year + 1)})))
    swapped = dict.fromkeys(library.weekend_workdays, 0)
    if library.has_substituted_holidays:
        label = re.escape(library.tr(library.substituted_label)).replace("%s", "(.+?)")
        form = library.tr(library.substituted_date_format)
        for day_off, names in library.items():
            for worked in re.findall(label, names):
                swapped[datetime.datetime.strptime(worked, form).date()] = day_off.weekday()
    return {day: weekday for day, weekday in sorted(swapped.items()) if day.year in years}


def _weekdays(calendar: Calendar, start: datetime.date, days: int) -> NDArray[np.int8]:
    """The weekday whose hours hold on each day, -1 where closed; what the file overrides wins, closed dates first."""
    natural = ((np.arange(days) + start.weekday()) % 7).astype(np.int8)
    if calendar.always:
        return natural
    weekday = natural.copy()

    def put(date: datetime.date, value: int) -> None:
        day = (date - start).days
        if 0 <= day < days:
            weekday[day] = value

    if calendar.country is not None:
        years = range(start.year, (start + datetime.timedelta(days=days)).year + 1)
        for date in public_holidays(calendar.country, years):
            put(date, CLOSED)
        monday = next((i for i, spans in enumerate(calendar.week) if spans), 0)
        for date, swapped in make_up_days(calendar.country, years).items():
            put(date, swapped if calendar.week[swapped] else monday)
    for date, swapped in calendar.extra:
        put(date, swapped)
    for date in calendar.closed:
        put(date, CLOSED)
    shut = np.array([not spans for spans in calendar.week])
    weekday[(weekday != CLOSED) & shut[weekday]] = CLOSED
    return weekday


@lru_cache(maxsize=128)
def _library(code: str, years: tuple[int, ...]) -> Any:
    """The holidays library's table of a country (never changed after it is made)."""
    import holidays

    check_country(code)
    country, _, subdivision = code.partition("-")
    return holidays.country_holidays(country, subdiv=subdivision or None, years=years, expand=False)


@lru_cache(maxsize=1)
def _countries() -> dict[str, list[str]]:
    """Country codes with their subdivisions."""
    import holidays

    return holidays.list_supported_countries(include_aliases=False)


def _nearest_country(code: str) -> str:
    """What the writer of an unknown code may have meant: an ISO code, a longer code or an English name."""
    from holidays.registry import COUNTRIES

    codes = {name.lower(): names[1] for names in COUNTRIES.values() for name in names if names[1] in _countries()}
    country, separator, subdivision = code.partition("-")
    near = difflib.get_close_matches(country.lower(), codes, n=1, cutoff=0.6)
    if not near:
        return "write an ISO 3166 country code such as CN, PL or DE-BY"
    return f"did you mean {codes[near[0]]}{separator}{subdivision}?"


def _frozen(array: NDArray[_Kind]) -> NDArray[_Kind]:
    array.setflags(write=False)
    return array
