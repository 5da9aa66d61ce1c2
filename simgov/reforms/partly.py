"""A measure that reaches some cases only: the scenario then has several ways for cases to go (``Scenario.ways``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

from simgov.reforms.refusal import Refusal
from simgov.scenario.value import EVERYBODY, Others, Pool, Reach, Scenario, Service

Change = Callable[[Scenario], Scenario]
Way = tuple[Reach, tuple[Service, ...]]


def on_every_way(scenario: Scenario, change: Change) -> Scenario:
    """The change made to every way that cases go; one in which it may not be made stays, but not all of them.

    Raises ``Refusal``, as ``change`` did on the first way, where no way accepts it.
    """
    if not scenario.others:
        return change(scenario)
    after = [_attempt(alone(scenario, way), change) for way in scenario.ways]
    accepted = _accepted(after)
    ways = [
        (reach, one.services if isinstance(one, Scenario) else services)
        for (reach, services), one in zip(scenario.ways, after, strict=True)
    ]
    return with_ways(accepted, ways)


def partly(scenario: Scenario, reach: Reach, change: Change) -> Scenario:
    """The change made for the cases of ``reach``; the others go as they went. Raises ``Refusal`` as above."""
    ways: list[Way] = []
    after = [_attempt(alone(scenario, way), change) for way in scenario.ways]
    accepted = _accepted(after)
    for (before, services), one in zip(scenario.ways, after, strict=True):
        if isinstance(one, Scenario):
            ways.append((before.within(reach), one.services))
        ways.append((before, services))
    return preferring_still(scenario, with_ways(accepted, ways))


def preferring_still(before: Scenario, after: Scenario) -> Scenario:
    """``after`` with the steps that its pools preferred before and that some cases still come to."""
    preferred = {pool.id: pool.prefers for pool in before.pools}
    there = {f"{one.id}.{step.id}" for one in after.every_variant for step in one.steps if not step.removed}

    def still(pool: Pool) -> Pool:
        prefers = list(pool.prefers)
        for place, name in enumerate(preferred.get(pool.id, ())):
            if name in there and name not in prefers:
                prefers.insert(place, name)
        return replace(pool, prefers=tuple(prefers))

    return replace(after, pools=tuple(still(pool) for pool in after.pools))


def alone(scenario: Scenario, way: Way) -> Scenario:
    """The scenario if every case went this way."""
    return replace(scenario, services=way[1], reach=EVERYBODY, others=())


def with_ways(scenario: Scenario, ways: Iterable[Way]) -> Scenario:
    """The scenario whose cases go these ways, without those that no case can go any more."""
    kept: list[Way] = []
    for reach, services in ways:
        if reach.nobody or any(_covers(earlier, reach) for earlier, _ in kept):
            continue
        if kept and kept[-1][1] == services and _covers(reach, kept[-1][0]):
            kept.pop()
        kept.append((reach, services))
    (reach, services), *others = kept
    return replace(scenario, services=services, reach=reach, others=tuple(Others(*way) for way in others))


def refuse_unserved(scenario: Scenario) -> None:
    """Refuse a pool that is gone while cases that the measure does not reach still need it."""
    pools = {pool.id for pool in scenario.pools}
    for other in scenario.others:
        used = {pool for service in other.services for step in service.steps if not step.removed for pool in step.pools}
        if used - pools:
            gone = min(used - pools)
            raise Refusal(f"{gone} would be gone, and cases that this does not reach still need it")


def _attempt(scenario: Scenario, change: Change) -> Scenario | Refusal:
    try:
        return change(scenario)
    except Refusal as refusal:
        return refusal


def _accepted(after: Iterable[Scenario | Refusal]) -> Scenario:
    """The first way that accepts the change; raises the first refusal where none does."""
    refused: Refusal | None = None
    for one in after:
        if isinstance(one, Scenario):
            return one
        refused = refused or one
    assert refused is not None
    raise refused


def _covers(reach: Reach, other: Reach) -> bool:
    """Whether every case of ``other`` is one of ``reach``."""
    if other.upto > reach.upto:
        return False
    return reach.groups is None or (other.groups is not None and set(other.groups) <= set(reach.groups))
