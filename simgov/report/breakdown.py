"""Where the time goes and when people wait, aggregated from the event tables of a few replications.

``breakdown(scenarios, seed=…, replications=…)`` gives tidy DataFrames: minutes per step and case, and waits in person
by half hour of the day. Only cases of the measuring window count, as for the KPIs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, cast

import numpy as np

from simgov.arrays import Floats, Integers

if TYPE_CHECKING:
    import pandas

    from simgov.engines.events import EventTable
    from simgov.network import Network
    from simgov.scenario.value import Scenario

SLOT = 30
"""Minutes of one slot of the day."""

ENOUGH_CASES, FEWEST = 40_000, 5
"""Measured cases that make the charts smooth, and the fewest replications behind them."""

HALL = ""
"""The ``service`` of the rows of ``Breakdown.day`` that hold all services together."""

Simulate = Callable[["Network", int, int], "EventTable"]


@dataclass(frozen=True, eq=False)
class Breakdown:
    """What the charts show that KPIs do not.

    ``steps``: scenario, service, step, visits, waiting, working, outside (visits and minutes per measured case of the
    service; a case that skips a step counts as 0, a visit repeated after a return counts again). Working is the work
    itself; what a file lies interrupted overnight is waiting. Outside is the applicant's own time or another body's.
    ``day``: scenario, service (``HALL`` for all), minute (start of the half hour), arrivals (people a workday who
    joined a queue in person), mean and p90 (minutes of wait in person, nan where nobody came).
    ``cases``: scenario, service, cases (measured cases a replication).
    """

    steps: pandas.DataFrame
    day: pandas.DataFrame
    cases: pandas.DataFrame
    replications: int


MINUTES = ("visits", "waiting", "working", "outside")
"""What is told of each step: how often it is visited, and the minutes of each kind."""


def breakdown(
    scenarios: Sequence[Scenario], *, seed: int, replications: Sequence[int], simulate: Simulate | None = None
) -> Breakdown:
    """Simulate replications of ``seed`` by their numbers and aggregate the event tables of each scenario.

    As many of ``replications``, from the first on, as give ``ENOUGH_CASES`` measured cases of the first scenario; the
    others are simulated as often.
    """
    import pandas as pd

    from simgov.network import compile_network

    found: dict[str, list[pandas.DataFrame]] = {"steps": [], "day": [], "cases": []}
    count = 0
    for scenario in scenarios:
        networks, tables = _tables(
            scenario, seed, replications[: count or None], ENOUGH_CASES if not count else None, simulate
        )
        count = len(tables)
        frames = (
            time_per_step(networks, tables, compile_network(scenario)),
            waits_by_time_of_day(networks, tables),
            _measured_cases(networks[0], tables),
        )
        for name, frame in zip(found, frames, strict=True):
            frame.insert(0, "scenario", scenario.label)
            found[name].append(frame)
    steps, day, cases = (pd.concat(found[name], ignore_index=True) for name in ("steps", "day", "cases"))
    return Breakdown(steps, day, cases, count)


def _tables(
    scenario: Scenario, seed: int, replications: Sequence[int], enough: int | None, simulate: Simulate | None
) -> tuple[list[Network], list[EventTable]]:
    """Event tables with the network of each, until there are ``enough`` measured cases in them."""
    from simgov.chance import drawn_network
    from simgov.network import compile_network

    planned = compile_network(scenario)
    networks: list[Network] = []
    tables: list[EventTable] = []
    cases = 0
    for replication in replications:
        networks.append(drawn_network(planned, seed, replication))
        tables.append((simulate or _simulate)(networks[-1], seed, replication))
        cases += int(tables[-1].measured.sum())
        if enough is not None and cases >= enough and len(tables) >= FEWEST:
            break
    return networks, tables


def _simulate(network: Network, seed: int, replication: int) -> EventTable:
    from simgov.engines import simulate

    return simulate(network, seed, replication)


def time_per_step(
    networks: Sequence[Network], tables: Sequence[EventTable], planned: Network | None = None
) -> pandas.DataFrame:
    """service, step, visits, waiting, working, outside: per measured case; steps that no case does have zeros.

    ``networks`` has that of each table: the same one, unless chance made others of the one that was ``planned``.
    """
    import pandas as pd

    sums: dict[int, dict[str, Floats]] = {}
    cases = np.zeros(len(networks[0].services))
    for network, events in zip(networks, tables, strict=True):
        size, measured = len(network.steps), events.measured[events.case]
        own = sums.setdefault(id(network), {name: np.zeros(size) for name in MINUTES})
        for name, minutes in _minutes(network, events).items():
            own[name] += np.bincount(events.step[measured], weights=minutes[measured], minlength=size)
        cases += np.bincount(events.case_service[events.measured], minlength=len(cases))
    frames = []
    every = networks if planned is None or planned.scenario.chance is None else [planned, *networks]
    for network in {id(one): one for one in every}.values():
        per_case = np.maximum(cases, 1)[np.asarray(network.step_service)]
        own = sums.get(id(network)) or {name: np.zeros(len(network.steps)) for name in MINUTES}
        names = {"service": [service for service, _ in network.steps], "step": [step for _, step in network.steps]}
        frames.append(pd.DataFrame({**names, **{name: total / per_case for name, total in own.items()}}))
    if len(frames) == 1 and len(networks[0].routes) == len(networks[0].services):
        return frames[0]
    return pd.concat(frames).groupby(["service", "step"], sort=False, as_index=False).sum()  # on one route or several


def _minutes(network: Network, events: EventTable) -> dict[str, Floats]:
    """Per task: one visit, and its minutes waiting, working and outside; a task still open counts as far as it got."""
    finish = np.where(np.isnan(events.finish), events.stopped_at, events.finish)
    elapsed = np.maximum(finish - events.ready, 0.0)
    at_pool = np.asarray(network.step_pool)[events.step] >= 0
    served = at_pool & np.isfinite(events.start)
    handled = np.where(served, finish - np.where(served, events.start, 0.0), 0.0)
    working = np.where(served, np.clip(np.nan_to_num(events.work), 0.0, np.maximum(handled, 0.0)), 0.0)
    return {
        "visits": np.ones(len(elapsed)),
        "waiting": np.where(at_pool, elapsed - working, 0.0),
        "working": working,
        "outside": np.where(at_pool, 0.0, elapsed) + _with_applicant(network, events),
    }


def _with_applicant(network: Network, events: EventTable) -> Floats:
    """Minutes after each task until its case is back: at the step it was returned to, or at the same one next day."""
    from simgov.engines.events import RETURNED, SENT_HOME

    size = len(network.steps)
    comes_to = np.where(events.outcome == RETURNED, np.asarray(network.return_to)[events.step], events.step)
    gone = ((events.outcome == RETURNED) | (events.outcome == SENT_HOME)) & np.isfinite(events.finish) & (comes_to >= 0)
    place = events.case.astype(np.int64) * size
    back_at = _next_ready(place + events.step, events.ready, (place + comes_to)[gone], events.finish[gone])
    absent = np.zeros(len(events.case))
    absent[gone] = np.nan_to_num(back_at - events.finish[gone])
    return absent


def _next_ready(places: Integers, ready: Floats, wanted: Integers, since: Floats) -> Floats:
    """For each (wanted place, instant): the first ``ready`` at that place from the instant on; nan for none."""
    # One number per (place, instant) keeps their order: equal instants stay equal, and later never becomes earlier.
    origin = min(np.nanmin(ready, initial=0.0), np.min(since, initial=0.0))
    span = 1.0 + max(np.nanmax(ready, initial=0.0), np.max(since, initial=0.0)) - origin
    keys = places * span + (ready - origin)
    order = np.argsort(keys, kind="stable")
    at = np.searchsorted(keys[order], wanted * span + (since - origin), side="left")
    here = np.append(places[order], -1)[at] == wanted
    return cast("Floats", np.where(here, np.append(ready[order], np.nan)[at], np.nan))


def waits_by_time_of_day(networks: Sequence[Network], tables: Sequence[EventTable]) -> pandas.DataFrame:
    """service, minute, arrivals, mean, p90: waits in person by the half hour in which people joined the queue."""
    import pandas as pd

    from simgov.kpi.duty import window_workdays

    network = networks[0]
    collected = [_waits(*one) for one in zip(networks, tables, strict=True)]
    workdays = sum(window_workdays(network, e.window_start, min(e.window_end, e.stopped_at)) for e in tables)
    waits = cast("Floats", np.concatenate([wait for _, _, wait in collected]))
    slot = np.concatenate([slots for _, slots, _ in collected])
    service = np.concatenate([services for services, _, _ in collected])
    frames = [_per_slot(HALL, slot, waits, workdays)]
    if len(np.unique(service)) > 1:
        frames += [
            _per_slot(network.services[s], slot[service == s], waits[service == s], workdays)
            for s in np.unique(service)
        ]
    return pd.concat(frames, ignore_index=True)


def _waits(network: Network, events: EventTable) -> tuple[Integers, Integers, Floats]:
    """Service, slot of the day and wait of each task in person of a measured case: the sample of hall.wait."""
    kept = (np.asarray(network.step_in_person) & (np.asarray(network.step_pool) >= 0))[events.step]
    kept &= events.measured[events.case]
    leaves = np.where(np.isnan(events.finish), events.stopped_at, events.finish)
    wait = np.where(np.isnan(events.start), leaves, events.start) - events.ready
    slot = (events.ready % 1440.0 // SLOT).astype(np.int64)
    return np.asarray(network.step_service)[events.step][kept], slot[kept], wait[kept]


def _per_slot(service: str, slot: Integers, waits: Floats, workdays: float) -> pandas.DataFrame:
    """Mean, p90 (order statistic of rank ceil 0.9 n) and number a workday for each slot in which anybody came."""
    import pandas as pd

    order = np.lexsort((waits, slot))
    slot, waits = slot[order], waits[order]
    present, first, count = np.unique(slot, return_index=True, return_counts=True)
    total = np.add.reduceat(waits, first) if len(first) else np.empty(0)
    return pd.DataFrame({
        "service": service,
        "minute": present * SLOT,
        "arrivals": count / max(workdays, 1.0),
        "mean": total / np.maximum(count, 1),
        "p90": waits[first + np.ceil(0.9 * count).astype(np.int64) - 1] if len(first) else np.empty(0),
    })  # fmt: skip


def _measured_cases(network: Network, tables: Sequence[EventTable]) -> pandas.DataFrame:
    import pandas as pd

    counts = sum(
        (np.bincount(e.case_service[e.measured], minlength=len(network.services)) for e in tables),
        np.zeros(len(network.services)),
    )
    return pd.DataFrame({"service": list(network.services), "cases": counts / max(1, len(tables))})
