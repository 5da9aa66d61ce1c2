"""Controls: by how much a replication drew more work than theory expects, pool by pool.

What a busy queue does in one replication is mostly luck in how many came and with how much work, and of both the means
are known. A regression on this luck takes it off an estimate (``kpi.statistics.controlled_estimate``). The controls
come from the draws and not from what an engine made of them, so that nothing in a run can move their means.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator, Sequence

import numpy as np

from simgov.applications import routes_taken
from simgov.arrays import Floats, Integers
from simgov.distributions import Distribution
from simgov.engines.events import EventTable
from simgov.experiment.stability import expected_on_route, expected_visits
from simgov.kpi import Kpi
from simgov.network import Network
from simgov.scenario.value import Recorded, Step
from simgov.scenario.work import mean_work
from simgov.streams import uniforms


def controls_of(network: Network, events: EventTable, seed: int, replication: int) -> Floats:
    """The controls of a replication from its event table: see ``Controls``."""
    controls = Controls(network, seed, replication)
    controls.add(events)
    return controls.result()


class Controls:
    """For each pool, the work that the measured cases brought to it over what was to be expected, less 1: float64[P].

    The work of a case is what it drew for its first visit to each step, times the visits that a case makes there on
    average, and the matters that it brings. In a run by dates the number of cases varies too; in a run by cases, the
    time in which so many come. A pool without work has 0, and so have all of a replication without measured cases.
    Event tables may be added one by one, as slices of a long run come; each case must come once.
    """

    def __init__(self, network: Network, seed: int, replication: int) -> None:
        self.network, self.seed, self.replication = network, seed, replication
        self.by_dates = network.scenario.run.cases is None
        self.drawn, self.expected = np.zeros(len(network.pools)), np.zeros(len(network.pools))
        self.count, self.first, self.last = 0, math.inf, -math.inf
        for r in range(len(network.routes)):
            if not self._cases_are_given(r):
                self._expect(r, expected_on_route(network, r, *network.window))

    def add(self, events: EventTable) -> None:
        """Take in the measured cases of a table."""
        network, measured = self.network, np.flatnonzero(events.measured)
        if not len(measured):
            return
        applied = events.applied[measured]
        self.count += len(measured)
        self.first, self.last = min(self.first, float(applied.min())), max(self.last, float(applied.max()))
        for r, numbers in enumerate(self._by_route(events, measured)):
            if self._cases_are_given(r):
                self._expect(r, float(len(numbers)))
            for step, pool, often in self._work_of(r):
                work = _first_work(network, step, self.seed, self.replication, numbers)
                self.drawn[pool] += often * float(work.sum())

    def _by_route(self, events: EventTable, measured: Integers) -> Iterator[Integers]:
        """For each route the numbers of the measured cases that take it."""
        network = self.network
        for s in range(len(network.services)):
            own = measured[events.case_service[measured] == s]
            numbers = events.case_index[own].astype(np.int64)
            taken = routes_taken(network, s, events.applied[own], numbers, self.seed, self.replication)
            yield from (numbers[taken == route] for route in network.routes_of(s))

    def result(self) -> Floats:
        """The controls, when all tables are in."""
        excess = np.divide(self.drawn, self.expected, out=np.ones(len(self.drawn)), where=self.expected > 0.0) - 1.0
        return excess if self.by_dates else excess - self._slowness()

    def _cases_are_given(self, route: int) -> bool:
        """Whether it is no luck how many come: in a run by cases, or where places are booked or a file says who."""
        service = self.network.routes[route]
        return not self.by_dates or service.appointments is not None or isinstance(service.arrivals, Recorded)

    def _expect(self, route: int, cases: float) -> None:
        for step, pool, often in self._work_of(route):
            self.expected[pool] += often * cases * mean_work(step, self.network.workday_minutes)

    def _work_of(self, route: int) -> Iterator[tuple[Step, int, float]]:
        """The steps of a route at a pool, the pool, and how many draws of the step's time a case brings there."""
        network, service = self.network, self.network.routes[route]
        if isinstance(service.arrivals, Recorded) and service.arrivals.replays:
            return  # nothing is drawn
        first = int(network.route_first_step[route])
        for j, (step, visits) in enumerate(zip(service.steps, expected_visits(service).values(), strict=True), first):
            if network.step_pool[j] >= 0:
                yield step, int(network.step_pool[j]), visits * service.matters_at(step)

    def _slowness(self) -> float:
        """How much more time than expected passed between the first and the last measured arrival, less 1.

        Counted in expected arrivals, which passes at rate one: n arrivals lie n - 1 exponential gaps apart. Where
        people come in groups, by appointment or as recorded, or days vary, that is not so, and it is left out (0).
        """
        network = self.network
        curves = [one.curve for own in network.arrivals for one in own if one.curve is not None]
        simple = all(curve.daily is None and curve.sizes is None and curve.recorded is None for curve in curves)
        if not simple or any(service.appointments is not None for service in network.routes) or self.count < 2:
            return 0.0
        span = math.fsum(expected_on_route(network, r, self.first, self.last) for r in range(len(network.routes)))
        return span / (self.count - 1) - 1.0


def counted(tables: Iterable[EventTable], controls: Controls) -> Iterator[EventTable]:
    """The tables, each taken into the controls on its way."""
    for events in tables:
        controls.add(events)
        yield events


def controls_behind(kpi: Kpi, network: Network) -> tuple[int, ...]:
    """The pools whose controls may explain a KPI: its own, those of its service, or all of a whole hall or plan."""
    if kpi.owner in network.pools:
        return (network.pools.index(kpi.owner),)
    routes = [service for service in network.routes if service.id in kpi.services] or network.routes
    visited = {step.at for service in routes for step in service.steps}
    return tuple(place for place, pool in enumerate(network.pools) if pool in visited)


def behind(kpis: Sequence[Kpi], network: Network) -> tuple[tuple[int, ...], ...]:
    """``controls_behind`` of each KPI that is a mean over replications; none for a quantile."""
    return tuple(() if kpi.kind == "quantile" else controls_behind(kpi, network) for kpi in kpis)


def _first_work(network: Network, step: Step, seed: int, replication: int, numbers: Integers) -> Floats:
    """Minutes of work that each case drew for its first visit to a step; ``mean_work`` is their mean."""

    def minutes(time: Distribution, stream: str) -> Floats:
        drawn = time.quantile(uniforms(seed, replication, f"{stream}/work", numbers))
        return drawn * network.workday_minutes if time.base == "workday" else drawn

    if step.time is not None:
        kept = 1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept)
        return minutes(step.time, step.stream) * (kept * step.slowdown)
    work = np.zeros(len(numbers))
    for part in step.parts:
        if part.kept and part.time is not None:
            work = work + minutes(part.time, part.stream)
    return work * step.slowdown
