"""Whether a plan that a search found keeps its targets on replications that the search has not seen.

A search takes the cheapest design of its sample, and so also the luckiest: some would miss a target on others. Each
candidate is therefore simulated on fresh replications. Where one of its values is so near its limit that its interval
holds both, twice as many are taken, and again, until the intervals tell or ``MOST_TIMES`` as many as the search's
sample are reached; then the values themselves decide. The more candidates there were, the wider the intervals
(Bonferroni).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from simgov.optimize.goals import Evaluation, Goal
from simgov.optimize.space import Design

MOST_TIMES = 16

Simulate = Callable[[Design, int, float, int], Evaluation]
"""``(design, sample, confidence, times)``: a design on ``times`` samples from that number on; 0 is the search's own."""


@dataclass
class Validation:
    """The judge of one search's candidates; ``confidence`` is that of the intervals of a first one.

    Goals of an evaluation beyond ``goals`` are objectives, whose values are not judged.

    ``sample`` and ``times`` say on which samples the last candidate was simulated; no two candidates share one.
    """

    goals: Sequence[Goal]
    simulate: Simulate
    confidence: float
    most_times: int = MOST_TIMES
    candidates: int = field(default=0, init=False)
    sample: int = field(default=0, init=False)
    times: int = field(default=1, init=False)

    def judge(self, design: Design) -> Evaluation:
        """What the next candidate does on fresh replications: it is the plan if that is feasible.

        Raises what ``simulate`` raises; the candidate then does not count.
        """
        first = self.sample + self.times
        confidence = self.interval(self.candidates + 1)
        times, fresh = until_decided(
            lambda times: self.simulate(design, first, confidence, times),
            lambda found: undecided(self.goals, found),
            self.most_times,
        )
        self.candidates += 1
        self.sample, self.times = first, times
        return fresh

    def interval(self, candidates: int) -> float:
        """The confidence of the intervals when so many candidates have been judged."""
        return 1.0 - (1.0 - self.confidence) / max(1, candidates)


def until_decided(
    simulate: Callable[[int], Evaluation], undecided: Callable[[Evaluation], bool], most_times: int = MOST_TIMES
) -> tuple[int, Evaluation]:
    """What a design does on 1, 2, 4, ... times as many replications, until that decides or ``most_times`` are reached.

    Returns how many times as many that were, and what was found on them.
    """
    times, found = 1, simulate(1)
    while times < most_times and undecided(found):
        times = min(2 * times, most_times)
        found = simulate(times)
    return times, found


def undecided(goals: Sequence[Goal], fresh: Evaluation) -> bool:
    """Whether more replications could change the verdict: some value is near its limit, and none clearly misses its."""
    near = [
        abs(value - goal.limit) <= half_width
        for goal, value, half_width in zip(goals, fresh.values, fresh.half_widths, strict=False)
    ]
    missed = any(not kept and not close for kept, close in zip(fresh.kept, near, strict=False))
    return any(near) and not missed
