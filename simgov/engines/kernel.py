"""The compiled event loop: the semantics of ``reference.py``, on tables of numbers.

Written for numba and for the same bits as the reference: no exp, no pow, no fast math. ``reference.py`` is the text to
read for what happens; this file says only how it is laid out. Every table has named columns (``steps[j, POOL]``),
because compiled code passes a few plain arrays far more cheaply than many or nested ones. A pending event is a time and
a key that packs kind, case, step and visit, so that the least key is the next event of an instant. It is one file,
because numba does not see that a function in another file has changed. ``loop`` makes the event loop for the features
that a network has.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment,call-arg,untyped-decorator"
from __future__ import annotations

from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simgov.engines.arithmetic import advance, compiled, day_number, inlined, next_open, workdays_upto
from simgov.engines.features import Feature

FINISH, CHANGE, READY, EXPIRY = range(4)
"""Kinds of event, in the order in which they happen at one instant."""

COMPLETE, NEEDS_MORE, STOPPED, ROWS_FULL, HEAP_FULL = range(5)
"""Why the loop ended: done; arrivals ran out; the stop flag was set; a table is full, enlarge it and call again."""

# Columns of the tables made from a network (see compiled.py). One name a line; the last of each is their number.
(
    POOL,
    RANK,
    IN_PERSON,
    RULE,
    ACCEPTED_HERE,
    DECIDED_HERE,
    COLLECTED_HERE,
    SPECIAL_STEP,
    WORKING_TIME,
    FULL_MASK,
    EDGES,
    EDGES_END,
    RETURN_TO,
    RETURN_LIMIT,
    RETURN_WORKING_TIME,
    SECTION,
    SECTION_END,
    STEP_COLUMNS,
    *_,
) = range(99)
(
    SHARE,
    RETURN_SHARE,
    SHARE_COLUMNS,
    *_,
) = range(99)
EDGE_TO, EDGE_MASK = range(2)
CHOICE_LOW, CHOICE_HIGH = range(2)
(
    FIRST_STEP,
    END_STEP,
    MARKS_ACCEPTED,
    FIRST_SLOT,
    SERVICE_COLUMNS,
    *_,
) = range(99)
(
    PAUSES,
    HAS_DOORS,
    WAITS_OUTSIDE,
    FIRST_SERVER,
    WORD,
    WORD_END,
    SERVING_LATE,
    TOUCHED,
    POOL_COLUMNS,
    *_,
) = range(99)
(
    GROUP_POOL,
    GROUP_SERVER,
    GROUP_SERVER_END,
    GROUP_WORK,  # the calendar in which its work under way goes on
    GROUP_COLUMNS,
    *_,
) = range(99)
CHANGE_KIND, CHANGE_OF = range(2)

# Columns of the state.
(
    SERVICE,
    SLOT,
    BACKLOG_STEP,
    PLACE,  # of its first step in the table of progress
    OUTCOME,
    OPEN_TASKS,
    STOPS,
    STOPPED_DAYS,
    CASE_COLUMNS,
    *_,
) = range(99)
(
    APPLIED,
    ACCEPTED,
    DECIDED,
    LEFT,
    STOPPED_SINCE,
    CASE_TIMES,
    *_,
) = range(99)
(
    STATUS,
    VISITS,
    DELIVERED,
    ALIVE,
    RETURNED_TIMES,
    TASK,  # the row of its latest task
    CLOCK,
    PROGRESS_COLUMNS,
    *_,
) = range(99)
(
    ROW_CASE,
    ROW_STEP,
    ROW_VISIT,
    ROW_SERVER,
    ROW_OUTCOME,
    ROW_STATE,
    BEFORE,  # neighbours in the queue, by row
    BEHIND,
    ROW_COLUMNS,
    *_,
) = range(99)
(
    READY_AT,
    START_AT,
    FINISH_AT,
    WORK_DONE,
    ROW_TIMES,
    *_,
) = range(99)
HEAD, TAIL = range(2)
FREE, ON_DUTY, LATE = range(3)
EVENT_KEY, EVENT_ROW = range(2)
(
    ROW_COUNT,
    HEAP_SIZE,
    QUEUED_TASKS,
    NEXT_CHANGE,
    NEXT_ARRIVAL,
    MEASURED_OPEN,
    HELD_KEY,
    COUNTERS,
    *_,
) = range(99)

OFF, ON, CLOSING = range(3)
WAITING, ACTIVE, OVER = range(3)
QUEUED, HELD, GONE = range(3)
AWAY, SPECIAL = 1, 2
_SERVE, _LOST, _BACK = 0, 1, 2
_WORK, _SHARE, _CHOICE, _RETURN, _DELAY, _PATIENCE = range(6)
_VISIT_BITS, _STEP_BITS, _CASE_BITS = 12, 14, 34
_DONE, _RETURNED, _RENEGED, _SENT_HOME, _CANCELLED, _OPEN = range(6)
_CASE_FINISHED, _CASE_RENEGED, _CASE_OPEN = 0, 4, 9


@intrinsic
def _lowest_bit(typing_context, word):
    """The place of the lowest set bit of a 64-bit word that is not zero."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@inlined
def _key(kind, case, step, visit):
    return (
        (np.int64(kind) << (_VISIT_BITS + _STEP_BITS + _CASE_BITS))
        | (np.int64(case) << (_VISIT_BITS + _STEP_BITS))
        | (np.int64(step) << _VISIT_BITS)
        | np.int64(visit)
    )


@inlined
def _push(heap_time, heap, counters, time, key, row):
    """Add an event to the heap, four children to a parent; ``counters[HEAP_SIZE]`` events are pending."""
    i = counters[HEAP_SIZE]
    counters[HEAP_SIZE] = i + 1
    while i > 0:
        parent = (i - 1) >> 2
        above = heap_time[parent]
        if above < time or (above == time and heap[parent, EVENT_KEY] < key):
            break
        heap_time[i] = above
        heap[i, EVENT_KEY] = heap[parent, EVENT_KEY]
        heap[i, EVENT_ROW] = heap[parent, EVENT_ROW]
        i = parent
    heap_time[i] = time
    heap[i, EVENT_KEY] = key
    heap[i, EVENT_ROW] = row


@inlined
def _drop_top(heap_time, heap, counters):
    last = counters[HEAP_SIZE] - 1
    counters[HEAP_SIZE] = last
    time, key, row = heap_time[last], heap[last, EVENT_KEY], heap[last, EVENT_ROW]
    i = np.int64(0)
    while True:
        first = 4 * i + 1
        if first >= last:
            break
        child, least = first, heap_time[first]
        for other in range(first + 1, min(first + 4, last)):
            candidate = heap_time[other]
            if candidate < least or (candidate == least and heap[other, EVENT_KEY] < heap[child, EVENT_KEY]):
                child, least = other, candidate
        if time < least or (time == least and key < heap[child, EVENT_KEY]):
            break
        heap_time[i] = least
        heap[i, EVENT_KEY] = heap[child, EVENT_KEY]
        heap[i, EVENT_ROW] = heap[child, EVENT_ROW]
        i = child
    heap_time[i] = time
    heap[i, EVENT_KEY] = key
    heap[i, EVENT_ROW] = row


@inlined
def _draw(columns, draws, next_slot, services, cases, case, step, kind, visit):
    """The draw of one case at one visit to a step."""
    slot = cases[case, SLOT]
    if visit > 0:
        base = services[cases[case, SERVICE], FIRST_SLOT]
        for _ in range(visit):
            slot = next_slot[base + slot]
    return draws[columns[step, kind] + slot]


@compiled
def _count_stop(workdays, cases, case_times, case, now):
    since = case_times[case, STOPPED_SINCE]
    cases[case, STOPPED_DAYS] += workdays_upto(now, workdays) - workdays_upto(since, workdays)


@compiled
def _resume_clock(workdays, cases, case_times, case, now):
    """One reason less for the legal clock to stand still."""
    cases[case, STOPS] -= 1
    if cases[case, STOPS] == 0 and np.isnan(case_times[case, DECIDED]):
        _count_stop(workdays, cases, case_times, case, now)


@compiled
def _stop_clock(cases, case_times, progress, case, place, reason, now):
    """Stop the legal clock of an accepted, undecided case, and remember why at this step."""
    if np.isnan(case_times[case, ACCEPTED]) or not np.isnan(case_times[case, DECIDED]):
        return
    if cases[case, STOPS] == 0:
        case_times[case, STOPPED_SINCE] = now
    cases[case, STOPS] += 1
    progress[place, CLOCK] |= reason


@compiled
def _decide(workdays, cases, case_times, case, now):
    if np.isnan(case_times[case, ACCEPTED]):
        case_times[case, ACCEPTED] = now
    case_times[case, DECIDED] = now
    if cases[case, STOPS] > 0:
        _count_stop(workdays, cases, case_times, case, now)


@inlined
def _pass_milestones(steps, workdays, cases, case_times, case, step, now):
    if steps[step, ACCEPTED_HERE] and np.isnan(case_times[case, ACCEPTED]):
        case_times[case, ACCEPTED] = now
    if steps[step, DECIDED_HERE] and np.isnan(case_times[case, DECIDED]):
        _decide(workdays, cases, case_times, case, now)
    if steps[step, COLLECTED_HERE] and np.isnan(case_times[case, LEFT]):
        case_times[case, LEFT] = now


@inlined
def _announce(cases, progress, heap_time, heap, counters, case, step, place, when):
    """The next visit of a case to a step becomes ready at ``when``."""
    visit = progress[place, VISITS]
    progress[place, VISITS] = visit + 1
    progress[place, STATUS] = ACTIVE
    cases[case, OPEN_TASKS] += 1
    _push(heap_time, heap, counters, when, _key(READY, case, step, visit), -1)


@inlined
def _announce_now(cases, progress, heap_time, heap, counters, case, step, place, now):
    """The same at once: the event is held beside the heap, since mostly it is the next one; at most one is held."""
    if counters[HELD_KEY] != 0:
        _announce(cases, progress, heap_time, heap, counters, case, step, place, now)
        return
    visit = progress[place, VISITS]
    progress[place, VISITS] = visit + 1
    progress[place, STATUS] = ACTIVE
    cases[case, OPEN_TASKS] += 1
    counters[HELD_KEY] = _key(READY, case, step, visit)


@inlined
def _complete(steps, edges, choices, services, workdays, columns, draws, next_slot, cases, case_times, progress, stack,
              heap_time, heap, counters, choosing, case, step, now):
    """Pass a step's milestones and tell its successors; those that have heard from all before them become ready."""
    base = cases[case, PLACE] - services[cases[case, SERVICE], FIRST_STEP]
    stack[0] = step * 2 + 1
    depth = 1
    while depth > 0:
        depth -= 1
        j = stack[depth] >> 1
        alive = (stack[depth] & 1) == 1
        progress[base + j, STATUS] = OVER
        chosen = 0.0
        if alive:
            _pass_milestones(steps, workdays, cases, case_times, case, j, now)
            if choosing and columns[j, _CHOICE] >= 0:
                chosen = _draw(columns, draws, next_slot, services, cases, case, j, _CHOICE, 0)
        for edge in range(steps[j, EDGES], steps[j, EDGES_END]):
            w, mask = edges[edge, EDGE_TO], edges[edge, EDGE_MASK]
            place = base + w
            if progress[place, STATUS] != WAITING or (progress[place, DELIVERED] & mask) != 0:
                continue
            progress[place, DELIVERED] |= mask
            if alive and choices[edge, CHOICE_LOW] <= chosen < choices[edge, CHOICE_HIGH]:
                progress[place, ALIVE] |= mask
            if progress[place, DELIVERED] == steps[w, FULL_MASK]:
                if progress[place, ALIVE] == 0:
                    stack[depth] = w * 2
                    depth += 1
                    progress[place, STATUS] = OVER
                else:
                    _announce_now(cases, progress, heap_time, heap, counters, case, w, place, now)


@inlined
def _close_task(workdays, cases, case_times, case, now):
    """One task or delay of the case is over; True where it was its last, and the case is finished."""
    cases[case, OPEN_TASKS] -= 1
    if cases[case, OPEN_TASKS] > 0:
        return False
    cases[case, OUTCOME] = _CASE_FINISHED
    if np.isnan(case_times[case, DECIDED]):
        _decide(workdays, cases, case_times, case, now)
    if np.isnan(case_times[case, ACCEPTED]):
        case_times[case, ACCEPTED] = now
    if np.isnan(case_times[case, LEFT]):
        case_times[case, LEFT] = now
    return True


@compiled
def _send_back(steps, sections, services, cases, case_times, progress, heap_time, heap, counters, clocks, case, step,
               now, when):
    """Repeat the section from the step returned to, which becomes ready at ``when``."""
    base = cases[case, PLACE] - services[cases[case, SERVICE], FIRST_STEP]
    progress[base + step, RETURNED_TIMES] += 1
    progress[base + step, STATUS] = WAITING
    target = steps[step, RETURN_TO]
    repeated_already = progress[base + target, STATUS] == ACTIVE
    for i in range(steps[step, SECTION], steps[step, SECTION_END]):
        place = base + sections[i, EDGE_TO]
        if progress[place, STATUS] != ACTIVE:
            progress[place, STATUS] = WAITING
            progress[place, DELIVERED] &= ~sections[i, EDGE_MASK]
            progress[place, ALIVE] &= ~sections[i, EDGE_MASK]
    if not repeated_already:
        if clocks:
            _stop_clock(cases, case_times, progress, case, base + target, AWAY, now)
        _announce(cases, progress, heap_time, heap, counters, case, target, base + target, when)


@compiled
def _leave_unserved(steps, classes, queues, rows, row_times, row, outcome, now):
    """Take a waiting task out of its queue."""
    step = rows[row, ROW_STEP]
    queue = steps[step, POOL] * classes + steps[step, RANK]
    _unlink(queues, rows, queue, row)
    rows[row, ROW_STATE] = GONE
    rows[row, ROW_OUTCOME] = outcome
    row_times[row, FINISH_AT] = now


@inlined
def _unlink(queues, rows, queue, row):
    before, behind = rows[row, BEFORE], rows[row, BEHIND]
    if before >= 0:
        rows[before, BEHIND] = behind
    else:
        queues[queue, HEAD] = behind
    if behind >= 0:
        rows[behind, BEFORE] = before
    else:
        queues[queue, TAIL] = before


@compiled
def _end_case(steps, services, classes, queues, cases, case_times, progress, rows, row_times, case, now):
    """The applicant has left unserved: what still waits is cancelled, work under way will finish for nothing.

    Returns how many tasks were cancelled."""
    cases[case, OUTCOME] = _CASE_RENEGED
    case_times[case, LEFT] = now
    service, cancelled = cases[case, SERVICE], 0
    for i in range(services[service, END_STEP] - services[service, FIRST_STEP]):
        place = cases[case, PLACE] + i
        row = progress[place, TASK]
        if progress[place, STATUS] == ACTIVE and row >= 0 and rows[row, ROW_STATE] == QUEUED:
            _leave_unserved(steps, classes, queues, rows, row_times, row, _CANCELLED, now)
            cancelled += 1
    return cancelled


@compiled
def _begin_backlog(steps, edges, services, workdays, cases, case_times, progress, stack, heap_time, heap, counters,
                   case):
    """Put a backlog case where it waits: what does not follow its step is over, and has told those that do."""
    service = cases[case, SERVICE]
    first, end = services[service, FIRST_STEP], services[service, END_STEP]
    base = cases[case, PLACE] - first
    start = cases[case, BACKLOG_STEP]
    for j in range(first, end):
        progress[base + j, STATUS] = OVER
    progress[base + start, STATUS] = WAITING
    stack[0] = start
    depth = 1
    while depth > 0:
        depth -= 1
        j = stack[depth]
        for edge in range(steps[j, EDGES], steps[j, EDGES_END]):
            w = edges[edge, EDGE_TO]
            if progress[base + w, STATUS] == OVER:
                progress[base + w, STATUS] = WAITING
                stack[depth] = w
                depth += 1
    for j in range(first, end):
        if progress[base + j, STATUS] == OVER:
            _pass_milestones(steps, workdays, cases, case_times, case, j, case_times[case, APPLIED])
            progress[base + j, VISITS] = 1
            for edge in range(steps[j, EDGES], steps[j, EDGES_END]):
                place, mask = base + edges[edge, EDGE_TO], edges[edge, EDGE_MASK]
                progress[place, DELIVERED] |= mask
                progress[place, ALIVE] |= mask
    progress[base + start, DELIVERED] = steps[start, FULL_MASK]
    progress[base + start, ALIVE] = steps[start, FULL_MASK]
    _announce(cases, progress, heap_time, heap, counters, case, start, base + start, 0.0)


@compiled
def _joins(waits_outside, doors, cal_first, cal_open, cal_close, cal_day, now, applied):
    """When a person who is there at ``now`` joins the queue: now, or when the doors next open.

    Who has come to apply before the doors open that day may wait outside."""
    opens = next_open(doors, now, cal_first, cal_open, cal_close, cal_day)
    if opens > now and waits_outside and now == applied and opens < (day_number(now) + 1) * 1440.0:
        return now
    return opens


@inlined
def _free_officer(pools, officers, pool, kind, large_pools):
    """The lowest-numbered free officer of a pool among those on duty (or staying late); -1 for none."""
    first = pools[pool, WORD]
    for word in range(first, pools[pool, WORD_END] if large_pools else first + 1):
        available = officers[word, FREE] & officers[word, kind]
        if available != 0:
            return (word - first) * 64 + _lowest_bit(np.uint64(available))
    return np.int64(-1)


@inlined
def _first_in_queue(classes, queues, pool):
    for queue in range(pool * classes, (pool + 1) * classes):
        if queues[queue, HEAD] >= 0:
            return queues[queue, HEAD]
    return np.int64(-1)


@compiled
def _first_to_serve_late(steps, classes, queues, rows, row_times, pool, closed_at):
    """The first waiting task that was there at closing and is to be served that day."""
    for queue in range(pool * classes, (pool + 1) * classes):
        row = queues[queue, HEAD]
        while row >= 0:
            if steps[rows[row, ROW_STEP], RULE] == _SERVE and row_times[row, READY_AT] < closed_at:
                return row
            row = rows[row, BEHIND]
    return np.int64(-1)


@compiled
def _change_duty(pools, groups, officers, group, on_duty):
    pool = groups[group, GROUP_POOL]
    for server in range(groups[group, GROUP_SERVER], groups[group, GROUP_SERVER_END]):
        officer = server - pools[pool, FIRST_SERVER]
        word, bit = pools[pool, WORD] + (officer >> 6), np.int64(1) << np.int64(officer & 63)
        if on_duty:
            officers[word, ON_DUTY] |= bit
        else:
            officers[word, ON_DUTY] &= ~bit
    pools[pool, TOUCHED] = 1


@compiled
def _stay_late(pools, groups, officers, cal_first, cal_close, pool, now):
    """Those whose duty ends at this closing stay on for the people who still wait."""
    for word in range(pools[pool, WORD], pools[pool, WORD_END]):
        officers[word, LATE] = 0
    for group in range(len(groups)):
        if groups[group, GROUP_POOL] != pool or not _closes_at(cal_first, cal_close, group, now):
            continue
        for server in range(groups[group, GROUP_SERVER], groups[group, GROUP_SERVER_END]):
            officer = server - pools[pool, FIRST_SERVER]
            officers[pools[pool, WORD] + (officer >> 6), LATE] |= np.int64(1) << np.int64(officer & 63)
    pools[pool, SERVING_LATE] = 1
    pools[pool, TOUCHED] = 1


@compiled
def _closes_at(cal_first, cal_close, calendar, now):
    low, high = cal_first[calendar], cal_first[calendar + 1]
    while low < high:
        middle = (low + high) >> 1
        if cal_close[middle] < now:
            low = middle + 1
        else:
            high = middle
    return low < cal_first[calendar + 1] and cal_close[low] == now


@compiled
def _close_day(steps, services, pools, classes, queues, cases, case_times, progress, rows, row_times, heap_time, heap,
               counters, cal_first, cal_open, cal_close, cal_day, doors, pool, now, measured):
    """The pool closes for the day and sends people home.

    Returns how many tasks left its queues, how many measured cases ended, and whether anyone is to be served late."""
    left, ended, to_serve = 0, 0, False
    next_day = np.ceil(now / 1440.0) * 1440.0
    for queue in range(pool * classes, (pool + 1) * classes):
        row = queues[queue, HEAD]
        while row >= 0:
            behind = rows[row, BEHIND]
            case, step, visit = rows[row, ROW_CASE], rows[row, ROW_STEP], rows[row, ROW_VISIT]
            rule = steps[step, RULE]
            if rule == _SERVE:
                to_serve = True
            elif rule == _BACK:
                _leave_unserved(steps, classes, queues, rows, row_times, row, _SENT_HOME, now)
                left += 1
                joins = next_open(doors, next_day, cal_first, cal_open, cal_close, cal_day)
                _push(heap_time, heap, counters, joins, _key(READY, case, step, visit), -1)
            elif rule == _LOST:
                _leave_unserved(steps, classes, queues, rows, row_times, row, _SENT_HOME, now)
                left += 1 + _end_case(
                    steps, services, classes, queues, cases, case_times, progress, rows, row_times, case, now
                )
                ended += measured[case]
                behind = queues[queue, HEAD]
            row = behind
    return left, ended, to_serve


@compiled
def begin_cases(services, steps, edges, workdays, case_service, case_slot, backlog_step, applied, cases, case_times,
                progress, stack, heap_time, heap, counters):
    """Fill the tables of cases before the run, and put the backlog where it waits; ``heap`` has room for it."""
    total = 0
    for c in range(len(applied)):
        service = case_service[c]
        cases[c, SERVICE], cases[c, SLOT], cases[c, BACKLOG_STEP] = service, case_slot[c], backlog_step[c]
        cases[c, PLACE], cases[c, OUTCOME] = total, _CASE_OPEN
        case_times[c, APPLIED] = applied[c]
        if services[service, MARKS_ACCEPTED] == 0:
            case_times[c, ACCEPTED] = applied[c]
        for place in range(total, total + services[service, END_STEP] - services[service, FIRST_STEP]):
            progress[place, TASK] = -1
        total += services[service, END_STEP] - services[service, FIRST_STEP]
        if backlog_step[c] >= 0:
            _begin_backlog(
                steps, edges, services, workdays, cases, case_times, progress, stack, heap_time, heap, counters, c
            )
            counters[NEXT_ARRIVAL] = c + 1


@inlined
def _follow_line(steps, services, workdays, cases, case_times, progress, heap_time, heap, counters, case, step, place,
                 now):
    """The same where steps stand in one line: the next step becomes ready."""
    progress[place, STATUS] = OVER
    _pass_milestones(steps, workdays, cases, case_times, case, step, now)
    if step + 1 < services[cases[case, SERVICE], END_STEP]:
        _announce_now(cases, progress, heap_time, heap, counters, case, step + 1, place + 1, now)


@inlined
def _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now):
    """A new row of the event table."""
    row = counters[ROW_COUNT]
    counters[ROW_COUNT] = row + 1
    rows[row, ROW_CASE] = case
    rows[row, ROW_STEP] = step
    rows[row, ROW_VISIT] = visit
    rows[row, ROW_SERVER] = -1
    rows[row, ROW_OUTCOME] = _OPEN
    row_times[row, READY_AT] = now
    row_times[row, START_AT] = np.nan
    row_times[row, FINISH_AT] = np.nan
    row_times[row, WORK_DONE] = np.nan
    progress[place, TASK] = row
    return row


@inlined
def _join_queue(pools, queues, rows, counters, pool, queue, row):
    """A task joins a queue of its pool."""
    tail = queues[queue, TAIL]
    rows[row, ROW_STATE] = QUEUED
    rows[row, BEHIND] = -1
    rows[row, BEFORE] = tail
    if tail >= 0:
        rows[tail, BEHIND] = row
    else:
        queues[queue, HEAD] = row
    queues[queue, TAIL] = row
    pools[pool, TOUCHED] = 1
    counters[QUEUED_TASKS] += 1


@inlined
def _begin_work(rows, row_times, row, officer, work, now):
    """An officer (-1 outside every pool) begins with a task."""
    rows[row, ROW_STATE] = HELD
    rows[row, ROW_SERVER] = officer
    row_times[row, START_AT] = now
    row_times[row, WORK_DONE] = work


@inlined
def _set_busy(pools, officers, pool, officer):
    officers[pools[pool, WORD] + (officer >> 6), FREE] &= ~(np.int64(1) << np.int64(officer & 63))


@inlined
def _set_free(pools, officers, pool, officer):
    officers[pools[pool, WORD] + (officer >> 6), FREE] |= np.int64(1) << np.int64(officer & 63)
    pools[pool, TOUCHED] = 1


@cache
def loop(features):
    """The event loop for a set of ``Feature`` bits; what is not among them is not compiled.

    Its closure holds plain booleans, which numba takes as constants and by which it finds the loop in its cache on
    disk. Write ``if feature and ...:``, so that numba drops the branch before it compiles what stands in it.
    """
    routes = bool(features & Feature.ROUTES)
    choosing = bool(features & Feature.CHOICES)
    sharing = bool(features & Feature.SHARES)
    returning = bool(features & Feature.RETURNS)
    return_delays = bool(features & Feature.RETURN_DELAYS)
    clocks = bool(features & Feature.CLOCKS)
    outside = bool(features & Feature.OUTSIDE)
    working_time = bool(features & Feature.WORKING_TIME)
    patient = bool(features & Feature.PATIENCE)
    doors = bool(features & Feature.DOORS)
    closing = bool(features & Feature.CLOSING)
    pausing = bool(features & Feature.PAUSING)
    priorities = bool(features & Feature.PRIORITIES)
    large_pools = bool(features & Feature.LARGE_POOLS)

    @compiled
    def run(steps, shares, edges, choices, sections, services, pools, groups, server_group, change_time, changes,
            cal_first, cal_open, cal_close, cal_day, workdays, classes,
            case_service, applied, columns, draws, next_slot, horizon, measured, window_end, cap, stop,
            cases, case_times, progress, stack, officers, queues, closed_at, rows, row_times, heap_time, heap,
            counters, clock):
        """Run until the loop ends for one of the reasons above, and return which.

        The state is in the tables of the last two lines alone, ``clock[0]`` being the present instant, so that the
        loop goes on where it was when it is called again.
        """
        arrival_count, pool_count, change_count = len(applied), len(pools), len(change_time)
        main_calendar = len(groups)
        now = clock[0]
        events = 0
        while True:
            if counters[HEAP_SIZE] + counters[QUEUED_TASKS] + len(steps) + 8 > len(heap_time):
                return HEAP_FULL
            if counters[ROW_COUNT] == len(rows):
                return ROWS_FULL
            arrival, change = counters[NEXT_ARRIVAL], counters[NEXT_CHANGE]
            time_heap = heap_time[0] if counters[HEAP_SIZE] > 0 else np.inf
            time_arrival = applied[arrival] if arrival < arrival_count else np.inf
            time_change = change_time[change] if change < change_count else np.inf
            time = min(time_heap, time_arrival, time_change)
            held = counters[HELD_KEY]
            if held != 0:
                time = now

            # Dispatch: nothing more is pending at this instant, so officers take waiting tasks.
            if time > now:
                dispatched = False
                for pool in range(pool_count):
                    if pools[pool, TOUCHED] == 0:
                        continue
                    pools[pool, TOUCHED] = 0
                    dispatched = True
                    while True:
                        officer = _free_officer(pools, officers, pool, ON_DUTY, large_pools)
                        late = False
                        if closing and officer < 0 and pools[pool, SERVING_LATE] == 1:
                            late = True
                            officer = _free_officer(pools, officers, pool, LATE, large_pools)
                        if officer < 0:
                            break
                        if closing and late:
                            row = _first_to_serve_late(steps, classes, queues, rows, row_times, pool, closed_at[pool])
                        elif priorities:
                            row = _first_in_queue(classes, queues, pool)
                        else:
                            row = np.int64(queues[pool, HEAD])
                        if row < 0:
                            break
                        case, step, visit = rows[row, ROW_CASE], rows[row, ROW_STEP], rows[row, ROW_VISIT]
                        queue = pool * classes + steps[step, RANK] if priorities else pool
                        _unlink(queues, rows, queue, row)
                        counters[QUEUED_TASKS] -= 1
                        _set_busy(pools, officers, pool, officer)
                        work = _draw(columns, draws, next_slot, services, cases, case, step, _WORK, visit)
                        finish = now + work
                        if pausing and pools[pool, PAUSES] == 1 and not late:
                            group = server_group[pools[pool, FIRST_SERVER] + officer]
                            work_list = groups[group, GROUP_WORK]
                            finish = advance(work_list, now, work, cal_first, cal_open, cal_close, cal_day)
                        _begin_work(rows, row_times, row, officer, work, now)
                        _push(heap_time, heap, counters, finish, _key(FINISH, case, step, visit), row)
                    if (
                        closing
                        and pools[pool, SERVING_LATE] == 1
                        and _first_to_serve_late(steps, classes, queues, rows, row_times, pool, closed_at[pool]) < 0
                    ):
                        pools[pool, SERVING_LATE] = 0
                if dispatched:
                    continue
                if counters[MEASURED_OPEN] == 0 and time > window_end:
                    clock[0] = max(now, window_end)
                    return COMPLETE
                if time > horizon and horizon < cap:
                    return NEEDS_MORE
                if time > cap:
                    clock[0] = cap
                    return COMPLETE
                now = time
                clock[0] = now

            events += 1
            if events & 4095 == 0 and stop[0] != 0:
                return STOPPED
            key = heap[0, EVENT_KEY] if time_heap == now else np.int64(0x7FFFFFFFFFFFFFFF)
            if held != 0 and held < key:
                key = held

            # Capacity changes.
            if time_change == now and _key(CHANGE, 0, 0, 0) < key:
                kind, of = changes[change, CHANGE_KIND], changes[change, CHANGE_OF]
                counters[NEXT_CHANGE] = change + 1
                if kind != CLOSING:
                    _change_duty(pools, groups, officers, of, kind == ON)
                elif closing:
                    left, ended, to_serve = _close_day(
                        steps, services, pools, classes, queues, cases, case_times, progress, rows, row_times,
                        heap_time, heap, counters, cal_first, cal_open, cal_close, cal_day, main_calendar + 1 + of, of,
                        now, measured,
                    )
                    counters[QUEUED_TASKS] -= left
                    counters[MEASURED_OPEN] -= ended
                    if to_serve:
                        closed_at[of] = now
                        _stay_late(pools, groups, officers, cal_first, cal_close, of, now)
                continue

            # Arrivals.
            if time_arrival == now:
                service = case_service[arrival]
                first_step = services[service, FIRST_STEP]
                if _key(READY, arrival, first_step, 0) < key:
                    counters[NEXT_ARRIVAL] = arrival + 1
                    place = np.int64(cases[arrival, PLACE])
                    if routes:
                        for step in range(first_step, services[service, END_STEP]):
                            if steps[step, FULL_MASK] == 0:
                                _announce_now(
                                    cases, progress, heap_time, heap, counters, arrival, step,
                                    place + step - first_step, now,
                                )
                    else:
                        _announce_now(cases, progress, heap_time, heap, counters, arrival, first_step, place, now)
                    continue

            row = heap[0, EVENT_ROW]
            if held != 0 and key == held:  # the key of the very first task is 0 as well
                counters[HELD_KEY] = 0
            else:
                _drop_top(heap_time, heap, counters)
            kind = key >> (_VISIT_BITS + _STEP_BITS + _CASE_BITS)
            visit = key & ((1 << _VISIT_BITS) - 1)
            step = (key >> _VISIT_BITS) & ((1 << _STEP_BITS) - 1)
            case = (key >> (_VISIT_BITS + _STEP_BITS)) & ((1 << _CASE_BITS) - 1)
            place = cases[case, PLACE] + step - services[cases[case, SERVICE], FIRST_STEP]
            pool = steps[step, POOL]
            ended = over = passed = False

            # A task's work is over.
            if kind == FINISH:
                row_times[row, FINISH_AT] = now
                rows[row, ROW_OUTCOME] = _DONE
                rows[row, ROW_STATE] = GONE
                if not outside or pool >= 0:
                    _set_free(pools, officers, pool, np.int64(rows[row, ROW_SERVER]))
                if cases[case, OUTCOME] != _CASE_OPEN:
                    continue
                if clocks and progress[place, CLOCK] & SPECIAL:
                    progress[place, CLOCK] &= ~SPECIAL
                    _resume_clock(workdays, cases, case_times, case, now)
                passed = True
                if (
                    returning
                    and shares[step, RETURN_SHARE] > 0.0
                    and progress[place, RETURNED_TIMES] < steps[step, RETURN_LIMIT]
                    and _draw(columns, draws, next_slot, services, cases, case, step, _RETURN, visit)
                    < shares[step, RETURN_SHARE]
                ):
                    passed = False
                    rows[row, ROW_OUTCOME] = _RETURNED
                    when = now
                    if return_delays and columns[step, _DELAY] >= 0:
                        delay = _draw(columns, draws, next_slot, services, cases, case, step, _DELAY, visit)
                        when = now + delay
                        if working_time and steps[step, RETURN_WORKING_TIME]:
                            when = advance(main_calendar, now, delay, cal_first, cal_open, cal_close, cal_day)
                    _send_back(
                        steps, sections, services, cases, case_times, progress, heap_time, heap, counters, clocks, case,
                        step, now, when,
                    )
                over = True

            # A task becomes ready: it joins a queue or, outside every pool, begins.
            elif kind == READY:
                if cases[case, OUTCOME] != _CASE_OPEN:
                    continue
                if sharing and shares[step, SHARE] < 1.0:
                    passed = (
                        shares[step, SHARE] <= 0.0
                        or _draw(columns, draws, next_slot, services, cases, case, step, _SHARE, visit)
                        >= shares[step, SHARE]
                    )
                if doors and not passed and pool >= 0 and steps[step, IN_PERSON] and pools[pool, HAS_DOORS]:
                    joins = _joins(
                        pools[pool, WAITS_OUTSIDE], main_calendar + 1 + pool, cal_first, cal_open, cal_close, cal_day,
                        now, applied[case],
                    )
                    if joins > now:
                        _push(heap_time, heap, counters, joins, key, -1)
                        continue
                if clocks and progress[place, CLOCK] & AWAY:
                    progress[place, CLOCK] &= ~AWAY
                    _resume_clock(workdays, cases, case_times, case, now)
                if sharing and passed:
                    over = True
                else:
                    if clocks and steps[step, SPECIAL_STEP] and (progress[place, CLOCK] & SPECIAL) == 0:
                        _stop_clock(cases, case_times, progress, case, place, SPECIAL, now)
                    row = _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now)
                    if outside and pool < 0:
                        work = _draw(columns, draws, next_slot, services, cases, case, step, _WORK, visit)
                        finish = now + work
                        if working_time and steps[step, WORKING_TIME]:
                            finish = advance(main_calendar, now, work, cal_first, cal_open, cal_close, cal_day)
                        _begin_work(rows, row_times, row, -1, work, now)
                        _push(heap_time, heap, counters, finish, _key(FINISH, case, step, visit), row)
                    else:
                        queue = pool * classes + steps[step, RANK] if priorities else pool
                        _join_queue(pools, queues, rows, counters, pool, queue, row)
                        if patient and columns[step, _PATIENCE] >= 0:
                            patience = _draw(columns, draws, next_slot, services, cases, case, step, _PATIENCE, visit)
                            _push(heap_time, heap, counters, now + patience, _key(EXPIRY, case, step, visit), row)

            # Patience has run out.
            elif patient and rows[row, ROW_STATE] == QUEUED:
                _leave_unserved(steps, classes, queues, rows, row_times, row, _RENEGED, now)
                counters[QUEUED_TASKS] -= 1 + _end_case(
                    steps, services, classes, queues, cases, case_times, progress, rows, row_times, case, now
                )
                ended = True

            if passed:
                if routes:
                    _complete(
                        steps, edges, choices, services, workdays, columns, draws, next_slot, cases, case_times,
                        progress, stack, heap_time, heap, counters, choosing, case, step, now,
                    )
                else:
                    _follow_line(
                        steps, services, workdays, cases, case_times, progress, heap_time, heap, counters, case, step,
                        place, now,
                    )
            if over:
                ended = _close_task(workdays, cases, case_times, case, now)
            if ended and measured[case]:
                counters[MEASURED_OPEN] -= 1

    return run


@compiled
def read_rows(rows, row_times, step_pool, case, step, visit, pool, server, outcome, ready, start, finish, work):
    """Copy the task rows into one array a column."""
    for i in range(len(case)):
        j = rows[i, ROW_STEP]
        case[i], step[i], visit[i], pool[i] = rows[i, ROW_CASE], j, rows[i, ROW_VISIT], step_pool[j]
        server[i], outcome[i] = rows[i, ROW_SERVER], rows[i, ROW_OUTCOME]
        ready[i], start[i] = row_times[i, READY_AT], row_times[i, START_AT]
        finish[i], work[i] = row_times[i, FINISH_AT], row_times[i, WORK_DONE]
