"""The queueing formulas that guide the search, against closed forms and an independent integration."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import lognorm, norm

from simgov.optimize import queueing

FOREVER = (1e7, 2e7)


def erlang_c_by_sum(servers: int, load: float) -> float:
    terms = [load**k / math.factorial(k) for k in range(servers)]
    last = load**servers / math.factorial(servers) * servers / (servers - load)
    return last / (sum(terms) + last)


@pytest.mark.parametrize(("servers", "load"), [(1, 0.5), (3, 2.4), (5, 4.0), (12, 11.0)])
def test_probability_of_waiting_is_erlangs(servers: int, load: float) -> None:
    found = queueing.erlang_c(np.array([float(servers)]), np.array([load]))[0]
    assert found == pytest.approx(erlang_c_by_sum(servers, load), rel=1e-12)


def test_waiting_probability_falls_with_fractional_servers_and_is_one_when_full() -> None:
    servers = np.array([4.0, 4.5, 5.0, 5.5, 6.0])
    waits = queueing.erlang_c(servers, np.full(5, 3.9))
    assert np.all(np.diff(waits) < 0)
    assert queueing.erlang_c(np.array([3.0, 3.0]), np.array([3.0, 5.0])).tolist() == [1.0, 1.0]
    assert queueing.erlang_c(np.array([2.0]), np.array([0.0]))[0] == 0.0


@pytest.mark.parametrize(("drift", "variance", "horizon"), [(-1.0, 1.0, 2.0), (0.5, 2.0, 3.0), (-0.2, 1.0, 30.0)])
def test_mean_of_the_highest_point_is_the_integral_of_its_tail(drift: float, variance: float, horizon: float) -> None:
    spread = math.sqrt(variance * horizon)

    def tail(x: float) -> float:
        reflected = math.exp(2 * drift * x / variance) * norm.cdf((-x - drift * horizon) / spread)
        return float(norm.cdf((drift * horizon - x) / spread) + reflected)

    found = queueing.mean_highest(np.array([drift]), np.array([variance]), np.array([horizon]))[0]
    assert found == pytest.approx(quad(tail, 0, 150, limit=400)[0], rel=1e-8)


def test_station_of_a_long_run_waits_as_in_m_m_c() -> None:
    servers, load, work = np.array([5.0]), np.array([4.0]), np.array([10.0])
    waits = queueing.station_waits(servers, load, work, np.array([2.0]), FOREVER)
    assert waits.mean[0] == pytest.approx(erlang_c_by_sum(5, 4.0) * 10.0 / (5 - 4.0), rel=1e-6)


def test_station_of_a_short_run_waits_less_and_overload_grows_with_time() -> None:
    servers, load, work, variability = np.array([5.0]), np.array([4.9]), np.array([10.0]), np.array([2.0])
    short = queueing.station_waits(servers, load, work, variability, (0.0, 500.0)).mean[0]
    assert short < 0.5 * queueing.station_waits(servers, load, work, variability, FOREVER).mean[0]
    over = np.array([6.0])
    early = queueing.station_waits(servers, over, work, variability, (0.0, 500.0)).mean[0]
    late = queueing.station_waits(servers, over, work, variability, (0.0, 5000.0)).mean[0]
    # One server's work too much each minute: after t minutes the newest waits t / 5, on average half of that.
    assert late == pytest.approx(5000 / 5 / 2, rel=0.1)
    assert early < late / 5


def test_departures_of_a_markovian_station_are_poisson_again() -> None:
    routing = np.array([[0.0, 1.0], [0.0, 0.0]])
    scv = queueing.arrival_variability(
        np.array([[0.8, 0.6]]), np.array([[1.0, 1.0]]), np.array([1.0, 1.0]), routing, routing, np.array([1.0, 0.0])
    )
    assert scv[0] == pytest.approx([1.0, 1.0], abs=1e-9)


def test_regular_work_makes_regular_departures_the_more_so_the_busier_the_station() -> None:
    routing = np.array([[0.0, 1.0], [0.0, 0.0]])
    scv = queueing.arrival_variability(
        np.array([[0.95, 0.6], [0.3, 0.6]]), np.ones((2, 2)), np.array([0.2, 1.0]), routing, routing, np.array([1.0, 0])
    )
    assert scv[0, 1] < 0.4 < 0.85 < scv[1, 1] < 1.0


def test_lognormal_quantile_and_share() -> None:
    mean, cv = 30.0, 0.7
    sigma = math.sqrt(math.log1p(cv**2))
    expected = lognorm(s=sigma, scale=mean / math.sqrt(1 + cv**2)).ppf(0.9)
    found = queueing.lognormal_quantile(np.array([mean]), np.array([(mean * cv) ** 2]), 0.9)[0]
    assert found == pytest.approx(expected, rel=1e-10)
    share = queueing.lognormal_share_below(np.array([mean]), np.array([(mean * cv) ** 2]), float(expected))[0]
    assert share == pytest.approx(0.9, rel=1e-9)


def test_later_of_two_equal_normals() -> None:
    mean, variance = queueing.later_of((np.array([10.0]), np.array([4.0])), (np.array([10.0]), np.array([4.0])))
    assert mean[0] == pytest.approx(10 + 2 / math.sqrt(math.pi), rel=1e-9)
    assert variance[0] == pytest.approx(4 * (1 - 1 / math.pi), rel=1e-9)


def test_counter_with_steady_arrivals_waits_nearly_as_in_m_m_c_and_more_staff_helps() -> None:
    days, slots = 1, 600
    servers = np.full((3, days, slots), 0.0) + np.array([10, 11, 13])[:, None, None]
    waits = queueing.day_waits(np.full((days, slots), 0.9), servers, 10.0, 1.0, 5.0)
    stationary = erlang_c_by_sum(10, 9.0) * 10.0 / (10 - 9.0)
    assert waits.mean[0] == pytest.approx(stationary, rel=0.35)
    assert np.all(np.diff(waits.mean) < 0)
    assert np.all(np.diff(queueing.between(waits.above, 5.0)) < 0)


def test_shares_and_quantiles_of_waits_are_read_off_the_grid_and_back() -> None:
    above = np.exp(-queueing.WAIT_GRID[None, :] / np.array([[5.0], [12.0]]))
    assert queueing.between(above, 8.5) == pytest.approx(np.exp([-8.5 / 5, -8.5 / 12]), rel=0.02)
    quantiles = queueing.first_at_most(above, 0.1)
    assert quantiles == pytest.approx(np.array([5.0, 12.0]) * math.log(10), rel=0.02)
    assert queueing.first_at_most(np.full((1, len(queueing.WAIT_GRID)), 0.5), 0.1)[0] == queueing.WAIT_GRID[-1]


def test_counter_overloaded_in_the_morning_waits_most_then() -> None:
    rates = np.zeros((1, 96))
    rates[0, :24], rates[0, 24:] = 1.5, 0.4
    servers = np.full((1, 1, 96), 10.0)
    peak = queueing.day_waits(rates, servers, 10.0, 0.5, 5.0)
    even = queueing.day_waits(np.full((1, 96), rates.mean()), servers, 10.0, 0.5, 5.0)
    # Five more come each minute than can be served for two hours: a backlog of 60 takes an hour to serve.
    assert peak.mean[0] > 15.0 > 5 * even.mean[0]
