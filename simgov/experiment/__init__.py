"""Experiments: replications of scenarios over an executor, paired, kept in a folder, compared.

``run`` simulates and measures; ``compare`` gives paired differences; ``estimate`` is the optimiser's quick question;
``load_run`` reads what ``run`` has kept; ``overloads`` says beforehand which pools cannot keep up.
"""

from __future__ import annotations

from simgov.experiment.compare import Comparison, compare, joined
from simgov.experiment.estimate import estimate
from simgov.experiment.progress import OnStderr, Progress
from simgov.experiment.running import run
from simgov.experiment.runs import FailedReplications, Failure, Interrupted, Runs, ScenarioRuns
from simgov.experiment.stability import Overload, overloads, warnings
from simgov.experiment.store import load_run

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
    "compare",
    "estimate",
    "joined",
    "load_run",
    "overloads",
    "run",
    "warnings",
]
