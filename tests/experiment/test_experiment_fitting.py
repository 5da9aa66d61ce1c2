"""The offset of satisfaction: found on the baseline alone, and then scored by its own run."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace

import pytest

import simgov
from simgov.calendars import Calendar
from simgov.distributions import Exponential
from simgov.experiment import CannotFit, fit_satisfaction, fitted_offset
from simgov.scenario.applicants import Satisfaction
from simgov.scenario.value import PoissonArrivals, Pool, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Rate

WEEK = (((540, 1020),),) * 5 + ((), ())


def service(name: str, rate: float, mean: float) -> Service:
    step = Step(
        "counter", Text("Counter", "窗口"), f"{name}.counter", "desk", Exponential(mean), in_person=True, documents=2
    )
    return Service(name, Text(name, name), (step,), PoissonArrivals(Rate(rate)))


def office(cap: float = 100 * 1440.0) -> Scenario:
    pool = Pool("desk", Text("Desk", "窗口"), "window", (Shift(2, WEEK),))
    run = RunSettings(period=Duration(4, "workday"), replications=6, seed=3, cap=Duration(cap))
    services = (service("permit", 0.12, 9.0), service("query", 0.08, 6.0))
    weights = Satisfaction(wait=30.0, observed=71.25)
    return Scenario(Text("Hall", "大厅"), Calendar(WEEK), (pool,), services, run, satisfaction=weights)


def test_the_baseline_scores_what_was_observed() -> None:
    found = fit_satisfaction(office())
    fitted = replace(office(), satisfaction=replace(office().satisfaction, offset=found.offset))
    runs = simgov.run([fitted])
    assert runs.estimate("baseline", "satisfaction").value == pytest.approx(71.25, abs=1e-4)
    assert found.satisfaction == pytest.approx(runs.estimate("baseline", "satisfaction").value, abs=1e-9)
    assert found.scores["permit"] == pytest.approx(runs.estimate("baseline", "permit.satisfaction").value)
    assert found.offset == round(found.offset, 4)


def test_it_is_the_same_each_time_and_with_any_number_of_workers() -> None:
    assert fit_satisfaction(office(), workers=1) == fit_satisfaction(office(), workers=2)
    assert fitted_offset(office()) == fit_satisfaction(office()).offset
    assert fit_satisfaction(office(), seed=5).offset != fit_satisfaction(office()).offset


@dataclass(frozen=True)
class Crowded:
    """More come, in every replication."""

    scenario: Scenario

    def drawn(self, seed: int, replication: int) -> Scenario:
        services = (service("permit", 0.14, 9.0), service("query", 0.08, 6.0))
        return replace(self.scenario, services=services)

    def with_staff(self, posts: Mapping[str, int]) -> Crowded:
        return Crowded(self.scenario.with_staff(posts))


def test_what_is_drawn_for_each_replication_is_what_is_scored() -> None:
    crowded = Crowded(office())
    assert (
        fitted_offset(replace(office(), chance=crowded))
        == fitted_offset(crowded.drawn(3, 0))
        != fitted_offset(office())
    )


def test_scores_that_are_cut_still_fit() -> None:
    """With such a weight most replications score 0 at the offset that the mean of losses would suggest."""
    hard = replace(office(), satisfaction=Satisfaction(wait=2000.0, observed=10.0))
    offset = fitted_offset(hard)
    runs = simgov.run([replace(hard, satisfaction=Satisfaction(offset=offset, wait=2000.0))])
    assert runs.estimate("baseline", "satisfaction").value == pytest.approx(10.0, abs=1e-4)


def test_what_cannot_be_fitted_says_why() -> None:
    with pytest.raises(CannotFit, match="never to the reform lean"):
        fit_satisfaction(replace(office(), label="lean"))
    with pytest.raises(CannotFit, match="nothing was observed"):
        fit_satisfaction(replace(office(), satisfaction=Satisfaction()))
    with pytest.raises(CannotFit, match="120 is not a score"):
        fit_satisfaction(office(), observed=120.0)
    overloaded = replace(office(cap=1.0), services=(service("permit", 0.5, 9.0), service("query", 0.08, 6.0)))
    with pytest.raises(CannotFit, match="cases still open have no points"):
        fit_satisfaction(overloaded, observed=99.0)
