"""A run in slices of time, in memory that does not grow with its length.

Before each slice its arrivals are drawn. After it the cases that have left are handed out, with all their tasks, and
what is still open moves to the front of the tables: numbers of cases and rows change, their order does not, so that the
events are those of a run in one piece. Where the slices begin and end depends on the scenario alone.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.capacity import drawn_capacity
from simgov.engines import kernel
from simgov.engines.compiled import State, advance, begin, begin_cases, cases_of, no_events, task_columns
from simgov.engines.events import EventTable
from simgov.engines.replication import MeasuredCases, event_table, simulate, window_end
from simgov.network import Network
from simgov.workload import Slices, Workload, carried, of_cases

LONG = 1 << 19
"""Tasks of a run that is better taken in slices."""

TASKS_A_SLICE = 1 << 18
"""About so many tasks are begun in a slice: some 50 MB of tables."""


def slices(
    network: Network,
    seed: int,
    replication: int,
    engine: str = "compiled",
    stop: Integers | None = None,
    *,
    tasks: int = TASKS_A_SLICE,
) -> Iterator[EventTable]:
    """The event table of ``simulate`` in slices: each case in one of them, with all its tasks, once it has left.

    The last slice also holds the cases that are open when the run stops. A slice numbers its cases from 0; a case is
    known by ``case_service`` and ``case_index``. Put together and in order they are ``simulate``'s table to the last
    bit. ``tasks`` is about how many tasks there are in a slice. The reference engine gives one slice, and so does a
    network whose pools share lines, which stand across tables that are not moved.
    """
    if engine != "compiled" or not network.dispatch.simple:
        yield simulate(network, seed, replication, engine, stop)
        return
    flag = np.zeros(1, np.int64) if stop is None else stop
    network = drawn_capacity(network, seed, replication)
    window = _Window.of(network, seed, replication, tasks)
    run = _SlicedRun(network, seed, replication, window, _Horizons(network, tasks))
    while not run.complete(flag):
        left = run.left()
        yield run.table(left)
        run.enter_next(~left)
    yield run.table(np.ones(len(run.measured), np.bool_))


class _Horizons:
    """Where slices end, in minutes."""

    def __init__(self, network: Network, tasks: int) -> None:
        self._cap, self._number = network.cap, 0
        self._minutes = max(network.cap * tasks / max(_expected_tasks(network, network.cap), 1.0), 1.0)

    def next(self) -> float:
        """The end of the next slice."""
        self._number += 1
        return min(self._number * self._minutes, self._cap)


def is_long(network: Network) -> bool:
    """Whether a run has so many tasks up to the end of its window that it is better taken in slices."""
    tasks = _tasks_of.get(network)
    if tasks is None:
        tasks = _tasks_of[network] = _expected_tasks(network, window_end(network))
    return tasks > LONG


_tasks_of: WeakKeyDictionary[Network, float] = WeakKeyDictionary()


def _expected_tasks(network: Network, until: float) -> float:
    """How many tasks begin up to an instant, about: arrivals times steps, without returns."""
    steps = np.diff(network.route_first_step)
    longest = [int(steps[network.routes_of(s)].max()) for s in range(len(network.services))]
    total = 0.0
    for count, arrivals in zip(longest, network.arrivals, strict=True):
        ends = [*(following.start for following in arrivals[1:]), until]
        total += count * sum(own.between(own.start, min(end, until)) for own, end in zip(arrivals, ends, strict=True))
    return total


@dataclass(frozen=True)
class _Window:
    """Which arrivals are measured: those of the numbers ``first`` to ``last - 1`` or, where these are 0, by instant."""

    start: float
    end: float
    first: int = 0
    last: int = 0

    @staticmethod
    def of(network: Network, seed: int, replication: int, tasks: int) -> _Window:
        """The measuring window; in a run by cases that takes a look at who comes when."""
        first, last = network.measured_cases
        if last == 0:
            return _Window(*network.window)
        drawn, horizons = Slices(network, seed, replication), _Horizons(network, tasks)
        came, horizon = 0, 0.0
        start = end = network.cap
        while came < last and horizon < network.cap:
            horizon = horizons.next()
            applied = drawn.applications_upto(horizon)
            if came <= first < came + len(applied):
                start = float(applied[first - came])
            came += len(applied)
            if came > first and len(applied):
                end = float(applied[min(last, came) - 1 - came + len(applied)])
        return _Window(start, end, first, last) if first < min(last, came) else _Window(start, end, last, last)

    def holds(self, applied: Floats, arrivals_before: int) -> Booleans:
        """Whether each of these arrivals is measured; so many came before them."""
        if self.last == 0:
            return (applied >= self.start) & (applied < self.end)
        numbers = np.arange(arrivals_before, arrivals_before + len(applied))
        return (numbers >= self.first) & (numbers < self.last)


class _SlicedRun:
    """A run, slice by slice. ``measured`` says for each case at hand whether it counts."""

    def __init__(self, network: Network, seed: int, replication: int, window: _Window, horizons: _Horizons) -> None:
        self.network, self.window, self.horizons = network, window, horizons
        self.draws = Slices(network, seed, replication)
        self.workload = self.draws.upto(horizons.next())
        arrived = self.workload.case_backlog_step < 0
        self.came = int(np.count_nonzero(arrived))
        self.measured = np.zeros(len(arrived), np.bool_)
        self.measured[arrived] = window.holds(self.workload.applied[arrived], 0)
        self.state = begin(network, self.workload, self._measured(), scratch=False)

    def complete(self, stop: Integers) -> bool:
        """Go on to the end of the slice; whether the run is complete."""
        status, self.state = advance(self.network, self.workload, self._measured(), self.state, stop)
        return status == kernel.COMPLETE

    def _measured(self) -> MeasuredCases:
        """The measured cases so far; the window has no end before its last arrivals are drawn."""
        drawn = self.workload.horizon >= min(self.window.end, self.network.cap)
        return MeasuredCases(self.measured, self.window.start, self.window.end if drawn else np.inf)

    def left(self) -> Booleans:
        """Which cases have left, with no work for them under way."""
        left = np.empty(len(self.measured), np.bool_)
        kernel.find_left(self.state.cases[: len(left)], self.state.rows[: self.state.counters[kernel.ROW_COUNT]], left)
        return left

    def table(self, chosen: Booleans) -> EventTable:
        """The event table of these cases."""
        state, count = self.state, int(self.state.counters[kernel.ROW_COUNT])
        rows, own = state.rows[:count], np.empty(count, np.bool_)
        tasks = task_columns(kernel.mark_rows(rows, chosen, own))
        kernel.read_chosen_rows(
            chosen, _numbers(chosen), rows, state.row_times, self.network.step_pool, *tasks.values()
        )
        cases = cases_of(state.cases[: len(chosen)], state.case_times[: len(chosen)])
        return event_table(
            self.network,
            of_cases(self.workload, chosen),
            MeasuredCases(self.measured[chosen], self.window.start, self.window.end),
            tasks=tasks,
            cases={name: column[chosen] for name, column in cases.items()},
            stopped_at=float(state.clock[0]),
        )

    def enter_next(self, kept: Booleans) -> None:
        """Draw the next slice and take it in behind the cases that are kept."""
        fresh = self.draws.upto(self.horizons.next())
        measured = self.window.holds(fresh.applied, self.came)
        workload = carried(self.network, self.workload, kept, fresh)
        self.state = _moved(self.network, self.state, self.workload, kept, workload)
        self.state.counters[kernel.MEASURED_OPEN] += np.count_nonzero(measured)
        self.measured = np.concatenate((self.measured[kept], measured))
        self.came += len(fresh.applied)
        self.workload = workload


def _moved(network: Network, state: State, old: Workload, kept: Booleans, workload: Workload) -> State:
    """The state with the cases that are kept in front, and behind them those that ``workload`` has beyond these.

    The tables of ``state`` are written into, since fresh ones would cost more than what happens in a slice.
    """
    sizes, first_step = np.diff(network.route_first_step), network.route_first_step
    stay = int(np.count_nonzero(kept))
    rows, own_rows = (
        state.rows[: state.counters[kernel.ROW_COUNT]],
        np.empty(state.counters[kernel.ROW_COUNT], np.bool_),
    )
    row_count = kernel.mark_rows(rows, kept, own_rows)
    new_case, new_row = _numbers(kept), _numbers(own_rows)
    kernel.keep(state.cases, kept)
    kernel.keep(state.case_times, kept)
    kernel.keep(state.progress, np.repeat(kept, sizes[old.case_route]))
    kernel.keep(state.rows, own_rows)
    kernel.keep(state.row_times, own_rows)

    places = int(sizes[workload.case_route[:stay]].sum())
    tasks = int(sizes[workload.case_route].sum())
    moved = replace(
        state,
        cases=_with_room(state.cases, stay, len(workload.applied), 0),
        case_times=_with_room(state.case_times, stay, len(workload.applied), np.nan),
        progress=_with_room(state.progress, places, tasks, 0),
        rows=_with_room(state.rows, row_count, row_count + tasks - places + 64),
        row_times=_with_room(state.row_times, row_count, row_count + tasks - places + 64),
        heap=_moved_events(state, new_case, new_row),
    )
    for numbers, held in ((new_row, kernel.HOLD_ROWS), (new_case, kernel.HOLD_CASES)):
        for name, columns in held.items():
            table = getattr(moved, name)
            count = {"rows": row_count, "progress": places}.get(name, len(table))
            for column in columns:
                kernel.renumber(table, count, column, numbers)
    moved.services[:, kernel.FIRST_SLOT] = workload.route_slot[:-1]
    moved.cases[:stay, kernel.SLOT] = workload.case_slot[:stay]
    ends = np.cumsum(sizes[workload.case_route[:stay]])
    moved.cases[:stay, kernel.BASE] = ends - sizes[workload.case_route[:stay]] - first_step[workload.case_route[:stay]]
    pending = moved.heap[kernel.EVENT_KEY :: kernel.EVENT_COLUMNS] != kernel.NO_KEY
    moved.counters[kernel.HEAP_SIZE] = np.count_nonzero(pending)
    moved.counters[kernel.ROW_COUNT] = row_count
    moved.counters[kernel.NEXT_ARRIVAL] = stay
    begin_cases(network, workload, moved, stay, places)
    return moved


def _moved_events(state: State, new_case: Integers, new_row: Integers) -> Integers:
    """The heap with the events of the cases that stay, under their new numbers; in order, which is a heap as well."""
    events = state.heap[: int(state.counters[kernel.HEAP_SIZE]) * kernel.EVENT_COLUMNS]
    events = events.reshape(-1, kernel.EVENT_COLUMNS)
    case = kernel.case_of(events[:, kernel.EVENT_KEY])
    events, case = events[new_case[case] >= 0], case[new_case[case] >= 0]
    events[:, kernel.EVENT_KEY] += (new_case[case] - case) << kernel.CASE_SHIFT
    events[:, kernel.EVENT_ROW] = new_row[events[:, kernel.EVENT_ROW]]
    events = events[np.lexsort((events[:, kernel.EVENT_KEY], events[:, kernel.EVENT_TIME]))]
    return np.concatenate((events.ravel(), no_events(len(events) + 256)))


def _numbers(chosen: Booleans) -> Integers:
    """The new number of each place when the chosen ones are numbered from 0; -1 for the others and the place -1."""
    numbers = np.full(len(chosen) + 1, -1, np.int64)
    numbers[:-1][chosen] = np.arange(np.count_nonzero(chosen))
    return numbers


def _with_room(table: Integers, taken: int, count: int, rest: float | None = None) -> Integers:
    """The table with at least ``count`` rows, those behind the ones taken filled with ``rest`` where it is given."""
    if len(table) < count:
        larger = np.empty((count + count // 4, table.shape[1]), table.dtype)
        larger[:taken] = table[:taken]
        table = larger
    if rest is not None:
        table[taken:count] = rest
    return table
