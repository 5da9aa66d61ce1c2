"""Quarters of years: ``2027-Q4``, counted, and their first days."""

from __future__ import annotations

import datetime
import re
from dataclasses import dataclass

from simgov.units import UnitError, shown

MONTHS = 3
A_YEAR = 4


@dataclass(frozen=True, order=True)
class Quarter:
    """The quarter ``number`` (1 to 4) of ``year``."""

    year: int
    number: int

    def __str__(self) -> str:
        return f"{self.year}-Q{self.number}"

    @property
    def start(self) -> datetime.date:
        """Its first day."""
        return datetime.date(self.year, MONTHS * (self.number - 1) + 1, 1)

    @property
    def end(self) -> datetime.date:
        """The day after its last."""
        return self.later(1).start

    @property
    def days(self) -> int:
        """How many days it has."""
        return (self.end - self.start).days

    def later(self, quarters: int) -> Quarter:
        """So many quarters later (before, where negative)."""
        place = self.year * A_YEAR + self.number - 1 + quarters
        return Quarter(place // A_YEAR, place % A_YEAR + 1)

    def since(self, first: Quarter) -> int:
        """How many quarters it begins after ``first``."""
        return (self.year - first.year) * A_YEAR + self.number - first.number


def quarter_of(date: datetime.date) -> Quarter:
    """The quarter in which a day lies."""
    return Quarter(date.year, (date.month - 1) // MONTHS + 1)


def parse_quarter(text: object) -> Quarter:
    """The quarter that a file writes: ``2027-Q4``. Raises ``UnitError``."""
    if isinstance(text, str) and (match := re.fullmatch(r"\s*(\d{4})-?[Qq]([1-4])\s*", text)):
        return Quarter(int(match[1]), int(match[2]))
    raise UnitError(f"{shown(text)} is not a quarter", "write it as 2027-Q4")


def parse_quarters(text: object) -> int:
    """A number of quarters: ``2 quarters``. Raises ``UnitError``."""
    if isinstance(text, str) and (match := re.fullmatch(r"\s*(\d{1,2})\s*(?:quarters?|个?季度)\s*", text)):
        return int(match[1])
    raise UnitError(f"{shown(text)} is not a number of quarters", "write it as 2 quarters")


def parse_year(text: object) -> int:
    """A calendar year. Raises ``UnitError``."""
    if isinstance(text, int | str) and not isinstance(text, bool) and re.fullmatch(r"\s*\d{4}\s*", str(text)):
        return int(text)
    raise UnitError(f"{shown(text)} is not a year", "write it as 2027")
