"""Pool windows (一窗受理、综合窗口): several pools become one, whose generalists do everything a little more slowly."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool
from simgov.scenario.fields import CostField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Alternative, Pool, Scenario, Service, Shift, Step, Text
from simgov.units import Money


class Spec(Section):
    """Put pools together."""

    into: Id = given(
        NEEDED,
        "The pool that serves all of them from then on; its rules and its cost hold",
        "合并后的窗口，沿用其规则和成本",
    )
    from_: list[Id] = given(NEEDED, "The pools that become part of it", "并入的窗口", alias="from")
    slowdown: ShareField = given(
        0.0,
        "How much longer generalists take for every step of the pool, e.g. 10 %",
        "综合窗口人员办理各环节多用时间的比例",
        "%",
    )
    cost: CostField | None = given(
        None,
        "Cost of one post from then on; default: that of the pool it goes into",
        "合并后每个岗位的成本；默认沿用并入窗口的成本",
    )


@dataclass(frozen=True, kw_only=True)
class PoolWindows(Measure):
    """The pools ``sources`` go into the pool ``into``; work there takes ``1 + slowdown`` times as long."""

    kind: ClassVar[str] = "pool_windows"
    by_case: ClassVar[bool] = False

    into: str
    sources: tuple[str, ...]
    slowdown: float = 0.0
    cost: Money | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """One pool with everybody's officers and everybody's steps."""
        need_pool(scenario, self.into, ("into",))
        for position, source in enumerate(self.sources):
            self.check_source(scenario, source, ("from", position))
        pools = [scenario.pool(pool_id) for pool_id in (self.into, *self.sources)]
        pool = replace(pools[0], shifts=shifts_together(pools), cost=self.new_cost(scenario, pools[0]))
        kept = tuple(
            self.helping(pool if old.id == self.into else old) for old in scenario.pools if old.id not in self.sources
        )
        services = tuple(self.moved(service) for service in scenario.services)
        systems = tuple(
            replace(system, pools=tuple(dict.fromkeys(self.into if p in self.sources else p for p in system.pools)))
            for system in scenario.systems
        )
        return replace(scenario, pools=kept, services=services, systems=systems)

    def check_source(self, scenario: Scenario, source: str, at: tuple[str, int]) -> None:
        """Refuse a pool that is not there, is named twice or keeps other time."""
        need_pool(scenario, source, at)
        if source == self.into or source in self.sources[: at[1]]:
            raise Refusal(f"{source} is named twice", "", at)
        if scenario.pool(source).always != scenario.pool(self.into).always:
            raise Refusal(f"of {self.into} and {source} one is on duty round the clock and the other is not", "", at)

    def new_cost(self, scenario: Scenario, into: Pool) -> Money | None:
        """What one post costs from then on."""
        if self.cost is not None and scenario.currency and self.cost.currency != scenario.currency:
            raise Refusal(
                f"this is in {self.cost.currency}, the rest of the file in {scenario.currency}",
                "use one currency",
                ("cost",),
            )
        return into.cost if self.cost is None else self.cost

    def helping(self, pool: Pool) -> Pool:
        """A pool whose officers help at one of the old pools helps at the new one; none helps itself."""
        if pool.tide is None or pool.tide.to not in (self.into, *self.sources):
            return pool
        return replace(pool, tide=None if pool.id == self.into else replace(pool.tide, to=self.into))

    def moved(self, service: Service) -> Service:
        """The service with its steps at the one pool, done by generalists."""
        return replace(service, steps=tuple(self.moved_step(service, step) for step in service.steps))

    def moved_step(self, service: Service, step: Step) -> Step:
        """The step with the one pool in place of those that it went into; a step names it once."""
        merged = (self.into, *self.sources)
        if step.at is None or not set(step.pools) & set(merged):
            return step
        if len([pool for pool in (step.at, *step.together) if pool in merged]) > 1:
            message = f"{service.id}.{step.id} is done by officers of several of these pools together"
            raise Refusal(message, "leave one of them out", ("from",))
        slower = 1.0 + self.slowdown
        here = step.at in merged
        others = [
            replace(
                other,
                pool=self.into if other.pool in merged else other.pool,
                slowdown=other.slowdown * (slower if other.pool in merged else 1.0) / (slower if here else 1.0),
            )
            for other in step.alternatives
            if not (here and other.pool in merged)
        ]
        return replace(
            step,
            at=self.into if here else step.at,
            slowdown=step.slowdown * slower if here else step.slowdown,
            alternatives=tuple({other.pool: other for other in reversed(others)}[name] for name in once(others)),
            together=tuple(self.into if pool in merged else pool for pool in step.together),
        )


def once(others: Iterable[Alternative]) -> list[str]:
    """The pools of these alternatives, each once."""
    return list(dict.fromkeys(other.pool for other in others))


def shifts_together(pools: Iterable[Pool]) -> tuple[Shift, ...]:
    """The shifts of all pools; those who work the same hours are one shift."""
    counts: dict[tuple[object, ...], Shift] = {}
    for pool in pools:
        for position, shift in enumerate(pool.shifts):
            twins = [other for other in pool.shifts[:position] if other.week == shift.week]
            key = (shift.week, len(twins))
            known = counts.get(key)
            counts[key] = shift if known is None else replace(known, count=known.count + shift.count)
    return tuple(counts.values())


def read(spec: Spec, **beside: Any) -> PoolWindows:
    """The measure that the file writes."""
    return PoolWindows(into=spec.into, sources=tuple(spec.from_), slowdown=spec.slowdown, cost=spec.cost, **beside)


KIND = Kind(
    key="pool_windows",
    place=5,
    name=Text("one window", "一窗受理、综合窗口"),
    effect=Text(
        "Several kinds of window become one queue, served by generalists.",
        "多个专业窗口合并为综合窗口，统一排队、统一受理。",
    ),
    catch=Text(
        "Generalists take longer and miss defects, which come back later; the back office may shirk; complaints surge "
        "in the first quarter.",
        "综合窗口人员办理较慢、容易漏审，缺陷在后续环节退回；后台部门可能推诿；整合后首季度投诉增多。",
    ),
    spec=Spec,
    read=read,
    example="pool_windows: {into: general, from: [passport], slowdown: 10 %}",
)
