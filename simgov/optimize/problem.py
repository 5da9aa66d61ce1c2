"""A study as a search problem: options and settings with their exact costs, goals with what they depend on, and the
scenario that a design stands for.

The office falls into parts that share neither officers nor applicants. Draws belong to cases, so what happens in one
part is the same to the last bit whatever is decided in another: a goal depends on the decisions of its own parts alone.
"""

from __future__ import annotations

import itertools
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property, partial
from typing import TYPE_CHECKING, cast

from simgov.errors import InputError, ReformError
from simgov.errors import Problem as Fault
from simgov.kpi.cost import horizon_days, plan_cost, reform_cost
from simgov.kpi.table import PERCENT, Kpi, UnknownKpi, find, in_scenario
from simgov.kpi.targets import Target
from simgov.optimize.company import Begun, Refused, applied, branching, clauses, combinations, in_order, told
from simgov.optimize.demand import USUAL, Demand
from simgov.optimize.effects import goal_of, option_effect, post_effect, variants_of
from simgov.optimize.equipment import Equipment, kind_and_pool
from simgov.optimize.goals import Goal, Others, Term, Together, added_up
from simgov.optimize.guarding import GUARD_BANDS, held_back
from simgov.optimize.influence import HELPS, NONE, Influence, counted, counted_tasks, windows
from simgov.optimize.limits import Limit
from simgov.optimize.negative_list import Judge
from simgov.optimize.prices import PriceLists, paid_beside_duty
from simgov.optimize.rosters import Roster
from simgov.optimize.schema import Decisions
from simgov.optimize.space import Charge, Clause, Design, Option, Setting, Space
from simgov.optimize.whole import of_services, whole_office
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.scenario.value import Posts, Scenario, Service, Text

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure
    from simgov.reforms.reform import Reform

MOST_SETTINGS = 16_384
YEAR_DAYS = 365


@dataclass(frozen=True)
class Part:
    """Services and pools that have nothing to do with the rest of the office."""

    services: tuple[str, ...]
    pools: tuple[str, ...]


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
        return _layout(self.space, self.pools, self.baseline, offices, self.measures, kpis, goals, kept, {})

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

    @property
    def guard_band(self) -> float:
        """The band that a search begins with."""
        return GUARD_BANDS[self.others]

    @cached_property
    def others(self) -> Others:
        """Whom more staff sends on besides those that the targets are about."""
        every = (term.others for setting in self.terms for goal in setting for term in goal)
        return max(every, default=Others.NONE)

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
    terms, services = _layout(space, of_columns, baseline, offices, measures, kpis, goals, (), known)
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


Terms = tuple[tuple[tuple[Term, ...], ...], ...]
"""The terms of each goal in each setting."""

Services = tuple[tuple[tuple[tuple[str, ...], ...], ...], ...]
"""The services of each of these terms."""


Offices = Mapping[str, Scenario]
"""What the measures of a setting make of the office: "" as planned, and under each stress by its demand scenario."""


def offices_of(
    baseline: Scenario, planned: Scenario, measures: Sequence[Measure], demands: Sequence[Demand]
) -> Offices:
    """The offices of a setting whose ``measures`` make ``planned`` of the baseline. Raises ``ReformError``."""
    strained = {
        demand.name: demand.applied(demand.begun(baseline, measures, planned), baseline)
        for demand in demands
        if demand.stress is not None
    }
    return {"": planned, **strained}


def _layout(
    space: Space,
    of_columns: Sequence[str],
    baseline: Scenario,
    offices: Sequence[Offices],
    measures: tuple[tuple[Measure, ...], ...],
    kpis: Sequence[Kpi],
    goals: Sequence[Goal],
    whole: Sequence[int],
    keys: dict[Hashable, int],
) -> tuple[Terms, Services]:
    """What each goal depends on in each setting, given that no more than ``goals`` are asked for.

    ``of_columns`` are the pools of the columns of the space. Those at the places ``whole`` are not taken apart.
    """
    layout, removable = [], _removable(measures, space)
    contents: dict[Hashable, int] = {}
    for setting, own in zip(space.settings, offices, strict=True):
        found: dict[tuple[str, bool, str], list[tuple[Term, tuple[str, ...]]]] = {}
        for name, office in own.items():
            # What begins later, may come late, or comes otherwise under a stress touches what it will touch.
            scenario = whole_office([office, own[""], *([baseline] if office.chance is not None else [])])
            here = [in_scenario(kpi, scenario) for kpi in kpis]
            there = [(kpi, goal.direction) for kpi, goal in zip(here, goals, strict=True) if _owned(kpi, scenario)]
            influence = Influence.of(scenario, list(dict.fromkeys(there)), removable)
            apart = parts(scenario)
            for n, (kpi, goal) in enumerate(zip(here, goals, strict=True)):
                key = (goal.kpi, n in whole, name)
                if key not in found and _office_of(goal, own) == name:  # the same however many come
                    found[key] = [
                        (replace(term, key=contents.setdefault((term.key, content), len(contents))), services)
                        for term, services, content in _terms(
                            space, of_columns, scenario, office, kpi, measures, apart, influence, n in whole, setting
                        )
                    ]
        layout.append([found[goal.kpi, n in whole, _office_of(goal, own)] for n, goal in enumerate(goals)])
    known = list(contents)
    places: dict[tuple[int, Hashable], int] = {}
    for goals_there in layout:
        for n, terms_of in enumerate(goals_there):
            for term, _ in terms_of:
                if (n, term.key) not in places:
                    places[n, term.key] = keys.setdefault((n, known[cast(int, term.key)]), len(keys))
    terms = tuple(
        tuple(tuple(replace(term, key=places[n, term.key]) for term, _ in own) for n, own in enumerate(goals_there))
        for goals_there in layout
    )
    return terms, tuple(tuple(tuple(services for _, services in goal) for goal in setting) for setting in layout)


def _office_of(goal: Goal, offices: Offices) -> str:
    """In which of the offices of a setting a goal is judged."""
    return goal.demand if goal.demand in offices else ""


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


def _terms(
    space: Space,
    of_columns: Sequence[str],
    scenario: Scenario,
    office: Scenario,
    kpi: Kpi,
    measures: tuple[tuple[Measure, ...], ...],
    apart: Sequence[Part],
    influence: Influence,
    whole: bool,
    setting: Setting,
) -> list[tuple[Term, tuple[str, ...], Hashable]]:
    """The terms of one goal in one setting, each with its services and all else that its tallies follow from.

    ``scenario`` is the ``office`` at all times at once.
    """
    concerned = [part for part in apart if _concerns(kpi, part, scenario)]
    if not _owned(kpi, scenario):
        concerned = [Part((), ())]
    fixed = kpi.statistic in PERCENT or all(_fixed_waits(scenario, part, measures) for part in concerned)
    # A spread over all waits is no sum of parts.
    if whole or not (kpi.definition.scope == "hall" and kpi.statistic and fixed):
        concerned = [_together(concerned)]
    terms: list[tuple[Term, tuple[str, ...], Hashable]] = []
    for part in concerned:
        own = counted(scenario, kpi) & frozenset(part.pools) if part.pools else frozenset[str]()
        counts = counted_tasks(scenario, kpi)
        felt = {name: influence.effect(name, own, kpi.definition.quantity, counts) for name in part.pools}
        by_pool = {name: post_effect(scenario, kpi, part.services, effect) for name, effect in felt.items()}
        pools = [by_pool.get(name, NONE) for name in of_columns]
        relieves = partial(influence.relieves, own=own, counts=counts)
        options = [
            option_effect(scenario, part.services, measures[place], by_pool, relieves) for place in space.monotone
        ]
        effects, others = held_back((*pools, *options), (*setting.sides, *(2 for _ in options)))
        helping = [name for name, effect in by_pool.items() if effect == HELPS]
        if others is Others.NONE and any(influence.sends_on(name, own, counts) for name in helping):
            others = Others.SHARING
        content = (
            of_services(office, part.services, part.pools),
            office.chance,
            tuple(service.arrivals for service in office.services) if office.run.cases is not None else (),
        )
        terms.append((Term(effects, effects, others), part.services, content))
    return terms


def _together(concerned: Sequence[Part]) -> Part:
    """Several parts as one."""
    return Part(
        tuple(name for part in concerned for name in part.services),
        tuple(name for part in concerned for name in part.pools),
    )


def _owned(kpi: Kpi, scenario: Scenario) -> bool:
    """Whether the scenario has what the KPI is about: a reform may have done away with the pool."""
    return kpi.definition.scope != "pool" or any(pool.id == kpi.owner for pool in scenario.pools)


def _removable(measures: tuple[tuple[Measure, ...], ...], space: Space) -> frozenset[str]:
    """The steps that some option which is no setting of its own may remove."""
    own = [measure for place in space.monotone for measure in measures[place]]
    return frozenset(measure.step for measure in own if isinstance(measure, RemoveStep))


def parts(scenario: Scenario) -> list[Part]:
    """The office taken apart: services that share a pool, or a hall with limited room, directly or through others, are
    in one part."""
    groups: list[tuple[set[str], set[str]]] = [
        (set(), {pool.id, pool.tide.to}) for pool in scenario.pools if pool.tide is not None
    ]
    if scenario.hall_room is not None:
        groups.append((set(), set(windows(scenario))))
    for service in scenario.services:
        variants = scenario.variants(service)
        pools = {pool for variant in variants for step in variant.steps for pool in step.pools}
        joined = [group for group in groups if group[1] & pools]
        services = {service.id}.union(*(group[0] for group in joined))
        pools = pools.union(*(group[1] for group in joined))
        groups = [group for group in groups if group not in joined] + [(services, pools)]
    return [
        Part(
            tuple(service.id for service in scenario.services if service.id in services),
            tuple(pool.id for pool in scenario.pools if pool.id in pools),
        )
        for services, pools in groups
    ]


def _concerns(kpi: Kpi, part: Part, scenario: Scenario) -> bool:
    scope = kpi.definition.scope
    if scope == "service":
        return any(name in part.services for name in kpi.services)
    if scope == "pool":
        return kpi.owner in part.pools
    if scope == "hall":
        return any(_waits_in_person(variant) for name in part.services for variant in variants_of(scenario, name))
    return True


def _waits_in_person(service: Service) -> bool:
    return any(step.in_person and step.at is not None for step in service.steps)


def _fixed_waits(scenario: Scenario, part: Part, measures: tuple[tuple[Measure, ...], ...]) -> bool:
    """Whether each applicant of a part waits in person equally often, whatever is decided."""
    for service in (variant for name in part.services for variant in variants_of(scenario, name)):
        in_person = [step for step in service.steps if step.in_person and step.at is not None]
        pools = [scenario.pool(name) for step in in_person for name in step.pools]
        sent_home = any(pool.waiting_at_closing == "send_home" for pool in pools)
        leaves = service.patience is not None and (len(in_person) > 1 or any(step.returns for step in in_person))
        if in_person and (sent_home or leaves):
            return False
        removed = {m.step for own in measures for m in own if isinstance(m, RemoveStep)}
        counted = [step for step in service.steps if step.in_person or step.returns]
        if in_person and any(f"{service.id}.{step.id}" in removed for step in counted):
            return False
    return True


def exists(scenario: Scenario, target: Target) -> bool:
    """Whether the scenario has the target's KPI; a reform may have done away with the pool it is about."""
    try:
        find(scenario, target.kpi)
    except UnknownKpi:
        return False
    return True
