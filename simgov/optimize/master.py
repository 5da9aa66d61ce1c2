"""The integer programme over all designs that no simulation has excluded yet (CP-SAT), solved for the cheapest.

Posts are order encoded: one boolean says "pool p has k posts or more", so that "no more of anything than this" is one
clause. Money is whole minor units. Each solve is exact and runs in one thread, so it gives the same design every time;
its cost bounds every plan from below.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Hashable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.aspects import Literals
from simgov.optimize.goals import Term, Together
from simgov.optimize.solving import Stopping, solved
from simgov.optimize.space import Design, Roster, Space

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, CpSolver

SLACK_STEPS = 1_000_000
LEAST_SLACK = -(10**12)
MOST_SLACK = 10**9
MOST_OVERTIME = 10**15
LARGEST_RANK = 1 << 50
OPTION_WEIGHT = 2


class Master:
    """All designs of ``space`` less those excluded so far.

    ``terms[setting][goal]`` are the goals' terms; ``most_cost`` (minor units) leaves out every dearer design.
    ``together`` says which goals have to be kept (None: all): what is excluded for a goal is then excluded only where
    the goal's group is one of those that hold.
    """

    def __init__(
        self,
        space: Space,
        terms: Sequence[Sequence[Sequence[Term]]],
        most_cost: int | None = None,
        together: Together | None = None,
    ) -> None:
        from ortools.sat.python import cp_model

        self._space = space
        self._terms = terms
        self._model: CpModel = cp_model.CpModel()
        self._slacks: dict[tuple[int, Hashable], Any] = {}
        self._slack_units: dict[int, float] = {}
        self._options = [self._boolean(option.name) for option in space.options]
        self._literals = Literals(self._model, space, self._options)
        self._literals.forbid_the_impossible()
        for clause in space.clauses:
            self._model.add_bool_or([self._options[p] if taken else ~self._options[p] for p, taken in clause])
        self._keys = self._key_literals()
        self._fails = self._fails_literals(together)
        self._at_least = [self._order_literals(pool) for pool in range(len(space.pools))]
        for pool, least, most in space.closer:
            self._keep_within(pool, least, most)
        self._posts = [self._posts_on_patterns(roster) for roster in space.rosters]
        self._keep_limits()
        self._overtime = self._model.new_int_var(0, MOST_OVERTIME, "overtime")
        self._cost = self._cost_expression() + self._overtime
        self._model.minimize(self._cost)
        if most_cost is not None:
            self.limit_cost(most_cost)

    def copy(self) -> Master:
        """The same master, to which bounds may be added that hold for a moment only."""
        twin = object.__new__(Master)
        twin.__dict__.update(self.__dict__)
        # A variable is its number, so the literals of this model are those of the clone.
        twin._model = self._model.clone()
        twin._slacks = dict(self._slacks)
        twin._slack_units = dict(self._slack_units)
        return twin

    # What simulation taught -------------------------------------------------------------------------------------------

    def exclude_box(self, setting: int, goal: int, vector: Integers, direction: int) -> None:
        """Leave out every design with no more than ``vector`` of anything the goal depends on (no less: direction -1).

        The goal has one term; the cut holds in every setting that shares its key.
        """
        term = self._terms[setting][goal][0]
        literals = self._outside(vector, term, direction)
        self._model.add_bool_or([*literals, *self._other_term(goal, term.key), *self._fails.get(goal, ())])

    def exclude_point(self, setting: int, vector: Integers, goal: int = -1) -> None:
        """Leave out the design of one setting with this ``vector``.

        For a ``goal`` of one term: every design that equals it in what the goal depends on, where the goal has that
        term.
        """
        if goal < 0:
            matters, others = np.ones(len(vector), np.bool_), self._other_setting(setting)
        else:
            term = self._terms[setting][goal][0]
            matters, others = term.depends, [*self._other_term(goal, term.key), *self._fails.get(goal, ())]
        literals = [*self._beyond(vector, matters, 1), *self._beyond(vector, matters, -1)]
        self._model.add_bool_or([*literals, *others])

    def require_one_of(self, states: Sequence[tuple[int, Sequence[int], Integers]]) -> None:
        """Leave out every design that equals none of the states in what some goals of one term depend on.

        A state is ``(setting, goals, vector)``; it may be had in every setting in which its goals have the same terms.
        """
        chosen = [self._boolean("state") for _ in states]
        self._model.add_bool_or(chosen)
        for literal, (setting, goals, vector) in zip(chosen, states, strict=True):
            for term, goal in ((self._terms[setting][goal][0], goal) for goal in goals):
                self._model.add_implication(literal, self._keys[goal][term.key,])
                for other in (*self._beyond(vector, term.depends, 1), *self._beyond(vector, term.depends, -1)):
                    self._model.add_implication(literal, ~other)

    def exclude_options(self, design: Design) -> None:
        """Leave out every design that takes exactly these options."""
        self._model.add_bool_or(
            [~literal if taken else literal for literal, taken in zip(self._options, design.options, strict=True)]
        )

    def open_slacks(self, goal: int, unit: float) -> None:
        """Add the slacks of a goal of several terms up; ``unit`` is the slack that counts as 1."""
        self._slack_units[goal] = unit
        for keys, here in self._keys[goal].items():
            holds = [here, *(~fails for fails in self._fails.get(goal, ()))]
            self._model.add(sum(self._slack(goal, key) for key in keys) >= 0).only_enforce_if(holds)

    def bound_slack(
        self, setting: int, goal: int, term: int, vector: Integers, exact: float, guarded: float, direction: int = 1
    ) -> None:
        """One term's slack is ``exact`` at ``vector``, and at most ``guarded`` with no more of anything than there.

        For ``direction`` -1: with no less.
        """
        subject = self._terms[setting][goal][term]
        slack = self._slack(goal, subject.key)
        more, less = self._beyond(vector, subject.depends, 1), self._beyond(vector, subject.depends, -1)
        inside = self._boolean("inside")
        self._model.add_bool_or([inside, *self._outside(vector, subject, direction)])
        self._model.add(slack <= self._slack_steps(goal, guarded)).only_enforce_if(inside)
        if exact < guarded:
            here = self._boolean("here")
            self._model.add_bool_or([here, *more, *less])
            self._model.add(slack <= self._slack_steps(goal, exact)).only_enforce_if(here)

    def bound_overtime(self, setting: int, vector: Integers, exact: int, guarded: int) -> None:
        """Overtime costs ``exact`` at ``vector``, and ``guarded`` at least with no more of anything than there.

        What touches some goal either way must be the same.
        """
        everything = np.ones(len(vector), np.bool_)
        more, less = self._beyond(vector, everything, 1), self._beyond(vector, everything, -1)
        held = self._beyond(vector, self._held(setting), -1)
        others = self._other_setting(setting)
        inside, here = self._boolean("inside"), self._boolean("here")
        self._model.add_bool_or([inside, *more, *held, *others])
        self._model.add(self._overtime >= guarded).only_enforce_if(inside)
        self._model.add_bool_or([here, *more, *less, *others])
        self._model.add(self._overtime >= exact).only_enforce_if(here)

    def limit_cost(self, most: int) -> None:
        """Leave out every design that costs more than ``most``."""
        self._model.add(self._cost <= most)

    def prefer_different(self, others: Sequence[Design], most: int) -> None:
        """From now on ask for the design that differs most from the nearest of ``others``, the cheapest of such.

        What it has fewer posts of counts one each, an option that it takes and they do not, or the other way round,
        ``OPTION_WEIGHT``; what it has more of counts nothing. It differs by 1 at least; ``most`` bounds every cost.
        """
        widest = sum(len(levels) for levels in self._at_least) + OPTION_WEIGHT * len(self._options)
        nearest = self._model.new_int_var(1, max(1, widest), "difference")
        for other in others:
            self._model.add(nearest <= self._difference(other))
        self._model.maximize((most + 1) * nearest - self._cost)

    def _difference(self, other: Design) -> Any:
        fewer = [
            ~literal
            for levels, count in zip(self._at_least, other.staff, strict=True)
            for k, literal in levels.items()
            if k <= count
        ]
        turned = [~literal if taken else literal for literal, taken in zip(self._options, other.options, strict=True)]
        return sum(fewer) + OPTION_WEIGHT * sum(turned)

    # Answers ----------------------------------------------------------------------------------------------------------

    def cheapest(self, stopping: Stopping | None = None) -> tuple[int, Design] | None:
        """A cheapest design that is left, with its cost; None where none is. Raises ``SolverStopped``."""
        solver = self._solved(self._model, stopping)
        return None if solver is None else (round(solver.objective_value), self._design(solver))

    def fullest(self, stopping: Stopping | None = None) -> Design | None:
        """The design left with the most posts and options in all, each counted as one; None where none is left."""
        model = self._model.clone()
        model.maximize(sum(literal for literals in self._digits() for literal in literals))
        solver = self._solved(model, stopping)
        return None if solver is None else self._design(solver)

    def smallest(self, cost: int, before: Design, stopping: Stopping | None = None) -> Design | None:
        """Of the designs left that cost ``cost``, the lexicographically smallest if it is before ``before``."""
        model = self._model.clone()
        model.add(self._cost == cost)
        found: Design | None = None
        for rank, width in self._ranks():
            model.minimize(sum(weight * literal for weight, literal in rank))
            solver = self._solved(model, stopping)
            if solver is None:
                return None
            found = self._design(solver)
            if width < len(self._digits()):
                model.add(sum(weight * literal for weight, literal in rank) == round(solver.objective_value))
        return found if found is not None and found < before else None

    def _digits(self) -> list[list[Any]]:
        """The coordinates of a design in their order, each as the literals whose sum ranks it."""
        return [list(levels.values()) for levels in self._at_least] + [[literal] for literal in self._options]

    def _ranks(self) -> Iterator[tuple[list[tuple[int, Any]], int]]:
        """Groups of coordinates as weighted sums that fit a 64-bit objective, with the coordinates ranked so far."""
        digits, first = self._digits(), 0
        while first < len(digits):
            last, span = first, 1
            while last < len(digits) and span * (len(digits[last]) + 1) <= LARGEST_RANK:
                span *= len(digits[last]) + 1
                last += 1
            rank: list[tuple[int, Any]] = []
            for literals in digits[first:last]:
                span //= len(literals) + 1
                rank += [(span, literal) for literal in literals]
            first = last
            yield rank, last

    def _solved(self, model: CpModel, stopping: Stopping | None) -> CpSolver | None:
        return solved(model, stopping)

    def _design(self, solver: CpSolver) -> Design:
        fewest = np.min([setting.low for setting in self._space.settings], axis=0)
        staff = tuple(
            int(low) + sum(int(solver.value(literal)) for literal in levels.values())
            for levels, low in zip(self._at_least, fewest, strict=True)
        )
        return Design(staff, tuple(bool(solver.value(literal)) for literal in self._options))

    # Variables --------------------------------------------------------------------------------------------------------

    def _boolean(self, name: str) -> Any:
        return self._model.new_bool_var(name)

    def _key_literals(self) -> list[dict[tuple[Hashable, ...], Any]]:
        """For each goal, literals that say which terms it has."""
        goals = range(len(self._terms[0])) if len(self._terms) else range(0)
        return [self._literals.saying([tuple(t.key for t in own[goal]) for own in self._terms]) for goal in goals]

    def _fails_literals(self, together: Together | None) -> dict[int, list[Any]]:
        """For each goal that need not be kept, whether its group is one of those that do not hold."""
        if together is None or not together.spare:
            return {}
        fails = [self._boolean("demand does not hold") for _ in together.groups]
        self._model.add(sum(fails) <= together.spare)
        return {goal: [literal] for literal, own in zip(fails, together.groups, strict=True) for goal in own}

    def _order_literals(self, pool: int) -> dict[int, Any]:
        """For k above the fewest posts of any setting: whether the pool has k posts or more."""
        settings = self._space.settings
        low, high = min(s.low[pool] for s in settings), max(s.high[pool] for s in settings)
        levels = {k: self._boolean(f"{self._space.pools[pool]} >= {k}") for k in range(low + 1, high + 1)}
        for k in range(low + 2, high + 1):
            self._model.add_implication(levels[k], levels[k - 1])
        for bounds, here in self._literals.saying([(s.low[pool], s.high[pool]) for s in settings]).items():
            least, most = bounds
            if least > low:
                self._model.add_implication(here, levels[least])
            if most < high:
                self._model.add_implication(here, ~levels[most + 1])
        return levels

    def _keep_within(self, pool: int, least: int, most: int) -> None:
        """Bounds on the posts of a pool in all settings that have it."""
        levels = self._at_least[pool]
        there = self._literals.saying([setting.high[pool] > 0 for setting in self._space.settings])
        gone = [there[False]] if False in there else []
        if least in levels:
            self._model.add_bool_or([levels[least], *gone])
        if most + 1 in levels:
            self._model.add_bool_or([~levels[most + 1]])

    def _posts_on_patterns(self, roster: Roster) -> list[Any]:
        """The posts on each pattern of a roster, of which its rows are made."""
        posts = [self._model.new_int_var(0, high, "posts") for high in roster.high]
        columns = list(roster.columns)
        there = self._literals.saying([any(s.high[column] for column in columns) for s in self._space.settings])
        for count, low in zip(posts, roster.low, strict=True):
            if low and True in there:
                self._model.add(count >= low).only_enforce_if(there[True])
        for row, column in enumerate(roster.columns):
            fewest = min(setting.low[column] for setting in self._space.settings)
            on_duty = sum(count for count, covers in zip(posts, roster.covers, strict=True) if covers[row])
            self._model.add(on_duty == fewest + sum(self._at_least[column].values()))
        return posts

    def _keep_limits(self) -> None:
        fewest = [min(setting.low[pool] for setting in self._space.settings) for pool in range(len(self._space.pools))]
        for limit in self._space.limits:
            used = limit.used(fewest, [0] * len(self._posts)) + sum(
                weight * literal
                for weight, levels in zip(limit.weights, self._at_least, strict=True)
                for literal in levels.values()
                if weight
            )
            used += sum(w * sum(posts) for w, posts in zip(limit.of_rosters, self._posts, strict=True))
            if limit.least is not None:
                self._model.add(used >= limit.least)
            if limit.most is not None:
                self._model.add(used <= limit.most)

    def _cost_expression(self) -> Any:
        parts = [self._literals.amount([setting.base_cost for setting in self._space.settings])]
        for pool in range(len(self._space.pools)):
            parts += self._post_costs(pool)
        for charge in self._space.charges:
            due = self._boolean("charge")
            for place in charge.options:
                self._model.add_implication(self._options[place], due)
            self._model.add_bool_or([~due, *(self._options[place] for place in charge.options)])
            parts.append(charge.amount * due)
        return sum(parts)

    def _post_costs(self, pool: int) -> list[Any]:
        """What the posts of a pool cost: one price list for each group of settings that share one."""
        lists = [(setting.low[pool], setting.post_costs[pool]) for setting in self._space.settings]
        groups = self._literals.saying(lists)
        parts: list[Any] = []
        for (low, prices), here in groups.items():
            parts.append(prices[0] * here)
            for k, (before, price) in enumerate(itertools.pairwise(prices), start=low + 1):
                post = self._at_least[pool][k] if len(groups) == 1 else self._both(self._at_least[pool][k], here)
                parts.append((price - before) * post)
        return parts

    def _both(self, one: Any, other: Any) -> Any:
        """Whether two literals hold."""
        both = self._boolean("both")
        self._model.add_implication(both, one)
        self._model.add_implication(both, other)
        self._model.add_bool_or([both, ~one, ~other])
        return both

    def _held(self, setting: int) -> Booleans:
        """The coordinates that touch some goal of a setting either way."""
        held = [term.held for goal in self._terms[setting] for term in goal]
        return np.any(held, axis=0) if held else np.zeros(self._space.dimensions, np.bool_)

    def _outside(self, vector: Integers, term: Term, direction: int) -> list[Any]:
        """One literal for each way not to be covered by ``vector``, as ``Term.covers`` says it."""
        return [*self._beyond(vector, term.depends, direction), *self._beyond(vector, term.held, -direction)]

    def _beyond(self, vector: Integers, depends: Booleans, direction: int) -> list[Any]:
        """One literal for each way to have more (direction 1) or less (-1) than ``vector`` of what matters."""
        pools = len(self._space.pools)
        literals = []
        for pool, levels in enumerate(self._at_least):
            count = int(vector[pool])
            if depends[pool] and direction > 0 and count + 1 in levels:
                literals.append(levels[count + 1])
            elif depends[pool] and direction < 0 and count in levels:
                literals.append(~levels[count])
        for column, place in enumerate(self._space.monotone, start=pools):
            if depends[column] and bool(vector[column]) == (direction < 0):
                literals.append(self._options[place] if direction > 0 else ~self._options[place])
        return literals

    def _other_term(self, goal: int, key: Hashable) -> list[Any]:
        """Literals of which one holds where no term of the goal has this key."""
        return [here for keys, here in self._keys[goal].items() if key not in keys]

    def _other_setting(self, setting: int) -> list[Any]:
        """One literal for each way not to be in a setting."""
        return [
            ~literal if taken else literal
            for literal, taken, option in zip(
                self._options, self._space.settings[setting].taken, self._space.options, strict=True
            )
            if not option.monotone
        ]

    def _slack(self, goal: int, key: Hashable) -> Any:
        if (goal, key) not in self._slacks:
            self._slacks[goal, key] = self._model.new_int_var(LEAST_SLACK, MOST_SLACK, "slack")
        return self._slacks[goal, key]

    def _slack_steps(self, goal: int, slack: float) -> int:
        """A slack in whole steps, rounded up so that the bound stays valid."""
        if slack == -math.inf:
            return LEAST_SLACK
        steps = math.ceil(slack / self._slack_units[goal] * SLACK_STEPS)
        return max(LEAST_SLACK, min(MOST_SLACK, steps))
