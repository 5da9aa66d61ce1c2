"""Purchased service (政府购买服务、编外人员): contracted staff help a pool with what needs no decision.

They are a pool of their own, with a cost of its own, that does the steps of the other one where nobody is free there.
Steps that decide, refuse or revoke, or that rest on the law, stay with officers.

With a turnover of ``t`` a year tenures are exponential. In the long run the mean of an excess ``e`` that halves with
each half-life ``h`` (in years) is e t / (t + ln 2 / h), the Laplace transform of the tenure; so much slower are they
on average. A post that is vacant for ``v`` years after each tenure is so for v / (1 / t + v) of the time (renewal
reward: Ross, Introduction to Probability Models, 7.4): the language has this as illness, which does not differ for a
queue.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from simgov.distributions import Constant
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, need_pool, the_step
from simgov.reforms.officers import need_currency
from simgov.reforms.shaping import with_pool_added
from simgov.scenario.fields import CostField, Count, DurationField, FactorField, Id, PeriodField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Absences, Alternative, Pool, Scenario, Service, Sickness, Step, Text, staffed
from simgov.units import Duration, Money

HALF_LIFE = Duration(20.0, "workday")
NOT_VACANT = Duration(0.0)
WORKDAYS_A_YEAR = 250.0
MINUTES_A_YEAR = 365 * 1440.0


class Spec(Section):
    """Buy service."""

    pool: Id = given(NEEDED, "The pool that they help", "协助的岗位")
    posts: Count = given(NEEDED, "How many posts", "购买服务的岗位数")
    as_: Id | None = given(
        None,
        "What their pool is called; default: the name of the other with _contracted",
        "新岗位名称；默认在原岗位名后加 _contracted",
        alias="as",
    )
    cost: CostField | None = given(
        None, "Cost of one post; default: that of a post of the other pool", "每个岗位的成本；默认与原岗位相同"
    )
    steps: list[str] | None = given(
        None,
        "What they do, service.step; default: every step of the pool that neither decides nor rests on the law",
        "承担的环节；默认该岗位不作决定、无法定依据的全部环节",
    )
    slowdown: FactorField = given(0.0, "How much longer they take", "办理多用时间的比例", "%")
    turnover: FactorField = given(0.0, "Share of them who leave in a year", "年流失率", "%")
    novice: FactorField = given(
        0.0, "How much longer still a new one takes at first", "新人上岗初期多用时间的比例", "%"
    )
    half_life: PeriodField = given(
        HALF_LIFE, "The time in which that halves", "新人多用时间减半所需的时间", source=ASSUMPTION
    )
    vacant: DurationField | None = given(
        None, "How long the post of one who leaves is vacant", "人员流失后岗位空缺时间"
    )


@dataclass(frozen=True, kw_only=True)
class PurchasedService(Measure):
    """``posts`` contracted staff in the pool ``called`` do ``steps`` of the pool, and may not decide."""

    kind: ClassVar[str] = "purchased_service"
    by_case: ClassVar[bool] = False

    pool: str
    posts: int
    called: str
    cost: Money | None = None
    steps: tuple[str, ...] | None = None
    slowdown: float = 0.0
    turnover: float = 0.0
    novice: float = 0.0
    half_life: Duration = HALF_LIFE
    vacant: Duration = NOT_VACANT

    def weaker(self, share: float) -> Self:
        """Fewer posts, rounded."""
        return replace(self, posts=round(self.posts * share))

    def change(self, scenario: Scenario) -> Scenario:
        """A pool more, that helps."""
        need_pool(scenario, self.pool, ("pool",))
        need_currency(scenario, self.cost, ("cost",))
        helped = self.helped(scenario)
        if self.posts == 0:
            return scenario
        other = Alternative(self.called, self.pace)
        scenario = with_pool_added(scenario, self.contracted(scenario.pool(self.pool)), ("as",))
        for service, step in helped:
            scenario = scenario.with_step(service.id, replace(step, alternatives=(*step.alternatives, other)))
        systems = tuple(
            replace(system, pools=(*system.pools, self.called)) if self.pool in system.pools else system
            for system in scenario.systems
        )
        return replace(scenario, systems=systems)

    def helped(self, scenario: Scenario) -> list[tuple[Service, Step]]:
        """The steps that they do."""
        if self.steps is None:
            found = [
                (service, step)
                for service in scenario.services
                for step in service.steps
                if self.is_of_the_pool(step) and not reserved(step)
            ]
            if not found:
                message = f"{self.pool} does nothing but decide, or what rests on the law"
                raise Refusal(message, "contracted staff may not do that", ("pool",))
            return found
        return [self.helped_step(scenario, name, ("steps", place)) for place, name in enumerate(self.steps)]

    def helped_step(self, scenario: Scenario, name: str, at: Place) -> tuple[Service, Step]:
        """One step that is named."""
        service, step = the_step(scenario, name, at)
        if not self.is_of_the_pool(step):
            raise Refusal(f"{name} is not done by {self.pool} alone", "name a step of the pool", at)
        if reserved(step):
            raise Refusal(f"{name} {reserved(step)}", "contracted staff may not do it", at)
        return service, step

    def is_of_the_pool(self, step: Step) -> bool:
        """Whether the pool does it, and nobody has to be there with it."""
        return step.at == self.pool and not step.together and not step.removed

    @property
    def pace(self) -> float:
        """How long they take on average, with the new ones among them."""
        fading = math.log(2.0) / years(self.half_life)
        new = self.novice * self.turnover / (self.turnover + fading) if self.turnover else 0.0
        return (1.0 + self.slowdown) * (1.0 + new)

    def contracted(self, pool: Pool) -> Pool:
        """Their pool: the hours and rules of the other one."""
        absences = Absences()
        if self.turnover and self.vacant.amount:
            away = self.turnover * years(self.vacant)
            absences = Absences(Sickness(away / (1.0 + away), Constant(self.vacant.amount, self.vacant.base)))
        name = Text(f"{pool.name.en} (contracted)", f"{pool.name.zh}（购买服务）")
        alike = replace(pool, id=self.called, name=name, absences=absences, prefers=(), tide=None, learning=None)
        return replace(staffed(alike, self.posts), cost=self.cost or pool.cost)


def years(time: Duration) -> float:
    """A time in years: of 250 workdays, or of 365 days."""
    return time.amount / (WORKDAYS_A_YEAR if time.base == "workday" else MINUTES_A_YEAR)


def reserved(step: Step) -> str:
    """Why a step is for officers alone; "" where it is not."""
    if step.decision:
        return "decides"
    if step.refuses or step.revokes:
        return "may refuse or revoke"
    if step.basis:
        return f"rests on the law ({step.basis})"
    statutory = next((part for part in step.parts if part.basis and part.kept), None)
    return f"has a part, {statutory.id}, that rests on the law ({statutory.basis})" if statutory else ""


def read(spec: Spec, **beside: Any) -> PurchasedService:
    """The measure that the file writes."""
    return PurchasedService(
        pool=spec.pool,
        posts=spec.posts,
        called=spec.as_ or f"{spec.pool}_contracted",
        cost=spec.cost,
        steps=None if spec.steps is None else tuple(spec.steps),
        slowdown=spec.slowdown,
        turnover=spec.turnover,
        novice=spec.novice,
        half_life=spec.half_life,
        vacant=spec.vacant or NOT_VACANT,
        **beside,
    )


KIND = Kind(
    key="purchased_service",
    place=27,
    name=Text("purchased service", "政府购买服务、编外人员"),
    effect=Text(
        "Contracted staff accept and guide beside the officers; they may not decide.",
        "通过购买服务增加辅助人员，承担受理、引导等事务性工作，不得作出行政决定。",
    ),
    catch=Text(
        "They leave often: new ones are slower, and posts are vacant meanwhile. What decides stays with officers.",
        "人员流动大：新人不熟练，岗位时有空缺；决定环节仍须由在编人员办理。",
    ),
    spec=Spec,
    read=read,
    example="purchased_service: {pool: general, posts: 2, cost: 22 CNY/h, turnover: 40 %, novice: 60 %}",
)
