"""The charts of a programme over years: measures by quarter, money by year, and milestones against their limits."""

from __future__ import annotations

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Literal

from simgov.report.charts import INK, OUTSIDE, QUIET, RULE, TARGET, WORKING, Lang, Spec, drawn_from, finished
from simgov.report.numbers import Scale
from simgov.report.words import say
from simgov.scenario.value import Text

ROW = 26


@dataclass(frozen=True)
class Bar:
    """A measure: the place of the quarter in which it begins, and from which it is at work."""

    name: str
    begins: int
    settled: int


@dataclass(frozen=True)
class YearBar:
    """A year: what measures cost, what counts against the budget, and the budget, in the main unit of the currency."""

    year: str
    measures: float
    spent: float
    budget: float | None
    spent_label: Text
    budget_label: Text


@dataclass(frozen=True)
class Stretch:
    """A value, or a limit, from one quarter up to another (not with it), in the unit of the chart."""

    kind: Literal["reached", "limit"]
    first: int
    last: int
    value: float
    half_width: float
    label: Text


def quarter_bars(bars: Sequence[Bar], quarters: Sequence[str], lang: Lang) -> Spec:
    """A row for each measure: grey from its beginning on, blue from when it is at work."""
    import altair as alt

    end = len(quarters)
    rows = [
        {"name": bar.name, "from": first, "to": last, "what": say(key).zh if lang == "zh" else say(key).en}
        for bar in bars
        for key, first, last in (("measure_begun", bar.begins, bar.settled), ("measure_at_work", bar.settled, end))
        if first < last
    ]
    names = [bar.name for bar in bars]
    kinds = [say(key).zh if lang == "zh" else say(key).en for key in ("measure_begun", "measure_at_work")]
    y = alt.Y(
        "name:N",
        sort=None,
        title=None,
        scale=alt.Scale(domain=names, paddingInner=0.3),
        axis=alt.Axis(labelColor=INK, labelLimit=260, domain=False, ticks=False, grid=True, gridColor=RULE),
    )
    chart = (
        drawn_from(rows)
        .mark_bar(cornerRadius=1)
        .encode(
            x=alt.X("from:Q", **_quarter_axis(quarters)),
            x2="to:Q",
            y=y,
            color=alt.Color("what:N", scale=alt.Scale(domain=kinds, range=[OUTSIDE, WORKING]), legend=None),
            tooltip=[alt.Tooltip("name:N"), alt.Tooltip("what:N")],
        )
    )
    return finished(alt.layer(chart), say("programme_measures"), lang, height=ROW * max(1, len(bars)))


def cost_bars(years: Sequence[YearBar], currency: str, lang: Lang) -> Spec:
    """What counts against the budget, measures in blue; the budget as a red line."""
    import altair as alt

    rows = []
    for year in years:
        measures = min(year.measures, year.spent)
        rows += [
            {"year": year.year, "from": 0.0, "to": measures, "kind": "measures", "label": ""},
            {
                "year": year.year,
                "from": measures,
                "to": year.spent,
                "kind": "posts",
                "label": _in(year.spent_label, lang),
            },
        ]
    budgets = [
        {"year": year.year, "budget": year.budget, "label": _in(year.budget_label, lang)}
        for year in years
        if year.budget is not None
    ]
    y = alt.Y(
        "year:N", title=None, axis=alt.Axis(domain=False, ticks=False, labelColor=INK), scale=alt.Scale(padding=0.35)
    )
    unit = "元" if lang == "zh" and currency == "CNY" else currency
    axis = alt.Axis(tickCount=5, gridColor=RULE, domain=False, ticks=False, format=",.0f")
    most = max([year.spent for year in years] + [year.budget or 0.0 for year in years], default=0.0)
    x = alt.X("from:Q", title=unit, axis=axis, scale=alt.Scale(domain=[0, 1.03 * most or 1.0], nice=False))
    colour = alt.Color("kind:N", scale=alt.Scale(domain=["measures", "posts"], range=[WORKING, OUTSIDE]), legend=None)
    base = drawn_from(rows)
    layers: list[Any] = [base.mark_bar().encode(x=x, x2="to:Q", y=y, color=colour)]
    if budgets:
        lines = drawn_from(budgets)
        layers.append(
            lines.mark_tick(color=TARGET, thickness=2, size=ROW + 8).encode(
                x="budget:Q", y=y, tooltip=alt.Tooltip("label:N", title=_in(say("budget"), lang))
            )
        )
    inside = base.transform_filter("datum.label != ''").mark_text(align="right", dx=-6, color="white", fontWeight=600)
    layers.append(inside.encode(x="to:Q", y=y, text="label:N"))
    return finished(alt.layer(*layers), say("programme_years"), lang, height=(ROW + 16) * max(1, len(years)))


def values_by_quarter(
    stretches: Sequence[Stretch], quarters: Sequence[str], scale: Scale, name: Text, lang: Lang
) -> Spec:
    """Each simulated value with its interval over the quarters it is of, and the limits while they hold."""
    import altair as alt

    rows = [
        {
            "kind": one.kind,
            "from": one.first,
            "to": one.last,
            "middle": (one.first + one.last) / 2,
            "side": "right" if 3 * one.first >= 2 * len(quarters) else "left",
            "value": one.value,
            "low": one.value - _known(one.half_width),
            "high": one.value + _known(one.half_width),
            "label": _in(one.label, lang),
        }
        for one in stretches
        if math.isfinite(one.value)
    ]
    y = alt.Y(
        "value:Q",
        title=_in(scale.name, lang) or _in(name, lang),
        axis=alt.Axis(tickCount=4, gridColor=RULE, domain=False, ticks=False),
        scale=alt.Scale(zero=False, padding=22),
    )
    x = alt.X("from:Q", **_quarter_axis(quarters))
    base = drawn_from(rows)
    reached, limits = (base.transform_filter(f"datum.kind == '{kind}'") for kind in ("reached", "limit"))
    tooltip = alt.Tooltip("label:N", title=_in(name, lang))
    layers = [
        limits.mark_rule(color=TARGET, strokeDash=[6, 3], strokeWidth=1.6).encode(x=x, x2="to:Q", y=y),
        limits.transform_filter("datum.side == 'left'")
        .mark_text(align="left", dx=2, dy=-7, color=TARGET)
        .encode(x=x, y=y, text="label:N"),
        limits.transform_filter("datum.side == 'right'")
        .mark_text(align="right", dx=-2, dy=-7, color=TARGET)
        .encode(x="to:Q", y=y, text="label:N"),
        reached.mark_rule(color=WORKING, strokeWidth=3).encode(x=x, x2="to:Q", y=y, tooltip=tooltip),
        reached.mark_rule(color=WORKING).encode(x="middle:Q", y=alt.Y("low:Q"), y2="high:Q"),
        reached.mark_text(dy=13, color=WORKING, fontWeight=600).encode(x="middle:Q", y=y, text="label:N"),
    ]
    return finished(alt.layer(*layers), name, lang, height=190)


def _quarter_axis(quarters: Sequence[str]) -> Spec:
    """An axis on which each quarter is as wide as the next, its name in its middle."""
    import altair as alt

    count = len(quarters)
    step = 1 if count <= 16 else 4
    ticks = [place + 0.5 for place in range(0, count, step)]
    names = json.dumps([quarter[2:] for quarter in quarters])
    axis = alt.Axis(
        values=ticks, labelExpr=f"{names}[floor(datum.value)]", grid=False, ticks=False, domainColor=QUIET,
        labelOverlap="greedy",
    )  # fmt: skip
    return {"title": None, "axis": axis, "scale": alt.Scale(domain=[0, count], nice=False)}


def _known(half_width: float) -> float:
    return half_width if math.isfinite(half_width) else 0.0


def _in(text: Text, lang: Lang) -> str:
    return text.zh if lang == "zh" else text.en
