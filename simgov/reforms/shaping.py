"""How measures change steps, services and pools: work scaled, more sent back, steps taken out, put in and moved.

Each function takes a value and gives another one; a neutral argument gives an equal value.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import replace

from simgov.distributions import Distribution, Exponential, Gamma, Lognormal, Triangular, Uniform, Weibull
from simgov.reforms.refusal import Place, Refusal
from simgov.scenario.value import PoissonArrivals, Pool, ProfileArrivals, Returns, Scenario, Service, Step, Text

TIME_FIELDS = ("value", "values", "mean", "low", "mode", "high")
"""The parameters of distributions that are times; the others have no unit."""


def scaled(distribution: Distribution, factor: float) -> Distribution:
    """The distribution of ``factor`` times the time: the same cv, and for one uniform ``factor`` times the draw."""
    if factor == 1.0:
        return distribution
    given = [name for name, field in type(distribution).__dataclass_fields__.items() if field.init]  # type: ignore[attr-defined]
    times = {name: getattr(distribution, name) for name in given if name in TIME_FIELDS}
    changed = {
        name: tuple(v * factor for v in time) if isinstance(time, tuple) else time * factor
        for name, time in times.items()
    }
    return replace(distribution, **changed)  # type: ignore[type-var]


def spread(distribution: Distribution, factor: float) -> Distribution:
    """The distribution with the same mean and ``factor`` times the cv.

    An exponential time becomes a gamma time, which has a cv of its own; a constant and a table of values stay.
    """
    if factor == 1.0:
        return distribution
    if isinstance(distribution, Exponential):
        return Gamma(distribution.mean, factor, distribution.base)
    if isinstance(distribution, Lognormal | Gamma):
        return replace(distribution, cv=distribution.cv * factor)
    if isinstance(distribution, Weibull):
        return Weibull.with_cv(distribution.mean, distribution.cv * factor, distribution.base)
    if isinstance(distribution, Uniform | Triangular):
        names = ("low", "high") if isinstance(distribution, Uniform) else ("low", "mode", "high")
        mean = distribution.mean
        return replace(distribution, **{name: mean + (getattr(distribution, name) - mean) * factor for name in names})
    return distribution


def slowed(step: Step, factor: float) -> Step:
    """The step whose work takes ``factor`` times as long."""
    return step if factor == 1.0 else replace(step, slowdown=step.slowdown * factor)


def sent_back_more(step: Step, share: float, to: str, delay: Distribution | None = None) -> Step:
    """The step of which a further ``share`` of visits is sent back to ``to``; both causes are independent.

    Raises ``Refusal`` where it sends cases back to another step already.
    """
    if share == 0.0:
        return step
    returns = step.returns
    if returns is None:
        return replace(step, returns=Returns(share=share, to=to, delay=delay))
    if returns.to != to:
        raise Refusal(f"{step.id} sends cases back to {returns.to}, not to {to}", f"name {returns.to}")
    return replace(step, returns=sent_back_together(returns, share))


def sent_back_together(returns: Returns, share: float) -> Returns:
    """Returns for the reasons there are, or for another of this share."""

    later = tuple(either(other, share) for other in returns.later)
    return replace(returns, share=either(returns.share, share), later=later)


def either(share: float, other: float) -> float:
    """The share in which at least one of two independent causes holds; exact where one of them never does."""
    if share == 0.0 or other == 0.0:
        return share + other
    return 1.0 - (1.0 - share) * (1.0 - other)


def sent_back_times(step: Step, factor: float) -> Step:
    """The step that sends cases back ``factor`` times as often, all of them at most."""
    returns = step.returns
    if returns is None or factor == 1.0:
        return step
    later = tuple(min(1.0, other * factor) for other in returns.later)
    return replace(step, returns=replace(returns, share=min(1.0, returns.share * factor), later=later))


def sent_back_less(step: Step, share: float) -> Step:
    """The step of which a ``share`` of the returns falls away."""
    returns = step.returns
    if returns is None or share == 0.0:
        return step
    kept = 1.0 - share
    later = tuple(other * kept for other in returns.later)
    return replace(step, returns=replace(returns, share=returns.share * kept, later=later))


def arriving(service: Service, factor: float, at: Place = ()) -> Service:
    """The service to which ``factor`` times as many come. Raises ``Refusal`` where a record says who comes."""
    arrivals = service.arrivals
    if factor == 1.0 or arrivals is None:
        return service
    if isinstance(arrivals, PoissonArrivals):
        rate = replace(arrivals.rate, amount=arrivals.rate.amount * factor)
        return replace(service, arrivals=replace(arrivals, rate=rate))
    if isinstance(arrivals, ProfileArrivals):
        return replace(service, arrivals=replace(arrivals, scale=arrivals.scale * factor))
    raise Refusal(f"who comes to {service.id} is recorded, not drawn", "this needs arrivals by rate or profile", at)


def new_step(service: Service, step_id: str, name: Text, at: Place = ()) -> Step:
    """A step that does nothing yet, with streams of its own. Raises ``Refusal`` where the name is taken."""
    if step_id in [step.id for step in service.steps]:
        raise Refusal(f"{service.id} has a step {step_id} already", "choose another name", at)
    return Step(id=step_id, name=name, stream=f"{service.id}.{step_id}")


def put_before(service: Service, new: Step, followers: Iterable[str]) -> Service:
    """The service in which ``new`` comes right before ``followers``, in place of what they followed.

    It stands in the file's order before the first of them; ``new.after`` is kept where it is not (). Where a choice led
    to the one follower, it leads to ``new``.
    """
    names = set(followers)
    place = min(i for i, step in enumerate(service.steps) if step.id in names)
    old = tuple(dict.fromkeys(other for step in service.steps if step.id in names for other in step.after))
    placed = new if new.after else replace(new, after=old)
    steps = [replace(step, after=(new.id,)) if step.id in names else step for step in service.steps]
    if len(names) == 1:
        steps = [
            replace(step, choose=tuple((new.id if other in names else other, share) for other, share in step.choose))
            for step in steps
        ]
    return replace(service, steps=(*steps[:place], placed, *steps[place:]))


def put_after(service: Service, new: Step, before: str) -> Service:
    """The service in which ``new`` comes right after the step ``before``, and what followed that follows ``new``."""
    steps: list[Step] = []
    for step in service.steps:
        after = tuple(new.id if other == before else other for other in step.after)
        steps.append(step if step.id == before else replace(step, after=after))
        if step.id == before:
            steps.append(replace(new, after=(before,)))
    return replace(service, steps=tuple(steps))


def put_at_end(service: Service, new: Step, after: tuple[str, ...]) -> Service:
    """The service with a last step more, that nothing waits for."""
    return replace(service, steps=(*service.steps, replace(new, after=after)))


def put_behind_decision(service: Service, new: Step) -> Service:
    """The service with a step more that begins once the case is decided, and that nothing waits for.

    Where the decision was the end of the case, it still is for the applicant: the new step is the office's own.
    """
    decided = tuple(step.id for step in service.steps if step.decision) or ends(service)
    if not any(step.collected for step in service.steps) and set(decided) == set(ends(service)):
        steps = tuple(replace(step, collected=True) if step.id in decided else step for step in service.steps)
        service = replace(service, steps=steps)
    return put_at_end(service, new, decided)


def ends(service: Service) -> tuple[str, ...]:
    """The steps that nothing follows."""
    followed = {other for step in service.steps for other in step.after}
    return tuple(step.id for step in service.steps if step.id not in followed)


def skipped(service: Service, names: Collection[str]) -> Service:
    """The service whose steps of these names nobody does any more; their milestones pass on."""
    return replace(
        service, steps=tuple(replace(step, share=0.0) if step.id in names else step for step in service.steps)
    )


def without_lost_preferences(before: Scenario, after: Scenario) -> Scenario:
    """``after``, whose pools prefer no step any more that moved away from them."""
    lost = _doers(before) - _doers(after) if any(pool.prefers for pool in after.pools) else set()
    if not lost:
        return after
    pools = tuple(
        replace(pool, prefers=tuple(name for name in pool.prefers if (pool.id, name) not in lost))
        if pool.prefers
        else pool
        for pool in after.pools
    )
    return replace(after, pools=pools)


def _doers(scenario: Scenario) -> set[tuple[str, str]]:
    """Each pool with each step that it may do, on any way."""
    return {
        (pool, f"{service.id}.{step.id}")
        for service in scenario.every_variant
        for step in service.steps
        for pool in step.pools
    }


def with_pool_added(scenario: Scenario, pool: Pool, at: Place = ()) -> Scenario:
    """The scenario with one pool more. Raises ``Refusal`` where there is one of that name."""
    if pool.id in [other.id for other in scenario.pools]:
        raise Refusal(f"there is a pool {pool.id} already", "choose another name", at)
    return replace(scenario, pools=(*scenario.pools, pool), currency=scenario.currency or _currency(pool))


def _currency(pool: Pool) -> str:
    return "" if pool.cost is None else pool.cost.currency
