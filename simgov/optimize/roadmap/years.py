"""A schedule simulated year by year on its real dates: measures begin, are phased in, are learnt and may be late; posts
change on 1 January; demand grows; and what is under way goes on.

Each year is measured in a run of its own that begins a quarter before, so that files are under way. A milestone that
begins to hold within a year is judged on those who apply from then on. What is decided after they have applied is left
out, so that what a year says follows from what is decided up to its end, to the last bit.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Protocol

from simgov.kpi.statistics import Estimate
from simgov.optimize.roadmap.programme import Programme, Schedule
from simgov.scenario.value import Scenario

FEWEST_REPLICATIONS = 4
YEAR_MINUTES = 365 * 1440.0


class Estimates(Protocol):
    """Simulates a scenario and estimates the KPI of each milestone."""

    def __call__(self, scenario: Scenario) -> list[Estimate]:
        """In the order of the milestones."""
        ...


@dataclass(frozen=True)
class YearValue:
    """The KPI of the milestone ``goal`` in the year ``year`` (its place), from the quarter ``first`` to ``last``."""

    goal: int
    year: int
    first: int
    last: int
    estimate: Estimate
    kept: bool


def spans(programme: Programme, year: int) -> dict[tuple[int, int], list[int]]:
    """The stretches of a year in which milestones hold, by quarters, with these milestones."""
    own = [q for q in range(programme.quarters) if programme.year_of(q) == year]
    found: dict[tuple[int, int], list[int]] = {}
    for goal, condition in enumerate(programme.conditions):
        first, last = max(condition.first, own[0]), min(condition.last, own[-1])
        if first <= last:
            found.setdefault((first, last), []).append(goal)
    return found


def simulated(programme: Programme, schedule: Schedule, year: int, estimates: Estimates) -> Iterator[YearValue]:
    """What a year says of the milestones that hold in it."""
    calendar = programme.roadmap.calendar
    for (first, last), goals in sorted(spans(programme, year).items()):
        scenario = programme.dated(programme.until(schedule, last), calendar[first].start, calendar[last].end)
        found = estimates(scenario)
        for goal in goals:
            kept = programme.targets[goal].met(found[goal])
            yield YearValue(goal, year, first, last, found[goal], kept)


def replications(programme: Programme) -> int:
    """How many replications of a year say about as much as those of the file's run say."""
    run = programme.baseline.run
    if run.cases is not None or run.period is None:
        return max(FEWEST_REPLICATIONS, run.replications // 10)
    length = run.period.amount * (1440.0 * 7 / 5 if run.period.base == "workday" else 1.0)
    return max(FEWEST_REPLICATIONS, math.ceil(run.replications * length / YEAR_MINUTES))
