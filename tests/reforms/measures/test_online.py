"""Online: who applies online does not come; failed attempts come to the hall; corrections stay; some are left out."""

from __future__ import annotations

import pytest

from simgov.scenario.value import Scenario
from tests.reforms.example_office import means, pair, problems

FORM = "form: {lognormal: {mean: 25 min, cv: 0.5}}"
ONLINE = f"online: {{service: passport, share: 60 %, {FORM}"


def test_who_applies_online_does_not_come() -> None:
    scenarios = pair(f"{ONLINE}}}")
    before, after = means(scenarios, "passport.visits", "passport.wait.mean")
    assert after[0] == pytest.approx(0.4 * before[0], rel=0.06)
    assert after[1] < before[1]
    hours = hours_at_the_windows(*scenarios)
    assert hours[1] == pytest.approx(0.4 * hours[0], rel=0.04)


def hours_at_the_windows(*scenarios: Scenario) -> list[float]:
    """Hours of work a day at the passport windows."""
    rows = means(scenarios, "passport.utilisation", "passport.overtime", replications=20)
    return [2 * 7 * busy + overtime for busy, overtime in rows]


def test_documents_and_corrections_are_those_of_the_counter() -> None:
    rows = means(pair(f"{ONLINE}}}"), "passport.documents", "passport.corrections", replications=20)
    assert rows[1] == pytest.approx(rows[0], rel=0.04)


def test_failed_attempts_come_to_the_hall() -> None:
    _, sound = pair(f"{ONLINE}}}")
    _, failing = pair(f"{ONLINE}, fails: 50 %}}")
    rows = means((sound, failing), "passport.visits", "passport.utilisation", "passport.time.mean")
    assert rows[1][1] == pytest.approx(rows[0][1] * 0.7 / 0.4, rel=0.06)
    assert rows[1][0] > rows[0][0]
    assert rows[1][2] > rows[0][2]


def test_an_officer_may_check_what_comes_online() -> None:
    _, unchecked = pair(f"{ONLINE}}}")
    _, checked = pair(f"{ONLINE}, check: {{at: police, time: {{constant: 6 min}}}}}}")
    assert [step.id for step in checked.service("passport").steps] == [
        "online_form", "online_check", "counter", "review", "collect",
    ]  # fmt: skip
    rows = means((unchecked, checked), "police.utilisation")
    more = 5 * 420 * (rows[1][0] - rows[0][0])  # minutes a day; some have to be checked again
    assert more == pytest.approx(8 * 7 * 0.6 * 6 / (1 - 0.15), rel=0.08)


def test_a_step_that_is_not_replaced_is_done_in_person_still() -> None:
    rows = means(pair(f"{ONLINE}, steps: [counter]}}"), "passport.visits")
    assert rows[1][0] > 1.0


def test_some_groups_are_kept_at_the_counter() -> None:
    """60 % of the citizens, who are 92 % of the applicants, apply online."""
    before, after = hours_at_the_windows(*pair(f"{ONLINE}}}, groups: [citizen]"))
    assert after == pytest.approx((1 - 0.92 * 0.6) * before, rel=0.02)


def test_what_comes_at_night_waits_for_the_opening() -> None:
    _, by_day = pair(f"{ONLINE}}}")
    _, always = pair(f"{ONLINE}, hours: always}}")
    assert always.service("passport").round_the_clock == ("online",)
    rows = means((by_day, always), "passport.time.mean", "passport.wait.mean", "passport.visits", "police.queue.mean")
    assert rows[1][0] > rows[0][0] + 200.0  # most minutes of a week are no office hours
    assert rows[1][2] == pytest.approx(rows[0][2], rel=0.06)
    assert rows[1][3] > rows[0][3]


def test_less_uptake_is_a_smaller_share() -> None:
    _, half = pair(f"{ONLINE}}}, uptake: 50 %")
    _, as_much = pair(f"online: {{service: passport, share: 30 %, {FORM}}}")
    assert half == as_much


def test_later_returns_of_those_online_go_back_to_the_form() -> None:
    returned = (("basis: 出境入境管理法,", "returns: {share: 10 %, to: counter}, basis: 出境入境管理法,"),)
    _, after = pair(f"{ONLINE}}}", replaced=returned)
    returns = after.service("passport").step("review").returns
    assert returns is not None
    assert returns.to == "online_form"


def test_nobody_online_changes_nothing() -> None:
    before, after = pair(f"online: {{service: passport, share: 0 %, {FORM}, fails: 10 %}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        (f"{{service: pasport, share: 50 %, {FORM}}}", "service", "did you mean passport?"),
        (f"{{service: ticket, share: 50 %, {FORM}}}", "service", "nobody comes for ticket as it is"),
        (f"{{service: permit, share: 50 %, {FORM}, steps: [counter, revew]}}", "steps[1]", "did you mean review?"),
        (f"{{service: permit, share: 50 %, {FORM}, steps: [review]}}", "steps[0]", "permit.review is not in person"),
        (
            f"{{service: permit, share: 50 %, {FORM}, check: {{at: planing, time: {{constant: 1 min}}}}}}",
            "check.at",
            "did you mean planning?",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"online: {measure}")
    assert problem.dotted == f"reforms.changed[0].online.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_hours_for_some_groups_only_would_bring_the_others_at_night() -> None:
    (problem,) = problems(f"{ONLINE}, hours: always}}, groups: [citizen]")
    assert problem.dotted == "reforms.changed[0].online.hours"
    assert "who may not apply online would come at night too" in problem.message


def test_what_the_law_wants_in_person_stays() -> None:
    law = (("at: passport, time: {constant: 2 min}", "at: passport, time: {constant: 2 min}, basis: 当面领取规定"),)
    for steps, path in (("", "service"), (", steps: [counter, collect]", "steps[1]")):
        (problem,) = problems(f"{ONLINE}{steps}}}", replaced=law)
        assert problem.dotted == f"reforms.changed[0].online.{path}"
        assert "当面领取规定" in problem.message
    assert not problems(f"{ONLINE}, steps: [counter]}}", replaced=law)


def test_it_goes_online_once() -> None:
    (problem,) = problems(f"{ONLINE}}}", f"{ONLINE}}}")
    assert problem.dotted == "reforms.changed[1].online.service"
    assert "passport can be done online already" in problem.message
