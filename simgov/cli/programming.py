"""``simgov roadmap``: which measure begins in which quarter, posts and money by year, milestones, or what conflicts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.measure_tables import spoken_kpi
from simgov.cli.planning import WHY_STOPPED, amount
from simgov.cli.quantities import against_limit, percent
from simgov.cli.searching import searching
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.kpi import Estimate

if TYPE_CHECKING:
    from simgov.optimize.roadmap.plan import ConflictRule, MilestonePlan, RoadmapPlan
    from simgov.optimize.roadmap.quarters import Quarter
    from simgov.optimize.roadmap.replanning import Replanning
    from simgov.optimize.roadmap.solve import Standing
    from simgov.study import Study
    from simgov.units import Duration, Money

YEAR_HEADS = ["year", "measures cost", "all cost", "counts", "budget"]
MILESTONE_HEADS = ["milestone", "from", "limit", "year", "reached", ""]


def replanning(
    before: Path | None, today: Quarter | None, slipped: Mapping[str, int], budgets: Mapping[int, Money]
) -> Replanning | None:
    """Planning the roadmap kept in a folder anew; None where it is planned for the first time.

    Raises ``InputError`` where nothing says from when on, or what is planned anew.
    """
    from simgov.errors import InputError, Problem
    from simgov.optimize.roadmap.plan import load
    from simgov.optimize.roadmap.replanning import Replanning

    if before is None:
        given = {"--today": today, "--slipped": slipped, "--budget": budgets}
        left = ", ".join(option for option, value in given.items() if value)
        if left:
            raise InputError((Problem((), f"{left} without --from", "say which roadmap is planned anew: --from DIR"),))
        return None
    if today is None:
        raise InputError((Problem((), "--from needs --today", "write the quarter that begins, e.g. --today 2028-Q2"),))
    return Replanning(load(before), today, slipped, budgets)


def roadmap_scenario(
    terminal: Terminal,
    study: Study,
    folder: Path,
    *,
    anew: Replanning | None,
    simulations: int | None,
    time: Duration | None,
    seed: int | None,
    workers: int | None,
) -> bool:
    """Find the programme, keep it in ``folder`` and print it; whether there is one."""
    from simgov.optimize.roadmap.solve import plan_years

    last_words = terminal.words("Interrupted before a plan could be kept.")
    with searching(terminal, last_words) as (stop, doing):
        plan = plan_years(
            study,
            seed=seed,
            simulations=simulations,
            time=time,
            workers=workers,
            progress=lambda standing: doing(where(terminal, standing, study.baseline.currency)),
            stop=stop,
            anew=anew,
        ).save(folder)
    print_roadmap(terminal, study, plan)
    terminal.result(plan.to_json())
    terminal.say("The roadmap and its certificate are kept in {folder}", folder=folder)
    if plan.stopped == "interrupted":
        raise Ending(INTERRUPTED)
    return plan.feasible


def where(terminal: Terminal, standing: Standing, currency: str) -> str:
    """Where the search stands, on one line."""
    phrase = "states simulated: {states}, years: {years}; best so far {best}, no programme below {bound}"
    if standing.phase == "conflict":
        phrase = "states simulated: {states}, years: {years}; looking for what conflicts"
    best = "–" if standing.incumbent is None else amount(standing.incumbent, currency, terminal)
    bound = "–" if standing.bound is None else amount(standing.bound, currency, terminal)
    return terminal.words(phrase, states=standing.states, years=standing.years, best=best, bound=bound)


def print_roadmap(terminal: Terminal, study: Study, plan: RoadmapPlan) -> None:
    """The programme for people."""
    if terminal.json:
        return
    if plan.feasible:
        cost = money_of(plan.cost, plan, terminal)
        phrase = "The cheapest programme costs {cost} in {quarters} quarters."
        if plan.proof == "none":
            phrase = "The best programme found costs {cost} in {quarters} quarters."
        terminal.headline(phrase, cost=cost, quarters=plan.quarters)
        terminal.show()
        print_quarters(terminal, plan)
        print_years(terminal, study, plan)
        print_milestones(terminal, study, plan)
        print_anew(terminal, plan)
    else:
        terminal.headline("No programme keeps every milestone." if plan.proof != "none" else "No programme was found.")
        print_anew(terminal, plan)
        print_conflict(terminal, study, plan)
    for line in proof(terminal, plan):
        terminal.show(line)


def money_of(value: float | None, plan: RoadmapPlan, terminal: Terminal) -> str:
    """Money of the plan in the user's language; a dash where there is none."""
    return "–" if value is None else amount(round(value * 100), plan.unit, terminal)


def quarters_of(plan: RoadmapPlan) -> list[str]:
    """The quarters of a programme."""
    from simgov.optimize.roadmap.quarters import parse_quarter

    start = parse_quarter(plan.start)
    return [str(start.later(place)) for place in range(plan.quarters)]


def print_quarters(terminal: Terminal, plan: RoadmapPlan) -> None:
    """A row for each measure and a column for each quarter: begun, and at work."""
    quarters = quarters_of(plan)
    rows = []
    for measure in sorted(plan.measures, key=lambda one: (one.begins or "9999", one.name)):
        row = [measure.name]
        for quarter in quarters:
            begun = measure.begins is not None and quarter >= measure.begins
            settled = measure.settled is not None and quarter >= measure.settled
            row.append("█" if settled else "▒" if begun else "·")
        rows.append(row)
    terminal.lines([terminal.words("reform measure"), *(q[2:4] + q[5:] for q in quarters)], rows)
    terminal.show(terminal.words("▒ begun, █ at work"))
    terminal.show()


def print_years(terminal: Terminal, study: Study, plan: RoadmapPlan) -> None:
    """Money and posts by year."""
    pools = list(plan.years[0].staff)
    rows = []
    for year in plan.years:
        money = [money_of(value, plan, terminal) for value in (year.measures, year.cost, year.spent, year.budget)]
        rows.append([str(year.year), *money])
    terminal.table(YEAR_HEADS, rows, numbers=(1, 2, 3, 4))
    terminal.show()
    if pools:
        words = terminal.words
        heads = [words("pool"), words("name"), words("today"), *(str(year.year) for year in plan.years)]
        posts = [
            [
                pool,
                name(study.baseline.pool(pool).name, terminal.words),
                str(study.baseline.pool(pool).count),
                *(str(year.staff[pool]) for year in plan.years),
            ]
            for pool in pools
        ]
        terminal.lines(heads, posts, numbers=tuple(range(2, len(heads))))
        terminal.show()


def print_milestones(terminal: Terminal, study: Study, plan: RoadmapPlan) -> None:
    """Each milestone, its limit and what each simulated year reaches."""
    rows = []
    for milestone in plan.milestones:
        for year in milestone.years:
            found = Estimate(year.value, year.half_width, year.lower_bound)
            limit, value = against_limit(milestone.unit, milestone.limit, [found], terminal.words)
            verdict = terminal.words("met" if year.met else "not met")
            rows.append([*spoken_milestone(terminal, study, milestone, limit), str(year.year), value, verdict])
    terminal.table(MILESTONE_HEADS, rows, numbers=(2, 4))
    terminal.headline("Each year simulated on its real dates, {count} replications.", count=plan.replications_a_year)
    terminal.show()


def spoken_milestone(terminal: Terminal, study: Study, milestone: MilestonePlan, limit: str) -> list[str]:
    """The KPI, from when on, and the limit."""
    sign = "≤" if milestone.sense == "at_most" else "≥"
    return [spoken_kpi(milestone.kpi, study.baseline, terminal), milestone.by, f"{sign} {limit}"]


def print_anew(terminal: Terminal, plan: RoadmapPlan) -> None:
    """Why it was planned anew, and what that changed."""
    if plan.today is None:
        return
    terminal.headline("Planned anew from {today} on.", today=plan.today)
    for measure, late in plan.slipped.items():
        terminal.show("  " + terminal.words("{measure}: late by quarters: {late}", measure=measure, late=late))
    for year, budget in plan.new_budgets.items():
        amount = money_of(budget, plan, terminal)
        terminal.show("  " + terminal.words("budget of {year}: {amount}", year=year, amount=amount))
    if plan.feasible:
        print_changes(terminal, plan)
    terminal.show()


def print_changes(terminal: Terminal, plan: RoadmapPlan) -> None:
    """What planning anew changed."""
    for change in plan.changes:
        terminal.show(f"  {change.what}: {change.before} → {change.after}")
    if not plan.changes:
        terminal.show("  " + terminal.words("Nothing changes."))
    if plan.cost is not None and plan.cost_before is not None:
        difference = plan.cost - plan.cost_before
        phrase = "It costs {difference} less than before."
        if difference >= 0:
            phrase = "It costs {difference} more than before."
        terminal.show(terminal.words(phrase, difference=money_of(abs(difference), plan, terminal)))


def print_conflict(terminal: Terminal, study: Study, plan: RoadmapPlan) -> None:
    """The rules that conflict, each with the nearest that goes with the others."""
    if not plan.conflict:
        return
    smallest = plan.conflict_is_smallest
    terminal.headline("These cannot all be kept:" if smallest else "Among these is what cannot be kept:")
    for rule in plan.conflict:
        terminal.show(f"  {spoken_rule(terminal, study, plan, rule)}{spoken_nearest(terminal, plan, rule)}")
    terminal.show()


def spoken_rule(terminal: Terminal, study: Study, plan: RoadmapPlan, rule: ConflictRule) -> str:
    """One rule in words."""
    what = " + ".join(rule.what)
    if rule.kind == "milestone":
        milestone = plan.milestones[int(rule.what[0])]
        (limit,) = against_limit(milestone.unit, milestone.limit, [], terminal.words)
        kpi, by, bound = spoken_milestone(terminal, study, milestone, limit)
        return terminal.words(
            "milestone {milestone}", milestone=f"{by}{'：' if terminal.words.lang == 'zh' else ': '}{kpi} {bound}"
        )
    if rule.kind == "budget":
        return terminal.words("budget of {year}", year=what)
    if rule.kind == "at_once":
        return terminal.words("how many reforms may begin in one quarter")
    if rule.kind == "most_change":
        return terminal.words("how far posts may change in one year")
    return terminal.words("{measure} has to begin", measure=what)


def spoken_nearest(terminal: Terminal, plan: RoadmapPlan, rule: ConflictRule) -> str:
    """What goes with the others instead."""
    near: Mapping[str, Any] = rule.nearest
    said = []
    if "quarter" in near:
        said.append(terminal.words("from {quarter} on", quarter=near["quarter"]))
    if "value" in near:
        milestone = plan.milestones[int(rule.what[0])]
        (value,) = against_limit(milestone.unit, near["value"], [], terminal.words)
        said.append(terminal.words("{value} at that date", value=value))
    if "amount" in near:
        said.append(money_of(near["amount"], plan, terminal) if rule.kind == "budget" else str(near["amount"]))
    if not said:
        return ""
    return terminal.words("; possible: {nearest}", nearest=terminal.words(", or ").join(said))


def proof(terminal: Terminal, plan: RoadmapPlan) -> Sequence[str]:
    """How far the answer is proved, in sentences."""
    words = terminal.words
    counts = {"states": f"{plan.states:,}", "years": f"{plan.years_simulated:,}"}
    if plan.proof == "none":
        reason = words(WHY_STOPPED.get(plan.stopped, "the search ended early"))
        lines = [words("Not proved: {reason} after {states} states and {years} years.", reason=reason, **counts)]
        if plan.bound is not None:
            lines.append(words("No programme costs less than {bound}.", bound=money_of(plan.bound, plan, terminal)))
        return lines
    counts |= {"band": percent(plan.guard_band), "worst": percent(plan.worst_violation)}
    return [
        words(
            "Proved for the sample: {states} states and {years} years simulated; guard band {band},"
            " worst exception {worst}.",
            **counts,
        )
    ]
