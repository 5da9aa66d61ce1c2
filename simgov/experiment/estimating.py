"""``estimate``: a few KPIs of one scenario, as fast as can be: what the optimiser asks for, again and again."""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Executor, ThreadPoolExecutor

import numpy as np

from simgov.arrays import Integers
from simgov.engines import Stopped
from simgov.errors import ReplicationError
from simgov.experiment.batch import Replication, one_replication
from simgov.experiment.runs import Failure
from simgov.kpi import Estimate, find
from simgov.kpi.statistics import mean_estimate, pooled_quantile
from simgov.kpi.table import PERCENT
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario


def estimate(
    scenario: Scenario,
    kpi_names: Sequence[str],
    replications: int,
    seed: int,
    first_replication: int = 0,
    executor: Executor | None = None,
    stop: Integers | None = None,
) -> dict[str, Estimate]:
    """Each KPI over replications ``first_replication`` to ``first_replication + replications - 1``.

    Means are over replications, quantiles are pooled. The work is done here, or in threads or processes of
    ``executor``; the result is the same. Raises ``engines.Stopped`` when ``stop`` (int64[1]) becomes non-zero, and
    ``ReplicationError`` when a replication fails.
    """
    names = tuple(kpi_names)
    kpis = [find(scenario, name) for name in names]
    results = _results(
        scenario, names, range(first_replication, first_replication + replications), seed, executor, stop
    )
    values = np.array([result.values for result in results]).reshape(-1, len(kpis))
    bounds = np.array([result.lower_bound for result in results], np.bool_).reshape(-1, len(kpis))
    estimates = {}
    for k, kpi in enumerate(kpis):
        if kpi.kind == "quantile":
            samples = [result.samples[kpi.quantity] for result in results]
            estimates[kpi.name] = pooled_quantile(samples, PERCENT[kpi.statistic]).estimate(scenario.run.confidence)
        else:
            estimates[kpi.name] = mean_estimate(values[:, k], bounds[:, k], scenario.run.confidence)
    return estimates


def _results(
    scenario: Scenario,
    names: tuple[str, ...],
    replications: range,
    seed: int,
    executor: Executor | None,
    stop: Integers | None,
) -> list[Replication]:
    if executor is None:
        return _replicated(compile_network(scenario), names, replications, seed, stop)
    threads = isinstance(executor, ThreadPoolExecutor)
    workers = int(getattr(executor, "_max_workers", 0)) or 2
    size = -(-len(replications) // workers) or 1
    parts = [replications[first : first + size] for first in range(0, len(replications), size)]
    if threads:
        network = compile_network(scenario)
        futures = [executor.submit(_replicated, network, names, part, seed, stop) for part in parts]
    else:
        futures = [executor.submit(_compiled_and_replicated, scenario, names, part, seed) for part in parts]
    try:
        return [result for future in futures for result in future.result()]
    finally:
        for future in futures:
            future.cancel()


def _compiled_and_replicated(
    scenario: Scenario, names: tuple[str, ...], replications: range, seed: int
) -> list[Replication]:
    return _replicated(compile_network(scenario), names, replications, seed, None)


def _replicated(
    network: Network, names: tuple[str, ...], replications: range, seed: int, stop: Integers | None
) -> list[Replication]:
    results = []
    for replication in replications:
        if stop is not None and stop[0]:
            raise Stopped
        result = one_replication(network, seed, replication, "compiled", names, stop)
        if isinstance(result, Failure):
            raise ReplicationError(f"a replication failed: {result}")
        results.append(result)
    return results
