"""Whether the cuts of a roadmap's certificate leave out every programme cheaper than the plan.

A small integer programme of its own, written from the certificate's text alone: it asks for one schedule that keeps the
rules of the roadmap, costs less than the plan and is excluded by no cut. That there is none is the proof. Nothing of
the search is used here, and posts are whole numbers here, not steps.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from simgov.optimize.coverage import Undecided

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel

Evidence = Mapping[str, Any]


def a_cheaper_schedule(evidence: Evidence, seconds: float = 300.0) -> dict[str, Any] | None:
    """A schedule that costs less than the plan (any, where there is no plan) and that nothing excludes, or None.

    Raises ``Undecided`` after ``seconds``.
    """
    from ortools.sat.python import cp_model

    programme = _Programme(evidence)
    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.linearization_level = 2
    solver.parameters.max_time_in_seconds = seconds
    status = solver.solve(programme.model)
    if status == cp_model.INFEASIBLE:
        return None
    if status not in (cp_model.OPTIMAL, cp_model.FEASIBLE):
        raise Undecided
    return {
        "begins": [int(solver.value(begin)) for begin in programme.begin],
        "staff": [[int(solver.value(count)) for count in year] for year in programme.posts],
        "cost": int(solver.value(programme.cost)),
    }


class _Programme:
    """``begin[m]``: the quarter in which a measure begins (the number of quarters: never); ``posts[y][p]``."""

    def __init__(self, evidence: Evidence) -> None:
        from ortools.sat.python import cp_model

        self.evidence = evidence
        self.model: CpModel = cp_model.CpModel()
        self.quarters = int(evidence["quarters"])
        self.begin = [self.model.new_int_var(0, self.quarters, one["name"]) for one in evidence["measures"]]
        self.posts = [
            [self.model.new_int_var(pool["low"], pool["high"], pool["name"]) for pool in evidence["pools"]]
            for _ in evidence["years"]
        ]
        self._truths: dict[tuple[int, int], Any] = {}
        self._measures()
        self._company()
        self._changes()
        self._history()
        self.cost = self._money()
        if evidence["cost"] is not None:
            self.model.add(self.cost <= evidence["cost"] - 1)
        self._cuts()

    # Truths -----------------------------------------------------------------------------------------------------------

    def _at_most(self, variable: Any, value: int) -> Any:
        """A literal that says whether a variable is at most ``value``."""
        key = int(variable.index), value
        if key not in self._truths:
            literal = self.model.new_bool_var("at most")
            self.model.add(variable <= value).only_enforce_if(literal)
            self.model.add(variable >= value + 1).only_enforce_if(~literal)
            self._truths[key] = literal
        return self._truths[key]

    def _begun(self, measure: int, quarter: int) -> Any:
        return self._at_most(self.begin[measure], quarter)

    def _present(self, measure: int, quarter: int, meanwhile: bool) -> Any:
        """Whether a measure counts as at work; ``meanwhile``: what changes the process from its beginning on."""
        own = self.evidence["measures"][measure]
        settle = 0 if meanwhile and not own["helps"] else own["settle"]
        return self._begun(measure, quarter - settle)

    # Rules ------------------------------------------------------------------------------------------------------------

    def _measures(self) -> None:
        last = self.quarters - 1
        for m, own in enumerate(self.evidence["measures"]):
            never = [(last + 1, last + 1)]
            allowed = [(own["first"], own["last"])] if own["first"] <= own["last"] else []
            allowed += [] if own["must"] else never
            self.model.add_linear_expression_in_domain(self.begin[m], _domain(allowed))
        at_once = self.evidence["at_once"]
        if at_once is not None:
            for quarter in range(self.quarters):
                starts = [self._begun(m, quarter) for m in range(len(self.begin))]
                before = [self._begun(m, quarter - 1) for m in range(len(self.begin))]
                self.model.add(sum(starts) - sum(before) <= at_once)

    def _company(self) -> None:
        last = self.quarters - 1
        for rule in self.evidence["rules"]:
            wanted = [place for place, there in rule if there]
            left = [place for place, there in rule if not there]
            if not wanted:
                self.model.add_bool_or([~self._begun(m, last) for m in left])
                continue
            for quarter in range(self.quarters):
                ready = [self._present(m, quarter, False) for m in wanted]
                self.model.add_bool_or([~self._begun(left[0], quarter), *ready])

    def _changes(self) -> None:
        most = self.evidence["most_change"]
        if most is None:
            return
        before: Sequence[Any] = [pool["today"] for pool in self.evidence["pools"]]
        for year in self.posts:
            for was, now in zip(before, year, strict=True):
                self.model.add(now - was <= most)
                self.model.add(was - now <= most)
            before = year

    def _history(self) -> None:
        history = self.evidence["history"]
        if history is None:
            return
        for variable, begin in zip(self.begin, history["begins"], strict=True):
            if begin is None:
                self.model.add(variable >= history["today"])
            else:
                self.model.add(variable == begin)
        for year, staff in zip(self.posts, history["staff"], strict=False):
            for variable, count in zip(year, staff, strict=True):
                self.model.add(variable == count)

    def _money(self) -> Any:
        evidence = self.evidence
        measures: list[Any] = [0 for _ in evidence["years"]]
        for expense in evidence["expenses"]:
            first = self.model.new_int_var(0, self.quarters, "first")
            self.model.add_min_equality(first, [self.begin[m] for m in expense["options"]])
            for quarter, running in enumerate(expense["running"]):
                year = evidence["year_of"][quarter]
                measures[year] += running * self._at_most(first, quarter)
                starts = self._at_most(first, quarter) - self._at_most(first, quarter - 1)
                measures[year] += expense["once"] * starts
        total: list[Any] = []
        for year, lists in enumerate(evidence["post_costs"]):
            paid: Any = evidence["fixed"][year]
            for place, prices in enumerate(lists):
                price = self.model.new_int_var(min(prices), max(prices), "price")
                index = self.posts[year][place] - evidence["pools"][place]["low"]
                self.model.add_element(index, prices, price)
                paid += price
            total.append(measures[year] + paid)
            budget = evidence["budgets"].get(str(evidence["years"][year]))
            if budget is not None:
                self.model.add((total[year] if evidence["covers"] == "all" else measures[year]) <= budget)
        return sum(total)

    # Cuts -------------------------------------------------------------------------------------------------------------

    def _cuts(self) -> None:
        for cut in self.evidence["cuts"]:
            if cut["kind"] == "state":
                self._state_cut(cut)
            else:
                self.model.add_bool_or(self._other_years(cut))
        for state in self.evidence["impossible"]:
            for quarter in range(self.quarters):
                for meanwhile in (False, True):
                    self.model.add_bool_or(
                        [
                            ~self._present(m, quarter, meanwhile) if taken else self._present(m, quarter, meanwhile)
                            for m, taken in enumerate(state["options"])
                        ]
                    )
        for schedule in self.evidence["undatable"]:
            self.model.add_bool_or(
                [x for m, begin in enumerate(schedule["begins"]) for x in self._other_beginning(m, begin, 0)]
            )

    def _state_cut(self, cut: Mapping[str, Any]) -> None:
        state, goal = self.evidence["simulated"][cut["simulated"]], self.evidence["goals"][cut["goal"]]
        for quarter in range(goal["first"], goal["last"] + 1):
            if self.evidence["era_of"][quarter] != state["era"]:
                continue
            year = self.evidence["year_of"][quarter]
            for meanwhile in (False, True):
                literals = self._other_posts(year, state["staff"], cut["effects"]["pools"], cut["direction"])
                for m, (effect, taken) in enumerate(zip(cut["effects"]["options"], state["options"], strict=True)):
                    there = self._present(m, quarter, meanwhile)
                    both = effect == 2 or cut["direction"] == 0
                    if effect and not taken and (both or cut["direction"] > 0):
                        literals.append(there)
                    if effect and taken and (both or cut["direction"] < 0):
                        literals.append(~there)
                self.model.add_bool_or(literals)

    def _other_posts(self, year: int, staff: Sequence[int], effects: Sequence[int], direction: int) -> list[Any]:
        """One literal for each way to have more (for direction -1: less; 0: anything else) in a year."""
        literals = []
        for place, (count, effect) in enumerate(zip(staff, effects, strict=True)):
            both = effect == 2 or direction == 0
            if effect and (both or direction > 0):
                literals.append(~self._at_most(self.posts[year][place], count))
            if effect and (both or direction < 0):
                literals.append(self._at_most(self.posts[year][place], count - 1))
        return literals

    def _other_years(self, cut: Mapping[str, Any]) -> list[Any]:
        effects, direction = cut["effects"], cut["direction"]
        literals: list[Any] = []
        for year in range(cut["year"] + 1):
            literals += self._other_posts(year, cut["staff"][year], effects["pools"], direction)
        for m, effect in enumerate(effects["options"]):
            if effect:
                begin = min(cut["begins"][m], cut["last"] + 1)
                earlier_only = 1 if effect == 1 and direction > 0 else 0
                literals += self._other_beginning(m, begin, earlier_only, cut["last"])
        return literals

    def _other_beginning(self, measure: int, begin: int, earlier_only: int, last: int | None = None) -> list[Any]:
        """Earlier or (unless ``earlier_only``) later than ``begin``, as far as quarters up to ``last`` show it."""
        last = self.quarters - 1 if last is None else last
        literals = [self._begun(measure, min(begin - 1, last))] if begin > 0 else []
        if not earlier_only and begin <= last:
            literals.append(~self._begun(measure, begin))
        return literals


def _domain(spans: Sequence[tuple[int, int]]) -> Any:
    from ortools.sat.python import cp_model

    return cp_model.Domain.from_intervals([list(span) for span in spans])


__all__ = ["Undecided", "a_cheaper_schedule"]
