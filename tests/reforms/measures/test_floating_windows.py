"""Floating windows: the front waits less, the back office more."""

from __future__ import annotations

import pytest

from simgov.scenario.value import Tide
from tests.reforms.example_office import means, pair, problems, refusal

FLOAT = "from: police, to: general, officers: 2, above: 4, below: 2"


def test_the_front_waits_less_and_the_back_office_more() -> None:
    kpis = ("id_card.wait.mean", "police.queue.mean")
    before, after = means(pair(f"floating_windows: {{{FLOAT}}}"), *kpis, replications=4)
    assert after[0] < before[0]
    assert after[1] > before[1]


def test_a_share_of_it_sends_fewer_officers() -> None:
    assert pair(f"floating_windows: {{{FLOAT}}}")[1].pool("police").tide == Tide("general", 2, 4, 2)
    _, after = pair(f"floating_windows: {{{FLOAT}}}, uptake: 50 %")
    assert after.pool("police").tide == Tide("general", 1, 4, 2)


def test_nobody_who_floats_changes_nothing() -> None:
    before, after = pair("floating_windows: {from: police, to: general, officers: 0, above: 4, below: 2}")
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("from: polce, to: general, officers: 2, above: 4, below: 2", "from", "did you mean police"),
        ("from: police, to: genral, officers: 2, above: 4, below: 2", "to", "did you mean general"),
        ("from: police, to: police, officers: 2, above: 4, below: 2", "to", "cannot help itself"),
        ("from: police, to: general, officers: 9, above: 4, below: 2", "officers", "police has 5 posts, fewer than 9"),
        ("from: police, to: general, officers: 2, above: 4, below: 6", "below", "come back before they go"),
        ("from: police, to: general, officers: 2, above: 4, below: 0", "below", "never come back"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"floating_windows: {{{written}}}")
    assert where == path
    assert said in text


def test_officers_help_one_pool_only() -> None:
    problem = problems(
        f"floating_windows: {{{FLOAT}}}", f"floating_windows: {{{FLOAT.replace('general', 'hotline')}}}"
    )[0]
    assert problem.path[-1] == "from"
    assert "police helps general already" in problem.message
