"""Automate a step (秒批、智能审批): an eligible share of cases is decided at once, the rest may be harder.

Who is eligible is the case's own draw, so a larger share automates the same cases and some more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, the_step
from simgov.scenario.fields import ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text


class Spec(Section):
    """Decide a share of cases at once."""

    step: str = given(NEEDED, "The step, service.step", "环节，写作 事项.环节")
    share: ShareField = given(
        NEEDED, "Share of its cases that need no officer any more", "由系统直接审批、无需人工办理的办件比例", "%"
    )
    harder: ShareField = given(
        0.0, "How much more work the others are on average, e.g. 10 %", "其余办件平均工作量增加的比例", "%"
    )


@dataclass(frozen=True, kw_only=True)
class Automate(Measure):
    """``share`` of the cases skip the step; the work of the others is ``1 + harder`` times what it was."""

    kind: ClassVar[str] = "automate"

    step: str
    share: float
    harder: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer cases do the step, each for longer."""
        service, step = the_step(scenario, self.step, ("step",))
        changed = replace(step, share=step.share * (1.0 - self.share), slowdown=step.slowdown * (1.0 + self.harder))
        return scenario.with_step(service.id, changed)


def read(spec: Spec, **beside: Any) -> Automate:
    """The measure that the file writes."""
    return Automate(step=spec.step, share=spec.share, harder=spec.harder, **beside)


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
    example="automate: {step: permit.review, share: 40 %, harder: 15 %}",
)
