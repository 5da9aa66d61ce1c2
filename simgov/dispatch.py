"""Who may take what, and who is next: pools, their lines and their order, as arrays that both engines read.

Tasks wait in *lines*. A line holds the tasks that stand alike in the order of every pool that may take them: same
pools, same preference, same priority class. A pool looks at the first of each of its lines and takes the best of them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.scenario.value import Pool, Service, Step


@dataclass(frozen=True, eq=False)
class Dispatch:
    """J steps, P pools, L lines. Workdays and minutes are of due times."""

    simple: bool  # every step at one pool, whose officers take its tasks by priority class, first come first served
    step_line: Integers  # [J], -1: outside every pool
    step_booked_line: Integers  # [J] the same for who has an appointment
    step_batch: Integers  # [J] how many tasks one officer takes at once
    step_room: Integers  # [J] how many may wait, 0: any number
    step_held_for: Integers  # [J] the following step with limited room, -1: none
    step_due_workdays: Integers  # [J] due at the close of that workday after acceptance, 0: never
    line_first: Integers  # [L + 1] the pools of line l are line_pool[line_first[l]:line_first[l + 1]], preferred first
    line_pool: Integers
    line_factor: Floats  # the work is that many times as long there
    line_stand_in: Booleans  # only while nobody is on duty in the pools before it
    line_together: Booleans  # [L] all of its pools at once
    line_priority: Integers  # [L] 1 is served first
    pool_line_first: Integers  # [P + 1] the lines of pool p, in its order
    pool_line: Integers
    pool_line_rank: Integers  # the place of the line's steps among those that the pool prefers
    pool_by_due: Booleans  # [P]
    pool_ageing: Floats  # [P] minutes of waiting for one priority class, 0: none
    pool_escalates: Booleans  # [P]
    pool_escalate_workdays: Integers  # [P] so long before the due time
    pool_escalate_minutes: Floats
    pool_linked: Booleans  # [P] what one of them does concerns the others: they share a line, or officers
    tide_to: Integers  # [P] the pool that its officers help, -1: none
    tide_officers: Integers
    tide_above: Integers
    tide_below: Integers


@dataclass(frozen=True)
class _Line:
    """What the tasks of one line have in common."""

    pools: tuple[int, ...]
    factors: tuple[float, ...]
    stand_ins: tuple[bool, ...]
    together: bool
    priority: int
    ranks: tuple[int, ...]
    alone: tuple[str, int, int]  # the step, its batch and its room where a step needs a line of its own


def compile_dispatch(pools: Sequence[Pool], routes: Sequence[Service]) -> Dispatch:
    """The arrays of pools, and of the routes through them: every step of every route."""
    numbers = {pool.id: p for p, pool in enumerate(pools)}
    owned = [(service, step) for service in routes for step in service.steps]
    keys = [_line_of(pools, service, step, numbers) for service, step in owned]
    booked = [key and replace(key, priority=_booked_priority(*pair)) for key, pair in zip(keys, owned, strict=True)]
    simple = _is_simple(pools, [step for _, step in owned])
    classes = sorted({priority for pair in owned for priority in (_priority(*pair), _booked_priority(*pair))})
    used = dict.fromkeys(key for pair in zip(keys, booked, strict=True) for key in pair if key is not None)
    lines = _one_for_each_class(classes, len(pools)) if simple else list(used)
    place = {key: number for number, key in enumerate(lines)}
    tides = [pool.tide for pool in pools]
    return Dispatch(
        simple=simple,
        step_line=np.array([-1 if key is None else place[key] for key in keys], np.int32),
        step_booked_line=np.array([-1 if key is None else place[key] for key in booked], np.int32),
        step_batch=np.array([step.batch for _, step in owned], np.int32),
        step_room=np.array([step.room or 0 for _, step in owned], np.int32),
        step_held_for=_held_for(routes),
        step_due_workdays=np.array([service.promise or service.statutory_limit or 0 for service, _ in owned], np.int32),
        line_first=_offsets([len(line.pools) for line in lines]),
        line_pool=np.array([pool for line in lines for pool in line.pools], np.int32),
        line_factor=np.array([factor for line in lines for factor in line.factors], np.float64),
        line_stand_in=np.array([stands_in for line in lines for stands_in in line.stand_ins], np.bool_),
        line_together=np.array([line.together for line in lines], np.bool_),
        line_priority=np.array([line.priority for line in lines], np.int32),
        **_pool_lines(lines, len(pools)),
        pool_by_due=np.array([pool.order == "earliest_due" for pool in pools], np.bool_),
        pool_ageing=np.array([0.0 if pool.ageing is None else pool.ageing.amount for pool in pools], np.float64),
        pool_escalates=np.array([pool.escalate is not None for pool in pools], np.bool_),
        pool_escalate_workdays=np.array([int(_escalate(pool, "workday")) for pool in pools], np.int32),
        pool_escalate_minutes=np.array([_escalate(pool, "min") for pool in pools], np.float64),
        pool_linked=_linked(lines, pools, numbers),
        tide_to=np.array([numbers.get(tide.to, -1) if tide else -1 for tide in tides], np.int32),
        tide_officers=np.array([tide.officers if tide else 0 for tide in tides], np.int32),
        tide_above=np.array([tide.above if tide else 0 for tide in tides], np.int32),
        tide_below=np.array([tide.below if tide else 0 for tide in tides], np.int32),
    )


def _line_of(pools: Sequence[Pool], service: Service, step: Step, numbers: dict[str, int]) -> _Line | None:
    """The line in which the tasks of a step wait; None where there is nothing to wait for."""
    if step.at is None or step.at not in numbers:
        return None
    own = [pools[numbers[name]] for name in step.pools]
    by_due = any(pool.order == "earliest_due" or pool.escalate is not None for pool in own)
    others, name = step.alternatives, f"{service.id}.{step.id}"
    return _Line(
        pools=tuple(numbers[pool.id] for pool in own),
        factors=(1.0, *(other.slowdown for other in others), *(1.0 for _ in step.together)),
        stand_ins=(False, *(other.stand_in for other in others), *(False for _ in step.together)),
        together=bool(step.together),
        priority=_priority(service, step),
        ranks=tuple(_rank(pool, name) for pool in own),
        alone=(name, step.batch, step.room or 0) if by_due or step.batch > 1 or step.room else _SHARED,
    )


_SHARED = ("", 1, 0)


def _priority(service: Service, step: Step) -> int:
    return service.priority if step.priority is None else step.priority


def _booked_priority(service: Service, step: Step) -> int:
    """The priority class of who has an appointment. Where room is limited, all stand in one line."""
    appointments = service.appointments
    if appointments is None or appointments.priority is None or not step.in_person or step.room:
        return _priority(service, step)
    return appointments.priority


def _one_for_each_class(classes: Sequence[int], pools: int) -> list[_Line]:
    """Pool by pool a line for each priority class of the scenario."""
    return [
        _Line((pool,), (1.0,), (False,), False, priority, (0,), _SHARED)
        for pool in range(pools)
        for priority in classes
    ]


def _rank(pool: Pool, name: str) -> int:
    """The place of a step among those that a pool prefers, or behind them."""
    return pool.prefers.index(name) if name in pool.prefers else len(pool.prefers)


def _is_simple(pools: Sequence[Pool], steps: Sequence[Step]) -> bool:
    ordered = any(
        pool.order != "first_come" or pool.ageing or pool.escalate or pool.prefers or pool.tide for pool in pools
    )
    return not ordered and not any(len(step.pools) > 1 or step.batch > 1 or step.room for step in steps)


def _held_for(routes: Sequence[Service]) -> Integers:
    """For each step the following one whose room is limited."""
    held_for: list[int] = []
    for service in routes:
        own = np.full(len(service.steps), -1)
        names = [step.id for step in service.steps]
        for place, step in enumerate(service.steps):
            if step.room and len(step.after) == 1:
                own[names.index(step.after[0])] = len(held_for) + place
        held_for += own.tolist()
    return np.array(held_for, np.int32)


def _pool_lines(lines: Sequence[_Line], pools: int) -> dict[str, Integers]:
    """Which lines each pool serves: by its preference, then by priority class."""
    own: list[list[tuple[int, int, int]]] = [[] for _ in range(pools)]
    for number, line in enumerate(lines):
        for pool, rank in zip(line.pools, line.ranks, strict=True):
            own[pool].append((rank, line.priority, number))
    entries = [entry for lines_of in own for entry in sorted(lines_of)]
    return {
        "pool_line_first": _offsets([len(lines_of) for lines_of in own]),
        "pool_line": np.array([number for _, _, number in entries], np.int32),
        "pool_line_rank": np.array([rank for rank, _, _ in entries], np.int32),
    }


def _escalate(pool: Pool, base: str) -> float:
    return pool.escalate.amount if pool.escalate is not None and pool.escalate.base == base else 0.0


def _linked(lines: Sequence[_Line], pools: Sequence[Pool], numbers: dict[str, int]) -> Booleans:
    linked = np.zeros(len(pools), np.bool_)
    for line in lines:
        if len(line.pools) > 1:
            linked[list(line.pools)] = True
    for p, pool in enumerate(pools):
        if pool.tide is not None and pool.tide.to in numbers:
            linked[[p, numbers[pool.tide.to]]] = True
    return linked


def _offsets(sizes: Sequence[int]) -> Integers:
    return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64))).astype(np.int32)
