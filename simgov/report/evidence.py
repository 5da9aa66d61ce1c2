"""The evidence: where the time goes, waits by time of day and utilisation, as charts with the tables behind them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from simgov.report import charts
from simgov.report.charts import Lang, Spec
from simgov.report.numbers import figure, figures, number
from simgov.report.results import Results, Series, change
from simgov.report.tables import ABSENT, Cell, Group, Row, Table, amount, columns, words
from simgov.report.words import plain, say
from simgov.scenario.value import Service, Text

if TYPE_CHECKING:
    import pandas

    from simgov.report.breakdown import Breakdown

Specs = dict[str, dict[Lang, Spec]]
"""Chart id to its specification in each language."""

KINDS = ("waiting", "working", "outside")


@dataclass(frozen=True)
class TimeChart:
    """A chart of bars of time, and the table behind it."""

    name: Text
    chart: str
    table: Table


@dataclass(frozen=True)
class DaySection:
    """What the waits by time of day show, and the table behind them."""

    findings: tuple[Text, ...]
    table: Table


# Where the time goes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _TimeRow:
    """One group of bars: a service or a step, the minutes and visits of each scenario, and who no longer does it."""

    name: Text
    minutes: tuple[tuple[float, float, float], ...]
    visits: tuple[float, ...]
    dropped: tuple[bool, ...]


def time_charts(results: Results, detail: Breakdown) -> tuple[tuple[TimeChart, ...], Specs]:
    """All services in one chart, then the steps of each service that has more than one."""
    services = _services(results)
    totals = [_service_row(results, detail.steps, service) for service in services]
    shown = [
        ("chart-time", say("per_service"), [row for row in totals if any(map(sum, row.minutes))], say("time_chart"))
    ]
    for place, service in enumerate(services, start=1):
        rows = _step_rows(results, detail.steps, service)
        if len(rows) > 1:
            described = say("step_chart", service=service.name)
            shown.append((f"chart-time-{place}", say("steps_of", service=service.name), rows, described))
    specs = {chart: _in_both(partial(_time_spec, results, rows, text)) for chart, _, rows, text in shown}
    return tuple(TimeChart(name, chart, _time_table(results, name, rows)) for chart, name, rows, _ in shown), specs


def _services(results: Results) -> list[Service]:
    found: dict[str, Service] = {}
    for series in results.series:
        for service in series.scenario.services:
            found.setdefault(service.id, service)
    return list(found.values())


def _service_row(results: Results, steps: pandas.DataFrame, service: Service) -> _TimeRow:
    return _row(results, steps[steps["service"] == service.id], service.name, (False,) * len(results.series))


def _step_rows(results: Results, steps: pandas.DataFrame, service: Service) -> list[_TimeRow]:
    """The steps that any scenario spends time in, in the order of the first scenario that has them."""
    own = steps[steps["service"] == service.id]
    names: dict[str, Text] = {}
    for series in results.series:
        for one in series.scenario.every_variant:
            if one.id == service.id:
                names |= {step.id: step.name for step in one.steps if step.id not in names}
    rows = []
    for step, name in names.items():
        done = [_does(series, service.id, step) for series in results.series]
        dropped = tuple(done[0] and not now for now in done)
        rows.append(_row(results, own[own["step"] == step], name, dropped))
    return [row for row in rows if any(map(sum, row.minutes))]


def _row(results: Results, rows: pandas.DataFrame, name: Text, dropped: tuple[bool, ...]) -> _TimeRow:
    minutes, visits = [], []
    for series in results.series:
        own = rows[rows["scenario"] == series.label]
        minutes.append((float(own["waiting"].sum()), float(own["working"].sum()), float(own["outside"].sum())))
        visits.append(float(own["visits"].sum()))
    return _TimeRow(name, tuple(minutes), tuple(visits), dropped)


def _does(series: Series, service_id: str, step_id: str) -> bool:
    """Whether any case of the scenario does the step."""
    services = [variant for variant in series.scenario.every_variant if variant.id == service_id]
    return any(step.id == step_id and not step.removed for service in services for step in service.steps)


def _time_spec(results: Results, rows: Sequence[_TimeRow], description: Text, lang: Lang) -> Spec:
    bars = [
        charts.TimeBar(place, row.name, index, *minutes, dropped=row.dropped[index])
        for place, row in enumerate(rows)
        for index, minutes in enumerate(row.minutes)
    ]
    return charts.time_bars(bars, [one.name for one in results.series], lang, description)


def _time_table(results: Results, caption: Text, rows: Sequence[_TimeRow]) -> Table:
    heads = [say("name"), say("scenario"), say("visits_per_case"), *(say(kind) for kind in KINDS), say("total")]
    groups = []
    for row in rows:
        lines = []
        for series, minutes, visits in zip(results.series, row.minutes, row.visits, strict=True):
            times = [amount(figure("min", value)) for value in (*minutes, sum(minutes))]
            lines.append(Row((words(row.name), words(series.name), Cell(plain(number(visits, 2))), *times)))
        groups.append(Group(tuple(lines)))
    return Table(caption, columns(heads, [False, False, *[True] * 5]), tuple(groups))


# Waits by time of day -------------------------------------------------------------------------------------------------


def day_section(results: Results, detail: Breakdown) -> tuple[DaySection | None, Specs]:
    """Waits in person by half hour; None where nobody waits in person."""
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
        heads += [_of_scenario(name, say(key)) for key in ("people_a_workday", "wait_mean", "wait_p90_short")]
    rows = []
    for minute in sorted({point.minute for point in points}):
        cells = [words(plain(charts.half_hour(minute)))]
        for index in range(len(series)):
            point = found.get((minute, index))
            if point is None:
                cells += [ABSENT] * 3
            else:
                cells += [
                    Cell(plain(number(point.arrivals, 1))),
                    amount(figure("min", point.mean)),
                    amount(figure("min", point.p90)),
                ]
        rows.append(Row(tuple(cells)))
    return Table(say("day"), columns(heads, [False] + [True] * (len(heads) - 1)), (Group(tuple(rows)),))


def _of_scenario(name: Text, what: Text) -> Text:
    """``Today: mean wait``."""
    return say("about", name=name, detail=what)


# Utilisation ----------------------------------------------------------------------------------------------------------


def utilisation(results: Results) -> tuple[Table, Specs]:
    """How busy each pool is in each scenario."""
    names = {pool.id: pool.name for series in results.series for pool in series.scenario.pools}
    bars, rows = [], []
    for place, (pool, name) in enumerate(names.items()):
        kpi = f"{pool}.utilisation"
        estimates = [results.value(series.label, kpi) for series in results.series]
        shown = iter(figures("share", [one for one in estimates if one]))
        cells = [amount(next(shown)) if one else ABSENT for one in estimates]
        moved = change(results, kpi, results.after.label) if results.after and len(results.series) == 2 else None
        if len(results.series) == 2:
            cells.append(amount(moved.figure) if moved else ABSENT)
        rows.append(Row((words(name), *cells)))
        bars += [charts.ShareBar(place, name, index, one.value) for index, one in enumerate(estimates) if one]
    heads = [say("pool"), *(series.name for series in results.series)]
    heads += [say("change")] if len(results.series) == 2 else []
    table = Table(say("utilisation_title"), columns(heads, [False] + [True] * (len(heads) - 1)), (Group(tuple(rows)),))
    series = [one.name for one in results.series]
    spec = _in_both(lambda lang: charts.share_bars(bars, series, lang, say("utilisation_chart")))
    return table, {"chart-utilisation": spec}


def _in_both(make: Callable[[Lang], Spec]) -> dict[Lang, Spec]:
    return {"en": make("en"), "zh": make("zh")}
