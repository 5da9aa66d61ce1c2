"""Programmes over years: the cheapest is the one that going through all of them finds; conflicts; planning anew."""

from __future__ import annotations

import itertools
import random
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simgov.cli.commands import simgov
from simgov.errors import InputError
from simgov.optimize.evaluation import Stopper
from simgov.optimize.roadmap.certify import certificate
from simgov.optimize.roadmap.coverage import a_cheaper_schedule
from simgov.optimize.roadmap.knowledge import Knowledge
from simgov.optimize.roadmap.master import master_of
from simgov.optimize.roadmap.oracle import Oracle
from simgov.optimize.roadmap.plan import RoadmapPlan, load
from simgov.optimize.roadmap.programme import Programme, Schedule, build
from simgov.optimize.roadmap.quarters import Quarter
from simgov.optimize.roadmap.replanning import Replanning
from simgov.optimize.roadmap.solve import Standing, plan_years
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.roadmap.verify import verify
from simgov.study import Study
from simgov.study import load as load_study
from simgov.units import Money

OFFICE = """simgov: 1
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:30"]}
pools:
  desk:   {kind: window, count: 2, cost: 35 CNY/h}
  review: {kind: department, count: 3, cost: 60 CNY/h, at_closing: pause}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    steps:
      hand_in: {at: desk, time: {lognormal: {mean: 12 min, cv: 0.6}}, in_person: true, accepted: true}
      check:   {at: review, time: {gamma: {mean: 20 min, cv: 0.8}}}
      tray:    {time: {gamma: {mean: 2 workdays, cv: 0.5}}}
      recheck: {at: review, time: {gamma: {mean: 8 min, cv: 0.8}}}
      decide:  {at: review, time: {constant: 3 min}, decision: true}
reforms:
  lean:    [{remove_step: permit.recheck, set_up: 50000 CNY}]
  paper:   [{remove_step: permit.tray, set_up: 90000 CNY, running: 10000 CNY/year}]
  instant: [{automate: {step: permit.check, share: 30 %}, set_up: 200000 CNY, running: 20000 CNY/year, needs: [paper]}]
run: {start: 2026-03-02, period: 8 workdays, warm_up: 4 workdays, replications: 4, seed: 3}
"""

ROADMAP = """roadmap:
  start: 2027-07-01
  quarters: 3
  budgets: {2027: %s CNY}
  at_once: %s
  settle: 1 quarter
  measures: {lean: {}, paper: {%s}, instant: {}}
  staff: {desk: 1..3, review: 2..4}
  milestones:
    - {by: 2027-Q4, kpi: permit.days.mean, at_most: %s workdays}
    - {by: 2028-Q1, kpi: permit.days.mean, at_most: 0.2 workdays}
    - {by: 2027-Q3, kpi: permit.wait.mean, at_most: 15 min}
"""


def study_of(folder: Path, budget: str = "700000", paper: str = "", first: str = "3", at_once: str = "1") -> Study:
    path = folder / "scenario.yaml"
    path.write_text(OFFICE + ROADMAP % (budget, at_once, paper, first), encoding="utf-8")
    return load_study(path)


@pytest.fixture(scope="module")
def planned(tmp_path_factory: pytest.TempPathFactory) -> tuple[Study, RoadmapPlan]:
    """A study and its programme."""
    study = study_of(tmp_path_factory.mktemp("planned"))
    return study, plan_years(study)


def programme_of(study: Study) -> Programme:
    assert study.roadmap is not None
    return build(study, study.roadmap)


def everything(programme: Programme) -> list[Schedule]:
    """Every schedule that the rules of the roadmap allow, written down here once more."""
    roadmap, found = programme.roadmap, []
    names = [option.name for option in programme.options]
    posts = list(itertools.product(*(range(low, high + 1) for low, high in roadmap.staff.values())))
    for begins in itertools.product(range(roadmap.quarters + 1), repeat=len(names)):
        at = dict(zip(names, begins, strict=True))
        if max([begins.count(q) for q in range(roadmap.quarters)]) > (roadmap.at_once or 9):
            continue
        if at["instant"] < roadmap.quarters and at["paper"] + 1 > at["instant"]:
            continue
        for staff in itertools.product(posts, repeat=len(roadmap.years)):
            schedule = Schedule(begins, staff)
            costs = programme.costs(schedule)
            if all(cost <= roadmap.budgets.get(year, cost) for year, cost in zip(roadmap.years, costs, strict=True)):
                found.append(schedule)
    return found


def keeps(programme: Programme, oracle: Oracle, schedule: Schedule) -> bool:
    """Whether every state and every year of a schedule keeps what holds in it."""
    for goal, condition in enumerate(programme.conditions):
        for quarter in range(condition.first, condition.last + 1):
            for state in programme.states(schedule, quarter):
                if not programme.targets[goal].met(oracle.state(state)[goal]):
                    return False
    years = range(len(programme.roadmap.years))
    return all(value.kept for year in years for value in oracle.year(schedule, year))


def test_the_cheapest_of_all_is_found(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    programme = programme_of(study)
    plan = plan_years(study)
    oracle = Oracle(programme, Subjects(programme), 3, 4, Stopper())
    ordered = sorted(
        everything(programme),
        key=lambda s: (sum(programme.costs(s)), sum(s.begins)),
    )
    best = next(schedule for schedule in ordered if keeps(programme, oracle, schedule))
    oracle.close()
    assert plan.proof == "guarded"
    assert plan.cost == sum(programme.costs(best)) / 100 == plan.bound
    assert [one.begins for one in plan.measures] == [
        None if begin == 3 else str(programme.roadmap.calendar[begin]) for begin in best.begins
    ]
    assert all(milestone.met for milestone in plan.milestones)
    assert plan.simulations < oracle.states + oracle.years


def test_costs_are_those_of_the_dated_scenario(tmp_path: Path) -> None:
    """The price lists against the office's own bookkeeping, for programmes drawn at random."""
    from simgov.kpi.cost import plan_cost
    from simgov.units import Duration

    programme = programme_of(study_of(tmp_path))
    draw = random.Random(5)
    days = sum(quarter.days for quarter in programme.roadmap.calendar)
    for schedule in draw.sample(everything(programme), 5):
        first, last = programme.roadmap.calendar[0].start, programme.roadmap.calendar[-1].end
        dated = programme.dated(schedule, first, last)
        dated = replace(dated, run=replace(dated.run, start=first), horizon=Duration(days * 1440.0))
        assert abs(plan_cost(dated) - sum(programme.costs(schedule))) <= 3 * programme.quarters


def test_same_seed_same_programme_for_any_number_of_workers(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    one, two = plan_years(study, workers=1), plan_years(study, workers=2)
    assert one.to_json() == two.to_json()
    assert one.evidence == two.evidence


def test_a_budget_too_small_conflicts_with_the_milestones_that_need_it(tmp_path: Path) -> None:
    """What is called possible instead is possible."""
    plan = plan_years(study_of(tmp_path, budget="390000", first="1"))
    assert not plan.feasible
    assert plan.proof == "guarded"
    budget, at_once, first, wait = plan.conflict
    assert [rule.kind for rule in plan.conflict] == ["budget", "at_once", "milestone", "milestone"]
    assert (budget.what, first.what, wait.what) == (("2027",), ("0",), ("2",))
    assert at_once.nearest["amount"] == 2
    assert plan_years(study_of(tmp_path, budget=f"{budget.nearest['amount']:.2f}", first="1")).feasible
    assert plan_years(study_of(tmp_path, budget="390000", first="1", at_once="2")).feasible
    assert plan_years(study_of(tmp_path, budget="390000", first=f"{first.nearest['value']:.3f}")).feasible


def test_a_late_start_conflicts_by_itself(tmp_path: Path) -> None:
    plan = plan_years(study_of(tmp_path, paper="from: 2028-Q1"))
    assert [(rule.kind, rule.what) for rule in plan.conflict] == [("milestone", ("1",))]


def test_planning_anew_keeps_what_has_begun(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    before = plan_years(study).save(tmp_path / "plan")
    assert load(tmp_path / "plan").to_json() == before.to_json()
    same = plan_years(study, anew=Replanning(before, Quarter(2027, 4)))
    assert (same.changes, same.cost) == ((), before.cost)
    late = plan_years(study, anew=Replanning(before, Quarter(2027, 4), slipped={"paper": 3}))
    assert not late.feasible  # the milestone of 2028-Q1 rests on it
    assert [rule.kind for rule in late.conflict] == ["milestone"]


def test_the_command_plans_anew_and_says_why(tmp_path: Path, planned: tuple[Study, RoadmapPlan]) -> None:
    study, before = planned
    before.save(tmp_path / "plan")
    asked = ["roadmap", str(study.path), "--from", str(tmp_path / "plan"), "--today", "2027-Q4", "--out", str(tmp_path)]
    runner = CliRunner()
    late = runner.invoke(simgov, [*asked, "--slipped", "paper:3", "--budget", "2028=900000 CNY", "--lang", "zh"])
    assert late.exit_code == 1, late.output
    for line in (
        "自 2027-Q4 起重新规划。",
        "paper：推迟 3 个季度",
        "2028 年预算：900,000 元",
        "以下要求不能同时满足：",
    ):
        assert line in late.stdout
    kept = load(tmp_path)
    assert (kept.slipped, kept.new_budgets) == ({"paper": 3}, {2028: 900_000.0})
    same = runner.invoke(simgov, [*asked, "--lang", "en"])
    assert same.exit_code == 0, same.output
    assert "Nothing changes." in same.stdout
    alone = runner.invoke(simgov, ["roadmap", str(study.path), "--slipped", "paper:3", "--lang", "en"])
    assert alone.exit_code == 2
    assert "--slipped without --from" in alone.output


def test_what_is_late_beyond_the_end_does_not_begin(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    before = plan_years(study)
    begins = {one.name: one.begins for one in before.measures}
    assert begins["paper"] is not None
    assert study.roadmap is not None
    windows = Replanning(before, Quarter(2027, 3), slipped={"paper": 9}).roadmap(study.roadmap).measures
    assert windows["paper"].first == study.roadmap.quarters  # that is never


def test_all_that_does_not_fit_the_earlier_roadmap_is_said_at_once(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    before = plan_years(study)
    unused = next(one.name for one in before.measures if one.begins is None)
    budgets = {2026: Money(1, "CNY"), 2027: Money(1, "CNY"), 2028: Money(1, "USD")}
    with pytest.raises(InputError) as error:
        plan_years(study, anew=Replanning(before, Quarter(2028, 1), slipped={"papr": 1, unused: 1}, budgets=budgets))
    assert [problem.message for problem in error.value.problems] == [
        "there is no measure of the roadmap 'papr'",
        f"{unused} does not begin in the earlier roadmap, so it cannot be late",
        "2026 is no year of the roadmap",
        "2027 is over when 2028-Q1 begins",
        "this is in USD; the roadmap is in CNY",
    ]
    other = replace(before, years=tuple(replace(year, staff={"desk": 2}) for year in before.years))
    with pytest.raises(InputError, match="the earlier roadmap does not fit the file"):
        plan_years(study, anew=Replanning(other, Quarter(2027, 4)))


def test_stopped_early_it_gives_a_bound(tmp_path: Path) -> None:
    plan = plan_years(study_of(tmp_path), simulations=1)
    assert (plan.proof, plan.stopped, plan.simulations) == ("none", "simulations", 1)
    assert plan.bound is not None
    whole: RoadmapPlan = plan_years(study_of(tmp_path))
    assert whole.cost is not None
    assert plan.bound <= whole.cost


@pytest.mark.parametrize("how", ["interrupted", "time"])
def test_ctrl_c_and_time_give_the_best_so_far(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, how: str) -> None:
    study = study_of(tmp_path)
    now = [0.0]
    monkeypatch.setattr("simgov.optimize.evaluation.clock.monotonic", lambda: now[0])
    monkeypatch.setattr("simgov.optimize.roadmap.solve.clock.monotonic", lambda: now[0])

    def once_found(standing: Standing) -> None:
        if standing.incumbent is not None and how == "interrupted":
            raise KeyboardInterrupt
        now[0] += 100.0 if standing.incumbent is not None else 0.0

    plan = plan_years(study, time=60.0, progress=once_found, workers=1)
    assert (plan.proof, plan.stopped) == ("none", how)
    assert plan.cost is not None
    assert plan.bound is not None
    assert plan.bound <= plan.cost
    assert all(milestone.met for milestone in plan.milestones)


ALONE = """  dear: [{pool_windows: {into: review, from: [desk], cost: 70 CNY/h}}]
run: {start: 2026-03-02, period: 8 workdays, warm_up: 4 workdays, replications: 4, seed: 3}
roadmap:
  start: 2027-01-01
  quarters: 4
  measures: {instant: {}, dear: {}}
  staff: {review: 2..4}
  milestones: [{by: 2027-Q2, kpi: permit.days.mean, at_most: 3 workdays}]
"""


def test_a_measure_that_could_never_begin_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "alone.yaml"
    path.write_text(OFFICE[: OFFICE.index("run:")] + ALONE, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_study(path)
    line = OFFICE.count("\n") + 5
    assert [(problem.line, problem.dotted, problem.message) for problem in error.value.problems] == [
        (line, "roadmap.measures.instant", "instant needs paper first, and no measure of the roadmap brings it"),
        (
            line,
            "roadmap.measures.dear",
            "dear changes what a post of review costs, and how many there are is decided too",
        ),
        (
            line,
            "roadmap.measures.dear",
            "dear cannot begin on a date while the office is at work: desk would be gone from 2027-04-01 on, and cases"
            " that applied before still need it; keep the pool, with fewer posts",
        ),
    ]


WRONG = """roadmap:
  start: 2027-01-15
  quarters: 4
  budgets: {2030: 5 CNY}
  measures: {leen: {}, paper: {from: 2029-Q1}}
  staff: {dask: 1..3}
  milestones:
    - {by: 2028-Q1, kpi: permit.days.mean, at_most: 3 workdays}
    - {by: 2027-Q1, kpi: cost, at_most: 3 CNY}
"""


def test_all_that_is_wrong_is_said_at_once_with_its_place(tmp_path: Path) -> None:
    path = tmp_path / "wrong.yaml"
    path.write_text(OFFICE + WRONG, encoding="utf-8")
    with pytest.raises(InputError) as error:
        load_study(path)
    first = OFFICE.count("\n")
    found = {(problem.line - first, problem.dotted): problem.message for problem in error.value.problems}
    assert found == {
        (2, "roadmap.start"): "2027-01-15 is not the first day of a quarter",
        (4, "roadmap.budgets.2030"): "2030 is outside the roadmap",
        (5, "roadmap.measures.leen"): "there is no reform 'leen'",
        (5, "roadmap.measures.paper"): "paper could not begin before it is too late",
        (5, "roadmap.measures.paper.from"): "2029-Q1 is outside the roadmap",
        (6, "roadmap.staff.dask"): "there is no pool 'dask'",
        (8, "roadmap.milestones[0].by"): "2028-Q1 is outside the roadmap",
        (9, "roadmap.milestones[1].kpi"): "money is limited by budgets",
    }


def test_the_certificate_stands_and_falls_with_what_it_says(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    plan = plan_years(study).save(tmp_path / "plan")
    verdict = verify(tmp_path / "plan", study, sample=3)
    assert {check.key: check.passed for check in verdict.checks} == dict.fromkeys(
        ("scenario", "plan", "simulations", "cuts", "refusals", "coverage", "years", "sample"), True
    )
    assert a_cheaper_schedule(plan.evidence) is None
    left = a_cheaper_schedule({**plan.evidence, "cuts": []})
    assert left is not None
    assert left["cost"] < plan.evidence["cost"]
    replace(plan, evidence={**plan.evidence, "fixed": [1, 1]}).save(tmp_path / "plan")
    assert not verify(tmp_path / "plan", study, sample=1).passed


Forged = Callable[[RoadmapPlan], RoadmapPlan]


def _certified(**evidence: Callable[[Any], Any]) -> Forged:
    """The plan with something else in its certificate."""
    return lambda plan: replace(
        plan, evidence={**plan.evidence, **{key: change(plan.evidence[key]) for key, change in evidence.items()}}
    )


FORGERIES: dict[str, tuple[str, Forged]] = {
    "a cost that is not that of the programme": ("plan", lambda plan: replace(plan, cost=1.0, bound=1.0)),
    "other posts": (
        "plan",
        lambda plan: replace(plan, years=(replace(plan.years[0], staff={"desk": 1, "review": 2}),)),
    ),
    "a measure that begins earlier": (
        "plan",
        lambda plan: replace(plan, measures=tuple(replace(one, begins="2027-Q3") for one in plan.measures)),
    ),
    "a limit that is not the file's": (
        "plan",
        lambda plan: replace(plan, milestones=tuple(replace(one, limit=99.0) for one in plan.milestones)),
    ),
    "measures that can be at work together": (
        "refusals",
        _certified(impossible=lambda _: [{"staff": [1, 2], "options": [1, 1, 0], "era": 0}]),
    ),
    "measures that can begin so": (
        "refusals",
        _certified(undatable=lambda _: [{"begins": [3, 0, 3], "staff": [[2, 3], [2, 3]]}]),
    ),
    "cuts that leave out more than they may": (
        "cuts",
        _certified(
            cuts=lambda cuts: [
                {**cut, "effects": {key: [0 for _ in own] for key, own in cut["effects"].items()}} for cut in cuts
            ]
        ),
    ),
    "years of a figure that was not simulated": (
        "years",
        lambda plan: replace(
            plan,
            milestones=tuple(
                replace(one, years=tuple(replace(year, value=year.value / 2) for year in one.years))
                for one in plan.milestones
            ),
        ),
    ),
}


@pytest.mark.parametrize("name", FORGERIES)
def test_a_forged_roadmap_is_seen_through(tmp_path: Path, planned: tuple[Study, RoadmapPlan], name: str) -> None:
    study, plan = planned
    key, forge = FORGERIES[name]
    forge(plan).save(tmp_path / "forged")
    checks = {check.key: check.passed for check in verify(tmp_path / "forged", study, sample=0, workers=1).checks}
    assert not checks[key]


def test_a_bound_and_a_conflict_are_checked_too(tmp_path: Path) -> None:
    study = study_of(tmp_path, paper="from: 2028-Q1")
    conflict = plan_years(study)
    conflict.save(tmp_path / "conflict")
    assert verify(tmp_path / "conflict", study, sample=0).passed
    other = replace(conflict.conflict[0], what=("2",))
    replace(conflict, conflict=(other,)).save(tmp_path / "conflict")
    assert _failed(tmp_path / "conflict", study) == ["conflict"]
    stopped = plan_years(study_of(tmp_path), simulations=4)
    assert stopped.bound is not None
    stopped.save(tmp_path / "stopped")
    assert _failed(tmp_path / "stopped", study_of(tmp_path)) == []
    replace(stopped, bound=stopped.bound * 2).save(tmp_path / "stopped")
    assert _failed(tmp_path / "stopped", study_of(tmp_path)) == ["coverage"]


def _failed(folder: Path, study: Study) -> list[str]:
    return [check.key for check in verify(folder, study, sample=0, workers=1).checks if not check.passed]


def test_the_two_integer_programmes_agree_on_what_a_schedule_costs(tmp_path: Path) -> None:
    """The cheapest schedule without any cut, by the search's programme and by that of the certificate."""
    study = study_of(tmp_path)
    programme = programme_of(study)
    knowledge = Knowledge(programme, Subjects(programme))
    best = master_of(knowledge).best()
    assert best is not None
    cost = sum(programme.costs(best[1]))
    evidence = certificate(knowledge, None, best[1], cost)
    assert a_cheaper_schedule(evidence) is None
    dearer = a_cheaper_schedule({**evidence, "cost": cost + 1})
    assert dearer is not None
    assert dearer["cost"] == cost
