"""The compiled engine: the arrays of a network and a workload in, an event table out."""

from __future__ import annotations

import threading
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.dispatch import Dispatch
from simgov.engines import kernel
from simgov.engines.events import EventTable
from simgov.engines.features import Feature, features_of, loop_for
from simgov.engines.recursion import run_recursion, single_visits
from simgov.engines.replication import MeasuredCases, NeedsMore, Stopped, event_table, measured_cases
from simgov.network import Network
from simgov.workload import Workload


@dataclass(frozen=True, eq=False)
class _Tables:
    """A network as the tables with named columns that the kernel reads; the columns are named there."""

    steps: Integers
    shares: Floats
    attempts: Floats
    edges: Integers
    choices: Floats
    sections: Integers
    services: Integers
    service_shares: Floats
    channel_pools: Integers
    channel_times: Floats
    pools: Integers
    groups: Integers
    changes: Integers
    lines: Integers
    seats: Integers
    own_lines: Integers
    limits: Floats


_TASK_COLUMNS = {
    "case": np.int64,
    "step": np.int32,
    "visit": np.int32,
    "pool": np.int32,
    "server": np.int32,
    "outcome": np.int8,
    "ready": np.float64,
    "start": np.float64,
    "finish": np.float64,
    "work": np.float64,
}

_tables_of: WeakKeyDictionary[Network, _Tables] = WeakKeyDictionary()
_needed_by: WeakKeyDictionary[Network, int] = WeakKeyDictionary()


def run_compiled(network: Network, workload: Workload, stop: Integers, features: int | None = None) -> EventTable:
    """Run one workload through one network; see ``simgov.engines.simulate``.

    ``features`` compiles in more than the network needs, which changes no event. Without them, services of a single
    visit go by the recursion.
    """
    measured = measured_cases(network, workload)
    if features is None and _needed(network, workload) == 0 and single_visits(network):
        table = run_recursion(network, workload, measured, stop)
        if table is not None:
            return table
    in_lines = bool(_loop(network, workload, features) & Feature.LINES)
    state = begin(network, workload, measured, in_lines=in_lines)
    status, state = advance(network, workload, measured, state, stop, features)
    if status == kernel.NEEDS_MORE:
        raise NeedsMore
    return _table(network, workload, state, measured)


def advance(
    network: Network,
    workload: Workload,
    measured: MeasuredCases,
    state: State,
    stop: Integers,
    features: int | None = None,
) -> tuple[int, State]:
    """Go on until the run is COMPLETE or NEEDS_MORE arrivals; returns which, and the state then."""
    tables, services, calendars = tables_of(network), state.services, network.calendars
    run = kernel.loop(_loop(network, workload, features))
    while True:
        status = run(
            tables.steps,
            tables.shares,
            tables.attempts,
            tables.edges,
            tables.choices,
            tables.sections,
            services,
            tables.service_shares,
            tables.channel_pools,
            tables.channel_times,
            state.pools,
            tables.groups,
            network.server_group,
            network.change_time,
            tables.changes,
            calendars.first,
            calendars.open,
            calendars.close,
            calendars.day_first,
            network.day_table.workdays_before,
            network.day_table.past_before,
            network.day_table.workday_close,
            network.learning,
            network.classes,
            network.hall_room,
            workload.case_route,
            workload.applied,
            workload.column_start,
            workload.draws,
            workload.next_slot,
            workload.horizon,
            measured.cases,
            measured.end,
            network.cap,
            stop,
            state.cases,
            state.case_times,
            state.progress,
            state.stack,
            state.officers,
            state.queues,
            state.gates,
            state.closed_at,
            state.rows,
            state.row_times,
            state.heap,
            state.counters,
            state.clock,
            _line_tables(network, workload, tables, state),
        )
        if status in (kernel.COMPLETE, kernel.NEEDS_MORE):
            return status, state
        if status == kernel.STOPPED:
            raise Stopped
        if status == kernel.WRONG_SHAPE:
            raise ValueError("a table of the kernel does not have the columns that are named there")
        if status == kernel.ROWS_FULL:
            state = replace(
                state,
                rows=_twice(state.rows),
                row_times=_twice(state.row_times),
                line_rows=_twice(state.line_rows),
                line_times=_twice(state.line_times),
            )
        if status == kernel.HEAP_FULL:
            more = no_events(len(state.heap) // kernel.EVENT_COLUMNS)
            state = replace(state, heap=np.concatenate((state.heap, more)))


def _loop(network: Network, workload: Workload, features: int | None) -> int:
    """The features of the loop to run."""
    return loop_for(_needed(network, workload)) if features is None else features


def _needed(network: Network, workload: Workload) -> int:
    """The features of a network; which columns are drawn is the same in all its workloads."""
    if network not in _needed_by:
        _needed_by[network] = features_of(network, workload.column_start)
    return _needed_by[network]


@dataclass(frozen=True, eq=False)
class State:
    """The tables that the loop changes; their columns are named in the kernel."""

    services: Integers
    pools: Integers
    cases: Integers
    case_times: Floats
    progress: Integers
    stack: Integers
    officers: Integers
    queues: Integers
    gates: Integers
    closed_at: Floats
    rows: Integers
    row_times: Floats
    heap: Integers
    counters: Integers
    clock: Floats
    line_state: Integers
    line_rows: Integers
    line_times: Floats
    holding: Integers
    bookings: Integers


def begin(
    network: Network, workload: Workload, measured: MeasuredCases, *, scratch: bool = True, in_lines: bool = False
) -> State:
    """The state before the first event. ``scratch``: its large tables last until this thread's next replication;
    ``in_lines``: with the tables of the dispatch in lines.
    """
    tables, room = tables_of(network), _scratch if scratch else _own
    services = tables.services.copy()
    services[:, kernel.FIRST_SLOT] = workload.route_slot[:-1]
    count, pools = len(workload.applied), len(network.pools)
    backlog = int(np.count_nonzero(workload.case_backlog_step >= 0))
    steps_of = np.diff(network.route_first_step)
    tasks = int(steps_of[workload.case_route].sum())
    officers = np.zeros((int(tables.pools[-1, kernel.WORD_END]) if pools else 0, kernel.OFFICER_COLUMNS), np.int64)
    officers[:, kernel.FREE] = -1
    queues = np.full((max(pools * network.classes, len(tables.lines)), 3), -1, np.int64)
    queues[:, kernel.LENGTH] = 0
    line_state = np.full((len(tables.lines), kernel.LINE_STATE_COLUMNS), -1, np.int64)
    line_state[:, [kernel.HELD_HEAD, kernel.HELD_TAIL]] = 0
    state = State(
        services=services,
        pools=tables.pools.copy(),
        cases=np.zeros((count, kernel.CASE_COLUMNS), np.int32),
        case_times=np.full((count, kernel.CASE_TIMES), np.nan),
        progress=room("progress", (tasks, kernel.PROGRESS_COLUMNS), np.int32, filled=True),
        stack=np.zeros(len(network.steps) + 1, np.int64),
        officers=officers,
        queues=queues,
        gates=_empty_gates(len(network.steps) + len(network.routes)),
        closed_at=np.zeros(pools),
        rows=room("rows", (tasks + 64, kernel.ROW_COLUMNS), np.int32),
        row_times=room("row_times", (tasks + 64, kernel.ROW_TIMES), np.float64),
        heap=no_events(4 * backlog + 4 * len(network.steps) + 256),
        counters=np.zeros(kernel.COUNTERS + kernel.MOST_JOINED, np.int64),
        clock=np.zeros(1),
        line_state=line_state,
        line_rows=np.empty((tasks + 64 if in_lines else 0, kernel.LINE_ROW_COLUMNS), np.int64),
        line_times=np.empty((tasks + 64 if in_lines else 0, 2)),
        holding=np.zeros((tasks if in_lines else 0, kernel.HOLDING_COLUMNS), np.int64),
        bookings=np.empty((int(network.server_first[-1]), 2), np.int64),
    )
    state.counters[kernel.MEASURED_OPEN] = np.count_nonzero(measured.cases)
    begin_cases(network, workload, state)
    return state


def begin_cases(network: Network, workload: Workload, state: State, first: int = 0, place: int = 0) -> None:
    """Enter the cases from ``first`` on into the tables, the progress of the first of them at ``place``."""
    tables, services = tables_of(network), state.services
    kernel.begin_cases(
        services,
        tables.steps,
        tables.edges,
        network.day_table.workdays_before,
        workload.case_route,
        workload.case_slot,
        workload.case_channel,
        workload.case_backlog_step,
        workload.case_booking,
        workload.applied,
        state.cases,
        state.case_times,
        state.progress,
        state.stack,
        state.heap,
        state.counters,
        first,
        place,
    )


def _empty_gates(count: int) -> Integers:
    """Places where tasks wait before a step, empty: one for each step and, to be taken in hand, for each service."""
    gates = np.full((count, kernel.GATE_COLUMNS), -1, np.int64)
    gates[:, kernel.WAITING_THERE] = 0
    return gates


_kept = threading.local()


def _own(name: str, shape: tuple[int, int], kind: type[np.generic], *, filled: bool = False) -> Integers:
    """The same as a table of its own."""
    return np.zeros(shape, kind) if filled else np.empty(shape, kind)


def _scratch(name: str, shape: tuple[int, int], kind: type[np.generic], *, filled: bool = False) -> Integers:
    """A table that lasts until this thread's next replication; ``filled`` with zeros.

    Kept memory, because fresh pages from the system cost a fifth of a run.
    """
    size = shape[0] * shape[1]
    kept = _kept.__dict__.get(name)
    if kept is None or len(kept) < size or len(kept) > 64 * size + (1 << 20):
        kept = _kept.__dict__[name] = np.empty(size + size // 4, kind)
    table = kept[:size].reshape(shape)
    if filled:
        table.fill(0)
    return table


def no_events(count: int) -> Integers:
    """Room for so many events in the heap."""
    heap = np.empty((count, kernel.EVENT_COLUMNS), np.int64)
    heap[:] = kernel.NO_KEY
    heap[:, kernel.EVENT_TIME] = kernel.NEVER
    return heap.ravel()


def _twice(table: Integers) -> Integers:
    larger = np.empty((2 * len(table), *table.shape[1:]), table.dtype)
    larger[: len(table)] = table
    return larger


def _table(network: Network, workload: Workload, state: State, measured: MeasuredCases) -> EventTable:
    count = int(state.counters[kernel.ROW_COUNT])
    return event_table(
        network,
        workload,
        measured,
        tasks=_tasks_of(network, state, count),
        cases=cases_of(state.cases, state.case_times),
        stopped_at=float(state.clock[0]),
    )


def task_columns(count: int) -> dict[str, Integers]:
    """The columns of an event table that are made from rows of tasks, empty."""
    return {name: np.empty(count, kind) for name, kind in _TASK_COLUMNS.items()}


def _tasks_of(network: Network, state: State, count: int) -> dict[str, Integers]:
    tasks = task_columns(count)
    if len(state.line_rows):
        kernel.read_line_rows(state.rows, state.row_times, state.line_rows, *tasks.values())
    else:
        kernel.read_rows(state.rows[:count], state.row_times[:count], network.step_pool, *tasks.values())
    return tasks


def cases_of(cases: Integers, case_times: Floats) -> dict[str, Integers]:
    """The columns of an event table that an engine gives for cases."""
    return {
        "accepted": case_times[:, kernel.ACCEPTED].copy(),
        "decided": case_times[:, kernel.DECIDED].copy(),
        "left": case_times[:, kernel.LEFT].copy(),
        "stopped_days": cases[:, kernel.STOPPED_DAYS].astype(np.int32),
        "channel": cases[:, kernel.CHANNEL].astype(np.int16),
        "outcome": cases[:, kernel.OUTCOME].astype(np.int8),
    }


def tables_of(network: Network) -> _Tables:
    """The tables of a network, made once."""
    tables = _tables_of.get(network)
    return _tables_of.setdefault(network, _tables(network)) if tables is None else tables


def _tables(network: Network) -> _Tables:
    words = np.concatenate(([0], np.cumsum((np.diff(network.server_first) + 63) // 64)))
    zeros = np.zeros(len(network.pools), np.int64)
    marks = np.zeros(len(network.routes), np.int64)
    np.maximum.at(marks, np.repeat(np.arange(len(marks)), np.diff(network.route_first_step)), network.step_accepted)
    first_step = network.route_first_step
    rules = network.dispatch
    return _Tables(
        steps=_integers(
            kernel.STEP_COLUMNS,
            {
                kernel.POOL: network.step_pool,
                kernel.RANK: network.step_class,
                kernel.BOOKED_RANK: network.step_booked_class,
                kernel.IN_PERSON: network.step_in_person,
                kernel.RULE: network.step_rule,
                kernel.ACCEPTED_HERE: network.step_accepted,
                kernel.DECIDED_HERE: network.step_decision,
                kernel.COLLECTED_HERE: network.step_collected,
                kernel.SPECIAL_STEP: network.step_special,
                kernel.WORKING_TIME: network.step_in_working_time,
                kernel.FULL_MASK: network.full_mask,
                kernel.MILESTONE: network.step_accepted | network.step_decision | network.step_collected,
                kernel.LAST_STEP: np.isin(np.arange(len(network.steps)), network.route_first_step[1:] - 1),
                kernel.EDGES: network.successor_first[:-1],
                kernel.EDGES_END: network.successor_first[1:],
                kernel.RETURN_TO: network.return_to,
                kernel.RETURN_LIMIT: network.return_limit,
                kernel.RETURN_WORKING_TIME: network.return_in_working_time,
                kernel.SECTION: network.section_first[:-1],
                kernel.SECTION_END: network.section_first[1:],
                kernel.QUEUE: rules.step_line,
                kernel.BOOKED_QUEUE: rules.step_booked_line,
                kernel.HELD_FOR: rules.step_held_for,
                kernel.DUE_WORKDAYS: rules.step_due_workdays,
                kernel.ATTEMPTS: network.attempt_first[:-1],
                kernel.ATTEMPTS_END: network.attempt_first[1:],
                kernel.WAITS_AT: network.step_waits_at,
                kernel.GATE_MOST: network.gate_most,
                kernel.GATE_LEAST: network.gate_least,
                kernel.CHANNELS: network.step_channels,
                kernel.FAILS_TO: network.step_fails_to,
            },
        ),
        shares=_numbers(
            kernel.SHARE_COLUMNS,
            {
                kernel.SHARE: network.step_share,
                kernel.RETURN_SHARE: network.return_share,
                kernel.REFUSES: network.step_refuses,
                kernel.REVOKES: network.step_revokes,
                kernel.FAILS: network.step_fails,
            },
        ),
        attempts=network.attempt_share,
        edges=_integers(2, {kernel.EDGE_TO: network.successor, kernel.EDGE_MASK: network.successor_mask}),
        choices=_numbers(2, {kernel.CHOICE_LOW: network.choice_low, kernel.CHOICE_HIGH: network.choice_high}),
        sections=_integers(2, {kernel.EDGE_TO: network.section, kernel.EDGE_MASK: network.section_mask}),
        services=_integers(
            kernel.SERVICE_COLUMNS,
            {
                kernel.FIRST_STEP: first_step[:-1],
                kernel.END_STEP: first_step[1:],
                kernel.MARKS_ACCEPTED: marks,
                kernel.FIRST_SLOT: np.zeros_like(marks),
                kernel.WITHDRAWAL_WORKING_TIME: network.route_withdraws_in_working_time,
                kernel.RETRY_LIMIT: network.route_retry_limit,
                kernel.RETRY_WORKING_TIME: network.route_retry_in_working_time,
                kernel.DEEMED_LIMIT: network.route_deemed_limit,
                kernel.MOST_IN_HAND: network.route_in_hand,
                kernel.HAND: network.route_hand,
                kernel.FIRST_CHANNEL: network.channel_first[:-1],
                kernel.END_CHANNEL: network.channel_first[1:],
                kernel.IN_HAND_NOW: np.zeros_like(marks),
            },
        ),
        service_shares=_numbers(
            kernel.SERVICE_SHARES,
            {
                kernel.RETRY_SHARE: network.route_retry_share,
                kernel.INFORMED_SHARE: network.route_informed,
            },
        ),
        channel_pools=network.channel_pool,
        channel_times=_numbers(
            2, {kernel.CHANNEL_WORK: network.channel_work, kernel.CHANNEL_REST: network.channel_rest}
        ),
        pools=_integers(
            kernel.POOL_COLUMNS,
            {
                kernel.LATE_WORK: network.pool_late_work,
                kernel.HAS_DOORS: network.pool_has_doors,
                kernel.WAITS_OUTSIDE: network.pool_waits_outside,
                kernel.FIRST_SERVER: network.server_first[:-1],
                kernel.WORD: words[:-1],
                kernel.WORD_END: words[1:],
                kernel.SERVING_LATE: zeros,
                kernel.SYSTEMS_DOWN: zeros,
                kernel.TOUCHED: zeros,
                kernel.FIRST_LINE: rules.pool_line_first[:-1],
                kernel.END_LINE: rules.pool_line_first[1:],
                kernel.BY_DUE: rules.pool_by_due,
                kernel.ESCALATES: rules.pool_escalates,
                kernel.ESCALATE_WORKDAYS: rules.pool_escalate_workdays,
                kernel.LINKED: rules.pool_linked,
                kernel.TIDE_TO: rules.tide_to,
                kernel.TIDE_OFFICERS: rules.tide_officers,
                kernel.TIDE_ABOVE: rules.tide_above,
                kernel.TIDE_BELOW: rules.tide_below,
                kernel.HELPING: zeros,
                kernel.TAKES_PART: zeros,
                kernel.BOOKED: zeros,
                kernel.BALKS_AT: network.pool_balks_at,
                kernel.PEOPLE: zeros,
                kernel.TASKS: zeros,
            },
        ),
        groups=_integers(
            kernel.GROUP_COLUMNS,
            {
                kernel.GROUP_POOL: network.group_pool,
                kernel.GROUP_SERVER: network.group_first_server[:-1],
                kernel.GROUP_SERVER_END: network.group_first_server[1:],
                kernel.GROUP_WORK: network.group_work,
            },
        ),
        changes=_integers(2, {kernel.CHANGE_KIND: network.change_kind, kernel.CHANGE_OF: network.change_of}),
        lines=_integers(
            kernel.LINE_COLUMNS,
            {
                kernel.TOGETHER: rules.line_together,
                kernel.LINE_PRIORITY: rules.line_priority,
                kernel.FIRST_SEAT: rules.line_first[:-1],
                kernel.END_SEAT: rules.line_first[1:],
                kernel.FIRST_POOL: rules.line_pool[rules.line_first[:-1]],
                kernel.KEEPS_DUE: (rules.pool_by_due | rules.pool_escalates)[rules.line_pool[rules.line_first[:-1]]],
                kernel.BATCH: _of_lines(rules.step_batch, rules, otherwise=1),
                kernel.ROOM: _of_lines(rules.step_room, rules, otherwise=0),
            },
        ),
        seats=_integers(2, {kernel.SEAT_POOL: rules.line_pool, kernel.STANDS_IN: rules.line_stand_in}),
        own_lines=_integers(2, {kernel.LINE: rules.pool_line, kernel.LINE_RANK: rules.pool_line_rank}),
        limits=_numbers(2, {kernel.AGEING: rules.pool_ageing, kernel.ESCALATE_MINUTES: rules.pool_escalate_minutes}),
    )


def _of_lines(of_step: Integers, rules: Dispatch, otherwise: int) -> Integers:
    """What holds for all steps of a line, by line."""
    of_line = np.full(len(rules.line_together), otherwise)
    waits = rules.step_line >= 0
    of_line[rules.step_line[waits]] = of_step[waits]
    of_line[rules.step_booked_line[waits]] = of_step[waits]
    return of_line


def _line_tables(network: Network, workload: Workload, tables: _Tables, state: State) -> kernel.LineTables:
    """What the dispatch in lines works on."""
    days, calendars = network.day_table, network.calendars
    return kernel.LineTables(
        steps=tables.steps,
        pools=state.pools,
        lines=tables.lines,
        seats=tables.seats,
        factors=network.dispatch.line_factor,
        learned=network.learning,
        own_lines=tables.own_lines,
        limits=tables.limits,
        services=state.services,
        groups=tables.groups,
        server_group=network.server_group,
        cal_first=calendars.first,
        cal_open=calendars.open,
        cal_close=calendars.close,
        cal_day=calendars.day_first,
        workdays=days.workdays_before,
        past=days.past_before,
        workday_close=days.workday_close,
        past_workdays=np.array([days.past_workdays]),
        columns=workload.column_start,
        draws=workload.draws,
        next_slot=workload.next_slot,
        cases=state.cases,
        case_times=state.case_times,
        progress=state.progress,
        officers=state.officers,
        queues=state.queues,
        closed_at=state.closed_at,
        rows=state.rows,
        row_times=state.row_times,
        heap=state.heap,
        counters=state.counters,
        line_state=state.line_state,
        line_rows=state.line_rows,
        line_times=state.line_times,
        holding=state.holding,
        bookings=state.bookings,
    )


def _integers(width: int, columns: dict[int, Integers]) -> Integers:
    """A table of ``width`` columns, each of them given by its place."""
    return np.column_stack([np.asarray(columns[place], np.int64) for place in range(width)])


def _numbers(width: int, columns: dict[int, Floats]) -> Floats:
    return np.column_stack([np.asarray(columns[place], np.float64) for place in range(width)])
