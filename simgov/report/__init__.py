"""The report: a run, a comparison or a plan as one HTML file that works offline, in Chinese and English.

``write`` makes the page from a study and its runs, ``write_stored`` from a folder that a run or a plan was kept in.
Behind them: ``gather`` (numbers of the runs), ``breakdown`` (event tables aggregated), ``results``, ``changes``,
``planning``, ``evidence`` and ``assumptions`` (the sections), ``charts``, ``words`` and ``numbers`` (how things are
said), ``page`` (put together).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgov.report.stored import write_stored
    from simgov.report.writing import write

_HOMES = {"write": "simgov.report.writing", "write_stored": "simgov.report.stored"}

__all__ = ["write", "write_stored"]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used: the command line needs only how numbers are written."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'simgov.report' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)
