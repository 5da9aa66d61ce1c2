"""The table: the same bytes for any number of processes, finished rows are kept, and what is stale says so."""

from __future__ import annotations

import re
import resource
import shutil
from pathlib import Path

import pytest

from benchmarks.casebook.__main__ import main
from benchmarks.casebook.plot import tornado
from benchmarks.casebook.row import Row, run_case
from tests.casebook.conftest import CASE


def run(folder: Path, results: Path, *more: str) -> int:
    """The command on the folder's cases."""
    return main([*more, "--cases", str(folder.parent), "--results", str(results), "--draws", "12"])


@pytest.fixture
def two(folder: Path) -> Path:
    """The small case, and a second one."""
    other = folder.parent / "other"
    shutil.copytree(folder, other)
    (other / "case.yaml").write_text(
        CASE.replace("id: office", "id: other").replace("51 min", "20 min"), encoding="utf-8"
    )
    return folder


def pages(results: Path) -> dict[str, bytes]:
    """Everything that was written."""
    return {p.relative_to(results).as_posix(): p.read_bytes() for p in sorted(results.rglob("*")) if p.is_file()}


def test_the_table_is_the_same_for_any_number_of_processes(two: Path, tmp_path: Path) -> None:
    assert run(two, tmp_path / "one", "--workers", "1") == 0
    assert run(two, tmp_path / "two", "--workers", "2") == 0
    written = pages(tmp_path / "one")
    assert written == pages(tmp_path / "two")
    assert {"cases.md", "cases.zh.md", "cases.html", "cases/office.json", "cases/other.zh.svg"} <= set(written)
    english = written["cases.md"].decode()
    assert re.search(r"\| \[office\]\(#office\)<br>.* \| 60 min → 51 min \| .*\*\*explained\*\* \|", english)
    assert "Verdicts: 1 explained, 1 partly." in english
    assert "It would take quick" in english
    chinese = written["cases.zh.md"].decode()
    assert "60 分钟 → 51 分钟" in chinese
    assert "可以解释" in chinese
    page = written["cases.html"].decode()
    assert page.count("<svg") == 4
    assert "http" not in page.replace("http://www.w3.org/2000/svg", "")


def test_some_are_run_and_the_others_kept_until_their_files_change(two: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    assert run(two, results, "--workers", "1") == 0
    before = pages(results)
    (two / "case.yaml").write_text(CASE.replace("51 min", "52 min"), encoding="utf-8")
    assert run(two, results, "--table") == 0
    assert "changed since it was run" in (results / "cases.md").read_text(encoding="utf-8")
    assert run(two, results, "office", "--workers", "1") == 0
    after = pages(results)
    assert after["cases/other.json"] == before["cases/other.json"]
    assert "60 min → 52 min" in after["cases.md"].decode()
    assert "changed since" not in after["cases.md"].decode()


def test_bad_files_and_unknown_cases_run_nothing(two: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(two, tmp_path / "results", "offce") == 2
    assert "there is no case offce; known: office, other" in capsys.readouterr().err
    (two / "case.yaml").write_text(CASE.replace("kpi: permit", "kpi: permits"), encoding="utf-8")
    assert run(two, tmp_path / "results") == 2
    assert "case.yaml:9:" in capsys.readouterr().err
    assert not (tmp_path / "results").exists()


def test_a_baseline_that_is_not_what_was_published_says_so(folder: Path, tmp_path: Path) -> None:
    head, _, tail = CASE.partition("    calibrate:")
    (folder / "case.yaml").write_text(head + tail[tail.index("reform:") :], encoding="utf-8")
    assert run(folder, tmp_path, "--workers", "1") == 0
    page = (tmp_path / "cases.md").read_text(encoding="utf-8")
    assert "40 min<br>**not the published figure**<br>(by construction)" in page


def test_ctrl_c_keeps_what_is_finished(two: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(folder: Path, draws: int) -> Row:
        if folder.name == "other":
            raise KeyboardInterrupt
        return run_case(folder, draws)

    monkeypatch.setattr("benchmarks.casebook.running.run_case", interrupted)
    assert run(two, tmp_path, "--workers", "1") == 130
    assert "Verdicts: 1 explained." in (tmp_path / "cases.md").read_text(encoding="utf-8")
    assert [path.name for path in (tmp_path / "cases").glob("*.json")] == ["office.json"]


def test_the_picture_shows_each_assumption_once(folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path, "--workers", "1") == 0
    row = Row.model_validate_json((tmp_path / "cases" / "office.json").read_bytes())
    picture = tornado(row.figures[0], "en")
    assert picture.count("Second review") == 1
    assert picture.count("<circle") == 2
    assert "复核用时" in tornado(row.figures[0], "zh")


def test_a_full_disk_is_one_message_and_what_was_kept_stays(folder: Path, tmp_path: Path) -> None:
    assert run(folder, tmp_path, "--workers", "1") == 0
    kept = tmp_path / "cases" / "office.json"
    before = kept.read_bytes()
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1500, hard))
    try:
        code = run(folder, tmp_path, "--workers", "1")
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert code == 3
    assert kept.read_bytes() == before
    assert not list(kept.parent.glob("*.part"))
