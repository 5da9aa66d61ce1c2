"""What a plan says of targets that cannot be met together: the conflict in the terms of the file. A value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from simgov.scenario.value import Text

BUDGET_NAME = "budget"
LIMIT_NAME = "limits."
"""Before the number of a limit on posts in the file: ``limits.0`` is the first."""


@dataclass(frozen=True)
class Condition:
    """One of the conditions that conflict: a target's KPI, ``budget`` or a limit on posts; ``limit`` is in ``unit``.

    ``reachable`` is the nearest that can be kept while all other conditions stand; None where nothing is enough or
    that was not found out. Nothing beyond ``bound`` can be. The budget is in the currency.
    """

    kpi: str
    limit: float
    unit: str
    reachable: float | None
    bound: float | None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "kpi": self.kpi,
            "limit": self.limit,
            "unit": self.unit,
            "reachable": self.reachable,
            "bound": self.bound,
        }


@dataclass(frozen=True)
class ConflictFound:
    """The conditions that conflict. ``smallest``: no fewer conditions do; ``minimal``: without any one of them the rest
    can be kept. ``widening``: the share by which all their limits together would have to give way; None is unknown.
    """

    conditions: tuple[Condition, ...]
    minimal: bool
    smallest: bool
    widening: float | None
    sentences: tuple[Text, ...]

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "conditions": [condition.to_json() for condition in self.conditions],
            "minimal": self.minimal,
            "smallest": self.smallest,
            "widening": self.widening,
            "sentences": [{"zh": words.zh, "en": words.en} for words in self.sentences],
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> ConflictFound:
        """What ``to_json`` wrote."""
        return cls(
            tuple(Condition(**condition) for condition in data["conditions"]),
            data["minimal"],
            data["smallest"],
            data["widening"],
            tuple(Text(words["en"], words["zh"]) for words in data["sentences"]),
        )
