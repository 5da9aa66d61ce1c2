"""Calendar arithmetic in compiled code, shared by both engines so that no bit can differ.

Additions, subtractions, multiplications, divisions, comparisons and tables only.
"""

# mypy: disable-error-code="no-any-return,return-value,assignment,call-overload,untyped-decorator"
from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numba import njit

from simgov.arrays import Floats, Integers

_OPTIONS: dict[str, Any] = {"cache": True, "nogil": True, "error_model": "numpy", "_nrt": False}
# Without numba's reference counting, which would cost more than the events themselves; so this code makes no arrays.

compiled: Callable[..., Any] = njit(**_OPTIONS)
"""How engine code is compiled. After a change here remove ``__pycache__``: numba compares the caller's file only."""

inner: Callable[..., Any] = njit(no_cpython_wrapper=True, no_cfunc_wrapper=True, **_OPTIONS)
"""The same for what only compiled code calls: without the door for Python, most of what a short function costs."""

inlined: Callable[..., Any] = njit(forceinline=True, **_OPTIONS)
"""The same for what every event goes through: a call would copy dozens of array fields."""


@inlined
def day_number(instant: float) -> int:
    """The day of an instant from 0 on; exactly ``instant // 1440``, which compiled code does six times slower."""
    day = np.int64(instant / 1440.0)
    if day * 1440.0 > instant:
        day -= 1
    elif (day + 1) * 1440.0 <= instant:
        day += 1
    return day


@compiled
def first_closing_after(calendar: int, instant: float, first: Integers, close: Floats, day_first: Integers) -> int:
    """The first interval of a calendar that closes after ``instant``; the end of its list where there is none."""
    days = day_first.shape[1] - 1
    if instant >= days * 1440.0:
        return np.int64(first[calendar + 1])
    day = day_number(max(instant, 0.0))
    i = np.int64(day_first[calendar, day])
    end = np.int64(first[calendar + 1])
    while i < end and close[i] <= instant:
        i += 1
    return i


@compiled
def next_open(
    calendar: int, instant: float, first: Integers, open_: Floats, close: Floats, day_first: Integers
) -> float:
    """``instant`` itself where the calendar is open then, otherwise its next opening; inf where there is none."""
    i = first_closing_after(calendar, instant, first, close, day_first)
    if i >= first[calendar + 1]:
        return np.inf
    return max(instant, open_[i])


@compiled
def advance(
    calendar: int, instant: float, minutes: float, first: Integers, open_: Floats, close: Floats, day_first: Integers
) -> float:
    """The instant at which ``minutes`` of working time have passed since ``instant``; inf beyond the last interval."""
    if minutes <= 0.0:
        return instant
    i = first_closing_after(calendar, instant, first, close, day_first)
    end = first[calendar + 1]
    left = minutes
    while i < end:
        begin = max(instant, open_[i])
        available = close[i] - begin
        if left <= available:
            return begin + left
        left -= available
        i += 1
    return np.inf


@compiled
def workday_closing(
    instant: float,
    workdays: int,
    workdays_before: Integers,
    past_before: Integers,
    workday_close: Floats,
    past_workdays: int,
) -> float:
    """When the calendar closes on the n-th workday after the day of ``instant``; inf beyond the table.

    The arrays are those of ``calendars.DayTable``; the instant may lie before the first day.
    """
    day = day_number(min(instant, 1440.0 * len(workdays_before)))
    if day >= 0:
        passed = np.int64(workdays_before[min(day + 1, len(workdays_before) - 1)])
    else:
        passed = np.int64(past_before[max(day + len(past_before), 0)])
    nth = passed + workdays - 1 + past_workdays
    if nth >= len(workday_close):
        return np.inf
    return workday_close[max(nth, 0)]


@compiled
def workdays_upto(instant: float, workdays_before: Integers) -> int:
    """Workdays among the days up to and with the one of ``instant``."""
    if instant < 0.0:
        return np.int64(0)
    day = day_number(min(instant, 1440.0 * len(workdays_before)))
    return np.int64(workdays_before[min(day + 1, len(workdays_before) - 1)])
