"""One window: one queue, defects that generalists miss, a back office that shirks, a time of transition."""

from __future__ import annotations

from dataclasses import replace

import pytest

from simgov.scenario.value import Returns
from tests.reforms.example_office import means, pair, refusal

PLAIN = "into: general, from: [passport], slowdown: 10 %"


def test_one_queue_is_faster_than_two_and_each_catch_takes_some_of_it_back() -> None:
    before, plain = pair(f"pool_windows: {{{PLAIN}}}")
    _, missing = pair(f"pool_windows: {{{PLAIN}, missed: 20 %, found_at: passport.review}}")
    _, shirking = pair(f"pool_windows: {{{PLAIN}, shirking: {{pools: [police], slowdown: 30 %}}}}")
    _, settling = pair(f"pool_windows: {{{PLAIN}, transition: {{start: 140 %, half_life: 10 workdays}}}}")
    kpis = ("passport.wait.mean", "passport.returns", "passport.time.mean", "hall.wait.mean")
    old, new, missed, shirked, settled = means((before, plain, missing, shirking, settling), *kpis, replications=3)
    assert new[0] < old[0]
    assert new[1] == 0.0
    assert missed[1] > 0.2
    assert missed[2] > new[2]
    assert shirked[2] > new[2]
    assert settled[3] > new[3]


def test_a_missed_defect_goes_back_to_the_window_as_other_returns_do() -> None:
    _, after = pair(f"pool_windows: {{{PLAIN}, missed: 5 %, found_at: [passport.review, permit.draft]}}")
    for service, step in (("passport", "review"), ("permit", "draft")):
        window = after.service(service).step("counter")
        assert window.returns is not None
        assert after.service(service).step(step).returns == Returns(0.05, "counter", window.returns.delay)


def test_a_step_that_sends_back_already_does_so_for_both_reasons() -> None:
    sends = "{mean: 10 min, cv: 0.8}}, returns: {share: 10 %, to: counter}, "
    _, after = pair(
        f"pool_windows: {{{PLAIN}, missed: 5 %, found_at: passport.review}}",
        replaced=(("{mean: 10 min, cv: 0.8}}, ", sends),),
    )
    returns = after.service("passport").step("review").returns
    assert returns is not None
    assert (returns.share, returns.to) == (pytest.approx(1 - 0.9 * 0.95), "counter")


def test_who_is_away_from_the_old_windows_is_away_from_the_new_one() -> None:
    leave = "absences: {leave: [{officers: 1, from: 2026-03-16, to: 2026-03-20}]}, "
    cut = "absences: {cuts: [{officers: 1, from: 2026-03-23}]}, "
    _, after = pair(
        f"pool_windows: {{{PLAIN}}}",
        replaced=(
            ("en: Passport windows}, kind: window, ", f"en: Passport windows}}, kind: window, {leave}"),
            ("en: General windows}, kind: window, ", f"en: General windows}}, kind: window, {cut}"),
        ),
    )
    absences = after.pool("general").absences
    assert (len(absences.cuts), len(absences.leave), len(absences.training)) == (1, 1, 0)


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair(
        "pool_windows: {into: general, from: [], slowdown: 0 %, missed: 0 %, found_at: passport.review, "
        "shirking: {pools: [police], slowdown: 0 %}, transition: {start: 100 %, half_life: 1 workday}}",
        replaced=(
            (
                "name: {zh: 窗口受理, en: Counter}\n        at: passport",
                "name: {zh: 窗口受理, en: Counter}\n        at: general",
            ),
        ),
    )
    assert after == before
    _, plain = pair(f"pool_windows: {{{PLAIN}}}")
    _, none = pair(f"pool_windows: {{{PLAIN}, missed: 0 %, found_at: permit.draft}}")
    assert none == plain


def test_shirking_and_transition_begin_with_the_measure() -> None:
    later = "shirking: {pools: [police], slowdown: 30 %}, transition: {start: 140 %, half_life: 10 workdays}"
    _, after = pair(f"pool_windows: {{into: general, from: [], {later}}}, from: 2026-03-16")
    (phase,) = after.phases
    pools = {pool.id: pool.learning for pool in phase.pools}
    for name, factors in (("police", (1.3, 1.3)), ("general", (1.4, 1.0))):
        learning = pools[name]
        assert learning is not None
        assert (learning.start, learning.factor, learning.ends) == (phase.start, *factors)
    assert replace(after, phases=()) == pair(f"pool_windows: {{{PLAIN}}}")[0]


@pytest.mark.parametrize(
    ("more", "path", "said"),
    [
        ("missed: 5 %", "missed", "not where they are found"),
        ("missed: 5 %, found_at: passport.revew", "found_at", "did you mean review"),
        (
            "missed: 5 %, found_at: [permit.draft, permit.ask]",
            "found_at.1",
            "nothing is done at general before permit.ask",
        ),
        ("missed: 5 %, found_at: permit.fire", "found_at", "fire sends cases back to fire, not to counter"),
        ("shirking: {pools: [polce], slowdown: 5 %}", "shirking.pools.0", "did you mean police"),
        ("shirking: {pools: [passport], slowdown: 5 %}", "shirking.pools.0", "passport is the window"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(more: str, path: str, said: str) -> None:
    where, text = refusal(f"pool_windows: {{{PLAIN}, {more}}}")
    assert where == path
    assert said in text
