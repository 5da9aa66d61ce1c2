"""The promise (承诺时限): the least number of whole workdays within which an office decides, say, 95 % of its cases.

From the ``days`` of all cases of all replications. A decision after closing on the last day has the same number of
days and is late, so the on-time share with the promise found is simulated too, and the promise goes up until it holds.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Integers
from simgov.experiment.batch import Replication
from simgov.experiment.stability import held_up_before_acceptance
from simgov.judging.changes import with_promise
from simgov.judging.simulated import replicated
from simgov.judging.values import Value, mean_value
from simgov.kpi.statistics import Estimate, Sample, group_count, groups
from simgov.scenario.value import Scenario

MOST_DAYS = 1000
MOST_STEPS = 5
"""How many workdays the promise may go up after the first guess before it counts as not to be kept."""


@dataclass(frozen=True)
class Promise:
    """The shortest promise of one service: ``days`` (None where no promise can be kept), between ``low`` and ``high``.

    ``within`` is the share of cases decided in so many workdays, ``on_time`` the simulated share of decisions by the
    close of the last of them with this promise. ``promised`` and ``statutory`` are the file's. ``held_up`` says that
    the queue before acceptance, where the clock does not run, grows without end, so that no promise says anything.
    """

    scenario: str
    service: str
    share: float
    days: int | None
    low: int | None
    high: int | None
    within: Estimate
    on_time: Estimate
    promised: int | None
    statutory: int | None
    held_up: bool = False

    @property
    def of_statutory(self) -> float:
        """The promise as a share of the statutory limit; nan where there is none."""
        if self.days is None or not self.statutory:
            return math.nan
        return self.days / self.statutory


def share_within(samples: Sequence[Sample], days: int) -> Value:
    """The share of all values of at most ``days``, censored ones counted as more; one sample per replication."""
    sizes = np.array([sample.size for sample in samples], np.float64)
    within = sizes - np.array([sample.beyond(days) for sample in samples], np.float64)
    if not sizes.sum():
        return Value(math.nan, np.empty(0))
    group_of = groups(len(samples))
    kept = [group_of != group for group in range(group_count(len(samples)))]
    without = [within[rows].sum() / sizes[rows].sum() if sizes[rows].sum() else math.nan for rows in kept]
    return Value(float(within.sum() / sizes.sum()), np.array(without, np.float64))


def shortest(samples: Sequence[Sample], share: float, confidence: float) -> tuple[int | None, int | None, int | None]:
    """The least days (1 or more: a promise is whole workdays) with at least ``share`` of cases within them, and the
    same for the upper and the lower end of the interval of the share: (days, low, high). None where there is no such
    number, as where too many cases are open, or (of the ends) no interval, as of one replication.
    """

    # Shares are ratios of counts: a share of exactly 95 % must not be lost to the last bit.
    least = share - 1e-12
    days = low = high = None
    for number in range(1, _most(samples) + 1):
        found = share_within(samples, number).estimate(confidence)
        days = number if days is None and found.value >= least else days
        low = number if low is None and found.value + found.half_width >= least else low
        high = number if high is None and found.value - found.half_width >= least else high
        if days is not None and high is not None:
            break
    return days, low, high


def _most(samples: Sequence[Sample]) -> int:
    """The largest whole number of days among the samples, at least 1; 0 where there is no value."""
    largest = max((float(sample.values.max()) for sample in samples if len(sample.values)), default=-1.0)
    return 0 if largest < 0 else min(max(1, math.ceil(largest)), MOST_DAYS)


def promises(
    scenario: Scenario,
    shares: Sequence[float],
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    stop: Integers | None = None,
    progress: Callable[[int, int], None] | None = None,
) -> tuple[Promise, ...]:
    """For each of ``shares``, the shortest promise of each service of ``scenario`` that covers so many of its cases.

    ``progress`` is told (done, in all) of the shares. Raises ``ReplicationError`` where a replication fails,
    ``engines.Stopped`` when ``stop`` becomes non-zero.
    """
    count = scenario.run.replications if replications is None else replications
    simulated = _Simulated(count, scenario.run.seed if seed is None else seed, workers, stop)
    held_up = held_up_before_acceptance(scenario)
    samples = simulated.samples(scenario)
    found: list[Promise] = []
    for done, share in enumerate(shares):
        if progress is not None:
            progress(done, len(shares))
        found += _promises(scenario, samples, simulated, share, held_up)
    return tuple(found)


def _promises(
    scenario: Scenario,
    samples: Mapping[str, Sequence[Sample]],
    simulated: _Simulated,
    share: float,
    held_up: frozenset[str],
) -> list[Promise]:
    confidence = scenario.run.confidence
    bounds = {service: shortest(own, share, confidence) for service, own in samples.items()}
    kept = simulated.kept(scenario, {service: days for service, (days, _, _) in bounds.items() if days}, share)
    found = []
    for service in scenario.services:
        days, on_time = kept.get(service.id, (None, Estimate(math.nan)))
        _, low, high = bounds[service.id]
        found.append(
            Promise(
                scenario.label, service.id, share, days, low, None if high is None else max(high, days or 0),
                share_within(samples[service.id], days).estimate(confidence) if days else Estimate(math.nan),
                on_time, service.promise, service.statutory_limit, service.id in held_up,
            )
        )  # fmt: skip
    return found


@dataclass(frozen=True)
class _Simulated:
    """Replications of a scenario, for the values behind its KPIs."""

    replications: int
    seed: int
    workers: int | None
    stop: Integers | None

    def samples(self, scenario: Scenario) -> dict[str, list[Sample]]:
        """The days of all cases by service, a sample for each replication."""
        results = self._run(scenario, tuple(f"{service.id}.days.p95" for service in scenario.services))
        by_owner = [{quantity[2]: sample for quantity, sample in result.samples.items()} for result in results]
        return {service.id: [own[service.id] for own in by_owner] for service in scenario.services}

    def kept(self, scenario: Scenario, days: Mapping[str, int], share: float) -> dict[str, tuple[int | None, Estimate]]:
        """For each service the least promise from ``days`` on with an on-time share of at least ``share``, and it.

        All promises are made at once, since who is promised less may be served first; those that are not kept go up by
        a day, until all are kept.
        """
        kept: dict[str, tuple[int | None, Estimate]] = {}
        promised = dict(days)
        for _ in range(MOST_STEPS + 1):
            if not promised:
                break
            changed = scenario
            for service, promise in promised.items():
                changed = with_promise(changed, service, promise)
            names = tuple(f"{service}.on_time" for service in promised)
            values = np.array([result.values for result in self._run(changed, names)]).reshape(-1, len(names))
            for place, service in enumerate(promised):
                on_time = mean_value(values[:, place]).estimate(scenario.run.confidence)
                kept[service] = (promised[service] if on_time.value >= share - 1e-12 else None, on_time)
            if all(kept[service][0] is not None for service in promised):
                break
            promised = {service: day + (kept[service][0] is None) for service, day in promised.items()}
        return kept

    def _run(self, scenario: Scenario, names: tuple[str, ...]) -> list[Replication]:
        """All replications, in order."""

        def one(replication: int) -> Replication:
            return replicated(scenario, names, self.seed, [replication], self.stop)[0]

        with ThreadPoolExecutor(self.workers) as pool:
            return list(pool.map(one, range(self.replications)))
