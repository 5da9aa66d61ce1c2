"""The frontier of a scenario file, through Python and the command line."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgov.cli.commands import simgov
from simgov.cli.tracing import with_units
from simgov.errors import InputError
from simgov.optimize import optimize
from simgov.optimize.curve import frontier
from simgov.report.frontier_picture import frontier_picture
from simgov.study import load

SMALL = Path(__file__).parent / "files" / "small.yaml"


def test_each_limit_costs_what_the_optimiser_finds_for_it_alone(tmp_path: Path) -> None:
    study = load(SMALL)
    curve = frontier(study, {"permit.time.mean": [480.0, 240.0, 60.0]}, workers=1)
    assert [point.limits for point in curve.points] == [(480.0,), (240.0,), (60.0,)]
    assert all(point.proved for point in curve.points)
    assert curve.points[-1].cost is None
    alone = optimize(study, workers=1)  # the file's own target is 480 min
    first = curve.points[0]
    if first.kept:
        assert (first.cost, dict(first.chosen.staff), first.chosen.reforms) == (
            alone.cost,
            dict(alone.staff),
            alone.reforms,
        )
    else:
        assert alone.rejected[0].cost == first.cost
    costs = [point.cost for point in curve.points if point.cost is not None]
    assert costs == sorted(costs)
    kept = json.loads(curve.save(tmp_path).read_text(encoding="utf-8"))
    assert kept["points"][1]["cost"] == costs[1] / 100
    assert kept == curve.to_json()


def test_a_plateau_is_said_in_both_languages() -> None:
    curve = frontier(load(SMALL), {"permit.time.mean": [400.0, 300.0, 240.0]}, workers=1)
    (words,) = curve.plateaus
    assert "from 4 h to 6.67 h the cheapest plan is the same" in words.en
    assert "4 小时至 6.67 小时之间，最低成本方案相同" in words.zh


def test_fresh_intervals_hold_together() -> None:
    curve = frontier(load(SMALL), {"permit.time.mean": [400.0, 150.0]}, workers=1)
    assert curve.validations == 2
    assert curve.confidence == pytest.approx(0.975)
    assert all(point.kept is not None for point in curve.points)


def test_few_simulations_leave_the_points_so_far() -> None:
    curve = frontier(load(SMALL), {"permit.time.mean": [400.0, 150.0]}, simulations=2, workers=1)
    assert (curve.stopped, curve.simulations) == ("simulations", 2)
    assert not curve.points[-1].proved


def test_an_unknown_kpi_is_refused() -> None:
    with pytest.raises(InputError, match=r"permit\.tome"):
        frontier(load(SMALL), {"permit.tome.mean": [1.0]})


def test_the_picture_speaks_both_languages() -> None:
    study = load(SMALL)
    curve = frontier(study, {"permit.time.mean": [400.0], "permit.time.p90": [1800.0, 1200.0]}, workers=1)
    assert "cost (CNY)" in frontier_picture(curve, study.baseline, "en")
    assert "成本（CNY）" in frontier_picture(curve, study.baseline, "zh")


def test_the_command_prints_and_keeps_the_frontier(tmp_path: Path) -> None:
    asked = ["frontier", str(SMALL), "--kpi", "permit.time.mean", "--limits", "1, 4, 6 h", "--workers", "1"]
    done = CliRunner().invoke(simgov, [*asked, "--out", str(tmp_path), "--json"])
    assert done.exit_code == 0, done.output
    assert [point["limits"] for point in json.loads(done.stdout)["points"]] == [[360.0], [240.0], [60.0]]
    assert (tmp_path / "frontier.svg").read_text(encoding="utf-8").startswith("<svg")
    spoken = CliRunner().invoke(simgov, [*asked, "--out", str(tmp_path), "--lang", "zh"])
    assert "无可行方案" in spoken.output
    assert "最低成本方案相同" in spoken.output


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--kpi", "permit.time.mean"], "which limits?"),
        (["--kpi", "permit.time.mean", "--limits", "3"], "3"),
        (["--kpi", "permit.time.mean", "--limits", "3 h", "--second", "permit.time.p90"], "a second KPI"),
        (["--kpi", "nothing.at.all", "--limits", "3 h"], "nothing.at.all"),
    ],
)
def test_what_is_asked_wrongly_is_said_and_ends_with_2(options: list[str], message: str) -> None:
    done = CliRunner().invoke(simgov, ["frontier", str(SMALL), *options])
    assert done.exit_code == 2
    assert message in done.output


def test_numbers_take_the_unit_of_the_next_that_has_one() -> None:
    assert with_units("3, 4, 5 workdays") == ["3 workdays", "4 workdays", "5 workdays"]
    assert with_units("80 %, 90 %") == ["80 %", "90 %"]
    assert with_units("30 min, 1, 2 h") == ["30 min", "1 h", "2 h"]
