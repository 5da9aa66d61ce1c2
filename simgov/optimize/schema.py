"""The ``optimize:`` section of a scenario file: what may be changed, between which bounds, and at what cost.

``Spec`` is the section as written, ``resolve`` checks it against the scenario, ``Decisions`` is the result::

    optimize:
      minimize: cost
      staff:   {general: 4..12, passport: 0..4}
      reforms: [one_window, lean]
      remove:  {passport.recheck: 48 CNY}
      horizon: 1 year
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Annotated, Any

from pydantic import Discriminator, Field, PlainValidator, Tag, WithJsonSchema

from simgov.errors import PathPart, Problem
from simgov.optimize import equipment, negative_list, wishes
from simgov.optimize import limits as limits_on_posts
from simgov.optimize import rosters as rosters_of_pools
from simgov.optimize.demand import Demand, SaidField, resolve_demand
from simgov.optimize.limits import Limit, LimitSpec
from simgov.optimize.negative_list import NegativeListField, Rule
from simgov.optimize.ranges import RangeField
from simgov.optimize.rosters import Roster, RosterSpec
from simgov.optimize.wishes import THE_COST, Wish, WishesField
from simgov.scenario.fields import FactorField, Id, OnceField, PeriodField, fault, kind_tag, unknown
from simgov.scenario.fields import Spec as Section
from simgov.units import Duration, shown

if TYPE_CHECKING:
    from simgov.reforms.stress import Stress
    from simgov.scenario.value import Part, Scenario, Service, Step

YEAR = Duration(365 * 1440.0)


DemandField = Annotated[
    Annotated[FactorField, Tag("<text>")] | Annotated[dict[Id, SaidField], Tag("<mapping>")],
    Discriminator(lambda value: "<mapping>" if isinstance(value, dict) else "<text>"),
]


def parse_hold(value: object) -> int | None:
    """In how many demand scenarios targets must be met: a number, also as ``{at_least: 2}``; None for ``all``."""
    least = value["at_least"] if isinstance(value, dict) and set(value) == {"at_least"} else value
    if value == "all":
        return None
    if not isinstance(least, int) or isinstance(least, bool):
        raise fault(f"{shown(value)} is not a number of demand scenarios", "write all, 2 or {at_least: 2}")
    return least


HoldField = Annotated[
    int | None,
    PlainValidator(parse_hold),
    WithJsonSchema(
        {
            "anyOf": [
                {"const": "all"},
                {"type": "integer", "minimum": 1},
                {
                    "type": "object",
                    "properties": {"at_least": {"type": "integer", "minimum": 1}},
                    "required": ["at_least"],
                    "additionalProperties": False,
                },
            ],
            "examples": ["all", 2],
        }
    ),
]


class Spec(Section):
    """What the optimiser may decide: posts of each pool, reforms, and steps or parts to remove."""

    minimize: WishesField | None = Field(
        None,
        description="What is made as small as possible under the targets: cost (default), a KPI, or several in order",
    )
    maximize: WishesField | None = Field(None, description="Instead: what is made as large as possible")
    budget: OnceField | None = Field(None, description="The most that a plan may cost over the horizon")
    staff: dict[Id, RangeField] = Field(
        default_factory=dict,
        description="Posts of each pool that may change, e.g. {general: 4..12}; others stay as they are",
    )
    rosters: dict[Id, RosterSpec] = Field(
        default_factory=dict,
        description="Pools whose posts work patterns of hours: {hall: {patterns: {early: {hours: ..., posts: 0..4}}}}",
    )
    room: dict[Id, RangeField] = Field(
        default_factory=dict,
        description="Places to wait before pools whose steps have limited room, e.g. {review: 1..20}",
    )
    speed: dict[Id, RangeField] = Field(
        default_factory=dict,
        description="How many times as fast as the file says pools may work, e.g. {review: 1..3}",
    )
    reforms: list[Id] = Field(default_factory=list, description="Reforms of this file that may be taken or left")
    remove: Annotated[
        Annotated[list[str], Tag("<list>")] | Annotated[dict[str, OnceField], Tag("<mapping>")], Discriminator(kind_tag)
    ] = Field(
        default_factory=list,
        description="Steps or parts that may go: [service.step, service.step.part], or each with what that costs once",
    )
    limits: list[LimitSpec] = Field(
        default_factory=list,
        description="What the posts of some pools may add up to: [{of: [counter, review], at_most: 40}]",
    )
    negative_list: NegativeListField = Field(
        default_factory=list,
        description="What no plan may bring: [no_added_step, no_raised_threshold], or each with its exceptions",
    )
    demand: dict[Id, DemandField] = Field(
        default_factory=dict,
        description="Demand scenarios: {quiet: 80 %, busy: {permit: 130 %}}, under a stress: {down: {stress: outage}}",
    )
    hold: HoldField = Field(
        None, description="In how many demand scenarios the targets must be met: all (default), 2, or {at_least: 2}"
    )
    horizon: PeriodField = Field(YEAR, description="Time over which costs are added up; default 1 year")


@dataclass(frozen=True)
class Decisions:
    """What may be decided. ``staff``: pool to (fewest, most) posts; ``remove``: ``service.step`` or
    ``service.step.part`` to its one-off cost in minor units; ``horizon`` is what costs are added up over.
    The targets must be met in ``hold`` of the ``demand`` scenarios; without any, as many come as the file says.
    ``objectives`` are made as good as possible one after the other, within ``budget`` minor units. No plan breaks a
    rule of the ``negative_list``.
    """

    objectives: tuple[Wish, ...] = THE_COST
    staff: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    reforms: tuple[str, ...] = ()
    remove: Mapping[str, int] = field(default_factory=dict)
    horizon: Duration = YEAR
    limits: tuple[Limit, ...] = ()
    budget: int | None = None
    rosters: Mapping[str, Roster] = field(default_factory=dict)
    demand: tuple[Demand, ...] = ()
    hold: int = 0
    room: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    speed: Mapping[str, tuple[int, int]] = field(default_factory=dict)
    negative_list: tuple[Rule, ...] = ()

    @property
    def numbers(self) -> dict[str, tuple[int, int]]:
        """The bounds of all that is decided by one number, by column: posts by pool, then room and speed."""
        return {**self.staff, **self.equipment}

    @property
    def equipment(self) -> dict[str, tuple[int, int]]:
        """The bounds of room and speed by column."""
        kinds = ((equipment.ROOM, self.room), (equipment.SPEED, self.speed))
        return {equipment.column(kind, pool): bounds for kind, own in kinds for pool, bounds in own.items()}

    @property
    def posts(self) -> dict[str, tuple[int, int]]:
        """The fewest and the most posts of each pool that is decided by number or by roster."""
        return {**self.staff, **{pool: roster.posts for pool, roster in self.rosters.items()}}


def resolve(
    spec: Spec,
    scenario: Scenario,
    reforms: Mapping[str, Any],
    path: tuple[PathPart, ...] = ("optimize",),
    stresses: Mapping[str, Stress] | None = None,
) -> tuple[Decisions, tuple[Problem, ...]]:
    """The decisions that ``spec`` means for ``scenario``, and everything wrong with them, located below ``path``.

    ``reforms`` are the file's reforms by name, ``stresses`` those that it can name. What is wrong is left out.
    """
    problems: list[Problem] = []
    staff = _staff(spec, scenario, path, problems)
    chosen = _reforms(spec, reforms, path, problems)
    remove = _remove(spec, scenario, path, problems)
    rosters = rosters_of_pools.resolve(spec.rosters, scenario, spec.staff, (*path, "rosters"), problems)
    room = equipment.resolve(equipment.ROOM, spec.room, scenario, (*path, "room"), problems)
    speed = equipment.resolve(equipment.SPEED, spec.speed, scenario, (*path, "speed"), problems)
    numbers = Decisions(staff=staff, rosters=rosters, room=room, speed=speed)
    counted = {**numbers.posts, **numbers.equipment}
    limits = limits_on_posts.resolve(spec.limits, scenario, counted, (*path, "limits"), problems)
    objectives = wishes.resolve(spec.minimize, spec.maximize, scenario, path, problems)
    most = wishes.budget(spec.budget, scenario, (*path, "budget"), problems)
    if spec.horizon.amount <= 0:
        problems.append(Problem((*path, "horizon"), "the horizon is empty", "write 1 year"))
    if not (spec.staff or spec.rosters or spec.reforms or spec.remove or spec.room or spec.speed):
        problems.append(Problem(path, "nothing may be changed", "give staff, rosters, reforms, remove, room or speed"))
    demand, hold = resolve_demand(spec.demand, spec.hold, scenario, stresses or {}, path, problems)
    if demand and objectives != THE_COST:
        text = "with demand scenarios the cost alone can be made as small as possible"
        problems.append(Problem((*path, "demand"), text, "leave demand out, or minimize: cost", on_key=True))
    decisions = Decisions(
        objectives, staff, chosen, remove, spec.horizon, limits, most, rosters, demand, hold, room, speed,
        negative_list.resolve(spec.negative_list),
    )  # fmt: skip
    return decisions, tuple(problems)


def _staff(
    spec: Spec, scenario: Scenario, path: tuple[PathPart, ...], problems: list[Problem]
) -> dict[str, tuple[int, int]]:
    known = [pool.id for pool in scenario.pools]
    for pool in spec.staff:
        if pool not in known:
            problems.append(Problem((*path, "staff", pool), *unknown("pool", pool, known), on_key=True))
        elif scenario.pool(pool).cost is None and spec.staff[pool][0] < spec.staff[pool][1]:
            message = f"pool {pool!r} has no cost, so its posts are free"
            problems.append(
                Problem((*path, "staff", pool), message, f"give pools.{pool}.cost, e.g. 35 CNY/h", on_key=True)
            )
    # In the order of the pools: the lexicographically smallest of equal plans then does not depend on this section.
    return {pool: spec.staff[pool] for pool in known if pool in spec.staff}


def _reforms(
    spec: Spec, reforms: Mapping[str, Any], path: tuple[PathPart, ...], problems: list[Problem]
) -> tuple[str, ...]:
    chosen: list[str] = []
    for place, name in enumerate(spec.reforms):
        if name not in reforms:
            problems.append(Problem((*path, "reforms", place), *unknown("reform", name, reforms)))
        elif name in chosen:
            problems.append(Problem((*path, "reforms", place), f"{name!r} is listed twice", "write it once"))
        else:
            chosen.append(name)
    return tuple(chosen)


def _remove(spec: Spec, scenario: Scenario, path: tuple[PathPart, ...], problems: list[Problem]) -> dict[str, int]:
    listed = isinstance(spec.remove, list)
    costs = dict.fromkeys(spec.remove) if isinstance(spec.remove, list) else spec.remove
    if isinstance(spec.remove, list) and len(costs) < len(spec.remove):
        twice = next(name for name in spec.remove if spec.remove.count(name) > 1)
        problems.append(Problem((*path, "remove"), f"{twice!r} is listed twice", "write it once"))
    removals: dict[str, int] = {}
    for place, (name, money) in enumerate(costs.items()):
        where = (*path, "remove", place if listed else name)
        fault_found = _removal_fault(name, scenario)
        if fault_found is not None:
            problems.append(Problem(where, *fault_found, on_key=not listed))
        elif money is not None and money.minor and money.currency != scenario.currency:
            priced = scenario.currency or "no currency, since no pool has a cost"
            problems.append(Problem(where, f"this cost is in {money.currency}; the scenario is in {priced}"))
        else:
            removals[name] = money.minor if money is not None else 0
    return removals


def _removal_fault(name: str, scenario: Scenario) -> tuple[str, str] | None:
    """What is wrong with removing ``name``, and what to write instead; None where it may be removed."""
    pieces = name.split(".")
    if len(pieces) not in (2, 3):
        return f"{shown(name)} is neither a step nor a part", "write service.step or service.step.part"
    services = {service.id: service for service in scenario.services}
    if pieces[0] not in services:
        return unknown("service", pieces[0], services)
    service: Service = services[pieces[0]]
    steps = {step.id: step for step in service.steps}
    if pieces[1] not in steps:
        return unknown(f"step of {service.id}", pieces[1], steps)
    step: Step = steps[pieces[1]]
    parts: dict[str, Part] = {part.id: part for part in step.parts}
    if len(pieces) == 3 and pieces[2] not in parts:
        return unknown(f"part of {service.id}.{step.id}", pieces[2], parts)
    statutory = [step.basis] if len(pieces) == 2 else [parts[pieces[2]].basis]
    if len(pieces) == 2:
        statutory += [part.basis for part in step.parts]
    basis = next((basis for basis in statutory if basis), None)
    if basis is not None:
        return (
            f"{name} rests on the law and may not be removed ({basis})",
            "only what has no legal basis may be removed",
        )
    return None
