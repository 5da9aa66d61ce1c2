"""The event table of a run with names for numbers, and what its scenario says of pools: what the rules look at.

Nothing of the engines is used, and of the compiled network no more than what its numbers of steps and pools mean.
"""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from simgov.applications import BOOKED
from simgov.arrays import Floats, Integers
from simgov.engines.events import CASE_OUTCOMES, TASK_OUTCOMES, EventTable
from simgov.network import Network
from simgov.scenario.value import Pool, Scenario, Service, Step
from simgov.workload import Workload
from tests.invariants.hours import DAY, PoolHours, pool_hours

WORKED_ON = {"done", "returned", "refused", "revoked", "wasted"}
UNSERVED = {"reneged", "sent_home", "cancelled", "balked", "passed"}
AT_A_GATE = {"passed"}


def said(value: Any, name: str, otherwise: Any) -> Any:
    """What a scenario's value says of a feature."""
    return getattr(value, name, otherwise)


def alternatives_of(step: Step) -> list[str]:
    """The pools that may do a step besides its first, without those who stand in for the absent."""
    return [other.pool for other in said(step, "alternatives", ()) if not other.stand_in]


def pools_of(step: Step) -> set[str]:
    """Every pool that may take part in a step."""
    others = [other.pool for other in said(step, "alternatives", ())]
    return {*([step.at] if step.at else []), *others, *said(step, "together", ())}


@dataclass(frozen=True, eq=False)
class Task:
    """A row of the event table. ``left`` is when it left the queue: its start, its end unserved, or the run's end."""

    row: int
    case: int
    service: Service
    step: Step
    visit: int
    pool: str
    server: int
    ready: float
    start: float
    finish: float
    work: float
    outcome: str
    left: float
    done_with: float
    booked: bool

    @property
    def begun(self) -> bool:
        """Whether an officer took it, or its delay began."""
        return not math.isnan(self.start)

    @property
    def at_gate(self) -> bool:
        """Whether it is the wait before a step: at a gate, or to be taken in hand."""
        return self.pool == "" and not self.begun

    @property
    def together(self) -> bool:
        """Whether several pools do it at once."""
        return bool(said(self.step, "together", ()))

    @property
    def priority(self) -> int:
        """Its priority class; 1 is served first."""
        appointments = self.service.appointments
        if self.booked and self.step.in_person and appointments is not None and appointments.priority is not None:
            return appointments.priority
        return self.service.priority if self.step.priority is None else self.step.priority

    def __str__(self) -> str:
        return f"task {self.row} (case {self.case}, {self.service.id}.{self.step.id}, visit {self.visit})"


@dataclass(frozen=True, eq=False)
class Run:
    """A scenario, what its step numbers mean, when people applied and who had booked according to the draws, and the
    table of the run."""

    scenario: Scenario
    steps: Sequence[tuple[Service, Step]]
    pools: Sequence[str]
    applied: Floats
    booking: Integers
    backlog: int
    events: EventTable

    @cached_property
    def tasks(self) -> list[Task]:
        """Every row, with names for numbers."""
        return [self._task(row) for row in range(len(self.events.case))]

    def _task(self, row: int) -> Task:
        events = self.events
        service, step = self.steps[int(events.step[row])]
        start, finish = float(events.start[row]), float(events.finish[row])
        done_with = events.stopped_at if math.isnan(finish) else finish
        return Task(
            row=row,
            case=int(events.case[row]),
            service=service,
            step=step,
            visit=int(events.visit[row]),
            pool=self.pools[int(events.pool[row])] if events.pool[row] >= 0 else "",
            server=int(events.server[row]),
            ready=float(events.ready[row]),
            start=start,
            finish=finish,
            work=float(events.work[row]),
            outcome=TASK_OUTCOMES[int(events.outcome[row])],
            left=done_with if math.isnan(start) else start,
            done_with=done_with,
            booked=bool(self.booking[int(events.case[row])] == BOOKED),
        )

    @cached_property
    def at_pool(self) -> Mapping[str, list[Task]]:
        """The tasks of each pool, as the table has them: where they were done, or their first pool."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self.tasks:
            found[task.pool].append(task)
        return found

    @cached_property
    def first_at(self) -> Mapping[str, list[Task]]:
        """The tasks of which each pool is the first, in whose queue they count; not those before a gate."""
        found: dict[str, list[Task]] = defaultdict(list)
        for task in self.tasks:
            if task.step.at is not None and not task.at_gate:
                found[task.step.at].append(task)
        return found

    @cached_property
    def of_case(self) -> Mapping[int, list[Task]]:
        """The tasks of each case; of one that several pools do together, the first row."""
        found: dict[int, list[Task]] = defaultdict(list)
        seen = set()
        for task in self.tasks:
            place = (task.case, task.step.id, task.visit, task.ready, task.at_gate)
            if not (task.together and place in seen):
                found[task.case].append(task)
            seen.add(place)
        return found

    @cached_property
    def days(self) -> int:
        """Days that the run may reach."""
        last = [task.done_with for task in self.tasks]
        return int(max([self.events.stopped_at, *last]) // DAY) + 15

    @cached_property
    def hours(self) -> Mapping[str, PoolHours]:
        """The hours of each pool that the scenario alone decides; not where illness or outages do, drawn by chance."""
        return {
            pool.id: pool_hours(self.scenario, pool.id, self.days)
            for pool in self.scenario.pools
            if not self._by_chance(pool)
        }

    @property
    def open_pools(self) -> list[Pool]:
        """The pools whose hours are known."""
        return [pool for pool in self.scenario.pools if pool.id in self.hours]

    @property
    def case_outcomes(self) -> list[str]:
        """How each case ended."""
        return [CASE_OUTCOMES[int(outcome)] for outcome in self.events.case_outcome]

    def _by_chance(self, pool: Pool) -> bool:
        versions = [pool, *(p for phase in self.scenario.phases for p in phase.pools if p.id == pool.id)]
        absent = any(said(version, "absences", None) not in (None, EMPTY) for version in versions)
        systems = {name for system in said(self.scenario, "systems", ()) for name in system.pools}
        return absent or pool.id in systems or bool(said(self.scenario.calendar, "changed", ()))

    # What pools do otherwise ------------------------------------------------------------------------------------------

    @cached_property
    def moved(self) -> set[str]:
        """Pools whose officers serve elsewhere with the tide."""
        return {pool.id for pool in self._every_pool if said(pool, "tide", None) is not None}

    @cached_property
    def flooded(self) -> set[str]:
        """Pools at which officers of others serve with the tide."""
        return {pool.tide.to for pool in self._every_pool if said(pool, "tide", None) is not None}

    @cached_property
    def joint(self) -> set[str]:
        """Pools with tasks that several do together: an officer may be booked for one and take nothing else."""
        return {pool for _, step in self.steps if said(step, "together", ()) for pool in pools_of(step)}

    @cached_property
    def holding(self) -> set[str]:
        """Pools whose officers may hold a case that finds no room at the next step, and are busy with it."""
        limited = {(service.id, step.id) for service, step in self.steps if said(step, "room", None) is not None}
        found: set[str] = set()
        for service, step in self.steps:
            followers = [s for o, s in self.steps if o.id == service.id and step.id in s.after]
            passed_on = any(follower.at is None or follower.share < 1.0 for follower in followers)
            if limited & {(service.id, follower.id) for follower in followers} or (limited and passed_on):
                found |= pools_of(step)
        return found

    @property
    def _every_pool(self) -> list[Pool]:
        return [*self.scenario.pools, *(pool for phase in self.scenario.phases for pool in phase.pools)]


EMPTY: Any = None
try:  # a pool without absences says so by a value of its own
    from simgov.scenario.value import Absences

    EMPTY = Absences()
except ImportError:
    pass


def run_of(network: Network, drawn: Workload, events: EventTable) -> Run:
    """What the rules look at; ``drawn`` are all who could apply to the end."""
    steps = [(service, step) for service in network.routes for step in service.steps]
    backlog = sum(entry.cases for service in network.scenario.services for entry in service.backlog)
    return Run(network.scenario, steps, network.pools, drawn.applied, drawn.case_booking, backlog, events)
