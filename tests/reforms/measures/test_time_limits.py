"""Time limits: what is due goes first; cases are held back, more is sent back; limits that make no sense."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

START = "time_limits: {service: permit, "
BUSY = (("rate: 12 /workday", "rate: 14 /workday"),)


def test_what_is_due_goes_first() -> None:
    """With the new promise the office keeps it more often if it escalates."""
    _, only_promised = pair(START + "promise: 12 workdays}", replaced=BUSY)
    _, escalating = pair(START + "promise: 12 workdays, escalate: 3 workdays, due_first: true}", replaced=BUSY)
    (kept,), (more,) = means((only_promised, escalating), "permit.on_time", replications=10)
    assert more > kept


def test_a_shorter_promise_alone_is_kept_less_often() -> None:
    before, after = pair(START + "promise: 10 workdays}")
    (kept, time), (less, same) = means((before, after), "permit.on_time", "permit.time.mean", replications=5)
    assert less < kept
    assert same == time


def test_cases_are_held_back_and_only_the_clock_of_the_law_is_better() -> None:
    before, after = pair(START + "in_hand: 60}")
    rows = means((before, after), "permit.days.mean", "permit.door_to_door.mean", replications=5)
    assert rows[1][0] < rows[0][0]
    assert rows[1][1] > rows[0][1] + 1440


def test_uniform_limits_raise_returns() -> None:
    before, after = pair(START + "returns: 100 %}")
    (returns,), (more,) = means((before, after), "permit.returns", replications=20)
    assert more == pytest.approx(2 * returns, rel=0.3)
    counter, fire = after.service("permit").step("counter").returns, after.service("permit").step("fire").returns
    assert counter is not None
    assert fire is not None
    assert (counter.share, fire.share) == (0.25, 0.12)


def test_the_pools_that_escalate() -> None:
    _, after = pair(START + "escalate: 2 workdays}")
    assert [pool.id for pool in after.pools if pool.escalate] == ["police", "planning", "fire", "bureau"]
    _, one = pair(START + "escalate: 2 workdays, due_first: true, pools: [fire]}")
    assert [(pool.id, pool.order) for pool in one.pools if pool.escalate] == [("fire", "earliest_due")]


def test_silence_is_approval_only_where_the_law_says_so() -> None:
    _, after = pair(START + "promise: 10 workdays}")
    assert not after.service("permit").deemed_approval
    _, after = pair(START + "deemed_approval: 行政许可法第五十条}")
    assert after.service("permit").deemed_approval


def test_without_limits_nothing_changes() -> None:
    before, after = pair("time_limits: {service: permit}")
    assert after == before
    before, after = pair("time_limits: {service: permit, promise: 15 workdays}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("{service: permit, promise: 25 workdays}", ("promise",), "no more than 20 workdays"),
        ("{service: permits}", ("service",), "there is no service 'permits'"),
        ("{service: enquiry, escalate: 1 day}", ("escalate",), "enquiry promises nothing"),
        ("{service: enquiry, due_first: true}", ("due_first",), "enquiry promises nothing"),
        ("{service: enquiry, in_hand: 5}", ("in_hand",), "no step of enquiry accepts"),
        ("{service: benefit, returns: 18 %}", ("returns",), "no step of benefit behind acceptance sends cases back"),
        ("{service: benefit, deemed_approval: law}", ("deemed_approval",), "no statutory limit"),
        ("{service: permit, pools: [fir]}", ("pools", 0), "there is no pool 'fir'"),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("time_limits: " + measure)
    assert problem.path == ("reforms", "changed", 0, "time_limits", *key)
    assert said in problem.message
