"""Logs read back: what was simulated happens again, instant by instant; what a log does not say is drawn."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import simgov
from simgov.engines import simulate
from simgov.engines.events import EventTable, same
from simgov.logs import write_log
from simgov.network import compile_network
from simgov.scenario.eventlog import read_eventlog
from simgov.scenario.replay import Office, Replay
from simgov.scenario.value import Scenario

sys.path.insert(0, str(Path(__file__).parents[1] / "equivalence"))
from random_networks import scenarios

EXAMPLES = int(os.environ.get("SIMGOV_EXAMPLES", "100"))
NANOSECOND = 1 / 6e10


@pytest.fixture
def written(office: Scenario, tmp_path: Path) -> str:
    """The file of the office."""
    return (tmp_path / "office.yaml").read_text(encoding="utf-8")


def replaying(folder: Path, log: str, text: str) -> Scenario:
    """The office with every service replayed from ``log``."""
    import json

    data = YAML(typ="safe", pure=True).load(text)
    for service in data["services"].values():
        for key in ("arrivals", "backlog"):
            service.pop(key, None)
        service["replay"] = log
    data["run"]["start"] = str(data["run"]["start"])
    path = folder / "replay.yaml"
    path.write_text(json.dumps(data), encoding="utf-8")
    return simgov.load(path).baseline


def table(scenario: Scenario, engine: str = "compiled") -> EventTable:
    return simulate(compile_network(scenario), scenario.run.seed, 0, engine)


def assert_alike(before: EventTable, after: EventTable) -> None:
    """The same rows, with instants as close as the log has them: a nanosecond, and a few more after returns."""
    for column in ("case", "step", "visit", "pool", "server", "outcome", "case_service", "case_outcome", "case_index"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    for column in ("case_group", "case_channel", "stopped_days"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    for column in ("ready", "start", "finish", "work", "applied", "accepted", "decided", "left", "promise_due"):
        one, other = getattr(before, column), getattr(after, column)
        assert np.array_equal(np.isnan(one), np.isnan(other)), column
        known = ~np.isnan(one)
        assert np.abs(one[known] - other[known]).max(initial=0.0) < 20 * NANOSECOND, column


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".xes", ".xes.gz"])
def test_what_was_simulated_happens_again(office: Scenario, written: str, tmp_path: Path, suffix: str) -> None:
    simgov.log(office, tmp_path / f"log{suffix}")
    again = replaying(tmp_path, f"log{suffix}", written)
    assert_alike(table(office), table(again))
    assert same(table(again), table(again, "reference")) == []


@given(scenario=scenarios(), seed=st.integers(0, 2**31), suffix=st.sampled_from([".csv", ".xes"]))
@settings(max_examples=EXAMPLES, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_offices_happen_again(
    scenario: Scenario, seed: int, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scenario = replace(
        scenario, phases=(), services=tuple(replace(service, appointments=None) for service in scenario.services)
    )
    network = compile_network(scenario)
    before = simulate(network, seed, 0)
    assume(len(np.unique(before.case)) == len(before.applied) > 0)  # a case without any task leaves no trace in a log
    folder = tmp_path_factory.mktemp("random")
    write_log(network, (before,), folder / f"log{suffix}")
    log = read_eventlog(folder, f"log{suffix}", (), {})
    office = Office(scenario.calendar, {pool.id: pool for pool in scenario.pools}, scenario.run.start)
    services = []
    for service in scenario.services:
        replay = Replay(log, service, office, {}, ignores_others=False)
        recorded = replay.recorded(suffix)
        assume(recorded is not None)
        services.append(replace(service, arrivals=recorded, backlog=()))
    after = simulate(compile_network(replace(scenario, services=tuple(services))), seed, 0)
    assert_alike(before, after)
