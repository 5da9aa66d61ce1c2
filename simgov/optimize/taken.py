"""What a plan that was kept stands for in a study: its scenario, and the measures and posts that make it."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from simgov.errors import StoreError
from simgov.optimize.chosen import Chosen
from simgov.optimize.equipment import ROOM, SPEED, kind_and_pool
from simgov.optimize.problem import Problem, build
from simgov.optimize.space import Design
from simgov.reforms.stressing import Stressed, called, under

if TYPE_CHECKING:
    from simgov.optimize.plan import Plan
    from simgov.reforms.measure import Measure
    from simgov.scenario.value import Posts, Scenario
    from simgov.study import Study

PLAN_LABEL = "plan"
"""The label of the scenario that a plan stands for."""

PLAN_OF_RUN = "plan-of-run.json"
"""The plan beside a run that simulated it, so that the run's page can be made."""


def plan_scenario(study: Study, plan: Plan) -> Scenario | None:
    """The scenario that ``plan`` stands for, labelled ``plan``; None where the plan names no staff and no reforms.

    Raises ``StoreError`` where the study does not offer any more what the plan takes.
    """
    if not (plan.staff or plan.reforms or plan.room or plan.speed):
        _decided(study)
        return None
    problem, design = _taken(study, plan)
    return problem.scenario(design)


def plan_measures(study: Study, plan: Plan) -> tuple[Scenario, tuple[Measure, ...], dict[str, Posts]]:
    """The baseline of a plan, the measures that it takes, in their order, and the posts it then sets.

    Raises ``StoreError`` as ``plan_scenario`` does.
    """
    problem, design = _taken(study, plan)
    baseline = replace(problem.baseline, label=study.baseline.label)
    return baseline, problem.measures_of(design.options), problem.posts_of(design)


def _decided(study: Study) -> None:
    if study.decisions is None:
        raise StoreError(f"{study.path} has no optimize: section any more, so the plan cannot be shown")


def _taken(study: Study, plan: Plan) -> tuple[Problem, Design]:
    _decided(study)
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    try:
        design = design_of(problem, plan.chosen)
    except KeyError as error:
        raise StoreError(f"the plan says nothing of pool {error}, which {study.path} now varies") from None
    unknown = [name for name in plan.reforms if name not in {option.name for option in problem.space.options}]
    if unknown:
        raise StoreError(f"the plan takes {unknown[0]}, which {study.path} does not offer any more")
    return problem, design


def design_of(problem: Problem, chosen: Chosen) -> Design:
    """The design of a problem that has so much, without options that the problem does not have.

    Raises ``KeyError`` where nothing is chosen for a pool that the problem varies.
    """
    counts = {"": chosen.staff, ROOM: chosen.room, SPEED: chosen.speed}
    columns = [kind_and_pool(problem.space.pools[column]) for column in problem.space.plain]
    staff = [counts[kind][pool] for kind, pool in columns]
    for roster in problem.rosters:
        posts = chosen.rosters[roster.pool]
        staff += roster.laid_out([posts[pattern.id] for pattern in roster.patterns])
    return Design(tuple(staff), tuple(option.name in chosen.reforms for option in problem.space.options))


def chosen_of(problem: Problem, design: Design) -> Chosen:
    """What a design of a problem has so much of."""
    taken = tuple(o.name for o, there in zip(problem.space.options, design.options, strict=True) if there)
    equipment = problem.equipment(design)
    rosters = problem.on_patterns(design)
    return Chosen(problem.staff(design), taken, rosters, dict(equipment.room), dict(equipment.speed))


def labelled(study: Study, label: str, plan: Plan | None = None) -> Scenario:
    """The scenario of that label: ``baseline``, a reform or ``plan``, or one of these under a stress (``plan+outage``).

    Raises ``InputError`` or ``ReformError`` where the study has none, ``StoreError`` as ``plan_scenario`` does.
    """
    name, _, stress = label.partition("+")
    if plan is None or name != PLAN_LABEL:
        return study.scenario(label)
    if stress:
        return plan_under(study, plan, stress).scenario
    found = plan_scenario(study, plan)
    if found is None:
        raise StoreError("the plan takes nothing: no design met the targets")
    return found


def plan_under(study: Study, plan: Plan, stress: str) -> Stressed:
    """The scenario of a plan under a stress, labelled ``plan+STRESS``. Raises as ``Study.under`` does, and
    ``StoreError`` for a plan that decides room or speed."""
    if plan.room or plan.speed:
        raise StoreError("a plan that decides room or speed cannot be put under a stress")
    baseline, measures, posts = plan_measures(study, plan)
    return under(called(study.stresses, stress), baseline, measures, posts, PLAN_LABEL)
