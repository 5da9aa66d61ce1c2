"""What the sections of a scenario file are made of: quantities with units, hours, dates, names, one-of-many mappings.

Every section of the file is a ``Spec``. A field type reads the text of the file into the value that simgov works with
and carries its own JSON Schema, so that an editor completes and checks it.
"""

from __future__ import annotations

import datetime
import difflib
import math
import re
from collections.abc import Callable, Iterable
from typing import Annotated, Any, ClassVar, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Discriminator,
    Field,
    PlainValidator,
    Tag,
    WithJsonSchema,
)
from pydantic_core import PydanticCustomError

from simgov.calendars import Span, Week
from simgov.scenario.value import Text
from simgov.units import (
    Duration,
    Money,
    Rate,
    UnitError,
    format_share,
    format_time_of_day,
    kind_of,
    narrowed,
    parse_duration,
    parse_factor,
    parse_growth,
    parse_lateness,
    parse_money,
    parse_rate,
    parse_share,
    parse_span,
    parse_time_of_day,
    shown,
)


class Spec(BaseModel):
    """A section of the file: unknown keys are errors, nothing is converted silently, nothing changes afterwards."""

    written_as: ClassVar[str] = ""
    """What to advise who wrote a text where this mapping belongs."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True, allow_inf_nan=False, defer_build=True)


def fault(message: str, hint: str = "") -> PydanticCustomError:
    """The error by which a field type or a validator says what is wrong and what to write instead."""
    return PydanticCustomError("simgov", "{message}", {"message": message, "hint": hint})


def reads(parse: Callable[[Any], Any]) -> PlainValidator:
    """A validator that reads the file's text by ``parse`` and turns its ``UnitError`` into a located fault."""

    def read(value: Any) -> Any:
        try:
            return parse(value)
        except UnitError as error:
            raise fault(error.message, error.hint) from None

    return PlainValidator(read)


def text_schema(pattern: str, *examples: str) -> WithJsonSchema:
    """The JSON Schema of a quantity written as text."""
    return WithJsonSchema({"type": "string", "pattern": pattern, "examples": list(examples)})


NUMBER = r"^\s*[0-9.]+(e[+-]?[0-9]+)?\s*"

DurationField = Annotated[Duration, reads(parse_duration), text_schema(NUMBER + r"[^0-9\s].*$", "6 min", "2 workdays")]
RateField = Annotated[Rate, reads(parse_rate), text_schema(NUMBER + r"(/|per).+$", "9 /h", "40 /workday")]
ShareField = Annotated[float, reads(parse_share), text_schema(NUMBER + r"%\s*$", "15 %")]
FactorField = Annotated[float, reads(parse_factor), text_schema(NUMBER + r"%\s*$", "140 %")]
LatenessField = Annotated[float, reads(parse_lateness), text_schema(r"^\s*[+-]?[0-9.]+\s*[^0-9\s].*$", "-5 min")]
GrowthField = Annotated[
    float, reads(parse_growth), text_schema(r"^\s*[+-]?[0-9.]+\s*%\s*/\s*year\s*$", "5 %/year", "-2 %/year")
]
TimeOfDayField = Annotated[int, reads(parse_time_of_day), text_schema(r"^[0-9]{1,2}:[0-9]{2}$", "09:00")]
SpanField = Annotated[
    Span, reads(parse_span), text_schema(r"^\s*[0-9]{1,2}:[0-9]{2}\s*-\s*[0-9]{1,2}:[0-9]{2}\s*$", "09:00-12:00")
]


def money_once(text: object) -> Money:
    """An amount paid once: ``48 CNY``."""
    money = parse_money(text)
    if money.per != "once":
        raise UnitError(f"{shown(text)} is paid again and again; this is paid once", "write it without /" + money.per)
    return money


def money_per(text: object) -> Money:
    """An amount for each hour, day, ... : ``35 CNY/h``."""
    money = parse_money(text)
    if money.per == "once":
        raise UnitError(f"{shown(text)} does not say for how long", "write CURRENCY/h, /day, /week, /month or /year")
    return money


def money_an_hour(text: object) -> Money:
    """What an hour costs, or a workday: ``50 CNY/h``."""
    money = parse_money(text)
    if money.per not in ("h", "workday"):
        raise UnitError(f"{shown(text)} is not the cost of an hour", "write it per hour, as in 50 CNY/h")
    return money


def money_a_year(text: object) -> Money:
    """A running cost: ``100 CNY/year`` or ``10 CNY/month``."""
    money = parse_money(text)
    if money.per == "month":
        return Money(money.minor * 12, money.currency, "year")
    if money.per != "year":
        raise UnitError(f"{shown(text)} is not a running cost", "write it per year, as in 100 CNY/year")
    return money


OnceField = Annotated[Money, reads(money_once), text_schema(NUMBER + r"[^0-9/]+$", "48 CNY")]
CostField = Annotated[Money, reads(money_per), text_schema(NUMBER + r"[^0-9/]+/.+$", "35 CNY/h", "90000 CNY/year")]
OvertimeField = Annotated[Money, reads(money_an_hour), text_schema(NUMBER + r"[^0-9/]+/.+$", "50 CNY/h")]
RunningField = Annotated[Money, reads(money_a_year), text_schema(NUMBER + r"[^0-9/]+/.+$", "100 CNY/year")]


def parse_date(text: object) -> datetime.date:
    """The date that ``text`` writes: ``2026-01-05``. Raises ``UnitError``."""
    match = re.fullmatch(r"(\d{4})-(\d{1,2})-(\d{1,2})", text.strip()) if isinstance(text, str) else None
    if match is None:
        raise UnitError(
            f"{kind_of(text) if not isinstance(text, str) else shown(text)} is not a date", "write 2026-01-05"
        )
    try:
        date = datetime.date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        raise UnitError(f"there is no date {shown(text)}") from None
    if not 1950 <= date.year <= 2150:
        raise UnitError(f"the year of {shown(text)} is out of range", "write a year from 1950 to 2150")
    return date


def parse_period(text: object) -> Duration:
    """A time over which something is measured or paid: above 0, at most a hundred years. Raises ``UnitError``."""
    period = parse_duration(text)
    if period.amount == 0:
        raise UnitError(f"{shown(text)} is no time at all")
    if period.minutes(1440.0) > 100 * 525600.0:
        raise UnitError(f"{shown(text)} is more than a hundred years")
    return period


def parse_workdays(text: object) -> int:
    """A time limit in whole workdays: ``5 workdays``. Raises ``UnitError``."""
    if isinstance(text, int) and not isinstance(text, bool):
        raise UnitError(f"{text} has no unit", f"write {text} workdays")
    limit = parse_duration(text)
    if limit.base != "workday":
        raise UnitError(
            f"{shown(text)} is not a number of workdays", "a limit is written in workdays, as in 5 workdays"
        )
    if limit.amount < 1 or limit.amount != int(limit.amount):
        raise UnitError(f"{shown(text)} is not a whole number of workdays of at least 1")
    return int(limit.amount)


DateField = Annotated[datetime.date, reads(parse_date), text_schema(r"^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}$", "2026-01-05")]
PeriodField = Annotated[Duration, reads(parse_period), text_schema(NUMBER + r"[^0-9\s].*$", "60 workdays", "1 year")]
WorkdaysField = Annotated[int, reads(parse_workdays), text_schema(NUMBER + r"workdays?$", "5 workdays")]

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
CHINESE_WEEKDAYS = "一二三四五六日"


def parse_weekday(text: object) -> int:
    """The weekday from 0 (Monday) that ``text`` names: ``mon``, ``Monday``, ``周一``, ``1``. Raises ``UnitError``."""
    word = str(text).strip().lower()
    if word in {"1", "2", "3", "4", "5", "6", "7"}:
        return int(word) - 1
    if len(word) >= 3 and word[:3] in WEEKDAYS and LONG_WEEKDAYS[word[:3]].startswith(word):
        return WEEKDAYS.index(word[:3])
    chinese = re.fullmatch(r"(?:周|星期|礼拜)([一二三四五六日天])", word)
    if chinese:
        return CHINESE_WEEKDAYS.index(chinese[1].replace("天", "日"))
    raise UnitError(f"{shown(text)} is not a weekday", "write mon, tue, wed, thu, fri, sat or sun")


LONG_WEEKDAYS = {
    name[:3]: name for name in ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
}


def parse_weekdays(text: object) -> tuple[int, ...]:
    """The weekdays from 0 that ``text`` names: ``mon-thu``, ``fri``, ``周一至周五``. Raises ``UnitError``."""
    first, dash, last = re.sub("[至到–—]", "-", str(text)).partition("-")
    start = parse_weekday(first)
    if not dash:
        return (start,)
    end = parse_weekday(last)
    if end < start:
        raise UnitError(f"{shown(text)} runs backwards", "a week starts on mon")
    return tuple(range(start, end + 1))


WeekdayField = Annotated[int, reads(parse_weekday), WithJsonSchema({"enum": list(WEEKDAYS)})]

MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def parse_month(text: object) -> int:
    """The month from 1 that ``text`` names: ``1``, ``jan``, ``January``, ``1月``. Raises ``UnitError``."""
    word = str(text).strip().lower().removesuffix("月")
    if word.isascii() and word.isdigit() and 1 <= int(word) <= 12:
        return int(word)
    if word[:3] in MONTHS and LONG_MONTHS[word[:3]].startswith(word):
        return MONTHS.index(word[:3]) + 1
    raise UnitError(f"{shown(text)} is not a month", "write 1 to 12, or jan to dec")


LONG_MONTHS = {
    name[:3]: name
    for name in (
        "january", "february", "march", "april", "may", "june",
        "july", "august", "september", "october", "november", "december",
    )
}  # fmt: skip


def parse_size(text: object) -> int:
    """A whole number from 1 to 1000 that stands as a key. Raises ``UnitError``."""
    word = str(text).strip()
    if not (word.isascii() and word.isdigit() and 1 <= int(word) <= 1000):
        raise UnitError(f"{shown(text)} is not a whole number from 1 to 1000", "write {1: 80 %, 2: 20 %}")
    return int(word)


def check_months(months: Any) -> Any:
    """Each month at most once, whichever way it is written."""
    seen: set[int] = set()
    for key in months if isinstance(months, dict) else ():
        try:
            month = parse_month(key)
        except UnitError:
            continue
        if month in seen:
            raise fault(f"{MONTHS[month - 1]} is there twice")
        seen.add(month)
    return months


MonthKey = Annotated[int, reads(parse_month), text_schema(r"^([1-9]|1[0-2]|[a-z]{3})$", "1", "jan")]
SizeKey = Annotated[int, reads(parse_size), text_schema(r"^[1-9][0-9]{0,3}$", "1", "2")]


def check_sizes(sizes: dict[int, float]) -> dict[int, float]:
    """Shares of sizes that add up to 100 %."""
    total = sum(sizes.values())
    if not math.isclose(total, 1.0, abs_tol=1e-9):
        raise fault(f"the shares add up to {format_share(total)}, not to 100 %")
    return sizes


MonthsField = Annotated[dict[MonthKey, FactorField], BeforeValidator(check_months)]
"""Factors by month: ``{1: 120 %, aug: 70 %}``."""

SizesField = Annotated[dict[SizeKey, ShareField], AfterValidator(check_sizes)]
"""Whole numbers with their shares: ``{1: 80 %, 2: 20 %}``."""
WeekdaysKey = Annotated[
    tuple[int, ...],
    reads(parse_weekdays),
    text_schema(r"^(mon|tue|wed|thu|fri|sat|sun)(-(mon|tue|wed|thu|fri|sat|sun))?$"),
]


def check_id(text: str) -> str:
    """An id of the file: a letter (Chinese ones too), then letters, digits, ``_`` and ``-``."""
    if not re.fullmatch(r"[^\W\d_][\w-]*", text):
        advice = full_width_hint(text) or "start with a letter and use letters, digits, _ and - only"
        raise fault(f"{shown(text)} cannot be used as a name", advice)
    return text


Id = Annotated[str, AfterValidator(check_id)]


def kind_tag(value: object) -> str:
    """Which form of a field the file uses: text, list or mapping, marked so that no key can be mistaken for it."""
    if isinstance(value, dict):
        return "<mapping>"
    return "<list>" if isinstance(value, list) else "<text>" if isinstance(value, str) else "<other>"


def check_apart(spans: list[Span]) -> list[Span]:
    """Spans of one day in order, without overlap."""
    for before, after in zip(sorted(spans), sorted(spans)[1:], strict=False):
        if after[0] < before[1]:
            raise fault(f"{span_text(before)} and {span_text(after)} overlap")
    return sorted(spans)


def span_text(span: Span) -> str:
    """``09:00-12:00``."""
    return f"{format_time_of_day(span[0])}-{format_time_of_day(span[1])}"


DayHours = Annotated[
    Annotated[SpanField, Tag("<text>")] | Annotated[list[SpanField], AfterValidator(check_apart), Tag("<list>")],
    Discriminator(kind_tag),
]
"""The hours of one day: ``"09:00-12:00"`` or a list of such; ``[]`` is closed."""


def day_spans(hours: Span | list[Span]) -> tuple[Span, ...]:
    """The spans of one day, whichever form the file used."""
    return (hours,) if isinstance(hours, tuple) else tuple(hours)


def check_weekdays(hours: dict[tuple[int, ...], Any]) -> dict[tuple[int, ...], Any]:
    """Each weekday at most once."""
    seen: set[int] = set()
    for weekdays in hours:
        for weekday in weekdays:
            if weekday in seen:
                raise fault(f"{WEEKDAYS[weekday]} has two lines of hours")
            seen.add(weekday)
    return hours


HoursField = Annotated[
    Annotated[SpanField, Tag("<text>")]
    | Annotated[list[SpanField], AfterValidator(check_apart), Tag("<list>")]
    | Annotated[dict[WeekdaysKey, DayHours], AfterValidator(check_weekdays), Tag("<mapping>")],
    Discriminator(kind_tag),
]
"""Opening hours: of every working day alike, or by weekday (``{mon-thu: [...], fri: [...]}``)."""


def week_of(hours: Any, working: Iterable[int]) -> Week:
    """The week that a ``HoursField`` means: hours given once hold on the ``working`` weekdays."""
    if not isinstance(hours, dict):
        spans = day_spans(hours)
        return tuple(spans if weekday in set(working) else () for weekday in range(7))
    week: list[tuple[Span, ...]] = [()] * 7
    for weekdays, day in hours.items():
        for weekday in weekdays:
            week[weekday] = day_spans(day)
    return tuple(week)


class NameSpec(Spec):
    """A name in Chinese, English or both."""

    zh: str | None = Field(None, description="Chinese name", min_length=1)
    en: str | None = Field(None, description="English name", min_length=1)


NameField = Annotated[
    Annotated[str, Field(min_length=1), Tag("<text>")] | Annotated[NameSpec, Tag("<mapping>")], Discriminator(kind_tag)
]
"""A name: one text, or ``{zh: ..., en: ...}``."""


def text_of(name: str | NameSpec | None, otherwise: str) -> Text:
    """The name in both languages: where the file gives one only, both are that one; where none, ``otherwise``."""
    if isinstance(name, str):
        return Text(name, name)
    english, chinese = (name.en, name.zh) if name else (None, None)
    return Text(english or chinese or otherwise, chinese or english or otherwise)


def full_width_hint(text: str) -> str:
    """What to tell who typed a Chinese full-width sign where YAML needs the half-width one; "" where nobody did."""
    for sign, half in (
        ("：", ": (with a space behind it)"),
        ("，", ", "),
        ("％", "%"),
        ("“", '"'),
        ("”", '"'),
        ("【", "["),
        ("（", "("),
    ):
        if sign in text:
            return f"{sign} is a full-width sign (全角); write {half.strip()}"
    narrow = narrowed(text)
    return f"{shown(text)} has full-width letters (全角); write {narrow}" if narrow != text and narrow.isascii() else ""


def nearest(text: str, known: Iterable[str], cutoff: float = 0.6) -> str:
    """``did you mean …`` with the nearest known name, or "" where none is near."""
    choices = list(known)
    found = difflib.get_close_matches(text, choices, n=1, cutoff=cutoff)
    folded = {choice.lower().replace("-", "_"): choice for choice in choices}
    same = folded.get(text.lower().replace("-", "_").replace(" ", "_"))
    return f"did you mean {same or found[0]}?" if same or found else ""


def unknown(what: str, text: str, known: Iterable[str]) -> tuple[str, str]:
    """Message and hint for a name that is not there: the nearest known one, or all of them where they are few."""
    choices = list(known)
    hint = full_width_hint(text) or nearest(text, choices)
    if not hint and 0 < len(choices) <= 8:
        hint = "known: " + ", ".join(choices)
    return f"there is no {what} {shown(text)}", hint


Count = Annotated[int, Field(ge=0, le=100_000)]
Always = Literal["always"]
