"""What queueing theory expects of a design: the KPI of each goal, for many designs of one scenario at once.

Stations by Allen-Cunneen and Whitt's network analyzer; pools whose customers or officers come and go with the hours of
the day by the balance over the day (``queueing.day_waits``); times to decision as lognormal sums along the routes.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from functools import cache, cached_property, partial

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.calendars import workday_minutes
from simgov.distributions import Distribution
from simgov.errors import ReformError
from simgov.kpi.selection import ALL
from simgov.optimize import queueing
from simgov.optimize.coverings import Coverings
from simgov.optimize.demand import USUAL, Demand
from simgov.optimize.equipment import SPEED, kind_and_pool
from simgov.optimize.goals import Goal, Term
from simgov.optimize.rosters import Roster
from simgov.optimize.space import Design, Space
from simgov.optimize.traffic import (
    SLOT,
    WEEK_MINUTES,
    Traffic,
    Work,
    arrivals_by_slot,
    expected_returns,
    mean_servers,
    section,
    servers_by_slot,
    traffic,
    workdays_a_week,
)
from simgov.scenario.value import Scenario, Service, Step

Moments = tuple[Floats, Floats]
QUANTILES = {"median": 0.5, "p90": 0.9, "p95": 0.95}
WIDEST_SPARE = 4.0
SPARE_LENGTH = 1.5
LOG_LENGTH = 2.0
"""A room or speed that is larger by a factor of e lies so far away for the correction of the forecast."""


class Forecaster:
    """The KPIs of one scenario as functions of the posts of its pools, float64[designs, pools of the scenario].

    For a pool in ``rosters``, instead of posts, a number of its ``Coverings``.
    """

    def __init__(
        self, scenario: Scenario, most_posts: Sequence[int], rosters: Mapping[str, Coverings] | None = None
    ) -> None:
        self.scenario = scenario
        self._rosters = rosters or {}
        self.traffic: Traffic = traffic(scenario)
        self._most = most_posts
        self._services: dict[str, list[int]] = {}
        for s, service in enumerate(self.traffic.services):
            self._services.setdefault(service.id, []).append(s)
        self._pools = {pool.id: p for p, pool in enumerate(scenario.pools)}

    def has(self, pool_id: str) -> bool:
        """Whether the scenario has a pool of that id."""
        return pool_id in self._pools

    def numbers(self, pool_id: str, coverings: Integers) -> Integers:
        """What stands for the posts of a pool with a roster: the numbers of its coverings."""
        return self._rosters[pool_id].numbers(coverings)

    def spare(self, posts: Integers) -> Floats:
        """Servers beyond the offered load in units of its square root: alike values mean alike queues."""
        load = self.traffic.load
        spare = (self._servers(posts) - load) / np.sqrt(np.maximum(load, 0.25))
        return np.clip(spare, -WIDEST_SPARE / 2, WIDEST_SPARE) / SPARE_LENGTH

    def values(self, kpis: Sequence[str], posts: Integers) -> Floats:
        """Float64[designs, kpis]: each KPI in minutes, workdays or as a share; nan where there is no formula for it."""
        served = {kpi for kpi in kpis if kpi.partition(".")[2] == "throughput"}
        waits = self._waits(posts) if len(served) < len(set(kpis)) else None
        columns = [
            self._throughput(kpi, posts) if waits is None or kpi in served else self._value(kpi, posts, waits)
            for kpi in kpis
        ]
        return np.column_stack(columns) if columns else np.empty((len(posts), 0))

    def wait_level(self, services: Sequence[str], posts: Integers, above: float | None) -> Floats:
        """Mean wait in person of some services, or the share that waits longer than ``above`` minutes."""
        waits = self._waits(posts)
        return self._wait_mean(services, waits) if above is None else self._wait_above(services, posts, waits, above)

    # Stations ---------------------------------------------------------------------------------------------------------

    def _servers(self, posts: Integers) -> Floats:
        servers = []
        for p, (pool, table) in enumerate(zip(self.scenario.pools, self._effective, strict=True)):
            if pool.id in self._rosters:
                servers.append(self._rosters[pool.id].mean_servers()[posts[:, p]])
            else:
                servers.append(table[np.minimum(posts[:, p], len(table) - 1)])
        return np.column_stack(servers) if servers else np.empty((len(posts), 0))

    @cached_property
    def _effective(self) -> list[Floats]:
        """For each pool, the mean number on duty with 0, 1, 2, ... posts."""
        return [
            np.array([mean_servers(pool, self.scenario, n) for n in range(most + 1)])
            for pool, most in zip(self.scenario.pools, self._most, strict=True)
        ]

    def _waits(self, posts: Integers) -> queueing.Waits:
        flow, servers = self.traffic, self._servers(posts)
        variability = queueing.arrival_variability(
            flow.load / np.maximum(servers, 1e-3), servers, flow.scv, flow.routing, flow.splitting, flow.outside
        )
        waits = queueing.station_waits(servers, flow.load, flow.mean, variability + flow.scv, self._horizon)
        for p in range(len(self.scenario.pools)):
            if self._changes_over_the_day(p):
                table, level = self._day_waits(p), self._level(p, posts)
                waits.mean[:, p] = table.mean[level]
                waits.variance[:, p] = np.maximum(table.square[level] - table.mean[level] ** 2, 0.0)
                waits.probability[:, p] = table.above[level, 0]
        return waits

    @cached_property
    def _horizon(self) -> tuple[float, float]:
        """First and last measured minute of working time, counted from an empty office."""
        run, minutes = self.scenario.run, workday_minutes(self.scenario.calendar)
        if run.cases is not None:
            pace = max(self.traffic.cases.sum() / WEEK_MINUTES, 1e-12)
            in_working_time = workdays_a_week(self.scenario) * minutes / WEEK_MINUTES
            return run.warm_up_cases / pace * in_working_time, run.cases / pace * in_working_time
        to_work = workdays_a_week(self.scenario) * minutes / WEEK_MINUTES

        def worked(amount: float, base: str) -> float:
            return amount * (minutes if base == "workday" else to_work)

        start = worked(run.warm_up.amount, run.warm_up.base)
        return start, start + (worked(run.period.amount, run.period.base) if run.period else 0.0)

    @cache  # noqa: B019 - a forecaster lives as long as its search
    def _changes_over_the_day(self, p: int) -> bool:
        """Whether people queue in person at a pool whose arrivals or officers change with the hour."""
        pool = self.scenario.pools[p]
        in_person = any(
            step.at == pool.id and step.in_person for service in self.traffic.services for step in service.steps
        )
        return in_person and not (pool.always or self.scenario.calendar.always) and self.traffic.load[p] > 0

    def _level(self, p: int, posts: Integers) -> Integers:
        """The rows of ``_day_waits`` for the posts of designs."""
        if self.scenario.pools[p].id in self._rosters:
            return posts[:, p]
        return np.minimum(posts[:, p], self._most[p])

    def _day_waits(self, p: int) -> queueing.DayWaits:
        """Waits at a pool for 0, 1, 2, ... posts, or for each covering."""
        roster = self._rosters.get(self.scenario.pools[p].id)
        if roster is None:
            return self._waits_by_posts(p)
        return roster.waits(self._rates(p), lambda rates, servers: self._expected(p, rates, servers))

    def row_spare(self, pool_id: str, coverings: Integers) -> Floats:
        """What ``spare`` is for a pool, for each row of its roster: float64[designs, rows]."""
        p = self._pools[pool_id]
        spare = self._rosters[pool_id].spare(coverings, self._rates(p), float(self.traffic.mean[p]))
        return np.clip(spare, -WIDEST_SPARE / 2, WIDEST_SPARE) / SPARE_LENGTH

    @cache  # noqa: B019
    def _waits_by_posts(self, p: int) -> queueing.DayWaits:
        pool, rates = self.scenario.pools[p], self._rates(p)
        servers = np.array([servers_by_slot(pool, self.scenario, n) for n in range(self._most[p] + 1)])
        worked = (rates.sum(axis=1) > 0) & (servers[-1].sum(axis=1) > 0)
        return self._expected(p, rates[worked], servers[:, worked])

    @cache  # noqa: B019
    def _rates(self, p: int) -> Floats:
        """Visits to a pool per minute, float64[7, slots]; they are taken to come when their service's applicants do."""
        pool, flow = self.scenario.pools[p], self.traffic
        rates = np.zeros((7, 1440 // SLOT))
        for s, service in enumerate(flow.services):
            first = flow.first_step[s]
            here = [first + j for j, step in enumerate(service.steps) if step.at == pool.id]
            if here:
                rates += arrivals_by_slot(service, self.scenario) * (flow.shares[s] * flow.visits[here].sum())
        return rates

    def _expected(self, p: int, rates: Floats, servers: Floats) -> queueing.DayWaits:
        flow = self.traffic
        times = (float(flow.mean[p]), float(flow.scv[p]), float(SLOT), self._giving_up(p))
        return queueing.day_waits(rates, servers, *times)

    def _giving_up(self, p: int) -> float:
        """How often per minute of waiting a visitor of a pool gives up, on average over its visitors."""
        flow, lost, visits = self.traffic, 0.0, 0.0
        for s, service in enumerate(flow.services):
            for j, step in enumerate(service.steps, start=flow.first_step[s]):
                if flow.pool[j] == p:
                    visits += flow.cases[s] * flow.visits[j]
                    if step.in_person and service.patience is not None:
                        lost += flow.cases[s] * flow.visits[j] / max(service.patience.mean, 1e-9)
        return lost / max(visits, 1e-12)

    # KPIs -------------------------------------------------------------------------------------------------------------

    def _value(self, kpi: str, posts: Integers, waits: queueing.Waits) -> Floats:
        subject, _, measure = kpi.partition(".")
        if subject == "hall" and measure.startswith("wait."):
            return self._wait(list(self._services), measure[5:], posts, waits)
        chosen = self._chosen(subject)
        if chosen:
            return self._service_value(chosen, measure, posts, waits)
        if subject in self._pools:
            p = self._pools[subject]
            if measure == "utilisation":
                return np.asarray(np.minimum(self.traffic.load[p] / np.maximum(self._servers(posts)[:, p], 1e-3), 1.0))
            if measure == "queue.mean":
                return np.asarray(self.traffic.rate[p] * waits.mean[:, p])
        return np.full(len(posts), np.nan)

    def _chosen(self, subject: str) -> list[str]:
        """The services that the first word of a KPI stands for; a group of applicants is taken for all of them."""
        names = subject.partition("/")[0]
        return list(self._services) if names == ALL else [one for one in names.split("+") if one in self._services]

    def _weight(self, s: int, of: Sequence[str]) -> float:
        """The share that cases of one way have among those of some services."""
        flow = self.traffic
        if len(of) == 1:
            return float(flow.shares[s])
        every = [w for name in of for w in self._services[name]]
        return float(flow.cases[s] / max(flow.cases[every].sum(), 1e-12))

    def _service_value(self, of: Sequence[str], measure: str, posts: Integers, waits: queueing.Waits) -> Floats:
        flow, ways = self.traffic, [s for name in of for s in self._services[name]]
        shares = {s: self._weight(s, of) for s in ways}
        clock, _, statistic = measure.partition(".")
        if clock == "wait":
            return self._wait(of, statistic, posts, waits)
        if clock in ("time", "days", "door_to_door"):
            mean, variance = _mixed([(self._clock(s, clock, waits), shares[s]) for s in ways])
            if statistic == "mean":
                return mean
            if statistic in QUANTILES:
                return queueing.lognormal_quantile(mean, variance, QUANTILES[statistic])
        promised = [(shares[s], s, promise) for s in ways if (promise := flow.services[s].promise) is not None]
        if clock == "on_time" and promised:
            kept = [
                share * queueing.lognormal_share_below(*self._clock(s, "days", waits), promise + 0.5)
                for share, s, promise in promised
            ]
            return np.asarray(sum(kept) / sum(share for share, *_ in promised))
        patient = [(shares[s], time.mean) for s in ways if (time := flow.services[s].patience) is not None]
        if clock == "reneged" and patient:
            mean = self._wait_mean(of, waits)
            return np.asarray(sum(share * (1.0 - np.exp(-mean / max(patience, 1e-9))) for share, patience in patient))
        return np.full(len(posts), np.nan)

    def _throughput(self, kpi: str, posts: Integers) -> Floats:
        """Cases a workday: as many as come, or as the pool can do that has most work for its officers.

        Where cases wait from the start, the pools may do more than come.
        """
        flow = self.traffic
        ways = [s for name in self._chosen(kpi.partition(".")[0]) for s in self._services[name]]
        steps = [flow.first_step[s] + j for s in ways for j in range(len(flow.services[s].steps))]
        pools = sorted({int(flow.pool[j]) for j in steps if flow.pool[j] >= 0 and flow.visits[j] > 0})
        if not pools or not flow.cases[ways].sum() > 0:
            return np.full(len(posts), np.nan)
        pace = (self._servers(posts)[:, pools] / np.maximum(flow.load[pools], 1e-9)).min(axis=1)
        if not any(flow.services[s].backlog for s in ways):
            pace = np.minimum(pace, 1.0)
        return np.asarray(flow.cases[ways].sum() / workdays_a_week(self.scenario) * pace)

    def _wait(self, services: Sequence[str], statistic: str, posts: Integers, waits: queueing.Waits) -> Floats:
        if statistic == "mean":
            return self._wait_mean(services, waits)
        if statistic not in QUANTILES:
            return np.full(len(posts), np.nan)
        return queueing.first_at_most(self._above_grid(services, posts, waits), 1.0 - QUANTILES[statistic])

    def _weights(self, services: Sequence[str]) -> list[tuple[int, float]]:
        """The pools where these services' applicants wait in person, each with its share of those waits."""
        flow, shares = self.traffic, dict[int, float]()
        for s in (s for name in services for s in self._services[name]):
            for j, step in enumerate(flow.services[s].steps, start=flow.first_step[s]):
                if step.in_person and flow.pool[j] >= 0 and flow.visits[j] > 0:
                    shares[flow.pool[j]] = shares.get(flow.pool[j], 0.0) + flow.cases[s] * flow.visits[j]
        total = sum(shares.values()) or 1.0
        return [(p, share / total) for p, share in sorted(shares.items())]

    def _wait_mean(self, services: Sequence[str], waits: queueing.Waits) -> Floats:
        return np.asarray(
            sum((share * waits.mean[:, p] for p, share in self._weights(services)), np.zeros(len(waits.mean)))
        )

    def _wait_above(self, services: Sequence[str], posts: Integers, waits: queueing.Waits, limit: float) -> Floats:
        return queueing.between(self._above_grid(services, posts, waits), limit)

    def _above_grid(self, services: Sequence[str], posts: Integers, waits: queueing.Waits) -> Floats:
        """Float64[designs, points of ``queueing.WAIT_GRID``]: the share of waits that is longer."""
        share_above = np.zeros((len(posts), len(queueing.WAIT_GRID)))
        for p, share in self._weights(services):
            if self._changes_over_the_day(p):
                above = self._day_waits(p).above[self._level(p, posts)]
            else:
                given = np.maximum(waits.mean[:, p] / np.maximum(waits.probability[:, p], 1e-9), 1e-9)
                above = waits.probability[:, [p]] * np.exp(-queueing.WAIT_GRID / given[:, None])
            share_above += share * above
        return share_above

    # Times along the routes -------------------------------------------------------------------------------------------

    def _clock(self, s: int, clock: str, waits: queueing.Waits) -> Moments:
        """Mean and variance of the time to the milestone that ends ``clock``, in its unit; s as in ``Traffic``."""
        service = self.traffic.services[s]
        designs = len(waits.mean)
        nothing = (np.zeros(designs), np.zeros(designs))
        in_workdays = clock == "days"
        reached = self.traffic.reached[self.traffic.first_step[s] :][: len(service.steps)]
        ends: list[Moments] = []
        passing: dict[str, Moments] = {}
        starts: list[Moments] = []
        for j, step in enumerate(service.steps):
            start = self._after(service, j, passing, reached) if step.after else nothing
            starts.append(start)
            if reached[j] <= 0:
                ends.append(start)
                passing[step.id] = start
                continue
            mean, variance = self._stay(s, j, waits, in_workdays)
            share = step.share
            end = (start[0] + share * mean, start[1] + share * variance + share * (1.0 - share) * mean**2)
            if step.returns is not None:
                again = starts[section(service, j)[0]]
                times = expected_returns(step.returns.share, step.returns.limit)
                away = self._away(step.returns.delay, in_workdays)
                loop = np.maximum(end[0] - again[0], 0.0) + away[0]
                loop_variance = np.maximum(end[1] - again[1], 0.0) + away[1]
                end = (end[0] + times * loop, end[1] + times * loop_variance + times * (1.0 + times) * loop**2)
            ends.append(end)
            passing[step.id] = end
        last = self._milestone(service, "collected" if clock == "door_to_door" else "decision")
        if not in_workdays:
            return ends[last]
        accepted = next((j for j, step in enumerate(service.steps) if step.accepted), None)
        begin = ends[accepted] if accepted is not None else nothing
        # Whole days are counted: the rest of a day adds a uniform error.
        return np.maximum(ends[last][0] - begin[0], 1e-3), np.maximum(ends[last][1] - begin[1], 0.0) + 1.0 / 12.0

    def _milestone(self, service: Service, flag: str) -> int:
        marked = [j for j, step in enumerate(service.steps) if getattr(step, flag)]
        return marked[-1] if marked else len(service.steps) - 1

    def _after(self, service: Service, j: int, passing: dict[str, Moments], reached: Floats) -> Moments:
        """When all predecessors are done: the latest of parallel ones, the mixture of those that exclude each other."""
        place = {step.id: i for i, step in enumerate(service.steps)}
        before = [(passing[name], reached[place[name]]) for name in service.steps[j].after]
        if sum(share for _, share in before) > 1.0 + 1e-9 or len(before) == 1:
            fork = self._common(service, j, place, passing)
            latest = before[0][0]
            for moments, _ in before[1:]:
                alone = [(mean, np.maximum(variance - fork, 0.0)) for mean, variance in (latest, moments)]
                mean, variance = queueing.later_of(*alone)
                latest = (mean, variance + fork)
            return latest
        total = max(sum(share for _, share in before), 1e-12)
        mean = sum((share / total * m for (m, _), share in before), np.zeros_like(before[0][0][0]))
        square = sum((share / total * (m**2 + v) for (m, v), share in before), np.zeros_like(mean))
        return np.asarray(mean), np.maximum(square - mean**2, 0.0)

    def _common(self, service: Service, j: int, place: dict[str, int], passing: dict[str, Moments]) -> Floats | float:
        """The variance that all branches into a join have in common: that of the last step before they part."""
        ancestors: list[set[int]] = []
        for name in service.steps[j].after:
            reached, waiting = set[int](), [place[name]]
            while waiting:
                i = waiting.pop()
                if i not in reached:
                    reached.add(i)
                    waiting += [place[before] for before in service.steps[i].after]
            ancestors.append(reached)
        shared = set.intersection(*ancestors)
        return passing[service.steps[max(shared)].id][1] if shared else 0.0

    def _stay(self, s: int, j: int, waits: queueing.Waits, in_workdays: bool) -> Moments:
        """Waiting and work of one visit, in workdays or in minutes of the clock on the wall."""
        flow = self.traffic
        step = flow.services[s].steps[j]
        number = flow.first_step[s] + j
        designs, p = len(waits.mean), flow.pool[number]
        if p < 0:
            mean, variance = self._outside(flow.work[number], step, in_workdays)
            return np.full(designs, mean), np.full(designs, variance)
        work = flow.work[number]
        if in_workdays:
            stretch = workdays_a_week(self.scenario) / max(flow.minutes[p], 1.0)
        else:
            stretch = 1.0 if step.in_person else WEEK_MINUTES / max(flow.minutes[p], 1.0)
        means = waits.mean[:, p] + work.mean
        variances = waits.variance[:, p] + work.mean**2 * work.scv
        return means * stretch, variances * stretch**2

    def _outside(self, work: Work, step: Step, in_workdays: bool) -> tuple[float, float]:
        """Mean and variance of a delay outside every pool, with the parts that are left of it.

        The legal clock stands still at a special step.
        """
        if in_workdays and step.special:
            return 0.0, 0.0
        minutes = workday_minutes(self.scenario.calendar)
        given = step.time or next((part.time for part in step.parts if part.time is not None), None)
        if given is not None and given.base == "workday":
            return self._span(work.mean / minutes, math.sqrt(work.scv), "workday", in_workdays)
        return self._span(work.mean, math.sqrt(work.scv), "min", in_workdays)

    def _away(self, delay: Distribution | None, in_workdays: bool) -> tuple[float, float]:
        """Mean and variance of the time with the applicant, which the legal clock leaves out."""
        return (0.0, 0.0) if delay is None or in_workdays else self._span(delay.mean, delay.cv, delay.base, in_workdays)

    def _span(self, mean: float, cv: float, base: str, in_workdays: bool) -> tuple[float, float]:
        """Mean and variance of a time outside every pool, in workdays or in minutes of the clock on the wall."""
        a_week = max(workdays_a_week(self.scenario), 1.0)
        if base == "workday":
            mean = mean if in_workdays else mean * WEEK_MINUTES / a_week
        else:
            mean = mean * a_week / WEEK_MINUTES if in_workdays else mean
        return mean, (mean * cv) ** 2


class ScenarioApproximation:
    """``guide.Approximation`` over the scenarios that a design stands for.

    ``scenario_of(design)`` is the scenario with the design's options applied (its posts do not matter here); a goal is
    judged in the one of ``demands`` that it names.
    """

    def __init__(
        self,
        space: Space,
        goals: Sequence[Goal],
        terms: Sequence[Sequence[Sequence[Term]]],
        scenario_of: Callable[[Design], Scenario],
        term_services: Callable[[int, int, int], Sequence[str]] | None = None,
        rosters: Sequence[Roster] = (),
        demands: Sequence[Demand] = (USUAL,),
    ) -> None:
        self._demands = {demand.name: demand for demand in demands}
        self._features_in = next((d.name for d in demands if d.usual), demands[0].name)
        self._space = space
        self._goals = goals
        self._terms = terms
        self._scenario_of = scenario_of
        self._term_services = term_services
        self._rosters = rosters
        self._columns = {r.pool: list(own.columns) for r, own in zip(rosters, space.rosters, strict=True)}
        self._forecasters: dict[tuple[int, tuple[int, ...], str], Forecaster | None] = {}

    def asking(
        self,
        goals: Sequence[Goal],
        terms: Sequence[Sequence[Sequence[Term]]],
        term_services: Callable[[int, int, int], Sequence[str]] | None,
    ) -> ScenarioApproximation:
        """The same for other goals, with what has been worked out about the scenarios shared."""
        other = ScenarioApproximation(
            self._space, goals, terms, self._scenario_of, term_services, self._rosters, list(self._demands.values())
        )
        other._forecasters = self._forecasters
        return other

    def stresses(self, setting: int, vectors: Integers, goals: Sequence[int]) -> Floats:
        """See ``guide.Approximation``. A KPI without a formula is expected to be at its limit."""
        stresses = np.empty((len(vectors), len(goals)))
        for demand in dict.fromkeys(self._goals[goal].demand for goal in goals):
            places = [place for place, goal in enumerate(goals) if self._goals[goal].demand == demand]
            own = [self._goals[goals[place]] for place in places]
            kpis = list(dict.fromkeys(goal.kpi for goal in own))
            values = self._by_options(setting, vectors, len(kpis), demand, partial(_values, kpis))
            for place, goal in zip(places, own, strict=True):
                stresses[:, place] = _stress(goal, values[:, kpis.index(goal.kpi)])
        return stresses

    def features(self, setting: int, vectors: Integers) -> Floats:
        """See ``guide.Approximation``: spare servers of each pool, then the options."""
        pools = len(self._space.pools)
        spare = np.nan_to_num(self._by_options(setting, vectors, pools, self._features_in, self._spare))
        taken = self._space.settings[setting].taken
        fixed = [float(value) for value, option in zip(taken, self._space.options, strict=True) if not option.monotone]
        return np.hstack((spare, vectors[:, pools:], np.tile(np.array(fixed), (len(vectors), 1))))

    @property
    def switches(self) -> int:
        """See ``guide.Approximation``."""
        return len(self._space.options)

    def term_levels(self, setting: int, goal: int, term: int, vectors: Integers) -> Floats:
        """See ``guide.Approximation``; only waits in person have goals of several terms."""
        if self._term_services is None:
            raise ValueError("no goal has several terms")
        services = self._term_services(setting, goal, term)
        above = None if self._goals[goal].kpi.endswith(".mean") else self._goals[goal].limit
        levels = self._by_options(
            setting,
            vectors,
            1,
            self._goals[goal].demand,
            lambda f, posts, _: f.wait_level(services, posts, above)[:, None],
        )
        return np.nan_to_num(levels[:, 0])

    def _spare(self, forecaster: Forecaster, posts: Integers, vectors: Integers) -> Floats:
        spare = forecaster.spare(posts)
        found = spare[:, [self._place(forecaster, name) for name in self._space.pools]]
        for column, name in enumerate(self._space.pools):
            if kind_and_pool(name)[0]:
                found[:, column] = LOG_LENGTH * np.log(vectors[:, column])
        for pool, columns in self._columns.items():
            if forecaster.has(pool):
                found[:, columns] = forecaster.row_spare(pool, vectors[:, columns])
        return found

    @cached_property
    def _equipment(self) -> list[int]:
        """The columns of speeds, which forecasters are made for; the room is left to what simulations teach."""
        return [place for place, name in enumerate(self._space.pools) if kind_and_pool(name)[0] == SPEED]

    def _place(self, forecaster: Forecaster, pool: str) -> int:
        """Where a pool of the space stands in the scenario; a pool that is gone is like the first."""
        return next((p for p, one in enumerate(forecaster.scenario.pools) if one.id == pool), 0)

    def _by_options(
        self,
        setting: int,
        vectors: Integers,
        width: int,
        demand: str,
        ask: Callable[[Forecaster, Integers, Integers], Floats],
    ) -> Floats:
        """Ask the forecaster of each combination of options and speeds in a demand scenario for its rows."""
        pools = len(self._space.pools)
        out = np.empty((len(vectors), width))
        changing = [*self._equipment, *range(pools, vectors.shape[1])]
        combinations, which = np.unique(vectors[:, changing], axis=0, return_inverse=True)
        for place, combination in enumerate(combinations):
            rows = np.flatnonzero(which.ravel() == place)
            forecaster = self._forecaster(setting, combination, demand)
            # Options that exclude each other have no forecast: that is found out by trying.
            if forecaster is None:
                out[rows] = np.nan
            else:
                out[rows] = ask(forecaster, self._posts(forecaster, vectors[rows]), vectors[rows])
        return out

    def _forecaster(self, setting: int, combination: Integers, demand: str) -> Forecaster | None:
        key = (setting, tuple(int(value) for value in combination), demand)
        if key not in self._forecasters:
            vector = self._space.lowest(setting)
            vector[[*self._equipment, *range(len(self._space.pools), len(vector))]] = combination
            try:
                scenario = self._scenario_of(self._space.design(setting, vector))
            except ReformError:
                self._forecasters[key] = None
                return None
            highest = dict(zip(self._space.pools, self._space.settings[setting].high, strict=True))
            most = [highest.get(pool.id, pool.count) for pool in scenario.pools]
            coverings = {roster.pool: Coverings(roster.weeks) for roster in self._rosters}
            self._forecasters[key] = Forecaster(self._demands[demand].applied(scenario), most, coverings)
        return self._forecasters[key]

    def _posts(self, forecaster: Forecaster, vectors: Integers) -> Integers:
        """Posts of each pool of the scenario: those the design decides, and the fixed ones."""
        column = {name: i for i, name in enumerate(self._space.pools)}
        posts = []
        for pool in forecaster.scenario.pools:
            if pool.id in self._columns:
                posts.append(forecaster.numbers(pool.id, vectors[:, self._columns[pool.id]]))
            elif pool.id in column:
                posts.append(vectors[:, column[pool.id]])
            else:
                posts.append(np.full(len(vectors), pool.count, np.int64))
        return np.column_stack(posts) if posts else np.empty((len(vectors), 0), np.int64)


def _values(kpis: Sequence[str], forecaster: Forecaster, posts: Integers, _: Integers) -> Floats:
    return forecaster.values(kpis, posts)


def _mixed(parts: Sequence[tuple[Moments, float]]) -> Moments:
    """Mean and variance over all cases, of which shares have these."""
    if len(parts) == 1:
        return parts[0][0]
    total = sum(share for _, share in parts)
    mean = np.asarray(sum(share / total * mean for (mean, _), share in parts))
    square = np.asarray(sum(share / total * (mean**2 + variance) for (mean, variance), share in parts))
    return mean, np.maximum(square - mean**2, 0.0)


def _stress(goal: Goal, values: Floats) -> Floats:
    """``Goal.stress`` on an array; 0 where the value is not known."""
    with np.errstate(divide="ignore", invalid="ignore"):
        if goal.share and not goal.at_most:
            stress = np.log(np.maximum(1.0 - values, 1e-4) / max(1.0 - goal.limit, 1e-4))
        else:
            ratio = np.maximum(values, 1e-6 * goal.scale) / goal.scale if goal.limit else 1.0 + values
            stress = np.log(ratio) if goal.at_most else -np.log(ratio)
    return np.nan_to_num(stress, nan=0.0, posinf=5.0, neginf=-5.0)
