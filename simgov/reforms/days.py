"""From a day on which something begins to the day on which a time has passed, by the clock or by workdays."""

from __future__ import annotations

import datetime
import math

import numpy as np

from simgov.calendars import Calendar, day_table
from simgov.units import Duration

MINUTES_PER_DAY = 1440.0


def day_after(calendar: Calendar, day: datetime.date, wait: Duration) -> datetime.date:
    """The first day on which ``wait`` from ``day``, 00:00, is over; workdays are those of the calendar."""
    if wait.base == "min":
        return day + datetime.timedelta(days=math.ceil(wait.amount / MINUTES_PER_DAY))
    table = day_table(calendar, day, math.ceil(wait.amount * 3.0) + 60)
    return day + datetime.timedelta(days=int(np.searchsorted(table.workdays_before, wait.amount)))
