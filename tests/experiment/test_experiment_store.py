"""The run store: what is kept, read back whole, refused when broken, and safe when the disk is full."""

from __future__ import annotations

import errno
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from simgov import __version__
from simgov.errors import StoreError
from simgov.experiment import Failure, Runs, ScenarioRuns, compare, load_run, store
from simgov.experiment.runs import Column
from simgov.experiment.store import RunStore
from simgov.kpi.statistics import Pooled


def some_runs(seed: int = 7) -> Runs:
    """Two scenarios, three replications, three KPIs, written by hand."""
    columns = (Column("cost", "CNY"), Column("s.time.p90", "min", quantile=True), Column("s.on_time", "share"))

    def result(label: str, shift: float, kept: list[int]) -> ScenarioRuns:
        values = np.array([[100.0, 30.0, 0.5], [100.0, 31.0, np.nan], [100.0, 29.5, 0.75]])[: len(kept)] + shift
        bounds = np.array([[False, True, False]] * len(kept))
        pooled = {"s.time.p90": Pooled(30.5 + shift, np.array([30.0, 31.0, 30.5]) + shift, lower_bound=True)}
        return ScenarioRuns(
            label, columns, np.array(kept), values, bounds, pooled, "ab" * 32, {"en": "Hall", "zh": "大厅"}
        )

    return Runs(
        (result("baseline", 0.0, [0, 1, 2]), result("lean", 1.0, [0, 2])), seed, 3, "compiled", 0.9,
        failures=(Failure("lean", 1, "ValueError: no"),), warnings=("pool desk has work for 120 %",),
        settings={"source": "hall.yaml", "start": "2026-01-05"},
    )  # fmt: skip


def test_a_kept_run_is_read_back_whole(tmp_path: Path) -> None:
    runs = some_runs()
    RunStore.at(tmp_path / "new" / "run").save(runs)
    for path in (tmp_path / "new" / "run", tmp_path / "new" / "run" / "run.json"):
        kept = load_run(path)
        pd.testing.assert_frame_equal(kept.table, runs.table)
        pd.testing.assert_frame_equal(kept.summary(), runs.summary())
        pd.testing.assert_frame_equal(compare(kept).differences, compare(runs).differences)
        same = (
            "seed",
            "planned",
            "engine",
            "confidence",
            "interrupted",
            "failures",
            "warnings",
            "settings",
            "scenarios",
        )
        assert all(getattr(kept, name) == getattr(runs, name) for name in same)
        assert kept.result("lean").names == {"en": "Hall", "zh": "大厅"}


def test_run_json_says_what_was_run_with_what(tmp_path: Path) -> None:
    RunStore.at(tmp_path).save(some_runs())
    described = json.loads((tmp_path / "run.json").read_text(encoding="utf-8"))
    assert described["seed"] == 7
    assert described["versions"]["simgov"] == __version__
    assert {"python", "numpy", "numba", "simpy"} <= set(described["versions"])
    assert described["scenarios"][0]["hash"] == "ab" * 32
    assert described["summary"][1]["mean"] == 30.5
    assert described["summary"][2]["mean"] == 0.625
    assert sorted(described["files"]) == ["kpis.parquet", "pooled.parquet"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["kpis.parquet", "pooled.parquet", "run.json"]


def test_the_parquet_is_tidy(tmp_path: Path) -> None:
    RunStore.at(tmp_path).save(some_runs())
    frame = pd.read_parquet(tmp_path / "kpis.parquet")
    assert list(frame.columns) == ["scenario", "replication", "kpi", "unit", "value", "lower_bound"]
    assert frame.iloc[1].tolist() == ["baseline", 0, "s.time.p90", "min", 30.0, True]


def test_an_empty_run_is_kept_too(tmp_path: Path) -> None:
    runs = some_runs()

    def emptied(one: ScenarioRuns) -> ScenarioRuns:
        none = slice(0, 0)
        arrays = {
            "replications": one.replications[none],
            "values": one.values[none],
            "lower_bound": one.lower_bound[none],
        }
        return replace(one, pooled={}, **arrays)

    empty = replace(runs, results=tuple(emptied(one) for one in runs.results), interrupted=True)
    RunStore.at(tmp_path).save(empty)
    assert load_run(tmp_path).replications == 0
    assert load_run(tmp_path).interrupted


def test_a_checkpoint_is_a_run_without_pooled_quantiles(tmp_path: Path) -> None:
    RunStore.at(tmp_path).checkpoint(some_runs())
    kept = load_run(tmp_path)
    pd.testing.assert_frame_equal(kept.table, some_runs().table)
    assert np.isnan(kept.estimate("baseline", "s.time.p90").value)
    assert kept.estimate("baseline", "cost").value == 100.0


def full(*_: Any, **__: Any) -> None:
    raise OSError(errno.ENOSPC, "No space left on device")


@pytest.mark.parametrize("what", ["_write_parquet", "Path.write_text", "Path.replace"])
def test_a_full_disk_is_said_and_what_was_there_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, what: str
) -> None:
    kept = RunStore.at(tmp_path)
    kept.save(some_runs())
    before = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    with monkeypatch.context() as patched:
        patched.setattr(Path if "." in what else store, what.rpartition(".")[2], full)
        with pytest.raises(StoreError, match="the run cannot be kept: No space left on device"):
            kept.save(some_runs(seed=8))
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == before
    assert load_run(tmp_path).seed == 7


def test_a_folder_that_cannot_be_written_is_refused_before_the_run(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("in the way")
    with pytest.raises(StoreError, match="nothing can be kept here"):
        RunStore.at(tmp_path / "file" / "run")


def test_broken_runs_are_refused_in_one_sentence(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="holds no run"):
        load_run(tmp_path)
    RunStore.at(tmp_path).save(some_runs())
    whole = (tmp_path / "run.json").read_text(encoding="utf-8")

    def refused(text: str, message: str) -> None:
        (tmp_path / "run.json").write_text(text, encoding="utf-8")
        with pytest.raises(StoreError, match=message):
            load_run(tmp_path)

    refused(whole[:50], "cannot be read")
    refused("[]", "is not a run of simgov")
    refused(whole.replace('"format": 1', '"format": 99'), "is of format 99")
    refused(whole.replace('"engine"', '"motor"'), "this run cannot be read")
    (tmp_path / "run.json").write_text(whole, encoding="utf-8")
    kpis = (tmp_path / "kpis.parquet").read_bytes()
    (tmp_path / "kpis.parquet").write_bytes(kpis[:-9])
    with pytest.raises(StoreError, match="was not written completely"):
        load_run(tmp_path)
    (tmp_path / "kpis.parquet").unlink()
    with pytest.raises(StoreError, match="was not written completely"):
        load_run(tmp_path)
