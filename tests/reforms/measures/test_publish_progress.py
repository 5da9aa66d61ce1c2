"""Publish progress: fewer ask, more complain."""

from __future__ import annotations

import pytest

from tests.reforms.example_office import means, pair, refusal


def test_fewer_ask_and_the_hall_waits_less() -> None:
    before, after = pair("publish_progress: {asking: [enquiry], share: 60 %}")
    _, nobody = pair("publish_progress: {asking: [enquiry], share: 100 %}")
    kpis = ("enquiry.throughput", "hall.wait.mean", "complaint.throughput")
    old, new, none = means((before, after, nobody), *kpis, replications=4)
    assert new[0] == pytest.approx(0.4 * old[0], rel=0.15)
    assert none[0] == 0.0
    assert none[1] < new[1] < old[1]
    assert new[2] == old[2]


def test_missed_dates_bring_complaints() -> None:
    before, after = pair(
        "publish_progress: {asking: [enquiry], share: 0 %, complaints: {service: complaint, more: 50 %}}"
    )
    old, new = means((before, after), "complaint.throughput", "hotline.utilisation", replications=4)
    assert new[0] == pytest.approx(1.5 * old[0], rel=0.15)
    assert new[1] > old[1]


def test_a_share_of_it_keeps_fewer_away() -> None:
    _, half = pair("publish_progress: {asking: [enquiry], share: 60 %}, uptake: 50 %")
    _, less = pair("publish_progress: {asking: [enquiry], share: 30 %}")
    assert half == less


def test_neutral_parameters_change_nothing() -> None:
    before, after = pair(
        "publish_progress: {asking: [enquiry], share: 0 %, complaints: {service: complaint, more: 0 %}}"
    )
    assert after == before


@pytest.mark.parametrize(
    ("written", "path", "said"),
    [
        ("asking: [enquiri], share: 60 %", "asking.0", "did you mean enquiry"),
        ("asking: [enquiry, enquiry], share: 60 %", "asking.1", "named twice"),
        ("asking: [], share: 60 %", "asking", ""),
        (
            "asking: [enquiry], share: 60 %, complaints: {service: complant, more: 5 %}",
            "complaints.service",
            "complaint",
        ),
    ],
)
def test_what_does_not_fit_is_refused_where_it_stands(written: str, path: str, said: str) -> None:
    where, text = refusal(f"publish_progress: {{{written}}}")
    assert where == path
    assert said in text
