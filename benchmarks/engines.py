"""The engines against each other.

A rate is tasks (visits of a case to a step) per CPU second of one thread, from the seed to every KPI: drawing the
workload, running it and measuring are all inside. Both sides are warm, take turns A B A B, and their medians are
compared. Every replication has a seed of its own, so that nothing is found in a cache.
"""

from __future__ import annotations

import itertools
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

import numpy as np

from simgov.engines import simulate
from simgov.engines.compiled import run_compiled
from simgov.kpi import measure
from simgov.network import Network, compile_network
from simgov.study import load
from simgov.workload import sample

ROUNDS = 7
SCENARIOS = Path(__file__).parents[1] / "scenarios"
ENGINES = {"provincial_approval": (40, 1), "tandem": (200, 5), "district_hall": (30, 1)}
"""Scenarios, and how many replications the compiled and the reference engine run in each turn."""

_seeds = itertools.count(1)


def measured() -> dict[str, object]:
    """All figures of one run, by name."""
    return {
        "rounds": ROUNDS,
        "engines": {name: compared(network_of(name), *turns) for name, turns in ENGINES.items()},
        "stages": {name: stages(network_of(name)) for name in ENGINES},
    }


def network_of(name: str) -> Network:
    """The baseline of a shipped scenario, compiled."""
    return compile_network(load(SCENARIOS / name / "scenario.yaml").baseline)


def compared(network: Network, compiled: int, reference: int) -> dict[str, object]:
    """Rates of both engines, round by round, their medians and the ratio of these."""
    rates = in_turns(
        lambda: rate(network, "compiled", compiled),
        lambda: rate(network, "reference", reference),
    )
    return {"compiled": rates[0], "reference": rates[1], **ratio(*rates)}


def rate(network: Network, engine: str, replications: int) -> float:
    """Tasks per CPU second."""
    tasks, began = 0, time.process_time()
    for _ in range(replications):
        events = simulate(network, next(_seeds), 0, engine=engine)
        measure(network, events)
        tasks += len(events.case)
    return tasks / (time.process_time() - began)


def in_turns(first: Callable[[], float], second: Callable[[], float]) -> tuple[list[float], list[float]]:
    """Both once to warm up, then in turns."""
    first(), second()
    turns = [(first(), second()) for _ in range(ROUNDS)]
    return [one for one, _ in turns], [other for _, other in turns]


def ratio(ours: list[float], theirs: list[float]) -> dict[str, float]:
    """The medians, and the first over the second."""
    return {"median": median(ours), "median_against": median(theirs), "ratio": median(ours) / median(theirs)}


def stages(network: Network) -> dict[str, float]:
    """CPU milliseconds of a replication by the compiled engine: drawing up to where it stops, running, measuring."""
    spent: dict[str, list[float]] = {"drawing": [], "running": [], "measuring": []}
    for seed in itertools.islice(_seeds, 40):
        horizon = simulate(network, seed, 0).stopped_at
        began = time.process_time()
        workload = sample(network, seed, 0, horizon)
        drawn = time.process_time()
        events = run_compiled(network, workload, np.zeros(1, np.int64))
        run = time.process_time()
        measure(network, events)
        for name, seconds in zip(spent, (drawn - began, run - drawn, time.process_time() - run), strict=True):
            spent[name].append(1000.0 * seconds)
    return {name: median(times) for name, times in spent.items()}
