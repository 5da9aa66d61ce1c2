"""Ctrl-C in a long run and a long search: exit code 130 within two seconds, finished work kept, its place said."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from simgov.experiment import load_run

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")

DECISIONS = "optimize: {minimize: cost, staff: {window: 1..6}, reforms: [lean]}\n"


def interrupted(arguments: list[str], folder: Path, begun: Callable[[], bool]) -> tuple[float, int, str]:
    """Seconds from Ctrl-C to the end, the exit code, and what was said."""
    child = subprocess.Popen(
        [sys.executable, "-m", "simgov", *arguments],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": os.pathsep.join(sys.path), "LC_ALL": "C.UTF-8"},
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        deadline = time.monotonic() + 60
        while not begun() and child.poll() is None and time.monotonic() < deadline:
            time.sleep(0.1)
        time.sleep(1.0)
        began = time.monotonic()
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
        return time.monotonic() - began, child.returncode, said
    finally:
        child.kill()


def test_a_long_run_keeps_what_is_finished(office: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept"
    arguments = ["run", str(office), "--replications", "1000000", "--out", "kept"]
    seconds, code, said = interrupted(arguments, tmp_path, lambda: (kept / "run.json").exists())
    assert code == 130
    assert seconds < 2.0
    assert said.endswith("Interrupted; what was finished is kept in kept\n")
    runs = load_run(kept)
    assert runs.interrupted
    assert 0 < runs.replications < runs.planned == 1000000


def test_a_long_search_says_that_it_was_interrupted(office: Path, tmp_path: Path) -> None:
    text = office.read_text(encoding="utf-8").replace("replications: 3", "replications: 200000")
    office.write_text(text + DECISIONS, encoding="utf-8")
    began = time.monotonic()
    seconds, code, said = interrupted(
        ["optimize", str(office), "--out", "kept"], tmp_path, lambda: time.monotonic() - began > 4
    )
    assert code == 130
    assert seconds < 2.0
    assert "kept" in said
