"""Outposts: a shorter way for some, and the same posts in small pools make everybody wait longer."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

THREE = "outposts: {pool: general, places: 3, posts: 1, share: 60 %"
WAY = (("arrivals: {poisson: {rate: 24 /h}}", "arrivals: {poisson: {rate: 24 /h}}\n    travel: 60 min"),)


def test_the_way_is_shorter_for_who_goes_there() -> None:
    before, after = pair(f"{THREE}, travel: 75 %}}", replaced=WAY)
    rows = means((before, after), "id_card.travel", "id_card.visits")
    assert rows[0][0] == pytest.approx(60 * rows[0][1], rel=1e-3)
    assert rows[1][0] == pytest.approx(60 * (1 - 0.6 * 0.75), rel=0.02)


def test_each_place_gets_its_share() -> None:
    _, after = pair(f"{THREE}}}")
    assert [reach.upto for reach, _ in after.ways] == pytest.approx([0.2, 0.4, 0.6, 1.0])
    assert [services[0].steps[0].at for _, services in after.ways] == ["general_1", "general_2", "general_3", "general"]
    assert [(pool.id, pool.count) for pool in after.pools if pool.id.startswith("general")] == [
        ("general", 2),
        ("general_1", 1),
        ("general_2", 1),
        ("general_3", 1),
    ]
    busy = means((after,), "general_1.utilisation", "general_2.utilisation", "general_3.utilisation")[0]
    assert busy == pytest.approx([sum(busy) / 3] * 3, rel=0.05)


def test_small_pools_queue_worse() -> None:
    rows = means(pair(f"{THREE}}}"), "hall.wait.mean", replications=5)
    assert rows[1][0] > 1.5 * rows[0][0]


def test_new_posts_leave_the_centre_its_own() -> None:
    _, after = pair(f"{THREE}, new_posts: true, services: [id_card]}}")
    assert after.pool("general").count == 5
    assert {step.at for service in after.services if service.id != "id_card" for step in service.steps if step.at} == {
        "general", "passport", "police", "planning", "fire", "bureau", "hotline",
    }  # fmt: skip


def test_all_cases_may_go_there_and_none_stay() -> None:
    before, after = pair("outposts: {pool: general, places: 2, posts: 3, share: 100 %, new_posts: true}")
    assert [reach.upto for reach, _ in after.ways] == [0.5, 1.0]
    rows = means((before, after), "general.utilisation")
    assert rows[1][0] == 0.0


def test_files_stay_at_the_centre() -> None:
    _, after = pair(
        f"{THREE}}}", replaced=(("check:   {name: {zh: 资格审核, en: Check}, at: police", "check:   {at: general"),)
    )
    assert after.service("benefit").step("check").at == "general"
    assert after.service("benefit").step("counter").at == "general_1"


@pytest.mark.parametrize(
    ("measure", "kept"),
    [
        ("outposts: {pool: general, places: 2, posts: 1, share: 40 %}", ("benefit.counter", "id_card.counter")),
        ("outposts: {pool: general, places: 2, posts: 3, share: 100 %, new_posts: true}", ()),
        ("kiosk: {step: id_card.counter, share: 100 %, count: 2}", ("benefit.counter",)),
    ],
)
def test_a_pool_prefers_only_what_is_left_to_it(measure: str, kept: tuple[str, ...]) -> None:
    old = "count: 5, cost: 35 CNY/h"
    preferring = ((old, f"{old}, prefers: [benefit.counter, id_card.counter]"),)
    assert pair(measure, replaced=preferring)[1].pool("general").prefers == kept


def test_nobody_who_goes_there_changes_nothing() -> None:
    before, after = pair("outposts: {pool: general, places: 3, posts: 1, share: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{pool: genral, places: 2, posts: 1, share: 30 %}", "pool", "did you mean general?"),
        ("{pool: general, places: 3, posts: 2, share: 30 %}", "posts", "general has 5 posts, fewer than 6"),
        ("{pool: general, places: 5, posts: 1, share: 30 %}", "posts", "general has 5 posts, and would keep none of 5"),
        ("{pool: police, places: 2, posts: 1, share: 30 %}", "pool", "nothing is done in person at police"),
        (
            "{pool: general, places: 2, posts: 1, share: 30 %, services: [id_card, ticket]}",
            "services[1]",
            "ticket has no step in person at general",
        ),
        (
            "{pool: general, places: 2, posts: 1, share: 30 %, services: [idcard]}",
            "services[0]",
            "did you mean id_card",
        ),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"outposts: {measure}")
    assert problem.dotted == f"reforms.changed[0].outposts.{path}"
    assert said in f"{problem.message}; {problem.hint}"
