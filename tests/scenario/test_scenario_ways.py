"""Scenarios in which some cases go another way: what is checked, told and expected of them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.engines import simulate
from simgov.experiment.controls import Controls, controls_of
from simgov.experiment.stability import loads, offered_minutes
from simgov.kpi import measure, names
from simgov.network import compile_network
from simgov.optimize.approximation import Forecaster
from simgov.optimize.problem import parts
from simgov.optimize.traffic import traffic
from simgov.reforms.measures.automate import Automate
from simgov.reforms.measures.merge_steps import MergeSteps
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.report.changes import changes
from simgov.report.process_picture import process_picture
from simgov.scenario.checks import scenario_problems
from simgov.scenario.differences import differences, way_changes
from simgov.scenario.fields import parse_date
from simgov.scenario.value import EVERYBODY, Alternative, Gate, Others, Pool, Reach, Scenario, Shift, Text
from tests.reforms.example_office import study

RECHECK = RemoveStep(step="permit.recheck")


@pytest.fixture(scope="module")
def office() -> Scenario:
    return study().baseline


def texts(before: Scenario, after: Scenario, lang: str = "en") -> list[str]:
    return [difference.text(lang) for difference in differences(before, after)]


def test_changes_are_told_with_the_cases_they_are_about(office: Scenario) -> None:
    after = replace(RECHECK, uptake=0.4).apply(office)
    assert texts(office, after) == ["40 % of cases: services.permit.steps.recheck: removed"]
    assert texts(office, after, "zh") == ["40 % 的办件：services.permit.steps.recheck：取消"]
    firms = replace(RECHECK, groups=("firm",)).apply(office)
    assert texts(office, firms) == ["cases of firm: services.permit.steps.recheck: removed"]
    assert texts(office, firms, "zh") == ["firm的办件：services.permit.steps.recheck：取消"]
    some_firms = replace(RECHECK, groups=("firm",), uptake=0.4).apply(office)
    assert texts(office, some_firms) == ["40 % of the cases of firm: services.permit.steps.recheck: removed"]
    assert texts(office, some_firms, "zh") == ["firm的办件中的 40 %：services.permit.steps.recheck：取消"]


def test_each_of_several_measures_is_told_once_with_all_its_cases(office: Scenario) -> None:
    lean = replace(RECHECK, uptake=0.3).apply(office)
    after = Automate(step="permit.review", share=0.5, uptake=0.7).apply(lean)
    found = texts(office, after)
    assert found[0] == "30 % of cases: services.permit.steps.recheck: removed"
    assert all(line.startswith("70 % of cases: services.permit.steps.review") for line in found[1:])
    assert len(found) > 1
    assert texts(lean, after) == found[1:]
    everybody = Automate(step="permit.review", share=0.5).apply(lean)
    assert all(line.startswith("services.permit.steps.review") for line in texts(lean, everybody))


def test_what_the_other_cases_have_otherwise(office: Scenario) -> None:
    after = replace(RECHECK, uptake=0.4).apply(office)
    assert way_changes(office) == ()
    assert [one.text() for one in way_changes(after)] == [
        "60 % of cases: services.permit.steps.recheck.share: 0 % → 100 %"
    ]


def test_a_date_and_a_share_are_told_together(office: Scenario) -> None:
    after = replace(RECHECK, uptake=0.4, since=parse_date("2026-03-16")).apply(office)
    assert texts(office, after) == ["from 2026-03-16 on: 40 % of cases: services.permit.steps.recheck: removed"]


def test_reports_say_for_how_many_cases(office: Scenario) -> None:
    after = replace(RECHECK, uptake=0.4).apply(office)
    (group,) = changes(office, after, Text("Lean", "精简")).groups
    (item,) = group.items
    assert item.text.en.startswith("For 40 % of cases: ")
    assert item.text.zh.startswith("40 % 的办件：")
    assert "40 % of cases; the others go another way" in process_picture(after)
    assert "another way" not in process_picture(office)


def test_kpis_are_those_of_any_way(office: Scenario) -> None:
    permit = office.service("permit")
    steps = tuple(replace(step, gate=Gate(every=60.0)) if step.id == "review" else step for step in permit.steps)
    gated = office.with_service(replace(permit, steps=steps))
    for reach, one, other in ((0.4, gated, office), (0.4, office, gated)):
        mixed = replace(one, reach=Reach(reach), others=(Others(EVERYBODY, other.services),))
        assert "permit.gate_wait" in [kpi.name for kpi in names(mixed)]
    assert "permit.gate_wait" not in [kpi.name for kpi in names(office)]


def test_kpis_are_those_of_any_phase(office: Scenario) -> None:
    permit = office.service("permit")
    steps = tuple(replace(step, gate=Gate(every=60.0)) if step.id == "review" else step for step in permit.steps)
    (phase,) = office.with_phase_from(parse_date("2026-03-16")).phases
    services = office.with_service(replace(permit, steps=steps)).services
    later = replace(office, phases=(replace(phase, services=services),))
    assert "permit.gate_wait" in [kpi.name for kpi in names(later)]
    found = measure(compile_network(later), simulate(compile_network(later), 5, 0), ["permit.gate_wait"])
    assert 0.0 < found.values[0] < 60.0


def test_documents_and_steps_count_those_of_the_way_that_each_case_went(office: Scenario) -> None:
    mixed = replace(RECHECK, uptake=0.4).apply(office)
    network = compile_network(mixed)
    events = simulate(network, 5, 0)
    found = measure(network, events, ["permit.documents", "permit.steps"]).values
    measured = events.measured[events.case] & (events.case_service[events.case] == network.services.index("permit"))
    begun = measured & ~np.isnan(events.start)
    documents = sum(network.step_value(int(step)).documents for step in events.step[begun])
    cases = int((events.measured & (events.case_service == network.services.index("permit"))).sum())
    assert found.tolist() == pytest.approx([documents / cases, int(begun.sum()) / cases])


def test_expected_work_is_the_mixture(office: Scenario) -> None:
    before, after = (offered_minutes(compile_network(one)) for one in (office, RECHECK.apply(office)))
    mixed = offered_minutes(compile_network(replace(RECHECK, uptake=0.4).apply(office)))
    assert mixed == pytest.approx(0.6 * before + 0.4 * after)
    firms = offered_minutes(compile_network(replace(RECHECK, groups=("firm",), uptake=0.5).apply(office)))
    share = 0.5 * dict(office.service("permit").groups)["firm"]
    assert firms == pytest.approx((1.0 - share) * before + share * after)
    assert max(loads(compile_network(office)).values()) > 0.0


def test_controls_expect_what_is_drawn_on_all_ways(office: Scenario) -> None:
    network = compile_network(replace(RECHECK, uptake=0.4).apply(office))
    found = np.array([controls_of(network, simulate(network, 5, r), 5, r) for r in range(40)])
    assert Controls(network, 5, 0).expected.min() > 0.0
    assert (abs(found.mean(axis=0)) < 4.0 * found.std(axis=0, ddof=1) / np.sqrt(40)).all()


def test_forecasts_rest_on_the_mixture(office: Scenario) -> None:
    plans = (office, RECHECK.apply(office), replace(RECHECK, uptake=0.4).apply(office))
    before, after, mixed = (traffic(one) for one in plans)
    assert mixed.load == pytest.approx(0.6 * before.load + 0.4 * after.load)
    assert mixed.cases.sum() == pytest.approx(before.cases.sum())
    posts = np.array([[pool.count for pool in office.pools]])
    kpis = ["permit.time.mean", "permit.days.p90", "permit.on_time", "hall.wait.p90", "permit.wait.mean"]
    old, new, both = (Forecaster(one, posts[0].tolist()).values(kpis, posts)[0] for one in plans)
    assert new[0] < both[0] < old[0]
    assert np.isfinite(both).all() == np.isfinite(old).all()


def test_services_that_share_a_pool_on_one_way_only_are_one_part(office: Scenario) -> None:
    apart = {part.services for part in parts(office)}
    permit = office.service("permit")
    other = next(names for names in apart if "permit" not in names) if len(apart) > 1 else None
    alone = Pool("alone", Text("a", "a"), "department", (Shift(1, office.calendar.week),))
    moved = tuple(replace(step, at="alone", alternatives=(), together=()) if step.at else step for step in permit.steps)
    separate = replace(office, pools=(*office.pools, alone)).with_service(replace(permit, steps=moved))
    assert ("permit",) in {part.services for part in parts(separate)}
    mixed = replace(separate, reach=Reach(0.5), others=(Others(EVERYBODY, office.services),))
    assert ("permit",) not in {part.services for part in parts(mixed)}
    assert other is None or other in apart


def test_every_way_is_checked_like_the_process_of_a_file(office: Scenario) -> None:
    permit = office.service("permit")
    steps = tuple(replace(step, at="nowhere") if step.id == "recheck" else step for step in permit.steps)
    broken = office.with_service(replace(permit, steps=steps))
    mixed = replace(office, reach=Reach(0.4), others=(Others(EVERYBODY, broken.services),))
    (problem,) = [one for one in scenario_problems(mixed) if not one.warning]
    assert problem.dotted.startswith("services.permit.steps.recheck.at")
    assert problem.message == "for 60 % of cases: there is no pool 'nowhere'"
    fewer = replace(office, reach=Reach(0.4), others=(Others(EVERYBODY, office.services[:1]),))
    assert "not every service is there" in next(one.message for one in scenario_problems(fewer) if not one.warning)
    nowhere = replace(office, reach=Reach(0.4), others=(Others(Reach(0.8), office.services),))
    assert "no way at all" in next(one.message for one in scenario_problems(nowhere) if not one.warning)
    misspelt = replace(office, reach=Reach(0.4, ("firms",)), others=(Others(EVERYBODY, office.services),))
    (problem,) = [one for one in scenario_problems(misspelt) if not one.warning]
    assert (problem.message, problem.hint) == ("there is no group 'firms'", "did you mean firm?")


def test_a_pool_may_prefer_a_step_that_some_cases_only_have(office: Scenario) -> None:
    permit = office.service("permit")
    pool = office.pool(str(permit.step("recheck").at))
    preferring = office.with_pool(replace(pool, prefers=("permit.visit_planning", "permit.recheck")))
    whole = MergeSteps(steps=("permit.draft", "permit.recheck"), into="prepare")
    assert whole.apply(preferring).pool(pool.id).prefers == ("permit.visit_planning", "permit.prepare")
    merged = replace(whole, uptake=0.5).apply(preferring)
    assert merged.pool(pool.id).prefers == ("permit.visit_planning", "permit.recheck", "permit.prepare")
    assert not [problem for problem in scenario_problems(merged) if not problem.warning]


def test_pools_that_do_a_step_both_on_any_way_must_agree_who_is_next(office: Scenario) -> None:
    permit = office.service("permit")
    step = permit.step("recheck")
    other = next(pool for pool in office.pools if pool.id != step.at)
    shared = office.with_step("permit", replace(step, alternatives=(Alternative(other.id),)))
    by_due = shared.with_pool(replace(other, order="earliest_due"))
    mixed = replace(by_due, services=office.services, reach=Reach(0.5), others=(Others(EVERYBODY, shared.services),))
    assert any("take who waits in another order" in problem.message for problem in scenario_problems(mixed))
