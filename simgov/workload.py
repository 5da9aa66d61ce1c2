"""The workload: everything random of one replication, drawn before the run.

``sample(network, seed, replication, horizon)`` draws arrivals up to ``horizon`` and, for every case, what it would meet
at every step: work, route, return, delay, patience. Whether a visit happens is the engine's to say. A longer horizon
adds cases at the end and changes no draw, so a run may be fed in slices of any length.

Draws lie in *slots*: slot i of a service is its i-th case at the first visit; a case that may come back to a step has
one more slot for each further visit, found by following ``next_slot``. A column is one kind of draw at one step.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any

import numpy as np

from simgov.applications import (
    BACKLOG_NUMBER,
    NOBODY,
    WALK_IN,
    Comers,
    channels_by_the_clock,
    comers_by_route,
    drawn_labels,
    together,
    ways_taken,
)
from simgov.arrays import Booleans, Floats, Integers
from simgov.arrivals import SizeTable
from simgov.distributions import Distribution
from simgov.network import Network
from simgov.scenario.value import Backlog, Known, Recorded, Service, Step
from simgov.streams import uniforms

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

MOST_DRAWS, A_MOMENT = 64, 1e-6
"""How often a draw is made that must be above what a record says, and what is no difference, in minutes."""


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


def sample(network: Network, seed: int, replication: int, horizon: float) -> Workload:
    """Draw one replication's workload, with arrivals up to ``horizon`` (minutes)."""
    return Slices(network, seed, replication).upto(horizon)


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
            own, self._came[s] = comers_by_route(
                self._network, s, self._seed, self._replication, self._since, horizon, before
            )
            arrived.append(own)
        return arrived


def _workload(network: Network, drawn: list[_RouteDraws], horizon: float) -> Workload:
    column_start, draws = _columns(network, drawn)
    applied = together([d.applied for d in drawn])
    backlog_step = together([d.backlog_step for d in drawn])
    booking = together([d.booking for d in drawn])
    taken = _in_order(network, drawn, applied, backlog_step, booking)
    route = taken(together([np.full(d.cases, r, np.int32) for r, d in enumerate(drawn)]))
    return Workload(
        horizon=horizon,
        case_service=network.route_service[route],
        case_route=route,
        case_index=taken(together([d.index for d in drawn])),
        case_slot=taken(together([np.arange(d.cases) for d in drawn])),
        case_group=taken(together([d.labels("group") for d in drawn])),
        case_channel=taken(together([d.labels("channel") for d in drawn])),
        case_backlog_step=taken(backlog_step),
        case_booking=taken(booking),
        applied=taken(applied),
        column_start=column_start,
        draws=draws,
        next_slot=together([d.next_slot for d in drawn]),
        route_slot=np.concatenate(([0], np.cumsum([len(d.next_slot) for d in drawn]))).astype(np.int64),
    )


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
        order = np.lexsort((together([d.numbers for d in drawn]), service, when))
    else:
        order = np.argsort(when, kind="stable")
    return lambda column: column[order]


def _columns(network: Network, drawn: list[_RouteDraws]) -> tuple[Integers, Floats]:
    start = np.full((len(network.steps), DRAW_KINDS), -1, np.int64)
    values, offset = [], 0
    for service in drawn:
        for (step, kind), column in service.columns.items():
            start[step, kind] = offset
            values.append(column)
            offset += len(column)
    return start, together(values) if values else np.empty(0)


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
        self.numbers = together((BACKLOG_NUMBER + waiting, arrived.numbers))
        self.index = together((-1 - waiting, arrived.numbers))
        self.backlog_step = together((steps_of_waiting, np.full(len(arrived.numbers), -1, np.int32)))
        self.booking = together((np.full(count, WALK_IN, np.int8), arrived.booking))
        self.applied = together((since, arrived.times))
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
        taken = ways_taken(self.network, ways, BACKLOG_NUMBER + np.arange(len(steps)), self.seed, self.replication)
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
        if kind == "group" or not self.service.round_the_clock:
            return places
        comers = Comers(self.numbers, self.applied, self.booking)
        return channels_by_the_clock(self.network, self.service, comers, places, self.seed, self.replication)

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
