"""Values with groups left out: the jackknife of means is the t interval; functions of several values are paired."""

import math

import numpy as np
import pytest

from simgov.judging.values import Value, combined, holm, known_value, mean_value, one_sided_p, t_value
from simgov.kpi.statistics import mean_estimate
from tests.judging.made import result


def test_the_jackknife_of_a_mean_is_its_t_interval() -> None:
    values = np.array([3.0, 5.0, 4.0, 8.0])
    plain = mean_estimate(values, np.zeros(4, np.bool_), 0.95)
    found = mean_value(values).estimate(0.95)
    assert found.value == plain.value == 5.0
    # s^2 = (4 + 0 + 1 + 9) / 3, error = sqrt(s^2 / 4), t(0.975, 3) = 3.1824
    assert found.half_width == pytest.approx(3.182446 * math.sqrt(14 / 3 / 4), rel=1e-6)
    assert found.half_width == pytest.approx(plain.half_width)


def test_replications_without_a_value_are_left_out() -> None:
    found = mean_value(np.array([2.0, math.nan, 4.0]))
    assert found.value == 3.0
    assert found.without.tolist() == [4.0, 3.0, 2.0]


def test_what_two_values_share_cancels() -> None:
    one, other = mean_value(np.array([10.0, 20.0, 60.0])), mean_value(np.array([11.0, 21.0, 61.0]))
    moved = combined(lambda before, after: after - before, one, other)
    assert moved.value == 1.0
    assert moved.estimate(0.95).half_width == pytest.approx(0.0, abs=1e-12)


def test_values_of_different_groups_have_no_interval() -> None:
    moved = combined(lambda a, b: a - b, Value(1.0, np.zeros(3)), Value(0.5, np.zeros(4)))
    assert moved.value == 0.5
    assert math.isnan(moved.estimate(0.95).half_width)


def test_a_kpi_that_is_not_there_or_undefined_has_no_value() -> None:
    made = result("baseline", {"a.visits": [1.0, 2.0], "a.documents": [math.nan, math.nan]})
    assert known_value(made, "b.visits") is None
    assert known_value(made, "a.documents") is None
    found = known_value(made, "a.visits")
    assert found is not None
    assert found.value == 1.5


def test_holm_steps_down_by_hand() -> None:
    # 0.01 <= 0.05/4, 0.015 <= 0.05/3, 0.03 > 0.05/2: the third and what follows stand, though 0.04 <= 0.05/1.
    assert holm(np.array([0.03, 0.01, 0.04, 0.015]), 0.05).tolist() == [False, True, False, True]
    assert holm(np.array([math.nan, 0.001]), 0.05).tolist() == [False, True]


def test_p_values_and_quantiles_of_t() -> None:
    assert one_sided_p(2.0, 1.0, 10) == pytest.approx(0.036694, abs=1e-6)
    assert one_sided_p(1.959964, 1.0, math.inf) == pytest.approx(0.025, abs=1e-6)
    assert one_sided_p(0.0, 0.0, 5) == 1.0
    assert one_sided_p(0.1, 0.0, 5) == 0.0
    assert math.isnan(one_sided_p(1.0, math.nan, 5))
    assert t_value(0.95, 3) == pytest.approx(3.182446, rel=1e-6)
