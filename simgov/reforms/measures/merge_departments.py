"""Merge departments (大部门制改革): their officers share one queue, and the hand-overs between them vanish.

The old pools stay as the officers of one department: who applies from then on waits in the queue of ``into``, from
which officers of all of them take. So the merger may come on a date, when cases that applied before still need the old
pools. It comes when the staffing authority has approved it, and work takes longer for a time of transition, by the
clock. What several of them do together still takes an officer of each.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.days import day_after
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_step
from simgov.reforms.measures.remove_step import without_step
from simgov.reforms.officers import NO_TRANSITION, Transition, TransitionSpec
from simgov.scenario.fields import Id, PeriodField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Alternative, Scenario, Service, Step, Text
from simgov.units import Duration


class Spec(Section):
    """Make one department of several."""

    into: Id = given(NEEDED, "The department whose queue they share; its rules hold", "合并后的部门，沿用其规则")
    from_: list[Id] = given(NEEDED, "The departments that become part of it", "并入的部门", alias="from")
    handovers: list[str] = given(
        (), "The hand-overs between them that vanish: delays, service.step", "取消的部门间交接环节，写作 事项.环节"
    )
    approval: PeriodField | None = given(
        None,
        "Time until the staffing authority has approved it, before it begins",
        "机构编制部门审批所需时间，批准后实施",
    )
    transition: TransitionSpec | None = given(
        None,
        "How long work takes at first: {start: 140 %, half_life: 60 workdays}",
        "合并后的磨合期：{start: 140 %, half_life: 60 workdays}",
    )


@dataclass(frozen=True, kw_only=True)
class MergeDepartments(Measure):
    """Officers of ``sources`` and ``into`` take from one queue; ``handovers`` vanish, ``approval`` comes first."""

    kind: ClassVar[str] = "merge_departments"
    by_case: ClassVar[bool] = False

    into: str
    sources: tuple[str, ...]
    handovers: tuple[str, ...] = ()
    approval: Duration | None = None
    transition: Transition = NO_TRANSITION

    def as_planned(self, scenario: Scenario) -> Scenario:
        """The merger, once it is approved."""
        if self.approval is None:
            return super().as_planned(scenario)

        def approved(asked: datetime.date) -> datetime.date:
            assert self.approval is not None
            return day_after(scenario.calendar, max(asked, scenario.run.start), self.approval)

        dates = tuple((approved(date), share) for date, share in self.phase_in)
        since = None if dates else approved(self.since or scenario.run.start)
        return replace(self, approval=None, since=since, phase_in=dates).as_planned(scenario)

    def change(self, scenario: Scenario) -> Scenario:
        """One queue for all departments, without the hand-overs."""
        need_pool(scenario, self.into, ("into",))
        for position, source in enumerate(self.sources):
            need_pool(scenario, source, ("from", position))
            if source == self.into or source in self.sources[:position]:
                raise Refusal(f"{source} is named twice", "", ("from", position))
            rules = [(pool.order, pool.ageing, pool.escalate) for pool in map(scenario.pool, (self.into, source))]
            if rules[0] != rules[1]:
                message = f"{source} and {self.into} take who waits in another order"
                raise Refusal(message, "give both the same order, ageing and escalate", ("from", position))
        services = tuple(self.merged(service) for service in scenario.services)
        scenario = replace(scenario, services=services)
        for position, name in enumerate(self.handovers):
            scenario = self.without_handover(scenario, name, ("handovers", position))
        for name in (self.into, *self.sources):
            pool = self.transition.of_pool(scenario.pool(name), self.begins(scenario))
            scenario = scenario.with_pool(pool)
        return scenario

    def without_handover(self, scenario: Scenario, name: str, at: tuple[str, int]) -> Scenario:
        """The scenario without one hand-over."""
        service, step = the_step(scenario, name, at)
        if step.at is not None:
            message = f"{name} is done by {step.at}, and a hand-over by nobody"
            raise Refusal(message, "name a delay outside every pool", at)
        return scenario.with_step(service.id, without_step(service, step, at))

    def merged(self, service: Service) -> Service:
        """The service with its steps in the one queue."""
        return replace(service, steps=tuple(self.merged_step(step) for step in service.steps))

    def merged_step(self, step: Step) -> Step:
        """The step in the queue of ``into``, from which the officers of all departments take."""
        departments = (self.into, *self.sources)
        if not self.sources or step.together or not set(step.pools) & set(departments):
            return step
        at = self.into if step.at in departments else step.at
        doing = [Alternative(str(step.at)), *step.alternatives]
        of_all = [
            replace(other, pool=pool)
            for other in doing
            for pool in (departments if other.pool in departments else (other.pool,))
        ]
        first_of_each = {other.pool: other for other in reversed(of_all) if other.pool != at}
        order = dict.fromkeys(other.pool for other in of_all if other.pool != at)
        return replace(step, at=at, alternatives=tuple(first_of_each[pool] for pool in order))


def read(spec: Spec, **beside: Any) -> MergeDepartments:
    """The measure that the file writes."""
    return MergeDepartments(
        into=spec.into,
        sources=tuple(spec.from_),
        handovers=tuple(spec.handovers),
        approval=spec.approval,
        transition=Transition.of(spec.transition),
        **beside,
    )


KIND = Kind(
    key="merge_departments",
    place=33,
    name=Text("merge departments", "大部门制改革"),
    effect=Text(
        "Departments become one: their officers share one queue, hand-overs between them vanish.",
        "职能相近的部门合并，人员统一调配、统一排队，取消部门间交接环节。",
    ),
    catch=Text(
        "The staffing authority has to approve it first; months of transition follow.",
        "须先经机构编制部门批准；合并后有数月磨合期。",
    ),
    spec=Spec,
    read=read,
    example="merge_departments: {into: planning, from: [fire], handovers: [permit.carry]}",
)
