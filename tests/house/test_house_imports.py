"""The rooms import only what lies below them: the contracts of pyproject.toml, run by import-linter."""

import re
import shutil
import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
LINT = "from importlinter.cli import lint_imports_command; lint_imports_command()"


def lint_imports(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-c", LINT, "--no-cache"], cwd=folder, capture_output=True, text=True, timeout=120
    )


def test_imports_point_only_down() -> None:
    result = lint_imports(ROOT)
    assert result.returncode == 0, result.stdout + result.stderr


def test_an_import_that_points_up_is_caught(tmp_path: Path) -> None:
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]["importlinter"][
        "contracts"
    ]
    rooms = [room for layer in contracts[0]["layers"] for room in re.findall(r"\w+", layer)]
    package = tmp_path / "simgov"
    package.mkdir()
    for module in ["__init__", *rooms]:
        (package / f"{module}.py").touch()
    assert lint_imports(tmp_path).returncode == 0
    (package / "units.py").write_text("import simgov.kpi\n", encoding="utf-8")
    result = lint_imports(tmp_path)
    assert result.returncode == 1
    assert "simgov.units -> simgov.kpi" in result.stdout
