"""The page: content put together, charts specified, rendered into one HTML text without outside references."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from importlib import resources
from typing import TYPE_CHECKING, Protocol

import simgov
from simgov.report import assumptions, charts
from simgov.report.changes import ScenarioChanges, changes
from simgov.report.charts import Lang, Spec
from simgov.report.evidence import DaySection, TimeChart, day_section, time_charts, utilisation
from simgov.report.numbers import figures, number, percent
from simgov.report.planning import PlanSection
from simgov.report.results import (
    Card,
    Results,
    all_figures,
    bounds_present,
    cards,
    headline_kpis,
    losers,
    side_by_side,
)
from simgov.report.tables import Fact, Table
from simgov.report.words import joined, paragraph, plain, say
from simgov.scenario.value import Text

if TYPE_CHECKING:
    from markupsafe import Markup

    from simgov.report.breakdown import Breakdown

SECTIONS = ("result", "changes", "plan", "time", "day", "utilisation", "assumptions", "figures")


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
    worse: tuple[Text, ...]
    changes: tuple[ScenarioChanges, ...]
    plan: PlanSection | None
    time: tuple[TimeChart, ...]
    day: DaySection | None
    utilisation: Table
    settings: tuple[Fact, ...]
    demand: Table
    not_modelled: tuple[Text, ...]
    how_to_read: tuple[Text, ...]
    steps: Table
    figures: tuple[Table, ...]
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
    time, time_specs = time_charts(results, detail)
    day, day_specs = day_section(results, detail)
    busy, busy_specs = utilisation(results)
    return Page(
        lang=lang,
        version=simgov.__version__,
        fingerprint=fingerprint,
        title=baseline.name,
        verdict=paragraph(_with_plan(results, plan) if plan else _verdict(results, measured)),
        sections=tuple(section for section in SECTIONS if plan or section != "plan"),
        series=names,
        colours=tuple(charts.colours(len(names))),
        cards=tuple(cards(results, measured)) if len(names) < 3 else (),
        interval_note=_interval_note(results),
        lower_bounds=bounds_present(results),
        matrix=side_by_side(results, headline_kpis(results, measured)) if len(names) > 2 else None,
        worse=tuple(_worse(results)),
        changes=tuple(changes(baseline, series.scenario, series.name) for series in results.series[1:]),
        plan=plan,
        time=time,
        day=day,
        utilisation=busy,
        settings=(*assumptions.settings(baseline), *provenance, _detail_fact(detail)),
        demand=assumptions.demand(baseline, measured),
        not_modelled=tuple(assumptions.not_modelled(baseline)),
        how_to_read=tuple(assumptions.how_to_read()),
        steps=assumptions.steps_table(baseline),
        figures=tuple(all_figures(results)),
        charts={**time_specs, **day_specs, **busy_specs, **(plan.charts if plan else {})},
    )


class Framed(Protocol):
    """What the frame of every page shows: its title and what the page says in short, the sections and the charts."""

    @property
    def lang(self) -> Lang:
        """In which language it opens."""

    @property
    def title(self) -> Text:
        """Its heading."""

    @property
    def charts(self) -> Mapping[str, Mapping[Lang, Spec]]:
        """By the id of the place where each is drawn, and by language."""


def render(page: Framed, template: str = "page.html.j2") -> str:
    """``page`` as HTML."""
    from jinja2 import Environment, FunctionLoader, StrictUndefined

    environment = Environment(
        autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True, loader=FunctionLoader(_asset)
    )
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

    colours = {"waiting": charts.WAITING, "working": charts.WORKING, "outside": charts.OUTSIDE, "target": charts.TARGET}
    text = environment.get_template(template).render(
        page=page, colours=colours, **{name: Markup(one) for name, one in safe.items()}
    )
    return text.strip() + "\n"


def both(text: Text) -> Markup:
    """Both languages, of which the page shows one; escaped."""
    from markupsafe import Markup, escape

    if text.en == text.zh:
        return escape(text.en)
    spans = '<span class="en" lang="en">{}</span><span class="zh" lang="zh-CN">{}</span>'
    return Markup(spans).format(text.en, text.zh)


def _with_plan(results: Results, plan: PlanSection) -> list[Text]:
    """What the plan is, and what the targets' KPIs become under it."""
    moved = [one for target in results.targets[:2] for one in _moved(results, target.kpi)]
    return [plan.verdict, *(moved if plan.feasible else [])]


def _verdict(results: Results, cases: Mapping[str, float]) -> list[Text]:
    if len(results.series) > 2:
        return _verdict_on_many(results)
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


def _verdict_on_many(results: Results) -> list[Text]:
    others = results.series[1:]
    if not results.targets:
        return []
    good = [one.name for one in others if results.targets_met(one.label) == len(results.targets)]
    if not good:
        return [say("verdict_none", count=len(others))]
    return [say("verdict_some", names=joined([say("quoted", name=name) for name in good]), count=len(others))]


def _moved(results: Results, kpi: str) -> list[Text]:
    info, after = results.info(kpi), results.after
    value = results.value(results.series[0].label, kpi)
    if value is None:
        return []
    later = results.value(after.label, kpi) if after else None
    if later is None:
        return [say("verdict_now", kpi=results.label(info), value=figures(info.unit, [value])[0].short)]
    before, now = figures(info.unit, [value, later])
    return [say("verdict_change", kpi=results.label(info), before=before.short, after=now.short)]


def _worse(results: Results) -> list[Text]:
    """Services that clearly fare worse in the scenario the report is about, so that no average hides them."""
    return [text for kpi in losers(results) for text in _moved(results, kpi)]


def _interval_note(results: Results) -> Text:
    confidence, replications = percent(results.confidence), number(results.replications)
    key = "headline_note" if results.after else "headline_note_one"
    return say(key, confidence=confidence, replications=replications)


def _detail_fact(detail: Breakdown) -> Fact:
    return Fact(say("detail_replications"), plain(number(detail.replications)))


def _cases(detail: Breakdown, label: str) -> dict[str, float]:
    own = detail.cases[detail.cases["scenario"] == label]
    return {str(row["service"]): float(row["cases"]) for row in own.to_dict("records")}


# Assets ---------------------------------------------------------------------------------------------------------------


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
