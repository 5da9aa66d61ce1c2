"""An independent simulator of FIFO stations in a row, to hold the optimiser against: nothing of simgov's engines in it.

Each station takes applicants in the order in which they arrive there; applicant i begins when the first server is free
(Kiefer and Wolfowitz). Work belongs to the applicant, so designs share their random numbers.
"""

from __future__ import annotations

from dataclasses import dataclass, field

import numba
import numpy as np

from simgov.calendars import ALWAYS
from simgov.distributions import Lognormal
from simgov.optimize.approximation import ScenarioApproximation
from simgov.optimize.goals import Evaluation, Goal, Term, ValueTally
from simgov.optimize.search import Search
from simgov.optimize.solver import Asked, Solver
from simgov.optimize.space import Charge, Design, Option, Setting, Space
from simgov.scenario.value import Part, PoissonArrivals, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money, Rate


@numba.njit(cache=True)
def _station(arrive, work, servers, factor):  # type: ignore[no-untyped-def]
    """When each applicant (columns) of each replication (rows) leaves a station with so many servers."""
    replications = arrive.shape[0]
    leave = np.empty_like(arrive)
    for r in range(replications):
        free = np.zeros(servers)
        for i in np.argsort(arrive[r], kind="mergesort"):
            first = 0
            for s in range(1, servers):
                if free[s] < free[first]:
                    first = s
            start = max(arrive[r, i], free[first])
            free[first] = start + factor * work[r, i]
            leave[r, i] = free[first]
    return leave


@dataclass
class Tandem:
    """Stations in a row: mean and cv of work, cost of a server, removable shares of work {station: (share, cost)}."""

    rate: float
    means: tuple[float, ...]
    cvs: tuple[float, ...]
    prices: tuple[int, ...]
    removable: dict[int, tuple[float, int]]
    targets: tuple[tuple[str, float], ...]
    most: int = 12
    replications: int = 100
    customers: int = 600
    warm_up: int = 100
    seed: int = 1
    asked: int = field(default=0, init=False)

    def __post_init__(self) -> None:
        random = np.random.default_rng(self.seed)
        shape = (self.replications, self.customers)
        self._arrive = np.cumsum(random.exponential(1.0 / self.rate, shape), axis=1)
        self._work = [
            Lognormal(mean, cv).quantile(random.random(shape).ravel()).reshape(shape)
            for mean, cv in zip(self.means, self.cvs, strict=True)
        ]
        self._known: dict[tuple[tuple[int, float], ...], np.ndarray] = {}

    @property
    def stations(self) -> int:
        return len(self.means)

    def space(self) -> Space:
        """All designs: 1 to ``most`` servers at each station, each removable part kept or not."""
        names = tuple(f"station{i + 1}" for i in range(self.stations))
        options = tuple(Option(f"case.step{i + 1}.part", "remove", True) for i in sorted(self.removable))
        prices = tuple(tuple(price * n for n in range(1, self.most + 1)) for price in self.prices)
        ones, most = (1,) * self.stations, (self.most,) * self.stations
        setting = Setting((False,) * len(options), ones, most, 0, prices)
        charges = tuple(Charge(self.removable[i][1], (k,)) for k, i in enumerate(sorted(self.removable)))
        return Space(names, options, (setting,), charges)

    def goals(self) -> tuple[Goal, ...]:
        return tuple(Goal(f"case.time.{statistic}", limit, True, "min") for statistic, limit in self.targets)

    def leaving(self, design: Design) -> np.ndarray:
        """When applicants leave the last station; what stations in front share is worked out once."""
        factors = dict.fromkeys(range(self.stations), 1.0)
        for place, taken in zip(sorted(self.removable), design.options, strict=True):
            factors[place] = 1.0 - self.removable[place][0] if taken else 1.0
        at, key = self._arrive, ()
        for i, servers in enumerate(design.staff):
            key = (*key, (servers, factors[i]))
            if i == self.stations - 1:
                return _station(at, self._work[i], servers, factors[i])
            if key not in self._known:
                self._known[key] = _station(at, self._work[i], servers, factors[i])
            at = self._known[key]
        return at

    def values(self, design: Design) -> tuple[float, ...]:
        times = np.sort((self.leaving(design) - self._arrive)[:, self.warm_up :].ravel())
        of = {"mean": float(times.mean()), "p90": float(times[-(-9 * len(times) // 10) - 1])}
        return tuple(of[statistic] for statistic, _ in self.targets)

    def evaluate(self, design: Design) -> Evaluation:
        self.asked += 1
        values = self.values(design)
        tallies = tuple((ValueTally(goal, value),) for goal, value in zip(self.goals(), values, strict=True))
        nothing = (0.0,) * len(values)
        kept = tuple(value <= goal.limit for goal, value in zip(self.goals(), values, strict=True))
        return Evaluation(values, nothing, (False,) * len(values), kept, tallies)

    def scenario(self, design: Design) -> Scenario:
        """The same as a scenario, for the queueing approximation."""
        steps, pools = [], []
        for i, (mean, cv) in enumerate(zip(self.means, self.cvs, strict=True)):
            name = Text(f"station{i + 1}", f"station{i + 1}")
            parts: tuple[Part, ...] = ()
            if i in self.removable:
                share = self.removable[i][0]
                kept = not design.options[sorted(self.removable).index(i)]
                parts = (Part("part", name, share=share, kept=kept), Part("rest", name, share=1.0 - share))
            steps.append(
                Step(
                    f"step{i + 1}", name, f"step{i + 1}", at=f"station{i + 1}", time=Lognormal(mean, cv),
                    after=(f"step{i}",) if i else (), parts=parts, decision=i == self.stations - 1,
                )
            )  # fmt: skip
            pools.append(
                Pool(
                    f"station{i + 1}", name, "window", (Shift(1, ALWAYS.week),), Money(100, "CNY", "year"), always=True
                )
            )
        arrivals = PoissonArrivals(Rate(self.rate), always=True)
        service = Service("case", Text("case", "case"), tuple(steps), arrivals)
        run = RunSettings(cases=self.customers, warm_up_cases=self.warm_up, warm_up=Duration(0.0))
        return Scenario(Text("tandem", "tandem"), ALWAYS, tuple(pools), (service,), run)

    def solver(self, **options: object) -> Solver:
        """Many questions about this row of stations."""
        space = self.space()
        everything = (True,) * space.dimensions

        def ask(places: tuple[int, ...], goals: tuple[Goal, ...], whole: tuple[int, ...]) -> Asked:
            terms = [[[Term(everything, 0)] for _ in goals]]
            return Asked(places, goals, terms, ScenarioApproximation(space, goals, terms, self.scenario))

        return Solver(space, self.goals(), self.evaluate, ask, **options)  # type: ignore[arg-type]

    def search(self, **options: object) -> Search:
        space, goals = self.space(), self.goals()
        everything = (True,) * space.dimensions
        terms = [[[Term(everything, 0)] for _ in goals]]
        approximation = ScenarioApproximation(space, goals, terms, self.scenario)
        return Search(space, goals, terms, self.evaluate, approximation, **options)  # type: ignore[arg-type]


def instance_0(replications: int = 1500, seed: int = 1) -> Tandem:
    """The four stations whose cheapest design costs 863."""
    return Tandem(
        0.4, (8.0, 12.0, 6.0, 15.0), (0.8, 1.0, 0.6, 1.2), (30, 42, 25, 60), {1: (0.25, 48), 3: (0.27, 55)},
        (("mean", 52.0), ("p90", 92.0)), replications=replications, seed=seed,
    )  # fmt: skip


def generated(seed: int, stations: int = 4, most: int = 12, replications: int = 200, removable: int = 2) -> Tandem:
    """A random row of stations: loads 2 to 7, cv 0.5 to 1.5, removable parts, targets 10 to 35 % above the work."""
    random = np.random.default_rng([seed, stations])
    means = tuple(float(m) for m in random.uniform(5.0, min(18.0, 0.62 * most / 0.4), stations))
    cvs = tuple(float(c) for c in random.uniform(0.5, 1.5, stations))
    prices = tuple(int(p) for p in random.integers(20, 71, stations))
    places = random.permutation(stations)[:removable]
    parts = {int(i): (float(random.uniform(0.15, 0.35)), int(random.integers(30, 71))) for i in places}
    limit = sum(means) * float(random.uniform(1.1, 1.35))
    targets = (("mean", limit), ("p90", limit * float(random.uniform(1.6, 1.9))))
    return Tandem(0.4, means, cvs, prices, parts, targets, most, replications, seed=seed)
