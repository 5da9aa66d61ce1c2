"""When officers are on duty, pools close for the day and doors are open: read from the scenario, day by day.

Written for the invariants alone, plainly and apart from the engines and the compiled network.
"""

from __future__ import annotations

import bisect
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

    def between(self, start: float, end: float) -> Stretches:
        """What of them lies in [start, end)."""
        return Stretches.of((max(start, opens), min(end, close)) for opens, close in self)

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
    ``leaves`` are the officers who are on duty no more in the end: what they have begun then they finish in overtime.
    """

    duty: tuple[Stretches, ...]
    closings: tuple[tuple[float, frozenset[int]], ...]
    doors: Stretches
    always: bool
    leaves: frozenset[int]

    def work(self, officer: int) -> Stretches:
        """When work goes on that an officer has begun where the pool pauses."""
        if officer not in self.leaves or not self.duty[officer].closes:
            return self.duty[officer]
        return Stretches.of([*self.duty[officer], (self.duty[officer].closes[-1], math.inf)])


def pool_hours(scenario: Scenario, pool_id: str, days: int) -> PoolHours:
    """The hours of a pool over the first ``days`` days of the run: of each phase while it holds.

    Officers are numbered shift by shift, in each as many as the shift ever has; the first of them are there when it has
    fewer.
    """
    versions = _versions(scenario, pool_id)
    duty, leaves = [], set()
    for place in range(max(len(pool.shifts) for pool, _, _ in versions)):
        shifts = [(pool, pool.shifts[place], start, end) for pool, start, end in versions if place < len(pool.shifts)]
        for officer in range(max(shift.count for _, shift, _, _ in shifts)):
            there = [(pool, shift, start, end) for pool, shift, start, end in shifts if officer < shift.count]
            if not any(end == math.inf for _, _, _, end in there):
                leaves.add(len(duty))
            duty.append(
                Stretches.of(
                    stretch
                    for pool, shift, start, end in there
                    for stretch in week_hours(scenario, shift.week, days, _always(scenario, pool)).between(start, end)
                )
            )
    if all(_always(scenario, pool) for pool, _, _ in versions):
        return PoolHours(tuple(duty), (), Stretches((-math.inf,), (math.inf,)), True, frozenset(leaves))
    together = Stretches.of(
        stretch for pool, start, end in versions for stretch in _opening(scenario, pool, days).between(start, end)
    )
    closings = [
        (close, frozenset(officer for officer, hours in enumerate(duty) if close in hours.closes))
        for _, close in together
        if math.isfinite(close) and not any(close <= other < _midnight_after(close) for other in together.opens)
    ]
    doors = Stretches.of(
        stretch for pool, start, end in versions for stretch in _doors(scenario, pool, days).between(start, end)
    )
    return PoolHours(tuple(duty), tuple(closings), doors, False, frozenset(leaves))


def week_hours(scenario: Scenario, week: Week, days: int, always: bool) -> Stretches:
    """The hours of a week on the days that are worked."""
    if always:
        return Stretches((-math.inf,), (math.inf,))
    weekdays = day_table(scenario.calendar, scenario.run.start, days).weekday
    changed = {(date - scenario.run.start).days: spans for date, spans in scenario.calendar.changed}
    stretches = []
    for day, weekday in enumerate(map(int, weekdays)):
        usual = week[weekday] if weekday >= 0 else ()
        spans = changed[day] if day in changed and weekday >= 0 and week == scenario.calendar.week else usual
        own = Stretches.of((day * DAY + opens, day * DAY + closes) for opens, closes in spans)
        if day in changed:
            own = own.both(Stretches.of((day * DAY + opens, day * DAY + closes) for opens, closes in changed[day]))
        stretches += list(own)
    return Stretches.of(stretches)


def _versions(scenario: Scenario, pool_id: str) -> list[tuple[Pool, float, float]]:
    """A pool as it is at first and in each phase that has it, with the stretch in which that holds."""
    starts = [-math.inf, *((phase.start - scenario.run.start).days * DAY for phase in scenario.phases), math.inf]
    pools = [scenario.pools, *(phase.pools for phase in scenario.phases)]
    return [
        (pool, starts[number], starts[number + 1])
        for number, own in enumerate(pools)
        for pool in own
        if pool.id == pool_id
    ]


def _always(scenario: Scenario, pool: Pool) -> bool:
    return pool.always or scenario.calendar.always


def _opening(scenario: Scenario, pool: Pool, days: int) -> Stretches:
    """When anybody of the pool is on duty."""
    return Stretches.of(
        stretch for shift in pool.shifts for stretch in week_hours(scenario, shift.week, days, _always(scenario, pool))
    )


def _midnight_after(close: float) -> float:
    """The end of the day that a closing belongs to: closing at midnight belongs to the day before."""
    return math.ceil(close / DAY) * DAY


def _doors(scenario: Scenario, pool: Pool, days: int) -> Stretches:
    """Days on which the pool opens: from its first opening to its last closing, or as its doors say."""
    together = _opening(scenario, pool, days)
    if _always(scenario, pool) or not together.opens:
        return Stretches((-math.inf,), (math.inf,))
    doors = []
    for day in sorted({math.floor(opens / DAY) for opens in together.opens}):
        own = [(opens, close) for opens, close in together if math.floor(opens / DAY) == day]
        if pool.doors is None:
            doors.append((own[0][0], own[-1][1]))
            continue
        closes = day * DAY + pool.doors[1]
        if any((date - scenario.run.start).days == day for date, _ in scenario.calendar.changed):
            closes = min(closes, own[-1][1])
        doors.append((day * DAY + pool.doors[0], closes))
    return Stretches.of(doors)
