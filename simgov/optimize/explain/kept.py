"""Whether the designs that an explanation tells of keep the targets on fresh replications too.

The plan was tried there before it was recommended. What is told beside it is tried on the same replications: the same
applicants for all, and never more of them than the plan got. Where a value is near its limit twice as many are taken,
and again, as ``validation`` does; then the values decide.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from simgov.optimize.evaluation import Simulator
from simgov.optimize.explain.explanation import Fresh
from simgov.optimize.goals import Evaluation
from simgov.optimize.plan import TargetResult
from simgov.optimize.problem import Problem
from simgov.optimize.space import Design
from simgov.optimize.validation import undecided, until_decided


@dataclass
class Trial:
    """Tries designs of ``problem`` on the samples from ``first`` on, ``most_times`` of them at most.

    ``tried`` is told of each design that is simulated for it.
    """

    problem: Problem
    simulator: Simulator
    first: int
    most_times: int
    confidence: float
    tried: Callable[[], None]
    _known: dict[Design, Fresh] = field(default_factory=dict, init=False)

    def __call__(self, design: Design) -> Fresh:
        """What a design does there. Raises ``Halt`` as the simulator does."""
        if design not in self._known:
            self._known[design] = self._fresh(design)
            self.tried()
        return self._known[design]

    def _fresh(self, design: Design) -> Fresh:
        times, found = until_decided(
            lambda times: self.simulator.evaluate(design, self.first, self.confidence, times),
            lambda found: undecided(self.problem.goals, found),
            self.most_times,
        )
        replications = times * self.simulator.replications
        return Fresh(found.feasible, replications, self.confidence, results(self.problem, found))


def results(problem: Problem, found: Evaluation) -> tuple[TargetResult, ...]:
    """What a design does for each target."""
    parts = zip(
        problem.targets, problem.goals, found.values, found.half_widths, found.lower_bounds, found.kept, strict=True
    )
    return tuple(
        TargetResult(t.kpi, t.sense, t.limit, t.unit, value, width, kept, bound, demand=goal.demand)
        for t, goal, value, width, bound, kept in parts
    )
