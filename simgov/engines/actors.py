"""Who takes part in the reference engine: cases and their tasks, lines and pools, and SimPy's clock put in order."""

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
class Job:
    """Work under way: who does it (pool and officer), and how many tasks they hold: those of one batch."""

    seats: list[tuple[Pool, int]]
    tasks: int

    def let_go(self) -> None:
        """One task less; with the last of them the officers are free."""
        self.tasks -= 1
        if self.tasks == 0:
            for pool, officer in self.seats:
                pool.free.add(officer)
                pool.touched = True

    def hold(self) -> None:
        """Hold on to a task that was let go at this instant."""
        if self.tasks == 0:
            for pool, officer in self.seats:
                pool.free.remove(officer)
        self.tasks += 1


@dataclass(eq=False)
class Task:
    """One visit of a case to a step: a row of the event table, or one for each of the pools that do it together."""

    case: Case
    step: int
    visit: int
    ready: float
    pool: int
    server: int = -1
    beside: list[tuple[int, int]] = field(default_factory=list)  # pool and officer of the further rows
    start: float = math.nan
    finish: float = math.nan
    work: float = math.nan
    outcome: int = OPEN
    joined: int = -1  # its place in the order of joining a queue
    due: float = math.inf
    escalates: float = math.inf
    job: Job | None = None
    granted: simpy.Event | None = None
    before: list[Task] | None = None  # where it waits to be let to the step, in the order of coming

    @property
    def waiting(self) -> bool:
        """Whether it stands in its queue, or waits to be let to it."""
        return self.granted is not None and not self.granted.triggered

    def leave_queue(self, outcome: int, now: float) -> None:
        """Leave: the process that waits for an officer, or to be let to the step, is told so."""
        assert self.granted is not None
        self.outcome, self.finish = outcome, now
        self.granted.succeed(None)


@dataclass(eq=False)
class Held:
    """A case that an officer holds on to until there is room at the next step."""

    case: Case
    step: int
    visit: int
    job: Job
    admitted: simpy.Event


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
    comes_from: Job | None = None  # who has just finished the step before, and could hold on to the case
    admitted: bool = False  # to be asked neither for its share nor at a gate


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
    channel: int = -1
    retried: int = 0
    in_hand: bool = False


@dataclass(eq=False)
class Line:
    """Tasks that stand alike in the order of every pool that may take them, as they joined."""

    number: int
    pools: list[Pool]
    factors: list[float]
    stand_ins: list[bool]
    together: bool
    priority: int
    tasks: list[Task] = field(default_factory=list)


@dataclass(eq=False)
class Pool:
    """Officers, and the lines that they serve, in their order, each with the place at which they prefer it."""

    number: int
    free: set[int]
    lines: list[tuple[int, Line]] = field(default_factory=list)
    at_work: set[int] = field(default_factory=set)
    staying_late: set[int] = field(default_factory=set)
    closed_at: float = -1.0
    touched: bool = False
    systems_down: int = 0
    booked: list[Task] = field(default_factory=list)  # tasks done together, for each of which an officer stays free
    helping: bool = False
    away: set[int] = field(default_factory=set)  # who helps at another pool

    @property
    def on_duty(self) -> set[int]:
        """Who may take work: everybody at work, unless a system that the pool needs is down."""
        return set() if self.systems_down else self.at_work

    @property
    def present(self) -> set[int]:
        """Who is on duty here."""
        return self.on_duty - self.away

    @property
    def has_time(self) -> bool:
        """Whether somebody here is free for a task that comes now."""
        return len(self.free & self.present) > len(self.booked)

    def waiting(self) -> Iterable[Task]:
        """Who waits here first of all, in the order of service; those who came for another pool are its own."""
        return (task for _, line in self.lines if line.pools[0] is self for task in line.tasks)
