"""The provincial approval: twelve signatures in seven divisions, calibrated to the published mean alone."""

from __future__ import annotations

import pytest

from simgov.errors import ReformError
from simgov.reforms.registry import MEASURES
from simgov.scenario.value import Step
from simgov.study import check, load
from tests.scenarios_.conftest import SCENARIOS, script

FILE = SCENARIOS / "provincial_approval" / "scenario.yaml"


@pytest.fixture(scope="module")
def signatures() -> list[Step]:
    return [step for step in load(FILE).baseline.service("approval").steps if step.at is not None]


def test_the_file_has_no_faults() -> None:
    errors, warnings = check(FILE)
    assert [str(problem) for problem in (*errors, *warnings)] == []


def test_twelve_signatures_in_seven_divisions(signatures: list[Step]) -> None:
    assert len(signatures) == 12
    assert len({step.at for step in signatures}) == 7


def test_five_of_them_are_statutory_and_refuse_to_go(signatures: list[Step]) -> None:
    statutory = [step for step in signatures if step.basis]
    assert [step.id for step in statutory] == ["accept", "review", "legal", "decide", "seal"]
    baseline = load(FILE).baseline
    for step in statutory:
        with pytest.raises(ReformError, match=step.basis):
            MEASURES["remove_step"].read(f"approval.{step.id}").apply(baseline)


def test_the_baseline_takes_the_published_time() -> None:
    calibrate = script("provincial_approval", "calibrate")
    baseline = load(FILE).baseline
    assert calibrate.mean_days(baseline, 60) == pytest.approx(calibrate.PUBLISHED, abs=0.05)
    assert calibrate.mean_days(calibrate.with_delay(baseline, 1.2), 10) < calibrate.PUBLISHED - 1


def test_every_reform_shortens_it() -> None:
    calibrate = script("provincial_approval", "calibrate")
    study = load(FILE)
    before = calibrate.mean_days(study.baseline, 10)
    for reform in study.reforms.values():
        assert calibrate.mean_days(reform.apply(study.baseline), 10) < before - 0.5
