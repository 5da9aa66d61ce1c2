"""Training (业务培训): officers become faster along a learning curve, and are away for the hours of class.

Who does ``1 + gain`` as much in an hour in the long run needs 1 / (1 + gain) of the time for a case. The way there
halves with each ``half_life`` (the time-constant model of Bevis, Finniear and Towill, International Journal of
Production Research 8, 1970, 293-305). It begins with the first class, or with the measure where there is none.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

from simgov.calendars import Span
from simgov.reforms.kind import ASSUMPTION, NEEDED, Kind, given
from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.officers import need_pools, with_paces
from simgov.scenario.fields import Count, DateField, FactorField, Id, PeriodField, SpanField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Away, Scenario, Text
from simgov.units import Duration

HALF_LIFE = Duration(20.0, "workday")


class ClassSpec(Section):
    """Hours in class."""

    officers: Count = given(NEEDED, "How many officers of each pool are in class at once", "每个岗位同时参训人数")
    dates: list[DateField] = given(NEEDED, "The days of class", "培训日期")
    hours: SpanField | None = given(
        None, 'From when to when, e.g. "14:00-17:00"; default: all day', "每日培训时段；默认全天"
    )


class Spec(Section):
    """Train officers."""

    pools: list[Id] = given(NEEDED, "The pools whose officers are trained", "参训岗位")
    gain: FactorField = given(
        NEEDED, "How much more they do in an hour in the long run", "培训后单位时间办件量最终提高的比例", "%"
    )
    half_life: PeriodField = given(
        HALF_LIFE,
        "The time in which half of what is still missing to that is gained",
        "尚未实现的提高部分减半所需的时间",
        source=ASSUMPTION,
    )
    class_: ClassSpec | None = given(
        None,
        'Hours in class: {officers: 1, dates: [2026-03-10], hours: "14:00-17:00"}',
        '培训班：{officers: 1, dates: [2026-03-10], hours: "14:00-17:00"}',
        alias="class",
    )


@dataclass(frozen=True, kw_only=True)
class Training(Measure):
    """Officers of ``pools`` do ``gain`` more in an hour; on ``dates`` so many of each pool are away in ``hours``."""

    kind: ClassVar[str] = "training"
    by_case: ClassVar[bool] = False

    pools: tuple[str, ...]
    gain: float
    half_life: Duration = HALF_LIFE
    officers: int = 0
    class_dates: tuple[datetime.date, ...] = ()
    hours: Span | None = None

    def weaker(self, share: float) -> Self:
        """Less gained, and fewer in class."""
        return replace(self, gain=self.gain * share, officers=round(self.officers * share))

    def change(self, scenario: Scenario) -> Scenario:
        """The pools with their classes, and with a pace that becomes better."""
        need_pools(scenario, self.pools, ("pools",))
        begins = self.begins(scenario)
        for position, date in enumerate(self.class_dates):
            if date < begins:
                raise Refusal(
                    f"{date} is before the measure begins, {begins}",
                    "begin with the first class",
                    ("class", "dates", position),
                )
        for position, name in enumerate(self.pools):
            scenario = self.in_class(scenario, name, ("pools", position))
        since = min(self.class_dates, default=begins)
        return with_paces(scenario, self.pools, since, 1.0, 1.0 / (1.0 + self.gain), self.half_life)

    def in_class(self, scenario: Scenario, name: str, at: tuple[str, int]) -> Scenario:
        """The scenario in which officers of one pool are in class."""
        pool = scenario.pool(name)
        if self.officers > pool.count:
            raise Refusal(f"{name} has {pool.count} posts, fewer than {self.officers} in class", "", at)
        if not self.officers or not self.class_dates:
            return scenario
        away = tuple(Away(self.officers, date, date, self.hours) for date in self.class_dates)
        absences = replace(pool.absences, training=(*pool.absences.training, *away))
        return scenario.with_pool(replace(pool, absences=absences))


def read(spec: Spec, **beside: Any) -> Training:
    """The measure that the file writes."""
    classes = spec.class_
    return Training(
        pools=tuple(spec.pools),
        gain=spec.gain,
        half_life=spec.half_life,
        officers=0 if classes is None else classes.officers,
        class_dates=() if classes is None else tuple(classes.dates),
        hours=None if classes is None else classes.hours,
        **beside,
    )


KIND = Kind(
    key="training",
    place=29,
    name=Text("training", "业务培训"),
    effect=Text(
        "Officers become faster along a learning curve.", "工作人员业务熟练程度按学习曲线逐步提高，办件用时缩短。"
    ),
    catch=Text("Hours in class are lost to cases, at once.", "培训期间人员脱岗，当期办件能力下降。"),
    spec=Spec,
    read=read,
    example='training: {pools: [police], gain: 15 %, class: {officers: 2, dates: [2026-03-16], hours: "14:00-17:00"}}',
)
