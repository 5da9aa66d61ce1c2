"""Parallel approval: side by side is faster; merging opinions and talking conflicts over costs time and officers."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

STEPS = "parallel: {service: permit, steps: [planning, fire]"
MERGING = ", merging: {at: police, time: {constant: 6 min}}"


def test_side_by_side_is_faster() -> None:
    before, after = pair("parallel: [permit.planning, permit.fire]")
    (time, load), (less, same) = means((before, after), "permit.time.mean", "fire.utilisation", replications=5)
    assert less < time
    assert same == pytest.approx(load, rel=0.02)


def test_merging_opinions_and_talking_conflicts_over_costs_time_and_officers() -> None:
    _, plain = pair(STEPS + "}")
    _, merging = pair(STEPS + MERGING + "}")
    _, talking = pair(STEPS + MERGING + ", conflicts: 40 %, talks: {constant: 30 min}}")
    rows = means((plain, merging, talking), "permit.time.mean", "police.utilisation", "permit.steps", replications=5)
    (plain_row, merging_row, talking_row) = rows
    assert plain_row[0] < merging_row[0] < talking_row[0]
    assert plain_row[1] < merging_row[1] < talking_row[1]
    assert merging_row[2] - plain_row[2] == pytest.approx(1.0, abs=1e-9)
    assert talking_row[2] - merging_row[2] == pytest.approx(0.4, abs=0.05)


def test_where_the_new_steps_stand() -> None:
    before, after = pair(STEPS + MERGING + ", conflicts: 10 %}")
    permit = after.service("permit")
    merged, talks = permit.step("merged_opinions"), permit.step("merged_opinions_talks")
    assert (merged.after, merged.at) == (("planning", "fire"), "police")
    assert (talks.after, talks.at, talks.together) == (("merged_opinions",), "police", ("planning", "fire"))
    assert (talks.share, talks.time) == (0.1, merged.time)
    assert permit.step("visit_planning").after == (talks.id,)
    old = [step.stream for step in before.service("permit").steps]
    assert [step.stream for step in permit.steps if step not in (merged, talks)] == old


def test_without_conflicts_nobody_talks_and_side_by_side_already_stays_so() -> None:
    _, merging = pair(STEPS + MERGING + "}")
    assert [step.id for step in merging.service("permit").steps if "talks" in step.id] == []
    beside = (("at: fire, time: {gamma: {mean: 30 min", "at: fire, after: [report], time: {gamma: {mean: 30 min"),)
    waits = (("name: {zh: 规划踏勘", "after: [planning, fire], name: {zh: 规划踏勘"),)
    before, after = pair(STEPS + "}", replaced=(*beside, *waits))
    assert after == before


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("{service: permit, steps: [report, planning]}", ("steps", 1), "report is a legal precondition (前置条件)"),
        ("{service: permit, steps: [planning, fir]}", ("steps", 1), "no step of permit"),
        ("{service: permit, steps: [planning]}", ("steps",), "fewer than two"),
        ("{service: permit, steps: [planning, fire], conflicts: 5 %}", (), "where opinions are merged"),
        (
            "{service: permit, steps: [planning, fire], merging: {at: plan, time: {constant: 5 min}}}",
            ("merging", "at"),
            "there is no pool 'plan'",
        ),
        (
            "{service: permit, steps: [planning, fire], merging: {at: fire, into: draft, time: {constant: 5 min}}}",
            ("merging", "into"),
            "has a step draft already",
        ),
        (
            "{service: permit, steps: [sign_division, sign_bureau], merging: {at: fire, time: {constant: 5 min}}}",
            ("merging",),
            "sign_bureau decides",
        ),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("parallel: " + measure)
    assert problem.path == ("reforms", "changed", 0, "parallel", *key)
    assert said in problem.message
