"""The examples of docs/judging.md: the section is read, judged, and printed with the keys that the page names."""

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simgov.cli import simgov

PAGE = (Path(__file__).parents[2] / "docs" / "judging.md").read_text(encoding="utf-8")
OFFICE = """\
simgov: 1
name: {en: Office, zh: 政务大厅}
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 2, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    promise: 2 workdays
    statutory_limit: 10 workdays
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, accepted: true}
      lie: {time: {gamma: {mean: 3 workdays, cv: 0.6}}}
      review: {at: window, time: {constant: 4 min}, decision: true}
  licence:
    arrivals: {poisson: {rate: 1 /h}}
    steps:
      counter: {at: window, time: {exponential: {mean: 4 min}}, in_person: true, accepted: true, decision: true}
reforms:
  lean: [{remove_step: permit.lie}]
run: {period: 3 workdays, replications: 4, seed: 1}
"""


def blocks(language: str) -> Iterator[tuple[str, str]]:
    """(what stands behind the language, text) of the page's blocks in a language."""
    for info, body in re.findall(rf"^```{language}([^\n]*)\n(.*?)^```$", PAGE, re.MULTILINE | re.DOTALL):
        yield info.strip(), body


@pytest.fixture
def office(tmp_path: Path) -> Path:
    for name, text in blocks("csv"):
        (tmp_path / name).write_text(text, encoding="utf-8")
    ((_, section),) = blocks("yaml")
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE + section, encoding="utf-8")
    return path


def called(*arguments: object) -> Any:
    done = CliRunner().invoke(simgov, [str(one) for one in arguments], prog_name="simgov")
    assert done.exit_code == 0, done.output
    return done


def keys_of(value: Any) -> set[str]:
    """All keys of plain data, however deep."""
    if isinstance(value, dict):
        return set(value) | {key for item in value.values() for key in keys_of(item)}
    return {key for item in value for key in keys_of(item)} if isinstance(value, list) else set()


def test_the_example_is_judged_by_every_way(office: Path, tmp_path: Path) -> None:
    data = json.loads(called("judge", office, "--json", "--out", tmp_path / "run").stdout)
    assert {one["scenario"] for one in data["four_es"]} == {"lean"}
    assert [one["scenario"] for one in data["scorecard"]] == ["baseline", "lean"]
    assert {one["kpi"]: one["best"] for one in data["benchmark"]}["permit.days.mean"] == "lean"
    assert [one["colour"] for one in data["lights"] if one["source"].endswith("days.csv")] == ["yellow", "green", "red"]
    by = {(one["by"], one["scenario"]) for one in data["ranking"]}
    assert by == {("time.mean", "baseline"), ("time.mean", "lean"), ("hall.wait.mean", ""), ("360", "")}
    assert {one["office"]: one["missing"] for one in data["ratings"]} == {
        "District A": ["peer", "staff"],
        "District B": [],
    }
    assert {one["way"] for one in data["lacks"]} <= {"four_es", "ratings"}
    assert [(one["kpi"], one["values"]) for one in data["control"]] == [("permit.days.mean", 3)]
    assert [(one["scenario"], one["service"], one["statutory"]) for one in data["promise"]] == [
        ("baseline", "permit", 10), ("lean", "permit", 10),
    ]  # fmt: skip
    assert data["promise"][0]["of_statutory"] == data["promise"][0]["value"] / 10
    ((_, written),) = [(i, body) for i, body in blocks("") if '"scorecard"' in body]
    named = set(re.findall(r'"([a-z_0-9]+)"', written))
    known = keys_of(data)
    assert named <= known
    kpis_and_names = {key for key in known if "." in key or key in ("cost", "cost_per_case", "lean")}
    halves_and_kinds = {"results", "process", "resources", "public", "learning", "superior", "peer", "staff"}
    assert known - named - kpis_and_names - halves_and_kinds == {"en", "zh"} - named


def test_a_kept_run_is_judged_by_the_section_of_its_file(office: Path, tmp_path: Path) -> None:
    first = json.loads(called("judge", office, "--json", "--out", tmp_path / "run").stdout)
    again = json.loads(called("judge", tmp_path / "run", "--json").stdout)
    assert {**again, "scenario": ""} == {**first, "scenario": ""}


@pytest.mark.parametrize("lang", ["en", "zh"])
def test_tables_for_people_in_both_languages(office: Path, tmp_path: Path, lang: str) -> None:
    shown = called("judge", office, "--lang", lang, "--out", tmp_path / "run").stdout
    titles = {
        "en": [
            "The four Es",
            "Balanced scorecard",
            "Benchmarking",
            "lights",
            "Ranking of offices",
            "360 degree",
            "Control loop",
            "The promise",
        ],
        "zh": ["四E评价", "平衡计分卡", "标杆管理", "红黄绿灯", "单位排名", "360度评价", "PDCA闭环控制", "承诺时限"],
    }[lang]
    for title in titles:
        assert title in shown
    assert "nan" not in shown


def test_offices_are_ranked_with_each_other(office: Path, tmp_path: Path) -> None:
    called("run", office, "--out", tmp_path / "a")
    called("run", office, "--out", tmp_path / "b", "--seed", 2)
    data = json.loads(called("judge", tmp_path / "a", tmp_path / "b", "--json").stdout)
    (table,) = [one for one in data["ranking"] if one["by"] == "hall.wait.mean"]
    assert {one["office"] for one in table["offices"]} == {"a", "b"}
    assert {(one["best"], one["worst"]) for one in table["offices"]} == {(1, 2)}


def test_the_promise_from_the_command_line(office: Path) -> None:
    data = json.loads(called("promise", office, "--share", "95 %", "--reform", "lean", "--json").stdout)
    (text,) = re.findall(r"`simgov promise --json`: `(.*?)`", PAGE, re.DOTALL)
    assert set(re.findall(r'"([a-z_]+)"', text)) | {"value", "half_width", "lower_bound"} == keys_of(data)
    found = {(one["scenario"], one["service"]): one for one in data["promises"]}
    assert found["baseline", "permit"]["workdays"] > found["lean", "permit"]["workdays"] == 1
    assert found["lean", "permit"]["of_statutory"] == 0.1
    assert found["lean", "licence"]["of_statutory"] is None
    shown = called("promise", office, "--lang", "zh").stdout
    assert "占法定时限" in shown


def test_the_python_of_the_page_runs(office: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(office.parent)
    ((_, code),) = blocks("python")
    names: dict[str, Any] = {}
    exec(compile(code, "docs/judging.md", "exec"), names)
    assert names["found"].gaps[0].best == "lean"


def test_many_scenarios_stand_below_each_other(office: Path, tmp_path: Path) -> None:
    text = office.read_text(encoding="utf-8")
    more = "".join(f"  lean{number}: [lean]\n" for number in range(4))
    office.write_text(text.replace("run: {period", more + "run: {period"), encoding="utf-8")
    shown = called("judge", office, "--lang", "en", "--out", tmp_path / "run").stdout
    table = shown.split("Balanced scorecard\n")[1].split("\n\n")[0].splitlines()
    assert table[0].startswith("scenario  resources (20 %)")
    assert [line.split()[0] for line in table[2:]] == ["baseline", "lean", "lean0", "lean1", "lean2", "lean3"]


def test_bad_dates_and_missing_runs_are_one_line(office: Path, tmp_path: Path) -> None:
    wrong = CliRunner().invoke(simgov, ["judge", str(office), "--date", "tomorrow"], prog_name="simgov")
    assert wrong.exit_code == 2
    assert "write it as 2026-03-02" in wrong.output
    share = CliRunner().invoke(simgov, ["promise", str(office), "--share", "0.9"], prog_name="simgov")
    assert share.exit_code == 2
    assert "a share is written in percent: 90 %" in share.output
    gone = CliRunner().invoke(simgov, ["judge", str(tmp_path / "nothing")], prog_name="simgov")
    assert gone.exit_code == 2
    assert "Traceback" not in gone.output
