"""A scenario without some features, so that the loops compiled for few are tested as well as the full one."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

from simgov.distributions import Constant, Distribution
from simgov.engines.features import READY_MADE, Feature
from simgov.scenario.value import Scenario, Step

KEPT = (
    *(Feature(ready) for ready in READY_MADE[:-1]),
    Feature.REFUSALS | Feature.ATTEMPTS | Feature.RETURNS | Feature.GATES | Feature.HOLDING_BACK | Feature.WITHDRAWALS,
    Feature.BALKING | Feature.CHANNELS | Feature.INFORMED | Feature.PATIENCE | Feature.RETRIALS,
)
"""Sets of features that a drawn scenario keeps: the ready-made ones, and two of rules for cases and for people."""


def only(scenario: Scenario, kept: Feature) -> Scenario:
    """``scenario`` without the features that are not among ``kept``, in none of its phases."""
    first, *later = (_plainer(version, kept) for version in scenario.versions)
    phases = tuple(
        replace(phase, pools=version.pools, services=version.services, others=version.others)
        for phase, version in zip(scenario.phases, later, strict=True)
    )
    return replace(first, phases=phases)


def _plainer(scenario: Scenario, kept: Feature) -> Scenario:
    for feature, without in _WITHOUT.items():
        if not kept & feature:
            others = tuple(
                replace(other, services=without(replace(scenario, services=other.services)).services)
                for other in scenario.others
            )
            scenario = replace(without(scenario), others=others)
    return scenario


def _each_step(change: Callable[[Step], Step]) -> Callable[[Scenario], Scenario]:
    def apply(scenario: Scenario) -> Scenario:
        return replace(
            scenario,
            services=tuple(replace(s, steps=tuple(change(step) for step in s.steps)) for s in scenario.services),
        )

    return apply


def _in_one_line(scenario: Scenario) -> Scenario:
    services = []
    for service in scenario.services:
        names = [step.id for step in service.steps]
        steps = tuple(
            replace(step, after=(names[i - 1],) if i else (), choose=()) for i, step in enumerate(service.steps)
        )
        services.append(replace(service, steps=steps))
    return replace(scenario, services=tuple(services))


def _inside(scenario: Scenario) -> Scenario:
    return _each_step(lambda step: replace(step, at=step.at or scenario.pools[0].id, time=_by_the_clock(step.time)))(
        scenario
    )


def _by_the_clock(time: Distribution | None) -> Distribution | None:
    return Constant(time.mean * 60.0) if time is not None and time.base == "workday" else time


def _returning_at_once(step: Step) -> Step:
    return replace(step, returns=replace(step.returns, delay=None)) if step.returns else step


def _without_workdays(step: Step) -> Step:
    returns = step.returns and replace(step.returns, delay=_by_the_clock(step.returns.delay))
    return replace(step, time=_by_the_clock(step.time), returns=returns)


def _same_priority(scenario: Scenario) -> Scenario:
    plain = _each_step(lambda step: replace(step, priority=None))(scenario)
    return replace(
        plain,
        services=tuple(
            replace(
                service,
                priority=1,
                appointments=service.appointments and replace(service.appointments, priority=None),
            )
            for service in plain.services
        ),
    )


def _each_service(**changes: object) -> Callable[[Scenario], Scenario]:
    def apply(scenario: Scenario) -> Scenario:
        return replace(scenario, services=tuple(replace(s, **changes) for s in scenario.services))  # type: ignore[arg-type]

    return apply


def _first_share_for_all(step: Step) -> Step:
    return replace(step, returns=replace(step.returns, later=())) if step.returns else step


def _everybody_joins(scenario: Scenario) -> Scenario:
    return replace(scenario, hall_room=None, pools=tuple(replace(pool, balks_at=None) for pool in scenario.pools))


def _small_pools(scenario: Scenario) -> Scenario:
    pools = tuple(
        replace(pool, shifts=tuple(replace(shift, count=min(shift.count, 3)) for shift in pool.shifts))
        for pool in scenario.pools
    )
    return replace(scenario, pools=pools)


def _first_come_first_served(scenario: Scenario) -> Scenario:
    alone = _each_step(lambda step: replace(step, alternatives=(), together=(), batch=1, room=None))(scenario)
    plain = {"order": "first_come", "ageing": None, "escalate": None, "prefers": (), "tide": None}
    return replace(alone, pools=tuple(replace(pool, **plain) for pool in scenario.pools))  # type: ignore[arg-type]


_WITHOUT: dict[Feature, Callable[[Scenario], Scenario]] = {
    Feature.ROUTES: _in_one_line,
    Feature.CHOICES: _each_step(lambda step: replace(step, choose=())),
    Feature.SHARES: _each_step(lambda step: replace(step, share=1.0)),
    Feature.RETURNS: _each_step(lambda step: replace(step, returns=None)),
    Feature.RETURN_DELAYS: _each_step(_returning_at_once),
    Feature.CLOCKS: _each_step(lambda step: replace(step, special=False)),
    Feature.OUTSIDE: _inside,
    Feature.WORKING_TIME: _each_step(_without_workdays),
    Feature.PATIENCE: lambda scenario: replace(
        scenario, services=tuple(replace(service, patience=None) for service in scenario.services)
    ),
    Feature.DOORS: _each_step(lambda step: replace(step, in_person=False)),
    Feature.CLOSING: lambda scenario: replace(
        scenario, pools=tuple(replace(pool, always=True) for pool in scenario.pools)
    ),
    Feature.PAUSING: lambda scenario: replace(
        scenario, pools=tuple(replace(pool, at_closing="finish") for pool in scenario.pools)
    ),
    Feature.PRIORITIES: _same_priority,
    Feature.OUTAGES: lambda scenario: replace(scenario, systems=()),
    Feature.LEARNING: lambda scenario: replace(
        scenario, pools=tuple(replace(pool, learning=None) for pool in scenario.pools)
    ),
    Feature.LARGE_POOLS: _small_pools,
    Feature.APPOINTMENTS: lambda scenario: replace(
        scenario, services=tuple(replace(service, appointments=None) for service in scenario.services)
    ),
    Feature.LINES: _first_come_first_served,
    Feature.REFUSALS: _each_step(lambda step: replace(step, refuses=0.0, revokes=0.0)),
    Feature.WITHDRAWALS: _each_service(withdraws=None),
    Feature.DEEMED_APPROVAL: _each_service(deemed_approval=False),
    Feature.ATTEMPTS: _each_step(_first_share_for_all),
    Feature.GATES: _each_step(lambda step: replace(step, gate=None)),
    Feature.HOLDING_BACK: _each_service(in_hand=None),
    Feature.BALKING: _everybody_joins,
    Feature.RETRIALS: _each_service(retries=None),
    Feature.CHANNELS: _each_step(lambda step: replace(step, channels=(), fails=None)),
    Feature.INFORMED: _each_service(informed=0.0),
}
