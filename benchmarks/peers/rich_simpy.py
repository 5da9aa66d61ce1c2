"""Case e (``benchmarks/rich/scenario.yaml``) in SimPy, by someone who wants it fast.

Customers are processes. The desk is a heap of those who wait and a list of officers who are free, because SimPy's
Resource knows neither shifts nor leaving a queue without two events more for everybody.
"""

from __future__ import annotations

import random
from collections.abc import Callable, Generator, Iterator, Sequence
from heapq import heappop, heappush

import simpy

DAY, OPENS, CLOSES = 1440.0, 540.0, 1080.0
URGENT, ORDINARY = 0, 1
ARRIVALS = ((540, 600, 0.1), (600, 720, 0.35), (720, 840, 0.15), (840, 960, 0.28), (960, 1020, 0.12))
A_DAY = {ORDINARY: 1600.0, URGENT: 400.0}
DESK = ((12, (540.0, 780.0), (720.0, 1020.0)), (8, (600.0, 840.0), (780.0, 1080.0)))
OFFICE, LAB = ((25, (540.0,), (1080.0,)),), ((14, (540.0,), (1080.0,)),)
COUNTER, REVIEW, CHECK, ISSUE = range(4)

Steps = Generator[simpy.Event, "int | None", None]


class Pool:
    """Officers in shifts who share one queue: urgent first, then first come."""

    def __init__(self, environment: simpy.Environment, shifts: Sequence[tuple[int, Sequence[float], Sequence[float]]]):
        self.environment = environment
        self.waiting: list[tuple[int, int, simpy.Event]] = []
        self.joined = 0
        self.idle: list[int] = []
        self.on_duty: set[int] = set()
        self.busy: set[int] = set()
        first = 0
        for officers, opens, closes in shifts:
            environment.process(self._hours(set(range(first, first + officers)), opens, closes))
            first += officers

    def _hours(self, officers: set[int], opens: Sequence[float], closes: Sequence[float]) -> Steps:
        environment, day = self.environment, 0.0
        while True:
            for opening, closing in zip(opens, closes, strict=True):
                yield environment.timeout(day + opening - environment.now)
                self.on_duty |= officers
                self.idle.extend(officers - self.busy)
                self._serve()
                yield environment.timeout(day + closing - environment.now)
                self.on_duty -= officers
                self.idle = [officer for officer in self.idle if officer not in officers]
            day += DAY

    def turn(self, urgency: int, patience: float | None = None) -> simpy.Event:
        """An event that brings an officer, or None when patience has run out."""
        event = self.environment.event()
        if self.idle:
            self._begin(event)
            return event
        self.joined += 1
        heappush(self.waiting, (urgency, self.joined, event))
        if patience is not None:
            self.environment.timeout(patience).callbacks.append(
                lambda _: None if event.triggered else event.succeed(None)
            )
        return event

    def leave(self, officer: int) -> None:
        """The officer has finished."""
        self.busy.remove(officer)
        if officer in self.on_duty:
            self.idle.append(officer)
            self._serve()

    def _serve(self) -> None:
        while self.waiting and self.idle:
            event = heappop(self.waiting)[2]
            if not event.triggered:
                self._begin(event)

    def _begin(self, event: simpy.Event) -> None:
        officer = self.idle.pop()
        self.busy.add(officer)
        event.succeed(officer)


def hall(days: int, seed: int) -> tuple[int, float]:
    """Visits made, and the mean time to decision of ordinary cases; a row is kept of every visit."""
    draw, uniform = random.Random(seed).expovariate, random.Random(seed + 1).random
    environment = simpy.Environment()
    desk, office, lab = (Pool(environment, shifts) for shifts in (DESK, OFFICE, LAB))
    rows: list[tuple[int, int, int, float, float, float]] = []
    times: list[float] = []

    def visit(case: int, step: int, pool: Pool, urgency: int, mean: float) -> Steps:
        ready = environment.now
        officer = yield pool.turn(urgency)
        start = environment.now
        yield environment.timeout(draw(1.0 / mean))
        pool.leave(officer)
        rows.append((case, step, officer, ready, start, environment.now))

    def customer(case: int, urgency: int) -> Steps:
        applied = environment.now
        again = True
        while again:
            minute = environment.now % DAY
            if minute >= CLOSES or minute < OPENS:
                yield environment.timeout((OPENS - minute) % DAY)
            ready = environment.now
            officer = yield desk.turn(urgency, draw(1.0 / 40.0))
            start = environment.now
            if officer is None:
                rows.append((case, COUNTER, -1, ready, start, start))
                return
            yield environment.timeout(draw(1.0 / 3.0))
            desk.leave(officer)
            rows.append((case, COUNTER, officer, ready, start, environment.now))
            again = uniform() < 0.1
        check = environment.process(visit(case, CHECK, lab, urgency, 3.0))
        yield from visit(case, REVIEW, office, urgency, 4.0)
        if check.is_alive:
            yield check
        yield from visit(case, ISSUE, office, urgency, 1.0)
        if urgency == ORDINARY:
            times.append(environment.now - applied)

    cases = iter(range(1 << 60))

    def source(urgency: int) -> Steps:
        for comes in _arrivals(A_DAY[urgency], days, draw):
            yield environment.timeout(comes - environment.now)
            environment.process(customer(next(cases), urgency))

    environment.process(source(URGENT))
    environment.process(source(ORDINARY))
    environment.run(until=(days + 3) * DAY)
    return len(rows), sum(times) / len(times)


def _arrivals(a_day: float, days: int, draw: Callable[[float], float]) -> Iterator[float]:
    """A Poisson process whose rate is constant within each stretch of the day."""
    for day in range(days):
        for begins, ends, share in ARRIVALS:
            rate, when, until = a_day * share / (ends - begins), day * DAY + begins, day * DAY + ends
            while (when := when + draw(rate)) < until:
                yield when
