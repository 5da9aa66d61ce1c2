"""Quantities as the scenario file writes them: ``6 min``, ``2 workdays``, ``9 /h``, ``15 %``, ``35 CNY/h``.

A bare number where a unit belongs is an error. Inside simgov durations are float minutes, or workdays where the
calendar decides how many working minutes that is; money is whole minor units (cents, 分).
"""

from __future__ import annotations

import math
import re
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from decimal import Decimal
from typing import Literal, TypeVar

MONEY_ZH = {
    "CNY": "元", "PLN": "兹罗提", "EUR": "欧元", "USD": "美元", "GBP": "英镑", "JPY": "日元", "KRW": "韩元",
    "HKD": "港元", "MOP": "澳门元", "TWD": "新台币", "SGD": "新加坡元", "CHF": "瑞士法郎", "AUD": "澳元", "CAD": "加元",
}  # fmt: skip
"""How Chinese texts name a currency; others keep their code."""

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


class UnitError(ValueError):
    """A text is not the quantity it should be: what is wrong in ``message``, what to write instead in ``hint``."""

    def __init__(self, message: str, hint: str = "") -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message = message
        self.hint = hint


NUMBER = r"[+-]?(?:\d+(?:\.\d*)?|\.\d+)(?:[eE][+-]?\d+)?"
QUANTITY = re.compile(rf"\s*({NUMBER})\s*(.*?)\s*", re.DOTALL)
LONGEST_TEXT = 80
LARGEST_AMOUNT = 1e12

MINUTES = {
    1 / 60: ("s", "sec", "second", "seconds", "秒", "秒钟"),
    1.0: ("min", "mins", "minute", "minutes", "分钟"),
    60.0: ("h", "hour", "hours", "小时"),
    1440.0: ("d", "day", "days", "天", "日"),
    10080.0: ("week", "weeks", "周"),
    525600.0: ("year", "years", "年"),
}
MINUTES_OF_UNIT = {unit: minutes for minutes, units in MINUTES.items() for unit in units}
WORKDAY_UNITS = ("workday", "workdays", "工作日", "个工作日")
RATE_UNITS = {"s": 1 / 60, "min": 1.0, "minute": 1.0, "分钟": 1.0, "h": 60.0, "hour": 60.0, "小时": 60.0}
MONEY_PER: dict[str, MoneyPer] = {
    "h": "h", "hour": "h", "小时": "h",
    "day": "day", "天": "day", "日": "day",
    "workday": "workday", "工作日": "workday",
    "week": "week", "周": "week",
    "month": "month", "月": "month",
    "year": "year", "年": "year",
}  # fmt: skip
CURRENCY_NAMES = {"元": "CNY", "人民币": "CNY"}

T = TypeVar("T")


def parse_duration(text: object) -> Duration:
    """The duration that ``text`` writes: ``6 min``, ``1.5 h``, ``2 workdays``; ``2 个工作日`` too.

    Raises ``UnitError`` for a bare number, an unknown unit or a negative time.
    """
    amount, unit = split_quantity(text, "a time", ("6 min", "2 h", "3 workdays"), parse_duration)
    if amount < 0:
        raise UnitError(f"{shown(text)} is negative; a time is 0 or more")
    if unit in WORKDAY_UNITS:
        return Duration(amount, "workday")
    if unit not in MINUTES_OF_UNIT:
        raise UnitError(
            f"{shown(text)} has an unknown unit of time {unit!r}", "write s, min, h, days, weeks or workdays"
        )
    return Duration(amount * MINUTES_OF_UNIT[unit])


def parse_lateness(text: object) -> float:
    """Minutes that ``text`` writes, which may be below 0: ``8 min``, ``-5 min``. Raises ``UnitError``."""
    amount, unit = split_quantity(text, "a lateness", ("5 min",), parse_lateness)
    if unit not in MINUTES_OF_UNIT:
        raise UnitError(f"{shown(text)} has an unknown unit of time {unit!r}", "write it in min, or h")
    minutes = amount * MINUTES_OF_UNIT[unit]
    if abs(minutes) > 1440:
        raise UnitError(f"{shown(text)} is more than a day")
    return minutes


def parse_rate(text: object) -> Rate:
    """The rate that ``text`` writes: ``9 /h``, ``0.4 /min``, ``40 /workday``. Raises ``UnitError``."""
    amount, unit = split_quantity(text, "a rate", ("9 /h", "40 /workday"), parse_rate)
    if amount < 0:
        raise UnitError(f"{shown(text)} is negative; a rate is 0 or more")
    per = re.fullmatch(r"(?:/|per\b)\s*(\S+)", unit)
    if per is None:
        raise UnitError(f"{shown(text)} is not a rate", f"write {plain(amount)} /h or {plain(amount)} /workday")
    if per[1] in WORKDAY_UNITS:
        return Rate(amount, "workday")
    if per[1] in ("day", "d", "天", "日"):
        raise UnitError(
            f"{shown(text)} could mean a working day or 24 hours", f"write {plain(amount)} /workday, or a rate per hour"
        )
    if per[1] not in RATE_UNITS:
        raise UnitError(f"{shown(text)} has an unknown unit {per[1]!r}", "write /min, /h or /workday")
    return Rate(amount / RATE_UNITS[per[1]])


def parse_money(text: object) -> Money:
    """The amount that ``text`` writes: ``48 CNY``, ``35 CNY/h``, ``100 CNY/year``, ``35 元/小时``.

    At most two decimals, since money is kept in whole minor units. Raises ``UnitError``.
    """
    amount, unit = split_quantity(text, "money", ("48 CNY", "35 CNY/h"), parse_money)
    if amount < 0:
        raise UnitError(f"{shown(text)} is negative; a cost is 0 or more")
    currency, slash, per = (piece.strip() for piece in unit.partition("/"))
    currency = CURRENCY_NAMES.get(currency, currency)
    if not re.fullmatch(r"[A-Z]{3}", currency):
        raise UnitError(
            f"{shown(text)} names no currency",
            f"write its three letters, as in {plain(amount)} CNY" + (f"/{per}" if per else ""),
        )
    if slash and per not in MONEY_PER:
        raise UnitError(
            f"{shown(text)} has an unknown unit {per!r}", "write /h, /day, /workday, /week, /month or /year"
        )
    minor = Decimal(number_of(text)) * 100
    if minor != minor.to_integral_value():
        raise UnitError(f"{shown(text)} has more than two decimals", "money is kept in whole minor units")
    return Money(int(minor), currency, MONEY_PER[per] if slash else "once")


def parse_share(text: object) -> float:
    """The share that ``text`` writes in percent, as 0 to 1: ``15 %`` is 0.15. Raises ``UnitError``."""
    if isinstance(text, int | float) and not isinstance(text, bool) and 0 <= text <= 1:
        raise UnitError(f"{plain(text)} has no unit", f"a share is written in percent: {plain(text * 100)} %")
    amount, unit = split_quantity(text, "a share", ("15 %",), parse_share)
    if unit != "%":
        raise UnitError(f"{shown(text)} is not a share", f"write {plain(amount)} %")
    if not 0 <= amount <= 100:
        raise UnitError(f"{shown(text)} is not between 0 % and 100 %")
    # Decimal gives the float nearest to the written share: 0.35 for 35 %, where 35 / 100 may be off by one bit.
    return float(Decimal(number_of(text)) / 100)


def parse_factor(text: object) -> float:
    """The factor that ``text`` writes in percent, which may be above 1: ``140 %`` is 1.4. Raises ``UnitError``."""
    if isinstance(text, int | float) and not isinstance(text, bool) and text >= 0:
        raise UnitError(f"{plain(text)} has no unit", f"a factor is written in percent: {plain(text * 100)} %")
    amount, unit = split_quantity(text, "a factor", ("140 %",), parse_factor)
    if unit != "%":
        raise UnitError(f"{shown(text)} is not a factor", f"write {plain(amount)} %")
    if not 0 <= amount <= 100_000:
        raise UnitError(f"{shown(text)} is not between 0 % and 100000 %")
    return float(Decimal(number_of(text)) / 100)


def parse_growth(text: object) -> float:
    """The growth that ``text`` writes: ``5 %/year`` is 0.05, ``-2 %/year`` is -0.02. Raises ``UnitError``."""
    amount, unit = split_quantity(text, "a growth", ("5 %/year",), parse_growth)
    if not re.fullmatch(r"%\s*(?:/|per|a)\s*(?:year|年)", unit):
        raise UnitError(f"{shown(text)} is not a growth", f"write {plain(amount)} %/year")
    if not -99 <= amount <= 1000:
        raise UnitError(f"{shown(text)} is not between -99 %/year and 1000 %/year")
    return float(Decimal(number_of(text)) / 100)


def parse_time_of_day(text: object) -> int:
    """Minutes since 00:00 that ``text`` writes: ``09:00`` is 540, ``24:00`` is 1440. Raises ``UnitError``."""
    match = re.fullmatch(r"\s*(\d{1,2}):(\d{2})\s*", as_text(text, "a time of day", ("09:00",), parse_time_of_day))
    if match is None:
        raise UnitError(f"{shown(text)} is not a time of day", "write it as 09:00")
    minutes = 60 * int(match[1]) + int(match[2])
    if int(match[2]) > 59 or minutes > 1440:
        raise UnitError(f"{shown(text)} is not a time of day", "write 00:00 to 24:00")
    return minutes


def parse_span(text: object) -> tuple[int, int]:
    """Opening and closing minute of the day: ``09:00-12:00`` is (540, 720). Raises ``UnitError``."""
    whole = as_text(text, "opening hours", ("09:00-12:00",), parse_span)
    opening, dash, closing = whole.partition("-")
    if not dash:
        raise UnitError(f"{shown(text)} is not a span of hours", "write it as 09:00-12:00")
    span = (parse_time_of_day(opening), parse_time_of_day(closing))
    if span[0] >= span[1]:
        hint = "write a night shift as two spans, 22:00-24:00 and 00:00-06:00" if span[0] > span[1] else ""
        raise UnitError(f"{shown(text)} closes before it opens" if hint else f"{shown(text)} is empty", hint)
    return span


def split_quantity(
    text: object, what: str, examples: tuple[str, ...], again: Callable[[object], object]
) -> tuple[float, str]:
    """The number and the unit behind it; ``UnitError`` where either is missing."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise UnitError(
            f"{plain(text)} has no unit", "write " + " or ".join(with_number(plain(text), e) for e in examples)
        )
    whole = as_text(text, what, examples, again)
    match = QUANTITY.fullmatch(whole)
    if match is None:
        raise UnitError(f"{shown(text)} is not {what}", "write it as " + " or ".join(examples))
    if not match[2]:
        raise UnitError(
            f"{shown(text)} has no unit", "write " + " or ".join(with_number(match[1], e) for e in examples)
        )
    amount = float(match[1])
    if abs(amount) > LARGEST_AMOUNT:
        raise UnitError(f"{shown(text)} is too large")
    return amount, match[2]


def as_text(text: object, what: str, examples: tuple[str, ...], again: Callable[[object], object]) -> str:
    """``text`` as a string; ``UnitError`` where it is none, is too long or was typed with full-width signs."""
    if not isinstance(text, str):
        raise UnitError(f"this should be {what}, not {kind_of(text)}", "write it as " + " or ".join(examples))
    if len(text) > LONGEST_TEXT:
        raise UnitError(f"this text of {len(text)} characters is not {what}", "write it as " + " or ".join(examples))
    narrow = narrowed(text)
    if narrow != text:
        try:
            again(narrow)
        except UnitError:
            return narrow
        raise UnitError(f"{shown(text)} is typed with full-width signs (全角)", f"write {narrow}")
    return text


def narrowed(text: str) -> str:
    """``text`` with the full-width digits and signs of Chinese keyboards made half-width: ``１５％`` is ``15%``."""
    return unicodedata.normalize("NFKC", text).replace("–", "-").replace("—", "-").replace("−", "-").replace("至", "-")


def kind_of(value: object) -> str:
    """What a value of the file is called in messages: ``a list``, ``a mapping``, ``nothing``."""
    if value is None:
        return "nothing"
    if isinstance(value, bool):
        return "true or false"
    if isinstance(value, int | float):
        return f"the number {plain(value)}"
    if isinstance(value, dict):
        return "a mapping"
    return "a list" if isinstance(value, list | tuple) else f"the text {shown(value)}"


def with_number(number: str, example: str) -> str:
    """``example`` with its number exchanged: ``40 /workday`` with 7 is ``7 /workday``."""
    return re.sub(rf"^{NUMBER}", number, example)


def number_of(text: object) -> str:
    """The digits at the start of ``text``, as written."""
    match = QUANTITY.fullmatch(str(text))
    assert match is not None
    return match[1]


def shown(text: object) -> str:
    """``text`` as messages quote it, on one line and shortened."""
    whole = " ".join(str(text).split())
    return f"'{whole[:40]}…'" if len(whole) > 41 else f"'{whole}'"


def plain(number: float) -> str:
    """A number without needless digits: 5, 0.4, 12.25."""
    return f"{number:.10g}"


def format_duration(duration: Duration, lang: str = "en") -> str:
    """The duration in the unit people use for it: ``45 min``, ``2 h``, ``3 days``, ``2 workdays``; zh ``45 分钟``."""
    if duration.base == "workday":
        return f"{plain(duration.amount)} 个工作日" if lang == "zh" else counted(duration.amount, "workday")
    for minutes, chinese, english in ((525600, "年", "year"), (1440, "天", "day"), (60, "小时", "h")):
        amount = duration.amount / minutes
        if amount >= 1 and math.isclose(amount * 4, round(amount * 4)):
            unit = english if english == "h" else ""
            return (
                f"{plain(amount)} {chinese}"
                if lang == "zh"
                else f"{plain(amount)} h"
                if unit
                else counted(amount, english)
            )
    if 0 < duration.amount < 1:
        return f"{plain(duration.amount * 60)} " + ("秒" if lang == "zh" else "s")
    return f"{plain(duration.amount)} " + ("分钟" if lang == "zh" else "min")


def format_rate(rate: Rate, lang: str = "en") -> str:
    """The rate per hour or per workday: ``9 /h``, ``40 /workday``; zh ``9 件/小时``, ``40 件/工作日``."""
    if rate.base == "workday":
        return f"{plain(rate.amount)} " + ("件/工作日" if lang == "zh" else "/workday")
    return f"{plain(rate.amount * 60)} " + ("件/小时" if lang == "zh" else "/h")


def format_money(money: Money, lang: str = "en") -> str:
    """The amount with its currency: ``35 CNY/h``, ``48 CNY``, ``12.50 CNY``; zh ``35 元/小时`` for CNY."""
    amount = f"{money.minor // 100}" if money.minor % 100 == 0 else f"{money.minor / 100:.2f}"
    if lang == "zh":
        per = {"h": "小时", "day": "天", "workday": "工作日", "week": "周", "month": "月", "year": "年"}.get(
            money.per, ""
        )
        return f"{amount} {'元' if money.currency == 'CNY' else money.currency}" + (f"/{per}" if per else "")
    return f"{amount} {money.currency}" + ("" if money.per == "once" else f"/{money.per}")


def format_share(share: float) -> str:
    """A share in percent: ``15 %``."""
    return f"{plain(round(share * 100, 8))} %"


def format_time_of_day(minute: int) -> str:
    """A minute of the day on the clock: 540 is ``09:00``."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def counted(amount: float, unit: str) -> str:
    """``1 day``, ``2 days``."""
    return f"{plain(amount)} {unit}" + ("" if amount == 1 else "s")
