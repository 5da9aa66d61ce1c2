"""Purchased service: contracted staff help with what needs no decision; they leave often."""

from __future__ import annotations

import math

import pytest

from simgov.scenario.value import Alternative
from simgov.units import Money
from tests.reforms.example_office import means, pair, refusal

BUY = "pool: general, posts: 2, cost: 22 CNY/h"


def test_the_windows_wait_less_and_turnover_takes_some_of_it_back() -> None:
    before, after = pair(f"purchased_service: {{{BUY}}}")
    leaving = f"{BUY}, turnover: 200 %, novice: 300 %, half_life: 120 workdays, vacant: 60 workdays"
    _, often = pair(f"purchased_service: {{{leaving}}}")
    old, new, left = means((before, after, often), "hall.wait.mean", "general.utilisation", "cost", replications=4)
    assert new[0] < left[0] < old[0]
    assert new[1] < left[1] < old[1]
    assert new[2] > old[2]


def test_they_may_not_decide() -> None:
    before, after = pair(f"purchased_service: {{{BUY}, slowdown: 20 %}}")
    helped = {
        f"{service.id}.{step.id}"
        for service in after.services
        for step in service.steps
        if step.alternatives == (Alternative("general_contracted", 1.2),)
    }
    assert helped == {"permit.ask", "permit.counter", "permit.collect", "benefit.counter"}
    assert after.service("id_card") == before.service("id_card")
    assert after.pool("general_contracted").cost == Money(2200, "CNY", "h")
    assert after.pool("general_contracted").count == 2


def test_turnover_slows_by_the_mean_over_tenures() -> None:
    """One a year leaves; a half-life of 50 workdays is a fifth of a year: 0.5 / (1 + 5 ln 2) more time."""
    _, after = pair(
        f"purchased_service: {{{BUY}, turnover: 100 %, novice: 50 %, half_life: 50 workdays, vacant: 25 workdays}}"
    )
    (other,) = after.service("permit").step("counter").alternatives
    assert other.slowdown == pytest.approx(1 + 0.5 / (1 + 5 * math.log(2)), rel=1e-12)
    sickness = after.pool("general_contracted").absences.sickness
    assert sickness is not None
    assert (sickness.share, sickness.lasts.mean) == (pytest.approx(0.1 / 1.1), 25.0)


def test_no_posts_change_nothing() -> None:
    before, after = pair("purchased_service: {pool: general, posts: 0, turnover: 40 %, vacant: 5 workdays}")
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("pool: genral, posts: 1", "pool", "did you mean general"),
        ("pool: general, posts: 1, steps: [id_card.counter]", "steps.0", "decides; contracted staff may not"),
        ("pool: police, posts: 1, steps: [passport.review]", "steps.0", "decides"),
        ("pool: fire, posts: 1, steps: [permit.visit_fire, permit.fire]", "steps.1", "rests on the law"),
        ("pool: general, posts: 1, steps: [permit.draft]", "steps.0", "not done by general alone"),
        ("pool: general, posts: 1, as: police", "as", "there is a pool police already"),
        ("pool: bureau, posts: 1", "pool", "nothing but decide"),
        ("pool: general, posts: 1, cost: 20 EUR/h", "cost", "use one currency"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"purchased_service: {{{written}}}")
    assert where == path
    assert said in text


def test_a_part_that_rests_on_the_law_is_for_officers_too() -> None:
    parts = (
        ("in_person: true, documents: 2, decision: true}",
         "in_person: true, documents: 2, parts: {verify: {share: 30 %, basis: 居民身份证法}}}"),
    )  # fmt: skip
    where, said = refusal("purchased_service: {pool: general, posts: 1, steps: [id_card.counter]}", replaced=parts)
    assert where == "steps.0"
    assert "id_card.counter has a part, verify, that rests on the law (居民身份证法)" in said
