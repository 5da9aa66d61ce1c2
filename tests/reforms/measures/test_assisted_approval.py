"""Assisted approval: less work for a case, as far as officers accept it, and the assistant's proposals are checked."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

STEPS = "steps: [permit.review, benefit.check]"


def test_the_work_falls_by_the_saving_where_it_is_accepted() -> None:
    before, after = pair(f"assisted_approval: {{{STEPS}, saving: 40 %}}")
    _, half = pair(f"assisted_approval: {{{STEPS}, saving: 40 %, acceptance: 50 %}}")
    _, as_much = pair(f"assisted_approval: {{{STEPS}, saving: 20 %}}")
    assert half == as_much
    busy = [row[0] for row in means((before, half, after), "police.utilisation")]
    assert busy[0] > busy[1] > busy[2]
    assert busy[0] - busy[2] == pytest.approx(2 * (busy[0] - busy[1]), rel=0.02)


def test_the_old_work_is_the_same_draw() -> None:
    """A review of no time leaves case by case what scaling leaves, up to rounding."""
    _, scaled = pair("assisted_approval: {steps: [permit.review], saving: 30 %}")
    _, parted = pair("assisted_approval: {steps: [permit.review], saving: 30 %, review: {constant: 0 min}}")
    rows = means((scaled, parted), "permit.time.mean", "police.utilisation", replications=3)
    assert rows[0] == pytest.approx(rows[1], rel=1e-9)


def test_checking_the_assistant_may_take_more_than_it_saves() -> None:
    before, after = pair(f"assisted_approval: {{{STEPS}, saving: 10 %, review: {{constant: 4 min}}}}")
    rows = means((before, after), "permit.time.mean", "police.utilisation")
    assert rows[1][1] > rows[0][1]
    assert rows[1][0] > rows[0][0]


@pytest.mark.parametrize("neutral", ["saving: 0 %", "saving: 40 %, acceptance: 0 %, review: {constant: 4 min}"])
def test_no_assistant_changes_nothing(neutral: str) -> None:
    before, after = pair(f"assisted_approval: {{{STEPS}, {neutral}}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{steps: [permit.revew], saving: 10 %}", "steps[0]", "did you mean review?"),
        ("{steps: [permit.review, permit.review], saving: 10 %}", "steps[1]", "permit.review is named twice"),
        ("{steps: [permit.report], saving: 10 %}", "steps[0]", "no officer to assist"),
        ("{steps: [permit.review], saving: 100 %}", "saving", "nothing would be left of the work at permit.review"),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"assisted_approval: {measure}")
    assert problem.dotted == f"reforms.changed[0].assisted_approval.{path}"
    assert said in f"{problem.message}; {problem.hint}"
