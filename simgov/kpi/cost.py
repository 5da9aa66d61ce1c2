"""What a plan costs, in whole minor units: paid hours of posts over the horizon, running costs and one-off costs.

Each post is rounded to a whole minor unit by itself, so that the cost of a plan is linear in its posts.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Collection, Iterable, Iterator
from dataclasses import replace
from fractions import Fraction
from functools import lru_cache

import numpy as np

from simgov.calendars import DAY, Calendar, Week, day_table, workday_minutes
from simgov.duty import day_span, planned
from simgov.scenario.value import Pool, Scenario, Shift, staffed
from simgov.units import Duration, Money

YEAR_DAYS = 365


def plan_cost(scenario: Scenario) -> int:
    """Minor units over the scenario's horizon: posts, busy or not, running costs and set-up; without overtime.

    Posts and running costs of a phase are paid from its first day on.
    """
    versions = list(_spans(scenario))
    posts = sum(
        pool_cost(version, pool, span) for version, span in _with_other_pools(versions) for pool in version.pools
    )
    running = sum((Fraction(version.running * (last - first)) for version, (first, last) in versions), Fraction(0))
    return posts + scenario.beside_duty + versions[-1][0].set_up + _rounded(running / YEAR_DAYS)


def posts_cost(scenario: Scenario, pool: Pool) -> int:
    """Minor units that ``pool`` costs over the horizon in every version of the scenario that has a pool of that id.

    Its posts are those of ``pool`` in all of them, as ``Scenario.with_staff`` would set them.
    """
    if not scenario.phases:
        return pool_cost(scenario, pool)
    return sum(
        pool_cost(version, staffed(own, pool.count), span)
        for version, span in _with_other_pools(list(_spans(scenario)))
        for own in version.pools
        if own.id == pool.id
    )


def shift_cost(scenario: Scenario, pool_id: str, shift: Shift, price: Money | None = None) -> int:
    """Minor units that one post of a shift of its own costs over the horizon, in every version that has the pool.

    ``price`` takes the place of the pool's.
    """
    return sum(
        post_cost(version, pool if price is None else replace(pool, cost=price), shift, span)
        for version, span in _with_other_pools(list(_spans(scenario)))
        for pool in version.pools
        if pool.id == pool_id
    )


def other_posts_cost(scenario: Scenario, decided: Collection[str]) -> int:
    """Minor units that the posts of all pools but ``decided`` cost over the horizon, as each version has them."""
    return sum(
        pool_cost(version, pool, span)
        for version, span in _with_other_pools(list(_spans(scenario)))
        for pool in version.pools
        if pool.id not in decided
    )


def reform_cost(scenario: Scenario) -> tuple[int, int]:
    """What reforms cost within the horizon: set-up, and running costs as minor units a year times days."""
    versions = list(_spans(scenario))
    return versions[-1][0].set_up, sum(version.running * (last - first) for version, (first, last) in versions)


def pool_cost(scenario: Scenario, pool: Pool, span: tuple[int, int] | None = None) -> int:
    """Minor units that the posts of a pool cost over the horizon, or a span of days: all of them, less those cut."""
    whole = span or (0, horizon_days(scenario))
    posts = sum(shift.count * post_cost(scenario, pool, shift, whole) for shift in pool.shifts)
    if not pool.absences.cuts or pool.cost is None:
        return posts
    table = day_table(scenario.calendar, scenario.run.start, horizon_days(scenario))
    for entry, _, officers in planned(pool, scenario.calendar, table):
        first, last = day_span(entry, table)
        first, last = max(first, whole[0]), min(last, whole[1])
        if entry in pool.absences.cuts and first < last:
            posts -= sum(post_cost(scenario, pool, pool.shifts[place], (first, last)) for place, _ in officers)
    return posts


def post_cost(scenario: Scenario, pool: Pool, shift: Shift, span: tuple[int, int] | None = None) -> int:
    """Minor units that one post of this shift costs over the horizon; 0 where the pool has no cost.

    With ``span`` only from that first day on to before that last one, counted from the start of the run.
    """
    if pool.cost is None:
        return 0
    first, last = span or (0, horizon_days(scenario))
    days, weekdays = _days(scenario.calendar, scenario.run.start.toordinal(), first, last)
    always = pool.always or scenario.calendar.always
    periods = _periods(pool.cost, shift.week, always, days, weekdays)
    if pool.cost.per == "h" and not always:
        periods += Fraction(_more_minutes(scenario, shift.week, first, last), 60)
    return _rounded(pool.cost.minor * periods)


def _more_minutes(scenario: Scenario, week: Week, first: int, last: int) -> int:
    """Minutes that the days of changed hours bring to a shift, beyond those of its usual hours."""
    if not scenario.calendar.changed:
        return 0
    table = day_table(scenario.calendar, scenario.run.start, last)
    changed = [day for day in table.changed if first <= day < last]
    now = sum(closing - opening for day in changed for opening, closing in table.hours(week, day))
    usual = sum(closing - opening for day in changed for opening, closing in week[table.weekday[day]])
    return int(now - usual)


Span = tuple[int, int]


def _with_other_pools(versions: Iterable[tuple[Scenario, Span]]) -> Iterator[tuple[Scenario, Span]]:
    """The versions and their spans, those that follow each other with the same pools as one."""
    for _, alike in itertools.groupby(versions, key=lambda one: one[0].pools):
        held = list(alike)
        yield held[0][0], (held[0][1][0], held[-1][1][1])


def _spans(scenario: Scenario) -> Iterator[tuple[Scenario, Span]]:
    """Each version of the scenario that begins inside the horizon, and from which day to which it holds."""
    end = horizon_days(scenario)
    starts = [0, *((phase.start - scenario.run.start).days for phase in scenario.phases)]
    for version, first, last in zip(scenario.versions, starts, [*starts[1:], end], strict=True):
        if first < end:
            yield version, (first, min(last, end))


def running_cost(scenario: Scenario, minor_a_year: int) -> int:
    """What ``minor_a_year`` comes to over the horizon; a year is 365 days."""
    return _rounded(Fraction(minor_a_year * horizon_days(scenario), YEAR_DAYS))


def horizon_days(scenario: Scenario) -> int:
    """Whole days of the horizon, from the start of the run; n workdays end with the day of the n-th."""
    return _horizon_days(scenario.calendar, scenario.run.start.toordinal(), scenario.horizon)


def horizon_workdays(scenario: Scenario) -> int:
    """Workdays of the horizon."""
    return sum(_days(scenario.calendar, scenario.run.start.toordinal(), 0, horizon_days(scenario))[1])


def overtime_per_hour(pool: Pool, scenario: Scenario) -> Fraction | None:
    """Minor units for an hour of overtime; None where it is not priced. A price per workday pays its working hours."""
    money = pool.overtime_cost
    if money is None:
        return None
    hours = {"h": Fraction(1), "workday": Fraction(workday_minutes(scenario.calendar)).limit_denominator(1440) / 60}
    if money.per not in hours:
        raise ValueError(f"the overtime of {pool.id} is priced per {money.per}; it must be priced per hour")
    return money.minor / hours[money.per]


def _periods(cost: Money, week: Week, always: bool, days: int, weekdays: tuple[int, ...]) -> Fraction:
    """How many of the units that ``cost`` is paid for fall into the horizon. ``weekdays``: workdays by weekday."""
    if cost.per == "once":
        return Fraction(1)
    if cost.per == "h":
        if always:
            return Fraction(days * 24)
        lengths = [sum(closing - opening for opening, closing in spans) for spans in week]
        return Fraction(sum(n * minutes for n, minutes in zip(weekdays, lengths, strict=True)), 60)
    if cost.per == "workday":
        return Fraction(days if always else sum(n for n, spans in zip(weekdays, week, strict=True) if spans))
    length = {"day": Fraction(1), "week": Fraction(7), "month": Fraction(YEAR_DAYS, 12), "year": Fraction(YEAR_DAYS)}
    return days / length[cost.per]


@lru_cache(maxsize=256)
def _horizon_days(calendar: Calendar, start: int, horizon: Duration) -> int:
    import datetime

    if horizon.base != "workday":
        return max(1, math.ceil(horizon.amount / DAY - 1e-9))
    wanted = math.ceil(horizon.amount)
    days = 2 * wanted + 14
    while True:
        before = day_table(calendar, datetime.date.fromordinal(start), days).workdays_before
        if before[-1] >= wanted:
            return max(1, int(np.searchsorted(before, wanted)))
        if days > 400 * 366:
            raise ValueError("the calendar has too few workdays for the horizon")
        days *= 2


@lru_cache(maxsize=256)
def _days(calendar: Calendar, start: int, first: int, last: int) -> tuple[int, tuple[int, ...]]:
    """Days from ``first`` to before ``last``, and how many of them work the hours of each weekday."""
    import datetime

    weekday = day_table(calendar, datetime.date.fromordinal(start), last).weekday[first:]
    counts = np.bincount(weekday[weekday >= 0], minlength=7)
    return last - first, tuple(int(n) for n in counts)


def _rounded(amount: Fraction) -> int:
    """Half up."""
    return math.floor(amount + Fraction(1, 2))
