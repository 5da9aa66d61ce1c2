"""Minutes of duty up to an instant, so that what falls into duty is a difference of two look-ups."""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats
from simgov.calendars import DAY
from simgov.capacity import interval_lists
from simgov.duty import common
from simgov.network import Network


@dataclass(frozen=True, eq=False)
class Duty:
    """When ``officers`` are on duty: ``open`` and ``close`` minutes, ascending; ``always`` has no closing.

    ``minutes_upto`` is the duty before each of ``edges``, the openings and closings in turn.
    """

    officers: int
    open: Floats
    close: Floats
    edges: Floats
    minutes_upto: Floats
    always: bool

    def upto(self, instant: Floats) -> Floats:
        """Minutes of duty before each instant."""
        return instant if self.always else np.interp(instant, self.edges, self.minutes_upto)

    def minutes(self, start: float, end: float) -> float:
        """Minutes of duty of one officer between two instants."""
        if self.always:
            return max(0.0, end - start)
        first, last = np.interp([start, end], self.edges, self.minutes_upto)
        return float(last - first)

    def holds(self, instant: Floats) -> Booleans:
        """Whether each instant lies in duty; the closing instant does not."""
        if self.always:
            return np.ones(len(instant), np.bool_)
        passed: Booleans = (
            np.searchsorted(self.edges, instant, side="right") % 2 == 1
        )  # an opening, and not its closing
        return passed


def duty_of(network: Network, pool: int) -> tuple[Duty, ...]:
    """The duty of each shift of a pool, in order."""
    return _known(network, pool)[0]


def worked_duty(network: Network, pool: int) -> tuple[Duty, ...]:
    """The duty of each group of a pool less the outages that stop work."""
    up = work_goes_on(network, pool)
    if network.pool_late_work[pool] < 0:
        return duty_of(network, pool)
    return tuple(
        _duty(one.officers, *common((one.open, one.close), (up.open, up.close))) for one in duty_of(network, pool)
    )


def work_goes_on(network: Network, pool: int) -> Duty:
    """When no outage stops the work of a pool."""
    place = int(network.pool_late_work[pool])
    if place < 0:
        return _duty(1, np.array([0.0]), np.array([np.inf]))
    return _duty(1, *interval_lists(network.calendars)[place])


def pool_duty(network: Network, pool: int) -> Duty:
    """When anybody of a pool is on duty."""
    return _known(network, pool)[1]


def window_workdays(network: Network, start: float, end: float) -> float:
    """Workdays between two instants; the first and the last count by the share of their working minutes inside."""
    calendar = network.scenario.calendar
    if calendar.always:
        return (end - start) / DAY
    table = network.day_table
    first, last = int(start // DAY), int(end // DAY)
    whole = int(table.workdays_before[min(last, table.days)] - table.workdays_before[min(first, table.days)])

    def before(instant: float, day: int) -> float:
        """The share of the day's working minutes that is over at ``instant``."""
        if day >= table.days or table.weekday[day] < 0:
            return 0.0
        spans = table.hours(calendar.week, day)
        minute = instant - day * DAY
        over = sum(max(0.0, min(minute, closing) - opening) for opening, closing in spans)
        return float(over / sum(closing - opening for opening, closing in spans))

    return whole - before(start, first) + before(end, last)


_duties: WeakKeyDictionary[Network, dict[int, tuple[tuple[Duty, ...], Duty]]] = WeakKeyDictionary()


def _known(network: Network, pool: int) -> tuple[tuple[Duty, ...], Duty]:
    known = _duties.setdefault(network, {})
    if pool not in known:
        shifts = tuple(_duty(officers, opens, closes) for officers, opens, closes in network.duty(pool))
        staffed = [shift for shift in shifts if shift.officers] or list(shifts)
        known[pool] = (shifts, staffed[0] if len(staffed) == 1 else _union(staffed))
    return known[pool]


def _duty(officers: int, opens: Floats, closes: Floats) -> Duty:
    always = len(closes) == 1 and bool(np.isinf(closes[0]))
    edges = np.column_stack((opens, closes)).ravel()
    before = np.concatenate(([0.0], np.cumsum(closes - opens)))
    minutes = np.column_stack((before[:-1], before[1:])).ravel()
    if not len(edges):
        edges, minutes = np.zeros(1), np.zeros(1)
    return Duty(officers, opens, closes, edges, minutes, always)


def _union(shifts: list[Duty]) -> Duty:
    """The instants covered by any of the shifts."""
    if any(shift.always for shift in shifts):
        return next(shift for shift in shifts if shift.always)
    opens = np.concatenate([shift.open for shift in shifts])
    closes = np.concatenate([shift.close for shift in shifts])
    order = np.argsort(opens, kind="stable")
    opens, closes = opens[order], np.maximum.accumulate(closes[order])
    begins = np.append(True, opens[1:] > closes[:-1])
    ends = np.append(begins[1:], True)
    return _duty(1, opens[begins], closes[ends])
