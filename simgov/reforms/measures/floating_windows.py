"""Floating windows (潮汐窗口): officers of the back office serve at the front while many wait there.

Who goes finishes first what he does; while he is away his own queue waits. He is as fast at the front as its officers:
the value has no pace of its own for helpers, so put what they take longer into ``above``.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool
from simgov.scenario.fields import Count, Id
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text, Tide

Queue = Annotated[int, Field(ge=0, le=1_000_000)]


class Spec(Section):
    """Let officers float."""

    from_: Id = given(NEEDED, "The pool whose officers help", "支援方岗位（后台）", alias="from")
    to: Id = given(NEEDED, "The pool where they help", "被支援的岗位（前台）")
    officers: Count = given(NEEDED, "How many of them", "支援人数")
    above: Queue = given(NEEDED, "They go when more than so many wait there", "排队人数超过此数时前往支援")
    below: Queue = given(NEEDED, "They go back when fewer than so many wait there", "排队人数低于此数时返回")


@dataclass(frozen=True, kw_only=True)
class FloatingWindows(Measure):
    """``officers`` of ``source`` serve at ``target`` from more than ``above`` waiting until fewer than ``below``."""

    kind: ClassVar[str] = "floating_windows"
    by_case: ClassVar[bool] = False

    source: str
    target: str
    officers: int
    above: int
    below: int

    def weaker(self, share: float) -> Self:
        """Fewer officers, rounded."""
        return replace(self, officers=round(self.officers * share))

    def change(self, scenario: Scenario) -> Scenario:
        """The pool with officers who float."""
        need_pool(scenario, self.source, ("from",))
        need_pool(scenario, self.target, ("to",))
        pool = scenario.pool(self.source)
        if self.source == self.target:
            raise Refusal("a pool cannot help itself", "name another pool", ("to",))
        if self.officers > pool.count:
            raise Refusal(f"{pool.id} has {pool.count} posts, fewer than {self.officers}", "", ("officers",))
        if not 1 <= self.below <= self.above + 1:
            raise Refusal(
                "they would never come back" if self.below < 1 else "they would come back before they go",
                "write below from 1 to no larger than above",
                ("below",),
            )
        if self.officers == 0:
            return scenario
        if pool.tide is not None and pool.tide.to != self.target:
            raise Refusal(f"{pool.id} helps {pool.tide.to} already", "let officers of another pool float", ("from",))
        return scenario.with_pool(replace(pool, tide=Tide(self.target, self.officers, self.above, self.below)))


def read(spec: Spec, **beside: Any) -> FloatingWindows:
    """The measure that the file writes."""
    return FloatingWindows(
        source=spec.from_, target=spec.to, officers=spec.officers, above=spec.above, below=spec.below, **beside
    )


KIND = Kind(
    key="floating_windows",
    place=25,
    name=Text("floating windows", "潮汐窗口"),
    effect=Text(
        "Officers of the back office serve at the front while many wait there, and go back when the queue is short.",
        "前台排队较长时，后台人员到前台支援，排队缓解后返回。",
    ),
    catch=Text(
        "The back office thins out while they are away, and its files wait.", "支援期间后台力量不足，审批件积压等候。"
    ),
    spec=Spec,
    read=read,
    example="floating_windows: {from: police, to: general, officers: 1, above: 6, below: 2}",
)
