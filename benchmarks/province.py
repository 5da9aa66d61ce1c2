"""A province as a scenario: 58 departments and the halls of 11 cities, 200 services, millions of cases a year.

Every service is taken in at the hall of a city and decided by one to three departments, in four to eight steps. Which
ones, and how long they take, comes from a generator with a fixed seed; officers are as many as keep a chosen load.
"""

from __future__ import annotations

import math
import random
from collections import Counter
from dataclasses import replace

from simgov.calendars import Calendar
from simgov.distributions import Distribution, Exponential, Gamma, Lognormal
from simgov.scenario.value import PoissonArrivals, Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Rate

CITIES, DEPARTMENTS, SERVICES = 11, 58, 200
CASES_A_YEAR = 5_000_000
WORKDAYS_A_YEAR = 249
HALL_LOAD, DEPARTMENT_LOAD = 0.75, 0.85
DAY = ((540, 720), (810, 1050))
MINUTES_A_DAY = 420.0


def province(cases_a_year: float = CASES_A_YEAR, workdays: float = WORKDAYS_A_YEAR) -> Scenario:
    """The province with so many cases a year, over so many workdays."""
    chance = random.Random(58)
    sizes = [1.0 / (1 + number) for number in range(SERVICES)]  # a few services make most of the cases
    a_day = [cases_a_year / WORKDAYS_A_YEAR * size / sum(sizes) for size in sizes]
    services = tuple(_service(chance, number, rate) for number, rate in enumerate(a_day))
    return Scenario(
        Text("Province", "全省"),
        Calendar((DAY,) * 5 + ((), ()), country="CN"),
        _pools(services, a_day),
        services,
        RunSettings(period=Duration(workdays, "workday"), cap=Duration(60.0, "workday"), replications=1),
    )


def _service(chance: random.Random, number: int, a_day: float) -> Service:
    hall, owner = f"hall{number % CITIES}", chance.randrange(DEPARTMENTS)
    others = chance.sample(range(DEPARTMENTS), chance.randint(0, 2))
    steps = [
        _step(number, "intake", hall, Lognormal(chance.uniform(5.0, 15.0), 0.6), (), in_person=True),
        _step(
            number, "check", f"department{owner}", Gamma(chance.uniform(10.0, 30.0), 0.8), ("intake",), accepted=True
        ),
    ]
    if chance.random() < 0.6:
        delay = Lognormal(chance.uniform(0.5, 3.0), 0.8, "workday")
        sent_back = Returns(chance.uniform(0.03, 0.15), "check", delay, 3)
        steps[1] = replace(steps[1], returns=sent_back)
    for place, other in enumerate(others):  # consulted side by side
        time = Gamma(chance.uniform(10.0, 40.0), 1.0)
        steps.append(_step(number, f"consult{place}", f"department{other}", time, ("check",)))
    if chance.random() < 0.3:
        time = Lognormal(chance.uniform(1.0, 5.0), 0.7, "workday")
        steps.append(_step(number, "survey", None, time, ("check",), special=True, share=0.5))
    before = tuple(step.id for step in steps[2:]) or ("check",)
    steps.append(_step(number, "review", f"department{owner}", Gamma(chance.uniform(15.0, 45.0), 0.9), before))
    steps.append(
        _step(number, "decide", f"department{owner}", Exponential(chance.uniform(3.0, 8.0)), ("review",), decision=True)
    )
    if chance.random() < 0.7:
        steps.append(_step(number, "collect", hall, Exponential(chance.uniform(2.0, 4.0)), ("decide",), in_person=True))
    return Service(
        f"service{number}", Text(f"Service {number}", f"事项{number}"), tuple(steps),
        PoissonArrivals(Rate(a_day, "workday")), promise=chance.choice((5, 10, 20)),
    )  # fmt: skip


def _step(number: int, name: str, at: str | None, time: Distribution, after: tuple[str, ...], **given: object) -> Step:
    return Step(name, Text(name, name), f"service{number}/{name}", at=at, time=time, after=after, **given)  # type: ignore[arg-type]


def _pools(services: tuple[Service, ...], a_day: list[float]) -> tuple[Pool, ...]:
    """As many officers as the work of a day keeps busy for the chosen share of it."""
    minutes: Counter[str] = Counter()
    for service, rate in zip(services, a_day, strict=True):
        for step in service.steps:
            if step.at is not None and step.time is not None:
                again = 1.0 / (1.0 - step.returns.share) if step.returns else 1.0
                minutes[step.at] += rate * step.time.mean * again
    week = (DAY,) * 5 + ((), ())
    halls = tuple(
        Pool(f"hall{i}", Text(f"Hall {i}", f"市{i}政务大厅"), "window", (_shift(minutes[f"hall{i}"], HALL_LOAD, week),))
        for i in range(CITIES)
    )
    departments = tuple(
        Pool(
            f"department{i}", Text(f"Department {i}", f"部门{i}"), "department",
            (_shift(minutes[f"department{i}"], DEPARTMENT_LOAD, week),), at_closing="pause",
        )
        for i in range(DEPARTMENTS)
    )  # fmt: skip
    return halls + departments


def _shift(minutes: float, load: float, week: tuple[tuple[tuple[int, int], ...], ...]) -> Shift:
    return Shift(max(1, math.ceil(minutes / MINUTES_A_DAY / load)), week)
