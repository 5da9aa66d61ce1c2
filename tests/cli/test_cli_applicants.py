"""``simgov satisfaction``, and what ``compare`` and ``show`` say of the applicant's side."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import Result

Call = Callable[..., Result]
JUDGED = """\
applicants: {travel: 40 min, time_value: 30 CNY/h}
satisfaction: {observed: 80}
complaints: {}
reforms:
  more: [{staff: {window: 3}}]
"""


@pytest.fixture
def judged(office: Path) -> Path:
    """The office with what applicants feel."""
    text = office.read_text(encoding="utf-8").replace("reforms:\n", JUDGED).replace("rate: 6 /h", "rate: 7 /h")
    office.write_text(text, encoding="utf-8")
    return office


def test_the_offset_that_is_said_fits_what_was_observed(
    judged: Path, call: Call, result_of: Callable[..., Any]
) -> None:
    found = result_of("satisfaction", judged)
    assert set(found) == {"offset", "observed", "satisfaction", "services"}
    assert "no offset that fits it" in call("check", judged).stdout
    said = call("satisfaction", judged)
    assert f"satisfaction: offset: {found['offset']:g}." in said.stdout
    text = judged.read_text(encoding="utf-8").replace("{observed: 80}", f"{{observed: 80, offset: {found['offset']}}}")
    judged.write_text(text, encoding="utf-8")
    assert "no offset" not in call("check", judged).stdout
    rows = {row["kpi"]: row["mean"] for row in result_of("run", judged)["kpis"]}
    assert rows["satisfaction"] == pytest.approx(80.0, abs=1e-4)


def test_without_an_observation_there_is_nothing_to_fit(office: Path, call: Call) -> None:
    done = call("satisfaction", office)
    assert done.exit_code == 2
    assert "nothing was observed; write satisfaction: {observed: 78.6}" in done.stderr


def test_compare_sets_what_is_saved_against_what_is_spent(
    judged: Path, call: Call, result_of: Callable[..., Any]
) -> None:
    found = {row["scenario"]: row for row in result_of("compare", judged)["returns"]}
    assert found["more"]["extra_cost"] > 0
    assert found["more"]["ratio"] == pytest.approx(found["more"]["saving"] / found["more"]["extra_cost"])
    assert found["nothing"]["saving"] == found["nothing"]["extra_cost"] == 0
    assert found["nothing"]["ratio"] is None
    said = call("compare", judged).stdout
    assert "more: applicants save" in said
    assert "saved for each CNY spent." in said
    assert "lean: applicants save" in said
    assert "the office spends no more." in said
    assert "nothing: applicants" not in said
    assert "部门每多支出 1 元，群众企业相应少支出" in call("compare", judged, "--lang", "zh").stdout


def test_where_nothing_costs_applicants_compare_is_silent_about_it(office: Path, result_of: Callable[..., Any]) -> None:
    assert result_of("compare", office)["returns"] == []


def test_show_says_what_is_asked_of_applicants(judged: Path, call: Call) -> None:
    text = judged.read_text(encoding="utf-8").replace(
        "    promise:", "    fee: 60 CNY\n    firm: 300 CNY/day\n    promise:"
    )
    judged.write_text(text, encoding="utf-8")
    assert "way 40 min · fee 60 CNY · a day costs firms 300 CNY/day" in call("show", judged).stdout
    assert "往返路途 40 分钟 · 收费 60 元 · 企业等待成本 300 元/天" in call("show", judged, "--lang", "zh").stdout
