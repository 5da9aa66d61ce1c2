"""The language of what applicants feel: ``applicants``, ``satisfaction``, ``complaints``, and the keys of a service.

``applicants`` are defaults for all services; what a service says itself comes first.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Discriminator, Field, Tag

from simgov.scenario.applicants import Complaints, Satisfaction
from simgov.scenario.fields import NUMBER, Id, OnceField, ShareField, Spec, kind_tag, reads, text_schema
from simgov.units import Duration, Money, UnitError, parse_duration, parse_money, plain, shown


def parse_travel(text: object) -> Duration:
    """The time of a way there and back: ``40 min``. Raises ``UnitError``."""
    if isinstance(text, int | float) and not isinstance(text, bool):
        raise UnitError(f"{plain(text)} has no unit", f"write {plain(text)} min")
    travel = parse_duration(text)
    if travel.base == "workday":
        raise UnitError(f"{shown(text)} is in workdays; a way takes time on the clock", "write it as 40 min")
    return travel


def parse_time_value(text: object) -> Money:
    """What an hour is worth: ``30 CNY/h``. Raises ``UnitError``."""
    money = parse_money(text)
    if money.per != "h":
        raise UnitError(f"{shown(text)} is not the value of an hour", "write it as 30 CNY/h")
    return money


def parse_firm_cost(text: object) -> Money:
    """What a time of waiting for the decision costs, on the wall clock: ``300 CNY/day``. Raises ``UnitError``."""
    money = parse_money(text)
    if money.per in ("once", "workday"):
        raise UnitError(f"{shown(text)} is not per time of the calendar", "write it as 300 CNY/day")
    return money


TravelField = Annotated[Duration, reads(parse_travel), text_schema(NUMBER + r"[^0-9\s].*$", "40 min")]
TimeValueField = Annotated[Money, reads(parse_time_value), text_schema(NUMBER + r"[^0-9/]+/.+$", "30 CNY/h")]
FirmMoneyField = Annotated[Money, reads(parse_firm_cost), text_schema(NUMBER + r"[^0-9/]+/.+$", "300 CNY/day")]
Points = Annotated[float, Field(ge=0, le=1000)]
Score = Annotated[float, Field(ge=0, le=100)]


class FirmSpec(Spec):
    """What a day until the decision costs, where only some applicants are firms."""

    cost: FirmMoneyField = Field(description="For each calendar day from application to decision, e.g. 300 CNY/day")
    groups: list[Id] = Field(description="The applicant groups that are firms", min_length=1)


FirmField = Annotated[
    Annotated[FirmMoneyField, Tag("<text>")] | Annotated[FirmSpec, Tag("<mapping>")], Discriminator(kind_tag)
]


class ApplicantKeys(Spec):
    """What a service, or all of them, say of their applicants."""

    travel: TravelField | None = Field(None, description="Door to door, there and back, for one visit, e.g. 40 min")
    time_value: TimeValueField | None = Field(
        None, description="What an hour of the applicant is worth, e.g. 30 CNY/h; without it time costs nothing"
    )
    fee: OnceField | None = Field(None, description="What the applicant pays once a case, e.g. 60 CNY")
    firm: FirmField | None = Field(
        None, description="What a day until the decision costs a firm: 300 CNY/day, or {cost: ..., groups: [...]}"
    )


NO_KEYS = ApplicantKeys.model_construct(travel=None, time_value=None, fee=None, firm=None)
"""Where nothing is said."""


class ApplicantsSpec(ApplicantKeys):
    """Defaults for all services: the way, the value of time, fees, what a day costs a firm."""


class SatisfactionSpec(Spec):
    """Points out of 100: offset less what is lost. Every default is an assumption."""

    offset: Annotated[float, Field(ge=-10_000, le=10_000)] | None = Field(
        None, description="Points of a case without any loss; default 100. See simgov satisfaction"
    )
    wait: Points = Field(Satisfaction.wait, description="Points lost for each hour waited in person")
    visits: Points = Field(Satisfaction.visits, description="Points lost for each visit beyond the first")
    documents: Points = Field(Satisfaction.documents, description="Points lost for each document")
    late: Points = Field(Satisfaction.late, description="Points that a case loses which is decided late")
    unserved: Points = Field(
        Satisfaction.unserved, description="Points that a case loses whose applicant left unserved"
    )
    observed: Score | None = Field(
        None, description="What the office as it is was found to score; simgov satisfaction finds the offset for it"
    )


class ComplaintsSpec(Spec):
    """Expected complaints, of each occurrence of what people complain of. Every default is an assumption."""

    late: ShareField = Field(Complaints.late, description="Of each case that is late")
    repeat_visit: ShareField = Field(Complaints.repeat_visit, description="Of each visit beyond the first of a case")
    document_again: ShareField = Field(Complaints.document_again, description="Of each document handed in again")
    sent_back: ShareField = Field(Complaints.sent_back, description="Of each case that was sent back")
    unserved: ShareField = Field(Complaints.unserved, description="Of each case whose applicant left unserved")
    other: ShareField = Field(Complaints.other, description="Of every case, about anything else")


def satisfaction_of(spec: SatisfactionSpec | None) -> Satisfaction | None:
    """The weights that the file gives; None where it does not ask for satisfaction."""
    if spec is None:
        return None
    given = spec.model_dump()
    return Satisfaction(**given | {"offset": Satisfaction.offset if spec.offset is None else spec.offset})


def complaints_of(spec: ComplaintsSpec | None) -> Complaints | None:
    """The weights that the file gives; None where it does not ask for complaints."""
    return None if spec is None else Complaints(**spec.model_dump())
