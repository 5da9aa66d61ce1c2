"""The control loop: charts by hand, demand estimated anew, and the loop closed on a simulated office."""

import datetime
import itertools
import json
import math
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner, Result

from simgov.cli import simgov
from simgov.cli.controlling import as_far_as
from simgov.judging.changes import with_demand
from simgov.judging.charts import (
    NoStandard,
    Standard,
    autocorrelation,
    charted,
    estimated,
    limits,
    standard_of,
    watched,
)
from simgov.judging.control import (
    Controlled,
    Correcting,
    carried_out,
    closed_loop,
    corrected,
    interval_starts,
    played,
    quarter_of,
    quarter_starts,
)
from simgov.judging.demand import cases_per_workday, demand_by_cases, demand_by_kpi
from simgov.judging.schema import Chart, Control
from simgov.judging.series import Series
from simgov.judging.simulated import boundaries, simulated_values, windowed
from simgov.optimize.recommend import optimize
from simgov.report.control_picture import control_picture
from simgov.study import Study, load

DAY = datetime.date


# Charts ---------------------------------------------------------------------------------------------------------------


def test_ewma_by_hand() -> None:
    chart, standard = Chart("ewma", 0.5, 1.5), Standard(10.0, 2.0)
    low, high = limits(standard, chart)
    # 1.5 x 2 x sqrt(0.5 / 1.5) = 1.7321
    assert (low, high) == pytest.approx((10 - math.sqrt(3), 10 + math.sqrt(3)))
    points = charted([11.0, 9.0, 12.0, 13.0, 12.0], standard, chart)
    # 10.5, 9.75, 10.875, 11.9375 (a signal, begun with the third value), then anew from 10: 11
    assert [point.high for point in points] == [10.5, 9.75, 10.875, 11.9375, 11.0]
    assert [point.signal for point in points] == [None, None, None, "above", None]
    assert points[3].since == 2


def test_cusum_by_hand() -> None:
    chart, standard = Chart("cusum", 0.5, 2.0), Standard(10.0, 2.0)
    assert limits(standard, chart) == (-4.0, 4.0)
    points = charted([12.0, 9.0, 13.0, 14.0, 7.0, 6.0], standard, chart)
    # k = 1, h = 4. Above: 1, 0, 2, 5 (signal), then 0, 0. Below: 0, 0, 0, 0, then -2, -5 (signal).
    assert [point.high for point in points] == [1.0, 0.0, 2.0, 5.0, 0.0, 0.0]
    assert [point.low for point in points] == [0.0, 0.0, 0.0, 0.0, -2.0, -5.0]
    assert [point.signal for point in points] == [None, None, None, "above", None, "below"]
    assert (points[3].since, points[5].since) == (2, 4)


def test_a_standard_from_the_first_values_by_hand() -> None:
    # mean 12, moving ranges 2, 4, 2, 4: 3 / 1.128
    found = estimated([10.0, 12.0, 16.0, 14.0, 10.0, 99.0], 5)
    assert found is not None
    assert found.value == pytest.approx(12.4)
    assert found.spread == pytest.approx(3.0 / 1.128)
    assert estimated([10.0] * 5, 5) is None
    assert estimated([10.0, 11.0], 5) is None
    with pytest.raises(NoStandard, match="give a standard and a spread"):
        standard_of([1.0, 2.0], Control("hall.wait.mean", "min", standard=10.0))
    assert standard_of([1.0], Control("hall.wait.mean", "min", 10.0, 2.0)) == Standard(10.0, 2.0)


def test_neighbours_that_are_alike_are_correlated() -> None:
    # centred -1.5, -0.5, 0.5, 1.5: (0.75 - 0.25 + 0.75) / 5
    assert autocorrelation([1.0, 2.0, 3.0, 4.0]) == pytest.approx(0.25)
    assert math.isnan(autocorrelation([1.0, 1.0, 1.0]))


def test_which_side_is_worse_depends_on_the_kpi() -> None:
    dates = (DAY(2026, 1, 5), DAY(2026, 1, 12))
    low = watched(Series("a.on_time", "share", dates, (0.5, 0.5)), Control("a.on_time", "share", 0.9, 0.05))
    assert low.worse == "below"
    assert low.for_the_worse(low.points[0])
    wait = watched(Series("hall.wait.mean", "min", dates, (5.0, 5.0)), Control("hall.wait.mean", "min", 15.0, 1.0))
    assert wait.worse == "above"
    assert wait.points[0].signal == "below"
    assert not wait.for_the_worse(wait.points[0])


# Demand and the simulated office --------------------------------------------------------------------------------------

OFFICE = """\
simgov: 1
name: {en: Office, zh: 政务大厅}
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {name: {en: Windows, zh: 综合窗口}, kind: window, count: 2, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 7 /h}GROWTH}
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, accepted: true, decision: true}
targets:
  - {kpi: hall.wait.mean, at_most: 15 min}
optimize: {minimize: cost, staff: {window: 1..5}}
run: {start: 2026-01-05, period: 20 workdays, warm_up: 3 workdays, replications: 8, seed: 1}
"""


def study_of(folder: Path, growth: str = "") -> Study:
    path = folder / "office.yaml"
    path.write_text(OFFICE.replace("GROWTH", growth), encoding="utf-8")
    return load(path)


@pytest.fixture
def steady(tmp_path: Path) -> Study:
    return study_of(tmp_path)


@pytest.fixture
def growing(tmp_path: Path) -> Study:
    return study_of(tmp_path, ", growth: 60 %/year")


def test_demand_is_found_again_from_what_it_does(steady: Study) -> None:
    from simgov.experiment import estimate

    kpi = "hall.wait.mean"
    observed = estimate(with_demand(steady.baseline, 1.2), [kpi], 8, 1)[kpi].value
    found = demand_by_kpi(steady.baseline, kpi, observed, 8, 1)
    assert found is not None
    assert found.factor == pytest.approx(1.2, rel=0.003)
    assert found.how == "kpi"
    # With fewer applicants the wait depends little on how many there are, and a percent of them is within its noise.
    less = estimate(with_demand(steady.baseline, 0.7), [kpi], 8, 1)[kpi].value
    fewer = demand_by_kpi(steady.baseline, kpi, less, 8, 1)
    assert fewer is not None
    assert fewer.factor == pytest.approx(0.7, rel=0.01)


def test_what_no_demand_explains_is_not_explained(steady: Study) -> None:
    assert demand_by_kpi(steady.baseline, "permit.visits", 3.0, 4, 1) is None


def test_counted_cases_give_the_demand_at_once(steady: Study) -> None:
    a_day = cases_per_workday(steady.baseline, None, 1)
    assert a_day == pytest.approx(7 * 8, rel=0.05)
    # A week of five workdays with half as many again.
    found = demand_by_cases(steady.baseline, 7.5 * a_day, DAY(2026, 2, 2), DAY(2026, 2, 9), "permit", 1)
    assert found is not None
    assert found.factor == pytest.approx(1.5)
    assert found.how == "counted"
    assert demand_by_cases(steady.baseline, 10.0, DAY(2026, 2, 7), DAY(2026, 2, 9), None, 1) is None  # a weekend


def test_intervals_begin_with_weeks_months_and_quarters() -> None:
    assert boundaries(DAY(2026, 1, 8), "week", 2) == (DAY(2026, 1, 8), DAY(2026, 1, 15), DAY(2026, 1, 22))
    assert boundaries(DAY(2026, 1, 8), "month", 2) == (DAY(2026, 2, 1), DAY(2026, 3, 1), DAY(2026, 4, 1))
    assert boundaries(DAY(2026, 10, 1), "quarter", 2) == (DAY(2026, 10, 1), DAY(2027, 1, 1), DAY(2027, 4, 1))
    assert quarter_of(DAY(2026, 12, 31)) == "2026Q4"


def test_intervals_fill_the_quarters() -> None:
    quarters = quarter_starts(DAY(2026, 1, 8), "month", 2)
    assert quarters == (DAY(2026, 1, 8), DAY(2026, 4, 1), DAY(2026, 7, 1))
    months = [DAY(2026, month, 1) for month in (2, 3, 4, 5, 6, 7)]
    assert interval_starts(quarters, "month") == months
    late = quarter_starts(DAY(2026, 3, 27), "week", 1)
    assert late == (DAY(2026, 4, 1), DAY(2026, 7, 1))  # no whole week is left of the first quarter
    assert quarter_starts(DAY(2026, 3, 2), "month", 1)[0] == DAY(2026, 4, 1)
    weeks = interval_starts(late, "week")
    assert len(weeks) == 13 + 1
    assert (weeks[0], weeks[-2], weeks[-1]) == (DAY(2026, 4, 1), DAY(2026, 6, 24), DAY(2026, 7, 1))


def test_a_plan_is_carried_out_from_a_day_on_and_its_options_once(tmp_path: Path) -> None:
    text = OFFICE.replace("GROWTH", "").replace(
        "targets:", "reforms: {quick: [{automate: {step: permit.counter, share: 20 %}}]}\ntargets:"
    )
    path = tmp_path / "office.yaml"
    path.write_text(text.replace("staff: {window: 1..5}", "staff: {window: 1..5}, reforms: [quick]"), encoding="utf-8")
    study = load(path)
    plan = optimize(study, seed=1, replications=4)
    plan = replace(plan, staff={"window": 4}, reforms=("quick",))
    day = DAY(2026, 4, 1)
    office = carried_out(study, plan, study.baseline, day)
    assert office.version_on(DAY(2026, 3, 31)).pool("window").count == 2
    assert office.version_on(day).pool("window").count == 4
    assert office.version_on(day).services != study.baseline.services
    again = carried_out(study, plan, study.baseline, None)
    assert carried_out(study, plan, again, None, frozenset({"quick"})) == again


def test_windows_look_at_one_course_of_events(steady: Study) -> None:
    """What two halves have applied for is what the whole has: the same cases, window by window."""
    days = [DAY(2026, 1, 12), DAY(2026, 1, 19), DAY(2026, 1, 26)]
    halves = simulated_values(steady.baseline, "permit.throughput", days, 1)
    (whole,) = simulated_values(steady.baseline, "permit.throughput", [days[0], days[2]], 1)
    assert sum(halves) / 2 == pytest.approx(whole)
    window = windowed(steady.baseline, days[0], days[1]).run
    assert (window.warm_up.amount, window.period.amount if window.period else 0) == (7 * 1440, 7 * 1440)


def test_a_steady_office_stays_as_it_is_and_a_growing_one_is_corrected(tmp_path: Path, growing: Study) -> None:
    control = Control("hall.wait.mean", "min", 12.0, 6.0, chart=Chart("cusum", 0.5, 5.0))
    how = Correcting(seed=1, replications=8)
    loop = closed_loop(growing, control, "week", 3, how)
    assert [quarter.name for quarter in loop.quarters] == ["2026Q1", "2026Q2", "2026Q3"]
    drifting = [quarter for quarter in loop.quarters if quarter.signal is not None]
    assert drifting
    first = drifting[0]
    assert first.demand is not None
    assert first.demand.factor > 1.05
    assert first.plan is not None
    assert first.plan.staff["window"] > 2
    after = [quarter for quarter in loop.quarters if quarter.name > first.name]
    assert after
    assert all(quarter.mean < first.mean for quarter in after)
    steady = closed_loop(study_of(tmp_path), control, "week", 2, how)
    assert [quarter.plan for quarter in steady.quarters] == [None, None]


def test_the_loop_is_the_same_with_any_number_of_workers(growing: Study) -> None:
    control = Control("hall.wait.mean", "min", 12.0, 6.0)
    one, other = (
        closed_loop(growing, control, "week", 2, Correcting(1, 4, plans=False, workers=workers)) for workers in (1, 3)
    )
    assert one.watched.points == other.watched.points
    assert one.quarters == other.quarters


def test_ctrl_c_leaves_the_quarters_that_are_finished(growing: Study) -> None:
    control, how = Control("hall.wait.mean", "min", 12.0, 6.0), Correcting(1, 4, plans=False)

    def interrupted_after(quarters: int) -> Iterator[Controlled]:
        yield from itertools.islice(played(growing, control, "month", 3, how), quarters)
        raise KeyboardInterrupt

    found, interrupted = as_far_as(interrupted_after(2), np.zeros(1, np.int64))
    assert interrupted
    assert found.quarters == closed_loop(growing, control, "month", 3, how).quarters[:2]
    with pytest.raises(KeyboardInterrupt):
        as_far_as(interrupted_after(0), np.zeros(1, np.int64))


def test_without_targets_the_drift_is_told_and_no_plan(tmp_path: Path) -> None:
    text = OFFICE.replace("GROWTH", "")
    path = tmp_path / "bare.yaml"
    path.write_text(text[: text.index("targets:")] + text[text.index("run:") :], encoding="utf-8")
    dates = tuple(DAY(2026, 1, 5) + datetime.timedelta(days=7 * week) for week in range(4))
    series = Series("hall.wait.mean", "min", dates, (30.0, 31.0, 29.0, 30.0))
    found = corrected(load(path), watched(series, Control("hall.wait.mean", "min", 10.0, 2.0)), Correcting(1, 4))
    (quarter,) = found.quarters
    assert quarter.plan is None
    assert quarter.demand is not None
    assert "targets:" in quarter.says.en
    assert "targets:" in quarter.says.zh


def test_the_picture_says_what_the_loop_found(growing: Study) -> None:
    found = closed_loop(growing, Control("hall.wait.mean", "min", 12.0, 6.0), "month", 3, Correcting(1, 4, plans=False))
    english = control_picture(found, "hall.wait.mean", "en").decode()
    assert english.startswith("<svg")
    assert "signal for the worse" in english
    assert "2026-0" in english
    assert "变差报警" in control_picture(found, "x", "zh").decode()
    assert control_picture(found, "x", "en", "png")[:4] == b"\x89PNG"


# From the command line ------------------------------------------------------------------------------------------------


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    study_of(tmp_path)
    rows = [f"2026-{month:02d}-{day:02d},{9 + (month * day) % 5} min" for month in (1, 2, 3) for day in (5, 12, 19, 26)]
    rows += [f"2026-04-{day:02d},{25 + day % 3}" for day in (6, 13, 20, 27)]
    (tmp_path / "waits.csv").write_text("date,value\n" + "\n".join(rows) + "\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)

    def called(*arguments: object) -> Result:
        return CliRunner().invoke(simgov, ["control", *map(str, arguments)], prog_name="simgov")

    return called


def test_a_series_is_charted_and_corrected(call: Callable[..., Result], tmp_path: Path) -> None:
    done = call("office.yaml", "--kpi", "hall.wait.mean", "--series", "waits.csv", "--json", "-o", "chart.svg")
    assert done.exit_code == 0, done.output
    data: dict[str, Any] = json.loads(done.stdout)
    assert data["estimated_from"] == 12
    assert data["chart"]["arl0"] == pytest.approx(500, rel=0.01)
    first, second = data["quarters"]
    assert (first["quarter"], first["signal"], first["plan"]) == ("2026Q1", None, None)
    assert second["signal"] >= "2026-04-06"
    assert second["demand"] > 1.1
    assert second["how"] == "kpi"
    assert second["plan"]["staff"]["window"] == 3
    assert (tmp_path / "chart.svg").read_text(encoding="utf-8").startswith("<svg")
    page = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")
    written = page.split("`simgov control --json`:")[1].split("```")[1]
    for key in (*data, *data["chart"], *data["points"][0], *data["quarters"][0]):
        assert f'"{key}"' in written, key


def test_bad_options_are_said_and_end_with_2(call: Callable[..., Result]) -> None:
    series = ("office.yaml", "--kpi", "hall.wait.mean", "--series", "waits.csv")
    for options, said in (
        (("office.yaml", "--kpi", "hall.wait.mean", "--simulate", "week", "--quarters", "100000"), "range 1<=x<=400"),
        ((*series, "--standard", "11 min", "--spread", "0 min"), "--spread: a spread of 0 makes any value a signal"),
        ((*series, "--run-length", "3"), "no chart is designed for a run length of 3"),
    ):
        done = call(*options)
        assert done.exit_code == 2
        assert said in done.output


def test_the_file_may_say_what_is_watched(call: Callable[..., Result], tmp_path: Path) -> None:
    path = tmp_path / "office.yaml"
    section = "judging: {control: [{kpi: hall.wait.mean, standard: 11 min, spread: 2 min, series: waits.csv}]}\n"
    path.write_text(path.read_text(encoding="utf-8") + section, encoding="utf-8")
    done = call("office.yaml", "--no-plans", "--json")
    assert done.exit_code == 0, done.output
    data = json.loads(done.stdout)
    assert (data["kpi"], data["standard"], data["spread"], data["estimated_from"]) == ("hall.wait.mean", 11.0, 2.0, 0)
    assert data["quarters"][1]["signal"] is not None
    path.write_text(path.read_text(encoding="utf-8").replace("waits.csv", "gone.csv"), encoding="utf-8")
    assert "there is no file 'gone.csv'" in call("office.yaml", "--no-plans").output


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_for_people(call: Callable[..., Result], lang: str) -> None:
    done = call(
        "office.yaml", "--kpi", "hall.wait.mean", "--series", "waits.csv", "--lang", lang, "--chart", "cusum",
        "--run-length", "370", "--no-plans",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    assert "2026Q2" in done.stdout
    assert "h 4.774" in done.stdout
    assert "370" in done.stdout
    assert ("变差" if lang == "zh" else "worse") in done.stdout


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--kpi", "hall.wait.men", "--series", "waits.csv"), "write hall.wait.mean"),
        (("--kpi", "window.utilisation", "--series", "waits.csv"), "neither better nor worse"),
        (("--kpi", "hall.wait.mean"), "give --series FILE, or --simulate week"),
        ((), "--kpi is not given; as in --kpi hall.wait.mean"),
        (("--kpi", "hall.wait.mean", "--series", "waits.csv", "--simulate", "week"), "ask for one"),
        (("--kpi", "hall.wait.mean", "--series", "gone.csv"), "there is no file 'gone.csv'"),
        (("--kpi", "hall.wait.mean", "--series", "waits.csv", "--standard", "14"), "--standard: '14' has no unit"),
        (
            ("--kpi", "hall.wait.mean", "--series", "waits.csv", "--run-length", "3"),
            "--run-length: no chart is designed",
        ),
        (("--kpi", "hall.wait.mean", "--series", "waits.csv", "--first", "40"), "give a standard and a spread"),
        (("--kpi", "hall.wait.mean", "--series", "waits.csv", "--quarters", "2"), "--quarters is for --simulate"),
    ],
)
def test_bad_input_is_one_line(call: Callable[..., Result], arguments: tuple[str, ...], message: str) -> None:
    done = call("office.yaml", *arguments)
    assert done.exit_code == 2
    assert message in done.output
    assert "Traceback" not in done.output
