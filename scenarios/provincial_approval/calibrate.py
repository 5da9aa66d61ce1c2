"""Find the one calibrated number of this scenario: how long a file lies and is carried before each signature.

    python scenarios/provincial_approval/calibrate.py

prints the mean delay in workdays at which the simulated baseline takes 15.3 workdays from acceptance to decision, the
published mean. ``scenario.yaml`` holds it in every step whose name begins with ``tray_``. Nothing is fitted to the
published result of the reform.
"""

from __future__ import annotations

import argparse
from dataclasses import replace
from pathlib import Path

import numpy as np
from scipy.optimize import brentq

import simgov
from simgov import kpi
from simgov.engines import simulate
from simgov.network import compile_network
from simgov.scenario.value import Scenario, Step

PUBLISHED = 15.3
"""Workdays; province-time, read as time that passed."""

KPI = "approval.days.mean"
SHORTEST, LONGEST = 0.5, 3.0
"""Workdays between which the delay is looked for."""

PRECISION = 0.0005


def with_delay(scenario: Scenario, workdays: float) -> Scenario:
    """The scenario with this mean delay before every signature; the spread stays."""

    def delayed(step: Step) -> Step:
        if not step.id.startswith("tray_"):
            return step
        assert step.time is not None
        return replace(step, time=replace(step.time, mean=workdays))

    service = scenario.service("approval")
    return scenario.with_service(replace(service, steps=tuple(delayed(step) for step in service.steps)))


def mean_days(scenario: Scenario, replications: int) -> float:
    """Mean workdays from acceptance to decision, over so many replications of the file's seed."""
    network = compile_network(scenario)
    place = [measure.name for measure in kpi.names(scenario)].index(KPI)
    tables = (simulate(network, scenario.run.seed, replication) for replication in range(replications))
    return float(np.mean([kpi.measure(network, events).values[place] for events in tables]))


def calibrated(scenario: Scenario, replications: int) -> float:
    """The mean delay at which the baseline takes the published time."""
    return float(
        brentq(
            lambda workdays: mean_days(with_delay(scenario, workdays), replications) - PUBLISHED,
            SHORTEST,
            LONGEST,
            xtol=PRECISION,
        )
    )


def main() -> None:
    """Read the command line and calibrate."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", type=Path, default=Path(__file__).parent / "scenario.yaml")
    parser.add_argument("--replications", type=int, default=60)
    arguments = parser.parse_args()
    baseline = simgov.load(arguments.scenario).baseline
    workdays = calibrated(baseline, arguments.replications)
    print(f"as the file has it: {mean_days(baseline, arguments.replications):.3f} workdays")
    print(f"tray delay for {PUBLISHED} workdays: {workdays:.3f} workdays")


if __name__ == "__main__":
    main()
