"""The other commands: text, picture, differences, errors, schema, plan and page, for people and for machines."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import jsonschema
import pytest
from click.testing import Result
from ruamel.yaml import YAML

Call = Callable[..., Result]

DECISIONS = "optimize: {minimize: cost, staff: {window: 1..6}, remove: {permit.copy: 10 CNY}}\n"


def test_show_draws_every_step_and_lists_the_pools(office: Path, call: Call) -> None:
    shown = call("show", office).stdout
    assert "○ applied" in shown
    for step in ("counter", "review", "copy"):
        assert f"● {step}" in shown
    assert "6 /h · promise 2 workdays" in shown
    assert "basis: Permit Act art. 1" in shown
    assert "Mon-Fri 09:00-17:00" in shown
    assert "35 CNY/h" in shown


def test_show_speaks_chinese(office: Path, call: Call) -> None:
    shown = call("show", office, "--lang", "zh").stdout
    assert "政务大厅" in shown
    assert "综合窗口" in shown
    assert "承诺时限 2 个工作日" in shown
    assert "周一至周五 09:00-17:00" in shown


def test_show_prints_a_reform_as_a_difference(office: Path, call: Call, result_of: Callable[..., Any]) -> None:
    shown = call("show", office, "--reform", "lean").stdout
    assert "services.permit.steps.copy: removed" in shown
    assert "✕ copy" in shown
    differences = result_of("show", office, "--reform", "lean")["differences"]
    assert [difference["path"] for difference in differences] == ["services.permit.steps.copy"]
    assert "Nothing changes." in call("show", office, "--reform", "nothing").stdout


def test_show_writes_the_picture(office: Path, call: Call, tmp_path: Path) -> None:
    assert call("show", office, "-o", "pictures/process.svg").exit_code == 0
    picture = (tmp_path / "pictures" / "process.svg").read_text(encoding="utf-8")
    assert ElementTree.fromstring(picture).tag.endswith("svg")
    assert "counter" in picture


def test_a_folder_means_the_scenario_in_it(office: Path, call: Call, tmp_path: Path) -> None:
    folder = tmp_path / "hall"
    folder.mkdir()
    office.rename(folder / "scenario.yaml")
    assert call("check", folder).exit_code == 0
    assert "kept in runs/hall" in call("run", folder, "--replications", 1).stderr


def test_check_reports_all_errors_at_once(office: Path, call: Call) -> None:
    text = (
        office.read_text(encoding="utf-8").replace("kind: window", "kund: window").replace("at_most: 4 h", "at_most: 4")
    )
    office.write_text(text, encoding="utf-8")
    done = call("check", office, "--json")
    assert done.exit_code == 2
    errors = json.loads(done.stdout)["errors"]
    assert len(errors) >= 2
    assert set(errors[0]) == {"file", "line", "column", "path", "message", "hint"}
    assert all(error["file"] == str(office) and error["line"] > 0 for error in errors)
    spoken = call("check", office)
    assert spoken.exit_code == 2
    assert spoken.stdout.splitlines()[0].startswith(f"{office}:{errors[0]['line']}:{errors[0]['column']}: ")


def test_a_sound_file_has_no_errors(office: Path, call: Call, result_of: Callable[..., Any]) -> None:
    assert result_of("check", office) == {"errors": [], "warnings": []}
    assert call("check", office).stdout == "No errors.\n"
    assert call("check", office, "--lang", "zh").stdout == "没有错误。\n"


def test_the_schema_accepts_the_office_and_refuses_a_misspelt_key(office: Path, call: Call, tmp_path: Path) -> None:
    schema = json.loads(call("schema").stdout)
    data = YAML(typ="safe").load(office.read_text(encoding="utf-8"))
    jsonschema.validate(data, schema)
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(data | {"targts": []}, schema)
    call("schema", "--out", "schemas")
    assert json.loads((tmp_path / "schemas" / "scenario.schema.json").read_text(encoding="utf-8")) == schema


def test_optimize_keeps_the_plan_and_report_shows_it(office: Path, call: Call, tmp_path: Path) -> None:
    office.write_text(office.read_text(encoding="utf-8") + DECISIONS, encoding="utf-8")
    done = call("optimize", office, "--json", "--out", "plan")
    assert done.exit_code == 0
    plan = json.loads(done.stdout)
    wanted = "staff reforms cost unit proof guard_band worst_violation bound simulations feasible targets certificate"
    assert set(wanted.split()) <= set(plan)
    assert plan["feasible"]
    assert plan["proof"] in ("enumerated", "guarded")
    assert Path(plan["certificate"]).exists()
    spoken = call("optimize", office, "--out", "plan").stdout
    assert "The cheapest plan costs" in spoken
    assert "met" in spoken
    assert "最低" in call("optimize", office, "--out", "plan", "--lang", "zh").stdout
    written = call("report", "plan", "-o", "pages/report.html")
    assert written.exit_code == 0, written.stderr
    page = (tmp_path / "pages" / "report.html").read_text(encoding="utf-8")
    assert page.startswith(("<!doctype html>", "<!DOCTYPE html>"))


def test_a_plan_that_cannot_be_ends_with_1_and_names_the_obstacle(office: Path, call: Call) -> None:
    text = office.read_text(encoding="utf-8").replace("at_most: 4 h", "at_most: 0.001 s") + DECISIONS
    office.write_text(text.replace("1..6", "1..2"), encoding="utf-8")
    done = call("optimize", office)
    assert done.exit_code == 1
    assert "No plan within the bounds meets the targets." in done.stdout
    assert "hall.wait.mean" in done.stdout
    assert json.loads(call("optimize", office, "--json").stdout)["feasible"] is False


def test_a_budget_below_the_cheapest_plan_ends_with_1(office: Path, call: Call) -> None:
    office.write_text(office.read_text(encoding="utf-8") + DECISIONS, encoding="utf-8")
    assert call("optimize", office, "--max-cost", "1 CNY").exit_code == 1
    assert call("optimize", office, "--max-cost", "1 PLN").exit_code == 2


def test_report_of_a_run(office: Path, call: Call, tmp_path: Path) -> None:
    call("run", office, "--reform", "lean", "--out", "kept")
    done = call("report", "kept", "-o", "report.html", "--json")
    assert done.exit_code == 0, done.stderr
    assert json.loads(done.stdout) == {"report": "report.html"}
    assert "许可" in (tmp_path / "report.html").read_text(encoding="utf-8")
