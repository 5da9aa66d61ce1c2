"""Parquet has what the frames have, whole or slice by slice."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

import simgov
from simgov.engines import slicing
from simgov.parquet import cases_file

PER_CASE = ["service", "channel", "group", "applied", "accepted", "decided", "left", "promise_due", "outcome"]


def test_parquet_has_the_columns_and_rows_of_the_frames(office: simgov.Scenario, tmp_path: Path) -> None:
    written = simgov.log(office, tmp_path / "run.parquet")
    tasks, cases = pd.read_parquet(written.file), pd.read_parquet(cases_file(written.file))
    pd.testing.assert_frame_equal(tasks, simgov.events(office), check_dtype=False)
    pd.testing.assert_frame_equal(cases, simgov.cases(office), check_dtype=False)
    assert (written.cases, written.tasks) == (len(cases), len(tasks))


def test_slices_hold_the_same_cases_and_tasks(
    office: simgov.Scenario, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "LONG", 0)
    monkeypatch.setattr(slicing, "TASKS_A_SLICE", 300)
    monkeypatch.setattr(slicing.slices, "__kwdefaults__", {"tasks": 300})
    written = simgov.log(office, tmp_path / "deep" / "run.parquet")
    cases = pd.read_parquet(cases_file(written.file))
    assert cases["case"].tolist() == list(range(len(cases)))
    pd.testing.assert_frame_equal(by_case(cases), by_case(simgov.cases(office)), check_dtype=False)
    tasks = pd.read_parquet(written.file)
    assert tasks["task"].tolist() == list(range(len(tasks)))
    together = tasks.merge(cases[["case", "applied"]], on="case")
    whole = simgov.events(office).merge(simgov.cases(office)[["case", "applied"]], on="case")
    order = ["ready", "applied", "step", "visit", "start", "finish", "server"]
    left, right = (
        frame.drop(columns=["task", "case"]).sort_values(order, ignore_index=True) for frame in (together, whole)
    )
    pd.testing.assert_frame_equal(left, right, check_dtype=False)


def by_case(cases: pd.DataFrame) -> pd.DataFrame:
    return cases.sort_values(["applied", "service", "decided", "left"], ignore_index=True)[PER_CASE]
