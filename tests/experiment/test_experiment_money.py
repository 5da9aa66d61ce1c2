"""What applicants save against what the office spends more, by hand and of a simulated office."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from scipy.stats import t

import simgov
from simgov.calendars import Calendar
from simgov.distributions import Exponential
from simgov.experiment import returns
from simgov.experiment.runs import Column, Runs, ScenarioRuns
from simgov.scenario.value import PoissonArrivals, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money, Rate

WEEK = (((540, 1020),),) * 5 + ((), ())


def kept(label: str, burden: list[float], cost: list[float]) -> ScenarioRuns:
    columns = (Column("burden", "CNY"), Column("cost", "CNY"))
    values = np.column_stack((burden, cost))
    return ScenarioRuns(label, columns, np.arange(len(burden)), values, np.zeros(values.shape, np.bool_), {})


def test_the_ratio_is_that_of_the_means_with_its_interval() -> None:
    before = kept("baseline", [1000.0, 1100.0, 900.0], [100.0, 100.0, 100.0])
    after = kept("more", [700.0, 860.0, 540.0], [200.0, 220.0, 180.0])
    cheaper = kept("less", [1200.0, 1100.0, 1000.0], [90.0, 90.0, 90.0])
    more, less = returns(Runs((before, after, cheaper), 1, 3, "compiled", 0.95))
    # Saved 300, 240, 360 for 100, 120, 80 more: 3 for each; residuals 0, -120, 120.
    assert (more.saving.value, more.extra_cost.value, more.ratio.value) == (300.0, 100.0, 3.0)
    error = math.sqrt((0 + 120**2 + 120**2) / 2) / (math.sqrt(3) * 100)
    assert more.ratio.half_width == pytest.approx(t.ppf(0.975, 2) * error)
    assert (less.saving.value, less.extra_cost.value) == (-100.0, -10.0)
    assert math.isnan(less.ratio.value)


def test_without_both_kpis_there_is_none() -> None:
    columns = (Column("cost", "CNY"),)
    one = ScenarioRuns("baseline", columns, np.arange(2), np.ones((2, 1)), np.zeros((2, 1), np.bool_), {})
    both = kept("more", [1.0, 1.0], [1.0, 1.0])
    assert returns(Runs((one, both), 1, 2, "compiled", 0.95)) == ()
    assert returns(Runs((both, one), 1, 2, "compiled", 0.95)) == ()


def counter(officers: int) -> Scenario:
    service = Service(
        "permit",
        Text("Permit", "许可"),
        (Step("counter", Text("Counter", "窗口"), "permit.counter", "desk", Exponential(10.0), in_person=True),),
        PoissonArrivals(Rate(0.15)),
        travel=Duration(30.0),
        time_value=Money(3000, "CNY", "h"),
    )
    pool = Pool("desk", Text("Desk", "窗口"), "window", (Shift(officers, WEEK),), cost=Money(3500, "CNY", "h"))
    run = RunSettings(period=Duration(10, "workday"), replications=8, seed=4)
    return Scenario(Text("Hall", "大厅"), Calendar(WEEK), (pool,), (service,), run, currency="CNY")


def test_of_a_simulated_office_it_is_the_waits_that_are_saved() -> None:
    runs = simgov.run([counter(2), replace(counter(3), label="more")])
    (found,) = returns(runs)
    values = {
        (label, kpi): runs.estimate(label, kpi).value for label in runs.scenarios for kpi in runs.result(label).place
    }
    assert found.extra_cost.value == values["more", "cost"] - values["baseline", "cost"] > 0
    assert found.ratio.value == pytest.approx(found.saving.value / found.extra_cost.value)
    # Everybody comes once, works and ways are the same: what is saved is time waited, 0.5 CNY a minute.
    arrived = runs.result("baseline")
    costs = arrived.values[:, arrived.place["permit.applicant_cost"]]
    cases = arrived.values[:, arrived.place["burden"]] / costs
    shorter = [one.values[:, one.place["permit.wait.mean"]] for one in (runs.result("baseline"), runs.result("more"))]
    assert found.saving.value == pytest.approx(float((cases * (shorter[0] - shorter[1]) * 0.5).mean()))
