"""The options of a plan as the page calls them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from simgov.optimize.option_words import reform_words, removed_words
from simgov.report.words import say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.reforms.reform import Reform


def option_name(scenario: Scenario, name: str, reforms: Mapping[str, Reform] | None = None) -> Text:
    """A step or part to drop by the names people use; a reform by its own, with what it does where that is known."""
    removed = removed_words(scenario, name)
    if removed is not None:
        service, called = removed
        return say("option_drop", service=service, name=called)
    reform = (reforms or {}).get(name)
    if reform is None:
        return say("option_reform", name=name)
    return say("option_reform_does", name=name, does=reform_words(scenario, reform.measures))
