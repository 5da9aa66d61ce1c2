"""When officers are on duty, pools close for the day and doors are open: read from the scenario, day by day.

Written for the invariants alone, plainly and apart from the engines and the compiled network.
"""

from __future__ import annotations

import bisect
import datetime
import math
from collections.abc import Iterable
from dataclasses import dataclass

from simgov.calendars import Week, day_table
from simgov.scenario.value import Pool, Scenario

DAY = 1440.0


@dataclass(frozen=True)
class Stretches:
    """Stretches of time [open, close), ascending and apart."""

    opens: tuple[float, ...]
    closes: tuple[float, ...]

    @classmethod
    def of(cls, stretches: Iterable[tuple[float, float]]) -> Stretches:
        """The instants in any of ``stretches``; those that touch become one."""
        merged: list[list[float]] = []
        for start, end in sorted(stretches):
            if end <= start:
                continue
            if merged and start <= merged[-1][1]:
                merged[-1][1] = max(merged[-1][1], end)
            else:
                merged.append([start, end])
        return cls(tuple(start for start, _ in merged), tuple(end for _, end in merged))

    def __iter__(self) -> Iterable[tuple[float, float]]:
        return iter(zip(self.opens, self.closes, strict=True))

    def hold(self, instant: float) -> bool:
        """Whether the instant is in one of them; the end of a stretch is not in it."""
        place = bisect.bisect_right(self.opens, instant) - 1
        return place >= 0 and instant < self.closes[place]

    def minutes(self, start: float, end: float) -> float:
        """How much of [start, end) they cover."""
        return math.fsum(max(0.0, min(end, close) - max(start, opens)) for opens, close in self)

    def without(self, other: Stretches) -> Stretches:
        """What is in these and not in ``other``."""
        left = []
        for start, end in self:
            at = start
            for opens, close in other:
                if close <= at or opens >= end:
                    continue
                left.append((at, opens))
                at = close
            left.append((at, end))
        return Stretches.of(left)

    def both(self, other: Stretches) -> Stretches:
        """What is in these and in ``other``."""
        return Stretches.of(
            (max(start, opens), min(end, close))
            for start, end in self
            for opens, close in other
            if opens < end and close > start
        )


@dataclass(frozen=True)
class PoolHours:
    """One pool: the duty of each officer, when the pool closes for the day, and when its doors are open.

    ``closings`` are (instant, the officers whose duty ends then). ``always``: it has neither closings nor doors.
    """

    duty: tuple[Stretches, ...]
    closings: tuple[tuple[float, frozenset[int]], ...]
    doors: Stretches
    always: bool


def pool_hours(scenario: Scenario, pool: Pool, days: int) -> PoolHours:
    """The hours of a pool over the first ``days`` days of the run."""
    always = pool.always or scenario.calendar.always
    by_shift = [week_hours(scenario, shift.week, days, always) for shift in pool.shifts]
    duty = tuple(hours for shift, hours in zip(pool.shifts, by_shift, strict=True) for _ in range(shift.count))
    together = Stretches.of(stretch for hours in by_shift for stretch in hours)
    if always:
        return PoolHours(duty, (), Stretches((-math.inf,), (math.inf,)), True)
    opening_days = {math.floor(opens / DAY) for opens in together.opens}
    closings = [
        (close, frozenset(officer for officer, hours in enumerate(duty) if close in hours.closes))
        for opens, close in together
        if not any(close <= other < _midnight_after(close) for other in together.opens)
    ]
    return PoolHours(duty, tuple(closings), _doors(pool, together, opening_days), False)


def week_hours(scenario: Scenario, week: Week, days: int, always: bool) -> Stretches:
    """The hours of a week on the days that are worked."""
    if always:
        return Stretches((-math.inf,), (math.inf,))
    weekdays = day_table(scenario.calendar, scenario.run.start, days).weekday
    return Stretches.of(
        (day * DAY + opens, day * DAY + closes)
        for day, weekday in enumerate(map(int, weekdays))
        if weekday >= 0
        for opens, closes in week[weekday]
    )


def date_of(scenario: Scenario, instant: float) -> datetime.date:
    """The date on which an instant falls, for messages."""
    return scenario.run.start + datetime.timedelta(minutes=instant)


def _midnight_after(close: float) -> float:
    """The end of the day that a closing belongs to: closing at midnight belongs to the day before."""
    return math.ceil(close / DAY) * DAY


def _doors(pool: Pool, together: Stretches, opening_days: set[int]) -> Stretches:
    """Days on which the pool opens: from its first opening to its last closing, or as its doors say."""
    doors = []
    for day in sorted(opening_days):
        if pool.doors is not None:
            doors.append((day * DAY + pool.doors[0], day * DAY + pool.doors[1]))
            continue
        own = [(opens, close) for opens, close in together if math.floor(opens / DAY) == day]
        doors.append((own[0][0], own[-1][1]))
    return Stretches.of(doors)
