"""The line of three stations that the engine is validated on: 20 units of speed and 20 places to share out.

The exact throughput of every design is known from its Markov chain, so what is found on a sample is held against it.
"""

from __future__ import annotations

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from benchmarks.optimiser.section import Say, Section
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.objective import Best, Question, best_of
from simgov.optimize.problem import Problem, build
from simgov.optimize.solver import Solver, solver_of
from simgov.study import Study, load
from tests.validation.closed_forms import three_station_throughput

TITLE = "Speed and room on a line of three stations"
SPEED, PLACES = 20, 20
SEEDS = (1, 2)
MINUTES, REPLICATIONS = 8_000, 4
MINUTES_A_DAY = 1440.0
BAND = 1e-4
"""In such a line every case keeps its work, so that more speed or room never makes any case leave later."""

LINE = """
simgov: 1
calendar: always
pools:
  first:  {{kind: department, count: 1}}
  second: {{kind: department, count: 1}}
  third:  {{kind: department, count: 1}}
services:
  part:
    arrivals: {{poisson: {{rate: {arrivals} /min}}}}
    backlog: [{{step: one, cases: 200}}]
    steps:
      one:   {{at: first, time: {{exponential: {{mean: 1 min}}}}}}
      two:   {{at: second, time: {{exponential: {{mean: 1 min}}}}, room: 1}}
      three: {{at: third, time: {{exponential: {{mean: 1 min}}}}, room: 1}}
run: {{period: {minutes} min, warm_up: 200 min, cap: 1 min, replications: {replications}, seed: {seed}}}
targets: [{{kpi: part.throughput, at_least: 1 /workday}}]
optimize:
  room:  {{second: 1..{most_room}, third: 1..{most_room}}}
  speed: {{first: 1..{most_speed}, second: 1..{most_speed}, third: 1..{most_speed}}}
  limits:
    - {{of: [speed.first, speed.second, speed.third], exactly: {speed}}}
    - {{of: [room.second, room.third], exactly: {room}}}
"""
"""More come to the first station than a third of all speed can do, so that it never lacks work where that matters."""


@dataclass(frozen=True)
class Shares:
    """How speed and places (with the one of who is served) are shared out among the stations."""

    speeds: tuple[int, int, int]
    places: tuple[int, int]

    @property
    def mirrored(self) -> Shares:
        """The line read backwards, which does as much."""
        return Shares((self.speeds[2], self.speeds[1], self.speeds[0]), (self.places[1], self.places[0]))

    def __str__(self) -> str:
        return f"speeds {self.speeds}, places {self.places}"


def study(folder: Path, speed: int, places: int, minutes: int, replications: int, seed: int = 1) -> Study:
    """The line as simgov reads it; ``room`` leaves out the two places of who is served."""
    text = LINE.format(
        arrivals=1.05 * speed / 3,
        minutes=minutes,
        replications=replications,
        seed=seed,
        speed=speed,
        most_speed=speed - 2,
        room=places - 2,
        most_room=places - 3,
    )
    path = folder / "line.yaml"
    path.write_text(text.lstrip(), encoding="utf-8")
    return load(path)


def problem_of(line: Study) -> Problem:
    """The search problem of a line."""
    assert line.decisions is not None
    return build(line.baseline, line.reforms, line.targets, line.decisions)


def best(line: Study) -> tuple[Best, Solver, Problem]:
    """The design of most throughput on the sample of the study's run."""
    problem = problem_of(line)
    run = line.baseline.run
    with closing(Simulator(problem, run.replications, run.seed, Stopper(), workers=1)) as simulator:
        solver = solver_of(problem, simulator, band=BAND)
        return best_of(solver, 0, Question()), solver, problem


def shares_of(staff: tuple[int, ...]) -> Shares:
    """What the columns of a design say: two rooms, three speeds."""
    second, third, *speeds = staff
    return Shares((speeds[0], speeds[1], speeds[2]), (second + 1, third + 1))


@cache
def exact(shares: Shares) -> float:
    """Cases a minute in the long run."""
    speeds = shares.speeds
    return three_station_throughput((float(speeds[0]), float(speeds[1]), float(speeds[2])), shares.places)


def contenders(speed: int, places: int, fewest: int) -> Iterator[Shares]:
    """The ways to share out that could be best, with ``fewest`` places or more at either station.

    No line does more than its slowest station, so those are left out whose slowest does less than an even line does.
    """
    even = speed // 3
    reached = exact(Shares((even, even, speed - 2 * even), (places // 2, places - places // 2)))
    for first, second in itertools.product(range(1, speed - 1), repeat=2):
        speeds = (first, second, speed - first - second)
        if min(speeds) >= reached:
            for before in range(fewest, places - fewest + 1):
                yield Shares(speeds, (before, places - before))


def measure(say: Say) -> Section:
    """Optimise the line on samples of several seeds; about five minutes."""
    ranked = sorted(contenders(SPEED, PLACES, 2), key=exact, reverse=True)
    most = exact(ranked[0])
    heads = (
        "seed", "simgov's plan", "exact throughput", "below the best", "on the sample", "nothing above", "proof",
        "designs", "simulations",
    )  # fmt: skip
    rows = []
    for seed in SEEDS:
        with tempfile.TemporaryDirectory() as folder:
            line = study(Path(folder), SPEED, PLACES, MINUTES, REPLICATIONS, seed)
        found, solver, problem = best(line)
        if found.incumbent is None:
            raise AssertionError(f"seed {seed}: no line has a throughput")
        shares = shares_of(found.incumbent.design.staff)
        own = exact(shares)
        bound = "–" if found.bound is None else f"{found.bound / MINUTES_A_DAY:.4f}"
        say(f"seed {seed}: {shares}, exactly {own:.4f} a minute, {solver.made} simulations")
        rows.append(
            (
                str(seed), str(shares), f"{own:.4f}", f"{100.0 * (1.0 - own / most):.3f} %",
                f"{found.value / MINUTES_A_DAY:.4f}", bound, "proved" if found.proved else "none",
                f"{problem.space.size:,}", str(solver.made),
            )
        )  # fmt: skip
    return Section(TITLE, heads, tuple(rows), _notes(ranked))


def _notes(ranked: list[Shares]) -> tuple[str, ...]:
    others = [shares for shares in ranked if shares not in (ranked[0], ranked[0].mirrored)]
    narrow = max(exact(shares) for shares in contenders(SPEED, PLACES, 1) if min(shares.places) == 1)
    return (
        f"Cases a minute; exact ones by the Markov chain of the line. The best is {ranked[0]} or its mirror image, "
        f"{exact(ranked[0]):.4f} (published: 5.776); the next is {others[0]}, {exact(others[0]):.4f}.",
        f"{REPLICATIONS} replications of {MINUTES:,} minutes. Guard band {100.0 * BAND:g} %: every case keeps its "
        "work, so more speed or room never makes any case leave later. The proof is for the sample.",
        f"Places are those of a station with the one of who is served. A room of none cannot be written, so lines with "
        f"a single place are left out; the best of them has {narrow:.4f}.",
    )
