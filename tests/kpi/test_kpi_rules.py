"""KPIs of cases that end early, come back or wait before a step, counted by hand."""

from __future__ import annotations

import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgov.distributions import Constant
from simgov.kpi import UnknownKpi, find
from simgov.kpi.measures import measure
from simgov.network import compile_network
from simgov.scenario.value import Gate, Retries, Scenario, Withdraws

sys.path.insert(0, str(Path(__file__).parent))
from test_kpi_measures import COUNTER, DAY, NAN, REVIEW, Happened, office

RULES = ("balked", "retries", "revoked", "deemed", "wasted", "gate_wait", "left_at_gate", "held_back")


def ruled() -> Scenario:
    """The passport office with every rule that has a KPI of its own."""
    scenario = office(hall_room=50)
    passport = replace(
        scenario.service("passport"),
        withdraws=Withdraws(0.1, Constant(60.0)),
        retries=Retries(0.5, Constant(60.0)),
        statutory_limit=20,
        deemed_approval=True,
        in_hand=10,
    )
    changed = scenario.with_service(passport)
    counter, review = passport.step("counter"), passport.step("review")
    changed = changed.with_step("passport", replace(counter, accepted=True))
    return changed.with_step("passport", replace(review, gate=Gate(every=60.0), revokes=0.1))


def values(happened: Happened, before: dict[int, float], *wanted: str) -> tuple[list[float], list[bool]]:
    """The KPIs; ``before`` are the rows that waited before a step, which the table then shows at no pool."""
    network = compile_network(ruled())
    table = happened.table(network)
    pool = np.array([-1 if row in before else pool for row, pool in enumerate(table.pool)], np.int32)
    measured = measure(network, replace(table, pool=pool), wanted)
    return measured.values.tolist(), measured.lower_bound.tolist()


def test_rules_have_kpis_only_where_a_service_has_them() -> None:
    for name in RULES:
        assert find(ruled(), f"passport.{name}")
        with pytest.raises(UnknownKpi):
            find(ruled(), f"permit.{name}") if name != "balked" else find(office(), "permit.balked")


def test_shares_of_cases_by_how_they_ended() -> None:
    happened = Happened()
    for outcome in ("balked", "revoked", "deemed", "finished"):
        happened.case(600, 700, outcome=outcome)
    wanted = ("passport.balked", "passport.revoked", "passport.deemed")
    assert values(happened, {}, *wanted) == ([0.25] * 3, [False] * 3)


def test_returns_of_those_who_left_and_the_last_time_that_they_left_for_good() -> None:
    happened = Happened()
    gone = happened.case(600, left=720, outcome="balked")
    happened.task(gone, COUNTER, 600, NAN, 640, outcome="reneged")
    happened.task(gone, COUNTER, 700, NAN, 700, outcome="balked")
    happened.task(gone, COUNTER, 720, NAN, 720, outcome="balked")
    served = happened.case(600, 900)
    happened.task(served, COUNTER, 600, NAN, 600, outcome="balked")
    happened.task(served, COUNTER, 800, 810, 820)
    assert values(happened, {}, "passport.retries") == ([1.5], [False])
    # Who does not join has not waited: the waits are 40 minutes and 10; both came once on that day.
    assert values(happened, {}, "passport.wait.mean", "passport.visits")[0] == [25.0, 1.0]


def test_work_finished_for_nothing() -> None:
    happened = Happened()
    refused = happened.case(600, 700, outcome="refused")
    happened.task(refused, REVIEW, 600, 650, 740, outcome="wasted")
    happened.task(refused, REVIEW, 600, 650, 700, outcome="refused")
    happened.case(600, 700)
    assert values(happened, {}, "passport.wasted") == ([45.0], [False])


def test_waits_before_steps_and_what_is_left_at_the_end_of_the_window() -> None:
    happened = Happened()
    first, second = happened.case(600, 900), happened.case(600, outcome="open", left=NAN)
    happened.task(first, COUNTER, 600, NAN, 660, outcome="passed")  # held back for 60 minutes
    happened.task(first, COUNTER, 660, 660, 670)
    happened.task(first, REVIEW, 670, NAN, 720, outcome="passed")  # 50 minutes at the gate
    happened.task(first, REVIEW, 720, 720, 730)
    happened.task(second, REVIEW, DAY, NAN, NAN, outcome="open")  # from Tuesday, 0:00, to the end of the run
    before = {0: 60.0, 2: 50.0, 4: NAN}
    wanted = ("passport.held_back", "passport.gate_wait", "passport.left_at_gate")
    found, bounds = values(happened, before, *wanted)
    assert found == [30.0, (50.0 + 4 * DAY) / 2, 1.0]
    assert bounds == [True, True, False]
    # The wait before the counter is no wait in person, and the applicant came on one day.
    assert values(happened, before, "passport.wait.mean", "passport.visits")[0] == [0.0, 0.5]
