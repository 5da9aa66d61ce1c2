"""Every draw belongs to its case, step and visit: what a reform does not touch is drawn the same, bit for bit."""

from __future__ import annotations

import datetime
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.engines import simulate
from simgov.engines.events import same
from simgov.network import Network, compile_network
from simgov.reforms.shaping import scaled
from simgov.scenario.value import EVERYBODY, Alternative, Scenario, Step, staffed
from simgov.workload import ONCE_A_CASE, WORK, Workload, sample

sys.path.insert(0, str(Path(__file__).parent))
from random_networks import scenarios as scenarios_in_phases

HORIZON = 3 * 1440.0
Draws = dict[tuple[str, str, int, int], dict[int, float]]
"""By service, step, kind of draw and visit: the draw of each case, by the case's number in its service."""


def scenarios() -> st.SearchStrategy[Scenario]:
    """Random scenarios that stay as they are and have one way, so that a change of them is a change all along."""
    return scenarios_in_phases().map(
        lambda scenario: replace(
            scenario,
            phases=(),
            others=(),
            reach=EVERYBODY,
            pools=tuple(replace(pool, learning=None) for pool in scenario.pools),
        )
    )


few = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


def draws(network: Network, workload: Workload) -> Draws:
    """Every draw that an engine could ask for."""
    found: Draws = {}
    repeated = set(network.section.tolist()) | set(np.flatnonzero(network.step_retries).tolist())
    for j, (service_id, step_id) in enumerate(network.steps):
        route = int(np.searchsorted(network.route_first_step, j, side="right")) - 1
        own = workload.case_route == route
        first = int(workload.route_slot[route])
        for kind in np.flatnonzero(workload.column_start[j] >= 0):
            cases, slots, visit = workload.case_index[own], workload.case_slot[own], 0
            while len(slots):
                values = workload.draws[workload.column_start[j, kind] + slots]
                known = found.setdefault((service_id, step_id, int(kind), visit), {})
                known.update(zip(cases.tolist(), values.tolist(), strict=True))
                if j not in repeated or kind in ONCE_A_CASE:  # a case that comes again takes the same branch
                    break
                following = workload.next_slot[first + slots]
                cases, slots, visit = cases[following >= 0], following[following >= 0], visit + 1
    return found


def drawn(scenario: Scenario, seed: int, horizon: float = HORIZON) -> tuple[Workload, Draws]:
    network = compile_network(scenario)
    workload = sample(network, seed, 0, horizon)
    return workload, draws(network, workload)


def assert_same_draws(before: Draws, after: Draws, *, but_for: tuple[str, str] | None = None) -> None:
    """Equal wherever both have a draw, and at first visits both have the same; ``but_for`` one step."""
    others_before = {place: values for place, values in before.items() if place[:2] != but_for}
    others_after = {place: values for place, values in after.items() if place[:2] != but_for}
    assert {p for p in others_before if p[3] == 0} == {p for p in others_after if p[3] == 0}
    for place in others_before.keys() & others_after.keys():
        one, other = others_before[place], others_after[place]
        assert place[3] > 0 or one.keys() == other.keys()
        assert all(one[case] == other[case] for case in one.keys() & other.keys()), place


@st.composite
def a_step_of_one(data: st.DrawFn) -> tuple[Scenario, str, Step]:
    """A random scenario and one of its steps, with the service it belongs to."""
    scenario = data(scenarios())
    service = data(st.sampled_from(scenario.services))
    return scenario, service.id, data(st.sampled_from(service.steps))


@given(chosen=a_step_of_one(), seed=st.integers(0, 2**31))
@few
def test_removing_a_step_leaves_every_other_draw_unchanged(chosen: tuple[Scenario, str, Step], seed: int) -> None:
    scenario, service_id, step = chosen
    before, draws_before = drawn(scenario, seed)
    after, draws_after = drawn(scenario.with_step(service_id, replace(step, share=0.0)), seed)
    assert np.array_equal(before.applied, after.applied)
    assert_same_draws(draws_before, draws_after, but_for=(service_id, step.id))
    assert not [place for place in draws_after if place[:3] == (service_id, step.id, WORK)]


@given(chosen=a_step_of_one(), seed=st.integers(0, 2**31))
@few
def test_a_change_of_mean_scales_its_own_work_and_no_other(chosen: tuple[Scenario, str, Step], seed: int) -> None:
    scenario, service_id, step = chosen
    _, before = drawn(scenario, seed)
    _, after = drawn(scenario.with_step(service_id, twice_as_long(step)), seed)
    assert_same_draws(before, after, but_for=(service_id, step.id))
    assert before.keys() == after.keys()
    for place in before:
        factor = 2.0 if place[:3] == (service_id, step.id, WORK) else 1.0
        assert {case: value * factor for case, value in before[place].items()} == after[place]


def twice_as_long(step: Step) -> Step:
    """Twice the time, of every part; doubling is exact in binary."""
    parts = tuple(part if part.time is None else replace(part, time=scaled(part.time, 2.0)) for part in step.parts)
    return replace(step, time=None if step.time is None else scaled(step.time, 2.0), parts=parts)


@given(scenario=scenarios(), more=st.integers(1, 5), seed=st.integers(0, 2**31))
@few
def test_officers_and_services_change_no_draw(scenario: Scenario, more: int, seed: int) -> None:
    _, before = drawn(scenario, seed)
    for pool in scenario.pools:
        _, after = drawn(scenario.with_pool(staffed(pool, pool.count + more)), seed)
        assert before == after
    alone = replace(scenario, services=scenario.services[-1:])
    _, after = drawn(alone, seed)
    assert after == {place: values for place, values in before.items() if place[0] == scenario.services[-1].id}


@given(scenario=scenarios(), days=st.floats(0.5, 3.0), seed=st.integers(0, 2**31))
@few
def test_a_longer_horizon_adds_cases_and_changes_no_draw(scenario: Scenario, days: float, seed: int) -> None:
    short, before = drawn(scenario, seed, days * 1440.0)
    long, after = drawn(scenario, seed)
    assert np.array_equal(long.applied[: len(short.applied)], short.applied)
    for place, values in before.items():
        assert values.items() <= after[place].items()


@given(scenario=scenarios_in_phases(), seed=st.integers(0, 2**31))
@few
def test_a_phase_changes_no_draw_of_those_who_applied_before_it(scenario: Scenario, seed: int) -> None:
    alone = replace(scenario, phases=())
    before, draws_before = drawn(alone, seed)
    after, draws_after = drawn(scenario, seed)
    network = compile_network(scenario)
    earlier = len(before.applied) if len(network.version_start) == 1 else int(network.version_start[1])
    untouched = [before.applied[before.applied < earlier], after.applied[after.applied < earlier]]
    assert np.array_equal(*untouched)
    for service in range(len(network.services)):
        known = set(before.case_index[(before.case_service == service) & (before.applied < earlier)].tolist())
        for place, values in draws_before.items():
            if place[0] == network.services[service]:
                assert all(draws_after[place][case] == value for case, value in values.items() if case in known)


@given(scenario=scenarios(), days=st.integers(1, 3), seed=st.integers(0, 2**31))
@few
def test_a_phase_that_changes_nothing_changes_no_bit(scenario: Scenario, days: int, seed: int) -> None:
    same_again = scenario.with_phase_from(scenario.run.start + datetime.timedelta(days=days))
    assert len(same_again.phases) == 1
    before = simulate(compile_network(scenario), seed, 0)
    after = simulate(compile_network(same_again), seed, 0)
    assert same(before, after) == []


@given(chosen=a_step_of_one(), seed=st.integers(0, 2**31))
@few
def test_the_work_of_tasks_is_the_same_in_both_runs(chosen: tuple[Scenario, str, Step], seed: int) -> None:
    """The same in the event tables: a task that happens with and without a step has the same work.

    Where nobody is slower than others: who does it is another matter.
    """
    scenario, service_id, step = chosen
    before = work_of_tasks(at_one_pace(scenario), seed)
    after = work_of_tasks(at_one_pace(scenario.with_step(service_id, replace(step, share=0.0))), seed)
    others = {task for task in before.keys() & after.keys() if task[:2] != (service_id, step.id)}
    assert [task for task in others if before[task] != after[task]] == []
    assert not [task for task in after if task[:2] == (service_id, step.id)]


def at_one_pace(scenario: Scenario) -> Scenario:
    """The scenario with every pool as quick as the first of a step."""
    services = tuple(
        replace(service, steps=tuple(replace(step, alternatives=alike(step)) for step in service.steps))
        for service in scenario.services
    )
    return replace(scenario, services=services)


def alike(step: Step) -> tuple[Alternative, ...]:
    return tuple(replace(other, slowdown=1.0) for other in step.alternatives)


def work_of_tasks(scenario: Scenario, seed: int) -> dict[tuple[str, str, int, int], float]:
    """By service, step, case and visit: the work of every task begun."""
    network = compile_network(scenario)
    events = simulate(network, seed, 0)
    return {
        (*network.steps[step], int(events.case_index[case]), int(visit)): float(work)
        for step, case, visit, work in zip(events.step, events.case, events.visit, events.work, strict=True)
        if not np.isnan(work)
    }
