"""Data sharing (数据共享): documents are fetched from other authorities and not handed in any more.

In real time they are there at once, or after the time of a query (``fetch``). In batches (``batch``) the file waits
for the next run of the exchange. Either is a step outside every pool behind the step at which the documents were handed
in; before it where that step decides the matter, or chooses the way of the case. A ``system`` through which the data
come fails now and then: while it is down, the pools that need it take no work. It is there from the first day of the
run, also where the measure begins later: an outage has no date of its own.

Documents that the law asks for may be shared too: they are still obtained. What share of cases has its data found is
the ``uptake`` of the measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import AfterValidator, Discriminator, Field, Tag

from simgov.distributions import Constant, Distribution
from simgov.reforms.fields import TimeField, gate_of, time_of
from simgov.reforms.joining import need_sessions
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_pool, the_step
from simgov.reforms.shaping import new_step, put_after, put_before, sent_back_less
from simgov.scenario.fields import Id, ShareField, unknown
from simgov.scenario.fields import Spec as Section
from simgov.scenario.schema import GateSpec, check_once, documents_tag
from simgov.scenario.value import Gate, Scenario, Service, Step, System, Text


class SystemSpec(Section):
    """The system through which the data come, and how it fails."""

    every: TimeField = given(NEEDED, "Time from the end of an outage to the next", "两次故障的间隔")
    lasts: TimeField = given(NEEDED, "How long an outage lasts", "每次故障的持续时间")
    pools: list[Id] | None = given(
        None, "The pools that stand still meanwhile; default: those of the step", "受影响的岗位；默认为该环节的岗位"
    )


DocumentsField = Annotated[
    Annotated[int, Field(ge=0, le=10_000), Tag("<number>")]
    | Annotated[list[Id], AfterValidator(check_once), Tag("<list>")],
    Discriminator(documents_tag),
]


class Spec(Section):
    """Documents that are shared, and how."""

    step: str = given(NEEDED, "The step at which they were handed in, service.step", "原提交材料的环节")
    documents: DocumentsField = given(
        0, "Documents that are shared: how many, or their names", "实现共享、不再提交的材料：份数或名称"
    )
    corrections: ShareField = given(
        0.0, "Share of the cases sent back there that need not be any more", "随之减少的补正比例", "%"
    )
    fetch: TimeField | None = given(
        None, "Time of a query; default: none, the data are there at once", "查询用时；默认即时返回"
    )
    batch: GateSpec | None = given(
        None,
        "In batches: when the exchange runs, as in {every: 1 h}; default: in real time",
        "批量交换的运行时间；默认实时共享",
    )
    system: SystemSpec | None = given(
        None, "The system through which the data come, and that fails: {every, lasts, pools}", "共享平台及其故障"
    )


@dataclass(frozen=True)
class Platform:
    """A system that fails: ``every``, ``lasts`` and ``pools`` as in ``System``; None: the pools of the step."""

    every: Distribution
    lasts: Distribution
    pools: tuple[str, ...] | None = None


@dataclass(frozen=True, kw_only=True)
class DataSharing(Measure):
    """``documents`` (a number or names) are fetched for ``step``; ``corrections`` of its returns fall away."""

    kind: ClassVar[str] = "data_sharing"

    step: str
    documents: int | tuple[str, ...] = 0
    corrections: float = 0.0
    fetch: Distribution | None = None
    batch: Gate | None = None
    system: Platform | None = None

    @property
    def monotone(self) -> bool:
        """Only where nothing is waited for, nothing fails, and nobody is spared a way back that others still go."""
        return self.corrections == 0.0 and self.fetch is None and self.batch is None and self.system is None

    def change(self, scenario: Scenario) -> Scenario:
        """Fewer documents and corrections, and a wait for the data where they are not there at once."""
        service, step = the_step(scenario, self.step, ("step",))
        changed = sent_back_less(without_documents(step, self.step, self.documents), self.corrections)
        scenario = scenario.with_step(service.id, changed)
        for position, pool in enumerate((self.system and self.system.pools) or ()):
            need_pool(scenario, pool, ("system", "pools", position))
        if self.fetch is None and self.batch is None:
            return scenario
        if self.batch is not None:
            need_sessions(scenario, self.batch, ("batch", "weekly"))
        return scenario.with_service(self.with_fetching(scenario.service(service.id), changed))

    def with_fetching(self, service: Service, step: Step) -> Service:
        """The service in which cases wait for their data, next to the step."""
        name = Text(f"Data for {step.name.en}", f"{step.name.zh}数据调取")
        new = new_step(service, f"fetch_{step.id}", name, ("step",))
        new = replace(new, time=self.fetch or Constant(0.0), gate=self.batch, channels=step.channels)
        if step.decision or step.choose:
            return put_before(service, replace(new, after=step.after), [step.id])
        return put_after(service, new, step.id)

    def as_planned(self, scenario: Scenario) -> Scenario:
        """With the system that fails, once the measure has begun somewhere in the run."""
        after = super().as_planned(scenario)
        begun = any(self.uptake_on(date) > 0.0 for date in (scenario.run.start, *self.dates)) and self.groups != ()
        if self.system is None or not begun:
            return after
        _, step = the_step(scenario, self.step, ("step",))
        pools = step.pools if self.system.pools is None else self.system.pools
        if not pools:
            raise Refusal(f"{self.step} is at no pool that could stand still", "name pools", ("system",))
        name = f"data_sharing_{self.step.replace('.', '_')}"
        if name in [system.id for system in after.systems]:
            raise Refusal("the data come through a system that fails already", "leave system out", ("system",))
        text = Text(f"Data sharing for {self.step}", f"{self.step} 数据共享平台")
        return replace(after, systems=(*after.systems, System(name, text, pools, self.system.every, self.system.lasts)))


def without_documents(step: Step, where: str, documents: int | tuple[str, ...]) -> Step:
    """The step without so many documents, or without those of these names."""
    at = ("documents",)
    if isinstance(documents, int):
        if documents and step.papers:
            names = ", ".join(paper.id for paper in step.papers)
            raise Refusal(f"the documents of {where} have names", f"name those that are shared: {names}", at)
        if documents > step.documents:
            raise Refusal(f"{step.documents} documents are handed in at {where}, fewer than {documents}", "", at)
        return replace(step, documents=step.documents - documents)
    known = [paper.id for paper in step.papers]
    if documents and not known:
        raise Refusal(f"the documents of {where} have no names", "write how many are shared", at)
    for position, name in enumerate(documents):
        if name not in known:
            raise Refusal(*unknown(f"document of {where}", name, known), (*at, position))
    kept = tuple(paper for paper in step.papers if paper.id not in documents)
    return replace(step, papers=kept, documents=step.documents - (len(step.papers) - len(kept)))


def read(spec: Spec, **beside: Any) -> DataSharing:
    """The measure that the file writes."""
    system = None
    if spec.system is not None:
        pools = None if spec.system.pools is None else tuple(spec.system.pools)
        system = Platform(time_of(spec.system.every), time_of(spec.system.lasts), pools)
    return DataSharing(
        step=spec.step,
        documents=spec.documents if isinstance(spec.documents, int) else tuple(spec.documents),
        corrections=spec.corrections,
        fetch=None if spec.fetch is None else time_of(spec.fetch),
        batch=None if spec.batch is None else gate_of(spec.batch),
        system=system,
        **beside,
    )


KIND = Kind(
    key="data_sharing",
    place=16,
    name=Text("data sharing", "数据共享"),
    effect=Text(
        "Documents are fetched from other authorities and not handed in; fewer cases have to be corrected.",
        "通过部门间数据共享获取的材料不再要求申请人提交，补正相应减少。",
    ),
    catch=Text(
        "Exchange in batches makes files wait for its next run, and an outage of the system stops the work.",
        "批量交换时办件须等待下一批次，平台故障时业务停办。",
    ),
    spec=Spec,
    read=read,
    example="data_sharing: {step: permit.counter, documents: 5, corrections: 60 %, batch: {every: 4 h}}",
)
