"""Spaces too large to enumerate: longer rows of stations, proved by the search on an independent simulator.

The simulator is the tests' own (``tests/optimize/tandem_oracle.py``), so that time is that of the search and of a plain
recursion, and every proof is checked by ``an_uncovered``, which shares no code with the search.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from benchmarks.optimiser.section import Say, Section
from simgov.optimize.certify import certificate
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.search import Halt, Search
from tests.optimize.tandem_oracle import generated

TITLE = "Longer rows of stations"
REPLICATIONS = 200
GRACE = 2
"""How many times the simulations aimed at a search may use before it is called off, with its bound."""


@dataclass(frozen=True)
class Size:
    """A kind of instance, with the simulations in which it should be proved."""

    stations: int
    removable: int
    seeds: tuple[int, ...]
    aim: int

    @property
    def most(self) -> int:
        """After so many simulations a search is called off."""
        return GRACE * self.aim


SIZES = (Size(6, 3, (1, 2, 3, 4, 5), 70), Size(8, 4, (1, 2, 3), 350))


def measure(say: Say) -> Section:
    """Search each instance; about twelve minutes."""
    rows = [_row(size, seed, say) for size in SIZES for seed in size.seeds]
    heads = ("stations", "removable parts", "designs", "instance", "simulations", "aim", "cost", "proof", "seconds")
    notes = (
        f"1 to 12 servers a station; {REPLICATIONS} replications of 600 cases; random loads, cv 0.5 to 1.5.",
        "Every proof was checked again from its certificate alone. Seconds: search and simulations, one thread.",
    )
    return Section(TITLE, heads, tuple(rows), notes)


def _row(size: Size, seed: int, say: Say) -> tuple[str, ...]:
    tandem = generated(seed, size.stations, replications=REPLICATIONS, removable=size.removable)
    search = tandem.search(simulations=size.most)
    began = time.perf_counter()
    try:
        search.run()
    except Halt:
        say(f"{size.stations} stations, instance {seed}: not proved in {search.made} simulations")
    seconds = time.perf_counter() - began
    proof = _checked(search) if search.proved else _gap(search)
    say(f"{size.stations} stations, instance {seed}: {search.made} simulations, {proof}, {seconds:.0f} s")
    cost = f"{search.incumbent.total:,}" if search.incumbent else "–"
    sizes = (str(size.stations), str(size.removable), f"{search.space.size:,}")
    return (*sizes, str(seed), str(search.made), str(size.aim), cost, proof, f"{seconds:.0f}")


def _checked(search: Search) -> str:
    """The proof of a finished search, if its certificate leaves nothing cheaper out."""
    terms = tuple(tuple(tuple(goal) for goal in setting) for setting in search.terms)
    plan = search.incumbent
    about = {"total": plan.total if plan else None}
    design = plan.design if plan else None
    missing = an_uncovered(certificate(search.space, tuple(search.goals), terms, search.ledger, design, about))
    if missing is not None:
        raise AssertionError(f"the certificate leaves a cheaper design out: {missing}")
    return "guarded"


def _gap(search: Search) -> str:
    """How far apart cost and bound still are."""
    bound = search.lower_bound()
    if search.incumbent is None or bound is None:
        return "none"
    return f"none; gap {100.0 * (1.0 - bound / search.incumbent.total):.1f} %"
