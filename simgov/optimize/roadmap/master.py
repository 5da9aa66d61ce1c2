"""The integer programme over all schedules that nothing excludes yet (CP-SAT), solved for the cheapest.

``begun[m][q]`` says that measure m has begun by quarter q, ``at_least[y][p][k]`` that pool p has k posts or more in
year y: "no more of anything than this" is then one clause for each quarter. Money is whole minor units by calendar
year. Of equally cheap schedules the one whose measures begin earlier is taken.

Every rule has a name (``Rule``) and can be left away, so that conflicts can be found.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simgov.arrays import Integers
from simgov.optimize.roadmap.knowledge import Knowledge, StateCut, YearCut
from simgov.optimize.roadmap.programme import Programme, Schedule
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.solving import Stopping, solved

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, CpSolver


@dataclass(frozen=True, order=True)
class Rule:
    """One rule of a roadmap. ``kind``: milestone, budget, at_once, most_change or must; ``place``: which of the
    milestones, years or measures."""

    kind: str
    place: int = 0


def rules_of(programme: Programme) -> tuple[Rule, ...]:
    """The rules that may conflict, milestones last: what is left of a conflict are milestones where that may be.

    What measures need and exclude is no such rule: without it they cannot be applied.
    """
    roadmap = programme.roadmap
    found = [Rule("budget", y) for y, year in enumerate(roadmap.years) if year in roadmap.budgets]
    found += [Rule("at_once")] if roadmap.at_once is not None else []
    found += [Rule("most_change")] if roadmap.most_change is not None else []
    found += [Rule("must", m) for m, window in enumerate(programme.windows) if window.must]
    return (*found, *(Rule("milestone", place) for place in range(len(programme.conditions))))


class Master:
    """All schedules of a programme but those that cuts exclude, ``without`` some of its rules.

    ``fixed`` are measures that have begun (place: quarter) and ``settled_years`` the posts of years that are over.
    ``cheapest_year``: minimise what that calendar year costs instead of the whole.
    """

    def __init__(
        self,
        programme: Programme,
        subjects: Subjects,
        without: frozenset[Rule] = frozenset(),
        cheapest_year: int | None = None,
        history: History | None = None,
    ) -> None:
        from ortools.sat.python import cp_model

        self._programme, self._subjects, self._without = programme, subjects, without
        self._model: CpModel = cp_model.CpModel()
        self._never = self._model.new_constant(0)
        years, quarters = len(programme.roadmap.years), programme.quarters
        self._begun = [
            [self._model.new_bool_var(f"{option.name} by {q}") for q in range(quarters)] for option in programme.options
        ]
        self._at_least = [
            [
                {k: self._model.new_bool_var(f"{pool} {y} >= {k}") for k in range(low + 1, high + 1)}
                for pool, (low, high) in programme.roadmap.staff.items()
            ]
            for y in range(years)
        ]
        self._order()
        self._timing()
        self._company()
        self._changes()
        measures = self._spent_on_measures()
        posts = [self._post_cost(y) for y in range(years)]
        self._year_costs = [own + paid for own, paid in zip(measures, posts, strict=True)]
        self._budgets(measures)
        if history is not None:
            self._keep(history)
        spent = self._year_costs if programme.roadmap.covers == "all" else measures
        self._cost = sum(self._year_costs) if cheapest_year is None else spent[cheapest_year]
        self._lateness = sum(1 - literal for own in self._begun for literal in own)
        self._weight = quarters * len(self._begun) + 1
        self._model.minimize(self._cost)
        self._settled_cost: int | None = None

    def copy(self) -> Master:
        """The same master, to which cuts may be added that hold for a moment only."""
        twin = object.__new__(Master)
        twin.__dict__.update(self.__dict__)
        twin._model = self._model.clone()  # A variable is its number, so the literals are those of the clone.
        return twin

    # Answers ----------------------------------------------------------------------------------------------------------

    def best(self, stopping: Stopping | None = None, gap: float = 0.0) -> tuple[int, Schedule] | None:
        """A cheapest schedule left with a rank that none left goes below, or None. Raises ``SolverStopped``.

        Once the cost is settled: the one whose measures begin earliest. With a ``gap`` it may cost so much more.
        """
        solver = solved(self._model, stopping, gap if self._settled_cost is None else 0.0, relaxed=True)
        if solver is None:
            return None
        value = round(solver.objective_value)
        rank = value * self._weight if self._settled_cost is None else self._settled_cost * self._weight + value
        return rank, self._schedule(solver)

    def settle_cost(self, cost: int) -> None:
        """From now on only schedules of this cost count, and the earlier their measures begin the better."""
        self._settled_cost = cost
        self._model.add(self._cost == cost)
        self._model.minimize(self._lateness)

    def rank(self, schedule: Schedule, cost: int) -> int:
        """The rank of a schedule of that cost: smaller is better, cost first, then how late measures begin."""
        quarters = self._programme.quarters
        return cost * self._weight + sum(min(begin, quarters) for begin in schedule.begins)

    def cost_of(self, rank: int) -> int:
        """The cost, in minor units, that a rank stands for."""
        return rank // self._weight

    def better_than(self, rank: int) -> None:
        """Leave out every schedule that is no better; as long as the cost is not settled: no cheaper."""
        if self._settled_cost is None:
            self._model.add(self._cost <= rank // self._weight - 1)
        else:
            self._model.add(self._lateness <= rank % self._weight - 1)

    def _schedule(self, solver: CpSolver) -> Schedule:
        quarters = self._programme.quarters
        begins = tuple(quarters - sum(int(solver.value(literal)) for literal in own) for own in self._begun)
        staff = tuple(
            tuple(
                low + sum(int(solver.value(literal)) for literal in levels.values())
                for levels, low in zip(year, self._programme.fewest, strict=True)
            )
            for year in self._at_least
        )
        return Schedule(begins, staff)

    # What simulation taught -------------------------------------------------------------------------------------------

    def exclude(self, cut: StateCut | YearCut) -> None:
        """Leave out what a cut says, as far as its milestone is asked for."""
        if Rule("milestone", cut.goal) in self._without:
            return
        if isinstance(cut, StateCut):
            self._exclude_state(cut)
        else:
            self._model.add_bool_or(self._other_years(cut))

    def exclude_options(self, taken: Sequence[bool]) -> None:
        """No quarter may have exactly these measures at work."""
        everything = range(len(taken))
        self._in_quarters(
            range(self._programme.quarters),
            lambda q, meanwhile: [self._differs(m, q, meanwhile, bool(taken[m])) for m in everything],
        )

    def exclude_begins(self, schedule: Schedule) -> None:
        """The measures may not begin in exactly these quarters."""
        last = self._programme.quarters - 1
        self._model.add_bool_or(
            [x for m, begin in enumerate(schedule.begins) for x in self._begins_otherwise(m, begin, last)]
        )

    def _exclude_state(self, cut: StateCut) -> None:
        programme, subjects = self._programme, self._subjects
        condition, state = programme.conditions[cut.goal], cut.state
        vector = subjects.vector(state)
        term = subjects.term(cut.goal, subjects.branch(state.design.options))
        direction = programme.goals[cut.goal].direction if cut.box else 0
        quarters = [q for q in range(condition.first, condition.last + 1) if programme.era_of(q) == state.era]
        relevant = [m for m in subjects.divisions[cut.goal][1] if not programme.options[m].monotone]

        def outside(quarter: int, meanwhile: bool) -> list[Any]:
            literals = self._beyond(quarter, meanwhile, vector, term.effects, direction)
            return literals + [self._differs(m, quarter, meanwhile, state.design.options[m]) for m in relevant]

        self._in_quarters(quarters, outside)

    def _in_quarters(self, quarters: Iterable[int], outside: Any) -> None:
        """One clause for each quarter, without and with what is settling; equal ones once."""
        done: set[tuple[int, ...]] = set()
        for quarter in quarters:
            for meanwhile in (False, True):
                literals = outside(quarter, meanwhile)
                key = tuple(sorted({int(literal.index) for literal in literals}))
                if key not in done:
                    done.add(key)
                    self._model.add_bool_or(literals)

    def _beyond(
        self, quarter: int, meanwhile: bool, vector: Integers, effects: Sequence[int], direction: int
    ) -> list[Any]:
        """One literal for each way to have more (direction 1), less (-1) or anything else (0) than ``vector``."""
        literals: list[Any] = []
        pools = len(self._programme.pools)
        for coordinate, effect in enumerate(effects):
            if not effect:
                continue
            more = direction >= 0 or effect > 1
            less = direction <= 0 or effect > 1
            count = int(vector[coordinate])
            if coordinate < pools:
                levels = self._at_least[self._programme.year_of(quarter)][coordinate]
                literals += [levels[count + 1]] if more and count + 1 in levels else []
                literals += [~levels[count]] if less and count in levels else []
            else:
                there = self._present(self._subjects.monotone[coordinate - pools], quarter, meanwhile)
                literals += [there] if more and not count else []
                literals += [~there] if less and count else []
        return literals

    def _other_years(self, cut: YearCut) -> list[Any]:
        """One literal for each way to differ from a schedule that missed a milestone in some year."""
        programme, subjects = self._programme, self._subjects
        pools, options = subjects.divisions[cut.goal]
        direction = programme.goals[cut.goal].direction if cut.box else 0
        effects = subjects.effects_until(cut.goal, cut.schedule, cut.last)
        literals: list[Any] = []
        for year in range(cut.year + 1):
            for pool in pools:
                held = effects[pool] != 1
                count, levels = cut.schedule.staff[year][pool], self._at_least[year][pool]
                literals += [levels[count + 1]] if (direction >= 0 or held) and count + 1 in levels else []
                literals += [~levels[count]] if (direction <= 0 or held) and count in levels else []
        for option in options:
            begin = min(cut.schedule.begins[option], cut.last + 1)
            helps = (
                direction > 0
                and programme.options[option].monotone
                and effects[len(programme.pools) + subjects.monotone.index(option)] == 1
            )
            otherwise = self._begins_otherwise(option, begin, cut.last)
            literals += otherwise[: 1 if begin > 0 else 0] if helps else otherwise
        return literals

    def _begins_otherwise(self, measure: int, begin: int, last: int) -> list[Any]:
        """Earlier (first, where that can be) or later than ``begin``, as far as the quarters up to ``last`` show it."""
        own = self._begun[measure]
        earlier = [own[min(begin - 1, last)]] if begin > 0 else []
        return earlier + ([~own[begin]] if begin <= last else [])

    # Rules ------------------------------------------------------------------------------------------------------------

    def _present(self, measure: int, quarter: int, meanwhile: bool) -> Any:
        """Whether a measure counts as at work in a quarter; ``meanwhile``: those that change the process from the
        quarter on in which they begin."""
        settle = self._programme.windows[measure].settle
        if meanwhile and not self._programme.options[measure].monotone:
            settle = 0
        return self._begun[measure][quarter - settle] if quarter >= settle else self._never

    def _differs(self, measure: int, quarter: int, meanwhile: bool, taken: bool) -> Any:
        there = self._present(measure, quarter, meanwhile)
        return ~there if taken else there

    def _order(self) -> None:
        for own in self._begun:
            for earlier, later in itertools.pairwise(own):
                self._model.add_implication(earlier, later)
        for year in self._at_least:
            for levels in year:
                for k in levels:
                    if k - 1 in levels:
                        self._model.add_implication(levels[k], levels[k - 1])

    def _timing(self) -> None:
        """When each measure may begin, and how many at once."""
        for measure, window in enumerate(self._programme.windows):
            own = self._begun[measure]
            if window.first > 0:
                self._model.add(own[window.first - 1] == 0)
            self._model.add_implication(own[-1], own[window.last])
            if window.must and Rule("must", measure) not in self._without:
                self._model.add(own[-1] == 1)
        at_once = self._programme.roadmap.at_once
        if at_once is not None and Rule("at_once") not in self._without:
            for quarter in range(self._programme.quarters):
                begun = sum(own[quarter] for own in self._begun)
                before = sum(own[quarter - 1] for own in self._begun) if quarter else 0
                self._model.add(begun - before <= at_once)

    def _company(self) -> None:
        """What measures need has settled before they begin; those that exclude each other do not both begin."""
        last = self._programme.quarters - 1
        for clause in self._programme.rules:
            wanted = [measure for measure, there in clause if there]
            if not wanted:
                self._model.add_bool_or([~self._begun[measure][last] for measure, _ in clause])
                continue
            (measure,) = (measure for measure, there in clause if not there)
            for quarter in range(self._programme.quarters):
                ready = [self._present(other, quarter, False) for other in wanted]
                self._model.add_bool_or([~self._begun[measure][quarter], *ready])

    def _changes(self) -> None:
        """How far posts may change from one year to the next, from today's on."""
        most = self._programme.roadmap.most_change
        if most is None or Rule("most_change") in self._without:
            return
        today = [self._programme.baseline.pool(name).count for name in self._programme.pools]
        before: list[Any] = list(today)
        for year in self._at_least:
            now = [low + sum(levels.values()) for levels, low in zip(year, self._programme.fewest, strict=True)]
            for was, posts in zip(before, now, strict=True):
                self._model.add(posts - was <= most)
                self._model.add(was - posts <= most)
            before = now

    def _keep(self, history: History) -> None:
        """What has begun stays, nothing else begins before today, and the posts of years begun stay."""
        for measure, begin in enumerate(history.begins):
            own = self._begun[measure]
            if begin is not None:
                self._model.add(own[begin] == 1)
                if begin > 0:
                    self._model.add(own[begin - 1] == 0)
            elif history.today > 0:
                self._model.add(own[history.today - 1] == 0)
        for year, staff in enumerate(history.staff):
            for levels, count in zip(self._at_least[year], staff, strict=True):
                for k, literal in levels.items():
                    self._model.add(literal == int(count >= k))

    # Money ------------------------------------------------------------------------------------------------------------

    def _spent_on_measures(self) -> list[Any]:
        """What measures cost in each year."""
        programme = self._programme
        years: list[list[Any]] = [[0] for _ in programme.roadmap.years]
        for expense in programme.expenses:
            begun = self._begun_any(expense.options)
            for quarter, literal in enumerate(begun):
                parts = years[programme.year_of(quarter)]
                parts.append(expense.running[quarter] * literal)
                if expense.once:
                    parts.append(expense.once * literal)
                    if quarter:
                        parts.append(-expense.once * begun[quarter - 1])
        return [sum(parts) for parts in years]

    def _begun_any(self, options: tuple[int, ...]) -> list[Any]:
        """For each quarter, whether one of the options has begun."""
        if len(options) == 1:
            return self._begun[options[0]]
        literals = []
        for quarter in range(self._programme.quarters):
            literal = self._model.new_bool_var("begun")
            own = [self._begun[option][quarter] for option in options]
            for one in own:
                self._model.add_implication(one, literal)
            self._model.add_bool_or([~literal, *own])
            literals.append(literal)
        return literals

    def _post_cost(self, year: int) -> Any:
        parts: list[Any] = [self._programme.fixed[year]]
        for prices, levels in zip(self._programme.post_costs[year], self._at_least[year], strict=True):
            parts.append(prices[0])
            parts += [
                (price - before) * literal
                for before, price, literal in zip(prices, prices[1:], levels.values(), strict=False)
            ]
        return sum(parts)

    def _budgets(self, measures: Sequence[Any]) -> None:
        roadmap = self._programme.roadmap
        for place, year in enumerate(roadmap.years):
            if year in roadmap.budgets and Rule("budget", place) not in self._without:
                spent = self._year_costs[place] if roadmap.covers == "all" else measures[place]
                self._model.add(spent <= roadmap.budgets[year])


@dataclass(frozen=True)
class History:
    """What is decided already on the first day of the quarter ``today``: the quarter in which each measure has begun
    (None: not yet), and the posts of the years that have begun."""

    today: int
    begins: tuple[int | None, ...]
    staff: tuple[tuple[int, ...], ...]


def master_of(knowledge: Knowledge, without: frozenset[Rule] = frozenset(), **settings: Any) -> Master:
    """A master that knows everything simulated so far."""
    master = Master(knowledge.programme, knowledge.subjects, without, **settings)
    for cut in knowledge.cuts:
        master.exclude(cut)
    for state in knowledge.impossible:
        master.exclude_options(state.design.options)
    for schedule in knowledge.undatable:
        master.exclude_begins(schedule)
    return master
