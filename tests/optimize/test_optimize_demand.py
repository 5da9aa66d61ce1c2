"""Demand scenarios: what a file says, what it makes of the office, and plans that hold in all of them or in some."""

from __future__ import annotations

import datetime
import itertools
import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgov.optimize import Plan, optimize
from simgov.optimize.certify import uncovered
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.demand import Demand, scaled
from simgov.optimize.goals import Evaluation, Goal, Together
from simgov.optimize.space import Design, Option
from simgov.optimize.traffic import cases_a_week
from simgov.optimize.verify import verify
from simgov.scenario.value import Appointments
from simgov.study import Study
from simgov.study.document import parse_document
from simgov.study.reading import interpret
from tests.optimize.test_optimize_search import Made, box, evidence_of, searched

OFFICE = Path(__file__).parent / "files" / "office.yaml"


def read(optimize_lines: str, place: Path = OFFICE) -> tuple[Study | None, list[str]]:
    text = OFFICE.read_text(encoding="utf-8")
    text = text.replace("  minimize: cost\n", f"  minimize: cost\n{optimize_lines}").replace(
        "replications: 12", "replications: 6"
    )
    study, problems = interpret(parse_document(text.encode(), "office"), place)
    return study, [str(problem) for problem in problems if not problem.warning]


# The file -------------------------------------------------------------------------------------------------------------


def test_shares_of_all_and_of_each_service() -> None:
    lines = "  demand: {quiet: 80 %, usual: 100 %, busy: {scale: 125 %}, rush: {permit: 130 %, others: 90 %}}\n"
    study, problems = read(lines)
    assert not problems
    assert study is not None
    assert study.decisions is not None
    assert study.decisions.demand == (
        Demand("quiet", 0.8),
        Demand("usual"),
        Demand("busy", 1.25),
        Demand("rush", 0.9, (("permit", 1.3),)),
    )
    assert study.decisions.hold == 4
    assert [demand.usual for demand in study.decisions.demand] == [False, True, False, False]


@pytest.mark.parametrize(("said", "hold"), [("all", 2), ("1", 1), ("{at_least: 2}", 2)])
def test_in_how_many_they_hold(said: str, hold: int) -> None:
    study, problems = read(f"  demand: {{quiet: 80 %, busy: 125 %}}\n  hold: {said}\n")
    assert not problems
    assert study is not None
    assert study.decisions is not None
    assert study.decisions.hold == hold


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        ("  demand: {busy: 125}\n", "125 has no unit"),
        ("  demand: {busy: {permitt: 125 %}}\n", "no service 'permitt'"),
        ("  demand: {busy: {scale: 125 %, permit: 130 %}}\n", "scale is for all services"),
        ("  demand: {busy: 0 %}\n", "nobody would come"),
        ("  demand: {busy: {}}\n", "says nothing"),
        ("  demand: {busy: 125 %}\n  hold: 2\n", "2 of 1 demand scenarios is not possible"),
        ("  hold: 1\n", "no demand scenarios to hold in"),
        ("  demand: {busy: 125 %}\n  hold: most\n", "'most' is not a number of demand scenarios"),
    ],
)
def test_what_is_wrong_is_said_with_its_place(lines: str, message: str) -> None:
    _, problems = read(lines)
    assert len(problems) == 1
    assert message in problems[0]


# The office -----------------------------------------------------------------------------------------------------------


def test_as_many_come_as_it_says_whichever_way_they_come() -> None:
    study, _ = read("")
    assert study is not None
    base = study.baseline
    busy = Demand("busy", 0.5, (("permit", 1.5),)).applied(base)
    for service, factor in zip(base.services, (1.5, 0.5), strict=True):
        assert cases_a_week(busy.service(service.id), busy) == pytest.approx(factor * cases_a_week(service, base))
    assert busy.pools == base.pools
    later = base.with_phase_from(base.run.start + datetime.timedelta(days=2))
    assert Demand("busy", 2.0).applied(later).phases[0].services == Demand("busy", 2.0).applied(base).services
    assert Demand("usual").applied(base) is base


def test_places_are_booked_until_all_are_taken() -> None:
    study, _ = read("")
    assert study is not None
    week = ((), *[((540, 720),)] * 4, (), ())
    service = replace(study.baseline.services[0], arrivals=None, appointments=Appointments(30, 2, week, taken=0.6))
    for factor, taken in ((0.5, 0.3), (1.5, 0.9), (2.0, 1.0)):
        booked = scaled(service, factor).appointments
        assert booked is not None
        assert booked.taken == pytest.approx(taken)


# The search -----------------------------------------------------------------------------------------------------------


def test_of_groups_the_worst_but_for_those_that_may_be_missed() -> None:
    together = Together(((0, 1), (2,), (3,)), 2)
    assert together.spare == 1
    assert together.missed((True, False, True, False)) == [0, 2]
    assert together.suffices((True, False, True, True))
    assert not together.suffices((True, False, True, False))
    stresses = np.array([[0.3, -1.0, 0.1, -0.5], [-0.2, -0.1, -0.3, 0.9]])
    assert together.decisive(stresses, [0, 1, 2, 3]).tolist() == [0.1, -0.1]
    assert together.among((0, 3)) == Together(((0,), (1,)), 1)
    assert Together.of([Goal("a", 1, True, demand=d) for d in "xxyz"], 2) == Together(((0, 1), (2,), (3,)), 2)
    assert Together.of([Goal("a", 1, True, demand=d) for d in "xy"], 2) == Together.all(2)


class Seasons(Made):
    """A value that falls with staff, from a level of each demand scenario; each of them likes other pools."""

    together: Together

    def values(self, design: Design) -> tuple[float, ...]:
        helped = 2.0 * design.options[0] + 1.0 * design.options[1]
        weights = ((1.0, 0.6, 0.3), (0.3, 1.0, 0.6), (0.6, 0.3, 1.0))
        return tuple(
            sum(weight * level / (1 + n) for weight, n in zip(own, design.staff, strict=True)) - helped
            for own, level in zip(weights, (9.0, 11.0, 13.0), strict=True)
        )

    def evaluate(self, design: Design) -> Evaluation:
        return replace(super().evaluate(design), together=self.together)

    def truth(self) -> tuple[int, Design] | None:
        feasible = [
            (self.space.cost(d), d)
            for d in self.space.designs()
            if self.together.suffices([g.excess(v) <= 0 for g, v in zip(self.goals, self.values(d), strict=True)])
        ]
        return min(feasible, default=None)


@pytest.mark.parametrize(("hold", "limit"), list(itertools.product((1, 2), (5.0, 8.0))))
def test_the_cheapest_that_holds_in_so_many(hold: int, limit: float) -> None:
    options = (Option("remove", "removal", True), Option("parallel", "reform", False))
    goals = tuple(Goal("kpi", limit, True, demand=name) for name in ("quiet", "usual", "busy"))
    made = Seasons(box(3, 3, (5, 7, 4), options), goals)
    made.together = Together.of(goals, hold)
    search = made.search(together=made.together)
    assert searched(search) == made.truth()
    assert len(set(made.asked)) == len(made.asked) < search.space.size
    evidence = json.loads(json.dumps(evidence_of(search)))
    assert uncovered(evidence) == []
    assert an_uncovered(evidence) is None
    laxer = {**evidence, "together": {**evidence["together"], "least": hold - 1}}
    assert an_uncovered(laxer) is not None
    assert uncovered(laxer)


# A plan ---------------------------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def plans(tmp_path_factory: pytest.TempPathFactory) -> dict[str, tuple[Study, Plan, Path]]:
    found = {}
    for hold in ("all", "1"):
        place = tmp_path_factory.mktemp(f"hold-{hold}") / "office.yaml"
        lines = f"  demand: {{usual: 100 %, busy: {{permit: 110 %, enquiry: 140 %}}}}\n  hold: {hold}\n"
        study, problems = read(lines, place)
        assert study is not None
        assert not problems
        found[hold] = (study, optimize(study, workers=2), place.parent / "plan")
    return found


def test_a_plan_tells_each_target_in_each_demand_scenario(plans: dict[str, tuple[Study, Plan, Path]]) -> None:
    _, plan, _ = plans["all"]
    assert [(t.kpi, t.demand) for t in plan.targets] == [
        (kpi, demand) for kpi in ("permit.time.mean", "hall.wait.mean", "hall.wait.p90") for demand in ("usual", "busy")
    ]
    assert plan.feasible
    assert all(target.met for target in plan.targets)
    usual, busy = plan.targets[2].value, plan.targets[3].value
    assert busy > usual
    assert (plan.demands, plan.hold) == (("usual", "busy"), 2)
    assert Plan.from_json(json.loads(json.dumps(plan.to_json()))).targets == plan.targets
    assert any("busy" in cut.words.zh and "busy" in cut.words.en for cut in plan.cuts)


def test_what_need_not_hold_everywhere_costs_no_more(plans: dict[str, tuple[Study, Plan, Path]]) -> None:
    everywhere, somewhere = plans["all"][1], plans["1"][1]
    assert everywhere.cost is not None
    assert somewhere.cost is not None
    assert somewhere.cost < everywhere.cost
    assert {t.demand for t in somewhere.targets if not t.met} == {"busy"}


@pytest.mark.parametrize("hold", ["all", "1"])
def test_plans_under_several_demands_stand_when_checked(hold: str, plans: dict[str, tuple[Study, Plan, Path]]) -> None:
    study, plan, folder = plans[hold]
    plan.save(folder)
    verdict = verify(folder, study, sample=3, workers=2)
    assert [check.key for check in verdict.checks if not check.passed] == []
