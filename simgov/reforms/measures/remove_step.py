"""Remove a step (减环节), or a part of one: refused, with the legal basis quoted, where the law wants it.

The step stays in the scenario with share 0: no case does it, its milestone passes on, and no other draw changes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import Kind
from simgov.reforms.measure import Measure, Refusal, need_no_basis, the_step
from simgov.scenario.fields import unknown
from simgov.scenario.value import Scenario, Service, Step, Text

Spec = Annotated[str, Field(description="The step to remove: service.step, or a part of it: service.step.part")]


@dataclass(frozen=True, kw_only=True)
class RemoveStep(Measure):
    """Remove the step ``service.step`` or the part ``service.step.part``."""

    kind: ClassVar[str] = "remove_step"

    step: str

    @property
    def monotone(self) -> bool:
        """Less work for all, and no queue more."""
        return True

    def change(self, scenario: Scenario) -> Scenario:
        """No case does the step, or the part, any more."""
        name, _, part = self.step.partition(".")[2].partition(".")
        service, step = the_step(scenario, f"{self.step.partition('.')[0]}.{name}" if name else self.step)
        if part:
            return scenario.with_step(service.id, without_part(service, step, part))
        return scenario.with_step(service.id, without_step(service, step))


def without_step(service: Service, step: Step) -> Step:
    """The step, done by nobody; refused where the law wants it or one that needs it, or where nothing else is left."""
    where = f"{service.id}.{step.id}"
    need_no_basis(where, step)
    dependent = next((other for other in service.steps if step.id in other.needs and not other.removed), None)
    if dependent is not None:
        raise Refusal(f"{where} is a legal precondition (前置条件) of {dependent.id} and cannot be removed")
    if all(other.removed or other.id == step.id for other in service.steps):
        raise Refusal(f"nothing would be left of {service.id} without {step.id}")
    return replace(step, share=0.0)


def without_part(service: Service, step: Step, part_id: str) -> Step:
    """The step without one part; refused where the law wants it or where the work would be none."""
    where = f"{service.id}.{step.id}"
    part = next((part for part in step.parts if part.id == part_id), None)
    if part is None:
        raise Refusal(*unknown(f"part of {where}", part_id, [part.id for part in step.parts]))
    if part.basis:
        raise Refusal(f"{where}.{part.id} rests on the law and cannot be removed ({part.basis})")
    parts = tuple(replace(other, kept=False) if other.id == part_id else other for other in step.parts)
    work_left = any(other.kept for other in parts) or sum(other.share or 0.0 for other in parts) < (
        1.0 if step.time else 0.0
    )
    if not work_left:
        raise Refusal(f"nothing would be left of {where}", "remove the step")
    return replace(step, parts=parts)


def read(spec: str, **beside: Any) -> RemoveStep:
    """The measure that the file writes as ``remove_step: service.step``."""
    return RemoveStep(step=spec, **beside)


KIND = Kind(
    key="remove_step",
    place=1,
    name=Text("remove a step", "减环节"),
    effect=Text(
        "A step without a legal basis, or a part of one, is gone from every route.",
        "没有法定依据的环节（或其中一部分）从办理流程中取消。",
    ),
    catch=Text(
        "Checks that fell away come back as later returns, or as risk.", "取消的审核可能变成后续退件或事后风险。"
    ),
    spec=Spec,
    read=read,
    example="remove_step: permit.recheck",
)
