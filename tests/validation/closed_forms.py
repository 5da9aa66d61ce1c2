"""Closed forms of queueing theory, each with its source; ``test_closed_forms.py`` holds each to a second one.

Rates are per minute and times in minutes. ``arrival`` is λ, ``service`` μ of one server, ``servers`` c, ρ = λ / (c μ).
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence

import numpy as np
from scipy.optimize import brentq
from scipy.special import gammainc, gammaln
from scipy.stats import norm, poisson


def erlang_b(servers: int, offered: float) -> float:
    """Share of customers lost in M/M/c/c with ``offered`` = λ / μ.

    Erlang, *Elektroteknikeren* 13 (1917); by the recursion in the number of servers: Gross, Shortle, Thompson and
    Harris, *Fundamentals of Queueing Theory*, 4th ed. (2008), section 2.4.
    """
    lost = 1.0
    for servers_so_far in range(1, servers + 1):
        lost = offered * lost / (servers_so_far + offered * lost)
    return lost


def erlang_c(servers: int, offered: float) -> float:
    """Share of customers who wait in M/M/c, from Erlang B: Gross et al., section 2.4."""
    lost = erlang_b(servers, offered)
    return lost / (1.0 - offered / servers * (1.0 - lost))


def mmc_wait(servers: int, arrival: float, service: float) -> float:
    """Mean wait in M/M/c: C / (c μ - λ). Gross et al., section 2.3."""
    return erlang_c(servers, arrival / service) / (servers * service - arrival)


def mg1_wait(arrival: float, mean: float, cv: float) -> float:
    """Mean wait in M/G/1: λ E[S²] / (2 (1 - ρ)), the formula of Pollaczek (1930) and Khinchine (1932).

    Gross et al., section 5.1.1; E[S²] = mean² (1 + cv²).
    """
    return arrival * mean**2 * (1.0 + cv**2) / (2.0 * (1.0 - arrival * mean))


def jackson_waits(
    external: Sequence[float], routing: Sequence[Sequence[float]], servers: Sequence[int], service: Sequence[float]
) -> tuple[list[float], list[float]]:
    """Arrival rates at the nodes of an open network, and the mean wait of a visit to each.

    ``routing[i][j]`` is the share of visits to i that go on to j. The rates solve the traffic equations, and each node
    is as M/M/c alone: Jackson, *Operations Research* 5 (1957) 518-521.
    """
    transposed = np.eye(len(external)) - np.array(routing).T
    rates = [float(rate) for rate in np.linalg.solve(transposed, np.array(external))]
    return rates, [mmc_wait(c, rate, mu) for c, rate, mu in zip(servers, rates, service, strict=True)]


def erlang_a(servers: int, arrival: float, service: float, impatience: float) -> tuple[float, float]:
    """Share of customers who renege in M/M/c+M, and the mean wait of all of them, served or not.

    Patience is exponential with rate ``impatience``, θ. Garnett, Mandelbaum and Reiman, *Manufacturing & Service
    Operations Management* 4 (2002) 208-227, after Palm: with x = c μ / θ, y = λ / θ and A = x e^y y^-x γ(x, y), the
    wait is positive with probability A B / (1 + (A - 1) B), B being Erlang B; of those, 1 / (ρ A) + 1 - 1 / ρ renege.
    """
    x, y, load = servers * service / impatience, arrival / impatience, arrival / (servers * service)
    a = math.exp(math.log(x) + y - x * math.log(y) + float(gammaln(x))) * float(gammainc(x, y))
    lost = erlang_b(servers, arrival / service)
    waits = a * lost / (1.0 + (a - 1.0) * lost)
    reneged = waits * (1.0 / (load * a) + 1.0 - 1.0 / load)
    return reneged, reneged / impatience


def priority_waits(arrivals: Sequence[float], means: Sequence[float], cvs: Sequence[float]) -> list[float]:
    """Mean wait of each class in M/G/1 with non-preemptive priorities, the first class served first.

    W_k = Σ λ_i E[S_i²] / 2 / ((1 - σ_(k-1)) (1 - σ_k)), σ_k the load of the first k classes: Cobham, *Operations
    Research* 2 (1954) 70-76.
    """
    residual = sum(rate * mean**2 * (1.0 + cv**2) / 2.0 for rate, mean, cv in zip(arrivals, means, cvs, strict=True))
    waits, before = [], 0.0
    for rate, mean in zip(arrivals, means, strict=True):
        upto = before + rate * mean
        waits.append(residual / ((1.0 - before) * (1.0 - upto)))
        before = upto
    return waits


def priority_waits_many_servers(servers: int, arrivals: Sequence[float], service: float) -> list[float]:
    """Mean wait of each class in M/M/c with non-preemptive priorities and one service rate.

    C / (c μ) / ((1 - σ_(k-1)) (1 - σ_k)): Cobham, as above, section on several channels.
    """
    waiting = erlang_c(servers, sum(arrivals) / service) / (servers * service)
    waits, before = [], 0.0
    for rate in arrivals:
        upto = before + rate / (servers * service)
        waits.append(waiting / ((1.0 - before) * (1.0 - upto)))
        before = upto
    return waits


def fork_join_time(arrival: float, service: float) -> float:
    """Mean time until both halves of a job are done, each at an M/M/1 queue of its own: (12 - ρ) / 8 · 1 / (μ - λ).

    Flatto and Hahn, *SIAM Journal on Applied Mathematics* 44 (1984) 1041-1053, in the form of Nelson and Tantawi, *IEEE
    Transactions on Computers* 37 (1988) 739-743.
    """
    return (12.0 - arrival / service) / 8.0 / (service - arrival)


def relaxation_customers(load: float) -> float:
    """The relaxation time of M/M/1 in customers: λ / (μ (1 - √ρ)²).

    From empty, the distance of E L(t) from its limit is at most its e^(-t / relaxation time)-th part: Abate and Whitt,
    *Queueing Systems* 2 (1987) 41-65.
    """
    return load / (1.0 - math.sqrt(load)) ** 2


def gim1_wait(transform: Callable[[float], float], service: float) -> float:
    """Mean wait in GI/M/1: σ / (μ (1 - σ)), where σ = A*(μ (1 - σ)) inside (0, 1).

    ``transform`` is A*, the Laplace-Stieltjes transform of the time between arrivals. Kendall, *Annals of Mathematical
    Statistics* 24 (1953) 338-354; Gross et al., section 5.3.1.
    """
    sigma = float(brentq(lambda x: x - transform(service * (1.0 - x)), 1e-12, 1.0 - 1e-7, xtol=1e-15))
    return sigma / (service * (1.0 - sigma))


def mdc_wait(servers: int, arrival: float, time: float) -> float:
    """Mean wait in M/D/c: D Σ_k (P(N_k >= kc) - P(N_k > kc) c / a), N_k Poisson with mean k a, a = λ D.

    Crommelin, *Post Office Electrical Engineers' Journal* 25 (1932) 41-50, after Pollaczek; k from 1 on.
    """
    offered = arrival * time
    total, k = 0.0, 0
    while True:
        k += 1
        at_least, more = (float(poisson.sf(k * servers - first, k * offered)) for first in (1, 0))
        term = at_least - more * servers / offered
        total += term
        if k > 10 and abs(term) < 1e-15 * total:
            return total * time


def mmck(servers: int, arrival: float, service: float, most: int) -> tuple[float, float]:
    """Share of customers turned away in M/M/c/K, at most ``most`` = K of them inside, and the mean wait of the others.

    Gross et al., section 2.5. With K = c it is Erlang's loss formula.
    """
    weights = [1.0]
    for n in range(1, most + 1):
        weights.append(weights[-1] * arrival / (min(n, servers) * service))
    total = math.fsum(weights)
    queue = math.fsum((n - servers) * weight for n, weight in enumerate(weights) if n > servers) / total
    lost = weights[most] / total
    return lost, queue / (arrival * (1.0 - lost))


def machine_repair(machines: int, repairers: int, breakdown: float, repair: float) -> tuple[float, float]:
    """Machines waiting for repair on average, and the share of the repairers' time that is spent on it.

    Each running machine breaks down at rate ``breakdown``: Palm, *Industritidningen Norden* 75 (1947); Gross et al.,
    section 2.7.
    """
    weights = [1.0]
    for broken in range(1, machines + 1):
        rate = (machines - broken + 1) * breakdown / (min(broken, repairers) * repair)
        weights.append(weights[-1] * rate)
    total = math.fsum(weights)
    waiting = math.fsum(max(0, n - repairers) * weight for n, weight in enumerate(weights)) / total
    busy = math.fsum(min(n, repairers) * weight for n, weight in enumerate(weights)) / total
    return waiting, busy / repairers


def lognormal_limited(mean: float, cv: float, limit: float) -> float:
    """E min(S, limit) of a lognormal S, the integral of P(S > u) up to the limit."""
    if limit <= 0.0:
        return 0.0
    variance = math.log(1.0 + cv**2)
    sigma, mu = math.sqrt(variance), math.log(mean) - variance / 2.0
    place = (math.log(limit) - mu) / sigma
    return mean * float(norm.cdf(place - sigma)) + limit * float(norm.sf(place))


def customers_in_mtginf(
    rates: Sequence[tuple[float, float, float]], limited: Callable[[float], float], instant: float
) -> float:
    """Mean number in M_t/G/∞ at an instant: ∫ λ(t - u) P(S > u) du. ``rates`` are (from, to, arrivals a minute).

    Eick, Massey and Whitt, *Operations Research* 41 (1993) 731-742; the number is Poisson. ``limited(x)`` is
    E min(S, x), 0 for negative x.
    """
    return math.fsum(rate * (limited(instant - start) - limited(instant - end)) for start, end, rate in rates)


LineState = tuple[int, int, int, int]
"""Whether the first station is blocked, cases at the second, whether that is blocked, cases at the third."""


def three_station_throughput(rates: tuple[float, float, float], places: tuple[int, int]) -> float:
    """Cases a minute through a line of three single servers that never lacks work at the first.

    ``places`` are those at the second and third station, served one included; who is done and finds none stays where he
    is and blocks that server. By its Markov chain. The best of all ways to share out 20 services a minute and 20 places
    is 5.776, at (6, 7, 7) and (12, 8): Buchholz and Thümmler, *Winter Simulation Conference* (2005); Pichitlamken,
    Nelson and Hong, *European Journal of Operational Research* 173 (2006) 283-298.
    """

    def settled(blocked: int, second: int, blocked_there: int, third: int) -> LineState:
        if blocked_there and third < places[1]:
            blocked_there, second, third = 0, second - 1, third + 1
        if blocked and second < places[0]:
            blocked, second = 0, second + 1
        return blocked, second, blocked_there, third

    def moves(state: LineState) -> Iterator[tuple[LineState, float]]:
        blocked, second, blocked_there, third = state
        if not blocked:
            yield settled(1, second, blocked_there, third), rates[0]
        if second and not blocked_there:
            yield settled(blocked, second, 1, third), rates[1]
        if third:
            yield settled(blocked, second, blocked_there, third - 1), rates[2]

    number: dict[LineState, int] = {(0, 0, 0, 0): 0}
    states = [(0, 0, 0, 0)]
    edges: list[tuple[int, int, float]] = []
    for state in states:
        for target, rate in moves(state):
            if target not in number:
                number[target] = len(states)
                states.append(target)
            edges += [(number[target], number[state], rate), (number[state], number[state], -rate)]
    balance = np.zeros((len(states), len(states)))
    for row, column, rate in edges:
        balance[row, column] += rate
    balance[0] = 1.0  # one equation follows from the others; the shares add up to 1
    shares = np.linalg.solve(balance, np.eye(len(states))[0])
    return rates[2] * float(sum(share for share, state in zip(shares, states, strict=True) if state[3]))
