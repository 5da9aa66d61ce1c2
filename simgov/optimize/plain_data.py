"""What becomes of values in JSON, and back: money of minor units, numbers that may be undefined, words."""

from __future__ import annotations

import math
from collections.abc import Mapping

from simgov.scenario.value import Text


def money(minor: int | None) -> int | float | None:
    """Minor units in the currency's own: 863, or 12.5."""
    if minor is None:
        return None
    return minor // 100 if minor % 100 == 0 else minor / 100


def minor(amount: float | None) -> int | None:
    """What ``money`` was made of."""
    return None if amount is None else round(amount * 100)


def number(value: float) -> float | None:
    """A number; None for one that is not finite, which JSON does not have."""
    return value if math.isfinite(value) else None


def real(value: float | None) -> float:
    """What ``number`` was made of; nan for None."""
    return math.nan if value is None else value


def text(words: Text) -> dict[str, str]:
    """Words by language."""
    return {"zh": words.zh, "en": words.en}


def words(data: Mapping[str, str]) -> Text:
    """What ``text`` was made of."""
    return Text(data["en"], data["zh"])
