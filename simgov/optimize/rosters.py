"""Rosters: how many posts of a pool work each of several patterns of hours.

What matters to a target is how many are on duty at each hour, not who works which pattern. Hours of the week that the
same patterns cover are one *row*: its number on duty is the same throughout. A search cuts, lifts and simulates *rows*;
how many posts work each pattern is chosen last, by ``made``. An office is simulated with its windows open by the rows:
who comes takes over the window, and the work under way, of who leaves. Posts on a pattern that is paid otherwise than
by its hours on duty (a supplement, paid breaks) are a column more, which touches nothing but the cost. The file says::

    rosters:
      hall:
        on_duty: 1..8
        most_hours: 40 h
        patterns:
          early: {hours: ["08:00-12:00", "12:30-16:30"], posts: 0..4, paid_break: 30 min}
          late:  {hours: {mon-thu: "12:00-20:00"}, posts: 0..4, cost: 42 CNY/h}
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
from simgov.scenario.fields import CostField, DurationField, HoursField, Id, NameField, text_of, unknown, week_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Shift, Text
from simgov.units import Duration, Money, format_money

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
    cost: CostField | None = Field(
        None, description="Price of an hour on this pattern, with its supplement for nights or weekends, e.g. 54 CNY/h"
    )
    paid_break: DurationField | None = Field(
        None, description="How much of the breaks of a day is paid, e.g. 30 min; by default none"
    )


class RosterSpec(Section):
    """Patterns of hours for one pool."""

    patterns: Annotated[dict[Id, PatternSpec], Field(min_length=1)] = Field(description="The patterns by name")
    on_duty: RangeField | None = Field(
        None, description="How many may be on duty at once while any pattern works; by default 1 or more"
    )
    most_hours: DurationField = Field(FULL_TIME, description="The most hours of one post in a week; default 40 h")


@dataclass(frozen=True)
class Pattern:
    """Hours that posts work; ``low`` and ``high`` bound how many do.

    ``cost`` is the price of an hour (None: that of the pool), ``paid_break`` what is paid beside the hours on duty, in
    minutes of each day on which the pattern works.
    """

    id: str
    name: Text
    week: Week
    low: int
    high: int
    cost: Money | None = None
    paid_break: int = 0

    @property
    def hours(self) -> str:
        """``Mon–Fri 08:00-12:00, 12:30-16:30``."""
        return hours_of(self.week)

    @property
    def paid_apart(self) -> bool:
        """Whether a post on it costs something else than its hours on duty at the price of the pool."""
        return self.cost is not None or self.paid_break > 0

    @property
    def breaks(self) -> Week:
        """The paid breaks, as hours of the same length somewhere in each day on which the pattern works."""
        return tuple(((0, self.paid_break),) if spans and self.paid_break else () for spans in self.week)

    @property
    def told(self) -> Text:
        """Its hours, and how they are paid where that is said: ``Mon–Fri 12:00-20:00 (42 CNY/h)``."""
        english = [format_money(self.cost)] if self.cost else []
        chinese = [format_money(self.cost, "zh")] if self.cost else []
        if self.paid_break:
            english.append(f"{self.paid_break} min break paid")
            chinese.append(f"带薪休息 {self.paid_break} 分钟")
        if not english:
            return Text(self.hours, in_chinese(self.hours))
        return Text(f"{self.hours} ({', '.join(english)})", f"{in_chinese(self.hours)}（{'，'.join(chinese)}）")

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
    def paid_apart(self) -> tuple[int, ...]:
        """The places of the patterns whose posts are a column of their own."""
        return tuple(place for place, pattern in enumerate(self.patterns) if pattern.paid_apart)

    @property
    def columns(self) -> tuple[str, ...]:
        """What the rows, and the patterns paid apart, are called among the coordinates of a space."""
        paid = [f"{self.pool} {self.patterns[place].id}" for place in self.paid_apart]
        return (*(f"{self.pool} {row.hours}" for row in self.rows), *paid)

    @property
    def pools(self) -> tuple[str, ...]:
        """For each column the pool whose officers it counts; "" where it touches nothing but the cost."""
        return (*(self.pool for _ in self.rows), *("" for _ in self.paid_apart))

    @property
    def weeks(self) -> tuple[Week, ...]:
        """For each column the hours that it opens; none where it touches nothing but the cost."""
        return (*(row.week for row in self.rows), *(((),) * 7 for _ in self.paid_apart))

    @property
    def bounds(self) -> tuple[tuple[int, int], ...]:
        """The fewest and the most of each column: on duty, then on the patterns paid apart."""
        found = []
        for row in self.rows:
            fewest = sum(self.patterns[place].low for place in row.patterns)
            most = sum(self.patterns[place].high for place in row.patterns)
            found.append((max(fewest, self.least), most if self.most is None else min(most, self.most)))
        return (*found, *((self.patterns[place].low, self.patterns[place].high) for place in self.paid_apart))

    @property
    def posts(self) -> tuple[int, int]:
        """The fewest and the most posts in all."""
        return sum(pattern.low for pattern in self.patterns), sum(pattern.high for pattern in self.patterns)

    def on_duty(self, counts: Sequence[int]) -> tuple[int, ...]:
        """How many are on duty in each row with so many posts on each pattern."""
        return tuple(sum(counts[place] for place in row.patterns) for row in self.rows)

    def laid_out(self, counts: Sequence[int]) -> tuple[int, ...]:
        """What stands in each column with so many posts on each pattern."""
        return (*self.on_duty(counts), *(counts[place] for place in self.paid_apart))

    def shifts(self, columns: Sequence[int]) -> tuple[Shift, ...]:
        """Windows open by the rows: the k-th is open wherever k or more are on duty."""
        on_duty = columns[: len(self.rows)]
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
        """The same by places in a space, where its columns begin at ``first``."""
        covers = tuple(
            (*(int(p in row.patterns) for row in self.rows), *(int(p == paid) for paid in self.paid_apart))
            for p in range(len(self.patterns))
        )
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
        here = (*path, "patterns", name)
        paid_break = _paid_break(one, week, here, problems)
        price = _price(one, pool, here, problems)
        pattern = Pattern(name, text_of(one.name, name), week, *one.posts, price, paid_break)
        hours = (pattern.minutes + paid_break * sum(map(bool, week))) / 60
        most = spec.most_hours.amount / 60
        if hours > most:
            message = f"{hours:g} h a week are more than most_hours, {most:g} h"
            problems.append(Problem((*path, "patterns", name, "hours"), message, "shorten the pattern or give a break"))
        if not hours:
            problems.append(Problem((*path, "patterns", name, "hours"), "no hours on any working day", "give it hours"))
        patterns.append(pattern)
    least, most_on_duty = spec.on_duty or (1, None)
    roster = Roster(pool.id, tuple(patterns), least, most_on_duty)
    for row, (low, high) in zip(roster.rows, roster.bounds, strict=False):
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


def _price(one: PatternSpec, pool: Pool, path: tuple[PathPart, ...], problems: list[Problem]) -> Money | None:
    """The price of an hour of a pattern; None where it is that of the pool."""
    if one.cost is None or pool.cost is None or one.cost == pool.cost:
        return None
    usual = format_money(pool.cost)
    if one.cost.per != "h":
        problems.append(Problem((*path, "cost"), "a pattern is paid by the hour", f"write it like {usual}"))
    elif one.cost.currency != pool.cost.currency:
        problems.append(Problem((*path, "cost"), f"this is in {one.cost.currency}", f"write it like {usual}"))
    elif one.cost.minor < pool.cost.minor:
        message = f"{format_money(one.cost)} is less than an hour at {pool.id} costs, {usual}"
        problems.append(Problem((*path, "cost"), message, "give the pool the lowest price, and patterns what is added"))
    return one.cost


def _paid_break(one: PatternSpec, week: Week, path: tuple[PathPart, ...], problems: list[Problem]) -> int:
    """Minutes a day, no more than the pattern's breaks on any day have."""
    if one.paid_break is None:
        return 0
    minutes = one.paid_break.amount
    breaks = [spans[-1][1] - spans[0][0] - sum(end - begin for begin, end in spans) for spans in week if spans]
    if one.paid_break.base == "workday" or minutes != int(minutes):
        problems.append(Problem((*path, "paid_break"), "this is not a number of minutes", "write 30 min"))
    elif minutes > min(breaks, default=0):
        message = f"{minutes:g} min of break are paid, and the shortest break of a day has {min(breaks, default=0)} min"
        hint = 'leave the break out of hours: ["08:00-12:00", "12:30-16:30"]'
        problems.append(Problem((*path, "paid_break"), message, hint))
    return int(minutes)


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
