"""A plan on the page: staff, targets, cost, proof and findings, for plans that are proved, unproved and impossible."""

import html
import re
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from simgov.errors import StoreError
from simgov.experiment import run
from simgov.kpi import find, plan_cost
from simgov.optimize.conflict_found import Condition, ConflictFound
from simgov.optimize.demand import Demand
from simgov.optimize.plan import Finding, Missed, Neighbour, ObjectiveReached, Plan, TargetResult, Today
from simgov.optimize.taken import plan_scenario
from simgov.report import write
from simgov.report.options import option_name
from simgov.report.planning import plan_section
from simgov.report.writing import baseline_of
from simgov.scenario.value import Text
from simgov.study import Study

Render = Callable[[Plan], str]


def result(kpi: str, value: float, met: bool, **more: Any) -> TargetResult:
    share = kpi.endswith("on_time")
    sense, limit, unit = ("at_least", 0.9, "share") if share else ("at_most", 15.0, "min")
    return TargetResult(kpi, sense, limit, unit, value, value / 50, met, **more)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def plan(study: Study) -> Plan:
    now = (result("hall.wait.mean", 12.34, True, binds=True), result("passport.on_time", 0.987, True))
    then = (result("hall.wait.mean", 21.9, False), result("passport.on_time", 0.95, True))
    cut = Finding(
        "box", {"windows": 1}, (), (), (Missed("hall.wait.mean", 60.0, 15.0, "min"),), True,
        Text("Even with all else, 1 at <Windows>: too long.", "即使其他全部用足，窗口 1 人：过长。"),
    )  # fmt: skip
    base = Plan(
        scenario=str(study.path), feasible=True, staff={"windows": 3, "office": 1}, reforms=("passport.recheck",),
        cost=0, unit="CNY", proof="guarded", guard_band=0.01, worst_violation=0.0021, bound=None, simulations=7,
        targets=now, seed=7, replications=3, validated=True, validations=1, cuts=(cut,) * 8,
        considered=("passport.recheck",), ranges={"windows": (1, 3), "office": (1, 2)}, designs=12,
        neighbours=(Neighbour("windows", -1, 100, False, then),),
    )  # fmt: skip
    after = plan_scenario(study, base)
    assert after is not None
    return replace(base, cost=plan_cost(after), today=Today(plan_cost(baseline_of(study, base)), then))


@pytest.fixture(scope="module")
def render(study: Study, plan: Plan, tmp_path_factory: pytest.TempPathFactory) -> Render:
    after = plan_scenario(study, plan)
    assert after is not None
    runs = run([baseline_of(study, plan), after], replications=2, seed=7, first_replication=3, workers=1)
    place = tmp_path_factory.mktemp("plan") / "plan.html"
    return lambda one: write(place, study=study, runs=runs, plan=one, lang="en").read_text(encoding="utf-8")


def section(text: str) -> str:
    """The words of the section on the plan."""
    inside = text[text.index('<section id="plan"') :]
    inside = inside[: inside.index("</section>")]
    return html.unescape(re.sub(r"<[^>]+>", "|", inside))


def test_the_plan_scenario_has_its_posts_and_reforms(study: Study, plan: Plan) -> None:
    after = plan_scenario(study, plan)
    assert after is not None
    assert after.label == "plan"
    assert {pool.id: pool.count for pool in after.pools} == {"windows": 3, "passports": 1, "office": 1}
    assert after.service("passport").step("recheck").removed


def test_staff_targets_and_cost_are_the_plans(render: Render, plan: Plan) -> None:
    page = render(plan)
    said = section(page)
    assert '<td class="number " data-key="plan|hall.wait.mean"><data value="12.34">' in page
    assert '<td class="number " data-key="today|passport.on_time"><data value="0.95">' in page
    assert "12.3 ± 0.2 min" in said
    assert "99 ± 2 %" in said
    assert f"{(plan.cost or 0) / 100:,.0f} CNY" in said
    assert re.search(r"Windows </script>\|+综合窗口\|+2\|+3\|+\+1\|+1 to 3\|", said)
    assert re.search(r"Back office\|+审批科\|+2\|+1\|+−1\|+1 to 2\|", said)
    assert re.search(r"Total\|+合计\|+5\|+5\|+=\|", said)


def test_the_binding_target_is_marked(render: Render, plan: Plan) -> None:
    said = section(render(plan))
    assert said.count("binds") == 2  # the badge, and the note that explains it
    rows = [row for row in said.split("\n") if "wait in person, mean" in row and "at most" in row]
    assert rows
    assert "binds" in rows[0]


def test_a_guarded_proof_names_its_band_and_the_worst_violation(render: Render, plan: Plan) -> None:
    said = section(render(plan))
    assert "by more than 1.0\u00a0%" in said
    assert "failed by 0.21\u00a0% at most" in said
    assert "Of 12 possible designs, 7 were simulated, each over 3 replications." in said
    assert "Not proved" not in said


def test_findings_are_shown_escaped_and_the_rest_is_folded_away(render: Render, plan: Plan) -> None:
    page = render(plan)
    assert page.count("1 at &lt;Windows&gt;") == 8
    assert "2 more" in section(page)


def test_findings_on_parts_of_the_office_stand_apart(render: Render, plan: Plan) -> None:
    part = replace(plan.cuts[0], kind="part", words=Text("One post less adds 3 min.", "少一人增加 3 分钟。"))
    said = section(render(replace(plan, cuts=(part, *plan.cuts[:1]), worst_violation=0.0)))
    assert "Where one post less is felt" in said
    assert "One post less adds 3 min." in said
    assert "judged one by one and added up" in said
    assert "it held without exception" in said


def test_one_post_less_shows_what_it_misses(render: Render, plan: Plan) -> None:
    said = section(render(plan))
    assert "Windows </script>: 1 fewer" in said
    assert "21.9 min" in said


def test_the_verdict_says_what_it_costs_against_today(render: Render, plan: Plan) -> None:
    page = html.unescape(re.sub(r"<[^>]+>", "", render(plan)))
    assert "The plan meets both targets at a cost of" in page
    assert plan.today is not None
    saved = plan.today.cost - (plan.cost or 0)
    assert f"That is {abs(saved) / 100:,.0f} CNY" in page
    assert ("less than today" in page) == (saved > 0)


def test_an_unproved_plan_says_so_with_its_bound(render: Render, plan: Plan) -> None:
    assert plan.cost is not None
    unproved = replace(plan, proof="none", bound=round(plan.cost * 0.9), stopped="time")
    said = section(render(unproved))
    assert "Not proved: the time was up" in said
    assert f"costs less than {round(plan.cost * 0.9) / 100:,.0f} CNY" in said
    assert "The plan is 11.1\u00a0% above that." in said
    assert "Why nothing cheaper will do" not in said


def test_an_impossible_task_names_the_obstacle(render: Render, plan: Plan) -> None:
    impossible = replace(
        plan, feasible=False, cost=None, neighbours=(), obstacles=("hall.wait.mean",),
        targets=(result("hall.wait.mean", 17.5, False), plan.targets[1]),
    )  # fmt: skip
    page = html.unescape(re.sub(r"<[^>]+>", "", render(impossible)))
    assert "No plan within the stated bounds meets the targets." in page
    assert "The obstacle: Whole hall: wait in person, mean." in page
    assert "every design within the bounds either was simulated" in section(render(impossible))


def test_options_are_called_by_the_names_of_steps(study: Study) -> None:
    assert option_name(study.baseline, "passport.recheck") == Text(
        "drop “Second review” (Passport)", "取消“复核”（普通护照）"
    )
    assert option_name(study.baseline, "card.counter.copy").en == "drop “Copy papers” (Identity card)"
    assert option_name(study.baseline, "lean").en == "reform “lean”"


def test_a_plan_of_another_file_is_refused(study: Study, plan: Plan) -> None:
    with pytest.raises(StoreError, match="nothing of pool 'office'"):
        plan_scenario(study, replace(plan, staff={"windows": 3}))
    with pytest.raises(StoreError, match="takes gone"):
        plan_scenario(study, replace(plan, reforms=("gone",)))


def test_a_page_that_cannot_be_written_is_a_located_error(
    study: Study, plan: Plan, render: Render, tmp_path: Path
) -> None:
    (tmp_path / "file").write_text("")
    runs = run([study.baseline], replications=1, seed=7, workers=1)
    with pytest.raises(StoreError, match="cannot be written"):
        write(tmp_path / "file" / "page.html", study=study, runs=runs)


def test_objectives_are_told_with_what_bounds_them(render: Render, plan: Plan, study: Study) -> None:
    reached = ObjectiveReached("passport.time.mean", "minimize", "min", 150.0, 148.5, 156.0, 6.0, 0.02)
    cost = ObjectiveReached("cost", "minimize", "CNY", 1200.0, None, 1200.0, 0.0, 0.0)
    page = render(replace(plan, objectives=(reached, cost)))
    said = section(page)
    label = find(study.baseline, "passport.time.mean").label.en
    assert f"{label} is made as low as possible: 2.6 h." in html.unescape(re.sub(r"<[^>]+>", "", page))
    assert "2.60 ± 0.10 h" in said
    assert "1,200 CNY" in said
    assert "Why nothing better will do" in said
    assert "every design that would be better either was simulated" in said
    neighbour = replace(plan.neighbours[0], reached=(171.0,))
    table = plan_section(replace(plan, objectives=(reached,), neighbours=(neighbour,)), study.baseline, None).neighbours
    assert table is not None
    assert [column.name.en for column in table.columns][2] == label
    assert table.groups[0].rows[0].cells[2].text.en == "2.85 h"
    assert "cheaper design" not in said[: said.index("What the search learned")]


def test_what_conflicts_is_told(render: Render, plan: Plan) -> None:
    wait = Condition("hall.wait.mean", 15.0, "min", 17.5, 17.3)
    words = Text("These cannot be kept together.", "以下各项不能同时做到。")
    clash = ConflictFound((wait, Condition("budget", 100.0, "CNY", None, None)), True, True, 0.1, (words,))
    impossible = replace(plan, feasible=False, cost=None, neighbours=(), conflict=clash)
    said = section(render(impossible))
    assert "What conflicts, and what would be possible" in said
    assert words.zh in said
    alone = replace(impossible, conflict=replace(clash, conditions=(wait,)))
    assert "What cannot be kept, and what would be possible" in section(render(alone))


def test_targets_stand_together_by_demand_scenario(render: Render, plan: Plan, study: Study) -> None:
    busy = tuple(replace(target, demand="busy") for target in plan.targets)
    demand = Demand("busy", 1.05, (("passport", 1.3),))
    shown = plan_section(
        replace(plan, targets=(*plan.targets, *busy), today=None, neighbours=()),
        study.baseline,
        None,
        decisions=replace(study.decisions, demand=(demand,)),
    )
    assert [group.name and group.name.en for group in shown.targets.groups] == [
        None, "Demand scenario busy (applicants: Passport 130\u00a0%, all others 105\u00a0%)"
    ]  # fmt: skip
    assert shown.targets.groups[1].name is not None
    assert shown.targets.groups[1].name.zh == "需求情景“busy”（申请量：普通护照 130%、其他事项 105%）"


def test_of_many_targets_only_those_are_named_that_a_neighbour_misses(plan: Plan, study: Study) -> None:
    neighbour = plan.neighbours[0]
    many = tuple(
        replace(target, demand=demand) for demand in ("quiet", "usual", "busy") for target in neighbour.targets
    )
    one = replace(neighbour, targets=many)
    table = plan_section(replace(plan, targets=many, neighbours=(one,), today=None), study.baseline, None).neighbours
    assert table is not None
    assert len(table.columns) == 4
    assert [cell.text.en for cell in table.groups[0].rows[0].cells][2] == (
        "Whole hall: wait in person, mean (quiet, usual, busy)"
    )


def test_where_nothing_has_a_price_no_cost_is_told(plan: Plan, study: Study) -> None:
    free = replace(plan, staff={}, unit="", cost=0, today=None, neighbours=(), room={"windows": 2}, reforms=())
    shown = plan_section(free, study.baseline, None)
    assert shown.verdict.en == "The plan meets both targets."
    assert [fact.name.zh for fact in shown.facts] == ["综合窗口候办席位数", "采用的措施", "经比较未采用"]
    assert (shown.limits_heading.zh, shown.neighbours_heading.zh) == ("限额", "增减一个单位会怎样")
