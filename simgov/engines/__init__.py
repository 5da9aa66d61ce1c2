"""Two engines, one meaning: ``reference`` (SimPy, to be read) and ``compiled`` (numba, to be run).

Both take a Network and a Workload and return the same EventTable to the last bit.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Literal

from simgov.engines.replication import Stopped, simulate

if TYPE_CHECKING:
    from simgov.arrays import Integers
    from simgov.engines.events import EventTable
    from simgov.network import Network

Engine = Literal["compiled", "reference"]

__all__ = ["Engine", "Stopped", "is_long", "simulate", "slices"]


def slices(
    network: Network, seed: int, replication: int, engine: str = "compiled", stop: Integers | None = None
) -> Iterator[EventTable]:
    """What ``simulate`` gives, slice by slice, in memory that does not grow; see ``slicing.slices``."""
    from simgov.engines import slicing

    return slicing.slices(network, seed, replication, engine, stop)


def is_long(network: Network) -> bool:
    """Whether a run is so long that it is better taken in ``slices``; which it is depends on the scenario alone."""
    from simgov.engines import slicing

    return slicing.is_long(network)
