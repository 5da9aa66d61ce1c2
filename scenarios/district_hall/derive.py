"""Derive arrivals and capacity of the Wola district office from the polls of its queues, up to 15 January 2020.

    python scenarios/district_hall/derive.py [--data FILE] [--compare-weights]

writes ``arrivals/<service>.csv`` (expected applicants by weekday and half hour) and ``capacity.csv`` (tickets called
per hour while people wait). Both are committed; the record itself is not. README.md says how and why.
"""

from __future__ import annotations

import argparse
import datetime
from pathlib import Path

import numpy as np
import pandas as pd
from polls import (
    DATA,
    HERE,
    OPENS,
    QUEUES,
    SLOT,
    Day,
    Queue,
    busy_by_slot,
    day,
    issued_by_slot,
    read,
    training_dates,
    without_silence,
)

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri")

WEEKDAY_WEIGHT = 0.25
"""How far a weekday's level goes from the common level to its own two dates.

With two dates of each weekday, what distinguishes a weekday is mostly chance: ``--compare-weights`` leaves out one date
after another, predicts it from the others and prints the Poisson deviance.
"""


def training_days(polls: pd.DataFrame, queue: Queue) -> list[Day]:
    """The training dates of one queue, with failures of the display taken out."""
    return without_silence([day(polls, queue, date) for date in training_dates(polls)])


def profile(days: list[Day]) -> dict[int, np.ndarray]:
    """Expected arrivals of each half hour, by weekday from 0 (Monday).

    One shape of the day up to 16:00 for all weekdays, times the weekday's level; Monday's evening is its own.
    """
    issued = {one.date: issued_by_slot(one) for one in days}
    result = {}
    for weekday in range(5):
        evening = np.nanmean([s[16:] for date, s in issued.items() if date.weekday() == weekday], axis=0)
        result[weekday] = np.append(until_four(issued, weekday, WEEKDAY_WEIGHT), evening)
    return result


def until_four(issued: dict[datetime.date, np.ndarray], weekday: int, weight: float) -> np.ndarray:
    """Expected arrivals of the half hours up to 16:00 on one weekday."""
    slots = {date: values[:16] for date, values in issued.items()}
    common = np.nanmean(list(slots.values()), axis=0)
    return (weight * own_level(slots, weekday, common) + 1 - weight) * common


def own_level(slots: dict[datetime.date, np.ndarray], weekday: int, common: np.ndarray) -> float:
    """Arrivals on the dates of one weekday relative to what the common shape expects in the same half hours."""
    own = [values for date, values in slots.items() if date.weekday() == weekday]
    return float(sum(np.nansum(v) for v in own) / sum(common[~np.isnan(v)].sum() for v in own))


def left_out_deviance(polls: pd.DataFrame, weight: float) -> float:
    """Poisson deviance of the arrivals of each date, Mondays apart, predicted from the other training dates."""
    total = 0.0
    for queue in QUEUES:
        issued = {one.date: issued_by_slot(one) for one in training_days(polls, queue)}
        for date in (date for date in issued if date.weekday() != 0):
            others = {other: values for other, values in issued.items() if other != date}
            expected = np.maximum(until_four(others, date.weekday(), weight), 0.05)
            seen = np.maximum(issued[date][:16], 0.0)
            terms = np.where(seen > 0, seen * np.log(np.maximum(seen, 1e-9) / expected), 0.0) - (seen - expected)
            total += 2.0 * float(np.nansum(terms))
    return total


def clock(minute: int) -> str:
    """A minute of the day as people write it."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def profile_table(by_weekday: dict[int, np.ndarray]) -> pd.DataFrame:
    """The profile as the scenario language reads it: weekday, from, to, cases."""
    return pd.DataFrame(
        [
            (WEEKDAYS[weekday], clock(OPENS + SLOT * k), clock(OPENS + SLOT * (k + 1)), round(float(cases), 2))
            for weekday, slots in by_weekday.items()
            for k, cases in enumerate(slots)
        ],
        columns=["weekday", "from", "to", "cases"],
    )


def capacity_table(queue: Queue, days: list[Day]) -> pd.DataFrame:
    """Tickets called while people waited, by half hour up to 16:00, over all training dates of one queue.

    ``displayed_minutes`` is the service time as the display had it in that half hour: a hint, since tickets whose owner
    had left pull it down.
    """
    busy = [busy_by_slot(one) for one in days]
    calls = np.maximum(sum(calls[:16] for calls, _ in busy), 0.0)
    minutes = sum(minutes[:16] for _, minutes in busy)
    displayed = [displayed_minutes(days, OPENS + SLOT * k) for k in range(16)]
    return pd.DataFrame(
        {
            "service": queue.service,
            "from": [clock(OPENS + SLOT * k) for k in range(16)],
            "calls": np.round(calls, 1),
            "minutes": minutes.astype(int),
            "calls_per_hour": np.round(60 * calls / np.where(minutes > 0, minutes, np.nan), 1),
            "displayed_minutes": displayed,
        }
    )


def displayed_minutes(days: list[Day], start: int) -> float:
    """The median service time on display in the half hour from ``start``."""
    shown = np.concatenate([d.service_minutes[(d.minute >= start) & (d.minute < start + SLOT)] for d in days])
    return float(np.median(shown))


def derive(data: Path, folder: Path) -> None:
    """Write the profiles and the capacity table below ``folder``."""
    polls = read(data)
    (folder / "arrivals").mkdir(parents=True, exist_ok=True)
    tables = []
    for queue in QUEUES:
        days = training_days(polls, queue)
        write(profile_table(profile(days)), folder / "arrivals" / f"{queue.service}.csv")
        tables.append(capacity_table(queue, days))
    write(pd.concat(tables), folder / "capacity.csv")


def write(table: pd.DataFrame, path: Path) -> None:
    """The table as CSV, with the same line ends on every system."""
    table.to_csv(path, index=False, lineterminator="\n")


def main() -> None:
    """Read the command line and derive."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the polls of the Wola office (csv.gz)")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write into")
    parser.add_argument("--compare-weights", action="store_true", help="print how well weights predict; write nothing")
    arguments = parser.parse_args()
    if arguments.compare_weights:
        polls = read(arguments.data)
        for weight in (0.0, 0.25, 0.5, 1.0):
            print(f"weight {weight:.2f}: deviance {left_out_deviance(polls, weight):.0f}")
    else:
        derive(arguments.data, arguments.out)


if __name__ == "__main__":
    main()
