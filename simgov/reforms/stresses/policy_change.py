"""The policy changes (政策调整): matters that were simplified already are argued anew, so that reforms begin later."""

from __future__ import annotations

from simgov.reforms.kind import given
from simgov.reforms.measure import Measure
from simgov.reforms.stress import StressKind, later
from simgov.scenario.fields import Id
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Text


class Spec(Section):
    """Argued anew."""

    months: int = given(
        2, "How many months later measures begin", "推迟的月数", "months", "programme report 001 §5.4", ge=0, le=120
    )
    kinds: list[Id] | None = given(
        None,
        "Which kinds of measure; default: all that change how a case goes",
        "涉及的措施；默认所有改变办理流程的措施",
    )


def on_measure(spec: Spec, measure: Measure, baseline: Scenario) -> Measure:
    """A measure that changes how cases go, late."""
    concerned = measure.by_case if spec.kinds is None else measure.kind in spec.kinds
    return later(measure, spec.months, baseline) if concerned else measure


KIND = StressKind(
    key="policy_change",
    name=Text("policy change", "政策调整"),
    effect=Text(
        "What was simplified is argued anew after a policy change, so that measures begin later.",
        "政策调整后，已简化的事项需要重新论证，措施推迟实施。",
    ),
    acts_on=Text("a measure that changes how a case goes", "改变办理流程的改革措施"),
    spec=Spec,
    on_measure=on_measure,
)
