"""KPIs of several services together and of one group of applicants, against the cases themselves."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

import simgov
from simgov.experiment import estimate
from simgov.kpi import UnknownKpi, find, names
from simgov.kpi.selection import OF_GROUPS, TOGETHER
from simgov.kpi.table import DEFINITIONS
from simgov.kpi.targets import Target, watched

OFFICE = """\
simgov: 1
calendar: {hours: ["09:00-12:00", "13:00-17:00"]}
pools:
  counter: {name: {zh: 窗口, en: Counter}, kind: window, count: 2, cost: 30 CNY/h}
  review:  {kind: department, count: 2, cost: 50 CNY/h}
services:
  permit:
    name: {zh: 许可, en: Permit}
    arrivals: {poisson: {rate: 9 /h}}
    promise: 1 workdays
    groups: {citizen: 60 %, elderly: 40 %}
    patience: {exponential: {mean: 30 min}}
    steps:
      hand_in: {at: counter, time: {lognormal: {mean: 8 min, cv: 0.6}}, in_person: true, accepted: true, documents: 3}
      review:  {at: review, time: {gamma: {mean: 9 min, cv: 0.7}}, decision: true}
  licence:
    name: {zh: 执照, en: Licence}
    arrivals: {poisson: {rate: 3 /h}}
    promise: 2 workdays
    groups: {elderly: 30 %, firm: 70 %}
    steps:
      apply:  {at: counter, time: {lognormal: {mean: 5 min, cv: 0.6}}, in_person: true, accepted: true, documents: 5}
      decide: {at: review, time: {gamma: {mean: 14 min, cv: 0.7}}, decision: true}
  notice:
    arrivals: {poisson: {rate: 2 /h}}
    steps:
      send: {at: review, time: {constant: 3 min}, decision: true}
targets:
  - {kpi: all/elderly.time.mean, at_most: 4 h}
  - {kpi: permit+licence.time.p90, at_most: 6 h}
  - {kpi: counter.utilisation, at_least: 50 %, at_most: 90 %}
optimize: {staff: {counter: 1..4, review: 1..4}}
run: {period: 3 workdays, replications: 3, seed: 5}
"""


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> simgov.Study:
    path = tmp_path_factory.mktemp("selection") / "office.yaml"
    path.write_text(OFFICE, encoding="utf-8")
    return simgov.load(path)


@pytest.fixture(scope="module")
def cases(study: simgov.Study) -> pd.DataFrame:
    found = simgov.cases(study.baseline, seed=5, replication=0)
    start = found["applied"] >= 0.0
    return found[start & (found["applied"] < 3 * 1440.0)]


def measured(study: simgov.Study, *kpis: str) -> list[float]:
    found = estimate(study.baseline, kpis, 1, 5)
    return [found[kpi].value for kpi in kpis]


def test_times_are_those_of_the_cases(study: simgov.Study, cases: pd.DataFrame) -> None:
    minutes = (cases["decided"] - cases["applied"])[cases["decided"].notna()]
    service, group = cases["service"], cases["group"]
    every, two, old, one = measured(
        study, "all.time.mean", "permit+licence.time.mean", "all/elderly.time.mean", "permit/elderly.time.mean"
    )
    assert every == pytest.approx(minutes.mean())
    assert two == pytest.approx(minutes[service.isin(["permit", "licence"])].mean())
    assert old == pytest.approx(minutes[group == "elderly"].mean())
    assert one == pytest.approx(minutes[(group == "elderly") & (service == "permit")].mean())
    ordered = np.sort(minutes[service.isin(["permit", "licence"])].to_numpy())
    assert measured(study, "permit+licence.time.p90") == [pytest.approx(ordered[-(-90 * len(ordered) // 100) - 1])]


def test_shares_and_counts_weigh_by_cases(study: simgov.Study, cases: pd.DataFrame) -> None:
    here = cases[cases["service"].isin(["permit", "licence"])]
    assert measured(study, "permit+licence.reneged") == [pytest.approx((here["outcome"] == "reneged").mean())]
    old = cases[cases["group"] == "elderly"]
    assert measured(study, "all/elderly.reneged") == [pytest.approx((old["outcome"] == "reneged").mean())]
    decided = here[here["decided"].notna()]
    assert measured(study, "all.on_time") == [pytest.approx((decided["decided"] <= decided["promise_due"]).mean())]
    together, permit, licence = measured(study, "permit+licence.documents", "permit.documents", "licence.documents")
    counts = here["service"].value_counts()
    assert together == pytest.approx((permit * counts["permit"] + licence * counts["licence"]) / len(here))
    both, permit, licence, notice = measured(
        study, "all.throughput", "permit.throughput", "licence.throughput", "notice.throughput"
    )
    assert both == pytest.approx(permit + licence + notice)


def test_the_groups_of_a_service_make_up_the_whole(study: simgov.Study, cases: pd.DataFrame) -> None:
    counts = cases[cases["service"] == "permit"]["group"].value_counts()
    for quantity in ("visits", "documents", "steps", "reneged"):
        whole, citizen, elderly = measured(
            study, f"permit.{quantity}", f"permit/citizen.{quantity}", f"permit/elderly.{quantity}"
        )
        assert whole == pytest.approx((citizen * counts["citizen"] + elderly * counts["elderly"]) / counts.sum())


def test_one_service_alone_is_itself(study: simgov.Study) -> None:
    """To the last bit, whichever quantity: a group that is everybody, and all where there is one service."""
    permit = study.baseline.service("permit")
    alone = replace(study.baseline, services=(replace(permit, groups=(("all_of_them", 1.0),)),), watched=())
    for row in DEFINITIONS:
        if row.scope == "service" and row.quantity in TOGETHER:
            for stem in [f"{row.quantity}.{one}" for one in row.statistics] or [row.quantity]:
                try:
                    asked = [f"permit.{stem}", f"all.{stem}"]
                    asked += [f"permit/all_of_them.{stem}"] if row.quantity in OF_GROUPS else []
                    found = estimate(alone, asked, 2, 5)
                except UnknownKpi:
                    assert row.needs != "nothing"
                    continue
                values = {repr(found[one].value) for one in asked}
                assert len(values) == 1, (stem, found)


@pytest.mark.parametrize(
    ("name", "message", "hint"),
    [
        ("permit+licens.time.mean", "there is no service 'licens'", "did you mean licence?"),
        ("permit+permit.time.mean", "permit is named twice", "once"),
        ("permit/eldery.time.mean", "there is no group of permit 'eldery'", "did you mean elderly?"),
        ("all/firms.time.mean", "there is no group 'firms'", "did you mean firm?"),
        ("permit/.time.mean", "no group is named after /", "permit/ and one of its groups"),
        ("permit+notice.on_time", "notice has no such KPI", ""),
        ("all.time.p99", "there is no KPI 'all.time.p99'", "did you mean all.time.p9"),
        ("permit/elderly.throughput", "there is no KPI", ""),
    ],
)
def test_what_selects_nothing_says_why(study: simgov.Study, name: str, message: str, hint: str) -> None:
    with pytest.raises(UnknownKpi) as caught:
        find(study.baseline, name)
    assert message in caught.value.message
    assert hint in caught.value.hint


def test_labels(study: simgov.Study) -> None:
    def label(name: str) -> tuple[str, str]:
        found = find(study.baseline, name).label
        return found.en, found.zh

    assert label("permit+licence.time.p90") == (
        "Permit + Licence: time to decision, P90",
        "许可、执照：办理用时（90% 分位数）",
    )
    assert label("all/elderly.on_time") == (
        "All services, elderly: decided within the promise",
        "全部事项（elderly）：承诺时限内办结率",
    )


def test_a_run_measures_what_targets_ask_for(study: simgov.Study) -> None:
    """A band is two targets; what is selected is measured beside what every scenario has."""
    band = [target for target in study.targets if target.kpi == "counter.utilisation"]
    assert [(one.at_least, one.at_most) for one in band] == [(0.5, None), (None, 0.9)]
    assert watched(study.targets) == ("all/elderly.time.mean", "permit+licence.time.p90")
    assert [kpi.name for kpi in names(study.baseline)][-2:] == list(watched(study.targets))
    runs = simgov.run(study.baseline, replications=2, workers=1)
    assert set(watched(study.targets)) <= set(runs.kpis["kpi"])
    assert names(replace(study.baseline, watched=())) == names(study.baseline)[:-2]
    assert watched([Target("permit.time.mean", at_most=1.0)]) == ()
