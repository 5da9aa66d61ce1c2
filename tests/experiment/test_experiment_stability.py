"""Offered load by hand, expected visits against simulation, and an overloaded plan that does not look good."""

from __future__ import annotations

import datetime
import math
from dataclasses import replace
from typing import Any

import pytest

from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Constant, Exponential
from simgov.experiment import overloads, run, stability, warnings
from simgov.experiment.stability import expected_visits, loads
from simgov.kpi.targets import Target
from simgov.network import compile_network
from simgov.scenario.value import (
    Part,
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.scenario.work import mean_work
from simgov.units import Duration, Rate

DAY_HOURS = ((540, 1020),)  # 480 minutes
WEEK = (DAY_HOURS,) * 5 + ((), ())
MORNING = (((540, 780),),) * 5 + ((), ())  # 240 minutes


def step(name: str, **given: Any) -> Step:
    return Step(name, Text(name, name), f"s.{name}", **{"at": "desk", "time": Constant(10.0), **given})


def office(*steps: Step, posts: int = 2, rate: float = 0.1, **changes: Any) -> Scenario:
    """One service at one desk of 480 minutes a day; ``rate`` applications a minute."""
    service = Service("s", Text("s", "s"), steps, PoissonArrivals(Rate(rate)))
    desk = Pool("desk", Text("d", "d"), "window", (Shift(posts, WEEK),))
    settings = RunSettings(start=datetime.date(2026, 1, 5), period=Duration(5, "workday"), cap=Duration(40 * 1440.0))
    whole = Scenario(Text("o", "o"), Calendar(WEEK), (desk,), (service,), settings)
    return replace(whole, **changes)


def load(scenario: Scenario) -> float:
    return loads(compile_network(scenario))["desk"]


def test_load_is_expected_work_over_minutes_of_duty() -> None:
    # 0.1 x 480 = 48 cases a day, 10 minutes each, two officers of 480 minutes
    assert load(office(step("a"))) == pytest.approx(480 / 960)
    assert load(office(step("a", slowdown=1.5))) == pytest.approx(720 / 960)
    assert load(office(step("a", share=0.25), step("b", after=("a",), at=None))) == pytest.approx(120 / 960)
    assert load(office(step("a", time=Constant(0.5, "workday")))) == pytest.approx(48 * 240 / 960)
    assert load(office(step("a"), calendar=ALWAYS)) == pytest.approx(0.5)


def test_arrivals_by_profile_and_shifts() -> None:
    rows = tuple((weekday, 540, 600, 24.0) for weekday in range(5))
    scenario = office(step("a"))
    service = replace(scenario.services[0], arrivals=ProfileArrivals(rows, scale=2.0))
    assert load(replace(scenario, services=(service,))) == pytest.approx(480 / 960)
    mixed = replace(scenario.pools[0], shifts=(Shift(1, WEEK), Shift(2, MORNING)))
    assert load(replace(scenario, pools=(mixed,))) == pytest.approx(480 / (480 + 2 * 240))
    round_the_clock = replace(scenario.pools[0], always=True)
    assert load(replace(scenario, pools=(round_the_clock,))) == pytest.approx(48 * 10 / (2 * 1440))


def test_parts_that_are_kept_make_the_work() -> None:
    shared = step("a", parts=(Part("x", Text("x", "x"), share=0.25, kept=False), Part("y", Text("y", "y"), share=0.75)))
    assert mean_work(shared, 480.0) == 7.5
    parts = (("x", Constant(3.0), True), ("y", Constant(0.1, "workday"), True), ("z", Constant(9.0), False))
    own = tuple(Part(name, Text(name, name), time=time, kept=kept) for name, time, kept in parts)
    timed = step("a", time=None, slowdown=2.0, parts=own)
    assert mean_work(timed, 480.0) == (3.0 + 48.0) * 2


def visits(*steps: Step) -> dict[str, float]:
    return dict(expected_visits(office(*steps).services[0]))


def test_expected_visits_follow_choices_shares_and_joins() -> None:
    found = visits(
        step("a", choose=(("b", 0.7), ("c", 0.3))),
        step("b", after=("a",)),
        step("c", after=("a",), share=0.5),
        step("d", after=("b", "c")),
        step("e", after=("b",)),
        step("f", after=("b", "e")),
    )
    assert found == pytest.approx({"a": 1.0, "b": 0.7, "c": 0.15, "d": 1.0, "e": 0.7, "f": 0.7})


def test_expected_visits_with_returns_are_a_geometric_sum() -> None:
    endless = step("b", after=("a",), returns=Returns(0.2, "a", limit=1000))
    assert visits(step("a"), endless, step("c", after=("b",))) == pytest.approx({"a": 1.25, "b": 1.25, "c": 1.0})
    twice = step("a", returns=Returns(0.5, "a", limit=2))
    assert visits(twice) == pytest.approx({"a": 1 + 0.5 + 0.25})
    always = step("a", returns=Returns(1.0, "a", limit=3))
    assert visits(always) == pytest.approx({"a": 4.0})


def test_who_is_sent_back_before_a_choice_takes_the_same_branch_again() -> None:
    found = visits(
        step("a", choose=(("b", 0.6), ("c", 0.4))),
        step("b", after=("a",), returns=Returns(0.5, "a", limit=1000)),
        step("c", after=("a",)),
    )
    assert found == pytest.approx({"a": 0.6 * 2 + 0.4, "b": 1.2, "c": 0.4})


def test_too_many_choices_are_bounded_from_above(monkeypatch: pytest.MonkeyPatch) -> None:
    steps = (
        step("a", choose=(("b", 0.7), ("c", 0.3))),
        step("b", after=("a",)),
        step("c", after=("a",)),
        step("d", after=("b", "c")),
    )
    exact = visits(*steps)
    monkeypatch.setattr(stability, "MOST_OUTCOMES", 1)
    assert visits(*steps) == pytest.approx(exact)


def test_expected_visits_and_load_are_those_of_a_simulation() -> None:
    steps = (
        step("a", time=Exponential(3.0), choose=(("b", 0.6), ("c", 0.4))),
        step("b", after=("a",), time=Exponential(2.0)),
        step("bb", after=("b",), time=Exponential(2.0), returns=Returns(0.3, "b", Constant(5.0), limit=4)),
        step("c", after=("a",), time=Exponential(4.0), share=0.5, returns=Returns(0.2, "c", limit=3)),
        step("d", after=("bb", "c"), time=Exponential(2.0)),
    )
    scenario = office(*steps, calendar=ALWAYS, run=replace(office(step("a")).run, period=Duration(5 * 1440.0)))
    runs = run(scenario, replications=30)
    simulated = runs.estimate("baseline", "s.steps")
    assert simulated.value == pytest.approx(sum(expected_visits(scenario.services[0]).values()), rel=0.02)
    assert runs.estimate("baseline", "desk.utilisation").value == pytest.approx(load(scenario), rel=0.03)


def test_an_overload_names_the_pool_the_load_and_the_posts_it_needs() -> None:
    scenario = office(step("a"), rate=0.24)  # 120 % of two
    (overload,) = overloads(compile_network(scenario))
    assert (overload.pool, overload.posts, overload.needed, overload.leaving) == ("desk", 2, 3, False)
    assert overload.load == pytest.approx(1.2)
    assert str(overload) == (
        "pool desk has work for 120 % of its officers' time (2 posts): its queue grows without end; "
        "it needs at least 3 posts"
    )
    (problem,) = warnings(scenario)
    assert problem.warning
    assert problem.path == ("pools", "desk")
    assert problem.hint == "it needs at least 3 posts"


@pytest.mark.parametrize(("rate", "posts", "needed"), [(0.2, 2, 3), (0.1999, 2, None), (0.6, 2, 7), (0.05, 0, 1)])
def test_the_posts_needed_are_the_fewest_with_a_load_below_one(rate: float, posts: int, needed: int | None) -> None:
    found = overloads(compile_network(office(step("a"), rate=rate, posts=posts)))
    assert [one.needed for one in found] == ([] if needed is None else [needed])
    if needed is not None:
        assert load(office(step("a"), rate=rate, posts=needed)) < 1.0 - 1e-9
        if needed > 1:
            assert load(office(step("a"), rate=rate, posts=needed - 1)) >= 1.0 - 1e-9


def test_nobody_on_duty_and_people_who_leave_are_said() -> None:
    (nobody,) = overloads(compile_network(office(step("a"), posts=0)))
    assert math.isinf(nobody.load)
    assert "no officer on duty for its work" in str(nobody)
    scenario = office(step("a", in_person=True), rate=0.24)
    patient = replace(scenario.services[0], patience=Exponential(30.0))
    (leaving,) = overloads(compile_network(replace(scenario, services=(patient,))))
    assert "people leave unserved" in str(leaving)


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_an_overloaded_plan_does_not_look_good(engine: str) -> None:
    """One pool at 120 % load: times grow with the length of the run, cases stay open, and the target is failed."""
    base = office(step("a", time=Exponential(10.0)), rate=0.24)
    short = replace(base, label="short", run=replace(base.run, period=Duration(4, "workday"), cap=Duration(60.0)))
    long = replace(base, label="long", run=replace(base.run, period=Duration(12, "workday"), cap=Duration(60.0)))
    runs = run([short, long], replications=4, engine=engine, seed=5)
    assert len(runs.warnings) == 2
    assert "short: pool desk has work for 120 %" in runs.warnings[0]
    times = {label: runs.estimate(label, "s.time.mean") for label in runs.scenarios}
    assert times["long"].value > 1.5 * times["short"].value
    for label in runs.scenarios:
        assert times[label].lower_bound
        assert runs.estimate(label, "s.open").value > 0.0
        p90 = runs.estimate(label, "s.time.p90")
        assert p90.lower_bound
        assert not Target("s.time.p90", at_most=1e9, unit="min").met(p90)
        assert not Target("s.time.mean", at_most=1e9, unit="min").met(times[label])
