"""A promise is not kept by accepting slowly: the legal clock does not see who waits to be accepted."""

from __future__ import annotations

from pathlib import Path

import pytest

import simgov
from simgov.experiment.stability import blind_to_queue, held_up_before_acceptance
from simgov.kpi import find, names
from simgov.scenario.value import staffed

OFFICE = """
simgov: 1
name: Slow to accept
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  desk: {kind: department, count: 1, cost: 40 CNY/h}
  back: {kind: department, count: 5, cost: 60 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 20 /h}}
    promise: 1 workdays
    steps:
      accept: {at: desk, time: {gamma: {mean: 10 min, cv: 0.6}}, accepted: true}
      decide: {at: back, time: {gamma: {mean: 12 min, cv: 0.7}}, decision: true}
targets: [{kpi: permit.on_time, at_least: 95 %}]
optimize: {minimize: cost, staff: {desk: 1..6, back: 1..8}}
run: {period: 10 workdays, replications: 5}
"""


@pytest.fixture
def study(tmp_path: Path) -> simgov.Study:
    file = tmp_path / "scenario.yaml"
    file.write_text(OFFICE, encoding="utf-8")
    return simgov.load(file)


def test_a_service_is_held_up_only_by_a_growing_queue_before_acceptance(study: simgov.Study) -> None:
    office = study.baseline
    assert held_up_before_acceptance(office) == {"permit"}
    assert held_up_before_acceptance(office.with_pool(staffed(office.pool("desk"), 4))) == frozenset()
    slow_behind = office.with_pool(staffed(office.pool("desk"), 4)).with_pool(staffed(office.pool("back"), 1))
    assert held_up_before_acceptance(slow_behind) == frozenset()


def test_only_measures_on_the_legal_clock_are_blind_to_it(study: simgov.Study) -> None:
    office, held_up = study.baseline, frozenset({"permit"})
    blind = [kpi.name for kpi in names(office) if blind_to_queue(kpi, held_up)]
    assert blind == [*(f"permit.days.{statistic}" for statistic in ("mean", "median", "p90", "p95")), "permit.on_time"]
    assert blind_to_queue(find(office, "all.on_time"), held_up)
    assert not any(blind_to_queue(kpi, frozenset({"passport"})) for kpi in names(office))


def test_no_plan_keeps_the_promise_by_accepting_slowly(study: simgov.Study) -> None:
    plan = simgov.optimize(study, seed=1)
    assert plan.feasible
    assert plan.staff["desk"] * 60 / 10 > 20  # 20 an hour, ten minutes each
