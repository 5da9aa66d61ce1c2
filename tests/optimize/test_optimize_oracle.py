"""The engine against the tests' own simulator of stations in a row, fed with the engine's arrivals and work."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from simgov.engines import simulate
from simgov.network import compile_network
from simgov.scenario.value import staffed
from simgov.study import load
from tests.optimize.tandem_oracle import _station

TANDEM = Path(__file__).parents[2] / "scenarios" / "tandem" / "scenario.yaml"


@pytest.mark.parametrize("posts", [(5, 5, 4, 5), (4, 7, 3, 6), (6, 5, 4, 8)])
@pytest.mark.parametrize("lean", [False, True])
def test_engine_and_recursion_agree(posts: tuple[int, ...], lean: bool) -> None:
    study = load(TANDEM)
    scenario = study.reform("lean") if lean else study.baseline
    pools = tuple(staffed(pool, count) for pool, count in zip(scenario.pools, posts, strict=True))
    network = compile_network(replace(scenario, pools=pools))
    for replication in range(3):
        events = simulate(network, 11, replication)
        cases = len(events.applied)
        work = np.zeros((4, cases))
        seen = ~np.isnan(events.work)
        work[events.step[seen], events.case[seen]] = events.work[seen]
        at = events.applied[None, :]
        for station, servers in enumerate(posts):
            at = _station(at, work[station][None, :], servers, 1.0)
        measured = events.measured
        assert measured.sum() == 500
        # Those who come last have not passed every station when the run stops, and their work there is not recorded.
        assert at[0][measured] == pytest.approx(events.decided[measured], rel=1e-12)
