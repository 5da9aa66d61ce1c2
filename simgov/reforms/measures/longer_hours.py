"""Longer hours (延时错时服务): some officers of the front work early, at noon or in the evening as well.

They are the same officers: those ``posts`` form a shift of their own, with the further hours added to the ordinary
ones and, as time in lieu (调休), that share of them taken off the beginning of the same day. What is not given back is
paid as ordinary hours; a premium is written as ``running``. Only the pools named stay open, so that what is accepted in
the evening waits for the departments. A share of applicants may come in the further hours instead of the ordinary ones;
from then on they come by weekday and hour (a profile), which days of changed hours do not alter.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.calendars import Span, Week
from simgov.reforms.demand import Hours, come_later, hours_of, outside
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_service
from simgov.scenario.fields import HoursField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Pool, Scenario, Service, Shift, Text


class Spec(Section):
    """Pools that are open for longer."""

    pools: list[Id] = given(NEEDED, "The pools that are open for longer", "延时错时服务的岗位", min_length=1)
    hours: HoursField = given(
        NEEDED, "The further hours, on the calendar's working days, as in 17:00-19:00", "延长的时间（限工作日）"
    )
    posts: Annotated[int, Field(ge=1)] = given(NEEDED, "So many posts of each pool work then", "各岗位延时服务的人数")
    shifting: ShareField = given(
        0.0,
        "Share of the applicants who come in these hours instead of the ordinary ones",
        "改在延时时段到场的比例",
        "%",
    )
    services: list[Id] | None = given(
        None,
        "Whose applicants; default: those of services that begin in person at these pools",
        "适用的事项；默认为首个现场环节在上述岗位的事项",
    )
    lieu: ShareField = given(0.0, "Share of the further hours that is taken off the same day", "调休比例", "%")


@dataclass(frozen=True, kw_only=True)
class LongerHours(Measure):
    """``posts`` officers of ``pools`` work ``hours`` as well; a share ``shifting`` of applicants comes then."""

    kind: ClassVar[str] = "longer_hours"
    by_case: ClassVar[bool] = False

    pools: tuple[str, ...]
    hours: Hours
    posts: int
    shifting: float = 0.0
    services: tuple[str, ...] | None = None
    lieu: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """The pools with their new shifts, and applicants who come at other hours."""
        hours = self.hours.week(scenario.calendar, ("hours",))
        changed = scenario
        for position, name in enumerate(self.pools):
            need_pool(scenario, name, ("pools", position))
            if name in self.pools[:position]:
                raise Refusal(f"{name} is named twice", "", ("pools", position))
            changed = changed.with_pool(self.longer(scenario, scenario.pool(name), hours, ("pools", position)))
        for service in self.those_who_shift(scenario):
            at = ("shifting",) if self.services is None else ("services", self.services.index(service.id))
            changed = changed.with_service(come_later(service, scenario.calendar, self.shifting, hours, at))
        return changed

    def longer(self, scenario: Scenario, pool: Pool, hours: Week, at: tuple[str | int, ...]) -> Pool:
        """The pool of which some officers work the further hours too."""
        if pool.always or scenario.calendar.always:
            raise Refusal(f"{pool.id} never closes", "leave it out", at)
        most = max(range(len(pool.shifts)), key=lambda i: (pool.shifts[i].count, -i))
        shift = pool.shifts[most]
        if self.posts > shift.count:
            raise Refusal(f"{pool.id} has {shift.count} officers on one shift, fewer than {self.posts}", "", ("posts",))
        week = tuple(self.day(shift.week[day], hours[day]) for day in range(7))
        if week == shift.week:
            return pool
        rest = replace(shift, count=shift.count - self.posts)
        own = Shift(self.posts, week)
        if rest.count == 0:
            shifts = (*pool.shifts[:most], own, *pool.shifts[most + 1 :])
        else:
            shifts = (*pool.shifts[:most], rest, *pool.shifts[most + 1 :], own)
        return replace(pool, shifts=shifts, doors=wider(pool.doors, hours))

    def day(self, ordinary: tuple[Span, ...], further: tuple[Span, ...]) -> tuple[Span, ...]:
        """The hours of one day with the further ones, less the time in lieu."""
        new = outside(further, list(ordinary))
        minutes = sum(last - first for first, last in new) * self.lieu
        kept = without_first(ordinary, round(minutes))
        if new and ordinary and not kept:
            raise Refusal("no ordinary hours would be left", "take less of them off", ("lieu",))
        return joined((*kept, *new))

    def those_who_shift(self, scenario: Scenario) -> list[Service]:
        """The services of whose applicants some come at other hours."""
        if self.services is not None:
            return [the_service(scenario, name, ("services", i)) for i, name in enumerate(self.services)]
        if self.shifting == 0.0:
            return []
        found = []
        for service in scenario.services:
            in_person = [step for step in service.steps if step.in_person and not step.removed]
            around_the_clock = getattr(service.arrivals, "always", False)
            if in_person and in_person[0].at in self.pools and service.arrivals is not None and not around_the_clock:
                found.append(service)
        if not found:
            raise Refusal("no service begins in person at these pools", "name services", ("shifting",))
        return found


def without_first(spans: tuple[Span, ...], minutes: int) -> tuple[Span, ...]:
    """The hours of a day without the first so many minutes."""
    kept = []
    for first, last in spans:
        off = min(minutes, last - first)
        minutes -= off
        if first + off < last:
            kept.append((first + off, last))
    return tuple(kept)


def joined(spans: tuple[Span, ...]) -> tuple[Span, ...]:
    """The spans in order, those that meet made one."""
    found: list[Span] = []
    for first, last in sorted(spans):
        if found and found[-1][1] == first:
            found[-1] = (found[-1][0], last)
        else:
            found.append((first, last))
    return tuple(found)


def wider(doors: Span | None, hours: Week) -> Span | None:
    """Doors that are open in the further hours too; None where they follow the hours by themselves."""
    spans = [span for day in hours for span in day]
    if doors is None or not spans:
        return doors
    return (min(doors[0], *(first for first, _ in spans)), max(doors[1], *(last for _, last in spans)))


def read(spec: Spec, **beside: Any) -> LongerHours:
    """The measure that the file writes."""
    return LongerHours(
        pools=tuple(spec.pools),
        hours=hours_of(spec.hours) or Hours(),
        posts=spec.posts,
        shifting=spec.shifting,
        services=None if spec.services is None else tuple(spec.services),
        lieu=spec.lieu,
        **beside,
    )


KIND = Kind(
    key="longer_hours",
    place=22,
    name=Text("longer hours", "延时错时服务"),
    effect=Text(
        "Windows are open early, at noon or in the evening too, and some applicants come then.",
        "窗口在早间、午间或晚间延时服务，部分申请人改在该时段到场。",
    ),
    catch=Text(
        "The hours are paid, or taken off at other times; only acceptance is open, the departments are not.",
        "延时工时需要支付报酬或安排调休；仅窗口受理延时，后台审批不延时。",
    ),
    spec=Spec,
    read=read,
    example='longer_hours: {pools: [general], hours: "17:00-19:00", posts: 2, shifting: 15 %, lieu: 50 %}',
)
