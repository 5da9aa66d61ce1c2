"""The week of a roster as pictures: for days that are alike, who is on duty at each hour, pattern upon pattern."""

from __future__ import annotations

import itertools
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from simgov.optimize.rosters import hours_of, in_chinese
from simgov.report.charts import INK, QUIET, RULE, SERIES, Lang, Spec, drawn_from, finished
from simgov.report.words import say
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from simgov.optimize.rosters import Pattern, Roster

POST_HEIGHT = 24
LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


@dataclass(frozen=True)
class DayPicture:
    """Days that are alike, with the place of their picture on the page."""

    days: Text
    chart: str


@dataclass(frozen=True)
class WeekPicture:
    """The pictures of a week, the colour of each pattern that somebody works, and what draws them."""

    days: tuple[DayPicture, ...]
    legend: tuple[tuple[Text, str], ...]
    charts: Mapping[str, Mapping[Lang, Spec]]


def week_picture(roster: Roster, posts: Mapping[str, int]) -> WeekPicture:
    """The week of ``roster`` with so many ``posts`` on each pattern."""
    worked = [pattern for pattern in roster.patterns if posts.get(pattern.id, 0)]
    colours = {pattern.id: SERIES[1 + place % (len(SERIES) - 1)] for place, pattern in enumerate(worked)}
    pictures, charts = [], {}
    for number, days in enumerate(_alike(worked)):
        chart = f"chart-roster-{roster.pool}-{number}"
        called = _named(days)
        pictures.append(DayPicture(called, chart))
        charts[chart] = {lang: _drawn(worked, posts, days[0], colours, called, lang) for lang in LANGUAGES}
    legend = tuple((pattern.name, colours[pattern.id]) for pattern in worked)
    return WeekPicture(tuple(pictures), legend, charts)


def _alike(patterns: Sequence[Pattern]) -> list[list[int]]:
    """The days of the week on which somebody works, those with the same hours together."""
    days: dict[tuple[object, ...], list[int]] = {}
    for day in range(7):
        hours = tuple(pattern.week[day] for pattern in patterns)
        if any(hours):
            days.setdefault(hours, []).append(day)
    return list(days.values())


def _named(days: Sequence[int]) -> Text:
    """``Mon–Fri``, ``周一至周五``."""
    week = tuple(((0, 60),) if day in days else () for day in range(7))
    english = hours_of(week).partition(" 0")[0]
    return Text(english, in_chinese(english))


def _drawn(
    patterns: Sequence[Pattern],
    posts: Mapping[str, int],
    day: int,
    colours: Mapping[str, str],
    called: Text,
    lang: Lang,
) -> Spec:
    import altair as alt

    bars = list(_bars(patterns, posts, day, colours, lang))
    totals: dict[tuple[int, int], int] = {(bar["from"], bar["to"]): bar["total"] for bar in bars}
    most = max(totals.values())
    first, last = min(start for start, _ in totals), max(end for _, end in totals)
    axis = alt.Axis(
        values=list(range(-(-first // 60) * 60, last + 1, 60)), grid=False, labelOverlap="greedy", tickColor=RULE,
        domainColor=QUIET, labelExpr="(datum.value < 600 ? '0' : '') + floor(datum.value / 60) + ':00'",
    )  # fmt: skip
    x = alt.X("from:Q", title=None, scale=alt.Scale(domain=[first, last], nice=False), axis=axis)
    y_axis = alt.Axis(values=list(range(most + 1)), format="d", gridColor=RULE, domain=False, ticks=False)
    title = say("cover").zh if lang == "zh" else say("cover").en
    y = alt.Y("low:Q", title=title, scale=alt.Scale(domain=[0, most], nice=False), axis=y_axis)
    stacked = (
        drawn_from(bars)
        .mark_rect(stroke="white", strokeWidth=1)
        .encode(
            x=x,
            x2="to:Q",
            y=y,
            y2="high:Q",
            color=alt.Color("colour:N", scale=None),
            tooltip=[alt.Tooltip("label:N"), alt.Tooltip("hours:N"), alt.Tooltip("posts:Q")],
        )
    )
    rows = [{"from": start, "to": end, "middle": (start + end) / 2, "total": n} for (start, end), n in totals.items()]
    counted = (
        drawn_from(rows)
        .mark_text(baseline="top", dy=3, color="white", fontWeight=600, fontSize=12)
        .encode(x=alt.X("middle:Q"), y=alt.Y("total:Q"), text="total:Q")
    )
    description = say("roster_chart", days=called)
    spec = finished(alt.layer(stacked, counted), description, lang, height=max(3, most) * POST_HEIGHT)
    spec["config"]["axis"]["labelColor"] = INK
    return spec


def _bars(
    patterns: Sequence[Pattern], posts: Mapping[str, int], day: int, colours: Mapping[str, str], lang: Lang
) -> Iterator[dict[str, Any]]:
    """A bar for each pattern in each stretch of a day in which the same patterns are on duty."""
    edges = sorted({edge for pattern in patterns for span in pattern.week[day] for edge in span})
    for start, end in itertools.pairwise(edges):
        there = [one for one in patterns if any(a <= start and end <= b for a, b in one.week[day])]
        low, total = 0, sum(posts[pattern.id] for pattern in there)
        for pattern in there:
            high = low + posts[pattern.id]
            yield {
                "from": start,
                "to": end,
                "low": low,
                "high": high,
                "total": total,
                "posts": posts[pattern.id],
                "colour": colours[pattern.id],
                "label": pattern.name.zh if lang == "zh" else pattern.name.en,
                "hours": f"{start // 60:02d}:{start % 60:02d}–{end // 60:02d}:{end % 60:02d}",
            }
            low = high
