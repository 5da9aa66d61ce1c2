"""How often 95 % intervals cover the truth, on fewer experiments than ``benchmarks.coverage`` counts.

Of 150 experiments the share that covers is 95 % ± 1.8 % (one standard error of a binomial). The bounds are four of them
below 95 %, and one more for the stopping rule, which is to reach 92 %.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import pytest

from benchmarks.coverage import FROM_EMPTY, Model, coverage, from_empty, hall
from tests.validation.transients import mean_wait_from_empty

EXPERIMENTS = 150
ERROR = math.sqrt(0.95 * 0.05 / EXPERIMENTS)


def test_the_known_mean_is_that_of_the_embedded_chain() -> None:
    for load, mean in FROM_EMPTY.items():
        assert mean == pytest.approx(mean_wait_from_empty(5, 5 * load, 1.0, 2000), abs=5e-7)


@pytest.mark.parametrize(("model", "replications"), [(from_empty, 40), (hall, 25)])
def test_intervals_cover_as_often_as_they_say(model: Callable[[], Model], replications: int) -> None:
    found = coverage(model(), EXPERIMENTS, seed=77, replications=replications)
    for share in (found.mean, found.quantile, found.controlled):
        assert share >= 0.95 - 4 * ERROR
    assert found.variance_left < 0.75
    assert found.stopped_experiments >= 30
    assert found.stopped >= 0.92 - 4 * math.sqrt(0.92 * 0.08 / found.stopped_experiments)


def test_an_interval_of_half_the_width_is_found_out() -> None:
    """The count would notice: t intervals at 67 % confidence, half as wide, miss the bound."""
    import benchmarks.coverage as measured

    narrow, usual = 0.67, measured.CONFIDENCE
    measured.CONFIDENCE = narrow
    try:
        found = coverage(hall(), EXPERIMENTS, seed=77, replications=25)
    finally:
        measured.CONFIDENCE = usual
    assert max(found.mean, found.quantile, found.controlled) < 0.95 - 4 * ERROR
