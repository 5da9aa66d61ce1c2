"""What a command says and where: results on standard output, messages and progress on standard error."""

from __future__ import annotations

import json
import math
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from simgov.cli.language import Words

Progress = Callable[[int, int], None]
"""Called with what is done and what there is to do."""

SECONDS_BETWEEN_LINES = 5.0


@dataclass(frozen=True)
class Terminal:
    """One command's way to speak: in ``words``, and with ``json`` the machine-readable result alone on stdout."""

    words: Words
    json: bool = False

    def say(self, phrase: str, **values: object) -> None:
        """A message, in the user's language, on stderr."""
        self.message(self.words(phrase, **values))

    def message(self, line: str) -> None:
        """A line that needs no translation, on stderr."""
        print(line, file=sys.stderr, flush=True)

    def show(self, line: str = "") -> None:
        """A line of the result for people; nothing with ``--json``."""
        if not self.json:
            print(line)

    def headline(self, phrase: str, **values: object) -> None:
        """A line of the result for people, in the user's language."""
        self.show(self.words(phrase, **values))

    def table(self, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
        """A table for people; ``heads`` are phrases, and the columns in ``numbers`` are aligned to the right."""
        self.lines([self.words(head) if head else "" for head in heads], rows, numbers)

    def lines(self, heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> None:
        """A table whose heads need no translation."""
        if not self.json:
            for line in table_lines(heads, rows, numbers):
                print(line)

    def result(self, value: Mapping[str, Any]) -> None:
        """The result for machines; nothing without ``--json``."""
        if self.json:
            print(as_json(value))

    @contextmanager
    def progress(self, phrase: str) -> Iterator[Progress]:
        """A callback that shows how far the work is and how long it still takes, on stderr."""
        if sys.stderr.isatty():
            with bar(self.words(phrase)) as moved:
                yield moved
        else:
            yield spaced_lines(self, phrase)

    @contextmanager
    def doing(self) -> Iterator[Callable[[str], None]]:
        """A callback that says on stderr what is going on, where nobody knows how long it takes."""
        if sys.stderr.isatty():
            from rich.console import Console

            with Console(stderr=True).status("") as status:
                yield status.update
        else:
            last = time.monotonic()

            def said(line: str) -> None:
                nonlocal last
                if time.monotonic() - last >= SECONDS_BETWEEN_LINES:
                    last = time.monotonic()
                    self.message(line)

            yield said


@contextmanager
def bar(label: str) -> Iterator[Progress]:
    """A progress bar with the time left."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Bars(*columns, console=Console(stderr=True), transient=True) as bars:
        task = bars.add_task(label, total=None)
        yield lambda done, total: bars.update(task, completed=done, total=total)


def spaced_lines(terminal: Terminal, phrase: str) -> Progress:
    """Progress as plain lines, one every few seconds, for logs and pipes."""
    began = last = time.monotonic()

    def moved(done: int, total: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last < SECONDS_BETWEEN_LINES or not 0 < done < total:
            return
        last = now
        left = f"{(now - began) * (total - done) / done:.0f}"
        label = terminal.words(phrase)
        terminal.say("{label}: {done} of {total}, {left} s left", label=label, done=done, total=total, left=left)

    return moved


def table_lines(heads: Sequence[str], rows: Sequence[Sequence[str]], numbers: Sequence[int] = ()) -> list[str]:
    """A table as lines; a Chinese character counts two columns of the terminal."""
    from rich.cells import cell_len

    cells = [list(heads), *(list(row) for row in rows)]
    widths = [max(map(cell_len, column)) for column in zip(*cells, strict=True)]
    rule = ["─" * width for width in widths]

    def line(row: Sequence[str]) -> str:
        padded = []
        for column, (cell, width) in enumerate(zip(row, widths, strict=True)):
            space = " " * (width - cell_len(cell))
            padded.append(space + cell if column in numbers else cell + space)
        return "  ".join(padded).rstrip()

    return [line(row) for row in (cells[0], rule, *cells[1:])]


def as_json(value: Any) -> str:
    """``value`` as JSON that every reader takes: undefined numbers are null, ASCII where the console is not UTF-8."""
    encoding = (getattr(sys.stdout, "encoding", None) or "ascii").lower().replace("-", "")
    return json.dumps(defined(value), ensure_ascii=encoding != "utf8", indent=1, allow_nan=False)


def defined(value: Any) -> Any:
    """``value`` with Python's own numbers and containers, None for nan and infinities."""
    if isinstance(value, Mapping):
        return {str(key): defined(item) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [defined(item) for item in value]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    return value
