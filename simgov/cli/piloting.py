"""``simgov pilot``: where a reform may be tried, and for how many weeks until its effect can be told from noise."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from simgov.cli.interrupts import stoppable
from simgov.cli.measure_tables import spoken_kpi
from simgov.cli.quantities import against_limit, percent
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.kpi import Estimate
from simgov.optimize.telling import LEVEL

if TYPE_CHECKING:
    from simgov.optimize.pilot import Pilot, Trial
    from simgov.study import Study

TRIAL_HEADS = ["where", "measure", "without", "with the reform", "weeks", "shown by", "seen in", "false alarms"]


def show_pilot(
    terminal: Terminal,
    study: Study,
    *,
    reform: str,
    kpis: Sequence[str],
    power: float,
    weeks_most: int,
    replications: int,
    seed: int | None,
    workers: int | None,
) -> None:
    """Simulate the pilots and say how long they have to be."""
    from simgov.kpi import UnknownKpi
    from simgov.optimize.pilot import pilot

    study.reform(reform)
    last_words = terminal.words("Interrupted; the pilot was not finished.")
    with stoppable(lambda: last_words) as stop, terminal.doing() as doing:
        try:
            found = pilot(
                study.baseline,
                study.reforms[reform],
                list(kpis) or usual_kpis(study),
                power=power,
                weeks_most=weeks_most,
                replications=replications,
                seed=seed,
                workers=workers,
                progress=lambda weeks: doing(terminal.words("simulating pilots of {weeks} weeks", weeks=weeks)),
                stop=stop,
            )
        except UnknownKpi as error:
            raise click.BadParameter(str(error), param_hint="--kpi") from error
    terminal.result(found.to_json())
    print_pilot(terminal, study, found)


def usual_kpis(study: Study) -> list[str]:
    """The KPIs of the targets and milestones; without any the mean time of each service."""
    named = [target.kpi for target in study.targets]
    if study.roadmap is not None:
        named += [milestone.target.kpi for milestone in study.roadmap.milestones]
    return list(dict.fromkeys(named)) or [f"{service.id}.time.mean" for service in study.baseline.services]


def print_pilot(terminal: Terminal, study: Study, found: Pilot) -> None:
    """A row for each place and KPI, and what the columns mean."""
    if terminal.json:
        return
    terminal.table(
        TRIAL_HEADS, [row(terminal, study, found, trial) for trial in found.trials], numbers=(2, 3, 4, 5, 6, 7)
    )
    terminal.show()
    terminal.headline(
        "Weeks until a pilot shows the effect with a probability of {power} (in brackets: the interval"
        " of 95 % for what is truly needed); the longest has {weeks}.",
        power=percent(found.power),
        weeks=found.weeks_most,
    )
    terminal.show(
        terminal.words(
            "Shown by: by how much two periods of so many weeks have to differ. Without any effect they do in no more"
            " than {level} of all cases; what weeks have to do with each other is in it.",
            level=percent(LEVEL),
        )
    )
    if any(trial.weeks is not None for trial in found.trials):
        terminal.show(
            terminal.words(
                "Seen in, false alarms: the shares of fresh pairs of pilots, {count} of each kind, in which an effect"
                " was seen, with the reform and without.",
                count=found.replications,
            )
        )


def row(terminal: Terminal, study: Study, found: Pilot, trial: Trial) -> list[str]:
    """One trial for people."""
    words = terminal.words
    place = words("whole office")
    if trial.place:
        place = name(next(one.name for one in study.baseline.services if one.id == trial.place), words)
    measured = [Estimate(trial.reformed), Estimate(trial.limit)]
    without, reformed, limit = against_limit(trial.unit, trial.without, measured, words)
    shares = ((trial.detected, trial.detected_error), (trial.false_alarms, trial.false_alarms_error))
    seen = [within(share, error) for share, error in shares]
    kpi = spoken_kpi(trial.kpi, study.baseline, terminal)
    return [place, kpi, without, reformed, weeks(terminal, found, trial), limit, *seen]


def weeks(terminal: Terminal, found: Pilot, trial: Trial) -> str:
    """The weeks with their interval."""
    words = terminal.words
    more = words("more than {weeks}", weeks=found.weeks_most)
    if trial.weeks is None:
        return more
    ends = {"low": trial.weeks_low or more, "high": trial.weeks_high or more}
    return words("{weeks} ({low} to {high})", weeks=trial.weeks, **ends)


def within(share: float | None, error: float | None) -> str:
    """A share with its interval of 95 %, both in whole percent or one decimal."""
    if share is None or error is None:
        return "–"
    return f"{100 * share:.3g} ± {196 * error:.2g} %"
