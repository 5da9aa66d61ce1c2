"""One life event, one visit (高效办成一件事): several matters become one case, with one form and one visit.

Who needs all of the services comes once, to the service ``into``. These are the ``share`` of the applicants of the
service to which fewest come, in an ordinary week; so many fewer come to each of the services alone. What the services
did to accept their matters becomes one visit, its parts the old works, and documents of the same name are handed in
once. What came before the acceptance falls away. Behind it the services run side by side; the case is decided when the
last of them has decided, and collected once. A case of its own kind has draws of its own.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar, Self

from pydantic import Field

from simgov.distributions import Constant, Distribution
from simgov.reforms.demand import expected_a_week
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, need_no_basis, need_no_dependent, need_pool, the_service
from simgov.reforms.measures.merge_steps import all_papers, parts_of
from simgov.reforms.shaping import arriving, either, ends, sent_back_more
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, NameField, ShareField, text_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Returns, Scenario, Service, Step, Text
from simgov.units import Money

ACCEPT, DECIDED, COLLECT = "accept", "decided", "collect"


class Spec(Section):
    """Services that become one case."""

    services: list[Id] = given(NEEDED, "The services, two or more", "联办的事项（两项以上）")
    into: Id = given(NEEDED, "What the new service is called", "“一件事”的名称（标识）")
    name: NameField | None = given(None, "Its name", "“一件事”的显示名称")
    share: ShareField = given(
        NEEDED,
        "Share of the applicants of the service to which fewest come who need all of them and come once",
        "业务量最小的事项中，一次办理全部联办事项的申请人比例",
        "%",
    )
    at: Id | None = given(
        None, "The pool that accepts; default: that of the first service", "联办受理岗位；默认为第一个事项的受理岗位"
    )
    saving: ShareField = given(0.0, "Share of the work of accepting that falls away", "受理工作量减少的比例", "%")
    documents: Annotated[int, Field(ge=0, le=10_000)] = given(
        0, "Documents that fall away because one is enough for all", "因共享而免于重复提交的材料份数"
    )
    faulty: ShareField = given(
        0.0,
        "Share of cases that have to hand in again because the form is badly designed",
        "因表单设计缺陷须重新提交的比例",
        "%",
        "neutral; with a faulty design it was 28 % (programme report 001 §5.3)",
    )
    again: TimeField | None = given(
        None, "Time until they hand in again; default: as after a correction", "重新提交的间隔；默认同补正"
    )


@dataclass(frozen=True, kw_only=True)
class LifeEvent(Measure):
    """``services`` become the one service ``into`` for a ``share`` of the applicants of the rarest of them.

    ``saving`` and ``documents`` are what falls away at the acceptance; the share ``faulty`` comes back ``again``.
    """

    kind: ClassVar[str] = "life_event"
    by_case: ClassVar[bool] = False

    services: tuple[str, ...]
    into: str
    share: float
    name: Text | None = None
    at: str | None = None
    saving: float = 0.0
    documents: int = 0
    faulty: float = 0.0
    again: Distribution | None = None

    def weaker(self, share: float) -> Self:
        """Fewer come once instead of several times."""
        return replace(self, share=self.share * share)

    def change(self, scenario: Scenario) -> Scenario:
        """One service more, and fewer who come to each of the others."""
        old = self.found(scenario)
        if self.at is not None:
            need_pool(scenario, self.at, ("at",))
        if self.saving >= 1.0:
            raise Refusal("all the work of accepting cannot be saved", "write less", ("saving",))
        weekly = [expected_a_week(service, scenario.calendar, ("services", i)) for i, service in enumerate(old)]
        rarest = min(range(len(old)), key=lambda i: weekly[i])
        if weekly[rarest] == 0.0:
            raise Refusal(f"nobody walks in to {old[rarest].id}", "leave it out", ("services", rarest))
        if self.share == 0.0:
            return scenario
        together = self.bundle(old, arriving(old[rarest], self.share))
        for service, cases in zip(old, weekly, strict=True):
            left = max(0.0, 1.0 - self.share * weekly[rarest] / cases)
            scenario = scenario.with_service(arriving(service, left))
        return replace(scenario, services=(*scenario.services, together))

    def found(self, scenario: Scenario) -> list[Service]:
        """The services, each of which can be a part of the case."""
        if len(self.services) < 2:
            raise Refusal("names fewer than two services", "", ("services",))
        if self.into in [service.id for service in scenario.services]:
            raise Refusal(f"there is a service {self.into} already", "choose another name", ("into",))
        if self.into == "hall":
            raise Refusal("the name hall is taken by hall.wait, the waits of all services", "choose another", ("into",))
        found = []
        for position, name in enumerate(self.services):
            at = ("services", position)
            service = the_service(scenario, name, at)
            if name in self.services[:position]:
                raise Refusal(f"{name} is named twice", "", at)
            if service.channels:
                raise Refusal(f"{name} is done by several channels", "bundle it before it goes online", at)
            Piece.of(service, at)
            found.append(service)
        return found

    def bundle(self, old: Sequence[Service], people: Service) -> Service:
        """The one service, to which the same ``people`` come as to the rarest of the old ones."""
        pieces = [Piece.of(service, ("services", i)) for i, service in enumerate(old)]
        accept = self.accept(pieces)
        branches = [step for piece in pieces for step in piece.branch(self.into)]
        last = tuple(name for piece in pieces for name in piece.last) or (ACCEPT,)
        steps = [replace(accept, decision=True)] if not branches else [accept, *branches]
        if branches:
            name = Text("All decided", "全部办结")
            join = Step(DECIDED, name, f"{self.into}.{DECIDED}", time=Constant(0.0), after=last, decision=True)
            steps = [accept, *branches, join]
        collected = [step for piece in pieces for step in piece.collected]
        if branches and not collected and any(step.collected for piece in pieces for step in piece.behind):
            steps[-1] = replace(steps[-1], collected=True)
        if collected:
            longest = max(collected, key=lambda step: step.time.mean if step.time else 0.0)
            stream = f"{self.into}.{COLLECT}"
            after = (DECIDED if branches else ACCEPT,)
            steps.append(replace(longest, id=COLLECT, stream=stream, after=after, needs=(), returns=None))
        promises = [service.promise for service in old if service.promise is not None]
        limits = [service.statutory_limit for service in old if service.statutory_limit is not None]
        return replace(
            people,
            id=self.into,
            name=self.name or Text(self.into, self.into),
            steps=tuple(steps),
            promise=max(promises, default=None),
            statutory_limit=max(limits, default=None),
            priority=min(service.priority for service in old),
            fee=total([service.fee for service in old]),
            deemed_approval=False,
            in_hand=None,
            backlog=(),
            matters=(),
            appointments=None,
        )

    def accept(self, pieces: Sequence[Piece]) -> Step:
        """The one visit at which everything is handed in."""
        fronts = [piece.front for piece in pieces]
        papers = all_papers(fronts)
        twice = sum(len(front.papers) for front in fronts) - len(papers)
        documents = sum(front.documents for front in fronts) - twice
        if self.documents > documents - len(papers):
            message = f"{documents - len(papers)} documents without names are handed in, fewer than {self.documents}"
            raise Refusal(message, "", ("documents",))
        parts = tuple(
            replace(part, id=f"{piece.service.id}_{part.id}", stream=f"{self.into}.{piece.service.id}.{part.id}")
            for piece in pieces
            for part in parts_of(piece.front, piece.front.slowdown)
        )
        step = Step(
            ACCEPT,
            Text("One form for all", "一表申请、综合受理"),
            f"{self.into}.{ACCEPT}",
            at=self.at or fronts[0].at,
            parts=parts,
            slowdown=1.0 - self.saving,
            in_person=any(front.in_person for front in fronts),
            accepted=True,
            basis="; ".join(dict.fromkeys(front.basis for front in fronts if front.basis)) or None,
            documents=documents - self.documents,
            papers=papers,
            returns=sent_back(fronts),
        )
        return sent_back_more(step, self.faulty, ACCEPT, self.again)


@dataclass(frozen=True)
class Piece:
    """What of a service goes into the case: its accepting step (``front``), what runs behind it, what is collected.

    A step that decides runs behind it even where the result is handed over in the same breath.
    """

    service: Service
    front: Step
    dropped: frozenset[str]
    collected: tuple[Step, ...]

    @staticmethod
    def of(service: Service, at: Place) -> Piece:
        """The pieces of a service. Raises ``Refusal`` where the law wants what would fall away, or nobody accepts."""
        there = [step for step in service.steps if not step.removed]
        fronts = [step for step in there if step.accepted] or [step for step in there if step.at is not None][:1]
        if len(fronts) != 1 or fronts[0].at is None or fronts[0].choose:
            hint = "a part of a life event is accepted in one way, and goes on in one"
            raise Refusal(f"{service.id} has no one step at a pool that accepts it", hint, at)
        front = fronts[0]
        before = ancestors(service)
        for step in there:
            if step.id in before[front.id]:
                need_no_basis(f"{service.id}.{step.id}", step, at)
                need_no_dependent(service, step, before[front.id], at)
        collected = tuple(step for step in there if step.collected and not step.decision and step is not front)
        return Piece(service, front, before[front.id], collected)

    @property
    def behind(self) -> list[Step]:
        """The steps that run behind the acceptance, but for those at which the result is collected."""
        apart = self.dropped | {self.front.id} | {step.id for step in self.collected}
        return [step for step in self.service.steps if step.id not in apart]

    @property
    def last(self) -> tuple[str, ...]:
        """The steps that the decision of the whole case waits for."""
        behind = {step.id for step in self.behind}
        decided = tuple(step.id for step in self.behind if step.decision)
        own = decided or ends(replace(self.service, steps=tuple(self.behind)))
        return tuple(f"{self.service.id}_{name}" for name in own if name in behind)

    def branch(self, into: str) -> Iterable[Step]:
        """The steps behind the acceptance, renamed, with streams of their own, and without milestones."""
        behind = {step.id for step in self.behind}
        decided = {step.id for step in self.behind if step.decision}
        prefix = f"{self.service.id}_"

        def following(name: str) -> str:
            return DECIDED if name in decided else self.renamed(name, behind)

        for step in self.behind:
            returns = step.returns and replace(step.returns, to=self.renamed(step.returns.to, behind))
            yield replace(
                step,
                id=prefix + step.id,
                stream=f"{into}.{prefix}{step.id}",
                parts=tuple(replace(part, stream=f"{into}.{prefix}{step.id}.{part.id}") for part in step.parts),
                after=tuple(dict.fromkeys(following(name) for name in step.after)) or (ACCEPT,),
                choose=tuple((self.renamed(name, behind), share) for name, share in step.choose),
                needs=tuple(self.renamed(name, behind) for name in step.needs if name not in self.dropped),
                returns=returns,
                accepted=False,
                decision=False,
                collected=False,
            )

    def renamed(self, name: str, behind: set[str]) -> str:
        """What an old step is called now; the acceptance for all that came up to it."""
        if name in behind:
            return f"{self.service.id}_{name}"
        return COLLECT if name in {step.id for step in self.collected} else ACCEPT


def sent_back(fronts: Sequence[Step]) -> Returns | None:
    """Corrections of the one visit: as soon as one of the matters has to be corrected, the case is."""
    own = [front.returns for front in fronts if front.returns is not None]
    if not own:
        return None
    attempts = max(len(returns.shares) for returns in own)
    shares = [0.0] * attempts
    for returns in own:
        for attempt in range(attempts):
            shares[attempt] = either(shares[attempt], returns.shares[min(attempt, len(returns.shares) - 1)])
    delays = [returns.delay for returns in own if returns.delay is not None]
    longest = max(delays, key=lambda delay: delay.mean * (1440.0 if delay.base == "workday" else 1.0), default=None)
    return Returns(shares[0], ACCEPT, longest, max(returns.limit for returns in own), tuple(shares[1:]))


def total(fees: Sequence[Money | None]) -> Money | None:
    """The fees of all matters together."""
    paid = [fee for fee in fees if fee is not None]
    return replace(paid[0], minor=sum(fee.minor for fee in paid)) if paid else None


def read(spec: Spec, **beside: Any) -> LifeEvent:
    """The measure that the file writes."""
    return LifeEvent(
        services=tuple(spec.services),
        into=spec.into,
        name=text_of(spec.name, spec.into) if spec.name else None,
        share=spec.share,
        at=spec.at,
        saving=spec.saving,
        documents=spec.documents,
        faulty=spec.faulty,
        again=None if spec.again is None else time_of(spec.again),
        **beside,
    )


KIND = Kind(
    key="life_event",
    place=35,
    name=Text("one life event, one visit", "高效办成一件事（一件事一次办）"),
    effect=Text(
        "Several matters become one case: one form, one visit, documents handed in once.",
        "多个关联事项集成为“一件事”：一次告知、一表申请、一套材料、一次办成。",
    ),
    catch=Text(
        "The slowest part rules, and a badly designed form has to be handed in again.",
        "整体时限取决于最慢的事项；表单设计不当会导致重复提交。",
    ),
    spec=Spec,
    read=read,
    prerequisites=("data_sharing",),
    example="life_event: {services: [id_card, passport], into: moving_in, share: 50 %, saving: 25 %, "
    "documents: 2, faulty: 10 %, again: {constant: 2 workdays}}",
)
