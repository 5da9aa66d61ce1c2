"""``minimize:``, ``maximize:`` and ``budget:`` of the ``optimize:`` section: what is made as good as possible.

One thing, or several one after the other; each may give a little for the sake of those after it (``within``)::

    optimize:
      minimize: [{kpi: permit.days.mean, within: 2 %}, cost]
      budget: 5000000 CNY
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from difflib import get_close_matches
from typing import TYPE_CHECKING, Annotated

from pydantic import PlainValidator, WithJsonSchema

from simgov.errors import PathPart, Problem
from simgov.kpi.table import UnknownKpi, find
from simgov.kpi.targets import Target
from simgov.scenario.fields import fault
from simgov.units import UnitError, parse_share, shown

if TYPE_CHECKING:
    from simgov.scenario.value import Scenario
    from simgov.units import Money

COST = "cost"
SENSES = ("minimize", "maximize")
MOST_WITHIN = 1.0


@dataclass(frozen=True)
class Wish:
    """A KPI, or the cost, to be made as small or as large as possible; ``within`` it may be given up for later wishes.

    ``sense`` is empty where that of the whole section counts.
    """

    kpi: str = COST
    sense: str = ""
    within: float = 0.0

    @property
    def at_most(self) -> bool:
        """Whether less is better."""
        return self.sense != "maximize"

    def target(self, scenario: Scenario) -> Target:
        """The KPI as a target, at a limit that stands for none yet."""
        kpi = find(scenario, self.kpi)
        return Target(kpi.name, unit=kpi.unit, **{"at_most" if self.at_most else "at_least": 1.0})


THE_COST = (Wish(COST, "minimize"),)


def wished(wishes: Sequence[Wish], scenario: Scenario) -> list[Target]:
    """The KPIs among some objectives as targets, in their order."""
    return [wish.target(scenario) for wish in wishes if wish.kpi != COST]


def parse_wishes(value: object) -> tuple[Wish, ...]:
    """One wish or a list of them, as written."""
    items = value if isinstance(value, list) else [value]
    if not items:
        raise fault("there is nothing to make as good as possible", "write minimize: cost")
    return tuple(_wish(item) for item in items)


def _wish(item: object) -> Wish:
    if isinstance(item, str):
        return Wish(item)
    if not isinstance(item, Mapping):
        raise fault(f"{shown(item)} is no KPI", "write the name of a KPI, or cost")
    named = [key for key in ("kpi", *SENSES) if key in item]
    others = [key for key in item if key not in (*named, "within")]
    if len(named) != 1 or others or not isinstance(item[named[0]], str):
        raise fault(
            "an objective has one KPI, and how much of it may be given up", "write {kpi: permit.days.mean, within: 1 %}"
        )
    return Wish(item[named[0]], named[0] if named[0] in SENSES else "", _within(item.get("within", "0 %")))


def _within(text: object) -> float:
    try:
        share = parse_share(text)
    except UnitError as error:
        raise fault(error.message, error.hint) from None
    if not 0.0 <= share <= MOST_WITHIN:
        raise fault(f"{shown(text)} is out of range", "write 0 % to 100 %")
    return share


WishesField = Annotated[
    tuple[Wish, ...],
    PlainValidator(parse_wishes),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string"},
                {
                    "type": "array",
                    "items": {"anyOf": [{"type": "string"}, {"type": "object"}]},
                    "minItems": 1,
                },
            ],
            "examples": ["cost", ["permit.days.mean", "cost"]],
        }
    ),
]


def resolve(
    minimize: Sequence[Wish] | None,
    maximize: Sequence[Wish] | None,
    scenario: Scenario,
    path: tuple[PathPart, ...],
    problems: list[Problem],
) -> tuple[Wish, ...]:
    """The objectives in their order, the cost where none is given; what is wrong is added to ``problems``."""
    if minimize is not None and maximize is not None:
        text = "minimize and maximize are two orders: which comes first?"
        hint = "write one list: minimize: [permit.days.mean, {maximize: permit.throughput}]"
        problems.append(Problem((*path, "maximize"), text, hint, on_key=True))
        return THE_COST
    sense = "minimize" if maximize is None else "maximize"
    written = minimize if maximize is None else maximize
    wishes: list[Wish] = []
    for place, wish in enumerate(written or ()):
        here = (*path, sense, place) if len(written or ()) > 1 else (*path, sense)
        found = _resolved(wish, sense, scenario, here, problems)
        if found is not None and any(found.kpi == other.kpi for other in wishes):
            problems.append(Problem(here, f"{found.kpi} is listed twice", "write it once"))
        elif found is not None:
            wishes.append(found)
    return tuple(wishes) or THE_COST


def _resolved(
    wish: Wish, sense: str, scenario: Scenario, path: tuple[PathPart, ...], problems: list[Problem]
) -> Wish | None:
    own = wish.sense or sense
    if wish.kpi == COST:
        if own == "maximize" and (wish.sense or len(path) == 2):
            problems.append(Problem(path, "the cost is not made as large as possible", "write minimize: cost"))
            return None
        return Wish(COST, "minimize", wish.within)
    try:
        kpi = find(scenario, wish.kpi)
    except UnknownKpi as error:
        near_cost = get_close_matches(wish.kpi, [COST])
        problems.append(Problem(path, error.message, "did you mean cost?" if near_cost else error.hint))
        return None
    return Wish(kpi.name, own, wish.within)


def budget(money: Money | None, scenario: Scenario, path: tuple[PathPart, ...], problems: list[Problem]) -> int | None:
    """The budget over the horizon in minor units."""
    if money is None:
        return None
    if money.currency != scenario.currency:
        priced = scenario.currency or "no currency, since no pool has a cost"
        problems.append(Problem(path, f"the budget is in {money.currency}; the scenario is in {priced}"))
        return None
    return money.minor
