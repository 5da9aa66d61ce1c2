"""What a row of the table of KPIs says."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from simgov.scenario.value import Text

Scope = Literal["service", "pool", "hall", "plan"]
Direction = Literal["lower", "higher", "neither"]
Kind = Literal["mean", "quantile", "share", "count", "resource"]
Needs = Literal[
    "nothing",
    "in_person",
    "promise",
    "appointments",
    "cost",
    "balking",
    "retries",
    "early_ends",
    "revokes",
    "deemed_approval",
    "gate",
    "in_hand",
    "travel",
    "applicant_money",
    "satisfaction",
    "complaints",
    "groups",
    "groups_in_person",
    "services",
    "services_in_person",
]

MONEY = "money"
"""Stands in a unit for the currency of the scenario."""


@dataclass(frozen=True)
class Definition:
    """One row of the table. ``quantity`` is what is measured of each service, each pool, the hall or the whole plan.

    With ``statistics`` the KPI is one of them over all values (``passport.time.p90``), otherwise a single number
    (``passport.on_time``). ``needs`` says which services or scenarios have it, ``source`` who has defined it so.
    """

    scope: Scope
    quantity: str
    statistics: tuple[str, ...]
    unit: str
    direction: Direction
    kind: Kind
    label: Text
    meaning: Text
    needs: Needs = "nothing"
    source: str = ""

    @property
    def pattern(self) -> str:
        """The name as documentation writes it: ``<service>.time.mean|median|p90|p95``."""
        owner = {"service": "<service>.", "pool": "<pool>.", "hall": "hall.", "plan": ""}[self.scope]
        return owner + self.quantity + ("." + "|".join(self.statistics) if self.statistics else "")
