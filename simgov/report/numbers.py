"""Numbers as people write them, in both languages: durations in the unit people use, money, shares and intervals.

Figures that are compared are written together (``figures``), so that they share a unit and a number of decimals.
Decimals follow from the half-width: as many as its first digit needs, at most two.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from simgov.kpi import Estimate
from simgov.scenario.value import Text
from simgov.units import MONEY_ZH

MINUS = "−"


@dataclass(frozen=True)
class Figure:
    """An estimate ready to be shown, in pieces: ``prefix`` (at least), ``digits``, ``half`` (± 0.4) and ``unit``."""

    estimate: Estimate
    digits: str
    half: str
    unit: Text
    prefix: Text

    @property
    def short(self) -> Text:
        """``14.8 min``."""
        return self._put(self.digits)

    @property
    def full(self) -> Text:
        """``14.8 ± 0.4 min``."""
        return self._put(f"{self.digits} {self.half}".strip())

    def _put(self, digits: str) -> Text:
        english = " ".join(piece for piece in (self.prefix.en, digits, self.unit.en) if piece)
        chinese = " ".join(piece for piece in (self.prefix.zh, digits, self.unit.zh) if piece)
        return Text(english, chinese.replace(" %", "%"))


@dataclass(frozen=True)
class Scale:
    """A unit people read: the stored amount divided by ``divisor``, in ``name``."""

    divisor: float
    name: Text
    money: bool = False


MINUTES = Scale(1.0, Text("min", "分钟"))
HOURS = Scale(60.0, Text("h", "小时"))
DAYS = Scale(1440.0, Text("calendar days", "自然日"))
WORKDAYS = Scale(1.0, Text("workdays", "个工作日"))
PERCENT = Scale(0.01, Text("%", "%"))
POINTS = Scale(0.01, Text("percentage points", "个百分点"))
MOST_DIGITS = 600
"""From this many minutes on hours are shown, from this many hours days, however small what stands beside it."""

NO_UNIT = Text("", "")
PLAIN = Scale(1.0, NO_UNIT)
AT_LEAST = Text("at least", "不少于")
COUNTED = {
    "cases": Text("cases", "件"), "cases/workday": Text("cases a workday", "件/工作日"), "visits": Text("visits", "次"),
    "documents": Text("documents", "份"), "steps": Text("steps", "次"), "times": Text("times", "次"),
    "h/workday": Text("h a workday", "小时/工作日"), "points": Text("points", "分"),
    "per 100 cases": Text("per 100 cases", "件/百件"),
}  # fmt: skip
"""Units of counts, as the KPI table names them."""


def duration_scale(minutes: float) -> Scale:
    """The unit in which people speak of ``minutes`` of wall clock: minutes up to 2 h, hours up to 2 days, then days."""
    size = abs(minutes)
    return MINUTES if size < 120 else HOURS if size < 2880 else DAYS


def scale_of(unit: str, values: Sequence[float]) -> Scale:
    """How to show amounts stored in ``unit``. Times take the unit of the smallest, if that is not too small for all."""
    if unit == "min":
        sizes = [abs(value) for value in values if math.isfinite(value) and value]
        small, large = min(sizes, default=0.0), max(sizes, default=0.0)
        scale = duration_scale(small)
        return scale if large < MOST_DIGITS * scale.divisor else duration_scale(large)
    if unit in ("workday", "workdays"):
        return WORKDAYS
    if unit in ("share", "%"):
        return PERCENT
    if _currency(unit):
        return _money_scale(*unit.split("/", 1))
    return Scale(1.0, COUNTED[unit]) if unit in COUNTED else PLAIN if not unit else Scale(1.0, Text(unit, unit))


def figures(
    unit: str, estimates: Sequence[Estimate], *, signed: bool = False, scale: Scale | None = None
) -> list[Figure]:
    """Show estimates of one quantity together; ``signed`` writes + before a gain and shares as percentage points.

    ``scale`` is the unit to show them in, by default the one that suits them.
    """
    shown = scale or scale_of(unit, [estimate.value for estimate in estimates])
    if signed and shown is PERCENT:
        shown = POINTS
    decimals = max((_decimals(estimate, shown) for estimate in estimates), default=0)
    return [_figure(estimate, shown, decimals, signed) for estimate in estimates]


def figure(unit: str, value: float, half_width: float = math.nan, *, lower_bound: bool = False) -> Figure:
    """Show one estimate."""
    return figures(unit, [Estimate(value, half_width, lower_bound)])[0]


def exact(unit: str, value: float, scale: Scale | None = None) -> Text:
    """An amount that somebody has set, with no more digits than it has: ``2.6 h``, ``90 %``."""
    shown = scale or scale_of(unit, [value])
    digits = number(value / shown.divisor, 2).rstrip("0").rstrip(".")
    return Text(f"{digits} {shown.name.en}".strip(), f"{digits} {shown.name.zh}".strip().replace(" %", "%"))


def number(value: float, decimals: int = 0, *, signed: bool = False) -> str:
    """``1,234.5`` with thousands separators and a true minus sign; never −0."""
    if not math.isfinite(value):
        return "–"
    rounded = round(value, decimals) + 0.0
    text = f"{abs(rounded):,.{decimals}f}"
    sign = MINUS if rounded < 0 else "+" if signed and rounded > 0 else ""
    return sign + text


def money(minor: float, currency: str, *, signed: bool = False, decimals: int | None = None) -> Text:
    """``1,234,000 CNY`` and ``1,234,000 元``; cents only where there are any, below 1,000."""
    amount = minor / 100
    if decimals is None:
        decimals = 2 if abs(amount) < 1000 and not float(amount).is_integer() else 0
    digits = number(amount, decimals, signed=signed)
    if not currency:
        return Text(digits, digits)
    return Text(f"{digits} {currency}", f"{digits} {MONEY_ZH.get(currency, currency)}")


def percent(share: float, *, signed: bool = False, decimals: int = 0) -> Text:
    """``64 %``, never broken between lines; Chinese leaves no space: ``64%``."""
    digits = number(share * 100, decimals, signed=signed)
    return Text(f"{digits}\u00a0%", f"{digits}%")


def relative_change(before: float, after: float) -> float:
    """(after - before) / before; nan where that says nothing."""
    if not (math.isfinite(before) and math.isfinite(after)) or before == 0:
        return math.nan
    return (after - before) / before


def _currency(unit: str) -> str:
    """The currency code of a money unit such as ``CNY`` or ``CNY/case``; empty for other units."""
    code = unit.partition("/")[0]
    return code if len(code) == 3 and code.isalpha() and code.isupper() else ""


def _money_scale(currency: str, per: str = "") -> Scale:
    chinese = MONEY_ZH.get(currency, currency)
    if not per:
        return Scale(1.0, Text(currency, chinese), money=True)
    return Scale(1.0, Text(f"{currency}/{per}", f"{chinese}/{'件' if per == 'case' else per}"), money=True)


def _decimals(estimate: Estimate, scale: Scale) -> int:
    half_width = estimate.half_width / scale.divisor
    if scale.money and (abs(estimate.value) >= 1000 or float(estimate.value).is_integer()):
        return 0
    if math.isfinite(half_width) and half_width > 0:
        return min(2, max(0, -math.floor(math.log10(half_width))))
    value = estimate.value / scale.divisor
    if not math.isfinite(value) or float(value).is_integer():
        return 0
    return 1 if abs(value) >= 10 else 2


def _figure(estimate: Estimate, scale: Scale, decimals: int, signed: bool) -> Figure:
    if not math.isfinite(estimate.value):
        return Figure(estimate, "–", "", NO_UNIT, NO_UNIT)
    digits = number(estimate.value / scale.divisor, decimals, signed=signed)
    prefix = AT_LEAST if estimate.lower_bound else NO_UNIT
    return Figure(estimate, digits, _half(estimate.half_width / scale.divisor, decimals), _unit(digits, scale), prefix)


def _half(half_width: float, decimals: int) -> str:
    """``± 0.4``; nothing without an interval or where chance plays no part."""
    return f"± {number(half_width, decimals)}" if math.isfinite(half_width) and half_width > 0 else ""


def _unit(digits: str, scale: Scale) -> Text:
    """The unit; English has one workday and two workdays."""
    return Text(scale.name.en.removesuffix("s"), scale.name.zh) if digits == "1" else scale.name
