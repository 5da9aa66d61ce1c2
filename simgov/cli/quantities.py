"""Numbers as people read them, in the user's language."""

from __future__ import annotations

import math
from collections.abc import Sequence

from simgov.cli.language import Words
from simgov.kpi import Estimate
from simgov.report.numbers import figures, scale_of


def number(value: float | None) -> str:
    """Four significant digits, thousands apart, a dash where undefined: 12.35, 0.8712, 1,204,300."""
    if value is None or not math.isfinite(value):
        return "–"
    if abs(value) >= 1000:
        return f"{value:,.0f}"
    return f"{value:.4g}"


def in_words(unit: str, estimates: Sequence[Estimate], words: Words, *, signed: bool = False) -> list[str]:
    """Estimates of one measure with their intervals, in one unit that people use: ``14.2 ± 0.3 min``."""
    shown = [figure.full for figure in figures(unit, estimates, signed=signed)]
    return [text.zh if words.lang == "zh" else text.en for text in shown]


def against_limit(unit: str, limit: float, estimates: Sequence[Estimate], words: Words) -> list[str]:
    """A limit and the estimates held against it, all in the unit that suits the limit."""
    shown = figures(unit, [Estimate(limit), *estimates], scale=scale_of(unit, [limit]))
    return [figure.full.zh if words.lang == "zh" else figure.full.en for figure in shown]


def percent(share: float) -> str:
    """A share in percent, to one decimal below 10 %."""
    return f"{100 * share:.3g} %"
