"""Express lane: a class of cases goes first, the others wait longer, and the queue as a whole is no shorter."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems


def test_the_class_is_faster_and_the_others_wait_longer() -> None:
    kpis = ("benefit.wait.mean", "id_card.wait.mean", "general.utilisation")
    before, after = means(pair("express_lane: {service: benefit, priority: 1}"), *kpis)
    assert after[0] < before[0]
    assert after[1] > before[1]
    assert after[2] == pytest.approx(before[2], rel=1e-3)


def test_it_holds_at_the_steps_named() -> None:
    _, after = pair("express_lane: {service: permit, priority: 2, steps: [counter, permit.review]}")
    assert [step.id for step in after.service("permit").steps if step.priority == 2] == ["counter", "review"]


def test_it_is_for_a_share_or_for_groups() -> None:
    _, after = pair("express_lane: {service: permit, share: 50 %}, uptake: 60 %, groups: [firm]")
    assert (after.reach.upto, after.reach.groups) == (0.3, ("firm",))
    assert {step.priority for step in after.others[0].services[2].steps} == {None}


@pytest.mark.parametrize("neutral", ["share: 0 %", "priority: 5"])
def test_no_class_and_no_better_priority_change_nothing(neutral: str) -> None:
    before, after = pair(f"express_lane: {{service: permit, {neutral}}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{service: permits}", "service", "did you mean permit?"),
        ("{service: permit, priority: 7}", "priority", "cases of permit have priority 5 already"),
        ("{service: permit, steps: [revew]}", "steps[0]", "did you mean review?"),
        ("{service: permit, steps: [carry]}", "steps[0]", "nobody queues for permit.carry"),
        ("{service: permit, steps: [passport.review]}", "steps[0]", "is not a step of permit"),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"express_lane: {measure}")
    assert problem.dotted == f"reforms.changed[0].express_lane.{path}"
    assert said in f"{problem.message}; {problem.hint}"
