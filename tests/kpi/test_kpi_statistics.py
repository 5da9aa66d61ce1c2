"""Pooled quantiles against brute force, and intervals that cover."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import norm
from scipy.stats import t as student

from simgov.kpi.statistics import (
    Estimate,
    Sample,
    counted,
    group_count,
    groups,
    jackknife_half_width,
    joined,
    mean,
    mean_estimate,
    none_censored,
    pooled_quantile,
    quantiles,
    rank,
)


def samples(rng: np.random.Generator, sizes: list[int], whole: bool) -> list[Sample]:
    drawn = [rng.exponential(10.0, size) for size in sizes]
    return [Sample(np.ceil(values) if whole else values, np.zeros(len(values), np.bool_)) for values in drawn]


@pytest.mark.parametrize("whole", [False, True])
@pytest.mark.parametrize("percent", [50, 90, 95])
@pytest.mark.parametrize("sizes", [[1], [5, 7], [3, 0, 9, 1], [0, 0], [40] * 70, [300, 2, 1, 80] * 10])
def test_pooled_quantiles_equal_those_of_sorting_everything(sizes: list[int], percent: int, whole: bool) -> None:
    drawn = samples(np.random.default_rng(sum(sizes) + percent), sizes, whole)
    pooled = pooled_quantile(drawn, percent)

    def plain(kept: list[Sample]) -> float:
        values = np.sort(np.concatenate([one.values for one in kept] + [np.empty(0)]))
        return float(values[rank(percent, len(values)) - 1]) if len(values) else math.nan

    assert np.array_equal([pooled.value], [plain(drawn)], equal_nan=True)
    for group, without in enumerate(pooled.without):
        expected = plain([one for one, label in zip(drawn, groups(len(sizes)), strict=True) if label != group])
        assert np.array_equal([without], [expected], equal_nan=True)


def test_groups_are_of_whole_replications_and_nearly_equal_size() -> None:
    assert [group_count(n) for n in (0, 1, 2, 32, 33, 40, 50, 200, 1500)] == [0, 1, 2, 32, 16, 20, 25, 28, 31]
    for replications in (1, 5, 33, 50, 199, 1500):
        sizes = np.bincount(groups(replications))
        assert sizes.max() - sizes.min() <= 1
        assert (np.diff(groups(replications)) >= 0).all()


def test_a_pooled_quantile_reaching_into_censored_values_is_a_bound() -> None:
    values = np.arange(1.0, 11.0)
    first, second = Sample(values, values == 10.0), Sample(values, np.zeros(10, np.bool_))
    assert not pooled_quantile([first, second], 90).lower_bound  # 9 < 10
    assert pooled_quantile([first, second], 95).lower_bound  # 10


def test_the_t_interval() -> None:
    values = np.array([3.0, 5.0, np.nan, 10.0])
    estimate = mean_estimate(values, np.zeros(4, np.bool_), 0.9)
    assert estimate.value == 6.0
    assert estimate.half_width == pytest.approx(student.ppf(0.95, 2) * math.sqrt(13.0 / 3))
    assert mean_estimate(values, np.array([False, True, False, False]), 0.9).lower_bound
    assert math.isnan(mean_estimate(np.array([4.0]), np.zeros(1, np.bool_), 0.95).half_width)
    assert math.isnan(mean_estimate(np.array([np.nan]), np.zeros(1, np.bool_), 0.95).value)
    assert math.isnan(jackknife_half_width(np.array([2.0]), 0.95))
    assert jackknife_half_width(np.full(9, 2.0), 0.95) == 0.0


def test_the_jackknife_interval_covers_the_true_quantile_about_as_often_as_it_says() -> None:
    """Replications that share a random level, so that values inside one are far from independent."""
    rng = np.random.default_rng(11)
    spread = math.sqrt(1.0 + 0.5**2)
    truth = norm(0.0, spread).ppf(0.9)
    covered = 0
    for _ in range(300):
        drawn = [Sample(rng.normal(0.0, 1.0, 60) + 0.5 * rng.normal(), np.zeros(60, np.bool_)) for _ in range(60)]
        estimate: Estimate = pooled_quantile(drawn, 90).estimate(0.95)
        covered += abs(estimate.value - truth) <= estimate.half_width
    assert 0.91 <= covered / 300 <= 0.99


def test_values_that_stand_with_their_counts_are_those_values() -> None:
    rng = np.random.default_rng(8)
    plain = [Sample(np.floor(rng.exponential(9.0, n)) - 1.0, none_censored(n)) for n in (400, 30, 1, 250, 90)]
    short = [counted(one.values) for one in plain]
    assert [len(one.values) < one.size for one in short] == [True, True, False, True, True]
    for one, few in zip(plain, short, strict=True):
        assert (few.size, few.sum, few.beyond(4.0)) == (one.size, one.sum, one.beyond(4.0))
        assert mean(few) == mean(one)
        assert quantiles(few, (1, 50, 90, 100)) == quantiles(one, (1, 50, 90, 100))
    for mixed in (short, [plain[0], *short[1:]]):
        assert quantiles(joined(mixed), (50, 95)) == quantiles(joined(plain), (50, 95))
        for percent in (50, 90, 95):
            found, expected = pooled_quantile(mixed, percent), pooled_quantile(plain, percent)
            assert (found.value, found.without.tolist()) == (expected.value, expected.without.tolist())


def test_what_is_still_open_counts_as_beyond_any_limit() -> None:
    values = np.array([1.0, 2.0, 3.0])
    assert Sample(values, values == 1.0).beyond(2.5) == 2
    assert Sample(values, values == 1.0, np.array([5, 7, 9])).beyond(2.5) == 14
