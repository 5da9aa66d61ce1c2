"""Compiled passes over an event table: one over its cases, one over its tasks, and order statistics without a sort.

Each adds to totals that it is given, so that a run may be measured in one piece or slice by slice. Sums are taken over
stretches of rows, one after the other, so that the rounding error of a long run does not grow with its length.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator"
from __future__ import annotations

import numpy as np

from simgov.calendars import PAST_DAYS
from simgov.engines.arithmetic import compiled, inlined
from simgov.engines.events import BALKED, CASE_BALKED, CASE_FINISHED, CASE_OPEN, CASE_RENEGED, RENEGED, RETURNED, WASTED

DECIDED_OR_OPEN, IN_TIME, NOT_YET_DUE = range(3)
"""Columns of ``promises``."""

BEFORE_ACCEPTANCE, AFTER_ACCEPTANCE = range(2)
"""Columns of ``sent_back``."""

ON_DUTY, BEYOND = range(2)
"""Columns of ``worked``: minutes of work on duty and beyond it."""

WASTED_MINUTES, CAME_BACK, GATE_WAITS, GATE_MINUTES, STILL_AT_GATE, LEFT_AT_GATE, HELD_MINUTES, RULES = range(8)
"""Columns of ``rules`` and how many there are: what came of cases that end early, come back or wait before a step."""

ROWS_A_STRETCH = 4096
"""Floating-point sums are taken over so many rows before they are added to the total."""

_RENEGED, _BALKED, _WASTED, _CASE_RENEGED, _CASE_BALKED = RENEGED, BALKED, WASTED, CASE_RENEGED, CASE_BALKED
_FINISHED, _OPEN, _RETURNED, _PAST_DAYS = CASE_FINISHED, CASE_OPEN, RETURNED, PAST_DAYS


@compiled
def count_measured(measured, service, counts):
    """How many measured cases each service has."""
    for i in range(len(measured)):
        if measured[i]:
            counts[service[i]] += 1


@inlined
def _day(instant):
    """``day_number`` by a product, which is quicker than a quotient; the same day for every instant."""
    day = np.int64(instant * (1.0 / 1440.0))
    if day * 1440.0 > instant:
        day -= 1
    elif (day + 1) * 1440.0 <= instant:
        day += 1
    return day


@inlined
def _came(ready, start, case, seen, place, visits):
    """Count at ``place`` the days on which the applicant of ``case`` came, if they are later than those ``seen``.

    Whether one of them was before a day seen already: then the days were not counted in order.
    """
    day = _day(ready)
    disorder = day < seen[case]
    if day > seen[case]:
        seen[case] = day
        visits[place] += 1
    if start >= (day + 1) * 1440.0:  # the applicant came once more
        day = _day(start)
        disorder = disorder or day < seen[case]
        if day > seen[case]:
            seen[case] = day
            visits[place] += 1
    return disorder


@inlined
def _workdays_upto_day(day, before, past):
    """Workdays up to and with a day: ``calendars.workdays_until`` of an instant on it."""
    if day >= -1:
        return np.int64(before[day + 1])
    return np.int64(past[max(day + 1 + _PAST_DAYS, 0)])


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
    first_day = last_day = np.int64(0)  # most cases are accepted, and decided, on the same day as the one before
    first_count = last_count = _workdays_upto_day(0, before, past)
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
                if not last_day * 1440.0 <= last < (last_day + 1) * 1440.0:
                    last_day = _day(last)
                    last_count = _workdays_upto_day(last_day, before, past)
                first = min(first, last)
                if not first_day * 1440.0 <= first < (first_day + 1) * 1440.0:
                    first_day = _day(first)
                    first_count = _workdays_upto_day(first_day, before, past)
                days[place] = np.float64(last_count - first_count - stopped_days[i])
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
def _duty_interval(of, instant, first, closes, day_first):
    """The first interval of a duty list that closes after an instant; the end of the list where there is none."""
    last_day = day_first.shape[1] - 1
    i = np.int64(day_first[of, max(min(_day(instant), last_day), 0)])
    last = first[of + 1]
    while i < last and closes[i] <= instant:
        i += 1
    return i


@inlined
def _duty_between(of, begin, end, first, opens, closes, minutes, day_first):
    """Minutes of duty between two instants, mostly of one stretch of duty: ``Duty.upto`` of both, apart."""
    last = first[of + 1]
    i = _duty_interval(of, begin, first, closes, day_first)
    if i < last and opens[i] <= begin and end <= closes[i]:
        return end - begin
    j = i
    while j < last and closes[j] <= end:
        j += 1
    before = minutes[of + i] + (max(begin - opens[i], 0.0) if i < last else 0.0)
    return minutes[of + j] + (max(end - opens[j], 0.0) if j < last else 0.0) - before


@inlined
def _duty_holds(of, instant, first, opens, closes, day_first):
    """Whether an instant lies in duty: ``Duty.holds`` where there is a closing."""
    i = _duty_interval(of, instant, first, closes, day_first)
    return i < first[of + 1] and opens[i] <= instant


@compiled
def tally_people(asked_waits, asked_visits, case, step, pool, outcome, ready, start, finish, measured, case_service,
                 accepted, stopped_at, in_person, begun, sent_back, visits, seen, place, waits, still_waiting):
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
        if not in_person[j] or pool[i] < 0:
            continue
        of = case_service[of_case]
        if asked_waits and outcome[i] != _BALKED:
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
            disorder |= _came(ready[i], start[i], of_case, seen, of, visits)
    return some_wait, disorder


@compiled
def follow_applicants(case, step, pool, outcome, ready, start, finish, work, measured, stopped_at, in_person, documents,
                      step_bit, step_route, route, waits, waited, served, visits, seen, handed_in, again, given,
                      sent_back, begun):
    """Of each measured case: its route, how often and how long it waited in person and was served, on how many days it
    came, the documents handed in and those of them handed in again, whether it was sent back and whether work on it
    began.

    From ``route`` on all are by case; ``seen`` holds the last day on which it came in person, ``given`` the bits of the
    steps at which it has handed in its documents. True where days came out of order, so that ``visits`` must be counted
    otherwise.
    """
    disorder = False
    for i in range(len(case)):
        of_case = case[i]
        if not measured[of_case]:
            continue
        j = step[i]
        route[of_case] = step_route[j]
        unserved = np.isnan(start[i])
        if not unserved:
            begun[of_case] = True
            handed_in[of_case] += documents[j]
            if given[of_case] & step_bit[j]:
                again[of_case] += documents[j]
            given[of_case] |= step_bit[j]
        sent_back[of_case] |= outcome[i] == _RETURNED
        if not in_person[j] or pool[i] < 0:
            continue
        until = finish[i] if unserved else start[i]
        if outcome[i] != _BALKED:
            waits[of_case] += 1
            waited[of_case] += (stopped_at if np.isnan(until) else until) - ready[i]
        if not unserved:
            served[of_case] += stopped_at - start[i] if np.isnan(finish[i]) else work[i]
        disorder |= _came(ready[i], start[i], of_case, seen, of_case, visits)
    return disorder


@compiled
def tally_rules(case, step, pool, outcome, ready, start, finish, work, measured, case_service, case_outcome, left,
                window_end, stopped_at, gated, rules):
    """Add up wasted work, returns of people who left unserved, and waits before steps.

    A row without pool and without start waited before its step, at its gate (``gated`` steps) or to be taken in hand.
    """
    for i in range(len(case)):
        of_case = case[i]
        of = case_service[of_case]
        waited_before = pool[i] < 0 and np.isnan(start[i])
        if waited_before and gated[step[i]] and ready[i] < window_end and not finish[i] < window_end:
            rules[of, LEFT_AT_GATE] += 1.0
        if not measured[of_case]:
            continue
        if outcome[i] == _WASTED and pool[i] >= 0:
            rules[of, WASTED_MINUTES] += work[i]
        if outcome[i] == _RENEGED or outcome[i] == _BALKED:
            ended = case_outcome[of_case] == _CASE_RENEGED or case_outcome[of_case] == _CASE_BALKED
            if not (ended and finish[i] == left[of_case]):
                rules[of, CAME_BACK] += 1.0
        if waited_before:
            still = np.isnan(finish[i])
            minutes = (stopped_at if still else finish[i]) - ready[i]
            if gated[step[i]]:
                rules[of, GATE_WAITS] += 1.0
                rules[of, GATE_MINUTES] += minutes
                rules[of, STILL_AT_GATE] += still
            else:
                rules[of, HELD_MINUTES] += minutes


@compiled
def tally_pools(asked_work, asked_queue, pool, server, ready, start, finish, window_start, window_end, pauses,
                stopped, first_server, server_group, always, first, opens, closes, minutes, day_first, worked, queued,
                stretch_worked, stretch_queued):
    """Add up the work at each group of officers, and the waiting at each pool while somebody is on duty.

    Duty lists 0 to G - 1 are the groups', G + p is that of pool p, G + P + p tells when the work of a pool goes on that
    outages stop. Measured or not, every task counts that was there
    in the window.
    """
    for begin_row in range(0, len(pool), ROWS_A_STRETCH):
        for k in range(len(worked)):
            stretch_worked[k, ON_DUTY] = stretch_worked[k, BEYOND] = 0.0
        for k in range(len(queued)):
            stretch_queued[k] = 0.0
        _tally_stretch(begin_row, min(begin_row + ROWS_A_STRETCH, len(pool)), asked_work, asked_queue, pool, server,
                       ready, start, finish, window_start, window_end, pauses, stopped, first_server, server_group,
                       always, first, opens, closes, minutes, day_first, stretch_worked, stretch_queued)
        for k in range(len(worked)):
            worked[k, ON_DUTY] += stretch_worked[k, ON_DUTY]
            worked[k, BEYOND] += stretch_worked[k, BEYOND]
        for k in range(len(queued)):
            queued[k] += stretch_queued[k]


@inlined
def _tally_stretch(begin_row, end_row, asked_work, asked_queue, pool, server, ready, start, finish, window_start,
                   window_end, pauses, stopped, first_server, server_group, always, first, opens, closes, minutes,
                   day_first, worked, queued):
    groups = len(worked)
    for i in range(begin_row, end_row):
        of = pool[i]
        if of < 0 or not ready[i] < window_end or finish[i] <= window_start:
            continue
        begin = start[i]
        if asked_queue:
            leaves = finish[i] if np.isnan(begin) else begin
            leaves = leaves if leaves < window_end else window_end  # so too who waits when the run stops: nan
            joins = max(ready[i], window_start)
            if always[groups + of]:
                queued[of] += max(leaves - joins, 0.0)
            elif leaves > joins:
                queued[of] += _duty_between(groups + of, joins, leaves, first, opens, closes, minutes, day_first)
        if asked_work and not np.isnan(begin):
            ends = finish[i] if finish[i] < window_end else window_end
            begins = max(begin, window_start)
            group = server_group[first_server[of] + server[i]]
            if always[group]:
                worked[group, ON_DUTY] += max(ends - begins, 0.0)
            elif ends > begins:
                on_duty = _duty_between(group, begins, ends, first, opens, closes, minutes, day_first)
                worked[group, ON_DUTY] += on_duty
                # What is begun on duty pauses at closing; what is begun later is served to the end.
                if not (pauses[of] and _duty_holds(group, begin, first, opens, closes, day_first)):
                    took = ends - begins
                    if stopped[of]:
                        up = groups + len(queued) + of
                        took = _duty_between(up, begins, ends, first, opens, closes, minutes, day_first)
                    worked[group, BEYOND] += took - on_duty


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

    A histogram over the upper bits tells the bin of each rank; only the values of these bins are then looked at: set
    aside in a second pass, and ordered as far as needed. ``counts`` int64[BINS] must be 0 and is left so; ``some`` has
    room for every value.
    """
    low, high = np.int64(BINS), np.int64(-1)
    for i in range(len(bits)):
        k = _bin(bits[i])
        counts[k] += 1
        low, high = min(low, k), max(high, k)
    # From here on counts[k] is where the next value of a bin that is set aside goes; -1: not set aside.
    passed, taken, r = np.int64(0), np.int64(0), 0
    for k in range(low, high + 1):
        here = counts[k]
        counts[k] = -1
        if r < len(ranks) and ranks[r] < passed + here:
            while r < len(ranks) and ranks[r] < passed + here:
                found[r] = passed - taken  # what to take off a rank to find its place in ``some``
                r += 1
            counts[k] = taken
            taken += here
        passed += here
    for i in range(len(bits)):
        k = _bin(bits[i])
        place = counts[k]
        if place >= 0:
            some[place] = values[i]
            counts[k] = place + 1
    first, r = np.int64(0), 0
    for k in range(low, high + 1):
        end = counts[k]
        counts[k] = 0
        if end < 0:
            continue
        least, most = np.inf, -np.inf
        for i in range(first, end):
            least, most = min(least, some[i]), max(most, some[i])
        while r < len(ranks) and ranks[r] - np.int64(found[r]) < end:
            found[r] = least if least == most else _select(some, first, end, ranks[r] - np.int64(found[r]))
            r += 1
        first = end


@compiled
def _select(values, first, end, rank):
    """The value at place ``rank`` of ``values`` once ``first`` to ``end`` were in order (Hoare's selection)."""
    last = end - 1
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


@compiled
def gini_of_ordered(values):
    """The Gini coefficient of values in ascending order, of which there is at least one; 0 where all are 0."""
    count = len(values)
    total = weighted = 0.0
    for begin in range(0, count, ROWS_A_STRETCH):
        some = some_weighted = 0.0
        for i in range(begin, min(begin + ROWS_A_STRETCH, count)):
            some += values[i]
            some_weighted += (2.0 * i + 1.0 - count) * values[i]
        total += some
        weighted += some_weighted
    return weighted / (count * total) if total > 0.0 else 0.0


@compiled
def whole_range(values):
    """The least and the largest of values that are whole numbers."""
    least, most = values[0], values[0]
    for i in range(len(values)):
        least, most = min(least, values[i]), max(most, values[i])
    return least, most


@compiled
def count_whole(values, least, counts):
    """How often each whole number from ``least`` on stands among ``values``."""
    for i in range(len(values)):
        counts[np.int64(values[i] - least)] += 1


@compiled
def fold(values, bits, dropped, smallest, lowest, counts, sums):
    """Put values into the bins of a histogram over their upper bits; see ``sketch.Sketch``."""
    for i in range(len(values)):
        k = np.int64(0) if values[i] < smallest else 1 + (bits[i] >> dropped) - lowest
        counts[k] += 1
        sums[k] += values[i]
