"""KPIs of the shipped scenarios against those on file, to nine digits."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from pytest_regressions.dataframe_regression import DataFrameRegressionFixture

import simgov

SCENARIOS = Path(__file__).parents[2] / "scenarios"
KEYS = ["scenario", "kpi", "unit"]
TOLERANCE, SMALLEST = 1e-9, 1e-12
"""Relative, and for what is nearly 0: builds of numpy differ in the last bits of exp and log."""

RENEW = """
If the change is meant, renew the files and read what moved before committing it:
    .venv/bin/python -m pytest tests/regression/test_kpis_on_file.py --force-regen
    git diff --stat tests/regression"""

SETTINGS = [("tandem", "lean", 5), ("provincial_approval", "delegate", 3), ("district_hall", "one_window", 2)]
"""A scenario, one of its reforms, and how many replications of both."""


@pytest.mark.parametrize(("name", "reform", "replications"), SETTINGS)
def test_kpis_are_those_on_file(
    name: str, reform: str, replications: int, dataframe_regression: DataFrameRegressionFixture
) -> None:
    study = simgov.load(SCENARIOS / name / "scenario.yaml")
    runs = simgov.run([study.baseline, study.reform(reform)], replications=replications, workers=2)
    found = table(runs.kpis)
    try:
        dataframe_regression.check(found, basename=name, default_tolerance={"rtol": TOLERANCE, "atol": SMALLEST})
    except AssertionError:
        on_file = pd.read_csv(Path(__file__).with_suffix("") / f"{name}.csv", index_col=KEYS)
        raise AssertionError(differences(found, on_file) + RENEW) from None


def table(kpis: pd.DataFrame) -> pd.DataFrame:
    """A row per scenario and KPI, a column per replication."""
    wide = kpis.pivot(index=KEYS, columns="replication", values="value")
    return wide.reindex(pd.MultiIndex.from_frame(kpis[KEYS].drop_duplicates())).add_prefix("replication ")


def differences(found: pd.DataFrame, on_file: pd.DataFrame) -> str:
    """What moved, by name: the first lines of it."""
    before, after = on_file.align(found)
    moved = ~np.isclose(after, before, rtol=TOLERANCE, atol=SMALLEST, equal_nan=True)
    lines = [
        f"  {scenario} {kpi} [{unit}], {column}: {old!r} on file, now {new!r}"
        for column, flags in zip(after.columns, moved.T, strict=True)
        for (scenario, kpi, unit), old, new in zip(
            after.index[flags], before[column][flags], after[column][flags], strict=True
        )
    ]
    shown = lines[:12] + ["  ..."] * (len(lines) > 12)
    return "\n".join([f"{len(lines)} values are not those on file (nan: there is no such KPI):", *shown])


def test_what_moved_is_named() -> None:
    on_file = pd.DataFrame(
        {"replication 0": [1.0, 2.0]}, pd.MultiIndex.from_tuples([("b", "x", "min"), ("b", "y", "min")])
    )
    assert differences(on_file * (1 + 1e-12), on_file).startswith("0 values")
    assert "b y [min], replication 0: 2.0 on file, now 2.5" in differences(on_file.replace(2.0, 2.5), on_file)
    assert "b y [min], replication 0: 2.0 on file, now nan" in differences(on_file[:1], on_file)
