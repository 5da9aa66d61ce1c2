"""What flows through the office in a mean week: visits to each step, work for each pool, and the ways between pools.

A scenario's routes, shares, choices and returns are averaged here, so that queueing formulas can be put on top. Rates
are per staffed minute of a pool; holidays, doors and patience are left out, because only a forecast rests on this.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgov.arrays import Floats
from simgov.arrivals import mean_factor
from simgov.calendars import Week, workday_minutes
from simgov.scenario.value import (
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Scenario,
    Service,
    Sizes,
    Step,
    mean_size,
    shares_doing,
    staffed,
)

WEEK_MINUTES = 7 * 1440.0
SLOT = 5


@dataclass(frozen=True)
class Work:
    """Work of one visit to a step: mean minutes and squared cv."""

    mean: float
    scv: float


@dataclass(frozen=True, eq=False)
class Traffic:
    """Mean flows of one scenario. S services, each way that cases go counted as one, J steps of them in order, P pools.

    ``services[S]``, of which ``shares[S]`` say how many of the service's cases go so; ``cases[S]`` a week;
    ``reached[J]`` share of cases that do a step in a pass; ``visits[J]`` visits a case with all its returns; ``work``
    of each step; ``pool[J]`` (-1: none). ``minutes[P]`` staffed minutes a week, ``load[P]`` offered work per staffed
    minute, ``mean[P]``, ``scv[P]`` of the work of a visit, ``rate[P]`` visits per staffed minute. ``routing`` and
    ``splitting`` [P, P], ``outside[P]`` as in ``queueing.arrival_variability``.
    """

    scenario: Scenario
    services: tuple[Service, ...]
    shares: tuple[float, ...]
    cases: Floats
    first_step: tuple[int, ...]
    reached: Floats
    visits: Floats
    work: tuple[Work, ...]
    pool: tuple[int, ...]
    minutes: Floats
    load: Floats
    mean: Floats
    scv: Floats
    rate: Floats
    routing: Floats
    splitting: Floats
    outside: Floats


def traffic(scenario: Scenario) -> Traffic:
    """The mean flows of ``scenario``."""
    ways = [way for service in scenario.services for way in scenario.ways_of(service)]
    services, shares = tuple(way.service for way in ways), tuple(way.share for way in ways)
    steps = [step for service in services for step in service.steps]
    owner = [s for s, service in enumerate(services) for _ in service.steps]
    numbers = {pool.id: p for p, pool in enumerate(scenario.pools)}
    pool = tuple(numbers.get(step.at, -1) if step.at is not None else -1 for step in steps)
    cases = np.array([share * cases_a_week(service, scenario) for service, share in zip(services, shares, strict=True)])
    reached = np.concatenate([reach(service) for service in services] or [np.empty(0)])
    visits = np.concatenate([_visits(service) for service in services] or [np.empty(0)])
    minutes_a_day = workday_minutes(scenario.calendar)
    paces = {one.id: 1.0 if one.learning is None else one.learning.settled for one in scenario.pools}
    work = tuple(
        at_pace(
            for_all_matters(step_work(step, minutes_a_day), service.matters if step.in_person else ()),
            paces.get(step.at or "", 1.0),
        )
        for service in services
        for step in service.steps
    )
    minutes = np.array([staffed_minutes(one, scenario) for one in scenario.pools])
    weekly = np.array([cases[s] for s in owner]) * visits
    count, total, squares = np.zeros(len(minutes)), np.zeros(len(minutes)), np.zeros(len(minutes))
    for j, p in enumerate(pool):
        if p >= 0:
            count[p] += weekly[j]
            total[p] += weekly[j] * work[j].mean
            squares[p] += weekly[j] * work[j].mean ** 2 * (1.0 + work[j].scv)
    mean = total / np.maximum(count, 1e-12)
    scv = np.maximum(squares / np.maximum(count, 1e-12) / np.maximum(mean, 1e-12) ** 2 - 1.0, 0.0)
    routing, splitting, outside = _routing(services, cases, visits, pool, count)
    return Traffic(
        scenario=scenario,
        services=services,
        shares=shares,
        cases=cases,
        first_step=tuple(owner.index(s) for s in range(len(services))),
        reached=reached,
        visits=visits,
        work=work,
        pool=pool,
        minutes=minutes,
        load=total / np.maximum(minutes, 1.0),
        mean=mean,
        scv=scv,
        rate=count / np.maximum(minutes, 1.0),
        routing=routing,
        splitting=splitting,
        outside=outside,
    )


def at_pace(work: Work, pace: float) -> Work:
    """The work where it takes ``pace`` times as long, as officers do it in the long run."""
    return work if pace == 1.0 else replace(work, mean=work.mean * pace)


def step_work(step: Step, minutes: float) -> Work:
    """Work of one visit with the parts that are kept; a workday has ``minutes``."""
    kept = [part for part in step.parts if part.kept]
    if step.time is not None:
        share = 1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept)
        unit = minutes if step.time.base == "workday" else 1.0
        return Work(step.time.mean * unit * share * step.slowdown, step.time.cv**2)
    times = [
        (part.time.mean * (minutes if part.time.base == "workday" else 1.0), part.time.cv) for part in kept if part.time
    ]
    mean = sum(time for time, _ in times)
    variance = sum((time * cv) ** 2 for time, cv in times)
    return Work(mean * step.slowdown, variance / mean**2 if mean else 0.0)


def for_all_matters(work: Work, matters: Sizes) -> Work:
    """The work of a visit that deals with a random number of matters, each with work of its own."""
    mean = mean_size(matters)
    spread = sum(share * (size - mean) ** 2 for size, share in matters)
    return Work(work.mean * mean, work.scv / mean + spread / mean**2)


def cases_a_week(service: Service, scenario: Scenario) -> float:
    """Expected applications in a week without holidays, of the mean season of the run."""
    booked = service.appointments.expected_a_week if service.appointments is not None else 0.0
    if service.arrivals is None:
        return booked
    return booked + ordinary_cases_a_week(service, scenario) * mean_factor(service.arrivals.trend, scenario.run)


def ordinary_cases_a_week(service: Service, scenario: Scenario) -> float:
    """The same without season, growth and surges."""
    arrivals = service.arrivals
    if isinstance(arrivals, ProfileArrivals):
        return arrivals.scale * sum(row[3] for row in arrivals.rows)
    if isinstance(arrivals, PoissonArrivals):
        open_minutes = _minutes(scenario.calendar.week, scenario.calendar.always)
        if arrivals.rate.base == "workday":
            return arrivals.rate.amount * workdays_a_week(scenario)
        return arrivals.rate.amount * (WEEK_MINUTES if arrivals.always else open_minutes)
    return arrivals.expected_a_day * 7.0 if arrivals is not None else 0.0


def workdays_a_week(scenario: Scenario) -> float:
    """Working days of a week without holidays."""
    return 7.0 if scenario.calendar.always else float(sum(1 for spans in scenario.calendar.week if spans))


def staffed_minutes(pool: Pool, scenario: Scenario) -> float:
    """Minutes of a week in which at least one shift of ``pool`` is on duty."""
    if pool.always or scenario.calendar.always:
        return WEEK_MINUTES
    on_duty = np.zeros((7, 1440), np.bool_)
    for shift in pool.shifts:
        for weekday, spans in enumerate(shift.week):
            for start, end in spans:
                on_duty[weekday, start:end] = True
    return float(on_duty.sum())


def mean_servers(pool: Pool, scenario: Scenario, count: int) -> float:
    """Officers on duty on average over the staffed minutes, with ``count`` posts."""
    if pool.always or scenario.calendar.always:
        return float(count)
    posts = staffed(pool, count)
    worked = sum(shift.count * _minutes(shift.week, False) for shift in posts.shifts)
    return worked / max(staffed_minutes(pool, scenario), 1.0)


def servers_by_slot(pool: Pool, scenario: Scenario, count: int) -> Floats:
    """Officers on duty, float64[7, slots of ``SLOT`` minutes], with ``count`` posts."""
    if pool.always or scenario.calendar.always:
        return np.full((7, 1440 // SLOT), float(count))
    on_duty = np.zeros((7, 1440))
    for shift in staffed(pool, count).shifts:
        for weekday, spans in enumerate(shift.week):
            for start, end in spans:
                on_duty[weekday, start:end] += shift.count
    return np.asarray(on_duty.reshape(7, -1, SLOT).mean(axis=2))


def arrivals_by_slot(service: Service, scenario: Scenario) -> Floats:
    """Expected applications per minute, float64[7, slots of ``SLOT`` minutes]; those of channels that are round the
    clock as if they came with the others, since who queues at a pool in person does.
    """
    per_minute = np.zeros((7, 1440))
    arrivals = service.arrivals
    if isinstance(arrivals, ProfileArrivals):
        for weekday, start, end, expected in arrivals.rows:
            per_minute[weekday, start:end] += arrivals.scale * expected / max(end - start, 1)
    elif arrivals is not None:
        if scenario.calendar.always or (isinstance(arrivals, PoissonArrivals) and arrivals.always):
            per_minute[:] = 1.0
        else:
            for weekday, spans in enumerate(scenario.calendar.week):
                for start, end in spans:
                    per_minute[weekday, start:end] = 1.0
        per_minute *= ordinary_cases_a_week(service, scenario) / max(per_minute.sum(), 1.0)
    if arrivals is not None:
        per_minute *= mean_factor(arrivals.trend, scenario.run)
    if (booked := service.appointments) is not None:
        come = booked.places * booked.taken * (1.0 - booked.no_shows)
        for weekday in range(7):
            for begin in booked.begins(weekday):
                per_minute[weekday, begin : begin + booked.every] += come / booked.every
    return np.asarray(per_minute.reshape(7, -1, SLOT).mean(axis=2))


def _minutes(week: Week, always: bool) -> float:
    return WEEK_MINUTES if always else float(sum(end - start for spans in week for start, end in spans))


def reach(service: Service) -> Floats:
    """For each step, the share of cases that do it in one pass through the service."""
    place = {step.id: j for j, step in enumerate(service.steps)}
    passing = np.zeros(len(service.steps))
    done = np.zeros(len(service.steps))
    doing = shares_doing(service)
    for j, step in enumerate(service.steps):
        coming = 0.0 if step.after else 1.0
        for before in step.after:
            previous = service.steps[place[before]]
            shares = dict(previous.choose)
            going_on = passing[place[before]] * (1.0 - previous.share * previous.refuses)
            coming += going_on * (shares.get(step.id, 0.0) if shares else 1.0)
        # Branches that exclude each other add up; branches that run in parallel are joined.
        passing[j] = min(coming, 1.0)
        done[j] = passing[j] * doing[j]
    return done


def section(service: Service, j: int) -> list[int]:
    """The steps that are done again when step ``j`` sends a case back: from the step it names up to ``j`` itself."""
    returns = service.steps[j].returns
    if returns is None:
        return []
    place = {step.id: i for i, step in enumerate(service.steps)}
    first = place[returns.to]
    follows = {first}
    for i in range(first + 1, j + 1):
        if any(place[before] in follows for before in service.steps[i].after):
            follows.add(i)
    leads = {j}
    for i in range(j, first, -1):
        if i in leads:
            leads |= {place[before] for before in service.steps[i].after}
    return sorted(follows & leads | {j})


def expected_returns(share: float, limit: int) -> float:
    """How often a case is sent back by a step in all: a geometric number, cut off at ``limit``."""
    if share >= 1.0:
        return float(limit)
    return share * (1.0 - share**limit) / (1.0 - share)


def _visits(service: Service) -> Floats:
    visits = reach(service)
    for j, step in enumerate(service.steps):
        if step.returns is not None and not step.removed:
            visits[section(service, j)] *= 1.0 + expected_returns(step.returns.share, step.returns.limit)
    return visits


def _routing(
    services: Sequence[Service], cases: Floats, visits: Floats, pool: tuple[int, ...], count: Floats
) -> tuple[Floats, Floats, Floats]:
    """How arrivals at each pool divide by where they come from, and departures by where they go."""
    pools = len(count)
    flow, first = np.zeros((pools, pools)), 0
    for s, service in enumerate(services):
        place = {step.id: first + j for j, step in enumerate(service.steps)}
        for j, step in enumerate(service.steps, start=first):
            for before in step.after:
                i = place[before]
                if pool[i] >= 0 and pool[j] >= 0:
                    shares = dict(service.steps[i - first].choose)
                    taken = shares.get(step.id, 0.0) if shares else 1.0
                    flow[pool[i], pool[j]] += cases[s] * min(visits[i] * taken, visits[j])
        first += len(service.steps)
    arriving = np.maximum(count, 1e-12)
    routing = flow / arriving[None, :]
    routing /= np.maximum(routing.sum(axis=0, keepdims=True), 1.0)
    return routing, np.minimum(flow / arriving[:, None], 1.0), 1.0 - routing.sum(axis=0)
