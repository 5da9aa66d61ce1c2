"""Fewer meetings and forms: cases are done faster, by what of the hours freed reaches them."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, refusal


def test_what_reaches_cases_makes_them_faster() -> None:
    """Of the same work, officers with a share h more hours are busy for 1 / (1 + h) of the time."""
    before, all_of_it = pair("fewer_meetings: {pools: [fire], hours: 25 %}")
    _, part = pair("fewer_meetings: {pools: [fire], hours: 25 %, reaching: 40 %}")
    kpis = ("permit.time.mean", "fire.utilisation")
    old, full, some = means((before, all_of_it, part), *kpis, replications=4)
    assert full[0] < some[0] < old[0]
    assert full[1] < some[1] < old[1]
    assert full[1] == pytest.approx(old[1] / 1.25, rel=0.03)
    assert some[1] == pytest.approx(old[1] / 1.1, rel=0.03)


def test_a_share_of_it_frees_fewer_hours() -> None:
    _, half = pair("fewer_meetings: {pools: [police], hours: 20 %}, uptake: 50 %")
    _, less = pair("fewer_meetings: {pools: [police], hours: 10 %}")
    assert half == less


@pytest.mark.parametrize("written", ["hours: 0 %", "hours: 20 %, reaching: 0 %"])
def test_hours_that_reach_no_case_change_nothing(written: str) -> None:
    before, after = pair(f"fewer_meetings: {{pools: [police, planning], {written}}}")
    assert after == before


@pytest.mark.parametrize(
    ("pools", "path", "said"),
    [
        ("[police, planing]", "pools.1", "did you mean planning"),
        ("[police, police]", "pools.1", "named twice"),
        ("[]", "pools", "names no pool"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(pools: str, path: str, said: str) -> None:
    where, text = refusal(f"fewer_meetings: {{pools: {pools}, hours: 10 %}}")
    assert where == path
    assert said in text
