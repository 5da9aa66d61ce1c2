"""The shortest promise: on samples by hand, and of an office whose days are known."""

import numpy as np
import pytest

from simgov.judging.changes import with_demand, with_promise
from simgov.judging.promise import promises, share_within, shortest
from simgov.kpi.statistics import Sample
from simgov.study import load
from simgov.study.reading import Study


def sample(values: list[float], censored: list[bool] | None = None) -> Sample:
    marks = np.array(censored or [False] * len(values), np.bool_)
    return Sample(np.array(values, np.float64), marks)


def test_the_share_within_so_many_days_by_hand() -> None:
    samples = [sample([1, 2, 3, 4]), sample([2, 2, 2, 9])]
    found = share_within(samples, 3)
    assert found.value == 6 / 8
    assert found.without.tolist() == [3 / 4, 3 / 4]
    assert share_within(samples, 1).value == 1 / 8


def test_open_cases_are_not_within() -> None:
    assert share_within([sample([1.0, 0.0], [False, True])], 5).value == 0.5


def test_the_least_days_and_the_interval_around_them() -> None:
    # 20 cases each: 18 within 3 days in the first, 20 in the second: 95 % in all, no less.
    samples = [sample([3.0] * 18 + [5.0, 7.0]), sample([3.0] * 20)]
    days, low, high = shortest(samples, 0.95, 0.95)
    assert days == 3
    assert low is not None
    assert low <= 3
    assert high == 7  # its interval reaches far below 95 % until every case is within
    assert shortest(samples, 0.96, 0.95)[0] == 5
    assert shortest(samples, 1.0, 0.95)[0] == 7


def test_a_promise_is_at_least_a_workday_and_not_possible_over_open_cases() -> None:
    assert shortest([sample([0.0, 0.0])], 0.95, 0.95) == (1, None, None)  # one replication has no interval
    assert shortest([sample([0.0, 0.0])] * 2, 0.95, 0.95) == (1, 1, 1)
    assert shortest([sample([1.0, 2.0], [False, True])], 0.95, 0.95) == (None, None, None)
    assert shortest([sample([])], 0.95, 0.95) == (None, None, None)


OFFICE = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 4, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    promise: 4 workdays
    statutory_limit: 8 workdays
    steps:
      counter: {at: window, time: {constant: 1 min}, accepted: true}
      lie: {time: {constant: 3 workdays}}
      decide: {at: window, time: {constant: 1 min}, decision: true}
run: {period: 10 workdays, warm_up: 4 workdays, replications: 3, seed: 1}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path = tmp_path_factory.mktemp("office") / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return load(path)


def test_an_office_that_takes_three_workdays_can_promise_three(study: Study) -> None:
    # 3 workdays of 8 working hours later it is the same time of the third workday, minutes later: all but the
    # last few minutes' cases are decided on that day.
    (found,) = promises(study.baseline, [0.95])
    assert (found.days, found.low, found.high) == (3, 3, 3)
    assert found.on_time.value >= 0.95
    assert found.of_statutory == 3 / 8
    assert found.promised == 4
    assert not found.held_up
    (all_of_them,) = promises(study.baseline, [1.0])
    assert all_of_them.days == 4  # those of the last minutes are decided the next morning


def test_it_is_the_same_with_any_number_of_workers(study: Study) -> None:
    assert promises(study.baseline, [0.95, 0.99], workers=1) == promises(study.baseline, [0.95, 0.99], workers=3)


def test_services_are_changed_in_every_way_and_phase(study: Study) -> None:
    assert with_promise(study.baseline, "permit", 7).service("permit").promise == 7
    assert with_demand(study.baseline, 1.0) is study.baseline
    more = with_demand(study.baseline, 1.5).service("permit").arrivals
    assert more.rate.amount == pytest.approx(0.15)  # 9 an hour, in minutes
