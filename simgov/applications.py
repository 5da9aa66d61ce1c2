"""Who applies when, on which way, of which group and by which channel: drawn case by case before the run.

Cases are numbered within their service, and every draw here is by the number of a case, so that more time, more places
or another way move no draw of anybody else.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.arrivals import AppointmentsFrom, ArrivalsFrom
from simgov.duty import MINUTES_PER_DAY
from simgov.network import Network, WayOn
from simgov.scenario.value import Recorded, Service
from simgov.streams import exponential_sums, uniforms

BACKLOG_NUMBER = 1 << 60
"""Backlog cases are numbered from here in their streams, so that they take no draw from those who arrive."""

APPOINTMENT_NUMBER = 1 << 61
"""From here on each place of each slot has a number, by the slot's minute: more places or slots move no draw."""

PLACES = 1024
"""Numbers that a minute has for its places."""

WALK_IN, BOOKED, NO_SHOW = range(3)
"""How a case comes: as it likes, to an appointment, or not at all."""


@dataclass(frozen=True, eq=False)
class Comers:
    """Who applies: their numbers within the service, when, and whether they walk in, have booked or stay away."""

    numbers: Integers
    times: Floats
    booking: Integers

    @property
    def columns(self) -> tuple[Integers, Floats, Integers]:
        """All three."""
        return (self.numbers, self.times, self.booking)

    def chosen(self, places: Integers) -> Comers:
        """Some of them."""
        return Comers(*(column[places] for column in self.columns))


@dataclass(frozen=True)
class Came:
    """Who of a service came before a slice: ``cases`` in ``groups``, whose gaps come to ``total``."""

    cases: int = 0
    groups: int = 0
    total: float = 0.0


NOBODY = Came()


def comers_by_route(
    network: Network, service: int, seed: int, replication: int, since: float, horizon: float, before: Came
) -> tuple[list[Comers], Came]:
    """For each route of a service who comes on it after ``since``; whoever booked, by the day of the slot.

    Also who has come by then without an appointment.
    """
    name = network.services[service]
    times, came = arrivals_after(before, network.arrivals[service], seed, replication, name, horizon)
    walking = Comers(np.arange(before.cases, came.cases), times, np.full(len(times), WALK_IN, np.int8))
    booked, begins = _booked(network.appointments[service], seed, replication, name, since, horizon)
    routes = network.routes_of(service)
    everybody = Comers(*(together(both) for both in zip(walking.columns, booked.columns, strict=True)))
    if len(routes) == 1:
        return [everybody], came
    when = together((times, begins))
    taken = routes_taken(network, service, when, everybody.numbers, seed, replication)
    return [everybody.chosen(np.flatnonzero(taken == route)) for route in routes], came


def routes_taken(
    network: Network, service: int, when: Floats, numbers: Integers, seed: int, replication: int
) -> Integers:
    """The route of each case of a service by when it applies (``numbers`` within the service): int32[cases]."""
    version = np.searchsorted(network.version_start, when, side="right") - 1
    taken = np.full(len(numbers), -1, np.int32)
    for number, ways in enumerate(network.version_ways):
        own = np.flatnonzero(version == number)
        if ways[service] and len(own):
            taken[own] = ways_taken(network, ways[service], numbers[own], seed, replication)
    return taken


def ways_taken(
    network: Network, ways: tuple[WayOn, ...], numbers: Integers, seed: int, replication: int
) -> Integers | int:
    """The route of each case of a service, by the draw of what it takes up, and its group."""
    if len(ways) == 1:
        return ways[0].route
    service = network.routes[ways[0].route]
    drawn = uniforms(seed, replication, f"{service.id}/uptake", numbers)
    group = None
    if any(way.groups is not None for way in ways):
        group = drawn_labels(service, "group", numbers, seed, replication)
    taken = np.full(len(numbers), ways[-1].route, np.int32)
    for way in reversed(ways[:-1]):
        reached = drawn < way.upto
        taken[reached if way.groups is None else reached & way.groups[group]] = way.route
    return taken


def drawn_labels(service: Service, kind: str, numbers: Integers, seed: int, replication: int) -> Integers:
    """The place of each case's group or channel among those of the service; -1 where it has none: int16[cases].

    That of the record where there is one that says so.
    """
    shares = service.groups if kind == "group" else service.channels
    if not shares:
        return np.full(len(numbers), -1, np.int16)
    bounds = np.cumsum([share for _, share in shares])[:-1]
    drawn = uniforms(seed, replication, f"{service.id}/{kind}", numbers)
    places = np.searchsorted(bounds, drawn, side="right").astype(np.int16)
    recorded = service.arrivals
    if not isinstance(recorded, Recorded) or kind not in recorded.labels:
        return places
    said, waiting = recorded.labels[kind], len(recorded.waits_at)
    place = np.where(numbers >= BACKLOG_NUMBER, numbers - BACKLOG_NUMBER, numbers + waiting)
    own = np.where(place < len(said), said[np.minimum(place, len(said) - 1)], -1)
    return np.where(own >= 0, own, places).astype(np.int16)


def channels_by_the_clock(
    network: Network, service: Service, comers: Comers, places: Integers, seed: int, replication: int
) -> Integers:
    """The channels of cases, ``places`` by their shares, where those who walk in at other times come by others."""
    arrivals = network.arrivals[network.services.index(service.id)]
    since = np.searchsorted([own.start for own in arrivals], comers.times, side="right") - 1
    walk_in = (comers.booking == WALK_IN) & (comers.numbers < BACKLOG_NUMBER)
    places = places.copy()
    for number, own in enumerate(arrivals):
        if own.curve is not None and own.curve.hours is not None:
            here = np.flatnonzero(walk_in & (since == number))
            bounds = np.cumsum(own.curve.hours.shares_at(comers.times[here], service), axis=1)[:, :-1]
            drawn = uniforms(seed, replication, f"{service.id}/channel", comers.numbers[here])
            places[here] = (drawn[:, None] >= bounds).sum(axis=1)
    return places


def _booked(
    appointments: Sequence[AppointmentsFrom], seed: int, replication: int, service: str, since: float, horizon: float
) -> tuple[Comers, Floats]:
    """Who booked a place and applies after ``since`` and up to ``horizon``, with the begin of each one's slot."""
    numbers, times, booking, begins = [], [], [], []
    for own in appointments:
        rules = own.rules
        first_day, last_day = since // MINUTES_PER_DAY, horizon // MINUTES_PER_DAY
        slots = own.begins[own.begins >= first_day * MINUTES_PER_DAY]
        slots = slots[slots < (last_day + 1) * MINUTES_PER_DAY]
        places = (APPOINTMENT_NUMBER + slots.astype(np.int64)[:, None] * PLACES + np.arange(rules.places)).ravel()
        taken = uniforms(seed, replication, f"{service}/booked", places) < rules.taken
        place, slot = places[taken], np.repeat(slots, rules.places)[taken]
        stays_away = uniforms(seed, replication, f"{service}/no_show", place) < rules.no_shows
        late = _late(slot, uniforms(seed, replication, f"{service}/lateness", place), *rules.lateness)
        applies = np.where(stays_away, slot, late)
        upto = (applies > since) & (applies <= horizon)
        numbers.append(place[upto])
        times.append(applies[upto])
        booking.append(np.where(stays_away, NO_SHOW, BOOKED).astype(np.int8)[upto])
        begins.append(slot[upto])
    if not numbers:
        return Comers(np.empty(0, np.int64), np.empty(0), np.empty(0, np.int8)), np.empty(0)
    return Comers(together(numbers), together(times), together(booking)), together(begins)


def _late(begins: Floats, drawn: Floats, mean: float, deviation: float) -> Floats:
    """When people come to their appointments: normal about its begin and the mean lateness, cut to the day."""
    from scipy.special import ndtri

    midnight = np.floor(begins / MINUTES_PER_DAY) * MINUTES_PER_DAY
    late = ndtri(drawn) if deviation else np.zeros(len(begins))
    return np.clip(begins + (mean + deviation * late), midnight, midnight + MINUTES_PER_DAY)


def together(parts: Sequence[Integers]) -> Integers:
    """Arrays one after the other; a copy only where there is something to add."""
    filled = [part for part in parts if len(part)]
    return filled[0] if len(filled) == 1 else np.concatenate(parts)


def arrival_times(
    arrivals: Sequence[ArrivalsFrom], seed: int, replication: int, service: str, horizon: float
) -> Floats:
    """Application instants up to ``horizon``: a Poisson process of rate one, its clock bent by the expected arrivals.

    The k-th arrival is where the expected number reaches the k-th sum of exponential gaps (Cinlar, *Introduction to
    Stochastic Processes*, 1975, section 4.7), so a change of rate keeps the pairing. The sums go on where arrivals
    change with a phase.
    """
    return arrivals_after(NOBODY, arrivals, seed, replication, service, horizon)[0]


def arrivals_after(
    before: Came, arrivals: Sequence[ArrivalsFrom], seed: int, replication: int, service: str, horizon: float
) -> tuple[Floats, Came]:
    """The application instants up to ``horizon`` of those who come after ``before``, and who came by then."""
    if arrivals[0].curve is not None and arrivals[0].curve.recorded is not None:
        recorded = arrivals[0].curve.recorded
        last = int(np.searchsorted(recorded, horizon, side="right"))
        return recorded[before.cases : last], Came(last, last)
    ends = [*(following.start for following in arrivals[1:]), np.inf]
    curves = [_on_drawn_days(own, seed, replication, service) for own in arrivals]
    groups = [own.between(own.start, min(end, horizon)) / own.mean_size for own, end in zip(curves, ends, strict=True)]
    if not sum(groups) > 0.0:
        return np.empty(0), before
    sums = _unit_poisson(before, seed, replication, service, sum(groups))
    found, passed, first = [], 0.0, 0
    for own, coming in zip(curves, groups, strict=True):
        last = int(np.searchsorted(sums, passed + coming, side="right"))
        own_sums = sums[first:last] - passed if passed else sums[first:last]
        times = _instants(own, own_sums)
        if len(times) and times[-1] > horizon:
            times = times[times <= horizon]
        found.append(_with_their_groups(own, times, before.groups + first, seed, replication, service))
        passed, first = passed + coming, first + len(times)
    times = found[0] if len(found) == 1 else np.concatenate(found)
    total = float(sums[first - 1]) if first else before.total
    return times, Came(before.cases + len(times), before.groups + first, total)


def _on_drawn_days(arrivals: ArrivalsFrom, seed: int, replication: int, service: str) -> ArrivalsFrom:
    """The arrivals with what the replication draws for each day."""
    curve = arrivals.curve
    if curve is None or curve.daily is None:
        return arrivals
    days = np.arange(int(curve.time[-1] // MINUTES_PER_DAY) + 1) if len(curve.time) else np.arange(0)
    factors = curve.daily.quantile(uniforms(seed, replication, f"{service}/day", days))
    return replace(arrivals, curve=curve.varied(factors[curve.slot_days()]))


def _instants(arrivals: ArrivalsFrom, sums: Floats) -> Floats:
    """When applicants come, alone or in groups; ``sums`` count the groups from the start of these arrivals on."""
    curve = arrivals.curve
    if curve is None or not len(sums):
        return np.empty(0)
    before = curve.upto(arrivals.start)
    cases = sums if arrivals.mean_size == 1.0 else sums * arrivals.mean_size
    times = curve.when(cases + before if before else cases)
    return np.maximum(times, arrivals.start) if arrivals.start > 0.0 else times


def _with_their_groups(
    arrivals: ArrivalsFrom, times: Floats, first: int, seed: int, replication: int, service: str
) -> Floats:
    """The instants of all who come; ``first`` is the number within the service of the group that comes first."""
    sizes = None if arrivals.curve is None else arrivals.curve.sizes
    if sizes is None:
        return times
    drawn = uniforms(seed, replication, f"{service}/together", np.arange(first, first + len(times)))
    return np.repeat(times, sizes.drawn(drawn))


def _unit_poisson(before: Came, seed: int, replication: int, service: str, until: float) -> Floats:
    """Instants of a Poisson process of rate one, after those of ``before`` and up to ``until``."""
    chunks: list[Floats] = []
    last, drawn = before.total, before.groups
    expected = max(until - last, 0.0)
    chunk = int(expected + 4 * np.sqrt(expected) + 8)
    while last <= until:
        numbers = np.arange(drawn, drawn + chunk)
        chunks.append(exponential_sums(seed, replication, f"{service}/arrival", numbers, last))
        last, drawn = float(chunks[-1][-1]), drawn + chunk
        chunk = max(64, chunk // 8)
    sums = together(chunks) if chunks else np.empty(0)
    return sums[: int(np.searchsorted(sums, until, side="right"))]
