"""``frontier``: the cheapest plan of a study at each limit of a target, or of two; a value, kept as JSON.

Money is whole minor units inside; in JSON it is in ``unit``.
"""

from __future__ import annotations

import json
import math
import time as clock
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.arrays import Integers
from simgov.errors import InputError, StoreError
from simgov.errors import Problem as Fault
from simgov.experiment.store import scenario_hash
from simgov.kpi.statistics import Estimate
from simgov.kpi.table import UnknownKpi, find
from simgov.kpi.targets import Target
from simgov.optimize.chosen import Chosen
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.goals import Evaluation, Goal
from simgov.optimize.plain_data import minor, money, number, real, text, words
from simgov.optimize.problem import Problem, build
from simgov.optimize.search import Halt, Progress
from simgov.optimize.solver import Solver, solver_of
from simgov.optimize.space import Design
from simgov.optimize.taken import chosen_of
from simgov.optimize.tradeoff import Point, trade_off
from simgov.optimize.validation import undecided, until_decided
from simgov.optimize.wording import amount
from simgov.scenario.value import Scenario, Text
from simgov.units import Duration

if TYPE_CHECKING:
    from simgov.study import Study

FRONTIER = "frontier.json"


@dataclass(frozen=True)
class CurvePoint:
    """The cheapest plan at ``limits``, one for each KPI varied, in the KPIs' units.

    ``cost`` is None where there is none (``proved``) or none was found; nothing costs less than ``bound``. ``values``
    are the KPIs varied on fresh replications, at the curve's ``confidence``; ``kept`` says whether all targets are kept
    there too, None where that was not tried.
    """

    limits: tuple[float, ...]
    cost: int | None
    chosen: Chosen
    proved: bool
    bound: int | None
    simulations: int
    values: tuple[float, ...] = ()
    half_widths: tuple[float, ...] = ()
    kept: bool | None = None

    def to_json(self) -> dict[str, Any]:
        """Plain data."""
        return {
            "limits": list(self.limits),
            "cost": money(self.cost),
            **self.chosen.to_json(),
            "proved": self.proved,
            "bound": money(self.bound),
            "simulations": self.simulations,
            "values": [number(value) for value in self.values],
            "half_widths": [number(value) for value in self.half_widths],
            "kept": self.kept,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> CurvePoint:
        """What ``to_json`` wrote."""
        return cls(
            tuple(data["limits"]),
            minor(data["cost"]),
            Chosen.from_json(data),
            data["proved"],
            minor(data["bound"]),
            data["simulations"],
            tuple(real(value) for value in data["values"]),
            tuple(real(value) for value in data["half_widths"]),
            data["kept"],
        )


@dataclass(frozen=True)
class Curve:
    """A frontier: ``points`` from loose to tight. ``unit`` is the currency, ``units`` those of the KPIs varied.

    ``simulations`` were made in all; ``validations`` designs were simulated on fresh replications, each with intervals
    of ``confidence`` (Bonferroni over them). ``stopped``: the points so far, the last of them perhaps not proved.
    """

    scenario: str
    kpis: tuple[str, ...]
    senses: tuple[str, ...]
    units: tuple[str, ...]
    unit: str
    points: tuple[CurvePoint, ...]
    simulations: int
    validations: int
    confidence: float
    guard_band: float
    seed: int
    replications: int
    stopped: str
    plateaus: tuple[Text, ...]
    scenario_hash: str = ""

    def to_json(self) -> dict[str, Any]:
        """Plain data, as ``simgov frontier --json`` prints it."""
        return {
            "scenario": self.scenario,
            "kpis": list(self.kpis),
            "senses": list(self.senses),
            "units": list(self.units),
            "unit": self.unit,
            "points": [point.to_json() for point in self.points],
            "plateaus": [text(words) for words in self.plateaus],
            "simulations": self.simulations,
            "validations": self.validations,
            "confidence": self.confidence,
            "guard_band": self.guard_band,
            "seed": self.seed,
            "replications": self.replications,
            "stopped": self.stopped,
            "scenario_hash": self.scenario_hash,
        }

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> Curve:
        """What ``to_json`` wrote."""
        told = {
            "kpis": tuple(data["kpis"]),
            "senses": tuple(data["senses"]),
            "units": tuple(data["units"]),
            "points": tuple(CurvePoint.from_json(one) for one in data["points"]),
            "plateaus": tuple(words(one) for one in data["plateaus"]),
        }
        return cls(**{**data, **told})

    def save(self, folder: str | Path) -> Path:
        """Keep it in ``folder`` as frontier.json. Raises ``StoreError`` where that is not possible."""
        place = Path(folder)
        try:
            place.mkdir(parents=True, exist_ok=True)
            said = json.dumps(self.to_json(), ensure_ascii=False, indent=1, allow_nan=False)
            (place / FRONTIER).write_text(said + "\n", encoding="utf-8")
        except OSError as error:
            raise StoreError(f"the frontier cannot be kept in {place}: {error.strerror or error}") from None
        return place / FRONTIER


def is_frontier(path: str | Path) -> bool:
    """Whether a folder or file holds a frontier (and not a plan or a run)."""
    place = Path(path)
    return (place / FRONTIER).is_file() or place.name == FRONTIER


def load(path: str | Path) -> Curve:
    """The frontier kept in a folder (or in its frontier.json). Raises ``StoreError`` where none can be read."""
    place = Path(path)
    place = place / FRONTIER if place.is_dir() else place
    try:
        return Curve.from_json(json.loads(place.read_text(encoding="utf-8")))
    except OSError as error:
        raise StoreError(f"there is no frontier at {place}: {error.strerror or error}") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise StoreError(f"{place} is not a frontier of this version of simgov; find it again") from None


def frontier(
    study: Study,
    limits: Mapping[str, Sequence[float]],
    *,
    max_cost: int | None = None,
    simulations: int | None = None,
    time: Duration | float | None = None,
    seed: int | None = None,
    workers: int | None = None,
    replications: int | None = None,
    progress: Callable[[Progress], None] | None = None,
    done: Callable[[Point], None] | None = None,
    stop: Integers | None = None,
) -> Curve:
    """The cheapest plan of ``study`` at each of the ``limits`` of one KPI, or at all combinations for two.

    A target of the file on such a KPI is replaced, all others are kept. ``max_cost`` is in minor units. ``progress`` is
    told after each simulation, ``done`` after each point. ``simulations``, ``time`` and ``stop`` end it with the points
    so far. Raises ``InputError`` for a KPI that the scenario does not have or a study without decisions.
    """
    if study.decisions is None:
        fault = Fault((), "there is nothing to decide", "give the file an optimize: section", str(study.path), 1, 1)
        raise InputError((fault,))
    targets, places = _targets(study, limits)
    problem = build(study.baseline, study.reforms, targets, study.decisions, max_cost)
    seconds = time.amount * 60.0 if isinstance(time, Duration) else time
    stopper = Stopper(stop, None if seconds is None else clock.monotonic() + seconds)
    run = study.baseline.run
    simulator = Simulator(
        problem,
        run.replications if replications is None else replications,
        run.seed if seed is None else seed,
        stopper,
        workers,
        run.confidence,
    )
    solver = solver_of(problem, simulator, simulations=simulations, progress=progress)
    try:
        points = _traced(solver, places, list(limits.values()), problem.most_cost, done, stopper)
        fresh = _validated(simulator, _asked_of(solver, places, points))
    finally:
        simulator.close()
    shown = tuple(_shown(problem, solver, point, places, fresh) for point in points)
    return Curve(
        str(study.path),
        tuple(targets[place].kpi for place in places),
        tuple(targets[place].sense for place in places),
        tuple(targets[place].unit for place in places),
        study.baseline.currency,
        shown,
        solver.made,
        len(fresh),
        _confidence(run.confidence, len(fresh)),
        solver.band,
        simulator.seed,
        simulator.replications,
        stopper.reason or ("simulations" if solver.stopped else ""),
        plateau_words(study.baseline, targets[places[0]], shown) if len(places) == 1 else (),
        scenario_hash(problem.baseline),
    )


def _targets(study: Study, limits: Mapping[str, Sequence[float]]) -> tuple[list[Target], list[int]]:
    """The study's targets with one for each KPI varied, and where these stand."""
    targets, places = list(study.targets), []
    for name in limits:
        try:
            kpi = find(study.baseline, name)
        except UnknownKpi as error:
            raise InputError((Fault((), error.message, error.hint),)) from None
        sense = "at_least" if kpi.direction == "higher" else "at_most"
        target = Target(kpi.name, unit=kpi.unit, **{sense: next(iter(limits[name]))})
        there = [n for n, one in enumerate(targets) if (one.kpi, one.sense) == (target.kpi, target.sense)]
        if there:
            targets[there[0]] = target
        else:
            targets.append(target)
        places.append(there[0] if there else len(targets) - 1)
    return targets, places


def _traced(
    solver: Solver,
    places: Sequence[int],
    limits: Sequence[Sequence[float]],
    most_cost: int | None,
    done: Callable[[Point], None] | None,
    stopper: Stopper,
) -> list[Point]:
    """The points; when the user interrupts, those that are done."""
    points: list[Point] = []

    def keep(point: Point) -> None:
        points.append(point)
        if done is not None:
            done(point)

    try:
        trade_off(solver, places, limits, most_cost, keep)
    except KeyboardInterrupt:
        stopper.reason = "interrupted"
    return points


def _asked_of(solver: Solver, places: Sequence[int], points: Sequence[Point]) -> dict[Design, list[list[Goal]]]:
    """Each design of a frontier with the goals that it is to keep, once for each point where it is the cheapest."""
    asked: dict[Design, list[list[Goal]]] = {}
    for point in points:
        if point.incumbent is not None:
            asked.setdefault(point.incumbent.design, []).append(_goals_at(solver, places, point))
    return asked


def _goals_at(solver: Solver, places: Sequence[int], point: Point) -> list[Goal]:
    """The goals with the limits of a point."""
    goals = list(solver.goals)
    for place, limit in zip(places, point.limits, strict=True):
        goals[place] = goals[place].at(limit)
    return goals


def _validated(simulator: Simulator, asked: Mapping[Design, Sequence[Sequence[Goal]]]) -> dict[Design, list[Estimate]]:
    """The designs of a frontier on replications that the search has not seen, as far as there is time: on twice as
    many, and again, while a value is too near one of its limits to tell (as ``validation`` does it)."""
    confidence = _confidence(simulator.confidence, len(asked))
    fresh: dict[Design, list[Estimate]] = {}
    for design, points in asked.items():
        try:
            _, found = until_decided(partial(simulator.evaluate, design, 1, confidence), partial(_near, points))
        except (Halt, KeyboardInterrupt):
            break
        parts = zip(found.values, found.half_widths, found.lower_bounds, strict=True)
        fresh[design] = [Estimate(*one) for one in parts]
    return fresh


def _near(points: Sequence[Sequence[Goal]], found: Evaluation) -> bool:
    """Whether a design is too near a limit of some point to tell."""
    return any(undecided(goals, found) for goals in points)


def _confidence(each: float, designs: int) -> float:
    """Of each interval, so that all hold together with the confidence asked for."""
    return 1.0 - (1.0 - each) / max(1, designs)


def _shown(
    problem: Problem, solver: Solver, point: Point, places: Sequence[int], fresh: Mapping[Design, list[Estimate]]
) -> CurvePoint:
    found = point.incumbent
    if found is None:
        return CurvePoint(point.limits, None, Chosen(), point.proved, point.bound, point.made)
    design = found.design
    chosen = chosen_of(problem, design)
    plain = CurvePoint(point.limits, found.total, chosen, point.proved, point.bound, point.made)
    if design not in fresh:
        return plain
    goals = _goals_at(solver, places, point)
    absent = [math.isnan(value) for value in solver.memory[design].values]
    estimates = fresh[design]
    kept = all(
        gone or goal.keeps(e.value, e.lower_bound) for gone, goal, e in zip(absent, goals, estimates, strict=True)
    )
    own = [estimates[place] for place in places]
    return replace(plain, values=tuple(e.value for e in own), half_widths=tuple(e.half_width for e in own), kept=kept)


def plateau_words(scenario: Scenario, target: Target, points: Sequence[CurvePoint]) -> tuple[Text, ...]:
    """Where a frontier is flat: limits in a row at which the same plan is the cheapest, in sentences."""
    label = find(scenario, target.kpi).label
    sentences, first = [], 0
    for place in range(1, len(points) + 1):
        same = place < len(points) and _plan_of(points[place]) == _plan_of(points[first])
        if same:
            continue
        one, last = points[first], points[place - 1]
        if place - first > 1 and one.cost is not None and one.proved and last.proved:
            ends = sorted((one.limits[0], last.limits[0]))
            low, high = (amount(end, target.unit) for end in ends)
            tighter, looser = (low, high) if target.sense == "at_most" else (high, low)
            sentences.append(
                Text(
                    f"{label.en}: from {low.en} to {high.en} the cheapest plan is the same, so {tighter.en} costs no "
                    f"more than {looser.en}.",
                    f"{label.zh}的限值在 {low.zh}至 {high.zh}之间，最低成本方案相同：承诺 {tighter.zh}与承诺 "
                    f"{looser.zh}成本一样。",
                )
            )
        first = place
    return tuple(sentences)


def _plan_of(point: CurvePoint) -> tuple[Any, ...]:
    return point.cost, tuple(point.chosen.counts.items()), point.chosen.reforms
