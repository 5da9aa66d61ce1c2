"""The work that an executor is given: some replications of some scenarios, drawn, run and measured in one place.

Everything here is picklable, so that processes and clusters take it as well as threads. Nothing depends on which
replications stand in one batch.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

from simgov.arrays import Booleans, Floats, Integers
from simgov.engines import Stopped, is_long, simulate, slices
from simgov.experiment.runs import Failure
from simgov.kpi import Kpi, Measured, Sample, measure, measure_slices
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario

Quantity = tuple[str, str, str]
"""What a sample is of (scope, quantity, owner): the P90 and the P95 of a time share one."""


@dataclass(frozen=True, eq=False)
class Replication:
    """One scenario in one replication: its KPIs in order, and the samples behind those that are quantiles."""

    values: Floats
    lower_bound: Booleans
    samples: Mapping[Quantity, Sample]


@dataclass(frozen=True, eq=False)
class Finished:
    """A replication in every scenario: its results, a ``Failure`` in the place of one that could not be run."""

    replication: int
    results: tuple[Replication | Failure, ...]


@dataclass(frozen=True, eq=False)
class Batch:
    """What a batch finished, in order, and how many seconds that took."""

    finished: tuple[Finished, ...]
    seconds: float


def run_batch(
    scenarios: Sequence[Scenario],
    seed: int,
    replications: Sequence[int],
    engine: str,
    names: Sequence[str] | None,
    stop: Integers | None,
) -> Batch:
    """Run these replications of all scenarios; as many as were finished when ``stop`` was set."""
    began = time.perf_counter()
    networks = [network_of(scenario) for scenario in scenarios]
    finished: list[Finished] = []
    for replication in replications:
        try:
            results = tuple(one_replication(network, seed, replication, engine, names, stop) for network in networks)
        except Stopped:
            break
        finished.append(Finished(replication, results))
    return Batch(tuple(finished), time.perf_counter() - began)


def one_replication(
    network: Network, seed: int, replication: int, engine: str, names: Sequence[str] | None, stop: Integers | None
) -> Replication | Failure:
    """Draw, run and measure one replication; a ``Failure`` where that raises. ``Stopped`` passes through."""
    try:
        measured = _measured(network, seed, replication, engine, names, stop)
    except Stopped:
        raise
    except Exception as error:
        return Failure(network.scenario.label, replication, f"{type(error).__name__}: {error}")
    return Replication(measured.values, measured.lower_bound, quantile_samples(measured.kpis, measured.samples))


def _measured(
    network: Network, seed: int, replication: int, engine: str, names: Sequence[str] | None, stop: Integers | None
) -> Measured:
    """One replication measured, in slices where it is long, so that memory does not grow with it."""
    if is_long(network):
        return measure_slices(network, slices(network, seed, replication, engine, stop), names)
    return measure(network, simulate(network, seed, replication, engine, stop), names)


def quantile_samples(kpis: Sequence[Kpi], samples: Mapping[str, Sample]) -> dict[Quantity, Sample]:
    """The samples behind quantiles, each once."""
    return {kpi.quantity: samples[kpi.name] for kpi in kpis if kpi.kind == "quantile"}


@lru_cache(maxsize=32)
def network_of(scenario: Scenario) -> Network:
    """The compiled scenario, kept for the next batch."""
    return compile_network(scenario)
