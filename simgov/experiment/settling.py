"""How long the start is felt: the warm-up by MSER-5.

An office that opens empty is quick at first. ``mser`` finds where to cut a series so that what remains has the smallest
standard error of its mean: White, *Simulation* 69 (1997) 323-334, with batches of five and the minimum sought in the
first half: Franklin and White, *Proceedings of the Winter Simulation Conference* (2008) 541-546. A minimum at the end
of that half says that the series has not settled.

``warm_up`` applies it to the cases of each service in their order of application: the mean, over replications, of how
long the first, the second, ... of them took. Averaging over replications first takes away the noise but not what the
start does: Welch, in *Computer Performance Modeling Handbook* (1983), chapter 6.
"""

from __future__ import annotations

import math
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from simgov.arrays import Floats, Integers
from simgov.calendars import DAY
from simgov.chance import drawn_network
from simgov.engines import Stopped, simulate
from simgov.engines.events import EventTable
from simgov.experiment.progress import Progress
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario
from simgov.units import Duration

BATCH = 5
FEWEST_BATCHES = 10
REPLICATIONS = 20


@dataclass(frozen=True, eq=False)
class Truncation:
    """``cut`` values to leave out; ``settled`` says that the best cut was not at the end of the first half.

    ``statistic`` float64[B]: for each number of batches left out (0, 1, ...), the squared standard error of what
    remains; nan beyond the first half.
    """

    cut: int
    settled: bool
    statistic: Floats


def mser(series: Floats, batch: int = BATCH) -> Truncation:
    """Where to cut ``series`` float64[n], which must have no nan. The rest after whole batches is not looked at.

    ``ValueError`` where there are fewer than ten batches.
    """
    count = len(series) // batch
    if count < FEWEST_BATCHES:
        raise ValueError(f"{len(series)} values are too few to find a warm-up; {FEWEST_BATCHES * batch} are needed")
    means = series[: count * batch].reshape(count, batch).mean(axis=1)
    centred = means - means.mean()  # squares of what is left out of the mean lose no digits
    left = np.arange(count, 0, -1, dtype=np.float64)
    totals, squares = np.cumsum(centred[::-1])[::-1], np.cumsum(centred[::-1] ** 2)[::-1]
    statistic = np.maximum(squares - totals**2 / left, 0.0) / left**2
    half = count // 2
    statistic[half + 1 :] = np.nan
    best = int(np.argmin(statistic[: half + 1]))
    return Truncation(best * batch, best < half, statistic)


@dataclass(frozen=True, eq=False)
class ServiceWarmUp:
    """One service. ``times`` float64[n]: how long its first, second, ... case takes to its decision on average, in
    minutes; ``applied`` float64[n]: when it applies on average. ``cases`` are to be left out, those up to ``minutes``.

    ``settled`` is False where the run is too short to say, or a pool cannot keep up.
    """

    service: str
    times: Floats
    applied: Floats
    cases: int
    minutes: float
    settled: bool


@dataclass(frozen=True, eq=False)
class WarmUp:
    """The warm-up of a scenario: what to write in ``run``, and what each service says to it.

    ``duration`` is the longest of the services', in whole workdays (whole hours where the calendar never closes); None
    where no service has enough cases. ``settled`` is False where any service has not settled.
    """

    duration: Duration | None
    settled: bool
    services: tuple[ServiceWarmUp, ...]
    too_few: tuple[str, ...]


def warm_up(
    scenario: Scenario,
    *,
    replications: int = REPLICATIONS,
    seed: int | None = None,
    workers: int | None = None,
    progress: Progress | None = None,
    stop: Integers | None = None,
) -> WarmUp:
    """Estimate how long the start of ``scenario`` is felt, over its own warm-up and period together.

    ``seed`` is the scenario's unless given. Raises ``engines.Stopped`` when ``stop`` (int64[1]) becomes non-zero.
    """
    network = compile_network(scenario)
    chosen = scenario.run.seed if seed is None else seed

    def one(replication: int) -> list[tuple[Floats, Floats]]:
        events = simulate(drawn_network(network, chosen, replication), chosen, replication, stop=stop)
        return [_series(events, s) for s in range(len(network.services))]

    every: list[list[tuple[Floats, Floats]]] = []
    with ThreadPoolExecutor(workers) as threads:
        for series in threads.map(one, range(replications)):
            every.append(series)
            if progress is not None:
                progress(len(every), replications)
    if stop is not None and stop[0]:
        raise Stopped
    found, too_few = [], []
    for s, service in enumerate(network.services):
        times, applied = _averaged([series[s] for series in every])
        if len(times) < FEWEST_BATCHES * BATCH:
            too_few.append(service)
        else:
            found.append(_service(service, times, applied))
    longest = max((one.minutes for one in found), default=None)
    duration = None if longest is None else _whole(network, longest)
    return WarmUp(duration, all(one.settled for one in found), tuple(found), tuple(too_few))


def _service(name: str, times: Floats, applied: Floats) -> ServiceWarmUp:
    truncation = mser(times)
    minutes = float(applied[truncation.cut - 1]) if truncation.cut else 0.0
    return ServiceWarmUp(name, times, applied, truncation.cut, minutes, truncation.settled)


def _series(events: EventTable, service: int) -> tuple[Floats, Floats]:
    """How long the cases of a service took, in their order of application up to the window's end, and when they came.

    A case still open counts at its age, one that left without a decision until it left. Backlog is left out.
    """
    own = (events.case_service == service) & (events.case_index >= 0)
    own &= events.applied <= events.window_end
    applied, decided, left = events.applied[own], events.decided[own], events.left[own]
    end = np.where(np.isnan(decided), np.where(np.isnan(left), events.stopped_at, left), decided)
    return end - applied, applied


def _averaged(every: list[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Case by case over the replications, as many cases as all of them have."""
    count = min(len(times) for times, _ in every)
    times, applied = (np.mean([one[column][:count] for one in every], axis=0) for column in (0, 1))
    return times, applied


def _whole(network: Network, minutes: float) -> Duration:
    """``minutes`` since the first day, 00:00, as ``run: warm_up`` is written: rounded up."""
    if network.scenario.calendar.always:
        return Duration(math.ceil(minutes / 60.0) * 60.0)
    if minutes <= 0.0:
        return Duration(0.0, "workday")
    day = min(int(minutes // DAY) + 1, network.days)
    return Duration(float(network.day_table.workdays_before[day]), "workday")
