"""The first quarter after an integration (整合后首季度): more complaints, and work that takes longer at first.

Integration is where a pool takes over steps that another did, which does them no more. From the first day of that on,
more come to the services for complaints, and work in those pools takes longer, which fades as in ``learning``.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import ClassVar

from simgov.reforms.kind import ASSUMPTION, given
from simgov.reforms.measure import Measure, need_pool
from simgov.reforms.risk import with_surge
from simgov.reforms.stress import StressKind, begins_when, named_or_called
from simgov.scenario.fields import DurationField, FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Learning, Scenario, Surge, Text
from simgov.units import Duration

COMPLAINTS = ("complain", "投诉")


class Spec(Section):
    """More complaints and slower work at first."""

    complaints: FactorField = given(
        1.47, "How many complain, of those who did", "投诉量为原来的比例", "%", "programme report 001 §5.1"
    )
    days: int = given(
        90, "For how many days", "持续天数", "days", "a quarter, programme report 001 §5.1", ge=1, le=3650
    )
    slower: ShareField = given(
        0.1, "How much longer work takes on the first day", "首日办理多用时间的比例", "%", ASSUMPTION
    )
    half_life: DurationField = given(
        Duration(20.0, "workday"), "When half of that is over", "多用时间减半所需的时间", "workdays", ASSUMPTION
    )
    services: list[Id] | None = given(
        None,
        "Where people complain; default: services called complaints",
        "接受投诉的事项；默认名称含“投诉”的事项",
    )
    pools: list[Id] | None = given(
        None,
        "Who works more slowly; default: pools that take steps over from others",
        "办理变慢的岗位；默认承接了其他岗位环节的岗位",
    )


@dataclass(frozen=True, kw_only=True)
class FirstQuarter(Measure):
    """``times`` as many come to ``services`` for ``days``; work in ``pools`` takes longer by ``slower`` at first."""

    kind: ClassVar[str] = "first_quarter_surge"
    by_case: ClassVar[bool] = False

    begin: datetime.date
    services: tuple[str, ...]
    pools: tuple[str, ...]
    times: float
    days: int
    slower: float
    half_life: Duration

    def change(self, scenario: Scenario) -> Scenario:
        """More complaints, and learning in the pools that have none to do yet."""
        last = self.begin + datetime.timedelta(days=self.days - 1)
        surge = Surge(self.begin, last, self.times)
        services = tuple(with_surge(s, surge) if s.id in self.services else s for s in scenario.services)
        learning = Learning(self.begin, 1.0 + self.slower, self.half_life)
        pools = tuple(
            replace(pool, learning=learning) if pool.id in self.pools and pool.learning is None else pool
            for pool in scenario.pools
        )
        return replace(scenario, services=services, pools=pools)


def taking_over(before: Scenario, after: Scenario) -> list[str]:
    """The pools that do steps which others did and do no more, on whichever way, in a scenario without phases."""
    was, now = (done_at(scenario) for scenario in (before, after))
    taken = {pool for step, pools in was.items() for pool in now.get(step, pools) - pools if not pools & now[step]}
    return [pool.id for pool in after.pools if pool.id in taken]


def done_at(scenario: Scenario) -> dict[tuple[str, str], set[str]]:
    """By service and step, the pools that do it first of all."""
    found: dict[tuple[str, str], set[str]] = {}
    for _, services in scenario.ways:
        for service in services:
            for step in service.steps:
                if step.at is not None and not step.removed:
                    found.setdefault((service.id, step.id), set()).add(step.at)
    return found


def on_scenario(spec: Spec, before: Scenario, after: Scenario) -> Scenario:
    """The scenario with its first quarter after integration, if there is one or somebody named where it shows."""
    if spec.services is not None or spec.pools is not None:
        begin: datetime.date | None = after.run.start
    else:
        begin = begins_when(after, lambda version, date: bool(taking_over(before.version_on(date), version)))
    if begin is None:
        return after
    pools = spec.pools
    if pools is None:
        pools = taking_over(before.version_on(begin), after.version_on(begin))
    services = named_or_called(after, spec.services, COMPLAINTS)
    for place, pool in enumerate(spec.pools or ()):
        need_pool(after, pool, ("pools", place))
    return FirstQuarter(
        begin=begin,
        services=services,
        pools=tuple(pools),
        times=spec.complaints,
        days=spec.days,
        slower=spec.slower,
        half_life=spec.half_life,
    ).apply(after)


KIND = StressKind(
    key="first_quarter_surge",
    name=Text("first quarter after integration", "整合后首季度"),
    effect=Text(
        "More people complain for a quarter, and pools that took work over are slower at first.",
        "整合后首季度投诉增多，承接业务的岗位起初办理较慢。",
    ),
    acts_on=Text("a pool that takes over work of another", "承接其他岗位业务的岗位"),
    spec=Spec,
    on_scenario=on_scenario,
)
