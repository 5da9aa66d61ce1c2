"""How many apply to a service in an ordinary week, and at which hours; moved by measures to other hours."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from simgov.calendars import Calendar, Span, Week, workday_minutes
from simgov.reforms.refusal import Place, Refusal
from simgov.scenario.fields import WEEKDAYS, day_spans, week_of
from simgov.scenario.resolve import without
from simgov.scenario.value import PoissonArrivals, ProfileArrivals, Service
from simgov.units import format_share


@dataclass(frozen=True)
class Hours:
    """Hours that a measure names: ``spans`` on every working day of the calendar, or ``by_weekday``."""

    spans: tuple[Span, ...] = ()
    by_weekday: Week | None = None

    def week(self, calendar: Calendar, at: Place = ()) -> Week:
        """The week that they mean. Raises ``Refusal`` where the calendar is closed then."""
        shut = [day for day in range(7) if not calendar.week[day]]
        if self.by_weekday is None:
            return tuple(() if day in shut else self.spans for day in range(7))
        wrong = [WEEKDAYS[day] for day in shut if self.by_weekday[day]]
        if wrong:
            hint = "give these days hours in the calendar"
            raise Refusal(f"the calendar is closed on {', '.join(wrong)}", hint, at)
        return self.by_weekday


def hours_of(hours: Any) -> Hours | None:
    """The hours that a ``HoursField`` writes."""
    if hours is None or isinstance(hours, dict):
        return None if hours is None else Hours(by_weekday=week_of(hours, ()))
    return Hours(day_spans(hours))


Row = tuple[int, int, int, float]
"""Weekday from 0, first minute, last minute, expected cases."""


def rows_of(service: Service, calendar: Calendar, at: Place = ()) -> tuple[Row, ...]:
    """The expected cases of an ordinary week without holidays, by weekday and hours.

    Raises ``Refusal`` where a record says who comes.
    """
    arrivals = service.arrivals
    if arrivals is None:
        return ()
    if isinstance(arrivals, ProfileArrivals):
        return tuple((day, first, last, cases * arrivals.scale) for day, first, last, cases in arrivals.rows)
    if not isinstance(arrivals, PoissonArrivals):
        message = f"who comes to {service.id} is recorded, not drawn"
        raise Refusal(message, "this needs arrivals by rate or profile", at)
    rate = arrivals.rate
    per_minute = rate.amount / (workday_minutes(calendar) if rate.base == "workday" else 1.0)
    whole_day: Week = (((0, 1440),),) * 7
    week = whole_day if arrivals.always or calendar.always else calendar.week
    return tuple(
        (day, first, last, per_minute * (last - first)) for day, spans in enumerate(week) for first, last in spans
    )


def expected_a_week(service: Service, calendar: Calendar, at: Place = ()) -> float:
    """Expected cases of an ordinary week without holidays, appointments not counted. Raises ``Refusal`` as above."""
    return sum(row[3] for row in rows_of(service, calendar, at))


def come_later(service: Service, calendar: Calendar, share: float, hours: Week, at: Place = ()) -> Service:
    """The service of whose applicants a ``share`` comes in ``hours`` of the same day instead.

    What of these hours had applicants already does not count; where nothing is left on a day, all come as before.
    Raises ``Refusal`` where that is so on every day, or where a record says who comes.
    """
    arrivals = service.arrivals
    rows = rows_of(service, calendar, at)
    if share == 0.0 or not isinstance(arrivals, PoissonArrivals | ProfileArrivals):
        return service
    moved: list[Row] = []
    for day in range(7):
        own = [row for row in rows if row[0] == day]
        new = outside(hours[day], [(first, last) for _, first, last, _ in own])
        cases, minutes = sum(row[3] for row in own), sum(last - first for first, last in new)
        if not own or not new:
            moved += own
            continue
        moved += [(day, first, last, expected * (1.0 - share)) for _, first, last, expected in own]
        moved += [(day, first, last, cases * share * (last - first) / minutes) for first, last in new]
    if moved == list(rows):
        raise Refusal(f"applicants of {service.id} come in these hours already", "name hours outside of theirs", at)
    was = arrivals.source if isinstance(arrivals, ProfileArrivals) else ""
    source = ", ".join(filter(None, (was, f"{format_share(share)} in longer hours")))
    return replace(
        service,
        arrivals=ProfileArrivals(tuple(moved), source, trend=arrivals.trend, groups_of=arrivals.groups_of),
    )


def outside(spans: tuple[Span, ...], others: list[Span]) -> tuple[Span, ...]:
    """What of ``spans`` lies in none of ``others``."""
    for other in others:
        spans = without(spans, other)
    return spans
