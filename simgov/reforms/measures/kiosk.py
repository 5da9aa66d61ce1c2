"""Self-service kiosks (自助办理终端): simple matters leave the windows; where a kiosk fails, they come back to them.

The ``share`` is of the cases that do the step, by the case's own draw of uptake. At the kiosk the work is the same
draw, scaled. Where the kiosk fails, the applicant joins the queue of the window and does there the very work that it
would have been without kiosks; milestones and choices stay with the window's step, which the others pass over at once.
Documents, corrections and refusals are those of the kiosk. A ``helper`` leaves another pool to stand beside the kiosks.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, need_pool, the_step
from simgov.reforms.officers import need_currency
from simgov.reforms.shaping import new_step, put_before, slowed, with_pool_added
from simgov.scenario.fields import CostField, FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Pool, Scenario, Service, Shift, Step, Text, staffed
from simgov.units import Money


class HelperSpec(Section):
    """Officers who help at the kiosks."""

    from_: Id = given(NEEDED, "The pool that they leave", "调出导办人员的岗位", alias="from")
    posts: Annotated[int, Field(ge=0)] = given(1, "How many", "导办人数")


class Spec(Section):
    """Kiosks for a step."""

    step: str = given(NEEDED, "The step in person, service.step", "现场办理的环节，写作 事项.环节")
    share: ShareField = given(NEEDED, "Share of its cases that go to a kiosk", "改用自助终端的办件比例", "%")
    count: Annotated[int, Field(ge=1, le=100_000)] | None = given(
        None, "How many kiosks there are; without it the pool is there already", "终端台数；不写则使用已有终端"
    )
    pool: Id | None = given(None, "What their pool is called; default: kiosk", "终端岗位的名称；默认为 kiosk")
    time: FactorField = given(1.0, "Time at the kiosk, of that at the window", "终端办理用时与窗口之比", "%")
    fails: ShareField = given(0.0, "Share of attempts that end at the window", "终端办理不成、转窗口的比例", "%")
    helper: HelperSpec | None = given(None, "Officers who help there: {from, posts}", "导办人员：调出岗位、人数")
    cost: CostField | None = given(None, "What one kiosk costs, e.g. 9000 CNY/year", "每台终端的费用")


@dataclass(frozen=True, kw_only=True)
class Kiosk(Measure):
    """``share`` of the cases do ``step`` at one of ``count`` kiosks (None: those of the pool that is there).

    Work there takes ``time`` times as long; the share ``fails`` goes on to the window. ``helpers`` officers leave the
    pool ``helped_by``.
    """

    kind: ClassVar[str] = "kiosk"

    step: str
    share: float
    count: int | None = None
    pool: str = "kiosk"
    time: float = 1.0
    fails: float = 0.0
    helped_by: str | None = None
    helpers: int = 0
    cost: Money | None = None

    def uptake_on(self, date: datetime.date) -> float:
        """The share of cases that go to a kiosk on a date."""
        return super().uptake_on(date) * self.share

    def change(self, scenario: Scenario) -> Scenario:
        """The step at the kiosks, and the window behind it for those at whom they fail."""
        service, step = the_step(scenario, self.step, ("step",))
        need_in_use(self.step, step, ("step",))
        if step.at is None or not step.in_person:
            raise Refusal(f"{self.step} is not done in person at a pool", "name a step in person", ("step",))
        if self.time <= 0.0:
            raise Refusal("a kiosk takes some time too", "write a share above 0 %", ("time",))
        scenario = self.with_kiosks(self.with_helpers(scenario))
        moved = replace(slowed(step, self.time), at=self.pool, alternatives=(), together=(), batch=1, room=None)
        if self.fails == 0.0:
            return scenario.with_step(service.id, moved)
        return scenario.with_service(with_window_behind(service, step, moved, self.fails))

    def with_kiosks(self, scenario: Scenario) -> Scenario:
        """The scenario with the pool of kiosks."""
        if self.count is None:
            need_pool(scenario, self.pool, ("pool",))
            return scenario
        need_currency(scenario, self.cost, ("cost",))
        name = Text("Self-service kiosks", "自助办理终端")
        shifts = (Shift(self.count, scenario.calendar.week),)
        always = scenario.calendar.always
        return with_pool_added(
            scenario, Pool(self.pool, name, "window", shifts, cost=self.cost, always=always), ("pool",)
        )

    def with_helpers(self, scenario: Scenario) -> Scenario:
        """The scenario in which the helpers have left their pool."""
        if self.helped_by is None:
            return scenario
        need_pool(scenario, self.helped_by, ("helper", "from"))
        pool = scenario.pool(self.helped_by)
        if self.helpers > pool.count:
            raise Refusal(f"{pool.id} has {pool.count} posts, fewer than {self.helpers}", "", ("helper", "posts"))
        return scenario.with_pool(staffed(pool, pool.count - self.helpers)) if self.helpers else scenario


def with_window_behind(service: Service, step: Step, moved: Step, fails: float) -> Service:
    """The service in which the step follows an attempt at the kiosk, for the share at which that fails.

    Both have the streams of the old step: who comes to the window has there the work and the luck of before.
    """
    name = Text(f"{step.name.en} at a kiosk", f"{step.name.zh}（自助终端）")
    first = new_step(service, f"{step.id}_kiosk", name, ("step",))
    back = step.returns and replace(step.returns, to=first.id if step.returns.to == step.id else step.returns.to)
    first = replace(
        moved, id=first.id, name=name, accepted=False, decision=False, collected=False,
        choose=(), fails=None, returns=back,
    )  # fmt: skip
    window = replace(
        step, share=step.share * fails, returns=None, refuses=0.0, revokes=0.0, documents=0, papers=(), gate=None
    )
    steps = tuple(
        replace(other, returns=replace(other.returns, to=first.id))
        if other.returns is not None and other.returns.to == step.id and other.id != step.id
        else other
        for other in service.steps
    )
    steps = tuple(window if other.id == step.id else other for other in steps)
    return put_before(replace(service, steps=steps), first, [step.id])


def read(spec: Spec, **beside: Any) -> Kiosk:
    """The measure that the file writes."""
    return Kiosk(
        step=spec.step,
        share=spec.share,
        count=spec.count,
        pool=spec.pool or "kiosk",
        time=spec.time,
        fails=spec.fails,
        helped_by=None if spec.helper is None else spec.helper.from_,
        helpers=0 if spec.helper is None else spec.helper.posts,
        cost=spec.cost,
        **beside,
    )


KIND = Kind(
    key="kiosk",
    place=18,
    name=Text("self-service kiosk", "自助办理终端"),
    effect=Text("Simple matters leave the windows for kiosks.", "简单事项由窗口分流到自助终端办理。"),
    catch=Text(
        "Kiosks fail, and who fails joins the queue at the window again; an officer helps beside them.",
        "终端办理不成的须回窗口重新排队；现场需要导办人员。",
    ),
    spec=Spec,
    read=read,
    example="kiosk: {step: id_card.counter, share: 40 %, count: 3, time: 120 %, fails: 15 %, helper: {from: general}, "
    "cost: 12000 CNY/year}",
)
