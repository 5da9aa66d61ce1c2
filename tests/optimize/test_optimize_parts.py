"""A space cluster by cluster: the parts of each, what they cost, and which are left."""

from __future__ import annotations

import itertools

import numpy as np
import pytest

from simgov.optimize.composing import Cluster
from simgov.optimize.goals import Evaluation, Goal, Term, ValueTally
from simgov.optimize.ledger import Ledger
from simgov.optimize.parts import NONE_LEFT, Parts
from simgov.optimize.space import Charge, Design, Limit, Option, Setting, Space

POOLS = 4
GOALS = (Goal("one.time.mean", 10.0, True), Goal("two.time.mean", 10.0, True))
CLUSTERS = (
    Cluster((0,), np.array([True, True, False, False])),
    Cluster((1,), np.array([False, False, True, True])),
)


def space(limits: tuple[Limit, ...] = (), charges: tuple[Charge, ...] = (Charge(7, (0,)), Charge(5, (1,)))) -> Space:
    """Two options: the first makes the posts of the first cluster dearer, the second changes what the other's do."""
    settings = []
    for taken in itertools.product((False, True), repeat=2):
        price = 3 if taken[0] else 2
        posts = tuple(tuple(rate * (k + 1) for k in range(3)) for rate in (price, price, 4, 1))
        settings.append(Setting(taken, (1,) * POOLS, (3,) * POOLS, 100, posts))
    options = (Option("first", "reform", False), Option("second", "reform", False))
    return Space(tuple("abcd"), options, tuple(settings), charges, limits=limits)


def terms(one: Space) -> list[list[list[Term]]]:
    return [[[Term((1, 1, 0, 0), "one")], [Term((0, 0, 1, 1), ("two", setting.taken[1]))]] for setting in one.settings]


def evaluation(design: Design) -> Evaluation:
    """More work than officers: what a design's clusters miss their goals by is what they lack of needed posts."""
    first = 10.0 + 5 - sum(design.staff[:2])
    second = 10.0 + (4 if design.options[1] else 5) - sum(design.staff[2:])
    kept = tuple(goal.keeps(value) for goal, value in zip(GOALS, (first, second), strict=True))
    tallies = tuple((ValueTally(goal, value),) for goal, value in zip(GOALS, (first, second), strict=True))
    return Evaluation((first, second), (0.0, 0.0), (False, False), kept, tallies)


def ledger(one: Space) -> Ledger:
    return Ledger(one, GOALS, terms(one), 0.01, None)


def parts(one: Space, of: Ledger) -> Parts:
    found = Parts.of(one, terms(one), of, CLUSTERS)
    assert found is not None
    return found


def left(one: Space, of: Ledger) -> list[int]:
    """The least that a design left costs in each setting, by going through all."""
    found = [NONE_LEFT] * len(one.settings)
    for design in one.designs():
        setting = one.setting_of(design)
        if of.left(setting, one.vector(design)[None, :])[0]:
            found[setting] = min(found[setting], one.cost(design))
    return found


def test_settings_that_treat_a_cluster_alike_are_one_kind() -> None:
    one = space()
    assert [len(own) for own in parts(one, ledger(one)).kinds] == [2, 2]


@pytest.mark.parametrize("seed", range(8))
def test_the_least_that_is_left_is_what_going_through_all_designs_finds(seed: int) -> None:
    one, random = space(), np.random.default_rng(seed)
    of = ledger(one)
    mine = parts(one, of)
    for _ in range(12):
        setting = int(random.integers(len(one.settings)))
        design = one.design(setting, random.integers(1, 4, POOLS))
        of.record(design, evaluation(design))
        mine.refresh()
        assert np.minimum(mine.least(), NONE_LEFT).tolist() == left(one, of)


def test_what_a_wider_band_gives_back_is_left_again() -> None:
    one = space()
    of = ledger(one)
    mine = parts(one, of)
    low = one.design(0, np.array([1, 1, 1, 1]))
    of.record(low, evaluation(low))
    mine.refresh()
    before = mine.least()[0]
    better, worse = one.design(0, np.array([2, 3, 2, 3])), one.design(0, np.array([3, 3, 3, 3]))
    of.record(better, evaluation(better))
    strange = Evaluation((10.4, 9.0), (0.0, 0.0), (False, False), (False, True), evaluation(worse).tallies)
    of.record(worse, strange)
    assert of.band > 0.04
    mine.refresh()
    assert mine.least()[0] == left(one, of)[0]
    assert mine.least()[0] >= before


def test_the_cheapest_part_that_kept_its_goals_is_remembered() -> None:
    one = space()
    of = ledger(one)
    mine = parts(one, of)
    for staff in ((3, 3, 1, 1), (3, 2, 1, 1), (2, 3, 1, 1)):
        design = one.design(0, np.array(staff))
        of.record(design, evaluation(design))
    mine.refresh()
    assert mine.kind(0, 0).best == (10, (2, 3))
    assert mine.kind(0, 1).best is None


def test_options_that_do_not_go_together_have_no_design() -> None:
    one = space()
    of = ledger(one)
    mine = parts(one, of)
    of.forbid_options(Design((1,) * POOLS, (True, True)))
    mine.refresh()
    assert [total >= NONE_LEFT for total in mine.least()] == [False, False, False, True]


def test_maximal_parts_have_no_dearer_neighbour_below_the_cost() -> None:
    one = space()
    kind = parts(one, ledger(one)).kind(0, 0)
    rows = kind.parts[kind.maximal(9, np.array([False, False]))]
    assert rows.tolist() == [[1, 3], [2, 2], [3, 1]]
    assert kind.parts[kind.maximal(9, np.array([True, False]))].tolist() == [[1, 3], [2, 2], [3, 1]]
    assert kind.parts[kind.maximal(11, np.array([False, False]))].tolist() == [[2, 3], [3, 2]]


def test_limits_are_left_to_the_master() -> None:
    tied = space(limits=(Limit((1,) * POOLS, None, 4),))
    of = ledger(tied)
    assert parts(tied, of).least().tolist() == parts(space(), ledger(space())).least().tolist()


def test_where_columns_share_a_charge_parts_do_not_add_up() -> None:
    options = (Option("first", "reform", True), Option("second", "reform", True))
    setting = Setting((False, False), (1,) * POOLS, (3,) * POOLS, 100, ((1, 2, 3),) * POOLS)
    one = Space(tuple("abcd"), options, (setting,), (Charge(7, (0, 1)),))
    assert Parts.of(one, [[]], Ledger(one, (), [[]], 0.01, None), ()) is None
    alone = Space(tuple("abcd"), options, (setting,), (Charge(7, (0,)), Charge(5, (1,))))
    assert Parts.of(alone, [[]], Ledger(alone, (), [[]], 0.01, None), ()) is not None


@pytest.mark.parametrize("seed", range(4))
def test_designs_come_from_cheap_to_dear_each_once(seed: int) -> None:
    one, random = space(), np.random.default_rng(seed)
    of = ledger(one)
    mine = parts(one, of)
    for _ in range(3):
        design = one.design(int(random.integers(len(one.settings))), random.integers(1, 4, POOLS))
        of.record(design, evaluation(design))
    mine.refresh()
    found = list(mine.cheapest_first())
    kept = [design for design in one.designs() if of.left(one.setting_of(design), one.vector(design)[None, :])[0]]
    assert [cost for cost, _ in found] == sorted(one.cost(design) for design in kept)
    assert all(cost == one.cost(design) for cost, design in found)
    assert sorted(design for _, design in found) == sorted(kept)
