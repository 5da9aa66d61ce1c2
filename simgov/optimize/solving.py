"""One solve of an integer programme by CP-SAT: exact, in one thread with a fixed seed, so that it gives the same answer
every time, and stopped at once where the user wants that.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ortools.sat.python.cp_model import CpModel, CpSolver

Stopping = Callable[[], bool]
POLL_SECONDS = 0.05


class SolverStopped(Exception):
    """The solver was told to stop before it had an answer."""


def solved(
    model: CpModel, stopping: Stopping | None = None, gap: float = 0.0, relaxed: bool = False
) -> CpSolver | None:
    """The solver with an optimal answer (to a relative ``gap``), or None where there is none. Raises ``SolverStopped``.

    ``relaxed``: every clause also goes into the linear relaxation; that pays where many clauses bound one sum of costs.
    It works in a thread of its own while this one polls: so neither Ctrl-C nor ``stopping`` waits for it.
    """
    from ortools.sat.python import cp_model

    solver = cp_model.CpSolver()
    solver.parameters.num_workers = 1
    solver.parameters.random_seed = 0
    solver.parameters.catch_sigint_signal = False
    solver.parameters.relative_gap_limit = gap
    if relaxed:
        solver.parameters.linearization_level = 2
    status: list[Any] = []
    worker = threading.Thread(target=lambda: status.append(solver.solve(model)), daemon=True)
    worker.start()
    try:
        worker.join(POLL_SECONDS)
        while worker.is_alive():
            if stopping is not None and stopping():
                solver.stop_search()
            worker.join(POLL_SECONDS)
    except KeyboardInterrupt:
        solver.stop_search()
        worker.join()
        raise
    if status and status[0] == cp_model.OPTIMAL:
        return solver
    if status and status[0] == cp_model.INFEASIBLE:
        return None
    if status and status[0] in (cp_model.UNKNOWN, cp_model.FEASIBLE):
        raise SolverStopped
    raise RuntimeError(f"CP-SAT rejects the model: {model.validate()}")
