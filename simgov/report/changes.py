"""What a scenario changes, in words: staff, process and what the change itself costs.

The words follow ``scenario.differences``, place by place, so that nothing that differs is left out: what has no
sentence of its own is printed as it stands there.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterator
from dataclasses import dataclass, replace

from simgov.distributions import Distribution
from simgov.report.numbers import money, percent
from simgov.report.tables import Item, ItemGroup
from simgov.report.words import joined, say
from simgov.scenario.differences import Difference, by_date
from simgov.scenario.value import Part, Pool, Scenario, Service, Step, Text
from simgov.units import Duration, format_duration


@dataclass(frozen=True)
class ScenarioChanges:
    """One scenario against the baseline."""

    name: Text
    groups: tuple[ItemGroup, ...]


def changes(baseline: Scenario, after: Scenario, name: Text) -> ScenarioChanges:
    """Everything in which ``after`` differs from ``baseline``, grouped; no groups where nothing differs."""
    grouped: dict[str, dict[Item, int]] = {"staff": {}, "process": {}, "other": {}}
    for before, now, found in by_date(baseline, after):
        for kind, item in _worded(before, now, tuple(replace(one, since=None) for one in found)):
            dated = _dated(item, found[0].since)
            grouped[kind][dated] = grouped[kind].get(dated, 0) + 1
    groups = [ItemGroup(say(f"group_{kind}"), tuple(_counted(items))) for kind, items in grouped.items() if items]
    return ScenarioChanges(name, tuple(groups))


def _dated(item: Item, since: datetime.date | None) -> Item:
    """A line with the date from which it holds, where that is not the first day."""
    return item if since is None else replace(item, text=say("from_date", date=since.isoformat(), text=item.text))


def _counted(found: dict[Item, int]) -> Iterator[Item]:
    """Each line once; one that several steps of the same name give says so."""
    for item, count in found.items():
        several = count > 1 and item.repeats
        yield replace(item, badge=say("times_over", count=count)) if several else item


def duration_words(duration: Duration) -> Text:
    """A duration as both languages write it."""
    return Text(format_duration(duration), format_duration(duration, "zh"))


def time_words(time: Distribution | None) -> Text:
    """A distribution of times in words: its mean and cv."""
    if time is None:
        return say("nothing")
    mean = duration_words(Duration(float(f"{time.mean:.3g}"), time.base))
    if time.cv == 0:
        return say("always_exactly", mean=mean)
    return say("distribution", mean=mean, cv=f"{time.cv:.2g}")


def posts(count: int) -> Text:
    """``1 post``, ``2 posts``."""
    return say("one_post") if count == 1 else say("posts", count=count)


def pool_name(scenario: Scenario, pool_id: str | None) -> Text:
    """The pool as people call it."""
    if pool_id is None:
        return say("outside_pool")
    return next((pool.name for pool in scenario.pools if pool.id == pool_id), Text(pool_id, pool_id))


def step_name(service: Service, step_id: str) -> Text:
    """The step as people call it."""
    return next((step.name for step in service.steps if step.id == step_id), Text(step_id, step_id))


def _worded(before: Scenario, after: Scenario, found: tuple[Difference, ...]) -> Iterator[tuple[str, Item]]:
    """Each difference as a group and a line; several differences may give the same line."""
    for difference in found:
        if difference.cases is not None and difference.services is not None:
            was, now = difference.services
            ways = before.with_service(was), after.with_service(now)
            for kind, item in _worded(*ways, (replace(difference, cases=None, services=None),)):
                yield kind, replace(item, text=say("for_cases", cases=difference.cases, text=item.text))
            continue
        place = difference.path.split(".")
        if place[0] == "pools":
            yield "staff", _pool(before, after, difference, place)
        elif place[0] == "services" and len(place) >= 4 and place[2] == "steps":
            text = _step(before, after, difference, place)
            if text is not None:
                if len(before.services) == len(after.services) == 1:
                    text = _without(text, before.services[0].name)
                yield "process", Item(text, repeats=len(place) == 4 or place[4] == "parts")
        elif difference.path in ("set_up", "running"):
            minor = getattr(after, difference.path) - getattr(before, difference.path)
            yield "other", Item(say(f"{difference.path}_cost", amount=money(minor, after.currency)))
        else:
            yield "other", Item(_as_it_stands(difference))


def _without(text: Text, service: Text) -> Text:
    """A line without the service in front, where there is only one."""
    english, chinese = text.en.removeprefix(f"{service.en}: "), text.zh.removeprefix(f"{service.zh}：")
    return Text(english[0].upper() + english[1:], chinese)


def _as_it_stands(difference: Difference) -> Text:
    return Text(difference.text("en"), difference.text("zh"))


# Staff ----------------------------------------------------------------------------------------------------------------


def _pool(before: Scenario, after: Scenario, difference: Difference, place: list[str]) -> Item:
    was, now = _find_pool(before, place[1]), _find_pool(after, place[1])
    if was is not None and now is not None:
        field = place[2].partition("[")[0]
        if field == "shifts" and was.count != now.count:
            return Item(say("pool_on_duty", pool=now.name, before=was.count, after=now.count))
        if field == "count" and was.count != now.count:
            more = now.count - was.count
            text = say("staff_from_to", pool=now.name, before=was.count, after=posts(now.count))
            return Item(text, say("staff_more" if more > 0 else "staff_fewer", count=abs(more)))
        return Item(say("pool_hours", pool=now.name) if field == "shifts" else _as_it_stands(difference))
    if now is not None:
        return Item(say("pool_added", pool=now.name, posts=posts(now.count)))
    assert was is not None
    into = _merged_into(before, after, was.id)
    if into is None:
        return Item(say("pool_gone", pool=was.name, posts=posts(was.count)))
    return Item(say("pool_merged", pool=was.name, into=into.name, posts=posts(was.count)))


def _find_pool(scenario: Scenario, pool_id: str) -> Pool | None:
    return next((pool for pool in scenario.pools if pool.id == pool_id), None)


def _merged_into(before: Scenario, after: Scenario, pool_id: str) -> Pool | None:
    """The one pool that does everything which a dissolved pool did; None where there is not one."""
    steps = [(service.id, step.id) for service in before.services for step in service.steps if step.at == pool_id]
    now = {_step_of(after, *names).at for names in steps if _step_of(after, *names)}  # type: ignore[union-attr]
    return _find_pool(after, str(next(iter(now)))) if len(now) == 1 else None


# Process --------------------------------------------------------------------------------------------------------------


def _step(before: Scenario, after: Scenario, difference: Difference, place: list[str]) -> Text | None:
    """The line for one difference inside a step; None where another line says it already."""
    old = next((service for service in before.services if service.id == place[1]), None)
    new = next((service for service in after.services if service.id == place[1]), None)
    if old is None or new is None:
        return _as_it_stands(difference)
    was, now = _step_of(before, old.id, place[3]), _step_of(after, new.id, place[3])
    if len(place) == 4:
        return _whole_step(old, new, was, now)
    if was is None or now is None:
        return _as_it_stands(difference)
    if place[4] == "parts":
        return _part(new, was, now, place[5]) if len(place) == 6 else _as_it_stands(difference)
    return _field(before, after, (old, new), (was, now), difference, place[4])


def _step_of(scenario: Scenario, service_id: str, step_id: str) -> Step | None:
    steps = (step for service in scenario.services if service.id == service_id for step in service.steps)
    return next((step for step in steps if step.id == step_id), None)


def _whole_step(old: Service, new: Service, was: Step | None, now: Step | None) -> Text | None:
    """A step that is dropped or added, or both at once: several steps that become one."""
    gone = [step for step in old.steps if step.id not in {kept.id for kept in new.steps}]
    if was is not None:
        if was in gone and any(_made_of(step, was) for step in new.steps):
            return None
        return say("step_dropped", service=old.name, step=was.name)
    assert now is not None
    sources = [say("quoted", name=step.name) for step in gone if _made_of(now, step)]
    if sources:
        return say("steps_merged", service=new.name, steps=joined(sources), step=now.name)
    return say("step_added", service=new.name, step=now.name)


def _made_of(step: Step, source: Step) -> bool:
    """Whether a new step holds the work of an old one: its parts keep the streams they were drawn from."""
    streams = {source.stream, *(part.stream for part in source.parts)} - {""}
    return any(part.stream in streams for part in step.parts)


def _part(service: Service, was: Step, now: Step, part_id: str) -> Text:
    """A part that is no longer done, or newly done."""
    parts = {part.id: part for part in (*now.parts, *was.parts)}
    kept = part_id in {part.id for part in now.parts if part.kept}
    part: Part = parts[part_id]
    if not kept and sum(not step.removed for step in service.steps) == 1:
        return say("part_dropped_alone", service=service.name, part=part.name)
    return say("part_added" if kept else "part_dropped", service=service.name, step=was.name, part=part.name)


def _field(before: Scenario, after: Scenario, services: tuple[Service, Service], steps: tuple[Step, Step],
           difference: Difference, field: str) -> Text | None:  # fmt: skip
    (old, new), (was, now) = services, steps
    about = {"service": new.name, "step": was.name}
    if field == "at":
        dissolved = was.at is not None and _find_pool(after, was.at) is None and _merged_into(before, after, was.at)
        moved = say("step_moved", **about, before=pool_name(before, was.at), after=pool_name(after, now.at))
        return None if dissolved else moved
    if field == "share":
        return say("step_share", **about, before=percent(was.share), after=percent(now.share))
    if field == "time":
        return say("step_time", **about, before=time_words(was.time), after=time_words(now.time))
    if field == "after":
        return _order(old, new, was, now)
    if field == "room" and was.room and now.room:
        return say("step_room", **about, before=was.room, after=now.room)
    if field == "slowdown":
        return _slower(after, about, now, now.slowdown / was.slowdown - 1)
    if field == "returns":
        return say("step_returns", **about, before=_returned(was), after=_returned(now))
    return _as_it_stands(difference)


def _order(old: Service, new: Service, was: Step, now: Step) -> Text | None:
    """A step that waits for others than before; None for the one that joins branches which run side by side now."""
    branches = _branches(old, new, now)
    if branches:
        listed = [say("quoted", name=_chain([step.name for step in branch])) for branch in branches]
        return say("steps_parallel", service=new.name, steps=joined(listed))
    starts = [step for step in new.steps if step.after != _before(old, step)]
    if any(_ends(_branches(old, new, step)) & set(now.after) for step in starts if step.id != now.id):
        return None
    return say("step_order", service=new.name, step=was.name, before=_after(old, was), after=_after(new, now))


def _branches(old: Service, new: Service, step: Step) -> list[list[Step]]:
    """The branches that begin together with ``step`` and did not before, each a chain of steps; [] for none."""
    together = [one for one in new.steps if one.after == step.after and not one.removed]
    if len({_before(old, one) for one in together}) < 2:
        return []
    return [_followed(new, one) for one in together]


def _followed(service: Service, step: Step) -> list[Step]:
    """``step`` and the steps that follow it, one by one, up to where another branch joins."""
    following = [one for one in service.steps if one.after == (step.id,)]
    return [step, *_followed(service, following[0])] if len(following) == 1 else [step]


def _ends(branches: list[list[Step]]) -> set[str]:
    return {branch[-1].id for branch in branches}


def _before(old: Service, step: Step) -> tuple[str, ...] | None:
    return next((one.after for one in old.steps if one.id == step.id), None)


def _chain(names: list[Text]) -> Text:
    return Text(" → ".join(name.en for name in names), " → ".join(name.zh for name in names))


def _slower(after: Scenario, about: dict[str, Text], now: Step, factor: float) -> Text:
    """Work that takes longer, said once for a pool where it holds for all its steps."""
    share = percent(abs(factor))
    at_pool = [step.slowdown for service in after.services for step in service.steps if step.at == now.at]
    if now.at is not None and factor > 0 and len(at_pool) > 1 and len({round(value, 9) for value in at_pool}) == 1:
        return say("pool_slower", pool=pool_name(after, now.at), share=share)
    return say("step_slower" if factor > 0 else "step_faster", **about, share=share)


def _returned(step: Step) -> Text:
    return percent(step.returns.share if step.returns else 0.0)


def _after(service: Service, step: Step) -> Text:
    if not step.after:
        return say("application")
    return joined([say("quoted", name=step_name(service, name)) for name in step.after])
