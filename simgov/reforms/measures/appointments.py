"""Appointments (预约服务): a share of the applicants books a slot, so that arrivals are spread evenly over the day.

As many book in a week as would have walked in, of an ordinary week without holidays; seasons and surges of those who
walk in do not change the slots. Who booked and does not come has no case decided: the place was taken for nothing.
Who else comes is the walk-in arrivals, thinned; draws of those who walk in are those of before, and those who book have
draws of their own.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, field_validator

from simgov.reforms.demand import Hours, expected_a_week, hours_of
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, the_service
from simgov.reforms.shaping import arriving
from simgov.scenario.fields import DurationField, HoursField, Id, ShareField, fault
from simgov.scenario.fields import Spec as Section
from simgov.scenario.schema import LatenessSpec
from simgov.scenario.value import Appointments as Slots
from simgov.scenario.value import Scenario, Text
from simgov.units import Duration

MOST_PLACES = 1000


class Spec(Section):
    """Slots that people book."""

    service: Id = given(NEEDED, "The service", "事项")
    share: ShareField = given(NEEDED, "Share of the applicants who book", "预约办理的比例", "%")
    every: DurationField = given(
        Duration(30.0), "How far apart slots begin, in whole minutes", "预约时段间隔", source=ASSUMPTION
    )
    hours: HoursField | None = given(
        None, "When there are slots; default: the calendar's hours", "可预约的时间；默认为办公时间"
    )
    no_shows: ShareField = given(0.0, "Share of those booked who do not come", "爽约比例", "%")
    lateness: LatenessSpec | None = given(
        None,
        "How late people come, below 0 is early: {mean: -5 min, sd: 8 min}; default: on time",
        "迟到时间：均值和标准差；默认准时",
    )
    priority: Annotated[int, Field(ge=1, le=9)] | None = given(
        None, "Their priority at steps in person; default: that of everybody", "现场办理的优先级；默认不优先"
    )

    @field_validator("lateness")
    @classmethod
    def is_in_minutes(cls, lateness: LatenessSpec | None) -> LatenessSpec | None:
        """A spread by the clock."""
        if lateness is not None and lateness.sd.base == "workday":
            raise fault("its sd is given in workdays", "write it in min")
        return lateness


@dataclass(frozen=True, kw_only=True)
class Appointments(Measure):
    """A ``share`` of the applicants of ``service`` comes to slots ``every`` so many minutes within ``hours``.

    ``hours`` None: the calendar's. The others as in ``value.Appointments``.
    """

    kind: ClassVar[str] = "appointments"
    by_case: ClassVar[bool] = False

    service: str
    share: float
    every: Duration
    hours: Hours | None = None
    no_shows: float = 0.0
    lateness: tuple[float, float] = (0.0, 0.0)
    priority: int | None = None

    def weaker(self, share: float) -> Self:
        """Fewer applicants book."""
        return replace(self, share=self.share * share)

    def change(self, scenario: Scenario) -> Scenario:
        """Slots for some, and so many fewer who walk in."""
        service = the_service(scenario, self.service, ("service",))
        if service.appointments is not None:
            raise Refusal(f"{service.id} has appointments already", "change them where they stand", ("service",))
        if not any(step.in_person and not step.removed for step in service.steps):
            raise Refusal(f"no step of {service.id} is in person, so there is nothing to come for", "", ("service",))
        booked = expected_a_week(service, scenario.calendar, ("service",)) * self.share
        if booked == 0.0:
            return scenario
        walking = arriving(service, 1.0 - self.share, ("service",))
        if self.share == 1.0:
            walking = replace(walking, arrivals=None)
        return scenario.with_service(replace(walking, appointments=self.slots(scenario, booked)))

    def slots(self, scenario: Scenario, booked: float) -> Slots:
        """The slots in which so many places are booked a week."""
        every, calendar = self.every, scenario.calendar
        if every.base == "workday" or every.amount < 1 or every.amount != int(every.amount):
            raise Refusal("slots begin on whole minutes", "write it as 15 min", ("every",))
        if self.hours is None and calendar.always:
            raise Refusal("the calendar has no hours", 'write hours: "09:00-12:00"', ("hours",))
        week = calendar.week if self.hours is None else self.hours.week(calendar, ("hours",))
        slots = Slots(
            int(every.amount), 1, week, lateness=self.lateness, no_shows=self.no_shows, priority=self.priority
        )
        begins = sum(len(slots.begins(day)) for day in range(7))
        if not begins:
            raise Refusal("no slot fits into the hours", "let slots begin more often", ("every",))
        places = math.ceil(booked / begins - 1e-9)
        if places > MOST_PLACES:
            raise Refusal(f"a slot would have {places} places", "let slots begin more often", ("every",))
        return replace(slots, places=places, taken=min(1.0, booked / (begins * places)))


def read(spec: Spec, **beside: Any) -> Appointments:
    """The measure that the file writes."""
    lateness = (0.0, 0.0)
    if spec.lateness is not None:
        lateness = (spec.lateness.mean, spec.lateness.sd.amount)
    return Appointments(
        service=spec.service,
        share=spec.share,
        every=spec.every,
        hours=hours_of(spec.hours),
        no_shows=spec.no_shows,
        lateness=lateness,
        priority=spec.priority,
        **beside,
    )


KIND = Kind(
    key="appointments",
    place=21,
    name=Text("appointments", "预约服务"),
    effect=Text(
        "A share of the applicants books a slot, so that arrivals are spread over the day.",
        "部分申请人预约办理，到场时间在全天均匀分布。",
    ),
    catch=Text(
        "Some do not come, or come late; with priority for them, who walks in waits longer.",
        "存在爽约和迟到；预约优先时，现场取号的申请人等候更久。",
    ),
    spec=Spec,
    read=read,
    example="appointments: {service: passport, share: 60 %, every: 15 min, no_shows: 8 %}",
)
