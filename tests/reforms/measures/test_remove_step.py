"""Removing a step: less work and time; what it would have found comes back later; refused where the law wants it."""

from __future__ import annotations

import pytest

from simgov.reforms.measures.remove_step import RemoveStep
from tests.reforms.example_office import means, pair, problems

MISSED = "remove_step: {step: permit.recheck, missed: 20 %, found_at: planning}"


def test_without_the_step_cases_are_faster_and_its_pool_has_less_to_do() -> None:
    before, after = pair("remove_step: permit.recheck")
    (time, load, steps), (new_time, new_load, new_steps) = means(
        (before, after), "permit.time.mean", "planning.utilisation", "permit.steps", replications=5
    )
    assert new_time < time
    assert new_load < load
    assert new_steps == pytest.approx(steps - 1.0, abs=1e-9)


def test_what_nobody_finds_comes_back_later() -> None:
    before, plain = pair("remove_step: permit.recheck")
    _, missed = pair(MISSED)
    rows = means((before, plain, missed), "permit.returns", "permit.steps", replications=10)
    assert rows[1][0] == pytest.approx(rows[0][0], abs=0.01)
    # each visit is sent back again with 20 %, up to 20 times: 0.2 / 0.8 visits more on average
    assert rows[2][0] - rows[1][0] == pytest.approx(0.25, abs=0.03)
    assert rows[2][1] > rows[1][1]


def test_cases_go_back_to_where_it_is_said() -> None:
    where = "found_at: planning, back_to: draft, delay: {constant: 1 workday}"
    _, after = pair(f"remove_step: {{step: permit.recheck, missed: 5 %, {where}}}")
    returns = after.service("permit").step("planning").returns
    assert returns is not None
    assert (returns.share, returns.to, returns.delay is not None) == (0.05, "draft", True)


def test_a_step_that_sends_cases_back_already_sends_more_of_them() -> None:
    """Two independent causes, 6 % and 10 %."""
    _, after = pair("remove_step: {step: permit.recheck, missed: 10 %, found_at: fire}")
    returns = after.service("permit").step("fire").returns
    assert returns is not None
    assert returns.share == pytest.approx(1 - 0.94 * 0.9)
    assert (returns.to, returns.limit) == ("fire", 2)


def test_nothing_missed_is_the_short_form() -> None:
    _, short = pair("remove_step: permit.recheck")
    _, long = pair("remove_step: {step: permit.recheck, missed: 0 %, found_at: planning}")
    assert short == long


def test_a_part_may_be_missed_at_its_own_step() -> None:
    parts = (
        "name: {zh: 复核, en: Second check}, at: planning",
        "name: {zh: 复核, en: Second check}, parts: {sign: {share: 30 %}}, at: planning",
    )
    measure = "remove_step: {step: permit.recheck.sign, missed: 5 %, found_at: recheck}"
    _, after = pair(measure, replaced=(parts,))
    step = after.service("permit").step("recheck")
    assert not step.parts[0].kept
    assert step.returns is not None


def test_only_without_more_returns_it_is_never_a_loss() -> None:
    assert RemoveStep(step="permit.recheck").monotone
    assert not RemoveStep(step="permit.recheck", missed=0.1, found_at="fire").monotone


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("remove_step: permit.planing", ("remove_step",), "there is no step of permit 'planing'"),
        (
            "remove_step: permit.planning",
            ("remove_step",),
            "rests on the law and cannot be removed (城乡规划法第四十条)",
        ),
        ("remove_step: permit.report", ("remove_step",), "is a legal precondition (前置条件) of planning"),
        ("remove_step: {step: permit.fire}", ("remove_step", "step"), "rests on the law"),
        ("remove_step: {step: permit.recheck, missed: 5 %}", ("remove_step", "missed"), "which step finds"),
        (
            "remove_step: {step: permit.recheck, missed: 5 %, found_at: counter}",
            ("remove_step", "found_at"),
            "counter does not come after recheck",
        ),
        (
            "remove_step: {step: permit.recheck, missed: 5 %, found_at: passport.review}",
            ("remove_step", "found_at"),
            "is not a step of permit",
        ),
        (
            "remove_step: {step: permit.recheck, missed: 5 %, found_at: fire, back_to: draft}",
            ("remove_step", "back_to"),
            "fire sends cases back to fire already, not to draft",
        ),
        (
            "remove_step: {step: permit.recheck, missed: 5 %, found_at: fire, delay: {constant: 9 h}}",
            ("remove_step", "delay"),
            "after another time",
        ),
        (
            "remove_step: {step: permit.recheck, missed: 5 %, found_at: planning, back_to: review}",
            ("remove_step", "back_to"),
            "review does not come before planning",
        ),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[str, ...], said: str) -> None:
    (problem,) = problems(measure)
    assert problem.path == ("reforms", "changed", 0, *key)
    assert said in problem.message
