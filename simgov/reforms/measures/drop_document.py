"""Drop documents (减证便民、减材料): what no law asks for is not handed in any more, and fewer are corrected.

Where documents have names (``Step.papers``), they are dropped by name, and one with a legal basis refuses; where the
file says only how many there are, by count. Of the corrections at the step, the share falls away that went with the
documents: unless said, every document is as likely to be at fault as any other, so that it is their share of all
documents. What they would have shown, the office verifies itself for some cases (``verified_later``): a step of its
own right before a later one and by the same officers, so that the case waits for it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Discriminator, Field, Tag

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, step_of, the_step
from simgov.reforms.shaping import new_step, put_before, sent_back_less
from simgov.scenario.checks import ancestors
from simgov.scenario.fields import Id, ShareField, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.schema import check_once, documents_tag
from simgov.scenario.value import Scenario, Service, Step, Text


class VerifiedLaterSpec(Section):
    """What the office verifies itself, for some cases."""

    step: str = Field(description="The later step whose officers verify it, right before they do that step")
    share: ShareField = Field(description="Share of cases in which it is verified")
    time: TimeField = Field(description="Work of one verification")


DroppedField = Annotated[
    Annotated[int, Field(ge=0, le=10_000), Tag("<number>")]
    | Annotated[list[Id], AfterValidator(check_once), Tag("<list>")],
    Discriminator(documents_tag),
]


class Spec(Section):
    """Ask for fewer documents."""

    step: str = given(NEEDED, "The step at which they are handed in: service.step", "提交材料的环节，写作 事项.环节")
    documents: DroppedField = given(
        NEEDED, "The documents by name, or how many where they have none", "取消的材料：列出名称，或写份数"
    )
    corrections: ShareField | None = given(
        None,
        "Share of the step's returns that goes with them; default: their share of its documents",
        "随之减少的退回补正比例；默认按取消材料占全部材料的比例",
        "%",
        ASSUMPTION,
    )
    verified_later: VerifiedLaterSpec | None = given(
        None,
        "What the office verifies itself instead: {step, share, time}; default: nothing",
        "改由部门自行核验：{step 环节, share 比例, time 用时}；默认不核验",
    )


@dataclass(frozen=True)
class Verification:
    """What the documents would have shown is verified for a ``share`` of cases, before ``step`` and by its officers."""

    step: str
    share: float
    time: Distribution


@dataclass(frozen=True, kw_only=True)
class DropDocument(Measure):
    """``documents`` (names, or how many) are not handed in at ``step`` any more.

    ``corrections`` is the share of the step's returns that falls away; None: the documents' share of all.
    """

    kind: ClassVar[str] = "drop_document"

    step: str
    documents: tuple[str, ...] | int
    corrections: float | None = None
    verified_later: Verification | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer documents, fewer returns, and some verification."""
        service, step = the_step(scenario, self.step, ("step",))
        need_in_use(self.step, step, ("step",))
        dropped = self.documents if isinstance(self.documents, int) else len(self.documents)
        less = self.without_some(step, self.documents) if isinstance(self.documents, int) else self.without(step)
        share = self.corrections
        if share is None:
            share = dropped / step.documents if dropped else 0.0
        elif share > 0.0 and step.returns is None:
            raise Refusal(f"{self.step} sends nobody back", "leave corrections out", ("corrections",))
        scenario = scenario.with_step(service.id, sent_back_less(less, share))
        return self.verified(scenario, scenario.service(service.id), less)

    def without(self, step: Step) -> Step:
        """The step without the documents of these names."""
        known = {paper.id: paper for paper in step.papers}
        for position, name in enumerate(self.names):
            at = ("documents", position)
            if name not in known and not known and step.documents:
                raise Refusal(f"the documents of {self.step} have no names", "write how many are dropped", at)
            if name not in known:
                raise Refusal(*unknown(f"document of {self.step}", name, known), at)
            if known[name].basis:
                raise Refusal(f"the law asks for {name} and it cannot be dropped ({known[name].basis})", "", at)
        papers = tuple(paper for paper in step.papers if paper.id not in self.names)
        return replace(step, papers=papers, documents=step.documents - len(self.names))

    @property
    def names(self) -> tuple[str, ...]:
        """The documents by name; () where it is only said how many."""
        return () if isinstance(self.documents, int) else self.documents

    def without_some(self, step: Step, count: int) -> Step:
        """The step with ``count`` documents less, of those that have no names."""
        nameless = step.documents - len(step.papers)
        if count > nameless and step.papers:
            raise Refusal(f"the documents of {self.step} have names", "say which of them are dropped", ("documents",))
        if count > nameless:
            raise Refusal(f"{self.step} has {nameless} documents, fewer than {count}", "", ("documents",))
        return replace(step, documents=step.documents - count)

    def verified(self, scenario: Scenario, service: Service, step: Step) -> Scenario:
        """The scenario in which a later step's officers verify what the documents would have shown."""
        if self.verified_later is None:
            return scenario
        at = ("verified_later", "step")
        later = step_of(scenario, service.id, self.verified_later.step, at)
        where = f"{service.id}.{later.id}"
        need_in_use(where, later, at)
        if later.at is None:
            raise Refusal(f"{where} is a delay outside every pool and has no officers to verify anything", "", at)
        if step.id not in ancestors(service)[later.id]:
            raise Refusal(f"{where} does not come after {self.step}", "name a step behind it", at)
        if self.verified_later.share == 0.0:
            return scenario
        new_id = f"{later.id}_verifies_{step.id}"
        if new_id in [other.id for other in service.steps]:
            message = f"something handed in at {self.step} is verified before {where} already"
            raise Refusal(message, "write one measure with all of these documents", at)
        name = Text(f"Verified for {later.name.en}", f"{later.name.zh}前核验")
        new = replace(
            new_step(service, new_id, name, at),
            at=later.at,
            alternatives=later.alternatives,
            time=self.verified_later.time,
            share=self.verified_later.share,
            priority=later.priority,
        )
        return scenario.with_service(put_before(service, new, [later.id]))


def read(spec: Spec, **beside: Any) -> DropDocument:
    """The measure that the file writes."""
    later = spec.verified_later
    return DropDocument(
        step=spec.step,
        documents=spec.documents if isinstance(spec.documents, int) else tuple(spec.documents),
        corrections=spec.corrections,
        verified_later=None if later is None else Verification(later.step, later.share, time_of(later.time)),
        **beside,
    )


KIND = Kind(
    key="drop_document",
    place=3,
    name=Text("drop a document", "减证便民、减材料"),
    effect=Text(
        "Documents that no law asks for are not handed in any more, so that fewer applicants are sent back to correct "
        "them.",
        "没有法定依据的证明和材料不再要求提交，退回补正相应减少。",
    ),
    catch=Text(
        "What they would have shown the office has to verify itself, later.",
        "原由材料证明的事项需要部门事后自行核验。",
    ),
    spec=Spec,
    read=read,
    example="drop_document: {step: permit.counter, documents: 2, "
    "verified_later: {step: draft, share: 20 %, time: {constant: 5 min}}}",
)
