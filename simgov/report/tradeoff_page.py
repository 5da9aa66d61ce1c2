"""A frontier as a page: what each limit of a target costs, as a picture and a table, and where it is flat."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import simgov
from simgov.kpi import Estimate
from simgov.optimize import equipment
from simgov.optimize.option_words import reform_words, removed_words
from simgov.optimize.rosters import pattern_names
from simgov.report.charts import SERIES, Lang, Spec, drawn_from, finished
from simgov.report.labels import kpi_label, listed
from simgov.report.numbers import Scale, exact, figures, money, number, percent, scale_of
from simgov.report.tables import ABSENT, Cell, Fact, Group, Row, Table, Tone, columns, words
from simgov.report.words import joined, paragraph, plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.curve import Curve, CurvePoint
    from simgov.optimize.schema import Decisions
    from simgov.reforms.reform import Reform

TEMPLATE = "frontier.html.j2"
CHART = "chart-frontier"
HEIGHT = 320
LANGUAGES: tuple[Lang, Lang] = ("en", "zh")


@dataclass(frozen=True)
class FrontierPage:
    """Everything the template of a frontier shows. ``lines`` name the colours where there are several."""

    lang: Lang
    version: str
    fingerprint: str
    title: Text
    verdict: Text
    heading: Text
    lines: tuple[tuple[Text, str], ...]
    lines_heading: Text | None
    points: Table
    measures: tuple[Fact, ...]
    plateaus: tuple[Text, ...]
    notes: tuple[Text, ...]
    tone: Tone
    settings: tuple[Fact, ...]
    sections: tuple[str, ...] = ("frontier", "proof")
    charts: Mapping[str, Mapping[Lang, Spec]] = field(default_factory=dict)


@dataclass(frozen=True)
class _Shown:
    """A curve with what is needed to say it: the labels and the scales of its KPIs."""

    curve: Curve
    scenario: Scenario
    reforms: Mapping[str, Reform]
    patterns: Mapping[str, Text]

    @property
    def labels(self) -> list[Text]:
        return [kpi_label(self.scenario, kpi) for kpi in self.curve.kpis]

    @property
    def scales(self) -> list[Scale]:
        limits = zip(*(point.limits for point in self.curve.points), strict=True)
        return [scale_of(unit, own) for unit, own in zip(self.curve.units, limits, strict=True)]

    def limit(self, place: int, value: float) -> Text:
        """A limit in the unit of all limits of that KPI."""
        return say(self.curve.senses[place], limit=exact(self.curve.units[place], value, self.scales[place]))


def frontier_page(
    curve: Curve,
    scenario: Scenario,
    lang: Lang,
    decisions: Decisions | None = None,
    reforms: Mapping[str, Reform] | None = None,
) -> FrontierPage:
    """The page of ``curve``, found for the office ``scenario`` with these ``decisions`` and ``reforms``."""
    patterns = pattern_names(scenario, decisions.rosters.values()) if decisions else {}
    shown = _Shown(curve, scenario, reforms or {}, patterns)
    seconds = _seconds(curve)
    several = len(curve.kpis) > 1
    return FrontierPage(
        lang=lang,
        version=simgov.__version__,
        fingerprint=curve.scenario_hash[:12],
        title=scenario.name,
        verdict=paragraph(_verdict(shown)),
        heading=say("frontier_heading", kpi=shown.labels[0]),
        lines=tuple((shown.limit(1, limit), _colour(n)) for n, limit in enumerate(seconds)) if several else (),
        lines_heading=shown.labels[1] if several else None,
        points=_table(shown),
        measures=tuple(_measures(shown)),
        plateaus=curve.plateaus,
        notes=tuple(_notes(curve)),
        tone="warn" if curve.stopped or not all(point.proved for point in curve.points) else "",
        settings=tuple(_settings(curve)),
        charts={CHART: {lang: _chart(shown, seconds, lang) for lang in LANGUAGES}},
    )


def _verdict(shown: _Shown) -> list[Text]:
    curve = shown.curve
    there = [point for point in curve.points if point.cost is not None]
    if not there:
        return [say("frontier_none")]
    tightest_first = there[::-1]
    cheapest, dearest = (pick(tightest_first, key=_cost) for pick in (min, max))
    low, high = (money(_cost(point), curve.unit) for point in (cheapest, dearest))
    limits = [_limits(shown, point) for point in (cheapest, dearest)]
    key = "frontier_same" if _cost(cheapest) == _cost(dearest) else "frontier_range"
    sentences = [say(key, low=low, high=high, loose=limits[0], tight=limits[1])]
    none = [point for point in curve.points if point.cost is None and point.proved]
    if none:
        sentences.append(say("frontier_impossible", limits=joined([_limits(shown, point) for point in none])))
    return sentences


def _limits(shown: _Shown, point: CurvePoint) -> Text:
    """The limits of a point, with the KPIs they are for where there are two."""
    own = [shown.limit(place, limit) for place, limit in enumerate(point.limits)]
    if len(own) == 1:
        return own[0]
    named = [Text(f"{one.en} {limit.en}", f"{one.zh}{limit.zh}") for one, limit in zip(shown.labels, own, strict=True)]
    return Text(" and ".join(one.en for one in named), "且".join(one.zh for one in named))


def _cost(point: CurvePoint) -> int:
    return point.cost or 0


def _table(shown: _Shown) -> Table:
    """A row for each limit; with a second KPI those of one of its limits together."""
    curve = shown.curve
    varied = _varied(curve)
    groups: dict[float, list[Row]] = {}
    for point in curve.points:
        groups.setdefault(point.limits[1] if len(point.limits) > 1 else math.nan, []).append(_row(shown, point, varied))
    named = tuple(
        Group(tuple(rows), Text(f"{shown.labels[1].en} {limit.en}", f"{shown.labels[1].zh}{limit.zh}"))
        if len(curve.kpis) > 1 and (limit := shown.limit(1, second))
        else Group(tuple(rows))
        for second, rows in groups.items()
    )
    names = [say(key) for key in ("limit", "demand_cost", "frontier_fresh", "frontier_posts", "frontier_measures")]
    names.append(say("demand_proved"))
    return Table(say("frontier_table"), columns(names, [False, True, True, False, False, False]), named, id="frontier")


def _row(shown: _Shown, point: CurvePoint, varied: Sequence[str]) -> Row:
    limit = words(shown.limit(0, point.limits[0]))
    if point.cost is None:
        none = words(say("demand_none" if point.proved else "demand_not_found"), "bad")
        return Row((limit, ABSENT, ABSENT, ABSENT, ABSENT, none))
    cost = Cell(money(point.cost, shown.curve.unit), value=point.cost / 100)
    posts = [_count(shown, name, point.chosen.counts.get(name, 0)) for name in varied]
    taken = [_short(shown.scenario, name) for name in point.chosen.reforms]
    proved = say("demand_is_proved" if point.proved else "demand_at_most")
    missed = say("frontier_missed") if point.kept is False else None
    return Row(
        (
            limit,
            cost,
            _fresh(shown, point),
            words(listed(posts)) if posts else ABSENT,
            words(joined(taken)) if taken else ABSENT,
            Cell(proved, tone="bad" if missed else "", badge=missed),
        )
    )


def _short(scenario: Scenario, name: str) -> Text:
    """An option by few words: what is dropped, or the name of a reform."""
    removed = removed_words(scenario, name)
    return plain(name) if removed is None else say("drop", name=removed[1])


def _measures(shown: _Shown) -> list[Fact]:
    """What each reform does that some plan takes."""
    taken = dict.fromkeys(name for point in shown.curve.points for name in point.chosen.reforms)
    reforms = [shown.reforms[name] for name in taken if name in shown.reforms]
    return [Fact(plain(reform.name), reform_words(shown.scenario, reform.measures)) for reform in reforms]


def _fresh(shown: _Shown, point: CurvePoint) -> Cell:
    """The KPIs varied on fresh replications."""
    if not point.values:
        return ABSENT
    parts = zip(shown.curve.units, point.values, point.half_widths, shown.scales, strict=True)
    own = [figures(unit, [Estimate(value, width)], scale=scale)[0].full for unit, value, width, scale in parts]
    return words(Text("; ".join(one.en for one in own), "；".join(one.zh for one in own)))


def _varied(curve: Curve) -> list[str]:
    """What the plans of a frontier do not all have the same number of."""
    there = [point.chosen.counts for point in curve.points if point.cost is not None]
    names = list(dict.fromkeys(name for counts in there for name in counts))
    return [name for name in names if len({counts.get(name, 0) for counts in there}) > 1]


def _count(shown: _Shown, name: str, count: int) -> Text:
    called = shown.patterns.get(name)
    if called is None:
        owner = equipment.kind_and_pool(name)[1]
        called = next((pool.name for pool in shown.scenario.pools if pool.id == owner), plain(owner))
    return equipment.count_words(name, called, count)


def _notes(curve: Curve) -> list[Text]:
    notes = [say("frontier_note", band=percent(curve.guard_band, decimals=1))]
    if curve.validations:
        notes.append(say("frontier_validated", count=number(curve.validations)))
    if any(point.kept is False for point in curve.points):
        notes.append(say("frontier_missed_note"))
    if curve.stopped:
        notes.append(say("frontier_stopped", reason=say(f"stopped_{curve.stopped}")))
    return notes


def _settings(curve: Curve) -> list[Fact]:
    return [
        Fact(say("frontier_simulations"), plain(number(curve.simulations))),
        Fact(say("replications"), plain(number(curve.replications))),
        Fact(say("confidence"), percent(curve.confidence, decimals=1)),
        Fact(say("seed"), plain(curve.seed)),
        Fact(say("scenario_hash"), plain(curve.scenario_hash), code=True),
    ]


def _seconds(curve: Curve) -> list[float]:
    """The limits of the second KPI, as they come."""
    return list(dict.fromkeys(point.limits[1] for point in curve.points)) if len(curve.kpis) > 1 else []


def _colour(place: int) -> str:
    return SERIES[1 + place % (len(SERIES) - 1)]


def _chart(shown: _Shown, seconds: Sequence[float], lang: Lang) -> Spec:
    """Cost up, the limit across. What is promised at one limit holds at every looser one: a flat step."""
    import altair as alt

    curve = shown.curve
    scale = shown.scales[0]
    rows = [
        {
            "limit": float(f"{point.limits[0] / scale.divisor:.6g}"),
            "cost": point.cost / 100,
            "colour": _colour(seconds.index(point.limits[1])) if seconds else _colour(0),
        }
        for point in curve.points
        if point.cost is not None
    ]
    label, up = shown.labels[0], money(0, curve.unit)
    across = f"{label.zh}（{scale.name.zh}）" if lang == "zh" else f"{label.en} ({scale.name.en})"
    unit = (up.zh if lang == "zh" else up.en).removeprefix("0").strip()
    cost = say("cost").zh + f"（{unit}）" if lang == "zh" else say("cost").en + f" ({unit})"
    base = drawn_from(rows).encode(
        x=alt.X("limit:Q", title=across, scale=alt.Scale(zero=False), axis=alt.Axis(tickCount=8, grid=False)),
        y=alt.Y("cost:Q", title=cost, scale=alt.Scale(zero=False), axis=alt.Axis(format=",.0f", tickCount=6)),
        color=alt.Color("colour:N", scale=None),
        tooltip=[alt.Tooltip("limit:Q", title=across), alt.Tooltip("cost:Q", title=cost, format=",.0f")],
    )
    at_most = curve.senses[0] == "at_most"
    steps = base.mark_line(interpolate="step-after" if at_most else "step-before", strokeWidth=2)
    return finished(
        alt.layer(steps, base.mark_circle(size=55, opacity=1)), say("frontier_chart", kpi=label), lang, height=HEIGHT
    )
