"""A reform that changes nothing changes no KPI by a single bit."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.experiment import Runs
from simgov.reforms.registry import MEASURES
from simgov.study import Study

HALL = """
simgov: 1
name: A hall with a service that nobody asks for in a thousand years
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:30"]}
pools:
  general: {kind: window, cost: 35 CNY/h, overtime_cost: 50 CNY/h,
            shifts: [{count: 3, hours: ["09:00-12:00", "13:00-17:30"]}, {count: 1, hours: ["13:00-17:30"]}]}
  police:  {kind: department, count: 3, cost: 60 CNY/h, at_closing: pause}
  quiet_window: {kind: window, count: 1}
  quiet_desk:   {kind: window, count: 2}
services:
  passport:
    arrivals: {poisson: {rate: 9 /h}}
    patience: {weibull: {mean: 45 min, shape: 2}}
    promise: 5 workdays
    groups: {citizen: 70 %, firm: 30 %}
    steps:
      counter: {at: general, time: {lognormal: {mean: 11 min, cv: 0.6}}, in_person: true, accepted: true, documents: 4,
                choose: {review: 60 %, quick: 40 %},
                returns: {share: 15 %, to: counter, delay: {lognormal: {mean: 1 workdays, cv: 0.8}}, limit: 3}}
      review:  {at: police, time: {gamma: {mean: 25 min, cv: 0.8}}, after: [counter],
                parts: {look: {share: 60 %}, write: {share: 40 %}}}
      quick:   {at: police, time: {weibull: {mean: 5 min, cv: 0.8}}, after: [counter], share: 90 %}
      sign:    {at: police, time: {gamma: {mean: 4 min, cv: 0.8}}, after: [review, quick], decision: true}
      notify:  {time: {constant: 1 h}}
  permit:
    arrivals: {poisson: {rate: 40 /workday}}
    steps:
      counter: {at: general, time: {lognormal: {mean: 6 min, cv: 0.5}}, in_person: true, decision: true}
  unasked:
    arrivals: {poisson: {rate: 1e-9 /h}}
    promise: 2 workdays
    steps:
      enter: {at: quiet_desk, time: {gamma: {mean: 25 min, cv: 0.8}}, in_person: true, accepted: true,
              parts: {identify: {share: 60 %}, copy: {share: 40 %}}}
      check: {at: quiet_desk, time: {exponential: {mean: 5 min}}}
      sign:  {at: quiet_window, time: {constant: 5 min}, decision: true}

reforms:
  # neutral parameters, on services that are asked for
  same_staff:      [{staff: {general: 4, police: 3}}]
  nobody_moves:    [{staff: {move: 0, from: general, to: police}}]
  nobody_eligible: [{automate: {step: passport.review, share: 0 %, harder: 0 %}}]
  nothing_dropped: [{drop_document: {step: passport.counter, documents: 0}}]
  nothing_twice:   [same_staff, nobody_eligible, nobody_moves]
  # any measure, on the service that nobody asks for
  unasked_staff:     [{staff: {quiet_desk: 7}}]
  unasked_moved:     [{staff: {move: 1, from: quiet_desk, to: quiet_window}}]
  unasked_removed:   [{remove_step: unasked.check}]
  unasked_part:      [{remove_step: unasked.enter.copy}]
  unasked_merged:    [{merge_steps: {steps: [unasked.enter, unasked.check], into: both, saving: 20 %}}]
  unasked_parallel:  [{parallel: [unasked.check, unasked.sign]}]
  unasked_automated: [{automate: {step: unasked.check, share: 50 %, harder: 20 %}}]
  unasked_pooled:    [{pool_windows: {into: quiet_window, from: [quiet_desk], slowdown: 30 %}}]
  unasked_delegated: [{delegate_decision: {service: unasked, to: check, drops: [sign], returns: 30 %}}]
  # and one that does change something
  one_officer_more: [{staff: {police: 4}}]

run: {start: 2026-02-09, period: 12 workdays, warm_up: 2 workdays, replications: 3, seed: 4}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    path: Path = tmp_path_factory.mktemp("null") / "hall.yaml"
    path.write_text(HALL, encoding="utf-8")
    return simgov.load(path)


@pytest.fixture(scope="module")
def null_reforms(study: Study) -> set[str]:
    return set(study.reforms) - {"one_officer_more"}


@pytest.fixture(scope="module")
def runs(study: Study) -> Runs:
    return simgov.run([study.baseline, *(study.reform(name) for name in study.reforms)])


def test_these_are_measures_of_the_registry(study: Study, null_reforms: set[str]) -> None:
    """The first kinds, run; of every kind tests/reforms/measures shows that a neutral one gives an equal scenario."""
    used = {measure.kind for name in null_reforms for measure in study.reforms[name].measures}
    assert len(used) >= 8
    assert used <= set(MEASURES)


def test_every_difference_is_exactly_zero(study: Study, runs: Runs, null_reforms: set[str]) -> None:
    differences = simgov.compare(runs, baseline=study.baseline).differences
    differences = differences[differences.scenario.isin(null_reforms)]
    assert set(differences.scenario) == null_reforms
    unasked = differences.kpi.str.startswith("unasked.")
    asked = differences[~unasked]
    moved = asked[(asked["mean"] != 0.0) | (asked["half_width"] != 0.0)]
    assert moved.empty, moved[["scenario", "kpi", "mean", "half_width"]].to_string()
    assert not (differences[unasked]["mean"].abs() > 0.0).any()  # undefined without cases


def test_every_kpi_is_the_same_in_every_replication(runs: Runs, null_reforms: set[str]) -> None:
    values = {name: kpis.set_index(["replication", "kpi"])["value"] for name, kpis in runs.kpis.groupby("scenario")}
    for name in null_reforms:
        before = values["baseline"].reindex(values[name].index)
        assert np.array_equal(values[name].to_numpy(), before.to_numpy(), equal_nan=True), name


def test_the_comparison_sees_a_reform_that_changes_something(study: Study, runs: Runs) -> None:
    differences = simgov.compare(runs, baseline=study.baseline).differences
    moved = differences[(differences.scenario == "one_officer_more") & (differences["mean"] != 0.0)]
    assert {"passport.time.mean", "passport.door_to_door.p90", "police.utilisation", "cost"} <= set(moved.kpi)
    assert not moved.kpi.str.startswith("permit.").any()
