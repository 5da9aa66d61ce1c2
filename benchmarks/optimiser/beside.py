"""simgov beside nevergrad, pymoo and optuna at equal evaluations, in one run, on the rows of ``tandems``.

The others ask the recursion of ``tandem.Truth``, simgov its own engine on the same sample: both say the same, as
``tandems`` checks.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from statistics import fmean, median

from benchmarks.optimiser.peers import METHODS, Answer, Asked, Design, best_so_far
from benchmarks.optimiser.section import Say, Section
from benchmarks.optimiser.tandem import Truth
from benchmarks.optimiser.tandems import REPLICATIONS, ROWS, optimised, percent, read, truth_of

TITLE = "Beside other optimisers at equal evaluations"
SEEDS = (1, 2, 3)
EVALUATIONS = 300
AT = (1, 5, 20, 50, 100, 300)

Run = tuple[list[int | None], int]
"""The cost of the best feasible design after each evaluation, and the optimum."""


def measure(say: Say) -> Section:
    """All methods on all rows; about half an hour."""
    runs: dict[str, list[Run]] = {"simgov": []} | {method: [] for method in METHODS}
    for name, row in ROWS.items():
        study = read(row, name)
        found = optimised(study)
        runs["simgov"].append((list(found.incumbents), found.cost))
        truth = truth_of(row, study)
        for method in METHODS:
            for seed in SEEDS:
                asked = Asked(
                    answers(truth), row.stations, len(row.removable), row.most, EVALUATIONS, truth.cost(dearest(truth))
                )
                runs[method].append((best_so_far(method, asked, seed), found.cost))
            reached = [evaluations_to(run) or EVALUATIONS + 1 for run in runs[method][-len(SEEDS) :]]
            say(f"row {name}, {method}: optimum after {min(reached)} to {max(reached)}")
    heads = (
        "method",
        "runs",
        "reach the optimum",
        "evaluations to it, median",
        *(f"gap after {n}" for n in AT),
        "proof",
    )
    rows = tuple(_row(method, own) for method, own in runs.items())
    notes = (
        f"{len(ROWS)} rows of 82,944 designs, {REPLICATIONS} replications; {len(SEEDS)} seeds a method, which asks for "
        f"{EVALUATIONS} different designs (one asked for again is not counted). simgov ends with its proof.",
        "Gaps are means over the runs that have a feasible design by then, in brackets the share that has none. "
        "The median counts runs that do not reach the optimum as longer than all others.",
    )
    return Section(TITLE, heads, rows, notes)


def answers(truth: Truth) -> Callable[[Design], Answer]:
    """The function that all methods ask."""

    def evaluate(design: Design) -> Answer:
        mean, p90 = truth.values(design)
        return Answer(truth.cost(design), (mean / truth.row.mean_limit - 1.0, p90 / truth.row.p90_limit - 1.0))

    return evaluate


def dearest(truth: Truth) -> Design:
    """The most of everything."""
    return (truth.row.most,) * truth.row.stations, (True,) * len(truth.row.removable)


def evaluations_to(run: Run) -> int | None:
    """The evaluation that found the optimum."""
    costs, optimum = run
    return next((k for k, cost in enumerate(costs, 1) if cost == optimum), None)


def _row(method: str, runs: Sequence[Run]) -> tuple[str, ...]:
    reached = [evaluations_to(run) for run in runs]
    middle = median(k or EVALUATIONS + 1 for k in reached)
    share = sum(k is not None for k in reached)
    to_it = f"{middle:g}" if middle <= EVALUATIONS else f"not by {EVALUATIONS}"
    proof = "every run" if method == "simgov" else "none"
    return (method, str(len(runs)), f"{share} of {len(runs)}", to_it, *(_gap_after(n, runs) for n in AT), proof)


def _gap_after(evaluations: int, runs: Sequence[Run]) -> str:
    known = [(_best(costs[:evaluations]), optimum) for costs, optimum in runs]
    gaps = [best / optimum - 1.0 for best, optimum in known if best is not None]
    none = 1.0 - len(gaps) / len(known)
    shown = percent(fmean(gaps)) if gaps else "–"
    return f"{shown} ({100 * none:.0f} %)" if none else shown


def _best(costs: Sequence[int | None]) -> int | None:
    return min((cost for cost in costs if cost is not None), default=None)
