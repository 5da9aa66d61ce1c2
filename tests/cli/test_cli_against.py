"""``run --against``: what counts as moved, and what a wrong file is told."""

import json
from pathlib import Path

import pytest

from simgov.cli.against import Moved, earlier_measures, moved
from simgov.errors import InputError


def measure(kpi: str, mean: float | None, unit: str = "min") -> dict[str, object]:
    return {"scenario": "baseline", "kpi": kpi, "unit": unit, "mean": mean}


def test_within_the_tolerance_nothing_moved() -> None:
    before = [measure("a", 100.0), measure("b", -2.0), measure("c", None)]
    assert moved(before, [measure("a", 101.0), measure("b", -2.01), measure("c", None)], 0.01) == []


def test_beyond_the_tolerance_it_moved() -> None:
    assert moved([measure("a", 100.0)], [measure("a", 101.1)], 0.01) == [Moved("baseline", "a", "min", 100.0, 101.1)]


def test_a_measure_that_is_gone_undefined_or_in_another_unit_moved() -> None:
    before = [measure("gone", 1.0), measure("undefined", 1.0), measure("unit", 1.0)]
    now = [measure("undefined", None), measure("unit", 1.0, "h")]
    assert [m.kpi for m in moved(before, now, 1.0)] == ["gone", "undefined", "unit"]


def test_zero_stays_exactly_zero_and_new_measures_do_not_count() -> None:
    assert [m.kpi for m in moved([measure("a", 0.0)], [measure("a", 1e-9), measure("new", 1.0)], 0.5)] == ["a"]


def test_without_tolerance_every_bit_counts() -> None:
    assert moved([measure("a", 0.1 + 0.2)], [measure("a", 0.3)], 0.0) != []


@pytest.mark.parametrize(
    ("text", "place"),
    [("{\n  kpis}", ":2:3: "), ("[]", "kpis: no list"), ('{"kpis": [{"kpi": "a"}]}', "kpis: no list"), ("\xff", "not")],
)
def test_a_file_that_holds_no_measures_is_an_input_error(tmp_path: Path, text: str, place: str) -> None:
    path = tmp_path / "kpis.json"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(InputError) as caught:
        earlier_measures(path)
    assert place in str(caught.value)
    assert "simgov run SCENARIO --json > kpis.json" in str(caught.value)


def test_a_file_as_run_writes_it_is_read(tmp_path: Path) -> None:
    path = tmp_path / "kpis.json"
    path.write_text(json.dumps({"kpis": [measure("a", 1.0)]}), encoding="utf-8")
    assert earlier_measures(path) == [measure("a", 1.0)]
