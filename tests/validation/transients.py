"""Queues that are not in equilibrium, by their Markov chains: no simulation in here.

``mean_wait_from_empty`` follows M/M/c from customer to customer; ``Hall`` follows a hall with two shifts through its
day by Kolmogorov's forward equations, in the state that finishing after hours implies.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.signal import lfilter
from scipy.sparse import bmat, coo_array, csr_array
from scipy.sparse.linalg import expm_multiply

from simgov.arrays import Floats


def mean_wait_from_empty(servers: int, arrival: float, service: float, customers: int, most: int = 1500) -> float:
    """Mean wait of the first ``customers`` customers of M/M/c that opens empty.

    The chain of the number that the n-th customer finds. Between two arrivals it steps down by one at rate
    min(j, c) μ, so it visits j with probability v(j) = p(j - 1) + v(j + 1) d(j + 1), d(j) being the chance that a
    departure comes before the arrival. At most ``most`` customers are followed, far more than there ever are.
    """
    states = np.arange(most + 1)
    leaving = np.minimum(states, servers) * service
    departure = leaving / (arrival + leaving)
    waits = np.maximum(0, states - servers + 1) / (servers * service)
    found = np.zeros(most + 1)
    found[0] = 1.0
    total = 0.0
    for _ in range(customers):
        total += float(found @ waits)
        entered = np.concatenate(([0.0], found[:-1]))
        visited = np.empty(most + 1)
        visited[servers:] = lfilter([1.0], [1.0, -departure[servers]], entered[servers:][::-1])[::-1]
        for j in range(servers - 1, -1, -1):
            visited[j] = entered[j] + visited[j + 1] * departure[j + 1]
        found = visited * (1.0 - departure)
    return total / customers


@dataclass(frozen=True)
class Phase:
    """A stretch of the day, in minutes, with constant rates: arrivals a minute, and which shifts take customers."""

    start: float
    end: float
    arrival: float
    first_on_duty: bool
    second_on_duty: bool


@dataclass(frozen=True)
class Hall:
    """M_t/M/c_t+M with two shifts. Service and patience are exponential, with rates ``service`` and ``impatience``.

    The state is (busy of the first shift, busy of the second, waiting). A free officer of the first shift is asked
    first. Who is busy when a shift goes off duty finishes that customer and takes no other, so more may be busy than
    are scheduled, and it matters which shift they belong to.
    """

    first: int
    second: int
    service: float
    impatience: float
    most_waiting: int

    def states_at(self, phases: Sequence[Phase], instants: Sequence[float]) -> list[Floats]:
        """The distribution over states at each instant (ascending), from an empty hall at the first phase's start."""
        distribution = np.zeros((self.first + 1) * (self.second + 1) * (self.most_waiting + 1))
        distribution[0] = 1.0
        pending, found = list(instants), []
        for phase in phases:
            distribution = self._taken(distribution, phase)
            generator, now = self._generator(phase), phase.start
            while pending and pending[0] <= phase.end:
                distribution = expm_multiply(generator * (pending[0] - now), distribution)
                now = pending.pop(0)
                found.append(distribution)
            distribution = expm_multiply(generator * (phase.end - now), distribution)
        return found

    def waiting_minutes(self, phases: Sequence[Phase]) -> float:
        """∫ E[waiting] dt over the day: the equations with one line more, whose rate is the number waiting."""
        waiting = csr_array(np.array([[float(waiting) for _, _, waiting in self._states()]]))
        distribution, total = np.zeros(waiting.shape[1]), 0.0
        distribution[0] = 1.0
        for phase in phases:
            generator = self._generator(phase)
            extended = bmat([[generator, csr_array((len(distribution), 1))], [waiting, csr_array((1, 1))]]).tocsr()
            start = np.append(self._taken(distribution, phase), total)
            end = expm_multiply(extended * (phase.end - phase.start), start)
            distribution, total = end[:-1], float(end[-1])
        return total

    def means(self, distribution: Floats) -> tuple[float, float, float]:
        """Busy officers of the first and of the second shift, and customers waiting, on average."""
        cube = distribution.reshape(self.first + 1, self.second + 1, self.most_waiting + 1)
        by_axis = (cube.sum(axis=(1, 2)), cube.sum(axis=(0, 2)), cube.sum(axis=(0, 1)))
        first, second, waiting = (float(share @ np.arange(len(share))) for share in by_axis)
        return first, second, waiting

    def _states(self) -> Iterator[tuple[int, int, int]]:
        for first in range(self.first + 1):
            for second in range(self.second + 1):
                for waiting in range(self.most_waiting + 1):
                    yield first, second, waiting

    def _place(self, first: int, second: int, waiting: int) -> int:
        return (first * (self.second + 1) + second) * (self.most_waiting + 1) + waiting

    def _taken(self, distribution: Floats, phase: Phase) -> Floats:
        """A shift that comes on duty takes who waits, at once."""
        after = np.zeros_like(distribution)
        for first, second, waiting in self._states():
            taken_first = min(waiting, self.first - first) if phase.first_on_duty else 0
            left = waiting - taken_first
            taken_second = min(left, self.second - second) if phase.second_on_duty else 0
            target = self._place(first + taken_first, second + taken_second, left - taken_second)
            after[target] += distribution[self._place(first, second, waiting)]
        return after

    def _generator(self, phase: Phase) -> csr_array:
        """Transposed: column by column where the state goes, so that the distribution is a column vector."""
        rows, columns, rates = [], [], []
        for state in self._states():
            here = self._place(*state)
            for target, rate in self._moves(state, phase):
                rows += [self._place(*target), here]
                columns += [here, here]
                rates += [rate, -rate]
        return coo_array((rates, (rows, columns))).tocsr()

    def _moves(self, state: tuple[int, int, int], phase: Phase) -> Iterator[tuple[tuple[int, int, int], float]]:
        first, second, waiting = state
        if phase.arrival > 0:
            if phase.first_on_duty and first < self.first:
                yield (first + 1, second, waiting), phase.arrival
            elif phase.second_on_duty and second < self.second:
                yield (first, second + 1, waiting), phase.arrival
            elif waiting < self.most_waiting:
                yield (first, second, waiting + 1), phase.arrival
        if first:
            next_one = phase.first_on_duty and waiting > 0
            yield (first - (not next_one), second, waiting - next_one), first * self.service
        if second:
            next_one = phase.second_on_duty and waiting > 0
            yield (first, second - (not next_one), waiting - next_one), second * self.service
        if waiting:
            yield (first, second, waiting - 1), waiting * self.impatience
