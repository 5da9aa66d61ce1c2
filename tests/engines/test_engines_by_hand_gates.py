"""Sessions, data exchanges and cases held back before acceptance: every instant was worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from simgov.distributions import Constant
from simgov.engines.events import CASE_OUTCOMES
from simgov.scenario.value import Gate, Withdraws

sys.path.insert(0, str(Path(__file__).parent))
from test_engines_by_hand import DAY, NINE, both, outcomes, pool, run, step

TUESDAY_AT_TWO = ((1, 840),)
TWO = 840.0


@both
def test_a_session_lets_so_many_pass_and_what_is_left_waits_for_the_next(engine: str) -> None:
    steps = (step("review", gate=Gate(TUESDAY_AT_TWO, most=2)),)
    table = run(steps, (pool(),), engine, at="review", cases=5)
    # Five files come on Monday at 0:00. Two pass on Tuesday, two a week later; the run ends before the third session.
    waited = table.pool < 0
    assert [outcome for outcome, gate in zip(outcomes(table), waited, strict=True) if gate] == ["passed"] * 4 + ["open"]
    assert list(table.ready[waited]) == [0.0] * 5
    assert list(table.finish[waited][:4]) == [DAY + TWO, DAY + TWO, 8 * DAY + TWO, 8 * DAY + TWO]
    assert list(table.case[~waited]) == [0, 1, 2, 3]
    assert list(table.start[~waited]) == [DAY + TWO, DAY + TWO + 30, 8 * DAY + TWO, 8 * DAY + TWO + 30]
    assert list(table.ready[~waited]) == [DAY + TWO, DAY + TWO, 8 * DAY + TWO, 8 * DAY + TWO]
    assert np.isnan(table.start[waited]).all()
    assert CASE_OUTCOMES[table.case_outcome[4]] == "open"


@both
def test_with_too_few_waiting_nobody_passes(engine: str) -> None:
    steps = (
        step("open", at=None, minutes=0.0, choose=(("early", 0.5), ("late", 0.5))),
        step("early", at=None, minutes=0.0, after=("open",)),
        step("late", at=None, minutes=5 * DAY, after=("open",)),
        step("review", at=None, after=("early", "late"), gate=Gate(TUESDAY_AT_TWO, least=4)),
    )
    table = run(steps, (pool(),), engine, at="open", cases=4)
    passed = (table.step == 3) & ~np.isnan(table.start)
    late = int(np.count_nonzero(table.step == 2))
    # By the first Tuesday fewer than four have come, since some take five days; all four pass on the second.
    assert 0 < late < 4
    assert list(table.start[passed]) == [8 * DAY + TWO] * 4


@both
def test_who_comes_at_the_instant_of_a_session_waits_for_the_next(engine: str) -> None:
    steps = (
        step("early", at=None, minutes=59.0),
        step("send", at=None, minutes=1.0, after=("early",)),
        step("exchange", at=None, minutes=5.0, after=("send",), gate=Gate(every=60.0)),
    )
    table = run(steps, (pool(),), engine, at="early", cases=1)
    assert outcomes(table) == ["done", "done", "passed", "done"]
    assert list(table.ready) == [0.0, 59.0, 60.0, 120.0]
    assert list(table.finish) == [59.0, 60.0, 120.0, 125.0]


@both
def test_a_rhythm_begins_anew_at_midnight(engine: str) -> None:
    steps = (step("early", at=None, minutes=1270.0), step("run", at=None, after=("early",), gate=Gate(every=420.0)))
    table = run(steps, (pool(),), engine, at="early", cases=1)
    # Every seven hours: 0:00, 7:00, 14:00, 21:00 (1260). What comes at 21:10 passes at midnight.
    assert table.finish[1] == DAY


@both
def test_sessions_are_held_on_workdays(engine: str) -> None:
    nightly = Gate(tuple((weekday, 1320) for weekday in range(7)))
    steps = (step("post", at=None, minutes=4 * DAY + 1325.0), step("run", at=None, after=("post",), gate=nightly))
    table = run(steps, (pool(),), engine, at="post", cases=1)
    # Friday's is at 22:00, five minutes before; the next is on Monday.
    assert table.finish[1] == 7 * DAY + 1320.0


@both
def test_what_waits_for_a_session_is_cancelled_with_its_case(engine: str) -> None:
    steps = (step("review", gate=Gate(TUESDAY_AT_TWO)),)
    table = run(steps, (pool(),), engine, at="review", cases=1, withdraws=Withdraws(1.0, Constant(600.0)))
    assert (outcomes(table), table.finish[0]) == (["cancelled"], 600.0)


@both
def test_the_clock_of_a_special_step_stands_still_while_it_waits_for_its_session(engine: str) -> None:
    steps = (
        step("accept", at=None, minutes=0.0, accepted=True),
        step("panel", after=("accept",), gate=Gate(TUESDAY_AT_TWO), special=True),
        step("decide", after=("panel",), decision=True),
    )
    table = run(steps, (pool(),), engine, at="accept", cases=1)
    assert table.decided[0] == DAY + TWO + 60
    assert table.stopped_days[0] == 1  # from Monday to Tuesday


@both
def test_cases_are_held_back_before_acceptance_while_too_many_are_in_hand(engine: str) -> None:
    steps = (
        step("accept", accepted=True),
        step("review", at="office", minutes=60.0, after=("accept",), decision=True),
        step("archive", at="office", minutes=10.0, after=("review",)),
    )
    table = run(steps, (pool(), pool("office")), engine, at="accept", cases=3, in_hand=1)
    # One at a time: accepted 9:30, decided 10:30; then the second, 11:00 and 12:00; then the third, 12:30 and 13:30.
    assert list(table.accepted) == [NINE + 30, NINE + 120, NINE + 210]
    assert list(table.decided) == [NINE + 90, NINE + 180, NINE + 270]
    held = (table.step == 0) & (table.pool < 0)
    assert list(table.case[held]) == [1, 2]
    assert list(table.ready[held]) == [0.0, 0.0]
    assert list(table.finish[held]) == [NINE + 90, NINE + 180]


@both
def test_who_is_held_back_and_withdraws_makes_room_for_nobody(engine: str) -> None:
    steps = (step("accept", accepted=True), step("review", at=None, minutes=2 * DAY, after=("accept",), decision=True))
    table = run(steps, (pool(),), engine, at="accept", cases=3, in_hand=1, withdraws=Withdraws(1.0, Constant(600.0)))
    # At 10:00 all three withdraw: the first is in hand and gives its place to the second, and that one to the third.
    assert [CASE_OUTCOMES[k] for k in table.case_outcome] == ["withdrawn"] * 3
    assert list(table.left) == [600.0] * 3
    held = [
        outcome for outcome, place in zip(outcomes(table), table.pool, strict=True) if place < 0 and outcome != "wasted"
    ]
    assert held == ["passed", "passed"]


@both
def test_backlog_beyond_acceptance_is_in_hand(engine: str) -> None:
    steps = (
        step("accept", accepted=True),
        step("review", at="office", minutes=60.0, after=("accept",), decision=True),
    )
    table = run(steps, (pool(), pool("office")), engine, at="review", cases=2, in_hand=1)
    assert list(table.decided) == [NINE + 60, NINE + 120]
    assert list(table.accepted) == [0.0, 0.0]
