"""Ticket dispatch (分类派单): a hotline ticket is sorted, and goes to the department that can resolve it.

In the scenario misrouted tickets are those that the resolving step sends back; of these fewer are left. Sorting takes
the dispatcher, the step to which they go back, longer.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, step_of, the_step
from simgov.reforms.shaping import slowed
from simgov.scenario.fields import FactorField, ShareField, WorkdaysField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Returns, Scenario, Text


class RespondSpec(Section):
    """What is answered first."""

    step: str = given(NEEDED, "The step that responds, of the same service", "接听（响应）环节")
    priority: Annotated[int, Field(ge=1, le=9)] = given(
        NEEDED, "Its priority, 1 (first) to 9", "优先级，1 最先、9 最后"
    )


class Spec(Section):
    """Dispatch tickets by kind."""

    step: str = given(NEEDED, "The step that resolves tickets, service.step", "承办环节，写作 事项.环节")
    misrouted: ShareField | None = given(
        None, "Share of tickets that bounce from then on; default: as before", "实施后派错退回的工单比例；默认不变", "%"
    )
    longer: FactorField = given(0.0, "How much longer sorting takes the dispatcher", "分类派单环节多用时间的比例", "%")
    respond: RespondSpec | None = given(
        None, "Which step goes first: {step: respond, priority: 2}", "优先响应的环节：{step: respond, priority: 2}"
    )
    promise: WorkdaysField | None = given(
        None, "Within how many workdays tickets are to be resolved; default: as before", "工单办结承诺时限；默认不变"
    )


@dataclass(frozen=True, kw_only=True)
class TicketDispatch(Measure):
    """The share ``misrouted`` of the tickets bounces; the dispatcher takes ``1 + longer`` times as long."""

    kind: ClassVar[str] = "ticket_dispatch"

    step: str
    misrouted: float | None = None
    longer: float = 0.0
    respond: str | None = None
    priority: int | None = None
    promise: int | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer tickets bounce; what responds goes first."""
        service, step = the_step(scenario, self.step, ("step",))
        if step.returns is None:
            hint = "tickets that bounce are written with returns at the step that resolves them"
            raise Refusal(f"no ticket bounces from {self.step}", hint, ("step",))
        dispatcher = service.step(step.returns.to)
        scenario = scenario.with_step(service.id, replace(step, returns=self.bouncing(step.returns)))
        dispatcher = scenario.service(service.id).step(dispatcher.id)
        scenario = scenario.with_step(service.id, slowed(dispatcher, 1.0 + self.longer))
        if self.respond is not None:
            first = step_of(scenario, service.id, self.respond, ("respond", "step"))
            if first.at is None:
                message = f"{service.id}.{first.id} is a delay outside every pool"
                raise Refusal(message, "only what waits in a queue has a priority", ("respond", "step"))
            scenario = scenario.with_step(service.id, replace(first, priority=self.priority))
        changed = scenario.service(service.id)
        if self.promise is not None and service.statutory_limit is not None and self.promise > service.statutory_limit:
            message = f"this is longer than the statutory limit of {service.statutory_limit} workdays"
            raise Refusal(message, "promise less", ("promise",))
        return scenario.with_service(replace(changed, promise=self.promise or changed.promise))

    def bouncing(self, returns: Returns) -> Returns:
        """The returns of the step: the share of the first attempt is given, those of later ones fall with it."""
        if self.misrouted is None or self.misrouted == returns.share:
            return returns
        if self.misrouted > returns.share:
            message = f"more tickets would bounce than before, {returns.share:.0%}"
            raise Refusal(message, "give the share that is left", ("misrouted",))
        factor = self.misrouted / returns.share
        return replace(returns, share=self.misrouted, later=tuple(share * factor for share in returns.later))


def read(spec: Spec, **beside: Any) -> TicketDispatch:
    """The measure that the file writes."""
    return TicketDispatch(
        step=spec.step,
        misrouted=spec.misrouted,
        longer=spec.longer,
        respond=None if spec.respond is None else spec.respond.step,
        priority=None if spec.respond is None else spec.respond.priority,
        promise=spec.promise,
        **beside,
    )


KIND = Kind(
    key="ticket_dispatch",
    place=31,
    name=Text("ticket dispatch", "分类派单"),
    effect=Text(
        "A hotline ticket goes to the right department: respond, resolve, call back.",
        "热线工单按类别精准派至承办部门，落实响应、办理、回访闭环。",
    ),
    catch=Text(
        "Tickets that are still misrouted bounce between departments; sorting takes the dispatcher's time.",
        "派错的工单仍会在部门之间来回退转；分类占用派单人员时间。",
    ),
    spec=Spec,
    read=read,
    example="ticket_dispatch: {step: ticket.resolve, misrouted: 8 %, longer: 20 %}",
)
