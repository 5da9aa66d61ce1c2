"""Every bad scenario file ends with exit code 2, its errors located, and never a traceback, from every command."""

import json
from pathlib import Path

import pytest
from click.testing import CliRunner

from simgov.cli import simgov

HERE = Path(__file__).parents[1] / "study" / "malformed"
FILES = sorted(path.name for path in HERE.glob("*.yaml"))


@pytest.mark.parametrize("name", FILES)
def test_check_ends_with_2_and_says_where(name: str) -> None:
    done = CliRunner().invoke(simgov, ["check", str(HERE / name), "--json"], prog_name="simgov")
    assert done.exit_code == 2, done.output
    errors = json.loads(done.stdout)["errors"]
    assert len(errors) == len((HERE / name).with_suffix(".txt").read_text(encoding="utf-8").splitlines())
    for error in errors:
        assert set(error) == {"file", "line", "column", "path", "message", "hint"}
        assert error["line"] >= 1


@pytest.mark.parametrize("command", ["show", "run", "compare", "optimize"])
def test_other_commands_end_with_2_too(command: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    done = CliRunner().invoke(simgov, [command, str(HERE / "many_at_once.yaml")], prog_name="simgov")
    assert done.exit_code == 2, done.output
    assert "did you mean general?" in done.stderr
    assert "Traceback" not in done.output
