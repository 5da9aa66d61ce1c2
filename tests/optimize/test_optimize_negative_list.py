"""The negative list: what an office breaks of it, and plans that keep it, found by enumeration."""

from __future__ import annotations

import itertools
from dataclasses import replace
from pathlib import Path

import pytest

from simgov.optimize import optimize
from simgov.optimize.negative_list import ADDED, RAISED, Judge, Rule, breaches
from simgov.optimize.problem import Problem
from simgov.optimize.verify import verify
from simgov.reforms.registry import MEASURES
from simgov.scenario.value import Document, Gate, Service, Step, Text
from simgov.study import Study, load
from simgov.study.document import parse_document
from simgov.study.example import OFFICE as EXAMPLE
from simgov.study.example import REFORM, example_of
from simgov.study.reading import interpret
from simgov.units import Money
from tests.optimize.test_optimize_company import NAMES, ByHand, options_of, problem_of
from tests.optimize.test_optimize_company import study as office_of

BOTH = (Rule(ADDED), Rule(RAISED))
AUDITED = "automate: {step: permit.review, share: 40 %, audit: {share: 50 %, at: desk, time: {constant: 3 min}}}"

BREAKS = {
    "drop_document": ADDED,
    "tolerant_acceptance": ADDED,
    "automate": ADDED,
    "online": ADDED,
    "proactive_delivery": ADDED,
    "time_limits": RAISED,
}
"""The examples of measures that break the list: a check made up for, an audit, a recovery, cases held back."""


# What an office breaks ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", list(MEASURES))
def test_which_examples_of_measures_break_it(kind: str) -> None:
    found = example_of(MEASURES[kind])
    after = found.reform(REFORM)
    broken = {rule for rule in (ADDED, RAISED) if Judge([Rule(rule)], found.baseline).fault(after) is not None}
    assert broken == ({BREAKS[kind]} if kind in BREAKS else set())


def example_with(reform: str) -> Study:
    text = f"{EXAMPLE.read_text(encoding='utf-8')}\nreforms:\n  one: [{reform}]\n"
    study, problems = interpret(parse_document(text.encode(), EXAMPLE.name), EXAMPLE)
    assert study is not None
    assert not [problem for problem in problems if not problem.warning]
    return study


@pytest.mark.parametrize(
    ("reform", "words"),
    [
        ("{drop_document: {step: permit.counter, documents: 1}}", None),
        ("{automate: {step: permit.review, share: 40 %}}", None),
        ("{time_limits: {service: permit, promise: 17 workdays}}", "promise 15 workdays → 17 workdays"),
        ("{time_limits: {service: permit, promise: 8 workdays}}", None),
    ],
)
def test_measures_are_judged_by_what_they_do(reform: str, words: str | None) -> None:
    found = example_with(reform)
    fault = Judge(BOTH, found.baseline).fault(found.reform("one"))
    assert (fault is None) if words is None else (fault is not None and words in fault.en)


def test_only_from_a_date_on_is_no_excuse() -> None:
    measure = "automate: {step: permit.review, share: 40 %, audit: {share: 5 %, at: police, time: {constant: 9 min}}}"
    for beside in ("from: 2026-02-02", "uptake: 10 %", "phase_in: {2026-03: 20 %}"):
        found = example_with(f"{{{measure}, {beside}}}")
        fault = Judge(BOTH, found.baseline).fault(found.reform("one"))
        assert fault is not None, beside
        assert fault.zh == "违反负面清单，“建设工程许可”将新增环节“综合审查事后抽查”"


STEP = Step("a", Text("A", "甲"), "s.a", at="p")
SERVICE = Service("s", Text("S", "事项"), (STEP, replace(STEP, id="b", stream="s.b", after=("a",), share=0.5)))
FIRST, SECOND = SERVICE.steps


def changed(step: Step) -> Service:
    return replace(SERVICE, steps=tuple(step if step.id == one.id else one for one in SERVICE.steps))


@pytest.mark.parametrize(
    ("after", "rule", "words"),
    [
        (changed(replace(FIRST, documents=2)), RAISED, "documents 0 → 2"),
        (changed(replace(FIRST, documents=1, papers=(Document("id", Text("ID", "身份证")),))), RAISED, "document, ID"),
        (changed(replace(FIRST, in_person=True)), RAISED, "to come for A"),
        (changed(replace(FIRST, gate=Gate(every=60.0, least=3))), RAISED, "waits for 1 → 3"),
        (replace(SERVICE, fee=Money(500, "CNY", "once")), RAISED, "fee 0 CNY → 5 CNY"),
        (replace(SERVICE, in_hand=9), RAISED, "any number → 9"),
        (changed(replace(FIRST, refuses=0.1)), ADDED, "A in S would become a further approval"),
        (changed(replace(SECOND, share=0.75)), ADDED, "done by 75 % of cases, today by 50 %"),
        (
            replace(SERVICE, steps=(*SERVICE.steps, replace(STEP, id="c", stream="s.c", after=("b",)))),
            ADDED,
            "a further step",
        ),
    ],
)
def test_each_threshold(after: Service, rule: str, words: str) -> None:
    found = list(breaches(SERVICE, after))
    assert found
    assert {breach.rule for breach in found} == {rule}
    assert any(words in breach.words.en for breach in found)
    # The other way round it is taken away; but for a step, which nobody gets back unasked.
    assert list(breaches(after, SERVICE)) == []


def test_a_step_under_another_name_or_outside_the_office_is_no_further_one() -> None:
    moved = changed(FIRST)
    moved = replace(moved, steps=(replace(FIRST, id="kiosk"), replace(SECOND, after=("kiosk",))))
    assert list(breaches(SERVICE, moved)) == []
    waits = replace(SERVICE, steps=(*SERVICE.steps, replace(STEP, id="c", stream="s.c", at=None, after=("b",))))
    assert list(breaches(SERVICE, waits)) == []


def test_what_is_gone_today_may_not_come_back() -> None:
    today = changed(replace(FIRST, share=0.0))
    assert [breach.where for breach in breaches(today, SERVICE)] == ["s.a"]


# In a search ----------------------------------------------------------------------------------------------------------


def listed(tmp_path: Path, said: str, reforms: str = "", names: str = "") -> Path:
    """The office of five options, of which ``fast`` brings an audit, with this negative list."""
    path = office_of(tmp_path, {}).path
    text = path.read_text(encoding="utf-8").replace("automate: {step: permit.review, share: 40 %}", AUDITED)
    text = text.replace("staff: {counter", f"negative_list: {said}, staff: {{counter")
    text = text.replace("fast, beside]", f"fast, beside{names}]")
    path.write_text(text + reforms, encoding="utf-8")
    return path


def test_the_plan_is_the_cheapest_that_keeps_it(tmp_path: Path) -> None:
    """By enumeration; without the list a plan with the audit would be cheaper."""
    found = load(listed(tmp_path, "[no_added_step]"))
    by_hand = ByHand(found)
    ways = itertools.product((False, True), repeat=len(NAMES))
    posts = list(itertools.product(range(1, 3), range(1, 4)))
    designs = sorted((by_hand.cost(taken, staff), staff, taken) for taken in ways for staff in posts)
    fast = NAMES.index("fast")
    plan = optimize(found, workers=1)
    failed = {(tuple(one.chosen.staff.values()), options_of(one.chosen.reforms)) for one in plan.rejected}
    left = [(cost, staff, taken) for cost, staff, taken in designs if (staff, taken) not in failed]
    assert next(one for one in left if by_hand.feasible(one[2], one[1]))[2][fast]
    cheapest = next(one for one in left if not one[2][fast] and by_hand.feasible(one[2], one[1]))
    assert (plan.cost, tuple(plan.staff.values()), options_of(plan.reforms)) == cheapest
    assert plan.designs == len(designs) // 2
    assert not any(one["options"][fast] for one in plan.evidence["simulated"]), "a simulation was wasted"
    assert [words.zh for words in plan.impossible] == [
        "fast 不能采用：违反负面清单，“permit”将新增环节“review事后抽查”"
    ]
    plan.save(tmp_path / "plan")
    verdict = verify(tmp_path / "plan", found, sample=3)
    assert verdict.passed
    assert "negative_list" in [check.key for check in verdict.checks]
    other = load(listed(tmp_path, "[no_raised_threshold]"))
    assert [c.key for c in verify(tmp_path / "plan", other, sample=3).checks if not c.passed] == ["scenario"]


def taken_by(problem: Problem) -> set[tuple[str, ...]]:
    names = [option.name for option in problem.space.options]
    return {tuple(n for n, t in zip(names, one.taken, strict=True) if t) for one in problem.space.settings}


def test_a_combination_is_judged_as_a_whole(tmp_path: Path) -> None:
    """A longer promise breaks the list, and does not where another measure shortens it afterwards."""
    limits = "  {}: [{{time_limits: {{service: permit, promise: {} workdays}}}}]\n"
    reforms = limits.format("slack", 9) + limits.format("strict", 3)
    path = listed(tmp_path, "[no_raised_threshold]", reforms, ", slack, strict")
    text = path.read_text(encoding="utf-8").replace("  permit:\n", "  permit:\n    promise: 5 workdays\n")
    path.write_text(text.replace("fast, beside, slack", "slack"), encoding="utf-8")
    problem = problem_of(load(path))
    assert taken_by(problem) == {(), ("strict",), ("slack", "strict")}
    (refused,) = problem.refused
    assert refused.words.en == (
        "slack only with strict: the negative list forbids it: permit: promise 5 workdays → 9 workdays"
    )


@pytest.mark.parametrize("excepted", ["permit", "permit.audit_review"])
def test_exceptions(tmp_path: Path, excepted: str) -> None:
    said = f"{{no_added_step: {{except: [{excepted}]}}, no_raised_threshold: {{}}}}"
    found = load(listed(tmp_path, said))
    assert found.decisions is not None
    assert found.decisions.negative_list == (Rule(ADDED, (excepted,)), Rule(RAISED))
    assert problem_of(found).refused == ()


@pytest.mark.parametrize(
    ("said", "message"),
    [
        ("[no_added_stop]", "negative_list"),
        ("{no_added_step: {except: [permit.audit_reviw]}}", "there is no step 'permit.audit_reviw'"),
        ("{no_raised_threshold: {except: [permits]}}", "there is no service 'permits'"),
        ("{no_raised_threshold: {except: [permit.check]}}", "permit.check is a step, and thresholds are those of"),
    ],
)
def test_faults_are_located(tmp_path: Path, said: str, message: str) -> None:
    path = listed(tmp_path, said)
    document = parse_document(path.read_bytes(), str(path))
    _, problems = interpret(document, path)
    (problem,) = [document.located(problem) for problem in problems if not problem.warning]
    assert message in str(problem)
    assert problem.hint
    line = (
        path.read_text(encoding="utf-8")
        .splitlines()
        .index(next(one for one in path.read_text(encoding="utf-8").splitlines() if "negative_list" in one))
    )
    assert problem.line == line + 1
    assert problem.column > 10
