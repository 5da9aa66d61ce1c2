"""What each applicant went through: ways, waits, visits, money, reasons to complain; by service and by group.

A case has all its tasks in one event table, so that what is counted case by case (visits beyond the first, documents
handed in again) does not depend on how a run is cut. Fees, ways and values of time are those of the route that the case
took: reforms, phases and partly taken up measures change them.
"""

from __future__ import annotations

from dataclasses import dataclass
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.engines.events import CASE_BALKED, CASE_NO_SHOW, CASE_OPEN, CASE_RENEGED, EventTable
from simgov.kpi import passes
from simgov.kpi.visit_days import visit_days
from simgov.network import Network
from simgov.units import Money

(
    WAITED,
    SERVED,
    TRAVELLED,
    TIME_COST,
    FEES,
    FIRM_COST,
    REPEATS,
    AGAIN,
    SENT_BACK,
    LATE,
    UNSERVED,
    RATED,
    CLOSED,
    CLOSED_WAITED,
    CLOSED_REPEATS,
    CLOSED_DOCUMENTS,
    CLOSED_LATE,
    CLOSED_UNSERVED,
    COLUMNS,
) = range(19)
"""Columns of ``Tally.applicants`` and how many there are: minutes waited and served in person and on the way; minor
units of money; visits beyond the first, documents handed in again, cases sent back, late, left unserved; cases that can
have an opinion (``RATED``: all but those to whose appointment nobody came). From ``CLOSED`` on, of these that are not
open: how many, minutes waited, ..."""

TIMES, TIME_MINUTES, WAITS, WAIT_MINUTES, GROUP_COLUMNS = range(5)
"""Columns of ``Tally.groups`` and how many there are: times to decision and waits in person, and their sums."""

MOST_BITS = 62
"""Steps of a service at which documents are handed in, as far as a second time is told from the first."""

MINUTES_OF = {"h": 60.0, "day": 1440.0, "week": 10080.0, "month": 525600.0 / 12, "year": 525600.0}


@dataclass(frozen=True, eq=False)
class Rates:
    """What the routes of a network ask of their applicants. R routes, J steps.

    ``travel`` float64[R] minutes a visit; ``time_value`` and ``firm`` float64[R] minor units a minute, ``fee``
    float64[R] minor units; ``pays`` bool[R, G + 1]: whether a case of the group (the last one: of none) bears ``firm``;
    ``promised`` bool[R]. ``first_route`` int64[S] is a route of each service.
    """

    travel: Floats
    time_value: Floats
    fee: Floats
    firm: Floats
    pays: Booleans
    promised: Booleans
    first_route: Integers
    step_route: Integers  # [J]
    step_bit: Integers  # [J]


@dataclass(frozen=True, eq=False)
class Followed:
    """The measured cases of one event table, C of them: each array has one entry for each."""

    service: Integers
    group: Integers
    columns: Floats  # [C, COLUMNS]
    timed: Booleans  # decided or open
    time: Floats  # minutes to the decision, or the age
    waits: Integers  # how often it waited in person

    def by_service(self, services: int) -> Floats:
        """float64[S, COLUMNS]: sums over the cases of each service."""
        sums = [np.bincount(self.service, weights=column, minlength=services) for column in self.columns.T]
        return np.stack(sums, axis=1).astype(np.float64)

    def by_group(self, services: int, groups: int) -> Floats:
        """float64[S, groups, GROUP_COLUMNS]: sums over the cases of each group of each service."""
        own = self.group >= 0
        place = self.service[own] * groups + self.group[own]
        weights = (self.timed, self.time * self.timed, self.waits, self.columns[:, WAITED])
        sums = [np.bincount(place, weights=one[own], minlength=services * groups) for one in weights]
        return np.stack(sums, axis=1).astype(np.float64).reshape(services, groups, GROUP_COLUMNS)


def follow(network: Network, events: EventTable) -> Followed:
    """What the measured cases of ``events`` (one row a task) went through."""
    rates, own = rates_of(network), np.flatnonzero(events.measured)
    seen = _seen(network, events, own)
    service, group = events.case_service[own].astype(np.int64), events.case_group[own].astype(np.int64)
    route = np.where(seen.route < 0, rates.first_route[service], seen.route)
    applied, decided, outcome = events.applied[own], events.decided[own], events.case_outcome[own]
    undecided, is_open = np.isnan(decided), outcome == CASE_OPEN
    ended = np.where(np.isnan(events.left[own]), events.stopped_at, events.left[own])
    minutes = np.maximum(np.where(undecided, ended, decided) - applied, 0.0)
    repeats, way = np.maximum(seen.visits - 1, 0), seen.visits * rates.travel[route]
    late = rates.promised[route] & _late(events, own, undecided, is_open)
    unserved = (outcome == CASE_RENEGED) | (outcome == CASE_BALKED)
    rated = outcome != CASE_NO_SHOW
    closed = rated & ~is_open
    columns = np.empty((len(own), COLUMNS))
    columns[:, WAITED], columns[:, SERVED], columns[:, TRAVELLED] = seen.waited, seen.served, way
    columns[:, TIME_COST] = (seen.waited + seen.served + way) * rates.time_value[route]
    columns[:, FEES] = seen.begun * rates.fee[route]
    columns[:, FIRM_COST] = minutes * rates.firm[route] * rates.pays[route, group]
    columns[:, REPEATS], columns[:, AGAIN], columns[:, SENT_BACK] = repeats, seen.again, seen.sent_back
    columns[:, LATE], columns[:, UNSERVED], columns[:, RATED] = late, unserved, rated
    columns[:, CLOSED], columns[:, CLOSED_WAITED] = closed, closed * seen.waited
    columns[:, CLOSED_REPEATS], columns[:, CLOSED_DOCUMENTS] = closed * repeats, closed * seen.handed_in
    columns[:, CLOSED_LATE], columns[:, CLOSED_UNSERVED] = closed & late, closed & unserved
    time = np.where(undecided, events.stopped_at, decided) - applied
    return Followed(service, group, columns, is_open | ~undecided, time, seen.waits)


def _late(events: EventTable, own: Integers, undecided: Booleans, is_open: Booleans) -> Booleans:
    """Decided after its due time, or open and past it; of cases that are promised something."""
    due = events.promise_due[own]
    decided_late = ~undecided & ~(events.decided[own] <= due)
    return np.asarray(decided_late | (undecided & is_open & (due < events.stopped_at)))


@dataclass(frozen=True, eq=False)
class _Seen:
    """What the tasks of C cases tell, case by case; ``route`` is -1 for a case without any. See the pass."""

    route: Integers
    waits: Integers
    waited: Floats
    served: Floats
    visits: Integers
    handed_in: Integers
    again: Integers
    sent_back: Booleans
    begun: Booleans


def _seen(network: Network, events: EventTable, own: Integers) -> _Seen:
    """The tasks of the cases ``own``, which are those measured."""
    rates, cases = rates_of(network), len(events.applied)
    in_person = network.step_in_person & (network.step_pool >= 0)
    route, last_day = np.full(cases, -1, np.int64), np.full(cases, -(1 << 40), np.int64)
    waits, visits, handed_in, again, given = (np.zeros(cases, np.int64) for _ in range(5))
    waited, served = np.zeros(cases), np.zeros(cases)
    sent_back, begun = np.zeros(cases, np.bool_), np.zeros(cases, np.bool_)
    disorder = passes.follow_applicants(
        events.case, events.step, events.pool, events.outcome, events.ready, events.start, events.finish, events.work,
        events.measured, events.stopped_at, in_person, network.step_documents, rates.step_bit, rates.step_route, route,
        waits, waited, served, visits, last_day, handed_in, again, given, sent_back, begun,
    )  # fmt: skip
    if disorder:
        visits = visit_days(events, in_person)
    return _Seen(
        route[own], waits[own], waited[own], served[own], visits[own], handed_in[own], again[own], sent_back[own],
        begun[own],
    )  # fmt: skip


_rates: WeakKeyDictionary[Network, Rates] = WeakKeyDictionary()


def rates_of(network: Network) -> Rates:
    """The rates of a network, laid out once."""
    if network not in _rates:
        _rates[network] = _laid_out(network)
    return _rates[network]


def _laid_out(network: Network) -> Rates:
    routes = network.routes
    groups = max((len(route.groups) for route in routes), default=0)
    pays = np.zeros((len(routes), groups + 1), np.bool_)
    step_route = np.empty(len(network.steps), np.int64)
    step_bit = np.zeros(len(network.steps), np.int64)
    for r, route in enumerate(routes):
        first = int(network.route_first_step[r])
        step_route[first : first + len(route.steps)] = r
        giving = [first + place for place, step in enumerate(route.steps) if step.documents]
        step_bit[giving[:MOST_BITS]] = 1 << np.arange(min(len(giving), MOST_BITS), dtype=np.int64)
        if route.firm is not None:
            bearing = route.firm.groups
            pays[r, -1] = bearing is None
            for g, (name, _) in enumerate(route.groups):
                pays[r, g] = bearing is None or name in bearing
    return Rates(
        travel=np.array([0.0 if route.travel is None else route.travel.amount for route in routes]),
        time_value=np.array([_a_minute(route.time_value) for route in routes]),
        fee=np.array([0.0 if route.fee is None else float(route.fee.minor) for route in routes]),
        firm=np.array([_a_minute(None if route.firm is None else route.firm.cost) for route in routes]),
        pays=pays,
        promised=np.array([route.promise is not None for route in routes], np.bool_),
        first_route=np.array([network.routes_of(s)[0] for s in range(len(network.services))], np.int64),
        step_route=step_route,
        step_bit=step_bit,
    )


def _a_minute(money: Money | None) -> float:
    """Minor units a minute."""
    return 0.0 if money is None else money.minor / MINUTES_OF[money.per]
