"""A programme over years as a page: measures by quarter, money and posts by year, milestones, or what conflicts."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import simgov
from simgov.kpi import Estimate, UnknownKpi, find
from simgov.optimize.roadmap.quarters import parse_quarter
from simgov.report.charts import Lang, Spec
from simgov.report.numbers import Figure, figures, money, number, percent, scale_of
from simgov.report.programme_charts import Bar, Stretch, YearBar, cost_bars, quarter_bars, values_by_quarter
from simgov.report.tables import ABSENT, Cell, Fact, Group, Row, Table, Tone, amount, columns, words
from simgov.report.words import joined, plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.roadmap.plan import ConflictRule, MilestonePlan, Reached, RoadmapPlan

TEMPLATE = "programme.html.j2"


@dataclass(frozen=True)
class KpiChart:
    """The chart of one KPI: its name, and the id of the place where it is drawn."""

    name: Text
    chart: str


@dataclass(frozen=True)
class ProgrammePage:
    """Everything the template of a programme shows. ``measures`` and what follows up to ``kpis`` is there where there
    is a programme, ``conflict`` where there is none."""

    lang: Lang
    version: str
    fingerprint: str
    title: Text
    verdict: Text
    sections: tuple[str, ...]
    conflict_heading: Text
    conflict: tuple[Text, ...]
    conflict_note: Text | None
    measures: Table | None
    years: Table | None
    posts: Table | None
    milestones: Table | None
    milestone_note: Text
    kpis: tuple[KpiChart, ...]
    proof: tuple[Text, ...]
    proof_tone: Tone
    anew: tuple[Text, ...]
    anew_heading: Text
    settings: tuple[Fact, ...]
    charts: Mapping[str, Mapping[Lang, Spec]] = field(default_factory=dict)


def programme_page(plan: RoadmapPlan, baseline: Scenario, lang: Lang) -> ProgrammePage:
    """The page of ``plan``, made for the office ``baseline``."""
    kpis = _kpis(plan, baseline)
    there = plan.feasible
    proved = plan.proof != "none"
    anew = () if plan.today is None else tuple(_anew(plan))
    sections = ("measures", "years", "milestones", "proof") if there else ("proof",)
    return ProgrammePage(
        lang=lang,
        version=simgov.__version__,
        fingerprint=str(plan.evidence.get("scenario_hash", ""))[:12],
        title=baseline.name,
        verdict=_verdict(plan),
        sections=(*(("conflict",) if plan.conflict else ()), *(("anew",) if anew else ()), *sections),
        conflict_heading=_conflict_heading(plan),
        conflict=tuple(_rule(plan, baseline, rule) for rule in plan.conflict),
        conflict_note=say("conflict_note") if plan.conflict_is_smallest and len(plan.conflict) > 1 else None,
        measures=_measures(plan) if there else None,
        years=_years(plan) if there else None,
        posts=_posts(plan, baseline) if there and plan.years[0].staff else None,
        milestones=_milestones(plan, baseline) if there else None,
        milestone_note=say(
            "milestone_note", count=plan.replications_a_year, confidence=percent(baseline.run.confidence)
        ),
        kpis=tuple(kpis) if there else (),
        proof=tuple(_proof(plan)),
        proof_tone="warn" if not proved else "" if there else "bad",
        anew=anew,
        anew_heading=say("programme_anew", today=plan.today or ""),
        settings=_settings(plan),
        charts=_charts(plan, kpis) if there else {},
    )


def _verdict(plan: RoadmapPlan) -> Text:
    if plan.feasible:
        kept = all(milestone.met for milestone in plan.milestones)
        key = "verdict_programme" if kept else "verdict_programme_missed"
        return say(key, cost=_money(plan.cost, plan), quarters=plan.quarters)
    return say("verdict_no_programme" if plan.proof != "none" else "verdict_programme_not_found")


def _money(value: float | None, plan: RoadmapPlan) -> Text:
    return plain("–") if value is None else money(round(value * 100), plan.unit)


def _quarters(plan: RoadmapPlan) -> list[str]:
    start = parse_quarter(plan.start)
    return [str(start.later(place)) for place in range(plan.quarters)]


def _measures(plan: RoadmapPlan) -> Table:
    rows = []
    for one in _in_order(plan):
        begun = words(plain(one.begins) if one.begins else say("never"))
        rows.append(Row((words(plain(one.name)), begun, words(plain(one.settled or "–")))))
    names = [say(key) for key in ("reform_measure", "measure_begun", "measure_at_work")]
    return Table(say("programme_measures"), columns(names, [False] * 3), (Group(tuple(rows)),))


def _in_order(plan: RoadmapPlan) -> list[Any]:
    return sorted(plan.measures, key=lambda one: (one.begins or "9999", one.name))


def _years(plan: RoadmapPlan) -> Table:
    rows = [
        Row(
            (
                words(plain(year.year)),
                *(words(_money(value, plan)) for value in (year.measures, year.cost, year.spent, year.budget)),
            )
        )
        for year in plan.years
    ]
    totals = [sum(getattr(year, key) for year in plan.years) for key in ("measures", "cost", "spent")]
    rows.append(Row((words(say("total")), *(words(_money(value, plan)) for value in totals), ABSENT), total=True))
    names = [say(key) for key in ("year", "cost_of_measures", "cost_in_all", "counts_against_budget", "budget")]
    return Table(say("programme_years"), columns(names, [False] + [True] * 4), (Group(tuple(rows)),))


def _posts(plan: RoadmapPlan, baseline: Scenario) -> Table:
    rows = []
    for pool in plan.years[0].staff:
        counts = [baseline.pool(pool).count, *(year.staff[pool] for year in plan.years)]
        rows.append(Row((words(baseline.pool(pool).name), *(Cell(plain(number(n)), value=n) for n in counts))))
    names = [say("pool"), say("posts_today"), *(plain(year.year) for year in plan.years)]
    return Table(say("programme_posts"), columns(names, [False] + [True] * (len(names) - 1)), (Group(tuple(rows)),))


# Milestones -----------------------------------------------------------------------------------------------------------


def _shown(milestone: MilestonePlan, values: Sequence[Estimate]) -> list[Figure]:
    """The limit and the values, in the unit that suits the limit."""
    scale = scale_of(milestone.unit, [milestone.limit])
    return figures(milestone.unit, [Estimate(milestone.limit), *values], scale=scale)


def _label(baseline: Scenario, kpi: str) -> Text:
    try:
        return find(baseline, kpi).label
    except UnknownKpi:
        return plain(kpi)


def _bound(milestone: MilestonePlan) -> Text:
    return say(milestone.sense, limit=_shown(milestone, [])[0].short)


def _milestones(plan: RoadmapPlan, baseline: Scenario) -> Table:
    rows = [_milestone_row(baseline, milestone, year) for milestone in plan.milestones for year in milestone.years]
    keys = ("milestone", "milestone_from", "limit", "milestone_when", "milestone_reached", "verdict")
    numeric = [False, False, False, False, True, False]
    return Table(say("programme_milestones"), columns([say(key) for key in keys], numeric), (Group(tuple(rows)),))


def _milestone_row(baseline: Scenario, milestone: MilestonePlan, year: Reached) -> Row:
    limit, value = _shown(milestone, [_estimate(year)])
    when = year.first if year.first == year.last else f"{year.first} – {year.last}"
    return Row(
        (
            words(_label(baseline, milestone.kpi)),
            words(plain(milestone.by)),
            words(say(milestone.sense, limit=limit.short)),
            words(plain(when)),
            amount(value, key=f"{milestone.kpi}|{milestone.by}|{year.first}"),
            Cell(say("met" if year.met else "not_met"), tone="good" if year.met else "bad"),
        )
    )


def _estimate(year: Reached) -> Estimate:
    return Estimate(year.value, year.half_width, year.lower_bound)


def _kpis(plan: RoadmapPlan, baseline: Scenario) -> list[KpiChart]:
    named = dict.fromkeys(milestone.kpi for milestone in plan.milestones)
    return [KpiChart(_label(baseline, kpi), f"chart-kpi-{place}") for place, kpi in enumerate(named)]


def _charts(plan: RoadmapPlan, kpis: Sequence[KpiChart]) -> dict[str, dict[Lang, Spec]]:
    quarters = _quarters(plan)
    bars = [Bar(one.name, _place(quarters, one.begins), _place(quarters, one.settled)) for one in _in_order(plan)]
    years = [
        YearBar(
            str(year.year),
            year.measures,
            year.spent,
            year.budget,
            _money(year.spent, plan),
            _money(year.budget, plan),
        )
        for year in plan.years
    ]
    found: dict[str, dict[Lang, Spec]] = {"chart-measures": {}, "chart-years": {}}
    languages: tuple[Lang, ...] = ("en", "zh")
    for lang in languages:
        found["chart-measures"][lang] = quarter_bars(bars, quarters, lang)
        found["chart-years"][lang] = cost_bars(years, plan.unit, lang)
        for kpi, own in zip(kpis, _by_kpi(plan), strict=True):
            stretches = [stretch for milestone in own for stretch in _stretches(milestone, own, quarters)]
            scale = scale_of(own[0].unit, [own[0].limit])
            found.setdefault(kpi.chart, {})[lang] = values_by_quarter(stretches, quarters, scale, kpi.name, lang)
    return found


def _place(quarters: Sequence[str], quarter: str | None) -> int:
    """Where a quarter stands; the end of the programme for one that does not come."""
    return quarters.index(quarter) if quarter in quarters else len(quarters)


def _by_kpi(plan: RoadmapPlan) -> list[list[MilestonePlan]]:
    named = dict.fromkeys(milestone.kpi for milestone in plan.milestones)
    return [[milestone for milestone in plan.milestones if milestone.kpi == kpi] for kpi in named]


def _stretches(milestone: MilestonePlan, own: Sequence[MilestonePlan], quarters: Sequence[str]) -> Iterator[Stretch]:
    """The limit while it holds, and each value over the quarters that it was simulated for, all in the scale's unit."""
    scale = scale_of(own[0].unit, [own[0].limit])
    later = [other.by for other in own if other.sense == milestone.sense and other.by > milestone.by]
    limit, *values = _shown(milestone, [_estimate(year) for year in milestone.years])
    sign = say(milestone.sense, limit=limit.short)
    first, last = _place(quarters, milestone.by), _place(quarters, min(later, default=None))
    yield Stretch("limit", first, last, milestone.limit / scale.divisor, 0.0, sign)
    for year, value in zip(milestone.years, values, strict=True):
        begin, end = _place(quarters, year.first), _place(quarters, year.last) + 1
        half = year.half_width / scale.divisor
        yield Stretch("reached", begin, end, year.value / scale.divisor, half, value.short)


# Conflicts and proof --------------------------------------------------------------------------------------------------


def _conflict_heading(plan: RoadmapPlan) -> Text:
    if not plan.conflict_is_smallest:
        return say("conflict_among")
    return say("conflict_one" if len(plan.conflict) == 1 else "conflict_smallest")


def _rule(plan: RoadmapPlan, baseline: Scenario, rule: ConflictRule) -> Text:
    """A rule that conflicts, and what is possible instead."""
    said = _rule_alone(plan, baseline, rule)
    possible = list(_possible(plan, rule))
    if not possible:
        return said
    nearest = possible[0]
    for other in possible[1:]:
        nearest = say("nearest_or", one=nearest, other=other)
    return say("rule_possible", rule=said, nearest=nearest)


def _rule_alone(plan: RoadmapPlan, baseline: Scenario, rule: ConflictRule) -> Text:
    if rule.kind == "milestone":
        milestone = plan.milestones[int(rule.what[0])]
        kpi = _label(baseline, milestone.kpi)
        return say("rule_milestone", by=milestone.by, kpi=kpi, bound=_bound(milestone))
    if rule.kind == "budget":
        return say("rule_budget", year=rule.what[0])
    if rule.kind == "at_once":
        return say("rule_at_once")
    if rule.kind == "most_change":
        return say("rule_most_change")
    return say("rule_must", measure=joined([plain(one) for one in rule.what]))


def _possible(plan: RoadmapPlan, rule: ConflictRule) -> Iterator[Text]:
    near = rule.nearest
    if "quarter" in near:
        yield say("nearest_quarter", quarter=near["quarter"])
    if "value" in near:
        milestone = plan.milestones[int(rule.what[0])]
        scale = scale_of(milestone.unit, [near["value"]])
        yield say("nearest_value", value=figures(milestone.unit, [Estimate(near["value"])], scale=scale)[0].short)
    if "amount" in near:
        yield _money(near["amount"], plan) if rule.kind == "budget" else plain(near["amount"])


def _proof(plan: RoadmapPlan) -> Iterator[Text]:
    counts = {"states": number(plan.states), "years": number(plan.years_simulated)}
    if plan.proof == "none":
        yield say("programme_unproved", **counts)
        if plan.bound is not None:
            yield say("programme_bound", bound=_money(plan.bound, plan))
        return
    band, worst = (
        percent(plan.guard_band, decimals=1),
        percent(plan.worst_violation, decimals=2 if plan.worst_violation else 0),
    )
    yield say("programme_proved" if plan.feasible else "conflict_proved", band=band, worst=worst, **counts)


def _anew(plan: RoadmapPlan) -> Iterator[Text]:
    """Why it was planned anew, what that changed and what it costs."""
    for measure, late in plan.slipped.items():
        yield say("anew_late", measure=measure, late=late)
    for year, budget in plan.new_budgets.items():
        yield say("anew_budget", year=year, amount=_money(budget, plan))
    for one in plan.changes:
        yield say("programme_change", what=one.what, before=one.before, after=one.after)
    if plan.feasible and not plan.changes:
        yield say("anew_same")
    if plan.cost is not None and plan.cost_before is not None:
        more = plan.cost - plan.cost_before
        yield say("anew_more" if more >= 0 else "anew_less", amount=_money(abs(more), plan))


def _settings(plan: RoadmapPlan) -> tuple[Fact, ...]:
    return (
        Fact(say("replications"), plain(number(plan.replications))),
        Fact(say("seed"), plain(plan.seed)),
        Fact(say("version"), plain(simgov.__version__)),
        Fact(say("scenario_file"), plain("/".join(plan.scenario.replace("\\", "/").split("/")[-2:]))),
        Fact(say("scenario_hash"), plain(str(plan.evidence.get("scenario_hash", "–"))), code=True),
    )
