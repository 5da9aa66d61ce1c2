"""Red, yellow and green lights (红黄绿灯): a KPI against the schedule of its milestones."""

from __future__ import annotations

import datetime
import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from simgov.experiment.runs import ScenarioRuns
from simgov.judging.schema import Schedule
from simgov.judging.table import lower_is_better
from simgov.judging.values import known_value
from simgov.kpi.statistics import Estimate

Colour = Literal["red", "yellow", "green"]


@dataclass(frozen=True)
class Light:
    """The light of one KPI on a date: what was scheduled, what is, how much better (relative; below 0: worse).

    ``uncertain`` says that the interval of the value reaches into another colour. ``source`` is the scenario, or the
    file of the series.
    """

    source: str
    kpi: str
    unit: str
    date: datetime.date
    scheduled: float
    value: Estimate
    ahead: float
    colour: Colour
    uncertain: bool = False


def scheduled(milestones: Sequence[tuple[datetime.date, float]], date: datetime.date) -> float:
    """The value for a date: a straight line between milestones, before the first and after the last as these."""
    if date <= milestones[0][0]:
        return milestones[0][1]
    for (begin, before), (end, after) in itertools.pairwise(milestones):
        if date <= end:
            return before + (after - before) * ((date - begin).days / (end - begin).days)
    return milestones[-1][1]


def ahead_of(value: float, plan: float, lower: bool) -> float:
    """How much better than scheduled, relative to the schedule; below 0 where worse. A schedule of 0: by sign."""
    better = plan - value if lower else value - plan
    if plan == 0.0:
        return math.copysign(math.inf, better) if better else 0.0
    return better / abs(plan)


def colour(ahead: float, schedule: Schedule) -> Colour:
    """Green beyond ``ahead`` of the schedule, red beyond ``behind``, yellow between them and on them."""
    if ahead > schedule.ahead:
        return "green"
    return "red" if ahead < -schedule.behind else "yellow"


def light(schedule: Schedule, source: str, date: datetime.date, value: Estimate) -> Light:
    """The light of a value on a date."""
    lower = lower_is_better(schedule.kpi) is not False
    plan = scheduled(schedule.milestones, date)
    ahead = ahead_of(value.value, plan, lower)
    shown = colour(ahead, schedule)
    half = value.half_width if math.isfinite(value.half_width) else 0.0
    ends = {colour(ahead_of(value.value + side * half, plan, lower), schedule) for side in (-1, 1)}
    # The true value may be larger, which is for the worse or for the better.
    uncertain = ends != {shown} or (value.lower_bound and shown != ("red" if lower else "green"))
    return Light(source, schedule.kpi, schedule.unit, date, plan, value, ahead, shown, uncertain)


def lights(
    schedules: Sequence[Schedule], results: Sequence[ScenarioRuns], date: datetime.date, confidence: float
) -> tuple[Light, ...]:
    """The lights of what was measured (each date of a series), then those of each scenario on ``date``."""
    found = []
    for schedule in schedules:
        if schedule.series is not None:
            pairs = zip(schedule.series.dates, schedule.series.values, strict=True)
            found += [light(schedule, schedule.series.source, when, Estimate(value)) for when, value in pairs]
        for result in results:
            value = known_value(result, schedule.kpi)
            if value is not None:
                found.append(light(schedule, result.label, date, value.estimate(confidence)))
    return tuple(found)
