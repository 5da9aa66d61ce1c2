"""One replication, by either engine: draw the workload, run it, and read the event table.

Arrivals are drawn somewhat beyond the measuring window. Where cases of the window outlast them, the run is made again
with a longer workload; since a longer horizon changes no draw, what had happened before happens again.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.arrivals import expected_cases_per_workday
from simgov.calendars import promise_due
from simgov.capacity import drawn_capacity
from simgov.duty import MINUTES_PER_DAY
from simgov.engines.events import EventTable
from simgov.engines.memory import keep_freed_memory
from simgov.engines.workload_cache import WorkloadCache
from simgov.network import Network
from simgov.workload import Workload

if TYPE_CHECKING:
    from collections.abc import Callable

_workloads = WorkloadCache()
keep_freed_memory()  # here, before any thread has taken memory


class Stopped(Exception):
    """The stop flag was set while a replication ran."""


class NeedsMore(Exception):
    """Cases of the measuring window are still open where the workload's arrivals end."""


def simulate(
    network: Network, seed: int, replication: int, engine: str = "compiled", stop: Integers | None = None
) -> EventTable:
    """Run one replication of ``network``.

    ``network`` runs as it is: what its scenario leaves to chance is drawn before (``chance.drawn_network``).
    ``stop`` is an int64 array of one element that the event loop polls: Stopped is raised soon after it becomes
    non-zero. The same arguments give the same table, bit for bit, by either engine.
    """
    flag = np.zeros(1, np.int64) if stop is None else stop
    return replicated(_engine(engine), network, seed, replication, flag)


def replicated(
    run: Callable[[Network, Workload, Integers], EventTable],
    network: Network,
    seed: int,
    replication: int,
    stop: Integers,
) -> EventTable:
    """The event table that ``run`` gives, with as many arrivals drawn as it needs."""
    network = drawn_capacity(network, seed, replication)
    end, slack = _first_horizon(network)
    while True:
        horizon = min(end + slack, network.cap)
        workload = _workloads.get(network, seed, replication, horizon)
        try:
            return run(network, workload, stop)
        except NeedsMore:
            slack *= 2.0


def _engine(name: str) -> Callable[[Network, Workload, Integers], EventTable]:
    if name == "compiled":
        from simgov.engines.compiled import run_compiled

        return run_compiled
    if name == "reference":
        from simgov.engines.reference import run_reference

        return run_reference
    raise ValueError(f"no engine is called {name!r}; write compiled or reference")


_first_horizons: WeakKeyDictionary[Network, tuple[float, float]] = WeakKeyDictionary()


def _first_horizon(network: Network) -> tuple[float, float]:
    """The end of the window, and the minutes of arrivals drawn beyond it at first."""
    found = _first_horizons.get(network)
    if found is None:
        found = _first_horizons[network] = (window_end(network), _first_slack(network))
    return found


def window_end(network: Network) -> float:
    """The end of the measuring window; in a run by cases, when the last of them is expected."""
    if not np.isnan(network.window[1]):
        return float(network.window[1])
    minutes, scenario = network.workday_minutes, network.scenario
    per_day = sum(expected_cases_per_workday(service, minutes, scenario.run) for service in scenario.services)
    wanted = network.measured_cases[1]
    days = (wanted + 3.0 * np.sqrt(wanted)) / max(per_day, 1e-9)
    return float(days) * MINUTES_PER_DAY * (1.0 if network.scenario.calendar.always else 1.5)


def _first_slack(network: Network) -> float:
    """Minutes of arrivals drawn beyond the window at first: thrice the mean work and delays of the longest service."""
    longest = 0.0
    for service in network.routes:
        total = 0.0
        for step in service.steps:
            for time in (step.time, *(part.time for part in step.parts), step.returns.delay if step.returns else None):
                if time is not None:
                    workday = MINUTES_PER_DAY * 1.5 if time.base == "workday" else 1.0
                    total += time.mean * workday
        longest = max(longest, total)
    overnight = 0.0 if network.scenario.calendar.always else MINUTES_PER_DAY
    return 3.0 * longest + overnight + 60.0


@dataclass(frozen=True, eq=False)
class MeasuredCases:
    """Which cases count (bool[N]), and the measuring window that they span."""

    cases: Booleans
    start: float
    end: float


def measured_cases(network: Network, workload: Workload) -> MeasuredCases:
    """The arrivals that applied inside the window or, in a run by cases, those of the asked numbers.

    Raises NeedsMore where the workload does not hold that many; up to the cap, what there is counts.
    """
    backlog = int(np.count_nonzero(workload.case_backlog_step >= 0))
    first, last = network.measured_cases
    if last == 0:
        start, end = network.window
        measured = (workload.applied >= start) & (workload.applied < end)
        measured[:backlog] = False
        return MeasuredCases(measured, start, end)
    arrived = len(workload.applied) - backlog
    if arrived < last:
        if workload.horizon < network.cap:
            raise NeedsMore
        first, last = min(first, arrived), arrived
    if first == last:
        return MeasuredCases(np.zeros(len(workload.applied), np.bool_), network.cap, network.cap)
    measured = np.zeros(len(workload.applied), np.bool_)
    measured[backlog + first : backlog + last] = True
    return MeasuredCases(
        measured, float(workload.applied[backlog + first]), float(workload.applied[backlog + last - 1])
    )


def event_table(
    network: Network,
    workload: Workload,
    measured: MeasuredCases,
    *,
    tasks: dict[str, Any],
    cases: dict[str, Any],
    stopped_at: float,
) -> EventTable:
    """The event table of a run: what an engine recorded, with what follows from network and workload."""
    backlog = int(np.count_nonzero(workload.case_backlog_step >= 0))
    kept = backlog + int(np.searchsorted(workload.applied[backlog:], stopped_at, side="right"))
    due = np.full(kept, np.nan)
    for r, service in enumerate(network.routes):
        if service.promise is not None:
            own = workload.case_route[:kept] == r
            due[own] = promise_due(
                network.day_table, cases["accepted"][:kept][own], service.promise, cases["stopped_days"][:kept][own]
            )
    return EventTable(
        **tasks,
        case_service=workload.case_service[:kept],
        case_index=workload.case_index[:kept],
        case_group=workload.case_group[:kept],
        case_channel=cases.get("channel", workload.case_channel)[:kept],
        applied=workload.applied[:kept],
        **{name: column[:kept] for name, column in cases.items() if name not in ("channel", "outcome")},
        promise_due=due,
        case_outcome=cases["outcome"][:kept],
        measured=measured.cases[:kept],
        window_start=measured.start,
        window_end=measured.end,
        stopped_at=stopped_at,
        capacity=network if network.drawn else None,
    )
