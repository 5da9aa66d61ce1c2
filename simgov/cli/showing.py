"""What ``simgov show`` says of a scenario: services, steps and pools, as columns of text and as plain data."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simgov.cli.language import Words
from simgov.cli.quantities import number
from simgov.units import Duration, format_duration, format_money, format_rate, format_share, format_time_of_day

if TYPE_CHECKING:
    from simgov.calendars import Week
    from simgov.distributions import Distribution
    from simgov.scenario.value import Pool, Scenario, Service, Step, Text

WEEKDAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")


POOL_HEADS = ("pool", "name", "kind", "posts", "hours", "cost of a post")


def name(text: Text, words: Words) -> str:
    """The name in the user's language."""
    return text.zh if words.lang == "zh" else text.en


def named(identifier: str, text: Text, words: Words) -> str:
    """An id with the name people know it by, where that says more."""
    spoken = name(text, words)
    return identifier if spoken in ("", identifier) else f"{identifier} {spoken}"


def service_facts(service: Service, words: Words) -> str:
    """Who comes, how long they wait, and what they were promised: ``9 /h · patience 45 min · promise 5 workdays``."""
    from simgov.scenario.differences import shown

    facts = [arrivals(service, words)]
    if service.round_the_clock:
        facts.append(words("{channels} round the clock", channels=", ".join(service.round_the_clock)))
    if service.appointments is not None:
        facts.append(words("appointments: {slots}", slots=shown(service.appointments, words.lang)))
    if service.patience is not None:
        facts.append(words("patience {time}", time=time_text(service.patience, words)))
    if service.promise is not None:
        facts.append(words("promise {days} workdays", days=service.promise))
    if service.statutory_limit is not None:
        facts.append(words("statutory limit {days} workdays", days=service.statutory_limit))
    facts += [*rule_facts(service, words), *applicant_facts(service, words)]
    facts += [words("{cases} cases waiting at {step}", cases=b.cases, step=b.step) for b in service.backlog]
    return " · ".join(facts)


def rule_facts(service: Service, words: Words) -> list[str]:
    """What applicants and the law may do to a case: withdraw, come back, choose, approve by silence, hold back."""
    facts: list[str] = []
    if service.withdraws is not None:
        time = time_text(service.withdraws.after, words)
        facts.append(words("{share} withdraw after {time}", share=format_share(service.withdraws.share), time=time))
    if service.retries is not None:
        time = time_text(service.retries.after, words)
        facts.append(words("{share} come back after {time}", share=format_share(service.retries.share), time=time))
    if service.informed > 0:
        facts.append(words("{share} choose the fastest channel", share=format_share(service.informed)))
    facts += [words("deemed approved at the limit")] if service.deemed_approval else []
    facts += [words("at most {cases} in hand", cases=service.in_hand)] if service.in_hand is not None else []
    return facts


def applicant_facts(service: Service, words: Words) -> list[str]:
    """What the service asks of its applicants: the way, the fee, what a day costs a firm."""
    from simgov.scenario.differences import shown

    facts = []
    if service.travel is not None:
        facts.append(words("way {time}", time=format_duration(service.travel, words.lang)))
    if service.fee is not None:
        facts.append(words("fee {money}", money=format_money(service.fee, words.lang)))
    if service.firm is not None:
        facts.append(words("a day costs firms {money}", money=shown(service.firm, words.lang)))
    return facts


def arrivals(service: Service, words: Words) -> str:
    """How many cases come: a rate, or a profile and its cases in a week."""
    from simgov.scenario.differences import bent_text
    from simgov.scenario.value import PoissonArrivals, Recorded

    coming = service.arrivals
    if coming is None:
        return words("no arrivals")
    if isinstance(coming, Recorded):
        return words("{cases} recorded cases ({source})", cases=number(len(coming.applied)), source=coming.source)
    if isinstance(coming, PoissonArrivals):
        return format_rate(coming.rate, words.lang) + bent_text(coming, words.lang)
    cases = coming.scale * sum(row[3] for row in coming.rows)
    week = words("{cases} cases a week ({source})", cases=number(cases), source=coming.source or "CSV")
    return week + bent_text(coming, words.lang)


def step_columns(step: Step, words: Words) -> tuple[str, ...]:
    """A step as columns: id and name, where, how long, and what else there is to know."""
    at = doers(step, words)
    return (step.id, name(step.name, words), at, step_time(step, words), step_notes(step, words))


def doers(step: Step, words: Words) -> str:
    """Who does a step: its pool, several in order of preference, several together, or nobody."""
    from simgov.scenario.differences import shown

    if step.together:
        return " + ".join(step.pools)
    others = [shown(other, words.lang) for other in step.alternatives]
    return " › ".join([step.at, *others]) if step.at is not None else words("outside")


def step_time(step: Step, words: Words) -> str:
    """The time of a step with its cv, or those of its parts."""
    if step.time is not None:
        return time_text(step.time, words)
    return " + ".join(time_text(part.time, words) for part in step.parts if part.kept and part.time is not None)


def step_notes(step: Step, words: Words) -> str:
    """Milestones, routing, returns, parts and legal basis of a step, on one line."""
    notes: list[str] = []
    if step.removed:
        notes.append(words("removed"))
    elif step.share < 1:
        notes.append(words("{share} of cases", share=format_share(step.share)))
    notes += [words("in person")] if step.in_person else []
    notes += [words("accepted")] if step.accepted else []
    notes += [words("decision")] if step.decision else []
    notes += [words("collected")] if step.collected else []
    notes += [words("clock stopped")] if step.special else []
    if step.choose:
        routes = ", ".join(f"{format_share(share)} {to}" for to, share in step.choose)
        notes.append(words("then {routes}", routes=routes))
    if step.returns is not None:
        shares = ", ".join(format_share(share) for share in step.returns.shares)
        notes.append(words("{share} returned to {step}", share=shares, step=step.returns.to))
    notes += ending_notes(step, words)
    if step.parts:
        parts = ", ".join(named(part.id, part.name, words) for part in step.parts if part.kept)
        notes.append(words("parts: {parts}", parts=parts))
    if step.slowdown != 1:
        notes.append(words("work × {factor}", factor=number(step.slowdown)))
    if step.batch > 1:
        notes.append(words("batches of {count}", count=step.batch))
    if step.room is not None:
        notes.append(words("room for {count}", count=step.room))
    if step.papers:
        papers = ", ".join(named(paper.id, paper.name, words) for paper in step.papers)
        notes.append(words("documents: {documents}", documents=papers))
    if step.basis:
        notes.append(words("basis: {basis}", basis=step.basis))
    return " · ".join(notes)


def ending_notes(step: Step, words: Words) -> list[str]:
    """What may end a case at a step or turn it to another channel, what it waits for, and whose cases do it."""
    from simgov.scenario.differences import shown

    notes = [words("{share} refused", share=format_share(step.refuses))] if step.refuses > 0 else []
    notes += [words("{share} revoked", share=format_share(step.revokes))] if step.revokes > 0 else []
    notes += [words("waits for: {gate}", gate=shown(step.gate, words.lang))] if step.gate is not None else []
    notes += [words("channels: {channels}", channels=", ".join(step.channels))] if step.channels else []
    if step.fails is not None:
        notes.append(
            words("{share} fail, on by {channel}", share=format_share(step.fails.share), channel=step.fails.to)
        )
    return notes


def pool_row(pool: Pool, words: Words) -> list[str]:
    """A pool as a row: id, name, kind, posts, hours, cost of a post."""
    kind = words("window") if pool.kind == "window" else words("department")
    if pool.always:
        hours = words("round the clock")
    elif len(pool.shifts) == 1:
        hours = week_text(pool.shifts[0].week, words)
    else:
        hours = between(words).join(f"{shift.count} × {week_text(shift.week, words)}" for shift in pool.shifts)
    cost = "" if pool.cost is None else format_money(pool.cost, words.lang)
    return [pool.id, name(pool.name, words), kind, str(pool.count), hours, cost]


def week_text(week: Week, words: Words) -> str:
    """Opening hours of a week, days with the same hours together: ``Mon-Thu 09:00-12:00, 13:00-17:00; Fri ...``."""
    runs: list[tuple[int, int, tuple[Any, ...]]] = []
    for day, spans in enumerate(week):
        if runs and runs[-1][2] == spans:
            runs[-1] = (runs[-1][0], day, spans)
        else:
            runs.append((day, day, spans))
    texts = []
    for first, last, spans in runs:
        if not spans:
            continue
        days = words(WEEKDAYS[first]) + (
            f"{'至' if words.lang == 'zh' else '-'}{words(WEEKDAYS[last])}" if last > first else ""
        )
        hours = (f"{format_time_of_day(opening)}-{format_time_of_day(closing)}" for opening, closing in spans)
        texts.append(f"{days} {('、' if words.lang == 'zh' else ', ').join(hours)}")
    return between(words).join(texts)


def between(words: Words) -> str:
    """What stands between two of a list: the semicolon of the language."""
    return "；" if words.lang == "zh" else "; "


def time_text(time: Distribution, words: Words) -> str:
    """A time by its mean, in the unit people use for it, and its cv: ``25 min, cv 0.8``."""
    mean = format_duration(Duration(float(f"{time.mean:.3g}"), time.base), words.lang)
    if time.cv == 0:
        return mean
    return f"{mean}（变异系数 {time.cv:.2g}）" if words.lang == "zh" else f"{mean}, cv {time.cv:.2g}"


def as_data(scenario: Scenario) -> dict[str, Any]:
    """The process for machines: pools with their posts, services with their steps and the way between them."""
    return {
        "scenario": scenario.label,
        "name": {"zh": scenario.name.zh, "en": scenario.name.en},
        "pools": [{"pool": p.id, "kind": p.kind, "count": p.count} for p in scenario.pools],
        "services": [
            {
                "service": service.id,
                "name": {"zh": service.name.zh, "en": service.name.en},
                "promise": service.promise,
                "steps": [step_data(step) for step in service.steps],
            }
            for service in scenario.services
        ],
        "ways": [
            {
                "service": service.id,
                "share": way.share,
                "groups": None if way.reach.groups is None else list(way.reach.groups),
                "steps": [step_data(step) for step in way.service.steps],
            }
            for service in scenario.services
            for way in scenario.ways_of(service)
            if len(scenario.ways_of(service)) > 1
        ],
        "phases": [
            {"from": phase.start.isoformat()} | {"differences": changes(version, following)}
            for version, following, phase in zip(
                scenario.versions, scenario.versions[1:], scenario.phases, strict=False
            )
        ],
    }


def step_data(step: Step) -> dict[str, Any]:
    """A step for machines."""
    time = None if step.time is None else {"mean": step.time.mean, "cv": step.time.cv, "unit": step.time.base}
    returned = None if step.returns is None else {"share": step.returns.share, "to": step.returns.to}
    return {
        "step": step.id,
        "at": step.at,
        "alternatives": [
            {"pool": other.pool, "slowdown": other.slowdown, "stand_in": other.stand_in} for other in step.alternatives
        ],
        "together": list(step.together),
        "batch": step.batch,
        "room": step.room,
        "after": list(step.after),
        "share": step.share,
        "choose": dict(step.choose),
        "time": time,
        "returns": returned,
        "parts": [part.id for part in step.parts if part.kept],
        "documents": step.documents,
        "papers": [{"document": paper.id, "basis": paper.basis} for paper in step.papers],
        "basis": step.basis,
        "removed": step.removed,
    }


def lines(scenario: Scenario, moved: list[dict[str, str]] | None, words: Words) -> list[str]:
    """All that ``simgov show`` prints: the changes of a reform, the process of each service, the pools."""
    from simgov.cli.drawing import process_lines
    from simgov.cli.terminal import table_lines
    from simgov.scenario.differences import phase_changes, way_changes

    title = name(scenario.name, words)
    out = [title if moved is None else f"{title}: {scenario.label}", ""]
    if moved is not None:
        out += [change[words.lang] for change in moved]
        out += [words("Nothing changes.")] if not moved else []
        out.append("")
    for service in scenario.services:
        out += [named(service.id, service.name, words), service_facts(service, words)]
        columns = {step.id: step_columns(step, words) for step in service.steps}
        out += [*process_lines(service, columns, words("applied")), ""]
    heads = [words(head) for head in POOL_HEADS]
    out += table_lines(heads, [pool_row(pool, words) for pool in scenario.pools], numbers=(3,))
    others = capacity_lines(scenario, words)
    out += ["", *others] if others else []
    aside = way_changes(scenario)
    out += ["", words("Some cases go another way:"), *(change.text(words.lang) for change in aside)] if aside else []
    later = phase_changes(scenario)
    return [*out, "", *(change.text(words.lang) for change in later)] if later else out


def capacity_lines(scenario: Scenario, words: Words) -> list[str]:
    """What changes the capacity of pools: learning, absences, and systems that fail."""
    from simgov.scenario.differences import shown

    out = []
    for pool in scenario.pools:
        away = pool.absences
        facts = (
            (words("learning"), pool.learning),
            (words("sickness"), away.sickness),
            (words("leave"), away.leave),
            (words("training"), away.training),
            (words("cuts"), away.cuts),
        )
        out += [f"{pool.id}: {what} {shown(value, words.lang)}" for what, value in facts if value]
    for system in scenario.systems:
        times = f"{shown(system.every, words.lang)} / {shown(system.lasts, words.lang)}"
        needs = ", ".join(system.pools)
        out.append(
            words(
                "{system} fails: {times}, needed by {pools}",
                system=named(system.id, system.name, words),
                times=times,
                pools=needs,
            )
        )
    return out


def changes(before: Scenario, after: Scenario) -> list[dict[str, str]]:
    """What a reform changes, place by place: before and after, and the line for people in both languages."""
    from simgov.scenario.differences import differences

    found = []
    for difference in differences(before, after):
        was, now = difference.words()
        lines = {"en": difference.text("en"), "zh": difference.text("zh")}
        found.append({"path": difference.path, "before": was, "after": now, **lines})
    return found
