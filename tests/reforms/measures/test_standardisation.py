"""Standardisation: times spread less around the same mean; complex cases are sent back more."""

from __future__ import annotations

import pytest

from simgov.distributions import Exponential, Gamma, Lognormal, Weibull
from simgov.reforms.shaping import spread
from tests.reforms.example_office import means, pair, refusal


def test_times_spread_less_and_more_is_sent_back() -> None:
    before, after = pair("standardisation: {services: [passport], spread: 20 %}")
    _, complex_ones = pair("standardisation: {services: [passport], spread: 20 %, returns: 60 %}")
    kpis = ("passport.wait.mean", "passport.corrections", "passport.documents", "police.queue.mean")
    old, new, more = means((before, after, complex_ones), *kpis, replications=20)
    assert new[0] < old[0]
    assert new[3] < old[3]
    assert new[1] == old[1] < more[1]
    assert new[2] == old[2] < more[2]


def test_it_changes_the_spread_and_not_the_mean() -> None:
    before, after = pair("standardisation: {services: [passport], steps: [permit.fire], spread: 50 %, returns: 18 %}")
    for service, step, cv in (("passport", "counter", 0.3), ("passport", "review", 0.4), ("permit", "fire", 0.35)):
        old, new = (s.service(service).step(step).time for s in (before, after))
        assert old is not None
        assert new is not None
        assert (new.mean, new.cv) == (old.mean, pytest.approx(cv))
    fire = after.service("permit").step("fire").returns
    assert fire is not None
    assert fire.share == pytest.approx(0.06 * 1.18)
    assert after.service("permit").step("draft") == before.service("permit").step("draft")


@pytest.mark.parametrize("factor", [0.0, 0.01, 0.5])
@pytest.mark.parametrize("time", [Exponential(5.0), Lognormal(5.0, 0.7), Gamma(5.0, 0.7), Weibull(5.0, 2.0)])
def test_every_family_with_a_cv_narrows(time: Exponential | Lognormal | Gamma | Weibull, factor: float) -> None:
    narrow = spread(time, factor)
    assert narrow.mean == pytest.approx(time.mean)
    assert narrow.cv == pytest.approx(time.cv * factor, abs=1e-9)


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair("standardisation: {services: [permit, passport], spread: 100 %, returns: 0 %}")
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("services: [pasport], spread: 50 %", "services.0", "did you mean passport"),
        ("steps: [permit.fir], spread: 50 %", "steps.0", "did you mean fire"),
        ("services: [permit], steps: [permit.fire], spread: 50 %", "steps.0", "named twice"),
        ("spread: 50 %", "", "names no step"),
        ("steps: [passport.collect], spread: 50 %", "spread", "no time varies there"),
        ("services: [enquiry], returns: 18 %", "returns", "no case is sent back there"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"standardisation: {{{written}}}")
    assert where == path
    assert said in text
