"""Fewer meetings and forms (精简文件会议、基层减负): officers have more of their hours for cases.

The value knows no hours on duty that are not for cases. So what the measure frees shows as work that is interrupted
less: with a share ``h`` more hours for cases, of which ``r`` reaches them, it takes 1 / (1 + h r) of its time, by the
clock.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from simgov.reforms.kind import NEEDED, Kind, given
from simgov.reforms.measure import Measure
from simgov.reforms.officers import need_pools, with_paces
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text


class Spec(Section):
    """Free officers' hours."""

    pools: list[Id] = given(NEEDED, "The pools whose officers have fewer meetings and forms", "减负岗位")
    hours: FactorField = given(
        NEEDED,
        "Hours freed, as a share of those that they have for cases now",
        "减负腾出的工时占现有办件工时的比例",
        "%",
    )
    reaching: ShareField = given(
        1.0, "Share of the hours freed that reaches cases", "腾出工时中真正用于办件的比例", "%"
    )


@dataclass(frozen=True, kw_only=True)
class FewerMeetings(Measure):
    """Officers of ``pools`` have ``hours`` times ``reaching`` more hours for cases."""

    kind: ClassVar[str] = "fewer_meetings"
    by_case: ClassVar[bool] = False

    pools: tuple[str, ...]
    hours: float
    reaching: float = 1.0

    def weaker(self, share: float) -> Self:
        """Fewer hours freed."""
        return replace(self, hours=self.hours * share)

    def change(self, scenario: Scenario) -> Scenario:
        """The pools at a better pace."""
        need_pools(scenario, self.pools, ("pools",))
        pace = 1.0 / (1.0 + self.hours * self.reaching)
        return with_paces(scenario, self.pools, self.begins(scenario), pace, pace)


def read(spec: Spec, **beside: Any) -> FewerMeetings:
    """The measure that the file writes."""
    return FewerMeetings(pools=tuple(spec.pools), hours=spec.hours, reaching=spec.reaching, **beside)


KIND = Kind(
    key="fewer_meetings",
    place=28,
    name=Text("fewer meetings and forms", "精简文件会议、基层减负"),
    effect=Text(
        "Officers have more hours for cases, because meetings, reports and forms take fewer.",
        "精简会议、文件、报表，工作人员用于办件的时间增加。",
    ),
    catch=Text("Only part of the hours freed reaches cases.", "腾出的时间只有一部分真正用于办件。"),
    spec=Spec,
    read=read,
    example="fewer_meetings: {pools: [police, planning], hours: 10 %, reaching: 60 %}",
)
