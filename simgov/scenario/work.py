"""What a step asks of the officers who do it."""

from __future__ import annotations

from simgov.distributions import Distribution
from simgov.scenario.value import Step


def mean_work(step: Step, workday_minutes: float) -> float:
    """Mean minutes of work in one visit: the parts that are kept, times the slowdown."""
    if step.time is not None:
        kept = 1.0 - sum(part.share or 0.0 for part in step.parts if not part.kept)
        return mean_minutes(step.time, workday_minutes) * kept * step.slowdown
    times = [part.time for part in step.parts if part.kept and part.time is not None]
    return sum(mean_minutes(time, workday_minutes) for time in times) * step.slowdown


def mean_minutes(time: Distribution, workday_minutes: float) -> float:
    """The mean of a time in minutes, a workday being ``workday_minutes`` of them."""
    return time.mean * workday_minutes if time.base == "workday" else time.mean
