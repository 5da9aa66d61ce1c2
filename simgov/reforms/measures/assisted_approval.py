"""Assisted approval (智能辅助审批): an officer's time for a case falls, and the officer still decides.

Officers who do not accept the assistant work as before, so that the mean work of a visit is
``1 - acceptance x saving`` times the old one, plus ``acceptance`` times the review of what the assistant proposes.
Which officer takes a case is left to the queue: the model scales every visit instead of telling officers apart.
Case by case the old work is the same draw, scaled; the review is a part of the visit with a draw of its own.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, the_step
from simgov.reforms.shaping import scaled, slowed
from simgov.reforms.visits import with_work_beside
from simgov.scenario.fields import ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Step, Text


class Spec(Section):
    """Steps whose officers get an assistant."""

    steps: list[str] = given(
        NEEDED, "The steps: [service.step, ...]", "使用辅助审批的环节，写作 事项.环节", min_length=1
    )
    saving: ShareField = given(
        NEEDED,
        "Share of the work that the assistant saves",
        "辅助审批节省的工作量比例",
        "%",
        "none; 60 % of the time of complex matters was published (programme report 001 §9.3)",
    )
    acceptance: ShareField = given(
        1.0,
        "Share of officers who use it",
        "愿意使用辅助审批的工作人员比例",
        "%",
        "neutral; of officers over 45, 32 % accepted (programme report 001 §5.3)",
    )
    review: TimeField | None = given(
        None, "Work of checking what it proposes, in each visit in which it is used", "核对辅助意见的用时"
    )


@dataclass(frozen=True, kw_only=True)
class AssistedApproval(Measure):
    """The work at ``steps`` falls by ``saving`` where officers accept it; ``review`` comes on top."""

    kind: ClassVar[str] = "assisted_approval"

    steps: tuple[str, ...]
    saving: float
    acceptance: float = 1.0
    review: Distribution | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """Every step with less work, and the review beside it."""
        for position, name in enumerate(self.steps):
            at = ("steps", position)
            service, step = the_step(scenario, name, at)
            if name in self.steps[:position]:
                raise Refusal(f"{name} is named twice", "", at)
            if step.at is None:
                raise Refusal(f"{name} is a delay outside every pool, with no officer to assist", "", at)
            if self.saving * self.acceptance >= 1.0 and self.review is None:
                hint = "give it a review, or use automate"
                raise Refusal(f"nothing would be left of the work at {name}", hint, ("saving",))
            scenario = scenario.with_step(service.id, self.assisted(step))
        return scenario

    def assisted(self, step: Step) -> Step:
        """The step as an officer does it with the assistant, in the mean of all officers."""
        kept = 1.0 - self.saving * self.acceptance
        if self.review is None or self.acceptance == 0.0:
            return slowed(step, kept)
        name = Text("Review of the assistant", "核对辅助意见")
        return with_work_beside(step, kept, "review", name, scaled(self.review, self.acceptance))


def read(spec: Spec, **beside: Any) -> AssistedApproval:
    """The measure that the file writes."""
    return AssistedApproval(
        steps=tuple(spec.steps),
        saving=spec.saving,
        acceptance=spec.acceptance,
        review=None if spec.review is None else time_of(spec.review),
        **beside,
    )


KIND = Kind(
    key="assisted_approval",
    place=15,
    name=Text("assisted approval", "智能辅助审批"),
    effect=Text(
        "An assistant prepares the case, so that an officer needs less time for it; the officer still decides.",
        "系统辅助预审、提示要点，减少工作人员单件办理时间，审批决定仍由工作人员作出。",
    ),
    catch=Text(
        "What the assistant proposes has to be checked, and not every officer uses it.",
        "辅助意见需要人工核对，部分工作人员不愿使用。",
    ),
    spec=Spec,
    read=read,
    example="assisted_approval: {steps: [permit.draft, permit.review], saving: 40 %, acceptance: 70 %, "
    "review: {constant: 2 min}}",
)
