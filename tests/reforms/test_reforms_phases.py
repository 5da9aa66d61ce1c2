"""Measures with a date, phases of a file, and reforms of a scenario that has phases."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.errors import ReformError
from simgov.scenario.differences import differences
from simgov.scenario.value import Scenario
from simgov.study import Study, load

FILE = """
simgov: 1
calendar: {hours: ["09:00-12:00", "13:00-17:30"]}
pools:
  general: {kind: window, count: 6, cost: 35 CNY/h}
  police:  {kind: department, count: 4, cost: 60 CNY/h}
services:
  passport:
    arrivals: {poisson: {rate: 9 /h}}
    steps:
      counter: {at: general, time: {constant: 6 min}, in_person: true}
      review:  {at: police, time: {constant: 9 min}}
      recheck: {at: police, time: {constant: 5 min}, decision: true}
reforms:
  more:    [{staff: {general: 8}, set_up: 100 CNY}]
  lean:    [{remove_step: passport.recheck, running: 365 CNY/year}]
  staged:  [{staff: {general: 7}, from: 2026-01-12}, {remove_step: passport.recheck, from: 2026-01-19}]
  fewer:   [{staff: {move: 2, from: police, to: general}}]
  merged:  [{pool_windows: {into: general, from: [police]}}]
run: {period: 20 workdays}
"""


def study(folder: Path, phases: str = "") -> Study:
    file = folder / "scenario.yaml"
    file.write_text(FILE + phases, encoding="utf-8")
    return load(file)


def counts(scenario: Scenario) -> list[tuple[int, bool]]:
    """For each version: posts of the general pool, and whether there is a recheck."""
    return [
        (version.pool("general").count, not version.service("passport").step("recheck").removed)
        for version in scenario.versions
    ]


def test_a_measure_with_a_date_makes_a_phase(tmp_path: Path) -> None:
    loaded = study(tmp_path)
    staged = loaded.reform("staged")
    assert [phase.start.isoformat() for phase in staged.phases] == ["2026-01-12", "2026-01-19"]
    assert counts(staged) == [(6, True), (7, True), (7, False)]
    assert [str(one) for one in differences(loaded.baseline, staged)] == [
        "from 2026-01-12 on: pools.general.count: 6 → 7",
        "from 2026-01-19 on: services.passport.steps.recheck: removed",
    ]
    in_chinese = differences(loaded.baseline, staged)[0].text("zh")
    assert in_chinese == "自 2026-01-12 起：pools.general.count：6 → 7"


def test_phases_add_up_whatever_their_order_in_the_file(tmp_path: Path) -> None:
    phases = "phases: [{from: 2026-02-02, reform: lean}, {from: 2026-01-12, reform: [more, fewer]}]\n"
    baseline = study(tmp_path, phases).baseline
    assert counts(baseline) == [(6, True), (10, True), (10, False)]
    assert [(v.set_up, v.running) for v in baseline.versions] == [(0, 0), (10_000, 0), (10_000, 36_500)]


def test_a_reform_changes_every_phase_but_brings_nothing_twice(tmp_path: Path) -> None:
    loaded = study(tmp_path, "phases: [{from: 2026-02-02, reform: lean}]\n")
    assert counts(loaded.reform("more")) == [(8, True), (8, False)]
    assert counts(loaded.reform("lean")) == [(6, False), (6, False)]
    assert [version.running for version in loaded.reform("lean").versions] == [36_500, 36_500]
    assert counts(loaded.reform("staged")) == [(6, True), (7, True), (7, False), (7, False)]


def test_a_phase_may_not_close_a_pool_that_earlier_cases_need(tmp_path: Path) -> None:
    loaded = study(tmp_path)
    dated = replace(loaded.reforms["merged"].measures[0], since=datetime.date(2026, 2, 2))
    with pytest.raises(ReformError, match="police would be gone from 2026-02-02 on"):
        dated.apply(loaded.baseline)
    assert len(loaded.reform("merged").pools) == 1


def test_the_plan_of_the_optimiser_staffs_every_phase(tmp_path: Path) -> None:
    baseline = study(tmp_path, "phases: [{from: 2026-02-02, reform: more}]\n").baseline
    assert counts(baseline.with_staff({"general": 5})) == [(5, True), (5, True)]
