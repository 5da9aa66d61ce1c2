"""The certificate of a roadmap: what is decided with its prices, every state simulated, and every cut drawn from them,
so that the proof can be checked without the search."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from simgov.experiment.store import scenario_hash
from simgov.optimize.roadmap.knowledge import Knowledge, StateCut, YearCut
from simgov.optimize.roadmap.master import History
from simgov.optimize.roadmap.programme import Programme, Schedule, State
from simgov.optimize.roadmap.subjects import Subjects


def certificate(
    knowledge: Knowledge, history: History | None, plan: Schedule | None, cost: int | None
) -> dict[str, Any]:
    """Plain data."""
    places = {state: place for place, state in enumerate(knowledge.states)}
    return {
        **decided(knowledge.programme),
        "history": None if history is None else _history(history),
        "guard_band": knowledge.band,
        "worst_violation": knowledge.worst_violation,
        "simulated": [
            {
                **_state(state),
                "values": [_number(estimate.value) for estimate in estimates],
                "lower_bounds": [estimate.lower_bound for estimate in estimates],
            }
            for state, estimates in knowledge.states.items()
        ],
        "cuts": [
            _state_cut(knowledge.subjects, cut, places[cut.state])
            if isinstance(cut, StateCut)
            else _year_cut(knowledge.subjects, cut)
            for cut in knowledge.cuts
        ],
        "impossible": [_state(state) for state in knowledge.impossible],
        "undatable": [_schedule(schedule) for schedule in knowledge.undatable],
        "plan": None if plan is None else _schedule(plan),
        "cost": cost,
    }


def decided(programme: Programme) -> dict[str, Any]:
    """What a programme decides, its rules and its prices; the same for the same scenario file."""
    roadmap = programme.roadmap
    quarters = range(programme.quarters)
    return {
        "scenario_hash": scenario_hash(programme.baseline),
        "quarters": programme.quarters,
        "years": list(roadmap.years),
        "year_of": [programme.year_of(q) for q in quarters],
        "era_of": [programme.era_of(q) for q in quarters],
        "measures": [
            {"name": option.name, "helps": option.monotone, **vars(window)}
            for option, window in zip(programme.options, programme.windows, strict=True)
        ],
        "pools": [
            {"name": name, "low": low, "high": high, "today": programme.baseline.pool(name).count}
            for name, (low, high) in roadmap.staff.items()
        ],
        "post_costs": [[list(prices) for prices in year] for year in programme.post_costs],
        "fixed": list(programme.fixed),
        "expenses": [
            {"options": list(e.options), "once": e.once, "running": list(e.running)} for e in programme.expenses
        ],
        "rules": [[[place, wanted] for place, wanted in rule] for rule in programme.rules],
        "goals": [
            {"kpi": g.kpi, "limit": g.limit, "at_most": g.at_most, "first": c.first, "last": c.last}
            for g, c in zip(programme.goals, programme.conditions, strict=True)
        ],
        "budgets": {str(year): amount for year, amount in roadmap.budgets.items()},
        "covers": roadmap.covers,
        "at_once": roadmap.at_once,
        "most_change": roadmap.most_change,
    }


def _state(state: State) -> dict[str, Any]:
    options = [int(taken) for taken in state.design.options]
    return {"staff": list(state.design.staff), "options": options, "era": state.era}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {"begins": list(schedule.begins), "staff": [list(year) for year in schedule.staff]}


def _history(history: History) -> dict[str, Any]:
    return {"today": history.today, "begins": list(history.begins), "staff": [list(year) for year in history.staff]}


def touching(subjects: Subjects, goal: int, state: State) -> dict[str, Any]:
    """What touches a goal in the combination of measures of a state: effects of each pool and each measure.

    0 is nothing, 1 helps, 2 either way.
    """
    return _touching(subjects, goal, subjects.term(goal, subjects.branch(state.design.options)).effects)


def touching_until(subjects: Subjects, goal: int, schedule: Schedule, last: int) -> dict[str, Any]:
    """The same for all that a schedule does in the quarters up to ``last``.

    What touches the goal in no state of these may have done so between them, so anything else of it is held against it.
    """
    own = _touching(subjects, goal, subjects.effects_until(goal, schedule, last))
    pools, options = subjects.divisions[goal]
    return {
        "pools": [(effect or 2) if p in pools else 0 for p, effect in enumerate(own["pools"])],
        "options": [(effect or 2) if m in options else 0 for m, effect in enumerate(own["options"])],
    }


def _touching(subjects: Subjects, goal: int, effects: Sequence[int]) -> dict[str, Any]:
    pools = len(subjects.programme.pools)
    helping = dict(zip(subjects.monotone, effects[pools:], strict=True))
    branching = subjects.divisions[goal][1]
    options = [
        helping[place] if place in helping else 2 * int(place in branching)
        for place in range(len(subjects.programme.options))
    ]
    return {"pools": list(effects[:pools]), "options": options}


def _state_cut(subjects: Subjects, cut: StateCut, simulated: int) -> dict[str, Any]:
    direction = subjects.programme.goals[cut.goal].direction if cut.box else 0
    return {
        "kind": "state",
        "goal": cut.goal,
        "simulated": simulated,
        "excess": _number(cut.excess),
        "direction": direction,
        "effects": touching(subjects, cut.goal, cut.state),
    }


def _year_cut(subjects: Subjects, cut: YearCut) -> dict[str, Any]:
    direction = subjects.programme.goals[cut.goal].direction if cut.box else 0
    return {
        "kind": "year",
        "goal": cut.goal,
        "year": cut.year,
        "last": cut.last,
        **_schedule(cut.schedule),
        "excess": _number(cut.excess),
        "direction": direction,
        "effects": touching_until(subjects, cut.goal, cut.schedule, cut.last),
    }


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
