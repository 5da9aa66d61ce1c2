"""Queueing formulas that tell the search where to look. All of them work on arrays, elementwise.

They are approximations and are trusted with nothing: see ``guide``. Times are minutes in which the station is staffed;
``load`` is offered work per minute (how many servers would be busy, were there enough); ``servers`` may be fractional,
where shifts change the number over the day.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy.special import ndtr, ndtri

from simgov.arrays import Floats

LEAST_DRIFT = 1e-6
HORIZON_NODES = np.array([0.05, 0.25, 0.5, 0.75, 0.95])
VARIABILITY_ROUNDS, SETTLED = 12, 1e-4


def erlang_c(servers: Floats, load: Floats) -> Floats:
    """Probability that an arrival waits in M/M/c; 1 where the load reaches the servers.

    By the recursion of Erlang's loss formula (Cooper, *Introduction to Queueing Theory*, 1981); between whole numbers
    of servers the loss is interpolated geometrically.
    """
    servers, load = np.broadcast_arrays(np.asarray(servers, float), np.asarray(load, float))
    whole = np.floor(servers)
    loss = np.ones(servers.shape)
    lower, upper = loss, loss
    for k in range(1, int(whole.max(initial=0.0)) + 2):
        loss = load * loss / (k + load * loss)
        lower = np.where(whole == k, loss, lower)
        upper = np.where(whole + 1 == k, loss, upper)
    tiny = np.finfo(float).tiny
    fraction = servers - whole
    blocked = np.maximum(lower, tiny) ** (1.0 - fraction) * np.maximum(upper, tiny) ** fraction
    free = np.maximum(servers - load, 0.0)
    waits = servers * blocked / np.maximum(free + load * blocked, tiny)
    return np.where(load <= 0, 0.0, np.where(free <= 0, 1.0, np.minimum(waits, 1.0)))


def mean_highest(drift: Floats, variance: Floats, horizon: Floats) -> Floats:
    """Mean of the highest point of a Brownian motion over ``horizon`` minutes.

    It is the mean workload of a station that started empty, because reflected Brownian motion has the law of that
    maximum (Harrison, *Brownian Motion and Stochastic Flow Systems*, 1985, ch. 1). For negative drift it grows to
    variance / (2 |drift|); for positive drift it grows for ever.
    """
    drift = np.where(np.abs(drift) < LEAST_DRIFT, -LEAST_DRIFT, drift)
    spread = np.sqrt(np.maximum(variance, 1e-12) * np.maximum(horizon, 1e-9))
    z = drift * horizon / spread
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    return np.asarray(spread * (z * ndtr(z) + density) + variance / (2.0 * drift) * (2.0 * ndtr(z) - 1.0))


@dataclass(frozen=True)
class Waits:
    """Waiting at stations, one element for each: probability to wait, mean and variance of the wait."""

    probability: Floats
    mean: Floats
    variance: Floats


def station_waits(
    servers: Floats, load: Floats, work: Floats, variability: Floats, horizon: tuple[float, float]
) -> Waits:
    """Waits at GI/G/c stations of a run that starts empty and measures between the two minutes of ``horizon``.

    Allen-Cunneen's formula (Allen, *Probability, Statistics and Queueing Theory*, 1990), with the workload of a
    Brownian station in place of its stationary limit, so that it holds for short runs and overload too. ``work`` is the
    mean work of a visit, ``variability`` the squared cv of arrivals plus that of work.
    """
    servers = np.maximum(servers, 1e-3)
    utilisation = load / servers
    probability = erlang_c(servers, load)
    spread = load * work * variability
    times = horizon[0] + HORIZON_NODES * (horizon[1] - horizon[0])
    workload = np.mean([mean_highest(load - servers, spread, t) for t in times], axis=0)
    mean = probability / np.clip(utilisation, 1e-9, 1.0) * workload / servers
    # Given that one waits, the wait is taken as exponential.
    variance = mean**2 * np.maximum(2.0 / np.maximum(probability, 1e-9) - 1.0, 0.0)
    return Waits(probability, mean, np.minimum(variance, 1e18))


def arrival_variability(
    utilisation: Floats, servers: Floats, service_scv: Floats, routing: Floats, splitting: Floats, outside: Floats
) -> Floats:
    """Squared cv of the arrivals at each station of a network, float64[designs, stations].

    Whitt's Queueing Network Analyzer (Bell System Technical Journal 62, 1983, eqs. 24-33): ``routing[i, j]`` is the
    share of the arrivals at j that come from i, ``splitting[i, j]`` the share of i's departures that go to j,
    ``outside[j]`` the share of arrivals at j that come as a Poisson stream.
    """
    full = np.clip(utilisation, 0.0, 1.0)
    sources = outside**2 + (routing**2).sum(axis=0)
    weight = 1.0 / (1.0 + 4.0 * (1.0 - full) ** 2 * (1.0 / np.maximum(sources, 1e-9) - 1.0))
    # Departures of i: 1 + (1 - rho^2)(arrivals - 1) + rho^2 (max(scv, 0.2) - 1) / sqrt(servers), then split.
    steady = full**2 * (np.maximum(service_scv, 0.2) - 1.0) / np.sqrt(np.maximum(servers, 1.0))
    passed = 1.0 - full**2
    scv = np.ones_like(full)
    for _ in range(VARIABILITY_ROUNDS):
        leaving = passed * (scv - 1.0) + steady
        updated = 1.0 + weight * (leaving @ (routing * splitting))
        if (np.abs(updated - scv) <= SETTLED).all():
            break
        scv = updated
    return np.maximum(scv, 0.05)


def lognormal_quantile(mean: Floats, variance: Floats, probability: float) -> Floats:
    """The quantile of the lognormal distribution of that mean and variance."""
    squares = np.log1p(np.maximum(variance, 0.0) / np.maximum(mean, 1e-12) ** 2)
    return np.asarray(mean * np.exp(ndtri(probability) * np.sqrt(squares) - 0.5 * squares))


def lognormal_share_below(mean: Floats, variance: Floats, limit: float) -> Floats:
    """Probability that the lognormal variable of that mean and variance is at most ``limit``."""
    squares = np.maximum(np.log1p(np.maximum(variance, 0.0) / np.maximum(mean, 1e-12) ** 2), 1e-9)
    center = np.log(np.maximum(mean, 1e-12)) - 0.5 * squares
    return np.asarray(ndtr((np.log(max(limit, 1e-12)) - center) / np.sqrt(squares)))


def later_of(first: tuple[Floats, Floats], second: tuple[Floats, Floats]) -> tuple[Floats, Floats]:
    """Mean and variance of the later of two independent times, taken as normal (Clark, Operations Research 9, 1961)."""
    (mean_1, variance_1), (mean_2, variance_2) = first, second
    spread = np.sqrt(np.maximum(variance_1 + variance_2, 1e-12))
    z = (mean_1 - mean_2) / spread
    density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
    mean = mean_1 * ndtr(z) + mean_2 * ndtr(-z) + spread * density
    square = (
        (mean_1**2 + variance_1) * ndtr(z) + (mean_2**2 + variance_2) * ndtr(-z) + (mean_1 + mean_2) * spread * density
    )
    return mean, np.maximum(square - mean**2, 0.0)


@dataclass(frozen=True)
class DayWaits:
    """Waits over a week of days, float64[levels]: mean and second moment over arrivals.

    ``above[level, k]`` is the share of arrivals that waits longer than ``WAIT_GRID[k]`` minutes.
    """

    mean: Floats
    square: Floats
    above: Floats


WAIT_GRID = np.concatenate((np.arange(0.0, 20.0, 1.0), np.arange(20.0, 60.0, 2.5), np.arange(60.0, 481.0, 15.0)))


def day_waits(
    rates: Floats, servers: Floats, work: float, service_scv: float, step: float, giving_up: float = 0.0
) -> DayWaits:
    """Waits at a counter whose arrivals and staff change over the day.

    ``rates`` float64[days, slots] are arrivals per minute in slots of ``step`` minutes, ``servers``
    float64[levels, days, slots] who is there. Each day starts empty. The number present is taken as normal, with the
    mean and variance that the balance of arrivals and departures gives (Rothkopf and Oren, Management Science 25, 1979;
    Massey and Pender, Queueing Systems 75, 2013); departures carry the variability of the work. Who queues
    gives up at the rate ``giving_up`` per minute.
    """
    levels, days, slots = servers.shape
    mean, variance = np.full((levels, days), 0.01), np.full((levels, days), 0.01)
    arrived = max(float(rates.sum()), 1e-12)
    total, square = np.zeros(levels), np.zeros(levels)
    above = np.zeros((levels, len(WAIT_GRID)))
    rate_of_work = 1.0 / max(work, 1e-9)
    for slot in range(slots):
        here = servers[:, :, slot]
        soon = np.maximum(servers[:, :, slot : slot + max(1, round(30.0 / step))].mean(axis=2), 1e-3)
        weights = rates[:, slot] / arrived
        spread = np.sqrt(variance)
        if weights.any():
            ahead = mean - soon + 1.0
            z = ahead / spread
            density = np.exp(-0.5 * z * z) / np.sqrt(2.0 * np.pi)
            excess = ahead * ndtr(z) + spread * density
            excess_square = (ahead**2 + variance) * ndtr(z) + ahead * spread * density
            pace = soon * rate_of_work
            total += (excess / pace) @ weights
            square += (excess_square / pace**2) @ weights
            beyond = ndtr((ahead[:, :, None] - WAIT_GRID * pace[:, :, None]) / spread[:, :, None])
            above += np.einsum("ldk,d->lk", beyond, weights)
        u = (here - mean) / spread
        idle = (here - mean) * ndtr(u) + spread * np.exp(-0.5 * u * u) / np.sqrt(2.0 * np.pi)
        busy = np.clip(here - idle, 0.0, np.maximum(mean, 0.0))
        leaving = rate_of_work * busy + np.maximum(mean - busy, 0.0) * giving_up
        growth = rates[:, slot] + service_scv * leaving - 2.0 * rate_of_work * variance * ndtr(u)
        mean = np.maximum(mean + step * (rates[:, slot] - leaving), 0.01)
        variance = np.maximum(variance + step * growth, 0.01)
    return DayWaits(total, square, above)


def between(above: Floats, limit: float) -> Floats:
    """Share of waits longer than ``limit`` minutes, from rows of shares at the points of ``WAIT_GRID``."""
    upper = int(np.clip(np.searchsorted(WAIT_GRID, limit), 1, len(WAIT_GRID) - 1))
    place = np.clip((limit - WAIT_GRID[upper - 1]) / (WAIT_GRID[upper] - WAIT_GRID[upper - 1]), 0.0, 1.0)
    return np.asarray((1.0 - place) * above[:, upper - 1] + place * above[:, upper])


def first_at_most(above: Floats, share: float) -> Floats:
    """For each row of shares at the points of ``WAIT_GRID``, the wait that no more than ``share`` exceed."""
    enough = above <= share
    upper = np.where(enough.any(axis=1), enough.argmax(axis=1), above.shape[1] - 1)
    lower = np.maximum(upper - 1, 0)
    rows = np.arange(len(above))
    drop = np.maximum(above[rows, lower] - above[rows, upper], 1e-12)
    place = np.clip((above[rows, lower] - share) / drop, 0.0, 1.0)
    return np.asarray(WAIT_GRID[lower] + place * (WAIT_GRID[upper] - WAIT_GRID[lower]))
