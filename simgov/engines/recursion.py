"""A second path for services of a single visit: the recursion of Kiefer and Wolfowitz instead of an event loop.

Where officers are always there, queues are first come first served and every service is one visit to a pool, a case is
served when it has come and the first officer of its pool is free. So cases are run through in the order in which they
apply, without events. (J. Kiefer and J. Wolfowitz, *On the theory of queues with many servers*, Trans. AMS 78 (1955) 1;
here a case is served by the lowest number among the officers who are free.) The table is the same to the last bit; a
test holds it to both engines. It takes a third of the time. Stations in a row would have to be sorted after each other
and merged, which costs as much as the events that it saves; those go through the loop.
"""

# mypy: disable-error-code="no-untyped-def,no-untyped-call,untyped-decorator,assignment"
from __future__ import annotations

from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Integers
from simgov.duty import ON
from simgov.engines.arithmetic import compiled
from simgov.engines.events import CASE_FINISHED, CASE_OPEN, DONE, OPEN, EventTable
from simgov.engines.replication import MeasuredCases, NeedsMore, Stopped, event_table
from simgov.network import Network
from simgov.workload import WORK, Workload

_FINISHED, _CASE_OPEN, _DONE, _OPEN = CASE_FINISHED, CASE_OPEN, DONE, OPEN


def single_visits(network: Network) -> bool:
    """Whether the recursion holds for a network that needs no ``Feature``: every route is one step, and everybody is on
    duty from the first instant on without end."""
    found = _single_visits.get(network)
    if found is None:
        found = _single_visits[network] = _has_single_visits(network)
    return found


_single_visits: WeakKeyDictionary[Network, bool] = WeakKeyDictionary()


def _has_single_visits(network: Network) -> bool:
    return bool(
        len(network.steps) == len(network.routes)
        and len(network.change_time) == len(network.group_pool)
        and (network.change_time == 0.0).all()
        and (network.change_kind == ON).all()
        and (np.diff(network.server_first) > 0).all()
    )


def run_recursion(network: Network, workload: Workload, measured: MeasuredCases, stop: Integers) -> EventTable | None:
    """The event table of one workload; None where it begins with a backlog, or a visit takes no time, so that the order
    within an instant matters."""
    if stop[0]:
        raise Stopped
    if (workload.case_backlog_step[:1] >= 0).any():
        return None
    count = len(workload.applied)
    start, finish, work = np.empty(count), np.empty(count), np.empty(count)
    server = np.empty(count, np.int32)
    last = serve(
        workload.case_route, workload.applied, network.step_pool, network.server_first,
        workload.column_start[:, WORK].copy(), workload.draws, workload.case_slot, measured.cases,
        np.zeros(int(network.server_first[-1])), start, finish, work, server,
    )  # fmt: skip
    if np.isnan(last):
        return None
    stopped_at = max(float(last), measured.end)
    if stopped_at > workload.horizon and workload.horizon < network.cap:
        raise NeedsMore
    stopped_at = min(stopped_at, network.cap)
    joined = int(np.searchsorted(workload.applied, stopped_at, side="right"))
    accepted, decided = np.empty(joined), np.empty(joined)
    task_outcome, case_outcome = np.empty(joined, np.int8), np.empty(joined, np.int8)
    end(
        stopped_at, workload.case_route, network.step_accepted, workload.applied, start, finish, work, server,
        task_outcome, accepted, decided, case_outcome,
    )  # fmt: skip
    step = workload.case_route[:joined]
    tasks = {
        "case": np.arange(joined),
        "step": step,
        "visit": np.zeros(joined, np.int32),
        "pool": network.step_pool[step],
        "server": server[:joined],
        "outcome": task_outcome,
        "ready": workload.applied[:joined],
        "start": start[:joined],
        "finish": finish[:joined],
        "work": work[:joined],
    }
    cases = {
        "accepted": accepted,
        "decided": decided,
        "left": decided,
        "stopped_days": np.zeros(joined, np.int32),
        "outcome": case_outcome,
    }
    return event_table(network, workload, measured, tasks=tasks, cases=cases, stopped_at=stopped_at)


@compiled
def serve(route, applied, step_pool, server_first, column, draws, slot, measured, free, start, finish, work, server):
    """When each case is served, by whom, and until when, as if the run had no end; ``free`` is when each officer is.

    The instant at which the last measured case is done (-inf without one), or nan where a visit takes no time.
    """
    last = -np.inf
    for i in range(len(applied)):
        step, comes = route[i], applied[i]
        pool = step_pool[step]
        first, end = server_first[pool], server_first[pool + 1]
        minutes = draws[column[step] + slot[i]]
        begins, least, idle = np.inf, first, end
        for officer in range(end - 1, first - 1, -1):  # downwards, so that the lowest number is the last one found
            when = free[officer]
            idle = officer if when <= comes else idle
            least = officer if when <= begins else least
            begins = min(when, begins)
        chosen = idle if idle < end else least
        begins = max(begins, comes)
        ends = begins + minutes
        if not ends > begins:
            return np.nan
        free[chosen] = ends
        start[i], finish[i], work[i], server[i] = begins, ends, minutes, chosen - first
        last = max(last, ends) if measured[i] else last
    return last


@compiled
def end(stopped_at, route, accepting, applied, start, finish, work, server, task_outcome, accepted, decided,
        case_outcome):
    """What that means for cases, and nothing of what happens after the run has stopped."""
    for i in range(len(decided)):
        over = finish[i] <= stopped_at
        task_outcome[i] = _DONE if over else _OPEN
        case_outcome[i] = _FINISHED if over else _CASE_OPEN
        decided[i] = finish[i] if over else np.nan
        accepted[i] = decided[i] if accepting[route[i]] else applied[i]
        if not over:
            finish[i] = np.nan
            if start[i] > stopped_at:
                start[i] = work[i] = np.nan
                server[i] = -1
