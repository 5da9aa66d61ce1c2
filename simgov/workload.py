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
from dataclasses import dataclass, replace

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.distributions import Distribution
from simgov.duty import MINUTES_PER_DAY
from simgov.network import AppointmentsFrom, ArrivalsFrom, Network, SizeTable
from simgov.scenario.value import Service, Step
from simgov.streams import exponential_sums, uniforms

WORK, SHARE, CHOICE, RETURN, DELAY, PATIENCE = range(6)
"""The kinds of draw at a step: minutes, uniform, uniform, uniform, minutes, minutes."""

BACKLOG_NUMBER = 1 << 60
"""Backlog cases are numbered from here in their streams, so that they take no draw from those who arrive."""

APPOINTMENT_NUMBER = 1 << 61
"""From here on each place of each slot has a number, by the slot's minute: more places or slots move no draw."""

PLACES = 1024
"""Numbers that a minute has for its places."""

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
    column_start: Integers  # [J, 6]
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
    arrived = [one for s in range(len(network.services)) for one in _by_route(network, s, seed, replication, horizon)]
    drawn = [_RouteDraws(network, r, seed, replication, own) for r, own in enumerate(arrived)]
    column_start, draws = _columns(network, drawn)
    applied = _together([d.applied for d in drawn])
    backlog_step = _together([d.backlog_step for d in drawn])
    booking = _together([d.booking for d in drawn])
    taken = _in_order(applied, backlog_step, booking, len(drawn))
    route = taken(_together([np.full(d.cases, r, np.int32) for r, d in enumerate(drawn)]))
    return Workload(
        horizon=horizon,
        case_service=network.route_service[route],
        case_route=route,
        case_index=taken(_together([d.index for d in drawn])),
        case_slot=taken(_together([np.arange(d.cases) for d in drawn])),
        case_group=taken(_together([d.labels("group", d.service.groups) for d in drawn])),
        case_channel=taken(_together([d.labels("channel", d.service.channels) for d in drawn])),
        case_backlog_step=taken(backlog_step),
        case_booking=taken(booking),
        applied=taken(applied),
        column_start=column_start,
        draws=draws,
        next_slot=_together([d.next_slot for d in drawn]),
        route_slot=np.concatenate(([0], np.cumsum([len(d.next_slot) for d in drawn]))).astype(np.int64),
    )


def _by_route(network: Network, service: int, seed: int, replication: int, horizon: float) -> list[Comers]:
    """For each route of a service who comes on it; whoever booked, by the day of the slot."""
    name = network.services[service]
    times = arrival_times(network.arrivals[service], seed, replication, name, horizon)
    walking = Comers(np.arange(len(times)), times, np.full(len(times), WALK_IN, np.int8))
    booked, begins = _booked(network.appointments[service], seed, replication, name, horizon)
    routes = network.routes_of(service)
    everybody = Comers(*(_together(both) for both in zip(walking.columns, booked.columns, strict=True)))
    if len(routes) == 1:
        return [everybody]
    version = np.searchsorted(network.version_start, _together((times, begins)), side="right") - 1
    taken = network.version_route[version, service]
    return [everybody.chosen(np.flatnonzero(taken == route)) for route in routes]


def _booked(
    appointments: Sequence[AppointmentsFrom], seed: int, replication: int, service: str, horizon: float
) -> tuple[Comers, Floats]:
    """Who booked a place and applies up to ``horizon``, with the begin of each one's slot."""
    numbers, times, booking, begins = [], [], [], []
    for own in appointments:
        rules = own.rules
        slots = own.begins[own.begins < (horizon // MINUTES_PER_DAY + 1) * MINUTES_PER_DAY]
        places = (APPOINTMENT_NUMBER + slots.astype(np.int64)[:, None] * PLACES + np.arange(rules.places)).ravel()
        taken = uniforms(seed, replication, f"{service}/booked", places) < rules.taken
        place, slot = places[taken], np.repeat(slots, rules.places)[taken]
        stays_away = uniforms(seed, replication, f"{service}/no_show", place) < rules.no_shows
        late = _late(slot, uniforms(seed, replication, f"{service}/lateness", place), *rules.lateness)
        applies = np.where(stays_away, slot, late)
        upto = applies <= horizon
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
    applied: Floats, backlog_step: Integers, booking: Integers, routes: int
) -> Callable[[Integers], Integers]:
    """What puts a column of all routes in order: backlog first, in the order of the file; then by application, ties
    in the order of services, who booked last."""
    if routes == 1 and not booking.any():
        return lambda column: column
    order = np.argsort(np.where(backlog_step >= 0, -np.inf, applied), kind="stable")
    return lambda column: column[order]


def _together(parts: Sequence[Integers]) -> Integers:
    """Arrays one after the other; a copy only where there is something to add."""
    filled = [part for part in parts if len(part)]
    return filled[0] if len(filled) == 1 else np.concatenate(parts)


def _columns(network: Network, drawn: list[_RouteDraws]) -> tuple[Integers, Floats]:
    start = np.full((len(network.steps), 6), -1, np.int64)
    values, offset = [], 0
    for service in drawn:
        for (step, kind), column in service.columns.items():
            start[step, kind] = offset
            values.append(column)
            offset += len(column)
    return start, _together(values) if values else np.empty(0)


class _RouteDraws:
    """The draws of one route: its cases, their slots and its columns.

    ``arrived`` are those who apply on this route.
    """

    def __init__(self, network: Network, number: int, seed: int, replication: int, arrived: Comers) -> None:
        self.network, self.seed, self.replication = network, seed, replication
        self.service: Service = network.routes[number]
        self.first_step = int(network.route_first_step[number])
        waits = number == network.version_route[0, network.route_service[number]]
        self.backlog = self.service.backlog if waits else ()
        entries = [(entry, self._step_number(entry.step)) for entry in self.backlog]
        waiting = np.repeat([step for _, step in entries], [entry.cases for entry, _ in entries]).astype(np.int32)
        count = len(waiting)
        self.cases = count + len(arrived.numbers)
        self.numbers = _together((BACKLOG_NUMBER + np.arange(count), arrived.numbers))
        self.index = _together((-1 - np.arange(count), arrived.numbers))
        self.backlog_step = _together((waiting, np.full(len(arrived.numbers), -1, np.int32)))
        self.booking = _together((np.full(count, WALK_IN, np.int8), arrived.booking))
        self.applied = _together((self._backlog_applied(count), arrived.times))
        self.next_slot = np.full(self.cases, -1, np.int64)
        steps = range(self.first_step, self.first_step + len(self.service.steps))
        self.returning = [j for j in steps if network.return_share[j] > 0]
        sections = [set(self._section(j).tolist()) for j in self.returning]
        covers = np.array([[v in section for section in sections] for v in steps], np.int16)
        self.covers = np.unique(covers, axis=0)  # which returns bring a case to a step again, a row for each such set
        self.columns: dict[tuple[int, int], Floats] = {}
        self._draw()

    def _step_number(self, step_id: str) -> int:
        return self.first_step + [step.id for step in self.service.steps].index(step_id)

    def _backlog_applied(self, count: int) -> Floats:
        ages, start = np.zeros(count), 0
        numbers = BACKLOG_NUMBER + np.arange(count)
        for entry in self.backlog:
            span = slice(start, start + entry.cases)
            if entry.age is not None:
                drawn = self._uniforms(f"{self.service.id}/age", numbers[span])
                ages[span] = self._wall_minutes(entry.age, drawn)
            start += entry.cases
        return -ages

    def _wall_minutes(self, age: Distribution, drawn: Floats) -> Floats:
        """Ages in workdays count back as calendar days, seven for each week's worked ones."""
        if age.base == "min":
            return age.quantile(drawn)
        worked = max(1, sum(1 for spans in self.network.scenario.calendar.week if spans))
        return age.quantile(drawn) * 1440.0 * 7 / worked

    def labels(self, kind: str, shares: tuple[tuple[str, float], ...]) -> Integers:
        """The place of each case's label among ``shares``; -1 where the service has none."""
        if not shares:
            return np.full(self.cases, -1, np.int16)
        bounds = np.cumsum([share for _, share in shares])[:-1]
        drawn = self._uniforms(f"{self.service.id}/{kind}", self.numbers)
        return np.searchsorted(bounds, drawn, side="right").astype(np.int16)

    def _draw(self) -> None:
        """Draw the first visits, then, level by level, those that enough returns could bring about."""
        steps = range(self.first_step, self.first_step + len(self.service.steps))
        repeated = sorted({int(v) for j in steps for v in self._section(j)})
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
        """Whether each step that returns (row) would send each case (column) back at this visit."""
        shares = self.network.return_share
        drawn = {step: values for (step, kind), values in columns.items() if kind == RETURN}
        sent_back = np.zeros((len(self.returning), count), np.int16)
        for row, step in enumerate(self.returning):
            if step in drawn:
                sent_back[row] = drawn[step] < shares[step]
        return sent_back

    def _may_come_again(self, sent_back: Integers, visit: int) -> Integers:
        """The cases with a step that enough steps would send back to for a visit of this number.

        Enough draws among the visits before it is necessary for the first step of a case that gets so far.
        """
        possible = np.flatnonzero(sent_back.sum(axis=0, dtype=np.int16) >= visit)
        if not len(possible) or visit == 1:  # whatever sends back has a step to repeat
            return possible
        limits = self.network.return_limit[self.returning, None]
        visits = self.covers @ np.minimum(sent_back[:, possible], limits)
        return possible[(visits >= visit).any(axis=0)]

    def _visit_columns(self, steps: range | list[int], numbers: Integers, visit: int) -> dict[tuple[int, int], Floats]:
        columns: dict[tuple[int, int], Floats] = {}
        for j in steps:
            step = self.service.steps[j - self.first_step]
            for kind in _kinds(self.network, self.service, j, step):
                if kind == CHOICE and visit > 0:
                    continue
                columns[(j, kind)] = self._column(step, kind, numbers, visit)
        return columns

    def _column(self, step: Step, kind: int, numbers: Integers, visit: int) -> Floats:
        if kind == WORK:
            return self._work(step, numbers, visit)
        if kind == SHARE:
            return self._uniforms(f"{step.stream}/share", numbers, visit)
        if kind == CHOICE:
            return self._uniforms(f"{step.stream}/choice", numbers, visit)
        if kind == RETURN:
            return self._uniforms(f"{step.stream}/return", numbers, visit)
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
            own = np.flatnonzero(brought >= matter)
            minutes[own] += self._minutes(time, f"{stream}/work/{matter}", numbers[own], visit)
        return minutes

    def _brought(self, numbers: Integers) -> Integers:
        """How many matters each of these cases has."""
        return SizeTable.of(self.service.matters).drawn(self._uniforms(f"{self.service.id}/matters", numbers))

    def _minutes(self, distribution: Distribution, stream: str, numbers: Integers, visit: int) -> Floats:
        minutes = distribution.drawn(self._uniforms(stream, numbers, visit))
        return minutes * self.network.workday_minutes if distribution.base == "workday" else minutes

    def _uniforms(self, stream: str, numbers: Integers, visit: int = 0) -> Floats:
        return uniforms(self.seed, self.replication, stream, numbers, visit)


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
        if step.share < 1.0:
            kinds.append(SHARE)
    if step.choose:
        kinds.append(CHOICE)
    return kinds


def arrival_times(
    arrivals: Sequence[ArrivalsFrom], seed: int, replication: int, service: str, horizon: float
) -> Floats:
    """Application instants up to ``horizon``: a Poisson process of rate one, its clock bent by the expected arrivals.

    The k-th arrival is where the expected number reaches the k-th sum of exponential gaps (Cinlar, *Introduction to
    Stochastic Processes*, 1975, section 4.7), so a change of rate keeps the pairing. The sums go on where arrivals
    change with a phase.
    """
    ends = [*(following.start for following in arrivals[1:]), np.inf]
    curves = [_on_drawn_days(own, seed, replication, service) for own in arrivals]
    groups = [own.between(own.start, min(end, horizon)) / own.mean_size for own, end in zip(curves, ends, strict=True)]
    if not sum(groups) > 0.0:
        return np.empty(0)
    sums = _unit_poisson(seed, replication, service, sum(groups))
    found, passed, first = [], 0.0, 0
    for own, coming in zip(curves, groups, strict=True):
        last = int(np.searchsorted(sums, passed + coming, side="right"))
        own_sums = sums[first:last] - passed if passed else sums[first:last]
        found.append(_applications(own, own_sums, first, seed, replication, service))
        passed, first = passed + coming, last
    times = found[0] if len(found) == 1 else np.concatenate(found)
    return times if not len(times) or times[-1] <= horizon else times[times <= horizon]


def _on_drawn_days(arrivals: ArrivalsFrom, seed: int, replication: int, service: str) -> ArrivalsFrom:
    """The arrivals with what the replication draws for each day."""
    curve = arrivals.curve
    if curve is None or curve.daily is None:
        return arrivals
    days = np.arange(int(curve.time[-1] // MINUTES_PER_DAY) + 1) if len(curve.time) else np.arange(0)
    factors = curve.daily.quantile(uniforms(seed, replication, f"{service}/day", days))
    return replace(arrivals, curve=curve.varied(factors[curve.slot_days()]))


def _applications(
    arrivals: ArrivalsFrom, sums: Floats, first: int, seed: int, replication: int, service: str
) -> Floats:
    """When applicants come, alone or in groups; ``sums`` count the groups from the start of these arrivals on.

    ``first`` is the number of the first group within the service.
    """
    curve = arrivals.curve
    if curve is None or not len(sums):
        return np.empty(0)
    before = curve.upto(arrivals.start)
    cases = sums if arrivals.mean_size == 1.0 else sums * arrivals.mean_size
    times = curve.when(cases + before if before else cases)
    if arrivals.start > 0.0:
        times = np.maximum(times, arrivals.start)
    if curve.sizes is None:
        return times
    drawn = uniforms(seed, replication, f"{service}/together", np.arange(first, first + len(times)))
    return np.repeat(times, curve.sizes.drawn(drawn))


def _unit_poisson(seed: int, replication: int, service: str, until: float) -> Floats:
    """Arrival instants, up to ``until``, of a Poisson process of rate one."""
    chunks: list[Floats] = []
    last, drawn = 0.0, 0
    chunk = int(until + 4 * np.sqrt(until) + 8)
    while last <= until:
        numbers = np.arange(drawn, drawn + chunk)
        chunks.append(exponential_sums(seed, replication, f"{service}/arrival", numbers, last))
        last, drawn = float(chunks[-1][-1]), drawn + chunk
        chunk = max(64, chunk // 8)
    sums = chunks[0] if len(chunks) == 1 else np.concatenate(chunks)
    return sums[: int(np.searchsorted(sums, until, side="right"))]


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
