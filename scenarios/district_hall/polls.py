"""The polls of the Wola district office: reading them, and turning ticket numbers and people waiting into flows.

The display of each queue was read every five minutes: people waiting, the last ticket called and the average service
time so far. A ticket number counts the calls of its queue since the morning, so at the moment of a call

    tickets issued = number of the ticket just called + people waiting

which holds in these data to a ticket or two. Everything here rests on that identity. Times are minutes of the day.
"""

from __future__ import annotations

import bisect
import datetime
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd

HERE = Path(__file__).parent
DATA = HERE / "../../../shared/data/warsaw_UD_Wola.csv.gz"
"""Where the record lies beside the project; it is not part of it."""

FIRST_HELD_OUT = datetime.date(2020, 1, 16)
"""From here on the dates are for validation only."""

YEAR_END = (datetime.date(2019, 12, 30), datetime.date(2019, 12, 31))
"""Left out: deadlines fell on 31 December, and the cash desk closed at 11:15 on that day."""

HOLIDAYS = (datetime.date(2020, 1, 1), datetime.date(2020, 1, 6))
"""New Year and Epiphany: the display was on, nobody came."""

SLOT = 30
OPENS = 8 * 60
LATE_CLOSING = 18 * 60
"""Monday."""
CLOSING = 16 * 60
"""Tuesday to Friday."""

SILENT_TICKETS = 15
"""A display that stays still to the end of the day while other dates issued this many tickets has failed."""


@dataclass(frozen=True)
class Queue:
    """One queue of the display and the service it stands for: queue id of the record, ticket letter, service id."""

    number: int
    letter: str
    service: str


QUEUES = (
    Queue(182, "A", "residence"),
    Queue(183, "B", "id_cards"),
    Queue(184, "C", "general"),
    Queue(185, "D", "architecture"),
    Queue(186, "E", "property"),
    Queue(187, "F", "housing"),
    Queue(189, "H", "vehicle_papers"),
    Queue(190, "I", "vehicles"),
    Queue(192, "K", "cash"),
    Queue(193, "L", "licences"),
    Queue(195, "P", "marriages"),
    Queue(196, "R", "certificates"),
    Queue(197, "S", "deaths"),
    Queue(200, "P", "benefits"),
    Queue(202, "A", "business"),
)
"""The queues that are modelled; README.md says which are not, and why."""


@dataclass(frozen=True)
class Day:
    """One queue on one date, at each poll of the opening hours: minute, people waiting, tickets issued since opening.

    ``issued`` is nan where the display failed. ``service_minutes`` is the average service time as displayed,
    ``last_ticket`` the minute at which the last new ticket appeared.
    """

    date: datetime.date
    minute: np.ndarray
    waiting: np.ndarray
    issued: np.ndarray
    service_minutes: np.ndarray
    last_ticket: float

    @property
    def called(self) -> np.ndarray:
        """Tickets that left the queue since opening, by being called, whether or not anyone came forward."""
        return self.issued - self.waiting


def closing(date: datetime.date) -> int:
    """The minute at which the office closes on that date."""
    return LATE_CLOSING if date.weekday() == 0 else CLOSING


def slots(date: datetime.date) -> int:
    """Half hours between opening and closing."""
    return (closing(date) - OPENS) // SLOT


def read(path: Path = DATA) -> pd.DataFrame:
    """The record, one row for each queue and poll, with ``date`` and ``minute`` beside it."""
    polls = pd.read_csv(path, parse_dates=["time"])
    return polls.assign(date=polls["time"].dt.date, minute=polls["time"].dt.hour * 60 + polls["time"].dt.minute)


def training_dates(polls: pd.DataFrame) -> list[datetime.date]:
    """Workdays before 16 January without the two of the year's end."""
    left_out = YEAR_END + HOLIDAYS
    return [date for date in sorted(polls["date"].unique()) if date < FIRST_HELD_OUT and date not in left_out]


def held_out_dates(polls: pd.DataFrame) -> list[datetime.date]:
    """The workdays from 16 January on."""
    return [date for date in sorted(polls["date"].unique()) if date >= FIRST_HELD_OUT]


def longest_rising(numbers: np.ndarray) -> list[int]:
    """Positions of the longest non-decreasing subsequence.

    What is left over are misread tickets: a recall (A049 after A060), a jump (A087 between A072 and A073).
    """
    ends: list[float] = []
    where: list[int] = []
    before: list[int] = []
    for position, number in enumerate(numbers):
        length = bisect.bisect_right(ends, number)
        before.append(where[length - 1] if length else -1)
        ends[length : length + 1] = [number]
        where[length : length + 1] = [position]
    path = []
    position = where[-1] if where else -1
    while position >= 0:
        path.append(position)
        position = before[position]
    return path[::-1]


def day(polls: pd.DataFrame, queue: Queue, date: datetime.date) -> Day:
    """One queue on one date, with the tickets issued by each poll.

    Only polls at which a new number of the queue's own letter appeared are trusted (the display shows other queues'
    tickets and keeps old ones). At those, issued = number + waiting; between them issued grows evenly, and after the
    last one by the visible rises of the number waiting. It never falls: who tore a ticket and was struck off had come.
    """
    rows = polls[(polls["queue_id"] == queue.number) & (polls["date"] == date)]
    rows = rows[rows["minute"] < closing(date)]
    minute = rows["minute"].to_numpy(dtype=float)
    waiting = rows["waiting"].to_numpy(dtype=float)
    own = rows["last_ticket"].where(rows["last_ticket"].str.startswith(queue.letter, na=False))
    number = own.str[1:].astype(float).to_numpy()
    shown = np.flatnonzero(~np.isnan(number))
    rising = shown[longest_rising(number[shown])]
    fresh = rising[np.diff(number[rising], prepend=-1.0) > 0]
    known = np.maximum.accumulate(number[fresh] + waiting[fresh])
    issued = np.interp(minute, np.append(OPENS, minute[fresh]), np.append(0.0, known))
    last = fresh[-1] if len(fresh) else 0
    rises = np.maximum(np.diff(waiting[last:]), 0.0)
    issued[last + 1 :] = issued[last] + np.cumsum(rises)
    return Day(date, minute, waiting, issued, rows["service_min"].to_numpy(dtype=float), float(minute[last]))


def without_silence(days: list[Day]) -> list[Day]:
    """The same dates of one queue, with ``issued`` unknown where the display fell silent before the end of the day.

    A date counts as silent from its last new ticket on, when the other dates issued far more after that minute.
    """
    kept = []
    for one in days:
        others = [issued_after(other, one.last_ticket) for other in days if other is not one]
        usual = float(np.median(others))
        failed = usual >= SILENT_TICKETS and issued_after(one, one.last_ticket) < usual / 3
        kept.append(replace(one, issued=np.where(failed & (one.minute > one.last_ticket), np.nan, one.issued)))
    return kept


def issued_after(one: Day, minute: float) -> float:
    """Tickets issued from that minute until the end of the day."""
    return float(one.issued[-1] - np.interp(minute, one.minute, one.issued))


def edges(date: datetime.date) -> np.ndarray:
    """The minutes at which the half hours of that date begin, and the last ends."""
    return OPENS + SLOT * np.arange(slots(date) + 1)


def issued_by_slot(one: Day) -> np.ndarray:
    """Tickets issued in each half hour; nan where the display had failed."""
    return np.diff(np.interp(edges(one.date), np.append(OPENS, one.minute), np.append(0.0, one.issued)))


def waiting_by_slot(one: Day) -> np.ndarray:
    """Average number waiting over the polls of each half hour; nan where there was none."""
    slot = ((one.minute - OPENS) // SLOT).astype(int)
    return np.array([one.waiting[slot == k].mean() if (slot == k).any() else np.nan for k in range(slots(one.date))])


def busy_by_slot(one: Day) -> tuple[np.ndarray, np.ndarray]:
    """Tickets called, and minutes, of the intervals between polls at whose both ends people waited; by half hour."""
    length = slots(one.date)
    calls, minutes = np.zeros(length), np.zeros(length)
    step = np.diff(one.called)
    both = (one.waiting[1:] > 0) & (one.waiting[:-1] > 0) & ~np.isnan(step) & (one.minute[:-1] >= OPENS)
    slot = ((one.minute[:-1] - OPENS) // SLOT).astype(int)
    np.add.at(calls, slot[both], step[both])
    np.add.at(minutes, slot[both], np.diff(one.minute)[both])
    return calls, minutes
