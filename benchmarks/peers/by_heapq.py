"""Cases a, b and c in plain Python with heapq: the recursion of Kiefer and Wolfowitz where there is no rework, an event
loop where there is."""

from __future__ import annotations

import random
from collections import deque
from heapq import heappop, heappush, heapreplace

from benchmarks.models import Line


def line(model: Line, customers: int, seed: int) -> tuple[int, float]:
    """Visits made, and the mean time from arrival to departure."""
    return _event_loop(model, customers, seed) if model.rework else _recursion(model, customers, seed)


def _recursion(model: Line, customers: int, seed: int) -> tuple[int, float]:
    """Station by station: a customer begins when it has come and the first server is free."""
    draw = random.Random(seed).expovariate
    now, arrivals = 0.0, []
    for _ in range(customers):
        now += draw(model.rate)
        arrivals.append(now)
    comes = arrivals
    for servers, mean in zip(model.servers, model.services, strict=True):
        free, leaves, rate = [0.0] * servers, [], 1.0 / mean
        for when in comes:
            first = free[0]
            done = (first if first > when else when) + draw(rate)
            heapreplace(free, done)
            leaves.append(done)
        order = sorted(range(customers), key=leaves.__getitem__)
        arrivals = [arrivals[i] for i in order]
        comes = [leaves[i] for i in order]
    return customers * len(model.servers), (sum(comes) - sum(arrivals)) / customers


def _event_loop(model: Line, customers: int, seed: int) -> tuple[int, float]:
    chance = random.Random(seed)
    draw, uniform = chance.expovariate, chance.random
    rates = [1.0 / mean for mean in model.services]
    idle = list(model.servers)
    queues: list[deque[float]] = [deque() for _ in idle]
    last, rework = len(idle) - 1, model.rework
    now, left, visits, total = draw(model.rate), customers - 1, 0, 0.0
    events: list[tuple[float, int, float]] = [
        (now, -1, now)
    ]  # when, station left (-1: arrives), arrival of the customer
    while events:
        now, station, arrived = heappop(events)
        if station < 0:
            if left:
                left -= 1
                comes = now + draw(model.rate)
                heappush(events, (comes, -1, comes))
            to = 0
        else:
            visits += 1
            if queues[station]:
                heappush(events, (now + draw(rates[station]), station, queues[station].popleft()))
            else:
                idle[station] += 1
            to = station if uniform() < rework else station + 1
            if to > last:
                total += now - arrived
                continue
        if idle[to]:
            idle[to] -= 1
            heappush(events, (now + draw(rates[to]), to, arrived))
        else:
            queues[to].append(arrived)
    return visits, total / customers
