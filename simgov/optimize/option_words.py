"""What people call an option: a step or part to remove by the names of the file; and what a reform does."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.registry import MEASURES
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.reforms.measure import Measure

MOST_NAMED = 3
"""So many measures of a reform are named; of more it is said that there are more."""


def removed_words(scenario: Scenario, name: str) -> tuple[Text, Text] | None:
    """Service, and step or part, that an option ``service.step[.part]`` removes; None for a reform."""
    pieces = name.split(".")
    service = next((one for one in scenario.services if one.id == pieces[0]), None)
    step = next((one for one in service.steps if one.id == pieces[1]), None) if service and len(pieces) > 1 else None
    if service is None or step is None:
        return None
    part = next((one for one in step.parts if len(pieces) == 3 and one.id == pieces[2]), None)
    return service.name, part.name if part else step.name


def reform_words(scenario: Scenario, measures: Sequence[Measure]) -> Text:
    """What a reform does: ``drop “Second review”; parallel approval``, in the order of its measures."""
    done: dict[Text, None] = {}
    for measure in measures:
        done[_measure_words(scenario, measure)] = None
    en, zh = [one.en for one in done][:MOST_NAMED], [one.zh for one in done][:MOST_NAMED]
    more = len(done) - len(en)
    return Text(
        "; ".join(en) + (f"; {more} more" if more else ""), "、".join(zh) + (f"等 {len(done)} 项" if more else "")
    )


def _measure_words(scenario: Scenario, measure: Measure) -> Text:
    removed = removed_words(scenario, measure.step) if isinstance(measure, RemoveStep) else None
    if removed is not None:
        return Text(f"drop “{removed[1].en}”", f"取消“{removed[1].zh}”")
    kind = MEASURES.get(measure.kind)
    return kind.name if kind is not None else Text(measure.kind, measure.kind)
