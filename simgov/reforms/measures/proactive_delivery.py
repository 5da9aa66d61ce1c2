"""Proactive delivery (免申即享): data finds the entitled, and they need not apply.

For the share that is found (the case's own draw of uptake) nobody comes: what was in person before falls away, with the
checks named, and the data take their place. A step that rests on the law stays, so that the decision is still made by
whoever makes it; one in person that rests on the law refuses. Where the data were wrong, the grant is recovered
after the decision: an officer's work, and the decision is revoked.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Constant, Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_no_basis, need_no_dependent, need_pool, step_of, the_service
from simgov.reforms.shaping import new_step, put_before, put_behind_decision, skipped
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Text


class RecoverySpec(Section):
    """What is done where the data were wrong."""

    at: Id = given(NEEDED, "The pool that recovers it", "负责追回的岗位")
    time: TimeField = given(NEEDED, "The work of one recovery", "每件追回用时")


class Spec(Section):
    """A service that comes to the entitled."""

    service: Id = given(NEEDED, "The service", "事项")
    share: ShareField = given(NEEDED, "Share of the entitled whom the data find", "数据比对可识别的对象比例", "%")
    checks: list[str] = given(
        [], "Steps that the data make needless, beside those in person", "由数据比对代替的审核环节"
    )
    delivery: TimeField | None = given(
        None, "Time until the data have found them; default: none", "数据比对到推送的时间；默认即时"
    )
    wrong: ShareField = given(0.0, "Share of those found who were not entitled", "误发比例", "%")
    recovery: RecoverySpec | None = given(None, "How it is recovered from them: {at, time}", "误发追回：岗位、用时")


@dataclass(frozen=True, kw_only=True)
class ProactiveDelivery(Measure):
    """A ``share`` of the applicants of ``service`` is found by data after ``delivery`` and skips ``checks``.

    The share ``wrong`` of them is revoked again, which takes the pool ``recovered_at`` the time ``recovery``.
    """

    kind: ClassVar[str] = "proactive_delivery"

    service: str
    share: float
    checks: tuple[str, ...] = ()
    delivery: Distribution | None = None
    wrong: float = 0.0
    recovered_at: str | None = None
    recovery: Distribution | None = None

    def uptake_on(self, date: datetime.date) -> float:
        """The share of the applicants whom the data find on a date."""
        return super().uptake_on(date) * self.share

    def change(self, scenario: Scenario) -> Scenario:
        """The service without what was in person, and with what the data do instead."""
        service = the_service(scenario, self.service, ("service",))
        needless = self.needless(scenario, service)
        name = Text("Found by data", "数据比对识别")
        found = replace(new_step(service, "found", name, ("service",)), time=self.delivery or Constant(0.0))
        first = [step.id for step in service.steps if not step.after]
        service = put_before(skipped(service, needless), found, first)
        return scenario.with_service(self.with_recovery(scenario, replace(service, patience=None)))

    def needless(self, scenario: Scenario, service: Service) -> set[str]:
        """The steps that nobody does for those who are found."""
        gone: set[str] = set()
        for step in service.steps:
            if step.in_person and not step.removed:
                need_no_basis(f"{service.id}.{step.id}", step, ("service",))
                gone.add(step.id)
        if not gone:
            raise Refusal(
                f"nobody comes for {service.id} as it is", "name a service with steps in person", ("service",)
            )
        for position, name in enumerate(self.checks):
            at = ("checks", position)
            step = step_of(scenario, service.id, name, at)
            need_no_basis(f"{service.id}.{step.id}", step, at)
            gone.add(step.id)
        for step in service.steps:
            if step.id in gone:
                need_no_dependent(service, step, gone, ("checks",) if self.checks else ("service",))
        return gone

    def with_recovery(self, scenario: Scenario, service: Service) -> Service:
        """The service in which what was granted wrongly is recovered."""
        if self.wrong == 0.0:
            return service
        if self.recovered_at is None or self.recovery is None:
            raise Refusal("somebody has to recover what was granted wrongly", "write recovery: {at, time}", ("wrong",))
        need_pool(scenario, self.recovered_at, ("recovery", "at"))
        if not any(step.decision for step in service.steps):
            message = f"no step of {service.id} is marked decision: true, so there is nothing to revoke"
            raise Refusal(message, "", ("wrong",))
        new = new_step(service, "recovery", Text("Recovery", "误发追回"), ("recovery",))
        new = replace(new, at=self.recovered_at, time=self.recovery, share=self.wrong, revokes=1.0)
        return put_behind_decision(service, new)


def read(spec: Spec, **beside: Any) -> ProactiveDelivery:
    """The measure that the file writes."""
    return ProactiveDelivery(
        service=spec.service,
        share=spec.share,
        checks=tuple(spec.checks),
        delivery=None if spec.delivery is None else time_of(spec.delivery),
        wrong=spec.wrong,
        recovered_at=None if spec.recovery is None else spec.recovery.at,
        recovery=None if spec.recovery is None else time_of(spec.recovery.time),
        **beside,
    )


KIND = Kind(
    key="proactive_delivery",
    place=36,
    name=Text("proactive delivery", "免申即享"),
    effect=Text(
        "Data finds the entitled, who need not apply nor come.",
        "通过数据比对主动识别符合条件的对象，无须申请、无须到场。",
    ),
    catch=Text(
        "Data may be wrong; what was granted wrongly has to be recovered.", "数据有误时会误发，须撤销决定并追回。"
    ),
    spec=Spec,
    read=read,
    prerequisites=("data_sharing",),
    example="proactive_delivery: {service: benefit, share: 70 %, checks: [check], wrong: 2 %, "
    "recovery: {at: police, time: {constant: 45 min}}}",
)
