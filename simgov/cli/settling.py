"""``simgov warm-up``: how long the start of a run is felt."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.cli.interrupts import stoppable
from simgov.cli.terminal import Terminal

if TYPE_CHECKING:
    from simgov.experiment import WarmUp
    from simgov.scenario.value import Scenario
    from simgov.study import Study


def show_warm_up(
    terminal: Terminal,
    study: Study,
    *,
    replications: int | None,
    seed: int | None,
    workers: int | None,
    picture: Path | None,
) -> None:
    """Estimate the warm-up of the baseline, say what to write, and draw how times settle."""
    from simgov import experiment
    from simgov.experiment.settling import REPLICATIONS

    scenario = study.baseline
    count = REPLICATIONS if replications is None else replications
    last_words = terminal.words("Interrupted; what was finished is kept in {folder}", folder="-")
    with stoppable(lambda: last_words) as stop, terminal.progress("replications") as progress:
        found = experiment.warm_up(
            scenario, replications=count, seed=seed, workers=workers, progress=progress, stop=stop
        )
    terminal.result(as_data(found))
    print_warm_up(terminal, scenario, found)
    if picture is not None:
        from simgov.report.settling_picture import settling_picture

        picture.parent.mkdir(parents=True, exist_ok=True)
        picture.write_text(settling_picture(found, scenario, terminal.words.lang), encoding="utf-8")
        terminal.say("Picture: {file}", file=picture)


def as_data(found: WarmUp) -> dict[str, Any]:
    """The warm-up for machines: as ``run: warm_up`` is written, and for each service."""
    from simgov.units import format_duration

    return {
        "warm_up": None if found.duration is None else format_duration(found.duration),
        "settled": found.settled,
        "services": [
            {"service": one.service, "cases": one.cases, "minutes": one.minutes, "settled": one.settled}
            for one in found.services
        ],
        "too_few": list(found.too_few),
    }


def print_warm_up(terminal: Terminal, scenario: Scenario, found: WarmUp) -> None:
    """A row per service, and what to write."""
    from simgov.cli.quantities import number
    from simgov.units import format_duration

    if terminal.json:
        return
    spoken = {one.id: one.name.zh if terminal.words.lang == "zh" else one.id for one in scenario.services}
    rows = [
        [
            spoken[one.service],
            number(float(one.cases)),
            f"{number(one.minutes / 1440.0)} d",
            terminal.words("yes" if one.settled else "no"),
        ]
        for one in found.services
    ]
    if rows:
        terminal.table(["service", "cases left out", "warm-up", "settled"], rows, numbers=(1, 2))
        terminal.show()
    unsettled = [spoken[one.service] for one in found.services if not one.settled]
    if unsettled:
        terminal.headline(
            "Not settled: {services}. The run is too short to find a warm-up, or a pool cannot keep up.",
            services=", ".join(unsettled),
        )
    elif found.duration is not None and found.duration.amount > 0:
        written = format_duration(found.duration)
        terminal.headline("The start is felt for {time}: write warm_up: {written}.", time=written, written=written)
    elif found.duration is not None:
        terminal.headline("The start is not felt: no warm-up is needed.")
    if found.too_few:
        terminal.headline(
            "Too few cases to tell: {services}.", services=", ".join(spoken[one] for one in found.too_few)
        )
