"""First-asked responsibility: wrong windows vanish, hand-overs are shorter, the first officer takes longer."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, refusal


def test_cases_are_faster_and_the_first_officer_is_busier() -> None:
    rule = "service: permit, misdirected: [ask], handovers: {carry: 40 %}"
    before, after = pair(f"first_asked: {{{rule}}}")
    _, longer = pair(f"first_asked: {{{rule}, longer: 60 %}}")
    kpis = ("permit.door_to_door.mean", "permit.steps", "general.utilisation")
    old, new, slow = means((before, after, longer), *kpis, replications=4)
    assert new[0] < old[0]
    assert new[1] < old[1]
    assert new[2] < old[2] < slow[2]


def test_it_changes_these_steps_and_nothing_else() -> None:
    before, after = pair(
        "first_asked: {service: permit, misdirected: [ask], handovers: {permit.carry: 40 %}, longer: 10 %}"
    )
    steps = {step.id: step for step in after.service("permit").steps}
    assert steps["ask"].removed
    assert steps["carry"].slowdown == 0.4
    assert steps["counter"].slowdown == 1.1
    old = {step.id: step for step in before.service("permit").steps}
    assert {name for name in steps if steps[name] != old[name]} == {"ask", "carry", "counter"}


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair("first_asked: {service: permit, handovers: {carry: 100 %}, longer: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("service: permt", "service", "did you mean permit"),
        ("service: permit, misdirected: [aks]", "misdirected.0", "did you mean ask"),
        ("service: permit, misdirected: [ask, planning]", "misdirected.1", "rests on the law"),
        ("service: permit, misdirected: [report]", "misdirected.0", "legal precondition"),
        ("service: permit, misdirected: [passport.counter]", "misdirected.0", "not a step of permit"),
        ("service: permit, handovers: {draft: 40 %}", "handovers.draft", "done by planning"),
        ("service: permit, longer: 5 %, first: carry", "first", "a delay outside every pool"),
        ("service: permit, misdirected: [ask], longer: 5 %, first: ask", "first", "permit.ask is removed"),
        ("service: enquiry, misdirected: [answer]", "misdirected.0", "nothing would be left"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"first_asked: {{{written}}}")
    assert where == path
    assert said in text
