"""Centralised approval (集中审批): approvers move to the hall, and the transfers between hall and home vanish.

The ``steps`` are done by the pool ``into`` from then on, and the delays ``transfers`` by nobody. As many ``posts`` as
are said move there from each home pool, which has so many fewer for what it keeps doing. A pool ``into`` that is not
there yet gets its hours, rules and cost from the first home pool, and needs a ``name``. Where only a share of cases is
approved centrally, that share of the posts moves, one at least.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import (
    Measure,
    Refusal,
    need_in_use,
    need_no_basis,
    need_no_dependent,
    need_pool,
    step_of,
    the_service,
)
from simgov.reforms.shaping import skipped, with_pool_added
from simgov.scenario.fields import Id, NameField, text_of, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Absences, Pool, Scenario, Service, Step, Text, staffed

PostsField = dict[Id, Annotated[int, Field(ge=0)]]


class Spec(Section):
    """Approve in the hall."""

    service: Id = given(NEEDED, "The service", "事项")
    steps: list[str] = given(NEEDED, "The steps that are done centrally from then on", "集中办理的环节")
    into: Id = given(NEEDED, "The pool that does them; a new one where it has a name", "集中后由哪个岗位办理；可新设")
    name: NameField | None = given(None, "What a new pool is called: one text, or {zh: ..., en: ...}", "新设岗位的名称")
    transfers: list[str] = given((), "The delays that vanish, such as carrying the file over", "随之取消的转送环节")
    posts: PostsField = given(
        {}, "How many posts move there from each pool: {planning: 1}", "从各部门岗位划入的人数，如 {planning: 1}"
    )


@dataclass(frozen=True, kw_only=True)
class CentralisedApproval(Measure):
    """The pool ``into`` does ``steps``, with ``posts`` from their home pools; ``transfers`` vanish."""

    kind: ClassVar[str] = "centralised_approval"

    service: str
    steps: tuple[str, ...]
    into: str
    name: Text | None = None
    transfers: tuple[str, ...] = ()
    posts: tuple[tuple[str, int], ...] = ()

    def applied(self, scenario: Scenario, share: float) -> Scenario:
        """Case by case as other measures, and with that share of the posts."""
        if share >= 1.0:
            return super().applied(scenario, share)
        posts = tuple((pool, max(min(count, 1), round(count * share))) for pool, count in self.posts)
        return Measure.applied(replace(self, posts=posts), scenario, share)

    def change(self, scenario: Scenario) -> Scenario:
        """Steps and posts in one place, without transfers."""
        service = the_service(scenario, self.service, ("service",))
        steps = [step_of(scenario, service.id, name, ("steps", i)) for i, name in enumerate(self.steps)]
        for position, step in enumerate(steps):
            check_can_move(service, step, ("steps", position))
        scenario = self.with_posts(scenario)
        scenario = scenario.with_service(skipped(self.moved(service, steps), self.vanishing(scenario, service)))
        scenario = replace(scenario, pools=tuple(self.no_longer_preferring(pool) for pool in scenario.pools))
        self.refuse_empty(scenario)
        return scenario

    def moved(self, service: Service, steps: list[Step]) -> Service:
        """The service whose steps are done by the one pool."""
        names = {step.id for step in steps}
        return replace(
            service,
            steps=tuple(
                replace(step, at=self.into, alternatives=()) if step.id in names else step for step in service.steps
            ),
        )

    def vanishing(self, scenario: Scenario, service: Service) -> set[str]:
        """The transfers; refused where one is work of officers or the law wants it."""
        names: set[str] = set()
        for position, name in enumerate(self.transfers):
            at = ("transfers", position)
            step = step_of(scenario, service.id, name, at)
            where = f"{service.id}.{step.id}"
            if step.at is not None:
                hint = "a step that officers do is removed with remove_step"
                raise Refusal(f"{where} is done by {step.at} and is no transfer", hint, at)
            need_no_basis(where, step, at)
            need_no_dependent(service, step, at=at)
            names.add(step.id)
        return names

    def with_posts(self, scenario: Scenario) -> Scenario:
        """The scenario whose posts have moved to the pool, made new where it is not there."""
        known = [pool.id for pool in scenario.pools]
        for pool_id, count in self.posts:
            need_pool(scenario, pool_id, ("posts", pool_id))
            if pool_id == self.into:
                raise Refusal("the posts would come from where they go to", "", ("posts", pool_id))
            if count > scenario.pool(pool_id).count:
                message = f"{pool_id} has {scenario.pool(pool_id).count} posts, fewer than {count}"
                raise Refusal(message, "", ("posts", pool_id))
        if self.into not in known:
            scenario = self.with_new_pool(scenario, known)
        elif self.name is not None:
            raise Refusal(f"there is a pool {self.into} already", "leave its name out", ("name",))
        for pool_id, count in self.posts:
            scenario = scenario.with_pool(staffed(scenario.pool(pool_id), scenario.pool(pool_id).count - count))
        total = sum(count for _, count in self.posts)
        return scenario.with_pool(staffed(scenario.pool(self.into), scenario.pool(self.into).count + total))

    def with_new_pool(self, scenario: Scenario, known: list[str]) -> Scenario:
        """The scenario with the new pool, which has no posts yet."""
        if self.name is None:
            message, hint = unknown("pool", self.into, known)
            raise Refusal(message, hint or "give it a name to make it a new one", ("into",))
        if not self.posts:
            raise Refusal(f"nobody would work at {self.into}", "say from where posts move there", ("posts",))
        home = scenario.pool(self.posts[0][0])
        rules = replace(home, id=self.into, name=self.name, tide=None, prefers=(), learning=None)
        own = replace(rules, absences=Absences(sickness=home.absences.sickness))
        return with_pool_added(scenario, staffed(own, 0), ("into",))

    def no_longer_preferring(self, pool: Pool) -> Pool:
        """A pool that preferred one of the steps does so no longer, where it does not do it any more."""
        if pool.id == self.into:
            return pool
        gone = {name if "." in name else f"{self.service}.{name}" for name in self.steps}
        return replace(pool, prefers=tuple(name for name in pool.prefers if name not in gone))

    def refuse_empty(self, scenario: Scenario) -> None:
        """Refuse to leave a home pool without anybody and with work, or the one pool without posts."""
        for pool_id in (*(pool for pool, _ in self.posts), *([self.into] if self.steps else [])):
            work = (f"{s.id}.{step.id}" for s in scenario.services for step in s.steps if step.at == pool_id)
            first = next(work, None)
            if scenario.pool(pool_id).count == 0 and first is not None:
                raise Refusal(f"nobody would be left at {pool_id} for {first}", "leave a post there", ("posts",))


def check_can_move(service: Service, step: Step, at: tuple[str, int]) -> None:
    """Refuse a step that officers do not do, or not alone."""
    where = f"{service.id}.{step.id}"
    need_in_use(where, step, at)
    if step.at is None:
        raise Refusal(f"{where} is a delay outside every pool", "a transfer that vanishes is named in transfers", at)
    if step.together:
        raise Refusal(f"{where} is done by several pools together", "leave it out", at)


def read(spec: Spec, **beside: Any) -> CentralisedApproval:
    """The measure that the file writes."""
    posts: Mapping[str, int] = spec.posts
    return CentralisedApproval(
        service=spec.service,
        steps=tuple(spec.steps),
        into=spec.into,
        name=text_of(spec.name, spec.into) if spec.name else None,
        transfers=tuple(spec.transfers),
        posts=tuple(posts.items()),
        **beside,
    )


KIND = Kind(
    key="centralised_approval",
    place=6,
    name=Text("centralised approval", "集中审批"),
    effect=Text(
        "Approvers of the departments move to the hall and approve there, so that nothing is carried over and back.",
        "各部门审批人员进驻大厅集中办理，部门与大厅之间的转送环节取消。",
    ),
    catch=Text(
        "The home departments thin out: what they keep doing waits longer.",
        "原部门人手减少，留在部门办理的业务等待变长。",
    ),
    spec=Spec,
    read=read,
    example="centralised_approval: {service: permit, steps: [draft, recheck], into: hall_desk, "
    "name: {zh: 大厅审批岗, en: Approvals in the hall}, transfers: [carry], posts: {planning: 1}}",
)
