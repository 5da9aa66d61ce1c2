"""Planning anew from a later day: what has begun stays, the rest is decided anew."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from simgov.errors import InputError
from simgov.errors import Problem as Fault
from simgov.optimize.roadmap.master import History
from simgov.optimize.roadmap.plan import Begun, Change, RoadmapPlan, YearPlan
from simgov.optimize.roadmap.quarters import Quarter, parse_quarter
from simgov.optimize.roadmap.schema import Roadmap, Window
from simgov.scenario.fields import unknown
from simgov.units import Money


@dataclass(frozen=True)
class Replanning:
    """The plan ``before``, from the first day of ``today`` on. ``slipped``: measures that are so many quarters late;
    ``budgets``: years with another budget."""

    before: RoadmapPlan
    today: Quarter
    slipped: Mapping[str, int] = field(default_factory=dict)
    budgets: Mapping[int, Money] = field(default_factory=dict)

    def check(self, roadmap: Roadmap) -> None:
        """Refuse what does not fit the roadmap of the file. Raises ``InputError`` with all that is wrong."""
        before, last = self.before, roadmap.start.later(roadmap.quarters - 1)
        faults: list[Fault] = []

        def wrong(message: str, hint: str) -> None:
            faults.append(Fault((), message, hint))

        if not 0 <= self.today.since(roadmap.start) < roadmap.quarters:
            wrong(f"{self.today} is outside the roadmap", f"write a quarter from {roadmap.start} to {last}")
        begins = {one.name: one.begins for one in before.measures}
        for name in self.slipped:
            if name not in roadmap.measures:
                wrong(*unknown("measure of the roadmap", name, list(roadmap.measures)))
            elif begins.get(name) is None:
                wrong(
                    f"{name} does not begin in the earlier roadmap, so it cannot be late", "leave it out of --slipped"
                )
        for year, money in self.budgets.items():
            if year not in roadmap.years:
                wrong(f"{year} is no year of the roadmap", "one of " + ", ".join(map(str, roadmap.years)))
            elif year < self.today.year:
                wrong(f"{year} is over when {self.today} begins", f"write a year from {self.today.year} on")
            if money.currency != before.unit:
                wrong(f"this is in {money.currency}; the roadmap is in {before.unit}", f"write it in {before.unit}")
        if not before.feasible:
            wrong("the earlier roadmap has no programme that could go on", "plan with simgov roadmap SCENARIO")
        elif not self._fits(roadmap):
            wrong("the earlier roadmap does not fit the file", "plan it again with simgov roadmap SCENARIO")
        if faults:
            raise InputError(tuple(faults))

    def _fits(self, roadmap: Roadmap) -> bool:
        """Whether the file still has all that has begun, and its pools are those whose posts the plan before says."""
        begun = [one.name for one in self.before.measures if one.begins is not None and one.begins < str(self.today)]
        posts = {one.year: set(one.staff) for one in self.before.years}
        return (
            self.before.start == str(roadmap.start)
            and set(begun) <= set(roadmap.measures)
            and all(posts.get(year) == set(roadmap.staff) for year in self._over(roadmap))
        )

    def _over(self, roadmap: Roadmap) -> list[int]:
        """The years that began before today."""
        return [year for year in roadmap.years if Quarter(year, 1).since(roadmap.start) < self.place(roadmap)]

    def begins(self, roadmap: Roadmap) -> dict[str, int]:
        """The quarter in which each measure that has begun did so, however late."""
        found: dict[str, int] = {}
        for one in self.before.measures:
            if one.begins is not None and one.name in roadmap.measures:
                begin = parse_quarter(one.begins).since(roadmap.start) + self.slipped.get(one.name, 0)
                if begin < self.place(roadmap):
                    found[one.name] = begin
        return found

    def place(self, roadmap: Roadmap) -> int:
        """The place of today's quarter."""
        return self.today.since(roadmap.start)

    def roadmap(self, roadmap: Roadmap) -> Roadmap:
        """The roadmap with what has changed: budgets of years that are over are not asked for any more.

        Raises ``InputError`` where the plan before, or what is said to have changed, does not fit.
        """
        self.check(roadmap)
        changed = {year: money.minor for year, money in self.budgets.items()}
        budgets = {y: amount for y, amount in {**roadmap.budgets, **changed}.items() if y >= self.today.year}
        begun = self.begins(roadmap)
        windows = {
            name: self._window(name, window, begun.get(name), roadmap) for name, window in roadmap.measures.items()
        }
        return replace(roadmap, budgets=budgets, measures=windows)

    def _window(self, name: str, window: Window, begun: int | None, roadmap: Roadmap) -> Window:
        """What has begun may have begun outside its window; what is late begins no earlier than it can, and not at all
        where that is after the roadmap's end."""
        if begun is not None:
            return replace(window, first=min(window.first, begun), last=max(window.last, begun))
        planned = next((one.begins for one in self.before.measures if one.name == name), None)
        if name not in self.slipped or planned is None:
            return window
        ready = parse_quarter(planned).since(roadmap.start) + self.slipped[name]
        last = min(max(window.last, ready), roadmap.quarters - 1)
        return replace(window, first=max(window.first, min(ready, roadmap.quarters)), last=last)

    def history(self, roadmap: Roadmap) -> History:
        """What is decided already: measures begun, and the posts of years that began before today."""
        begun, today = self.begins(roadmap), self.place(roadmap)
        posts = {one.year: one.staff for one in self.before.years}
        staff = tuple(tuple(posts[year][pool] for pool in roadmap.staff) for year in self._over(roadmap))
        return History(today, tuple(begun.get(name) for name in roadmap.measures), staff)


def changes(before: RoadmapPlan, measures: Sequence[Begun], years: Sequence[YearPlan]) -> tuple[Change, ...]:
    """What differs between two plans: beginnings of measures, and posts by year."""
    found = []
    then = {one.name: one.begins for one in before.measures}
    for one in measures:
        if then.get(one.name) != one.begins:
            found.append(Change(one.name, then.get(one.name) or "–", one.begins or "–"))
    posts = {(year.year, pool): count for year in before.years for pool, count in year.staff.items()}
    for year in years:
        for pool, count in year.staff.items():
            was = posts.get((year.year, pool))
            if was != count:
                found.append(Change(f"{pool} {year.year}", "–" if was is None else str(was), str(count)))
    return tuple(found)
