"""Home service: those who can hardly come need not; the way there and back is lost for everybody else."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

HOME = "home_service: {step: benefit.counter, pool: general, travel: {constant: 40 min}}"
WAY = (("promise: 10 workdays", "promise: 10 workdays\n    travel: 60 min"),)


def test_they_need_not_come() -> None:
    rows = means(pair(f"{HOME}, groups: [frail]", replaced=WAY), "benefit.visits", "benefit.travel")
    assert rows[0][0] == pytest.approx(1.0)
    assert rows[1][0] == pytest.approx(0.4, abs=0.04)
    assert rows[1][1] == pytest.approx(rows[0][1] * rows[1][0] / rows[0][0], rel=1e-6)


def test_the_way_takes_officers_from_everybody_else() -> None:
    before, after = pair(f"{HOME}, groups: [frail]")
    rows = means((before, after), "general.utilisation", "general.overtime", "id_card.wait.mean")
    hours = [35 * busy + overtime for busy, overtime, _ in rows]  # of work a day
    assert hours[1] - hours[0] == pytest.approx(10 * 0.6 * 40 / 60, rel=0.1)
    assert rows[1][2] > rows[0][2]


def test_the_work_is_that_of_before_and_the_way_beside_it() -> None:
    measure = "home_service: {step: benefit.counter, pool: police, travel: {constant: 0 min}}"
    before, after = pair(measure)
    step = after.service("benefit").step("counter")
    assert [part.stream for part in step.parts] == ["benefit.counter", "benefit.counter.travel"]
    rows = means((before, after), "police.utilisation", "general.utilisation", "general.overtime")
    police, general = 35 * (rows[1][0] - rows[0][0]), 35 * (rows[1][1] - rows[0][1]) + rows[1][2] - rows[0][2]
    assert police == pytest.approx(-general, rel=0.05)


def test_a_share_of_a_group() -> None:
    measure = "home_service: {step: benefit.counter, pool: general, travel: {constant: 40 min}, share: 50 %}"
    _, after = pair(f"{measure}, groups: [frail]")
    assert (after.reach.upto, after.reach.groups) == (0.5, ("frail",))


def test_nobody_visited_changes_nothing() -> None:
    before, after = pair("home_service: {step: benefit.counter, pool: general, travel: {constant: 40 min}, share: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{step: benefit.conter, pool: general, travel: {constant: 1 h}}", "step", "did you mean counter?"),
        ("{step: benefit.check, pool: general, travel: {constant: 1 h}}", "step", "is not done in person at a pool"),
        ("{step: benefit.counter, pool: genral, travel: {constant: 1 h}}", "pool", "did you mean general?"),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"home_service: {measure}")
    assert problem.dotted == f"reforms.changed[0].home_service.{path}"
    assert said in f"{problem.message}; {problem.hint}"
