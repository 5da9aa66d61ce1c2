"""KPIs of one replication, from its event table.

``measure`` computes only what is asked, and each quantity once for all its statistics. A function per quantity, listed
in ``SAMPLES`` (values behind a mean or a quantile) or ``NUMBERS`` (one number and whether it is a lower bound); both
read a ``Tally``, the totals of the run, and ``ASKS`` says which of them they need.

Measured are the cases that applied inside the measuring window. One still open when the run stopped counts at its age
and is marked censored; where that leaves the true value open, the KPI is a lower bound.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from weakref import WeakKeyDictionary

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.engines.events import CASE_OPEN, CASE_OUTCOMES, EventTable
from simgov.kpi import applicants
from simgov.kpi.applicants import Number
from simgov.kpi.cost import horizon_workdays, overtime_per_hour, plan_cost
from simgov.kpi.duty import duty_of, pool_duty
from simgov.kpi.passes import (
    AFTER_ACCEPTANCE,
    BEFORE_ACCEPTANCE,
    BEYOND,
    CAME_BACK,
    DECIDED_OR_OPEN,
    GATE_MINUTES,
    GATE_WAITS,
    HELD_MINUTES,
    IN_TIME,
    LEFT_AT_GATE,
    NOT_YET_DUE,
    ON_DUTY,
    STILL_AT_GATE,
    WASTED_MINUTES,
)
from simgov.kpi.statistics import Sample, joined, mean, quantiles
from simgov.kpi.table import PERCENT, Kpi, find
from simgov.kpi.table import names as all_names
from simgov.kpi.tally import Tally
from simgov.network import Network
from simgov.scenario.value import Scenario


@dataclass(frozen=True, eq=False)
class Measured:
    """K KPIs of one replication: ``values`` float64[K] (nan where undefined), ``lower_bound`` bool[K], and the
    ``samples`` behind means and quantiles, by KPI name."""

    kpis: tuple[Kpi, ...]
    values: Floats
    lower_bound: Booleans
    samples: Mapping[str, Sample]


def measure(
    network: Network, events: EventTable, names: Sequence[str] | None = None, planned: Network | None = None
) -> Measured:
    """The KPIs called ``names`` (by default all of the scenario), in that order. ``UnknownKpi`` for any other name.

    Where chance made ``network`` of another one, that is ``planned``, and has the KPIs; nan for what the run had not.
    """
    return measure_slices(network, (events,), names, planned)


def measure_slices(
    network: Network,
    slices: Iterable[EventTable],
    names: Sequence[str] | None = None,
    planned: Network | None = None,
) -> Measured:
    """``measure`` of a run that comes in slices, every case in one of them, with all its tasks."""
    asked = _asked(network, None if names is None else tuple(names), planned or network)
    tallies = {group: Tally(network, tallied) for group, tallied in asked.tallied.items()}
    for events in slices:
        for group, tally in tallies.items():
            tally.add(of_group(network, events, group) if group else events)
    return _measured(asked, tallies)


def of_group(network: Network, events: EventTable, group: str) -> EventTable:
    """The table with the cases of one group of applicants alone as those to measure."""
    labels = [
        [name for name, _ in network.routes[network.routes_of(s)[0]].groups] for s in range(len(network.services))
    ]
    places = np.array([own.index(group) if group in own else len(own) for own in labels], np.int64)
    return replace(events, measured=events.measured & (events.case_group == places[events.case_service]))


def _measured(asked: _Asked, tallies: Mapping[str, Tally]) -> Measured:
    values, bounds = np.empty(len(asked.kpis)), np.empty(len(asked.kpis), np.bool_)
    samples: dict[str, Sample] = {}
    ordered: dict[tuple[int, tuple[int, ...]], list[Number]] = {}
    for quantity in asked.quantities:
        tally = tallies[quantity.group]
        if quantity.owner < 0:
            for place in quantity.places:
                values[place], bounds[place] = math.nan, False
                samples[asked.kpis[place].name] = NOTHING
            continue
        if quantity.number is not None:
            for place in quantity.places:
                values[place], bounds[place] = quantity.number(tally, quantity.owner)
            continue
        assert quantity.sample is not None
        sample = quantity.sample(tally, quantity.owner)
        key = (id(sample), quantity.percents)  # two quantities may be the same values
        if key not in ordered:
            ordered[key] = quantiles(sample, quantity.percents)
        found = iter(ordered[key])
        for place in quantity.places:
            kpi = asked.kpis[place]
            samples[kpi.name] = sample
            values[place], bounds[place] = next(found) if kpi.statistic in PERCENT else mean(sample)
    return Measured(asked.kpis, values, bounds, samples)


@dataclass(frozen=True)
class _Quantity:
    """What KPIs are taken of, and how: the ``places`` of these KPIs, the ``percents`` of the quantiles among them.

    ``owner`` is -1 where the run has no such service or pool; ``group`` are the applicants it is about ("": all).
    """

    owner: int
    sample: Callable[[Tally, int], Sample] | None
    number: Callable[[Tally, int], Number] | None
    places: tuple[int, ...]
    percents: tuple[int, ...]
    group: str = ""


@dataclass(frozen=True)
class _Asked:
    """The KPIs asked for, the quantities behind them, and what is tallied of each group of applicants ("": of all)."""

    kpis: tuple[Kpi, ...]
    quantities: tuple[_Quantity, ...]
    tallied: Mapping[str, frozenset[str]]


_known: WeakKeyDictionary[Network, dict[tuple[str, ...] | None, _Asked]] = WeakKeyDictionary()


NOTHING = Sample(np.empty(0), np.empty(0, np.bool_))


def _asked(network: Network, names: tuple[str, ...] | None, planned: Network) -> _Asked:
    """What those names ask for, looked up once per network: there may be hundreds, thousands of times."""
    known = _known.setdefault(network, {})
    if names not in known:
        kpis = _kpis(planned.scenario, names) if planned is network else _asked(planned, names, planned).kpis
        places: dict[tuple[str, str, str], list[int]] = {}
        for place, kpi in enumerate(kpis):
            places.setdefault(kpi.quantity, []).append(place)
        tallied: dict[str, set[str]] = {}
        for kpi in kpis:
            tallied.setdefault(kpi.group, set()).update(ASKS.get(kpi.quantity[:2], ("ends",)))
        known[names] = _Asked(
            kpis,
            tuple(_quantity(network, kpis, tuple(own)) for own in places.values()),
            {group: frozenset(parts) for group, parts in tallied.items()},
        )
    return known[names]


def _kpis(scenario: Scenario, names: tuple[str, ...] | None) -> tuple[Kpi, ...]:
    return all_names(scenario) if names is None else tuple(find(scenario, name) for name in names)


def _quantity(network: Network, kpis: tuple[Kpi, ...], places: tuple[int, ...]) -> _Quantity:
    kpi = kpis[places[0]]
    scope, quantity, owner = kpi.quantity
    owners = {"service": network.services, "pool": network.pools}.get(scope, (owner,))
    sample, number = SAMPLES.get((scope, quantity)), NUMBERS.get((scope, quantity))
    place = owners.index(owner) if owner in owners else -1
    if kpi.selects:
        services = [network.services.index(name) for name in kpi.services if name in network.services]
        place = 0 if services else -1
        sample = None if sample is None else _joined(sample, services)
        number = None if number is None else _together(quantity, number, services)
    return _Quantity(
        owner=place,
        sample=sample,
        number=number,
        places=places,
        percents=tuple(PERCENT[kpis[p].statistic] for p in places if kpis[p].statistic in PERCENT),
        group=kpi.group,
    )


# Several services together --------------------------------------------------------------------------------------------


def _joined(sample: Callable[[Tally, int], Sample], services: Sequence[int]) -> Callable[[Tally, int], Sample]:
    """The values of several services."""
    return lambda tally, _: joined([sample(tally, service) for service in services])


def _together(
    quantity: str, number: Callable[[Tally, int], Number], services: Sequence[int]
) -> Callable[[Tally, int], Number]:
    """What several services come to: the sum of a throughput, otherwise over the cases that count in each of them."""

    def found(tally: Tally, _: int) -> Number:
        values = [number(tally, service) for service in services]
        bound = any(lower for _, lower in values)
        if quantity == "throughput":
            return math.fsum(value for value, _ in values), bound
        weights = [_cases_behind(quantity, tally, service) for service in services]
        total = math.fsum(w * value for w, (value, _) in zip(weights, values, strict=True) if w)
        return _ratio(total, sum(weights)), bound

    return found


def _cases_behind(quantity: str, tally: Tally, service: int) -> int:
    """How many measured cases of a service a share or a number per case is taken over."""
    return int(tally.promises[service][DECIDED_OR_OPEN]) if quantity == "on_time" else tally.cases(service)


# Times ----------------------------------------------------------------------------------------------------------------


def _sample(quantity: str) -> Callable[[Tally, int], Sample]:
    """The values of a time of one service.

    ``time``: application to decision; who left without a decision is left out. ``days``: legal workdays from acceptance
    to decision; a case not yet accepted counts 0 days so far. ``door_to_door``: application to collection, the instant
    at which a finished case left the office. ``wait``: of tasks in person, to the start or to leaving unserved.
    """
    return lambda tally, service: tally.sample(quantity, service)


def _on_time(tally: Tally, service: int) -> Number:
    """Decided by the due time, of all decided or open; open cases not yet due count as late, and make it a bound."""
    promises = tally.promises[service]
    return _ratio(int(promises[IN_TIME]), int(promises[DECIDED_OR_OPEN])), bool(promises[NOT_YET_DUE])


# Counts and shares ----------------------------------------------------------------------------------------------------


def _visits(tally: Tally, service: int) -> Number:
    """Distinct days per case on which the applicant waited or was served."""
    return tally.per_case(service, float(tally.visits[service]))


def _at_most(visits: int) -> Callable[[Tally, int], Number]:
    """The share of measured cases decided with so many visits at most; open cases may yet add to it."""

    def share(tally: Tally, service: int) -> Number:
        return tally.per_case(service, float(tally.few_visits[service, visits]))

    return share


def _documents(tally: Tally, service: int) -> Number:
    """Documents of each step, as often as it was begun."""
    handed_in = tally.once("documents", lambda: _per_service(tally, tally.begun * tally.network.step_documents))
    return tally.per_case(service, float(handed_in[service]))


def _steps(tally: Tally, service: int) -> Number:
    begun = tally.once("steps", lambda: _per_service(tally, tally.begun))
    return tally.per_case(service, float(begun[service]))


def _per_service(tally: Tally, of_step: Integers) -> Floats:
    """What is given for each step, summed over the steps of each service."""
    return np.bincount(tally.network.step_service, weights=of_step, minlength=tally.services).astype(np.float64)


def _corrections(tally: Tally, service: int) -> Number:
    """Sent back before acceptance."""
    return tally.per_case(service, float(tally.sent_back[service, BEFORE_ACCEPTANCE]))


def _returns(tally: Tally, service: int) -> Number:
    """Sent back after acceptance."""
    return tally.per_case(service, float(tally.sent_back[service, AFTER_ACCEPTANCE]))


def _share_of(outcome: str) -> Callable[[Tally, int], Number]:
    """The share of measured cases that ended so; a bound while others are open, unless it is about those."""
    code = CASE_OUTCOMES.index(outcome)

    def share(tally: Tally, service: int) -> Number:
        ended = int(tally.ends[service, code])
        return _ratio(ended, tally.cases(service)), code != CASE_OPEN and tally.still_open(service)

    return share


def _rule_per_case(column: int) -> Callable[[Tally, int], Number]:
    """What one column of ``Tally.rules`` comes to per measured case."""
    return lambda tally, service: tally.per_case(service, float(tally.rules[service, column]))


def _gate_wait(tally: Tally, service: int) -> Number:
    """Mean of the waits for a session; longer yet for those who wait when the run stops."""
    rules = tally.rules[service]
    return _ratio(float(rules[GATE_MINUTES]), float(rules[GATE_WAITS])), bool(rules[STILL_AT_GATE] > 0)


def _left_at_gate(tally: Tally, service: int) -> Number:
    return float(tally.rules[service, LEFT_AT_GATE]), False


def _throughput(tally: Tally, service: int) -> Number:
    return _ratio(int(tally.decided_inside[service]), tally.workdays), False


# Pools ----------------------------------------------------------------------------------------------------------------


def _utilisation(tally: Tally, pool: int) -> Number:
    on_duty = sum(shift.officers * shift.minutes(*tally.window) for shift in duty_of(tally.capacity, pool))
    return _ratio(_worked(tally, pool, ON_DUTY), on_duty), False


def _overtime(tally: Tally, pool: int) -> Number:
    return _ratio(_worked(tally, pool, BEYOND) / 60.0, tally.workdays), False


def _worked(tally: Tally, pool: int, when: int) -> float:
    """Minutes of work at a pool inside the window, on duty or beyond it."""
    return math.fsum(tally.worked[tally.capacity.group_pool == pool, when])


def _queue_mean(tally: Tally, pool: int) -> Number:
    """Waiting minutes while somebody is on duty, over the minutes when somebody is."""
    return _ratio(float(tally.queued[pool]), pool_duty(tally.capacity, pool).minutes(*tally.window)), False


# The plan -------------------------------------------------------------------------------------------------------------


def _cost(tally: Tally, _: int) -> Number:
    """Whole units of the currency."""
    return _cost_minor(tally) / 100.0, False


def _cost_minor(tally: Tally) -> float:
    """The plan's cost and its overtime, where that is priced, scaled from the window to the horizon."""
    total = float(_plan_cost_of(tally.network))
    for place, pool in enumerate(tally.network.scenario.pools):
        price = overtime_per_hour(pool, tally.network.scenario)
        if price is not None:
            total += float(price) * _worked(tally, place, BEYOND) / 60.0 * _window_to_horizon(tally)
    return total


def _burden(tally: Tally, _: int) -> Number:
    """Whole units of the currency that all applicants spend, scaled from the measured cases to the horizon."""
    total = math.fsum(applicants.spent(tally, s) for s in range(tally.services)) / 100.0
    return total * _window_to_horizon(tally), any(tally.still_open(s) for s in range(tally.services))


def _cost_per_case(tally: Tally, _: int) -> Number:
    return _ratio(_cost_minor(tally) / 100.0, int(tally.decided_inside.sum()) * _window_to_horizon(tally)), False


def _window_to_horizon(tally: Tally) -> float:
    return _ratio(float(horizon_workdays(tally.network.scenario)), tally.workdays)


_plan_costs: WeakKeyDictionary[Network, int] = WeakKeyDictionary()


def _plan_cost_of(network: Network) -> int:
    cost = _plan_costs.get(network)
    if cost is None:
        cost = _plan_costs[network] = plan_cost(network.scenario)
    return cost


def _ratio(numerator: float, denominator: float) -> float:
    return numerator / denominator if denominator > 0.0 else math.nan


SAMPLES: Mapping[tuple[str, str], Callable[[Tally, int], Sample]] = {
    ("service", "time"): _sample("time"),
    ("service", "days"): _sample("days"),
    ("service", "door_to_door"): _sample("door_to_door"),
    ("service", "wait"): _sample("wait"),
    ("hall", "wait"): lambda tally, _: tally.hall_waits(),
}
"""By scope and quantity: the values that a KPI with a statistic is taken of."""

NUMBERS: Mapping[tuple[str, str], Callable[[Tally, int], Number]] = {
    ("service", "on_time"): _on_time,
    ("service", "throughput"): _throughput,
    ("service", "visits"): _visits,
    ("service", "no_visit"): _at_most(0),
    ("service", "one_visit"): _at_most(1),
    ("service", "documents"): _documents,
    ("service", "steps"): _steps,
    ("service", "corrections"): _corrections,
    ("service", "returns"): _returns,
    ("service", "reneged"): _share_of("reneged"),
    ("service", "no_shows"): _share_of("no_show"),
    ("service", "refused"): _share_of("refused"),
    ("service", "withdrawn"): _share_of("withdrawn"),
    ("service", "balked"): _share_of("balked"),
    ("service", "retries"): _rule_per_case(CAME_BACK),
    ("service", "revoked"): _share_of("revoked"),
    ("service", "deemed"): _share_of("deemed"),
    ("service", "wasted"): _rule_per_case(WASTED_MINUTES),
    ("service", "gate_wait"): _gate_wait,
    ("service", "left_at_gate"): _left_at_gate,
    ("service", "held_back"): _rule_per_case(HELD_MINUTES),
    ("service", "open"): _share_of("open"),
    ("service", "travel"): applicants.travel,
    ("service", "applicant_cost"): applicants.applicant_cost,
    ("service", "satisfaction"): applicants.satisfaction,
    ("service", "complaints"): applicants.complaints,
    ("service", "time.gini"): applicants.time_gini,
    ("service", "wait.gini"): applicants.wait_gini,
    ("service", "time.group_gap"): applicants.time_gap,
    ("service", "wait.group_gap"): applicants.wait_gap,
    ("pool", "utilisation"): _utilisation,
    ("pool", "queue.mean"): _queue_mean,
    ("pool", "overtime"): _overtime,
    ("hall", "wait.gini"): applicants.hall_wait_gini,
    ("hall", "wait.service_gap"): applicants.hall_wait_gap,
    ("plan", "satisfaction"): applicants.all_satisfaction,
    ("plan", "satisfaction.service_gap"): applicants.satisfaction_gap,
    ("plan", "complaints"): applicants.all_complaints,
    ("plan", "applicant_cost"): applicants.all_applicant_cost,
    ("plan", "burden"): _burden,
    ("plan", "cost"): _cost,
    ("plan", "cost_per_case"): _cost_per_case,
}
"""By scope and quantity: KPIs that are one number, and whether it is only a lower bound."""

ASKS: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("service", "time"): ("time",),
    ("service", "days"): ("days",),
    ("service", "door_to_door"): ("door_to_door",),
    ("service", "wait"): ("wait",),
    ("hall", "wait"): ("wait",),
    ("service", "visits"): ("ends", "visits"),
    ("service", "no_visit"): ("ends", "few_visits"),
    ("service", "one_visit"): ("ends", "few_visits"),
    ("service", "documents"): ("ends", "begun"),
    ("service", "steps"): ("ends", "begun"),
    ("service", "corrections"): ("ends", "begun"),
    ("service", "returns"): ("ends", "begun"),
    ("service", "retries"): ("ends", "rules"),
    ("service", "wasted"): ("ends", "rules"),
    ("service", "gate_wait"): ("rules",),
    ("service", "left_at_gate"): ("rules",),
    ("service", "held_back"): ("ends", "rules"),
    ("service", "travel"): ("ends", "applicants"),
    ("service", "applicant_cost"): ("ends", "applicants"),
    ("service", "satisfaction"): ("ends", "applicants"),
    ("service", "complaints"): ("ends", "applicants"),
    ("service", "time.gini"): ("time",),
    ("service", "wait.gini"): ("wait",),
    ("service", "time.group_gap"): ("ends", "groups"),
    ("service", "wait.group_gap"): ("ends", "groups"),
    ("hall", "wait.gini"): ("wait",),
    ("hall", "wait.service_gap"): ("wait",),
    ("plan", "satisfaction"): ("ends", "applicants"),
    ("plan", "satisfaction.service_gap"): ("ends", "applicants"),
    ("plan", "complaints"): ("ends", "applicants"),
    ("plan", "applicant_cost"): ("ends", "applicants"),
    ("plan", "burden"): ("ends", "applicants"),
    ("pool", "utilisation"): ("work",),
    ("pool", "queue.mean"): ("queue",),
    ("pool", "overtime"): ("work",),
    ("plan", "cost"): ("work",),
    ("plan", "cost_per_case"): ("ends", "work"),
}
"""By scope and quantity: what a tally must be asked for; ``ends`` alone where nothing is written here."""
