"""Appointments: arrivals are spread and the queue is shorter; some do not come, and priority has its price."""

from __future__ import annotations

import pytest

from simgov.reforms.demand import expected_a_week
from tests.reforms.example_office import means, pair, problems


def test_slots_shorten_the_wait() -> None:
    rows = means(pair("appointments: {service: id_card, share: 90 %, every: 10 min}"), "id_card.wait.mean")
    assert rows[1][0] < rows[0][0]


def test_as_many_come_as_before() -> None:
    before, after = pair("appointments: {service: passport, share: 60 %, every: 15 min}")
    service, calendar = after.service("passport"), after.calendar
    assert service.appointments is not None
    assert expected_a_week(service, calendar) == pytest.approx(0.4 * 8 * 7 * 5)
    assert service.appointments.expected_a_week == pytest.approx(0.6 * 8 * 7 * 5)
    rows = means((before, after), "passport.throughput")
    assert rows[1][0] == pytest.approx(rows[0][0], rel=0.08)


def test_who_books_and_does_not_come() -> None:
    _, after = pair("appointments: {service: passport, share: 60 %, every: 15 min, no_shows: 20 %}")
    absent, decided = means((after,), "passport.no_shows", "passport.throughput")[0]
    assert absent == pytest.approx(0.6 * 0.2, abs=0.02)
    assert decided == pytest.approx(8 * 7 * (1 - 0.6 * 0.2), rel=0.06)


def test_priority_for_them_makes_the_others_wait() -> None:
    permit = "appointments: {service: permit, share: 50 %, every: 15 min"
    rows = means((pair(f"{permit}}}")[1], pair(f"{permit}, priority: 1}}")[1]), "id_card.wait.mean", "permit.wait.mean")
    assert rows[1][0] > rows[0][0]
    assert rows[1][1] < rows[0][1]


def test_less_uptake_is_a_smaller_share() -> None:
    _, half = pair("appointments: {service: passport, share: 60 %, every: 15 min}, uptake: 50 %")
    _, as_much = pair("appointments: {service: passport, share: 30 %, every: 15 min}")
    assert half == as_much


def test_where_everybody_books_nobody_walks_in() -> None:
    _, after = pair("appointments: {service: permit, share: 100 %, every: 1 h, hours: {mon-thu: '09:00-12:00'}}")
    service = after.service("permit")
    assert service.arrivals is None
    assert service.appointments is not None
    assert service.appointments.places == 5  # 60 a week, 12 slots
    assert service.appointments.taken == pytest.approx(1.0)


def test_nobody_who_books_changes_nothing() -> None:
    before, after = pair("appointments: {service: passport, share: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{service: pasport, share: 50 %}", "service", "did you mean passport?"),
        ("{service: ticket, share: 50 %}", "service", "no step of ticket is in person"),
        ("{service: passport, share: 50 %, every: 90 s}", "every", "slots begin on whole minutes"),
        (
            "{service: passport, share: 50 %, lateness: {mean: 5 min, sd: 1 workday}}",
            "lateness",
            "its sd is given in workdays; write it in min",
        ),
        ("{service: passport, share: 50 %, every: 5 h}", "every", "no slot fits into the hours"),
        ("{service: passport, share: 50 %, hours: {sat: '09:00-12:00'}}", "hours", "the calendar is closed on sat"),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"appointments: {measure}")
    assert problem.dotted == f"reforms.changed[0].appointments.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_one_set_of_slots_for_a_service() -> None:
    measure = "appointments: {service: passport, share: 50 %}"
    (problem,) = problems(measure, measure)
    assert problem.dotted == "reforms.changed[1].appointments.service"
    assert "passport has appointments already" in problem.message
