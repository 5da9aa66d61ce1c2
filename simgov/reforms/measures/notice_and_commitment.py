"""Notice and commitment (告知承诺制): who commits is decided first, and the checks come afterwards.

The ``share`` of applicants who commit take a route on which the ``checks`` stand behind the decision, one after the
other and by the same officers; nothing the applicant gets waits for them. The others decline and go as ever, and so do
those of ``excludes_groups`` (who broke their word before, or where safety is at stake). Of those decided on their word
the share ``verified`` is checked. A check that refused a share of cases now revokes it, and the last one revokes the
share ``revokes`` besides; what a check sent back to be put right comes back to that check alone (整改).

Refused: a check with a legal basis, or one that the law wants done before a step that would now come before it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, step_of, the_service
from simgov.reforms.shaping import either, put_at_end, put_behind_decision
from simgov.scenario.checks import ancestors, followers
from simgov.scenario.fields import Id, ShareField, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class Spec(Section):
    """Decide on the applicant's word and check afterwards."""

    service: Id = given(NEEDED, "The service", "事项")
    checks: list[str] = given(NEEDED, "The steps that come after the decision", "改为事后核查的环节", min_length=1)
    share: ShareField = given(1.0, "Share of applicants who commit; the others decline", "选择承诺的申请人比例", "%")
    verified: ShareField = given(1.0, "Share of commitments that are checked", "事后核查的比例", "%")
    revokes: ShareField = given(
        0.0, "Share of those checked whose decision is revoked as untrue", "核查发现承诺不实而撤销决定的比例", "%"
    )
    excludes_groups: list[Id] = given((), "Groups of applicants who may not commit", "不适用告知承诺的申请人类别")


@dataclass(frozen=True, kw_only=True)
class NoticeAndCommitment(Measure):
    """``share`` of the cases are decided before ``checks``, which are done for the share ``verified`` of them."""

    kind: ClassVar[str] = "notice_and_commitment"

    service: str
    checks: tuple[str, ...]
    share: float = 1.0
    verified: float = 1.0
    revokes: float = 0.0
    excludes_groups: tuple[str, ...] = ()

    def uptake_on(self, date: datetime.date) -> float:
        """The share of cases that commit on a date."""
        return super().uptake_on(date) * self.share

    def applied(self, scenario: Scenario, share: float) -> Scenario:
        """For the groups that are not excluded."""
        if not self.excludes_groups:
            return super().applied(scenario, share)
        known = [group for group, _ in the_service(scenario, self.service, ("service",)).groups]
        for position, group in enumerate(self.excludes_groups):
            if group not in known:
                raise Refusal(*unknown("group", group, known), ("excludes_groups", position))
        may = tuple(group for group in self.groups or known if group not in self.excludes_groups)
        if not may:
            raise Refusal("nobody would be left who may commit", "", ("excludes_groups",))
        return Measure.applied(replace(self, groups=may, excludes_groups=()), scenario, share)

    def change(self, scenario: Scenario) -> Scenario:
        """The service with its checks behind the decision."""
        service = the_service(scenario, self.service, ("service",))
        checks = [step_of(scenario, service.id, name, ("checks", i)) for i, name in enumerate(self.checks)]
        for position, check in enumerate(checks):
            if check in checks[:position]:
                raise Refusal(f"{check.id} is named twice", "", ("checks", position))
            check_can_move(service, check, {step.id for step in checks}, ("checks", position))
        service = without(waiting_behind(service, checks), checks)
        for position, check in enumerate(checks):
            last = position == len(checks) - 1
            moved = self.afterwards(check, self.revokes if last else 0.0)
            if position:
                service = put_at_end(service, moved, (checks[position - 1].id,))
            else:
                service = put_behind_decision(service, moved)
        return scenario.with_service(service)

    def afterwards(self, check: Step, revokes: float) -> Step:
        """A check as it is behind the decision."""
        return replace(
            check,
            share=check.share * self.verified,
            refuses=0.0,
            revokes=either(check.refuses, revokes),
            returns=check.returns and replace(check.returns, to=check.id),
            needs=(),
        )


def check_can_move(service: Service, check: Step, moving: set[str], at: tuple[str, int]) -> None:
    """Refuse a check that has to come before the decision, or that others hang on."""
    where, before = f"{service.id}.{check.id}", ancestors(service)
    need_in_use(where, check, at)
    deciding = [step for step in service.steps if step.decision]
    if not deciding:
        hint = "mark one with decision: true"
        raise Refusal(f"no step of {service.id} decides, so nothing comes after the decision", hint, at)
    if not any(check.id in before[step.id] for step in deciding):
        raise Refusal(f"{where} does not come before the decision", "leave it out", at)
    if check.basis:
        raise Refusal(f"{where} rests on the law and cannot wait until after the decision ({check.basis})", "", at)
    for step in service.steps:
        if check.id in step.needs and step.id not in moving and not step.removed:
            raise Refusal(f"{where} is a legal precondition (前置条件) of {step.id} and cannot come after it", "", at)
        if step.returns is not None and step.returns.to == check.id and step.id != check.id:
            raise Refusal(f"{step.id} sends cases back to {where}, which would come after it", "", at)
        branches = [branch for branch, _ in step.choose]
        towards = [branch for branch in branches if branch == check.id or branch in before[check.id]]
        if towards and (len(towards) < len(branches) or check.id in towards):
            raise Refusal(f"only some cases come to {where}, by a choice at {step.id}", "", at)
    marked = next((mark for mark in ("accepted", "decision", "collected") if getattr(check, mark)), None)
    if marked is not None:
        raise Refusal(f"{where} is marked {marked}", "mark another step, or leave it out", at)
    if check.choose:
        raise Refusal(f"{where} chooses what follows and cannot come after it", "", at)


def waiting_behind(service: Service, checks: list[Step]) -> Service:
    """The service in which who waits at a check when the run starts waits at the step after it: it need not be first.

    Raises ``Refusal`` where several steps follow, at all of which such a case would have to wait.
    """
    behind: dict[str, str] = {}
    for position, check in enumerate(checks):
        next_steps = followers(service, check.id)
        if len(next_steps) == 1:
            behind[check.id] = next_steps[0].id
        elif any(waiting.step == check.id for waiting in service.backlog):
            message = f"cases wait at {service.id}.{check.id} when the run starts, and several steps follow it"
            raise Refusal(message, "leave it out, or let them wait at another step", ("checks", position))

    def beyond(step: str) -> str:
        while step in behind:
            step = behind[step]
        return step

    backlog = tuple(replace(waiting, step=beyond(waiting.step)) for waiting in service.backlog)
    return replace(service, backlog=backlog)


def without(service: Service, checks: list[Step]) -> Service:
    """The service without these steps: what followed one follows what came before it."""
    after = {step.id: step.after for step in service.steps}
    for check in checks:
        behind = after.pop(check.id)
        for other, before in after.items():
            if check.id in before:
                after[other] = tuple(
                    dict.fromkeys(name for one in before for name in (behind if one == check.id else (one,)))
                )
    steps = tuple(replace(step, after=after[step.id]) for step in service.steps if step.id in after)
    return replace(service, steps=steps)


def read(spec: Spec, **beside: Any) -> NoticeAndCommitment:
    """The measure that the file writes."""
    return NoticeAndCommitment(
        service=spec.service,
        checks=tuple(spec.checks),
        share=spec.share,
        verified=spec.verified,
        revokes=spec.revokes,
        excludes_groups=tuple(spec.excludes_groups),
        **beside,
    )


KIND = Kind(
    key="notice_and_commitment",
    place=11,
    name=Text("notice and commitment", "告知承诺制"),
    effect=Text(
        "Applicants who commit to meeting the conditions are decided at once; the checks come afterwards.",
        "申请人书面承诺符合条件的，先行作出决定，核查改在事后进行。",
    ),
    catch=Text(
        "Checks move, they do not vanish: they still need staff, and what proves untrue is revoked.",
        "审查只是后移、并未消失，事后核查仍需人手；承诺不实的要撤销决定。",
    ),
    spec=Spec,
    read=read,
    example="notice_and_commitment: {service: permit, checks: [visit_planning, visit_fire], share: 60 %, "
    "verified: 80 %, revokes: 3 %}",
)
