"""Stand-in rule (AB角制度): while nobody who does a step is on duty, officers of another pool do it, more slowly.

The stand-in takes such work in turn with his own, so that his own queue waits; it is a longer way from there.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_step
from simgov.scenario.fields import FactorField, Id
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Alternative, Scenario, Service, Step, Text


class Spec(Section):
    """Name a stand-in."""

    step: str | None = given(None, "The step, service.step; or give pool", "环节，写作 事项.环节；也可改写岗位")
    pool: Id | None = given(None, "The pool (A) all of whose steps get a stand-in", "A角岗位，其全部环节都设B角")
    by: Id = given(NEEDED, "The pool (B) that stands in", "B角岗位")
    slowdown: FactorField = given(0.0, "How much longer it takes there", "B角办理多用时间的比例", "%")


@dataclass(frozen=True, kw_only=True)
class StandIn(Measure):
    """``by`` does the step, or every step of the pool, ``1 + slowdown`` times as long, while nobody else is there."""

    kind: ClassVar[str] = "stand_in"

    by: str
    step: str | None = None
    pool: str | None = None
    slowdown: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """The steps with one pool more, that stands in."""
        if (self.step is None) == (self.pool is None):
            raise Refusal(
                "names a step and a pool" if self.step else "names neither a step nor a pool",
                "write one of step and pool",
                ("pool",) if self.pool else (),
            )
        need_pool(scenario, self.by, ("by",))
        for service, step in self.steps(scenario):
            if self.by in step.pools:
                raise Refusal(f"{service.id}.{step.id} is done by {self.by} already", "name another pool", ("by",))
            other = Alternative(self.by, 1.0 + self.slowdown, stand_in=True)
            scenario = scenario.with_step(service.id, replace(step, alternatives=(*step.alternatives, other)))
        return scenario

    def steps(self, scenario: Scenario) -> Iterator[tuple[Service, Step]]:
        """The steps that get a stand-in."""
        if self.step is not None:
            service, step = the_step(scenario, self.step, ("step",))
            if step.at is None or step.together:
                message = "is a delay outside every pool" if step.at is None else "is done by several pools together"
                raise Refusal(f"{self.step} {message}", "nobody can stand in there", ("step",))
            yield service, step
        if self.pool is not None:
            need_pool(scenario, self.pool, ("pool",))
            found = [
                (service, step)
                for service in scenario.services
                for step in service.steps
                if step.at == self.pool and not step.together and not step.removed
            ]
            if not found:
                raise Refusal(f"no step is done first of all by {self.pool}", "name another pool", ("pool",))
            yield from found


def read(spec: Spec, **beside: Any) -> StandIn:
    """The measure that the file writes."""
    return StandIn(step=spec.step, pool=spec.pool, by=spec.by, slowdown=spec.slowdown, **beside)


KIND = Kind(
    key="stand_in",
    place=26,
    name=Text("stand-in rule", "AB角制度"),
    effect=Text(
        "While nobody who does a step is on duty (leave, illness, other hours), another pool does it.",
        "A角不在岗（休假、病假、错时）期间，由B角代为办理。",
    ),
    catch=Text(
        "The stand-in is slower, and has a queue of his own that waits meanwhile.",
        "B角不如A角熟练，且自身业务因此积压。",
    ),
    spec=Spec,
    read=read,
    example="stand_in: {step: permit.sign_bureau, by: planning, slowdown: 50 %}",
)
