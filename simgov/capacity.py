"""What chance takes away of the capacity: officers who are ill and systems that fail, drawn before the run.

``drawn_capacity(network, seed, replication)`` is the network as one replication finds it. Both engines run it as they
run any other: chance is over when they begin.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.calendars import CLOSED
from simgov.distributions import Distribution, Exponential
from simgov.duty import (
    DOWN,
    MINUTES_PER_DAY,
    OFF,
    ON,
    UP,
    Calendars,
    Group,
    Intervals,
    between,
    common,
    make_calendars,
    to_the_end,
    union,
)
from simgov.network import Network
from simgov.scenario.value import Sickness, System
from simgov.streams import uniforms

CYCLES_BEFORE = 20
"""Illnesses that each officer has had, on average, when the run begins, so that it begins as the long run goes on."""


def drawn_capacity(network: Network, seed: int, replication: int) -> Network:
    """The network of one replication; the same where nothing of its capacity is left to chance."""
    ill = {g: group for g, group in enumerate(network.groups) if group.sickness is not None and group.officers}
    if network.drawn or not (ill or network.scenario.systems):
        return network
    lists = interval_lists(network.calendars)
    for number, group in ill.items():
        lists[number] = _less_illness(network, lists[number], group, seed, replication)
    down = _outages_by_pool(network, seed, replication)
    work, late = _work_lists(network, lists, down)
    changes = _changes(network, lists, sorted(ill), down)
    return replace(
        network,
        drawn=True,
        group_work=work,
        pool_late_work=late,
        calendars=make_calendars(lists, network.days),
        change_time=changes[0],
        change_kind=changes[1],
        change_of=changes[2],
    )


def interval_lists(calendars: Calendars) -> list[Intervals]:
    """The lists of which calendars are made."""
    return [
        (calendars.open[first:last], calendars.close[first:last])
        for first, last in zip(calendars.first[:-1], calendars.first[1:], strict=True)
    ]


# Illness --------------------------------------------------------------------------------------------------------------


def _less_illness(network: Network, duty: Intervals, group: Group, seed: int, replication: int) -> Intervals:
    """The duty of one officer without the days of illness."""
    assert group.sickness is not None
    always = network.pool_values[group.pool].always or network.scenario.calendar.always
    worked = np.ones(network.days, np.bool_) if always else network.day_table.weekday != CLOSED
    ill = np.zeros(network.days, np.bool_)
    ill[worked] = days_of_illness(group.sickness, int(worked.sum()), group.stream, seed, replication)
    days: Floats = np.flatnonzero(ill).astype(np.float64) * MINUTES_PER_DAY
    if not len(days):
        return duty
    away = union([(days, days + MINUTES_PER_DAY)])
    return common(duty, between(away))


def days_of_illness(sickness: Sickness, workdays: int, stream: str, seed: int, replication: int) -> Booleans:
    """Whether an officer is ill on each of the first ``workdays``.

    Spells of health (exponential) and of illness take turns along the workdays, from long before the first; who is ill
    when a day begins is away that day. So the share of days is the share of time that spells of illness take (the
    renewal theorem for alternating processes: Ross, *Stochastic Processes*, 1996, theorem 3.4.4).
    """
    health = Exponential(sickness.lasts.mean / _day(sickness.lasts) * (1.0 - sickness.share) / sickness.share)
    cycle = health.mean / (1.0 - sickness.share)
    begin, spells = -CYCLES_BEFORE * cycle, 0
    starts: list[Floats] = []
    ends: list[Floats] = []
    more = int(CYCLES_BEFORE + workdays / cycle) + 16
    while begin < workdays:
        numbers = np.arange(spells, spells + more)
        healthy = health.quantile(uniforms(seed, replication, f"{stream}/health", numbers))
        length = _quantile_in_days(sickness.lasts, uniforms(seed, replication, f"{stream}/sickness", numbers))
        end = begin + np.cumsum(healthy + length)
        starts.append(end - length)
        ends.append(end)
        begin, spells = float(end[-1]), spells + more
    first, last = np.concatenate(starts), np.concatenate(ends)
    day = np.arange(workdays, dtype=np.float64)
    place = np.searchsorted(first, day, side="right") - 1
    return (place >= 0) & (day < last[np.maximum(place, 0)])


def _day(distribution: Distribution) -> float:
    return 1.0 if distribution.base == "workday" else MINUTES_PER_DAY


def _quantile_in_days(distribution: Distribution, drawn: Floats) -> Floats:
    return distribution.quantile(drawn) / _day(distribution)


# Outages --------------------------------------------------------------------------------------------------------------


def _outages_by_pool(network: Network, seed: int, replication: int) -> list[list[tuple[System, Intervals]]]:
    """For each pool the outages of the systems on which it depends."""
    drawn = [(system, outages(network, system, seed, replication)) for system in network.scenario.systems]
    return [[(system, own) for system, own in drawn if name in system.pools] for name in network.pools]


def outages(network: Network, system: System, seed: int, replication: int) -> Intervals:
    """When a system is down, up to the end of the calendar; it is up when the run begins."""
    end = network.days * MINUTES_PER_DAY
    mean = (system.every.mean + system.lasts.mean) * (1.0 if system.every.base == "min" else network.workday_minutes)
    starts: list[float] = []
    ends: list[float] = []
    now, drawn, more = 0.0, 0, int(end / max(mean, 1.0)) + 16
    while now < end:
        numbers = np.arange(drawn, drawn + more)
        every = system.every.quantile(uniforms(seed, replication, f"{system.id}/up", numbers))
        lasts = system.lasts.quantile(uniforms(seed, replication, f"{system.id}/outage", numbers))
        for up, down in zip(every.tolist(), lasts.tolist(), strict=True):
            start = _later(network, now, up, system.every.base)
            now = _later(network, start, down, system.lasts.base)
            if start >= end:
                now = end
                break
            if now > start:
                starts.append(start)
                ends.append(now)
        drawn += more
    return np.array(starts), np.array(ends)


def _later(network: Network, instant: float, time: float, base: str) -> float:
    """``time`` after an instant: minutes, or workdays, which pass in working time."""
    if base == "min":
        return instant + time
    opens, closes = interval_lists(network.calendars)[len(network.groups)]
    return _advanced(opens, closes, instant, time * network.workday_minutes)


def _advanced(opens: Floats, closes: Floats, instant: float, minutes: float) -> float:
    """The instant at which so many minutes of the intervals have passed since ``instant``; inf behind the last."""
    place = int(np.searchsorted(closes, instant, side="right"))
    for opening, closing in zip(opens[place:].tolist(), closes[place:].tolist(), strict=True):
        available = closing - max(instant, opening)
        if minutes <= available:
            return float(max(instant, opening) + minutes)
        minutes -= available
    return np.inf


def _work_lists(
    network: Network, lists: list[Intervals], down: Sequence[Sequence[tuple[System, Intervals]]]
) -> tuple[Integers, Integers]:
    """The lists in which work under way goes on, for each group and for officers who stay late; adds them to ``lists``.

    Work that an outage stops goes on when the system is back and the pool is on duty.
    """
    work, late = network.group_work.copy(), network.pool_late_work.copy()
    for p, of_systems in enumerate(down):
        stopping = [own for system, own in of_systems if system.under_way == "pause" and len(own[0])]
        if stopping:
            late[p] = len(lists)
            lists.append(between(_until_on_duty(union_of(stopping), _opening(network, p))))
    for number, group in enumerate(network.groups):
        own = int(work[number])
        if own >= 0 and group.leaves:
            lists[own] = to_the_end(lists[number])
        if late[group.pool] < 0:
            continue
        up = int(late[group.pool])
        work[number] = up if own < 0 else len(lists)
        if own >= 0:
            lists.append(common(lists[own], lists[up]))
    return work, late


def union_of(lists: Sequence[Intervals]) -> Intervals:
    """The instants covered by any of the lists."""
    opens, closes = np.concatenate([o for o, _ in lists]), np.concatenate([c for _, c in lists])
    return union([(opens, closes), (np.empty(0), np.empty(0))])


def _opening(network: Network, pool: int) -> Intervals:
    """When anybody of a pool is to be on duty."""
    return union_of([(opens, closes) for _, opens, closes in network.duty(pool)])


def _until_on_duty(down: Intervals, opening: Intervals) -> Intervals:
    """The outages, those that end while nobody is to be there lasting until somebody is."""
    place = np.searchsorted(opening[1], down[1], side="right")
    following = np.append(opening[0], np.inf)[place]
    return union_of([(down[0], np.maximum(down[1], following))])


# Changes --------------------------------------------------------------------------------------------------------------


def _changes(
    network: Network,
    lists: Sequence[Intervals],
    ill: Sequence[int],
    down: Sequence[Sequence[tuple[System, Intervals]]],
) -> tuple[Floats, Integers, Integers]:
    """The capacity changes of the network, with the officers' own and those of systems, in order."""
    of_officers = (network.change_kind == OFF) | (network.change_kind == ON)
    kept = ~(of_officers & np.isin(network.change_of, ill))
    times, kinds, of = [network.change_time[kept]], [network.change_kind[kept]], [network.change_of[kept]]

    def add(instants: Floats, kind: int, target: int) -> None:
        times.append(instants)
        kinds.append(np.full(len(instants), kind, np.int8))
        of.append(np.full(len(instants), target, np.int32))

    for number in ill:
        opens, closes = lists[number]
        add(opens, ON, number)
        add(closes[np.isfinite(closes)], OFF, number)
    for p, of_systems in enumerate(down):
        for _, (starts, ends) in of_systems:
            add(starts, DOWN, p)
            add(ends[np.isfinite(ends)], UP, p)
    time, kind, target = np.concatenate(times), np.concatenate(kinds), np.concatenate(of)
    order = np.lexsort((target, kind, time))
    return time[order], kind[order], target[order]
