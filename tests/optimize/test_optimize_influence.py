"""Which pools touch a KPI, and which could do so either way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgov.calendars import ALWAYS
from simgov.distributions import Exponential
from simgov.kpi.table import find
from simgov.optimize.influence import EITHER, HELPS, NONE, Influence, counted
from simgov.optimize.problem import parts
from simgov.scenario.value import (
    Alternative,
    PoissonArrivals,
    Pool,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
    Tide,
)
from simgov.units import Duration, Rate


def named(name: str) -> Text:
    return Text(name, name)


def step(name: str, at: str | None, *after: str, **more: object) -> Step:
    return Step(name, named(name), name, at=at, time=Exponential(5.0), after=after, **more)  # type: ignore[arg-type]


def service(name: str, *steps: Step, **more: object) -> Service:
    return Service(name, named(name), steps, PoissonArrivals(Rate(0.1)), **more)  # type: ignore[arg-type]


def office(*services: Service) -> Scenario:
    pools = tuple(Pool(p, named(p), "window", (Shift(2, ALWAYS.week),)) for p in "abcde")
    return Scenario(named("office"), ALWAYS, pools, services, RunSettings(period=Duration(10.0, "workday")))


def effects(
    scenario: Scenario,
    *kpis: str,
    of: str,
    directions: tuple[int, ...] = (),
    removable: frozenset[str] = frozenset(),
) -> dict[str, int]:
    """Of each pool on the KPI ``of``, where these KPIs have targets."""
    found = [
        (find(scenario, name), direction) for name, direction in zip(kpis, directions or (1,) * len(kpis), strict=True)
    ]
    influence = Influence.of(scenario, found, removable)
    own = counted(scenario, find(scenario, of))
    return {pool.id: influence.effect(pool.id, own) for pool in scenario.pools}


CHAIN = service("permit", step("s1", "a"), step("s2", "b", "s1", decision=True), step("s3", "c", "s2"))


def test_a_chain_helps_up_to_the_decision_and_what_follows_it_does_nothing() -> None:
    found = effects(office(CHAIN), "permit.time.mean", of="permit.time.mean")
    assert found == {"a": HELPS, "b": HELPS, "c": NONE, "d": NONE, "e": NONE}


def test_to_collection_everything_counts() -> None:
    found = effects(office(CHAIN), "permit.door_to_door.mean", of="permit.door_to_door.mean")
    assert [found[p] for p in "abc"] == [HELPS, HELPS, HELPS]


def test_another_services_pool_upstream_without_a_target_could_do_either() -> None:
    other = service("licence", step("s1", "d"), step("s2", "b", "s1", decision=True))
    scenario = office(CHAIN, other)
    assert effects(scenario, "permit.time.mean", of="permit.time.mean")["d"] == EITHER
    both = effects(scenario, "permit.time.mean", "licence.days.p90", of="permit.time.mean")
    assert both["d"] == HELPS
    hurt = effects(scenario, "permit.time.mean", "licence.throughput", of="permit.time.mean", directions=(1, -1))
    assert hurt["d"] == EITHER


def test_a_pool_downstream_of_a_shared_one_does_nothing() -> None:
    other = service("licence", step("s1", "b"), step("s2", "d", "s1", decision=True))
    assert effects(office(CHAIN, other), "permit.time.mean", of="permit.time.mean")["d"] == NONE


def test_returns_flow_back() -> None:
    back = replace(CHAIN.steps[1], returns=Returns(0.2, "s1"))
    scenario = office(replace(CHAIN, steps=(CHAIN.steps[0], back, CHAIN.steps[2])))
    queue = find(scenario, "a.queue.mean")
    influence = Influence.of(scenario, [(queue, 1)])
    assert influence.effect("b", counted(scenario, queue)) == EITHER
    assert influence.effect("c", counted(scenario, queue)) == NONE
    with_time = Influence.of(scenario, [(queue, 1), (find(scenario, "permit.time.p90"), 1)])
    assert with_time.effect("b", counted(scenario, queue)) == HELPS


def test_flows_through_delays_and_joins_and_through_other_services() -> None:
    fork = service(
        "big",
        step("s1", "a"),
        step("wait", None, "s1"),
        step("left", "b", "wait"),
        step("right", "c", "s1"),
        step("join", "d", "left", "right", decision=True),
    )
    far = service("far", step("s1", "e"), step("s2", "a", "s1", decision=True))
    scenario = office(fork, far)
    influence = Influence.of(scenario, [])
    assert influence.flows["e"] == {"a", "b", "c", "d"}
    assert influence.flows["d"] == frozenset()
    assert influence.flows["b"] == {"d"}


@pytest.mark.parametrize("limit_on_leaving", [False, True])
def test_those_who_give_up_upstream_keep_the_load_off(limit_on_leaving: bool) -> None:
    steps = (replace(CHAIN.steps[0], in_person=True), *CHAIN.steps[1:])
    scenario = office(replace(CHAIN, steps=steps, patience=Exponential(30.0)))
    kpis = ["permit.time.mean", *(["permit.reneged"] if limit_on_leaving else [])]
    found = effects(scenario, *kpis, of="permit.time.mean")
    assert found["a"] == (HELPS if limit_on_leaving else EITHER)
    assert found["b"] == HELPS
    alone = office(replace(CHAIN, steps=(replace(steps[0], decision=True),), patience=Exponential(30.0)))
    assert effects(alone, "permit.wait.mean", of="permit.wait.mean")["a"] == HELPS


def test_who_stands_in_for_a_pool_touches_what_is_counted_there() -> None:
    shared = replace(CHAIN, steps=(*CHAIN.steps[:1], replace(CHAIN.steps[1], alternatives=(Alternative("d"),))))
    other = service("licence", step("s1", "e"), step("s2", "d", "s1", decision=True))
    scenario = office(shared, other)
    found = effects(scenario, "permit.time.mean", of="permit.time.mean")
    assert found == {"a": HELPS, "b": HELPS, "c": NONE, "d": HELPS, "e": EITHER}
    assert [set(part.pools) for part in parts(scenario)] == [{"a", "b", "d", "e"}], "they share officers"


def test_who_helps_where_people_give_up_counts_like_those_there() -> None:
    """With few at d, those at a have more to do, more people give up there, and b has less to do."""
    steps = (replace(CHAIN.steps[0], in_person=True), *CHAIN.steps[1:])
    leaving = replace(CHAIN, steps=steps, patience=Exponential(30.0))
    helped = service("licence", step("s1", "d", alternatives=(Alternative("a"),), decision=True))
    kpi = "permit.time.mean"
    assert effects(office(leaving, helped), kpi, of=kpi)["d"] == EITHER
    assert effects(office(CHAIN, helped), kpi, of=kpi)["d"] == HELPS


def test_pools_that_do_a_step_together_touch_each_other() -> None:
    visit = service("visit", step("s1", "a", together=("d",), decision=True))
    scenario = office(CHAIN, visit)
    assert effects(scenario, "permit.time.mean", "visit.time.mean", of="permit.time.mean")["d"] == HELPS
    assert {"a", "d"} <= set(parts(scenario)[0].pools)


def test_a_queue_behind_those_that_a_target_feels_has_no_limit() -> None:
    """With a and b shared, too few officers at a hold the less urgent service off b; not where it goes first."""
    steps = (step("s1", "a"), step("s2", "b", "s1", decision=True))
    for priority, expected in ((7, EITHER), (5, HELPS), (3, HELPS)):
        scenario = office(CHAIN, service("licence", *steps, priority=priority))
        assert effects(scenario, "permit.time.mean", of="permit.time.mean")["a"] == expected, priority
        assert effects(scenario, "permit.time.mean", of="permit.time.mean")["b"] == HELPS, "nothing follows there"
    both = office(CHAIN, service("licence", *steps, priority=7))
    assert effects(both, "permit.time.mean", "licence.time.mean", of="permit.time.mean")["a"] == HELPS
    moved_up = replace(both, pools=(replace(both.pools[0], ageing=Duration(30.0, "min")), *both.pools[1:]))
    assert effects(moved_up, "permit.time.mean", of="permit.time.mean")["a"] == HELPS
    preferred = replace(both.pools[0], prefers=("licence.s1",))
    assert (
        effects(replace(both, pools=(preferred, *both.pools[1:])), "permit.time.mean", of="permit.time.mean")["a"]
        == HELPS
    )


def test_a_percentile_does_not_feel_what_hardly_anybody_does() -> None:
    rare = replace(CHAIN, steps=(replace(CHAIN.steps[0], share=0.05), *CHAIN.steps[1:]))
    scenario = office(rare)
    assert effects(scenario, "permit.time.p90", of="permit.time.p90")["a"] == EITHER
    assert effects(scenario, "permit.time.mean", of="permit.time.mean")["a"] == HELPS


def test_a_step_that_may_be_removed_limits_no_queue() -> None:
    other = service("licence", step("s1", "a"), step("s2", "b", "s1", decision=True))
    scenario = office(CHAIN, other)
    assert effects(scenario, "permit.time.mean", of="permit.time.mean")["a"] == HELPS
    gone = frozenset({"permit.s1"})
    assert effects(scenario, "permit.time.mean", of="permit.time.mean", removable=gone)["a"] == EITHER


def test_full_rooms_tides_and_a_limit_on_cases_in_hand_work_backwards() -> None:
    full = replace(CHAIN, steps=(CHAIN.steps[0], replace(CHAIN.steps[1], room=2)))
    queue = "a.queue.mean"
    assert effects(office(CHAIN), queue, of=queue)["b"] == NONE
    assert effects(office(full), queue, of=queue)["b"] != NONE
    assert effects(office(replace(CHAIN, in_hand=20)), queue, of=queue)["b"] != NONE
    scenario = office(CHAIN)
    tidal = replace(scenario.pools[4], tide=Tide("a", 1, 5, 2))
    scenario = replace(scenario, pools=(*scenario.pools[:4], tidal))
    assert effects(scenario, queue, of=queue)["e"] == HELPS
    assert {"a", "e"} <= set(parts(scenario)[0].pools)


def test_a_hall_with_limited_room_joins_all_its_windows() -> None:
    one = service("one", step("s1", "a", in_person=True, decision=True))
    other = service("other", step("s1", "b", in_person=True, decision=True))
    scenario = office(one, other)
    assert effects(scenario, "one.wait.mean", of="one.wait.mean")["b"] == NONE
    full = replace(scenario, hall_room=30)
    assert effects(full, "one.wait.mean", of="one.wait.mean")["b"] != NONE
    assert (len(parts(scenario)), len(parts(full))) == (2, 1)
