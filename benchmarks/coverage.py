"""How often intervals cover the truth: 1,000 experiments with each of three models, and with a fourth that is harder.

    python -m benchmarks.coverage [--experiments N]

writes ``benchmarks/results/coverage.json`` and ``.md``. At a fixed number of replications 93 to 97 % of the 95 %
intervals have to cover; where the number is found by the stopping rule, 92 % or more, since a run is the likelier to
stop the more its intervals happen to be too narrow. The truth of a mean is exact where theory has it; otherwise it is
the estimate from all replications of all experiments together, a thousand times as many.
"""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from simgov.arrays import Floats
from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Exponential, Gamma, Lognormal
from simgov.experiment.batch import Replication, one_replication
from simgov.experiment.precision import FEWEST, narrow_means, stopping_point
from simgov.kpi import find
from simgov.kpi.statistics import Estimate, controlled_estimate, mean_estimate, pooled_quantile
from simgov.network import Network, compile_network
from simgov.scenario.value import (
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Rate

CONFIDENCE = 0.95
REPLICATIONS = 100
RESULTS = Path(__file__).parent / "results"


@dataclass(frozen=True)
class Model:
    """A scenario, the mean and the quantile to be estimated, and the precision that the stopping rule is asked for.

    ``exact_mean`` is nan where theory has none.
    """

    name: str
    scenario: Scenario
    mean: str
    quantile: str
    precision: float
    exact_mean: float = math.nan


def _text(name: str) -> Text:
    return Text(name, name)


FROM_EMPTY = {0.8: 0.543932, 0.9: 1.434025}
"""By load, the mean wait of the first 2,000 customers of M/M/5 from empty, service taking 1, by its embedded chain."""


def from_empty(load: float = 0.8, precision: float = 0.05) -> Model:
    """M/M/5, the first 2,000 customers from empty; their mean wait is known."""
    counter = Step("counter", _text("counter"), "queue/counter", at="desk", time=Exponential(1.0), in_person=True)
    pool = Pool("desk", _text("desk"), "window", (Shift(5, ALWAYS.week),), always=True)
    service = Service("queue", _text("queue"), (counter,), PoissonArrivals(Rate(5 * load)))
    name = f"M/M/5 from empty, load {load:.1f}"
    scenario = Scenario(_text(name), ALWAYS, (pool,), (service,), RunSettings(cases=2000))
    return Model(name, scenario, "queue.wait.mean", "queue.wait.p90", precision, FROM_EMPTY[load])


def very_busy() -> Model:
    """The same at a load of 0.9: mean waits of replications have a skewness of 2.6, so that intervals cover less."""
    return from_empty(0.9, 0.10)


def hall() -> Model:
    """A hall for a week: arrivals by the hour, two shifts, and people who give up."""
    rows = tuple(
        (day, 540 + 60 * hour, 600 + 60 * hour, cases)
        for day in range(7)
        for hour, cases in enumerate((40.0, 60.0, 65.0, 55.0, 50.0, 45.0, 40.0, 30.0))
    )
    counter = Step("counter", _text("counter"), "hall/counter", at="desk", time=Exponential(12.0), in_person=True)
    shifts = (Shift(6, (((540, 1020),),) * 7), Shift(4, (((660, 840),),) * 7))
    pool = Pool("desk", _text("desk"), "window", shifts)
    service = Service("queue", _text("queue"), (counter,), ProfileArrivals(rows), patience=Exponential(20.0))
    run = RunSettings(period=Duration(7 * 1440.0))
    calendar = Calendar(week=(((540, 1020),),) * 7)
    scenario = Scenario(_text("Hall"), calendar, (pool,), (service,), run)
    return Model("hall with two shifts", scenario, "queue.wait.mean", "queue.wait.p90", 0.025)


def office() -> Model:
    """Two services over two pools, with returns, priorities and a back office that pauses overnight; two weeks."""
    week = (((540, 720), (780, 1020)),) * 5 + ((), ())
    steps = (
        Step("counter", _text("counter"), "permit/counter", at="desk", time=Lognormal(11.0, 0.7), in_person=True),
        Step(
            "review",
            _text("review"),
            "permit/review",
            at="files",
            time=Gamma(24.0, 0.9),
            after=("counter",),
            returns=Returns(0.15, "counter", Lognormal(1.0, 0.8, base="workday"), limit=2),
            decision=True,
        ),
    )
    ask = Step("answer", _text("answer"), "question/answer", at="desk", time=Exponential(4.0), in_person=True)
    pools = (
        Pool("desk", _text("desk"), "window", (Shift(3, week),)),
        Pool("files", _text("files"), "department", (Shift(4, week),), at_closing="pause"),
    )
    services = (
        Service("permit", _text("permit"), steps, PoissonArrivals(Rate(0.12))),
        Service("question", _text("question"), (ask,), PoissonArrivals(Rate(0.1)), priority=2),
    )
    run = RunSettings(period=Duration(10.0, "workday"), warm_up=Duration(2.0, "workday"))
    scenario = Scenario(_text("Office"), Calendar(week=week), pools, services, run)
    return Model("office", scenario, "permit.time.mean", "permit.time.p90", 0.04)


MODELS = (from_empty, hall, office, very_busy)


@dataclass(frozen=True)
class Covered:
    """Shares of experiments whose interval covers the truth, and what the stopping rule and the controls cost and give.

    ``stopped_replications`` is how many the stopping rule took on average, ``variance_left`` what the control variates
    left of the mean's variance.
    """

    model: str
    experiments: int
    mean: float
    quantile: float
    controlled: float
    stopped: float
    stopped_experiments: int
    stopped_replications: float
    variance_left: float


def coverage(model: Model, experiments: int, seed: int = 2026, replications: int = REPLICATIONS) -> Covered:
    """Run ``experiments`` of ``replications`` each; the stopping rule goes through the same ones, one after another."""
    network = compile_network(model.scenario)
    quantity = find(model.scenario, model.quantile).quantity
    unbound = np.zeros(replications, np.bool_)
    plain, adjusted, pooled, every, histogram = [], [], [], [], _Histogram()
    for first in range(0, experiments * replications, replications):
        runs = replicated(network, (model.mean, model.quantile), seed, range(first, first + replications))
        values, controls = np.array([run.values[0] for run in runs]), np.array([run.controls for run in runs])
        samples = [run.samples[quantity] for run in runs]
        plain.append(mean_estimate(values, unbound, CONFIDENCE))
        adjusted.append(controlled_estimate(values, unbound, controls, CONFIDENCE))
        pooled.append(pooled_quantile(samples, 90).estimate(CONFIDENCE))
        histogram.add(np.concatenate([sample.values for sample in samples]))
        every.append(values)
    values = np.concatenate(every)
    truth = model.exact_mean if math.isfinite(model.exact_mean) else float(values.mean())
    stopped = _stopped(values, model.precision)
    variances = [np.mean([estimate.half_width**2 for estimate in estimates]) for estimates in (adjusted, plain)]
    return Covered(
        model.name,
        experiments,
        _share(plain, truth),
        _share(pooled, histogram.p90()),
        _share(adjusted, truth),
        _share([estimate for estimate, _ in stopped], truth),
        len(stopped),
        float(np.mean([count for _, count in stopped])) if stopped else math.nan,
        float(variances[0] / variances[1]),
    )


class _Histogram:
    """Values of all experiments in bins of a thousandth of their P90, since all of them together fill the memory."""

    def __init__(self) -> None:
        self.width, self.counts = math.nan, np.zeros(100_000, np.int64)

    def add(self, values: Floats) -> None:
        """Count more values."""
        if math.isnan(self.width):
            self.width = float(np.quantile(values, 0.9)) / 1000.0
        places = np.minimum(values / self.width, len(self.counts) - 1).astype(np.int64)
        self.counts += np.bincount(places, minlength=len(self.counts))

    def p90(self) -> float:
        """The middle of the bin that the P90 is in."""
        upto = np.cumsum(self.counts)
        return (float(np.searchsorted(upto, 0.9 * upto[-1])) + 0.5) * self.width


def replicated(network: Network, names: Sequence[str], seed: int, numbers: Sequence[int]) -> list[Replication]:
    """Replications of a model, in two threads."""

    def one(number: int) -> Replication:
        result = one_replication(network, seed, number, "compiled", names, None, controls=True)
        assert isinstance(result, Replication), result
        return result

    with ThreadPoolExecutor(2) as threads:
        return list(threads.map(one, numbers))


def _stopped(values: Floats, precision: float) -> Sequence[tuple[Estimate, int]]:
    """Experiments under the stopping rule, one after another: the estimate of each and its replications."""
    found, first = [], 0
    while True:
        rest = values[first : first + 2000]
        count = stopping_point(narrow_means(rest, precision, CONFIDENCE), FEWEST)
        if count is None:
            return found
        found.append((mean_estimate(rest[:count], np.zeros(count, np.bool_), CONFIDENCE), count))
        first += count


def _share(estimates: Sequence[Estimate], truth: float) -> float:
    return float(np.mean([abs(estimate.value - truth) <= estimate.half_width for estimate in estimates]))


def table(rows: Sequence[Mapping[str, Any]]) -> str:
    """The results as Markdown."""
    lines = [
        "# Coverage of 95 % intervals",
        "",
        f"Made by `python -m benchmarks.coverage`; {REPLICATIONS} replications an experiment, the stopping rule with "
        f"as many as it takes ({FEWEST} at least).",
        "",
        "| model | experiments | mean | pooled P90 | mean, control variates | variance left | under the stopping rule "
        "| its experiments | its replications |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        shares = [f"{100 * row[name]:.1f} %" for name in ("mean", "quantile", "controlled", "variance_left", "stopped")]
        lines.append(
            f"| {row['model']} | {row['experiments']} | {' | '.join(shares)} | {row['stopped_experiments']} | "
            f"{row['stopped_replications']:.0f} |"
        )
    return "\n".join(lines) + "\n"


def main() -> None:
    """Measure, print and write."""
    parser = argparse.ArgumentParser(description="Coverage of confidence intervals")
    parser.add_argument("--experiments", type=int, default=1000)
    experiments = parser.parse_args().experiments
    rows = []
    for model in MODELS:
        rows.append(vars(coverage(model(), experiments)))
        print(rows[-1], flush=True)
    RESULTS.mkdir(exist_ok=True)
    (RESULTS / "coverage.json").write_text(json.dumps(rows, indent=1) + "\n", encoding="utf-8")
    (RESULTS / "coverage.md").write_text(table(rows), encoding="utf-8")
    print(table(rows))


if __name__ == "__main__":
    main()
