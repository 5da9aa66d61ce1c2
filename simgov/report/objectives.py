"""What a plan makes as good as possible: each objective as the plan keeps it, and what nothing can be better than."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from simgov.kpi import Estimate
from simgov.report.labels import kpi_label
from simgov.report.numbers import figures, money, percent
from simgov.report.tables import ABSENT, Cell, Group, Row, Table, amount, columns, words
from simgov.report.words import say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.plan import ObjectiveReached, Plan

COST = "cost"


def made_best(plan: Plan, scenario: Scenario) -> list[Text]:
    """``Within the budget, Permit: time, mean cannot be lower than 2.4 h.``: a sentence for each KPI among them."""
    sentences = []
    for one in plan.objectives:
        if one.kpi != COST:
            value = figures(one.unit, [_shown(one)])[0].short
            key = "verdict_lowest" if one.sense == "minimize" else "verdict_highest"
            sentences.append(say(key, kpi=kpi_label(scenario, one.kpi), value=value))
    return sentences


def objectives_table(plan: Plan, scenario: Scenario) -> Table:
    """A row for each objective, in their order."""
    names = [say(key) for key in ("objective", "value_with_plan", "value_in_search", "best_possible", "may_give")]
    rows = [_row(one, plan, scenario) for one in plan.objectives]
    return Table(say("objectives"), columns(names, [False, True, True, True, True]), (Group(tuple(rows)),))


def _row(one: ObjectiveReached, plan: Plan, scenario: Scenario) -> Row:
    sense = say(
        "as_low_as_possible" if one.sense == "minimize" else "as_high_as_possible", kpi=kpi_label(scenario, one.kpi)
    )
    may_give = Cell(percent(one.within, decimals=1)) if one.within else ABSENT
    if one.kpi == COST:
        value, bound = (
            ABSENT if worth is None or not math.isfinite(worth) else Cell(money(round(worth * 100), plan.unit), worth)
            for worth in (one.value, one.bound)
        )
        return Row((words(sense), value, value, bound, may_give))
    bounds = Estimate(math.nan if one.bound is None else one.bound)
    shown = figures(one.unit, [Estimate(one.fresh, one.half_width), Estimate(one.value), bounds])
    fresh, value, bound = (amount(figure) if math.isfinite(figure.estimate.value) else ABSENT for figure in shown)
    return Row((words(sense), fresh, value, bound, may_give))


def _shown(one: ObjectiveReached) -> Estimate:
    """The value of fresh replications, where there are any."""
    return Estimate(one.fresh, one.half_width) if math.isfinite(one.fresh) else Estimate(one.value)
