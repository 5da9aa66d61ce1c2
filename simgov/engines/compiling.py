"""Saying so when engine code is being compiled, which happens once on a machine and takes seconds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

SECONDS = 10
"""About so long it takes to compile what a run needs."""


@contextmanager
def told_of_compiling(tell: Callable[[], None]) -> Iterator[None]:
    """Within this context ``tell`` is called, once, when an engine is compiled because it is not kept on disk yet.

    The call comes from the thread that compiles, as it begins.
    """
    from numba.core import event

    class Listener(event.Listener):
        told = False

        def on_start(self, event: Any) -> None:
            if not self.told and event.data["dispatcher"].py_func.__module__.startswith("simgov.engines."):
                self.told = True
                tell()

        def on_end(self, event: Any) -> None:
            pass

    with event.install_listener("numba:compile", Listener()):
        yield
