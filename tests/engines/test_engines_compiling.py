"""While the engine is compiled for the first time, a caller is told; with a compiled one on disk it is not."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

RUN = """
from simgov.engines import simulate
from simgov.engines.compiling import told_of_compiling
from simgov.network import compile_network
from simgov.study import load
with told_of_compiling(lambda: print("compiling")):
    simulate(compile_network(load({scenario!r}).baseline), 1, 0)
"""

SCENARIO = Path(__file__).parents[2] / "scenarios" / "tandem" / "scenario.yaml"


@pytest.fixture
def output(tmp_path: Path) -> list[str]:
    """What two runs one after the other print that share a cache, which is empty at first."""
    command = [sys.executable, "-c", RUN.format(scenario=str(SCENARIO))]
    environment = os.environ | {"NUMBA_CACHE_DIR": str(tmp_path)}
    return [subprocess.check_output(command, env=environment, text=True) for _ in range(2)]


def test_who_waits_for_the_compiler_is_told_once_and_only_the_first_time(output: list[str]) -> None:
    assert output == ["compiling\n", ""]
