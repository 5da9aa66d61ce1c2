"""Intermediary clean-up (清理规范中介服务): an external delay gets a list, a limit, a fee and competition.

A limit cuts every longer time to itself: the step then takes a table of 1,000 equally likely times, the smaller one of
the time there was at (k - 1/2) / 1000 and of the limit, so that each case keeps its draw. Where the office pays for
reports from then on, that is a running cost: so much for each of the cases that are expected in a year.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

import numpy as np

from simgov.arrivals import expected_cases_per_workday
from simgov.calendars import day_table, workday_minutes
from simgov.distributions import Distribution, Empirical
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, step_of, the_step
from simgov.reforms.officers import need_currency
from simgov.reforms.shaping import sent_back_more, slowed
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import OnceField, PeriodField, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Reach, Scenario, Step, Text, shares_doing
from simgov.units import Duration, Money

VALUES = 1000
DAYS_A_YEAR = 365


class Spec(Section):
    """Clean up intermediary services."""

    step: str = given(NEEDED, "The delay outside, service.step", "中介服务环节，写作 事项.环节")
    time: ShareField = given(1.0, "What is left of its time through competition", "引入竞争后用时占原来的比例", "%")
    limit: PeriodField | None = given(None, "The longest that it may take from then on", "中介服务时限")
    poorer: ShareField = given(
        0.0, "Share of reports that are so poor that the office sends them back", "因报告质量下降被退回重做的比例", "%"
    )
    found_at: str | None = given(None, "The step behind it that sends them back", "发现并退回的后续环节")
    cost: OnceField | None = given(
        None, "What the office pays for each report from then on", "改由部门承担的每份报告费用"
    )


@dataclass(frozen=True, kw_only=True)
class IntermediaryCleanup(Measure):
    """The delay takes the share ``time`` of its time, ``limit`` at most; ``found_at`` sends ``poorer`` ones back."""

    kind: ClassVar[str] = "intermediary_cleanup"

    step: str
    time: float = 1.0
    limit: Duration | None = None
    poorer: float = 0.0
    found_at: str | None = None
    cost: Money | None = None

    @property
    def monotone(self) -> bool:
        """A shorter delay may bring cases sooner into the queues of others, who then wait."""
        return False

    def change(self, scenario: Scenario) -> Scenario:
        """A shorter delay, and poorer reports."""
        service, step = the_step(scenario, self.step, ("step",))
        if step.at is not None:
            message = f"{self.step} is done by {step.at}, not by an intermediary"
            raise Refusal(message, "name a delay outside every pool", ("step",))
        need_currency(scenario, self.cost, ("cost",))
        scenario = scenario.with_step(service.id, self.limited(slowed(step, self.time)))
        if self.found_at is None:
            if self.poorer:
                raise Refusal("nothing says which step finds poor reports", "write found_at", ("poorer",))
            return scenario
        later = step_of(scenario, service.id, self.found_at, ("found_at",))
        if step.id not in ancestors(service)[later.id]:
            message = f"{later.id} does not come after {step.id}"
            raise Refusal(message, "name a step behind it", ("found_at",))
        try:
            return scenario.with_step(service.id, sent_back_more(later, self.poorer, step.id))
        except Refusal as refusal:
            raise Refusal(refusal.message, "name another step", ("found_at",)) from None

    def limited(self, step: Step) -> Step:
        """The step that takes no longer than the limit."""
        if self.limit is None or step.slowdown == 0.0:
            return step
        if step.time is None:
            raise Refusal(f"the time of {self.step} is that of its parts", "leave limit out", ("limit",))
        if step.time.base != self.limit.base:
            other = "workdays" if step.time.base == "workday" else "days or hours"
            raise Refusal(f"{self.step} takes a time in {other}", f"write the limit in {other}", ("limit",))
        return replace(step, time=cut_at(step.time, self.limit.amount / step.slowdown))

    def applied(self, scenario: Scenario, share: float) -> Scenario:
        """With what the office pays for the reports of those whom it reaches."""
        after = super().applied(scenario, share)
        if self.cost is None or not self.cost.minor or Reach(share, self.groups).nobody:
            return after
        running = round(self.cost.minor * self.reports_a_year(scenario) * share)
        return replace(after, running=after.running + running, currency=self.cost.currency)

    def reports_a_year(self, scenario: Scenario) -> float:
        """How many reports are expected in the year from the first day on, of the groups that it is for."""
        service, step = the_step(scenario, self.step)
        a_day = expected_cases_per_workday(service, workday_minutes(scenario.calendar), scenario.run)
        days = float(day_table(scenario.calendar, scenario.run.start, DAYS_A_YEAR).workdays_before[DAYS_A_YEAR])
        doing = shares_doing(service)[[other.id for other in service.steps].index(step.id)]
        ours = 1.0 if self.groups is None else sum(part for group, part in service.groups if group in self.groups)
        return a_day * days * doing * ours


def cut_at(time: Distribution, limit: float) -> Distribution:
    """The time, or the limit where that is shorter, as a table; itself where it is never longer."""
    times = time.quantile((np.arange(VALUES) + 0.5) / VALUES)
    if times[-1] <= limit:
        return time
    return Empirical(tuple(float(value) for value in np.minimum(times, limit)), base=time.base)


def read(spec: Spec, **beside: Any) -> IntermediaryCleanup:
    """The measure that the file writes."""
    return IntermediaryCleanup(
        step=spec.step,
        time=spec.time,
        limit=spec.limit,
        poorer=spec.poorer,
        found_at=spec.found_at,
        cost=spec.cost,
        **beside,
    )


KIND = Kind(
    key="intermediary_cleanup",
    place=34,
    name=Text("intermediary clean-up", "清理规范中介服务"),
    effect=Text(
        "An external delay, as for a test report, gets a list, a limit, a fee and competition.",
        "中介服务实行清单管理，明确时限和收费，引入竞争，缩短用时。",
    ),
    catch=Text(
        "Poorer reports are sent back; the cost may move to the office.",
        "部分报告质量下降、被退回重做；费用可能转由部门承担。",
    ),
    spec=Spec,
    read=read,
    example="intermediary_cleanup: {step: permit.report, time: 70 %, poorer: 8 %, found_at: planning}",
)
