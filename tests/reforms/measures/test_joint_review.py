"""Joint review: less work where several steps are one session; cases wait for it; what no session can review."""

from __future__ import annotations

import pytest

from simgov.reforms.measures.joint_review import JointReview
from tests.reforms.example_office import means, pair, problems, study

SIGNED = "joint_review: {service: permit, steps: [sign_division, sign_bureau], into: session"


def test_several_signatures_become_one_session() -> None:
    before, after = pair(SIGNED + ", every: 30 min, time: {constant: 5 min}}")
    (bureau,), (less,) = means((before, after), "bureau.utilisation", replications=5)
    assert less < bureau
    session = after.service("permit").step("session")
    assert (session.at, session.together, session.decision) == ("planning", ("bureau",), True)
    assert session.stream == before.service("permit").step("sign_bureau").stream
    assert after.service("permit").step("collect").after == ("session",)


def test_cases_wait_for_the_session_and_for_the_next_where_it_is_full() -> None:
    before, daily = pair('joint_review: {step: permit.review, daily: "10:00"}')
    _, weekly = pair('joint_review: {step: permit.review, weekly: {wed: "10:00"}}')
    _, full = pair('joint_review: {step: permit.review, weekly: {wed: "10:00"}, most: 52}')
    rows = means((before, daily, weekly, full), "permit.time.mean", replications=5)
    assert rows[0][0] < rows[1][0] < rows[2][0] < rows[3][0]
    ((daily_wait, left), (weekly_wait, _)) = means(
        (daily, weekly), "permit.gate_wait", "permit.left_at_gate", replications=5
    )
    assert daily_wait < 2 * 1440 < weekly_wait
    assert left >= 0.0


def test_further_pools_sit_in_the_session() -> None:
    before, after = pair('joint_review: {step: permit.review, daily: "10:00", together: [fire, planning]}')
    (fire,), (busier,) = means((before, after), "fire.utilisation", replications=5)
    assert after.service("permit").step("review").together == ("fire", "planning")
    assert busier > fire


def test_without_sessions_of_its_own_it_changes_nothing() -> None:
    before = study().baseline
    assert JointReview(steps=("permit.review",)).apply(before) == before


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ('{step: permit.revew, daily: "10:00"}', ("step",), "no step of permit"),
        ("{step: permit.review}", (), "needs weekly, daily or every"),
        ('{daily: "10:00"}', (), "needs step or steps"),
        ('{step: permit.review, into: session, daily: "10:00"}', (), "goes on under its own name"),
        ('{steps: [permit.draft, permit.recheck], daily: "10:00"}', (), "has no name"),
        ('{step: permit.review, daily: "10:00", together: [fir]}', ("together", 0), "there is no pool 'fir'"),
        ('{step: permit.review, daily: "10:00", together: [police]}', ("together", 0), "police sits in it already"),
        ('{step: permit.carry, daily: "10:00", together: [police]}', ("together",), "nobody sits in it"),
        ('{step: permit.review, weekly: {sat: "10:00"}}', ("weekly",), "the calendar is closed on sat"),
        ('{steps: [permit.review], into: one, daily: "10:00"}', ("steps",), "fewer than two"),
        ('{step: permit.review, daily: "10:00", most: 2, least: 3}', (), "at least 3 must wait"),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("joint_review: " + measure)
    assert problem.path == ("reforms", "changed", 0, "joint_review", *key)
    assert said in problem.message
