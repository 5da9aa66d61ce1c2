"""Posts pool (编制周转池): posts move between departments on given dates, quarter by quarter; their total stays.

Who comes into another department is slower there at first (``misfit``), and learns. All officers of a pool work at one
pace; so ``m`` newcomers among ``n`` posts make its work take n / (n - m + m / (1 + misfit)) of its time on their first
day, which is the pace that gives the same capacity, and the excess halves with each ``half_life``.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from simgov.reforms.fields import StartKey
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.measures.staff import MoveStaff
from simgov.reforms.officers import at_pace
from simgov.reforms.risk import NO_RISK
from simgov.scenario.fields import Count, FactorField, Id, PeriodField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text
from simgov.units import Duration

HALF_LIFE = Duration(20.0, "workday")


class MoveSpec(Section):
    """Posts that move."""

    from_: Id = given(NEEDED, "The pool that gives them", "调出岗位", alias="from")
    to: Id = given(NEEDED, "The pool that gets them", "调入岗位")
    posts: Count = given(NEEDED, "How many posts", "调整的岗位数")
    date: StartKey | None = given(
        None, "The month or day; default: with the measure", "生效月份或日期；默认与措施同时生效"
    )


class Spec(Section):
    """Move posts by quarter."""

    moves: list[MoveSpec] = given(
        NEEDED,
        "What moves when: [{from: police, to: general, posts: 2, date: 2026-04}, ...]",
        "各次调整：[{from: police, to: general, posts: 2, date: 2026-04}, ...]",
        min_length=1,
    )
    misfit: FactorField = given(
        0.0,
        "How much longer somebody takes who comes from another department",
        "新调入人员办理多用时间的比例（人岗不适）",
        "%",
    )
    half_life: PeriodField = given(
        HALF_LIFE,
        "The time in which half of that is trained away",
        "经培训适岗、多用时间减半所需的时间",
        source=ASSUMPTION,
    )


@dataclass(frozen=True)
class Move:
    """``posts`` go from the pool ``source`` to ``target`` on ``date`` (None: when the measure begins)."""

    source: str
    target: str
    posts: int
    date: datetime.date | None = None


@dataclass(frozen=True, kw_only=True)
class PostsPool(Measure):
    """The ``moves``, one after the other; the total of posts stays what it was.

    A move comes no earlier than the measure, and where that is phased in, with the share that has begun by then.
    ``number`` tells moves apart that differ in their dates alone.
    """

    kind: ClassVar[str] = "posts_pool"
    by_case: ClassVar[bool] = False

    moves: tuple[Move, ...]
    misfit: float = 0.0
    half_life: Duration = HALF_LIFE
    number: int = 0

    def weaker(self, share: float) -> Self:
        """Fewer posts in each move, rounded."""
        moves = tuple(replace(move, posts=round(move.posts * share)) for move in self.moves)
        return replace(self, moves=moves)

    def as_planned(self, scenario: Scenario) -> Scenario:
        """The undated moves with the costs, then each dated one as a measure of its own."""
        after = super().as_planned(scenario)
        for place, move in enumerate(self.moves):
            if move.date is not None and self.uptake > 0.0:
                alone = self.from_the_day_of(move, place + 1)
                try:
                    after = alone.as_planned(after)
                except Refusal as refusal:
                    raise self.placed(refusal, place) from None
        return after

    def change(self, scenario: Scenario) -> Scenario:
        """The moves that have no date of their own."""
        for place, move in enumerate(self.moves):
            if move in self.moves[:place]:
                raise Refusal("this is written twice", "add up the posts", ("moves", place))
            if move.date is None:
                try:
                    scenario = self.moved(scenario, move)
                except Refusal as refusal:
                    raise self.placed(refusal, place) from None
        return scenario

    def from_the_day_of(self, move: Move, number: int) -> PostsPool:
        """A measure of one move, which begins on its day, or when this measure has begun."""
        assert move.date is not None
        begun = [share for date, share in self.phase_in if date <= move.date]
        later = tuple((date, share) for date, share in self.phase_in if date > move.date)
        since = None if self.phase_in else max(self.since or move.date, move.date)
        return replace(
            self,
            moves=(replace(move, date=None),),
            number=number,
            since=since,
            phase_in=(*([(move.date, begun[-1])] if begun else []), *later),
            set_up=0,
            running=0,
            risk=NO_RISK,
        )

    def moved(self, scenario: Scenario, move: Move) -> Scenario:
        """The scenario after one move, with the newcomers' pace."""
        staff = MoveStaff(posts=move.posts, source=move.source, target=move.target)
        scenario = staff.change(scenario)
        if not move.posts:
            return scenario
        pool = scenario.pool(move.target)
        pace = pool.count / (pool.count - move.posts + move.posts / (1.0 + self.misfit)) if self.misfit else 1.0
        return scenario.with_pool(at_pace(pool, self.begins(scenario), pace, 1.0, self.half_life))

    def placed(self, refusal: Refusal, place: int) -> Refusal:
        """The refusal of a move, where the file has it."""
        if refusal.beside or refusal.at[:1] == ("moves",):
            at = ("moves", place, *refusal.at[2:]) if refusal.at[:1] == ("moves",) else refusal.at
            return Refusal(refusal.message, refusal.hint, at, refusal.beside)
        keys = {"move": "posts", "from": "from", "to": "to"}
        key = keys.get(str(refusal.at[0])) if refusal.at else None
        return Refusal(refusal.message, refusal.hint, ("moves", place, *([key] if key else [])))


def read(spec: Spec, **beside: Any) -> PostsPool:
    """The measure that the file writes."""
    moves = tuple(Move(move.from_, move.to, move.posts, move.date) for move in spec.moves)
    return PostsPool(moves=moves, misfit=spec.misfit, half_life=spec.half_life, **beside)


KIND = Kind(
    key="posts_pool",
    place=24,
    name=Text("posts pool", "编制周转池"),
    effect=Text(
        "Posts move between departments by quarter; their total stays.", "编制总量不变，按季度在部门之间统筹调剂使用。"
    ),
    catch=Text(
        "Who gives posts is slower; newcomers do not fit at first and have to be trained.",
        "调出部门办理变慢；新调入人员初期人岗不适，需要培训。",
    ),
    spec=Spec,
    read=read,
    example="posts_pool: {moves: [{from: police, to: general, posts: 1, date: 2026-03-16}], misfit: 35 %}",
)
