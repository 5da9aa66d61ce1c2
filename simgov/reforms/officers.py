"""How measures change officers: the pace at which they work, by the clock, and who may be named.

A pace holds for all that a pool does from a date on, for cases too that applied before, and for work that it does in
place of other pools. It is a ``Learning`` of the pool: paces of several measures multiply.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable
from dataclasses import dataclass, replace

from simgov.reforms.kind import NEEDED, given
from simgov.reforms.measure import need_pool
from simgov.reforms.refusal import Place, Refusal
from simgov.scenario.fields import FactorField, PeriodField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Learning, Pool, Scenario
from simgov.units import Duration, Money

AT_ONCE = Duration(1.0, "workday")


class TransitionSpec(Section):
    """Work takes longer at first."""

    start: FactorField = given(
        NEEDED, "How long work takes on the first day, of its usual time", "首日办理用时占平时的比例", "%"
    )
    half_life: PeriodField = given(NEEDED, "The time in which the excess halves", "多用时间减半所需的时间")


@dataclass(frozen=True)
class Transition:
    """Work takes ``start`` times as long on the first day, and the excess halves with each ``half_life``."""

    start: float = 1.0
    half_life: Duration = AT_ONCE

    @staticmethod
    def of(spec: TransitionSpec | None) -> Transition:
        """The transition that a file writes; none where it writes none."""
        return NO_TRANSITION if spec is None else Transition(spec.start, spec.half_life)

    def of_pool(self, pool: Pool, since: datetime.date) -> Pool:
        """The pool in transition from a date on."""
        return at_pace(pool, since, self.start, 1.0, self.half_life)


NO_TRANSITION = Transition()


def at_pace(pool: Pool, since: datetime.date, first: float, ends: float, half_life: Duration = AT_ONCE) -> Pool:
    """The pool whose work takes ``first`` times as long on the day ``since`` and ``ends`` times in the long run."""
    if first == 1.0 and ends == 1.0:
        return pool
    pace = Learning(since, first, half_life, ends)
    if pool.learning is not None:
        pace = replace(pool.learning, besides=(*pool.learning.besides, pace))
    return replace(pool, learning=pace)


def with_paces(
    scenario: Scenario,
    pools: Iterable[str],
    since: datetime.date,
    first: float,
    ends: float,
    half_life: Duration = AT_ONCE,
) -> Scenario:
    """The scenario in which these pools have a pace, as in ``at_pace``."""
    for name in dict.fromkeys(pools):
        scenario = scenario.with_pool(at_pace(scenario.pool(name), since, first, ends, half_life))
    return scenario


def need_pools(scenario: Scenario, names: Iterable[str], at: Place) -> None:
    """Refuse an empty list, pools that are not there, and those that are named twice."""
    seen: list[str] = []
    for position, name in enumerate(names):
        need_pool(scenario, name, (*at, position))
        if name in seen:
            raise Refusal(f"{name} is named twice", "", (*at, position))
        seen.append(name)
    if not seen:
        raise Refusal("names no pool", "name one at least", at)


def need_currency(scenario: Scenario, cost: Money | None, at: Place) -> None:
    """Refuse a cost in another currency than that of the rest of the file."""
    if cost is not None and scenario.currency and cost.currency != scenario.currency:
        raise Refusal(
            f"this is in {cost.currency}, the rest of the file in {scenario.currency}", "use one currency", at
        )
