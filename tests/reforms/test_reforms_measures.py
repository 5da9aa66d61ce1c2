"""Each measure: what it changes and nothing else, what it refuses, and that neutral parameters change nothing."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simgov.distributions import (
    Constant,
    Distribution,
    Empirical,
    Exponential,
    Gamma,
    Lognormal,
    Triangular,
    Uniform,
    Weibull,
)
from simgov.engines import simulate
from simgov.errors import ReformError
from simgov.network import compile_network
from simgov.reforms import Measure, Reform, measures
from simgov.reforms.measure import Refusal
from simgov.reforms.measures.automate import Automate
from simgov.reforms.measures.merge_steps import MergeSteps
from simgov.reforms.measures.parallel import Parallel
from simgov.reforms.measures.pool_windows import PoolWindows
from simgov.reforms.measures.remove_step import RemoveStep
from simgov.reforms.measures.staff import MoveStaff, Staff
from simgov.reforms.registry import MEASURES
from simgov.reforms.shaping import scaled
from simgov.scenario.differences import differences
from simgov.scenario.value import Document, Scenario, Text
from simgov.study import load
from simgov.units import Duration, Money

STUDY = Path(__file__).parents[1] / "study"


@pytest.fixture(scope="module")
def hall() -> Scenario:
    """The example of the design: id cards and passports."""
    return load(STUDY / "hall" / "scenario.yaml").baseline


@pytest.fixture(scope="module")
def full() -> Scenario:
    """The scenario with all of the language, as it is at first."""
    return all_of_the_language()


def all_of_the_language() -> Scenario:
    """Read from its file, without its phases."""
    return replace(load(STUDY / "language" / "scenario.yaml").baseline, phases=())


def changed(before: Scenario, measure: Measure) -> list[str]:
    """The differences that a measure makes, as printed."""
    return [str(difference) for difference in differences(before, measure.apply(before))]


# Neutral parameters ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "measure",
    [
        Staff(counts=(("general", 6), ("police", 4))),
        MoveStaff(posts=0, source="police", target="general"),
        PoolWindows(into="general", sources=()),
        Automate(step="passport.review", share=0.0),
    ],
)
def test_neutral_parameters_give_an_equal_scenario(hall: Scenario, measure: Measure) -> None:
    assert measure.apply(hall) == hall
    assert Reform("same", (measure,)).apply(hall) == replace(hall, label="same")


def test_steps_that_are_side_by_side_already_stay_so(full: Scenario) -> None:
    assert Parallel(steps=("permit.survey", "permit.opinion")).apply(full) == full


def test_staff_keeps_the_shifts_of_every_pool(full: Scenario) -> None:
    for pool in full.pools:
        assert Staff(counts=((pool.id, pool.count),)).apply(full) == full


# remove_step ----------------------------------------------------------------------------------------------------------


def test_a_removed_step_stays_with_share_0(hall: Scenario) -> None:
    lean = RemoveStep(step="passport.recheck").apply(hall)
    assert lean.service("passport").step("recheck") == replace(hall.service("passport").step("recheck"), share=0.0)
    assert changed(hall, RemoveStep(step="passport.recheck")) == ["services.passport.steps.recheck: removed"]
    assert RemoveStep(step="passport.recheck").apply(lean) == lean


def test_a_removed_part_stays_unkept(full: Scenario) -> None:
    lean = RemoveStep(step="permit.review.second").apply(full)
    assert [part.kept for part in lean.service("permit").step("review").parts] == [True, False, True]
    assert changed(full, RemoveStep(step="permit.review.second")) == [
        "services.permit.steps.review.parts.second: removed"
    ]


@pytest.mark.parametrize(
    ("step", "said"),
    [
        ("permit.review", "行政许可法第三十四条"),
        ("permit.review.stamp", "印章管理规定"),
        ("permit.reviw", "did you mean review"),
        ("permits.review", "did you mean permit"),
        ("permit.review.secnd", "did you mean second"),
        ("review", "did you mean permit.review"),
        ("question.answer", "nothing would be left of question"),
    ],
)
def test_what_may_not_be_removed_says_why(full: Scenario, step: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        RemoveStep(step=step).apply(full)


def test_a_legal_precondition_is_not_removed(full: Scenario) -> None:
    free = full.with_step("permit", replace(full.service("permit").step("review"), basis=None, parts=()))
    with pytest.raises(Refusal, match=r"legal precondition .* of opinion"):
        RemoveStep(step="permit.review").apply(free)
    assert RemoveStep(step="permit.review").apply(RemoveStep(step="permit.opinion").apply(free))


def test_the_last_part_is_not_removed(full: Scenario) -> None:
    lean = RemoveStep(step="permit.decide.draft").apply(full)
    with pytest.raises(Refusal, match="remove the step"):
        RemoveStep(step="permit.decide.sign").apply(lean)


# automate -------------------------------------------------------------------------------------------------------------


def test_automation_takes_a_share_and_leaves_the_harder_cases(hall: Scenario) -> None:
    step = Automate(step="passport.review", share=0.3, harder=0.1).apply(hall).service("passport").step("review")
    assert (step.share, step.slowdown) == (0.7, 1.1)
    twice = Automate(step="passport.review", share=0.5).apply(Automate(step="passport.review", share=0.5).apply(hall))
    assert twice.service("passport").step("review").share == 0.25


# pool_windows ---------------------------------------------------------------------------------------------------------


def test_pooled_windows_have_all_officers_and_all_steps(hall: Scenario) -> None:
    one = PoolWindows(into="general", sources=("passport",), slowdown=0.1).apply(hall)
    assert [pool.id for pool in one.pools] == ["general", "police"]
    assert one.pool("general").count == 8
    assert len(one.pool("general").shifts) == 1
    assert one.pool("general").cost == Money(3500, "CNY", "h")
    for service, step in (("passport", "counter"), ("id_card", "counter")):
        assert (one.service(service).step(step).at, one.service(service).step(step).slowdown) == ("general", 1.1)
    assert one.service("passport").step("review") == hall.service("passport").step("review")


def test_officers_of_other_hours_stay_a_shift_of_their_own(full: Scenario) -> None:
    one = PoolWindows(into="front", sources=("legal",), cost=Money(4200, "CNY", "h")).apply(full)
    assert [shift.count for shift in one.pool("front").shifts] == [2, 3, 2]
    assert one.pool("front").shifts[2].week == full.pool("legal").shifts[0].week
    assert one.pool("front").cost == Money(4200, "CNY", "h")


@pytest.mark.parametrize(
    ("measure", "said", "at"),
    [
        (PoolWindows(into="frnt", sources=("legal",)), "did you mean front", ("into",)),
        (PoolWindows(into="front", sources=("legal", "legal")), "named twice", ("from", 1)),
        (PoolWindows(into="front", sources=("front",)), "named twice", ("from", 0)),
        (PoolWindows(into="front", sources=("server",)), "round the clock", ("from", 0)),
        (PoolWindows(into="front", sources=("legal",), cost=Money(1, "EUR", "h")), "use one currency", ("cost",)),
    ],
)
def test_pools_that_cannot_be_put_together(full: Scenario, measure: Measure, said: str, at: tuple[object, ...]) -> None:
    with pytest.raises(Refusal, match=said) as refusal:
        measure.apply(full)
    assert refusal.value.at == at


# staff ----------------------------------------------------------------------------------------------------------------


def test_posts_are_set_and_moved(full: Scenario) -> None:
    assert changed(full, Staff(counts=(("legal", 3),))) == ["pools.legal.count: 2 → 3"]
    assert changed(full, MoveStaff(posts=1, source="review", target="legal")) == [
        "pools.review.shifts[0].count: 3 → 2",
        "pools.legal.count: 2 → 3",
    ]


@pytest.mark.parametrize(
    ("measure", "said", "at"),
    [
        (Staff(counts=(("legl", 3),)), "did you mean legal", ("legl",)),
        (MoveStaff(posts=9, source="review", target="legal"), "review has 4 posts", ("move",)),
        (MoveStaff(posts=1, source="legal", target="legal"), "come from where", ("to",)),
    ],
)
def test_posts_that_are_not_there(full: Scenario, measure: Measure, said: str, at: tuple[object, ...]) -> None:
    with pytest.raises(Refusal, match=said) as refusal:
        measure.apply(full)
    assert refusal.value.at == at


# parallel -------------------------------------------------------------------------------------------------------------


def test_steps_side_by_side_begin_together_and_what_follows_waits_for_all(hall: Scenario) -> None:
    beside = Parallel(steps=("review", "recheck"), service="passport").apply(hall)
    after = {step.id: step.after for step in beside.service("passport").steps}
    assert after == {"counter": (), "review": ("counter",), "recheck": ("counter",), "notify": ("review", "recheck")}


@pytest.mark.parametrize(
    ("steps", "said"),
    [
        (("permit.decide", "permit.notice"), "archive stands between"),
        (("permit.intake", "permit.review"), "chooses what follows"),
        (("permit.simple", "permit.decide"), "a choice leads to one"),
        (("permit.archive", "question.answer"), "another service"),
        (("permit.archive",), "fewer than two"),
        (("permit.archive", "permit.archive"), "named twice"),
    ],
)
def test_steps_that_cannot_be_side_by_side(full: Scenario, steps: tuple[str, ...], said: str) -> None:
    with pytest.raises(Refusal, match=said):
        Parallel(steps=steps).apply(full)


def test_a_legal_precondition_is_not_run_beside_what_needs_it(hall: Scenario) -> None:
    law = hall.with_step("passport", replace(hall.service("passport").step("recheck"), needs=("review",)))
    with pytest.raises(Refusal, match="review is a legal precondition"):
        Parallel(steps=("passport.review", "passport.recheck")).apply(law)


# merge_steps ----------------------------------------------------------------------------------------------------------


def test_merged_steps_are_one_visit_of_parts(hall: Scenario) -> None:
    merge = MergeSteps(steps=("passport.review", "passport.recheck"), into="check", saving=0.2)
    service = merge.apply(hall).service("passport")
    assert [step.id for step in service.steps] == ["counter", "check", "notify"]
    check = service.step("check")
    assert (check.at, check.after, check.decision, check.slowdown) == ("police", ("counter",), True, 0.8)
    assert [(part.id, part.time, part.stream, part.basis) for part in check.parts] == [
        ("review", Gamma(25.0, 0.8), "passport.review", "Passport Law art. 6"),
        ("recheck", Gamma(15.0, 0.8), "passport.recheck", None),
    ]
    assert check.basis == "Passport Law art. 6"
    assert service.step("notify").after == ("check",)


def test_the_parts_of_merged_steps_may_be_removed_and_the_statutory_ones_not(hall: Scenario) -> None:
    merged = MergeSteps(steps=("passport.review", "passport.recheck"), into="check").apply(hall)
    assert RemoveStep(step="passport.check.recheck").apply(merged)
    with pytest.raises(Refusal, match="Passport Law"):
        RemoveStep(step="passport.check.review").apply(merged)


def test_shares_of_a_time_become_times_of_their_own(full: Scenario) -> None:
    permit = full.service("permit")
    simple = replace(permit.step("intake"), choose=(), returns=None)
    chain = full.with_service(replace(permit, steps=(simple, permit.step("review"), *permit.steps[3:])))
    steps = {"survey": ("review",), "opinion": ("review",), "decide": ("survey", "opinion")}
    for step in chain.service("permit").steps:
        chain = chain.with_step("permit", replace(step, after=steps.get(step.id, step.after)))
    merged = MergeSteps(steps=("permit.intake", "permit.review"), into="first", at="review").apply(chain)
    first = merged.service("permit").step("first")
    assert [(part.id, part.stream) for part in first.parts] == [
        ("intake", "permit.intake"),
        ("review", "permit.review"),
        ("file", "permit.review"),
        ("second", "permit.review"),
        ("stamp", "permit.review"),
    ]
    assert [part.time.mean for part in first.parts if part.time] == pytest.approx([9.0, 22.5, 36.0, 22.5, 9.0])
    assert (first.documents, first.in_person, first.accepted) == (3, True, True)
    assert merged.service("permit").step("opinion").needs == ("first",)
    assert merged.service("permit").backlog[0].step == "first"


def test_a_document_that_merged_steps_share_is_handed_in_once(hall: Scenario) -> None:
    card, deed, plan = (Document(name, Text(name, name)) for name in ("card", "deed", "plan"))
    review = replace(hall.service("passport").step("review"), documents=3, papers=(card, deed))
    recheck = replace(hall.service("passport").step("recheck"), documents=2, papers=(plan, card))
    hall = hall.with_step("passport", review).with_step("passport", recheck)
    merged = MergeSteps(steps=("passport.review", "passport.recheck"), into="check").apply(hall)
    check = merged.service("passport").step("check")
    assert (check.documents, check.papers) == (4, (card, deed, plan))


@pytest.mark.parametrize(
    ("steps", "into", "said"),
    [
        (("permit.intake", "permit.review"), "x", "follows intake too"),
        (("permit.review", "permit.decide"), "x", "does not follow review alone"),
        (("permit.decide", "permit.archive"), "collect", "already"),
        (("permit.archive", "permit.notice"), "x", "delay outside every pool"),
        (("permit.archive",), "x", "fewer than two"),
    ],
)
def test_steps_that_cannot_be_one(full: Scenario, steps: tuple[str, ...], into: str, said: str) -> None:
    with pytest.raises(Refusal, match=said):
        MergeSteps(steps=steps, into=into).apply(full)


def test_work_of_merged_steps_is_the_same_draws(hall: Scenario) -> None:
    """Case by case, the merged visit takes the sum of the old visits' work."""
    brief = replace(hall, run=replace(hall.run, period=Duration(2, "workday"), warm_up=Duration(0)))
    merged = MergeSteps(steps=("passport.review", "passport.recheck"), into="check", saving=0.2).apply(brief)
    before, after = work_by_step(brief), work_by_step(merged)
    both = after["check"].keys() & before["recheck"].keys()
    assert len(both) > 50
    for case in both:
        assert after["counter"][case] == before["counter"][case]
        work = after["check"][case]
        assert work == pytest.approx(0.8 * (before["review"][case] + before["recheck"][case]), rel=1e-12)


def work_by_step(scenario: Scenario) -> dict[str, dict[int, float]]:
    """Work of each passport's first visit to each step, by the number of the case in its service."""
    network = compile_network(scenario)
    events = simulate(network, seed=3, replication=0, engine="reference")
    found: dict[str, dict[int, float]] = {}
    for case, step, visit, work in zip(events.case, events.step, events.visit, events.work, strict=True):
        service, name = network.steps[step]
        if service == "passport" and visit == 0 and not np.isnan(work):
            found.setdefault(name, {})[int(events.case_index[case])] = float(work)
    return found


@pytest.mark.parametrize(
    "distribution",
    [
        Constant(5.0), Exponential(5.0), Lognormal(5.0, 0.7), Gamma(5.0, 0.7), Weibull(5.0, 2.0),
        Triangular(1.0, 2.0, 6.0), Uniform(1.0, 6.0, "workday"), Empirical((1.0, 2.0, 9.0), (1.0, 1.0, 2.0)),
    ],
)  # fmt: skip
def test_a_scaled_time_is_the_same_draw_times_the_factor(distribution: Distribution) -> None:
    u = np.linspace(0.01, 0.99, 40)
    scaled_time = scaled(distribution, 0.3)
    assert scaled_time.base == distribution.base
    assert scaled_time.cv == pytest.approx(distribution.cv)
    np.testing.assert_allclose(scaled_time.quantile(u), 0.3 * distribution.quantile(u), rtol=1e-12)


def test_every_family_can_be_scaled() -> None:
    """A new family of distributions needs a row in the test above."""
    assert len(Distribution.__subclasses__()) == 8


# Costs, composition and the registry ----------------------------------------------------------------------------------


def test_costs_add_up_in_one_currency(hall: Scenario) -> None:
    first = RemoveStep(step="passport.recheck", set_up=4800, running=100, currency="CNY")
    second = Staff(counts=(("general", 7),), set_up=200, currency="CNY")
    after = Reform("both", (first, second)).apply(hall)
    assert (after.set_up, after.running, after.label) == (5000, 100, "both")
    assert [str(d) for d in differences(hall, after)] == [
        "pools.general.count: 6 → 7",
        "services.passport.steps.recheck: removed",
        "set_up: 0 CNY → 50 CNY",
        "running: 0 CNY/year → 1 CNY/year",
    ]
    with pytest.raises(Refusal, match="use one currency") as refusal:
        Staff(counts=(), set_up=1, currency="EUR").apply(hall)
    assert refusal.value.beside


def test_a_reform_names_the_measure_that_fails(hall: Scenario) -> None:
    with pytest.raises(ReformError, match=r"reform lean: remove_step: passport\.review rests on the law"):
        Reform("lean", (RemoveStep(step="passport.review"),)).apply(hall)


def test_only_removing_is_never_a_loss() -> None:
    others: list[Measure] = [
        Automate(step="passport.review", share=0.5),
        MergeSteps(steps=("passport.counter", "passport.review"), into="one"),
        Parallel(steps=("passport.counter", "passport.review")),
        PoolWindows(into="general", sources=("passport",)),
        Staff(counts=(("general", 6),)),
        MoveStaff(posts=1, source="general", target="passport"),
    ]
    assert RemoveStep(step="passport.recheck").monotone
    assert not any(measure.monotone for measure in others)


def test_the_registry_names_every_measure_by_its_key() -> None:
    own = [subclass for subclass in Measure.__subclasses__() if subclass.__module__.startswith(f"{measures.__name__}.")]
    kinds = {subclass.kind for subclass in own}
    assert kinds == set(MEASURES)


@settings(max_examples=15, deadline=None)
@given(data=st.data())
def test_the_baseline_is_never_changed(full: Scenario, data: st.DataObject) -> None:
    """Reforms make new values: whatever is applied, the scenario before is what it was."""
    before = all_of_the_language() if data.draw(st.booleans()) else full
    measures = [
        Automate(step="permit.review", share=data.draw(st.floats(0, 1)), harder=data.draw(st.floats(0, 1))),
        Staff(counts=(("front", data.draw(st.integers(0, 20))),)),
        RemoveStep(step="permit.archive"),
        PoolWindows(into="front", sources=("legal",), slowdown=data.draw(st.floats(0, 1))),
        Parallel(steps=("permit.notice", "permit.archive")),
        MergeSteps(steps=("permit.decide", "permit.archive"), into="finish"),
    ]
    scenario = before
    for measure in data.draw(st.permutations(measures)):
        try:
            scenario = measure.apply(scenario)
        except Refusal:
            continue
    assert before == full
