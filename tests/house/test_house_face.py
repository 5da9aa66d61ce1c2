"""``import simgov``: every public name is there, nothing heavy is imported too early, and each does its work."""

import subprocess
import sys
from pathlib import Path

import pytest

import simgov
from simgov.scenario.value import Scenario

OFFICE = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {kind: window, count: 2, cost: 35 CNY/h}
services:
  permit:
    arrivals: {poisson: {rate: 6 /h}}
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, decision: true}
      copy: {at: window, time: {constant: 1 min}}
reforms:
  lean: [{remove_step: permit.copy}]
targets:
  - {kpi: hall.wait.mean, at_most: 4 h}
optimize: {minimize: cost, staff: {window: 1..3}}
run: {period: 2 workdays, replications: 3, seed: 1}
"""

HEAVY = ("numpy", "numba", "pandas", "scipy", "ortools", "pyarrow", "altair", "pydantic", "rich", "click")


@pytest.fixture
def study(tmp_path: Path) -> simgov.Study:
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return simgov.load(path)


def test_every_public_name_is_there() -> None:
    for name in simgov.__all__:
        assert getattr(simgov, name) is not None
    assert set(simgov.__all__) <= set(dir(simgov))
    with pytest.raises(AttributeError, match="optimise"):
        _ = simgov.optimise  # type: ignore[attr-defined]


def test_importing_simgov_imports_nothing_heavy() -> None:
    program = f"import sys, simgov; print([name for name in {HEAVY!r} if name in sys.modules])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout == "[]\n", done.stderr


def test_help_imports_nothing_heavy_but_click() -> None:
    program = (
        "import sys, simgov.cli\n"
        "try: simgov.cli.simgov(['--help'])\n"
        f"except SystemExit: print([name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    assert done.stdout.splitlines()[-1] == "['click']", done.stderr


def test_the_same_from_python_as_in_the_documentation(study: simgov.Study) -> None:
    office, lean = study.baseline, study.reform("lean")
    assert isinstance(office, Scenario)
    runs = simgov.run([office, lean], replications=2, seed=7)
    assert list(runs.kpis.columns) == ["scenario", "replication", "kpi", "unit", "value"]
    differences = simgov.compare(runs, baseline=office).differences
    assert set(differences["scenario"]) == {"lean"}
    assert list(differences.columns)[:6] == ["scenario", "baseline", "kpi", "unit", "mean", "half_width"]


def test_events_and_cases_of_one_replication(study: simgov.Study) -> None:
    events = simgov.events(study.baseline, seed=7, replication=1)
    cases = simgov.cases(study.baseline, seed=7, replication=1)
    assert " ".join(events.columns) == "task case service step visit pool server ready start finish work outcome"
    assert " ".join(cases.columns) == "case service channel group applied accepted decided left promise_due outcome"
    assert set(events["case"]) <= set(cases["case"])
    assert len(cases) > 20
    assert (events["finish"] >= events["ready"]).all()
    assert events.equals(simgov.events(study.baseline, seed=7, replication=1, engine="reference"))
    assert not events.equals(simgov.events(study.baseline, seed=7, replication=2))


def test_optimize_is_a_room_and_a_function(study: simgov.Study) -> None:
    import simgov.optimize.plan

    plan = simgov.optimize(study, seed=7)
    assert isinstance(plan, simgov.Plan)
    assert plan.feasible
    assert set(plan.staff) == {"window"}


def test_all_errors_are_simgov_errors(study: simgov.Study) -> None:
    with pytest.raises(simgov.SimgovError, match="leen"):
        study.reform("leen")
    for name in ("InputError", "ReformError", "ReplicationError", "StoreError"):
        assert issubclass(getattr(simgov, name), simgov.SimgovError)
