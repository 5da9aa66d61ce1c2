"""Longer hours: some come later, the day is less crowded; the hours are paid or taken off, departments are not."""

from __future__ import annotations

import pytest

from simgov.reforms.demand import expected_a_week
from tests.reforms.example_office import means, pair, problems

EVENING = 'longer_hours: {pools: [general], hours: "17:00-19:00", posts: 2'


def test_the_day_is_less_crowded_and_the_hours_are_paid() -> None:
    before, after = pair(f"{EVENING}, shifting: 15 %}}")
    rows = means((before, after), "id_card.wait.mean", "cost", "id_card.throughput")
    assert rows[1][0] < rows[0][0]
    assert rows[1][1] - rows[0][1] == pytest.approx(2 * 2 * 35 * workdays_a_year(rows[0][1]), rel=0.01)
    assert rows[1][2] == pytest.approx(rows[0][2], rel=0.05)


def workdays_a_year(cost: float) -> float:
    """How many workdays the cost of all posts is for: so much is paid for each."""
    hourly = 5 * 35 + 2 * 40 + (5 + 3 + 2) * 60 + 90 + 3 * 30
    return cost / (7 * hourly)


def test_time_in_lieu_is_paid_by_longer_waits_in_the_morning() -> None:
    paid, lieu = pair(f"{EVENING}}}")[1], pair(f"{EVENING}, lieu: 100 %}}")[1]
    rows = means((pair(f"{EVENING}}}")[0], paid, lieu), "cost", "id_card.wait.mean")
    assert rows[2][0] == pytest.approx(rows[0][0], rel=1e-9)
    assert rows[2][1] > rows[1][1]


def test_the_departments_are_closed_then() -> None:
    """Who comes in the evening is accepted, and waits for the department overnight: the mean time rises."""
    before, after = pair('longer_hours: {pools: [passport], hours: "17:00-20:00", posts: 2, shifting: 60 %}')
    rows = means((before, after), "passport.time.mean")
    assert rows[1][0] > rows[0][0]


def test_as_many_come_as_before() -> None:
    before, after = pair(f"{EVENING}, shifting: 15 %}}")
    shifted = [
        service.id
        for service in before.services
        if service != after.service(service.id)
        and expected_a_week(after.service(service.id), after.calendar)
        == pytest.approx(expected_a_week(service, before.calendar))
    ]
    assert shifted == ["id_card", "permit", "benefit", "enquiry"]
    assert [(shift.count, shift.week[0][-1]) for shift in after.pool("general").shifts] == [
        (3, (780, 1020)),
        (2, (780, 1140)),
    ]


def test_lieu_is_taken_off_the_beginning_of_the_day() -> None:
    _, after = pair(f"{EVENING}, lieu: 75 %}}")
    assert after.pool("general").shifts[1].week[0] == ((630, 720), (780, 1140))


@pytest.mark.parametrize(
    "neutral", ['hours: "09:00-11:00", posts: 2', 'hours: "13:00-15:00", posts: 5, lieu: 50 %', "hours: [], posts: 1"]
)
def test_hours_that_are_worked_already_change_nothing(neutral: str) -> None:
    before, after = pair(f"longer_hours: {{pools: [general], {neutral}}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ('{pools: [genral], hours: "17:00-19:00", posts: 2}', "pools[0]", "did you mean general?"),
        ('{pools: [general, general], hours: "17:00-19:00", posts: 2}', "pools[1]", "general is named twice"),
        ('{pools: [general], hours: "17:00-19:00", posts: 6}', "posts", "general has 5 officers on one shift"),
        ('{pools: [general], hours: {sat: "09:00-12:00"}, posts: 2}', "hours", "the calendar is closed on sat"),
        ('{pools: [general], hours: "00:00-09:00", posts: 2, lieu: 100 %}', "lieu", "no ordinary hours would be left"),
        (
            '{pools: [general], hours: "09:00-12:00", posts: 2, shifting: 5 %}',
            "shifting",
            "applicants of id_card come in these hours already",
        ),
        (
            '{pools: [police], hours: "17:00-19:00", posts: 2, shifting: 5 %}',
            "shifting",
            "no service begins in person at these pools; name services",
        ),
        (
            '{pools: [general], hours: "17:00-19:00", posts: 2, shifting: 5 %, services: [idcard]}',
            "services[0]",
            "did you mean id_card?",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"longer_hours: {measure}")
    assert problem.dotted == f"reforms.changed[0].longer_hours.{path}"
    assert said in f"{problem.message}; {problem.hint}"
