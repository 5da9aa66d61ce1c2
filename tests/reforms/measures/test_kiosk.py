"""Kiosks: the windows have less to do; where kiosks fail, people queue twice; helpers leave the windows."""

from __future__ import annotations

import pytest

from simgov.scenario.value import Scenario
from tests.reforms.example_office import means, pair, problems

KIOSK = "kiosk: {step: id_card.counter, share: 50 %, count: 4"


def kiosk_way(scenario: Scenario, service: str) -> list[str]:
    return [step.id for one in scenario.services if one.id == service for step in one.steps]


def test_simple_matters_leave_the_windows() -> None:
    rows = means(pair(f"{KIOSK}}}"), "id_card.wait.mean", "enquiry.wait.mean", "general.utilisation")
    assert [after < before for before, after in zip(rows[0], rows[1], strict=True)] == [True] * 3


def test_half_of_the_work_is_at_the_kiosk() -> None:
    _, after = pair(f"{KIOSK}, time: 200 %}}")
    busy = means((after,), "kiosk.utilisation")[0][0]
    assert busy == pytest.approx(24 / 60 * 0.5 * 14 / 4, rel=0.05)


def test_who_fails_there_comes_back_to_the_window() -> None:
    _, sound = pair(f"{KIOSK}}}")
    _, failing = pair(f"{KIOSK}, fails: 40 %}}")
    assert kiosk_way(failing, "id_card") == ["counter_kiosk", "counter"]
    rows = means((sound, failing), "id_card.steps", "id_card.time.mean", "general.utilisation", "id_card.visits")
    assert rows[0][0] == pytest.approx(1.0)
    assert rows[1][0] == pytest.approx(1.2, abs=0.02)
    assert rows[1][1] > rows[0][1]
    assert rows[1][2] > rows[0][2]
    assert rows[1][3] == pytest.approx(rows[0][3], abs=0.01)  # on the same day


def test_where_every_attempt_fails_the_windows_have_all_their_work_again() -> None:
    before, failing = pair(f"{KIOSK}, fails: 100 %}}")
    rows = means((before, failing), "general.utilisation", replications=5)
    assert rows[1][0] == pytest.approx(rows[0][0], rel=1e-3)


def test_corrections_are_those_of_the_kiosk() -> None:
    measure = "kiosk: {step: passport.counter, share: 100 %, count: 3, fails: 30 %}"
    before, after = pair(measure)
    assert after.service("passport").step("counter_kiosk").returns is not None
    rows = means((before, after), "passport.corrections", "passport.documents", replications=20)
    assert rows[1] == pytest.approx(rows[0], rel=0.02)


def test_a_helper_leaves_the_windows() -> None:
    _, alone = pair(f"{KIOSK}}}")
    _, helped = pair(f"{KIOSK}, helper: {{from: general, posts: 2}}}}")
    assert helped.pool("general").count == 3
    rows = means((alone, helped), "hall.wait.mean")
    assert rows[1][0] > rows[0][0]


def test_kiosks_cost_money_and_are_shared_by_steps() -> None:
    one = "kiosk: {step: id_card.counter, share: 50 %, count: 4, cost: 12000 CNY/year}"
    two = "kiosk: {step: enquiry.answer, share: 50 %}"
    before, after = pair(one, two)
    rows = means((before, after), "cost", replications=2)
    assert rows[1][0] - rows[0][0] == pytest.approx(48000, rel=1e-6)
    assert [step.at for service in after.services for step in service.steps if step.at == "kiosk"] == ["kiosk"] * 2


def test_nobody_at_the_kiosk_changes_nothing() -> None:
    before, after = pair("kiosk: {step: id_card.counter, share: 0 %, count: 4, helper: {from: general}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{step: id_card.countr, share: 50 %, count: 2}", "step", "did you mean counter?"),
        ("{step: permit.review, share: 50 %, count: 2}", "step", "permit.review is not done in person at a pool"),
        ("{step: id_card.counter, share: 50 %}", "pool", "there is no pool 'kiosk'"),
        ("{step: id_card.counter, share: 50 %, count: 2, pool: police}", "pool", "there is a pool police already"),
        ("{step: id_card.counter, share: 50 %, count: 2, cost: 9 EUR/h}", "cost", "use one currency"),
        ("{step: id_card.counter, share: 50 %, count: 2, time: 0 %}", "time", "a kiosk takes some time too"),
        (
            "{step: id_card.counter, share: 50 %, count: 2, helper: {from: general, posts: 6}}",
            "helper.posts",
            "general has 5 posts, fewer than 6",
        ),
        (
            "{step: id_card.counter, share: 50 %, count: 2, helper: {from: genral}}",
            "helper.from",
            "did you mean general?",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"kiosk: {measure}")
    assert problem.dotted == f"reforms.changed[0].kiosk.{path}"
    assert said in f"{problem.message}; {problem.hint}"
