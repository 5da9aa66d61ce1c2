"""Delegating the decision: fewer levels, less time; uneven decisions come back; the law may want the higher level."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

DOWN = "delegate_decision: {service: permit, to: sign_division, drops: [sign_bureau]"


def test_a_lower_level_decides_sooner() -> None:
    before, after = pair(DOWN + "}")
    (time, steps, load), (new_time, new_steps, new_load) = means(
        (before, after), "permit.time.mean", "permit.steps", "bureau.utilisation", replications=5
    )
    assert new_time < time
    assert new_steps == pytest.approx(steps - 1.0, abs=1e-9)
    assert (load > 0.1, new_load) == (True, 0.0)
    permit = after.service("permit")
    assert permit.step("sign_division").decision
    assert not permit.step("sign_bureau").decision


def test_uneven_decisions_come_back() -> None:
    _, even = pair(DOWN + "}")
    _, uneven = pair(DOWN + ", returns: 20 %, back_to: review, longer: 100 %}")
    (returns, time), (more, longer) = means((even, uneven), "permit.returns", "permit.time.mean")
    assert more - returns == pytest.approx(0.25, abs=0.03)
    assert longer > time
    assert uneven.service("permit").step("sign_division").slowdown == 2.0


def test_what_the_higher_level_refused_is_still_refused() -> None:
    old = "cv: 0.8}}, decision: true}\n      collect:"
    before, after = pair(DOWN + "}", replaced=((old, old.replace("decision", "refuses: 10 %, decision")),))
    (refused,), (still,) = means((before, after), "permit.refused", replications=5)
    assert after.service("permit").step("sign_division").refuses == 0.1
    assert refused == pytest.approx(0.1, abs=0.03)
    assert still == pytest.approx(refused, abs=0.03)


def test_who_decides_already_goes_on_deciding() -> None:
    before, after = pair("delegate_decision: {service: permit, to: sign_bureau, drops: []}")
    assert after == before


LAWFUL = (
    ("at: bureau, time: {lognormal: {mean: 12 min, cv: 0.8}}", "at: bureau, basis: 建筑法, time: {constant: 12 min}"),
)


@pytest.mark.parametrize(
    ("measure", "key", "said", "replaced"),
    [
        ("{service: permits, to: sign_division, drops: []}", ("service",), "there is no service 'permits'", ()),
        ("{service: permit, to: sign_divison, drops: []}", ("to",), "no step of permit", ()),
        ("{service: permit, to: sign_division, drops: []}", ("drops",), "sign_bureau would still decide", ()),
        ("{service: permit, to: sign_division, drops: [sign_bureau]}", ("drops", 0), "rests on the law", LAWFUL),
        (
            "{service: permit, to: sign_division, drops: [sign_bureau, review]}",
            ("drops", 1),
            "review does not come after sign_division",
            (),
        ),
        (
            "{service: permit, to: sign_division, drops: [sign_bureau, sign_bureau]}",
            ("drops", 1),
            "sign_bureau is named twice",
            (),
        ),
        (
            "{service: permit, to: sign_division, drops: [sign_bureau], returns: 5 %, back_to: collect}",
            ("back_to",),
            "collect does not come before sign_division",
            (),
        ),
    ],
)
def test_refused_at_its_place(
    measure: str, key: tuple[object, ...], said: str, replaced: tuple[tuple[str, str], ...]
) -> None:
    (problem,) = problems("delegate_decision: " + measure, replaced=replaced)
    assert problem.path == ("reforms", "changed", 0, "delegate_decision", *key)
    assert said in problem.message
