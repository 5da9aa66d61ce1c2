"""Staff: set the posts of pools, or move posts from one pool to another (调整岗位数)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool
from simgov.scenario.fields import Count, Id
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text, staffed


class MoveSpec(Section):
    """Move posts between two pools."""

    move: Annotated[int, Field(ge=0)] = given(NEEDED, "How many posts", "调整的岗位数")
    from_: Id = given(NEEDED, "The pool that gives them", "调出的岗位", alias="from")
    to: Id = given(NEEDED, "The pool that gets them", "调入的岗位")


def form(value: object) -> str:
    """Whether posts are moved or set."""
    return "<move>" if isinstance(value, dict) and "move" in value else "<set>"


Spec = Annotated[
    Annotated[MoveSpec, Tag("<move>")] | Annotated[dict[Id, Count], Field(min_length=1), Tag("<set>")],
    Discriminator(form),
]
"""``{general: 8, police: 5}`` sets posts; ``{move: 2, from: police, to: general}`` moves them."""


@dataclass(frozen=True, kw_only=True)
class Staff(Measure):
    """Pools get the posts in ``counts``, shared among their shifts in the present proportions."""

    kind: ClassVar[str] = "staff"
    by_case: ClassVar[bool] = False

    counts: tuple[tuple[str, int], ...]

    def change(self, scenario: Scenario) -> Scenario:
        """The pools with their new posts."""
        for pool_id, count in self.counts:
            need_pool(scenario, pool_id, (pool_id,))
            scenario = scenario.with_pool(staffed(scenario.pool(pool_id), count))
        return scenario


@dataclass(frozen=True, kw_only=True)
class MoveStaff(Measure):
    """``posts`` go from the pool ``source`` to the pool ``target``."""

    kind: ClassVar[str] = "staff"
    by_case: ClassVar[bool] = False

    posts: int
    source: str
    target: str

    def change(self, scenario: Scenario) -> Scenario:
        """The two pools with their new posts."""
        need_pool(scenario, self.source, ("from",))
        need_pool(scenario, self.target, ("to",))
        if self.source == self.target:
            raise Refusal("the posts would come from where they go to", "", ("to",))
        source, target = scenario.pool(self.source), scenario.pool(self.target)
        if self.posts > source.count:
            raise Refusal(f"{self.source} has {source.count} posts, fewer than {self.posts}", "", ("move",))
        scenario = scenario.with_pool(staffed(source, source.count - self.posts))
        return scenario.with_pool(staffed(target, target.count + self.posts))


def read(spec: Any, **beside: Any) -> Staff | MoveStaff:
    """The measure that the file writes."""
    if isinstance(spec, MoveSpec):
        return MoveStaff(posts=spec.move, source=spec.from_, target=spec.to, **beside)
    return Staff(counts=tuple(spec.items()), **beside)


KIND = Kind(
    key="staff",
    place=0,
    name=Text("set or move posts", "调整岗位数"),
    effect=Text(
        "Pools get other numbers of posts, or posts move from one to another.", "增减各岗位人数，或在岗位之间调剂。"
    ),
    catch=Text(
        "Posts cost money whether busy or not; who gives them is slower.",
        "岗位不论忙闲都有成本；调出岗位的一方会变慢。",
    ),
    spec=Spec,
    read=read,
    parameters_of=MoveSpec,
    example="staff: {move: 1, from: police, to: general}",
)
