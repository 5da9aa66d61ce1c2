"""A frontier on a page: its table, its chart and what is flat; and the page of a folder that holds one."""

from __future__ import annotations

import json
import re
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.errors import StoreError
from simgov.experiment.store import scenario_hash
from simgov.optimize.chosen import Chosen
from simgov.optimize.curve import Curve, CurvePoint, frontier, load
from simgov.report.stored import write_stored
from simgov.report.tradeoff_page import CHART, FrontierPage, frontier_page
from simgov.scenario.value import Text
from simgov.study import Study

LOOSE = Chosen({"windows": 2, "office": 1}, ("lean", "passport.recheck"))
TIGHT = Chosen({"windows": 3, "office": 1}, ("passport.recheck",))
CURVE = Curve(
    "scenario.yaml", ("hall.wait.mean",), ("at_most",), ("min",), "CNY",
    (
        CurvePoint((20.0,), 100_000_00, LOOSE, True, 100_000_00, 4, (17.21,), (0.8,), True),
        CurvePoint((15.5,), 120_000_00, TIGHT, True, 120_000_00, 2, (15.6,), (0.5,), False),
        CurvePoint((12.0,), 130_000_00, TIGHT, False, 119_000_00, 5, (), (), None),
        CurvePoint((1.0,), None, Chosen(), True, None, 1),
    ),
    12, 2, 0.975, 0.01, 7, 3, "simulations", (Text("Flat.", "持平。"),),
)  # fmt: skip


def page_of(study: Study, curve: Curve = CURVE) -> FrontierPage:
    return frontier_page(curve, study.baseline, "zh", study.decisions, study.reforms)


def rows(page: FrontierPage, lang: str = "en") -> list[list[str]]:
    return [
        [cell.text.zh if lang == "zh" else cell.text.en for cell in row.cells]
        for group in page.points.groups
        for row in group.rows
    ]


def test_each_limit_has_its_plan_by_what_differs(study: Study) -> None:
    page = page_of(study)
    assert rows(page) == [
        ["at most 20 min", "100,000 CNY", "17.2 ± 0.8 min", "2 at Windows </script>", "lean and drop “Second review”",
         "proved"],
        ["at most 15.5 min", "120,000 CNY", "15.6 ± 0.5 min", "3 at Windows </script>", "drop “Second review”",
         "proved"],
        ["at most 12 min", "130,000 CNY", "–", "3 at Windows </script>", "drop “Second review”",
         "at most (not proved)"],
        ["at most 1 min", "–", "–", "–", "–", "no plan within the bounds"],
    ]  # fmt: skip
    assert rows(page, "zh")[1][3:5] == ["综合窗口 3 人", "取消“复核”"]
    badges = [cell.badge.en for group in page.points.groups for row in group.rows for cell in row.cells if cell.badge]
    assert badges == ["misses a target on fresh replications"]
    assert [(fact.name.en, fact.text.en) for fact in page.measures] == [
        ("lean", "drop “Second review”; drop “Copy papers”")
    ]


def test_the_verdict_names_the_cheapest_and_the_dearest_and_what_is_impossible(study: Study) -> None:
    page = page_of(study)
    assert page.verdict.zh == (
        "不超过 20 分钟的，最低成本方案为 100,000 元；不超过 12 分钟的，为 130,000 元。"
        "在给定范围内，没有方案能做到不超过 1 分钟。"
    )
    assert page.tone == "warn"
    assert any("模拟次数已用完" in note.zh for note in page.notes)
    none = replace(CURVE, points=CURVE.points[3:])
    assert page_of(study, none).verdict.en == "No plan was found that keeps one of the limits."


def test_the_chart_holds_each_point_and_with_two_kpis_a_colour_for_each_second_limit(study: Study) -> None:
    text = json.dumps(page_of(study).charts[CHART]["zh"], ensure_ascii=False)
    assert text.count('"cost": ') == 3
    assert '"interpolate": "step-after"' in text
    two = replace(
        CURVE,
        kpis=("hall.wait.mean", "passport.on_time"), senses=("at_most", "at_least"), units=("min", "share"),
        points=tuple(
            CurvePoint((limit, second), 100_00, LOOSE, True, 100_00, 1)
            for second in (0.8, 0.9) for limit in (20.0, 10.0)
        ),
    )  # fmt: skip
    page = page_of(study, two)
    assert [name.zh for name, _ in page.lines] == ["不低于 80%", "不低于 90%"]
    assert len({colour for _, colour in page.lines}) == 2
    assert [len(group.rows) for group in page.points.groups] == [2, 2]
    assert page.verdict.en.startswith("Every limit that can be kept costs the same")


def test_a_folder_with_a_frontier_becomes_a_page(study: Study, tmp_path: Path) -> None:
    curve = frontier(study, {"hall.wait.mean": [30.0, 15.0]}, simulations=6, workers=1)
    curve.save(tmp_path)
    assert load(tmp_path) == curve
    page = write_stored(tmp_path, tmp_path / "page.html", lang="zh").read_text(encoding="utf-8")
    assert CHART in page
    assert "各限值的成本" in page
    assert not re.search(r"<script>alert", page)
    replace(curve, scenario_hash="0" * 64).save(tmp_path)
    with pytest.raises(StoreError, match="has changed since"):
        write_stored(tmp_path, tmp_path / "page.html")
    (tmp_path / "frontier.json").write_text("{}", encoding="utf-8")
    with pytest.raises(StoreError, match="not a frontier"):
        write_stored(tmp_path, tmp_path / "page.html")


def test_a_frontier_knows_the_scenario_it_was_found_for(study: Study) -> None:
    curve = frontier(study, {"hall.wait.mean": [30.0]}, simulations=2, workers=1)
    assert study.decisions is not None
    assert curve.scenario_hash == scenario_hash(replace(study.baseline, horizon=study.decisions.horizon))
