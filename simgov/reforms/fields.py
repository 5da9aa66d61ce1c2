"""What the specs of measures are made of, beside the fields of scenarios: times, guesses, months."""

from __future__ import annotations

import datetime
import re
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator, Discriminator, Field, Tag

from simgov.distributions import Distribution
from simgov.scenario.fields import FactorField, ShareField, fault, kind_tag, parse_date, reads, text_schema
from simgov.scenario.schema import DistributionSpec, GateSpec, OneFamily, listed
from simgov.scenario.value import Gate
from simgov.units import UnitError

Guess = tuple[float, float, float]
"""Low, most likely and high: a triangular distribution, or one value three times."""


def check_no_file(spec: OneFamily) -> OneFamily:
    """A measure brings no files."""
    if spec.family == "empirical":
        raise fault("a measure cannot read times from a file", "write one of the other families, such as lognormal")
    return spec


TimeField = Annotated[DistributionSpec, AfterValidator(check_no_file)]
"""A time that a measure brings, as a distribution: ``{lognormal: {mean: 6 min, cv: 0.5}}``."""


def time_of(spec: OneFamily) -> Distribution:
    """The distribution that a ``TimeField`` writes."""
    return spec.made()


def gate_of(spec: GateSpec) -> Gate:
    """The sessions that a ``GateSpec`` writes."""
    sessions = {(weekday, m) for days, times in (spec.weekly or {}).items() for weekday in days for m in listed(times)}
    if spec.daily is not None:
        sessions = {(weekday, minute) for weekday in range(7) for minute in listed(spec.daily)}
    return Gate(tuple(sorted(sessions)), None if spec.every is None else spec.every.amount, spec.most, spec.least)


def check_guess(values: list[float]) -> list[float]:
    """Low, most likely, high."""
    if len(values) != 3 or sorted(values) != values:
        raise fault("this should be the lowest, the most likely and the highest value", "write [40 %, 60 %, 90 %]")
    return values


GuessField = Annotated[
    Annotated[FactorField, Tag("<text>")] | Annotated[list[FactorField], AfterValidator(check_guess), Tag("<list>")],
    Discriminator(kind_tag),
]
"""One factor, or the lowest, the most likely and the highest."""


def guess_of(field: float | list[float] | None) -> Guess:
    """The three values of a guess; all 1 where there is none."""
    values = [1.0] * 3 if field is None else [field] * 3 if isinstance(field, float) else field
    return (values[0], values[1], values[2])


def parse_start(text: object) -> datetime.date:
    """A date, or a month for its first day: ``2026-04``. Raises ``UnitError``."""
    if isinstance(text, datetime.date):
        return text
    if isinstance(text, str) and re.fullmatch(r"\d{4}-\d{1,2}", text.strip()):
        return parse_date(text.strip() + "-1")
    try:
        return parse_date(text)
    except UnitError as error:
        raise UnitError(error.message, "write a month, as in 2026-04, or a date, as in 2026-04-15") from None


StartKey = Annotated[datetime.date, reads(parse_start), text_schema(r"^[0-9]{4}-[0-9]{1,2}(-[0-9]{1,2})?$", "2026-04")]


def check_phase_in(shares: Any) -> Any:
    """Dates in their order, each once."""
    starts = []
    for key in shares if isinstance(shares, dict) else ():
        try:
            starts.append(parse_start(key))
        except UnitError:
            return shares
    if sorted(set(starts)) != starts:
        raise fault("the months are not in their order, each once", "write {2026-01: 20 %, 2026-04: 60 %}")
    return shares


PhaseInField = Annotated[dict[StartKey, ShareField], BeforeValidator(check_phase_in), Field(min_length=1)]
"""The share of cases that a measure reaches from each month on: ``{2026-01: 20 %, 2026-04: 60 %}``."""
