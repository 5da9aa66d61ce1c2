"""Which cases a change is about where it does not reach all: ``40 % of cases``, ``cases of elderly``.

Two scenarios are compared case by case: each case goes some way in the one and some way in the other, by the same
draw of what it takes up. What differs between the two ways differs for these cases.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from simgov.scenario.value import Scenario, Service, Text, Way, stretches
from simgov.units import format_share

Covered = Mapping[str | None, float]
"""The share of the cases of each group; of None in a service without groups."""


@dataclass(frozen=True)
class Pair:
    """A service as some cases go through it in one scenario and in the other, and which cases these are."""

    before: Service
    after: Service
    covered: Covered


def pairs(before: Scenario, after: Scenario, old: Service, new: Service) -> tuple[Pair, ...]:
    """The pairs of ways that cases of a service go in two scenarios, as far as any do."""
    was, now = before.ways_of(old), after.ways_of(new)
    found: dict[tuple[Service, Service], dict[str | None, float]] = {}
    groups: list[str | None] = [name for name, _ in new.groups]
    for group in groups or [None]:
        for low, high, one in _of_group(was, group):
            for begin, end, other in _of_group(now, group):
                share = min(high, end) - max(low, begin)
                if share > 1e-12:
                    own = found.setdefault((one, other), {})
                    own[group] = own.get(group, 0.0) + share
    return tuple(Pair(one, other, covered) for (one, other), covered in found.items())


def _of_group(ways: Sequence[Way], group: str | None) -> Iterable[tuple[float, float, Service]]:
    for (low, high), way in zip(stretches([way.reach for way in ways], group), ways, strict=True):
        yield low, high, way.service


def together(covered: Iterable[Covered]) -> dict[str | None, float]:
    """The cases that one of several pairs is about."""
    found: dict[str | None, float] = {}
    for one in covered:
        for group, share in one.items():
            found[group] = found.get(group, 0.0) + share
    return found


def cases_in_words(covered: Covered, groups: Sequence[tuple[str, float]]) -> Text | None:
    """``40 % of cases``, ``cases of elderly``, ``40 % of the cases of elderly``; None where it is all of them."""
    of_groups: dict[str | None, float] = {group: round(covered.get(group, 0.0), 9) for group, _ in groups}
    of_groups = of_groups or {None: round(covered.get(None, 0.0), 9)}
    there = {group: share for group, share in of_groups.items() if share > 0.0}
    shares = set(there.values())
    if len(shares) > 1:
        share = sum(weight * of_groups[group] for group, weight in groups)
        return Text(f"{format_share(share)} of cases", f"{format_share(share)} 的办件")
    (share,) = shares
    some = "" if share > 1.0 - 1e-9 else format_share(share)
    if len(there) == len(of_groups):
        return Text(f"{some} of cases", f"{some} 的办件") if some else None
    names = [str(group) for group in there]
    english, chinese = f"cases of {', '.join(names)}", f"{'、'.join(names)}的办件"
    return Text(f"{some} of the {english}", f"{chinese}中的 {some}") if some else Text(english, chinese)
