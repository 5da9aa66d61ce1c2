"""Many questions with the simulations shared, each against enumeration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import cache

import numpy as np
import pytest

from simgov.optimize.goals import Evaluation, Goal, ValueTally
from simgov.optimize.problem import build
from simgov.optimize.solver import Solved
from simgov.optimize.space import Design
from tests.optimize.random_offices import random_office
from tests.optimize.tandem_oracle import Tandem, generated


def row(seed: int) -> Tandem:
    return generated(seed, stations=3, most=5, replications=6, removable=1)


@cache
def every(seed: int) -> dict[Design, tuple[float, ...]]:
    """What each design does, the cheapest first."""
    tandem = row(seed)
    space = tandem.space()
    return {design: tandem.values(design) for _, design in sorted((space.cost(d), d) for d in space.designs())}


def truth(
    tandem: Tandem,
    limits: Mapping[int, float] | None = None,
    leave_out: Sequence[int] = (),
    forced: Mapping[str, bool] | None = None,
    bounds: Mapping[str, tuple[int, int]] | None = None,
) -> tuple[int, Design] | None:
    """The cheapest design for a question, by simulating all."""
    space, asked = tandem.space(), []
    for place, (_, limit) in enumerate(tandem.targets):
        if place not in leave_out:
            asked.append((place, (limits or {}).get(place, limit)))
    names = [option.name for option in space.options]
    for design, values in every(tandem.seed).items():
        held = all(design.options[names.index(name)] == taken for name, taken in (forced or {}).items())
        within = all(a <= design.staff[space.pools.index(p)] <= b for p, (a, b) in (bounds or {}).items())
        if held and within and all(values[place] <= limit for place, limit in asked):
            return space.cost(design), design
    return None


def found(solved: Solved) -> tuple[int, Design] | None:
    assert solved.proved
    return None if solved.incumbent is None else (solved.incumbent.total, solved.incumbent.design)


@pytest.mark.parametrize("seed", range(4))
def test_questions_that_share_simulations_have_the_answers_of_enumeration(seed: int) -> None:
    tandem = row(seed)
    solver = tandem.solver()
    assert found(solver.solve()) == truth(tandem)
    mean = tandem.targets[0][1]
    questions: list[dict[str, object]] = [{"limits": {0: mean * factor}} for factor in (0.85, 0.95, 1.1, 1.4)]
    questions += [{"leave_out": (place,)} for place in (0, 1)]
    questions += [{"forced": {option.name: taken}} for option in solver.space.options for taken in (False, True)]
    questions += [{"bounds": {pool: (3, 4)}} for pool in solver.space.pools]
    for question in questions:
        assert found(solver.solve(**question)) == truth(tandem, **question), question  # type: ignore[arg-type]
    assert solver.made == len(solver.memory)


def test_sharing_saves_more_than_half_of_the_simulations() -> None:
    tandem = row(1)
    mean = tandem.targets[0][1]
    questions = [{0: mean * factor} for factor in (0.9, 0.95, 1.05, 1.1, 1.2)]
    solver = tandem.solver()
    for limits in questions:
        solver.solve(limits=limits)
    assert solver.made < sum(tandem.solver().solve(limits=limits).made for limits in questions) / 2


def test_the_same_question_again_takes_no_simulation() -> None:
    solver = row(3).solver()
    first, second = solver.solve(), solver.solve()
    assert found(first) == found(second)
    assert (first.made > 0, second.made) == (True, 0)


def test_a_budget_of_simulations_holds_for_all_questions_together() -> None:
    tandem = row(4)
    needed = tandem.solver().solve().made
    solver = tandem.solver(simulations=needed + 1)
    assert solver.solve().proved
    cut_short = solver.solve(limits={0: tandem.targets[0][1] * 0.8})
    assert (cut_short.proved, solver.stopped, solver.made) == (False, True, needed + 1)


def test_bounds_outside_the_space_are_refused() -> None:
    with pytest.raises(ValueError, match=r"9\.\.12"):
        row(1).solver().search(bounds={"station1": (9, 12)})


def test_a_simulation_is_judged_at_other_limits_and_with_fewer_goals() -> None:
    goals = (Goal("a", 5.0, True), Goal("b", 0.9, False), Goal("c", 1.0, True))
    tallies = tuple((ValueTally(goal, value),) for goal, value in zip(goals, (4.0, 0.8, np.nan), strict=True))
    evaluation = Evaluation((4.0, 0.8, np.nan), (0.1, 0.2, 0.3), (True, False, False), (False, False, True), tallies, 7)
    asked = (Goal("a", 3.0, True), Goal("c", 2.0, True))
    judged = evaluation.judged((0, 2), asked, goals)
    assert judged.kept == (False, True)
    assert judged.slack(0) == -np.inf  # a lower bound keeps no limit from above
    assert judged.slack(1) == 0.0  # what the design does not have asks nothing
    assert (judged.values[0], judged.half_widths, judged.extra_cost) == (4.0, (0.1, 0.3), 7)
    assert evaluation.judged((1,), (Goal("b", 0.8, False),), goals).kept == (True,)


def test_a_target_left_out_bounds_no_queue_any_more() -> None:
    """Without the target on its own waits, a pool upstream may touch the other target either way."""
    study = random_office(1)
    pools = [pool.id for pool in study.baseline.pools]
    extra = (
        "targets:\n" + "".join(f"  - {{kpi: {pool}.utilisation, at_most: 80 %}}\n" for pool in pools)
        + "  - {kpi: v0.time.mean, at_most: 200 min}\n  - {kpi: v1.time.mean, at_most: 200 min}\n"
        + "optimize:\n  staff: {" + ", ".join(f"{pool}: 1..4" for pool in pools) + "}\n"
    )  # fmt: skip
    study = random_office(1, extra)
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    last = len(problem.targets) - 1
    terms, services = problem.asking((last,))
    alone, together = terms[0][0][0], problem.terms[0][last][0]
    assert services[0][0] == problem.services_of_terms[0][last]
    assert all(a >= b for a, b in zip(alone.effects, together.effects, strict=True))
    assert problem.asking(range(len(problem.targets)))[0] == problem.terms
