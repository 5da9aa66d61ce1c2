"""How many days a run may take, and whether the workdays that it asks for are among them."""

from __future__ import annotations

import math
from collections.abc import Iterator

from simgov.calendars import DAY, Calendar, day_table
from simgov.errors import Problem
from simgov.scenario.value import Scenario
from simgov.units import Duration

SPARE_DAYS = 14
MOST_DAYS = 40_000
"""Longer runs, of more than a century, are not looked through day by day."""


def days_of(duration: Duration | None, calendar: Calendar) -> float:
    """Calendar days that so long a time may take, in workdays twice what a week of five needs, and two weeks more."""
    if duration is None:
        return 0.0
    if duration.base == "workday":
        return duration.amount * days_a_workday(calendar) + SPARE_DAYS
    return duration.amount / DAY


def days_a_workday(calendar: Calendar) -> float:
    """Calendar days in which a workday is sure to be found on average; 2 where five weekdays are open."""
    if calendar.always:
        return 1.0
    return max(2.0, 10.0 / max(1, sum(1 for spans in calendar.week if spans)))


def workday_problems(scenario: Scenario) -> Iterator[Problem]:
    """Too few workdays for a run whose period or warm-up is written in them."""
    run, calendar = scenario.run, scenario.calendar
    spans = [span for span in (run.warm_up, run.period) if span is not None]
    wanted = sum(math.ceil(span.amount) for span in spans if span.base == "workday")
    if calendar.always or calendar.never_open or wanted == 0:
        return
    days = math.ceil(sum(days_of(span, calendar) for span in spans))
    if days > MOST_DAYS:
        return
    passed = math.ceil(sum(span.amount / DAY for span in spans if span.base != "workday"))
    before = day_table(calendar, run.start, days + 1).workdays_before
    found = int(before[days] - before[min(passed, days)])
    if found < wanted:
        message = f"the run asks for {wanted} workdays; in {days} days from {run.start} on there are only {found}"
        yield Problem(("run", "period"), message, "open more days in calendar, or ask for less")
