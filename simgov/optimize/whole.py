"""The office of all its phases, and of whatever else may come of it, at once: for what may touch what, whenever."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from simgov.scenario.value import EVERYBODY, Others, Pool, Reach, Scenario


def whole_office(offices: Sequence[Scenario]) -> Scenario:
    """One office without phases in which some cases go each way that any go in one of these, at some time.

    Only its structure means something: who may wait for whom, where cases go on to, and who may leave.
    """
    if all(office is offices[0] for office in offices) and not offices[0].phases:
        return offices[0]
    versions = [version for office in offices for version in office.versions]
    ways = list(dict.fromkeys(services for version in versions for _, services in version.ways))
    pools = list(dict.fromkeys(version.pools for version in versions))
    first = versions[0]
    if len(pools) == 1 and all(version.ways == first.ways for version in versions):
        return first
    known = {service.id: service for services in reversed(ways) for service in services}
    ways[0] = (*ways[0], *(known[name] for name in known if name not in {service.id for service in ways[0]}))
    reaches = [*(Reach((place + 1) / len(ways)) for place in range(len(ways) - 1)), EVERYBODY]
    others = tuple(Others(reach, services) for reach, services in zip(reaches[1:], ways[1:], strict=True))
    return replace(first, pools=tuple(_together(pools)), services=ways[0], reach=reaches[0], others=others, phases=())


def _together(versions: Iterable[Sequence[Pool]]) -> Iterable[Pool]:
    """Every pool once, with each rule by which it ever ties others to itself or people leave it."""
    found: dict[str, Pool] = {}
    for pools in versions:
        for pool in pools:
            known = found.get(pool.id, pool)
            found[pool.id] = replace(
                known,
                tide=known.tide or pool.tide,
                balks_at=known.balks_at if known.balks_at is not None else pool.balks_at,
                ageing=known.ageing or pool.ageing,
                escalate=known.escalate or pool.escalate,
            )
    return found.values()


def of_services(office: Scenario, services: Sequence[str], pools: Sequence[str]) -> tuple[object, ...]:
    """All that these services and pools are at any time of an office: what their figures follow from."""
    dates = [office.run.start, *(phase.start for phase in office.phases)]
    return tuple(
        (
            date,
            tuple(version.ways_of(one) for one in version.services if one.id in services),
            tuple(pool for pool in version.pools if pool.id in pools),
            tuple(system for system in version.systems if not set(pools).isdisjoint(system.pools)),
        )
        for date, version in zip(dates, office.versions, strict=True)
    )
