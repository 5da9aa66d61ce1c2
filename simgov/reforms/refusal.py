"""How a measure says that it may not be applied."""

from __future__ import annotations

from simgov.errors import PathPart, ReformError

Place = tuple[PathPart, ...]


class Refusal(ReformError):
    """A measure may not be applied: what is wrong, what to do instead, and ``at`` which of its keys.

    ``beside``: the fault is in what stands beside the measure's key, its costs for example.
    """

    def __init__(self, message: str, hint: str = "", at: Place = (), beside: bool = False) -> None:
        super().__init__(f"{message}; {hint}" if hint else message)
        self.message, self.hint, self.at, self.beside = message, hint, at, beside
