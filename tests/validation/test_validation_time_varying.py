"""Queues that change with the time of day, or start empty: M_t/G/∞, M/M/5 from empty, M_t/M/c_t+M with two shifts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.arrays import Floats
from simgov.calendars import Calendar
from simgov.distributions import Exponential, Lognormal
from simgov.engines import simulate
from simgov.engines.events import RENEGED, EventTable
from simgov.network import Network, compile_network
from simgov.scenario.value import Pool, ProfileArrivals, RunSettings, Scenario, Service, Shift, Text
from simgov.units import Duration
from tests.validation.closed_forms import customers_in_mtginf, lognormal_limited
from tests.validation.estimation import estimate, lindley, work_of_cases
from tests.validation.queues import station, stream, system
from tests.validation.transients import Hall, Phase, mean_wait_from_empty

DAY = 1440.0


def number_at(begin: Floats, end: Floats, instants: Floats) -> Floats:
    """How many stretches (begin, end] hold each instant."""
    begun = np.searchsorted(np.sort(begin), instants, side="right")
    return np.asarray(begun - np.searchsorted(np.sort(end), instants, side="right"), np.float64)


# M_t/G/∞ --------------------------------------------------------------------------------------------------------------

BY_HOUR = (60.0, 150.0, 200.0, 120.0, 60.0, 140.0, 180.0, 90.0)
"""Cases expected in each hour from 9:00 on, every day."""

OUTSIDE = Lognormal(100.0, 0.6)
TEN_POINTS = (9.5, 10.5, 11.0, 11.75, 12.5, 13.5, 14.5, 16.25, 17.0, 18.5)
DAYS = 40


def by_hour(service: Service, cases: tuple[float, ...]) -> Service:
    """The same service with so many cases expected in each hour from 9:00 on, every day of the week."""
    rows = tuple(
        (weekday, 540 + 60 * hour, 600 + 60 * hour, expected)
        for weekday in range(7)
        for hour, expected in enumerate(cases)
    )
    return replace(service, arrivals=ProfileArrivals(rows))


def outside_delay() -> Scenario:
    """One delay that takes no officer, so that everybody is served at once."""
    only = stream(1.0, [replace(station("post", OUTSIDE), at=None)])
    by_cases = system({}, [only], warm_up=0, customers=1)
    run = RunSettings(period=Duration(DAYS * DAY))
    return replace(by_cases, services=(by_hour(only, BY_HOUR),), run=run)


def observe_number_outside(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
    """The mean number outside at each point of the day; as controls the arrivals of each hour."""
    instants = np.arange(DAYS)[:, None] * DAY + np.array(TEN_POINTS) * 60.0
    there, came = number_at(events.ready, events.finish, instants), events.ready
    hours = np.floor(came % DAY / 60.0).astype(int) - 9
    arrived = np.bincount(hours[came < DAYS * DAY], minlength=8) / DAYS
    return there.mean(axis=0).tolist(), (arrived - np.array(BY_HOUR)).tolist()


def test_as_many_are_outside_at_ten_points_of_the_day_as_eick_massey_and_whitt_say() -> None:
    rates = [
        (day * DAY + 540 + 60 * hour, day * DAY + 600 + 60 * hour, expected / 60.0)
        for day in range(-2, 1)
        for hour, expected in enumerate(BY_HOUR)
    ]
    found = estimate(outside_delay(), observe_number_outside, replications=100)
    for quantity, hour in zip(found, TEN_POINTS, strict=True):
        exact = customers_in_mtginf(rates, lambda limit: lognormal_limited(100.0, 0.6, limit), hour * 60.0)
        quantity.agrees_with(exact)


def test_the_number_outside_is_poisson() -> None:
    """Variance over mean is 1, within 4 standard errors of a Poisson sample's index of dispersion."""
    network = compile_network(outside_delay())
    counts = []
    for replication in range(50):
        events = simulate(network, 31, replication)
        instants = np.arange(DAYS) * DAY + 690.0
        counts.append(number_at(events.ready, events.finish, instants))
    sample = np.concatenate(counts).astype(np.float64)
    dispersion = float(sample.var(ddof=1) / sample.mean())
    assert abs(dispersion - 1.0) <= 4 * np.sqrt(2.0 / (len(sample) - 1))


# M/M/5 from empty -----------------------------------------------------------------------------------------------------

SERVERS, ARRIVAL, CUSTOMERS = 5, 4.5, 2000
PUBLISHED = 1.434025


def test_the_first_customers_of_mm5_wait_as_the_embedded_chain_says() -> None:
    exact = mean_wait_from_empty(SERVERS, ARRIVAL, 1.0, CUSTOMERS)
    assert exact == pytest.approx(PUBLISHED, abs=5e-7)
    only = stream(ARRIVAL, [station("counter", Exponential(1.0))])
    scenario = system({"counter": SERVERS}, [only], warm_up=0, customers=CUSTOMERS)
    known = mean_wait_from_empty(1, ARRIVAL, SERVERS, CUSTOMERS)

    def observe(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
        wait = float((events.start - events.ready)[events.measured[events.case]].mean())
        alone = lindley(events.applied[:CUSTOMERS], work_of_cases(events, 0, CUSTOMERS) / SERVERS)
        return [wait], [float(alone.mean()) - known]

    estimate(scenario, observe, replications=2500)[0].agrees_with(exact)


# M_t/M/c_t+M ----------------------------------------------------------------------------------------------------------

HALL = Hall(first=6, second=4, service=1 / 12, impatience=1 / 20, most_waiting=70)
COMING = (40.0, 60.0, 65.0, 55.0, 50.0, 45.0, 40.0, 30.0)
"""Expected in each hour from 9:00 to 17:00, when the first shift works; the second works from 11:00 to 14:00."""

INSTANTS = (575.0, 630.0, 659.0, 665.0, 720.0, 785.0, 839.0, 843.0, 848.0, 870.0, 930.0, 1000.0, 1025.0)
"""Before, with and after the second shift: at 14:03 and 14:08 more are busy than are on duty; at 17:05 all are late."""

AFTER_SECOND = INSTANTS.index(843.0)
HALL_DAYS = 100


def phases() -> list[Phase]:
    """The hours of the day; who waits at closing is served by the first shift, so it goes on until 22:00."""
    hours = [Phase(540 + 60 * h, 600 + 60 * h, rate / 60.0, True, 2 <= h < 5) for h, rate in enumerate(COMING)]
    return [*hours, Phase(1020.0, 1320.0, 0.0, True, False)]


def two_shifts() -> Scenario:
    """The hall as a scenario: open every day, with patience of 20 minutes and 12 minutes of service on average."""

    def daily(opens: int, closes: int) -> tuple[tuple[tuple[int, int], ...], ...]:
        return (((opens, closes),),) * 7

    pool = Pool("desk", Text("desk", "desk"), "window", (Shift(6, daily(540, 1020)), Shift(4, daily(660, 840))))
    step = station("counter", Exponential(12.0), pool="desk", in_person=True)
    service = Service("queue", Text("queue", "queue"), (step,), patience=Exponential(20.0))
    run = RunSettings(period=Duration(HALL_DAYS * DAY))
    calendar = Calendar(week=daily(540, 1020))
    return Scenario(Text("Hall", "大厅"), calendar, (pool,), (by_hour(service, COMING),), run)


def at_instants(begin: Floats, end: Floats) -> Floats:
    """How many stretches hold each of the instants of the hall, on average over the days."""
    instants = np.arange(HALL_DAYS)[:, None] * DAY + np.array(INSTANTS)
    means: Floats = number_at(begin, end, instants).mean(axis=0)
    return means


def observe_hall(network: Network, events: EventTable) -> tuple[list[float], list[float]]:
    """Busy officers at each instant, how many wait at each, how long all of a day wait together, who reneges of a day.

    Controls: arrivals by hour, and the mean work.
    """
    served = ~np.isnan(events.start)
    left = np.where(served, events.start, events.finish)
    inside = events.applied[events.applied < HALL_DAYS * DAY]
    arrived = np.bincount(((inside % DAY) // 60.0).astype(int) - 9, minlength=8) / HALL_DAYS
    work = float(events.work[served].mean()) - 12.0
    quantities = [
        *at_instants(events.start[served], events.finish[served]),
        *at_instants(events.ready, left),
        float((left - events.ready).sum()) / HALL_DAYS,
        np.count_nonzero(events.outcome == RENEGED) / HALL_DAYS,
    ]
    return quantities, [*(arrived - np.array(COMING)).tolist(), work]


def test_a_hall_with_two_shifts_is_as_busy_as_the_forward_equations_say() -> None:
    states = HALL.states_at(phases(), INSTANTS)
    first, second, waiting = (np.array(means) for means in zip(*map(HALL.means, states), strict=True))
    busy = first + second
    assert busy[AFTER_SECOND] > HALL.first + 2.0, "more are busy than are on duty"
    minutes = HALL.waiting_minutes(phases())
    found = estimate(two_shifts(), observe_hall, replications=400)
    *at_instant, in_a_day, reneged = found
    for quantity, exact in zip(at_instant[: len(INSTANTS)], busy, strict=True):
        quantity.agrees_with(float(exact))
    for quantity, exact in zip(at_instant[len(INSTANTS) :], waiting, strict=True):
        quantity.agrees_with(float(exact), relative_error=0.015)
    in_a_day.agrees_with(minutes)
    reneged.agrees_with(minutes * HALL.impatience)
