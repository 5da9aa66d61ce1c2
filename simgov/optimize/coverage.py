"""Whether the cuts of a certificate leave out every design cheaper than the plan, for spaces too large to go through.

A small integer programme of its own, written from the certificate's text alone: it asks for one design that costs less
than the plan and that no cut excludes. That there is none is the proof. Nothing of the search is used here.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel

Evidence = Mapping[str, Any]
SLACK_UNITS = 1_000_000
FAR = 10**12
MOST_OVERTIME = 10**15


@dataclass(frozen=True)
class Uncovered:
    """A design that no cut excludes, with the least that it may cost (minor units)."""

    cost: int
    staff: tuple[int, ...]
    options: tuple[int, ...]


class Undecided(Exception):
    """The programme was not solved in the time given."""


def an_uncovered(evidence: Evidence, seconds: float = 300.0) -> Uncovered | None:
    """A design cheaper than the plan (or as cheap and before it) that nothing excludes; None where there is none.

    Raises ``Undecided`` after ``seconds``.
    """
    from ortools.sat.python import cp_model

    programme = _Programme(evidence)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(programme.model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise Undecided
    return Uncovered(
        int(solver.value(programme.cost)),
        tuple(int(solver.value(count)) for count in programme.staff),
        tuple(int(solver.value(taken)) for taken in programme.options),
    )


class _Programme:
    """Posts, options and cost of a design, and one constraint for everything that the certificate says of it."""

    def __init__(self, evidence: Evidence) -> None:
        from ortools.sat.python import cp_model

        self.evidence = evidence
        self.model: CpModel = cp_model.CpModel()
        self.chosen = [self.model.new_bool_var(f"setting {i}") for i in range(len(evidence["settings"]))]
        self.model.add_exactly_one(self.chosen)
        self.options = [self.model.new_bool_var(option["name"]) for option in evidence["options"]]
        self.monotone = [place for place, option in enumerate(evidence["options"]) if option["monotone"]]
        self.staff = [self._posts(pool) for pool in range(len(evidence["pools"]))]
        self.vector = [*self.staff, *(self.options[place] for place in self.monotone)]
        self._comparisons: dict[tuple[int, str, int], Any] = {}
        self.overtime = self.model.new_int_var(0, MOST_OVERTIME, "overtime")
        self.cost = self.model.new_int_var(0, 4 * MOST_OVERTIME, "cost")
        self.model.add(self.cost == self._cost() + self.overtime)
        self.fails = self._fails()
        self._settings()
        self._before_plan()
        self._cuts()
        self._least_overtime()
        self._slacks()

    # What a design is -------------------------------------------------------------------------------------------------

    def _posts(self, pool: int) -> Any:
        settings = self.evidence["settings"]
        low, high = min(s["low"][pool] for s in settings), max(s["high"][pool] for s in settings)
        return self.model.new_int_var(low, high, self.evidence["pools"][pool])

    def _settings(self) -> None:
        """In each setting the options that are branched over, and the bounds of the posts."""
        for chosen, setting in zip(self.chosen, self.evidence["settings"], strict=True):
            for place, option in enumerate(self.evidence["options"]):
                if not option["monotone"]:
                    self.model.add(self.options[place] == int(setting["taken"][place])).only_enforce_if(chosen)
            for count, low, high in zip(self.staff, setting["low"], setting["high"], strict=True):
                self.model.add(count >= low).only_enforce_if(chosen)
                self.model.add(count <= high).only_enforce_if(chosen)
        for clause in self.evidence.get("clauses", ()):
            self.model.add_bool_or([self.options[p] if wanted else ~self.options[p] for p, wanted in clause])
        rosters = [self._roster(roster) for roster in self.evidence.get("rosters", ())]
        for limit in self.evidence.get("limits", ()):
            used = sum(weight * count for weight, count in zip(limit["weights"], self.staff, strict=True))
            used += sum(weight * sum(posts) for weight, posts in zip(limit["of_rosters"], rosters, strict=True))
            if limit["least"] is not None:
                self.model.add(used >= limit["least"])
            if limit["most"] is not None:
                self.model.add(used <= limit["most"])
        for taken in self.evidence["impossible"]:
            self.model.add_bool_or(
                [~option if value else option for option, value in zip(self.options, taken, strict=True)]
            )

    def _roster(self, roster: Mapping[str, Any]) -> list[Any]:
        """The posts on each pattern, of which the rows of a roster are made."""
        columns = range(roster["first"], roster["first"] + len(roster["covers"][0]))
        posts = [self.model.new_int_var(0, high, "posts") for high in roster["high"]]
        for chosen, setting in zip(self.chosen, self.evidence["settings"], strict=True):
            there = any(setting["high"][column] for column in columns)
            for count, low in zip(posts, roster["low"], strict=True):
                self.model.add(count >= (low if there else 0)).only_enforce_if(chosen)
        for row, column in enumerate(columns):
            on_duty = [count for count, covers in zip(posts, roster["covers"], strict=True) if covers[row]]
            self.model.add(sum(on_duty) == self.staff[column])
        return posts

    def _cost(self) -> Any:
        """Posts by the price list of the setting, what is fixed in it, and the charges of options."""
        total: list[Any] = []
        for chosen, setting in zip(self.chosen, self.evidence["settings"], strict=True):
            total.append(setting["base_cost"] * chosen)
            for pool, (low, prices) in enumerate(zip(setting["low"], setting["post_costs"], strict=True)):
                price = self.model.new_int_var(0, max(prices), "price")
                place = self.model.new_int_var(0, len(prices) - 1, "place")
                self.model.add(place == self.staff[pool] - low).only_enforce_if(chosen)
                listed = self.model.new_int_var(min(prices), max(prices), "listed")
                self.model.add_element(place, prices, listed)
                self.model.add(price >= listed).only_enforce_if(chosen)
                total.append(price)
        for charge in self.evidence["charges"]:
            due = self.model.new_bool_var("charge")
            for place in charge["options"]:
                self.model.add_implication(self.options[place], due)
            total.append(charge["amount"] * due)
        return sum(total)

    # What leaves a design out -----------------------------------------------------------------------------------------

    def _before_plan(self) -> None:
        """Cheaper than the plan, or as cheap and before it; no dearer than what may be spent."""
        if self.evidence["most_cost"] is not None:
            self.model.add(self.cost <= self.evidence["most_cost"])
        plan = self.evidence["plan"]
        if plan is None:
            return
        total = self.evidence["total"]
        self.model.add(self.cost <= total)
        cheaper = self.model.new_bool_var("cheaper")
        self.model.add(self.cost <= total - 1).only_enforce_if(cheaper)
        earlier: list[Any] = []
        same: list[tuple[Any, int]] = []
        whole = [*self.staff, *self.options]
        for place, (one, value) in enumerate(zip(whole, [*plan["staff"], *plan["options"]], strict=True)):
            first = self.model.new_bool_var(f"before in {place}")
            self.model.add(one <= value - 1).only_enforce_if(first)
            for other, known in same:
                self.model.add(other == known).only_enforce_if(first)
            earlier.append(first)
            same.append((one, value))
        self.model.add_bool_or([cheaper, *earlier])

    def _fails(self) -> dict[int, list[Any]]:
        """For each goal that need not be kept, whether its demand scenario is one that does not hold."""
        groups, least = self.evidence["together"]["groups"], self.evidence["together"]["least"]
        if least >= len(groups):
            return {}
        fails = [self.model.new_bool_var("does not hold") for _ in groups]
        self.model.add(sum(fails) <= len(groups) - least)
        return {goal: [literal] for literal, own in zip(fails, groups, strict=True) for goal in own}

    def _cuts(self) -> None:
        for cut in self.evidence["cuts"]:
            simulated = self.evidence["simulated"][cut["simulated"]]
            own, corner = self._setting_of(simulated), self._corner(simulated)
            if cut["kind"] == "box":
                self._cut_box(cut, simulated, own, corner)
            else:
                self._cut_point(cut, simulated, own, corner)

    def _cut_box(self, cut: Mapping[str, Any], simulated: Mapping[str, Any], own: int, corner: list[int]) -> None:
        """Some coordinate has more than the corner, or the setting is another one; a claim that is not so is no cut."""
        goal = cut["goal"]
        (term,) = self.evidence["terms"][own][goal]
        guarded = simulated["slacks"][goal][0][1]
        if guarded is not None and guarded >= 0.0:
            return
        outside = self._outside(term["effects"], corner, cut["direction"])
        self.model.add_bool_or([*outside, *self._without(goal, term["key"])])

    def _cut_point(self, cut: Mapping[str, Any], simulated: Mapping[str, Any], own: int, corner: list[int]) -> None:
        goal = cut["goal"]
        single = goal >= 0 and all(len(setting[goal]) == 1 for setting in self.evidence["terms"])
        if cut["kind"] == "point" and single and not self.evidence["enumerates"]:
            if not simulated["kept"][goal]:
                (term,) = self.evidence["terms"][own][goal]
                self.model.add_bool_or([*self._elsewhere(term["effects"], corner), *self._without(goal, term["key"])])
            return
        elsewhere = [chosen for place, chosen in enumerate(self.chosen) if place != own]
        self.model.add_bool_or([*self._elsewhere([1] * len(corner), corner), *elsewhere])

    def _without(self, goal: int, key: Any) -> list[Any]:
        """The settings in which no term of a goal has this key, and that the goal need not be kept."""
        others = [
            chosen
            for chosen, setting in zip(self.chosen, self.evidence["terms"], strict=True)
            if all(other["key"] != key for other in setting[goal])
        ]
        return [*others, *self.fails.get(goal, ())]

    def _least_overtime(self) -> None:
        """Overtime costs at least what it did where there was no less of anything, less the guard band."""
        for simulated in self.evidence["simulated"]:
            if simulated["extra_cost"] <= 0:
                continue
            own, corner = self._setting_of(simulated), self._corner(simulated)
            effects = [
                2 if any(term["effects"][place] == 2 for goal in self.evidence["terms"][own] for term in goal) else 1
                for place in range(len(corner))
            ]
            guarded = math.floor(simulated["extra_cost"] * (1.0 - self.evidence["guard_band"]))
            self._bound(self.overtime >= guarded, own, self._outside(effects, corner, 1))
            self._bound(self.overtime >= simulated["extra_cost"], own, self._elsewhere([1] * len(corner), corner))

    def _slacks(self) -> None:
        """Goals of several terms: their slacks, as far as simulations bound them, must come to 0 or more."""
        for goal, about in enumerate(self.evidence["goals"]):
            if all(len(setting[goal]) == 1 for setting in self.evidence["terms"]):
                continue
            slacks: dict[Any, Any] = {}
            for chosen, setting in zip(self.chosen, self.evidence["terms"], strict=True):
                for term in setting[goal]:
                    slacks.setdefault(term["key"], self.model.new_int_var(-FAR, FAR, "slack"))
                holds = [chosen, *(~fails for fails in self.fails.get(goal, ()))]
                self.model.add(sum(slacks[term["key"]] for term in setting[goal]) >= 0).only_enforce_if(holds)
            unit = self._unit(goal)
            for simulated in self.evidence["simulated"]:
                own, corner = self._setting_of(simulated), self._corner(simulated)
                for place, term in enumerate(self.evidence["terms"][own][goal]):
                    exact, guarded = (_units(slack, unit) for slack in simulated["slacks"][goal][place])
                    direction = about["direction"] or 1
                    slack = slacks[term["key"]]
                    self._bound(slack <= guarded, None, self._outside(term["effects"], corner, direction))
                    self._bound(slack <= exact, None, self._elsewhere(term["effects"], corner))

    def _unit(self, goal: int) -> float:
        """The slack that counts as one step, from the largest that is known."""
        known = [
            abs(slack)
            for simulated in self.evidence["simulated"]
            for pair in simulated["slacks"][goal]
            for slack in pair
            if slack is not None
        ]
        return float(max([*known, 1e-9])) / SLACK_UNITS

    # Comparisons ------------------------------------------------------------------------------------------------------

    def _bound(self, constraint: Any, setting: int | None, unless: list[Any]) -> None:
        """The constraint holds in a setting (None: in all) unless one of the literals does."""
        holds = self.model.new_bool_var("holds")
        others = [] if setting is None else [c for place, c in enumerate(self.chosen) if place != setting]
        self.model.add_bool_or([holds, *unless, *others])
        self.model.add(constraint).only_enforce_if(holds)

    def _outside(self, effects: list[int], corner: list[int], direction: int) -> list[Any]:
        """One literal for each way not to have at most ``corner`` (direction -1: at least) of all that matters."""
        literals = []
        for place, effect in enumerate(effects):
            if effect == 1:
                literals.append(self._compared(place, ">" if direction > 0 else "<", corner[place]))
            elif effect == 2:
                literals += [self._compared(place, sign, corner[place]) for sign in "<>"]
        return literals

    def _elsewhere(self, effects: list[int], corner: list[int]) -> list[Any]:
        """One literal for each way to differ from ``corner`` in something that matters."""
        return [
            self._compared(place, sign, corner[place])
            for place, effect in enumerate(effects)
            if effect
            for sign in "<>"
        ]

    def _compared(self, place: int, sign: str, value: int) -> Any:
        """Whether a coordinate is above or below a value: a literal that may only be true where it is."""
        key = (place, sign, value)
        if key not in self._comparisons:
            literal = self.model.new_bool_var(f"{place} {sign} {value}")
            one = self.vector[place]
            self.model.add(one >= value + 1 if sign == ">" else one <= value - 1).only_enforce_if(literal)
            self._comparisons[key] = literal
        return self._comparisons[key]

    def _corner(self, simulated: Mapping[str, Any]) -> list[int]:
        return [*simulated["staff"], *(simulated["options"][place] for place in self.monotone)]

    def _setting_of(self, simulated: Mapping[str, Any]) -> int:
        branching = [place for place, option in enumerate(self.evidence["options"]) if not option["monotone"]]
        return next(
            i
            for i, setting in enumerate(self.evidence["settings"])
            if all(bool(setting["taken"][p]) == bool(simulated["options"][p]) for p in branching)
        )


def _units(slack: float | None, unit: float) -> int:
    """A slack in whole steps, rounded up so that it leaves out no design that it does not exclude."""
    return -FAR if slack is None else max(-FAR, min(FAR, math.ceil(slack / unit) + 1))
