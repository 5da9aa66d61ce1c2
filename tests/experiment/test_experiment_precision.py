"""Replications until a requested half-width: the stopping rule by hand, and runs that follow it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.experiment import load_run
from simgov.experiment.precision import (
    FEWEST,
    Precision,
    looked_ahead,
    looks,
    narrow_means,
    next_target,
    stopping_point,
)
from simgov.kpi.statistics import mean_estimate
from simgov.scenario.value import Scenario

OFFICE = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 2}
services:
  permit:
    arrivals: {poisson: {rate: 8 /h}}
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, decision: true}
      copy: {at: window, time: {constant: 1 min}}
reforms:
  lean: [{remove_step: permit.copy}]
run: {period: 2 workdays, replications: 3, seed: 4}
"""


@pytest.fixture
def study(tmp_path: Path) -> simgov.Study:
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return simgov.load(path)


@pytest.fixture
def office(study: simgov.Study) -> Scenario:
    return study.baseline


def marks(text: str) -> np.ndarray:
    """``.`` for narrow enough and ``x`` for not, after replication 1, 2, ..."""
    return np.array([mark == "." for mark in text])


def test_the_rule_looks_five_replications_ahead() -> None:
    assert stopping_point(marks("xxx......"), fewest=3) == 9  # narrow at 4, and at 5 to 9
    assert stopping_point(marks("xxx....."), fewest=3) is None  # not far enough to know
    assert stopping_point(marks("xxx....x......"), fewest=3) == 14  # not lasting; narrow again at 9, and at 10 to 14
    assert stopping_point(marks("........"), fewest=3) == 8
    assert stopping_point(marks("........"), fewest=4) is None
    assert stopping_point(marks("x" * 50), fewest=3) is None


def test_beyond_a_hundred_it_looks_five_per_cent_ahead() -> None:
    assert [looked_ahead(count) for count in (10, 100, 101, 139, 140, 1000)] == [5, 5, 5, 6, 7, 50]
    assert stopping_point(marks("x" * 399 + "." * 21), fewest=10) == 420
    assert stopping_point(marks("x" * 399 + "." * 20), fewest=10) is None


def test_whether_means_are_narrow_is_what_the_t_interval_says() -> None:
    values = np.random.default_rng(3).normal(1e6, 30.0, 60)
    values[[4, 17]] = np.nan
    share = 9e-6
    expected = []
    for count in range(1, 61):
        estimate = mean_estimate(values[:count], np.zeros(count, np.bool_), 0.9)
        expected.append(bool(estimate.half_width <= share * abs(estimate.value)))
    assert narrow_means(values, share, 0.9).tolist() == expected
    assert {True, False} == set(expected)


def test_what_never_varies_is_narrow_and_what_is_never_known_is_not() -> None:
    assert narrow_means(np.zeros(4), 0.01, 0.95).tolist() == [False, True, True, True]
    assert not narrow_means(np.full(4, np.nan), 0.01, 0.95).any()


def test_quantiles_are_looked_at_a_fifth_apart() -> None:
    assert looks(10, 60) == [32, 39, 47, 57]
    assert looks(50, 60) == [50, 60]


def test_the_next_target_follows_from_the_width() -> None:
    goal = Precision({"x": 0.01}, most=500)
    assert next_target(100, 1.5, goal) == 237 + 11 + 1  # 1.5² times as many, 5 % more, their look-ahead and one
    assert next_target(50, 9.0, goal) == 200 + 10 + 1  # no more than four times as many at once
    assert next_target(400, 2.0, goal) == 500
    assert next_target(10, float("inf"), goal) == 26


@pytest.mark.parametrize(
    ("half_widths", "fewest", "most"), [({}, 10, 20), ({"x": 2.0}, 10, 20), ({"x": 0.1}, 1, 20), ({"x": 0.1}, 30, 20)]
)
def test_a_precision_that_cannot_be_is_refused(half_widths: dict[str, float], fewest: int, most: int) -> None:
    with pytest.raises(ValueError, match=r"precision|replications"):
        Precision(half_widths, fewest, most)


def test_it_stops_at_the_same_replication_whatever_the_workers(study: simgov.Study) -> None:
    """And the results are those of a plain run of so many replications."""
    both = [study.baseline, study.reform("lean")]
    asked = {"hall.wait.mean": 0.15, "permit.time.p90": 0.2}
    every = [simgov.run(both, precision=asked, workers=workers, seed=9) for workers in (1, 2, 5)]
    count = every[0].replications
    assert FEWEST < count < 1000
    assert [runs.planned for runs in every] == [count] * 3
    plain = simgov.run(both, replications=count, seed=9)
    for runs in every:
        assert not runs.interrupted
        assert runs.kpis.equals(plain.kpis)
        assert runs.summary().equals(plain.summary())


def test_the_intervals_are_as_narrow_as_asked_and_fewer_replications_would_not_do(office: Scenario) -> None:
    runs = simgov.run(office, precision={"hall.wait.mean": 0.1}, seed=5)
    estimate = runs.estimate("baseline", "hall.wait.mean")
    assert estimate.half_width <= 0.1 * estimate.value
    values = runs.result("baseline").values[:, runs.result("baseline").place["hall.wait.mean"]]
    narrow = narrow_means(values, 0.1, 0.95)
    enough = next(count for count in range(1, 9999) if count + looked_ahead(count) == runs.replications)
    assert narrow[enough - 1 :].all()
    assert not narrow[enough - 2]


def test_it_gives_up_after_the_most_replications(office: Scenario) -> None:
    runs = simgov.run(office, precision={"hall.wait.mean": 0.001}, most_replications=40)
    assert (runs.replications, runs.planned, runs.interrupted) == (40, 40, False)


def test_only_what_is_measured_can_be_precise(office: Scenario) -> None:
    with pytest.raises(ValueError, match=r"hall\.wait\.mean is to be precise but is not among the KPIs"):
        simgov.run(office, precision={"hall.wait.mean": 0.1}, kpis=["permit.time.mean"])


def test_it_is_kept_as_a_run_of_so_many_replications(office: Scenario, tmp_path: Path) -> None:
    runs = simgov.run(office, precision={"hall.wait.mean": 0.2}, out=tmp_path / "kept")
    kept = load_run(tmp_path / "kept")
    assert (kept.planned, kept.replications) == (runs.planned, runs.replications)
    assert kept.kpis.equals(runs.kpis)
