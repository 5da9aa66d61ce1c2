"""A control chart as a picture: the values against their standard, and below what is charted against its limits."""

from __future__ import annotations

import datetime
from typing import TYPE_CHECKING, Any

from simgov.report.numbers import scale_of

if TYPE_CHECKING:
    from simgov.judging.control import Controlled

LINE, MUTED, WORSE, BETTER, PLAN = "#2f6f8f", "#9aa7ad", "#b5523b", "#4c8c5a", "#7a5ea8"
WORDS = {
    "en": {
        "values": "value",
        "ewma": "EWMA",
        "cusum": "CUSUM",
        "standard": "standard",
        "worse": "signal for the worse",
        "better": "signal for the better",
        "plan": "plan from here on",
        "date": "",
    },
    "zh": {
        "values": "指标值",
        "ewma": "EWMA",
        "cusum": "CUSUM",
        "standard": "标准",
        "worse": "变差报警",
        "better": "改善信号",
        "plan": "自此执行方案",
        "date": "",
    },
}


def control_picture(found: Controlled, label: str, lang: str, file_type: str = "svg") -> bytes:
    """The chart as ``svg`` or ``png``; ``label`` names the KPI."""
    import altair as alt
    import vl_convert

    words = WORDS["zh" if lang == "zh" else "en"]
    watched = found.watched
    scale = scale_of(watched.series.unit, [*watched.series.values, watched.standard.value])
    unit = scale.name.zh if lang == "zh" else scale.name.en
    parts = [
        _values(alt, found, words, scale.divisor, f"{words['values']} ({unit})" if unit else words["values"]),
        _chart(alt, found, words, scale.divisor, f"{words[watched.chart.kind]} ({unit})" if unit else ""),
    ]
    spec = alt.vconcat(*parts, spacing=8).properties(title=label).resolve_scale(color="shared").to_dict()
    if file_type == "png":
        return bytes(vl_convert.vegalite_to_png(spec, scale=2))
    drawing: str = vl_convert.vegalite_to_svg(spec)
    return drawing.encode()


def _day(day: datetime.date) -> str:
    """A day as the middle of it, so that no time zone makes it the one before."""
    return f"{day.isoformat()}T12:00:00"


def _across(alt: Any, found: Controlled, labels: bool) -> Any:
    """The axis of dates; the same for both panels."""
    dates = found.watched.series.dates
    ends = [_day(dates[0]), _day(dates[-1] + datetime.timedelta(days=1))]
    axis = alt.Axis(labels=labels, ticks=labels, title=None, format="%Y-%m-%d", labelAngle=-30 if labels else 0)
    return alt.X("date:T", axis=axis, scale=alt.Scale(domain=ends))


def _values(alt: Any, found: Controlled, words: dict[str, str], divisor: float, title: str) -> Any:
    series, standard = found.watched.series, found.watched.standard
    rows = [
        {"date": _day(day), "value": value / divisor} for day, value in zip(series.dates, series.values, strict=True)
    ]
    base = alt.Chart(alt.InlineData(rows)).encode(
        x=_across(alt, found, labels=False),
        y=alt.Y("value:Q", title=title, scale=alt.Scale(zero=False)),
    )
    rule = alt.Chart(alt.InlineData([{"at": standard.value / divisor, "what": words["standard"]}]))
    rule = rule.mark_rule(strokeDash=[6, 4], strokeWidth=1.5).encode(y="at:Q", color=_colours(alt, words))
    drawn = [base.mark_line(color=MUTED, strokeWidth=1), base.mark_circle(color=LINE, size=36, opacity=1), rule]
    plans = _plans(alt, found, words)
    return alt.layer(*drawn, *([] if plans is None else [plans])).properties(width=680, height=170)


def _chart(alt: Any, found: Controlled, words: dict[str, str], divisor: float, title: str) -> Any:
    from simgov.judging.charts import limits

    watched = found.watched
    low, high = limits(watched.standard, watched.chart)
    lines, signals = [], []
    for day, point in zip(watched.series.dates, watched.points, strict=True):
        sides = {"high": point.high, "low": point.low} if watched.chart.kind == "cusum" else {"high": point.high}
        lines += [{"date": _day(day), "at": at / divisor, "side": side} for side, at in sides.items()]
        if point.signal is not None:
            kind = words["worse" if watched.for_the_worse(point) else "better"]
            at = point.high if point.signal == "above" else point.low
            signals.append({"date": _day(day), "at": at / divisor, "what": kind})
    across = _across(alt, found, labels=True)
    up = alt.Y("at:Q", title=title, scale=alt.Scale(zero=False))
    drawn = [
        alt.Chart(alt.InlineData(lines)).mark_line(color=LINE, strokeWidth=2).encode(x=across, y=up, detail="side:N"),
        alt.Chart(alt.InlineData([{"at": low / divisor}, {"at": high / divisor}]))
        .mark_rule(color=WORSE, strokeWidth=1.2)
        .encode(y="at:Q"),
        alt.Chart(alt.InlineData(signals))
        .mark_point(filled=True, size=110, opacity=1, shape="diamond")
        .encode(x=across, y=up, color=_colours(alt, words)),
    ]
    plans = _plans(alt, found, words)
    return alt.layer(*drawn, *([] if plans is None else [plans])).properties(width=680, height=200)


def _plans(alt: Any, found: Controlled, words: dict[str, str]) -> Any:
    """A rule where a plan begins: with the first value of the quarter after it."""
    dates = found.watched.series.dates
    starts = [
        {"date": _day(dates[after.first]), "what": words["plan"]}
        for quarter, after in zip(found.quarters, found.quarters[1:], strict=False)
        if quarter.plan is not None and quarter.plan.feasible
    ]
    if not starts:
        return None
    chart = alt.Chart(alt.InlineData(starts)).mark_rule(strokeWidth=1.5, strokeDash=[2, 3])
    return chart.encode(x=alt.X("date:T"), color=_colours(alt, words))


def _colours(alt: Any, words: dict[str, str]) -> Any:
    """One legend for both panels."""
    kinds = [words["standard"], words["worse"], words["better"], words["plan"]]
    scale = alt.Scale(domain=kinds, range=[MUTED, WORSE, BETTER, PLAN])
    return alt.Color("what:N", scale=scale, legend=alt.Legend(title=None, orient="bottom"))
