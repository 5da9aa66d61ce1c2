"""Publish progress (办理进度公开): fewer call or come to ask, and missed dates become visible, which brings complaints.

How many more complain does not follow from how many cases are late: the model knows no draw of who looks. Give
``more`` for the share of late cases that there is.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, the_service
from simgov.reforms.shaping import arriving
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text


class ComplaintsSpec(Section):
    """Missed dates that become visible."""

    service: Id = given(NEEDED, "The service of complaints", "投诉事项")
    more: FactorField = given(NEEDED, "How many more there are", "投诉增加的比例", "%")


class Spec(Section):
    """Publish how far cases are."""

    asking: list[Id] = given(NEEDED, "The services of those who call or come to ask", "查询、咨询类事项", min_length=1)
    share: ShareField = given(NEEDED, "Share of them who no longer need to", "不再来电、来访查询的比例", "%")
    complaints: ComplaintsSpec | None = given(
        None,
        "Complaints about missed dates: {service: complaint, more: 10 %}",
        "超期公开后增加的投诉：{service: complaint, more: 10 %}",
    )


@dataclass(frozen=True, kw_only=True)
class PublishProgress(Measure):
    """``share`` fewer come to the services ``asking``; ``more`` complain."""

    kind: ClassVar[str] = "publish_progress"
    by_case: ClassVar[bool] = False

    asking: tuple[str, ...]
    share: float
    complaints: str | None = None
    more: float = 0.0

    def weaker(self, share: float) -> Self:
        """Fewer who stay away, and fewer who complain."""
        return replace(self, share=self.share * share, more=self.more * share)

    def change(self, scenario: Scenario) -> Scenario:
        """Other numbers of arrivals."""
        for place, name in enumerate(self.asking):
            if name in self.asking[:place]:
                raise Refusal(f"{name} is named twice", "", ("asking", place))
            scenario = self.coming(scenario, name, 1.0 - self.share, ("asking", place))
        if self.complaints is not None:
            scenario = self.coming(scenario, self.complaints, 1.0 + self.more, ("complaints", "service"))
        return scenario

    def coming(self, scenario: Scenario, name: str, factor: float, at: Place) -> Scenario:
        """The scenario in which ``factor`` times as many come to a service."""
        service = the_service(scenario, name, at)
        if service.arrivals is None:
            message = f"nobody comes to {name} but by appointment or from a backlog"
            raise Refusal(message, "name a service with arrivals", at)
        return scenario.with_service(arriving(service, factor, at))


def read(spec: Spec, **beside: Any) -> PublishProgress:
    """The measure that the file writes."""
    return PublishProgress(
        asking=tuple(spec.asking),
        share=spec.share,
        complaints=None if spec.complaints is None else spec.complaints.service,
        more=0.0 if spec.complaints is None else spec.complaints.more,
        **beside,
    )


KIND = Kind(
    key="publish_progress",
    place=32,
    name=Text("publish progress", "办理进度公开"),
    effect=Text("Fewer call or come to ask how far their case is.", "申请人可自行查询办理进度，来电、来访查询减少。"),
    catch=Text("Missed dates become visible, and bring complaints.", "超期情况公开可见，相关投诉增加。"),
    spec=Spec,
    read=read,
    example="publish_progress: {asking: [enquiry], share: 60 %, complaints: {service: complaint, more: 10 %}}",
)
