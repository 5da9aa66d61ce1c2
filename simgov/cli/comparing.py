"""``simgov compare``: what differs between runs, or between a scenario and its reforms, paired by replication."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.cli.measure_tables import print_measures
from simgov.cli.options import run_folder, scenario_file
from simgov.cli.quantities import in_words
from simgov.cli.running import Measures, plain_rows, simulated
from simgov.cli.terminal import Terminal
from simgov.errors import InputError, Problem
from simgov.units import MONEY_ZH

if TYPE_CHECKING:
    from simgov.experiment import Return, Runs


def compare_sources(
    terminal: Terminal,
    sources: Sequence[Path],
    out: Path | None,
    *,
    reforms: Sequence[str],
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> None:
    """Print how all scenarios of ``sources`` differ from the first. A scenario file is simulated with its reforms."""
    from simgov import experiment

    found: dict[str, Runs] = {}
    scenarios = [source for source in sources if not is_run(source)]
    for source, label in zip(sources, labels_of(sources), strict=True):
        if is_run(source):
            found[label] = experiment.load_run(source)
            continue
        folder = run_folder(out, source)
        if out is not None and len(scenarios) > 1:
            folder = out / run_folder(None, source).name
        found[label] = with_reforms(terminal, source, folder, reforms, replications, seed, workers)
    try:
        runs = experiment.joined(found)
    except ValueError as error:
        raise InputError((Problem((), str(error)),)) from error
    if len(runs.scenarios) < 2:
        raise InputError((Problem((), "there is one scenario only", "name a second run, or a file with reforms"),))
    columns = ["scenario", "baseline", "kpi", "unit", "mean", "half_width", "confidence", "lower_bound"]
    differences = plain_rows(experiment.compare(runs).differences, columns)
    print_differences(terminal, runs.scenarios[0], differences)
    found_returns = experiment.returns(runs)
    print_returns(terminal, found_returns)
    terminal.result({"differences": differences, "returns": [return_row(one) for one in found_returns]})


def with_reforms(
    terminal: Terminal,
    source: Path,
    folder: Path,
    reforms: Sequence[str],
    replications: int | None,
    seed: int | None,
    workers: int | None,
) -> Runs:
    """The baseline of a scenario file with the reforms asked for, or with all of them."""
    from simgov import study

    loaded = study.load(scenario_file(source))
    for warning in loaded.warnings:
        terminal.message(str(warning))
    scenarios = [loaded.baseline, *(loaded.reform(name) for name in reforms or loaded.reforms)]
    return simulated(terminal, loaded, scenarios, folder, replications=replications, seed=seed, workers=workers)


def is_run(source: Path) -> bool:
    """Whether ``source`` is a folder with a run in it rather than a scenario."""
    if source.suffix in (".yaml", ".yml"):
        return False
    return not (source.is_dir() and (source / "scenario.yaml").exists() and not (source / "run.json").exists())


def labels_of(sources: Sequence[Path]) -> list[str]:
    """A name for each source: its last part, or all of it where two would be called the same."""
    short = [run_folder(None, source).name for source in sources]
    if len(set(short)) == len(short):
        return short
    whole = [str(source) for source in sources]
    return [name if whole.count(name) == 1 else f"{name} ({number})" for number, name in enumerate(whole, 1)]


def print_differences(terminal: Terminal, baseline: str, differences: Measures) -> None:
    """How much more or less than the baseline each scenario has."""
    terminal.headline("Differences to {baseline}:", baseline=baseline)
    if all(row["mean"] in (0, None) for row in differences):
        terminal.headline("Nothing differs.")
    print_measures(terminal, differences, signed=True)


def return_row(one: Return) -> dict[str, Any]:
    """What applicants save and the office spends, for machines."""
    return {
        "scenario": one.scenario,
        "baseline": one.baseline,
        "unit": one.unit,
        "saving": one.saving.value,
        "extra_cost": one.extra_cost.value,
        "ratio": one.ratio.value,
        "half_width": one.ratio.half_width,
    }


def print_returns(terminal: Terminal, found: Sequence[Return]) -> None:
    """A line for each scenario that changes what either side spends."""
    said = [one for one in found if one.saving.value != 0 or one.extra_cost.value != 0]
    if said:
        terminal.show()
    for one in said:
        terminal.show(f"{one.scenario}{'：' if terminal.words.lang == 'zh' else ': '}{return_words(one, terminal)}")


def return_words(one: Return, terminal: Terminal) -> str:
    """``applicants save 3,000 CNY, the office spends 1,000 CNY more. 3.0 saved for each CNY spent.``"""
    sizes = [replace(side, value=abs(side.value)) for side in (one.saving, one.extra_cost)]
    applicants, office = in_words(one.unit, sizes, terminal.words)
    phrase = "applicants save {amount}, " if one.saving.value >= 0 else "applicants spend {amount} more, "
    said = terminal.words(phrase, amount=applicants)
    if one.extra_cost.value == 0:
        return said + terminal.words("the office spends no more.")
    phrase = "the office spends {amount} more." if one.extra_cost.value > 0 else "the office saves {amount}."
    said += terminal.words(phrase, amount=office)
    if one.ratio.value > 0:
        ratio = in_words("", [one.ratio], terminal.words)[0]
        unit = MONEY_ZH.get(one.unit, one.unit) if terminal.words.lang == "zh" else one.unit
        said += terminal.words(" {ratio} saved for each {unit} spent.", ratio=ratio, unit=unit)
    return said
