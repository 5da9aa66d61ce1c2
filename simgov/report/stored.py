"""``write_stored``: the page of a run, a plan, a frontier or a programme over years that was kept in a folder."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simgov.errors import InputError, ReformError, StoreError
from simgov.optimize.taken import PLAN_LABEL, PLAN_OF_RUN, labelled, plan_scenario
from simgov.report.writing import baseline_of, write

if TYPE_CHECKING:
    from simgov.experiment import Runs
    from simgov.optimize import Plan
    from simgov.study import Study

Progress = Callable[[int, int], None]


def write_stored(
    source: str | Path,
    path: str | Path,
    *,
    lang: Literal["en", "zh"] = "en",
    workers: int | None = None,
    progress: Progress | None = None,
) -> Path:
    """Write the page of the run, plan, frontier or roadmap kept in the folder ``source`` to ``path``, and return that.

    The scenario file is read again from where it was; ``StoreError`` where it is gone or says something else by now. A
    plan is simulated anew beside the baseline, on the fresh replications that it was validated with, so that the page
    shows every KPI of both; ``progress`` is told (finished, all) meanwhile.
    """
    from simgov.optimize import is_plan
    from simgov.optimize.curve import is_frontier
    from simgov.optimize.roadmap.plan import is_roadmap

    folder = Path(source)
    if is_roadmap(folder):
        return _write_programme(folder, path, lang)
    if is_frontier(folder) and not is_plan(folder):
        return _write_frontier(folder, path, lang)
    if is_plan(folder):
        return _write_plan(folder, path, lang, workers, progress)
    return _write_run(folder, path, lang)


def _write_run(folder: Path, path: str | Path, lang: Literal["en", "zh"]) -> Path:
    from simgov.experiment import load_run

    runs = load_run(folder)
    if not runs.replications:
        raise StoreError(f"{folder}: not one replication of this run was finished; run it again")
    study = _study(folder, str(runs.settings.get("source", "")))
    plan = _plan_of_run(folder, runs)
    _check(study, {result.label: result.scenario_hash for result in runs.results}, folder, plan)
    return write(path, study=study, runs=runs, plan=plan, lang=lang, versions=_versions(folder))


def _write_programme(folder: Path, path: str | Path, lang: Literal["en", "zh"]) -> Path:
    from simgov.optimize.roadmap.plan import load
    from simgov.report.page import render
    from simgov.report.programme import TEMPLATE, programme_page
    from simgov.report.writing import save

    plan = load(folder)
    study = _study(folder, plan.scenario)
    _same(study.baseline, str(plan.evidence.get("scenario_hash", "")), study, folder)
    return save(path, render(programme_page(plan, study.baseline, lang), TEMPLATE))


def _write_frontier(folder: Path, path: str | Path, lang: Literal["en", "zh"]) -> Path:
    from simgov.optimize.curve import load
    from simgov.report.page import render
    from simgov.report.tradeoff_page import TEMPLATE, frontier_page
    from simgov.report.writing import save

    curve = load(folder)
    study = _study(folder, curve.scenario)
    baseline = study.baseline
    if study.decisions is not None:
        baseline = replace(baseline, horizon=study.decisions.horizon)
    _same(baseline, curve.scenario_hash, study, folder)
    return save(path, render(frontier_page(curve, baseline, lang, study.decisions, study.reforms), TEMPLATE))


def _plan_of_run(folder: Path, runs: Runs) -> Plan | None:
    """The plan that the run simulated beside the baseline, if it did."""
    from simgov.optimize import load

    if not any(label.partition("+")[0] == PLAN_LABEL for label in runs.scenarios):
        return None
    place = (folder.parent if folder.is_file() else folder) / PLAN_OF_RUN
    return load(place) if place.is_file() else None


def _write_plan(
    folder: Path, path: str | Path, lang: Literal["en", "zh"], workers: int | None, progress: Progress | None
) -> Path:
    from simgov.optimize import load
    from simgov.optimize.explain import load as load_explanation

    plan = load(folder)
    study = _study(folder, plan.scenario)
    explanation = load_explanation(folder)
    runs = _fresh_runs(study, plan, folder, workers, progress)
    return write(path, study=study, runs=runs, plan=plan, explanation=explanation, lang=lang)


def _fresh_runs(study: Study, plan: Plan, folder: Path, workers: int | None, progress: Progress | None) -> Runs:
    """The baseline and the plan's scenario on the replications that the plan's values come from."""
    from simgov.experiment import run

    baseline = baseline_of(study, plan)
    if "scenario_hash" in plan.evidence:
        _same(baseline, str(plan.evidence["scenario_hash"]), study, folder)
    after = plan_scenario(study, plan)
    return run(
        [baseline] if after is None else [baseline, after],
        replications=plan.fresh_replications or plan.replications,
        first_replication=plan.fresh_first,
        seed=plan.seed,
        workers=workers,
        progress=progress,
        source=plan.scenario,
    )


def _study(folder: Path, source: str) -> Study:
    """The study that a run or plan came from."""
    from simgov.study import load

    if not source:
        raise StoreError(f"{folder} does not say which scenario file it came from; make it with simgov run")
    if not Path(source).is_file():
        hint = "run this from the folder where the run was made, or run the scenario again"
        raise StoreError(f"{folder} came from {source}, which is not here; {hint}")
    return load(source)


def _check(study: Study, hashes: dict[str, str], folder: Path, plan: Plan | None) -> None:
    for label, known in hashes.items():
        try:
            scenario = labelled(study, label, plan)
        except (InputError, ReformError):
            continue  # what the study has no more is said where the page needs it
        _same(scenario, known, study, folder)


def _same(scenario: object, known: str, study: Study, folder: Path) -> None:
    from simgov.experiment.store import scenario_hash
    from simgov.scenario.value import Scenario

    if isinstance(scenario, Scenario) and known and scenario_hash(scenario) != known:
        raise StoreError(f"{study.path} has changed since {folder} was made; run it again")


def _versions(folder: Path) -> dict[str, str]:
    """The versions a stored run was made with."""
    place = folder if folder.is_file() else folder / "run.json"
    found = json.loads(place.read_text(encoding="utf-8")).get("versions", {})
    return {str(name): str(version) for name, version in found.items()}
