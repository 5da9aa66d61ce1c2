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
from simgov.kpi.statistics import Sample, mean, quantile
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
    kpis = _resolved(network, None if names is None else tuple(names))
    view = View(network, events)
    values, bounds = np.empty(len(kpis)), np.empty(len(kpis), np.bool_)
    samples: dict[str, Sample] = {}
    taken: dict[tuple[str, str, str], Sample] = {}
    for place, kpi in enumerate(kpis):
        scope, quantity, owner = kpi.quantity
        if kpi.statistic:
            sample = taken.get(kpi.quantity)
            if sample is None:
                sample = taken[kpi.quantity] = SAMPLES[(scope, quantity)](view, view.place(scope, owner))
            samples[kpi.name] = sample
            percent = PERCENT.get(kpi.statistic)
            values[place], bounds[place] = mean(sample) if percent is None else quantile(sample, percent)
        else:
            values[place], bounds[place] = NUMBERS[(scope, quantity)](view, view.place(scope, owner))
    return Measured(kpis, values, bounds, samples)


_kpis: WeakKeyDictionary[Network, dict[tuple[str, ...] | None, tuple[Kpi, ...]]] = WeakKeyDictionary()


def _resolved(network: Network, names: tuple[str, ...] | None) -> tuple[Kpi, ...]:
    """The KPIs of those names, looked up once per network."""
    known = _kpis.setdefault(network, {})
    if names not in known:
        scenario = network.scenario
        known[names] = all_names(scenario) if names is None else tuple(find(scenario, name) for name in names)
    return known[names]


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

    def place(self, scope: str, owner: str) -> int:
        """The number of a service or pool; 0 for the hall and the plan."""
        if scope == "service":
            return self.network.services.index(owner)
        return self.network.pools.index(owner) if scope == "pool" else 0

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
        cases = self.cases(service)
        if not len(cases):
            return math.nan, False
        return float(self.once(name, count)[service]) / len(cases), self.any_open(service)

    def any_open(self, service: int) -> bool:
        """Whether a measured case of the service is still open."""
        return bool((self.events.case_outcome[self.cases(service)] == CASE_OPEN).any())

    @property
    def window(self) -> tuple[float, float]:
        """The measuring window as far as it was run."""
        return self.events.window_start, min(self.events.window_end, self.events.stopped_at)

    @property
    def workdays(self) -> float:
        """Workdays of the window; a part of one counts by its working minutes."""
        return window_workdays(self.network, *self.window)

    def at_pool(self, pool: int) -> Integers:
        """All tasks at a pool, measured or not."""
        if len(self.network.pools) == 1 and self.network.step_pool.min() >= 0:
            return np.arange(len(self.events.pool))
        return np.flatnonzero(self.events.pool == pool)


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
    return view.per_case("corrections", lambda: _sent_back(view, before_acceptance=True), service)


def _returns(view: View, service: int) -> Number:
    """Sent back after acceptance."""
    return view.per_case("returns", lambda: _sent_back(view, before_acceptance=False), service)


def _sent_back(view: View, *, before_acceptance: bool) -> Floats:
    events = view.events
    tasks = np.flatnonzero(events.outcome == RETURNED)
    tasks = tasks[events.measured[events.case[tasks]]]
    accepted = events.accepted[events.case[tasks]]
    before = np.isnan(accepted) | (events.finish[tasks] < accepted)
    chosen = tasks[before if before_acceptance else ~before]
    return np.bincount(events.case_service[events.case[chosen]], minlength=view.services).astype(np.float64)


def _share_of(outcome: str) -> Callable[[View, int], Number]:
    """The share of measured cases that ended so; a bound while others are open, unless it is about those."""
    code = CASE_OUTCOMES.index(outcome)

    def share(view: View, service: int) -> Number:
        ends = view.events.case_outcome[view.cases(service)]
        if not len(ends):
            return math.nan, False
        bound = code != CASE_OPEN and bool((ends == CASE_OPEN).any())
        return int(np.count_nonzero(ends == code)) / len(ends), bound

    return share


def _throughput(view: View, service: int) -> Number:
    events = view.events
    own = events.case_service == service
    return _ratio(_decided_in_window(view, events.decided[own]), view.workdays), False


def _decided_in_window(view: View, decided: Floats) -> int:
    start, end = view.window
    return int(np.count_nonzero((decided >= start) & (decided < end)))


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
        events, network, window = view.events, view.network, view.window
        tasks = view.at_pool(pool)
        tasks = tasks[events.start[tasks] < window[1]]  # nan where never begun
        duty = duty_of(network, pool)
        shift_of = np.repeat(np.arange(len(duty)), [shift.officers for shift in duty])
        worked = []
        for number, shift in enumerate(duty):
            own = tasks if len(duty) == 1 else tasks[shift_of[events.server[tasks]] == number]
            worked.append(_worked_in(events, own, shift, window, bool(network.pauses[pool])))
        return worked

    return view.once(f"worked {pool}", by_shift)


def _worked_in(
    events: EventTable, tasks: Integers, shift: Duty, window: tuple[float, float], pauses: bool
) -> tuple[float, float]:
    start, finish = events.start[tasks], events.finish[tasks]
    end = np.minimum(np.where(np.isnan(finish), events.stopped_at, finish), window[1])
    begin = np.maximum(start, window[0])
    inside = end > begin
    begin, end = begin[inside], end[inside]
    if shift.always:
        return float((end - begin).sum()), 0.0
    on_duty = shift.upto(end) - shift.upto(begin)
    beyond = (end - begin) - on_duty
    if pauses:  # what is begun on duty pauses at closing; what is begun later is served to the end
        beyond = beyond[~shift.holds(start[inside])]
    return float(on_duty.sum()), float(beyond.sum())


def _queue_mean(view: View, pool: int) -> Number:
    """Waiting minutes while somebody is on duty, over the minutes when somebody is."""
    events, (start, end) = view.events, view.window
    duty = pool_duty(view.network, pool)
    tasks = view.at_pool(pool)
    tasks = tasks[events.ready[tasks] < end]
    left = np.where(np.isnan(events.start[tasks]), events.finish[tasks], events.start[tasks])
    left = np.minimum(np.where(np.isnan(left), events.stopped_at, left), end)
    joined = np.maximum(events.ready[tasks], start)
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
    return _ratio(
        _cost_minor(view) / 100.0, _decided_in_window(view, view.events.decided) * _window_to_horizon(view)
    ), False


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
