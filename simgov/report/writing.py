"""``write``: the page of a study's runs, and of its plan where there is one."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from simgov.errors import InputError, ReformError, StoreError
from simgov.optimize.taken import PLAN_LABEL, labelled
from simgov.report.breakdown import breakdown
from simgov.report.gather import results
from simgov.report.numbers import number, percent
from simgov.report.page import compose, render
from simgov.report.planning import plan_section
from simgov.report.tables import Fact
from simgov.report.words import plain, say
from simgov.scenario.value import Scenario

if TYPE_CHECKING:
    from simgov.experiment import Comparison, Runs
    from simgov.optimize import Plan
    from simgov.optimize.explain import Explanation
    from simgov.study import Study


def write(
    path: str | Path,
    *,
    study: Study,
    runs: Runs,
    plan: Plan | None = None,
    explanation: Explanation | None = None,
    comparison: Comparison | None = None,
    lang: Literal["en", "zh"] = "en",
    versions: Mapping[str, str] | None = None,
) -> Path:
    """Write one HTML file on ``runs``, a run of scenarios of ``study``: the baseline first, a plan's labelled ``plan``.

    ``plan`` adds the section on why it is the cheapest, ``explanation`` what explains it, ``comparison`` (made from
    ``runs`` unless given) the changes.
    The page opens in ``lang`` and switches. ``versions`` are those the runs were made with (those of now unless given).
    The same arguments give the same bytes. Raises ``StoreError`` where a scenario of the runs is not in the study or
    the file cannot be written; returns the path written.
    """
    from simgov.experiment import compare
    from simgov.experiment.store import versions as present_versions

    scenarios = [_scenario(study, plan, label) for label in runs.scenarios]
    comparison = comparison or (compare(runs) if len(scenarios) > 1 else None)
    called = {PLAN_LABEL: say("plan_series" if plan is None or plan.feasible else "closest_series")}
    found = results(runs, scenarios, comparison, study.targets, called)
    detail = breakdown(scenarios, seed=runs.seed, replications=_numbers(runs))
    after = next((one for one in scenarios if plan is not None and one.label == PLAN_LABEL), None)
    page = compose(
        found,
        detail,
        plan=None
        if plan is None
        else plan_section(plan, scenarios[0], after, explanation, study.decisions, study.reforms),
        provenance=_provenance(study, runs, versions or present_versions()),
        fingerprint=runs.results[0].scenario_hash[:12],
        lang=lang,
    )
    return save(path, render(page))


def save(path: str | Path, text: str) -> Path:
    """Write the file whole or not at all, with the folders it needs; into a device, a pipe or a link as it stands."""
    place = Path(path)
    # Renaming a draft over a device or a link would put a plain file in its stead.
    in_place = place.is_symlink() or (place.exists() and not place.is_file())
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        if in_place:
            place.write_text(text, encoding="utf-8", newline="\n")
            return place
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, encoding="utf-8", newline="\n")
        draft.replace(place)
    except OSError as error:
        raise StoreError(f"{place}: the report cannot be written: {error.strerror or error}") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink(missing_ok=True)
    return place


def baseline_of(study: Study, plan: Plan | None) -> Scenario:
    """The baseline; beside a plan its costs are over the horizon of the plan."""
    if plan is None or study.decisions is None:
        return study.baseline
    return replace(study.baseline, horizon=study.decisions.horizon)


def _scenario(study: Study, plan: Plan | None, label: str) -> Scenario:
    if label == study.baseline.label:
        return baseline_of(study, plan)
    try:
        return labelled(study, label, plan)
    except (InputError, ReformError) as error:
        raise StoreError(f"{study.path} has no scenario {label!r} any more, which the run holds") from error


def _numbers(runs: Runs) -> tuple[int, ...]:
    """The replications that every scenario finished, by number."""
    common = set.intersection(*(set(result.replications.tolist()) for result in runs.results))
    return tuple(sorted(common))


def _provenance(study: Study, runs: Runs, versions: Mapping[str, str]) -> list[Fact]:
    libraries = ", ".join(f"{name} {version}" for name, version in versions.items() if name != "simgov")
    facts = [
        Fact(say("replications"), plain(number(runs.replications))),
        Fact(say("confidence"), percent(runs.confidence)),
        Fact(say("seed"), plain(runs.seed)),
        Fact(say("engine"), say(f"engine_{runs.engine}")),
        Fact(say("version"), plain(versions.get("simgov", "–"))),
        Fact(say("libraries"), plain(libraries)),
        Fact(say("scenario_file"), plain("/".join(study.path.parts[-2:]))),
        Fact(say("scenario_hash"), plain(runs.results[0].scenario_hash), code=True),
    ]
    if runs.interrupted:
        facts.insert(1, Fact(say("planned"), plain(number(runs.planned))))
    return facts
