"""The page: content put together, charts specified, rendered into one HTML text without outside references."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from importlib import resources
from typing import TYPE_CHECKING

import simgov
from simgov.report import assumptions, charts
from simgov.report.changes import ScenarioChanges, changes
from simgov.report.charts import Lang, Spec
from simgov.report.numbers import figure, figures, number, percent
from simgov.report.planning import PlanSection
from simgov.report.results import (
    Card,
    Results,
    Series,
    all_figures,
    bounds_present,
    cards,
    change,
    headline_kpis,
    side_by_side,
)
from simgov.report.tables import Cell, Fact, Group, Row, Table, amount, columns, words
from simgov.report.words import paragraph, plain, say
from simgov.scenario.value import Text

if TYPE_CHECKING:
    import pandas
    from markupsafe import Markup

    from simgov.report.breakdown import Breakdown

SECTIONS = ("result", "changes", "plan", "time", "day", "utilisation", "assumptions", "figures")


@dataclass(frozen=True)
class ServiceTime:
    """The chart of one service, and the table behind it."""

    name: Text
    chart: str
    table: Table


@dataclass(frozen=True)
class DaySection:
    """What the waits by time of day show, and the table behind them."""

    findings: tuple[Text, ...]
    table: Table


@dataclass(frozen=True)
class Page:
    """Everything the template shows."""

    lang: Lang
    version: str
    fingerprint: str
    title: Text
    verdict: Text
    sections: tuple[str, ...]
    series: tuple[Text, ...]
    colours: tuple[str, ...]
    cards: tuple[Card, ...]
    interval_note: Text
    lower_bounds: bool
    matrix: Table | None
    changes: tuple[ScenarioChanges, ...]
    plan: PlanSection | None
    time: tuple[ServiceTime, ...]
    day: DaySection | None
    utilisation: Table
    settings: tuple[Fact, ...]
    demand: tuple[Text, ...]
    not_modelled: tuple[Text, ...]
    how_to_read: tuple[Text, ...]
    steps: Table
    figures: Table
    charts: Mapping[str, Mapping[Lang, Spec]] = field(default_factory=dict)


def compose(
    results: Results,
    detail: Breakdown,
    *,
    plan: PlanSection | None,
    provenance: Sequence[Fact],
    fingerprint: str,
    lang: Lang,
) -> Page:
    """The page of ``results`` and ``detail``; ``provenance`` are facts about the run (seed, versions, fingerprint)."""
    baseline = results.series[0].scenario
    measured = _cases(detail, results.series[0].label)
    names = tuple(series.name for series in results.series)
    time, time_charts = _time(results, detail)
    day, day_charts = _day(results, detail)
    utilisation, utilisation_charts = _utilisation(results)
    return Page(
        lang=lang,
        version=simgov.__version__,
        fingerprint=fingerprint,
        title=baseline.name,
        verdict=plan.verdict if plan else paragraph(_verdict(results, measured)),
        sections=tuple(section for section in SECTIONS if plan or section != "plan"),
        series=names,
        colours=charts.SERIES[: len(names)] + charts.SERIES[-1:] * max(0, len(names) - len(charts.SERIES)),
        cards=tuple(cards(results, measured)),
        interval_note=_interval_note(results),
        lower_bounds=bounds_present(results),
        matrix=side_by_side(results, headline_kpis(results, measured)) if len(names) > 2 else None,
        changes=tuple(changes(baseline, series.scenario, series.name) for series in results.series[1:]),
        plan=plan,
        time=time,
        day=day,
        utilisation=utilisation,
        settings=(*assumptions.settings(baseline), *provenance, _detail_fact(detail)),
        demand=tuple(assumptions.demand(baseline, measured)),
        not_modelled=tuple(assumptions.not_modelled()),
        how_to_read=tuple(assumptions.how_to_read()),
        steps=assumptions.steps_table(baseline),
        figures=all_figures(results),
        charts={**time_charts, **day_charts, **utilisation_charts},
    )


def render(page: Page) -> str:
    """``page`` as HTML."""
    from jinja2 import Environment, StrictUndefined

    environment = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True)
    environment.filters["both"] = both
    environment.globals["say"] = say
    safe = {
        "style": _asset("style.css"),
        "script": _asset("page.js"),
        "libraries": _libraries(),
        "charts": _json(page.charts),
        "titles": _json({lang: f"{_in(page.title, lang)} · {_in(say('report'), lang)}" for lang in ("en", "zh")}),
    }
    from markupsafe import Markup

    colours = {"waiting": charts.WAITING, "working": charts.WORKING, "outside": charts.OUTSIDE}
    template = environment.from_string(_asset("page.html.j2"))
    text = template.render(page=page, colours=colours, **{name: Markup(one) for name, one in safe.items()})
    return text.strip() + "\n"


def both(text: Text) -> Markup:
    """Both languages, of which the page shows one; escaped."""
    from markupsafe import Markup, escape

    if text.en == text.zh:
        return escape(text.en)
    spans = '<span class="en" lang="en">{}</span><span class="zh" lang="zh-CN">{}</span>'
    return Markup(spans).format(text.en, text.zh)


def _verdict(results: Results, cases: Mapping[str, float]) -> list[Text]:
    after, sentences = results.after, []
    if results.targets:
        today = results.targets_met(results.series[0].label)
        if after is None:
            sentences.append(say("verdict_targets_today", met=today, count=len(results.targets)))
        else:
            met = results.targets_met(after.label)
            sentences.append(say("verdict_targets", name=after.name, met=met, count=len(results.targets), today=today))
    for kpi in headline_kpis(results, cases)[:2]:
        sentences += _moved(results, kpi)
    return sentences


def _moved(results: Results, kpi: str) -> list[Text]:
    info, after = results.info(kpi), results.after
    value = results.value(results.series[0].label, kpi)
    if value is None:
        return []
    later = results.value(after.label, kpi) if after else None
    if later is None:
        return [say("verdict_now", kpi=info.label, value=figures(info.unit, [value])[0].short)]
    before, now = figures(info.unit, [value, later])
    return [say("verdict_change", kpi=info.label, before=before.short, after=now.short)]


def _interval_note(results: Results) -> Text:
    confidence, replications = percent(results.confidence), number(results.replications)
    key = "headline_note" if results.after else "headline_note_one"
    return say(key, confidence=confidence, replications=replications)


def _detail_fact(detail: Breakdown) -> Fact:
    return Fact(say("detail_replications"), plain(number(detail.replications)))


def _cases(detail: Breakdown, label: str) -> dict[str, float]:
    own = detail.cases[detail.cases["scenario"] == label]
    return {str(row["service"]): float(row["cases"]) for row in own.to_dict("records")}


# Where the time goes --------------------------------------------------------------------------------------------------


def _time(results: Results, detail: Breakdown) -> tuple[tuple[ServiceTime, ...], dict[str, dict[Lang, Spec]]]:
    sections, specs = [], {}
    for place, service in enumerate(results.series[0].scenario.services):
        rows = detail.steps[detail.steps["service"] == service.id]
        names = _step_names(results, service.id, rows)
        if not names:
            continue
        bars = [bar for step, name in names.items() for bar in _step_bars(results, rows, step, name)]
        chart = f"chart-time-{place + 1}"
        description = say("time_chart", service=service.name)
        series = [one.name for one in results.series]
        specs[chart] = _in_both(partial(_time_spec, bars, series, description))
        sections.append(ServiceTime(service.name, chart, _time_table(results, service.name, rows, names)))
    return tuple(sections), specs


def _time_spec(bars: list[charts.TimeBar], series: list[Text], description: Text, lang: Lang) -> Spec:
    return charts.time_bars(bars, series, lang, description)


def _step_names(results: Results, service_id: str, rows: pandas.DataFrame) -> dict[str, Text]:
    """The steps that any scenario spends time in, in the order of the first scenario that has them."""
    used = set(rows.loc[rows[["waiting", "working", "outside"]].sum(axis=1) > 0, "step"])
    names: dict[str, Text] = {}
    for series in results.series:
        service = next((one for one in series.scenario.services if one.id == service_id), None)
        for step in service.steps if service else ():
            if step.id in used:
                names.setdefault(step.id, step.name)
    return names


def _step_bars(results: Results, rows: pandas.DataFrame, step: str, name: Text) -> list[charts.TimeBar]:
    bars = []
    for index, series in enumerate(results.series):
        own = rows[(rows["scenario"] == series.label) & (rows["step"] == step)]
        waiting, working, outside = (float(own[kind].sum()) for kind in ("waiting", "working", "outside"))
        dropped = not _has_step(series, str(rows["service"].iloc[0]), step)
        bars.append(charts.TimeBar(name, index, waiting, working, outside, dropped))
    return bars


def _has_step(series: Series, service_id: str, step_id: str) -> bool:
    """Whether any case of the scenario still does the step."""
    services = [service for service in series.scenario.services if service.id == service_id]
    return any(step.id == step_id and not step.removed for service in services for step in service.steps)


def _time_table(results: Results, caption: Text, rows: pandas.DataFrame, names: Mapping[str, Text]) -> Table:
    kinds = ("waiting", "working", "outside")
    heads = [say("step"), say("scenario"), say("visits_per_case"), *(say(kind) for kind in kinds), say("total")]
    groups = []
    for step, name in names.items():
        lines = []
        for series in results.series:
            own = rows[(rows["scenario"] == series.label) & (rows["step"] == step)]
            minutes = [float(own[kind].sum()) for kind in kinds]
            cells = [amount(figure("min", value)) for value in (*minutes, sum(minutes))]
            visits = Cell(plain(number(float(own["visits"].sum()), 2)))
            lines.append(Row((words(name), words(series.name), visits, *cells)))
        groups.append(Group(tuple(lines)))
    return Table(caption, columns(heads, [False, False, *[True] * 5]), tuple(groups))


# Waits by time of day -------------------------------------------------------------------------------------------------


def _day(results: Results, detail: Breakdown) -> tuple[DaySection | None, dict[str, dict[Lang, Spec]]]:
    from simgov.report.breakdown import HALL

    hall = detail.day[detail.day["service"] == HALL]
    if not len(hall):
        return None, {}
    place = {series.label: index for index, series in enumerate(results.series)}
    points = [
        charts.WaitPoint(row["minute"], place[row["scenario"]], row["arrivals"], row["mean"], row["p90"])
        for row in hall.to_dict("records")
    ]
    series = [one.name for one in results.series]
    limits = {target.kpi: target.limit for target in results.targets if target.sense == "at_most"}
    mean, p90 = limits.get("hall.wait.mean"), limits.get("hall.wait.p90")
    specs = {
        "chart-waits": _in_both(
            lambda lang: charts.wait_lines(points, series, lang, say("wait_chart"), limit=mean, limit_p90=p90)
        ),
        "chart-arrivals": _in_both(lambda lang: charts.arrival_bars(points, lang, say("arrival_chart"))),
    }
    findings = [_worst(series[index], [p for p in points if p.series == index]) for index in range(len(series))]
    return DaySection(tuple(one for one in findings if one), _day_table(series, points)), specs


def _worst(name: Text, points: Sequence[charts.WaitPoint]) -> Text | None:
    """The half hour that waits longest, among those in which somebody comes on most days."""
    busy = [point for point in points if point.arrivals >= 0.5] or list(points)
    if not busy:
        return None
    longest = max(busy, key=lambda point: point.mean)
    wait = figure("min", round(longest.mean, 1)).short
    return say("worst_half_hour", name=name, wait=wait, hours=charts.half_hour(longest.minute))


def _day_table(series: Sequence[Text], points: Sequence[charts.WaitPoint]) -> Table:
    found = {(point.minute, point.series): point for point in points}
    heads = [say("time_of_day")]
    for name in series:
        heads += [joined_name(name, say(key)) for key in ("people_a_workday", "wait_mean", "wait_p90_short")]
    rows = []
    for minute in sorted({point.minute for point in points}):
        cells = [words(plain(charts.half_hour(minute)))]
        for index in range(len(series)):
            point = found.get((minute, index))
            if point is None:
                cells += [Cell(Text("–", "–"))] * 3
            else:
                cells += [
                    Cell(plain(number(point.arrivals, 1))),
                    amount(figure("min", point.mean)),
                    amount(figure("min", point.p90)),
                ]
        rows.append(Row(tuple(cells)))
    return Table(say("day"), columns(heads, [False] + [True] * (len(heads) - 1)), (Group(tuple(rows)),))


def joined_name(name: Text, what: Text) -> Text:
    """``Today: mean wait``."""
    return say("about", name=name, detail=what)


# Utilisation ----------------------------------------------------------------------------------------------------------


def _utilisation(results: Results) -> tuple[Table, dict[str, dict[Lang, Spec]]]:
    names = {pool.id: pool.name for series in results.series for pool in series.scenario.pools}
    bars, rows = [], []
    for pool, name in names.items():
        kpi = f"{pool}.utilisation"
        estimates = [results.value(series.label, kpi) for series in results.series]
        shown = iter(figures("share", [one for one in estimates if one]))
        cells = [amount(next(shown)) if one else Cell(Text("–", "–")) for one in estimates]
        moved = change(results, kpi, results.after.label) if results.after and len(results.series) == 2 else None
        if len(results.series) == 2:
            cells.append(amount(moved.figure) if moved else Cell(Text("–", "–")))
        rows.append(Row((words(name), *cells)))
        bars += [charts.ShareBar(name, index, one.value) for index, one in enumerate(estimates) if one]
    heads = [say("pool"), *(series.name for series in results.series)]
    heads += [say("change")] if len(results.series) == 2 else []
    table = Table(say("utilisation_title"), columns(heads, [False] + [True] * (len(heads) - 1)), (Group(tuple(rows)),))
    series = [one.name for one in results.series]
    spec = _in_both(lambda lang: charts.share_bars(bars, series, lang, say("utilisation_chart")))
    return table, {"chart-utilisation": spec}


# Assets ---------------------------------------------------------------------------------------------------------------


def _in_both(make: Callable[[Lang], Spec]) -> dict[Lang, Spec]:
    return {"en": make("en"), "zh": make("zh")}


def _in(text: Text, lang: str) -> str:
    return text.zh if lang == "zh" else text.en


def _asset(name: str) -> str:
    return (resources.files("simgov.report") / "templates" / name).read_text(encoding="utf-8")


@lru_cache(maxsize=1)
def _libraries() -> str:
    """Vega, Vega-Lite and Vega-Embed as one script for the page."""
    import vl_convert

    bundle: str = vl_convert.javascript_bundle()  # type: ignore[call-arg]
    return bundle.replace("</script", r"<\/script").replace("<!--", r"<\!--")


def _json(value: object) -> str:
    """JSON that may stand inside a script element: no ``<`` and none of the line ends that only JSON allows."""
    text = json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), allow_nan=False)
    return (
        text.replace("<", "\\u003c").replace(">", "\\u003e").replace("\u2028", "\\u2028").replace("\u2029", "\\u2029")
    )
