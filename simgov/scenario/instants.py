"""Dates and times as records write them, read column by column: ISO 8601, with a space, with slashes, in Chinese.

An instant is what the clock on the wall showed: an offset from UTC behind it is left out, and with it daylight saving.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from simgov.arrays import Floats, Integers
from simgov.units import UnitError, shown

Instants = NDArray[np.datetime64]
"""datetime64[ns]; NaT where nothing was written."""

NANOSECONDS = 60_000_000_000
NANOSECONDS_A_DAY = 1440 * NANOSECONDS
OFFSET = re.compile(r"(?<=\d)\s*(?:Z|[+-]\d{2}:?\d{2})$")
WRITTEN = re.compile(
    r"(?P<year>\d{4})[-/.年](?P<month>\d{1,2})[-/.月](?P<day>\d{1,2})日?"
    r"(?:[T\s]*(?P<hour>\d{1,2})[:时](?P<minute>\d{1,2})分?(?::?(?P<second>\d{1,2})(?P<fraction>\.\d+)?秒?)?)?"
)


def read_instants(texts: Sequence[str]) -> tuple[Instants, list[int]]:
    """The instants that ``texts`` write, and the positions of those that write none."""
    bare = [OFFSET.sub("", text) if text[-6:-5] in "+-" or text.endswith("Z") else text for text in texts]
    try:
        return np.array(bare, "datetime64[ns]"), []
    except ValueError:
        pass
    found = np.full(len(texts), "NaT", "datetime64[ns]")
    wrong = []
    for position, text in enumerate(bare):
        try:
            found[position] = read_instant(text)
        except UnitError:
            wrong.append(position)
    return found, wrong


def read_instant(text: str) -> np.datetime64:
    """The instant that ``text`` writes, NaT for nothing. Raises ``UnitError``."""
    bare = OFFSET.sub("", text.strip()) if ":" in text else text.strip()
    if not bare:
        return np.datetime64("NaT", "ns")
    match = WRITTEN.fullmatch(bare)
    if match is None:
        raise UnitError(f"{shown(text)} is not a date and time", "write 2026-01-05 09:30 or 2026-01-05T09:30:00")
    part = match.groupdict()
    try:
        day = datetime.date(int(part["year"]), int(part["month"]), int(part["day"]))
        clock = datetime.time(int(part["hour"] or 0), int(part["minute"] or 0), int(part["second"] or 0))
    except ValueError:
        raise UnitError(f"there is no instant {shown(text)}") from None
    whole = np.datetime64(datetime.datetime.combine(day, clock), "ns")
    return whole + np.timedelta64(round(float(part["fraction"] or 0.0) * 1e9), "ns")


def minutes_since(start: datetime.date, instants: Instants) -> Floats:
    """Minutes from ``start``, 00:00, on; nan for NaT. Each is the float nearest to the instant within its day."""
    nanoseconds: Integers = (instants - np.datetime64(start.isoformat(), "ns")).astype(np.int64)
    day = nanoseconds // NANOSECONDS_A_DAY
    minutes: Floats = day * 1440.0 + (nanoseconds - day * NANOSECONDS_A_DAY) / float(NANOSECONDS)
    return np.where(np.isnat(instants), np.nan, minutes)
