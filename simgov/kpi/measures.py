"""KPIs of one replication, from its event table.

``measure`` computes only what is asked, and each quantity once for all its statistics. A function per quantity, listed
in ``SAMPLES`` (values behind a mean or a quantile) or ``NUMBERS`` (one number and whether it is a lower bound).

Measured are the cases that applied inside the measuring window. One still open when the run stopped counts at its age
and is marked censored; where that leaves the true value open, the KPI is a lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.calendars import DAY, day_of, workday_count
from simgov.engines.events import CASE_FINISHED, CASE_OPEN, CASE_OUTCOMES, RETURNED, EventTable
from simgov.kpi.cost import horizon_workdays, overtime_per_hour, plan_cost
from simgov.kpi.duty import Duty, duty_of, pool_duty, window_workdays
from simgov.kpi.statistics import Sample, mean, quantiles
from simgov.kpi.table import PERCENT, Kpi, find
from simgov.kpi.table import names as all_names
from simgov.network import Network

_T = TypeVar("_T")

Number = tuple[float, bool]
"""A value and whether it is only a lower bound."""


@dataclass(frozen=True, eq=False)
class Measured:
    """K KPIs of one replication: ``values`` float64[K] (nan where undefined), ``lower_bound`` bool[K], and the
    ``samples`` behind means and quantiles, by KPI name."""

    kpis: tuple[Kpi, ...]
    values: Floats
    lower_bound: Booleans
    samples: Mapping[str, Sample]


def measure(network: Network, events: EventTable, names: Sequence[str] | None = None) -> Measured:
    """The KPIs called ``names`` (by default all of the scenario), in that order. ``UnknownKpi`` for any other name."""
    asked = _asked(network, None if names is None else tuple(names))
    view = View(network, events)
    values, bounds = np.empty(len(asked.kpis)), np.empty(len(asked.kpis), np.bool_)
    samples: dict[str, Sample] = {}
    for quantity in asked.quantities:
        if quantity.number is not None:
            for place in quantity.places:
                values[place], bounds[place] = quantity.number(view, quantity.owner)
            continue
        assert quantity.sample is not None
        sample = quantity.sample(view, quantity.owner)
        found = iter(quantiles(sample, quantity.percents))
        for place in quantity.places:
            kpi = asked.kpis[place]
            samples[kpi.name] = sample
            values[place], bounds[place] = next(found) if kpi.statistic in PERCENT else mean(sample)
    return Measured(asked.kpis, values, bounds, samples)


@dataclass(frozen=True)
class _Quantity:
    """What KPIs are taken of, and how: the ``places`` of these KPIs, the ``percents`` of the quantiles among them."""

    owner: int
    sample: Callable[[View, int], Sample] | None
    number: Callable[[View, int], Number] | None
    places: tuple[int, ...]
    percents: tuple[int, ...]


@dataclass(frozen=True)
class _Asked:
    """The KPIs asked for, and the quantities behind them."""

    kpis: tuple[Kpi, ...]
    quantities: tuple[_Quantity, ...]


_known: WeakKeyDictionary[Network, dict[tuple[str, ...] | None, _Asked]] = WeakKeyDictionary()


def _asked(network: Network, names: tuple[str, ...] | None) -> _Asked:
    """What those names ask for, looked up once per network: there may be hundreds, thousands of times."""
    known = _known.setdefault(network, {})
    if names not in known:
        scenario = network.scenario
        kpis = all_names(scenario) if names is None else tuple(find(scenario, name) for name in names)
        places: dict[tuple[str, str, str], list[int]] = {}
        for place, kpi in enumerate(kpis):
            places.setdefault(kpi.quantity, []).append(place)
        known[names] = _Asked(kpis, tuple(_quantity(network, kpis, tuple(own)) for own in places.values()))
    return known[names]


def _quantity(network: Network, kpis: tuple[Kpi, ...], places: tuple[int, ...]) -> _Quantity:
    scope, quantity, owner = kpis[places[0]].quantity
    number = {"service": network.services, "pool": network.pools}.get(scope, (owner,)).index(owner)
    return _Quantity(
        owner=number,
        sample=SAMPLES.get((scope, quantity)),
        number=NUMBERS.get((scope, quantity)),
        places=places,
        percents=tuple(PERCENT[kpis[p].statistic] for p in places if kpis[p].statistic in PERCENT),
    )


class View:
    """An event table with what several quantities need of it, each computed when first asked for."""

    def __init__(self, network: Network, events: EventTable) -> None:
        self.network, self.events = network, events
        self._kept: dict[str, Any] = {}

    def once(self, name: str, compute: Callable[[], _T]) -> _T:
        """What ``compute`` gives, computed when ``name`` is first asked for."""
        if name not in self._kept:
            self._kept[name] = compute()
        found: _T = self._kept[name]
        return found

    @property
    def services(self) -> int:
        """How many services there are."""
        return len(self.network.services)

    def cases(self, service: int) -> Integers:
        """The measured cases of a service, in order of application."""

        def split() -> list[Integers]:
            return _by_service(np.flatnonzero(self.events.measured), self.events.case_service, self.services)

        return self.once("cases", split)[service]

    def waits(self, service: int) -> Integers:
        """The tasks in person of measured cases of a service."""

        def split() -> list[Integers]:
            service_of = self.network.step_service[self.events.step] if self.services > 1 else self.events.step
            return _by_service(self.in_person(), service_of, self.services)

        return self.once("waits", split)[service]

    def in_person(self) -> Integers:
        """The tasks of measured cases at which the applicant is there and may have to wait."""
        return self.once("in person", self._in_person)

    def _in_person(self) -> Integers:
        events = self.events
        there = self.network.step_in_person & (self.network.step_pool >= 0)
        if not there.any():
            return np.empty(0, np.int64)
        if there.all():
            return np.flatnonzero(events.measured[events.case])
        tasks = np.flatnonzero(there[events.step])
        return tasks[events.measured[events.case[tasks]]]

    def begun(self) -> Integers:
        """How many tasks of measured cases were begun at each step."""

        def count() -> Integers:
            events = self.events
            begun = events.measured[events.case] & ~np.isnan(events.start)
            return np.bincount(events.step[begun], minlength=len(self.network.steps))

        return self.once("begun", count)

    def per_case(self, name: str, count: Callable[[], Floats], service: int) -> Number:
        """The mean per measured case of what ``count`` gives for each service; more may come while a case is open."""
        ends = self.ends(service)
        cases = sum(ends)
        if not cases:
            return math.nan, False
        return float(self.once(name, count)[service]) / cases, ends[CASE_OPEN] > 0

    def ends(self, service: int) -> list[int]:
        """How many measured cases of a service ended in each of ``CASE_OUTCOMES``."""

        def count() -> list[list[int]]:
            events, outcomes = self.events, len(CASE_OUTCOMES)
            measured = events.measured
            key = events.case_service[measured].astype(np.int64) * outcomes + events.case_outcome[measured]
            counted: list[list[int]] = (
                np.bincount(key, minlength=self.services * outcomes).reshape(-1, outcomes).tolist()
            )
            return counted

        return self.once("ends", count)[service]

    @property
    def window(self) -> tuple[float, float]:
        """The measuring window as far as it was run."""
        return self.events.window_start, min(self.events.window_end, self.events.stopped_at)

    @property
    def workdays(self) -> float:
        """Workdays of the window; a part of one counts by its working minutes."""
        return window_workdays(self.network, *self.window)

    def at_pool(self, pool: int) -> PoolTasks:
        """The tasks at a pool that were there in the window, measured or not."""

        def split() -> list[PoolTasks]:
            events, (start, end), pools = self.events, self.window, len(self.network.pools)
            there = np.flatnonzero((events.pool >= 0) & (events.ready < end) & ~(events.finish <= start))
            place = events.pool[there].astype(np.int16)
            ordered = there[np.argsort(place, kind="stable")] if pools > 1 else there
            first = np.cumsum(np.bincount(place, minlength=pools))[:-1]
            columns = (events.server, events.ready, events.start, events.finish)
            parts = [np.split(column[ordered], first) for column in columns]
            return [PoolTasks(*own) for own in zip(*parts, strict=True)]

        return self.once("pools", split)[pool]


@dataclass(frozen=True, eq=False)
class PoolTasks:
    """The tasks at one pool, in the order in which they joined its queue: columns of the event table."""

    server: Integers
    ready: Floats
    start: Floats
    finish: Floats


def _by_service(rows: Integers, service_of: Integers, services: int) -> list[Integers]:
    """``rows`` split by service, each part in order; ``service_of`` is indexed by the rows."""
    if services == 1:
        return [rows]
    service = service_of[rows].astype(np.int16)
    ordered = rows[np.argsort(service, kind="stable")]
    return np.split(ordered, np.cumsum(np.bincount(service, minlength=services))[:-1])


# Times ----------------------------------------------------------------------------------------------------------------


def _time(view: View, service: int) -> Sample:
    """Application to decision; who left without a decision is left out."""
    events, cases = view.events, view.cases(service)
    return _until(events, cases, events.decided[cases], events.applied[cases])


def _door_to_door(view: View, service: int) -> Sample:
    """Application to collection, the instant at which a finished case left the office."""
    events, cases = view.events, view.cases(service)
    outcome = events.case_outcome[cases]
    collected = np.where((outcome == CASE_FINISHED) | (outcome == CASE_OPEN), events.left[cases], np.nan)
    return _until(events, cases, collected, events.applied[cases])


def _until(events: EventTable, cases: Integers, end: Floats, start: Floats) -> Sample:
    """``end`` - ``start``; to the end of the run, censored, for cases still open without an end; others left out."""
    reached = ~np.isnan(end)
    if reached.all():
        return Sample(end - start, np.zeros(len(end), np.bool_))
    still = ~reached & (events.case_outcome[cases] == CASE_OPEN)
    kept = reached | still
    return Sample(np.where(still, events.stopped_at, end)[kept] - start[kept], still[kept])


def _days(view: View, service: int) -> Sample:
    """Legal workdays from acceptance to decision; a case not yet accepted counts 0 days so far."""
    events, cases = view.events, view.cases(service)
    accepted, decided = events.accepted[cases], events.decided[cases]
    still = np.isnan(decided) & (events.case_outcome[cases] == CASE_OPEN)
    kept = ~np.isnan(decided) | still
    end = np.where(still, events.stopped_at, decided)[kept]
    start = np.where(np.isnan(accepted), events.stopped_at, accepted)[kept]
    counted = workday_count(view.network.day_table, np.minimum(start, end), end)
    return Sample((counted - events.stopped_days[cases][kept]).astype(np.float64), still[kept])


def _on_time(view: View, service: int) -> Number:
    """Decided by the due time, of all decided or open; open cases not yet due count as late, and make it a bound."""
    events, cases = view.events, view.cases(service)
    decided, due = events.decided[cases], events.promise_due[cases]
    still = np.isnan(decided) & (events.case_outcome[cases] == CASE_OPEN)
    counted = int(np.count_nonzero(~np.isnan(decided) | still))
    if not counted:
        return math.nan, False
    undetermined = still & ~(due < events.stopped_at)
    return int(np.count_nonzero(decided <= due)) / counted, bool(undetermined.any())


def _waits(view: View, service: int) -> Sample:
    """Waits of tasks in person, to the start or to leaving unserved; who still waits is censored."""
    return _waited(view.events, view.waits(service))


def _hall_waits(view: View, _: int) -> Sample:
    return _waited(view.events, view.in_person())


def _waited(events: EventTable, tasks: Integers) -> Sample:
    ready, end = events.ready[tasks], events.start[tasks]
    unserved = np.isnan(end)
    if not unserved.any():
        return Sample(end - ready, unserved)
    end = np.where(unserved, events.finish[tasks], end)
    still = np.isnan(end)
    return Sample(np.where(still, events.stopped_at, end) - ready, still)


# Counts and shares ----------------------------------------------------------------------------------------------------


def _visits(view: View, service: int) -> Number:
    """Distinct days per case on which the applicant waited or was served."""

    def count() -> Floats:
        events, tasks = view.events, view.in_person()
        case, day = events.case[tasks], day_of(events.ready[tasks])
        overnight = events.start[tasks] >= (day + 1) * DAY  # the applicant came once more
        if overnight.any():
            case = np.append(case, case[overnight])
            day = np.append(day, day_of(events.start[tasks[overnight]]))
        per_case = _distinct_days(case, day, len(events.applied))
        return np.bincount(events.case_service, weights=per_case, minlength=view.services).astype(np.float64)

    return view.per_case("visits", count, service)


MOST_FLAGS = 1 << 26


def _distinct_days(case: Integers, day: Integers, cases: int) -> Integers:
    """How many different days stand beside each case: int64[cases]."""
    if not len(day):
        return np.zeros(cases, np.int64)
    first, days = int(day.min()), int(day.max() - day.min()) + 1
    key = case * days + (day - first)
    if cases * days > MOST_FLAGS:
        return np.bincount(np.unique(key) // days, minlength=cases)
    flags = np.zeros(cases * days, np.bool_)
    flags[key] = True
    per_case: Integers = flags.reshape(cases, days).sum(axis=1)
    return per_case


def _documents(view: View, service: int) -> Number:
    """Documents of each step, as often as it was begun."""
    return view.per_case("documents", lambda: _per_service(view, view.begun() * view.network.step_documents), service)


def _steps(view: View, service: int) -> Number:
    return view.per_case("steps", lambda: _per_service(view, view.begun()), service)


def _per_service(view: View, of_step: Integers) -> Floats:
    """What is given for each step, summed over the steps of each service."""
    return np.bincount(view.network.step_service, weights=of_step, minlength=view.services).astype(np.float64)


def _corrections(view: View, service: int) -> Number:
    """Sent back before acceptance."""
    return view.per_case("corrections", lambda: _sent_back(view)[0], service)


def _returns(view: View, service: int) -> Number:
    """Sent back after acceptance."""
    return view.per_case("returns", lambda: _sent_back(view)[1], service)


def _sent_back(view: View) -> tuple[Floats, Floats]:
    """How often measured cases of each service were sent back before acceptance, and after it."""

    def count() -> tuple[Floats, Floats]:
        events = view.events
        tasks = np.flatnonzero(events.outcome == RETURNED)
        cases = events.case[tasks]
        measured = events.measured[cases]
        tasks, cases = tasks[measured], cases[measured]
        before = ~(events.finish[tasks] >= events.accepted[cases])  # nan: not accepted yet
        service = events.case_service[cases]
        every, early = (np.bincount(own, minlength=view.services) for own in (service, service[before]))
        return early.astype(np.float64), (every - early).astype(np.float64)

    return view.once("sent back", count)


def _share_of(outcome: str) -> Callable[[View, int], Number]:
    """The share of measured cases that ended so; a bound while others are open, unless it is about those."""
    code = CASE_OUTCOMES.index(outcome)

    def share(view: View, service: int) -> Number:
        ends = view.ends(service)
        cases = sum(ends)
        return _ratio(ends[code], cases), code != CASE_OPEN and ends[CASE_OPEN] > 0

    return share


def _throughput(view: View, service: int) -> Number:
    return _ratio(_decided_in_window(view)[service], view.workdays), False


def _decided_in_window(view: View) -> list[int]:
    """How many cases of each service were decided inside the window, measured or not."""

    def count() -> list[int]:
        (start, end), decided = view.window, view.events.decided
        inside = (decided >= start) & (decided < end)
        counted: list[int] = np.bincount(view.events.case_service[inside], minlength=view.services).tolist()
        return counted

    return view.once("decided", count)


# Pools ----------------------------------------------------------------------------------------------------------------


def _utilisation(view: View, pool: int) -> Number:
    start, end = view.window
    duty = duty_of(view.network, pool)
    busy = math.fsum(on_duty for on_duty, _ in _worked(view, pool))
    return _ratio(busy, sum(shift.officers * shift.minutes(start, end) for shift in duty)), False


def _overtime(view: View, pool: int) -> Number:
    return _ratio(_overtime_minutes(view, pool) / 60.0, view.workdays), False


def _overtime_minutes(view: View, pool: int) -> float:
    """Minutes worked beyond duty inside the window."""
    return math.fsum(beyond for _, beyond in _worked(view, pool))


def _worked(view: View, pool: int) -> list[tuple[float, float]]:
    """For each shift of a pool: minutes of work inside the window, on duty and beyond it."""

    def by_shift() -> list[tuple[float, float]]:
        tasks, duty = view.at_pool(pool), duty_of(view.network, pool)
        begin = np.maximum(tasks.start, view.window[0])
        end = np.fmin(tasks.finish, view.window[1])  # nan, of what is under way when the run stops, gives way
        inside = end > begin  # False where never begun
        shift_of = np.repeat(np.arange(len(duty)), [shift.officers for shift in duty])
        worked = []
        for number, shift in enumerate(duty):
            own = inside if len(duty) == 1 else inside & (shift_of[tasks.server] == number)
            begun = tasks.start[own] if view.network.pauses[pool] else None
            worked.append(_worked_in(shift, begin[own], end[own], begun))
        return worked

    return view.once(f"worked {pool}", by_shift)


def _worked_in(shift: Duty, begin: Floats, end: Floats, begun: Floats | None) -> tuple[float, float]:
    """Minutes of work between ``begin`` and ``end``, on duty and beyond it; with ``begun`` where the pool pauses."""
    if shift.always:
        return float((end - begin).sum()), 0.0
    on_duty = shift.upto(end) - shift.upto(begin)
    beyond = (end - begin) - on_duty
    if begun is not None:  # what is begun on duty pauses at closing; what is begun later is served to the end
        beyond = beyond[~shift.holds(begun)]
    return float(on_duty.sum()), float(beyond.sum())


def _queue_mean(view: View, pool: int) -> Number:
    """Waiting minutes while somebody is on duty, over the minutes when somebody is."""
    tasks, (start, end) = view.at_pool(pool), view.window
    duty = pool_duty(view.network, pool)
    left = np.where(np.isnan(tasks.start), tasks.finish, tasks.start)
    left = np.fmin(left, end)
    joined = np.maximum(tasks.ready, start)
    waited = left > joined
    joined, left = joined[waited], left[waited]
    total = float((left - joined).sum() if duty.always else (duty.upto(left) - duty.upto(joined)).sum())
    return _ratio(total, duty.minutes(start, end)), False


# The plan -------------------------------------------------------------------------------------------------------------


def _cost(view: View, _: int) -> Number:
    """Whole units of the currency."""
    return _cost_minor(view) / 100.0, False


def _cost_minor(view: View) -> float:
    """The plan's cost and its overtime, where that is priced, scaled from the window to the horizon."""
    total = float(_plan_cost_of(view.network))
    for place, pool in enumerate(view.network.scenario.pools):
        price = overtime_per_hour(pool, view.network.scenario)
        if price is not None:
            total += float(price) * _overtime_minutes(view, place) / 60.0 * _window_to_horizon(view)
    return total


def _cost_per_case(view: View, _: int) -> Number:
    return _ratio(_cost_minor(view) / 100.0, sum(_decided_in_window(view)) * _window_to_horizon(view)), False


def _window_to_horizon(view: View) -> float:
    return _ratio(float(horizon_workdays(view.network.scenario)), view.workdays)


_plan_costs: WeakKeyDictionary[Network, int] = WeakKeyDictionary()


def _plan_cost_of(network: Network) -> int:
    cost = _plan_costs.get(network)
    if cost is None:
        cost = _plan_costs[network] = plan_cost(network.scenario)
    return cost


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0.0 else math.nan


SAMPLES: Mapping[tuple[str, str], Callable[[View, int], Sample]] = {
    ("service", "time"): _time,
    ("service", "days"): _days,
    ("service", "door_to_door"): _door_to_door,
    ("service", "wait"): _waits,
    ("hall", "wait"): _hall_waits,
}
"""By scope and quantity: the values that a KPI with a statistic is taken of."""

NUMBERS: Mapping[tuple[str, str], Callable[[View, int], Number]] = {
    ("service", "on_time"): _on_time,
    ("service", "throughput"): _throughput,
    ("service", "visits"): _visits,
    ("service", "documents"): _documents,
    ("service", "steps"): _steps,
    ("service", "corrections"): _corrections,
    ("service", "returns"): _returns,
    ("service", "reneged"): _share_of("reneged"),
    ("service", "refused"): _share_of("refused"),
    ("service", "withdrawn"): _share_of("withdrawn"),
    ("service", "open"): _share_of("open"),
    ("pool", "utilisation"): _utilisation,
    ("pool", "queue.mean"): _queue_mean,
    ("pool", "overtime"): _overtime,
    ("plan", "cost"): _cost,
    ("plan", "cost_per_case"): _cost_per_case,
}
"""By scope and quantity: KPIs that are one number, and whether it is only a lower bound."""
