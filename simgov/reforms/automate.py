"""Automate a step (秒批、智能审批): an eligible share of cases is decided at once, the rest may be harder.

Who is eligible is the case's own draw, so a larger share automates the same cases and some more.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import ClassVar

from pydantic import Field

from simgov.reforms.measure import Measure, the_step
from simgov.scenario.fields import ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario


class Spec(Section):
    """Decide a share of cases at once."""

    step: str = Field(description="The step, service.step")
    share: ShareField = Field(description="Share of its cases that need no officer any more")
    harder: ShareField = Field(0.0, description="How much more work the others are on average, e.g. 10 %")


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


def read(spec: Spec, **costs: int | str) -> Automate:
    """The measure that the file writes."""
    return Automate(step=spec.step, share=spec.share, harder=spec.harder, **costs)  # type: ignore[arg-type]
