"""The plan with one post more or less, in a table: cost, the KPIs made as good as possible, and the targets."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgov.kpi import Estimate
from simgov.optimize import equipment
from simgov.report.labels import kpi_label, listed, target_label
from simgov.report.numbers import figures, money
from simgov.report.tables import ABSENT, Cell, Group, Row, Table, Tone, columns, words
from simgov.report.words import joined, plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.plan import Neighbour, Plan

MOST_COLUMNS = 4
"""Of so many targets the values stand side by side; of more only those missed are named."""

Named = tuple[Text, list[Cell]]
"""A column: its name, and a cell for each neighbour."""


def neighbours_table(plan: Plan, baseline: Scenario, patterns: Mapping[str, Text]) -> Table:
    """A row for each neighbour; ``patterns`` are the names of ``pool.pattern`` in rosters."""
    told = [*_reached(plan, baseline), *(_targets(plan, baseline) if len(plan.targets) <= MOST_COLUMNS else [])]
    numeric = [True] * len(told)
    if len(plan.targets) > MOST_COLUMNS:
        told.append((say("misses"), [_misses(baseline, one) for one in plan.neighbours]))
        numeric.append(False)
    names = [say("neighbour"), say("cost"), *(name for name, _ in told), say("verdict")]
    rows = tuple(
        Row(
            (
                words(_change(baseline, patterns, one)),
                words(money(one.cost - (plan.cost or 0), plan.unit, signed=True)),
                *(cells[number] for _, cells in told),
                _verdict(one),
            )
        )
        for number, one in enumerate(plan.neighbours)
    )
    return Table(say("neighbours"), columns(names, [False, True, *numeric, False]), (Group(rows),), id="neighbours")


def _change(baseline: Scenario, patterns: Mapping[str, Text], one: Neighbour) -> Text:
    kind, owner = equipment.kind_and_pool(one.pool)
    pool = next((pool.name for pool in baseline.pools if pool.id == owner), patterns.get(owner, plain(owner)))
    if kind:
        return equipment.change_words(one.pool, pool, one.change)
    return say("one_more" if one.change > 0 else "one_fewer", pool=pool, count=abs(one.change))


def _verdict(one: Neighbour) -> Cell:
    tone: Tone = "good" if one.feasible else "bad"
    broken = None if one.within_limits else say("breaks_a_limit")
    return Cell(say("met" if one.feasible else "not_met"), tone=tone, badge=broken)


def _reached(plan: Plan, baseline: Scenario) -> list[Named]:
    """A column for each KPI that the plan makes as good as possible."""
    found = []
    for place, kpi in enumerate(one for one in plan.objectives if one.kpi != "cost"):
        values = [one.reached[place] if place < len(one.reached) else math.nan for one in plan.neighbours]
        shown = figures(kpi.unit, [Estimate(value, math.nan) for value in values])
        cells = [Cell(f.short, value=v if math.isfinite(v) else None) for f, v in zip(shown, values, strict=True)]
        found.append((kpi_label(baseline, kpi.kpi), cells))
    return found


def _targets(plan: Plan, baseline: Scenario) -> list[Named]:
    """A column for each target. The intervals would only crowd the table."""
    found = []
    for place, target in enumerate(plan.targets):
        own = [one.targets[place] for one in plan.neighbours]
        shown = figures(target.unit, [Estimate(one.value, math.nan, one.lower_bound) for one in own])
        cells = [
            Cell(figure.short, value=one.value if math.isfinite(one.value) else None, tone="" if one.met else "bad")
            for figure, one in zip(shown, own, strict=True)
        ]
        found.append((target_label(baseline, target), cells))
    return found


def _misses(baseline: Scenario, one: Neighbour) -> Cell:
    """The targets that a neighbour misses, each with the demand scenarios in which it does."""
    missed = [target for target in one.targets if not target.met]
    if not missed:
        return ABSENT
    by_kpi: dict[str, list[str]] = {}
    for target in missed:
        by_kpi.setdefault(target.kpi, []).extend([target.demand] if target.demand else [])
    named = [
        say("in_demand", target=kpi_label(baseline, kpi), demand=listed([plain(name) for name in names]))
        if names
        else kpi_label(baseline, kpi)
        for kpi, names in by_kpi.items()
    ]
    return words(joined(named, clauses=True), "bad")
