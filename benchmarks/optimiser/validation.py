"""How often a plan that simgov finds and validates truly misses a target, and how much dearer than needed it is.

Eleven generated rows, each at its own targets and at others around them. For each pair of targets samples of 1,500
replications are searched and their candidates judged by ``simgov.optimize.validation``. The truth of every plan, and
the cheapest design that truly keeps the targets, come from 20,000 others. The simulator is the tests' own recursion.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from copy import copy
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from benchmarks.optimiser.section import Say, Section
from simgov.kpi.statistics import Sample, mean_estimate, none_censored, pooled_quantile
from simgov.optimize.goals import Evaluation, ValueTally
from simgov.optimize.space import Design
from simgov.optimize.validation import Validation
from tests.optimize.tandem_oracle import Tandem, generated

TITLE = "Plans by the truth"
ROWS = tuple(range(1, 12))
REPLICATIONS, TRUTH = 1_500, 20_000
FACTORS = ((1.0, 1.0), (0.985, 0.97), (1.02, 1.03))
"""A row's targets (mean, P90) as they are, and times these."""

SAMPLES = 10
CONFIDENCE = 0.95


@dataclass(frozen=True)
class Outcome:
    """What became of one sample: of the plan, and of what the search alone would have recommended."""

    kept: bool
    premium: float
    times: int
    kept_unvalidated: bool
    premium_unvalidated: float


def measure(say: Say) -> Section:
    """All rows, two at a time; about a quarter of an hour."""
    outcomes: dict[str, list[Outcome]] = {"its own": [], "exactly what the true optimum reaches": []}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=context) as pool:
        for row, found in zip(ROWS, pool.map(outcomes_of, ROWS), strict=True):
            for kind, own in zip(outcomes, found, strict=True):
                outcomes[kind] += own
                say(f"row {row}, targets {kind}: {sum(not one.kept for one in own)} of {len(own)} plans miss one")
    heads = (
        *("targets", "plans", "validated plans that miss one", "cost premium", "fresh replications a plan"),
        *("search alone: miss one", "premium"),
    )
    notes = (
        f"{len(ROWS)} rows, {len(FACTORS)} pairs of targets around each row's own, {SAMPLES} samples of "
        f"{REPLICATIONS:,} replications; the truth is that of {TRUTH:,} others. "
        "Aim: 3 or fewer of 330 plans, at a premium of 1 % or less.",
        "The premium is the mean over all plans of cost over that of the cheapest design that truly keeps the targets.",
    )
    return Section(TITLE, heads, tuple(_row(kind, own) for kind, own in outcomes.items()), notes)


def outcomes_of(row: int) -> tuple[list[Outcome], list[Outcome]]:
    """Every plan of one row: at its own pairs of targets, and at what the true optimum of each reaches."""
    truth = _Truth(replace(generated(row), replications=TRUTH, seed=1_000_000 + row))
    own: list[Outcome] = []
    hard: list[Outcome] = []
    for pair, factors in enumerate(FACTORS):
        limits = tuple(limit * factor for (_, limit), factor in zip(generated(row).targets, factors, strict=True))
        own += _outcomes(truth, limits, row, pair)
        hard += _outcomes(truth, truth.values(truth.cheapest(limits)), row, pair)
    return own, hard


class _Truth:
    """Designs on the replications that are taken for the truth, each simulated once."""

    def __init__(self, tandem: Tandem) -> None:
        self._tandem = tandem
        self._values: dict[Design, tuple[float, ...]] = {}

    def values(self, design: Design) -> tuple[float, ...]:
        """Mean and P90."""
        if design not in self._values:
            self._values[design] = self._tandem.values(design)
            self._tandem._known.clear()  # a station's times are 96 MB
        return self._values[design]

    def keeps(self, design: Design, limits: Sequence[float]) -> bool:
        """Whether a design truly keeps both."""
        return all(value <= limit for value, limit in zip(self.values(design), limits, strict=True))

    def cheapest(self, limits: Sequence[float]) -> Design:
        """The cheapest design that truly keeps the limits, proved by a search on the truth itself."""
        tandem = _at(self._tandem, limits)
        search = tandem.search()
        search.evaluate = lambda design: _evaluation(tandem, self.values(design), (0.0, 0.0))
        search.run()
        if search.incumbent is None:
            raise AssertionError(f"nothing keeps {limits}")
        return search.incumbent.design


def _outcomes(truth: _Truth, limits: Sequence[float], row: int, pair: int) -> list[Outcome]:
    best = _at(truth._tandem, limits).space().cost(truth.cheapest(limits))
    return [_outcome(truth, limits, best, (row * len(FACTORS) + pair) * SAMPLES + number) for number in range(SAMPLES)]


def _outcome(truth: _Truth, limits: Sequence[float], best: int, run: int) -> Outcome:
    """Search one sample, judge its candidates as ``simgov.optimize`` does, and hold the plan against the truth."""
    row = _at(truth._tandem, limits)

    def sampled(number: int) -> Tandem:
        return replace(row, replications=REPLICATIONS, seed=2_000_000 + 1_000 * run + number)

    def simulate(design: Design, sample: int, confidence: float, times: int) -> Evaluation:
        return _judged([sampled(number) for number in range(sample, sample + times)], design, confidence)

    search = sampled(0).search()
    validation = Validation(search.goals, simulate, CONFIDENCE)
    first, spent = None, 0
    while True:
        search.run()
        if search.incumbent is None:
            raise AssertionError(f"no plan of sample {run} keeps {limits}")
        plan = search.incumbent
        first = first or plan
        fresh = validation.judge(plan.design)
        spent += validation.times
        if fresh.feasible:
            break
        search.reject_incumbent()
    return Outcome(
        truth.keeps(plan.design, limits), plan.total / best - 1.0, spent,
        truth.keeps(first.design, limits), first.total / best - 1.0,
    )  # fmt: skip


def _judged(samples: Sequence[Tandem], design: Design, confidence: float) -> Evaluation:
    """A design on some samples as one, with the intervals that simgov gives its KPIs."""
    times = [times for tandem in samples for times in (tandem.leaving(design) - tandem._arrive)[:, tandem.warm_up :]]
    pooled = pooled_quantile([Sample(own, none_censored(len(own))) for own in times], 90).estimate(confidence)
    averages = np.array([own.mean() for own in times])
    mean = mean_estimate(averages, np.zeros(len(averages), np.bool_), confidence)
    return _evaluation(samples[0], (mean.value, pooled.value), (mean.half_width, pooled.half_width))


def _evaluation(tandem: Tandem, values: tuple[float, ...], half_widths: tuple[float, ...]) -> Evaluation:
    goals = tandem.goals()
    kept = tuple(value <= goal.limit for goal, value in zip(goals, values, strict=True))
    tallies = tuple((ValueTally(goal, value),) for goal, value in zip(goals, values, strict=True))
    return Evaluation(values, half_widths, (False,) * len(values), kept, tallies)


def _at(tandem: Tandem, limits: Sequence[float]) -> Tandem:
    """The same row at other limits; what is drawn is dear, so the draws are its own."""
    other = copy(tandem)
    other.targets = tuple((statistic, limit) for (statistic, _), limit in zip(tandem.targets, limits, strict=True))
    return other


def _row(kind: str, own: Sequence[Outcome]) -> tuple[str, ...]:
    missed = sum(not one.kept for one in own)
    alone = sum(not one.kept_unvalidated for one in own)
    return (
        kind,
        str(len(own)),
        f"{missed} ({100.0 * missed / len(own):.1f} %)",
        f"{100.0 * fmean(one.premium for one in own):.2f} %",
        f"{REPLICATIONS * fmean(one.times for one in own):,.0f}",
        f"{alone} ({100.0 * alone / len(own):.1f} %)",
        f"{100.0 * fmean(one.premium_unvalidated for one in own):.2f} %",
    )
