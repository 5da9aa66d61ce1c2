"""The page of a programme over years: what begins when, money, milestones and conflicts, in both languages."""

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.errors import StoreError
from simgov.experiment.store import scenario_hash
from simgov.optimize.roadmap.plan import Begun, Change, ConflictRule, MilestonePlan, Reached, RoadmapPlan, YearPlan
from simgov.report import write_stored
from simgov.study import Study

MEASURES = (
    Begun("lean", "2028-Q1", "2028-Q2"),
    Begun("quick", None, None),
    Begun("one_window", "2027-Q3", "2027-Q4"),
)
YEARS = (
    YearPlan(2027, {"windows": 3}, 50_000.0, 1_000.0, 50_000.0, 60_000.0),
    YearPlan(2028, {"windows": 2}, 40_000.0, 2_500.0, 40_000.0, None),
)
WAITS = (
    Reached(2027, "2027-Q4", "2027-Q4", 14.26, 0.4, False, True),
    Reached(2028, "2028-Q1", "2028-Q2", 13.1, 0.4, False, True),
)
MILESTONES = (
    MilestonePlan("2027-Q4", "hall.wait.mean", "at_most", 15.0, "min", WAITS),
    MilestonePlan(
        "2028-Q3", "hall.wait.mean", "at_most", 12.0, "min",
        (Reached(2028, "2028-Q3", "2028-Q4", 11.5, 0.3, False, True),),
    ),
    MilestonePlan(
        "2028-Q1", "passport.on_time", "at_least", 0.9, "share",
        (Reached(2028, "2028-Q1", "2028-Q4", 0.95, 0.01, False, True),),
    ),
)  # fmt: skip


@pytest.fixture
def plan(study: Study) -> RoadmapPlan:
    return RoadmapPlan(
        scenario=str(study.path), start="2027-Q3", quarters=6, measures=MEASURES, years=YEARS, milestones=MILESTONES,
        cost=90_000.0, unit="CNY", proof="guarded", bound=90_000.0, states=12, years_simulated=5, seed=7,
        replications=3, replications_a_year=4, guard_band=0.01, worst_violation=0.0,
        evidence={"scenario_hash": scenario_hash(study.baseline)},
    )  # fmt: skip


def page_of(plan: RoadmapPlan, folder: Path) -> str:
    plan.save(folder)
    return write_stored(folder, folder / "page.html").read_text(encoding="utf-8")


def charts_of(page: str) -> dict[str, dict[str, dict[str, object]]]:
    found = re.search(r'id="chart-specs">(.*?)</script>', page, re.DOTALL)
    assert found is not None
    specs: dict[str, dict[str, dict[str, object]]] = json.loads(found[1])
    return specs


def test_a_programme_shows_quarters_money_and_milestones(plan: RoadmapPlan, tmp_path: Path) -> None:
    page = page_of(plan, tmp_path)
    assert "The programme keeps every milestone in 6 quarters at a cost of 90,000 CNY." in page
    assert "该计划在 6 个季度内实现全部阶段目标，总成本为 90,000 元。" in page
    assert set(charts_of(page)) == {"chart-measures", "chart-years", "chart-kpi-0", "chart-kpi-1"}
    assert all(f'id="{place}"' in page for place in charts_of(page))
    assert '<data value="14.26">' in page
    assert "2028-Q3 – 2028-Q4" in page
    assert all(f'href="#{name}"' in page for name in ("measures", "years", "milestones", "proof"))
    assert all(f'<section id="{name}"' in page for name in ("measures", "years", "milestones", "proof"))
    assert 'id="conflict"' not in page


def test_the_bars_stand_where_measures_begin_and_are_at_work(plan: RoadmapPlan, tmp_path: Path) -> None:
    charts = charts_of(page_of(plan, tmp_path))
    text = json.dumps(charts["chart-measures"]["zh"], ensure_ascii=False)
    bars = re.findall(r'"from": (\d+), "name": "(\w+)", "to": (\d+), "what": "(\w+)"', text)
    assert sorted(bars) == [
        ("0", "one_window", "1", "启动"),
        ("1", "one_window", "6", "见效"),
        ("2", "lean", "3", "启动"),
        ("3", "lean", "6", "见效"),
    ]
    limits = re.findall(
        r'"from": (\d+), "high": [\d.]+, "kind": "limit", "label": "([^"]+)"', json.dumps(charts["chart-kpi-0"]["en"])
    )
    assert [first for first, _ in limits] == ["1", "4"]


def test_a_conflict_is_said_in_words(plan: RoadmapPlan, tmp_path: Path) -> None:
    rules = (
        ConflictRule("milestone", ("1",), {"quarter": "2028-Q4", "value": 13.0}),
        ConflictRule("budget", ("2027",), {"amount": 70_000.0}),
        ConflictRule("at_once", (), {"amount": 2}),
        ConflictRule("must", ("lean",)),
        ConflictRule("most_change", ()),
    )
    none = replace(plan, measures=(), years=(), cost=None, bound=None, conflict=rules)
    page = page_of(none, tmp_path)
    assert "No programme keeps every milestone." in page
    assert "自 2028-Q4 起，或届时达到 13 分钟" in page
    assert "2027 年预算；可行：70,000 元" in page
    assert "How many reforms may begin in one quarter; possible: 2" in page
    assert charts_of(page) == {}
    assert 'id="measures"' not in page


def test_an_unproved_programme_planned_anew_says_so(plan: RoadmapPlan, tmp_path: Path) -> None:
    anew = replace(
        plan,
        proof="none",
        bound=80_000.0,
        stopped="time",
        today="2028-Q1",
        slipped={"lean": 1},
        new_budgets={2028: 70_000.0},
        changes=(Change("lean", "2027-Q4", "2028-Q1"),),
        cost_before=85_000.0,
    )
    page = page_of(anew, tmp_path)
    assert "Not proved" in page
    assert "No programme costs less than 80,000 CNY." in page
    for line in (
        "lean：2027-Q4 → 2028-Q1",
        "lean：推迟 1 个季度",
        "2028 年预算：70,000 元",
        "比原方案多支出 5,000 元。",
    ):
        assert line in page
    assert 'href="#anew"' in page
    assert '<section id="anew"' in page


def test_a_scenario_that_has_changed_is_refused(plan: RoadmapPlan, tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="has changed"):
        page_of(replace(plan, evidence={"scenario_hash": "0" * 64}), tmp_path)
