"""``simgov optimize``: search with progress, keep the plan, say what it reaches and how far it is proved."""

from __future__ import annotations

import math
import time as clock
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from simgov.cli.ending import INTERRUPTED, Ending
from simgov.cli.measure_tables import spoken_kpi
from simgov.cli.quantities import against_limit, percent
from simgov.cli.searching import searching
from simgov.cli.showing import name
from simgov.cli.terminal import Terminal
from simgov.kpi import Estimate
from simgov.optimize import equipment
from simgov.optimize.option_words import reform_words, removed_words
from simgov.report.numbers import money
from simgov.report.planning import limit_words

if TYPE_CHECKING:
    from simgov.optimize import Plan, Progress
    from simgov.optimize.plan import TargetResult
    from simgov.study import Study
    from simgov.units import Duration, Money

MOST_CUTS = 5
BAND_REASONS = {
    "sharing": "The band is wide since officers here also serve cases that keep those of a target waiting later on.",
    "elsewhere": "The band is wide since officers upstream send on other cases, which keep those of a target waiting.",
}
WHY_STOPPED = {
    "time": "time is up",
    "simulations": "the number of simulations is used up",
    "interrupted": "interrupted",
}


def optimize_scenario(
    terminal: Terminal,
    study: Study,
    folder: Path,
    *,
    max_cost: Money | None,
    simulations: int | None,
    time: Duration | None,
    seed: int | None,
    workers: int | None,
    explain: bool = False,
) -> bool:
    """Find the plan, keep it in ``folder`` and print it, explained if asked; whether there is one."""
    from simgov.cli.plan_explaining import explained_after
    from simgov.optimize import optimize

    ends = None if time is None else clock.monotonic() + time.amount * 60.0

    last_words = terminal.words("Interrupted before a plan could be kept.")
    with searching(terminal, last_words) as (stop, doing):
        plan = optimize(
            study,
            seed=seed,
            max_cost=max_cost,
            simulations=simulations,
            time=time,
            workers=workers,
            progress=lambda progress: doing(standing(terminal, progress, study.baseline.currency)),
            stop=stop,
        )
        kept = plan.save(folder)
    print_plan(terminal, study, kept, max_cost)
    terminal.say("The plan and its certificate are kept in {folder}", folder=folder)
    result, stopped = kept.to_json(), plan.stopped
    if explain and plan.feasible and stopped != "interrupted":
        explanation = explained_after(
            terminal, study, kept, folder, simulations=simulations, ends=ends, workers=workers
        )
        result["explanation"], stopped = explanation.to_json(), explanation.stopped
    terminal.result(result)
    if stopped == "interrupted":
        raise Ending(INTERRUPTED)
    return plan.feasible


def standing(terminal: Terminal, progress: Progress, currency: str) -> str:
    """Where the search stands, on one line."""
    best = "–" if progress.incumbent is None else amount(progress.incumbent, currency, terminal)
    bound = "–" if progress.bound is None else amount(progress.bound, currency, terminal)
    phrase = "designs simulated: {simulations}; best so far {best}, no plan below {bound}"
    return terminal.words(phrase, simulations=progress.simulations, best=best, bound=bound)


def amount(minor: int, currency: str, terminal: Terminal) -> str:
    """Money in the user's language."""
    return name(money(minor, currency), terminal.words)


def print_plan(terminal: Terminal, study: Study, plan: Plan, max_cost: Money | None) -> None:
    """The plan for people: cost, staff, what to drop, targets, proof and the cuts that carry it."""
    if terminal.json:
        return
    print_headline(terminal, study, plan, max_cost)
    if plan.staff and plan.feasible:
        print_staff(terminal, study, plan)
    if plan.feasible and (plan.room or plan.speed):
        print_equipment(terminal, study, plan)
    for pool_id in plan.rosters if plan.feasible else ():
        print_roster(terminal, study, plan, pool_id)
    if plan.limits:
        terminal.headline("Limits on posts:")
        for limit in plan.limits:
            terminal.show(f"  {name(limit_words(limit, plan.unit), terminal.words)}")
        terminal.show()
    if plan.reforms and plan.feasible:
        terminal.headline("Reforms to make, and steps to drop:")
        for option in plan.reforms:
            terminal.show(f"  {option}  {spoken_option(study, option, terminal)}".rstrip())
        terminal.show()
    print_targets(terminal, study, plan)
    for line in proof(terminal, plan):
        terminal.show(line)
    if plan.impossible:
        terminal.show()
        terminal.headline("Reforms that cannot be taken, or not together:")
        for words in plan.impossible[:MOST_CUTS]:
            terminal.show(f"  {name(words, terminal.words)}")
    if plan.cuts:
        terminal.show()
        terminal.headline("What the search learned:")
        for cut in plan.cuts[:MOST_CUTS]:
            terminal.show(f"  {name(cut.words, terminal.words)}")


def print_headline(terminal: Terminal, study: Study, plan: Plan, max_cost: Money | None) -> None:
    """What the answer is, in a sentence."""
    horizon = study.baseline.horizon
    from simgov.units import format_duration

    if plan.feasible and plan.objectives:
        print_objectives(terminal, study, plan)
    elif plan.feasible and plan.cost is not None:
        cost = amount(plan.cost, plan.unit, terminal)
        terminal.headline(
            "The cheapest plan costs {cost} in {horizon}."
            if plan.proof != "none"
            else "The best plan found costs {cost} in {horizon}.",
            cost=cost,
            horizon=format_duration(horizon, terminal.words.lang),
        )
        if plan.today is not None:
            terminal.headline("Today: {cost}.", cost=amount(plan.today.cost, plan.unit, terminal))
    elif plan.proof == "none":
        terminal.headline("No plan that meets the targets was found.")
    elif max_cost is not None:
        budget = amount(max_cost.minor, max_cost.currency, terminal)
        terminal.headline("No plan of at most {budget} within the bounds meets the targets.", budget=budget)
    else:
        terminal.headline("No plan within the bounds meets the targets.")
    if plan.obstacles:
        comma = "、" if terminal.words.lang == "zh" else ", "
        kpis = comma.join(spoken_kpi(kpi, study.baseline, terminal) for kpi in plan.obstacles)
        terminal.headline("The obstacle: {kpis}, even in the best design below.", kpis=kpis)
    if plan.conflict is not None:
        for sentence in plan.conflict.sentences:
            terminal.show(name(sentence, terminal.words))
    terminal.show()


def print_objectives(terminal: Terminal, study: Study, plan: Plan) -> None:
    """What was to be as good as possible, one thing after the other, and what bounds it."""
    for objective in plan.objectives:
        kpi = spoken_kpi(objective.kpi, study.baseline, terminal)
        if objective.kpi == "cost":
            cost = amount(round(objective.value * 100), plan.unit, terminal)
            terminal.headline("{kpi}, as low as possible: {value}", kpi=kpi, value=cost)
            continue
        bound = Estimate(math.nan if objective.bound is None else objective.bound)
        fresh = Estimate(objective.fresh, objective.half_width)
        value, best, again = against_limit(objective.unit, objective.value, [bound, fresh], terminal.words)
        terminal.headline(
            "{kpi}, as low as possible: {value}"
            if objective.sense == "minimize"
            else "{kpi}, as high as possible: {value}",
            kpi=kpi,
            value=value,
        )
        if objective.bound is not None:
            terminal.show(terminal.words("  no plan is better than {bound}", bound=best))
        if math.isfinite(objective.fresh):
            terminal.show(terminal.words("  on fresh replications {value}", value=again))
    if plan.cost is not None:
        terminal.headline("This plan costs {cost}.", cost=amount(plan.cost, plan.unit, terminal))


def print_staff(terminal: Terminal, study: Study, plan: Plan) -> None:
    """Posts of each pool that may change: today, in the plan, and the bounds of the search."""
    rows = []
    for pool_id, count in plan.staff.items():
        pool = study.baseline.pool(pool_id)
        low, high = plan.ranges.get(pool_id, (count, count))
        rows.append([pool_id, name(pool.name, terminal.words), str(pool.count), str(count), f"{low}..{high}"])
    terminal.table(STAFF_HEADS, rows, numbers=(2, 3, 4))
    terminal.show()


def print_equipment(terminal: Terminal, study: Study, plan: Plan) -> None:
    """Places to wait and speeds that may change: today, in the plan, and the bounds of the search."""
    now = equipment.today(study.baseline)
    rows = []
    for kind, chosen in ((equipment.ROOM, plan.room), (equipment.SPEED, plan.speed)):
        for pool_id, count in chosen.items():
            column = equipment.column(kind, pool_id)
            low, high = plan.ranges.get(column, (count, count))
            what = name(equipment.words(column, study.baseline.pool(pool_id).name), terminal.words)
            rows.append([what, str(now.get(column, "–")), str(count), f"{low}..{high}"])
    terminal.headline("Room and speed:")
    terminal.table(EQUIPMENT_HEADS, rows, numbers=(1, 2, 3))
    terminal.show()


def print_roster(terminal: Terminal, study: Study, plan: Plan, pool_id: str) -> None:
    """How many posts of a pool work each pattern, and its hours."""
    roster = study.decisions.rosters.get(pool_id) if study.decisions else None
    if roster is None:
        return
    zh = terminal.words.lang == "zh"
    rows = []
    for pattern in roster.patterns:
        hours = pattern.told.zh if zh else pattern.told.en
        count = str(plan.rosters[pool_id].get(pattern.id, 0))
        rows.append([pattern.id, name(pattern.name, terminal.words), hours, count, f"{pattern.low}..{pattern.high}"])
    pool = name(study.baseline.pool(pool_id).name, terminal.words)
    terminal.headline("Roster of {pool}:", pool=pool)
    terminal.table(ROSTER_HEADS, rows, numbers=(3, 4))
    terminal.show()


def spoken_option(study: Study, option: str, terminal: Terminal) -> str:
    """The names of the step or part that is removed, or what a reform does."""
    removed = removed_words(study.baseline, option)
    if removed is not None:
        colon = "：" if terminal.words.lang == "zh" else ": "
        return colon.join(name(one, terminal.words) for one in removed)
    return name(reform_words(study.baseline, study.reforms[option].measures), terminal.words)


ROSTER_HEADS = ["pattern", "name", "hours", "plan", "searched"]
EQUIPMENT_HEADS = ["name", "today", "plan", "searched"]
STAFF_HEADS = ["pool", "name", "today", "plan", "searched"]
PLAN_TARGET_HEADS = ["target", "limit", "today", "plan", ""]
DEMAND_TARGET_HEADS = ["target", "demand scenario", "limit", "today", "plan", ""]


def print_targets(terminal: Terminal, study: Study, plan: Plan) -> None:
    """Each target: its limit, what today's office and the plan reach, and whether that meets it."""
    today: Sequence[TargetResult | None] = plan.today.targets if plan.today else [None] * len(plan.targets)
    rows = []
    for target, before in zip(plan.targets, today, strict=True):
        reached = [estimate(before), estimate(target)]
        limit, then, now = against_limit(target.unit, target.limit, reached, terminal.words)
        sign = "≤" if target.sense == "at_most" else "≥"
        measured = math.isfinite(reached[1].value)
        verdict = terminal.words("met" if target.met else "not met" if measured else "not known")
        if target.binds:
            verdict += terminal.words(", binds")
        row = [spoken_kpi(target.kpi, study.baseline, terminal), f"{sign} {limit}", then, now, verdict]
        rows.append([row[0], target.demand, *row[1:]] if plan.demands else row)
    if plan.demands:
        terminal.table(DEMAND_TARGET_HEADS, rows, numbers=(2, 3, 4))
        if plan.hold < len(plan.demands):
            phrase = "The targets have to be met in {hold} of {count} demand scenarios."
            terminal.headline(phrase, hold=plan.hold, count=len(plan.demands))
    else:
        terminal.table(PLAN_TARGET_HEADS, rows, numbers=(1, 2, 3))
    if plan.validated:
        terminal.headline(
            "Values from {count} fresh replications that the search had not seen.", count=plan.fresh_replications
        )
    terminal.show()


def estimate(target: TargetResult | None) -> Estimate:
    """A target's value with its interval; undefined where there is none."""
    if target is None:
        return Estimate(float("nan"))
    return Estimate(target.value, target.half_width, target.lower_bound)


def proof(terminal: Terminal, plan: Plan) -> list[str]:
    """How far the answer is proved, in sentences."""
    words, counts = terminal.words, {"simulations": f"{plan.simulations:,}", "designs": f"{plan.designs:,}"}
    if plan.proof == "none":
        reason = words(WHY_STOPPED.get(plan.stopped, "the search ended early"))
        lines = [words("Not proved: {reason} after {simulations} of {designs} designs.", reason=reason, **counts)]
        if plan.bound is not None:
            lines.append(words("No plan costs less than {bound}.", bound=amount(plan.bound, plan.unit, terminal)))
        return lines
    if plan.objectives and plan.feasible:
        return [
            words(
                "Proved with {simulations} of {designs} designs simulated; guard band {band}, worst exception {worst}.",
                band=percent(plan.guard_band),
                worst=percent(plan.worst_violation),
                **counts,
            )
        ]
    if plan.proof == "enumerated":
        return [words("Proved: every cheaper design misses a target ({simulations} of {designs} simulated).", **counts)]
    lines = [
        words("Proved with {simulations} simulations of {designs} designs: every other cheaper design", **counts),
        words(
            "has no more of anything than one that misses a target by more than {band};"
            " the worst exception to that rule seen is {worst}.",
            band=percent(plan.guard_band),
            worst=percent(plan.worst_violation),
        ),
    ]
    if plan.challenges:
        phrase = "To test it, {challenges} designs ruled out unseen were simulated; none overturned the proof."
        if plan.overturned:
            phrase = (
                "To test it, {challenges} designs ruled out unseen were simulated; {overturned} overturned the proof."
            )
        lines.append(words(phrase, challenges=plan.challenges, overturned=plan.overturned))
    if plan.overturned:
        lines.append(words("The band was then widened and the proof made anew."))
    if plan.others:
        lines.append(words(BAND_REASONS[plan.others]))
    return lines
