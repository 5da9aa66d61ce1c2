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
from typing import NamedTuple

import numpy as np
from llvmlite import ir
from numba import types
from numba.extending import intrinsic

from simgov.arrays import Floats, Integers
from simgov.engines.arithmetic import (
    advance,
    compiled,
    day_number,
    inlined,
    inner,
    next_open,
    workday_closing,
    workdays_upto,
)
from simgov.engines.features import Feature

FINISH, CHANGE, READY, EXPIRY = range(4)
"""Kinds of event, in the order in which they happen at one instant."""

COMPLETE, NEEDS_MORE, STOPPED, ROWS_FULL, HEAP_FULL, WRONG_SHAPE = range(6)
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
    QUEUE,
    BOOKED_QUEUE,
    HELD_FOR,
    DUE_WORKDAYS,
    ATTEMPTS,
    ATTEMPTS_END,
    WAITS_AT,  # the step at whose gate it waits, -1: at none
    GATE_MOST,
    GATE_LEAST,
    CHANNELS,
    FAILS_TO,
    STEP_COLUMNS,
    *_,
) = range(99)
(
    SHARE,
    RETURN_SHARE,
    REFUSES,
    REVOKES,
    FAILS,
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
    WITHDRAWAL_WORKING_TIME,
    RETRY_LIMIT,
    RETRY_WORKING_TIME,
    DEEMED_LIMIT,
    MOST_IN_HAND,
    HAND,  # the first route of the same service, whose row counts the cases in hand
    FIRST_CHANNEL,
    END_CHANNEL,
    IN_HAND_NOW,
    SERVICE_COLUMNS,
    *_,
) = range(99)
(
    RETRY_SHARE,
    INFORMED_SHARE,
    SERVICE_SHARES,
    *_,
) = range(99)
CHANNEL_WORK, CHANNEL_REST = range(2)
(
    LATE_WORK,  # the calendar in which work goes on that is begun late, -1: on the wall clock
    HAS_DOORS,
    WAITS_OUTSIDE,
    FIRST_SERVER,
    WORD,
    WORD_END,
    SERVING_LATE,
    SYSTEMS_DOWN,
    TOUCHED,
    FIRST_LINE,
    END_LINE,
    BY_DUE,
    ESCALATES,
    ESCALATE_WORKDAYS,
    LINKED,
    TIDE_TO,
    TIDE_OFFICERS,
    TIDE_ABOVE,
    TIDE_BELOW,
    HELPING,
    TAKES_PART,  # in this dispatch
    BOOKED,  # how many of its free officers are
    BALKS_AT,
    PEOPLE,  # who wait in person
    TASKS,  # that wait
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
    CHANNEL,
    RETRIED,
    IN_HAND,
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
HEAD, TAIL, LENGTH, QUEUE_COLUMNS = range(4)
WAITING_THERE, GATE_COLUMNS = 2, 3  # behind HEAD and TAIL, of those who wait before a step (or to be taken in hand)
FREE, ON_DUTY, LATE, HELPS, AT_WORK, OFFICER_COLUMNS = range(6)
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
    JOINED_TASKS,
    HELD_CASES,
    TOUCHED_POOLS,  # those to look at in the next dispatch, as bits; where there are more than 64 pools, whether any
    BACKLOG_BEGUN,
    JUST_JOINED,  # how many tasks that may lose patience joined a queue at this instant; their rows stand behind
    COUNTERS,
    *_,
) = range(99)
MOST_JOINED = 16
"""So many of these are remembered until it is known who is served at once; the others' expiries are put down."""

# Columns that hold the number of a row (-1: none) or of a case, by table: where these move, the numbers change.
HOLD_ROWS = {
    "progress": (TASK,),
    "queues": (HEAD, TAIL),
    "gates": (HEAD, TAIL),
    "rows": (BEFORE, BEHIND),
}
HOLD_CASES = {
    "rows": (ROW_CASE,),
}

OFF, ON, CLOSING, GATE, DOWN, UP = range(6)
WAITING, ACTIVE, OVER = range(3)
QUEUED, HELD, GONE, BEFORE_STEP = range(4)
AWAY, SPECIAL, ADMITTED = 1, 2, 4
LIMITS = 4  # the kind, in the loop, of an expiry that concerns a case as a whole
WITHDRAWN_THEN, DEEMED_THEN = 0, 1  # behind the last step in the keys of such expiries
BEFORE_A_STEP = -2  # in place of an officer, in rows of tasks that wait before a step
_SERVE, _LOST, _BACK = 0, 1, 2
(
    _WORK,
    _SHARE,
    _CHOICE,
    _RETURN,
    _DELAY,
    _PATIENCE,
    _REFUSAL,
    _REVOCATION,
    _WITHDRAWAL,
    _RETRY,
    _RETRY_DELAY,
    _INFORMED,
    _FAILURE,
    DRAW_KINDS,
    *_,
) = range(99)
_NO_LIMIT = 2**31 - 1
_VISIT_BITS, _STEP_BITS, _CASE_BITS = 12, 14, 34
_DONE, _RETURNED, _RENEGED, _SENT_HOME, _CANCELLED, _OPEN, _REFUSED, _REVOKED, _BALKED, _WASTED, _PASSED = range(11)
(
    _CASE_FINISHED,
    _CASE_REFUSED,
    _CASE_WITHDRAWN,
    _CASE_CANCELLED,
    _CASE_RENEGED,
    _CASE_BALKED,
    _CASE_NO_SHOW,
    _CASE_DEEMED,
    _CASE_REVOKED,
    _CASE_OPEN,
) = range(10)
_WALK_IN, _BOOKED, _NO_SHOW = range(3)


@intrinsic
def _lowest_bit(typing_context, word):
    """The place of the lowest set bit of a 64-bit word that is not zero."""

    def generate(context, builder, signature, arguments):
        return builder.cttz(arguments[0], ir.Constant(ir.IntType(1), 1))

    return types.int64(types.uint64), generate


@intrinsic
def _bits_set(typing_context, word):
    """How many bits of a 64-bit word are set."""

    def generate(context, builder, signature, arguments):
        return builder.ctpop(arguments[0])

    return types.int64(types.uint64), generate


@intrinsic
def _place(typing_context, number):
    """A number that is no less than 0, as the compiler is told: then it need not count from the end of a table."""

    def generate(context, builder, signature, arguments):
        word = ir.IntType(64)
        value = arguments[0] if number.bitwidth == 64 else builder.sext(arguments[0], word)
        builder.assume(builder.icmp_signed(">=", value, ir.Constant(word, 0)))
        return value

    return types.int64(number), generate


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
    return heap[_place(EVENT_COLUMNS * i + EVENT_TIME)]


@inlined
def _key_of(heap, i):
    return heap[_place(EVENT_COLUMNS * i + EVENT_KEY)]


@inlined
def _put(heap, i, time, key, row):
    heap[_place(EVENT_COLUMNS * i + EVENT_TIME)] = time
    heap[_place(EVENT_COLUMNS * i + EVENT_KEY)] = key
    heap[_place(EVENT_COLUMNS * i + EVENT_ROW)] = row


@inlined
def _move(heap, i, j):
    """Event j goes to place i."""
    _put(heap, i, _time_of(heap, j), _key_of(heap, j), heap[_place(EVENT_COLUMNS * j + EVENT_ROW)])


@inlined
def _earlier_of(heap, i, j):
    """The place of the earlier of two events."""
    return _either(_earlier(_time_of(heap, i), _key_of(heap, i), _time_of(heap, j), _key_of(heap, j)), i, j)


CASE_SHIFT = _VISIT_BITS + _STEP_BITS


def case_of(keys: Integers) -> Integers:
    """The case that each event concerns, by its key."""
    return (keys >> CASE_SHIFT) & ((1 << _CASE_BITS) - 1)


@inlined
def _first_child_before(heap, i, last, time, key):
    """The earliest of the four children of event i, if it comes before an event of this time and key; otherwise 0."""
    child = 4 * i + 1
    if child >= last:
        return np.int64(0)
    child = _earlier_of(heap, _earlier_of(heap, child, child + 1), _earlier_of(heap, child + 2, child + 3))
    return np.int64(0) if _earlier(time, key, _time_of(heap, child), _key_of(heap, child)) else child


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
    time, key, row = _time_of(heap, last), _key_of(heap, last), heap[_place(EVENT_COLUMNS * last + EVENT_ROW)]
    heap[_place(EVENT_COLUMNS * last + EVENT_TIME)] = NEVER
    heap[_place(EVENT_COLUMNS * last + EVENT_KEY)] = NO_KEY
    if last == 0:
        return
    i = np.int64(0)
    child = _first_child_before(heap, i, last, time, key)
    if child > 0:  # two levels are written out: in a loop the compiler would make branches of what has none
        _move(heap, i, child)
        i = child
        child = _first_child_before(heap, i, last, time, key)
        while child > 0:
            _move(heap, i, child)
            i = child
            child = _first_child_before(heap, i, last, time, key)
    _put(heap, i, time, key, row)


@inlined
def _draw(columns, draws, next_slot, services, cases, case, step, kind, visit):
    """The draw of one case at one visit to a step."""
    slot = np.int64(cases[case, SLOT])
    if visit > 0:
        base = services[cases[case, SERVICE], FIRST_SLOT]
        for _ in range(visit):
            slot = next_slot[_place(base + slot)]
    return draws[_place(columns[step, kind] + slot)]


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
              heap, counters, choosing, case, step, failed, now):
    """Pass a step's milestones, unless the attempt failed, and tell its successors; those that have heard from all
    before them become ready."""
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
            if not failed:
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


@inlined
def _queue_of(steps, cases, case, step):
    return steps[step, BOOKED_QUEUE] if cases[case, BOOKING] == _BOOKED else steps[step, QUEUE]


@compiled
def _leave_unserved(steps, pools, classes, queues, cases, rows, row_times, row, outcome, now):
    """Take a waiting task out of its queue."""
    step = rows[row, ROW_STEP]
    queue = _queue_of(steps, cases, rows[row, ROW_CASE], step)
    _unlink(queues, rows, queue, row)
    queues[queue, LENGTH] -= 1
    _one_less_waits(steps, pools, step)
    rows[row, ROW_STATE] = GONE
    rows[row, ROW_OUTCOME] = outcome
    row_times[row, FINISH_AT] = now


@inlined
def _one_less_waits(steps, pools, step):
    pools[steps[step, POOL], TASKS] -= 1
    pools[steps[step, POOL], PEOPLE] -= steps[step, IN_PERSON]


@inlined
def _one_more_waits(steps, pools, step):
    pools[steps[step, POOL], TASKS] += 1
    pools[steps[step, POOL], PEOPLE] += steps[step, IN_PERSON]


@inlined
def _unlink(queues, rows, queue, row):
    before, behind = rows[row, BEFORE], rows[row, BEHIND]
    if before >= 0:
        rows[_place(before), BEHIND] = behind
    else:
        queues[queue, HEAD] = behind
    if behind >= 0:
        rows[_place(behind), BEFORE] = before
    else:
        queues[queue, TAIL] = before


@inlined
def _gate_of(steps, services, cases, case, step):
    """The place in ``gates`` where a case waits before a step: at the step's gate, or to be taken in hand."""
    if steps[step, WAITS_AT] >= 0:
        return steps[step, WAITS_AT]
    return len(steps) + services[cases[case, SERVICE], HAND]


@compiled
def _wait_before(gates, rows, counters, gate, row):
    """A task waits before its step, behind those who came earlier."""
    tail = gates[gate, TAIL]
    rows[row, ROW_STATE] = BEFORE_STEP
    rows[row, ROW_SERVER] = BEFORE_A_STEP
    rows[row, BEHIND] = -1
    rows[row, BEFORE] = tail
    if tail >= 0:
        rows[tail, BEHIND] = row
    else:
        gates[gate, HEAD] = row
    gates[gate, TAIL] = row
    gates[gate, WAITING_THERE] += 1
    counters[QUEUED_TASKS] += 1


@compiled
def _no_longer_before(gates, rows, row_times, counters, gate, row, outcome, now):
    """A task no longer waits before its step: it may go on, or its case has ended."""
    _unlink(gates, rows, gate, row)
    gates[gate, WAITING_THERE] -= 1
    counters[QUEUED_TASKS] -= 1
    rows[row, ROW_STATE] = GONE
    rows[row, ROW_OUTCOME] = outcome
    row_times[row, FINISH_AT] = now


@compiled
def _let_pass(services, gates, cases, progress, rows, row_times, heap, counters, gate, now):
    """The first of those who wait before a step may go on; its case."""
    row = gates[gate, HEAD]
    _no_longer_before(gates, rows, row_times, counters, gate, row, _PASSED, now)
    case, step, visit = rows[row, ROW_CASE], rows[row, ROW_STEP], rows[row, ROW_VISIT]
    progress[cases[case, BASE] + step, CLOCK] |= ADMITTED
    _push(heap, counters, now, _key(READY, case, step, visit), -1)
    return case


@compiled
def _open_gate(steps, services, gates, cases, progress, rows, row_times, heap, counters, step, now):
    """A session: so many as may pass do, unless too few have come."""
    if gates[step, WAITING_THERE] < steps[step, GATE_LEAST]:
        return
    for _ in range(min(gates[step, WAITING_THERE], steps[step, GATE_MOST])):
        _let_pass(services, gates, cases, progress, rows, row_times, heap, counters, step, now)


@compiled
def _take_in_hand(services, cases, case):
    cases[case, IN_HAND] = 1
    services[services[cases[case, SERVICE], HAND], IN_HAND_NOW] += 1


@compiled
def _out_of_hand(steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case,
                 now):
    """One case less is in hand, and the next of those held back may be accepted."""
    hand = services[cases[case, SERVICE], HAND]
    gate = len(steps) + hand
    cases[case, IN_HAND] = 0
    services[hand, IN_HAND_NOW] -= 1
    while gates[gate, HEAD] >= 0:
        first = services[cases[rows[gates[gate, HEAD], ROW_CASE], SERVICE], MOST_IN_HAND]
        if services[hand, IN_HAND_NOW] >= first:
            break
        passing = _let_pass(services, gates, cases, progress, rows, row_times, heap, counters, gate, now)
        if cases[passing, IN_HAND] == 0 and np.isnan(case_times[passing, DECIDED]):
            _take_in_hand(services, cases, passing)


@compiled
def _settle_hand(steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case,
                 sent_back, now):
    """Whether the case is in hand, after what has happened to it: accepted, and neither decided nor ended."""
    undecided = cases[case, OUTCOME] == _CASE_OPEN and np.isnan(case_times[case, DECIDED])
    accepted = not np.isnan(case_times[case, ACCEPTED])
    if cases[case, IN_HAND]:
        if not undecided or (sent_back and not accepted):
            _out_of_hand(
                steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case,
                now,
            )
    elif undecided and accepted and services[cases[case, SERVICE], MARKS_ACCEPTED]:
        _take_in_hand(services, cases, case)


@compiled
def _deemed_at(services, cases, case_times, workdays, past_workdays, workday_close, case):
    """The end of the case's statutory limit, later by the days on which the clock stood still."""
    limit = services[cases[case, SERVICE], DEEMED_LIMIT] + cases[case, STOPPED_DAYS]
    before = -np.int64(past_workdays[0])  # workdays in the tables before the first day
    return workday_closing(case_times[case, ACCEPTED], limit, workdays, past_workdays, workday_close, before)


@compiled
def _expect_deemed(steps, services, cases, case_times, workdays, past_workdays, workday_close, heap,
                   counters, case, now):
    """An undecided case will count as approved when its statutory limit ends."""
    if services[cases[case, SERVICE], DEEMED_LIMIT] < 0 or not np.isnan(case_times[case, DECIDED]):
        return
    end = _deemed_at(services, cases, case_times, workdays, past_workdays, workday_close, case)
    if end < np.inf:
        _push(heap, counters, max(end, now), _key(EXPIRY, case, len(steps) + DEEMED_THEN, 0), -1)


@compiled
def _on_duty(pools, officers, pool):
    """How many officers are on duty."""
    found = np.int64(0)
    for word in range(pools[pool, WORD], pools[pool, WORD_END]):
        found += _bits_set(np.uint64(officers[word, ON_DUTY] & ~officers[word, HELPS]))
    return found


@compiled
def _unserved(pools, officers, pool):
    """People waiting in person at a pool, less the officers free to call them."""
    free = np.int64(0)
    for word in range(pools[pool, WORD], pools[pool, WORD_END]):
        free += _bits_set(np.uint64(officers[word, FREE] & officers[word, ON_DUTY] & ~officers[word, HELPS]))
    return pools[pool, PEOPLE] - free


@inlined
def _balk(rows, row_times, row, now):
    """The applicant goes away again: a row without any length."""
    rows[row, ROW_STATE] = GONE
    rows[row, ROW_OUTCOME] = _BALKED
    row_times[row, FINISH_AT] = now


@compiled
def _balks(pools, officers, pool, hall_room):
    """Whether somebody who comes to a pool now goes away again: too many wait here, or in the whole hall."""
    unserved = _unserved(pools, officers, pool)
    if unserved < 0:
        return False
    if unserved >= pools[pool, BALKS_AT]:
        return True
    people = np.int64(0)
    for other in range(len(pools)):
        people += max(np.int64(0), _unserved(pools, officers, other))
    return people >= hall_room


@compiled
def _fastest_channel(services, pools, officers, channel_pools, channel_times, doors, cal_first, cal_open, cal_close,
                     cal_day, service, now):
    """The channel of the shortest expected time, the first of these; ``doors`` is the calendar of the first pool."""
    first = services[service, FIRST_CHANNEL]
    best, least = np.int64(0), np.inf
    for channel in range(first, services[service, END_CHANNEL]):
        pool, rest = channel_pools[channel], channel_times[channel, CHANNEL_REST]
        expected = rest
        if pool >= 0:
            opening = next_open(doors + pool, now, cal_first, cal_open, cal_close, cal_day) - now
            work = channel_times[channel, CHANNEL_WORK]
            expected = opening + pools[pool, TASKS] * work / max(np.int64(1), _on_duty(pools, officers, pool)) + rest
        if expected < least:
            best, least = channel - first, expected
    return best


@compiled
def _end_case(steps, services, pools, classes, queues, gates, cases, case_times, progress, rows, row_times, counters,
              case, outcome, now):
    """A case ends before its last task: what waits is cancelled, work under way will finish for nothing.

    Returns how many tasks left the queues of pools."""
    cases[case, OUTCOME] = outcome
    case_times[case, LEFT] = now
    service, cancelled = cases[case, SERVICE], 0
    for step in range(services[service, FIRST_STEP], services[service, END_STEP]):
        place = cases[case, BASE] + step
        row = progress[place, TASK]
        if row < 0:
            continue
        if rows[row, ROW_STATE] == QUEUED:
            _leave_unserved(steps, pools, classes, queues, cases, rows, row_times, row, _CANCELLED, now)
            cancelled += 1
        elif rows[row, ROW_STATE] == BEFORE_STEP:
            _no_longer_before(
                gates, rows, row_times, counters, _gate_of(steps, services, cases, case, step), row, _CANCELLED, now
            )
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
def _return_share(steps, shares, attempts, progress, step, place, by_attempt):
    """The share that a step sends back, having sent the case back so many times."""
    if by_attempt:
        attempt = steps[step, ATTEMPTS] + progress[place, RETURNED_TIMES]
        return attempts[min(attempt, steps[step, ATTEMPTS_END] - 1)]
    return shares[step, RETURN_SHARE]


@inlined
def _expect_withdrawal(services, columns, draws, next_slot, cases, heap, counters, cal_first, cal_open,
                       cal_close, cal_day, calendar, step_count, case, now):
    """Some applicants will withdraw after a while, counted from now."""
    service = cases[case, SERVICE]
    step = services[service, FIRST_STEP]
    if columns[step, _WITHDRAWAL] < 0:
        return
    minutes = _draw(columns, draws, next_slot, services, cases, case, step, _WITHDRAWAL, 0)
    when = now + minutes
    if services[service, WITHDRAWAL_WORKING_TIME]:
        when = advance(calendar, now, minutes, cal_first, cal_open, cal_close, cal_day)
    if when < np.inf:
        _push(heap, counters, when, _key(EXPIRY, case, step_count + WITHDRAWN_THEN, 0), -1)


@inlined
def _free_officer(pools, officers, pool, kind, large_pools):
    """The lowest-numbered free officer of a pool among those on duty (or staying late); -1 for none."""
    first = _place(pools[pool, WORD])
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
            officers[word, AT_WORK] |= bit
        else:
            officers[word, AT_WORK] &= ~bit
        if pools[pool, SYSTEMS_DOWN] == 0:
            officers[word, ON_DUTY] = officers[word, AT_WORK]
    _touch(pools, counters, pool)


@compiled
def _change_system(pools, officers, counters, pool, fails):
    """A system on which the pool depends fails, or is back: nobody may take work while one is down."""
    if fails:
        pools[pool, SYSTEMS_DOWN] += 1
        pools[pool, SERVING_LATE] = 0
    else:
        pools[pool, SYSTEMS_DOWN] -= 1
    for word in range(pools[pool, WORD], pools[pool, WORD_END]):
        officers[word, ON_DUTY] = 0 if pools[pool, SYSTEMS_DOWN] > 0 else officers[word, AT_WORK]
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
def _close_day(steps, services, pools, classes, queues, lines, own_lines, gates, cases, case_times, progress, rows,
               row_times, heap, counters, cal_first, cal_open, cal_close, cal_day, doors, pool, now, measured):
    """The pool closes for the day and sends people home.

    Returns how many tasks left its queues, how many measured cases ended, and whether anyone is to be served late."""
    left, ended, to_serve = 0, 0, False
    next_day = np.ceil(now / 1440.0) * 1440.0
    for i in range(pools[pool, FIRST_LINE], pools[pool, END_LINE]):
        queue = own_lines[i, LINE]
        if lines[queue, FIRST_POOL] != pool:
            continue
        row = queues[queue, HEAD]
        while row >= 0:
            behind = rows[row, BEHIND]
            case, step, visit = rows[row, ROW_CASE], rows[row, ROW_STEP], rows[row, ROW_VISIT]
            rule = steps[step, RULE]
            if rule == _SERVE:
                to_serve = True
            elif rule == _BACK:
                _leave_unserved(steps, pools, classes, queues, cases, rows, row_times, row, _SENT_HOME, now)
                progress[cases[case, BASE] + step, CLOCK] |= ADMITTED
                left += 1
                joins = next_open(doors, next_day, cal_first, cal_open, cal_close, cal_day)
                _push(heap, counters, joins, _key(READY, case, step, visit), -1)
            elif rule == _LOST:
                _leave_unserved(steps, pools, classes, queues, cases, rows, row_times, row, _SENT_HOME, now)
                left += 1 + _end_case(
                    steps, services, pools, classes, queues, gates, cases, case_times, progress, rows, row_times,
                    counters, case, _CASE_RENEGED, now,
                )
                if cases[case, IN_HAND]:
                    _out_of_hand(
                        steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case, now
                    )
                ended += measured[case]
                behind = queues[queue, HEAD]
            row = behind
    return left, ended, to_serve


@compiled
def begin_cases(services, steps, edges, workdays, case_service, case_slot, case_channel, backlog_step, booking, applied,
                cases, case_times, progress, stack, heap, counters, first, total):
    """Fill the tables of cases from the first new one on, and put the backlog where it waits; ``heap`` has room for it.

    ``total`` places of the table of progress are taken."""
    for c in range(first, len(applied)):
        service = case_service[c]
        cases[c, SERVICE], cases[c, SLOT], cases[c, BACKLOG_STEP] = service, case_slot[c], backlog_step[c]
        cases[c, BOOKING] = booking[c]
        cases[c, BASE], cases[c, OUTCOME] = total - services[service, FIRST_STEP], _CASE_OPEN
        cases[c, CHANNEL] = case_channel[c]
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
def _follow_line(steps, workdays, cases, case_times, progress, heap, counters, case, step, place, failed, now):
    """The same where steps stand in one line, each the only one under way: the next becomes ready.

    Returns whether there is none, and the case is finished."""
    if steps[step, MILESTONE] and not failed:
        _pass_milestones(steps, workdays, cases, case_times, case, step, now)
    if steps[step, LAST_STEP]:
        _finish_case(workdays, cases, case_times, case, now)
        return True
    _announce_now(cases, progress, heap, counters, False, case, step + 1, place + 1, now)
    return False


@inlined
def _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now):
    """A new row of the event table."""
    row = _place(counters[ROW_COUNT])
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
        rows[_place(tail), BEHIND] = row
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
    officers[_place(pools[pool, WORD] + (officer >> 6)), FREE] &= ~(np.int64(1) << np.int64(officer & 63))


@inlined
def _set_free(pools, officers, counters, pool, officer):
    officers[_place(pools[pool, WORD] + (officer >> 6)), FREE] |= np.int64(1) << np.int64(officer & 63)
    _touch(pools, counters, pool)


# Lines ----------------------------------------------------------------------------------------------------------------
# What pools do that share steps, or choose otherwise: ``dispatcher.py`` says what happens.

TOGETHER, LINE_PRIORITY, FIRST_SEAT, END_SEAT, FIRST_POOL, KEEPS_DUE, BATCH, ROOM, LINE_COLUMNS = range(9)
SEAT_POOL, STANDS_IN = range(2)
LINE, LINE_RANK = range(2)
AGEING, ESCALATE_MINUTES = range(2)
DUE_HEAD, DUE_TAIL, HELD_HEAD, HELD_TAIL, LINE_STATE_COLUMNS = range(5)
COMES_FROM, HELD_CASE, HELD_STEP, HELD_VISIT, HELD_ROW, HELD_NEXT, HOLDING_COLUMNS = range(7)  # rows, places: + 1
IN_POOL, JOINED, LEADER, JOB, JOB_TASKS, DUE_BEFORE, DUE_BEHIND, BOOKED_BY, LINE_ROW_COLUMNS = range(9)
DUE_AT, ESCALATES_AT = range(2)
BOOKED_ROW, BOOKED_BEFORE = range(2)


class LineTables(NamedTuple):
    """What the dispatch in lines reads and changes; tables of the loop's own stand here once more."""

    steps: Integers
    pools: Integers
    lines: Integers
    seats: Integers
    factors: Floats
    learned: Floats
    own_lines: Integers
    limits: Floats
    services: Integers
    groups: Integers
    server_group: Integers
    cal_first: Integers
    cal_open: Floats
    cal_close: Floats
    cal_day: Integers
    workdays: Integers
    past: Integers
    workday_close: Floats
    past_workdays: Integers
    columns: Integers
    draws: Floats
    next_slot: Integers
    cases: Integers
    case_times: Floats
    progress: Integers
    officers: Integers
    queues: Integers
    closed_at: Floats
    rows: Integers
    row_times: Floats
    heap: Integers
    counters: Integers
    line_state: Integers
    line_rows: Integers
    line_times: Floats
    holding: Integers
    bookings: Integers


@inner
def _rows_needed(t):
    """How many rows there may be before the loop comes round: all those held may join in one dispatch."""
    most = np.int64(1)
    for line in range(len(t.lines)):
        most = max(most, t.lines[line, END_SEAT] - t.lines[line, FIRST_SEAT])
    return t.counters[ROW_COUNT] + most * (1 + t.counters[HELD_CASES])


@inner
def _visits_of_next(t, step, place):
    """How often the following step of limited room has become ready for this case."""
    following = t.steps[step, HELD_FOR]
    return t.progress[place + following - step, VISITS] if following >= 0 else 0


@inner
def _is_full(t, line):
    return t.queues[line, LENGTH] >= t.lines[line, ROOM]


@inner
def _queue_up(t, case, step, visit, place, now):
    """A task joins its line: a new row, or one for each of the pools that do it together."""
    if t.steps[step, SPECIAL_STEP] and (t.progress[place, CLOCK] & SPECIAL) == 0:
        _stop_clock(t.cases, t.case_times, t.progress, case, place, SPECIAL, now)
    line = _queue_of(t.steps, t.cases, case, step)
    row = _begin_row(t.cases, t.progress, t.rows, t.row_times, t.counters, case, step, visit, place, now)
    _describe(t, row, row, t.lines[line, FIRST_POOL])
    if t.lines[line, TOGETHER]:
        for seat in range(t.lines[line, FIRST_SEAT] + 1, t.lines[line, END_SEAT]):
            other = _begin_row(t.cases, t.progress, t.rows, t.row_times, t.counters, case, step, visit, place, now)
            t.rows[other, ROW_STATE] = GONE
            _describe(t, other, row, t.seats[seat, SEAT_POOL])
        t.progress[place, TASK] = row
    t.line_rows[row, JOINED] = t.counters[JOINED_TASKS]
    t.counters[JOINED_TASKS] += 1
    t.line_times[row, DUE_AT] = np.inf
    t.line_times[row, ESCALATES_AT] = np.inf
    if t.lines[line, KEEPS_DUE]:
        _settle_due(t, row, case, step, t.lines[line, FIRST_POOL], now)
        _insert_by_due(t, line, row)
    _join_queue(t.pools, t.queues, t.rows, t.counters, t.lines[line, FIRST_POOL], line, row)
    t.queues[line, LENGTH] += 1
    _one_more_waits(t.steps, t.pools, step)
    for seat in range(t.lines[line, FIRST_SEAT], t.lines[line, END_SEAT]):
        _touch(t.pools, t.counters, t.seats[seat, SEAT_POOL])
    if t.columns[step, _PATIENCE] >= 0:
        patience = _draw(t.columns, t.draws, t.next_slot, t.services, t.cases, case, step, _PATIENCE, visit)
        _push(t.heap, t.counters, now + patience, _key(EXPIRY, case, step, visit), row)


@inlined
def _describe(t, row, leader, pool):
    t.line_rows[row, IN_POOL] = pool
    t.line_rows[row, LEADER] = leader
    t.line_rows[row, BOOKED_BY] = 0


@inner
def _settle_due(t, row, case, step, pool, now):
    """When the task is due, and from when on it goes before all others."""
    if t.steps[step, DUE_WORKDAYS] == 0:
        return
    accepted = t.case_times[case, ACCEPTED]
    if np.isnan(accepted):
        accepted = now
    until = t.steps[step, DUE_WORKDAYS] + t.cases[case, STOPPED_DAYS]
    due = workday_closing(accepted, until, t.workdays, t.past, t.workday_close, t.past_workdays[0])
    t.line_times[row, DUE_AT] = due
    if t.pools[pool, ESCALATES] and not np.isinf(due):
        ahead = until - t.pools[pool, ESCALATE_WORKDAYS]
        before = workday_closing(accepted, ahead, t.workdays, t.past, t.workday_close, t.past_workdays[0])
        t.line_times[row, ESCALATES_AT] = before - t.limits[pool, ESCALATE_MINUTES]


@inner
def _insert_by_due(t, line, row):
    """Behind all who are due no later, in the line's second order."""
    before = t.line_state[line, DUE_TAIL]
    while before >= 0 and t.line_times[before, DUE_AT] > t.line_times[row, DUE_AT]:
        before = t.line_rows[before, DUE_BEFORE]
    behind = t.line_rows[before, DUE_BEHIND] if before >= 0 else t.line_state[line, DUE_HEAD]
    t.line_rows[row, DUE_BEFORE] = before
    t.line_rows[row, DUE_BEHIND] = behind
    if before >= 0:
        t.line_rows[before, DUE_BEHIND] = row
    else:
        t.line_state[line, DUE_HEAD] = row
    if behind >= 0:
        t.line_rows[behind, DUE_BEFORE] = row
    else:
        t.line_state[line, DUE_TAIL] = row


@inner
def _remove_by_due(t, line, row):
    before, behind = t.line_rows[row, DUE_BEFORE], t.line_rows[row, DUE_BEHIND]
    if before >= 0:
        t.line_rows[before, DUE_BEHIND] = behind
    else:
        t.line_state[line, DUE_HEAD] = behind
    if behind >= 0:
        t.line_rows[behind, DUE_BEFORE] = before
    else:
        t.line_state[line, DUE_TAIL] = before


# Holding on


@inner
def _let_go(t, row):
    """One task less for those who do it; with the last of a batch they are free."""
    job = t.line_rows[row, JOB]
    t.line_rows[job, JOB_TASKS] -= 1
    if t.line_rows[job, JOB_TASKS] == 0:
        for seat in range(_seats_of(t, job)):
            pool, officer = t.line_rows[job + seat, IN_POOL], np.int64(t.rows[job + seat, ROW_SERVER])
            _set_free(t.pools, t.officers, t.counters, pool, officer)


@inner
def _seats_of(t, row):
    """How many officers do a task: so many rows it has."""
    line = t.steps[t.rows[row, ROW_STEP], QUEUE]  # or that of who has an appointment: the pools are the same
    return t.lines[line, END_SEAT] - t.lines[line, FIRST_SEAT] if t.lines[line, TOGETHER] else 1


@inner
def _hold(t, case, step, visit, place, row):
    """There is no room at a step: those who have just finished the one before, in ``row``, hold on to the case."""
    job = t.line_rows[row, JOB]
    if t.line_rows[job, JOB_TASKS] == 0:
        for seat in range(_seats_of(t, job)):
            _set_busy(t.pools, t.officers, t.line_rows[job + seat, IN_POOL], np.int64(t.rows[job + seat, ROW_SERVER]))
    t.line_rows[job, JOB_TASKS] += 1
    line = t.steps[step, QUEUE]
    t.holding[place, HELD_CASE] = case
    t.holding[place, HELD_STEP] = step
    t.holding[place, HELD_VISIT] = visit
    t.holding[place, HELD_ROW] = row
    t.holding[place, HELD_NEXT] = 0
    last = t.line_state[line, HELD_TAIL]
    if last > 0:
        t.holding[last - 1, HELD_NEXT] = place + 1
    else:
        t.line_state[line, HELD_HEAD] = place + 1
    t.line_state[line, HELD_TAIL] = place + 1
    t.counters[HELD_CASES] += 1


@inner
def _stop_holding(t, line, before, place):
    """Take a case out of those held before a step (``before``: the one in front of it, + 1), and free who held it."""
    following = t.holding[place, HELD_NEXT]
    if before > 0:
        t.holding[before - 1, HELD_NEXT] = following
    else:
        t.line_state[line, HELD_HEAD] = following
    if following == 0:
        t.line_state[line, HELD_TAIL] = before
    t.counters[HELD_CASES] -= 1
    _let_go(t, t.holding[place, HELD_ROW])


@inner
def _admit(t, line, now):
    """Those held longest join while there is room; whether anybody does."""
    admitted = False
    while t.line_state[line, HELD_HEAD] > 0 and not _is_full(t, line):
        place = t.line_state[line, HELD_HEAD] - 1
        _stop_holding(t, line, 0, place)
        case, step, visit = t.holding[place, HELD_CASE], t.holding[place, HELD_STEP], t.holding[place, HELD_VISIT]
        _queue_up(t, case, step, visit, place, now)
        admitted = True
    return admitted


@inner
def _admit_held(t, now):
    changed = False
    for line in range(len(t.lines)):
        before, held = np.int64(0), t.line_state[line, HELD_HEAD]
        while held > 0:
            following = t.holding[held - 1, HELD_NEXT]
            if t.cases[t.holding[held - 1, HELD_CASE], OUTCOME] != _CASE_OPEN:
                _stop_holding(t, line, before, held - 1)
                changed = True
            else:
                before = held
            held = following
        if _admit(t, line, now):
            changed = True
    return changed


# Who takes what


@inner
def _present(t, pool):
    """Whether anybody is on duty there, and does not help elsewhere."""
    for word in range(t.pools[pool, WORD], t.pools[pool, WORD_END]):
        if t.officers[word, ON_DUTY] & ~t.officers[word, HELPS] != 0:
            return True
    return False


@inner
def _has_time(t, pool):
    """Whether somebody there is free for a task that comes now."""
    free = np.int64(0)
    for word in range(t.pools[pool, WORD], t.pools[pool, WORD_END]):
        available = t.officers[word, FREE] & t.officers[word, ON_DUTY] & ~t.officers[word, HELPS]
        if available != 0 and t.pools[pool, BOOKED] == 0:
            return True
        while available != 0:
            available &= available - 1
            free += 1
    return free > t.pools[pool, BOOKED]


_HERE, _HELPING, _LATE = range(3)


@inner
def _lowest(t, pool, crew):
    """The lowest-numbered free officer of those who work here, who help elsewhere, or who stay late; -1 for none."""
    first = t.pools[pool, WORD]
    for word in range(first, t.pools[pool, WORD_END]):
        available = t.officers[word, FREE]
        if crew == _HERE:
            available &= t.officers[word, ON_DUTY] & ~t.officers[word, HELPS]
        elif crew == _HELPING:
            available &= t.officers[word, ON_DUTY] & t.officers[word, HELPS]
        else:
            available &= t.officers[word, LATE]
        if available != 0:
            return (word - first) * 64 + _lowest_bit(np.uint64(available))
    return np.int64(-1)


@inner
def _seat_of(t, line, pool):
    for seat in range(t.lines[line, FIRST_SEAT], t.lines[line, END_SEAT]):
        if t.seats[seat, SEAT_POOL] == pool:
            return seat
    return t.lines[line, FIRST_SEAT]


@inner
def _may_serve(t, line, pool, by_helper):
    """Whether a pool takes tasks of a line now: no pool that is preferred to it could, and a stand-in is needed."""
    first = t.lines[line, FIRST_SEAT]
    if t.lines[line, TOGETHER]:
        if by_helper:
            return False
        absent = 0
        for seat in range(first, t.lines[line, END_SEAT]):
            absent += 0 if _present(t, t.seats[seat, SEAT_POOL]) else 1
        return absent == 0
    anybody = False  # on duty in the pools before
    for seat in range(first, t.lines[line, END_SEAT]):
        other = t.seats[seat, SEAT_POOL]
        needed = t.seats[seat, STANDS_IN] == 0 or not anybody
        if other == pool:
            return needed
        if needed and _has_time(t, other):
            return False
        anybody = anybody or _present(t, other)
    return False


@inlined
def _may_be_taken(t, row, late, closed_at, booked_bit):
    if late:
        return t.steps[t.rows[row, ROW_STEP], RULE] == _SERVE and t.row_times[row, READY_AT] < closed_at
    return (t.line_rows[row, BOOKED_BY] & booked_bit) == 0


@inner
def _foremost(t, line, late, closed_at, booked_bit, now):
    """The first task of a line that may be taken; -1 for none. Who left by the other order is dropped on the way."""
    if t.lines[line, KEEPS_DUE]:
        row = t.line_state[line, DUE_HEAD]
        while row >= 0:
            behind = t.line_rows[row, DUE_BEHIND]
            if t.rows[row, ROW_STATE] != QUEUED:
                _remove_by_due(t, line, row)
            elif _may_be_taken(t, row, late, closed_at, booked_bit):
                break
            row = behind
        if row < 0 or t.pools[t.lines[line, FIRST_POOL], BY_DUE] or t.line_times[row, ESCALATES_AT] <= now:
            return row
    row = np.int64(t.queues[line, HEAD])
    while row >= 0 and not _may_be_taken(t, row, late, closed_at, booked_bit):
        row = np.int64(t.rows[row, BEHIND])
    return row


@inner
def _comes_before(t, row, rank, other, other_rank, pool, now):
    """Whether a task comes before another in the order of a pool."""
    soon, other_soon = t.line_times[row, ESCALATES_AT] <= now, t.line_times[other, ESCALATES_AT] <= now
    if soon != other_soon:
        return soon
    by_due = soon
    if not soon:
        if rank != other_rank:
            return rank < other_rank
        priority, other_priority = _aged_class(t, row, pool, now), _aged_class(t, other, pool, now)
        if priority != other_priority:
            return priority < other_priority
        by_due = t.pools[pool, BY_DUE] == 1
    if by_due and t.line_times[row, DUE_AT] != t.line_times[other, DUE_AT]:
        return t.line_times[row, DUE_AT] < t.line_times[other, DUE_AT]
    return t.line_rows[row, JOINED] < t.line_rows[other, JOINED]


@inlined
def _aged_class(t, row, pool, now):
    priority = t.lines[_queue_of(t.steps, t.cases, t.rows[row, ROW_CASE], t.rows[row, ROW_STEP]), LINE_PRIORITY]
    ageing = t.limits[pool, AGEING]
    if ageing > 0.0:
        priority = max(np.int64(1), priority - np.int64((now - t.row_times[row, READY_AT]) / ageing))
    return priority


@inner
def _next_of(t, pool, by_helper, late, now):
    """The next task at a pool; -1 for none. Late are taken only those who came for this pool and were there."""
    best, best_rank = np.int64(-1), np.int64(0)
    if by_helper and _has_time(t, pool):
        return best
    for i in range(t.pools[pool, FIRST_LINE], t.pools[pool, END_LINE]):
        line = t.own_lines[i, LINE]
        if t.queues[line, HEAD] < 0:
            continue
        if late:
            if t.lines[line, FIRST_POOL] != pool:
                continue
        elif not _may_serve(t, line, pool, by_helper):
            continue
        booked_bit = np.int64(0)
        if t.lines[line, TOGETHER]:
            booked_bit = np.int64(1) << np.int64(_seat_of(t, line, pool) - t.lines[line, FIRST_SEAT])
        row = _foremost(t, line, late, t.closed_at[pool], booked_bit, now)
        rank = t.own_lines[i, LINE_RANK]
        if row >= 0 and (best < 0 or _comes_before(t, row, rank, best, best_rank, pool, now)):
            best, best_rank = row, rank
    return best


@inner
def _book(t, pool, row):
    """Whether every other pool that does the task together has booked an officer for it; if not, this one does."""
    line = t.steps[t.rows[row, ROW_STEP], QUEUE]
    first, end = t.lines[line, FIRST_SEAT], t.lines[line, END_SEAT]
    own = np.int64(1) << np.int64(_seat_of(t, line, pool) - first)
    if t.line_rows[row, BOOKED_BY] | own == (np.int64(1) << np.int64(end - first)) - 1:
        return True
    t.line_rows[row, BOOKED_BY] |= own
    t.bookings[t.pools[pool, FIRST_SERVER] + t.pools[pool, BOOKED], BOOKED_ROW] = row
    t.pools[pool, BOOKED] += 1
    return False


@inner
def _strike_out(t, pool, row):
    """A task that begins needs no booking any more."""
    first, count, kept = t.pools[pool, FIRST_SERVER], t.pools[pool, BOOKED], 0
    for i in range(count):
        if t.bookings[first + i, BOOKED_ROW] != row:
            t.bookings[first + kept, BOOKED_ROW] = t.bookings[first + i, BOOKED_ROW]
            kept += 1
    t.pools[pool, BOOKED] = kept


@inner
def _unbook(t, pool):
    """Nobody is booked there any more; how many were, and for which tasks, is kept beside."""
    first, count = t.pools[pool, FIRST_SERVER], t.pools[pool, BOOKED]
    for i in range(count):
        row = t.bookings[first + i, BOOKED_ROW]
        line = t.steps[t.rows[row, ROW_STEP], QUEUE]
        t.line_rows[row, BOOKED_BY] &= ~(np.int64(1) << np.int64(_seat_of(t, line, pool) - t.lines[line, FIRST_SEAT]))
        t.bookings[first + i, BOOKED_BEFORE] = row
    t.pools[pool, BOOKED] = 0
    return count


@inner
def _finishes(t, pool, officer, work, late, now):
    work_list = np.int64(t.pools[pool, LATE_WORK])
    if not late:
        work_list = t.groups[t.server_group[t.pools[pool, FIRST_SERVER] + officer], GROUP_WORK]
    if work_list >= 0:
        return advance(work_list, now, work, t.cal_first, t.cal_open, t.cal_close, t.cal_day)
    return now + work


@inner
def _take(t, row, pool, crew, at, now):
    """The lowest-numbered free officer of a pool's crew takes a task, or a batch, that waits for the pool ``at``."""
    step = t.rows[row, ROW_STEP]
    line, late = _queue_of(t.steps, t.cases, t.rows[row, ROW_CASE], step), crew == _LATE
    factor = t.factors[_seat_of(t, line, at)]
    worker = np.int64(t.line_rows[row, IN_POOL]) if t.lines[line, TOGETHER] else pool
    learning = t.learned[worker, day_number(now)] if len(t.learned) > 0 else 1.0
    members, member, last, longest = np.int64(0), row, np.int64(-1), 0.0
    while member >= 0 and members < t.lines[line, BATCH]:
        case, visit = t.rows[member, ROW_CASE], t.rows[member, ROW_VISIT]
        _unlink(t.queues, t.rows, line, member)
        t.queues[line, LENGTH] -= 1
        _one_less_waits(t.steps, t.pools, step)
        t.counters[QUEUED_TASKS] -= 1
        if t.lines[line, KEEPS_DUE]:
            _remove_by_due(t, line, member)
        own_step = t.rows[member, ROW_STEP]  # the same step of the file, in another phase perhaps
        work = _draw(t.columns, t.draws, t.next_slot, t.services, t.cases, case, own_step, _WORK, visit)
        work = work * factor * learning
        longest = max(longest, work)
        _begin_work(t.rows, t.row_times, member, -1, work, now)
        t.line_rows[member, JOB] = row
        t.rows[member, BEHIND] = -1  # from here on: the next task of the batch
        if last >= 0:
            t.rows[last, BEHIND] = member
        last = member
        members += 1
        if members < t.lines[line, BATCH]:
            member = _foremost(t, line, late, t.closed_at[at], np.int64(0), now)
    t.line_rows[row, JOB_TASKS] = members
    finish = now
    if t.lines[line, TOGETHER]:
        for seat in range(t.lines[line, END_SEAT] - t.lines[line, FIRST_SEAT]):
            taker = t.line_rows[row + seat, IN_POOL]
            officer = _lowest(t, taker, _HERE)
            _set_busy(t.pools, t.officers, taker, officer)
            _strike_out(t, taker, row)
            t.rows[row + seat, ROW_SERVER] = officer
            finish = max(finish, _finishes(t, taker, officer, longest, False, now))
    else:
        officer = _lowest(t, pool, crew)
        _set_busy(t.pools, t.officers, pool, officer)
        finish = _finishes(t, pool, officer, longest, late, now)
        member = row
        while member >= 0:
            t.rows[member, ROW_SERVER] = officer
            t.line_rows[member, IN_POOL] = pool
            member = np.int64(t.rows[member, BEHIND])
    member = row
    while member >= 0:
        key = _key(FINISH, t.rows[member, ROW_CASE], t.rows[member, ROW_STEP], t.rows[member, ROW_VISIT])
        _push(t.heap, t.counters, finish, key, member)
        member = np.int64(t.rows[member, BEHIND])
    _admit(t, line, now)


@inner
def _serve(t, pool, now):
    """Those who are free take what waits, in the order of their pool; whether that changed anything."""
    before, served = _unbook(t, pool), False
    while _has_time(t, pool):
        row = _next_of(t, pool, False, False, now)
        if row < 0:
            break
        if not t.lines[t.steps[t.rows[row, ROW_STEP], QUEUE], TOGETHER] or _book(t, pool, row):
            _take(t, row, pool, _HERE, pool, now)
            served = True
    helped = t.pools[pool, TIDE_TO]
    while helped >= 0 and _lowest(t, pool, _HELPING) >= 0:
        row = _next_of(t, helped, True, False, now)
        if row < 0:
            break
        _take(t, row, pool, _HELPING, helped, now)
        served = True
    while t.pools[pool, SERVING_LATE] == 1 and _lowest(t, pool, _HERE) < 0 and _lowest(t, pool, _HELPING) < 0:
        row = _next_of(t, pool, False, True, now)
        if row < 0 or _lowest(t, pool, _LATE) < 0:
            break
        _take(t, row, pool, _LATE, pool, now)
        served = True
    if served or before != t.pools[pool, BOOKED]:
        return True
    first, others = t.pools[pool, FIRST_SERVER], 0
    for i in range(before):
        others += 1 if t.bookings[first + i, BOOKED_ROW] != t.bookings[first + i, BOOKED_BEFORE] else 0
    return others > 0


@inner
def _send_helpers(t, pool):
    """Who helps at another pool: the highest-numbered of those on duty, while the tide is in."""
    left = t.pools[pool, TIDE_OFFICERS] if t.pools[pool, HELPING] else np.int64(0)
    for word in range(t.pools[pool, WORD_END] - 1, t.pools[pool, WORD] - 1, -1):
        t.officers[word, HELPS] = 0
        for bit in range(63, -1, -1):
            officer = np.int64(1) << np.int64(bit)
            if left > 0 and t.officers[word, ON_DUTY] & officer:
                t.officers[word, HELPS] |= officer
                left -= 1


@inner
def _turn_tide(t, pool):
    """Officers go to help where many wait, and come back when few do."""
    waiting, helped = 0, t.pools[pool, TIDE_TO]
    for i in range(t.pools[helped, FIRST_LINE], t.pools[helped, END_LINE]):
        waiting += t.queues[t.own_lines[i, LINE], LENGTH]
    helping = waiting > t.pools[pool, TIDE_ABOVE]
    if t.pools[pool, HELPING]:
        helping = waiting >= t.pools[pool, TIDE_BELOW]
    if helping != (t.pools[pool, HELPING] == 1):
        t.pools[pool, HELPING] = helping
        _touch(t.pools, t.counters, pool)


@inner
def _dispatch(t, now):
    """Officers take waiting tasks, in every pool where anything changed; whether anything did."""
    changed = t.counters[HELD_CASES] > 0 and _admit_held(t, now)
    if t.counters[TOUCHED_POOLS] == 0:
        return changed
    t.counters[TOUCHED_POOLS] = 0
    linked = False
    for pool in range(len(t.pools)):
        linked = linked or (t.pools[pool, TOUCHED] == 1 and t.pools[pool, LINKED] == 1)
    for pool in range(len(t.pools)):
        takes_part = t.pools[pool, TOUCHED] == 1 or (linked and t.pools[pool, LINKED] == 1)
        t.pools[pool, TAKES_PART] = takes_part
        if takes_part:
            t.pools[pool, TOUCHED] = 0
            if t.pools[pool, TIDE_TO] >= 0:
                _send_helpers(t, pool)
    busy = True
    while busy:
        busy = False
        for pool in range(len(t.pools)):
            if t.pools[pool, TAKES_PART] and _serve(t, pool, now):
                busy = True
    for pool in range(len(t.pools)):
        if t.pools[pool, TAKES_PART]:
            if t.pools[pool, SERVING_LATE] == 1 and _next_of(t, pool, False, True, now) < 0:
                t.pools[pool, SERVING_LATE] = 0
            _unbook(t, pool)
            if t.pools[pool, TIDE_TO] >= 0:
                _turn_tide(t, pool)
    return True


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
    outages = bool(features & Feature.OUTAGES)
    learning = bool(features & Feature.LEARNING)
    large_pools = bool(features & Feature.LARGE_POOLS)
    refusing = bool(features & Feature.REFUSALS)
    withdrawing = bool(features & Feature.WITHDRAWALS)
    deeming = bool(features & Feature.DEEMED_APPROVAL)
    by_attempt = bool(features & Feature.ATTEMPTS)
    gating = bool(features & Feature.GATES)
    holding = bool(features & Feature.HOLDING_BACK)
    balking = bool(features & Feature.BALKING)
    retrying = bool(features & Feature.RETRIALS)
    channelled = bool(features & Feature.CHANNELS)
    informed = bool(features & Feature.INFORMED)
    many_pools = bool(features & Feature.MANY_POOLS)
    booking = bool(features & Feature.APPOINTMENTS)
    in_lines = bool(features & Feature.LINES)

    @compiled
    def run(steps, shares, attempts, edges, choices, sections, services, service_shares, channel_pools, channel_times,
            pools, groups, server_group, change_time, changes,
            cal_first, cal_open, cal_close, cal_day, workdays, past_workdays, workday_close, learned, classes,
            hall_room,
            case_service, applied, columns, draws, next_slot, horizon, measured, window_end, cap, stop,
            cases, case_times, progress, stack, officers, queues, gates, closed_at, rows, row_times, heap,
            counters, clock, t):
        """Run until the loop ends for one of the reasons above, and return which.

        The state is in the tables of the last two lines alone, ``clock[0]`` being the present instant, so that the
        loop goes on where it was when it is called again; ``t`` holds some of them once more, and those of the lines.
        """
        if (
            steps.shape[1] != STEP_COLUMNS
            or shares.shape[1] != SHARE_COLUMNS
            or services.shape[1] != SERVICE_COLUMNS
            or pools.shape[1] != POOL_COLUMNS
            or cases.shape[1] != CASE_COLUMNS
            or case_times.shape[1] != CASE_TIMES
            or progress.shape[1] != PROGRESS_COLUMNS
            or rows.shape[1] != ROW_COLUMNS
            or row_times.shape[1] != ROW_TIMES
            or officers.shape[1] != OFFICER_COLUMNS
            or queues.shape[1] != QUEUE_COLUMNS
            or columns.shape[1] != DRAW_KINDS
        ):
            return WRONG_SHAPE  # never; but from here on the compiler knows how wide each table is
        arrival_count, pool_count, change_count = len(applied), len(pools), len(change_time)
        main_calendar = len(groups)
        heap_room = len(heap) // EVENT_COLUMNS - len(steps) - MOST_JOINED - 8
        arrival, change = counters[NEXT_ARRIVAL], counters[NEXT_CHANGE]
        time_arrival = applied[arrival] if arrival < arrival_count else np.inf
        time_change = change_time[change] if change < change_count else np.inf
        time_outside = min(time_arrival, time_change)
        step_count = len(steps)
        now = clock[0]
        instants = 0
        if (withdrawing or deeming or holding) and counters[BACKLOG_BEGUN] == 0:
            counters[BACKLOG_BEGUN] = 1
            for case in range(counters[NEXT_ARRIVAL]):
                if withdrawing:
                    _expect_withdrawal(
                        services, columns, draws, next_slot, cases, heap, counters, cal_first, cal_open, cal_close,
                        cal_day, main_calendar, step_count, case, now,
                    )
                if deeming and not np.isnan(case_times[case, ACCEPTED]):
                    _expect_deemed(
                        steps, services, cases, case_times, workdays, past_workdays, workday_close, heap, counters,
                        case, now,
                    )
                if holding:
                    _settle_hand(
                        steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case,
                        False, now,
                    )
        while True:
            if counters[HEAP_SIZE] + counters[QUEUED_TASKS] > heap_room:
                return HEAP_FULL
            if in_lines and counters[HEAP_SIZE] + counters[QUEUED_TASKS] + 2 * counters[HELD_CASES] > heap_room:
                return HEAP_FULL
            if counters[ROW_COUNT] == len(rows) or (in_lines and _rows_needed(t) > len(rows)):
                return ROWS_FULL
            held = counters[HELD_KEY]
            time_heap = _time(heap[EVENT_TIME])
            time = now if held != 0 else min(time_heap, time_outside)

            # Dispatch: nothing more is pending at this instant, so officers take waiting tasks.
            if time > now:
                dispatched = _dispatch(t, now) if in_lines else counters[TOUCHED_POOLS] != 0
                pool = np.int64(-1)
                while not in_lines and counters[TOUCHED_POOLS] != 0:
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
                        row = _place(row)
                        case, step = _place(rows[row, ROW_CASE]), _place(rows[row, ROW_STEP])
                        visit = np.int64(rows[row, ROW_VISIT])
                        queue = pool
                        if priorities:
                            rank = _class_of(steps, cases, case, step) if booking else steps[step, RANK]
                            queue = _place(pool * classes + rank)
                        _unlink(queues, rows, queue, row)
                        counters[QUEUED_TASKS] -= 1
                        if balking or informed:
                            _one_less_waits(steps, pools, step)
                        _set_busy(pools, officers, pool, officer)
                        work = _draw(columns, draws, next_slot, services, cases, case, step, _WORK, visit)
                        if learning and len(learned) > 0:
                            work *= learned[pool, day_number(now)]
                        finish = now + work
                        if pausing:
                            work_list = np.int64(pools[pool, LATE_WORK])
                            if not late:
                                work_list = groups[server_group[pools[pool, FIRST_SERVER] + officer], GROUP_WORK]
                        if pausing and work_list >= 0:
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
                if patient and counters[JUST_JOINED] > 0:  # whoever was served at once needs no expiry
                    for k in range(counters[JUST_JOINED]):
                        row = _place(counters[COUNTERS + k])
                        if rows[row, ROW_STATE] == QUEUED:
                            case, step = _place(rows[row, ROW_CASE]), _place(rows[row, ROW_STEP])
                            visit = np.int64(rows[row, ROW_VISIT])
                            patience = _draw(columns, draws, next_slot, services, cases, case, step, _PATIENCE, visit)
                            _push(heap, counters, now + patience, _key(EXPIRY, case, step, visit), row)
                    counters[JUST_JOINED] = 0
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
                if outages and kind >= DOWN:
                    _change_system(pools, officers, counters, of, kind == DOWN)
                elif kind <= ON:
                    _change_duty(pools, groups, officers, counters, of, kind == ON)
                elif gating and kind == GATE:
                    _open_gate(steps, services, gates, cases, progress, rows, row_times, heap, counters, of, now)
                elif closing:
                    left, ended, to_serve = _close_day(
                        steps, services, pools, classes, queues, t.lines, t.own_lines, gates, cases, case_times,
                        progress, rows, row_times, heap, counters, cal_first, cal_open, cal_close, cal_day,
                        main_calendar + 1 + of, of, now, measured,
                    )
                    counters[QUEUED_TASKS] -= left
                    counters[MEASURED_OPEN] -= ended
                    if to_serve and not (outages and pools[of, SYSTEMS_DOWN] > 0):
                        closed_at[of] = now
                        _stay_late(pools, groups, officers, counters, cal_first, cal_close, of, now)
                continue

            # Arrivals.
            if time_outside == now and time_arrival == now:
                service = case_service[arrival]
                first_step = services[service, FIRST_STEP]
                if _key(READY, arrival, first_step, 0) < key:
                    comes = not (booking and cases[arrival, BOOKING] == _NO_SHOW)
                    if informed and comes and service_shares[service, INFORMED_SHARE] > 0.0:
                        drawn = _draw(columns, draws, next_slot, services, cases, arrival, first_step, _INFORMED, 0)
                        if drawn < service_shares[service, INFORMED_SHARE]:
                            cases[arrival, CHANNEL] = _fastest_channel(
                                services, pools, officers, channel_pools, channel_times, main_calendar + 1, cal_first,
                                cal_open, cal_close, cal_day, service, now,
                            )
                    if withdrawing and comes:
                        _expect_withdrawal(
                            services, columns, draws, next_slot, cases, heap, counters, cal_first, cal_open, cal_close,
                            cal_day, main_calendar, step_count, arrival, now,
                        )
                    if deeming and comes and not np.isnan(case_times[arrival, ACCEPTED]):
                        _expect_deemed(
                            steps, services, cases, case_times, workdays, past_workdays, workday_close, heap, counters,
                            arrival, now,
                        )
                    if not comes:
                        cases[arrival, OUTCOME] = _CASE_NO_SHOW
                        case_times[arrival, LEFT] = now
                        counters[MEASURED_OPEN] -= np.int64(measured[arrival])
                    elif routes:
                        for step in range(first_step, services[service, END_STEP]):
                            if steps[step, FULL_MASK] == 0:
                                place = np.int64(cases[arrival, BASE]) + step
                                _announce_now(cases, progress, heap, counters, routes, arrival, step, place, now)
                    else:
                        place = _place(cases[arrival, BASE] + first_step)
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
            expiring = step - step_count
            if (withdrawing or deeming) and expiring >= 0:
                kind = np.int64(LIMITS)
                step = np.int64(services[cases[case, SERVICE], FIRST_STEP])
            place = _place(cases[case, BASE] + step)
            pool = steps[step, POOL] if outside else _place(steps[step, POOL])
            ended = over = passed = failed = sent_back = gives_up = False
            ending = np.int64(_CASE_FINISHED)  # or how the case ends early

            # A task's work is over.
            if kind == FINISH:
                row = _place(row)
                row_times[row, FINISH_AT] = now
                rows[row, ROW_OUTCOME] = _DONE
                rows[row, ROW_STATE] = GONE
                if not outside or pool >= 0:
                    if in_lines:
                        _let_go(t, row)
                    else:
                        _set_free(pools, officers, counters, _place(pool), _place(rows[row, ROW_SERVER]))
                if cases[case, OUTCOME] != _CASE_OPEN:
                    rows[row, ROW_OUTCOME] = _WASTED
                    continue
                if clocks and progress[place, CLOCK] & SPECIAL:
                    progress[place, CLOCK] &= ~SPECIAL
                    _resume_clock(workdays, cases, case_times, case, now)
                    if deeming and cases[case, STOPS] == 0:
                        _expect_deemed(
                            steps, services, cases, case_times, workdays, past_workdays, workday_close, heap, counters,
                            case, now,
                        )
                passed = True
                if (
                    refusing
                    and shares[step, REFUSES] > 0.0
                    and _draw(columns, draws, next_slot, services, cases, case, step, _REFUSAL, visit)
                    < shares[step, REFUSES]
                ):
                    passed = False
                    rows[row, ROW_OUTCOME] = _REFUSED
                    ending = np.int64(_CASE_REFUSED)
                    if np.isnan(case_times[case, DECIDED]):
                        _decide(workdays, cases, case_times, case, now)
                elif (
                    refusing
                    and shares[step, REVOKES] > 0.0
                    and not np.isnan(case_times[case, DECIDED])
                    and _draw(columns, draws, next_slot, services, cases, case, step, _REVOCATION, visit)
                    < shares[step, REVOKES]
                ):
                    passed = False
                    rows[row, ROW_OUTCOME] = _REVOKED
                    ending = np.int64(_CASE_REVOKED)
                elif (
                    channelled
                    and shares[step, FAILS] > 0.0
                    and _draw(columns, draws, next_slot, services, cases, case, step, _FAILURE, visit)
                    < shares[step, FAILS]
                ):
                    failed = True
                    cases[case, CHANNEL] = steps[step, FAILS_TO]
                elif (
                    returning
                    and shares[step, RETURN_SHARE] > 0.0
                    and progress[place, RETURNED_TIMES] < steps[step, RETURN_LIMIT]
                    and _draw(columns, draws, next_slot, services, cases, case, step, _RETURN, visit)
                    < _return_share(steps, shares, attempts, progress, step, place, by_attempt)
                ):
                    passed = False
                    sent_back = True
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
                over = ending == _CASE_FINISHED

            # A task becomes ready: it joins a queue or, outside every pool, begins.
            elif kind == READY:
                if cases[case, OUTCOME] != _CASE_OPEN:
                    continue
                admitted = False
                if gating or holding or retrying or channelled:
                    admitted = (progress[place, CLOCK] & ADMITTED) != 0
                if sharing and not admitted and shares[step, SHARE] < 1.0:
                    passed = (
                        shares[step, SHARE] <= 0.0
                        or _draw(columns, draws, next_slot, services, cases, case, step, _SHARE, visit)
                        >= shares[step, SHARE]
                    )
                comes_from = np.int64(0)
                if in_lines:
                    comes_from = t.holding[place, COMES_FROM]
                    t.holding[place, COMES_FROM] = 0
                if channelled and not admitted and steps[step, CHANNELS] != 0 and cases[case, CHANNEL] >= 0:
                    passed = passed or ((steps[step, CHANNELS] >> np.int64(cases[case, CHANNEL])) & 1) == 0
                if (gating or holding) and not passed and not admitted:
                    waits = gating and steps[step, WAITS_AT] >= 0
                    service = cases[case, SERVICE]
                    if (
                        holding
                        and not waits
                        and steps[step, ACCEPTED_HERE]
                        and services[service, MOST_IN_HAND] < _NO_LIMIT
                        and cases[case, IN_HAND] == 0
                        and np.isnan(case_times[case, DECIDED])
                    ):
                        waits = services[services[service, HAND], IN_HAND_NOW] >= services[service, MOST_IN_HAND]
                        if not waits:
                            _take_in_hand(services, cases, case)
                    if waits:
                        if clocks and progress[place, CLOCK] & AWAY:
                            progress[place, CLOCK] &= ~AWAY
                            _resume_clock(workdays, cases, case_times, case, now)
                            if deeming and cases[case, STOPS] == 0:
                                _expect_deemed(
                                    steps, services, cases, case_times, workdays, past_workdays, workday_close,
                                    heap, counters, case, now,
                                )
                        if clocks and steps[step, SPECIAL_STEP] and (progress[place, CLOCK] & SPECIAL) == 0:
                            _stop_clock(cases, case_times, progress, case, place, SPECIAL, now)
                        row = _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now)
                        if in_lines:
                            _describe(t, row, row, -1)
                        _wait_before(gates, rows, counters, _gate_of(steps, services, cases, case, step), row)
                        continue
                if doors and not passed and pool >= 0 and steps[step, IN_PERSON] and pools[pool, HAS_DOORS]:
                    joins = _joins(
                        pools[pool, WAITS_OUTSIDE], main_calendar + 1 + pool, cal_first, cal_open, cal_close, cal_day,
                        now, applied[case],
                    )
                    if joins > now:
                        if channelled:  # whether the case does the step is settled: it may change its channel meanwhile
                            progress[place, CLOCK] |= ADMITTED
                        _push(heap, counters, joins, key, -1)
                        continue
                if clocks and progress[place, CLOCK] & AWAY:
                    progress[place, CLOCK] &= ~AWAY
                    _resume_clock(workdays, cases, case_times, case, now)
                    if deeming and cases[case, STOPS] == 0:
                        _expect_deemed(
                            steps, services, cases, case_times, workdays, past_workdays, workday_close, heap, counters,
                            case, now,
                        )
                if (sharing or channelled) and passed:
                    over = True
                elif in_lines and pool >= 0:
                    progress[place, CLOCK] &= ~ADMITTED
                    if comes_from > 0 and _is_full(t, steps[step, QUEUE]):
                        _hold(t, case, step, visit, place, comes_from - 1)
                    elif balking and steps[step, IN_PERSON] and _balks(pools, officers, pool, hall_room):
                        if clocks and steps[step, SPECIAL_STEP] and (progress[place, CLOCK] & SPECIAL) == 0:
                            _stop_clock(cases, case_times, progress, case, place, SPECIAL, now)
                        row = _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now)
                        _describe(t, row, row, pool)
                        _balk(rows, row_times, row, now)
                        ending = np.int64(_CASE_BALKED)
                        gives_up = True
                    else:
                        _queue_up(t, case, step, visit, place, now)
                else:
                    if gating or holding or retrying or channelled:
                        progress[place, CLOCK] &= ~ADMITTED
                    if clocks and steps[step, SPECIAL_STEP] and (progress[place, CLOCK] & SPECIAL) == 0:
                        _stop_clock(cases, case_times, progress, case, place, SPECIAL, now)
                    row = _begin_row(cases, progress, rows, row_times, counters, case, step, visit, place, now)
                    if in_lines:
                        _describe(t, row, row, pool)
                    if outside and pool < 0:
                        work = _draw(columns, draws, next_slot, services, cases, case, step, _WORK, visit)
                        finish = now + work
                        if working_time and steps[step, WORKING_TIME]:
                            finish = advance(main_calendar, now, work, cal_first, cal_open, cal_close, cal_day)
                        _begin_work(rows, row_times, row, -1, work, now)
                        _push(heap, counters, finish, _key(FINISH, case, step, visit), row)
                    elif balking and steps[step, IN_PERSON] and _balks(pools, officers, pool, hall_room):
                        _balk(rows, row_times, row, now)
                        ending = np.int64(_CASE_BALKED)
                        gives_up = True
                    else:
                        pool = _place(pool)
                        queue = pool
                        if priorities:
                            rank = _class_of(steps, cases, case, step) if booking else steps[step, RANK]
                            queue = _place(pool * classes + rank)
                        _join_queue(pools, queues, rows, counters, pool, queue, row)
                        if balking or informed:
                            _one_more_waits(steps, pools, step)
                        if patient and columns[step, _PATIENCE] >= 0:
                            patience = _draw(columns, draws, next_slot, services, cases, case, step, _PATIENCE, visit)
                            if now + patience > now and counters[JUST_JOINED] < MOST_JOINED:
                                counters[COUNTERS + counters[JUST_JOINED]] = row
                                counters[JUST_JOINED] += 1
                            else:
                                _push(heap, counters, now + patience, _key(EXPIRY, case, step, visit), row)

            # The applicant withdraws, or the statutory limit passes.
            elif (withdrawing or deeming) and kind == LIMITS:
                if cases[case, OUTCOME] != _CASE_OPEN or not np.isnan(case_times[case, DECIDED]):
                    continue
                if withdrawing and expiring == WITHDRAWN_THEN:
                    ending = np.int64(_CASE_WITHDRAWN)
                elif (
                    deeming
                    and cases[case, STOPS] == 0
                    and _deemed_at(services, cases, case_times, workdays, past_workdays, workday_close, case) <= now
                ):
                    ending = np.int64(_CASE_DEEMED)
                    _decide(workdays, cases, case_times, case, now)

            # Patience has run out.
            elif patient and rows[row, ROW_STATE] == QUEUED:
                _leave_unserved(steps, pools, classes, queues, cases, rows, row_times, row, _RENEGED, now)
                counters[QUEUED_TASKS] -= 1
                ending = np.int64(_CASE_RENEGED)
                gives_up = True

            if (
                retrying
                and gives_up
                and columns[step, _RETRY] >= 0
                and cases[case, RETRIED] < services[cases[case, SERVICE], RETRY_LIMIT]
                and _draw(columns, draws, next_slot, services, cases, case, step, _RETRY, visit)
                < service_shares[cases[case, SERVICE], RETRY_SHARE]
            ):
                ending = np.int64(_CASE_FINISHED)
                cases[case, RETRIED] += 1
                if routes:
                    cases[case, OPEN_TASKS] -= 1
                progress[place, CLOCK] |= ADMITTED
                delay = _draw(columns, draws, next_slot, services, cases, case, step, _RETRY_DELAY, visit)
                when = now + delay
                if working_time and services[cases[case, SERVICE], RETRY_WORKING_TIME]:
                    when = advance(main_calendar, now, delay, cal_first, cal_open, cal_close, cal_day)
                _announce(cases, progress, heap, counters, routes, case, step, place, when)
            if (patient or balking or refusing or withdrawing or deeming) and ending != _CASE_FINISHED:
                counters[QUEUED_TASKS] -= _end_case(
                    steps, services, pools, classes, queues, gates, cases, case_times, progress, rows, row_times,
                    counters, case, ending, now,
                )
                ended = True

            unaccepted = np.isnan(case_times[case, ACCEPTED])
            if routes and passed:
                visits = _visits_of_next(t, step, place) if in_lines else 0
                _complete(
                    steps, edges, choices, services, workdays, columns, draws, next_slot, cases, case_times, progress,
                    stack, heap, counters, choosing, case, step, failed, now,
                )
                if in_lines and kind == FINISH and pool >= 0 and _visits_of_next(t, step, place) > visits:
                    t.holding[place + steps[step, HELD_FOR] - step, COMES_FROM] = row + 1
            elif passed:
                ended = _follow_line(
                    steps, workdays, cases, case_times, progress, heap, counters, case, step, place, failed, now
                )
            if deeming and unaccepted and not np.isnan(case_times[case, ACCEPTED]):
                _expect_deemed(
                    steps, services, cases, case_times, workdays, past_workdays, workday_close, heap, counters, case,
                    now,
                )
            if routes and over:
                ended = _close_task(workdays, cases, case_times, case, now)
            if holding:
                _settle_hand(
                    steps, services, gates, cases, case_times, progress, rows, row_times, heap, counters, case,
                    sent_back, now,
                )
            if ended and measured[case]:
                counters[MEASURED_OPEN] -= 1

    return run


@inlined
def _read_row(rows, row_times, step_pool, i, k, case, step, visit, pool, server, outcome, ready, start, finish, work):
    """Copy row i into place k of one array a column."""
    j = rows[i, ROW_STEP]
    before = rows[i, ROW_SERVER] == BEFORE_A_STEP
    case[k] = rows[i, ROW_CASE]
    step[k] = j
    visit[k] = rows[i, ROW_VISIT]
    pool[k] = -1 if before else step_pool[j]
    server[k] = -1 if before else rows[i, ROW_SERVER]
    outcome[k] = rows[i, ROW_OUTCOME]
    ready[k] = row_times[i, READY_AT]
    start[k] = row_times[i, START_AT]
    finish[k] = row_times[i, FINISH_AT]
    work[k] = row_times[i, WORK_DONE]


@compiled
def read_line_rows(rows, row_times, line_rows, case, step, visit, pool, server, outcome, ready, start, finish, work):
    """The same where tasks waited in lines: in the pool that took it, further rows as the first of their task."""
    for i in range(len(case)):
        leader = line_rows[i, LEADER] if line_rows[i, LEADER] >= 0 else i
        case[i], step[i], visit[i] = rows[i, ROW_CASE], rows[i, ROW_STEP], rows[i, ROW_VISIT]
        pool[i], server[i] = line_rows[i, IN_POOL], max(rows[i, ROW_SERVER], -1)
        outcome[i] = rows[leader, ROW_OUTCOME]
        ready[i], start[i] = row_times[leader, READY_AT], row_times[leader, START_AT]
        finish[i], work[i] = row_times[leader, FINISH_AT], row_times[leader, WORK_DONE]


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
