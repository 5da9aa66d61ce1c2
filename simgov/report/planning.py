"""The plan in words: staff, targets, proof and what the search learned."""

from __future__ import annotations

from dataclasses import dataclass

from simgov.report.tables import Fact, Table
from simgov.scenario.value import Text


@dataclass(frozen=True)
class PlanSection:
    """What the page says of a plan."""

    heading: Text
    feasible: bool
    verdict: Text
    staff: Table | None
    facts: tuple[Fact, ...]
    targets: Table
    binding: bool
    proof: tuple[Text, ...]
    proof_tone: str
    cuts: tuple[Text, ...]
