"""Compare the simulated hall with the polled one on the dates from 16 January 2020, which nothing was fitted to.

    python scenarios/district_hall/validate.py [--data FILE]

writes ``validation.md`` and ``validation.svg``: numbers waiting by half hour as polled on those dates, as simulated,
and as the training dates' mean would have it, with the mean absolute errors of the latter two.
"""

from __future__ import annotations

import argparse
import datetime
from dataclasses import dataclass
from pathlib import Path

import pandas as pd
from display import Curves, simulated
from polls import (
    DATA,
    HERE,
    OPENS,
    QUEUES,
    SLOT,
    YEAR_END,
    day,
    held_out_dates,
    read,
    training_dates,
    waiting_by_slot,
)

import simgov

REPLICATIONS = 100
HALL = "whole hall"


@dataclass(frozen=True)
class Cells:
    """One row for each service, date and half hour: service, date, weekday, slot, waiting (polled; nan in a gap)."""

    table: pd.DataFrame

    @staticmethod
    def of(polls: pd.DataFrame, dates: list[datetime.date]) -> Cells:
        """The polled averages on these dates, with the sum over all queues as one more service."""
        rows = [
            (queue.service, date, date.weekday(), slot, waiting)
            for queue in QUEUES
            for date in dates
            for slot, waiting in enumerate(waiting_by_slot(day(polls, queue, date)))
        ]
        table = pd.DataFrame(rows, columns=["service", "date", "weekday", "slot", "waiting"])
        hall = table.groupby(["date", "weekday", "slot"], as_index=False)["waiting"].sum(min_count=len(QUEUES))
        return Cells(pd.concat([table, hall.assign(service=HALL)], ignore_index=True))

    def mean(self, by: list[str]) -> pd.Series:
        """The mean over dates."""
        return self.table.groupby(by)["waiting"].mean()


def simulated_cells(curves: Curves) -> pd.Series:
    """Simulated averages by service, weekday and slot; the whole hall is the sum."""
    rows = {(s, w, k): v for s, days in curves.items() for w, curve in days.items() for k, v in enumerate(curve)}
    cells = pd.Series(rows).rename_axis(["service", "weekday", "slot"])
    hall = pd.concat({HALL: cells.groupby(["weekday", "slot"]).sum()}, names=["service"])
    return pd.concat([cells, hall])


def predictions(held_out: Cells, curves: Curves, training: Cells, with_year_end: Cells) -> pd.DataFrame:
    """The held-out cells with what each predictor says of them."""
    table = held_out.table
    by_slot = ["service", "slot"]
    by_weekday = ["service", "weekday", "slot"]
    return (
        table.join(simulated_cells(curves).rename("simulated"), on=by_weekday)
        .join(training.mean(by_slot).rename("training mean"), on=by_slot)
        .join(training.mean(by_weekday).rename("training mean by weekday"), on=by_weekday)
        .join(with_year_end.mean(by_slot).rename("with 30 and 31 December"), on=by_slot)
    )


PREDICTORS = ["simulated", "training mean", "training mean by weekday", "with 30 and 31 December"]


def error_table(cells: pd.DataFrame) -> pd.DataFrame:
    """Mean number waiting and mean absolute errors by service, then over all queues, then of the hall's total."""
    known = cells.dropna(subset=["waiting"])
    errors = known[PREDICTORS].sub(known["waiting"], axis=0).abs().assign(service=known["service"])
    by_service = errors.groupby("service")[PREDICTORS].mean()
    levels = known.groupby("service")[["waiting", "simulated"]].mean()
    levels.columns = pd.Index(["polled mean", "simulated mean"])
    queues = [queue.service for queue in QUEUES]
    table = levels.join(by_service)
    table.loc["all queues"] = table.loc[queues].mean()
    return table.loc[[*queues, "all queues", HALL]]


def slot_table(cells: pd.DataFrame) -> pd.DataFrame:
    """The hall's total by half hour up to 16:00: polled, simulated, training mean; averages over the held-out dates."""
    hall = cells[(cells["service"] == HALL) & (cells["slot"] < 16)].dropna(subset=["waiting"])
    table = hall.groupby("slot")[["waiting", "simulated", "training mean"]].mean()
    table.index = pd.Index([clock(slot) for slot in table.index], name="from")
    return table.rename(columns={"waiting": "polled"})


def clock(slot: int) -> str:
    """When a half hour begins."""
    minute = OPENS + SLOT * slot
    return f"{minute // 60:02d}:{minute % 60:02d}"


def markdown(table: pd.DataFrame, digits: int) -> str:
    """A table in Markdown, numbers to so many digits."""
    head = [table.index.name or "", *table.columns]
    lines = [head, ["---", *["---:"] * len(table.columns)]]
    for name, row in zip(table.index, table.to_numpy(), strict=True):
        lines.append([str(name), *[f"{value:.{digits}f}" for value in row]])
    return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def picture(cells: pd.DataFrame, path: Path) -> None:
    """Small multiples: number waiting by half hour on the held-out dates, polled, simulated and training mean."""
    import altair

    shown = cells[cells["slot"] < 16].groupby(["service", "slot"])[["waiting", "simulated", "training mean"]].mean()
    shown = shown.rename(columns={"waiting": "polled, 16 to 22 January", "training mean": "mean of training dates"})
    long = shown.reset_index().melt(["service", "slot"], var_name="line", value_name="people waiting")
    long["hour"] = 8 + long["slot"] / 2 + 0.25
    order = [*[queue.service for queue in QUEUES], HALL]
    chart = (
        altair.Chart(long)
        .mark_line()
        .encode(
            x=altair.X("hour:Q", scale=altair.Scale(domain=[8, 16]), axis=altair.Axis(tickCount=5), title=None),
            y=altair.Y("people waiting:Q", title=None),
            color=altair.Color(
                "line:N",
                title=None,
                scale=altair.Scale(
                    domain=["polled, 16 to 22 January", "simulated", "mean of training dates"],
                    range=["#222222", "#d9480f", "#9aa5b1"],
                ),
                legend=altair.Legend(orient="top"),
            ),
            strokeDash=altair.condition(
                "datum.line == 'mean of training dates'", altair.value([4, 3]), altair.value([1, 0])
            ),
        )
        .properties(width=190, height=110)
        .facet(altair.Facet("service:N", sort=order, title=None), columns=4)
        .resolve_scale(y="independent")
        .properties(title="People waiting by half hour")
    )
    chart.save(str(path))


def validate(data: Path, scenario: Path, folder: Path) -> pd.DataFrame:
    """Write the tables and the picture into ``folder``; returns the table of errors."""
    polls = read(data)
    training = training_dates(polls)
    run = simgov.load(scenario).baseline
    cells = predictions(
        Cells.of(polls, held_out_dates(polls)),
        simulated(run, REPLICATIONS, run.run.seed),
        Cells.of(polls, training),
        Cells.of(polls, [*YEAR_END, *training]),
    )
    errors = error_table(cells)
    parts = [
        "# The simulated hall against the polled one, 16 to 22 January 2020",
        "Made by `validate.py`; how to read it: README.md. Numbers waiting are averages over the polls of a half hour;"
        " an error is the mean absolute difference over dates and half hours of the opening hours.",
        "## Mean absolute error by queue",
        markdown(errors, 2),
        "## People waiting in the whole hall by half hour, mean of the five dates",
        markdown(slot_table(cells), 1),
        "![People waiting by half hour and queue](validation.svg)",
    ]
    (folder / "validation.md").write_text("\n\n".join(parts) + "\n", encoding="utf-8")
    picture(cells, folder / "validation.svg")
    return errors


def main() -> None:
    """Read the command line and validate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the polls of the Wola office (csv.gz)")
    parser.add_argument("--scenario", type=Path, default=HERE / "scenario.yaml")
    parser.add_argument("--out", type=Path, default=HERE, help="the folder to write into")
    arguments = parser.parse_args()
    print(validate(arguments.data, arguments.scenario, arguments.out).round(2).to_string())


if __name__ == "__main__":
    main()
