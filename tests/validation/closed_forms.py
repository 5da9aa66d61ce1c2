"""Closed forms of queueing theory, each with its source; ``test_closed_forms.py`` holds each to a second one.

Rates are per minute and times in minutes. ``arrival`` is λ, ``service`` μ of one server, ``servers`` c, ρ = λ / (c μ).
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
from scipy.special import gammainc, gammaln


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
