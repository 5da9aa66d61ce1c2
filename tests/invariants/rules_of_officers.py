"""Rules about officers: one thing at a time, in hours, for as long as it takes, and not idle while somebody waits."""

from __future__ import annotations

import math
from collections import defaultdict
from collections.abc import Iterator
from itertools import pairwise

from simgov.scenario.value import Pool, Step
from tests.invariants.hours import PoolHours, Stretches, week_hours
from tests.invariants.table import Run, Task, alternatives_of, said

TOLERANCE = 1e-6
"""Minutes by which sums of minutes may differ from rounding; instants are compared exactly."""


def no_officer_does_two_things_at_once(run: Run) -> Iterator[str]:
    """An officer's jobs follow each other, but for those of one batch, which begin and end together."""
    for pool in run.scenario.pools:
        jobs: dict[int, list[Task]] = defaultdict(list)
        for task in run.at_pool[pool.id]:
            if task.begun:
                jobs[task.server].append(task)
        for officer, own in jobs.items():
            if officer < 0 or (pool.id in run.hours and officer >= len(run.hours[pool.id].duty)):
                yield f"{pool.id} has no officer {officer}"
            own.sort(key=lambda task: (task.start, task.done_with))
            for before, after in pairwise(own):
                if after.start < before.done_with and not _one_batch(before, after):
                    yield f"officer {officer} of {pool.id} begins {after} at {after.start}, during {before}"


def _one_batch(one: Task, other: Task) -> bool:
    same = one.step is other.step and one.start == other.start and one.done_with == other.done_with
    return same and said(one.step, "batch", 1) > 1


def no_batch_is_too_large(run: Run) -> Iterator[str]:
    """An officer takes at most so many at once as the step says."""
    for pool in run.scenario.pools:
        taken: dict[tuple[int, float, float, str, str], int] = defaultdict(int)
        for task in run.at_pool[pool.id]:
            if task.begun and task.work > 0.0:
                taken[task.server, task.start, task.done_with, task.service.id, task.step.id] += 1
                most = said(task.step, "batch", 1)
                if taken[task.server, task.start, task.done_with, task.service.id, task.step.id] > most:
                    yield f"{task} is more than officer {task.server} of {pool.id} takes at once"


def work_is_done_in_hours(run: Run) -> Iterator[str]:
    """Work begins on duty, or after closing for those to be served still; it lasts as long as it must.

    Where the pool pauses, what began on duty takes its minutes of duty and no more. Other work ends its minutes later.
    A batch takes as long as the longest of it. Of what several pools do together only the beginning is looked at.
    """
    for pool in run.open_pools:
        hours = run.hours[pool.id]
        longest: dict[tuple[int, float, Step], float] = defaultdict(float)
        for task in run.at_pool[pool.id]:
            if task.begun:
                place = (task.server, task.start, task.step)
                longest[place] = max(longest[place], task.work) if said(task.step, "batch", 1) > 1 else task.work
        for task in run.at_pool[pool.id]:
            if not task.begun or not 0 <= task.server < len(hours.duty):
                continue
            on_duty = hours.duty[task.server].hold(task.start)
            if not on_duty and not _is_served_late(task, pool, hours):
                yield f"{task} begins at {task.start}, when officer {task.server} of {pool.id} is not on duty"
            if task.outcome == "open" or task.together:
                continue
            batch = said(task.step, "batch", 1) > 1
            work = longest[task.server, task.start, task.step] if batch else task.work
            if pool.at_closing == "pause" and on_duty:
                duty = hours.work(task.server)
                worked = duty.minutes(task.start, task.finish)
                over = work > 0 and not any(opens < task.finish <= close for opens, close in duty)
                if abs(worked - work) > TOLERANCE or over:
                    yield f"{task} takes {work} min of duty, but {worked} lie between its start and its finish"
            elif task.finish != task.start + work:
                yield f"{task} takes {work} min from {task.start}, but ends at {task.finish}"


def _is_served_late(task: Task, pool: Pool, hours: PoolHours) -> bool:
    """Whether it was there when its own pool closed, is to be served, and its officer's duty ended with that."""
    if task.step.at != pool.id or rule_of(task.step, pool) != "serve" or task.together:
        return False
    closed = [(instant, officers) for instant, officers in hours.closings if instant <= task.start]
    return bool(closed) and task.ready < closed[-1][0] and task.server in closed[-1][1]


def rule_of(step: Step, pool: Pool) -> str:
    """What becomes of who waits for this step at closing: serve, send_home or stay."""
    if pool.waiting_at_closing is None:
        return "serve" if step.in_person else "stay"
    if pool.waiting_at_closing == "send_home" and not step.in_person:
        return "stay"
    return pool.waiting_at_closing


def delays_take_their_time(run: Run) -> Iterator[str]:
    """Outside every pool: on the wall clock, or in the calendar's working time where given in workdays."""
    scenario = run.scenario
    known = not said(scenario.calendar, "changed", ())
    open_hours = week_hours(scenario, scenario.calendar.week, run.days, scenario.calendar.always)
    for task in run.at_pool[""]:
        if task.at_gate:
            continue
        if task.start != task.ready or task.server != -1:
            yield f"{task} is a delay, but does not begin at once"
        if task.outcome == "open":
            continue
        if task.step.time is not None and task.step.time.base == "workday":
            worked = open_hours.minutes(task.start, task.finish)
            if known and abs(worked - task.work) > TOLERANCE:
                yield f"{task} takes {task.work} min of working time, but {worked} lie between"
        elif task.finish != task.start + task.work:
            yield f"{task} takes {task.work} min from {task.start}, but ends at {task.finish}"


def nobody_is_idle_while_a_task_waits(run: Run) -> Iterator[str]:
    """No officer on duty is free while somebody waits whom he alone could take, nor after closing while somebody is to
    be served.

    That is where the pool is the first of the task's step, or may do it when those before it have nobody free: if they
    had, they would have to take it. Left out are pools whose officers may be elsewhere with the tide, booked for what
    several pools do together, or held by a case that finds no room.
    """
    busy_otherwise = run.moved | run.joint | run.holding
    free_to_take = [pool for pool in run.open_pools if pool.id not in busy_otherwise]
    for pool in free_to_take:
        hours = run.hours[pool.id]
        waiting = Stretches.of((task.ready, task.left) for task in _who_may_be_taken(run, pool.id, busy_otherwise))
        late = _served_late(run.first_at[pool.id], pool, hours)
        for officer in range(len(hours.duty)):
            own = [task for task in run.at_pool[pool.id] if task.begun and task.server == officer]
            busy = Stretches.of((task.start, task.done_with) for task in own)
            for start, end in hours.duty[officer].both(waiting).without(busy):
                yield f"officer {officer} of {pool.id} is idle from {start} to {end} while somebody waits"
            for start, end in late[officer].without(busy):
                yield f"officer {officer} of {pool.id} is idle from {start} to {end}, with people to be served late"


def _who_may_be_taken(run: Run, pool: str, busy_otherwise: set[str]) -> Iterator[Task]:
    for task in run.tasks:
        if task.at_gate or task.together or task.step.at is None:
            continue
        others = alternatives_of(task.step)
        if task.step.at == pool:
            yield task
        elif pool in others:
            before = {task.step.at, *others[: others.index(pool)]}
            if not before & busy_otherwise and before <= run.hours.keys():
                yield task


def _served_late(own: list[Task], pool: Pool, hours: PoolHours) -> list[Stretches]:
    """For each officer: when people wait after closing who are to be served by those whose duty has ended."""
    stretches: list[list[tuple[float, float]]] = [[] for _ in hours.duty]
    ends = [*(instant for instant, _ in hours.closings), math.inf]
    for (closed, officers), following in zip(hours.closings, ends[1:], strict=True):
        for task in own:
            if rule_of(task.step, pool) == "serve" and not task.together and task.ready < closed < task.left:
                for officer in officers:
                    stretches[officer].append((closed, min(task.left, following)))
    return [Stretches.of(each) for each in stretches]
