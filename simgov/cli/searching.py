"""A search under way at the command line: where it stands, on one line, and Ctrl-C, which ends it with its best."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from simgov.cli.interrupts import stoppable

if TYPE_CHECKING:
    from simgov.arrays import Integers
    from simgov.cli.terminal import Terminal


@contextmanager
def searching(terminal: Terminal, last_words: str) -> Iterator[tuple[Integers, Callable[[str], None]]]:
    """The flag that Ctrl-C sets for the search to poll, and what is told the line on which it stands.

    ``last_words`` are said where it does not end in time.
    """
    with stoppable(lambda: last_words, raises=False) as stop, terminal.doing() as doing:
        yield stop, doing
