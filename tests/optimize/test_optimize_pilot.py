"""Where a reform may be tried, how long that has to be, and what fresh pilots show."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from simgov.cli.commands import simgov
from simgov.engines import Stopped
from simgov.optimize.pilot import pilot, places
from simgov.study import Study, load

OFFICE = """simgov: 1
name: {en: Hall, zh: 大厅}
calendar: {days: CN, hours: ["09:00-12:00", "13:00-17:30"]}
pools:
  desk:  {kind: window, count: 3, cost: 35 CNY/h}
  other: {kind: window, count: 6, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 2 /h}}
    steps:
      check:  {at: desk, time: {gamma: {mean: 20 min, cv: 1.5}}}
      decide: {at: desk, time: {gamma: {mean: 3 min, cv: 1}}, decision: true}
  licence:
    arrivals: {poisson: {rate: 2 /h}}
    steps:
      check:  {at: other, time: {gamma: {mean: 90 min, cv: 0.5}}}
      decide: {at: other, time: {gamma: {mean: 6 min, cv: 1}}, decision: true}
reforms:
  lean: [{remove_step: licence.check}]
  both:    [{remove_step: permit.decide}, {remove_step: licence.check}]
  posts:   [{staff: {other: 7}}, {remove_step: licence.check}]
run: {start: 2026-03-02, period: 10 workdays, warm_up: 5 workdays, replications: 4, seed: 3}
"""


def study_of(folder: Path) -> Study:
    file = folder / "hall.yaml"
    file.write_text(OFFICE, encoding="utf-8")
    return load(file)


def test_where_a_reform_may_be_tried(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    found = {name: [place.service for place in places(study.baseline, study.reforms[name])] for name in study.reforms}
    assert found == {"lean": ["licence"], "both": ["permit", "licence", ""], "posts": [""]}


def test_fresh_pilots_show_the_effect_as_often_as_was_asked(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("simgov.optimize.telling.RESAMPLES", 20)
    study = study_of(tmp_path)
    kpis = ["permit.time.mean", "licence.time.mean"]
    found = pilot(study.baseline, study.reforms["both"], kpis, weeks_most=8, replications=60)
    assert [(one.place, one.kpi) for one in found.trials] == [
        ("permit", kpis[0]),
        ("licence", kpis[1]),
        ("", kpis[0]),
        ("", kpis[1]),
    ]
    small, large = found.trials[0], found.trials[1]
    assert large.weeks is not None
    assert small.weeks is None or small.weeks > large.weeks  # a step of 3 minutes against one of 90
    for trial in (large, found.trials[3]):
        assert trial.effect < 0
        assert trial.detected is not None
        assert trial.false_alarms is not None
        assert trial.detected_error is not None
        assert trial.false_alarms_error is not None
        assert trial.detected + 3.0 * math.hypot(trial.detected_error, 0.05) >= 0.8
        assert trial.false_alarms - 3.0 * trial.false_alarms_error <= 0.05
        assert 0.0 < trial.limit < abs(trial.effect)
        assert (trial.weeks_low or 9) <= (trial.weeks or 9) <= (trial.weeks_high or 9)
    again = pilot(study.baseline, study.reforms["both"], kpis, weeks_most=8, replications=60, workers=3)
    assert again == found


def test_a_reform_that_does_nothing_to_a_measure_cannot_be_told(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    trial = pilot(study.baseline, study.reforms["posts"], ["permit.time.mean"], weeks_most=4, replications=20).trials[0]
    assert trial.weeks is None
    assert trial.detected is None


def test_a_pilot_can_be_stopped(tmp_path: Path) -> None:
    study = study_of(tmp_path)
    with pytest.raises(Stopped):
        pilot(study.baseline, study.reforms["both"], ["permit.time.mean"], stop=np.ones(1, np.int64))


def test_the_command_says_how_long_and_what_is_wrong(tmp_path: Path) -> None:
    study_of(tmp_path)
    runner = CliRunner()
    asked = ["pilot", str(tmp_path / "hall.yaml"), "--reform", "lean", "--weeks-most", "2", "--replications", "20"]
    printed = runner.invoke(simgov, [*asked, "--json", "--lang", "en"])
    assert printed.exit_code == 0, printed.output
    data = json.loads(printed.stdout)
    assert [(one["place"], one["kpi"], one["weeks"]) for one in data["trials"]] == [("licence", "licence.time.mean", 2)]
    assert "全机关" not in runner.invoke(simgov, [*asked, "--lang", "zh"]).output
    unknown = runner.invoke(simgov, [*asked, "--kpi", "permit.time.maen", "--lang", "en"])
    assert unknown.exit_code == 2
    assert "permit.time.mean" in unknown.output
