"""Random rules of dispatch for a random scenario: who may do a step, who is next, batches, limited room, tides."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import strategies as st

from simgov.scenario.value import Alternative, Pool, Scenario, Service, Step, Tide
from simgov.units import Duration


@st.composite
def dispatching(draw: st.DrawFn, scenario: Scenario) -> Scenario:
    """``scenario`` as it is, or with pools that share steps or choose otherwise."""
    if draw(st.booleans()):
        return scenario
    names = tuple(pool.id for pool in scenario.pools)
    services = tuple(_with_room(draw, _shared(draw, service, names)) for service in scenario.services)
    rules = draw(
        st.fixed_dictionaries(
            {
                "order": st.sampled_from(("first_come", "first_come", "earliest_due")),
                "ageing": st.sampled_from((None, Duration(30.0), Duration(7.0))),
                "escalate": st.sampled_from(
                    (None, None, Duration(1.0, "workday"), Duration(120.0), Duration(3.0, "workday"))
                ),
            }
        )
    )
    if rules["order"] == "earliest_due":
        rules["ageing"] = None  # the language has one of them
    changed = replace(scenario, services=services)
    pools = tuple(_choosing(draw, replace(pool, **rules), changed) for pool in scenario.pools)
    return replace(changed, pools=pools)


def _shared(draw: st.DrawFn, service: Service, pools: tuple[str, ...]) -> Service:
    return replace(service, steps=tuple(_with_pools(draw, step, pools) for step in service.steps))


def _with_pools(draw: st.DrawFn, step: Step, pools: tuple[str, ...]) -> Step:
    """The step alone at its pool, with others that may do it, together with them, or in batches."""
    if step.at is None:
        return step
    others = draw(st.lists(st.sampled_from(pools), unique=True, max_size=2))
    others = [other for other in others if other != step.at]
    kind = draw(st.sampled_from(("alone", "alone", "others", "together", "batch")))
    if kind == "together":
        return replace(step, together=tuple(others))
    alternatives = tuple(
        Alternative(other, draw(st.sampled_from((1.0, 1.5))), draw(st.booleans()))
        for other in (others if kind != "alone" else ())
    )
    batch = draw(st.sampled_from((2, 3))) if kind == "batch" else 1
    return replace(step, alternatives=alternatives, batch=batch)


def _with_room(draw: st.DrawFn, service: Service) -> Service:
    """Limited room at some of the steps that alone follow one step of one pool."""
    by_id = {step.id: step for step in service.steps}
    steps = []
    for step in service.steps:
        before = by_id[step.after[0]] if len(step.after) == 1 else None
        alone = before is not None and sum(before.id in other.after for other in service.steps) == 1
        limited = alone and step.at is not None and before is not None and before.at is not None and not before.together
        steps.append(replace(step, room=draw(st.sampled_from((None, 1, 2)))) if limited else step)
    return replace(service, steps=tuple(steps))


def _choosing(draw: st.DrawFn, pool: Pool, scenario: Scenario) -> Pool:
    """The pool with steps that it prefers, and officers who help elsewhere."""
    own = [
        f"{service.id}.{step.id}"
        for service in scenario.services
        for step in service.steps
        if pool.id in step.pools and not step.together
    ]
    others = [other.id for other in scenario.pools if other.id != pool.id]
    prefers = draw(st.lists(st.sampled_from(own), unique=True, max_size=2)) if own and draw(st.booleans()) else []
    tide = None
    if others and draw(st.integers(0, 2)) == 0:
        above = draw(st.integers(0, 3))
        tide = Tide(draw(st.sampled_from(others)), draw(st.integers(1, 3)), above, draw(st.integers(1, above + 1)))
    return replace(pool, prefers=tuple(prefers), tide=tide)
