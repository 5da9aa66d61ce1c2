"""Every error simgov raises on purpose, and the located problem they carry.

``SimgovError``
    the root; ``except simgov.SimgovError`` catches all that follow
``InputError``
    a scenario, a CSV beside it or a command-line value is wrong; carries every ``Problem`` found (exit code 2)
``ReformError``
    a reform may not be applied to this scenario (exit code 2)
``ReplicationError``
    replications failed while running; finished ones are kept (exit code 3)
``StoreError``
    a run or plan on disk cannot be read or written (exit code 2)
"""

from __future__ import annotations

from dataclasses import dataclass, field

PathPart = str | int


@dataclass(frozen=True)
class Problem:
    """One thing wrong in an input: where it is, what is wrong and what to write instead.

    ``path`` is the place in the document (keys and list positions); ``file``, ``line`` and ``column`` (from 1) are
    filled in by the room that reads the file. ``on_key`` points at the key itself instead of its value.
    """

    path: tuple[PathPart, ...]
    message: str
    hint: str = ""
    file: str = ""
    line: int = 0
    column: int = 0
    on_key: bool = False
    warning: bool = False

    @property
    def dotted(self) -> str:
        """The path as people read it: ``services.passport.steps.review.at``, ``targets[0].kpi``."""
        text = ""
        for part in self.path:
            text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
        return text

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}:{self.column}: " if self.file else ""
        where = f"{self.dotted}: " if self.path else ""
        return f"{place}{where}{self.message}" + (f"; {self.hint}" if self.hint else "")


class SimgovError(Exception):
    """The root of every error that simgov raises on purpose."""


@dataclass
class InputError(SimgovError):
    """The user's input is wrong; ``problems`` lists everything found, in the order of the file."""

    problems: tuple[Problem, ...] = field(default_factory=tuple)

    def __str__(self) -> str:
        return "\n".join(str(problem) for problem in self.problems)


class ReformError(SimgovError):
    """A measure may not be applied: a statutory step, an unknown pool, a step that is not there."""


class ReplicationError(SimgovError):
    """One or more replications failed; the message names them and the first cause."""


class StoreError(SimgovError):
    """A stored run or plan is missing, unreadable or of another version."""
