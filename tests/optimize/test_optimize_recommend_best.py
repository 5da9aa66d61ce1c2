"""A file that asks for the best KPI under a budget, or for several things one after the other."""

from __future__ import annotations

from itertools import product
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgov.cli.commands import simgov
from simgov.errors import InputError
from simgov.optimize import Plan, load, optimize
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.problem import build
from simgov.optimize.space import Design
from simgov.optimize.verify import verify
from simgov.study import Study
from simgov.study import load as load_study

SMALL = Path(__file__).parent / "files" / "small.yaml"


def written(folder: Path, section: str, targets: bool = True) -> Path:
    text = SMALL.read_text(encoding="utf-8").replace("  staff: {", f"{section}\n  staff: {{")
    if not targets:
        text = text[: text.index("targets:")] + text[text.index("optimize:") :]
    place = folder / "scenario.yaml"
    place.write_text(text, encoding="utf-8")
    return place


def every(study: Study) -> list[tuple[int, Design, tuple[float, ...], bool]]:
    """Cost, design, KPIs of the targets, and whether all are kept, by simulating every design."""
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    simulator = Simulator(problem, study.baseline.run.replications, study.baseline.run.seed, Stopper(), 1)
    try:
        found = []
        for posts in product(range(1, 6), range(1, 7)):
            for removed in (False, True):
                design = Design(posts, (removed,))
                evaluation = simulator(design)
                found.append((problem.space.cost(design), design, evaluation.values, evaluation.feasible))
        return found
    finally:
        simulator.close()


@pytest.fixture(scope="module")
def designs() -> list[tuple[int, Design, tuple[float, ...], bool]]:
    return every(load_study(SMALL))


def design_of(plan: Plan) -> Design:
    return Design(tuple(plan.staff.values()), (bool(plan.reforms),))


def test_the_best_mean_under_a_budget(tmp_path: Path, designs: list) -> None:
    study = load_study(written(tmp_path, "  minimize: permit.time.mean\n  budget: 400000 CNY"))
    plan = optimize(study, workers=1)
    assert plan.feasible
    assert plan.proof == "guarded"
    (objective,) = plan.objectives
    truth = min(values[0] for cost, _, values, kept in designs if kept and cost <= 40_000_000)
    assert objective.bound is not None
    assert objective.bound <= truth <= objective.value <= truth * 1.0101
    assert plan.cost is not None
    assert plan.cost <= 40_000_000
    values = next(values for _, design, values, _ in designs if design == design_of(plan))
    assert values[0] == objective.value
    assert [target.kpi for target in plan.targets] == ["permit.time.mean", "permit.time.p90"]
    assert plan.bound is None


@pytest.mark.parametrize(
    "section",
    [
        "  minimize: permit.time.mean\n  budget: 400000 CNY",
        "  minimize: [{kpi: permit.time.p90, within: 5 %}, cost]\n  budget: 500000 CNY",
        "  minimize: [cost, permit.time.mean]",
    ],
)
def test_the_certificate_of_an_objective_is_verified(tmp_path: Path, section: str) -> None:
    study = load_study(written(tmp_path, section))
    plan = optimize(study, workers=1).save(tmp_path / "plan")
    assert load(tmp_path / "plan").objectives == plan.objectives
    verdict = verify(tmp_path / "plan", study, sample=10, workers=1)
    assert verdict.passed, verdict.checks
    other = load_study(written(tmp_path, section.replace("00000 CNY", "10000 CNY") + "\n  horizon: 2 years"))
    assert not verify(tmp_path / "plan", other, sample=2, workers=1).passed


def test_a_little_of_the_first_is_given_up_for_the_second(tmp_path: Path, designs: list) -> None:
    section = "  minimize: [{kpi: permit.time.p90, within: 40 %}, cost]\n  budget: 600000 CNY"
    plan = optimize(load_study(written(tmp_path, section)), workers=1)
    p90, cost = plan.objectives
    kept = [one for one in designs if one[3] and one[0] <= 60_000_000]
    best = min(values[1] for _, _, values, _ in kept)
    assert p90.bound is not None
    assert p90.bound <= best
    assert p90.value <= best * 1.4142
    assert cost.value * 100 <= min(c for c, _, values, _ in kept if values[1] <= best * 1.4)
    assert cost.bound == cost.value


def test_a_throughput_without_targets_or_budget(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, "  maximize: permit.throughput", targets=False))
    plan = optimize(study, workers=1)
    assert plan.feasible
    assert plan.targets == ()
    (objective,) = plan.objectives
    assert objective.sense == "maximize"
    assert objective.bound is not None
    assert objective.bound >= objective.value


def test_targets_out_of_reach_of_the_budget_are_a_conflict(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, "  minimize: permit.time.p90\n  budget: 100000 CNY"))
    plan = optimize(study, workers=1)
    assert (plan.feasible, plan.proof) == (False, "guarded")
    assert plan.conflict is not None
    assert "budget" in [condition.kpi for condition in plan.conflict.conditions]


def test_a_search_cut_short_claims_no_bound(tmp_path: Path) -> None:
    study = load_study(written(tmp_path, "  minimize: permit.time.mean\n  budget: 400000 CNY"))
    full = optimize(study, workers=1)
    plan = optimize(study, workers=1, simulations=full.simulations - 1)
    assert (plan.proof, plan.stopped) == ("none", "simulations")
    assert all(objective.bound is None for objective in plan.objectives)


def test_the_budget_of_the_file_holds_for_the_cheapest_plan_too(tmp_path: Path) -> None:
    assert not optimize(load_study(written(tmp_path, "  budget: 100000 CNY")), workers=1).feasible


@pytest.mark.parametrize(
    ("section", "message"),
    [
        ("  minimize: permit.tome.mean", "permit.tome.mean"),
        ("  maximize: cost", "the cost is not made as large as possible"),
        ("  minimize: cost\n  maximize: permit.throughput", "which comes first"),
        ("  minimize: [cost, cost]", "listed twice"),
        ("  minimize: [{kpi: permit.time.mean, within: 5}]", "5"),
        ("  minimize: [{kpi: permit.time.mean, limit: 5 %}]", "an objective has one KPI"),
        ("  minimize: []", "nothing to make as good as possible"),
        ("  budget: 100 EUR", "the budget is in EUR"),
    ],
)
def test_what_is_written_wrongly_is_located(tmp_path: Path, section: str, message: str) -> None:
    with pytest.raises(InputError) as caught:
        load_study(written(tmp_path, section))
    faults = [str(problem) for problem in caught.value.problems]
    assert any(message in fault and "scenario.yaml:" in fault for fault in faults), faults


def test_the_command_says_it_in_both_languages(tmp_path: Path) -> None:
    place = written(tmp_path, "  minimize: [{kpi: permit.time.mean, within: 2 %}, cost]\n  budget: 400000 CNY")
    asked = ["optimize", str(place), "--workers", "1", "--out", str(tmp_path / "plan")]
    english = CliRunner().invoke(simgov, asked)
    assert english.exit_code == 0, english.output
    assert "permit.time.mean, as low as possible: 2.28 h" in english.output
    chinese = CliRunner().invoke(simgov, [*asked, "--lang", "zh"])
    assert "许可：办理用时（平均）（尽可能低）：2.28 小时" in chinese.output
