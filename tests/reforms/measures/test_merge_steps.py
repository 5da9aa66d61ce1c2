"""Merging steps: one visit less; whoever needs every skill may be slower; refused where the steps are no one visit."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

MERGED = "merge_steps: {service: permit, steps: [draft, recheck], into: prepare"


def test_one_step_less_and_the_saving_in_work() -> None:
    before, after = pair(MERGED + ", saving: 20 %}")
    (steps, time, load), (new_steps, new_time, new_load) = means(
        (before, after), "permit.steps", "permit.time.mean", "planning.utilisation", replications=5
    )
    assert new_steps == pytest.approx(steps - 1.0, abs=1e-9)
    assert new_time < time
    assert new_load < load


def test_whoever_needs_every_skill_is_slower() -> None:
    _, merged = pair(MERGED + "}")
    _, slower = pair(MERGED + ", slower: 25 %}")
    (load, time), (new_load, new_time) = means(
        (merged, slower), "planning.utilisation", "permit.time.mean", replications=5
    )
    assert new_load > load
    assert new_time > time
    assert slower.service("permit").step("prepare").slowdown == 1.25


def test_without_saving_and_slowness_the_work_is_that_of_both() -> None:
    before, after = pair(MERGED + "}")
    (load,), (new_load,) = means((before, after), "planning.utilisation", replications=5)
    assert new_load == pytest.approx(load, rel=1e-2)
    assert after.service("permit").step("prepare").slowdown == 1.0


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("merge_steps: {service: permit, steps: [draft, planning], into: one}", ("steps", 1), "does not follow draft"),
        ("merge_steps: {service: permit, steps: [draft, rechek], into: one}", ("steps", 1), "no step of permit"),
        ("merge_steps: {service: permit, steps: [carry, draft], into: one}", ("steps", 0), "is a delay"),
        ("merge_steps: {service: permit, steps: [draft, recheck], into: fire}", ("into",), "has a step fire already"),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems(measure)
    assert problem.path == ("reforms", "changed", 0, "merge_steps", *key)
    assert said in problem.message
