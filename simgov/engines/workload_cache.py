"""Workloads that were drawn before, kept for the scenarios and designs that meet the same applicants."""

from __future__ import annotations

import threading
from collections import OrderedDict

from simgov.network import Network
from simgov.workload import Workload, sample

RECENT, MOST_RECENT = 4, 1 << 22
"""Workloads kept for the other scenarios of a replication, by the few threads that run it, and the bytes of each."""

MOST_ASKED = 1 << 16
"""Workloads that are remembered as asked for once."""


class WorkloadCache:
    """Workloads drawn before: designs that differ in staff alone share theirs.

    The last few are kept in any case, unless they are large. One that is asked for again later is drawn once more, and
    then kept, up to ``limit`` bytes in all: so an optimiser draws each of its workloads twice, and a long run, which
    needs each of them once, does not fill memory with them. (T. Johnson and D. Shasha, *2Q*, VLDB 1994.)
    """

    def __init__(self, limit: int = 1 << 30) -> None:
        self._limit, self._held = limit, 0
        self._lock = threading.Lock()
        self._kept: OrderedDict[tuple[object, ...], Workload] = OrderedDict()
        self._recent: OrderedDict[tuple[object, ...], Workload] = OrderedDict()
        self._asked: OrderedDict[tuple[object, ...], None] = OrderedDict()

    def get(self, network: Network, seed: int, replication: int, horizon: float) -> Workload:
        """The workload of that replication, drawn now or taken from the cache."""
        place = (network.chance, seed, replication, horizon)
        with self._lock:
            found = self._kept.get(place) or self._recent.get(place)
            if found is not None:
                if place in self._kept:
                    self._kept.move_to_end(place)
                return found
            if len(self._recent) >= RECENT:
                self._recent.popitem(last=False)  # before the next one is drawn, which may take its place in memory
        drawn = sample(network, seed, replication, horizon)
        with self._lock:
            if place in self._asked:
                self._keep(place, drawn)
            else:
                self._asked[place] = None
                if drawn.size <= MOST_RECENT:
                    self._recent[place] = drawn
                if len(self._asked) > MOST_ASKED:
                    self._asked.popitem(last=False)
        return drawn

    def _keep(self, place: tuple[object, ...], drawn: Workload) -> None:
        if place not in self._kept:
            self._kept[place] = drawn
            self._held += drawn.size
        while self._held > self._limit and len(self._kept) > 1:
            self._held -= self._kept.popitem(last=False)[1].size
