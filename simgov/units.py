"""Quantities as the scenario file writes them: ``6 min``, ``2 workdays``, ``9 /h``, ``15 %``, ``35 CNY/h``.

A bare number where a unit belongs is an error. Inside simgov durations are float minutes, or workdays where the
calendar decides how many working minutes that is; money is whole minor units (cents, 分).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

TimeBase = Literal["min", "workday"]
"""Minutes of wall clock or of work, or workdays of the scenario's calendar."""


@dataclass(frozen=True)
class Duration:
    """An amount of time: ``amount`` minutes, or ``amount`` workdays when ``base`` is ``workday``."""

    amount: float
    base: TimeBase = "min"

    def minutes(self, workday_minutes: float) -> float:
        """Minutes, with a workday as ``workday_minutes`` working minutes."""
        return self.amount * workday_minutes if self.base == "workday" else self.amount


@dataclass(frozen=True)
class Rate:
    """Events per unit of time: ``amount`` per minute, or per workday when ``base`` is ``workday``."""

    amount: float
    base: TimeBase = "min"


MoneyPer = Literal["once", "h", "day", "workday", "week", "month", "year"]


@dataclass(frozen=True)
class Money:
    """``minor`` whole minor units (1 CNY = 100) of ``currency``; once, or for each ``per``."""

    minor: int
    currency: str
    per: MoneyPer = "once"
