"""The applicant's side, satisfaction, complaints and fairness, of small event tables worked out by hand."""

from __future__ import annotations

import math
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from simgov.distributions import Constant
from simgov.kpi import UnknownKpi, find, names
from simgov.kpi.shared_rows import TASK_COLUMNS
from simgov.kpi.statistics import Sample, gini, none_censored
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.scenario.value import Others, Phase, Reach, Returns, Scenario
from simgov.units import Duration, Money

sys.path.insert(0, str(Path(__file__).parent))
from test_kpi_measures import COUNTER, DAY, NAN, PERMIT, REVIEW, Happened, bounds, office, values
from test_kpi_tally import part


def judged(**given: Any) -> Scenario:
    """The passport office with all that applicants feel; ``given`` changes the passport."""
    scenario = replace(office(), satisfaction=Satisfaction(), complaints=Complaints())
    passport = replace(
        scenario.service("passport"),
        travel=Duration(40.0),
        time_value=Money(3000, "CNY", "h"),
        fee=Money(6000, "CNY"),
        groups=(("citizen", 0.5), ("firm", 0.5)),
        **given,
    )
    permit = replace(scenario.service("permit"), travel=Duration(20.0), time_value=Money(6000, "CNY", "h"))
    return scenario.with_service(passport).with_service(permit)


def with_groups(happened: Happened, groups: list[int], *wanted: str, scenario: Scenario) -> list[float]:
    """The KPIs where the cases belong to these groups (-1: none)."""
    from simgov.kpi import measure
    from simgov.network import compile_network

    network = compile_network(scenario)
    table = replace(happened.table(network), case_group=np.array(groups, np.int16))
    return measure(network, table, wanted).values.tolist()


def three_passports() -> Happened:
    """One served at once, one sent back, who comes again the next day, one who leaves unserved; due Tuesday 17:00."""
    happened = Happened()
    due = DAY + 1020.0
    first = happened.case(600, 900, due=due)
    happened.task(first, COUNTER, 600, 630, 640)  # waits 30, is served 10, 3 documents
    second = happened.case(600, 2 * DAY + 600, accepted=DAY + 640, due=due)  # late
    happened.task(second, COUNTER, 600, 660, 670, outcome="returned")  # 60 + 10
    happened.task(second, COUNTER, DAY + 600, DAY + 630, DAY + 640)  # 30 + 10, the same 3 documents
    third = happened.case(600, outcome="reneged", left=690)
    happened.task(third, COUNTER, 600, NAN, 690, outcome="reneged")  # 90
    return happened


def test_ways_and_money_per_case() -> None:
    # Ways: 1 + 2 + 1 visits of 40 min. On the spot: 40, 110 and 90 min. Fees of the two on which work was begun.
    wanted = ("passport.travel", "passport.applicant_cost")
    found = values(three_passports(), *wanted, scenario=judged())
    assert found == [160 / 3, pytest.approx(((160 + 240) / 60 * 30 + 2 * 60) / 3)]
    # A day costs 144 CNY, 0.1 a minute: 300, 2 days and until the third left, 90.
    firm = judged(firm=FirmCost(Money(14400, "CNY", "day")))
    assert values(three_passports(), "passport.applicant_cost", scenario=firm)[0] - found[1] == pytest.approx(
        0.1 * (300 + 2 * DAY + 90) / 3
    )


def test_only_firms_bear_what_days_cost_firms() -> None:
    firm = judged(firm=FirmCost(Money(14400, "CNY", "day"), ("firm",)))
    cost = with_groups(three_passports(), [1, 0, -1], "passport.applicant_cost", scenario=firm)[0]
    free = values(three_passports(), "passport.applicant_cost", scenario=judged())[0]
    assert cost - free == pytest.approx(0.1 * 300 / 3)


def test_satisfaction_is_what_the_weights_leave() -> None:
    # (1.5 + 0.5 + 1.5) h waited, 1 further visit, 9 documents, 1 late and 1 unserved, of 3 cases.
    lost = (10 * 3.5 + 8 * 1 + 1 * 9 + 25 * 1 + 40 * 1) / 3
    assert values(three_passports(), "passport.satisfaction", scenario=judged()) == [pytest.approx(100 - lost)]
    low = replace(judged(), satisfaction=Satisfaction(offset=lost - 1))
    assert values(three_passports(), "passport.satisfaction", scenario=low) == [0.0]
    high = replace(judged(), satisfaction=Satisfaction(offset=lost + 101))
    assert values(three_passports(), "passport.satisfaction", scenario=high) == [100.0]


def test_an_open_case_has_no_points_and_leaves_a_lower_bound() -> None:
    happened = three_passports()
    before = values(happened, "passport.satisfaction", scenario=judged())[0]
    still = happened.case(600)
    happened.task(still, COUNTER, 4000)
    assert values(happened, "passport.satisfaction", scenario=judged()) == [pytest.approx(before * 3 / 4)]
    wanted = ("passport.satisfaction", "passport.complaints", "passport.applicant_cost", "passport.travel")
    assert bounds(happened, *wanted, scenario=judged()) == [True] * 4


def test_who_does_not_come_to_an_appointment_has_no_opinion() -> None:
    happened = three_passports()
    before = values(happened, "passport.satisfaction", "satisfaction", scenario=judged())
    happened.case(600, outcome="no_show", left=600)
    assert values(happened, "passport.satisfaction", "satisfaction", scenario=judged()) == before
    only = Happened()
    only.case(600, outcome="no_show", left=600)
    assert math.isnan(values(only, "passport.satisfaction", scenario=judged())[0])


def test_complaints_are_the_shares_of_what_happened() -> None:
    # 1 late case, 1 further visit, 3 documents again, 1 case sent back, 1 unserved.
    expected = 0.10 + 0.03 + 3 * 0.02 + 0.05 + 0.10
    assert values(three_passports(), "passport.complaints", scenario=judged()) == [pytest.approx(100 * expected / 3)]
    other = replace(judged(), complaints=Complaints(0.0, 0.0, 0.0, 0.0, 0.0, other=0.02))
    assert values(three_passports(), "passport.complaints", scenario=other) == [pytest.approx(2.0)]


def test_an_open_case_past_its_due_time_is_late_and_one_without_a_promise_never() -> None:
    happened = Happened(stopped_at=5 * DAY)
    happened.case(600, due=DAY)
    happened.case(600, due=9 * DAY)
    happened.case(600, 9000, service=1)
    only_late = replace(judged(), complaints=Complaints(0.10, 0.0, 0.0, 0.0, 0.0))
    assert values(happened, "passport.complaints", "permit.complaints", scenario=only_late) == [pytest.approx(5.0), 0.0]


def test_documents_of_different_steps_are_no_second_time() -> None:
    scenario = judged()
    review = replace(scenario.service("passport").step("review"), documents=2)
    scenario = replace(scenario.with_step("passport", review), complaints=Complaints(0.0, 0.0, 0.01, 0.0, 0.0))
    happened = Happened()
    case = happened.case(600, 2000)
    happened.task(case, COUNTER, 600, NAN, 610, outcome="sent_home")  # nothing handed in yet
    happened.task(case, COUNTER, 700, 710, 720)
    happened.task(case, REVIEW, 720, 800, 810, outcome="returned")
    happened.task(case, REVIEW, 900, 950, 960)  # 2 again
    assert values(happened, "passport.complaints", scenario=scenario) == [pytest.approx(2.0)]


def test_over_all_services_each_case_counts_once() -> None:
    happened = three_passports()
    permit = happened.case(600, 640, service=1)
    happened.task(permit, PERMIT, 600, 630, 640)  # 30 + 10 min and a way of 20: 60 CNY; 5 points lost
    scenario = judged()
    own = values(happened, "passport.satisfaction", "passport.complaints", "passport.applicant_cost", scenario=scenario)
    wanted = ("satisfaction", "complaints", "applicant_cost", "satisfaction.service_gap")
    found = values(happened, *wanted, scenario=scenario)
    assert found == pytest.approx([(3 * own[0] + 95) / 4, 3 * own[1] / 4, (3 * own[2] + 60) / 4, 95 - own[0]])


def test_the_burden_is_scaled_to_the_horizon_by_workdays() -> None:
    happened = Happened()
    permit = happened.case(600, 640, service=1)
    happened.task(permit, PERMIT, 600, 630, 640)  # 60 CNY in 2 workdays; the year has 261
    assert values(happened, "burden", scenario=judged()) == [pytest.approx(60 * 261 / 2)]


def test_gini_by_hand_and_by_counts() -> None:
    assert gini(Sample(np.array([5.0, 5.0, 5.0]), none_censored(3))) == (0.0, False)
    # Of 1, 2, 3, 10: all pairs differ by 1, 2, 9, 1, 8, 7, twice: 56 over 2 x 16 x 4.
    found, bound = gini(Sample(np.array([3.0, 10.0, 1.0, 2.0]), np.array([False, True, False, False])))
    assert (found, bound) == (pytest.approx(56 / 128), True)
    counts = Sample(np.array([0.0, 4.0]), none_censored(2), np.array([3, 1]))  # one has all
    assert gini(counts)[0] == pytest.approx(3 / 4)
    assert gini(Sample(np.zeros(4), none_censored(4))) == (0.0, False)
    assert math.isnan(gini(Sample(np.empty(0), none_censored(0)))[0])


def test_gaps_between_groups_and_between_services() -> None:
    happened = Happened()
    for decided, ready, start in ((700, 600, 610), (900, 600, 650), (650, 600, 605)):
        case = happened.case(600, decided)
        happened.task(case, COUNTER, ready, start, start + 5)
    permit = happened.case(600, 640, service=1)
    happened.task(permit, PERMIT, 600, 690, 695)  # 90
    wanted = ("passport.time.group_gap", "passport.wait.group_gap", "hall.wait.service_gap", "hall.wait.gini")
    found = with_groups(happened, [0, 0, 1, -1], *wanted, scenario=judged())
    # Citizens take 200 and wait 30 on average, the firm 50 and 5; the passport 65 / 3, the permit 90.
    # 5, 10, 50, 90: sum of (-3, -1, 1, 3) times them = 295, over 4 x 155.
    assert found == pytest.approx([150, 25, 90 - 65 / 3, 295 / 620])
    assert math.isnan(with_groups(happened, [0, 0, 0, -1], "passport.time.group_gap", scenario=judged())[0])


def test_who_applies_in_a_later_phase_goes_the_way_of_that_phase() -> None:
    scenario = judged()
    near = replace(scenario.service("passport"), travel=Duration(10.0), fee=None)
    phase = Phase(scenario.run.start.replace(day=6), scenario.pools, (near, scenario.service("permit")))
    scenario = replace(scenario, phases=(phase,))
    happened = Happened()
    first = happened.case(600, 900)
    happened.task(first, COUNTER, 600, 600, 600)
    later = happened.case(DAY + 600, DAY + 900)
    happened.task(later, COUNTER + 3, DAY + 600, DAY + 600, DAY + 600)  # the passport's second route
    wanted = ("passport.travel", "passport.applicant_cost")
    assert values(happened, *wanted, scenario=scenario) == [25.0, pytest.approx((50 / 60 * 30 + 60) / 2)]


def test_each_case_goes_the_way_that_its_uptake_gives_it() -> None:
    """Some cases have an outpost near them: of the run's own cases, those whose draw is below 40 %."""
    from simgov.engines import simulate
    from simgov.kpi import measure
    from simgov.network import compile_network
    from simgov.streams import uniforms

    scenario = judged()
    near = tuple(replace(one, travel=Duration(10.0), fee=Money(1000, "CNY")) for one in scenario.services)
    mixed = replace(scenario, services=near, reach=Reach(0.4), others=(Others(Reach(), scenario.services),))
    network = compile_network(mixed)
    events = simulate(network, 3, 0)
    own = np.flatnonzero((events.case_service == 1) & events.measured)
    reached = uniforms(3, 0, "permit/uptake", events.case_index[own].astype(np.int64)) < 0.4
    assert 0 < reached.sum() < len(own)
    way, cost, wait = measure(network, events, ("permit.travel", "permit.applicant_cost", "permit.wait.mean")).values
    assert way == pytest.approx(float(np.where(reached, 10.0, 20.0).mean()))  # everybody comes once
    assert cost == pytest.approx(way + wait + 10.0 + 10.0 * reached.mean())  # 1 CNY a minute


@pytest.mark.parametrize("slices", [2, 5])
def test_it_is_measured_the_same_however_a_run_is_cut_and_whatever_the_order_of_rows(slices: int) -> None:
    """Two counters at once: days come out of order, and are counted otherwise."""
    from simgov.engines import simulate
    from simgov.kpi import measure
    from simgov.kpi.measures import measure_slices
    from simgov.network import compile_network

    scenario = judged()
    passport = scenario.service("passport")
    beside = replace(passport.step("review"), after=(), at="desk", in_person=True, documents=2)
    back = replace(passport.step("counter"), returns=Returns(0.4, "counter", Constant(1500.0)))
    scenario = scenario.with_step("passport", beside).with_step("passport", back)
    network = compile_network(scenario)
    events = simulate(network, 4, 0)
    columns = {name: getattr(events, name)[::-1].copy() for name in TASK_COLUMNS}
    whole = measure(network, events)
    of = np.arange(len(events.applied)) * 31 % slices
    cut = measure_slices(network, [part(events, of == number) for number in range(slices)])
    turned = measure(network, replace(events, **columns))
    assert dict(zip((kpi.name for kpi in whole.kpis), whole.values, strict=True))["passport.visits"] > 1.2
    for other in (cut, turned):
        np.testing.assert_allclose(other.values, whole.values, rtol=1e-12)
        assert other.lower_bound.tolist() == whole.lower_bound.tolist()


def test_the_kpis_are_there_only_where_they_mean_something() -> None:
    plain, full = ({kpi.name for kpi in names(one)} for one in (office(), judged()))
    of_applicants = {
        "passport.travel", "passport.applicant_cost", "passport.satisfaction", "passport.complaints",
        "passport.time.group_gap", "passport.wait.group_gap", "permit.travel", "permit.applicant_cost",
        "permit.satisfaction", "permit.complaints", "satisfaction", "satisfaction.service_gap", "complaints",
        "applicant_cost", "burden",
    }  # fmt: skip
    assert full - plain == of_applicants
    for name, hint in (
        ("passport.travel", "give travel, e.g. travel: 40 min"),
        ("applicant_cost", "give time_value, fee or firm"),
        ("permit.satisfaction", "write satisfaction: {}"),
        ("complaints", "write complaints: {}"),
        ("permit.time.group_gap", "there are no groups"),
    ):
        with pytest.raises(UnknownKpi, match=hint):
            find(office(), name)
