"""Automated approval: eligible cases are faster, what is left is harder, audits take time and may revoke."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

AUDIT = "audit: {share: 20 %, at: police, time: {constant: 10 min}, revokes: 30 %}"


def test_eligible_cases_are_faster_and_the_pool_has_less_to_do() -> None:
    (time, busy), (faster, freer) = means(
        pair("automate: {step: permit.review, share: 40 %}"), "permit.time.mean", "police.utilisation"
    )
    assert faster < time
    assert freer < busy


def test_the_rest_may_be_so_hard_that_nothing_is_gained() -> None:
    """60 % of the cases at 100/60 of the work are as much work as before, and at 200 % more of it."""
    before, same = pair("automate: {step: permit.review, share: 40 %, harder: 66.6666666667 %}")
    _, harder = pair("automate: {step: permit.review, share: 40 %, harder: 100 %}")
    busy = [row[0] for row in means((before, same, harder), "police.utilisation", replications=20)]
    assert busy[1] == pytest.approx(busy[0], rel=0.02)
    assert busy[2] > busy[0]


def test_officers_who_do_not_accept_it_do_it_by_hand() -> None:
    _, all_of_it = pair("automate: {step: permit.review, share: 16 %}")
    _, accepted = pair("automate: {step: permit.review, share: 50 %, acceptance: 32 %}")
    assert accepted == all_of_it


def test_audits_take_officers_and_revoke_decisions() -> None:
    plain, audited = (
        pair("automate: {step: permit.review, share: 40 %}"),
        pair(f"automate: {{step: permit.review, share: 40 %, {AUDIT}}}"),
    )
    rows = means((plain[1], audited[1]), "police.utilisation", "permit.steps", "permit.time.mean")
    assert rows[1][0] > rows[0][0]
    assert rows[1][1] - rows[0][1] == pytest.approx(0.4 * 0.2, abs=0.03)
    assert rows[1][2] == pytest.approx(rows[0][2], rel=0.01)
    revoked = means((audited[1],), "permit.revoked", replications=20)[0][0]
    assert revoked == pytest.approx(0.4 * 0.2 * 0.3, abs=0.01)


def test_an_audit_is_the_office_s_own_and_keeps_nobody_waiting() -> None:
    """Where the decision ended the case, the time to collection still ends there."""
    changed = pair(f"automate: {{step: benefit.check, share: 50 %, {AUDIT}}}")
    rows = means((pair("automate: {step: benefit.check, share: 50 %}")[1], changed[1]), "benefit.door_to_door.mean")
    assert rows[1][0] == pytest.approx(rows[0][0], rel=0.02)


@pytest.mark.parametrize(
    "neutral",
    [
        "share: 0 %",
        "share: 40 %, acceptance: 0 %",
        "share: 0 %, audit: {share: 50 %, at: police, time: {constant: 10 min}}",
    ],
)
def test_nothing_automated_changes_nothing(neutral: str) -> None:
    before, after = pair(f"automate: {{step: permit.review, {neutral}}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{step: permit.reviw, share: 40 %}", "step", "there is no step of permit 'reviw'; did you mean review?"),
        (
            "{step: permit.review, share: 40 %, audit: {share: 5 %, at: polce, time: {constant: 5 min}}}",
            "audit.at",
            "there is no pool 'polce'; did you mean police?",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"automate: {measure}")
    assert problem.dotted == f"reforms.changed[0].automate.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_no_second_audit_of_one_step() -> None:
    measure = f"automate: {{step: permit.review, share: 10 %, {AUDIT}}}"
    (problem,) = problems(measure, measure)
    assert problem.dotted == "reforms.changed[1].automate.audit"
    assert "has a step audit_review already" in problem.message
