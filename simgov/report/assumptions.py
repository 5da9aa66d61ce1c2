"""What the numbers rest on: steps with their times and legal basis, demand, run settings, and what was left out."""

from __future__ import annotations

from dataclasses import replace

from simgov.calendars import Calendar
from simgov.report.changes import duration_words, pool_name, step_name, time_words
from simgov.report.numbers import number, percent
from simgov.report.tables import ABSENT, Cell, Fact, Group, Row, Table, columns, words
from simgov.report.words import joined, plain, say
from simgov.scenario.differences import groups_text, shown, trend_texts
from simgov.scenario.value import PoissonArrivals, ProfileArrivals, Recorded, RunSettings, Scenario, Service, Step, Text
from simgov.units import Duration, format_rate, format_time_of_day

COUNTRIES = {
    "CN": Text("China", "中国"), "PL": Text("Poland", "波兰"), "HK": Text("Hong Kong", "中国香港"),
    "MO": Text("Macao", "中国澳门"), "TW": Text("Taiwan", "中国台湾"), "SG": Text("Singapore", "新加坡"),
    "JP": Text("Japan", "日本"), "KR": Text("Korea", "韩国"),
    "DE": Text("Germany", "德国"), "FR": Text("France", "法国"), "GB": Text("the United Kingdom", "英国"),
    "US": Text("the United States", "美国"), "DK": Text("Denmark", "丹麦"), "EE": Text("Estonia", "爱沙尼亚"),
}  # fmt: skip
"""How texts name a country; others keep their code."""

NOT_MODELLED = ("quality", "demand", "people", "transition", "outage", "travel")
HOW_TO_READ = ("time", "quantile", "open", "cost")


def steps_table(scenario: Scenario) -> Table:
    """Every step of every service: who does it, how long it takes and what law asks for it."""
    single, groups = [], []
    for service in scenario.services:
        rows = [_step_row(scenario, service, step) for step in service.steps if not step.removed]
        if len(rows) == 1:
            single.append(Row((words(service.name), *rows[0].cells[1:])))
        elif rows:
            groups.append(Group(tuple(rows), service.name))
    names = [say(key) for key in ("name", "done_by", "time_needed", "legal_basis")]
    together = [Group(tuple(single))] if single else []
    return Table(say("steps_and_basis"), columns(names, [False] * 4), (*together, *groups), id="steps")


def demand(scenario: Scenario, measured: dict[str, float]) -> Table:
    """Who comes to each service and what is promised; ``measured`` are its cases a replication."""
    rows = [_demand_row(service, measured.get(service.id)) for service in scenario.services]
    names = [say(key) for key in ("service", "demand", "promised", "statutory", "cases_measured")]
    return Table(say("demand"), columns(names, [False, False, False, False, True]), (Group(tuple(rows)),), id="demand")


def settings(scenario: Scenario) -> list[Fact]:
    """How the scenario is run: dates, calendar, warm-up and measured period."""
    run = scenario.run
    facts = [Fact(say("calendar"), _calendar(scenario.calendar)), Fact(say("first_day"), plain(run.start.isoformat()))]
    return [*facts, *_measured(run), *_judged(scenario)]


def not_modelled(scenario: Scenario) -> list[Text]:
    """What the model leaves out, in sentences."""
    left_out = dict.fromkeys(NOT_MODELLED)
    if any(service.travel is not None for service in scenario.services):
        del left_out["travel"]
    judged = scenario.satisfaction is not None or scenario.complaints is not None
    return [say(f"not_modelled_{key}{'_judged' if judged and key == 'quality' else ''}") for key in left_out]


def how_to_read() -> list[Text]:
    """What the KPIs mean, in sentences."""
    return [say(f"read_{key}") for key in HOW_TO_READ]


def _judged(scenario: Scenario) -> list[Fact]:
    """The weights by which satisfaction and complaints are measured, which are assumptions."""
    weights = (("satisfaction_weights", scenario.satisfaction), ("complaint_weights", scenario.complaints))
    return [Fact(say(key), Text(shown(one, "en"), shown(one, "zh"))) for key, one in weights if one is not None]


def _step_row(scenario: Scenario, service: Service, step: Step) -> Row:
    basis = [part.basis for part in step.parts if part.basis and part.kept]
    bases = [step.basis] if step.basis else list(dict.fromkeys(basis))
    stated = Cell(plain("; ".join(bases))) if bases else words(say("no_basis"), "quiet")
    return Row((words(step.name), words(pool_name(scenario, step.at)), words(_time(service, step)), stated))


def _time(service: Service, step: Step) -> Text:
    pieces = [time_words(step.time)] if step.time is not None else []
    kept = [part for part in step.parts if part.kept]
    if kept:
        pieces.append(
            say(
                "in_parts",
                parts=joined([_part(part.name, time_words(part.time) if part.time else None) for part in kept]),
            )
        )
    if step.share < 1:
        pieces.append(say("share_of_cases", share=percent(step.share)))
    if step.returns is not None and step.returns.share > 0:
        back_to = step_name(service, step.returns.to)
        pieces.append(say("sent_back", share=percent(step.returns.share), to=back_to))
    return _sentence(pieces) if pieces else say("nothing")


def _part(name: Text, time: Text | None) -> Text:
    return name if time is None else say("with_detail", name=name, detail=time)


def _demand_row(service: Service, measured: float | None) -> Row:
    promised, statutory = (
        words(_workdays(days)) if days is not None else ABSENT for days in (service.promise, service.statutory_limit)
    )
    count = Cell(plain(number(measured)), value=measured) if measured is not None else ABSENT
    return Row((words(service.name), words(_comers(service)), promised, statutory, count))


def _comers(service: Service) -> Text:
    """Who walks in and who comes at any time, and who has an appointment."""
    if service.round_the_clock:
        channels = say("at_any_time", channels=joined([plain(name) for name in service.round_the_clock]))
        return _sentence([_comers(replace(service, round_the_clock=())), channels])
    if service.appointments is None:
        return _arrivals(service)
    booked = Text(shown(service.appointments, "en"), shown(service.appointments, "zh"))
    return booked if service.arrivals is None else _sentence([_arrivals(service), booked])


def _arrivals(service: Service) -> Text:
    arrivals = service.arrivals
    if isinstance(arrivals, Recorded):
        source = arrivals.source.replace("\\", "/").rpartition("/")[2]
        return say("recorded", source=source, count=plain(f"{len(arrivals.applied):,}"))
    if isinstance(arrivals, PoissonArrivals):
        rate = say("poisson", rate=Text(format_rate(arrivals.rate), format_rate(arrivals.rate, "zh")))
        return _sentence([rate, *_bent(arrivals)])
    if isinstance(arrivals, ProfileArrivals):
        text = say("profile", source=arrivals.source.replace("\\", "/").rpartition("/")[2] or "CSV")
        scale = [] if arrivals.scale == 1 else [plain(f"× {arrivals.scale:g}")]
        return _sentence([text, *scale, *_bent(arrivals)])
    return say("backlog_only")


def _bent(arrivals: PoissonArrivals | ProfileArrivals) -> list[Text]:
    """Season, growth, surges, variation and groups, a phrase each."""
    phrases = [
        Text(en, zh) for en, zh in zip(*(trend_texts(arrivals.trend, lang) for lang in ("en", "zh")), strict=True)
    ]
    if arrivals.groups_of:
        phrases.append(Text(*(groups_text(arrivals.groups_of, lang) for lang in ("en", "zh"))))
    return phrases


def _workdays(days: int) -> Text:
    return duration_words(Duration(float(days), "workday"))


def _calendar(calendar: Calendar) -> Text:
    if calendar.always:
        return say("calendar_always")
    code = calendar.country or ""
    holidays = say("holidays_of", country=COUNTRIES.get(code, Text(code, code))) if code else say("holidays_none")
    return _sentence([_hours(calendar), holidays])


def _hours(calendar: Calendar) -> Text:
    """``Mon-Fri 09:00-12:00, 13:00-17:30``, consecutive days of equal hours together."""
    runs: list[tuple[int, int]] = []
    for day, spans in enumerate(calendar.week):
        if spans and runs and runs[-1][1] == day - 1 and calendar.week[runs[-1][0]] == spans:
            runs[-1] = (runs[-1][0], day)
        elif spans:
            runs.append((day, day))
    listed = []
    for first, last in runs:
        hours = ", ".join(f"{format_time_of_day(a)}–{format_time_of_day(b)}" for a, b in calendar.week[first])
        days = (
            say(f"day_{first}")
            if first == last
            else say("days_from_to", first=say(f"day_{first}"), last=say(f"day_{last}"))
        )
        listed.append(Text(f"{days.en} {hours}", f"{days.zh} {hours.replace(', ', '、')}"))
    return _sentence(listed)


def _measured(run: RunSettings) -> list[Fact]:
    if run.cases is not None:
        return [Fact(say("period"), say("cases_counted", count=number(run.cases), warm_up=number(run.warm_up_cases)))]
    facts = [Fact(say("period"), duration_words(run.period))] if run.period is not None else []
    return [*facts, Fact(say("warm_up"), duration_words(run.warm_up))] if run.warm_up.amount else facts


def _sentence(pieces: list[Text]) -> Text:
    return Text("; ".join(piece.en for piece in pieces), "；".join(piece.zh for piece in pieces))
