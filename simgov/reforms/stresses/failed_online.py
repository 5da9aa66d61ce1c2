"""Online attempts that fail (网办不成): they come to the hall by the other channel, and the hotline is called more.

An attempt is the first step that only online applicants do. It fails for this share of attempts, beside the reasons
for which it fails already; the applicant goes on by a channel with a step in person.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from simgov.reforms.kind import ASSUMPTION, given
from simgov.reforms.measure import Measure
from simgov.reforms.shaping import arriving
from simgov.reforms.stress import StressKind, begins_when, named_or_called
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Fails, Scenario, Service, Step, Text

HOTLINES = ("hotline", "热线", "12345")


class Spec(Section):
    """Attempts fail, and applicants call."""

    calls: FactorField = given(
        1.35, "How many call the hotline, of those who did", "热线来电量为原来的比例", "%", "programme report 001 §5.4"
    )
    fails: ShareField = given(
        0.2, "Which further share of online attempts fails", "网办另有多大比例办不成、转到现场", "%", ASSUMPTION
    )
    services: list[Id] | None = given(
        None, "Where people call; default: services called hotline", "接听来电的事项；默认名称含“热线”的事项"
    )


@dataclass(frozen=True, kw_only=True)
class FailedOnline(Measure):
    """A share ``fails`` of online attempts comes to nothing; ``times`` as many come to ``services``."""

    kind: ClassVar[str] = "failed_online"
    by_case: ClassVar[bool] = False

    services: tuple[str, ...]
    times: float
    fails: float

    def change(self, scenario: Scenario) -> Scenario:
        """More attempts fail, and more call."""
        services = tuple(
            arriving(self.failing(service), self.times if service.id in self.services else 1.0)
            for service in scenario.services
        )
        return replace(scenario, services=services)

    def failing(self, service: Service) -> Service:
        """The service whose online attempts fail more often."""
        to_hall = attempts(service)
        steps = tuple(
            failing_more(step, self.fails, to_hall[step.id]) if step.id in to_hall else step for step in service.steps
        )
        return replace(service, steps=steps)


def failing_more(step: Step, share: float, to: str) -> Step:
    """The step of which a further share of attempts fails; both causes are independent."""
    if share == 0.0:
        return step
    if step.fails is None:
        return replace(step, fails=Fails(share, to))
    return replace(step, fails=replace(step.fails, share=1.0 - (1.0 - step.fails.share) * (1.0 - share)))


def attempts(service: Service) -> dict[str, str]:
    """The online attempts of a service, each with the channel by which applicants go on where it fails."""
    channels = [channel for channel, _ in service.channels]
    in_hall = [
        channel
        for channel in channels
        if any(step.in_person and not step.removed and channel in step.channels for step in service.steps)
    ]
    found: dict[str, str] = {}
    tried: set[str] = set()
    for step in service.steps:
        if step.removed or step.in_person or not step.channels or tried & {*step.channels}:
            continue
        others = [channel for channel in in_hall if channel not in step.channels]
        to = step.fails.to if step.fails is not None else others[0] if others else None
        if to is not None:
            found[step.id] = to
            tried |= {*step.channels}
    return found


def is_online(scenario: Scenario) -> bool:
    """Whether somebody can try online, in a scenario without phases."""
    return any(attempts(service) for _, services in scenario.ways for service in services)


def on_scenario(spec: Spec, before: Scenario, after: Scenario) -> Scenario:
    """The scenario with attempts that fail, from the day on which there is an online channel."""
    begin = begins_when(after, lambda version, date: is_online(version))
    if begin is None:
        return after
    since = None if begin <= after.run.start else begin
    services = named_or_called(after, spec.services, HOTLINES)
    return FailedOnline(services=services, times=spec.calls, fails=spec.fails, since=since).apply(after)


KIND = StressKind(
    key="failed_online",
    name=Text("failed online attempts", "网办不成"),
    effect=Text(
        "Some online attempts fail: applicants come to the hall after all, and more of them call the hotline.",
        "部分网上申请办不成，申请人转到大厅办理，热线来电增多。",
    ),
    acts_on=Text("an online channel: a step that online applicants alone do", "网上办理渠道（仅网办申请人经过的环节）"),
    spec=Spec,
    on_scenario=on_scenario,
)
