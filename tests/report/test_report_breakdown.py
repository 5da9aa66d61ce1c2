"""Event tables aggregated: minutes per step and case, and waits by half hour, against hand counts and the KPIs."""

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from simgov import kpi
from simgov.engines import simulate
from simgov.engines.events import DONE, RENEGED, RETURNED, EventTable
from simgov.network import Network, compile_network
from simgov.report.breakdown import HALL, breakdown, time_per_step, waits_by_time_of_day
from simgov.study import Study

NAN = float("nan")
MORNING = 9 * 60.0


@pytest.fixture(scope="module")
def network(study: Study) -> Network:
    return compile_network(study.baseline)


def table(rows: list[dict[str, Any]], services: list[int], measured: list[bool] | None = None) -> EventTable:
    count, cases = len(rows), len(services)
    column = {name: np.array([row.get(name, 0) for row in rows], int) for name in ("case", "step", "visit", "outcome")}
    times = {
        name: np.array([row.get(name, NAN) for row in rows], float) for name in ("ready", "start", "finish", "work")
    }
    empty = np.full(cases, NAN)
    return EventTable(
        **column, **times, pool=np.zeros(count, int), server=np.zeros(count, int),
        case_service=np.array(services), case_index=np.arange(cases), case_group=np.full(cases, -1),
        case_channel=np.full(cases, -1), applied=empty, accepted=empty, decided=empty, left=empty, promise_due=empty,
        stopped_days=np.zeros(cases, int), case_outcome=np.zeros(cases, int),
        measured=np.array(measured or [True] * cases), window_start=0.0, window_end=1440.0, stopped_at=2000.0,
    )  # fmt: skip


def place(network: Network, name: str) -> int:
    return network.steps.index(tuple(name.split(".")))  # type: ignore[arg-type]


def minutes(frame: Any, name: str) -> list[float]:
    service, step = name.split(".")
    row = frame[(frame["service"] == service) & (frame["step"] == step)].iloc[0]
    return [float(row[kind]) for kind in ("visits", "waiting", "working", "outside")]


def test_time_is_waiting_working_or_outside(network: Network) -> None:
    counter, review, notify = (place(network, f"passport.{step}") for step in ("counter", "review", "notify"))
    events = table(
        [
            # Waits 10 min, is worked on for 5, and is sent back for 90 min.
            {"case": 0, "step": counter, "ready": 540, "start": 550, "finish": 555, "work": 5, "outcome": RETURNED},
            {
                "case": 0,
                "step": counter,
                "visit": 1,
                "ready": 645,
                "start": 645,
                "finish": 649,
                "work": 4,
                "outcome": DONE,
            },
            # 20 minutes of work interrupted for the night: the interruption is waiting.
            {"case": 0, "step": review, "ready": 649, "start": 1010, "finish": 1990, "work": 20, "outcome": DONE},
            {"case": 0, "step": notify, "pool": -1, "ready": 1990, "start": 1990, "finish": 2050, "work": 60},
        ],
        [1],
    )
    frame = time_per_step([network], [events])
    assert minutes(frame, "passport.counter") == [2.0, 10.0, 9.0, 90.0]
    assert minutes(frame, "passport.review") == [1.0, 1341.0 - 20.0, 20.0, 0.0]
    assert minutes(frame, "passport.notify") == [1.0, 0.0, 0.0, 60.0]
    assert minutes(frame, "passport.recheck") == [0.0, 0.0, 0.0, 0.0]


def test_time_is_per_measured_case_of_the_service(network: Network) -> None:
    counter = place(network, "card.counter")
    row = {"step": counter, "ready": 540, "start": 544, "finish": 550, "work": 6, "outcome": DONE}
    events = table([{**row, "case": case} for case in range(4)], [0, 0, 0, 0], [True, True, False, False])
    assert minutes(time_per_step([network] * 2, [events, events]), "card.counter") == [1.0, 4.0, 6.0, 0.0]


def test_who_leaves_unserved_has_waited_until_then(network: Network) -> None:
    counter = place(network, "card.counter")
    events = table(
        [
            {"case": 0, "step": counter, "ready": 540, "finish": 570, "work": 6, "outcome": RENEGED},
            {
                "case": 1,
                "step": counter,
                "ready": 1900,
                "work": 6,
                "outcome": 5,
            },  # still waits when the run stops at 2000
        ],
        [0, 0],
    )
    assert minutes(time_per_step([network], [events]), "card.counter") == [1.0, (30 + 100) / 2, 0.0, 0.0]


def test_waits_fall_into_the_half_hour_in_which_people_came(network: Network) -> None:
    card, passport = place(network, "card.counter"), place(network, "passport.counter")
    came = [MORNING + 29.9, MORNING + 30.0, MORNING + 59.0, 1440 + MORNING + 31.0]
    waits = [3.0, 10.0, 20.0, 60.0]
    rows = [
        {"case": i, "step": passport if i == 3 else card, "ready": at, "start": at + wait, "finish": at + wait + 5}
        for i, (at, wait) in enumerate(zip(came, waits, strict=True))
    ]
    events = replace(table(rows, [0, 0, 0, 1]), window_end=2880.0, stopped_at=2880.0)
    frame = waits_by_time_of_day([network], [events])
    hall = frame[frame["service"] == HALL]
    assert hall["minute"].tolist() == [540, 570]
    assert hall["mean"].tolist() == [3.0, 30.0]
    assert hall["p90"].tolist() == [3.0, 60.0]
    assert hall["arrivals"].tolist() == [0.5, 1.5]
    assert frame.loc[frame["service"] == "passport", "mean"].tolist() == [60.0]


def test_the_waits_of_all_half_hours_are_the_kpi(study: Study, network: Network) -> None:
    tables = [simulate(network, 7, replication) for replication in range(2)]
    day = waits_by_time_of_day([network] * len(tables), tables)
    hall = day[day["service"] == HALL]
    samples = [kpi.measure(network, events, ["hall.wait.mean"]).samples["hall.wait.mean"].values for events in tables]
    weighted = float((hall["mean"] * hall["arrivals"]).sum() / hall["arrivals"].sum())
    assert weighted == pytest.approx(float(np.concatenate(samples).mean()))


def test_the_minutes_of_all_steps_are_the_time_to_the_last_of_them(study: Study, network: Network) -> None:
    events = simulate(network, 7, 0)
    frame = time_per_step([network], [events])
    own = frame[frame["service"] == "passport"]
    measured = kpi.measure(network, events, ["passport.door_to_door.mean"])
    assert not measured.lower_bound.any()
    assert own[["waiting", "working", "outside"]].to_numpy().sum() == pytest.approx(float(measured.values[0]))


def test_scenarios_are_simulated_equally_often(study: Study) -> None:
    found = breakdown([study.baseline, study.reform("lean")], seed=7, replications=(4, 5))
    assert found.replications == 2
    assert set(found.steps["scenario"]) == {"baseline", "lean"}
    lean = found.steps[(found.steps["scenario"] == "lean") & (found.steps["step"] == "recheck")]
    assert lean["visits"].tolist() == [0.0]


def test_enough_cases_end_the_simulation(study: Study) -> None:
    asked: list[int] = []

    def one(network: Network, seed: int, replication: int) -> EventTable:
        asked.append(replication)
        return table([], [0] * 20_000)

    found = breakdown([study.baseline, study.baseline], seed=1, replications=range(50), simulate=one)
    assert found.replications == 5
    assert asked == [0, 1, 2, 3, 4] * 2
