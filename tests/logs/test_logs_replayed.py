"""Logs read back: what was simulated happens again, instant by instant; what a log does not say is drawn."""

from __future__ import annotations

import os
import sys
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from ruamel.yaml import YAML

import simgov
from simgov.calendars import Calendar
from simgov.engines import simulate
from simgov.engines.events import EventTable, same
from simgov.engines.slicing import slices
from simgov.logs import write_log
from simgov.network import compile_network
from simgov.scenario.eventlog import read_eventlog
from simgov.scenario.replay import Office, Replay
from simgov.scenario.value import Pool, Returns, Scenario, Service, Step
from simgov.units import Duration

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
    rows = [np.lexsort((np.arange(len(one.case)), one.visit, one.step, one.case)) for one in (before, after)]
    for column in ("case", "step", "visit", "pool", "server", "outcome"):
        assert np.array_equal(getattr(before, column)[rows[0]], getattr(after, column)[rows[1]]), column
    for column in ("case_service", "case_outcome", "case_index"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    for column in ("case_group", "case_channel", "stopped_days"):
        assert np.array_equal(getattr(before, column), getattr(after, column)), column
    for column in ("ready", "start", "finish", "work", "applied", "accepted", "decided", "left", "promise_due"):
        one, other = getattr(before, column), getattr(after, column)
        if len(one) == len(rows[0]) and column in ("ready", "start", "finish", "work"):
            one, other = one[rows[0]], other[rows[1]]
        assert np.array_equal(np.isnan(one), np.isnan(other)), column
        known = ~np.isnan(one)
        assert np.abs(one[known] - other[known]).max(initial=0.0) < 20 * NANOSECOND, column


@pytest.mark.parametrize("suffix", [".csv", ".csv.gz", ".xes", ".xes.gz"])
def test_what_was_simulated_happens_again(office: Scenario, written: str, tmp_path: Path, suffix: str) -> None:
    simgov.log(office, tmp_path / f"log{suffix}")
    again = replaying(tmp_path, f"log{suffix}", written)
    assert_alike(table(office), table(again))
    assert same(table(again), table(again, "reference")) == []


def test_a_reform_that_holds_from_a_date_is_in_the_log_and_meets_the_same_people(written: str, tmp_path: Path) -> None:
    phased = written + "reforms: {fast: [{automate: {step: question.answer, share: 0 %, harder: 100 %}}]}\n"
    phased += "phases: [{from: 2026-01-06, reform: fast}]\n"
    (tmp_path / "phased.yaml").write_text(phased, encoding="utf-8")
    before = simgov.load(tmp_path / "phased.yaml").baseline
    simgov.log(before, tmp_path / "log.csv")
    again = replaying(tmp_path, "log.csv", written)
    events, replayed = simgov.events(before), simgov.events(again)
    answers = events["step"] == "answer"
    assert set(events.loc[answers, "work"].dropna()) == {5.0, 10.0}
    assert events["finish"].dropna().to_numpy() == pytest.approx(replayed["finish"].dropna().to_numpy(), abs=1e-8)


def test_slices_of_a_replay_are_its_table(office: Scenario, written: str, tmp_path: Path) -> None:
    simgov.log(office, tmp_path / "log.csv")
    again = replaying(tmp_path, "log.csv", written)
    whole = table(again)
    parts = list(slices(compile_network(again), again.run.seed, 0, tasks=40))
    assert len(parts) > 2
    for column in ("start", "finish", "work"):
        together = np.concatenate([getattr(part, column) for part in parts])
        assert np.array_equal(np.sort(together), np.sort(getattr(whole, column)), equal_nan=True)


def test_a_log_that_is_not_whole_or_not_text_is_told(office: Scenario, written: str, tmp_path: Path) -> None:
    content = simgov.log(office, tmp_path / "log.csv.gz").file.read_bytes()
    for name, damaged, message in (
        ("half.csv.gz", content[: len(content) // 2], "is not a whole gzip file"),
        ("not.csv.gz", b"case_id,activity,end_time\n", "is not a whole gzip file"),
        ("odd.csv", b"case_id,activity,end_time\n1,a\xff\xff,2026-01-05\n", "neither UTF-8 nor GBK"),
        ("empty.csv", b"case_id,activity,end_time\n", "the log has no events"),
    ):
        (tmp_path / name).write_bytes(damaged)
        with pytest.raises(simgov.InputError, match=message):
            replaying(tmp_path, name, written)


IN_A_LOG = {
    Scenario: ("name", "calendar", "pools", "services", "run"),
    Calendar: ("week", "country", "closed", "extra", "always"),
    Pool: (
        "id", "name", "kind", "shifts", "always", "at_closing", "waiting_at_closing", "sent_home", "doors",
        "before_opening",
    ),
    Service: (
        "id", "name", "steps", "arrivals", "patience", "priority", "promise", "groups", "channels", "backlog",
        "matters",
    ),
    Step: (
        "id", "name", "stream", "at", "time", "after", "choose", "share", "returns", "parts", "slowdown", "in_person",
        "accepted", "decision", "collected", "special", "documents", "priority",
    ),
    Returns: ("share", "to", "delay", "limit"),
}  # fmt: skip
"""What a log says enough of for a run to happen again; the rest of a scenario is left at what it is by default."""


def in_a_log(value: Any) -> Any:
    """A scenario, or a part of one, with only what a log can tell."""
    if isinstance(value, tuple):
        return tuple(in_a_log(one) for one in value)
    if type(value) not in IN_A_LOG:
        return value
    return type(value)(**{name: in_a_log(getattr(value, name)) for name in IN_A_LOG[type(value)]})


def whose_way_is_told(scenario: Scenario) -> Scenario:
    """The office over a period of days, where what is not in the log did not happen: nothing is left to be drawn."""

    def told(step: Step, service: Service) -> Step:
        lost = step.returns is not None and service.step(step.returns.to).share == 0.0
        returns = None if lost else step.returns
        if returns is not None and service.step(returns.to).in_person:
            returns = replace(returns, delay=None)  # the log has when the doors let them in, not when they came
        return replace(step, choose=(), share=1.0 if step.share > 0.0 else 0.0, returns=returns)

    services = tuple(
        replace(service, steps=tuple(told(step, service) for step in service.steps)) for service in scenario.services
    )
    run = replace(scenario.run, cases=None, warm_up_cases=0, period=scenario.run.period or Duration(2.0, "workday"))
    return replace(scenario, services=services, run=run)


@given(scenario=scenarios(), seed=st.integers(0, 2**31), suffix=st.sampled_from([".csv", ".xes"]))
@settings(max_examples=EXAMPLES, derandomize=True, deadline=None, suppress_health_check=list(HealthCheck))
def test_random_offices_happen_again(
    scenario: Scenario, seed: int, suffix: str, tmp_path_factory: pytest.TempPathFactory
) -> None:
    scenario = whose_way_is_told(in_a_log(scenario))
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
