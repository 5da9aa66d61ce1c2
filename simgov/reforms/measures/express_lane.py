"""Express lane (绿色通道、直通车): a class of cases has priority at the steps named, and others wait longer.

Who is in the class is said by ``groups`` beside the measure, by ``share`` (a draw of each case), or by both. Nobody is
interrupted for them: they are the next to be served. The rest of a reserved window is the pool's own rules.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, step_of, the_service
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class Spec(Section):
    """A class of cases that goes first."""

    service: Id = given(NEEDED, "The service", "事项")
    share: ShareField = given(
        1.0, "Share of its cases that may use the lane; groups beside the key say whose", "适用绿色通道的办件比例", "%"
    )
    priority: Annotated[int, Field(ge=1, le=9)] = given(
        1, "Their priority, from 1 (first) to 9", "优先级（1 为最先）", source=ASSUMPTION
    )
    steps: list[str] | None = given(
        None, "The steps at which it holds; default: every step at a pool", "适用的环节；默认为全部由岗位办理的环节"
    )


@dataclass(frozen=True, kw_only=True)
class ExpressLane(Measure):
    """``share`` of the cases of ``service`` have ``priority`` at ``steps`` (None: wherever they queue)."""

    kind: ClassVar[str] = "express_lane"

    service: str
    share: float = 1.0
    priority: int = 1
    steps: tuple[str, ...] | None = None

    def uptake_on(self, date: datetime.date) -> float:
        """The share of cases that take the lane on a date."""
        return super().uptake_on(date) * self.share

    def change(self, scenario: Scenario) -> Scenario:
        """The steps with the better priority; one that has it already stays."""
        service = the_service(scenario, self.service, ("service",))
        chosen = self.chosen(scenario, service)
        slower = [self.now(service, step) < self.priority for step in chosen]
        if chosen and all(slower):
            message = f"cases of {service.id} have priority {self.now(service, chosen[0])} already"
            raise Refusal(message, "write a smaller number: 1 goes first", ("priority",))
        for step in chosen:
            if self.now(service, step) > self.priority:
                scenario = scenario.with_step(service.id, replace(step, priority=self.priority))
        return scenario

    def chosen(self, scenario: Scenario, service: Service) -> list[Step]:
        """The steps at which cases go first."""
        if self.steps is None:
            return [step for step in service.steps if step.at is not None and not step.removed]
        found = []
        for position, name in enumerate(self.steps):
            step = step_of(scenario, service.id, name, ("steps", position))
            if step.at is None:
                message = f"nobody queues for {service.id}.{step.id}: it is at no pool"
                raise Refusal(message, "name steps at pools", ("steps", position))
            found.append(step)
        return found

    @staticmethod
    def now(service: Service, step: Step) -> int:
        """The priority at a step as it is."""
        return service.priority if step.priority is None else step.priority


def read(spec: Spec, **beside: Any) -> ExpressLane:
    """The measure that the file writes."""
    steps = None if spec.steps is None else tuple(spec.steps)
    return ExpressLane(service=spec.service, share=spec.share, priority=spec.priority, steps=steps, **beside)


KIND = Kind(
    key="express_lane",
    place=23,
    name=Text("express lane", "绿色通道、直通车"),
    effect=Text("A class of cases goes before the others.", "对特定办件或人群优先办理。"),
    catch=Text("Everybody else who queues there waits longer.", "同一队列中的其他办件等候时间延长。"),
    spec=Spec,
    read=read,
    example="express_lane: {service: permit, priority: 2}, groups: [firm]",
)
