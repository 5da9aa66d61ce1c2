"""Officers do not accept it (人员不适应): those over 45 take up automated and assisted approval in part only."""

from __future__ import annotations

from simgov.reforms.kind import ASSUMPTION, given
from simgov.reforms.measure import Measure
from simgov.reforms.stress import StressKind, taken_up_less
from simgov.scenario.fields import Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text

NEED_OFFICERS = ("automate", "assisted_approval")


class Spec(Section):
    """Who accepts digital work."""

    accept: ShareField = given(
        0.32, "Share of officers over 45 who accept it", "45 岁以上人员中接受的比例", "%", "programme report 001 §5.3"
    )
    over_45: ShareField = given(0.5, "Share of officers who are over 45", "45 岁以上人员占比", "%", ASSUMPTION)
    kinds: list[Id] = given(
        list(NEED_OFFICERS),
        "Kinds of measure that officers have to accept; default: " + ", ".join(NEED_OFFICERS),
        "需要人员接受的措施；默认智能审批、智能辅助审批",
    )


def on_measure(spec: Spec, measure: Measure, baseline: Scenario) -> Measure:
    """A measure that officers have to accept, for the cases of those who do."""
    if measure.kind not in spec.kinds:
        return measure
    return taken_up_less(measure, 1.0 - spec.over_45 * (1.0 - spec.accept))


KIND = StressKind(
    key="staff_acceptance",
    name=Text("staff acceptance", "人员不适应"),
    effect=Text(
        "Officers over 45 accept automated and assisted approval in part only, so that it reaches fewer cases.",
        "45 岁以上人员只有部分接受智能审批，措施惠及的办件减少。",
    ),
    acts_on=Text("automated or assisted approval", "智能审批或智能辅助审批措施"),
    spec=Spec,
    on_measure=on_measure,
)
