"""Season, growth, surges, varying days and groups: expected numbers worked out by hand, and what must not move."""

from __future__ import annotations

import datetime
from dataclasses import replace

import numpy as np
import pytest

from simgov.applications import arrival_times
from simgov.arrivals import Arrivals, ArrivalsFrom, day_factors, mean_factor
from simgov.calendars import ALWAYS, Calendar
from simgov.network import compile_network
from simgov.scenario.value import (
    STEADY,
    PoissonArrivals,
    ProfileArrivals,
    RunSettings,
    Scenario,
    Service,
    Step,
    Surge,
    Text,
    Trend,
)
from simgov.streams import uniforms
from simgov.units import Duration, Rate
from simgov.workload import sample

DAY = 1440.0
START = datetime.date(2026, 1, 30)  # a Friday
STRAIGHT = ((540, 1020),)
NAME = Text("x", "x")


def scenario(arrivals: PoissonArrivals | ProfileArrivals, calendar: Calendar | None = None) -> Scenario:
    steps = (Step("only", NAME, "matter/only"),)
    return Scenario(
        name=NAME,
        calendar=calendar or Calendar(week=(STRAIGHT,) * 5 + ((), ())),
        pools=(),
        services=(Service("matter", NAME, steps, arrivals=arrivals),),
        run=RunSettings(start=START, period=Duration(10 * DAY), cap=Duration(DAY)),
    )


def curve(arrivals: PoissonArrivals | ProfileArrivals, calendar: Calendar | None = None) -> Arrivals:
    found = compile_network(scenario(arrivals, calendar)).arrivals[0][0].curve
    assert found is not None
    return found


def expected_by_day(
    arrivals: PoissonArrivals | ProfileArrivals, days: int, calendar: Calendar | None = None
) -> list[float]:
    found = curve(arrivals, calendar)
    upto = np.interp(np.arange(days + 1) * DAY, found.time, found.cases)
    return [round(float(cases), 9) for cases in np.diff(upto)]


def test_season_growth_and_surges_multiply() -> None:
    trend = Trend(
        season=((1, 1.5), (2, 0.5)),
        growth=0.21,
        surges=(Surge(datetime.date(2026, 1, 31), datetime.date(2026, 2, 1), 2.0),),
    )
    days = START.toordinal() + np.arange(366)
    factors = day_factors(trend, days)
    assert factors[0] == 1.5  # 30 January, nothing has grown yet
    assert factors[1] == pytest.approx(1.5 * 2.0 * 1.21 ** (1 / 365))
    assert factors[2] == pytest.approx(0.5 * 2.0 * 1.21 ** (2 / 365))
    assert factors[3] == pytest.approx(0.5 * 1.21 ** (3 / 365))
    assert factors[40] == pytest.approx(1.21 ** (40 / 365))  # March is as it is
    assert factors[365] == pytest.approx(1.21 * 1.5)  # a year on, 30 January again


def test_a_rate_follows_its_season_from_the_first_of_the_month() -> None:
    arrivals = PoissonArrivals(Rate(0.1), trend=Trend(season=((2, 2.0),)))
    # Friday 30 January: 480 minutes at 0.1; closed on 31 January and 1 February; Monday 2 February twice as many.
    assert expected_by_day(arrivals, 4) == [48.0, 0.0, 0.0, 96.0]


def test_round_the_clock_the_factor_changes_at_midnight() -> None:
    arrivals = PoissonArrivals(Rate(0.01), always=True, trend=Trend(season=((2, 3.0),)))
    assert expected_by_day(arrivals, 4) == [14.4, 14.4, 43.2, 43.2]
    night = Calendar(week=(((0, 1440),),) * 7)
    assert expected_by_day(replace(arrivals, always=False), 4, night) == [14.4, 14.4, 43.2, 43.2]
    assert expected_by_day(replace(arrivals, always=False), 4, ALWAYS) == [14.4, 14.4, 43.2, 43.2]


def test_a_surge_of_nothing_keeps_everybody_away() -> None:
    closed = Trend(surges=(Surge(datetime.date(2026, 2, 2), datetime.date(2026, 2, 2), 0.0),))
    rows = ((0, 540, 600, 10.0), (1, 540, 600, 10.0), (4, 540, 600, 4.0))
    assert expected_by_day(ProfileArrivals(rows, trend=closed), 5) == [4.0, 0.0, 0.0, 0.0, 10.0]


@pytest.mark.parametrize("always", [True, False])
def test_factors_of_one_change_no_bit(always: bool) -> None:
    plain = PoissonArrivals(Rate(0.05), always=always)
    ones = Trend(season=((1, 1.0), (2, 1.0)), surges=(Surge(START, START, 1.0),))
    same = compile_network(scenario(replace(plain, trend=ones)))
    before = sample(compile_network(scenario(plain)), 5, 0, 8 * DAY)
    after = sample(same, 5, 0, 8 * DAY)
    assert np.array_equal(before.applied, after.applied)
    assert np.array_equal(before.draws, after.draws)


def times(arrivals: PoissonArrivals, seed: int, horizon: float = 9 * DAY) -> np.ndarray:
    return arrival_times((ArrivalsFrom(0.0, curve(arrivals)),), seed, 0, "matter", horizon)


def test_days_that_vary_have_a_factor_each_of_its_own_stream() -> None:
    """The number of a day is Poisson given its factor, so the variance of the day's count is m + (m cv)^2."""
    arrivals = PoissonArrivals(Rate(0.25), trend=Trend(cv=0.5))  # 120 on a workday
    counts = np.array([np.count_nonzero(times(arrivals, seed, DAY) < DAY) for seed in range(2000)])
    assert abs(counts.mean() - 120.0) < 4 * np.sqrt((120 + 60**2) / 2000)
    assert 0.85 < counts.var() / (120 + 60**2) < 1.15


def test_the_factor_of_a_day_is_the_gamma_quantile_of_its_draw() -> None:
    from simgov.distributions import Gamma

    varied = curve(PoissonArrivals(Rate(0.1), trend=Trend(cv=0.4)))
    drawn = Gamma(1.0, 0.4).quantile(uniforms(3, 7, "matter/day", np.arange(4)))
    assert varied.slot_days().tolist()[:3] == [0, 3, 4]  # Friday, Monday, Tuesday
    factors = np.ones(len(varied.slot_days()))
    factors[:2] = drawn[0], drawn[3]
    found = varied.varied(factors)
    assert np.interp([DAY, 4 * DAY], found.time, found.cases).tolist() == pytest.approx(
        [48 * drawn[0], 48 * (drawn[0] + drawn[3])]
    )
    whole = arrival_times((ArrivalsFrom(0.0, varied),), 3, 7, "matter", 9 * DAY)
    first = arrival_times((ArrivalsFrom(0.0, varied),), 3, 7, "matter", DAY)
    assert np.array_equal(whole[: len(first)], first)


def test_a_group_comes_at_one_instant_and_the_rate_counts_its_people() -> None:
    arrivals = PoissonArrivals(Rate(0.25), groups_of=((1, 0.5), (3, 0.25), (10, 0.25)))
    come = times(arrivals, 11)
    instants, sizes = np.unique(come, return_counts=True)
    drawn = uniforms(11, 0, "matter/together", np.arange(len(instants)))
    assert sizes.tolist() == [1 if u < 0.5 else 3 if u < 0.75 else 10 for u in drawn]
    everybody = sum(len(times(arrivals, seed, DAY)) for seed in range(1000))
    # Groups of mean 3.75 and second moment 27.75: variance of a day's people is 120 / 3.75 * 27.75 = 888.
    assert abs(everybody / 1000 - 120.0) < 4 * np.sqrt(888 / 1000)


def test_the_mean_factor_is_that_of_the_run() -> None:
    settings = RunSettings(start=datetime.date(2026, 1, 1), period=Duration(59 * DAY))  # January and February
    assert mean_factor(STEADY, settings) == 1.0
    assert mean_factor(Trend(season=((1, 2.0),)), settings) == pytest.approx((31 * 2 + 28) / 59)


def test_a_profile_whose_days_never_come_brings_nobody() -> None:
    weekend = ProfileArrivals(((6, 540, 600, 10.0),))
    short = replace(scenario(weekend), run=RunSettings(start=START, period=Duration(DAY), cap=Duration(60.0)))
    (closed,) = compile_network(short).arrivals[0]
    assert closed.curve is not None
    assert len(closed.curve.time) == 0
    assert len(arrival_times((closed,), 1, 0, "matter", 9 * DAY)) == 0
    never = Trend(surges=(Surge(START, datetime.date(2100, 1, 1), 0.0),), cv=0.3)
    assert len(times(PoissonArrivals(Rate(1.0), trend=never), 1)) == 0
