"""Whether the pools can keep up: offered load per pool, from expected work and minutes of duty.

Before anything is simulated: expected arrivals in the measured span, times expected visits per case to each step
(choices, shares and returns included), times the mean work of a visit, over the minutes that officers are on duty.
A load of 1 or more grows queues without end, or drives people away.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Floats
from simgov.calendars import DAY
from simgov.errors import Problem
from simgov.kpi.duty import duty_of
from simgov.kpi.table import Kpi
from simgov.network import SERVE, Network, compile_network
from simgov.scenario.checks import ancestors
from simgov.scenario.value import Scenario, Service, Step, shares_doing, staffed
from simgov.scenario.work import mean_minutes, mean_work

LONGEST_SPAN = 364 * DAY
MOST_OUTCOMES = 1024
MOST_POSTS = 100_000


@dataclass(frozen=True)
class Overload:
    """A pool whose work is more than its officers can do: ``load`` 1.2 means 120 % of their time.

    ``needed`` is the smallest number of posts with a load below 1, all else equal. ``leaving`` says that people give
    up or are sent home there, so that the queue stays finite because not all are served.
    """

    pool: str
    load: float
    posts: int
    needed: int
    leaving: bool

    def __str__(self) -> str:
        percent = "no officer on duty for its work" if math.isinf(self.load) else f"work for {100 * self.load:.0f} %"
        of = "" if math.isinf(self.load) else f" of its officers' time ({counted(self.posts)})"
        then = "people leave unserved" if self.leaving else "its queue grows without end"
        return f"pool {self.pool} has {percent}{of}: {then}; it needs at least {counted(self.needed)}"

    def problem(self) -> Problem:
        """As a warning located at the pool."""
        message, _, hint = str(self).partition("; ")
        return Problem(("pools", self.pool), message, hint, on_key=True, warning=True)


def counted(posts: int) -> str:
    """``1 post``, ``5 posts``."""
    return f"{posts} post" + ("" if posts == 1 else "s")


def warnings(scenario: Scenario) -> tuple[Problem, ...]:
    """A located warning for each pool of ``scenario`` that cannot keep up."""
    return tuple(overload.problem() for overload in overloads(compile_network(scenario)))


def overloads(network: Network) -> tuple[Overload, ...]:
    """The pools of a compiled scenario that cannot keep up, in order."""
    found = []
    for p, (pool, minutes) in enumerate(zip(network.pool_values, offered_minutes(network), strict=True)):
        capacity = _capacity(network, p)
        if minutes > 0.0 and minutes >= capacity:
            load = minutes / capacity if capacity > 0.0 else math.inf
            found.append(Overload(pool.id, load, pool.count, _needed(network, p, minutes), _leaving(network, p)))
    return tuple(found)


def held_up_before_acceptance(scenario: Scenario) -> frozenset[str]:
    """The services whose cases pile up without end before they are accepted.

    The legal clock starts at acceptance and does not see them: ``days`` and ``on_time`` look good just because cases
    are let in slowly. A pool that serves everybody who has come before it goes home, or whose people give up, piles up
    nothing.
    """
    network = compile_network(scenario)
    growing = {overload.pool for overload in overloads(network) if not overload.leaving}
    piling = {
        name
        for j, (name, rule) in enumerate(zip(network.steps, network.step_rule, strict=True))
        if rule != SERVE and network.step_value(j).at in growing
    }
    held_up = set()
    for service in scenario.every_variant:
        before = ancestors(service)
        upto = {name for step in service.steps if step.accepted for name in (step.id, *before[step.id])}
        if any((service.id, name) in piling and service.step(name).share > 0 for name in upto):
            held_up.add(service.id)
    return frozenset(held_up)


def blind_to_queue(kpi: Kpi, held_up: frozenset[str]) -> bool:
    """Whether a KPI runs on the legal clock of a service that is held up before acceptance."""
    return kpi.definition.quantity in ("days", "on_time") and not held_up.isdisjoint(kpi.services)


def loads(network: Network) -> dict[str, float]:
    """Offered load by pool: expected work over minutes of duty; inf where there is work and nobody on duty."""
    capacity = [_capacity(network, p) for p in range(len(network.pools))]
    return {
        pool: (work / minutes if minutes > 0.0 else math.inf) if work > 0.0 else 0.0
        for pool, work, minutes in zip(network.pools, offered_minutes(network), capacity, strict=True)
    }


def offered_minutes(network: Network) -> Floats:
    """Expected minutes of work that applications inside the span bring to each pool: float64[P].

    Work that several pools may do counts at the first of them, and elsewhere where that has more than it can do and
    others have time. Batches count as full.
    """
    start, end = _span(network)
    minutes = np.zeros(len(network.pools))
    elsewhere: list[tuple[Step, float]] = []
    for r, service in enumerate(network.routes):
        cases = expected_on_route(network, r, start, end)
        for step, visits in zip(service.steps, expected_visits(service).values(), strict=True):
            work = cases * visits * mean_work(step, network.workday_minutes) * service.matters_at(step) / step.batch
            for pool in (step.at, *step.together):
                if pool is not None:
                    minutes[network.pools.index(pool)] += work
            if step.alternatives:
                elsewhere.append((step, work))
    if len(network.learning):
        first, last = int(start // DAY), max(int(start // DAY) + 1, min(network.days, int(end // DAY)))
        minutes *= network.learning[:, first:last].mean(axis=1)
    return _shared_out(network, minutes, elsewhere)


def _shared_out(network: Network, minutes: Floats, elsewhere: list[tuple[Step, float]]) -> Floats:
    """The minutes of each pool once those who have time have taken what they may of the work of those who have not."""
    if network.dispatch.simple:
        return minutes
    capacity = np.array([_capacity(network, p) for p in range(len(network.pools))])
    for step, work in elsewhere:
        first, left = network.pools.index(str(step.at)), work
        for other in step.alternatives:
            taker = network.pools.index(other.pool)
            spare = max(0.0, capacity[taker] - minutes[taker]) / other.slowdown
            moved = max(0.0, min(left, spare, minutes[first] - 0.99 * capacity[first]))
            minutes[first] -= moved
            minutes[taker] += moved * other.slowdown
            left -= moved
    for pool, value in enumerate(network.pool_values):
        helped = int(network.dispatch.tide_to[pool])
        if value.tide is not None and helped >= 0 and value.count:
            spare = min(capacity[pool] - minutes[pool], capacity[pool] * value.tide.officers / value.count)
            moved = max(0.0, min(spare, minutes[helped] - 0.99 * capacity[helped]))
            minutes[helped] -= moved
            minutes[pool] += moved
    return minutes


def expected_visits(service: Service) -> Mapping[str, float]:
    """How often a case does each step on average, by step, in order.

    For each outcome of the choices, the steps on its way are passed once, and more often by returns: a step that
    sends back a share s of its visits repeats its section, so x = p + A x, the mean of a branching walk (A has s for
    each step of the section that is on the way). With at most L returns, the s / (1 - s) returns a case become
    s (1 - s^L) / (1 - s).
    """
    routes = _Routes(service)
    passes = sum(share * routes.passes(reached) for share, reached in routes.outcomes())
    doing = shares_doing(service)
    return {step.id: float(passes[j]) * doing[j] for j, step in enumerate(service.steps)}  # type: ignore[index]


class _Routes:
    """The steps of a service by number."""

    def __init__(self, service: Service) -> None:
        self.steps = service.steps
        self.number = {step.id: j for j, step in enumerate(self.steps)}
        self.before = [[self.number[name] for name in step.after] for step in self.steps]
        self.order = _in_order(self.before)
        self.choices = {
            j: {self.number[name]: share for name, share in step.choose}
            for j, step in enumerate(self.steps)
            if step.choose
        }

    def outcomes(self) -> Iterator[tuple[float, Floats]]:
        """Each outcome of all choices: its probability, and for each step whether a case comes to it (1) or not (0).

        Where there are too many to go through, one outcome with upper bounds of the shares of cases instead.
        """
        if math.prod(len(options) for options in self.choices.values()) > MOST_OUTCOMES:
            yield 1.0, self._reached({})
            return
        for taken in itertools.product(*self.choices.values()):
            chosen = dict(zip(self.choices, taken, strict=True))
            yield math.prod(self.choices[j][one] for j, one in chosen.items()), self._reached(chosen)

    def _reached(self, chosen: Mapping[int, int]) -> Floats:
        reached = np.zeros(len(self.steps))
        for j in self.order:
            ways = (reached[i] * self._way(i, j, chosen) for i in self.before[j])
            reached[j] = min(1.0, sum(ways)) if self.before[j] else 1.0
        return reached

    def _way(self, i: int, j: int, chosen: Mapping[int, int]) -> float:
        """The share of those at step i who are not refused there and go on to its successor j."""
        goes_on = 1.0 - self.steps[i].share * self.steps[i].refuses
        if i not in self.choices or j not in self.choices[i]:
            return goes_on
        return goes_on * (float(chosen[i] == j) if chosen else self.choices[i][j])

    def passes(self, reached: Floats) -> Floats:
        """Passes of each step, returns included, where ``reached`` are the shares of cases that come to it."""
        again = np.zeros((len(self.steps), len(self.steps)))
        for j, step in enumerate(self.steps):
            if step.returns is not None and step.returns.share > 0.0 and reached[j] > 0.0:
                rate = _effective_share(step.returns.share, step.returns.limit) * step.share
                for v in self._section(self.number[step.returns.to], j):
                    again[v, j] = rate * min(1.0, reached[v] / reached[j])
        passes: Floats = np.linalg.solve(np.eye(len(self.steps)) - again, reached).astype(np.float64)
        return passes

    def _section(self, target: int, last: int) -> set[int]:
        """The steps on a way from ``target`` to ``last``, both included: what a return repeats."""
        upstream, downstream = {last}, {target}
        for j in reversed(self.order):
            if j in upstream:
                upstream.update(self.before[j])
        for j in self.order:
            if downstream.intersection(self.before[j]):
                downstream.add(j)
        return upstream & downstream


def _effective_share(share: float, limit: int) -> float:
    """The share without a limit that brings as many returns a case as ``share`` does with at most ``limit`` of them."""
    returns = float(limit) if share >= 1.0 else share * (1.0 - share**limit) / (1.0 - share)
    return returns / (1.0 + returns)


def _in_order(before: list[list[int]]) -> list[int]:
    """The steps, each behind all its predecessors."""
    order: list[int] = []
    while len(order) < len(before):
        ready = [j for j in range(len(before)) if j not in order and all(i in order for i in before[j])]
        if not ready:
            raise ValueError("the steps form a cycle")
        order += ready
    return order


def _span(network: Network) -> tuple[float, float]:
    """The measuring window; for a run by cases the days it may need, but not more than a year."""
    start, end = network.window
    if not math.isnan(start):
        return start, end
    return 0.0, min((network.days - 1) * DAY, LONGEST_SPAN)


def expected_on_route(network: Network, route: int, start: float, end: float) -> float:
    """How many of those who take a route (by number) are expected to apply between two instants."""
    service = int(network.route_service[route])
    ends = [*map(float, network.version_start[1:]), math.inf]
    return sum(
        float(share) * _expected_arrivals(network, service, max(start, float(begins)), min(end, over))
        for begins, over, share in zip(network.version_start, ends, network.version_share[:, route], strict=True)
        if share > 0.0
    )


def _expected_arrivals(network: Network, service: int, start: float, end: float) -> float:
    """Expected arrivals of a service between two instants at which nothing changes in between."""
    if end <= start:
        return 0.0
    booked = sum(own.between(start, end) for own in network.appointments[service])
    return booked + [own for own in network.arrivals[service] if own.start <= start][-1].between(start, end)


def _duty_minutes(network: Network, pool: int) -> Floats:
    """Minutes of duty of one officer of each group inside the span."""
    start, end = _span(network)
    return np.array([group.minutes(start, end) for group in duty_of(network, pool)])


def _capacity(network: Network, pool: int) -> float:
    """Minutes of duty of all officers of a pool inside the span, less the mean of illness and outages."""
    there = [
        group.officers * (1.0 - group.sickness.share if group.sickness else 1.0)
        for group in network.groups
        if group.pool == pool
    ]
    return float(np.array(there) @ _duty_minutes(network, pool)) * _up(network, pool)


def _up(network: Network, pool: int) -> float:
    """The share of time in which every system that a pool needs is up, as if they failed independently."""
    minutes = network.workday_minutes
    times = [
        (mean_minutes(one.every, minutes), mean_minutes(one.lasts, minutes))
        for one in network.scenario.systems
        if network.pools[pool] in one.pools
    ]
    return math.prod(up / (up + down) for up, down in times)


def _needed(network: Network, pool: int, minutes: float) -> int:
    """The fewest posts, shared among the shifts as they are now, whose duty is more than ``minutes``."""
    value, duty = network.pool_values[pool], _duty_minutes(network, pool)
    if len(duty) != len(value.shifts):  # hours that change on the way: a post more counts as much as one does now
        duty = np.full(len(value.shifts), _capacity(network, pool) / max(1, value.count))

    def enough(posts: int) -> bool:
        counts = np.array([shift.count for shift in staffed(value, posts).shifts])
        return float(counts @ duty) > minutes

    if not duty.any():
        return MOST_POSTS
    posts = max(1, math.floor(minutes / float(duty.max())))
    while not enough(posts) and posts < MOST_POSTS:
        posts += 1
    return posts


def _leaving(network: Network, pool: int) -> bool:
    """Whether everybody may leave the pool unserved: by patience, sent home for good, or where few are let to wait."""
    value = network.pool_values[pool]
    lost = value.waiting_at_closing == "send_home" and value.sent_home == "lost"
    here = [
        (service, step)
        for service in network.routes
        for step in service.steps
        if step.at == value.id and step.share > 0
    ]
    lost = lost or value.balks_at is not None or network.scenario.hall_room is not None
    return all(step.in_person and (service.patience is not None or lost) for service, step in here)
