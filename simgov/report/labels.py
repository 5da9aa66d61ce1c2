"""What a page calls KPIs and targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simgov.kpi import UnknownKpi, find
from simgov.report.words import plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.plan import TargetResult


def kpi_label(scenario: Scenario, kpi: str) -> Text:
    """The label of a KPI; of one that the scenario does not have, its name."""
    if kpi == "cost":
        return say("cost")
    try:
        return find(scenario, kpi).label
    except UnknownKpi:
        return plain(kpi)


def target_label(scenario: Scenario, target: TargetResult) -> Text:
    """The KPI of a target, with its demand scenario where the file names some."""
    label = kpi_label(scenario, target.kpi)
    return say("in_demand", target=label, demand=plain(target.demand)) if target.demand else label


def listed(items: list[Text]) -> Text:
    """``a, b``, ``甲、乙``: without a last \"and\"."""
    return Text(", ".join(item.en for item in items), "、".join(item.zh for item in items))
