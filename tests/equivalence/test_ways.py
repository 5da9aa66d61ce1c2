"""Cases that go another way: each exactly as in the scenario in which all go its way, where nobody waits for others."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.applications import BACKLOG_NUMBER
from simgov.calendars import ALWAYS
from simgov.distributions import Constant, Exponential, Lognormal
from simgov.engines import simulate
from simgov.engines.events import PASSED, EventTable, same
from simgov.network import compile_network
from simgov.scenario.value import (
    EVERYBODY,
    Backlog,
    Gate,
    Others,
    PoissonArrivals,
    Pool,
    Reach,
    Recorded,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
    coming_as,
    stretches,
)
from simgov.streams import uniforms
from simgov.units import Duration, Rate

sys.path.insert(0, str(Path(__file__).parent))
from random_networks import _service_later, scenarios

both = pytest.mark.parametrize("engine", ["reference", "compiled"])
seeds = st.integers(0, 2**31)
some = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
MONDAY = datetime.date(2026, 1, 5)
Story = tuple[float, ...]


def named(text: str) -> Text:
    return Text(text, text)


def office(**changes: object) -> Scenario:
    """More officers than cases, so that nobody waits for anybody; groups, returns, parts of the work that vary."""
    steps = (
        Step("check", named("check"), "permit.check", at="desk", time=Lognormal(30.0, 0.8), accepted=True,
             returns=Returns(0.3, "check", Exponential(120.0))),
        Step("recheck", named("recheck"), "permit.recheck", at="desk", time=Exponential(50.0), after=("check",)),
        Step("decide", named("decide"), "permit.decide", at="desk", time=Constant(5.0), after=("recheck",),
             decision=True),
    )  # fmt: skip
    service = Service(
        "permit", named("permit"), steps, PoissonArrivals(Rate(0.01)), groups=(("citizen", 0.7), ("firm", 0.3)),
        backlog=(Backlog("check", 12, Exponential(300.0)), Backlog("recheck", 8)),
    )  # fmt: skip
    desk = Pool("desk", named("desk"), "department", (Shift(400, (((0, 1440),),) * 7),), always=True)
    made = Scenario(
        name=named("office"),
        calendar=ALWAYS,
        pools=(desk,),
        services=(service,),
        run=RunSettings(start=MONDAY, period=Duration(20 * 1440.0)),
    )
    return replace(made, **changes)  # type: ignore[arg-type]


def lean(scenario: Scenario) -> tuple[Service, ...]:
    """The services without the second check, the first one being quicker."""
    permit = scenario.services[0]
    steps = (replace(permit.steps[0], slowdown=0.5), replace(permit.steps[1], share=0.0), permit.steps[2])
    return (replace(permit, steps=steps), *scenario.services[1:])


def partly(scenario: Scenario, reach: Reach) -> Scenario:
    return replace(scenario, services=lean(scenario), reach=reach, others=(Others(EVERYBODY, scenario.services),))


def run(scenario: Scenario, engine: str = "compiled", seed: int = 3) -> EventTable:
    return simulate(compile_network(scenario), seed, 0, engine=engine)


def stories(table: EventTable) -> dict[int, Story]:
    """What became of each case, by its number: its milestones, and when each of its tasks began and ended."""
    tasks: dict[int, list[float]] = {}
    for case, start, finish in zip(table.case, table.start, table.finish, strict=True):
        tasks.setdefault(int(case), []).extend((float(start), float(finish)))
    return {
        int(number): (applied, accepted, decided, *tasks.get(place, []))
        for place, (number, applied, accepted, decided) in enumerate(
            zip(table.case_index, table.applied, table.accepted, table.decided, strict=True)
        )
    }


def uptake(numbers: list[int], seed: int = 3) -> dict[int, float]:
    """The draw of each case, by its number; backlog counts down from -1."""
    own = np.array([number if number >= 0 else BACKLOG_NUMBER - 1 - number for number in numbers], np.int64)
    return dict(zip(numbers, uniforms(seed, 0, "permit/uptake", own).tolist(), strict=True))


@both
@pytest.mark.parametrize("share", [0.25, 0.6])
def test_exactly_the_cases_whose_draw_is_below_the_uptake_go_the_new_way(share: float, engine: str) -> None:
    before, after = stories(run(office())), stories(run(replace(office(), services=lean(office()))))
    mixed = stories(run(partly(office(), Reach(share)), engine))
    draws = uptake(list(mixed))
    reached = {number for number, draw in draws.items() if draw < share}
    assert min(reached) < 0 < max(reached)  # backlog and arrivals
    assert 0.5 * share < len(reached) / len(mixed) < 1.5 * share
    common = before.keys() & after.keys()  # the run that takes longer goes on for longer
    assert len(common) > 0.9 * len(mixed)
    assert all(mixed[number] == (after if number in reached else before)[number] for number in common)
    assert all(before[number] != after[number] for number in common)


@both
def test_groups_that_are_reached(engine: str) -> None:
    table = run(partly(office(), Reach(0.5, ("firm",))), engine)
    mixed, draws = stories(table), uptake(table.case_index.tolist())
    before, after = stories(run(office())), stories(run(replace(office(), services=lean(office()))))
    firms = {int(number) for number, group in zip(table.case_index, table.case_group, strict=True) if group == 1}
    reached = {number for number in firms if draws[number] < 0.5}
    assert 0 < len(reached) < len(firms) < len(mixed)
    common = before.keys() & after.keys() & mixed.keys()
    assert all(mixed[number] == (after if number in reached else before)[number] for number in common)


def test_several_ways_in_turn() -> None:
    """Each case goes by the first that reaches it."""
    scenario = partly(office(), Reach(0.8, ("firm",)))
    quick = (replace(scenario.services[0], steps=scenario.services[0].steps[:1]),)
    three = replace(scenario, others=(Others(Reach(0.3), quick), *scenario.others))
    network, table = compile_network(three), run(three)
    draws = uptake(table.case_index.tolist())
    of_case = {int(case): int(np.searchsorted(network.route_first_step, step, "right")) - 1
               for case, step in zip(table.case, table.step, strict=True)}  # fmt: skip
    for place, number in enumerate(table.case_index.tolist()):
        expected = 0 if table.case_group[place] == 1 and draws[number] < 0.8 else 1 if draws[number] < 0.3 else 2
        assert of_case.get(place, expected) == expected
    assert network.version_share[0] == pytest.approx([0.8 * 0.3, 0.3 * 0.7, 1.0 - 0.24 - 0.21])


@both
def test_a_phase_may_have_several_ways(engine: str) -> None:
    scenario = office()
    date = MONDAY + datetime.timedelta(days=10)
    (phase,) = scenario.with_phase_from(date).phases
    phase = replace(phase, services=lean(scenario), reach=Reach(0.5), others=(Others(EVERYBODY, scenario.services),))
    mixed = stories(run(replace(scenario, phases=(phase,)), engine))
    before, after = stories(run(scenario)), stories(run(replace(scenario, services=lean(scenario))))
    draws = uptake(list(mixed))
    reached = {number for number in mixed if draws[number] < 0.5 and mixed[number][0] >= 10 * 1440.0}
    assert len(reached) > 20
    common = before.keys() & after.keys() & mixed.keys()
    assert all(mixed[number] == (after if number in reached else before)[number] for number in common)


@given(scenario=scenarios(), data=st.data(), seed=seeds)
@some
def test_uptake_of_nobody_and_of_everybody_change_no_bit(scenario: Scenario, data: st.DataObject, seed: int) -> None:
    plain = replace(scenario, others=(), reach=EVERYBODY, phases=())
    services = tuple(
        replace(coming_as(service, data.draw(_service_later(service, plain, True, False))), backlog=service.backlog)
        for service in plain.services
    )
    others = (Others(EVERYBODY, plain.services),)
    nobody = replace(plain, services=services, reach=data.draw(nobodies), others=others)
    assert same(simulate(compile_network(nobody), seed, 0), simulate(compile_network(plain), seed, 0)) == []
    everybody = replace(plain, services=services, reach=Reach(1.0), others=others)
    changed = replace(plain, services=services)
    assert same(simulate(compile_network(everybody), seed, 0), simulate(compile_network(changed), seed, 0)) == []


nobodies = st.sampled_from((Reach(0.0), Reach(1.0, ()), Reach(0.7, ("pensioner",))))


@given(scenario=scenarios(), share=st.floats(0.0, 1.0), seed=seeds)
@some
def test_ways_that_are_alike_are_one(scenario: Scenario, share: float, seed: int) -> None:
    plain = replace(scenario, others=(), reach=EVERYBODY, phases=())
    alike = replace(plain, reach=Reach(share), others=(Others(EVERYBODY, plain.services),))
    network = compile_network(alike)
    assert len(network.routes) == len(plain.services)
    assert same(simulate(network, seed, 0), simulate(compile_network(plain), seed, 0)) == []


def test_stretches_of_the_draw_follow_each_other() -> None:
    reaches = (Reach(0.4, ("firm",)), Reach(0.3), Reach(0.9), EVERYBODY)
    assert stretches(reaches, "firm") == ((0.0, 0.4), (0.4, 0.4), (0.4, 0.9), (0.9, 1.0))
    assert stretches(reaches, "citizen") == ((0.0, 0.0), (0.0, 0.3), (0.3, 0.9), (0.9, 1.0))
    assert stretches(reaches, None) == stretches(reaches, "citizen")


@both
def test_sessions_and_cases_in_hand_are_shared_by_all_ways(engine: str) -> None:
    """One case a session, whichever way it goes; and not one in hand for each way."""
    scenario = office()
    permit = scenario.services[0]
    gate = Gate(every=60.0, most=1)
    gated = replace(permit, steps=(replace(permit.steps[0], gate=gate), *permit.steps[1:]))
    scenario = replace(scenario, services=(gated,))
    table = run(partly(scenario, Reach(0.5)), engine)
    passed = table.finish[table.outcome == PASSED]
    assert len(passed) > 100
    assert len(np.unique(passed)) == len(passed)

    accepts = replace(permit.steps[0], returns=None)
    held = replace(permit, in_hand=1, backlog=(), steps=(accepts, *permit.steps[1:]))
    table = run(partly(replace(office(), services=(held,)), Reach(0.5)), engine)
    decided = table.decided[~np.isnan(table.decided)]
    accepting = np.sort(table.start[(table.step % 3 == 0) & (table.visit == 0) & ~np.isnan(table.start)])
    assert len(decided) > 20
    assert all(np.count_nonzero(decided <= start) >= place for place, start in enumerate(accepting))


@both
def test_a_batch_and_limited_room_are_shared_by_all_ways(engine: str) -> None:
    """Two files go in one batch though they go different ways; and one waits before the last step, not one of each."""
    scenario = office()
    (permit,) = scenario.services
    batched = replace(permit, steps=(*permit.steps[:2], replace(permit.steps[2], batch=2, time=Constant(60.0))))
    one = replace(scenario.pools[0], id="one", shifts=(Shift(1, (((0, 1440),),) * 7),))
    last = tuple(replace(step, at="one") if step.id == "decide" else step for step in batched.steps)
    table = run(partly(replace(scenario, pools=(scenario.pools[0], one), services=(replace(batched, steps=last),)),
                       Reach(0.5)), engine)  # fmt: skip
    deciding = (table.step % 3 == 2) & ~np.isnan(table.start)
    starts, counts = np.unique(table.start[deciding], return_counts=True)
    assert counts.max() == 2
    pairs = [set((table.step[deciding & (table.start == start)] // 3).tolist()) for start in starts[counts == 2]]
    assert {0, 1} in pairs

    narrow = (*last[:2], replace(last[2], batch=1, room=1))
    before = (replace(permit, steps=narrow),)
    quicker = (replace(permit, steps=(replace(narrow[0], slowdown=0.5), *narrow[1:])),)
    room = replace(scenario, pools=(scenario.pools[0], one), services=quicker, reach=Reach(0.5))
    table = run(replace(room, others=(Others(EVERYBODY, before),)), engine)
    deciding = (table.step % 3 == 2) & ~np.isnan(table.start)
    assert set((table.step[deciding] // 3).tolist()) == {0, 1}
    waiting = [int(((table.ready[deciding] <= start) & (table.start[deciding] > start)).sum())
               for start in table.start[deciding]]  # fmt: skip
    assert max(waiting) == 1


def test_a_record_that_tells_the_group_tells_the_way() -> None:
    labels = np.array([1, 0, -1, 1, 0, 1] * 20)
    recorded = Recorded("a.csv", "digest", np.arange(120) * 60.0 + 1.0, labels={"group": labels})
    scenario = office()
    (permit,) = scenario.services
    known = replace(scenario, services=(replace(permit, arrivals=recorded, backlog=()),))
    table, network = run(partly(known, Reach(1.0, ("firm",)))), compile_network(partly(known, Reach(1.0, ("firm",))))
    assert (table.case_group[labels >= 0] == labels[labels >= 0]).all()
    went = np.array([network.route_first_step.tolist().index(3 * (int(step) // 3)) for step in table.step])
    assert all(way == (0 if table.case_group[case] == 1 else 1) for case, way in zip(table.case, went, strict=True))
    assert len(set(went.tolist())) == 2
