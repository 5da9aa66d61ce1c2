"""Experiments: replications of scenarios over an executor, paired, kept in a folder, compared.

``run`` simulates and measures; ``compare`` gives paired differences; ``estimate`` is the optimiser's quick question;
``load_run`` reads what ``run`` has kept; ``warm_up`` estimates how long the start is felt; ``overloads`` says
beforehand which pools cannot keep up. Each name is imported when it is first used, so that checking a file does not pay
for the engines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgov.experiment.comparison import Comparison, compare, joined
    from simgov.experiment.estimating import estimate
    from simgov.experiment.progress import OnStderr, Progress
    from simgov.experiment.running import run
    from simgov.experiment.runs import FailedReplications, Failure, Interrupted, Runs, ScenarioRuns
    from simgov.experiment.settling import ServiceWarmUp, Truncation, WarmUp, mser, warm_up
    from simgov.experiment.stability import Overload, overloads, warnings
    from simgov.experiment.store import load_run

_HOMES = {
    "Comparison": "comparison",
    "FailedReplications": "runs",
    "Failure": "runs",
    "Interrupted": "runs",
    "OnStderr": "progress",
    "Overload": "stability",
    "Progress": "progress",
    "Runs": "runs",
    "ScenarioRuns": "runs",
    "ServiceWarmUp": "settling",
    "Truncation": "settling",
    "WarmUp": "settling",
    "compare": "comparison",
    "estimate": "estimating",
    "joined": "comparison",
    "load_run": "store",
    "mser": "settling",
    "overloads": "stability",
    "run": "running",
    "warm_up": "settling",
    "warnings": "stability",
}

__all__ = [
    "Comparison",
    "FailedReplications",
    "Failure",
    "Interrupted",
    "OnStderr",
    "Overload",
    "Progress",
    "Runs",
    "ScenarioRuns",
    "ServiceWarmUp",
    "Truncation",
    "WarmUp",
    "compare",
    "estimate",
    "joined",
    "load_run",
    "mser",
    "overloads",
    "run",
    "warm_up",
    "warnings",
]


def __getattr__(name: str) -> Any:
    """The public name ``name``, imported from the module it lives in."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'simgov.experiment' has no attribute {name!r}")
    value = getattr(importlib.import_module(f"simgov.experiment.{_HOMES[name]}"), name)
    globals()[name] = value
    return value
