"""Random offices small enough to enumerate: are proved plans truly cheapest, and what must the guard band cover?

Every design of an office is simulated on the sample of the search. A cut at a design that misses a target is wrong
where a design with no more of what the target depends on keeps all targets; the largest miss over such pairs is the
band that was *needed*. The same table says so at any other limits, and answers the search there in the place of
simulations (``benchmarks/optimiser/asked.py``). The rules of the search were settled on other seeds: in thirty of
those the band would have had to be up to 12 %, by causes that the search has held possible since.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

import numpy as np

from benchmarks.optimiser.asked import Answer, answer, just_kept, needed, needed_at
from benchmarks.optimiser.random_networks import Office, random_network
from benchmarks.optimiser.section import Say, Section
from simgov.optimize import Plan, optimize
from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.goals import Evaluation
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design

TITLE = "Networks with returns, priorities, shared steps, forks, choices and patience"
SEEDS = range(400, 430)
"""Offices not seen while the search was written."""

WORST, OTHERS = 3, 3
"""So many limits are asked about in each office: those that need the widest band, and any others."""

HEADS = (
    *("office", "designs", "keep targets", "simulations", "challenges", "overturned"),
    *("proof", "cheapest", "band", "needed", "at any limits", "asked there", "cheapest there"),
)


@dataclass(frozen=True)
class Found:
    """One office: the plan and whether nothing cheaper keeps the targets, and the band ``needed`` at its own limits.

    Of all ``limits`` one needs most (``needed_anywhere``), and so many are ``beyond`` the band that the search begins
    with; at some it gives ``answers``.
    """

    office: Office
    designs: int
    feasible: int
    plan: Plan
    cheapest: bool
    needed: float
    limits: int
    needed_anywhere: float
    beyond: int
    answers: tuple[Answer, ...]

    def row(self) -> tuple[str, ...]:
        """As a line of the table."""
        plan = self.plan
        return (
            *(str(self.office.seed), str(self.designs), str(self.feasible), str(plan.simulations)),
            *(str(plan.challenges), str(plan.overturned), plan.proof, "yes" if self.cheapest else "NO"),
            *(_percent(plan.guard_band), _percent(self.needed), _percent(self.needed_anywhere)),
            *(str(len(self.answers)), str(sum(one.cheapest for one in self.answers))),
        )


def measure(say: Say) -> Iterator[Section]:
    """The offices one after the other; what is known after each."""
    found: list[Found] = []
    for seed in SEEDS:
        found.append(_found(seed, say))
        yield _section(found)


def _section(found: list[Found]) -> Section:
    done = f"{len(found)} of the {len(SEEDS)} offices were run. " if len(found) < len(SEEDS) else ""
    notes = [
        "Offices of three pools and two or three services, 40 replications; targets on one service or two, means and "
        "90 % points. Cheapest: among all designs, those given up in validation apart. Needed: the most that a design "
        "misses a target by while one with no more of what it depends on keeps all. At any limits: the same at the "
        "limits which any design just keeps, up to twice the best. Asked there: at the three limits which need most, "
        "and at three others, the search was given the enumerated figures in the place of simulations.",
        done + _summary(found),
        _summary_of_answers(found),
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
        f"{_percent(max(one.needed for one in found))}, more than the plan's own band in {beyond}; simulations "
        f"{simulations[len(simulations) // 2]} in the median, {simulations[-1]} at most; {challenges} challenges, "
        f"{sum(one.plan.overturned for one in found)} overturned a proof."
    )


def _summary_of_answers(found: list[Found]) -> str:
    answers = [answer for one in found for answer in one.answers]
    limits, beyond = sum(one.limits for one in found), sum(one.beyond for one in found)
    return (
        f"Of {limits} sets of limits {beyond} need a wider band than the search begins with there, the widest "
        f"{_percent(max(one.needed_anywhere for one in found))}; of {len(answers)} plans proved there "
        f"{sum(one.cheapest for one in answers)} are truly cheapest."
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
    bands = {design: needed(problem, table, design) for design in just_kept(problem, table)}
    asked = _asked(seed, bands)
    found = Found(
        office,
        len(table),
        sum(evaluation.feasible for evaluation in table.values()),
        plan,
        plan.cost == min(costs, default=None),
        needed_at(problem, table),
        len(bands),
        max(bands.values(), default=0.0),
        sum(band > problem.guard_band for band in bands.values()),
        tuple(answer(problem, table, design) for design in asked),
    )
    say(" ".join(found.row()))
    return found


def _asked(seed: int, bands: Mapping[Design, float]) -> list[Design]:
    """The designs at whose limits a search is asked: those that need most, and some of the others."""
    by_need = sorted(bands, key=lambda design: (-bands[design], design))
    others = by_need[WORST:]
    drawn = np.random.default_rng([seed, 0xA5]).permutation(len(others))[:OTHERS]
    return by_need[:WORST] + [others[place] for place in drawn]


def enumerated(office: Office, problem: Problem) -> dict[Design, Evaluation]:
    """Every design on the sample of the search."""
    run = office.study.baseline.run
    simulator = Simulator(problem, run.replications, run.seed, Stopper(), workers=1)
    table = {design: simulator(design) for design in problem.space.designs()}
    simulator.close()
    return table


def _taken(problem: Problem, design: Design) -> tuple[str, ...]:
    return tuple(o.name for o, taken in zip(problem.space.options, design.options, strict=True) if taken)


def _percent(share: float) -> str:
    return f"{100 * share:.2f} %"
