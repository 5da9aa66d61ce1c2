"""Event logs as they are written: everything that happened, once, in the order of time; the same bytes each time."""

from __future__ import annotations

import csv
import gzip
import xml.etree.ElementTree as ET
from datetime import datetime
from pathlib import Path

import numpy as np
import pytest

import simgov
from simgov.engines import simulate
from simgov.logs import write_log
from simgov.network import compile_network

XES = "{http://www.xes-standard.org/}"


def rows_of(file: Path) -> list[dict[str, str]]:
    with file.open(encoding="utf-8", newline="") as lines:
        return list(csv.DictReader(lines))


def test_a_csv_has_every_task_of_the_event_table(office: simgov.Scenario, tmp_path: Path) -> None:
    written = simgov.log(office, tmp_path / "log.csv")
    events, cases = simgov.events(office), simgov.cases(office)
    rows = rows_of(written.file)
    assert (written.cases, written.tasks) == (len(cases), len(events)) == (len(cases), len(rows))
    start = np.datetime64("2026-01-05", "ns")
    for row, task in zip(rows, events.sort_values(["case", "task"]).itertuples(), strict=True):
        assert row["case:concept:name"] == f"{task.service}-{task.case}"
        assert (row["step"], row["outcome"], int(row["visit"])) == (task.step, task.outcome, task.visit)
        assert row["org:resource"] == (f"{task.pool}-{task.server + 1}" if task.server >= 0 else "")
        assert (float(row["work"]) if row["work"] else np.nan) == pytest.approx(task.work, abs=0, nan_ok=True)
        for column, minutes in (("enabled_timestamp", task.ready), ("start_timestamp", task.start)):
            if row[column]:
                exact = (np.datetime64(row[column], "ns") - start) / np.timedelta64(1, "ns") / 6e10
                assert abs(exact - minutes) * 60 < 1e-9 + abs(minutes) * 1e-15
            else:
                assert np.isnan(minutes)
    assert {row["lifecycle:transition"] for row in rows} == {"complete", "withdraw", "schedule", "start"}
    applied = {f"{case.service}-{case.case}": case.applied for case in cases.itertuples()}
    early = [row for row in rows if applied[row["case:concept:name"]] < 0]
    assert {row["case:applied"] for row in early} == {"2026-01-03T00:00:00.000000000"}  # two days before the first


def test_whole_seconds_are_written_as_such(office: simgov.Scenario, tmp_path: Path) -> None:
    from dataclasses import replace

    from simgov.distributions import Constant
    from simgov.scenario.value import Backlog

    question = replace(office.service("question"), arrivals=None, backlog=(Backlog("answer", 3, Constant(60.0)),))
    simgov.log(replace(office, services=(question,)), tmp_path / "log.csv", lang="zh")
    first, *_ = rows_of(tmp_path / "log.csv")
    assert first["case:applied"] == "2026-01-04T23:00:00"
    assert (first["start_timestamp"], first["time:timestamp"]) == ("2026-01-05T09:00:00", "2026-01-05T09:05:00")
    assert first["org:group"] == "综合窗口"


def test_an_xes_has_the_events_of_the_lifecycle_in_order_of_time(office: simgov.Scenario, tmp_path: Path) -> None:
    simgov.log(office, tmp_path / "log.xes", lang="zh")
    root = ET.parse(tmp_path / "log.xes").getroot()
    events = simgov.events(office)
    traces = root.findall(f"{XES}trace")
    assert len(traces) == len(simgov.cases(office))
    done = events["finish"].notna() & events["start"].notna()
    found: list[str] = []
    for trace in traces:
        times, kinds = [], []
        for event in trace.findall(f"{XES}event"):
            named = {one.get("key"): one.get("value") for one in event}
            times.append(datetime.fromisoformat(str(named["time:timestamp"])[:26]))
            kinds.append(str(named["lifecycle:transition"]))
            assert str(named["time:timestamp"]).endswith("+00:00")
        assert times == sorted(times)
        found += kinds
    assert found.count("complete") == done.sum()
    assert found.count("start") == events["start"].notna().sum()
    assert found.count("withdraw") == (events["finish"].notna() & events["start"].isna()).sum() > 0
    assert found.count("schedule") == (events["finish"].isna() & events["start"].isna()).sum() > 0
    names = {one.get("value") for one in root.iter(f"{XES}string") if one.get("key") == "concept:name"}
    assert {"受理", "示范大厅"} <= names


def test_packed_logs_hold_the_same_and_are_the_same_bytes_each_time(office: simgov.Scenario, tmp_path: Path) -> None:
    for suffix in (".csv", ".xes"):
        plain = simgov.log(office, tmp_path / f"log{suffix}").file.read_bytes()
        packed = [simgov.log(office, tmp_path / f"{k}{suffix}.gz").file.read_bytes() for k in range(2)]
        assert packed[0] == packed[1]
        assert gzip.decompress(packed[0]) == plain
        engine = simgov.log(office, tmp_path / f"reference{suffix}", engine="reference").file.read_bytes()
        assert engine == plain


def test_slices_make_one_log(office: simgov.Scenario, tmp_path: Path) -> None:
    network = compile_network(office)
    tables = [simulate(network, 5, replication) for replication in range(2)]
    written = write_log(network, tables, tmp_path / "both.csv")
    names = [row["case:concept:name"] for row in rows_of(written.file)]
    assert written.cases == sum(len(table.applied) for table in tables)
    assert len(set(names)) == sum(len(np.unique(table.case)) for table in tables)


def test_another_suffix_is_refused_before_anything_runs(office: simgov.Scenario, tmp_path: Path) -> None:
    with pytest.raises(simgov.InputError, match=r"log\.txt is neither XES, CSV nor Parquet; write"):
        simgov.log(office, tmp_path / "log.txt")
    assert list(tmp_path.glob("log*")) == []
