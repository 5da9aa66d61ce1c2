"""The certificate: everything needed to check a plan again without the search.

It holds the space with its prices, every design simulated with what its sample said, and the cuts drawn from them.
``uncovered`` lists the designs cheaper than the plan that no cut excludes, by going through all of them: slow, short,
and independent of the search and of the solver.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from simgov.arrays import Booleans, Integers
from simgov.optimize.goals import Goal, Term
from simgov.optimize.ledger import Ledger
from simgov.optimize.space import Design, Space

FORMAT = 1


def certificate(
    space: Space,
    goals: tuple[Goal, ...],
    terms: tuple[tuple[tuple[Term, ...], ...], ...],
    ledger: Ledger,
    plan: Design | None,
    about: Mapping[str, Any],
) -> dict[str, Any]:
    """The evidence of a search as plain data; ``about`` says which scenario, seed and replications it is for."""
    numbers = {design: place for place, design in enumerate(ledger.evaluations)}
    return {
        "format": FORMAT,
        **about,
        "pools": list(space.pools),
        "options": [{"name": o.name, "kind": o.kind, "monotone": o.monotone} for o in space.options],
        "settings": [
            {
                "taken": list(s.taken),
                "low": list(s.low),
                "high": list(s.high),
                "base_cost": s.base_cost,
                "post_costs": [list(prices) for prices in s.post_costs],
            }
            for s in space.settings
        ],
        "clauses": [[[place, int(taken)] for place, taken in clause] for clause in space.clauses],
        "limits": limits_of(space),
        "rosters": rosters_of(space),
        "charges": [{"amount": c.amount, "options": list(c.options)} for c in space.charges],
        "goals": [
            {"kpi": g.kpi, "limit": g.limit, "at_most": g.at_most, "unit": g.unit, "direction": g.direction}
            | ({"demand": g.demand} if g.demand else {})
            for g in goals
        ],
        "together": {"groups": [list(own) for own in ledger.together.groups], "least": ledger.together.least},
        "terms": [
            [[{"effects": [int(e) for e in t.effects], "key": t.key} for t in goal] for goal in setting]
            for setting in terms
        ],
        "enumerates": ledger.enumerates,
        "guard_band": ledger.band,
        "worst_violation": ledger.worst_violation,
        "most_cost": ledger.most_cost,
        "simulated": [
            {
                "staff": list(design.staff),
                "options": [int(taken) for taken in design.options],
                "values": [_number(value) for value in evaluation.values],
                "kept": list(evaluation.kept),
                "slacks": [
                    [[_number(tally.slack(0.0)), _number(tally.slack(ledger.band))] for tally in tallies]
                    for tallies in evaluation.tallies
                ],
                "extra_cost": evaluation.extra_cost,
            }
            for design, evaluation in ledger.evaluations.items()
        ],
        "cuts": [
            {
                "kind": cut.kind,
                "simulated": numbers[cut.design],
                "goal": cut.goal,
                "excess": _number(cut.excess),
                "direction": cut.direction,
            }
            for cut in ledger.cuts
        ],
        "impossible": [[int(taken) for taken in design.options] for design in ledger.impossible],
        "plan": None if plan is None else {"staff": list(plan.staff), "options": [int(t) for t in plan.options]},
    }


def uncovered(evidence: Mapping[str, Any], most: int = 5_000_000) -> list[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Designs that cost less than the plan (or as much, and come before it) and are excluded by nothing.

    Each as (cost, staff, options). Raises ``ValueError`` where there are more than ``most`` designs to go through.
    """
    left = []
    for setting, own in enumerate(evidence["settings"]):
        vectors = _designs(evidence, own, most)
        costs = _costs(evidence, own, vectors) + _least_overtime(evidence, setting, vectors)
        candidates = _before_plan(evidence, own, vectors, costs)
        missed = np.zeros((len(evidence["together"]["groups"]), len(vectors)), np.bool_)
        for cut in evidence["cuts"]:
            excluded = _excluded(evidence, cut, setting, vectors)
            if _about_a_goal(evidence, cut):
                missed[_group(evidence, cut["goal"])] |= excluded
            else:
                candidates &= ~excluded
        for clause in evidence.get("clauses", ()):
            taken = _options(evidence, own, vectors)
            candidates &= np.any([taken[:, place] == wanted for place, wanted in clause], axis=0)
        for options in evidence["impossible"]:
            candidates &= ~(_options(evidence, own, vectors) == np.array(options)).all(axis=1)
        for goal in _added_up(evidence):
            slack = _slack_bound(evidence, goal, evidence["terms"][setting][goal], vectors)
            missed[_group(evidence, goal)] |= slack < 0.0
        candidates &= len(missed) - missed.sum(axis=0) >= evidence["together"]["least"]
        for row in np.flatnonzero(candidates):
            staff = tuple(int(n) for n in vectors[row, : len(evidence["pools"])])
            left.append(
                (int(costs[row]), staff, tuple(int(t) for t in _options(evidence, own, vectors[row : row + 1])[0]))
            )
    return sorted(left)


def _group(evidence: Mapping[str, Any], goal: int) -> int:
    """The demand scenario that a goal is judged in, of those that are told apart."""
    return next(place for place, own in enumerate(evidence["together"]["groups"]) if goal in own)


def _about_a_goal(evidence: Mapping[str, Any], cut: Mapping[str, Any]) -> bool:
    """Whether a cut says where one goal is missed, and not that a design is left out."""
    narrow = cut["kind"] == "point" and not evidence["enumerates"] and cut["goal"] >= 0
    return cut["kind"] == "box" or (narrow and cut["goal"] not in _added_up(evidence))


def _added_up(evidence: Mapping[str, Any]) -> set[int]:
    """The goals that are added up from terms."""
    return {goal for setting in evidence["terms"] for goal, terms in enumerate(setting) if len(terms) > 1}


def limits_of(space: Space) -> list[dict[str, Any]]:
    """The limits on posts as plain data."""
    return [
        {"weights": list(one.weights), "of_rosters": list(one.of_rosters), "least": one.least, "most": one.most}
        for one in space.limits
    ]


def rosters_of(space: Space) -> list[dict[str, Any]]:
    """The rosters as plain data."""
    return [
        {"first": one.first, "covers": [list(c) for c in one.covers], "low": list(one.low), "high": list(one.high)}
        for one in space.rosters
    ]


def _designs(evidence: Mapping[str, Any], setting: Mapping[str, Any], most: int) -> Integers:
    """The vectors of a setting that rosters and limits on posts allow."""
    monotone = sum(option["monotone"] for option in evidence["options"])
    rosters = evidence.get("rosters", [])
    rows = [column for roster in rosters for column in _rows(roster)]
    plain = [column for column in range(len(evidence["pools"])) if column not in rows]
    low, high = ([setting[end][column] for column in plain] for end in ("low", "high"))
    for roster in rosters:
        there = any(setting["high"][column] for column in _rows(roster))
        low += [count if there else 0 for count in roster["low"]]
        high += [count if there else 0 for count in roster["high"]]
    posts = _grid([*low, *[0] * monotone], [*high, *[1] * monotone], most)
    for limit in evidence.get("limits", ()):
        weights = [limit["weights"][column] for column in plain]
        for roster, weight in zip(rosters, limit["of_rosters"], strict=True):
            weights += [weight] * len(roster["low"])
        used = posts[:, : len(weights)] @ np.array(weights, np.int64)
        if limit["least"] is not None:
            posts, used = posts[used >= limit["least"]], used[used >= limit["least"]]
        if limit["most"] is not None:
            posts = posts[used <= limit["most"]]
    if not rosters:
        return posts
    vectors = np.zeros((len(posts), len(evidence["pools"]) + monotone), np.int64)
    vectors[:, plain] = posts[:, : len(plain)]
    place = len(plain)
    for roster in rosters:
        covers = np.array(roster["covers"], np.int64)
        vectors[:, list(_rows(roster))] = posts[:, place : place + len(covers)] @ covers
        place += len(covers)
    vectors[:, len(evidence["pools"]) :] = posts[:, place:]
    within = (vectors[:, rows] >= np.array(setting["low"])[rows]) & (
        vectors[:, rows] <= np.array(setting["high"])[rows]
    )
    return np.unique(vectors[within.all(axis=1)], axis=0)


def _rows(roster: Mapping[str, Any]) -> range:
    """The columns of a roster's rows."""
    return range(roster["first"], roster["first"] + len(roster["covers"][0]))


def _grid(low: list[int], high: list[int], most: int) -> Integers:
    """Every point between two bounds."""
    sides = tuple(last - first + 1 for first, last in zip(low, high, strict=True))
    if math.prod(sides) > most:
        raise ValueError(f"{math.prod(sides)} designs are too many to go through")
    return np.stack(np.unravel_index(np.arange(math.prod(sides)), sides), axis=1) + np.array(low, np.int64)


def _options(evidence: Mapping[str, Any], setting: Mapping[str, Any], vectors: Integers) -> Integers:
    """Which options each row takes, in the order of the space."""
    taken = np.tile(np.array(setting["taken"], np.int64), (len(vectors), 1))
    column = len(evidence["pools"])
    for place, option in enumerate(evidence["options"]):
        if option["monotone"]:
            taken[:, place] = vectors[:, column]
            column += 1
    return taken


def _costs(evidence: Mapping[str, Any], setting: Mapping[str, Any], vectors: Integers) -> Integers:
    costs = np.full(len(vectors), setting["base_cost"], np.int64)
    for pool, (prices, low) in enumerate(zip(setting["post_costs"], setting["low"], strict=True)):
        costs += np.array(prices, np.int64)[vectors[:, pool] - low]
    taken = _options(evidence, setting, vectors)
    for charge in evidence["charges"]:
        costs += charge["amount"] * taken[:, charge["options"]].any(axis=1)
    return costs


def _least_overtime(evidence: Mapping[str, Any], setting: int, vectors: Integers) -> Integers:
    """What overtime costs each row at least: it is no less than where there was no less of anything."""
    least = np.zeros(len(vectors), np.int64)
    for simulated in evidence["simulated"]:
        if simulated["extra_cost"] > 0 and _setting_of(evidence, simulated) == setting:
            corner = _simulated_vector(evidence, simulated)
            guarded = math.floor(simulated["extra_cost"] * (1.0 - evidence["guard_band"]))
            own = [np.array(term["effects"]) == 2 for goal in evidence["terms"][setting] for term in goal]
            held = np.any(own, axis=0) if own else np.zeros(vectors.shape[1], np.bool_)
            inside = (vectors <= corner).all(axis=1) & (vectors[:, held] == corner[held]).all(axis=1)
            least = np.where(inside, np.maximum(least, guarded), least)
            least = np.where((vectors == corner).all(axis=1), np.maximum(least, simulated["extra_cost"]), least)
    return least


def _before_plan(
    evidence: Mapping[str, Any], setting: Mapping[str, Any], vectors: Integers, costs: Integers
) -> Booleans:
    most, plan = evidence["most_cost"], evidence["plan"]
    before = np.ones(len(vectors), np.bool_) if most is None else costs <= most
    if plan is None:
        return before
    rank = (*plan["staff"], *plan["options"])
    whole = np.hstack((vectors[:, : len(evidence["pools"])], _options(evidence, setting, vectors)))
    earlier = np.array([tuple(int(v) for v in row) < rank for row in whole], np.bool_)
    return np.asarray(before & ((costs < evidence["total"]) | ((costs == evidence["total"]) & earlier)))


def _simulated_vector(evidence: Mapping[str, Any], simulated: Mapping[str, Any]) -> Integers:
    monotone = [place for place, option in enumerate(evidence["options"]) if option["monotone"]]
    return np.array([*simulated["staff"], *(simulated["options"][place] for place in monotone)], np.int64)


def _setting_of(evidence: Mapping[str, Any], simulated: Mapping[str, Any]) -> int:
    branching = [place for place, option in enumerate(evidence["options"]) if not option["monotone"]]
    return next(
        i
        for i, setting in enumerate(evidence["settings"])
        if all(bool(setting["taken"][p]) == bool(simulated["options"][p]) for p in branching)
    )


def _excluded(evidence: Mapping[str, Any], cut: Mapping[str, Any], setting: int, vectors: Integers) -> Booleans:
    """Which rows of a setting a cut excludes. What a cut claims is checked against the simulation it names."""
    simulated = evidence["simulated"][cut["simulated"]]
    own, corner = _setting_of(evidence, simulated), _simulated_vector(evidence, simulated)
    goal = cut["goal"]
    nothing = np.zeros(len(vectors), np.bool_)
    if cut["kind"] == "box":
        (term,) = evidence["terms"][own][goal]
        _, guarded = simulated["slacks"][goal][0]
        same = [other for other in evidence["terms"][setting][goal] if other["key"] == term["key"]]
        if not same or (guarded is not None and guarded >= 0.0):
            return nothing
        return _inside(term, corner, vectors, cut["direction"])
    if _about_a_goal(evidence, cut):
        (term,) = evidence["terms"][own][goal]
        there = any(other["key"] == term["key"] for other in evidence["terms"][setting][goal])
        matters = np.array(term["effects"]) > 0
        if not there or simulated["kept"][goal]:
            return nothing
        return np.asarray((vectors[:, matters] == corner[matters]).all(axis=1))
    if own != setting:
        return nothing
    return np.asarray((vectors == corner).all(axis=1))


def _inside(term: Mapping[str, Any], corner: Integers, vectors: Integers, direction: int) -> Booleans:
    """Rows with no more (direction -1: no less) than ``corner`` of what helps, and the same of what goes either way."""
    effects = np.array(term["effects"])
    same = (vectors[:, effects == 2] == corner[effects == 2]).all(axis=1)
    less = (direction * vectors[:, effects == 1] <= direction * corner[effects == 1]).all(axis=1)
    return np.asarray(same & less)


def _slack_bound(evidence: Mapping[str, Any], goal: int, terms: list[Mapping[str, Any]], vectors: Integers) -> Any:
    """The most that the slacks of a goal of several terms can add up to, for each row."""
    total = np.zeros(len(vectors))
    for term in terms:
        bound = np.full(len(vectors), np.inf)
        depends = np.array(term["effects"]) > 0
        for simulated in evidence["simulated"]:
            own = _setting_of(evidence, simulated)
            for place, other in enumerate(evidence["terms"][own][goal]):
                if other["key"] != term["key"]:
                    continue
                corner = _simulated_vector(evidence, simulated)
                exact, guarded = (-math.inf if s is None else s for s in simulated["slacks"][goal][place])
                inside = _inside(term, corner, vectors, evidence["goals"][goal]["direction"] or 1)
                here = (vectors[:, depends] == corner[depends]).all(axis=1)
                bound = np.where(inside, np.minimum(bound, guarded), bound)
                bound = np.where(here, np.minimum(bound, exact), bound)
        total += bound
    return total + 1e-6 * np.maximum(1.0, np.abs(total))


def _number(value: float) -> float | None:
    return value if math.isfinite(value) else None
