"""The district hall: what ships follows from the record, and the simulated hall looks like the real one."""

from __future__ import annotations

import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from simgov.study import check, load
from tests.scenarios_.conftest import script


def test_the_file_has_no_errors_and_two_overloaded_pools(hall: Path) -> None:
    errors, warnings = check(hall / "scenario.yaml")
    assert [str(problem) for problem in errors] == []
    assert [problem.dotted for problem in warnings] == ["pools.residence", "pools.vehicles"]


def test_every_profile_covers_the_opening_hours(hall: Path) -> None:
    for service in load(hall / "scenario.yaml").baseline.services:
        table = pd.read_csv(hall / "arrivals" / f"{service.id}.csv")
        days = table.groupby("weekday", sort=False)
        assert list(days["from"].count().index) == ["mon", "tue", "wed", "thu", "fri"]
        assert (days["from"].min() == "08:00").all()
        assert list(days["to"].max()) == ["18:00"] + ["16:00"] * 4
        assert list(days["from"].count()) == [20] + [16] * 4
        assert (table["cases"] >= 0).all()


def test_derive_writes_what_is_committed(hall: Path, record: Path, tmp_path: Path) -> None:
    script("district_hall", "derive").derive(record, tmp_path)
    written = sorted(path.relative_to(tmp_path) for path in tmp_path.rglob("*.csv"))
    assert len(written) == 16
    for path in written:
        ours, committed = pd.read_csv(tmp_path / path), pd.read_csv(hall / path)
        pd.testing.assert_frame_equal(ours, committed, check_exact=False, atol=0.0051, rtol=0)


def test_derive_uses_no_date_from_16_january(hall: Path, record: Path, tmp_path: Path) -> None:
    polls = script("district_hall", "polls")
    early = tmp_path / "early.csv.gz"
    table = pd.read_csv(record)
    table[table["time"] < "2020-01-16"].to_csv(early, index=False)
    assert polls.training_dates(polls.read(early)) == polls.training_dates(polls.read(record))
    derive = script("district_hall", "derive")
    derive.derive(early, tmp_path / "early")
    derive.derive(record, tmp_path / "all")
    for path in (tmp_path / "all").rglob("*.csv"):
        twin = tmp_path / "early" / path.relative_to(tmp_path / "all")
        assert path.read_text() == twin.read_text()


def test_misread_tickets_are_left_out(hall: Path) -> None:
    polls = script("district_hall", "polls")
    numbers = np.array([70.0, 71, 72, 87, 73, 75, 60, 75, 77])
    assert [numbers[place] for place in polls.longest_rising(numbers)] == [70, 71, 72, 73, 75, 75, 77]
    assert polls.longest_rising(np.array([])) == []


def a_day(polls: object, tickets: list[str | None], waiting: list[int]) -> pd.DataFrame:
    minutes = [480 + 30 * place for place in range(len(tickets))]
    return pd.DataFrame(
        {
            "queue_id": 182,
            "date": datetime.date(2020, 1, 7),
            "minute": minutes,
            "waiting": waiting,
            "last_ticket": pd.Series(tickets, dtype=object),
            "service_min": 5,
        }
    )


def test_issued_is_the_ticket_just_called_plus_those_who_wait(hall: Path) -> None:
    polls = script("district_hall", "polls")
    frame = a_day(polls, [None, "A004", "R050", "A004", "A010", "A010"], [0, 6, 8, 9, 5, 7])
    day = polls.day(frame, polls.Queue(182, "A", "residence"), datetime.date(2020, 1, 7))
    # 10 issued at 8:30 and 15 at 10:00; evenly between, by the rise of those waiting after.
    assert day.issued == pytest.approx([0, 10, 10 + 5 / 3, 10 + 10 / 3, 15, 17])
    assert day.called == pytest.approx([0, 4, 11 + 2 / 3 - 8, 13 + 1 / 3 - 9, 10, 10])


def test_a_silent_display_is_unknown_not_empty(hall: Path) -> None:
    polls = script("district_hall", "polls")
    queue, date = polls.Queue(182, "A", "residence"), datetime.date(2020, 1, 7)
    busy = [polls.day(a_day(polls, ["A001", "A020", "A040", "A060"], [0, 1, 1, 1]), queue, date) for _ in range(2)]
    silent = polls.day(a_day(polls, ["A001", "A020", "A020", "A020"], [0, 1, 2, 1]), queue, date)
    kept = polls.without_silence([*busy, silent])
    assert not np.isnan(kept[0].issued).any()
    assert np.isnan(kept[2].issued).tolist() == [False, False, True, True]


def test_a_ticket_without_owner_waits_for_the_next_call(hall: Path) -> None:
    display = script("district_hall", "display")
    ready = np.array([500.0, 501, 502, 900, 1440 + 500])
    start = np.array([500.0, np.nan, 530, np.nan, 1440 + 500])
    assert display.called_at(ready, start).tolist() == [500, 530, 530, 1440, 1940]
    waiting = display.shown_waiting(ready, display.called_at(ready, start), np.array([500.5, 510, 531, 1000]))
    assert waiting.tolist() == [0, 2, 0, 1]


def test_the_minutes_fit_the_training_dates(hall: Path, record: Path) -> None:
    calibrate = script("district_hall", "calibrate")
    scenario, polled = load(hall / "scenario.yaml").baseline, calibrate.polled_days(record)
    services = [service.id for service in scenario.services]
    errors = {
        factor: calibrate.error(
            calibrate.simulated(calibrate.scaled(scenario, factor), 10, calibrate.SEED), services, polled
        )
        for factor in (0.85, 1.0, 1.18)
    }
    assert errors[1.0] < min(errors[0.85], errors[1.18])


def test_the_simulated_hall_is_nearer_to_the_real_one_than_the_training_mean(
    hall: Path, record: Path, tmp_path: Path
) -> None:
    errors = script("district_hall", "validate").validate(record, hall / "scenario.yaml", tmp_path)
    for row in ("all queues", "whole hall"):
        assert errors.loc[row, "simulated"] <= errors.loc[row, "training mean"]
    page, committed = tmp_path / "validation.md", hall / "validation.md"
    assert page.read_text(encoding="utf-8") == committed.read_text(encoding="utf-8")
    assert (tmp_path / "validation.svg").stat().st_size > 10_000
