"""Refusal, revocation, withdrawal, deemed approval and returns by attempt: every instant was worked out by hand."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np

from simgov.distributions import Constant
from simgov.engines.events import CASE_OUTCOMES
from simgov.scenario.value import Returns, Withdraws

sys.path.insert(0, str(Path(__file__).parent))
from test_engines_by_hand import DAY, FIVE, NINE, both, outcomes, pool, run, step


@both
def test_a_refusal_by_one_branch_ends_the_others(engine: str) -> None:
    steps = (
        step("open", at=None, minutes=540.0),
        step("plan", minutes=90.0, after=("open",)),
        step("water", minutes=20.0, after=("open",)),
        step("fire", at="brigade", minutes=10.0, after=("open",), refuses=1.0),
        step("decide", after=("plan", "water", "fire"), decision=True),
    )
    table = run(steps, (pool(), pool("brigade")), engine, at="open", cases=1)
    # All three are ready at nine. Fire refuses at 9:10: water, which waits, is cancelled; plan is finished for nothing.
    assert outcomes(table) == ["done", "wasted", "cancelled", "refused"]
    assert list(table.finish) == [NINE, NINE + 90, NINE + 10, NINE + 10]
    assert CASE_OUTCOMES[table.case_outcome[0]] == "refused"
    assert (table.decided[0], table.left[0]) == (NINE + 10, NINE + 10)


@both
def test_a_refusal_before_acceptance_is_acceptance_and_decision(engine: str) -> None:
    steps = (step("accept", accepted=True, refuses=1.0), step("decide", after=("accept",), decision=True))
    table = run(steps, (pool(),), engine, at="accept", cases=1)
    assert outcomes(table) == ["refused"]
    assert (table.accepted[0], table.decided[0], table.left[0]) == (NINE + 30, NINE + 30, NINE + 30)


@both
def test_a_decision_is_revoked_by_the_verification_behind_it(engine: str) -> None:
    steps = (
        step("decide", decision=True),
        step("verify", minutes=20.0, after=("decide",), revokes=1.0),
        step("archive", after=("verify",)),
    )
    table = run(steps, (pool(),), engine, at="decide", cases=1)
    assert outcomes(table) == ["done", "revoked"]
    assert CASE_OUTCOMES[table.case_outcome[0]] == "revoked"
    assert (table.decided[0], table.left[0]) == (NINE + 30, NINE + 50)


@both
def test_what_is_not_decided_is_not_revoked(engine: str) -> None:
    """The step before it decides only where it is done or skipped on the way taken."""
    steps = (
        step("open", at=None, minutes=540.0, choose=(("fast", 0.0), ("slow", 1.0))),
        step("fast", after=("open",), decision=True),
        step("slow", after=("open",)),
        step("verify", after=("fast", "slow"), revokes=1.0),
    )
    table = run(steps, (pool(),), engine, at="open", cases=1)
    assert outcomes(table) == ["done", "done", "done"]
    assert CASE_OUTCOMES[table.case_outcome[0]] == "finished"


@both
def test_a_withdrawal_cancels_what_waits_and_wastes_what_is_under_way(engine: str) -> None:
    steps = (step("review", minutes=60.0), step("decide", after=("review",), decision=True))
    leaving = Withdraws(1.0, Constant(615.0))
    table = run(steps, (pool(),), engine, at="review", cases=2, withdraws=leaving)
    # The first is reviewed 9:00-10:00 and then waits behind the second, 10:00-11:00. Both withdraw at 10:15.
    assert outcomes(table) == ["done", "wasted", "cancelled"]
    assert list(table.finish) == [NINE + 60, NINE + 120, 615.0]
    assert [CASE_OUTCOMES[k] for k in table.case_outcome] == ["withdrawn", "withdrawn"]
    assert list(table.left) == [615.0, 615.0]
    assert np.isnan(table.decided).all()


@both
def test_a_withdrawal_at_the_instant_of_the_decision_comes_too_late(engine: str) -> None:
    steps = (step("decide", decision=True), step("archive", after=("decide",)))
    table = run(steps, (pool(),), engine, at="decide", cases=1, withdraws=Withdraws(1.0, Constant(NINE + 30)))
    assert outcomes(table) == ["done", "done"]
    assert CASE_OUTCOMES[table.case_outcome[0]] == "finished"


@both
def test_a_withdrawal_in_workdays_passes_in_working_time(engine: str) -> None:
    steps = (step("wait", at=None, minutes=5 * DAY),)
    table = run(steps, (pool(),), engine, at="wait", cases=1, withdraws=Withdraws(1.0, Constant(1.5, "workday")))
    # 480 minutes on Monday, 9:00 to 17:00, and 240 on Tuesday.
    assert table.left[0] == DAY + NINE + 240


@both
def test_the_share_sent_back_changes_with_the_attempt(engine: str) -> None:
    returns = Returns(1.0, "review", limit=20, later=(1.0, 0.0))
    table = run((step("review", returns=returns),), (pool(),), engine, at="review", cases=1)
    assert outcomes(table) == ["returned", "returned", "done"]
    assert list(table.visit) == [0, 1, 2]
    assert list(table.finish) == [NINE + 30, NINE + 60, NINE + 90]


@both
def test_the_last_share_holds_for_all_further_attempts(engine: str) -> None:
    returns = Returns(1.0, "review", limit=3, later=(1.0,))
    table = run((step("review", returns=returns),), (pool(),), engine, at="review", cases=1)
    assert outcomes(table) == ["returned"] * 3 + ["done"]


@both
def test_who_is_refused_is_not_sent_back(engine: str) -> None:
    steps = (step("review", refuses=1.0, returns=Returns(1.0, "review")),)
    assert outcomes(run(steps, (pool(),), engine, at="review", cases=1)) == ["refused"]


@both
def test_silence_beyond_the_statutory_limit_is_approval(engine: str) -> None:
    steps = (
        step("accept", at=None, minutes=0.0, accepted=True),
        step("review", minutes=1200.0, after=("accept",)),
        step("decide", after=("review",), decision=True),
    )
    files = pool(at_closing="pause")
    table = run(steps, (files,), engine, at="accept", cases=1, statutory_limit=1, deemed_approval=True)
    # Accepted on Monday: the limit ends on Tuesday at 17:00. The review has 480 minutes on both days, 240 on Wednesday.
    assert outcomes(table) == ["done", "wasted"]
    assert CASE_OUTCOMES[table.case_outcome[0]] == "deemed"
    assert (table.decided[0], table.left[0]) == (DAY + FIVE, DAY + FIVE)
    assert table.finish[1] == 2 * DAY + NINE + 240


@both
def test_a_stop_of_the_clock_postpones_deemed_approval(engine: str) -> None:
    steps = (
        step("accept", at=None, minutes=0.0, accepted=True),
        step("hearing", at=None, after=("accept",), time=Constant(2.0, "workday"), special=True),
        step("review", minutes=1200.0, after=("hearing",), decision=True),
    )
    files = pool(at_closing="pause")
    table = run(steps, (files,), engine, at="accept", cases=1, statutory_limit=1, deemed_approval=True)
    # The hearing ends on Tuesday at 17:00, the very instant of the limit: Tuesday does not count, Wednesday is the day.
    assert table.stopped_days[0] == 1
    assert outcomes(table) == ["done", "done", "wasted"]
    assert table.decided[0] == 2 * DAY + FIVE


@both
def test_a_limit_that_passes_while_the_clock_stands_still_does_not_count(engine: str) -> None:
    steps = (
        step("accept", at=None, minutes=0.0, accepted=True),
        step("hearing", at=None, after=("accept",), time=Constant(3.5, "workday"), special=True),
        step("decide", after=("hearing",), decision=True),
    )
    table = run(steps, (pool(),), engine, at="accept", cases=1, statutory_limit=1, deemed_approval=True)
    # Monday, Tuesday, Wednesday and 240 minutes of Thursday, until 13:00. Three days do not count; decided at 13:30.
    assert table.stopped_days[0] == 3
    assert CASE_OUTCOMES[table.case_outcome[0]] == "finished"
    assert table.decided[0] == 3 * DAY + NINE + 240 + 30


@both
def test_a_decision_at_the_last_instant_is_in_time(engine: str) -> None:
    steps = (step("decide", minutes=960.0, decision=True),)
    files = pool(at_closing="pause")
    table = run(steps, (files,), engine, at="decide", cases=1, statutory_limit=1, deemed_approval=True)
    # Applied and accepted on Monday at 0:00; 480 minutes on Monday and on Tuesday, the last at 17:00.
    assert (CASE_OUTCOMES[table.case_outcome[0]], table.decided[0]) == ("finished", DAY + FIVE)
