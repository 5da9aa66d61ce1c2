"""On how many days applicants came, where a case is at several counters at once, so that its days come in any order."""

from __future__ import annotations

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.calendars import day_of
from simgov.duty import MINUTES_PER_DAY
from simgov.engines.events import EventTable

MOST_FLAGS = 1 << 26


def visit_days(events: EventTable, in_person: Booleans) -> Integers:
    """int64[N]: distinct days on which each measured applicant waited or was served, whatever the order of rows."""
    tasks = np.flatnonzero(in_person[events.step] & (events.pool >= 0) & events.measured[events.case])
    case, day = events.case[tasks], day_of(events.ready[tasks])
    overnight = events.start[tasks] >= (day + 1) * MINUTES_PER_DAY
    case = np.append(case, case[overnight])
    day = np.append(day, day_of(events.start[tasks[overnight]]))
    return distinct_days(case, day, len(events.applied))


def distinct_days(case: Integers, day: Integers, cases: int) -> Integers:
    """How many different days stand beside each case: int64[cases]."""
    if not len(day):
        return np.zeros(cases, np.int64)
    first, days = int(day.min()), int(day.max() - day.min()) + 1
    key = case * days + (day - first)
    if cases * days > MOST_FLAGS:
        return np.bincount(np.unique(key) // days, minlength=cases)
    flags = np.zeros(cases * days, np.bool_)
    flags[key] = True
    per_case: Integers = flags.reshape(cases, days).sum(axis=1)
    return per_case
