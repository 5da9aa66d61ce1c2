"""Which limits bind: for each that a plan uses up, the search goes on a little without it.

A limit binds where a cheaper plan is found without it, and does not where the search proves that there is none.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simgov.optimize.limits import LimitUsed
from simgov.optimize.problem import Problem
from simgov.optimize.search import Halt, Incumbent, Search
from simgov.optimize.space import Space

MOST_SIMULATIONS = 12
"""Of so many further designs it is told whether a limit binds."""


def limits_used(problem: Problem, search: Search, without: Callable[[Space, int], Search]) -> tuple[LimitUsed, ...]:
    """Every limit of ``problem`` and how the plan of a finished ``search`` uses it.

    ``without(space, simulations)`` is a search over another space that knows what this one does and makes so many
    simulations at most. Raises what these raise when the user stops them.
    """
    if search.incumbent is None:
        return ()
    found = []
    for place, (limit, own) in enumerate(zip(problem.limits, problem.space.limits, strict=True)):
        design = search.incumbent.design
        used = own.used(design.staff, map(sum, problem.space.made(design) or ()))
        known = LimitUsed(limit.words(problem.baseline), used, limit.least, limit.most, False)
        if known.tight and search.proved:
            others = (*problem.space.limits[:place], *problem.space.limits[place + 1 :])
            further = without(replace(problem.space, limits=others), MOST_SIMULATIONS)
            binds, saving = _verdict(search, search.incumbent, further)
            known = replace(known, binds=binds, saving=saving)
        elif known.tight:
            known = replace(known, binds=None)
        found.append(known)
    return tuple(found)


def _verdict(search: Search, plan: Incumbent, further: Search) -> tuple[bool | None, int | None]:
    """Whether a search without the limit, which knows what ``search`` does, finds something cheaper."""
    for design in search.ledger.rejected:
        further.ledger.reject(design)
    if further.incumbent is not None and further.incumbent.design in search.ledger.rejected:
        further.reject_incumbent()
    for design in search.ledger.impossible:
        further.ledger.forbid_options(design)
    try:
        further.run()
    except Halt:
        if further.made < MOST_SIMULATIONS:  # the user's wish, not the budget
            raise
    if further.incumbent is not None and further.incumbent.total < plan.total:
        return True, plan.total - further.incumbent.total
    return (False if further.proved else None), None
