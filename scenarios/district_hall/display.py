"""What the display of the simulated hall would show: tickets issued and not yet called, poll by poll.

The record counts tickets, not people. Who gives up keeps a ticket that stays on the display until its turn is called;
so a simulated ticket without an owner counts as waiting until the next ticket of its queue is called, or the day ends.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from polls import OPENS, SLOT

from simgov.engines import simulate
from simgov.engines.events import EventTable
from simgov.network import Network, compile_network
from simgov.scenario.value import Scenario

DAY = 1440.0
POLLS_PER_SLOT = 6
"""One every five minutes, as in the record."""

Curves = dict[str, dict[int, np.ndarray]]
"""Service to weekday (0 = Monday) to the average number waiting in each half hour."""


def poll_minutes(slots: int) -> np.ndarray:
    """The minutes of the day at which the display of a day with so many half hours is read."""
    every = SLOT / POLLS_PER_SLOT
    return OPENS + every / 2 + every * np.arange(slots * POLLS_PER_SLOT)


def called_at(ready: np.ndarray, start: np.ndarray) -> np.ndarray:
    """When each ticket of one queue, in order of issue, left the display.

    ``start`` is nan for tickets whose owner left: they go with the next ticket that someone came forward for.
    """
    start = np.where(np.isnan(start), np.inf, start)
    next_start = np.minimum.accumulate(start[::-1])[::-1]
    midnight = (np.floor(ready / DAY) + 1.0) * DAY
    return np.minimum(next_start, midnight)


def shown_waiting(ready: np.ndarray, called: np.ndarray, at: np.ndarray) -> np.ndarray:
    """Tickets issued and not yet called at each of the minutes ``at``."""
    return np.searchsorted(np.sort(ready), at, "right") - np.searchsorted(np.sort(called), at, "right")


def waiting(network: Network, events: EventTable, days: Iterable[tuple[int, int, int]]) -> dict[str, list[np.ndarray]]:
    """For each service, and each day given as (day of the run, weekday, half hours), the average number waiting."""
    result: dict[str, list[np.ndarray]] = {}
    days = list(days)
    for index, service in enumerate(network.services):
        own = network.step_service[events.step] == index
        ready, start = events.ready[own], events.start[own]
        called = called_at(ready, start)
        result[service] = [
            shown_waiting(ready, called, d * DAY + poll_minutes(slots)).reshape(slots, POLLS_PER_SLOT).mean(axis=1)
            for d, _, slots in days
        ]
    return result


def simulated(scenario: Scenario, replications: int, seed: int) -> Curves:
    """Average number waiting by service, weekday and half hour, over all days of so many replications."""
    network = compile_network(scenario)
    days = open_days(network)
    totals: dict[str, dict[int, list[np.ndarray]]] = {s: {w: [] for w in range(5)} for s in network.services}
    for replication in range(replications):
        for service, curves in waiting(network, simulate(network, seed, replication), days).items():
            for (_, weekday, _), curve in zip(days, curves, strict=True):
                totals[service][weekday].append(curve)
    return {s: {w: np.mean(curves, axis=0) for w, curves in by_day.items()} for s, by_day in totals.items()}


def open_days(network: Network) -> list[tuple[int, int, int]]:
    """The working days inside the run's measuring window: day of the run, weekday, half hours it is open."""
    table = network.day_table
    start, end = network.window
    return [
        (day, int(weekday), int((close - day * DAY - OPENS) // SLOT))
        for day, (weekday, close) in enumerate(zip(table.weekday, table.close, strict=True))
        if weekday >= 0 and start <= day * DAY < end
    ]
