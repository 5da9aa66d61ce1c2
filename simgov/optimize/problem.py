"""A study as a search problem: options and settings with their exact costs, goals with what they depend on, and the
scenario that a design stands for.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from simgov.errors import InputError, ReformError
from simgov.errors import Problem as Fault
from simgov.kpi.cost import horizon_days, plan_cost, reform_cost
from simgov.kpi.table import UnknownKpi, find
from simgov.kpi.targets import Target
from simgov.optimize.company import Begun, Refused, applied, branching, clauses, combinations, in_order, told
from simgov.optimize.demand import USUAL, Demand
from simgov.optimize.effects import goal_of
from simgov.optimize.equipment import Equipment, kind_and_pool
from simgov.optimize.goals import Goal, Term, Together, added_up
from simgov.optimize.layout import Offices, Services, Terms, layout, offices_of
from simgov.optimize.limits import Limit
from simgov.optimize.negative_list import Judge
from simgov.optimize.prices import PriceLists, paid_beside_duty
from simgov.optimize.rosters import Roster
from simgov.optimize.schema import Decisions
from simgov.optimize.space import Charge, Clause, Design, Option, Setting, Space
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.scenario.value import Posts, Scenario, Text

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure
    from simgov.reforms.reform import Reform

MOST_SETTINGS = 16_384
YEAR_DAYS = 365


@dataclass(frozen=True, eq=False)
class Problem:
    """What the optimiser solves. ``measures`` are those of each option of the space, ``targets`` those of the goals.

    Each target is a goal in each of the ``demands``, in ``hold`` of which a plan has to keep all of them. What a plan
    costs is what it costs under the usual demand, or the first where none is usual.
    """

    baseline: Scenario
    space: Space
    measures: tuple[tuple[Measure, ...], ...]
    targets: tuple[Target, ...]
    goals: tuple[Goal, ...]
    terms: tuple[tuple[tuple[Term, ...], ...], ...]
    services_of_terms: tuple[tuple[tuple[tuple[str, ...], ...], ...], ...]
    most_cost: int | None = None
    refused: tuple[Refused, ...] = ()
    limits: tuple[Limit, ...] = ()
    rosters: tuple[Roster, ...] = ()
    demands: tuple[Demand, ...] = (USUAL,)
    hold: int = 1
    _scenarios: dict[tuple[bool, ...], Scenario] = field(default_factory=dict, repr=False)

    def scenario(self, design: Design) -> Scenario:
        """The scenario that a design stands for, under the demand that the file gives.

        Raises ``ReformError`` where its options exclude each other.
        """
        return self.manned(design, self.equipped(design))

    def manned(self, design: Design, scenario: Scenario) -> Scenario:
        """A scenario with the posts of a design."""
        manned = scenario.with_staff(self.posts_of(design))
        return replace(manned, label="plan", beside_duty=self._beside_duty(design, manned))

    def _beside_duty(self, design: Design, scenario: Scenario) -> int:
        """What posts on patterns that are paid apart cost beyond their hours on duty, in a scenario."""
        return sum(
            design.staff[column] * paid_beside_duty(scenario, roster, place)
            for roster, own in zip(self.rosters, self.space.rosters, strict=True)
            for place, column in zip(roster.paid_apart, own.columns[len(roster.rows) :], strict=True)
        )

    def office(self, design: Design, demand: Demand) -> Scenario:
        """The scenario that a design stands for in a demand scenario. Raises as ``scenario`` does."""
        if demand.stress is None:
            return demand.applied(self.scenario(design))
        begun = self.equipment(design).applied(self.begun(design.options, demand))
        return demand.applied(self.manned(design, begun), self.baseline)

    def begun(self, taken: tuple[bool, ...], demand: Demand) -> Scenario:
        """The baseline with the options that are ``taken``, as they begin in a demand scenario."""
        planned = self.with_options(taken)
        return demand.begun(self.baseline, self.measures_of(taken), planned)

    def posts_of(self, design: Design) -> dict[str, Posts]:
        """What each pool that is decided has: so many posts, or the windows that its rows open."""
        posts: dict[str, Posts] = {self.space.pools[column]: design.staff[column] for column in self.of_posts}
        for roster, own in zip(self.rosters, self.space.rosters, strict=True):
            posts[roster.pool] = roster.shifts([design.staff[column] for column in own.columns])
        return posts

    @cached_property
    def pools(self) -> tuple[str, ...]:
        """The pool of each column of the space; "" where it touches nothing but the cost."""
        pools = [kind_and_pool(name)[1] for name in self.space.pools]
        for roster, own in zip(self.rosters, self.space.rosters, strict=True):
            for column, pool in zip(own.columns, roster.pools, strict=True):
                pools[column] = pool
        return tuple(pools)

    def staff(self, design: Design) -> dict[str, int]:
        """Posts of each pool that is decided; those of a roster on all its patterns together."""
        posts = {self.space.pools[column]: design.staff[column] for column in self.of_posts}
        return {**posts, **{pool: sum(patterns.values()) for pool, patterns in self.on_patterns(design).items()}}

    def on_patterns(self, design: Design) -> dict[str, dict[str, int]]:
        """For each roster the posts on each pattern; nothing for a design that no roster makes."""
        made = self.space.made(design)
        if made is None:
            return {}
        return {
            roster.pool: {pattern.id: count for pattern, count in zip(roster.patterns, counts, strict=True)}
            for roster, counts in zip(self.rosters, made, strict=True)
        }

    def with_options(self, taken: tuple[bool, ...]) -> Scenario:
        """The baseline with the options that are ``taken``; posts are as the baseline and the reforms leave them."""
        if taken not in self._scenarios:
            self._scenarios[taken] = applied(self.baseline, self._chosen(taken))
        return self._scenarios[taken]

    @cached_property
    def of_posts(self) -> tuple[int, ...]:
        """The columns of pools whose posts are decided by number."""
        return tuple(column for column in self.space.plain if not kind_and_pool(self.space.pools[column])[0])

    def equipment(self, design: Design) -> Equipment:
        """The room and speed that a design gives to pools."""
        return Equipment.of({self.space.pools[column]: design.staff[column] for column in self.space.plain})

    def equipped(self, design: Design) -> Scenario:
        """The baseline with the options, the room and the speed of a design; posts as these leave them."""
        return self.equipment(design).applied(self.with_options(design.options))

    def measures_of(self, taken: tuple[bool, ...]) -> tuple[Measure, ...]:
        """The measures of the options that are ``taken``, in the order in which they are applied."""
        return in_order(self._chosen(taken))

    def _chosen(self, taken: tuple[bool, ...]) -> list[tuple[Option, Sequence[Measure]]]:
        return [(option, self.measures[i]) for i, option in enumerate(self.space.options) if taken[i]]

    def cost(self, design: Design) -> int:
        """Minor units over the horizon, overtime apart."""
        return plan_cost(self.scenario(design))

    def term_services(self, setting: int, goal: int, term: int) -> tuple[str, ...]:
        """The services whose applicants one term is about."""
        return self.services_of_terms[setting][goal][term]

    def asking(self, places: Sequence[int], whole: Sequence[int] = ()) -> tuple[Terms, Services]:
        """The terms and their services where only the targets at ``places`` are asked for.

        A target that is not asked for keeps no queue in bounds, so what may touch the others either way can be more.
        The targets at ``whole`` are not taken apart.
        """
        offices = [
            offices_of(self.baseline, self.with_options(setting.taken), self.measures_of(setting.taken), self.demands)
            for setting in self.space.settings
        ]
        kpis = [find(self.baseline, self.targets[place].kpi) for place in places]
        goals = [self.goals[place] for place in places]
        kept = [number for number, place in enumerate(places) if place in whole]
        return layout(self.space, self.pools, self.baseline, offices, self.measures, kpis, goals, kept, {})

    def under(self, demand: Demand) -> tuple[int, ...]:
        """The goals that are judged in a demand scenario."""
        return tuple(place for place, goal in enumerate(self.goals) if goal.demand == demand.name)

    @property
    def priced_in(self) -> Demand:
        """The demand scenario whose overtime a plan pays."""
        return next(
            (demand for demand in self.demands if demand.usual),
            next(demand for demand in self.demands if demand.stress is None),
        )

    @cached_property
    def together(self) -> Together:
        """Which goals have to be kept."""
        return Together.of(self.goals, self.hold)

    def at(self, places: Sequence[int], limits: Mapping[int, float]) -> Problem:
        """The problem of the targets at ``places`` alone, some of them at other limits."""
        targets = tuple(self.targets[p].at(limits.get(p, self.targets[p].limit)) for p in places)
        moved = {p for p, target in zip(places, targets, strict=True) if target.limit != self.targets[p].limit}
        terms, services = self.asking(places, sorted(moved & self.several))
        goals = tuple(self.goals[p].at(target.limit) for p, target in zip(places, targets, strict=True))
        return replace(self, targets=targets, goals=goals, terms=terms, services_of_terms=services)

    @cached_property
    def several(self) -> frozenset[int]:
        """The goals that are added up from terms."""
        return added_up(self.terms)


def build(
    baseline: Scenario,
    reforms: dict[str, Reform],
    targets: Sequence[Target],
    decisions: Decisions,
    most_cost: int | None = None,
    *,
    ways: Sequence[tuple[bool, ...]] | None = None,
    keys: dict[Hashable, int] | None = None,
) -> Problem:
    """The search problem of a checked study.

    ``ways``: only these combinations of the options to branch over, instead of all; problems that are given the same
    ``keys`` have equal keys for terms whose tallies are equal.
    """
    baseline = replace(baseline, horizon=decisions.horizon)
    if not targets:
        raise InputError(
            (Fault((), "there are no targets, so the cheapest plan is the least of everything", "give targets:"),)
        )
    options, measures = _options(baseline, reforms, decisions)
    rosters = tuple(decisions.rosters.values())
    numbers = decisions.numbers
    pools = (*numbers, *(column for roster in rosters for column in roster.columns))
    firsts = itertools.accumulate((len(roster.columns) for roster in rosters), initial=len(numbers))
    of_pools = tuple(roster.over(first) for roster, first in zip(rosters, firsts, strict=False))
    rules = clauses(baseline, measures)
    settings, offices, tried = _settings(baseline, options, measures, decisions, rules, ways)
    limits = tuple(limit.over(pools, decisions.rosters) for limit in decisions.limits)
    space = Space(pools, options, settings, _charges(baseline, measures), rules, limits=limits, rosters=of_pools)
    demands = decisions.demand or (USUAL,)
    targets = [target for target in targets for _ in demands]
    kpis = [find(baseline, target.kpi) for target in targets]
    budgets = [round(t.limit * 100) for t in targets if t.kpi == "cost" and t.sense == "at_most"]
    budgets += [most for most in (most_cost, decisions.budget) if most is not None]
    goals = tuple(
        replace(goal_of(target, kpi), demand=demands[place % len(demands)].name)
        for place, (target, kpi) in enumerate(zip(targets, kpis, strict=True))
    )
    of_columns = [
        *(kind_and_pool(name)[1] for name in numbers),
        *(pool for roster in rosters for pool in roster.pools),
    ]
    known = {} if keys is None else keys
    terms, services = layout(space, of_columns, baseline, offices, measures, kpis, goals, (), known)
    return Problem(
        baseline=baseline,
        space=space,
        measures=measures,
        targets=tuple(targets),
        goals=goals,
        terms=terms,
        services_of_terms=services,
        most_cost=min(budgets) if budgets else None,
        refused=told(baseline, options, measures, rules, tried, [setting.taken for setting in settings]),
        limits=decisions.limits,
        rosters=rosters,
        demands=demands,
        hold=decisions.hold or len(demands),
    )


def _options(
    baseline: Scenario, reforms: dict[str, Reform], decisions: Decisions
) -> tuple[tuple[Option, ...], tuple[tuple[Measure, ...], ...]]:
    """Reforms, then removals, each in the order of the file."""
    options = [Option(name, "reform", reforms[name].monotone) for name in decisions.reforms]
    measures = [tuple(reforms[name].measures) for name in decisions.reforms]
    for name, cost in decisions.remove.items():
        options.append(Option(name, "removal", True))
        measures.append((RemoveStep(step=name, set_up=cost, currency=baseline.currency if cost else ""),))
    return branching(options, measures), tuple(measures)


def _settings(
    baseline: Scenario,
    options: tuple[Option, ...],
    measures: tuple[tuple[Measure, ...], ...],
    decisions: Decisions,
    rules: tuple[Clause, ...],
    ways: Sequence[tuple[bool, ...]] | None,
) -> tuple[tuple[Setting, ...], list[Offices], list[tuple[tuple[bool, ...], Text]]]:
    """Every combination of the options to branch over that can be applied, under every stress too, and that the
    negative list allows, with the offices it makes; and what was tried in vain, with why."""
    few = True
    if ways is None:
        ways, few = combinations(options, rules, MOST_SETTINGS)
    if not few:
        count = sum(not option.monotone for option in options)
        message = f"{count} reforms change the process and may be combined freely: too many combinations"
        raise InputError((Fault(("optimize", "reforms"), message, "leave some out, or fix them in the baseline"),))
    settings, offices, tried = [], [], []
    begun: Begun = {}
    judge = Judge(decisions.negative_list, baseline)
    prices = PriceLists(decisions.numbers, tuple(decisions.rosters.values()))
    for taken in ways:
        chosen = [(options[place], measures[place]) for place, there in enumerate(taken) if there]
        try:
            scenario = applied(baseline, chosen, begun)
            own = offices_of(baseline, scenario, in_order(chosen), decisions.demand)
        except ReformError as error:
            tried.append((taken, Text(str(error), str(error))))
            continue
        fault = judge.fault(scenario)
        if fault is not None:
            tried.append((taken, fault))
            continue
        settings.append(prices.setting(scenario, taken))
        offices.append(own)
    return tuple(settings), offices, tried


def _charges(baseline: Scenario, measures: tuple[tuple[Measure, ...], ...]) -> tuple[Charge, ...]:
    """What each measure costs over the horizon, from the day on which it begins, due once whichever of the options that
    share it is taken.

    Running costs are rounded down, so that the sum never exceeds the cost of the scenario.
    """
    charges = []
    for measure in dict.fromkeys(measure for own in measures for measure in own):
        amount = _charge(baseline, measure) if measure.set_up or measure.running else 0
        if amount:
            charges.append(Charge(amount, tuple(i for i, own in enumerate(measures) if measure in own)))
    return tuple(charges)


def _charge(baseline: Scenario, measure: Measure) -> int:
    """Minor units that a measure costs over the horizon, at least."""
    try:
        (before, a_year), (after, then) = reform_cost(baseline), reform_cost(measure.apply(baseline))
    except ReformError:  # it can only follow others: from its own first day on
        start, days = baseline.run.start, horizon_days(baseline)
        dates = [date for date in (start, *measure.dates) if measure.uptake_on(date) > 0.0]
        left = days - (max(start, min(dates)) - start).days if dates else 0
        return measure.set_up + measure.running * left // YEAR_DAYS if left > 0 else 0
    return after - before + (then - a_year) // YEAR_DAYS


def exists(scenario: Scenario, target: Target) -> bool:
    """Whether the scenario has the target's KPI; a reform may have done away with the pool it is about."""
    try:
        find(scenario, target.kpi)
    except UnknownKpi:
        return False
    return True
