"""Event tables of pools that share work, so that the passes over them count a task once, and an officer's time once.

Work that several pools do together has a row for each of them; a batch has a row for each of its tasks, all in the same
hands; and who holds on to a case because there is no room at the next step is busy longer than the row says. Where the
dispatch of a network is simple there is none of this, and the table is taken as it is.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.engines.events import EventTable
from simgov.network import Network

TASK_COLUMNS = ("case", "step", "visit", "pool", "server", "ready", "start", "finish", "work", "outcome")


def one_row_a_task(network: Network, events: EventTable) -> EventTable:
    """Without the further rows of work done together."""
    if network.dispatch.simple:
        return events
    return _rows(events, ~_further(network, events))


def by_queue(network: Network, events: EventTable) -> EventTable:
    """Each task at the pool in whose queue it is counted: its first one, or each of those that do it together."""
    if network.dispatch.simple:
        return events
    as_it_is = _together(network)[events.step] | (events.pool < 0)  # or before the step, in no queue yet
    return replace(events, pool=np.where(as_it_is, events.pool, network.step_pool[events.step]))


def by_officer(network: Network, events: EventTable) -> EventTable:
    """A row for each stretch of an officer's work: one for a batch, and until he has let go of all its cases."""
    if network.dispatch.simple:
        return events
    busy = replace(events, finish=let_go_at(network, events))
    batched = network.dispatch.step_batch[busy.step] > 1
    if not batched.any():
        return busy
    rows = np.flatnonzero(batched & ~np.isnan(busy.start))
    order = rows[np.lexsort((-_last(busy)[rows], busy.start[rows], busy.server[rows], busy.pool[rows]))]
    first = np.ones(len(order), np.bool_)
    first[1:] = np.any(
        [column[order][1:] != column[order][:-1] for column in (busy.pool, busy.server, busy.start)], axis=0
    )
    kept = np.ones(len(busy.case), np.bool_)
    kept[order[~first]] = False
    return _rows(busy, kept)


def let_go_at(network: Network, events: EventTable) -> Floats:
    """When the officer of each task was free of it: at its finish, or when a case that he held could move on.

    float64[M], nan for what was under way or held when the run stopped.
    """
    let_go = events.finish.copy()
    for before in np.flatnonzero(network.dispatch.step_held_for >= 0):
        _hold(network, events, int(before), int(network.dispatch.step_held_for[before]), let_go)
    return let_go


def _hold(network: Network, events: EventTable, before: int, after: int, let_go: Floats) -> None:
    """Extend the tasks at ``before`` after which the case was held, for want of room at ``after``."""
    rows = np.flatnonzero((events.step == before) | (events.step == after))
    rows = rows[np.argsort(events.case[rows], kind="stable")]  # by case, and as they joined
    follows = np.append(events.case[rows][1:] == events.case[rows][:-1], False)
    following = np.append(rows[1:], 0)[follows]
    done = events.step[rows] == before
    moved_on = rows[follows & done][events.step[following[done[follows]]] == after]
    joined = events.ready[following[done[follows]]][events.step[following[done[follows]]] == after]
    held = (joined > events.finish[moved_on]) & _could_join(network, after, events.finish[moved_on])
    if network.step_share[after] < 1.0:  # it may have come there later, on another way
        held &= _next_start(events)[moved_on] >= joined
    let_go[moved_on[held]] = joined[held]
    last = rows[done & ~follows]
    if network.step_share[after] < 1.0:
        return  # a case that goes on without that step leaves no row to tell
    left = events.left[events.case[last]]
    never = ~(left <= events.finish[last]) & (events.finish[last] < events.stopped_at) & (events.outcome[last] == 0)
    never &= _could_join(network, after, events.finish[last])
    let_go[last[never]] = left[never]


def _could_join(network: Network, step: int, instant: Floats) -> Booleans:
    """Whether a case that came then would have joined the queue of a step, had there been room."""
    pool = int(network.step_pool[step])
    if not network.step_in_person[step] or not network.pool_has_doors[pool]:
        return np.ones(len(instant), np.bool_)
    calendars, doors = network.calendars, len(network.group_pool) + 1 + pool
    span = slice(calendars.first[doors], calendars.first[doors + 1])
    interval = np.searchsorted(calendars.close[span], instant, side="right")
    opens = np.append(calendars.open[span], np.inf)[interval]
    return np.asarray(opens <= instant)


def _next_start(events: EventTable) -> Floats:
    """When the officer of each task begins the next one: float64[M], inf where he does not."""
    order = np.lexsort((events.start, events.server, events.pool))
    alike = (events.pool[order][1:] == events.pool[order][:-1]) & (
        events.server[order][1:] == events.server[order][:-1]
    )
    following = np.append(np.where(alike, events.start[order][1:], np.inf), np.inf)
    next_start = np.empty(len(order))
    next_start[order] = np.where(np.isnan(following), np.inf, following)
    return next_start


def _last(events: EventTable) -> Floats:
    return np.where(np.isnan(events.finish), np.inf, events.finish)


def _together(network: Network) -> Booleans:
    """Which steps several pools do together: bool[J]."""
    rules = network.dispatch
    together = np.zeros(len(rules.step_line), np.bool_)
    waits = rules.step_line >= 0
    together[waits] = rules.line_together[rules.step_line[waits]]
    return together


def _further(network: Network, events: EventTable) -> Booleans:
    elsewhere = (events.pool != network.step_pool[events.step]) & (events.pool >= 0)
    return np.asarray(_together(network)[events.step] & elsewhere)


def _rows(events: EventTable, kept: Booleans | Integers) -> EventTable:
    return replace(events, **{name: getattr(events, name)[kept] for name in TASK_COLUMNS})
