"""Rules about queues: the order of service, doors, closing, and who may give up."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator

from simgov.scenario.value import Pool
from tests.invariants.hours import DAY, PoolHours
from tests.invariants.rules_of_officers import rule_of
from tests.invariants.table import UNSERVED, WORKED_ON, Run, Task, said


def the_order_is_kept(run: Run) -> Iterator[str]:
    """Nobody is taken while somebody before them waits: of a step preferred, of a better class, or joined earlier.

    Officers who stay after closing take only those they stay for; in a batch only the first has a turn. Left out are
    pools that go by due times, and those in which officers are booked or come with the tide.
    """
    for pool in run.open_pools:
        if pool.id in run.moved | run.flooded | run.joint or not _goes_by_class(pool):
            continue
        hours, first = run.hours[pool.id], run.first_at[pool.id]
        for task in _having_a_turn(run.at_pool[pool.id], pool):
            if not 0 <= task.server < len(hours.duty):
                continue
            after_hours = not hours.duty[task.server].hold(task.start)
            mine = _rank(task, pool, task.start)
            for before in first:
                overtaken = before.ready < task.start < before.left and _rank(before, pool, task.start) < mine
                if overtaken and (not after_hours or _is_served_late_at(before, task, pool, hours)):
                    yield f"{task} is taken at {task.start} before {before}, who waits until {before.left}"


def _goes_by_class(pool: Pool) -> bool:
    ageing = said(pool, "ageing", None)
    by_due = said(pool, "order", "first_come") != "first_come" or said(pool, "escalate", None) is not None
    return not by_due and (ageing is None or ageing.base == "min")


def _rank(task: Task, pool: Pool, now: float) -> tuple[int, int, int]:
    """Its place in a pool's order: how the pool prefers its step, its priority class by now, who joined first."""
    preferred = said(pool, "prefers", ())
    name = f"{task.service.id}.{task.step.id}"
    place = preferred.index(name) if name in preferred else len(preferred)
    ageing, priority = said(pool, "ageing", None), task.priority
    if ageing is not None:
        priority = max(1, priority - math.floor((now - task.ready) / ageing.amount))
    return place, priority, task.row


def _having_a_turn(own: list[Task], pool: Pool) -> Iterator[Task]:
    """Of each batch the first in the order; every other task."""
    batches: dict[tuple[int, float, str, str], list[Task]] = defaultdict(list)
    for task in own:
        if task.begun:
            batches[task.server, task.start, task.service.id, task.step.id].append(task)
    for together in batches.values():
        if said(together[0].step, "batch", 1) > 1:
            yield min(together, key=lambda task: _rank(task, pool, task.start))
        else:
            yield from together


def _is_served_late_at(before: Task, task: Task, pool: Pool, hours: PoolHours) -> bool:
    closed = max((instant for instant, _ in hours.closings if instant <= task.start), default=-math.inf)
    return rule_of(before.step, pool) == "serve" and before.ready < closed


def no_more_wait_than_there_is_room_for(run: Run) -> Iterator[str]:
    """Before a step with limited room at most so many wait, but for those whom nobody could hold.

    Looked at where every case comes from the one step before it, without return, gate or doors in between.
    """
    for service, step in run.steps:
        room = said(step, "room", None)
        if room is None or len(step.after) != 1 or step.in_person or said(step, "gate", None) is not None:
            continue
        before = next(s for o, s in run.steps if o is service and s.id == step.after[0])
        returning = [s.returns.to for o, s in run.steps if o is service and s.returns is not None]
        backlog = [entry.step for entry in service.backlog]
        if before.at is None or before.share < 1.0 or step.id in returning or step.id in backlog:
            continue
        if said(before, "channels", ()) or said(step, "channels", ()) or said(step, "accepted", False):
            continue
        changes = sorted(
            (instant, change)
            for task in run.tasks
            if task.step is step and not task.at_gate and task.left > task.ready
            for instant, change in ((task.ready, 1), (task.left, -1))
        )
        waiting = 0
        for instant, change in changes:
            waiting += change
            if waiting > room:
                yield f"{waiting} wait for {service.id}.{step.id} at {instant}, where there is room for {room}"


def people_come_when_the_doors_are_open(run: Run) -> Iterator[str]:
    """In person one joins a queue while the doors are open, or waits outside on the day of application.

    Left out are steps with limited room: who is held before one is inside already.
    """
    for pool in run.open_pools:
        hours = run.hours[pool.id]
        if hours.always:
            continue
        for task in run.first_at[pool.id]:
            held = said(task.step, "room", None) is not None
            if not task.step.in_person or held or hours.doors.hold(task.ready):
                continue
            today = [opens for opens in hours.doors.opens if task.ready < opens < (task.ready // DAY + 1) * DAY]
            outside = pool.before_opening == "wait" and task.ready == run.events.applied[task.case] and today
            if not outside:
                yield f"{task} joins at {task.ready}, when the doors of {pool.id} are closed"


def people_are_sent_home_at_closing(run: Run) -> Iterator[str]:
    """Who is sent home leaves when the pool closes; nobody in person is there overnight where all are sent home."""
    for pool in run.open_pools:
        closings = [instant for instant, _ in run.hours[pool.id].closings]
        for task in run.first_at[pool.id]:
            rule = rule_of(task.step, pool)
            if task.outcome == "sent_home" and (rule != "send_home" or task.finish not in closings):
                yield f"{task} is sent home at {task.finish}"
            if rule == "send_home" and any(task.ready < closed < task.left for closed in closings):
                yield f"{task} waits past closing, from {task.ready} to {task.left}"


def patience_is_kept(run: Run) -> Iterator[str]:
    """Only who waits in person for a service whose applicants have patience reneges."""
    for task in run.tasks:
        if task.outcome == "reneged" and (task.service.patience is None or not task.step.in_person or task.begun):
            yield f"{task} reneges and cannot"
        if task.begun != (not math.isnan(task.work)) or (task.outcome in UNSERVED and task.begun):
            yield f"{task} is {task.outcome} with start {task.start} and work {task.work}"
        if task.outcome in WORKED_ON and not task.begun:
            yield f"{task} is {task.outcome} and was never begun"
