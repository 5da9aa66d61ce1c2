"""Stresses: what each does to measures and to scenarios, what it refuses, and that the page says the same."""

from __future__ import annotations

import datetime
from dataclasses import replace
from functools import cache
from pathlib import Path

import pytest

import simgov
from simgov.distributions import Exponential
from simgov.errors import InputError, ReformError
from simgov.reforms.kind import ASSUMPTION
from simgov.reforms.registry import MEASURES
from simgov.reforms.stress import months_later
from simgov.reforms.stress_page import page
from simgov.reforms.stressing import STRESSES, Stressed
from simgov.scenario.checks import scenario_problems
from simgov.scenario.value import Learning, Scenario, Surge
from simgov.study import Study
from simgov.study.example import REFORM, example_of
from simgov.units import Duration
from tests.reforms.example_office import means, problems, study

PAGE = Path(__file__).parents[2] / "docs" / "stress.md"
ONE_WINDOW = "pool_windows: {into: general, from: [passport], slowdown: 5 %}"
INSTANT = "automate: {step: passport.review, share: 40 %}"
ONLINE = (
    "    promise: 5 workdays\n    groups: {citizen: 92 %, frail: 8 %}\n    steps:\n      counter:\n",
    "    promise: 5 workdays\n    groups: {citizen: 92 %, frail: 8 %}\n    channels: {window: 60 %, online: 40 %}\n"
    "    steps:\n      form: {time: {constant: 20 min}, channels: [online]}\n"
    "      counter:\n        channels: [window]\n",
)
"""Passports may be applied for online: a form instead of the counter."""


def under(stress: str, *measures: str, extra: str = "", replaced: tuple[tuple[str, str], ...] = ()) -> Stressed:
    """The office, or the office after these measures, under a stress."""
    found = study(*measures, extra=extra, replaced=replaced)
    return found.under(stress, "changed" if measures else None)


def touched(stressed: Stressed) -> list[str]:
    return [line.en for line in stressed.touched]


def plain(scenario: Scenario) -> Scenario:
    return replace(scenario, label="")


def test_the_page_is_what_the_stresses_say() -> None:
    assert PAGE.read_text(encoding="utf-8") == page()


@pytest.mark.parametrize("key", list(STRESSES))
def test_both_languages_say_everything(key: str) -> None:
    kind = STRESSES[key]
    for text in (kind.name, kind.effect, kind.acts_on, *(parameter.meaning for parameter in kind.parameters)):
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text.zh), text
        assert not any("\u4e00" <= letter <= "\u9fff" for letter in text.en), text
    neutral = ("", "0 %", "100 %")
    unsaid = [one.key for one in kind.parameters if one.default not in neutral and not one.source]
    assert unsaid in ([], ["kinds"]), "defaults without a source"
    assert not any(parameter.needed for parameter in kind.parameters)
    assert all(one.source == ASSUMPTION or "001 §" in one.source for one in kind.parameters if one.source)


def test_uniform_limits_cut_promises_and_return_more_after_acceptance_only() -> None:
    stressed = under("uniform_limits")
    permit, passport = stressed.scenario.service("permit"), stressed.scenario.service("passport")
    assert stressed.scenario.label == "baseline+uniform_limits"
    assert permit.promise == 12
    fire, counter = permit.step("fire").returns, permit.step("counter").returns
    assert fire is not None
    assert counter is not None
    assert fire.share == pytest.approx(0.06 * 1.18)
    assert counter.share == 0.25, "corrections before acceptance stay"
    assert passport.promise == 5, "it returns no case after acceptance"
    baseline = study().baseline
    before, after = means((baseline, stressed.scenario), "permit.returns", "permit.corrections", replications=20)
    assert after[0] > before[0]
    assert after[1] == pytest.approx(before[1], rel=0.05)


def test_a_promise_is_cut_to_whole_workdays_and_never_to_none() -> None:
    extra = "stress: {harsh: {uniform_limits: {cut: 99 %}}, mild: {uniform_limits: {cut: 0 %}}}\n"
    assert under("harsh", extra=extra).scenario.service("permit").promise == 1
    assert under("mild", extra=extra).scenario.service("permit").promise == 15


def test_the_first_quarter_after_one_window() -> None:
    stressed = under("first_quarter_surge", ONE_WINDOW)
    complaint = stressed.scenario.service("complaint").arrivals
    assert complaint is not None
    begin = datetime.date(2026, 3, 2)
    assert complaint.trend.surges == (Surge(begin, datetime.date(2026, 5, 30), 1.47),)
    assert stressed.scenario.pool("general").learning == Learning(begin, 1.1, Duration(20.0, "workday"))
    assert [pool.id for pool in stressed.scenario.pools if pool.learning] == ["general"]
    found = study(ONE_WINDOW)
    before, after = means(
        (found.reform("changed"), stressed.scenario), "complaint.throughput", "id_card.time.mean", replications=10
    )
    assert after[0] / before[0] == pytest.approx(1.47, rel=0.15)
    assert after[1] > before[1]


def test_the_first_quarter_begins_when_the_integration_does() -> None:
    """Posts stay at the old windows, so that it may begin later."""
    moved = "staff: {general: 6}"
    later = (
        "merge_steps: {service: permit, steps: [visit_planning, visit_fire], into: visit, at: fire}, from: 2026-03-16"
    )
    with pytest.raises(ReformError, match="finds nothing to act on in changed; it acts on a pool that takes"):
        under("first_quarter_surge", moved, later)
    named = "stress: {named: {first_quarter_surge: {pools: [fire], services: [complaint, ticket]}}}\n"
    stressed = under("named", moved, later, extra=named)
    assert stressed.scenario.pool("fire").learning is not None
    assert len(stressed.scenario.phases) == 1


def test_failed_online_attempts_come_to_the_hall_and_call() -> None:
    stressed = under("failed_online", replaced=(ONLINE,))
    fails = stressed.scenario.service("passport").step("form").fails
    assert fails is not None
    assert (fails.share, fails.to) == (0.2, "window")
    baseline = study(replaced=(ONLINE,)).baseline
    kpis = ("ticket.throughput", "passport.utilisation", "complaint.throughput")
    before, after = means((baseline, stressed.scenario), *kpis, replications=10)
    assert after[0] / before[0] == pytest.approx(1.35, rel=0.1)
    assert after[1] > before[1], "passport windows have to do with those who failed"
    assert after[2] == before[2]
    with pytest.raises(ReformError, match="failed_online finds nothing to act on in baseline; it acts on an online"):
        under("failed_online")


def test_attempts_that_fail_already_fail_for_either_reason() -> None:
    failing = (
        ONLINE[0],
        ONLINE[1].replace("channels: [online]", "channels: [online], fails: {share: 10 %, to: window}"),
    )
    fails = under("failed_online", replaced=(failing,)).scenario.service("passport").step("form").fails
    assert fails is not None
    assert fails.share == pytest.approx(1.0 - 0.9 * 0.8)


def test_an_outage_is_down_for_that_share_of_the_time() -> None:
    stressed = under("outage")
    (system,) = stressed.scenario.systems
    assert system.pools == ("police", "planning", "fire", "bureau", "hotline")
    assert isinstance(system.every, Exponential)
    assert system.lasts.mean == 240.0
    assert system.lasts.mean / (system.lasts.mean + system.every.mean) == pytest.approx(0.23)
    before, after = means((study().baseline, stressed.scenario), "permit.days.mean", "id_card.time.mean")
    assert after[0] > before[0] * 1.1
    assert after[1] == pytest.approx(before[1], rel=0.02), "windows do not need the system"


def test_an_outage_of_ones_own_and_a_system_that_is_kept_up() -> None:
    weak, luck = "{every: 10 days, lasts: 6 h, pools: [police]}", "{without_upkeep: 38 %}"
    extra = f"stress: {{weak: {{outage: {weak}}}, luck: {{outage: {luck}}}}}\n"
    (system,) = under("weak", extra=extra).scenario.systems
    assert (system.pools, system.every.mean, system.lasts.mean) == (("police",), 10 * 1440.0, 360.0)
    scenario = under("luck", extra=extra).scenario
    assert scenario.chance is not None
    lasts = [scenario.chance.drawn(1, n).systems[0].lasts.mean for n in range(400)]
    assert set(lasts) == {240.0, 30.0}
    assert lasts.count(240.0) / 400 == pytest.approx(0.38, abs=3 * (0.38 * 0.62 / 400) ** 0.5)
    (kept,) = {scenario.chance.drawn(1, n).systems[0].every.mean for n in range(400) if lasts[n] == 30.0}
    assert kept == pytest.approx(365 * 1440.0 / 0.3)


def test_late_interfaces_make_data_measures_late_and_smaller() -> None:
    stressed = under("integration_delay", ONE_WINDOW, INSTANT)
    assert touched(stressed) == [
        "changed: automate: begins 2026-03-02 → 2026-08-02",
        "changed: automate: uptake 100 % → 58 %",
    ]
    assert [phase.start.isoformat() for phase in stressed.scenario.phases] == ["2026-08-02"]
    found = study(ONE_WINDOW)
    assert stressed.scenario.pools == found.reform("changed").pools
    assert stressed.scenario.services == found.reform("changed").services, "until then, no automation"
    assert stressed.scenario.phases[0].reach.upto == pytest.approx(0.58)


def test_what_is_phased_in_is_phased_in_later() -> None:
    stressed = under("integration_delay", f"{INSTANT}, phase_in: {{2026-03: 20 %, 2026-04: 50 %}}")
    assert [phase.start.isoformat() for phase in stressed.scenario.phases] == ["2026-08-01", "2026-09-01"]
    assert [phase.reach.upto for phase in stressed.scenario.phases] == pytest.approx([0.116, 0.29])


def test_staff_acceptance_scales_the_uptake() -> None:
    stressed = under("staff_acceptance", INSTANT)
    assert touched(stressed) == ["changed: automate: uptake 100 % → 66 %"]
    assert stressed.scenario.reach.upto == pytest.approx(1 - 0.5 * 0.68)
    everybody = "stress: {fine: {staff_acceptance: {accept: 100 %}}}\n"
    with pytest.raises(ReformError, match="fine finds nothing to act on in changed"):
        under("fine", INSTANT, extra=everybody)


def test_a_budget_cut_postpones_what_costs_money() -> None:
    stressed = under("budget_cut", f"{INSTANT}, set_up: 100 CNY", "remove_step: permit.recheck")
    assert touched(stressed) == ["changed: automate: begins 2026-03-02 → 2026-06-02"]
    assert stressed.scenario.service("permit").step("recheck").removed, "what is free begins in time"
    with pytest.raises(ReformError, match="nothing to act on in changed; it acts on a measure with set_up or running"):
        under("budget_cut", INSTANT)


def test_a_budget_cut_may_take_posts() -> None:
    extra = "stress: {posts: {budget_cut: {posts: 40 %}}}\n"
    posts = {pool.id: pool.count for pool in under("posts", extra=extra).scenario.pools}
    assert posts == {"general": 3, "passport": 1, "police": 3, "planning": 2, "fire": 1, "bureau": 1, "hotline": 2}


def test_posts_are_cut_of_what_each_phase_has() -> None:
    moved = "posts_pool: {moves: [{from: police, to: general, posts: 1, date: 2026-03-16}]}"
    extra = "stress: {posts: {budget_cut: {posts: 20 %}}}\n"
    for risk in ("", ", risk: {delay: {constant: 1 days}}"):
        scenario = under("posts", moved + risk, extra=extra).scenario
        drawn = scenario if scenario.chance is None else scenario.chance.drawn(1, 0)
        for one in (scenario, drawn):
            posts = [{pool.id: pool.count for pool in version.pools} for version in one.versions]
            assert [(own["police"], own["general"]) for own in (posts[0], posts[-1])] == [(4, 4), (3, 5)]


def test_what_can_only_follow_what_is_late_is_late_with_it() -> None:
    merged = "merge_steps: {service: permit, steps: [draft, recheck], into: prepare}, set_up: 10 CNY"
    stressed = under("budget_cut", merged, "remove_step: permit.prepare")
    assert [step.id for step in stressed.scenario.services[2].steps][3:5] == ["draft", "recheck"]
    (phase,) = stressed.scenario.phases
    assert phase.start.isoformat() == "2026-06-02"
    assert phase.services[2].step("prepare").removed


def test_what_does_not_begin_within_the_run_is_left_out() -> None:
    """Windows cannot close while cases that applied before need them; they are not closed before the run is over."""
    stressed = under("budget_cut", f"{ONE_WINDOW}, set_up: 10 CNY")
    assert touched(stressed)[-1] == "changed: pool_windows: does not begin within the run"
    assert plain(stressed.scenario) == plain(study().baseline)
    with pytest.raises(ReformError, match="changed cannot be put under soon: passport would be gone from 2026-04-02"):
        under("soon", f"{ONE_WINDOW}, set_up: 10 CNY", extra="stress: {soon: {budget_cut: {months: 1}}}\n")


def test_a_policy_change_makes_everything_late_that_changes_how_cases_go() -> None:
    stressed = under("policy_change", "staff: {general: 6}", "remove_step: permit.recheck")
    assert touched(stressed) == ["changed: remove_step: begins 2026-03-02 → 2026-05-02"]
    assert stressed.scenario.pool("general").count == 6


def test_a_stress_follows_the_reform_bit_by_bit() -> None:
    """What a stress does not touch is what the reform makes by itself."""
    found = study(ONE_WINDOW, INSTANT)
    outage = found.under("outage", "changed").scenario
    assert replace(outage, systems=(), label="changed") == found.reform("changed")
    assert found.scenario("changed+outage") == outage
    assert found.scenario("changed") == found.reform("changed")
    assert found.scenario("baseline") == found.baseline


def test_measures_with_risk_keep_it_under_stress() -> None:
    risky = f"{INSTANT}, risk: {{uptake: [40 %, 60 %, 90 %]}}"
    stressed = under("outage", risky).scenario
    assert stressed.chance is not None
    first, second = (stressed.chance.drawn(1, replication) for replication in (0, 1))
    assert first.systems == second.systems == stressed.systems
    assert first.reach != second.reach


def test_unknown_names_are_told() -> None:
    with pytest.raises(InputError, match="there is no stress 'outages'; did you mean outage"):
        under("outages")
    with pytest.raises(InputError, match="there is no reform 'lean'"):
        study().under("outage", "lean")
    extra = (
        "stress: {bad: {outage: {pools: [police, polise]}}, worse: {failed_online: {services: [hotlin]}}, "
        "late: {integration_delay: {kinds: [onlin]}}}\n"
    )
    assert [(found.dotted, found.message) for found in problems(extra=extra)] == [
        ("stress.bad.outage.pools[1]", "there is no pool 'polise'"),
        ("stress.worse.failed_online.services[0]", "there is no service 'hotlin'"),
        ("stress.late.integration_delay.kinds[0]", "there is no kind of measure 'onlin'"),
    ]


def test_a_stress_may_name_what_only_a_reform_brings() -> None:
    kiosks = "kiosk: {step: id_card.counter, share: 40 %, count: 3}"
    extra = "stress: {dark: {outage: {pools: [kiosk]}}}\n"
    assert problems(kiosks, extra=extra) == ()
    assert under("dark", kiosks, extra=extra).scenario.systems[0].pools == ("kiosk",)
    with pytest.raises(ReformError, match="baseline cannot be put under dark: there is no pool 'kiosk'"):
        study(kiosks, extra=extra).under("dark")


def test_bad_parameters_are_located() -> None:
    (wrong,) = problems(extra="stress: {one: {outage: {down: 23}}}\n")
    assert (wrong.dotted, wrong.message) == ("stress.one.outage.down", "23 has no unit")
    (none,) = problems(extra="stress: {one: {outtage: {}}}\n")
    assert none.dotted.startswith("stress.one")
    (two,) = problems(extra="stress: {one: {outage: {}, budget_cut: {}}}\n")
    assert two.message == "names more than one stress: budget_cut, outage"


@pytest.mark.parametrize(
    ("date", "months", "expected"),
    [("2026-03-02", 5, "2026-08-02"), ("2026-01-31", 1, "2026-02-28"), ("2026-12-31", 2, "2027-02-28")],
)
def test_months_later(date: str, months: int, expected: str) -> None:
    assert months_later(datetime.date.fromisoformat(date), months).isoformat() == expected


def test_each_replication_has_the_one_system_or_the_other() -> None:
    """Bit by bit: replications where it has no upkeep are those of an outage, the others those of a system kept up."""
    share = "stress: {half: {outage: {without_upkeep: 50 %}}, none: {outage: {without_upkeep: 0 %}}}\n"
    found = study(extra=share)
    scenarios = [found.under(name).scenario for name in ("outage", "none", "half")]
    assert scenarios[2].chance is not None
    neglected = [scenarios[2].chance.drawn(3, n).systems[0].lasts.mean == 240.0 for n in range(8)]
    assert 0 < sum(neglected) < 8
    frame = simgov.run(scenarios, replications=8, seed=3, kpis=["permit.days.mean", "police.queue.mean"]).kpis
    table = frame.pivot_table(index=["kpi", "replication"], columns="scenario", values="value")
    for (_, replication), row in table.iterrows():
        kept = "baseline+outage" if neglected[replication] else "baseline+none"
        assert row["baseline+half"] == row[kept]


@cache
def example(key: str) -> Study:
    return example_of(MEASURES[key])


@pytest.mark.parametrize("key", list(STRESSES))
def test_every_kind_of_measure_can_be_put_under_it(key: str) -> None:
    """Or the stress says that it finds nothing to act on; what comes of it is sound."""
    idle: dict[str, str] = {}
    for kind in MEASURES:
        try:
            scenario = example(kind).under(key, REFORM).scenario
        except ReformError as error:
            idle[kind] = str(error)
            continue
        assert [problem for problem in scenario_problems(scenario) if not problem.warning] == [], kind
    assert all(f"{key} finds nothing to act on in {REFORM}" in said for said in idle.values())
    expected = {
        "budget_cut": set(),  # no example costs anything
        "failed_online": {"online"},
        "first_quarter_surge": {"pool_windows", "centralised_approval", "merge_departments"},
        "integration_delay": {"automate", "data_sharing", "online", "life_event", "proactive_delivery"},
        "outage": set(MEASURES),
        "policy_change": {kind for kind in MEASURES if example(kind).reforms[REFORM].measures[0].by_case},
        "staff_acceptance": {"automate", "assisted_approval"},
        "uniform_limits": set(MEASURES),
    }
    assert set(MEASURES) - set(idle) == expected[key]
