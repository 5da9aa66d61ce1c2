"""Parallel approval (并联审批): steps that waited for each other begin together, and whatever followed waits for all.

A branch of several steps, as a file that is carried to a division and then signed there, keeps its own order. Refused
where one step is a legal precondition (前置条件) of another that would run beside it.

A lead department may merge the opinions (``merging``): a step of its own, after all of them. Where they conflict
(``conflicts``, a share of cases), an officer of the lead department and one of the last pool of each branch talk it
over together, a further step after that. Where one branch refuses, the others' work is for nothing: the engines see
to that.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag, model_validator

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, need_pool, steps_of_one_service
from simgov.reforms.shaping import new_step
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, ShareField, fault, kind_tag
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text

Branch = str | tuple[str, ...]
"""A step, or steps one after the other."""

BranchField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]


class MergingSpec(Section):
    """How opinions are merged once all of them are there."""

    at: Id = Field(description="The pool of the lead department")
    time: TimeField = Field(description="Work of merging the opinions on one case")
    into: Id = Field("merged_opinions", description="Name of the step")


class LongSpec(Section):
    """Steps of one service side by side."""

    service: Id | None = given(
        None, "Their service, where the steps are named without it", "所属事项（环节名前未写事项时）"
    )
    steps: list[BranchField] = given(
        NEEDED,
        "The steps: [service.step, service.step, ...]; a branch of several is a list itself",
        "并行办理的环节；一个分支有多个环节时写成列表",
    )
    merging: MergingSpec | None = given(
        None,
        "Who merges the opinions afterwards: {at: pool, time: ..., into: name of that step}; default: nobody",
        "由牵头部门汇总意见：{at 岗位, time 用时, into 环节标识}；默认不设",
    )
    conflicts: ShareField = given(
        0.0,
        "Share of cases with conflicting opinions, which the lead and all branches talk over together",
        "部门意见不一致、需共同会商的办件比例",
        "%",
    )
    talks: TimeField | None = given(
        None,
        "How long they talk; default: as long as merging takes",
        "会商用时；默认与汇总意见用时相同",
        source=ASSUMPTION,
    )

    @model_validator(mode="after")
    def somebody_merges(self) -> LongSpec:
        """Conflicts come up where opinions are merged."""
        if self.merging is None and (self.conflicts or self.talks is not None):
            raise fault("conflicts come up where opinions are merged", "say who does that with merging")
        return self


Spec = Annotated[
    Annotated[list[BranchField], Tag("<list>")] | Annotated[LongSpec, Tag("<mapping>")], Discriminator(kind_tag)
]
"""``[service.step, [service.step, service.step], ...]``, or ``{service: ..., steps: [...]}``."""


@dataclass(frozen=True)
class Merging:
    """The pool ``at`` merges the opinions in the step ``into``, and ``conflicts`` of the cases are talked over."""

    at: str
    time: Distribution
    into: str = "merged_opinions"
    conflicts: float = 0.0
    talks: Distribution | None = None


@dataclass(frozen=True, kw_only=True)
class Parallel(Measure):
    """``steps`` side by side, each a step or a branch of several; ``at`` is where the file lists them."""

    kind: ClassVar[str] = "parallel"

    steps: tuple[Branch, ...]
    service: str | None = None
    merging: Merging | None = None
    at: Place = field(default=(), compare=False)

    @property
    def branches(self) -> tuple[tuple[str, ...], ...]:
        """The names of the steps of each branch, in order."""
        return tuple((branch,) if isinstance(branch, str) else branch for branch in self.steps)

    def change(self, scenario: Scenario) -> Scenario:
        """The first of each branch gets all predecessors that any had outside; what followed any follows the last."""
        names = tuple(name for branch in self.branches for name in branch)
        try:
            if len(self.branches) < 2:
                raise Refusal("names fewer than two steps side by side", "", self.at)
            service, steps = steps_of_one_service(scenario, names, self.service, self.at)
            ids = iter(step.id for step in steps)
            routes = Routes.of(service, tuple(tuple(next(ids) for _ in branch) for branch in self.branches))
            self.check(service, steps, routes)
        except Refusal as refusal:
            raise Refusal(refusal.message, refusal.hint, self.place(refusal.at)) from None
        changed = replace(service, steps=tuple(routes.rewired(step) for step in service.steps))
        return scenario.with_service(self.merged(scenario, changed, routes))

    def merged(self, scenario: Scenario, service: Service, routes: Routes) -> Service:
        """The service with the step in which opinions are merged, and that in which they are talked over."""
        merging = self.merging
        if merging is None:
            return service
        need_pool(scenario, merging.at, ("merging", "at"))
        lasts = tuple(branch[-1] for branch in routes.branches)
        deciding = next((step.id for step in service.steps if step.id in routes.inside and step.decision), None)
        if deciding is not None:
            message = f"{deciding} decides, and opinions would be merged after the decision"
            raise Refusal(message, "let a later step decide", ("merging",))
        name = Text("Opinions merged", "汇总意见")
        new = new_step(service, merging.into, name, ("merging", "into"))
        service = put_after_all(service, replace(new, at=merging.at, time=merging.time), lasts)
        if merging.conflicts == 0.0:
            return service
        departments = [pool for last in lasts for pool in service.step(last).pools[:1] if pool != merging.at]
        talks = replace(
            new_step(service, f"{merging.into}_talks", Text("Conflicts talked over", "意见会商"), ("merging", "into")),
            at=merging.at,
            together=tuple(dict.fromkeys(departments)),
            time=merging.talks or merging.time,
            share=merging.conflicts,
        )
        return put_after_all(service, talks, (merging.into,))

    def place(self, at: Place) -> Place:
        """Where the file has the step that ``at`` counts without regard to branches."""
        position = at[len(self.at)] if len(at) > len(self.at) else None
        if not isinstance(position, int):
            return at
        places: list[Place] = []
        for i, branch in enumerate(self.steps):
            places += [(i,)] if isinstance(branch, str) else [(i, j) for j in range(len(branch))]
        return (*self.at, *places[position])

    def check(self, service: Service, steps: list[Step], routes: Routes) -> None:
        """Refuse preconditions, steps in between, branches out of order, and choices among the steps."""
        inside, before = routes.inside, ancestors(service)
        for position, step in enumerate(steps):
            at = (*self.at, position)
            beside = inside - routes.earlier(step.id) - {step.id}
            for needed in step.needs:
                if needed in beside or (needed not in inside and beside & before[needed]):
                    raise Refusal(
                        f"{needed} is a legal precondition (前置条件) of {step.id}", "leave one of them out", at
                    )
            late = [other for other in routes.earlier(step.id) if step.id in before[other]]
            if late:
                raise Refusal(f"{step.id} comes before {late[0]}", "name the steps of a branch in their order", at)
            between = [other for other in before[step.id] - inside if inside & before[other]]
            if between:
                raise Refusal(
                    f"{between[0]} stands between the steps before {step.id}", "name it too, or leave it alone", at
                )
            if step.choose:
                raise Refusal(f"{step.id} chooses what follows, which would follow the others too", "", at)
            if step.returns is not None and step.returns.to in beside:
                raise Refusal(f"{step.id} sends cases back to {step.returns.to}, which would run beside it", "", at)
            if any(other in inside for chooser in service.steps for other, _ in chooser.choose):
                raise Refusal(
                    "a choice leads to one of these steps",
                    "only steps that every case reaches can run side by side",
                    at,
                )


@dataclass(frozen=True)
class Routes:
    """The branches by the ids of their steps, and ``before``: what all of them begin after."""

    branches: tuple[tuple[str, ...], ...]
    inside: frozenset[str]
    before: tuple[str, ...]

    @staticmethod
    def of(service: Service, branches: tuple[tuple[str, ...], ...]) -> Routes:
        """The routes that these branches have in ``service``."""
        inside = frozenset(step for branch in branches for step in branch)
        before = united(step.after for step in service.steps if step.id in inside)
        return Routes(branches, inside, tuple(other for other in before if other not in inside))

    def earlier(self, step: str) -> frozenset[str]:
        """The steps before this one in its branch."""
        branch = next(branch for branch in self.branches if step in branch)
        return frozenset(branch[: branch.index(step)])

    def rewired(self, step: Step) -> Step:
        """A step of the service with its new predecessors."""
        if step.id in self.inside:
            branch = next(branch for branch in self.branches if step.id in branch)
            position = branch.index(step.id)
            return following(step, (branch[position - 1],) if position else self.before)
        if not self.inside & set(step.after):
            return step
        outside = tuple(other for other in step.after if other not in self.inside)
        return following(step, united((outside, tuple(branch[-1] for branch in self.branches))))


def put_after_all(service: Service, new: Step, before: tuple[str, ...]) -> Service:
    """The service in which ``new`` follows all of ``before``, and what followed any of them follows ``new`` instead."""
    names = set(before)

    def behind(step: Step) -> Step:
        if not names & set(step.after):
            return step
        return replace(step, after=united(((new.id,), tuple(other for other in step.after if other not in names))))

    inside = [position for position, step in enumerate(service.steps) if step.id in names]
    place = max(inside) + 1
    steps = [behind(step) for step in service.steps]
    return replace(service, steps=(*steps[:place], replace(new, after=before), *steps[place:]))


def following(step: Step, after: tuple[str, ...]) -> Step:
    """The step after those; itself where they are the same in another order."""
    return step if set(after) == set(step.after) else replace(step, after=after)


def united(lists: Iterable[tuple[str, ...]]) -> tuple[str, ...]:
    """What is in any of the lists, once, in order."""
    return tuple(dict.fromkeys(item for items in lists for item in items))


def read(spec: Any, **beside: Any) -> Parallel:
    """The measure that the file writes."""
    written = spec.steps if isinstance(spec, LongSpec) else spec
    steps = tuple(branch if isinstance(branch, str) else tuple(branch) for branch in written)
    if not isinstance(spec, LongSpec):
        return Parallel(steps=steps, **beside)
    merging = None
    if spec.merging is not None:
        talks = None if spec.talks is None else time_of(spec.talks)
        merging = Merging(spec.merging.at, time_of(spec.merging.time), spec.merging.into, spec.conflicts, talks)
    return Parallel(steps=steps, service=spec.service, merging=merging, at=("steps",), **beside)


KIND = Kind(
    key="parallel",
    place=7,
    name=Text("parallel approval", "并联审批"),
    effect=Text(
        "Steps that waited for each other begin together; what follows waits for all of them.",
        "原来依次办理的环节同时启动，全部办结后进入下一环节。",
    ),
    catch=Text(
        "The slowest branch rules; opinions may conflict; where one branch refuses, the work of the others is wasted.",
        "最慢的部门决定总时长；各部门意见可能冲突；一个部门不同意，其他部门的工作就白做了。",
    ),
    spec=Spec,
    read=read,
    parameters_of=LongSpec,
    example="parallel: [permit.planning, permit.fire]",
)
