"""Remove a step (减环节), or a part of one: refused, with the legal basis quoted, where the law wants it.

The step stays in the scenario with share 0: no case does it, its milestone passes on, and no other draw changes. What
it would have found may come to light later (``missed``): that share of visits to the step ``found_at`` is sent back,
beside those that are sent back there anyhow, as an independent cause.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Tag

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import (
    Measure,
    Place,
    Refusal,
    need_in_use,
    need_no_basis,
    need_no_dependent,
    step_of,
    the_step,
)
from simgov.reforms.returning import also_sent_back
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import ShareField, kind_tag, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text


class LongSpec(Section):
    """Remove a step whose checks are missed later."""

    step: str = given(
        NEEDED, "The step: service.step, or a part of it: service.step.part", "取消的环节（或其中一部分）"
    )
    missed: ShareField = given(
        0.0,
        "Share of visits to the later step that are sent back for what nobody has found before",
        "因取消审核、缺陷留到后续环节才被发现而退回的比例",
        "%",
    )
    found_at: str | None = given(None, "The later step that finds it", "发现缺陷的后续环节")
    back_to: str | None = given(
        None,
        "The step to which it sends these cases back; default: where it sends cases back already, otherwise itself",
        "退回到哪个环节；默认该环节原来的退回去向，没有则退回本环节重办",
        source=ASSUMPTION,
    )
    delay: TimeField | None = given(
        None,
        "Time with the applicant after that; default: as for those sent back there already",
        "退回后申请人补正所需时间；默认与该环节原有退件相同",
        source=ASSUMPTION,
    )


Spec = Annotated[Annotated[str, Tag("<text>")] | Annotated[LongSpec, Tag("<mapping>")], Discriminator(kind_tag)]
"""``service.step``, or the mapping where something is missed later."""


@dataclass(frozen=True, kw_only=True)
class RemoveStep(Measure):
    """Remove the step ``service.step`` or the part ``service.step.part``; ``at`` is where the file names it."""

    kind: ClassVar[str] = "remove_step"

    step: str
    missed: float = 0.0
    found_at: str | None = None
    back_to: str | None = None
    delay: Distribution | None = None
    at: Place = field(default=(), compare=False)

    @property
    def monotone(self) -> bool:
        """Less work for all, and no queue more, unless cases come back for what is missed."""
        return self.missed == 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """No case does the step, or the part, any more; some are sent back later."""
        names = self.step.split(".", 2)
        service, step = the_step(scenario, ".".join(names[:2]), self.at)
        gone = without_part(service, step, names[2], self.at) if self.is_part else without_step(service, step, self.at)
        changed = scenario.with_step(service.id, gone)
        return self.found_later(changed, changed.service(service.id), step)

    @property
    def is_part(self) -> bool:
        """Whether it is a part of a step."""
        return self.step.count(".") > 1

    def found_later(self, scenario: Scenario, service: Service, removed: Step) -> Scenario:
        """The scenario in which a later step sends back what the removed one would have found."""
        if self.found_at is None:
            if self.missed:
                raise Refusal("nothing says which step finds what is missed", "write found_at", ("missed",))
            return scenario
        later = step_of(scenario, service.id, self.found_at, ("found_at",))
        need_in_use(f"{service.id}.{later.id}", later, ("found_at",))
        where = {*ancestors(service)[later.id], *([later.id] if self.is_part else [])}
        if removed.id not in where:
            message = f"{later.id} does not come after {removed.id} and cannot find what it would have found"
            raise Refusal(message, "name a step behind it", ("found_at",))
        changed = also_sent_back(scenario, service, later, self.missed, self.back_to, self.delay)
        return scenario.with_step(service.id, changed)


def without_step(service: Service, step: Step, at: Place = ()) -> Step:
    """The step, done by nobody; refused where the law wants it or one that needs it, or where nothing else is left."""
    where = f"{service.id}.{step.id}"
    need_no_basis(where, step, at)
    need_no_dependent(service, step, at=at)
    if all(other.removed or other.id == step.id for other in service.steps):
        raise Refusal(f"nothing would be left of {service.id} without {step.id}", "", at)
    return replace(step, share=0.0)


def without_part(service: Service, step: Step, part_id: str, at: Place = ()) -> Step:
    """The step without one part; refused where the law wants it or where the work would be none."""
    where = f"{service.id}.{step.id}"
    part = next((part for part in step.parts if part.id == part_id), None)
    if part is None:
        raise Refusal(*unknown(f"part of {where}", part_id, [part.id for part in step.parts]), at)
    if part.basis:
        raise Refusal(f"{where}.{part.id} rests on the law and cannot be removed ({part.basis})", "", at)
    parts = tuple(replace(other, kept=False) if other.id == part_id else other for other in step.parts)
    work_left = any(other.kept for other in parts) or sum(other.share or 0.0 for other in parts) < (
        1.0 if step.time else 0.0
    )
    if not work_left:
        raise Refusal(f"nothing would be left of {where}", "remove the step", at)
    return replace(step, parts=parts)


def read(spec: str | LongSpec, **beside: Any) -> RemoveStep:
    """The measure that the file writes."""
    if isinstance(spec, str):
        return RemoveStep(step=spec, **beside)
    return RemoveStep(
        step=spec.step,
        missed=spec.missed,
        found_at=spec.found_at,
        back_to=spec.back_to,
        delay=None if spec.delay is None else time_of(spec.delay),
        at=("step",),
        **beside,
    )


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
    parameters_of=LongSpec,
    example="remove_step: permit.recheck",
)
