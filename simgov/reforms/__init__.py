"""Reforms as values: each measure is a pure function from scenario to scenario; a new one is one file and one row.

``registry.MEASURES`` lists them; ``reform`` composes them by name.
"""

from __future__ import annotations

from simgov.reforms.measure import Measure, Refusal
from simgov.reforms.reform import Reform

__all__ = ["Measure", "Reform", "Refusal"]
