"""Data interfaces come late (接口对接延误): measures that need them begin later and reach fewer cases."""

from __future__ import annotations

from simgov.reforms.kind import given
from simgov.reforms.measure import Measure
from simgov.reforms.stress import StressKind, later, taken_up_less
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text

NEED_DATA = ("data_sharing", "online", "automate", "life_event", "proactive_delivery")


class Spec(Section):
    """Interfaces late, and fewer than designed."""

    months: int = given(
        5,
        "How many months later measures begin that need data: ready after 8 instead of 3",
        "依赖数据的措施推迟的月数（计划 3 个月、实际 8 个月）",
        "months",
        "programme report 001 §5.2",
        ge=0,
        le=120,
    )
    share: ShareField = given(
        0.58, "Share of the designed uptake that is reached", "数据共享达到设计的比例", "%", "programme report 001 §5.2"
    )
    kinds: list[Id] = given(
        list(NEED_DATA),
        "Kinds of measure that need interfaces; default: " + ", ".join(NEED_DATA),
        "依赖数据接口的措施；默认数据共享、全程网办、智能审批、一件事、免申即享",
    )


def on_measure(spec: Spec, measure: Measure, baseline: Scenario) -> Measure:
    """A measure that needs data, late and for fewer."""
    if measure.kind not in spec.kinds:
        return measure
    return taken_up_less(later(measure, spec.months, baseline), spec.share)


KIND = StressKind(
    key="integration_delay",
    name=Text("late data interfaces", "接口对接延误"),
    effect=Text(
        "Measures that need data interfaces begin months later and reach fewer cases than designed.",
        "依赖数据接口的措施推迟数月，惠及的办件少于设计。",
    ),
    acts_on=Text("a measure that needs data interfaces", "依赖数据接口的改革措施"),
    spec=Spec,
    on_measure=on_measure,
)
