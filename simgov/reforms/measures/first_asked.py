"""First-asked responsibility (首问负责制): who is asked first guides the applicant and follows the case up.

Visits to the wrong window vanish, hand-overs become internal and shorter, and the first officer takes longer.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, step_of, the_service
from simgov.reforms.measures.remove_step import without_step
from simgov.reforms.shaping import slowed
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class Spec(Section):
    """Make who is asked first responsible."""

    service: Id = given(NEEDED, "The service", "事项")
    misdirected: list[str] = given((), "Its steps at a wrong window, which vanish", "跑错窗口的环节（取消）")
    handovers: dict[str, ShareField] = given(
        {},
        "Its hand-overs, with the share of their time that is left: {carry: 40 %}",
        "交接环节及其剩余用时比例：{carry: 40 %}",
    )
    longer: FactorField = given(0.0, "How much longer the first officer takes", "首问人员多用时间的比例", "%")
    first: str | None = given(
        None,
        "The step of the first officer; default: the first of the others that is done at a pool",
        "首问环节；默认其余环节中第一个由窗口或部门办理的环节",
    )


@dataclass(frozen=True, kw_only=True)
class FirstAsked(Measure):
    """The steps ``misdirected`` vanish, ``handovers`` take that share of their time, ``first`` takes longer."""

    kind: ClassVar[str] = "first_asked"

    service: str
    misdirected: tuple[str, ...] = ()
    handovers: tuple[tuple[str, float], ...] = ()
    longer: float = 0.0
    first: str | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """The service with fewer visits, shorter hand-overs and a longer first step."""
        the_service(scenario, self.service, ("service",))
        for place, name in enumerate(self.misdirected):
            at = ("misdirected", place)
            step = step_of(scenario, self.service, name, at)
            scenario = scenario.with_step(self.service, without_step(scenario.service(self.service), step, at))
        for name, share in self.handovers:
            step = step_of(scenario, self.service, name, ("handovers", name))
            if step.at is not None:
                message = f"{self.service}.{step.id} is done by {step.at}, and a hand-over by nobody"
                raise Refusal(message, "name a delay outside every pool", ("handovers", name))
            scenario = scenario.with_step(self.service, slowed(step, share))
        first = self.first_step(scenario, scenario.service(self.service))
        return scenario.with_step(self.service, slowed(first, 1.0 + self.longer))

    def first_step(self, scenario: Scenario, service: Service) -> Step:
        """The step of the officer who is asked first."""
        if self.first is not None:
            step = step_of(scenario, service.id, self.first, ("first",))
            need_in_use(f"{service.id}.{step.id}", step, ("first",))
        else:
            found = [step for step in service.steps if step.at is not None and not step.removed]
            if not found:
                raise Refusal(f"nobody does anything for {service.id}", "name another service", ("service",))
            step = found[0]
        if step.at is None:
            raise Refusal(f"{service.id}.{step.id} is a delay outside every pool", "name a step at a pool", ("first",))
        return step


def read(spec: Spec, **beside: Any) -> FirstAsked:
    """The measure that the file writes."""
    return FirstAsked(
        service=spec.service,
        misdirected=tuple(spec.misdirected),
        handovers=tuple(spec.handovers.items()),
        longer=spec.longer,
        first=spec.first,
        **beside,
    )


KIND = Kind(
    key="first_asked",
    place=30,
    name=Text("first-asked responsibility", "首问负责制"),
    effect=Text(
        "The first officer guides and follows up: visits to wrong windows vanish, hand-overs become internal.",
        "首问人员全程引导、跟踪督办：不再跑错窗口，部门间交接转为内部流转。",
    ),
    catch=Text("It takes the first officer's time.", "占用首问人员的时间。"),
    spec=Spec,
    read=read,
    example="first_asked: {service: permit, misdirected: [ask], handovers: {carry: 40 %}, longer: 10 %}",
)
