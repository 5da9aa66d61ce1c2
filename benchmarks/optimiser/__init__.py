"""The optimiser held against its targets and against other tools: ``make bench-optimize``.

A section is a module here with a ``TITLE`` and ``measure(say) -> Section``, listed in ``SECTIONS`` in the order of the
page.
"""

from __future__ import annotations

SECTIONS = (
    "tandems",
    "networks",
    "beside",
    "large",
    "roster",
    "line",
    "district",
    "roadmap",
    "pilots",
    "validation",
    "frontier",
)
