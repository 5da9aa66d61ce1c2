"""Staff: set the posts of pools, or move posts from one pool to another (编制周转池)."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from simgov.reforms.measure import Measure, Refusal, need_pool
from simgov.scenario.fields import Count, Id
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, staffed


class MoveSpec(Section):
    """Move posts between two pools."""

    move: Annotated[int, Field(ge=0)] = Field(description="How many posts")
    from_: Id = Field(alias="from", description="The pool that gives them")
    to: Id = Field(description="The pool that gets them")


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


def read(spec: Any, **costs: Any) -> Staff | MoveStaff:
    """The measure that the file writes."""
    if isinstance(spec, MoveSpec):
        return MoveStaff(posts=spec.move, source=spec.from_, target=spec.to, **costs)
    return Staff(counts=tuple(spec.items()), **costs)
