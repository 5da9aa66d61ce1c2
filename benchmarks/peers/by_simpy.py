"""Cases a, b and c in SimPy: a process for each customer, a Resource for each station."""

from __future__ import annotations

import random
from collections.abc import Generator, Sequence

import simpy

from benchmarks.models import Line


def line(model: Line, customers: int, seed: int) -> tuple[int, float]:
    """Visits made, and the mean time from arrival to departure."""
    chance = random.Random(seed)
    environment = simpy.Environment()
    stations = [
        (simpy.Resource(environment, servers), 1.0 / mean)
        for servers, mean in zip(model.servers, model.services, strict=True)
    ]
    times: list[float] = []
    visits = 0

    def customer(stations: Sequence[tuple[simpy.Resource, float]]) -> Generator[simpy.Event, None, None]:
        nonlocal visits
        arrived = environment.now
        for station, rate in stations:
            again = True
            while again:
                with station.request() as turn:
                    yield turn
                    yield environment.timeout(chance.expovariate(rate))
                visits += 1
                again = model.rework > 0.0 and chance.random() < model.rework
        times.append(environment.now - arrived)

    def source() -> Generator[simpy.Event, None, None]:
        for _ in range(customers):
            yield environment.timeout(chance.expovariate(model.rate))
            environment.process(customer(stations))

    environment.process(source())
    environment.run()
    return visits, sum(times) / len(times)
