"""Quantities: what is read, what is refused with which advice, and how they are printed."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simgov.units import (
    Duration,
    Money,
    Rate,
    UnitError,
    format_duration,
    format_money,
    format_rate,
    format_share,
    format_time_of_day,
    parse_duration,
    parse_money,
    parse_rate,
    parse_share,
    parse_span,
    parse_time_of_day,
)


@pytest.mark.parametrize(
    ("text", "minutes"),
    [
        ("6 min", 6),
        ("6min", 6),
        ("1.5 h", 90),
        ("30 s", 0.5),
        ("2 days", 2880),
        ("1 week", 10080),
        ("1 year", 525600),
        ("45 分钟", 45),
        ("2 小时", 120),
    ],
)
def test_durations_are_minutes(text: str, minutes: float) -> None:
    assert parse_duration(text) == Duration(minutes, "min")


@pytest.mark.parametrize("text", ["3 workdays", "3 workday", "3 工作日", "3 个工作日"])
def test_workdays_stay_workdays(text: str) -> None:
    assert parse_duration(text) == Duration(3.0, "workday")
    assert parse_duration(text).minutes(450.0) == 1350.0


@pytest.mark.parametrize(
    ("parse", "text", "said"),
    [
        (parse_duration, 6, "write 6 min"),
        (parse_duration, "6", "write 6 min"),
        (parse_duration, "-1 min", "negative"),
        (parse_duration, "6 moons", "unknown unit of time 'moons'"),
        (parse_duration, None, "nothing"),
        (parse_duration, "６ min", "write 6 min"),
        (parse_rate, "9", "write 9 /h"),
        (parse_rate, "9 /day", "write 9 /workday"),
        (parse_money, "35", "write 35 CNY"),
        (parse_money, "35 yuan/h", "names no currency"),
        (parse_money, "0.125 CNY", "more than two decimals"),
        (parse_money, "5 CNY/fortnight", "unknown unit 'fortnight'"),
        (parse_share, 0.15, "15 %"),
        (parse_share, "101 %", "between"),
        (parse_share, "15％", "write 15%"),
        (parse_time_of_day, "9am", "09:00"),
        (parse_time_of_day, "24:01", "24:00"),
        (parse_time_of_day, "09:60", "24:00"),
        (parse_span, "12:00-09:00", "two spans"),
        (parse_span, "09:00", "09:00-12:00"),
    ],
)  # fmt: skip
def test_what_is_wrong_is_said_with_what_to_write(parse: object, text: object, said: str) -> None:
    with pytest.raises(UnitError) as raised:
        parse(text)  # type: ignore[operator]
    assert said in str(raised.value)


def test_other_quantities() -> None:
    assert parse_rate("9 /h") == Rate(0.15)
    assert parse_rate("0.4 /min") == Rate(0.4)
    assert parse_rate("40 per workday") == Rate(40.0, "workday")
    assert parse_money("35 CNY/h") == parse_money("35 元/小时") == Money(3500, "CNY", "h")
    assert parse_money("38.50 PLN") == Money(3850, "PLN", "once")
    assert parse_share("35%") == 0.35
    assert parse_span(" 09:00 - 12:30 ") == (540, 750)
    assert parse_time_of_day("24:00") == 1440


def test_printed_in_the_unit_people_use() -> None:
    cases = [
        (45.0, "45 min", "45 分钟"),
        (120.0, "2 h", "2 小时"),
        (2880.0, "2 days", "2 天"),
        (0.5, "30 s", "30 秒"),
        (1440.0, "1 day", "1 天"),
    ]
    for minutes, english, chinese in cases:
        assert format_duration(Duration(minutes)) == english
        assert format_duration(Duration(minutes), "zh") == chinese
    assert format_duration(Duration(2, "workday")) == "2 workdays"
    assert format_duration(Duration(1, "workday"), "zh") == "1 个工作日"
    assert format_money(Money(3500, "CNY", "h")) == "35 CNY/h"
    assert format_money(Money(1250, "CNY"), "zh") == "12.50 元"
    assert format_rate(Rate(0.15)) == "9 /h"
    assert format_rate(Rate(40, "workday"), "zh") == "40 件/工作日"
    assert format_share(0.35) == "35 %"
    assert format_time_of_day(545) == "09:05"


@given(st.decimals(min_value=0, max_value=10**9, places=2))
def test_money_is_read_to_the_cent(amount: object) -> None:
    assert parse_money(f"{amount} CNY").minor == int(amount * 100)  # type: ignore[operator]


@given(st.one_of(st.text(max_size=30), st.integers(), st.floats(), st.none(), st.lists(st.integers(), max_size=2)))
def test_nothing_else_is_ever_raised(text: object) -> None:
    for parse in (parse_duration, parse_rate, parse_money, parse_share, parse_time_of_day, parse_span):
        with contextlib.suppress(UnitError):
            parse(text)
