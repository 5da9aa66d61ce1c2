"""Deficiency-tolerant acceptance: sooner; who never supplies has been reviewed for nothing; what has to be there."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

START = "tolerant_acceptance: {step: permit.counter, supply: {constant: 2 workdays}, "


def test_review_overlaps_with_supplying() -> None:
    before, after = pair(START + "share: 80 %}")
    (corrections, time), (fewer, sooner) = means(
        (before, after), "permit.corrections", "permit.time.mean", replications=10
    )
    # 20 % of a quarter is left: p + p^2 + p^3
    assert fewer == pytest.approx(0.05 + 0.05**2 + 0.05**3, abs=0.02)
    assert corrections > 4 * fewer
    assert sooner < time


def test_the_decision_waits_for_the_documents() -> None:
    slow = "tolerant_acceptance: {step: permit.counter, share: 80 %, supply: {constant: 30 workdays}}"
    before, after = pair(slow)
    (time,), (longer,) = means((before, after), "permit.time.p90", replications=5)
    assert longer > time + 10 * 1440
    permit = after.service("permit")
    assert permit.step("sign_bureau").after == ("sign_division", "counter_supplied")


def test_the_share_that_supplies_later_is_that_of_the_cases_accepted() -> None:
    """A quarter sent back, of which 60 % is tolerated: of 100 visits 10 go back, 15 are tolerated, 75 are in order."""
    _, after = pair(START + "share: 60 %}")
    step, supplied = after.service("permit").step("counter"), after.service("permit").step("counter_supplied")
    assert step.returns is not None
    assert step.returns.share == pytest.approx(0.1)
    assert supplied.share == pytest.approx(15 / 90)
    assert (supplied.at, supplied.after) == (None, ("counter",))


def test_who_never_supplies_was_reviewed_for_nothing() -> None:
    _, all_supply = pair(START + "share: 80 %}")
    _, some_never = pair(START + "share: 80 %, never: 50 %}")
    rows = means((all_supply, some_never), "permit.refused", "permit.steps", replications=10)
    # of the cases accepted 0.2 / 0.95 are tolerated, and half of these refused
    assert rows[0][0] == 0.0
    assert rows[1][0] == pytest.approx(0.5 * 0.2 / 0.95, abs=0.03)
    assert rows[1][1] > 0.6 * rows[0][1]


def test_tolerating_nothing_changes_nothing() -> None:
    before, after = pair(START + "share: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("permit.count", "no step of permit"),
        ("permit.fire", "permit.fire does not accept cases"),
        ("benefit.counter", "benefit.counter sends nobody back"),
        ("ticket.respond", "ticket.respond sends nobody back"),
    ],
)
def test_refused_at_its_place(step: str, said: str) -> None:
    (problem,) = problems(f"tolerant_acceptance: {{step: {step}, share: 50 %, supply: {{constant: 1 day}}}}")
    assert problem.path == ("reforms", "changed", 0, "tolerant_acceptance", "step")
    assert said in problem.message


def test_tolerated_once() -> None:
    (problem,) = problems(START + "share: 50 %}", START + "share: 20 %}")
    assert "documents of permit.counter are supplied later already" in problem.message


def test_where_nobody_decides_afterwards() -> None:
    undecided = (("cv: 0.8}}, decision: true}\n      collect:", "cv: 0.8}}}\n      collect:"),)
    (problem,) = problems(START + "share: 50 %}", replaced=undecided)
    assert "no step after permit.counter decides" in problem.message
