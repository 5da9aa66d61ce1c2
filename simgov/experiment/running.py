"""``run``: replications of scenarios over an executor, in batches, with progress, a time limit and Ctrl-C.

Replications are handed out in small batches, a few per worker at a time, sized so that each takes a fraction of a
second. All scenarios of a replication are run in one batch, so that whatever is finished is paired.
"""

from __future__ import annotations

import os
import time as clock
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import FIRST_COMPLETED, Executor, Future, ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from pathlib import Path
from typing import get_args

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.engines import Engine
from simgov.experiment.batch import Batch, Finished, Quantity, Replication, network_of, run_batch
from simgov.experiment.controls import behind
from simgov.experiment.precision import FEWEST, MOST, Precision, Watch, looked_ahead, next_target
from simgov.experiment.progress import Progress
from simgov.experiment.runs import Column, FailedReplications, Failure, Interrupted, Runs, ScenarioRuns
from simgov.experiment.stability import overloads
from simgov.experiment.store import RunStore, scenario_hash
from simgov.kpi import Kpi, Sample, find, names
from simgov.kpi.statistics import Pooled, pooled_quantile
from simgov.kpi.table import PERCENT
from simgov.scenario.value import Scenario
from simgov.units import Duration, format_duration

SECONDS_PER_BATCH = 0.3
SECONDS_BETWEEN_LOOKS = 0.1
SECONDS_BETWEEN_CHECKPOINTS = 5.0
SECONDS_TO_STOP = 1.0
"""How long a run that is stopped waits for the batches under way; what they have finished by then is kept."""


def run(
    scenarios: Scenario | Sequence[Scenario],
    *,
    replications: int | None = None,
    seed: int | None = None,
    workers: int | None = None,
    engine: str = "compiled",
    time: Duration | float | None = None,
    executor: Executor | None = None,
    progress: Progress | None = None,
    out: str | Path | None = None,
    stop: Integers | None = None,
    kpis: Sequence[str] | None = None,
    source: str = "",
    first_replication: int = 0,
    precision: Mapping[str, float] | None = None,
    most_replications: int | None = None,
    control_variates: bool = False,
) -> Runs:
    """Simulate scenarios that meet the same applicants with the same work, and measure every KPI of each.

    ``replications`` and ``seed`` are those of the first scenario's ``run`` unless given. The work is done by
    ``executor``, or by ``workers`` threads (one per processor unless given); the results are the same to the last bit.
    ``time`` (a Duration, or seconds) ends the run with what is finished by then, and so does ``stop``, an int64[1]
    array, when it becomes non-zero: the Runs are then marked ``interrupted``. ``out`` is a folder to keep the run in,
    ``source`` names the file it came from. ``kpis`` limits what is measured. Replications are numbered from
    ``first_replication`` on: others than an earlier run's are fresh.

    ``precision`` gives, by KPI, the half-width to reach as a share of the estimate (0.02 for 2 %). Then replications go
    on until all of these intervals are that narrow and stay so, or to ``most_replications`` (20,000 unless given);
    ``replications`` is the least number (10). ``control_variates`` takes off the means what is explained by how much
    work was drawn.

    Raises ``FailedReplications`` after everything else is finished and kept, ``Interrupted`` on Ctrl-C and
    ``StoreError``; the first two carry what is finished in ``runs``.
    """
    goal = None if precision is None else Precision(dict(precision), replications or FEWEST, most_replications or MOST)
    if goal is not None:
        replications = min(goal.fewest + looked_ahead(goal.fewest), goal.most)
    plan = _plan(scenarios, replications, seed, engine, kpis, source, first_replication, control_variates)
    watch = None if goal is None else _watch(goal, plan)
    store = None if out is None else RunStore.at(Path(out))
    limit = time.amount * 60.0 if isinstance(time, Duration) else time
    ends = None if limit is None else clock.monotonic() + limit
    collected = _Collected(plan)
    pool = executor if executor is not None else ThreadPoolExecutor(workers or _processors())
    work = _Work(plan, pool, workers, np.zeros(1, np.int64) if stop is None else stop, ends)
    interrupt = False
    try:
        if watch is None:
            _collect(work, collected, progress, store)
        else:
            _collect_until_precise(work, collected, watch, progress, store)
    except KeyboardInterrupt:
        interrupt = True
    finally:
        collected.add(work.leave())
        if executor is None:
            pool.shutdown(wait=False, cancel_futures=True)
    if store is not None:
        store.checkpoint(collected.runs(pooled=False))  # who presses Ctrl-C while quantiles are pooled keeps this
    runs = collected.runs(pooled=True)
    if store is not None:
        store.save(runs)
    if interrupt:
        raise Interrupted(runs)
    if runs.failures:
        raise FailedReplications(runs)
    return runs


def _collect(work: _Work, collected: _Collected, progress: Progress | None, store: RunStore | None) -> None:
    """Take in what is finished until there is no more, saying and keeping it from time to time."""
    kept = clock.monotonic()
    for finished in work:
        collected.add(finished)
        if progress is not None:
            progress(len(collected.finished), work.plan.replications)
        if store is not None and clock.monotonic() - kept > SECONDS_BETWEEN_CHECKPOINTS:
            store.checkpoint(collected.runs(pooled=False))
            kept = clock.monotonic()


def _watch(goal: Precision, plan: _Plan) -> Watch:
    """The watch over a plan; ``ValueError`` where a KPI is to be precise that is not measured."""
    for kpi in goal.half_widths:
        for scenario, own in zip(plan.scenarios, plan.kpis, strict=True):
            if find(scenario, kpi) not in own:
                raise ValueError(f"{kpi} is to be precise but is not among the KPIs to measure")
    return Watch(goal, plan.kpis, plan.scenarios[0].run.confidence)


def _collect_until_precise(
    work: _Work, collected: _Collected, watch: Watch, progress: Progress | None, store: RunStore | None
) -> None:
    """Take in replications until they are enough, and keep so many: those beyond were run for nothing."""
    while True:
        _collect(work, collected, progress, store)
        if work.over:
            return
        finished = collected.in_order()
        enough = watch.enough(finished)
        if enough is not None:
            collected.keep(enough)
            return
        if len(finished) >= watch.precision.most:
            return
        work.plan = collected.plan = replace(
            work.plan, replications=next_target(len(finished), watch.width(finished), watch.precision)
        )


@dataclass(frozen=True, eq=False)
class _Plan:
    """What is to be done."""

    scenarios: tuple[Scenario, ...]
    kpis: tuple[tuple[Kpi, ...], ...]
    names: tuple[str, ...] | None
    replications: int
    seed: int
    engine: str
    source: str
    first: int
    controls: bool

    @property
    def last(self) -> int:
        """The replication after the last."""
        return self.first + self.replications


def _plan(
    scenarios: Scenario | Sequence[Scenario],
    replications: int | None,
    seed: int | None,
    engine: str,
    kpis: Sequence[str] | None,
    source: str,
    first: int,
    controls: bool,
) -> _Plan:
    every = (scenarios,) if isinstance(scenarios, Scenario) else tuple(scenarios)
    if not every:
        raise ValueError("there is no scenario to run")
    labels = [scenario.label for scenario in every]
    twice = next((label for label in labels if labels.count(label) > 1), None)
    if twice is not None:
        raise ValueError(f"two scenarios are labelled {twice!r}; give one another label (dataclasses.replace)")
    count = every[0].run.replications if replications is None else replications
    if count < 1:
        raise ValueError(f"a run needs at least 1 replication, not {count}")
    if engine not in get_args(Engine):
        raise ValueError(f"no engine is called {engine!r}; write {' or '.join(get_args(Engine))}")
    wanted = None if kpis is None else tuple(kpis)
    found = tuple(
        names(scenario) if wanted is None else tuple(find(scenario, name) for name in wanted) for scenario in every
    )
    chosen = every[0].run.seed if seed is None else seed
    return _Plan(every, found, wanted, count, chosen, engine, source, first, controls)


class _Work:
    """The batches of a plan on their way through an executor; iterating gives what each has finished."""

    def __init__(self, plan: _Plan, pool: Executor, workers: int | None, stop: Integers, ends: float | None) -> None:
        self.plan, self.pool, self.ends = plan, pool, ends
        self.wanted = stop
        # Threads share this flag and stop inside a replication; processes stop between batches.
        self.flag = np.zeros(1, np.int64)
        self.shared = self.flag if isinstance(pool, ThreadPoolExecutor) else None
        self.width = workers or int(getattr(pool, "_max_workers", 0)) or _processors()
        self.next = plan.first
        self.seconds = float("inf")
        self.under_way: set[Future[Batch]] = set()

    def __iter__(self) -> Iterator[list[Finished]]:
        while not self.over and (self.next < self.plan.last or self.under_way):
            while self.next < self.plan.last and len(self.under_way) < self.width + 1:
                self._submit()
            done, _ = wait(self.under_way, SECONDS_BETWEEN_LOOKS, FIRST_COMPLETED)
            for batch in done:
                # One at a time: what an interruption between two leaves under way, ``leave`` still takes.
                self.under_way.discard(batch)
                yield self._taken({batch})

    @property
    def over(self) -> bool:
        """Whether the time is up or somebody said stop."""
        return bool(self.wanted[0]) or (self.ends is not None and clock.monotonic() >= self.ends)

    def leave(self) -> list[Finished]:
        """Stop what is under way and take what it has finished."""
        self.flag[0] = 1
        for future in self.under_way:
            future.cancel()
        done, _ = wait(self.under_way, SECONDS_TO_STOP)
        self.under_way = set()
        return self._taken({future for future in done if not future.cancelled()})

    def _submit(self) -> None:
        left = self.plan.last - self.next
        size = 1 if self.seconds == float("inf") else round(SECONDS_PER_BATCH / max(self.seconds, 1e-9))
        last = self.next + max(1, min(size, -(-left // self.width)))
        plan = self.plan
        numbers = range(self.next, last)
        self.under_way.add(
            self.pool.submit(
                run_batch, plan.scenarios, plan.seed, numbers, plan.engine, plan.names, self.shared, plan.controls
            )
        )
        self.next = last

    def _taken(self, done: set[Future[Batch]]) -> list[Finished]:
        finished: list[Finished] = []
        for future in done:
            batch = future.result()
            finished += batch.finished
            if batch.finished:
                self.seconds = min(self.seconds, batch.seconds / len(batch.finished))
        return finished


class _Collected:
    """What is finished so far."""

    def __init__(self, plan: _Plan) -> None:
        self.plan = plan
        self.finished: dict[int, Finished] = {}
        self.warnings = tuple(
            f"{scenario.label}: {overload}"
            for scenario in plan.scenarios
            for overload in overloads(network_of(scenario))
        )

    def add(self, finished: Sequence[Finished]) -> None:
        """Take in replications, in whatever order they come."""
        self.finished.update((one.replication, one) for one in finished)

    def in_order(self) -> list[Finished]:
        """The replications that are finished."""
        return [self.finished[number] for number in sorted(self.finished)]

    def keep(self, count: int) -> None:
        """Keep the first ``count`` replications, as if no more had been asked for."""
        self.finished = {number: self.finished[number] for number in sorted(self.finished)[:count]}
        self.plan = replace(self.plan, replications=count)

    def runs(self, *, pooled: bool) -> Runs:
        """The Runs of what is finished, in order; quantiles are pooled only if asked."""
        plan, first = self.plan, self.plan.scenarios[0]
        order = sorted(self.finished)
        failures = tuple(
            result for number in order for result in self.finished[number].results if isinstance(result, Failure)
        )
        return Runs(
            results=tuple(self._scenario(s, order, pooled) for s in range(len(plan.scenarios))),
            seed=plan.seed,
            planned=plan.replications,
            engine=plan.engine,
            confidence=first.run.confidence,
            interrupted=len(order) < plan.replications,
            failures=failures,
            warnings=self.warnings,
            settings=_settings(plan),
        )

    def _scenario(self, s: int, order: list[int], pooled: bool) -> ScenarioRuns:
        scenario, kpis = self.plan.scenarios[s], self.plan.kpis[s]
        kept = [(n, result) for n in order if isinstance(result := self.finished[n].results[s], Replication)]
        shape = (len(kept), len(kpis))
        values, bounds = np.empty(shape), np.empty(shape, np.bool_)
        for row, (_, result) in enumerate(kept):
            values[row], bounds[row] = result.values, result.lower_bound
        network = network_of(scenario)
        explained = behind(kpis, network) if self.plan.controls else ((),) * len(kpis)
        return ScenarioRuns(
            label=scenario.label,
            columns=tuple(
                Column(kpi.name, kpi.unit, kpi.kind == "quantile", places)
                for kpi, places in zip(kpis, explained, strict=True)
            ),
            replications=np.array([number for number, _ in kept], np.int64),
            values=values,
            lower_bound=bounds,
            pooled=_pooled(kpis, [result for _, result in kept]) if pooled else {},
            scenario_hash=scenario_hash(scenario),
            names={"en": scenario.name.en, "zh": scenario.name.zh},
            controls=_controls([result for _, result in kept], len(network.pools)) if self.plan.controls else None,
        )


def _controls(results: Sequence[Replication], pools: int) -> Floats:
    """The controls of each replication: float64[R, P]."""
    rows = [result.controls for result in results if result.controls is not None]
    return np.array(rows, np.float64).reshape(len(results), pools)


def _pooled(kpis: Sequence[Kpi], results: Sequence[Replication]) -> dict[str, Pooled]:
    samples: dict[Quantity, list[Sample]] = {}
    pooled = {}
    for kpi in kpis:
        if kpi.kind == "quantile":
            if kpi.quantity not in samples:
                samples[kpi.quantity] = [result.samples[kpi.quantity] for result in results]
            pooled[kpi.name] = pooled_quantile(samples[kpi.quantity], PERCENT[kpi.statistic])
    return pooled


def _settings(plan: _Plan) -> dict[str, str | int]:
    """How the run measured, as people read it."""
    run_settings = plan.scenarios[0].run
    settings: dict[str, str | int] = {"source": plan.source, "start": run_settings.start.isoformat()}
    if run_settings.cases is not None:
        settings |= {"cases": run_settings.cases, "warm_up_cases": run_settings.warm_up_cases}
    else:
        settings["warm_up"] = format_duration(run_settings.warm_up)
        if run_settings.period is not None:
            settings["period"] = format_duration(run_settings.period)
    return settings | {"cap": format_duration(run_settings.cap)}


def _processors() -> int:
    """Processors that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
