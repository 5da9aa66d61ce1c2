"""A joint site visit: one visit less; it waits for everybody and for the days agreed on; what cannot be joined."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

VISIT = "joint_site_visit: {service: permit, steps: [visit_planning, visit_fire], into: visit"
QUIET = (("rate: 12 /workday", "rate: 4 /workday"),)


def test_two_visits_one_after_the_other_become_one() -> None:
    before, after = pair(VISIT + "}", replaced=QUIET)
    (time, steps, planning), (less, fewer, same) = means(
        (before, after), "permit.time.mean", "permit.steps", "planning.utilisation", replications=5
    )
    assert less < time
    assert fewer == pytest.approx(steps - 1.0, abs=1e-9)
    assert same == pytest.approx(planning, rel=0.05)
    permit = after.service("permit")
    visit, old = permit.step("visit"), before.service("permit").step("visit_planning")
    assert (visit.at, visit.together, visit.after) == ("planning", ("fire",), ("fire",))
    assert (visit.stream, visit.time) == (old.stream, old.time)
    assert permit.step("review").after == ("visit",)


def test_the_longest_visit_is_the_one_with_most_minutes_in_whatever_unit_it_is_written() -> None:
    in_workdays = (("at: fire, time: {lognormal: {mean: 25 min, cv: 0.4}}", "at: fire, time: {constant: 0.2 workday}"),)
    before, after = pair(VISIT + "}", replaced=in_workdays)
    visit, fire = after.service("permit").step("visit"), before.service("permit").step("visit_fire")
    assert (visit.stream, visit.time) == (fire.stream, fire.time), "0.2 workdays are more than 40 minutes"


def test_it_waits_for_everybody_and_for_the_days_agreed_on() -> None:
    _, free = pair(VISIT + "}")
    _, agreed = pair(VISIT + ', diary: {weekly: {tue: "09:00"}}}')
    _, crowded = pair(VISIT + ', diary: {weekly: {tue: "09:00"}, most: 40}, time: {constant: 50 min}}')
    rows = means((free, agreed, crowded), "permit.time.mean", "fire.utilisation", replications=5)
    assert rows[0][0] + 1440 < rows[1][0] < rows[2][0]
    assert rows[2][1] > rows[1][1]


def test_a_busy_colleague_keeps_the_others_waiting() -> None:
    """With one fire officer instead of two, the joint visit loses more than the two visits did."""
    one = (("name: {zh: 消防科, en: Fire safety}, kind: department, count: 2", "kind: department, count: 1"),)
    before, after = pair(VISIT + "}")
    before_one, after_one = pair(VISIT + "}", replaced=one)
    rows = means((before, after, before_one, after_one), "permit.time.mean", replications=10)
    gain, gain_with_one = rows[0][0] - rows[1][0], rows[2][0] - rows[3][0]
    assert gain_with_one < gain


def test_the_time_saved_is_a_factor() -> None:
    _, after = pair(VISIT + ", saving: 20 %}")
    assert after.service("permit").step("visit").slowdown == pytest.approx(0.8)


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("steps: [visit_planning, visit_fir], into: visit}", ("steps", 1), "no step of permit"),
        ("steps: [report, planning], into: visit}", ("steps", 0), "permit.report is a delay"),
        ("steps: [planning, visit_fire], into: visit}", ("steps", 1), "stands between"),
        ("steps: [visit_planning, visit_fire], into: review}", ("into",), "has a step review already"),
        ("steps: [visit_planning], into: visit}", ("steps",), "fewer than two"),
        ("steps: [ask, counter], into: visit}", ("steps", 0), "not every case does permit.ask"),
        (
            'steps: [visit_planning, visit_fire], into: visit, diary: {weekly: {sat-sun: "09:00"}}}',
            ("diary", "weekly"),
            "the calendar is closed on sat, sun",
        ),
        (
            "steps: [visit_planning, visit_fire], into: visit, time: {constant: 9 min}, saving: 5 %}",
            ("saving",),
            "time says already",
        ),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("joint_site_visit: {service: permit, " + measure)
    assert problem.path == ("reforms", "changed", 0, "joint_site_visit", *key)
    assert said in problem.message


def test_a_legal_precondition_cannot_be_part_of_the_same_visit() -> None:
    needs = (("name: {zh: 消防踏勘", "needs: [visit_planning], name: {zh: 消防踏勘"),)
    (problem,) = problems(VISIT + "}", replaced=needs)
    assert problem.path[-2:] == ("steps", 1)
    assert "visit_planning is a legal precondition" in problem.message
