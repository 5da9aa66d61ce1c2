"""Estimates from many replications, sharpened by control variates, and a bound on what the start leaves behind.

**Controls.** The mean wait of a busy queue varies so much that 0.25 % would take hundreds of millions of customers:
most of it is luck in the drawn arrivals and work, which no engine can help. So each replication also gives *controls*:
waits, in a simpler queue fed with the same draws, whose means theory knows exactly. They are computed from the drawn
numbers by Lindley's recursion, not by the engine. What the controls were off by, times a coefficient, is taken off the
estimate (Lavenberg and Welch, *Management Science* 27 (1981) 322-335). The coefficients for each half of the
replications are fitted on the other half, so that the estimate stays unbiased. Controls could hide draws that are wrong
on average; therefore they too must lie within 4 standard errors of their means, as must the estimate without them.

**Start.** A run begins empty, and its warm-up is 8 relaxation times or more. The same draws are also run from a start
far beyond the usual, with a long queue already there. From the warm-up's end both must tell the same, within a tenth of
the allowed standard error: a stationary start lies between the two.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, fields, is_dataclass
from typing import Any

import numpy as np

from simgov.arrays import Floats
from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario

RELATIVE_ERROR = 0.0025
"""The largest standard error allowed, relative to the closed form."""

Run = Callable[[Network, int, int], EventTable]
"""One replication of a network: seed and number in, event table out."""

Observe = Callable[[Network, EventTable], tuple[Sequence[float], Sequence[float]]]
"""Of one replication: the quantities, and the controls, each less its known mean."""


@dataclass(frozen=True)
class Estimate:
    """A mean over replications and its standard error, with the controls and ``raw``, without them."""

    value: float
    error: float
    raw: float
    raw_error: float

    def agrees_with(self, exact: float, relative_error: float = RELATIVE_ERROR) -> None:
        """Assert that ``exact`` is within 4 standard errors, which are small enough."""
        report = f"{self.value:.6g} ± {self.error:.2g} (without controls {self.raw:.6g} ± {self.raw_error:.2g})"
        assert self.error <= relative_error * exact, f"too vague: {report}"
        assert abs(self.value - exact) <= 4 * self.error, f"{report}, but the closed form is {exact:.6g}"
        assert abs(self.raw - exact) <= 4 * self.raw_error, f"{report}, but the closed form is {exact:.6g}"


def estimate(scenario: Scenario, observe: Observe, replications: int, run: Run = simulate) -> list[Estimate]:
    """Each quantity that ``observe`` gives, over so many replications in two threads.

    Each scenario has a seed of its own: tests on the same draws would share their luck.
    """
    seed = zlib.crc32(repr(as_written(scenario)).encode())
    values, controls = _observed(scenario, observe, seed, replications, run)
    if controls.size:
        errors = controls.std(axis=0, ddof=1) / np.sqrt(replications)
        off = np.abs(controls.mean(axis=0)) / errors
        assert np.all(off <= 4), f"the controls are {off} standard errors off: the draws are not as they should be"
    return [_estimated(column, controls) for column in values.T]


def as_written(value: Any) -> Any:
    """A value without the fields that are as they always are: a new one in the language changes no seed."""
    if not is_dataclass(value) or isinstance(value, type):
        return tuple(as_written(item) for item in value) if isinstance(value, tuple) else value
    own = [(field.name, getattr(value, field.name)) for field in fields(value) if field.repr]
    default = {field.name: field.default for field in fields(value)}
    return (type(value).__name__, *((name, as_written(item)) for name, item in own if item != default[name]))


def assert_start_is_forgotten(
    empty: Scenario, crowded: Scenario, observe: Observe, replications: int = 4, run: Run = simulate
) -> None:
    """Paired runs from both starts differ by a tenth of the allowed standard error at most."""
    from_empty, _ = _observed(empty, observe, 1, replications, run)
    from_crowded, _ = _observed(crowded, observe, 1, replications, run)
    effect = np.abs(from_empty - from_crowded).mean(axis=0) / from_empty.mean(axis=0)
    assert np.all(effect <= RELATIVE_ERROR / 10), f"the start still changes the estimates by {effect}"


def lindley(applied: Floats, work: Floats) -> Floats:
    """The waits at a single server that customers reach at ``applied`` with ``work``, first come first served.

    W_(n+1) = max(0, W_n + S_n - A_(n+1)), as the distance of a random walk from its lowest point so far: Lindley,
    *Proceedings of the Cambridge Philosophical Society* 48 (1952) 277-289.
    """
    walk = np.zeros(len(applied))
    np.cumsum(work[:-1] - np.diff(applied), out=walk[1:])
    waits: Floats = walk - np.minimum.accumulate(walk)
    return waits


def work_of_cases(events: EventTable, station: int, cases: int) -> Floats:
    """The work of each of the first ``cases`` cases at one station, all visits together."""
    tasks = np.flatnonzero((events.step == station) & (events.case < cases) & ~np.isnan(events.work))
    return np.bincount(events.case[tasks], weights=events.work[tasks], minlength=cases)


def _observed(scenario: Scenario, observe: Observe, seed: int, replications: int, run: Run) -> tuple[Floats, Floats]:
    network = compile_network(scenario)

    def one(replication: int) -> tuple[Sequence[float], Sequence[float]]:
        return observe(network, run(network, seed, replication))

    with ThreadPoolExecutor(2) as threads:
        rows = list(threads.map(one, range(replications)))
    return np.array([values for values, _ in rows]), np.array([controls for _, controls in rows])


def _estimated(values: Floats, controls: Floats) -> Estimate:
    adjusted = values.copy()
    if controls.size:
        half = np.arange(len(values)) % 2 == 0
        for fitted, used in ((half, ~half), (~half, half)):
            centred = controls[fitted] - controls[fitted].mean(axis=0)
            coefficients = np.linalg.lstsq(centred, values[fitted] - values[fitted].mean(), rcond=None)[0]
            adjusted[used] -= controls[used] @ coefficients
    root = np.sqrt(len(values))
    return Estimate(
        float(adjusted.mean()),
        float(adjusted.std(ddof=1) / root),
        float(values.mean()),
        float(values.std(ddof=1) / root),
    )
