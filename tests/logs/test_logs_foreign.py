"""Logs of other systems: every task that follows from them was worked out by hand; real ones where they are at hand."""

from __future__ import annotations

import csv
import gzip
import os
from collections import defaultdict
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import simgov
from simgov.scenario.value import Recorded, Scenario

RECORDS = Path(os.environ.get("SIMGOV_SHARED_DATA", Path(__file__).parents[3] / "shared" / "data"))
real = pytest.mark.skipif(not RECORDS.is_dir(), reason=f"the real records are not in {RECORDS}")

HEAD = """\
simgov: 1
name: Office
calendar: {hours: ["09:00-17:00"]}
pools:
  front: {kind: window, count: 1}
  back:  {kind: department, count: 1, at_closing: pause}
services:
  permit:
"""
RUN = "\nrun: {start: 2026-01-05, period: 5 workdays, replications: 1, seed: 4}\n"
NINE, DAY = 540.0, 1440.0


def office(folder: Path, service: str, log: str, name: str = "log.csv", extra: str = "") -> Scenario:
    (folder / name).write_text(log, encoding="utf-8")
    (folder / "s.yaml").write_text(HEAD + service + RUN + extra, encoding="utf-8")
    return simgov.load(folder / "s.yaml").baseline


def tasks(scenario: Scenario, engine: str = "compiled") -> list[tuple[object, ...]]:
    events = simgov.events(scenario, engine=engine)
    columns = ["case", "step", "ready", "start", "finish", "outcome"]
    return [tuple(row) for row in events[columns].itertuples(index=False)]


TWO_STEPS = """\
    replay: log.csv
    steps:
      intake: {at: front, time: {constant: 1 min}}
      check:  {at: back, time: {exponential: {mean: 1 min}}, share: 10 %}
      print:  {at: back, time: {constant: 1 min}}
"""


def test_who_came_when_which_way_and_for_how_long(tmp_path: Path) -> None:
    log = """\
case_id,activity,start_time,end_time
a,intake,2026-01-05 09:00,2026-01-05 09:20
b,intake,2026-01-05 09:10,2026-01-05 09:40
a,check,2026-01-05 16:30,2026-01-06 09:30
b,print,2026-01-05 11:00,2026-01-05 11:05
a,print,2026-01-06 09:30,2026-01-06 09:40
b,print,2026-01-05 12:00,2026-01-05 12:07
"""
    scenario = office(tmp_path, TWO_STEPS, log)
    # b waits for the only officer and skips the check; a's had 60 minutes of the pool's hours; b printed twice, 12.
    expected = [
        (0, "intake", NINE, NINE, NINE + 20, "done"),
        (1, "intake", NINE + 10, NINE + 20, NINE + 50, "done"),
        (0, "check", NINE + 20, NINE + 20, NINE + 80, "done"),
        (1, "print", NINE + 50, NINE + 80, NINE + 92, "done"),
        (0, "print", NINE + 80, NINE + 92, NINE + 102, "done"),
    ]
    assert sorted(tasks(scenario), key=str) == sorted(expected, key=str)
    assert tasks(scenario) == tasks(scenario, "reference")


def test_starts_and_ends_of_their_own_are_put_together(tmp_path: Path) -> None:
    log = """\
case:concept:name;concept:name;lifecycle:transition;time:timestamp
a;intake;SCHEDULE;2026-01-05T08:00:00
a;intake;START;2026-01-05T09:00:00Z
b;intake;START;2026-01-05T09:30:00+08:00
b;intake;COMPLETE;2026-01-05T09:37:00+08:00
a;intake;suspend;2026-01-05T09:10:00
a;intake;COMPLETE;2026-01-05T09:45:00
"""
    scenario = office(tmp_path, TWO_STEPS.replace("    replay: log.csv\n", "    replay: {log: log.csv}\n"), log)
    events = simgov.events(scenario)
    assert events["work"].tolist() == [45.0, 7.0]
    assert events["step"].tolist() == ["intake", "intake"]
    assert simgov.cases(scenario)["applied"].tolist() == [NINE, NINE + 30]


def test_repetitions_are_visits_where_the_scenario_sends_back(tmp_path: Path) -> None:
    service = """\
    replay: log.csv
    steps:
      intake: {at: front, time: {constant: 1 min}}
      check:  {at: back, time: {constant: 1 min},
               returns: {share: 1 %, to: intake, delay: {constant: 1 min}, limit: 5}}
      print:  {at: back, time: {constant: 1 min}}
"""
    log = """\
case_id,activity,start_time,end_time
a,intake,2026-01-05 09:00,2026-01-05 09:10
a,check,2026-01-05 09:10,2026-01-05 09:15
a,intake,2026-01-05 10:15,2026-01-05 10:18
a,check,2026-01-05 10:18,2026-01-05 10:20
a,print,2026-01-05 10:20,2026-01-05 10:30
b,intake,2026-01-05 09:30,2026-01-05 09:40
b,check,2026-01-05 09:40,2026-01-05 09:41
"""
    # b was not printed, so print is skipped for it.
    assert sorted(tasks(office(tmp_path, service, log)), key=str) == sorted(
        [
            (0, "intake", NINE, NINE, NINE + 10, "done"),
            (0, "check", NINE + 10, NINE + 10, NINE + 15, "returned"),
            (1, "intake", NINE + 30, NINE + 30, NINE + 40, "done"),
            (1, "check", NINE + 40, NINE + 40, NINE + 41, "done"),
            (0, "intake", NINE + 75, NINE + 75, NINE + 78, "done"),
            (0, "check", NINE + 78, NINE + 78, NINE + 80, "done"),
            (0, "print", NINE + 80, NINE + 80, NINE + 90, "done"),
        ],
        key=str,
    )


def test_a_case_under_way_waits_at_its_next_step(tmp_path: Path) -> None:
    log = """\
case_id,activity,start_time,end_time
a,intake,2026-01-02 10:00,2026-01-02 10:10
a,check,2026-01-05 12:00,2026-01-05 12:30
gone,intake,2026-01-02 10:00,2026-01-02 10:10
b,intake,2026-01-05 09:30,2026-01-05 09:40
"""
    scenario = office(tmp_path, TWO_STEPS, log)
    cases = simgov.cases(scenario)
    assert cases["applied"].tolist() == [-3 * DAY + 600, NINE + 30]
    assert tasks(scenario)[0] == (0, "check", 0.0, NINE, NINE + 30, "done")


def test_a_log_of_ends_alone_has_its_work_drawn(tmp_path: Path) -> None:
    log = "case_id,activity,timestamp\n" + "".join(
        f"{k},intake,2026-01-05 09:{k:02}\n{k},check,2026-01-05 11:{k:02}\n" for k in range(20)
    )
    scenario = office(tmp_path, TWO_STEPS, log)
    events = simgov.events(scenario)
    assert (events["step"] == "check").sum() == 20  # though the share says 10 %
    assert (events["step"] == "print").sum() == 0
    assert (events.loc[events["step"] == "intake", "work"] == 1.0).all()
    assert events.loc[events["step"] == "check", "work"].nunique() == 20


def test_reforms_find_what_is_recorded(tmp_path: Path) -> None:
    log = "case_id,activity,start_time,end_time\n" + "".join(
        f"{k},{step},2026-01-05 {hour}:00,2026-01-05 {hour}:02\n"
        for k in range(200)
        for hour, step in (("10", "intake"), ("11", "check"))
    )
    reforms = """
reforms:
  quick: [{automate: {step: permit.intake, share: 50 %, harder: 50 %}}]
  gone:  [{remove_step: permit.check}]
  one:   [{merge_steps: {service: permit, steps: [intake, check], into: all, at: back, saving: 20 %}}]
"""
    office(tmp_path, TWO_STEPS.replace(", share: 10 %", ""), log, extra=reforms)
    study = simgov.load(tmp_path / "s.yaml")
    quick = simgov.events(study.reform("quick"))
    assert 70 < (quick["step"] == "intake").sum() < 130
    assert (quick.loc[quick["step"] == "intake", "work"] == 3.0).all()
    assert set(simgov.events(study.reform("gone"))["step"]) == {"intake"}
    assert simgov.events(study.reform("one"))["work"].to_numpy() == pytest.approx(np.full(200, 4.0 * 0.8))


def test_people_who_left_waited_so_long_and_the_others_longer(tmp_path: Path) -> None:
    service = """\
    patience: {exponential: {mean: 5 min}}
    replay: log.csv
    steps: {counter: {at: front, time: {constant: 1 min}, in_person: true}}
"""
    log = """\
case,activity,enabled_timestamp,start_timestamp,time:timestamp,lifecycle:transition
a,counter,2026-01-05 09:00,2026-01-05 09:00,2026-01-05 09:30,complete
b,counter,2026-01-05 09:01,,2026-01-05 09:11,withdraw
c,counter,2026-01-05 09:02,2026-01-05 09:30,2026-01-05 09:40,complete
"""
    assert tasks(office(tmp_path, service, log))[0] == (0, "counter", NINE, NINE, NINE + 30, "done")
    outcomes = {case: (finish, outcome) for case, _, _, _, finish, outcome in tasks(office(tmp_path, service, log))}
    assert outcomes == {0: (NINE + 30, "done"), 1: (NINE + 11, "reneged"), 2: (NINE + 40, "done")}


def test_recorded_applications_and_ages(tmp_path: Path) -> None:
    (tmp_path / "waiting.csv").write_text("time\n2026-01-01\n2026-01-02 12:00\n", encoding="utf-8")
    service = """\
    arrivals: {recorded: log.csv}
    backlog: [{step: counter, recorded: waiting.csv}]
    groups: {citizen: 50 %, firm: 50 %}
    steps: {counter: {at: front, time: {constant: 1 min}, in_person: true}}
"""
    log = "时间,service,group\n2026-01-05 10:00,permit,firm\n2026-01-05 09:30,permit,citizen\n2026-1-5 9:31,other,\n"
    cases = simgov.cases(office(tmp_path, service, log))
    assert cases["applied"].tolist() == [-4 * DAY, -2.5 * DAY, NINE + 30, NINE + 60]
    assert cases["group"].tolist()[2:] == ["citizen", "firm"]


def test_gbk_and_chinese_dates_and_names(tmp_path: Path) -> None:
    service = TWO_STEPS.replace("intake: {", "intake: {name: {zh: 受理}, ")
    log = "办件编号,环节,开始时间,结束时间\n1,受理,2026年1月5日 9:05,2026年1月5日 9时15分30秒\n"
    office(tmp_path, service, log)
    (tmp_path / "log.csv").write_bytes(log.encode("gbk"))
    scenario = simgov.load(tmp_path / "s.yaml").baseline
    assert simgov.events(scenario)["work"].tolist() == [10.5]


CREDENTIALS = {
    "request": "Radicar Solicitud Homologacion",
    "validate": "Validar solicitud",
    "recognise": "Homologacion por grupo de cursos",
    "review": "Revisar curso",
    "close": "Visto Bueno Cierre Proceso",
}


@real
def test_a_real_log_of_starts_and_ends(tmp_path: Path) -> None:
    file = RECORDS / "AcademicCredentials_train.csv.gz"
    steps = "".join(f"      {step}: {{at: all, time: {{exponential: {{mean: 1 h}}}}}}\n" for step in CREDENTIALS)
    named = ", ".join(f'"{activity}": {step}' for step, activity in CREDENTIALS.items())
    (tmp_path / "s.yaml").write_text(
        "simgov: 1\nname: Credentials\ncalendar: always\npools: {all: {kind: department, count: 2000}}\n"
        f"services:\n  credits:\n    replay: {{log: '{file}', steps: {{{named}}}, others: ignore}}\n    steps:\n{steps}"
        "run: {start: 2016-02-01, period: 80 days, replications: 1}\n",
        encoding="utf-8",
    )
    events = simgov.events(simgov.load(tmp_path / "s.yaml").baseline)
    wanted = {activity: step for step, activity in CREDENTIALS.items()}
    cases, minutes = defaultdict(set), defaultdict(float)
    with gzip.open(file, "rt", encoding="utf-8") as lines:
        for row in csv.DictReader(lines):
            if row["activity"] in wanted:
                start, end = (datetime.fromisoformat(row[key]) for key in ("start_time", "end_time"))
                cases[wanted[row["activity"]]].add(row["case_id"])
                minutes[wanted[row["activity"]]] += (end - start).total_seconds() / 60
    assert len(cases["request"]) > 300
    for step in CREDENTIALS:
        own = events[events["step"] == step]
        assert len(own) == len(cases[step])
        assert own["work"].sum() == pytest.approx(minutes[step])


@real
def test_a_real_log_of_ends_alone(tmp_path: Path) -> None:
    """The municipality's receipt phase: cases, channels and the first step as the records say."""
    (tmp_path / "s.yaml").write_text(
        "simgov: 1\nname: Receipt\ncalendar: always\npools: {all: {kind: department, count: 2000}}\n"
        "services:\n  permit:\n    channels: {Internet: 50 %, Desk: 20 %, Post: 10 %, e-mail: 10 %, Intern: 10 %}\n"
        f"    replay: {{log: '{RECORDS / 'receipt.xes.gz'}', others: ignore, "
        "steps: {Confirmation of receipt: receipt, T02 Check confirmation of receipt: check}}\n"
        "    steps: {receipt: {at: all, time: {constant: 5 min}}, check: {at: all, time: {constant: 5 min}}}\n"
        "run: {start: 2010-10-01, period: 500 days, replications: 1}\n",
        encoding="utf-8",
    )
    scenario = simgov.load(tmp_path / "s.yaml").baseline
    arrivals = scenario.services[0].arrivals
    assert isinstance(arrivals, Recorded)
    cases = simgov.cases(scenario)
    assert len(cases) == 1434
    counts = cases["channel"].value_counts()
    assert counts["Internet"] >= 1250
    assert counts["Desk"] >= 109
    events = simgov.events(scenario)
    assert (events["step"] == "receipt").sum() == 1434
    assert pd.Timestamp("2010-10-01") + pd.Timedelta(minutes=arrivals.applied[0]) == pd.Timestamp(
        "2010-10-02T09:20:39.266"
    )
