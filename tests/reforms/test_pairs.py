"""Every kind of measure before every other, on the example office: refused with a message, or a sound scenario."""

from __future__ import annotations

import itertools
from collections import Counter
from dataclasses import replace
from functools import cache

import pytest

import simgov
from simgov.reforms.measure import Measure
from simgov.reforms.refusal import Refusal
from simgov.reforms.registry import MEASURES
from simgov.scenario.checks import scenario_problems
from simgov.scenario.differences import differences
from simgov.scenario.value import RunSettings, Scenario
from simgov.study import Study
from simgov.study.example import REFORM, example_of
from simgov.units import Duration

KINDS = tuple(MEASURES)
SHORT = RunSettings(period=Duration(1.0, "workday"), cap=Duration(3 * 1440.0), replications=3, seed=11)
SIMULATED = 8
"""So many pairs are simulated, spread evenly over all that may be composed."""


@cache
def example(key: str) -> tuple[Measure, ...]:
    """The measures of the kind's example."""
    return found(key).reforms[REFORM].measures


@cache
def found(key: str) -> Study:
    return example_of(MEASURES[key])


@cache
def office() -> Scenario:
    return found(KINDS[0]).baseline


@cache
def after(*keys: str) -> Scenario | Refusal:
    """The office after the examples of these kinds, one after the other, or the refusal of the last."""
    before = office() if len(keys) == 1 else after(*keys[:-1])
    assert isinstance(before, Scenario), f"the example of {keys[0]} is refused"
    try:
        for measure in example(keys[-1]):
            before = measure.apply(before)
    except Refusal as refusal:
        return refusal
    return before


def pairs() -> list[tuple[str, str]]:
    return list(itertools.permutations(KINDS, 2))


@pytest.mark.parametrize("first", KINDS)
def test_after_each_kind_every_other_is_refused_or_leaves_a_sound_scenario(first: str) -> None:
    alone = after(first)
    assert isinstance(alone, Scenario)
    for second in KINDS:
        both = after(first, second)
        if isinstance(both, Refusal):
            assert both.message, (first, second)
            assert "Traceback" not in str(both)
            continue
        faults = [problem for problem in scenario_problems(both) if not problem.warning]
        assert faults == [], (first, second)
        for lang in ("en", "zh"):
            lines = [difference.text(lang) for difference in differences(office(), both)]
            assert lines, (first, second)
            assert all(lines)


@pytest.mark.parametrize("second", KINDS)
def test_what_nobody_takes_up_changes_nothing_for_what_follows(second: str) -> None:
    """Bit by bit, before and after every other kind."""
    alone = after(second)
    for first in KINDS:
        nobody = [replace(measure, uptake=0.0) for measure in example(first)]
        scenario = office()
        for measure in (*nobody, *example(second)):
            scenario = measure.apply(scenario)
        assert scenario == alone, (first, second)
        assert isinstance(alone, Scenario)
        for measure in nobody:
            scenario = measure.apply(scenario)
        assert scenario == alone, (second, first)


def test_few_pairs_are_refused_and_each_says_why() -> None:
    """Most kinds compose in either order; those that do not act on what the first took away or changed."""
    refused = {pair: str(made) for pair in pairs() if isinstance(made := after(*pair), Refusal)}
    assert len(refused) < len(pairs()) / 8
    by_second = Counter(second for _, second in refused)
    assert max(by_second.values(), default=0) < len(KINDS) / 2, "a kind that hardly ever follows another"


def test_pairs_run() -> None:
    """A sample of composed offices is simulated together: in no replication does one fail."""
    composed = [pair for pair in pairs() if isinstance(after(*pair), Scenario)]
    chosen = composed[:: max(1, len(composed) // SIMULATED)]
    scenarios = []
    for pair in chosen:
        made = after(*pair)
        assert isinstance(made, Scenario)
        run = replace(SHORT, start=made.run.start)
        scenarios.append(replace(made, run=run, label=" ".join(pair)))
    runs = simgov.run(scenarios, kpis=["cost"], engine="reference")  # nothing to compile for each
    assert runs.replications == 3
    assert set(runs.scenarios) == {" ".join(pair) for pair in chosen}
