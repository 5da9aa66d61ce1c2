"""Roadmaps drawn at random against going through all of their schedules: measures that may go wrong, that have to be
learnt, that need or exclude each other; demand that grows."""

from __future__ import annotations

import itertools
import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from simgov.optimize.evaluation import Stopper
from simgov.optimize.roadmap.oracle import Oracle
from simgov.optimize.roadmap.programme import Programme, Schedule, build
from simgov.optimize.roadmap.solve import plan_years
from simgov.optimize.roadmap.subjects import Subjects
from simgov.optimize.roadmap.verify import verify
from simgov.study import Study, load

MEASURES = {
    "lean": "remove_step: permit.recheck",
    "tray": "remove_step: permit.tray",
    "instant": "automate: {step: permit.check, share: 40 %, harder: 10 %}",
    "trained": "training: {pools: [review], gain: 25 %, half_life: 15 workdays}",
    "counter": "remove_step: licence.copy",
}
RISKS = {
    "lean": "delay: {constant: 40 days}, delayed: 50 %",
    "tray": "uptake: [50 %, 80 %, 100 %]",
    "instant": "uptake: [60 %, 80 %, 100 %], surge: {services: [permit], times: 115 %, lasts: 30 days}",
}


def drawn(seed: int) -> str:
    """A scenario file with a roadmap of three quarters or four, over two years."""
    draw = random.Random(seed)
    chosen = sorted(draw.sample(sorted(MEASURES), draw.choice([2, 3])))
    reforms = []
    for place, name in enumerate(chosen):
        set_up, running = draw.randrange(5, 60), draw.randrange(5, 60)
        parts = [MEASURES[name], f"set_up: {set_up}000 CNY", f"running: {running}000 CNY/year"]
        if name in RISKS and draw.random() < 0.6:
            parts.append(f"risk: {{{RISKS[name]}}}")
        if place and draw.random() < 0.3:
            parts.append(f"{draw.choice(['needs', 'excludes'])}: [{chosen[0]}]")
        reforms.append(f"  {name}: [{{{', '.join(parts)}}}]")
    growth = draw.choice(["", ", growth: 15 %/year", ", growth: -10 %/year"])
    settle = draw.choice(["0 quarters", "1 quarter", "1 quarter"])
    quarters, start = draw.choice([(3, "2027-07-01"), (4, "2027-07-01"), (3, "2027-10-01")])
    second = draw.choice([1, 2])
    later = second if start == "2027-07-01" and quarters == 4 else 1
    limit = draw.choice([1.6, 2.0, 2.4])
    rules = [f"at_once: {draw.choice([1, 2])}"] if draw.random() < 0.5 else []
    rules += ["most_change: 1"] if draw.random() < 0.4 else []
    rules += ["covers: measures", "budgets: {2027: 60000 CNY}"] if draw.random() < 0.4 else []
    first = f"2027-Q{3 if start == '2027-07-01' else 4}"
    milestones = [
        f"{{by: {first}, kpi: permit.days.mean, at_most: {limit} workdays}}",
        f"{{by: 2028-Q{later}, kpi: permit.days.mean, at_most: {limit * 0.6:.2f} workdays}}",
    ]
    others = [
        f"{{by: {first}, kpi: licence.time.mean, at_most: {draw.choice([3, 5])} h}}",
        f"{{by: 2028-Q1, kpi: licence.days.p90, at_most: {draw.choice([0, 1])} workdays}}",
        f"{{by: 2028-Q1, kpi: desk.utilisation, at_least: {draw.choice([50, 60])} %}}",
        f"{{by: {first}, kpi: review.utilisation, at_most: {draw.choice([85, 95])} %}}",
    ]
    milestones += draw.sample(others, draw.choice([0, 1, 2]))
    helped = draw.choice(["", "      help: {at: review, time: {constant: 2 min}}\n"])
    return f"""simgov: 1
calendar: {{days: CN, hours: ["09:00-12:00", "13:00-17:00"]}}
pools:
  review: {{kind: department, count: 3, cost: {draw.choice([30, 60])} CNY/h, at_closing: pause}}
  desk:   {{kind: department, count: 2, cost: 40 CNY/h, at_closing: pause}}
services:
  licence:
    arrivals: {{poisson: {{rate: 3 /h}}{growth}}}
    steps:
      check: {{at: desk, time: {{gamma: {{mean: 16 min, cv: 0.8}}}}, accepted: true}}
{helped}      copy:  {{at: desk, time: {{gamma: {{mean: 6 min, cv: 0.8}}}}}}
      hand:  {{at: desk, time: {{constant: 2 min}}, decision: true}}
  permit:
    arrivals: {{poisson: {{rate: {draw.choice([4, 5])} /h}}{growth}}}
    steps:
      check:   {{at: review, time: {{gamma: {{mean: 20 min, cv: 0.8}}}}, accepted: true}}
      tray:    {{time: {{gamma: {{mean: 1 workday, cv: 0.5}}}}}}
      recheck: {{at: review, time: {{gamma: {{mean: 8 min, cv: 0.8}}}}}}
      decide:  {{at: review, time: {{constant: 3 min}}, decision: true}}
reforms:
{chr(10).join(reforms)}
roadmap:
  start: {start}
  quarters: {quarters}
  settle: {settle}
  measures: {{{", ".join(f"{name}: {{}}" for name in chosen)}}}
  staff: {{review: 2..4, desk: 1..{draw.choice([2, 2, 3])}}}
{chr(10).join("  " + rule for rule in rules)}
  milestones:
{chr(10).join("    - " + milestone for milestone in milestones)}
run: {{start: 2026-03-02, period: 8 workdays, warm_up: 4 workdays, replications: 3, seed: {seed}}}
"""


def study_of(folder: Path, seed: int) -> Study:
    path = folder / "scenario.yaml"
    path.write_text(drawn(seed), encoding="utf-8")
    return load(path)


def company(programme: Programme, begins: tuple[int, ...]) -> bool:
    """Whether each measure that begins finds what it needs at work, and nothing that rules it out."""
    names = [option.name for option in programme.options]
    never = programme.quarters
    for own, begin in zip(programme.measures, begins, strict=True):
        (measure,) = own
        if begin == never:
            continue
        at = dict(zip(names, begins, strict=True))
        settle = programme.windows[0].settle
        if any(at[need] == never or at[need] + settle > begin for need in measure.needs):
            return False
        if any(at[other] < never for other in measure.excludes):
            return False
    return True


def everything(programme: Programme) -> Iterator[Schedule]:
    """Every schedule that the rules of the roadmap allow, written down here once more."""
    roadmap, today = programme.roadmap, (3, 2)
    posts = list(itertools.product(*(range(low, high + 1) for low, high in roadmap.staff.values())))
    for begins in itertools.product(range(roadmap.quarters + 1), repeat=len(programme.options)):
        busiest = max(begins.count(quarter) for quarter in range(roadmap.quarters))
        if busiest > (roadmap.at_once or busiest) or not company(programme, begins):
            continue
        for staff in itertools.product(posts, repeat=len(roadmap.years)):
            pairs = [
                pair
                for before, after in itertools.pairwise((today, *staff))
                for pair in zip(before, after, strict=True)
            ]
            schedule = Schedule(begins, staff)
            spent = dict(zip(roadmap.years, programme.spent(schedule), strict=True))
            if roadmap.most_change is not None and any(abs(b - a) > roadmap.most_change for a, b in pairs):
                continue
            if all(spent[year] <= most for year, most in roadmap.budgets.items()):
                yield schedule


def keeps(programme: Programme, oracle: Oracle, schedule: Schedule) -> bool:
    """Whether every state and every year of a schedule keeps what holds in it."""
    for goal, condition in enumerate(programme.conditions):
        for quarter in range(condition.first, condition.last + 1):
            for state in programme.states(schedule, quarter):
                if not programme.targets[goal].met(oracle.state(state)[goal]):
                    return False
    return all(value.kept for year in range(len(programme.roadmap.years)) for value in oracle.year(schedule, year))


@pytest.mark.parametrize("seed", [2, 3, 7, 13, 21, 23])
def test_the_cheapest_of_all_is_found(tmp_path: Path, seed: int) -> None:
    study = study_of(tmp_path, seed)
    assert study.roadmap is not None
    programme = build(study, study.roadmap)
    plan = plan_years(study, workers=1)
    oracle = Oracle(programme, Subjects(programme), seed, 3, Stopper(), workers=1)
    ordered = sorted(everything(programme), key=lambda s: (sum(programme.costs(s)), sum(s.begins)))
    best = next((schedule for schedule in ordered if keeps(programme, oracle, schedule)), None)
    oracle.close()
    assert plan.proof == "guarded"
    assert plan.cost == (None if best is None else sum(programme.costs(best)) / 100)
    if best is not None:
        quarters = [str(quarter) for quarter in programme.roadmap.calendar]
        assert [one.begins for one in plan.measures] == [([*quarters, None])[begin] for begin in best.begins]
    plan.save(tmp_path / "plan")
    assert verify(tmp_path / "plan", study, sample=2, workers=1).passed
