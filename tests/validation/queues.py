"""Queues of the textbook as scenarios: pools that never close, Poisson arrivals round the clock, times in minutes."""

from __future__ import annotations

from collections.abc import Sequence

from simgov.calendars import ALWAYS
from simgov.distributions import Distribution
from simgov.scenario.value import (
    Backlog,
    PoissonArrivals,
    Pool,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Rate


def station(
    name: str,
    time: Distribution,
    *,
    after: tuple[str, ...] = (),
    choose: tuple[tuple[str, float], ...] = (),
    returns: Returns | None = None,
    in_person: bool = False,
    pool: str | None = None,
    service: str = "queue",
) -> Step:
    """A step at the pool of the same name."""
    return Step(
        id=name,
        name=Text(name, name),
        stream=f"{service}/{name}",
        at=pool or name,
        time=time,
        after=after,
        choose=choose,
        returns=returns,
        in_person=in_person,
    )


def stream(
    rate: float,
    steps: Sequence[Step],
    *,
    name: str = "queue",
    patience: Distribution | None = None,
    priority: int = 5,
    backlog: Sequence[tuple[str, int]] = (),
) -> Service:
    """A service with ``rate`` arrivals a minute; ``backlog`` cases wait when the run starts."""
    return Service(
        id=name,
        name=Text(name, name),
        steps=tuple(steps),
        arrivals=PoissonArrivals(Rate(rate)),
        patience=patience,
        priority=priority,
        backlog=tuple(Backlog(step, cases) for step, cases in backlog),
    )


def system(servers: dict[str, int], services: Sequence[Service], *, warm_up: int, customers: int) -> Scenario:
    """Pools with so many servers each; measured are ``customers`` after the first ``warm_up``."""
    pools = tuple(
        Pool(name, Text(name, name), "window", (Shift(count, ALWAYS.week),), always=True)
        for name, count in servers.items()
    )
    run = RunSettings(cases=warm_up + customers, warm_up_cases=warm_up)
    return Scenario(Text("Queue", "排队"), ALWAYS, pools, tuple(services), run)
