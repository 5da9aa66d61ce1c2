"""What a run comes to: counts, sums and samples, added up from the event tables of its slices.

A ``Tally`` takes in event tables, each with cases that no other holds, and all their tasks. A number here is a count
or a sum over cases or tasks, so that it does not matter how a run was cut.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.duty import MINUTES_PER_DAY
from simgov.engines.events import CASE_OPEN, CASE_OUTCOMES, EventTable
from simgov.kpi import applicant_cases, passes
from simgov.kpi.duty import pool_duty, window_workdays, work_goes_on, worked_duty
from simgov.kpi.shared_rows import by_officer, by_queue, one_row_a_task
from simgov.kpi.sketch import Sketch
from simgov.kpi.statistics import LEAST_BINNED, Sample, counted, joined, none_censored
from simgov.kpi.visit_days import visit_days
from simgov.network import Network

_T = TypeVar("_T")

CASES = frozenset({"time", "days", "door_to_door", "ends"})
PEOPLE = frozenset({"wait", "visits", "begun"})
FEW_VISITS = frozenset({"few_visits"})
POOLS = frozenset({"work", "queue"})
RULES = frozenset({"rules"})
APPLICANTS = frozenset({"applicants", "groups"})
"""What may be asked for, by the pass that gives it; ``ends`` and ``begun`` come with any other of their pass."""

EVERYTHING = CASES | PEOPLE | FEW_VISITS | POOLS | RULES | APPLICANTS

MOST_EXACT = 1 << 23
"""Values of all samples together that are kept one by one: 64 MB. What is more goes into histograms."""


@dataclass(eq=False)
class Tally:
    """Totals of a run so far; samples become sketches where there are more than ``MOST_EXACT`` values.

    S services, J steps, P pools, G groups of officers.
    """

    network: Network
    asked: Collection[str] = EVERYTHING
    window: tuple[float, float] = (math.nan, math.nan)  # the measuring window as far as it was run
    ends: Integers = field(init=False)  # [S, outcomes] measured cases by CASE_OUTCOMES
    promises: Integers = field(init=False)  # [S, 3] see passes.DECIDED_OR_OPEN
    decided_inside: Integers = field(init=False)  # [S] decided inside the window, measured or not
    begun: Integers = field(init=False)  # [J] tasks of measured cases begun
    sent_back: Integers = field(init=False)  # [S, 2] returns before and after acceptance
    visits: Integers = field(init=False)  # [S] days on which applicants came in person
    few_visits: Integers = field(init=False)  # [S, 2] measured cases decided without a visit, with one at most
    rules: Floats = field(init=False)  # [S, RULES] see passes.WASTED_MINUTES
    worked: Floats = field(init=False)  # [G, 2] minutes of work on duty, and beyond it, inside the window
    applicants: Floats = field(init=False)  # [S, COLUMNS] see applicant_cases.WAITED
    groups: Floats = field(init=False)  # [S, groups, 4] see applicant_cases.TIMES
    queued: Floats = field(init=False)  # [P] minutes of waiting while somebody was on duty, inside the window
    capacity: Network = field(init=False)  # the network with the capacity that the replication found
    _sketches: dict[tuple[str, int], Sketch] = field(init=False, default_factory=dict)
    _held: int = field(init=False, default=0)
    _kept: dict[str, Any] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        services, steps = len(self.network.services), len(self.network.steps)
        groups, pools = len(self.network.group_pool), len(self.network.pools)
        self.ends = np.zeros((services, len(CASE_OUTCOMES)), np.int64)
        self.promises = np.zeros((services, 3), np.int64)
        self.decided_inside = np.zeros(services, np.int64)
        self.begun = np.zeros(steps, np.int64)
        self.sent_back = np.zeros((services, 2), np.int64)
        self.visits = np.zeros(services, np.int64)
        self.few_visits = np.zeros((services, 2), np.int64)
        self.rules = np.zeros((services, passes.RULES))
        self.worked = np.zeros((groups, 2))
        self.queued = np.zeros(pools)
        self.applicants = np.zeros((services, applicant_cases.COLUMNS))
        most = max((len(route.groups) for route in self.network.routes), default=0)
        self.groups = np.zeros((services, most, applicant_cases.GROUP_COLUMNS))
        self.capacity = self.network

    @property
    def services(self) -> int:
        """How many services there are."""
        return len(self.network.services)

    @property
    def workdays(self) -> float:
        """Workdays of the window; a part of one counts by its working minutes."""
        return self.once("workdays", lambda: window_workdays(self.network, *self.window))

    def once(self, name: str, compute: Callable[[], _T]) -> _T:
        """What ``compute`` gives, computed when ``name`` is first asked for after the last table was added."""
        if name not in self._kept:
            self._kept[name] = compute()
        found: _T = self._kept[name]
        return found

    def sample(self, quantity: str, service: int) -> Sample:
        """The values of ``time``, ``days``, ``door_to_door`` or ``wait`` of a service."""
        return self.once(f"{quantity} {service}", self._sketch(quantity, service).sample)

    def hall_waits(self) -> Sample:
        """The waits in person of all services."""
        return self.once("hall waits", lambda: joined([self.sample("wait", s) for s in range(self.services)]))

    def cases(self, service: int) -> int:
        """Measured cases of a service."""
        counts: list[int] = self.once("cases", lambda: self.ends.sum(axis=1).tolist())
        return counts[service]

    def per_case(self, service: int, total: float) -> tuple[float, bool]:
        """``total`` per measured case of a service, and whether more may come of cases still open; nan of no case."""
        cases = self.cases(service)
        return (total / cases, self.still_open(service)) if cases else (math.nan, False)

    def still_open(self, service: int) -> bool:
        """Whether measured cases of a service are open, so that more may come of them."""
        some: list[bool] = self.once("open", lambda: (self.ends[:, CASE_OPEN] > 0).tolist())
        return some[service]

    def add(self, events: EventTable) -> None:
        """Take in one more table. The last one brings the window and the instant at which the run stopped."""
        self.window = (events.window_start, min(events.window_end, events.stopped_at))
        self.capacity = events.capacity or self.network
        self._kept.clear()
        if not CASES.isdisjoint(self.asked):
            self._add_cases(events)
        people, few, applicants = (not part.isdisjoint(self.asked) for part in (PEOPLE, FEW_VISITS, APPLICANTS))
        tasks = one_row_a_task(self.network, events) if people or few or applicants else events
        if people:
            self._add_people(tasks)
        if few:
            self._add_few_visits(tasks)
        if applicants:
            self._add_applicants(tasks)
        if not POOLS.isdisjoint(self.asked):
            self._add_pools(events)
        if not RULES.isdisjoint(self.asked):
            self._add_rules(events)
        self._fold()

    # Passes -----------------------------------------------------------------------------------------------------------

    def _add_cases(self, events: EventTable) -> None:
        times = [quantity if quantity in self.asked else "" for quantity in ("time", "days", "door_to_door")]
        first = self._first_places(events)
        room = int(first[-1])
        some_open = bool((events.case_outcome == CASE_OPEN).any())
        values = [np.empty(room if quantity else 0) for quantity in times]
        marks = [np.zeros(room if some_open else 0, np.bool_) for _ in range(2)]
        until, collected = first[:-1].copy(), first[:-1].copy()
        table = self.network.day_table
        differs = passes.tally_cases(
            bool(times[0]), bool(times[1]), bool(times[2]), events.measured, events.case_service, events.case_outcome,
            events.applied, events.accepted, events.decided, events.left, events.promise_due, events.stopped_days,
            events.window_start, events.window_end, events.stopped_at, table.workdays_before, table.past_before,
            self.ends, self.promises, self.decided_inside, until, collected, *values, *marks,
        )  # fmt: skip
        same = bool(times[0]) and not differs  # who is decided takes the result along: the same values, kept once
        for number, quantity in enumerate(times):
            mark = marks[1] if quantity == "door_to_door" else marks[0]
            last = collected if quantity == "door_to_door" else until
            if quantity == "door_to_door" and same:
                for s in range(self.services):
                    self._keep(quantity, s, self._sketch("time", s).parts[-1])
            elif quantity:
                self._add_samples(quantity, values[number], mark, first, last)

    def _first_places(self, events: EventTable) -> Integers:
        """int64[S + 1]: where the values of each service's measured cases begin, and how many there are."""
        counts = np.zeros(self.services, np.int64)
        if self.services == 1:
            counts[0] = np.count_nonzero(events.measured)
        else:
            passes.count_measured(events.measured, events.case_service, counts)
        return np.concatenate(([0], np.cumsum(counts)))

    def _add_people(self, events: EventTable) -> None:
        network = self.network
        waits_asked, visits_asked = "wait" in self.asked, "visits" in self.asked
        in_person = network.step_in_person & (network.step_pool >= 0)
        if not in_person.any():
            waits_asked = visits_asked = False
        first = self._first_waits(events, in_person) if waits_asked else np.zeros(self.services + 1, np.int64)
        place = first[:-1].copy()
        values, still = np.empty(int(first[-1])), np.zeros(int(first[-1]), np.bool_)
        seen = np.full(len(events.applied) if visits_asked else 0, -(1 << 40), np.int64)
        before = self.visits.copy()
        some_wait, disorder = passes.tally_people(
            waits_asked, visits_asked, events.case, events.step, events.pool, events.outcome, events.ready,
            events.start, events.finish, events.measured, events.case_service, events.accepted, events.stopped_at,
            in_person, self.begun, self.sent_back, self.visits, seen, place, values, still,
        )  # fmt: skip
        if disorder:
            per_case = visit_days(events, in_person)
            came = np.bincount(events.case_service, weights=per_case, minlength=self.services)
            self.visits = before + came.astype(np.int64)
        if waits_asked:
            self._add_samples("wait", values, still if some_wait else still[:0], first, place)

    def _add_few_visits(self, events: EventTable) -> None:
        days = visit_days(events, self.network.step_in_person & (self.network.step_pool >= 0))
        decided = events.measured & ~np.isnan(events.decided)
        for most in range(2):
            services = events.case_service[decided & (days <= most)]
            self.few_visits[:, most] += np.bincount(services, minlength=self.services)

    def _first_waits(self, events: EventTable, in_person: Booleans) -> Integers:
        """int64[S + 1]: where the waits of each service begin, with room for all its tasks in person."""
        counts = np.zeros(len(self.network.steps), np.int64)
        passes.count_tasks(events.step, counts)
        of_service = np.bincount(self.network.step_service, weights=counts * in_person, minlength=self.services)
        return np.concatenate(([0], np.cumsum(of_service.astype(np.int64))))

    def _add_pools(self, events: EventTable) -> None:
        if self.network.dispatch.simple:
            self._tally_pools(events, "work" in self.asked, "queue" in self.asked)
            return
        if "work" in self.asked:
            self._tally_pools(by_officer(self.network, events), True, False)
        if "queue" in self.asked:
            self._tally_pools(by_queue(self.network, events), False, True)

    def _tally_pools(self, events: EventTable, work: bool, queue: bool) -> None:
        network, duty = self.capacity, _duty_lists(self.capacity)
        passes.tally_pools(
            work, queue, events.pool, events.server, events.ready, events.start,
            events.finish, *self.window, network.pauses, duty.stopped, network.server_first, network.server_group,
            duty.always, duty.first, duty.open, duty.close, duty.minutes, duty.day_first, self.worked, self.queued,
            np.empty_like(self.worked), np.empty_like(self.queued),
        )  # fmt: skip

    def _add_rules(self, events: EventTable) -> None:
        passes.tally_rules(
            events.case, events.step, events.pool, events.outcome, events.ready, events.start, events.finish,
            events.work, events.measured, events.case_service, events.case_outcome, events.left, self.window[1],
            events.stopped_at, self.network.step_gate, self.rules,
        )  # fmt: skip

    def _add_applicants(self, events: EventTable) -> None:
        found = applicant_cases.follow(self.network, events)
        self.applicants += found.by_service(self.services)
        if "groups" in self.asked:
            self.groups += found.by_group(self.services, self.groups.shape[1])

    def _add_samples(self, quantity: str, values: Floats, marks: Booleans, first: Integers, last: Integers) -> None:
        for s in range(self.services):
            span = slice(int(first[s]), int(last[s]))
            size = int(last[s] - first[s])
            if quantity == "days" and size >= LEAST_BINNED and not len(marks):
                sample = counted(values[span])
            else:
                sample = Sample(values[span], marks[span] if len(marks) else none_censored(size))
            self._keep(quantity, s, sample)

    def _sketch(self, quantity: str, service: int) -> Sketch:
        return self._sketches.setdefault((quantity, service), Sketch())

    def _keep(self, quantity: str, service: int, sample: Sample) -> None:
        self._sketch(quantity, service).parts.append(sample)
        if sample.counts is None:
            self._held += len(sample.values)

    def _fold(self) -> None:
        """Where more values are held than ``MOST_EXACT``: turn the largest samples into histograms."""
        if self._held <= MOST_EXACT:
            return
        for sketch in sorted(self._sketches.values(), key=lambda one: one.held, reverse=True):
            sketch.fold()
            self._held = sum(one.held for one in self._sketches.values())
            if self._held <= MOST_EXACT // 2:
                return


# Duty -----------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class _DutyLists:
    """The duty of each group of officers less outages that stop work, then the duty of each pool, then when the work of
    each pool goes on, where it is ``stopped`` by outages: as the compiled pass reads it.

    List k is ``open[first[k]:first[k + 1]]`` and the same of ``close``; ``minutes[k + i]`` is the duty before interval
    i (one entry more a list, for its end); ``day_first[k, d]`` the first interval that closes after day d begins.
    """

    always: Booleans
    first: Integers
    open: Floats
    close: Floats
    minutes: Floats
    day_first: Integers
    stopped: Booleans


_lists_of: WeakKeyDictionary[Network, _DutyLists] = WeakKeyDictionary()


def _duty_lists(network: Network) -> _DutyLists:
    found = _lists_of.get(network)
    if found is not None:
        return found
    pools = range(len(network.pools))
    lists = [shift for pool in pools for shift in worked_duty(network, pool)]
    lists += [pool_duty(network, pool) for pool in pools]
    lists += [work_goes_on(network, pool) for pool in pools]
    first = np.concatenate(([0], np.cumsum([len(one.open) for one in lists]))).astype(np.int64)
    starts = np.arange(network.days + 1) * MINUTES_PER_DAY
    day_first = [
        offset + np.searchsorted(one.close, starts, side="right") for offset, one in zip(first[:-1], lists, strict=True)
    ]
    made = _DutyLists(
        always=np.array([one.always for one in lists], np.bool_),
        first=first,
        open=np.concatenate([one.open for one in lists]) if lists else np.empty(0),
        close=np.concatenate([one.close for one in lists]) if lists else np.empty(0),
        minutes=np.concatenate([_minutes_before(one.open, one.close) for one in lists]) if lists else np.empty(0),
        day_first=np.array(day_first, np.int64).reshape(len(lists), len(starts)),
        stopped=network.pool_late_work >= 0,
    )
    return _lists_of.setdefault(network, made)


def _minutes_before(opens: Floats, closes: Floats) -> Floats:
    return np.concatenate(([0.0], np.cumsum(closes - opens)))
