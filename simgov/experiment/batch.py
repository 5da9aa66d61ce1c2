"""The work that an executor is given: some replications of some scenarios, drawn, run and measured in one place.

Everything here is picklable, so that processes and clusters take it as well as threads. Nothing depends on which
replications stand in one batch.
"""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.chance import drawn_network
from simgov.engines import Stopped, is_long, simulate, slices
from simgov.experiment.controls import Controls, counted
from simgov.experiment.runs import Failure
from simgov.kpi import Kpi, Measured, Sample, measure, measure_slices
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario

Quantity = tuple[str, str, str]
"""What a sample is of (scope, quantity, owner): the P90 and the P95 of a time share one."""


@dataclass(frozen=True, eq=False)
class Replication:
    """One scenario in one replication: its KPIs in order, the samples behind those that are quantiles, and the controls
    where they were asked for (float64[P])."""

    values: Floats
    lower_bound: Booleans
    samples: Mapping[Quantity, Sample]
    controls: Floats | None = None


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
    controls: bool = False,
) -> Batch:
    """Run these replications of all scenarios; as many as were finished when ``stop`` was set."""
    began = time.perf_counter()
    networks = [network_of(scenario) for scenario in scenarios]
    finished: list[Finished] = []
    for replication in replications:
        try:
            results = tuple(
                one_replication(network, seed, replication, engine, names, stop, controls) for network in networks
            )
        except Stopped:
            break
        finished.append(Finished(replication, results))
    return Batch(tuple(finished), time.perf_counter() - began)


def one_replication(
    network: Network,
    seed: int,
    replication: int,
    engine: str,
    names: Sequence[str] | None,
    stop: Integers | None,
    controls: bool = False,
) -> Replication | Failure:
    """Draw, run and measure one replication; a ``Failure`` where that raises. ``Stopped`` passes through.

    The KPIs, and the pools of the controls, are those of ``network``, also where chance makes another one of it.
    """
    try:
        own = drawn_network(network, seed, replication)
        excess = Controls(own, seed, replication) if controls else None
        measured = _measured(network, own, seed, replication, engine, names, stop, excess)
    except Stopped:
        raise
    except Exception as error:
        return Failure(network.scenario.label, replication, f"{type(error).__name__}: {error}")
    samples = quantile_samples(measured.kpis, measured.samples)
    by_pool = None if excess is None else dict(zip(own.pools, excess.result(), strict=True))
    found = None if by_pool is None else np.array([by_pool.get(pool, 0.0) for pool in network.pools])
    return Replication(measured.values, measured.lower_bound, samples, found)


def _measured(
    planned: Network,
    network: Network,
    seed: int,
    replication: int,
    engine: str,
    names: Sequence[str] | None,
    stop: Integers | None,
    controls: Controls | None,
) -> Measured:
    """One replication measured, in slices where it is long, so that memory does not grow with it."""
    if is_long(network):
        tables = slices(network, seed, replication, engine, stop)
        return measure_slices(network, tables if controls is None else counted(tables, controls), names, planned)
    events = simulate(network, seed, replication, engine, stop)
    if controls is not None:
        controls.add(events)
    return measure(network, events, names, planned)


def quantile_samples(kpis: Sequence[Kpi], samples: Mapping[str, Sample]) -> dict[Quantity, Sample]:
    """The samples behind quantiles, each once."""
    return {kpi.quantity: samples[kpi.name] for kpi in kpis if kpi.kind == "quantile"}


@lru_cache(maxsize=32)
def network_of(scenario: Scenario) -> Network:
    """The compiled scenario, kept for the next batch."""
    return compile_network(scenario)
