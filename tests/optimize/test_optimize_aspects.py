"""What differs between settings, told by the options that make the difference."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from ortools.sat.python import cp_model

from simgov.optimize.aspects import Aspects, Literals
from simgov.optimize.master import Master
from simgov.optimize.space import Design, Option, Setting, Space


def space(ways: list[tuple[bool, ...]], options: int, clauses: tuple = ()) -> Space:
    """One pool of 0 to 2 posts at 10 each; each option taken adds 1, 2, 4, ... to the cost."""
    settings = tuple(
        Setting(way, (0,), (2,), sum(1 << bit for bit, taken in enumerate(way) if taken), ((0, 10, 20),))
        for way in ways
    )
    return Space(("a",), tuple(Option(f"o{i}", "reform", False) for i in range(options)), settings, (), clauses)


def every(options: int) -> list[tuple[bool, ...]]:
    return list(itertools.product((False, True), repeat=options))


def test_only_the_options_that_matter_tell_the_values_apart() -> None:
    ways = every(4)
    aspect, different = Aspects(space(ways, 4)).of([(way[1], way[3]) for way in ways])
    assert aspect.options == (1, 3)
    assert sorted(different) == every(2)
    assert [different[number] for number in aspect.number] == [(way[1], way[3]) for way in ways]
    aspect, different = Aspects(space(ways, 4)).of(["same"] * len(ways))
    assert (aspect.options, different) == ((), ["same"])


def test_amounts_that_options_add_to_are_sums_and_others_are_not() -> None:
    ways = every(3)
    aspects = Aspects(space(ways, 3))
    assert aspects.slopes([5 + 3 * way[0] - 2 * way[2] for way in ways]) == (5, {0: 3, 2: -2})
    assert aspects.slopes([5 + 3 * (way[0] and way[2]) for way in ways]) is None


@pytest.mark.parametrize("seed", range(6))
def test_literals_say_the_value_in_every_setting_also_where_some_are_missing(seed: int) -> None:
    random = np.random.default_rng(seed)
    ways = [way for way in every(4) if random.random() < 0.6] or every(4)[:1]
    values = [int(way[0]) + int(way[2] and random.random() < 0.5) for way in ways]
    model = cp_model.CpModel()
    options = [model.new_bool_var(f"o{i}") for i in range(4)]
    literals = Literals(model, space(ways, 4), options)
    literals.forbid_the_impossible()
    said, amount = literals.saying(values), literals.amount([7 * value for value in values])
    whole = model.new_int_var(0, 100, "amount")
    model.add(whole == amount)
    for way in every(4):
        trial = model.clone()
        for option, taken in zip(options, way, strict=True):
            trial.add(option == int(taken))
        solver = cp_model.CpSolver()
        possible = solver.solve(trial) in (cp_model.OPTIMAL, cp_model.FEASIBLE)
        assert possible == (way in ways)
        if possible:
            value = values[ways.index(way)]
            assert [v for v, literal in said.items() if solver.boolean_value(literal)] == [value]
            assert solver.value(whole) == 7 * value


def test_many_options_with_one_setting_left_need_few_clauses() -> None:
    alone = space([(True, False) * 15], 30)
    assert len(Aspects(alone).impossible()) == 30
    assert Master(alone, [[]]).cheapest() == (
        sum(1 << bit for bit in range(0, 30, 2)),
        Design((0,), (True, False) * 15),
    )


def test_what_clauses_leave_out_is_not_left_out_twice() -> None:
    clause = ((0, False), (1, False))
    ways = [way for way in every(3) if not (way[0] and way[1])]
    assert Aspects(space(ways, 3, (clause,))).impossible() == []
    assert Aspects(space(ways, 3)).impossible() == [((0, True), (1, True))]
