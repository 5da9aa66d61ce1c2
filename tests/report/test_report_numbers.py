"""Numbers as people read them: units, decimals that follow the interval, money, shares, in both languages."""

import math

import pytest

from simgov.kpi import Estimate
from simgov.report.numbers import duration_scale, exact, figure, figures, money, number, percent, relative_change
from simgov.scenario.value import Text


@pytest.mark.parametrize(
    ("minutes", "english", "chinese"),
    [
        (14.84, "14.8 ± 0.3 min", "14.8 ± 0.3 分钟"),
        (119.0, "119.0 ± 0.3 min", "119.0 ± 0.3 分钟"),
        (150.0, "2.50 ± 0.01 h", "2.50 ± 0.01 小时"),
        (2880.0, "2.00 ± 0.00 calendar days", "2.00 ± 0.00 自然日"),
    ],
)
def test_a_duration_is_written_in_the_unit_people_use(minutes: float, english: str, chinese: str) -> None:
    assert figure("min", minutes, 0.3).full == Text(english, chinese)


def test_compared_times_share_the_unit_of_the_smaller_unless_the_larger_is_far_too_long() -> None:
    assert [one.short.en for one in figures("min", [Estimate(55.0), Estimate(133.0)])] == ["55 min", "133 min"]
    assert [one.short.en for one in figures("min", [Estimate(6.0), Estimate(1440.0)])] == ["0.10 h", "24.00 h"]
    assert duration_scale(100.0).name.en == "min"


def test_decimals_follow_the_half_width() -> None:
    assert figure("min", 42.1234, 3.0).full.en == "42 ± 3 min"
    assert figure("min", 42.1234, 0.31).full.en == "42.1 ± 0.3 min"
    assert figure("min", 42.1234, 0.031).full.en == "42.12 ± 0.03 min"
    assert figure("min", 42.1234, 0.00031).full.en == "42.12 ± 0.00 min"


def test_without_an_interval_nothing_is_said_of_one() -> None:
    assert figure("workdays", 5.0).full == Text("5 workdays", "5 个工作日")
    assert figure("workdays", 1.0).full == Text("1 workday", "1 个工作日")
    assert figure("workdays", 5.0, 0.0).full.en == "5 workdays"


def test_shares_are_percent_and_their_differences_percentage_points() -> None:
    assert figure("share", 0.712, 0.0091).full == Text("71.2 ± 0.9 %", "71.2 ± 0.9%")
    moved = figures("share", [Estimate(0.282, 0.0091)], signed=True)[0]
    assert moved.full == Text("+28.2 ± 0.9 percentage points", "+28.2 ± 0.9 个百分点")


def test_money_has_thousands_separators() -> None:
    assert figure("CNY", 1234567.4).full == Text("1,234,567 CNY", "1,234,567 元")
    assert figure("CNY/case", 12.5, 0.4).full == Text("12.5 ± 0.4 CNY/case", "12.5 ± 0.4 元/件")
    assert money(123456700, "CNY") == Text("1,234,567 CNY", "1,234,567 元")
    assert money(-8650, "PLN", signed=True) == Text("−86.50 PLN", "−86.50 兹罗提")


def test_a_lower_bound_says_so() -> None:
    assert figure("min", 50.0, 2.0, lower_bound=True).full == Text("at least 50 ± 2 min", "不少于 50 ± 2 分钟")


def test_an_undefined_value_is_a_dash() -> None:
    assert figure("min", math.nan).full == Text("–", "–")
    assert number(math.inf) == "–"


def test_signs_are_true_minus_signs_and_zero_has_none() -> None:
    assert number(-3.2, 1) == "−3.2"
    assert number(-0.04, 1) == "0.0"
    assert number(0.04, 1, signed=True) == "0.0"
    assert number(3.2, 1, signed=True) == "+3.2"


def test_percent_is_not_broken_between_lines() -> None:
    assert percent(-0.644, signed=True) == Text("−64\u00a0%", "−64%")


def test_a_change_from_nothing_is_not_a_percentage() -> None:
    assert math.isnan(relative_change(0.0, 3.0))
    assert relative_change(4.0, 3.0) == -0.25


def test_what_somebody_has_set_has_no_more_digits_than_it_has() -> None:
    assert exact("min", 156.0) == Text("2.6 h", "2.6 小时")
    assert exact("min", 25.0) == Text("25 min", "25 分钟")
    assert exact("share", 0.9) == Text("90 %", "90%")
    assert exact("cases/workday", 2000.0).zh == "2,000 件/工作日"
