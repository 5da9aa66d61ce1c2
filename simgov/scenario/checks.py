"""What must hold of a service's process, whoever made it: a file or a reform.

Steps form a directed acyclic graph; choices are among following steps and add up; cases go back only to where they
have been; milestones come in order. Every fault is a ``Problem`` with its place in the file.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace

from simgov.errors import PathPart, Problem
from simgov.scenario.fields import full_width_hint, nearest, unknown
from simgov.scenario.value import Pool, Recorded, Scenario, Service, Step
from simgov.units import format_share, shown

MOST_PREDECESSORS = 60
MOST_CHANNELS = 60
MILESTONES = ("accepted", "decision", "collected")


def scenario_problems(scenario: Scenario) -> list[Problem]:
    """Every fault in the processes of a scenario."""
    pools = [pool.id for pool in scenario.pools]
    found = [problem for service in scenario.services for problem in service_problems(service, pools)]
    return [*found, *way_problems(scenario), *pool_problems(scenario)]


def way_problems(scenario: Scenario) -> Iterator[Problem]:
    """Faults of ways that some cases go and others do not."""
    pools = [pool.id for pool in scenario.pools]
    known = {group for service in scenario.services for group, _ in service.groups}
    for reach, services in scenario.ways if scenario.others else ():
        for group in reach.groups or ():
            if group not in known:
                yield Problem(("services",), *unknown("group", group, sorted(known)))
        if {service.id for service in services} != {service.id for service in scenario.services}:
            yield Problem(("services",), "some cases would go a way on which not every service is there")
    if scenario.others and not scenario.others[-1].reach.everybody:
        yield Problem(("services",), "some cases would go no way at all")
    for service in scenario.services:
        own = set(service_problems(service, pools))
        for way in scenario.ways_of(service):
            for problem in service_problems(way.service, pools):
                if way.service != service and problem not in own:
                    yield replace(problem, message=f"for {format_share(way.share)} of cases: {problem.message}")


MOST_REMEMBERED = 4096
_remembered: dict[tuple[int, tuple[str, ...]], tuple[Service, list[Problem]]] = {}
"""What was found of the services looked at last, each kept so that its id stays its own."""


def service_problems(service: Service, pools: Collection[str]) -> list[Problem]:
    """Every fault of one service; ``pools`` are the ids of pools that it may use.

    A reform leaves most services as they are, so what was found of one is remembered.
    """
    key = (id(service), tuple(pools))
    if key not in _remembered:
        if len(_remembered) >= MOST_REMEMBERED:
            _remembered.clear()
        _remembered[key] = (service, _service_problems(service, pools))
    return _remembered[key][1]


def _service_problems(service: Service, pools: Collection[str]) -> list[Problem]:
    where: tuple[PathPart, ...] = ("services", service.id)
    found = list(reference_problems(service, pools))
    if not any("after" in problem.path[2:3] for problem in found):
        cycles = list(cycle_problems(service))
        found += cycles or [*order_problems(service), *milestone_problems(service), *ending_problems(service)]
    found += [*choice_problems(service), *time_problems(service), *limit_problems(service)]
    found += [*doer_problems(service), *room_problems(service)]
    found += [*channel_problems(service), *applicant_problems(service)]
    return [Problem(where + p.path, p.message, p.hint, on_key=p.on_key, warning=p.warning) for p in found]


def reference_problems(service: Service, pools: Collection[str]) -> Iterator[Problem]:
    """Pools and steps that are named but not there."""
    steps = [step.id for step in service.steps]
    for step in service.steps:
        here = ("steps", step.id)
        for position, pool in enumerate(step.pools):
            if pool not in pools:
                yield Problem((*here, *place_of_pool(step, position)), *unknown("pool", pool, pools))
        for position, other in enumerate(step.after):
            if other == step.id:
                yield Problem((*here, "after", position), "a step cannot come after itself")
            elif other not in steps:
                yield Problem((*here, "after", position), *unknown("step", other, steps))
            elif other in step.after[:position]:
                yield Problem((*here, "after", position), f"{other} is written twice")
        if len(step.after) > MOST_PREDECESSORS:
            yield Problem((*here, "after"), f"a step can follow at most {MOST_PREDECESSORS} steps directly")
        for position, other in enumerate(step.needs):
            if other not in steps:
                yield Problem((*here, "needs", position), *unknown("step", other, steps))
        for other, _ in step.choose:
            if other not in steps:
                yield Problem((*here, "choose", other), *unknown("step", other, steps), on_key=True)
        if step.returns is not None and step.returns.to not in steps:
            yield Problem((*here, "returns", "to"), *unknown("step", step.returns.to, steps))
    for position, backlog in enumerate(service.backlog):
        if backlog.step not in steps:
            yield Problem(("backlog", position, "step"), *unknown("step", backlog.step, steps))


def cycle_problems(service: Service) -> Iterator[Problem]:
    """Steps that wait for each other, one problem for each ring."""
    after = {step.id: step.after for step in service.steps}
    done: set[str] = set()
    for start in after:
        ring = ring_from(start, after, done)
        if ring:
            text = " → ".join((*reversed(ring), ring[-1]))
            hint = "a case that goes back to an earlier step is written with returns"
            yield Problem(("steps", ring[0], "after"), f"these steps wait for each other: {text}", hint)


def ring_from(start: str, after: Mapping[str, tuple[str, ...]], done: set[str]) -> tuple[str, ...]:
    """A ring of steps reached from ``start`` against the flow, () where there is none; ``done`` gains what was seen."""
    way: list[str] = []
    waiting: list[Iterator[str]] = [iter((start,))]
    while waiting:
        following = next(waiting[-1], None)
        if following is None:
            waiting.pop()
            if way:
                done.add(way.pop())
        elif following in way:
            ring = tuple(way[way.index(following) :])
            done.update(way)
            return ring
        elif following not in done:
            way.append(following)
            waiting.append(iter(after[following]))
    return ()


def ancestors(service: Service) -> dict[str, frozenset[str]]:
    """For each step all steps before it. The graph must be without cycles."""
    after = {step.id: step.after for step in service.steps}
    found: dict[str, frozenset[str]] = {}
    waiting = list(after)
    while waiting:
        step = waiting[-1]
        missing = [other for other in after[step] if other not in found]
        if step in found or not missing:
            waiting.pop()
            found[step] = frozenset(after[step]).union(*(found[other] for other in after[step]))
        else:
            waiting += missing
    return found


def order_problems(service: Service) -> Iterator[Problem]:
    """Returns to later steps, preconditions that do not come before."""
    before = ancestors(service)
    for step in service.steps:
        here = ("steps", step.id)
        if (
            step.returns is not None
            and step.returns.to in before
            and step.returns.to not in before[step.id] | {step.id}
        ):
            message = f"{step.returns.to} does not come before {step.id}"
            yield Problem((*here, "returns", "to"), message, "a case goes back to this step or to one before it")
        for position, other in enumerate(step.needs):
            if other in before and other not in before[step.id]:
                message = f"{other} does not come before {step.id}"
                yield Problem((*here, "needs", position), message, "a legal precondition is a step before this one")


def milestone_problems(service: Service) -> Iterator[Problem]:
    """A milestone that is passed twice, or a decision before the acceptance."""
    before = ancestors(service)
    for milestone in MILESTONES:
        passed = [step for step in service.steps if getattr(step, milestone)]
        for position, step in enumerate(passed):
            twin = next(
                (other for other in passed[:position] if not exclusive(service, before, other.id, step.id)), None
            )
            if twin is not None:
                message = f"{twin.id} is marked {milestone} too, and a case may do both"
                yield Problem(("steps", step.id, milestone), message, "mark one of them")
    for early, late in (("accepted", "decision"), ("decision", "collected")):
        for step in (step for step in service.steps if getattr(step, early)):
            wrong = [other.id for other in service.steps if getattr(other, late) and other.id in before[step.id]]
            if wrong:
                yield Problem(("steps", step.id, early), f"the step marked {late}, {wrong[0]}, comes before this one")


def ending_problems(service: Service) -> Iterator[Problem]:
    """Refusals of what is decided already, revocations of what nobody has decided."""
    before = ancestors(service)
    for step in service.steps:
        if not step.refuses and not step.revokes:
            continue
        decided = next((other.id for other in service.steps if other.decision and other.id in before[step.id]), None)
        if step.refuses > 0 and decided is not None:
            message = f"{decided} has decided before this step"
            yield Problem(("steps", step.id, "refuses"), message, "what takes a decision back is written with revokes")
        if step.revokes > 0 and decided is None:
            message = "no step before this one is marked decision: true"
            yield Problem(("steps", step.id, "revokes"), message, "a step that says no is written with refuses")


def exclusive(service: Service, before: Mapping[str, frozenset[str]], one: str, other: str) -> bool:
    """Whether a choice keeps cases from doing both steps."""
    for step in service.steps:
        branches = [branch for branch, _ in step.choose]
        towards = [{b for b in branches if b in before[target] | {target}} for target in (one, other)]
        if towards[0] and towards[1] and not towards[0] & towards[1]:
            return True
    return False


def choice_problems(service: Service) -> Iterator[Problem]:
    """Choices that do not add up, or among steps that do not follow."""
    after = {step.id: step.after for step in service.steps}
    for step in service.steps:
        here = ("steps", step.id, "choose")
        total = sum(share for _, share in step.choose)
        if step.choose and not math.isclose(total, 1.0, abs_tol=1e-9):
            yield Problem(here, f"the shares add up to {format_share(total)}, not to 100 %", on_key=True)
        for other, _ in step.choose:
            if other in after and step.id not in after[other]:
                yield Problem(
                    (*here, other),
                    f"{other} does not follow {step.id}",
                    f"write after: [{step.id}] at {other}",
                    on_key=True,
                )


def time_problems(service: Service) -> Iterator[Problem]:
    """Steps without a time, or with two; parts that do not fit their step."""
    for step in service.steps:
        here = ("steps", step.id)
        own = [part.id for part in step.parts if part.time is not None]
        shared = [part.id for part in step.parts if part.share is not None]
        for part in step.parts:
            if (part.time is None) == (part.share is None):
                what = "has both share and time" if part.time else "needs share or time"
                yield Problem((*here, "parts", part.id), what, "write one of them", on_key=True)
        if own and shared:
            yield Problem(
                (*here, "parts"), "some parts have a share and some a time", "write all of them alike", on_key=True
            )
        elif own and step.time is not None:
            yield Problem(
                (*here, "time"),
                "the parts have times of their own",
                "leave this out, or give the parts shares",
                on_key=True,
            )
        elif not own and step.time is None:
            yield Problem(here, "needs time" if not shared else "needs a time for its parts to share", on_key=True)
        total = sum(part.share or 0.0 for part in step.parts)
        if total > 1 + 1e-9:
            yield Problem((*here, "parts"), f"the shares add up to {format_share(total)}, more than 100 %", on_key=True)


def limit_problems(service: Service) -> Iterator[Problem]:
    """A promise beyond the law; patience without waiting; labels that do not add up; nobody who ever comes."""
    if service.promise and service.statutory_limit and service.promise > service.statutory_limit:
        yield Problem(("promise",), "the promise is longer than the statutory limit", warning=True)
    if service.patience is not None and not any(step.in_person for step in service.steps):
        message = "no step is in person, so nobody loses patience"
        yield Problem(("patience",), message, "mark the steps at which people wait with in_person: true", warning=True)
    for labels in ("groups", "channels"):
        total = sum(share for _, share in getattr(service, labels))
        if getattr(service, labels) and not math.isclose(total, 1.0, abs_tol=1e-9):
            yield Problem((labels,), f"the shares add up to {format_share(total)}, not to 100 %", on_key=True)
    if service.matters and not any(step.in_person for step in service.steps):
        message = "no step is in person, so nobody brings several matters"
        yield Problem(("matters",), message, "mark the steps that deal with them with in_person: true", warning=True)
    if service.appointments is not None and not any(step.in_person for step in service.steps):
        message = "no step is in person, so there is nothing to come for"
        yield Problem(
            ("appointments",), message, "mark the steps that people come for with in_person: true", on_key=True
        )
    if service.arrivals is None and service.appointments is None and not service.backlog:
        yield Problem((), "nobody ever comes", "give it arrivals, appointments or a backlog", on_key=True)


def place_of_pool(step: Step, position: int) -> tuple[PathPart, ...]:
    """Where a step names the pool at that position."""
    if step.together:
        return ("at", "together", position)
    return ("at", position) if step.alternatives else ("at",)


def doer_problems(service: Service) -> Iterator[Problem]:
    """Pools named twice for a step; batches that nobody takes, or that several would have to take together."""
    for step in service.steps:
        here = ("steps", step.id)
        for position, pool in enumerate(step.pools):
            if pool in step.pools[:position]:
                yield Problem((*here, *place_of_pool(step, position)), f"{pool} is named twice")
        if step.batch > 1 and step.at is None:
            hint = "name a pool with at, or leave batch out"
            yield Problem((*here, "batch"), "nobody takes a batch: the step is at no pool", hint, on_key=True)
        if step.batch > 1 and step.together:
            message = "several pools together take one case at a time"
            yield Problem((*here, "batch"), message, "leave batch out, or name one pool", on_key=True)


def room_problems(service: Service) -> Iterator[Problem]:
    """Limited room needs an officer before it who can hold on to the case, and who has nothing else to do with it."""
    for step in service.steps:
        if step.room is None:
            continue
        before = [other for other in service.steps if other.id in step.after]
        if step.at is None:
            message, hint = "nobody waits here: the step is at no pool", "name a pool with at, or leave room out"
        elif len(before) != 1 or before[0].at is None:
            message = "no officer of one step before it could hold on to a case until there is room"
            hint = "room goes with a step that follows one step at a pool"
        elif len(followers(service, before[0].id)) > 1:
            message = f"other steps follow {before[0].id} too, which cannot hold on to a case for this one alone"
            hint = "room goes with a step that alone follows another"
        elif before[0].together:
            message, hint = f"{before[0].id} is done by several pools together", "room goes with a step after one pool"
        else:
            continue
        yield Problem(("steps", step.id, "room"), message, hint, on_key=True)


def pool_problems(scenario: Scenario) -> list[Problem]:
    """Every fault in how pools choose who is next."""
    found: list[Problem] = []
    for pool in scenario.pools:
        own = [*preference_problems(scenario, pool), *tide_problems(scenario, pool), *due_problems(scenario, pool)]
        found += [replace(problem, path=("pools", pool.id, *problem.path)) for problem in own]
    return found + list(order_mismatches(scenario))


def preference_problems(scenario: Scenario, pool: Pool) -> Iterator[Problem]:
    """Preferred steps that are not there, are not the pool's, or are done by several pools together."""
    for position, name in enumerate(pool.prefers):
        here = ("prefers", position)
        found = find_step(scenario, name)
        steps = [step for one in scenario.every_variant for step in one.steps if f"{one.id}.{step.id}" == name]
        if not steps:
            yield Problem(here, str(found[0]), str(found[1]))
        elif name in pool.prefers[:position]:
            yield Problem(here, f"{name} is written twice")
        elif not any(pool.id in step.pools for step in steps):
            yield Problem(here, f"{name} is not done by {pool.id}", f"name {pool.id} in its at, or leave it out here")
        elif any(step.together for step in steps):
            message = f"{name} is done by several pools together, which must agree on who is next"
            yield Problem(here, message, "leave it out here, or give the step a priority")


def tide_problems(scenario: Scenario, pool: Pool) -> Iterator[Problem]:
    """Officers who would help nowhere, or more of them than there are."""
    if pool.tide is None:
        return
    pools = [other.id for other in scenario.pools]
    if pool.tide.to not in pools:
        yield Problem(("tide", "to"), *unknown("pool", pool.tide.to, pools))
    elif pool.tide.to == pool.id:
        yield Problem(("tide", "to"), "a pool cannot help itself", "name another pool")
    if pool.tide.officers > pool.count:
        yield Problem(("tide", "officers"), f"{pool.tide.officers} officers cannot go: there are {pool.count}")


def due_problems(scenario: Scenario, pool: Pool) -> Iterator[Problem]:
    """An order by due time where nothing is ever due."""
    by_due = [key for key in ("order", "escalate") if getattr(pool, key) not in (None, "first_come")]
    if not by_due:
        return
    limits = [
        service.promise or service.statutory_limit
        for service in scenario.every_variant
        if any(pool.id in step.pools for step in service.steps)
    ]
    if not any(limits):
        message, hint = "no service here promises anything, so nothing is ever due", "give it a promise"
        yield Problem((by_due[0],), message, hint, warning=True)


def order_mismatches(scenario: Scenario) -> Iterator[Problem]:
    """Pools that do a step both, and would disagree about who is next in its line."""
    rules = {pool.id: (pool.order, pool.ageing, pool.escalate) for pool in scenario.pools}
    for service in scenario.every_variant:
        for step in service.steps:
            for position, pool in enumerate(step.pools):
                if rules.get(pool) != rules.get(step.pools[0]) and pool in rules and step.pools[0] in rules:
                    where = ("services", service.id, "steps", step.id, *place_of_pool(step, position))
                    message = f"{pool} and {step.pools[0]} do this both, and take who waits in another order"
                    yield Problem(where, message, "give both pools the same order, ageing and escalate")


def channel_problems(service: Service) -> Iterator[Problem]:
    """Channels that are named but not there, and choices where there is nothing to choose."""
    known = [channel for channel, _ in service.channels]
    for step in service.steps:
        here = ("steps", step.id)
        for position, channel in enumerate(step.channels):
            if channel not in known:
                yield Problem((*here, "channels", position), *unknown("channel", channel, known))
        if step.fails is not None and step.fails.to not in known:
            yield Problem((*here, "fails", "to"), *unknown("channel", step.fails.to, known))
        elif step.fails is not None and step.fails.to in step.channels:
            message = f"who does this step comes by {step.fails.to} already"
            yield Problem((*here, "fails", "to"), message, "name the channel by which the applicant goes on")
    if service.round_the_clock and isinstance(service.arrivals, Recorded):
        where = ("channels", service.round_the_clock[0], "hours")
        yield Problem(where, "a record says who comes when", "leave out the hours of the channel")
    if len(known) > MOST_CHANNELS:
        yield Problem(("channels",), f"a service can have at most {MOST_CHANNELS} channels")
    if service.informed > 0 and len(known) < 2:
        yield Problem(("choice",), "there are no channels to choose from", "write channels with their shares")
    elif service.informed > 0 and not any(step.channels for step in service.steps):
        message = "every channel has the same steps, so there is nothing to choose"
        yield Problem(("choice",), message, "say channels: [...] at the steps that one channel has and another not")


def applicant_problems(service: Service) -> Iterator[Problem]:
    """Rules for cases and people that nothing in the service could bring about."""
    if service.deemed_approval and service.statutory_limit is None:
        message = "no statutory limit could pass"
        yield Problem(("deemed_approval",), message, "give the service a statutory_limit, e.g. 20 workdays")
    if service.in_hand is not None and not any(step.accepted for step in service.steps):
        message = "no step is marked accepted: true, so nothing can be held back before it"
        yield Problem(("in_hand",), message, "mark the step that accepts the case")
    for step in service.steps:
        if service.in_hand is not None and step.accepted and step.gate is not None:
            message = "this step is held back by in_hand, and cannot wait for a session too"
            yield Problem(("steps", step.id, "gate"), message, "put the gate at the step after it")
        if step.returns is not None and step.returns.share == 0.0 and any(step.returns.later):
            message = "the first attempt is never sent back, so there is no second"
            yield Problem(("steps", step.id, "returns", "share"), message, "the first share is that of the first visit")


def followers(service: Service, step_id: str) -> tuple[Step, ...]:
    """The steps that come directly after a step."""
    return tuple(step for step in service.steps if step_id in step.after)


def step_names(services: Iterable[Service]) -> list[str]:
    """``service.step`` of every step."""
    return [f"{service.id}.{step.id}" for service in services for step in service.steps]


def find_step(scenario: Scenario, name: str) -> tuple[Service, Step] | tuple[str, str]:
    """The step that ``service.step`` names, or what is wrong with the name and the nearest that is right."""
    service_id, dot, step_id = name.partition(".")
    service = next((service for service in scenario.services if service.id == service_id), None)
    if not dot:
        hint = full_width_hint(name) or nearest(name, step_names(scenario.services)) or "write it as SERVICE.STEP"
        return f"{shown(name)} does not name a step", hint
    if service is None:
        return unknown("service", service_id, [service.id for service in scenario.services])
    step = next((step for step in service.steps if step.id == step_id), None)
    if step is None:
        return unknown(f"step of {service_id}", step_id, [step.id for step in service.steps])
    return service, step
