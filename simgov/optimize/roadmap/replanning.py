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


@dataclass(frozen=True)
class Replanning:
    """The plan ``before``, from the first day of ``today`` on. ``slipped``: measures that are so many quarters late;
    ``budgets``: years with another budget, in minor units."""

    before: RoadmapPlan
    today: Quarter
    slipped: Mapping[str, int] = field(default_factory=dict)
    budgets: Mapping[int, int] = field(default_factory=dict)

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
        """The place of today's quarter. Raises ``InputError`` where it is outside the roadmap, or a name is unknown."""
        place = self.today.since(roadmap.start)
        if not 0 <= place < roadmap.quarters:
            last = roadmap.start.later(roadmap.quarters - 1)
            raise _refused(f"{self.today} is outside the roadmap", f"write a quarter from {roadmap.start} to {last}")
        for name in self.slipped:
            if name not in roadmap.measures:
                raise _refused(f"{name} is no measure of the roadmap", "one of " + ", ".join(roadmap.measures))
        for year in self.budgets:
            if year not in roadmap.years:
                raise _refused(f"{year} is no year of the roadmap", "one of " + ", ".join(map(str, roadmap.years)))
        if self.before.start != str(roadmap.start) or not self.before.feasible:
            raise _refused("the earlier roadmap does not fit the file", "plan it again with simgov roadmap SCENARIO")
        return place

    def roadmap(self, roadmap: Roadmap) -> Roadmap:
        """The roadmap with what has changed: budgets of years that are over are not asked for any more."""
        place = self.place(roadmap)
        year = roadmap.calendar[place].year
        budgets = {y: amount for y, amount in {**roadmap.budgets, **self.budgets}.items() if y >= year}
        begun = self.begins(roadmap)
        windows = {
            name: self._window(name, window, begun.get(name), roadmap) for name, window in roadmap.measures.items()
        }
        return replace(roadmap, budgets=budgets, measures=windows)

    def _window(self, name: str, window: Window, begun: int | None, roadmap: Roadmap) -> Window:
        """What has begun may have begun outside its window; what is late begins no earlier than it can."""
        if begun is not None:
            return replace(window, first=min(window.first, begun), last=max(window.last, begun))
        planned = next((one.begins for one in self.before.measures if one.name == name), None)
        if name not in self.slipped or planned is None:
            return window
        ready = min(parse_quarter(planned).since(roadmap.start) + self.slipped[name], roadmap.quarters - 1)
        return replace(window, first=max(window.first, ready), last=max(window.last, ready))

    def history(self, roadmap: Roadmap) -> History:
        """What is decided already: measures begun, and the posts of years that began before today."""
        begun, today = self.begins(roadmap), self.place(roadmap)
        over = [year for year in roadmap.years if Quarter(year, 1).since(roadmap.start) < today]
        posts = {one.year: one.staff for one in self.before.years}
        staff = tuple(tuple(posts[year][pool] for pool in roadmap.staff) for year in over)
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


def _refused(message: str, hint: str) -> InputError:
    return InputError((Fault((), message, hint),))
