"""Ticket dispatch: fewer tickets bounce; sorting takes time, and those still misrouted bounce."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, refusal


def test_fewer_tickets_bounce_and_they_are_resolved_sooner() -> None:
    before, after = pair("ticket_dispatch: {step: ticket.resolve, misrouted: 5 %}")
    _, half = pair("ticket_dispatch: {step: ticket.resolve, misrouted: 12 %}")
    _, sorting = pair("ticket_dispatch: {step: ticket.resolve, misrouted: 5 %, longer: 150 %}")
    kpis = ("ticket.returns", "ticket.time.mean", "hotline.utilisation")
    old, new, some, slow = means((before, after, half, sorting), *kpis, replications=4)
    assert new[0] < some[0] < old[0]
    assert new[1] < some[1] < old[1]
    assert slow[2] > new[2]


def test_what_responds_goes_first() -> None:
    rule = "ticket_dispatch: {step: ticket.resolve, respond: {step: respond, priority: 2}, promise: 2 workdays}"
    before, after = pair(rule)
    assert after.service("ticket").step("respond").priority == 2
    assert (before.service("ticket").promise, after.service("ticket").promise) == (3, 2)
    assert after.service("ticket").step("resolve") == before.service("ticket").step("resolve")


def test_later_attempts_bounce_less_in_proportion() -> None:
    _, after = pair(
        "ticket_dispatch: {step: ticket.resolve, misrouted: 10 %}",
        replaced=(("returns: {share: 20 %, to: dispatch", 'returns: {share: ["20 %", "8 %"], to: dispatch'),),
    )
    returns = after.service("ticket").step("resolve").returns
    assert returns is not None
    assert returns.shares == (0.1, 0.04)


@pytest.mark.parametrize("written", ["longer: 0 %", "misrouted: 20 %, promise: 3 workdays"])
def test_neutral_parameters_change_nothing(written: str) -> None:
    before, after = pair(f"ticket_dispatch: {{step: ticket.resolve, {written}}}")
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("step: ticket.resolv", "step", "did you mean resolve"),
        ("step: ticket.respond, misrouted: 5 %", "step", "no ticket bounces from ticket.respond"),
        ("step: ticket.resolve, misrouted: 25 %", "misrouted", "more tickets would bounce than before, 20%"),
        ("step: ticket.resolve, respond: {step: respon, priority: 2}", "respond.step", "did you mean respond"),
        ("step: ticket.resolve, respond: {step: respond, priority: 0}", "respond.priority", ""),
        ("step: permit.fire, promise: 30 workdays", "promise", "longer than the statutory limit of 20 workdays"),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"ticket_dispatch: {{{written}}}")
    assert where == path
    assert said in text
