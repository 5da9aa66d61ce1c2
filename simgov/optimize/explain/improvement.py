"""What explains a plan that makes a KPI as good as possible, as values that are kept as JSON.

Money is whole minor units inside. ``values`` are the KPIs made as good as possible, in their own units and order.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from simgov.optimize.chosen import Chosen
from simgov.optimize.plain_data import minor, money, number, real, text, words
from simgov.scenario.value import Text


@dataclass(frozen=True)
class Reached:
    """A KPI with its interval; nan is unknown."""

    kpi: str
    unit: str
    value: float
    half_width: float

    def to_json(self) -> dict[str, Any]:
        """Plain data; an undefined number is null."""
        return {
            "kpi": self.kpi,
            "unit": self.unit,
            "value": number(self.value),
            "half_width": number(self.half_width),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Reached:
        """What ``to_json`` wrote."""
        return cls(data["kpi"], data["unit"], real(data["value"]), real(data["half_width"]))


@dataclass(frozen=True)
class Change:
    """One thing otherwise and all else as in the plan: ``change`` posts more in ``name``, or the option of that name
    taken (1) or left (-1).

    ``cost`` and ``values`` are those of the design changed so, on the replications that the plan's values come from;
    ``missed`` are the KPIs of the targets that it misses there.
    """

    kind: Literal["post", "option"]
    name: str
    change: int
    cost: int
    values: tuple[Reached, ...]
    missed: tuple[str, ...]
    within_budget: bool
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kind": self.kind,
            "name": self.name,
            "change": self.change,
            "cost": money(self.cost),
            "values": [one.to_json() for one in self.values],
            "missed": list(self.missed),
            "within_budget": self.within_budget,
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Change:
        """What ``to_json`` wrote."""
        return cls(
            data["kind"],
            data["name"],
            data["change"],
            minor(data["cost"]) or 0,
            tuple(Reached.from_json(one) for one in data["values"]),
            tuple(data["missed"]),
            data["within_budget"],
            words(data["words"]),
        )


@dataclass(frozen=True)
class AtBudget:
    """The best plan with another ``budget``. ``value`` of its first KPI is on the search's sample, where no plan is
    better than ``bound`` (None: not proved); ``values`` are those of fresh replications. Without a plan ``chosen`` is
    None.
    """

    budget: int
    chosen: Chosen | None
    cost: int | None
    value: float
    bound: float | None
    proved: bool
    values: tuple[Reached, ...]
    simulations: int
    words: Text

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "budget": money(self.budget),
            "chosen": None if self.chosen is None else self.chosen.to_json(),
            "cost": money(self.cost),
            "value": number(self.value),
            "bound": self.bound,
            "proved": self.proved,
            "values": [one.to_json() for one in self.values],
            "simulations": self.simulations,
            "words": text(self.words),
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> AtBudget:
        """What ``to_json`` wrote."""
        return cls(
            minor(data["budget"]) or 0,
            None if data["chosen"] is None else Chosen.from_json(data["chosen"]),
            minor(data["cost"]),
            real(data["value"]),
            data["bound"],
            data["proved"],
            tuple(Reached.from_json(one) for one in data["values"]),
            data["simulations"],
            words(data["words"]),
        )
