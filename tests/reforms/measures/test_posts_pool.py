"""Posts pool: who gets posts is faster, who gives them slower; newcomers do not fit at first."""

from __future__ import annotations

import datetime

import numpy as np
import pytest

from simgov.network import compile_network
from tests.reforms.example_office import means, pair, refusal

MOVE = "{from: hotline, to: police, posts: 1, date: 2026-03-05}"


def test_who_gets_posts_is_faster_and_who_gives_them_slower() -> None:
    before, after = pair(f"posts_pool: {{moves: [{MOVE}]}}")
    _, misfit = pair(f"posts_pool: {{moves: [{MOVE}], misfit: 200 %, half_life: 60 workdays}}")
    kpis = ("police.queue.mean", "hotline.queue.mean")
    old, new, slow = means((before, after, misfit), *kpis, replications=4)
    assert new[0] < slow[0] < old[0]
    assert new[1] > old[1]


def test_posts_move_by_quarter_and_their_total_stays() -> None:
    second = MOVE.replace("2026-03-05", "2026-03-23")
    before, after = pair(f"posts_pool: {{moves: [{MOVE}, {second}]}}, set_up: 900 CNY")
    counts = [{pool.id: pool.count for pool in version.pools} for version in after.versions]
    assert [(c["hotline"], c["police"]) for c in counts] == [(3, 5), (2, 6), (1, 7)]
    assert {sum(c.values()) for c in counts} == {sum(pool.count for pool in before.pools)}
    assert [phase.start.isoformat() for phase in after.phases] == ["2026-03-05", "2026-03-23"]
    assert after.set_up == after.phases[-1].set_up == 90000


def test_newcomers_slow_the_pool_by_what_its_capacity_lacks() -> None:
    """Of 6 posts one does half as much at first: work takes 6 / 5.5 of its time; the excess halves."""
    _, after = pair(f"posts_pool: {{moves: [{MOVE}], misfit: 100 %, half_life: 2 workdays}}")
    (row,) = [place for place, pool in enumerate(after.pools) if pool.id == "police"]
    factors = compile_network(after).learning[row]
    excess = 6 / 5.5 - 1
    days = [(datetime.date(2026, 3, day) - datetime.date(2026, 3, 2)).days for day in (4, 5, 9)]
    np.testing.assert_allclose(factors[days], [1.0, 1.0 + excess, 1.0 + excess / 2], rtol=1e-12)


def test_it_may_be_phased_in() -> None:
    """A move comes with the share that has begun by its date, and the rest later."""
    move = "{from: police, to: hotline, posts: 4, date: 2026-03-18}"
    _, after = pair(f"posts_pool: {{moves: [{move}]}}, phase_in: {{2026-03-16: 50 %, 2026-03-23: 100 %}}")
    counts = [{pool.id: pool.count for pool in version.pools} for version in after.versions]
    assert [(str(phase.start), c["hotline"]) for phase, c in zip(after.phases, counts[1:], strict=True)] == [
        ("2026-03-16", 3),
        ("2026-03-18", 5),
        ("2026-03-23", 7),
    ]


@pytest.mark.parametrize("move", ["posts: 0", "posts: 0, date: 2026-03-16"])
def test_no_posts_change_nothing(move: str) -> None:
    before, after = pair(f"posts_pool: {{moves: [{{from: police, to: general, {move}}}], misfit: 50 %}}")
    for version in after.versions:
        assert (version.pools, version.services) == (before.pools, before.services)


@pytest.mark.parametrize(
    ("moves", "path", "said"),
    [
        ("[{from: polce, to: general, posts: 1}]", "moves.0.from", "did you mean police"),
        (f"[{MOVE}, {{from: police, to: genral, posts: 1, date: 2026-03-16}}]", "moves.1.to", "did you mean general"),
        ("[{from: fire, to: general, posts: 3, date: 2026-03-16}]", "moves.0.posts", "fire has 2 posts, fewer than 3"),
        ("[{from: fire, to: fire, posts: 1}]", "moves.0.to", "come from where they go to"),
        (f"[{MOVE}, {MOVE}]", "moves.1", "written twice"),
        ("[]", "moves", ""),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(moves: str, path: str, said: str) -> None:
    where, text = refusal(f"posts_pool: {{moves: {moves}}}")
    assert where == path
    assert said in text
