"""A uniform cut of time limits (一刀切压缩时限): every promise is cut by the same share, and more cases are returned.

Promises are rounded up to whole workdays. What is sent back after acceptance (退件) is sent back so much more often;
corrections before acceptance stay.
"""

from __future__ import annotations

import math
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import ClassVar

from simgov.reforms.kind import ASSUMPTION, given
from simgov.reforms.measure import Measure, the_service
from simgov.reforms.stress import StressKind, services_of_every_way
from simgov.scenario.fields import FactorField, Id, ShareField
from simgov.scenario.fields import Spec as Section
from simgov.scenario.value import Scenario, Service, Text


class Spec(Section):
    """Limits cut alike everywhere."""

    returns: FactorField = given(
        1.18,
        "How many cases are returned after acceptance, of those returned before",
        "受理后退件数为原来的比例",
        "%",
        "programme report 001 §5.1",
    )
    cut: ShareField = given(0.2, "By how much every promise is cut", "各事项承诺时限统一压缩的比例", "%", ASSUMPTION)
    services: list[Id] | None = given(
        None, "Of which services; default: all that return cases", "涉及的事项；默认所有有退件的事项"
    )


@dataclass(frozen=True, kw_only=True)
class UniformLimits(Measure):
    """The promises of ``services`` are cut by ``cut``, and ``times`` as many cases are returned."""

    kind: ClassVar[str] = "uniform_limits"
    by_case: ClassVar[bool] = False

    services: tuple[str, ...]
    times: float
    cut: float

    def change(self, scenario: Scenario) -> Scenario:
        """Shorter promises, more returned."""
        services = tuple(
            self.hurried(service) if service.id in self.services else service for service in scenario.services
        )
        return replace(scenario, services=services)

    def hurried(self, service: Service) -> Service:
        """The service with its shorter promise and what comes of it."""
        names = returning(service)
        steps = tuple(
            replace(
                step,
                returns=replace(
                    step.returns,
                    share=min(1.0, step.returns.share * self.times),
                    later=tuple(min(1.0, share * self.times) for share in step.returns.later),
                ),
            )
            if step.id in names and step.returns is not None
            else step
            for step in service.steps
        )
        promise = service.promise
        if promise is not None:
            promise = max(1, math.ceil(promise * (1.0 - self.cut) - 1e-9))
        return replace(service, steps=steps, promise=promise)


def returning(service: Service) -> Collection[str]:
    """The steps that send back cases that are accepted already; where nothing is accepted, every step that does."""
    accepting = {step.id for step in service.steps if step.accepted}
    later: set[str] = set()
    for _ in service.steps:
        later |= {step.id for step in service.steps if {*step.after} & (accepting | later)}
    return {
        step.id
        for step in service.steps
        if step.returns is not None and not step.removed and (step.id in later or not accepting)
    }


def on_scenario(spec: Spec, before: Scenario, after: Scenario) -> Scenario:
    """The scenario with limits cut, where cases are returned at all."""
    for place, name in enumerate(spec.services or ()):
        the_service(after, name, ("services", place))
    found = {service.id for service in services_of_every_way(after) if returning(service)}
    names = tuple(name for name in spec.services or (s.id for s in after.services) if name in found)
    if not names:
        return after
    return UniformLimits(services=names, times=spec.returns, cut=spec.cut).apply(after)


KIND = StressKind(
    key="uniform_limits",
    name=Text("uniform cut of time limits", "一刀切压缩时限"),
    effect=Text(
        "Every promise is cut by the same share, and more cases are returned after acceptance.",
        "各事项承诺时限按同一比例压缩，受理后退件增多。",
    ),
    acts_on=Text("a service that returns cases after acceptance", "有受理后退件的事项"),
    spec=Spec,
    on_scenario=on_scenario,
)
