"""Home service (上门服务): an officer travels to the applicants, who need not come.

For whom is said by ``groups`` beside the measure, by ``share`` (a draw of each case), or by both. The step is no longer
in person: nobody waits in the hall for it, and the visit is a file in the officers' queue until one of them sets out.
The way there and back is a part of the visit, so that the officer is busy for both; its work is the draw of before.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from simgov.distributions import Distribution
from simgov.reforms.fields import TimeField, time_of
from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal, need_in_use, need_pool, the_step
from simgov.reforms.visits import with_work_beside
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text


class Spec(Section):
    """A step for which an officer comes."""

    step: str = given(NEEDED, "The step in person, service.step", "现场办理的环节，写作 事项.环节")
    pool: Id = given(NEEDED, "The pool whose officers travel", "上门服务的岗位")
    travel: TimeField = given(
        NEEDED, "An officer's way there and back, for one applicant", "工作人员往返一次的路途时间"
    )
    share: ShareField = given(1.0, "Share of the cases; groups beside the key say whose", "上门服务的办件比例", "%")


@dataclass(frozen=True, kw_only=True)
class HomeService(Measure):
    """Officers of ``pool`` do ``step`` at the applicant's, for a ``share`` of cases, after and before ``travel``."""

    kind: ClassVar[str] = "home_service"

    step: str
    pool: str
    travel: Distribution
    share: float = 1.0

    def uptake_on(self, date: datetime.date) -> float:
        """The share of cases to whom an officer comes on a date."""
        return super().uptake_on(date) * self.share

    def change(self, scenario: Scenario) -> Scenario:
        """The step at the applicant's, with the way as a part of it."""
        service, step = the_step(scenario, self.step, ("step",))
        need_in_use(self.step, step, ("step",))
        need_pool(scenario, self.pool, ("pool",))
        if step.at is None or not step.in_person:
            raise Refusal(f"{self.step} is not done in person at a pool", "name a step in person", ("step",))
        there = replace(step, at=self.pool, in_person=False, alternatives=(), together=(), batch=1, room=None)
        name = Text("Way there and back", "往返路途")
        return scenario.with_step(service.id, with_work_beside(there, 1.0, "travel", name, self.travel))


def read(spec: Spec, **beside: Any) -> HomeService:
    """The measure that the file writes."""
    return HomeService(step=spec.step, pool=spec.pool, travel=time_of(spec.travel), share=spec.share, **beside)


KIND = Kind(
    key="home_service",
    place=20,
    name=Text("home service", "上门服务"),
    effect=Text(
        "An officer travels to applicants who can hardly come.",
        "对行动不便等申请人，由工作人员上门办理，申请人无须到场。",
    ),
    catch=Text("The hours on the way are lost for the cases of everybody else.", "路途占用工时，影响其他办件的办理。"),
    spec=Spec,
    read=read,
    example="home_service: {step: benefit.counter, pool: general, travel: {lognormal: {mean: 40 min, cv: 0.4}}}, "
    "groups: [frail]",
)
