"""Runs: the same bytes for any workers, pairing, failures kept as data, interruption, the time limit."""

from __future__ import annotations

import datetime
import math
import multiprocessing
from concurrent.futures import Executor, ProcessPoolExecutor, ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simgov.calendars import Calendar
from simgov.distributions import Exponential, Gamma, Lognormal
from simgov.engines import Stopped, simulate
from simgov.errors import ReplicationError
from simgov.experiment import (
    FailedReplications,
    Interrupted,
    Runs,
    batch,
    compare,
    estimate,
    joined,
    load_run,
    run,
    running,
)
from simgov.kpi import measure
from simgov.kpi.statistics import rank, t_quantile
from simgov.network import compile_network
from simgov.scenario.value import PoissonArrivals, Pool, Returns, RunSettings, Scenario, Service, Shift, Step, Text
from simgov.units import Duration, Money, Rate

WEEK = ((((540, 720), (780, 1020)),) * 5) + ((), ())


def text(name: str) -> Text:
    return Text(name, name)


def hall(label: str = "baseline", desks: int = 2) -> Scenario:
    """A counter in person that sends some back, and a review: some 60 cases in three days."""
    counter = Step(
        "counter", text("Counter"), "passport.counter", at="desk", time=Lognormal(25.0, 0.6), in_person=True,
        accepted=True, documents=2, returns=Returns(0.2, "counter", Exponential(60.0), limit=3),
    )  # fmt: skip
    review = Step(
        "review",
        text("Review"),
        "passport.review",
        at="office",
        time=Gamma(15.0, 0.8),
        after=("counter",),
        decision=True,
    )
    service = Service("passport", text("Passport"), (counter, review), PoissonArrivals(Rate(3.0 / 60)), promise=2)
    pools = (
        Pool("desk", text("Desk"), "window", (Shift(desks, WEEK),), cost=Money(3500, "CNY", "h")),
        Pool("office", text("Office"), "department", (Shift(1, WEEK),), at_closing="pause"),
    )
    settings = RunSettings(
        start=datetime.date(2026, 1, 5),
        period=Duration(3, "workday"),
        cap=Duration(30 * 1440.0),
        replications=12,
        seed=7,
    )
    return Scenario(text("Hall"), Calendar(WEEK), pools, (service,), settings, label, currency="CNY")


def processes(workers: int) -> ProcessPoolExecutor:
    """Workers that start quickly: forked from a server that has imported everything."""
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["simgov.experiment", "simgov.engines.compiled", "pandas"])
    return ProcessPoolExecutor(workers, mp_context=context)


@pytest.fixture(scope="module")
def runs() -> Runs:
    return run([hall(), hall("more", desks=3)])


def test_the_tidy_table_has_a_row_per_scenario_replication_and_kpi(runs: Runs) -> None:
    assert list(runs.kpis.columns) == ["scenario", "replication", "kpi", "unit", "value"]
    assert (runs.scenarios, runs.replications, runs.seed, runs.engine) == (("baseline", "more"), 12, 7, "compiled")
    count = len(runs.results[0].columns)
    assert len(runs.kpis) == 2 * 12 * count
    first = runs.kpis[runs.kpis["scenario"] == "baseline"]
    assert first["replication"].tolist() == [r for r in range(12) for _ in range(count)]
    assert not runs.interrupted


def test_every_value_is_that_of_its_replication(runs: Runs) -> None:
    network = compile_network(hall())
    for replication in (0, 5, 11):
        measured = measure(network, simulate(network, 7, replication))
        chosen = runs.kpis[(runs.kpis["scenario"] == "baseline") & (runs.kpis["replication"] == replication)]
        assert chosen["kpi"].tolist() == [kpi.name for kpi in measured.kpis]
        assert np.array_equal(chosen["value"].to_numpy(), measured.values, equal_nan=True)


def test_the_summary_has_means_with_t_intervals_and_quantiles_of_all_values_together(runs: Runs) -> None:
    summary = runs.summary().set_index(["scenario", "kpi"])
    assert list(runs.summary().columns) == [
        "scenario",
        "kpi",
        "unit",
        "mean",
        "half_width",
        "confidence",
        "lower_bound",
    ]
    waits = runs.kpis[(runs.kpis["scenario"] == "baseline") & (runs.kpis["kpi"] == "hall.wait.mean")]["value"]
    row = summary.loc[("baseline", "hall.wait.mean")]
    assert row["mean"] == pytest.approx(waits.mean())
    assert row["half_width"] == pytest.approx(t_quantile(0.95, 11) * waits.std() / math.sqrt(12))
    network = compile_network(hall())
    values = np.sort(
        np.concatenate(
            [
                measure(network, simulate(network, 7, r), ["passport.time.p90"]).samples["passport.time.p90"].values
                for r in range(12)
            ]
        )
    )
    assert summary.loc[("baseline", "passport.time.p90")]["mean"] == values[rank(90, len(values)) - 1]
    assert summary.loc[("baseline", "passport.time.p90")]["half_width"] > 0


@pytest.mark.parametrize("workers", [1, 2, 5])
@pytest.mark.parametrize("kind", ["threads", "processes"])
def test_the_same_seed_gives_the_same_bytes(
    runs: Runs, workers: int, kind: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(running, "SECONDS_PER_BATCH", 0.001 * workers)
    scenarios = [hall(), hall("more", desks=3)]
    run(scenarios, out=tmp_path / "one", workers=1)
    executor: Executor = ThreadPoolExecutor(workers) if kind == "threads" else processes(workers)
    with executor:
        again = run(scenarios, executor=executor, out=tmp_path / "other")
    for name in ("kpis.parquet", "pooled.parquet"):
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "other" / name).read_bytes()
    pd.testing.assert_frame_equal(again.table, runs.table)


def test_both_engines_give_the_same_numbers() -> None:
    compiled = run(hall(), replications=2)
    reference = run(hall(), replications=2, engine="reference")
    pd.testing.assert_frame_equal(compiled.table, reference.table, check_exact=True)


def test_a_reform_that_changes_nothing_differs_by_exactly_nothing() -> None:
    differences = compare(run([hall(), hall("null")])).differences
    assert (differences["mean"] == 0.0).all()
    assert (differences["half_width"] == 0.0).all()
    assert len(differences) == len(run(hall(), replications=1).results[0].columns)


def test_differences_are_paired_by_replication(runs: Runs) -> None:
    comparison = compare(runs, baseline=hall())
    assert comparison.baseline == "baseline"
    assert list(comparison.differences.columns)[:6] == ["scenario", "baseline", "kpi", "unit", "mean", "half_width"]
    row = comparison.differences.set_index("kpi").loc["hall.wait.mean"]
    wide = runs.kpis[runs.kpis["kpi"] == "hall.wait.mean"].pivot(
        index="replication", columns="scenario", values="value"
    )
    paired = wide["more"] - wide["baseline"]
    assert row["mean"] == pytest.approx(paired.mean())
    assert row["half_width"] == pytest.approx(t_quantile(0.95, 11) * paired.std() / math.sqrt(12))
    assert row["half_width"] < runs.estimate("baseline", "hall.wait.mean").half_width
    p90 = comparison.differences.set_index("kpi").loc["passport.time.p90"]
    assert (
        p90["mean"]
        == runs.estimate("more", "passport.time.p90").value - runs.estimate("baseline", "passport.time.p90").value
    )
    backwards = compare(runs, baseline="more").differences.set_index("kpi").loc["passport.time.p90"]
    assert backwards["mean"] == -p90["mean"]
    assert backwards["half_width"] == pytest.approx(p90["half_width"])


def test_an_unknown_baseline_is_named(runs: Runs) -> None:
    with pytest.raises(ValueError, match="no scenario 'lean' in this run; it has baseline, more"):
        compare(runs, baseline="lean")


def test_an_undefined_kpi_is_empty_and_leaves_no_trace_in_the_mean() -> None:
    quiet = replace(hall().services[0], id="permit", arrivals=PoissonArrivals(Rate(0.3 / 1440)))
    runs = run(replace(hall(), services=(*hall().services, quiet)), replications=8)
    values = runs.kpis[runs.kpis["kpi"] == "permit.time.mean"]["value"]
    assert 0 < values.notna().sum() < 8
    assert runs.estimate("baseline", "permit.time.mean").value == pytest.approx(values.mean())


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"scenarios": []}, "there is no scenario"),
        ({"scenarios": [hall(), hall()]}, "two scenarios are labelled 'baseline'"),
        ({"scenarios": hall(), "replications": 0}, "at least 1 replication"),
        ({"scenarios": hall(), "engine": "turbo"}, "no engine is called 'turbo'"),
        ({"scenarios": hall(), "kpis": ["passport.tim.mean"]}, "did you mean passport.time.mean"),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_runs(arguments: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        run(**arguments)


def failing(monkeypatch: pytest.MonkeyPatch, label: str, replication: int) -> None:
    def broken(network: Any, seed: int, number: int, *rest: Any) -> Any:
        if number == replication and network.scenario.label == label:
            raise ZeroDivisionError("a fault of the engine")
        return simulate(network, seed, number, *rest)

    monkeypatch.setattr(batch, "simulate", broken)


def test_a_failed_replication_is_data_and_an_error_after_the_rest_is_kept(
    runs: Runs, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing(monkeypatch, "more", 3)
    with pytest.raises(FailedReplications, match="1 replication failed; 11 of 12") as caught:
        run([hall(), hall("more", desks=3)], out=tmp_path)
    assert isinstance(caught.value, ReplicationError)
    assert "more, replication 3: ZeroDivisionError: a fault of the engine" in str(caught.value)
    kept = load_run(tmp_path)
    assert [str(failure) for failure in kept.failures] == [
        "more, replication 3: ZeroDivisionError: a fault of the engine"
    ]
    assert kept.result("baseline").replications.tolist() == list(range(12))
    assert kept.result("more").replications.tolist() == [0, 1, 2, *range(4, 12)]
    moved = compare(kept).differences.set_index("kpi").loc["hall.wait.mean"]
    wide = runs.kpis[runs.kpis["kpi"] == "hall.wait.mean"].pivot(
        index="replication", columns="scenario", values="value"
    )
    assert moved["mean"] == pytest.approx((wide["more"] - wide["baseline"]).drop(3).mean())


def test_ctrl_c_keeps_what_is_finished(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SECONDS_PER_BATCH", 0.0)
    said: list[tuple[int, int]] = []

    def progress(done: int, total: int) -> None:
        said.append((done, total))
        if done >= 5:
            raise KeyboardInterrupt

    with pytest.raises(Interrupted) as caught:
        run([hall(), hall("more", desks=3)], replications=500, progress=progress, out=tmp_path, workers=1)
    kept = load_run(tmp_path)
    assert kept.interrupted
    assert 5 <= kept.replications < 500
    assert kept.replications == caught.value.runs.replications
    assert said[0] == (1, 500)
    assert [done for done, _ in said] == sorted(done for done, _ in said)
    pd.testing.assert_frame_equal(kept.summary(), caught.value.runs.summary())
    whole = run([hall(), hall("more", desks=3)], replications=kept.replications)
    numbers = sorted(kept.kpis["replication"].unique())
    if numbers == list(range(len(numbers))):
        pd.testing.assert_frame_equal(kept.kpis, whole.kpis)


def test_a_stop_flag_and_a_time_limit_end_a_run_with_what_is_finished(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running, "SECONDS_PER_BATCH", 0.0)
    flag = np.zeros(1, np.int64)

    def progress(done: int, total: int) -> None:
        flag[0] = done >= 3

    stopped = run(hall(), replications=500, progress=progress, stop=flag, workers=1)
    assert stopped.interrupted
    assert 3 <= stopped.replications < 500
    late = run(hall(), replications=100_000, time=Duration(0.3 / 60))
    assert late.interrupted
    assert late.replications < 100_000
    none = run(hall(), replications=5, time=0.0)
    assert none.interrupted
    assert none.replications == 0
    assert math.isnan(none.summary()["mean"].iloc[0])
    assert len(none.kpis) == 0


def test_a_long_replication_is_stopped_inside(tmp_path: Path) -> None:
    import threading
    import time

    busy = hall()
    service = replace(busy.services[0], arrivals=PoissonArrivals(Rate(400.0)))
    long = replace(busy, services=(service,), run=replace(busy.run, period=Duration(60, "workday")))
    run(busy, replications=1)
    flag = np.zeros(1, np.int64)
    threading.Timer(0.5, lambda: flag.fill(1)).start()
    began = time.monotonic()
    runs = run(long, replications=4, stop=flag, out=tmp_path)
    assert time.monotonic() - began < 20
    assert runs.interrupted
    assert load_run(tmp_path).replications == runs.replications


def test_estimate_agrees_with_run_whoever_does_the_work(runs: Runs) -> None:
    asked = ["passport.time.p90", "hall.wait.mean", "passport.on_time"]
    plain = estimate(hall(), asked, 12, seed=7)
    for name in asked:
        assert plain[name] == runs.estimate("baseline", name)
    with ThreadPoolExecutor(2) as threads:
        assert estimate(hall(), asked, 12, 7, executor=threads) == plain
    with processes(2) as pool:
        assert estimate(hall(), asked, 12, 7, executor=pool) == plain


def test_estimate_on_fresh_replications(runs: Runs) -> None:
    later = estimate(hall(), ["hall.wait.mean"], 5, seed=7, first_replication=7)
    values = runs.kpis[(runs.kpis["scenario"] == "baseline") & (runs.kpis["kpi"] == "hall.wait.mean")]["value"]
    assert later["hall.wait.mean"].value == pytest.approx(values.to_numpy()[7:].mean())


def test_estimate_stops_and_fails_loudly(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(Stopped):
        estimate(hall(), ["hall.wait.mean"], 5, 7, stop=np.ones(1, np.int64))
    failing(monkeypatch, "baseline", 2)
    with pytest.raises(ReplicationError, match="baseline, replication 2"):
        estimate(hall(), ["hall.wait.mean"], 5, 7)


def test_runs_made_apart_are_compared_as_one(runs: Runs) -> None:
    apart = joined({"a": run(hall()), "b": run([hall(), hall("more", desks=3)]), "c": run(hall(desks=4))})
    assert apart.scenarios == ("baseline", "more", "c/baseline")
    pd.testing.assert_frame_equal(
        compare(apart).differences.iloc[: len(compare(runs).differences)], compare(runs).differences
    )
    with pytest.raises(ValueError, match=r"different seeds cannot be paired \(a 7, b 8\)"):
        joined({"a": run(hall(), replications=1), "b": run(hall(), replications=1, seed=8)})
