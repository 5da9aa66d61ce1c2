"""Room and speed of pools: how many places there are to wait before one, and how many times as fast its officers work.

``optimize.room`` and ``optimize.speed`` say between which whole numbers each may be chosen; both are free of cost. In
a space they are columns like the posts of a pool, named ``room.POOL`` and ``speed.POOL``; limits name them so too::

    optimize:
      room:  {second: 1..20}
      speed: {first: 1..20, second: 1..20}
      limits: [{of: [speed.first, speed.second], exactly: 20}]

A speed divides the work that was drawn for a case, so that designs are compared on the same cases with the same work.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING

from simgov.chance import Changed
from simgov.errors import PathPart, Problem
from simgov.scenario.fields import unknown
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from simgov.scenario.value import Scenario, Service, Step

ROOM, SPEED = "room", "speed"


def column(kind: str, pool: str) -> str:
    """What the room or speed of a pool is called as a column."""
    return f"{kind}.{pool}"


def kind_and_pool(name: str) -> tuple[str, str]:
    """``room`` or ``speed`` and the pool that a column is about; the kind is empty for the posts of a pool."""
    kind, dot, pool = name.partition(".")
    return (kind, pool) if dot and kind in (ROOM, SPEED) else ("", name)


@dataclass(frozen=True)
class Equipment:
    """How many may wait before pools, and how many times as fast as the file says their officers work."""

    room: tuple[tuple[str, int], ...] = ()
    speed: tuple[tuple[str, int], ...] = ()

    @classmethod
    def of(cls, counts: Mapping[str, int]) -> Equipment:
        """What the columns of a design mean; columns for posts mean nothing here."""
        found: dict[str, list[tuple[str, int]]] = {ROOM: [], SPEED: []}
        for name, count in counts.items():
            kind, pool = kind_and_pool(name)
            if kind:
                found[kind].append((pool, count))
        return cls(tuple(found[ROOM]), tuple(found[SPEED]))

    def __bool__(self) -> bool:
        return bool(self.room or self.speed)

    def applied(self, scenario: Scenario) -> Scenario:
        """The scenario with this equipment, from the first day on, in every phase and for every case."""
        if not self:
            return scenario
        phases = tuple(
            replace(
                phase,
                services=self._services(phase.services),
                others=tuple(replace(one, services=self._services(one.services)) for one in phase.others),
            )
            for phase in scenario.phases
        )
        return replace(
            scenario,
            services=self._services(scenario.services),
            others=tuple(replace(one, services=self._services(one.services)) for one in scenario.others),
            phases=phases,
            chance=None if scenario.chance is None else Changed(scenario.chance, self.applied),
        )

    def _services(self, services: tuple[Service, ...]) -> tuple[Service, ...]:
        return tuple(replace(service, steps=tuple(self._step(step) for step in service.steps)) for service in services)

    def _step(self, step: Step) -> Step:
        if step.at is None:
            return step
        room = None if step.room is None else self._rooms.get(step.at, step.room)
        return replace(step, room=room, slowdown=step.slowdown / self._speeds.get(step.at, 1))

    @cached_property
    def _rooms(self) -> dict[str, int]:
        return dict(self.room)

    @cached_property
    def _speeds(self) -> dict[str, int]:
        return dict(self.speed)


def today(scenario: Scenario) -> dict[str, int]:
    """By column what the file has: the room of each pool with limited room (the smallest), and a speed of 1."""
    rooms = {pool.id: [step.room for step in _steps(scenario, pool.id) if step.room] for pool in scenario.pools}
    return {
        **{column(ROOM, pool): min(places) for pool, places in rooms.items() if places},
        **{column(SPEED, pool.id): 1 for pool in scenario.pools},
    }


def words(name: str, pool: Text) -> Text:
    """What people call a column about a pool of that name."""
    kind, _ = kind_and_pool(name)
    if kind == ROOM:
        return Text(f"places to wait before {pool.en}", f"{pool.zh}候办席位数")
    if kind == SPEED:
        return Text(f"speed at {pool.en}", f"{pool.zh}办理速度倍数")
    return pool


def count_words(name: str, pool: Text, count: int) -> Text:
    """How many of a column there are: ``4 places to wait before Review``."""
    kind, _ = kind_and_pool(name)
    if kind == ROOM:
        places = "place" if count == 1 else "places"
        return Text(f"{count} {places} to wait before {pool.en}", f"{pool.zh}候办席位 {count} 个")
    if kind == SPEED and count == 1:
        return Text(f"{pool.en} as fast as today", f"{pool.zh}办理速度与现在相同")
    if kind == SPEED:
        return Text(f"{pool.en} {count} times as fast as today", f"{pool.zh}办理速度为现在的 {count} 倍")
    gap = "" if pool.zh.endswith("）") else " "
    return Text(f"{count} at {pool.en}", f"{pool.zh}{gap}{count} 人")


def change_words(name: str, pool: Text, change: int) -> Text:
    """How many more or fewer of a column: ``2 fewer places to wait before Review``."""
    kind, _ = kind_and_pool(name)
    amount = "one" if abs(change) == 1 else str(abs(change))
    more, zh = ("more", "增加") if change > 0 else ("fewer", "减少")
    if kind == ROOM:
        places = "place" if abs(change) == 1 else "places"
        return Text(f"{amount} {places} {more} to wait before {pool.en}", f"{pool.zh}候办席位{zh} {abs(change)} 个")
    if kind == SPEED:
        steps = "step" if abs(change) == 1 else "steps"
        faster, zh = ("faster", "提高") if change > 0 else ("slower", "降低")
        return Text(f"{pool.en} {amount} {steps} of speed {faster}", f"{pool.zh}办理速度{zh} {abs(change)} 倍")
    return Text(f"{amount} {more} at {pool.en}", f"{pool.zh}{zh} {abs(change)} 人")


# As the file writes it ------------------------------------------------------------------------------------------------


def resolve(
    kind: str,
    ranges: Mapping[str, tuple[int, int]],
    scenario: Scenario,
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> dict[str, tuple[int, int]]:
    """The bounds by pool, in the order of the pools; what is wrong is told to ``problems`` and left out."""
    known = [pool.id for pool in scenario.pools]
    good = set()
    for pool, (low, _) in ranges.items():
        fault = next(iter(_faults(kind, pool, low, known, scenario)), None)
        if fault is None:
            good.add(pool)
        else:
            problems.append(Problem((*path, pool), *fault, on_key=True))
    return {pool: ranges[pool] for pool in known if pool in good}


def _faults(kind: str, pool: str, low: int, known: list[str], scenario: Scenario) -> Iterator[tuple[str, str]]:
    """What is wrong with an entry, and what to write instead."""
    if pool not in known:
        yield unknown("pool", pool, known)
        return
    if low < 1:
        least = "one place to wait" if kind == ROOM else "the speed of today, which is 1"
        yield f"{kind} of {pool!r} begins at {low}", f"begin at 1: the least is {least}"
    steps = _steps(scenario, pool)
    if kind == ROOM and not any(step.room for step in steps):
        yield f"no step at {pool!r} has limited room", f"give the step at {pool} its room of today, e.g. room: 4"
    if kind == SPEED:
        shared = next((step for step in steps if len(step.pools) > 1), None)
        if shared is not None:
            message = f"step {shared.id!r} is shared by {pool!r} with other pools, so it has no speed of its own"
            yield message, "decide the speed of pools only that do their steps alone"
        elif not steps:
            yield f"no step is done at {pool!r}, so its speed changes nothing", "leave it out"


def _steps(scenario: Scenario, pool: str) -> list[Step]:
    """The steps that a pool takes part in."""
    return [step for service in scenario.every_variant for step in service.steps if pool in step.pools]
