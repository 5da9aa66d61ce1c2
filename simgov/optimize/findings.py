"""What the search learned, one finding for each simulation that excludes designs: the cuts, in words."""

from __future__ import annotations

from collections.abc import Sequence

from simgov.kpi.table import PERCENT, find
from simgov.optimize import wording
from simgov.optimize.goals import AdditiveTally
from simgov.optimize.ledger import Cut, Ledger
from simgov.optimize.plan import Finding, Missed
from simgov.optimize.problem import Problem
from simgov.optimize.space import Design
from simgov.scenario.value import Text

FEW = 3
"""A design that has so many things below their most is described by them, any other beside the plan."""


def findings(problem: Problem, ledger: Ledger, plan: Design | None) -> tuple[Finding, ...]:
    """Every cut of the search: boxes first, those with the fewest things below their most, which exclude most."""
    by_design: dict[Design, list[Cut]] = {}
    for cut in ledger.cuts:
        if cut.kind != "settled" and cut.design != plan:  # a plan misses only what an objective would be next
            by_design.setdefault(cut.design, []).append(cut)
    found = [_finding(problem, ledger, design, cuts, plan) for design, cuts in by_design.items()]
    found.sort(key=lambda finding: (finding.kind != "box", len(finding.staff) + len(finding.not_taken)))
    return (*(_parts(problem, ledger, plan) if plan else ()), *found)


def _finding(problem: Problem, ledger: Ledger, design: Design, cuts: Sequence[Cut], plan: Design | None) -> Finding:
    space, scenario = problem.space, problem.baseline
    setting = space.settings[space.setting_of(design)]
    box = cuts[0].kind == "box" and all(cut.direction > 0 for cut in cuts)
    depends = [any(cut.depends[i] for cut in cuts) for i in range(space.dimensions)]
    below = {
        name: count
        for name, count, most, matters in zip(space.pools, design.staff, setting.high, depends, strict=False)
        if matters and (count < most or not box)
    }
    not_taken = tuple(
        space.options[place].name
        for place, matters in zip(space.monotone, depends[len(space.pools) :], strict=True)
        if matters and not design.options[place]
    )
    branch = [
        wording.option_phrase(scenario, option.name, taken)
        for option, taken in zip(space.options, design.options, strict=True)
        if not option.monotone and len(space.settings) > 1
    ]
    missed = _missed(problem, ledger, design)
    if box and len(below) + len(not_taken) <= FEW:
        phrases = [wording.posts_phrase(scenario, pool, count) for pool, count in below.items()]
        phrases += [wording.option_phrase(scenario, name, False) for name in not_taken]
        words = wording.with_most([*phrases, *branch], missed, scenario)
    elif plan is not None:
        words = wording.beside_plan(_changes(problem, design, plan), missed, scenario)
    else:
        phrases = [wording.posts_phrase(scenario, pool, count) for pool, count in below.items()]
        phrases += [wording.option_phrase(scenario, name, False) for name in not_taken]
        words = wording.plainly([*phrases, *branch], missed, scenario)
    taken = tuple(o.name for o, chosen in zip(space.options, design.options, strict=True) if chosen)
    kind = "box" if cuts[0].kind == "box" else "point"
    return Finding(kind, below, taken, not_taken, missed, box, words)  # type: ignore[arg-type]


def _missed(problem: Problem, ledger: Ledger, design: Design) -> tuple[Missed, ...]:
    evaluation = ledger.evaluations[design]
    return tuple(
        Missed(target.kpi, value, target.limit, target.unit, goal.demand)
        for target, goal, value, kept in zip(
            problem.targets, problem.goals, evaluation.values, evaluation.kept, strict=True
        )
        if not kept
    )


def _changes(problem: Problem, design: Design, plan: Design) -> list[Text]:
    """What ``design`` has more and less of than the plan."""
    space, scenario = problem.space, problem.baseline
    posts = [
        wording.change_phrase(scenario, pool, count - own)
        for pool, count, own in zip(space.pools, design.staff, plan.staff, strict=True)
        if count != own
    ]
    options = [
        wording.option_phrase(scenario, option.name, taken)
        for option, taken, own in zip(space.options, design.options, plan.options, strict=True)
        if taken != own
    ]
    return [*posts, *options]


def _parts(problem: Problem, ledger: Ledger, plan: Design) -> list[Finding]:
    """For goals of several parts of the office: what one post less in a pool does to its own part."""
    space = problem.space
    setting = space.setting_of(plan)
    found = []
    for goal in range(len(problem.goals)):
        terms = problem.terms[setting][goal]
        for number, term in enumerate(terms if len(terms) > 1 else ()):
            for pool, name in enumerate(space.pools):
                if not term.depends[pool] or plan.staff[pool] <= space.settings[setting].low[pool]:
                    continue
                fewer = Design((*plan.staff[:pool], plan.staff[pool] - 1, *plan.staff[pool + 1 :]), plan.options)
                before = _tally(problem, ledger, goal, number, plan)
                after = _tally(problem, ledger, goal, number, fewer)
                if before is not None and after is not None:
                    words = _part_words(problem, ledger, plan, goal, name, plan.staff[pool], (before, after))
                    found.append(Finding("part", {name: plan.staff[pool] - 1}, (), (), (), False, words))
    return found


def _part_words(
    problem: Problem,
    ledger: Ledger,
    plan: Design,
    goal: int,
    pool: str,
    posts: int,
    tallies: tuple[AdditiveTally, AdditiveTally],
) -> Text:
    limit = problem.goals[goal].limit
    whole = sum(t.weight for t in ledger.evaluations[plan].tallies[goal] if isinstance(t, AdditiveTally))
    before, after = (tally.level * tally.weight / whole for tally in tallies)
    if find(problem.baseline, problem.goals[goal].kpi).statistic in PERCENT:
        return wording.share_of_waits(problem.baseline, pool, posts, limit, (before, after, tallies[0].allowance))
    return wording.mean_of_waits(problem.baseline, pool, posts, (before, after, limit))


def _tally(problem: Problem, ledger: Ledger, goal: int, number: int, design: Design) -> AdditiveTally | None:
    """What some simulation said of one term at the coordinates that it depends on."""
    space = problem.space
    setting = space.setting_of(design)
    term = problem.terms[setting][goal][number]
    wanted = [value for value, matters in zip(space.vector(design), term.depends, strict=True) if matters]
    for other, evaluation in ledger.evaluations.items():
        there = space.vector(other)
        for place, same in enumerate(problem.terms[space.setting_of(other)][goal]):
            if same.key == term.key and [v for v, m in zip(there, same.depends, strict=True) if m] == wanted:
                tally = evaluation.tallies[goal][place]
                return tally if isinstance(tally, AdditiveTally) else None
    return None
