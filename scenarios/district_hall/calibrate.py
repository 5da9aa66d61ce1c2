"""Fit the service minutes of the Wola district office to the dates up to 15 January 2020.

    python scenarios/district_hall/calibrate.py [--data FILE]

The hall is simulated with all service times multiplied by one factor after another. For each pool the factor is taken
whose numbers waiting, by queue and half hour, lie nearest to the polled ones on the training dates (mean absolute
error). The table it prints gives the minutes that ``scenario.yaml`` then holds; run again, every factor is near 1.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
from display import Curves, simulated
from polls import DATA, HERE, QUEUES, Day, day, read, training_dates, waiting_by_slot

import simgov
from simgov.scenario.value import Scenario, Step

FACTORS = np.round(np.exp(np.linspace(np.log(0.6), np.log(1.6), 21)), 4)
REPLICATIONS = 40
SEED = 15


def scaled(scenario: Scenario, factor: float) -> Scenario:
    """The same hall with every service time multiplied by ``factor``."""

    def longer(step: Step) -> Step:
        assert step.time is not None
        return replace(step, time=replace(step.time, mean=step.time.mean * factor))

    services = (replace(s, steps=tuple(longer(step) for step in s.steps)) for s in scenario.services)
    return replace(scenario, services=tuple(services))


def polled_days(data: Path) -> dict[str, list[Day]]:
    """The training dates of each service."""
    polls = read(data)
    return {queue.service: [day(polls, queue, date) for date in training_dates(polls)] for queue in QUEUES}


def error(curves: Curves, services: list[str], polled: dict[str, list[Day]]) -> float:
    """Mean absolute difference of simulated and polled numbers waiting, over services, dates and half hours."""
    gaps = [
        np.abs(curves[service][one.date.weekday()] - waiting_by_slot(one))
        for service in services
        for one in polled[service]
    ]
    return float(np.nanmean(np.concatenate(gaps)))


def fit(scenario: Scenario, polled: dict[str, list[Day]]) -> pd.DataFrame:
    """The best factor of each pool: pool, services, factor, mean absolute error there and at factor 1."""
    curves = {factor: simulated(scaled(scenario, factor), REPLICATIONS, SEED) for factor in (1.0, *FACTORS)}
    rows = []
    for pool in scenario.pools:
        services = [s.id for s in scenario.services if s.steps[0].at == pool.id]
        errors = {factor: error(curves[factor], services, polled) for factor in FACTORS}
        best = min(errors, key=lambda factor: errors[factor])
        minutes = ", ".join(f"{s} {scenario.service(s).steps[0].time.mean * best:.2f}" for s in services)
        rows.append((pool.id, float(best), errors[best], error(curves[1.0], services, polled), minutes))
    return pd.DataFrame(rows, columns=["pool", "factor", "error", "error_as_is", "minutes"])


def main() -> None:
    """Read the command line and print the fit."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA, help="the polls of the Wola office (csv.gz)")
    parser.add_argument("--scenario", type=Path, default=HERE / "scenario.yaml")
    arguments = parser.parse_args()
    table = fit(simgov.load(arguments.scenario).baseline, polled_days(arguments.data))
    print(table.round(3).to_string(index=False))


if __name__ == "__main__":
    main()
