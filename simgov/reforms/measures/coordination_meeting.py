"""Coordination meeting (联席会议): no case waits for it; month by month it repairs why cases go to and fro.

On the first workday from the measure's date on, and of each month after it, the meeting is held; from that day on each
of the steps ``returns`` sends back ``1 - repaired`` times the share that it sent back before, so that after n meetings
(1 - repaired)^n of it is left. Meetings take ``officers`` of their pools for the ``hours`` of that day; these are paid.
After ``months`` meetings what could be repaired has been.
"""

from __future__ import annotations

import calendar as months_of_years
import datetime
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field, model_validator

from simgov.calendars import Calendar, Span, day_table
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, need_pool, the_step
from simgov.reforms.risk import NO_RISK
from simgov.reforms.shaping import sent_back_less
from simgov.scenario.fields import Id, ShareField, SpanField, fault
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Away, Pool, Scenario, Text

MONTHS = 12


class Spec(Section):
    """Meet every month."""

    returns: list[str] = given(
        NEEDED, "The steps that send fewer cases back: [service.step, ...]", "退件因此减少的环节", min_length=1
    )
    repaired: ShareField = given(
        NEEDED, "Share of these returns whose cause one meeting repairs, e.g. 8 %", "每次会议解决的退件原因比例", "%"
    )
    officers: dict[Id, Annotated[int, Field(ge=1)]] = given(
        {}, "How many officers of each pool attend: {planning: 1, fire: 1}", "各岗位参会人数，如 {planning: 1, fire: 1}"
    )
    hours: SpanField | None = given(
        None, 'From when to when they are away that day, e.g. "14:00-16:00"', "会议时段，如 14:00-16:00"
    )
    months: Annotated[int, Field(ge=1, le=120)] = given(
        MONTHS, "How many months it meets", "每月一次，共开几个月", "months", ASSUMPTION
    )

    @model_validator(mode="after")
    def says_when(self) -> Spec:
        """Officers who attend are away for some hours."""
        if bool(self.officers) != (self.hours is not None):
            raise fault("officers and hours go together", 'write officers: {planning: 1}, hours: "14:00-16:00"')
        return self


@dataclass(frozen=True, kw_only=True)
class CoordinationMeeting(Measure):
    """``months`` meetings, of which each repairs the share ``repaired`` of what the steps ``returns`` send back.

    ``number`` tells the meetings apart, each of which is a measure with a date.
    """

    kind: ClassVar[str] = "coordination_meeting"
    by_case: ClassVar[bool] = False

    returns: tuple[str, ...]
    repaired: float
    officers: tuple[tuple[str, int], ...] = ()
    hours: Span | None = None
    months: int = MONTHS
    number: int = 0

    def weaker(self, share: float) -> Self:
        """Less repaired, and fewer officers, one of each pool at least."""
        officers = tuple((pool, max(1, round(count * share))) for pool, count in self.officers)
        return replace(self, repaired=self.repaired * share, officers=officers)

    def as_planned(self, scenario: Scenario) -> Scenario:
        """Each meeting as a measure from its day on; the first one has the costs."""
        if self.number or (self.repaired == 0.0 and not self.officers):
            return super().as_planned(scenario)
        first = self.begins(scenario)
        for number in range(self.months):
            date = months_later(first, number)
            meeting = replace(self, number=number + 1, since=date, phase_in=(), uptake=self.uptake_on(date))
            if number:
                meeting = replace(meeting, set_up=0, running=0, risk=NO_RISK)
            if meeting.uptake > 0.0:
                scenario = meeting.as_planned(scenario)
        return scenario

    def change(self, scenario: Scenario) -> Scenario:
        """One meeting, and what it repairs."""
        for position, name in enumerate(self.returns):
            service, step = the_step(scenario, name, ("returns", position))
            need_in_use(name, step, ("returns", position))
            if step.returns is None:
                hint = "name steps with returns"
                raise Refusal(
                    f"{name} sends nobody back, so nothing can be repaired there", hint, ("returns", position)
                )
            if name in self.returns[:position]:
                raise Refusal(f"{name} is named twice", "", ("returns", position))
            scenario = scenario.with_step(service.id, sent_back_less(step, self.repaired))
        for pool_id, count in self.officers:
            need_pool(scenario, pool_id, ("officers", pool_id))
            scenario = scenario.with_pool(self.attending(scenario, scenario.pool(pool_id), count))
        return scenario

    def attending(self, scenario: Scenario, pool: Pool, count: int) -> Pool:
        """The pool, of which so many officers are away for the hours of the meeting."""
        if count > pool.count:
            message = f"{pool.id} has {pool.count} posts, fewer than the {count} who would attend"
            raise Refusal(message, "", ("officers", pool.id))
        day = first_workday(scenario.calendar, self.begins(scenario))
        away = Away(count, day, day, self.hours)
        return replace(pool, absences=replace(pool.absences, training=(*pool.absences.training, away)))


def months_later(day: datetime.date, months: int) -> datetime.date:
    """The same day so many months later, or the last of that month where it is shorter."""
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    return datetime.date(year, month + 1, min(day.day, months_of_years.monthrange(year, month + 1)[1]))


def first_workday(calendar: Calendar, day: datetime.date) -> datetime.date:
    """The first workday from ``day`` on, or ``day`` where the calendar has none for two months."""
    worked = day_table(calendar, day, 62).weekday >= 0
    return day + datetime.timedelta(days=int(worked.argmax()))


def read(spec: Spec, **beside: Any) -> CoordinationMeeting:
    """The measure that the file writes."""
    return CoordinationMeeting(
        returns=tuple(spec.returns),
        repaired=spec.repaired,
        officers=tuple(spec.officers.items()),
        hours=spec.hours,
        months=spec.months,
        **beside,
    )


KIND = Kind(
    key="coordination_meeting",
    place=10,
    name=Text("coordination meeting", "联席会议"),
    effect=Text(
        "Departments meet every month and repair what makes cases go to and fro between them; no case waits for it.",
        "各部门每月会商，逐步消除部门衔接中的退件原因；个案不等待会议。",
    ),
    catch=Text(
        "Officers sit in the meeting instead of doing cases, and what is repaired shows only month by month.",
        "参会占用工作人员办件时间，成效逐月显现。",
    ),
    spec=Spec,
    read=read,
    example="coordination_meeting: {returns: [permit.fire, permit.counter], repaired: 8 %, months: 3, "
    'officers: {planning: 1, fire: 1}, hours: "14:00-16:00"}',
)
