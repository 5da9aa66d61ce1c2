"""Two engines, one meaning: ``reference`` (SimPy, to be read) and ``compiled`` (numba, to be run).

Both take a Network and a Workload and return the same EventTable to the last bit.
"""

from __future__ import annotations

from typing import Literal

from simgov.engines.replication import Stopped, simulate

Engine = Literal["compiled", "reference"]

__all__ = ["Engine", "Stopped", "simulate"]
