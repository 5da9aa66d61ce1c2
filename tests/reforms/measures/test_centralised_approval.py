"""Centralised approval: no transfers, less time; what stays at home waits longer; posts that are not there."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

START = "centralised_approval: {service: permit, steps: [draft, recheck], "
NEW = "into: hall_desk, name: {zh: 大厅审批岗, en: Hall}"
MOVED = START + NEW + ", transfers: [carry], posts: {planning: 1}}"


def test_without_the_transfer_cases_are_faster() -> None:
    before, after = pair(MOVED)
    (days, time), (fewer, less) = means((before, after), "permit.days.mean", "permit.time.mean", replications=5)
    assert fewer < days - 0.5
    assert less < time


def test_what_stays_with_the_home_department_waits_longer() -> None:
    before, after = pair("centralised_approval: {service: permit, steps: [draft], into: fire, posts: {planning: 2}}")
    (busy, queue), (busier, longer) = means(
        (before, after), "planning.utilisation", "planning.queue.mean", replications=5
    )
    assert busier > 1.3 * busy
    assert longer > 2 * queue
    assert [after.pool(pool).count for pool in ("planning", "fire")] == [1, 4]


def test_a_new_pool_is_as_its_home_was() -> None:
    before, after = pair(MOVED)
    home, new = before.pool("planning"), after.pool("hall_desk")
    assert (new.cost, new.at_closing, new.kind, new.count) == (home.cost, home.at_closing, home.kind, 1)
    assert new.shifts[0].week == home.shifts[0].week
    assert sum(pool.count for pool in after.pools) == sum(pool.count for pool in before.pools)
    for step in ("draft", "recheck"):
        old, moved = before.service("permit").step(step), after.service("permit").step(step)
        assert (moved.at, moved.stream) == ("hall_desk", old.stream)


def test_for_some_cases_the_others_go_on_as_they_went_and_one_post_moves() -> None:
    _, after = pair(MOVED + ", uptake: 30 %")
    assert after.reach.upto == 0.3
    assert after.service("permit").step("draft").at == "hall_desk"
    permit = next(service for service in after.others[0].services if service.id == "permit")
    assert (permit.step("draft").at, permit.step("carry").share) == ("planning", 1.0)
    assert [after.pool(pool).count for pool in ("planning", "hall_desk")] == [2, 1]


def test_moving_nothing_changes_nothing() -> None:
    before, after = pair("centralised_approval: {service: permit, steps: [], into: planning}")
    assert after == before
    before, after = pair("centralised_approval: {service: permit, steps: [draft], into: planning, posts: {fire: 0}}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("into: plannin}", ("into",), "there is no pool 'plannin'"),
        (NEW + "}", ("posts",), "nobody would work at hall_desk"),
        (NEW + ", posts: {planning: 4}}", ("posts", "planning"), "planning has 3 posts, fewer than 4"),
        (NEW + ", posts: {planning: 3}}", ("posts",), "nobody would be left at planning for permit.planning"),
        (NEW + ", posts: {plannin: 1}}", ("posts", "plannin"), "there is no pool 'plannin'"),
        ("into: fire, name: 消防}", ("name",), "there is a pool fire already"),
        ("into: fire, posts: {fire: 1}}", ("posts", "fire"), "from where they go to"),
        ("into: fire, transfers: [review]}", ("transfers", 0), "permit.review is done by police"),
        ("into: fire, transfers: [report]}", ("transfers", 0), "is a legal precondition (前置条件) of planning"),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems(START + measure)
    assert problem.path == ("reforms", "changed", 0, "centralised_approval", *key)
    assert said in problem.message


def test_steps_that_no_officer_does_cannot_move() -> None:
    (problem,) = problems("centralised_approval: {service: permit, steps: [draft, carry], into: fire}")
    assert problem.path[-2:] == ("steps", 1)
    assert "permit.carry is a delay" in problem.message
