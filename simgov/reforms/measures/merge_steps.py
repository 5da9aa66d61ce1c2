"""Merge steps (合并环节): consecutive steps become one visit, each old step a part of it with its own draw of work.

The old steps' random streams go on in the parts, so that two runs stay paired.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, steps_of_one_service
from simgov.reforms.shaping import scaled
from simgov.scenario.checks import followers
from simgov.scenario.fields import Id, NameField, ShareField, text_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Document, Part, Pool, Returns, Scenario, Service, Step, Text


class Spec(Section):
    """Make one step of several that follow each other."""

    steps: list[str] = given(
        NEEDED, "The steps in their order: [service.step, service.step]", "按先后顺序列出要合并的环节"
    )
    service: Id | None = given(
        None, "Their service, where the steps are named without it", "所属事项（环节名前未写事项时）"
    )
    into: Id = given(NEEDED, "Name of the new step", "合并后环节的标识")
    name: NameField | None = given(
        None, "What the new step is called: one text, or {zh: ..., en: ...}", "合并后环节的名称"
    )
    at: Id | None = given(
        None, "The pool that does it; default: the pool that did all of them", "由哪个岗位办理；默认原来共同的岗位"
    )
    saving: ShareField = given(
        0.0,
        "Share of the work that falls away with the second set-up, e.g. 20 %",
        "因不再重复接手而省去的工作量比例",
        "%",
    )
    slower: ShareField = given(
        0.0,
        "How much longer all of it takes those who need every skill for it, e.g. 10 %",
        "办理人员需掌握全部技能而多用时间的比例",
        "%",
    )


@dataclass(frozen=True, kw_only=True)
class MergeSteps(Measure):
    """``steps`` become the step ``into`` at the pool ``at``, with ``saving`` of the work saved.

    Who does it needs every skill, so that what is left of the work takes ``1 + slower`` times as long.
    """

    kind: ClassVar[str] = "merge_steps"

    steps: tuple[str, ...]
    into: str
    service: str | None = None
    name: Text | None = None
    at: str | None = None
    saving: float = 0.0
    slower: float = 0.0

    def change(self, scenario: Scenario) -> Scenario:
        """The service with one step in place of the old ones."""
        service, steps = steps_of_one_service(scenario, self.steps, self.service, ("steps",))
        check_consecutive(service, steps)
        check_alike(steps)
        if self.into in [step.id for step in service.steps if step not in steps]:
            raise Refusal(f"{service.id} has a step {self.into} already", "choose another name", ("into",))
        if self.at is not None:
            need_pool(scenario, self.at, ("at",))
        if self.saving >= 1.0:
            raise Refusal("all the work cannot be saved", "remove the steps instead", ("saving",))
        merged = self.merged(service, steps)
        changed = scenario.with_service(exchanged(service, steps, merged))
        old, new = {f"{service.id}.{step.id}" for step in steps}, f"{service.id}.{self.into}"
        pools = tuple(preferring(pool, old, new if pool.id in merged.pools else None) for pool in changed.pools)
        return replace(changed, pools=pools)

    def merged(self, service: Service, steps: Sequence[Step]) -> Step:
        """The one step."""
        first, last = steps[0], steps[-1]
        common = first.slowdown if len({step.slowdown for step in steps}) == 1 else None
        leading = next((step for step in steps if step.returns or step.choose or step.refuses or step.revokes), first)
        return replace(
            added_up(steps, self.into, self.name or Text(self.into, self.into)),
            stream=leading.stream,
            at=self.at or one_pool(steps),
            choose=last.choose,
            parts=named_apart([part for step in steps for part in parts_of(step, 1.0 if common else step.slowdown)]),
            slowdown=(common or 1.0) * (1.0 - self.saving) * (1.0 + self.slower),
            alternatives=() if self.at else first.alternatives,
            together=() if self.at else first.together,
            batch=first.batch,
            room=first.room,
        )


def added_up(steps: Sequence[Step], into: str, name: Text) -> Step:
    """The step ``into`` with all that adds up where steps become one: milestones, bases, documents, what they need.

    What has to be alike comes from the first step. Who does it, and how long it takes, is left to say.
    """
    first, inside = steps[0], {step.id for step in steps}
    papers = all_papers(steps)
    twice = sum(len(step.papers) for step in steps) - len(papers)
    return Step(
        id=into,
        name=name,
        stream=first.stream,
        after=first.after,
        returns=one_returns(steps, into),
        refuses=any_of([step.refuses for step in steps]),
        revokes=any_of([step.revokes for step in steps]),
        gate=first.gate,
        channels=first.channels,
        in_person=any(step.in_person for step in steps),
        accepted=any(step.accepted for step in steps),
        decision=any(step.decision for step in steps),
        collected=any(step.collected for step in steps),
        special=first.special,
        basis="; ".join(dict.fromkeys(step.basis for step in steps if step.basis)) or None,
        documents=sum(step.documents for step in steps) - twice,
        papers=papers,
        priority=first.priority,
        needs=tuple(dict.fromkeys(other for step in steps for other in step.needs if other not in inside)),
    )


def all_papers(steps: Sequence[Step]) -> tuple[Document, ...]:
    """The documents of all steps, each once."""
    papers: dict[str, Document] = {}
    for step in steps:
        for paper in step.papers:
            papers.setdefault(paper.id, paper)
    return tuple(papers.values())


def preferring(pool: Pool, old: set[str], new: str | None) -> Pool:
    """A pool that preferred one of the old steps prefers the new one, where it does that (otherwise None)."""
    names = (new if name in old else name for name in pool.prefers)
    return replace(pool, prefers=tuple(dict.fromkeys(name for name in names if name is not None)))


def check_consecutive(service: Service, steps: Sequence[Step]) -> None:
    """Refuse steps with anything before, beside or between them."""
    for position, (before, step) in enumerate(itertools.pairwise(steps), start=1):
        if step.after != (before.id,):
            raise Refusal(
                f"{step.id} does not follow {before.id} alone", "name steps that follow each other", ("steps", position)
            )
        others = [other.id for other in followers(service, before.id) if other.id != step.id]
        if others:
            raise Refusal(f"{others[0]} follows {before.id} too, before {step.id} is done", "", ("steps", position - 1))


def check_alike(steps: Sequence[Step]) -> None:
    """Refuse steps that cannot be one visit."""
    for position, step in enumerate(steps):
        at = ("steps", position)
        if step.at is None:
            raise Refusal(f"{step.id} is a delay outside every pool and cannot be merged", "", at)
        if step.removed:
            raise Refusal(f"{step.id} is removed", "leave it out", at)
        if step.share != 1.0:
            raise Refusal(f"not every case does {step.id}", "only steps that every case does can be merged", at)
        if step.special != steps[0].special:
            raise Refusal("the legal clock stops in one of these steps and not in another", "", at)
        if step.gate is not None and step is not steps[0]:
            raise Refusal(f"{step.id} waits for a session and cannot begin right after {steps[0].id}", "", at)
        if step.channels != steps[0].channels:
            raise Refusal(f"{step.id} is not done by the same channels as {steps[0].id}", "", at)
        if step.fails is not None:
            raise Refusal(f"an attempt at {step.id} may fail, and then not all of the new step is done", "", at)
        if step.priority != steps[0].priority:
            raise Refusal(f"{step.id} has another priority than {steps[0].id}", "", at)
        if (step.alternatives, step.together, step.batch) != (
            steps[0].alternatives,
            steps[0].together,
            steps[0].batch,
        ):
            raise Refusal(f"{step.id} and {steps[0].id} are not done by the same pools, or in other batches", "", at)


def one_pool(steps: Sequence[Step]) -> str | None:
    """The pool that did all of them."""
    if len({step.at for step in steps}) > 1:
        pools = ", ".join(dict.fromkeys(str(step.at) for step in steps))
        raise Refusal(f"the steps are done by different pools: {pools}", "say by at which of them does the new step")
    return steps[0].at


def one_returns(steps: Sequence[Step], into: str) -> Returns | None:
    """How cases go back from the new step: as from the one old step that sent them back."""
    inside = {step.id for step in steps}
    sending = [step for step in steps if step.returns is not None]
    if len(sending) > 1:
        raise Refusal(
            f"cases go back from {sending[0].id} and from {sending[1].id}; one step sends them back in one way only"
        )
    if not sending or sending[0].returns is None:
        return None
    returns = sending[0].returns
    return replace(returns, to=into if returns.to in inside else returns.to)


def any_of(shares: Sequence[float]) -> float:
    """The share of visits in which at least one of several things happens, each by itself with its share."""
    some = [share for share in shares if share > 0.0]
    return some[0] if len(some) == 1 else 1.0 - math.prod(1.0 - share for share in some)


def parts_of(step: Step, slowdown: float) -> list[Part]:
    """The work of an old step as parts with times of their own, drawn from the streams it was drawn from."""
    if step.time is None:
        return [replace(part, time=scaled(part.time, slowdown)) for part in step.parts if part.time is not None]
    rest = 1.0 - sum(part.share or 0.0 for part in step.parts)
    whole = (
        []
        if rest <= 1e-12
        else [Part(step.id, step.name, None, scaled(step.time, rest * slowdown), step.stream, step.basis)]
    )
    return whole + [shared_part(step, part, step.time, slowdown) for part in step.parts]


def shared_part(step: Step, part: Part, time: Distribution, slowdown: float) -> Part:
    """A part that had a share of its step's time: that share of the same draw."""
    return replace(part, share=None, time=scaled(time, (part.share or 0.0) * slowdown), stream=step.stream)


def named_apart(parts: Sequence[Part]) -> tuple[Part, ...]:
    """The parts with ids of their own: the second ``check`` is ``check_2``."""
    taken: dict[str, int] = {}
    named = []
    for part in parts:
        taken[part.id] = taken.get(part.id, 0) + 1
        named.append(part if taken[part.id] == 1 else replace(part, id=f"{part.id}_{taken[part.id]}"))
    return tuple(named)


def exchanged(service: Service, steps: Sequence[Step], merged: Step) -> Service:
    """The service with ``merged`` in place of ``steps``, and every mention of them changed."""
    old = {step.id for step in steps}

    def current(step_id: str) -> str:
        return merged.id if step_id in old else step_id

    def changed(step: Step) -> Step:
        return replace(
            step,
            after=tuple(dict.fromkeys(current(other) for other in step.after)),
            choose=tuple((current(other), share) for other, share in step.choose),
            needs=tuple(dict.fromkeys(current(other) for other in step.needs)),
            returns=step.returns and replace(step.returns, to=current(step.returns.to)),
        )

    kept = [
        merged if step is steps[0] else changed(step)
        for step in service.steps
        if step is steps[0] or step.id not in old
    ]
    backlog = tuple(replace(waiting, step=current(waiting.step)) for waiting in service.backlog)
    return replace(service, steps=tuple(kept), backlog=backlog)


def read(spec: Spec, **beside: Any) -> MergeSteps:
    """The measure that the file writes."""
    name = text_of(spec.name, spec.into) if spec.name else None
    return MergeSteps(
        steps=tuple(spec.steps),
        into=spec.into,
        service=spec.service,
        name=name,
        at=spec.at,
        saving=spec.saving,
        slower=spec.slower,
        **beside,
    )


KIND = Kind(
    key="merge_steps",
    place=2,
    name=Text("merge steps", "合并环节"),
    effect=Text(
        "Several steps that follow each other become one visit with one set-up.",
        "前后相接的几个环节合并为一次办理，只接手一次。",
    ),
    catch=Text(
        "Who does the merged step needs every skill, and may be slower at it.",
        "办理合并环节的人员需要掌握全部技能，办理可能变慢。",
    ),
    spec=Spec,
    read=read,
    example="merge_steps: {service: permit, steps: [draft, recheck], into: prepare, saving: 20 %}",
)
