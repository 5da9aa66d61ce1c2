"""Progress: a callback that is told what is done and what there is to do."""

from __future__ import annotations

import sys
import time
from typing import Protocol


class Progress(Protocol):
    """Called as ``progress(done, total)`` from the thread that called ``run``, after each batch."""

    def __call__(self, done: int, total: int, /) -> None:
        """``done`` of ``total`` replications are finished."""


class OnStderr:
    """Progress as a line on stderr with the time left, rewritten on a terminal, new every few seconds elsewhere."""

    SECONDS_BETWEEN_LINES = 5.0

    def __init__(self, what: str = "replications") -> None:
        self.what = what
        self._began = self._last = time.monotonic()

    def __call__(self, done: int, total: int, /) -> None:
        """Write the line, unless the last one is too recent."""
        now = time.monotonic()
        on_terminal = sys.stderr.isatty()
        pause = 0.1 if on_terminal else self.SECONDS_BETWEEN_LINES
        if done < total and now - self._last < pause:
            return
        self._last = now
        left = (now - self._began) * (total - done) / done if done else float("nan")
        line = f"{self.what}: {done} of {total}" + (f", {_spoken(left)} left" if 0 < done < total else "")
        end = "\r" if on_terminal and done < total else "\n"
        print(f"{line:<60}" if on_terminal else line, end=end, file=sys.stderr, flush=True)


def _spoken(seconds: float) -> str:
    whole = round(seconds)
    return f"{whole} s" if whole < 120 else f"{whole // 60} min"
