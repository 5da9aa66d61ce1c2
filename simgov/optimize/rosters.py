"""Rosters: how many posts of a pool work each of several patterns of hours.

What matters to a target is how many are on duty at each hour, not who works which pattern. Hours of the week that the
same patterns cover are one *row*: its number on duty is the same throughout. A search cuts, lifts and simulates *rows*;
how many posts work each pattern is chosen last, by ``made``. An office is simulated with its windows open by the rows:
who comes takes over the window, and the work under way, of who leaves. The file says::

    rosters:
      hall:
        on_duty: 1..8
        most_hours: 40 h
        patterns:
          early: {hours: ["08:00-12:00", "12:30-16:30"], posts: 0..4}
          late:  {hours: {mon-thu: "12:00-20:00"}, posts: 0..4}
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Annotated

from pydantic import Field

from simgov.calendars import Span, Week
from simgov.errors import PathPart, Problem
from simgov.optimize import space
from simgov.optimize.ranges import RangeField
from simgov.scenario.fields import DurationField, HoursField, Id, NameField, text_of, unknown, week_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Shift, Text
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.scenario.value import Pool, Scenario

FULL_TIME = Duration(40 * 60.0)
DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")
DAYS_ZH = "一二三四五六日"


class PatternSpec(Section):
    """The hours that some posts of a pool work, with breaks left out."""

    name: NameField | None = Field(None, description="What people call the pattern")
    hours: HoursField = Field(description='When it is on duty, without its breaks: ["08:00-12:00", "12:30-16:30"]')
    posts: RangeField = Field(description="The fewest and the most posts that work it, e.g. 0..6")


class RosterSpec(Section):
    """Patterns of hours for one pool."""

    patterns: Annotated[dict[Id, PatternSpec], Field(min_length=1)] = Field(description="The patterns by name")
    on_duty: RangeField | None = Field(
        None, description="How many may be on duty at once while any pattern works; by default 1 or more"
    )
    most_hours: DurationField = Field(FULL_TIME, description="The most hours of one post in a week; default 40 h")


@dataclass(frozen=True)
class Pattern:
    """Hours that posts work; ``low`` and ``high`` bound how many do."""

    id: str
    name: Text
    week: Week
    low: int
    high: int

    @property
    def hours(self) -> str:
        """``Mon–Fri 08:00-12:00, 12:30-16:30``."""
        return hours_of(self.week)

    @property
    def minutes(self) -> int:
        """Minutes a week."""
        return sum(end - start for spans in self.week for start, end in spans)


@dataclass(frozen=True)
class Row:
    """Hours of the week that the same patterns cover: ``patterns`` are their places."""

    patterns: tuple[int, ...]
    week: Week

    @property
    def minutes(self) -> int:
        """Minutes a week."""
        return sum(end - start for spans in self.week for start, end in spans)

    @property
    def hours(self) -> str:
        """``Mon–Fri 08:00-12:00``."""
        return hours_of(self.week)


@dataclass(frozen=True)
class Roster:
    """The patterns of one pool; ``least`` to ``most`` are on duty in each row."""

    pool: str
    patterns: tuple[Pattern, ...]
    least: int = 1
    most: int | None = None

    @cached_property
    def rows(self) -> tuple[Row, ...]:
        """The rows in the order of their first minute in the week."""
        minutes: dict[tuple[int, ...], list[list[int]]] = {}
        for day in range(7):
            edges = sorted({edge for pattern in self.patterns for span in pattern.week[day] for edge in span})
            for start, end in itertools.pairwise(edges):
                there = tuple(
                    place
                    for place, pattern in enumerate(self.patterns)
                    if any(first <= start and end <= last for first, last in pattern.week[day])
                )
                if there:
                    spans = minutes.setdefault(there, [[] for _ in range(7)])[day]
                    if spans and spans[-1] == start:
                        spans[-1] = end
                    else:
                        spans += [start, end]
        return tuple(
            Row(there, tuple(tuple(zip(edges[::2], edges[1::2], strict=True)) for edges in week))
            for there, week in minutes.items()
        )

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rows are called among the coordinates of a space."""
        return tuple(f"{self.pool} {row.hours}" for row in self.rows)

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """The fewest and the most on duty in each row."""
        found = []
        for row in self.rows:
            fewest = sum(self.patterns[place].low for place in row.patterns)
            most = sum(self.patterns[place].high for place in row.patterns)
            found.append((max(fewest, self.least), most if self.most is None else min(most, self.most)))
        return tuple(found)

    @property
    def posts(self) -> tuple[int, int]:
        """The fewest and the most posts in all."""
        return sum(pattern.low for pattern in self.patterns), sum(pattern.high for pattern in self.patterns)

    def on_duty(self, counts: Sequence[int]) -> tuple[int, ...]:
        """How many are on duty in each row with so many posts on each pattern."""
        return tuple(sum(counts[place] for place in row.patterns) for row in self.rows)

    def shifts(self, on_duty: Sequence[int]) -> tuple[Shift, ...]:
        """Windows open by the rows: the k-th is open wherever k or more are on duty."""
        weeks = [
            _together(row.week for row, count in zip(self.rows, on_duty, strict=True) if count >= level)
            for level in range(1, max(on_duty, default=0) + 1)
        ]
        shifts: list[Shift] = []
        for week in weeks:
            alike = shifts and shifts[-1].week == week
            shifts[-1:] = [Shift(shifts[-1].count + 1, week)] if alike else [*shifts[-1:], Shift(1, week)]
        return tuple(shifts) or (Shift(0, _together(row.week for row in self.rows)),)

    def over(self, first: int) -> space.Roster:
        """The same by places in a space, where its rows begin at column ``first``."""
        covers = tuple(tuple(int(p in row.patterns) for row in self.rows) for p in range(len(self.patterns)))
        low, high = tuple(p.low for p in self.patterns), tuple(p.high for p in self.patterns)
        return space.Roster(first, covers, low, high)


def resolve(
    specs: Mapping[str, RosterSpec],
    scenario: Scenario,
    staff: Iterable[str],
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> dict[str, Roster]:
    """The rosters that ``specs`` mean, in the order of the pools; the posts of ``staff`` are decided by number.

    What is wrong is told to ``problems``, located below ``path``, and left out.
    """
    known = {pool.id: pool for pool in scenario.pools}
    found = {}
    for name, spec in specs.items():
        before = len(problems)
        if name not in known:
            problems.append(Problem((*path, name), *unknown("pool", name, known), on_key=True))
            continue
        _check_pool(known[name], scenario, name in set(staff), (*path, name), problems)
        roster = _roster(spec, known[name], scenario, (*path, name), problems)
        if len(problems) == before:
            found[name] = roster
    return {pool: found[pool] for pool in known if pool in found}


def _check_pool(
    pool: Pool, scenario: Scenario, decided: bool, path: tuple[PathPart, ...], problems: list[Problem]
) -> None:
    def wrong(message: str, hint: str) -> None:
        problems.append(Problem(path, message, hint, on_key=True))

    if decided:
        wrong(f"{pool.id!r} is under staff as well", "decide its posts by number or by roster, not both")
    if pool.always or scenario.calendar.always:
        wrong(f"{pool.id!r} is on duty round the clock", "give the calendar hours: a roster needs them")
    if pool.cost is None or pool.cost.per != "h":
        wrong(f"{pool.id!r} is not paid by the hour", f"give pools.{pool.id}.cost, e.g. 35 CNY/h")
    if pool.absences.planned or pool.absences.sickness:
        wrong(f"the officers of {pool.id!r} may be absent, which a roster does not allow for", "leave absences out")


def _roster(
    spec: RosterSpec, pool: Pool, scenario: Scenario, path: tuple[PathPart, ...], problems: list[Problem]
) -> Roster:
    working = [weekday for weekday, spans in enumerate(scenario.calendar.week) if spans]
    patterns = []
    for name, one in spec.patterns.items():
        week = week_of(one.hours, working)
        pattern = Pattern(name, text_of(one.name, name), week, *one.posts)
        hours = pattern.minutes / 60
        most = spec.most_hours.amount / 60
        if hours > most:
            message = f"{hours:g} h a week are more than most_hours, {most:g} h"
            problems.append(Problem((*path, "patterns", name, "hours"), message, "shorten the pattern or give a break"))
        if not hours:
            problems.append(Problem((*path, "patterns", name, "hours"), "no hours on any working day", "give it hours"))
        patterns.append(pattern)
    least, most_on_duty = spec.on_duty or (1, None)
    roster = Roster(pool.id, tuple(patterns), least, most_on_duty)
    for row, (low, high) in zip(roster.rows, roster.bounds, strict=True):
        if low > high:
            message = f"{row.hours}: {low} must be on duty and {high} can be at most"
            problems.append(Problem((*path, "patterns"), message, "change the posts of these patterns, or on_duty"))
    return roster


def pattern_names(scenario: Scenario, rosters: Iterable[Roster]) -> dict[str, Text]:
    """What people call each ``pool.pattern``: ``Hall, early shift``, ``大厅（早班）``."""
    names = {}
    for roster in rosters:
        pool = scenario.pool(roster.pool).name
        for pattern in roster.patterns:
            called = Text(f"{pool.en}, {pattern.name.en}", f"{pool.zh}（{pattern.name.zh}）")
            names[f"{roster.pool}.{pattern.id}"] = called
    return names


def hours_of(week: Week) -> str:
    """``Mon–Thu 08:00-12:00; Fri 09:00-12:00``."""
    days: dict[tuple[Span, ...], list[int]] = {}
    for day, spans in enumerate(week):
        if spans:
            days.setdefault(spans, []).append(day)
    return "; ".join(
        f"{_named(own)} {', '.join(f'{_clock(start)}-{_clock(end)}' for start, end in spans)}"
        for spans, own in days.items()
    )


def in_chinese(hours: str) -> str:
    """``Row.hours`` in Chinese: 周一至周五 08:00-12:00."""
    for english, chinese in zip(DAYS, DAYS_ZH, strict=True):
        hours = hours.replace(english, f"周{chinese}")
    return hours.replace("–", "至").replace(", ", "、").replace("; ", "；")


def _named(days: Sequence[int]) -> str:
    """Weekdays: those that follow each other as from the first to the last."""
    first, last = days[0], days[-1]
    if len(days) > 1 and last - first == len(days) - 1:
        return f"{DAYS[first]}–{DAYS[last]}"
    return ", ".join(DAYS[day] for day in days)


def _together(weeks: Iterable[Week]) -> Week:
    """Weeks that do not overlap as one, spans that touch as one."""
    every = list(weeks)
    merged = []
    for day in range(7):
        spans: list[Span] = []
        for start, end in sorted(span for week in every for span in week[day]):
            spans[-1:] = [(spans[-1][0], end)] if spans and spans[-1][1] == start else [*spans[-1:], (start, end)]
        merged.append(tuple(spans))
    return tuple(merged)


def _clock(minute: int) -> str:
    return f"{minute // 60:02d}:{minute % 60:02d}"
