"""What a network and its workload ask of the event loop: one named bit for each feature that may be absent.

The compiled loop is made for a set of features (``kernel.loop``): code for what a network does not have is left out
before it is compiled. A set may always be larger than needed; the events are the same, only slower. So that a scenario
that gains a feature seldom waits for a compilation, there are loops for a few sets only, ``READY_MADE``.
"""

from __future__ import annotations

import enum
from collections.abc import Callable
from functools import reduce
from operator import or_

import numpy as np

from simgov.arrays import Integers
from simgov.duty import CLOSING, DOWN
from simgov.network import Network
from simgov.rules import NO_LIMIT
from simgov.workload import CHOICE, DELAY, PATIENCE, RETRY, WITHDRAWAL


class Feature(enum.IntFlag):
    """A part of the event loop that is compiled in only where a network needs it."""

    ROUTES = enum.auto()  # steps that do not simply stand in one line
    CHOICES = enum.auto()  # one of several branches
    SHARES = enum.auto()  # steps that are not for every case
    RETURNS = enum.auto()  # steps that send back
    RETURN_DELAYS = enum.auto()  # and not at once
    CLOCKS = enum.auto()  # the legal clock may stand still for more than an instant
    OUTSIDE = enum.auto()  # steps without a pool
    WORKING_TIME = enum.auto()  # delays that pass in working time alone
    PATIENCE = enum.auto()  # who waits too long leaves
    DOORS = enum.auto()  # people who come outside the doors' hours
    CLOSING = enum.auto()  # pools that close for the day
    PAUSING = enum.auto()  # work that stops at closing
    PRIORITIES = enum.auto()  # more than one priority class
    LEARNING = enum.auto()  # work that takes longer at first
    OUTAGES = enum.auto()  # systems that fail
    LARGE_POOLS = enum.auto()  # more than 64 officers in a pool
    MANY_POOLS = enum.auto()  # more than 64 pools
    APPOINTMENTS = enum.auto()  # some have an appointment, and may not come
    LINES = enum.auto()  # pools that share steps, or do not simply take who came first of the best class
    REFUSALS = enum.auto()  # steps that refuse the matter, or revoke the decision
    WITHDRAWALS = enum.auto()  # applicants who withdraw
    DEEMED_APPROVAL = enum.auto()  # cases that are approved by time
    ATTEMPTS = enum.auto()  # shares sent back that change with the attempt
    GATES = enum.auto()  # steps that wait for a session
    HOLDING_BACK = enum.auto()  # cases that wait to be taken in hand
    BALKING = enum.auto()  # who finds too many waiting does not join
    RETRIALS = enum.auto()  # who leaves unserved comes back
    CHANNELS = enum.auto()  # steps that are not for every channel, or attempts that fail
    INFORMED = enum.auto()  # applicants who choose the fastest channel


EVERY_FEATURE = int(reduce(or_, Feature))

QUEUES = (
    Feature.ROUTES
    | Feature.RETURNS
    | Feature.PATIENCE
    | Feature.CLOSING
    | Feature.DOORS
    | Feature.CLOCKS
    | Feature.PRIORITIES
)
"""Windows and offices with hours, whose visitors may lose patience."""

OFFICES = (
    QUEUES
    | Feature.CHOICES
    | Feature.SHARES
    | Feature.RETURN_DELAYS
    | Feature.OUTSIDE
    | Feature.WORKING_TIME
    | Feature.PAUSING
)
"""What most administrative procedures have."""

SIMPLE_DISPATCH = EVERY_FEATURE & ~int(Feature.LINES)
"""Everything but the dispatch in lines, which takes long to compile."""

READY_MADE = (0, int(Feature.RETURNS), int(QUEUES), int(OFFICES), SIMPLE_DISPATCH, EVERY_FEATURE)
"""The sets of features that loops are compiled for, the smallest first."""


def loop_for(needed: int) -> int:
    """The smallest ready-made set that has every feature ``needed``."""
    return next(ready for ready in READY_MADE if needed & ready == needed)


def features_of(network: Network, columns: Integers) -> int:
    """The features that a run of ``network`` needs; ``columns`` are the starts of the workload's columns of draws."""
    found = {feature for feature, needed in _NEEDED.items() if needed(network, columns)}
    if _clock_may_stand_still(network, found):
        found.add(Feature.CLOCKS)
    if Feature.LINES in found:
        found.add(Feature.ROUTES)
    return int(reduce(or_, found, Feature(0)))


_NEEDED: dict[Feature, Callable[[Network, Integers], bool]] = {
    Feature.ROUTES: lambda network, _: not _in_lines(network),
    Feature.CHOICES: lambda _, columns: bool((columns[:, CHOICE] >= 0).any()),
    Feature.SHARES: lambda network, _: bool((network.step_share < 1.0).any()),
    Feature.RETURNS: lambda network, _: bool((network.return_share > 0.0).any()),
    Feature.RETURN_DELAYS: lambda _, columns: bool((columns[:, DELAY] >= 0).any()),
    Feature.OUTSIDE: lambda network, _: bool((network.step_pool < 0).any()),
    Feature.WORKING_TIME: lambda network, _: bool(
        network.step_in_working_time.any()
        or network.return_in_working_time.any()
        or network.route_retry_in_working_time.any()
    ),
    Feature.PATIENCE: lambda _, columns: bool((columns[:, PATIENCE] >= 0).any()),
    Feature.DOORS: lambda network, _: _meets_doors(network),
    Feature.CLOSING: lambda network, _: bool((network.change_kind == CLOSING).any()),
    Feature.PAUSING: lambda network, _: bool((network.group_work >= 0).any() or (network.pool_late_work >= 0).any()),
    Feature.PRIORITIES: lambda network, _: network.classes > 1,
    Feature.OUTAGES: lambda network, _: bool((network.change_kind == DOWN).any()),
    Feature.LEARNING: lambda network, _: len(network.learning) > 0,
    Feature.MANY_POOLS: lambda network, _: len(network.pools) > 64,
    Feature.LARGE_POOLS: lambda network, _: bool((np.diff(network.server_first) > 64).any()),
    Feature.APPOINTMENTS: lambda network, _: any(network.appointments),
    Feature.LINES: lambda network, _: not network.dispatch.simple,
    Feature.REFUSALS: lambda network, _: bool((network.step_refuses > 0.0).any() or (network.step_revokes > 0.0).any()),
    Feature.WITHDRAWALS: lambda _, columns: bool((columns[:, WITHDRAWAL] >= 0).any()),
    Feature.DEEMED_APPROVAL: lambda network, _: bool((network.route_deemed_limit >= 0).any()),
    Feature.ATTEMPTS: lambda network, _: bool((np.diff(network.attempt_first) > 1).any()),
    Feature.GATES: lambda network, _: bool(network.step_gate.any()),
    Feature.HOLDING_BACK: lambda network, _: bool((network.route_in_hand < NO_LIMIT).any()),
    Feature.BALKING: lambda network, _: bool((network.pool_balks_at < NO_LIMIT).any() or network.hall_room < NO_LIMIT),
    Feature.RETRIALS: lambda _, columns: bool((columns[:, RETRY] >= 0).any()),
    Feature.CHANNELS: lambda network, _: bool((network.step_channels != 0).any() or (network.step_fails > 0.0).any()),
    Feature.INFORMED: lambda network, _: bool((network.route_informed > 0.0).any()),
}


def _in_lines(network: Network) -> bool:
    """Whether each step follows the one above it in its service, and nothing else, and the first follows none."""
    first = network.route_first_step[:-1]
    followers = np.setdiff1d(np.arange(len(network.steps)), first)
    begins = np.zeros(len(network.steps), np.bool_)
    begins[first] = True
    return bool(
        np.array_equal(network.full_mask == 0, begins)
        and np.array_equal(network.successor, followers)
        and np.array_equal(np.repeat(np.arange(len(network.steps)), np.diff(network.successor_first)), followers - 1)
        and np.isneginf(network.choice_low).all()
    )


def _meets_doors(network: Network) -> bool:
    """Whether some step is done in person at a pool that has doors."""
    in_person = network.step_in_person & (network.step_pool >= 0)
    return bool(network.pool_has_doors[network.step_pool[in_person]].any())


def _clock_may_stand_still(network: Network, found: set[Feature]) -> bool:
    """At special steps, or while a case sent back is with the applicant: after a delay or until doors open."""
    away = Feature.RETURNS in found and (Feature.RETURN_DELAYS in found or Feature.DOORS in found)
    return away or bool(network.step_special.any())
