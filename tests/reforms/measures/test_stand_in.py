"""Stand-in rule: work goes on while somebody is away, more slowly, and the stand-in's own queue waits."""

from __future__ import annotations

import pytest

from simgov.scenario.value import Alternative
from tests.reforms.example_office import means, pair, refusal

RULE = "stand_in: {step: permit.sign_bureau, by: planning, slowdown: 50 %}"
ON_LEAVE = (
    (
        "en: Bureau heads}, kind: department, count: 1, ",
        "en: Bureau heads}, kind: department, count: 1, "
        "absences: {leave: [{officers: 1, from: 2026-03-16, to: 2026-03-20}]}, ",
    ),
)


def test_nobody_waits_for_who_is_on_leave_and_the_stand_in_has_more_to_do() -> None:
    kpis = ("permit.time.mean", "planning.utilisation", "planning.queue.mean")
    before, after = pair(RULE, replaced=ON_LEAVE)
    _, slower = pair(RULE.replace("50 %", "300 %"), replaced=ON_LEAVE)
    without, with_rule, with_slow = means((before, after, slower), *kpis, replications=4)
    assert with_rule[0] < without[0]
    assert without[1] < with_rule[1] < with_slow[1]
    assert without[2] < with_slow[2]


def test_while_everybody_is_there_it_changes_no_time() -> None:
    """Both pools keep the same hours, so that nobody ever stands in."""
    kpis = ("permit.time.mean", "permit.time.p90", "planning.utilisation", "bureau.utilisation")
    before, after = means(pair(RULE), *kpis, replications=2)
    assert after == before


def test_a_pool_gets_a_stand_in_for_all_that_it_does() -> None:
    before, after = pair("stand_in: {pool: fire, by: planning, slowdown: 20 %}")
    for step in ("fire", "visit_fire"):
        assert after.service("permit").step(step).alternatives == (Alternative("planning", 1.2, stand_in=True),)
    assert after.service("id_card") == before.service("id_card")


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("step: permit.sign_burau, by: planning", "step", "did you mean sign_bureau"),
        ("step: permit.sign_bureau, by: planing", "by", "did you mean planning"),
        ("step: permit.sign_bureau, by: bureau", "by", "done by bureau already"),
        ("step: permit.carry, by: planning", "step", "a delay outside every pool"),
        ("pool: fir, by: planning", "pool", "did you mean fire"),
        ("pool: fire, step: permit.fire, by: planning", "pool", "names a step and a pool"),
        ("by: planning", "", "names neither a step nor a pool"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"stand_in: {{{written}}}")
    assert where == path
    assert said in text
