"""Random small offices whose designs can all be simulated: returns, priorities, shared pools, forks, patience.

Three pools and two or three services; some have a step to remove and a reform that is not monotone. The limits of the
targets lie between what a middling design does and what the fullest does, so that they bind. All from one seed.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from simgov.optimize.evaluation import Simulator, Stopper
from simgov.optimize.problem import build
from simgov.optimize.space import Design
from simgov.study import Study
from simgov.study.document import parse_document
from simgov.study.reading import interpret

POOLS = 3
FEWEST, MOST = 200, 600
PROBED = 16
DAYS = (
    'simgov: 1\ncalendar: {hours: ["09:00-12:00", "13:00-17:00"]}\n',
    "run: {period: 2 workdays, warm_up: 1 workday, cap: 3 workdays, replications: 40, seed: 5}\n",
)
ROUND_THE_CLOCK = (
    "simgov: 1\ncalendar: always\n",
    "run: {period: 16 h, warm_up: 6 h, cap: 24 h, replications: 40, seed: 5}\n",
)
"""The head of a file and its run: half of the offices close at night, in the others times have no gaps."""


@dataclass
class Drawn:
    """What has been drawn of an office so far; ``work`` is the minutes of work an hour brings to each pool."""

    random: np.random.Generator
    work: np.ndarray = field(default_factory=lambda: np.zeros(POOLS))
    features: set[str] = field(default_factory=set)
    removable: str = ""
    beside: str = ""

    def happens(self, share: float) -> bool:
        """Whether something of this probability does."""
        return bool(self.random.random() < share)

    def one_of(self, *values: float) -> float:
        """One of some values, all alike."""
        return float(self.random.choice(values))


@dataclass(frozen=True)
class Office:
    """A study with targets and decisions, and what makes it hard."""

    seed: int
    study: Study
    features: tuple[str, ...]


def random_network(seed: int) -> Office:
    """The office of a seed: 200 to 600 designs."""
    drawn = Drawn(np.random.default_rng([seed, 0x6E]))
    services = [_service(drawn, number) for number in range(int(drawn.random.integers(2, 4)))]
    body = "services:\n" + "".join(services)
    ranges = _ranges(drawn)
    pools = "".join(
        f"  p{n}: {{kind: {'window' if n == 0 else 'department'}, count: {low + 2}, at_closing: pause, "
        f"cost: {int(drawn.one_of(20, 30, 45, 60))} CNY/h}}\n"
        for n, (low, _) in enumerate(ranges)
    )
    decisions = _decisions(drawn, ranges)
    kpis = _kpis(drawn, len(services))
    head, run = DAYS if seed % 2 else ROUND_THE_CLOCK
    text = head + "pools:\n" + pools + body + run + decisions
    loose = _study(seed, text + _targets(dict.fromkeys(kpis, 100000.0)))
    limits = _limits(drawn, loose, kpis)
    return Office(seed, _study(seed, text + _targets(limits)), tuple(sorted(drawn.features)))


def _service(drawn: Drawn, number: int) -> str:
    name, rate = f"v{number}", drawn.one_of(2, 3, 4, 5)
    count = int(drawn.random.integers(2, 5))
    shape = str(drawn.random.choice(["chain", "fork", "choice"])) if count == 4 else "chain"
    patience = drawn.happens(0.25)
    lines = [f"  {name}:\n    arrivals: {{poisson: {{rate: {rate} /h}}}}\n"]
    if drawn.happens(0.5):
        drawn.features.add("priorities")
        lines.append(f"    priority: {int(drawn.one_of(3, 5, 7))}\n")
    if patience:
        drawn.features.add("patience")
        lines.append("    patience: {exponential: {mean: 60 min}}\n")
    lines.append("    steps:\n")
    shares = {1: 0.65, 2: 0.35} if shape == "choice" else {}
    returning = int(drawn.random.integers(1, count)) if drawn.happens(0.5) else -1
    again = drawn.one_of(0.1, 0.2, 0.3) if returning >= 0 and shape != "choice" else 0.0
    for place in range(count):
        mean = drawn.one_of(10, 18, 25, 35)
        at, pools = _at(drawn, place == 0 and patience)
        repeated = 1.0 / (1.0 - again) if again and place <= returning else 1.0
        drawn.work[pools[0]] += rate * shares.get(place, 1.0) * mean * repeated / 60.0
        lines.append(f"      s{place}: {{at: {at}, time: {_time(drawn, mean)}{_after(shape, place)}")
        if place == 0 and patience:
            lines.append(", in_person: true")
        if again and place == returning:
            drawn.features.add("returns")
            lines.append(f", returns: {{share: {round(100 * again)} %, to: s0, delay: {{constant: 2 h}}, limit: 2}}")
        lines.append((", decision: true" if place == count - 1 else "") + "}\n")
    _options(drawn, name, count, shape, returning if again else -1)
    if shape != "chain":
        drawn.features.add(shape)
    return "".join(lines)


def _after(shape: str, place: int) -> str:
    """Side by side, or one or the other, between the first step and the last."""
    if shape == "fork":
        return {2: ", after: [s0]", 3: ", after: [s1, s2]"}.get(place, "")
    if shape == "choice":
        first = ", choose: {s1: 65 %, s2: 35 %}"
        return {0: first, 1: ", after: [s0]", 2: ", after: [s0]", 3: ", after: [s1, s2]"}[place]
    return ""


def _at(drawn: Drawn, at_window: bool) -> tuple[str, list[int]]:
    """One pool, or two of which the second helps out more slowly."""
    pool = 0 if at_window else int(drawn.random.integers(POOLS))
    if not at_window and drawn.happens(0.25):
        other = (pool + 1 + int(drawn.random.integers(POOLS - 1))) % POOLS
        drawn.features.add("shared steps")
        return f"[p{pool}, {{pool: p{other}, slowdown: 20 %}}]", [pool, other]
    return f"p{pool}", [pool]


def _time(drawn: Drawn, mean: float) -> str:
    family = str(drawn.random.choice(["gamma", "lognormal", "exponential"]))
    if family == "exponential":
        return f"{{exponential: {{mean: {mean} min}}}}"
    return f"{{{family}: {{mean: {mean} min, cv: {drawn.one_of(0.5, 0.8, 1.2)}}}}}"


def _options(drawn: Drawn, name: str, count: int, shape: str, returning: int) -> None:
    """A step that may go and two that may be done side by side, where the service has such and none is drawn yet."""
    if shape == "chain" and count >= 3:
        if not drawn.removable and drawn.happens(0.6) and returning != 1:
            drawn.removable = f"{name}.s1"
        elif not drawn.beside and returning < 0 and drawn.happens(0.7):
            drawn.beside = f"[{name}.s0, {name}.s1]"
    elif not drawn.removable and shape == "fork" and drawn.happens(0.5) and returning != 2:
        drawn.removable = f"{name}.s2"


def _ranges(drawn: Drawn) -> list[tuple[int, int]]:
    """From a little less than what keeps up to plenty, so that there are 200 to 600 designs in all."""
    low = [max(1, int(np.floor(work))) for work in drawn.work]
    sides = [4, 4, 4]
    ways = 2 ** ((drawn.removable != "") + (drawn.beside != ""))
    places = iter(list(drawn.random.permutation(POOLS)) * 3)
    while np.prod(sides) * ways < FEWEST or (np.prod(sides) * ways * 1.3 < MOST and min(sides) < 6):
        sides[int(next(places))] += 1
    return [(least, least + side - 1) for least, side in zip(low, sides, strict=True)]


def _decisions(drawn: Drawn, ranges: list[tuple[int, int]]) -> str:
    lines = [f"    p{n}: {low}..{high}\n" for n, (low, high) in enumerate(ranges)]
    text = ""
    if drawn.beside:
        drawn.features.add("reform")
        text += f"reforms:\n  beside: [{{parallel: {drawn.beside}}}]\n"
    text += "optimize:\n  minimize: cost\n  staff:\n" + "".join(lines)
    if drawn.removable:
        drawn.features.add("removal")
        text += f"  remove: {{{drawn.removable}: {int(drawn.one_of(8000, 30000, 90000))} CNY}}\n"
    return text + ("  reforms: [beside]\n" if drawn.beside else "")


def _kpis(drawn: Drawn, services: int) -> list[str]:
    """Targets on one service or on two: a mean, a 90 % point, or both."""
    about = [int(n) for n in drawn.random.permutation(services)[: int(drawn.random.integers(1, 3))]]
    drawn.features.add("one target's service" if len(about) == 1 else "two targets' services")
    kpis = []
    for service in sorted(about):
        chosen = [("mean",), ("p90",), ("mean", "p90")][int(drawn.random.integers(3))]
        kpis += [f"v{service}.time.{statistic}" for statistic in chosen]
    return kpis


def _targets(limits: dict[str, float]) -> str:
    return "targets:\n" + "".join(f"  - {{kpi: {kpi}, at_most: {limit} min}}\n" for kpi, limit in limits.items())


def _limits(drawn: Drawn, study: Study, kpis: list[str]) -> dict[str, float]:
    """Between what the fullest design does and what the middling one does, or twice the former where that is more."""
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    setting = problem.space.settings[0]
    nothing = tuple(False for _ in problem.space.options)
    middle = tuple((low + high) // 2 for low, high in zip(setting.low, setting.high, strict=True))
    simulator = Simulator(problem, PROBED, study.baseline.run.seed, Stopper(), workers=1)
    least, middling = (simulator(Design(staff, nothing)).values for staff in (setting.high, middle))
    simulator.close()
    return {
        kpi: round(best * max(1.02, min(value / best, 2.0) ** float(drawn.random.uniform(0.2, 0.9))), 1)
        for kpi, best, value in zip(kpis, least, middling, strict=True)
    }


def _study(seed: int, text: str) -> Study:
    study, problems = interpret(parse_document(text.encode(), f"network-{seed}"), Path("network.yaml"))
    faults = [problem for problem in problems if not problem.warning]
    if study is None or faults:
        raise AssertionError(f"network {seed}: {faults}\n{text}")
    return study
