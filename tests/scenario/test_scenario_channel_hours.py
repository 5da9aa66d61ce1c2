"""Channels whose applicants come round the clock: how many come when, and by which channel."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.stats import chisquare

from simgov.arrivals import ArrivalsFrom
from simgov.calendars import Calendar
from simgov.distributions import Constant
from simgov.engines import simulate
from simgov.engines.events import same
from simgov.experiment.stability import offered_minutes
from simgov.network import Network, compile_network
from simgov.scenario.value import (
    Appointments,
    Backlog,
    Phase,
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Surge,
    Text,
    Trend,
)
from simgov.units import Duration, Rate
from simgov.workload import Workload, sample

WEEK = ((((540, 720), (780, 1020)),) * 5) + ((), ())  # 420 minutes on each of five days
WEEK_MINUTES, DAY = 7 * 1440.0, 1440.0
CHANNELS = (("window", 0.6), ("online", 0.4))
MONDAY = datetime.date(2026, 1, 5)


def hall(rate: float = 0.2, clock: tuple[str, ...] = ("online",), **changes: object) -> Scenario:
    """``rate`` applications a minute while the office is open: 420 a week at 0.2."""
    step = Step("review", Text("r", "r"), "permit.review", at="desk", time=Constant(1.0), decision=True)
    service = Service(
        "permit", Text("p", "p"), (step,), PoissonArrivals(Rate(rate)), channels=CHANNELS, round_the_clock=clock
    )
    desk = Pool("desk", Text("d", "d"), "department", (Shift(3, WEEK),))
    settings = RunSettings(start=MONDAY, period=Duration(40, "workday"))
    whole = Scenario(Text("h", "h"), Calendar(WEEK), (desk,), (service,), settings)
    return whole.with_service(replace(service, **changes))  # type: ignore[arg-type]


def drawn(scenario: Scenario, weeks: int = 40, seed: int = 11) -> tuple[Workload, Network]:
    network = compile_network(replace(scenario, run=replace(scenario.run, period=Duration(weeks * WEEK_MINUTES))))
    return sample(network, seed, 0, weeks * WEEK_MINUTES), network


def in_hours(when: np.ndarray) -> np.ndarray:
    minute, weekday = when % DAY, (when // DAY).astype(int) % 7
    return (weekday < 5) & (((minute >= 540) & (minute < 720)) | ((minute >= 780) & (minute < 1020)))


def curve(scenario: Scenario) -> ArrivalsFrom:
    return compile_network(scenario).arrivals[0][0]


def test_a_week_has_as_many_as_the_rate_or_the_profile_says() -> None:
    plain, mixed = curve(hall(clock=())), curve(hall())
    assert plain.between(0.0, WEEK_MINUTES) == pytest.approx(420.0)
    assert mixed.between(0.0, WEEK_MINUTES) == pytest.approx(420.0)
    night = mixed.between(0.0, 540.0)
    assert night == pytest.approx(0.4 * 420.0 * 540.0 / WEEK_MINUTES)
    assert mixed.between(540.0, 720.0) == pytest.approx(0.6 * 36.0 + 0.4 * 420.0 * 180.0 / WEEK_MINUTES)
    rows = tuple((day, 480, 600, 12.0) for day in range(5))
    profile = curve(hall(arrivals=ProfileArrivals(rows, scale=1.5)))
    assert profile.between(0.0, WEEK_MINUTES) == pytest.approx(90.0)
    assert profile.between(480.0, 600.0) == pytest.approx(0.6 * 18.0 + 0.4 * 90.0 * 120.0 / WEEK_MINUTES)
    by_workday = curve(hall(arrivals=PoissonArrivals(Rate(50.0, "workday"))))
    assert by_workday.between(0.0, WEEK_MINUTES) == pytest.approx(250.0)


def test_the_hours_of_the_day_and_the_channels_come_out_as_written() -> None:
    workload, _ = drawn(hall())
    online = workload.case_channel == 1
    count = len(online)
    assert abs(count - 40 * 420) < 4 * np.sqrt(40 * 420)
    assert abs(online.mean() - 0.4) < 4 * np.sqrt(0.24 / count)
    assert in_hours(workload.applied[~online]).all()
    hour = ((workload.applied[online] % WEEK_MINUTES) // 60).astype(int)
    assert chisquare(np.bincount(hour, minlength=168)).pvalue > 1e-4
    minute = workload.applied[~online] % DAY
    slots = np.bincount((np.where(minute < 720, minute - 540, minute - 600) // 30).astype(int), minlength=14)
    assert chisquare(slots).pvalue > 1e-4
    share = 0.4 * 420 / WEEK_MINUTES
    inside = online[in_hours(workload.applied)].mean()
    assert abs(inside - share / (share + 0.6 * 0.2)) < 4 * np.sqrt(0.1 / count)


def test_channels_are_told_apart_in_the_order_of_the_file_with_several_round_the_clock() -> None:
    channels = (("app", 0.1), ("window", 0.5), ("post", 0.2), ("phone", 0.2))
    workload, _ = drawn(hall(channels=channels, round_the_clock=("app", "phone")))
    shares = np.bincount(workload.case_channel, minlength=4) / len(workload.case_channel)
    assert shares == pytest.approx([0.1, 0.5, 0.2, 0.2], abs=0.015)
    night = ~in_hours(workload.applied)
    assert set(workload.case_channel[night].tolist()) == {0, 3}
    assert (workload.case_channel[night] == 0).mean() == pytest.approx(1 / 3, abs=0.02)


def test_holidays_stop_those_who_keep_to_the_hours_alone() -> None:
    scenario = hall()
    closed = replace(scenario, calendar=replace(scenario.calendar, closed=(MONDAY,)))
    workload, _ = drawn(closed, weeks=1)
    first = workload.applied < DAY
    assert first.sum() > 5
    assert set(workload.case_channel[first].tolist()) == {1}


def test_seasons_surges_and_days_that_vary_hold_for_both() -> None:
    surge = Surge(MONDAY, MONDAY + datetime.timedelta(days=6), 3.0)
    bent = hall(arrivals=PoissonArrivals(Rate(0.2), trend=Trend(surges=(surge,), cv=0.3)))
    assert curve(bent).between(0.0, WEEK_MINUTES) == pytest.approx(3 * 420.0)
    assert curve(bent).between(WEEK_MINUTES, 2 * WEEK_MINUTES) == pytest.approx(420.0)
    workload, _ = drawn(bent, weeks=60)
    assert (workload.case_channel == 1).mean() == pytest.approx(0.4, abs=0.015)
    assert in_hours(workload.applied[workload.case_channel == 0]).all()


def test_a_phase_that_opens_the_channel_changes_nobody_before_it() -> None:
    before = hall(clock=())
    date = MONDAY + datetime.timedelta(days=14)
    opened = replace(before, phases=(Phase(date, before.pools, hall().services),))
    (plain, _), (mixed, _) = drawn(before), drawn(opened)
    first = plain.applied < 14 * DAY
    assert np.array_equal(plain.applied[first], mixed.applied[: first.sum()])
    assert np.array_equal(plain.case_channel[first], mixed.case_channel[: first.sum()])
    assert in_hours(mixed.applied[: first.sum()]).all()
    later = mixed.applied >= 14 * DAY
    assert in_hours(mixed.applied[later & (mixed.case_channel == 0)]).all()
    assert not in_hours(mixed.applied[later & (mixed.case_channel == 1)]).all()


def test_where_nothing_is_round_the_clock_no_bit_changes() -> None:
    always = PoissonArrivals(Rate(0.02), always=True)
    for one, other in (
        (hall(arrivals=always), hall(arrivals=always, clock=())),
        (
            hall(channels=(("window", 1.0), ("online", 0.0))),
            hall(channels=(("window", 1.0), ("online", 0.0)), clock=()),
        ),
    ):
        tables = [simulate(compile_network(scenario), 3, 0) for scenario in (one, other)]
        assert same(*tables) == []


def test_who_booked_and_who_waits_already_have_channels_by_the_shares() -> None:
    booked = Appointments(every=30, places=4, week=WEEK)
    service = {"arrivals": None, "appointments": booked, "backlog": (Backlog("review", 2000),)}
    (mixed, _), (plain, _) = drawn(hall(**service)), drawn(hall(**service, clock=()))  # type: ignore[arg-type]
    assert np.array_equal(mixed.case_channel, plain.case_channel)
    both = hall(appointments=booked, backlog=(Backlog("review", 500),))
    (mixed, _), (plain, _) = (
        drawn(both),
        drawn(replace(both, services=(replace(both.services[0], round_the_clock=()),))),
    )
    known = {
        name: dict(zip(one.case_index.tolist(), one.case_channel.tolist(), strict=True))
        for name, one in (("mixed", mixed), ("plain", plain))
    }
    waiting = [number for number in known["mixed"] if number < 0 or number >= 1 << 61]
    assert len(waiting) > 2000
    assert all(known["mixed"][number] == known["plain"][number] for number in waiting)


def test_people_who_come_together_come_at_any_time_too() -> None:
    workload, _ = drawn(hall(arrivals=PoissonArrivals(Rate(0.2), groups_of=((1, 0.5), (4, 0.5)))))
    assert in_hours(workload.applied[workload.case_channel == 0]).all()
    assert (workload.case_channel == 1).mean() == pytest.approx(0.4, abs=0.03)


def test_a_longer_horizon_moves_nobody() -> None:
    network = compile_network(hall())
    short, long = (sample(network, 5, 0, weeks * WEEK_MINUTES) for weeks in (1, 3))
    assert np.array_equal(short.applied, long.applied[: len(short.applied)])
    assert np.array_equal(short.case_channel, long.case_channel[: len(short.applied)])


def test_both_engines_and_the_expected_work_agree() -> None:
    network = compile_network(hall())
    assert same(simulate(network, 3, 0), simulate(network, 3, 0, engine="reference")) == []
    assert offered_minutes(network)[0] == pytest.approx(8 * 420.0, rel=0.02)


def test_read_from_a_file(tmp_path: Path) -> None:
    from simgov.study import load

    (tmp_path / "s.yaml").write_text(
        'simgov: 1\ncalendar: {hours: "09:00-17:00"}\nrun: {period: 5 workdays}\n'
        "pools: {desk: {kind: window, count: 2}}\nservices:\n  permit:\n    arrivals: {poisson: {rate: 9 /h}}\n"
        "    channels: {window: {share: 60 %}, online: {share: 40 %, hours: always}}\n"
        "    steps: {review: {at: desk, time: {constant: 5 min}}}\n",
        encoding="utf-8",
    )
    service = load(tmp_path / "s.yaml").baseline.services[0]
    assert (service.channels, service.round_the_clock) == (CHANNELS, ("online",))


def test_tables_of_demand_and_lists_of_facts_say_so() -> None:
    from simgov.cli.language import Words
    from simgov.cli.showing import service_facts
    from simgov.report.assumptions import demand

    (group,) = demand(hall(), {}).groups
    text = group.rows[0].cells[1].text
    assert text.en.endswith("; by online round the clock")
    assert text.zh.endswith("；online渠道全天受理")
    assert "online round the clock" in service_facts(hall().services[0], Words("en"))
    assert "round the clock" not in service_facts(hall(clock=()).services[0], Words("en"))
