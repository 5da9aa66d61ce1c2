"""Simulating a design: all its replications, its KPIs as estimates, and the tallies that the cuts are made of.

One *simulation* is one design over all replications. Every design meets the same applicants with the same work.
"""

from __future__ import annotations

import math
import os
import time as clock
from collections.abc import Mapping, Sequence
from concurrent.futures import Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, field

import numpy as np

from simgov.arrays import Integers
from simgov.errors import ReformError, ReplicationError
from simgov.experiment.batch import Batch, Replication, run_batch
from simgov.experiment.runs import Failure
from simgov.experiment.stability import blind_to_queue, held_up_before_acceptance
from simgov.kpi.statistics import Estimate, Sample, joined, mean_estimate, pooled_quantile
from simgov.kpi.table import PERCENT, Kpi, find
from simgov.optimize.demand import Demand
from simgov.optimize.goals import Evaluation, Goal, MeanTally, QuantileTally, Tally, ValueTally
from simgov.optimize.problem import Problem, exists
from simgov.optimize.search import Halt, ImpossibleOptions
from simgov.optimize.space import Design
from simgov.scenario.value import Scenario

BANDS = (0.0, 0.005, 0.01, 0.015, 0.02, 0.03, 0.05, 0.08, 0.12, 0.2, 0.3, 0.5)
"""Guard bands at which the waits beyond a limit are counted."""

POLL_SECONDS = 0.1
BATCHES_PER_WORKER = 4


@dataclass
class Stopper:
    """When to stop: the caller's flag (int64[1], non-zero) or a moment of ``time.monotonic``."""

    flag: Integers | None = None
    deadline: float | None = None
    reason: str = ""

    def __call__(self) -> bool:
        """Whether it is time to stop; ``reason`` then says why."""
        if self.flag is not None and self.flag[0]:
            self.reason = "interrupted"
        elif not self.reason and self.deadline is not None and clock.monotonic() > self.deadline:
            self.reason = "time"
        return bool(self.reason)


@dataclass(frozen=True)
class _Judged:
    """A design in one demand scenario: its goals with their estimates, whether they are met, and their tallies."""

    goals: list[tuple[int, Estimate, bool, tuple[Tally, ...]]]
    extra_cost: int


@dataclass
class Simulator:
    """Evaluates designs of ``problem`` over replications ``first`` to ``first + replications - 1`` of ``seed``."""

    problem: Problem
    replications: int
    seed: int
    stopper: Stopper
    workers: int | None = None
    confidence: float = 0.95
    _known: dict[tuple[Design, int, int], Evaluation] = field(default_factory=dict, init=False)
    _pool: Executor | None = field(default=None, init=False)
    _flag: Integers = field(default_factory=lambda: np.zeros(1, np.int64), init=False)

    def __call__(self, design: Design) -> Evaluation:
        """The evaluation on the search's own sample."""
        return self.evaluate(design, 0)

    def evaluate(self, design: Design, sample: int, confidence: float | None = None, times: int = 1) -> Evaluation:
        """The evaluation on a sample: 0 is the search's, 1, 2, ... are fresh replications that follow it.

        With ``times``, on so many samples from that one on as if they were one. Raises ``ImpossibleOptions``, ``Halt``
        when stopped on the way, ``ReplicationError`` where a replication fails.
        """
        if (design, sample, times) not in self._known:
            try:
                offices = {one.name: self.problem.office(design, one) for one in self.problem.demands}
            except ReformError as error:
                raise ImpossibleOptions(str(error)) from None
            numbers = self._numbers(sample, times)
            found = self._evaluation(design, offices, numbers, confidence or self.confidence)
            self._known[design, sample, times] = found
        return self._known[design, sample, times]

    def estimates(
        self, scenario: Scenario, sample: int, confidence: float | None = None, times: int = 1
    ) -> list[Estimate]:
        """The targets' KPIs of any scenario, each in its demand scenario, on samples; nan for one it does not have."""
        estimates = [Estimate(math.nan)] * len(self.problem.goals)
        for demand in self.problem.demands:
            goals, here = self.problem.under(demand), demand.applied(scenario, self.problem.baseline)
            names = self._names(here, goals, ())
            runs = self._replications(here, names, self._numbers(sample, times))
            for goal, one in zip(goals, self._estimates(here, goals, names, runs, confidence), strict=True):
                estimates[goal] = one
        return estimates

    def close(self) -> None:
        """Let the workers go."""
        if self._pool is not None:
            self._pool.shutdown(wait=False, cancel_futures=True)
            self._pool = None

    # One design -------------------------------------------------------------------------------------------------------

    def _evaluation(
        self, design: Design, offices: Mapping[str, Scenario], numbers: range, confidence: float
    ) -> Evaluation:
        goals = self.problem.goals
        estimates: list[Estimate] = [Estimate(math.nan)] * len(goals)
        kept, extra_cost = [False] * len(goals), 0
        tallies: list[tuple[Tally, ...]] = [()] * len(goals)
        for demand in self.problem.demands:
            judged = self._judged(design, demand, offices[demand.name], numbers, confidence)
            for goal, estimate, met, own in judged.goals:
                estimates[goal], kept[goal], tallies[goal] = estimate, met, own
            if demand == self.problem.priced_in:
                extra_cost = judged.extra_cost
        return Evaluation(
            tuple(e.value for e in estimates),
            tuple(e.half_width for e in estimates),
            tuple(e.lower_bound for e in estimates),
            tuple(kept),
            tuple(tallies),
            extra_cost,
            self.problem.together,
        )

    def _judged(self, design: Design, demand: Demand, scenario: Scenario, numbers: range, confidence: float) -> _Judged:
        """One design in one demand scenario."""
        goals = self.problem.under(demand)
        terms = self.problem.services_of_terms[self.problem.space.setting_of(design)]
        added_up = self.problem.several.intersection(goals)
        waiting = {name for goal in added_up for services in terms[goal] for name in services}
        priced = demand == self.problem.priced_in and any(pool.overtime_cost is not None for pool in scenario.pools)
        names = self._names(scenario, goals, sorted(waiting), priced)
        runs = self._replications(scenario, names, numbers)
        found = []
        for goal, estimate in zip(goals, self._estimates(scenario, goals, names, runs, confidence), strict=True):
            target = self.problem.targets[goal]
            met = not exists(scenario, target) or target.met(estimate)
            if goal in added_up:
                tallies = self._additive(self.problem.goals[goal], terms[goal], runs)
            else:
                tallies = (self._single(self.problem.goals[goal], estimate, met),)
            found.append((goal, estimate, met, tallies))
        costs = demand == self.problem.priced_in
        return _Judged(found, self._extra_cost(design, scenario, names, runs if priced else None) if costs else 0)

    def _names(
        self, scenario: Scenario, goals: Sequence[int], services: Sequence[str], priced: bool = False
    ) -> list[str]:
        """The KPIs to measure: the targets', the waits of each service where a goal is taken apart, and overtime."""
        targets = [self.problem.targets[goal] for goal in goals]
        names = [target.kpi for target in targets if exists(scenario, target)]
        for name in services:
            variants = scenario.variants(scenario.service(name))
            if any(step.in_person and step.at is not None for variant in variants for step in variant.steps):
                names.append(f"{name}.wait.p90")
        if priced:
            names.append("cost")
        return list(dict.fromkeys(names))

    def _estimates(
        self,
        scenario: Scenario,
        goals: Sequence[int],
        names: Sequence[str],
        runs: Sequence[Replication],
        confidence: float | None,
    ) -> list[Estimate]:
        confidence = confidence or self.confidence
        place = {name: k for k, name in enumerate(names)}
        estimates = []
        held_up = held_up_before_acceptance(scenario) if self._on_the_legal_clock else frozenset()
        for target in (self.problem.targets[goal] for goal in goals):
            if target.kpi not in place:
                estimates.append(Estimate(math.nan))
                continue
            kpi = find(scenario, target.kpi)
            if blind_to_queue(kpi, held_up):
                estimates.append(Estimate(math.inf if target.sense == "at_most" else 0.0))
                continue
            if kpi.statistic in PERCENT:
                samples = [run.samples[kpi.quantity] for run in runs]
                estimates.append(pooled_quantile(samples, PERCENT[kpi.statistic]).estimate(confidence))
            else:
                k = place[target.kpi]
                values = np.array([run.values[k] for run in runs])
                bounds = np.array([run.lower_bound[k] for run in runs], np.bool_)
                estimates.append(mean_estimate(values, bounds, confidence))
        return estimates

    @property
    def _on_the_legal_clock(self) -> bool:
        return any(".days." in target.kpi or target.kpi.endswith(".on_time") for target in self.problem.targets)

    def _single(self, goal: Goal, estimate: Estimate, kept: bool) -> Tally:
        """The KPI itself; one that the scenario does not have asks nothing."""
        value = goal.limit if kept and math.isnan(estimate.value) else estimate.value
        return ValueTally(goal, value, estimate.lower_bound)

    def _additive(self, goal: Goal, terms: Sequence[Sequence[str]], runs: Sequence[Replication]) -> tuple[Tally, ...]:
        """Each part's waits."""
        kpi: Kpi = find(self.problem.baseline, goal.kpi)
        waits = [[_waits(run, services) for services in terms] for run in runs]
        if kpi.statistic in PERCENT:
            return tuple(
                _quantile_tally(goal.limit, PERCENT[kpi.statistic], [row[t] for row in waits])
                for t in range(len(terms))
            )
        counts = [sum(sample.size for sample in row) for row in waits]
        return tuple(_mean_tally(goal.limit, [row[t] for row in waits], counts) for t in range(len(terms)))

    def _extra_cost(
        self, design: Design, scenario: Scenario, names: Sequence[str], runs: Sequence[Replication] | None
    ) -> int:
        """What the plan costs beyond what the space says: overtime of the sample, and rounding of running costs."""
        from simgov.kpi.cost import plan_cost

        fixed = plan_cost(scenario)
        if runs is None:
            return fixed - self.problem.space.cost(design)
        k = list(names).index("cost")
        with_overtime = float(np.mean([run.values[k] for run in runs])) * 100.0
        return max(fixed, math.ceil(with_overtime - 1e-6)) - self.problem.space.cost(design)

    # Replications -----------------------------------------------------------------------------------------------------

    def _numbers(self, sample: int, times: int) -> range:
        return range(sample * self.replications, (sample + times) * self.replications)

    def _replications(self, scenario: Scenario, names: Sequence[str], numbers: range) -> list[Replication]:
        """The replications of these numbers, in order, whoever worked on them."""
        workers = self.workers or os.cpu_count() or 1
        size = max(1, -(-len(numbers) // (workers * BATCHES_PER_WORKER)))
        batches = [numbers[start : start + size] for start in range(0, len(numbers), size)]
        if self._pool is None:
            self._pool = ThreadPoolExecutor(workers)
        futures = [
            self._pool.submit(run_batch, (scenario,), self.seed, batch, "compiled", names, self._flag)
            for batch in batches
        ]
        self._wait(futures)
        runs: list[Replication] = []
        for future in futures:
            for finished in future.result().finished:
                result = finished.results[0]
                if isinstance(result, Failure):
                    raise ReplicationError(str(result))
                runs.append(result)
        if len(runs) < len(numbers):
            raise Halt
        return runs

    def _wait(self, futures: Sequence[Future[Batch]]) -> None:
        """Until all are done; when told to stop, the engine is told too, and what is queued is dropped."""
        waiting = set(futures)
        try:
            while waiting:
                waiting = wait(waiting, timeout=POLL_SECONDS).not_done
                if waiting and self.stopper():
                    raise Halt
        except BaseException:
            self._flag[0] = 1
            for future in futures:
                future.cancel()
            raise


def _waits(run: Replication, services: Sequence[str]) -> Sample:
    """The waits in person of some services in one replication."""
    own = [run.samples[key] for name in services if (key := ("service", "wait", name)) in run.samples]
    return joined(own)


def _mean_tally(limit: float, samples: Sequence[Sample], counts: Sequence[int]) -> MeanTally:
    """One part's share of the mean over replications; ``counts`` are the waits of all parts in each replication."""
    if any(sample.any_censored for sample in samples):
        return MeanTally(limit, math.inf, sum(s.size / n for s, n in zip(samples, counts, strict=True) if n))
    total = math.fsum(s.sum / n for s, n in zip(samples, counts, strict=True) if n)
    return MeanTally(limit, total, math.fsum(s.size / n for s, n in zip(samples, counts, strict=True) if n))


def _quantile_tally(limit: float, percent: int, samples: Sequence[Sample]) -> QuantileTally:
    """One part's waits beyond the limit; who still waits when the run stops counts as beyond."""
    above = tuple(sum(sample.beyond(limit * (1.0 + band)) for sample in samples) for band in BANDS)
    return QuantileTally(percent, BANDS, above, sum(sample.size for sample in samples))
