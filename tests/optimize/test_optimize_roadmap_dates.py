"""What a roadmap's states and years are where measures may be late or have to be learnt and demand grows: worked out by
hand, or held against the same office written without a roadmap."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.chance import drawn_scenario
from simgov.experiment import run
from simgov.optimize.roadmap.programme import Programme, Schedule, State, build
from simgov.optimize.roadmap.years import simulated
from simgov.optimize.space import Design
from simgov.scenario.value import Scenario
from simgov.study import Study, load
from simgov.units import Duration

OFFICE = """simgov: 1
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  review: {kind: department, count: 4, cost: 60 CNY/h, at_closing: pause}
services:
  permit:
    arrivals: {poisson: {rate: 5 /h}%s}
    steps:
      check:   {at: review, time: {gamma: {mean: 20 min, cv: 0.8}}, accepted: true}
      recheck: {at: review, time: {gamma: {mean: 8 min, cv: 0.8}}}
      decide:  {at: review, time: {constant: 3 min}, decision: true}
reforms:
  lean:    [{remove_step: permit.recheck%s}]
  trained: [{training: {pools: [review], gain: 25 %%, half_life: 15 workdays}}]
roadmap:
  start: 2027-07-01
  quarters: 5
  measures: {lean: {}, trained: {}}
  staff: {review: 2..5}
  milestones: [{by: 2027-Q3, kpi: permit.time.mean, at_most: 9 h}]
run: {start: 2026-03-02, period: 8 workdays, warm_up: 4 workdays, replications: 3, seed: 3}
"""

LATE = ", risk: {delay: {constant: 40 days}}"
PERHAPS_LATE = ", risk: {delay: {constant: 40 days}, delayed: 50 %}"
KPIS = ("permit.time.mean", "permit.throughput", "review.utilisation")


def programme_of(folder: Path, growth: str = "", risk: str = "") -> Programme:
    path = folder / "scenario.yaml"
    path.write_text(OFFICE % (growth, risk), encoding="utf-8")
    study: Study = load(path)
    assert study.roadmap is not None
    return build(study, study.roadmap)


def measured(scenario: Scenario, replications: int = 3) -> dict[str, float]:
    """Each KPI's mean."""
    runs = run(scenario, replications=replications, seed=3, kpis=KPIS, workers=1).results[0]
    return {kpi: float(runs.values[:, runs.place[kpi]].mean()) for kpi in KPIS}


def test_in_a_state_everybody_has_learnt_whatever_else_may_go_wrong(tmp_path: Path) -> None:
    """A measure that may be late is not late once it has settled, so the state is the same to the last bit; and what
    training gains is gained: work takes 1 / 1.25 of its time."""
    both = State(Design((4,), (True, True)))
    sure, risky = (programme_of(tmp_path, risk=risk).scenario(both) for risk in ("", PERHAPS_LATE))
    assert risky.chance is not None
    assert measured(risky) == measured(sure)
    untrained = programme_of(tmp_path).scenario(State(Design((4,), (True, False))))
    gained = measured(untrained)["review.utilisation"] / measured(sure)["review.utilisation"]
    assert gained == pytest.approx(1.25, rel=0.01)


def test_a_measure_that_is_certainly_late_begins_so_much_later(tmp_path: Path) -> None:
    begun, end = datetime.date(2027, 10, 1), datetime.date(2028, 1, 1)
    late = programme_of(tmp_path, risk=LATE).dated(Schedule((1, 5), ((3,), (4,))), begun, end)
    drawn = drawn_scenario(late, 3, 0)
    begins = [phase.start for phase in drawn.phases if phase.services != drawn.services]
    assert begins[0] == begun + datetime.timedelta(days=40)
    on_time = programme_of(tmp_path).dated(Schedule((1, 5), ((3,), (4,))), begun, end)
    never = programme_of(tmp_path).dated(Schedule((5, 5), ((3,), (4,))), begun, end)
    times = [measured(office)["permit.time.mean"] for office in (on_time, late, never)]
    assert times == sorted(times)


def test_learning_begins_on_the_day_of_the_measure_and_goes_on_over_years(tmp_path: Path) -> None:
    programme = programme_of(tmp_path)
    schedule = Schedule((5, 1), ((4,), (4,)))
    begun = datetime.date(2027, 10, 1)
    before = programme.dated(schedule, datetime.date(2027, 7, 1), begun)
    assert before.version_on(datetime.date(2027, 9, 30)).pool("review").learning is None
    for first, last in ((begun, datetime.date(2028, 1, 1)), (datetime.date(2028, 1, 1), datetime.date(2028, 10, 1))):
        learning = programme.dated(schedule, first, last).version_on(first).pool("review").learning
        assert learning is not None
        assert (learning.start, learning.factor, learning.ends) == (begun, 1.0, pytest.approx(0.8))


def test_posts_change_on_1_january_in_every_replication_of_a_risky_programme(tmp_path: Path) -> None:
    programme = programme_of(tmp_path, risk=LATE)
    office = programme.dated(Schedule((1, 5), ((3,), (5,))), datetime.date(2027, 10, 1), datetime.date(2028, 4, 1))
    for replication in range(3):
        drawn = drawn_scenario(office, 3, replication)
        assert drawn.version_on(datetime.date(2027, 12, 31)).pool("review").count == 3
        assert drawn.version_on(datetime.date(2028, 1, 1)).pool("review").count == 5


def test_a_state_meets_the_demand_of_the_middle_of_its_quarters(tmp_path: Path) -> None:
    """Half of 2027 and three quarters of 2028: their middles lie 0.25 and 0.875 years after 1 July 2027."""
    programme = programme_of(tmp_path, growth=", growth: 60 %/year")
    for era, years in ((0, 0.252), (1, 0.879)):
        office = programme.scenario(State(Design((4,), (False, False)), era))
        assert office.services[0].arrivals.rate.amount / 5.0 * 60.0 == pytest.approx(1.6**years, rel=0.002)


def test_demand_grows_alike_in_states_and_years(tmp_path: Path) -> None:
    """What is decided a workday in a simulated year, against the state of that year; 4,000 cases and more each way."""
    programme = programme_of(tmp_path, growth=", growth: 40 %/year")
    schedule = Schedule((5, 5), ((5,), (5,)))
    for era, first, last in ((0, (2027, 7, 1), (2028, 1, 1)), (1, (2028, 1, 1), (2028, 10, 1))):
        year = measured(programme.dated(schedule, datetime.date(*first), datetime.date(*last)))
        state = programme.scenario(State(Design((5,), (False, False)), era))
        long = replace(state, run=replace(state.run, period=Duration(60 * 1440.0)))
        assert measured(long)["permit.throughput"] == pytest.approx(year["permit.throughput"], rel=0.03)


def test_what_is_decided_after_a_year_says_nothing_of_it(tmp_path: Path) -> None:
    programme = programme_of(tmp_path)

    def said(schedule: Schedule) -> list[float]:
        def estimates(scenario: Scenario) -> list[object]:
            found.append(measured(scenario)["permit.time.mean"])
            return list(unknown)

        found: list[float] = []
        unknown = [type("Estimate", (), {"value": math.nan, "lower_bound": True})()]
        list(simulated(programme, schedule, 0, estimates))  # type: ignore[arg-type]
        return found

    assert said(Schedule((1, 2), ((3,), (2,)))) == said(Schedule((1, 5), ((3,), (5,))))
    assert said(Schedule((1, 5), ((3,), (5,)))) != said(Schedule((1, 5), ((4,), (5,))))
