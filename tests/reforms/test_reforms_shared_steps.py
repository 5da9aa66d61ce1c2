"""Reforms of steps that several pools may do, or do together."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest

from simgov.reforms.measure import Refusal
from simgov.reforms.measures.merge_steps import MergeSteps
from simgov.reforms.measures.pool_windows import PoolWindows
from simgov.scenario.value import Alternative, Scenario, Step, Tide
from simgov.study import load

HALL = Path(__file__).parents[1] / "study" / "hall" / "scenario.yaml"


@pytest.fixture(scope="module")
def hall() -> Scenario:
    return load(HALL).baseline


def review(scenario: Scenario) -> Step:
    return scenario.service("passport").step("review")


def done_by(scenario: Scenario, **changes: object) -> Scenario:
    return scenario.with_step("passport", replace(review(scenario), **changes))  # type: ignore[arg-type]


def test_pooled_windows_stand_once_among_the_pools_of_a_step(hall: Scenario) -> None:
    others = (Alternative("general", 1.2), Alternative("passport", 1.5, stand_in=True))
    one = PoolWindows(into="general", sources=("passport",), slowdown=0.5).apply(done_by(hall, alternatives=others))
    assert review(one).at == "police"
    assert review(one).alternatives == (Alternative("general", 1.2 * 1.5),)
    into_the_first = PoolWindows(into="police", sources=("general",)).apply(done_by(hall, alternatives=others))
    assert review(into_the_first).alternatives == (others[1],)


def test_pools_that_work_together_do_not_become_one(hall: Scenario) -> None:
    with pytest.raises(Refusal, match="together"):
        PoolWindows(into="police", sources=("general",)).apply(done_by(hall, together=("general",)))
    one = PoolWindows(into="general", sources=("passport",)).apply(done_by(hall, together=("passport",)))
    assert review(one).together == ("general",)


def test_nobody_helps_at_his_own_pool(hall: Scenario) -> None:
    tidal = hall.with_pool(replace(hall.pool("police"), tide=Tide("passport", 1, 3, 2)))
    moved = PoolWindows(into="general", sources=("passport",)).apply(tidal)
    assert moved.pool("police").tide == Tide("general", 1, 3, 2)
    assert PoolWindows(into="police", sources=("passport",)).apply(tidal).pool("police").tide is None


def test_merged_steps_are_done_by_whom_both_were(hall: Scenario) -> None:
    names = tuple(f"passport.{name}" for name in ("review", "recheck"))
    shared = done_by(hall, alternatives=(Alternative("general"),))
    with pytest.raises(Refusal, match="same pools"):
        MergeSteps(steps=names, into="check").apply(shared)
    recheck = replace(shared.service("passport").step("recheck"), alternatives=(Alternative("general"),))
    both = shared.with_step("passport", recheck)
    both = both.with_pool(replace(both.pool("police"), prefers=("passport.recheck", "passport.review")))
    merged = MergeSteps(steps=names, into="check").apply(both)
    assert merged.service("passport").step("check").alternatives == (Alternative("general"),)
    assert merged.pool("police").prefers == ("passport.check",)
