"""The optimiser held against its targets and against other tools: ``make bench-optimize``.

A section is a module here with a ``TITLE`` and ``measure(say) -> Section``, listed in ``SECTIONS`` in the order of the
page. One that takes long gives an iterator instead: of what is measured so far, kept each time, so that nothing is lost
when it is interrupted.
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
