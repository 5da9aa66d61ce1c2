"""The plan in words: staff, cost, targets, why nothing cheaper will do, and what one post more or less would change."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from simgov.kpi import Estimate
from simgov.optimize import equipment
from simgov.optimize.rosters import pattern_names
from simgov.report.changes import duration_words
from simgov.report.charts import Lang, Spec
from simgov.report.explained import Explained, explained
from simgov.report.labels import kpi_label, listed
from simgov.report.neighbours import neighbours_table
from simgov.report.numbers import exact, figures, money, number, percent, relative_change
from simgov.report.objectives import made_best, objectives_table
from simgov.report.options import option_name
from simgov.report.rosters import RosterPart, roster_part
from simgov.report.tables import ABSENT, Cell, Fact, Group, Row, Table, Tone, amount, columns, words
from simgov.report.words import joined, paragraph, plain, say
from simgov.scenario.value import Scenario, Text

if TYPE_CHECKING:
    from simgov.optimize.demand import Demand
    from simgov.optimize.explain import Explanation
    from simgov.optimize.limits import LimitUsed
    from simgov.optimize.plan import Plan, TargetResult
    from simgov.optimize.rosters import Roster
    from simgov.optimize.schema import Decisions
    from simgov.reforms.reform import Reform

FEW_CUTS = 6


@dataclass(frozen=True)
class PlanSection:
    """What the page says of a plan. ``cuts`` are shown, ``more_cuts`` folded away; ``parts`` are findings
    on one part of the office."""

    heading: Text
    feasible: bool
    verdict: Text
    staff: Table | None
    facts: tuple[Fact, ...]
    targets: Table
    target_notes: tuple[Text, ...]
    proof: tuple[Text, ...]
    proof_tone: Tone
    cuts: tuple[Text, ...]
    more_cuts: tuple[Text, ...]
    parts: tuple[Text, ...]
    neighbours: Table | None
    explained: Explained | None
    limits: tuple[Text, ...] = ()
    rosters: tuple[RosterPart, ...] = ()
    limits_heading: Text = field(default_factory=lambda: say("limits"))
    neighbours_heading: Text = field(default_factory=lambda: say("neighbours"))
    why: Text = field(default_factory=lambda: say("why_cheapest"))
    objectives: Table | None = None
    conflict_heading: Text = field(default_factory=lambda: say("conflict"))
    conflict: tuple[Text, ...] = ()

    @property
    def charts(self) -> dict[str, Mapping[Lang, Spec]]:
        """What its charts are drawn from, by the id of their place."""
        charts = {name: spec for roster in self.rosters for name, spec in roster.week.charts.items()}
        return {**charts, **(self.explained.charts if self.explained else {})}


def plan_section(
    plan: Plan,
    baseline: Scenario,
    after: Scenario | None,
    explanation: Explanation | None = None,
    decisions: Decisions | None = None,
    reforms: Mapping[str, Reform] | None = None,
) -> PlanSection:
    """The section on ``plan``; ``after`` is the scenario it stands for (None where there is none to show).

    ``decisions`` and ``reforms`` are those of the file, for the names of patterns, demand scenarios and reforms.
    """
    cuts = [cut.words for cut in plan.cuts if cut.kind != "part"]
    rosters: Mapping[str, Roster] = decisions.rosters if decisions else {}
    patterns = pattern_names(baseline, rosters.values())
    return PlanSection(
        heading=say(_heading(plan)),
        feasible=plan.feasible,
        verdict=paragraph(_verdict(plan, baseline)),
        staff=_staff(plan, baseline, after) if after is not None and plan.staff else None,
        facts=tuple(_facts(plan, baseline, reforms or {})),
        targets=_targets(plan, baseline, decisions.demand if decisions else ()),
        target_notes=tuple(_target_notes(plan)),
        proof=(*_proof(plan), *plan.impossible),
        proof_tone="warn" if plan.proof == "none" else "" if plan.feasible else "bad",
        cuts=tuple(cuts[:FEW_CUTS]),
        more_cuts=tuple(cuts[FEW_CUTS:]),
        parts=tuple(cut.words for cut in plan.cuts if cut.kind == "part"),
        neighbours=neighbours_table(plan, baseline, patterns) if plan.feasible and plan.neighbours else None,
        limits=tuple(limit_words(limit, plan.unit) for limit in plan.limits),
        explained=None if explanation is None else explained(explanation),
        rosters=tuple(
            roster_part(baseline, rosters[pool], plan.rosters[pool]) for pool in plan.rosters if pool in rosters
        )
        if plan.feasible
        else (),
        limits_heading=say("limits" if plan.staff else "limits_other"),
        neighbours_heading=say("neighbours" if plan.staff else "neighbours_other"),
        why=say(_why(plan)),
        objectives=objectives_table(plan, baseline) if plan.feasible and plan.objectives else None,
        conflict_heading=say("impossible" if plan.conflict and len(plan.conflict.conditions) == 1 else "conflict"),
        conflict=() if plan.conflict is None else plan.conflict.sentences,
    )


def limit_words(limit: LimitUsed, unit: str) -> Text:
    """A limit on posts, how far the plan uses it, and whether it binds."""
    if limit.binds and limit.saving is not None:
        return say("limit_binds", limit=limit.words, used=limit.used, saving=money(limit.saving, unit))
    key = "limit_slack" if not limit.tight else "limit_free" if limit.binds is False else "limit_unknown"
    return say(key, limit=limit.words, used=limit.used)


def _heading(plan: Plan) -> str:
    if plan.feasible:
        return "plan_unproved" if plan.proof == "none" else "plan_best" if plan.objectives else "plan"
    return "plan_infeasible" if plan.proof != "none" else "plan_not_found"


def _why(plan: Plan) -> str:
    """Over the proof."""
    if plan.proof == "none" or not plan.feasible:
        return "how_far_proved"
    return "why_best" if plan.objectives else "why_cheapest"


# The answer -----------------------------------------------------------------------------------------------------------


def _verdict(plan: Plan, baseline: Scenario) -> list[Text]:
    if not plan.feasible:
        obstacles = joined([kpi_label(baseline, kpi) for kpi in plan.obstacles])
        said = say("verdict_infeasible" if plan.proof != "none" else "verdict_not_found")
        return [said, *([say("verdict_obstacle", targets=obstacles)] if plan.obstacles else [])]
    met = _met(plan)
    cost = money(plan.cost or 0, plan.unit)
    horizon = duration_words(baseline.horizon)
    if not plan.unit and not plan.cost:
        return [*made_best(plan, baseline), say("verdict_plan_free", met=met)]
    key = "verdict_plan" if plan.targets else "verdict_plan_cost"
    return [*made_best(plan, baseline), say(key, met=met, cost=cost, horizon=horizon), *_against_today(plan)]


def _met(plan: Plan) -> Text:
    """What the plan meets, as the end of a sentence."""
    if plan.demands:
        key = "verdict_all_demands" if plan.hold >= len(plan.demands) else "verdict_some_demands"
        return say(key, count=len(plan.demands), hold=plan.hold)
    key = {1: "verdict_one_target", 2: "verdict_both_targets"}.get(len(plan.targets), "verdict_all_targets")
    return say(key, count=len(plan.targets))


def _against_today(plan: Plan) -> list[Text]:
    if plan.today is None or plan.cost is None:
        return []
    saved = plan.today.cost - plan.cost
    if not saved:
        return [say("verdict_same_cost")]
    share = relative_change(plan.today.cost, plan.cost)
    shown = percent(abs(share), decimals=1 if abs(share) < 0.1 else 0) if math.isfinite(share) else plain("–")
    key = "verdict_saves" if saved > 0 else "verdict_costs_more"
    return [say(key, amount=money(abs(saved), plan.unit), share=shown)]


def _staff(plan: Plan, baseline: Scenario, after: Scenario) -> Table:
    rows: list[Row] = []
    others = [0, 0]
    for pool in baseline.pools:
        found = next((one.count for one in after.pools if one.id == pool.id), None)
        now = plan.staff.get(pool.id, found or 0) if pool.id in plan.rosters else found or 0
        if pool.id in plan.ranges or now != pool.count:
            low, high = plan.ranges.get(pool.id, (now, now))
            searched = (
                say("from_to", low=low, high=high) if low < high else say("dissolved" if found is None else "fixed")
            )
            rows.append(_staff_row(pool.name, pool.count, now, searched))
        else:
            others = [others[0] + pool.count, others[1] + now]
    if any(others):
        rows.append(_staff_row(say("other_pools"), others[0], others[1], say("fixed")))
    in_rosters = sum(plan.staff[pool.id] - pool.count for pool in after.pools if pool.id in plan.rosters)
    posts = [sum(pool.count for pool in scenario.pools) for scenario in (baseline, after)]
    posts[1] += in_rosters
    rows.append(_staff_row(say("total"), posts[0], posts[1], None))
    planned = "posts_plan" if plan.feasible else "posts_best"
    names = [say(key) for key in ("pool", "posts_today", planned, "difference", "range_searched")]
    return Table(say("plan_staff"), columns(names, [False] + [True] * 4), (Group(tuple(rows)),), id="staff")


def _staff_row(name: Text, before: int, after: int, searched: Text | None) -> Row:
    moved = number(after - before, signed=True) if after != before else "="
    cells = [words(name), _count(before), _count(after), Cell(plain(moved), tone="quiet" if after == before else "")]
    return Row((*cells, words(searched) if searched else Cell(Text("", ""))), total=searched is None)


def _count(posts: int) -> Cell:
    return Cell(plain(number(posts)), value=posts)


def _facts(plan: Plan, baseline: Scenario, reforms: Mapping[str, Reform]) -> list[Fact]:
    facts = []
    horizon = duration_words(baseline.horizon)
    priced = bool(plan.unit or plan.cost)
    if plan.cost is not None and priced:
        facts.append(Fact(say("cost_of_plan", horizon=horizon), money(plan.cost, plan.unit)))
    if plan.today is not None and priced:
        facts.append(Fact(say("cost_today", horizon=horizon), money(plan.today.cost, plan.unit)))
    facts += _equipment(plan, baseline)
    if plan.considered:
        left = [name for name in plan.considered if name not in plan.reforms]
        taken = [option_name(baseline, name, reforms) for name in plan.reforms]
        facts.append(Fact(say("reforms_taken"), joined(taken, clauses=True) if taken else say("no_reforms")))
        if left:
            facts.append(
                Fact(say("reforms_left"), joined([option_name(baseline, name, reforms) for name in left], clauses=True))
            )
    return facts


def _equipment(plan: Plan, baseline: Scenario) -> list[Fact]:
    """Places to wait and speeds, beside those of today and the bounds of the search."""
    now, facts = equipment.today(baseline), []
    for kind, chosen in ((equipment.ROOM, plan.room), (equipment.SPEED, plan.speed)):
        for pool, count in chosen.items():
            column = equipment.column(kind, pool)
            low, high = plan.ranges.get(column, (count, count))
            label = equipment.words(column, baseline.pool(pool).name)
            value = say("equipment", count=count, today=now.get(column, count), low=low, high=high)
            facts.append(Fact(label, value))
    return facts


# Targets --------------------------------------------------------------------------------------------------------------


def _targets(plan: Plan, baseline: Scenario, demands: Sequence[Demand]) -> Table:
    """A row for each target; those of one demand scenario stand together."""
    today: Sequence[TargetResult | None] = plan.today.targets if plan.today else [None] * len(plan.targets)
    rows: dict[str, list[Row]] = {}
    for target, before in zip(plan.targets, today, strict=True):
        rows.setdefault(target.demand, []).append(_target_row(baseline, target, before))
    now = "value_with_plan" if plan.feasible else "value_best"
    names = [say(key) for key in ("target", "limit", "value_today", now, "margin", "verdict")]
    numeric = [False, False, True, True, True, False]
    called = {demand.name: _demand_name(demand, baseline) for demand in demands}
    groups = tuple(Group(tuple(own), called.get(name, plain(name)) if name else None) for name, own in rows.items())
    return Table(say("plan_targets"), columns(names, numeric), groups, id="targets")


def _demand_name(demand: Demand, baseline: Scenario) -> Text:
    """``Demand scenario busy: Permit 130 %, all others 110 %``."""
    own = [
        say("demand_share", name=baseline.service(name).name, share=percent(factor)) for name, factor in demand.services
    ]
    others = say("demand_share", name=say("demand_others" if own else "demand_all"), share=percent(demand.others))
    shares = listed([*own, others])
    if demand.stress is not None:
        return say("stressed_scenario", name=demand.name, stress=demand.stress.kind.name, shares=shares)
    return say("demand_scenario", name=demand.name, shares=shares)


def _target_row(baseline: Scenario, target: TargetResult, today: TargetResult | None) -> Row:
    limit = exact(target.unit, target.limit)
    value, before = figures(target.unit, [_estimate(target), _estimate(today)])
    used = _used(target)
    asked = f"{target.kpi}@{target.demand}" if target.demand else target.kpi
    share = Cell(percent(used), fill=round(min(used, 1.0) * 100, 1), tone="" if target.met else "bad")
    verdict = Cell(
        say("met" if target.met else "not_met"),
        tone="good" if target.met else "bad",
        badge=say("binding") if target.binds else None,
    )
    return Row(
        (
            words(kpi_label(baseline, target.kpi)),
            words(say(target.sense, limit=limit)),
            amount(before, key=f"today|{asked}"),
            amount(value, key=f"plan|{asked}"),
            share if math.isfinite(used) else ABSENT,
            verdict,
        )
    )


def _used(target: TargetResult) -> float:
    """How much of the limit is used up; above 1 where it is missed."""
    if not target.limit or not math.isfinite(target.value):
        return math.nan
    if target.sense == "at_most":
        return target.value / target.limit
    return target.limit / target.value if target.value else math.nan


def _target_notes(plan: Plan) -> list[Text]:
    notes = []
    if plan.validated:
        notes.append(
            say("validated", replications=number(plan.fresh_replications), confidence=percent(plan.confidence))
        )
    if plan.rejected:
        notes.append(say("rejected", count=len(plan.rejected)))
    if any(target.binds for target in plan.targets):
        notes.append(say("binding_note"))
    return notes


# Proof ----------------------------------------------------------------------------------------------------------------


def _proof(plan: Plan) -> list[Text]:
    counts = {"simulations": number(plan.simulations), "designs": number(plan.designs)}
    counts["replications"] = number(plan.replications)
    parts = any(cut.kind == "part" for cut in plan.cuts)
    found = ("_parts" if parts and plan.proof == "guarded" else "") + ("" if plan.feasible else "_infeasible")
    sentences = []
    if plan.proof == "none":
        sentences.append(say("proof_none", reason=say(f"stopped_{plan.stopped or 'early'}")))
        if plan.bound is not None:
            sentences.append(_bound(plan, plan.bound))
    else:
        band, violation = percent(plan.guard_band, decimals=1), _small_percent(plan.worst_violation)
        best = plan.objectives and plan.feasible
        sentences.append(say("proof_best" if best else f"proof_{plan.proof}{found}", band=band))
        if plan.proof == "guarded":
            rule = "proof_rule" if plan.worst_violation > 0 else "proof_rule_held"
            sentences += [say("proof_parts")] if parts and not best else []
            sentences.append(say(rule, band=band, violation=violation))
            if plan.others:
                sentences.append(say(f"band_{plan.others}"))
            if plan.challenges:
                came_of_it = "overturned" if plan.overturned else "challenged"
                sentences.append(say(came_of_it, count=plan.challenges, overturned=plan.overturned))
    sentences.append(say("simulations", **counts))
    return sentences


def _bound(plan: Plan, bound: int) -> Text:
    least = money(bound, plan.unit)
    gap = relative_change(bound, plan.cost) if plan.cost is not None else math.nan
    if not math.isfinite(gap):
        return say("proof_bound", bound=least)
    return paragraph([say("proof_bound", bound=least), say("proof_gap", gap=percent(gap, decimals=1))])


def _small_percent(share: float) -> Text:
    """A share with two digits that count, 0 % where there is none: ``0.032 %``."""
    decimals = max(1, 1 - math.floor(math.log10(share * 100))) if share > 0 else 0
    return percent(share, decimals=min(decimals, 4))


def _estimate(target: TargetResult | None) -> Estimate:
    return Estimate(math.nan) if target is None else Estimate(target.value, target.half_width, target.lower_bound)
