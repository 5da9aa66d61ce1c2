"""What is left to ask about: of offices without posts to decide too."""

from __future__ import annotations

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.frontier import Frontier
from simgov.optimize.goals import Evaluation, Goal, Term, ValueTally
from simgov.optimize.ledger import Ledger
from simgov.optimize.space import Design, Option, Setting, Space


def test_options_alone_leave_one_design_in_each_setting() -> None:
    options = (Option("one", "reform", monotone=False), Option("two", "reform", monotone=False))
    settings = tuple(Setting(taken, (), (), cost, ()) for cost, taken in enumerate(FLAGS))
    space = Space((), options, settings)
    held = [np.zeros(0, np.bool_) for _ in settings]
    everything = Frontier(space, None, all_left, held, seed=1)
    assert [everything.rows(setting).shape for setting in range(4)] == [(1, 0)] * 4
    cheaper = Frontier(space, (2, Design((), FLAGS[2])), all_left, held, seed=1)
    assert [len(cheaper.rows(setting)) for setting in range(4)] == [1, 1, 0, 0]


FLAGS = ((False, False), (True, False), (False, True), (True, True))


def all_left(setting: int, rows: Integers) -> Booleans:
    """No cut excludes anything."""
    return np.ones(len(rows), np.bool_)


def test_a_sample_of_which_few_are_left_is_replenished_from_what_lies_around_them() -> None:
    pools, high = 6, 12
    prices = tuple(range(1, high + 1))
    setting = Setting((), (1,) * pools, (high,) * pools, 0, (prices,) * pools)
    space = Space(tuple("abcdef"), (), (setting,))
    corner = np.array([4, high, high, high, high, high])
    budget = 30

    def beyond(setting: int, rows: Integers) -> Booleans:
        """A cut leaves only designs with more than four posts in the first pool and in the second."""
        left: Booleans = (rows[:, 0] > corner[0]) & (rows[:, 1] > 4)
        return left

    frontier = Frontier(space, (budget, Design((), ())), beyond, [np.zeros(pools, np.bool_)], seed=1)
    before = frontier.rows(0)
    frontier.replenish()
    after = frontier.rows(0)
    assert 0 < len(before) < len(after)
    assert beyond(0, after).all()
    assert (space.costs(0, after) == budget - 1).all()


def test_cuts_of_offices_without_posts_to_decide_leave_the_other_settings() -> None:
    options = (Option("one", "reform", monotone=False), Option("two", "reform", monotone=False))
    space = Space((), options, tuple(Setting(taken, (), (), 0, ()) for taken in FLAGS))
    goals = (Goal("case.time.mean", 10.0, True),)
    ledger = Ledger(space, goals, [[[Term((), taken)]] for taken in FLAGS], 0.01, None)
    ledger.enumerates = False
    missed = Evaluation((10.05,), (0.0,), (False,), (False,), ((ValueTally(goals[0], 10.05),),))
    ledger.record(Design((), FLAGS[1]), missed)
    nothing = np.empty((1, 0), np.int64)
    assert [bool(ledger.left(setting, nothing)[0]) for setting in range(4)] == [True, False, True, True]
