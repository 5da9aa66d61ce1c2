"""Officers, their hours, the doors and every instant at which capacity changes, in minutes since the first day.

Officers are numbered pool by pool and in a pool shift by shift; those who work the same hours all along are a *group*.
An officer is the same person in every phase in which the shift has that many officers.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.calendars import Calendar, DayTable, Span, Week, open_intervals, workday_count
from simgov.scenario.value import Away, Learning, Pool, Scenario, Sickness

MINUTES_PER_DAY = 1440.0

OFF, ON, CLOSING, GATE, DOWN, UP = range(6)
"""Kinds of capacity change, in the order they happen at one instant: officers go off duty, come on duty, a pool closes
for the day, a gate opens, a system on which a pool depends fails, and it is back."""

Intervals = tuple[Floats, Floats]
"""Opening and closing minutes, ascending and apart."""

NEVER: Intervals = (np.empty(0), np.empty(0))
ALWAYS: Intervals = (np.array([0.0]), np.array([np.inf]))


@dataclass(frozen=True, eq=False)
class Calendars:
    """Interval lists, one after the other: list k is ``open[first[k]:first[k + 1]]`` and the same of ``close``.

    ``day_first[k, d]`` is the first interval of list k that closes after the start of day d.
    """

    first: Integers
    open: Floats
    close: Floats
    day_first: Integers


Officer = tuple[int, int]
"""An officer of a pool: the place of the shift, and the place in it."""

Spell = tuple[float, float]
"""From one instant to another, in minutes."""


@dataclass(frozen=True)
class Group:
    """``officers`` of a pool who work the same hours: in each version of the scenario a week, or None for no duty, less
    the spells in which they are ``away``. An officer who may be ill is a group alone, with a ``stream`` of chance.
    """

    pool: int
    officers: int
    weeks: tuple[Week | None, ...]
    away: tuple[tuple[Spell, ...], ...]
    sickness: Sickness | None = None
    stream: str = ""

    @property
    def leaves(self) -> bool:
        """Whether they leave for good."""
        return self.weeks[-1] is None or any(end == np.inf for _, end in self.away[-1])


class Capacity:
    """Who is on duty when. ``versions`` of the scenario begin at ``starts`` (minutes), the first at 0."""

    def __init__(
        self, versions: Sequence[Scenario], starts: Sequence[float], pools: Sequence[Pool], table: DayTable
    ) -> None:
        self.versions, self.starts, self.table = versions, starts, table
        self.calendar = versions[0].calendar
        self.pools = [_versions_of(pool.id, versions) for pool in pools]
        self.groups = [group for p in range(len(pools)) for group in self._groups(p)]
        self.duty = [self._in_turn(self._hours(group)) for group in self.groups]
        self.pool_duty = [self._in_turn([self._opening(pool) for pool in of_versions]) for of_versions in self.pools]

    def arrays(self) -> dict[str, Any]:
        """Every array of ``Network`` that concerns capacity, by name."""
        first = [next(pool for pool in of_versions if pool is not None) for of_versions in self.pools]
        sizes = [group.officers for group in self.groups]
        of_pool = [sum(group.officers for group in self.groups if group.pool == p) for p in range(len(first))]
        main = self._intervals(self.calendar.week, self.calendar.always)
        doors = [self._in_turn([self._doors(pool) for pool in of_versions]) for of_versions in self.pools]
        work, group_work = self._work_lists(len(self.groups) + 1 + len(doors))
        return {
            "pauses": np.array([pool.at_closing == "pause" for pool in first], np.bool_),
            "pool_has_doors": np.array([not self._never_closes(of_versions) for of_versions in self.pools], np.bool_),
            "pool_waits_outside": np.array([pool.before_opening == "wait" for pool in first], np.bool_),
            "server_first": offsets(of_pool),
            "group_pool": np.array([group.pool for group in self.groups], np.int32),
            "group_first_server": offsets(sizes),
            "groups": tuple(self.groups),
            "group_work": group_work,
            "pool_late_work": np.full(len(first), -1, np.int32),
            "server_group": np.repeat(np.arange(len(sizes), dtype=np.int32), sizes),
            "learning": self._learning(),
            "calendars": make_calendars([*self.duty, main, *doors, *work], self.table.days),
            **self._changes(),
        }

    # Groups -----------------------------------------------------------------------------------------------------------

    def _groups(self, p: int) -> list[Group]:
        """The groups of a pool: shift by shift, officers of equal hours together."""
        found: list[Group] = []
        pools = self.pools[p]
        sickness = next(pool.absences.sickness for pool in pools if pool is not None)
        away = [{} if pool is None else self.away_by_officer(pool) for pool in pools]
        name = next(pool.id for pool in pools if pool is not None)
        for place in range(max(len(pool.shifts) for pool in self.pools[p] if pool is not None)):
            shifts = [pool.shifts[place] if pool and place < len(pool.shifts) else None for pool in self.pools[p]]
            most = max(shift.count for shift in shifts if shift is not None)
            officers = [
                Group(
                    pool=p,
                    officers=min(1, most),
                    weeks=tuple(s.week if s and (k < s.count or not most) else None for s in shifts),
                    away=tuple(spells.get((place, k), ()) for spells in away),
                    sickness=sickness if most else None,
                    stream=f"{name}/{place + 1}.{k + 1}" if sickness and most else "",
                )
                for k in range(max(1, most))
            ]
            together = (list(alike) for _, alike in itertools.groupby(officers))
            found += [replace(alike[0], officers=sum(one.officers for one in alike)) for alike in together]
        return found

    def away_by_officer(self, pool: Pool) -> dict[Officer, tuple[Spell, ...]]:
        """The planned absences of each officer who has some."""
        found: dict[Officer, tuple[Spell, ...]] = {}
        for _, spells, officers in planned(pool, self.calendar, self.table):
            for officer in officers:
                found[officer] = (*found.get(officer, ()), *zip(spells[0].tolist(), spells[1].tolist(), strict=True))
        return found

    def _hours(self, group: Group) -> list[Intervals]:
        """The duty of a group in each version, as if that version held all the time."""
        return [
            NEVER if week is None or pool is None else without(self._intervals(week, self._always(pool)), away)
            for week, pool, away in zip(group.weeks, self.pools[group.pool], group.away, strict=True)
        ]

    def _opening(self, pool: Pool | None) -> Intervals:
        """When anybody of a pool is on duty."""
        if pool is None:
            return NEVER
        return union([self._intervals(shift.week, self._always(pool)) for shift in pool.shifts])

    def _work_lists(self, first_free: int) -> tuple[list[Intervals], Integers]:
        """The lists in which work under way goes on, where they differ from the duty, and which is each group's: -1 for
        the wall clock, in pools that finish."""
        lists: list[Intervals] = []
        numbers = []
        for number, group in enumerate(self.groups):
            first = next(pool for pool in self.pools[group.pool] if pool is not None)
            if first.at_closing == "finish":
                numbers.append(-1)
            elif group.leaves:
                numbers.append(first_free + len(lists))
                lists.append(to_the_end(self.duty[number]))
            else:
                numbers.append(number)
        return lists, np.array(numbers, np.int32)

    # Learning ---------------------------------------------------------------------------------------------------------

    def _learning(self) -> Floats:
        """How long work takes on each day, of its usual time: float64[P, days]; without rows where nobody learns."""
        if not any(pool is not None and pool.learning for of_versions in self.pools for pool in of_versions):
            return np.empty((0, 0))
        table = np.ones((len(self.pools), self.table.days))
        first_days = [int(start // MINUTES_PER_DAY) for start in self.starts]
        for p, of_versions in enumerate(self.pools):
            for pool, first, last in zip(of_versions, first_days, [*first_days[1:], self.table.days], strict=True):
                if pool is not None and pool.learning is not None:
                    table[p, first:last] = learning_factors(pool.learning, self.table)[first:last]
        return table

    # Hours ------------------------------------------------------------------------------------------------------------

    def _always(self, pool: Pool) -> bool:
        return pool.always or self.calendar.always

    def _never_closes(self, of_versions: Sequence[Pool | None]) -> bool:
        return all(pool is not None and self._always(pool) for pool in of_versions)

    def _intervals(self, week: Week, always: bool) -> Intervals:
        return week_intervals(week, self.calendar, self.table, always)

    def _in_turn(self, of_versions: Sequence[Intervals]) -> Intervals:
        """Each version's intervals while it holds, one after the other."""
        ends = [*self.starts[1:], np.inf]
        return joined([cut(own, start, end) for own, start, end in zip(of_versions, self.starts, ends, strict=True)])

    def _doors(self, pool: Pool | None) -> Intervals:
        """When a person may join the queue: from the first opening of the day to the last closing, unless said."""
        opens, closes = self._opening(pool)
        if pool is None:
            return NEVER
        if self._always(pool) or not len(opens):
            return ALWAYS
        day = opens // MINUTES_PER_DAY
        days, first = np.unique(day, return_index=True)
        last = np.append(first[1:], len(opens)) - 1
        if pool.doors is not None:
            return self._said_doors(pool.doors, days, closes[last])
        return opens[first], closes[last]

    def _said_doors(self, doors: Span, days: Floats, last_closing: Floats) -> Intervals:
        """The doors at the hours that the pool says; on a day of changed hours they close with the pool."""
        opens, closes = days * MINUTES_PER_DAY + doors[0], days * MINUTES_PER_DAY + doors[1]
        changed = np.isin(days, list(self.table.changed))
        closes = np.where(changed, np.minimum(closes, last_closing), closes)
        return opens[opens < closes], closes[opens < closes]

    # Changes ----------------------------------------------------------------------------------------------------------

    def _changes(self) -> dict[str, Any]:
        times, kinds, of = [], [], []
        for group, (opens, closes) in enumerate(self.duty):
            finite = np.isfinite(closes)
            times += [opens, closes[finite]]
            kinds += [np.full(len(opens), ON), np.full(int(finite.sum()), OFF)]
            of += [np.full(len(opens), group), np.full(int(finite.sum()), group)]
        for p, duty in enumerate(self.pool_duty):
            closing = np.empty(0) if self._never_closes(self.pools[p]) else last_of_day(duty)
            times.append(closing)
            kinds.append(np.full(len(closing), CLOSING))
            of.append(np.full(len(closing), p))
        time = np.concatenate(times) if times else np.empty(0)
        kind = np.concatenate(kinds).astype(np.int8) if kinds else np.empty(0, np.int8)
        target = np.concatenate(of).astype(np.int32) if of else np.empty(0, np.int32)
        order = np.lexsort((target, kind, time))
        return {"change_time": time[order], "change_kind": kind[order], "change_of": target[order]}


def _versions_of(pool_id: str, versions: Iterable[Scenario]) -> list[Pool | None]:
    return [next((pool for pool in version.pools if pool.id == pool_id), None) for version in versions]


def learning_factors(learning: Learning, table: DayTable) -> Floats:
    """How long work takes on each day, of its usual time: the excess fades exponentially, as in the time-constant model
    of Bevis, Finniear and Towill (International Journal of Production Research 8, 1970, 293-305)."""
    days = np.arange(table.days, dtype=np.float64)
    first = float((learning.start - table.start).days)
    if learning.half_life.base == "workday":
        passed = workday_count(table, np.array([first * MINUTES_PER_DAY]), days * MINUTES_PER_DAY)
        half_lives = passed / learning.half_life.amount
    else:
        half_lives = (days - first) * MINUTES_PER_DAY / learning.half_life.amount
    factors: Floats = learning.ends + (learning.factor - learning.ends) * 0.5 ** np.maximum(half_lives, 0.0)
    factors = np.where(days < first, 1.0, factors)
    for other in learning.besides:
        factors = factors * learning_factors(other, table)
    return factors


# Intervals ------------------------------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def week_intervals(week: Week, calendar: Calendar, table: DayTable, always: bool) -> Intervals:
    """When ``week`` is open on the days of ``table``; without end where it is open ``always``."""
    return ALWAYS if always else open_intervals(week, table, False)


def to_the_end(duty: Intervals) -> Intervals:
    """The duty of officers who leave for good: what is under way then they finish, in overtime."""
    opens, closes = duty
    if not len(closes) or closes[-1] == np.inf:
        return duty
    return np.append(opens, closes[-1]), np.append(closes, np.inf)


def without(intervals: Intervals, spells: Sequence[Spell]) -> Intervals:
    """The intervals less some spells."""
    if not spells:
        return intervals
    ordered = sorted(spells)
    away = union([(np.array([start]), np.array([end])) for start, end in ordered])
    return common(intervals, between(away))


def between(intervals: Intervals) -> Intervals:
    """What lies before, between and behind the intervals, from 0 on."""
    opens, closes = np.append(0.0, intervals[1]), np.append(intervals[0], np.inf)
    return opens[opens < closes], closes[opens < closes]


def common(one: Intervals, other: Intervals) -> Intervals:
    """The instants covered by both lists."""
    edges = np.unique(np.concatenate((*one, *other)))
    inside = _covers(one, edges[:-1]) & _covers(other, edges[:-1])
    return joined([(edges[:-1][inside], edges[1:][inside]), NEVER])


def _covers(intervals: Intervals, instants: Floats) -> Booleans:
    """Whether each instant lies in an interval; the closing does not."""
    if not len(intervals[0]):
        return np.zeros(len(instants), np.bool_)
    place = np.searchsorted(intervals[0], instants, side="right") - 1
    return (place >= 0) & (instants < intervals[1][np.maximum(place, 0)])


def planned(pool: Pool, calendar: Calendar, table: DayTable) -> list[tuple[Away, Intervals, list[Officer]]]:
    """The planned absences of a pool: when, and of which officers.

    In the order cuts, leave, training, each takes those who are not away then anyhow, of them those who are on duty at
    that time, and of them the ones of the highest numbers.
    """
    away: dict[Officer, list[Intervals]] = {
        (place, k): [] for place, shift in enumerate(pool.shifts) for k in range(shift.count)
    }
    found = []
    for entry in pool.absences.planned:
        spells = _spells(entry, table)
        works = [
            _meet(week_intervals(shift.week, calendar, table, pool.always or calendar.always), spells)
            for shift in pool.shifts
        ]

        def last_choice(officer: Officer, spells: Intervals = spells, works: list[bool] = works) -> tuple[int, ...]:
            busy = any(_meet(other, spells) for other in away[officer])
            return (busy, not works[officer[0]], -officer[0], -officer[1])

        officers = sorted(away, key=last_choice)[: entry.officers] if len(spells[0]) else []
        for officer in officers:
            away[officer].append(spells)
        found.append((entry, spells, officers))
    return found


def _meet(one: Intervals, other: Intervals) -> bool:
    return len(common(one, other)[0]) > 0


def day_span(entry: Away, table: DayTable) -> tuple[int, int]:
    """The days of a planned absence that lie in the table: the first, and the one behind the last."""
    first = max(0, (entry.first - table.start).days)
    last = table.days if entry.last is None else min(table.days, (entry.last - table.start).days + 1)
    return first, max(first, last)


def _spells(entry: Away, table: DayTable) -> Intervals:
    """When the officers of a planned absence are away, from the first day of the table on."""
    first, last = day_span(entry, table)
    if first == last:
        return NEVER
    if entry.hours is None:
        return np.array([first * MINUTES_PER_DAY]), np.array([np.inf if entry.last is None else last * MINUTES_PER_DAY])
    midnights: Floats = np.arange(first, last, dtype=np.float64) * MINUTES_PER_DAY
    return midnights + entry.hours[0], midnights + entry.hours[1]


def cut(intervals: Intervals, start: float, end: float) -> Intervals:
    """What of the intervals lies between two instants."""
    opens, closes = intervals
    if start <= 0.0 and end == np.inf:
        return intervals
    opens, closes = np.maximum(opens, start), np.minimum(closes, end)
    kept = opens < closes
    return opens[kept], closes[kept]


def joined(pieces: Sequence[Intervals]) -> Intervals:
    """Interval lists that follow each other in time, as one; what touches becomes one interval."""
    if len(pieces) == 1:
        return pieces[0]
    opens, closes = np.concatenate([o for o, _ in pieces]), np.concatenate([c for _, c in pieces])
    apart = opens[1:] > closes[:-1]
    return opens[np.append(True, apart)[: len(opens)]], closes[np.append(apart, True)[: len(closes)]]


def union(lists: Sequence[Intervals]) -> Intervals:
    """The instants covered by any of the interval lists, as one sorted list."""
    if len(lists) == 1:
        return lists[0]
    if not lists:
        return NEVER
    opens, closes = np.concatenate([o for o, _ in lists]), np.concatenate([c for _, c in lists])
    if not len(opens):
        return NEVER
    order = np.argsort(opens, kind="stable")
    opens, closes = opens[order], np.maximum.accumulate(closes[order])
    starts = np.append(True, opens[1:] > closes[:-1])
    ends = np.append(starts[1:], True)
    return opens[starts], closes[ends]


def last_of_day(duty: Intervals) -> Floats:
    """The closings after which a pool does not open again on the same day."""
    opens, closes = duty
    if not len(opens):
        return closes
    closing_day = np.ceil(closes / MINUTES_PER_DAY) - 1
    next_day = np.append(opens[1:] // MINUTES_PER_DAY, np.inf)
    return closes[(next_day > closing_day) & np.isfinite(closes)]


def make_calendars(lists: Sequence[Intervals], days: int) -> Calendars:
    """Interval lists with the index by day that makes a look-up quick."""
    starts = np.arange(days + 1) * MINUTES_PER_DAY
    first = offsets([len(opens) for opens, _ in lists])
    day_first = [
        offset + np.searchsorted(closes, starts, side="right")
        for offset, (_, closes) in zip(first[:-1], lists, strict=True)
    ]
    return Calendars(
        first=first,
        open=np.concatenate([opens for opens, _ in lists]),
        close=np.concatenate([closes for _, closes in lists]),
        day_first=np.array(day_first, np.int32),
    )


def offsets(sizes: Sequence[int]) -> Integers:
    """Where each of the parts begins, and where the last one ends."""
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)
