"""Coordination meetings: fewer returns month by month; officers sit there instead of doing cases; bad input."""

from __future__ import annotations

import datetime
from dataclasses import replace

import pytest

from simgov.reforms.measures.coordination_meeting import CoordinationMeeting, months_later
from tests.reforms.example_office import means, pair, problems, study

LONG = (("period: 20 workdays", "period: 60 workdays"),)
MEETING = "coordination_meeting: {returns: [permit.counter], repaired: 50 %, months: 3"


def share(scenario: object) -> float:
    return scenario.service("permit").step("counter").returns.share  # type: ignore[attr-defined, no-any-return]


def test_what_is_sent_back_halves_with_each_meeting() -> None:
    before, after = pair(MEETING + "}", replaced=LONG)
    assert [share(version) for version in after.versions] == [0.125, 0.0625, 0.03125]
    assert [phase.start.isoformat() for phase in after.phases] == ["2026-04-02", "2026-05-02"]
    (corrections,), (fewer,) = means((before, after), "permit.corrections", replications=5)
    assert fewer < corrections / 2


def test_officers_are_away_on_the_first_workday() -> None:
    """The 2nd of May 2026 is a Saturday inside the holidays, so that the meeting is on the 6th."""
    measure = MEETING + ', officers: {bureau: 1}, hours: "09:00-17:00"}'
    _, without = pair(MEETING + "}", replaced=LONG)
    _, after = pair(measure, replaced=LONG)
    days = [away.first.isoformat() for away in after.versions[-1].pool("bureau").absences.training]
    assert days == ["2026-03-02", "2026-04-02", "2026-05-06"]
    (time,), (longer,) = means((without, after), "permit.time.mean", replications=5)
    assert longer > time


def test_a_partial_uptake_repairs_less() -> None:
    _, after = pair(MEETING + "}, uptake: 50 %")
    assert share(after) == pytest.approx(0.25 * 0.75)
    _, phased = pair(MEETING + "}, phase_in: {2026-03-16: 20 %, 2026-05: 100 %}")
    shares = [share(version) for version in phased.versions]
    assert shares == pytest.approx([0.25, 0.225, 0.2025, 0.2025 / 2])


def test_its_costs_come_once() -> None:
    _, after = pair(MEETING + "}, set_up: 500 CNY, running: 1200 CNY/year")
    assert {(version.set_up, version.running) for version in after.versions} == {(50000, 120000)}


def test_a_meeting_that_repairs_nothing_and_takes_nobody_changes_nothing() -> None:
    before = study().baseline
    assert CoordinationMeeting(returns=("permit.counter",), repaired=0.0).apply(before) == before


def test_months_of_other_lengths() -> None:
    assert months_later(datetime.date(2026, 1, 31), 1) == datetime.date(2026, 2, 28)
    assert months_later(datetime.date(2026, 11, 30), 3) == datetime.date(2027, 2, 28)


def test_the_first_meeting_may_be_later() -> None:
    before, after = pair(MEETING + "}, from: 2026-03-16")
    assert replace(after, phases=()) == before
    assert [phase.start.isoformat() for phase in after.phases] == ["2026-03-16", "2026-04-16", "2026-05-16"]


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("{returns: [permit.review], repaired: 5 %}", ("returns", 0), "permit.review sends nobody back"),
        ("{returns: [permit.fire, permit.fire], repaired: 5 %}", ("returns", 1), "named twice"),
        ("{returns: [permit.fir], repaired: 5 %}", ("returns", 0), "no step of permit"),
        ("{returns: [permit.fire], repaired: 5 %, officers: {fire: 1}}", (), "officers and hours go together"),
        (
            '{returns: [permit.fire], repaired: 5 %, officers: {fire: 3}, hours: "09:00-10:00"}',
            ("officers", "fire"),
            "fire has 2 posts, fewer than the 3",
        ),
        (
            '{returns: [permit.fire], repaired: 5 %, officers: {fir: 1}, hours: "09:00-10:00"}',
            ("officers", "fir"),
            "there is no pool 'fir'",
        ),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("coordination_meeting: " + measure)
    assert problem.path == ("reforms", "changed", 0, "coordination_meeting", *key)
    assert said in problem.message
