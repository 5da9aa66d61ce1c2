"""Standardisation (政务服务标准化): like cases take like times; complex ones do not fit the standard.

The spread of the times of steps narrows around the same mean. Times that do not vary by a distribution of their own, a
constant or a table of observed values, stay. Complex cases are sent back more often: so many more returns than before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.kind import Kind, given
from simgov.reforms.measure import Measure, Refusal, the_service, the_step
from simgov.reforms.shaping import sent_back_times, spread
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Part, Scenario, Step, Text


class Spec(Section):
    """Do like cases alike."""

    services: list[Id] = given((), "The services all of whose steps are standardised", "全部环节实行标准化的事项")
    steps: list[str] = given((), "Further steps, service.step", "另行实行标准化的环节，写作 事项.环节")
    spread: ShareField = given(
        1.0, "What is left of the spread (cv) of their times", "办理用时离散程度（变异系数）占原来的比例", "%"
    )
    returns: FactorField = given(
        0.0,
        "How many more are sent back, because complex cases do not fit; a programme report found 18 %",
        "因复杂办件不适用统一标准而增加的退件比例，有方案报告测得 18 %",
        "%",
    )


@dataclass(frozen=True, kw_only=True)
class Standardisation(Measure):
    """The cv of times becomes ``spread`` times what it was, the returns ``1 + returns`` times."""

    kind: ClassVar[str] = "standardisation"

    services: tuple[str, ...] = ()
    steps: tuple[str, ...] = ()
    spread: float = 1.0
    returns: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """Steps of a narrower spread and with more returns."""
        named = list(self.named(scenario))
        if not named:
            raise Refusal("names no step", "write services or steps")
        found = [scenario.service(service).step(step) for service, step in named]
        changed = [self.standard(step) for step in found]
        if self.spread != 1.0 and all(times(old) == times(new) for old, new in zip(found, changed, strict=True)):
            raise Refusal("no time varies there", "name steps whose time has a cv", ("spread",))
        if self.returns and not any(step.returns and not step.removed for step in found):
            raise Refusal("no case is sent back there", "name steps with returns", ("returns",))
        for (service, _), step in zip(named, changed, strict=True):
            scenario = scenario.with_step(service, step)
        return scenario

    def named(self, scenario: Scenario) -> Iterator[tuple[str, str]]:
        """Service and step of each step that is standardised, each once."""
        seen: set[tuple[str, str]] = set()
        for position, name in enumerate(self.services):
            service = the_service(scenario, name, ("services", position))
            for step in service.steps:
                if (service.id, step.id) not in seen and not step.removed:
                    seen.add((service.id, step.id))
                    yield service.id, step.id
        for position, name in enumerate(self.steps):
            service, step = the_step(scenario, name, ("steps", position))
            if (service.id, step.id) in seen:
                raise Refusal(f"{name} is named twice", "", ("steps", position))
            seen.add((service.id, step.id))
            yield service.id, step.id

    def standard(self, step: Step) -> Step:
        """One step."""
        time = None if step.time is None else spread(step.time, self.spread)
        parts = tuple(self.standard_part(part) for part in step.parts)
        return sent_back_times(replace(step, time=time, parts=parts), 1.0 + self.returns)

    def standard_part(self, part: Part) -> Part:
        """A part with a time of its own."""
        return part if part.time is None else replace(part, time=spread(part.time, self.spread))


def times(step: Step) -> tuple[object, ...]:
    """The times of a step and of its parts."""
    return (step.time, *(part.time for part in step.parts))


def read(spec: Spec, **beside: Any) -> Standardisation:
    """The measure that the file writes."""
    return Standardisation(
        services=tuple(spec.services), steps=tuple(spec.steps), spread=spec.spread, returns=spec.returns, **beside
    )


KIND = Kind(
    key="standardisation",
    place=37,
    name=Text("standardisation", "政务服务标准化"),
    effect=Text(
        "Like cases take like times: the spread of service times narrows.",
        "统一办理标准和流程，同类办件用时趋于一致、离散程度缩小。",
    ),
    catch=Text("One size for all: complex cases are sent back more often.", "“一刀切”导致复杂办件退件增多。"),
    spec=Spec,
    read=read,
    example="standardisation: {services: [permit], spread: 40 %, returns: 18 %}",
)
