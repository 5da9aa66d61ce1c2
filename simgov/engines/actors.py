"""Who takes part in the reference engine: cases and their tasks, pools of officers, and SimPy's clock put in order."""

from __future__ import annotations

import heapq
import math
from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

import simpy

from simgov.engines.events import CASE_OPEN, OPEN

Place = tuple[int, int, int, int]
"""An event's place within its instant: kind, case, step, visit."""

AT_ONCE: Place = (-1, 0, 0, 0)
"""Before anything else at this instant: how SimPy resumes a process that something has just been handed to."""


class OrderedEnvironment(simpy.Environment):
    """A SimPy environment that schedules absolute instants, and orders an instant by kind, case, step and visit.

    SimPy adds a delay to now, and ``now + (at - now)`` is not always ``at``.
    """

    def schedule(self, event: simpy.Event, priority: Any = None, delay: float = 0) -> None:
        """Schedule SimPy's own events (a process that starts, a value handed over) at once."""
        assert delay == 0
        self.schedule_at(self.now, AT_ONCE, event)

    def schedule_at(self, instant: float, place: Place, event: simpy.Event) -> None:
        """Schedule ``event`` for an absolute instant, at its place within it."""
        heapq.heappush(self._queue, (instant, place, next(self._eid), event))  # type: ignore[misc]

    def at(self, instant: float, place: Place) -> simpy.Event:
        """An event that happens at an absolute instant; a process waits for it with ``yield``."""
        event = simpy.Event(self)
        event._ok, event._value = True, None
        self.schedule_at(instant, place, event)
        return event


@dataclass(eq=False)
class Task:
    """One visit of a case to a step: a row of the event table."""

    case: Case
    step: int
    visit: int
    ready: float
    server: int = -1
    start: float = math.nan
    finish: float = math.nan
    work: float = math.nan
    outcome: int = OPEN
    granted: simpy.Event | None = None

    @property
    def waiting(self) -> bool:
        """Whether it stands in its pool's queue."""
        return self.granted is not None and not self.granted.triggered

    def leave_queue(self, outcome: int, now: float) -> None:
        """Leave unserved: the process that waits for an officer is told so."""
        assert self.granted is not None
        self.outcome, self.finish = outcome, now
        self.granted.succeed(None)


@dataclass(eq=False)
class StepState:
    """Where a case stands with one step. ``heard`` and ``alive`` are the predecessors that reported, and as done."""

    status: str = "waiting"  # waiting for its predecessors, active or over
    visits: int = 0
    heard: int = 0
    alive: int = 0
    returned: int = 0
    task: Task | None = None
    with_applicant: bool = False
    special: bool = False


@dataclass(eq=False)
class Case:
    """One matter of one applicant."""

    number: int
    route: int
    applied: float
    steps: dict[int, StepState]
    accepted: float = math.nan
    decided: float = math.nan
    left: float = math.nan
    outcome: int = CASE_OPEN
    open_tasks: int = 0
    stops: int = 0
    stopped_since: float = math.nan
    stopped_days: int = 0


@dataclass(eq=False)
class Pool:
    """Officers who share a queue: one list per priority class, first come first served."""

    number: int
    queues: list[list[Task]]
    free: set[int]
    on_duty: set[int] = field(default_factory=set)
    staying_late: set[int] = field(default_factory=set)
    closed_at: float = -1.0
    touched: bool = False

    def waiting(self) -> Iterable[Task]:
        """Who waits, in the order of service."""
        return (task for queue in self.queues for task in queue)
