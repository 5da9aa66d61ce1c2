"""A plan that does not exist says what conflicts, in the file, in JSON and in sentences."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from simgov.cli.commands import simgov
from simgov.optimize import load, optimize
from simgov.study import load as load_study

SMALL = Path(__file__).parent / "files" / "small.yaml"


def written(folder: Path, mean: str, p90: str) -> Path:
    text = SMALL.read_text(encoding="utf-8").replace("at_most: 8 h", f"at_most: {mean}")
    place = folder / "scenario.yaml"
    place.write_text(text.replace("at_most: 30 h", f"at_most: {p90}"), encoding="utf-8")
    return place


def test_a_target_and_the_budget_conflict(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, "2 h", "30 h"))
    plan = optimize(study, max_cost=25_000_000, workers=1)
    assert not plan.feasible
    found = plan.conflict
    assert found is not None
    assert [condition.kpi for condition in found.conditions] == ["permit.time.mean", "budget"]
    assert found.smallest
    mean, budget = found.conditions
    assert budget.reachable is not None
    assert optimize(study, workers=1).cost == pytest.approx(budget.reachable * 100, abs=0.5) or plan.rejected
    assert optimize(study, max_cost=round(budget.reachable * 100) - 1, workers=1, simulations=50).feasible is False
    assert mean.reachable is not None
    assert mean.reachable > mean.limit
    assert found.widening is not None
    assert 0.0 < found.widening <= min(budget.reachable / budget.limit, mean.reachable / mean.limit) - 1.0 + 0.006
    assert "cannot be kept together" in found.sentences[0].en
    assert "不能同时做到" in found.sentences[0].zh
    plan.save(tmp_path / "plan")
    assert load(tmp_path / "plan").conflict == found


def test_one_target_that_nothing_keeps(tmp_path: Path) -> None:
    plan = optimize(load_study(written(tmp_path, "10 min", "30 h")), workers=1)
    found = plan.conflict
    assert found is not None
    (condition,) = found.conditions
    assert condition.kpi == "permit.time.mean"
    assert condition.reachable is not None
    assert condition.bound is not None
    assert 10.0 < condition.bound <= condition.reachable


def test_a_plan_has_no_conflict_and_a_search_cut_short_says_nothing(tmp_path: Path) -> None:
    assert optimize(load_study(SMALL), workers=1).conflict is None
    study = load_study(written(tmp_path, "2 h", "30 h"))
    assert optimize(study, workers=1, simulations=1, max_cost=25_000_000).conflict is None


def test_the_command_says_it_in_chinese(tmp_path: Path) -> None:
    place = written(tmp_path, "2 h", "30 h")
    options = ["--max-cost", "250000 CNY", "--workers", "1", "--lang", "zh", "--out", str(tmp_path / "plan")]
    done = CliRunner().invoke(simgov, ["optimize", str(place), *options])
    assert done.exit_code == 1, done.output
    assert "去掉其中任何一项，其余各项就能同时做到。" in done.output


def test_a_target_and_a_limit_on_posts_conflict(tmp_path: Path) -> None:
    place = written(tmp_path, "3 h", "30 h")
    text = place.read_text(encoding="utf-8").replace(
        "optimize:\n", "optimize:\n  limits: [{of: [counter, review], at_most: 3}]\n"
    )
    place.write_text(text, encoding="utf-8")
    plan = optimize(load_study(place), workers=1)
    found = plan.conflict
    assert found is not None
    assert [condition.kpi for condition in found.conditions] == ["permit.time.mean", "limits.0"]
    assert "Counter + Review: at most 3" in found.sentences[0].en
    assert "窗口＋审核合计不超过 3" in found.sentences[0].zh
    mean = found.conditions[0]
    assert mean.reachable is not None
    assert mean.reachable > mean.limit
    assert found.widening is None
