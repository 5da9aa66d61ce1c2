"""One life event: who needs several matters comes once; the slowest rules; a faulty form is handed in again."""

from __future__ import annotations

import pytest

from simgov.reforms.demand import expected_a_week
from tests.reforms.example_office import means, pair, problems

BOTH = "life_event: {services: [passport, benefit], into: moving_in, share: 50 %"


def test_one_visit_instead_of_several() -> None:
    before, after = pair("life_event: {services: [id_card, benefit], into: moving_in, share: 100 %}")
    (alone,) = means((before,), "id_card.visits", "benefit.visits")
    (together,) = means((after,), "moving_in.visits")
    assert alone == pytest.approx([1.0, 1.0])
    assert together == pytest.approx([1.0])
    throughput = means((after,), "moving_in.throughput", "benefit.throughput")[0]
    assert throughput == pytest.approx([10.0, 0.0], rel=0.1)


def test_as_many_matters_are_asked_for_as_before() -> None:
    before, after = pair(f"{BOTH}}}")
    bundled = expected_a_week(after.service("moving_in"), after.calendar)
    assert bundled == pytest.approx(0.5 * 50)
    for name in ("passport", "benefit"):
        was = expected_a_week(before.service(name), before.calendar)
        assert expected_a_week(after.service(name), after.calendar) == pytest.approx(was - bundled)
    assert after.service("id_card") == before.service("id_card")


def test_the_slowest_part_rules() -> None:
    """The same people alone and together: with the second matter it takes longer than with the first alone."""
    _, quick = pair("life_event: {services: [id_card, benefit], into: event, share: 50 %}")
    _, slow = pair("life_event: {services: [id_card, benefit, permit], into: event, share: 50 %}")
    rows = means((quick, slow), "event.time.mean", "permit.time.mean", replications=5)
    assert rows[1][0] > 10 * rows[0][0]
    assert rows[1][0] > rows[1][1]
    assert slow.service("event").promise == 15


def test_the_work_of_accepting_is_that_of_all_less_what_is_saved() -> None:
    _, plain = pair(f"{BOTH}}}")
    _, saving = pair(f"{BOTH}, saving: 60 %, at: general}}")
    step = plain.service("moving_in").step("accept")
    assert sum(part.time.mean for part in step.parts if part.time) == pytest.approx(11 + 12)
    assert (step.at, saving.service("moving_in").step("accept").at) == ("passport", "general")
    assert saving.service("moving_in").step("accept").slowdown == pytest.approx(0.4)


def test_documents_are_handed_in_once() -> None:
    named = (
        ("documents: 4", "documents: [photo, household, form, old]"),
        ("documents: 5", "documents: [household, form, bank, proof, age]"),
    )
    _, after = pair(f"{BOTH}}}", replaced=named)
    assert after.service("moving_in").step("accept").documents == 7
    _, counted = pair(f"{BOTH}, documents: 3}}")
    assert counted.service("moving_in").step("accept").documents == 4 + 5 - 3


def test_a_faulty_form_is_handed_in_again() -> None:
    _, sound = pair("life_event: {services: [id_card, benefit], into: event, share: 100 %}")
    _, faulty = pair(
        "life_event: {services: [id_card, benefit], into: event, share: 100 %, "
        "faulty: 28 %, again: {constant: 1 workday}}"
    )
    rows = means((sound, faulty), "event.corrections", "event.visits", "event.time.mean", replications=20)
    assert rows[0][0] == 0.0
    assert rows[1][0] == pytest.approx(0.28 / 0.72, rel=0.15)
    assert rows[1][1] > rows[0][1] + 0.2
    assert rows[1][2] > rows[0][2]


def test_the_laws_and_orders_behind_the_acceptance_stay() -> None:
    _, after = pair("life_event: {services: [permit, benefit], into: event, share: 50 %}")
    service = after.service("event")
    assert service.step("permit_planning").needs == ("permit_report",)
    assert service.step("permit_carry").after == ("accept",)
    assert service.step("decided").after == ("permit_sign_bureau", "benefit_decide")
    assert service.step("collect").after == ("decided",)
    assert [step.id for step in service.steps if step.decision] == ["decided"]
    assert not any(step.id.endswith("ask") for step in service.steps)


def test_nobody_who_comes_once_changes_nothing() -> None:
    before, after = pair("life_event: {services: [passport, benefit], into: moving_in, share: 0 %, faulty: 28 %}")
    assert after == before


def test_less_uptake_is_a_smaller_share() -> None:
    _, half = pair(f"{BOTH}}}, uptake: 50 %")
    _, as_much = pair("life_event: {services: [passport, benefit], into: moving_in, share: 25 %}")
    assert half == as_much


@pytest.mark.parametrize(
    ("measure", "path", "said"),
    [
        ("{services: [passport], into: both, share: 50 %}", "services", "names fewer than two services"),
        ("{services: [passport, benfit], into: both, share: 50 %}", "services[1]", "did you mean benefit?"),
        ("{services: [benefit, benefit], into: both, share: 50 %}", "services[1]", "benefit is named twice"),
        ("{services: [passport, benefit], into: permit, share: 50 %}", "into", "there is a service permit already"),
        ("{services: [passport, benefit], into: hall, share: 50 %}", "into", "the name hall is taken"),
        ("{services: [passport, benefit], into: both, share: 50 %, at: genral}", "at", "did you mean general?"),
        ("{services: [passport, benefit], into: both, share: 50 %, saving: 100 %}", "saving", "cannot be saved"),
        ("{services: [passport, benefit], into: both, share: 50 %, documents: 10}", "documents", "9 documents"),
    ],
)
def test_what_it_refuses(measure: str, path: str, said: str) -> None:
    (problem,) = problems(f"life_event: {measure}")
    assert problem.dotted == f"reforms.changed[0].life_event.{path}"
    assert said in f"{problem.message}; {problem.hint}"


def test_a_service_that_is_online_is_bundled_before() -> None:
    online = "online: {service: passport, share: 50 %, form: {constant: 20 min}}"
    (problem,) = problems(online, f"{BOTH}}}")
    assert problem.dotted == "reforms.changed[1].life_event.services[0]"
    assert "passport is done by several channels" in problem.message


def test_a_step_before_the_acceptance_that_rests_on_the_law_stays() -> None:
    law = (("time: {constant: 4 min}, in_person: true, share: 30 %", "time: {constant: 4 min}, basis: 咨询规定"),)
    (problem,) = problems("life_event: {services: [benefit, permit], into: both, share: 50 %}", replaced=law)
    assert problem.dotted == "reforms.changed[0].life_event.services[1]"
    assert "咨询规定" in problem.message


def test_a_legal_precondition_before_the_acceptance_stays() -> None:
    """What a later step needs by law does not fall away with the rest of what came before the acceptance."""
    prior = (
        ("      counter: {name: {zh: 受理, en: Acceptance}, at: general, time: {lognormal: {mean: 12",
         "      seen: {at: police, time: {constant: 5 min}}\n"
         "      counter: {name: {zh: 受理, en: Acceptance}, at: general, time: {lognormal: {mean: 12"),
        ("basis: 老年人权益保障法, decision: true", "needs: [seen], decision: true"),
    )  # fmt: skip
    (problem,) = problems(f"{BOTH}}}", replaced=prior)
    assert problem.path[4:] == ("services", 1)
    assert "benefit.seen is a legal precondition (前置条件) of decide" in problem.message


def test_a_decision_that_is_handed_over_at_once_is_still_made_in_each_matter() -> None:
    at_once = (("basis: 老年人权益保障法, decision: true", "basis: 老年人权益保障法, decision: true, collected: true"),)
    event = pair(f"{BOTH}}}", replaced=at_once)[1].service("moving_in")
    assert [step.id for step in event.steps] == [
        "accept", "passport_review", "benefit_check", "benefit_decide", "decided", "collect",
    ]  # fmt: skip
    assert event.step("benefit_decide").basis == "老年人权益保障法"


def test_what_the_office_does_behind_a_decision_keeps_nobody_waiting() -> None:
    """Cases that are audited afterwards can be bundled; the applicant is done when all is decided."""
    audit = "automate: {step: benefit.check, share: 40 %, audit: {share: 50 %, at: police, time: {constant: 10 min}}}"
    bundled = "life_event: {services: [id_card, benefit], into: event, share: 50 %}"
    event = pair(audit, bundled)[1].service("event")
    assert event.step("benefit_audit_check").after == ("decided",)
    assert event.step("decided").collected
