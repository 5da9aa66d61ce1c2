"""The KPI table: names, units, did-you-mean, and the page of documentation printed from it."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.calendars import Calendar
from simgov.distributions import Constant
from simgov.kpi import DEFINITIONS, UnknownKpi, find, names
from simgov.kpi.page import measures_page
from simgov.scenario.value import Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money

WEEK = ((((540, 1020),),) * 5) + ((), ())
PAGE = Path(__file__).parents[2] / "docs" / "measures.md"


def scenario(**changes: object) -> Scenario:
    """A passport with a promise, a permit without, at a desk called like the service."""
    counter = Step("counter", Text("Counter", "窗口"), "s", at="passport", time=Constant(5.0), in_person=True)
    review = replace(counter, id="review", in_person=False)
    services = (
        Service("passport", Text("Passport", "护照"), (counter,), promise=5),
        Service("permit", Text("Permit", "许可"), (review,)),
    )
    pools = (Pool("passport", Text("Desk", "窗口"), "window", (Shift(2, WEEK),), cost=Money(3500, "CNY", "h")),)
    run = RunSettings(start=datetime.date(2026, 1, 5), period=Duration(5, "workday"))
    whole = Scenario(Text("Hall", "大厅"), Calendar(WEEK), pools, services, run, currency="CNY")
    return replace(whole, **changes)  # type: ignore[arg-type]


def test_a_scenario_has_the_kpis_of_its_services_pools_hall_and_plan() -> None:
    assert [kpi.name for kpi in names(scenario())] == [
        *(f"passport.{q}.{s}" for q in ("time", "days", "door_to_door") for s in ("mean", "median", "p90", "p95")),
        "passport.on_time", "passport.throughput", "passport.wait.mean", "passport.wait.p90", "passport.visits",
        "passport.no_visit", "passport.one_visit",
        "passport.documents", "passport.steps", "passport.corrections", "passport.returns", "passport.reneged",
        "passport.refused", "passport.withdrawn", "passport.open", "passport.time.gini", "passport.wait.gini",
        *(f"permit.{q}.{s}" for q in ("time", "days", "door_to_door") for s in ("mean", "median", "p90", "p95")),
        "permit.throughput", "permit.visits", "permit.documents", "permit.steps", "permit.corrections",
        "permit.returns", "permit.reneged", "permit.refused", "permit.withdrawn", "permit.open", "permit.time.gini",
        "passport.utilisation", "passport.queue.mean", "passport.overtime",
        "hall.wait.mean", "hall.wait.p90", "hall.wait.gini", "cost", "cost_per_case",
    ]  # fmt: skip


def test_names_are_unique_though_a_pool_is_called_like_a_service() -> None:
    every = [kpi.name for kpi in names(scenario())]
    assert len(every) == len(set(every))
    service = {row.quantity.partition(".")[0] for row in DEFINITIONS if row.scope == "service"}
    pool = {row.quantity.partition(".")[0] for row in DEFINITIONS if row.scope == "pool"}
    assert service.isdisjoint(pool)


def test_a_reform_that_removes_a_step_or_staff_keeps_the_names() -> None:
    passport = scenario().service("passport")
    removed = scenario().with_step("passport", replace(passport.steps[0], share=0.0))
    assert names(removed) == names(scenario())


def test_units_labels_and_kinds() -> None:
    p90 = find(scenario(), "passport.time.p90")
    assert (p90.unit, p90.kind, p90.direction) == ("min", "quantile", "lower")
    assert p90.label == Text("Passport: time to decision, P90", "护照：办理用时（90% 分位数）")
    assert find(scenario(), "passport.time.mean").kind == "mean"
    assert find(scenario(), "passport.utilisation").label == Text("Desk: utilisation", "窗口：在岗忙碌率")
    assert find(scenario(), "hall.wait.mean").label.en == "Whole hall: wait in person, mean"
    assert find(scenario(), "cost").unit == "CNY"
    assert find(scenario(), "cost_per_case").unit == "CNY/case"
    assert find(scenario(), "cost").label == Text("Cost of the plan", "方案总成本")


@pytest.mark.parametrize(
    ("name", "hint"),
    [
        ("pasport.time.p90", "did you mean passport.time.p90?"),
        ("passport.time.p9", "write passport.time.mean, passport.time.median, passport.time.p90, passport.time.p95"),
        ("passport.wait.p95", "write passport.wait.mean, passport.wait.p90"),
        ("passport.time", "write passport.time.mean, passport.time.median"),
        ("passport.utilization", "did you mean passport.utilisation?"),
        ("permit.on_time", "permit promises nothing"),
        ("permit.wait.mean", "mark it with in_person: true"),
        ("hall.wait.p95", "write hall.wait.mean, hall.wait.p90"),
        ("permit.colour", "known: permit.time.mean, "),
        ("zzz", "a KPI starts with a service, a pool, hall or cost: passport, permit, hall, cost"),
    ],
)
def test_an_unknown_name_gets_a_hint(name: str, hint: str) -> None:
    with pytest.raises(UnknownKpi) as caught:
        find(scenario(), name)
    assert caught.value.message == f"there is no KPI {name!r}"
    assert hint in caught.value.hint


def test_cost_needs_a_pool_with_a_cost() -> None:
    with pytest.raises(UnknownKpi, match="no pool has a cost"):
        find(scenario(currency=""), "cost")


def test_every_row_is_complete_in_both_languages() -> None:
    for row in DEFINITIONS:
        for words in (row.label, row.meaning):
            assert words.en.isascii()
            assert any("一" <= sign <= "鿿" for sign in words.zh)
        assert row.meaning.en.endswith(".")
        assert row.meaning.zh.endswith("。")


def test_the_page_of_measures_is_the_table() -> None:
    begin, end = "<!-- table: begin -->\n", "<!-- table: end -->"
    page = PAGE.read_text(encoding="utf-8")
    assert page[page.index(begin) + len(begin) : page.index(end)] == measures_page()
