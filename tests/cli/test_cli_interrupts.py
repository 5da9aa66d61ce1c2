"""Ctrl-C ends within two seconds, even where the main thread hears nothing or swallows the interruption."""

import os
import signal
import subprocess
import sys
import time

import pytest

POLITE = """
import time
from simgov.cli.interrupts import stoppable
with stoppable(lambda: "kept in runs/x") as flag:
    print("ready", flush=True)
    try:
        while True:
            time.sleep(0.05)
    except KeyboardInterrupt:
        assert flag[0] == 1
        print("kept", flush=True)
        raise SystemExit(130)
"""

DEAF = """
import time
from simgov.cli.interrupts import stoppable
with stoppable(lambda: "kept in runs/x") as flag:
    print("ready", flush=True)
    while True:
        try:
            time.sleep(0.05)
        except KeyboardInterrupt:
            pass
"""


def interrupted(program: str, presses: int) -> tuple[float, int, str, str]:
    """Seconds from the last Ctrl-C to the end, the exit code, and what was said."""
    child = subprocess.Popen([sys.executable, "-c", program], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        assert child.stdout is not None
        assert child.stdout.readline() == "ready\n"
        for press in range(presses):
            time.sleep(0.2 if press else 0)
            began = time.monotonic()
            os.kill(child.pid, signal.SIGINT)
        out, err = child.communicate(timeout=20)
        return time.monotonic() - began, child.returncode, out, err
    finally:
        child.kill()


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_work_that_listens_ends_by_itself() -> None:
    seconds, code, out, _ = interrupted(POLITE, presses=1)
    assert (code, out) == (130, "kept\n")
    assert seconds < 1.4


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_work_that_does_not_listen_is_ended() -> None:
    seconds, code, _, err = interrupted(DEAF, presses=1)
    assert code == 130
    assert "kept in runs/x" in err
    assert seconds < 2.0


@pytest.mark.skipif(sys.platform == "win32", reason="needs POSIX signals")
def test_a_second_press_ends_it_at_once() -> None:
    seconds, code, _, err = interrupted(DEAF, presses=2)
    assert code == 130
    assert "kept in runs/x" in err
    assert seconds < 1.0
