"""The closed forms themselves, against the stationary distribution of the Markov chain and published values."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.sparse import coo_array
from scipy.sparse.linalg import spsolve
from scipy.stats import lognorm, nbinom, poisson

from tests.validation.closed_forms import (
    customers_in_mtginf,
    erlang_a,
    erlang_b,
    erlang_c,
    fork_join_time,
    gim1_wait,
    jackson_waits,
    lognormal_limited,
    machine_repair,
    mdc_wait,
    mg1_wait,
    mmc_wait,
    mmck,
    priority_waits,
    priority_waits_many_servers,
    three_station_throughput,
)
from tests.validation.transients import Hall, Phase, mean_wait_from_empty

State = tuple[int, ...]


def stationary(start: State, moves: Callable[[State], Iterable[tuple[State, float]]]) -> dict[State, float]:
    """The stationary distribution of the continuous-time Markov chain that reaches its states from ``start``."""
    place, pending, edges = {start: 0}, [start], []
    while pending:
        state = pending.pop()
        for target, rate in moves(state):
            if target not in place:
                place[target] = len(place)
                pending.append(target)
            edges.append((place[target], place[state], rate))
            edges.append((place[state], place[state], -rate))
    kept = [edge for edge in edges if edge[0] > 0] + [(0, column, 1.0) for column in range(len(place))]
    rows, columns, rates = zip(*kept, strict=True)
    right = np.zeros(len(place))
    right[0] = 1.0
    solved = spsolve(coo_array((rates, (rows, columns))).tocsc(), right)
    return {state: float(solved[number]) for state, number in place.items()}


def mean_of(distribution: dict[State, float], value: Callable[[State], float]) -> float:
    return sum(share * value(state) for state, share in distribution.items())


def birth_death(servers: int, arrival: float, service: float, impatience: float, most: int) -> dict[State, float]:
    """Customers in M/M/c(+M), at most ``most``."""

    def moves(state: State) -> Iterable[tuple[State, float]]:
        (n,) = state
        if n < most:
            yield (n + 1,), arrival
        if n > 0:
            yield (n - 1,), min(n, servers) * service + max(0, n - servers) * impatience

    return stationary((0,), moves)


def test_erlang_b_and_c_have_the_values_of_the_tables() -> None:
    assert erlang_b(5, 4.0) == pytest.approx(0.1991, abs=5e-5)
    assert erlang_b(10, 5.0) == pytest.approx(0.0184, abs=5e-5)
    assert erlang_c(5, 4.0) == pytest.approx(0.5541, abs=5e-5)
    assert erlang_c(1, 0.7) == pytest.approx(0.7, rel=1e-12)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (2, 0.7), (5, 0.9), (20, 0.8)])
def test_mmc_wait_is_that_of_the_markov_chain(servers: int, load: float) -> None:
    chain = birth_death(servers, servers * load, 1.0, 0.0, most=servers + 400)
    queue = mean_of(chain, lambda state: max(0, state[0] - servers))
    assert mmc_wait(servers, servers * load, 1.0) == pytest.approx(queue / (servers * load), rel=1e-9)


def embedded_wait(arrivals_in_a_service: Iterable[float], arrival: float, mean: float) -> float:
    """Mean wait in M/G/1 from the chain of customers left behind, given how many arrive during a service."""
    arriving = np.array(list(arrivals_in_a_service))
    left = [1.0 - arrival * mean]
    for n in range(len(arriving) - 2):
        reached = left[0] * arriving[n] + sum(left[k] * arriving[n - k + 1] for k in range(1, n + 1))
        left.append((left[n] - reached) / arriving[0])
    customers = float(np.dot(np.arange(len(left)), left))
    return customers / arrival - mean


def test_mg1_wait_is_that_of_the_embedded_chain() -> None:
    counts = np.arange(150)
    constant = embedded_wait(poisson.pmf(counts, 0.7), 0.7, 1.0)
    assert mg1_wait(0.7, 1.0, 0.0) == pytest.approx(constant, rel=1e-6)
    shape = 1.0 / 0.8**2  # arrivals during a gamma service are negative binomial
    gamma = embedded_wait(nbinom.pmf(counts, shape, shape / (shape + 0.7)), 0.7, 1.0)
    assert mg1_wait(0.7, 1.0, 0.8) == pytest.approx(gamma, rel=1e-6)
    assert mg1_wait(0.7, 1.0, 1.0) == pytest.approx(mmc_wait(1, 0.7, 1.0), rel=1e-12)


def test_jackson_waits_are_those_of_the_markov_chain() -> None:
    arrival, returned, rates, most = 0.3, 0.25, (0.35, 0.8), 60

    def moves(state: State) -> Iterable[tuple[State, float]]:
        first, second = state
        if first < most:
            yield (first + 1, second), arrival
        if first > 0 and second < most:
            yield (first - 1, second + 1), min(first, 2) * rates[0]
        if second > 0:
            yield (first, second - 1), rates[1] * (1 - returned)
            if first < most:
                yield (first + 1, second - 1), rates[1] * returned

    chain = stationary((0, 0), moves)
    found, waits = jackson_waits((arrival, 0.0), ((0.0, 1.0), (returned, 0.0)), (2, 1), rates)
    assert found == pytest.approx([0.4, 0.4])
    for node, servers in enumerate((2, 1)):
        queue = mean_of(chain, lambda state, node=node, servers=servers: max(0, state[node] - servers))
        assert waits[node] == pytest.approx(queue / 0.4, rel=1e-6)


def test_erlang_a_is_that_of_the_markov_chain() -> None:
    for servers, load, impatience in ((10, 1.1, 0.5), (5, 0.8, 2.0), (3, 1.5, 0.1)):
        arrival = servers * load
        chain = birth_death(servers, arrival, 1.0, impatience, most=servers + 300)
        queue = mean_of(chain, lambda state, servers=servers: max(0, state[0] - servers))
        reneged, wait = erlang_a(servers, arrival, 1.0, impatience)
        assert wait == pytest.approx(queue / arrival, rel=1e-9)
        assert reneged == pytest.approx(impatience * queue / arrival, rel=1e-9)


def test_erlang_a_has_the_values_of_the_published_call_centre() -> None:
    """48 calls a minute, one minute each, two minutes' patience, 50 agents: the example of Garnett et al. (2002)."""
    reneged, wait = erlang_a(50, 48.0, 1.0, 0.5)
    assert reneged == pytest.approx(0.031, abs=5e-4)
    assert wait * 60 == pytest.approx(3.7, abs=0.05)
    assert mmc_wait(50, 48.0, 1.0) * 60 == pytest.approx(20.8, abs=0.05)


@pytest.mark.parametrize("servers", [1, 3])
def test_priority_waits_are_those_of_the_markov_chain(servers: int) -> None:
    arrivals, most = (0.3 * servers, 0.4 * servers), 60

    def moves(state: State) -> Iterable[tuple[State, float]]:
        busy, first, second = state
        for place, rate in enumerate(arrivals):
            if busy < servers:
                yield (busy + 1, first, second), rate
            elif (first, second)[place] < most:
                yield (busy, first + (place == 0), second + (place == 1)), rate
        if first > 0:
            yield (busy, first - 1, second), float(servers)
        elif second > 0:
            yield (busy, first, second - 1), float(servers)
        elif busy > 0:
            yield (busy - 1, first, second), float(busy)

    chain = stationary((0, 0, 0), moves)
    waits = priority_waits_many_servers(servers, arrivals, 1.0)
    for place in (0, 1):
        queue = mean_of(chain, lambda state, place=place: state[1 + place])
        assert waits[place] == pytest.approx(queue / arrivals[place], rel=1e-5)
    if servers == 1:
        assert priority_waits(arrivals, (1.0, 1.0), (1.0, 1.0)) == pytest.approx(waits, rel=1e-12)


def test_priorities_keep_the_weighted_sum_of_waits() -> None:
    """Σ ρ_k W_k is as first come first served: Kleinrock, *Naval Research Logistics Quarterly* 12 (1965) 181-192."""
    arrivals, means, cvs = (0.2, 0.1, 0.05), (1.0, 2.0, 6.0), (0.5, 1.0, 1.5)
    residual = sum(a * m**2 * (1 + cv**2) / 2 for a, m, cv in zip(arrivals, means, cvs, strict=True))
    load = sum(a * m for a, m in zip(arrivals, means, strict=True))
    waits = priority_waits(arrivals, means, cvs)
    weighted = sum(a * m * wait for a, m, wait in zip(arrivals, means, waits, strict=True))
    assert weighted == pytest.approx(load * residual / (1.0 - load), rel=1e-12)


def test_fork_join_time_is_that_of_the_markov_chain() -> None:
    arrival, most = 0.5, 70

    def moves(state: State) -> Iterable[tuple[State, float]]:
        first, second = state
        if first < most and second < most:
            yield (first + 1, second + 1), arrival
        if first > 0:
            yield (first - 1, second), 1.0
        if second > 0:
            yield (first, second - 1), 1.0

    jobs = mean_of(stationary((0, 0), moves), max)  # a job is there until the slower of its halves is done
    assert fork_join_time(arrival, 1.0) == pytest.approx(jobs / arrival, rel=1e-6)


def test_gim1_wait_is_that_of_special_cases() -> None:
    """With exponential gaps it is M/M/1; with gaps in two exponential stages, the chain of the stages."""
    assert gim1_wait(lambda s: 0.8 / (0.8 + s), 1.0) == pytest.approx(mmc_wait(1, 0.8, 1.0), rel=1e-9)

    def moves(state: State) -> Iterable[tuple[State, float]]:
        customers, stage = state
        if stage == 0:
            yield (customers, 1), 1.6
        elif customers < 200:
            yield (customers + 1, 0), 1.6
        if customers > 0:
            yield (customers - 1, stage), 1.0

    queue = mean_of(stationary((0, 0), moves), lambda state: max(0, state[0] - 1))
    assert gim1_wait(lambda s: (1.6 / (1.6 + s)) ** 2, 1.0) == pytest.approx(queue / 0.8, rel=1e-9)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.6), (2, 0.9), (5, 0.8)])
def test_mdc_wait_is_that_of_the_chain_a_service_time_apart(servers: int, load: float) -> None:
    """Whoever is in service at an instant has left a service time later: L(t + D) = max(0, L(t) - c) + arrivals."""
    most, offered = 300, servers * load
    arriving = poisson.pmf(np.arange(most + 1), offered)
    there = np.zeros(most + 1)
    there[0] = 1.0
    for _ in range(4000):
        left = np.append(there[: servers + 1].sum(), there[servers + 1 :])
        following = np.convolve(left, arriving)[: most + 1]
        if np.abs(following - there).max() < 1e-15:
            break
        there = following
    queue = float(there @ np.maximum(0, np.arange(most + 1) - servers))
    assert mdc_wait(servers, offered, 1.0) == pytest.approx(queue / offered, rel=1e-8)
    if servers == 1:
        assert mdc_wait(1, load, 1.0) == pytest.approx(mg1_wait(load, 1.0, 0.0), rel=1e-12)


def test_mmck_is_that_of_the_markov_chain() -> None:
    for servers, load, most in ((1, 0.8, 4), (3, 1.2, 10), (5, 0.7, 5)):
        arrival = servers * load
        chain = birth_death(servers, arrival, 1.0, 0.0, most)
        lost, wait = mmck(servers, arrival, 1.0, most)
        assert lost == pytest.approx(chain[(most,)], rel=1e-12)
        queue = mean_of(chain, lambda state, servers=servers: max(0, state[0] - servers))
        assert wait == pytest.approx(queue / (arrival * (1.0 - lost)), rel=1e-12, abs=1e-15)
    assert mmck(5, 4.0, 1.0, 5)[0] == pytest.approx(erlang_b(5, 4.0), rel=1e-12)


def test_machine_repair_is_that_of_the_markov_chain() -> None:
    machines, repairers, breakdown, repair = 7, 2, 0.1, 0.5

    def moves(state: State) -> Iterable[tuple[State, float]]:
        (broken,) = state
        if broken < machines:
            yield (broken + 1,), (machines - broken) * breakdown
        if broken:
            yield (broken - 1,), min(broken, repairers) * repair

    chain = stationary((0,), moves)
    waiting, busy = machine_repair(machines, repairers, breakdown, repair)
    assert waiting == pytest.approx(mean_of(chain, lambda state: max(0, state[0] - repairers)), rel=1e-12)
    assert busy == pytest.approx(mean_of(chain, lambda state: min(state[0], repairers)) / repairers, rel=1e-12)


def test_customers_in_mtginf_are_the_integral() -> None:
    sigma = math.sqrt(math.log(1.36))
    spread = lognorm(sigma, scale=100.0 * math.exp(-(sigma**2) / 2))
    rates = ((0.0, 60.0, 2.0), (60.0, 150.0, 0.5))
    for instant in (30.0, 100.0, 300.0):
        integral = sum(
            rate * quad(lambda at: spread.sf(instant - at), start, min(end, instant))[0]  # noqa: B023
            for start, end, rate in rates
            if instant > start
        )
        found = customers_in_mtginf(rates, lambda limit: lognormal_limited(100.0, 0.6, limit), instant)
        assert found == pytest.approx(integral, rel=1e-9)


def test_mean_wait_from_empty_has_the_published_value_and_the_right_limit() -> None:
    assert mean_wait_from_empty(5, 4.5, 1.0, 2000) == pytest.approx(1.434025, abs=5e-7)
    assert mean_wait_from_empty(2, 1.0, 1.0, 1) == 0.0
    # The second customer of M/M/1 waits while the first is served and has not come so late: λ / (μ (λ + μ)).
    assert mean_wait_from_empty(1, 0.5, 1.0, 2) == pytest.approx(0.5 / 1.5 / 2, rel=1e-12)
    assert mean_wait_from_empty(3, 1.5, 1.0, 20_000, most=200) == pytest.approx(mmc_wait(3, 1.5, 1.0), rel=1e-3)


def test_the_forward_equations_of_the_hall_come_to_erlang_a() -> None:
    """One shift with a constant rate and no closing, after a long time; and two shifts as one of both."""
    reneged, wait = erlang_a(4, 4.4, 1.0, 0.5)
    for hall, second in ((Hall(4, 0, 1.0, 0.5, 60), False), (Hall(3, 1, 1.0, 0.5, 60), True)):
        phase = Phase(0.0, 200.0, 4.4, True, second)
        (state,) = hall.states_at([phase], [200.0])
        first, other, waiting = hall.means(state)
        assert waiting == pytest.approx(4.4 * wait, rel=1e-9)
        assert first + other == pytest.approx(4.4 * (1.0 - reneged), rel=1e-9)
    hall = Hall(4, 0, 1.0, 0.5, 60)
    day = [Phase(0.0, 100.0, 4.4, True, False), Phase(100.0, 200.0, 4.4, True, False)]
    total, short = hall.waiting_minutes(day), hall.waiting_minutes(day[:1])
    assert total - short == pytest.approx(100.0 * 4.4 * wait, rel=1e-9)


def test_who_is_busy_when_the_second_shift_goes_finishes_and_takes_nobody() -> None:
    """Without arrivals the busy officers of a shift that has gone fade at their service rate, whoever waits."""
    hall = Hall(first=1, second=2, service=0.1, impatience=1e-9, most_waiting=40)
    filling, gone = Phase(0.0, 60.0, 1.0, True, True), Phase(60.0, 100.0, 0.0, True, False)
    before, after = (hall.means(state) for state in hall.states_at([filling, gone], [60.0, 70.0]))
    assert before[2] > 10.0
    assert after[1] == pytest.approx(before[1] * math.exp(-1.0), rel=1e-9)
    assert after[0] == pytest.approx(before[0], rel=1e-2)


def test_three_stations_have_the_published_throughput_and_less_elsewhere() -> None:
    assert three_station_throughput((6.0, 7.0, 7.0), (12, 8)) == pytest.approx(5.776, abs=5e-4)
    for rates, places in (((7.0, 7.0, 6.0), (8, 12)), ((6.0, 7.0, 7.0), (11, 9)), ((6.0, 8.0, 6.0), (12, 8))):
        assert three_station_throughput(rates, places) <= three_station_throughput((6.0, 7.0, 7.0), (12, 8)) + 1e-9
    # With room without end at a fast last station it is the first one alone; with one place each, the line of 1956.
    assert three_station_throughput((1.0, 30.0, 30.0), (30, 30)) == pytest.approx(1.0, rel=1e-6)
    assert three_station_throughput((1.0, 1.0, 1.0), (1, 1)) == pytest.approx(22 / 39, rel=1e-9)
