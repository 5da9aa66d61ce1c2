"""What measures that call themselves monotone do on random offices, as far as the optimiser builds on it.

The optimiser takes it that such a measure never makes a target worse by more than the guard band, but for what it
holds possible either way (``Influence``). Times are compared by their paired intervals: what counts is a worsening
that chance does not explain.
"""

from __future__ import annotations

import inspect
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from functools import cache

import numpy as np
import pytest

import simgov
from simgov.errors import ReformError
from simgov.experiment import Runs
from simgov.kpi.targets import Target
from simgov.optimize.goals import Others
from simgov.optimize.guarding import GUARD_BANDS
from simgov.optimize.influence import EITHER, HELPS, NONE
from simgov.optimize.problem import build
from simgov.optimize.schema import Decisions
from simgov.reforms.measure import Measure
from simgov.reforms.measures.data_sharing import DataSharing
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.reform import Reform
from simgov.reforms.registry import MEASURES
from simgov.scenario.value import RunSettings, Scenario
from simgov.study.example import REFORM, example_of
from simgov.units import Duration
from tests.optimize.random_offices import random_office

GUARD_BAND = GUARD_BANDS[Others.NONE]
OFFICES = tuple(range(40))
FLOODED = (4, 5, 16, 22)
"""Offices in which some removal sends more work to a busy department, as 60 replications show."""

A_TIME = 3
"""So many measures are tried in each office."""


def removals(office: Scenario) -> Iterator[Measure]:
    """Every step, and every part of one, that may go."""
    for service in office.services:
        for step in service.steps:
            if not step.decision:
                yield RemoveStep(step=f"{service.id}.{step.id}")
            for part in step.parts:
                yield RemoveStep(step=f"{service.id}.{step.id}.{part.id}")


def fetched(office: Scenario) -> Iterator[Measure]:
    """Every document that may be fetched at once, without fewer corrections."""
    for service in office.services:
        for step in service.steps:
            if step.documents:
                yield DataSharing(step=f"{service.id}.{step.id}", documents=1)


CLAIMANTS: dict[str, Callable[[Scenario], Iterator[Measure]]] = {"remove_step": removals, "data_sharing": fetched}
NEVER = {"intermediary_cleanup"}
"""Kinds that say outright that they are not monotone."""


@dataclass(frozen=True)
class Seen:
    """What one measure does to one KPI: what the optimiser expects, and the relative worsening that is sure."""

    effect: int
    same: bool
    worse: float
    where: str


def sure_worsening(runs: Runs, label: str, kpi: str) -> float:
    """How much larger a KPI is than in the first scenario, at least, relative to it: the lower end of the interval."""
    level = next(row["mean"] for row in runs.summary_rows() if row["kpi"] == kpi)
    moved = simgov.compare(runs).differences
    row = moved[(moved["scenario"] == label) & (moved["kpi"] == kpi)].iloc[0]
    return float((row["mean"] - row["half_width"]) / level)


def watched(office: Scenario) -> list[str]:
    return [f"{service.id}.time.{statistic}" for service in office.services for statistic in ("mean", "p90")]


def expected_effects(office: Scenario, measures: list[Measure], kpi: str) -> list[int]:
    """What the optimiser says each measure does to a KPI, in a search with no other target."""
    reforms = {f"r{place}": Reform(f"r{place}", (measure,)) for place, measure in enumerate(measures)}
    target = Target(kpi, at_most=60.0, unit="min")
    problem = build(office, reforms, [target], Decisions(reforms=tuple(reforms)))
    assert all(option.monotone for option in problem.space.options)
    ((term,),) = problem.terms[0]
    return list(term.effects)


@cache
def seen(kind: str, offices: tuple[int, ...], replications: int) -> list[Seen]:
    """What measures of a kind do on random offices."""
    found: list[Seen] = []
    for seed in offices:
        office = random_office(seed).baseline
        random = np.random.default_rng([seed, 7])
        measures, scenarios = [], [office]
        every = list(CLAIMANTS[kind](office))
        for place in random.permutation(len(every))[:A_TIME]:
            try:
                scenarios.append(replace(every[place].apply(office), label=f"m{len(measures)}"))
            except ReformError:
                continue
            assert every[place].monotone
            measures.append(every[place])
        kpis = watched(office)
        runs = simgov.run(scenarios, kpis=kpis, replications=replications)
        values = runs.kpis.pivot_table(index=["kpi", "replication"], columns="scenario", values="value")
        for kpi in kpis:
            for place, effect in enumerate(expected_effects(office, measures, kpi)):
                label = f"m{place}"
                same = bool((values.loc[kpi][label] == values.loc[kpi]["baseline"]).all())
                where = f"office {seed}, {measures[place]}, {kpi}"
                found.append(Seen(effect, same, sure_worsening(runs, label, kpi), where))
    return found


@pytest.mark.parametrize("kind", list(CLAIMANTS))
def test_what_claims_to_help_never_hurts_beyond_the_guard_band(kind: str) -> None:
    of_kind = seen(kind, OFFICES, 6)
    assert [one.where for one in of_kind if one.effect == NONE and not one.same] == [], "to the last bit"
    assert [one.where for one in of_kind if one.effect == HELPS and one.worse > GUARD_BAND] == []
    assert Counter(one.effect for one in of_kind)[HELPS] > 250
    if kind == "data_sharing":
        assert all(one.same for one in of_kind), "a document less to hand in takes no time away"


def test_what_may_hurt_is_held_possible_either_way() -> None:
    """The same check fails where the optimiser does not build on it: a queue relieved upstream floods those below."""
    hurt = [one for one in seen("remove_step", FLOODED, 60) if one.worse > GUARD_BAND]
    assert len(hurt) >= 3
    assert {one.effect for one in hurt} == {EITHER}


def test_every_kind_that_says_something_of_monotonicity_is_looked_at() -> None:
    own = set()
    for key, kind in MEASURES.items():
        module = sys.modules[kind.read.__module__]
        for _, one in inspect.getmembers(module, inspect.isclass):
            is_own = one.__module__ == module.__name__ and issubclass(one, Measure)
            if is_own and one.monotone is not Measure.monotone:
                own.add(key)
    assert own == set(CLAIMANTS) | NEVER


def test_kinds_that_do_not_claim_it_are_found_out() -> None:
    """On the example office, by the same check: many kinds make some service slower, none that claims not to."""
    office = example_of(MEASURES["staff"]).baseline
    run = RunSettings(start=office.run.start, period=Duration(10.0, "workday"), replications=5, seed=2)
    scenarios, claims = [replace(office, run=run)], {}
    for key, kind in MEASURES.items():
        study = example_of(kind)
        scenarios.append(replace(study.reform(REFORM), run=run, label=key))
        claims[key] = study.reforms[REFORM].monotone
    kpis = watched(office)
    runs = simgov.run(scenarios, kpis=kpis)
    levels = {row["kpi"]: row["mean"] for row in runs.summary_rows() if row["scenario"] == office.label}
    moved = simgov.compare(runs).differences
    sure = (moved["mean"] - moved["half_width"]) / moved["kpi"].map(levels)
    slower = set(moved["scenario"][sure > GUARD_BAND])
    assert {"pool_windows", "outposts"} <= slower, "the check finds what is known to make others wait"
    assert len(slower) >= 10
    assert [key for key in slower if claims[key]] == []
