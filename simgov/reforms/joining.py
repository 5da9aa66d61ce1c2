"""Steps of several pools that become one, at which an officer of each is present (联合勘验、联合会审)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from simgov.calendars import workday_minutes
from simgov.distributions import Distribution
from simgov.reforms.measure import Place, Refusal, steps_of_one_service
from simgov.reforms.measures.merge_steps import added_up, exchanged, preferring
from simgov.reforms.measures.parallel import Parallel
from simgov.scenario.fields import WEEKDAYS
from simgov.scenario.value import Gate, Scenario, Service, Step, Text
from simgov.scenario.work import mean_work


def joined(
    scenario: Scenario,
    names: tuple[str, ...],
    *,
    service: str | None,
    into: str,
    name: Text | None,
    time: Distribution | None = None,
    factor: float = 1.0,
    gate: Gate | None = None,
    at: Place = ("steps",),
) -> Scenario:
    """The scenario in which the steps ``names`` are the one step ``into``, done by their pools together.

    It comes after all that any of them waited for, and what followed any of them follows it. It takes ``time``, or
    ``factor`` times what the one takes that takes longest on average, drawn from that one's stream; and it waits at
    ``gate``, or where they waited. Raises ``Refusal``: where they cannot run side by side (a legal precondition, a
    step in between, a choice), or differ in what one visit cannot differ in.
    """
    owner, steps = steps_of_one_service(scenario, names, service, at)
    check_can_join(owner, steps, gate, at)
    if into in [step.id for step in owner.steps if step not in steps]:
        raise Refusal(f"{owner.id} has a step {into} already", "choose another name", ("into",))
    beside = Parallel(steps=names, service=service, at=at).change(scenario)
    wired = beside.service(owner.id)
    steps = [wired.step(step.id) for step in steps]
    one = one_of(steps, into, name or Text(into, into), time, factor, gate, workday_minutes(scenario.calendar))
    changed = beside.with_service(exchanged(wired, steps, one))
    old = {f"{owner.id}.{step.id}" for step in steps}
    pools = tuple(preferring(pool, old, None) for pool in changed.pools)
    return replace(changed, pools=pools)


def need_sessions(scenario: Scenario, gate: Gate | None, at: Place) -> None:
    """Refuse sessions that would never be held, all of them being on weekdays on which the calendar is closed."""
    calendar = scenario.calendar
    if gate is None or not gate.sessions or calendar.always:
        return
    if not any(calendar.week[weekday] for weekday, _ in gate.sessions):
        days = ", ".join(dict.fromkeys(WEEKDAYS[weekday] for weekday, _ in gate.sessions))
        raise Refusal(f"the calendar is closed on {days}", "sessions are held on workdays", at)


def one_of(
    steps: Sequence[Step],
    into: str,
    name: Text,
    time: Distribution | None,
    factor: float,
    gate: Gate | None,
    a_workday: float,
) -> Step:
    """The one step; a workday of work is ``a_workday`` minutes."""
    longest = max(steps, key=lambda step: mean_work(step, a_workday))
    pools = tuple(dict.fromkeys(pool for step in steps for pool in step.pools))
    return replace(
        added_up(steps, into, name),
        stream=longest.stream,
        at=pools[0],
        together=pools[1:],
        time=longest.time if time is None else time,
        parts=longest.parts if time is None else (),
        slowdown=longest.slowdown * factor if time is None else 1.0,
        gate=gate or steps[0].gate,
    )


def check_can_join(service: Service, steps: Sequence[Step], gate: Gate | None, at: Place) -> None:
    """Refuse steps that cannot be one step of several pools."""
    first = steps[0]
    for position, step in enumerate(steps):
        here, where = (*at, position), f"{service.id}.{step.id}"
        if step.at is None:
            raise Refusal(f"{where} is a delay outside every pool, and nobody could be there", "", here)
        if step.removed:
            raise Refusal(f"{where} is removed", "leave it out", here)
        if step.share != 1.0:
            raise Refusal(f"not every case does {where}", "only steps that every case does can be one", here)
        if step.alternatives:
            raise Refusal(f"{where} may be done by one pool or another", "", here)
        if step.batch > 1:
            raise Refusal(f"{where} is done in batches, and several pools together take one case at a time", "", here)
        if step.fails is not None:
            raise Refusal(f"an attempt at {where} may fail, and then not all of the new step is done", "", here)
        if gate is None and step.gate != first.gate:
            raise Refusal(f"{where} waits for other sessions than {first.id}", "say when it may begin", here)
        for what, mine, theirs in (
            ("channels", step.channels, first.channels),
            ("priority", step.priority, first.priority),
            ("stopping of the legal clock", step.special, first.special),
        ):
            if mine != theirs:
                raise Refusal(f"{where} and {first.id} differ in their {what}", "", here)
