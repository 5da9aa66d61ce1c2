"""Dropping documents: fewer of them, fewer corrections; verifying later costs the office; the law may ask for them."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

TWO = "drop_document: {step: permit.counter, documents: 2"
NAMED = (
    (
        "documents: 8",
        "documents: {plan: {basis: 城乡规划法}, deed: {name: 权属证明}, proof: {name: 居住证明}, copy: {}}",
    ),
)
VERIFIED = ", verified_later: {step: draft, share: 50 %, time: {constant: 20 min}}}"


def test_fewer_documents_and_fewer_corrections() -> None:
    before, after = pair(TWO + ", corrections: 40 %}")
    (documents, corrections, time), (fewer, less, faster) = means(
        (before, after), "permit.documents", "permit.corrections", "permit.time.mean"
    )
    assert fewer < documents - 1.9
    # a quarter of visits was sent back, three times at most: p + p^2 + p^3; 60 % of that share is left
    assert corrections == pytest.approx(0.25 + 0.25**2 + 0.25**3, abs=0.03)
    assert less == pytest.approx(0.15 + 0.15**2 + 0.15**3, abs=0.03)
    assert faster < time


def test_unless_said_each_document_is_as_likely_at_fault() -> None:
    _, after = pair(TWO + "}")
    step = after.service("permit").step("counter")
    assert step.documents == 6
    assert step.returns is not None
    assert step.returns.share == pytest.approx(0.25 * 6 / 8)


def test_documents_are_dropped_by_name() -> None:
    _, after = pair("drop_document: {step: permit.counter, documents: [proof, copy]}", replaced=NAMED)
    step = after.service("permit").step("counter")
    assert [paper.id for paper in step.papers] == ["plan", "deed"]
    assert step.documents == 2
    assert step.returns is not None
    assert step.returns.share == pytest.approx(0.25 / 2)


def test_verifying_later_is_work_for_the_office() -> None:
    _, dropped = pair(TWO + "}")
    before, verified = pair(TWO + VERIFIED)
    (load, time), (new_load, new_time) = means((dropped, verified), "planning.utilisation", "permit.time.mean")
    assert new_load > load
    assert new_time > time
    step = verified.service("permit").step("draft_verifies_counter")
    assert (step.at, step.share, step.after) == ("planning", 0.5, ("carry",))
    assert verified.service("permit").step("draft").after == (step.id,)
    assert [other.stream for other in before.service("permit").steps] == [
        other.stream for other in verified.service("permit").steps if other.id != step.id
    ]


def test_nothing_dropped_changes_nothing() -> None:
    before, none = pair("drop_document: {step: permit.counter, documents: 0}")
    assert none == before
    before, none = pair("drop_document: {step: permit.counter, documents: []}")
    assert none == before


def test_what_is_verified_already_is_not_verified_twice() -> None:
    (problem,) = problems("drop_document: {step: permit.counter, documents: 1" + VERIFIED, TWO + VERIFIED)
    assert problem.path[2:] == (1, "drop_document", "verified_later", "step")
    assert problem.hint == "write one measure with all of these documents"


@pytest.mark.parametrize(
    ("measure", "key", "said", "replaced"),
    [
        ("{step: permit.counter, documents: [plan]}", ("documents", 0), "the law asks for plan", NAMED),
        (
            "{step: permit.counter, documents: [prof]}",
            ("documents", 0),
            "there is no document of permit.counter",
            NAMED,
        ),
        ("{step: permit.counter, documents: 2}", ("documents",), "have names", NAMED),
        ("{step: permit.counter, documents: [plan]}", ("documents", 0), "have no names", ()),
        ("{step: permit.counter, documents: 9}", ("documents",), "has 8 documents, fewer than 9", ()),
        ("{step: permit.draft, documents: 0, corrections: 5 %}", ("corrections",), "sends nobody back", ()),
        ("{step: permit.countr, documents: 1}", ("step",), "no step of permit", ()),
        (
            "{step: permit.counter, documents: 1, verified_later: {step: report, share: 1 %, time: {constant: 1 min}}}",
            ("verified_later", "step"),
            "is a delay outside every pool",
            (),
        ),
        (
            "{step: permit.counter, documents: 1, verified_later: {step: ask, share: 1 %, time: {constant: 1 min}}}",
            ("verified_later", "step"),
            "does not come after permit.counter",
            (),
        ),
    ],
)
def test_refused_at_its_place(
    measure: str, key: tuple[object, ...], said: str, replaced: tuple[tuple[str, str], ...]
) -> None:
    (problem,) = problems("drop_document: " + measure, replaced=replaced)
    assert problem.path == ("reforms", "changed", 0, "drop_document", *key)
    assert said in problem.message
