"""What queueing theory expects of a pool whose number on duty is decided row by row.

Each *covering* (so many on duty in each row) is numbered as it is met; what is expected of it is kept by its number.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.calendars import Week
from simgov.optimize import queueing
from simgov.optimize.traffic import SLOT

SMALLEST_LOAD = 0.25


class Coverings:
    """The coverings of one pool met so far. ``weeks`` are the hours of its rows."""

    def __init__(self, weeks: Sequence[Week]) -> None:
        self._open = np.array([_slots(week) for week in weeks])
        self._minutes = self._open.sum(axis=(1, 2)) * SLOT
        self._numbers: dict[tuple[int, ...], int] = {}
        self._rows = np.empty((0, len(weeks)), np.int64)
        self._waits: queueing.DayWaits | None = None

    def numbers(self, coverings: Integers) -> Integers:
        """The number of each row of ``coverings``."""
        keys = [tuple(row) for row in coverings.tolist()]
        fresh = [key for key in dict.fromkeys(keys) if key not in self._numbers]
        for key in fresh:
            self._numbers[key] = len(self._numbers)
        if fresh:
            self._rows = np.vstack((self._rows, np.array(fresh, np.int64)))
        return np.array([self._numbers[key] for key in keys], np.int64)

    def mean_servers(self) -> Floats:
        """For each covering, officers on duty on average over the hours of all rows."""
        return np.asarray(self._rows @ self._minutes / max(self._minutes.sum(), 1.0))

    def spare(self, coverings: Integers, rates: Floats, work: float) -> Floats:
        """For each covering and row, servers beyond the load of arrivals ``rates`` (float64[7, slots], per minute)."""
        slots = np.maximum(self._open.sum(axis=(1, 2)), 1)
        load = (self._open * rates).sum(axis=(1, 2)) / slots * work
        return np.asarray((coverings - load) / np.sqrt(np.maximum(load, SMALLEST_LOAD)))

    def waits(self, rates: Floats, expected: Callable[[Floats, Floats], queueing.DayWaits]) -> queueing.DayWaits:
        """The waits of every covering met, by number: ``expected`` tells them for rates and servers day by day."""
        done = 0 if self._waits is None else len(self._waits.mean)
        if done < len(self._rows) or self._waits is None:
            days = self._days(rates)
            servers = np.einsum("cr,rds->cds", self._rows[done:].astype(float), self._open[:, days])
            fresh = expected(rates[days], servers)
            self._waits = fresh if self._waits is None else _joined(self._waits, fresh)
        return self._waits

    def _days(self, rates: Floats) -> list[int]:
        """The days that are worked; one of them where all are alike."""
        worked = [day for day in range(7) if rates[day].any() and self._open[:, day].any()]
        first = worked[0] if worked else 0
        alike = all(
            np.array_equal(rates[day], rates[first]) and np.array_equal(self._open[:, day], self._open[:, first])
            for day in worked
        )
        return [first] if alike else worked


def _slots(week: Week) -> Floats:
    """The share of each slot of the week that hours cover, float64[7, slots of ``SLOT`` minutes]."""
    minutes = np.zeros((7, 1440))
    for day, spans in enumerate(week):
        for start, end in spans:
            minutes[day, start:end] = 1.0
    return np.asarray(minutes.reshape(7, -1, SLOT).mean(axis=2))


def _joined(first: queueing.DayWaits, second: queueing.DayWaits) -> queueing.DayWaits:
    return queueing.DayWaits(
        np.concatenate((first.mean, second.mean)),
        np.concatenate((first.square, second.square)),
        np.vstack((first.above, second.above)),
    )
