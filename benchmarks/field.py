"""simgov beside SimPy, Ciw and plain Python, on the cases of ``models``, in one run.

A rate is visits (of a customer to a station) per CPU second of one thread, warm, from the seed to the results: of
simgov with every draw, the whole event table and every KPI, of the others with what their model keeps. All take turns;
every turn has a seed of its own. The mean time of a customer is compared, so that the models are known to be the same.
"""

from __future__ import annotations

import itertools
import math
import os
import time
from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from statistics import fmean, median, stdev

import numpy as np

from benchmarks.models import REWORK, SINGLE, TANDEM, Line, line, rich
from benchmarks.peers import by_ciw, by_heapq, by_simpy, rich_simpy
from simgov.engines import simulate
from simgov.engines.compiled import run_compiled
from simgov.kpi import measure
from simgov.network import Network
from simgov.workload import sample

ROUNDS = 7
CUSTOMERS = 200_000
RICH_DAYS = 40
SHORT, DAYS = 2_000, 1_000
"""Case d: customers of a day, and days."""

DIFFERENT = 4.5
"""Standard errors by which the means of two models that are the same never differ."""

Turn = Callable[[int], tuple[int, float]]
"""From a seed: visits, and the mean time of a customer."""

_seeds = itertools.count(1)


@dataclass(frozen=True)
class Contender:
    """A model in one tool, and how often its turn is made for one of the slowest."""

    turn: Turn
    times: int = 1


def measured() -> dict[str, object]:
    """All figures of one run, by name."""
    return {
        "rounds": ROUNDS,
        "cases": {name: compared(contenders) for name, contenders in cases().items()},
        "short": {"customers": SHORT, "days": DAYS, **short_runs()},
        "threads": threads(),
    }


def cases() -> dict[str, Mapping[str, Contender]]:
    """The contenders of each case, all with as many customers: from an empty start, means depend on that."""
    return {
        "a": lines(SINGLE, CUSTOMERS),
        "b": lines(TANDEM, CUSTOMERS // 6),
        "c": lines(REWORK, CUSTOMERS // 6),
        "e": {
            "simgov": Contender(ours(rich(RICH_DAYS)), 3),
            "SimPy": Contender(lambda seed: rich_simpy.hall(RICH_DAYS, seed)),
        },
    }


def lines(model: Line, customers: int) -> Mapping[str, Contender]:
    """A line in every tool."""
    return {
        "simgov": Contender(ours(line(model, customers)), 4),
        "SimPy": Contender(lambda seed: by_simpy.line(model, customers, seed)),
        "Ciw": Contender(lambda seed: by_ciw.line(model, customers, seed)),
        "heapq": Contender(lambda seed: by_heapq.line(model, customers, seed)),
    }


def ours(network: Network) -> Turn:
    """Draw, run and measure everything."""

    def turn(seed: int) -> tuple[int, float]:
        events = simulate(network, seed, 0)
        return len(events.case), float(measure(network, events).values[0])

    return turn


def compared(contenders: Mapping[str, Contender]) -> dict[str, object]:
    """Rates in turns, their medians, ratios of simgov's to each, and the mean times."""
    rates: dict[str, list[float]] = {name: [] for name in contenders}
    means: dict[str, list[float]] = {name: [] for name in contenders}
    for number in range(ROUNDS + 1):  # the first turn only warms up
        for name, contender in contenders.items():
            visits, began = 0, time.process_time()
            for _ in range(contender.times):
                made, mean = contender.turn(next(_seeds))
                visits += made
                means[name].append(mean)
            if number:
                rates[name].append(visits / (time.process_time() - began))
    for name in contenders:
        hold_equal(name, means["simgov"], means[name])
    middle = {name: median(found) for name, found in rates.items()}
    return {
        "rates": rates,
        "median": middle,
        "ratio": {name: middle["simgov"] / rate for name, rate in middle.items() if name != "simgov"},
        "mean_time": {name: fmean(found) for name, found in means.items()},
    }


def hold_equal(name: str, first: list[float], second: list[float]) -> None:
    """Raise where the means of two tools differ by more than chance would have it."""
    error = math.sqrt(stdev(first) ** 2 / len(first) + stdev(second) ** 2 / len(second))
    if abs(fmean(first) - fmean(second)) > DIFFERENT * error:
        raise AssertionError(f"{name} simulates another model: {fmean(second):.4f}, not {fmean(first):.4f}")


def short_runs() -> dict[str, object]:
    """CPU seconds of ``DAYS`` replications of ``SHORT`` customers of case a; those of the slow are scaled up."""
    network = line(SINGLE, SHORT)
    contenders = {
        "simgov": Contender(ours(network), 250),
        "SimPy": Contender(lambda seed: by_simpy.line(SINGLE, SHORT, seed), 10),
        "Ciw": Contender(lambda seed: by_ciw.line(SINGLE, SHORT, seed), 5),
        "heapq": Contender(lambda seed: by_heapq.line(SINGLE, SHORT, seed), 50),
    }
    seconds: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(ROUNDS):
        for name, contender in contenders.items():
            began = time.process_time()
            for _ in range(contender.times):
                contender.turn(next(_seeds))
            seconds[name].append((time.process_time() - began) * DAYS / contender.times)
    middle = {name: median(found) for name, found in seconds.items()}
    ratio = {name: spent / middle["simgov"] for name, spent in middle.items() if name != "simgov"}
    return {"seconds": seconds, "median": middle, "ratio": ratio}


def threads() -> dict[str, object]:
    """How much more two threads get done than one, by the wall clock: the engine alone, and the whole of a run.

    ``others`` is how many other processes wanted a core meanwhile; with them the threads share the cores.
    """
    network = line(REWORK, CUSTOMERS // 6)
    workloads = [sample(network, next(_seeds), 0, simulate(network, 1, 0).stopped_at * 1.1) for _ in range(2)]
    stop, whole = np.zeros(1, np.int64), ours(network)

    def engine(number: int) -> None:
        run_compiled(network, workloads[number % 2], stop)

    def run(number: int) -> None:
        whole(1_000_000 + number)

    gains = {"engine": gain(engine), "whole": gain(run)}
    return {"others": max(0.0, os.getloadavg()[0] - 2.0), **gains}


def gain(work: Callable[[int], None]) -> list[float]:
    """The wall clock of one thread over that of two, round by round."""
    gains, pieces = [], 8
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(work, range(2)))
        for _ in range(ROUNDS):
            began = time.perf_counter()
            for number in range(pieces):
                work(number)
            one = time.perf_counter() - began
            began = time.perf_counter()
            list(pool.map(work, range(pieces)))
            gains.append(one / (time.perf_counter() - began))
    return gains
