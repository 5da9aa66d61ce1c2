"""What cases and applicants are held to besides their steps, as arrays: endings, gates, channels, coming back.

The part of a compiled scenario that concerns rules of a service; ``network`` puts it beside routes and capacity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from simgov.arrays import Floats
from simgov.calendars import DayTable
from simgov.distributions import Distribution
from simgov.duty import GATE, MINUTES_PER_DAY, offsets
from simgov.scenario.value import Gate, Service, Step

NO_LIMIT = 2**31 - 1
"""In place of a number of people or cases: any number."""


def rule_arrays(routes: Sequence[Service], pools: Mapping[str, int], minutes: float) -> dict[str, Any]:
    """Every array of ``Network`` about the rules of routes and their steps; ``pools`` are the numbers of pools.

    ``minutes`` are those of a workday.
    """
    steps = [step for route in routes for step in route.steps]
    owner = [route for route in routes for _ in route.steps]
    return {
        **_endings(routes, steps),
        **_gates(owner, steps),
        **_channels(routes, steps, owner, pools, minutes),
        **_applicants(routes, steps, owner),
    }


def _endings(routes: Sequence[Service], steps: Sequence[Step]) -> dict[str, Any]:
    """What may end a case early, and how many cases may be in hand."""
    withdraws = [route.withdraws for route in routes]
    limits = [route.statutory_limit if route.deemed_approval else None for route in routes]
    return {
        "step_refuses": np.array([step.refuses for step in steps], np.float64),
        "step_revokes": np.array([step.revokes for step in steps], np.float64),
        "route_withdraws_in_working_time": np.array(
            [bool(w and w.after.base == "workday") for w in withdraws], np.bool_
        ),
        "route_deemed_limit": np.array([-1 if limit is None else limit for limit in limits], np.int64),
        "route_in_hand": np.array([NO_LIMIT if r.in_hand is None else r.in_hand for r in routes], np.int64),
        "route_hand": np.array([[other.id for other in routes].index(r.id) for r in routes], np.int32),
    }


def _gates(owner: Sequence[Service], steps: Sequence[Step]) -> dict[str, Any]:
    gates = [step.gate for step in steps]
    return {
        "step_gate": np.array([gate is not None for gate in gates], np.bool_),
        "step_waits_at": np.array(gates_shared([service.id for service in owner], steps), np.int32),
        "gate_most": np.array([gate.most if gate and gate.most else NO_LIMIT for gate in gates], np.int64),
        "gate_least": np.array([gate.least if gate else 1 for gate in gates], np.int64),
    }


def _channels(
    routes: Sequence[Service], steps: Sequence[Step], owner: Sequence[Service], pools: Mapping[str, int], minutes: float
) -> dict[str, Any]:
    """Which channels do which steps, and what their ways take."""
    known = [[channel for channel, _ in route.channels] for route in owner]
    fails = [step.fails for step in steps]
    ways = [_way_of(route, channel, minutes) for route in routes for channel, _ in route.channels]
    masks = [sum(1 << names.index(c) for c in step.channels) for step, names in zip(steps, known, strict=True)]
    to = [names.index(f.to) if f else -1 for f, names in zip(fails, known, strict=True)]
    return {
        "step_channels": np.array(masks, np.int64),
        "step_fails": np.array([f.share if f else 0.0 for f in fails], np.float64),
        "step_fails_to": np.array(to, np.int32),
        "route_informed": np.array([route.informed for route in routes], np.float64),
        "channel_first": offsets([len(route.channels) for route in routes]),
        "channel_pool": np.array([pools.get(way.pool, -1) for way in ways], np.int32),
        "channel_work": np.array([way.work for way in ways], np.float64),
        "channel_rest": np.array([way.rest for way in ways], np.float64),
    }


def _applicants(routes: Sequence[Service], steps: Sequence[Step], owner: Sequence[Service]) -> dict[str, Any]:
    """Who comes back after leaving unserved."""
    retries = [route.retries for route in routes]
    there = [step.in_person and step.at is not None and not step.removed for step in steps]
    return {
        "step_retries": np.array(
            [route.retries is not None and one for route, one in zip(owner, there, strict=True)], np.bool_
        ),
        "route_retry_share": np.array([r.share if r else 0.0 for r in retries], np.float64),
        "route_retry_limit": np.array([r.limit if r else 0 for r in retries], np.int64),
        "route_retry_in_working_time": np.array([bool(r and r.after.base == "workday") for r in retries], np.bool_),
    }


def gates_shared(services: Sequence[str], steps: Sequence[Step]) -> list[int]:
    """For each step the first of its name and with its gate in its service, whose sessions it shares; -1 without."""
    first: dict[tuple[str, str, Gate], int] = {}
    return [
        -1 if step.gate is None else first.setdefault((service, step.id, step.gate), number)
        for number, (service, step) in enumerate(zip(services, steps, strict=True))
    ]


# Sessions -------------------------------------------------------------------------------------------------------------


def with_sessions(
    changes: Mapping[str, Any], steps: Sequence[Step], waits_at: Sequence[int], table: DayTable
) -> dict[str, Any]:
    """Capacity changes (``change_time``, ``change_kind``, ``change_of``) with the sessions of every gate among them."""
    times, kinds, of = [changes["change_time"]], [changes["change_kind"]], [changes["change_of"]]
    for number, step in enumerate(steps):
        if step.gate is not None and waits_at[number] == number:
            sessions = session_instants(step.gate, table)
            times.append(sessions)
            kinds.append(np.full(len(sessions), GATE, np.int8))
            of.append(np.full(len(sessions), number, np.int32))
    if len(times) == 1:
        return dict(changes)
    time, kind, target = np.concatenate(times), np.concatenate(kinds), np.concatenate(of)
    order = np.lexsort((target, kind, time))
    return {**changes, "change_time": time[order], "change_kind": kind[order], "change_of": target[order]}


@lru_cache(maxsize=256)
def session_instants(gate: Gate, table: DayTable) -> Floats:
    """When a gate opens: at the sessions of each workday, or every so often from 00:00 of every day on."""
    midnights = np.arange(table.days) * MINUTES_PER_DAY
    if gate.every is not None:
        of_day = np.arange(0.0, MINUTES_PER_DAY, gate.every)
        every: Floats = (midnights[:, None] + of_day).ravel()
        return every
    held = [midnights[table.weekday == weekday] + minute for weekday, minute in gate.sessions]
    return np.sort(np.concatenate(held)) if held else np.empty(0)


# What is known of a channel -------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Way:
    """The way of a channel: its first pool, the mean work there, and how long it takes when nobody waits."""

    pool: str
    work: float
    rest: float


def _way_of(service: Service, channel: str, minutes: float) -> _Way:
    """What applicants know of a channel: the longest of its ways, by the mean times of its steps.

    A step counts by the share of the cases of the channel that do it; a workday of delay is a day of 1,440 minutes.
    """
    reached: dict[str, float] = {}
    over: dict[str, float] = {}
    first = _Way("", 0.0, 0.0)
    for step in _in_order(service):
        coming = [(reached[name] * _taken(service.step(name), step.id), over[name]) for name in step.after]
        reached[step.id] = min(1.0, sum(share for share, _ in coming)) if coming else 1.0
        done = not step.channels or channel in step.channels
        share = reached[step.id] * step.share if done else 0.0
        begun = max((when for way, when in coming if way > 0.0), default=0.0)
        over[step.id] = begun + share * mean_minutes(step, MINUTES_PER_DAY if step.at is None else minutes)
        if not first.pool and share > 0.0 and step.at is not None:
            first = _Way(step.at, mean_minutes(step, minutes), 0.0)
    return replace(first, rest=max(over.values(), default=0.0))


def _in_order(service: Service) -> list[Step]:
    """The steps, each behind all those it follows, otherwise in the order of the file."""
    order: list[Step] = []
    left = list(service.steps)
    while left:
        placed = {step.id for step in order}
        following = next(step for step in left if placed.issuperset(step.after))
        order.append(following)
        left.remove(following)
    return order


def _taken(step: Step, successor: str) -> float:
    """The share of those who go on from a step that go to this successor."""
    return dict(step.choose).get(successor, 1.0)


def mean_minutes(step: Step, workday_minutes: float) -> float:
    """Mean minutes of one visit: the parts that are kept, times the slowdown; a workday has ``workday_minutes``."""

    def of(time: Distribution) -> float:
        return time.mean * (workday_minutes if time.base == "workday" else 1.0)

    if step.time is not None:
        kept = 1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept)
        return of(step.time) * kept * step.slowdown
    return sum(of(part.time) for part in step.parts if part.kept and part.time is not None) * step.slowdown
