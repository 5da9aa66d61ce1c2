"""The explanation of a plan on its page: every sentence in both languages, and what the plan costs over demand."""

from __future__ import annotations

import json
from pathlib import Path

from simgov.optimize import optimize
from simgov.optimize.chosen import Chosen
from simgov.optimize.explain import Explanation
from simgov.optimize.explain.explanation import Answer, AtDemand, Stays, Worth
from simgov.report.explained import CHART, explained
from simgov.report.stored import write_stored
from simgov.scenario.value import Text
from simgov.study import load

OPTION = Worth("option", "lean", -1, "", Answer(Chosen(), 90_000, 90_000, True, 3), Text("Lean pays.", "精简合算。"))
DEMAND = (
    AtDemand(80, Answer(Chosen(), 60_000, 60_000, True, 5), False, Text("Less is cheaper.", "少则便宜。")),
    AtDemand(120, Answer(Chosen(), None, 95_000, False, 5), False, Text("None was found.", "没有找到。")),
)
STAYS = Stays(93, 104, True, False, False, Text("It stays.", "保持不变。"))
EXPLANATION = Explanation(
    scenario="office.yaml",
    unit="CNY",
    cost=80_000,
    options=(OPTION,),
    demand=DEMAND,
    stays=STAYS,
    notes=(Text("A record.", "实际记录。"),),
    simulations=13,
    stopped="time",
)


def test_what_was_answered_is_told_and_nothing_else() -> None:
    shown = explained(EXPLANATION)
    assert [part.heading.en for part in shown.parts] == [
        "Each measure kept or dropped",
        "With more or fewer applicants",
    ]
    assert [text.zh for part in shown.parts for text in part.sentences] == [
        "精简合算。", "少则便宜。", "没有找到。", "保持不变。"
    ]  # fmt: skip
    assert [note.en for note in shown.notes][1:] == [
        "A record.", "The simulations or the time did not suffice for all of it."
    ]  # fmt: skip
    assert "13" in shown.notes[0].zh


def test_the_table_and_the_chart_say_what_the_cheapest_plan_costs_over_demand() -> None:
    shown = explained(EXPLANATION)
    assert shown.demand is not None
    rows = [[cell.text.en for cell in row.cells] for group in shown.demand.groups for row in group.rows]
    assert rows == [
        ["80%", "600 CNY", "−200 CNY", "proved"],
        ["100%", "800 CNY", "0 CNY", "this plan"],
        ["120%", "–", "–", "none found (not proved)"],
    ]
    text = json.dumps(shown.charts[CHART]["zh"], ensure_ascii=False)
    assert '"cost": 600.0' in text
    assert '"cost": 800.0' in text
    assert '"from": 92.5, "to": 104.5' in text
    assert "阴影部分" in text


def test_without_demand_there_is_no_table() -> None:
    shown = explained(Explanation("office.yaml", "CNY", 80_000, options=(OPTION,)))
    assert (shown.demand, dict(shown.charts), len(shown.parts)) == (None, {}, 1)


def test_an_explanation_beside_a_plan_is_shown_with_it(scenario_file: Path, tmp_path: Path) -> None:
    plan = optimize(load(scenario_file), seed=3, workers=1, replications=3)
    plan.save(tmp_path)
    EXPLANATION.save(tmp_path)
    page = write_stored(tmp_path, tmp_path / "report.html", workers=1).read_text(encoding="utf-8")
    for sentence in (OPTION.words, *(point.words for point in DEMAND), STAYS.words):
        assert sentence.en in page
        assert sentence.zh in page
    assert CHART in page
