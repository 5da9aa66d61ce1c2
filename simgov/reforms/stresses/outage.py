"""The approval system fails (系统故障): while it is down, the pools that need it take no work.

Outages are drawn by the engines. A system without upkeep is down for a share of the time; one that is kept up fails
so rarely a year and is restored soon. Which of the two an office has may be drawn for each replication.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Annotated, ClassVar

from pydantic import AfterValidator

from simgov.distributions import Exponential
from simgov.reforms.kind import ASSUMPTION, given
from simgov.reforms.measure import Measure, need_pool
from simgov.reforms.stress import StressKind
from simgov.scenario.fields import DurationField, Id, ShareField, fault
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, System, Text
from simgov.units import Duration

YEAR_MINUTES = 365 * 1440.0
NAME = Text("approval system", "审批系统")


def check_clock(time: Duration) -> Duration:
    """Systems fail by day and by night."""
    if time.base == "workday":
        raise fault("a system fails round the clock, not in workdays", "write hours or days, as in 4 h")
    if time.amount <= 0:
        raise fault("this takes no time", "write 4 h")
    return time


ClockField = Annotated[DurationField, AfterValidator(check_clock)]


class Spec(Section):
    """A system that fails."""

    down: ShareField = given(
        0.23,
        "Share of time for which the system is down, without upkeep",
        "缺乏运维的系统处于故障状态的时间比例",
        "%",
        "programme report 001 §5.2: failure rate 23 %, read as a share of time",
    )
    lasts: ClockField = given(
        Duration(240.0), "How long an outage lasts on average", "每次故障的平均时长", "time", ASSUMPTION
    )
    every: ClockField | None = given(
        None, "Mean time between outages; default: as down and lasts say", "两次故障的平均间隔；默认由上两项推算"
    )
    without_upkeep: ShareField = given(
        1.0,
        "How likely it is that the system has no upkeep; 38 % of projects were built so (programme report 001 §5.2)",
        "系统缺乏运维的可能性（报告 001 §5.2：38% 的项目未安排运维）",
        "%",
    )
    incidents: float = given(
        0.3,
        "Outages a year with upkeep",
        "有运维的系统每年故障次数",
        "a year",
        "programme report 001 §6.3",
        gt=0,
        le=1e4,
    )
    restored: ClockField = given(
        Duration(30.0),
        "How long an outage lasts with upkeep",
        "有运维时的恢复时间",
        "time",
        "programme report 001 §6.3",
    )
    pools: list[Id] | None = given(
        None, "Who needs the system; default: all departments", "依赖该系统的岗位；默认所有部门岗位"
    )


@dataclass(frozen=True, kw_only=True)
class Outage(Measure):
    """``pools`` need a system that fails as one without upkeep does, in the share ``without_upkeep`` of replications.

    Times are in minutes: (from the end of an outage to the next, how long one lasts), both exponential.
    """

    kind: ClassVar[str] = "outage"
    by_case: ClassVar[bool] = False

    pools: tuple[str, ...]
    neglected: tuple[float, float]
    kept_up: tuple[float, float]
    without_upkeep: float = 1.0

    @property
    def chancy(self) -> bool:
        """Whether it is drawn which system the office has."""
        return 0.0 < self.without_upkeep < 1.0

    def drawn(self, scenario: Scenario, uniform: Callable[[str], float]) -> Outage:
        """Either of the two systems."""
        return replace(self, without_upkeep=1.0 if uniform("upkeep") < self.without_upkeep else 0.0)

    def change(self, scenario: Scenario) -> Scenario:
        """The scenario with the system, as it is more likely to be."""
        every, lasts = self.neglected if self.without_upkeep >= 0.5 else self.kept_up
        there = {pool.id for pool in scenario.pools}
        taken = {system.id for system in scenario.systems}
        name = next(name for name in ("outage", *(f"outage_{n}" for n in range(2, 1000))) if name not in taken)
        pools = tuple(pool for pool in self.pools if pool in there)
        if not pools:
            return scenario
        system = System(name, NAME, pools, Exponential(every), Exponential(lasts))
        return replace(scenario, systems=(*scenario.systems, system))


def on_scenario(spec: Spec, before: Scenario, after: Scenario) -> Scenario:
    """The scenario with a system that its departments need, and that fails."""
    for place, pool in enumerate(spec.pools or ()):
        need_pool(after, pool, ("pools", place))
    pools = spec.pools
    if pools is None:
        pools = list(dict.fromkeys(p.id for v in after.versions for p in v.pools if p.kind == "department"))
    down = min(spec.down, 0.99)
    if not pools or (down == 0 and spec.every is None):
        return after
    lasts = spec.lasts.amount
    every = lasts * (1.0 - down) / down if spec.every is None else spec.every.amount
    return Outage(
        pools=tuple(pools),
        neglected=(every, lasts),
        kept_up=(YEAR_MINUTES / spec.incidents, spec.restored.amount),
        without_upkeep=spec.without_upkeep,
    ).apply(after)


KIND = StressKind(
    key="outage",
    name=Text("system failure", "系统故障"),
    effect=Text(
        "The approval system fails again and again; while it is down, departments take no work.",
        "审批系统反复发生故障，故障期间部门无法办件。",
    ),
    acts_on=Text("a pool of kind department, or pools that are named", "部门岗位，或指定的岗位"),
    spec=Spec,
    on_scenario=on_scenario,
)
