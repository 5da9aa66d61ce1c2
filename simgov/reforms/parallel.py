"""Parallel approval (并联审批): steps that waited for each other begin together, and whatever followed waits for all.

Refused where one step is a legal precondition (前置条件) of another.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from simgov.reforms.measure import Measure, Place, Refusal, steps_of_one_service
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, kind_tag
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step


class LongSpec(Section):
    """Steps of one service side by side."""

    service: Id | None = Field(None, description="Their service, where the steps are named without it")
    steps: list[str] = Field(description="The steps: [service.step, service.step, ...]")


Spec = Annotated[Annotated[list[str], Tag("<list>")] | Annotated[LongSpec, Tag("<mapping>")], Discriminator(kind_tag)]
"""``[service.step, service.step, ...]``, or ``{service: ..., steps: [...]}``."""


@dataclass(frozen=True, kw_only=True)
class Parallel(Measure):
    """``steps`` side by side; ``at`` is where the file lists them."""

    kind: ClassVar[str] = "parallel"

    steps: tuple[str, ...]
    service: str | None = None
    at: Place = field(default=(), compare=False)

    def change(self, scenario: Scenario) -> Scenario:
        """They get all predecessors that any of them had outside; what followed any of them follows all."""
        service, steps = steps_of_one_service(scenario, self.steps, self.service, self.at)
        inside = {step.id for step in steps}
        self.check(service, steps)
        before = united(step.after for step in service.steps if step.id in inside)
        before = tuple(other for other in before if other not in inside)
        together = tuple(step.id for step in service.steps if step.id in inside)
        return scenario.with_service(
            replace(service, steps=tuple(rewired(step, inside, before, together) for step in service.steps))
        )

    def check(self, service: Service, steps: list[Step]) -> None:
        """Refuse preconditions, steps in between, and choices among the steps."""
        inside, before = {step.id for step in steps}, ancestors(service)
        for position, step in enumerate(steps):
            at = (*self.at, position)
            for needed in step.needs:
                if needed in inside or inside & before[needed]:
                    raise Refusal(
                        f"{needed} is a legal precondition (前置条件) of {step.id}", "leave one of them out", at
                    )
            between = [other for other in before[step.id] - inside if inside & before[other]]
            if between:
                raise Refusal(
                    f"{between[0]} stands between the steps before {step.id}", "name it too, or leave it alone", at
                )
            if step.choose:
                raise Refusal(f"{step.id} chooses what follows, which would follow the others too", "", at)
            if step.returns is not None and step.returns.to in inside - {step.id}:
                raise Refusal(f"{step.id} sends cases back to {step.returns.to}, which would run beside it", "", at)
            if any(other in inside for chooser in service.steps for other, _ in chooser.choose):
                raise Refusal(
                    "a choice leads to one of these steps",
                    "only steps that every case reaches can run side by side",
                    at,
                )


def rewired(step: Step, inside: set[str], before: tuple[str, ...], together: tuple[str, ...]) -> Step:
    """A step with its new predecessors."""
    if step.id in inside:
        return replace(step, after=before if set(before) != set(step.after) else step.after)
    if not inside & set(step.after) or inside <= set(step.after):
        return step
    return replace(step, after=united((tuple(other for other in step.after if other not in inside), together)))


def united(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What is in any of the lists, once, in order."""
    return tuple(dict.fromkeys(item for items in lists for item in items))


def read(spec: Any, **costs: Any) -> Parallel:
    """The measure that the file writes."""
    if isinstance(spec, LongSpec):
        return Parallel(steps=tuple(spec.steps), service=spec.service, at=("steps",), **costs)
    return Parallel(steps=tuple(spec), **costs)
