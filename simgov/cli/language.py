"""Chinese or English: which one this user reads, and the one place where a phrase is looked up."""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from simgov.cli.phrases import CHINESE

Language = Literal["zh", "en"]


@dataclass(frozen=True)
class Words:
    """Says a phrase in one language. Phrases are written in English where they are used, as in gettext."""

    lang: Language

    def __call__(self, phrase: str, **values: object) -> str:
        """``phrase`` in this language, with ``{name}`` filled in from ``values``."""
        spoken = CHINESE[phrase] if self.lang == "zh" else phrase
        return spoken.format(**values) if values else spoken


def language_of(environment: Mapping[str, str], system_locale: str | None = None) -> Language:
    """Chinese where the locale says so, else English; the variables count in the order POSIX gives them."""
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if environment.get(name):
            return "zh" if environment[name].lower().startswith("zh") else "en"
    return "zh" if (system_locale or "").lower().startswith(("zh", "chinese")) else "en"


def language_asked_for(arguments: Sequence[str]) -> Language:
    """The language of ``--lang`` among the arguments, else the locale's. For help, which click prints while parsing."""
    for position, argument in enumerate(arguments):
        value = argument[7:] if argument.startswith("--lang=") else ""
        if argument == "--lang" and position + 1 < len(arguments):
            value = arguments[position + 1]
        if value in ("zh", "en"):
            return "zh" if value == "zh" else "en"
    return default_language()


def default_language() -> Language:
    """The language of this machine's locale."""
    import locale

    # Windows sets none of the variables.
    return language_of(os.environ, locale.getlocale()[0] if sys.platform == "win32" else None)
