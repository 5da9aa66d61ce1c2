"""Parallel approval with branches: each keeps its own order, what followed waits for the last step of every branch."""

from __future__ import annotations

import dataclasses

import pytest

from simgov.calendars import ALWAYS
from simgov.distributions import Constant
from simgov.reforms.measure import Refusal
from simgov.reforms.measures.parallel import Parallel
from simgov.scenario.value import RunSettings, Scenario, Service, Step, Text

NAME = Text("x", "x")


def chain(*ids: str, needs: dict[str, tuple[str, ...]] | None = None) -> Scenario:
    """One service whose steps follow one another."""
    steps = tuple(
        Step(
            id=step,
            name=NAME,
            stream=step,
            time=Constant(1.0),
            after=ids[place - 1 : place] if place else (),
            needs=(needs or {}).get(step, ()),
        )
        for place, step in enumerate(ids)
    )
    return Scenario(NAME, ALWAYS, (), (Service("s", NAME, steps),), RunSettings(cases=1))


def after(scenario: Scenario) -> dict[str, tuple[str, ...]]:
    return {step.id: step.after for step in scenario.service("s").steps}


TWO = (("s.carry_a", "s.a"), ("s.carry_b", "s.b"))


def test_each_branch_keeps_its_order_and_all_are_joined() -> None:
    changed = Parallel(steps=TWO).change(chain("first", "carry_a", "a", "carry_b", "b", "last"))
    assert after(changed) == {
        "first": (),
        "carry_a": ("first",),
        "a": ("carry_a",),
        "carry_b": ("first",),
        "b": ("carry_b",),
        "last": ("a", "b"),
    }


def test_a_branch_of_one_may_be_written_bare() -> None:
    scenario = chain("a", "b", "c", "last")
    bare, listed = Parallel(steps=("s.a", ("s.b", "s.c"))), Parallel(steps=(("s.a",), ("s.b", "s.c")))
    assert bare.change(scenario) == listed.change(scenario)
    assert after(bare.change(scenario))["last"] == ("a", "c")


def test_applied_twice_it_changes_nothing_more() -> None:
    once = Parallel(steps=TWO).change(chain("first", "carry_a", "a", "carry_b", "b", "last"))
    assert Parallel(steps=TWO).change(once) == once


def test_a_precondition_in_the_same_branch_is_kept_and_allowed() -> None:
    scenario = chain("carry_a", "a", "carry_b", "b", needs={"b": ("carry_b",)})
    assert after(Parallel(steps=TWO).change(scenario))["b"] == ("carry_b",)


def test_a_precondition_in_another_branch_refuses() -> None:
    scenario = chain("carry_a", "a", "carry_b", "b", needs={"b": ("a",)})
    with pytest.raises(Refusal, match="a is a legal precondition") as refusal:
        Parallel(steps=TWO).change(scenario)
    assert refusal.value.at == (1, 1)


@pytest.mark.parametrize(
    ("steps", "message", "place"),
    [
        ((("s.a", "s.carry_a"), "s.b"), "carry_a comes before a", (0, 1)),
        ((("s.a", "s.b"),), "fewer than two steps side by side", ()),
        (("s.a", ("s.b", "s.a")), "a is named twice", (1, 1)),
        (("s.a", ("s.bb",)), "bb", (1, 0)),
    ],
)
def test_what_is_wrong_is_located(
    steps: tuple[str | tuple[str, ...], ...], message: str, place: tuple[int, ...]
) -> None:
    with pytest.raises(Refusal, match=message) as refusal:
        Parallel(steps=steps).change(chain("carry_a", "a", "b"))
    assert refusal.value.at == place


def test_what_was_removed_before_takes_no_part() -> None:
    scenario = chain("carry_a", "a", "carry_b", "b", "last")
    removed = scenario.with_step("s", dataclasses.replace(scenario.service("s").step("a"), share=0.0))
    assert Parallel(steps=TWO).change(removed).service("s").step("a").removed
