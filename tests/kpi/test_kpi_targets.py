"""Targets: limits read in the unit of their KPI, faults located, lower bounds never good enough."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any

import pytest

from simgov.calendars import Calendar
from simgov.distributions import Constant
from simgov.errors import Problem
from simgov.kpi import Estimate
from simgov.kpi.targets import Spec, Target, resolve
from simgov.scenario.value import Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money

WEEK = ((((540, 1020),),) * 5) + ((), ())
STEP = Step("counter", Text("Counter", "窗口"), "s", at="desk", time=Constant(5.0), in_person=True)
SCENARIO = Scenario(
    Text("Hall", "大厅"),
    Calendar(WEEK),
    (Pool("desk", Text("Desk", "窗口"), "window", (Shift(2, WEEK),), cost=Money(3500, "CNY", "h")),),
    (
        Service("passport", Text("Passport", "护照"), (STEP,), promise=5),
        Service("permit", Text("Permit", "许可"), (replace(STEP, in_person=False),)),
    ),
    RunSettings(start=datetime.date(2026, 1, 5), period=Duration(5, "workday")),
    currency="CNY",
)


def target(**entry: Any) -> Target:
    targets, problems = resolve([Spec.model_validate(entry)], SCENARIO)
    assert problems == ()
    return targets[0]


def problem(**entry: Any) -> Problem:
    targets, problems = resolve([Spec.model_validate(entry)], SCENARIO)
    assert targets == ()
    return problems[0]


@pytest.mark.parametrize(
    ("kpi", "text", "limit", "unit"),
    [
        ("passport.days.p90", "4 workdays", 4, "workdays"),
        ("passport.days.p90", "4 个工作日", 4, "workdays"),
        ("hall.wait.mean", "15 min", 15, "min"),
        ("hall.wait.mean", "0.25 h", 15, "min"),
        ("passport.time.mean", "2 days", 2880, "min"),
        ("passport.on_time", "95 %", 0.95, "share"),
        ("desk.utilisation", "85 %", 0.85, "share"),
        ("passport.visits", "1.5 visits", 1.5, "visits"),
        ("passport.visits", "1 次", 1, "visits"),
        ("desk.queue.mean", "8 cases", 8, "cases"),
        ("passport.throughput", "40 cases/workday", 40, "cases/workday"),
        ("desk.overtime", "0.5 h/workday", 0.5, "h/workday"),
        ("cost", "250000 CNY", 250000, "CNY"),
        ("cost_per_case", "12.5 CNY/case", 12.5, "CNY/case"),
    ],
)
def test_limits_are_read_in_the_unit_of_the_kpi(kpi: str, text: str, limit: float, unit: str) -> None:
    assert target(kpi=kpi, at_most=text) == Target(kpi, at_most=limit, unit=unit)
    assert target(kpi=kpi, at_least=text) == Target(kpi, at_least=limit, unit=unit)


@pytest.mark.parametrize(
    ("entry", "path", "message", "hint"),
    [
        (
            {"kpi": "pasport.days.p90", "at_most": "4 h"},
            ("kpi",),
            "no KPI 'pasport.days.p90'",
            "mean passport.days.p90?",
        ),
        ({"kpi": "passport.time.p90", "at_most": "4 workdays"}, ("at_most",), "wall-clock", "KPI passport.days.p90"),
        ({"kpi": "hall.wait.mean", "at_most": "1 workday"}, ("at_most",), "wall-clock", "in min, h or days"),
        ({"kpi": "passport.days.p90", "at_most": "4 days"}, ("at_most",), "not 4 days", "KPI passport.time.p90"),
        ({"kpi": "passport.on_time", "at_least": "0.95 min"}, ("at_least",), "is not a share", "95"),
        ({"kpi": "cost", "at_most": "9 EUR"}, ("at_most",), "is in EUR; the scenario is in CNY", ""),
        ({"kpi": "cost", "at_most": "9 CNY/year"}, ("at_most",), "for the whole horizon", "write CNY alone"),
        ({"kpi": "passport.visits", "at_most": "1.5"}, ("at_most",), "has no unit", "write 1.5 visits"),
        ({"kpi": "passport.visits", "at_most": "1.5 min"}, ("at_most",), "has the unit 'min'", "1.5 visits"),
        ({"kpi": "passport.days.p90", "at_most": "4"}, ("at_most",), "has no unit", "workdays"),
        ({"kpi": "passport.days.p90"}, (), "this target has no limit", "write at_most: …, or both"),
        ({"kpi": "desk.utilisation", "at_most": "9 %", "at_least": "90 %"}, ("at_most",), "nothing is at", "larger"),
        ({"kpi": "permit.on_time", "at_least": "9 %"}, ("kpi",), "there is no KPI", "promise"),
    ],
)
def test_faults_are_located_and_say_what_to_write(
    entry: dict[str, Any], path: tuple[Any, ...], message: str, hint: str
) -> None:
    found = problem(**entry)
    assert found.path == ("targets", 0, *path)
    assert message in found.message
    assert hint in found.hint


def test_a_bare_number_is_refused_by_the_schema() -> None:
    with pytest.raises(ValueError, match="15 has no unit"):
        Spec.model_validate({"kpi": "hall.wait.mean", "at_most": 15})


def test_every_entry_is_checked() -> None:
    specs = [Spec.model_validate({"kpi": kpi, "at_most": "5 min"}) for kpi in ("x.y", "hall.wait.mean", "z")]
    targets, problems = resolve(specs, SCENARIO, ("here",))
    assert [one.kpi for one in targets] == ["hall.wait.mean"]
    assert [one.path for one in problems] == [("here", 0, "kpi"), ("here", 2, "kpi")]


def test_a_lower_bound_meets_no_upper_limit_and_the_undefined_meets_none() -> None:
    most, least = Target("k", at_most=15.0, unit="min"), Target("k", at_least=0.95, unit="share")
    assert most.met(Estimate(15.0))
    assert not most.met(Estimate(15.1))
    assert not most.met(Estimate(2.0, lower_bound=True))
    assert least.met(Estimate(0.95))
    assert least.met(Estimate(0.96, lower_bound=True))
    assert not least.met(Estimate(0.94, lower_bound=True))
    assert not most.met(Estimate(math.nan))
    assert not least.met(Estimate(math.nan))
    assert (most.sense, most.limit, least.sense, least.limit) == ("at_most", 15.0, "at_least", 0.95)
