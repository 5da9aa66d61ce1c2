"""Other designs that keep every target and cost little more, the most different first.

Modelling to generate alternatives (Brill, Chang and Hopkins, *Management Science* 28, 1982): of all designs within a
cost, which no simulation has excluded and the forecast takes to be feasible, the integer programme gives the one that
has the most *less* of than the plan and than each alternative found; what it has more of pays for that and counts for
nothing. Each is simulated before it is told, on fresh replications too.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from simgov.optimize.explain.again import Office
from simgov.optimize.search import Halt, Search
from simgov.optimize.solving import SolverStopped
from simgov.optimize.space import Design

WITHIN = (0.01, 0.02, 0.03)
EACH = 2


@dataclass(frozen=True)
class Alternative:
    """A design that keeps every target; ``total`` is its cost with overtime."""

    design: Design
    total: int


def alternatives(office: Office, plan: Design) -> Iterator[Alternative]:
    """Two at most within 1 %, 2 % and 3 % of the plan's cost, as they are found.

    Raises ``Halt`` where the user, the time or the whole budget ends it.
    """
    try:
        yield from _alternatives(office, plan)
    except (Halt, SolverStopped):
        if office.stopper.reason or office.budget.spent:
            raise Halt from None


def _alternatives(office: Office, plan: Design) -> Iterator[Alternative]:
    search = office.search()
    search.simulations = None
    cost, last = office.total(plan), office.budget.made + office.each
    seen = [plan]
    for share in WITHIN:
        most, found = cost + int(cost * share), 0
        while found < EACH and office.budget.made < last:
            design = farthest(search, seen, most)
            if design is None:
                break
            if design not in search.ledger.evaluations:
                search.simulate(design)
            if not search.ledger.evaluations[design].feasible or design in search.ledger.rejected:
                continue
            if not office.confirmed(design):
                search.ledger.reject(design)
                continue
            seen.append(design)
            total = office.total(design)
            if total <= most:
                found += 1
                yield Alternative(design, total)


def farthest(search: Search, seen: Sequence[Design], most: int) -> Design | None:
    """The design left, of ``most`` minor units at most, that differs most from ``seen`` and is believed feasible."""
    believed = search.ledger.master.copy()
    believed.limit_cost(most)
    believed.prefer_different(seen, most)
    return search.believable(believed)
