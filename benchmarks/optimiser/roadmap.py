"""Programmes of twelve quarters: generated offices of twenty pools with twelve measures, budgets and milestones.

Each service goes through a few pools of its own; some share one. Half of the measures remove work, the others change
the process (a share decided at once) and some of these need another first. Limits come from the load, so that today's
office misses the later milestones and more posts alone are the dear way to keep them.
"""

from __future__ import annotations

import math
import tempfile
import time
from pathlib import Path

import numpy as np

from benchmarks.optimiser.section import Say, Section
from simgov.optimize.roadmap.plan import RoadmapPlan
from simgov.optimize.roadmap.solve import Standing, plan_years
from simgov.study import load

TITLE = "A roadmap: 12 quarters, 12 measures, 20 pools"
SEEDS = (1, 2, 3)
SECONDS = 300.0
CHAINS = (3, 3, 3, 3, 2, 2, 2, 2)
"""How many pools each service goes through."""


def measure(say: Say) -> Section:
    """Plan each programme in five minutes at the most."""
    heads = (
        "instance",
        "milestones",
        "designs a year",
        "states",
        "years",
        "cost",
        "proof",
        "milestones kept",
        "first plan after",
        "seconds",
    )
    rows = [_row(seed, say) for seed in SEEDS]
    notes = (
        "20 pools of 1 to 6 posts more or less than today's; 12 measures; a budget for each of three years; two may"
        " begin in one quarter. States and years: simulations of each.",
        f"Stopped after {SECONDS:.0f} s if not proved by then; the gap is that between cost and bound."
        " The first plan is the first all of whose years were simulated and keep every milestone.",
        "The method was developed on instances 1 and 2; instance 3 was only measured.",
    )
    return Section(TITLE, heads, tuple(rows), notes)


def _row(seed: int, say: Say) -> tuple[str, ...]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(generated(seed), encoding="utf-8")
        study = load(path)
    assert study.roadmap is not None
    designs = math.prod(high - low + 1 for low, high in study.roadmap.staff.values())
    began = time.perf_counter()
    found: list[float] = []

    def note(standing: Standing) -> None:
        if standing.incumbent is not None:
            found.append(time.perf_counter() - began)

    plan = plan_years(study, time=SECONDS, progress=note)
    seconds = time.perf_counter() - began
    say(f"instance {seed}: {_proof(plan)}, {plan.states} states, {plan.years_simulated} years, {seconds:.0f} s")
    cost = "–" if plan.cost is None else f"{plan.cost:,.0f}"
    kept = f"{sum(one.met for one in plan.milestones)} of {len(plan.milestones)}"
    first = f"{found[0]:.0f} s" if found else "–"
    counts = (str(len(plan.milestones)), f"{designs:.1e}", str(plan.states), str(plan.years_simulated))
    return (str(seed), *counts, cost, _proof(plan), kept, first, f"{seconds:.0f}")


def _proof(plan: RoadmapPlan) -> str:
    if plan.proof != "none" or plan.gap is None:
        return plan.proof
    return f"none; gap {plan.gap:.1%}"


def generated(seed: int) -> str:
    """A scenario file with a roadmap of 12 quarters, 12 measures and 20 pools."""
    draw = np.random.default_rng([seed, 0x12])
    pools: list[str] = []
    services: list[str] = []
    staff: list[str] = []
    reforms: list[str] = []
    milestones: list[str] = []
    for number, length in enumerate(CHAINS):
        rate = float(draw.choice([3, 4, 5, 6]))
        shared = number == len(CHAINS) - 1
        steps = []
        for k in range(length):
            name = f"p{len(pools)}"
            mean = float(draw.choice([12, 16, 20, 25]))
            cv = float(draw.choice([0.5, 0.8, 1.0]))
            posts = max(1, math.ceil(rate * mean / 60.0 / draw.uniform(0.65, 0.8)))
            cost = int(draw.integers(30, 70))
            pools.append(f"  {name}: {{kind: department, count: {posts}, cost: {cost} CNY/h, at_closing: pause}}")
            staff.append(f"{name}: {max(1, posts - 2)}..{posts + 3}")
            first = ", accepted: true" if k == 0 else ""
            last = ", decision: true" if k == length - 1 else ""
            part = ", parts: {copy: {share: 25 %}}" if number < 6 and k == length - 1 else ""
            time_ = f"time: {{gamma: {{mean: {mean:g} min, cv: {cv}}}}}"
            steps.append(f"      s{k}: {{at: {name}, {time_}{first}{part}{last}}}")
            if k < length - 1:
                steps.append(f"      tray{k}: {{time: {{gamma: {{mean: 1 workday, cv: 0.5}}}}}}")
        if shared:
            steps.insert(1, "      help: {at: p17, time: {gamma: {mean: 4 min, cv: 0.5}}}")
        text = f"  v{number}:\n    arrivals: {{poisson: {{rate: {rate:g} /h}}}}\n    steps:\n" + "\n".join(steps)
        services.append(text)
        set_up, running = 10_000 * int(draw.integers(5, 30)), 1_000 * int(draw.integers(5, 40))
        money = f"set_up: {set_up} CNY, running: {running} CNY/year"
        if number < 6:
            removed = f"v{number}.tray0" if number % 2 else f"v{number}.s{length - 1}.copy"
            reforms.append(f"  m{number}: [{{remove_step: {removed}, {money}}}]")
            need = f", needs: [m{number}]" if number in (1, 3) else ""
            automated = f"{{step: v{number}.s{length - 1}, share: 30 %}}"
            reforms.append(f"  a{number}: [{{automate: {automated}, {money}{need}}}]")
        trays = length - 1
        middle, final = trays + 0.5, trays * (0.5 if number in (1, 3, 5) else 1.0) + 0.25
        if number < 6:
            kpi = f"kpi: v{number}.days.mean"
            milestones.append(f"    - {{by: 2027-Q{1 + number % 4}, {kpi}, at_most: {middle:.2f} workdays}}")
            milestones.append(f"    - {{by: 2029-Q{1 + number % 4}, {kpi}, at_most: {final:.2f} workdays}}")
    budgets = ", ".join(f"{year}: {_budget(pools):.0f} CNY" for year in (2027, 2028, 2029))
    names = [line.split(":")[0].strip() for line in reforms]
    return f"""simgov: 1
calendar: {{days: CN, hours: ["09:00-12:00", "13:00-17:00"]}}
pools:
{chr(10).join(pools)}
services:
{chr(10).join(services)}
reforms:
{chr(10).join(reforms)}
roadmap:
  start: 2027-01-01
  quarters: 12
  budgets: {{{budgets}}}
  at_once: 2
  settle: 1 quarter
  measures: {{{", ".join(f"{name}: {{}}" for name in names)}}}
  staff: {{{", ".join(staff)}}}
  milestones:
{chr(10).join(milestones)}
run: {{start: 2026-03-02, period: 60 workdays, warm_up: 30 workdays, replications: 5, seed: {seed}}}
"""


def _budget(pools: list[str]) -> float:
    """What today's posts cost in a year, and a tenth more for measures."""

    def number(line: str, key: str) -> int:
        return int(line.split(f"{key}: ")[1].split(",")[0].split()[0])

    return 1.1 * 250 * 7 * sum(number(line, "count") * number(line, "cost") for line in pools)
