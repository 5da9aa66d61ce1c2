"""Notice and commitment: decided sooner; the checks still need their officers, and revoke; what has to come before."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, problems

ALL = "notice_and_commitment: {service: permit, checks: [visit_planning, visit_fire]"


def test_who_commits_is_decided_sooner_and_the_checks_do_not_vanish() -> None:
    before, after = pair(ALL + "}")
    kpis = ("permit.time.mean", "permit.door_to_door.mean", "fire.utilisation", "permit.steps")
    (time, door, fire, steps), (sooner, to_the_door, same, as_many) = means((before, after), *kpis, replications=5)
    assert sooner < time
    assert to_the_door < door
    assert same == pytest.approx(fire, rel=0.05)
    assert as_many == pytest.approx(steps, rel=0.02)


def test_fewer_are_checked_and_some_are_revoked() -> None:
    _, some = pair(ALL + ", verified: 50 %, revokes: 10 %}")
    _, none = pair(ALL + ", verified: 50 %}")
    _, every = pair(ALL + "}")
    ((revoked,),) = means((some,), "permit.revoked", replications=10)
    # of the half that the last check sees a tenth is revoked
    assert revoked == pytest.approx(0.05, abs=0.015)
    (half,), (whole,) = means((none, every), "fire.utilisation", replications=10)
    assert half < whole
    assert none.service("permit").step("visit_fire").revokes == 0.0


def test_the_new_route() -> None:
    before, after = pair(ALL + "}")
    old, new = before.service("permit"), after.service("permit")
    assert new.step("visit_planning").after == ("sign_bureau",)
    assert new.step("visit_fire").after == ("visit_planning",)
    assert new.step("review").after == ("fire",)
    assert new.step("collect").after == old.step("collect").after
    assert {step.stream for step in new.steps} == {step.stream for step in old.steps}


def test_a_check_that_refused_revokes_and_one_that_sent_back_does_so_to_itself() -> None:
    old = "name: {zh: 消防踏勘"
    more = "refuses: 4 %, returns: {share: 10 %, to: draft, delay: {constant: 1 workday}}, name: {zh: 消防踏勘"
    _, after = pair(ALL + ", revokes: 5 %}", replaced=((old, more),))
    step = after.service("permit").step("visit_fire")
    assert step.refuses == 0.0
    assert step.revokes == pytest.approx(1 - 0.96 * 0.95)
    assert step.returns is not None
    assert (step.returns.share, step.returns.to) == (0.1, "visit_fire")


def test_who_waits_at_a_check_already_goes_on_behind_it() -> None:
    backlog = (
        ("    promise: 15 workdays", "    backlog: [{step: visit_planning, cases: 3}]\n    promise: 15 workdays"),
    )
    _, after = pair(ALL + "}", replaced=backlog)
    assert [waiting.step for waiting in after.service("permit").backlog] == ["review"]


def test_who_declines_or_is_excluded_goes_as_ever() -> None:
    before, after = pair(ALL + ", share: 60 %, excludes_groups: [firm]}, uptake: 50 %")
    assert (after.reach.upto, after.reach.groups) == (0.3, ("citizen",))
    assert after.others[-1].services == before.services
    nobody = pair(ALL + ", share: 0 %}")
    assert nobody[0] == nobody[1]


@pytest.mark.parametrize(
    ("measure", "key", "said"),
    [
        ("checks: [fire]}", ("checks", 0), "rests on the law and cannot wait until after the decision (消防法"),
        ("checks: [report]}", ("checks", 0), "is a legal precondition (前置条件) of planning"),
        ("checks: [collect]}", ("checks", 0), "does not come before the decision"),
        ("checks: [counter]}", ("checks", 0), "is marked accepted"),
        ("checks: [visit_fir]}", ("checks", 0), "no step of permit"),
        ("checks: [visit_fire, visit_fire]}", ("checks", 1), "named twice"),
        ("checks: [visit_fire], excludes_groups: [farm]}", ("excludes_groups", 0), "there is no group 'farm'"),
        ("checks: [visit_fire], excludes_groups: [firm, citizen]}", ("excludes_groups",), "nobody would be left"),
    ],
)
def test_refused_at_its_place(measure: str, key: tuple[object, ...], said: str) -> None:
    (problem,) = problems("notice_and_commitment: {service: permit, " + measure)
    assert problem.path == ("reforms", "changed", 0, "notice_and_commitment", *key)
    assert said in problem.message


def test_without_a_decision_nothing_comes_after_it() -> None:
    undecided = (("cv: 0.8}}, decision: true}\n      collect:", "cv: 0.8}}}\n      collect:"),)
    (problem,) = problems(ALL + "}", replaced=undecided)
    assert "no step of permit decides" in problem.message
