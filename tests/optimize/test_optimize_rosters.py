"""Rosters: what they mean and where they are wrong; rows and windows; plans against going through every roster."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgov.errors import InputError
from simgov.experiment import estimate
from simgov.optimize import Plan, load, optimize
from simgov.optimize.certify import certificate, uncovered
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.coverings import Coverings
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.frontier import Frontier
from simgov.optimize.ledger import Ledger
from simgov.optimize.limits import Limit as StaffLimit
from simgov.optimize.master import Master
from simgov.optimize.problem import Problem, build
from simgov.optimize.rosters import Pattern, Roster, in_chinese
from simgov.optimize.space import Design, Limit, Setting, Space
from simgov.optimize.taken import plan_scenario
from simgov.optimize.verify import verify
from simgov.scenario.value import Shift, Text
from simgov.study import Study
from simgov.study import load as load_study

HALL = Path(__file__).parent / "files" / "roster.yaml"


@pytest.fixture(scope="module")
def hall() -> Study:
    return load_study(HALL)


@pytest.fixture(scope="module")
def plan(hall: Study) -> Plan:
    return optimize(hall, workers=1)


def problem_of(study: Study) -> Problem:
    assert study.decisions is not None
    return build(study.baseline, study.reforms, study.targets, study.decisions)


# The file -------------------------------------------------------------------------------------------------------------


def test_a_roster_as_a_file_says_it(hall: Study) -> None:
    assert hall.decisions is not None
    roster = hall.decisions.rosters["hall"]
    assert [(p.id, p.name.zh, p.low, p.high) for p in roster.patterns] == [
        ("full", "全日", 0, 4),
        ("early", "早班", 0, 3),
        ("late", "晚班", 0, 3),
        ("morning", "半日", 0, 2),
    ]
    assert roster.patterns[0].hours == "Mon–Fri 08:00-12:00, 13:00-17:00"
    assert in_chinese(roster.patterns[0].hours) == "周一至周五 08:00-12:00、13:00-17:00"
    assert [row.hours for row in roster.rows] == [
        f"Mon–Fri {hours}" for hours in ("08:00-11:00", "11:00-12:00", "12:00-13:00", "13:00-17:00")
    ]
    assert roster.on_duty((2, 1, 1, 0)) == (3, 3, 2, 3)
    assert roster.bounds == ((1, 9), (1, 7), (1, 6), (1, 7))
    assert hall.decisions.posts == {"hall": (0, 12)}


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("posts: 0..4", "posts: 4..0", "4..0' runs backwards"),
        ('"13:00-17:00"], posts', '"13:00-20:00"], posts', "55 h a week are more than most_hours, 40 h"),
        ("36 CNY/h", "36000 CNY/month", "'hall' is not paid by the hour"),
        ("    hall:\n      patterns", "    hal:\n      patterns", "there is no pool 'hal'"),
        ("  rosters:", "  staff: {hall: 1..4}\n  rosters:", "'hall' is under staff as well"),
        ("count: 4,", "count: 4, absences: {cuts: [{officers: 1, from: 2026-03-02}]},", "may be absent"),
        ("      patterns:", "      on_duty: 8..9\n      patterns:", "8 must be on duty and 7 can be at most"),
    ],
)
def test_what_is_wrong_is_told_where_it_is(before: str, after: str, message: str, tmp_path: Path) -> None:
    text = HALL.read_text("utf-8")
    assert before in text
    (tmp_path / "roster-arrivals.csv").write_bytes(HALL.with_name("roster-arrivals.csv").read_bytes())
    path = tmp_path / "hall.yaml"
    path.write_text(text.replace(before, after, 1), "utf-8")
    with pytest.raises(InputError) as error:
        load_study(path)
    assert any(message in str(problem) and problem.line for problem in error.value.problems)


# Rows and windows -----------------------------------------------------------------------------------------------------


@st.composite
def rosters(draw: st.DrawFn) -> Roster:
    patterns = []
    for number in range(draw(st.integers(1, 4))):
        edges = sorted(draw(st.lists(st.integers(16, 34), min_size=2, max_size=4, unique=True)))
        spans = tuple((30 * a, 30 * b) for a, b in zip(edges[::2], edges[1::2], strict=False))
        days = draw(st.sampled_from([(0, 1, 2, 3, 4), (0, 1), (4,)]))
        week = tuple(spans if day in days else () for day in range(7))
        low = draw(st.integers(0, 1))
        patterns.append(Pattern(f"p{number}", Text("p", "p"), week, low, low + draw(st.integers(0, 2))))
    return Roster("hall", tuple(patterns), 0)


def minutes(shifts: tuple[Shift, ...]) -> np.ndarray:
    """How many are on duty in each minute of the week."""
    found = np.zeros((7, 1440), int)
    for shift in shifts:
        for day, spans in enumerate(shift.week):
            for start, end in spans:
                found[day, start:end] += shift.count
    return found


@settings(max_examples=80)
@given(rosters(), st.data())
def test_windows_open_by_the_rows_are_those_of_the_patterns_minute_by_minute(
    roster: Roster, data: st.DataObject
) -> None:
    counts = [data.draw(st.integers(p.low, p.high)) for p in roster.patterns]
    by_person = minutes(tuple(Shift(n, p.week) for n, p in zip(counts, roster.patterns, strict=True)))
    on_duty = roster.on_duty(counts)
    assert (minutes(roster.shifts(on_duty)) == by_person).all()
    assert sum(n * row.minutes for n, row in zip(on_duty, roster.rows, strict=True)) == by_person.sum()
    for row in roster.rows:
        there = minutes((Shift(1, row.week),)) > 0
        assert len(np.unique(by_person[there])) == 1
    # One more anywhere opens windows and shuts none.
    more = list(on_duty)
    more[data.draw(st.integers(0, len(more) - 1))] += 1
    assert (minutes(roster.shifts(more)) >= by_person).all()


def test_the_engine_runs_windows_by_rows_as_it_runs_officers_of_those_hours(hall: Study) -> None:
    problem = problem_of(hall)
    design = Design((3, 3, 3, 3), ())
    by_rows = problem.scenario(design)
    by_count = hall.baseline.with_staff({"hall": 3})
    kpis = ["hall.wait.mean", "hall.wait.p90", "matter.time.mean"]
    assert by_rows.pool("hall").shifts == (Shift(3, by_count.pool("hall").shifts[0].week),)
    assert estimate(by_rows, kpis, 4, 7) == estimate(by_count, kpis, 4, 7)


def test_the_forecast_of_a_covering_does_not_depend_on_which_others_were_met(hall: Study) -> None:
    assert hall.decisions is not None
    weeks = [row.week for row in hall.decisions.rosters["hall"].rows]
    one, other = Coverings(weeks), Coverings(weeks)
    first = one.numbers(np.array([[3, 3, 2, 3], [1, 1, 1, 1]]))
    assert one.numbers(np.array([[1, 1, 1, 1]])).tolist() == [first[1]]
    other.numbers(np.array([[1, 1, 1, 1]]))
    assert other.mean_servers().tolist() == [one.mean_servers()[first[1]]] == [1.0]
    assert one.mean_servers()[first[0]] == pytest.approx((3 * 3 + 3 + 2 + 4 * 3) / 9)


# Spaces ---------------------------------------------------------------------------------------------------------------


@st.composite
def rostered_spaces(draw: st.DrawFn) -> Space:
    roster = draw(rosters())
    plain = draw(st.integers(0, 1))
    row_prices = [draw(st.integers(1, 4)) for _ in roster.rows]
    bounds = [(1, 3)] * plain + [(max(low, draw(st.integers(0, 1))), high) for low, high in roster.bounds]
    bounds = [(min(low, high), high) for low, high in bounds]
    prices = tuple(
        tuple(price * n for n in range(low, high + 1))
        for price, (low, high) in zip([5] * plain + row_prices, bounds, strict=True)
    )
    own = Setting((), tuple(low for low, _ in bounds), tuple(high for _, high in bounds), 3, prices)
    limits = ()
    if draw(st.booleans()):
        weights = (*[1] * plain, *[0] * len(roster.rows))
        least = draw(st.none() | st.integers(0, 3))
        limits = (Limit(weights, least, draw(st.none() | st.integers(least or 0, 6)), (draw(st.integers(0, 1)),)),)
    names = (*["desk"] * plain, *roster.columns)
    return Space(names, (), (own,), limits=limits, rosters=(roster.over(plain),))


def by_hand(space: Space) -> set[tuple[int, ...]]:
    """The columns of every choice that keeps bounds and limits."""
    (roster,) = space.rosters
    found, own = set(), space.settings[0]
    plain = len(space.plain)
    sides = [(own.low[c], own.high[c]) for c in space.plain] + list(zip(roster.low, roster.high, strict=True))
    for offset in np.ndindex(*(high - low + 1 for low, high in sides)):
        posts = [low + k for (low, _), k in zip(sides, offset, strict=True)]
        on_patterns = posts[plain:]
        rows = [
            sum(n * c[r] for n, c in zip(on_patterns, roster.covers, strict=True)) for r in range(len(roster.covers[0]))
        ]
        columns = (*posts[:plain], *rows)
        within = all(low <= n <= high for low, n, high in zip(own.low, columns, own.high, strict=True))
        if within and all(limit.allows(limit.used(columns, [sum(on_patterns)])) for limit in space.limits):
            found.add(columns)
    return found


@settings(max_examples=60)
@given(rostered_spaces())
def test_every_way_to_choose_makes_the_rows_of_a_roster(space: Space) -> None:
    kept = by_hand(space)
    assert {d.staff for d in space.designs()} == kept
    for design in space.designs():
        made = space.made(design)
        assert made is not None
        choice = space.choice(0, space.vector(design))
        assert choice is not None
        assert (space.laid_out(choice[None, :])[0] == space.vector(design)).all()
        assert all(limit.allows(limit.used(design.staff, map(sum, made))) for limit in space.limits)
    cheapest = Master(space, [[]]).cheapest()
    costs = sorted(space.cost(Design(staff, ())) for staff in kept)
    assert (cheapest and cheapest[0]) == (costs[0] if costs else None)
    assert cheapest is None or cheapest[1].staff in kept


@settings(max_examples=40)
@given(rostered_spaces(), st.data())
def test_proofs_ask_for_every_roster_cheaper_and_for_nothing_else(space: Space, data: st.DataObject) -> None:
    kept = sorted(by_hand(space))
    if not kept:
        return
    plan = Design(data.draw(st.sampled_from(kept)), ())
    rival = space.cost(plan), plan
    before = sorted((space.cost(Design(s, ())), s) for s in kept if (space.cost(Design(s, ())), Design(s, ())) < rival)
    frontier = Frontier(
        space, rival, lambda _, rows: np.ones(len(rows), np.bool_), [np.zeros(space.dimensions, bool)], 1
    )
    assert {tuple(row) for row in frontier.rows(0).tolist()} <= {staff for _, staff in before}
    assert all((np.array(staff) <= frontier.rows(0)).all(axis=1).any() for _, staff in before)
    evidence = certificate(space, (), ((),), Ledger(space, (), ((),), 0.01, None), plan, {"total": rival[0]})
    assert [(cost, staff) for cost, staff, _ in uncovered(evidence)] == before
    found = an_uncovered(evidence)
    assert (found is None) == (not before)
    assert found is None or found.staff in [staff for _, staff in before]


# Plans ----------------------------------------------------------------------------------------------------------------


def test_the_plan_is_the_cheapest_of_all_rosters(hall: Study, plan: Plan) -> None:
    problem = problem_of(hall)
    simulator = Simulator(problem, plan.replications, plan.seed, Stopper(), 1, 0.95)
    in_order = sorted((problem.space.cost(d), d) for d in problem.space.designs())
    cost, design = next(one for one in in_order if simulator(one[1]).feasible)
    simulator.close()
    assert (plan.cost, plan.proof) == (cost, "guarded")
    assert plan.rosters == problem.on_patterns(design)
    assert plan.staff == {"hall": sum(plan.rosters["hall"].values())}
    assert plan.simulations < len(in_order) / 4
    paid = problem.cost(design)
    assert abs(paid - cost) <= sum(design.staff)  # each row is rounded by itself


def test_the_plan_is_kept_shown_and_verified(hall: Study, plan: Plan, tmp_path: Path) -> None:
    kept = plan.save(tmp_path)
    assert load(tmp_path).to_json() == kept.to_json()
    problem = problem_of(hall)
    design = Design(tuple(plan.evidence["plan"]["staff"]), ())
    assert plan_scenario(hall, load(tmp_path)) == problem.scenario(design)
    assert verify(tmp_path, hall, sample=3, workers=1).passed
    evidence = json.loads((tmp_path / "certificate.json").read_text("utf-8"))
    evidence["rosters"][0]["high"][0] += 1
    (tmp_path / "certificate.json").write_text(json.dumps(evidence), "utf-8")
    assert not verify(tmp_path, hall, sample=0, workers=1).passed


def test_neighbours_are_one_post_on_a_pattern_away(plan: Plan) -> None:
    assert {n.pool.partition(".")[0] for n in plan.neighbours} == {"hall"}
    for neighbour in plan.neighbours:
        if neighbour.cost < (plan.cost or 0):
            assert not neighbour.feasible


def test_a_headcount_holds_for_the_posts_of_a_roster(hall: Study, plan: Plan) -> None:
    assert hall.decisions is not None
    most = plan.staff["hall"] - 1
    fewer = replace(hall, decisions=replace(hall.decisions, limits=(StaffLimit({"hall": 1}, None, most),)))
    limited = optimize(fewer, workers=1)
    assert limited.staff["hall"] <= most
    assert (limited.cost or 0) > (plan.cost or 0)
    assert limited.limits[0].used == limited.staff["hall"]
    assert limited.limits[0].binds
    assert limited.limits[0].saving == (limited.cost or 0) - (plan.cost or 0)


# What posts are paid --------------------------------------------------------------------------------------------------

PAID = """\
simgov: 1
calendar: {hours: "08:00-20:00"}
pools:
  hall: {kind: window, count: 3, cost: 36 CNY/h}
services:
  matter:
    arrivals: {poisson: {rate: 12 /h}}
    steps:
      counter: {at: hall, time: {lognormal: {mean: 8 min, cv: 0.7}}, in_person: true, decision: true}
targets: [{kpi: hall.wait.mean, at_most: 7 min}]
optimize:
  horizon: 7 days
  rosters:
    hall:
      on_duty: 1..5
      most_hours: 42.5 h
      patterns:
        full:    {hours: ["08:00-12:00", "12:30-16:30"], paid_break: 30 min, posts: 0..3}
        short:   {hours: "08:00-12:00", posts: 0..3}
        evening: {hours: "16:00-20:00", cost: 54 CNY/h, posts: 0..3}
        long:    {hours: ["12:00-16:00", "16:30-20:00"], cost: 45 CNY/h, paid_break: 15 min, posts: 0..3}
run: {period: 3 workdays, replications: 3, seed: 4}
"""


def paid(tmp_path: Path, before: str = "", after: str = "") -> Study:
    (tmp_path / "paid.yaml").write_text(PAID.replace(before, after), encoding="utf-8")
    return load_study(tmp_path / "paid.yaml")


def test_a_post_is_paid_what_one_reckons_by_hand(tmp_path: Path) -> None:
    """A week of five workdays: hours, paid breaks and the price of the pattern, for each post of it."""
    problem = problem_of(paid(tmp_path))
    a_week = {
        "full": 5 * 8.5 * 36,
        "short": 5 * 4 * 36,
        "evening": 5 * 4 * 54,
        "long": 5 * (7.5 + 0.25) * 45,
    }
    roster = problem.rosters[0]
    assert roster.columns[-3:] == ("hall full", "hall evening", "hall long")
    for counts in [(1, 0, 1, 1), (1, 1, 1, 1), (1, 2, 2, 1), (2, 3, 1, 3)]:
        design = Design(roster.laid_out(counts), ())
        by_hand = sum(count * a_week[pattern.id] for count, pattern in zip(counts, roster.patterns, strict=True))
        assert problem.space.cost(design) == round(by_hand * 100)
        assert problem.on_patterns(design) == {"hall": dict(zip(a_week, counts, strict=True))}
        scenario = problem.scenario(design)
        found = estimate(scenario, ["cost"], 1, 1)["cost"].value
        assert found == pytest.approx(by_hand)


def test_the_plan_is_the_cheapest_of_all_rosters_as_they_are_paid(tmp_path: Path) -> None:
    """Whatever on duty: two rosters with the same cover are two designs, alike in all but their cost."""
    study = paid(tmp_path)
    problem, plan = problem_of(study), optimize(study, workers=1)
    simulator = Simulator(problem, plan.replications, plan.seed, Stopper(), 1, 0.95)
    failed = [one.chosen.rosters for one in plan.rejected]
    in_order = sorted((problem.space.cost(d), d) for d in problem.space.designs())
    kept: dict[tuple[int, ...], bool] = {}
    cover = len(problem.rosters[0].rows)

    def keeps(design: Design) -> bool:
        if design.staff[:cover] not in kept:
            kept[design.staff[:cover]] = simulator(design).feasible
        return kept[design.staff[:cover]] and problem.on_patterns(design) not in failed

    cost, design = next(one for one in in_order if keeps(one[1]))
    simulator.close()
    assert plan.cost == cost
    assert plan.rosters == problem.on_patterns(design)
    plain = "cost: 54 CNY/h, "
    other = optimize(paid(tmp_path, plain), workers=1)
    assert (other.cost or 0) < cost, "without the supplement of the evening it is cheaper"
    paid(tmp_path)
    plan.save(tmp_path / "plan")
    assert verify(tmp_path / "plan", study, sample=3, workers=1).passed
    assert plan_scenario(study, load(tmp_path / "plan")) == problem.scenario(design)


def test_what_a_pattern_is_paid_touches_nothing_but_the_cost(tmp_path: Path) -> None:
    problem = problem_of(paid(tmp_path))
    assert [bool(effect) for effect in problem.terms[0][0][0].effects] == [True] * 5 + [False] * 3
    ((a, b),) = [[pattern.told for pattern in problem.rosters[0].patterns if pattern.id in ("short", "long")]]
    assert a.en == "Mon–Fri 08:00-12:00"
    assert b.en == "Mon–Fri 12:00-16:00, 16:30-20:00 (45 CNY/h, 15 min break paid)"
    assert b.zh == "周一至周五 12:00-16:00、16:30-20:00（45 元/小时，带薪休息 15 分钟）"


@pytest.mark.parametrize(
    ("before", "after", "message"),
    [
        ("cost: 54 CNY/h", "cost: 30 CNY/h", "30 CNY/h is less than an hour at hall costs, 36 CNY/h"),
        ("cost: 54 CNY/h", "cost: 54 EUR/h", "this is in EUR"),
        ("cost: 54 CNY/h", "cost: 5400 CNY/month", "a pattern is paid by the hour"),
        (
            "paid_break: 15 min",
            "paid_break: 40 min",
            "40 min of break are paid, and the shortest break of a day has 30",
        ),
        ("paid_break: 15 min", "paid_break: 1 workday", "this is not a number of minutes"),
        ("most_hours: 42.5 h", "most_hours: 42 h", "42.5 h a week are more than most_hours, 42 h"),
    ],
)
def test_what_is_paid_wrongly_is_told(before: str, after: str, message: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        paid(tmp_path, before, after)
    (problem,) = caught.value.problems
    assert message in problem.message
    assert problem.path[:4] == ("optimize", "rosters", "hall", "patterns")
    assert problem.line > 17
