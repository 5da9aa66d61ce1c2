"""Random offices small enough to enumerate: are proved plans truly cheapest, and what must the guard band cover?

Every design of an office is simulated on the sample of the search. A cut at a design that misses a target is wrong
where a design with no more of what the target depends on keeps all targets; the largest miss over such pairs is the
band that was *needed*. The *worst pair* is the largest relative rise of any figure with more of everything, however far
from its limit. The rules of the search were settled on other seeds. (In one set of those, all plans had been right, and
in one office of thirty the band would have had to be 9.3 %, by a cause that the search has held possible since.)
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.optimiser.random_networks import Office, random_network
from benchmarks.optimiser.section import Say, Section
from simgov.arrays import Booleans, Floats, Integers
from simgov.optimize import Plan, optimize
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.goals import Evaluation, Goal, Term
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design

TITLE = "Networks with returns, priorities, shared steps, forks, choices and patience"
SEEDS = range(300, 330)
"""Offices not seen while the search was written."""

HEADS = (
    *("office", "designs", "keep targets", "simulations", "challenges", "overturned"),
    *("proof", "cheapest", "band", "needed", "worst pair"),
)


@dataclass(frozen=True)
class Found:
    """One office: the plan, whether nothing cheaper keeps the targets, and the violations over all designs."""

    office: Office
    designs: int
    feasible: int
    plan: Plan
    cheapest: bool
    needed: float
    worst: float

    def row(self) -> tuple[str, ...]:
        """As a line of the table."""
        plan = self.plan
        return (
            *(str(self.office.seed), str(self.designs), str(self.feasible), str(plan.simulations)),
            *(str(plan.challenges), str(plan.overturned), plan.proof, "yes" if self.cheapest else "NO"),
            *(_percent(plan.guard_band), _percent(self.needed), _percent(self.worst)),
        )


def measure(say: Say) -> Section:
    """The offices one after the other."""
    found = [_found(seed, say) for seed in SEEDS]
    notes = [
        "Offices of three pools and two or three services, 40 replications; targets on one service or two, means and "
        "90 % points. Cheapest: among all designs, those given up in validation apart. Needed: the most that a design "
        "misses a target by while one with no more of what it depends on keeps all; worst pair: the largest relative "
        "rise with more of everything.",
        _summary(found),
    ]
    return Section(TITLE, HEADS, tuple(one.row() for one in found), tuple(notes))


def _summary(found: list[Found]) -> str:
    proved = [one for one in found if one.plan.proof != "none"]
    right = sum(one.cheapest for one in proved)
    beyond = sum(one.needed > one.plan.guard_band for one in found)
    simulations = sorted(one.plan.simulations for one in found)
    challenges = sum(one.plan.challenges for one in found)
    return (
        f"{len(proved)} of {len(found)} proved, {right} of these truly cheapest; largest band needed "
        f"{_percent(max(one.needed for one in found))}, more than the plan's own band in {beyond}; "
        f"worst pair {_percent(max(one.worst for one in found))}; simulations "
        f"{simulations[len(simulations) // 2]} in the median, {simulations[-1]} at most; {challenges} challenges, "
        f"{sum(one.plan.overturned for one in found)} overturned a proof."
    )


def _found(seed: int, say: Say) -> Found:
    office = random_network(seed)
    study = office.study
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    plan = optimize(study, workers=1)
    table = enumerated(office, problem)
    given_up = {(tuple(one.chosen.staff.values()), one.chosen.reforms) for one in plan.rejected}
    costs = [
        problem.space.cost(design) + evaluation.extra_cost
        for design, evaluation in table.items()
        if evaluation.feasible and (design.staff, _taken(problem, design)) not in given_up
    ]
    found = Found(
        office,
        len(table),
        sum(evaluation.feasible for evaluation in table.values()),
        plan,
        plan.cost == min(costs, default=None),
        largest(problem, table, _needed),
        largest(problem, table, _rise),
    )
    say(" ".join(found.row()))
    return found


def enumerated(office: Office, problem: Problem) -> dict[Design, Evaluation]:
    """Every design on the sample of the search."""
    run = office.study.baseline.run
    simulator = Simulator(problem, run.replications, run.seed, Stopper(), workers=1)
    table = {design: simulator(design) for design in problem.space.designs()}
    simulator.close()
    return table


def _taken(problem: Problem, design: Design) -> tuple[str, ...]:
    return tuple(o.name for o, taken in zip(problem.space.options, design.options, strict=True) if taken)


# Violations -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, eq=False)
class Column:
    """One goal over all designs of a setting: ``values``, whether it is ``kept`` there, only known from below
    (``bounds``), and whether the design keeps every target (``feasible``)."""

    goal: Goal
    values: Floats
    kept: Booleans
    bounds: Booleans
    feasible: Booleans


Violation = Callable[[Column, int, Booleans], float]
"""Of a goal, at a design (its row), with those that have no more of what the goal depends on."""


def largest(problem: Problem, table: Mapping[Design, Evaluation], violation: Violation) -> float:
    """The largest violation over all designs and goals."""
    worst, space = 0.0, problem.space
    for setting in range(len(space.settings)):
        designs = [design for design in table if space.setting_of(design) == setting]
        vectors = np.array([space.vector(design) for design in designs])
        evaluations = [table[design] for design in designs]
        for place, goal in enumerate(problem.goals):
            column = Column(
                goal,
                np.array([one.values[place] for one in evaluations]),
                np.array([one.kept[place] for one in evaluations]),
                np.array([one.lower_bounds[place] for one in evaluations]),
                np.array([one.feasible for one in evaluations]),
            )
            (term,) = problem.terms[setting][place]
            worst = max(worst, *(violation(column, row, _less(term, vectors, row)) for row in range(len(designs))))
    return worst


def _less(term: Term, vectors: Integers, row: int) -> Booleans:
    return term.covers(vectors[row], vectors, 1)


def _needed(column: Column, row: int, less: Booleans) -> float:
    """What the band must cover: how far the design misses the goal, where one with less keeps all targets."""
    if column.kept[row] or not (less & column.feasible).any():
        return 0.0
    return math.inf if column.bounds[row] else column.goal.excess(float(column.values[row]))


def _rise(column: Column, row: int, less: Booleans) -> float:
    """How much larger the figure is than with less, relative to the limit or to the figure where that is larger."""
    others = less & ~column.bounds
    if column.bounds[row] or not others.any():
        return 0.0
    rises = (column.values[row] - column.values[others]) / np.maximum(column.goal.scale, np.abs(column.values[others]))
    return float(rises.max())


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
