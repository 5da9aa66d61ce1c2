"""Proactive delivery: those found need not come and are decided sooner; wrong data are recovered."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

FOUND = "proactive_delivery: {service: benefit, share: 70 %, checks: [check]"
RECOVERY = "recovery: {at: police, time: {constant: 45 min}}"


def test_who_is_found_need_not_come_and_is_decided_sooner() -> None:
    rows = means(pair(f"{FOUND}}}"), "benefit.visits", "benefit.documents", "benefit.time.mean", "general.utilisation")
    assert rows[0][0] == pytest.approx(1.0)
    assert rows[1][0] == pytest.approx(0.3, abs=0.04)
    assert rows[1][1] == pytest.approx(5 * 0.3, abs=0.2)
    assert rows[1][2] < rows[0][2]
    assert rows[1][3] < rows[0][3]


def test_the_decision_that_the_law_wants_is_still_made() -> None:
    _, after = pair(f"{FOUND}}}")
    assert [(step.id, step.share) for step in after.service("benefit").steps] == [
        ("found", 1.0),
        ("counter", 0.0),
        ("check", 0.0),
        ("decide", 1.0),
    ]


def test_wrong_data_are_recovered() -> None:
    _, right = pair(f"{FOUND}}}")
    _, wrong = pair(f"{FOUND}, wrong: 10 %, {RECOVERY}}}")
    rows = means((right, wrong), "police.utilisation", "benefit.time.mean", "benefit.steps", replications=20)
    assert 5 * 420 * (rows[1][0] - rows[0][0]) == pytest.approx(10 * 0.7 * 0.1 * 45, rel=0.3)
    assert rows[1][1] == pytest.approx(rows[0][1], rel=0.05)
    assert means((wrong,), "benefit.revoked", replications=20)[0][0] == pytest.approx(0.07, abs=0.01)


def test_the_data_may_take_their_time() -> None:
    _, at_once = pair(f"{FOUND}}}")
    _, later = pair(f"{FOUND}, delivery: {{constant: 3 days}}}}")
    rows = means((at_once, later), "benefit.time.mean")
    assert rows[1][0] > rows[0][0] + 0.7 * 2 * 1440


def test_nobody_found_changes_nothing() -> None:
    before, after = pair(f"proactive_delivery: {{service: benefit, share: 0 %, wrong: 5 %, {RECOVERY}}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{service: benfit, share: 50 %}", "service", "did you mean benefit?"),
        ("{service: ticket, share: 50 %}", "service", "nobody comes for ticket as it is"),
        ("{service: benefit, share: 50 %, checks: [chek]}", "checks[0]", "did you mean check?"),
        ("{service: benefit, share: 50 %, checks: [decide]}", "checks[0]", "老年人权益保障法"),
        ("{service: permit, share: 50 %, checks: [report]}", "checks", "precondition (前置条件) of planning"),
        ("{service: benefit, share: 50 %, wrong: 2 %}", "wrong", "write recovery: {at, time}"),
        (
            "{service: benefit, share: 50 %, wrong: 2 %, recovery: {at: polce, time: {constant: 1 h}}}",
            "recovery.at",
            "did you mean police?",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"proactive_delivery: {measure}")
    assert problem.dotted == f"reforms.changed[0].proactive_delivery.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_what_the_law_wants_in_person_stays() -> None:
    law = (("at: general, time: {lognormal: {mean: 12 min, cv: 0.5}}, in_person: true",) * 2,)
    with_basis = ((law[0][0], law[0][1] + ", basis: 当面核验规定"),)
    (problem,) = problems("proactive_delivery: {service: benefit, share: 50 %}", replaced=with_basis)
    assert problem.dotted == "reforms.changed[0].proactive_delivery.service"
    assert "当面核验规定" in problem.message
