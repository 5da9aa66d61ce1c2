"""What each goal depends on in each setting: the parts of the office, and what more of everything does to them.

The office falls into parts that share neither officers nor applicants. Draws belong to cases, so what happens in one
part is the same to the last bit whatever is decided in another: a goal depends on the decisions of its own parts alone.
"""

from __future__ import annotations

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

from simgov.kpi.table import PERCENT, Kpi, in_scenario
from simgov.optimize.demand import Demand
from simgov.optimize.effects import option_effect, post_effect, variants_of
from simgov.optimize.goals import Goal, Term
from simgov.optimize.influence import NONE, Influence, counted, windows
from simgov.optimize.space import Space
from simgov.optimize.whole import of_services, whole_office
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.scenario.value import Scenario, Service

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure


@dataclass(frozen=True)
class Part:
    """Services and pools that have nothing to do with the rest of the office."""

    services: tuple[str, ...]
    pools: tuple[str, ...]


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


def layout(
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
    found_by_setting, removable = [], _removable(measures, space)
    contents: dict[Hashable, int] = {}
    for own in offices:
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
                        (Term(term.effects, contents.setdefault((term.key, content), len(contents))), services)
                        for term, services, content in _terms(
                            space, of_columns, scenario, office, kpi, measures, apart, influence, n in whole
                        )
                    ]
        found_by_setting.append([found[goal.kpi, n in whole, _office_of(goal, own)] for n, goal in enumerate(goals)])
    known = list(contents)
    places: dict[tuple[int, Hashable], int] = {}
    for setting in found_by_setting:
        for n, terms_of in enumerate(setting):
            for term, _ in terms_of:
                if (n, term.key) not in places:
                    places[n, term.key] = keys.setdefault((n, known[cast(int, term.key)]), len(keys))
    terms = tuple(
        tuple(tuple(Term(term.effects, places[n, term.key]) for term, _ in own) for n, own in enumerate(setting))
        for setting in found_by_setting
    )
    return terms, tuple(
        tuple(tuple(services for _, services in goal) for goal in setting) for setting in found_by_setting
    )


def _office_of(goal: Goal, offices: Offices) -> str:
    """In which of the offices of a setting a goal is judged."""
    return goal.demand if goal.demand in offices else ""


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
        felt = {name: influence.effect(name, own, kpi.definition.quantity) for name in part.pools}
        effects = {name: post_effect(scenario, kpi, part.services, effect) for name, effect in felt.items()}
        pools = [effects.get(name, NONE) for name in of_columns]
        options = [option_effect(scenario, part.services, measures[place], effects) for place in space.monotone]
        content = (
            of_services(office, part.services, part.pools),
            office.chance,
            tuple(service.arrivals for service in office.services) if office.run.cases is not None else (),
        )
        effects_of = (*pools, *options)
        terms.append((Term(effects_of, effects_of), part.services, content))
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
