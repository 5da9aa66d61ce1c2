"""A long run is measured slice by slice, and gives the same."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.engines import is_long, slicing
from simgov.experiment.batch import network_of
from simgov.kpi import tally

SCENARIOS = Path(__file__).parents[2] / "scenarios"


@pytest.mark.parametrize("name", ["tandem", "district_hall", "provincial_approval"])
def test_a_long_run_gives_the_measures_of_a_whole_one(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    scenario = simgov.load(SCENARIOS / name / "scenario.yaml").baseline
    whole = simgov.run(scenario, replications=2, seed=4, workers=1).result("baseline")
    monkeypatch.setattr(slicing, "LONG", 0)
    monkeypatch.setattr(slicing.slices, "__kwdefaults__", {"tasks": 500})
    assert is_long(network_of(scenario))
    cut = simgov.run(scenario, replications=2, seed=4, workers=1).result("baseline")
    np.testing.assert_allclose(cut.values, whole.values, rtol=1e-12)
    assert cut.lower_bound.tolist() == whole.lower_bound.tolist()
    for kpi, pooled in whole.pooled.items():
        assert cut.pooled[kpi].value == pooled.value, kpi
    monkeypatch.setattr(tally, "MOST_EXACT", 100)
    rough = simgov.run(scenario, replications=2, seed=4, workers=1).result("baseline")
    np.testing.assert_allclose(rough.values, whole.values, rtol=1e-3)
    for kpi, pooled in whole.pooled.items():
        assert rough.pooled[kpi].value == pytest.approx(pooled.value, rel=1e-3), kpi
        np.testing.assert_allclose(rough.pooled[kpi].without, pooled.without, rtol=1e-3)
