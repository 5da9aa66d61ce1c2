"""Outposts (就近办、15分钟服务圈): small offices near the people take over a share of what one pool does in person.

Each place gets the same share of the cases, by the case's own draw of uptake, and all the steps in person of a case are
done at one place. Files stay where they were. The posts come out of the centre, whose rules and hours the places have,
unless they are new; what is saved of the way is taken off the applicant's ``travel``, where the file says it.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from functools import partial
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_service
from simgov.reforms.partly import partly
from simgov.reforms.shaping import with_pool_added
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Absences, Pool, Reach, Scenario, Service, Step, Text, staffed
from simgov.units import Duration


class Spec(Section):
    """Places that do what a pool does in person."""

    pool: Id = given(NEEDED, "The pool of the centre", "中心大厅的岗位")
    places: Annotated[int, Field(ge=1, le=1000)] = given(NEEDED, "How many outposts", "服务点个数")
    posts: Annotated[int, Field(ge=1)] = given(NEEDED, "Posts of each", "每个服务点的岗位数")
    share: ShareField = given(NEEDED, "Share of the cases that go to an outpost", "就近办理的办件比例", "%")
    services: list[Id] | None = given(
        None, "The services that they do; default: all of the pool", "可就近办理的事项；默认为该岗位的全部事项"
    )
    travel: ShareField = given(0.0, "How much less the applicant travels", "申请人路途时间减少的比例", "%")
    new_posts: bool = given(
        False, "Whether the posts are new ones; otherwise the centre gives them", "是否新增岗位；否则从中心大厅调出"
    )


@dataclass(frozen=True, kw_only=True)
class Outposts(Measure):
    """``places`` pools of ``posts`` each do the steps in person of ``pool``, for a ``share`` of the cases in all.

    ``travel`` is the share of the applicant's way that is saved; ``services`` None: all that have such steps.
    """

    kind: ClassVar[str] = "outposts"

    pool: str
    places: int
    posts: int
    share: float
    services: tuple[str, ...] | None = None
    travel: float = 0.0
    new_posts: bool = False

    def uptake_on(self, date: datetime.date) -> float:
        """The share of cases that go to an outpost on a date."""
        return super().uptake_on(date) * self.share

    def change(self, scenario: Scenario) -> Scenario:
        """The scenario if every case went to an outpost: to each place as many."""
        return self.reached(scenario, Reach())

    def reached(self, scenario: Scenario, reach: Reach) -> Scenario:
        """The scenario with the pools, and with one way more for each place: the first place, the second, ..."""
        changed = self.with_places(scenario, keeps_cases=not reach.everybody)
        for place in range(1, self.places + 1):
            part = Reach(reach.upto * place / self.places, reach.groups)
            changed = partly(changed, part, partial(self.moved, place=self.name(place)))
        return changed

    def name(self, place: int) -> str:
        """The id of the pool of a place, counted from 1."""
        return f"{self.pool}_{place}"

    def with_places(self, scenario: Scenario, keeps_cases: bool) -> Scenario:
        """The scenario with the pools of the outposts, their posts taken from the centre unless they are new."""
        need_pool(scenario, self.pool, ("pool",))
        centre = scenario.pool(self.pool)
        moving = 0 if self.new_posts else self.places * self.posts
        if moving > centre.count or (moving == centre.count and keeps_cases):
            left = "fewer than" if moving > centre.count else "and would keep none of"
            hint = "take fewer, or write new_posts: true"
            raise Refusal(f"{centre.id} has {centre.count} posts, {left} {moving}", hint, ("posts",))
        for place in range(1, self.places + 1):
            scenario = with_pool_added(scenario, self.outpost(centre, place), ("pool",))
        return scenario.with_pool(staffed(centre, centre.count - moving)) if moving else scenario

    def outpost(self, centre: Pool, place: int) -> Pool:
        """The pool of a place: the centre's rules and hours, its own officers."""
        name = Text(f"{centre.name.en}, outpost {place}", f"{centre.name.zh}（服务点{place}）")
        ill = Absences(sickness=centre.absences.sickness)
        own = replace(centre, id=self.name(place), name=name, prefers=(), tide=None, absences=ill)
        return staffed(own, self.posts)

    def moved(self, scenario: Scenario, place: str) -> Scenario:
        """The scenario whose cases go to that place. Raises ``Refusal`` where there is nothing for them to do there."""
        for position, name in enumerate(self.services or ()):
            service = the_service(scenario, name, ("services", position))
            if not any(self.goes(step) for step in service.steps):
                message = f"{service.id} has no step in person at {self.pool}"
                raise Refusal(message, "leave it out", ("services", position))
        chosen = [service for service in scenario.services if self.services is None or service.id in self.services]
        going = [service for service in chosen if any(self.goes(step) for step in service.steps)]
        if not going:
            raise Refusal(f"nothing is done in person at {self.pool}", "", ("pool",))
        for service in going:
            scenario = scenario.with_service(self.nearer(service, place))
        return scenario

    def nearer(self, service: Service, place: str) -> Service:
        """The service with its steps in person at a place, and a shorter way there."""
        steps = tuple(self.at(step, place) if self.goes(step) else step for step in service.steps)
        travel = service.travel
        if travel is not None and self.travel > 0.0:
            travel = Duration(travel.amount * (1.0 - self.travel), travel.base)
        return replace(service, steps=steps, travel=travel)

    def goes(self, step: Step) -> bool:
        """Whether the step is one of those that an outpost does."""
        return step.in_person and not step.removed and self.pool in step.pools

    def at(self, step: Step, place: str) -> Step:
        """The step with the place instead of the centre."""
        others = tuple(replace(other, pool=place) if other.pool == self.pool else other for other in step.alternatives)
        together = tuple(place if pool == self.pool else pool for pool in step.together)
        return replace(step, at=place if step.at == self.pool else step.at, alternatives=others, together=together)


def read(spec: Spec, **beside: Any) -> Outposts:
    """The measure that the file writes."""
    return Outposts(
        pool=spec.pool,
        places=spec.places,
        posts=spec.posts,
        share=spec.share,
        services=None if spec.services is None else tuple(spec.services),
        travel=spec.travel,
        new_posts=spec.new_posts,
        **beside,
    )


KIND = Kind(
    key="outposts",
    place=19,
    name=Text("outposts", "就近办（15分钟服务圈）"),
    effect=Text(
        "Small offices near the people do what the centre did; the way is shorter and the demand is split.",
        "在社区、街镇设立服务点就近办理，申请人路途缩短，业务量分散。",
    ),
    catch=Text("Small pools queue worse than one large one.", "岗位分散后，小窗口排队不如集中办理。"),
    spec=Spec,
    read=read,
    example="outposts: {pool: general, places: 2, posts: 1, share: 40 %, travel: 70 %}",
)
