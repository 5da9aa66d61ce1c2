"""Compiled passes over an event table: one over its cases, one over its tasks, and order statistics without a sort.

Each adds to totals that it is given, so that a run may be measured in one piece or slice by slice. Sums are taken over
stretches of rows, one after the other, so that the rounding error of a long run does not grow with its length.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"
from __future__ import annotations

import numpy as np

from simgov.calendars import PAST_DAYS
from simgov.engines.arithmetic import compiled, day_number, inlined
from simgov.engines.events import CASE_FINISHED, CASE_OPEN, RETURNED

DECIDED_OR_OPEN, IN_TIME, NOT_YET_DUE = range(3)
"""Columns of ``promises``."""

BEFORE_ACCEPTANCE, AFTER_ACCEPTANCE = range(2)
"""Columns of ``sent_back``."""

ON_DUTY, BEYOND = range(2)
"""Columns of ``worked``: minutes of work on duty and beyond it."""

_FINISHED, _OPEN, _RETURNED, _PAST_DAYS = CASE_FINISHED, CASE_OPEN, RETURNED, PAST_DAYS


@compiled
def count_measured(measured, service, counts):
    """How many measured cases each service has."""
    for i in range(len(measured)):
        if measured[i]:
            counts[service[i]] += 1


@inlined
def _workdays_until(instant, before, past):
    """``calendars.workdays_until`` of one instant."""
    after = day_number(instant) + 1
    if after >= 0:
        return np.int64(before[after])
    return np.int64(past[max(after + _PAST_DAYS, 0)])


@compiled
def tally_cases(asked_time, asked_days, asked_door, measured, service, outcome, applied, accepted, decided, left, due,
                stopped_days, start, end, stopped_at, before, past, ends, promises, decided_inside, until, collected,
                time, days, door, open_until, open_collected):
    """Count how cases ended, and write the values behind their times; True where some door-to-door time differs from
    the time to decision.

    ``until`` and ``collected`` int64[S] are where the next value of each service goes; the first serves ``time`` and
    ``days``, whose open cases are marked in ``open_until``, the second ``door`` and ``open_collected`` (both marks are
    empty where no case is open). ``start`` and ``end`` are the measuring window.
    """
    marks = len(open_until) > 0
    differs = False
    for i in range(len(measured)):
        decision = decided[i]
        of = service[i]
        if start <= decision < end:
            decided_inside[of] += 1
        if not measured[i]:
            continue
        ended = outcome[i]
        ends[of, ended] += 1
        is_open = ended == _OPEN
        undecided = np.isnan(decision)
        kept = is_open or not undecided
        if kept:
            promises[of, DECIDED_OR_OPEN] += 1
            if decision <= due[i]:
                promises[of, IN_TIME] += 1
            if undecided and not due[i] < stopped_at:
                promises[of, NOT_YET_DUE] += 1
            place = until[of]
            until[of] = place + 1
            if asked_time:
                time[place] = (stopped_at if undecided else decision) - applied[i]
            if asked_days:
                last = stopped_at if undecided else decision
                first = stopped_at if np.isnan(accepted[i]) else accepted[i]
                counted = _workdays_until(last, before, past) - _workdays_until(min(first, last), before, past)
                days[place] = np.float64(counted - stopped_days[i])
            if marks:
                open_until[place] = undecided
        if asked_door:
            leaving = left[i]
            if is_open or (ended == _FINISHED and not np.isnan(leaving)):
                uncollected = np.isnan(leaving)
                place = collected[of]
                collected[of] = place + 1
                door[place] = (stopped_at if uncollected else leaving) - applied[i]
                if marks:
                    open_collected[place] = uncollected
                differs = differs or leaving != decision
            else:
                differs = differs or kept
    return differs


@compiled
def count_tasks(step, counts):
    """How many tasks each step has."""
    for i in range(len(step)):
        counts[step[i]] += 1


@inlined
def _duty_upto(of, instant, always, first, opens, closes, minutes, day_first):
    """Minutes of duty before an instant: ``Duty.upto``."""
    if always[of]:
        return instant
    last_day = day_first.shape[1] - 1
    i = np.int64(day_first[of, max(min(day_number(instant), last_day), 0)])
    last = first[of + 1]
    while i < last and closes[i] <= instant:
        i += 1
    return minutes[of + i] + (max(instant - opens[i], 0.0) if i < last else 0.0)


@inlined
def _duty_holds(of, instant, always, first, opens, closes, day_first):
    """Whether an instant lies in duty: ``Duty.holds``."""
    if always[of]:
        return True
    last_day = day_first.shape[1] - 1
    i = np.int64(day_first[of, max(min(day_number(instant), last_day), 0)])
    last = first[of + 1]
    while i < last and closes[i] <= instant:
        i += 1
    return i < last and opens[i] <= instant


@compiled
def tally_people(asked_waits, asked_visits, case, step, outcome, ready, start, finish, measured, case_service, accepted,
                 stopped_at, in_person, begun, sent_back, visits, seen, place, waits, still_waiting):
    """Count what measured cases went through and write their waits in person.

    ``seen`` holds the last day on which each case was seen in person. Returns (whether somebody still waits, whether
    days came out of order, so that ``visits`` must be counted otherwise).
    """
    some_wait = disorder = False
    for i in range(len(case)):
        of_case = case[i]
        if not measured[of_case]:
            continue
        j = step[i]
        unserved = np.isnan(start[i])
        if not unserved:
            begun[j] += 1
        if outcome[i] == _RETURNED:
            late = finish[i] >= accepted[of_case]
            sent_back[case_service[of_case], AFTER_ACCEPTANCE if late else BEFORE_ACCEPTANCE] += 1
        if not in_person[j]:
            continue
        of = case_service[of_case]
        if asked_waits:
            until = start[i]
            if unserved:
                until = finish[i]
                if np.isnan(until):
                    until = stopped_at
                    still_waiting[place[of]] = True
                    some_wait = True
            waits[place[of]] = until - ready[i]
            place[of] += 1
        if asked_visits:
            day = day_number(ready[i])
            disorder = disorder or day < seen[of_case]
            if day > seen[of_case]:
                seen[of_case] = day
                visits[of] += 1
            if start[i] >= (day + 1) * 1440.0:  # the applicant came once more
                day = day_number(start[i])
                disorder = disorder or day < seen[of_case]
                if day > seen[of_case]:
                    seen[of_case] = day
                    visits[of] += 1
    return some_wait, disorder


@compiled
def tally_pools(from_row, to_row, asked_work, asked_queue, pool, server, ready, start, finish, window_start, window_end,
                pauses, first_server, server_group, always, first, opens, closes, minutes, day_first, worked, queued):
    """Add up the work at each group of officers, and the waiting at each pool while somebody is on duty, in these rows.

    Duty lists 0 to G - 1 are the groups', G + p is that of pool p. Measured or not, every task counts that was there
    in the window.
    """
    groups = len(worked)
    for i in range(from_row, to_row):
        of = pool[i]
        if of < 0 or not ready[i] < window_end or finish[i] <= window_start:
            continue
        begin = start[i]
        if asked_queue:
            leaves = min(finish[i] if np.isnan(begin) else begin, window_end)
            if np.isnan(leaves):  # still waiting when the run stopped
                leaves = window_end
            joins = max(ready[i], window_start)
            if leaves > joins:
                queued[of] += _duty_upto(
                    groups + of, leaves, always, first, opens, closes, minutes, day_first
                ) - _duty_upto(groups + of, joins, always, first, opens, closes, minutes, day_first)
        if asked_work and not np.isnan(begin):
            ends = finish[i] if finish[i] < window_end else window_end  # so too what is under way: nan is not less
            begins = max(begin, window_start)
            if ends > begins:
                group = server_group[first_server[of] + server[i]]
                on_duty = _duty_upto(group, ends, always, first, opens, closes, minutes, day_first) - _duty_upto(
                    group, begins, always, first, opens, closes, minutes, day_first
                )
                worked[group, ON_DUTY] += on_duty
                # What is begun on duty pauses at closing; what is begun later is served to the end.
                if not always[group] and not (
                    pauses[of] and _duty_holds(group, begin, always, first, opens, closes, day_first)
                ):
                    worked[group, BEYOND] += (ends - begins) - on_duty


# Order statistics -----------------------------------------------------------------------------------------------------

BINS = 1 << 16
_HALF, _LOWER_63_BITS = BINS >> 1, np.int64(0x7FFF_FFFF_FFFF_FFFF)


@inlined
def _bin(bits):
    """The bin of a float64 given as int64: its upper 16 bits, in the order of the values (16 bins an octave)."""
    return ((bits ^ ((bits >> 63) & _LOWER_63_BITS)) >> 48) + _HALF


@compiled
def order_statistics(values, bits, ranks, counts, some, found):
    """Write into ``found`` the values of these ``ranks`` (from 0, ascending) among ``values``.

    A histogram over the upper bits tells the bin of each rank; only the values of that bin are then ordered, by
    narrowing on the rest of their bits. ``counts`` int64[BINS] must be 0 and is left so; ``some`` has room for every
    value.
    """
    low, high = np.int64(BINS), np.int64(-1)
    for i in range(len(bits)):
        k = _bin(bits[i])
        counts[k] += 1
        low, high = min(low, k), max(high, k)
    passed, k = np.int64(0), low
    for r in range(len(ranks)):
        while passed + counts[k] <= ranks[r]:
            passed += counts[k]
            k += 1
        least, most, size = np.inf, -np.inf, 0
        for i in range(len(bits)):
            if _bin(bits[i]) == k:
                some[size] = values[i]
                size += 1
        for i in range(size):
            least, most = min(least, some[i]), max(most, some[i])
        found[r] = least if least == most else _select(some, size, ranks[r] - passed)
    for k in range(low, high + 1):
        counts[k] = 0


@compiled
def _select(values, size, rank):
    """The value of this rank (from 0) among the first ``size``: Hoare's selection, with a median of three as pivot."""
    first, last = 0, size - 1
    while first < last:
        middle = (first + last) >> 1
        a, b, c = values[first], values[middle], values[last]
        pivot = max(min(a, b), min(max(a, b), c))
        i, j = first, last
        while i <= j:
            while values[i] < pivot:
                i += 1
            while values[j] > pivot:
                j -= 1
            if i <= j:
                values[i], values[j] = values[j], values[i]
                i += 1
                j -= 1
        if rank <= j:
            last = j
        elif rank >= i:
            first = i
        else:
            break
    return values[rank]
