"""Random small offices for tests of the optimiser: services that share departments, none of which is overloaded."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from simgov.study import Study
from simgov.study.document import parse_document
from simgov.study.reading import interpret

HEAD = 'simgov: 1\ncalendar: {hours: ["09:00-12:00", "13:00-17:00"]}\n'
RUN = "run: {period: 15 workdays, warm_up: 2 workdays, replications: 6, seed: 3}\n"
HOURS = 7.0


def random_office(seed: int, extra: str = "") -> Study:
    """An office of two or three services with two to four steps each, at departments that are busy but keep up."""
    random = np.random.default_rng([seed, 0xC0])
    pools = int(random.integers(2, 4))
    work = np.zeros(pools)
    services = []
    for service in range(int(random.integers(2, 4))):
        rate = float(random.choice([2, 3, 4, 6]))
        steps = []
        for step in range(int(random.integers(2, 5))):
            pool = int(random.integers(pools))
            mean = float(random.choice([3, 5, 8]))
            work[pool] += rate * mean / 60.0
            family = str(random.choice(["gamma", "constant", "exponential"]))
            time = {
                "gamma": f"{{gamma: {{mean: {mean} min, cv: 0.8}}}}",
                "constant": f"{{constant: {mean} min}}",
                "exponential": f"{{exponential: {{mean: {mean} min}}}}",
            }[family]
            part = ", parts: {copy: {share: 40 %}}" if random.random() < 0.4 else ""
            beside = ", after: []" if step == 1 and random.random() < 0.3 else ""
            steps.append(f"      s{step}: {{at: p{pool}, time: {time}, documents: {step}{part}{beside}}}")
        steps[-1] = steps[-1][:-1] + ", decision: true}"
        services.append(
            f"  v{service}:\n    arrivals: {{poisson: {{rate: {rate} /h}}}}\n    steps:\n" + "\n".join(steps)
        )
    busy = random.uniform(0.6, 0.85, pools)
    posts = [max(1, int(np.ceil(load / aim))) for load, aim in zip(work, busy, strict=True)]
    lines = [
        f"  p{n}: {{kind: department, count: {posts[n]}, at_closing: pause, cost: 10 CNY/h}}" for n in range(pools)
    ]
    text = HEAD + "pools:\n" + "\n".join(lines) + "\nservices:\n" + "\n".join(services) + "\n" + RUN + extra
    study, problems = interpret(parse_document(text.encode(), f"office-{seed}"), Path("office.yaml"))
    assert study is not None
    assert not [problem for problem in problems if not problem.warning], problems
    return study
