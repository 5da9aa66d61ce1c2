"""Joint site visit (联合踏勘): the visits of several departments become one, which needs an officer of each at once.

The one visit waits for everybody's diary: it begins when all of its pools have an officer for it (``together`` in the
scenario language), and only at the sessions of ``diary`` where those are given. It takes the given ``time``, or as long
as the visit that takes longest on average, less ``saving``; the longer of several drawn times is longer than that on
average, so give ``time`` where it was measured. The random stream of that longest visit goes on.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, gate_of, time_of
from simgov.reforms.joining import joined, need_sessions
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal
from simgov.scenario.fields import Id, NameField, ShareField, text_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.schema import GateSpec
from simgov.scenario.value import Gate, Scenario, Text


class Spec(Section):
    """Visit the site together."""

    service: Id | None = given(
        None, "Their service, where the steps are named without it", "所属事项（环节名前未写事项时）"
    )
    steps: list[str] = given(NEEDED, "The visits: [service.step, service.step]", "要合并的各部门踏勘环节")
    into: Id = given(NEEDED, "Name of the joint visit", "联合踏勘环节的标识")
    name: NameField | None = given(None, "What it is called: one text, or {zh: ..., en: ...}", "联合踏勘环节的名称")
    time: TimeField | None = given(
        None,
        "Time of one joint visit; default: that of the visit that takes longest on average",
        "一次联合踏勘的用时；默认取平均用时最长的一次踏勘",
        source=ASSUMPTION,
    )
    saving: ShareField = given(
        0.0,
        "Share of that default time that a joint visit saves, e.g. 10 %",
        "未写用时的，在上述默认用时基础上节省的比例",
        "%",
    )
    diary: GateSpec | None = given(
        None,
        'The times at which a joint visit may begin: {weekly: {tue: "09:00"}, most: 4}; default: any',
        "约定的踏勘时间（同 gate 的写法）；默认随时",
    )


@dataclass(frozen=True, kw_only=True)
class JointSiteVisit(Measure):
    """``steps`` become the one step ``into`` of all their pools together."""

    kind: ClassVar[str] = "joint_site_visit"

    steps: tuple[str, ...]
    into: str
    service: str | None = None
    name: Text | None = None
    time: Distribution | None = None
    saving: float = 0.0
    diary: Gate | None = None

    def change(self, scenario: Scenario) -> Scenario:
        """One visit with everybody in place of several."""
        if self.saving >= 1.0:
            raise Refusal("all the time cannot be saved", "remove the steps instead", ("saving",))
        if self.saving and self.time is not None:
            raise Refusal("time says already how long a joint visit takes", "leave one of them out", ("saving",))
        need_sessions(scenario, self.diary, ("diary", "weekly"))
        return joined(
            scenario,
            self.steps,
            service=self.service,
            into=self.into,
            name=self.name,
            time=self.time,
            factor=1.0 - self.saving,
            gate=self.diary,
        )


def read(spec: Spec, **beside: Any) -> JointSiteVisit:
    """The measure that the file writes."""
    return JointSiteVisit(
        steps=tuple(spec.steps),
        into=spec.into,
        service=spec.service,
        name=text_of(spec.name, spec.into) if spec.name else None,
        time=None if spec.time is None else time_of(spec.time),
        saving=spec.saving,
        diary=None if spec.diary is None else gate_of(spec.diary),
        **beside,
    )


KIND = Kind(
    key="joint_site_visit",
    place=8,
    name=Text("joint site visit", "联合踏勘"),
    effect=Text(
        "The site visits of several departments become one, made by all of them together.",
        "多个部门分别进行的现场踏勘合并为一次，各部门同时到场。",
    ),
    catch=Text(
        "The visit waits until an officer of each department is free, and for the days agreed on.",
        "踏勘须等各部门人员同时有空，并受约定日期限制。",
    ),
    spec=Spec,
    read=read,
    example="joint_site_visit: {service: permit, steps: [visit_planning, visit_fire], into: visit}",
)
