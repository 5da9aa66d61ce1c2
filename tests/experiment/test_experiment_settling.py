"""The warm-up by MSER-5: against brute force, and on offices whose start is known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Constant, Exponential
from simgov.engines import Stopped
from simgov.experiment import mser, warm_up
from simgov.scenario.value import (
    Backlog,
    PoissonArrivals,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Rate

WEEK = (((540, 1020),),) * 5 + ((), ())


def test_a_step_in_the_series_is_cut_where_it_is() -> None:
    series = np.random.default_rng(5).normal(2.0, 0.5, 240)
    series[:40] += 7.0
    found = mser(series)
    assert (found.cut, found.settled) == (40, True)


def test_the_statistic_is_the_squared_error_of_what_is_left() -> None:
    """White's definition, batch by batch: the sum of squares about the mean of the rest, over its number squared."""
    series = np.random.default_rng(1).exponential(size=203) + 5 * np.exp(-np.arange(203) / 20)
    means = series[:200].reshape(40, 5).mean(axis=1)
    expected = [((means[d:] - means[d:].mean()) ** 2).sum() / (40 - d) ** 2 for d in range(21)]
    found = mser(series)
    assert found.statistic[:21] == pytest.approx(expected, rel=1e-9)
    assert np.isnan(found.statistic[21:]).all()
    assert found.cut == 5 * int(np.argmin(expected))


def test_a_series_that_only_falls_has_not_settled() -> None:
    assert not mser(np.linspace(100.0, 0.0, 200)).settled


def test_too_short_a_series_is_refused() -> None:
    with pytest.raises(ValueError, match="49 values are too few"):
        mser(np.ones(49))


def office(load: float, *, backlog: int = 0, calendar: Calendar = ALWAYS, days: float = 40.0) -> Scenario:
    """One officer with an exponential work of 10 minutes on average."""
    step = Step("review", Text("review", "review"), "permit/review", at="desk", time=Exponential(10.0))
    waiting = (Backlog("review", backlog, Constant(0.0)),) if backlog else ()
    service = Service("permit", Text("permit", "permit"), (step,), PoissonArrivals(Rate(load / 10.0)), backlog=waiting)
    pool = Pool("desk", Text("desk", "desk"), "department", (Shift(1, calendar.week),))
    period = Duration(days * 1440.0) if calendar.always else Duration(days, "workday")
    return Scenario(Text("office", "office"), calendar, (pool,), (service,), RunSettings(period=period))


def test_a_backlog_is_felt_until_it_is_worked_off() -> None:
    """300 cases of 10 minutes at a load of 0.5 take 300 × 10 / (1 - 0.5) = 6,000 minutes."""
    found = warm_up(office(0.5, backlog=300), replications=20, seed=3)
    assert found.settled
    assert found.duration is not None
    assert 4500.0 < found.duration.amount < 9000.0
    assert found.duration.amount % 60.0 == 0.0


def test_without_a_backlog_a_light_load_needs_little() -> None:
    found = warm_up(office(0.3), replications=20, seed=3)
    assert found.settled
    assert found.duration is not None
    assert found.duration.amount < 600.0


def test_an_overloaded_office_never_settles() -> None:
    assert not warm_up(office(1.5), replications=10, seed=3).settled


def test_in_an_office_with_hours_it_is_given_in_workdays() -> None:
    found = warm_up(office(0.5, backlog=300, calendar=Calendar(week=WEEK)), replications=20, seed=3)
    assert found.duration is not None
    assert found.duration.base == "workday"
    assert 9.0 <= found.duration.amount <= 20.0  # 6,000 minutes at 480 a day are 12.5 workdays


def test_it_is_the_same_with_any_number_of_workers() -> None:
    one, two = (warm_up(office(0.8, backlog=50), replications=6, seed=3, workers=workers) for workers in (1, 2))
    assert one.services[0].times.tobytes() == two.services[0].times.tobytes()
    assert (one.duration, one.services[0].cases) == (two.duration, two.services[0].cases)


def test_a_service_with_few_cases_is_named() -> None:
    found = warm_up(office(0.5, days=0.05), replications=5, seed=3)
    assert (found.duration, found.services, found.too_few) == (None, (), ("permit",))


def test_it_can_be_stopped() -> None:
    with pytest.raises(Stopped):
        warm_up(office(0.5), replications=5, stop=np.ones(1, np.int64))


def test_the_warm_up_of_the_file_makes_no_difference() -> None:
    """All cases since the first day are looked at, whatever is left out at present."""
    plain = office(0.5, backlog=300)
    given = replace(plain, run=replace(plain.run, warm_up=Duration(1440.0), period=Duration(39 * 1440.0)))
    one, two = (warm_up(scenario, replications=4, seed=3) for scenario in (plain, given))
    assert np.array_equal(one.services[0].applied, two.services[0].applied)
