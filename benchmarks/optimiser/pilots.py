"""Pilots: does the rate of false alarms hold its level, is the effect seen as often as was asked, and does the interval
of the weeks hold those that are truly needed?

Many pilots are planned, each from as many simulations as usual, drawn at random from a store of them that is the truth.
 The office is busy enough for one week's queue to be there in the next, and its files lie overnight, so times
are far from normal.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np

from benchmarks.optimiser.section import Say, Section
from simgov.arrays import Floats, Integers
from simgov.experiment import run
from simgov.kpi import find
from simgov.optimize.pilot import REPLICATIONS, lasting_weeks
from simgov.optimize.telling import LEVEL, chance_limit, share_seen, weeks_needed
from simgov.scenario.value import Scenario
from simgov.study import load

TITLE = "Pilots: how many weeks until an effect can be told from noise"
PILOTS = 400
STORE = 8000
"""Simulations of each length with the reform, and without."""
LONGEST = 8
POWER = 0.8
KPIS = ("desk.utilisation", "permit.time.p90", "permit.time.mean")

OFFICE = """simgov: 1
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  desk: {kind: department, count: 2, cost: 35 CNY/h, at_closing: pause}
services:
  permit:
    arrivals: {poisson: {rate: 4.5 /h}}
    steps:
      check:   {at: desk, time: {gamma: {mean: 15 min, cv: 1}}, accepted: true}
      recheck: {at: desk, time: {gamma: {mean: 5 min, cv: 1}}}
      decide:  {at: desk, time: {constant: 1 min}, decision: true}
reforms:
  lean: [{remove_step: permit.recheck}]
run: {start: 2026-03-02, period: 10 workdays, warm_up: 20 workdays, replications: 4, seed: 3}
"""


def measure(say: Say) -> Section:
    """Plan all pilots and hold them against what all of their simulations say together."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "scenario.yaml"
        path.write_text(OFFICE, encoding="utf-8")
        study = load(path)
    before, after = study.baseline, study.reforms["lean"].apply(study.baseline)

    @cache
    def values(reformed: bool, weeks: int) -> dict[str, Floats]:
        """Each KPI in all pilots of so many weeks."""
        office = lasting_weeks(after if reformed else before, weeks)
        found = run(office, replications=STORE, seed=11, first_replication=STORE * reformed, kpis=KPIS).results[0]
        say(f"{STORE:,} pilots of {weeks} weeks {'with' if reformed else 'without'} the reform")
        return {kpi: found.values[:, found.place[kpi]] for kpi in KPIS}

    heads = (
        "KPI",
        "without, with the reform",
        "weeks truly needed",
        "weeks found, median",
        "interval holds them",
        "seen in",
        "false alarms",
        f"pilots with {LEVEL:.0%} or fewer",
    )
    rows = tuple(_row(kpi, before, values, say) for kpi in KPIS)
    notes = (
        f"{PILOTS} pilots, each planned from {REPLICATIONS} simulations of each length with the reform and without,"
        f" drawn from {STORE:,} that together are the truth. Pilots of {LONGEST} weeks at the most, power {POWER:.0%}.",
        "Seen in, false alarms: the true shares, at the weeks and by the limit that each pilot was planned with (at the"
        " longest where that is too short), on the whole.",
        f"A pilot should raise a false alarm in {LEVEL:.0%} of all cases or fewer, with a probability of 95 % for the"
        " chance in its planning; its interval should hold the weeks truly needed in 95 % of all cases.",
    )
    return Section(TITLE, heads, rows, notes)


def _row(kpi: str, office: Scenario, values: Callable[[bool, int], dict[str, Floats]], say: Say) -> tuple[str, ...]:
    def all_of(weeks: int) -> tuple[Floats, Floats]:
        return values(False, weeks)[kpi], values(True, weeks)[kpi]

    effect = float(np.diff([one.mean() for one in all_of(LONGEST)])[0])
    limits = {weeks: _true_limit(all_of(weeks)[0]) for weeks in range(1, LONGEST + 1)}
    power = {weeks: share_seen(*all_of(weeks), limit, effect)[0] for weeks, limit in limits.items()}
    needed = next((weeks for weeks in limits if power[weeks] >= POWER), LONGEST + 1)
    found, inside, seen, alarms = [], 0, [], []
    random = np.random.default_rng(7)
    for pilot in range(PILOTS):
        own, other = (random.choice(STORE, REPLICATIONS, replace=False) for _ in range(2))

        def trials(weeks: int, own: Integers = own, other: Integers = other) -> tuple[Floats, Floats]:
            return all_of(weeks)[0][own], all_of(weeks)[1][other]

        weeks = weeks_needed(trials, LONGEST, POWER, pilot)
        length = weeks.fewest or LONGEST
        limit = chance_limit(trials(length)[0])
        found.append(weeks.fewest or LONGEST + 1)
        inside += (weeks.low or LONGEST + 1) <= needed <= (weeks.high or LONGEST + 1)
        alarms.append(share_seen(all_of(length)[0], all_of(length)[0], limit)[0])
        if weeks.fewest is not None:
            seen.append(share_seen(*all_of(length), limit, effect)[0])
    say(f"{kpi}: planned {PILOTS} pilots")
    without, reformed = (f"{one.mean():.3g}" for one in all_of(LONGEST))
    return (
        kpi,
        f"{without}, {reformed} {find(office, kpi).unit}",
        _weeks(needed),
        _weeks(float(np.median(found))),
        f"{inside / PILOTS:.1%} of {PILOTS}",
        f"{np.mean(seen):.1%} (n = {len(seen)})" if seen else "–",
        f"{np.mean(alarms):.2%}",
        f"{np.mean(np.array(alarms) <= LEVEL):.1%} of {PILOTS}",
    )


def _weeks(weeks: float) -> str:
    return f"more than {LONGEST}" if weeks > LONGEST else f"{weeks:g}"


def _true_limit(without: Floats) -> float:
    """What pairs of all pilots differ by in ``LEVEL`` of cases, by bisection of the share of all pairs."""
    ordered = np.sort(without)
    low, high = 0.0, float(ordered[-1] - ordered[0])
    for _ in range(60):
        middle = (low + high) / 2.0
        if share_seen(ordered, ordered, middle)[0] > LEVEL:
            low = middle
        else:
            high = middle
    return high
