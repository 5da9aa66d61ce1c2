"""By what factor the demand differs from what the file says: from counted cases, or from what a KPI has come to."""

from __future__ import annotations

import datetime
import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

from simgov.arrays import Integers
from simgov.calendars import day_table
from simgov.experiment import estimate
from simgov.experiment.batch import network_of
from simgov.judging.changes import with_demand
from simgov.kpi.duty import window_workdays
from simgov.scenario.value import Scenario

LEAST, MOST = 0.25, 4.0
STEP = 1.25
PRECISION = 0.002
COUNTED_REPLICATIONS = 4


@dataclass(frozen=True)
class Demand:
    """``factor`` times as many applicants as the file says, of one ``service`` or (None) of all.

    ``how``: ``counted`` cases over the expected ones, or the factor at which the ``kpi`` is what was observed.
    """

    factor: float
    how: Literal["counted", "kpi"]
    service: str | None = None


def demand_by_kpi(
    scenario: Scenario,
    kpi: str,
    observed: float,
    replications: int,
    seed: int,
    stop: Integers | None = None,
) -> Demand | None:
    """The demand of all services at which the simulated ``kpi`` is what was ``observed``; None where no demand from a
    quarter of the file's to four times it gives that.

    By bisection on the same draws for every factor, up to 0.2 %: what is found is the factor where the simulated KPI
    crosses the observed one first, seen from 1.
    """

    def miss(factor: float) -> float:
        names = (kpi,)
        return estimate(with_demand(scenario, factor), names, replications, seed, stop=stop)[kpi].value - observed

    here = miss(1.0)
    if here == 0.0 or math.isnan(here):
        return Demand(1.0, "kpi") if here == 0.0 else None
    up, down = _crossing(miss, here, STEP, MOST), _crossing(miss, here, 1.0 / STEP, LEAST)
    found = up if down is None or (up is not None and math.log(up) <= -math.log(down)) else down
    return None if found is None else Demand(found, "kpi")


def _crossing(miss: Callable[[float], float], here: float, step: float, end: float) -> float | None:
    """The factor at which ``miss`` changes sign, on the way from 1 to ``end``; None where it does not."""
    inner, outer = 1.0, 1.0
    while outer != end:
        inner, outer = outer, min(end, outer * step) if step > 1 else max(end, outer * step)
        there = miss(outer)
        if math.isnan(there):
            return None
        if (there > 0) != (here > 0):
            break
    else:
        return None
    while abs(outer / inner - 1.0) > PRECISION:
        middle = math.sqrt(inner * outer)
        if (miss(middle) > 0) == (here > 0):
            inner = middle
        else:
            outer = middle
    return math.sqrt(inner * outer)


def demand_by_cases(
    scenario: Scenario, cases: float, first: datetime.date, end: datetime.date, service: str | None, seed: int
) -> Demand | None:
    """The demand at which ``cases`` are expected from ``first`` to the day before ``end``, as many a workday as in the
    measuring window of the scenario; None where none are expected."""
    days = (end - first).days
    workdays = float(day_table(scenario.calendar, first, days).workdays_before[-1]) if days > 0 else 0.0
    expected = cases_per_workday(scenario, service, seed) * workdays
    return Demand(cases / expected, "counted", service) if expected > 0 and cases > 0 else None


def cases_per_workday(scenario: Scenario, service: str | None, seed: int) -> float:
    """How many cases of a service (None: of all) apply on a workday of the measuring window, on average."""
    from simgov.frames import cases

    network = network_of(scenario)
    counts, workdays = 0, 0.0
    for replication in range(COUNTED_REPLICATIONS):
        table = cases(scenario, seed=seed, replication=replication)
        start, stop = network.window
        if math.isnan(start):
            start, stop = 0.0, float(table["applied"].max())
        inside = (table["applied"] >= start) & (table["applied"] < stop)
        counts += int((inside & ((table["service"] == service) if service is not None else inside)).sum())
        workdays += window_workdays(network, start, stop)
    return counts / workdays if workdays else 0.0
