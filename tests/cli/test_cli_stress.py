"""``simgov run --stress`` and ``--plan``, ``simgov stresses``: what is run, what is said, and what is refused."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

from simgov.reforms.stressing import STRESSES

Call = Callable[..., Result]

DEPARTMENT = """\
stress:
  harsh: {outage: {down: 90 %, lasts: 2 h, pools: [window]}}
  posts: {budget_cut: {posts: 50 %}}
optimize: {minimize: cost, staff: {window: 1..6}, remove: {permit.review: 10 CNY}}
"""


@pytest.fixture
def strained(office: Path) -> Path:
    """The office with stresses of its own, and targets that hold but for an outage."""
    text = office.read_text(encoding="utf-8").replace("at_most: 4 h", "at_most: 10 min") + DEPARTMENT
    office.write_text(text.replace(", basis: Permit Act art. 1", ""), encoding="utf-8")
    return office


def test_every_stress_is_listed_and_explained(call: Call, result_of: Callable[..., Any]) -> None:
    both, chinese = call("stresses").stdout, call("stresses", "--lang", "zh").stdout
    for key, kind in STRESSES.items():
        assert key in both
        assert kind.effect.en in both
        assert kind.effect.zh in both
        assert kind.effect.en not in chinese
    assert [row["key"] for row in result_of("stresses")["stresses"]] == list(STRESSES)
    told = call("stresses", "outage").stdout
    assert "default 23 %" in told
    assert "审批系统" in told
    assert result_of("stresses", "outage")["parameters"][0]["default"] == "23 %"
    wrong = call("stresses", "outtage")
    assert wrong.exit_code == 2
    assert "did you mean outage?" in wrong.stderr


def test_every_scenario_is_run_plain_and_under_each_stress(strained: Path, result_of: Callable[..., Any]) -> None:
    found = result_of("run", strained, "--reform", "lean", "--stress", "harsh", "--stress", "posts")
    labels = list(dict.fromkeys(row["scenario"] for row in found["kpis"]))
    assert labels == ["baseline", "baseline+harsh", "baseline+posts", "lean", "lean+harsh", "lean+posts"]
    assert found["stress"]["lean+posts"] == [{"en": "pools.window.count: 2 → 1", "zh": "pools.window.count：2 → 1"}]
    waits = {row["scenario"]: row["mean"] for row in found["kpis"] if row["kpi"] == "permit.wait.mean"}
    assert waits["baseline+harsh"] > waits["baseline"]
    assert waits["lean+posts"] > waits["lean"]
    plain = result_of("run", strained, "--reform", "lean")
    assert [row for row in found["kpis"] if "+" not in row["scenario"]] == plain["kpis"], "the same people and work"
    assert "stress" not in plain


def test_targets_say_what_holds_under_stress(strained: Path, call: Call) -> None:
    strained.write_text(strained.read_text(encoding="utf-8").replace("at_most: 10 min", "at_most: 1 h"), "utf-8")
    done = call("run", strained, "--stress", "harsh", "--targets")
    assert done.exit_code == 1
    assert "baseline+harsh acts on:" in done.stdout
    judged = {
        words[0]: words for line in done.stdout.splitlines() if "hall.wait.mean  ≤" in line for words in [line.split()]
    }
    assert judged["baseline+harsh"][-2:] == ["not", "met"]
    assert judged["baseline"][-2:] == ["min", "met"]
    assert "baseline+harsh 作用于：" in call("run", strained, "--stress", "harsh", "--lang", "zh").stdout


def test_a_stress_that_acts_on_some_scenarios_only_is_said(strained: Path, call: Call) -> None:
    text = strained.read_text(encoding="utf-8").replace(
        "remove_step: permit.copy", "remove_step: permit.copy, set_up: 9 CNY"
    )
    strained.write_text(text, encoding="utf-8")
    done = call("run", strained, "--reform", "lean", "--stress", "budget_cut", "--json")
    assert done.exit_code == 0, done.stderr
    assert "budget_cut finds nothing to act on in baseline" in done.stderr
    labels = {row["scenario"] for row in json.loads(done.stdout)["kpis"]}
    assert labels == {"baseline", "lean", "lean+budget_cut"}


def test_a_stress_that_acts_on_nothing_is_refused(strained: Path, call: Call) -> None:
    done = call("run", strained, "--stress", "failed_online")
    assert done.exit_code == 2
    assert "failed_online finds nothing to act on in baseline; it acts on an online channel" in done.stderr
    wrong = call("run", strained, "--stress", "harhs")
    assert wrong.exit_code == 2
    assert "there is no stress 'harhs'; did you mean harsh?" in wrong.stderr


def test_a_plan_is_one_more_scenario(strained: Path, call: Call, result_of: Callable[..., Any]) -> None:
    plan = result_of("optimize", strained, "--out", "plan")
    assert plan["reforms"], "the plan should take an option, or this says little"
    found = result_of("run", strained, "--plan", "plan", "--stress", "posts", "--out", "kept", "--seed", plan["seed"])
    labels = list(dict.fromkeys(row["scenario"] for row in found["kpis"]))
    assert labels == ["baseline", "baseline+posts", "plan", "plan+posts"][: len(labels)]
    cost = next(row["mean"] for row in found["kpis"] if (row["scenario"], row["kpi"]) == ("plan", "cost"))
    assert cost == pytest.approx(plan["cost"], abs=0.01)
    same = result_of("run", strained, "--plan", "plan/plan.json")
    assert "plan" in {row["scenario"] for row in same["kpis"]}
    page = call("report", "kept", "-o", "page.html")
    assert page.exit_code == 0, page.stderr


def test_a_plan_that_is_none(strained: Path, call: Call) -> None:
    done = call("run", strained, "--plan", "nowhere")
    assert done.exit_code == 2
    assert "there is no plan at nowhere" in done.stderr
    text = strained.read_text(encoding="utf-8")
    call("optimize", strained, "--out", "plan")
    strained.write_text(text.replace(", remove: {permit.review: 10 CNY}", ""), encoding="utf-8")
    gone = call("run", strained, "--plan", "plan")
    assert gone.exit_code == 2
    assert "does not offer any more" in gone.stderr
    strained.write_text(text.replace("  lean:", "  plan:"), encoding="utf-8")
    twice = call("run", strained, "--plan", "plan")
    assert twice.exit_code == 2
    assert "the file has a reform called plan" in twice.stderr
