"""``simgov run`` and ``simgov compare``: simulate, keep, print, and say whether what was asked for holds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov import __version__
from simgov.cli.against import Moved, earlier_measures, moved
from simgov.cli.asked import Asked, asked_for, keep_plan, load_plan, print_touched
from simgov.cli.ending import NOT_MET, Ending
from simgov.cli.interrupts import stoppable
from simgov.cli.measure_tables import estimate, print_measures, spoken_kpi
from simgov.cli.precise import defined_number, precision_reached, precisions, print_precision, print_variance_ratios
from simgov.cli.quantities import against_limit, number, percent
from simgov.cli.terminal import Terminal
from simgov.kpi import Estimate

if TYPE_CHECKING:
    import pandas

    from simgov.experiment import Runs
    from simgov.scenario.value import Scenario
    from simgov.study import Study
    from simgov.units import Duration

Measures = list[dict[str, Any]]
"""Rows of ``run --json``."""


def run_scenario(
    terminal: Terminal,
    study: Study,
    folder: Path,
    *,
    reforms: Sequence[str],
    plan: Path | None,
    stresses: Sequence[str],
    replications: int | None,
    seed: int | None,
    engine: str,
    workers: int | None,
    time: Duration | None,
    precision: Sequence[tuple[str, float]],
    most_replications: int | None,
    control_variates: bool,
    targets: bool,
    against: Path | None,
    tolerance: float,
) -> None:
    """Simulate the baseline, ``reforms`` and the ``plan``, each under the ``stresses`` too; keep the run in ``folder``,
    print its measures and what was asked.
    """
    earlier = None if against is None else earlier_measures(against)
    taken = load_plan(plan)
    chosen = asked_for(terminal, study, reforms, taken, list(dict.fromkeys(stresses)))
    asked = precisions(study, precision)
    runs = simulated(
        terminal,
        study,
        chosen.scenarios,
        folder,
        replications=replications,
        seed=seed,
        engine=engine,
        workers=workers,
        time=time,
        precision=asked,
        most_replications=most_replications,
        control_variates=control_variates,
    )
    if taken is not None:
        keep_plan(taken, folder)
    measures = measures_of(runs)
    if control_variates:
        for row in measures:
            row["variance_ratio"] = defined_number(runs.result(row["scenario"]).variance_ratio(row["kpi"]))
    result: dict[str, Any] = {
        "simgov": __version__,
        "scenario": study.path.as_posix(),
        "seed": runs.seed,
        "replications": runs.replications,
        "engine": engine,
        "kpis": measures,
    }
    if chosen.touched:
        result["stress"] = {
            label: [{"en": line.en, "zh": line.zh} for line in lines] for label, lines in chosen.touched.items()
        }
    print_touched(terminal, chosen.touched)
    print_measures(terminal, measures, study.baseline)
    if asked:
        result["precision"] = reached = precision_reached(runs, asked)
        print_precision(terminal, study.baseline, runs, reached)
    if control_variates:
        print_variance_ratios(terminal, study.baseline, measures)
    missed = False
    if targets:
        result["targets"] = judged = judge(study, chosen, measures)
        print_targets(terminal, study.baseline, judged)
        missed = not all(row["met"] for row in judged)
    if earlier is not None:
        off = moved(earlier, measures, tolerance)
        result["moved"] = [vars(one) for one in off]
        print_moved(terminal, off, tolerance)
        missed = missed or bool(off)
    terminal.result(result)
    terminal.say("All measures are kept in {folder}", folder=folder)
    if missed:
        raise Ending(NOT_MET)


def simulated(
    terminal: Terminal,
    study: Study,
    scenarios: Sequence[Scenario],
    folder: Path,
    *,
    replications: int | None,
    seed: int | None,
    engine: str = "compiled",
    workers: int | None = None,
    time: Duration | None = None,
    precision: Mapping[str, float] | None = None,
    most_replications: int | None = None,
    control_variates: bool = False,
) -> Runs:
    """Run ``scenarios`` with progress, keeping finished batches in ``folder``; Ctrl-C says where they lie."""
    from simgov import experiment

    for scenario in scenarios:
        for warning in experiment.warnings(scenario):
            terminal.message(f"{scenario.label}: {warning.message}; {warning.hint}")
    last_words = terminal.words("Interrupted; what was finished is kept in {folder}", folder=folder)
    with stoppable(lambda: last_words) as stop, terminal.progress("replications") as progress:
        try:
            runs = experiment.run(
                scenarios,
                replications=replications,
                seed=seed,
                workers=workers,
                engine=engine,
                time=time,
                progress=progress,
                out=folder,
                stop=stop,
                source=study.path.as_posix(),
                precision=precision,
                control_variates=control_variates,
                most_replications=most_replications,
            )
        except KeyboardInterrupt:
            terminal.message(last_words)
            raise
    if runs.interrupted:
        terminal.say("Time is up: {done} of {total} replications.", done=runs.replications, total=runs.planned)
    return runs


def measures_of(runs: Runs) -> Measures:
    """The summary of a run as the rows of ``run --json``: Python's own types, None where a number is undefined."""
    from simgov.cli.terminal import defined

    return [defined(row) for row in runs.summary_rows()]


def plain_rows(frame: pandas.DataFrame, columns: Sequence[str]) -> Measures:
    """Rows of a table in Python's own types, None where a number is undefined."""
    from simgov.cli.terminal import defined

    return [defined(row) for row in frame[list(columns)].to_dict("records")]


def judge(study: Study, chosen: Asked, measures: Measures) -> list[dict[str, Any]]:
    """Every target in every scenario: its limit, the value, and whether it is met."""
    from simgov.experiment.stability import blind_to_queue, held_up_before_acceptance
    from simgov.kpi import names

    found = {(row["scenario"], row["kpi"]): row for row in measures}
    judged = []
    for label in dict.fromkeys(row["scenario"] for row in measures):
        scenario = chosen.scenario(label)
        held_up = held_up_before_acceptance(scenario) if study.targets else frozenset()
        blind_here = {kpi.name for kpi in names(scenario) if blind_to_queue(kpi, held_up)}
        for target in study.targets:
            value = estimate(found.get((label, target.kpi)))
            blind = target.kpi in blind_here
            judged.append(
                {
                    "scenario": label,
                    "kpi": target.kpi,
                    "unit": target.unit,
                    "sense": target.sense,
                    "limit": target.limit,
                    "value": value.value,
                    "half_width": value.half_width,
                    "lower_bound": value.lower_bound,
                    "met": target.met(value) and not blind,
                    "held_up": blind,
                }
            )
    return judged


def print_targets(terminal: Terminal, scenario: Scenario, judged: Sequence[Mapping[str, Any]]) -> None:
    """A row per scenario and target."""
    if terminal.json:
        return
    if not judged:
        terminal.headline("The file has no targets.")
        return
    rows = [[row["scenario"], *target_cells(row, scenario, terminal)] for row in judged]
    terminal.show()
    terminal.table(["scenario", *TARGET_HEADS], rows, numbers=(2, 3))


TARGET_HEADS = ["target", "limit", "value", ""]


def target_cells(row: Mapping[str, Any], scenario: Scenario, terminal: Terminal) -> list[str]:
    """A target as cells: its measure, its limit, the value, and whether it is met."""
    value = Estimate(row["value"], row["half_width"], bool(row.get("lower_bound")))
    limit, reached = against_limit(row["unit"], row["limit"], [value], terminal.words)
    sign = "≤" if row["sense"] == "at_most" else "≥"
    verdict = terminal.words("met" if row["met"] else "not met")
    if row["held_up"]:
        verdict += terminal.words(": before acceptance, where the clock does not run, the queue grows without end")
    return [spoken_kpi(row["kpi"], scenario, terminal), f"{sign} {limit}", reached, verdict]


def print_moved(terminal: Terminal, off: Sequence[Moved], tolerance: float) -> None:
    """What is not as the earlier file says."""
    terminal.show()
    if not off:
        terminal.headline("Nothing moved by more than {tolerance}.", tolerance=percent(tolerance))
        return
    rows = [[one.scenario, one.kpi, one.unit, number(one.before), number(one.now)] for one in off]
    terminal.headline("{count} measures moved by more than {tolerance}:", count=len(off), tolerance=percent(tolerance))
    terminal.table(["scenario", "measure", "unit", "before", "now"], rows, numbers=(3, 4))
