"""A district: thirty offices, twelve measures, six targets in three demand scenarios, and five minutes.

What a generated district is stands in ``tests/optimize/random_district.py``; instance 0 is the one that the search was
developed on, and it is not measured.
"""

from __future__ import annotations

import time

from benchmarks.optimiser.section import Say, Section
from simgov.optimize import optimize
from simgov.optimize.search import Progress
from tests.optimize.random_district import Size, district

TITLE = "A district"
SEEDS = (1, 2)
SECONDS = 300.0
SIZE = Size(days=10, replications=10)


def measure(say: Say) -> Section:
    """Search each district for five minutes; about twelve in all."""
    rows = tuple(_row(seed, say) for seed in SEEDS)
    heads = ("instance", "designs", "simulations", "first plan", "cost", "bound", "gap", "proof", "seconds")
    notes = (
        "Six services of five offices each, every one with a target on its mean time under 80, 100 and 125 % of the"
        " applicants; twelve measures, of which six belong to two services; the posts of all offices are limited.",
        f"{SIZE.replications} replications of {SIZE.days} days. The search has {SECONDS:.0f} seconds; seconds are those"
        " of the whole call, with what comes before and after it. First plan: after so many seconds.",
        "Gap: how much the cost could still fall, as a share of it.",
    )
    return Section(TITLE, heads, rows, notes)


def _row(seed: int, say: Say) -> tuple[str, ...]:
    began = time.perf_counter()
    first: list[float] = []

    def progress(now: Progress) -> None:
        if now.incumbent is not None and not first:
            first.append(time.perf_counter() - began)
        say(f"district {seed}: {now.simulations} simulations, plan {now.incumbent}, bound {now.bound}")

    plan = optimize(district(seed, SIZE), time=SECONDS, progress=progress)
    seconds = time.perf_counter() - began
    gap = "–"
    if plan.cost is not None and plan.bound is not None:
        gap = f"{100.0 * (1.0 - plan.bound / plan.cost):.1f} %"
    return (
        str(seed),
        f"{plan.designs:.1e}",
        str(plan.simulations),
        f"{first[0]:.0f} s" if first else "none",
        _money(plan.cost),
        _money(plan.bound),
        gap,
        plan.proof,
        f"{seconds:.0f}",
    )


def _money(minor: int | None) -> str:
    return "–" if minor is None else f"{minor / 100:,.0f}"
