"""Limits on posts: what they mean and where they are wrong; plans under them are the cheapest; which of them bind."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgov.errors import InputError
from simgov.optimize import Plan, load, optimize
from simgov.optimize.certify import certificate, uncovered
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.frontier import Frontier
from simgov.optimize.ledger import Ledger
from simgov.optimize.limits import Limit as StaffLimit
from simgov.optimize.master import Master
from simgov.optimize.problem import build
from simgov.optimize.space import Design, Limit, Setting, Space
from simgov.optimize.verify import verify
from simgov.scenario.value import Text
from simgov.study import Study
from simgov.study import load as load_study

OFFICE = Path(__file__).parent / "files" / "office.yaml"
LIMITS = """
  limits:
    - {of: [counter, review], at_most: 5, because: {zh: 核定编制, en: posts granted}}
    - {of: {counter: 1, desk: 2}, at_least: 5}
"""


def written(text: str, folder: Path) -> Path:
    path = folder / "office.yaml"
    path.write_text(OFFICE.read_text(encoding="utf-8").replace("optimize:\n", f"optimize:{text.rstrip()}\n"), "utf-8")
    return path


@pytest.fixture(scope="module")
def limited(tmp_path_factory: pytest.TempPathFactory) -> Study:
    return load_study(written(LIMITS, tmp_path_factory.mktemp("limited")))


@pytest.fixture(scope="module")
def plan(limited: Study) -> Plan:
    return optimize(limited, workers=1)


# The file -------------------------------------------------------------------------------------------------------------


def test_limits_as_a_file_says_them(limited: Study) -> None:
    assert limited.decisions is not None
    assert limited.decisions.limits == (
        StaffLimit({"counter": 1, "review": 1}, None, 5, Text("posts granted", "核定编制")),
        StaffLimit({"counter": 1, "desk": 2}, 5, None),
    )
    first, second = (limit.words(limited.baseline) for limit in limited.decisions.limits)
    assert first == Text("Counter + Review: at most 5 (posts granted)", "窗口＋审查合计不超过 5（核定编制）")
    assert second == Text("Counter + 2 × Desk: at least 5", "窗口＋咨询台×2合计不少于 5")


def test_today_is_what_the_posts_add_up_to_now(tmp_path: Path) -> None:
    study = load_study(written("\n  limits: [{of: {counter: 1, review: 2}, exactly: today}]", tmp_path))
    assert study.decisions is not None
    assert study.decisions.limits == (StaffLimit({"counter": 1, "review": 2}, 7, 7),)
    assert study.decisions.limits[0].words(study.baseline).zh == "窗口＋审查×2合计须为 7"


@pytest.mark.parametrize(
    ("limit", "column", "message"),
    [
        ("{of: [counter, revew], at_most: 4}", "27", "there is no pool 'revew'"),
        ("{of: [seal], at_most: 4}", "18", "the posts of 'seal' are not decided, so they belong in no limit"),
        ("{of: [counter, counter], at_most: 4}", "27", "'counter' is listed twice"),
        ("{of: [counter]}", "12", "this limit has no number"),
        ("{of: [counter], exactly: 4, at_most: 5}", "12", "exactly and at_most do not go together"),
        ("{of: [counter, review], at_most: 2}", "12", "the fewest posts already add up to 3, above 2"),
        ("{of: [counter, review], at_least: 9}", "12", "the most posts add up to 8 only, below 9"),
        ("{of: [counter], at_least: 3, at_most: 2}", "12", "at_least 3 is above at_most 2"),
        ("{of: [], at_most: 2}", "17", "this limit is about no pool"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(limit: str, column: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as error:
        load_study(written(f"\n  limits: [{limit}]", tmp_path))
    (problem,) = error.value.problems
    line = next(n for n, one in enumerate(written("\n  limits: []", tmp_path).read_text("utf-8").splitlines(), 1)
                if "limits:" in one)  # fmt: skip
    assert (problem.line, str(problem.column)) == (line, column)
    assert message in str(problem)


# Spaces ---------------------------------------------------------------------------------------------------------------


@st.composite
def limited_spaces(draw: st.DrawFn) -> Space:
    pools = draw(st.integers(1, 3))
    low = [draw(st.integers(0, 1)) for _ in range(pools)]
    high = [least + draw(st.integers(0, 3)) for least in low]
    prices = tuple(
        tuple(7 * n + pool for n in range(h - k + 1)) for pool, (k, h) in enumerate(zip(low, high, strict=True))
    )
    limits = []
    for _ in range(draw(st.integers(1, 2))):
        weights = tuple(draw(st.integers(0, 2)) for _ in range(pools))
        least = draw(st.none() | st.integers(0, 4))
        most = draw(st.none() | st.integers(least or 0, 8))
        limits.append(Limit(weights, least, most))
    return Space(tuple("abc"[:pools]), (), (Setting((), tuple(low), tuple(high), 3, prices),), limits=tuple(limits))


@settings(max_examples=60)
@given(limited_spaces())
def test_every_way_to_count_and_choose_keeps_the_limits(space: Space) -> None:
    low, high = space.lowest(0), space.highest(0)
    grid = [space.design(0, low + np.array(offset)) for offset in np.ndindex(*(high - low + 1))]
    kept = [d for d in grid if all(limit.allows(limit.used(d.staff)) for limit in space.limits)]
    assert (list(space.designs()), space.size, space.grid) == (kept, len(kept), len(grid))
    assert [space.allows(d) for d in grid] == space.allowed(0, np.array([d.staff for d in grid])).tolist()
    cheapest = Master(space, [[]]).cheapest()
    assert cheapest is None if not kept else cheapest == min((space.cost(d), cheapest[1]) for d in kept)  # type: ignore[index]
    assert cheapest is None or space.allows(cheapest[1])
    fullest = Master(space, [[]]).fullest()
    assert (fullest and sum(fullest.staff)) == max((sum(d.staff) for d in kept), default=None)


@settings(max_examples=40)
@given(limited_spaces())
def test_what_is_left_to_exclude_lies_below_the_listed_designs(space: Space) -> None:
    rival = max((space.cost(d) for d in space.designs()), default=0), Design((9, 9, 9), ())
    frontier = Frontier(
        space, rival, lambda _, rows: np.ones(len(rows), np.bool_), [np.zeros(space.dimensions, bool)], 1
    )
    rows = frontier.rows(0)
    assert all(space.allowed(0, rows)) if len(rows) else True
    for design in space.designs():
        assert (np.array(design.staff) <= rows).all(axis=1).any()
        up = frontier.around(0, space.vector(design), 8)
        assert space.allowed(0, up).all()


@settings(max_examples=30)
@given(limited_spaces(), st.data())
def test_both_checks_of_the_certificate_ask_only_for_designs_within_the_limits(
    space: Space, data: st.DataObject
) -> None:
    designs = list(space.designs())
    if not designs:
        return
    plan = data.draw(st.sampled_from(designs))
    evidence = certificate(space, (), ((),), Ledger(space, (), ((),), 0.01, None), plan, {"total": space.cost(plan)})
    before = sorted((space.cost(d), d.staff) for d in designs if (space.cost(d), d) < (space.cost(plan), plan))
    assert [(cost, staff) for cost, staff, _ in uncovered(evidence)] == before
    found = an_uncovered(evidence)
    assert (found is None) == (not before)
    assert found is None or found.staff in [staff for _, staff in before]


# Plans ----------------------------------------------------------------------------------------------------------------


def test_the_plan_is_the_cheapest_within_the_limits(limited: Study, plan: Plan) -> None:
    assert limited.decisions is not None
    problem = build(limited.baseline, limited.reforms, limited.targets, limited.decisions)
    simulator = Simulator(problem, plan.replications, plan.seed, Stopper(), 1, 0.95)
    in_order = sorted((problem.space.cost(d), d) for d in problem.space.designs())
    cost, design = next(one for one in in_order if simulator(one[1]).feasible)
    simulator.close()
    assert (plan.cost, tuple(plan.staff.values()), plan.proof) == (cost, design.staff, "guarded")
    assert plan.staff["counter"] + plan.staff["review"] <= 5 <= plan.staff["counter"] + 2 * plan.staff["desk"]
    assert plan.designs == len(in_order) < problem.space.grid
    assert uncovered(plan.evidence) == []


def test_a_limit_binds_where_a_cheaper_plan_is_found_without_it(limited: Study, plan: Plan) -> None:
    assert limited.decisions is not None
    for place, used in enumerate(plan.limits):
        others = tuple(limit for k, limit in enumerate(limited.decisions.limits) if k != place)
        without = optimize(replace(limited, decisions=replace(limited.decisions, limits=others)), workers=1)
        assert used.binds is not None
        assert used.binds == ((without.cost or 0) < (plan.cost or 0))
        assert (used.saving or 0) == ((plan.cost or 0) - (without.cost or 0) if used.binds else 0)
    assert [used.used for used in plan.limits] == [
        plan.staff["counter"] + plan.staff["review"],
        plan.staff["counter"] + 2 * plan.staff["desk"],
    ]


def test_the_plan_is_kept_and_verified_with_its_limits(limited: Study, plan: Plan, tmp_path: Path) -> None:
    kept = plan.save(tmp_path)
    assert load(tmp_path).limits == kept.limits == plan.limits
    assert verify(tmp_path, limited, sample=3, workers=1).passed
    evidence = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    evidence["limits"][0]["most"] = 3
    (tmp_path / "certificate.json").write_text(json.dumps(evidence), "utf-8")
    assert not verify(tmp_path, limited, sample=0, workers=1).passed


def test_limits_that_no_plan_can_keep_show_the_best_that_they_allow(tmp_path: Path) -> None:
    study = load_study(written("\n  limits: [{of: [counter, review], at_most: 3}]", tmp_path))
    plan = optimize(study, workers=1)
    assert not plan.feasible
    assert plan.proof != "none"
    assert plan.staff["counter"] + plan.staff["review"] <= 3
    assert plan.obstacles


def test_posts_by_type_under_one_headcount() -> None:
    study = load_study(OFFICE.with_name("types.yaml"))
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    run = study.baseline.run
    simulator = Simulator(problem, run.replications, run.seed, Stopper(), 1, 0.95)
    in_order = sorted((problem.space.cost(d), d) for d in problem.space.designs())
    cost, design = next(one for one in in_order if simulator(one[1]).feasible)
    plan = optimize(study, workers=1)
    simulator.close()
    assert sum(design.staff) <= 7 < max(sum(d.staff) for d in Space.designs(replace(problem.space, limits=())))
    assert (plan.cost, tuple(plan.staff.values())) == (cost, design.staff)
