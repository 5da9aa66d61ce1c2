"""Measures from event tables: what each KPI is called and means, its value, and the targets it has to keep.

``table`` defines every KPI; ``measures`` computes them; ``statistics`` pools replications; ``cost`` prices a plan;
``targets`` reads the limits of a scenario file.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from simgov.kpi.cost import plan_cost, post_cost, running_cost
from simgov.kpi.definition import Definition
from simgov.kpi.statistics import Estimate, Sample
from simgov.kpi.table import DEFINITIONS, Kpi, UnknownKpi, find, names

if TYPE_CHECKING:
    from simgov.kpi.measures import Measured, measure, measure_slices

__all__ = [
    "DEFINITIONS",
    "Definition",
    "Estimate",
    "Kpi",
    "Measured",
    "Sample",
    "UnknownKpi",
    "find",
    "measure",
    "measure_slices",
    "names",
    "plan_cost",
    "post_cost",
    "running_cost",
]


def __getattr__(name: str) -> Any:
    """``measure`` and its like, imported when first used: they bring the engines, which a check can spare."""
    if name in ("Measured", "measure", "measure_slices"):
        import simgov.kpi.measures as measures

        return getattr(measures, name)
    raise AttributeError(f"module 'simgov.kpi' has no attribute {name!r}")
