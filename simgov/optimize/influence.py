"""Which pools can touch a KPI at all, and which of them could do so either way.

A pool touches a KPI if its cases are counted there, or if cases that it has served go on to a pool that does: nothing
flows back. More officers upstream send more cases on. Where the queue upstream has no limit of its own, because no
target is about it or because those who wait give up, too few officers there may keep the load off the pools that a
target is about: then more staff could hurt, and the pool counts as touching the KPI *either way*.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from simgov.kpi.table import Kpi
from simgov.optimize.traffic import section
from simgov.scenario.value import Scenario, Service

NONE, HELPS, EITHER = range(3)
"""What more of something does to a KPI: nothing at all, only good, or not known."""

LIMITING = frozenset({"time", "days", "door_to_door", "on_time", "wait", "queue", "utilisation", "throughput", "open"})
"""Quantities that get out of hand where a pool cannot keep up, so that a target on them limits its queue."""


@dataclass(frozen=True)
class Influence:
    """The pools of a scenario by what they can do to the KPIs of its targets.

    ``flows``: pool to the pools that its cases go on to, directly or later. ``limited``: pools whose queue some target
    keeps in bounds. ``leaking``: pools whose applicants give up instead of going on to other pools.
    """

    flows: dict[str, frozenset[str]]
    limited: frozenset[str]
    leaking: frozenset[str]

    @classmethod
    def of(cls, scenario: Scenario, kpis: Iterable[tuple[Kpi, int]]) -> Influence:
        """``kpis`` are those of the targets, each with 1 where more staff helps it, -1 or 0 otherwise."""
        targets = list(kpis)
        helped = [kpi for kpi, direction in targets if direction > 0]
        limited = {p for kpi in helped if _quantity(kpi) in LIMITING for p in counted(scenario, kpi)}
        bounded = {kpi.owner for kpi in helped if _quantity(kpi) == "reneged"}
        leaking = {p for s in scenario.every_variant if s.id not in bounded for p in _leaks(scenario, s)}
        return cls(_flows(scenario), frozenset(limited), frozenset(leaking))

    def effect(self, pool: str, own: frozenset[str]) -> int:
        """What more staff at ``pool`` does to a KPI that is counted at the pools ``own``."""
        onward = self.flows[pool] - {pool}
        if pool not in own and not onward & own:
            return NONE
        unlimited = pool not in own and pool not in self.limited
        return EITHER if unlimited or (pool in self.leaking and onward & own) else HELPS


def counted(scenario: Scenario, kpi: Kpi) -> frozenset[str]:
    """The pools at which the cases of a KPI spend what it measures."""
    scope, quantity = kpi.definition.scope, _quantity(kpi)
    if scope == "pool":
        return frozenset({kpi.owner})
    if scope == "plan":
        return frozenset(pool.id for pool in scenario.pools)
    services = scenario.every_variant if scope == "hall" else scenario.variants(scenario.service(kpi.owner))
    if quantity == "wait":
        return frozenset(step.at for s in services for step in s.steps if step.in_person and step.at is not None)
    if quantity in ("time", "days", "on_time"):
        return frozenset(pool for service in services for pool in _until(service, "decision"))
    if quantity == "door_to_door":
        return frozenset(pool for service in services for pool in _until(service, "collected"))
    return frozenset(step.at for service in services for step in service.steps if step.at is not None)


def _quantity(kpi: Kpi) -> str:
    return kpi.definition.quantity.partition(".")[0]


def _until(service: Service, milestone: str) -> set[str]:
    """The pools of all steps that come before a milestone; of all steps where none is marked."""
    steps = {step.id: step for step in service.steps}
    waiting = [step.id for step in service.steps if getattr(step, milestone)] or list(steps)
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in seen:
            seen.add(name)
            waiting += steps[name].after
    # What is sent back by a step before the milestone does again what lies between, which comes before it too.
    return {at for name in seen if (at := steps[name].at) is not None}


def _flows(scenario: Scenario) -> dict[str, frozenset[str]]:
    """For each pool, the pools that its cases go on to in any service, directly or later."""
    onward: dict[str, set[str]] = {pool.id: set() for pool in scenario.pools}
    for service in scenario.every_variant:
        for j, later in enumerate(_later(service)):
            at = service.steps[j].at
            if at is not None:
                onward[at] |= {pool for i in later if (pool := service.steps[i].at) is not None}
    changed = True
    while changed:
        changed = False
        for reached in onward.values():
            more = set[str]().union(*(onward[pool] for pool in reached)) - reached
            reached |= more
            changed = changed or bool(more)
    return {pool: frozenset(reached) for pool, reached in onward.items()}


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


def _leaks(scenario: Scenario, service: Service) -> set[str]:
    """Pools at which applicants of a service may give up, or be sent away for good, with other pools still ahead."""
    leaks = set()
    for step, later in zip(service.steps, _later(service), strict=True):
        if step.at is None or not step.in_person:
            continue
        pool = scenario.pool(step.at)
        lost = pool.waiting_at_closing == "send_home" and pool.sent_home == "lost"
        ahead = any(service.steps[j].at not in (None, step.at) for j in later)
        if ahead and (service.patience is not None or lost):
            leaks.add(step.at)
    return leaks
