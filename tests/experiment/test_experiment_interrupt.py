"""A real Ctrl-C in the middle of a long run: what is finished lies in the folder when the process ends."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from pathlib import Path

from simgov.experiment import load_run

SCRIPT = """
import sys
sys.path[:0] = [{root!r}, {here!r}]
from test_experiment_run import hall
from simgov.experiment import Interrupted, run

def progress(done, total):
    print(done, flush=True)

try:
    run([hall(), hall("more", desks=3)], replications=1_000_000, progress=progress, out={out!r}, workers=2)
except Interrupted as interrupted:
    print("kept", interrupted.runs.replications, flush=True)
    sys.exit(130)
"""


def test_ctrl_c_ends_a_run_with_what_is_finished_on_disk(tmp_path: Path) -> None:
    here = Path(__file__).parent
    script = SCRIPT.format(root=str(here.parents[1]), here=str(here), out=str(tmp_path / "run"))
    process = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    while int(process.stdout.readline() or 1) < 1:
        pass
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    said = process.stdout.read().split()
    assert process.wait(60) == 130
    assert time.monotonic() - began < 20  # seconds on an idle machine: under two
    kept = load_run(tmp_path / "run")
    assert kept.interrupted
    assert kept.planned == 1_000_000
    assert 0 < kept.replications == int(said[-1]) < 1_000_000
    assert kept.estimate("more", "hall.wait.mean").value > 0
