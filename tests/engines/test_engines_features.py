"""Features that a network does not have are compiled out of the event loop, and nothing else."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

from simgov.engines import kernel
from simgov.engines.compiled import run_compiled
from simgov.engines.events import EventTable, same
from simgov.engines.features import EVERY_FEATURE, OFFICES, QUEUES, READY_MADE, Feature, features_of, loop_for
from simgov.engines.replication import simulate
from simgov.network import Network, compile_network
from simgov.study import load
from simgov.workload import Workload, sample

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("name", ["tandem", "district_hall", "provincial_approval"])
def test_a_feature_compiled_in_without_need_changes_nothing(name: str) -> None:
    network, workload = drawn(name)
    needed = features_of(network, workload.column_start)
    assert needed != EVERY_FEATURE
    assert same(run(network, workload, needed), run(network, workload, EVERY_FEATURE)) == []


def test_a_feature_compiled_out_in_spite_of_need_is_missed() -> None:
    network, workload = drawn("district_hall")
    needed = features_of(network, workload.column_start)
    assert needed & Feature.PATIENCE
    assert same(run(network, workload, needed & ~Feature.PATIENCE), run(network, workload, needed)) != []


def test_a_plain_line_of_steps_needs_no_feature() -> None:
    network, workload = drawn("tandem")
    assert features_of(network, workload.column_start) == 0


def test_a_set_of_features_has_one_loop_and_its_closure_holds_plain_booleans_alone() -> None:
    features = int(OFFICES)
    loop = kernel.loop(features)
    assert kernel.loop(features) is loop
    assert {type(cell.cell_contents) for cell in loop.py_func.__closure__} == {bool}


def drawn(name: str) -> tuple[Network, Workload]:
    network = compile_network(load(SCENARIOS / name / "scenario.yaml").baseline)
    horizon = simulate(network, 7, 0).stopped_at
    return network, sample(network, 7, 0, horizon)


def run(network: Network, workload: Workload, features: int) -> EventTable:
    return run_compiled(network, workload, np.zeros(1, np.int64), features)


def test_a_network_runs_in_the_smallest_ready_made_loop_that_has_its_features() -> None:
    assert loop_for(0) == 0
    assert loop_for(int(Feature.RETURNS)) == int(Feature.RETURNS)
    assert loop_for(int(Feature.PATIENCE)) == int(QUEUES)
    assert loop_for(int(Feature.PATIENCE | Feature.OUTSIDE)) == int(OFFICES)
    assert loop_for(EVERY_FEATURE) == EVERY_FEATURE
    assert all(small & ~large == 0 for small, large in itertools.pairwise(READY_MADE))
