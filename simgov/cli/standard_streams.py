"""Standard streams that take Chinese and mathematical signs on any console."""

from __future__ import annotations

import codecs
import io
import sys

PLAIN = {
    "−": "-", "–": "-", "—": "-", "─": "-", "·": "-", "…": "...", "±": "+/-", "×": "x", "→": "->", "≤": "<=", "≥": ">=",
    "●": "o", "○": "o", "✕": "x", "⚠": "!", **dict.fromkeys("│├┤┬┴┼╭╮╰╯", "|"),
}  # fmt: skip
"""What stands in where a console cannot show a sign: GBK has no U+2212, ASCII none of these."""


def plainly(error: UnicodeError) -> tuple[str, int]:
    """A codec error handler: the nearest plain sign, or a question mark, for what a console cannot show."""
    if not isinstance(error, UnicodeEncodeError):
        raise error
    letters = error.object[error.start : error.end]
    return "".join(PLAIN.get(letter, "?") for letter in letters), error.end


def prepare_streams() -> None:
    """Let both standard streams replace what their encoding lacks instead of raising."""
    codecs.register_error("simgov.plainly", plainly)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="simgov.plainly")
