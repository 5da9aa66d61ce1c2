"""The optimiser: staff and reforms at least cost under the targets, with a proof that anyone can check.

``schema`` is the section of the file; ``problem`` turns a study into a ``space`` of designs with ``goals``;
``search`` finds and proves the cheapest, helped by ``approximation`` (through ``guide``), on the integer programme of
``master``; ``recommend`` runs it and makes the ``plan``. Method and guarantees: ``docs/optimiser.md``.
"""

from __future__ import annotations

import sys
from types import ModuleType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgov.optimize.plan import Plan, is_plan, load
    from simgov.optimize.recommend import optimize
    from simgov.optimize.schema import Decisions
    from simgov.optimize.search import Progress
    from simgov.study import Study

_HOMES = {
    "Decisions": "simgov.optimize.schema",
    "Plan": "simgov.optimize.plan",
    "Progress": "simgov.optimize.search",
    "is_plan": "simgov.optimize.plan",
    "load": "simgov.optimize.plan",
    "optimize": "simgov.optimize.recommend",
}

__all__ = ["Decisions", "Plan", "Progress", "is_plan", "load", "optimize"]


def __getattr__(name: str) -> Any:
    """A public name, imported when it is first used: checking a file needs the schema alone."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'simgov.optimize' has no attribute {name!r}")
    return getattr(importlib.import_module(_HOMES[name]), name)


class _CallableRoom(ModuleType):
    """``simgov.optimize`` is the name of this room and of the function in it: called, the room is the function."""

    def __call__(self, study: Study, **settings: Any) -> Plan:
        from simgov.optimize.recommend import optimize

        return optimize(study, **settings)


sys.modules[__name__].__class__ = _CallableRoom
