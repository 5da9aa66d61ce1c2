"""Telling an effect from noise: the level is held, the power is reached and the interval of the weeks holds what it
says, also where one week has to do with the next. The noise is drawn from processes whose truth is known."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm

from simgov.arrays import Floats
from simgov.optimize import telling
from simgov.optimize.telling import LEVEL, Trials, Weeks, chance_limit, share_seen, weeks_needed

LONGEST = 40


def weekly(generator: np.random.Generator, count: int, memory: float) -> Floats:
    """Means over the first 1, 2, ... weeks of a stationary autoregression of variance 1: float64[count, LONGEST]."""
    fresh = generator.normal(size=(count, LONGEST))
    week = np.empty_like(fresh)
    week[:, 0] = fresh[:, 0]
    for n in range(1, LONGEST):
        week[:, n] = memory * week[:, n - 1] + math.sqrt(1.0 - memory**2) * fresh[:, n]
    return np.asarray(np.cumsum(week, axis=1) / np.arange(1, LONGEST + 1))


def spread(weeks: int, memory: float) -> float:
    """The standard deviation of such a mean (Box, Jenkins, Reinsel and Ljung, Time Series Analysis, 2.1)."""
    lag = np.arange(1, weeks)
    return math.sqrt((1.0 + 2.0 * float(np.sum((1.0 - lag / weeks) * memory**lag))) / weeks)


def truth(effect: float, memory: float, level: float, power: float = 0.8) -> int:
    """The fewest weeks by the normal distribution: all about these means is known."""
    for weeks in range(1, LONGEST + 1):
        pair = math.sqrt(2.0) * spread(weeks, memory)
        if norm.sf(norm.isf(level / 2.0) - effect / pair) >= power:
            return weeks
    raise AssertionError("too short")


def trials(before: Floats, after: Floats) -> Trials:
    return lambda weeks: (before[:, weeks - 1], after[:, weeks - 1])


@pytest.mark.parametrize("memory", [0.0, 0.6])
def test_the_level_is_held_in_19_of_20_cases(memory: float) -> None:
    """Of 400 limits, each from 100 trials of 8 weeks, how many raise a false alarm more often than they may."""
    generator = np.random.default_rng([11, round(10 * memory)])
    limits = [chance_limit(weekly(generator, 100, memory)[:, 7]) for _ in range(400)]
    alarms = 2.0 * norm.sf(np.array(limits) / (math.sqrt(2.0) * spread(8, memory)))
    held = float(np.mean(alarms <= LEVEL))
    assert held >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / 400)
    assert float(np.mean(alarms)) > 0.4 * LEVEL  # and not because nothing is ever seen


def test_weeks_that_have_to_do_with_each_other_are_not_taken_for_independent() -> None:
    """The usual formula for independent weeks says 7; the truth is three times that."""
    effect, memory = 1.5, 0.5
    assert math.ceil(2.0 * (norm.isf(0.025) + norm.isf(0.2)) ** 2 / effect**2) == 7
    generator = np.random.default_rng(5)
    before, after = weekly(generator, 300, memory), effect + weekly(generator, 300, memory)
    found = weeks_needed(trials(before, after), LONGEST, 0.8, 1)
    assert found.low is not None
    assert found.fewest is not None
    assert found.high is not None
    assert 2 * 7 < found.low <= truth(effect, memory, LEVEL) <= found.high
    seen, error = share_seen(*trials(before, after)(found.fewest), chance_limit(before[:, found.fewest - 1]), effect)
    pair = math.sqrt(2.0) * spread(found.fewest, memory)
    expected = norm.sf((chance_limit(before[:, found.fewest - 1]) - effect) / pair)
    assert abs(seen - expected) <= 3.0 * error


def test_the_interval_holds_the_weeks_that_are_truly_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(telling, "RESAMPLES", 60)
    generator = np.random.default_rng(8)
    needed, inside = truth(1.5, 0.3, LEVEL), 0
    for seed in range(30):
        before, after = weekly(generator, 60, 0.3), 1.5 + weekly(generator, 60, 0.3)
        found = weeks_needed(trials(before, after), LONGEST, 0.8, seed)
        inside += (found.low or LONGEST + 1) <= needed <= (found.high or LONGEST + 1)
    assert inside / 30 >= 0.95 - 3.0 * math.sqrt(0.95 * 0.05 / 30)


def test_no_more_false_alarms_where_a_measure_jumps() -> None:
    """20 days in most pilots, 21 in some: the limit by the normal distribution would lie below one day."""
    generator = np.random.default_rng(3)
    days = 20.0 + (generator.random((2, 20_000)) < 0.1)
    limit = chance_limit(days[0, :400])
    assert limit >= 1.0
    assert float((np.abs(days[0] - days[1]) > limit).mean()) <= LEVEL


def test_shares_of_pairs_one_by_one() -> None:
    """Pairs in which there was nothing to measure show nothing."""
    generator = np.random.default_rng(4)
    before, after = np.round(generator.normal(size=(2, 30)), 1)
    before[3] = after[5] = math.nan
    pairs = [float(b - a) for a in before for b in after]
    for sign, seen in (
        (0.0, [abs(gap) > 0.65 for gap in pairs]),
        (1.0, [gap > 0.65 for gap in pairs]),
        (-1.0, [gap < -0.65 for gap in pairs]),
    ):
        assert share_seen(before, after, 0.65, sign)[0] == pytest.approx(np.mean(seen))


def test_too_little_to_tell_anything() -> None:
    empty, one = np.full(9, math.nan), np.ones(9)
    assert chance_limit(empty) == math.inf
    assert weeks_needed(lambda weeks: (empty, empty), 4, 0.8, 1) == Weeks(None, None, None)
    assert weeks_needed(lambda weeks: (one, one), 4, 0.8, 1) == Weeks(None, None, None)
    assert weeks_needed(lambda weeks: (one, 2.0 * one), 4, 0.8, 1) == Weeks(1, 1, 1)
