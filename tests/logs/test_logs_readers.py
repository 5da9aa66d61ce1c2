"""Process mining tools read what simgov writes: pm4py, and log-distance-measures in an environment of its own."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pandas as pd
import pytest

import simgov

READERS = Path(__file__).parents[2] / ".venv-readers" / "bin" / "python"
ENDED = ["done", "returned"]


@pytest.fixture(scope="module")
def pm4py():  # type: ignore[no-untyped-def]
    return pytest.importorskip("pm4py", reason="pm4py is not installed; make test installs it")


def test_pm4py_reads_the_xes(pm4py, office: simgov.Scenario, tmp_path: Path) -> None:  # type: ignore[no-untyped-def]
    file = simgov.log(office, tmp_path / "log.xes.gz").file
    log = pm4py.read_xes(str(file))
    events = simgov.events(office)
    done = log[log["lifecycle:transition"] == "complete"]
    assert len(done) == (events["start"].notna() & events["finish"].notna()).sum()
    assert set(log["case:concept:name"]) == {f"{e.service}-{e.case}" for e in events.itertuples()}
    assert pm4py.get_start_activities(log)["Intake & check"] > 20
    first = done[done["case:concept:name"] == done["case:concept:name"].iloc[0]].iloc[0]
    assert str(first["time:timestamp"].tz) == "UTC"
    assert set(done["org:group"].dropna()) == {'Front "desk" <1>', "back"}
    interval = pm4py.convert_to_dataframe(log)
    assert {"case:service", "case:applied", "case:outcome", "enabled_timestamp", "work"} <= set(interval.columns)


def test_pm4py_reads_the_csv_and_finds_the_variants_of_the_simulation(
    pm4py, office: simgov.Scenario, tmp_path: Path
) -> None:  # type: ignore[no-untyped-def]
    rows = pd.read_csv(simgov.log(office, tmp_path / "log.csv").file)
    rows = rows[rows["outcome"].isin(ENDED)]
    log = pm4py.format_dataframe(rows, start_timestamp_key="start_timestamp")
    events = simgov.events(office)
    done = events[events["outcome"].isin(ENDED)].sort_values(["case", "finish", "start"])
    names = {"counter": "Intake & check"}
    own = done.groupby("case")["step"].agg(lambda steps: tuple(names.get(step, step) for step in steps)).value_counts()
    assert dict(pm4py.get_variants(log).items()) == own.to_dict()
    dfg, _, _ = pm4py.discover_dfg(log)
    assert dfg[("Intake & check", "simple")] > 5


PROGRAM = """
import json, sys
import pandas as pd
from log_distance_measures.absolute_event_distribution import absolute_event_distribution_distance
from log_distance_measures.case_arrival_distribution import case_arrival_distribution_distance
from log_distance_measures.circadian_event_distribution import circadian_event_distribution_distance
from log_distance_measures.config import EventLogIDs
from log_distance_measures.cycle_time_distribution import cycle_time_distribution_distance
from log_distance_measures.n_gram_distribution import n_gram_distribution_distance
from log_distance_measures.relative_event_distribution import relative_event_distribution_distance

ids = EventLogIDs(
    case="case:concept:name", activity="concept:name", start_time="start_timestamp", end_time="time:timestamp",
    resource="org:resource",
)
logs = []
for file in sys.argv[1:]:
    log = pd.read_csv(file)
    log = log[log["outcome"].isin(["done", "returned"])].copy()
    for column in (ids.start_time, ids.end_time):
        log[column] = pd.to_datetime(log[column], utc=True)
    logs.append(log)
found = []
for other in logs:
    found.append({
        "ngd": n_gram_distribution_distance(logs[0], ids, other, ids, n=3),
        "aed": absolute_event_distribution_distance(logs[0], ids, other, ids),
        "ced": circadian_event_distribution_distance(logs[0], ids, other, ids),
        "red": relative_event_distribution_distance(logs[0], ids, other, ids),
        "ctd": cycle_time_distribution_distance(logs[0], ids, other, ids, pd.Timedelta(hours=1)),
        "car": case_arrival_distribution_distance(logs[0], ids, other, ids),
    })
print(json.dumps(found))
"""


def test_log_distance_measures_compares_two_logs(office: simgov.Scenario, tmp_path: Path) -> None:
    """A log is at no distance from itself, and at some from that of another replication."""
    if not READERS.exists():
        pytest.skip("log-distance-measures needs an environment of its own; make test sets it up in .venv-readers")
    files = [str(simgov.log(office, tmp_path / f"{k}.csv", replication=k).file) for k in range(2)]
    done = subprocess.run([READERS, "-c", PROGRAM, *files], capture_output=True, text=True, timeout=300)
    assert done.returncode == 0, done.stderr
    itself, other = json.loads(done.stdout)
    assert set(itself.values()) == {0.0}
    assert all(distance > 0.0 for distance in other.values()), other
