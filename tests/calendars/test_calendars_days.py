"""Calendars against real public holidays, make-up working days and hand-counted workdays."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from simgov.calendars import (
    ALWAYS,
    Calendar,
    CalendarError,
    announced_until,
    check_country,
    day_of,
    day_table,
    make_up_days,
    open_intervals,
    promise_due,
    workday_count,
    workday_minutes,
)

DATE = datetime.date
OFFICE = ((540, 720), (780, 1050))  # 09:00-12:00, 13:00-17:30
FRIDAY = ((540, 720),)
WEEK = (OFFICE, OFFICE, OFFICE, OFFICE, FRIDAY, (), ())


def at(start: DATE, date: DATE, hour: float = 10) -> float:
    return (date - start).days * 1440 + hour * 60


def worked(calendar: Calendar, first: DATE, last: DATE) -> list[int]:
    """Days of the month worked between two dates of it."""
    table = day_table(calendar, first, (last - first).days + 1)
    return [first.day + int(day) for day in np.flatnonzero(table.weekday >= 0)]


@pytest.mark.parametrize(
    ("first", "last", "expected"),
    [
        # State Council notice 2024: Spring Festival 28 Jan to 4 Feb 2025; Sunday 26 Jan and Saturday 8 Feb are worked.
        (DATE(2025, 1, 20), DATE(2025, 1, 31), [20, 21, 22, 23, 24, 26, 27]),
        (DATE(2025, 2, 1), DATE(2025, 2, 10), [5, 6, 7, 8, 10]),
        # National Day and Mid-Autumn 1 to 8 Oct 2025; Sunday 28 Sep and Saturday 11 Oct are worked.
        (DATE(2025, 9, 26), DATE(2025, 9, 30), [26, 28, 29, 30]),
        (DATE(2025, 10, 1), DATE(2025, 10, 13), [9, 10, 11, 13]),
        # Notice of 2025: Spring Festival 15 to 23 Feb 2026; Saturdays 14 and 28 Feb are worked.
        (DATE(2026, 2, 9), DATE(2026, 2, 28), [9, 10, 11, 12, 13, 14, 24, 25, 26, 27, 28]),
        # National Day 1 to 7 Oct 2026; Sunday 20 Sep and Saturday 10 Oct are worked.
        (DATE(2026, 9, 18), DATE(2026, 9, 21), [18, 20, 21]),
        (DATE(2026, 10, 1), DATE(2026, 10, 12), [8, 9, 10, 12]),
    ],
)
def test_china_works_the_announced_days(first: DATE, last: DATE, expected: list[int]) -> None:
    assert worked(Calendar(WEEK, country="CN"), first, last) == expected


def test_a_make_up_day_works_the_hours_of_the_day_it_was_swapped_for() -> None:
    # 14 Feb 2026 was swapped for Friday 20 Feb, 28 Feb for Monday 23 Feb.
    assert make_up_days("CN", [2026])[DATE(2026, 2, 14)] == 4
    assert make_up_days("CN", [2026])[DATE(2026, 2, 28)] == 0
    table = day_table(Calendar(WEEK, country="CN"), DATE(2026, 2, 14), 15)
    opened, closed = open_intervals(WEEK, table, always=False)
    assert opened[0] == 540
    assert closed[0] == 720  # Friday's short hours on that Saturday
    assert table.close[0] == 720
    assert table.close[14] == 14 * 1440 + 1050


def test_a_make_up_day_swapped_for_a_weekday_without_hours_works_the_first_open_weekday() -> None:
    closed_on_fridays = (OFFICE, OFFICE, OFFICE, OFFICE, (), (), ())
    table = day_table(Calendar(closed_on_fridays, country="CN"), DATE(2026, 2, 14), 1)
    assert table.weekday[0] == 0


def test_poland_keeps_epiphany_and_works_no_saturday() -> None:
    assert worked(Calendar(WEEK, country="PL"), DATE(2026, 1, 1), DATE(2026, 1, 12)) == [2, 5, 7, 8, 9, 12]


def test_a_subdivision_has_holidays_of_its_own() -> None:
    epiphany = DATE(2026, 1, 6)  # kept in Bavaria, worked in Berlin
    assert worked(Calendar(WEEK, country="DE-BY"), epiphany, epiphany) == []
    assert worked(Calendar(WEEK, country="DE-BE"), epiphany, epiphany) == [6]


def test_years_without_an_announcement_have_statutory_holidays_and_no_make_up_days() -> None:
    assert announced_until("CN") >= 2026
    assert announced_until("PL") is None
    assert make_up_days("CN", [2049]) == {}
    assert 1 not in worked(Calendar(WEEK, country="CN"), DATE(2049, 10, 1), DATE(2049, 10, 10))


def test_dates_in_the_file_win_over_the_country() -> None:
    calendar = Calendar(WEEK, "CN", closed=(DATE(2026, 2, 13),), extra=((DATE(2026, 2, 15), 4), (DATE(2026, 2, 14), 0)))
    table = day_table(calendar, DATE(2026, 2, 12), 4)
    assert table.weekday.tolist() == [3, -1, 0, 4]


def test_the_table_counts_workdays_and_closings() -> None:
    table = day_table(Calendar(WEEK), DATE(2026, 1, 8), 6)  # Thu Fri Sat Sun Mon Tue
    assert table.weekday.tolist() == [3, 4, -1, -1, 0, 1]
    assert table.workdays_before.tolist() == [0, 1, 2, 2, 2, 3, 4]
    assert np.array_equal(
        table.close, [1050, 1440 + 720, np.nan, np.nan, 4 * 1440 + 1050, 5 * 1440 + 1050], equal_nan=True
    )
    assert datetime.date.fromordinal(int(table.ordinals[4])) == DATE(2026, 1, 12) == table.date(4 * 1440.0)
    with pytest.raises(ValueError, match="read-only"):
        table.weekday[0] = 0


def test_open_intervals_are_ascending_and_merged_over_midnight() -> None:
    table = day_table(Calendar(WEEK), DATE(2026, 1, 8), 5)
    opened, closed = open_intervals(WEEK, table, always=False)
    assert opened.tolist() == [540, 780, 1980, 6300, 6540]
    assert closed.tolist() == [720, 1050, 2160, 6480, 6810]
    night = (((0, 360), (1320, 1440)),) * 7
    opened, closed = open_intervals(night, table, always=False)  # Thu, Fri and Mon nights
    assert opened.tolist() == [0, 1320, 2760, 5760, 7080]
    assert closed.tolist() == [360, 1800, 2880, 6120, 7200]
    back_to_back = (((540, 720), (720, 800)),) * 7
    assert open_intervals(back_to_back, table, always=False)[1][0] == 800
    assert open_intervals(((),) * 7, table, always=False)[0].size == 0


def test_always_never_closes() -> None:
    table = day_table(ALWAYS, DATE(2026, 1, 10), 3)  # from a Saturday
    assert table.weekday.tolist() == [5, 6, 0]
    assert table.close.tolist() == [1440, 2880, 4320]
    assert [part.tolist() for part in open_intervals(WEEK, table, always=True)] == [[0], [4320]]


def test_workday_minutes_is_the_mean_over_open_weekdays() -> None:
    assert workday_minutes(Calendar(WEEK)) == (4 * 450 + 180) / 5
    assert workday_minutes(ALWAYS) == 1440
    with pytest.raises(CalendarError, match="never open"):
        workday_minutes(Calendar(((),) * 7))


def test_workdays_are_counted_without_the_day_of_acceptance() -> None:
    start = DATE(2026, 1, 5)
    table = day_table(Calendar(WEEK, country="CN"), start, 60)
    accepted = np.array(
        [
            at(start, DATE(2026, 1, 5)),
            at(start, DATE(2026, 1, 9)),
            at(start, DATE(2026, 2, 13)),
            at(start, DATE(2026, 2, 14)),
        ]
    )
    decided = np.array(
        [
            at(start, DATE(2026, 1, 5), 17),
            at(start, DATE(2026, 1, 12)),
            at(start, DATE(2026, 2, 24)),
            at(start, DATE(2026, 2, 28)),
        ]
    )
    # same day; over a weekend; 14 and 24 Feb; 24 to 28 Feb with the make-up Saturday
    assert workday_count(table, accepted, decided).tolist() == [0, 1, 2, 5]


def test_a_promise_ends_at_the_close_of_its_last_workday() -> None:
    start = DATE(2026, 2, 9)
    table = day_table(Calendar(WEEK, country="CN"), start, 25)
    accepted = np.array(
        [at(start, DATE(2026, 2, 13), 9), at(start, DATE(2026, 2, 15)), np.nan, at(start, DATE(2026, 3, 4))]
    )
    due = promise_due(table, accepted, 2, np.array([0, 0, 0, 0]))
    # Friday 13 Feb: Saturday 14 (worked), Tuesday 24. Sunday 15 Feb: 24, 25.
    assert due[:2].tolist() == [at(start, DATE(2026, 2, 24), 17.5), at(start, DATE(2026, 2, 25), 17.5)]
    assert np.isnan(due[2])
    assert due[3] == np.inf  # beyond the table
    assert promise_due(table, accepted[:1], 2, np.array([2])).tolist() == [at(start, DATE(2026, 2, 26), 17.5)]


def test_a_decision_is_within_the_promise_exactly_when_the_count_says_so() -> None:
    start = DATE(2026, 1, 5)
    table = day_table(Calendar(WEEK, country="CN"), start, 120)
    rng = np.random.default_rng(5)
    workdays = np.flatnonzero(table.weekday >= 0)[:60]
    accepted = rng.choice(workdays[:40], 2000) * 1440.0 + 600
    decided = np.maximum(accepted, rng.choice(workdays, 2000) * 1440.0 + 700)  # while the office is open
    stopped = rng.integers(0, 3, 2000).astype(np.int32)
    within = decided <= promise_due(table, accepted, 5, stopped)
    assert 100 < within.sum() < 1900
    assert np.array_equal(within, workday_count(table, accepted, decided) - stopped <= 5)


def test_days_before_the_start_are_counted_for_a_backlog() -> None:
    start = DATE(2026, 2, 24)
    table = day_table(Calendar(WEEK, country="CN"), start, 5)
    accepted = np.array([at(start, DATE(2026, 2, 13)), at(start, DATE(2026, 1, 1)), at(start, DATE(2025, 9, 30))])
    decided = np.full(3, at(start, DATE(2026, 2, 24)))
    # 2026: Jan 4-9 (6), Jan 12-30 (15), Feb 2-14 (11), Feb 24. 2025: Oct 9-11 (3), Oct 13-31 (15), Nov (20), Dec (23).
    assert workday_count(table, accepted, decided).tolist() == [2, 6 + 15 + 11 + 1, 3 + 15 + 20 + 23 + 6 + 15 + 11 + 1]
    assert promise_due(table, accepted[:1], 1).tolist() == [at(start, DATE(2026, 2, 14), 12)]


@pytest.mark.parametrize("code", ["CN", "PL", "DE-BY", "US-CA", "HK"])
def test_known_countries_pass(code: str) -> None:
    check_country(code)


@pytest.mark.parametrize(
    ("code", "hint"),
    [
        ("CHN", "did you mean CN?"),
        ("china", "did you mean CN?"),
        ("Poland", "did you mean PL?"),
        ("pl", "did you mean PL?"),
        ("de-BY", "did you mean DE-BY?"),
        ("DE-by", "did you mean DE-BY?"),
        ("DE-XX", "write DE or one of DE-BB, DE-BE"),
        ("CN-99", "write CN"),
        ("Z9", "ISO 3166"),
    ],
)
def test_unknown_countries_are_refused_with_a_hint(code: str, hint: str) -> None:
    with pytest.raises(CalendarError) as caught:
        check_country(code)
    assert hint in caught.value.hint


def test_the_day_of_a_minute_is_exact_beside_midnight() -> None:
    midnights = np.arange(-4000, 4000) * 1440.0
    for minutes in (midnights, np.nextafter(midnights, -np.inf), np.nextafter(midnights, np.inf), midnights + 0.1):
        assert np.array_equal(day_of(minutes), minutes // 1440.0)
