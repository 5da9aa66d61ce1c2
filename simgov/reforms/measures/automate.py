"""Automate a step (秒批、智能审批): an eligible share of cases is decided at once, the rest may be harder.

Who is eligible is the case's own draw, so a larger share automates the same cases and some more. Officers who do not
accept the system leave their eligible cases to be done by hand: what is automated is the share times the acceptance.
The audit is a step of its own behind the decision, for as many cases as the share of the automated ones that is
looked at; which cases these are is a draw of its own. A case that the audit finds wrong is revoked.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_step
from simgov.reforms.shaping import new_step, put_behind_decision
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class AuditSpec(Section):
    """Some of the automated cases are looked at afterwards."""

    share: ShareField = given(NEEDED, "Share of the automated cases that are audited", "抽查比例", "%")
    at: Id = given(NEEDED, "The pool that audits", "抽查岗位")
    time: TimeField = given(NEEDED, "The work of one audit", "每件抽查用时")
    revokes: ShareField = given(0.0, "Share of the audited cases that are revoked", "抽查后撤销的比例", "%")


class Spec(Section):
    """Decide a share of cases at once."""

    step: str = given(NEEDED, "The step, service.step", "环节，写作 事项.环节")
    share: ShareField = given(
        NEEDED, "Share of its cases that need no officer any more", "由系统直接审批、无需人工办理的办件比例", "%"
    )
    harder: ShareField = given(
        0.0, "How much more work the others are on average, e.g. 10 %", "其余办件平均工作量增加的比例", "%"
    )
    acceptance: ShareField = given(
        1.0,
        "Share of officers who let the system decide",
        "愿意使用系统审批的工作人员比例",
        "%",
        "neutral; of officers over 45, 32 % accepted (programme report 001 §5.3)",
    )
    audit: AuditSpec | None = given(
        None,
        "Automated cases looked at after the decision: {share, at, time, revokes}",
        "事后抽查：比例、岗位、用时、撤销比例",
    )


@dataclass(frozen=True)
class Audit:
    """``share`` of the automated cases take ``time`` at the pool ``at``; ``revokes`` of those are revoked."""

    share: float
    at: str
    time: Distribution
    revokes: float = 0.0


@dataclass(frozen=True, kw_only=True)
class Automate(Measure):
    """``share`` times ``acceptance`` of the cases skip the step; the work of the others is ``1 + harder`` times."""

    kind: ClassVar[str] = "automate"

    step: str
    share: float
    harder: float = 0.0
    acceptance: float = 1.0
    audit: Audit | None = None

    @property
    def automated(self) -> float:
        """The share of cases that the system decides."""
        return self.share * self.acceptance

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer cases do the step, each for longer, and some are audited behind the decision."""
        service, step = the_step(scenario, self.step, ("step",))
        changed = replace(step, share=step.share * (1.0 - self.automated), slowdown=step.slowdown * (1.0 + self.harder))
        scenario = scenario.with_step(service.id, changed)
        if self.audit is None:
            return scenario
        need_pool(scenario, self.audit.at, ("audit", "at"))
        share = step.share * self.automated * self.audit.share
        if share == 0.0:
            return scenario
        return scenario.with_service(audited(scenario.service(service.id), step, self.audit, share))


def audited(service: Service, step: Step, audit: Audit, share: float) -> Service:
    """The service of which a ``share`` of cases is audited behind the decision."""
    name = Text(f"Audit of {step.name.en}", f"{step.name.zh}事后抽查")
    new = new_step(service, f"audit_{step.id}", name, ("audit",))
    new = replace(new, at=audit.at, time=audit.time, share=share, revokes=audit.revokes)
    if new.revokes and not any(other.decision for other in service.steps):
        message = f"no step of {service.id} is marked decision: true, so there is nothing to revoke"
        raise Refusal(message, "", ("audit", "revokes"))
    return put_behind_decision(service, new)


def read(spec: Spec, **beside: Any) -> Automate:
    """The measure that the file writes."""
    audit = None
    if spec.audit is not None:
        audit = Audit(spec.audit.share, spec.audit.at, time_of(spec.audit.time), spec.audit.revokes)
    return Automate(
        step=spec.step, share=spec.share, harder=spec.harder, acceptance=spec.acceptance, audit=audit, **beside
    )


KIND = Kind(
    key="automate",
    place=14,
    name=Text("automated approval", "秒批、智能审批"),
    effect=Text(
        "An eligible share of cases is decided at once, without an officer.",
        "符合条件的办件由系统自动比对、即时作出决定，无需人工审批。",
    ),
    catch=Text(
        "What is left for officers is harder, so their mean work rises; decisions are audited later; not every officer "
        "accepts the system.",
        "留给人工的多为复杂办件，平均工作量上升；事后需要抽查；部分工作人员不愿使用。",
    ),
    spec=Spec,
    read=read,
    prerequisites=("data_sharing",),
    example="automate: {step: permit.review, share: 40 %, harder: 15 %, acceptance: 90 %, "
    "audit: {share: 5 %, at: police, time: {constant: 10 min}}}",
)
