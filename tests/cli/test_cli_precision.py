"""``simgov run --precision`` and ``--control-variates``, and ``simgov warm-up``."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

import pytest
from click.testing import Result

Call = Callable[..., Result]


def test_a_share_alone_is_for_the_kpis_of_the_targets(office: Path, result_of: Callable[..., Any]) -> None:
    result = result_of("run", office, "--precision", "40 %")
    (reached,) = result["precision"]
    assert (reached["scenario"], reached["kpi"], reached["asked"], reached["met"]) == (
        "baseline",
        "hall.wait.mean",
        0.4,
        True,
    )
    assert reached["reached"] <= 0.4
    assert result["replications"] > 10


def test_a_kpi_may_be_named_and_the_end_is_said(office: Path, call: Call) -> None:
    done = call("run", office, "--precision", "permit.time.mean=30 %", "--precision", "permit.steps=1%")
    assert done.exit_code == 0, done.output
    assert "Precise enough after" in done.stdout
    short = call("run", office, "--precision", "0.1 %", "--most-replications", 12)
    assert short.exit_code == 0
    assert "Not precise enough after 12 replications: hall.wait.mean." in short.stdout


def test_without_targets_it_is_the_mean_time_of_each_service(office: Path, result_of: Callable[..., Any]) -> None:
    text = office.read_text(encoding="utf-8")
    office.write_text(text[: text.index("targets:")] + text[text.index("run:") :], encoding="utf-8")
    result = result_of("run", office, "--precision", "30 %")
    assert [row["kpi"] for row in result["precision"]] == ["permit.time.mean"]


@pytest.mark.parametrize(
    ("written", "said"),
    [("2", "2"), ("0 %", "is not a precision"), ("permit.tme.mean=2 %", "did you mean"), ("=2%%", "%")],
)
def test_a_precision_that_is_wrong_is_bad_input(office: Path, call: Call, written: str, said: str) -> None:
    done = call("run", office, "--precision", written)
    assert done.exit_code == 2
    assert said in done.stderr


def test_control_variates_say_what_variance_is_left(office: Path, call: Call, result_of: Callable[..., Any]) -> None:
    result = result_of("run", office, "--replications", 40, "--control-variates")
    ratios = {row["kpi"]: row["variance_ratio"] for row in result["kpis"]}
    assert 0.0 < ratios["hall.wait.mean"] < 1.0
    assert ratios["permit.steps"] is None  # every case has as many: no variance to take off
    assert "variance left" in call("run", office, "--replications", 40, "--control-variates").stdout
    assert "variance_ratio" not in result_of("run", office)["kpis"][0]


def test_warm_up_says_what_to_write(office: Path, call: Call, result_of: Callable[..., Any], tmp_path: Path) -> None:
    text = office.read_text(encoding="utf-8").replace("period: 2 workdays", "period: 30 workdays")
    backlog = "    backlog: [{step: counter, cases: 150}]\n    promise:"
    office.write_text(text.replace("    promise:", backlog), encoding="utf-8")
    result = result_of("warm-up", office, "--replications", 10)
    assert result["settled"] is True
    assert result["warm_up"].endswith("workdays")
    assert [one["service"] for one in result["services"]] == ["permit"]
    done = call("warm-up", office, "--replications", 10, "-o", tmp_path / "settling.svg")
    assert f"write warm_up: {result['warm_up']}" in done.stdout
    drawing = ElementTree.parse(tmp_path / "settling.svg").getroot()
    words = "".join(drawing.itertext())
    assert "Permit" in words
    assert "days since the start" in words


def test_warm_up_in_chinese(office: Path, call: Call, tmp_path: Path) -> None:
    done = call("warm-up", office, "--replications", 2, "--lang", "zh", "--out", tmp_path / "drawn")
    assert done.exit_code == 0, done.output
    assert "许可" in done.stdout
    assert "许可" in (tmp_path / "drawn" / "warm_up.svg").read_text(encoding="utf-8")


def test_an_office_that_cannot_keep_up_has_no_warm_up(office: Path, call: Call) -> None:
    text = office.read_text(encoding="utf-8").replace("rate: 6 /h", "rate: 20 /h").replace(", in_person: true", "")
    text = text[: text.index("targets:")] + text[text.index("run:") :]
    office.write_text(text.replace("period: 2 workdays", "period: 20 workdays"), encoding="utf-8")
    done = call("warm-up", office, "--replications", 4, "--json")
    assert json.loads(done.stdout)["settled"] is False
    assert "Not settled: permit." in call("warm-up", office, "--replications", 4).stdout
