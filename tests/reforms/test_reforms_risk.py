"""Risk: what is drawn once for each replication, how it is written, and that nothing else changes for it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from simgov.distributions import Constant, Triangular
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.risk import Chances, MoreCome, Risk, triangular
from simgov.scenario.fields import parse_date
from simgov.scenario.value import Scenario
from simgov.units import Duration
from tests.reforms.example_office import problems, study

RECHECK = RemoveStep(step="permit.recheck")


@pytest.fixture(scope="module")
def office() -> Scenario:
    return study().baseline


def drawn(scenario: Scenario, replication: int, seed: int = 3) -> Scenario:
    assert scenario.chance is not None
    return scenario.chance.drawn(seed, replication)


def test_without_risk_there_is_no_chance(office: Scenario) -> None:
    assert RECHECK.apply(office).chance is None


def test_the_plan_is_what_happens_where_nothing_goes_wrong(office: Scenario) -> None:
    risky = replace(RECHECK, risk=Risk(delay=Constant(3 * 1440.0), delayed=0.0)).apply(office)
    assert replace(risky, chance=None) == RECHECK.apply(office)
    assert [drawn(risky, replication) for replication in range(3)] == [RECHECK.apply(office)] * 3


def test_a_delay_moves_the_date(office: Scenario) -> None:
    late = replace(RECHECK, risk=Risk(delay=Constant(14 * 1440.0))).apply(office)
    assert replace(late, chance=None) == RECHECK.apply(office)
    assert drawn(late, 0) == replace(RECHECK, since=parse_date("2026-03-16")).apply(office)


def test_a_delay_happens_as_often_as_it_is_said_to(office: Scenario) -> None:
    late = replace(RECHECK, risk=Risk(delay=Triangular(0.0, 30 * 1440.0, 90 * 1440.0), delayed=0.25)).apply(office)
    begun = [drawn(late, replication).phases for replication in range(400)]
    share = sum(bool(phases) for phases in begun) / 400
    assert abs(share - 0.25) < 4 * np.sqrt(0.25 * 0.75 / 400)
    days = [(phases[0].start - office.run.start).days for phases in begun if phases]
    assert abs(np.mean(days) - 40.0) < 4 * np.std(days) / np.sqrt(len(days))


def test_a_measure_that_can_only_follow_a_late_one_is_late_with_it(office: Scenario) -> None:
    from simgov.reforms.measures.merge_steps import MergeSteps

    merged = MergeSteps(steps=("permit.draft", "permit.recheck"), into="prepare", risk=Risk(delay=Constant(7 * 1440.0)))
    after = RemoveStep(step="permit.prepare").apply(merged.apply(office))
    late = drawn(after, 0)
    assert late.services == office.services
    assert late.phases[0].start == parse_date("2026-03-09")
    assert late.phases[0].services[2].step("prepare").share == 0.0


def test_fewer_take_it_up_than_planned(office: Scenario) -> None:
    fewer = replace(RECHECK, uptake=0.8, risk=Risk(uptake=(0.4, 0.6, 1.0))).apply(office)
    reached = [drawn(fewer, replication).reach.upto for replication in range(300)]
    assert all(0.32 <= upto <= 0.8 for upto in reached)
    assert abs(np.mean(reached) - 0.8 * (0.4 + 0.6 + 1.0) / 3) < 4 * np.std(reached) / np.sqrt(300)
    assert fewer.reach.upto == 0.8


def test_a_surge_begins_with_the_measure(office: Scenario) -> None:
    surge = MoreCome(("complaint",), (1.47, 1.47, 1.47), Duration(90 * 1440.0))
    after = replace(RECHECK, since=parse_date("2026-03-16"), risk=Risk(surge=surge)).apply(office)
    for scenario in (after, *(after.in_phase(phase) for phase in after.phases), drawn(after, 1)):
        (found,) = scenario.service("complaint").arrivals.trend.surges  # type: ignore[union-attr]
        assert (found.first.isoformat(), found.last.isoformat(), found.times) == ("2026-03-16", "2026-06-13", 1.47)
        assert scenario.service("permit").arrivals == office.service("permit").arrivals


def test_a_surge_may_last_for_workdays(office: Scenario) -> None:
    """From Monday 16 March ten workdays are two weeks."""
    surge = MoreCome(("complaint",), (1.5, 1.5, 1.5), Duration(10.0, "workday"))
    after = replace(RECHECK, since=parse_date("2026-03-16"), risk=Risk(surge=surge)).apply(office)
    (found,) = after.service("complaint").arrivals.trend.surges  # type: ignore[union-attr]
    assert (found.first, found.last) == (parse_date("2026-03-16"), parse_date("2026-03-27"))


def test_posts_set_afterwards_hold_in_every_replication(office: Scenario) -> None:
    late = replace(RECHECK, risk=Risk(delay=Constant(7 * 1440.0))).apply(office).with_staff({"general": 9})
    assert drawn(late, 0).pool("general").count == 9
    assert drawn(late, 0).phases[0].pools[0].count == 9


def test_draws_belong_to_the_measure_and_the_seed(office: Scenario) -> None:
    """Another measure beside it moves no draw."""
    late = replace(RECHECK, of="lean", risk=Risk(delay=Triangular(0.0, 30 * 1440.0, 90 * 1440.0)))
    alone, after = late.apply(office), late.apply(RemoveStep(step="permit.draft").apply(office))
    starts = [[drawn(s, r).phases[0].start for r in range(5)] for s in (alone, after)]
    assert starts[0] == starts[1]
    assert starts[0] != [drawn(alone, r, seed=4).phases[0].start for r in range(5)]
    assert isinstance(alone.chance, Chances)


def test_the_quantile_of_a_triangular_distribution() -> None:
    uniform = (np.arange(10_000) + 0.5) / 10_000
    values = np.array([triangular((1.0, 2.0, 6.0), u) for u in uniform])
    assert np.mean(values) == pytest.approx(3.0, abs=1e-4)
    assert np.var(values) == pytest.approx((1 + 4 + 36 - 2 - 6 - 12) / 18, abs=1e-3)
    assert triangular((2.0, 2.0, 2.0), 0.7) == 2.0


@pytest.mark.parametrize(
    ("risk", "path", "said"),
    [
        ("{uptake: [90 %, 40 %, 50 %]}", ("uptake",), "the lowest, the most likely and the highest"),
        ("{surge: {services: [complaints], times: 147 %, lasts: 90 days}}", ("surge", "services", 0), "no service"),
        ("{delay: {empirical: {file: a.csv, unit: min}}}", ("delay",), "cannot read times from a file"),
        ("{delays: 3 days}", ("delays",), "unknown key"),
    ],
)
def test_faults_are_told_with_their_place(risk: str, path: tuple[str, ...], said: str) -> None:
    (problem,) = problems(f"remove_step: permit.recheck, risk: {risk}")
    assert problem.path[3 : 4 + len(path)] == ("risk", *path)
    assert said in problem.message
