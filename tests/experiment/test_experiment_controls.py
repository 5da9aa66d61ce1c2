"""Control variates: the controls by hand, their means, and what they do to estimates."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.calendars import ALWAYS, Calendar
from simgov.distributions import Exponential, Gamma
from simgov.engines import simulate, slices
from simgov.experiment import load_run
from simgov.experiment.controls import Controls, behind, controls_behind, controls_of, counted
from simgov.kpi import find
from simgov.kpi.statistics import controlled_estimate, mean_estimate
from simgov.network import compile_network
from simgov.scenario.value import (
    Appointments,
    Part,
    PoissonArrivals,
    Pool,
    ProfileArrivals,
    Recorded,
    Returns,
    RunSettings,
    Scenario,
    Service,
    Shift,
    Step,
    Text,
)
from simgov.units import Duration, Rate

WEEK = (((540, 1020),),) * 5 + ((), ())


def text(name: str) -> Text:
    return Text(name, name)


def office(**run: object) -> Scenario:
    """Two services, two pools; shares, returns and parts."""
    counter = Step("counter", text("counter"), "permit/counter", at="desk", time=Exponential(9.0), in_person=True)
    review = Step(
        "review",
        text("review"),
        "permit/review",
        at="files",
        after=("counter",),
        share=0.7,
        returns=Returns(0.2, "counter"),
        parts=(
            Part("read", text("read"), time=Gamma(6.0, 0.8), stream="permit/review/read"),
            Part("sign", text("sign"), time=Exponential(2.0), stream="permit/review/sign"),
            Part("gone", text("gone"), time=Exponential(50.0), stream="permit/review/gone", kept=False),
        ),
        slowdown=1.1,
    )
    ask = Step("ask", text("ask"), "question/ask", at="desk", time=Exponential(4.0), in_person=True)
    pools = tuple(Pool(name, text(name), "window", (Shift(2, WEEK),)) for name in ("desk", "files", "unused"))
    services = (
        Service("permit", text("permit"), (counter, review), PoissonArrivals(Rate(0.1))),
        Service("question", text("question"), (ask,), ProfileArrivals(tuple((d, 540, 960, 30.0) for d in range(5)))),
    )
    settings: dict[str, object] = {"period": Duration(5.0, "workday"), "warm_up": Duration(1.0, "workday")}
    return Scenario(
        text("office"),
        Calendar(week=WEEK),
        pools,
        services,
        RunSettings(**(run or settings)),  # type: ignore[arg-type]
    )


def test_the_controls_are_the_work_drawn_over_the_work_expected() -> None:
    """By hand from the table of a run in which everybody is served and nobody skips or comes again."""
    plain = office()
    permit = replace(
        plain.services[0],
        steps=tuple(replace(step, share=1.0, returns=None) for step in plain.services[0].steps),
    )
    network = compile_network(plain.with_service(permit))
    events = simulate(network, 7, 3)
    measured = events.measured[events.case]
    drawn = [float(events.work[measured & (events.pool == pool)].sum()) for pool in (0, 1)]
    days, per_day = 5, 480 * 0.1
    expected = [days * (per_day * 9.0 + 30 * 4.0), days * per_day * (6.0 + 2.0) * 1.1]
    found = controls_of(network, events, 7, 3)
    assert found[:2] == pytest.approx([d / e - 1.0 for d, e in zip(drawn, expected, strict=True)], rel=1e-12)
    assert found[2] == 0.0


def with_appointments_and_matters() -> Scenario:
    plain = office()
    asked = replace(
        plain.services[1],
        matters=((1, 0.6), (3, 0.4)),
        appointments=Appointments(every=30, places=2, week=WEEK, taken=0.8, no_shows=0.1),
    )
    return plain.with_service(asked)


def recorded_applications(replays: bool = False) -> Scenario:
    """A file says when people come to ask; their work is drawn, or known too."""
    plain = office()
    instants = np.array([day * 1440.0 + 540.0 + 7.0 * k for day in range(5) for k in range(60)])
    said = Recorded("log.csv", "digest", instants, replays=replays)
    return plain.with_service(replace(plain.services[1], arrivals=said))


def test_nothing_is_luck_where_a_file_says_all() -> None:
    alone = recorded_applications(replays=True)
    network = compile_network(replace(alone, services=alone.services[1:]))
    assert Controls(network, 1, 0).result().tolist() == [0.0, 0.0, 0.0]


@pytest.mark.parametrize(
    "scenario",
    [office(), office(cases=300, warm_up_cases=40), with_appointments_and_matters(), recorded_applications()],
    ids=["by dates", "by cases", "appointments", "recorded"],
)
def test_their_means_are_zero(scenario: Scenario) -> None:
    network = compile_network(scenario)
    rows = np.array([controls_of(network, simulate(network, 11, number), 11, number) for number in range(400)])
    errors = rows.std(axis=0, ddof=1) / 20.0
    assert np.all(errors[:2] > 0.0)
    assert np.all(np.abs(rows.mean(axis=0))[:2] <= 4 * errors[:2])


@pytest.mark.parametrize("scenario", [office(), office(cases=300, warm_up_cases=40)], ids=["by dates", "by cases"])
def test_slices_of_a_run_add_up_to_the_same(scenario: Scenario) -> None:
    network = compile_network(scenario)
    controls = Controls(network, 5, 2)
    assert sum(len(events.case) for events in counted(slices(network, 5, 2), controls)) > 300
    whole = controls_of(network, simulate(network, 5, 2), 5, 2)
    assert controls.result() == pytest.approx(whole, rel=1e-9, abs=1e-12)


def test_a_kpi_is_explained_by_the_pools_behind_it() -> None:
    scenario = office()
    names = ("question.wait.mean", "permit.time.mean", "files.utilisation", "hall.wait.mean", "permit.time.p90")
    kpis = [find(scenario, name) for name in names]
    network = compile_network(scenario)
    assert [controls_behind(kpi, network) for kpi in kpis[:4]] == [(0,), (0, 1), (1,), (0, 1)]
    assert behind(kpis, network)[4] == ()


def test_what_the_controls_explain_whole_has_no_error_left() -> None:
    controls = np.random.default_rng(1).normal(size=(40, 2))
    values = 12.0 + controls @ np.array([3.0, -1.0])
    found = controlled_estimate(values, np.zeros(40, np.bool_), controls, 0.95)
    assert found.value == pytest.approx(12.0, rel=1e-12)
    assert found.half_width == pytest.approx(0.0, abs=1e-9)


def test_it_is_the_intercept_of_the_regression() -> None:
    from scipy.special import stdtrit

    generator = np.random.default_rng(2)
    controls = generator.normal(size=(30, 1))
    values = 5.0 + controls[:, 0] + generator.normal(size=30)
    values[3] = np.nan
    known = ~np.isnan(values)
    x, y = controls[known, 0], values[known]
    slope = ((x - x.mean()) * (y - y.mean())).sum() / ((x - x.mean()) ** 2).sum()
    intercept = y.mean() - slope * x.mean()
    residual = ((y - intercept - slope * x) ** 2).sum() / 27
    error = np.sqrt(residual * (1 / 29 + x.mean() ** 2 / ((x - x.mean()) ** 2).sum()))
    found = controlled_estimate(values, np.zeros(30, np.bool_), controls, 0.95)
    assert found.value == pytest.approx(intercept, rel=1e-12)
    assert found.half_width == pytest.approx(stdtrit(27, 0.975) * error, rel=1e-10)


@pytest.mark.parametrize("controls", [np.zeros((30, 2)), np.ones((30, 1)), np.tile(np.arange(30.0)[:, None], 2)])
def test_controls_that_say_nothing_or_the_same_leave_the_plain_mean(controls: np.ndarray) -> None:
    values = np.arange(30.0) ** 2
    plain = mean_estimate(values, np.zeros(30, np.bool_), 0.95)
    assert controlled_estimate(values, np.zeros(30, np.bool_), controls, 0.95) == plain


def test_few_replications_leave_the_plain_mean() -> None:
    generator = np.random.default_rng(3)
    values, controls, bounds = generator.normal(size=11), generator.normal(size=(11, 2)), np.zeros(11, np.bool_)
    assert controlled_estimate(values, bounds, controls, 0.95) == mean_estimate(values, bounds, 0.95)


def test_a_run_with_control_variates_has_the_same_values_and_narrower_intervals(tmp_path: Path) -> None:
    scenario = office()
    plain = simgov.run(scenario, replications=60, seed=3)
    runs = simgov.run(scenario, replications=60, seed=3, control_variates=True, out=tmp_path / "kept")
    assert runs.kpis.equals(plain.kpis)
    before, after = (one.estimate("baseline", "hall.wait.mean") for one in (plain, runs))
    ratio = runs.result("baseline").variance_ratio("hall.wait.mean")
    assert 0.2 < ratio < 0.9
    assert after.half_width < before.half_width
    assert plain.result("baseline").variance_ratio("hall.wait.mean") == 1.0
    assert runs.estimate("baseline", "hall.wait.p90") == plain.estimate("baseline", "hall.wait.p90")
    kept = load_run(tmp_path / "kept")
    assert kept.summary().equals(runs.summary())
    assert kept.result("baseline").variance_ratio("hall.wait.mean") == ratio


def test_the_same_with_processes_and_any_number_of_workers() -> None:
    from concurrent.futures import ProcessPoolExecutor

    scenario = office()
    one = simgov.run(scenario, replications=20, workers=1, control_variates=True)
    with ProcessPoolExecutor(2) as pool:
        two = simgov.run(scenario, replications=20, executor=pool, control_variates=True)
    assert one.summary().equals(two.summary())


def test_an_office_that_never_closes_has_controls_too() -> None:
    step = Step("counter", text("counter"), "queue/counter", at="desk", time=Exponential(1.0), in_person=True)
    pool = Pool("desk", text("desk"), "window", (Shift(2, ALWAYS.week),), always=True)
    service = Service("queue", text("queue"), (step,), PoissonArrivals(Rate(1.6)))
    scenario = Scenario(text("queue"), ALWAYS, (pool,), (service,), RunSettings(cases=2000, warm_up_cases=200))
    runs = simgov.run(scenario, replications=100, seed=3, control_variates=True)
    assert runs.result("baseline").variance_ratio("queue.wait.mean") < 0.7
