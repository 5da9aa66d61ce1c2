"""A run in slices: every case once, and together the table of a run in one piece, to the last bit."""

from __future__ import annotations

import sys
from dataclasses import fields, replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.engines import simulate
from simgov.engines.events import EventTable, same
from simgov.engines.slicing import slices
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario
from simgov.study import load

sys.path.insert(0, str(Path(__file__).parent))
from random_networks import scenarios

SCENARIOS = Path(__file__).parents[2] / "scenarios"

OF_CASES = [field.name for field in fields(EventTable) if field.name.startswith("case_")] + [
    "applied",
    "accepted",
    "decided",
    "left",
    "promise_due",
    "stopped_days",
    "measured",
]
OF_TASKS = ["case", "step", "visit", "pool", "server", "ready", "start", "finish", "work", "outcome"]


@pytest.mark.parametrize("name", ["tandem", "district_hall", "provincial_approval"])
@pytest.mark.parametrize("tasks", [400, 1500])
def test_slices_put_together_are_the_run(name: str, tasks: int) -> None:
    network = compile_network(load(SCENARIOS / name / "scenario.yaml").baseline)
    parts = list(slices(network, 5, 1, tasks=tasks))
    assert len(parts) > 1
    assert same(together(parts), in_order(simulate(network, 5, 1))) == []


@given(scenario=scenarios(), seed=st.integers(0, 2**31), tasks=st.sampled_from((3, 20, 60)))
@settings(max_examples=100, deadline=None, suppress_health_check=list(HealthCheck))
def test_slices_of_any_network_put_together_are_the_run(scenario: Scenario, seed: int, tasks: int) -> None:
    network = compile_network(scenario)
    parts = list(slices(network, seed, 0, tasks=tasks))
    assert same(together(parts), in_order(simulate(network, seed, 0))) == []


def test_a_run_by_cases_in_slices() -> None:
    baseline = load(SCENARIOS / "tandem" / "scenario.yaml").baseline
    network = compile_network(replace(baseline, run=replace(baseline.run, cases=900, warm_up_cases=150)))
    parts = list(slices(network, 5, 1, tasks=400))
    assert len(parts) > 1
    assert same(together(parts), in_order(simulate(network, 5, 1))) == []


def test_the_reference_engine_gives_one_slice() -> None:
    network = short_run()
    (only,) = slices(network, 3, 0, engine="reference")
    assert same(only, simulate(network, 3, 0)) == []


def short_run() -> Network:
    baseline = load(SCENARIOS / "tandem" / "scenario.yaml").baseline
    return compile_network(replace(baseline, run=replace(baseline.run, cases=50, warm_up_cases=0)))


def together(parts: list[EventTable]) -> EventTable:
    """One table of all slices, in order."""
    before = np.cumsum([0, *(len(part.applied) for part in parts)])
    columns = {name: np.concatenate([getattr(part, name) for part in parts]) for name in OF_CASES + OF_TASKS}
    columns["case"] = np.concatenate([part.case + first for part, first in zip(parts, before, strict=False)])
    return in_order(replace(parts[-1], **columns))


def in_order(table: EventTable) -> EventTable:
    """The same with cases in order of service and number, and tasks in order of case, instant, step and visit."""
    cases = np.lexsort((table.case_index, table.case_service))
    place = np.empty(len(cases), np.int64)
    place[cases] = np.arange(len(cases))
    tasks = np.lexsort((table.visit, table.step, table.ready, place[table.case]))
    changed = {name: getattr(table, name)[cases] for name in OF_CASES}
    changed |= {name: getattr(table, name)[tasks] for name in OF_TASKS}
    return replace(table, **changed | {"case": place[table.case][tasks]})
