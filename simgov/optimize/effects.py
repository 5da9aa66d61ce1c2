"""What more posts, and steps taken away, do to a KPI: only good, only harm, nothing at all, or not known.

Where it is not known which way they work, a search goes value by value instead of cutting boxes: slower, never wrong.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence, Set
from dataclasses import replace
from typing import TYPE_CHECKING

from simgov.errors import ReformError
from simgov.optimize.goals import Goal
from simgov.optimize.influence import EITHER, HELPS, NONE, SOONER
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.risk import NO_RISK

if TYPE_CHECKING:
    from simgov.kpi.table import Kpi
    from simgov.kpi.targets import Target
    from simgov.reforms.measure import Measure
    from simgov.scenario.value import Scenario, Service

MORE_POSTS_LOWER = frozenset(
    {"time", "days", "door_to_door", "wait", "queue", "overtime", "utilisation", "reneged", "withdrawn", "open"}
    | {"visits", "documents", "steps", "corrections", "returns", "travel", "complaints", "no_shows"}
)
MORE_POSTS_RAISE = frozenset({"on_time", "throughput", "satisfaction", "no_visit", "one_visit"})
ON_THE_WAY = frozenset({"visits", "documents", "steps", "corrections", "returns", "travel"})
"""Quantities that grow with how far a case comes: who leaves for lack of officers has less of them."""


def goal_of(target: Target, kpi: Kpi) -> Goal:
    """A target as the search needs it: what more posts do to it, and on which scale it is missed."""
    quantity = kpi.definition.quantity.removesuffix(".mean")  # of a queue; a spread or a gap is another quantity
    lowers, raises = quantity in MORE_POSTS_LOWER, quantity in MORE_POSTS_RAISE
    helps = (lowers and target.sense == "at_most") or (raises and target.sense == "at_least")
    direction = 0 if not (lowers or raises) else 1 if helps else -1
    return Goal(target.kpi, target.limit, target.sense == "at_most", target.unit, direction, target.unit == "share")


def post_effect(scenario: Scenario, kpi: Kpi, services: Sequence[str], effect: int) -> int:
    """What more posts at a pool do to a KPI of some services on which they have an ``effect`` by where its cases wait.

    Who is served instead of leaving goes on to further visits and documents.
    """
    further = kpi.definition.quantity in ON_THE_WAY and not _see_it_through(scenario, services)
    return EITHER if effect in (HELPS, SOONER) and further else effect


def _see_it_through(scenario: Scenario, services: Sequence[str]) -> bool:
    """Whether each applicant of some services goes the whole of the same way, however many officers there are."""
    if scenario.hall_room is not None:
        return False
    for service in (variant for name in services for variant in variants_of(scenario, name)):
        pools = [scenario.pool(name) for step in service.steps for name in step.pools]
        lost = any(pool.sent_home == "lost" or pool.balks_at is not None for pool in pools)
        gives_up = service.patience is not None or service.withdraws is not None or service.deemed_approval
        forks = len({step.after for step in service.steps}) < len(service.steps)
        refused_beside = forks and any(step.refuses > 0.0 for step in service.steps)
        if lost or gives_up or refused_beside or service.informed > 0.0:
            return False
    return True


def option_effect(
    scenario: Scenario,
    services: Sequence[str],
    measures: Sequence[Measure],
    effects: Mapping[str, int],
    relieves: Callable[[Set[str]], bool],
) -> int:
    """What an option that only removes work does to a KPI of some services: what more officers do in the pools that it
    relieves.

    ``effects`` are those of the pools of this part of the office. Where some steps go from cases that the KPI does not
    count (``relieves``), these come sooner by the work itself, and those of the KPI by their wait for it alone.
    """
    relieved = _relieved(scenario, measures, services, effects)
    if relieved is None:
        return NONE
    found = {effects[pool] for pool in relieved}
    if EITHER in found:
        return EITHER
    removed = {measure.step for measure in measures if isinstance(measure, RemoveStep)}
    return SOONER if SOONER in found or relieves(removed) else HELPS


def _relieved(
    scenario: Scenario, measures: Sequence[Measure], services: Sequence[str], pools: Collection[str]
) -> frozenset[str] | None:
    """Those of the ``pools`` of a part of the office where an option takes work away; None where it changes nothing."""
    changed = scenario
    try:
        for measure in measures:  # as they are once they hold, whenever that is
            changed = replace(measure, since=None, phase_in=(), risk=NO_RISK).apply(changed)
    except ReformError:
        return frozenset(pools)
    touched = [
        name for name in services if scenario.ways_of(scenario.service(name)) != changed.ways_of(changed.service(name))
    ]
    if not touched and all(scenario.pool(name) == changed.pool(name) for name in pools):
        return None
    before = [step for name in touched for variant in variants_of(scenario, name) for step in variant.steps]
    after = [step for name in touched for variant in variants_of(changed, name) for step in variant.steps]
    # Where fewer are sent back, everything that they would do again falls away.
    again = any(step.returns is not None and step not in after for step in before)
    return frozenset(pool for step in after if again or step not in before for pool in step.pools)


def variants_of(scenario: Scenario, name: str) -> tuple[Service, ...]:
    """A service as cases go through it on any way."""
    return scenario.variants(scenario.service(name))
