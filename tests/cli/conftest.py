"""A small office for the tests of the command line, and a way to call it."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from simgov.cli import simgov

OFFICE = """\
simgov: 1
name: {en: Office, zh: 政务大厅}
calendar: {hours: ["09:00-17:00"]}
pools:
  window: {name: {en: Windows, zh: 综合窗口}, kind: window, count: 2, cost: 35 CNY/h}
services:
  permit:
    name: {en: Permit, zh: 许可}
    arrivals: {poisson: {rate: 6 /h}}
    promise: 2 workdays
    steps:
      counter: {at: window, time: {exponential: {mean: 12 min}}, in_person: true, accepted: true}
      review: {at: window, time: {constant: 4 min}, basis: Permit Act art. 1, decision: true}
      copy: {at: window, time: {constant: 1 min}}
reforms:
  lean: [{remove_step: permit.copy}]
  nothing: [{staff: {window: 2}}]
targets:
  - {kpi: hall.wait.mean, at_most: 4 h}
run: {period: 2 workdays, replications: 3, seed: 1}
"""


@pytest.fixture
def office(tmp_path: Path) -> Path:
    """A scenario file that runs in a moment."""
    path = tmp_path / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return path


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Callable[..., Result]:
    """Calls ``simgov`` in an empty folder, in English unless asked otherwise."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LC_ALL", "C.UTF-8")

    def called(*arguments: object) -> Result:
        return CliRunner().invoke(simgov, [str(argument) for argument in arguments], prog_name="simgov")

    return called


@pytest.fixture
def result_of(call: Callable[..., Result]) -> Callable[..., Any]:
    """The machine-readable result of a call that must end with 0."""

    def called(*arguments: object) -> Any:
        done = call(*arguments, "--json")
        assert done.exit_code == 0, done.output
        return json.loads(done.stdout)

    return called
