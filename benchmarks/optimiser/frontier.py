"""The frontier of cost against the mean time over eleven limits: how many simulations all limits take together.

Eleven generated rows of four stations, on the tests' own simulator. The target on the P90 is left out, so that the mean
alone decides. What sharing saves is measured beside it: each limit searched by itself.
"""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

from benchmarks.optimiser.section import Say, Section
from simgov.optimize.tradeoff import trade_off
from tests.optimize.tandem_oracle import Tandem, generated

TITLE = "The frontier over eleven limits"
REPLICATIONS = 200
SEEDS = tuple(range(1, 12))
REFERENCE, FIRST, LAST = 52, 46, 66
"""The limits lie as 46, 48, ... 66 minutes lie to the 52 of the reference row."""

AIM = 57
ALONE = (1, 2, 3)
"""The rows of which each limit is searched alone too."""


def measure(say: Say) -> Section:
    """Trace each row's frontier, and search each limit of the first rows alone; about four minutes."""
    rows, together, alone = [], [], []
    for seed in SEEDS:
        tandem = row(seed)
        limits = limits_of(tandem)
        solver = tandem.solver()
        points = trade_off(solver, (0,), (limits,))
        if not all(point.proved for point in points):
            raise AssertionError(f"row {seed}: a point is not proved")
        costs = [None if point.incumbent is None else point.incumbent.total for point in points]
        together.append(solver.made)
        if seed in ALONE:
            alone.append(_one_by_one(tandem, limits, costs))
        say(f"row {seed}: {solver.made} simulations")
        flat = len(costs) - len(set(costs))
        single = str(alone[-1]) if seed in ALONE else "–"
        rows.append((str(seed), f"{costs[0]:,} to {costs[-1]:,}", str(flat), str(solver.made), single))
    notes = (
        f"Simulations for eleven limits, shared: {median(together):g} in the median (aim: {AIM}), {max(together)} at"
        f" most. Each limit searched alone, {len(ALONE)} rows: {median(alone):g}; every limit cost the same.",
        f"Limits on the mean alone, 46/52 to 66/52 of the row's own; {REPLICATIONS} replications of 600 cases, 82,944 "
        "designs. All points are proved.",
    )
    heads = ("row", "cost, loose to tight", "limits that cost no more than the one before", "simulations", "one by one")
    return Section(TITLE, heads, tuple(rows), notes)


def _one_by_one(tandem: Tandem, limits: Sequence[float], costs: Sequence[int | None]) -> int:
    """Simulations when each limit is searched alone; what each costs has to be the same."""
    made = 0
    for limit, cost in zip(sorted(limits, reverse=True), costs, strict=True):
        solved = tandem.solver().solve(limits={0: limit})
        if cost != (None if solved.incumbent is None else solved.incumbent.total):
            raise AssertionError(f"{limit} min costs something else when it is searched alone")
        made += solved.made
    return made


def row(seed: int) -> Tandem:
    """A generated row with its target on the mean alone."""
    tandem = generated(seed, replications=REPLICATIONS)
    tandem.targets = tandem.targets[:1]
    return tandem


def limits_of(tandem: Tandem) -> list[float]:
    """Eleven limits of the mean."""
    own = tandem.targets[0][1]
    return [own * minutes / REFERENCE for minutes in range(FIRST, LAST + 1, 2)]
