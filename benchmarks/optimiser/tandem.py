"""Rows of stations as scenario files, and what is true of them by a recursion that has nothing of simgov's engines.

The recursion is fed with the arrivals and the work that simgov draws, so that both speak of the same sample. Each
station takes applicants as they arrive there, and one begins when the first server is free (Kiefer and Wolfowitz).
``Truth`` gives mean and pooled P90 of the time to decision of any design, and by ``cheapest`` the cheapest design that
keeps both limits: every one that costs less is shown to miss one, without assuming that more servers are better.
"""

from __future__ import annotations

import itertools
from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numba
import numpy as np

from simgov.arrays import Floats, Integers
from simgov.network import compile_network
from simgov.workload import WORK, sample

if TYPE_CHECKING:
    from simgov.scenario.value import Scenario
    from simgov.study import Study

CASES, WARM_UP = 600, 100
ARRIVALS = 880
"""Applicants that the recursion follows: those after the 600th can overtake, those after the 880th come too late to."""

MOST_KEPT = 200
"""How many beginnings of a row are remembered."""


@dataclass(frozen=True)
class Row:
    """Stations in a row: arrivals a minute, mean and cv of each station's work (minutes), cost of a server a year.

    ``removable`` says which stations have a part that may be removed: {station: (share of its work, cost)}. Limits are
    in minutes, for the mean and the pooled P90.
    """

    rate: float
    means: tuple[float, ...]
    cvs: tuple[float, ...]
    prices: tuple[int, ...]
    removable: dict[int, tuple[float, int]]
    mean_limit: float
    p90_limit: float
    most: int = 12

    @property
    def stations(self) -> int:
        """How many there are."""
        return len(self.means)

    def text(self, replications: int, seed: int) -> str:
        """The scenario file."""
        lines = ["simgov: 1", "name: Stations in a row", "calendar: always", "pools:"]
        for i, price in enumerate(self.prices):
            lines.append(f"  station{i}: {{kind: department, count: {self.most}, cost: {price} CNY/year}}")
        lines += ["services:", "  case:", f"    arrivals: {{poisson: {{rate: {self.rate} /min}}}}", "    steps:"]
        for i, (mean, cv) in enumerate(zip(self.means, self.cvs, strict=True)):
            lines.append(f"      step{i}:")
            lines.append(f"        at: station{i}")
            lines.append(f"        time: {{lognormal: {{mean: {mean!r} min, cv: {cv!r}}}}}")
            if i in self.removable:
                lines.append(f"        parts: {{part: {{share: {100 * self.removable[i][0]!r} %}}}}")
            if i == self.stations - 1:
                lines.append("        decision: true")
        removals = [f"case.step{i}.part: {cost} CNY" for i, (_, cost) in sorted(self.removable.items())]
        lines += [
            "targets:",
            f"  - {{kpi: case.time.mean, at_most: {self.mean_limit!r} min}}",
            f"  - {{kpi: case.time.p90, at_most: {self.p90_limit!r} min}}",
            "optimize:",
            "  minimize: cost",
            "  staff: {" + ", ".join(f"station{i}: 1..{self.most}" for i in range(self.stations)) + "}",
            "  remove: {" + ", ".join(removals) + "}",
            "  horizon: 1 year",
            f"run: {{cases: {CASES}, warm_up_cases: {WARM_UP}, replications: {replications}, seed: {seed}}}",
        ]
        return "\n".join(lines) + "\n"

    def study(self, folder: Path, name: str, replications: int, seed: int) -> Study:
        """The scenario file written to a folder and read as any other."""
        from simgov.study import load

        path = folder / f"{name}.yaml"
        path.write_text(self.text(replications, seed), encoding="utf-8")
        return load(path)


def generated(seed: int, stations: int = 4, removable: int = 2) -> Row:
    """A random row: loads of 2 to 7 servers, cv 0.5 to 1.5, limits 10 to 35 % above the work."""
    random = np.random.default_rng([seed, stations])
    means = tuple(round(float(m), 3) for m in random.uniform(5.0, 18.0, stations))
    cvs = tuple(round(float(c), 3) for c in random.uniform(0.5, 1.5, stations))
    prices = tuple(int(p) for p in random.integers(20, 71, stations))
    places = random.permutation(stations)[:removable]
    parts = {int(i): (round(float(random.uniform(0.15, 0.35)), 3), int(random.integers(30, 71))) for i in places}
    limit = round(sum(means) * float(random.uniform(1.1, 1.35)), 2)
    return Row(0.4, means, cvs, prices, parts, limit, round(limit * float(random.uniform(1.6, 1.9)), 2))


INSTANCE_0 = Row(
    0.4, (8.0, 12.0, 6.0, 15.0), (0.8, 1.0, 0.6, 1.2), (30, 42, 25, 60), {1: (0.25, 48), 3: (0.27, 55)}, 52.0, 92.0
)
"""The row of ``scenarios/tandem``, whose cheapest design costs 863."""

Design = tuple[tuple[int, ...], tuple[bool, ...]]
"""Servers of each station, and of each removable part whether it is gone."""

Choice = tuple[int, bool]
"""Servers of one station, and whether its removable part is gone."""


@dataclass(frozen=True)
class Cheapest:
    """What enumeration found: cost and design, how many designs cost no more, and how many of these were gone through
    one by one; the others begin with stations that alone take too long."""

    cost: int
    design: Design
    cheaper: int
    simulated: int


class Truth:
    """Any design of a row, on the replications 0 to ``replications - 1`` of a seed."""

    def __init__(self, row: Row, baseline: Scenario, lean: Scenario, replications: int, seed: int) -> None:
        self.row = row
        self._arrive, kept = _drawn(baseline, replications, seed, row.stations)
        _, gone = _drawn(lean, replications, seed, row.stations)
        self._work = [(kept[i], gone[i]) for i in range(row.stations)]
        measured = slice(WARM_UP, CASES)
        self._work_sums = [tuple(float(w[:, measured].sum()) for w in both) for both in self._work]
        self._leaving: OrderedDict[tuple[Choice, ...], Floats] = OrderedDict()
        self.count = replications * (CASES - WARM_UP)

    def values(self, design: Design) -> tuple[float, float]:
        """Mean and pooled P90 of the time to decision."""
        choices = self._choices(design)
        times = (self._leave(choices) - self._arrive)[:, WARM_UP:CASES].ravel()
        place = -(-9 * len(times) // 10) - 1
        return float(times.mean()), float(np.partition(times, place)[place])

    def cost(self, design: Design) -> int:
        """Of servers and removals."""
        servers, gone = design
        removals = sum(
            self.row.removable[i][1] for i, taken in zip(sorted(self.row.removable), gone, strict=True) if taken
        )
        return sum(price * n for price, n in zip(self.row.prices, servers, strict=True)) + removals

    def feasible(self, design: Design) -> bool:
        """Whether both limits are kept."""
        mean, p90 = self.values(design)
        return mean <= self.row.mean_limit and p90 <= self.row.p90_limit

    def cheapest(self, at_most: int) -> Cheapest | None:
        """The cheapest feasible design that costs ``at_most``, of equals the smallest; None where there is none."""
        walk = _Walk(self, at_most)
        walk.from_station(0, (), 0)
        if walk.best is None:
            return None
        return Cheapest(*walk.best, walk.cheaper, walk.simulated)

    def _choices(self, design: Design) -> tuple[Choice, ...]:
        gone = dict(zip(sorted(self.row.removable), design[1], strict=True))
        return tuple((n, gone.get(i, False)) for i, n in enumerate(design[0]))

    def _leave(self, choices: tuple[Choice, ...]) -> Floats:
        """When applicants leave the last of these stations, what stations in front share worked out once."""
        if not choices:
            return self._arrive
        if choices in self._leaving:
            self._leaving.move_to_end(choices)
            return self._leaving[choices]
        at = self._leave(choices[:-1])
        servers, gone = choices[-1]
        left = _station(at, self._work[len(choices) - 1][int(gone)], servers)
        if len(choices) < self.row.stations:
            self._leaving[choices] = left
            while len(self._leaving) > MOST_KEPT:
                self._leaving.popitem(last=False)
        return left


class _Walk:
    """Every design of at most a cost, station by station from the front.

    A beginning is given up when its applicants already take so long that with the bare work of the stations that remain
    the mean is missed: then every continuation misses it, whatever it is. A design is given up as soon as the
    replications gone through, with no wait in the others, miss a limit.
    """

    def __init__(self, truth: Truth, at_most: int) -> None:
        self.truth, self.at_most = truth, at_most
        self.row = truth.row
        self.best: tuple[int, Design] | None = None
        self.cheaper = self.simulated = 0
        self._least_cost = [sum(self.row.prices[i:]) for i in range(self.row.stations + 1)]
        self._least_work = [sum(min(sums) for sums in truth._work_sums[i:]) for i in range(self.row.stations + 1)]

    def from_station(self, station: int, choices: tuple[Choice, ...], cost: int) -> None:
        """All designs that begin with these choices."""
        for choice, price in self._options(station):
            total = cost + price
            if total + self._least_cost[station + 1] > self.at_most:
                continue
            if station == self.row.stations - 1:
                self._judge((*choices, choice), total)
            elif self._may_hold((*choices, choice), station):
                self.from_station(station + 1, (*choices, choice), total)
            else:
                self.cheaper += self._continuations(station + 1, total)

    def _options(self, station: int) -> Iterator[tuple[Choice, int]]:
        removal = self.row.removable.get(station)
        for gone, n in itertools.product((False, True) if removal else (False,), range(1, self.row.most + 1)):
            yield (n, gone), self.row.prices[station] * n + (removal[1] if removal and gone else 0)

    def _may_hold(self, choices: tuple[Choice, ...], station: int) -> bool:
        truth = self.truth
        so_far = float((truth._leave(choices) - truth._arrive)[:, WARM_UP:CASES].sum())
        return so_far + self._least_work[station + 1] <= self.row.mean_limit * truth.count * (1.0 + 1e-12)

    def _continuations(self, station: int, cost: int) -> int:
        """How many designs of at most the cost begin so."""
        if station == self.row.stations:
            return int(cost <= self.at_most)
        return sum(self._continuations(station + 1, cost + price) for _, price in self._options(station))

    def _judge(self, choices: tuple[Choice, ...], cost: int) -> None:
        self.cheaper += 1
        truth, (servers, gone) = self.truth, choices[-1]
        at = truth._leave(choices[:-1])
        work = truth._work[-1][int(gone)]
        self.simulated += 1
        allowed = truth.count - (-(-9 * truth.count // 10))
        if _hopeless(truth._arrive, at, work, servers, self.row.mean_limit, self.row.p90_limit, allowed):
            return
        parts = tuple(gone for i, (_, gone) in enumerate(choices) if i in self.row.removable)
        design = (tuple(n for n, _ in choices), parts)
        if truth.feasible(design) and (self.best is None or (cost, design) < self.best):
            self.best = (cost, design)


def _drawn(scenario: Scenario, replications: int, seed: int, stations: int) -> tuple[Floats, list[Floats]]:
    """When applicants apply, and their work at each station: float64[replications, ARRIVALS] each."""
    network = compile_network(scenario)
    horizon = 1.25 * ARRIVALS / 0.4
    arrive = np.empty((replications, ARRIVALS))
    work = [np.empty((replications, ARRIVALS)) for _ in range(stations)]
    for r in range(replications):
        workload = sample(network, seed, r, horizon)
        slots: Integers = workload.case_slot[:ARRIVALS]
        arrive[r] = workload.applied[:ARRIVALS]
        for i in range(stations):
            work[i][r] = workload.draws[workload.column_start[i, WORK] + slots]
    return arrive, work


@numba.njit(cache=True, nogil=True)
def _one_station(arrive: Any, work: Any, servers: int, order: Any, free: Any, leave: Any) -> None:
    """When the applicants of one replication leave a station; ``order`` is a start for sorting them by arrival."""
    for k in range(1, len(order)):
        i = order[k]
        at = arrive[i]
        j = k - 1
        while j >= 0 and (arrive[order[j]] > at or (arrive[order[j]] == at and order[j] > i)):
            order[j + 1] = order[j]
            j -= 1
        order[j + 1] = i
    free[:servers] = 0.0
    for i in order:
        first = 0
        for s in range(1, servers):
            if free[s] < free[first]:
                first = s
        start = max(arrive[i], free[first])
        free[first] = start + work[i]
        leave[i] = free[first]


@numba.njit(cache=True, nogil=True)
def _station(arrive: Any, work: Any, servers: int) -> Any:
    """When each applicant (columns) of each replication (rows) leaves a station with so many servers."""
    leave = np.empty_like(arrive)
    free = np.zeros(servers)
    for r in range(arrive.shape[0]):
        order = np.arange(arrive.shape[1])
        _one_station(arrive[r], work[r], servers, order, free, leave[r])
    return leave


@numba.njit(cache=True, nogil=True)
def _hopeless(
    applied: Any, arrive: Any, work: Any, servers: int, mean_limit: float, p90_limit: float, allowed: int
) -> bool:
    """Whether a limit is missed with this last station: told as soon as it is certain."""
    replications, count = arrive.shape[0], arrive.shape[0] * (CASES - WARM_UP)
    least = np.zeros(replications)
    for r in range(replications):
        for i in range(WARM_UP, CASES):
            least[r] += arrive[r, i] + work[r, i] - applied[r, i]
    remaining, spent, beyond = least.sum(), 0.0, 0
    free, leave, order = np.zeros(servers), np.empty(arrive.shape[1]), np.arange(arrive.shape[1])
    for r in range(replications):
        _one_station(arrive[r], work[r], servers, order, free, leave)
        remaining -= least[r]
        for i in range(WARM_UP, CASES):
            spent += leave[i] - applied[r, i]
            beyond += leave[i] - applied[r, i] > p90_limit
        if spent + remaining > mean_limit * count * (1.0 + 1e-9) or beyond > allowed:
            return True
    return False
