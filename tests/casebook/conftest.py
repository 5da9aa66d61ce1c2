"""A small case whose answer is known: two delays, of which the reform removes one; after = before - the one removed."""

from __future__ import annotations

from pathlib import Path

import pytest

SCENARIO = """\
simgov: 1
name: Office
calendar: always
pools:
  desk: {kind: department, count: 30}
services:
  permit:
    arrivals: {poisson: {rate: 4 /h}}
    steps:
      review:  {time: {constant: 30 min}}
      recheck: {time: {constant: 10 min}, decision: true}
      copy:    {at: desk, time: {constant: 3 min}}
reforms:
  lean:  [{remove_step: permit.recheck}]
  quick: [{remove_step: permit.review}]
targets:
  - {kpi: permit.time.mean, at_most: 51 min}
run: {cases: 40, replications: 1, seed: 1}
"""
CASE = """\
case: 1
id: office
name: {zh: 测试案例, en: Test case}
kind: prediction
source: a test
reading: {zh: 平均用时, en: The mean time}
measure: {zh: 减环节, en: A step less}
figures:
  - kpi: permit.time.mean
    before: 60 min
    after: 51 min
    calibrate:
      {name: {zh: 审查用时, en: Review}, path: services.permit.steps.review.time.constant, low: 1 min, high: 90 min}
reform: lean
takes: {lean: {zh: 减环节, en: lean}, quick: {zh: 提速, en: quick}}
assumptions:
  - name: {zh: 复核用时, en: Second review}
    path: services.permit.steps.recheck.time.constant
    low: 5 min
    high: 15 min
    default: 10 min
    assumption: {zh: 测试, en: for the test}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder of the small case."""
    made = tmp_path / "cases" / "office"
    made.mkdir(parents=True)
    (made / "scenario.yaml").write_text(SCENARIO, encoding="utf-8")
    (made / "case.yaml").write_text(CASE, encoding="utf-8")
    return made
