"""The compiled scenario: frozen arrays that both engines, the workload and the measures read.

``compile_network(scenario)`` numbers services, steps, pools and officers in the order of the file and lays out routes,
calendars and capacity changes in minutes since the first day. Nothing here is random. Steps of all services share one
numbering; "mask" is a bit set over the predecessors of a step, in the order of its ``after``.
"""

from __future__ import annotations

import itertools
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from typing import Any

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.arrivals import (
    AppointmentsFrom,
    ArrivalsFrom,
    appointments_in_turn,
    arrivals_in_turn,
    expected_cases_per_workday,
)
from simgov.calendars import Calendar, DayTable, day_table, workday_minutes
from simgov.dispatch import Dispatch, compile_dispatch
from simgov.duty import MINUTES_PER_DAY, Calendars, Capacity, Group, offsets
from simgov.rules import NO_LIMIT, rule_arrays, with_sessions
from simgov.scenario.run_days import SPARE_DAYS, days_a_workday, days_of
from simgov.scenario.value import (
    Pool,
    Reach,
    Recorded,
    RunSettings,
    Scenario,
    Service,
    Step,
    Way,
)
from simgov.units import Duration

ALMOST_ALL = 1.0 - 2.0**-53
"""The share of a step for which a draw is needed although everybody does it."""

SERVE, SEND_HOME_LOST, SEND_HOME_BACK, STAY = range(4)
"""What happens to a task still queueing when its pool closes for the day."""


@dataclass(frozen=True, eq=False)
class WayOn:
    """The route of those who take up what is ``upto`` (their draw is below it) and are of one of ``groups``.

    ``groups`` is bool[groups of the service + 1], the last for cases without a group; None: of any.
    """

    route: int
    upto: float
    groups: Booleans | None


@dataclass(frozen=True, eq=False)
class Network:
    """A scenario as arrays. J steps, P pools, G groups of officers who work the same hours, S services, V versions of
    the scenario (one, and one more for each phase) and R routes: a service as it is in one version, or in several that
    agree on it. Each route has steps of its own. Where the cases of one version go several ways, each is a route.
    """

    scenario: Scenario
    chance: int  # equal for networks whose workloads are equal: same services, calendar and first day
    services: tuple[str, ...]
    steps: tuple[tuple[str, str], ...]
    pools: tuple[str, ...]
    routes: tuple[Service, ...]  # [R] service by service
    pool_values: tuple[Pool, ...]  # [P] each as it is at first
    days: int
    day_table: DayTable
    workday_minutes: float
    window: tuple[float, float]  # measuring window in minutes; nan in a run by cases
    measured_cases: tuple[int, int]  # first and last + 1 measured arrival of a run by cases; (0, 0) otherwise
    cap: float  # a run never goes on beyond this instant

    version_start: Floats  # [V] minutes
    version_ways: tuple[tuple[tuple[WayOn, ...], ...], ...]  # [V][S] each goes by the first for it, the last is for all
    version_share: Floats  # [V, R] the share of those who apply for its service in a version that take a route
    route_service: Integers  # [R]
    route_first_step: Integers  # [R + 1]
    step_service: Integers  # [J]
    step_pool: Integers  # [J], -1: outside every pool
    step_class: Integers  # [J] place of its priority class, 0 is served first
    step_booked_class: Integers  # [J] the same for who has an appointment
    step_in_person: Booleans
    step_rule: Integers  # [J] SERVE, SEND_HOME_LOST, SEND_HOME_BACK or STAY
    step_share: Floats  # [J]
    step_accepted: Booleans
    step_decision: Booleans
    step_collected: Booleans
    step_special: Booleans
    step_documents: Integers
    step_in_working_time: Booleans  # [J] an outside delay that passes in working time only
    full_mask: Integers  # [J] all predecessors
    successor_first: Integers  # [J + 1]
    successor: Integers
    successor_mask: Integers  # the bit of this predecessor in the successor's mask
    choice_low: Floats  # per successor: taken when low <= uniform < high; -inf..inf without a choice
    choice_high: Floats
    step_refuses: Floats  # [J] share of visits that end the case with a refusal
    step_revokes: Floats  # [J] share of visits that revoke the decision
    step_gate: Booleans  # [J] waits for a session
    step_waits_at: Integers  # [J] the step at whose gate it waits: that of its name on other routes, or itself; -1
    gate_most: Integers  # [J] so many pass a session at most
    gate_least: Integers  # [J] with fewer waiting, none pass
    step_channels: Integers  # [J] a bit for each channel of the service whose cases do it; 0: all do
    step_fails: Floats  # [J] share of visits that fail
    step_fails_to: Integers  # [J] the channel by which the case goes on
    step_retries: Booleans  # [J] who leaves it unserved may come back
    route_retry_share: Floats  # [R]
    route_retry_limit: Integers  # [R]
    route_retry_in_working_time: Booleans  # [R]
    route_withdraws_in_working_time: Booleans  # [R]
    route_deemed_limit: Integers  # [R] workdays after which an undecided case counts as approved, -1: never
    route_in_hand: Integers  # [R] most cases accepted and undecided
    route_hand: Integers  # [R] the first route of its service, with which its cases in hand are counted
    route_informed: Floats  # [R] share of applicants who take the channel of the shortest expected time
    channel_first: Integers  # [R + 1]
    channel_pool: Integers  # the first pool on the way of each channel, -1: none
    channel_work: Floats  # mean minutes of work there
    channel_rest: Floats  # mean minutes of the way when nobody waits
    return_share: Floats  # [J] the largest of its attempts, 0: never
    attempt_first: Integers  # [J + 1]
    attempt_share: Floats  # the share of the first attempt of each step, of the second, ...; the last holds from there
    return_to: Integers
    return_limit: Integers
    return_in_working_time: Booleans
    section_first: Integers  # [J + 1] the steps repeated when step j sends back
    section: Integers
    section_mask: Integers  # their predecessors inside the section

    dispatch: Dispatch  # who may take what, and who is next
    classes: int
    pool_balks_at: Integers  # [P] who finds so many people waiting does not join
    hall_room: int  # with so many people waiting in all pools together nobody joins
    pauses: Booleans  # [P]
    pool_has_doors: Booleans  # [P]
    pool_waits_outside: Booleans  # [P] who comes to apply before the doors open waits there
    learning: Floats  # [P, days] how long work takes on each day, of its usual time; without rows where nobody learns
    server_first: Integers  # [P + 1] officers are numbered pool by pool, group by group
    group_pool: Integers  # [G]
    group_first_server: Integers  # [G + 1]
    groups: tuple[Group, ...]  # [G]
    group_work: Integers  # [G] the list of calendars in which work under way goes on, -1: on the wall clock
    pool_late_work: Integers  # [P] the same for work begun by officers who stay late
    server_group: Integers
    change_time: Floats  # capacity changes in order of (time, kind, group or pool)
    change_kind: Integers
    change_of: Integers  # a group for OFF and ON, a step for GATE, a pool for the others
    calendars: Calendars  # lists 0..G-1 the groups' duty, G the scenario's calendar, G+1+p the doors of pool p, others

    arrivals: tuple[tuple[ArrivalsFrom, ...], ...]  # [S] in order of time
    appointments: tuple[tuple[AppointmentsFrom, ...], ...]  # [S] the same
    drawn: bool = False  # whether this is the network of one replication, with its outages and who is ill

    def duty(self, pool_index: int) -> list[tuple[int, Floats, Floats]]:
        """For each group of a pool: how many officers, and when they are on duty (opening and closing minutes)."""
        shifts = []
        for group in np.flatnonzero(self.group_pool == pool_index):
            span = slice(self.calendars.first[group], self.calendars.first[group + 1])
            officers = int(self.group_first_server[group + 1] - self.group_first_server[group])
            shifts.append((officers, self.calendars.open[span], self.calendars.close[span]))
        return shifts

    def step_value(self, index: int) -> Step:
        """The scenario's step behind a step number."""
        route = int(np.searchsorted(self.route_first_step, index, side="right")) - 1
        return self.routes[route].steps[index - int(self.route_first_step[route])]

    def routes_of(self, service: int) -> Integers:
        """The routes of a service."""
        return np.flatnonzero(self.route_service == service)


def compile_network(scenario: Scenario) -> Network:
    """Lay a checked scenario out as arrays. ``scenario`` must have passed the checks of its room."""
    settings = scenario.run
    days = _days_needed(scenario)
    table = day_table(scenario.calendar, settings.start, days)
    minutes = workday_minutes(scenario.calendar)
    window = _window(settings, table)
    cap = _cap(settings, window, days)
    versions = scenario.versions
    starts = _version_starts(scenario)
    routes = _Routes(versions)
    capacity = Capacity(versions, starts, routes.pools, table)
    rules = rule_arrays(routes.routes, routes.pool_number, minutes)
    return Network(
        scenario=scenario,
        chance=_chance(scenario.calendar, settings.start.toordinal(), _services_by_date(scenario)),
        services=tuple(routes.services),
        steps=tuple((service.id, step.id) for service in routes.routes for step in service.steps),
        pools=tuple(pool.id for pool in routes.pools),
        routes=tuple(routes.routes),
        pool_values=tuple(routes.pools),
        days=days,
        day_table=table,
        workday_minutes=minutes,
        window=window,
        measured_cases=(settings.warm_up_cases, settings.cases) if settings.cases is not None else (0, 0),
        cap=cap,
        version_start=np.array(starts),
        hall_room=NO_LIMIT if scenario.hall_room is None else scenario.hall_room,
        **routes.arrays(),
        dispatch=compile_dispatch(routes.pools, routes.routes),
        **rules,
        **with_sessions(capacity.arrays(), routes.steps, rules["step_waits_at"], table),
        arrivals=tuple(arrivals_in_turn(scenario, service, starts, table, minutes) for service in routes.services),
        appointments=tuple(appointments_in_turn(scenario, service, starts, table) for service in routes.services),
    )


Dated = tuple[tuple[int, tuple[tuple[Reach, tuple[Service, ...]], ...]], ...]


def _services_by_date(scenario: Scenario) -> Dated:
    """The services of each phase, on all ways, with the day on which it begins; the first ones with the first day."""
    dates = (scenario.run.start, *(phase.start for phase in scenario.phases))
    return tuple((date.toordinal(), version.ways) for date, version in zip(dates, scenario.versions, strict=True))


@lru_cache(maxsize=4096)
def _chance(calendar: Calendar, start_ordinal: int, services: Dated) -> int:
    """A number for all that a workload is drawn from; equal values get the same number within a process."""
    return next(_chances)


_chances = itertools.count()


# Time -----------------------------------------------------------------------------------------------------------------


def _days_needed(scenario: Scenario) -> int:
    """Calendar days that a run can reach at most: warm-up, window and cap, on a calendar with few workdays."""
    settings, calendar = scenario.run, scenario.calendar
    window = days_of(settings.warm_up, calendar) + days_of(settings.period, calendar)
    if settings.cases is not None:
        workdays = settings.cases / _cases_per_day(scenario, workday_minutes(calendar))
        window = 2 * days_a_workday(calendar) * workdays + SPARE_DAYS
    return int(np.ceil(window + days_of(settings.cap, calendar))) + 2


def _cases_per_day(scenario: Scenario, minutes: float) -> float:
    """Expected arrivals on a working day, all services together."""
    return max(1e-6, sum(expected_cases_per_workday(service, minutes, scenario.run) for service in scenario.services))


def _window(settings: RunSettings, table: DayTable) -> tuple[float, float]:
    """The measuring window: the warm-up ends, and the period with it, at midnight where they are given in workdays."""
    if settings.cases is not None:
        return (np.nan, np.nan)
    start = _after(settings.warm_up, 0.0, table)
    if settings.period is None:
        raise ValueError("run needs a period or a number of cases")
    return (start, _after(settings.period, start, table))


def _after(duration: Duration, start: float, table: DayTable) -> float:
    """The instant ``duration`` after ``start``; for n workdays, midnight after the n-th workday from there on."""
    if duration.base != "workday":
        return start + duration.amount
    if duration.amount == 0:
        return start
    first_day = int(start // MINUTES_PER_DAY)
    wanted = table.workdays_before[first_day] + int(np.ceil(duration.amount))
    day = int(np.searchsorted(table.workdays_before, wanted, side="left"))
    return day * MINUTES_PER_DAY


def _cap(settings: RunSettings, window: tuple[float, float], days: int) -> float:
    if settings.cases is not None:
        return (days - 1) * MINUTES_PER_DAY
    slack = settings.cap
    wall = slack.amount if slack.base == "min" else slack.amount * 2 * MINUTES_PER_DAY
    return min(window[1] + wall, (days - 1) * MINUTES_PER_DAY)


def _version_starts(scenario: Scenario) -> list[float]:
    """When each version of the scenario begins: 0, and 00:00 of each phase's date."""
    first = scenario.run.start
    return [0.0, *((phase.start - first).days * MINUTES_PER_DAY for phase in scenario.phases)]


# Routes ---------------------------------------------------------------------------------------------------------------


class _Routes:
    """The steps of every route under one numbering: service by service, and of each service version by version."""

    def __init__(self, versions: Sequence[Scenario]) -> None:
        self.services = list(dict.fromkeys(service.id for version in versions for service in version.services))
        first = {pool.id: pool for version in reversed(versions) for pool in version.pools}
        self.pools = [first[name] for name in dict.fromkeys(p.id for version in versions for p in version.pools)]
        self.routes: list[Service] = []
        ways: list[list[tuple[WayOn, ...]]] = [[] for _ in versions]
        shares: list[tuple[int, int, float]] = []
        for service_id in self.services:
            own: dict[Service, int] = {}
            for number, version in enumerate(versions):
                there = [way for one in version.services if one.id == service_id for way in version.ways_of(one)]
                taken = [self._route(way.service, own) for way in there]
                shares += [(number, route, way.share) for route, way in zip(taken, there, strict=True)]
                ways[number].append(_ways_on(there, taken))
        self.version_ways = tuple(map(tuple, ways))
        self.version_share = np.zeros((len(versions), len(self.routes)))
        for number, route, share in shares:
            self.version_share[number, route] += share
        self.steps = [step for service in self.routes for step in service.steps]
        self.owner = [r for r, service in enumerate(self.routes) for _ in service.steps]
        self.pool_number = {pool.id: p for p, pool in enumerate(self.pools)}
        self.number = {
            (r, step.id): j
            for j, (r, step) in enumerate((r, st) for r, sv in enumerate(self.routes) for st in sv.steps)
        }

    def _route(self, service: Service, own: dict[Service, int]) -> int:
        """The route of a service as it is on one way; ``own`` are those of the service so far."""
        route = own.setdefault(replace(service, arrivals=None), len(self.routes))
        if route == len(self.routes):
            self.routes.append(service)
        return route

    def arrays(self) -> dict[str, Any]:
        """Every array of ``Network`` that concerns routes, by name."""
        steps = self.steps
        route_service = [self.services.index(service.id) for service in self.routes]
        predecessors = [[self._of(j, name) for name in step.after] for j, step in enumerate(steps)]
        return {
            "version_ways": self.version_ways,
            "version_share": self.version_share,
            "route_service": np.array(route_service, np.int32),
            "route_first_step": offsets([len(service.steps) for service in self.routes]),
            "step_service": np.array([route_service[route] for route in self.owner], np.int32),
            "step_pool": np.array([self.pool_number.get(s.at, -1) if s.at else -1 for s in steps], np.int32),
            "pool_balks_at": np.array([NO_LIMIT if p.balks_at is None else p.balks_at for p in self.pools], np.int64),
            **self._classes(),
            "step_in_person": np.array([step.in_person for step in steps], np.bool_),
            "step_rule": np.array([self._closing_rule(step) for step in steps], np.int8),
            "step_share": np.array([self._share(j) for j in range(len(steps))], np.float64),
            "step_accepted": np.array([step.accepted for step in steps], np.bool_),
            "step_decision": np.array([step.decision for step in steps], np.bool_),
            "step_collected": np.array([step.collected for step in steps], np.bool_),
            "step_special": np.array([step.special for step in steps], np.bool_),
            "step_documents": np.array([step.documents for step in steps], np.int32),
            "step_in_working_time": np.array([_in_working_time(step) for step in steps], np.bool_),
            "full_mask": np.array([(1 << len(p)) - 1 for p in predecessors], np.int64),
            **self._successors(predecessors),
            **self._returns(predecessors),
        }

    def _of(self, j: int, step_id: str) -> int:
        return self.number[(self.owner[j], step_id)]

    def _classes(self) -> dict[str, Any]:
        priorities = [
            step.priority if step.priority is not None else self.routes[self.owner[j]].priority
            for j, step in enumerate(self.steps)
        ]
        booked = [self._booked_priority(j, priority) for j, priority in enumerate(priorities)]
        ranks = {priority: rank for rank, priority in enumerate(sorted({*priorities, *booked}))}
        return {
            "step_class": np.array([ranks[priority] for priority in priorities], np.int32),
            "step_booked_class": np.array([ranks[priority] for priority in booked], np.int32),
            "classes": max(1, len(ranks)),
        }

    def _share(self, j: int) -> float:
        """The share of cases that do the step; where a log is replayed, it is the log that says who does."""
        arrivals = self.routes[self.owner[j]].arrivals
        replayed = isinstance(arrivals, Recorded) and arrivals.replays
        return min(self.steps[j].share, ALMOST_ALL) if replayed else self.steps[j].share

    def _booked_priority(self, j: int, otherwise: int) -> int:
        appointments = self.routes[self.owner[j]].appointments
        if appointments is None or appointments.priority is None or not self.steps[j].in_person:
            return otherwise
        return appointments.priority

    def _closing_rule(self, step: Step) -> int:
        if step.at is None:
            return STAY
        pool = self.pools[self.pool_number[step.at]]
        if step.together and pool.waiting_at_closing != "send_home":
            return STAY  # nobody stays late where colleagues of other pools have left
        if pool.waiting_at_closing is None:
            return SERVE if step.in_person else STAY
        if pool.waiting_at_closing == "send_home" and step.in_person:
            return SEND_HOME_LOST if pool.sent_home == "lost" else SEND_HOME_BACK
        return SERVE if pool.waiting_at_closing == "serve" else STAY

    def _successors(self, predecessors: list[list[int]]) -> dict[str, Any]:
        edges: list[list[tuple[int, int]]] = [[] for _ in self.steps]
        for j, before in enumerate(predecessors):
            for bit, i in enumerate(before):
                edges[i].append((j, 1 << bit))
        low, high = [], []
        for i, outgoing in enumerate(edges):
            bounds = self._choice_bounds(i)
            for j, _ in outgoing:
                low.append(bounds.get(j, (-np.inf, np.inf))[0])
                high.append(bounds.get(j, (-np.inf, np.inf))[1])
        flat = [edge for outgoing in edges for edge in outgoing]
        return {
            "successor_first": offsets([len(outgoing) for outgoing in edges]),
            "successor": np.array([j for j, _ in flat], np.int32),
            "successor_mask": np.array([mask for _, mask in flat], np.int64),
            "choice_low": np.array(low, np.float64),
            "choice_high": np.array(high, np.float64),
        }

    def _choice_bounds(self, i: int) -> dict[int, tuple[float, float]]:
        """The stretch of the unit interval that belongs to each chosen successor; the last one takes what is left."""
        bounds, low = {}, 0.0
        choose = self.steps[i].choose
        for place, (name, share) in enumerate(choose):
            high = np.inf if place == len(choose) - 1 else low + share
            bounds[self._of(i, name)] = (low, high)
            low = high
        return bounds

    def _returns(self, predecessors: list[list[int]]) -> dict[str, Any]:
        sections = [self._section(j, predecessors) for j in range(len(self.steps))]
        returns = [step.returns for step in self.steps]
        return {
            "return_share": np.array([max(r.shares) if r else 0.0 for r in returns], np.float64),
            "attempt_first": offsets([len(r.shares) if r else 0 for r in returns]),
            "attempt_share": np.array([share for r in returns if r for share in r.shares], np.float64),
            "return_to": np.array([self._of(j, r.to) if r else -1 for j, r in enumerate(returns)], np.int32),
            "return_limit": np.array([r.limit if r else 0 for r in returns], np.int32),
            "return_in_working_time": np.array(
                [bool(r and r.delay is not None and r.delay.base == "workday") for r in returns], np.bool_
            ),
            "section_first": offsets([len(section) for section in sections]),
            "section": np.array([v for section in sections for v, _ in section], np.int32),
            "section_mask": np.array([mask for section in sections for _, mask in section], np.int64),
        }

    def _section(self, j: int, predecessors: list[list[int]]) -> list[tuple[int, int]]:
        """The steps on a way from the step that ``j`` returns to up to ``j``, with their predecessors among them."""
        returns = self.steps[j].returns
        if returns is None:
            return []
        target = self._of(j, returns.to)
        before = _reach([j], predecessors)
        after: dict[int, list[int]] = {}
        for v, sources in enumerate(predecessors):
            for u in sources:
                after.setdefault(u, []).append(v)
        inside = before & _reach([target], [after.get(v, []) for v in range(len(self.steps))])
        return [
            (v, 0 if v == target else sum(1 << bit for bit, u in enumerate(predecessors[v]) if u in inside))
            for v in sorted(inside)
        ]


def _ways_on(ways: Sequence[Way], routes: Sequence[int]) -> tuple[WayOn, ...]:
    """How cases of a service find their routes; one way where all are the same."""
    if len(set(routes)) <= 1:
        return tuple(WayOn(route, 1.0, None) for route in routes[:1])
    return tuple(
        WayOn(route, way.reach.upto, None if way.reach.groups is None else _of_groups(way))
        for route, way in zip(routes, ways, strict=True)
    )


def _of_groups(way: Way) -> Booleans:
    """Of which places of group labels a way is, and last that it is of no case without a label."""
    assert way.reach.groups is not None
    return np.array([*(name in way.reach.groups for name, _ in way.service.groups), False])


def _reach(start: list[int], neighbours: Sequence[Sequence[int]]) -> set[int]:
    seen, stack = set(start), list(start)
    while stack:
        for v in neighbours[stack.pop()]:
            if v not in seen:
                seen.add(v)
                stack.append(v)
    return seen


def _in_working_time(step: Step) -> bool:
    """Whether an outside delay passes in working time: when it is given in workdays."""
    return step.at is None and step.time is not None and step.time.base == "workday"
