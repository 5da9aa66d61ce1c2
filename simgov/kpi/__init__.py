"""Measures from event tables: what each KPI is called and means, its value, and the targets it has to keep.

``table`` defines every KPI; ``measures`` computes them; ``statistics`` pools replications; ``cost`` prices a plan;
``targets`` reads the limits of a scenario file.
"""

from __future__ import annotations

from simgov.kpi.cost import plan_cost, post_cost, running_cost
from simgov.kpi.measures import Measured, measure
from simgov.kpi.statistics import Estimate, Sample
from simgov.kpi.table import DEFINITIONS, Definition, Kpi, UnknownKpi, find, names

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
    "names",
    "plan_cost",
    "post_cost",
    "running_cost",
]
