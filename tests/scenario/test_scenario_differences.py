"""Differences between scenarios as people read them, in English and Chinese."""

from dataclasses import replace
from pathlib import Path

import pytest

from simgov.distributions import Empirical, Lognormal
from simgov.reforms.measures.merge_steps import MergeSteps
from simgov.scenario.applicants import Complaints, FirmCost, Satisfaction
from simgov.scenario.differences import differences
from simgov.scenario.value import Document, RunSettings, Scenario, Text
from simgov.study import load
from simgov.units import Duration, Money

STUDY = Path(__file__).parents[1] / "study"


@pytest.fixture(scope="module")
def hall() -> Scenario:
    """The example of the design."""
    return load(STUDY / "hall" / "scenario.yaml").baseline


def texts(before: Scenario, after: Scenario, lang: str = "en") -> list[str]:
    """The differences as printed."""
    return [difference.text(lang) for difference in differences(before, after)]


def test_equal_scenarios_have_none_whatever_their_label(hall: Scenario) -> None:
    assert differences(hall, hall) == ()
    assert differences(hall, replace(hall, label="other")) == ()


def test_a_reform_reads_like_this(hall: Scenario) -> None:
    study = load(STUDY / "hall" / "scenario.yaml")
    assert texts(hall, study.reform("both")) == [
        "pools.general.count: 6 → 8",
        "pools.passport: removed",
        "services.id_card.steps.counter.slowdown: 1 → 1.1",
        "services.passport.steps.counter.at: passport → general",
        "services.passport.steps.counter.slowdown: 1 → 1.1",
        "services.passport.steps.recheck: removed",
    ]
    assert texts(hall, study.reform("lean"), "zh") == ["services.passport.steps.recheck：取消"]


def test_what_was_there_is_added_when_read_the_other_way(hall: Scenario) -> None:
    merged = MergeSteps(steps=("passport.review", "passport.recheck"), into="check").apply(hall)
    assert texts(merged, hall)[0] == "services.passport.steps.check: removed"
    assert "services.passport.steps.review: added (police)" in texts(merged, hall)
    assert "services.passport.steps.check: added (police, review + recheck)" in texts(hall, merged)


def test_every_kind_of_value_has_its_words(hall: Scenario) -> None:
    passport = hall.service("passport")
    counter = replace(
        passport.step("counter"), time=Lognormal(90.0, 0.5), in_person=False, returns=None, share=0.5, documents=2
    )
    after = replace(hall, name=Text("Hall", "大厅"), run=RunSettings(cases=100), horizon=Duration(2 * 525600.0))
    after = after.with_step("passport", counter).with_service(
        replace(after.with_step("passport", counter).service("passport"), promise=None, patience=Empirical((5.0, 7.0)))
    )
    after = after.with_pool(replace(hall.pool("police"), cost=Money(6050, "CNY", "h"), at_closing="finish"))
    assert texts(hall, after) == [
        "name: District service hall → Hall",
        "pools.police.cost: 60 CNY/h → 60.50 CNY/h",
        "pools.police.at_closing: pause → finish",
        "services.passport.patience: none → empirical (mean 6 min, 2 values)",
        "services.passport.promise: 5 → none",
        "services.passport.steps.counter.time: lognormal (mean 11 min, cv 0.6) → lognormal (mean 1.5 h, cv 0.5)",
        "services.passport.steps.counter.share: 100 % → 50 %",
        "services.passport.steps.counter.returns: 15 % → counter, lognormal (mean 2 workdays, cv 0.8) → none",
        "services.passport.steps.counter.in_person: yes → no",
        "services.passport.steps.counter.documents: 4 → 2",
        "run.period: 60 workdays → none",
        "run.warm_up: 5 workdays → 0 min",
        "run.cases: none → 100",
        "run.replications: 200 → 30",
        "run.seed: 2026 → 1",
        "horizon: 1 year → 2 years",
    ]
    chinese = texts(hall, after, "zh")
    assert "services.passport.steps.counter.in_person：是 → 否" in chinese
    assert "pools.police.cost：60 元/小时 → 60.50 元/小时" in chinese
    assert any("均值 1.5 小时，变异系数 0.5" in line for line in chinese)


def test_documents_that_have_names_are_told_apart(hall: Scenario) -> None:
    card, deed = Document("card", Text("Card", "身份证"), "Act"), Document("deed", Text("Deed", "产权证"))
    counter = hall.service("passport").step("counter")
    before = hall.with_step("passport", replace(counter, documents=2, papers=(card, deed)))
    after = hall.with_step("passport", replace(counter, documents=1, papers=(replace(card, basis=None),)))
    assert texts(before, after, "zh") == [
        "services.passport.steps.counter.documents：2 → 1",
        "services.passport.steps.counter.documents.card.basis：Act → 无",
        "services.passport.steps.counter.documents.deed：取消",
    ]


def test_hours_are_shown_by_the_days_alike(hall: Scenario) -> None:
    full = load(STUDY / "language" / "scenario.yaml").baseline
    other = replace(hall, calendar=full.calendar)
    assert texts(hall, other) == [
        "calendar: CN mon-fri 09:00-12:00 13:00-17:30 → CN mon-thu 09:00-12:00 13:00-17:30; fri 09:00-16:00; "
        "2026-03-12 closed; 2026-03-14 fri; 2026-03-13 09:00-12:00; 2026-03-16 09:00-11:00 14:00-15:00"
    ]
    assert "周一至周四 09:00-12:00 13:00-17:30；周五 09:00-16:00" in texts(hall, other, "zh")[0]


def test_what_applicants_spend_and_feel_is_told_in_both_languages(hall: Scenario) -> None:
    firm = FirmCost(Money(30000, "CNY", "day"), ("enterprise",))
    passport = replace(hall.service("passport"), travel=Duration(40.0), fee=Money(6000, "CNY"), firm=firm)
    before = hall.with_service(passport)
    after = hall.with_service(replace(passport, travel=Duration(10.0), fee=None, firm=None))
    after = replace(after, satisfaction=Satisfaction(offset=93.5), complaints=Complaints())
    assert texts(before, after) == [
        "services.passport.travel: 40 min → 10 min",
        "services.passport.fee: 60 CNY → none",
        "services.passport.firm: 300 CNY/day (enterprise) → none",
        "satisfaction: none → offset 93.5, wait 10, visits 8, documents 1, late 25, unserved 40",
        "complaints: none → late 10 %, repeat_visit 3 %, document_again 2 %, sent_back 5 %, unserved 10 %, other 0 %",
    ]
    chinese = texts(before, after, "zh")
    assert chinese[2] == "services.passport.firm：300 元/天（enterprise） → 无"
    assert chinese[3].startswith("satisfaction：无 → 基准分 93.5，每等候一小时 10，每多跑一次 8")
