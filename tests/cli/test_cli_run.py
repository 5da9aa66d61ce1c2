"""``simgov run`` and ``compare``: what is printed, what is kept, and the exit codes."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Call = Callable[..., Result]


def test_run_prints_every_measure_as_json(office: Path, result_of: Callable[..., Any], tmp_path: Path) -> None:
    result = result_of("run", office, "--reform", "lean", "--replications", 2, "--seed", 7)
    assert {key: result[key] for key in ("seed", "replications", "engine")} == {
        "seed": 7,
        "replications": 2,
        "engine": "compiled",
    }
    assert result["scenario"] == office.as_posix()
    rows = {(row["scenario"], row["kpi"]): row for row in result["kpis"]}
    assert {scenario for scenario, _ in rows} == {"baseline", "lean"}
    wait = rows["baseline", "hall.wait.mean"]
    assert set(wait) >= {"scenario", "kpi", "unit", "mean", "half_width", "confidence"}
    assert (wait["unit"], wait["confidence"]) == ("min", 0.95)
    assert rows["lean", "permit.steps"]["mean"] < rows["baseline", "permit.steps"]["mean"]
    assert (tmp_path / "runs" / "office" / "run.json").exists()


def test_the_same_seed_gives_the_same_result_whatever_the_workers(office: Path, result_of: Callable[..., Any]) -> None:
    one = result_of("run", office, "--workers", 1)
    assert one["kpis"] == result_of("run", office, "--workers", 2)["kpis"]
    assert one["kpis"] != result_of("run", office, "--seed", 2)["kpis"]


def test_both_engines_give_the_same_measures(office: Path, result_of: Callable[..., Any]) -> None:
    compiled = result_of("run", office, "--replications", 1)
    assert compiled["kpis"] == result_of("run", office, "--replications", 1, "--engine", "reference")["kpis"]


def test_targets_met_end_with_0_and_missed_ones_with_1(office: Path, call: Call) -> None:
    met = call("run", office, "--targets")
    assert met.exit_code == 0
    assert re.search(r"hall\.wait\.mean +≤ (4|240)\S* (h|min) .*±.* met\n", met.stdout)
    office.write_text(office.read_text(encoding="utf-8").replace("at_most: 4 h", "at_most: 1 s"), encoding="utf-8")
    missed = call("run", office, "--targets", "--json")
    assert missed.exit_code == 1
    assert [row["met"] for row in json.loads(missed.stdout)["targets"]] == [False]


def test_a_missed_target_that_was_not_asked_for_ends_with_0(office: Path, call: Call) -> None:
    office.write_text(office.read_text(encoding="utf-8").replace("at_most: 4 h", "at_most: 1 s"), encoding="utf-8")
    assert call("run", office).exit_code == 0


def test_against_an_earlier_run(office: Path, call: Call, tmp_path: Path) -> None:
    earlier = tmp_path / "kpis.json"
    earlier.write_text(call("run", office, "--json").stdout, encoding="utf-8")
    assert call("run", office, "--against", earlier).exit_code == 0
    other_seed = call("run", office, "--against", earlier, "--seed", 5)
    assert other_seed.exit_code == 1
    assert "permit.time.mean" in other_seed.stdout
    assert call("run", office, "--against", earlier, "--seed", 5, "--tolerance", "10000").exit_code in (0, 1)
    moved = json.loads(call("run", office, "--against", earlier, "--seed", 5, "--json").stdout)["moved"]
    assert {"scenario", "kpi", "unit", "before", "now"} == set(moved[0])


def test_against_a_file_that_is_no_run_ends_with_2_before_anything_is_run(
    office: Path, call: Call, tmp_path: Path
) -> None:
    (tmp_path / "kpis.json").write_text("{}", encoding="utf-8")
    done = call("run", office, "--against", tmp_path / "kpis.json")
    assert done.exit_code == 2
    assert "no list of measures" in done.stderr
    assert not (tmp_path / "runs").exists()


def test_people_get_tables_in_their_language(office: Path, call: Call) -> None:
    english = call("run", office)
    assert "service" in english.stdout
    assert "All measures are kept in runs/office" in english.stderr
    chinese = call("run", office, "--lang", "zh", "--targets")
    assert "许可" in chinese.stdout
    assert "现场等候时间（平均）" in chinese.stdout
    assert "达到" in chinese.stdout
    assert "全部指标保存在 runs/office" in chinese.stderr


def test_compare_gives_paired_differences_of_all_reforms(office: Path, result_of: Callable[..., Any]) -> None:
    rows = result_of("compare", office)["differences"]
    assert {row["scenario"] for row in rows} == {"lean", "nothing"}
    assert {row["baseline"] for row in rows} == {"baseline"}
    assert all(row["mean"] in (0, None) for row in rows if row["scenario"] == "nothing")
    assert any(row["mean"] for row in rows if row["scenario"] == "lean")


def test_compare_reads_runs_that_were_kept(office: Path, call: Call, result_of: Callable[..., Any]) -> None:
    call("run", office, "--out", "one")
    call("run", office, "--reform", "lean", "--out", "two")
    rows = result_of("compare", "one", "two")["differences"]
    assert {row["scenario"] for row in rows} == {"lean"}


def test_compare_says_when_nothing_differs(office: Path, call: Call) -> None:
    assert "Nothing differs." in call("compare", office, "--reform", "nothing").stdout


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["run", "office.yaml", "--reform", "leen"], "lean"),
        (["run", "missing.yaml"], "missing.yaml"),
        (["run", "office.yaml", "--replications", "0"], "--replications"),
        (["run", "office.yaml", "--time", "60"], "has no unit"),
        (["run", "office.yaml", "--tolerance", "-1"], "not a tolerance"),
        (["run", "office.yaml", "--engine", "fast"], "compiled"),
        (["compare", "nowhere"], "nowhere"),
        (["compare", "office.yaml", "--reform", "leen"], "lean"),
        (["report", "nowhere", "-o", "x.html"], "nowhere"),
        (["optimize", "office.yaml"], "optimize"),
        (["fly"], "fly"),
    ],
)
def test_bad_input_ends_with_2_and_one_message(office: Path, call: Call, arguments: list[str], said: str) -> None:
    done = call(*arguments)
    assert done.exit_code == 2, done.output
    assert said in done.stderr
    assert done.stdout == ""
    assert "Traceback" not in done.stderr


def test_runs_with_different_seeds_cannot_be_compared(office: Path, call: Call) -> None:
    call("run", office, "--out", "one", "--seed", 1)
    call("run", office, "--out", "two", "--seed", 2)
    done = call("compare", "one", "two")
    assert done.exit_code == 2
    assert "seed" in done.stderr


def test_a_folder_that_cannot_be_written_ends_with_one_message(office: Path, call: Call, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    done = call("run", office, "--out", tmp_path / "file")
    assert done.exit_code in (2, 3)
    assert len(done.stderr.strip().splitlines()) == 1


def test_an_overloaded_office_is_named_and_still_run(office: Path, call: Call) -> None:
    office.write_text(office.read_text(encoding="utf-8").replace("rate: 6 /h", "rate: 20 /h"), encoding="utf-8")
    done = call("run", office, "--replications", 1)
    assert done.exit_code == 0
    assert "pool window" in done.stderr
    assert "needs at least" in done.stderr


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX limits")
def test_a_full_disk_ends_with_3_and_one_message(office: Path, tmp_path: Path) -> None:
    import resource

    def fill() -> None:
        resource.setrlimit(resource.RLIMIT_FSIZE, (512, 512))

    done = subprocess.run(
        [sys.executable, "-m", "simgov", "run", str(office), "--out", str(tmp_path / "kept")],
        capture_output=True,
        text=True,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)},
        preexec_fn=fill,
        timeout=120,
    )
    assert done.returncode == 3
    assert "File too large" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_run_starts_without_what_it_does_not_need(office: Path, tmp_path: Path) -> None:
    command = [sys.executable, "-X", "importtime", "-m", "simgov", "run", str(office), "--replications", "2"]
    run = subprocess.run([*command, "--out", str(tmp_path)], capture_output=True, text=True, check=True)
    imported = {line.rpartition("|")[2].strip() for line in run.stderr.splitlines() if line.startswith("import time:")}
    assert "numpy" in imported
    assert imported & {"pandas", "altair", "ortools", "simpy", "scipy.stats"} == set()
