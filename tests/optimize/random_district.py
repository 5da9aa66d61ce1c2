"""A random district as a scenario file: services of five offices each, measures of which several touch two services."""

from __future__ import annotations

import math
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from simgov.study import Study
from simgov.study.document import parse_document
from simgov.study.reading import interpret

HEAD = "simgov: 1\nname: {en: District, zh: 区}\ncalendar: always\n"
DEMANDS = "{quiet: 80 %, usual: 100 %, busy: 125 %}"


@dataclass(frozen=True)
class Size:
    """``services``, each of ``pools`` offices; how long a run is, how often it is made; the most posts of a pool."""

    services: int = 6
    pools: int = 5
    days: int = 20
    replications: int = 20
    most: int = 12
    heaviest: float = 5.0
    demands: str = DEMANDS
    cap: bool = True
    measures: int = 12
    narrow: bool = False
    """Only as many posts as the work suggests, or one more."""

    def posts(self, suggested: int) -> str:
        """The range of posts of an office."""
        if self.narrow:
            return f"{suggested}..{suggested + 1}"
        return f"1..{min(self.most, 2 * suggested + 1)}"


def district(seed: int, size: Size = Size()) -> Study:
    """The study of ``district_text``."""
    document = parse_document(district_text(seed, size).encode(), f"district-{seed}")
    study, problems = interpret(document, Path("district.yaml"))
    assert study is not None
    assert not [problem for problem in problems if not problem.warning], problems
    return study


def district_text(seed: int, size: Size = Size()) -> str:
    """Two measures a service: one of its own (beside each other, merged, removed, automated), one shared with the next.

    Each office is offered 1.5 to ``heaviest`` officers' work. A target allows 15 to 40 % more than the work takes.
    """
    random = np.random.default_rng([seed, size.services, size.pools])
    pools, services, reforms, targets = [], [], [], []
    posts: list[int] = []
    for s in range(size.services):
        rate = float(random.uniform(4.0, 9.0))
        loads = random.uniform(1.5, size.heaviest, size.pools)
        means = loads * 60.0 / rate
        steps = []
        for p in range(size.pools):
            price, cv = int(random.integers(20, 71)), float(random.uniform(0.5, 1.3))
            posts.append(math.ceil(loads[p] / 0.8))
            pools.append(f"  p{s}_{p}: {{kind: department, count: {posts[-1]}, cost: {price}000 CNY/year}}")
            last = ", decision: true" if p == size.pools - 1 else ""
            steps.append(
                f"      s{p}: {{at: p{s}_{p}, time: {{lognormal: {{mean: {means[p]:.2f} min, cv: {cv:.2f}}}}}{last}}}"
            )
        services.append(f"  v{s}:\n    arrivals: {{poisson: {{rate: {rate:.2f} /h}}}}\n    steps:\n" + "\n".join(steps))
        reforms.append(_own(random, s, size.pools))
        reforms.append(_shared(random, s, size))
        work = float(means.sum()) * float(random.uniform(1.15, 1.4))
        targets.append(f"  - {{kpi: v{s}.time.mean, at_most: {work:.0f} min}}")
    reforms = reforms[: size.measures]
    names = [text.split(":")[0].strip() for text in reforms]
    decided = [
        f"    p{s}_{p}: {size.posts(posts[s * size.pools + p])}"
        for s in range(size.services)
        for p in range(size.pools)
    ]
    optimize = ["optimize:", "  staff:", *decided, f"  reforms: [{', '.join(names)}]", f"  demand: {size.demands}"]
    if size.cap:
        everybody = ", ".join(line.strip().split(":")[0] for line in decided)
        optimize.append(f"  limits: [{{of: [{everybody}], at_most: {round(1.3 * sum(posts))}}}]")
    run = f"run: {{period: {size.days} days, warm_up: 2 days, replications: {size.replications}, seed: {seed}}}"
    sections = (
        ["pools:", *pools],
        ["services:", *services],
        ["reforms:", *reforms],
        ["targets:", *targets],
        optimize,
        [run],
    )
    return HEAD + "\n".join("\n".join(lines) for lines in sections) + "\n"


def _own(random: np.random.Generator, s: int, pools: int) -> str:
    """A measure of one service: in turn offices beside each other, a step automated, two merged, a step removed."""
    cost = int(random.integers(20, 90)) * 1000
    a, saving = int(random.integers(1, max(2, pools - 1))), int(random.integers(10, 30))
    kinds = (
        f"parallel: [v{s}.s{a - 1}, v{s}.s{a}]",
        f"automate: {{step: v{s}.s{a}, share: {int(random.integers(15, 40))} %, harder: 5 %}}",
        f"merge_steps: {{service: v{s}, steps: [s{a - 1}, s{a}], at: p{s}_{a}, into: both, saving: {saving} %}}",
        f"automate: {{step: v{s}.s{pools - 1}, share: {int(random.integers(15, 40))} %}}",
    )
    return f"  own{s}: [{{{kinds[s % len(kinds)]}, set_up: {cost} CNY}}]"


def _shared(random: np.random.Generator, s: int, size: Size) -> str:
    """A measure of a service and the next: officers of both trained, or the work of both made even."""
    cost, following = int(random.integers(60, 180)) * 1000, (s + 1) % size.services
    if s % 2:
        return f"  even{s}: [{{standardisation: {{services: [v{s}, v{following}], spread: 40 %}}, set_up: {cost} CNY}}]"
    both = f"p{s}_{int(random.integers(size.pools))}, p{following}_{int(random.integers(size.pools))}"
    gain = int(random.integers(8, 20))
    return f"  train{s}: [{{training: {{pools: [{both}], gain: {gain} %, half_life: 5 days}}, set_up: {cost} CNY}}]"
