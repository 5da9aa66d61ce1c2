"""The SimPy reference and the compiled engine give the same event table, to the last bit."""

from __future__ import annotations

import sys
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from simgov.engines import simulate
from simgov.engines.events import same
from simgov.network import compile_network
from simgov.scenario.value import Scenario

sys.path.insert(0, str(Path(__file__).parent))
from random_networks import scenarios


@given(scenario=scenarios(), seed=st.integers(0, 2**31))
@settings(max_examples=300, deadline=None, suppress_health_check=list(HealthCheck))
def test_both_engines_return_the_same_table(scenario: Scenario, seed: int) -> None:
    network = compile_network(scenario)
    compiled = simulate(network, seed, 0, engine="compiled")
    reference = simulate(network, seed, 0, engine="reference")
    assert same(compiled, reference) == []
