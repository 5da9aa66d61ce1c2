"""What happens inside one visit to a step: further work beside the old one, as parts drawn by themselves."""

from __future__ import annotations

from dataclasses import replace

from simgov.distributions import Distribution
from simgov.reforms.measures.merge_steps import named_apart, parts_of
from simgov.scenario.value import Part, Step, Text


def with_work_beside(step: Step, kept: float, part_id: str, name: Text, time: Distribution) -> Step:
    """The step whose old work takes ``kept`` times as long, with a part more, which takes ``time``.

    Case by case the old work is that of the same draws; the new part has a stream of its own.
    """
    old = parts_of(step, step.slowdown * kept) if kept > 0.0 else []
    *others, new = named_apart([*old, Part(part_id, name, time=time)])
    return replace(step, time=None, parts=(*others, replace(new, stream=f"{step.stream}.{new.id}")), slowdown=1.0)
