"""Which pools can touch a KPI at all, and which of them could do so either way.

A pool touches a KPI if its cases are counted there, if cases that it has served go on to a pool that does, or if it
shares tasks with one. More officers upstream send more cases on, and so do more who share the work there. A pool that
does none of the work which the KPI counts, and takes none of it from those who do, can only bring others *sooner* to
where its cases wait; so can one that does, where these others go after all whom the KPI counts. Where some queue has no
limit of its own, because no target is about it and nobody that a target is about waits behind it, or because those who
wait give up, too few officers may even keep the load off the pools that the KPI is about: then more staff could hurt
much, and the pool counts as touching the KPI *either way*. So it does where more officers change who does the work, or
whom the KPI counts.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence, Set
from dataclasses import dataclass, field

from simgov.kpi.table import PERCENT, Kpi
from simgov.optimize.traffic import reach, section
from simgov.scenario.value import Pool, Scenario, Service, Step

NONE, HELPS, EITHER, SOONER = range(4)
"""What more of something does to a KPI: nothing at all, only good, not known, or: it brings others sooner to where the
KPI's cases wait, as many as before, which hurts a little where it does."""

SLOW = 1.25
"""Who takes longer than this for a task can make it later by beginning it. (At 1.2 no figure rose by 0.5 %.)"""

LIMITING = frozenset({"time", "days", "door_to_door", "on_time", "wait", "queue", "utilisation", "open"})
"""Quantities that get out of hand where a pool cannot keep up, so that a target on them limits its queue."""

RATES = frozenset({"utilisation"})
"""Quantities of how much is done, the same whether cases come sooner or later. (A target on throughput may ask for less
than comes, and so for nothing but leaving the others out.)"""


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
    """The pools of a scenario by what they can do to the KPIs of its targets; ``at`` are the tasks at each.

    ``flows``: pool to the pools that its cases go on to, directly or later, or that share a step with it or with these.
    ``loose``: pool to the pools that could be spared load while it has too few officers, since nothing limits the queue
    of some cases there, or at a pool that it helps.
    ``helped``: pool to the pools that it takes work from.
    ``slowed``: pool to the pools whose tasks may take longer, or find fewer to do them, with more officers there.
    ``backwards``: pool to the pools that more officers there relieve without doing their work: more cases come there.
    ``leavers``: pools that cases leave unserved which might otherwise have come back to them.
    ``unfinished``: pools whose officers finish at closing what they have begun, and leave the rest for the next day.
    """

    flows: dict[str, frozenset[str]]
    loose: dict[str, frozenset[str]]
    helped: dict[str, frozenset[str]]
    slowed: dict[str, frozenset[str]]
    backwards: dict[str, frozenset[str]]
    leavers: frozenset[str]
    unfinished: frozenset[str]
    scenario: Scenario = field(repr=False)
    at: dict[str, list[Task]] = field(repr=False)

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
        own = {(task.name, task.place) for task in [*felt, *_only_throughput(scenario, helped)]}
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
        spared = {pool: own.union(*(loose[p] for p in relieved[pool])) for pool, own in loose.items()}
        at: dict[str, list[Task]] = {pool.id: [] for pool in scenario.pools}
        for task in tasks(scenario):
            for name in task.step.pools:
                at[name].append(task)
        helped_by = _helped(scenario)
        return cls(
            flows,
            spared,
            helped_by,
            _slowed(scenario),
            {pool: reached - helped_by[pool] for pool, reached in relieved.items()},
            _leavers(scenario),
            _unfinished(scenario, at),
            scenario,
            at,
        )

    def effect(self, pool: str, own: frozenset[str], quantity: str = "", counts: Sequence[Task] = ()) -> int:
        """What more staff at ``pool`` does to a KPI of this quantity that ``counts`` tasks at the pools ``own``."""
        if pool not in own and not self.flows[pool] & own:
            return NONE
        may_hurt = self.loose[pool] | self.slowed[pool] | ({pool} & self.leavers)
        if quantity == "overtime":  # the more there are, the more of them have begun something at closing
            may_hurt |= {pool} & self.unfinished
        works_for_it = quantity in RATES or pool in own or bool(self.helped[pool] & own)
        if may_hurt & own or (not works_for_it and self.backwards[pool] & own):
            return EITHER
        rushes = quantity not in RATES and bool(self._rushed(pool, counts) & own)
        return SOONER if rushes or not works_for_it else HELPS

    def _rushed(self, pool: str, counts: Sequence[Task]) -> frozenset[str]:
        """The pools that others come to sooner with more staff at ``pool``, behind whom none of these tasks waits."""
        others = self._others(pool, counts)
        return self._ahead(task for task in others if not _is_limited(self.scenario, task, counts))

    def sends_on(self, pool: str, own: frozenset[str], counts: Sequence[Task]) -> bool:
        """Whether more staff at ``pool`` sends others on to the pools ``own``, besides what it does for the KPI."""
        return bool(self._ahead(self._others(pool, counts)) & own)

    def relieves(self, steps: Set[str], own: frozenset[str], counts: Sequence[Task]) -> bool:
        """Whether some of these steps (or parts) are of cases that go on to the pools ``own`` and are not counted."""
        known = {(task.name, task.place) for task in counts}
        gone = [task for task in tasks(self.scenario) if any(f"{name}.".startswith(f"{task.name}.") for name in steps)]
        return bool(self._ahead(task for task in gone if known and (task.name, task.place) not in known) & own)

    def _others(self, pool: str, counts: Sequence[Task]) -> list[Task]:
        """The tasks at a pool, and at those that it helps, which a KPI does not count; none where it counts none."""
        known = {(task.name, task.place) for task in counts}
        here = [task for name in {pool} | self.helped[pool] for task in self.at[name]]
        return [task for task in here if known and (task.name, task.place) not in known]

    def _ahead(self, held: Iterable[Task]) -> frozenset[str]:
        """The pools that cases come to after these tasks, and those that follow from there."""
        ahead = _pools(task.service.steps[j] for task in held for j in task.later)
        return ahead.union(*(self.flows[name] for name in ahead))


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
    return _pools(task.step for task in counted_tasks(scenario, kpi))


def counted_tasks(scenario: Scenario, kpi: Kpi) -> list[Task]:
    """The tasks at which the cases of a KPI spend what it measures."""
    scope, quantity = kpi.definition.scope, _quantity(kpi)
    every = tasks(scenario)
    if scope == "plan":
        return every
    if scope == "pool":
        return [task for task in every if kpi.owner in task.step.pools]
    own = [task for task in every if scope == "hall" or task.service.id in kpi.services]
    if quantity == "wait":
        return [task for task in own if task.step.in_person]
    if quantity == "reneged":
        return [task for task in own if _may_leave(scenario, task)]
    milestone = {"time": "decision", "days": "decision", "on_time": "decision", "door_to_door": "collected"}.get(
        quantity
    )
    if milestone is None:
        return own
    counted_there = [task for task in own if task.place in _until(task.service, milestone)]
    return _on_the_clock(counted_there) if quantity in ("days", "on_time") else counted_there


def _on_the_clock(own: list[Task]) -> list[Task]:
    """Those of some tasks for which cases wait after acceptance, when the legal clock runs."""

    def is_before(task: Task) -> bool:
        accepting = any(step.accepted for step in task.service.steps)
        return accepting and task.place in _until(task.service, "accepted")

    after = [task for task in own if not is_before(task)]
    return [
        task
        for task in own
        if task in after or any(one.service is task.service and task.place in one.later for one in after)
    ]


def _felt(scenario: Scenario, kpi: Kpi) -> list[Task]:
    """The tasks whose queues a KPI feels: a percentile does not feel what hardly anybody does, nor may a group of
    applicants, who can have a way of their own, or one of several services feel what the others wait for."""
    if kpi.selects and (kpi.group or kpi.statistic in PERCENT):
        return []
    found = counted_tasks(scenario, kpi)
    if kpi.statistic not in PERCENT or kpi.definition.scope != "service":
        return found
    unfelt = 1.0 - PERCENT[kpi.statistic] / 100
    return [task for task in found if task.share > unfelt]


def _only_throughput(scenario: Scenario, helped: Sequence[Kpi]) -> list[Task]:
    """The tasks of the cases whose throughput is all that the targets ask for: to hold them back helps nothing then."""
    only = len(set(helped)) == 1 and _quantity(helped[0]) == "throughput"
    return _felt(scenario, helped[0]) if only else []


def _is_limited(scenario: Scenario, task: Task, watched: Iterable[Task]) -> bool:
    """Whether a case that a target feels waits behind this task, so that its queue cannot grow without end.

    Not one that others may take as well: it goes on at another pool however long the queue here is.
    """
    step = task.step
    behind = {
        name
        for name in step.pools
        if any(
            name in other.step.pools
            and (other.step.together or set(other.step.pools) <= set(step.pools))
            and _rank(scenario.pool(name), other) >= _rank(scenario.pool(name), task)
            for other in watched
        )
    }
    return set(step.pools) <= behind if step.together else bool(behind)


def _rank(pool: Pool, task: Task) -> tuple[float, float, float]:
    """Whose turn it is at a pool, the smallest first; where waiting or being due moves people up, all are alike."""
    promised = task.service.statutory_limit if task.service.promise is None else task.service.promise
    due = math.inf if promised is None else float(promised)
    if pool.ageing is not None:
        return 0.0, 0.0, 0.0
    if pool.escalate is not None and due < math.inf:
        return 0.0, 0.0, due if pool.order == "earliest_due" else 0.0
    preferred = pool.prefers.index(task.name) if task.name in pool.prefers else len(pool.prefers)
    return float(preferred), float(task.priority), due if pool.order == "earliest_due" else 0.0


def _may_leave(scenario: Scenario, task: Task) -> bool:
    """Whether a case may go for good while it waits here.

    Its applicant gives up, does not join, is sent home or withdraws, or silence decides for the office.
    """
    if task.service.withdraws is not None or task.service.deemed_approval:
        return True
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
    marked = [place for place, step in enumerate(service.steps) if getattr(step, milestone)]
    # What is sent back by a step before the milestone does again what lies between, which comes before it too.
    return _up_to(service, marked or range(len(service.steps)))


def _up_to(service: Service, last: Iterable[int]) -> set[int]:
    """The places of some steps and of all that come before them."""
    places = {step.id: place for place, step in enumerate(service.steps)}
    waiting = list(last)
    seen: set[int] = set()
    while waiting:
        place = waiting.pop()
        if place not in seen:
            seen.add(place)
            waiting += [places[name] for name in service.steps[place].after]
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


def _helped(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For each pool, the others whose work its officers do too."""
    helped: dict[str, set[str]] = {pool.id: set() for pool in scenario.pools}
    for pool in scenario.pools:
        if pool.tide is not None:
            helped[pool.id].add(pool.tide.to)
            helped[pool.tide.to].add(pool.id)
    for task in tasks(scenario):
        if not task.step.together:
            for at in task.step.pools:
                helped[at] |= set(task.step.pools) - {at}
    return _followed(helped)


def _slowed(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For each pool, those where tasks may have to wait longer, or be done more slowly, with more officers there.

    Tasks are begun at once that somebody quicker would soon have been free for; a whole pool stands in only while not
    one of them is on duty; and those who know where it takes shortest come there, and go on to where it takes long.
    """
    slowed: dict[str, set[str]] = {pool.id: set() for pool in scenario.pools}
    for task in tasks(scenario):
        before: list[str] = [task.step.pools[0]]
        for other in task.step.alternatives:
            if other.stand_in:
                for pool in before:
                    slowed[pool] |= set(task.step.pools)
            elif other.slowdown > SLOW:
                slowed[other.pool] |= set(task.step.pools)
            before.append(other.pool)
        if task.service.informed:
            for at in task.step.pools:
                slowed[at] |= _pools(task.service.steps)
    return {pool: frozenset(own) for pool, own in slowed.items()}


def _leavers(scenario: Scenario) -> frozenset[str]:
    """The pools where cases may leave that might have come back: who stays has less to come back for."""
    return _pools(
        task.step
        for task in tasks(scenario)
        if _may_leave(scenario, task) and any(step.returns is not None for step in task.service.steps)
    )


def _unfinished(scenario: Scenario, at: dict[str, list[Task]]) -> frozenset[str]:
    """The pools that finish a task under way at closing, but do not serve all who wait."""

    def stays(task: Task, pool: Pool) -> bool:
        return pool.waiting_at_closing != "serve" and not (pool.waiting_at_closing is None and task.step.in_person)

    return frozenset(
        pool.id
        for pool in scenario.pools
        if pool.at_closing == "finish" and any(stays(task, pool) for task in at[pool.id])
    )


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
