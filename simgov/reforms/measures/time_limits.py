"""Time-limited handling (限时办结制): a shorter promise, with warning and escalation, and what offices do about it.

The service promises ``promise``. The pools that review it take first what is due within ``escalate`` of its due time
(预警、督办), or always what is due first (``due_first``). An office may hold cases back before acceptance so that the
clock does not start (体外循环): with ``in_hand`` no more than so many are accepted and undecided, and both clocks, from
application and from acceptance, are measures of a run. Uniform limits raise returns (``returns``: by 18 % in programme
report 001 §5.1). Deemed approval stays as it is unless the law allows it, which ``deemed_approval`` then cites.

The clock is the case's own: there is no limit for a single step; what escalates is the case that is due, at every step.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_service
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import DurationField, Id, ShareField, WorkdaysField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Pool, Returns, Scenario, Service, Text
from simgov.units import Duration


class Spec(Section):
    """Promise a time and see to it."""

    service: Id = given(NEEDED, "The service", "事项")
    promise: WorkdaysField | None = given(
        None, "The new promise; default: as it is", "新的承诺时限；默认不变", "workdays"
    )
    escalate: DurationField | None = given(
        None, "Within which time of its due time a case goes before all others", "距到期多久起优先督办"
    )
    due_first: bool = given(False, "Whether who is due first is served first", "是否按到期先后办理")
    pools: list[Id] | None = given(
        None,
        "The pools that escalate; default: those of the service's steps that are not in person",
        "实行督办的岗位；默认该事项各非现场环节的岗位",
    )
    in_hand: Annotated[int, Field(ge=1)] | None = given(
        None,
        "The most cases accepted and undecided; further ones are held back before acceptance",
        "已受理未办结的上限，超出的在受理前滞留",
    )
    returns: ShareField = given(
        0.0, "How many more cases are sent back after acceptance, e.g. 18 %", "受理后退件增加的比例，如 18 %", "%"
    )
    deemed_approval: str | None = given(
        None,
        "The law by which silence until the statutory limit counts as approval",
        "逾期未决视为准予的法律依据",
        min_length=1,
    )


@dataclass(frozen=True, kw_only=True)
class TimeLimits(Measure):
    """The service with another promise, and pools that look at due times. It is taken up as a whole."""

    kind: ClassVar[str] = "time_limits"
    by_case: ClassVar[bool] = False

    service: str
    promise: int | None = None
    escalate: Duration | None = None
    due_first: bool = False
    pools: tuple[str, ...] | None = None
    in_hand: int | None = None
    returns: float = 0.0
    deemed_approval: str | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """The service with its limits, and the pools with their rules."""
        service = the_service(scenario, self.service, ("service",))
        self.check(service)
        changed = replace(
            service,
            promise=service.promise if self.promise is None else self.promise,
            in_hand=service.in_hand if self.in_hand is None else self.in_hand,
            deemed_approval=service.deemed_approval or self.deemed_approval is not None,
        )
        if self.returns:
            changed = with_more_returns(changed, 1.0 + self.returns)
        scenario = scenario.with_service(changed)
        for pool in self.chosen(scenario, changed):
            scenario = scenario.with_pool(self.looking(pool))
        return scenario

    def check(self, service: Service) -> None:
        """Refuse limits that make no sense for the service."""
        promise, limit = self.promise or service.promise, service.statutory_limit
        if self.promise is not None and limit is not None and self.promise > limit:
            raise Refusal(f"the law gives {service.id} no more than {limit} workdays", "promise less", ("promise",))
        if promise is None and limit is None and (self.escalate is not None or self.due_first):
            key = "due_first" if self.escalate is None else "escalate"
            raise Refusal(f"{service.id} promises nothing, so nothing is ever due", "give it a promise", (key,))
        if self.in_hand is not None and not any(step.accepted for step in service.steps):
            hint = "mark the step that accepts with accepted: true"
            raise Refusal(f"no step of {service.id} accepts, so nothing is held back before it", hint, ("in_hand",))
        if self.deemed_approval is not None and limit is None:
            message = f"{service.id} has no statutory limit that could pass"
            raise Refusal(message, "give it a statutory_limit", ("deemed_approval",))

    def chosen(self, scenario: Scenario, service: Service) -> list[Pool]:
        """The pools that look at due times."""
        for position, name in enumerate(self.pools or ()):
            need_pool(scenario, name, ("pools", position))
        if self.pools is not None:
            return [scenario.pool(name) for name in dict.fromkeys(self.pools)]
        names = (pool for step in service.steps if not step.in_person and not step.removed for pool in step.pools)
        return [scenario.pool(name) for name in dict.fromkeys(names)]

    def looking(self, pool: Pool) -> Pool:
        """A pool with its new rules."""
        return replace(
            pool,
            escalate=pool.escalate if self.escalate is None else self.escalate,
            order="earliest_due" if self.due_first else pool.order,
        )


def with_more_returns(service: Service, factor: float) -> Service:
    """The service of which ``factor`` times as many visits are sent back behind acceptance."""
    before = ancestors(service)
    accepting = {step.id for step in service.steps if step.accepted}
    behind = {step.id for step in service.steps if not accepting or accepting & before[step.id]}
    if not any(step.id in behind and step.returns is not None and not step.removed for step in service.steps):
        message = f"no step of {service.id} behind acceptance sends cases back, so no more could be"
        raise Refusal(message, "leave returns out, or write returns at a step", ("returns",))
    steps = tuple(
        replace(step, returns=times(step.returns, factor)) if step.id in behind and step.returns is not None else step
        for step in service.steps
    )
    return replace(service, steps=steps)


def times(returns: Returns, factor: float) -> Returns:
    """The returns with ``factor`` times the shares, none above 100 %."""

    def more(shares: Iterable[float]) -> tuple[float, ...]:
        return tuple(min(1.0, share * factor) for share in shares)

    return replace(returns, share=more([returns.share])[0], later=more(returns.later))


def read(spec: Spec, **beside: Any) -> TimeLimits:
    """The measure that the file writes."""
    return TimeLimits(
        service=spec.service,
        promise=spec.promise,
        escalate=spec.escalate,
        due_first=spec.due_first,
        pools=None if spec.pools is None else tuple(spec.pools),
        in_hand=spec.in_hand,
        returns=spec.returns,
        deemed_approval=spec.deemed_approval,
        **beside,
    )


KIND = Kind(
    key="time_limits",
    place=13,
    name=Text("time-limited handling", "限时办结制"),
    effect=Text(
        "A shorter promise, with warning and escalation of the cases that are nearly due.",
        "压缩承诺时限，临近到期的办件预警督办、优先办理。",
    ),
    catch=Text(
        "Cases are held back before acceptance so that the clock does not start; uniform limits raise returns; what is "
        "not due yet waits longer.",
        "为免计时而在受理前滞留（体外循环）；一刀切压缩时限使退件增多；未到期的办件等待变长。",
    ),
    spec=Spec,
    read=read,
    example="time_limits: {service: permit, promise: 10 workdays, escalate: 3 workdays, in_hand: 90, returns: 18 %}",
)
