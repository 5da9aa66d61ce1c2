"""The budget is cut (预算削减): what costs money is postponed, and a share of posts may go in every pool."""

from __future__ import annotations

from dataclasses import dataclass, replace

from simgov.chance import Changed
from simgov.reforms.kind import given
from simgov.reforms.measure import Measure
from simgov.reforms.stress import StressKind, later
from simgov.scenario.fields import ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Pool, Scenario, Text, staffed


class Spec(Section):
    """Projects postponed, posts cut."""

    months: int = given(
        3,
        "How many months later measures begin that cost money",
        "需要投入的措施推迟的月数",
        "months",
        "programme report 001 §7.4",
        ge=0,
        le=120,
    )
    posts: ShareField = given(
        0.0, "Share of the posts of every pool that goes; one stays at least", "各岗位缩减的比例，至少保留一人", "%"
    )


def on_measure(spec: Spec, measure: Measure, baseline: Scenario) -> Measure:
    """A measure that costs money, late."""
    return later(measure, spec.months, baseline) if measure.set_up or measure.running else measure


def on_scenario(spec: Spec, before: Scenario, after: Scenario) -> Scenario:
    """The scenario with fewer posts."""
    return FewerPosts(spec.posts)(after)


@dataclass(frozen=True)
class FewerPosts:
    """A ``share`` of the posts of every pool goes, of those that it has in each phase and whatever happens."""

    share: float

    def __call__(self, scenario: Scenario) -> Scenario:
        """The scenario with fewer posts; itself where that comes to none in any pool."""
        phases = tuple(replace(phase, pools=self.cut(phase.pools)) for phase in scenario.phases)
        changed = replace(scenario, pools=self.cut(scenario.pools), phases=phases)
        if scenario.chance is None or changed == scenario:
            return changed
        return replace(changed, chance=Changed(scenario.chance, self))

    def cut(self, pools: tuple[Pool, ...]) -> tuple[Pool, ...]:
        """The pools with so many posts less, one left at least where there is one."""
        return tuple(staffed(pool, self.left(pool.count)) for pool in pools)

    def left(self, count: int) -> int:
        """How many of so many posts are left."""
        return max(min(1, count), count - round(count * self.share))


KIND = StressKind(
    key="budget_cut",
    name=Text("budget cut", "预算削减"),
    effect=Text(
        "Measures that cost money are postponed; posts may be cut as well.",
        "需要投入的措施推迟实施，岗位也可能缩减。",
    ),
    acts_on=Text(
        "a measure with set_up or running costs, or posts to cut (posts)", "有投入的改革措施，或设定了缩减岗位的比例"
    ),
    spec=Spec,
    on_measure=on_measure,
    on_scenario=on_scenario,
)
