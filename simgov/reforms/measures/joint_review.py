"""Joint review (联合会审): cases wait for the session, and those that wait are decided in it one after the other.

The step gets a gate: at each session at most ``most`` of the cases that wait come up, in the order in which they came,
and none where fewer than ``least`` wait. A case that comes at a random time waits half the time between two sessions on
average (renewal theory: E[P^2] / 2 E[P] for a period P, which is P/2 where it is constant; Ross, *Introduction to
Probability Models*, 7.7), a long one twice as long. In the session it takes ``time``. Pools ``together`` sit in the
session beside those that did the step. Several ``steps`` of one service become the one step ``into`` of all their
pools, as in a joint site visit.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Annotated, Any, ClassVar

from pydantic import Field, model_validator

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, gate_of, time_of
from simgov.reforms.joining import joined, need_sessions
from simgov.reforms.kind import Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, need_pool, the_step
from simgov.scenario.fields import DurationField, Id, NameField, WeekdaysKey, fault, text_of
from simgov.scenario.fields import Spec as Section
from simgov.scenario.schema import GateSpec, TimesOfDay
from simgov.scenario.value import Gate, Scenario, Step, Text


class Reviewed(Section):
    """What is reviewed."""

    step: str | None = given(None, "The step: service.step", "改为会审的环节，写作 事项.环节")
    steps: list[str] | None = given(
        None,
        "Or several steps that become one session: [service.step, service.step]",
        "或合并为一次会审的几个环节",
    )
    service: Id | None = given(
        None, "Their service, where the steps are named without it", "所属事项（环节名前未写事项时）"
    )
    into: Id | None = given(None, "Name of the one step that several become", "合并后会审环节的标识")
    name: NameField | None = given(None, "What that is called: one text, or {zh: ..., en: ...}", "合并后会审环节的名称")
    time: TimeField | None = given(
        None,
        "Time of one case in the session; default: that of the step, or of the one that takes longest on average",
        "会上审议一件的用时；默认沿用原环节（多个环节的，取平均用时最长者）",
    )
    together: list[Id] = given((), "Further pools, of which one officer each sits in the session", "另派一人到会的岗位")


class Spec(GateSpec, Reviewed):
    """Decide cases in sessions."""

    weekly: dict[WeekdaysKey, TimesOfDay] | None = given(
        None, 'Sessions by weekday, on workdays: {tue: "14:00"}', "每周例会的日期和时间", min_length=1
    )
    daily: TimesOfDay | None = given(None, 'Sessions on every workday: "14:00"', "每个工作日会审的时间")
    every: DurationField | None = given(
        None, "Or a session every so often, round the clock, counted from 00:00: 4 h", "或每隔多久一次，自零点起算"
    )
    most: Annotated[int, Field(ge=1)] | None = given(
        None, "At most so many cases in one session; default: all that wait", "每次会审最多办理件数；默认不限"
    )
    least: Annotated[int, Field(ge=1)] = given(1, "With fewer waiting the session is not held", "不足此件数不开会")

    @model_validator(mode="after")
    def has_something_to_review(self) -> Spec:
        """One step, or several that get a name."""
        if (self.step is None) == (self.steps is None):
            raise fault("needs step or steps, one of them", "write step: service.step")
        if self.steps is None and (self.into is not None or self.name is not None):
            raise fault("one step goes on under its own name", "leave into and name out, or write several steps")
        if self.steps is not None and self.into is None:
            raise fault("the steps become one that has no name", "write into")
        return self


@dataclass(frozen=True, kw_only=True)
class JointReview(Measure):
    """``steps``, one or several that become ``into``, wait for ``sessions`` (None: for what they waited for)."""

    kind: ClassVar[str] = "joint_review"

    steps: tuple[str, ...]
    sessions: Gate | None = None
    service: str | None = None
    into: str | None = None
    name: Text | None = None
    time: Distribution | None = None
    together: tuple[str, ...] = ()

    def change(self, scenario: Scenario) -> Scenario:
        """The step with sessions, and with everybody who sits in them."""
        need_sessions(scenario, self.sessions, ("weekly",))
        for position, pool in enumerate(self.together):
            need_pool(scenario, pool, ("together", position))
        if self.into is not None:
            scenario = self.as_one(scenario, self.into)
        full = self.into or self.steps[0]
        if self.service is not None or self.into is not None:
            full = f"{self.service or self.steps[0].partition('.')[0]}.{full}"
        service, step = the_step(scenario, full, ("step",))
        need_in_use(full, step, ("step",))
        return scenario.with_step(service.id, self.with_everybody(full, self.in_session(step)))

    def as_one(self, scenario: Scenario, into: str) -> Scenario:
        """The scenario in which the several steps are one, of all their pools."""
        return joined(
            scenario,
            self.steps,
            service=self.service,
            into=into,
            name=self.name,
            time=self.time,
            gate=self.sessions,
        )

    def in_session(self, step: Step) -> Step:
        """The step with its sessions and its time."""
        if self.into is None and self.time is not None:
            step = replace(step, time=self.time, parts=(), slowdown=1.0)
        return step if self.sessions is None else replace(step, gate=self.sessions)

    def with_everybody(self, where: str, step: Step) -> Step:
        """The step with the further pools that sit in the session."""
        if not self.together:
            return step
        at = ("together",)
        if step.at is None:
            raise Refusal(f"{where} is a delay outside every pool, and nobody sits in it", "", at)
        if step.alternatives:
            raise Refusal(f"{where} may be done by one pool or another, not by several together", "", at)
        if step.batch > 1:
            raise Refusal(f"{where} is done in batches, and several pools together take one case at a time", "", at)
        twice = next((i for i, pool in enumerate(self.together) if pool in (*step.pools, *self.together[:i])), None)
        if twice is not None:
            raise Refusal(f"{self.together[twice]} sits in it already", "leave it out", (*at, twice))
        return replace(step, together=(*step.together, *self.together))


def read(spec: Spec, **beside: Any) -> JointReview:
    """The measure that the file writes."""
    named = [spec.step] if spec.step is not None else spec.steps or []
    return JointReview(
        steps=tuple(named),
        sessions=gate_of(spec),
        service=spec.service,
        into=spec.into,
        name=text_of(spec.name, spec.into or "") if spec.name else None,
        time=None if spec.time is None else time_of(spec.time),
        together=tuple(spec.together),
        **beside,
    )


KIND = Kind(
    key="joint_review",
    place=9,
    name=Text("joint review", "联合会审"),
    effect=Text(
        "Cases are collected for a session of all who have a say, and decided there one after the other.",
        "办件集中到会审日，由有关部门当场逐件审议、一次议定。",
    ),
    catch=Text(
        "Every case waits for the next session, and for the one after where a session is full.",
        "办件须等到会审日才能办理，当次排满的顺延至下次。",
    ),
    spec=Spec,
    read=read,
    example='joint_review: {step: permit.review, daily: ["10:00", "15:00"], most: 10}',
)
