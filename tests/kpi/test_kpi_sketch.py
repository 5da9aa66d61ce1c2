"""Samples of long runs: exact means, quantiles within the stated error, bounds kept."""

from __future__ import annotations

import numpy as np
import pytest

from simgov.kpi.sketch import RELATIVE_ERROR, Sketch
from simgov.kpi.statistics import Sample, joined, mean, none_censored, quantiles

PERCENTS = (1, 10, 50, 90, 95, 99, 100)


def plain(values: np.ndarray) -> Sample:
    return Sample(values, none_censored(len(values)))


@pytest.mark.parametrize("draw", ["exponential", "lognormal", "tiny and huge"])
def test_quantiles_are_within_the_stated_error_and_means_exact(draw: str) -> None:
    rng = np.random.default_rng(4)
    drawn = {
        "exponential": [rng.exponential(30.0, n) for n in (1000, 1, 40_000)],
        "lognormal": [rng.lognormal(mu, 2.0, 5000) for mu in (8.0, -3.0, 2.0)],
        "tiny and huge": [np.array([1e-9, 0.0, 3e-8]), np.geomspace(1e-5, 1e9, 1001), np.array([1e-12])],
    }[draw]
    sketch = Sketch()
    for values in drawn:
        sketch.parts.append(plain(values))
        sketch.fold()
    assert sketch.held == 0
    found, whole = sketch.sample(), plain(np.concatenate(drawn))
    assert found.size == whole.size
    assert mean(found)[0] == pytest.approx(mean(whole)[0], rel=1e-12)
    for (value, _), (exact, _) in zip(quantiles(found, PERCENTS), quantiles(whole, PERCENTS), strict=True):
        assert value == pytest.approx(exact, rel=RELATIVE_ERROR, abs=1e-6)
    assert RELATIVE_ERROR < 0.001


def test_whole_minutes_stay_exact() -> None:
    values = np.floor(np.random.default_rng(5).exponential(200.0, 30_000))
    sketch = Sketch([plain(values[:100]), plain(values[100:])])
    sketch.fold()
    sketch.parts.append(plain(np.array([3.0, 1e6])))
    assert quantiles(sketch.sample(), PERCENTS) == quantiles(plain(np.append(values, [3.0, 1e6])), PERCENTS)


def test_ages_of_open_cases_are_kept_one_by_one() -> None:
    ages = Sample(np.array([50.0, 7.0, 90.0]), np.array([True, False, True]))
    sketch = Sketch([plain(np.arange(1.0, 101.0)), ages])
    sketch.fold()
    sample = sketch.sample()
    assert (sample.size, sample.least_censored, sketch.held) == (103, 50.0, 3)
    exact = joined([plain(np.arange(1.0, 101.0)), ages])
    assert [bound for _, bound in quantiles(sample, (40, 60))] == [bound for _, bound in quantiles(exact, (40, 60))]


def test_a_time_that_is_not_finite_is_refused() -> None:
    sketch = Sketch([plain(np.array([1.0, np.inf]))])
    with pytest.raises(ValueError, match="finite"):
        sketch.fold()
