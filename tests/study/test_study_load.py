"""A file as a whole: what a study holds, its JSON Schema, warnings, and the reforms, targets and decisions in it."""

import json
from pathlib import Path

import jsonschema
import pytest

from simgov.errors import InputError
from simgov.optimize.schema import Decisions
from simgov.study import Study, check, load, schema
from simgov.study.document import parse_document
from simgov.units import Duration

HERE = Path(__file__).parent
VALID = sorted((*HERE.glob("*/scenario.yaml"), *HERE.parents[1].glob("scenarios/*/scenario.yaml")))


@pytest.fixture(scope="module")
def hall() -> Study:
    """The example of the design."""
    return load(HERE / "hall" / "scenario.yaml")


def test_a_study_holds_everything_in_the_file(hall: Study) -> None:
    assert list(hall.reforms) == ["one_window", "lean", "both"]
    assert [(target.kpi, target.at_most, target.unit) for target in hall.targets] == [
        ("passport.days.p90", 4.0, "workdays"),
        ("hall.wait.mean", 15.0, "min"),
    ]
    assert hall.decisions == Decisions(
        staff={"general": (4, 12), "passport": (0, 4), "police": (2, 8)}, reforms=("one_window", "lean")
    )
    assert hall.baseline.horizon == Duration(525600.0)
    assert hall.warnings == ()


def test_reforms_compose_by_name(hall: Study) -> None:
    both = hall.reform("both")
    assert both.label == "both"
    assert both.pools == hall.reform("one_window").pools
    assert both.service("passport").step("recheck") == hall.reform("lean").service("passport").step("recheck")


def test_an_unknown_reform_is_an_input_error_with_the_nearest_name(hall: Study) -> None:
    with pytest.raises(InputError, match="did you mean one_window"):
        hall.reform("onewindow")


@pytest.mark.parametrize("path", VALID, ids=lambda path: path.parent.name)
def test_valid_files_have_no_problems_and_fit_the_schema(path: Path) -> None:
    assert check(path)[0] == ()
    jsonschema.Draft202012Validator(schema()).validate(parse_document(path.read_bytes(), str(path)).data)


def test_the_schema_is_one_and_knows_what_is_wrong() -> None:
    found = schema()
    jsonschema.Draft202012Validator.check_schema(found)
    assert set(found["required"]) == {"simgov", "calendar", "services", "run"}
    assert json.dumps(found).count('"null"') == 0
    bad = {"simgov": 1, "calendar": "always", "services": {"a": {"steps": {"s": {"tme": 5}}}}, "run": {"cases": 5}}
    places = [list(error.absolute_path) for error in jsonschema.Draft202012Validator(found).iter_errors(bad)]
    assert places == [["services", "a", "steps", "s"]]


def test_every_key_of_the_language_is_explained() -> None:
    """What an editor shows: each property of each kind of mapping has a description."""
    bare = [
        f"{name}.{key}"
        for name, part in {"file": schema(), **schema()["$defs"]}.items()
        for key, value in part.get("properties", {}).items()
        if not value.get("description")
    ]
    assert bare == []


def test_bytes_of_a_spreadsheet_and_of_windows_are_read(tmp_path: Path) -> None:
    source = (HERE / "hall" / "scenario.yaml").read_text(encoding="utf-8")
    (tmp_path / "arrivals").mkdir()
    table = (HERE / "hall" / "arrivals" / "id_card.csv").read_text(encoding="utf-8")
    (tmp_path / "arrivals" / "id_card.csv").write_bytes(table.replace("weekday", "星期").encode("gbk"))
    for content in (source.encode("utf-8-sig"), source.replace("\n", "\r\n").encode()):
        (tmp_path / "s.yaml").write_bytes(content)
        assert load(tmp_path / "s.yaml").baseline.services == load(HERE / "hall" / "scenario.yaml").baseline.services


def test_anchors_may_be_used(tmp_path: Path) -> None:
    source = (HERE / "hall" / "scenario.yaml").read_text(encoding="utf-8")
    source = source.replace("{gamma: {mean: 25 min, cv: 0.8}}", "&long {gamma: {mean: 25 min, cv: 0.8}}")
    source = source.replace("{gamma: {mean: 15 min, cv: 0.8}}", "*long").replace(
        "profile: arrivals/id_card.csv", "poisson: {rate: 9 /h}"
    )
    (tmp_path / "s.yaml").write_text(source, encoding="utf-8")
    passport = load(tmp_path / "s.yaml").baseline.service("passport")
    assert passport.step("recheck").time == passport.step("review").time
