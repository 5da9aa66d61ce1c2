"""The SimPy reference and the compiled engine give the same event table, to the last bit.

The richest networks run through the loop that has everything, plainer ones through the leaner loops.
"""

from __future__ import annotations

import sys
from functools import partial
from pathlib import Path

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.engines import simulate
from simgov.engines.compiled import run_compiled
from simgov.engines.events import EventTable, same
from simgov.engines.features import EVERY_FEATURE, Feature, features_of
from simgov.engines.replication import replicated
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario
from simgov.workload import sample

sys.path.insert(0, str(Path(__file__).parent))
from plainer import KEPT, only
from random_networks import scenarios

seeds = st.integers(0, 2**31)


@given(scenario=scenarios(), seed=seeds)
@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_return_the_same_table(scenario: Scenario, seed: int) -> None:
    network = compile_network(scenario)
    assert same(compiled(network, seed, EVERY_FEATURE), simulate(network, seed, 0, engine="reference")) == []


@given(scenario=scenarios(), kept=st.sampled_from(KEPT), seed=seeds)
@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_loop_compiled_for_few_features_returns_the_same_table(scenario: Scenario, kept: Feature, seed: int) -> None:
    network = compile_network(only(scenario, kept))
    needed = Feature(features_of(network, sample(network, seed, 0, 0.0).column_start))
    assert needed | kept == kept
    assert same(compiled(network, seed, int(kept)), simulate(network, seed, 0, engine="reference")) == []


@given(scenario=scenarios(), seed=seeds)
@settings(max_examples=12, deadline=None, suppress_health_check=list(HealthCheck))
def test_the_loop_chosen_for_a_network_returns_the_same_table(scenario: Scenario, seed: int) -> None:
    network = compile_network(scenario)
    assert same(simulate(network, seed, 0), simulate(network, seed, 0, engine="reference")) == []


def compiled(network: Network, seed: int, features: int) -> EventTable:
    """The compiled engine's table, by the loop for a given set of features."""
    run = partial(run_compiled, features=features)
    return replicated(run, network, seed, 0, np.zeros(1, np.int64))
