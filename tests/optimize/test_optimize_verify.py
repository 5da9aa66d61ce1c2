"""Checking a plan from its files: a sound one stands, and whatever is changed in it is found."""

from __future__ import annotations

import importlib
import json
import math
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from simgov.cli import simgov
from simgov.errors import StoreError
from simgov.optimize import Plan, optimize
from simgov.optimize.certify import uncovered
from simgov.optimize.coverage import an_uncovered
from simgov.optimize.search import Halt
from simgov.optimize.verify import Verdict, verify
from simgov.study import Study
from simgov.study import load as load_study

OFFICE = Path(__file__).parent / "files" / "office.yaml"


@pytest.fixture(scope="module")
def office() -> Study:
    return load_study(OFFICE)


@pytest.fixture(scope="module")
def plan(office: Study) -> Plan:
    return optimize(office, workers=2)


def checked(office: Study, plan: Plan, folder: Path, sample: int = 4) -> Verdict:
    plan.save(folder)
    return verify(folder, office, sample=sample, workers=2)


def failed(verdict: Verdict) -> list[str]:
    return [check.key for check in verdict.checks if not check.passed]


def test_a_sound_plan_stands(office: Study, plan: Plan, tmp_path: Path) -> None:
    verdict = checked(office, plan, tmp_path)
    assert verdict.passed
    assert (verdict.sampled, verdict.feasible, verdict.cheapest_feasible) == (4, 0, None)
    assert verdict.most_feasible == pytest.approx(1 - 0.05 ** (1 / 4))
    assert json.loads(json.dumps(verdict.to_json()))["verified"] is True


def test_an_interrupted_check_says_so(plan: Plan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def halted(*_: object, **__: object) -> None:
        raise Halt

    plan.save(tmp_path)
    monkeypatch.setattr(importlib.import_module("simgov.optimize.verify"), "verify", halted)
    done = CliRunner().invoke(simgov, ["verify", str(tmp_path), "--scenario", str(OFFICE), "--lang", "en"])
    assert done.exit_code == 130, done.output
    assert done.stderr.endswith("Interrupted before the plan was checked.\n")


def first_value(evidence: Any) -> None:
    simulated = next(s for s in evidence["simulated"] if s["values"][0] is not None)
    simulated["values"][0] += 1e-9


def another_verdict(evidence: Any) -> None:
    evidence["simulated"][0]["kept"] = [not kept for kept in evidence["simulated"][0]["kept"]]


def no_cuts(evidence: Any) -> None:
    evidence["cuts"] = []


def wider_band(evidence: Any) -> None:
    evidence["guard_band"] = 1e6


def fewer_posts(evidence: Any) -> None:
    evidence["plan"]["staff"] = [0] * len(evidence["plan"]["staff"])


def other_file(evidence: Any) -> None:
    evidence["scenario_hash"] = "0" * 64


@pytest.mark.parametrize(
    ("tamper", "found"),
    [
        (first_value, "simulations"),
        (another_verdict, "simulations"),
        (no_cuts, "coverage"),
        (wider_band, "cuts"),
        (fewer_posts, "plan"),
        (other_file, "scenario"),
    ],
)
def test_what_was_changed_is_found(
    office: Study, plan: Plan, tmp_path: Path, tamper: Callable[[Any], None], found: str
) -> None:
    evidence = json.loads(json.dumps(plan.evidence))
    tamper(evidence)
    verdict = checked(office, replace(plan, evidence=evidence), tmp_path, sample=0)
    assert found in failed(verdict)
    assert math.isnan(verdict.most_feasible)


def test_a_plan_that_is_too_dear_is_found(office: Study, plan: Plan, tmp_path: Path) -> None:
    """One post more than needed: the designs between the two are left uncovered."""
    evidence = json.loads(json.dumps(plan.evidence))
    evidence["plan"]["staff"][0] += 1
    evidence["total"] += 10**7
    assert "coverage" in failed(checked(office, replace(plan, evidence=evidence), tmp_path, sample=0))


def test_the_programme_and_going_through_all_designs_agree(plan: Plan) -> None:
    """Also where a cut is missing, which leaves something uncovered or does not."""
    evidence = json.loads(json.dumps(plan.evidence))
    assert an_uncovered(evidence) is None
    for left_out in range(len(evidence["cuts"])):
        cuts = [cut for place, cut in enumerate(evidence["cuts"]) if place != left_out]
        fewer = {**evidence, "cuts": cuts}
        all_left, one = uncovered(fewer), an_uncovered(fewer)
        assert (one is None) == (not all_left)
        if one is not None:
            assert (one.staff, one.options) in [(staff, options) for _, staff, options in all_left]


def test_without_a_certificate_nothing_can_be_checked(office: Study, plan: Plan, tmp_path: Path) -> None:
    plan.save(tmp_path)
    (tmp_path / "certificate.json").unlink()
    with pytest.raises(StoreError, match="no certificate"):
        verify(tmp_path, office)
