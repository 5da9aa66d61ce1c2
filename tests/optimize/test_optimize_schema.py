"""The ``optimize:`` section: what it means for a scenario, and where each fault in it lies."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from simgov.calendars import ALWAYS
from simgov.distributions import Lognormal
from simgov.optimize.schema import Decisions, Spec, resolve
from simgov.optimize.wishes import THE_COST
from simgov.scenario.value import (
    Part,
    PoissonArrivals,
    Pool,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Money, Rate

READ = TypeAdapter(Spec)


def named(name: str) -> Text:
    return Text(name, name)


HOURLY = Money(3000, "CNY", "h")


def pool(name: str, cost: Money | None = HOURLY) -> Pool:
    return Pool(name, named(name), "window", (Shift(2, ALWAYS.week),), cost)


def scenario() -> Scenario:
    parts = (
        Part("check", named("check"), share=0.3),
        Part("sign", named("sign"), share=0.7, basis="Act, art. 6"),
    )
    steps = (
        Step("counter", named("counter"), "counter", at="general", time=Lognormal(6, 0.5), parts=parts),
        Step("review", named("review"), "review", at="police", time=Lognormal(9, 0.5), basis="Act, art. 9"),
        Step("recheck", named("recheck"), "recheck", at="police", time=Lognormal(9, 0.5)),
    )
    service = Service("passport", named("passport"), steps, PoissonArrivals(Rate(0.1)))
    run = RunSettings(period=Duration(10.0, "workday"))
    return Scenario(named("s"), ALWAYS, (pool("general"), pool("police")), (service,), run, currency="CNY")


def resolved(data: dict[str, Any], of: Scenario | None = None) -> tuple[Decisions, list[str]]:
    decisions, problems = resolve(READ.validate_python(data), of or scenario(), {"lean": object(), "fast": object()})
    return decisions, [str(problem) for problem in problems]


def test_a_sound_section_in_the_order_of_the_scenario() -> None:
    decisions, problems = resolved(
        {
            "staff": {"police": "2..8", "general": 4},
            "reforms": ["lean"],
            "remove": {"passport.recheck": "48 CNY", "passport.counter.check": "0 CNY"},
            "horizon": "2 years",
        }
    )
    assert problems == []
    assert decisions == Decisions(
        THE_COST,
        {"general": (4, 4), "police": (2, 8)},
        ("lean",),
        {"passport.recheck": 4800, "passport.counter.check": 0},
        Duration(2 * 525600.0),
    )
    assert list(decisions.staff) == ["general", "police"]


def test_what_may_be_removed_can_be_a_plain_list_and_the_horizon_is_a_year() -> None:
    decisions, problems = resolved({"remove": ["passport.recheck"]})
    assert (problems, decisions.remove, decisions.horizon) == ([], {"passport.recheck": 0}, Duration(525600.0))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        ({"staff": {"polize": "1..2"}}, "optimize.staff.polize: there is no pool 'polize'; did you mean police?"),
        ({"reforms": ["laen"]}, "optimize.reforms[0]: there is no reform 'laen'; did you mean lean?"),
        ({"reforms": ["lean", "lean"]}, "optimize.reforms[1]: 'lean' is listed twice; write it once"),
        (
            {"remove": ["passport.review"]},
            "optimize.remove[0]: passport.review rests on the law and may not be removed (Act, art. 9); only what has "
            "no legal basis may be removed",
        ),
        (
            {"remove": {"passport.counter.sign": "5 CNY"}},
            "optimize.remove.passport.counter.sign: passport.counter.sign rests on the law and may not be removed "
            "(Act, art. 6); only what has no legal basis may be removed",
        ),
        (
            {"remove": ["passport.counter"]},
            "optimize.remove[0]: passport.counter rests on the law and may not be removed (Act, art. 6); only what has "
            "no legal basis may be removed",
        ),
        ({"remove": ["passport.rechek"]}, "did you mean recheck?"),
        ({"remove": ["pasport.recheck"]}, "did you mean passport?"),
        ({"remove": ["passport.counter.chek"]}, "did you mean check?"),
        ({"remove": ["recheck"]}, "is neither a step nor a part; write service.step or service.step.part"),
        ({"remove": {"passport.recheck": "5 EUR"}}, "this cost is in EUR; the scenario is in CNY"),
        ({}, "optimize: nothing may be changed; give staff, rosters, reforms, remove, room or speed"),
    ],
)
def test_faults_say_where_and_what_to_write(data: dict[str, Any], problem: str) -> None:
    decisions, problems = resolved(data)
    assert len(problems) == 1
    assert problem in problems[0]
    assert not decisions.staff
    assert not decisions.remove


def test_posts_without_a_price_cannot_be_weighed() -> None:
    free = replace(scenario(), pools=(pool("general", None), pool("police")))
    assert "has no cost, so its posts are free" in resolved({"staff": {"general": "1..4"}}, free)[1][0]
    assert resolved({"staff": {"general": 4}}, free)[1] == []


@pytest.mark.parametrize(
    ("data", "message"),
    [
        ({"staff": {"general": "12..4"}}, "runs backwards"),
        ({"staff": {"general": "four"}}, "is not a range of posts"),
        ({"staff": {"general": -1}}, "is out of range"),
        ({"staff": {"general": "1..99999"}}, "is out of range"),
        ({"staff": {"general": True}}, "is not a range of posts"),
        ({"minimise": "cost"}, "Extra inputs"),
        ({"minimize": 3}, "'3' is no KPI"),
        ({"remove": {"passport.recheck": 48}}, "48"),
        ({"horizon": 1}, "1"),
    ],
)
def test_what_the_section_cannot_be(data: dict[str, Any], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        READ.validate_python(data)


def test_the_schema_describes_every_key() -> None:
    properties = READ.json_schema()["properties"]
    known = {"minimize", "maximize", "budget", "staff", "reforms", "remove", "limits", "rosters", "demand", "hold"}
    known |= {"room", "speed", "negative_list"}
    assert set(properties) == known | {"horizon"}
    assert all("description" in entry for entry in properties.values())
