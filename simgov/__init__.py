"""simgov: simulate public services from a scenario file and find the cheapest plan that keeps its promised times.

A scenario is a value; a reform turns it into another value; chance is drawn before the run; an engine is a pure
function of the two. Each name below is imported when it is first used, so that ``import simgov`` costs nothing::

    study = simgov.load("scenarios/district_hall/scenario.yaml")
    runs = simgov.run([study.baseline, study.reform("lean")], replications=200, seed=7)
    simgov.compare(runs, baseline=study.baseline)
    simgov.optimize(study, seed=7)
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simgov.errors import InputError, Problem, ReformError, ReplicationError, SimgovError, StoreError
    from simgov.experiment import Comparison, Runs, compare, run, warm_up
    from simgov.frames import cases, events
    from simgov.logs import log
    from simgov.optimize import Plan, optimize
    from simgov.scenario.value import Scenario
    from simgov.study import Study, load

__version__ = "0.1.0"

_HOMES = {
    "InputError": "simgov.errors",
    "Problem": "simgov.errors",
    "ReformError": "simgov.errors",
    "ReplicationError": "simgov.errors",
    "SimgovError": "simgov.errors",
    "StoreError": "simgov.errors",
    "Scenario": "simgov.scenario.value",
    "Study": "simgov.study",
    "load": "simgov.study",
    "Runs": "simgov.experiment",
    "Comparison": "simgov.experiment",
    "run": "simgov.experiment",
    "compare": "simgov.experiment",
    "warm_up": "simgov.experiment",
    "events": "simgov.frames",
    "cases": "simgov.frames",
    "log": "simgov.logs",
    "Plan": "simgov.optimize",
    "optimize": "simgov.optimize",
}

__all__ = [
    "Comparison",
    "InputError",
    "Plan",
    "Problem",
    "ReformError",
    "ReplicationError",
    "Runs",
    "Scenario",
    "SimgovError",
    "StoreError",
    "Study",
    "__version__",
    "cases",
    "compare",
    "events",
    "load",
    "log",
    "optimize",
    "run",
    "warm_up",
]


def __getattr__(name: str) -> Any:
    """The public name ``name``, imported from the room it lives in."""
    import importlib

    if name not in _HOMES:
        raise AttributeError(f"module 'simgov' has no attribute {name!r}")
    home = importlib.import_module(_HOMES[name])
    # The room simgov.optimize goes by the name of its function, and can be called like it.
    value = home if home.__name__ == f"simgov.{name}" else getattr(home, name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
