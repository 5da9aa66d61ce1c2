"""Experiments: replications of scenarios over an executor, paired, kept in a folder, compared.

``run`` simulates and measures; ``compare`` gives paired differences; ``estimate`` is the optimiser's quick question;
``load_run`` reads what ``run`` has kept; ``returns`` sets what applicants save against what the office spends;
``fit_satisfaction`` fits the score of today; ``warm_up`` estimates how long the start is felt; ``overloads`` says
beforehand which pools cannot keep up. Each name is imported when it is first used, so that checking a file does not pay
for the engines.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgov.experiment.comparison import Comparison, compare, joined
    from simgov.experiment.estimating import estimate
    from simgov.experiment.fitting import CannotFit, SatisfactionFit, fit_satisfaction, fitted_offset
    from simgov.experiment.money import Return, returns
    from simgov.experiment.progress import OnStderr, Progress
    from simgov.experiment.running import run
    from simgov.experiment.runs import FailedReplications, Failure, Interrupted, Runs, ScenarioRuns
    from simgov.experiment.settling import ServiceWarmUp, Truncation, WarmUp, mser, warm_up
    from simgov.experiment.stability import Overload, overloads, warnings
    from simgov.experiment.store import load_run

_HOMES = {
    "CannotFit": "fitting",
    "Comparison": "comparison",
    "FailedReplications": "runs",
    "Failure": "runs",
    "Interrupted": "runs",
    "OnStderr": "progress",
    "Overload": "stability",
    "Progress": "progress",
    "Return": "money",
    "Runs": "runs",
    "SatisfactionFit": "fitting",
    "ScenarioRuns": "runs",
    "ServiceWarmUp": "settling",
    "Truncation": "settling",
    "WarmUp": "settling",
    "compare": "comparison",
    "estimate": "estimating",
    "fit_satisfaction": "fitting",
    "fitted_offset": "fitting",
    "joined": "comparison",
    "load_run": "store",
    "mser": "settling",
    "overloads": "stability",
    "returns": "money",
    "run": "running",
    "warm_up": "settling",
    "warnings": "stability",
}

__all__ = [
    "CannotFit",
    "Comparison",
    "FailedReplications",
    "Failure",
    "Interrupted",
    "OnStderr",
    "Overload",
    "Progress",
    "Return",
    "Runs",
    "SatisfactionFit",
    "ScenarioRuns",
    "ServiceWarmUp",
    "Truncation",
    "WarmUp",
    "compare",
    "estimate",
    "fit_satisfaction",
    "fitted_offset",
    "joined",
    "load_run",
    "mser",
    "overloads",
    "returns",
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
