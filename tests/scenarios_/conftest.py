"""The scripts beside the scenario files, as modules, and the record they read where it is there."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest

SCENARIOS = Path(__file__).resolve().parents[2] / "scenarios"
RECORD = SCENARIOS.parent / "../shared/data/warsaw_UD_Wola.csv.gz"


def script(folder: str, name: str) -> ModuleType:
    """A script of a scenario's folder, under a name of its own: two folders have a ``calibrate``."""
    spec = importlib.util.spec_from_file_location(f"{folder}_{name}", SCENARIOS / folder / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    spec.loader.exec_module(module)
    return module


@pytest.fixture
def hall() -> Iterator[Path]:
    """The folder of the district hall, whose scripts import each other by plain names."""
    folder = SCENARIOS / "district_hall"
    sys.path.insert(0, str(folder))
    yield folder
    sys.path.remove(str(folder))
    for name in ("polls", "display"):
        sys.modules.pop(name, None)


@pytest.fixture
def record() -> Path:
    """The polls of the Wola office; the test skips where they are not there."""
    if not RECORD.exists():
        pytest.skip("the record of the Wola office is not beside the project (../shared/data)")
    return RECORD
