"""EWMA and CUSUM charts of a series against a standard: what is charted, its limits, and the signals.

The limits are constant, so that the run lengths of ``run_length`` are exactly those of the chart. After a signal the
chart begins anew, as after a correction. EWMA: Roberts, *Technometrics* 1 (1959) 239; CUSUM: Page, *Biometrika* 41
(1954) 100, in the tabular form of Montgomery, *Introduction to Statistical Quality Control*, ch. 9.
"""

from __future__ import annotations

import datetime
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from simgov.errors import SimgovError
from simgov.judging.run_length import arl
from simgov.judging.schema import Chart, Control
from simgov.judging.series import Series
from simgov.judging.table import lower_is_better

Signal = Literal["above", "below"]

SHIFTS = (0.5, 1.0, 2.0)
"""Moves of the mean, in spreads, for which the chart's run length is stated."""


class NoStandard(SimgovError):
    """Nothing says what is normal: no standard is given, and the series has too few first values to estimate one."""


@dataclass(frozen=True)
class Standard:
    """What a KPI should be, and the ``spread`` (standard deviation) of one value, in its unit.

    ``estimated_from`` is how many first values they were estimated from; 0 where both were given.
    """

    value: float
    spread: float
    estimated_from: int = 0


@dataclass(frozen=True)
class Point:
    """One value on the chart. ``high`` and ``low`` are what is charted: of EWMA both the same, on the scale of the KPI;
    of CUSUM the sums above and below the standard, in the unit of the KPI, the one below as a negative number.

    ``since`` is the place of the value with which the run to the side of the signal began.
    """

    value: float
    high: float
    low: float
    signal: Signal | None = None
    since: int | None = None


@dataclass(frozen=True)
class Watched:
    """A series on its chart. ``worse`` is the side on which a signal is for the worse.

    ``arl0`` is the mean number of values between false signals, ``arl1`` by shift that to a signal after the mean has
    moved so many spreads. ``correlation`` is that of neighbouring values before any drift; ``steady`` counts them.
    """

    series: Series
    chart: Chart
    standard: Standard
    points: tuple[Point, ...]
    worse: Signal
    arl0: float
    arl1: dict[float, float]
    correlation: float
    steady: int

    @property
    def worse_on(self) -> tuple[datetime.date, ...]:
        """The dates of the signals for the worse."""
        pairs = zip(self.series.dates, self.points, strict=True)
        return tuple(day for day, point in pairs if self.for_the_worse(point))

    def for_the_worse(self, point: Point) -> bool:
        """Whether the point is a signal for the worse."""
        return point.signal == self.worse


def limits(standard: Standard, chart: Chart) -> tuple[float, float]:
    """Where a signal is given: below the first, above the second; on the scale of what is charted."""
    if chart.kind == "ewma":
        reach = chart.limit * standard.spread * math.sqrt(chart.weight / (2.0 - chart.weight))
        return standard.value - reach, standard.value + reach
    return -chart.limit * standard.spread, chart.limit * standard.spread


def charted(values: Sequence[float], standard: Standard, chart: Chart) -> tuple[Point, ...]:
    """The chart of ``values`` in order."""
    return _ewma(values, standard, chart) if chart.kind == "ewma" else _cusum(values, standard, chart)


def _ewma(values: Sequence[float], standard: Standard, chart: Chart) -> tuple[Point, ...]:
    low, high = limits(standard, chart)
    level, above, below = standard.value, 0, 0
    points = []
    for place, value in enumerate(values):
        level = chart.weight * value + (1.0 - chart.weight) * level
        # The run began after the last point at which the average was on the other side.
        above, below = (above, place + 1) if level > standard.value else (place + 1, below)
        signal: Signal | None = "above" if level > high else "below" if level < low else None
        since = None if signal is None else above if signal == "above" else below
        points.append(Point(value, level, level, signal, since))
        if signal is not None:
            level, above, below = standard.value, place + 1, place + 1
    return tuple(points)


def _cusum(values: Sequence[float], standard: Standard, chart: Chart) -> tuple[Point, ...]:
    low, high = limits(standard, chart)
    slack = chart.weight * standard.spread
    up = down = 0.0
    above = below = 0
    points = []
    for place, value in enumerate(values):
        up = max(0.0, up + value - standard.value - slack)
        down = min(0.0, down + value - standard.value + slack)
        above, below = (above if up > 0 else place + 1), (below if down < 0 else place + 1)
        signal: Signal | None = "above" if up > high else "below" if down < low else None
        since = None if signal is None else above if signal == "above" else below
        points.append(Point(value, up, down, signal, since))
        if signal is not None:
            up = down = 0.0
            above = below = place + 1
    return tuple(points)


def estimated(values: Sequence[float], first: int) -> Standard | None:
    """The standard from the ``first`` values: their mean, and the standard deviation from their moving ranges.

    Mean moving range of 2 over 1.128, which a drift inside these values does not blow up (Montgomery, ch. 6). None
    where there are not that many values, or they do not vary.
    """
    if len(values) < first or first < 2:
        return None
    own = np.asarray(values[:first], np.float64)
    spread = float(np.abs(np.diff(own)).mean()) / 1.128
    return Standard(float(own.mean()), spread, first) if spread > 0 else None


def autocorrelation(values: Sequence[float]) -> float:
    """The correlation of neighbouring values (lag 1); nan of fewer than three or of values that do not vary."""
    own = np.asarray(values, np.float64)
    centred = own - own.mean() if len(own) else own
    whole = float((centred**2).sum())
    return float((centred[1:] * centred[:-1]).sum()) / whole if len(own) > 2 and whole > 0 else math.nan


def watched(series: Series, control: Control) -> Watched:
    """The series on its chart. Raises ``NoStandard``."""
    standard = standard_of(series.values, control)
    chart = control.chart
    worse: Signal = "above" if lower_is_better(control.kpi) is not False else "below"
    points = charted(series.values, standard, chart)
    steady = _before_drift(points)
    return Watched(
        series,
        chart,
        standard,
        points,
        worse,
        arl(chart.kind, chart.weight, chart.limit),
        {shift: arl(chart.kind, chart.weight, chart.limit, shift) for shift in SHIFTS},
        autocorrelation(series.values[:steady]),
        steady,
    )


def _before_drift(points: Sequence[Point]) -> int:
    """How many values there are before the first run that ends in a signal: a drift is no correlation of neighbours."""
    since = next((point.since for point in points if point.since is not None), None)
    return len(points) if since is None else since


def standard_of(values: Sequence[float], control: Control) -> Standard:
    """What is given; the rest from the first values. Raises ``NoStandard``."""
    if control.standard is not None and control.spread:
        return Standard(control.standard, control.spread)
    own = estimated(values, control.first)
    if own is None:
        raise NoStandard(
            f"nothing says what is normal for {control.kpi}: fewer than {control.first} values, or all the same; "
            "give a standard and a spread"
        )
    return Standard(
        own.value if control.standard is None else control.standard, control.spread or own.spread, control.first
    )
