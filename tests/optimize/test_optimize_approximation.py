"""The forecast: close enough to guide, on scenarios of every kind; and better with each simulation."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from simgov.experiment import estimate
from simgov.optimize.approximation import Forecaster, ScenarioApproximation
from simgov.optimize.guide import Guide
from simgov.optimize.problem import build
from simgov.optimize.space import Design
from simgov.optimize.traffic import expected_returns, traffic
from simgov.reforms.measures.fewer_meetings import FewerMeetings
from simgov.reforms.measures.training import Training
from simgov.study import load
from tests.optimize.tandem_oracle import instance_0

HERE = Path(__file__).parent
SCENARIOS = HERE.parents[1] / "scenarios"


def test_instance_0_is_forecast_within_ten_percent_near_its_optimum() -> None:
    tandem = instance_0(replications=300)
    for staff in ((5, 5, 4, 5), (6, 6, 4, 6), (5, 7, 4, 7)):
        design = Design(staff, (True, True))
        forecaster = Forecaster(tandem.scenario(design), [12] * 4)
        kpis = ["case.time.mean", "case.time.p90"]
        found = forecaster.values(kpis, np.array([staff]))[0]
        assert found == pytest.approx(np.array(tandem.values(design)), rel=0.10)


def test_more_staff_is_never_forecast_to_be_worse() -> None:
    tandem = instance_0(replications=1)
    forecaster = Forecaster(tandem.scenario(Design((1, 1, 1, 1), (False, False))), [12] * 4)
    random = np.random.default_rng(2)
    posts = random.integers(1, 12, (200, 4))
    more = posts + np.eye(4, dtype=np.int64)[random.integers(0, 4, 200)]
    values, better = (forecaster.values(["case.time.mean"], rows)[:, 0] for rows in (posts, more))
    assert np.all(better <= values * 1.01)
    assert np.all(np.isfinite(values))


@pytest.mark.parametrize(("name", "tolerance"), [("tandem", 0.1), ("provincial_approval", 0.1), ("district_hall", 0.6)])
def test_the_shipped_scenarios_are_forecast(name: str, tolerance: float) -> None:
    study = load(SCENARIOS / name / "scenario.yaml")
    kpis = [target.kpi for target in study.targets]
    posts = np.array([[pool.count for pool in study.baseline.pools]])
    found = Forecaster(study.baseline, posts[0].tolist()).values(kpis, posts)[0]
    truth = estimate(study.baseline, kpis, 4, 1)
    assert found == pytest.approx(np.array([truth[kpi].value for kpi in kpis]), rel=tolerance)


def test_visits_count_returns_shares_and_choices() -> None:
    study = load(HERE / "files" / "office.yaml")
    flow = traffic(study.baseline)
    assert flow.visits.tolist() == pytest.approx([1.0, 1.0 + 0.1 + 0.01, 1.0, 1.0, 1.0])
    assert expected_returns(0.1, 2) == pytest.approx(0.11)
    assert expected_returns(1.0, 3) == 3.0
    assert flow.cases.tolist() == pytest.approx([9 * 7 * 5, 8 * 7 * 5])
    review = [pool.id for pool in study.baseline.pools].index("review")
    assert flow.load[review] == pytest.approx(9 / 60 * (11 * 1.11 + 6), rel=1e-9)
    counter = [pool.id for pool in study.baseline.pools].index("counter")
    # Of 2.11 visits to review, one comes from the counter and one from review; the rest are back from the applicant.
    assert flow.routing[counter, review] == pytest.approx(1 / 2.11)
    assert flow.routing[review, review] == pytest.approx(1 / 2.11)
    assert flow.outside[review] == pytest.approx(0.11 / 2.11)


def test_the_pace_that_officers_reach_in_the_long_run_is_forecast() -> None:
    baseline = load(HERE / "files" / "office.yaml").baseline
    trained = Training(pools=("review",), gain=0.25).apply(baseline)
    both = FewerMeetings(pools=("review",), hours=0.25).apply(trained)
    place = [pool.id for pool in baseline.pools].index("review")
    loads = [traffic(scenario).load[place] for scenario in (baseline, trained, both)]
    assert loads == pytest.approx([loads[0], 0.8 * loads[0], 0.64 * loads[0]])


def test_a_simulation_corrects_the_forecast_there_and_nearby() -> None:
    study = load(HERE / "files" / "office.yaml")
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)
    approximation = ScenarioApproximation(
        problem.space, problem.goals, problem.terms, lambda d: problem.with_options(d.options), problem.term_services
    )
    guide = Guide(approximation, len(problem.goals))
    vectors = np.array([[2, 3, 1, 0, 0], [3, 3, 1, 0, 0], [2, 3, 1, 1, 0]])
    before = guide.forecast(0, vectors, [0])
    guide.learn(0, vectors[:1], [0], before.mean[:1, :1] + 0.4)
    after = guide.forecast(0, vectors, [0])
    assert after.mean[0, 0] == pytest.approx(before.mean[0, 0] + 0.4, abs=0.01)
    assert np.all(after.mean > before.mean + 0.3)
    assert after.deviation[0, 0] < 0.02 < after.deviation[2, 0] < before.deviation[2, 0]


def test_options_that_exclude_each_other_have_no_forecast() -> None:
    study = load(HERE / "files" / "office.yaml")
    assert study.decisions is not None
    problem = build(study.baseline, study.reforms, study.targets, study.decisions)

    from simgov.errors import ReformError
    from simgov.scenario.value import Scenario

    def refusing(design: Design) -> Scenario:
        if design.options[1]:
            raise ReformError("not both")
        return problem.with_options(design.options)

    approximation = ScenarioApproximation(problem.space, problem.goals, problem.terms, refusing, problem.term_services)
    rows = np.array([[2, 3, 1, 0, 0], [2, 3, 1, 1, 0]])
    stresses = approximation.stresses(0, rows, range(len(problem.goals)))
    assert np.all(stresses[1] == 0.0)
    assert np.any(stresses[0] != 0.0)
    assert np.all(np.isfinite(approximation.features(0, rows)))
