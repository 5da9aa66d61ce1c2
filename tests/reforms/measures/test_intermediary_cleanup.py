"""Intermediary clean-up: the delay outside falls; poorer reports come back, and the office may pay."""

from __future__ import annotations

import math

import numpy as np
import pytest

from simgov.distributions import Empirical, Lognormal
from simgov.scenario.value import Returns
from tests.reforms.example_office import means, pair, refusal


def test_cases_are_faster_and_poorer_reports_take_some_of_it_back() -> None:
    before, after = pair("intermediary_cleanup: {step: permit.report, time: 50 %}")
    _, poorer = pair("intermediary_cleanup: {step: permit.report, time: 50 %, poorer: 40 %, found_at: planning}")
    old, new, poor = means((before, after, poorer), "permit.time.mean", "permit.returns", replications=4)
    assert new[0] < poor[0] < old[0]
    assert new[1] == old[1] < poor[1]


def test_poor_reports_are_made_again() -> None:
    _, after = pair("intermediary_cleanup: {step: permit.report, poorer: 8 %, found_at: permit.planning}")
    assert after.service("permit").step("planning").returns == Returns(0.08, "report")


def test_a_limit_cuts_the_longer_times() -> None:
    """E min(X, m) of a lognormal X is m1 F(z - s) + m (1 - F(z)), z = (ln m - mu) / s: Klugman, Loss Models, A.5.1."""
    before, after = pair("intermediary_cleanup: {step: permit.report, limit: 6 workdays}")
    old, new = (s.service("permit").step("report").time for s in (before, after))
    assert isinstance(old, Lognormal)
    assert isinstance(new, Empirical)
    assert new.base == "workday"
    assert max(new.values) == 6.0
    sigma = math.sqrt(math.log(1 + old.cv**2))
    mu = math.log(old.mean) - sigma**2 / 2
    z = (math.log(6.0) - mu) / sigma

    def below(x: float) -> float:
        return 0.5 * math.erfc(-x / math.sqrt(2))

    assert new.mean == pytest.approx(old.mean * below(z - sigma) + 6.0 * (1 - below(z)), rel=1e-4)
    draws = np.linspace(0.02, 0.98, 49)
    np.testing.assert_allclose(new.quantile(draws), np.minimum(old.quantile(draws), 6.0), rtol=0.01)


def test_the_limit_holds_for_the_time_that_is_left() -> None:
    _, after = pair("intermediary_cleanup: {step: permit.report, time: 50 %, limit: 3 workdays}")
    step = after.service("permit").step("report")
    assert isinstance(step.time, Empirical)
    assert step.slowdown * max(step.time.values) == pytest.approx(3.0)


def test_what_the_office_pays_goes_by_the_cases_of_a_year() -> None:
    """12 cases a workday; 2026-03-02 to 2027-03-01 has 244 to 252 workdays in China, make-up days with them."""
    before, after = pair("intermediary_cleanup: {step: permit.report, time: 50 %, cost: 300 CNY}")
    yearly = (after.running - before.running) / 100
    assert 12 * 244 * 300 <= yearly <= 12 * 252 * 300
    _, half = pair("intermediary_cleanup: {step: permit.report, time: 50 %, cost: 300 CNY}, uptake: 50 %")
    assert half.running == pytest.approx(after.running / 2)
    _, firms = pair("intermediary_cleanup: {step: permit.report, time: 50 %, cost: 300 CNY}, groups: [firm]")
    assert firms.running == pytest.approx(after.running * 0.6)


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair(
        "intermediary_cleanup: {step: permit.report, time: 100 %, limit: 900 workdays, poorer: 0 %, "
        "found_at: planning, cost: 0 CNY}"
    )
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("step: permit.reprt", "step", "did you mean report"),
        ("step: permit.draft", "step", "done by planning, not by an intermediary"),
        ("step: permit.report, limit: 3 days", "limit", "write the limit in workdays"),
        ("step: permit.report, poorer: 5 %", "poorer", "which step finds poor reports"),
        ("step: permit.report, poorer: 5 %, found_at: draft", "found_at", "does not come after report"),
        ("step: permit.report, poorer: 5 %, found_at: fire", "found_at", "sends cases back to fire"),
        ("step: permit.report, cost: 5 EUR", "cost", "use one currency"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"intermediary_cleanup: {{{written}}}")
    assert where == path
    assert said in text
