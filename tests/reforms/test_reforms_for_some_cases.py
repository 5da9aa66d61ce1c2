"""Measures that reach some cases only: by share, by group, by month, and what follows measures that did."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgov.reforms.measure import Refusal
from simgov.reforms.measures.automate import Automate
from simgov.reforms.measures.merge_steps import MergeSteps
from simgov.reforms.measures.pool_windows import PoolWindows
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.partly import with_ways
from simgov.scenario.fields import parse_date
from simgov.scenario.value import EVERYBODY, Reach, Scenario
from tests.reforms.example_office import pair, problems, study

RECHECK = RemoveStep(step="permit.recheck")


@pytest.fixture(scope="module")
def office() -> Scenario:
    return study().baseline


def shares(scenario: Scenario) -> list[float]:
    """Up to which draw each way reaches."""
    return [reach.upto for reach, _ in scenario.ways]


def test_the_others_go_as_they_went(office: Scenario) -> None:
    after = replace(RECHECK, uptake=0.3).apply(office)
    assert shares(after) == [0.3, 1.0]
    assert after.services == RECHECK.apply(office).services
    assert after.others[0].services == office.services
    assert (after.others[0].reach, after.pools) == (EVERYBODY, office.pools)


def test_one_draw_orders_the_uptake_of_all_measures(office: Scenario) -> None:
    """Who takes up one measure early takes up the next early: two shares make three ways, in whichever order."""
    merged = MergeSteps(steps=("permit.sign_division", "permit.sign_bureau"), into="sign", at="bureau", uptake=0.6)
    lean = replace(RECHECK, uptake=0.3)
    one, other = merged.apply(lean.apply(office)), lean.apply(merged.apply(office))
    assert shares(one) == shares(other) == [0.3, 0.6, 1.0]
    assert [services for _, services in one.ways] == [services for _, services in other.ways]
    assert one.ways[1][1] == merged.change(office).services


def test_a_measure_for_everybody_changes_every_way(office: Scenario) -> None:
    after = Automate(step="permit.review", share=0.5).apply(replace(RECHECK, uptake=0.3).apply(office))
    assert [services[2].step("review").share for _, services in after.ways] == [0.5, 0.5]
    assert [services[2].step("recheck").share for _, services in after.ways] == [0.0, 1.0]


def test_a_way_in_which_it_cannot_be_made_stays(office: Scenario) -> None:
    """The merged step is there for some cases only; what names it reaches these."""
    merged = MergeSteps(steps=("permit.draft", "permit.recheck"), into="prepare", uptake=0.5).apply(office)
    after = RemoveStep(step="permit.prepare").apply(merged)
    assert after.services[2].step("prepare").share == 0.0
    assert after.others == merged.others
    with pytest.raises(Refusal, match="no step of permit 'preparation'"):
        RemoveStep(step="permit.preparation").apply(merged)


def test_groups_limit_whom_it_reaches(office: Scenario) -> None:
    after = replace(RECHECK, groups=("firm",), uptake=0.8).apply(office)
    assert [reach for reach, _ in after.ways] == [Reach(0.8, ("firm",)), EVERYBODY]
    further = Automate(step="permit.review", share=0.5, groups=("citizen", "firm"), uptake=0.9).apply(after)
    assert [reach for reach, _ in further.ways] == [
        Reach(0.8, ("firm",)),
        Reach(0.9, ("citizen", "firm")),
        EVERYBODY,
    ]
    (problem,) = problems("remove_step: permit.recheck, groups: [firms]")
    assert (problem.path[-2:], problem.message) == (("groups", 0), "there is no group 'firms'")
    assert "firm" in problem.hint


UPTO = [0.0, 0.2, 0.5, 1.0]
GROUPS: list[tuple[str, ...] | None] = [None, ("a",), ("a", "b")]


@settings(max_examples=50, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from([0.0, 0.2, 0.5, 1.0]), st.sampled_from([None, ("a",), ("a", "b")])), max_size=5)
)
def test_each_case_goes_the_same_way_after_ways_are_left_out(
    reaches: list[tuple[float, tuple[str, ...] | None]],
) -> None:
    """Ways that nobody goes fall away, and nobody goes another way for it."""
    scenario = study_office()
    every = [
        (Reach(upto, groups), (replace(scenario.services[0], priority=1 + place),))
        for place, (upto, groups) in enumerate(reaches)
    ]
    every.append((EVERYBODY, scenario.services[:1]))
    kept = with_ways(scenario, every).ways
    for draw in (0.1, 0.3, 0.7):
        for group in ("a", "b", "c"):
            assert first(every, draw, group) == first(kept, draw, group)


def study_office() -> Scenario:
    """The office, read once."""
    if not _OFFICE:
        _OFFICE.append(study().baseline)
    return _OFFICE[0]


_OFFICE: list[Scenario] = []


def first(ways: object, draw: float, group: str) -> object:
    """The services that a case of this draw and group goes by."""
    return next(
        services
        for reach, services in ways
        if draw < reach.upto and (reach.groups is None or group in reach.groups)  # type: ignore[attr-defined]
    )


def test_phased_in_month_by_month(office: Scenario) -> None:
    dates = [parse_date(text) for text in ("2026-03-16", "2026-04-01", "2026-05-01")]
    after = replace(
        RECHECK, phase_in=tuple(zip(dates, (0.2, 0.5, 1.0), strict=True)), set_up=100, currency="CNY"
    ).apply(office)
    assert shares(replace(after, phases=())) == [1.0]
    assert [shares(after.in_phase(phase)) for phase in after.phases] == [[0.2, 1.0], [0.5, 1.0], [1.0]]
    assert [phase.set_up for phase in after.phases] == [100, 100, 100]
    assert after.phases[2].services == RECHECK.apply(office).services
    assert after.services == office.services


def test_a_pool_that_others_still_need_stays(office: Scenario) -> None:
    with pytest.raises(Refusal, match="pool_windows is taken up as a whole; give it a date instead"):
        PoolWindows(into="general", sources=("passport",), uptake=0.5).apply(office)


def test_what_a_measure_needs_comes_first() -> None:
    needing = "automate: {step: permit.review, share: 40 %}, needs: [remove_step]"
    before, after = pair("remove_step: permit.recheck", needing)
    assert after.service("permit").step("review").share == pytest.approx(0.6)
    (problem,) = problems(needing)
    assert problem.message == "automate needs remove_step first"
    assert problem.path[-2:] == ("needs", 0)
    (problem,) = problems("remove_step: permit.recheck, needs: [remov_step]")
    assert (problem.message, problem.hint) == (
        "there is no reform or kind of measure 'remov_step'",
        "did you mean remove_step?",
    )
    assert before.service("permit").step("review").share == 1.0


def test_a_reform_of_the_file_may_be_what_is_needed() -> None:
    """Alone the reform cannot be applied; the file is sound all the same, since it can be after the other."""
    found = study(
        "automate: {step: permit.review, share: 40 %}, needs: [lean]", extra="  lean: [{remove_step: permit.recheck}]\n"
    )
    with pytest.raises(Exception, match="automate needs lean first; put lean before it"):
        found.reform("changed")


def test_measures_that_exclude_each_other() -> None:
    lean, instant = "remove_step: permit.recheck", "automate: {step: permit.review, share: 40 %}"
    (problem,) = problems(lean, f"{instant}, excludes: [remove_step]")
    assert problem.message == "automate and remove_step exclude each other"
    (problem,) = problems(f"{lean}, excludes: [automate]", instant)
    assert "exclude each other" in problem.message
    assert problems(f"{lean}, excludes: [parallel]", instant) == ()
