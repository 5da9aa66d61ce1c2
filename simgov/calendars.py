"""Working time: weeks of opening hours, public holidays with make-up working days, and minutes since the first day.

A ``Calendar`` says which dates are worked and which hours are open; ``DayTable`` is the same for a span of dates, as
arrays. Time is float64 minutes of wall clock since 00:00 of the first day, and never jumps: daylight saving is left out.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass

Span = tuple[int, int]
"""Opening and closing minute of a day, 0 to 1440: ``(540, 720)`` is 09:00-12:00."""

Week = tuple[tuple[Span, ...], ...]
"""Seven days from Monday, each its spans in order, without overlap; an empty day is closed."""


@dataclass(frozen=True)
class Calendar:
    """Which days are worked, and when.

    ``country`` is a code of the holidays library (``CN``, ``PL``, ``DE-BY``) or None for no public holidays.
    ``closed`` and ``extra`` are dates that the file overrides; an extra (make-up) day works the hours of the weekday it
    names (0 = Monday). ``always`` has no closing: every day is a workday of 1,440 minutes.
    """

    week: Week
    country: str | None = None
    closed: tuple[datetime.date, ...] = ()
    extra: tuple[tuple[datetime.date, int], ...] = ()
    always: bool = False


ALWAYS = Calendar(week=(((0, 1440),),) * 7, always=True)
