"""Parallel approval (并联审批): steps that waited for each other begin together, and whatever followed waits for all.

A branch of several steps, as a file that is carried to a division and then signed there, keeps its own order. Refused
where one step is a legal precondition (前置条件) of another that would run beside it.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, ClassVar

from pydantic import Discriminator, Field, Tag

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, steps_of_one_service
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, kind_tag
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Step, Text

Branch = str | tuple[str, ...]
"""A step, or steps one after the other."""

BranchField = Annotated[
    Annotated[str, Tag("<text>")] | Annotated[list[str], Field(min_length=1), Tag("<list>")], Discriminator(kind_tag)
]


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


Spec = Annotated[
    Annotated[list[BranchField], Tag("<list>")] | Annotated[LongSpec, Tag("<mapping>")], Discriminator(kind_tag)
]
"""``[service.step, [service.step, service.step], ...]``, or ``{service: ..., steps: [...]}``."""


@dataclass(frozen=True, kw_only=True)
class Parallel(Measure):
    """``steps`` side by side, each a step or a branch of several; ``at`` is where the file lists them."""

    kind: ClassVar[str] = "parallel"

    steps: tuple[Branch, ...]
    service: str | None = None
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
        return scenario.with_service(replace(service, steps=tuple(routes.rewired(step) for step in service.steps)))

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
    if isinstance(spec, LongSpec):
        return Parallel(steps=steps, service=spec.service, at=("steps",), **beside)
    return Parallel(steps=steps, **beside)


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
