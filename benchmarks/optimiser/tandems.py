"""Eleven generated rows of four stations and the reference one: what simgov proves, held against enumeration.

Each row is a scenario file, optimised as any user would. The truth comes from ``tandem.Truth`` on the same sample.
"""

from __future__ import annotations

import math
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import fmean, median

import simgov
from benchmarks.optimiser.section import Say, Section
from benchmarks.optimiser.tandem import INSTANCE_0, Cheapest, Design, Row, Truth, generated
from simgov.optimize import Plan, Progress
from simgov.optimize.problem import build
from simgov.study import Study

TITLE = "Four stations in a row, against enumeration"
REPLICATIONS, SEED = 200, 1
ROWS: dict[str, Row] = {str(seed): generated(seed) for seed in range(1, 12)} | {"reference": INSTANCE_0}
SAME = 1e-9
"""Relative difference up to which engine and recursion say the same."""


@dataclass(frozen=True)
class Found:
    """What simgov found on one row: its plan, the cheapest for the sample, and the incumbent after each simulation."""

    plan: Plan
    cost: int
    design: Design
    incumbents: tuple[int | None, ...]
    seconds: float

    def gap(self, simulations: int, optimum: int) -> float | None:
        """How much dearer than the optimum the best plan known after so many simulations is; None for none yet."""
        known = [cost for cost in self.incumbents[:simulations] if cost is not None]
        return min(known) / optimum - 1.0 if known else None

    def reached(self, optimum: int) -> int | None:
        """The simulation that found the optimum."""
        return next((k for k, cost in enumerate(self.incumbents, 1) if cost == optimum), None)


def measure(say: Say) -> Section:
    """Optimise and enumerate each row; about ten minutes."""
    heads = (
        "row", "cheapest by enumeration", "designs enumerated", "simgov's plan", "proof", "simulations", "found after",
        "gap after 1", "after 5", "given up in validation",
    )  # fmt: skip
    results: dict[str, tuple[Found, Cheapest]] = {}
    for name, row in ROWS.items():
        study = read(row, name)
        found = optimised(study)
        truth = truth_of(row, study)
        began = time.perf_counter()
        cheapest = truth.cheapest(found.cost)
        seconds = time.perf_counter() - began
        if cheapest is None:
            raise AssertionError(f"row {name}: the plan of {found.cost} is infeasible by the recursion")
        worst = disagreement(found.plan, truth)
        if worst > SAME:
            raise AssertionError(f"row {name}: engine and recursion differ by {worst:.1e}")
        results[name] = found, cheapest
        say(
            f"row {name}: {found.plan.simulations} simulations in {found.seconds:.1f} s, cost {found.cost}; "
            f"enumerated in {seconds:.0f} s: {cheapest.cost}"
        )
    rows = tuple(_row(name, found, cheapest) for name, (found, cheapest) in results.items())
    return Section(TITLE, heads, rows, _notes([results[str(seed)] for seed in range(1, 12)]))


def read(row: Row, name: str, replications: int = REPLICATIONS, seed: int = SEED) -> Study:
    """A row as simgov reads it."""
    with tempfile.TemporaryDirectory() as folder:
        return row.study(Path(folder), name, replications, seed)


def truth_of(row: Row, study: Study) -> Truth:
    """The recursion on the sample that the study's run names."""
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    lean = problem.with_options((True,) * len(problem.space.options))
    return Truth(row, study.baseline, lean, study.baseline.run.replications, study.baseline.run.seed)


def optimised(study: Study) -> Found:
    """The plan, with what was known after each simulation."""
    incumbents: list[int | None] = []
    began = time.perf_counter()

    def told(progress: Progress) -> None:
        incumbents.append(None if progress.incumbent is None else progress.incumbent // 100)

    plan = simgov.optimize(study, progress=told)
    seconds = time.perf_counter() - began
    first = plan.rejected[0] if plan.rejected else plan
    assert first.cost is not None
    taken = tuple(name in first.reforms for name in plan.considered)
    design = tuple(first.staff.values()), taken
    return Found(plan, first.cost // 100, design, tuple(incumbents), seconds)


def disagreement(plan: Plan, truth: Truth) -> float:
    """The largest relative difference between what engine and recursion say of the designs that the search simulated.

    Only of designs that nearly keep up: where they do not, a run ends with cases open, and its values are bounds.
    """
    worst = 0.0
    limits = truth.row.mean_limit, truth.row.p90_limit
    for simulated in plan.evidence["simulated"]:
        design = tuple(simulated["staff"]), tuple(bool(taken) for taken in simulated["options"])
        values = [math.inf if value is None else value for value in simulated["values"]]
        if all(value < 2.0 * limit for value, limit in zip(values, limits, strict=True)):
            pairs = zip(values, truth.values(design), strict=True)
            worst = max(worst, *(abs(a - b) / b for a, b in pairs))
    return worst


def percent(gap: float | None, digits: int = 2) -> str:
    """A gap as it is shown; a dash where there is no plan."""
    return "–" if gap is None else f"{100.0 * gap:.{digits}f} %"


def _row(name: str, found: Found, cheapest: Cheapest) -> tuple[str, ...]:
    same = (found.cost, found.design) == (cheapest.cost, cheapest.design)
    return (
        name,
        f"{cheapest.cost:,}",
        f"{cheapest.cheaper:,}",
        "the same" if same else f"{found.cost:,}",
        found.plan.proof,
        str(found.plan.simulations),
        str(found.reached(cheapest.cost) or "–"),
        percent(found.gap(1, cheapest.cost)),
        percent(found.gap(5, cheapest.cost)),
        str(len(found.plan.rejected)),
    )


def _notes(results: Sequence[tuple[Found, Cheapest]]) -> tuple[str, ...]:
    counts = [found.plan.simulations for found, _ in results]
    equal = sum((found.cost, found.design) == (truth.cost, truth.design) for found, truth in results)
    proved = sum(found.plan.proof != "none" for found, _ in results)
    gaps = {k: [found.gap(k, truth.cost) for found, truth in results] for k in (1, 5)}
    without = {k: sum(gap is None for gap in own) for k, own in gaps.items()}
    mean = {k: percent(fmean(g for g in own if g is not None), 3) for k, own in gaps.items()}
    return (
        f"Of the {len(results)} generated rows {proved} are proved and {equal} plans are the cheapest by enumeration; "
        f"simulations: {median(counts):g} in the median (aim: 18 or fewer), {max(counts)} at worst (30).",
        f"Mean gap of the incumbent: {mean[1]} after one simulation (aim: 2 %; {without[1]} had none), "
        f"{mean[5]} after five (0.1 %; {without[5]} had none).",
        f"82,944 designs each; {REPLICATIONS} replications of 600 cases, the same for both. Enumerated are all designs "
        "that cost no more than the plan, without assuming that more servers are better. Simulations are all of a "
        "plan's search, with those after a candidate that failed validation.",
    )
