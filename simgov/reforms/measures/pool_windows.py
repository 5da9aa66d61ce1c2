"""Pool windows (一窗受理、综合窗口): several pools become one, whose generalists do everything a little more slowly.

Generalists miss defects: of the cases that they accept a share is sent back to them by the step that finds it, with the
delay that other returns to them have. The back office may shirk, by the clock, and the new window takes time to settle.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_step
from simgov.reforms.officers import NO_TRANSITION, Transition, TransitionSpec, need_currency, need_pools, with_paces
from simgov.reforms.shaping import sent_back_more
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import CostField, Id, ShareField, kind_tag
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Absences, Alternative, Pool, Scenario, Service, Shift, Step, Text
from simgov.units import Money

StepsField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]
"""A step, service.step, or a list of steps."""


class ShirkingSpec(Section):
    """Departments that leave to the window what was theirs."""

    pools: list[Id] = given(NEEDED, "The pools of the back office", "后台审批岗位")
    slowdown: ShareField = given(NEEDED, "How much longer they take", "办理各环节多用时间的比例", "%")


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
    missed: ShareField = given(
        0.0,
        "Share of the cases accepted there with a defect that generalists do not see",
        "综合窗口受理时漏审缺陷的办件比例",
        "%",
    )
    found_at: StepsField = given(
        (),
        "The step that finds it and sends the case back, service.step, or a list of such",
        "发现缺陷并退回的环节，可列多个",
    )
    shirking: ShirkingSpec | None = given(
        None,
        "The back office that shirks: {pools: [...], slowdown: 10 %}",
        "推诿的后台岗位及其多用时间的比例：{pools: [...], slowdown: 10 %}",
    )
    transition: TransitionSpec | None = given(
        None,
        "How long work at the window takes at first: {start: 140 %, half_life: 20 workdays}",
        "综合窗口的磨合期：{start: 140 %, half_life: 20 workdays}",
    )


@dataclass(frozen=True, kw_only=True)
class PoolWindows(Measure):
    """The pools ``sources`` go into the pool ``into``; work there takes ``1 + slowdown`` times as long.

    Each of ``found_at`` sends the share ``missed`` of the cases that come to it back to the window. From its first day
    on the pools ``shirking`` take ``1 + shirking_slowdown`` times as long, whenever the case applied.
    """

    kind: ClassVar[str] = "pool_windows"
    by_case: ClassVar[bool] = False

    into: str
    sources: tuple[str, ...]
    slowdown: float = 0.0
    cost: Money | None = None
    missed: float = 0.0
    found_at: tuple[str, ...] = ()
    shirking: tuple[str, ...] = ()
    shirking_slowdown: float = 0.0
    transition: Transition = NO_TRANSITION
    listed: bool = field(default=True, compare=False)

    def change(self, scenario: Scenario) -> Scenario:
        """One pool with everybody's officers and everybody's steps."""
        need_pool(scenario, self.into, ("into",))
        for position, source in enumerate(self.sources):
            self.check_source(scenario, source, ("from", position))
        self.check_shirking(scenario)
        pools = [scenario.pool(pool_id) for pool_id in (self.into, *self.sources)]
        pool = replace(
            pools[0],
            shifts=shifts_together(pools),
            cost=self.new_cost(scenario, pools[0]),
            absences=absences_together(pools),
        )
        kept = tuple(
            self.helping(pool if old.id == self.into else old) for old in scenario.pools if old.id not in self.sources
        )
        services = tuple(self.moved(service) for service in scenario.services)
        systems = tuple(
            replace(system, pools=tuple(dict.fromkeys(self.into if p in self.sources else p for p in system.pools)))
            for system in scenario.systems
        )
        pooled = replace(scenario, pools=kept, services=services, systems=systems)
        return self.settling(self.with_defects(pooled))

    def with_defects(self, scenario: Scenario) -> Scenario:
        """The defects that generalists miss, found later."""
        if self.missed and not self.found_at:
            raise Refusal("says how many defects are missed, and not where they are found", "add found_at", ("missed",))
        for position, name in enumerate(self.found_at):
            at = ("found_at", position) if self.listed else ("found_at",)
            service, step = the_step(scenario, name, at)
            window = self.window_before(service, step)
            if window is None or step.removed:
                message = (
                    f"{name} is done by no case" if step.removed else f"nothing is done at {self.into} before {name}"
                )
                raise Refusal(message, "name a step behind the window", at)
            delay = None if window.returns is None else window.returns.delay
            try:
                changed = sent_back_more(step, self.missed, window.id, delay)
            except Refusal as refusal:
                raise Refusal(refusal.message, "name another step", at) from None
            scenario = scenario.with_step(service.id, changed)
        return scenario

    def window_before(self, service: Service, step: Step) -> Step | None:
        """The last step at the window before ``step``."""
        before = ancestors(service)[step.id]
        there = [other for other in service.steps if other.id in before and self.into in other.pools]
        return next((other for other in reversed(there) if not other.removed), None)

    def settling(self, scenario: Scenario) -> Scenario:
        """The back office that shirks, and the window in transition."""
        since, slower = self.begins(scenario), 1.0 + self.shirking_slowdown
        scenario = with_paces(scenario, self.shirking, since, slower, slower)
        return scenario.with_pool(self.transition.of_pool(scenario.pool(self.into), since))

    def check_shirking(self, scenario: Scenario) -> None:
        """Refuse a back office that is not there, or is the window."""
        if self.shirking:
            need_pools(scenario, self.shirking, ("shirking", "pools"))
        for position, pool in enumerate(self.shirking):
            if pool in (self.into, *self.sources):
                raise Refusal(f"{pool} is the window", "name pools of the back office", ("shirking", "pools", position))

    def check_source(self, scenario: Scenario, source: str, at: tuple[str, int]) -> None:
        """Refuse a pool that is not there, is named twice or keeps other time."""
        need_pool(scenario, source, at)
        if source == self.into or source in self.sources[: at[1]]:
            raise Refusal(f"{source} is named twice", "", at)
        if scenario.pool(source).always != scenario.pool(self.into).always:
            raise Refusal(f"of {self.into} and {source} one is on duty round the clock and the other is not", "", at)

    def new_cost(self, scenario: Scenario, into: Pool) -> Money | None:
        """What one post costs from then on."""
        need_currency(scenario, self.cost, ("cost",))
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


def absences_together(pools: Sequence[Pool]) -> Absences:
    """All that is planned for any of the pools; officers are ill as those of the first are."""
    absences = [pool.absences for pool in pools]
    return Absences(
        sickness=absences[0].sickness,
        leave=tuple(away for one in absences for away in one.leave),
        training=tuple(away for one in absences for away in one.training),
        cuts=tuple(away for one in absences for away in one.cuts),
    )


def read(spec: Spec, **beside: Any) -> PoolWindows:
    """The measure that the file writes."""
    found_at = (spec.found_at,) if isinstance(spec.found_at, str) else tuple(spec.found_at)
    return PoolWindows(
        into=spec.into,
        sources=tuple(spec.from_),
        slowdown=spec.slowdown,
        cost=spec.cost,
        missed=spec.missed,
        found_at=found_at,
        shirking=() if spec.shirking is None else tuple(spec.shirking.pools),
        shirking_slowdown=0.0 if spec.shirking is None else spec.shirking.slowdown,
        transition=Transition.of(spec.transition),
        listed=not isinstance(spec.found_at, str),
        **beside,
    )


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
    example="pool_windows: {into: general, from: [passport], slowdown: 10 %, missed: 5 %, found_at: passport.review}",
)
