"""Deficiency-tolerant acceptance (容缺受理): a case without a secondary document is accepted, and reviewed meanwhile.

Of the corrections at the accepting step the share ``share`` is tolerated: these cases are accepted at once, and the
decision waits until the applicant has supplied the document, after ``supply``. With p sent back and t tolerated, a
visit is accepted with the share 1 - p (1 - t) and tolerated with p t, so that of the cases accepted
p t / (1 - p (1 - t)) supply later; p is that of the first attempt. Who they are is a draw of its own. Of them the share
``never`` does not supply: their matter is refused when the time is over, and what was reviewed was for nothing.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, the_step
from simgov.reforms.shaping import new_step, sent_back_less
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class Spec(Section):
    """Accept now, supply later."""

    step: str = given(NEEDED, "The step that accepts: service.step", "受理环节，写作 事项.环节")
    share: ShareField = given(
        NEEDED,
        "Share of its corrections that are tolerated, the missing document being secondary",
        "可容缺的补正比例",
        "%",
    )
    supply: TimeField = given(NEEDED, "Time until the applicant has supplied it", "申请人补齐材料所需时间")
    never: ShareField = given(0.0, "Share of these that never supply it", "逾期未补齐的比例", "%")


@dataclass(frozen=True, kw_only=True)
class TolerantAcceptance(Measure):
    """``share`` of the corrections at ``step`` are supplied while the case is reviewed."""

    kind: ClassVar[str] = "tolerant_acceptance"

    step: str
    share: float
    supply: Distribution
    never: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer corrections, and supplying beside the review."""
        service, step = the_step(scenario, self.step, ("step",))
        deciding = self.deciding(service, step)
        if self.share == 0.0 or step.returns is None:
            return scenario
        new_id, corrected = f"{step.id}_supplied", step.returns.share
        if new_id in [other.id for other in service.steps]:
            message = f"documents of {self.step} are supplied later already"
            raise Refusal(message, "write one measure with the share of both", ("step",))
        supplying = replace(
            new_step(service, new_id, Text("Documents supplied", "补齐材料"), ("step",)),
            after=(step.id,),
            time=self.supply,
            share=corrected * self.share / (1.0 - corrected * (1.0 - self.share)) if corrected else 0.0,
            refuses=self.never,
        )
        steps: list[Step] = []
        for other in service.steps:
            waiting = replace(other, after=(*other.after, supplying.id)) if other.id in deciding else other
            steps += [sent_back_less(step, self.share), supplying] if other.id == step.id else [waiting]
        return scenario.with_service(replace(service, steps=tuple(steps)))

    def deciding(self, service: Service, step: Step) -> set[str]:
        """The steps that decide and therefore wait; refused where the step does not accept, correct or come before."""
        need_in_use(self.step, step, ("step",))
        if not step.accepted:
            accepting = next((f"{service.id}.{other.id}" for other in service.steps if other.accepted), "")
            hint = f"did you mean {accepting}?" if accepting else "mark the step that accepts with accepted: true"
            raise Refusal(f"{self.step} does not accept cases", hint, ("step",))
        if step.returns is None:
            raise Refusal(f"{self.step} sends nobody back, so nothing could be tolerated", "", ("step",))
        before = ancestors(service)
        deciding = {other.id for other in service.steps if other.decision and step.id in before[other.id]}
        if not deciding:
            hint = "mark a step behind it with decision: true"
            raise Refusal(
                f"no step after {self.step} decides, so nothing could wait for the documents", hint, ("step",)
            )
        return deciding


def read(spec: Spec, **beside: Any) -> TolerantAcceptance:
    """The measure that the file writes."""
    return TolerantAcceptance(step=spec.step, share=spec.share, supply=time_of(spec.supply), never=spec.never, **beside)


KIND = Kind(
    key="tolerant_acceptance",
    place=12,
    name=Text("deficiency-tolerant acceptance", "容缺受理"),
    effect=Text(
        "Cases without a secondary document are accepted and reviewed while it is supplied; the decision waits for it.",
        "次要材料欠缺的先予受理、同步审查，材料补齐后作出决定。",
    ),
    catch=Text(
        "Some never supply it: their cases are not completed, and what was reviewed was for nothing.",
        "部分申请人逾期不补，办件无法办结，已作的审查成为无效劳动。",
    ),
    spec=Spec,
    read=read,
    example="tolerant_acceptance: {step: permit.counter, share: 60 %, "
    "supply: {lognormal: {mean: 4 workdays, cv: 0.6}}, never: 5 %}",
)
