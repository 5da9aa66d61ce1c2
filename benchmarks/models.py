"""The cases that are measured: stations in a row (a to d), and a hall with everything at once (e).

a: M/M/5 at a load of 0.9. b: six stations in a row at 0.8. c: b where one visit in ten is repeated at once, at the end
of the same queue. d: a, as 1,000 days of 2,000 customers. e: ``benchmarks/rich/scenario.yaml``.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from simgov.calendars import ALWAYS
from simgov.distributions import Exponential
from simgov.network import Network, compile_network
from simgov.scenario.value import PoissonArrivals, Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.study import load
from simgov.units import Duration, Rate

RICH = Path(__file__).parent / "rich" / "scenario.yaml"
MOST_REPEATS = 50
"""The scenario language wants a limit; nobody is sent back so often."""


@dataclass(frozen=True)
class Line:
    """Stations in a row: servers and mean service of each, arrivals a minute, the share of visits that is repeated."""

    servers: tuple[int, ...]
    services: tuple[float, ...]
    rate: float
    rework: float = 0.0

    def scenario(self, customers: int) -> Scenario:
        """The same as a scenario."""
        numbers = range(len(self.servers))
        pools = tuple(
            Pool(f"station{i}", _text(f"Station {i}"), "window", (Shift(self.servers[i], ALWAYS.week),), always=True)
            for i in numbers
        )
        queue = Service(
            "queue", _text("Queue"), tuple(self._step(i) for i in numbers), PoissonArrivals(Rate(self.rate))
        )
        return Scenario(_text("Line"), ALWAYS, pools, (queue,), RunSettings(cases=customers))

    def _step(self, i: int) -> Step:
        return Step(
            f"visit{i}", _text(f"Visit {i}"), f"queue/visit{i}", at=f"station{i}",
            after=(f"visit{i - 1}",) if i else (), time=Exponential(self.services[i]),
            returns=Returns(self.rework, f"visit{i}", None, MOST_REPEATS) if self.rework else None,
        )  # fmt: skip


def _line(servers: Sequence[int], load_: float, rework: float) -> Line:
    """Stations of equal load; each customer makes 1 / (1 - rework) visits to each."""
    return Line(tuple(servers), tuple(float(count) for count in servers), load_ * (1.0 - rework), rework)


def _text(name: str) -> Text:
    return Text(name, name)


SINGLE = Line((5,), (1.0,), 4.5)
TANDEM = _line((2, 3, 4, 3, 2, 5), 0.8, 0.0)
REWORK = _line((2, 3, 4, 3, 2, 5), 0.8, 0.1)


def line(model: Line, customers: int) -> Network:
    """A line, compiled."""
    return compile_network(model.scenario(customers))


def rich(days: int) -> Network:
    """Case e over so many days."""
    from dataclasses import replace

    scenario = load(RICH).baseline
    return compile_network(replace(scenario, run=replace(scenario.run, period=Duration(days * 1.0, "workday"))))
