"""The compiled event loop: the semantics of ``reference.py``, on tables of numbers.

Written for numba and for the same bits as the reference: no exp, no pow, no fast math. ``reference.py`` is the text to
read for what happens; this file says only how it is laid out. Every table has named columns (``steps[j, POOL]``),
because compiled code passes a few plain arrays far more cheaply than many or nested ones. A pending event is a time and
a key that packs kind, case, step and visit, so that the least key is the next event of an instant. It is one file,
because numba does not see that a function in another file has changed. ``loop`` makes the event loop for the features
that a network has.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,assignment,call-arg,unreachable,var-annotated"
from __future__ import annotations

from functools import cache

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simgov.arrays import Integers
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
    BOOKED_RANK,
    IN_PERSON,
    RULE,
    ACCEPTED_HERE,
    DECIDED_HERE,
    COLLECTED_HERE,
    SPECIAL_STEP,
    WORKING_TIME,
    FULL_MASK,
    MILESTONE,  # whether it marks acceptance, decision or collection
    LAST_STEP,  # of its service
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
    BOOKING,
    BASE,  # its step j stands at BASE + j in the table of progress
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
EVENT_TIME, EVENT_KEY, EVENT_ROW, _, EVENT_COLUMNS = range(5)  # one is spare: two events fill a cache line
NEVER = 0x7FF0000000000000
NO_KEY = 0x7FFFFFFFFFFFFFFF
"""Time (the bits of infinity) and key where there is no event: after every other."""
(
    ROW_COUNT,
    HEAP_SIZE,
    QUEUED_TASKS,
    NEXT_CHANGE,
    NEXT_ARRIVAL,
    MEASURED_OPEN,
    HELD_KEY,
    TOUCHED_POOLS,  # those to look at in the next dispatch, as bits; where there are more than 64 pools, whether any
    COUNTERS,
    *_,
) = range(99)

# Columns that hold the number of a row (-1: none) or of a case, by table: where these move, the numbers change.
HOLD_ROWS = {
    "progress": (TASK,),
    "queues": (HEAD, TAIL),
    "rows": (BEFORE, BEHIND),
}
HOLD_CASES = {
    "rows": (ROW_CASE,),
}

OFF, ON, CLOSING = range(3)
WAITING, ACTIVE, OVER = range(3)
QUEUED, HELD, GONE = range(3)
AWAY, SPECIAL = 1, 2
_SERVE, _LOST, _BACK = 0, 1, 2
_WORK, _SHARE, _CHOICE, _RETURN, _DELAY, _PATIENCE = range(6)
_VISIT_BITS, _STEP_BITS, _CASE_BITS = 12, 14, 34
_DONE, _RETURNED, _RENEGED, _SENT_HOME, _CANCELLED, _OPEN = range(6)
_CASE_FINISHED, _CASE_RENEGED, _CASE_NO_SHOW, _CASE_OPEN = 0, 4, 6, 9
_WALK_IN, _BOOKED, _NO_SHOW = range(3)


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


@intrinsic
def _bits(typing_context, time):
    """The bits of a time that is not negative: whole numbers in the same order."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.IntType(64))

    return types.int64(types.float64), generate


@intrinsic
def _time(typing_context, bits):
    """The time of these bits."""

    def generate(context, builder, signature, arguments):
        return builder.bitcast(arguments[0], ir.DoubleType())

    return types.float64(types.int64), generate


@intrinsic
def _earlier(typing_context, time, key, other_time, other_key):
    """Whether an event comes before another: by the bits of its time or, at the same time, by its key.

    As one comparison of 128 bits, which has no branch for the processor to guess wrong.
    """

    def generate(context, builder, signature, arguments):
        wide = ir.IntType(128)

        def joined(time, key):
            upper = builder.shl(builder.zext(time, wide), ir.Constant(wide, 64))
            return builder.or_(upper, builder.zext(key, wide))

        return builder.icmp_unsigned("<", joined(arguments[0], arguments[1]), joined(arguments[2], arguments[3]))

    return types.boolean(types.int64, types.int64, types.int64, types.int64), generate


@intrinsic
def _either(typing_context, condition, one, other):
    """``one`` where the condition holds, otherwise ``other``; without a branch."""

    def generate(context, builder, signature, arguments):
        return builder.select(*arguments)

    return types.int64(types.boolean, types.int64, types.int64), generate


@inlined
def _time_of(heap, i):
    return heap[EVENT_COLUMNS * i + EVENT_TIME]


@inlined
def _key_of(heap, i):
    return heap[EVENT_COLUMNS * i + EVENT_KEY]


@inlined
def _put(heap, i, time, key, row):
    heap[EVENT_COLUMNS * i + EVENT_TIME] = time
    heap[EVENT_COLUMNS * i + EVENT_KEY] = key
    heap[EVENT_COLUMNS * i + EVENT_ROW] = row


@inlined
def _move(heap, i, j):
    """Event j goes to place i."""
    _put(heap, i, _time_of(heap, j), _key_of(heap, j), heap[EVENT_COLUMNS * j + EVENT_ROW])


@inlined
def _earlier_of(heap, i, j):
    """The place of the earlier of two events."""
    return _either(_earlier(_time_of(heap, i), _key_of(heap, i), _time_of(heap, j), _key_of(heap, j)), i, j)


CASE_SHIFT = _VISIT_BITS + _STEP_BITS


def case_of(keys: Integers) -> Integers:
    """The case that each event concerns, by its key."""
    return (keys >> CASE_SHIFT) & ((1 << _CASE_BITS) - 1)


@inlined
def _push(heap, counters, instant, key, row):
    """Add an event to the heap, four children to a parent; ``counters[HEAP_SIZE]`` events are pending."""
    i, time = counters[HEAP_SIZE], _bits(instant)
    counters[HEAP_SIZE] = i + 1
    while i > 0:
        parent = (i - 1) >> 2
        if _earlier(_time_of(heap, parent), _key_of(heap, parent), time, key):
            break
        _move(heap, i, parent)
        i = parent
    _put(heap, i, time, key, row)


@inlined
def _drop_top(heap, counters):
    """Take the first event off the heap. What lies beyond its end is NEVER, so that every parent has four children."""
    last = counters[HEAP_SIZE] - 1
    counters[HEAP_SIZE] = last
    time, key, row = _time_of(heap, last), _key_of(heap, last), heap[EVENT_COLUMNS * last + EVENT_ROW]
    heap[EVENT_COLUMNS * last + EVENT_TIME] = NEVER
    heap[EVENT_COLUMNS * last + EVENT_KEY] = NO_KEY
    if last == 0:
        return
    i, child = np.int64(0), np.int64(1)
    while child < last:
        child = _earlier_of(heap, _earlier_of(heap, child, child + 1), _earlier_of(heap, child + 2, child + 3))
        if _earlier(time, key, _time_of(heap, child), _key_of(heap, child)):
            break
        _move(heap, i, child)
        i, child = child, 4 * child + 1
    _put(heap, i, time, key, row)


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
def _announce(cases, progress, heap, counters, routes, case, step, place, when):
    """The next visit of a case to a step becomes ready at ``when``."""
    visit = progress[place, VISITS]
    progress[place, VISITS] = visit + 1
    if routes:
        progress[place, STATUS] = ACTIVE
        cases[case, OPEN_TASKS] += 1
    _push(heap, counters, when, _key(READY, case, step, visit), -1)


@inlined
def _announce_now(cases, progress, heap, counters, routes, case, step, place, now):
    """The same at once: the event is held beside the heap, since mostly it is the next one; at most one is held."""
    if counters[HELD_KEY] != 0:
        _announce(cases, progress, heap, counters, routes, case, step, place, now)
        return
    visit = progress[place, VISITS]
    progress[place, VISITS] = visit + 1
    if routes:
        progress[place, STATUS] = ACTIVE
        cases[case, OPEN_TASKS] += 1
    counters[HELD_KEY] = _key(READY, case, step, visit)


@inlined
def _complete(steps, edges, choices, services, workdays, columns, draws, next_slot, cases, case_times, progress, stack,
              heap, counters, choosing, case, step, now):
    """Pass a step's milestones and tell its successors; those that have heard from all before them become ready."""
    base = np.int64(cases[case, BASE])
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
                    _announce_now(cases, progress, heap, counters, True, case, w, place, now)


@inlined
def _close_task(workdays, cases, case_times, case, now):
    """One task or delay of the case is over; True where it was its last, and the case is finished."""
    cases[case, OPEN_TASKS] -= 1
    if cases[case, OPEN_TASKS] > 0:
        return False
    _finish_case(workdays, cases, case_times, case, now)
    return True


@inlined
def _finish_case(workdays, cases, case_times, case, now):
    """The case is finished; milestones that no step has marked are passed now."""
    cases[case, OUTCOME] = _CASE_FINISHED
    if np.isnan(case_times[case, DECIDED]):
        _decide(workdays, cases, case_times, case, now)
    if np.isnan(case_times[case, ACCEPTED]):
        case_times[case, ACCEPTED] = now
    if np.isnan(case_times[case, LEFT]):
        case_times[case, LEFT] = now


@inlined
def _send_back(steps, sections, cases, case_times, progress, heap, counters, routes, clocks, case, step, now, when):
    """Repeat the section from the step returned to, which becomes ready at ``when``."""
    base = np.int64(cases[case, BASE])
    target = steps[step, RETURN_TO]
    progress[base + step, RETURNED_TIMES] += 1
    if routes and not _open_section(steps, sections, progress, base, step, target):
        return
    if clocks:
        _stop_clock(cases, case_times, progress, case, base + target, AWAY, now)
    if when > now:
        _announce(cases, progress, heap, counters, routes, case, target, base + target, when)
    else:
        _announce_now(cases, progress, heap, counters, routes, case, target, base + target, now)


@compiled
def _open_section(steps, sections, progress, base, step, target):
    """Let the steps of a section hear again from those before them; whether the first is not under way already."""
    progress[base + step, STATUS] = WAITING
    under_way = progress[base + target, STATUS] == ACTIVE
    for i in range(steps[step, SECTION], steps[step, SECTION_END]):
        place = base + sections[i, EDGE_TO]
        if progress[place, STATUS] != ACTIVE:
            progress[place, STATUS] = WAITING
            progress[place, DELIVERED] &= ~sections[i, EDGE_MASK]
            progress[place, ALIVE] &= ~sections[i, EDGE_MASK]
    return not under_way


@inlined
def _class_of(steps, cases, case, step):
    """The place of a task's priority class; who has an appointment may be in another than the rest."""
    return steps[step, BOOKED_RANK] if cases[case, BOOKING] == _BOOKED else steps[step, RANK]


@compiled
def _leave_unserved(steps, classes, queues, cases, rows, row_times, row, outcome, now):
    """Take a waiting task out of its queue."""
    step = rows[row, ROW_STEP]
    queue = steps[step, POOL] * classes + _class_of(steps, cases, rows[row, ROW_CASE], step)
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
    for step in range(services[service, FIRST_STEP], services[service, END_STEP]):
        place = cases[case, BASE] + step
        row = progress[place, TASK]
        if row >= 0 and rows[row, ROW_STATE] == QUEUED:
            _leave_unserved(steps, classes, queues, cases, rows, row_times, row, _CANCELLED, now)
            cancelled += 1
    return cancelled


@compiled
def _begin_backlog(steps, edges, services, workdays, cases, case_times, progress, stack, heap, counters,
                   case):
    """Put a backlog case where it waits: what does not follow its step is over, and has told those that do."""
    service = cases[case, SERVICE]
    first, end = services[service, FIRST_STEP], services[service, END_STEP]
    base = np.int64(cases[case, BASE])
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
    _announce(cases, progress, heap, counters, True, case, start, base + start, 0.0)


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


@inlined
def _touch(pools, counters, pool):
    """Something has changed at a pool: look at it in the next dispatch."""
    counters[TOUCHED_POOLS] |= np.int64(1) << np.int64(pool & 63)
    pools[pool, TOUCHED] = 1


@compiled
def _change_duty(pools, groups, officers, counters, group, on_duty):
    pool = groups[group, GROUP_POOL]
    for server in range(groups[group, GROUP_SERVER], groups[group, GROUP_SERVER_END]):
        officer = server - pools[pool, FIRST_SERVER]
        word, bit = pools[pool, WORD] + (officer >> 6), np.int64(1) << np.int64(officer & 63)
        if on_duty:
            officers[word, ON_DUTY] |= bit
        else:
            officers[word, ON_DUTY] &= ~bit
    _touch(pools, counters, pool)


@compiled
def _stay_late(pools, groups, officers, counters, cal_first, cal_close, pool, now):
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
    _touch(pools, counters, pool)


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
def _close_day(steps, services, pools, classes, queues, cases, case_times, progress, rows, row_times, heap,
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
                _leave_unserved(steps, classes, queues, cases, rows, row_times, row, _SENT_HOME, now)
                left += 1
                joins = next_open(doors, next_day, cal_first, cal_open, cal_close, cal_day)
                _push(heap, counters, joins, _key(READY, case, step, visit), -1)
            elif rule == _LOST:
                _leave_unserved(steps, classes, queues, cases, rows, row_times, row, _SENT_HOME, now)
                left += 1 + _end_case(
                    steps, services, classes, queues, cases, case_times, progress, rows, row_times, case, now
                )
                ended += measured[case]
                behind = queues[queue, HEAD]
            row = behind
    return left, ended, to_serve


@compiled
def begin_cases(services, steps, edges, workdays, case_service, case_slot, backlog_step, booking, applied, cases,
                case_times, progress, stack, heap, counters, first, total):
    """Fill the tables of cases from the first new one on, and put the backlog where it waits; ``heap`` has room for it.

    ``total`` places of the table of progress are taken."""
    for c in range(first, len(applied)):
        service = case_service[c]
        cases[c, SERVICE], cases[c, SLOT], cases[c, BACKLOG_STEP] = service, case_slot[c], backlog_step[c]
        cases[c, BOOKING] = booking[c]
        cases[c, BASE], cases[c, OUTCOME] = total - services[service, FIRST_STEP], _CASE_OPEN
        case_times[c, APPLIED] = applied[c]
        if services[service, MARKS_ACCEPTED] == 0:
            case_times[c, ACCEPTED] = applied[c]
        for place in range(total, total + services[service, END_STEP] - services[service, FIRST_STEP]):
            progress[place, TASK] = -1
        total += services[service, END_STEP] - services[service, FIRST_STEP]
        if backlog_step[c] >= 0:
            _begin_backlog(
                steps, edges, services, workdays, cases, case_times, progress, stack, heap, counters, c
            )
            counters[NEXT_ARRIVAL] = c + 1


@inlined
def _follow_line(steps, workdays, cases, case_times, progress, heap, counters, case, step, place, now):
    """The same where steps stand in one line, each the only one under way: the next becomes ready.

    Returns whether there is none, and the case is finished."""
    if steps[step, MILESTONE]:
        _pass_milestones(steps, workdays, cases, case_times, case, step, now)
    if steps[step, LAST_STEP]:
        _finish_case(workdays, cases, case_times, case, now)
        return True
    _announce_now(cases, progress, heap, counters, False, case, step + 1, place + 1, now)
    return False


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
    _touch(pools, counters, pool)
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
def _set_free(pools, officers, counters, pool, officer):
    officers[pools[pool, WORD] + (officer >> 6), FREE] |= np.int64(1) << np.int64(officer & 63)
    _touch(pools, counters, pool)


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
    many_pools = bool(features & Feature.MANY_POOLS)
    booking = bool(features & Feature.APPOINTMENTS)

    @compiled
    def run(steps, shares, edges, choices, sections, services, pools, groups, server_group, change_time, changes,
            cal_first, cal_open, cal_close, cal_day, workdays, classes,
            case_service, applied, columns, draws, next_slot, horizon, measured, window_end, cap, stop,
            cases, case_times, progress, stack, officers, queues, closed_at, rows, row_times, heap,
            counters, clock):
        """Run until the loop ends for one of the reasons above, and return which.

        The state is in the tables of the last two lines alone, ``clock[0]`` being the present instant, so that the
        loop goes on where it was when it is called again.
        """
        arrival_count, pool_count, change_count = len(applied), len(pools), len(change_time)
        main_calendar = len(groups)
        heap_room = len(heap) // EVENT_COLUMNS - len(steps) - 8
        arrival, change = counters[NEXT_ARRIVAL], counters[NEXT_CHANGE]
        time_arrival = applied[arrival] if arrival < arrival_count else np.inf
        time_change = change_time[change] if change < change_count else np.inf
        time_outside = min(time_arrival, time_change)
        now = clock[0]
        instants = 0
        while True:
            if counters[HEAP_SIZE] + counters[QUEUED_TASKS] > heap_room:
                return HEAP_FULL
            if counters[ROW_COUNT] == len(rows):
                return ROWS_FULL
            held = counters[HELD_KEY]
            time_heap = _time(heap[EVENT_TIME])
            time = now if held != 0 else min(time_heap, time_outside)

            # Dispatch: nothing more is pending at this instant, so officers take waiting tasks.
            if time > now:
                dispatched = counters[TOUCHED_POOLS] != 0
                pool = np.int64(-1)
                while counters[TOUCHED_POOLS] != 0:
                    if many_pools:
                        pool += 1
                        if pool == pool_count:
                            counters[TOUCHED_POOLS] = 0
                            break
                        if pools[pool, TOUCHED] == 0:
                            continue
                        pools[pool, TOUCHED] = 0
                    else:
                        pool = _lowest_bit(np.uint64(counters[TOUCHED_POOLS]))
                        counters[TOUCHED_POOLS] &= counters[TOUCHED_POOLS] - 1
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
                        queue = pool
                        if priorities:
                            rank = _class_of(steps, cases, case, step) if booking else steps[step, RANK]
                            queue = pool * classes + rank
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
                        _push(heap, counters, finish, _key(FINISH, case, step, visit), row)
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
                instants += 1
                if instants & 4095 == 0 and stop[0] != 0:
                    return STOPPED

            key = heap[EVENT_KEY] if time_heap == now else np.int64(NO_KEY)
            if held != 0 and held < key:
                key = held

            # Capacity changes.
            if time_outside == now and time_change == now and _key(CHANGE, 0, 0, 0) < key:
                kind, of = changes[change, CHANGE_KIND], changes[change, CHANGE_OF]
                change += 1
                counters[NEXT_CHANGE] = change
                time_change = change_time[change] if change < change_count else np.inf
                time_outside = min(time_arrival, time_change)
                if kind != CLOSING:
                    _change_duty(pools, groups, officers, counters, of, kind == ON)
                elif closing:
                    left, ended, to_serve = _close_day(
                        steps, services, pools, classes, queues, cases, case_times, progress, rows, row_times,
                        heap, counters, cal_first, cal_open, cal_close, cal_day, main_calendar + 1 + of, of,
                        now, measured,
                    )
                    counters[QUEUED_TASKS] -= left
                    counters[MEASURED_OPEN] -= ended
                    if to_serve:
                        closed_at[of] = now
                        _stay_late(pools, groups, officers, counters, cal_first, cal_close, of, now)
                continue

            # Arrivals.
            if time_outside == now and time_arrival == now:
                service = case_service[arrival]
                first_step = services[service, FIRST_STEP]
                if _key(READY, arrival, first_step, 0) < key:
                    if booking and cases[arrival, BOOKING] == _NO_SHOW:
                        cases[arrival, OUTCOME] = _CASE_NO_SHOW
                        case_times[arrival, LEFT] = now
                        counters[MEASURED_OPEN] -= np.int64(measured[arrival])
                    elif routes:
                        for step in range(first_step, services[service, END_STEP]):
                            if steps[step, FULL_MASK] == 0:
                                place = np.int64(cases[arrival, BASE]) + step
                                _announce_now(cases, progress, heap, counters, routes, arrival, step, place, now)
                    else:
                        place = np.int64(cases[arrival, BASE]) + first_step
                        _announce_now(cases, progress, heap, counters, routes, arrival, first_step, place, now)
                    arrival += 1
                    counters[NEXT_ARRIVAL] = arrival
                    time_arrival = applied[arrival] if arrival < arrival_count else np.inf
                    time_outside = min(time_arrival, time_change)
                    continue

            row = heap[EVENT_ROW]
            if held != 0 and key == held:  # the key of the very first task is 0 as well
                counters[HELD_KEY] = 0
            else:
                _drop_top(heap, counters)
            kind = key >> (_VISIT_BITS + _STEP_BITS + _CASE_BITS)
            visit = key & ((1 << _VISIT_BITS) - 1)
            step = (key >> _VISIT_BITS) & ((1 << _STEP_BITS) - 1)
            case = (key >> (_VISIT_BITS + _STEP_BITS)) & ((1 << _CASE_BITS) - 1)
            place = cases[case, BASE] + step
            pool = steps[step, POOL]
            ended = over = passed = False

            # A task's work is over.
            if kind == FINISH:
                row_times[row, FINISH_AT] = now
                rows[row, ROW_OUTCOME] = _DONE
                rows[row, ROW_STATE] = GONE
                if not outside or pool >= 0:
                    _set_free(pools, officers, counters, pool, np.int64(rows[row, ROW_SERVER]))
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
                        steps, sections, cases, case_times, progress, heap, counters, routes, clocks, case, step, now,
                        when,
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
                        _push(heap, counters, joins, key, -1)
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
                        _push(heap, counters, finish, _key(FINISH, case, step, visit), row)
                    else:
                        queue = pool
                        if priorities:
                            rank = _class_of(steps, cases, case, step) if booking else steps[step, RANK]
                            queue = pool * classes + rank
                        _join_queue(pools, queues, rows, counters, pool, queue, row)
                        if patient and columns[step, _PATIENCE] >= 0:
                            patience = _draw(columns, draws, next_slot, services, cases, case, step, _PATIENCE, visit)
                            _push(heap, counters, now + patience, _key(EXPIRY, case, step, visit), row)

            # Patience has run out.
            elif patient and rows[row, ROW_STATE] == QUEUED:
                _leave_unserved(steps, classes, queues, cases, rows, row_times, row, _RENEGED, now)
                counters[QUEUED_TASKS] -= 1 + _end_case(
                    steps, services, classes, queues, cases, case_times, progress, rows, row_times, case, now
                )
                ended = True

            if routes:
                if passed:
                    _complete(
                        steps, edges, choices, services, workdays, columns, draws, next_slot, cases, case_times,
                        progress, stack, heap, counters, choosing, case, step, now,
                    )
                if over:
                    ended = _close_task(workdays, cases, case_times, case, now)
            elif passed:
                ended = _follow_line(
                    steps, workdays, cases, case_times, progress, heap, counters, case, step, place, now
                )
            if ended and measured[case]:
                counters[MEASURED_OPEN] -= 1

    return run


@inlined
def _read_row(rows, row_times, step_pool, i, k, case, step, visit, pool, server, outcome, ready, start, finish, work):
    """Copy row i into place k of one array a column."""
    j = rows[i, ROW_STEP]
    case[k] = rows[i, ROW_CASE]
    step[k] = j
    visit[k] = rows[i, ROW_VISIT]
    pool[k] = step_pool[j]
    server[k] = rows[i, ROW_SERVER]
    outcome[k] = rows[i, ROW_OUTCOME]
    ready[k] = row_times[i, READY_AT]
    start[k] = row_times[i, START_AT]
    finish[k] = row_times[i, FINISH_AT]
    work[k] = row_times[i, WORK_DONE]


@compiled
def read_rows(rows, row_times, step_pool, case, step, visit, pool, server, outcome, ready, start, finish, work):
    """Copy the task rows into one array a column."""
    for i in range(len(case)):
        _read_row(
            rows, row_times, step_pool, i, i, case, step, visit, pool, server, outcome, ready, start, finish, work
        )


@compiled
def read_chosen_rows(chosen, numbers, rows, row_times, step_pool, case, step, visit, pool, server, outcome, ready,
                     start, finish, work):
    """The same for the rows of the cases that are chosen, under the numbers given to these."""
    k = 0
    for i in range(len(rows)):
        of = rows[i, ROW_CASE]
        if chosen[of]:
            _read_row(
                rows, row_times, step_pool, i, k, case, step, visit, pool, server, outcome, ready, start, finish, work
            )
            case[k] = numbers[of]
            k += 1


# Between two slices of a run (see slicing.py)


@compiled
def find_left(cases, rows, left):
    """Which cases have left, with no work for them under way."""
    for c in range(len(cases)):
        left[c] = cases[c, OUTCOME] != _CASE_OPEN
    for i in range(len(rows)):
        if rows[i, ROW_STATE] != GONE:
            left[rows[i, ROW_CASE]] = False


@compiled
def mark_rows(rows, chosen, marked):
    """Which rows are of the cases that are chosen; returns how many."""
    count = 0
    for i in range(len(rows)):
        marked[i] = chosen[rows[i, ROW_CASE]]
        count += marked[i]
    return count


@compiled
def keep(table, kept):
    """Move the rows that are kept to the front of a table, in their order."""
    n = 0
    for i in range(len(kept)):
        if kept[i]:
            for column in range(table.shape[1]):
                table[n, column] = table[i, column]
            n += 1


@compiled
def renumber(table, count, column, numbers):
    """Put new numbers for old ones, -1 where there is none; what is never read may be anything."""
    for i in range(count):
        old = table[i, column]
        table[i, column] = numbers[old] if 0 <= old < len(numbers) else -1
