"""Merged departments: one queue, no hand-overs; approval comes first and transition after."""

from __future__ import annotations

import datetime

import pytest

from simgov.scenario.value import Alternative, Learning
from simgov.units import Duration
from tests.reforms.example_office import means, pair, refusal

MERGE = "into: planning, from: [fire]"


def test_cases_are_faster_and_transition_takes_some_of_it_back() -> None:
    before, after = pair(f"merge_departments: {{{MERGE}, handovers: [permit.carry]}}")
    transition = "transition: {start: 130 %, half_life: 60 workdays}"
    _, settling = pair(f"merge_departments: {{{MERGE}, handovers: [permit.carry], {transition}}}")
    old, new, slow = means((before, after, settling), "permit.time.mean", "permit.steps", replications=4)
    assert new[0] < slow[0] < old[0]
    assert new[1] == pytest.approx(old[1] - 1)


def test_the_shared_queue_is_that_of_one_pool() -> None:
    """First come, first served by whoever is free: nobody waits otherwise than in a pool of all officers."""
    kpis = ("permit.time.mean", "permit.time.p90", "permit.door_to_door.mean", "general.utilisation")
    _, shared = pair(f"merge_departments: {{{MERGE}}}")
    _, one = pair("pool_windows: {into: planning, from: [fire]}")
    by_all, by_one = means((shared, one), *kpis, replications=3)
    assert by_all == pytest.approx(by_one, rel=1e-9)


def test_every_step_has_the_officers_of_all() -> None:
    _, after = pair("merge_departments: {into: planning, from: [fire, bureau]}")
    others = (Alternative("planning"), Alternative("fire"), Alternative("bureau"))
    for step, own in (("draft", 0), ("fire", 1), ("sign_bureau", 2)):
        done = after.service("permit").step(step)
        assert done.at == "planning"
        assert set(done.alternatives) == set(others[1:]), own
    assert after.pool("fire").count == 2


def test_what_departments_do_together_still_takes_an_officer_of_each() -> None:
    together = (
        "visit_fire:     {name: {zh: 消防踏勘, en: Site visit by fire safety}, at: fire,",
        "visit_fire:     {name: {zh: 消防踏勘, en: Site visit by fire safety}, at: {together: [planning, fire]},",
    )
    before, after = pair(f"merge_departments: {{{MERGE}}}", replaced=(together,))
    assert after.service("permit").step("visit_fire") == before.service("permit").step("visit_fire")
    assert after.service("permit").step("fire").at == "planning"


def test_it_begins_when_it_is_approved() -> None:
    """Ten workdays from Monday, March 2nd, are over on Saturday, March 14th."""
    before, after = pair(
        f"merge_departments: {{{MERGE}, approval: 10 workdays, transition: {{start: 140 %, half_life: 5 workdays}}}}"
    )
    (phase,) = after.phases
    assert phase.start == datetime.date(2026, 3, 14)
    assert after.pools == before.pools
    learning = {pool.id: pool.learning for pool in phase.pools}
    assert learning["fire"] == learning["planning"] == Learning(phase.start, 1.4, Duration(5.0, "workday"))
    assert learning["general"] is None


def test_after_approval_old_cases_keep_their_departments() -> None:
    old, new = means(pair(f"merge_departments: {{{MERGE}, approval: 10 workdays}}"), "permit.open", replications=2)
    assert new == old == [0.0]


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair(
        "merge_departments: {into: planning, from: [], transition: {start: 100 %, half_life: 1 workday}}"
    )
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("into: planing, from: [fire]", "into", "did you mean planning"),
        ("into: planning, from: [fir]", "from.0", "did you mean fire"),
        ("into: planning, from: [fire, planning]", "from.1", "named twice"),
        (f"{MERGE}, handovers: [permit.cary]", "handovers.0", "did you mean carry"),
        (f"{MERGE}, handovers: [permit.carry, permit.draft]", "handovers.1", "done by planning"),
        (f"{MERGE}, handovers: [permit.report]", "handovers.0", "legal precondition"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"merge_departments: {{{written}}}")
    assert where == path
    assert said in text


def test_departments_of_other_rules_are_refused() -> None:
    where, text = refusal(
        f"merge_departments: {{{MERGE}}}",
        replaced=(("en: Fire safety}, kind: department,", "en: Fire safety}, kind: department, ageing: 30 min,"),),
    )
    assert where == "from.0"
    assert "in another order" in text
