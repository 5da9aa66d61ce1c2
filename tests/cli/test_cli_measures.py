"""``simgov measures``: the list in the languages asked for, one kind explained, its effect, and its picture."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import Result

from simgov.cli import explaining
from simgov.reforms.registry import MEASURES

Call = Callable[..., Result]


@pytest.fixture(autouse=True)
def few_replications(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(explaining, "REPLICATIONS", 3)


def test_the_list_has_every_kind_in_both_languages_unless_one_is_asked_for(call: Call) -> None:
    both, chinese, english = (call("measures", *lang).stdout for lang in ((), ("--lang", "zh"), ("--lang", "en")))
    for key, kind in MEASURES.items():
        assert sum(line.split()[0] == key for line in both.splitlines()) == 1
        assert f"{kind.name.en}: {kind.effect.en}" in both
        assert f"{kind.name.zh}：{kind.effect.zh}" in both
        assert kind.effect.en in english
        assert kind.effect.zh in chinese
    assert english.isascii()
    assert not any(kind.effect.en in chinese for kind in MEASURES.values())


def test_the_list_for_machines(result_of: Callable[..., Any]) -> None:
    rows = result_of("measures")["measures"]
    assert [row["key"] for row in rows] == list(MEASURES)
    assert all(set(row) == {"key", "name", "effect"} and set(row["name"]) == {"en", "zh"} for row in rows)


def test_one_is_explained_in_both_languages(call: Call) -> None:
    shown = call("measures", "pool_windows", "--lang", "zh").stdout
    kind = MEASURES["pool_windows"]
    for text in (kind.name, kind.effect, kind.catch, *(parameter.meaning for parameter in kind.parameters)):
        assert text.en in shown
        assert text.zh in shown
    assert kind.example in shown
    assert "默认 0 %" in shown
    assert "pools.general.count：5 → 7" in shown
    assert "passport 护照，改革前" in shown
    assert "passport 护照，改革后" in shown
    assert "综合窗口：在岗忙碌率" in shown


def test_the_effect_is_that_of_a_paired_run(result_of: Callable[..., Any]) -> None:
    told = result_of("measures", "staff")
    assert told["replications"] == 3
    assert [difference["path"] for difference in told["differences"]] == ["pools.general.count", "pools.police.count"]
    for row in told["kpis"]:
        moved = row["difference"]
        assert row["after"]["mean"] - row["before"]["mean"] == pytest.approx(moved["mean"], abs=1e-9)
        assert abs(moved["mean"]) > moved["half_width"]
    by_kpi = {row["kpi"]: row["difference"]["mean"] for row in told["kpis"]}
    assert by_kpi["general.utilisation"] < 0 < by_kpi["police.utilisation"]


def test_the_picture_has_both_sides(call: Call, tmp_path: Path) -> None:
    done = call("measures", "parallel", "-o", "pictures/parallel.svg")
    assert done.exit_code == 0, done.stderr
    picture = ElementTree.parse(tmp_path / "pictures" / "parallel.svg").getroot()
    texts = ["".join(element.itertext()) for element in picture.iter("{http://www.w3.org/2000/svg}text")]
    assert [text for text in texts if text in ("Before", "After")] == ["Before", "After"]
    assert texts.count("Fire review") == 2
    assert texts.count("Check") == 0, "services that do not change are left out"
    changed = [box for box in picture.iter("{http://www.w3.org/2000/svg}rect") if "changed" in box.get("class", "")]
    assert len(changed) == 2
    bands = [element.get("transform", "") for element in picture if element.tag.endswith("}g")]
    assert all(band.startswith("translate(0 ") for band in bands), "one below the other, so that both are seen"
    assert len(set(bands)) == len(bands) == 2


def test_a_name_that_is_no_measure(call: Call) -> None:
    done = call("measures", "merge_step")
    assert done.exit_code == 2
    assert "there is no measure 'merge_step'; did you mean merge_steps?" in done.stderr


def test_json_of_one_names_everything(call: Call) -> None:
    told = json.loads(call("measures", "automate", "--json").stdout)
    assert told["key"] == "automate"
    assert {"unit", "needed", "default", "source", "meaning", "key"} == set(told["parameters"][0])


def test_a_picture_is_of_one_measure(call: Call, tmp_path: Path) -> None:
    done = call("measures", "-o", str(tmp_path / "all.svg"))
    assert done.exit_code == 2
    assert "-o draws the example of one measure; name it" in done.stderr
