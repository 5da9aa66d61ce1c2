"""Delegate the decision (下放审批权限、压减层级): a lower level decides, and the signatures above it fall away.

The step ``to`` decides from then on, and the steps above it (``drops``) are done by nobody. What they refused the step
``to`` refuses, since the matter is the same: both causes independent, 1 - (1 - p)(1 - q). What they sent back they send
back no more. The decisions of many are less even than those of one, so that more may come back (``returns``), and who
decides may take longer over it (``longer``).
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, need_no_basis, need_no_dependent, step_of, the_service
from simgov.reforms.returning import also_sent_back
from simgov.reforms.shaping import either, slowed
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class Spec(Section):
    """Let a lower level decide."""

    service: Id = given(NEEDED, "The service", "事项")
    to: str = given(NEEDED, "The step that decides from then on", "改由哪个环节作出决定")
    drops: list[str] = given(NEEDED, "The steps above it, which fall away", "随之取消的上级签批环节")
    longer: ShareField = given(
        0.0,
        "How much longer the step takes now that it decides, e.g. 20 %",
        "由其作出决定后该环节多用时间的比例",
        "%",
    )
    returns: ShareField = given(
        0.0,
        "Share of visits to it that are sent back for uneven decisions",
        "因裁量尺度不一而增加的退件比例",
        "%",
    )
    back_to: str | None = given(
        None,
        "The step to which it sends these back; default: where it sends cases back already, otherwise itself",
        "退回到哪个环节；默认该环节原来的退回去向，没有则退回本环节重办",
        source=ASSUMPTION,
    )
    delay: TimeField | None = given(
        None,
        "Time with the applicant after that; default: as for those sent back there already, otherwise none",
        "退回后申请人补正所需时间；默认与该环节原有退件相同，没有则不计",
    )


@dataclass(frozen=True, kw_only=True)
class DelegateDecision(Measure):
    """The step ``to`` decides, in ``1 + longer`` times its time, and the steps ``drops`` above it fall away."""

    kind: ClassVar[str] = "delegate_decision"

    service: str
    to: str
    drops: tuple[str, ...]
    longer: float = 0.0
    returns: float = 0.0
    back_to: str | None = None
    delay: Distribution | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """The decision lower down, and fewer signatures."""
        service = the_service(scenario, self.service, ("service",))
        to = step_of(scenario, service.id, self.to, ("to",))
        need_in_use(f"{service.id}.{to.id}", to, ("to",))
        above = self.steps_above(scenario, service, to)
        dropped = [step.id for step in above]
        for step in service.steps:
            if step.decision and step.id != to.id and step.id not in dropped:
                hint = f"name {step.id} in drops, or the step that decides in to"
                raise Refusal(f"{step.id} would still decide", hint, ("drops",))
        refuses = to.refuses
        for step in above:
            scenario = scenario.with_step(service.id, replace(step, share=0.0, decision=False, refuses=0.0))
            refuses = either(refuses, step.refuses * step.share)
        deciding = replace(slowed(to, 1.0 + self.longer), decision=True, refuses=refuses)
        changed = also_sent_back(scenario, service, deciding, self.returns, self.back_to, self.delay)
        return scenario.with_step(service.id, changed)

    def steps_above(self, scenario: Scenario, service: Service, to: Step) -> list[Step]:
        """The steps that fall away; refused where one is not above, or where the law wants it."""
        before = ancestors(service)
        named = [step_of(scenario, service.id, name, ("drops", i)) for i, name in enumerate(self.drops)]
        names = [step.id for step in named]
        for position, step in enumerate(named):
            at, where = ("drops", position), f"{service.id}.{step.id}"
            if step.id in names[:position]:
                raise Refusal(f"{step.id} is named twice", "", at)
            if to.id not in before[step.id]:
                hint = "what comes before it or beside it is removed with remove_step"
                raise Refusal(f"{where} does not come after {to.id} and is no level above it", hint, at)
            need_no_basis(where, step, at)
            need_no_dependent(service, step, names, at)
            if step.choose:
                raise Refusal(f"{where} chooses what follows and cannot fall away", "", at)
        return named


def read(spec: Spec, **beside: Any) -> DelegateDecision:
    """The measure that the file writes."""
    return DelegateDecision(
        service=spec.service,
        to=spec.to,
        drops=tuple(spec.drops),
        longer=spec.longer,
        returns=spec.returns,
        back_to=spec.back_to,
        delay=None if spec.delay is None else time_of(spec.delay),
        **beside,
    )


KIND = Kind(
    key="delegate_decision",
    place=4,
    name=Text("delegate the decision", "下放审批权限、压减层级"),
    effect=Text(
        "A lower level, with more officers, signs for good; the signatures above it fall away.",
        "审批权限下放到下级岗位，由其直接作出决定，上级签批环节取消。",
    ),
    catch=Text(
        "Many decide less evenly than one, so that more is sent back; who decides may take longer over it.",
        "下放后裁量尺度可能不一，退件增多；基层岗位办理时间可能变长。",
    ),
    spec=Spec,
    read=read,
    example="delegate_decision: {service: permit, to: sign_division, drops: [sign_bureau]}",
)
