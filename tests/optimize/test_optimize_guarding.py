"""What is branched over and what the guard band covers, where more staff brings others sooner."""

from __future__ import annotations

from pathlib import Path

import pytest

from simgov.cli.phrases import CHINESE
from simgov.cli.planning import BAND_REASONS
from simgov.optimize.goals import Others
from simgov.optimize.guarding import GUARD_BANDS, MOST_HELD, held_back
from simgov.optimize.influence import EITHER, HELPS, NONE, SOONER
from simgov.optimize.problem import Problem, build
from simgov.report.plan_words import PLAN_MESSAGES
from simgov.study.document import parse_document
from simgov.study.reading import interpret

OFFICE = """
simgov: 1
calendar: always
pools:
  intake: {kind: department, count: 2, cost: 30 CNY/h}
  taking: {kind: department, count: 2, cost: 30 CNY/h}
  review: {kind: department, count: 2, cost: 30 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 4 /h}}
    steps:
      s0: {at: intake, time: {exponential: {mean: 10 min}}}
      s1: {at: review, time: {exponential: {mean: 8 min}}, decision: true}
  licence:
    arrivals: {poisson: {rate: 4 /h}}
    steps:
      s0: {at: OTHERS, time: {exponential: {mean: 10 min}}}
      s1: {at: review, time: {exponential: {mean: 8 min}}, decision: true}
run: {period: 10 h, replications: 2}
targets:
  - {kpi: permit.time.mean, at_most: 1 h}
  - {kpi: licence.time.mean, at_most: 1 h}
optimize: {staff: {intake: 1..4, taking: 1..MOST, review: 1..4}}
"""


def problem(others: str, most: int = 4) -> Problem:
    text = OFFICE.replace("OTHERS", others).replace("MOST", str(most))
    study, faults = interpret(parse_document(text.encode(), "office"), Path("office.yaml"))
    assert study is not None, faults
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


def test_what_brings_others_sooner_is_branched_over_while_that_is_not_too_much() -> None:
    effects = (HELPS, SOONER, NONE, SOONER)
    assert held_back(effects, (9, 16, 9, 8)) == ((HELPS, EITHER, NONE, EITHER), Others.NONE)
    assert MOST_HELD == 16 * 8
    assert held_back(effects, (9, 16, 9, 9)) == ((HELPS, HELPS, NONE, HELPS), Others.ELSEWHERE)
    assert held_back((HELPS, EITHER), (9, 900)) == ((HELPS, EITHER), Others.NONE)


@pytest.mark.parametrize(
    ("others", "most", "permit", "others_sent_on"),
    [
        ("taking", 4, (HELPS, EITHER, HELPS), Others.NONE),
        ("taking", 200, (HELPS, HELPS, HELPS), Others.ELSEWHERE),
        ("intake", 4, (HELPS, NONE, HELPS), Others.SHARING),
    ],
)
def test_an_office_tells_how_wide_its_band_begins(
    others: str, most: int, permit: tuple[int, ...], others_sent_on: Others
) -> None:
    found = problem(others, most)
    (term,) = found.terms[0][0]
    assert (term.effects, term.others) == (permit, others_sent_on)
    assert found.others == others_sent_on
    assert found.guard_band == GUARD_BANDS[others_sent_on]
    assert GUARD_BANDS[Others.NONE] < GUARD_BANDS[Others.SHARING] < GUARD_BANDS[Others.ELSEWHERE]


def test_the_plan_says_why_its_band_is_wide() -> None:
    for others, phrase in BAND_REASONS.items():
        assert GUARD_BANDS[Others[others.upper()]] > GUARD_BANDS[Others.NONE]
        assert phrase in CHINESE
        assert f"band_{others}" in PLAN_MESSAGES
    assert len(BAND_REASONS) == len(GUARD_BANDS) - 1
