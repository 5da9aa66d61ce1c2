"""``simgov satisfaction``: the offset with which the office as it is scores what was observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from simgov.cli.interrupts import stoppable
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem

if TYPE_CHECKING:
    from simgov.experiment import SatisfactionFit
    from simgov.scenario.value import Scenario
    from simgov.study import Study


def show_satisfaction(
    terminal: Terminal, study: Study, *, replications: int | None, seed: int | None, workers: int | None
) -> None:
    """Fit the offset to the baseline, and say what to write."""
    from simgov import experiment
    from simgov.experiment.fitting import CannotFit

    scenario = study.baseline
    last_words = terminal.words("Interrupted; what was finished is kept in {folder}", folder="-")
    try:
        with stoppable(lambda: last_words) as stop, terminal.progress("replications") as progress:
            found = experiment.fit_satisfaction(
                scenario, replications=replications, seed=seed, workers=workers, progress=progress, stop=stop
            )
    except CannotFit as error:
        found_wrong = Problem(("satisfaction",), error.message, error.hint, file=str(study.path), line=1, column=1)
        raise InputError((found_wrong,)) from error
    terminal.result(
        {
            "offset": found.offset,
            "observed": found.observed,
            "satisfaction": found.satisfaction,
            "services": [{"service": name, "satisfaction": points} for name, points in found.scores.items()],
        }
    )
    print_fit(terminal, scenario, found)


def print_fit(terminal: Terminal, scenario: Scenario, found: SatisfactionFit) -> None:
    """What each service scores, and what to write."""
    from simgov.cli.quantities import number

    chinese = terminal.words.lang == "zh"
    spoken = {one.id: one.name.zh if chinese else one.id for one in scenario.services}
    rows = [[spoken[name], number(points)] for name, points in found.scores.items()]
    terminal.table(["service", "points"], rows, numbers=(1,))
    terminal.show()
    terminal.headline(
        "The office scores {observed} points with satisfaction: offset: {offset}.",
        observed=number(found.observed),
        offset=f"{found.offset:g}",
    )
