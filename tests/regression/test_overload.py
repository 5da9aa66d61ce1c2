"""An overloaded plan never looks good, whatever the statistic and whichever the engine."""

from __future__ import annotations

from pathlib import Path

import pytest

import simgov
from simgov.experiment import Runs
from simgov.kpi.statistics import Estimate
from simgov.study import Study

OVERLOADED = """
simgov: 1
name: Overloaded review
calendar: {{hours: ["09:00-12:00", "13:00-17:00"]}}
pools:
  counter: {{kind: window, count: 4}}
  review:  {{kind: department, count: 3, at_closing: pause}}
services:
  permit:
    arrivals: {{poisson: {{rate: 12 /h}}}}
    promise: 5 workdays
    steps:
      counter: {{at: counter, time: {{lognormal: {{mean: 10 min, cv: 0.5}}}}, in_person: true, accepted: true}}
      review:  {{at: review, time: {{gamma: {{mean: 18 min, cv: 0.7}}}}, decision: true}}
targets:
  - {{kpi: permit.time.mean, at_most: 10 days}}
  - {{kpi: permit.time.p90, at_most: 10 days}}
  - {{kpi: permit.days.p90, at_most: 7 workdays}}
run: {{period: {days} workdays, cap: 2 h, replications: 4, seed: 3}}
"""
"""Twelve cases an hour of 18 minutes each are 3.6 officers' work for 3: a load of 120 %."""


@pytest.fixture(scope="module", params=["compiled", "reference"])
def runs_of_10_20_and_40_days(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> list[tuple[Study, Runs]]:
    folder = tmp_path_factory.mktemp("overloaded")
    made = []
    for days in (10, 20, 40):
        path: Path = folder / f"{days}.yaml"
        path.write_text(OVERLOADED.format(days=days), encoding="utf-8")
        study = simgov.load(path)
        made.append((study, simgov.run(study.baseline, engine=request.param)))
    return made


def found(run: tuple[Study, Runs], kpi: str) -> Estimate:
    return run[1].estimate("baseline", kpi)


@pytest.mark.parametrize("kpi", ["permit.time.mean", "permit.time.p90", "permit.days.p90", "review.queue.mean"])
def test_times_grow_with_the_period(runs_of_10_20_and_40_days: list[tuple[Study, Runs]], kpi: str) -> None:
    short, middle, long = (found(run, kpi).value for run in runs_of_10_20_and_40_days)
    assert middle > 1.4 * short
    assert long > 1.4 * middle


def test_cases_are_censored_and_bounds_marked(runs_of_10_20_and_40_days: list[tuple[Study, Runs]]) -> None:
    for run in runs_of_10_20_and_40_days:
        assert 0.10 < found(run, "permit.open").value < 0.25  # a sixth of the work is never done
        for kpi in ("permit.time.mean", "permit.time.p90", "permit.days.mean", "permit.on_time"):
            assert found(run, kpi).lower_bound, kpi
        assert not found(run, "permit.wait.mean").lower_bound  # the counter keeps up
        assert found(run, "review.utilisation").value > 0.97


def test_targets_fail_even_where_the_ages_so_far_would_meet_them(
    runs_of_10_20_and_40_days: list[tuple[Study, Runs]],
) -> None:
    study, runs = runs_of_10_20_and_40_days[0]
    for target in study.targets:
        estimate = runs.estimate("baseline", target.kpi)
        assert estimate.value < target.limit
        assert not target.met(estimate)


def test_the_pool_is_named_beforehand(runs_of_10_20_and_40_days: list[tuple[Study, Runs]]) -> None:
    _, runs = runs_of_10_20_and_40_days[0]
    assert any("review" in warning for warning in runs.warnings)
    assert not any("counter" in warning for warning in runs.warnings)


def test_enough_officers_take_it_all_back(tmp_path: Path) -> None:
    path = tmp_path / "enough.yaml"
    text = OVERLOADED.format(days=20).replace("department, count: 3", "department, count: 5").replace("2 h", "9 days")
    path.write_text(text, encoding="utf-8")
    study = simgov.load(path)
    runs = simgov.run(study.baseline)
    for target in study.targets:
        assert target.met(runs.estimate("baseline", target.kpi))
    assert runs.estimate("baseline", "permit.open").value == 0.0
