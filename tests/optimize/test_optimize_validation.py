"""Candidates are judged on fresh replications, the more of them the nearer a value is to its limit."""

import math

import numpy as np
import pytest

from simgov.optimize.goals import Evaluation, Goal, ValueTally
from simgov.optimize.space import Design
from simgov.optimize.validation import MOST_TIMES, Validation, undecided

GOALS = (Goal("time", 10.0, True), Goal("share", 0.5, False))


def said(*values: tuple[float, float]) -> Evaluation:
    """Values with their half-widths."""
    kept = tuple(goal.excess(value) <= 0.0 for goal, (value, _) in zip(GOALS, values, strict=True))
    tallies = tuple((ValueTally(goal, value),) for goal, (value, _) in zip(GOALS, values, strict=True))
    return Evaluation(tuple(v for v, _ in values), tuple(h for _, h in values), (False, False), kept, tallies)


@pytest.mark.parametrize(
    ("time", "share", "open_"),
    [
        ((8.0, 1.0), (0.8, 0.1), False),
        ((9.5, 1.0), (0.8, 0.1), True),
        ((10.5, 1.0), (0.8, 0.1), True),
        ((12.0, 1.0), (0.8, 0.1), False),
        ((9.5, 1.0), (0.3, 0.1), False),
        ((9.5, math.nan), (0.8, math.nan), False),
    ],
)
def test_more_replications_are_wanted_where_they_could_tell(
    time: tuple[float, float], share: tuple[float, float], open_: bool
) -> None:
    assert undecided(GOALS, said(time, share)) == open_


def test_each_candidate_has_samples_of_its_own_and_wider_intervals() -> None:
    asked = []

    def simulate(design: Design, sample: int, confidence: float, times: int) -> Evaluation:
        asked.append((design.staff[0], sample, times, round(confidence, 6)))
        return said((10.0 + design.staff[0] / times, 2.0 / times**0.5), (0.9, 0.1))

    validation = Validation(GOALS, simulate, 0.95)
    assert not validation.judge(Design((5,), ())).feasible
    assert not validation.judge(Design((1,), ())).feasible
    assert validation.judge(Design((-1,), ())).feasible
    assert asked == [
        (5, 1, 1, 0.95),
        *((1, 2, times, 0.975) for times in (1, 2, 4, 8, 16)),
        *((-1, 18, times, 0.983333) for times in (1, 2, 4, 8, 16)),
    ]
    assert (validation.candidates, validation.sample, validation.times) == (3, 18, MOST_TIMES)


def test_plans_that_truly_miss_a_target_by_a_little_seldom_pass() -> None:
    """The mean misses by half a standard deviation of one sample; more samples tell."""
    random = np.random.default_rng(3)

    def simulate(design: Design, sample: int, confidence: float, times: int) -> Evaluation:
        deviation = 0.1 / times**0.5
        return said((10.05 + deviation * random.standard_normal(), 1.96 * deviation), (0.9, 0.1))

    def passed(most_times: int) -> int:
        judges = [Validation(GOALS, simulate, 0.95, most_times) for _ in range(1000)]
        return sum(judge.judge(Design((1,), ())).feasible for judge in judges)

    assert 270 < passed(1) < 350  # 31 % are half a standard deviation below
    assert passed(MOST_TIMES) < 60
