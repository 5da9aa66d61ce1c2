"""How the plan changes with demand, and between which demands it stays the cheapest.

All services have so many per cent of today's applicants, as in a demand scenario: the same people's work and, since the
k-th applicant of a replication is the same, the same draws. The range is that of the search's sample, and takes two
things for granted: a plan that fails at some demand fails at a higher one, and one that keeps its targets keeps them at
a lower one.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simgov.optimize.demand import Demand
from simgov.optimize.explain.again import Office
from simgov.optimize.explain.explanation import Answer
from simgov.optimize.search import Search
from simgov.optimize.solving import Stopping
from simgov.optimize.space import Design
from simgov.scenario.value import Recorded, Scenario

LEVELS = (80, 90, 110, 120)
LEAST_DEMAND, MOST_DEMAND = 50, 200
TODAY = 100


class Unscalable(Exception):
    """Who comes is recorded, so nobody else can."""


def at_demand(scenario: Scenario, percent: int) -> Scenario:
    """The scenario with so many per cent of the applicants of every service. Raises ``Unscalable``."""
    for service in scenario.every_variant:
        if isinstance(service.arrivals, Recorded):
            raise Unscalable(service.id)
    return Demand(others=percent / 100).applied(scenario)


@dataclass
class OverDemand:
    """A plan's design at several demands; ``office`` makes the problem with so many per cent of today's applicants."""

    office: Callable[[int], Office]
    design: Design
    _offices: dict[int, Office] = field(default_factory=dict, init=False)

    def at(self, percent: int) -> Office:
        """The problem at a demand, with all that is known of it."""
        if percent not in self._offices:
            self._offices[percent] = self.office(percent)
        return self._offices[percent]

    def cheapest(self, percent: int) -> Answer:
        """The cheapest plan there; the plan itself is tried first."""
        return self.at(percent).cheapest(first=(self.design,))

    def same(self, answer: Answer, percent: int) -> bool:
        """Whether the plan itself costs no more than the answer for a demand, and keeps the targets there."""
        if answer.cost is None or not self.at(percent).keeps(self.design):
            return False
        return self.at(percent).total(self.design) <= answer.cost

    # The range --------------------------------------------------------------------------------------------------------

    def most(self) -> tuple[int, bool]:
        """The most per cent up to which the plan keeps its targets, and whether it still did at the last one tried."""
        most = self._last_kept(self.design, TODAY, MOST_DEMAND)
        return most, most == MOST_DEMAND

    def least(self, below: int | None) -> tuple[int, bool, bool]:
        """The least per cent from which on no cheaper plan is known, whether that is proved, and whether none is below.

        ``below`` is the highest demand at which a cheaper one is known already; None where none is.
        """
        start = LEAST_DEMAND if below is None else below
        while start < TODAY:
            found, proved = self.cheaper(start)
            if found is None:
                return start, proved, start == LEAST_DEMAND
            start = self._last_kept(found, start, TODAY) + 1
        return TODAY, True, False

    def cheaper(self, percent: int) -> tuple[Design | None, bool]:
        """Some cheaper design that keeps every target there; where there is none, whether that is sure."""
        office = self.at(percent)
        search = office.search()
        stopping = search.stopping or office.stopper
        search.stopping = _FoundOrStopped(search, office.total(self.design), stopping)
        office.run(search, (self.design,))
        found = search.incumbent
        if found is not None and found.total < office.total(self.design):
            return found.design, True
        return None, search.proved

    def _keeps(self, design: Design, percent: int) -> bool:
        return self.at(percent).evaluate(design).feasible

    def _last_kept(self, design: Design, kept: int, end: int) -> int:
        """The last per cent from ``kept`` to ``end`` at which a design keeps every target, by bisection."""
        if self._keeps(design, end):
            return end
        good, bad = kept, end
        while bad - good > 1:
            middle = (good + bad) // 2
            good, bad = (middle, bad) if self._keeps(design, middle) else (good, middle)
        return good


@dataclass(frozen=True)
class _FoundOrStopped:
    """Stops a search as soon as it knows something cheaper than ``cost``."""

    search: Search
    cost: int
    stopping: Stopping

    def __call__(self) -> bool:
        found = self.search.incumbent
        return (found is not None and found.total < self.cost) or self.stopping()
