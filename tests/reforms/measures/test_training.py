"""Training: officers become faster by and by, and are missed while they are in class."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from simgov.network import compile_network
from simgov.scenario.value import Away
from tests.reforms.example_office import means, pair, refusal

CLASS = 'class: {officers: 4, dates: [2026-03-16, 2026-03-17], hours: "09:00-17:00"}'


def test_officers_become_faster() -> None:
    before, after = pair("training: {pools: [police], gain: 25 %, half_life: 2 workdays}")
    _, slow = pair("training: {pools: [police], gain: 25 %, half_life: 60 workdays}")
    old, new, slower = means((before, after, slow), "police.utilisation", "ticket.time.mean", replications=4)
    assert new[0] < slower[0] < old[0]
    assert new[1] < old[1]


def test_hours_in_class_are_missed() -> None:
    before, after = pair(f"training: {{pools: [police], gain: 0 %, {CLASS}}}")
    old, new = means((before, after), "ticket.time.mean", "police.queue.mean", replications=3)
    assert new[0] > old[0]
    assert new[1] > old[1]


def test_the_way_to_the_gain_halves_with_each_half_life() -> None:
    """By closed form: 1 / 1.25 + (1 - 1 / 1.25) / 2 after one half-life, workdays counted from the first class."""
    _, after = pair(f"training: {{pools: [police], gain: 25 %, half_life: 5 workdays, {CLASS}}}")
    (row,) = [place for place, pool in enumerate(after.pools) if pool.id == "police"]
    factors = compile_network(after).learning[row]
    days = [(datetime.date(2026, 3, day) - datetime.date(2026, 3, 2)).days for day in (13, 16, 23, 30)]
    np.testing.assert_allclose(factors[days], [1.0, 1.0, 0.9, 0.85], rtol=1e-12)


def test_gains_of_two_measures_multiply() -> None:
    _, after = pair(
        "fewer_meetings: {pools: [police], hours: 25 %}",
        "training: {pools: [police], gain: 25 %, half_life: 1 workday}",
    )
    (row,) = [place for place, pool in enumerate(after.pools) if pool.id == "police"]
    assert compile_network(after).learning[row][1] == pytest.approx(0.8 * 0.9, rel=1e-12)


def test_a_share_of_it_gains_less_and_sends_fewer_to_class() -> None:
    _, half = pair(f"training: {{pools: [police], gain: 20 %, {CLASS}}}, uptake: 50 %")
    _, less = pair(f"training: {{pools: [police], gain: 10 %, {CLASS.replace('officers: 4', 'officers: 2')}}}")
    assert half == less
    assert less.pool("police").absences.training[0] == Away(
        2, datetime.date(2026, 3, 16), datetime.date(2026, 3, 16), (540, 1020)
    )


def test_without_gain_and_class_it_changes_nothing() -> None:
    before, after = pair("training: {pools: [police], gain: 0 %}")
    assert after == before
    _, nobody = pair(f"training: {{pools: [police], gain: 0 %, {CLASS.replace('officers: 4', 'officers: 0')}}}")
    assert nobody == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("pools: [polce], gain: 5 %", "pools.0", "did you mean police"),
        (
            "pools: [police, bureau], gain: 5 %, class: {officers: 2, dates: [2026-03-16]}",
            "pools.1",
            "bureau has 1 posts",
        ),
        (
            "pools: [police], gain: 5 %, class: {officers: 2, dates: [2026-03-16, 2026-02-27]}",
            "class.dates.1",
            "2026-02-27 is before the measure begins, 2026-03-02",
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"training: {{{written}}}")
    assert where == path
    assert said in text
