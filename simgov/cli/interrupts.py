"""Ctrl-C: the first stops the work at its next batch, within two seconds at most; the second stops it at once."""

from __future__ import annotations

import os
import signal
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from simgov.arrays import Integers

INTERRUPTED = 130
PATIENCE = 1.3
"""Seconds that the rooms get to finish their batch and say so; with the clean-up, Ctrl-C ends within two."""


@contextmanager
def stoppable(last_words: Callable[[], str], *, raises: bool = True) -> Iterator[Integers]:
    """A stop flag (int64[1]) that Ctrl-C sets, for the rooms to poll; ``last_words`` says where finished work lies.

    With ``raises`` Ctrl-C also raises KeyboardInterrupt as usual; without, only the flag tells the room.

    Python runs its own signal handlers between two instructions of the main thread only, and compiled code or the
    solver may hold that thread for long. So a thread of its own listens on the descriptor that Python's C handler
    writes to: it sets the flag at once, and ends the process when the work has not ended by itself.
    """
    import numpy as np

    flag = np.zeros(1, np.int64)
    if threading.current_thread() is not threading.main_thread():
        yield flag
        return
    ear, mouth = socket.socketpair()
    mouth.setblocking(False)
    done = threading.Event()

    def listen() -> None:
        presses = 0
        ear.settimeout(None)
        while True:
            heard = ear.recv(1)
            if not heard or done.is_set():
                return
            if heard[0] != signal.SIGINT:
                continue
            presses += 1
            flag[0] = 1
            if presses > 1:
                leave(last_words())
            threading.Thread(target=insist, daemon=True).start()

    def insist() -> None:
        if not done.wait(PATIENCE):
            leave(last_words())

    def interrupt(*_: object) -> None:
        flag[0] = 1
        if raises:
            raise KeyboardInterrupt

    # Also where a script has started simgov with "&", which leaves a program deaf to Ctrl-C.
    handler = signal.signal(signal.SIGINT, interrupt)
    previous = signal.set_wakeup_fd(mouth.fileno(), warn_on_full_buffer=False)
    listener = threading.Thread(target=listen, daemon=True)
    listener.start()
    try:
        yield flag
    finally:
        done.set()
        signal.set_wakeup_fd(previous)
        signal.signal(signal.SIGINT, handler)
        mouth.close()
        listener.join(1.0)
        ear.close()


def leave(words: str = "") -> None:
    """End the process now, from any thread, with the exit code of an interruption."""
    for stream, text in ((sys.stdout, ""), (sys.stderr, f"\n{words}\n" if words else "")):
        with suppress(OSError, ValueError):
            stream.write(text)
            stream.flush()
    os._exit(INTERRUPTED)
