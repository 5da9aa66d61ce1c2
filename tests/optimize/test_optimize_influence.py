"""Which pools touch a KPI, and which could do so either way."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgov.calendars import ALWAYS
from simgov.distributions import Exponential
from simgov.kpi.table import find
from simgov.optimize.influence import EITHER, HELPS, NONE, SOONER, Influence, counted, counted_tasks
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


def test_another_services_pool_upstream_can_only_bring_it_sooner() -> None:
    """Whether that service has a target or not: its limit keeps it from coming much sooner, not from coming sooner."""
    other = service("licence", step("s1", "d"), step("s2", "b", "s1", decision=True))
    scenario = office(CHAIN, other)
    alone = effects(scenario, "permit.time.mean", of="permit.time.mean")
    assert (alone["a"], alone["d"]) == (HELPS, EITHER), "nothing limits the queue there"
    both = effects(scenario, "permit.time.mean", "licence.time.p90", of="permit.time.mean")
    assert (both["a"], both["d"]) == (HELPS, SOONER)
    licence = effects(scenario, "permit.time.mean", "licence.time.p90", of="licence.time.p90")
    assert licence == {"a": SOONER, "b": HELPS, "c": NONE, "d": HELPS, "e": NONE}


def test_how_much_is_done_does_not_ask_how_soon_others_come() -> None:
    other = service("licence", step("s1", "d"), step("s2", "b", "s1", decision=True))
    scenario = office(CHAIN, other)
    own = frozenset({"b"})
    both = [(find(scenario, name), 1) for name in ("permit.time.mean", "licence.time.mean")]
    assert Influence.of(scenario, both).effect("d", own) == SOONER
    assert Influence.of(scenario, both).effect("d", own, "utilisation") == HELPS
    assert Influence.of(scenario, both[:1]).effect("d", own, "utilisation") == EITHER, "nothing limits the queue there"


def test_officers_before_acceptance_are_not_on_the_legal_clock() -> None:
    taken_in = replace(CHAIN.steps[0], accepted=True)
    scenario = office(replace(CHAIN, steps=(taken_in, *CHAIN.steps[1:]), promise=3))
    for kpi in ("permit.days.p90", "permit.on_time"):
        found = effects(scenario, kpi, "permit.time.mean", of=kpi)
        assert (found["a"], found["b"]) == (SOONER, HELPS), kpi
    back = replace(CHAIN.steps[1], returns=Returns(0.2, "s1"))
    sent_back = office(replace(CHAIN, steps=(taken_in, back, CHAIN.steps[2]), promise=3))
    assert effects(sent_back, "permit.days.p90", of="permit.days.p90")["a"] == HELPS, "they come there again"


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
    times = find(scenario, "permit.time.p90")
    assert Influence.of(scenario, [(times, 1)]).effect("b", counted(scenario, times)) == HELPS


def test_nobody_is_taken_for_busy_who_others_can_stand_in_for() -> None:
    """Permits at d go on at b however many licences wait at d: their limit is none for these."""
    helped = replace(CHAIN, steps=(CHAIN.steps[0], replace(CHAIN.steps[1], alternatives=(Alternative("d"),))))
    urgent = service("licence", step("s1", "d"), step("s2", "b", "s1", decision=True), priority=3)
    kpi = "permit.time.mean"
    assert effects(office(helped, urgent), kpi, of=kpi)["d"] == EITHER
    alone = replace(CHAIN, steps=(CHAIN.steps[0], replace(CHAIN.steps[1], at="d")))
    assert effects(office(alone, urgent), kpi, of=kpi)["d"] == HELPS


def test_more_of_those_who_are_slow_or_are_stood_in_for_may_hurt() -> None:
    def with_other(other: Alternative) -> dict[str, int]:
        second = replace(CHAIN.steps[1], alternatives=(other,))
        return effects(
            office(replace(CHAIN, steps=(CHAIN.steps[0], second))), "permit.time.mean", of="permit.time.mean"
        )

    assert with_other(Alternative("d", 1.2))["d"] == HELPS
    assert with_other(Alternative("d", 1.5))["d"] == EITHER
    assert with_other(Alternative("d", 1.5))["b"] == HELPS
    stood_in_for = with_other(Alternative("d", 1.0, stand_in=True))
    assert (stood_in_for["a"], stood_in_for["b"], stood_in_for["d"]) == (HELPS, EITHER, HELPS)


def test_those_who_know_where_it_takes_shortest_may_all_come_there() -> None:
    kpi = "permit.time.mean"
    found = effects(office(replace(CHAIN, informed=0.5)), kpi, of=kpi)
    assert [found[pool] for pool in "ab"] == [EITHER, EITHER]


def test_those_who_leave_would_have_come_back() -> None:
    """Who leaves after a first attempt is not counted, and who stays has done it at once."""
    back = Returns(0.3, "s1")
    first = replace(CHAIN.steps[0], in_person=True, returns=back, decision=True)
    scenario = office(replace(CHAIN, steps=(first,), patience=Exponential(30.0)))
    assert effects(scenario, "permit.time.mean", of="permit.time.mean")["a"] == EITHER
    assert effects(scenario, "permit.time.mean", "permit.reneged", of="permit.time.mean")["a"] == EITHER
    once = office(replace(CHAIN, steps=(replace(first, returns=None),), patience=Exponential(30.0)))
    assert effects(once, "permit.time.mean", of="permit.time.mean")["a"] == HELPS


def test_those_who_come_first_gain_nothing_by_more_officers_but_others_come_sooner() -> None:
    steps = (step("s1", "a"), step("s2", "b", "s1", decision=True))
    kpi, other = "permit.time.mean", "licence.time.mean"
    for priority, expected in ((7, SOONER), (5, HELPS), (3, HELPS)):
        scenario = office(CHAIN, service("licence", *steps, priority=priority))
        influence = Influence.of(scenario, [(find(scenario, name), 1) for name in (kpi, other)])
        counts = counted_tasks(scenario, find(scenario, kpi))
        assert influence.effect("a", frozenset("ab"), "time", counts) == expected, priority
        assert influence.sends_on("a", frozenset("ab"), counts)
        assert not influence.sends_on("b", frozenset("ab"), counts)


def test_a_step_less_for_others_brings_them_sooner() -> None:
    other = service("licence", step("s1", "a"), step("s2", "b", "s1", decision=True))
    scenario = office(CHAIN, other)
    permit, licence = (find(scenario, f"{name}.time.mean") for name in ("permit", "licence"))
    influence = Influence.of(scenario, [(permit, 1), (licence, 1)])
    counts, own = counted_tasks(scenario, permit), counted(scenario, permit)
    assert influence.relieves({"licence.s1"}, own, counts)
    assert influence.relieves({"licence.s1.part"}, own, counts)
    assert not influence.relieves({"licence.s2"}, own, counts), "nothing follows"
    assert not influence.relieves({"permit.s1"}, own, counts), "they come sooner themselves"


def test_silence_and_withdrawal_keep_the_load_off_as_leaving_does() -> None:
    accepted = replace(CHAIN, steps=(replace(CHAIN.steps[0], accepted=True), *CHAIN.steps[1:]), statutory_limit=3)
    silent = replace(accepted, deemed_approval=True)
    kpi = "permit.time.mean"
    assert effects(office(accepted), kpi, of=kpi)["a"] == HELPS
    assert effects(office(silent), kpi, of=kpi)["a"] == EITHER


def test_more_officers_finish_more_that_they_have_begun() -> None:
    """Files stay, so that all of them are busy at closing; people are served until nobody waits."""
    overtime = "b.overtime"
    assert effects(office(CHAIN), overtime, of=overtime)["b"] == HELPS, "asked as anything else"
    influence = Influence.of(office(CHAIN), [(find(office(CHAIN), overtime), 1)])
    assert influence.effect("b", frozenset({"b"}), "overtime") == EITHER
    in_person = office(replace(CHAIN, steps=tuple(replace(one, in_person=True) for one in CHAIN.steps)))
    influence = Influence.of(in_person, [(find(in_person, overtime), 1)])
    assert influence.effect("b", frozenset({"b"}), "overtime") == HELPS


def test_where_the_first_due_go_first_those_due_later_have_no_limit() -> None:
    steps = (step("s1", "a"), step("s2", "b", "s1", decision=True))
    kpi = "permit.time.mean"
    for promise, expected in ((5, EITHER), (None, EITHER), (1, HELPS)):
        scenario = office(replace(CHAIN, promise=2), service("licence", *steps, promise=promise))
        assert effects(scenario, kpi, of=kpi)["a"] == HELPS
        pools = (replace(scenario.pools[0], order="earliest_due"), *scenario.pools[1:])
        assert effects(replace(scenario, pools=pools), kpi, of=kpi)["a"] == expected, promise


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
    assert effects(scenario, "permit.time.mean", "visit.time.mean", of="permit.time.mean")["d"] == EITHER
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
