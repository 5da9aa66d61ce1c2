"""The steps that nobody offered to remove, and the office without one of them: what the law costs.

Only a reckoning: such an office is not lawful, is never proposed, and leaves out what a step is for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from simgov.reforms.measures.remove_step import RemoveStep
from simgov.scenario.value import Part, Scenario, Service, Step, Text

MOST_STEPS = 12


@dataclass(frozen=True)
class Subject:
    """A step, or with ``part`` a part of it, that is done and that nobody offered to remove."""

    service: Service
    step: Step
    part: Part | None = None

    @property
    def name(self) -> str:
        """As a scenario file names it: ``service.step`` or ``service.step.part``."""
        return ".".join([self.service.id, self.step.id, *([self.part.id] if self.part else [])])

    @property
    def called(self) -> Text:
        """What people call it."""
        return self.part.name if self.part else self.step.name

    @property
    def basis(self) -> str:
        """The law that wants it; "" where none does."""
        return (self.part.basis if self.part else self.step.basis) or ""


def subjects(scenario: Scenario, offered: Sequence[str]) -> list[Subject]:
    """What is not ``offered``: first what rests on the law, then the rest, in the order of the file."""
    found = [one for one in _every(scenario) if one.name not in offered]
    return [one for one in found if one.basis] + [one for one in found if not one.basis]


def _every(scenario: Scenario) -> Iterator[Subject]:
    for service in scenario.services:
        for step in service.steps:
            if step.removed:
                continue
            yield Subject(service, step)
            for part in step.parts:
                if part.kept and len(step.parts) > 1:
                    yield Subject(service, step, part)


def removed_by(measures: Sequence[Sequence[object]]) -> tuple[str, ...]:
    """The steps and parts that some of these measures remove."""
    return tuple(one.step for own in measures for one in own if isinstance(one, RemoveStep))


def within(subject: Subject, measure: object) -> bool:
    """Whether a measure does nothing but remove the step of a subject, or a part of it."""
    step = f"{subject.service.id}.{subject.step.id}"
    return isinstance(measure, RemoveStep) and (measure.step == step or measure.step.startswith(f"{step}."))


def without(scenario: Scenario, subject: Subject) -> Scenario:
    """The office without it, law or no law. Raises ``ReformError`` where nothing would be left to do."""
    service, step = subject.service, subject.step
    bare = _without_basis(step, subject.part)
    steps = tuple(
        bare if other.id == step.id else replace(other, needs=tuple(need for need in other.needs if need != step.id))
        for other in service.steps
    )
    return RemoveStep(step=subject.name).apply(scenario.with_service(replace(service, steps=steps)))


def _without_basis(step: Step, part: Part | None) -> Step:
    """The step as if no law wanted it, or one part of it."""
    parts = tuple(replace(other, basis=None) if part is None or other.id == part.id else other for other in step.parts)
    return replace(step, basis=step.basis if part else None, parts=parts)
