"""The master programme against going through every design: random spaces, cuts, slacks and prices."""

from __future__ import annotations

import math
from dataclasses import dataclass, field

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from simgov.optimize.goals import Term
from simgov.optimize.master import Master
from simgov.optimize.space import Charge, Design, Option, Setting, Space


@st.composite
def spaces(draw: st.DrawFn) -> Space:
    pools = draw(st.integers(1, 3))
    monotone = [draw(st.booleans()) for _ in range(draw(st.integers(0, 3)))]
    options = tuple(Option(f"option{i}", "reform", m) for i, m in enumerate(monotone))
    branching = [i for i, m in enumerate(monotone) if not m]
    made = []
    for number in range(2 ** len(branching)):
        taken = [False] * len(options)
        for bit, place in enumerate(branching):
            taken[place] = bool(number >> bit & 1)
        low, high, prices = [], [], []
        for _ in range(pools):
            least = draw(st.integers(0, 2))
            most = least + draw(st.integers(0, 2))
            if draw(st.integers(0, 4)) == 0:
                least = most = 0
            low.append(least)
            high.append(most)
            steps = draw(st.lists(st.integers(0, 9), min_size=most - least + 1, max_size=most - least + 1))
            prices.append(tuple(int(p) for p in np.cumsum(steps)))
        made.append(Setting(tuple(taken), tuple(low), tuple(high), draw(st.integers(0, 5)), tuple(prices)))
    charges = tuple(
        Charge(draw(st.integers(1, 9)), tuple(sorted(draw(st.sets(st.sampled_from(range(len(options))), min_size=1)))))
        for _ in range(draw(st.integers(0, 2)) if options else 0)
    )
    return Space(tuple(f"pool{i}" for i in range(pools)), options, tuple(made), charges)


@dataclass
class Excluded:
    """The same exclusions as a master, as a function of a design."""

    space: Space
    rules: list = field(default_factory=list)

    def left(self) -> list[tuple[int, Design]]:
        kept = [d for d in self.space.designs() if not any(rule(d) for rule in self.rules)]
        return sorted((self.space.cost(d), d) for d in kept)


@settings(max_examples=60)
@given(st.data())
def test_cheapest_and_smallest_are_those_of_going_through_everything(data: st.DataObject) -> None:
    space = data.draw(spaces())
    designs = list(space.designs())
    depends = tuple(data.draw(st.lists(st.booleans(), min_size=space.dimensions, max_size=space.dimensions)))
    shared = data.draw(st.booleans())
    keys = [0 if shared else i for i in range(len(space.settings))]
    terms = [[[Term(depends, key)]] for key in keys]
    master, brute = Master(space, terms), Excluded(space)
    mask = np.array(depends)

    for _ in range(data.draw(st.integers(0, 6))):
        corner = data.draw(st.sampled_from(designs))
        setting, vector = space.setting_of(corner), space.vector(corner)
        kind = data.draw(st.sampled_from(["box up", "box down", "point", "own point", "options"]))
        if kind.startswith("box"):
            sign = 1 if kind == "box up" else -1
            master.exclude_box(setting, 0, vector, sign)

            def rule(d: Design, setting: int = setting, vector: np.ndarray = vector, sign: int = sign) -> bool:
                same = keys[space.setting_of(d)] == keys[setting]
                return same and bool((sign * space.vector(d)[mask] <= sign * vector[mask]).all())
        elif kind == "options":
            master.exclude_options(corner)

            def rule(d: Design, taken: tuple[bool, ...] = corner.options) -> bool:
                return d.options == taken
        else:
            own_goal = kind == "own point"
            master.exclude_point(setting, vector, 0 if own_goal else -1)

            def rule(d: Design, setting: int = setting, vector: np.ndarray = vector, own: bool = own_goal) -> bool:
                there = space.setting_of(d)
                matters = mask if own else np.ones(space.dimensions, bool)
                same = keys[there] == keys[setting] if own else there == setting
                return same and bool((space.vector(d)[matters] == vector[matters]).all())

        brute.rules.append(rule)

    left = brute.left()
    found = master.cheapest()
    assert (found is None) == (not left)
    if found is not None:
        assert found[0] == left[0][0]
        assert found in left
        tied = [design for cost, design in left if cost == left[0][0]]
        assert master.smallest(left[0][0], tied[-1]) == (tied[0] if len(tied) > 1 else None)


@settings(max_examples=40)
@given(st.data())
def test_slacks_of_several_terms_bound_what_is_left(data: st.DataObject) -> None:
    """Two parts of an office, one pool each: guarded below a corner, exact at it; the sum must not be negative."""
    prices = tuple(int(p) for p in np.cumsum(data.draw(st.lists(st.integers(1, 9), min_size=4, max_size=4))))
    space = Space(("a", "b"), (), (Setting((), (0, 0), (3, 3), 0, (prices, prices)),))
    terms = [[[Term((True, False), "a"), Term((False, True), "b")]]]
    master = Master(space, terms)
    master.open_slacks(0, 10.0)
    bounds: dict[int, list[tuple[int, float, float]]] = {0: [(3, 50.0, 50.0)], 1: [(3, 50.0, 50.0)]}
    top = np.array([3, 3])
    for term in (0, 1):
        master.bound_slack(0, 0, term, top, 50.0, 50.0)
    for _ in range(data.draw(st.integers(1, 6))):
        term, corner = data.draw(st.integers(0, 1)), data.draw(st.integers(0, 3))
        guarded = float(data.draw(st.integers(-60, 20)))
        exact = guarded - data.draw(st.integers(0, 10))
        vector = top.copy()
        vector[term] = corner
        master.bound_slack(0, 0, term, vector, exact, guarded)
        bounds[term].append((corner, exact, guarded))

    def most(term: int, count: int) -> float:
        inside = [g for c, _, g in bounds[term] if count <= c]
        here = [e for c, e, _ in bounds[term] if count == c]
        return min(inside + here, default=math.inf)

    left = sorted((space.cost(d), d) for d in space.designs() if most(0, d.staff[0]) + most(1, d.staff[1]) >= 0)
    found = master.cheapest()
    assert (found is None) == (not left)
    if found is not None:
        assert found[0] == left[0][0]
        assert found in left


def test_overtime_adds_to_the_cost_below_a_corner() -> None:
    space = Space(("a",), (), (Setting((), (0,), (3,), 0, ((0, 10, 20, 30),)),))
    master = Master(space, [[]])
    master.bound_overtime(0, np.array([1]), 25, 20)
    assert master.cheapest() == (20, Design((0,), ()))
    master.bound_overtime(0, np.array([0]), 60, 50)
    assert master.cheapest() == (20, Design((2,), ()))


def test_budget_and_copies_do_not_touch_the_original() -> None:
    space = Space(("a",), (), (Setting((), (1,), (3,), 0, ((10, 20, 30),)),))
    master = Master(space, [[[Term((True,), 0)]]])
    twin = master.copy()
    twin.exclude_box(0, 0, np.array([1]), 1)
    twin.limit_cost(15)
    assert twin.cheapest() is None
    assert master.cheapest() == (10, Design((1,), ()))
    assert Master(space, [[[Term((True,), 0)]]], most_cost=5).cheapest() is None
