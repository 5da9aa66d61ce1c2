"""The workload: everything random of one replication, drawn before the run.

``sample(network, seed, replication, horizon)`` draws arrivals up to ``horizon`` and, for every case, what it would meet
at every step: work, route, return, delay, patience. Whether a visit happens is the engine's to say. A longer horizon
adds cases at the end and changes no draw, so a run may be fed in slices of any length.

Draws lie in *slots*: slot i of a service is its i-th case at the first visit; a case that may come back to a step has
one more slot for each further visit, found by following ``next_slot``. A column is one kind of draw at one step.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from simgov.arrays import Booleans, Floats, Integers
from simgov.arrivals import AppointmentsFrom, ArrivalsFrom, SizeTable
from simgov.distributions import Distribution
from simgov.duty import MINUTES_PER_DAY
from simgov.network import Network, WayOn
from simgov.scenario.value import Backlog, Known, Recorded, Service, Step
from simgov.streams import exponential_sums, uniforms

(
    WORK,
    SHARE,
    CHOICE,
    RETURN,
    DELAY,
    PATIENCE,
    REFUSAL,
    REVOCATION,
    WITHDRAWAL,
    RETRY,
    RETRY_DELAY,
    INFORMED,
    FAILURE,
    DRAW_KINDS,
) = range(14)
"""The kinds of draw at a step: WORK, DELAY, PATIENCE, WITHDRAWAL and RETRY_DELAY in minutes, the others uniforms.

WITHDRAWAL (minutes from application, inf for never) and INFORMED are of the case as a whole, and stand at the first
step of its route.
"""

UNIFORMS = {
    SHARE: "share",
    CHOICE: "choice",
    RETURN: "return",
    REFUSAL: "refusal",
    REVOCATION: "revocation",
    RETRY: "retry",
    FAILURE: "failure",
}
"""How the stream of a step is called from which a uniform is drawn."""

ONCE_A_CASE = (CHOICE, WITHDRAWAL, INFORMED)
"""What is drawn for a case and not for each visit."""

BACKLOG_NUMBER = 1 << 60
"""Backlog cases are numbered from here in their streams, so that they take no draw from those who arrive."""

APPOINTMENT_NUMBER = 1 << 61
"""From here on each place of each slot has a number, by the slot's minute: more places or slots move no draw."""

PLACES = 1024
"""Numbers that a minute has for its places."""

MOST_DRAWS, A_MOMENT = 64, 1e-6
"""How often a draw is made that must be above what a record says, and what is no difference, in minutes."""

WALK_IN, BOOKED, NO_SHOW = range(3)
"""How a case comes: as it likes, to an appointment, or not at all."""


@dataclass(frozen=True, eq=False)
class Workload:
    """Everything random of one replication. N cases in order of application, backlog first; R routes, J steps.

    ``draws[column_start[j, kind] + slot]`` is a draw of step j; a column start of -1 means that no such draw is needed.
    """

    horizon: float  # arrivals are complete up to this instant
    case_service: Integers  # [N]
    case_route: Integers  # [N]
    case_index: Integers  # [N] order within its service; backlog counts down from -1, who booked has the place's number
    case_slot: Integers  # [N] slot of its first visit
    case_group: Integers  # [N] place of its group label, -1 without
    case_channel: Integers  # [N]
    case_backlog_step: Integers  # [N] the step it waits at when the run starts, -1 for arrivals
    case_booking: Integers  # [N] WALK_IN, BOOKED or NO_SHOW
    applied: Floats  # [N] minutes, negative for backlog with age
    column_start: Integers  # [J, DRAW_KINDS]
    draws: Floats
    next_slot: Integers  # slots of all routes, one route after the other; -1 where there is no further visit
    route_slot: Integers  # [R + 1] first slot of each route in next_slot

    @property
    def size(self) -> int:
        """Bytes held."""
        return self.draws.nbytes + self.applied.nbytes * 6 + self.next_slot.nbytes


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


def sample(network: Network, seed: int, replication: int, horizon: float) -> Workload:
    """Draw one replication's workload, with arrivals up to ``horizon`` (minutes)."""
    return Slices(network, seed, replication).upto(horizon)


@dataclass(frozen=True)
class Came:
    """Who of a service came before a slice: ``cases`` in ``groups``, whose gaps come to ``total``."""

    cases: int = 0
    groups: int = 0
    total: float = 0.0


NOBODY = Came()


NOBODY_WAITS = (np.empty(0, np.int64), np.empty(0, np.int32), np.empty(0))


class Slices:
    """The workload of one replication in slices of time; together they are what ``sample`` draws at once."""

    def __init__(self, network: Network, seed: int, replication: int) -> None:
        self._network, self._seed, self._replication = network, seed, replication
        self._came = [NOBODY] * len(network.services)
        self._since = -1.0  # before everything

    def upto(self, horizon: float) -> Workload:
        """Who comes after the slice before, up to ``horizon``; in the first slice also the backlog."""
        network, arrived = self._network, [one for own in self._arrived(horizon) for one in own]
        drawn = [
            _RouteDraws(network, r, self._seed, self._replication, own, begins=self._since < 0.0)
            for r, own in enumerate(arrived)
        ]
        self._since = horizon
        return _workload(network, drawn, horizon)

    def applications_upto(self, horizon: float) -> Floats:
        """When those of the next slice apply, in order, without drawing what they meet."""
        arrived, self._since = self._arrived(horizon), horizon
        return np.sort(np.concatenate([one.times for own in arrived for one in own]))

    def _arrived(self, horizon: float) -> list[list[Comers]]:
        """For each service, and each of its routes, who comes on it."""
        arrived = []
        for s, before in enumerate(self._came):
            own, self._came[s] = _by_route(
                self._network, s, self._seed, self._replication, self._since, horizon, before
            )
            arrived.append(own)
        return arrived


def _workload(network: Network, drawn: list[_RouteDraws], horizon: float) -> Workload:
    column_start, draws = _columns(network, drawn)
    applied = _together([d.applied for d in drawn])
    backlog_step = _together([d.backlog_step for d in drawn])
    booking = _together([d.booking for d in drawn])
    taken = _in_order(network, drawn, applied, backlog_step, booking)
    route = taken(_together([np.full(d.cases, r, np.int32) for r, d in enumerate(drawn)]))
    return Workload(
        horizon=horizon,
        case_service=network.route_service[route],
        case_route=route,
        case_index=taken(_together([d.index for d in drawn])),
        case_slot=taken(_together([np.arange(d.cases) for d in drawn])),
        case_group=taken(_together([d.labels("group") for d in drawn])),
        case_channel=taken(_together([d.labels("channel") for d in drawn])),
        case_backlog_step=taken(backlog_step),
        case_booking=taken(booking),
        applied=taken(applied),
        column_start=column_start,
        draws=draws,
        next_slot=_together([d.next_slot for d in drawn]),
        route_slot=np.concatenate(([0], np.cumsum([len(d.next_slot) for d in drawn]))).astype(np.int64),
    )


def _by_route(
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
    everybody = Comers(*(_together(both) for both in zip(walking.columns, booked.columns, strict=True)))
    if len(routes) == 1:
        return [everybody], came
    when = _together((times, begins))
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
            taken[own] = _ways_taken(network, ways[service], numbers[own], seed, replication)
    return taken


def _ways_taken(
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
    return Comers(_together(numbers), _together(times), _together(booking)), _together(begins)


def _late(begins: Floats, drawn: Floats, mean: float, deviation: float) -> Floats:
    """When people come to their appointments: normal about its begin and the mean lateness, cut to the day."""
    from scipy.special import ndtri

    midnight = np.floor(begins / MINUTES_PER_DAY) * MINUTES_PER_DAY
    late = ndtri(drawn) if deviation else np.zeros(len(begins))
    return np.clip(begins + (mean + deviation * late), midnight, midnight + MINUTES_PER_DAY)


def _in_order(
    network: Network, drawn: Sequence[_RouteDraws], applied: Floats, backlog_step: Integers, booking: Integers
) -> Callable[[Integers], Integers]:
    """What puts a column of all routes in order: backlog first, in the order of the file; then by application, ties
    in the order of services, who booked last."""
    if len(drawn) == 1 and not booking.any():
        return lambda column: column
    when = np.where(backlog_step >= 0, -np.inf, applied)
    if any(len(ways) > 1 for version in network.version_ways for ways in version):
        service = np.repeat(network.route_service, [d.cases for d in drawn])
        order = np.lexsort((_together([d.numbers for d in drawn]), service, when))
    else:
        order = np.argsort(when, kind="stable")
    return lambda column: column[order]


def _together(parts: Sequence[Integers]) -> Integers:
    """Arrays one after the other; a copy only where there is something to add."""
    filled = [part for part in parts if len(part)]
    return filled[0] if len(filled) == 1 else np.concatenate(parts)


def _columns(network: Network, drawn: list[_RouteDraws]) -> tuple[Integers, Floats]:
    start = np.full((len(network.steps), DRAW_KINDS), -1, np.int64)
    values, offset = [], 0
    for service in drawn:
        for (step, kind), column in service.columns.items():
            start[step, kind] = offset
            values.append(column)
            offset += len(column)
    return start, _together(values) if values else np.empty(0)


@dataclass(frozen=True)
class _Repeat:
    """What brings a case to ``steps`` again: a draw at ``step`` below ``share``, at most ``limit`` times."""

    step: int
    kind: int
    share: float
    limit: int
    steps: set[int]


class _RouteDraws:
    """The draws of one route: its cases, their slots and its columns.

    ``arrived`` are those who apply on this route.
    """

    def __init__(
        self,
        network: Network,
        number: int,
        seed: int,
        replication: int,
        arrived: Comers,
        *,
        begins: bool,
    ) -> None:
        self.network, self.seed, self.replication = network, seed, replication
        self.service: Service = network.routes[number]
        self.first_step = int(network.route_first_step[number])
        arrivals = self.service.arrivals
        self.recorded = arrivals if isinstance(arrivals, Recorded) else None
        waiting, steps_of_waiting, since = self._waiting(number) if begins else NOBODY_WAITS
        count = len(waiting)
        self.cases = count + len(arrived.numbers)
        self.numbers = _together((BACKLOG_NUMBER + waiting, arrived.numbers))
        self.index = _together((-1 - waiting, arrived.numbers))
        self.backlog_step = _together((steps_of_waiting, np.full(len(arrived.numbers), -1, np.int32)))
        self.booking = _together((np.full(count, WALK_IN, np.int8), arrived.booking))
        self.applied = _together((since, arrived.times))
        self.next_slot = np.full(self.cases, -1, np.int64)
        steps = range(self.first_step, self.first_step + len(self.service.steps))
        self.repeats = self._repeats(steps)
        covers = np.array([[v in repeat.steps for repeat in self.repeats] for v in steps], np.int16)
        # Which repeats bring a case to a step again, a row for each such set.
        self.covers = np.unique(covers, axis=0) if self.repeats else covers
        self.columns: dict[tuple[int, int], Floats] = {}
        self._draw()

    def _repeats(self, steps: range) -> list[_Repeat]:
        """What may bring a case to a step again: returns, and leaving a queue to come back to it."""
        network, retries = self.network, self.service.retries
        returns = [
            _Repeat(j, RETURN, float(network.return_share[j]), int(network.return_limit[j]), set(self._section(j)))
            for j in steps
            if network.return_share[j] > 0
        ]
        if retries is None:
            return returns
        return returns + [
            _Repeat(j, RETRY, retries.share, retries.limit, {j}) for j in steps if network.step_retries[j]
        ]

    def _step_number(self, step_id: str) -> int:
        """The step of that id, or the one that it was merged into."""
        stream = f"{self.service.id}.{step_id}"
        for place, step in enumerate(self.service.steps):
            if step.id == step_id or any(
                part.stream.startswith(stream) for part in step.parts if step.stream != stream
            ):
                return self.first_step + place
        return self.first_step

    def _waiting(self, number: int) -> tuple[Integers, Integers, Floats]:
        """Who waits at first on this route: place in the backlog, step, and when they applied."""
        ways = self.network.version_ways[0][self.network.route_service[number]]
        first = next((one for one in self.network.scenario.services if one.id == self.service.id), None)
        if first is None or all(way.route != number for way in ways):
            return NOBODY_WAITS
        recorded = () if self.recorded is None else self.recorded.waits_at
        names = [entry.step for entry in first.backlog]
        if len(self.service.backlog) == len(names):
            names = [entry.step for entry in self.service.backlog]  # a step may be called otherwise on this way
        cases = [*(entry.cases for entry in first.backlog), *(1 for _ in recorded)]
        steps = np.repeat([self._step_number(name) for name in (*names, *recorded)], cases).astype(np.int32)
        taken = _ways_taken(self.network, ways, BACKLOG_NUMBER + np.arange(len(steps)), self.seed, self.replication)
        own = np.flatnonzero(np.full(len(steps), taken) == number)
        return own, steps[own], self._backlog_applied(first.backlog, len(steps))[own]

    def _backlog_applied(self, backlog: Sequence[Backlog], count: int) -> Floats:
        ages, start = np.zeros(count), 0
        numbers = BACKLOG_NUMBER + np.arange(count)
        for entry in backlog:
            span = slice(start, start + entry.cases)
            if entry.ages:
                ages[span] = entry.ages
            elif entry.age is not None:
                drawn = self._uniforms(f"{self.service.id}/age", numbers[span])
                ages[span] = self._wall_minutes(entry.age, drawn)
            start += entry.cases
        if self.recorded is not None and start < count:
            ages[start:] = -self.recorded.applied[: count - start]
        return -ages

    def _wall_minutes(self, age: Distribution, drawn: Floats) -> Floats:
        """Ages in workdays count back as calendar days, seven for each week's worked ones."""
        if age.base == "min":
            return age.quantile(drawn)
        worked = max(1, sum(1 for spans in self.network.scenario.calendar.week if spans))
        return age.quantile(drawn) * 1440.0 * 7 / worked

    def labels(self, kind: str) -> Integers:
        """The place of each case's group or channel; -1 where the service has none."""
        places = drawn_labels(self.service, kind, self.numbers, self.seed, self.replication)
        return self._by_the_clock(places) if kind == "channel" and self.service.round_the_clock else places

    def _by_the_clock(self, places: Integers) -> Integers:
        """The channels where those who walk in at different times come by different ones."""
        arrivals = self.network.arrivals[self.network.services.index(self.service.id)]
        since = np.searchsorted([own.start for own in arrivals], self.applied, side="right") - 1
        walk_in = (self.booking == WALK_IN) & (self.backlog_step < 0)
        for number, own in enumerate(arrivals):
            if own.curve is not None and own.curve.hours is not None:
                here = np.flatnonzero(walk_in & (since == number))
                bounds = np.cumsum(own.curve.hours.shares_at(self.applied[here], self.service), axis=1)[:, :-1]
                drawn = self._uniforms(f"{self.service.id}/channel", self.numbers[here])
                places[here] = (drawn[:, None] >= bounds).sum(axis=1)
        return places

    def _draw(self) -> None:
        """Draw the first visits, then, level by level, those that enough returns could bring about."""
        steps = range(self.first_step, self.first_step + len(self.service.steps))
        repeated = sorted({int(v) for repeat in self.repeats for v in repeat.steps})
        levels = [(self.numbers, self._visit_columns(steps, self.numbers, 0))]
        sent_back = self._sent_back(levels[0][1], self.cases)
        chain, total, visit = [self.next_slot], self.cases, 1
        candidates = self._may_come_again(sent_back, visit)
        while len(candidates):
            numbers = levels[-1][0][candidates]
            columns = self._visit_columns(repeated, numbers, visit)
            chain[-1][candidates] = total + np.arange(len(candidates))
            chain.append(np.full(len(candidates), -1, np.int64))
            sent_back = sent_back[:, candidates] + self._sent_back(columns, len(candidates))
            levels.append((numbers, columns))
            total += len(candidates)
            visit += 1
            candidates = self._may_come_again(sent_back, visit)
        self.next_slot = np.concatenate(chain)
        for place in levels[0][1]:
            parts = [columns[place] for _, columns in levels if place in columns]
            self.columns[place] = parts[0] if len(parts) == 1 else np.concatenate(parts)

    def _section(self, j: int) -> Integers:
        return self.network.section[self.network.section_first[j] : self.network.section_first[j + 1]]

    def _sent_back(self, columns: dict[tuple[int, int], Floats], count: int) -> Integers:
        """Whether each repeat (row) would bring each case (column) back at this visit."""
        sent_back = np.zeros((len(self.repeats), count), np.int16)
        for row, repeat in enumerate(self.repeats):
            if (repeat.step, repeat.kind) in columns:
                sent_back[row] = columns[repeat.step, repeat.kind] < repeat.share
        return sent_back

    def _may_come_again(self, sent_back: Integers, visit: int) -> Integers:
        """The cases with a step that enough steps would send back to for a visit of this number.

        Enough draws among the visits before it is necessary for the first step of a case that gets so far.
        """
        possible = np.flatnonzero(sent_back.sum(axis=0, dtype=np.int16) >= visit)
        if not len(possible) or visit == 1:  # whatever sends back has a step to repeat
            return possible
        limits = np.array([[repeat.limit] for repeat in self.repeats])
        visits = self.covers @ np.minimum(sent_back[:, possible], limits)
        candidates: Integers = possible[(visits >= visit).any(axis=0)]
        return candidates

    def _visit_columns(self, steps: range | list[int], numbers: Integers, visit: int) -> dict[tuple[int, int], Floats]:
        columns: dict[tuple[int, int], Floats] = {}
        for j in steps:
            step = self.service.steps[j - self.first_step]
            for kind in _kinds(self.network, self.service, j, step):
                if kind in ONCE_A_CASE and visit > 0:
                    continue
                columns[(j, kind)] = self._column(step, kind, numbers, visit)
        return columns

    def _column(self, step: Step, kind: int, numbers: Integers, visit: int) -> Floats:
        if kind == WORK:
            return self._work(step, numbers, visit)
        if kind in UNIFORMS:
            return self._chance(f"{step.stream}/{UNIFORMS[kind]}", numbers, visit)
        if kind == WITHDRAWAL:
            return self._withdrawals(numbers)
        if kind == RETRY_DELAY:
            assert self.service.retries is not None
            return self._minutes(self.service.retries.after, f"{step.stream}/retry_delay", numbers, visit)
        if kind == INFORMED:
            return self._uniforms(f"{self.service.id}/informed", numbers)
        if kind == DELAY:
            assert step.returns is not None
            assert step.returns.delay is not None
            return self._minutes(step.returns.delay, f"{step.stream}/delay", numbers, visit)
        assert self.service.patience is not None
        return self._minutes(self.service.patience, f"{step.stream}/patience", numbers, visit)

    def _work(self, step: Step, numbers: Integers, visit: int) -> Floats:
        """Minutes of work: the step's time less the parts removed, or the sum of the parts kept; times the slowdown."""
        if step.time is not None:
            kept = 1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept)
            work = self._all_matters(step, step.time, step.stream, numbers, visit)
            factor = kept * step.slowdown
        else:
            work, factor = np.zeros(len(numbers)), step.slowdown
            for part in step.parts:
                if part.kept and part.time is not None:
                    work = work + self._all_matters(step, part.time, part.stream, numbers, visit)
        return work if factor == 1.0 else work * factor

    def _all_matters(self, step: Step, time: Distribution, stream: str, numbers: Integers, visit: int) -> Floats:
        """Minutes for all that a visitor brings: one draw for each matter at steps in person, otherwise one in all."""
        minutes = self._minutes(time, f"{stream}/work", numbers, visit)
        if not (step.in_person and self.service.matters):
            return minutes
        brought = self._brought(numbers)
        for matter in range(2, int(brought.max(initial=1)) + 1):
            own = np.flatnonzero((brought >= matter) & ~self._is_known(f"{stream}/work", numbers, visit))
            minutes[own] += self._minutes(time, f"{stream}/work/{matter}", numbers[own], visit)
        return minutes

    def _brought(self, numbers: Integers) -> Integers:
        """How many matters each of these cases has."""
        return SizeTable.of(self.service.matters).drawn(self._uniforms(f"{self.service.id}/matters", numbers))

    def _withdrawals(self, numbers: Integers) -> Floats:
        """Minutes from application to withdrawal; inf for those who never would."""
        withdraws = self.service.withdraws
        assert withdraws is not None
        would = self._uniforms(f"{self.service.id}/withdrawal", numbers) < withdraws.share
        minutes = np.full(len(numbers), np.inf)
        minutes[would] = self._minutes(withdraws.after, f"{self.service.id}/withdrawal_delay", numbers[would], 0)
        return minutes

    def _minutes(self, distribution: Distribution, stream: str, numbers: Integers, visit: int) -> Floats:
        minutes = self._drawn_minutes(distribution, stream, numbers, visit)
        known = None if self.recorded is None else self.recorded.known.get(f"{stream}@{visit}")
        if known is None:
            return minutes
        place, own = _found(known, numbers)
        low, high = known.low[place], known.high[place]
        told = own[low == high]
        minutes[told] = low[low == high] * self._scale(distribution, stream)
        longer = own[high > low]
        if len(longer):
            minutes[longer] = self._longer(
                distribution, stream, numbers[longer], visit, minutes[longer], low[high > low]
            )
        return minutes

    def _drawn_minutes(self, distribution: Distribution, stream: str, numbers: Integers, visit: int) -> Floats:
        minutes = distribution.drawn(self._uniforms(stream, numbers, visit))
        return minutes * self.network.workday_minutes if distribution.base == "workday" else minutes

    def _longer(
        self, distribution: Distribution, stream: str, numbers: Integers, visit: int, minutes: Floats, low: Floats
    ) -> Floats:
        """Draws that are above ``low``: those that are not are drawn again, and a minute longer in the end."""
        for again in range(1, MOST_DRAWS):
            short = np.flatnonzero(minutes <= low + A_MOMENT)
            if not len(short):
                return minutes
            minutes[short] = self._drawn_minutes(distribution, f"{stream}/{again}", numbers[short], visit)
        return np.where(minutes <= low + A_MOMENT, low + 1.0, minutes)

    def _scale(self, distribution: Distribution, stream: str) -> float:
        """By how much a reform has changed the mean of what was recorded."""
        assert self.recorded is not None
        unit = self.network.workday_minutes if distribution.base == "workday" else 1.0
        before = self.recorded.means.get(stream, 0.0)
        return distribution.mean * unit / before if before > 0.0 and distribution.mean * unit != before else 1.0

    def _is_known(self, stream: str, numbers: Integers, visit: int) -> Booleans:
        """For which cases the record has the minutes."""
        found = np.zeros(len(numbers), np.bool_)
        known = None if self.recorded is None else self.recorded.known.get(f"{stream}@{visit}")
        if known is not None:
            found[_found(known, numbers)[1]] = True
        return found

    def _chance(self, stream: str, numbers: Integers, visit: int) -> Floats:
        """Uniforms that decide; where the record says how it was decided, among those that decide so."""
        drawn = self._uniforms(stream, numbers, visit)
        if self.recorded is None:
            return drawn
        decided = drawn.copy()
        for known in (self.recorded.usual.get(stream), self.recorded.known.get(f"{stream}@{visit}")):
            if known is not None:
                place, own = _found(known, numbers)
                low, high = known.low[place], known.high[place]
                below = np.minimum(low + drawn[own] * (high - low), np.nextafter(high, low))
                decided[own] = np.where(low < high, below, low)
        return decided

    def _uniforms(self, stream: str, numbers: Integers, visit: int = 0) -> Floats:
        return uniforms(self.seed, self.replication, stream, numbers, visit)


def _found(known: Known, numbers: Integers) -> tuple[Integers, Integers]:
    """Which entries of ``known`` are of cases among ``numbers``, and where in ``numbers`` these stand."""
    if not len(known.numbers):
        return np.empty(0, np.int64), np.empty(0, np.int64)
    place = np.minimum(np.searchsorted(known.numbers, numbers), len(known.numbers) - 1)
    own = np.flatnonzero(known.numbers[place] == numbers)
    return place[own], own


def _kinds(network: Network, service: Service, j: int, step: Step) -> list[int]:
    """The kinds of draw that step j needs."""
    kinds = []
    if not step.removed:
        kinds.append(WORK)
        if network.return_share[j] > 0:
            kinds.append(RETURN)
            if step.returns is not None and step.returns.delay is not None:
                kinds.append(DELAY)
        if service.patience is not None and step.in_person and step.at is not None:
            kinds.append(PATIENCE)
        if network.step_share[j] < 1.0:
            kinds.append(SHARE)
        if step.refuses > 0.0:
            kinds.append(REFUSAL)
        if step.revokes > 0.0:
            kinds.append(REVOCATION)
        if step.fails is not None:
            kinds.append(FAILURE)
        if network.step_retries[j]:
            kinds += [RETRY, RETRY_DELAY]
    if step.choose:
        kinds.append(CHOICE)
    if step is service.steps[0]:
        kinds += [WITHDRAWAL] if service.withdraws is not None else []
        kinds += [INFORMED] if service.informed > 0.0 else []
    return kinds


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
    sums = _together(chunks) if chunks else np.empty(0)
    return sums[: int(np.searchsorted(sums, until, side="right"))]


_OF_CASES = tuple(field.name for field in fields(Workload) if field.name.startswith("case_") or field.name == "applied")


def of_cases(workload: Workload, chosen: Booleans) -> Workload:
    """What a workload says of the cases themselves, for some of them (bool[N])."""
    own: dict[str, Any] = {name: getattr(workload, name)[chosen] for name in _OF_CASES}
    return replace(workload, **own)


def carried(network: Network, old: Workload, kept: Booleans, fresh: Workload) -> Workload:
    """The workload of those cases of ``old`` that are ``kept`` (bool[N]), numbered first, and of a fresh slice."""
    routes = range(len(old.route_slot) - 1)
    moved = [_Moved.of(old, fresh, route, np.flatnonzero(kept & (old.case_route == route))) for route in routes]
    own: dict[str, Any] = {name: np.concatenate((getattr(old, name)[kept], getattr(fresh, name))) for name in _OF_CASES}
    came = fresh.case_slot.copy()
    for route, one in enumerate(moved):
        came[fresh.case_route == route] += len(one.first)
    slots = np.empty(int(kept.sum()), np.int64)
    for route, one in enumerate(moved):
        slots[old.case_route[kept] == route] = np.arange(len(one.first))
    own["case_slot"] = np.concatenate((slots, came))
    column_start, draws = _carried_columns(network, old, fresh, moved)
    return replace(
        fresh,
        **own,
        column_start=column_start,
        draws=draws,
        next_slot=np.concatenate([one.next_slot for one in moved]),
        route_slot=np.concatenate(([0], np.cumsum([len(one.next_slot) for one in moved]))).astype(np.int64),
    )


@dataclass(frozen=True, eq=False)
class _Moved:
    """Which slots of a route stay, those of first visits and those of further ones, and how many the slices have."""

    first: Integers
    further: Integers
    old_cases: int
    fresh_cases: int
    next_slot: Integers

    @staticmethod
    def of(old: Workload, fresh: Workload, route: int, cases: Integers) -> _Moved:
        """What stays of a route: the slots of ``cases``, in their order."""
        old_next = old.next_slot[old.route_slot[route] : old.route_slot[route + 1]]
        fresh_next = fresh.next_slot[fresh.route_slot[route] : fresh.route_slot[route + 1]]
        fresh_cases = int(np.count_nonzero(fresh.case_route == route))
        first = old.case_slot[cases].astype(np.int64)
        levels, slots = [], first
        while len(slots):
            slots = old_next[slots]
            slots = slots[slots >= 0]
            levels.append(slots)
        further = np.concatenate(levels) if levels else first
        base = len(first) + fresh_cases
        place = np.full(len(old_next) + 1, -1, np.int64)  # the last one for the slot -1
        place[first] = np.arange(len(first))
        place[further] = base + np.arange(len(further))
        fresh_place = np.arange(len(fresh_next)) + len(first)
        fresh_place[fresh_cases:] += len(further)
        fresh_place = np.append(fresh_place, -1)
        return _Moved(
            first=first,
            further=further,
            old_cases=int(np.count_nonzero(old.case_route == route)),
            fresh_cases=fresh_cases,
            next_slot=np.concatenate(
                (
                    place[old_next[first]],
                    fresh_place[fresh_next[:fresh_cases]],
                    place[old_next[further]],
                    fresh_place[fresh_next[fresh_cases:]],
                )
            ),
        )


def _carried_columns(network: Network, old: Workload, fresh: Workload, moved: list[_Moved]) -> tuple[Integers, Floats]:
    """The columns of both; what is drawn for first visits alone has no more than these."""
    starts = np.full_like(fresh.column_start, -1)
    values, offset = [], 0
    old_columns, fresh_columns = _columns_of(old), _columns_of(fresh)
    route_of = np.repeat(np.arange(len(moved)), np.diff(network.route_first_step))
    for (step, kind), new in fresh_columns.items():
        route, was = moved[route_of[step]], old_columns[step, kind]
        parts = [was[route.first], new[: route.fresh_cases]]
        if len(was) > route.old_cases or len(new) > route.fresh_cases:
            further = was[route.further] if len(was) > route.old_cases else np.zeros(len(route.further))
            parts += [further, new[route.fresh_cases :]]
        starts[step, kind] = offset
        offset += sum(map(len, parts))
        values += parts
    return starts, np.concatenate(values) if values else np.empty(0)


def _columns_of(workload: Workload) -> dict[tuple[int, int], Floats]:
    """Each column of draws, by step and kind."""
    places = np.argwhere(workload.column_start >= 0)
    starts = workload.column_start[tuple(places.T)]
    order = np.argsort(starts, kind="stable")
    ends = np.append(starts[order], len(workload.draws))[1:]
    return {
        (int(places[i, 0]), int(places[i, 1])): workload.draws[starts[i] : end]
        for i, end in zip(order, ends, strict=True)
    }


RECENT, MOST_RECENT = 4, 1 << 22
"""Workloads kept for the other scenarios of a replication, by the few threads that run it, and the bytes of each."""

MOST_ASKED = 1 << 16
"""Workloads that are remembered as asked for once."""


class WorkloadCache:
    """Workloads drawn before: designs that differ in staff alone share theirs.

    The last few are kept in any case, unless they are large. One that is asked for again later is drawn once more, and
    then kept, up to ``limit`` bytes in all: so an optimiser draws each of its workloads twice, and a long run, which
    needs each of them once, does not fill memory with them. (T. Johnson and D. Shasha, *2Q*, VLDB 1994.)
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self._limit, self._held = limit, 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Workload] = OrderedDict()
        self._recent: OrderedDict[tuple[object, ...], Workload] = OrderedDict()
        self._asked: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def get(self, network: Network, seed: int, replication: int, horizon: float) -> Workload:
        """The workload of that replication, drawn now or taken from the cache."""
        place = (network.chance, seed, replication, horizon)
        with self._lock:
            found = self._kept.get(place) or self._recent.get(place)
            if found is not None:
                if place in self._kept:
                    self._kept.move_to_end(place)
                return found
            if len(self._recent) >= RECENT:
                self._recent.popitem(last=False)  # before the next one is drawn, which may take its place in memory
        drawn = sample(network, seed, replication, horizon)
        with self._lock:
            if place in self._asked:
                self._keep(place, drawn)
            else:
                self._asked[place] = None
                if drawn.size <= MOST_RECENT:
                    self._recent[place] = drawn
                if len(self._asked) > MOST_ASKED:
                    self._asked.popitem(last=False)
        return drawn

    def _keep(self, place: tuple[object, ...], drawn: Workload) -> None:
        if place not in self._kept:
            self._kept[place] = drawn
            self._held += drawn.size
        while self._held > self._limit and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1].size
