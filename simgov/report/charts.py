"""The charts as Vega-Lite specifications made by altair, one per language; the page draws them at its own width.

Every chart is direct: names and totals are written beside the bars, so that it reads the same in grey print. Legends
are the page's. Colours keep 3:1 against white, and no chart asks to tell red from green.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simgov.report.numbers import PERCENT, Scale, duration_scale, figure, money, number, percent
from simgov.report.words import say
from simgov.scenario.value import Text

Lang = Literal["en", "zh"]
Spec = dict[str, Any]

INK, QUIET, RULE, TARGET = "#1b2733", "#52606d", "#dde3e9", "#b42318"
WAITING, WORKING, OUTSIDE = "#c9741a", "#1f5fa8", "#8492a1"
SERIES = ("#7b8794", "#1f5fa8", "#0f7b6c", "#8a4fa3", "#b5561c", "#5b6b2f")
"""The colour of the baseline, then of each further scenario."""

FONT = (
    "system-ui, -apple-system, 'Segoe UI', 'PingFang SC', 'Hiragino Sans GB', 'Microsoft YaHei', "
    "'Noto Sans CJK SC', 'Noto Sans SC', 'Helvetica Neue', Arial, sans-serif"
)

SAME_WIDTH = {"minExtent": 40, "maxExtent": 40}
"""The room of vertical axes, so that charts beneath one another line up."""

_BAR, _THIN_BAR, _NAME_ROW, _GAP = 19, 16, 24, 14
_SIGN_EDGE = 118


@dataclass(frozen=True)
class TimeBar:
    """Minutes of a service or a step in one scenario; bars of one ``place`` stand together under their name."""

    place: int
    name: Text
    series: int
    waiting: float
    working: float
    outside: float
    dropped: bool = False

    @property
    def total(self) -> float:
        """All minutes together."""
        return self.waiting + self.working + self.outside


@dataclass(frozen=True)
class WaitPoint:
    """People who joined a queue in one half hour of the day, in one scenario."""

    minute: int
    series: int
    arrivals: float
    mean: float
    p90: float


@dataclass(frozen=True)
class ShareBar:
    """One share, 0 to 1, of a pool in one scenario."""

    place: int
    pool: Text
    series: int
    share: float


def time_bars(bars: Sequence[TimeBar], series: Sequence[Text], lang: Lang, description: Text) -> Spec:
    """Stacked bars of waiting, working and outside per service or step, the scenarios beneath one another."""
    import altair as alt

    scale = duration_scale(max((bar.total for bar in bars), default=0.0))
    # Bars of one group are labelled in one unit, the one people use for the longest of them.
    own = {
        place: duration_scale(max(bar.total for bar in bars if bar.place == place)) for place in {b.place for b in bars}
    }
    rows: list[Spec] = []
    totals: list[Spec] = []
    for bar in bars:
        left = 0.0
        where = _where(bar.place, bar.series, bar.name, series, lang)
        for kind, minutes in (("waiting", bar.waiting), ("working", bar.working), ("outside", bar.outside)):
            right = left + minutes / scale.divisor
            shown = _time(minutes, own[bar.place], lang)
            rows.append(
                {**where, "kind": _in(say(kind), lang), "from": _rounded(left), "to": _rounded(right), "label": shown}
            )
            left = right
        totals.append({**where, "to": _rounded(left), "label": _total(bar, own[bar.place], lang)})
    kinds = [_in(say(kind), lang) for kind in ("waiting", "working", "outside")]
    colour = alt.Color("kind:N", scale=alt.Scale(domain=kinds, range=[WAITING, WORKING, OUTSIDE]), legend=None)
    tooltip = [*_who(lang), alt.Tooltip("kind:N", title=_in(say("time_kind"), lang)),
               alt.Tooltip("label:N", title=_in(say("per_case"), lang))]  # fmt: skip
    title = f"{_in(scale.name, lang)} · {_in(say('per_case'), lang)}"
    return _row_chart(rows, totals, series, lang, description, colour=colour, tooltip=tooltip, title=title)


def share_bars(bars: Sequence[ShareBar], series: Sequence[Text], lang: Lang, description: Text) -> Spec:
    """One bar per pool and scenario on an axis from 0 to 100 %."""
    import altair as alt

    rows = [
        {**_where(bar.place, bar.series, bar.pool, series, lang), "from": 0.0, "to": _rounded(bar.share * 100),
         "label": _in(percent(bar.share), lang)}
        for bar in bars
    ]  # fmt: skip
    tooltip = [*_who(lang), alt.Tooltip("label:N", title=_in(say("utilisation"), lang))]
    largest = max([100.0, *(bar.share * 100 for bar in bars)])
    return _row_chart(
        rows, rows, series, lang, description, colour=_by_series(series), tooltip=tooltip,
        title=_in(PERCENT.name, lang), largest=largest,
    )  # fmt: skip


def _where(place: int, index: int, name: Text, series: Sequence[Text], lang: Lang) -> Spec:
    return {"place": place, "slot": index + 1, "name": _in(name, lang), "scenario": _in(series[index], lang)}


def _who(lang: Lang) -> list[Any]:
    import altair as alt

    return [
        alt.Tooltip("name:N", title=_in(say("name"), lang)),
        alt.Tooltip("scenario:N", title=_in(say("scenario"), lang)),
    ]


def _total(bar: TimeBar, scale: Scale, lang: Lang) -> str:
    """What stands behind a bar: its time, or that nobody does the step any more."""
    if bar.dropped:
        return _in(say("step_is_dropped"), lang)
    return _time(bar.total, scale, lang) if bar.total else "–"


def _time(minutes: float, scale: Scale, lang: Lang) -> str:
    """``1.2 h`` in the given unit, with one decimal."""
    return f"{number(minutes / scale.divisor, 1)} {_in(scale.name, lang)}"


def wait_lines(points: Sequence[WaitPoint], series: Sequence[Text], lang: Lang, description: Text, *,
               limit: float | None = None, limit_p90: float | None = None) -> Spec:  # fmt: skip
    """Mean (solid) and P90 (dashed) wait by the half hour people came in, with the targets' limits as rules."""
    import altair as alt

    scale = duration_scale(max((point.p90 for point in points), default=0.0))
    rows = []
    for measure in ("mean", "p90"):
        for index in range(len(series)):
            own = sorted((p for p in points if p.series == index), key=lambda p: p.minute)
            run = 0
            for before, point in zip([None, *own], own, strict=False):
                run += before is not None and point.minute - before.minute > 30
                amount = getattr(point, measure) / scale.divisor
                rows.append({
                    "at": point.minute + 15, "slot": index + 1, "scenario": _in(series[index], lang),
                    "measure": measure,
                    "what": _in(say(f"wait_{measure}"), lang), "line": f"{measure} {index} {run}", "wait": amount,
                    "hours": half_hour(point.minute), "label": _time(getattr(point, measure), scale, lang),
                })  # fmt: skip
    base = drawn_from(rows)
    x = _clock(points, lang)
    y = alt.Y("wait:Q", title=_in(scale.name, lang), axis=_value_axis(**SAME_WIDTH), scale=alt.Scale(domainMin=0))
    colour = _by_series(series)
    dash = alt.StrokeDash("measure:N", scale=alt.Scale(domain=["mean", "p90"], range=[[1, 0], [3, 4]]), legend=None)
    lines = base.mark_line(interpolate="monotone", strokeWidth=2).encode(
        x=x, y=y, color=colour, detail="line:N", strokeDash=dash
    )
    tooltip = [
        alt.Tooltip("hours:N", title=_in(say("time_of_day"), lang)),
        alt.Tooltip("scenario:N", title=_in(say("scenario"), lang)),
        alt.Tooltip("what:N", title=_in(say("measure"), lang)),
        alt.Tooltip("label:N", title=_in(say("wait"), lang)),
    ]
    dots = base.mark_point(filled=True, size=34, opacity=1).encode(x=x, y=y, color=colour, tooltip=tooltip)
    layers: list[Any] = [lines, dots.transform_filter("datum.measure == 'mean'")]
    layers += _limits(limit, limit_p90, scale, lang)
    return finished(alt.layer(*layers), description, lang, height=250)


def arrival_bars(points: Sequence[WaitPoint], lang: Lang, description: Text) -> Spec:
    """People a workday by the half hour in which they came, in the first scenario."""
    import altair as alt

    rows = [
        {"at": p.minute + 15, "left": p.minute + 2, "right": p.minute + 28, "people": p.arrivals,
         "hours": half_hour(p.minute), "label": number(p.arrivals, 1)}
        for p in points if p.series == 0
    ]  # fmt: skip
    tooltip = [
        alt.Tooltip("hours:N", title=_in(say("time_of_day"), lang)),
        alt.Tooltip("label:N", title=_in(say("people_a_workday"), lang)),
    ]
    bars = drawn_from(rows).mark_rect(color="#9fabb8").encode(
        x=alt.X("left:Q", **_clock_settings(points, lang, say("time_of_day"))), x2="right:Q",
        y=alt.Y("people:Q", title=_in(say("people"), lang), scale=alt.Scale(domainMin=0),
                axis=_value_axis(count=3, **SAME_WIDTH)),
        y2=alt.Y2Datum(0), tooltip=tooltip,
    )  # fmt: skip
    return finished(alt.layer(bars), description, lang, height=84)


def cost_over_demand(
    points: Sequence[tuple[int, int]], stays: tuple[int, int] | None, currency: str, lang: Lang
) -> Spec:
    """What the cheapest plan costs (minor units) by per cent of today's applicants; one plan ``stays`` so between."""
    import altair as alt

    percents = [percent for percent, _ in points]
    first, last = min(percents) - 5, max(percents) + 5
    x: Spec = {"scale": alt.Scale(domain=[first, last], nice=False), "title": _in(say("demand_of_today"), lang)}
    axis = alt.Axis(values=percents, grid=False, labelExpr="datum.value + '%'", tickColor=RULE, domainColor=QUIET)
    rows = [
        {"percent": percent, "cost": minor / 100, "label": _in(money(minor, currency), lang)}
        for percent, minor in points
    ]
    y = alt.Y(
        "cost:Q", title=_in(say("demand_cost"), lang), axis=_value_axis(), scale=alt.Scale(zero=False, padding=18)
    )
    layers: list[Any] = []
    if stays is not None:
        band = [{"from": max(first, stays[0] - 0.5), "to": min(last, stays[1] + 0.5)}]
        layers.append(drawn_from(band).mark_rect(color="#dbe7f3").encode(x=alt.X("from:Q", axis=axis, **x), x2="to:Q"))
    base = drawn_from(rows)
    where = alt.X("percent:Q", axis=axis, **x)
    layers.append(base.mark_line(color=WORKING, strokeWidth=2).encode(x=where, y=y))
    layers.append(base.mark_point(filled=True, size=44, opacity=1, color=WORKING).encode(x=where, y=y))
    layers.append(base.mark_text(dy=-12, color=INK, fontSize=12).encode(x=where, y=y, text="label:N"))
    return finished(alt.layer(*layers), say("demand_chart"), lang, height=190)


def _limits(limit: float | None, limit_p90: float | None, scale: Scale, lang: Lang) -> list[Any]:
    import altair as alt

    limits = {"target_mean": limit, "target_p90": limit_p90}
    rows = [
        {"wait": minutes / scale.divisor, "label": f"{_in(say(key), lang)} ≤ {_in(figure('min', minutes).short, lang)}"}
        for key, minutes in limits.items()
        if minutes is not None
    ]
    if not rows:
        return []
    base = drawn_from(rows).encode(y="wait:Q")
    rule = base.mark_rule(color=TARGET, strokeDash=[6, 3], strokeWidth=1.2)
    placed = {"align": "right", "baseline": "bottom", "dy": -3, "fontSize": 12}
    halo, text = (
        base.mark_text(**placed, **look).encode(x=alt.value(alt.expr("width")), text="label:N")
        for look in ({"color": "white", "stroke": "white", "strokeWidth": 4}, {"color": TARGET})
    )
    return [rule, halo, text]


def _row_chart(rows: list[Spec], totals: list[Spec], series: Sequence[Text], lang: Lang, description: Text, *,
               colour: Any, tooltip: list[Any], title: str, largest: float | None = None) -> Spec:  # fmt: skip
    """Bars in groups: the group's name, then a bar for each scenario, its name before it and its total after."""
    import altair as alt

    places = max((row["place"] for row in rows), default=-1) + 1
    bar = _BAR if places * len(series) <= 24 else _THIN_BAR
    height = _NAME_ROW + len(series) * bar + (_GAP if bar == _BAR else _GAP / 2)
    left = max([40.0, *(_text_width(_in(name, lang)) for name in series)]) + 10 if len(series) > 1 else 4
    left = min(left, 130)
    largest = largest or max((row["to"] for row in totals), default=0.0) or 1.0
    x_scale = alt.Scale(domain=[0, largest], nice=False, range=[left, alt.expr(f"width - {_SIGN_EDGE}")])

    def y_of(row: Spec) -> float:
        return float(row["place"] * height + _NAME_ROW + (row["slot"] - 1) * bar)

    drawn = [row for row in rows if row["to"] > row["from"]]
    placed = [{**row, "top": y_of(row) + 1.5, "bottom": y_of(row) + bar - 1.5} for row in drawn]
    labels = [{**row, "middle": y_of(row) + bar / 2} for row in totals]
    heads = {row["place"]: {"name": row["name"], "middle": row["place"] * height + _NAME_ROW / 2} for row in rows}
    y_scale = alt.Scale(domain=[0, places * height], range=[0, places * height], nice=False)
    x = alt.X("from:Q", title=title, scale=x_scale, axis=_value_axis(count=5))
    bars = drawn_from(placed).mark_rect(stroke="white", strokeWidth=0.8, cornerRadius=1).encode(
        x=x, x2="to:Q", y=alt.Y("top:Q", scale=y_scale, axis=None), y2="bottom:Q", color=colour, tooltip=tooltip
    )  # fmt: skip
    named = drawn_from(list(heads.values())).mark_text(
        align="left", fontWeight=600, fontSize=13, color=INK
    ).encode(x=alt.value(0), y=alt.Y("middle:Q", scale=y_scale, axis=None), text="name:N")  # fmt: skip
    text = drawn_from(labels).encode(y=alt.Y("middle:Q", scale=y_scale, axis=None))
    total = text.mark_text(align="left", dx=6, color=INK, fontSize=12).encode(
        x=alt.X("to:Q", scale=x_scale), text="label:N"
    )
    layers = [bars, named, total]
    if len(series) > 1:
        layers.append(
            text.mark_text(align="left", color=QUIET, fontSize=12, limit=left - 8).encode(
                x=alt.value(0), text="scenario:N"
            )
        )
    return finished(alt.layer(*layers), description, lang, height=places * height)


def _clock(points: Sequence[WaitPoint], lang: Lang) -> Any:
    import altair as alt

    return alt.X("at:Q", **_clock_settings(points, lang, None))


def _clock_settings(points: Sequence[WaitPoint], lang: Lang, title: Text | None) -> Spec:
    """An axis of hours, 08:00 to 17:00, as wide as the hours in which people come."""
    import altair as alt

    first = min((p.minute for p in points), default=480) // 60 * 60
    last = -(-(max((p.minute for p in points), default=990) + 30) // 60) * 60
    step = 60 if last - first <= 900 else 120
    axis = alt.Axis(
        values=list(range(first, last + 1, step)), grid=False, labelOverlap="greedy", tickColor=RULE, domainColor=QUIET,
        labelExpr="(datum.value < 600 ? '0' : '') + floor(datum.value / 60) + ':00'",
    )  # fmt: skip
    return {"title": title and _in(title, lang), "scale": alt.Scale(domain=[first, last], nice=False), "axis": axis}


def _value_axis(count: int = 4, **extent: Any) -> Any:
    import altair as alt

    return alt.Axis(tickCount=count, gridColor=RULE, domain=False, ticks=False, labelPadding=6, **extent)


def finished(chart: Any, description: Text, lang: Lang, *, height: float) -> Spec:
    """The finished specification: width of its container, the page's fonts, no frame. altair validates it."""
    configured = (
        chart.properties(width="container", height=height, description=_in(description, lang))
        .configure(font=FONT, background="white", padding={"left": 0, "right": 6, "top": 6, "bottom": 0})
        .configure_view(stroke=None)
        .configure_axis(
            labelColor=QUIET,
            titleColor=QUIET,
            titleFontWeight="normal",
            labelFontSize=12,
            titleFontSize=12,
            titlePadding=8,
        )
    )
    spec: Spec = configured.to_dict()
    spec["autosize"] = {"type": "fit-x", "contains": "padding", "resize": True}
    return spec


def drawn_from(rows: list[Spec]) -> Any:
    """A chart of rows that stand in the specification itself."""
    import altair as alt

    return alt.Chart(alt.InlineData(values=rows))


def colours(count: int) -> list[str]:
    """The colours of that many scenarios, the baseline's first; the others' come again when they run out."""
    return [SERIES[0] if index == 0 else SERIES[1 + (index - 1) % (len(SERIES) - 1)] for index in range(count)]


def _by_series(series: Sequence[Text]) -> Any:
    import altair as alt

    places = list(range(1, len(series) + 1))
    return alt.Color("slot:N", scale=alt.Scale(domain=places, range=colours(len(series))), legend=None)


def _rounded(value: float) -> float:
    """Enough digits to draw, few enough to keep the page small."""
    return float(f"{value:.6g}")


def half_hour(minute: int) -> str:
    """``09:00–09:30``."""
    ends = minute + 30
    return f"{minute // 60:02d}:{minute % 60:02d}–{ends // 60:02d}:{ends % 60:02d}"


def _text_width(text: str) -> float:
    """Pixels of a label of 12 px, generously: CJK signs are square, others some 60 % of that."""
    return sum(12.5 if unicodedata.east_asian_width(sign) in "WF" else 7.2 for sign in text)


def _in(text: Text, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en
