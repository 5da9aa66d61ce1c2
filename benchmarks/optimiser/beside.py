"""simgov beside nevergrad, pymoo and optuna at equal evaluations, in one run, on the rows of ``tandems``.

The others ask the recursion of ``tandem.Truth``, simgov its own engine on the same sample: both say the same, as
``tandems`` checks. A row's designs are simulated once for all of them.
"""

from __future__ import annotations

import multiprocessing
import os
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from functools import cache
from statistics import fmean, median

from benchmarks.optimiser.peers import ASKED_AGAIN, METHODS, Answer, Asked, Design, best_so_far
from benchmarks.optimiser.section import Say, Section
from benchmarks.optimiser.tandem import Truth
from benchmarks.optimiser.tandems import REPLICATIONS, ROWS, optimised, percent, read, truth_of

TITLE = "Beside other optimisers at equal evaluations"
SEEDS = (1, 2, 3)
EVALUATIONS = 300
AT = (1, 5, 20, 50, 100, 300)


@dataclass(frozen=True)
class Run:
    """The cost of the best feasible design after each evaluation, the optimum, and whether the method proved it."""

    costs: list[int | None]
    optimum: int
    proved: bool = False

    def __post_init__(self) -> None:
        cheapest = _best(self.costs)
        if cheapest is not None and cheapest < self.optimum:
            raise AssertionError(f"a design costs {cheapest}, less than what was taken for the cheapest")


def measure(say: Say) -> Iterator[Section]:
    """All methods on all rows, two at a time, told again after each; about ten minutes."""
    runs: dict[str, list[Run]] = {method: [] for method in ("simgov", *METHODS)}
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(min(2, os.cpu_count() or 1), mp_context=context) as pool:
        futures = {pool.submit(runs_of, name): name for name in ROWS}
        for count, future in enumerate(as_completed(futures), 1):
            for method, own in future.result().items():
                runs[method] += own
                reached = [evaluations_to(run) or EVALUATIONS + 1 for run in own]
                say(f"row {futures[future]}, {method}: optimum after {min(reached)} to {max(reached)}")
            yield _section(runs, count)


def runs_of(name: str) -> dict[str, list[Run]]:
    """What each method finds on one row."""
    row = ROWS[name]
    study = read(row, name)
    found = optimised(study)
    runs = {"simgov": [Run(list(found.incumbents), found.cost, found.plan.proof != "none")]}
    truth = truth_of(row, study)
    evaluate, dearest = answers(truth), truth.cost(most_of_everything(truth))
    for method in METHODS:
        runs[method] = []
        for seed in SEEDS:
            asked = Asked(evaluate, row.stations, len(row.removable), row.most, EVALUATIONS, dearest)
            runs[method].append(Run(best_so_far(method, asked, seed), found.cost))
    return runs


def _section(runs: Mapping[str, Sequence[Run]], rows: int) -> Section:
    heads = (
        "method",
        "runs",
        "reach the optimum",
        "evaluations to it, median",
        *(f"gap after {n}" for n in AT),
        "proof",
    )
    notes = (
        f"{rows} rows of 82,944 designs, {REPLICATIONS} replications; {len(SEEDS)} seeds a method, which asks for "
        f"{EVALUATIONS} different designs at most (one asked for again is not counted, and a method that asks for "
        f"{ASKED_AGAIN * EVALUATIONS:,} altogether is stopped). simgov ends with its proof.",
        "Gaps are means over the runs that have a feasible design by then, in brackets the share that has none. "
        "The median counts runs that do not reach the optimum as longer than all others.",
    )
    return Section(TITLE, heads, tuple(_row(method, own) for method, own in runs.items()), notes)


def answers(truth: Truth) -> Callable[[Design], Answer]:
    """The function that all methods ask; it simulates a design once."""

    @cache
    def evaluate(design: Design) -> Answer:
        mean, p90 = truth.values(design)
        return Answer(truth.cost(design), (mean / truth.row.mean_limit - 1.0, p90 / truth.row.p90_limit - 1.0))

    return evaluate


def most_of_everything(truth: Truth) -> Design:
    """The dearest design."""
    return (truth.row.most,) * truth.row.stations, (True,) * len(truth.row.removable)


def evaluations_to(run: Run) -> int | None:
    """The evaluation that found the optimum."""
    return next((k for k, cost in enumerate(run.costs, 1) if cost == run.optimum), None)


def _row(method: str, runs: Sequence[Run]) -> tuple[str, ...]:
    reached = [evaluations_to(run) for run in runs]
    middle = median(k or EVALUATIONS + 1 for k in reached)
    share = sum(k is not None for k in reached)
    to_it = f"{middle:g}" if middle <= EVALUATIONS else f"not by {EVALUATIONS}"
    proved = sum(run.proved for run in runs)
    proof = f"{proved} of {len(runs)}" if proved else "none"
    return (method, str(len(runs)), f"{share} of {len(runs)}", to_it, *(_gap_after(n, runs) for n in AT), proof)


def _gap_after(evaluations: int, runs: Sequence[Run]) -> str:
    known = [(_best(run.costs[:evaluations]), run.optimum) for run in runs]
    gaps = [best / optimum - 1.0 for best, optimum in known if best is not None]
    none = 1.0 - len(gaps) / len(known)
    shown = percent(fmean(gaps)) if gaps else "–"
    return f"{shown} ({100 * none:.0f} %)" if none else shown


def _best(costs: Sequence[int | None]) -> int | None:
    return min((cost for cost in costs if cost is not None), default=None)
