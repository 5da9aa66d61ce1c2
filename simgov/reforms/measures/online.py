"""Online end to end (全程网办): applicants choose the channel, and those who apply online do not come.

The counter stays open. The share that applies online is a channel of the service, drawn case by case; the steps in
person that it replaces are done by the other channels alone. In their place comes a form, with the documents and the
corrections of the step that accepts the matter, and perhaps an officer who checks it. An attempt that fails goes on at
the counter, as another channel. With ``hours: always`` people apply round the clock, and what comes at night waits for
the opening. Whom nobody may leave behind is kept at the counter by ``groups`` beside the measure.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Place, Refusal, need_no_basis, need_pool, step_of, the_service
from simgov.reforms.shaping import new_step, put_before
from simgov.scenario.fields import Always, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Fails, Recorded, Scenario, Service, Step, Text

ONLINE = "online"
WINDOW = "window"
"""The other channel, where the service had none so far."""


class CheckSpec(Section):
    """An officer looks at what comes online."""

    at: Id = given(NEEDED, "The pool that checks", "网上预审岗位")
    time: TimeField = given(NEEDED, "The work of one check", "每件预审用时")


class Spec(Section):
    """A service that can be done online."""

    service: Id = given(NEEDED, "The service", "事项")
    share: ShareField = given(NEEDED, "Share of the applicants who apply online", "网上申请的比例", "%")
    form: TimeField = given(NEEDED, "How long the applicant takes for the form", "申请人填报用时")
    steps: list[str] | None = given(
        None, "The steps in person that it replaces; default: all", "网上办理所替代的现场环节；默认为全部"
    )
    hours: Always | None = given(
        None,
        "always: they apply round the clock; default: in the hours of the others",
        "always 表示全天可申请；默认同办公时间",
    )
    fails: ShareField = given(0.0, "Share of attempts that end at the counter", "网上申报不成、转现场办理的比例", "%")
    check: CheckSpec | None = given(None, "An officer who checks what comes online: {at, time}", "网上预审：岗位、用时")


@dataclass(frozen=True, kw_only=True)
class Online(Measure):
    """A ``share`` of the applicants of ``service`` fills in a ``form`` instead of ``steps`` (None: all in person).

    ``always``: they apply round the clock. The share ``fails`` of attempts goes on at the counter. What comes is
    checked by the pool ``checked_at`` (None: by nobody), which takes ``check``.
    """

    kind: ClassVar[str] = "online"

    service: str
    share: float
    form: Distribution
    steps: tuple[str, ...] | None = None
    always: bool = False
    fails: float = 0.0
    checked_at: str | None = None
    check: Distribution | None = None

    def applied(self, scenario: Scenario, share: float) -> Scenario:
        """For everybody alike, a partial uptake is a smaller share online: it is the applicant who chooses."""
        if self.groups is not None or share <= 0.0:
            return super().applied(scenario, share)
        whole = replace(self, share=self.share * share)
        return super(Online, whole).applied(scenario, 1.0)

    def change(self, scenario: Scenario) -> Scenario:
        """The service with one channel more, and the form of those who take it."""
        service = the_service(scenario, self.service, ("service",))
        replaced = self.replaced(scenario, service)
        if self.share == 0.0:
            return scenario
        if ONLINE in dict(service.channels):
            raise Refusal(f"{service.id} can be done online already", "change the share of that channel", ("service",))
        self.check_hours(service)
        others = service.channels or ((WINDOW, 1.0),)
        offline = tuple(channel for channel, _ in others)
        front = next((step for step in replaced if step.accepted), replaced[0])
        gone = {step.id for step in replaced}
        steps = tuple(
            replace(step, channels=step.channels or offline) if step.id in gone else step for step in service.steps
        )
        channels = (*((channel, share * (1.0 - self.share)) for channel, share in others), (ONLINE, self.share))
        clock = (*service.round_the_clock, ONLINE) if self.always else service.round_the_clock
        service = replace(service, steps=steps, channels=channels, round_the_clock=clock)
        return scenario.with_service(self.with_form(scenario, service, front, offline[0]))

    def check_hours(self, service: Service) -> None:
        """Refuse hours where those at the counter would come at night too, or where a record says who comes."""
        if not self.always:
            return
        if self.groups is not None:
            message = "who may not apply online would come at night too"
            raise Refusal(message, "leave out hours, or the groups beside online", ("hours",))
        if isinstance(service.arrivals, Recorded):
            message = f"who comes to {service.id} when is recorded, not drawn"
            raise Refusal(message, "leave out hours", ("hours",))

    def replaced(self, scenario: Scenario, service: Service) -> list[Step]:
        """The steps in person that those online do not do. Raises ``Refusal`` where the law wants one of them."""
        found: list[tuple[Step, Place]] = []
        if self.steps is None:
            found = [(step, ("service",)) for step in service.steps if step.in_person and not step.removed]
        for position, name in enumerate(self.steps or ()):
            at: Place = ("steps", position)
            step = step_of(scenario, service.id, name, at)
            if not step.in_person:
                raise Refusal(f"{service.id}.{step.id} is not in person", "name steps in person", at)
            found.append((step, at))
        if not found:
            raise Refusal(
                f"nobody comes for {service.id} as it is", "name a service with steps in person", ("service",)
            )
        for step, place in found:
            need_no_basis(f"{service.id}.{step.id}", step, place)
        return [step for step, _ in found]

    def with_form(self, scenario: Scenario, service: Service, front: Step, otherwise: str) -> Service:
        """The service with the form, and the check behind it, right before the step that accepts."""
        back = front.returns is not None and front.returns.to == front.id
        form = new_step(service, "online_form", Text("Form online", "网上填报"), ("service",))
        form = replace(
            form,
            time=self.form,
            channels=(ONLINE,),
            fails=Fails(self.fails, otherwise) if self.fails > 0.0 else None,
            documents=front.documents,
            papers=front.papers,
        )
        returns = replace(front.returns, to=form.id) if front.returns is not None and back else None
        steps = tuple(
            replace(step, returns=replace(step.returns, to=form.id))
            if step.returns is not None and step.returns.to == front.id and step.id != front.id
            else step
            for step in service.steps
        )
        service = replace(service, steps=steps)
        if self.checked_at is None or self.check is None:
            return put_before(service, replace(form, returns=returns), [front.id])
        need_pool(scenario, self.checked_at, ("check", "at"))
        check = new_step(service, "online_check", Text("Checked online", "网上预审"), ("check",))
        check = replace(check, at=self.checked_at, time=self.check, channels=(ONLINE,), returns=returns)
        return put_before(put_before(service, check, [front.id]), form, [check.id])


def read(spec: Spec, **beside: Any) -> Online:
    """The measure that the file writes."""
    return Online(
        service=spec.service,
        share=spec.share,
        form=time_of(spec.form),
        steps=None if spec.steps is None else tuple(spec.steps),
        always=spec.hours == "always",
        fails=spec.fails,
        checked_at=None if spec.check is None else spec.check.at,
        check=None if spec.check is None else time_of(spec.check.time),
        **beside,
    )


KIND = Kind(
    key="online",
    place=17,
    name=Text("online end to end", "全程网办"),
    effect=Text(
        "Who applies online does not come; the counter stays open, and applicants choose.",
        "申请人可自愿选择网上办理，全程不到现场；窗口服务同时保留。",
    ),
    catch=Text(
        "Attempts that fail come to the hall all the same; what comes at night waits for the opening, all at once; who "
        "cannot apply online may be left behind.",
        "网上申报不成的仍须到现场办理；夜间申请集中到上班后办理；不会使用网络的群众可能被落下。",
    ),
    spec=Spec,
    read=read,
    example="online: {service: passport, share: 60 %, form: {lognormal: {mean: 25 min, cv: 0.5}}, "
    "steps: [counter], hours: always, fails: 15 %, check: {at: police, time: {constant: 5 min}}}",
)
