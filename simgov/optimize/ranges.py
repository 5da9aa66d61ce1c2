"""A range of posts as a file writes it: ``4..12``."""

from __future__ import annotations

import re
from typing import Annotated

from pydantic import PlainValidator, WithJsonSchema

from simgov.scenario.fields import fault
from simgov.units import shown

MOST_POSTS = 10_000


def parse_range(value: object) -> tuple[int, int]:
    """The bounds that a file writes as ``4..12``, or as one number where the staff is fixed."""
    if isinstance(value, int) and not isinstance(value, bool):
        low = high = value
    else:
        match = re.fullmatch(r"\s*(\d{1,6})\s*(?:\.\.\.?|…)\s*(\d{1,6})\s*", value) if isinstance(value, str) else None
        if match is None:
            raise fault(f"{shown(value)} is not a range of posts", "write it as 4..12")
        low, high = int(match[1]), int(match[2])
    if low < 0 or high > MOST_POSTS:
        raise fault(f"{shown(value)} is out of range", f"a pool has 0 to {MOST_POSTS} posts")
    if low > high:
        raise fault(f"{shown(value)} runs backwards", f"write it as {high}..{low}")
    return low, high


RangeField = Annotated[
    tuple[int, int],
    PlainValidator(parse_range),
    WithJsonSchema(
        {
            "anyOf": [
                {"type": "string", "pattern": r"^\s*[0-9]+\s*\.\.\s*[0-9]+\s*$"},
                {"type": "integer", "minimum": 0, "maximum": MOST_POSTS},
            ],
            "examples": ["4..12"],
        }
    ),
]
