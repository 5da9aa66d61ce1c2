"""M/M/5 as its users write it in SimPy, for comparison: no calendar, no event table, only the mean wait."""

from __future__ import annotations

import random
from collections.abc import Generator

import simpy

SERVERS, LOAD, CUSTOMERS = 5, 0.9, 200_000


def mean_wait(seed: int) -> float:
    """The mean wait of all customers of one run, in mean service times."""
    chance = random.Random(seed)
    environment = simpy.Environment()
    servers = simpy.Resource(environment, capacity=SERVERS)
    waits: list[float] = []

    def customer() -> Generator[simpy.Event, None, None]:
        arrived = environment.now
        with servers.request() as turn:
            yield turn
            waits.append(environment.now - arrived)
            yield environment.timeout(chance.expovariate(1.0))

    def source() -> Generator[simpy.Event, None, None]:
        for _ in range(CUSTOMERS):
            yield environment.timeout(chance.expovariate(SERVERS * LOAD))
            environment.process(customer())

    environment.process(source())
    environment.run()
    return sum(waits) / len(waits)
