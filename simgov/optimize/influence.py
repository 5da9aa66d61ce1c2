"""Which pools can touch a KPI at all, and which of them could do so either way.

A pool touches a KPI if its cases are counted there, if cases that it has served go on to a pool that does, or if it
shares tasks with one. More officers upstream send more cases on, and so do more who share the work there. Where a
queue upstream has no limit of its own, because no target is about it and nobody that a target is about waits behind
it, or because those who wait give up, too few officers may keep the load off the pools that a target is about: then
more staff could hurt, and the pool counts as touching the KPI *either way*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simgov.kpi.table import PERCENT, Kpi
from simgov.optimize.traffic import reach, section
from simgov.scenario.value import Pool, Scenario, Service, Step

NONE, HELPS, EITHER = range(3)
"""What more of something does to a KPI: nothing at all, only good, or not known."""

LIMITING = frozenset({"time", "days", "door_to_door", "on_time", "wait", "queue", "utilisation", "throughput", "open"})
"""Quantities that get out of hand where a pool cannot keep up, so that a target on them limits its queue."""


@dataclass(frozen=True, eq=False)
class Task:
    """One step of one service, as cases wait for it: the places of what they may still do after it, and the share of
    cases that come to it."""

    service: Service
    place: int
    later: frozenset[int]
    share: float

    @property
    def step(self) -> Step:
        """The step."""
        return self.service.steps[self.place]

    @property
    def name(self) -> str:
        """``service.step``."""
        return f"{self.service.id}.{self.step.id}"

    @property
    def priority(self) -> int:
        """Its class: 1 is served first."""
        return self.service.priority if self.step.priority is None else self.step.priority


@dataclass(frozen=True)
class Influence:
    """The pools of a scenario by what they can do to the KPIs of its targets.

    ``flows``: pool to the pools that its cases go on to, directly or later, or that share a step with it or with these.
    ``loose``: pool to the pools that could be spared load while it has too few officers, since nothing limits the queue
    of some cases there, or at a pool that it helps.
    """

    flows: dict[str, frozenset[str]]
    loose: dict[str, frozenset[str]]

    @classmethod
    def of(
        cls, scenario: Scenario, kpis: Iterable[tuple[Kpi, int]], removable: frozenset[str] = frozenset()
    ) -> Influence:
        """``kpis`` are those of the targets, each with 1 where more staff helps it, -1 or 0 otherwise.

        Steps that are ``removable`` (``service.step``) may be gone in a plan: a target on them limits no other queue.
        """
        targets = list(kpis)
        helped = [kpi for kpi, direction in targets if direction > 0]
        felt = [task for kpi in helped if _quantity(kpi) in LIMITING for task in _felt(scenario, kpi)]
        watched = [task for task in felt if task.name not in removable]
        own = {(task.name, task.place) for task in felt}
        bounded = {kpi.owner for kpi in helped if _quantity(kpi) == "reneged"}
        flows = _flows(scenario)
        loose: dict[str, frozenset[str]] = {pool.id: frozenset() for pool in scenario.pools}
        for task in tasks(scenario):
            ahead = _pools(task.service.steps[j] for j in task.later)
            if (task.name, task.place) in own or _is_limited(scenario, task, watched):
                leaks = _may_leave(scenario, task) and task.service.id not in bounded
                ahead = ahead - set(task.step.pools) if leaks else frozenset()
            reached = ahead.union(*(flows[pool] for pool in ahead))
            for pool in task.step.pools:
                loose[pool] |= reached
        relieved = _relieved(scenario)
        return cls(flows, {pool: spared.union(*(loose[p] for p in relieved[pool])) for pool, spared in loose.items()})

    def effect(self, pool: str, own: frozenset[str]) -> int:
        """What more staff at ``pool`` does to a KPI that is counted at the pools ``own``."""
        if pool not in own and not self.flows[pool] & own:
            return NONE
        return EITHER if self.loose[pool] & own else HELPS


def tasks(scenario: Scenario) -> list[Task]:
    """Every step at a pool, in every variant of every service; not those that no case does any more."""
    return [task for service in scenario.every_variant for task in _tasks_of(service)]


MOST_REMEMBERED = 4096
_remembered: dict[int, tuple[Service, list[Task]]] = {}
"""The tasks of the services looked at last, each kept so that its id stays its own: most settings share them."""


def _tasks_of(service: Service) -> list[Task]:
    if id(service) not in _remembered:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        found = [
            Task(service, place, frozenset(later), share)
            for place, (later, share) in enumerate(zip(_later(service), reach(service).tolist(), strict=True))
            if service.steps[place].pools and not service.steps[place].removed
        ]
        _remembered[id(service)] = (service, found)
    return _remembered[id(service)][1]


def windows(scenario: Scenario) -> frozenset[str]:
    """The pools where people wait in a hall that holds so many only; none where it holds any number."""
    if scenario.hall_room is None:
        return frozenset()
    return _pools(step for service in scenario.every_variant for step in service.steps if step.in_person)


def counted(scenario: Scenario, kpi: Kpi) -> frozenset[str]:
    """The pools at which the cases of a KPI spend what it measures."""
    if kpi.definition.scope == "pool":
        return frozenset({kpi.owner})
    if kpi.definition.scope == "plan":
        return frozenset(pool.id for pool in scenario.pools)
    return _pools(task.step for task in _counted_tasks(scenario, kpi))


def _counted_tasks(scenario: Scenario, kpi: Kpi) -> list[Task]:
    """The tasks at which the cases of a KPI spend what it measures."""
    scope, quantity = kpi.definition.scope, _quantity(kpi)
    every = tasks(scenario)
    if scope == "plan":
        return every
    if scope == "pool":
        return [task for task in every if kpi.owner in task.step.pools]
    own = [task for task in every if scope == "hall" or task.service.id == kpi.owner]
    if quantity == "wait":
        return [task for task in own if task.step.in_person]
    milestone = {"time": "decision", "days": "decision", "on_time": "decision", "door_to_door": "collected"}.get(
        quantity
    )
    if milestone is None:
        return own
    return [task for task in own if task.place in _until(task.service, milestone)]


def _felt(scenario: Scenario, kpi: Kpi) -> list[Task]:
    """The tasks whose queues a KPI feels: a percentile does not feel what hardly anybody does."""
    found = _counted_tasks(scenario, kpi)
    if kpi.statistic not in PERCENT or kpi.definition.scope != "service":
        return found
    unfelt = 1.0 - PERCENT[kpi.statistic] / 100
    return [task for task in found if task.share > unfelt]


def _is_limited(scenario: Scenario, task: Task, watched: Iterable[Task]) -> bool:
    """Whether a case that a target feels waits behind this task, so that its queue cannot grow without end."""
    step = task.step
    behind = {
        name
        for name in step.pools
        if any(
            name in other.step.pools and _rank(scenario.pool(name), other) >= _rank(scenario.pool(name), task)
            for other in watched
        )
    }
    return set(step.pools) <= behind if step.together else bool(behind)


def _rank(pool: Pool, task: Task) -> tuple[int, int]:
    """Whose turn it is at a pool, the smallest first; where waiting or being due moves people up, all are alike."""
    if pool.ageing is not None or pool.escalate is not None:
        return 0, 0
    preferred = pool.prefers.index(task.name) if task.name in pool.prefers else len(pool.prefers)
    return preferred, task.priority


def _may_leave(scenario: Scenario, task: Task) -> bool:
    """Whether a case may go for good while it waits here: its applicant gives up, does not join or is sent home."""
    if not task.step.in_person:
        return False
    pools = [scenario.pool(name) for name in task.step.pools]
    lost = any(pool.waiting_at_closing == "send_home" and pool.sent_home == "lost" for pool in pools)
    balks = scenario.hall_room is not None or any(pool.balks_at is not None for pool in pools)
    return task.service.patience is not None or lost or balks


def _quantity(kpi: Kpi) -> str:
    return kpi.definition.quantity.partition(".")[0]


def _pools(steps: Iterable[Step]) -> frozenset[str]:
    """Every pool that may take part in one of some steps."""
    return frozenset(pool for step in steps if not step.removed for pool in step.pools)


def _until(service: Service, milestone: str) -> set[int]:
    """The places of all steps that come before a milestone; of all steps where none is marked."""
    places = {step.id: place for place, step in enumerate(service.steps)}
    waiting = [step.id for step in service.steps if getattr(step, milestone)] or list(places)
    seen: set[int] = set()
    while waiting:
        place = places[waiting.pop()]
        if place not in seen:
            seen.add(place)
            waiting += service.steps[place].after
    # What is sent back by a step before the milestone does again what lies between, which comes before it too.
    return seen


def _flows(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For each pool, the pools that its cases go on to, directly or later, and those that it shares work with."""
    onward = _sharing(scenario)
    for service in scenario.every_variant:
        for j, later in enumerate(_later(service)):
            for at in _pools([service.steps[j]]):
                onward[at] |= _pools(service.steps[i] for i in later)
    return _followed(onward)


def _relieved(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For each pool, the others whose queues grow shorter with more officers there, since they share their work."""
    return _followed(_sharing(scenario))


def _sharing(scenario: Scenario) -> dict[str, set[str]]:
    """For each pool, those that have more to do, or longer to wait, where it has too few officers."""
    shared: dict[str, set[str]] = {pool.id: set() for pool in scenario.pools}
    for pool in scenario.pools:
        if pool.tide is not None:  # officers go there while many wait, and are missed here
            shared[pool.id].add(pool.tide.to)
            shared[pool.tide.to].add(pool.id)
    for window in windows(scenario):
        shared[window] |= windows(scenario) - {window}
    for service in scenario.every_variant:
        for step in service.steps:
            others = _pools([step])
            if step.room is not None:  # a full room keeps the officer of the step before
                others |= _pools(one for one in service.steps if one.id in step.after)
            if service.in_hand is not None or service.informed:  # who waits, and where, follows from all of them
                others |= _pools(service.steps)
            for at in _pools([step]):
                shared[at] |= others - {at}
    return shared


def _followed(direct: dict[str, set[str]]) -> dict[str, frozenset[str]]:
    """Where the ways from each pool lead in the end."""
    found = {pool: set(reached) for pool, reached in direct.items()}
    changed = True
    while changed:
        changed = False
        for reached in found.values():
            more = set[str]().union(*(found[pool] for pool in reached)) - reached
            reached |= more
            changed = changed or bool(more)
    return {pool: frozenset(reached) for pool, reached in found.items()}


def _later(service: Service) -> list[set[int]]:
    """For each step, the steps that a case may still do after it: those that follow, and those it is sent back to."""
    place = {step.id: j for j, step in enumerate(service.steps)}
    direct: list[set[int]] = [set() for _ in service.steps]
    for j, step in enumerate(service.steps):
        for before in step.after:
            direct[place[before]].add(j)
        direct[j] |= set(section(service, j))
    return [_closure(j, direct) for j in range(len(direct))]


def _closure(start: int, direct: Sequence[set[int]]) -> set[int]:
    seen: set[int] = set()
    waiting = list(direct[start])
    while waiting:
        j = waiting.pop()
        if j not in seen:
            seen.add(j)
            waiting += direct[j]
    return seen
